// service/tests/job_fixture.h: jobs from SQL text on an in-memory cluster, run by the production engine. The
// cluster outlives the engine, so a second run is a restart. Thread: one.
#pragma once

#include "kafka/memory.h"
#include "service/engine.h"
#include "service/schemas.h"
#include "service/settings.h"
#include "sql/job.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

namespace turgo
{

class JobTest : public testing::Test
{
protected:
    JobTest()
    {
        const tg_memory_cluster_options options = {tg_clock_real(), false, 1};
        cluster = tg_cluster_open_memory(&options);
        properties = tg_properties_new();
        set("application.id", "test");
        set("auto.offset.reset", "earliest");
        set("cache.max.bytes.buffering", "0");
    }
    ~JobTest() override
    {
        tg_cluster_close(cluster);
        tg_registry_close(registry);
        tg_properties_free(properties);
    }
    // From now on jobs have a schema registry, in memory.
    void open_registry()
    {
        registry = tg_registry_open_memory();
    }
    void set(const char *name, const char *value)
    {
        tg_properties_set(properties, name, value, "test");
    }
    void topic(const char *name, int32_t partitions = 1)
    {
        const tg_topic_spec spec = {name, partitions, -1, nullptr, 0};
        ASSERT_EQ(tg_admin_create_topic(cluster, &spec, 1000, &error), TG_OK) << error.message;
    }
    void produce(const char *topic, const std::string &key, const std::string &value, int64_t time)
    {
        tg_producer *producer = nullptr;
        tg_producer_options options = {};
        tg_outgoing record = {};
        int32_t partitions = 0;
        ASSERT_EQ(tg_producer_open(cluster, &options, &producer, &error), TG_OK);
        ASSERT_EQ(tg_producer_topic(producer, topic, &record.topic, &error), TG_OK);
        ASSERT_EQ(tg_admin_partition_count(cluster, topic, 1000, &partitions, &error), TG_OK);
        record.key = tg_slice_of(key.data(), key.size());
        record.value = tg_slice_of(value.data(), value.size());
        record.partition = tg_partition_for_key(record.key, partitions);
        record.timestamp_ms = time;
        ASSERT_EQ(tg_producer_send(producer, &record, &error), TG_OK) << error.message;
        ASSERT_EQ(tg_producer_flush(producer, 1000, &error), TG_OK) << error.message;
        tg_producer_close(producer);
    }
    // "key = value @time" of all committed records.
    std::vector<std::string> read(const char *topic)
    {
        std::vector<std::string> lines;
        int32_t partitions = 0;
        EXPECT_EQ(tg_admin_partition_count(cluster, topic, 1000, &partitions, &error), TG_OK)
            << error.message;
        for (int32_t partition = 0; partition < partitions; partition++)
            read_partition(topic, partition, &lines);
        return lines;
    }
    // Compiles and runs the job until it has caught up. The result of the first call that fails.
    tg_code run(const std::string &sql)
    {
        tg_schemas *schemas = registry == nullptr ? nullptr : tg_schemas_new(registry, TG_SCHEMAS_CHECKED);
        const tg_job_options job_options = {"job.sql", properties, tg_settings_check_set,
                                            nullptr,   nullptr,    tg_schemas_hooks(schemas)};
        tg_job *job = nullptr;
        bool stop = false;
        uint32_t action = 0;
        tg_engine *engine = nullptr;
        const tg_engine_options options = {properties, cluster, tg_clock_real(), &stop};
        tg_code code = tg_job_compile(tg_slice_of(sql.data(), sql.size()), &job_options, &job, &error);
        if (code == TG_OK)
            code = tg_engine_open(&options, &engine, &error);
        if (code == TG_OK) {
            tg_engine_use_registry(engine, registry, schemas);
            code = tg_engine_execute(engine, job, &action, &error);
        }
        if (code == TG_OK)
            code = tg_engine_catch_up(engine, &error);
        if (engine != nullptr) {
            failures = tg_engine_failures(engine, &failure);
            counters.clear();
            for (uint32_t i = 0; i < tg_engine_query_count(engine); i++)
                tg_engine_counters(engine, i, &counters[tg_engine_query_id(engine, i)]);
        }
        tg_engine_close(engine);
        tg_job_free(job);
        tg_schemas_free(schemas);
        return code;
    }

    tg_cluster *cluster;
    tg_properties *properties;
    tg_registry *registry = nullptr;
    tg_error error = {}, failure = {};
    uint32_t failures = 0;
    std::map<std::string, tg_counters> counters;

private:
    static std::string text(tg_slice bytes)
    {
        return bytes.data == nullptr ? "null"
                                     : std::string(reinterpret_cast<const char *>(bytes.data), bytes.length);
    }
    void read_partition(const char *topic, int32_t partition, std::vector<std::string> *lines)
    {
        tg_consumer *consumer = nullptr;
        tg_consumer_options options = {};
        options.isolation = TG_READ_COMMITTED;
        options.notify_descriptor = -1;
        tg_offset from = {topic, partition, TG_OFFSET_EARLIEST, -1, nullptr, TG_OK};
        EXPECT_EQ(tg_consumer_open(cluster, &options, &consumer, &error), TG_OK);
        EXPECT_EQ(tg_consumer_assign(consumer, &from, 1, &error), TG_OK);
        EXPECT_EQ(tg_consumer_start(consumer, topic, partition, TG_OFFSET_NONE, 0, &error), TG_OK);
        tg_message messages[64];
        for (uint32_t count = 1; count > 0;) {
            EXPECT_EQ(tg_consumer_poll(consumer, messages, 64, 0, &count, &error), TG_OK);
            for (uint32_t i = 0; i < count; i++)
                if (messages[i].kind == TG_MESSAGE_RECORD)
                    lines->push_back(text(messages[i].key) + " = " + text(messages[i].value) + " @" +
                                     std::to_string(messages[i].timestamp_ms));
            tg_consumer_release(consumer, messages, count);
        }
        tg_consumer_close(consumer);
    }
};

} // namespace turgo
