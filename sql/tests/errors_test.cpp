// Wrong statements and what we say about them: tests/errors.golden holds both. Run with TG_REWRITE=1 to write
// it anew, and read the difference as somebody who has never seen the language.
//
// A case: "### name", the statements as they are, a line "---", the diagnostic.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <vector>

#include "sql/diagnostics.h"
#include "sql/tests/statements.hpp"

namespace
{

const char *const golden_path = TG_SOURCE_DIR "/sql/tests/errors.golden";

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

std::string diagnose(const std::string &sql)
{
    Parsed parsed(sql);
    if (parsed.code == TG_OK)
        return "no error\n";
    tg_buffer out = {};
    tg_diagnostic_write(&parsed.error, tg_slice_of(sql.data(), sql.size()), "job.sql", &out);
    std::string text(reinterpret_cast<const char *>(out.data), out.length);
    tg_buffer_done(&out);
    return text;
}

TEST(Errors, AreAsInTheGoldenFile)
{
    std::vector<Case> cases = read_cases();
    ASSERT_GT(cases.size(), 60u) << "cannot read " << golden_path;
    if (getenv("TG_REWRITE") != nullptr) {
        std::ofstream file(golden_path);
        for (const Case &wrong : cases)
            file << "### " << wrong.name << "\n" << wrong.sql << "---\n" << diagnose(wrong.sql) << "\n";
        return;
    }
    for (const Case &wrong : cases)
        EXPECT_EQ(diagnose(wrong.sql), wrong.diagnostic) << wrong.name;
}

// What cannot stand in a text file.
TEST(Errors, OfBytes)
{
    EXPECT_NE(diagnose("PAUSE a;\nPAUSE \xC3(;").find("not UTF-8: byte 0xC3\n  --> job.sql:2:7\n"),
              std::string::npos)
        << diagnose("PAUSE a;\nPAUSE \xC3(;");
    EXPECT_NE(diagnose(std::string("PAUSE a\0;", 9)).find("zero byte\n  --> job.sql:1:8\n"),
              std::string::npos);
    EXPECT_NE(diagnose("PAUSE \x1B[31m;").find("control character U+001B"), std::string::npos);
    EXPECT_EQ(diagnose("PAUSE \x1B[31m;").find('\x1B'), std::string::npos);
}

} // namespace
