#include "state/tests/fixture.h"

#include "state/join_key.h"

namespace
{

struct Sent {
    std::string key;
    std::optional<std::string> value;
    int64_t timestamp_ms;
    bool operator==(const Sent &other) const
    {
        return key == other.key && value == other.value && timestamp_ms == other.timestamp_ms;
    }
};

struct RecordingSink {
    struct tg_changelog_sink base;
    std::vector<Sent> sent;
    size_t fail_at = SIZE_MAX;
};

enum tg_code record(struct tg_changelog_sink *self, struct tg_slice key, struct tg_slice value,
                    int64_t timestamp_ms, struct tg_error *reterr)
{
    auto *sink = (RecordingSink *)self;
    if (sink->sent.size() == sink->fail_at)
        return tg_fail(reterr, TG_CODE_KAFKA, "the topic is gone");
    std::optional<std::string> stored;
    if (value.data != nullptr)
        stored = text(value);
    sink->sent.push_back({text(key), stored, timestamp_ms});
    return TG_OK;
}

class Changelog : public StateTest
{
protected:
    void SetUp() override
    {
        sink.base.send = record;
        side = tg_side_thread_new(-1);
    }

    void TearDown() override
    {
        StateTest::TearDown();
        tg_side_thread_free(side);
    }

    void write(struct tg_restorer *restorer, int64_t next_offset)
    {
        bool done = false;
        ASSERT_OK(tg_restorer_write(restorer, next_offset, &error));
        ASSERT_OK(tg_restorer_finish(restorer, &done, &error));
        EXPECT_TRUE(done);
    }

    RecordingSink sink;
    struct tg_side_thread *side = nullptr;
};

} // namespace

TEST_F(Changelog, SendsTheSealedEntriesInOrderOfTheirFirstChange)
{
    open(nullptr);
    put("b", "old");
    commit();
    put("z", "1", 5);
    remove("b", 6);
    put("a", "", 7);
    put("z", "2", 8);
    tg_store_seal(store);
    put("open", "not yet");
    ASSERT_OK(tg_store_write_changelog(store, TG_KEY_PLAIN, &sink.base, &error));
    std::vector<Sent> expected = {{"z", "2", 8}, {"b", std::nullopt, 6}, {"a", "", 7}};
    EXPECT_TRUE(sink.sent == expected);
}

TEST_F(Changelog, StopsAtTheFirstErrorOfTheSink)
{
    open(nullptr);
    put("a", "1");
    put("b", "1");
    put("c", "1");
    tg_store_seal(store);
    sink.fail_at = 1;
    EXPECT_EQ(tg_store_write_changelog(store, TG_KEY_PLAIN, &sink.base, &error), TG_CODE_KAFKA);
    EXPECT_EQ(sink.sent.size(), 1u);
}

TEST_F(Changelog, RoundTripsEveryLayout)
{
    struct tg_buffer key = {};
    for (enum tg_key_layout layout : {TG_KEY_PLAIN, TG_KEY_WINDOW, TG_KEY_SESSION, TG_KEY_JOIN}) {
        open(nullptr);
        struct tg_window_key session = {tg_slice_text("user"), 10, 20};
        switch (layout) {
        case TG_KEY_PLAIN:
            put("user", "1", 5);
            break;
        case TG_KEY_WINDOW:
            tg_window_key_local(&key, session.key, session.start_ms);
            put(text(tg_buffer_slice(&key)), "1", 5);
            break;
        case TG_KEY_SESSION:
            tg_session_key_local(&key, &session);
            put(text(tg_buffer_slice(&key)), "1", 5);
            tg_session_index_key(&key, &session);
            put(text(tg_buffer_slice(&key)), "", 5);
            tg_session_head_key(&key, session.key);
            put(text(tg_buffer_slice(&key)), "", 5);
            break;
        case TG_KEY_JOIN: {
            const struct tg_join_key row = {tg_slice_text("user"), 10, 7};
            tg_join_key_local(&key, &row);
            put(text(tg_buffer_slice(&key)), "1", 5);
            tg_join_index_key(&key, row.key, row.time_ms);
            put(text(tg_buffer_slice(&key)), "", 5);
            tg_join_head_key(&key, row.key);
            put(text(tg_buffer_slice(&key)), "", 5);
            break;
        }
        }
        tg_store_seal(store);
        sink.sent.clear();
        ASSERT_OK(tg_store_write_changelog(store, layout, &sink.base, &error));
        ASSERT_EQ(sink.sent.size(), 1u) << "index and head are not sent";
        apply(1);
        Rows before = scan();
        ASSERT_OK(tg_store_clear(store, &error));
        struct tg_restorer *restorer = tg_restorer_new(store, layout, side);
        for (const Sent &sent : sink.sent)
            ASSERT_OK(
                tg_restorer_add(restorer, slice(sent.key), slice(*sent.value), sent.timestamp_ms, &error));
        EXPECT_GT(tg_restorer_bytes(restorer), 0u);
        write(restorer, 1);
        EXPECT_EQ(tg_restorer_bytes(restorer), 0u);
        EXPECT_EQ(scan(), before);
        EXPECT_EQ(tg_store_changelog_offset(store), 1);
        ASSERT_OK(tg_restorer_add(restorer, slice(sink.sent[0].key), tg_slice_of(nullptr, 0), 6, &error));
        write(restorer, 2);
        EXPECT_EQ(scan().size(), layout == TG_KEY_SESSION || layout == TG_KEY_JOIN ? 2u : 0u)
            << "what a key has is unknown then, and the index entry makes somebody look";
        tg_restorer_free(restorer);
        close();
    }
    tg_buffer_done(&key);
}

// The index entry of a session that has gone stays only where nothing took its place.
TEST_F(Changelog, ASessionThatGrewLeavesNothingBehind)
{
    open(nullptr);
    struct tg_restorer *restorer = tg_restorer_new(store, TG_KEY_SESSION, side);
    struct tg_buffer key = {};
    auto add = [&](int64_t start, int64_t end, bool alive) {
        const tg_window_key session = {tg_slice_text("user"), start, end};
        tg_session_key_changelog(&key, &session);
        ASSERT_OK(tg_restorer_add(restorer, tg_buffer_slice(&key), tg_slice_of(alive ? "1" : nullptr, alive),
                                  end, &error));
    };
    add(10, 10, true);
    for (int64_t end = 11; end < 60; end++) {
        add(10, end - 1, false);
        add(10, end, true);
    }
    write(restorer, 1);
    EXPECT_EQ(scan().size(), 3u); // row, index, head
    add(10, 59, false);
    write(restorer, 2);
    EXPECT_EQ(scan().size(), 2u); // index, head
    tg_restorer_free(restorer);
    tg_buffer_done(&key);
}

TEST_F(Changelog, RefusesRecordsOfAnotherLayout)
{
    open(nullptr);
    struct tg_restorer *restorer = tg_restorer_new(store, TG_KEY_WINDOW, side);
    EXPECT_EQ(tg_restorer_add(restorer, tg_slice_text("short"), tg_slice_text("v"), 1, &error),
              TG_CODE_CORRUPT);
    tg_restorer_free(restorer);
}
