// The grammar, held against another parser on mutated texts.
#include <gtest/gtest.h>
#include <jansson.h>

#include <cctype>
#include <memory>
#include <random>
#include <string>

#include "serde/json/scan.h"
#include "serde/tests/serde_test.hpp"

namespace
{

using serde_test::slice_of;

bool we_accept(const std::string &text)
{
    // An exact copy on the heap: reads beyond the text are found by the address sanitizer.
    std::unique_ptr<uint8_t[]> copy(new uint8_t[text.size() + (text.empty() ? 1 : 0)]);
    std::memcpy(copy.get(), text.data(), text.size());
    tg_json_cursor cursor = tg_json_cursor_of(tg_slice_of(copy.get(), text.size()));
    bool accepted = tg_json_skip(&cursor) && tg_json_finish(&cursor);
    EXPECT_EQ(cursor.fault == nullptr, accepted);
    EXPECT_LE(cursor.at, cursor.end);
    return accepted;
}

// What the other parser refuses though it is JSON: numbers beyond its types, halves of surrogate pairs, NUL
// in names.
bool outside_the_comparison(const std::string &text, const json_error_t &error)
{
    if (json_error_code(const_cast<json_error_t *>(&error)) == json_error_numeric_overflow)
        return true;
    for (size_t at = text.find("\\u"); at != std::string::npos; at = text.find("\\u", at + 1)) {
        std::string digits = text.substr(at + 2, 2);
        if (digits.size() == 2 && tolower(digits[0]) == 'd' && tolower(digits[1]) >= '8')
            return true;
        if (text.substr(at + 2, 4) == "0000")
            return true;
    }
    return false;
}

const char *const seeds[] = {
    "{\"a\":1,\"b\":[true,false,null],\"c\":{\"d\":\"e\"}}",
    "{ \"name\" : \"na\xc3\xafve \xf0\x9f\x98\x80\" , \"x\" : [ 1.5 , -2e10 , 0.25E-3 ] }",
    "[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\u00e4\", \"a long string of plain text without anything in it\"]",
    "[[[[[]]]],{},[{}],[{\"a\":[{\"b\":{}}]}]]",
    "-0.0",
    "\"\"",
    "  null\n",
    "[1234567890,12345678901234567,0,-1,1e5]",
    "{\"\":\"\",\"\\u00e9\":\"\xe2\x82\xac\"}",
};

std::string mutate(std::string text, std::mt19937 &random)
{
    static const char alphabet[] =
        "{}[]\",:\\ \n\t0123456789.eE+-truefalsn/bu\x01\x1f\x7f\x80\xc3\xa9\xed\xa0\xf4\x90\xff";
    unsigned changes = 1 + random() % 3;
    for (unsigned i = 0; i < changes; i++) {
        size_t at = text.empty() ? 0 : random() % text.size();
        char byte = alphabet[random() % (sizeof alphabet - 1)];
        switch (random() % 5) {
        case 0:
            text.insert(at, 1, byte);
            break;
        case 1:
            if (!text.empty())
                text.erase(at, 1 + random() % 3);
            break;
        case 2:
            if (!text.empty())
                text[at] = byte;
            break;
        case 3:
            if (!text.empty())
                text.insert(random() % text.size(), text.substr(at, 1 + random() % 12));
            break;
        default: {
            const std::string other = seeds[random() % (sizeof seeds / sizeof *seeds)];
            text.insert(at, other.substr(random() % other.size(), 1 + random() % 12));
        }
        }
    }
    return text;
}

TEST(JsonGrammar, AgreesWithAnotherParserOnMutatedTexts)
{
    const unsigned seed = 20240601;
    std::mt19937 random(seed);
    unsigned accepted = 0;
    unsigned refused = 0;
    for (unsigned round = 0; round < 60000; round++) {
        std::string text = mutate(seeds[random() % (sizeof seeds / sizeof *seeds)], random);
        json_error_t error;
        json_t *parsed = json_loadb(text.data(), text.size(),
                                    JSON_DECODE_ANY | JSON_DECODE_INT_AS_REAL | JSON_ALLOW_NUL, &error);
        bool expected = parsed != nullptr;
        json_decref(parsed);
        if (!expected && outside_the_comparison(text, error))
            continue;
        ASSERT_EQ(we_accept(text), expected) << "seed " << seed << " round " << round << ": " << text << "\n"
                                             << error.text;
        accepted += expected;
        refused += !expected;
    }
    EXPECT_GT(accepted, 6000U);
    EXPECT_GT(refused, 6000U);
}

// Each byte value at each place of a short text, so that no table has a hole.
TEST(JsonGrammar, AgreesOnEveryByteAtEveryPlace)
{
    for (std::string text : {"{\"a\\n\":[1.5e3,true,null]}", "\"abcdefghijklmnopq\\u00e4rstuv\xc3\xa4\""}) {
        for (size_t at = 0; at < text.size(); at++) {
            std::string changed = text;
            for (unsigned byte = 0; byte < 256; byte++) {
                changed[at] = static_cast<char>(byte);
                json_error_t error;
                json_t *parsed =
                    json_loadb(changed.data(), changed.size(),
                               JSON_DECODE_ANY | JSON_DECODE_INT_AS_REAL | JSON_ALLOW_NUL, &error);
                bool expected = parsed != nullptr;
                json_decref(parsed);
                if (!expected && outside_the_comparison(changed, error))
                    continue;
                ASSERT_EQ(we_accept(changed), expected) << "byte " << byte << " at " << at;
            }
        }
    }
}

TEST(JsonGrammar, StringsStopAtEveryPlace)
{
    for (size_t length = 0; length < 70; length++) {
        for (size_t offset = 0; offset < 3; offset++) {
            std::string text = std::string(offset, ' ') + "\"" + std::string(length, 'x') + "\"";
            EXPECT_TRUE(we_accept(text)) << length;
            EXPECT_FALSE(we_accept(text.substr(0, text.size() - 1))) << length;
            text[text.size() - 1] = '\x1f';
            EXPECT_FALSE(we_accept(text + "\"")) << length;
        }
    }
}

const char *const records[] = {
    "{\"A\":12345,\"B\":\"a text that is longer than a "
    "block\",\"C\":7,\"D\":{\"X\":1,\"Y\":\"y\"},\"E\":[1,22,333],\"F\":true,\"G\":1.5}",
    "{\"a\":123456789012, \"b\": \"short\", \"other\": \"ignored\", \"c\": 2147483647, \"f\": false, \"g\": "
    "\"2\"}",
    "{\"A\":0,\"B\":null,\"C\":1,\"D\":null,\"E\":[],\"F\":null,\"G\":0.001}",
    "{\"A\":1,\"B\":\"x\",\"C\":2}",
};

// Puts a value of another kind in the place of a run of digits.
std::string swap_value(std::string text, std::mt19937 &random)
{
    static const char *const values[] = {
        "true", "[1]", "{\"X\":2}", "\"7\"", "\"x\"", "99999999999999999999", "-1.5e3", "null"};
    size_t at = text.find_first_of("0123456789", random() % text.size());
    if (at == std::string::npos)
        return text;
    size_t end = text.find_first_not_of("0123456789", at);
    return text.substr(0, at) + values[random() % (sizeof values / sizeof *values)] + text.substr(end);
}

// A decoder that knows the member order and one that does not, and one that only checks, say the same of
// every record; it is malformed exactly if the scanner alone says so.
TEST(JsonGrammar, DecodersAgreeOnMutatedRecords)
{
    const unsigned seed = 20240602;
    std::mt19937 random(seed);
    serde_test::Columns columns({{"A", "BIGINT"},
                                 {"B", "STRING"},
                                 {"C", "INT"},
                                 {"D", "STRUCT<X BIGINT, Y STRING>"},
                                 {"E", "ARRAY<BIGINT>"},
                                 {"F", "BOOLEAN"},
                                 {"G", "DOUBLE"}});
    const struct tg_format *json = serde_test::find_format("JSON");
    unsigned malformed = 0;
    unsigned misfits = 0;
    for (unsigned round = 0; round < 1500; round++) {
        std::string base = records[random() % (sizeof records / sizeof *records)];
        std::vector<serde_test::Record> batch;
        for (int i = 0; i < 8; i++) {
            batch.push_back(serde_test::Record(base));
            batch.push_back(serde_test::Record(i % 4 == 0 ? swap_value(base, random) : mutate(base, random)));
        }
        serde_test::Decoder warm(json, columns, columns.options());
        serde_test::Decoder checking(json, columns, columns.options(), std::vector<bool>(7, false));
        warm.decode(batch);
        checking.decode(batch);
        ASSERT_EQ(warm.error_count(), checking.error_count()) << "seed " << seed << " round " << round;
        std::vector<std::string> rows = warm.rows();
        for (size_t i = 0; i < batch.size(); i++) {
            serde_test::Decoder cold(json, columns, columns.options());
            cold.decode({batch[i]});
            ASSERT_EQ(rows[i], cold.rows()[0])
                << "seed " << seed << " round " << round << ": " << batch[i].text;
            bool says_malformed = rows[i].find("not JSON") != std::string::npos;
            ASSERT_EQ(says_malformed, !we_accept(batch[i].text))
                << "seed " << seed << " round " << round << ": " << batch[i].text;
            malformed += says_malformed;
            misfits += !says_malformed && rows[i].find("error") == 0;
        }
    }
    EXPECT_GT(malformed, 1000U);
    EXPECT_GT(misfits, 500U);
}

// Whole numbers of every length, at every distance from the record's end, through the decoder.
TEST(JsonGrammar, WholeNumbersOfEveryLength)
{
    std::mt19937_64 random(3);
    serde_test::Columns columns({{"A", "BIGINT"}, {"B", "BIGINT"}});
    serde_test::Decoder decoder(serde_test::find_format("JSON"), columns, columns.options());
    std::vector<serde_test::Record> batch;
    std::vector<std::string> expected;
    for (int round = 0; round < 4000; round++) {
        int64_t a = static_cast<int64_t>(random() >> random() % 64) / (round % 2 == 0 ? 1 : -1);
        int64_t b = static_cast<int64_t>(random() >> (1 + random() % 63));
        batch.push_back(serde_test::Record("{\"A\":" + std::to_string(a) + ",\"B\":" + std::to_string(b) +
                                           "}" + std::string(random() % 20, ' ')));
        expected.push_back(std::to_string(a) + " " + std::to_string(b));
    }
    decoder.decode(batch);
    EXPECT_EQ(decoder.rows(), expected);
}

} // namespace
