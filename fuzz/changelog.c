/* Reads the bytes as changelog records (u8 layout and flags, u8 key length, u8 value length, key, value;
 * again and again), restores them into a store of each layout, and writes what the store then holds as a
 * changelog: from that a second store is restored to the same rows. */
#include "state/changelog.h"
#include "base/memory.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct tg_store *open_store(struct tg_state *state, const char *name)
{
    struct tg_error error;
    struct tg_store *store = NULL;
    const struct tg_store_options options = {.name = name, .layout_id = 1, .cache_bytes_max = 4096};
    TG_ASSERT(tg_store_open(state, &options, &store, &error) == TG_OK);
    return store;
}

static void finish(struct tg_restorer *restorer)
{
    struct tg_error error;
    bool done = false;
    TG_ASSERT(tg_restorer_finish(restorer, &done, &error) == TG_OK);
    TG_ASSERT(done);
}

/* Only keys of the layout are taken; all others are refused as CORRUPT. */
static void restore_all(struct tg_store *store, enum tg_key_layout layout, struct tg_slice bytes)
{
    struct tg_error error;
    struct tg_side_thread *side = tg_side_thread_new(-1);
    struct tg_restorer *restorer = tg_restorer_new(store, layout, side);
    int64_t offset = 0;
    while (bytes.length >= 3) {
        size_t key = bytes.data[1] % 40;
        size_t value = bytes.data[2];
        bool tombstone = (bytes.data[0] & 1) != 0;
        bool write = (bytes.data[0] & 2) != 0;
        bytes = tg_slice_of(bytes.data + 3, bytes.length - 3);
        if (key + value > bytes.length)
            break;
        struct tg_slice record_value = tg_slice_of(bytes.data + key, value);
        enum tg_code code =
            tg_restorer_add(restorer, tg_slice_of(bytes.data, key),
                            tombstone ? tg_slice_of(NULL, 0) : record_value, (int64_t)value - 9, &error);
        TG_ASSERT(code == TG_OK || (code == TG_CODE_CORRUPT && error.message[0] != '\0'));
        bytes = tg_slice_of(bytes.data + key + value, bytes.length - key - value);
        offset++;
        if (write)
            TG_ASSERT(tg_restorer_write(restorer, offset, &error) == TG_OK);
    }
    TG_ASSERT(tg_restorer_write(restorer, offset, &error) == TG_OK);
    finish(restorer);
    TG_ASSERT(tg_store_changelog_offset(store) == offset);
    tg_restorer_free(restorer);
    tg_side_thread_free(side);
}

struct copy {
    struct tg_changelog_sink base;
    struct tg_restorer *restorer;
};

static enum tg_code copy_record(struct tg_changelog_sink *self, struct tg_slice key, struct tg_slice value,
                                int64_t timestamp_ms, struct tg_error *reterr)
{
    return tg_restorer_add(((struct copy *)self)->restorer, key, value, timestamp_ms, reterr);
}

/* Puts every row again, so that it is sealed and sent. */
static void send_all(struct tg_store *from, struct tg_store *to, enum tg_key_layout layout)
{
    struct tg_error error;
    struct tg_store_cursor *cursor = NULL;
    struct tg_buffer rows = {0};
    struct tg_slice key;
    struct tg_value value;
    TG_ASSERT(tg_store_scan(from, tg_slice_of("", 0), tg_slice_of("", 0), &cursor, &error) == TG_OK);
    while (tg_store_cursor_next(cursor, &key, &value)) {
        tg_buffer_append_u32(&rows, (uint32_t)key.length);
        tg_buffer_append_u32(&rows, (uint32_t)value.bytes.length);
        tg_buffer_append_u64(&rows, (uint64_t)value.timestamp_ms);
        tg_buffer_append_slice(&rows, key);
        tg_buffer_append_slice(&rows, value.bytes);
    }
    TG_ASSERT(tg_store_cursor_status(cursor, &error) == TG_OK);
    tg_store_cursor_close(cursor);
    for (size_t at = 0; at < rows.length;) {
        const uint8_t *head = rows.data + at;
        key = tg_slice_of(head + 16, tg_load_u32(head));
        value.bytes = tg_slice_of(head + 16 + key.length, tg_load_u32(head + 4));
        value.timestamp_ms = (int64_t)tg_load_u64(head + 8);
        TG_ASSERT(tg_store_put(from, key, value, &error) == TG_OK);
        at += 16 + key.length + value.bytes.length;
    }
    tg_buffer_done(&rows);
    tg_store_seal(from);
    struct tg_side_thread *side = tg_side_thread_new(-1);
    struct copy copy = {.base.send = copy_record, .restorer = tg_restorer_new(to, layout, side)};
    TG_ASSERT(tg_store_write_changelog(from, layout, &copy.base, &error) == TG_OK);
    TG_ASSERT(tg_restorer_write(copy.restorer, 1, &error) == TG_OK);
    finish(copy.restorer);
    tg_restorer_free(copy.restorer);
    tg_side_thread_free(side);
}

/* The next row that the changelog holds, too; what is derived from it may outlive it. */
static bool next_row(struct tg_store_cursor *cursor, enum tg_key_layout layout, struct tg_slice *ret_key,
                     struct tg_value *ret_value)
{
    while (tg_store_cursor_next(cursor, ret_key, ret_value))
        if (tg_key_in_changelog(layout, *ret_key))
            return true;
    return false;
}

static void expect_equal(struct tg_store *a, struct tg_store *b, enum tg_key_layout layout)
{
    struct tg_error error;
    struct tg_store_cursor *cursors[2] = {NULL, NULL};
    const struct tg_slice none = tg_slice_of("", 0);
    TG_ASSERT(tg_store_scan(a, none, none, &cursors[0], &error) == TG_OK);
    TG_ASSERT(tg_store_scan_committed(b, none, none, &cursors[1], &error) == TG_OK);
    for (;;) {
        struct tg_slice keys[2];
        struct tg_value values[2];
        bool more = next_row(cursors[0], layout, &keys[0], &values[0]);
        TG_ASSERT(next_row(cursors[1], layout, &keys[1], &values[1]) == more);
        if (!more)
            break;
        TG_ASSERT(tg_slice_equal(keys[0], keys[1]) && tg_slice_equal(values[0].bytes, values[1].bytes));
        TG_ASSERT(values[0].timestamp_ms == values[1].timestamp_ms);
    }
    tg_store_cursor_close(cursors[0]);
    tg_store_cursor_close(cursors[1]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum tg_key_layout layouts[] = {TG_KEY_PLAIN, TG_KEY_WINDOW, TG_KEY_SESSION};
    struct tg_error error;
    struct tg_state *state = NULL;
    const struct tg_state_options options = {.application_id = "fuzz", .memory_bytes = 1 << 20};
    TG_ASSERT(tg_state_open(&options, &state, &error) == TG_OK);
    for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++) {
        static const char *const names[][2] = {
            {"plain", "plain 2"}, {"window", "window 2"}, {"session", "session 2"}};
        struct tg_store *store = open_store(state, names[i][0]);
        struct tg_store *other = open_store(state, names[i][1]);
        restore_all(store, layouts[i], tg_slice_of(data, size));
        send_all(store, other, layouts[i]);
        expect_equal(store, other, layouts[i]);
        tg_store_close(store);
        tg_store_close(other);
    }
    tg_state_close(state);
    return 0;
}
