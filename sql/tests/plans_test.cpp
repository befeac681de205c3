// Golden plans: golden/<name>.sql becomes golden/<name>.txt: what each statement declares, the plan of each
// query. Run with TG_REWRITE=1 to write the texts anew, and read the difference. Every plan is written as
// JSON and read back, too.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "sql/job.h"

namespace
{

const std::filesystem::path golden_folder = TG_SOURCE_DIR "/sql/tests/golden";

std::string read_file(const std::filesystem::path &path)
{
    std::ifstream file(path);
    std::stringstream content;
    content << file.rdbuf();
    return content.str();
}

class Text
{
public:
    ~Text()
    {
        tg_buffer_done(&buffer);
    }
    std::string take() const
    {
        return std::string(reinterpret_cast<const char *>(buffer.data), buffer.length);
    }
    tg_buffer buffer = {};
};

void write_definition(const tg_source_definition *source, tg_buffer *out)
{
    tg_buffer_printf(out, "%s %s: topic '%s', %d partitions, key %s%s, value %s%s: ",
                     source->is_table ? "Table" : "Stream", source->name, source->topic,
                     source->topic_spec.partition_count, source->key_format.name,
                     source->key_format.unwrapped ? " unwrapped" : "", source->value_format.name,
                     source->value_format.unwrapped ? " unwrapped" : "");
    tg_schema_write(source->schema, out);
    tg_buffer_append_text(out, "\n");
}

void write_insert(const tg_insert_values *insert, tg_buffer *out)
{
    tg_buffer_printf(out, "Insert into %s:", insert->target->name);
    for (uint32_t i = 0; i < insert->target->schema->count; i++) {
        tg_buffer_append_text(out, i == 0 ? " " : ", ");
        tg_expr_write(insert->values[i], out);
    }
    if (insert->rowtime != nullptr) {
        tg_buffer_append_text(out, ", time ");
        tg_expr_write(insert->rowtime, out);
    }
    tg_buffer_append_text(out, "\n");
}

std::string json_of(const tg_plan *plan)
{
    Text text;
    tg_plan_write_json(plan, &text.buffer);
    return text.take();
}

// The plan as it is read back from its JSON gives the same JSON and text.
void check_round_trip(const tg_plan *plan)
{
    tg_arena *arena = tg_arena_new(0);
    const tg_plan *again = nullptr;
    tg_error error = {};
    std::string json = json_of(plan);
    EXPECT_EQ(tg_plan_read_json(arena, tg_slice_of(json.data(), json.size()), &again, &error), TG_OK)
        << error.message << "\n"
        << json;
    if (again != nullptr) {
        EXPECT_EQ(json_of(again), json);
        EXPECT_EQ(tg_plan_layout_id(again->root), tg_plan_layout_id(plan->root));
    }
    tg_arena_free(arena);
}

void write_plan(const tg_plan *plan, bool programs, tg_buffer *out)
{
    const tg_plan_text_options options = {programs};
    tg_error error = {};
    EXPECT_EQ(tg_plan_write_text(plan, &options, out, &error), TG_OK) << error.message;
}

std::string compile(const std::filesystem::path &path)
{
    std::string sql = read_file(path);
    std::string name = path.filename();
    tg_job_options options = {};
    options.name = name.c_str();
    tg_job *job = nullptr;
    tg_error error = {};
    Text out, programs;
    (void)!tg_job_compile(tg_slice_of(sql.data(), sql.size()), &options, &job, &error);
    for (uint32_t i = 0; i < tg_job_action_count(job); i++) {
        const tg_action *action = tg_job_action(job, i);
        if (action->kind == TG_ACTION_DECLARE)
            write_definition(action->definition, &out.buffer);
        if (action->kind == TG_ACTION_INSERT_VALUES)
            write_insert(action->insert, &out.buffer);
        if (action->plan != nullptr) {
            check_round_trip(action->plan);
            write_plan(action->plan, false, &out.buffer);
            write_plan(action->plan, true, &programs.buffer); // every expression compiles
        }
    }
    const tg_job_diagnose_options diagnose = {};
    tg_job_diagnose(job, &diagnose, &out.buffer);
    tg_job_free(job);
    return out.take();
}

std::vector<std::string> golden_names()
{
    std::vector<std::string> names;
    for (const auto &entry : std::filesystem::directory_iterator(golden_folder))
        if (entry.path().extension() == ".sql")
            names.push_back(entry.path().stem());
    std::sort(names.begin(), names.end());
    return names;
}

class Plans : public testing::TestWithParam<std::string>
{
};

TEST_P(Plans, AreAsInTheGoldenFile)
{
    std::string actual = compile(golden_folder / (GetParam() + ".sql"));
    std::filesystem::path expected = golden_folder / (GetParam() + ".txt");
    if (std::getenv("TG_REWRITE") != nullptr)
        std::ofstream(expected) << actual;
    EXPECT_EQ(actual, read_file(expected));
}

INSTANTIATE_TEST_SUITE_P(Golden, Plans, testing::ValuesIn(golden_names()),
                         [](const auto &info) { return info.param; });

} // namespace
