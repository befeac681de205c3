#include "state/window_key.h"

#include "state/join_key.h"
#include "state/ordered_time.h"

#define TIME_BYTES TG_ORDERED_TIME_BYTES
#define SEQUENCE_BYTES 4u
#define SESSION_ROW 0x00
#define SESSION_INDEX 0x01
#define SESSION_HEAD 0x02

static enum tg_code fail_short(struct tg_error *reterr, const char *what, struct tg_slice bytes, size_t least)
{
    return tg_fail(reterr, TG_CODE_CORRUPT, "a %s key has %zu bytes, at least %zu are needed", what,
                   bytes.length, least);
}

/* ---- time windows ---- */

void tg_window_key_bound(struct tg_buffer *out, int64_t start_ms)
{
    tg_buffer_clear(out);
    tg_ordered_time_append(out, start_ms);
}

void tg_window_key_local(struct tg_buffer *out, struct tg_slice key, int64_t start_ms)
{
    tg_window_key_bound(out, start_ms);
    tg_buffer_append_slice(out, key);
}

void tg_window_key_changelog(struct tg_buffer *out, struct tg_slice key, int64_t start_ms)
{
    tg_buffer_clear(out);
    tg_buffer_append_slice(out, key);
    tg_buffer_append_u64(out, (uint64_t)start_ms);
    tg_buffer_append_u32(out, 0);
}

enum tg_code tg_window_key_read_local(struct tg_slice local, struct tg_window_key *ret_key,
                                      struct tg_error *reterr)
{
    if (local.length < TIME_BYTES)
        return fail_short(reterr, "window", local, TIME_BYTES);
    *ret_key = (struct tg_window_key){
        .key = tg_slice_of(local.data + TIME_BYTES, local.length - TIME_BYTES),
        .start_ms = tg_ordered_time_load(local.data),
    };
    return TG_OK;
}

enum tg_code tg_window_key_read_changelog(struct tg_slice changelog, struct tg_window_key *ret_key,
                                          struct tg_error *reterr)
{
    if (changelog.length < TIME_BYTES + SEQUENCE_BYTES)
        return fail_short(reterr, "changelog window", changelog, TIME_BYTES + SEQUENCE_BYTES);
    size_t key_length = changelog.length - TIME_BYTES - SEQUENCE_BYTES;
    uint32_t sequence = tg_load_u32(changelog.data + key_length + TIME_BYTES);
    if (sequence != 0)
        return tg_fail(reterr, TG_CODE_CORRUPT, "a changelog window key has sequence number %u instead of 0",
                       sequence);
    *ret_key = (struct tg_window_key){
        .key = tg_slice_of(changelog.data, key_length),
        .start_ms = (int64_t)tg_load_u64(changelog.data + key_length),
    };
    return TG_OK;
}

/* ---- sessions ---- */

static void append_session_prefix(struct tg_buffer *out, struct tg_slice key)
{
    tg_buffer_append_byte(out, SESSION_ROW);
    tg_buffer_append_u32(out, (uint32_t)key.length);
    tg_buffer_append_slice(out, key);
}

void tg_session_key_bound(struct tg_buffer *out, struct tg_slice key, int64_t end_ms)
{
    tg_buffer_clear(out);
    append_session_prefix(out, key);
    tg_ordered_time_append(out, end_ms);
}

void tg_session_key_bound_after(struct tg_buffer *out, struct tg_slice key)
{
    tg_session_key_bound(out, key, INT64_MAX);
    tg_ordered_time_append(out, INT64_MAX);
    tg_buffer_append_byte(out, 0);
}

void tg_session_key_local(struct tg_buffer *out, const struct tg_window_key *key)
{
    tg_session_key_bound(out, key->key, key->end_ms);
    tg_ordered_time_append(out, key->start_ms);
}

void tg_session_key_changelog(struct tg_buffer *out, const struct tg_window_key *key)
{
    tg_buffer_clear(out);
    tg_buffer_append_slice(out, key->key);
    tg_buffer_append_u64(out, (uint64_t)key->end_ms);
    tg_buffer_append_u64(out, (uint64_t)key->start_ms);
}

void tg_session_index_bound(struct tg_buffer *out, int64_t end_ms)
{
    tg_buffer_clear(out);
    tg_buffer_append_byte(out, SESSION_INDEX);
    tg_ordered_time_append(out, end_ms);
}

void tg_session_index_key(struct tg_buffer *out, const struct tg_window_key *key)
{
    tg_session_index_bound(out, key->end_ms);
    tg_ordered_time_append(out, key->start_ms);
    tg_buffer_append_slice(out, key->key);
}

void tg_session_head_key(struct tg_buffer *out, struct tg_slice key)
{
    tg_buffer_clear(out);
    tg_buffer_append_byte(out, SESSION_HEAD);
    tg_buffer_append_slice(out, key);
}

bool tg_session_key_is_row(struct tg_slice local)
{
    return local.length > 0 && local.data[0] == SESSION_ROW;
}

enum tg_code tg_session_key_read_local(struct tg_slice local, struct tg_window_key *ret_key,
                                       struct tg_error *reterr)
{
    const size_t index_head = 1 + 2 * TIME_BYTES;
    const size_t row_least = 1 + sizeof(uint32_t) + 2 * TIME_BYTES;
    if (local.length > 0 && local.data[0] == SESSION_INDEX) {
        if (local.length < index_head)
            return fail_short(reterr, "session index", local, index_head);
        *ret_key = (struct tg_window_key){
            .key = tg_slice_of(local.data + index_head, local.length - index_head),
            .start_ms = tg_ordered_time_load(local.data + 1 + TIME_BYTES),
            .end_ms = tg_ordered_time_load(local.data + 1),
        };
        return TG_OK;
    }
    if (local.length < row_least)
        return fail_short(reterr, "session", local, row_least);
    size_t key_length = tg_load_u32(local.data + 1);
    if (local.data[0] != SESSION_ROW || key_length != local.length - row_least)
        return tg_fail(reterr, TG_CODE_CORRUPT,
                       "a session key of %zu bytes says that %zu of them are the key", local.length,
                       key_length);
    const uint8_t *key = local.data + 1 + sizeof(uint32_t);
    *ret_key = (struct tg_window_key){
        .key = tg_slice_of(key, key_length),
        .start_ms = tg_ordered_time_load(key + key_length + TIME_BYTES),
        .end_ms = tg_ordered_time_load(key + key_length),
    };
    return TG_OK;
}

enum tg_code tg_session_key_read_changelog(struct tg_slice changelog, struct tg_window_key *ret_key,
                                           struct tg_error *reterr)
{
    if (changelog.length < 2 * TIME_BYTES)
        return fail_short(reterr, "changelog session", changelog, 2 * TIME_BYTES);
    size_t key_length = changelog.length - 2 * TIME_BYTES;
    *ret_key = (struct tg_window_key){
        .key = tg_slice_of(changelog.data, key_length),
        .start_ms = (int64_t)tg_load_u64(changelog.data + key_length + TIME_BYTES),
        .end_ms = (int64_t)tg_load_u64(changelog.data + key_length),
    };
    return TG_OK;
}

/* ---- any layout ---- */

bool tg_key_in_changelog(enum tg_key_layout layout, struct tg_slice local)
{
    if (layout == TG_KEY_JOIN)
        return tg_join_key_is_row(local);
    return layout != TG_KEY_SESSION || tg_session_key_is_row(local);
}

enum tg_code tg_key_to_changelog(enum tg_key_layout layout, struct tg_slice local, struct tg_buffer *out,
                                 struct tg_error *reterr)
{
    struct tg_window_key key;
    struct tg_join_key join_key;
    switch (layout) {
    case TG_KEY_PLAIN:
        tg_buffer_clear(out);
        tg_buffer_append_slice(out, local);
        return TG_OK;
    case TG_KEY_WINDOW:
        TG_TRY(tg_window_key_read_local(local, &key, reterr));
        tg_window_key_changelog(out, key.key, key.start_ms);
        return TG_OK;
    case TG_KEY_SESSION:
        TG_TRY(tg_session_key_read_local(local, &key, reterr));
        tg_session_key_changelog(out, &key);
        return TG_OK;
    case TG_KEY_JOIN:
        TG_TRY(tg_join_key_read_local(local, &join_key, reterr));
        tg_join_key_changelog(out, &join_key);
        return TG_OK;
    }
    return tg_fail(reterr, TG_CODE_INTERNAL, "unknown key layout %d", (int)layout);
}

enum tg_code tg_key_from_changelog(enum tg_key_layout layout, struct tg_slice changelog,
                                   struct tg_buffer *out, struct tg_error *reterr)
{
    struct tg_window_key key;
    struct tg_join_key join_key;
    switch (layout) {
    case TG_KEY_PLAIN:
        tg_buffer_clear(out);
        tg_buffer_append_slice(out, changelog);
        return TG_OK;
    case TG_KEY_WINDOW:
        TG_TRY(tg_window_key_read_changelog(changelog, &key, reterr));
        tg_window_key_local(out, key.key, key.start_ms);
        return TG_OK;
    case TG_KEY_SESSION:
        TG_TRY(tg_session_key_read_changelog(changelog, &key, reterr));
        tg_session_key_local(out, &key);
        return TG_OK;
    case TG_KEY_JOIN:
        TG_TRY(tg_join_key_read_changelog(changelog, &join_key, reterr));
        tg_join_key_local(out, &join_key);
        return TG_OK;
    }
    return tg_fail(reterr, TG_CODE_INTERNAL, "unknown key layout %d", (int)layout);
}
