/* topology/aggregate/session.h: what the files of session windows share. Thread: the task's worker. */
#pragma once

#include "topology/aggregate/aggregate.h"

/* ---- session.c ---- */

/* What the key's head says goes to sessions->head_exists, head_known, latest. */
TG_MUST_CHECK enum tg_code aggregate_session_read_head(struct aggregate *aggregate, struct tg_slice key,
                                                       struct tg_error *reterr);
TG_MUST_CHECK enum tg_code aggregate_session_write_head(struct aggregate *aggregate, struct tg_slice key,
                                                        const struct aggregate_session *latest,
                                                        struct tg_error *reterr);
/* The key's sessions from `from_ms` on; those that begin up to `to_ms` are found. */
TG_MUST_CHECK enum tg_code aggregate_session_scan(struct aggregate *aggregate, struct tg_slice key,
                                                  int64_t from_ms, int64_t to_ms, struct tg_error *reterr);
/* The store gets what the live session has become. */
TG_MUST_CHECK enum tg_code aggregate_live_put(struct aggregate *aggregate, struct aggregate_live *live,
                                              struct tg_error *reterr);

/* ---- session_live.c ---- */

/* The key's live session, or NULL. Valid until one is added. */
struct aggregate_live *aggregate_live_find(const struct aggregate_live_sessions *sessions,
                                           struct tg_slice key);
/* Takes a session in that the store has, with these bounds and this state, and that is its key's last one.
 * There must be room. */
void aggregate_live_add(struct aggregate_live_sessions *sessions, struct tg_slice key,
                        const struct aggregate_session *bounds, struct tg_slice value);
void aggregate_live_set_value(struct aggregate_live_sessions *sessions, struct aggregate_live *live,
                              struct tg_slice value);
bool aggregate_live_is_full(const struct aggregate_live_sessions *sessions);
