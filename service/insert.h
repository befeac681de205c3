/* service/insert.h: INSERT VALUES of a job: each statement writes its record once per application, however
 * often the job is started. What was executed is remembered in a compacted topic "<prefix>inserts", in the
 * transaction that writes the record. Thread: one. */
#pragma once

#include "data/column.h"
#include "kafka/kafka.h"
#include "sql/job.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tg_inserts;

struct tg_inserts_options {
    struct tg_cluster *cluster;
    struct tg_clock *clock;
    struct tg_registry *registry; /* borrowed; NULL: none is configured */
    const char *prefix;
    const char *instance;
    int timeout_ms;
    int transaction_timeout_ms;
    const bool *stop;
};

/* Reads what was executed already. */
TG_MUST_CHECK enum tg_code tg_inserts_open(const struct tg_inserts_options *options,
                                           struct tg_inserts **ret_inserts, struct tg_error *reterr);
TG_MUST_CHECK enum tg_code tg_inserts_execute(struct tg_inserts *inserts, const struct tg_action *action,
                                              struct tg_error *reterr);
void tg_inserts_close(struct tg_inserts *inserts); /* NULL is a no-op */

struct tg_program_state;
/* Evaluates the constants of INSERT VALUES or ASSERT VALUES: *ret_row has one column of one row per column of
 * the target's schema; *rowtime_ms changes only if ROWTIME was given. The columns belong to *ret_state, which
 * the caller frees, also after an error. Errors: EXPRESSION. */
TG_MUST_CHECK enum tg_code tg_insert_evaluate(struct tg_arena *arena, const struct tg_insert_values *insert,
                                              struct tg_column **ret_row, int64_t *rowtime_ms,
                                              struct tg_program_state **ret_state, struct tg_error *reterr);

#ifdef __cplusplus
}
#endif
