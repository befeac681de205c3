// topology/tests/world.h: an in-memory Kafka cluster on a virtual clock, and processes of an application on
// it whose one worker is this thread: a commit unit is stepped by hand, so each run is the same. Thread: one.
#pragma once

#include "kafka/memory.h"
#include "topology/tests/plan_builder.h"
#include "topology/unit/commit_unit_internal.h"

#include <map>
#include <optional>

namespace turgo
{

using Text = std::optional<std::string>;
using Headers = std::vector<std::pair<std::string, Text>>;

inline tg_slice slice(const Text &text)
{
    return text ? tg_slice_of(text->data(), text->size()) : tg_slice_of(nullptr, 0);
}

struct Record {
    int32_t partition = 0;
    int64_t time = 0;
    Text key = {}, value = {};
    Headers headers = {};
    int64_t offset = -1;
};

// "key = value @ time", the form in which tests compare.
inline std::string line(const Record &record)
{
    return record.key.value_or("null") + " = " + record.value.value_or("null") + " @" +
           std::to_string(record.time);
}

class World
{
public:
    explicit World(int64_t wall_ms = 1000000) : clock(tg_clock_virtual_new(wall_ms))
    {
        const tg_memory_cluster_options options = {clock, false, 1};
        cluster = tg_cluster_open_memory(&options);
    }
    ~World()
    {
        tg_producer_close(producer_);
        tg_cluster_close(cluster);
        tg_clock_virtual_free(clock);
    }
    World(const World &) = delete;
    World &operator=(const World &) = delete;

    void topic(const char *name, int32_t partitions = 1)
    {
        const tg_topic_spec spec = {name, partitions, -1, nullptr, 0};
        ASSERT_EQ(tg_admin_create_topic(cluster, &spec, 1000, &error), TG_OK) << error.message;
    }
    void produce(const char *topic, const Record &record)
    {
        tg_producer_options options = {};
        if (producer_ == nullptr) {
            ASSERT_EQ(tg_producer_open(cluster, &options, &producer_, &error), TG_OK);
        }
        std::vector<tg_header> headers;
        for (const auto &[name, value] : record.headers)
            headers.push_back({tg_slice_of(name.data(), name.size()), slice(value)});
        tg_outgoing outgoing = {};
        ASSERT_EQ(tg_producer_topic(producer_, topic, &outgoing.topic, &error), TG_OK);
        outgoing.partition = record.partition;
        outgoing.key = slice(record.key);
        outgoing.value = slice(record.value);
        outgoing.timestamp_ms = record.time;
        outgoing.headers = headers.data();
        outgoing.header_count = static_cast<uint32_t>(headers.size());
        bool spare =
            tg_memory_faults_waiting(cluster) > 0; // faults are for the processes' calls, not for ours
        if (spare)
            pause_fault();
        ASSERT_EQ(tg_producer_send(producer_, &outgoing, &error), TG_OK) << error.message;
        produced_[{topic, record.partition}]++;
        if (spare)
            fault(fault_.call, fault_.nth, fault_);
        ASSERT_EQ(tg_producer_delivery_status(producer_, &error), TG_OK) << error.message;
    }
    void produce(const char *topic, const std::vector<Record> &records)
    {
        for (const Record &record : records)
            produce(topic, record);
    }
    int64_t end(const char *topic, int32_t partition, int64_t which = TG_OFFSET_LATEST)
    {
        tg_offset offset = {topic, partition, which, -1, nullptr, TG_OK};
        EXPECT_EQ(tg_admin_list_offsets(cluster, &offset, 1, TG_READ_UNCOMMITTED, 1000, &error), TG_OK);
        return offset.offset;
    }
    // The end of a partition, asked for without meeting a fault that is meant for a process.
    int64_t end_now(const char *topic, int32_t partition)
    {
        bool spare = tg_memory_faults_waiting(cluster) > 0;
        if (spare)
            pause_fault();
        int64_t found = end(topic, partition);
        if (spare)
            fault(fault_.call, fault_.nth, fault_);
        return found;
    }
    // Records that this test has written.
    int64_t produced(const char *topic, int32_t partition) const
    {
        auto found = produced_.find({topic, partition});
        return found == produced_.end() ? 0 : found->second;
    }
    int64_t stable_end(const char *topic, int32_t partition)
    {
        tg_offset offset = {topic, partition, TG_OFFSET_LATEST, -1, nullptr, TG_OK};
        EXPECT_EQ(tg_admin_list_offsets(cluster, &offset, 1, TG_READ_COMMITTED, 1000, &error), TG_OK);
        return offset.offset;
    }
    // What readers of committed records see, by partition and offset.
    std::vector<Record> read(const char *topic)
    {
        std::vector<Record> records;
        int32_t partitions = 0;
        EXPECT_EQ(tg_admin_partition_count(cluster, topic, 1000, &partitions, &error), TG_OK)
            << error.message;
        for (int32_t partition = 0; partition < partitions; partition++)
            read_partition(topic, partition, &records);
        return records;
    }
    std::vector<std::string> lines(const char *topic)
    {
        std::vector<std::string> result;
        for (const Record &record : read(topic))
            result.push_back(line(record));
        return result;
    }
    void fault(tg_memory_call call, uint64_t nth, const tg_memory_fault &how)
    {
        fault_ = how;
        fault_.call = call;
        fault_.nth = nth;
        calls_before_ = tg_memory_call_count(cluster, call);
        tg_memory_inject(cluster, &fault_);
    }
    // The held EndTxn arrives: acted upon, refused (fenced), or there is none.
    tg_code deliver_commit(const std::string &transactional_id)
    {
        return tg_memory_deliver_commit(cluster, transactional_id.c_str(), &error);
    }
    void advance(int64_t by_ms)
    {
        tg_clock_virtual_advance(clock, by_ms);
    }

    tg_clock *clock;
    tg_cluster *cluster;
    tg_error error = {};

private:
    void pause_fault()
    {
        fault_.nth -= tg_memory_call_count(cluster, fault_.call) - calls_before_;
        tg_memory_clear_faults(cluster);
    }
    void read_partition(const char *topic, int32_t partition, std::vector<Record> *records)
    {
        tg_consumer_options options = {};
        options.isolation = TG_READ_COMMITTED;
        options.notify_descriptor = -1;
        tg_consumer *consumer = nullptr;
        tg_offset from = {topic, partition, TG_OFFSET_EARLIEST, -1, nullptr, TG_OK};
        EXPECT_EQ(tg_consumer_open(cluster, &options, &consumer, &error), TG_OK);
        EXPECT_EQ(tg_consumer_assign(consumer, &from, 1, &error), TG_OK);
        EXPECT_EQ(tg_consumer_start(consumer, topic, partition, TG_OFFSET_NONE, 0, &error), TG_OK);
        tg_message messages[256];
        for (uint32_t count = 1; count > 0;) {
            EXPECT_EQ(tg_consumer_poll(consumer, messages, 256, 0, &count, &error), TG_OK);
            for (uint32_t i = 0; i < count; i++)
                if (messages[i].kind == TG_MESSAGE_RECORD)
                    records->push_back(record_of(messages[i]));
            tg_consumer_release(consumer, messages, count);
        }
        tg_consumer_close(consumer);
    }
    static Text text(tg_slice bytes)
    {
        if (bytes.data == nullptr)
            return std::nullopt;
        return std::string(reinterpret_cast<const char *>(bytes.data), bytes.length);
    }
    static Record record_of(const tg_message &message)
    {
        Record record = {message.partition, message.timestamp_ms, text(message.key), text(message.value), {},
                         message.offset};
        for (uint32_t i = 0; i < message.header_count; i++) {
            tg_slice name, value;
            tg_message_header(&message, i, &name, &value);
            record.headers.emplace_back(text(name).value_or(""), text(value));
        }
        return record;
    }
    tg_producer *producer_ = nullptr;
    std::map<std::pair<std::string, int32_t>, int64_t> produced_;
    tg_memory_fault fault_ = {};
    uint64_t calls_before_ = 0;
};

inline tg_query_settings default_settings()
{
    tg_query_settings settings = {};
    settings.exactly_once = true;
    settings.emit_per_record = true;
    settings.commit_interval_ms = 100;
    settings.cache_bytes = 1 << 20;
    settings.offset_reset = TG_RESET_EARLIEST;
    settings.future_ms_max = -1;
    settings.session_timeout_ms = 10000;
    settings.transaction_timeout_ms = 10000;
    settings.request_timeout_ms = 3000;
    settings.internal_replication = -1;
    settings.purge_interval_ms = 30000;
    settings.stalled_warn_ms = 30000;
    return settings;
}

// The state of a process, which outlives it: RocksDB takes its time to open.
class State
{
public:
    explicit State(const char *directory = nullptr, const char *application = "app-")
    {
        tg_state_options options = {};
        options.directory = directory;
        options.application_id = application;
        tg_error error = {};
        EXPECT_EQ(tg_state_open(&options, &handle, &error), TG_OK) << error.message;
    }
    ~State()
    {
        tg_state_close(handle);
    }
    State(const State &) = delete;
    State &operator=(const State &) = delete;
    tg_state *handle = nullptr;
};

struct ProcessOptions {
    tg_query_settings settings = default_settings();
    std::string instance = "p1";
    std::string prefix = "app-";
    State *state = nullptr; // null: its own
    uint32_t worker = 0;    // processes with one instance and state are workers of one process
};

// One process with its local state and one worker that runs one query.
class Process
{
public:
    Process(World &world, const tg_plan *plan, const ProcessOptions &given = {})
        : world_(world), worker_(given.worker)
    {
        if (given.state == nullptr)
            own_state_ = std::make_unique<State>();
        tg_query_options options = {};
        options.plan = plan;
        options.settings = given.settings;
        options.prefix = given.prefix.c_str();
        options.instance = given.instance.c_str();
        options.cluster = world.cluster;
        options.state = given.state != nullptr ? given.state->handle : own_state_->handle;
        options.clock = world.clock;
        EXPECT_EQ(tg_query_open(&options, &query, &error), TG_OK) << error.message;
        EXPECT_EQ(tg_query_prepare(query, 1000, &error), TG_OK) << error.message;
        start();
    }
    ~Process()
    {
        tg_commit_unit_free(unit);
        tg_query_close(query);
    }
    Process(const Process &) = delete;
    Process &operator=(const Process &) = delete;

    void start()
    {
        const tg_commit_unit_options options = {query, worker_, -1, nullptr};
        unit = tg_commit_unit_new(&options);
    }
    tg_code step()
    {
        bool worked = false;
        code = tg_commit_unit_step(unit, &worked, &error);
        return code;
    }
    // Everything that Kafka has was processed and committed.
    bool caught_up() const
    {
        if (!tg_commit_unit_running(unit) || unit->unresolved || unit->transaction_open ||
            !unit->producer_ready)
            return false;
        for (size_t i = 0; i < unit->task_count; i++) {
            const tg_task *task = unit->tasks[i];
            if (tg_task_commit_needed(task))
                return false;
            for (uint32_t input = 0; input < task->input_count; input++)
                if (task->inputs[input].end_position != task->inputs[input].position ||
                    task->inputs[input].position < written(task->inputs[input]))
                    return false;
        }
        return true;
    }
    // Steps until it has caught up; the clock moves on, so that commits and retries become due.
    tg_code run(int steps_max = 2000)
    {
        for (int i = 0; i < steps_max; i++) {
            if (step() != TG_OK || (i > 2 && caught_up()))
                return code;
            world_.advance(20);
        }
        ADD_FAILURE() << "not caught up after " << steps_max << " steps";
        return TG_CODE_INTERNAL;
    }
    // The same, but a query that failed is started again.
    bool run_through(int steps_max = 3000)
    {
        for (int i = 0; i < steps_max; i++) {
            if (step() != TG_OK) {
                failures++;
                tg_commit_unit_free(unit);
                start();
            } else if (i > 2 && caught_up()) {
                return true;
            }
            world_.advance(20);
        }
        return false;
    }
    // As SIGTERM: commits what is processed.
    tg_code stop()
    {
        code = tg_commit_unit_stop(unit, &error);
        tg_commit_unit_free(unit);
        unit = nullptr;
        return code;
    }
    tg_code restart()
    {
        tg_code result = stop();
        start();
        return result;
    }
    // As kill -9: nothing is committed, aborted or left; the local state object survives.
    void crash()
    {
        unit->transaction_open = false; // free would abort it
        unit_close_tasks_for_test();
        if (unit->consumer != nullptr)
            tg_memory_kill_consumer(unit->consumer);
        unit->consumer = nullptr;
        tg_commit_unit_free(unit);
        unit = nullptr;
    }
    tg_counters counters() const
    {
        tg_counters sum = {};
        tg_commit_unit_counters(unit, &sum);
        return sum;
    }
    tg_state *query_state() const
    {
        return query->state;
    }
    tg_task *task(size_t index = 0) const
    {
        return index < unit->task_count ? unit->tasks[index] : nullptr;
    }
    tg_store *store(size_t task_index = 0) const
    {
        return task(task_index)->stores[0].store;
    }
    // All of a store, newest values: "key -> value" in hexadecimal, with the row time; of a join's store only
    // what its changelog has, too.
    std::vector<std::string> state_rows(size_t task_index = 0, size_t store_index = 0)
    {
        std::vector<std::string> rows;
        if (task(task_index)->store_count == 0)
            return rows;
        const tg_task_store &kept = task(task_index)->stores[store_index];
        tg_store_cursor *cursor = nullptr;
        EXPECT_EQ(tg_store_scan(kept.store, tg_slice_of("", 0), tg_slice_of("", 0), &cursor, &error), TG_OK);
        tg_slice key;
        tg_value value;
        while (tg_store_cursor_next(cursor, &key, &value))
            if (kept.layout != TG_KEY_JOIN || tg_key_in_changelog(kept.layout, key))
                rows.push_back(hex(key) + " -> " + hex(value.bytes) + " @" +
                               std::to_string(value.timestamp_ms));
        tg_store_cursor_close(cursor);
        return rows;
    }
    static std::string hex(tg_slice bytes)
    {
        static const char digits[] = "0123456789abcdef";
        std::string text;
        for (size_t i = 0; i < bytes.length; i++) {
            text += digits[bytes.data[i] >> 4];
            text += digits[bytes.data[i] & 15];
        }
        return text;
    }

    tg_query *query = nullptr;
    tg_commit_unit *unit = nullptr;
    tg_error error = {};
    tg_code code = TG_OK;
    int failures = 0; // of the query, that run_through met

private:
    int64_t written(const tg_task_input &input) const
    {
        return input.is_internal ? world_.end_now(input.topic, input.partition)
                                 : world_.produced(input.topic, input.partition);
    }
    void unit_close_tasks_for_test()
    {
        for (size_t i = 0; i < unit->task_count; i++)
            tg_restore_remove(unit->restore, unit->tasks[i]);
        for (size_t i = 0; i < unit->task_count; i++)
            tg_task_close(unit->tasks[i]);
        unit->task_count = 0;
        unit->input_count = 0;
    }
    World &world_;
    uint32_t worker_;
    std::unique_ptr<State> own_state_;
};

} // namespace turgo
