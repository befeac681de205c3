#include "base/memory.h"
#include "base/text.h"
#include "data/time_format.h"

/* Patterns are those of java.time.format.DateTimeFormatterBuilder.appendPattern; field widths and signs are
 * what it says for each number of letters. */

enum { SECTION_DEPTH_MAX = 8, OPS_MAX = 256, DIGITS_MAX = 19 };

struct compiler {
    struct tg_slice pattern;
    size_t at;
    struct tg_arena *arena;
    struct tg_time_op ops[OPS_MAX];
    uint32_t count;
    uint32_t sections[SECTION_DEPTH_MAX]; /* op numbers of the sections that are open */
    uint32_t depth;
    int64_t base; /* number op that digits directly behind belong to; -1: none */
};

static enum tg_code place_error(const struct compiler *compiler, size_t offset, size_t length,
                                struct tg_error *reterr)
{
    if (reterr != NULL) {
        struct tg_slice before = tg_slice_of(compiler->pattern.data, offset);
        reterr->place = (struct tg_place){.offset = (uint32_t)offset,
                                          .length = (uint32_t)length,
                                          .line = 1,
                                          .column = (uint32_t)tg_utf8_length(before) + 1};
    }
    return TG_CODE_CONFIG;
}

TG_MUST_CHECK static enum tg_code add_op(struct compiler *compiler, const struct tg_time_op *op,
                                         struct tg_error *reterr)
{
    if (compiler->count == OPS_MAX) {
        tg_fail(reterr, TG_CODE_CONFIG, "the date pattern has more than %d parts", OPS_MAX);
        return place_error(compiler, compiler->at, 1, reterr);
    }
    compiler->ops[compiler->count++] = *op;
    return TG_OK;
}

/* Digits directly behind digits: the first field of variable width leaves the fixed ones behind it theirs. */
TG_MUST_CHECK static enum tg_code add_digits(struct compiler *compiler, const struct tg_time_op *op,
                                             struct tg_error *reterr)
{
    bool fixed = op->kind != TG_TIME_OP_NUMBER;
    if (compiler->base >= 0 && fixed) {
        struct tg_time_op *base = &compiler->ops[compiler->base];
        if (base->kind == TG_TIME_OP_NUMBER && base->reserved + op->most <= UINT8_MAX)
            base->reserved = (uint8_t)(base->reserved + op->most);
    } else {
        compiler->base = compiler->count;
    }
    return add_op(compiler, op, reterr);
}

TG_MUST_CHECK static enum tg_code add_other(struct compiler *compiler, const struct tg_time_op *op,
                                            struct tg_error *reterr)
{
    compiler->base = -1;
    return add_op(compiler, op, reterr);
}

TG_MUST_CHECK static enum tg_code add_fixed(struct compiler *compiler, enum tg_time_field field, size_t width,
                                            struct tg_error *reterr)
{
    struct tg_time_op op = {
        .kind = TG_TIME_OP_DIGITS, .field = field, .least = (uint8_t)width, .most = (uint8_t)width};
    return add_digits(compiler, &op, reterr);
}

TG_MUST_CHECK static enum tg_code add_variable(struct compiler *compiler, struct tg_time_op op,
                                               struct tg_error *reterr)
{
    op.kind = TG_TIME_OP_NUMBER;
    return add_digits(compiler, &op, reterr);
}

/* What a letter stands for. `widths`: how its number of letters is read. */
struct letter {
    char letter;
    enum {
        LETTER_YEAR,
        LETTER_MONTH,
        LETTER_TWO_DIGITS, /* one letter: as many digits as there are; two: two */
        LETTER_DAY_OF_YEAR,
        LETTER_LONG, /* at least as many digits as letters, no sign */
        LETTER_NAME,
        LETTER_FRACTION,
        LETTER_OFFSET,
        LETTER_GMT_OFFSET,
        LETTER_ZONE,
    } kind;
    enum tg_time_field field;
    uint8_t most; /* letters */
};

static const struct letter letters[] = {
    {'G', LETTER_NAME, TG_TIME_FIELD_ERA, 5},
    {'u', LETTER_YEAR, TG_TIME_FIELD_YEAR, DIGITS_MAX},
    {'y', LETTER_YEAR, TG_TIME_FIELD_YEAR_OF_ERA, DIGITS_MAX},
    {'M', LETTER_MONTH, TG_TIME_FIELD_MONTH, 5},
    {'L', LETTER_MONTH, TG_TIME_FIELD_MONTH, 5},
    {'d', LETTER_TWO_DIGITS, TG_TIME_FIELD_DAY, 2},
    {'D', LETTER_DAY_OF_YEAR, TG_TIME_FIELD_DAY_OF_YEAR, 3},
    {'E', LETTER_NAME, TG_TIME_FIELD_DAY_OF_WEEK, 5},
    {'a', LETTER_NAME, TG_TIME_FIELD_AMPM, 1},
    {'h', LETTER_TWO_DIGITS, TG_TIME_FIELD_CLOCK_HOUR_AMPM, 2},
    {'H', LETTER_TWO_DIGITS, TG_TIME_FIELD_HOUR, 2},
    {'k', LETTER_TWO_DIGITS, TG_TIME_FIELD_CLOCK_HOUR, 2},
    {'K', LETTER_TWO_DIGITS, TG_TIME_FIELD_HOUR_AMPM, 2},
    {'m', LETTER_TWO_DIGITS, TG_TIME_FIELD_MINUTE, 2},
    {'s', LETTER_TWO_DIGITS, TG_TIME_FIELD_SECOND, 2},
    {'S', LETTER_FRACTION, TG_TIME_FIELD_NANO, 9},
    {'A', LETTER_LONG, TG_TIME_FIELD_MILLI_OF_DAY, DIGITS_MAX},
    {'n', LETTER_LONG, TG_TIME_FIELD_NANO, DIGITS_MAX},
    {'N', LETTER_LONG, TG_TIME_FIELD_NANO_OF_DAY, DIGITS_MAX},
    {'V', LETTER_ZONE, TG_TIME_FIELD_COUNT, 2},
    {'z', LETTER_ZONE, TG_TIME_FIELD_COUNT, 4},
    {'O', LETTER_GMT_OFFSET, TG_TIME_FIELD_COUNT, 4},
    {'X', LETTER_OFFSET, TG_TIME_FIELD_COUNT, 5},
    {'x', LETTER_OFFSET, TG_TIME_FIELD_COUNT, 5},
    {'Z', LETTER_OFFSET, TG_TIME_FIELD_COUNT, 5},
};

TG_MUST_CHECK static enum tg_code add_year(struct compiler *compiler, enum tg_time_field field, size_t count,
                                           struct tg_error *reterr)
{
    if (count == 2) {
        struct tg_time_op op = {.kind = TG_TIME_OP_YEAR_OF_CENTURY, .field = field, .least = 2, .most = 2};
        return add_digits(compiler, &op, reterr);
    }
    struct tg_time_op op = {.field = field, .least = (uint8_t)count, .most = DIGITS_MAX};
    op.sign = count < 4 ? TG_TIME_SIGN_NEGATIVE_ONLY : TG_TIME_SIGN_EXCEEDS_PAD;
    return add_variable(compiler, op, reterr);
}

TG_MUST_CHECK static enum tg_code add_name(struct compiler *compiler, enum tg_time_field field, size_t count,
                                           struct tg_error *reterr)
{
    struct tg_time_op op = {.kind = TG_TIME_OP_NAME, .field = field};
    op.style = count < 4 ? TG_TIME_STYLE_SHORT : count == 4 ? TG_TIME_STYLE_FULL : TG_TIME_STYLE_NARROW;
    return add_other(compiler, &op, reterr);
}

TG_MUST_CHECK static enum tg_code add_gmt_offset(struct compiler *compiler, size_t count,
                                                 struct tg_error *reterr)
{
    struct tg_time_op op = {.kind = TG_TIME_OP_GMT_OFFSET};
    op.style = count == 4 ? TG_TIME_STYLE_FULL : TG_TIME_STYLE_SHORT;
    return add_other(compiler, &op, reterr);
}

TG_MUST_CHECK static enum tg_code add_offset(struct compiler *compiler, char letter, size_t count,
                                             struct tg_error *reterr)
{
    static const enum tg_time_offset_form forms[] = {TG_TIME_OFFSET_HH_OPT_MM, TG_TIME_OFFSET_HHMM,
                                                     TG_TIME_OFFSET_HH_COLON_MM, TG_TIME_OFFSET_HHMM_OPT_SS,
                                                     TG_TIME_OFFSET_COLON_OPT_SS};
    static const char *const zeros[] = {"+00", "+0000", "+00:00", "+0000", "+00:00"};
    if (letter == 'Z' && count == 4)
        return add_gmt_offset(compiler, count, reterr);
    struct tg_time_op op = {.kind = TG_TIME_OP_OFFSET, .offset = forms[count - 1]};
    op.text = tg_slice_text(letter == 'X' ? "Z" : zeros[count - 1]);
    if (letter == 'Z') {
        op.offset = count == 5 ? TG_TIME_OFFSET_COLON_OPT_SS : TG_TIME_OFFSET_HHMM;
        op.text = tg_slice_text(count == 5 ? "Z" : "+0000");
    }
    return add_other(compiler, &op, reterr);
}

TG_MUST_CHECK static enum tg_code add_letter(struct compiler *compiler, const struct letter *letter,
                                             size_t count, struct tg_error *reterr)
{
    enum tg_time_field field = letter->field;
    struct tg_time_op number = {.field = field, .least = (uint8_t)count, .most = DIGITS_MAX};
    struct tg_time_op op = {.field = field, .least = (uint8_t)count, .most = (uint8_t)count};
    switch (letter->kind) {
    case LETTER_YEAR:
        return add_year(compiler, field, count, reterr);
    case LETTER_MONTH:
        if (count > 2)
            return add_name(compiler, field, count, reterr);
        /* fall through */
    case LETTER_TWO_DIGITS:
        if (count == 2)
            return add_fixed(compiler, field, 2, reterr);
        number.sign = TG_TIME_SIGN_NEGATIVE_ONLY;
        return add_variable(compiler, number, reterr);
    case LETTER_DAY_OF_YEAR:
        if (count == 3)
            return add_fixed(compiler, field, 3, reterr);
        number.most = count == 1 ? DIGITS_MAX : 3;
        number.sign = count == 1 ? TG_TIME_SIGN_NEGATIVE_ONLY : TG_TIME_SIGN_NONE;
        return add_variable(compiler, number, reterr);
    case LETTER_LONG:
        if (count == DIGITS_MAX)
            return add_fixed(compiler, field, count, reterr);
        return add_variable(compiler, number, reterr);
    case LETTER_NAME:
        return add_name(compiler, field, count, reterr);
    case LETTER_FRACTION:
        op.kind = TG_TIME_OP_FRACTION;
        return add_digits(compiler, &op, reterr);
    case LETTER_OFFSET:
        return add_offset(compiler, letter->letter, count, reterr);
    case LETTER_GMT_OFFSET:
        return add_gmt_offset(compiler, count, reterr);
    case LETTER_ZONE:
        op.kind = TG_TIME_OP_ZONE;
        op.style = count == 4 ? TG_TIME_STYLE_FULL : TG_TIME_STYLE_SHORT;
        op.least = letter->letter == 'V';
        return add_other(compiler, &op, reterr);
    }
    return TG_CODE_INTERNAL;
}

static bool is_letter(uint8_t byte)
{
    return (uint8_t)((byte | 0x20) - 'a') < 26;
}

TG_MUST_CHECK static enum tg_code compile_letters(struct compiler *compiler, struct tg_error *reterr)
{
    size_t start = compiler->at;
    uint8_t byte = compiler->pattern.data[start];
    while (compiler->at < compiler->pattern.length && compiler->pattern.data[compiler->at] == byte)
        compiler->at++;
    size_t count = compiler->at - start;
    for (size_t i = 0; i < sizeof letters / sizeof letters[0]; i++) {
        const struct letter *letter = &letters[i];
        if ((uint8_t)letter->letter != byte)
            continue;
        bool count_fits = count <= letter->most && (byte != 'V' || count == 2) &&
                          (byte != 'O' || count != 2) && (byte != 'O' || count != 3);
        if (count_fits)
            return add_letter(compiler, letter, count, reterr);
        tg_fail(reterr, TG_CODE_CONFIG, "%zu times '%c' is no part of a date pattern", count, byte);
        tg_fail_hint(reterr,
                     byte == 'V'   ? "'VV' is the id of a time zone"
                     : byte == 'O' ? "'O' is the short offset from GMT, 'OOOO' the full one"
                                   : "at most %u times '%c'",
                     letter->most, byte);
        return place_error(compiler, start, count, reterr);
    }
    tg_fail(reterr, TG_CODE_CONFIG, "the letter '%c' has no meaning in a date pattern", byte);
    tg_fail_hint(reterr, "letters that stand for themselves go in single quotes");
    return place_error(compiler, start, count, reterr);
}

/* `text` lives in the arena. */
TG_MUST_CHECK static enum tg_code add_literal(struct compiler *compiler, struct tg_slice text,
                                              struct tg_error *reterr)
{
    struct tg_time_op op = {.kind = TG_TIME_OP_LITERAL, .text = text};
    return text.length == 0 ? TG_OK : add_other(compiler, &op, reterr);
}

/* A text in single quotes; two of them are one quote, inside and outside. */
TG_MUST_CHECK static enum tg_code compile_quoted(struct compiler *compiler, struct tg_error *reterr)
{
    struct tg_slice pattern = compiler->pattern;
    size_t start = compiler->at++;
    uint8_t *text = tg_arena_bytes_alloc(compiler->arena, pattern.length - start);
    size_t length = 0;
    while (compiler->at < pattern.length) {
        uint8_t byte = pattern.data[compiler->at++];
        if (byte == '\'') {
            if (compiler->at == pattern.length || pattern.data[compiler->at] != '\'') {
                if (length == 0)
                    text[length++] = '\'';
                return add_literal(compiler, tg_slice_of(text, length), reterr);
            }
            compiler->at++;
        }
        text[length++] = byte;
    }
    tg_fail(reterr, TG_CODE_CONFIG, "the quote in the date pattern is not closed");
    return place_error(compiler, start, pattern.length - start, reterr);
}

TG_MUST_CHECK static enum tg_code open_section(struct compiler *compiler, struct tg_error *reterr)
{
    if (compiler->depth == SECTION_DEPTH_MAX) {
        tg_fail(reterr, TG_CODE_CONFIG, "optional sections are nested deeper than %d", SECTION_DEPTH_MAX);
        return place_error(compiler, compiler->at, 1, reterr);
    }
    compiler->sections[compiler->depth++] = compiler->count;
    compiler->at++;
    return add_other(compiler, &(struct tg_time_op){.kind = TG_TIME_OP_OPTIONAL}, reterr);
}

static void close_section(struct compiler *compiler)
{
    uint32_t start = compiler->sections[--compiler->depth];
    compiler->ops[start].span = compiler->count - start - 1;
    compiler->base = -1;
}

TG_MUST_CHECK static enum tg_code compile_part(struct compiler *compiler, struct tg_error *reterr)
{
    uint8_t byte = compiler->pattern.data[compiler->at];
    if (is_letter(byte))
        return compile_letters(compiler, reterr);
    if (byte == '\'')
        return compile_quoted(compiler, reterr);
    if (byte == '[')
        return open_section(compiler, reterr);
    if (byte == ']' && compiler->depth > 0) {
        close_section(compiler);
        compiler->at++;
        return TG_OK;
    }
    if (byte == ']' || byte == '{' || byte == '}' || byte == '#') {
        tg_fail(reterr, TG_CODE_CONFIG,
                byte == ']' ? "'%c' closes no '['" : "'%c' is reserved in date patterns", byte);
        tg_fail_hint(reterr, "a '%c' that stands for itself goes in single quotes", byte);
        return place_error(compiler, compiler->at, 1, reterr);
    }
    size_t start = compiler->at++;
    return add_literal(compiler, tg_slice_of(compiler->pattern.data + start, 1), reterr);
}

TG_MUST_CHECK static enum tg_code compile_all(struct compiler *compiler, struct tg_error *reterr)
{
    if (compiler->pattern.length > UINT16_MAX)
        return tg_fail(reterr, TG_CODE_CONFIG, "a date pattern of %zu bytes is too long",
                       compiler->pattern.length);
    size_t valid = tg_utf8_valid_prefix(compiler->pattern);
    if (valid < compiler->pattern.length) {
        tg_fail(reterr, TG_CODE_CONFIG, "the date pattern is not UTF-8");
        return place_error(compiler, valid, 1, reterr);
    }
    while (compiler->at < compiler->pattern.length)
        TG_TRY(compile_part(compiler, reterr));
    while (compiler->depth > 0) /* sections that are still open end with the pattern */
        close_section(compiler);
    return TG_OK;
}

enum tg_code tg_time_format_compile(struct tg_arena *arena, struct tg_slice pattern,
                                    const struct tg_time_format **ret_format, struct tg_error *reterr)
{
    struct compiler *compiler = tg_alloc_zero(1, sizeof *compiler);
    compiler->arena = arena;
    compiler->pattern = tg_arena_copy(arena, pattern);
    compiler->base = -1;
    enum tg_code code = compile_all(compiler, reterr);
    if (code == TG_OK) {
        struct tg_time_op *ops = tg_arena_alloc_zero(arena, compiler->count, sizeof *ops);
        for (uint32_t i = 0; i < compiler->count; i++)
            ops[i] = compiler->ops[i];
        struct tg_time_format *format = tg_arena_alloc(arena, sizeof *format);
        *format =
            (struct tg_time_format){.pattern = compiler->pattern, .ops = ops, .op_count = compiler->count};
        tg_time_format_fix(arena, format);
        *ret_format = format;
    }
    tg_free(compiler);
    return code;
}
