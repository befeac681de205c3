/* ASSERT: of topics and schemas everywhere, of records and sources in test scripts. */
#include "sql/parser_internal.h"

/* timeout = "TIMEOUT" interval */
TG_MUST_CHECK static enum tg_code parse_timeout(struct tg_parser *parser, struct tg_ast_interval *ret_timeout)
{
    return tg_parser_accept(parser, TG_WORD_TIMEOUT) ? tg_parse_interval(parser, ret_timeout) : TG_OK;
}

/* assert_topic = "TOPIC" name_or_string [with] [timeout] */
TG_MUST_CHECK static enum tg_code parse_topic(struct tg_parser *parser,
                                              struct tg_ast_assert_resource *resource)
{
    TG_TRY(tg_parse_name_or_string(parser, &resource->name));
    if (tg_parser_is(parser, TG_WORD_WITH))
        TG_TRY(tg_parse_with(parser, &resource->properties));
    return parse_timeout(parser, &resource->timeout);
}

/* assert_schema = "SCHEMA" ["SUBJECT" name_or_string] ["ID" literal] [timeout] */
TG_MUST_CHECK static enum tg_code parse_schema(struct tg_parser *parser,
                                               struct tg_ast_assert_resource *resource)
{
    if (tg_parser_accept(parser, TG_WORD_SUBJECT))
        TG_TRY(tg_parse_name_or_string(parser, &resource->name));
    if (tg_parser_accept(parser, TG_WORD_ID))
        TG_TRY(tg_parse_literal(parser, &resource->schema_id));
    return parse_timeout(parser, &resource->timeout);
}

TG_MUST_CHECK static enum tg_code parse_record(struct tg_parser *parser, enum tg_token_kind word,
                                               struct tg_ast_insert_values *record)
{
    TG_TRY(tg_parser_expect(parser, TG_WORD_VALUES));
    TG_TRY(tg_parse_name(parser, &record->target));
    return tg_parse_insert_values(parser, word, record);
}

/* test_assert = "VALUES" name insert_values
 *             | "NULL" "VALUES" name [names_in_parens] "KEY" values
 *             | ("STREAM" | "TABLE") name [column_list] [with]
 * -- in test scripts only */
TG_MUST_CHECK static enum tg_code parse_test_assert(struct tg_parser *parser, struct tg_statement *statement)
{
    if (tg_parser_is(parser, TG_WORD_VALUES)) {
        statement->kind = TG_STATEMENT_ASSERT_VALUES;
        return parse_record(parser, TG_WORD_VALUES, &statement->insert_values);
    }
    if (tg_parser_accept(parser, TG_WORD_NULL)) {
        statement->kind = TG_STATEMENT_ASSERT_TOMBSTONE;
        return parse_record(parser, TG_WORD_KEY, &statement->insert_values);
    }
    struct tg_ast_create_source *source = &statement->create_source;
    statement->kind = TG_STATEMENT_ASSERT_SOURCE;
    source->source_kind = TG_AST_SOURCE_TABLE;
    if (!tg_parser_accept(parser, TG_WORD_TABLE)) {
        source->source_kind = TG_AST_SOURCE_STREAM;
        TG_TRY(tg_parser_expect(parser, TG_WORD_STREAM));
    }
    TG_TRY(tg_parse_name(parser, &source->name));
    return tg_parse_source(parser, source);
}

/* assert = "ASSERT" (["NOT" "EXISTS"] (assert_topic | assert_schema) | test_assert) */
enum tg_code tg_parse_assert(struct tg_parser *parser, struct tg_statement *statement)
{
    struct tg_ast_assert_resource *resource = &statement->assert_resource;
    tg_parser_advance(parser);
    bool not_exists = tg_parser_accept(parser, TG_WORD_NOT);
    if (not_exists)
        TG_TRY(tg_parser_expect(parser, TG_WORD_EXISTS));
    if (tg_parser_accept(parser, TG_WORD_TOPIC)) {
        statement->kind = TG_STATEMENT_ASSERT_TOPIC;
        resource->not_exists = not_exists;
        return parse_topic(parser, resource);
    }
    if (tg_parser_accept(parser, TG_WORD_SCHEMA)) {
        statement->kind = TG_STATEMENT_ASSERT_SCHEMA;
        resource->not_exists = not_exists;
        return parse_schema(parser, resource);
    }
    if (!not_exists && !parser->options->test_statements)
        parser->hint = "records are compared in test files, which turgo test runs";
    if (not_exists || !parser->options->test_statements)
        return tg_parser_fail_expected(parser);
    return parse_test_assert(parser, statement);
}
