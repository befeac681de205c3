// JSON to AVRO by a schema that stands in the registry already, AVRO back to JSON through sums, and
// DELIMITED, JSON and AVRO into one another: to the byte. The expected bytes were worked out by hand from
// Avro's specification.
#include "service/tests/job_fixture.h"

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace
{

std::string from_hex(const std::string &text)
{
    std::string bytes;
    for (size_t i = 0; i + 1 < text.size(); i += 2)
        bytes += static_cast<char>(std::stoi(text.substr(i, 2), nullptr, 16));
    return bytes;
}

class AvroScenario : public turgo::JobTest
{
protected:
    AvroScenario()
    {
        open_registry();
    }
    // As another producer would have registered it: the value before the null in each union.
    void register_schema()
    {
        const char *const fields[][2] = {
            {"InvoiceNumber", "string"}, {"CreatedTime", "long"},    {"StoreID", "string"},
            {"PosID", "string"},         {"CustomerType", "string"}, {"CustomerCardNo", "string"},
            {"DeliveryType", "string"},  {"City", "string"},         {"State", "string"},
            {"PinCode", "string"},       {"ItemCode", "string"},     {"ItemDescription", "string"},
            {"ItemPrice", "double"},     {"ItemQty", "int"},         {"TotalValue", "double"},
        };
        std::string text = R"({"type":"record","name":"InvoiceItem","fields":[)";
        for (const auto &field : fields)
            text += std::string(&field == &fields[0] ? "" : ",") + R"({"name":")" + field[0] +
                    R"(","type":[")" + field[1] + R"(","null"]})";
        text += "]}";
        tg_registry_schema schema = {};
        schema.type = TG_REGISTRY_AVRO;
        schema.text = tg_slice_of(text.data(), text.size());
        int32_t id = 0;
        ASSERT_EQ(tg_registry_register(registry, "invoice-items-value", &schema, &id, &error), TG_OK)
            << error.message;
        ASSERT_EQ(id, 1);
    }
    // The records of the example that flattens invoices; two have no items.
    void produce_invoices()
    {
        std::ifstream file(std::string(TG_SOURCE_DIR) + "/examples/invoice-flatten/input.jsonl");
        const std::string before = R"("value": )";
        const std::string behind = R"(, "timestamp")";
        topic("invoices");
        for (std::string line; std::getline(file, line);) {
            const size_t start = line.find(before) + before.size();
            produce("invoices", "", line.substr(start, line.rfind(behind) - start), 1595688900348);
        }
    }
    // "key = value" without the time.
    std::vector<std::string> pairs(const char *name)
    {
        std::vector<std::string> lines = read(name);
        for (std::string &line : lines)
            line.resize(line.rfind(" @"));
        return lines;
    }
};

const char invoices_to_items[] = R"(
CREATE STREAM invoices (
    `InvoiceNumber` VARCHAR, `CreatedTime` BIGINT, `StoreID` VARCHAR, `PosID` VARCHAR, `CustomerType` VARCHAR,
    `CustomerCardNo` VARCHAR, `DeliveryType` VARCHAR,
    `DeliveryAddress` STRUCT<`City` VARCHAR, `State` VARCHAR, `PinCode` VARCHAR>,
    `InvoiceLineItems` ARRAY<STRUCT<`ItemCode` VARCHAR, `ItemDescription` VARCHAR, `ItemPrice` DOUBLE,
                                    `ItemQty` INT, `TotalValue` DOUBLE>>
) WITH (KAFKA_TOPIC = 'invoices', VALUE_FORMAT = 'JSON');
CREATE STREAM items WITH (KAFKA_TOPIC = 'items') AS
    SELECT `InvoiceNumber`, `CreatedTime`, `StoreID`, `PosID`, `CustomerType`, `CustomerCardNo`,
           `DeliveryType`, `DeliveryAddress`->`City` AS `City`, `DeliveryAddress`->`State` AS `State`,
           `DeliveryAddress`->`PinCode` AS `PinCode`, EXPLODE(`InvoiceLineItems`) AS `Item`
    FROM invoices EMIT CHANGES;
CREATE STREAM invoice_items WITH (KAFKA_TOPIC = 'invoice-items', VALUE_FORMAT = 'AVRO', VALUE_SCHEMA_ID = 1) AS
    SELECT `InvoiceNumber` AS invoice, AS_VALUE(`InvoiceNumber`) AS `InvoiceNumber`, `CreatedTime`, `StoreID`,
           `PosID`, `CustomerType`, `CustomerCardNo`, `DeliveryType`, `City`, `State`, `PinCode`,
           `Item`->`ItemCode` AS `ItemCode`, `Item`->`ItemDescription` AS `ItemDescription`,
           `Item`->`ItemPrice` AS `ItemPrice`, `Item`->`ItemQty` AS `ItemQty`,
           `Item`->`TotalValue` AS `TotalValue`
    FROM items PARTITION BY `InvoiceNumber` EMIT CHANGES;
)";

TEST_F(AvroScenario, JsonToAvroToRewards)
{
    register_schema();
    produce_invoices();
    ASSERT_EQ(run(invoices_to_items), TG_OK) << error.message;
    const std::vector<std::string> items = pairs("invoice-items");
    ASSERT_EQ(items.size(), 9U);
    EXPECT_EQ(
        items[4],
        "91372973 = " +
            from_hex("0000000001"
                     "0010393133373239373300c6e9c2e7f05c000e53545238353133000c504f53313633000a5052494d45"
                     "001432373632333435323832001a484f4d452d44454c49564552590012536869766170757269001c4d"
                     "61646879612050726164657368000c35363130313200063431330012536c6970636f76657200000000"
                     "0000a09d400002000000000000a09d40"));
    // An invoice that is taken away has no address: three nulls, whose branch is the second one.
    EXPECT_NE(items[0].find(std::string("\0\x10TAKEAWAY\x02\x02\x02", 13)), std::string::npos);

    set("application.id", "rewards");
    ASSERT_EQ(run(R"(
        CREATE STREAM invoice_items WITH (KAFKA_TOPIC = 'invoice-items', VALUE_FORMAT = 'AVRO');
        CREATE TABLE rewards WITH (KAFKA_TOPIC = 'customer-rewards', VALUE_FORMAT = 'JSON') AS
            SELECT CustomerCardNo, SUM(TotalValue) AS `TotalPurchase`,
                   SUM(CAST(TotalValue * 0.2E0 AS INTEGER)) AS `AggregatedRewards`
            FROM invoice_items WHERE CustomerType = 'PRIME' GROUP BY CustomerCardNo EMIT CHANGES;)"),
              TG_OK)
        << error.message;
    const std::vector<std::string> rewards = {
        R"(4629185211 = {"TotalPurchase":3288.0,"AggregatedRewards":657})",
        R"(4629185211 = {"TotalPurchase":5524.0,"AggregatedRewards":1104})",
        R"(4629185211 = {"TotalPurchase":8372.0,"AggregatedRewards":1673})",
        R"(4629185211 = {"TotalPurchase":11114.0,"AggregatedRewards":2221})",
        R"(2762345282 = {"TotalPurchase":1896.0,"AggregatedRewards":379})",
        R"(2762345282 = {"TotalPurchase":3677.0,"AggregatedRewards":735})",
        R"(2762345282 = {"TotalPurchase":5006.0,"AggregatedRewards":1000})",
        R"(2762345282 = {"TotalPurchase":8272.0,"AggregatedRewards":1653})",
    };
    EXPECT_EQ(pairs("customer-rewards"), rewards);
}

TEST_F(AvroScenario, AssertSchemaLooksAtTheRegistry)
{
    register_schema();
    const std::vector<std::pair<std::string, tg_code>> statements = {
        {"ASSERT SCHEMA SUBJECT 'invoice-items-value';", TG_OK},
        {"ASSERT SCHEMA SUBJECT 'invoice-items-value' ID 1 TIMEOUT 1 SECONDS;", TG_OK},
        {"ASSERT SCHEMA ID 2 TIMEOUT 1 MILLISECONDS;", TG_CODE_SCHEMA_UNKNOWN},
        {"ASSERT SCHEMA SUBJECT 'invoice-items-key' ID 1;", TG_CODE_SCHEMA_UNKNOWN},
        {"ASSERT NOT EXISTS SCHEMA SUBJECT 'invoice-items-key';", TG_OK},
        {"ASSERT NOT EXISTS SCHEMA ID 1;", TG_CODE_SCHEMA_REFUSED},
    };
    for (const auto &[sql, code] : statements) {
        EXPECT_EQ(run(sql), code) << sql << error.message;
    }
}

// ---- DELIMITED, JSON, AVRO: each into each ----

const std::vector<std::string> lines = {R"(91372973,413,"Slipcover, blue",1896.0,1)",
                                        "91372973,483,,1781.0,1"};

class FormatMatrix : public AvroScenario,
                     public testing::WithParamInterface<std::tuple<const char *, const char *>>
{
protected:
    // One step: the topic `from` into the topic `to`.
    void step(const std::string &from, const char *from_format, const std::string &to, const char *to_format)
    {
        set("application.id", (from + "-" + to).c_str());
        ASSERT_EQ(
            run(std::string(
                    "CREATE STREAM source (`InvoiceNumber` VARCHAR, `ItemCode` VARCHAR, "
                    "`ItemDescription` VARCHAR, `ItemPrice` DOUBLE, `ItemQty` INT) WITH (KAFKA_TOPIC = '") +
                from + "', VALUE_FORMAT = '" + from_format +
                "'); CREATE STREAM target WITH (KAFKA_TOPIC = '" + to + "', VALUE_FORMAT = '" + to_format +
                "') AS SELECT * FROM source EMIT CHANGES;"),
            TG_OK)
            << error.message;
    }
    std::vector<std::string> values(const std::string &name)
    {
        std::vector<std::string> result = pairs(name.c_str());
        for (std::string &line : result)
            line.erase(0, line.find(" = ") + 3);
        return result;
    }
};

const std::vector<std::string> &values_in(const std::string &format)
{
    static const std::vector<std::string> json = {
        R"({"InvoiceNumber":"91372973","ItemCode":"413","ItemDescription":"Slipcover, blue","ItemPrice":1896.0,"ItemQty":1})",
        R"({"InvoiceNumber":"91372973","ItemCode":"483","ItemDescription":null,"ItemPrice":1781.0,"ItemQty":1})",
    };
    // Each union begins with null: 02 is the value's branch, 00 that of null.
    static const std::vector<std::string> avro = {
        std::string("\0", 1) + "%" +
            from_hex(
                "021039313337323937330206343133021e536c6970636f7665722c20626c7565020000000000a09d400202"),
        std::string("\0", 1) + "%" + from_hex("02103931333732393733020634383300020000000000d49b400202"),
    };
    return format == "JSON" ? json : format == "AVRO" ? avro : lines;
}

// The id is that of the schema of this topic.
std::string without_id(const std::string &format, const std::string &value)
{
    return format == "AVRO" && value.size() > 5 ? value.substr(0, 1) + "%" + value.substr(5) : value;
}

TEST_P(FormatMatrix, ToTheByte)
{
    const auto &[middle, last] = GetParam();
    topic("csv");
    for (const std::string &line : lines)
        produce("csv", "", line, 1000);
    step("csv", "DELIMITED", "middle", middle);
    step("middle", middle, "last", last);
    step("last", last, "csv-again", "DELIMITED");
    std::vector<std::string> result = values("last");
    for (std::string &value : result)
        value = without_id(last, value);
    EXPECT_EQ(result, values_in(last));
    EXPECT_EQ(values("csv-again"), lines);
}

INSTANTIATE_TEST_SUITE_P(All, FormatMatrix,
                         testing::Combine(testing::Values("DELIMITED", "JSON", "AVRO"),
                                          testing::Values("DELIMITED", "JSON", "AVRO")),
                         [](const auto &test) {
                             return std::string(std::get<0>(test.param)) + "To" + std::get<1>(test.param);
                         });

} // namespace
