// Records that cannot be processed: each kind of fault under each policy, what goes to the dead-letter and
// late topics, and where a query that stops has committed.
#include "topology/tests/faults_fixture.h"

namespace turgo
{
namespace
{

// ---- records that cannot be decoded: the acceptance data ----

const std::vector<Record> bad_records = {{0, 1, std::nullopt, R"({"id":1,"v":10})"},
                                         {0, 2, "k2", R"({"id":2,"v":)", {{"h", "x"}}},
                                         {0, 3, std::nullopt, R"({"id":3,"v":"abc"})"},
                                         {0, 4, std::nullopt, R"({"id":5,"v":50,"x":1})"},
                                         {0, 5, std::nullopt, "\xff\xfe"}};

class BadRecords : public Faults
{
protected:
    tg_code run_with(Policy policy)
    {
        plan.source("in", {{"ID", "INTEGER"}, {"V", "INTEGER"}}, "NONE");
        plan.sink("out", "NONE");
        plan.faults.on_error = policy;
        return run(bad_records);
    }
    const std::string one = R"(null = {"ID":1,"V":10} @1)", five = R"(null = {"ID":5,"V":50} @4)";
};

TEST_F(BadRecords, Skip)
{
    EXPECT_EQ(run_with(TG_ON_ERROR_SKIP), TG_OK);
    EXPECT_EQ(world.lines("out"), (Lines{one, five}));
    EXPECT_EQ(counted.decode_skipped, 3u);
    EXPECT_EQ(counted.dead_letters, 0u);
}

TEST_F(BadRecords, Null)
{
    EXPECT_EQ(run_with(TG_ON_ERROR_NULL), TG_OK);
    const std::string nulls = R"(null = {"ID":null,"V":null} @)";
    EXPECT_EQ(world.lines("out"),
              (Lines{one, nulls + "2", R"(null = {"ID":3,"V":null} @3)", five, nulls + "5"}));
    EXPECT_EQ(counted.decode_nulls, 3u);
    EXPECT_EQ(counted.decode_skipped, 0u);
}

TEST_F(BadRecords, DeadLetter)
{
    EXPECT_EQ(run_with(TG_ON_ERROR_DEAD_LETTER), TG_OK);
    EXPECT_EQ(world.lines("out"), (Lines{one, five}));
    std::vector<Record> letters_ = world.read(dead);
    ASSERT_EQ(letters_.size(), 3u);
    const size_t offsets[] = {1, 2, 4};
    for (size_t i = 0; i < 3; i++) {
        const Record &letter = letters_[i];
        const Record &original = bad_records[offsets[i]];
        EXPECT_EQ(line(letter), line(original)); // key, value and time as they were
        EXPECT_EQ(header(letter, "__turgo.errors.topic"), "in");
        EXPECT_EQ(header(letter, "__turgo.errors.partition"), "0");
        EXPECT_EQ(header(letter, "__turgo.errors.offset"), std::to_string(offsets[i]));
        EXPECT_EQ(header(letter, "__turgo.errors.timestamp"), std::to_string(original.time));
        EXPECT_EQ(header(letter, "__turgo.errors.query"), "Q");
        EXPECT_EQ(header(letter, "__turgo.errors.stage"), "Source");
        EXPECT_EQ(header(letter, "__turgo.errors.kind"), "decode");
        EXPECT_NE(header(letter, "__turgo.errors.message").find("cannot be decoded"), std::string::npos);
    }
    EXPECT_EQ(letters_[0].headers[0], (std::pair<std::string, Text>("h", "x"))); // its own come first
    EXPECT_EQ(counted.decode_skipped, 3u);
    EXPECT_EQ(counted.dead_letters, 3u);
}

TEST_F(BadRecords, Fail)
{
    EXPECT_EQ(run_with(TG_ON_ERROR_FAIL), TG_CODE_DECODE);
    std::string message = process->error.message;
    EXPECT_NE(message.find("topic in, partition 0, offset 1: step Source: value in format JSON"),
              std::string::npos)
        << message;
    EXPECT_NE(std::string(process->error.hint).find("ON_ERROR"), std::string::npos);
    process.reset();
    EXPECT_EQ(world.lines("out"), (Lines{one}));
    EXPECT_EQ(committed(), 1);
    EXPECT_EQ(world.stable_end("out", 0), world.end("out", 0));
    EXPECT_EQ(counted.records_in, 1u);
    EXPECT_EQ(counted.decode_skipped, 0u);
}

TEST_F(BadRecords, FailStopsAgainAtTheSamePlace)
{
    EXPECT_EQ(run_with(TG_ON_ERROR_FAIL), TG_CODE_DECODE);
    process = std::make_unique<Process>(world, plan.plan());
    EXPECT_EQ(process->run(), TG_CODE_DECODE);
    process.reset();
    EXPECT_EQ(world.lines("out"), (Lines{one}));
    EXPECT_EQ(committed(), 1);
    // Its policy changed, it goes on behind what it has done.
    plan.faults.on_error = TG_ON_ERROR_SKIP;
    process = std::make_unique<Process>(world, plan.plan());
    EXPECT_EQ(process->run(), TG_OK);
    EXPECT_EQ(world.lines("out"), (Lines{one, five}));
}

// A dead letter is a part of the transaction: whatever fails, there is one for each record.
TEST_F(BadRecords, DeadLettersCountOnceWhateverFails)
{
    const tg_memory_call calls[] = {TG_MEMORY_CALL_SEND, TG_MEMORY_CALL_FLUSH, TG_MEMORY_CALL_SEND_OFFSETS,
                                    TG_MEMORY_CALL_COMMIT};
    for (tg_memory_call call : calls) {
        for (uint64_t nth = 1; nth <= 3; nth++) {
            World world_;
            PlanBuilder plan_;
            world_.topic("in");
            plan_.source("in", {{"ID", "INTEGER"}, {"V", "INTEGER"}}, "NONE");
            plan_.sink("out", "NONE");
            plan_.faults.on_error = TG_ON_ERROR_DEAD_LETTER;
            world_.produce("in", bad_records);
            Process process_(world_, plan_.plan());
            tg_memory_fault fault = {};
            fault.code = TG_CODE_KAFKA_TIMED_OUT;
            fault.retriable = true;
            fault.executed = nth % 2 == 0;
            world_.fault(call, nth, fault);
            EXPECT_TRUE(process_.run_through());
            EXPECT_EQ(world_.lines("out"), (Lines{one, five})) << call << " " << nth;
            EXPECT_EQ(world_.read(dead).size(), 3u) << call << " " << nth;
            EXPECT_EQ(process_.counters().dead_letters, 3u) << call << " " << nth;
        }
    }
}

TEST_F(Faults, NamedTopicAndPartitionsOfTheSource)
{
    world.topic("many", 3);
    plan.source("many", {{"ID", "INTEGER"}}, "NONE");
    plan.sink("out", "NONE");
    plan.faults = {TG_ON_ERROR_DEAD_LETTER, "bad", nullptr};
    world.produce("many", {{2, 1, std::nullopt, "x"}, {0, 2, std::nullopt, "y"}});
    process = std::make_unique<Process>(world, plan.plan());
    EXPECT_EQ(process->run(), TG_OK);
    EXPECT_EQ(world.lines("bad"), (Lines{"null = y @2", "null = x @1"}));
    EXPECT_EQ(world.read("bad")[1].partition, 2);
}

TEST_F(Faults, ACellIsNullAlone)
{
    plan.source("in", {{"A", "INTEGER"}, {"B", "STRING"}, {"C", "INTEGER"}}, "NONE", "DELIMITED");
    plan.sink("out", "NONE");
    plan.faults.on_error = TG_ON_ERROR_NULL;
    EXPECT_EQ(
        run({{0, 1, std::nullopt, "x,b,y"}, {0, 2, std::nullopt, "1,b"}, {0, 3, std::nullopt, "1,b,2"}}),
        TG_OK);
    EXPECT_EQ(world.lines("out"),
              (Lines{R"(null = {"A":null,"B":"b","C":null} @1)", R"(null = {"A":null,"B":null,"C":null} @2)",
                     R"(null = {"A":1,"B":"b","C":2} @3)"}));
    EXPECT_EQ(counted.decode_nulls, 2u);
}

TEST_F(Faults, AFieldOfAStructIsNullAlone)
{
    plan.source("in", {{"S", "STRUCT<A INTEGER, B STRING>"}, {"L", "ARRAY<INTEGER>"}, {"V", "INTEGER"}},
                "NONE");
    plan.sink("out", "NONE");
    plan.faults.on_error = TG_ON_ERROR_NULL;
    EXPECT_EQ(run({{0, 1, std::nullopt, R"({"S":{"A":"x","B":"b"},"L":[1,"y"],"V":7})"},
                   {0, 2, std::nullopt, R"({"S":3,"L":[[1]],"V":8})"},
                   {0, 3, std::nullopt, R"({"S":{"A":1,"B":"b"},"L":[1,2],"V":9})"}}),
              TG_OK);
    EXPECT_EQ(world.lines("out"), (Lines{R"(null = {"S":{"A":null,"B":"b"},"L":null,"V":7} @1)",
                                         R"(null = {"S":null,"L":null,"V":8} @2)",
                                         R"(null = {"S":{"A":1,"B":"b"},"L":[1,2],"V":9} @3)"}));
    EXPECT_EQ(counted.decode_nulls, 2u);
}

TEST_F(Faults, ATableNeedsItsKeyUnderNullToo)
{
    plan.source("in", {{"K", "INTEGER", TG_COLUMN_KEY}, {"V", "INTEGER"}})->base.is_table = true;
    plan.sink("out");
    plan.faults.on_error = TG_ON_ERROR_NULL;
    EXPECT_EQ(run({{0, 1, "xx", R"({"V":1})"}}), TG_OK);
    EXPECT_TRUE(world.lines("out").empty());
    EXPECT_EQ(counted.decode_nulls, 1u);
    EXPECT_EQ(counted.null_key_skipped, 1u);
}

// ---- the other kinds ----

// Division by zero in the SELECT list, at offset 1.
class ExpressionFaults : public Faults, public testing::WithParamInterface<Case>
{
};
TEST_P(ExpressionFaults, UnderEachPolicy)
{
    plan.source("in", {{"V", "INTEGER"}}, "NONE");
    plan.project({{{"A", "INTEGER"}, plan.call("/", {plan.integer(10), plan.column("V")})},
                  {{"B", "INTEGER"}, plan.call("/", {plan.integer(20), plan.column("V")})}});
    plan.sink("out", "NONE");
    plan.faults.on_error = GetParam().policy;
    EXPECT_EQ(run({{0, 1, std::nullopt, R"({"V":5})"},
                   {0, 2, std::nullopt, R"({"V":0})"},
                   {0, 3, std::nullopt, R"({"V":10})"}}),
              GetParam().code);
    if (GetParam().code != TG_OK) {
        EXPECT_NE(std::string(process->error.message).find("topic in, partition 0, offset 1: step Project"),
                  std::string::npos)
            << process->error.message;
    }
    process.reset();
    EXPECT_EQ(world.lines("out"), GetParam().out);
    EXPECT_EQ(committed(), GetParam().committed);
    EXPECT_EQ(has_topic(dead) ? letters() : Lines{}, GetParam().letters);
}
const std::string first = R"(null = {"A":2,"B":4} @1)", nulls = R"(null = {"A":null,"B":null} @2)",
                  last = R"(null = {"A":1,"B":2} @3)";
INSTANTIATE_TEST_SUITE_P(All, ExpressionFaults,
                         testing::Values(Case{"Unset", TG_ON_ERROR_UNSET, TG_OK, {first, nulls, last}, {}, 3},
                                         Case{"Skip", TG_ON_ERROR_SKIP, TG_OK, {first, last}, {}, 3},
                                         Case{"Null", TG_ON_ERROR_NULL, TG_OK, {first, nulls, last}, {}, 3},
                                         Case{"DeadLetter",
                                              TG_ON_ERROR_DEAD_LETTER,
                                              TG_OK,
                                              {first, last},
                                              {"1 expression Project"}, // one, though two expressions failed
                                              3},
                                         Case{"Fail", TG_ON_ERROR_FAIL, TG_CODE_EXPRESSION, {first}, {}, 1}),
                         case_name);

// A WHERE that fails passes nothing; under `fail` it stops the query.
class FilterFaults : public Faults, public testing::WithParamInterface<Case>
{
};
TEST_P(FilterFaults, UnderEachPolicy)
{
    plan.source("in", {{"V", "INTEGER"}}, "NONE");
    plan.filter(plan.call("=", {plan.call("/", {plan.integer(10), plan.column("V")}), plan.integer(2)}));
    plan.sink("out", "NONE");
    plan.faults.on_error = GetParam().policy;
    EXPECT_EQ(run({{0, 1, std::nullopt, R"({"V":5})"},
                   {0, 2, std::nullopt, R"({"V":0})"},
                   {0, 3, std::nullopt, R"({"V":4})"}}),
              GetParam().code);
    process.reset();
    EXPECT_EQ(world.lines("out"), GetParam().out);
    EXPECT_EQ(committed(), GetParam().committed);
    EXPECT_EQ(has_topic(dead) ? letters() : Lines{}, GetParam().letters);
}
const std::string five = R"(null = {"V":5} @1)", four = R"(null = {"V":4} @3)";
INSTANTIATE_TEST_SUITE_P(
    All, FilterFaults,
    testing::Values(
        Case{"Unset", TG_ON_ERROR_UNSET, TG_OK, {five, four}, {}, 3},
        Case{"Skip", TG_ON_ERROR_SKIP, TG_OK, {five, four}, {}, 3},
        Case{"DeadLetter", TG_ON_ERROR_DEAD_LETTER, TG_OK, {five, four}, {"1 expression Filter"}, 3},
        Case{"Fail", TG_ON_ERROR_FAIL, TG_CODE_EXPRESSION, {five}, {}, 1}),
    case_name);

// No row time: a TIMESTAMP column that is NULL, at offset 1.
class TimeFaults : public Faults, public testing::WithParamInterface<Case>
{
};
TEST_P(TimeFaults, UnderEachPolicy)
{
    plan.source("in", {{"T", "BIGINT"}}, "NONE")->timestamp_column = 0;
    plan.sink("out", "NONE");
    plan.faults.on_error = GetParam().policy;
    EXPECT_EQ(run({{0, 7, std::nullopt, R"({"T":1})"},
                   {0, 8, std::nullopt, R"({"T":null})"},
                   {0, 9, std::nullopt, R"({"T":3})"}}),
              GetParam().code);
    process.reset();
    EXPECT_EQ(world.lines("out"), GetParam().out);
    EXPECT_EQ(committed(), GetParam().committed);
    if (GetParam().policy == TG_ON_ERROR_DEAD_LETTER) {
        EXPECT_EQ(letters(), GetParam().letters);
        EXPECT_EQ(world.read(dead)[0].time, 8); // the record's own
    }
}
const std::string t1 = R"(null = {"T":1} @1)", t3 = R"(null = {"T":3} @3)";
INSTANTIATE_TEST_SUITE_P(
    All, TimeFaults,
    testing::Values(Case{"Skip", TG_ON_ERROR_SKIP, TG_OK, {t1, t3}, {}, 3},
                    Case{"Null", TG_ON_ERROR_NULL, TG_OK, {t1, t3}, {}, 3},
                    Case{"DeadLetter", TG_ON_ERROR_DEAD_LETTER, TG_OK, {t1, t3}, {"1 time Source"}, 3},
                    Case{"Fail", TG_ON_ERROR_FAIL, TG_CODE_RECORD, {t1}, {}, 1}),
    case_name);

// No group key at offset 1, no value at offset 2.
class GroupFaults : public Faults, public testing::WithParamInterface<Case>
{
};
TEST_P(GroupFaults, UnderEachPolicy)
{
    plan.source("in", {{"K", "STRING", TG_COLUMN_KEY}, {"V", "INTEGER"}});
    plan.aggregates({plan.aggregate("COUNT", {plan.column("V")})});
    plan.sink("out");
    plan.faults.on_error = GetParam().policy;
    EXPECT_EQ(run({{0, 1, "a", R"({"V":1})"},
                   {0, 2, std::nullopt, R"({"V":1})"},
                   {0, 3, "a", std::nullopt},
                   {0, 4, "a", R"({"V":1})"}}),
              GetParam().code);
    process.reset();
    EXPECT_EQ(world.lines("out"), GetParam().out);
    EXPECT_EQ(committed(), GetParam().committed);
    EXPECT_EQ(has_topic(dead) ? letters() : Lines{}, GetParam().letters);
}
const std::string n1 = R"(a = {"R0":1} @1)", n2 = R"(a = {"R0":2} @4)";
INSTANTIATE_TEST_SUITE_P(All, GroupFaults,
                         testing::Values(Case{"Skip", TG_ON_ERROR_SKIP, TG_OK, {n1, n2}, {}, 4},
                                         Case{"Null", TG_ON_ERROR_NULL, TG_OK, {n1, n2}, {}, 4},
                                         Case{"DeadLetter",
                                              TG_ON_ERROR_DEAD_LETTER,
                                              TG_OK,
                                              {n1, n2},
                                              {"1 key Aggregate", "2 value Aggregate"},
                                              4},
                                         Case{"Fail", TG_ON_ERROR_FAIL, TG_CODE_RECORD, {n1}, {}, 1}),
                         case_name);

// The argument of an aggregate fails at offset 1: under skip the row counts nowhere.
class ArgumentFaults : public Faults, public testing::WithParamInterface<Case>
{
};
TEST_P(ArgumentFaults, UnderEachPolicy)
{
    plan.source("in", {{"K", "STRING", TG_COLUMN_KEY}, {"V", "INTEGER"}});
    plan.aggregates({plan.aggregate("SUM", {plan.call("/", {plan.integer(10), plan.column("V")})}),
                     plan.aggregate("COUNT", {plan.column("V")})});
    plan.sink("out");
    plan.faults.on_error = GetParam().policy;
    EXPECT_EQ(run({{0, 1, "a", R"({"V":5})"}, {0, 2, "a", R"({"V":0})"}, {0, 3, "a", R"({"V":5})"}}),
              GetParam().code);
    process.reset();
    EXPECT_EQ(world.lines("out"), GetParam().out);
    EXPECT_EQ(committed(), GetParam().committed);
    EXPECT_EQ(has_topic(dead) ? letters() : Lines{}, GetParam().letters);
}
const std::string s1 = R"(a = {"R0":2,"R1":1} @1)", s2 = R"(a = {"R0":2,"R1":2} @2)",
                  s3 = R"(a = {"R0":4,"R1":3} @3)", s3_of_two = R"(a = {"R0":4,"R1":2} @3)";
INSTANTIATE_TEST_SUITE_P(
    All, ArgumentFaults,
    testing::Values(
        Case{"Unset", TG_ON_ERROR_UNSET, TG_OK, {s1, s2, s3}, {}, 3},
        Case{"Skip", TG_ON_ERROR_SKIP, TG_OK, {s1, s3_of_two}, {}, 3},
        Case{"DeadLetter", TG_ON_ERROR_DEAD_LETTER, TG_OK, {s1, s3_of_two}, {"1 expression Aggregate"}, 3},
        Case{"Fail", TG_ON_ERROR_FAIL, TG_CODE_EXPRESSION, {s1}, {}, 1}),
    case_name);

// Behind an aggregate a row left out would leave the old value standing: it goes on with NULL, and a letter
// tells of it; a query that stops there commits nothing of its transaction.
TEST_F(Faults, ResultsOfATableAreNeverLeftOut)
{
    plan.source("in", {{"K", "STRING", TG_COLUMN_KEY}, {"V", "INTEGER"}});
    plan.aggregates({plan.aggregate("SUM", {plan.column("V")})});
    plan.project({{{"K", "STRING", TG_COLUMN_KEY}, plan.column("K")},
                  {{"Q", "INTEGER"}, plan.call("/", {plan.integer(10), plan.column("R0")})}});
    plan.sink("out");
    plan.faults.on_error = TG_ON_ERROR_DEAD_LETTER;
    EXPECT_EQ(run({{0, 1, "a", R"({"V":5})"}, {0, 2, "a", R"({"V":-5})"}}), TG_OK);
    EXPECT_EQ(world.lines("out"), (Lines{R"(a = {"Q":2} @1)", R"(a = {"Q":null} @2)"}));
    EXPECT_EQ(letters(), (Lines{"1 expression Project"}));
    EXPECT_EQ(world.read(dead)[0].value, R"({"V":-5})"); // the record that has led to it
    process.reset();
    plan.faults.on_error = TG_ON_ERROR_FAIL;
    EXPECT_EQ(run({{0, 3, "b", R"({"V":1})"}, {0, 4, "a", R"({"V":0})"}}), TG_CODE_EXPRESSION);
    process.reset();
    EXPECT_EQ(world.lines("out").size(), 2u);
    EXPECT_EQ(committed(), 2);
}

// A table function and its argument fail for a row.
TEST_F(Faults, RowsOfAFailedTableFunctionGoNowhere)
{
    plan.source("in", {{"V", "INTEGER"}}, "NONE");
    plan.flat_map({plan.function(
        TG_FUNCTION_TABLE, "EXPLODE",
        {plan.call("ARRAY", {plan.call("/", {plan.integer(6), plan.column("V")}), plan.integer(7)})})});
    plan.sink("out", "NONE");
    plan.faults.on_error = TG_ON_ERROR_DEAD_LETTER;
    EXPECT_EQ(run({{0, 1, std::nullopt, R"({"V":0})"}, {0, 2, std::nullopt, R"({"V":3})"}}), TG_OK);
    EXPECT_EQ(world.lines("out"), (Lines{R"(null = {"V":3,"F1":2} @2)", R"(null = {"V":3,"F1":7} @2)"}));
    EXPECT_EQ(letters(), (Lines{"0 expression FlatMap"}));
}

// ---- rows that cannot be written ----

class OutputFaults : public Faults, public testing::WithParamInterface<Case>
{
};
TEST_P(OutputFaults, TooLargeForItsTopic)
{
    plan.source("in", {{"V", "STRING"}}, "NONE");
    plan.project({{{"W", "STRING"}, plan.call("CONCAT", {plan.column("V"), plan.column("V")})}});
    plan.sink("out", "NONE");
    plan.faults.on_error = GetParam().policy;
    std::string large(600000, 'x'); // twice that is more than the topic takes
    EXPECT_EQ(run({{0, 1, std::nullopt, R"({"V":"a"})"},
                   {0, 2, std::nullopt, R"({"V":")" + large + R"("})"},
                   {0, 3, std::nullopt, R"({"V":"b"})"}}),
              GetParam().code);
    if (GetParam().code != TG_OK) {
        EXPECT_NE(std::string(process->error.message).find("offset 1: step Sink: the output record has"),
                  std::string::npos)
            << process->error.message;
    }
    process.reset();
    EXPECT_EQ(world.lines("out"), GetParam().out);
    EXPECT_EQ(committed(), GetParam().committed);
    if (GetParam().policy == TG_ON_ERROR_DEAD_LETTER) {
        EXPECT_EQ(letters(), GetParam().letters);
        EXPECT_EQ(world.read(dead)[0].value->size(), large.size() + 8); // the record that was read
    }
}
const std::string aa = R"(null = {"W":"aa"} @1)", bb = R"(null = {"W":"bb"} @3)";
INSTANTIATE_TEST_SUITE_P(
    All, OutputFaults,
    testing::Values(Case{"Unset", TG_ON_ERROR_UNSET, TG_CODE_ENCODE, {aa}, {}, 1},
                    Case{"Skip", TG_ON_ERROR_SKIP, TG_OK, {aa, bb}, {}, 3},
                    Case{"Null", TG_ON_ERROR_NULL, TG_OK, {aa, bb}, {}, 3},
                    Case{"DeadLetter", TG_ON_ERROR_DEAD_LETTER, TG_OK, {aa, bb}, {"1 output Sink"}, 3},
                    Case{"Fail", TG_ON_ERROR_FAIL, TG_CODE_ENCODE, {aa}, {}, 1}),
    case_name);

// A dead letter that its topic does not take leaves its value where it is, and says so.
TEST_F(Faults, LettersOfHugeRecordsHaveNoValue)
{
    const tg_topic_setting setting = {"max.message.bytes", "100000"};
    const tg_topic_spec spec = {"small", 1, -1, &setting, 1};
    ASSERT_EQ(tg_admin_create_topic(world.cluster, &spec, 1000, &world.error), TG_OK);
    plan.source("in", {{"V", "INTEGER"}}, "NONE");
    plan.sink("out", "NONE");
    plan.faults = {TG_ON_ERROR_DEAD_LETTER, "small", nullptr};
    EXPECT_EQ(run({{0, 1, std::nullopt, std::string(200000, '[')}}), TG_OK);
    std::vector<Record> found = world.read("small");
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].value, std::nullopt);
    EXPECT_EQ(header(found[0], "__turgo.errors.value.bytes"), "200000");
}

// ---- late records ----

class Late : public Faults
{
protected:
    void plan_windows(tg_window window, const char *late_topic, Policy policy = TG_ON_ERROR_UNSET)
    {
        plan.source("in", {{"K", "STRING", TG_COLUMN_KEY}, {"V", "INTEGER"}});
        plan.aggregates({plan.aggregate("COUNT", {plan.column("V")})}, window);
        plan.sink("out")->window_kind = window.kind;
        plan.faults = {policy, nullptr, late_topic};
    }
};

TEST_F(Late, GoesToItsTopic)
{
    plan_windows(PlanBuilder::tumbling(10, 5), "late");
    EXPECT_EQ(run({{0, 1, "a", R"({"V":1})"}, {0, 16, "a", R"({"V":1})"}, {0, 2, "a", R"({"V":9})"}}), TG_OK);
    std::vector<Record> late = world.read("late");
    ASSERT_EQ(late.size(), 1u);
    EXPECT_EQ(line(late[0]), R"(a = {"V":9} @2)");
    const char *const expected[][2] = {{"topic", "in"},      {"partition", "0"},     {"offset", "2"},
                                       {"query", "Q"},       {"stage", "Aggregate"}, {"window.start", "0"},
                                       {"window.end", "10"}, {"boundary", "11"},     {"kind", "late"},
                                       {"timestamp", "2"}};
    for (const auto &[name, value] : expected)
        EXPECT_EQ(header(late[0], std::string("__turgo.late.") + name), value) << name;
    EXPECT_EQ(counted.late_skipped, 1u);
    EXPECT_EQ(counted.late_records, 1u);
}

TEST_F(Late, OnceThoughSeveralWindowsWereClosed)
{
    plan_windows(PlanBuilder::hopping(10, 5, 0), "late");
    EXPECT_EQ(run({{0, 30, "a", R"({"V":1})"}, {0, 12, "a", R"({"V":1})"}}), TG_OK);
    EXPECT_EQ(letters("late", "__turgo.late."), (Lines{"1 late Aggregate"}));
    EXPECT_EQ(counted.late_skipped, 2u);
    EXPECT_EQ(counted.late_records, 1u);
}

TEST_F(Late, IsADeadLetterWithoutATopicOfItsOwn)
{
    plan_windows(PlanBuilder::tumbling(10, 0), nullptr, TG_ON_ERROR_DEAD_LETTER);
    EXPECT_EQ(run({{0, 30, "a", R"({"V":1})"}, {0, 12, "a", R"({"V":1})"}}), TG_OK);
    EXPECT_EQ(letters(), (Lines{"1 late Aggregate"}));
}

TEST_F(Late, NeverStopsAQuery)
{
    plan_windows(PlanBuilder::tumbling(10, 0), nullptr, TG_ON_ERROR_FAIL);
    EXPECT_EQ(run({{0, 30, "a", R"({"V":1})"}, {0, 12, "a", R"({"V":1})"}}), TG_OK);
    EXPECT_EQ(counted.late_skipped, 1u);
}

// ---- rules ----

TEST_F(Faults, SettingsHoldWhereTheStatementSaysNothing)
{
    struct Rule {
        Policy statement, setting;
        bool fail_on_decode;
        Policy decode;
    };
    const Rule rules[] = {
        {TG_ON_ERROR_UNSET, TG_ON_ERROR_UNSET, false, TG_ON_ERROR_SKIP},
        {TG_ON_ERROR_UNSET, TG_ON_ERROR_UNSET, true, TG_ON_ERROR_FAIL},
        {TG_ON_ERROR_UNSET, TG_ON_ERROR_NULL, false, TG_ON_ERROR_NULL},
        {TG_ON_ERROR_SKIP, TG_ON_ERROR_NULL, true, TG_ON_ERROR_SKIP},
        {TG_ON_ERROR_DEAD_LETTER, TG_ON_ERROR_FAIL, true, TG_ON_ERROR_DEAD_LETTER},
    };
    for (const Rule &rule : rules) {
        const tg_plan_faults statement = {rule.statement, nullptr, nullptr};
        const tg_fault_settings settings = {rule.setting, rule.fail_on_decode, false, "all-letters"};
        tg_fault_rules made;
        tg_fault_rules_make(plan.arena, "app-Q", &statement, &settings, &made);
        EXPECT_EQ(made.policies[TG_FAULT_DECODE], rule.decode);
        EXPECT_STREQ(made.dead_letter_topic,
                     rule.statement == TG_ON_ERROR_DEAD_LETTER ? "all-letters" : nullptr);
    }
}

} // namespace
} // namespace turgo
