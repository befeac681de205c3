// The grammar, held against another parser on mutated texts.
#include <gtest/gtest.h>
#include <jansson.h>

#include <cctype>
#include <random>
#include <string>

#include "serde/json/scan.h"
#include "serde/tests/serde_test.h"

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

} // namespace
