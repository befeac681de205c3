#include "service/tests/agreement/run.h"

#include "service/settings.h"
#include "service/tests/agreement/generator.h"
#include "sql/job.h"
#include "topology/tests/world.h"

namespace turgo::agreement
{

class Machine
{
public:
    State disks[2]; // a process that lost its disk goes on with the other one
    uint64_t runs = 0;
};

namespace
{

// Settings and plan of the job; the job owns the plan.
struct Job {
    ~Job()
    {
        tg_job_free(handle);
    }
    const tg_plan *plan() const
    {
        for (uint32_t i = 0; i < tg_job_action_count(handle); i++)
            if (tg_job_action(handle, i)->kind == TG_ACTION_QUERY)
                return tg_job_action(handle, i)->plan;
        return nullptr;
    }
    tg_job *handle = nullptr;
};

int32_t partitions_of(void *context, const char *)
{
    return *static_cast<int32_t *>(context);
}

std::string show(const Output &output)
{
    std::string key = output.key ? "" : "null";
    for (char byte : output.key.value_or(""))
        if (byte >= ' ' && byte <= '~')
            key += byte;
        else
            key += "\\x" + hex_of(std::string(1, byte));
    return key + " = " + output.value.value_or("null") + " @" + std::to_string(output.time);
}

class Run
{
public:
    Run(Machine &machine, const Case &the_case, const Schedule &schedule)
        : machine_(machine), case_(the_case), schedule_(schedule),
          random_(the_case.seed * 31 + schedule.batch_max)
    {
    }
    Result run()
    {
        if (!compile() || !supported())
            return result_;
        world_.topic("in", case_.query.partitions);
        options_.settings.emit_per_record = !schedule_.last_values_only;
        options_.settings.cache_bytes = schedule_.tiny_cache ? 1 : 1 << 20;
        options_.prefix = "run" + std::to_string(machine_.runs++) + "-";
        options_.state = &machine_.disks[0];
        process_ = std::make_unique<Process>(world_, job_.plan(), options_);
        feed();
        if (process_->run() != TG_OK)
            result_.problem = "the query failed: " + std::string(process_->error.message);
        else
            compare();
        process_.reset();
        return result_;
    }

private:
    bool compile()
    {
        std::string text = sql_of(case_.query, "sink");
        tg_error error = {};
        tg_job_options options = {"job.sql", nullptr, nullptr, partitions_of, &partitions_, {}};
        partitions_ = case_.query.partitions;
        if (tg_job_compile(tg_slice_of(text.data(), text.size()), &options, &job_.handle, &error) == TG_OK)
            return true;
        result_.refused = error.code == TG_CODE_UNSUPPORTED;
        result_.problem = "the job is refused: " + std::string(error.message);
        return false;
    }
    bool supported()
    {
        tg_query *query = nullptr;
        tg_error error = {};
        tg_query_options options = {};
        options.plan = job_.plan();
        options.settings = options_.settings;
        options.prefix = options.instance = "a";
        options.cluster = world_.cluster;
        options.state = machine_.disks[0].handle;
        options.clock = world_.clock;
        result_.refused = tg_query_open(&options, &query, &error) != TG_OK;
        if (result_.refused)
            result_.problem = error.message;
        tg_query_close(query);
        return !result_.refused;
    }
    void feed()
    {
        for (size_t at = 0; at < case_.input.size();) {
            size_t count = 1 + random_.below(schedule_.batch_max);
            for (size_t i = 0; i < count && at < case_.input.size(); i++)
                produce(case_.input[at++]);
            disturb();
        }
    }
    void produce(const Input &input)
    {
        Record record;
        record.partition = input.partition;
        record.time = input.time;
        record.key = key_bytes(case_.query.columns[0].type, input.values[0]);
        if (!input.tombstone)
            record.value = value_text(case_.query, input);
        world_.produce("in", record);
    }
    void disturb()
    {
        size_t what = random_.below(12);
        if (schedule_.restarts && what == 0) {
            process_->crash();
            process_->start();
        } else if (schedule_.restarts && what == 1) { // the disk is lost with the process
            process_->crash();
            process_->start();
            move();
        } else if (schedule_.restarts && what == 2) {
            stop();
            process_->start();
        } else if (schedule_.restarts && what == 3) {
            stop();
            process_->start();
            move();
        }
        bool commits = schedule_.commits && what % 3 == 0;
        for (int step = 0; step < 3; step++) {
            process_->step();
            world_.advance(commits ? 60 : 1);
        }
    }
    void stop()
    {
        if (process_->stop() != TG_OK && result_.problem.empty())
            result_.problem = "the query did not stop: " + std::string(process_->error.message);
    }
    // The process goes on with a disk that knows nothing of the query, or only what it held earlier.
    void move()
    {
        process_.reset();
        disk_ = 1 - disk_;
        options_.state = &machine_.disks[disk_];
        process_ = std::make_unique<Process>(world_, job_.plan(), options_);
    }

    // ---- comparison ----

    void compare()
    {
        Counts counts;
        std::vector<std::vector<Output>> wanted = expected(case_, &counts);
        std::vector<std::vector<Output>> found(wanted.size());
        std::vector<Record> records = world_.read("out");
        for (const Record &record : records)
            found[static_cast<size_t>(record.partition) % found.size()].push_back(
                {record.key, record.value, record.time});
        if (case_.query.any_order) {
            wanted = {together(wanted)};
            found = {together(found)};
        }
        for (size_t i = 0; i < wanted.size(); i++)
            if (result_.problem.empty())
                compare_partition(i, last_values(wanted[i]), last_values(found[i]));
        if (result_.problem.empty() && !schedule_.restarts)
            compare_counts(counts);
    }
    static std::vector<Output> together(const std::vector<std::vector<Output>> &partitions)
    {
        std::vector<Output> all;
        for (const std::vector<Output> &partition : partitions)
            all.insert(all.end(), partition.begin(), partition.end());
        return all;
    }
    std::vector<Output> last_values(const std::vector<Output> &all) const
    {
        bool any_order = case_.query.any_order;
        if (any_order && !case_.query.grouped()) {
            std::vector<Output> sorted = all;
            std::sort(sorted.begin(), sorted.end(),
                      [](const Output &a, const Output &b) { return show(a) < show(b); });
            return sorted;
        }
        if (!any_order && (!schedule_.last_values_only || !case_.query.grouped() || case_.query.emit_final))
            return all;
        std::map<std::string, Output> last;
        std::map<std::string, int> changes; // in whatever order: one for each row and window
        for (const Output &output : all) {
            last[output.key.value_or("")] = output;
            changes[output.key.value_or("")]++;
        }
        for (auto &[key, output] : last)
            if (!schedule_.last_values_only && output.value && case_.query.window != Window::Session)
                *output.value += " after " + std::to_string(changes[key]) + " changes";
        std::vector<Output> outputs;
        for (const auto &[key, output] : last)
            if (output.value) // what was never seen needs no tombstone
                outputs.push_back(output);
        return outputs;
    }
    void compare_partition(size_t partition, const std::vector<Output> &wanted,
                           const std::vector<Output> &found)
    {
        for (size_t i = 0; i < std::max(wanted.size(), found.size()); i++) {
            if (i < wanted.size() && i < found.size() && wanted[i] == found[i])
                continue;
            result_.problem = "partition " + std::to_string(partition) + ", output " + std::to_string(i) +
                              "\n  wanted: " + (i < wanted.size() ? show(wanted[i]) : "nothing") +
                              "\n  found:  " + (i < found.size() ? show(found[i]) : "nothing");
            return;
        }
    }
    void compare_counts(const Counts &wanted)
    {
        tg_counters found = process_->counters();
        if (found.decode_skipped != wanted.undecoded || found.late_skipped != wanted.late)
            result_.problem = "counted " + std::to_string(found.decode_skipped) +
                              " records that cannot be decoded, " + std::to_string(found.late_skipped) +
                              " late ones; wanted " + std::to_string(wanted.undecoded) + ", " +
                              std::to_string(wanted.late);
    }

    Machine &machine_;
    const Case &case_;
    const Schedule &schedule_;
    Random random_;
    Result result_;
    int32_t partitions_ = 1;
    Job job_;
    World world_;
    ProcessOptions options_;
    std::unique_ptr<Process> process_;
    size_t disk_ = 0;
};

} // namespace

Runner::Runner() : machine_(std::make_unique<Machine>())
{
}

Runner::~Runner() = default;

Result Runner::run(const Case &the_case, const Schedule &schedule)
{
    return Run(*machine_, the_case, schedule).run();
}

} // namespace turgo::agreement
