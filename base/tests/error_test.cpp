#include "base/error.h"

#include <cstring>
#include <string>

#include <gtest/gtest.h>

#include "base/slice.h"
#include "base/text.h"

TEST(Error, KeepsCodeTextAndHint)
{
    struct tg_error error = {};
    error.retriable = true;
    EXPECT_EQ(tg_fail(&error, TG_CODE_CONFIG, "value %d", 7), TG_CODE_CONFIG);
    EXPECT_STREQ(error.message, "value 7");
    EXPECT_STREQ(error.hint, "");
    EXPECT_FALSE(error.retriable);
    EXPECT_EQ(tg_fail_hint(&error, "use %s", "8"), TG_CODE_CONFIG);
    EXPECT_STREQ(error.hint, "use 8");
    EXPECT_EQ(tg_fail_context(&error, "file %s", "a.sql"), TG_CODE_CONFIG);
    EXPECT_STREQ(error.message, "file a.sql: value 7");
}

TEST(Error, WorksWithoutAReceiver)
{
    EXPECT_EQ(tg_fail(nullptr, TG_CODE_IO, "x"), TG_CODE_IO);
    EXPECT_NE(tg_fail_hint(nullptr, "x"), TG_OK);
    EXPECT_NE(tg_fail_context(nullptr, "x"), TG_OK);
}

TEST(Error, MayQuoteItself)
{
    struct tg_error error = {};
    tg_fail(&error, TG_CODE_IO, "inner");
    tg_fail(&error, TG_CODE_KAFKA, "outer: %s", error.message);
    EXPECT_STREQ(error.message, "outer: inner");
}

TEST(Error, CutsLongTextsBetweenCharacters)
{
    for (size_t lead = 0; lead < 4; lead++) {
        std::string text(lead, 'a');
        while (text.size() < 3000)
            text += "\xE2\x82\xAC"; /* the euro sign, three bytes */
        struct tg_error error = {};
        tg_fail(&error, TG_CODE_IO, "%s", text.c_str());
        tg_fail_hint(&error, "%s", text.c_str());
        EXPECT_TRUE(tg_utf8_valid(tg_slice_text(error.message))) << lead;
        EXPECT_TRUE(tg_utf8_valid(tg_slice_text(error.hint))) << lead;
        EXPECT_GT(strlen(error.message), sizeof error.message - 5);
        tg_fail_context(&error, "%s", "context");
        EXPECT_TRUE(tg_utf8_valid(tg_slice_text(error.message))) << lead;
        EXPECT_EQ(std::string(error.message).substr(0, 9), "context: ");
        EXPECT_GT(strlen(error.message), sizeof error.message - 5);
    }
}

TEST(Error, CodesHaveNamesMeaningsAndLabels)
{
    char label[8];
    EXPECT_STREQ(tg_code_name(TG_CODE_OFFSET_OUT_OF_RANGE), "OFFSET_OUT_OF_RANGE");
    EXPECT_STREQ(tg_code_label(TG_CODE_SYNTAX, label), "T0100");
    EXPECT_STREQ(tg_code_label(TG_CODE_CONFIG, label), "T0002");
    EXPECT_STREQ(tg_code_meaning(TG_OK), "no error");
    EXPECT_STREQ(tg_code_name(static_cast<enum tg_code>(12345)), "INTERNAL");
}

static enum tg_code twice(enum tg_code first, enum tg_code second)
{
    TG_TRY(first);
    TG_TRY(second);
    return TG_OK;
}

TEST(Error, TryReturnsTheFirstFailure)
{
    EXPECT_EQ(twice(TG_OK, TG_OK), TG_OK);
    EXPECT_EQ(twice(TG_CODE_IO, TG_CODE_KAFKA), TG_CODE_IO);
    EXPECT_EQ(twice(TG_OK, TG_CODE_KAFKA), TG_CODE_KAFKA);
}

TEST(ErrorDeath, AssertNamesItsPlaceAndText)
{
    int one = 1;
    EXPECT_DEATH(TG_ASSERT(one == 2), "error_test.cpp:[0-9]+: assertion failed: one == 2");
}
