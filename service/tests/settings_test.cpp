// Settings: every row, prefixes, client names, suggestions; nothing secret in a message. Arguments: forms and
// usage errors. The demo's feeder.
#include "service/command.h"
#include "service/demo/feeder.h"
#include "service/settings.h"

#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

namespace
{

class Settings : public testing::Test
{
protected:
    ~Settings() override
    {
        tg_properties_free(properties);
    }
    tg_code check(const char *name, const char *value)
    {
        return tg_settings_check(name, value, &error);
    }
    tg_query_settings query()
    {
        tg_query_settings settings;
        tg_settings_query(properties, &settings);
        return settings;
    }
    void set(const char *name, const char *value)
    {
        tg_properties_set(properties, name, value, "test");
    }
    tg_properties *properties = tg_properties_new();
    tg_error error = {};
};

// Names as the help lists them.
std::vector<std::string> all_names()
{
    tg_buffer out = {};
    tg_settings_write_help(&out);
    std::istringstream text(std::string(reinterpret_cast<const char *>(out.data), out.length));
    tg_buffer_done(&out);
    std::vector<std::string> names;
    for (std::string line, name; std::getline(text, line); names.push_back(name))
        std::istringstream(line) >> name;
    return names;
}

struct Row {
    const char *name, *good, *bad;
};
const Row rows[] = {
    {"application.id", "x", nullptr},
    {"ksql.service.id", "x", nullptr},
    {"state.dir", "/tmp/x", nullptr},
    {"processing.guarantee", "at_least_once", "exactly_once"},
    {"commit.interval.ms", "1", "0"},
    {"num.stream.threads", "256", "257"},
    {"auto.offset.reset", "none", "newest"},
    {"cache.max.bytes.buffering", "0", "-1"},
    {"statestore.cache.max.bytes", "5", "5MB"},
    {"max.task.idle.ms", "-1", "-2"},
    {"repartition.purge.interval.ms", "0", "-1"},
    {"replication.factor", "3", "99"},
    {"transaction.timeout.ms", "1000", "999"},
    {"turgo.request.timeout.ms", "100", "1e3"},
    {"turgo.connect.timeout.ms", "0", ""},
    {"turgo.record.future.max.ms", "-1", "-2"},
    {"turgo.stalled.warn.ms", "0", "-1"},
    {"turgo.on.error", "dead-letter", "explode"},
    {"errors.dead.letter.queue.topic.name", "letters", nullptr},
    {"ksql.fail.on.deserialization.error", "true", "yes"},
    {"deserialization.exception.handler", "org.apache.kafka.streams.errors.LogAndFailExceptionHandler",
     "my.Handler"},
    {"default.deserialization.exception.handler", "LogAndContinueExceptionHandler", "my.Handler"},
    {"ksql.timestamp.throw.on.invalid", "false", "0"},
    {"memory.max.bytes", "16777216", "1"},
    {"ksql.persistence.default.format.key", "JSON", nullptr},
    {"ksql.persistence.default.format.value", "JSON", nullptr},
    {"ksql.persistence.wrap.single.values", "TRUE", "1"},
    {"ksql.create.or.replace.enabled", "FALSE", "no"},
    {"ksql.extension.dir", "extensions", nullptr},
    {"ksql.functions.collect_list.limit", "1", "0"},
    {"ksql.functions.collect_set.limit", "1000", "all"},
    {"schema.registry.url", "http://localhost:8081", nullptr},
    {"basic.auth.user.info", "user:password", nullptr},
    {"schema.registry.basic.auth.user.info", "user:password", nullptr},
    {"bearer.auth.token", "token", nullptr},
    {"schema.registry.bearer.auth.token", "token", nullptr},
    {"schema.registry.ssl.ca.location", "ca.pem", nullptr},
    {"schema.registry.ssl.certificate.location", "certificate.pem", nullptr},
    {"schema.registry.ssl.key.location", "key.pem", nullptr},
    {"schema.registry.ssl.key.password", "password", nullptr},
    {"schema.registry.ssl.verify.hostname", "false", "perhaps"},
    {"schema.registry.request.timeout.ms", "1000", "0"},
    {"schema.registry.retry.timeout.ms", "1000", "0"},
    {"auto.register.schemas", "false", "perhaps"},
    {"use.latest.version", "true", "perhaps"},
    {"normalize.schemas", "true", "perhaps"},
    {"ksql.output.topic.name.prefix", "x", nullptr},
};

// What holds for the whole process cannot be changed by a statement.
TEST_F(Settings, StatementsSetWhatHoldsForQueries)
{
    EXPECT_EQ(tg_settings_check_set("ksql.streams.commit.interval.ms", "10", &error), TG_OK) << error.message;
    EXPECT_EQ(tg_settings_check_set("consumer.max.poll.records", "10", &error), TG_OK) << error.message;
    EXPECT_EQ(tg_settings_check_set("commit.interval.ms", "0", &error), TG_CODE_CONFIG);
    const std::vector<std::pair<const char *, const char *>> of_process = {
        {"state.dir", "/x"},
        {"ksql.streams.num.stream.threads", "2"},
        {"application.id", "x"},
        {"ksql.service.id", "x"},
        {"memory.max.bytes", "33554432"},
        {"turgo.connect.timeout.ms", "5"}};
    for (const auto &[name, value] : of_process) {
        EXPECT_EQ(tg_settings_check_set(name, value, &error), TG_CODE_CONFIG) << name;
        EXPECT_NE(std::string(error.hint).find("--set"), std::string::npos) << error.message;
    }
    EXPECT_EQ(tg_settings_check_set("bootstrap.servers", "x:1", &error), TG_CODE_CONFIG);
    EXPECT_NE(std::string(error.hint).find("consumer.bootstrap.servers"), std::string::npos) << error.hint;
}

TEST_F(Settings, EveryRowIsChecked)
{
    std::vector<std::string> listed;
    for (const Row &row : rows) {
        listed.push_back(row.name);
        EXPECT_EQ(check(row.name, row.good), TG_OK) << error.message;
        if (row.bad == nullptr)
            continue;
        EXPECT_EQ(check(row.name, row.bad), TG_CODE_CONFIG) << row.name;
        EXPECT_NE(std::string(error.message).find(row.name), std::string::npos) << error.message;
    }
    EXPECT_EQ(all_names(), listed) << "a setting without a row here";
}

TEST_F(Settings, DefaultsAreTheDocumentedOnes)
{
    tg_query_settings settings = query();
    EXPECT_TRUE(settings.exactly_once);
    EXPECT_FALSE(settings.emit_per_record);
    EXPECT_EQ(settings.commit_interval_ms, 100);
    EXPECT_EQ(settings.offset_reset, TG_RESET_LATEST);
    EXPECT_EQ(settings.internal_replication, -1);
    EXPECT_EQ(settings.purge_interval_ms, 30000);
    EXPECT_EQ(settings.task_idle_ms, 0);
    tg_process_settings process;
    tg_settings_process(properties, &process);
    EXPECT_EQ(process.application_id, nullptr);
    EXPECT_EQ(process.thread_count, 1u);
    char *prefix = tg_settings_prefix(&process);
    EXPECT_STREQ(prefix, "_confluent-ksql-default_query_");
    free(prefix);
}

TEST_F(Settings, PrefixesNameTheSameSetting)
{
    for (const char *name : {"commit.interval.ms", "ksql.streams.commit.interval.ms",
                             "streams.commit.interval.ms", "ksql.commit.interval.ms"}) {
        set(name, "123");
        EXPECT_EQ(check(name, "123"), TG_OK) << error.message;
        EXPECT_EQ(query().commit_interval_ms, 123);
        set(name, "7"); // the last one given counts, under whatever name
    }
    set("cache.max.bytes.buffering", "5000000");
    EXPECT_FALSE(query().emit_per_record);
    set("statestore.cache.max.bytes", "0"); // the newer name wins
    EXPECT_TRUE(query().emit_per_record);
    set("processing.guarantee", "AT_LEAST_ONCE");
    EXPECT_FALSE(query().exactly_once);
}

TEST_F(Settings, UnknownNamesGetASuggestion)
{
    EXPECT_EQ(check("comit.interval.ms", "1"), TG_CODE_CONFIG);
    EXPECT_NE(std::string(error.hint).find("commit.interval.ms"), std::string::npos) << error.hint;
    EXPECT_EQ(check("bootstrap.server", "x"), TG_CODE_CONFIG);
    EXPECT_NE(std::string(error.hint).find("bootstrap.servers"), std::string::npos) << error.hint;
    error = {};
    EXPECT_EQ(check("qqqqqqqqqqqqqqqqqqqqqqqqqqqq", "x"), TG_CODE_CONFIG);
    EXPECT_STREQ(error.hint, "");
}

TEST_F(Settings, ClientNamesGoToTheClients)
{
    set("bootstrap.servers", "b:1");
    set("consumer.fetch.min.bytes", "7");
    set("ksql.streams.producer.linger.ms", "9");
    set("commit.interval.ms", "5");
    ASSERT_EQ(tg_settings_check_all(properties, &error), TG_OK) << error.message;
    tg_properties *all = tg_properties_new(), *consumer = tg_properties_new(),
                  *producer = tg_properties_new();
    tg_settings_split_client(properties, all, consumer, producer);
    EXPECT_STREQ(tg_properties_get(all, "bootstrap.servers"), "b:1");
    EXPECT_STREQ(tg_properties_get(consumer, "fetch.min.bytes"), "7");
    EXPECT_STREQ(tg_properties_get(producer, "linger.ms"), "9");
    EXPECT_EQ(tg_properties_count(all) + tg_properties_count(consumer) + tg_properties_count(producer), 3u);
    for (tg_properties *each : {all, consumer, producer})
        tg_properties_free(each);
}

TEST_F(Settings, TheErrorNamesWhereAValueCameFromAndNoSecret)
{
    tg_properties_set(properties, "sasl.password", "hunter2", "client.properties:3");
    tg_properties_set(properties, "num.stream.threads", "many", "client.properties:4");
    EXPECT_EQ(tg_settings_check_all(properties, &error), TG_CODE_CONFIG);
    EXPECT_NE(std::string(error.message).find("client.properties:4"), std::string::npos) << error.message;
    EXPECT_EQ(std::string(error.message).find("hunter2"), std::string::npos) << error.message;
}

// ---- arguments ----

struct Parsed {
    std::vector<std::string> operands, values;
    int flags = 0;
};
tg_code add_operand(void *context, const char *value, tg_error *)
{
    static_cast<Parsed *>(context)->operands.push_back(value);
    return TG_OK;
}
tg_code add_value(void *context, const char *value, tg_error *)
{
    static_cast<Parsed *>(context)->values.push_back(value);
    return TG_OK;
}
tg_code add_flag(void *context, const char *, tg_error *)
{
    static_cast<Parsed *>(context)->flags++;
    return TG_OK;
}

int parse(std::vector<const char *> words, Parsed *parsed)
{
    const tg_option options[] = {
        {"--value", true, add_value}, {"--flag", false, add_flag}, {nullptr, false, nullptr}};
    const tg_arguments arguments = {&tg_command_check, options, add_operand, parsed};
    return tg_arguments_parse(&arguments, static_cast<int>(words.size()), const_cast<char **>(words.data()));
}

TEST(Arguments, AllForms)
{
    Parsed parsed;
    EXPECT_EQ(parse({"a", "--value", "1", "--flag", "--value=2", "-", "--", "--value", "-x"}, &parsed),
              TG_EXIT_OK);
    EXPECT_EQ(parsed.operands, (std::vector<std::string>{"a", "-", "--value", "-x"}));
    EXPECT_EQ(parsed.values, (std::vector<std::string>{"1", "2"}));
    EXPECT_EQ(parsed.flags, 1);
    EXPECT_EQ(parse({"--value="}, &parsed), TG_EXIT_OK);
    EXPECT_EQ(parsed.values.back(), "");
}

TEST(Arguments, UsageErrors)
{
    Parsed parsed;
    for (const std::vector<const char *> &words : std::vector<std::vector<const char *>>{
             {"--vale", "1"}, {"--value"}, {"--flag=1"}, {"-x"}, {"---flag"}})
        EXPECT_EQ(parse(words, &parsed), TG_EXIT_USAGE) << words[0];
    testing::internal::CaptureStderr();
    EXPECT_EQ(parse({"--vlaue=1"}, &parsed), TG_EXIT_USAGE);
    EXPECT_NE(testing::internal::GetCapturedStderr().find("did you mean --value"), std::string::npos);
    EXPECT_EQ(parse({"x", "--help", "--nonsense"}, &parsed), -1);
    EXPECT_EQ(parse({"-h"}, &parsed), -1);
}

// ---- the feeder of the demo ----

TEST(Feeder, MakesTheSameInvoicesAlways)
{
    tg_buffer text = {};
    tg_invoice invoice;
    std::vector<std::string> first;
    for (uint64_t number = 0; number < 50; number++) {
        tg_feeder_invoice(number, 1000, &text, &invoice);
        EXPECT_EQ(invoice.created_ms, 1000 + static_cast<int64_t>(number) * 20000);
        first.emplace_back(reinterpret_cast<const char *>(text.data), text.length);
        EXPECT_NE(first.back().find(invoice.store), std::string::npos);
    }
    for (uint64_t number = 50; number-- > 0;) { // in any order
        tg_feeder_invoice(number, 1000, &text, &invoice);
        EXPECT_EQ(std::string(reinterpret_cast<const char *>(text.data), text.length), first[number]);
    }
    EXPECT_NE(first[0], first[1]);
    tg_buffer_done(&text);
}

} // namespace
