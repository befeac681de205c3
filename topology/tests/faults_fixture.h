// topology/tests/faults_fixture.h: runs a plan over records that cannot be processed, and shows what became
// of them: outputs, letters, committed offset, counters.
#pragma once

#include "topology/tests/world.h"

namespace turgo
{

using Lines = std::vector<std::string>;
using Policy = tg_on_error;

inline const char *const dead = "app-Q-dead-letter";

inline std::string header(const Record &record, const std::string &name)
{
    for (const auto &[key, value] : record.headers)
        if (key == name)
            return value.value_or("null");
    return "";
}

class Faults : public testing::Test
{
protected:
    void SetUp() override
    {
        world.topic("in");
    }
    tg_code run(const std::vector<Record> &input, const tg_query_settings &settings = default_settings())
    {
        world.produce("in", input);
        ProcessOptions options;
        options.settings = settings;
        process = std::make_unique<Process>(world, plan.plan(), options);
        tg_code code = process->run();
        counted = process->counters();
        return code;
    }
    // The offset of the group, and how often it has none.
    int64_t committed()
    {
        tg_arena *arena = tg_arena_new(0);
        tg_offset offset = {"in", 0, 0, -1, nullptr, TG_OK};
        EXPECT_EQ(tg_admin_group_offsets(world.cluster, "app-Q", &offset, 1, 1000, arena, &world.error),
                  TG_OK);
        tg_arena_free(arena);
        return offset.offset;
    }
    bool has_topic(const char *topic)
    {
        int32_t count = 0;
        return tg_admin_partition_count(world.cluster, topic, 1000, &count, &world.error) == TG_OK;
    }
    // "offset kind stage" of each dead letter.
    Lines letters(const char *topic = dead, const std::string &prefix = "__turgo.errors.")
    {
        Lines lines;
        for (const Record &record : world.read(topic))
            lines.push_back(header(record, prefix + "offset") + " " + header(record, prefix + "kind") + " " +
                            header(record, prefix + "stage"));
        return lines;
    }
    World world;
    PlanBuilder plan;
    std::unique_ptr<Process> process;
    tg_counters counted = {};
};

struct Case {
    const char *name;
    Policy policy;
    tg_code code;
    Lines out;
    Lines letters;
    int64_t committed;
};
inline std::string case_name(const testing::TestParamInfo<Case> &info)
{
    return info.param.name;
}

} // namespace turgo
