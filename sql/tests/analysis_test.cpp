// Statements that parse but make no sense, and what we say about them: tests/analysis.golden holds both
// (form: see errors_test.cpp). Run with TG_REWRITE=1 to write it anew, and read the difference as a newcomer.
// Line 1 of every text declares what the statements read.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "sql/job.h"

namespace
{

const char *const golden_path = TG_SOURCE_DIR "/sql/tests/analysis.golden";
const char *const declarations =
    "CREATE STREAM orders (id INT KEY, customer STRING, amount INT, price DECIMAL(10, 2), address "
    "STRUCT<city STRING, zip STRING>, "
    "tags ARRAY<STRING>, extra MAP<STRING, INT>) WITH (KAFKA_TOPIC='orders', VALUE_FORMAT='JSON'); "
    "CREATE TABLE users (id INT PRIMARY KEY, name STRING, city STRING, age INT) WITH (KAFKA_TOPIC='users', "
    "VALUE_FORMAT='JSON'); "
    "CREATE STREAM visits (page STRING KEY, n INT) WITH (KAFKA_TOPIC='visits', VALUE_FORMAT='JSON', "
    "WINDOW_TYPE='SESSION'); "
    "CREATE SOURCE STREAM archive (id INT KEY, v INT) WITH (KAFKA_TOPIC='archive', VALUE_FORMAT='JSON');\n";

struct Case {
    std::string name, sql, diagnostic;
};

std::vector<Case> read_cases()
{
    std::vector<Case> cases;
    std::ifstream file(golden_path);
    std::string line;
    bool in_diagnostic = false;
    while (std::getline(file, line)) {
        if (line.rfind("### ", 0) == 0) {
            cases.push_back({line.substr(4), "", ""});
            in_diagnostic = false;
        } else if (!cases.empty() && line == "---") {
            in_diagnostic = true;
        } else if (!cases.empty() && (!in_diagnostic || !line.empty())) {
            (in_diagnostic ? cases.back().diagnostic : cases.back().sql) += line + "\n";
        }
    }
    return cases;
}

std::string diagnose(const std::string &statements)
{
    std::string sql = declarations + statements;
    tg_job_options options = {};
    options.name = "job.sql";
    tg_job *job = nullptr;
    tg_error error = {};
    tg_buffer out = {};
    const tg_job_diagnose_options diagnose_options = {};
    tg_code code = tg_job_compile(tg_slice_of(sql.data(), sql.size()), &options, &job, &error);
    EXPECT_EQ(code == TG_OK, tg_job_error_count(job) == 0);
    tg_job_diagnose(job, &diagnose_options, &out);
    for (uint32_t i = 0; i < tg_job_error_count(job); i++)
        EXPECT_GT(tg_job_error(job, i)->place.line, 1u) << statements << tg_job_error(job, i)->message;
    std::string text(reinterpret_cast<const char *>(out.data), out.length);
    tg_buffer_done(&out);
    tg_job_free(job);
    return text.empty() ? "no error\n" : text;
}

TEST(Analysis, ErrorsAreAsInTheGoldenFile)
{
    std::vector<Case> cases = read_cases();
    ASSERT_GT(cases.size(), 100u) << "cannot read " << golden_path;
    if (std::getenv("TG_REWRITE") != nullptr) {
        std::ofstream file(golden_path);
        for (const Case &wrong : cases)
            file << "### " << wrong.name << "\n" << wrong.sql << "---\n" << diagnose(wrong.sql) << "\n";
        return;
    }
    for (const Case &wrong : cases)
        EXPECT_EQ(diagnose(wrong.sql), wrong.diagnostic) << wrong.name;
}

TEST(Analysis, EveryCaseOfTheGoldenFileIsAnError)
{
    for (const Case &wrong : read_cases())
        EXPECT_NE(wrong.diagnostic, "no error\n") << wrong.name;
}

} // namespace
