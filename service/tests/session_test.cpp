// Statements one at a time on an engine that runs: queries come and go, several write one topic, a paused
// query keeps its place.
#include "service/tests/job_fixture.h"
#include "sql/session.h"

#include <chrono>
#include <thread>

namespace turgo
{
namespace
{

using Lines = std::vector<std::string>;

class Session : public JobTest
{
protected:
    Session()
    {
        tg_session_options session_options = {};
        session_options.settings = properties;
        session_options.check_setting = tg_settings_check_set;
        session = tg_session_new(&session_options);
        const tg_engine_options options = {properties, cluster, tg_clock_real(), &stop};
        EXPECT_EQ(tg_engine_open(&options, &engine, &error), TG_OK) << error.message;
    }
    ~Session() override
    {
        tg_engine_close(engine);
        tg_session_free(session);
    }
    // The result of the first call that fails; the statement is taken back then.
    tg_code execute(const std::string &sql)
    {
        const tg_script *script = nullptr;
        tg_code code = tg_session_parse(session, tg_slice_of(sql.data(), sql.size()), &script, &error);
        for (uint32_t i = 0; code == TG_OK && i < script->statement_count; i++) {
            const tg_action *action = nullptr;
            code = tg_session_compile(session, script->statements[i], &action, &error);
            if (code != TG_OK)
                break;
            code = tg_engine_execute_action(engine, action, &error);
            if (code != TG_OK)
                tg_session_undo(session);
        }
        return code;
    }
    // Waits until the topic has that many records.
    Lines await(const char *topic, size_t count)
    {
        for (int tries = 0; tries < 12000 && read(topic).size() < count; tries++)
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        return read(topic);
    }
    tg_session *session = nullptr;
    tg_engine *engine = nullptr;
    bool stop = false;
};

const char streams[] =
    "CREATE STREAM a (k VARCHAR KEY, v INT) WITH (KAFKA_TOPIC='a', PARTITIONS=1, VALUE_FORMAT='JSON');\n"
    "CREATE STREAM b (k VARCHAR KEY, v INT) WITH (KAFKA_TOPIC='b', PARTITIONS=1, VALUE_FORMAT='DELIMITED');\n"
    "CREATE STREAM both WITH (PARTITIONS=1) AS SELECT * FROM a;\n";

TEST_F(Session, SeveralQueriesWriteOneTopic)
{
    ASSERT_EQ(execute(streams), TG_OK) << error.message;
    ASSERT_EQ(execute("INSERT INTO both SELECT k, v + 1 AS v FROM b;"), TG_OK) << error.message;
    produce("a", "x", "{\"V\":1}", 1);
    EXPECT_EQ(await("BOTH", 1).size(), 1u);
    produce("b", "y", "1", 2);
    EXPECT_EQ(await("BOTH", 2), (Lines{R"(x = {"V":1} @1)", R"(y = {"V":2} @2)"}));
    ASSERT_EQ(execute("TERMINATE INSERTQUERY_BOTH_B;"), TG_OK) << error.message;
    produce("b", "z", "1", 3);
    produce("a", "z", "{\"V\":5}", 4);
    EXPECT_EQ(await("BOTH", 3).back(), R"(z = {"V":5} @4)");
    ASSERT_EQ(tg_engine_catch_up(engine, &error), TG_OK) << error.message;
    EXPECT_EQ(read("BOTH").size(), 3u);
}

TEST_F(Session, APausedQueryGoesOnWhereItStopped)
{
    ASSERT_EQ(execute(streams), TG_OK) << error.message;
    produce("a", "x", "{\"V\":1}", 1);
    EXPECT_EQ(await("BOTH", 1).size(), 1u);
    ASSERT_EQ(execute("PAUSE CSAS_BOTH;"), TG_OK) << error.message;
    produce("a", "y", "{\"V\":2}", 2);
    ASSERT_EQ(tg_engine_catch_up(engine, &error), TG_OK) << error.message;
    EXPECT_EQ(read("BOTH").size(), 1u);
    ASSERT_EQ(execute("RESUME ALL; RESUME CSAS_BOTH;"), TG_OK) << error.message;
    EXPECT_EQ(await("BOTH", 2), (Lines{R"(x = {"V":1} @1)", R"(y = {"V":2} @2)"}));
}

TEST_F(Session, DropEndsTheQueryAndDeletesTheTopic)
{
    int32_t count = 0;
    ASSERT_EQ(execute(streams), TG_OK) << error.message;
    EXPECT_EQ(execute("DROP STREAM a;"), TG_CODE_ANALYSIS);
    EXPECT_NE(std::string(error.message).find("BOTH"), std::string::npos) << error.message;
    ASSERT_EQ(execute("DROP STREAM both DELETE TOPIC; DROP STREAM a;"), TG_OK) << error.message;
    EXPECT_EQ(tg_admin_partition_count(cluster, "BOTH", 1000, &count, &error), TG_CODE_TOPIC_UNKNOWN);
    EXPECT_EQ(tg_admin_partition_count(cluster, "a", 1000, &count, &error), TG_OK);
    EXPECT_EQ(execute("CREATE STREAM c AS SELECT * FROM a;"), TG_CODE_UNKNOWN_NAME);
}

TEST_F(Session, WhatCannotBeExecutedIsTakenBack)
{
    const char missing[] = "CREATE STREAM s (v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');";
    EXPECT_EQ(execute(missing), TG_CODE_TOPIC_UNKNOWN);
    EXPECT_EQ(tg_session_source(session, tg_slice_text("S")), nullptr);
    topic("s");
    EXPECT_EQ(execute(missing), TG_OK) << error.message;
    EXPECT_NE(tg_session_source(session, tg_slice_text("S")), nullptr);
}

} // namespace
} // namespace turgo
