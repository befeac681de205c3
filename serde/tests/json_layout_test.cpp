/* The quick way through records (layout.h, bytes.h) against the plain one: same texts, same rows. */
#include "serde/json/bytes.h"

#include <random>
#include <string>

#include <gtest/gtest.h>

#include "serde/tests/serde_test.hpp"

using namespace serde_test;

static const uint8_t *bytes(const std::string &text)
{
    return reinterpret_cast<const uint8_t *>(text.data());
}

/* Every byte at every place of texts of all lengths up to three blocks. */
TEST(JsonBytes, TextEndsWhereItDoesByteByByte)
{
    for (size_t length = 0; length <= 70; length++) {
        std::string text(TG_JSON_BYTES_ROOM + length, 'x');
        const uint8_t *at = bytes(text) + TG_JSON_BYTES_ROOM;
        const uint8_t *end = at + length;
        ASSERT_EQ(tg_json_text_end(at, end), end);
        for (size_t place = 0; place < length; place++) {
            for (int byte = 0; byte < 256; byte++) {
                text[TG_JSON_BYTES_ROOM + place] = static_cast<char>(byte);
                ASSERT_EQ(tg_json_text_end(at, end), tg_json_text_end_bytewise(at, end))
                    << length << " " << place << " " << byte;
            }
            text[TG_JSON_BYTES_ROOM + place] = 'x';
        }
    }
}

TEST(JsonBytes, PrefixesAreComparedAsByteByByte)
{
    for (size_t length = 1; length <= TG_JSON_PREFIX_MAX; length++) {
        for (size_t behind = 0; behind <= 34; behind++) {
            std::string text;
            for (size_t i = 0; i < length + behind; i++)
                text.push_back(static_cast<char>('a' + i % 26));
            const struct tg_json_prefix prefix = tg_json_prefix_of(bytes(text), length);
            const uint8_t *end = bytes(text) + text.size();
            ASSERT_EQ(tg_json_begins(&prefix, bytes(text), end), behind > 0);
            ASSERT_EQ(tg_json_begins_bytewise(&prefix, bytes(text), end), behind > 0);
            for (size_t place = 0; place < text.size(); place++) {
                text[place] ^= 1;
                ASSERT_EQ(tg_json_begins(&prefix, bytes(text), end),
                          tg_json_begins_bytewise(&prefix, bytes(text), end))
                    << length << " " << behind << " " << place;
                text[place] ^= 1;
            }
        }
    }
}

/* Records of changing layouts: which members, in which order and spelling, with which white space, values of
 * all forms; some are cut or have a wrong byte. */
class Layouts
{
public:
    std::string next()
    {
        if (names_.empty() || chance(4))
            change();
        std::string text = "{" + spaces_;
        for (size_t i = 0; i < names_.size(); i++) {
            text += (i == 0 ? "" : "," + spaces_) + "\"" + names_[i] + "\"" + colon_ + value(names_[i]);
            if (chance(60))
                text += " ";
        }
        text += "}";
        if (chance(12))
            text.resize(random_() % text.size());
        else if (chance(12))
            text[random_() % text.size()] = "\"\\{}[],:0x \x01\xc3"[random_() % 13];
        return text;
    }

private:
    bool chance(unsigned one_in)
    {
        return random_() % one_in == 0;
    }
    void change()
    {
        static const char *const pool[] = {"I",
                                           "i",
                                           "L",
                                           "S",
                                           "s",
                                           "N",
                                           "T",
                                           "\\u0049",
                                           "other",
                                           "X",
                                           "A_MEMBER_WITH_A_NAME_BEYOND_THE_PREFIX"};
        static const char *const colons[] = {":", ": ", " :", ":\n  "};
        if (names_.empty() || chance(2)) {
            names_.clear();
            for (size_t i = random_() % 8; i > 0; i--)
                names_.push_back(pool[random_() % std::size(pool)]);
        } else if (chance(2)) {
            names_[random_() % names_.size()] = pool[random_() % std::size(pool)];
        } else {
            colon_ = colons[random_() % std::size(colons)];
            spaces_ = std::string(random_() % 3, ' ');
        }
    }
    std::string value(const std::string &name)
    {
        static const char *const odd[] = {"null",
                                          "true",
                                          "-5",
                                          "1.5",
                                          "1e3",
                                          "\"7\"",
                                          "123456789012345678",
                                          "[1,{}]",
                                          "{\"X\":1,\"S\":\"x\"}",
                                          "01",
                                          "\"a\\n\"",
                                          "\"\xc3\xa4\""};
        if (chance(6))
            return odd[random_() % std::size(odd)];
        if (name == "N")
            return "{\"X\":" + std::to_string(random_() % 1000) + (chance(3) ? "}" : ",\"S\":\"abc\"}");
        if (name == "S" || name == "s" || name == "X")
            return "\"" + std::string(random_() % 40, 'z') + "\"";
        return std::to_string(random_() >> (random_() % 64));
    }

    std::mt19937_64 random_{4};
    std::vector<std::string> names_;
    std::string colon_ = ":";
    std::string spaces_;
};

/* A decoder that remembers layouts gives what one that has seen nothing gives, faults and all. */
TEST(JsonLayout, WhatWasReadBeforeChangesNothing)
{
    Columns columns({{"I", "INT"},
                     {"L", "BIGINT"},
                     {"S", "STRING"},
                     {"T", "TIMESTAMP"},
                     {"N", "STRUCT<X INT, S STRING>"}});
    for (const std::vector<bool> &needed :
         {std::vector<bool>(5, true), std::vector<bool>{false, true, false, false, false}}) {
        Decoder old(find_format("JSON"), columns, columns.options(), needed);
        Layouts layouts;
        size_t good = 0;
        for (int i = 0; i < 3000; i++) {
            std::string text = layouts.next();
            Decoder fresh(find_format("JSON"), columns, columns.options(), needed);
            old.decode({text});
            fresh.decode({text});
            ASSERT_EQ(old.rows(), fresh.rows()) << text;
            good += old.rows()[0].find("error") == std::string::npos;
        }
        EXPECT_GT(good, 1000u);
        EXPECT_LT(good, 2900u);
    }
}
