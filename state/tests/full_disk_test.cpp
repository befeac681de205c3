/* A disk that runs full and gets room again. The disk is a small tmpfs in a mount namespace of a child
 * process; where that is not permitted, the test is skipped. */
#include "state/tests/fixture.h"

#include <chrono>
#include <fstream>
#include <random>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace
{

const char directory_variable[] = "TG_STATE_FULL_DIRECTORY";
const int not_permitted = 77;
const int keys = 4000;

} // namespace

class FullDisk : public StateTest
{
protected:
    /* Random bytes, about 1 KiB a key, so that tables are as large as what was put. */
    void commitTen(int64_t offset)
    {
        for (int i = 0; i < 10; i++) {
            std::string value(1000, '\0');
            for (char &byte : value)
                byte = (char)random();
            put("key" + std::to_string((offset * 10 + i) % keys), value, offset);
        }
        tg_store_seal(store);
        tg_store_apply(store, batch, offset, slice(""));
    }

    static int64_t lastOffsetOf(int key, int64_t offset)
    {
        int64_t round = keys / 10;
        int64_t first = key / 10;
        return first + (offset - first) / round * round;
    }

    std::minstd_rand random;
};

TEST_F(FullDisk, DISABLED_Helper)
{
    const char *directory = getenv(directory_variable);
    if (directory == nullptr)
        GTEST_SKIP() << "started by the other test only";
    if (unshare(CLONE_NEWNS) != 0 || mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        mount("tmpfs", directory, "tmpfs", 0, "size=20m") != 0)
        _exit(not_permitted);
    std::string ballast = std::string(directory) + "/ballast";
    std::ofstream(ballast) << std::string(15 << 20, 'b');
    std::string path = std::string(directory) + "/state";
    open(path.c_str(), 64 << 10, 1);
    const int64_t last = 1200;
    int refused = 0;
    for (int64_t offset = 0; offset <= last; offset++) {
        commitTen(offset);
        while (tg_state_batch_apply(batch, &error) != TG_OK) {
            ASSERT_EQ(error.code, TG_CODE_IO) << error.message;
            ASSERT_TRUE(error.retriable);
            ASSERT_STRNE(error.hint, "");
            ASSERT_LT(++refused, 600) << "it never goes on";
            std::filesystem::remove(ballast);
            std::this_thread::sleep_for(std::chrono::milliseconds(100));
        }
    }
    EXPECT_GT(refused, 0) << "the disk was never full";
    close();
    open(path.c_str(), 64 << 10, 1);
    EXPECT_EQ(tg_state_set_aside(state), nullptr);
    EXPECT_EQ(tg_store_changelog_offset(store), last) << "close has flushed";
    Rows rows = scan();
    EXPECT_EQ(rows.size(), (size_t)keys);
    for (int key = 0; key < keys; key++)
        EXPECT_EQ(rows["key" + std::to_string(key)].timestamp_ms, lastOffsetOf(key, last)) << key;
}

TEST_F(FullDisk, ACommitWaitsForRoomAndLosesNothing)
{
    TemporaryDirectory directory;
    ASSERT_EQ(setenv(directory_variable, directory.path().c_str(), 1), 0);
    pid_t child = fork();
    if (child == 0) {
        execl("/proc/self/exe", "full disk helper", "--gtest_filter=FullDisk.DISABLED_Helper",
              "--gtest_also_run_disabled_tests", (char *)nullptr);
        _exit(127);
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFEXITED(status));
    if (WEXITSTATUS(status) == not_permitted)
        GTEST_SKIP() << "needs the right to mount a tmpfs";
    EXPECT_EQ(WEXITSTATUS(status), 0);
}
