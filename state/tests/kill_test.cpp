/* kill -9 while commits are applied: whatever survives is exactly the state at the stored changelog offset.
 * The helper is this test program itself, started anew (a fork after RocksDB is open would lack its threads).
 */
#include "state/tests/fixture.h"

#include <algorithm>
#include <csignal>
#include <fcntl.h>
#include <random>
#include <sys/wait.h>
#include <unistd.h>

namespace
{

const char directory_variable[] = "TG_STATE_KILL_DIRECTORY";
const int stores = 3;
const int keys = 400;

/* The one change that the commit to `offset` makes to store `number` and key: a function of both, so that
 * every state can be computed from its offset. */
bool changes(int64_t offset, int number, int key)
{
    return ((offset * 7 + number * 3 + key) % 11) == 0;
}

bool removes(int64_t offset, int number, int key)
{
    return (offset + number + key) % 5 == 0;
}

std::string valueAt(int64_t offset, int key)
{
    return std::to_string(offset) + ":" + std::string((size_t)(20 + key % 60), 'v');
}

Rows expectedAt(int64_t offset, int number)
{
    Rows rows;
    for (int64_t at = 1; at <= offset; at++) {
        for (int key = 0; key < keys; key++) {
            if (!changes(at, number, key))
                continue;
            if (removes(at, number, key))
                rows.erase("key" + std::to_string(key));
            else
                rows["key" + std::to_string(key)] = Row{valueAt(at, key), at};
        }
    }
    return rows;
}

} // namespace

class Kill : public StateTest
{
protected:
    std::vector<struct tg_store *> openAll(const std::string &directory)
    {
        /* The smallest write buffers: flushes happen all the time, so that the kill meets them. */
        open(directory.c_str(), 16 << 10, 1);
        std::vector<struct tg_store *> all = {store};
        for (int number = 1; number < stores; number++)
            all.push_back(openStore("store", number, 16 << 10));
        return all;
    }

    void applyForever(std::vector<struct tg_store *> all, int write_descriptor)
    {
        int64_t first = INT64_MAX;
        for (struct tg_store *one : all)
            first = std::min(first, std::max<int64_t>(0, tg_store_changelog_offset(one)));
        for (int64_t offset = first + 1;; offset++) {
            std::string progress = "at " + std::to_string(offset);
            for (int number = 0; number < stores; number++) {
                store = all[(size_t)number];
                if (offset <= tg_store_changelog_offset(store))
                    continue; /* it has more than the others */
                for (int key = 0; key < keys; key++) {
                    if (!changes(offset, number, key))
                        continue;
                    if (removes(offset, number, key))
                        remove("key" + std::to_string(key), offset);
                    else
                        put("key" + std::to_string(key), valueAt(offset, key), offset);
                }
                tg_store_seal(store);
                tg_store_apply(store, batch, offset, slice(progress));
            }
            ASSERT_OK(tg_state_batch_apply(batch, &error));
            ASSERT_EQ(write(write_descriptor, "x", 1), 1);
        }
    }

    /* Starts the helper, lets it apply some commits, kills it. */
    static void runAndKill(const std::string &directory, unsigned commits)
    {
        int ends[2];
        ASSERT_EQ(pipe(ends), 0);
        ASSERT_EQ(setenv(directory_variable, directory.c_str(), 1), 0);
        pid_t child = fork();
        if (child == 0) {
            dup2(ends[1], 100);
            dup2(::open("/dev/null", O_WRONLY | O_CLOEXEC), 1);
            ::close(ends[0]);
            ::close(ends[1]);
            execl("/proc/self/exe", "state kill helper", "--gtest_filter=Kill.DISABLED_Helper",
                  "--gtest_also_run_disabled_tests", (char *)nullptr);
            _exit(127);
        }
        ::close(ends[1]);
        char byte = 0;
        for (unsigned i = 0; i < commits; i++)
            ASSERT_EQ(read(ends[0], &byte, 1), 1) << "the helper ended";
        kill(child, SIGKILL);
        int status = 0;
        ASSERT_EQ(waitpid(child, &status, 0), child);
        EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        ::close(ends[0]);
    }
};

TEST_F(Kill, DISABLED_Helper)
{
    const char *directory = getenv(directory_variable);
    if (directory == nullptr)
        GTEST_SKIP() << "started by the other test only";
    applyForever(openAll(directory), 100);
}

TEST_F(Kill, LeavesTheStateOfTheStoredOffset)
{
    std::mt19937 random(20);
    TemporaryDirectory directory;
    int64_t last[stores] = {-1, -1, -1};
    int advanced = 0;
    for (int round = 0; round < 20 && !HasFailure(); round++) {
        SCOPED_TRACE("round " + std::to_string(round));
        runAndKill(directory.path(), 1 + random() % 60);
        if (HasFailure())
            return;
        std::vector<struct tg_store *> all = openAll(directory.path());
        EXPECT_EQ(tg_state_set_aside(state), nullptr);
        for (int number = 0; number < stores; number++) {
            store = all[(size_t)number];
            int64_t offset = tg_store_changelog_offset(store);
            EXPECT_GE(offset, last[number]) << "what was flushed stays";
            EXPECT_TRUE(scan() == expectedAt(offset, number))
                << "store " << number << " at offset " << offset;
            std::string progress = offset > 0 ? "at " + std::to_string(offset) : "";
            EXPECT_EQ(text(tg_store_progress(store)), progress);
            advanced += offset > last[number];
            last[number] = offset;
        }
        for (int number = 1; number < stores; number++)
            tg_store_close(all[(size_t)number]);
        store = all[0];
        close();
    }
    EXPECT_GT(advanced, 10) << "the rounds must meet flushed data";
}
