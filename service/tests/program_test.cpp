// The program itself, without a broker: commands, help, exit codes, where output goes.
#include "base/tests/temporary_directory.h"

#include <gtest/gtest.h>

#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace
{

namespace fs = std::filesystem;

struct Result {
    int exit_code;
    std::string out, err;
};

class Program : public testing::Test
{
protected:
    std::string write(const std::string &name, const std::string &text)
    {
        std::ofstream(folder / name, std::ios::binary) << text;
        return (folder / name).string();
    }
    static std::string read(const fs::path &path)
    {
        std::ifstream file(path, std::ios::binary);
        return std::string(std::istreambuf_iterator<char>(file), {});
    }
    Result run(const std::string &arguments, const std::string &input = "/dev/null")
    {
        std::string out = (folder / "out").string(), err = (folder / "err").string();
        std::string command = "cd '" + folder.string() + "' && '" TG_PROGRAM "' " + arguments + " <'" +
                              input + "' >'" + out + "' 2>'" + err + "'";
        int status = std::system(command.c_str());
        return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, read(out), read(err)};
    }
    static bool has(const std::string &text, const std::string &part)
    {
        return text.find(part) != std::string::npos;
    }
    TemporaryDirectory directory;
    fs::path folder = directory.path();
};

const char good_job[] =
    "CREATE STREAM s (k VARCHAR KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');\n"
    "CREATE TABLE t AS SELECT k, COUNT(*) AS n, SUM(v + 1) AS w FROM s WHERE v > 3 GROUP BY k;\n";

TEST_F(Program, HelpIsEverywhere)
{
    for (const char *arguments : {"help", "--help", "-h", "help run", "run --help", "run -h", "check --help",
                                  "explain --help", "demo --help", "infer --help", "convert --help",
                                  "help settings", "version --help", "help --help"}) {
        Result result = run(arguments);
        EXPECT_EQ(result.exit_code, 0) << arguments;
        EXPECT_FALSE(result.out.empty()) << arguments;
        EXPECT_TRUE(result.err.empty()) << arguments << result.err;
    }
    EXPECT_TRUE(has(run("help settings").out, "commit.interval.ms"));
    EXPECT_TRUE(has(run("run --help").out, "usage: turgo run"));
}

TEST_F(Program, Version)
{
    Result result = run("version");
    EXPECT_EQ(result.exit_code, 0);
    EXPECT_TRUE(has(result.out, "turgo 0."));
    EXPECT_TRUE(has(result.out, "librdkafka 2."));
}

struct Usage {
    const char *name, *arguments, *words;
};
class UsageError : public Program, public testing::WithParamInterface<Usage>
{
};
TEST_P(UsageError, IsToldOnStderr)
{
    Result result = run(GetParam().arguments);
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_TRUE(result.out.empty()) << result.out;
    EXPECT_TRUE(has(result.err, GetParam().words)) << result.err;
}
INSTANTIATE_TEST_SUITE_P(
    All, UsageError,
    testing::Values(Usage{"nothing", "", "usage: turgo COMMAND"},
                    Usage{"unknown_command", "chekc", "did you mean check"},
                    Usage{"unknown_option", "run --untill-caught-up x.sql", "did you mean --until-caught-up"},
                    Usage{"short_option", "run -x", "unknown option -x"},
                    Usage{"no_file", "check", "usage: turgo check"},
                    Usage{"two_files", "check a.sql b.sql", "b.sql follows a.sql"},
                    Usage{"no_value", "run x.sql --set", "--set needs a value"},
                    Usage{"no_equals", "run x.sql --set a", "name=value"},
                    Usage{"log_level", "run x.sql --log-level loud", "debug, info"},
                    Usage{"format", "explain x.sql --format xml", "text or json"},
                    Usage{"infer_two", "infer a b", "one topic at a time"},
                    Usage{"infer_none", "infer", "usage: turgo infer"},
                    Usage{"infer_records", "infer a --records 0", "--records must be"},
                    Usage{"convert_none", "convert", "--from TOPIC is missing"},
                    Usage{"convert_operand", "convert a", "--from and --to"},
                    Usage{"convert_format", "convert --from a --to b --format avor", "there is no format"},
                    Usage{"no_help", "help chekc", "did you mean check"},
                    Usage{"demo_operand", "demo x.sql", "turgo run x.sql"},
                    Usage{"demo_number", "demo --rate fast", "number"}),
    [](const auto &test) { return std::string(test.param.name); });

TEST_F(Program, ChecksAJob)
{
    std::string good = write("good.sql", good_job);
    EXPECT_EQ(run("check good.sql").exit_code, 0);
    EXPECT_EQ(run("check -", good).exit_code, 0);
    write("bad.sql", std::string(good_job) + "CREATE STREAM u AS\n  SELECT k, vv FROM s;\nSELEKT;\n");
    Result bad = run("check bad.sql");
    EXPECT_EQ(bad.exit_code, 1);
    EXPECT_TRUE(bad.out.empty());
    EXPECT_TRUE(has(bad.err, "bad.sql:4")) << bad.err;
    Result json = run("check bad.sql --json");
    EXPECT_EQ(json.exit_code, 1);
    EXPECT_EQ(json.err[0], '{') << json.err;
}

TEST_F(Program, FilesThatCannotBeRead)
{
    Result absent = run("check absent.sql");
    EXPECT_EQ(absent.exit_code, 3);
    EXPECT_TRUE(has(absent.err, "absent.sql")) << absent.err;
    EXPECT_EQ(run("run absent.sql").exit_code, 3);
    EXPECT_EQ(run("explain absent.sql").exit_code, 3);
    write("bytes.sql", "CREATE STREAM s (\xff\xfe);");
    EXPECT_EQ(run("check bytes.sql").exit_code, 1);
    EXPECT_EQ(run("run bytes.sql").exit_code, 3);
}

TEST_F(Program, Explains)
{
    write("good.sql", good_job);
    Result text = run("explain good.sql");
    EXPECT_EQ(text.exit_code, 0);
    EXPECT_TRUE(has(text.out, "CTAS_T")) << text.out;
    EXPECT_TRUE(has(text.out, "Aggregate"));
    EXPECT_FALSE(has(text.out, "r1 ="));
    EXPECT_TRUE(has(run("explain good.sql --programs").out, "r1 ="));
    Result json = run("explain good.sql --format json --query CTAS_T");
    EXPECT_EQ(json.exit_code, 0);
    EXPECT_TRUE(has(json.out, "\"query_id\": \"CTAS_T\"")) << json.out;
    Result none = run("explain good.sql --query CTAS_U");
    EXPECT_EQ(none.exit_code, 1);
    EXPECT_FALSE(none.err.empty());
    write("prefix.properties", "ksql.output.topic.name.prefix=made-\n");
    EXPECT_TRUE(has(run("explain good.sql --config prefix.properties").out, "made-T"));
}

TEST_F(Program, SettingsAreCheckedBeforeAnythingIsReached)
{
    write("good.sql", good_job);
    write("bad.properties", "# settings\ncomit.interval.ms=5\nsasl.password=hunter2\n");
    Result result = run("run good.sql --config bad.properties");
    EXPECT_EQ(result.exit_code, 3);
    EXPECT_TRUE(has(result.err, "bad.properties")) << result.err;
    EXPECT_TRUE(has(result.err, "did you mean commit.interval.ms")) << result.err;
    EXPECT_FALSE(has(result.err, "hunter2"));
    EXPECT_EQ(run("run good.sql --set num.stream.threads=0").exit_code, 3);
    EXPECT_EQ(run("check good.sql --config absent.properties").exit_code, 3);
}

TEST_F(Program, NoBrokerIsSaidAfterAWhile)
{
    write("good.sql", good_job);
    Result result = run("run good.sql --set bootstrap.servers=127.0.0.1:1 --set turgo.connect.timeout.ms=0");
    EXPECT_EQ(result.exit_code, 4);
    EXPECT_TRUE(has(result.err, "127.0.0.1:1")) << result.err;
    EXPECT_TRUE(result.out.empty());
}

TEST_F(Program, TheDemoRunsAndEnds)
{
    Result result = run("demo --seconds 1 --rate 200");
    EXPECT_EQ(result.exit_code, 0) << result.err;
    for (const char *part : {"notifications", "invoice-items-flat", "store-totals", "First result"})
        EXPECT_TRUE(has(result.out, part)) << part;
}

} // namespace
