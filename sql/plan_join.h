/* sql/plan_join.h: the nodes of FROM a JOIN b ...; private to sql/. Steps are named by what they are in the
 * statement, so that another clause renames no store: LeftSource, RightSource, Join, RightSource2, Join2.
 * Thread: its owner's. */
#pragma once

#include "sql/scope.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Columns of a query's working row as columns of a node's schema. */
struct tg_row_map {
    struct tg_arena *arena;
    const struct tg_schema *schema;
    const int32_t *column_of; /* row column to column of the schema, or -1 */
    const struct tg_query_keys
        *keys; /* in the first columns of the schema; NULL: they have no meaning here */
};
/* A subtree that equals a key becomes the key's column, a column of the row the schema's. */
const struct tg_expr *tg_row_map_expr(const struct tg_row_map *map, const struct tg_expr *expr);
/* The format of values that hold these columns in a repartition topic: `wanted`, or JSON if it cannot. */
struct tg_plan_format tg_plan_value_format(const struct tg_plan_format *wanted,
                                           const struct tg_schema_column *columns, uint32_t count);

/* The joins of the query; columns that are not `used` above them are left out. Fills `ret_column_of`. */
struct tg_plan_node *tg_plan_joins(struct tg_arena *arena, const struct tg_query_analysis *analysis,
                                   const bool *used, int32_t *ret_column_of);

#ifdef __cplusplus
}
#endif
