/* expr/program.h: expressions compiled to a flat register program that runs over the rows of a batch, column
 * by column. A program is immutable after compiling (query arena) and may be shared by the tasks of a query;
 * each task runs it with its own tg_program_state (registers, scratch). No heap allocation after warm-up.
 * Errors of a row make that expression NULL for the row and are recorded; they never stop the batch. */
#pragma once

#include "base/clock.h"
#include "data/batch.h"
#include "expr/expr.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tg_program;
struct tg_program_state;

/* One failed evaluation: what the processing log, the counters and the error policy of the query need. */
struct tg_row_error {
    uint32_t row;        /* of the batch */
    uint32_t expression; /* number of the compiled expression */
    enum tg_code code;
    const char *message; /* in the batch arena */
};

/* Compiles `count` expressions over `schema` into one program; common subexpressions are shared, constants
 * are folded, patterns and formats that are constant are prepared once. Errors: TYPE, LIMIT, or what
 * preparing a constant pattern says. */
TG_MUST_CHECK enum tg_code tg_program_compile(struct tg_arena *arena, const struct tg_schema *schema,
                                              const struct tg_expr *const *expressions, uint32_t count,
                                              const struct tg_program **ret_program, struct tg_error *reterr);
/* One line per step: "r3 = +(BIGINT) r1, r2". */
void tg_program_write(const struct tg_program *program, struct tg_buffer *out);
/* Which columns of the schema the program reads: schema->count entries. */
const bool *tg_program_columns(const struct tg_program *program);

struct tg_program_state *tg_program_state_new(const struct tg_program *program);
/* What UNIX_TIMESTAMP() and the like read; without this call the real clock. */
void tg_program_state_set_clock(struct tg_program_state *state, struct tg_clock *clock);
void tg_program_state_free(struct tg_program_state *state); /* NULL is a no-op */

/* Evaluates all expressions for the batch's existing rows. Results are valid until the next run (and hold
 * slices into the batch or its arena); a result may be one of the batch's own columns. Row numbers of results
 * are those of the batch. */
void tg_program_run(struct tg_program_state *state, const struct tg_batch *batch);
struct tg_column *tg_program_result(struct tg_program_state *state, uint32_t expression);
/* Rows (of the last run) for which result 0 is TRUE, ascending; for filters. `*ret_rows` is valid until the
 * next run. */
uint32_t tg_program_select(struct tg_program_state *state, const struct tg_batch *batch,
                           const uint32_t **ret_rows);
uint32_t tg_program_error_count(const struct tg_program_state *state);
const struct tg_row_error *
tg_program_errors(const struct tg_program_state *state); /* in row order per expression */

#ifdef __cplusplus
}
#endif
