// How an error with a place is shown.
#include <gtest/gtest.h>

#include <jansson.h>

#include <string>

#include "sql/diagnostics.h"

namespace
{

tg_error error_at(uint32_t offset, uint32_t length)
{
    tg_error error = {};
    tg_fail_at(&error, TG_CODE_SYNTAX, tg_place{offset, length, 0, 0}, "wrong");
    return error;
}

std::string show(const tg_error &error, const std::string &text, const char *file = "f.sql")
{
    tg_buffer out = {};
    tg_diagnostic_write(&error, tg_slice_of(text.data(), text.size()), file, &out);
    std::string shown(reinterpret_cast<const char *>(out.data), out.length);
    tg_buffer_done(&out);
    return shown;
}

struct Case {
    const char *name;
    const char *text;
    uint32_t offset, length;
    const char *shown;
};

class Diagnostics : public testing::TestWithParam<Case>
{
};

TEST_P(Diagnostics, ShowTheLineAndPointAtTheFault)
{
    const Case &c = GetParam();
    EXPECT_EQ(show(error_at(c.offset, c.length), c.text), c.shown);
}

INSTANTIATE_TEST_SUITE_P(
    Sql, Diagnostics,
    testing::Values(
        Case{"first_line", "abc def", 4, 3,
             "error[T0100]: wrong\n  --> f.sql:1:5\n   |\n 1 | abc def\n   |     ^^^\n"},
        Case{"later_line", "a\r\nbc\r\nd", 4, 1,
             "error[T0100]: wrong\n  --> f.sql:2:2\n   |\n 2 | bc\n   |  ^\n"},
        Case{"tab", "a\tb", 2, 1, "error[T0100]: wrong\n  --> f.sql:1:3\n   |\n 1 | a    b\n   |      ^\n"},
        Case{"accents", "\xC3\xA9\xC3\xA9 x", 5, 1,
             "error[T0100]: wrong\n  --> f.sql:1:4\n   |\n 1 | \xC3\xA9\xC3\xA9 x\n   |    ^\n"},
        Case{"wide", "\xE6\xBC\xA2\xE5\xAD\x97 x", 7, 1,
             "error[T0100]: wrong\n  --> f.sql:1:4\n   |\n 1 | \xE6\xBC\xA2\xE5\xAD\x97 x\n   |      ^\n"},
        Case{"wide_fault", "\xE6\xBC\xA2 x", 0, 3,
             "error[T0100]: wrong\n  --> f.sql:1:1\n   |\n 1 | \xE6\xBC\xA2 x\n   | ^^\n"},
        Case{"end_of_text", "abc", 3, 0, "error[T0100]: wrong\n  --> f.sql:1:4\n   |\n 1 | abc\n   |    ^\n"},
        Case{"end_of_text_after_newline", "abc\n", 4, 0,
             "error[T0100]: wrong\n  --> f.sql:2:1\n   |\n 2 | \n   | ^\n"},
        Case{"several_lines", "ab cd\nef", 3, 5,
             "error[T0100]: wrong\n  --> f.sql:1:4\n   |\n 1 | ab cd\n   |    ^^\n"},
        Case{"beyond_the_text", "ab", 9, 2,
             "error[T0100]: wrong\n  --> f.sql:1:3\n   |\n 1 | ab\n   |   ^\n"},
        Case{"escape_codes_do_not_reach_the_terminal",
             "a\x1B[2Jb \xC2\x9B"
             "c",
             6, 1, "error[T0100]: wrong\n  --> f.sql:1:7\n   |\n 1 | a?[2Jb ?c\n   |       ^\n"}),
    [](const auto &tested) { return std::string(tested.param.name); });

TEST(DiagnosticLines, AreCutAroundTheFault)
{
    std::string text(300, 'a');
    text.replace(200, 3, "XYZ");
    std::string shown = show(error_at(200, 3), text);
    EXPECT_NE(shown.find("1 | ..." + std::string(60, 'a') + "XYZ" + std::string(57, 'a') + "...\n"),
              std::string::npos)
        << shown;
    EXPECT_NE(shown.find("\n   |    " + std::string(60, ' ') + "^^^\n"), std::string::npos) << shown;

    shown = show(error_at(0, 300), text);
    EXPECT_NE(shown.find("\n   | " + std::string(120, '^') + "\n"), std::string::npos) << shown;
    EXPECT_NE(shown.find("...\n"), std::string::npos) << shown;
}

TEST(DiagnosticLines, KeepTheirFrameWithLargeNumbers)
{
    std::string text(1233, '\n');
    EXPECT_EQ(show(error_at(1233, 0), text + "abc"),
              "error[T0100]: wrong\n    --> f.sql:1234:1\n     |\n1234 | abc\n     | ^\n");
}

TEST(DiagnosticWithoutPlace, IsOneLine)
{
    tg_error error = {};
    tg_fail(&error, TG_CODE_CONFIG, "no such setting");
    tg_fail_hint(&error, "try another");
    EXPECT_EQ(show(error, "text", nullptr), "error[T0002]: no such setting\n   = help: try another\n");
}

TEST(DiagnosticJson, HoldsAllParts)
{
    tg_error error = error_at(2, 4);
    tg_fail_hint(&error, "say \"please\"");
    std::string text = "a\nbcde\n";
    tg_buffer out = {};
    tg_diagnostic_write_json(&error, tg_slice_of(text.data(), text.size()), "f.sql", &out);
    json_error_t json_error;
    json_t *json = json_loadb(reinterpret_cast<const char *>(out.data), out.length, 0, &json_error);
    ASSERT_NE(json, nullptr) << json_error.text;
    EXPECT_STREQ(json_string_value(json_object_get(json, "severity")), "error");
    EXPECT_STREQ(json_string_value(json_object_get(json, "code")), "T0100");
    EXPECT_STREQ(json_string_value(json_object_get(json, "name")), "SYNTAX");
    EXPECT_STREQ(json_string_value(json_object_get(json, "message")), "wrong");
    EXPECT_STREQ(json_string_value(json_object_get(json, "help")), "say \"please\"");
    EXPECT_STREQ(json_string_value(json_object_get(json, "file")), "f.sql");
    EXPECT_EQ(json_integer_value(json_object_get(json, "line")), 2);
    EXPECT_EQ(json_integer_value(json_object_get(json, "column")), 1);
    EXPECT_EQ(json_integer_value(json_object_get(json, "endLine")), 2);
    EXPECT_EQ(json_integer_value(json_object_get(json, "endColumn")), 5);
    EXPECT_EQ(json_integer_value(json_object_get(json, "offset")), 2);
    EXPECT_EQ(json_integer_value(json_object_get(json, "length")), 4);
    json_decref(json);
    tg_buffer_done(&out);
}

TEST(Locate, CountsLinesAndCharacters)
{
    std::string text = "a\n\xC3\xA9\xC3\xA9 x\n";
    tg_error error = error_at(7, 1);
    tg_error_locate(&error, tg_slice_of(text.data(), text.size()));
    EXPECT_EQ(error.place.line, 2u);
    EXPECT_EQ(error.place.column, 4u);
    error.place.offset = 0; // a place that is known already stays
    tg_error_locate(&error, tg_slice_of(text.data(), text.size()));
    EXPECT_EQ(error.place.line, 2u);
}

} // namespace
