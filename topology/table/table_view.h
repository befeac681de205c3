/* topology/table/table_view.h: the rows of a table as they are now, found by key: how a join reaches its
 * other side. A view of a Materialize operator reads its store; a view of a table-table join asks the views
 * of both sides, so that join needs no store of its own. Many rows are found and decoded at once; row i of
 * the result belongs to row i of the batch that asks, so that columns of both can stand side by side. Thread:
 * the task's worker. */
#pragma once

#include "topology/operator.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tg_table_view;

struct tg_table_view_options {
    const struct tg_operator *table; /* Materialize or a table-table join, opened before */
    const bool *needed;              /* per column of its schema; NULL: all that the table has */
};
/* Errors: UNSUPPORTED for any other operator. */
TG_MUST_CHECK enum tg_code tg_table_view_open(const struct tg_table_view_options *options,
                                              struct tg_table_view **ret_view, struct tg_error *reterr);

/* What is asked for. */
struct tg_table_lookup {
    const struct tg_slice *keys;  /* per row of the batch (topology/table/key_bytes.h); data NULL: none */
    const struct tg_batch *batch; /* gives the key columns and window bounds, by their order */
    const int64_t *as_of_ms; /* per row: of a table with a history the version of that time; NULL: the newest.
                                A join of tables has no history: it gives the newest rows */
};
/* Finds the row of each key. The result lives until the next call, its bytes in the batch's arena. */
TG_MUST_CHECK enum tg_code tg_table_view_find(struct tg_table_view *view,
                                              const struct tg_table_lookup *lookup, struct tg_error *reterr);

/* The result, by row of the batch that asked. */
struct tg_table_rows {
    const uint8_t *found;
    const struct tg_slice *values;    /* a Materialize node's: the store's bytes; data NULL: none */
    const int64_t *times_ms;          /* row time; INT64_MIN where none was found */
    struct tg_column *const *columns; /* of the table's schema, NULL where not needed; where no row was found
                                         they are NULL */
};
struct tg_table_rows tg_table_view_rows(const struct tg_table_view *view);
void tg_table_view_close(struct tg_table_view *view); /* NULL is a no-op */

/* Can the rows of a plan node be found by key? */
bool tg_table_view_possible(const struct tg_plan_node *node);

#ifdef __cplusplus
}
#endif
