/* sql/session_internal.h: what the files of the session share; private to sql/. A statement is compiled by
 * one handler, which changes the catalog only when nothing can fail any more. Thread: the session's. */
#pragma once

#include "sql/analyzer.h"
#include "sql/planner.h"
#include "sql/session.h"
#include "sql/variables.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tg_session {
    struct tg_session_options options;
    struct tg_arena *arena; /* of the last text */
    struct tg_slice text;   /* the last one */
    bool keep_arena;        /* definitions or plans are in it */
    struct tg_arena **kept;
    size_t kept_count, kept_capacity;
    struct tg_catalog *catalog;
    struct tg_catalog *before;       /* the catalog as the last statement found it; NULL: nothing to undo */
    struct tg_variables *variables;  /* as the parser has left them: after the whole text */
    struct tg_variables *defined;    /* as the last statement has left them */
    struct tg_properties **settings; /* one per SET or UNSET; the last one is in force */
    size_t settings_count, settings_capacity;
    size_t settings_before; /* what settings_count was before the last statement */
    bool follows;
};

/* A statement while it is compiled. */
struct tg_compilation {
    struct tg_session *session;
    const struct tg_statement *statement;
    struct tg_analyzer analyzer;
    struct tg_action *action; /* kind NOTHING until a handler says more */
};
typedef enum tg_code tg_statement_handler(struct tg_compilation *compilation, struct tg_error *reterr);

/* The settings that SET and UNSET change: a copy of those in force, which is in force from now on. */
struct tg_properties *tg_session_push_settings(struct tg_session *session);
/* Adds a query to those of the action. */
void tg_compilation_add_query(struct tg_compilation *compilation, const struct tg_query_definition *query);

/* session_sources.c */
tg_statement_handler tg_compile_create_source;
tg_statement_handler tg_compile_create_type;
tg_statement_handler tg_compile_drop;
/* analyze_function.c */
tg_statement_handler tg_compile_create_function;
tg_statement_handler tg_compile_drop_function;
/* session_changes.c */
tg_statement_handler tg_compile_alter;
/* session_queries.c */
tg_statement_handler tg_compile_create_as;
tg_statement_handler tg_compile_insert_select;
tg_statement_handler tg_compile_insert_values;
tg_statement_handler tg_compile_query_control;
/* session_asserts.c */
tg_statement_handler tg_compile_assert_topic;
tg_statement_handler tg_compile_assert_schema;
tg_statement_handler tg_compile_assert_record;
tg_statement_handler tg_compile_assert_source;
/* session_reports.c */
tg_statement_handler tg_compile_show;
tg_statement_handler tg_compile_describe;
tg_statement_handler tg_compile_explain;
tg_statement_handler tg_compile_print;

/* Analyses and plans CREATE ... AS SELECT or INSERT INTO ... SELECT without changing anything (EXPLAIN). */
TG_MUST_CHECK enum tg_code tg_session_plan(struct tg_compilation *compilation,
                                           const struct tg_statement *statement,
                                           struct tg_query_definition *ret_query, struct tg_error *reterr);
/* The query of that id, without case. Errors: UNKNOWN_NAME with "did you mean". */
TG_MUST_CHECK enum tg_code tg_session_find_query(const struct tg_catalog *catalog,
                                                 const struct tg_ast_name *id,
                                                 const struct tg_query_definition **ret_query,
                                                 struct tg_error *reterr);

/* ---- CREATE OR REPLACE (session_changes.c) ---- */

/* May the statement replace at all what has the name? TG_OK without OR REPLACE. */
TG_MUST_CHECK enum tg_code tg_session_check_replace(const struct tg_compilation *compilation,
                                                    const struct tg_new_name *new_name, bool read_only,
                                                    struct tg_error *reterr);
/* Does the new definition read what the old one has written? Columns may be added behind the others. */
TG_MUST_CHECK enum tg_code tg_session_check_upgrade(const struct tg_source_definition *old,
                                                    const struct tg_source_definition *fresh,
                                                    struct tg_place place, struct tg_error *reterr);
/* Can the new query go on with the offsets and the state of the old one? */
TG_MUST_CHECK enum tg_code tg_session_check_query_upgrade(const struct tg_query_definition *old,
                                                          const struct tg_query_definition *fresh,
                                                          struct tg_place place, struct tg_error *reterr);

#ifdef __cplusplus
}
#endif
