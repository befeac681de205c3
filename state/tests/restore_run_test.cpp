// Many records of a changelog: gathered, sorted and written by a side thread while the next ones are
// gathered.
#include "state/tests/fixture.h"

#include <algorithm>
#include <filesystem>
#include <poll.h>
#include <random>
#include <sys/eventfd.h>
#include <unistd.h>
#include <utility>

namespace
{

struct Record {
    std::string key;
    std::optional<std::string> value;
};

// How the keys of a log differ: that decides how they are sorted.
struct KeyKind {
    const char *name;
    std::string (*make)(unsigned number);
};

const KeyKind kinds[] = {
    {"common_prefix", [](unsigned number) { return "customer-" + std::to_string(10000000 + number); }},
    {"short", [](unsigned number) { return std::string(1 + number % 3, (char)(number % 251)); }},
    {"equal_at_first",
     [](unsigned number) {
         return (number % 2 ? "x0000000000000" : "y0000000000000") + std::to_string(number);
     }},
    {"zeros", [](unsigned number) { return std::string(number % 12, '\0') + (number % 5 ? "" : "a"); }},
    {"binary",
     [](unsigned number) {
         number *= 2654435761u;
         return std::string((const char *)&number, sizeof number);
     }},
};

std::vector<Record> make_log(const KeyKind &kind, size_t count, unsigned seed)
{
    std::mt19937 dice(seed);
    std::vector<Record> log;
    for (size_t i = 0; i < count; i++) {
        std::string key = kind.make(dice() % (unsigned)(count / 2));
        if (dice() % 7 == 0)
            log.push_back({key, std::nullopt});
        else
            log.push_back({key, std::string(dice() % 40, (char)('a' + i % 26))});
    }
    return log;
}

class RestoreRun : public StateTest, public testing::WithParamInterface<std::tuple<KeyKind, bool>>
{
protected:
    void SetUp() override
    {
        use(std::get<1>(GetParam()));
    }

    void TearDown() override
    {
        tg_restorer_free(restorer);
        StateTest::TearDown();
        tg_side_thread_free(side);
        if (descriptor >= 0)
            ::close(descriptor);
    }

    void use(bool threaded)
    {
        descriptor = threaded ? eventfd(0, EFD_NONBLOCK) : -1;
        side = tg_side_thread_new(descriptor);
    }

    // Until the side thread says that something has changed.
    void wait()
    {
        ASSERT_GE(descriptor, 0) << "without a thread there is nothing to wait for";
        struct pollfd waited = {descriptor, POLLIN, 0};
        ASSERT_EQ(poll(&waited, 1, 60000), 1);
        uint64_t count = 0;
        ASSERT_EQ(read(descriptor, &count, sizeof count), (ssize_t)sizeof count);
    }

    void add(const std::vector<Record> &log, size_t from, size_t end)
    {
        for (size_t i = from; i < end; i++) {
            const Record &record = log[i];
            struct tg_slice value = record.value ? tg_slice_of(record.value->c_str(), record.value->size())
                                                 : tg_slice_of(nullptr, 0);
            ASSERT_OK(tg_restorer_add(restorer, slice(record.key), value, (int64_t)i, &error));
        }
        ASSERT_OK(tg_restorer_write(restorer, (int64_t)end, &error));
    }

    // As the topology does it: polls of some records, and a pause where the side thread is behind.
    void restore(const std::vector<Record> &log, size_t from, size_t end)
    {
        for (size_t at = from; at < end;) {
            size_t next = std::min(end, at + 100);
            ASSERT_NO_FATAL_FAILURE(add(log, at, next));
            at = next;
            bool full = true;
            ASSERT_OK(tg_restorer_check(restorer, &full, &error));
            while (full) {
                pauses++;
                ASSERT_NO_FATAL_FAILURE(wait());
                ASSERT_OK(tg_restorer_check(restorer, &full, &error));
            }
        }
    }

    void finish()
    {
        bool done = false;
        ASSERT_OK(tg_restorer_finish(restorer, &done, &error));
        while (!done) {
            ASSERT_NO_FATAL_FAILURE(wait());
            ASSERT_OK(tg_restorer_finish(restorer, &done, &error));
        }
    }

    static void apply_to(Rows &rows, const std::vector<Record> &log, size_t end)
    {
        for (size_t i = 0; i < end; i++) {
            if (log[i].value)
                rows[log[i].key] = Row{*log[i].value, (int64_t)i};
            else
                rows.erase(log[i].key);
        }
    }

    int descriptor = -1;
    struct tg_side_thread *side = nullptr;
    struct tg_restorer *restorer = nullptr;
    size_t pauses = 0;
};

} // namespace

TEST_P(RestoreRun, LeavesTheLastRecordOfEachKey)
{
    TemporaryDirectory directory;
    const std::vector<Record> log = make_log(std::get<0>(GetParam()), 6000, 1);
    for (const char *path : {(const char *)nullptr, directory.path().c_str()}) {
        open(path, 64 << 10);
        Rows expected = {{"written", {"1", 1}}, {"pending", {"2", 1}}};
        put("written", "1");
        put(log[0].key, "written");
        commit(1);
        writeBack();
        put("pending", "2");
        put(log[1].key, "pending");
        commit(2);
        expected[log[0].key] = Row{"written", 1};
        expected[log[1].key] = Row{"pending", 1};
        put("uncommitted", "3");
        apply_to(expected, log, log.size());
        restorer = tg_restorer_new(store, TG_KEY_PLAIN, side);
        ASSERT_NO_FATAL_FAILURE(restore(log, 0, log.size()));
        EXPECT_GT(tg_store_changelog_offset(store), 2) << "files were written meanwhile";
        ASSERT_NO_FATAL_FAILURE(finish());
        tg_restorer_free(std::exchange(restorer, nullptr));
        EXPECT_EQ(tg_store_changelog_offset(store), (int64_t)log.size());
        EXPECT_EQ(scan(), expected);
        for (size_t i = 0; i < log.size(); i += 97)
            EXPECT_EQ(get(log[i].key).has_value(), expected.count(log[i].key) == 1) << i;
        reopenStore();
        EXPECT_EQ(tg_store_changelog_offset(store), (int64_t)log.size());
        EXPECT_EQ(scan(), expected);
        close();
    }
    for (const auto &entry : std::filesystem::directory_iterator(directory.path() + "/db"))
        EXPECT_NE(entry.path().filename().string().substr(0, 8), "restore.");
}

// The partition goes away in the middle: what was written stands, and its offset tells where to go on.
TEST_P(RestoreRun, GoesOnWhereAnEarlierOneWasGivenUp)
{
    const std::vector<Record> log = make_log(std::get<0>(GetParam()), 6000, 2);
    open(nullptr, 64 << 10);
    restorer = tg_restorer_new(store, TG_KEY_PLAIN, side);
    ASSERT_NO_FATAL_FAILURE(restore(log, 0, 4030));
    tg_restorer_free(std::exchange(restorer, nullptr));
    int64_t offset = tg_store_changelog_offset(store);
    EXPECT_GT(offset, 0);
    EXPECT_LT(offset, 4030) << "the last run was dropped";
    Rows expected;
    apply_to(expected, log, (size_t)offset);
    reopenStore();
    ASSERT_EQ(tg_store_changelog_offset(store), offset);
    EXPECT_EQ(scan(), expected);
    restorer = tg_restorer_new(store, TG_KEY_PLAIN, side);
    ASSERT_NO_FATAL_FAILURE(restore(log, (size_t)offset, log.size()));
    ASSERT_NO_FATAL_FAILURE(finish());
    tg_restorer_free(std::exchange(restorer, nullptr));
    expected.clear();
    apply_to(expected, log, log.size());
    EXPECT_EQ(scan(), expected);
}

// More rows than go into a table are written also at the end; all memory is given back.
TEST_P(RestoreRun, WritesWhatIsTooMuchForTheTable)
{
    open(nullptr, 64 << 20);
    restorer = tg_restorer_new(store, TG_KEY_PLAIN, side);
    std::vector<Record> log;
    for (unsigned i = 0; i < 40000; i++)
        log.push_back({std::get<0>(GetParam()).make(i), "v"});
    ASSERT_NO_FATAL_FAILURE(restore(log, 0, log.size()));
    EXPECT_EQ(tg_store_changelog_offset(store), -1) << "one run holds all";
    ASSERT_NO_FATAL_FAILURE(finish());
    Rows expected;
    apply_to(expected, log, log.size());
    EXPECT_EQ(tg_store_counters(store).entries, 0u);
    EXPECT_EQ(scan(), expected);
}

INSTANTIATE_TEST_SUITE_P(Keys, RestoreRun, testing::Combine(testing::ValuesIn(kinds), testing::Bool()),
                         [](const auto &info) {
                             return std::string(std::get<0>(info.param).name) +
                                    (std::get<1>(info.param) ? "_by_thread" : "_at_once");
                         });

namespace
{

class RestoreRunFails : public RestoreRun
{
};

} // namespace

// A file that cannot be written is tried again; nothing is lost, and nothing counts before.
TEST_P(RestoreRunFails, IsTriedAgain)
{
    TemporaryDirectory directory;
    open(directory.path().c_str(), 64 << 10);
    const std::vector<Record> log = make_log(kinds[0], 3000, 3);
    restorer = tg_restorer_new(store, TG_KEY_PLAIN, side);
    const std::string path = directory.path() + "/db/restore.1.0";
    std::filesystem::create_directory(path); // where the table file is to be
    ASSERT_NO_FATAL_FAILURE(add(log, 0, 100));
    enum tg_code code = TG_OK;
    size_t end = 100;
    while (code == TG_OK && end < log.size()) {
        for (size_t i = end; i < end + 100; i++)
            ASSERT_OK(tg_restorer_add(restorer, slice(log[i].key),
                                      log[i].value ? slice(*log[i].value) : tg_slice_of(nullptr, 0),
                                      (int64_t)i, &error));
        end += 100;
        code = tg_restorer_write(restorer, (int64_t)end, &error);
        bool full = false;
        while (code == TG_OK && (code = tg_restorer_check(restorer, &full, &error)) == TG_OK && full) {
            ASSERT_NO_FATAL_FAILURE(wait());
        }
    }
    EXPECT_EQ(code, TG_CODE_IO);
    EXPECT_EQ(tg_store_changelog_offset(store), -1);
    std::filesystem::remove(path);
    bool full = true;
    while (full) {
        ASSERT_OK(tg_restorer_check(restorer, &full, &error));
        if (full) {
            ASSERT_NO_FATAL_FAILURE(wait());
        }
    }
    ASSERT_NO_FATAL_FAILURE(restore(log, end, log.size()));
    ASSERT_NO_FATAL_FAILURE(finish());
    Rows expected;
    apply_to(expected, log, log.size());
    EXPECT_EQ(scan(), expected);
}

INSTANTIATE_TEST_SUITE_P(Keys, RestoreRunFails, testing::Combine(testing::Values(kinds[0]), testing::Bool()),
                         [](const auto &info) { return std::get<1>(info.param) ? "by_thread" : "at_once"; });
