/* expr/coerce.c: the rules of implicit types: what widens to what, and one common type for the items of a
 * list. */
#include "expr/internal.h"

#include "data/number.h"
#include "expr/cast.h"

enum { INT_DIGITS = 10, BIGINT_DIGITS = 19, MESSAGE_EXPRESSION_MAX = 120, EXPONENT_MAX = 400 };

const char *tg_expr_text(struct tg_arena *arena, const struct tg_expr *expr)
{
    struct tg_buffer buffer = {0};
    tg_expr_write(expr, &buffer);
    struct tg_slice text = tg_buffer_slice(&buffer);
    bool cut = text.length > MESSAGE_EXPRESSION_MAX;
    if (cut) {
        text.length = MESSAGE_EXPRESSION_MAX;
        while (text.length > 0 && (text.data[text.length] & 0xC0) == 0x80)
            text.length--; /* not inside a character */
    }
    const char *result = tg_arena_printf(arena, "%.*s%s", TG_SLICE_FORMAT(text), cut ? "..." : "");
    tg_buffer_done(&buffer);
    return result;
}

static int number_rank(const struct tg_type *type)
{
    switch (type->kind) {
    case TG_TYPE_INT:
        return 0;
    case TG_TYPE_BIGINT:
        return 1;
    case TG_TYPE_DECIMAL:
        return 2;
    case TG_TYPE_DOUBLE:
        return 3;
    case TG_TYPE_BOOLEAN:
    case TG_TYPE_STRING:
    case TG_TYPE_BYTES:
    case TG_TYPE_TIME:
    case TG_TYPE_DATE:
    case TG_TYPE_TIMESTAMP:
    case TG_TYPE_ARRAY:
    case TG_TYPE_MAP:
    case TG_TYPE_STRUCT:
        break;
    }
    return -1;
}

static unsigned whole_digits(const struct tg_type *type)
{
    if (type->kind == TG_TYPE_DECIMAL)
        return (unsigned)type->precision - type->scale;
    return type->kind == TG_TYPE_INT ? INT_DIGITS : BIGINT_DIGITS;
}

static unsigned scale_of(const struct tg_type *type)
{
    return type->kind == TG_TYPE_DECIMAL ? type->scale : 0;
}

static int number_widening(const struct tg_type *from, const struct tg_type *to)
{
    int steps = number_rank(to) - number_rank(from);
    if (to->kind != TG_TYPE_DECIMAL)
        return steps >= 0 ? steps : -1;
    if (from->kind == TG_TYPE_DOUBLE || whole_digits(from) > whole_digits(to) ||
        scale_of(from) > scale_of(to))
        return -1;
    return steps == 0 ? 1 : steps;
}

static int struct_widening(const struct tg_type *from, const struct tg_type *to)
{
    int steps = 0;
    if (from->field_count != to->field_count)
        return -1;
    for (uint32_t i = 0; i < from->field_count; i++) {
        int field = strcmp(from->fields[i].name, to->fields[i].name) == 0
                        ? tg_type_widening(from->fields[i].type, to->fields[i].type)
                        : -1;
        if (field < 0)
            return -1;
        steps += field;
    }
    return steps;
}

int tg_type_widening(const struct tg_type *from, const struct tg_type *to)
{
    if (tg_type_equal(from, to))
        return 0;
    if (tg_type_is_number(from) && tg_type_is_number(to))
        return number_widening(from, to);
    if (from->kind != to->kind)
        return -1;
    if (from->kind == TG_TYPE_ARRAY)
        return tg_type_widening(from->element, to->element);
    if (from->kind == TG_TYPE_MAP) {
        int key = tg_type_widening(from->key, to->key);
        int value = tg_type_widening(from->element, to->element);
        return key < 0 || value < 0 ? -1 : key + value;
    }
    return from->kind == TG_TYPE_STRUCT ? struct_widening(from, to) : -1;
}

const struct tg_type *tg_type_as_decimal(struct tg_arena *arena, const struct tg_type *type)
{
    if (type->kind == TG_TYPE_DECIMAL)
        return type;
    return tg_type_decimal(arena, type->kind == TG_TYPE_INT ? INT_DIGITS : BIGINT_DIGITS, 0);
}

static const struct tg_type *common_number(struct tg_arena *arena, const struct tg_type *a,
                                           const struct tg_type *b)
{
    const struct tg_type *wider = number_rank(a) >= number_rank(b) ? a : b;
    if (wider->kind != TG_TYPE_DECIMAL)
        return wider;
    unsigned whole = whole_digits(a) > whole_digits(b) ? whole_digits(a) : whole_digits(b);
    unsigned scale = scale_of(a) > scale_of(b) ? scale_of(a) : scale_of(b);
    return tg_type_decimal(arena, (uint16_t)(whole + scale), (uint16_t)scale);
}

static int32_t find_field(const struct tg_type *type, const char *name)
{
    for (uint32_t i = 0; i < type->field_count; i++)
        if (strcmp(type->fields[i].name, name) == 0)
            return (int32_t)i;
    return -1;
}

/* All fields of both; where both have one, its common type. */
static const struct tg_type *common_struct(struct tg_arena *arena, const struct tg_type *a,
                                           const struct tg_type *b)
{
    struct tg_field *fields = (struct tg_field *)tg_arena_alloc_zero(
        arena, (size_t)a->field_count + b->field_count, sizeof *fields);
    uint32_t count = 0;
    for (uint32_t i = 0; i < a->field_count; i++) {
        int32_t other = find_field(b, a->fields[i].name);
        fields[count] = a->fields[i];
        if (other >= 0)
            fields[count].type = tg_type_common(arena, a->fields[i].type, b->fields[other].type);
        if (fields[count++].type == NULL)
            return NULL;
    }
    for (uint32_t i = 0; i < b->field_count; i++)
        if (find_field(a, b->fields[i].name) < 0)
            fields[count++] = b->fields[i];
    return tg_type_struct(arena, fields, count);
}

const struct tg_type *tg_type_common(struct tg_arena *arena, const struct tg_type *a, const struct tg_type *b)
{
    if (tg_type_equal(a, b))
        return a;
    if (tg_type_is_number(a) && tg_type_is_number(b))
        return common_number(arena, a, b);
    if (a->kind != b->kind)
        return NULL;
    if (a->kind == TG_TYPE_STRUCT)
        return common_struct(arena, a, b);
    if (!tg_type_is_nested(a))
        return NULL;
    const struct tg_type *element = tg_type_common(arena, a->element, b->element);
    if (element == NULL || a->kind == TG_TYPE_ARRAY)
        return element == NULL ? NULL : tg_type_array(arena, element);
    const struct tg_type *key = tg_type_common(arena, a->key, b->key);
    return key == NULL ? NULL : tg_type_map(arena, key, element);
}

const struct tg_expr *tg_expr_converted(struct tg_arena *arena, const struct tg_expr *value,
                                        const struct tg_type *type)
{
    if (value->type != NULL && tg_type_equal(value->type, type))
        return value;
    if (tg_expr_is_null_literal(value))
        return tg_expr_null_of(arena, type, value->place);
    struct tg_expr *coerced = tg_expr_node(arena, TG_EXPR_COERCE, type, value->place);
    coerced->arguments = tg_expr_list(arena, &value, 1);
    coerced->argument_count = 1;
    return coerced;
}

/* ---- one common type for a list ---- */

static enum tg_code refuse_pair(struct tg_arena *arena, const struct tg_expr *item,
                                const struct tg_type *target, struct tg_error *reterr)
{
    (void)tg_fail_at(reterr, TG_CODE_TYPE, item->place, "%s is %s and does not go together with %s",
                     tg_expr_text(arena, item), tg_type_name(arena, item->type), tg_type_name(arena, target));
    return tg_fail_hint(reterr, "all items of a list need one type; CAST the ones that differ");
}

static enum tg_code refuse_text(const struct tg_expr *item, const char *type_name, struct tg_error *reterr)
{
    return tg_fail_at(reterr, TG_CODE_TYPE, item->place, "'%.*s' is no value of type %s",
                      TG_SLICE_FORMAT(item->literal.value.bytes), type_name);
}

static struct tg_slice trimmed(struct tg_slice text)
{
    while (text.length > 0 && text.data[0] <= ' ')
        text = tg_slice_of(text.data + 1, text.length - 1);
    while (text.length > 0 && text.data[text.length - 1] <= ' ')
        text.length--;
    return text;
}

/* The type of the number that a literal text spells: INT, BIGINT, or the DECIMAL of its digits. */
static enum tg_code type_of_text(struct tg_arena *arena, const struct tg_expr *item,
                                 const struct tg_type *target, const struct tg_type **ret_type,
                                 struct tg_error *reterr)
{
    struct tg_slice text = trimmed(item->literal.value.bytes);
    int32_t small = 0;
    int64_t big = 0;
    double real = 0;
    if (tg_int32_parse(text, &small)) {
        *ret_type = &tg_type_int;
        return TG_OK;
    }
    if (tg_int64_parse(text, &big)) {
        *ret_type = &tg_type_bigint;
        return TG_OK;
    }
    if (!tg_double_parse(text, &real))
        return refuse_text(item, tg_type_kind_name(target->kind), reterr);
    int32_t digits = 0;
    int32_t scale = 0;
    bool fraction = false;
    size_t i = 0;
    for (; i < text.length && (text.data[i] | 0x20) != 'e'; i++) {
        fraction = fraction || text.data[i] == '.';
        if (text.data[i] >= '0' && text.data[i] <= '9') {
            digits++;
            scale += fraction ? 1 : 0;
        }
    }
    int32_t exponent = 0;
    if (i < text.length && (!tg_int32_parse(tg_slice_of(text.data + i + 1, text.length - i - 1), &exponent) ||
                            exponent < -EXPONENT_MAX || exponent > EXPONENT_MAX))
        return refuse_text(item, tg_type_kind_name(target->kind), reterr);
    scale -= exponent;
    if (scale < 0) { /* 2e1 is DECIMAL(2, 0) */
        digits -= scale;
        scale = 0;
    }
    *ret_type = tg_type_decimal(arena, (uint16_t)(digits > scale ? digits : scale), (uint16_t)scale);
    return TG_OK;
}

static bool is_boolean_text(struct tg_slice text)
{
    static const char *const words[] = {"true", "yes", "false", "no"};
    text = trimmed(text);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (text.length > 0 && text.length <= strlen(words[i]) &&
            tg_slice_equal_nocase(text, tg_slice_of(words[i], text.length)))
            return true;
    return false;
}

static enum tg_code common_with(struct tg_arena *arena, const struct tg_expr *item,
                                const struct tg_type *target, const struct tg_type **ret_type,
                                struct tg_error *reterr);

/* A constructor's elements are looked at one by one, so that ARRAY['1', 2] can become ARRAY<BIGINT>. */
static enum tg_code common_constructor(struct tg_arena *arena, const struct tg_expr *item,
                                       const struct tg_type *target, const struct tg_type **ret_type,
                                       struct tg_error *reterr)
{
    const struct tg_type *key = target->key;
    const struct tg_type *element = target->element;
    for (uint32_t i = 0; i < item->argument_count; i++) {
        bool is_key = target->kind == TG_TYPE_MAP && i % 2 == 0;
        TG_TRY(
            common_with(arena, item->arguments[i], is_key ? key : element, is_key ? &key : &element, reterr));
    }
    *ret_type =
        target->kind == TG_TYPE_MAP ? tg_type_map(arena, key, element) : tg_type_array(arena, element);
    return TG_OK;
}

static enum tg_code common_struct_call(struct tg_arena *arena, const struct tg_expr *item,
                                       const struct tg_type *target, const struct tg_type **ret_type,
                                       struct tg_error *reterr)
{
    size_t most = (size_t)target->field_count + item->argument_count;
    struct tg_field *fields = (struct tg_field *)tg_arena_alloc_zero(arena, most, sizeof *fields);
    uint32_t count = 0;
    for (uint32_t i = 0; i < target->field_count; i++) {
        int32_t found = find_field(item->type, target->fields[i].name);
        fields[count] = target->fields[i];
        if (found >= 0)
            TG_TRY(common_with(arena, item->arguments[found], target->fields[i].type, &fields[count].type,
                               reterr));
        count++;
    }
    for (uint32_t i = 0; i < item->argument_count; i++)
        if (find_field(target, item->type->fields[i].name) < 0)
            fields[count++] = item->type->fields[i];
    *ret_type = tg_type_struct(arena, fields, count);
    return TG_OK;
}

static enum tg_code common_text(struct tg_arena *arena, const struct tg_expr *item,
                                const struct tg_type *target, const struct tg_type **ret_type,
                                struct tg_error *reterr)
{
    const struct tg_type *number = NULL;
    if (tg_type_is_number(target)) {
        TG_TRY(type_of_text(arena, item, target, &number, reterr));
        *ret_type = common_number(arena, target, number);
        return TG_OK;
    }
    if (target->kind == TG_TYPE_BOOLEAN && !is_boolean_text(item->literal.value.bytes))
        return refuse_text(item, "BOOLEAN", reterr);
    if (!tg_cast_exists(item->type, target))
        return refuse_pair(arena, item, target, reterr);
    *ret_type = target;
    return TG_OK;
}

static enum tg_code common_with(struct tg_arena *arena, const struct tg_expr *item,
                                const struct tg_type *target, const struct tg_type **ret_type,
                                struct tg_error *reterr)
{
    /* a NULL says nothing, not even one that an inner list gave a type */
    if (target == NULL || tg_expr_is_null_literal(item)) {
        *ret_type = target == NULL ? item->type : target;
        return TG_OK;
    }
    bool literal = item->kind == TG_EXPR_LITERAL && !item->literal.is_null;
    if (literal && item->type->kind == TG_TYPE_STRING && target->kind != TG_TYPE_STRING)
        return common_text(arena, item, target, ret_type, reterr);
    if (literal && target->kind == TG_TYPE_STRING && tg_cast_exists(item->type, target)) {
        *ret_type = target;
        return TG_OK;
    }
    if (item->kind == TG_EXPR_CALL && (item->function->flags & TG_FUNCTION_OPERATOR) != 0 &&
        item->type->kind == target->kind) {
        bool array = strcmp(item->name, "ARRAY") == 0;
        if (array || strcmp(item->name, "MAP") == 0)
            return common_constructor(arena, item, target, ret_type, reterr);
        if (strcmp(item->name, "STRUCT") == 0)
            return common_struct_call(arena, item, target, ret_type, reterr);
    }
    *ret_type = tg_type_common(arena, target, item->type);
    return *ret_type == NULL ? refuse_pair(arena, item, target, reterr) : TG_OK;
}

enum tg_code tg_expr_unify(struct tg_arena *arena, const struct tg_expr **items, uint32_t count,
                           const struct tg_type **ret_type, struct tg_error *reterr)
{
    const struct tg_type *type = NULL;
    for (uint32_t i = 0; i < count; i++)
        TG_TRY(common_with(arena, items[i], type, &type, reterr));
    for (uint32_t i = 0; type != NULL && i < count; i++)
        items[i] = tg_expr_converted(arena, items[i], type);
    *ret_type = type;
    return TG_OK;
}
