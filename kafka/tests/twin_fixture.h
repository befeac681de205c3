// kafka/tests/twin_fixture.h: one cluster of either twin with handles that close themselves, for the contract
// suite. Thread: each test's own. Waiting is polling with a deadline, never a fixed sleep.
#pragma once

#include "base/memory.h"
#include "kafka/kafka.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace turgo
{

using Text = std::optional<std::string>;

struct Closer {
    void operator()(tg_consumer *consumer) const
    {
        tg_consumer_close(consumer);
    }
    void operator()(tg_producer *producer) const
    {
        tg_producer_close(producer);
    }
    void operator()(tg_group_metadata *metadata) const
    {
        tg_group_metadata_free(metadata);
    }
    void operator()(tg_arena *arena) const
    {
        tg_arena_free(arena);
    }
    void operator()(tg_properties *properties) const
    {
        tg_properties_free(properties);
    }
};
using Consumer = std::unique_ptr<tg_consumer, Closer>;
using Producer = std::unique_ptr<tg_producer, Closer>;
using Metadata = std::unique_ptr<tg_group_metadata, Closer>;
using Arena = std::unique_ptr<tg_arena, Closer>;
using Properties = std::unique_ptr<tg_properties, Closer>;

inline tg_slice slice(const Text &text)
{
    return text ? tg_slice_of(text->data(), text->size()) : tg_slice_of(nullptr, 0);
}

inline Text text(tg_slice bytes)
{
    if (bytes.data == nullptr)
        return std::nullopt;
    return std::string(reinterpret_cast<const char *>(bytes.data), bytes.length);
}

struct Received {
    tg_message_kind kind;
    tg_code code;
    uint32_t tag;
    int32_t partition;
    int64_t offset;
    int64_t timestamp_ms;
    int32_t leader_epoch;
    Text key;
    Text value;
    std::vector<std::pair<std::string, Text>> headers;
};

// What a group told a consumer; the listener starts partitions by itself unless `hold`.
struct Membership {
    tg_consumer *consumer = nullptr;
    bool hold = false;
    int assignments = 0;
    int revocations = 0;
    int losses = 0;
    std::vector<std::pair<std::string, int32_t>> partitions;

    tg_rebalance_listener listener()
    {
        return {this, &Membership::assigned, &Membership::revoked};
    }
    static void assigned(void *context, const tg_topic_partition *partitions, uint32_t count)
    {
        auto *self = static_cast<Membership *>(context);
        self->assignments++;
        self->partitions.clear();
        for (uint32_t i = 0; i < count; i++) {
            self->partitions.emplace_back(partitions[i].topic, partitions[i].partition);
            if (!self->hold) {
                EXPECT_EQ(TG_OK,
                          tg_consumer_start(self->consumer, partitions[i].topic, partitions[i].partition,
                                            TG_OFFSET_NONE, 100 + i, nullptr));
            }
        }
    }
    static void revoked(void *context, const tg_topic_partition *, uint32_t, bool lost)
    {
        auto *self = static_cast<Membership *>(context);
        self->revocations++;
        self->losses += lost ? 1 : 0;
        self->partitions.clear();
    }
};

enum class Twin { kMemory, kReal };

#define TG_ASSERT_OK(call) ASSERT_EQ(TG_OK, (call)) << error.message << " / " << error.hint
#define TG_EXPECT_OK(call) EXPECT_EQ(TG_OK, (call)) << error.message << " / " << error.hint

class TwinTest : public testing::TestWithParam<Twin>
{
protected:
    void SetUp() override
    {
        arena.reset(tg_arena_new(0));
        if (GetParam() == Twin::kReal) {
            const char *brokers = std::getenv("TURGO_TEST_BROKERS");
            if (brokers == nullptr)
                GTEST_SKIP() << "TURGO_TEST_BROKERS names no broker: only the memory twin was tested";
            Properties client(tg_properties_new());
            tg_properties_set(client.get(), "bootstrap.servers", brokers, "test");
            TG_ASSERT_OK(tg_cluster_open_real(client.get(), &cluster, &error));
        } else {
            clock = tg_clock_virtual_new(1'700'000'000'000);
            tg_memory_cluster_options options = {};
            options.clock = clock;
            options.default_partitions = 1;
            cluster = tg_cluster_open_memory(&options);
        }
        static int counter;
        auto now = std::chrono::system_clock::now().time_since_epoch().count();
        prefix = "contract-" + std::to_string(now) + "-" + std::to_string(counter++);
    }
    void TearDown() override
    {
        tg_cluster_close(cluster);
        if (clock != nullptr)
            tg_clock_virtual_free(clock);
    }

    bool real() const
    {
        return GetParam() == Twin::kReal;
    }
    std::string name(const std::string &suffix) const
    {
        return prefix + "-" + suffix;
    }

    std::string make_topic(const std::string &suffix, int32_t partitions,
                           std::vector<tg_topic_setting> settings = {})
    {
        std::string topic = name(suffix);
        settings.push_back({"retention.ms", "-1"});
        tg_topic_spec spec = {};
        spec.name = topic.c_str();
        spec.partition_count = partitions;
        spec.replication_factor = -1;
        spec.settings = settings.data();
        spec.setting_count = static_cast<uint32_t>(settings.size());
        TG_EXPECT_OK(tg_admin_create_topic(cluster, &spec, 10000, &error));
        return topic;
    }

    Producer open_producer(const std::string &transactional_id = "")
    {
        tg_producer_options options = {};
        options.transactional_id = transactional_id.empty() ? nullptr : transactional_id.c_str();
        options.linger_ms = -1;
        tg_producer *producer = nullptr;
        TG_EXPECT_OK(tg_producer_open(cluster, &options, &producer, &error));
        return Producer(producer);
    }
    // With transactions initialised.
    Producer open_transactional(const std::string &transactional_id)
    {
        Producer producer = open_producer(transactional_id);
        tg_code code = TG_CODE_KAFKA;
        for (int i = 0; i < 5 && code != TG_OK; i++)
            code = tg_producer_init_transactions(producer.get(), 10000, &error);
        TG_EXPECT_OK(code);
        return producer;
    }
    tg_code send(const Producer &producer, const std::string &topic, int32_t partition, const Text &key,
                 const Text &value, int64_t timestamp_ms = 1000)
    {
        tg_outgoing record = {};
        tg_code code = tg_producer_topic(producer.get(), topic.c_str(), &record.topic, &error);
        if (code != TG_OK)
            return code;
        record.partition = partition;
        record.key = slice(key);
        record.value = slice(value);
        record.timestamp_ms = timestamp_ms;
        return tg_producer_send(producer.get(), &record, &error);
    }
    // One whole transaction of `count` records.
    void transact(const Producer &producer, const std::string &topic, int count, bool commit)
    {
        TG_ASSERT_OK(tg_producer_begin(producer.get(), &error));
        for (int i = 0; i < count; i++)
            TG_ASSERT_OK(send(producer, topic, 0, Text("k"), Text(commit ? "good" : "bad")));
        TG_ASSERT_OK(tg_producer_flush(producer.get(), 10000, &error));
        if (commit)
            TG_ASSERT_OK(tg_producer_commit(producer.get(), 10000, &error));
        else
            TG_ASSERT_OK(tg_producer_abort(producer.get(), 10000, &error));
    }

    Consumer open_reader(tg_isolation isolation, tg_offset_reset reset = TG_RESET_EARLIEST)
    {
        tg_consumer_options options = {};
        options.isolation = isolation;
        options.offset_reset = reset;
        options.notify_descriptor = -1;
        return open_consumer(options);
    }
    Consumer open_member(const std::string &group, Membership &membership, const char *instance_id = nullptr)
    {
        tg_consumer_options options = {};
        options.group = group.c_str();
        options.instance_id = instance_id;
        options.isolation = TG_READ_COMMITTED;
        options.offset_reset = TG_RESET_EARLIEST;
        options.session_timeout_ms = 6000;
        options.notify_descriptor = -1;
        options.listener = membership.listener();
        Consumer consumer = open_consumer(options);
        membership.consumer = consumer.get();
        return consumer;
    }
    Consumer open_consumer(const tg_consumer_options &options)
    {
        tg_consumer *consumer = nullptr;
        TG_EXPECT_OK(tg_consumer_open(cluster, &options, &consumer, &error));
        return Consumer(consumer);
    }
    void subscribe(const Consumer &consumer, const std::vector<std::string> &topics)
    {
        std::vector<const char *> names;
        for (const std::string &topic : topics)
            names.push_back(topic.c_str());
        TG_ASSERT_OK(
            tg_consumer_subscribe(consumer.get(), names.data(), static_cast<uint32_t>(names.size()), &error));
    }
    void assign(const Consumer &consumer, const std::string &topic, int32_t partition, int64_t offset)
    {
        tg_offset start = offset_of(topic, partition, offset);
        TG_ASSERT_OK(tg_consumer_assign(consumer.get(), &start, 1, &error));
    }
    static tg_offset offset_of(const std::string &topic, int32_t partition, int64_t offset,
                               const char *metadata = nullptr)
    {
        tg_offset entry = {};
        entry.topic = topic.c_str();
        entry.partition = partition;
        entry.offset = offset;
        entry.leader_epoch = -1;
        entry.metadata = metadata;
        return entry;
    }

    // Appends what one poll brings; passes errors of the consumer through.
    tg_code poll(const Consumer &consumer, std::vector<Received> &received, int timeout_ms = 50)
    {
        tg_message messages[64];
        uint32_t count = 0;
        tg_code code = tg_consumer_poll(consumer.get(), messages, 64, timeout_ms, &count, &error);
        for (uint32_t i = 0; i < count; i++)
            received.push_back(copy(messages[i]));
        tg_consumer_release(consumer.get(), messages, count);
        return code;
    }
    static Received copy(const tg_message &message)
    {
        Received one = {message.kind,         message.code,
                        message.tag,          message.partition,
                        message.offset,       message.timestamp_ms,
                        message.leader_epoch, text(message.key),
                        text(message.value),  {}};
        for (uint32_t i = 0; i < message.header_count; i++) {
            tg_slice header_name;
            tg_slice header_value;
            tg_message_header(&message, i, &header_name, &header_value);
            one.headers.emplace_back(*text(header_name), text(header_value));
        }
        return one;
    }
    // Polls all consumers in turn until `done` says so; false after a minute.
    bool poll_until(const std::vector<const Consumer *> &consumers, std::vector<Received> &received,
                    const std::function<bool()> &done)
    {
        auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
        while (std::chrono::steady_clock::now() < deadline) {
            for (const Consumer *consumer : consumers) {
                tg_code code = poll(*consumer, received, 20);
                if (code != TG_OK && !error.retriable)
                    ADD_FAILURE() << error.message;
            }
            if (done())
                return true;
            if (clock != nullptr)
                tg_clock_virtual_advance(clock, 10);
        }
        return false;
    }
    // Everything up to the END message with position `end`.
    std::vector<Received> read_to(const Consumer &consumer, int64_t end)
    {
        std::vector<Received> received;
        EXPECT_TRUE(poll_until({&consumer}, received,
                               [&] {
                                   return !received.empty() && received.back().kind == TG_MESSAGE_END &&
                                          received.back().offset >= end;
                               }))
            << "no end at " << end;
        return received;
    }
    static std::vector<int64_t> offsets_of(const std::vector<Received> &received)
    {
        std::vector<int64_t> offsets;
        for (const Received &one : received)
            if (one.kind == TG_MESSAGE_RECORD)
                offsets.push_back(one.offset);
        return offsets;
    }
    int64_t end_offset(const std::string &topic, tg_isolation isolation, int64_t which = TG_OFFSET_LATEST)
    {
        tg_offset entry = offset_of(topic, 0, which);
        TG_EXPECT_OK(tg_admin_list_offsets(cluster, &entry, 1, isolation, 10000, &error));
        return entry.offset;
    }
    tg_offset group_offset(const std::string &group, const std::string &topic, int timeout_ms = 10000)
    {
        tg_offset entry = offset_of(topic, 0, TG_OFFSET_NONE);
        entry.code =
            tg_admin_group_offsets(cluster, group.c_str(), &entry, 1, timeout_ms, arena.get(), &error);
        return entry;
    }
    Metadata metadata_of(const Consumer &consumer)
    {
        tg_group_metadata *metadata = nullptr;
        TG_EXPECT_OK(tg_consumer_group_metadata(consumer.get(), &metadata, &error));
        return Metadata(metadata);
    }

    tg_error error = {};
    tg_cluster *cluster = nullptr;
    tg_clock *clock = nullptr;
    std::string prefix;
    Arena arena;
};

inline std::string twin_name(const testing::TestParamInfo<Twin> &info)
{
    return info.param == Twin::kReal ? "real" : "memory";
}

} // namespace turgo
