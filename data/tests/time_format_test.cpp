#include <string>

#include <gtest/gtest.h>

#include "base/memory.h"
#include "data/time.h"

class TimeFormat : public testing::Test
{
protected:
    void SetUp() override
    {
        arena = tg_arena_new(0);
    }
    void TearDown() override
    {
        tg_arena_free(arena);
    }
    const struct tg_time_format *compile(const char *pattern)
    {
        const struct tg_time_format *format = nullptr;
        EXPECT_EQ(tg_time_format_compile(arena, tg_slice_text(pattern), &format, &error), TG_OK)
            << error.message;
        return format;
    }
    /* The time as ISO text, or "refused". */
    std::string parse(const char *pattern, const std::string &text)
    {
        int64_t ms = 0;
        if (tg_time_format_parse(compile(pattern), tg_slice_of(text.data(), text.size()), &ms, &error) !=
            TG_OK)
            return "refused";
        struct tg_buffer out = {};
        tg_timestamp_write(ms, &out);
        std::string iso = tg_buffer_text(&out);
        tg_buffer_done(&out);
        return iso;
    }
    std::string write(const char *pattern, const char *iso)
    {
        int64_t ms = 0;
        EXPECT_TRUE(tg_timestamp_parse(tg_slice_text(iso), &ms)) << iso;
        struct tg_buffer out = {};
        tg_time_format_write(compile(pattern), ms, &out);
        std::string text = tg_buffer_text(&out);
        tg_buffer_done(&out);
        return text;
    }
    struct tg_arena *arena = nullptr;
    struct tg_error error = {};
};

struct BothCase {
    const char *pattern;
    const char *text;
    const char *iso;
};
class TimeFormatBoth : public TimeFormat, public testing::WithParamInterface<BothCase>
{
};
TEST_P(TimeFormatBoth, IsReadAndWritten)
{
    EXPECT_EQ(parse(GetParam().pattern, GetParam().text), GetParam().iso);
    EXPECT_EQ(write(GetParam().pattern, GetParam().iso), GetParam().text);
}
INSTANTIATE_TEST_SUITE_P(
    Time, TimeFormatBoth,
    testing::Values(BothCase{"yyyy-MM-dd HH:mm:ss", "2024-05-06 07:08:09", "2024-05-06T07:08:09.000"},
                    BothCase{"yyyy-MM-dd'T'HH:mm:ss.SSSX", "2024-05-06T07:08:09.012Z",
                             "2024-05-06T07:08:09.012"},
                    BothCase{"yyyyMMddHHmmssSSS", "20240506070809012", "2024-05-06T07:08:09.012"},
                    BothCase{"uuuu-MM-dd", "-0044-03-15", "-0044-03-15T00:00:00.000"},
                    BothCase{"uuuu-MM-dd", "+12024-03-15", "+12024-03-15T00:00:00.000"},
                    BothCase{"yyyy G", "0045 BC", "-0044-01-01T00:00:00.000"},
                    BothCase{"y GGGG", "7 Anno Domini", "0007-01-01T00:00:00.000"},
                    BothCase{"yy/M/d", "24/5/6", "2024-05-06T00:00:00.000"},
                    BothCase{"yy/M/d", "99/12/31", "2099-12-31T00:00:00.000"},
                    BothCase{"EEE, d MMM yyyy", "Mon, 6 May 2024", "2024-05-06T00:00:00.000"},
                    BothCase{"EEEE d MMMM yyyy", "Monday 6 May 2024", "2024-05-06T00:00:00.000"},
                    BothCase{"yyyy-DDD", "2024-366", "2024-12-31T00:00:00.000"},
                    BothCase{"yyyy-D", "2023-32", "2023-02-01T00:00:00.000"},
                    BothCase{"hh:mm a", "12:05 AM", "1970-01-01T00:05:00.000"},
                    BothCase{"h:mm a", "12:05 PM", "1970-01-01T12:05:00.000"},
                    BothCase{"K:mm a", "0:05 PM", "1970-01-01T12:05:00.000"},
                    BothCase{"kk:mm", "24:05", "1970-01-01T00:05:00.000"},
                    BothCase{"HH:mm:ss.S", "07:08:09.1", "1970-01-01T07:08:09.100"},
                    BothCase{"ss.SSSSSSSSS", "09.123000000", "1970-01-01T00:00:09.123"},
                    BothCase{"A", "25689012", "1970-01-01T07:08:09.012"},
                    BothCase{"N", "25689012000000", "1970-01-01T07:08:09.012"},
                    BothCase{"s n", "9 12000000", "1970-01-01T00:00:09.012"},
                    BothCase{"HH x", "07 +00", "1970-01-01T07:00:00.000"},
                    BothCase{"HH xxx", "07 +00:00", "1970-01-01T07:00:00.000"},
                    BothCase{"HH Z", "07 +0000", "1970-01-01T07:00:00.000"},
                    BothCase{"HH ZZZZ", "07 GMT", "1970-01-01T07:00:00.000"},
                    BothCase{"HH O", "07 GMT", "1970-01-01T07:00:00.000"},
                    BothCase{"HH VV", "07 GMT", "1970-01-01T07:00:00.000"},
                    BothCase{"HH z", "07 GMT", "1970-01-01T07:00:00.000"},
                    BothCase{"HH 'o''clock'", "07 o'clock", "1970-01-01T07:00:00.000"},
                    BothCase{"HH ''", "07 '", "1970-01-01T07:00:00.000"},
                    BothCase{"HH[:mm[:ss]]", "07:08:09", "1970-01-01T07:08:09.000"},
                    BothCase{"yyyy\xE5\xB9\xB4MM\xE6\x9C\x88",
                             "2024\xE5\xB9\xB4"
                             "05\xE6\x9C\x88",
                             "2024-05-01T00:00:00.000"},
                    BothCase{"", "", "1970-01-01T00:00:00.000"}));

class TimeFormatParse : public TimeFormat, public testing::WithParamInterface<BothCase>
{
};
TEST_P(TimeFormatParse, AsJavasSmartResolver)
{
    EXPECT_EQ(parse(GetParam().pattern, GetParam().text), GetParam().iso) << error.message;
}
INSTANTIATE_TEST_SUITE_P(
    Time, TimeFormatParse,
    testing::Values(
        BothCase{"yyyy-MM-dd", "2023-02-31", "2023-02-28T00:00:00.000"},
        BothCase{"yyyy-MM-dd", "2024-02-31", "2024-02-29T00:00:00.000"},
        BothCase{"yyyy-MM-dd", "2023-04-31", "2023-04-30T00:00:00.000"},
        BothCase{"yyyy-MM-dd", "2023-04-32", "refused"}, BothCase{"yyyy-MM-dd", "2023-13-01", "refused"},
        BothCase{"yyyy-MM-dd", "2023-00-01", "refused"}, BothCase{"yyyy-MM-dd", "0000-01-01", "refused"},
        BothCase{"uuuu-MM-dd", "0000-01-01", "0000-01-01T00:00:00.000"},
        BothCase{"yyyy-MM-dd", "12023-01-01", "refused"}, BothCase{"yyyy-MM-dd", "+2023-01-01", "refused"},
        BothCase{"yyyy-MM-dd", "223-01-01", "refused"}, BothCase{"uuuu-MM-dd", "+999999999-01-01", "refused"},
        BothCase{"yyyy-MM-dd", "2023-1-01", "refused"}, BothCase{"yyyy-MM-dd", "2023-01-01 ", "refused"},
        BothCase{"yyyy-MM-dd", "2023-01-", "refused"}, BothCase{"yyyy-MM-dd", "", "refused"},
        BothCase{"y-M-d", "7-8-9", "0007-08-09T00:00:00.000"},
        BothCase{"HH:mm", "24:00", "1970-01-02T00:00:00.000"}, BothCase{"HH:mm", "24:01", "refused"},
        BothCase{"HH:mm", "25:00", "refused"}, BothCase{"HH:mm", "23:60", "refused"},
        BothCase{"hh:mm", "03:05", "1970-01-01T03:05:00.000"}, BothCase{"hh:mm a", "13:05 AM", "refused"},
        BothCase{"HH:mm a", "13:05 AM", "refused"},
        BothCase{"HH:mm a", "13:05 pm", "1970-01-01T13:05:00.000"},
        BothCase{"a", "PM", "1970-01-01T18:00:00.000"},
        BothCase{"yyyy-MM-dd'T'HH", "2024-05-06t07", "2024-05-06T07:00:00.000"},
        BothCase{"d MMM yyyy", "6 mAY 2024", "2024-05-06T00:00:00.000"},
        BothCase{"d MMM yyyy", "6 Foo 2024", "refused"},
        BothCase{"E yyyy-MM-dd", "Tue 2024-05-06", "refused"}, BothCase{"yyyy-DDD", "2023-366", "refused"},
        BothCase{"DDD", "366", "refused"}, BothCase{"yyyy-DDD MM", "2023-032 03", "refused"},
        BothCase{"HH:mm:ss.SSS", "07:08:09.12", "refused"},
        BothCase{"HH:mm:ss.SSS", "07:08:09.1234", "refused"},
        BothCase{"HH:mm:ss[.SSS]", "07:08:09", "1970-01-01T07:08:09.000"},
        BothCase{"HH:mm:ss[.SSS][.SS]", "07:08:09.12", "1970-01-01T07:08:09.120"},
        BothCase{"HH[:mm[:ss]]", "07:08", "1970-01-01T07:08:00.000"},
        BothCase{"HH[:mm[:ss]", "07", "1970-01-01T07:00:00.000"}, BothCase{"HH[:mm]", "07:", "refused"},
        BothCase{"[yyyy-MM-dd][dd.MM.yyyy]", "06.05.2024", "2024-05-06T00:00:00.000"},
        BothCase{"yyyy yyyy", "2024 2024", "2024-01-01T00:00:00.000"},
        BothCase{"yyyy yyyy", "2024 2025", "refused"}, BothCase{"yyyy uuuu", "2024 2025", "refused"},
        BothCase{"HH A", "08 25689012", "refused"}, BothCase{"yyyyMMdd", "120240506", "refused"},
        BothCase{"yyyyMMdd", "+120240506", "+12024-05-06T00:00:00.000"},
        BothCase{"yMMdd", "120240506", "+12024-05-06T00:00:00.000"},
        BothCase{"Hmm", "708", "1970-01-01T07:08:00.000"}, BothCase{"Hmm", "1708", "1970-01-01T17:08:00.000"},
        BothCase{"HH X", "07 +02", "1970-01-01T05:00:00.000"},
        BothCase{"HH X", "07 -0230", "1970-01-01T09:30:00.000"}, BothCase{"HH XX", "07 +02", "refused"},
        BothCase{"HH XXX", "07 +02:30", "1970-01-01T04:30:00.000"}, BothCase{"HH XXX", "07 +0230", "refused"},
        BothCase{"HH XXXX", "07 +023015", "1970-01-01T04:29:45.000"},
        BothCase{"HH XXXXX", "07 +02:30:15", "1970-01-01T04:29:45.000"}, BothCase{"HH x", "07 Z", "refused"},
        BothCase{"HH X", "07 +19", "refused"}, BothCase{"HH X X", "07 Z +01", "refused"},
        BothCase{"HH Z", "07 -0100", "1970-01-01T08:00:00.000"},
        BothCase{"HH ZZZZZ", "07 Z", "1970-01-01T07:00:00.000"},
        BothCase{"HH O", "07 GMT+2", "1970-01-01T05:00:00.000"},
        BothCase{"HH O", "07 GMT-11:30", "1970-01-01T18:30:00.000"},
        BothCase{"HH OOOO", "07 GMT+02:00", "1970-01-01T05:00:00.000"},
        BothCase{"HH OOOO", "07 GMT+2", "refused"}, BothCase{"HH VV", "07 UTC", "1970-01-01T07:00:00.000"},
        BothCase{"HH VV", "07 UTC+01:00", "1970-01-01T06:00:00.000"},
        BothCase{"HH VV", "07 +01:00", "1970-01-01T06:00:00.000"},
        BothCase{"HH z", "07 UTC", "1970-01-01T07:00:00.000"},
        BothCase{"HH VV", "07 Europe/Berlin", "1970-01-01T06:00:00.000"},
        BothCase{"HH VV", "07 Europe/Nowhere", "refused"}, BothCase{"n", "1000000000", "refused"},
        BothCase{"N", "9999999999999999999", "refused"},
        BothCase{"nnnnnnnnnnnnnnnnnnn", "0000000000123000000", "1970-01-01T00:00:00.123"}));

TEST_F(TimeFormat, ErrorsNameTextPatternAndPlace)
{
    EXPECT_EQ(parse("yyyy-MM-dd", "2024-x5-06"), "refused");
    EXPECT_STREQ(error.message, "'2024-x5-06' does not fit the pattern 'yyyy-MM-dd' from character 6 on");
    EXPECT_EQ(error.code, TG_CODE_DECODE);
    EXPECT_EQ(parse("yyyy-MM-dd", "2024-13-06"), "refused");
    EXPECT_STREQ(error.message,
                 "'2024-13-06' fits the pattern 'yyyy-MM-dd', but there is no such date and time");
    EXPECT_EQ(parse("HH VV", "07 Mars/Olympus"), "refused");
    EXPECT_STREQ(
        error.message,
        "'07 Mars/Olympus' names no known time zone at character 4, where the pattern 'HH VV' wants one");
    EXPECT_EQ(parse("HH", std::string(5000, 'x')), "refused");
    EXPECT_LT(strlen(error.message), 200U);
    int64_t ms = 0;
    EXPECT_EQ(tg_time_format_parse(compile("HH"), tg_slice_text("x"), &ms, nullptr), TG_CODE_DECODE);
}

struct BadPatternCase {
    const char *pattern;
    const char *message;
    const char *hint;
    uint32_t offset, length;
};
class TimeFormatBad : public TimeFormat, public testing::WithParamInterface<BadPatternCase>
{
};
TEST_P(TimeFormatBad, IsRefusedWithItsPlace)
{
    const struct tg_time_format *format = nullptr;
    EXPECT_EQ(tg_time_format_compile(arena, tg_slice_text(GetParam().pattern), &format, &error),
              TG_CODE_CONFIG);
    EXPECT_STREQ(error.message, GetParam().message);
    EXPECT_STREQ(error.hint, GetParam().hint);
    EXPECT_EQ(error.place.offset, GetParam().offset);
    EXPECT_EQ(error.place.length, GetParam().length);
    EXPECT_EQ(tg_time_format_compile(arena, tg_slice_text(GetParam().pattern), &format, nullptr),
              TG_CODE_CONFIG);
}
INSTANTIATE_TEST_SUITE_P(
    Time, TimeFormatBad,
    testing::Values(BadPatternCase{"yyyy-MM-ddTHH", "the letter 'T' has no meaning in a date pattern",
                                   "letters that stand for themselves go in single quotes", 10, 1},
                    BadPatternCase{"HHH", "3 times 'H' is no part of a date pattern", "at most 2 times 'H'",
                                   0, 3},
                    BadPatternCase{"ss.SSSSSSSSSS", "10 times 'S' is no part of a date pattern",
                                   "at most 9 times 'S'", 3, 10},
                    BadPatternCase{"V", "1 times 'V' is no part of a date pattern",
                                   "'VV' is the id of a time zone", 0, 1},
                    BadPatternCase{"HH OO", "2 times 'O' is no part of a date pattern",
                                   "'O' is the short offset from GMT, 'OOOO' the full one", 3, 2},
                    BadPatternCase{"HH 'x", "the quote in the date pattern is not closed", "", 3, 2},
                    BadPatternCase{"HH]", "']' closes no '['",
                                   "a ']' that stands for itself goes in single quotes", 2, 1},
                    BadPatternCase{"HH#", "'#' is reserved in date patterns",
                                   "a '#' that stands for itself goes in single quotes", 2, 1},
                    BadPatternCase{"\xC3\xA4\xFF", "the date pattern is not UTF-8", "", 2, 1},
                    BadPatternCase{"[[[[[[[[[", "optional sections are nested deeper than 8", "", 8, 1}));

TEST_F(TimeFormat, ParsingAllocatesNothing)
{
    const struct tg_time_format *fixed = compile("yyyy-MM-dd HH:mm:ss");
    const struct tg_time_format *free_form = compile("d MMM yyyy[ HH:mm] X");
    int64_t ms = 0;
    uint64_t before = tg_allocation_count();
    EXPECT_EQ(tg_time_format_parse(fixed, tg_slice_text("2024-05-06 07:08:09"), &ms, nullptr), TG_OK);
    EXPECT_EQ(tg_time_format_parse(free_form, tg_slice_text("6 May 2024 07:08 Z"), &ms, nullptr), TG_OK);
    EXPECT_EQ(tg_allocation_count(), before);
}

/* In place of the Z or +0000 that was written. */
static void append_offset(struct tg_buffer *text, const char *offset)
{
    std::string whole = tg_buffer_text(text);
    size_t at = whole.find_first_of("Z+", whole.size() > 6 ? whole.size() - 6 : 0);
    if (at == std::string::npos)
        return;
    text->length = at;
    tg_buffer_append_text(text, offset);
}

/* The pass over fixed places and the general parser agree: an optional nothing sends a pattern to the general
 * one. */
TEST_F(TimeFormat, FixedPlacesAndGeneralParserAgree)
{
    const char *patterns[][2] = {{"yyyy-MM-dd HH:mm:ss", "[]yyyy-MM-dd HH:mm:ss"},
                                 {"yyyyMMddHHmmssSSS", "[]yyyyMMddHHmmssSSS"},
                                 {"dd.MM.uuuu 'at' HH:mm:ss.SSSSSS", "[]dd.MM.uuuu 'at' HH:mm:ss.SSSSSS"},
                                 {"uuuu-MM-dd HHX", "[]uuuu-MM-dd HHX"},
                                 {"uuuu-MM-dd HHxxx", "[]uuuu-MM-dd HHxxx"},
                                 {"uuuu-MM-dd HHZ", "[]uuuu-MM-dd HHZ"},
                                 {"uuuu-MM-dd HHXXXX", "[]uuuu-MM-dd HHXXXX"}};
    unsigned seed = 12345;
    for (const auto &pair : patterns) {
        const struct tg_time_format *fixed = compile(pair[0]);
        const struct tg_time_format *general = compile(pair[1]);
        for (int i = 0; i < 5000; i++) {
            seed = seed * 1664525U + 1013904223U;
            struct tg_buffer text = {};
            tg_time_format_write(general, static_cast<int64_t>(seed) * 1000003, &text);
            if (i % 4 == 0)
                append_offset(&text, i % 3 == 0 ? "+0230" : "-17:59");
            if (i % 2 == 0)
                text.data[seed % text.length] = static_cast<uint8_t>("0123456789-: .+ATat"[seed / 64 % 19]);
            int64_t by_fixed = -1;
            int64_t by_general = -1;
            enum tg_code fixed_code = tg_time_format_parse(fixed, tg_buffer_slice(&text), &by_fixed, nullptr);
            enum tg_code general_code =
                tg_time_format_parse(general, tg_buffer_slice(&text), &by_general, nullptr);
            EXPECT_EQ(fixed_code, general_code) << tg_buffer_text(&text);
            EXPECT_EQ(by_fixed, by_general) << tg_buffer_text(&text);
            tg_buffer_done(&text);
        }
    }
}
