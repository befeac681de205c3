#include "data/type.h"

#include <stdio.h>

#include "base/text.h"

enum { DEPTH_MAX = 64, FIELDS_MAX = 4096 };

struct parser {
    struct tg_arena *arena;
    struct tg_slice text;
    size_t at;
    unsigned depth;
};

/* Fails at [offset, offset + length) of the text. */
TG_MUST_CHECK static enum tg_code fail_at(const struct parser *parser, size_t offset, size_t length,
                                          struct tg_error *reterr, const char *wanted)
{
    struct tg_slice found = tg_slice_of(parser->text.data + offset, length);
    enum tg_code code =
        length == 0
            ? tg_fail(reterr, TG_CODE_TYPE, "the type ends where %s must come", wanted)
            : tg_fail(reterr, TG_CODE_TYPE, "expected %s, found '%.*s'", wanted, TG_SLICE_FORMAT(found));
    if (reterr == NULL)
        return code;
    struct tg_place place = {.offset = (uint32_t)offset, .length = (uint32_t)length, .line = 1};
    size_t line_start = 0;
    for (size_t i = 0; i < offset; i++) {
        if (parser->text.data[i] == '\n') {
            place.line++;
            line_start = i + 1;
        }
    }
    struct tg_slice before = tg_slice_of(parser->text.data + line_start, offset - line_start);
    place.column = (uint32_t)tg_utf8_length(before) + 1;
    reterr->place = place;
    return code;
}

static bool is_letter(uint8_t byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_' || byte >= 0x80;
}

static bool is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

static void skip_blanks(struct parser *parser)
{
    while (parser->at < parser->text.length) {
        uint8_t byte = parser->text.data[parser->at];
        if (byte != ' ' && byte != '\t' && byte != '\n' && byte != '\r')
            return;
        parser->at++;
    }
}

/* The word, number or single character at the reader; empty at the end. Does not move. */
static struct tg_slice peek(struct parser *parser)
{
    skip_blanks(parser);
    const uint8_t *start = parser->text.data + parser->at;
    size_t left = parser->text.length - parser->at;
    size_t length = left > 0;
    if (left > 0 && (is_letter(start[0]) || is_digit(start[0]))) {
        while (length < left && (is_letter(start[length]) || is_digit(start[length]) || start[length] == '@'))
            length++;
    }
    return tg_slice_of(start, length);
}

static bool skip(struct parser *parser, char wanted)
{
    skip_blanks(parser);
    if (parser->at == parser->text.length || parser->text.data[parser->at] != (uint8_t)wanted)
        return false;
    parser->at++;
    return true;
}

TG_MUST_CHECK static enum tg_code expect(struct parser *parser, char wanted, struct tg_error *reterr)
{
    if (skip(parser, wanted))
        return TG_OK;
    char text[] = {'\'', wanted, '\'', '\0'};
    return fail_at(parser, parser->at, peek(parser).length, reterr, text);
}

TG_MUST_CHECK static enum tg_code read_number(struct parser *parser, int64_t least, int64_t most,
                                              uint16_t *ret_number, struct tg_error *reterr)
{
    struct tg_slice word = peek(parser);
    int64_t number = 0;
    if (!tg_parse_int64(word, least, most, &number)) {
        char wanted[64];
        snprintf(wanted, sizeof wanted, "a number from %d to %d", (int)least, (int)most);
        return fail_at(parser, parser->at, word.length, reterr, wanted);
    }
    parser->at += word.length;
    *ret_number = (uint16_t)number;
    return TG_OK;
}

/* Rule: DECIMAL '(' precision ',' scale ')' */
TG_MUST_CHECK static enum tg_code read_decimal(struct parser *parser, const struct tg_type **ret_type,
                                               struct tg_error *reterr)
{
    uint16_t precision = 0;
    uint16_t scale = 0;
    TG_TRY(expect(parser, '(', reterr));
    TG_TRY(read_number(parser, 1, UINT16_MAX, &precision, reterr));
    TG_TRY(expect(parser, ',', reterr));
    TG_TRY(read_number(parser, 0, precision, &scale, reterr));
    TG_TRY(expect(parser, ')', reterr));
    *ret_type = tg_type_decimal(parser->arena, precision, scale);
    return TG_OK;
}

/* A name in quotes, with the quote doubled where it is part of the name. */
TG_MUST_CHECK static enum tg_code read_quoted_name(struct parser *parser, uint8_t quote,
                                                   const char **ret_name, struct tg_error *reterr)
{
    size_t start = parser->at++;
    char *name = (char *)tg_arena_bytes_alloc(parser->arena, parser->text.length - start);
    size_t length = 0;
    while (parser->at < parser->text.length) {
        uint8_t byte = parser->text.data[parser->at++];
        if (byte == '\0')
            break;
        if (byte == quote) {
            if (parser->at == parser->text.length || parser->text.data[parser->at] != quote) {
                name[length] = '\0';
                *ret_name = name;
                return TG_OK;
            }
            parser->at++;
        }
        name[length++] = (char)byte;
    }
    return fail_at(parser, start, parser->text.length - start, reterr, "a name that ends with its quote");
}

TG_MUST_CHECK static enum tg_code read_name(struct parser *parser, const char **ret_name,
                                            struct tg_error *reterr)
{
    struct tg_slice word = peek(parser);
    if (word.length > 0 && (word.data[0] == '`' || word.data[0] == '"'))
        return read_quoted_name(parser, word.data[0], ret_name, reterr);
    if (word.length == 0 || !(is_letter(word.data[0]) || is_digit(word.data[0])))
        return fail_at(parser, parser->at, word.length, reterr, "a field name");
    char *name = tg_arena_text(parser->arena, word);
    for (size_t i = 0; i < word.length; i++) {
        if (name[i] >= 'a' && name[i] <= 'z')
            name[i] = (char)(name[i] - 'a' + 'A');
    }
    parser->at += word.length;
    *ret_name = name;
    return TG_OK;
}

TG_MUST_CHECK static enum tg_code read_type(struct parser *parser, const struct tg_type **ret_type,
                                            struct tg_error *reterr);

struct field_list {
    struct field_list *next;
    struct tg_field field;
};

/* Rule: STRUCT '<' [name type {',' name type}] '>' */
TG_MUST_CHECK static enum tg_code read_struct(struct parser *parser, const struct tg_type **ret_type,
                                              struct tg_error *reterr)
{
    TG_TRY(expect(parser, '<', reterr));
    struct field_list *first = NULL;
    struct field_list **end = &first;
    uint32_t count = 0;
    if (!skip(parser, '>')) {
        do {
            struct field_list *entry = tg_arena_alloc_zero(parser->arena, 1, sizeof *entry);
            if (count == FIELDS_MAX)
                return fail_at(parser, parser->at, peek(parser).length, reterr, "at most 4096 fields");
            TG_TRY(read_name(parser, &entry->field.name, reterr));
            TG_TRY(read_type(parser, &entry->field.type, reterr));
            *end = entry;
            end = &entry->next;
            count++;
        } while (skip(parser, ','));
        TG_TRY(expect(parser, '>', reterr));
    }
    struct tg_field *fields = tg_arena_alloc_zero(parser->arena, count, sizeof *fields);
    for (uint32_t i = 0; first != NULL; first = first->next)
        fields[i++] = first->field;
    *ret_type = tg_type_struct(parser->arena, fields, count);
    return TG_OK;
}

/* Rule: ARRAY '<' type '>' | MAP '<' type ',' type '>' */
TG_MUST_CHECK static enum tg_code read_collection(struct parser *parser, enum tg_type_kind kind,
                                                  const struct tg_type **ret_type, struct tg_error *reterr)
{
    const struct tg_type *key = NULL;
    const struct tg_type *element = NULL;
    TG_TRY(expect(parser, '<', reterr));
    if (kind == TG_TYPE_MAP) {
        TG_TRY(read_type(parser, &key, reterr));
        TG_TRY(expect(parser, ',', reterr));
    }
    TG_TRY(read_type(parser, &element, reterr));
    TG_TRY(expect(parser, '>', reterr));
    *ret_type = kind == TG_TYPE_MAP ? tg_type_map(parser->arena, key, element)
                                    : tg_type_array(parser->arena, element);
    return TG_OK;
}

static enum tg_code read_type(struct parser *parser, const struct tg_type **ret_type, struct tg_error *reterr)
{
    struct tg_slice word = peek(parser);
    size_t start = parser->at;
    if (parser->depth == DEPTH_MAX)
        return fail_at(parser, start, word.length, reterr, "at most 64 nested types");
    parser->depth++;
    parser->at += word.length;
    enum tg_type_kind kind = TG_TYPE_BOOLEAN;
    enum tg_code code = TG_OK;
    if (tg_type_kind_of(word, &kind) && kind == TG_TYPE_DECIMAL)
        code = read_decimal(parser, ret_type, reterr);
    else if (tg_type_kind_of(word, &kind))
        *ret_type = tg_type_simple(kind);
    else if (tg_slice_equal_nocase(word, tg_slice_text("ARRAY")))
        code = read_collection(parser, TG_TYPE_ARRAY, ret_type, reterr);
    else if (tg_slice_equal_nocase(word, tg_slice_text("MAP")))
        code = read_collection(parser, TG_TYPE_MAP, ret_type, reterr);
    else if (tg_slice_equal_nocase(word, tg_slice_text("STRUCT")))
        code = read_struct(parser, ret_type, reterr);
    else
        code = fail_at(parser, start, word.length, reterr, "a type");
    parser->depth--;
    return code;
}

enum tg_code tg_type_parse(struct tg_arena *arena, struct tg_slice text, const struct tg_type **ret_type,
                           struct tg_error *reterr)
{
    struct parser parser = {.arena = arena, .text = text};
    TG_TRY(read_type(&parser, ret_type, reterr));
    struct tg_slice rest = peek(&parser);
    if (rest.length > 0)
        return fail_at(&parser, parser.at, rest.length, reterr, "the end of the type");
    return TG_OK;
}
