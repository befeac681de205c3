/* topology/table/history.h: versions of a table's rows that were replaced, for joins that ask for the row of
 * a time (as-of joins). The newest version of each key is in the table's own store; here is each version
 * before it, with the time at which the next one took its place, for as long as a history retention says.
 * Versions follow each other by row time, in whatever order their records come. What is asked for and given
 * is that of Kafka Streams' versioned stores (KIP-889): a version is valid from its own time until the next
 * one's, tombstones are versions, what is older than the highest row time by more than the retention can be
 * neither put nor asked for, save for the newest version, which stays.
 *
 * Store (role TG_HISTORY_ROLE): rows of topology/join/rows.h, the key's; their time is that at which the
 * version ends. Value: flags u8 (1: tombstone) | time of the version i64 | the row. Expires by that time, in
 * O(expired), as the rows of a join do. Thread: the task's worker. */
#pragma once

#include "topology/task.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tg_table_history;

#define TG_HISTORY_ROLE "history"

TG_MUST_CHECK enum tg_code tg_table_history_open(struct tg_operator *owner, int64_t retention_ms,
                                                 struct tg_table_history **ret_history,
                                                 struct tg_error *reterr);
void tg_table_history_close(struct tg_table_history *history); /* NULL is a no-op */

enum tg_history_place {
    TG_HISTORY_NEWEST,  /* the caller's store takes it */
    TG_HISTORY_EARLIER, /* a newer version is there: it was put among the older ones */
    TG_HISTORY_TOO_LATE /* older than the retention: not kept */
};

/* A record of the table, and the newest version of its key before it. */
struct tg_history_change {
    struct tg_slice key;
    bool was_there; /* there is a newest version that is no tombstone */
    struct tg_value newest;
    bool is_tombstone;
    struct tg_value value; /* of a tombstone: its time only */
};
/* Puts the change in its place, and moves the time that was seen on. */
TG_MUST_CHECK enum tg_code tg_table_history_put(struct tg_table_history *history,
                                                const struct tg_history_change *change,
                                                enum tg_history_place *ret_place, struct tg_error *reterr);

/* The version that was valid at `as_of_ms`, if it is not the newest one. The value's time is that of the
 * version, its bytes are valid until the next call. */
TG_MUST_CHECK enum tg_code tg_table_history_find(struct tg_table_history *history, struct tg_slice key,
                                                 int64_t as_of_ms, bool *ret_found,
                                                 struct tg_value *ret_value, struct tg_error *reterr);

/* Rows with times before it are too late; INT64_MIN: none are yet. */
int64_t tg_table_history_bound(const struct tg_table_history *history);
/* The highest row time so far, -1: none. Committed with the offsets. */
int64_t tg_table_history_time(const struct tg_table_history *history);
void tg_table_history_load(struct tg_table_history *history, int64_t time_ms);
/* Removes versions that nobody can ask for; before a commit. */
TG_MUST_CHECK enum tg_code tg_table_history_sweep(struct tg_table_history *history, struct tg_error *reterr);

/* The history of a Materialize operator's table, or NULL. */
struct tg_table_history *tg_table_history_of(const struct tg_operator *materialize);

#ifdef __cplusplus
}
#endif
