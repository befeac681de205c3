/* sql/joins.h: FROM a JOIN b ON ...: the row of a query with several sources, the key that their join has,
 * and which output of the query becomes that key; private to sql/. Thread: its owner's. */
#pragma once

#include "sql/scope.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Expressions that give one key column. A condition a = b makes both of them part of it. */
struct tg_join_key {
    const struct tg_type *type;
    uint32_t count;
    const struct tg_expr **exprs; /* over the row */
    bool *is_exact;               /* always equal to the key of the row, also where a side is missing */
};

/* What stands left of a join. */
struct tg_join_tree {
    uint32_t key_count;
    struct tg_join_key *keys;
    struct tg_plan_format format; /* of its rows' keys */
    bool is_table;
    enum tg_window_kind window_kind;
    int64_t window_size_ms;
    bool is_moved; /* its rows come out of a repartition topic, not from the first source */
};

/* ---- analyze_join.c ---- */

/* Fills the row with the columns of all sources and the key columns of the whole, and `analysis` with source,
 * joins and record_key. */
TG_MUST_CHECK enum tg_code tg_analyze_joins(struct tg_analyzer *analyzer, const struct tg_ast_query *query,
                                            struct tg_query_analysis *analysis, struct tg_row *ret_row,
                                            struct tg_join_tree *ret_tree, struct tg_error *reterr);

/* ---- join_key.c ---- */

/* The key that a source's rows have. */
void tg_join_tree_init(struct tg_join_tree *tree, const struct tg_row *row,
                       const struct tg_query_source *source);
/* Is the condition's left side the tree's only key column? */
bool tg_join_tree_has_key(const struct tg_join_tree *tree, const struct tg_expr *expr);
/* Is the expression, or the key column itself, always equal to the only key column? */
bool tg_join_tree_is_keyed_by(const struct tg_join_tree *tree, const struct tg_row *row,
                              const struct tg_expr *expr);
/* The tree after the join (all but foreign-key joins, which keep the key of the left). */
void tg_join_tree_grow(struct tg_join_tree *tree, struct tg_arena *arena, const struct tg_query_join *join);
/* Adds the key columns to the row. `ROWKEY` (ROWKEY_1, ...) where no column of a source is the key. */
void tg_join_add_keys(const struct tg_join_tree *tree, struct tg_row *row);
/* Whose SELECT list it is. */
struct tg_output_place {
    const char *sink;
    struct tg_place place;
};
/* Outputs that are the key read the join's key columns. Errors: ANALYSIS if a key is not among them, or
 * twice. */
TG_MUST_CHECK enum tg_code tg_join_choose_keys(const struct tg_row *row, const struct tg_join_tree *tree,
                                               const struct tg_output_place *where,
                                               struct tg_output_list *outputs, struct tg_error *reterr);

/* ---- join_checks.c ---- */

/* What the errors of a join speak of. */
struct tg_join_sides {
    struct tg_analyzer *analyzer;
    const struct tg_row *row;
    const struct tg_query_source *left; /* the first source of the tree */
    const struct tg_query_source *right;
    const struct tg_join_tree *tree;
};
/* Kinds of join that there are, WITHIN, keys, types, windows. */
TG_MUST_CHECK enum tg_code tg_join_check_shape(const struct tg_join_sides *sides, struct tg_query_join *join,
                                               uint32_t number, struct tg_error *reterr);
/* Decides which sides move, and the format of the keys that meet. */
TG_MUST_CHECK enum tg_code tg_join_place_sides(const struct tg_join_sides *sides, struct tg_query_join *join,
                                               struct tg_error *reterr);
/* "L.A = R.B" as in the statement, with the sources of plain columns. */
void tg_join_write_condition(const struct tg_row *row, const struct tg_query_join *join, bool types,
                             struct tg_buffer *out);

#ifdef __cplusplus
}
#endif
