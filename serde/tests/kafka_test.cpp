// KAFKA and NONE.
#include <gtest/gtest.h>

#include "serde/tests/serde_test.hpp"

namespace
{

using namespace serde_test;
using Rows = std::vector<std::string>;

struct KafkaCase {
    const char *type;
    std::string bytes;
    std::string expected;
};

class Kafka : public testing::TestWithParam<KafkaCase>
{
};

TEST_P(Kafka, ReadsAndWrites)
{
    const KafkaCase &param = GetParam();
    Columns columns({{"V", param.type}});
    Decoder decoder(find_format("KAFKA"), columns, columns.options());
    decoder.decode({Record(param.bytes), Record(nullptr)});
    EXPECT_EQ(decoder.rows(), (Rows{param.expected, "null"}));
    Encoder encoder(find_format("KAFKA"), columns.options());
    EXPECT_EQ(encoder.encode(decoder.columns(), 2), (Rows{param.bytes, "<null>"}));
}

INSTANTIATE_TEST_SUITE_P(
    Values, Kafka,
    testing::Values(KafkaCase{"INT", std::string("\x00\x00\x01\x02", 4), "258"},
                    KafkaCase{"INT", "\xff\xff\xff\xfe", "-2"},
                    KafkaCase{"BIGINT", std::string("\x00\x00\x00\x01\x00\x00\x00\x00", 8), "4294967296"},
                    KafkaCase{"BIGINT", std::string("\x80\x00\x00\x00\x00\x00\x00\x00", 8),
                              "-9223372036854775808"},
                    KafkaCase{"DOUBLE", std::string("\x3f\xf8\x00\x00\x00\x00\x00\x00", 8), "1.5"},
                    KafkaCase{"STRING", "", "''"}, KafkaCase{"STRING", "na\xc3\xafve", "'na\xc3\xafve'"},
                    KafkaCase{"BYTES", std::string("\x00\xff", 2), "x'00ff'"}));

struct KafkaFault {
    const char *type;
    std::string bytes;
    const char *message;
};

class KafkaMalformed : public testing::TestWithParam<KafkaFault>
{
};

TEST_P(KafkaMalformed, FailsTheRecord)
{
    Columns columns({{"V", GetParam().type}});
    std::string expected = std::string("error: ") + GetParam().message + " | ";
    Decoder needed(find_format("KAFKA"), columns, columns.options());
    needed.decode({Record(GetParam().bytes), Record(nullptr)});
    EXPECT_EQ(needed.rows(), (Rows{expected + "null", "null"}));
    Decoder other(find_format("KAFKA"), columns, columns.options(), {false});
    other.decode({Record(GetParam().bytes)});
    EXPECT_EQ(other.rows(), (Rows{expected + "-"}));
}

INSTANTIATE_TEST_SUITE_P(Faults, KafkaMalformed,
                         testing::Values(KafkaFault{"INT", "abc", "3 bytes, but INTEGER has 4"},
                                         KafkaFault{"INT", "", "0 bytes, but INTEGER has 4"},
                                         KafkaFault{"BIGINT", "abcd", "4 bytes, but BIGINT has 8"},
                                         KafkaFault{"DOUBLE", "123456789", "9 bytes, but DOUBLE has 8"},
                                         KafkaFault{
                                             "STRING", "ab\xff",
                                             "not valid UTF-8 at byte 2, but STRING needs text in UTF-8"}));

TEST(KafkaFormat, RefusesWhatItCannotCarry)
{
    tg_error error;
    for (const char *type : {"BOOLEAN", "DECIMAL(4, 2)", "TIME", "DATE", "TIMESTAMP", "ARRAY<INT>",
                             "MAP<STRING, INT>", "STRUCT<A INT>"}) {
        Columns columns({{"V", type}});
        tg_format_options options = columns.options();
        EXPECT_EQ(find_format("KAFKA")->check(&options, &error), TG_CODE_TYPE) << type;
        EXPECT_EQ(std::string(error.message).substr(0, 29), "column V: KAFKA cannot carry ") << type;
    }
    Columns two({{"A", "INT"}, {"B", "INT"}});
    tg_format_options options = two.options();
    EXPECT_EQ(find_format("KAFKA")->check(&options, &error), TG_CODE_TYPE);
    Columns one({{"A", "INT"}});
    options = one.options();
    options.delimiter = ';';
    EXPECT_EQ(find_format("KAFKA")->check(&options, &error), TG_CODE_CONFIG);
}

TEST(KafkaFormat, KeyFlagAndSelection)
{
    Columns columns({{"K", "STRING"}});
    tg_format_options options = columns.options();
    options.is_key = true;
    Decoder decoder(find_format("KAFKA"), columns, options);
    decoder.decode({Record("a"), Record("b"), Record("c")});
    Encoder encoder(find_format("KAFKA"), options);
    EXPECT_EQ(encoder.encode(decoder.columns(), 2, {0, 0, TG_ROW_KEY_NULL}, {1, 2}), (Rows{"b", "<null>"}));
}

TEST(NoneFormat, ReadsAndWritesNothing)
{
    Columns none(nullptr, 0);
    tg_format_options options = none.options();
    for (const char *name : {"NONE", "KAFKA", "DELIMITED"}) {
        options.is_key = true;
        Decoder decoder(find_format(name), none, options);
        decoder.decode({Record("bytes"), Record(nullptr)});
        EXPECT_EQ(decoder.error_count(), 0U) << name;
        Encoder encoder(find_format(name), options);
        EXPECT_EQ(encoder.encode({}, 2), (Rows{"<null>", "<null>"})) << name;
    }
    Columns one({{"A", "INT"}});
    options = one.options();
    tg_error error;
    EXPECT_EQ(find_format("NONE")->check(&options, &error), TG_CODE_TYPE);
}

} // namespace
