/* The state directory: lock, application, format, process id, facts, and databases that are damaged. */
#include "state/tests/fixture.h"

#include <fcntl.h>
#include <fstream>
#include <functional>
#include <future>
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

namespace fs = std::filesystem;

namespace
{

std::string readFile(const fs::path &path)
{
    std::ifstream file(path, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), {});
}

void writeFile(const fs::path &path, const std::string &content)
{
    std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
}

class State : public StateTest
{
protected:
    enum tg_code tryOpen(const std::string &path, const char *application_id = "app")
    {
        struct tg_state_options options = {};
        options.directory = path.c_str();
        options.application_id = application_id;
        options.memory_bytes = 1 << 20;
        return tg_state_open(&options, &state, &error);
    }

    /* A database with a few thousand rows in tables. */
    void fill(const std::string &path)
    {
        open(path.c_str());
        for (int i = 0; i < rows; i++)
            put("key" + std::to_string(i), std::string(100, (char)('a' + i % 26)));
        commit(rows);
        ASSERT_OK(tg_state_fact_put(state, tg_slice_text("inserted"), tg_slice_text("yes"), &error));
        process_id = tg_state_process_id(state);
        close();
    }

    fs::path oneFile(const std::string &path, const std::string &extension)
    {
        for (const auto &entry : fs::directory_iterator(fs::path(path) / "db")) {
            std::string name = entry.path().filename().string();
            if (entry.path().extension() == extension || name.rfind(extension, 0) == 0)
                return entry.path();
        }
        ADD_FAILURE() << "no file " << extension;
        return {};
    }

    /* Opens a directory whose database must be set aside: an empty one, the rest kept. */
    void expectSetAside(const std::string &path, const std::string &name = "db.damaged-1")
    {
        open(path.c_str());
        ASSERT_NE(state, nullptr);
        ASSERT_NE(tg_state_set_aside(state), nullptr);
        EXPECT_EQ(tg_state_set_aside(state), (fs::path(path) / name).string());
        EXPECT_TRUE(fs::exists(fs::path(path) / name / "DAMAGED"));
        EXPECT_FALSE(fs::is_empty(fs::path(path) / name)) << "nothing is deleted";
        EXPECT_EQ(tg_store_changelog_offset(store), -1);
        EXPECT_EQ(scan(), Rows{});
        EXPECT_EQ(tg_state_process_id(state), process_id);
        struct tg_buffer value = {};
        bool found = false;
        EXPECT_OK(tg_state_fact_get(state, tg_slice_text("inserted"), &value, &found, &error));
        EXPECT_TRUE(found) << "or INSERT VALUES would run again";
        tg_buffer_done(&value);
        put("restored", "1");
        commit(1);
        close();
        open(path.c_str());
        EXPECT_EQ(tg_state_set_aside(state), nullptr) << "set aside once";
        EXPECT_EQ(get("restored"), (Row{"1", 1}));
    }

    const int rows = 5000;
    std::string process_id;
};

} // namespace

TEST_F(State, KeepsItsProcessIdInTheDirectory)
{
    TemporaryDirectory directory;
    std::string path = directory.path() + "/made/with/parents";
    ASSERT_OK(tryOpen(path));
    std::string id = tg_state_process_id(state);
    EXPECT_THAT(id,
                testing::MatchesRegex("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"));
    close();
    ASSERT_OK(tryOpen(path));
    EXPECT_EQ(tg_state_process_id(state), id);
    close();
    open(nullptr);
    EXPECT_NE(tg_state_process_id(state), id);
}

TEST_F(State, NamesTheProcessThatHoldsTheDirectory)
{
    TemporaryDirectory directory;
    ASSERT_OK(tryOpen(directory.path()));
    struct tg_state *first = state;
    pid_t child = fork();
    if (child == 0) { /* RocksDB is not touched: the lock is refused before */
        bool refused = tryOpen(directory.path()) == TG_CODE_LOCKED;
        bool named =
            std::string(error.message).find("process " + std::to_string(getppid())) != std::string::npos;
        _exit(refused && named && error.hint[0] != '\0' ? 0 : 1);
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
    EXPECT_EQ(tryOpen(directory.path()), TG_CODE_LOCKED);
    tg_state_close(first);
    EXPECT_OK(tryOpen(directory.path())); /* free again */
}

TEST_F(State, RefusesTheDirectoryOfAnotherApplication)
{
    TemporaryDirectory directory;
    ASSERT_OK(tryOpen(directory.path()));
    close();
    EXPECT_EQ(tryOpen(directory.path(), "other"), TG_CODE_STATE_MISMATCH);
    EXPECT_NE(std::string(error.message).find("\"app\", not \"other\""), std::string::npos) << error.message;
    /* Also when only the database was copied. */
    writeFile(directory.path() + "/format", "turgo-state 1\napplication.id=other\n");
    EXPECT_EQ(tryOpen(directory.path(), "other"), TG_CODE_STATE_MISMATCH);
    EXPECT_NE(std::string(error.message).find("/db belongs to application \"app\""), std::string::npos)
        << error.message;
    EXPECT_EQ(tryOpen(directory.path(), ""), TG_CODE_CONFIG);
}

struct FormatCase {
    const char *name, *content;
    enum tg_code code;
};
class StateFormat : public State, public testing::WithParamInterface<FormatCase>
{
};
TEST_P(StateFormat, IsChecked)
{
    TemporaryDirectory directory;
    ASSERT_OK(tryOpen(directory.path()));
    close();
    writeFile(directory.path() + "/format", GetParam().content);
    EXPECT_EQ(tryOpen(directory.path()), GetParam().code) << error.message;
}
INSTANTIATE_TEST_SUITE_P(
    Cases, StateFormat,
    testing::Values(FormatCase{"same", "turgo-state 1\napplication.id=app\n", TG_OK},
                    FormatCase{"newer", "turgo-state 2\nanything\n", TG_CODE_STATE_MISMATCH},
                    FormatCase{"zero", "turgo-state 0\napplication.id=app\n", TG_CODE_STATE_MISMATCH},
                    FormatCase{"empty", "", TG_CODE_STATE_MISMATCH},
                    FormatCase{"cut", "turgo-state 1\napplic", TG_CODE_STATE_MISMATCH},
                    FormatCase{"foreign", "[settings]\n", TG_CODE_STATE_MISMATCH}),
    [](const auto &info) { return std::string(info.param.name); });

TEST_F(State, RefusesADatabaseOfUnknownOwner)
{
    TemporaryDirectory directory;
    ASSERT_OK(tryOpen(directory.path()));
    close();
    fs::remove(directory.path() + "/format");
    EXPECT_EQ(tryOpen(directory.path()), TG_CODE_STATE_MISMATCH);
}

TEST_F(State, RefusesAProcessIdThatIsNone)
{
    TemporaryDirectory directory;
    ASSERT_OK(tryOpen(directory.path()));
    close();
    writeFile(directory.path() + "/process.id", "not a uuid\n");
    EXPECT_EQ(tryOpen(directory.path()), TG_CODE_CORRUPT);
}

TEST_F(State, SaysWhyADirectoryCannotBeWritten)
{
    TemporaryDirectory directory;
    writeFile(directory.path() + "/file", "");
    EXPECT_EQ(tryOpen(directory.path() + "/file/state"), TG_CODE_IO);
    EXPECT_NE(std::string(error.message).find("/file"), std::string::npos) << error.message;
    fs::permissions(directory.path(), fs::perms::owner_read | fs::perms::owner_exec | fs::perms::others_read |
                                          fs::perms::others_exec);
    bool root = geteuid() == 0;
    if (root) { /* whom permissions do not bind */
        ASSERT_EQ(seteuid(65534), 0);
    }
    EXPECT_EQ(tryOpen(directory.path()), TG_CODE_IO);
    if (root) {
        ASSERT_EQ(seteuid(0), 0);
    }
    EXPECT_NE(std::string(error.message).find("Permission denied"), std::string::npos) << error.message;
    fs::permissions(directory.path(), fs::perms::owner_all);
}

TEST_F(State, TemporaryStateLeavesNothing)
{
    TemporaryDirectory directory;
    std::string path = directory.path() + "/state";
    struct tg_state_options options = {};
    options.directory = path.c_str();
    options.application_id = "app";
    options.temporary = true;
    ASSERT_OK(tg_state_open(&options, &state, &error));
    EXPECT_TRUE(fs::exists(path + "/db"));
    close();
    EXPECT_FALSE(fs::exists(path));
    fs::create_directory(path);
    writeFile(path + "/somebody else's", "x");
    ASSERT_OK(tg_state_open(&options, &state, &error));
    close();
    EXPECT_EQ(std::distance(fs::directory_iterator(path), {}), 1) << "what is not ours stays";
}

TEST_F(State, WorkersShareIt)
{
    TemporaryDirectory directory;
    ASSERT_OK(tryOpen(directory.path()));
    auto work = [this](int number) {
        struct tg_error failure = {};
        struct tg_store *mine = nullptr;
        struct tg_state_batch *writes = tg_state_batch_new(state);
        std::string name = "store" + std::to_string(number % 2);
        struct tg_store_options options = {};
        options.name = name.c_str();
        options.partition = number;
        options.cache_bytes_max = 8 << 10;
        if (tg_store_open(state, &options, &mine, &failure) != TG_OK)
            return std::string(failure.message);
        for (int64_t offset = 0; offset < 50; offset++) {
            for (int i = 0; i < 40; i++) {
                std::string key = std::to_string((offset * 13 + i) % 100);
                struct tg_value value = {slice(name), number};
                (void)!tg_store_put(mine, slice(key), value, &failure);
            }
            tg_store_seal(mine);
            tg_store_apply(mine, writes, offset, slice(name));
            if (tg_state_batch_apply(writes, &failure) != TG_OK ||
                tg_state_fact_put(state, slice(name), slice(name), &failure) != TG_OK)
                return std::string(failure.message);
        }
        struct tg_store_cursor *cursor = nullptr;
        int count = 0;
        if (tg_store_scan(mine, slice(""), slice(""), &cursor, &failure) == TG_OK) {
            struct tg_slice key = {};
            struct tg_value value = {};
            while (tg_store_cursor_next(cursor, &key, &value))
                count += value.timestamp_ms == number && text(value.bytes) == name;
            tg_store_cursor_close(cursor);
        }
        tg_store_close(mine);
        tg_state_batch_free(writes);
        return std::to_string(count);
    };
    std::vector<std::future<std::string>> workers;
    for (int number = 0; number < 4; number++)
        workers.push_back(std::async(std::launch::async, work, number));
    for (auto &worker : workers)
        EXPECT_EQ(worker.get(), "100");
}

/* ---- damage ---- */

TEST_F(State, ABitFlipInATableFailsTheScanAndIsSetAsideAtTheNextOpen)
{
    TemporaryDirectory directory;
    fill(directory.path());
    fs::path table = oneFile(directory.path(), ".sst");
    std::string bytes = readFile(table);
    ASSERT_GT(bytes.size(), 100000u);
    bytes[bytes.size() / 2] ^= 1;
    writeFile(table, bytes);
    open(directory.path().c_str());
    ASSERT_NE(state, nullptr) << "one flipped bit is not seen at open";
    EXPECT_EQ(tg_state_set_aside(state), nullptr);
    struct tg_store_cursor *cursor = nullptr;
    ASSERT_OK(tg_store_scan(store, slice(""), slice(""), &cursor, &error));
    struct tg_slice key = {};
    struct tg_value value = {};
    int count = 0;
    while (tg_store_cursor_next(cursor, &key, &value))
        count++;
    EXPECT_LT(count, rows);
    EXPECT_EQ(tg_store_cursor_status(cursor, &error), TG_CODE_CORRUPT) << "never a short scan";
    EXPECT_FALSE(tg_store_cursor_next(cursor, &key, &value)) << "and it does not go on behind the damage";
    EXPECT_NE(error.hint[0], '\0');
    tg_store_cursor_close(cursor);
    int failed = 0;
    for (int i = 0; i < rows; i++) {
        bool found = false;
        std::string name = "key" + std::to_string(i);
        enum tg_code code = tg_store_get(store, slice(name), &found, &value, &error);
        EXPECT_TRUE(code == TG_CODE_CORRUPT || (code == TG_OK && found)) << name;
        failed += code == TG_CODE_CORRUPT;
    }
    EXPECT_GT(failed, 0);
    close();
    expectSetAside(directory.path());
}

TEST_F(State, SetsDamagedDatabasesAside)
{
    struct Damage {
        const char *name;
        std::function<void(const std::string &)> make;
    };
    const Damage damages[] = {
        {"table cut short",
         [&](const std::string &path) {
             fs::path table = oneFile(path, ".sst");
             fs::resize_file(table, fs::file_size(table) / 2);
         }},
        {"table's first block flipped",
         [&](const std::string &path) {
             fs::path table = oneFile(path, ".sst");
             std::string bytes = readFile(table);
             bytes[20] ^= 1;
             writeFile(table, bytes);
         }},
        {"table gone", [&](const std::string &path) { fs::remove(oneFile(path, ".sst")); }},
        {"CURRENT empty", [](const std::string &path) { writeFile(path + "/db/CURRENT", ""); }},
        {"CURRENT names no file",
         [](const std::string &path) { writeFile(path + "/db/CURRENT", "MANIFEST-999999\n"); }},
        {"CURRENT gone", [](const std::string &path) { fs::remove(path + "/db/CURRENT"); }},
        {"MANIFEST overwritten",
         [&](const std::string &path) { writeFile(oneFile(path, "MANIFEST"), std::string(500, 'x')); }},
        {"MANIFEST gone", [&](const std::string &path) { fs::remove(oneFile(path, "MANIFEST")); }},
    };
    for (const Damage &damage : damages) {
        SCOPED_TRACE(damage.name);
        TemporaryDirectory directory;
        fill(directory.path());
        damage.make(directory.path());
        expectSetAside(directory.path());
        close();
    }
}

TEST_F(State, SetsAsideBesideWhatWasSetAsideBefore)
{
    TemporaryDirectory directory;
    for (const char *name : {"db.damaged-1", "db.damaged-2"}) {
        fill(directory.path());
        writeFile(directory.path() + "/db/CURRENT", "");
        expectSetAside(directory.path(), name);
        close();
        fs::remove_all(directory.path() + "/db");
        EXPECT_TRUE(fs::exists(directory.path() + "/" + name));
    }
}

/* Before state is cleared that cannot be trusted, all that is on disk is kept beside: whole, and independent.
 */
TEST_F(State, KeepsACopyThatOutlivesWhatItWasMadeOf)
{
    TemporaryDirectory directory;
    fill(directory.path());
    open(directory.path().c_str());
    const char *kept = nullptr;
    ASSERT_OK(tg_state_keep_copy(state, "truncated", &kept, &error));
    ASSERT_EQ(std::string(kept), directory.path() + "/db.aside-1");
    const char *again = nullptr;
    ASSERT_OK(tg_state_keep_copy(state, "another", &again, &error));
    EXPECT_STREQ(again, kept) << "one copy is enough for all that are cleared at a time";
    EXPECT_EQ(readFile(directory.path() + "/db.aside-1/REASON"), "truncated\n");
    ASSERT_OK(tg_store_clear(store, &error));
    EXPECT_EQ(scan().size(), 0u);
    close();
    fs::remove(directory.path() + "/db.aside-1/REASON");
    fs::rename(directory.path() + "/db", directory.path() + "/db.cleared");
    fs::rename(directory.path() + "/db.aside-1", directory.path() + "/db");
    open(directory.path().c_str());
    EXPECT_EQ(tg_state_set_aside(state), nullptr);
    EXPECT_EQ(scan().size(), (size_t)rows);
    close();
    open(nullptr);
    ASSERT_OK(tg_state_keep_copy(state, "in memory", &kept, &error));
    EXPECT_EQ(kept, nullptr);
}

TEST_F(State, RemembersOfWhichLogItIs)
{
    TemporaryDirectory directory;
    open(directory.path().c_str());
    EXPECT_EQ(tg_store_origin(store).log_id, 0u);
    tg_store_set_origin(store, {0x123456789abcdef0u, 77});
    put("a", "1");
    commit(5, "progress");
    close();
    open(directory.path().c_str());
    EXPECT_EQ(tg_store_origin(store).log_id, 0x123456789abcdef0u);
    EXPECT_EQ(tg_store_origin(store).current_ms, 77);
    EXPECT_EQ(text(tg_store_progress(store)), "progress");
    ASSERT_OK(tg_store_clear(store, &error));
    EXPECT_EQ(tg_store_origin(store).log_id, 0u);
}
