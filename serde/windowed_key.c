#include "serde/windowed_key.h"

void tg_windowed_key_append_time(struct tg_buffer *out, struct tg_slice key, int64_t start_ms)
{
    tg_buffer_append_slice(out, key);
    tg_buffer_append_u64(out, (uint64_t)start_ms);
}

void tg_windowed_key_append_session(struct tg_buffer *out, struct tg_slice key, int64_t start_ms,
                                    int64_t end_ms)
{
    tg_buffer_append_slice(out, key);
    tg_buffer_append_u64(out, (uint64_t)end_ms);
    tg_buffer_append_u64(out, (uint64_t)start_ms);
}

enum tg_code tg_windowed_key_split_time(struct tg_slice bytes, int64_t size_ms,
                                        struct tg_windowed_key *ret_key, struct tg_error *reterr)
{
    if (bytes.length < TG_WINDOWED_KEY_TIME_BYTES)
        return tg_fail(reterr, TG_CODE_DECODE, "a windowed key of %zu bytes; the window alone takes %d",
                       bytes.length, TG_WINDOWED_KEY_TIME_BYTES);
    size_t length = bytes.length - TG_WINDOWED_KEY_TIME_BYTES;
    ret_key->key = tg_slice_of(bytes.data, length);
    ret_key->start_ms = (int64_t)tg_load_u64(bytes.data + length);
    if (__builtin_add_overflow(ret_key->start_ms, size_ms, &ret_key->end_ms))
        ret_key->end_ms = INT64_MAX;
    return TG_OK;
}

enum tg_code tg_windowed_key_split_session(struct tg_slice bytes, struct tg_windowed_key *ret_key,
                                           struct tg_error *reterr)
{
    if (bytes.length < TG_WINDOWED_KEY_SESSION_BYTES)
        return tg_fail(reterr, TG_CODE_DECODE, "a session key of %zu bytes; the session alone takes %d",
                       bytes.length, TG_WINDOWED_KEY_SESSION_BYTES);
    size_t length = bytes.length - TG_WINDOWED_KEY_SESSION_BYTES;
    ret_key->key = tg_slice_of(bytes.data, length);
    ret_key->end_ms = (int64_t)tg_load_u64(bytes.data + length);
    ret_key->start_ms = (int64_t)tg_load_u64(bytes.data + length + 8);
    if (ret_key->end_ms < ret_key->start_ms)
        return tg_fail(reterr, TG_CODE_DECODE, "a session key whose end %lld is before its start %lld",
                       (long long)ret_key->end_ms, (long long)ret_key->start_ms);
    return TG_OK;
}
