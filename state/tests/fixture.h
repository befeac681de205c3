/* What the tests of state/ share: a directory that goes away, stores as std::string, and errors that fail the
 * test. */
#pragma once

#include "base/tests/temporary_directory.h"
#include "state/changelog.h"
#include "state/state.h"
#include "state/store.h"

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

inline struct tg_slice slice(const std::string &text)
{
    return tg_slice_of(text.data(), text.size());
}

inline std::string text(struct tg_slice bytes)
{
    return bytes.length == 0 ? std::string() : std::string((const char *)bytes.data, bytes.length);
}

#define EXPECT_OK(call)                                                                                      \
    do {                                                                                                     \
        enum tg_code code_ = (call);                                                                         \
        EXPECT_EQ(code_, TG_OK) << error.message;                                                            \
    } while (0)
#define ASSERT_OK(call)                                                                                      \
    do {                                                                                                     \
        enum tg_code code_ = (call);                                                                         \
        ASSERT_EQ(code_, TG_OK) << error.message;                                                            \
    } while (0)

struct Row {
    std::string value;
    int64_t timestamp_ms;
    bool operator==(const Row &other) const
    {
        return value == other.value && timestamp_ms == other.timestamp_ms;
    }
};

inline std::ostream &operator<<(std::ostream &out, const Row &row)
{
    return out << row.value << '@' << row.timestamp_ms;
}

using Rows = std::map<std::string, Row>;

/* A state with one store, in memory or in a directory. */
class StateTest : public testing::Test
{
protected:
    void TearDown() override
    {
        close();
    }

    void open(const char *directory, uint64_t cache_bytes_max = 0, uint64_t memory_bytes = 1 << 20)
    {
        struct tg_state_options options = {};
        options.directory = directory;
        options.application_id = "app";
        options.memory_bytes = memory_bytes;
        ASSERT_OK(tg_state_open(&options, &state, &error));
        batch = tg_state_batch_new(state);
        cache_bytes = cache_bytes_max;
        store = openStore("orders", 0, cache_bytes_max);
    }

    struct tg_store *openStore(const char *name, int32_t partition, uint64_t cache_bytes_max = 0,
                               uint64_t layout_id = 7)
    {
        struct tg_store_options options = {};
        options.name = name;
        options.partition = partition;
        options.layout_id = layout_id;
        options.cache_bytes_max = cache_bytes_max;
        struct tg_store *opened = nullptr;
        EXPECT_OK(tg_store_open(state, &options, &opened, &error));
        return opened;
    }

    void close()
    {
        tg_store_close(store);
        tg_state_batch_free(batch);
        tg_state_close(state);
        store = nullptr;
        batch = nullptr;
        state = nullptr;
    }

    void reopenStore()
    {
        tg_store_close(store);
        store = openStore("orders", 0, cache_bytes);
    }

    void writeBack()
    {
        tg_store_write_back(store, batch);
        EXPECT_OK(tg_state_batch_apply(batch, &error));
    }

    std::optional<Row> get(const std::string &key)
    {
        bool found = false;
        struct tg_value value = {};
        EXPECT_OK(tg_store_get(store, slice(key), &found, &value, &error));
        if (!found)
            return std::nullopt;
        return Row{text(value.bytes), value.timestamp_ms};
    }

    std::optional<Row> getCommitted(const std::string &key)
    {
        bool found = false;
        struct tg_value value = {};
        EXPECT_OK(tg_store_get_committed(store, slice(key), &found, &value, &error));
        if (!found)
            return std::nullopt;
        return Row{text(value.bytes), value.timestamp_ms};
    }

    void put(const std::string &key, const std::string &value, int64_t timestamp_ms = 1)
    {
        struct tg_value stored = {slice(value), timestamp_ms};
        EXPECT_OK(tg_store_put(store, slice(key), stored, &error));
    }

    void remove(const std::string &key, int64_t timestamp_ms = 1)
    {
        EXPECT_OK(tg_store_remove(store, slice(key), timestamp_ms, &error));
    }

    void apply(int64_t offset = -1, const std::string &progress = "")
    {
        tg_store_apply(store, batch, offset, slice(progress));
        EXPECT_OK(tg_state_batch_apply(batch, &error));
    }

    void commit(int64_t offset = -1, const std::string &progress = "")
    {
        tg_store_seal(store);
        apply(offset, progress);
    }

    Rows scan(const std::string &from = "", const std::string &to = "")
    {
        struct tg_store_cursor *cursor = nullptr;
        EXPECT_OK(tg_store_scan(store, slice(from), slice(to), &cursor, &error));
        return takeAll(cursor);
    }

    Rows scanCommitted(const std::string &from = "", const std::string &to = "")
    {
        struct tg_store_cursor *cursor = nullptr;
        EXPECT_OK(tg_store_scan_committed(store, slice(from), slice(to), &cursor, &error));
        return takeAll(cursor);
    }

    Rows takeAll(struct tg_store_cursor *cursor)
    {
        Rows rows;
        struct tg_slice key = {};
        struct tg_value value = {};
        std::string last;
        while (tg_store_cursor_next(cursor, &key, &value)) {
            EXPECT_TRUE(rows.empty() || last < text(key)) << "out of order: " << text(key);
            last = text(key);
            rows[last] = Row{text(value.bytes), value.timestamp_ms};
        }
        EXPECT_OK(tg_store_cursor_status(cursor, &error));
        tg_store_cursor_close(cursor);
        return rows;
    }

    std::map<std::string, std::string> sealed()
    {
        std::map<std::string, std::string> entries;
        size_t position = 0;
        struct tg_sealed_entry entry = {};
        while (tg_store_sealed_next(store, &position, &entry))
            entries[text(entry.key)] = entry.removed ? "(removed)" : text(entry.value.bytes);
        return entries;
    }

    struct tg_error error = {};
    struct tg_state *state = nullptr;
    struct tg_store *store = nullptr;
    struct tg_state_batch *batch = nullptr;
    uint64_t cache_bytes = 0;
};
