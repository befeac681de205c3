/* CREATE, DROP, ALTER and INSERT. */
#include "sql/diagnostics.h"
#include "sql/parser_internal.h"

/* What CREATE has collected before it is clear which statement it is. */
struct create_prefix {
    bool or_replace;
    struct tg_place or_replace_place;
    enum tg_ast_connector_kind side; /* SOURCE or SINK */
    struct tg_place side_place;
};

/* if_not_exists = "IF" "NOT" "EXISTS" */
TG_MUST_CHECK static enum tg_code parse_if_not_exists(struct tg_parser *parser, bool *ret_given)
{
    *ret_given = parser->token.kind == TG_WORD_IF && tg_parser_peek(parser, 1) == TG_WORD_NOT;
    if (!*ret_given)
        return TG_OK;
    tg_parser_advance(parser);
    tg_parser_advance(parser);
    return tg_parser_expect(parser, TG_WORD_EXISTS);
}

/* if_exists = "IF" "EXISTS" */
static bool accept_if_exists(struct tg_parser *parser)
{
    if (parser->token.kind != TG_WORD_IF || tg_parser_peek(parser, 1) != TG_WORD_EXISTS)
        return false;
    tg_parser_advance(parser);
    tg_parser_advance(parser);
    return true;
}

/* ---- CREATE STREAM and TABLE ---- */

/* A stream's key is declared with KEY, a table's with PRIMARY KEY: the one is a field of the record, the
 * other identifies a row. */
TG_MUST_CHECK static enum tg_code check_key_roles(struct tg_parser *parser,
                                                  const struct tg_ast_create_source *source)
{
    bool table = source->source_kind == TG_AST_SOURCE_TABLE;
    enum tg_ast_column_role wrong = table ? TG_AST_COLUMN_KEY : TG_AST_COLUMN_PRIMARY_KEY;
    for (uint32_t i = 0; i < source->columns.count; i++) {
        const struct tg_ast_column *column = &source->columns.list[i];
        if (column->role != wrong)
            continue;
        uint32_t start = column->name.place.offset;
        struct tg_place place = {.offset = start,
                                 .length = column->role_place.offset + column->role_place.length - start};
        tg_parser_fail(parser, TG_CODE_SYNTAX, place,
                       "column `%s` is declared as '%s', but the key of a %s is a '%s'", column->name.text,
                       table ? "KEY" : "PRIMARY KEY", table ? "table" : "stream",
                       table ? "PRIMARY KEY" : "KEY");
        tg_fail_hint(parser->reterr, "write %s instead of %s", table ? "PRIMARY KEY" : "KEY",
                     table ? "KEY" : "PRIMARY KEY");
        return TG_CODE_SYNTAX;
    }
    return TG_OK;
}

/* create_source = "CREATE" ["OR" "REPLACE"] ["SOURCE"] ("STREAM" | "TABLE") [if_not_exists] name
 * [column_list] [with] */
enum tg_code tg_parse_source(struct tg_parser *parser, struct tg_ast_create_source *source)
{
    if (tg_parser_is(parser, TG_TOKEN_LEFT_PAREN))
        TG_TRY(tg_parse_column_list(parser, &source->columns));
    if (tg_parser_is(parser, TG_WORD_WITH))
        TG_TRY(tg_parse_with(parser, &source->properties));
    return check_key_roles(parser, source);
}

/* create_as = "CREATE" ["OR" "REPLACE"] ("STREAM" | "TABLE") [if_not_exists] name [with] "AS" query */
TG_MUST_CHECK static enum tg_code parse_as(struct tg_parser *parser, const struct create_prefix *prefix,
                                           struct tg_statement *statement)
{
    struct tg_ast_create_source source = statement->create_source;
    if (source.read_only)
        return tg_parser_fail(parser, TG_CODE_SYNTAX, prefix->side_place,
                              "SOURCE is for streams and tables over a topic, not for CREATE ... AS SELECT");
    if (source.columns.given) {
        tg_parser_fail(parser, TG_CODE_SYNTAX, source.columns.place,
                       "CREATE ... AS SELECT takes its columns from the query");
        tg_fail_hint(parser->reterr,
                     "leave the list out, and name and convert columns in SELECT: CAST(x AS type) AS name");
        return TG_CODE_SYNTAX;
    }
    tg_parser_advance(parser);
    statement->kind = TG_STATEMENT_CREATE_AS;
    statement->create_as = (struct tg_ast_create_as){.source_kind = source.source_kind,
                                                     .or_replace = source.or_replace,
                                                     .if_not_exists = source.if_not_exists,
                                                     .name = source.name,
                                                     .properties = source.properties};
    return tg_parse_query(parser, &statement->create_as.query);
}

TG_MUST_CHECK static enum tg_code parse_create_source_or_as(struct tg_parser *parser,
                                                            const struct create_prefix *prefix,
                                                            struct tg_statement *statement)
{
    struct tg_ast_create_source *source = &statement->create_source;
    statement->kind = TG_STATEMENT_CREATE_SOURCE;
    source->source_kind = parser->token.kind == TG_WORD_TABLE ? TG_AST_SOURCE_TABLE : TG_AST_SOURCE_STREAM;
    source->or_replace = prefix->or_replace;
    source->read_only = prefix->side == TG_AST_CONNECTOR_SOURCE;
    if (prefix->side == TG_AST_CONNECTOR_SINK)
        return tg_parser_fail(parser, TG_CODE_SYNTAX, prefix->side_place, "SINK is for connectors only");
    tg_parser_advance(parser);
    TG_TRY(parse_if_not_exists(parser, &source->if_not_exists));
    TG_TRY(tg_parse_name(parser, &source->name));
    TG_TRY(tg_parse_source(parser, source));
    if (source->properties.given && !source->columns.given && parser->token.kind == TG_TOKEN_LEFT_PAREN)
        parser->hint = "the list of columns stands before WITH";
    if (tg_parser_is(parser, TG_WORD_AS))
        return parse_as(parser, prefix, statement);
    return TG_OK;
}

/* ---- CREATE TYPE and CONNECTOR ---- */

/* create_type = "CREATE" "TYPE" [if_not_exists] name "AS" type */
TG_MUST_CHECK static enum tg_code parse_create_type(struct tg_parser *parser,
                                                    struct tg_ast_create_type *create)
{
    tg_parser_advance(parser);
    TG_TRY(parse_if_not_exists(parser, &create->if_not_exists));
    TG_TRY(tg_parse_name(parser, &create->name));
    TG_TRY(tg_parser_expect(parser, TG_WORD_AS));
    return tg_parse_ast_type(parser, &create->type);
}

/* parameters = "(" [name type {"," name type}] ")" */
TG_MUST_CHECK static enum tg_code parse_parameters(struct tg_parser *parser,
                                                   struct tg_ast_column_list *ret_parameters)
{
    uint32_t start = parser->token.place.offset;
    struct tg_parser_list parameters = {0};
    TG_TRY(tg_parser_expect(parser, TG_TOKEN_LEFT_PAREN));
    if (!tg_parser_is(parser, TG_TOKEN_RIGHT_PAREN)) {
        do {
            struct tg_ast_column *parameter = tg_parser_list_add(parser, &parameters, sizeof *parameter);
            *parameter = (struct tg_ast_column){0};
            TG_TRY(tg_parse_name(parser, &parameter->name));
            TG_TRY(tg_parse_ast_type(parser, &parameter->type));
        } while (tg_parser_accept(parser, TG_TOKEN_COMMA));
    }
    TG_TRY(tg_parser_expect(parser, TG_TOKEN_RIGHT_PAREN));
    *ret_parameters = (struct tg_ast_column_list){.given = true,
                                                  .count = parameters.count,
                                                  .list = (const struct tg_ast_column *)parameters.items,
                                                  .place = tg_parser_place_from(parser, start)};
    return TG_OK;
}

/* create_function = "CREATE" ["OR" "REPLACE"] "FUNCTION" [if_not_exists] name parameters "RETURNS" type
 * "AS" expression */
TG_MUST_CHECK static enum tg_code parse_create_function(struct tg_parser *parser,
                                                        struct tg_ast_create_function *create)
{
    tg_parser_advance(parser);
    TG_TRY(parse_if_not_exists(parser, &create->if_not_exists));
    TG_TRY(tg_parse_name(parser, &create->name));
    TG_TRY(parse_parameters(parser, &create->parameters));
    TG_TRY(tg_parser_expect(parser, TG_WORD_RETURNS));
    TG_TRY(tg_parse_ast_type(parser, &create->type));
    TG_TRY(tg_parser_expect(parser, TG_WORD_AS));
    return tg_parse_expr(parser, &create->body);
}

/* create_connector = "CREATE" ("SOURCE" | "SINK") "CONNECTOR" [if_not_exists] name with */
TG_MUST_CHECK static enum tg_code parse_create_connector(struct tg_parser *parser,
                                                         struct tg_ast_create_connector *create)
{
    tg_parser_advance(parser);
    TG_TRY(parse_if_not_exists(parser, &create->if_not_exists));
    TG_TRY(tg_parse_name(parser, &create->name));
    return tg_parse_with(parser, &create->properties);
}

/* ---- CREATE ---- */

TG_MUST_CHECK static enum tg_code parse_create_prefix(struct tg_parser *parser, struct create_prefix *prefix)
{
    uint32_t start = parser->token.place.offset;
    if (tg_parser_accept(parser, TG_WORD_OR)) {
        TG_TRY(tg_parser_expect(parser, TG_WORD_REPLACE));
        prefix->or_replace = true;
        prefix->or_replace_place = tg_parser_place_from(parser, start);
    }
    start = parser->token.place.offset;
    if (tg_parser_accept(parser, TG_WORD_SOURCE))
        prefix->side = TG_AST_CONNECTOR_SOURCE;
    else if (tg_parser_accept_quietly(parser, TG_WORD_SINK))
        prefix->side = TG_AST_CONNECTOR_SINK;
    prefix->side_place = tg_parser_place_from(parser, start);
    return TG_OK;
}

/* create = create_source | create_as | create_type | create_function | create_connector */
enum tg_code tg_parse_create(struct tg_parser *parser, struct tg_statement *statement)
{
    struct create_prefix prefix = {0};
    tg_parser_advance(parser);
    TG_TRY(parse_create_prefix(parser, &prefix));
    if (tg_parser_is(parser, TG_WORD_STREAM) || tg_parser_is(parser, TG_WORD_TABLE))
        return parse_create_source_or_as(parser, &prefix, statement);
    if (prefix.side == TG_AST_CONNECTOR_ANY && tg_parser_is(parser, TG_WORD_FUNCTION)) {
        statement->kind = TG_STATEMENT_CREATE_FUNCTION;
        statement->create_function.or_replace = prefix.or_replace;
        return parse_create_function(parser, &statement->create_function);
    }
    if (prefix.side != TG_AST_CONNECTOR_ANY) {
        if (!tg_parser_is(parser, TG_WORD_CONNECTOR))
            return tg_parser_fail_expected(parser);
    } else if (!tg_parser_is(parser, TG_WORD_TYPE)) {
        if (parser->token.kind == TG_WORD_CONNECTOR)
            parser->hint = "say which: CREATE SOURCE CONNECTOR or CREATE SINK CONNECTOR";
        else if (parser->token.kind == TG_WORD_TOPIC)
            parser->hint = "a topic is made by CREATE STREAM ... WITH (KAFKA_TOPIC='...', PARTITIONS=1)";
        else if (parser->token.kind == TG_WORD_VIEW || parser->token.kind == TG_WORD_MATERIALIZED)
            parser->hint = "a view that is kept up to date is made by CREATE TABLE ... AS SELECT";
        return tg_parser_fail_expected(parser);
    }
    if (prefix.or_replace)
        return tg_parser_fail(parser, TG_CODE_SYNTAX, prefix.or_replace_place,
                              "OR REPLACE is for streams, tables and functions only");
    if (prefix.side == TG_AST_CONNECTOR_ANY) {
        statement->kind = TG_STATEMENT_CREATE_TYPE;
        return parse_create_type(parser, &statement->create_type);
    }
    statement->kind = TG_STATEMENT_CREATE_CONNECTOR;
    statement->create_connector.connector_kind = prefix.side;
    return parse_create_connector(parser, &statement->create_connector);
}

/* ---- INSERT ---- */

/* values = "(" [value {"," value}] ")" */
TG_MUST_CHECK static enum tg_code parse_values(struct tg_parser *parser, struct tg_ast_expr_list *ret_values)
{
    uint32_t start = parser->token.place.offset;
    struct tg_parser_list values = {0};
    TG_TRY(tg_parser_expect(parser, TG_TOKEN_LEFT_PAREN));
    if (!tg_parser_is(parser, TG_TOKEN_RIGHT_PAREN)) {
        do {
            const struct tg_ast_expr *value;
            TG_TRY(tg_parse_value(parser, &value));
            const struct tg_ast_expr **slot = tg_parser_list_add(parser, &values, sizeof(void *));
            *slot = value;
        } while (tg_parser_accept(parser, TG_TOKEN_COMMA));
    }
    TG_TRY(tg_parser_expect(parser, TG_TOKEN_RIGHT_PAREN));
    if (parser->token.kind == TG_TOKEN_COMMA)
        parser->hint = "one INSERT writes one record";
    *ret_values = (struct tg_ast_expr_list){.given = true,
                                            .count = values.count,
                                            .list = (const struct tg_ast_expr *const *)values.items,
                                            .place = tg_parser_place_from(parser, start)};
    return TG_OK;
}

/* insert_values = [names_in_parens] "VALUES" values */
enum tg_code tg_parse_insert_values(struct tg_parser *parser, enum tg_token_kind word,
                                    struct tg_ast_insert_values *insert)
{
    if (tg_parser_is(parser, TG_TOKEN_LEFT_PAREN))
        TG_TRY(tg_parse_names_in_parens(parser, &insert->columns));
    TG_TRY(tg_parser_expect(parser, word));
    return parse_values(parser, &insert->values);
}

/* insert = "INSERT" "INTO" name ([with] query | insert_values) */
enum tg_code tg_parse_insert(struct tg_parser *parser, struct tg_statement *statement)
{
    struct tg_ast_name target;
    tg_parser_advance(parser);
    TG_TRY(tg_parser_expect(parser, TG_WORD_INTO));
    TG_TRY(tg_parse_name(parser, &target));
    bool with = tg_parser_is(parser, TG_WORD_WITH);
    if (with || tg_parser_is(parser, TG_WORD_SELECT)) {
        statement->kind = TG_STATEMENT_INSERT_SELECT;
        statement->insert_select.target = target;
        if (with)
            TG_TRY(tg_parse_with(parser, &statement->insert_select.properties));
        return tg_parse_query(parser, &statement->insert_select.query);
    }
    statement->kind = TG_STATEMENT_INSERT_VALUES;
    statement->insert_values.target = target;
    return tg_parse_insert_values(parser, TG_WORD_VALUES, &statement->insert_values);
}

/* ---- DROP and ALTER ---- */

struct drop_rule {
    enum tg_token_kind word;
    enum tg_ast_drop_kind kind;
};

/* drop = "DROP" (("STREAM" | "TABLE") [if_exists] name ["DELETE" "TOPIC"] | ("TYPE" | "FUNCTION" |
 * "CONNECTOR") [if_exists] name) */
enum tg_code tg_parse_drop(struct tg_parser *parser, struct tg_statement *statement)
{
    static const struct drop_rule rules[] = {
        {TG_WORD_STREAM, TG_AST_DROP_STREAM},       {TG_WORD_TABLE, TG_AST_DROP_TABLE},
        {TG_WORD_TYPE, TG_AST_DROP_TYPE},           {TG_WORD_FUNCTION, TG_AST_DROP_FUNCTION},
        {TG_WORD_CONNECTOR, TG_AST_DROP_CONNECTOR},
    };
    struct tg_ast_drop *drop = &statement->drop;
    statement->kind = TG_STATEMENT_DROP;
    tg_parser_advance(parser);
    if (parser->token.kind == TG_TOKEN_NAME)
        parser->hint = "say what it is: DROP STREAM name or DROP TABLE name";
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        if (!tg_parser_accept(parser, rules[i].word))
            continue;
        drop->drop_kind = rules[i].kind;
        drop->if_exists = accept_if_exists(parser);
        TG_TRY(tg_parse_name(parser, &drop->name));
        bool source = drop->drop_kind == TG_AST_DROP_STREAM || drop->drop_kind == TG_AST_DROP_TABLE;
        if (source && tg_parser_accept(parser, TG_WORD_DELETE)) {
            drop->delete_topic = true;
            return tg_parser_expect(parser, TG_WORD_TOPIC);
        }
        return TG_OK;
    }
    return tg_parser_fail_expected(parser);
}

/* added = "ADD" ["COLUMN"] name type */
TG_MUST_CHECK static enum tg_code parse_added(struct tg_parser *parser, struct tg_ast_column *column)
{
    if (parser->token.kind != TG_WORD_ADD)
        parser->hint = "columns can only be added: ADD COLUMN name type";
    TG_TRY(tg_parser_expect(parser, TG_WORD_ADD));
    /* COLUMN is not reserved: alone before a type it is the name. */
    if (parser->token.kind == TG_WORD_COLUMN) {
        enum tg_token_kind next = tg_parser_peek(parser, 2);
        bool is_name = next == TG_TOKEN_COMMA || next == TG_TOKEN_SEMICOLON || next == TG_TOKEN_END ||
                       next == TG_TOKEN_LESS || next == TG_TOKEN_LEFT_PAREN;
        if (!is_name)
            tg_parser_advance(parser);
    }
    TG_TRY(tg_parse_name(parser, &column->name));
    return tg_parse_ast_type(parser, &column->type);
}

/* alter = "ALTER" ("STREAM" | "TABLE") name added {"," added} | "ALTER" "SYSTEM" STRING "=" STRING */
enum tg_code tg_parse_alter(struct tg_parser *parser, struct tg_statement *statement)
{
    struct tg_ast_alter_source *alter = &statement->alter_source;
    tg_parser_advance(parser);
    if (tg_parser_is(parser, TG_WORD_SYSTEM))
        return tg_parse_set(parser, statement);
    bool table = tg_parser_accept(parser, TG_WORD_TABLE);
    if (!table)
        TG_TRY(tg_parser_expect(parser, TG_WORD_STREAM));
    statement->kind = TG_STATEMENT_ALTER_SOURCE;
    alter->source_kind = table ? TG_AST_SOURCE_TABLE : TG_AST_SOURCE_STREAM;
    TG_TRY(tg_parse_name(parser, &alter->name));
    uint32_t start = parser->token.place.offset;
    struct tg_parser_list columns = {0};
    do {
        struct tg_ast_column *column = tg_parser_list_add(parser, &columns, sizeof *column);
        TG_TRY(parse_added(parser, column));
    } while (tg_parser_accept(parser, TG_TOKEN_COMMA));
    alter->added = (struct tg_ast_column_list){.given = true,
                                               .count = columns.count,
                                               .list = (const struct tg_ast_column *)columns.items,
                                               .place = tg_parser_place_from(parser, start)};
    return TG_OK;
}
