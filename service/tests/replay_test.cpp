// One log of 100,000 records, however it is read: record by record, in triggers of a second, at once, or
// again from the beginning with the state lost: the final table is the same, and with enough grace it is that
// of a plain GROUP BY over all records. The records come from a generator, so that the numbers can be checked
// by hand.
#include "base/log.h"
#include "sql/job.h"
#include "topology/tests/world.h"

namespace turgo
{
namespace
{

struct Payment {
    std::string key;
    int64_t amount, time;
};

std::vector<Payment> payments()
{
    std::vector<Payment> all;
    uint64_t x = 42;
    for (int64_t n = 0; n < 100000; n++) {
        x = (1103515245 * x + 12345) % (UINT64_C(1) << 31);
        all.push_back({"k" + std::to_string((x >> 16) % 100), static_cast<int64_t>((x >> 8) % 1000),
                       1699999980000 + 100 * n - static_cast<int64_t>((x >> 4) % 60000)});
    }
    return all;
}

// How the log is read.
struct Reading {
    const char *name;
    size_t step;          // records between two steps of the worker
    int64_t step_ms;      // and how far the clock moves on
    bool per_record;      // every change is sent on, else the last one of a commit
    size_t restart_after; // records after which the process dies and goes on without its disk; 0: never
};

const Reading record_at_a_time = {"record at a time", 1, 1, true, 0};
const Reading triggers = {"triggers of a second", 5000, 1000, false, 0};
const Reading at_once = {"at once", 100000, 0, true, 0};
const Reading interrupted = {"interrupted", 7000, 300, false, 35000};

struct Row {
    int64_t count = 0, sum = 0;
    bool operator==(const Row &other) const
    {
        return count == other.count && sum == other.sum;
    }
};
using Table = std::map<std::pair<std::string, int64_t>, Row>; // by key and start

struct Outcome {
    Table table;
    std::vector<std::string> log; // all output records, by partition
    uint64_t late = 0;
};

int64_t number_behind(const std::string &text, const char *name)
{
    size_t at = text.find(name);
    return at == std::string::npos ? -1 : std::stoll(text.substr(at + std::string(name).size()));
}

class Replay : public testing::Test
{
protected:
    Replay()
    {
        tg_log_configure(TG_LOG_ERROR, TG_LOG_LOGFMT, 2); // late records by the thousand, on purpose
    }
    ~Replay() override
    {
        tg_log_configure(TG_LOG_INFO, TG_LOG_LOGFMT, 2);
        tg_job_free(job_);
    }
    void compile(int grace_seconds)
    {
        std::string sql =
            "CREATE STREAM payments (k VARCHAR KEY, amt BIGINT) WITH (KAFKA_TOPIC='in', "
            "VALUE_FORMAT='JSON');\n"
            "CREATE TABLE totals WITH (KAFKA_TOPIC='out') AS SELECT k, COUNT(*) AS n, SUM(amt) AS total FROM "
            "payments WINDOW TUMBLING (SIZE 1 MINUTE, GRACE PERIOD " +
            std::to_string(grace_seconds) + " SECONDS) GROUP BY k EMIT CHANGES;\n";
        const tg_job_options options = {"job.sql", nullptr, nullptr, nullptr, nullptr, {}};
        tg_error error = {};
        ASSERT_EQ(tg_job_compile(tg_slice_of(sql.data(), sql.size()), &options, &job_, &error), TG_OK)
            << error.message;
    }
    Outcome read(const Reading &reading, int32_t partitions)
    {
        SCOPED_TRACE(reading.name);
        World world;
        world.topic("in", partitions);
        ProcessOptions options;
        options.settings.emit_per_record = reading.per_record;
        State disk;
        options.state = &disk;
        auto process = std::make_unique<Process>(world, tg_job_action(job_, 1)->plan, options);
        size_t count = 0;
        for (const Payment &payment : all_) {
            Record record;
            record.partition =
                tg_partition_for_key(tg_slice_of(payment.key.data(), payment.key.size()), partitions);
            record.time = payment.time;
            record.key = payment.key;
            record.value = "{\"AMT\":" + std::to_string(payment.amount) + "}";
            world.produce("in", record);
            if (++count % reading.step != 0 || count == all_.size())
                continue;
            EXPECT_EQ(process->step(), TG_OK) << process->error.message;
            world.advance(reading.step_ms);
            if (reading.restart_after > 0 && count == reading.restart_after) {
                process->crash();
                process->start();
                process.reset();
                options.state = nullptr;
                process = std::make_unique<Process>(world, tg_job_action(job_, 1)->plan, options);
            }
        }
        EXPECT_EQ(process->run(), TG_OK) << process->error.message;
        Outcome outcome;
        outcome.late = process->counters().late_skipped;
        for (const Record &record : world.read("out")) {
            const std::string &key = *record.key, &value = *record.value;
            auto start = static_cast<int64_t>(
                tg_load_u64(reinterpret_cast<const uint8_t *>(key.data()) + key.size() - 8));
            outcome.table[{key.substr(0, key.size() - 8), start}] = {number_behind(value, "\"N\":"),
                                                                     number_behind(value, "\"TOTAL\":")};
            outcome.log.push_back(line(record));
        }
        return outcome;
    }
    // What is late nowhere.
    Table plain() const
    {
        Table table;
        for (const Payment &payment : all_) {
            Row &row = table[{payment.key, payment.time / 60000 * 60000}];
            row.count++;
            row.sum += payment.amount;
        }
        return table;
    }

    const std::vector<Payment> all_ = payments();
    tg_job *job_ = nullptr;
};

TEST_F(Replay, EqualsThePlainGroupByWithEnoughGrace)
{
    ASSERT_EQ(all_[0].key, "k81");
    ASSERT_EQ(all_[0].amount, 750);
    ASSERT_EQ(all_[0].time, 1699999943999);
    Table table = plain();
    int64_t sum = 0, checksum = 0;
    std::map<int64_t, int> windows;
    for (const auto &[place, row] : table) {
        sum += row.sum;
        checksum = (checksum + row.count * row.sum) % 1000000007;
        windows[place.second]++;
    }
    EXPECT_EQ(table.size(), 16741u);
    EXPECT_EQ(windows.size(), 168u);
    EXPECT_EQ(sum, 50021516);
    EXPECT_EQ(checksum, 347436094);
    EXPECT_EQ((table[{"k7", 1700000220000}]), (Row{5, 1818}));
    compile(60);
    for (const Reading &reading : {triggers, interrupted}) {
        Outcome outcome = read(reading, 1);
        EXPECT_EQ(outcome.table == table, true) << reading.name;
        EXPECT_EQ(outcome.late, 0u) << reading.name;
    }
}

TEST_F(Replay, DropsTheSameLateRecordsHoweverItReads)
{
    compile(10);
    Outcome outcome = read(at_once, 1);
    int64_t sum = 0;
    for (const auto &[place, row] : outcome.table)
        sum += row.sum;
    EXPECT_EQ(outcome.late, 30465u);
    EXPECT_EQ(outcome.table.size(), 16507u);
    EXPECT_EQ(sum, 34657284);
    EXPECT_EQ(read(interrupted, 1).table == outcome.table, true);
    EXPECT_EQ(read(record_at_a_time, 1).log == outcome.log, true); // every change, in order
}

TEST_F(Replay, DropsTheSameLateRecordsInFourPartitions)
{
    compile(10);
    Outcome outcome = read(at_once, 4), stepwise = read(triggers, 4);
    EXPECT_EQ(outcome.late, 27105u);
    EXPECT_EQ(stepwise.table == outcome.table, true);
    EXPECT_EQ(read(triggers, 4).log == stepwise.log, true); // the same triggers, the same bytes
}

} // namespace
} // namespace turgo
