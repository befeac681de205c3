/* sql/ast.h: what the parser makes of a statement. Names are as resolved by the lexer (upper case unless
 * quoted), nothing is looked up yet. Ownership: nodes and texts live in the arena given to tg_parse; they are
 * never changed afterwards. Thread: any, once parsed. Places hold offset and length in the text given to
 * tg_parse; line and column are filled in for errors only (sql/diagnostics.h). A formatter (sql/formatter.h)
 * writes every node back as SQL. */
#pragma once

#include "base/map.h"
#include "data/type.h"

#ifdef __cplusplus
extern "C" {
#endif

/* An identifier; `text` is NULL where an optional name was left out. */
struct tg_ast_name {
    const char *text;
    struct tg_place place;
};

/* ---- types ---- */

struct tg_ast_field {
    struct tg_ast_name name;
    const struct tg_ast_type *type;
};

struct tg_ast_type {
    struct tg_place place;
    const struct tg_type *type; /* NULL if a custom type occurs in it: see tg_ast_type_resolve */
    const char *custom_name;    /* a type made by CREATE TYPE; NULL for SQL's own types, which have `kind` */
    enum tg_type_kind kind;     /* the rest is of use only where `type` is NULL */
    uint32_t field_count;       /* STRUCT */
    const struct tg_ast_type *key;     /* MAP */
    const struct tg_ast_type *element; /* ARRAY: element; MAP: value */
    const struct tg_ast_field *fields; /* STRUCT */
};

/* The type meant, with custom types taken from `custom_types` (name -> const struct tg_type *; NULL: there
 * are none). Errors: UNKNOWN_NAME at the name, with "did you mean". */
TG_MUST_CHECK enum tg_code tg_ast_type_resolve(struct tg_arena *arena, const struct tg_ast_type *node,
                                               const struct tg_map *custom_types,
                                               const struct tg_type **ret_type, struct tg_error *reterr);

/* ---- expressions ---- */

enum tg_ast_expr_kind {
    TG_AST_NULL,
    TG_AST_BOOLEAN, /* boolean */
    TG_AST_INTEGER, /* integer; text as written, with its sign */
    TG_AST_DECIMAL, /* text such as "-1.50" */
    TG_AST_DOUBLE,  /* real; text as written, with its sign */
    TG_AST_STRING,  /* text, unescaped */
    TG_AST_COLUMN,  /* [qualifier.]name; may turn out to be a lambda's parameter */
    TG_AST_UNIT,    /* DAYS, HOURS, ...: name; only as an argument of a call. The singular words that are not
                     * reserved    (YEAR, MONTH, DAY, HOUR, MINUTE, SECOND) come as a COLUMN of that name
                     * instead.
                     */
    TG_AST_STAR,    /* the argument of COUNT(*) */
    TG_AST_FIELD,   /* arguments[0]->name */
    TG_AST_SUBSCRIPT,   /* arguments[0][arguments[1]] */
    TG_AST_CALL,        /* name(arguments) */
    TG_AST_LAMBDA,      /* names => arguments[0]; only as an argument of a call */
    TG_AST_ARRAY,       /* ARRAY[arguments] */
    TG_AST_MAP,         /* MAP(arguments[0] := arguments[1], ...) */
    TG_AST_STRUCT,      /* STRUCT(names[i] := arguments[i], ...) */
    TG_AST_CASE,        /* condition, result, condition, result, ... [, otherwise] */
    TG_AST_SIMPLE_CASE, /* operand, value, result, value, result, ... [, otherwise] */
    TG_AST_CAST,        /* CAST(arguments[0] AS type) */
    TG_AST_UNARY,       /* op: NEGATE, PLUS or NOT */
    TG_AST_BINARY,      /* op: arithmetic, CONCAT, comparison, AND, OR */
    TG_AST_BETWEEN,     /* value, low, high; negated: NOT BETWEEN */
    TG_AST_IN,          /* value, element, ...; negated: NOT IN */
    TG_AST_LIKE,        /* value, pattern [, escape, a STRING]; negated: NOT LIKE */
    TG_AST_IS_NULL,     /* value; negated: IS NOT NULL */
    TG_AST_IS_DISTINCT, /* left, right; negated: IS NOT DISTINCT FROM */
};

enum tg_ast_op {
    TG_AST_OP_NONE,
    TG_AST_OP_OR,
    TG_AST_OP_AND,
    TG_AST_OP_NOT,
    TG_AST_OP_EQUAL,
    TG_AST_OP_NOT_EQUAL,
    TG_AST_OP_LESS,
    TG_AST_OP_LESS_EQUAL,
    TG_AST_OP_GREATER,
    TG_AST_OP_GREATER_EQUAL,
    TG_AST_OP_CONCAT,
    TG_AST_OP_ADD,
    TG_AST_OP_SUBTRACT,
    TG_AST_OP_MULTIPLY,
    TG_AST_OP_DIVIDE,
    TG_AST_OP_MODULO,
    TG_AST_OP_NEGATE,
    TG_AST_OP_PLUS,
};

struct tg_ast_expr {
    enum tg_ast_expr_kind kind;
    enum tg_ast_op op; /* UNARY, BINARY */
    bool negated;      /* BETWEEN, IN, LIKE, IS_NULL, IS_DISTINCT */
    bool boolean;      /* BOOLEAN */
    uint16_t depth;    /* of the tree below, this node included: at most TG_SQL_DEPTH_MAX */
    struct tg_place place;
    const char *name;           /* COLUMN, FIELD, CALL, UNIT */
    struct tg_place name_place; /* of `name` alone */
    const char *qualifier;      /* COLUMN: source or alias before the dot, or NULL */
    struct tg_slice text;       /* literals */
    int64_t integer;            /* INTEGER */
    double real;                /* DOUBLE */
    uint32_t argument_count;
    uint32_t name_count;
    const struct tg_ast_expr *const *arguments;
    const struct tg_ast_name *names; /* STRUCT: fields; LAMBDA: parameters */
    const struct tg_ast_type *type;  /* CAST */
};

/* "+", "<>", "AND", ...: as SQL writes it. */
const char *tg_ast_op_symbol(enum tg_ast_op op);

/* ---- pieces of statements ---- */

enum tg_ast_time_unit {
    TG_AST_UNIT_MILLISECONDS,
    TG_AST_UNIT_SECONDS,
    TG_AST_UNIT_MINUTES,
    TG_AST_UNIT_HOURS,
    TG_AST_UNIT_DAYS
};

struct tg_ast_interval {
    bool given;
    int64_t amount; /* >= 0 */
    enum tg_ast_time_unit unit;
    int64_t ms; /* the same in milliseconds */
    struct tg_place place;
};

/* NAME = literal in WITH (...). */
struct tg_ast_property {
    struct tg_ast_name name; /* as identifier or as string: compare without case, except for connectors */
    const struct tg_ast_expr *value; /* a literal */
};

struct tg_ast_properties {
    bool given;
    uint32_t count;
    const struct tg_ast_property *list;
    struct tg_place place;
};

enum tg_ast_column_role {
    TG_AST_COLUMN_VALUE,
    TG_AST_COLUMN_KEY,
    TG_AST_COLUMN_PRIMARY_KEY,
    TG_AST_COLUMN_HEADERS,
    TG_AST_COLUMN_HEADER
};

struct tg_ast_column {
    struct tg_ast_name name;
    const struct tg_ast_type *type;
    enum tg_ast_column_role role;
    const char *header_key;     /* HEADER('key') */
    struct tg_place role_place; /* of KEY, PRIMARY KEY, ... */
};

struct tg_ast_column_list {
    bool given;
    uint32_t count;
    const struct tg_ast_column *list;
    struct tg_place place;
};

struct tg_ast_name_list {
    bool given;
    uint32_t count;
    const struct tg_ast_name *list;
    struct tg_place place;
};

struct tg_ast_expr_list {
    bool given;
    uint32_t count;
    const struct tg_ast_expr *const *list;
    struct tg_place place;
};

enum tg_ast_select_kind {
    TG_AST_SELECT_EXPRESSION, /* expression [AS alias] */
    TG_AST_SELECT_ALL,        /* * or source.* */
    TG_AST_SELECT_STRUCT_ALL, /* expression->* */
};

struct tg_ast_select_item {
    enum tg_ast_select_kind kind;
    const struct tg_ast_expr *expr; /* EXPRESSION, STRUCT_ALL */
    struct tg_ast_name alias;       /* EXPRESSION; optional */
    struct tg_ast_name source;      /* ALL; optional */
    struct tg_place place;
};

struct tg_ast_relation {
    struct tg_ast_name source;
    struct tg_ast_name alias; /* optional */
};

enum tg_ast_join_kind { TG_AST_JOIN_INNER, TG_AST_JOIN_LEFT, TG_AST_JOIN_RIGHT, TG_AST_JOIN_FULL };

/* The n-th join combines all that stands left of it with `right`. */
struct tg_ast_join {
    enum tg_ast_join_kind kind;
    struct tg_ast_relation right;
    struct tg_ast_interval before; /* WITHIN; one number gives both. Not given: no WITHIN */
    struct tg_ast_interval after;
    struct tg_ast_interval grace; /* GRACE PERIOD of WITHIN */
    const struct tg_ast_expr *on;
    struct tg_place place;        /* from the join's first word to the end of its condition */
    struct tg_place within_place; /* length 0: no WITHIN */
};

enum tg_ast_window_kind { TG_AST_WINDOW_TUMBLING, TG_AST_WINDOW_HOPPING, TG_AST_WINDOW_SESSION };

struct tg_ast_window {
    enum tg_ast_window_kind kind;
    struct tg_ast_name name;          /* optional and without meaning */
    struct tg_ast_interval size;      /* TUMBLING, HOPPING: size; SESSION: gap */
    struct tg_ast_interval advance;   /* HOPPING */
    struct tg_ast_interval retention; /* optional */
    struct tg_ast_interval grace;     /* optional */
    struct tg_place place;
};

enum tg_ast_emit_clause { TG_AST_EMIT_DEFAULT, TG_AST_EMIT_CHANGES, TG_AST_EMIT_FINAL, TG_AST_EMIT_COMPLETE };

struct tg_ast_query {
    struct tg_place place;
    uint32_t item_count;
    uint32_t join_count;
    const struct tg_ast_select_item *items;
    struct tg_ast_relation from;
    const struct tg_ast_join *joins;    /* in text order */
    const struct tg_ast_window *window; /* NULL: none */
    const struct tg_ast_expr *where;    /* NULL: none */
    struct tg_ast_expr_list group_by;
    struct tg_ast_expr_list partition_by;
    const struct tg_ast_expr *having; /* NULL: none */
    enum tg_ast_emit_clause emit;
    struct tg_place emit_place;
    bool has_limit;
    int64_t limit; /* >= 0 */
    struct tg_place limit_place;
};

/* ---- statements ---- */

enum tg_statement_kind {
    TG_STATEMENT_QUERY,            /* query */
    TG_STATEMENT_CREATE_SOURCE,    /* create_source: CREATE STREAM|TABLE n (columns) WITH (...) */
    TG_STATEMENT_CREATE_AS,        /* create_as: CREATE STREAM|TABLE n AS SELECT ... */
    TG_STATEMENT_CREATE_TYPE,      /* create_type */
    TG_STATEMENT_CREATE_FUNCTION,  /* create_function */
    TG_STATEMENT_CREATE_CONNECTOR, /* create_connector */
    TG_STATEMENT_DROP,             /* drop */
    TG_STATEMENT_ALTER_SOURCE,     /* alter_source */
    TG_STATEMENT_INSERT_SELECT,    /* insert_select */
    TG_STATEMENT_INSERT_VALUES,    /* insert_values */
    TG_STATEMENT_SHOW,             /* show */
    TG_STATEMENT_DESCRIBE,         /* describe */
    TG_STATEMENT_EXPLAIN,          /* explain */
    TG_STATEMENT_PRINT,            /* print */
    TG_STATEMENT_TERMINATE,        /* query_control */
    TG_STATEMENT_PAUSE,            /* query_control */
    TG_STATEMENT_RESUME,           /* query_control */
    TG_STATEMENT_SET,              /* setting: SET 'name' = 'value' */
    TG_STATEMENT_UNSET,            /* setting without value */
    TG_STATEMENT_ALTER_SYSTEM,     /* setting */
    TG_STATEMENT_DEFINE,           /* setting: a variable; already done by the parser */
    TG_STATEMENT_UNDEFINE,         /* setting without value; already done by the parser */
    TG_STATEMENT_ASSERT_TOPIC,     /* assert_resource */
    TG_STATEMENT_ASSERT_SCHEMA,    /* assert_resource */
    /* Only in test scripts: */
    TG_STATEMENT_ASSERT_VALUES,    /* insert_values: the next record of a source */
    TG_STATEMENT_ASSERT_TOMBSTONE, /* insert_values: its key, the value is null */
    TG_STATEMENT_ASSERT_SOURCE,    /* create_source: the source is there and looks like this */
    TG_STATEMENT_RUN_SCRIPT,       /* setting: name is the path */
};

enum tg_ast_source_kind { TG_AST_SOURCE_STREAM, TG_AST_SOURCE_TABLE };

struct tg_ast_create_source {
    enum tg_ast_source_kind source_kind;
    bool or_replace;
    bool if_not_exists;
    bool read_only; /* CREATE SOURCE ... */
    struct tg_ast_name name;
    struct tg_ast_column_list columns;
    struct tg_ast_properties properties;
};

struct tg_ast_create_as {
    enum tg_ast_source_kind source_kind;
    bool or_replace;
    bool if_not_exists;
    struct tg_ast_name name;
    struct tg_ast_properties properties;
    const struct tg_ast_query *query;
};

struct tg_ast_create_type {
    bool if_not_exists;
    struct tg_ast_name name;
    const struct tg_ast_type *type;
};

struct tg_ast_create_function {
    bool or_replace;
    bool if_not_exists;
    struct tg_ast_name name;
    struct tg_ast_column_list parameters; /* role VALUE */
    const struct tg_ast_type *type;       /* of the result */
    const struct tg_ast_expr *body;
};

enum tg_ast_connector_kind { TG_AST_CONNECTOR_ANY, TG_AST_CONNECTOR_SOURCE, TG_AST_CONNECTOR_SINK };

struct tg_ast_create_connector {
    enum tg_ast_connector_kind connector_kind;
    bool if_not_exists;
    struct tg_ast_name name;
    struct tg_ast_properties properties;
};

enum tg_ast_drop_kind {
    TG_AST_DROP_STREAM,
    TG_AST_DROP_TABLE,
    TG_AST_DROP_TYPE,
    TG_AST_DROP_FUNCTION,
    TG_AST_DROP_CONNECTOR
};

struct tg_ast_drop {
    enum tg_ast_drop_kind drop_kind;
    bool if_exists;
    bool delete_topic;
    struct tg_ast_name name;
};

struct tg_ast_alter_source {
    enum tg_ast_source_kind source_kind;
    struct tg_ast_name name;
    struct tg_ast_column_list added; /* role VALUE */
};

struct tg_ast_insert_select {
    struct tg_ast_name target;
    struct tg_ast_properties properties;
    const struct tg_ast_query *query;
};

struct tg_ast_insert_values {
    struct tg_ast_name target;
    struct tg_ast_name_list columns;
    struct tg_ast_expr_list values;
};

enum tg_ast_show_kind {
    TG_AST_SHOW_PROPERTIES,
    TG_AST_SHOW_TOPICS,
    TG_AST_SHOW_STREAMS,
    TG_AST_SHOW_TABLES,
    TG_AST_SHOW_FUNCTIONS,
    TG_AST_SHOW_CONNECTORS,
    TG_AST_SHOW_CONNECTOR_PLUGINS,
    TG_AST_SHOW_TYPES,
    TG_AST_SHOW_VARIABLES,
    TG_AST_SHOW_QUERIES,
};

struct tg_ast_show {
    enum tg_ast_show_kind show_kind;
    bool all;                                  /* TOPICS */
    bool extended;                             /* TOPICS, STREAMS, TABLES, QUERIES */
    enum tg_ast_connector_kind connector_kind; /* CONNECTORS */
};

enum tg_ast_describe_kind {
    TG_AST_DESCRIBE_SOURCE,
    TG_AST_DESCRIBE_STREAMS,
    TG_AST_DESCRIBE_TABLES,
    TG_AST_DESCRIBE_FUNCTION,
    TG_AST_DESCRIBE_CONNECTOR,
};

struct tg_ast_describe {
    enum tg_ast_describe_kind describe_kind;
    bool extended;           /* SOURCE, STREAMS, TABLES */
    struct tg_ast_name name; /* SOURCE, FUNCTION, CONNECTOR */
};

struct tg_ast_explain {
    const struct tg_statement *statement; /* NULL: the query named `query_id` */
    struct tg_ast_name query_id;
};

struct tg_ast_print {
    struct tg_ast_name topic;
    bool from_beginning;
    bool has_interval;
    bool has_limit;
    int64_t interval; /* show every n-th record */
    int64_t limit;
};

struct tg_ast_query_control {
    bool all;
    struct tg_ast_name query_id; /* if not all */
};

struct tg_ast_setting {
    struct tg_ast_name name;
    struct tg_slice value; /* without quotes; data NULL: none */
    struct tg_place value_place;
};

struct tg_ast_assert_resource {
    bool not_exists;
    struct tg_ast_name name;             /* TOPIC: topic; SCHEMA: subject, optional */
    struct tg_ast_properties properties; /* TOPIC */
    const struct tg_ast_expr *schema_id; /* SCHEMA: a literal, or NULL */
    struct tg_ast_interval timeout;
};

struct tg_statement {
    enum tg_statement_kind kind;
    struct tg_place place; /* from its first word to its last token, without the ';' */
    struct tg_slice text;  /* the same as written */
    union {
        const struct tg_ast_query *query;
        struct tg_ast_create_source create_source;
        struct tg_ast_create_as create_as;
        struct tg_ast_create_type create_type;
        struct tg_ast_create_function create_function;
        struct tg_ast_create_connector create_connector;
        struct tg_ast_drop drop;
        struct tg_ast_alter_source alter_source;
        struct tg_ast_insert_select insert_select;
        struct tg_ast_insert_values insert_values;
        struct tg_ast_show show;
        struct tg_ast_describe describe;
        struct tg_ast_explain explain;
        struct tg_ast_print print;
        struct tg_ast_query_control query_control;
        struct tg_ast_setting setting;
        struct tg_ast_assert_resource assert_resource;
    };
};

#ifdef __cplusplus
}
#endif
