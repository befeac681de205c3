/* state/window_key.h: the bytes of store keys: as a store orders them, and as changelog topics hold them.
 *
 *   layout   in the store (local)                                   in the changelog
 *   PLAIN    key                                                    key
 *   WINDOW   start | key                                            key | start | sequence number u32 (0)
 *   SESSION  0x00 | length of key u32 | key | end | start           key | end | start
 *            0x01 | end | start | key        (index, no value)      -
 *            0x02 | key                      (head)                 -
 *   JOIN     see state/join_key.h
 *
 * Times are ms, i64 big endian; in the store their sign bit is flipped, so that byte order is time order.
 * Local window keys are in time order: expiry and final results are range scans. Local session rows lie
 * together by key, for the lookup of sessions near a row time; the index orders them by end. The head of a
 * key holds the bounds of its session that ends last (end | start), so that a row in time order needs no
 * scan; an empty head means that they are not known (after a restore; an index entry without a row makes
 * expiry look whether there are any), no head that the key has no session. Changelog forms are those of Kafka
 * Streams (WindowKeySchema, SessionKeySchema), readable by Java consumers. Functions named _local,
 * _changelog, ... replace the content of `out`. Thread: any. */
#pragma once

#include "base/buffer.h"

#ifdef __cplusplus
extern "C" {
#endif

enum tg_key_layout {
    TG_KEY_PLAIN,
    TG_KEY_WINDOW,
    TG_KEY_SESSION,
    TG_KEY_JOIN, /* state/join_key.h */
};

struct tg_window_key {
    struct tg_slice key; /* borrowed from the bytes it was read from */
    int64_t start_ms;
    int64_t end_ms; /* sessions only: row time of the last record */
};

/* ---- time windows ---- */

void tg_window_key_local(struct tg_buffer *out, struct tg_slice key, int64_t start_ms);
void tg_window_key_changelog(struct tg_buffer *out, struct tg_slice key, int64_t start_ms);
/* All local keys of windows that start at start_ms or later are at or above this bound (for tg_store_scan).
 */
void tg_window_key_bound(struct tg_buffer *out, int64_t start_ms);
TG_MUST_CHECK enum tg_code tg_window_key_read_local(struct tg_slice local, struct tg_window_key *ret_key,
                                                    struct tg_error *reterr);
TG_MUST_CHECK enum tg_code tg_window_key_read_changelog(struct tg_slice changelog,
                                                        struct tg_window_key *ret_key,
                                                        struct tg_error *reterr);

/* ---- sessions ---- */

void tg_session_key_local(struct tg_buffer *out, const struct tg_window_key *key);
void tg_session_key_changelog(struct tg_buffer *out, const struct tg_window_key *key);
/* The key's sessions that end at end_ms or later are at or above this bound, in time order. */
void tg_session_key_bound(struct tg_buffer *out, struct tg_slice key, int64_t end_ms);
/* Above all sessions of the key. */
void tg_session_key_bound_after(struct tg_buffer *out, struct tg_slice key);
void tg_session_index_key(struct tg_buffer *out, const struct tg_window_key *key);
/* Index keys of sessions that end at end_ms or later are at or above this bound. */
void tg_session_index_bound(struct tg_buffer *out, int64_t end_ms);
void tg_session_head_key(struct tg_buffer *out, struct tg_slice key);
bool tg_session_key_is_row(struct tg_slice local); /* neither index nor head */
TG_MUST_CHECK enum tg_code tg_session_key_read_local(struct tg_slice local, struct tg_window_key *ret_key,
                                                     struct tg_error *reterr); /* rows and index */
TG_MUST_CHECK enum tg_code tg_session_key_read_changelog(struct tg_slice changelog,
                                                         struct tg_window_key *ret_key,
                                                         struct tg_error *reterr);

/* ---- any layout ---- */

/* Whether a store's row goes to the changelog. */
bool tg_key_in_changelog(enum tg_key_layout layout, struct tg_slice local);
TG_MUST_CHECK enum tg_code tg_key_to_changelog(enum tg_key_layout layout, struct tg_slice local,
                                               struct tg_buffer *out, struct tg_error *reterr);
TG_MUST_CHECK enum tg_code tg_key_from_changelog(enum tg_key_layout layout, struct tg_slice changelog,
                                                 struct tg_buffer *out, struct tg_error *reterr);

#ifdef __cplusplus
}
#endif
