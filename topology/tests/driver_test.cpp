// The test driver: steps queries of one cluster until nothing is left to do, in the caller's thread.
#include "topology/driver.h"
#include "topology/tests/world.h"

#include <gtest/gtest.h>

namespace turgo
{
namespace
{

using Lines = std::vector<std::string>;

class Driver : public testing::Test
{
protected:
    Driver() : clock(tg_clock_virtual_new(0))
    {
        const tg_driver_options options = {clock, state.handle, "driver-", nullptr};
        driver = tg_driver_new(&options);
    }
    ~Driver() override
    {
        tg_driver_free(driver);
        tg_clock_virtual_free(clock);
    }
    void topic(const char *name, int32_t partitions = 1)
    {
        ASSERT_EQ(tg_driver_create_topic(driver, name, partitions, &error), TG_OK) << error.message;
    }
    void send(const char *topic, const char *key, const std::string &value, int64_t time = 0)
    {
        tg_driver_record record = {};
        record.topic = topic;
        record.partition = -1;
        record.timestamp_ms = time;
        record.key = key == nullptr ? tg_slice_of(nullptr, 0) : tg_slice_text(key);
        record.value = tg_slice_of(value.data(), value.size());
        ASSERT_EQ(tg_driver_send(driver, &record, &error), TG_OK) << error.message;
    }
    static void keep(void *context, const tg_driver_record *record)
    {
        std::string key(reinterpret_cast<const char *>(record->key.data), record->key.length);
        std::string value(reinterpret_cast<const char *>(record->value.data), record->value.length);
        static_cast<Lines *>(context)->push_back(key + " = " + value);
    }
    Lines read(const char *topic)
    {
        Lines lines;
        EXPECT_EQ(tg_driver_read(driver, topic, keep, &lines, &error), TG_OK) << error.message;
        return lines;
    }
    void counting(const char *type = "INTEGER")
    {
        plan.source("in", {{"K", "STRING", TG_COLUMN_KEY}, {"V", type}});
        plan.aggregates({plan.aggregate("SUM", {plan.column("V")})});
        plan.sink("out");
    }
    PlanBuilder plan;
    tg_clock *clock;
    State state;
    tg_driver *driver = nullptr;
    tg_error error = {};
    tg_query_settings settings = default_settings();
};

TEST_F(Driver, EachRecordIsProcessedToItsEnd)
{
    counting();
    topic("in");
    ASSERT_EQ(tg_driver_add(driver, plan.plan(), &settings, &error), TG_OK) << error.message;
    ASSERT_EQ(tg_driver_settle(driver, &error), TG_OK) << error.message;
    EXPECT_EQ(read("out"), Lines{});
    send("in", "a", R"({"V":1})");
    ASSERT_EQ(tg_driver_settle(driver, &error), TG_OK) << error.message;
    EXPECT_EQ(read("out").size(), 1u);
    send("in", "a", R"({"V":2})");
    send("in", "b", R"({"V":5})");
    ASSERT_EQ(tg_driver_settle(driver, &error), TG_OK) << error.message;
    EXPECT_EQ(read("out").size(), 2u) << "only what is new";
    EXPECT_EQ(tg_clock_wall_ms(clock), 0) << "nothing waits for the clock";
}

TEST_F(Driver, ARemovedQueryGoesOnWhereItEnded)
{
    counting();
    topic("in");
    ASSERT_EQ(tg_driver_add(driver, plan.plan(), &settings, &error), TG_OK) << error.message;
    send("in", "a", R"({"V":1})");
    ASSERT_EQ(tg_driver_settle(driver, &error), TG_OK) << error.message;
    ASSERT_EQ(tg_driver_remove(driver, plan.plan()->query_id, &error), TG_OK) << error.message;
    send("in", "a", R"({"V":2})");
    ASSERT_EQ(tg_driver_settle(driver, &error), TG_OK) << error.message;
    EXPECT_EQ(read("out").size(), 1u);
    ASSERT_EQ(tg_driver_add(driver, plan.plan(), &settings, &error), TG_OK) << error.message;
    ASSERT_EQ(tg_driver_settle(driver, &error), TG_OK) << error.message;
    Lines lines = read("out");
    ASSERT_EQ(lines.size(), 1u);
    EXPECT_NE(lines[0].find("3"), std::string::npos) << lines[0];
}

TEST_F(Driver, TheFailureOfAQueryIsToldOnce)
{
    counting("DECIMAL(1, 0)");
    topic("in");
    ASSERT_EQ(tg_driver_add(driver, plan.plan(), &settings, &error), TG_OK) << error.message;
    send("in", "a", R"({"V":9})");
    send("in", "a", R"({"V":9})");
    EXPECT_EQ(tg_driver_settle(driver, &error), TG_CODE_EXPRESSION);
    EXPECT_EQ(tg_driver_settle(driver, &error), TG_OK) << "the query is gone";
}

TEST_F(Driver, WhatIsNotThereIsAnError)
{
    counting();
    EXPECT_EQ(tg_driver_add(driver, plan.plan(), &settings, &error), TG_CODE_TOPIC_UNKNOWN);
    EXPECT_EQ(tg_driver_remove(driver, "no-such-query", &error), TG_OK);
    topic("in");
    EXPECT_EQ(tg_driver_create_topic(driver, "in", 1, &error), TG_CODE_DUPLICATE_NAME);
}

} // namespace
} // namespace turgo
