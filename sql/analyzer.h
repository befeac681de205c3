/* sql/analyzer.h: from syntax trees to checked, typed statements. What is found goes into the session's
 * arena. Rules of names, nulls, keys and times: ksqlDB's. Errors carry their place and say what would be
 * right. Thread: its owner's. */
#pragma once

#include "expr/function.h"
#include "plan/nodes/aggregate.h"
#include "plan/nodes/join.h"
#include "sql/ast.h"
#include "sql/catalog.h"
#include "sql/session.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What every analysis works with. */
struct tg_analyzer {
    struct tg_arena *arena;
    struct tg_catalog *catalog;
    const struct tg_session_options *options;
    const struct tg_properties *settings; /* in force at the statement */
    const char *statement;                /* its text */
    bool any_format;                      /* also formats that this version does not execute */
    bool follows;                         /* out: the error only follows from an earlier one */
};

/* ---- CREATE STREAM / TABLE (columns) WITH (...) ---- */

/* *ret_definition is NULL if there is nothing to do (IF NOT EXISTS). */
TG_MUST_CHECK enum tg_code tg_analyze_create_source(struct tg_analyzer *analyzer,
                                                    const struct tg_ast_create_source *create,
                                                    const struct tg_source_definition **ret_definition,
                                                    struct tg_error *reterr);
/* Is the name free? Errors: DUPLICATE_NAME. *ret_exists: IF NOT EXISTS says that this is no fault. */
struct tg_new_name {
    const struct tg_ast_name *name;
    bool is_table;
    bool or_replace;
    bool if_not_exists;
};
TG_MUST_CHECK enum tg_code tg_analyze_new_name(struct tg_analyzer *analyzer,
                                               const struct tg_new_name *new_name, bool *ret_exists,
                                               struct tg_error *reterr);

/* ---- INSERT INTO ... VALUES ---- */

TG_MUST_CHECK enum tg_code tg_analyze_insert_values(struct tg_analyzer *analyzer,
                                                    const struct tg_ast_insert_values *insert,
                                                    const struct tg_insert_values **ret_insert,
                                                    struct tg_error *reterr);
/* The same for ASSERT VALUES: what may stand in any source, and no key need be given. */
TG_MUST_CHECK enum tg_code tg_analyze_assert_values(struct tg_analyzer *analyzer,
                                                    const struct tg_ast_insert_values *values,
                                                    const struct tg_insert_values **ret_values,
                                                    struct tg_error *reterr);

/* ---- queries ---- */

/* Where a column of a query's working row comes from. Expressions of a query are typed over one list of
 * columns ("row"): those of the source, its pseudo columns, then what table functions, the window and
 * aggregates add. The planner maps them to the nodes' schemas. */
enum tg_row_part {
    TG_ROW_KEY,      /* key column `number` of a join */
    TG_ROW_SOURCE,   /* declared in the source */
    TG_ROW_PSEUDO,   /* ROWTIME, ROWPARTITION, ROWOFFSET; bounds of a windowed source */
    TG_ROW_TABLE,    /* result of table function `number` */
    TG_ROW_BOUND,    /* WINDOWSTART (number 0), WINDOWEND (1) of the query's own window */
    TG_ROW_AGGREGATE /* result of aggregate `number` */
};

struct tg_row_column {
    enum tg_row_part part;
    uint32_t number;
    uint32_t source;  /* SOURCE and PSEUDO in a join: of which source */
    const char *name; /* what statements call it; NULL: they cannot */
};

/* A source of a join. Its columns stand together in the row: those declared, then the pseudo columns. */
struct tg_query_source {
    const struct tg_source_definition *definition;
    const char *alias; /* or its name */
    struct tg_place place;
    uint32_t first; /* row column */
    uint32_t count;
};

enum tg_join_shape { TG_STREAM_STREAM, TG_STREAM_TABLE, TG_TABLE_TABLE, TG_FOREIGN_KEY };

/* Join number n combines sources 0 to n, as joined so far, with source n + 1. */
struct tg_query_join {
    enum tg_join_shape shape;
    enum tg_join_kind kind;
    const struct tg_expr *left; /* of the condition, over the row */
    const struct tg_expr *right;
    bool is_flipped; /* the statement has them the other way round: right = left */
    bool left_moves; /* that side gets the condition's value as its key, through a repartition topic */
    bool right_moves;
    bool moves_along; /* the result goes to where all its columns are kept: into another join */
    struct tg_plan_format key_format; /* of the keys that meet */
    int64_t before_ms;
    int64_t after_ms;
    int64_t grace_ms; /* -1: not given */
    const struct tg_ast_join *ast;
};

struct tg_output_column {
    const char *name;
    const struct tg_expr *expr; /* over the row */
    bool is_key;
    struct tg_place place;
};

/* A list of expressions that define a key. */
struct tg_query_keys {
    uint32_t count;
    const struct tg_expr *const *exprs; /* over the row: TG_ROW_SOURCE and TG_ROW_PSEUDO only */
    struct tg_place place;
};

struct tg_query_analysis {
    const struct tg_source_definition *source; /* of a join: what it gives, named "the join of ..." */
    uint32_t joined_count;                     /* sources of a join; 0: there is no join */
    const struct tg_query_source *joined;
    const struct tg_query_join *joins; /* joined_count - 1 */
    struct tg_plan_format record_key;  /* how the keys of the source's rows are written */
    uint32_t row_count;
    const struct tg_schema *row; /* all columns, row_count */
    const struct tg_row_column *parts;
    uint32_t source_count;       /* of the row's columns that are declared */
    const struct tg_expr *where; /* NULL: none */
    uint32_t table_call_count;
    const struct tg_function_call *table_calls;
    bool is_grouped;           /* GROUP BY, or a window alone */
    bool is_partitioned;       /* PARTITION BY */
    bool keeps_key;            /* grouped or partitioned by exactly the one key column of the source */
    struct tg_query_keys keys; /* grouping or partitioning */
    uint32_t aggregate_count;
    const struct tg_function_call *aggregates;
    struct tg_window window;
    enum tg_emission emission;
    const struct tg_expr *having;
    uint32_t output_count;
    const struct tg_output_column *outputs; /* keys first, in the order of the key */
    bool is_table;                          /* the result */
};

/* Errors of all kinds, with places. `sink` names the result. */
struct tg_query_target {
    const struct tg_ast_name *sink;
    bool is_table;
    bool is_insert;                             /* INSERT INTO: the sink is there already */
    const struct tg_ast_properties *properties; /* of CREATE ... AS; NULL: none */
};
TG_MUST_CHECK enum tg_code tg_analyze_query(struct tg_analyzer *analyzer, const struct tg_ast_query *query,
                                            const struct tg_query_target *target,
                                            const struct tg_query_analysis **ret_analysis,
                                            struct tg_error *reterr);

/* The definition of the stream or table that CREATE ... AS SELECT makes. */
TG_MUST_CHECK enum tg_code tg_analyze_sink(struct tg_analyzer *analyzer,
                                           const struct tg_ast_create_as *create,
                                           const struct tg_query_analysis *analysis,
                                           const struct tg_source_definition **ret_definition,
                                           struct tg_error *reterr);
/* "CSAS_<SINK>", or what the property QUERY_ID says. */
TG_MUST_CHECK enum tg_code tg_analyze_query_id(struct tg_analyzer *analyzer,
                                               const struct tg_ast_create_as *create,
                                               const char **ret_query_id, struct tg_error *reterr);

/* ---- INSERT INTO ... SELECT ---- */

/* The stream that is written to. Errors: UNKNOWN_NAME; ANALYSIS if it cannot be written to. */
TG_MUST_CHECK enum tg_code tg_analyze_insert_target(struct tg_analyzer *analyzer,
                                                    const struct tg_ast_insert_select *insert,
                                                    const struct tg_source_definition **ret_target,
                                                    struct tg_error *reterr);
/* Makes the query's outputs those of the target: same keys, same names, types widened. */
TG_MUST_CHECK enum tg_code tg_analyze_insert_select(struct tg_analyzer *analyzer,
                                                    const struct tg_ast_insert_select *insert,
                                                    const struct tg_source_definition *target,
                                                    const struct tg_query_analysis **analysis,
                                                    struct tg_error *reterr);
/* "INSERTQUERY_<SINK>_<SOURCE>", or what the property QUERY_ID says. */
TG_MUST_CHECK enum tg_code tg_analyze_insert_id(struct tg_analyzer *analyzer,
                                                const struct tg_ast_insert_select *insert,
                                                const char **ret_query_id, struct tg_error *reterr);

/* ROWTIME, ROWPARTITION, ROWOFFSET, WINDOWSTART, WINDOWEND: names that no column may have. */
bool tg_name_is_reserved(const char *name);

#ifdef __cplusplus
}
#endif
