// No case of ksqlDB's query-validation files that has passed may fail: conformance.txt lists them. The files
// are read where they are: in TURGO_QTT_DIR, or ../shared/qtt beside the sources; without them this is
// skipped.
#include "service/test/conformance.h"
#include "service/test/run.h"

#include "base/log.h"
#include "base/tests/temporary_directory.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace
{

std::string directory()
{
    const char *given = std::getenv("TURGO_QTT_DIR");
    std::string base = given != nullptr ? given : std::string(TG_SOURCE_DIR) + "/../shared/qtt";
    return base + "/query-validation-tests";
}

tg_test_case named(const char *file, const char *name)
{
    tg_test_case test = {};
    test.file = file;
    test.name = name;
    return test;
}

TEST(Conformance, WhatHasPassedPasses)
{
    if (!std::filesystem::is_directory(directory()))
        GTEST_SKIP() << "no query-validation files in " << directory()
                     << ": TURGO_QTT_DIR can name the folder above";
    tg_log_configure(TG_LOG_ERROR, TG_LOG_LOGFMT, 2);
    tg_error error = {};
    tg_test_suite suite;
    tg_test_suite_init(&suite);
    tg_conformance *before = tg_conformance_new();
    tg_test_runner *runner = tg_test_runner_new();
    ASSERT_EQ(tg_test_suite_read(&suite, directory().c_str(), &error), TG_OK) << error.message;
    std::string scripts = std::filesystem::path(directory()).parent_path() / "sql-tests";
    if (std::filesystem::is_directory(scripts)) {
        ASSERT_EQ(tg_test_suite_read(&suite, scripts.c_str(), &error), TG_OK) << error.message;
    }
    ASSERT_EQ(tg_conformance_read(before, TG_SOURCE_DIR "/conformance.txt", &error), TG_OK) << error.message;
    size_t passed = 0, failed = 0, skipped = 0, different = 0;
    for (size_t i = 0; i < suite.count; i++) {
        const tg_test_case &test = suite.cases[i];
        tg_arena *arena = tg_arena_new(0);
        tg_test_result result = {};
        tg_test_run(runner, arena, &test, &result);
        tg_conformance_judge(before, &test, &result);
        passed += result.outcome == TG_TEST_PASSED;
        failed += result.outcome == TG_TEST_FAILED;
        skipped += result.outcome == TG_TEST_SKIPPED;
        if (tg_conformance_has(before, &test)) {
            EXPECT_EQ(result.outcome, TG_TEST_PASSED)
                << "passed before: " << test.file << " - " << test.name << ": " << result.cause << "\n"
                << result.detail;
        }
        if (tg_conformance_is_different(before, &test)) {
            EXPECT_EQ(result.outcome, TG_TEST_DIFFERENT) << "more rows were to be expected: " << test.file
                                                         << " - " << test.name << ": " << result.cause;
            different++;
        }
        tg_arena_free(arena);
    }
    EXPECT_LE(different, 7u) << "each of them is explained in docs/ksqldb-differences.md";
    EXPECT_EQ(tg_conformance_lost(before, &suite), 0u) << "cases that are not in the files";
    printf("query-validation cases: %zu passed, %zu failed, %zu skipped\n", passed, failed, skipped);
    tg_test_runner_free(runner);
    tg_conformance_free(before);
    tg_test_suite_done(&suite);
}

TEST(ConformanceFile, IsWrittenSortedAndReadBack)
{
    tg_error error = {};
    TemporaryDirectory directory;
    std::string path = directory.file("conformance.txt");
    const tg_test_case b = named("b", "two");
    const tg_test_case a = named("a", "one");
    tg_conformance *written = tg_conformance_new(), *read = tg_conformance_new();
    const tg_test_case c = named("c", "three");
    tg_conformance_add(written, &b);
    tg_conformance_add_different(written, &c);
    tg_conformance_add(written, &a);
    ASSERT_EQ(tg_conformance_write(written, path.c_str(), &error), TG_OK) << error.message;
    std::stringstream text;
    text << std::ifstream(path).rdbuf();
    EXPECT_LT(text.str().find("\na "), text.str().find("\nb "));
    ASSERT_EQ(tg_conformance_read(read, path.c_str(), &error), TG_OK) << error.message;
    const tg_test_case other = named("a", "two");
    EXPECT_TRUE(tg_conformance_has(read, &a));
    EXPECT_FALSE(tg_conformance_has(read, &other));
    EXPECT_FALSE(tg_conformance_has(read, &c));
    EXPECT_TRUE(tg_conformance_is_different(read, &c));
    tg_test_result more = {};
    more.outcome = TG_TEST_FAILED;
    tg_conformance_judge(read, &c, &more);
    EXPECT_EQ(more.outcome, TG_TEST_FAILED) << "an expected row is not there";
    more.only_more = true;
    tg_conformance_judge(read, &c, &more);
    EXPECT_EQ(more.outcome, TG_TEST_DIFFERENT);
    std::ofstream(path) << "a 12\n";
    EXPECT_EQ(tg_conformance_read(read, path.c_str(), &error), TG_CODE_SYNTAX);
    tg_conformance_free(written);
    tg_conformance_free(read);
}

} // namespace
