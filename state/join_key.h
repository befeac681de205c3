/* state/join_key.h: the bytes of keys of a store that buffers the rows of one side of a stream-stream join
 * (TG_KEY_JOIN), as such a store orders them, and as its changelog holds them:
 *
 *   row      0x00 | length of key u32 | key | time | sequence u32     key | time | sequence u32
 *   index    0x01 | time | key                (no value)              -
 *   head     0x02 | key                                               -
 *
 * Rows of a key lie together in the order of time, then of arrival. An index entry says that the key may have
 * rows of that time or later: expiry reads the entries up to its bound and nothing else. The head lists the
 * key's rows, so that finding them needs no scan; an empty head means that they are not known (after a
 * restore), no head that the key has none. Times as in state/window_key.h. The changelog form is that of
 * Kafka Streams' window stores with duplicates. Functions replace the content of `out`. Thread: any. */
#pragma once

#include "base/buffer.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tg_join_key {
    struct tg_slice key; /* borrowed from the bytes it was read from */
    int64_t time_ms;
    uint32_t sequence; /* among the rows of a key; not of index entries */
};

void tg_join_key_local(struct tg_buffer *out, const struct tg_join_key *key);
void tg_join_key_changelog(struct tg_buffer *out, const struct tg_join_key *key);
/* The key's rows of time_ms or later are at or above this bound, in order. */
void tg_join_key_bound(struct tg_buffer *out, struct tg_slice key, int64_t time_ms);
/* Above all rows of the key. */
void tg_join_key_bound_after(struct tg_buffer *out, struct tg_slice key);
void tg_join_index_key(struct tg_buffer *out, struct tg_slice key, int64_t time_ms);
/* Index entries of time_ms or later are at or above this bound. */
void tg_join_index_bound(struct tg_buffer *out, int64_t time_ms);
void tg_join_head_key(struct tg_buffer *out, struct tg_slice key);
bool tg_join_key_is_row(struct tg_slice local);
TG_MUST_CHECK enum tg_code tg_join_key_read_local(struct tg_slice local, struct tg_join_key *ret_key,
                                                  struct tg_error *reterr); /* rows and index */
TG_MUST_CHECK enum tg_code tg_join_key_read_changelog(struct tg_slice changelog, struct tg_join_key *ret_key,
                                                      struct tg_error *reterr);

#ifdef __cplusplus
}
#endif
