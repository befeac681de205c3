/* expr/functions/comparison.c: comparisons, IN, LIKE and the tests for NULL. There is no three-valued logic:
 * a comparison with NULL is FALSE, <> too (ksqlDB). */
#include "base/text.h"
#include "expr/kernel.h"

enum {
    LESS = 1,
    EQUAL = 2,
    GREATER = 4,
    CHEAP = TG_FUNCTION_OPERATOR | TG_FUNCTION_SEES_NULL | TG_FUNCTION_EAGER,
    DEAR = TG_FUNCTION_OPERATOR | TG_FUNCTION_SEES_NULL
};

/* ---- plain values: loops without branches ---- */

/* value = expression where both sides are valid, else FALSE; or the rule for NULL that `combine` spells */
#define COMPARISON_KERNEL(name, type, field, expression, combine)                                            \
    static void name(const struct tg_call *call)                                                             \
    {                                                                                                        \
        const type *restrict left = call->arguments[0]->values.field;                                        \
        const type *restrict right = call->arguments[1]->values.field;                                       \
        const uint8_t *restrict left_valid = call->arguments[0]->valid;                                      \
        const uint8_t *restrict right_valid = call->arguments[1]->valid;                                     \
        uint8_t *restrict result = call->result->values.boolean;                                             \
        uint8_t *restrict valid = call->result->valid;                                                       \
        for (uint32_t row = 0; call->rows == NULL && row < call->row_count; row++) {                         \
            uint8_t is = (uint8_t)((expression)&left_valid[row] & right_valid[row]);                         \
            result[row] = (uint8_t)(combine);                                                                \
            valid[row] = 1;                                                                                  \
        }                                                                                                    \
        for (uint32_t i = 0; call->rows != NULL && i < call->row_count; i++) {                               \
            uint32_t row = call->rows[i];                                                                    \
            uint8_t is = (uint8_t)((expression)&left_valid[row] & right_valid[row]);                         \
            result[row] = (uint8_t)(combine);                                                                \
            valid[row] = 1;                                                                                  \
        }                                                                                                    \
    }

/* NaN is neither equal nor unequal to anything, as in the code ksqlDB makes: hence < or > for <> */
#define COMPARISON_KERNELS(prefix, type, field)                                                              \
    COMPARISON_KERNEL(prefix##_equal, type, field, left[row] == right[row], is)                              \
    COMPARISON_KERNEL(prefix##_unequal, type, field, (left[row] < right[row]) | (left[row] > right[row]),    \
                      is)                                                                                    \
    COMPARISON_KERNEL(prefix##_less, type, field, left[row] < right[row], is)                                \
    COMPARISON_KERNEL(prefix##_at_most, type, field, left[row] <= right[row], is)                            \
    COMPARISON_KERNEL(prefix##_greater, type, field, left[row] > right[row], is)                             \
    COMPARISON_KERNEL(prefix##_at_least, type, field, left[row] >= right[row], is)                           \
    COMPARISON_KERNEL(prefix##_distinct, type, field, (left[row] < right[row]) | (left[row] > right[row]),   \
                      is | (left_valid[row] ^ right_valid[row]))                                             \
    COMPARISON_KERNEL(prefix##_not_distinct, type, field,                                                    \
                      (left[row] < right[row]) | (left[row] > right[row]),                                   \
                      (is | (left_valid[row] ^ right_valid[row])) ^ 1)

COMPARISON_KERNELS(int, int32_t, int32)
COMPARISON_KERNELS(bigint, int64_t, int64)
COMPARISON_KERNELS(double, double, float64)
COMPARISON_KERNEL(boolean_equal, uint8_t, boolean, left[row] == right[row], is)
COMPARISON_KERNEL(boolean_unequal, uint8_t, boolean, left[row] != right[row], is)
COMPARISON_KERNEL(boolean_distinct, uint8_t, boolean, left[row] != right[row],
                  is | (left_valid[row] ^ right_valid[row]))
COMPARISON_KERNEL(boolean_not_distinct, uint8_t, boolean, left[row] != right[row],
                  (is | (left_valid[row] ^ right_valid[row])) ^ 1)

/* ---- all other values: a function gives the order of two rows ---- */

typedef int order_function(const struct tg_call *call, uint32_t row);

static void order_rows(const struct tg_call *call, order_function *order, unsigned accepted)
{
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        unsigned is = 0;
        if (call->arguments[0]->valid[row] != 0 && call->arguments[1]->valid[row] != 0) {
            int sign = order(call, row);
            is = sign < 0 ? LESS : sign > 0 ? GREATER : EQUAL;
        }
        call->result->values.boolean[row] = (is & accepted) != 0 ? 1 : 0;
        call->result->valid[row] = 1;
    }
}

/* NULL and NULL are not distinct, NULL and a value are. */
static void distinct_rows(const struct tg_call *call, order_function *order, uint8_t when_distinct)
{
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        uint8_t left = call->arguments[0]->valid[row];
        uint8_t right = call->arguments[1]->valid[row];
        bool distinct = left != right || (left != 0 && order(call, row) != 0);
        call->result->values.boolean[row] = distinct ? when_distinct : when_distinct ^ 1;
        call->result->valid[row] = 1;
    }
}

static int text_order(const struct tg_call *call, uint32_t row)
{
    return tg_text_compare(call->arguments[0]->values.bytes[row], call->arguments[1]->values.bytes[row]);
}

static int bytes_order(const struct tg_call *call, uint32_t row)
{
    return tg_slice_compare(call->arguments[0]->values.bytes[row], call->arguments[1]->values.bytes[row]);
}

static int bytes_differ(const struct tg_call *call, uint32_t row)
{
    return tg_slice_equal(call->arguments[0]->values.bytes[row], call->arguments[1]->values.bytes[row]) ? 0
                                                                                                        : 1;
}

static int decimal_order(const struct tg_call *call, uint32_t row)
{
    const struct tg_column *left = call->arguments[0];
    const struct tg_column *right = call->arguments[1];
    if (left->type->scale == right->type->scale)
        return (left->values.decimal[row] > right->values.decimal[row]) -
               (left->values.decimal[row] < right->values.decimal[row]);
    return tg_decimal_compare(left->values.decimal[row], left->type->scale, right->values.decimal[row],
                              right->type->scale);
}

static int nested_differ(const struct tg_call *call, uint32_t row)
{
    return tg_column_row_equal(call->arguments[0], row, call->arguments[1], row) ? 0 : 1;
}

/* Exact: 0.1 equals the DOUBLE that is written 0.1 (BigDecimal.valueOf in ksqlDB). Infinite values are beyond
 * every DECIMAL, NaN is an error. */
static int compare_mixed(const struct tg_call *call, uint32_t row, const struct tg_column *decimal,
                         const struct tg_column *real)
{
    enum { EXPONENT_MAX = 38 };
    tg_int128 digits = 0;
    int exponent = 0;
    double value = real->values.float64[row];
    tg_int128 exact = decimal->values.decimal[row];
    if (value != value) {
        tg_call_fail(call, row, TG_CODE_EXPRESSION, "NaN cannot be compared with a DECIMAL");
        return 0;
    }
    if (value >= 1e38 || value <= -1e38) /* a DECIMAL has 38 digits at most */
        return value > 0 ? -1 : 1;
    tg_double_digits(value, &digits, &exponent);
    if (exponent < -EXPONENT_MAX) { /* closer to 0 than any DECIMAL but 0 */
        int sign = (exact > 0) - (exact < 0);
        return sign != 0 ? sign : (digits < 0) - (digits > 0);
    }
    for (; exponent > 0; exponent--)
        digits *= 10;
    return tg_decimal_compare(exact, decimal->type->scale, digits, (unsigned)-exponent);
}

static int decimal_double_order(const struct tg_call *call, uint32_t row)
{
    return compare_mixed(call, row, call->arguments[0], call->arguments[1]);
}

static int double_decimal_order(const struct tg_call *call, uint32_t row)
{
    return -compare_mixed(call, row, call->arguments[1], call->arguments[0]);
}

#define ORDER_KERNEL(name, order, accepted)                                                                  \
    static void name(const struct tg_call *call)                                                             \
    {                                                                                                        \
        order_rows(call, order, accepted);                                                                   \
    }
#define EQUALITY_KERNELS(prefix, order)                                                                      \
    ORDER_KERNEL(prefix##_equal, order, EQUAL)                                                               \
    ORDER_KERNEL(prefix##_unequal, order, LESS | GREATER)                                                    \
    static void prefix##_distinct(const struct tg_call *call)                                                \
    {                                                                                                        \
        distinct_rows(call, order, 1);                                                                       \
    }                                                                                                        \
    static void prefix##_not_distinct(const struct tg_call *call)                                            \
    {                                                                                                        \
        distinct_rows(call, order, 0);                                                                       \
    }
#define ORDER_KERNELS(prefix, order)                                                                         \
    ORDER_KERNEL(prefix##_less, order, LESS)                                                                 \
    ORDER_KERNEL(prefix##_at_most, order, LESS | EQUAL)                                                      \
    ORDER_KERNEL(prefix##_greater, order, GREATER)                                                           \
    ORDER_KERNEL(prefix##_at_least, order, GREATER | EQUAL)

EQUALITY_KERNELS(text, bytes_differ)
ORDER_KERNELS(text, text_order)
EQUALITY_KERNELS(bytes, bytes_differ)
ORDER_KERNELS(bytes, bytes_order)
EQUALITY_KERNELS(decimal, decimal_order)
ORDER_KERNELS(decimal, decimal_order)
EQUALITY_KERNELS(mixed, decimal_double_order)
ORDER_KERNELS(mixed, decimal_double_order)
EQUALITY_KERNELS(swapped, double_decimal_order)
ORDER_KERNELS(swapped, double_decimal_order)
EQUALITY_KERNELS(nested, nested_differ)

/* ---- tests for NULL ---- */

static void is_null(const struct tg_call *call)
{
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        call->result->values.boolean[row] = call->arguments[0]->valid[row] ^ 1;
        call->result->valid[row] = 1;
    }
}

static void is_not_null(const struct tg_call *call)
{
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        call->result->values.boolean[row] = call->arguments[0]->valid[row];
        call->result->valid[row] = 1;
    }
}

/* ---- IN ---- */

static bool equals_item(const struct tg_column *value, const struct tg_column *item, uint32_t row)
{
    if (item->valid[row] == 0)
        return false;
    if (value->type->kind == TG_TYPE_STRING)
        return tg_slice_equal(value->values.bytes[row], item->values.bytes[row]);
    return tg_column_row_equal(value, row, item, row);
}

/* NULL is in no list, and no list holds it. */
static void in_list(const struct tg_call *call)
{
    const struct tg_column *value = call->arguments[0];
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        bool found = false;
        for (uint32_t item = 1; value->valid[row] != 0 && !found && item < call->argument_count; item++)
            found = equals_item(value, call->arguments[item], row);
        call->result->values.boolean[row] = found ? 1 : 0;
        call->result->valid[row] = 1;
    }
}

/* ---- LIKE ---- */

static size_t character_bytes(struct tg_slice text, size_t at)
{
    size_t next = at + 1;
    while (next < text.length && (text.data[next] & 0xC0) == 0x80)
        next++;
    return next - at;
}

/* Java's line terminators, which its '.' does not match: LF, CR, U+0085, U+2028, U+2029. */
static bool is_line_end(struct tg_slice text, size_t at)
{
    const uint8_t *c = text.data + at;
    size_t left = text.length - at;
    return c[0] == '\n' || c[0] == '\r' || (left > 1 && c[0] == 0xC2 && c[1] == 0x85) ||
           (left > 2 && c[0] == 0xE2 && c[1] == 0x80 && (c[2] == 0xA8 || c[2] == 0xA9));
}

static bool has_line_end(struct tg_slice text)
{
    bool maybe = false;
    for (size_t i = 0; i < text.length; i++)
        maybe |=
            (text.data[i] == '\n') | (text.data[i] == '\r') | (text.data[i] == 0xC2) | (text.data[i] == 0xE2);
    for (size_t i = 0; maybe && i < text.length; i++)
        if (is_line_end(text, i))
            return true;
    return false;
}

/* A pattern on its way through a text. Going back to the last '%' only is enough, as a '%' takes as little as
 * it can. */
struct like {
    struct tg_slice text, pattern, escape;
    size_t at;      /* in the text */
    size_t in;      /* in the pattern */
    size_t after;   /* in the pattern, behind the last '%'; SIZE_MAX: there was none */
    size_t run_end; /* in the text, where that '%' ends so far */
    bool lines;     /* the text has line ends, which '%' does not cross */
};

static bool is_escaped(const struct like *like)
{
    return like->escape.length > 0 && like->pattern.length - like->in > like->escape.length &&
           memcmp(like->pattern.data + like->in, like->escape.data, like->escape.length) == 0;
}

/* Takes one step of the pattern; false if it does not fit here. */
static bool like_step(struct like *like)
{
    if (like->in == like->pattern.length)
        return false;
    size_t escape = is_escaped(like) ? like->escape.length : 0;
    uint8_t want = like->pattern.data[like->in + escape];
    if (escape == 0 && want == '%') {
        if (like->after == SIZE_MAX)
            like->lines = has_line_end(like->text);
        like->after = ++like->in;
        like->run_end = like->at;
        return true;
    }
    if (like->at == like->text.length)
        return false;
    if (escape == 0 && want == '_') {
        if (is_line_end(like->text, like->at))
            return false;
        like->at += character_bytes(like->text, like->at);
        like->in++;
        return true;
    }
    if (like->text.data[like->at] != want)
        return false;
    like->at++;
    like->in += escape + 1;
    return true;
}

/* Lets the last '%' take more: one character, or all up to where the pattern's next byte comes. */
static bool like_retry(struct like *like)
{
    if (like->after == SIZE_MAX || like->run_end >= like->text.length)
        return false;
    if (like->lines && is_line_end(like->text, like->run_end))
        return false;
    like->run_end += character_bytes(like->text, like->run_end);
    uint8_t next = like->after < like->pattern.length ? like->pattern.data[like->after] : '%';
    if (!like->lines && like->escape.length == 0 && next != '%' && next != '_' && next < 0x80) {
        const uint8_t *from = like->text.data + like->run_end;
        const uint8_t *found = (const uint8_t *)memchr(from, next, like->text.length - like->run_end);
        if (found == NULL)
            return false;
        like->run_end += (size_t)(found - from);
    }
    like->at = like->run_end;
    like->in = like->after;
    return true;
}

/* Whole match; '%' is any run and '_' one character, neither across a line's end; `escape` (empty: none)
 * takes the next literally. */
static bool matches(struct tg_slice text, struct tg_slice pattern, struct tg_slice escape)
{
    struct like like = {.text = text, .pattern = pattern, .escape = escape, .after = SIZE_MAX};
    while (like.at < text.length || like.in < pattern.length) {
        if (like.after == pattern.length && !like.lines)
            return true; /* a '%' at the end takes the rest */
        if (!like_step(&like) && !like_retry(&like))
            return false;
    }
    return true;
}

static void like_rows(const struct tg_call *call)
{
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        if (call->result->valid[row] == 0)
            continue;
        struct tg_slice escape = {0};
        if (call->argument_count == 3)
            escape = call->arguments[2]->values.bytes[row];
        if (call->argument_count == 3 && tg_utf8_length(escape) != 1) {
            tg_call_fail(call, row, TG_CODE_EXPRESSION, "the escape of LIKE must be one character");
            continue;
        }
        call->result->values.boolean[row] =
            matches(call->arguments[0]->values.bytes[row], call->arguments[1]->values.bytes[row], escape) ? 1
                                                                                                          : 0;
    }
}

/* ---- rows ---- */

#define ROW(text, function, bits, doc, sample)                                                               \
    {                                                                                                        \
        .signature = (text), .kernel = (function), .flags = (bits), .summary = (doc), .example = (sample)    \
    }
/* low and top are of the left type, same (equal to low) and high (equal to top) of the right one */
#define EQUALITY_ROWS(types, prefix, bits, low, same, high)                                                  \
    ROW("=(" types ") -> BOOLEAN", prefix##_equal, bits, "Are both equal? FALSE if one is NULL.",            \
        low " = " same),                                                                                     \
        ROW("<>(" types ") -> BOOLEAN", prefix##_unequal, bits, "Do both differ? FALSE if one is NULL.",     \
            low " <> " high),                                                                                \
        ROW("IS_DISTINCT(" types ") -> BOOLEAN", prefix##_distinct, bits,                                    \
            "Do both differ? NULL differs from every value, but not from NULL.",                             \
            low " IS DISTINCT FROM " high),                                                                  \
        ROW("IS_NOT_DISTINCT(" types ") -> BOOLEAN", prefix##_not_distinct, bits,                            \
            "Are both the same? NULL is the same as NULL.", low " IS NOT DISTINCT FROM " same)
#define MIXED_ROWS(types, prefix, bits, low, top, same, high)                                                \
    EQUALITY_ROWS(types, prefix, bits, low, same, high),                                                     \
        ROW("<(" types ") -> BOOLEAN", prefix##_less, bits, "Is the left less? FALSE if one is NULL.",       \
            low " < " high),                                                                                 \
        ROW("<=(" types ") -> BOOLEAN", prefix##_at_most, bits,                                              \
            "Is the left less or equal? FALSE if one is NULL.", low " <= " same),                            \
        ROW(">(" types ") -> BOOLEAN", prefix##_greater, bits, "Is the left greater? FALSE if one is NULL.", \
            top " > " same),                                                                                 \
        ROW(">=(" types ") -> BOOLEAN", prefix##_at_least, bits,                                             \
            "Is the left greater or equal? FALSE if one is NULL.", low " >= " same)
#define COMPARISON_ROWS(types, prefix, bits, low, high) MIXED_ROWS(types, prefix, bits, low, high, low, high)

extern const struct tg_function tg_functions_comparison[];
const struct tg_function tg_functions_comparison[] = {
    EQUALITY_ROWS("BOOLEAN, BOOLEAN", boolean, CHEAP, "TRUE", "TRUE", "FALSE"),
    COMPARISON_ROWS("INT, INT", int, CHEAP, "1", "2"),
    COMPARISON_ROWS("BIGINT, BIGINT", bigint, CHEAP, "3000000000", "3000000001"),
    COMPARISON_ROWS("DOUBLE, DOUBLE", double, CHEAP, "1.5e0", "2e0"),
    COMPARISON_ROWS("DECIMAL, DECIMAL", decimal, CHEAP, "1.5", "1.75"),
    MIXED_ROWS("DECIMAL, DOUBLE", mixed, DEAR, "0.1", "0.2", "1e-1", "2e-1"),
    MIXED_ROWS("DOUBLE, DECIMAL", swapped, DEAR, "1e-1", "2e-1", "0.1", "0.2"),
    COMPARISON_ROWS("STRING, STRING", text, CHEAP, "'a'", "'b'"),
    COMPARISON_ROWS("BYTES, BYTES", bytes, CHEAP, "X'00'", "X'01'"),
    COMPARISON_ROWS("DATE, DATE", int, CHEAP, "CAST('2024-01-31' AS DATE)", "CAST('2024-02-01' AS DATE)"),
    COMPARISON_ROWS("TIME, TIME", int, CHEAP, "CAST('09:00:00' AS TIME)", "CAST('10:00:00' AS TIME)"),
    COMPARISON_ROWS("TIMESTAMP, TIMESTAMP", bigint, CHEAP, "CAST('2024-01-31T00:00:00' AS TIMESTAMP)",
                    "CAST('2024-01-31T00:00:01' AS TIMESTAMP)"),
    EQUALITY_ROWS("T, T", nested, DEAR, "ARRAY[1, 2]", "ARRAY[1, 2]", "ARRAY[1, 3]"),
    ROW("IS_NULL(T) -> BOOLEAN", is_null, CHEAP, "Is the value NULL?", "CAST(NULL AS INT) IS NULL"),
    ROW("IS_NOT_NULL(T) -> BOOLEAN", is_not_null, CHEAP, "Is the value not NULL?", "1 IS NOT NULL"),
    ROW("IN(T, T...) -> BOOLEAN", in_list, DEAR, "Is the value equal to one of the items? NULL never is.",
        "2 IN (1, 2, 3)"),
    ROW("LIKE(STRING, STRING) -> BOOLEAN", like_rows,
        TG_FUNCTION_OPERATOR | TG_FUNCTION_NULL_IF_NULL | TG_FUNCTION_NULL_FAILS | TG_FUNCTION_EAGER,
        "Does the whole text match the pattern? % is any text, _ any character, neither across lines.",
        "'abc' LIKE 'a%'"),
    ROW("LIKE(STRING, STRING, STRING) -> BOOLEAN", like_rows,
        TG_FUNCTION_OPERATOR | TG_FUNCTION_NULL_IF_NULL | TG_FUNCTION_NULL_FAILS,
        "LIKE with a character that makes the one behind it stand for itself.",
        "'50%' LIKE '%!%' ESCAPE '!'"),
    {0},
};
