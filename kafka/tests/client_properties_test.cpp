// kafka/tests/client_properties_test.cpp: Java's and librdkafka's client settings.
#include "kafka/kafka.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>

namespace
{

using Settings = std::map<std::string, std::string>;

struct PropertiesCloser {
    void operator()(tg_properties *properties) const
    {
        tg_properties_free(properties);
    }
};
using Properties = std::unique_ptr<tg_properties, PropertiesCloser>;

Properties properties_of(const Settings &settings)
{
    Properties properties(tg_properties_new());
    for (const auto &[name, value] : settings)
        tg_properties_set(properties.get(), name.c_str(), value.c_str(), "client.properties");
    return properties;
}

tg_code translate(const Settings &given, Settings &translated, tg_error &error)
{
    Properties from = properties_of(given);
    Properties to(tg_properties_new());
    tg_code code = tg_client_properties_translate(from.get(), to.get(), &error);
    for (size_t i = 0; code == TG_OK && i < tg_properties_count(to.get()); i++)
        translated[tg_properties_key(to.get(), i)] = tg_properties_value(to.get(), i);
    return code;
}

struct TranslateCase {
    const char *name;
    Settings given;
    Settings expected;
};

class Translate : public testing::TestWithParam<TranslateCase>
{
};

TEST_P(Translate, GivesLibrdkafkasNames)
{
    tg_error error = {};
    Settings translated;
    ASSERT_EQ(TG_OK, translate(GetParam().given, translated, error)) << error.message;
    EXPECT_EQ(GetParam().expected, translated);
    Settings again;
    ASSERT_EQ(TG_OK, translate(translated, again, error)) << error.message;
    EXPECT_EQ(translated, again) << "translating twice changes nothing";
}

INSTANTIATE_TEST_SUITE_P(
    Settings, Translate,
    testing::Values(
        TranslateCase{"plain", {{"bootstrap.servers", "a:1,b:2"}}, {{"bootstrap.servers", "a:1,b:2"}}},
        TranslateCase{"java_names",
                      {{"buffer.memory", "33554432"},
                       {"fetch.max.wait.ms", "250"},
                       {"max.request.size", "2000000"},
                       {"delivery.timeout.ms", "60000"}},
                      {{"queue.buffering.max.kbytes", "32768"},
                       {"fetch.wait.max.ms", "250"},
                       {"message.max.bytes", "2000000"},
                       {"message.timeout.ms", "60000"}}},
        TranslateCase{"prefixes",
                      {{"consumer.fetch.min.bytes", "10"}, {"producer.compression.type", "LZ4"}},
                      {{"consumer.fetch.min.bytes", "10"}, {"producer.compression.type", "lz4"}}},
        TranslateCase{"ours_and_javas",
                      {{"group.id", "g"},
                       {"enable.auto.commit", "true"},
                       {"key.deserializer", "org.x.Y"},
                       {"acks", "1"}},
                      {}},
        TranslateCase{
            "sasl_plain",
            {{"security.protocol", "SASL_SSL"},
             {"sasl.mechanism", "PLAIN"},
             {"sasl.jaas.config", "org.apache.kafka.common.security.plain.PlainLoginModule required "
                                  "username=\"alice\" password=\"a \\\"b\\\"=;c\";"}},
            {{"security.protocol", "sasl_ssl"},
             {"sasl.mechanism", "PLAIN"},
             {"sasl.username", "alice"},
             {"sasl.password", "a \"b\"=;c"}}},
        TranslateCase{
            "pem_stores",
            {{"ssl.truststore.type", "PEM"},
             {"ssl.truststore.location", "/ca"},
             {"ssl.keystore.type", "PEM"},
             {"ssl.keystore.location", "/key"}},
            {{"ssl.ca.location", "/ca"}, {"ssl.certificate.location", "/key"}, {"ssl.key.location", "/key"}}},
        TranslateCase{"pkcs12_key_store",
                      {{"ssl.keystore.location", "/k.p12"}, {"ssl.keystore.password", "secret"}},
                      {{"ssl.keystore.location", "/k.p12"}, {"ssl.keystore.password", "secret"}}},
        TranslateCase{"no_host_name_check",
                      {{"ssl.endpoint.identification.algorithm", ""}},
                      {{"ssl.endpoint.identification.algorithm", "none"}}}),
    [](const auto &info) { return std::string(info.param.name); });

struct RefuseCase {
    const char *name;
    Settings given;
    const char *message; // a part of it
    const char *hint;    // a part of it
};

class Refuse : public testing::TestWithParam<RefuseCase>
{
};

TEST_P(Refuse, SaysWhatAndWhereAndWhatWouldBeRight)
{
    tg_error error = {};
    Settings translated;
    ASSERT_EQ(TG_CODE_CONFIG, translate(GetParam().given, translated, error));
    EXPECT_NE(std::string::npos, std::string(error.message).find(GetParam().message)) << error.message;
    EXPECT_NE(std::string::npos, std::string(error.hint).find(GetParam().hint)) << error.hint;
    EXPECT_EQ(std::string::npos, std::string(error.message).find("hunter2")) << "secrets are not printed";
}

INSTANTIATE_TEST_SUITE_P(
    Settings, Refuse,
    testing::Values(
        RefuseCase{"unknown",
                   {{"bootstrap.server", "a:1"}},
                   "'bootstrap.server' from client.properties",
                   "'bootstrap.servers'"},
        RefuseCase{"not_a_number",
                   {{"linger.ms", "soon"}},
                   "'linger.ms' from client.properties cannot be 'soon'",
                   ""},
        RefuseCase{"not_in_the_list", {{"security.protocol", "TLS"}}, "'security.protocol'", ""},
        RefuseCase{"bytes", {{"buffer.memory", "12"}}, "'buffer.memory'", ""},
        RefuseCase{"secret",
                   {{"sasl.oauthbearer.assertion.private.key.pem", ""}, {"linger.ms", "x"}},
                   "linger.ms",
                   ""},
        RefuseCase{"jks",
                   {{"ssl.keystore.location", "/k.jks"}, {"ssl.keystore.password", "hunter2"}},
                   "'/k.jks' is a Java key store",
                   "keytool -importkeystore"},
        RefuseCase{"trust_store_jks_type",
                   {{"ssl.truststore.location", "/t"}, {"ssl.truststore.type", "JKS"}},
                   "ssl.truststore.location",
                   "keytool"},
        RefuseCase{
            "trust_store_p12", {{"ssl.truststore.location", "/t.p12"}}, "not a PEM file", "openssl pkcs12"},
        RefuseCase{"empty_jaas", {{"sasl.jaas.config", "hunter2"}}, "no login module", "PlainLoginModule"}),
    [](const auto &info) { return std::string(info.param.name); });

// OIDC needs a librdkafka that was built with libcurl: the settings arrive, or the reason is told.
TEST(ClientProperties, OauthIsTranslatedOrRefusedWithTheReason)
{
    tg_error error = {};
    Settings translated;
    Settings given = {{"sasl.mechanism", "OAUTHBEARER"},
                      {"sasl.jaas.config",
                       "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule "
                       "required clientId='me' clientSecret='hunter2' scope='k';"}};
    tg_code code = translate(given, translated, error);
    if (code == TG_OK) {
        EXPECT_EQ("me", translated["sasl.oauthbearer.client.id"]);
        EXPECT_EQ("hunter2", translated["sasl.oauthbearer.client.secret"]);
        EXPECT_EQ("k", translated["sasl.oauthbearer.scope"]);
    } else {
        EXPECT_NE(std::string::npos, std::string(error.message).find("libcurl")) << error.message;
        EXPECT_EQ(std::string::npos, std::string(error.message).find("hunter2")) << error.message;
    }
}

TEST(ClientProperties, KnowsNamesAndPrefixes)
{
    EXPECT_TRUE(tg_client_property_known("bootstrap.servers"));
    EXPECT_TRUE(tg_client_property_known("consumer.fetch.min.bytes"));
    EXPECT_FALSE(tg_client_property_known("consumer."));
    EXPECT_FALSE(tg_client_property_known("state.dir"));
    size_t count = 0;
    while (tg_client_property_at(count) != nullptr)
        EXPECT_TRUE(tg_client_property_known(tg_client_property_at(count++)));
    EXPECT_GT(count, 150u);
}

TEST(RealCluster, OpenChecksItsSettings)
{
    tg_error error = {};
    tg_cluster *cluster = nullptr;
    EXPECT_EQ(TG_CODE_CONFIG, tg_cluster_open_real(properties_of({}).get(), &cluster, &error));
    EXPECT_STREQ("bootstrap.servers is not set", error.message);
    EXPECT_EQ(TG_CODE_CONFIG, tg_cluster_open_real(properties_of({{"nope", "1"}}).get(), &cluster, &error));
}

TEST(RealCluster, ABrokerThatIsNotThereIsUnreachable)
{
    tg_error error = {};
    tg_cluster *cluster = nullptr;
    Properties client = properties_of({{"bootstrap.servers", "127.0.0.1:1"}});
    ASSERT_EQ(TG_OK, tg_cluster_open_real(client.get(), &cluster, &error)) << error.message;
    EXPECT_EQ(TG_CODE_KAFKA_UNREACHABLE, tg_cluster_probe(cluster, 1500, &error));
    EXPECT_NE(std::string::npos, std::string(error.message).find("127.0.0.1:1")) << error.message;
    EXPECT_NE(std::string::npos, std::string(error.hint).find("127.0.0.1:1")) << error.hint;
    int32_t count = 0;
    EXPECT_NE(TG_OK, tg_admin_partition_count(cluster, "t", 300, &count, &error));
    tg_cluster_close(cluster);
}

} // namespace
