#include "data/time.h"

#include <cstdint>
#include <string>

#include <gtest/gtest.h>

static std::string take(struct tg_buffer *buffer)
{
    std::string text = tg_buffer_text(buffer);
    tg_buffer_done(buffer);
    return text;
}

static std::string timestamp_text(int64_t ms)
{
    struct tg_buffer out = {};
    tg_timestamp_write(ms, &out);
    return take(&out);
}

TEST(Time, EveryDayOfFourHundredYearsFollowsTheLast)
{
    struct tg_civil civil = {};
    int32_t year = 1799;
    int32_t month = 12;
    int32_t day = 31;
    static const int32_t lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    for (int64_t days = tg_days_from_civil(1800, 1, 1); days < tg_days_from_civil(2201, 1, 1); days++) {
        bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        if (++day > lengths[month - 1] + (month == 2 && leap)) {
            day = 1;
            if (++month > 12) {
                month = 1;
                year++;
            }
        }
        ASSERT_EQ(tg_days_from_civil(year, month, day), days);
        tg_civil_from_ms(days * 86400000 + 86399999, &civil);
        ASSERT_EQ(civil.year, year);
        ASSERT_EQ(civil.month, month);
        ASSERT_EQ(civil.day, day);
        ASSERT_EQ(civil.hour * 10000 + civil.minute * 100 + civil.second, 235959);
        ASSERT_EQ(civil.nanosecond, 999000000);
        ASSERT_EQ(tg_civil_to_ms(&civil), days * 86400000 + 86399999);
    }
}

TEST(Time, LimitsOfTheTimestamp)
{
    for (int64_t ms : {INT64_MIN, INT64_MIN + 1, INT64_MAX - 1, INT64_MAX, int64_t{-1}, int64_t{0},
                       int64_t{-62135596800000}}) {
        struct tg_civil civil = {};
        tg_civil_from_ms(ms, &civil);
        if (ms > INT64_MIN + 86400000) {
            EXPECT_EQ(tg_civil_to_ms(&civil), ms);
        }
    }
    EXPECT_EQ(timestamp_text(INT64_MAX), "+292278994-08-17T07:12:55.807");
    EXPECT_EQ(timestamp_text(INT64_MIN), "-292275055-05-16T16:47:04.192");
}

struct IsoCase {
    const char *text;
    int64_t ms;
    const char *written;
};
class Iso : public testing::TestWithParam<IsoCase>
{
};
TEST_P(Iso, TimestampIsReadAndWritten)
{
    int64_t ms = -99;
    ASSERT_TRUE(tg_timestamp_parse(tg_slice_text(GetParam().text), &ms)) << GetParam().text;
    EXPECT_EQ(ms, GetParam().ms) << GetParam().text;
    EXPECT_EQ(timestamp_text(ms), GetParam().written);
}
INSTANTIATE_TEST_SUITE_P(
    Time, Iso,
    testing::Values(IsoCase{"1970-01-01T00:00:00.000", 0, "1970-01-01T00:00:00.000"},
                    IsoCase{"2020-01-02T03:04:05.678", 1577934245678, "2020-01-02T03:04:05.678"},
                    IsoCase{"2020-01-02 03:04:05.6Z", 1577934245600, "2020-01-02T03:04:05.600"},
                    IsoCase{"2020-01-02t03:04:05.678999999z", 1577934245678, "2020-01-02T03:04:05.678"},
                    IsoCase{"2020-01-02T03:04+01:00", 1577930640000, "2020-01-02T02:04:00.000"},
                    IsoCase{"2020-01-02T03-0130", 1577939400000, "2020-01-02T04:30:00.000"},
                    IsoCase{"2020-01-02T03+05", 1577916000000, "2020-01-01T22:00:00.000"},
                    IsoCase{"2020-02-29", 1582934400000, "2020-02-29T00:00:00.000"},
                    IsoCase{"2020-02", 1580515200000, "2020-02-01T00:00:00.000"},
                    IsoCase{"2020", 1577836800000, "2020-01-01T00:00:00.000"},
                    IsoCase{"1969-12-31T23:59:59.999", -1, "1969-12-31T23:59:59.999"},
                    IsoCase{"0001-01-01", -62135596800000, "0001-01-01T00:00:00.000"},
                    IsoCase{"-0001-12-31", -62167305600000, "-0001-12-31T00:00:00.000"},
                    IsoCase{"+12345-06-07", 327416947200000, "+12345-06-07T00:00:00.000"}));

TEST(Time, WhatIsNoIsoTextIsRefused)
{
    int64_t ms = 0;
    for (const char *text : {"",
                             "20",
                             "2020-",
                             "2020-13",
                             "2020-00-01",
                             "2020-02-30",
                             "2021-02-29",
                             "2020-01-02T",
                             "2020-01-02T24:00",
                             "2020-01-02T03:60",
                             "2020-01-02T03:04:60",
                             "2020-01-02T03:04:05.",
                             "2020-01-02T03:04:05.1234567890",
                             "2020-01-02T03:04:05+1",
                             "2020-01-02T03:04:05+19:00",
                             "2020-01-02T03:04:05+01:60",
                             "2020-01-02T03:04:05Zx",
                             "2020-01-02x",
                             "99999-01-01",
                             "+999999999-01-01",
                             "x",
                             "2020-01-02T03:04:05 Z"})
        EXPECT_FALSE(tg_timestamp_parse(tg_slice_text(text), &ms)) << text;
}

TEST(Time, DatesAndTimesOfDay)
{
    int32_t value = 0;
    EXPECT_TRUE(tg_date_parse(tg_slice_text("1970-01-02"), &value));
    EXPECT_EQ(value, 1);
    EXPECT_TRUE(tg_date_parse(tg_slice_text("1969-12"), &value));
    EXPECT_EQ(value, -31);
    EXPECT_FALSE(tg_date_parse(tg_slice_text("1970-01-02T00"), &value));
    EXPECT_FALSE(tg_date_parse(tg_slice_text("+200000000-01-01"), &value));
    struct tg_buffer out = {};
    tg_date_write(18628, &out);
    EXPECT_EQ(take(&out), "2021-01-01");
    tg_date_write(-1, &out);
    EXPECT_EQ(take(&out), "1969-12-31");
    EXPECT_TRUE(tg_time_parse(tg_slice_text("03:04:05.678"), &value));
    EXPECT_EQ(value, 11045678);
    tg_time_write(value, &out);
    EXPECT_EQ(take(&out), "03:04:05.678");
    EXPECT_TRUE(tg_time_parse(tg_slice_text("23:59"), &value));
    tg_time_write(value, &out);
    EXPECT_EQ(take(&out), "23:59:00");
    for (const char *text : {"", "24:00", "03:", "03:04:05Z", "3:4:5:6", "03:04:05.x"})
        EXPECT_FALSE(tg_time_parse(tg_slice_text(text), &value)) << text;
}
