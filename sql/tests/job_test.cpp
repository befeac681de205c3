// Jobs as the program uses them: actions, settings in force, names, what is asked of Kafka's topics.
#include <gtest/gtest.h>

#include <string>

#include "plan/nodes/aggregate.h"
#include "plan/nodes/rekey.h"
#include "plan/nodes/sink.h"
#include "sql/job.h"

namespace
{

const char *const stream =
    "CREATE STREAM s (id INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');\n";

class Job
{
public:
    explicit Job(const std::string &sql, tg_job_options options = {})
    {
        code = tg_job_compile(tg_slice_of(sql.data(), sql.size()), &options, &job, &error);
    }
    ~Job()
    {
        tg_job_free(job);
    }
    Job(const Job &) = delete;
    Job &operator=(const Job &) = delete;

    const tg_action *action(uint32_t index) const
    {
        return tg_job_action(job, index);
    }
    const char *property(uint32_t index, const char *name) const
    {
        const char *value = tg_properties_get(action(index)->properties, name);
        return value == nullptr ? "unset" : value;
    }
    const tg_plan_sink *sink(uint32_t index) const
    {
        return reinterpret_cast<const tg_plan_sink *>(action(index)->plan->root);
    }
    // The node of a step, or NULL.
    const tg_plan_node *step(uint32_t index, const std::string &name) const
    {
        for (const tg_plan_node *node = action(index)->plan->root; node != nullptr;
             node = node->input_count == 0 ? nullptr : node->inputs[0])
            if (name == node->step)
                return node;
        return nullptr;
    }

    tg_code code = TG_OK;
    tg_error error = {};
    tg_job *job = nullptr;
};

class Settings
{
public:
    Settings(std::initializer_list<std::pair<const char *, const char *>> list)
        : properties(tg_properties_new())
    {
        for (const auto &[key, value] : list)
            tg_properties_set(properties, key, value, "test");
    }
    ~Settings()
    {
        tg_properties_free(properties);
    }
    tg_job_options options() const
    {
        tg_job_options result = {};
        result.settings = properties;
        return result;
    }
    tg_properties *properties;
};

TEST(Job, ListsActionsInTheOrderOfTheText)
{
    Job job(std::string(stream) + "CREATE STREAM t AS SELECT * FROM s;\nINSERT INTO s VALUES (1, 2);");
    ASSERT_EQ(job.code, TG_OK) << job.error.message;
    ASSERT_EQ(tg_job_action_count(job.job), 3u);
    EXPECT_EQ(job.action(0)->kind, TG_ACTION_DECLARE);
    EXPECT_EQ(job.action(1)->kind, TG_ACTION_QUERY);
    EXPECT_EQ(job.action(2)->kind, TG_ACTION_INSERT_VALUES);
    EXPECT_STREQ(job.action(1)->statement, "CREATE STREAM t AS SELECT * FROM s");
    EXPECT_STREQ(job.action(1)->plan->query_id, "CSAS_T");
    EXPECT_STREQ(job.action(1)->plan->statement, job.action(1)->statement);
    EXPECT_TRUE(job.action(1)->definition->is_query_sink);
    EXPECT_EQ(job.action(2)->insert->target, job.action(0)->definition);
}

TEST(Job, OfNothingHasNoActions)
{
    Job job(" -- nothing\n");
    EXPECT_EQ(job.code, TG_OK);
    EXPECT_EQ(tg_job_action_count(job.job), 0u);
}

TEST(Job, KeepsTheSettingsInForceAtEachStatement)
{
    Settings settings({{"auto.offset.reset", "latest"}});
    Job job(std::string(stream) +
                "SET 'auto.offset.reset'='earliest'; CREATE STREAM a AS SELECT * FROM s;"
                "UNSET 'auto.offset.reset'; SET 'x'='1'; CREATE STREAM b AS SELECT * FROM s;"
                "UNSET 'x'; CREATE STREAM c AS SELECT * FROM s;",
            settings.options());
    ASSERT_EQ(job.code, TG_OK) << job.error.message;
    EXPECT_STREQ(job.property(0, "auto.offset.reset"), "latest");
    EXPECT_STREQ(job.property(1, "auto.offset.reset"), "earliest");
    EXPECT_STREQ(job.property(2, "auto.offset.reset"), "latest");
    EXPECT_STREQ(job.property(2, "x"), "1");
    EXPECT_STREQ(job.property(3, "x"), "unset");
}

tg_code refuse_setting(const char *name, const char *value, tg_error *reterr)
{
    return tg_fail(reterr, TG_CODE_CONFIG, "%s cannot be %s", name, value);
}

TEST(Job, AsksWhetherASettingIsKnown)
{
    tg_job_options options = {};
    options.check_setting = refuse_setting;
    Job job("\nSET 'no.such'='1';", options);
    EXPECT_EQ(job.code, TG_CODE_CONFIG);
    EXPECT_STREQ(job.error.message, "no.such cannot be 1");
    EXPECT_EQ(job.error.place.line, 2u);
    EXPECT_EQ(job.error.place.column, 5u);
}

TEST(Job, TakesDefaultsFromSettings)
{
    Settings settings({{"ksql.persistence.default.format.value", "json"},
                       {"ksql.persistence.default.format.key", "JSON"},
                       {"ksql.persistence.wrap.single.values", "false"},
                       {"ksql.output.topic.name.prefix", "pre-"}});
    Job job("CREATE STREAM s (id INT KEY, v INT) WITH (KAFKA_TOPIC='s'); CREATE STREAM t AS SELECT * FROM s;",
            settings.options());
    ASSERT_EQ(job.code, TG_OK) << job.error.message;
    const tg_source_definition *source = tg_job_source(job.job, tg_slice_text("S"));
    EXPECT_STREQ(source->key_format.name, "JSON");
    EXPECT_STREQ(source->value_format.name, "JSON");
    EXPECT_TRUE(source->value_format.unwrapped);
    EXPECT_STREQ(job.sink(1)->topic.name, "pre-T");
    EXPECT_EQ(tg_job_source(job.job, tg_slice_text("U")), nullptr);
}

TEST(Job, PassesOverWhatExists)
{
    Job job(std::string(stream) +
            "CREATE STREAM IF NOT EXISTS s (x STRING) WITH (KAFKA_TOPIC='t', VALUE_FORMAT='JSON');"
            "CREATE STREAM IF NOT EXISTS s AS SELECT * FROM s;");
    ASSERT_EQ(job.code, TG_OK) << job.error.message;
    EXPECT_EQ(tg_job_action_count(job.job), 1u);
}

TEST(Job, ReportsErrorsBeforeAndBehindASyntaxError)
{
    Job job(std::string(stream) +
            "CREATE STREAM a AS SELECT id, w FROM s;\nCREATE STREAM b AS SELECT id, v FROM s WHERE;");
    EXPECT_EQ(job.code, TG_CODE_UNKNOWN_NAME);
    ASSERT_EQ(tg_job_error_count(job.job), 2u);
    EXPECT_EQ(tg_job_error(job.job, 0)->place.line, 2u);
    EXPECT_EQ(tg_job_error(job.job, 1)->code, TG_CODE_SYNTAX);
    EXPECT_EQ(tg_job_error(job.job, 1)->place.line, 3u);
}

TEST(Job, TakesTheQueryIdFromItsProperty)
{
    Job job(std::string(stream) + "CREATE STREAM a WITH (QUERY_ID='mine') AS SELECT * FROM s;");
    ASSERT_EQ(job.code, TG_OK) << job.error.message;
    EXPECT_STREQ(job.action(1)->plan->query_id, "mine");
    Job twice(std::string(stream) + "CREATE STREAM a WITH (QUERY_ID='mine') AS SELECT * FROM s;"
                                    "CREATE STREAM b WITH (QUERY_ID='mine') AS SELECT * FROM s;");
    EXPECT_EQ(twice.code, TG_CODE_DUPLICATE_NAME);
}

int32_t given_partitions(void *context, const char *topic)
{
    EXPECT_STREQ(topic, "s");
    return *static_cast<int32_t *>(context);
}

// A group by the window alone comes together in one partition: through a topic, unless the source has only
// one.
TEST(Job, RepartitionsAGroupOfAllRowsUnlessThereIsOnePartition)
{
    for (int32_t partitions : {0, 1, 3}) {
        tg_job_options options = {};
        options.partition_count = given_partitions;
        options.context = &partitions;
        Job job(std::string(stream) +
                    "CREATE TABLE t AS SELECT COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 1 MINUTE);",
                options);
        ASSERT_EQ(job.code, TG_OK) << job.error.message;
        const auto *rekey = reinterpret_cast<const tg_plan_rekey *>(job.step(1, "Rekey"));
        ASSERT_NE(rekey, nullptr);
        EXPECT_EQ(rekey->key_count, 0u);
        EXPECT_EQ(rekey->repartition, partitions != 1) << partitions;
    }
}

TEST(Job, RepartitionsOnlyForAnotherKey)
{
    Job job(std::string(stream) + "CREATE TABLE a AS SELECT id, COUNT(*) AS n FROM s GROUP BY id;"
                                  "CREATE TABLE b AS SELECT v, COUNT(*) AS n FROM s GROUP BY v;"
                                  "CREATE STREAM c AS SELECT * FROM s PARTITION BY id;"
                                  "CREATE STREAM d AS SELECT * FROM s PARTITION BY v;");
    ASSERT_EQ(job.code, TG_OK) << job.error.message;
    EXPECT_EQ(job.step(1, "Rekey"), nullptr);
    EXPECT_TRUE(reinterpret_cast<const tg_plan_rekey *>(job.step(2, "Rekey"))->repartition);
    EXPECT_TRUE(reinterpret_cast<const tg_plan_rekey *>(job.step(2, "Rekey"))->drop_null_keys);
    EXPECT_EQ(job.step(3, "Rekey"), nullptr);
    EXPECT_FALSE(reinterpret_cast<const tg_plan_rekey *>(job.step(4, "Rekey"))->repartition);
    EXPECT_FALSE(reinterpret_cast<const tg_plan_rekey *>(job.step(4, "Rekey"))->drop_null_keys);
}

struct GraceCase {
    const char *window;
    int64_t grace_minutes, retention_minutes;
};

// kafka-streams and ksqlDB: 24 h less the size where nothing is said, 0 where results are final.
TEST(Job, ResolvesGraceAndRetention)
{
    const GraceCase cases[] = {
        {"TUMBLING (SIZE 1 HOUR) GROUP BY id", 23 * 60, 24 * 60},
        {"TUMBLING (SIZE 1 HOUR) GROUP BY id EMIT FINAL", 0, 60},
        {"TUMBLING (SIZE 2 DAYS) GROUP BY id", 0, 48 * 60},
        {"TUMBLING (SIZE 1 HOUR, GRACE PERIOD 5 MINUTES) GROUP BY id", 5, 65},
        {"TUMBLING (SIZE 1 HOUR, RETENTION 4 HOURS, GRACE PERIOD 5 MINUTES) GROUP BY id", 5, 240},
        {"TUMBLING (SIZE 1 HOUR, RETENTION 4 HOURS) GROUP BY id", 180, 240},
        {"HOPPING (SIZE 1 HOUR, ADVANCE BY 5 MINUTES) GROUP BY id", 23 * 60, 24 * 60},
        {"SESSION (30 MINUTES) GROUP BY id", 24 * 60 - 30, 24 * 60},
        {"SESSION (30 MINUTES, GRACE PERIOD 0 SECONDS) GROUP BY id", 0, 30},
    };
    for (const GraceCase &test : cases) {
        Job job(std::string(stream) + "CREATE TABLE t AS SELECT id, COUNT(*) AS n FROM s WINDOW " +
                test.window + ";");
        ASSERT_EQ(job.code, TG_OK) << test.window << job.error.message;
        const auto *aggregate = reinterpret_cast<const tg_plan_aggregate *>(job.step(1, "Aggregate"));
        EXPECT_EQ(aggregate->window.grace_ms, test.grace_minutes * 60000) << test.window;
        EXPECT_EQ(aggregate->window.retention_ms, test.retention_minutes * 60000) << test.window;
    }
}

// Inserting a statement before another one renames nothing: ids and layouts of the others stay.
TEST(Job, GivesNamesThatDoNotDependOnOtherStatements)
{
    const std::string query = "CREATE TABLE t AS SELECT id, SUM(v) AS n FROM s GROUP BY id;";
    Job alone(stream + query);
    Job behind(std::string(stream) + "CREATE TABLE first AS SELECT v, COUNT(*) AS n FROM s GROUP BY v;" +
               query);
    EXPECT_STREQ(alone.action(1)->plan->query_id, behind.action(2)->plan->query_id);
    EXPECT_EQ(tg_plan_layout_id(alone.action(1)->plan->root),
              tg_plan_layout_id(behind.action(2)->plan->root));
}

TEST(Job, CoercesInsertedValues)
{
    Job job("CREATE STREAM s (k BIGINT KEY, d DOUBLE, x DECIMAL(5, 2), t STRING) WITH (KAFKA_TOPIC='s', "
            "VALUE_FORMAT='JSON');"
            "INSERT INTO s (ROWTIME, t, k, d) VALUES (5, 'a', 1, 2);");
    ASSERT_EQ(job.code, TG_OK) << job.error.message;
    const tg_insert_values *insert = job.action(1)->insert;
    for (uint32_t i = 0; i < insert->target->schema->count; i++)
        EXPECT_TRUE(tg_type_equal(insert->values[i]->type, insert->target->schema->columns[i].type)) << i;
    EXPECT_TRUE(insert->values[2]->literal.is_null);
    EXPECT_EQ(insert->rowtime->type->kind, TG_TYPE_BIGINT);
}

} // namespace
