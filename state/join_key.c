#include "state/join_key.h"

#include "state/ordered_time.h"

#define SEQUENCE_BYTES 4u
#define JOIN_ROW 0x00
#define JOIN_INDEX 0x01
#define JOIN_HEAD 0x02

static enum tg_code fail_short(struct tg_error *reterr, const char *what, struct tg_slice bytes, size_t least)
{
    return tg_fail(reterr, TG_CODE_CORRUPT, "a %s key has %zu bytes, at least %zu are needed", what,
                   bytes.length, least);
}

void tg_join_key_bound(struct tg_buffer *out, struct tg_slice key, int64_t time_ms)
{
    tg_buffer_clear(out);
    tg_buffer_append_byte(out, JOIN_ROW);
    tg_buffer_append_u32(out, (uint32_t)key.length);
    tg_buffer_append_slice(out, key);
    tg_ordered_time_append(out, time_ms);
}

void tg_join_key_bound_after(struct tg_buffer *out, struct tg_slice key)
{
    tg_join_key_bound(out, key, INT64_MAX);
    tg_buffer_append_u32(out, UINT32_MAX);
    tg_buffer_append_byte(out, 0);
}

void tg_join_key_local(struct tg_buffer *out, const struct tg_join_key *key)
{
    tg_join_key_bound(out, key->key, key->time_ms);
    tg_buffer_append_u32(out, key->sequence);
}

void tg_join_key_changelog(struct tg_buffer *out, const struct tg_join_key *key)
{
    tg_buffer_clear(out);
    tg_buffer_append_slice(out, key->key);
    tg_buffer_append_u64(out, (uint64_t)key->time_ms);
    tg_buffer_append_u32(out, key->sequence);
}

void tg_join_index_bound(struct tg_buffer *out, int64_t time_ms)
{
    tg_buffer_clear(out);
    tg_buffer_append_byte(out, JOIN_INDEX);
    tg_ordered_time_append(out, time_ms);
}

void tg_join_index_key(struct tg_buffer *out, struct tg_slice key, int64_t time_ms)
{
    tg_join_index_bound(out, time_ms);
    tg_buffer_append_slice(out, key);
}

void tg_join_head_key(struct tg_buffer *out, struct tg_slice key)
{
    tg_buffer_clear(out);
    tg_buffer_append_byte(out, JOIN_HEAD);
    tg_buffer_append_slice(out, key);
}

bool tg_join_key_is_row(struct tg_slice local)
{
    return local.length > 0 && local.data[0] == JOIN_ROW;
}

enum tg_code tg_join_key_read_local(struct tg_slice local, struct tg_join_key *ret_key,
                                    struct tg_error *reterr)
{
    const size_t index_head = 1 + TG_ORDERED_TIME_BYTES;
    const size_t row_least = 1 + sizeof(uint32_t) + TG_ORDERED_TIME_BYTES + SEQUENCE_BYTES;
    if (local.length > 0 && local.data[0] == JOIN_INDEX) {
        if (local.length < index_head)
            return fail_short(reterr, "join index", local, index_head);
        *ret_key = (struct tg_join_key){
            .key = tg_slice_of(local.data + index_head, local.length - index_head),
            .time_ms = tg_ordered_time_load(local.data + 1),
        };
        return TG_OK;
    }
    if (local.length < row_least)
        return fail_short(reterr, "join", local, row_least);
    size_t key_length = tg_load_u32(local.data + 1);
    if (local.data[0] != JOIN_ROW || key_length != local.length - row_least)
        return tg_fail(reterr, TG_CODE_CORRUPT, "a join key of %zu bytes says that %zu of them are the key",
                       local.length, key_length);
    const uint8_t *key = local.data + 1 + sizeof(uint32_t);
    *ret_key = (struct tg_join_key){
        .key = tg_slice_of(key, key_length),
        .time_ms = tg_ordered_time_load(key + key_length),
        .sequence = tg_load_u32(key + key_length + TG_ORDERED_TIME_BYTES),
    };
    return TG_OK;
}

enum tg_code tg_join_key_read_changelog(struct tg_slice changelog, struct tg_join_key *ret_key,
                                        struct tg_error *reterr)
{
    const size_t tail = sizeof(int64_t) + SEQUENCE_BYTES;
    if (changelog.length < tail)
        return fail_short(reterr, "changelog join", changelog, tail);
    size_t key_length = changelog.length - tail;
    *ret_key = (struct tg_join_key){
        .key = tg_slice_of(changelog.data, key_length),
        .time_ms = (int64_t)tg_load_u64(changelog.data + key_length),
        .sequence = tg_load_u32(changelog.data + key_length + sizeof(int64_t)),
    };
    return TG_OK;
}
