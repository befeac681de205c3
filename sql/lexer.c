#include "sql/lexer.h"

#include "base/text.h"
#include "sql/diagnostics.h"
#include "sql/variables.h"

struct keyword {
    const char *text;
    enum tg_keyword_use use;
};

static const struct keyword keywords[] = {
/* in alphabetical order */
#define X(word, use) {#word, TG_KEYWORD_##use},
#include "sql/keywords.inc"
#undef X
};
enum { KEYWORD_COUNT = sizeof keywords / sizeof keywords[0] };

bool tg_token_is_word(enum tg_token_kind kind)
{
    return kind >= TG_TOKEN_FIRST_WORD && kind < TG_TOKEN_KIND_COUNT;
}

enum tg_keyword_use tg_keyword_use(enum tg_token_kind word)
{
    return keywords[word - TG_TOKEN_FIRST_WORD].use;
}

const char *tg_keyword_text(enum tg_token_kind word)
{
    return keywords[word - TG_TOKEN_FIRST_WORD].text;
}

static uint8_t upper(uint8_t byte)
{
    return byte >= 'a' && byte <= 'z' ? (uint8_t)(byte - 'a' + 'A') : byte;
}

static int compare_without_case(struct tg_slice text, const char *word)
{
    for (size_t i = 0; i < text.length; i++) {
        int difference = (int)upper(text.data[i]) - (int)(uint8_t)word[i];
        if (difference != 0) /* also where the word ends first */
            return difference;
    }
    return word[text.length] == '\0' ? 0 : -1;
}

enum tg_token_kind tg_keyword_find(struct tg_slice text)
{
    size_t low = 0;
    size_t high = KEYWORD_COUNT;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = compare_without_case(text, keywords[middle].text);
        if (order == 0)
            return (enum tg_token_kind)(TG_TOKEN_FIRST_WORD + middle);
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return TG_TOKEN_NAME;
}

const char *tg_token_describe(enum tg_token_kind kind)
{
    static const char *const symbols[] = {
        [TG_TOKEN_BAD] = "a valid token",
        [TG_TOKEN_END] = "the end of the text",
        [TG_TOKEN_NAME] = "a name",
        [TG_TOKEN_QUOTED_NAME] = "a quoted name",
        [TG_TOKEN_STRING] = "a string in single quotes",
        [TG_TOKEN_INTEGER] = "an integer",
        [TG_TOKEN_DECIMAL] = "a decimal number",
        [TG_TOKEN_DOUBLE] = "a floating point number",
        [TG_TOKEN_SEMICOLON] = "';'",
        [TG_TOKEN_COMMA] = "','",
        [TG_TOKEN_DOT] = "'.'",
        [TG_TOKEN_LEFT_PAREN] = "'('",
        [TG_TOKEN_RIGHT_PAREN] = "')'",
        [TG_TOKEN_LEFT_BRACKET] = "'['",
        [TG_TOKEN_RIGHT_BRACKET] = "']'",
        [TG_TOKEN_EQUAL] = "'='",
        [TG_TOKEN_NOT_EQUAL] = "'<>'",
        [TG_TOKEN_LESS] = "'<'",
        [TG_TOKEN_LESS_EQUAL] = "'<='",
        [TG_TOKEN_GREATER] = "'>'",
        [TG_TOKEN_GREATER_EQUAL] = "'>='",
        [TG_TOKEN_PLUS] = "'+'",
        [TG_TOKEN_MINUS] = "'-'",
        [TG_TOKEN_STAR] = "'*'",
        [TG_TOKEN_SLASH] = "'/'",
        [TG_TOKEN_PERCENT] = "'%'",
        [TG_TOKEN_CONCAT] = "'||'",
        [TG_TOKEN_ASSIGN] = "':='",
        [TG_TOKEN_ARROW] = "'->'",
        [TG_TOKEN_LAMBDA_ARROW] = "'=>'",
    };
    return tg_token_is_word(kind) ? tg_keyword_text(kind) : symbols[kind];
}

/* ---- characters ---- */

static uint8_t byte_at(const struct tg_lexer *lexer, size_t offset)
{
    return offset < lexer->text.length ? lexer->text.data[offset] : 0; /* the text holds no NUL */
}

static bool is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

static bool is_name_start(uint8_t byte)
{
    return (upper(byte) >= 'A' && upper(byte) <= 'Z') || byte == '_';
}

static bool is_name_part(uint8_t byte)
{
    return is_name_start(byte) || is_digit(byte) || byte == '@';
}

static struct tg_place place_between(size_t start, size_t end)
{
    return (struct tg_place){.offset = (uint32_t)start, .length = (uint32_t)(end - start)};
}

/* From `start` to the end of its line: what an unterminated string or comment is shown as. */
static struct tg_place place_to_line_end(const struct tg_lexer *lexer, size_t start)
{
    size_t end = start;
    while (end < lexer->text.length && lexer->text.data[end] != '\n' && lexer->text.data[end] != '\r')
        end++;
    return place_between(start, end);
}

static struct tg_slice text_between(const struct tg_lexer *lexer, size_t start, size_t end)
{
    return tg_slice_of(lexer->text.data + start, end - start);
}

static enum tg_code located(const struct tg_lexer *lexer, struct tg_error *reterr, enum tg_code code)
{
    if (reterr != NULL)
        tg_error_locate(reterr, lexer->text);
    return code;
}

/* ---- white space and comments ---- */

TG_MUST_CHECK static enum tg_code skip_block_comment(struct tg_lexer *lexer, struct tg_error *reterr)
{
    size_t start = lexer->offset;
    const uint8_t *from = lexer->text.data + start + 2;
    const uint8_t *end = memmem(from, lexer->text.length - start - 2, "*/", 2);
    if (end == NULL) {
        tg_fail_at(reterr, TG_CODE_SYNTAX, place_to_line_end(lexer, start),
                   "the comment that begins here is not closed");
        tg_fail_hint(reterr, "end it with */");
        return located(lexer, reterr, TG_CODE_SYNTAX);
    }
    lexer->offset = (size_t)(end - lexer->text.data) + 2;
    return TG_OK;
}

TG_MUST_CHECK static enum tg_code skip_space(struct tg_lexer *lexer, struct tg_error *reterr)
{
    for (;;) {
        uint8_t byte = byte_at(lexer, lexer->offset);
        if (byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r') {
            lexer->offset++;
        } else if (byte == '-' && byte_at(lexer, lexer->offset + 1) == '-') {
            while (lexer->offset < lexer->text.length && lexer->text.data[lexer->offset] != '\n')
                lexer->offset++;
        } else if (byte == '/' && byte_at(lexer, lexer->offset + 1) == '*') {
            TG_TRY(skip_block_comment(lexer, reterr));
        } else {
            return TG_OK;
        }
    }
}

/* ---- variables ---- */

/* The offset behind "${name}" that starts at `offset`, or 0 if there is none; the name goes to *ret_name. */
static size_t variable_end(const struct tg_lexer *lexer, size_t offset, struct tg_slice *ret_name)
{
    if (byte_at(lexer, offset) != '$' || byte_at(lexer, offset + 1) != '{' ||
        !is_name_start(byte_at(lexer, offset + 2)))
        return 0;
    size_t end = offset + 3;
    while (is_name_part(byte_at(lexer, end)))
        end++;
    if (byte_at(lexer, end) != '}')
        return 0;
    *ret_name = text_between(lexer, offset + 2, end);
    return end + 1;
}

TG_MUST_CHECK static enum tg_code fail_undefined(const struct tg_lexer *lexer, struct tg_place place,
                                                 const char *name, struct tg_error *reterr)
{
    if (lexer->variables == NULL) {
        tg_fail_at(reterr, TG_CODE_SYNTAX, place,
                   "variable %s cannot be used: variables are not replaced here", name);
        return located(lexer, reterr, TG_CODE_SYNTAX);
    }
    tg_fail_at(reterr, TG_CODE_UNKNOWN_NAME, place, "variable %s is not defined", name);
    const char *closest = tg_variables_closest(lexer->variables, name);
    if (closest != NULL)
        tg_fail_hint(reterr, "did you mean ${%s}?", closest);
    else
        tg_fail_hint(reterr, "define it before: DEFINE %s = '...';", name);
    return located(lexer, reterr, TG_CODE_UNKNOWN_NAME);
}

static bool is_number(enum tg_token_kind kind)
{
    return kind == TG_TOKEN_INTEGER || kind == TG_TOKEN_DECIMAL || kind == TG_TOKEN_DOUBLE;
}

static bool is_name_or_literal(enum tg_token_kind kind)
{
    if (tg_token_is_word(kind))
        return tg_keyword_use(kind) == TG_KEYWORD_FREE || kind == TG_WORD_TRUE || kind == TG_WORD_FALSE ||
               kind == TG_WORD_NULL;
    return kind == TG_TOKEN_NAME || kind == TG_TOKEN_QUOTED_NAME || kind == TG_TOKEN_STRING ||
           is_number(kind);
}

/* A variable outside quotes stands for one name or literal and nothing else, so that a value cannot change
 * the statement. */
TG_MUST_CHECK static enum tg_code read_variable(struct tg_lexer *lexer, size_t end, struct tg_slice name,
                                                struct tg_token *ret_token, struct tg_error *reterr)
{
    struct tg_place place = place_between(lexer->offset, end);
    const char *name_text = tg_arena_text(lexer->arena, name);
    const char *value = lexer->variables == NULL ? NULL : tg_variables_get(lexer->variables, name);
    if (value == NULL)
        return fail_undefined(lexer, place, name_text, reterr);

    /* Copied, as the variable may be changed or removed while tokens point into its value. */
    struct tg_slice text = tg_slice_text(tg_arena_text(lexer->arena, tg_slice_text(value)));
    struct tg_lexer inner = {.arena = lexer->arena, .text = text};
    struct tg_token token = {0};
    struct tg_token after = {0};
    enum tg_code code = tg_lexer_next(&inner, &token, NULL);
    bool negative = code == TG_OK && token.kind == TG_TOKEN_MINUS;
    if (negative)
        code = tg_lexer_next(&inner, &token, NULL);
    if (code == TG_OK)
        code = tg_lexer_next(&inner, &after, NULL);
    bool fits = negative ? is_number(token.kind) : is_name_or_literal(token.kind);
    if (code != TG_OK || after.kind != TG_TOKEN_END || !fits) {
        tg_fail_at(reterr, TG_CODE_SYNTAX, place,
                   "the value of variable %s is neither a name nor a literal: %.100s", name_text, value);
        tg_fail_hint(
            reterr, "use it inside quotes, as in '${%s}', or give it the value of one name, number or string",
            name_text);
        return located(lexer, reterr, TG_CODE_SYNTAX);
    }
    if (negative)
        token.text = tg_slice_text(tg_arena_printf(lexer->arena, "-%.*s", TG_SLICE_FORMAT(token.text)));
    token.place = place;
    *ret_token = token;
    lexer->offset = end;
    return TG_OK;
}

/* ---- quoted texts ---- */

/* Copies the inside of a quoted text: doubled quotes become one, ${name} its value. */
static struct tg_slice unquote(const struct tg_lexer *lexer, size_t start, size_t end, uint8_t quote)
{
    struct tg_buffer out = {0};
    for (size_t i = start; i < end; i++) {
        struct tg_slice name;
        size_t variable = lexer->variables == NULL ? 0 : variable_end(lexer, i, &name);
        const char *value = variable == 0 || variable > end ? NULL : tg_variables_get(lexer->variables, name);
        if (value != NULL) {
            tg_buffer_append_text(&out, value);
            i = variable - 1;
            continue;
        }
        tg_buffer_append_byte(&out, lexer->text.data[i]);
        if (lexer->text.data[i] == quote)
            i++;
    }
    struct tg_slice copy = tg_arena_copy(lexer->arena, tg_buffer_slice(&out));
    tg_buffer_done(&out);
    return copy;
}

static enum tg_code fail_unclosed(const struct tg_lexer *lexer, size_t start, uint8_t quote,
                                  struct tg_error *reterr)
{
    tg_fail_at(reterr, TG_CODE_SYNTAX, place_to_line_end(lexer, start),
               "the %s that begins here is not closed", quote == '\'' ? "string" : "quoted name");
    tg_fail_hint(reterr, "end it with %c; inside it, write %c%c for one %c", quote, quote, quote, quote);
    return located(lexer, reterr, TG_CODE_SYNTAX);
}

TG_MUST_CHECK static enum tg_code read_quoted(struct tg_lexer *lexer, uint8_t quote,
                                              struct tg_token *ret_token, struct tg_error *reterr)
{
    size_t start = lexer->offset;
    size_t end = start + 1;
    bool special = false;
    for (;; end++) {
        if (end >= lexer->text.length)
            return fail_unclosed(lexer, start, quote, reterr);
        uint8_t byte = lexer->text.data[end];
        if (byte == quote) {
            if (byte_at(lexer, end + 1) != quote)
                break;
            special = true;
            end++;
        } else if (byte == '$') {
            special = true;
        }
    }
    ret_token->kind = quote == '\'' ? TG_TOKEN_STRING : TG_TOKEN_QUOTED_NAME;
    ret_token->place = place_between(start, end + 1);
    ret_token->text = special ? unquote(lexer, start + 1, end, quote) : text_between(lexer, start + 1, end);
    lexer->offset = end + 1;
    if (ret_token->kind == TG_TOKEN_QUOTED_NAME && ret_token->text.length == 0) {
        tg_fail_at(reterr, TG_CODE_SYNTAX, ret_token->place, "a name cannot be empty");
        return located(lexer, reterr, TG_CODE_SYNTAX);
    }
    return TG_OK;
}

/* ---- names and numbers ---- */

static void read_word(struct tg_lexer *lexer, struct tg_token *ret_token)
{
    size_t start = lexer->offset;
    size_t end = start + 1;
    while (is_name_part(byte_at(lexer, end)))
        end++;
    struct tg_slice text = text_between(lexer, start, end);
    ret_token->kind = tg_keyword_find(text);
    ret_token->place = place_between(start, end);
    if (ret_token->kind != TG_TOKEN_NAME) {
        ret_token->text = tg_slice_text(tg_keyword_text(ret_token->kind));
    } else {
        uint8_t *name = tg_arena_bytes_alloc(lexer->arena, text.length);
        for (size_t i = 0; i < text.length; i++)
            name[i] = upper(text.data[i]);
        ret_token->text = tg_slice_of(name, text.length);
    }
    lexer->offset = end;
}

/* The end of the number that starts at `start`: digits ["." digits] ["E" ["+" | "-"] digits], digits on one
 * side of the point. */
static size_t number_end(const struct tg_lexer *lexer, size_t start, enum tg_token_kind *ret_kind)
{
    size_t end = start;
    *ret_kind = TG_TOKEN_INTEGER;
    while (is_digit(byte_at(lexer, end)))
        end++;
    if (byte_at(lexer, end) == '.') {
        *ret_kind = TG_TOKEN_DECIMAL;
        end++;
        while (is_digit(byte_at(lexer, end)))
            end++;
    }
    if (upper(byte_at(lexer, end)) != 'E')
        return end;
    size_t digits = end + 1;
    if (byte_at(lexer, digits) == '+' || byte_at(lexer, digits) == '-')
        digits++;
    if (!is_digit(byte_at(lexer, digits)))
        return end;
    *ret_kind = TG_TOKEN_DOUBLE;
    while (is_digit(byte_at(lexer, digits)))
        digits++;
    return digits;
}

/* A number, or a name that begins with digits: 1ST is one, as in ksqlDB. */
TG_MUST_CHECK static enum tg_code read_number(struct tg_lexer *lexer, struct tg_token *ret_token,
                                              struct tg_error *reterr)
{
    size_t start = lexer->offset;
    size_t word_end = start;
    while (is_name_part(byte_at(lexer, word_end)))
        word_end++;
    size_t end = number_end(lexer, start, &ret_token->kind);
    if (word_end > end) {
        read_word(lexer, ret_token);
        return TG_OK;
    }
    if (is_name_part(byte_at(lexer, end))) {
        tg_fail_at(reterr, TG_CODE_SYNTAX, place_between(start, end + 1),
                   "a name begins directly behind the number %.*s",
                   end - start > 60 ? 60 : (int)(end - start), (const char *)lexer->text.data + start);
        tg_fail_hint(reterr, "put a space between them");
        return located(lexer, reterr, TG_CODE_SYNTAX);
    }
    ret_token->place = place_between(start, end);
    ret_token->text = text_between(lexer, start, end);
    lexer->offset = end;
    return TG_OK;
}

/* ---- symbols and the rest ---- */

struct symbol {
    char text[3];
    enum tg_token_kind kind;
};

static const struct symbol symbols[] = {
    /* the longer ones first */
    {"<>", TG_TOKEN_NOT_EQUAL},     {"!=", TG_TOKEN_NOT_EQUAL},    {"<=", TG_TOKEN_LESS_EQUAL},
    {">=", TG_TOKEN_GREATER_EQUAL}, {"||", TG_TOKEN_CONCAT},       {":=", TG_TOKEN_ASSIGN},
    {"->", TG_TOKEN_ARROW},         {"=>", TG_TOKEN_LAMBDA_ARROW}, {";", TG_TOKEN_SEMICOLON},
    {",", TG_TOKEN_COMMA},          {".", TG_TOKEN_DOT},           {"(", TG_TOKEN_LEFT_PAREN},
    {")", TG_TOKEN_RIGHT_PAREN},    {"[", TG_TOKEN_LEFT_BRACKET},  {"]", TG_TOKEN_RIGHT_BRACKET},
    {"=", TG_TOKEN_EQUAL},          {"<", TG_TOKEN_LESS},          {">", TG_TOKEN_GREATER},
    {"+", TG_TOKEN_PLUS},           {"-", TG_TOKEN_MINUS},         {"*", TG_TOKEN_STAR},
    {"/", TG_TOKEN_SLASH},          {"%", TG_TOKEN_PERCENT},
};

static bool read_symbol(struct tg_lexer *lexer, struct tg_token *ret_token)
{
    for (size_t i = 0; i < sizeof symbols / sizeof symbols[0]; i++) {
        const struct symbol *symbol = &symbols[i];
        size_t length = strlen(symbol->text);
        if (byte_at(lexer, lexer->offset) != (uint8_t)symbol->text[0] ||
            (length == 2 && byte_at(lexer, lexer->offset + 1) != (uint8_t)symbol->text[1]))
            continue;
        ret_token->kind = symbol->kind;
        ret_token->place = place_between(lexer->offset, lexer->offset + length);
        ret_token->text = text_between(lexer, lexer->offset, lexer->offset + length);
        lexer->offset += length;
        return true;
    }
    return false;
}

/* What people paste from documents and other dialects, and what to write instead. */
static const char *stray_hint(struct tg_slice character)
{
    static const struct {
        const char *character;
        const char *hint;
    } hints[] = {
        {"\xE2\x80\x98", "strings are written in straight single quotes: '...'"},
        {"\xE2\x80\x99", "strings are written in straight single quotes: '...'"},
        {"\xE2\x80\x9C", "names are quoted with backquotes, strings with straight single quotes"},
        {"\xE2\x80\x9D", "names are quoted with backquotes, strings with straight single quotes"},
        {"\xC2\xA0", "this is a no-break space: replace it with a plain one"},
        {"$", "a variable is written ${name}"},
        {"!", "not equal is written <> or !=, a negation NOT"},
        {"#", "a comment begins with --"},
        {"&", "write AND"},
        {"|", "write OR, or || to join strings"},
        {":", "in MAP and STRUCT, write := between name and value; a type is converted with CAST(x AS type)"},
    };
    for (size_t i = 0; i < sizeof hints / sizeof hints[0]; i++) {
        if (tg_slice_is(character, hints[i].character))
            return hints[i].hint;
    }
    return character.data[0] >= 0x80 ? "letters other than A to Z can stand in quoted names only" : NULL;
}

static enum tg_code fail_stray(const struct tg_lexer *lexer, struct tg_error *reterr)
{
    uint8_t first = byte_at(lexer, lexer->offset);
    size_t length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    struct tg_slice character = text_between(lexer, lexer->offset, lexer->offset + length);
    struct tg_place place = place_between(lexer->offset, lexer->offset + length);
    if (first < 0x20 || first == 0x7F)
        tg_fail_at(reterr, TG_CODE_SYNTAX, place, "the control character U+%04X has no meaning here", first);
    else
        tg_fail_at(reterr, TG_CODE_SYNTAX, place, "the character '%.*s' has no meaning here",
                   TG_SLICE_FORMAT(character));
    const char *hint = stray_hint(character);
    if (hint != NULL)
        tg_fail_hint(reterr, "%s", hint);
    return located(lexer, reterr, TG_CODE_SYNTAX);
}

enum tg_code tg_lexer_next(struct tg_lexer *lexer, struct tg_token *ret_token, struct tg_error *reterr)
{
    TG_TRY(skip_space(lexer, reterr));
    *ret_token =
        (struct tg_token){.kind = TG_TOKEN_END, .place = place_between(lexer->offset, lexer->offset)};
    if (lexer->offset >= lexer->text.length)
        return TG_OK;

    uint8_t byte = byte_at(lexer, lexer->offset);
    if (is_name_start(byte)) {
        read_word(lexer, ret_token);
        return TG_OK;
    }
    if (is_digit(byte) || (byte == '.' && is_digit(byte_at(lexer, lexer->offset + 1))))
        return read_number(lexer, ret_token, reterr);
    if (byte == '\'' || byte == '"' || byte == '`')
        return read_quoted(lexer, byte, ret_token, reterr);
    struct tg_slice variable;
    size_t variable_stop = variable_end(lexer, lexer->offset, &variable);
    if (variable_stop != 0)
        return read_variable(lexer, variable_stop, variable, ret_token, reterr);
    if (read_symbol(lexer, ret_token))
        return TG_OK;
    return fail_stray(lexer, reterr);
}
