// Functions from shared objects: off unless a directory is set, refused when they are of another version.
#include "base/tests/temporary_directory.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include <sys/wait.h>

#include "expr/extension.h"

namespace
{

namespace fs = std::filesystem;

class Extension : public testing::Test
{
protected:
    void SetUp() override
    {
        std::ofstream(folder_ / "job.sql") << "CREATE STREAM s (k STRING KEY, v STRING) WITH "
                                              "(KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);\n"
                                              "CREATE STREAM o AS SELECT k, CAESAR(v, 13) AS c FROM s;\n";
    }
    // Exit code of `turgo check`; its output is in output_.
    int check(const std::string &directory)
    {
        if (!directory.empty())
            std::ofstream(folder_ / "settings") << "ksql.extension.dir=" << directory << "\n";
        std::string config = directory.empty() ? "" : " --config '" + (folder_ / "settings").string() + "'";
        std::string command = "'" TG_PROGRAM "' check '" + (folder_ / "job.sql").string() + "'" + config +
                              " >'" + (folder_ / "out").string() + "' 2>&1";
        int status = std::system(command.c_str());
        std::stringstream text;
        text << std::ifstream(folder_ / "out").rdbuf();
        output_ = text.str();
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }

    TemporaryDirectory directory_;
    fs::path folder_ = directory_.path();
    std::string output_;
};

TEST_F(Extension, IsLoadedFromTheDirectory)
{
    EXPECT_EQ(check(TG_BINARY_DIR "/extensions"), 0) << output_;
}

TEST_F(Extension, IsNotLoadedWithoutTheSetting)
{
    EXPECT_EQ(check(""), 1);
    EXPECT_NE(output_.find("there is no function CAESAR"), std::string::npos) << output_;
}

TEST_F(Extension, OfAnotherVersionIsRefused)
{
    EXPECT_EQ(check(TG_BINARY_DIR "/extensions-old"), 3);
    EXPECT_NE(output_.find("caesar.so: it was compiled for version 0"), std::string::npos) << output_;
}

TEST_F(Extension, RefusesWhatIsNone)
{
    EXPECT_EQ(check((folder_ / "nowhere").string()), 3);
    EXPECT_NE(output_.find("cannot be read"), std::string::npos) << output_;
    std::ofstream(folder_ / "text.so") << "no object";
    EXPECT_EQ(check(folder_.string()), 3);
    EXPECT_NE(output_.find("cannot be loaded"), std::string::npos) << output_;
}

tg_function row(const char *signature, uint32_t flags, tg_kernel *kernel)
{
    tg_function function = {};
    function.signature = signature;
    function.flags = flags;
    function.kernel = kernel;
    function.summary = "What it does.";
    function.example = "TRUE";
    return function;
}

TEST(ExtensionRows, MustBeComplete)
{
    tg_kernel *kernel = [](const tg_call *) {};
    const struct {
        tg_function function;
        const char *message;
    } cases[] = {
        {row("NEW_ONE(INT) -> INT", TG_FUNCTION_NULL_IF_NULL, nullptr), "lacks a kernel"},
        {row("LEN(INT) -> INT", TG_FUNCTION_NULL_IF_NULL, kernel), "there is a function LEN already"},
        {row("NEW_ONE(INT", TG_FUNCTION_NULL_IF_NULL, kernel), "NEW_ONE(INT"},
        {row("NEW_ONE(INT) -> INT", 0, kernel), "lacks one rule for NULL"}};
    for (const auto &each : cases) {
        const tg_function rows[] = {each.function, tg_function{}};
        tg_extension extension = {TG_EXTENSION_HEADER, .name = "x", .functions = rows};
        tg_error error;
        EXPECT_NE(tg_extension_check(&extension, &error), TG_OK);
        EXPECT_NE(std::string(error.message).find(each.message), std::string::npos) << error.message;
    }
}

} // namespace
