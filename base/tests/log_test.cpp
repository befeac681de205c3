#include "base/log.h"

#include <string>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <jansson.h>
#include <unistd.h>

class Log : public testing::Test
{
protected:
    void SetUp() override
    {
        ASSERT_EQ(pipe(ends), 0);
        fcntl(ends[0], F_SETFL, O_NONBLOCK);
    }
    void TearDown() override
    {
        tg_log_configure(TG_LOG_INFO, TG_LOG_LOGFMT, STDERR_FILENO);
        close(ends[0]);
        close(ends[1]);
    }
    std::string line() const
    {
        char bytes[8192];
        ssize_t length = read(ends[0], bytes, sizeof bytes);
        return length < 0 ? "" : std::string(bytes, static_cast<size_t>(length));
    }
    int ends[2] = {-1, -1};
};

static const struct tg_log_field *fields()
{
    static const struct tg_log_field list[] = {
        {"topic", tg_log_field::TG_LOG_FIELD_TEXT, "a\nlevel=error \"x\\", 0, 0},
        {"plain", tg_log_field::TG_LOG_FIELD_TEXT, "orders-1", 0, 0},
        {"escape", tg_log_field::TG_LOG_FIELD_TEXT, "\x1b[31m\x7f\xC2\x9B\xC3\xA4\xFF\t\r", 0, 0},
        {"offset", tg_log_field::TG_LOG_FIELD_INTEGER, nullptr, -5, 0},
        {"share", tg_log_field::TG_LOG_FIELD_REAL, nullptr, 0, 0.25},
        {"empty", tg_log_field::TG_LOG_FIELD_TEXT, "", 0, 0},
        {nullptr, tg_log_field::TG_LOG_FIELD_TEXT, nullptr, 0, 0},
    };
    return list;
}

TEST_F(Log, LogfmtEscapesWhatCouldForgeALine)
{
    tg_log_configure(TG_LOG_INFO, TG_LOG_LOGFMT, ends[1]);
    tg_log_write(TG_LOG_WARN, "two words", fields());
    std::string text = line();
    size_t start = text.find(" level=");
    ASSERT_NE(start, std::string::npos) << text;
    EXPECT_EQ(start, strlen("ts=2024-01-01T00:00:00.000Z"));
    EXPECT_EQ(
        text.substr(start),
        " level=warn msg=\"two words\" topic=\"a\\nlevel=error \\\"x\\\\\" plain=orders-1 "
        "escape=\"\\u001b[31m\\u007f\\u009b\xC3\xA4\xEF\xBF\xBD\\t\\r\" offset=-5 share=0.25 empty=\"\"\n");
}

TEST_F(Log, JsonLinesAreJson)
{
    tg_log_configure(TG_LOG_INFO, TG_LOG_JSON, ends[1]);
    tg_log_write(TG_LOG_ERROR, "say \"hi\"", fields());
    std::string text = line();
    ASSERT_FALSE(text.empty());
    EXPECT_EQ(text.find('\n'), text.size() - 1);
    json_error_t error;
    json_t *object = json_loads(text.c_str(), 0, &error);
    ASSERT_NE(object, nullptr) << error.text << text;
    EXPECT_STREQ(json_string_value(json_object_get(object, "level")), "error");
    EXPECT_STREQ(json_string_value(json_object_get(object, "msg")), "say \"hi\"");
    EXPECT_STREQ(json_string_value(json_object_get(object, "topic")), "a\nlevel=error \"x\\");
    EXPECT_EQ(json_integer_value(json_object_get(object, "offset")), -5);
    EXPECT_DOUBLE_EQ(json_real_value(json_object_get(object, "share")), 0.25);
    json_decref(object);
}

TEST_F(Log, LevelsBelowTheLeastAreDropped)
{
    tg_log_configure(TG_LOG_WARN, TG_LOG_LOGFMT, ends[1]);
    EXPECT_FALSE(tg_log_enabled(TG_LOG_INFO));
    EXPECT_TRUE(tg_log_enabled(TG_LOG_WARN));
    tg_log_write(TG_LOG_INFO, "unseen", nullptr);
    EXPECT_EQ(line(), "");
    tg_log_write(TG_LOG_WARN, "seen", nullptr);
    EXPECT_NE(line().find("msg=\"seen\"\n"), std::string::npos);
}

TEST_F(Log, ErrorsCarryCodeTextAndHint)
{
    tg_log_configure(TG_LOG_INFO, TG_LOG_LOGFMT, ends[1]);
    struct tg_error error = {};
    tg_fail(&error, TG_CODE_CONFIG, "unknown setting");
    tg_log_error(TG_LOG_ERROR, "start failed", &error, nullptr);
    EXPECT_NE(line().find("msg=\"start failed\" code=T0002 name=CONFIG error=\"unknown setting\"\n"),
              std::string::npos);
    tg_fail_hint(&error, "did you mean x");
    tg_log_error(TG_LOG_ERROR, "start failed", &error, fields());
    EXPECT_NE(line().find(" hint=\"did you mean x\" topic="), std::string::npos);
}
