// Runs every example that has an expected.jsonl on the in-memory cluster: the production engine, no broker.
// The same files are run on a real broker by integration-tests/. Formats: examples/README.md.
#include "kafka/kafka.h"
#include "service/engine.h"
#include "service/settings.h"
#include "sql/job.h"

#include <gtest/gtest.h>
#include <jansson.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace
{

namespace fs = std::filesystem;

std::string read_text(const fs::path &path)
{
    std::ifstream file(path);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

std::vector<json_t *> read_lines(const fs::path &path)
{
    std::vector<json_t *> lines;
    std::istringstream text(read_text(path));
    for (std::string line; std::getline(text, line);) {
        if (line.empty() || line[0] == '#')
            continue;
        json_error_t error;
        json_t *parsed = json_loads(line.c_str(), JSON_ALLOW_NUL, &error);
        EXPECT_NE(parsed, nullptr) << path << ": " << line << ": " << error.text;
        lines.push_back(parsed);
    }
    return lines;
}

// A JSON text value is the record's bytes; anything else is written as compact JSON; null: no bytes.
bool bytes_of(const json_t *value, std::string *ret_bytes)
{
    if (value == nullptr || json_is_null(value))
        return false;
    if (json_is_string(value)) {
        ret_bytes->assign(json_string_value(value), json_string_length(value));
        return true;
    }
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    *ret_bytes = text;
    free(text);
    return true;
}

// One output record in the form that is compared: key, window, value as canonical JSON or text.
std::string canonical(const std::string &text)
{
    json_t *parsed = json_loads(text.c_str(), JSON_DECODE_ANY, nullptr);
    if (parsed == nullptr)
        return "text " + text;
    char *dumped =
        json_dumps(parsed, JSON_COMPACT | JSON_ENCODE_ANY | JSON_SORT_KEYS | JSON_REAL_PRECISION(17));
    std::string result = dumped;
    free(dumped);
    json_decref(parsed);
    return result;
}

std::string expected_line(const json_t *record)
{
    std::string key, value;
    bool has_key = bytes_of(json_object_get(record, "key"), &key),
         has_value = bytes_of(json_object_get(record, "value"), &value);
    std::string line = has_key ? "key " + key : "no key";
    if (const json_t *window = json_object_get(record, "window"))
        line += " window " + std::to_string(json_integer_value(json_array_get(window, 0)));
    if (const json_t *session = json_object_get(record, "session"))
        line += " session " + std::to_string(json_integer_value(json_array_get(session, 0))) + " to " +
                std::to_string(json_integer_value(json_array_get(session, 1)));
    line += has_value ? " = " + canonical(value) : " = null";
    return line;
}

class ExampleTest : public testing::TestWithParam<std::string>
{
protected:
    void SetUp() override
    {
        folder = fs::path(TG_SOURCE_DIR) / "examples" / GetParam();
        clock = tg_clock_real();
        const tg_memory_cluster_options options = {clock, false, 1};
        cluster = tg_cluster_open_memory(&options);
        properties = tg_properties_new();
        tg_properties_set(properties, "application.id", "example", "test");
        if (fs::exists(folder / "settings.properties")) {
            ASSERT_EQ(tg_properties_load(properties, (folder / "settings.properties").c_str(), &error), TG_OK)
                << error.message;
        }
        ASSERT_EQ(tg_settings_check_all(properties, &error), TG_OK) << error.message;
        text = read_text(folder / "job.sql");
        const tg_job_options job_options = {"job.sql", properties, tg_settings_check_set,
                                            nullptr,   nullptr,    {}};
        ASSERT_EQ(tg_job_compile(tg_slice_of(text.data(), text.size()), &job_options, &job, &error), TG_OK)
            << error.message << " at line " << error.place.line;
    }

    void TearDown() override
    {
        tg_job_free(job);
        tg_cluster_close(cluster);
        tg_properties_free(properties);
    }

    void produce()
    {
        tg_producer *producer = nullptr;
        tg_producer_options options = {};
        ASSERT_EQ(tg_producer_open(cluster, &options, &producer, &error), TG_OK) << error.message;
        for (json_t *line : read_lines(folder / "input.jsonl")) {
            std::string key, value;
            tg_outgoing record = {};
            int32_t partitions = 0;
            const char *topic = json_string_value(json_object_get(line, "topic"));
            ASSERT_EQ(tg_producer_topic(producer, topic, &record.topic, &error), TG_OK) << error.message;
            ASSERT_EQ(tg_admin_partition_count(cluster, topic, 1000, &partitions, &error), TG_OK);
            if (bytes_of(json_object_get(line, "key"), &key)) {
                record.key = tg_slice_of(key.data(), key.size());
                record.partition = tg_partition_for_key(record.key, partitions);
            }
            if (bytes_of(json_object_get(line, "value"), &value))
                record.value = tg_slice_of(value.data(), value.size());
            record.timestamp_ms = json_integer_value(json_object_get(line, "timestamp"));
            ASSERT_EQ(tg_producer_send(producer, &record, &error), TG_OK) << error.message;
            json_decref(line);
        }
        ASSERT_EQ(tg_producer_flush(producer, 1000, &error), TG_OK) << error.message;
        tg_producer_close(producer);
    }

    // All committed records of a topic, by partition, in the compared form.
    std::vector<std::vector<std::string>> consume(const std::string &topic, size_t window_bytes)
    {
        std::vector<std::vector<std::string>> partitions;
        int32_t count = 0;
        EXPECT_EQ(tg_admin_partition_count(cluster, topic.c_str(), 1000, &count, &error), TG_OK)
            << error.message;
        for (int32_t partition = 0; partition < count; partition++)
            partitions.push_back(consume_partition(topic, partition, window_bytes));
        return partitions;
    }

    std::vector<std::string> consume_partition(const std::string &topic, int32_t partition,
                                               size_t window_bytes)
    {
        std::vector<std::string> lines;
        tg_consumer *consumer = nullptr;
        tg_consumer_options options = {};
        options.isolation = TG_READ_COMMITTED;
        options.notify_descriptor = -1;
        EXPECT_EQ(tg_consumer_open(cluster, &options, &consumer, &error), TG_OK);
        tg_offset from = {topic.c_str(), partition, TG_OFFSET_EARLIEST, -1, nullptr, TG_OK};
        EXPECT_EQ(tg_consumer_assign(consumer, &from, 1, &error), TG_OK);
        EXPECT_EQ(tg_consumer_start(consumer, topic.c_str(), partition, TG_OFFSET_NONE, 0, &error), TG_OK);
        for (bool end = false; !end;) {
            tg_message messages[64];
            uint32_t count = 0;
            EXPECT_EQ(tg_consumer_poll(consumer, messages, 64, 1000, &count, &error), TG_OK);
            end = count == 0;
            for (uint32_t i = 0; i < count; i++) {
                end = end || messages[i].kind != TG_MESSAGE_RECORD;
                if (messages[i].kind == TG_MESSAGE_RECORD)
                    lines.push_back(actual_line(messages[i], window_bytes));
            }
            tg_consumer_release(consumer, messages, count);
        }
        tg_consumer_close(consumer);
        return lines;
    }

    static std::string actual_line(const tg_message &message, size_t window_bytes)
    {
        std::string line = message.key.data == nullptr ? "no key" : "key ";
        std::string key(reinterpret_cast<const char *>(message.key.data), message.key.length);
        if (window_bytes > 0 && key.size() >= window_bytes) {
            const uint8_t *window = message.key.data + key.size() - window_bytes;
            line += key.substr(0, key.size() - window_bytes);
            line += window_bytes == 8 ? " window " + std::to_string(tg_load_u64(window))
                                      : " session " + std::to_string(tg_load_u64(window + 8)) + " to " +
                                            std::to_string(tg_load_u64(window));
        } else {
            line += key;
        }
        std::string value(reinterpret_cast<const char *>(message.value.data), message.value.length);
        return line + (message.value.data == nullptr ? " = null" : " = " + canonical(value));
    }

    fs::path folder;
    tg_clock *clock = nullptr;
    tg_cluster *cluster = nullptr;
    tg_properties *properties = nullptr;
    std::string text;
    tg_job *job = nullptr;
    tg_error error = {};
};

TEST_P(ExampleTest, GivesTheExpectedRecords)
{
    bool stop = false;
    uint32_t action = 0;
    tg_engine *engine = nullptr;
    const tg_engine_options options = {properties, cluster, clock, &stop};
    ASSERT_EQ(tg_engine_open(&options, &engine, &error), TG_OK) << error.message;
    ASSERT_EQ(tg_engine_execute(engine, job, &action, &error), TG_OK)
        << "action " << action << ": " << error.message;
    produce();
    ASSERT_EQ(tg_engine_catch_up(engine, &error), TG_OK) << error.message;
    EXPECT_EQ(tg_engine_failures(engine, &error), 0u) << error.message;

    std::map<std::string, std::vector<std::string>> expected;
    std::map<std::string, size_t> window_bytes; // at the end of the keys
    for (json_t *line : read_lines(folder / "expected.jsonl")) {
        const char *topic = json_string_value(json_object_get(line, "topic"));
        if (json_object_get(line, "window") != nullptr)
            window_bytes[topic] = 8; // start
        if (json_object_get(line, "session") != nullptr)
            window_bytes[topic] = 16; // end, start
        expected[topic].push_back(expected_line(line));
        json_decref(line);
    }
    ASSERT_FALSE(expected.empty());
    for (const auto &[topic, lines] : expected) {
        std::vector<std::vector<std::string>> partitions = consume(topic, window_bytes[topic]);
        std::vector<std::string> actual;
        for (const auto &partition : partitions)
            actual.insert(actual.end(), partition.begin(), partition.end());
        EXPECT_EQ(actual, lines) << "topic " << topic;
    }
    tg_engine_close(engine);
}

std::vector<std::string> examples()
{
    std::vector<std::string> names;
    for (const auto &entry : fs::directory_iterator(fs::path(TG_SOURCE_DIR) / "examples"))
        if (fs::exists(entry.path() / "expected.jsonl"))
            names.push_back(entry.path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
}

std::string test_name(const testing::TestParamInfo<std::string> &info)
{
    std::string name = info.param;
    std::replace(name.begin(), name.end(), '-', '_');
    return name;
}

INSTANTIATE_TEST_SUITE_P(Examples, ExampleTest, testing::ValuesIn(examples()), test_name);

} // namespace
