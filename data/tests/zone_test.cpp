// Time zones: ids, offsets through the years, gaps and overlaps. Expected values are those of java.time.
#include <gtest/gtest.h>

#include <string>

#include "base/text.h"
#include "data/time.h"
#include "data/zone_rules.h"

namespace
{

tg_zone find(const char *id)
{
    tg_zone zone = {};
    EXPECT_TRUE(tg_zone_find(tg_slice_text(id), &zone)) << id;
    return zone;
}

int64_t ms(const char *iso)
{
    int64_t value = 0;
    EXPECT_TRUE(tg_timestamp_parse(tg_slice_text(iso), &value)) << iso;
    return value;
}

std::string iso(int64_t timestamp_ms)
{
    tg_buffer out = {};
    tg_timestamp_write(timestamp_ms, &out);
    std::string text(reinterpret_cast<const char *>(out.data), out.length);
    tg_buffer_done(&out);
    return text.substr(0, text.size() - 4);
}

struct OffsetCase {
    const char *zone, *utc;
    int32_t seconds;
};

class ZoneOffset : public testing::TestWithParam<OffsetCase>
{
};

TEST_P(ZoneOffset, IsThatOfTheInstant)
{
    tg_zone zone = find(GetParam().zone);
    tg_zone_offset offset;
    tg_zone_offset_at(&zone, ms(GetParam().utc), &offset);
    EXPECT_EQ(offset.seconds, GetParam().seconds);
}

INSTANTIATE_TEST_SUITE_P(Zones, ZoneOffset,
                         testing::Values(OffsetCase{"Europe/Berlin", "2024-01-01T00:00:00", 3600},
                                         OffsetCase{"Europe/Berlin", "2024-03-31T00:59:59", 3600},
                                         OffsetCase{"Europe/Berlin", "2024-03-31T01:00:00", 7200},
                                         OffsetCase{"Europe/Berlin", "1850-01-01T00:00:00", 3208},
                                         OffsetCase{"Europe/Berlin", "2100-07-01T00:00:00", 7200},
                                         OffsetCase{"Europe/Berlin", "2100-12-01T00:00:00", 3600},
                                         OffsetCase{"Australia/Sydney", "2200-01-01T00:00:00", 39600},
                                         OffsetCase{"Australia/Sydney", "2200-06-01T00:00:00", 36000},
                                         OffsetCase{"America/Sao_Paulo", "2018-12-01T00:00:00", -7200},
                                         OffsetCase{"America/Sao_Paulo", "2300-12-01T00:00:00", -10800},
                                         OffsetCase{"Z", "2024-01-01T00:00:00", 0},
                                         OffsetCase{"+5", "2024-01-01T00:00:00", 18000},
                                         OffsetCase{"-02:30", "2024-01-01T00:00:00", -9000},
                                         OffsetCase{"+023015", "2024-01-01T00:00:00", 9015},
                                         OffsetCase{"UTC+01:00", "2024-01-01T00:00:00", 3600},
                                         OffsetCase{"GMT-1", "2024-01-01T00:00:00", -3600}));

struct LocalCase {
    const char *zone, *local, *utc;
};

class ZoneLocal : public testing::TestWithParam<LocalCase>
{
};

TEST_P(ZoneLocal, BecomesUtc)
{
    tg_zone zone = find(GetParam().zone);
    EXPECT_EQ(iso(tg_zone_to_utc_ms(&zone, ms(GetParam().local))), GetParam().utc);
}

INSTANTIATE_TEST_SUITE_P(
    GapsAndOverlaps, ZoneLocal,
    testing::Values(LocalCase{"Europe/Berlin", "2024-03-31T01:59:59", "2024-03-31T00:59:59"},
                    LocalCase{"Europe/Berlin", "2024-03-31T02:30:00", "2024-03-31T01:30:00"},
                    LocalCase{"Europe/Berlin", "2024-03-31T03:00:00", "2024-03-31T01:00:00"},
                    LocalCase{"Europe/Berlin", "2024-10-27T02:30:00", "2024-10-27T00:30:00"},
                    LocalCase{"Europe/Berlin", "2024-10-27T03:00:00", "2024-10-27T02:00:00"},
                    LocalCase{"America/New_York", "2100-03-14T02:30:00", "2100-03-14T07:30:00"},
                    LocalCase{"America/New_York", "2100-11-07T01:30:00", "2100-11-07T05:30:00"},
                    LocalCase{"Pacific/Apia", "2011-12-30T12:00:00", "2011-12-30T22:00:00"},
                    LocalCase{"+01:00", "2024-01-01T00:00:00", "2023-12-31T23:00:00"}));

TEST(Zone, RefusesWhatIsNone)
{
    static const char *const ids[] = {
        "",          "Europe",    "europe/berlin", "../etc/passwd", "/etc/localtime",
        "posix/UTC", "tzdata.zi", "+19:00",        "+1:00",         "+25",
        "UTC+",      "EST",       "PST",           "Europe/Berlin "};
    for (const char *id : ids) {
        tg_zone zone;
        tg_error error;
        EXPECT_EQ(tg_zone_get(tg_slice_text(id), &zone, &error), TG_CODE_UNKNOWN_NAME) << id;
    }
}

TEST(Zone, WritesIdsAsJava)
{
    static const char *const ids[][2] = {{"Z", "Z"},
                                         {"+0", "Z"},
                                         {"+2", "+02:00"},
                                         {"-023015", "-02:30:15"},
                                         {"UTC", "UTC"},
                                         {"GMT+1", "GMT+01:00"},
                                         {"Asia/Tokyo", "Asia/Tokyo"}};
    for (const auto &id : ids) {
        tg_zone zone = find(id[0]);
        tg_buffer out = {};
        tg_zone_write_id(&zone, &out);
        EXPECT_EQ(std::string(tg_buffer_text(&out)), id[1]);
        tg_buffer_done(&out);
    }
}

TEST(Zone, ReadsRules)
{
    tg_zone_tail tail;
    EXPECT_TRUE(tg_zone_tail_read(tg_slice_text("<-03>3<-02>,M3.5.0/-2,M10.5.0/-1"), &tail));
    EXPECT_EQ(tail.standard.offset_seconds, -10800);
    EXPECT_EQ(tail.start.second, -7200);
    EXPECT_TRUE(tg_zone_tail_read(tg_slice_text("IST-1GMT0,J60/0,300/25:30:15"), &tail));
    for (const char *bad :
         {"", "CET", "CET-1CEST", "CET-1CEST,M13.1.1,M1.1.1", "<CET-1", "CET-1x", "CET-168"})
        EXPECT_FALSE(tg_zone_tail_read(tg_slice_text(bad), &tail)) << bad;
}

// A damaged file is no zone; no byte of it leads anywhere.
TEST(Zone, RefusesCutFiles)
{
    tg_buffer file = {};
    tg_error error;
    ASSERT_EQ(tg_read_file("/usr/share/zoneinfo/Europe/Berlin", 1 << 20, &file, &error), TG_OK);
    for (size_t length = 0; length + 2 < file.length; length += 7) {
        tg_arena *arena = tg_arena_new(0);
        tg_zone_rules rules = {};
        std::string cut(reinterpret_cast<const char *>(file.data), length);
        (void)tg_zone_rules_read(arena, tg_slice_of(cut.data(), cut.size()), &rules);
        EXPECT_TRUE(length >= 44 || rules.kinds == nullptr);
        tg_arena_free(arena);
    }
    tg_buffer_done(&file);
}

struct FormatCase {
    const char *pattern, *zone, *utc, *text;
};

class ZoneFormat : public testing::TestWithParam<FormatCase>
{
};

TEST_P(ZoneFormat, WritesAndReadsBack)
{
    const FormatCase &param = GetParam();
    tg_zone zone = find(param.zone);
    tg_arena *arena = tg_arena_new(0);
    const tg_time_format *format = nullptr;
    tg_error error;
    ASSERT_EQ(tg_time_format_compile(arena, tg_slice_text(param.pattern), &format, &error), TG_OK);
    tg_buffer out = {};
    tg_time_format_write_in(format, &zone, ms(param.utc), &out);
    EXPECT_EQ(std::string(tg_buffer_text(&out)), param.text);
    int64_t again = 0;
    EXPECT_EQ(tg_time_format_parse_in(format, &zone, tg_slice_text(param.text), &again, &error), TG_OK)
        << error.message;
    EXPECT_EQ(iso(again), param.utc);
    tg_buffer_done(&out);
    tg_arena_free(arena);
}

INSTANTIATE_TEST_SUITE_P(
    Zones, ZoneFormat,
    testing::Values(
        FormatCase{"yyyy-MM-dd HH:mm:ss", "Europe/Berlin", "2024-07-01T10:00:00", "2024-07-01 12:00:00"},
        FormatCase{"yyyy-MM-dd HH:mm:ss VV", "Europe/Berlin", "2024-07-01T10:00:00",
                   "2024-07-01 12:00:00 Europe/Berlin"},
        FormatCase{"yyyy-MM-dd HH:mm z", "America/Los_Angeles", "2024-07-01T10:00:00",
                   "2024-07-01 03:00 PDT"},
        FormatCase{"yyyy-MM-dd HH:mm XXX", "Asia/Kolkata", "2024-07-01T10:00:00", "2024-07-01 15:30 +05:30"},
        FormatCase{"yyyy-MM-dd HH:mm X", "Asia/Tokyo", "2024-07-01T10:00:00", "2024-07-01 19:00 +09"},
        FormatCase{"yyyy-MM-dd HH:mm Z", "-02:30", "2024-07-01T10:00:00", "2024-07-01 07:30 -0230"},
        FormatCase{"yyyy-MM-dd HH:mm O", "America/New_York", "2024-07-01T10:00:00", "2024-07-01 06:00 GMT-4"},
        FormatCase{"yyyy-MM-dd HH:mm VV", "Z", "2024-07-01T10:00:00", "2024-07-01 10:00 Z"}));

} // namespace
