/* serde/windowed_key.h: record keys of windowed tables, byte for byte as Kafka Streams writes them: after the
 * key's own bytes comes the window's start (time windows), or its end and then its start (session windows),
 * 64 bits each, big endian. Thread: any; slices are borrowed. */
#pragma once

#include "base/buffer.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { TG_WINDOWED_KEY_TIME_BYTES = 8, TG_WINDOWED_KEY_SESSION_BYTES = 16 };

struct tg_windowed_key {
    struct tg_slice key; /* the bytes before the window */
    int64_t start_ms;
    int64_t end_ms;
};

void tg_windowed_key_append_time(struct tg_buffer *out, struct tg_slice key, int64_t start_ms);
void tg_windowed_key_append_session(struct tg_buffer *out, struct tg_slice key, int64_t start_ms,
                                    int64_t end_ms);

/* A time window's end is not in the bytes: it is start + size, at most INT64_MAX. Errors: DECODE if the bytes
 * are too few. */
TG_MUST_CHECK enum tg_code tg_windowed_key_split_time(struct tg_slice bytes, int64_t size_ms,
                                                      struct tg_windowed_key *ret_key,
                                                      struct tg_error *reterr);
/* Errors: DECODE if the bytes are too few or the window ends before it starts. */
TG_MUST_CHECK enum tg_code tg_windowed_key_split_session(struct tg_slice bytes,
                                                         struct tg_windowed_key *ret_key,
                                                         struct tg_error *reterr);

#ifdef __cplusplus
}
#endif
