// The metadata beside committed offsets: ours, Kafka Streams' two versions, and what is neither.
#include "base/base64.h"
#include "topology/progress.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

namespace
{

std::string base64(const std::string &raw)
{
    std::string text(tg_base64_encoded_length(raw.size()), '\0');
    tg_base64_encode(tg_slice_of(raw.data(), raw.size()), reinterpret_cast<uint8_t *>(text.data()));
    return text;
}

std::string number(uint64_t value, int bytes)
{
    std::string raw;
    while (bytes-- > 0)
        raw += static_cast<char>(value >> (8 * bytes) & 0xff);
    return raw;
}

std::string entry(const std::string &name, int64_t value)
{
    return number(name.size(), 4) + name + number(static_cast<uint64_t>(value), 8);
}

class Progress : public testing::Test
{
protected:
    ~Progress() override
    {
        tg_arena_free(arena);
    }
    bool read(const std::string &text)
    {
        return tg_progress_read(arena, text.c_str(), &progress);
    }
    tg_arena *arena = tg_arena_new(0);
    tg_progress progress = {};
    tg_error error = {};
};

TEST_F(Progress, ComesBackAsItWasWritten)
{
    tg_progress given = {};
    given.stream_time_ms = 1700000000123;
    given.worker_high = UINT64_MAX;
    given.worker_low = 7;
    given.transaction = 42;
    given.entry_count = 2;
    given.entries[0] = {"Aggregate", -1};
    given.entries[1] = {"Join", INT64_MAX};
    char text[TG_PROGRESS_TEXT_MAX];
    tg_progress_write(&given, text);
    ASSERT_TRUE(read(text));
    EXPECT_EQ(progress.stream_time_ms, given.stream_time_ms);
    EXPECT_EQ(progress.worker_high, given.worker_high);
    EXPECT_EQ(progress.worker_low, given.worker_low);
    EXPECT_EQ(progress.transaction, given.transaction);
    EXPECT_EQ(tg_progress_find(&progress, "Aggregate"), -1);
    EXPECT_EQ(tg_progress_find(&progress, "Join"), INT64_MAX);
    EXPECT_EQ(tg_progress_find(&progress, "Agg"), INT64_MIN);
}

TEST_F(Progress, ReadsKafkaStreamsTexts)
{
    ASSERT_TRUE(read(base64("\x01" + number(77, 8))));
    EXPECT_EQ(progress.stream_time_ms, 77);
    EXPECT_EQ(progress.entry_count, 0u);
    ASSERT_TRUE(read(base64("\x02" + number(78, 8)))); // its map is left out where it is empty
    EXPECT_EQ(progress.stream_time_ms, 78);
    ASSERT_TRUE(read(base64("\x02" + number(79, 8) + number(0, 4))));
    EXPECT_EQ(progress.stream_time_ms, 79);
    ASSERT_TRUE(read(base64("\x02" + number(80, 8) + number(1, 4) + entry("store", 5))));
    EXPECT_EQ(tg_progress_find(&progress, "store"), 5);
    EXPECT_EQ(progress.worker_high, 0u);
}

TEST_F(Progress, MoreEntriesThanWeKeepAreNoError)
{
    std::string raw = "\x02" + number(1, 8) + number(140, 4);
    for (int i = 0; i < 140; i++)
        raw += entry(std::to_string(i), i);
    ASSERT_TRUE(read(base64(raw)));
    EXPECT_EQ(progress.entry_count, static_cast<uint32_t>(TG_PROGRESS_ENTRIES_MAX));
}

TEST_F(Progress, WhatIsNeitherIsEmpty)
{
    const std::string good = "\x02" + number(1, 8) + number(1, 4) + entry("store", 5);
    std::vector<std::string> texts = {"",
                                      "some operator's note",
                                      "AAA",
                                      base64("\x03" + number(1, 8)),
                                      base64("\x01" + number(1, 8) + "more"),
                                      base64("\x02" + number(1, 8) + number(2, 4) + entry("store", 5)),
                                      base64("\x02" + number(1, 8) + number(UINT32_MAX, 4)),
                                      base64("\x02" + number(1, 8) + number(1, 4) + number(UINT32_MAX, 4)),
                                      base64(good + "x"),
                                      std::string(5000, 'A'),
                                      std::string(4096, 'A')};
    for (size_t length = 0; length < good.size(); length++)
        if (length != 9)
            texts.push_back(base64(good.substr(0, length)));
    for (const std::string &text : texts) {
        EXPECT_FALSE(read(text)) << text;
        EXPECT_EQ(progress.stream_time_ms, -1) << text;
        EXPECT_EQ(progress.entry_count, 0u) << text;
    }
    EXPECT_FALSE(tg_progress_read(arena, nullptr, &progress));
}

// Brokers take 4,096 bytes: however many entries with whatever names there are, they fit, and are found.
TEST_F(Progress, AnyNamesFit)
{
    for (uint32_t length : {1u, 20u, 60u, 300u}) {
        for (uint32_t count : {1u, 14u, uint32_t{TG_PROGRESS_ENTRIES_MAX}}) {
            SCOPED_TRACE(std::to_string(count) + " names of " + std::to_string(length));
            std::vector<std::string> names;
            tg_progress given = {};
            given.transaction = 9;
            for (uint32_t i = 0; i < count; i++)
                names.push_back(std::to_string(i) + std::string(length, 'n') + std::to_string(i));
            for (uint32_t i = 0; i < count; i++)
                ASSERT_TRUE(tg_progress_add(&given, names[i].c_str(), i));
            EXPECT_EQ(tg_progress_add(&given, "more", 1), count < TG_PROGRESS_ENTRIES_MAX);
            char text[TG_PROGRESS_TEXT_MAX];
            tg_progress_write(&given, text);
            EXPECT_LT(strlen(text), 4096u);
            ASSERT_TRUE(read(text));
            EXPECT_EQ(progress.transaction, 9u);
            for (uint32_t i = 0; i < count; i++)
                EXPECT_EQ(tg_progress_find(&progress, names[i].c_str()), i);
            EXPECT_EQ(tg_progress_find(&progress, "absent"), INT64_MIN);
            bool in_full = progress.entries[0].name == names[0];
            EXPECT_EQ(in_full, 100 + count * (14 + length) < 700) << "names stay readable where they can";
        }
    }
}

} // namespace
