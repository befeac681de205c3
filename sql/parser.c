#include "sql/parser.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/text.h"
#include "sql/diagnostics.h"
#include "sql/foreign_words.h"
#include "sql/parser_internal.h"

/* ---- tokens ---- */

/* "--@name: value" to the end of its line; `text` begins behind the '@'. */
static void add_directive(struct tg_parser *parser, struct tg_slice text)
{
    struct tg_directive *directive = tg_parser_list_add(parser, &parser->directives, sizeof *directive);
    size_t offset = (size_t)(text.data - parser->lexer.text.data);
    directive->place = (struct tg_place){.offset = (uint32_t)offset, .length = (uint32_t)text.length};
    const uint8_t *colon = memchr(text.data, ':', text.length);
    size_t name_length = colon == NULL ? text.length : (size_t)(colon - text.data);
    struct tg_slice value = tg_slice_of(text.data + name_length, text.length - name_length);
    while (value.length > 0 && (value.data[0] == ':' || value.data[0] == ' ' || value.data[0] == '\t'))
        value = tg_slice_of(value.data + 1, value.length - 1);
    while (value.length > 0 && value.data[value.length - 1] <= ' ')
        value.length--;
    directive->name = tg_arena_text(parser->arena, tg_slice_of(text.data, name_length));
    directive->value = tg_arena_text(parser->arena, value);
}

/* Directives are comments: looked for in what stands between two tokens. */
static void collect_directives(struct tg_parser *parser, size_t start, size_t end)
{
    const uint8_t *data = parser->lexer.text.data;
    size_t i = start;
    while (i + 2 < end) {
        if (data[i] == '/') { /* a block comment */
            const uint8_t *close = memmem(data + i + 2, end - i - 2, "*/", 2);
            i = close == NULL ? end : (size_t)(close - data) + 2;
        } else if (data[i] == '-') { /* a line comment */
            const uint8_t *newline = memchr(data + i, '\n', end - i);
            size_t line_end = newline == NULL ? end : (size_t)(newline - data);
            if (data[i + 2] == '@')
                add_directive(parser, tg_slice_of(data + i + 3, line_end - i - 3));
            i = line_end;
        } else {
            i++;
        }
    }
}

static void read_token(struct tg_parser *parser)
{
    memset(parser->expected, 0, sizeof parser->expected);
    parser->hint = NULL;
    parser->bad_code = tg_lexer_next(&parser->lexer, &parser->token, parser->reterr);
    if (parser->bad_code != TG_OK)
        parser->token.kind = TG_TOKEN_BAD;
    else if (parser->options->test_statements)
        collect_directives(parser, parser->end_offset, parser->token.place.offset);
}

void tg_parser_start(struct tg_parser *parser)
{
    parser->end_offset = 0;
    read_token(parser);
}

void tg_parser_advance(struct tg_parser *parser)
{
    if (parser->token.kind == TG_TOKEN_BAD || parser->token.kind == TG_TOKEN_END)
        return;
    parser->end_offset = parser->token.place.offset + parser->token.place.length;
    read_token(parser);
}

void tg_parser_note(struct tg_parser *parser, enum tg_expectation expectation)
{
    parser->expected[expectation / 64] |= UINT64_C(1) << (expectation % 64);
}

bool tg_parser_is(struct tg_parser *parser, enum tg_token_kind kind)
{
    tg_parser_note(parser, (enum tg_expectation)kind);
    return parser->token.kind == kind;
}

bool tg_parser_accept(struct tg_parser *parser, enum tg_token_kind kind)
{
    if (!tg_parser_is(parser, kind))
        return false;
    tg_parser_advance(parser);
    return true;
}

bool tg_parser_accept_quietly(struct tg_parser *parser, enum tg_token_kind kind)
{
    if (parser->token.kind != kind)
        return false;
    tg_parser_advance(parser);
    return true;
}

enum tg_code tg_parser_expect(struct tg_parser *parser, enum tg_token_kind kind)
{
    return tg_parser_accept(parser, kind) ? TG_OK : tg_parser_fail_expected(parser);
}

enum tg_token_kind tg_parser_peek(const struct tg_parser *parser, uint32_t ahead)
{
    struct tg_lexer lexer = parser->lexer;
    struct tg_token token = parser->token;
    for (uint32_t i = 0; i < ahead; i++) {
        if (tg_lexer_next(&lexer, &token, NULL) != TG_OK)
            return TG_TOKEN_BAD;
    }
    return token.kind;
}

/* ---- errors ---- */

enum tg_code tg_parser_fail(struct tg_parser *parser, enum tg_code code, struct tg_place place,
                            const char *format, ...)
{
    char message[sizeof parser->reterr->message];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    tg_fail_at(parser->reterr, code, place, "%s", message);
    if (parser->reterr != NULL)
        tg_error_locate(parser->reterr, parser->lexer.text);
    return code;
}

static bool is_expected(const struct tg_parser *parser, unsigned what)
{
    return (parser->expected[what / 64] >> (what % 64) & 1) != 0;
}

static const char *describe_expected(unsigned what)
{
    static const char *const rules[] = {
        [TG_EXPECT_NAME - TG_TOKEN_KIND_COUNT] = "a name",
        [TG_EXPECT_EXPRESSION - TG_TOKEN_KIND_COUNT] = "an expression",
        [TG_EXPECT_TYPE - TG_TOKEN_KIND_COUNT] = "a type",
        [TG_EXPECT_STATEMENT - TG_TOKEN_KIND_COUNT] = "a statement, such as CREATE, SELECT or INSERT",
        [TG_EXPECT_LITERAL - TG_TOKEN_KIND_COUNT] = "a number, string, TRUE, FALSE or NULL",
        [TG_EXPECT_TIME_UNIT - TG_TOKEN_KIND_COUNT] = "a unit of time, such as SECONDS or DAYS",
    };
    switch (what) { /* words that never stand alone */
    case TG_WORD_DELETE:
        return "DELETE TOPIC";
    case TG_WORD_GRACE:
        return "GRACE PERIOD";
    case TG_WORD_GROUP:
        return "GROUP BY";
    case TG_WORD_OR:
        return "OR REPLACE";
    case TG_WORD_PARTITION:
        return "PARTITION BY";
    case TG_WORD_PRIMARY:
        return "PRIMARY KEY";
    default:
        break;
    }
    return what < TG_TOKEN_KIND_COUNT ? tg_token_describe((enum tg_token_kind)what)
                                      : rules[what - TG_TOKEN_KIND_COUNT];
}

/* The n-th of what was expected, TG_EXPECT_COUNT at the end: the ';' comes last, as the least likely. */
static unsigned nth_expected(const struct tg_parser *parser, unsigned n)
{
    for (unsigned what = 0; what < TG_EXPECT_COUNT; what++) {
        if (what != TG_TOKEN_SEMICOLON && is_expected(parser, what) && n-- == 0)
            return what;
    }
    return n == 0 && is_expected(parser, TG_TOKEN_SEMICOLON) ? TG_TOKEN_SEMICOLON : TG_EXPECT_COUNT;
}

/* "',', FROM or a name". */
static void list_expected(const struct tg_parser *parser, struct tg_buffer *out)
{
    for (unsigned n = 0; nth_expected(parser, n) != TG_EXPECT_COUNT; n++) {
        bool last = nth_expected(parser, n + 1) == TG_EXPECT_COUNT;
        if (n > 0)
            tg_buffer_append_text(out, last ? " or " : ", ");
        tg_buffer_append_text(out, describe_expected(nth_expected(parser, n)));
    }
}

/* The token as the message shows it: as written, in quotes, not too long. */
static void describe_found(const struct tg_parser *parser, struct tg_buffer *out)
{
    enum { SHOWN_BYTES_MAX = 40 };
    const struct tg_token *token = &parser->token;
    if (token->kind == TG_TOKEN_END) {
        tg_buffer_append_text(out, "the end of the text");
        return;
    }
    struct tg_slice text = tg_slice_of(parser->lexer.text.data + token->place.offset, token->place.length);
    bool quoted = token->kind == TG_TOKEN_STRING || token->kind == TG_TOKEN_QUOTED_NAME;
    if (text.length > SHOWN_BYTES_MAX)
        text.length = tg_utf8_valid_prefix(tg_slice_of(text.data, SHOWN_BYTES_MAX));
    tg_buffer_append_text(out, token->kind == TG_TOKEN_STRING ? "the string " : quoted ? "" : "'");
    tg_buffer_append_slice(out, text);
    tg_buffer_append_text(out, text.length < token->place.length ? "..." : "");
    tg_buffer_append_text(out, quoted ? "" : "'");
}

/* The words that were looked for, and the statements' first words, for tg_closest. */
static const char *expected_word(const void *context, size_t index)
{
    static const enum tg_token_kind starts[] = {
        TG_WORD_CREATE,    TG_WORD_SELECT, TG_WORD_INSERT, TG_WORD_DROP,
        TG_WORD_DESCRIBE,  TG_WORD_SHOW,   TG_WORD_LIST,   TG_WORD_PRINT,
        TG_WORD_TERMINATE, TG_WORD_ASSERT, TG_WORD_DEFINE, TG_WORD_UNDEFINE,
        TG_WORD_EXPLAIN,   TG_WORD_ALTER,  TG_WORD_PAUSE,  TG_WORD_RESUME,
    };
    const struct tg_parser *parser = context;
    size_t seen = 0;
    for (unsigned what = TG_TOKEN_FIRST_WORD; what < TG_TOKEN_KIND_COUNT; what++) {
        if (is_expected(parser, what) && seen++ == index)
            return tg_keyword_text((enum tg_token_kind)what);
    }
    index -= seen;
    if (is_expected(parser, TG_EXPECT_STATEMENT) && index < sizeof starts / sizeof starts[0])
        return tg_keyword_text(starts[index]);
    return NULL;
}

/* The expected word that is most like the one at hand, or NULL. */
static const char *closest_word(const struct tg_parser *parser)
{
    const struct tg_token *token = &parser->token;
    if ((token->kind != TG_TOKEN_NAME && !tg_token_is_word(token->kind)) || token->text.length > 64)
        return NULL;
    return tg_closest(tg_arena_text(parser->arena, token->text), expected_word, parser);
}

/* A word of another dialect at hand. */
static const char *foreign_hint(const struct tg_parser *parser)
{
    bool begins = is_expected(parser, TG_EXPECT_STATEMENT);
    bool expression = is_expected(parser, TG_EXPECT_EXPRESSION);
    struct tg_slice word =
        tg_slice_of(parser->lexer.text.data + parser->token.place.offset, parser->token.place.length);
    return tg_foreign_word_hint(word, begins       ? TG_FOREIGN_STATEMENT
                                      : expression ? TG_FOREIGN_EXPRESSION
                                                   : TG_FOREIGN_BEHIND);
}

static void give_hint(struct tg_parser *parser)
{
    const struct tg_token *token = &parser->token;
    const char *closest = closest_word(parser);
    const char *foreign = foreign_hint(parser);
    if (foreign != NULL) {
        tg_fail_hint(parser->reterr, "%s", foreign);
        return;
    }
    bool word = tg_token_is_word(token->kind);
    bool reserved = word && tg_keyword_use(token->kind) == TG_KEYWORD_RESERVED;
    if (closest != NULL && (!word || parser->hint == NULL))
        tg_fail_hint(parser->reterr, "did you mean %s?", closest);
    else if (reserved && (is_expected(parser, TG_EXPECT_NAME) || is_expected(parser, TG_EXPECT_EXPRESSION)))
        tg_fail_hint(parser->reterr, "%s is a reserved word; to use it as a name, quote it: `%s`",
                     tg_keyword_text(token->kind), tg_keyword_text(token->kind));
    else if (parser->hint != NULL)
        tg_fail_hint(parser->reterr, "%s", parser->hint);
    else if (is_expected(parser, TG_TOKEN_SEMICOLON) &&
             (token->kind == TG_WORD_CREATE || token->kind == TG_WORD_INSERT || token->kind == TG_WORD_DROP ||
              token->kind == TG_WORD_SELECT))
        tg_fail_hint(parser->reterr, "a statement ends with ';'");
}

enum tg_code tg_parser_fail_expected(struct tg_parser *parser)
{
    if (parser->token.kind == TG_TOKEN_BAD)
        return parser->bad_code; /* the lexer's own error says it better */

    struct tg_buffer message = {0};
    tg_buffer_append_text(&message, "expected ");
    list_expected(parser, &message);
    tg_buffer_append_text(&message, ", but found ");
    describe_found(parser, &message);
    tg_parser_fail(parser, TG_CODE_SYNTAX, parser->token.place, "%s", tg_buffer_text(&message));
    tg_buffer_done(&message);
    give_hint(parser);
    return TG_CODE_SYNTAX;
}

/* ---- limits, places and lists ---- */

enum tg_code tg_parser_enter(struct tg_parser *parser)
{
    if (parser->nesting >= TG_SQL_NESTING_MAX)
        return tg_parser_fail(parser, TG_CODE_LIMIT, parser->token.place,
                              "nested too deeply: more than %d levels of parentheses, calls or types",
                              TG_SQL_NESTING_MAX);
    parser->nesting++;
    return TG_OK;
}

void tg_parser_leave(struct tg_parser *parser)
{
    parser->nesting--;
}

struct tg_place tg_parser_place_from(const struct tg_parser *parser, uint32_t start)
{
    uint32_t end = parser->end_offset < start ? start : parser->end_offset;
    return (struct tg_place){.offset = start, .length = end - start};
}

void *tg_parser_list_add(struct tg_parser *parser, struct tg_parser_list *list, size_t size)
{
    if (list->count == list->capacity) {
        uint32_t capacity = list->capacity == 0 ? 4 : list->capacity * 2;
        uint8_t *items = tg_arena_alloc(parser->arena, capacity * size);
        if (list->count > 0)
            memcpy(items, list->items, list->count * size);
        list->items = items;
        list->capacity = capacity;
    }
    uint8_t *item = list->items + size * list->count++;
    memset(item, 0, size);
    return item;
}

/* ---- names ---- */

bool tg_parser_at_name(const struct tg_parser *parser)
{
    enum tg_token_kind kind = parser->token.kind;
    return kind == TG_TOKEN_NAME || kind == TG_TOKEN_QUOTED_NAME ||
           (tg_token_is_word(kind) && tg_keyword_use(kind) == TG_KEYWORD_FREE);
}

/* name = NAME | QUOTED_NAME | FREE_WORD */
enum tg_code tg_parse_name(struct tg_parser *parser, struct tg_ast_name *ret_name)
{
    tg_parser_note(parser, TG_EXPECT_NAME);
    if (!tg_parser_at_name(parser))
        return tg_parser_fail_expected(parser);
    ret_name->text = tg_arena_text(parser->arena, parser->token.text);
    ret_name->place = parser->token.place;
    tg_parser_advance(parser);
    return TG_OK;
}

/* name_or_string = name | STRING */
enum tg_code tg_parse_name_or_string(struct tg_parser *parser, struct tg_ast_name *ret_name)
{
    if (!tg_parser_is(parser, TG_TOKEN_STRING))
        return tg_parse_name(parser, ret_name);
    ret_name->text = tg_arena_text(parser->arena, parser->token.text);
    ret_name->place = parser->token.place;
    tg_parser_advance(parser);
    return TG_OK;
}

/* names_in_parens = "(" name {"," name} ")" */
enum tg_code tg_parse_names_in_parens(struct tg_parser *parser, struct tg_ast_name_list *ret_names)
{
    uint32_t start = parser->token.place.offset;
    struct tg_parser_list names = {0};
    TG_TRY(tg_parser_expect(parser, TG_TOKEN_LEFT_PAREN));
    do {
        struct tg_ast_name *name = tg_parser_list_add(parser, &names, sizeof *name);
        TG_TRY(tg_parse_name(parser, name));
    } while (tg_parser_accept(parser, TG_TOKEN_COMMA));
    TG_TRY(tg_parser_expect(parser, TG_TOKEN_RIGHT_PAREN));
    *ret_names = (struct tg_ast_name_list){.given = true,
                                           .count = names.count,
                                           .list = (const struct tg_ast_name *)names.items,
                                           .place = tg_parser_place_from(parser, start)};
    return TG_OK;
}
