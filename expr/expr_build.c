/* expr/expr_build.c: builders: resolve functions, check types, insert coercions. */
#include "expr/internal.h"
#include "expr/resolve.h"

#include "base/text.h"
#include "data/time.h"
#include "expr/cast.h"

/* ---- leaves ---- */

const struct tg_expr *tg_expr_null(struct tg_arena *arena, struct tg_place place)
{
    return tg_expr_null_of(arena, NULL, place);
}

const struct tg_expr *tg_expr_literal(struct tg_arena *arena, const struct tg_type *type,
                                      struct tg_literal value)
{
    struct tg_expr *expr = tg_expr_node(arena, TG_EXPR_LITERAL, type, (struct tg_place){0});
    expr->literal = value;
    if (!value.is_null && (type->kind == TG_TYPE_STRING || type->kind == TG_TYPE_BYTES))
        expr->literal.value.bytes = tg_arena_copy(arena, value.value.bytes);
    return expr;
}

static const struct tg_expr *placed_literal(struct tg_arena *arena, const struct tg_type *type,
                                            struct tg_literal value, struct tg_place place)
{
    struct tg_expr *expr = tg_expr_node(arena, TG_EXPR_LITERAL, type, place);
    expr->literal = value;
    return expr;
}

const struct tg_expr *tg_expr_boolean(struct tg_arena *arena, bool value, struct tg_place place)
{
    return placed_literal(arena, &tg_type_boolean, (struct tg_literal){.value.boolean = value}, place);
}

const struct tg_expr *tg_expr_int(struct tg_arena *arena, int32_t value, struct tg_place place)
{
    return placed_literal(arena, &tg_type_int, (struct tg_literal){.value.int32 = value}, place);
}

const struct tg_expr *tg_expr_bigint(struct tg_arena *arena, int64_t value, struct tg_place place)
{
    return placed_literal(arena, &tg_type_bigint, (struct tg_literal){.value.int64 = value}, place);
}

const struct tg_expr *tg_expr_double(struct tg_arena *arena, double value, struct tg_place place)
{
    return placed_literal(arena, &tg_type_double, (struct tg_literal){.value.float64 = value}, place);
}

const struct tg_expr *tg_expr_string(struct tg_arena *arena, struct tg_slice value, struct tg_place place)
{
    struct tg_literal literal = {.value.bytes = tg_arena_copy(arena, value)};
    return placed_literal(arena, &tg_type_string, literal, place);
}

enum tg_code tg_expr_decimal(struct tg_arena *arena, struct tg_slice text, struct tg_place place,
                             const struct tg_expr **ret_expr, struct tg_error *reterr)
{
    unsigned digits = 0; /* without leading zeros */
    unsigned scale = 0;
    bool fraction = false;
    for (size_t i = 0; i < text.length; i++) {
        uint8_t byte = text.data[i];
        bool digit = byte >= '0' && byte <= '9';
        fraction = fraction || byte == '.';
        scale += digit && fraction ? 1 : 0;
        digits += digit && (digits > 0 || byte != '0') ? 1 : 0;
    }
    unsigned precision = digits > scale ? digits : scale;
    precision = precision == 0 ? 1 : precision;
    struct tg_literal literal = {.is_null = false};
    if (precision > TG_DECIMAL_DIGITS_MAX || tg_decimal_parse(text, precision, scale, TG_ROUND_UNNECESSARY,
                                                              &literal.value.decimal) != TG_DECIMAL_OK)
        return tg_fail_at(reterr, TG_CODE_TYPE, place, "%.*s is no DECIMAL of at most %d digits",
                          TG_SLICE_FORMAT(text), TG_DECIMAL_DIGITS_MAX);
    *ret_expr =
        placed_literal(arena, tg_type_decimal(arena, (uint16_t)precision, (uint16_t)scale), literal, place);
    return TG_OK;
}

const struct tg_expr *tg_expr_column(struct tg_arena *arena, const struct tg_schema *schema, uint32_t index,
                                     struct tg_place place)
{
    struct tg_expr *expr = tg_expr_node(arena, TG_EXPR_COLUMN, schema->columns[index].type, place);
    expr->index = index;
    expr->name = schema->columns[index].name;
    return expr;
}

const struct tg_expr *tg_expr_parameter(struct tg_arena *arena, const char *name, uint32_t depth,
                                        uint32_t index, const struct tg_type *type, struct tg_place place)
{
    struct tg_expr *expr = tg_expr_node(arena, TG_EXPR_PARAMETER, type, place);
    expr->name = tg_arena_text(arena, tg_slice_text(name));
    expr->depth = depth;
    expr->index = index;
    return expr;
}

const struct tg_expr *tg_expr_lambda(struct tg_arena *arena, const struct tg_expr *body,
                                     uint32_t parameter_count, struct tg_place place)
{
    struct tg_expr *expr = tg_expr_node(arena, TG_EXPR_LAMBDA, body->type, place);
    expr->arguments = tg_expr_list(arena, &body, 1);
    expr->argument_count = 1;
    expr->index = parameter_count;
    return expr;
}

/* ---- operators whose arguments are coerced in their own way ---- */

struct call {
    struct tg_arena *arena;
    struct tg_slice name;
    const struct tg_expr **arguments; /* a copy: may be replaced */
    uint32_t count;
    struct tg_place place;
};

/* A value has at most 38 digits: of a type with more places than that next to none would fit. */
static enum tg_code check_places(const struct tg_type *type, struct tg_place place, struct tg_error *reterr)
{
    if (type->kind == TG_TYPE_DECIMAL && type->scale > TG_DECIMAL_DIGITS_MAX) {
        (void)tg_fail_at(reterr, TG_CODE_TYPE, place,
                         "the result is DECIMAL(%u, %u): at most %d decimal places can be computed",
                         type->precision, type->scale, TG_DECIMAL_DIGITS_MAX);
        return tg_fail_hint(reterr, "CAST what is multiplied or divided to a DECIMAL of fewer digits");
    }
    if (type->kind == TG_TYPE_ARRAY || type->kind == TG_TYPE_MAP)
        TG_TRY(check_places(type->element, place, reterr));
    for (uint32_t i = 0; type->kind == TG_TYPE_STRUCT && i < type->field_count; i++)
        TG_TRY(check_places(type->fields[i].type, place, reterr));
    return TG_OK;
}

static enum tg_code resolve_call(const struct call *call, const struct tg_expr **ret_expr,
                                 struct tg_error *reterr)
{
    struct tg_function_call resolved;
    TG_TRY(tg_function_resolve(call->arena, TG_FUNCTION_SCALAR, call->name, call->arguments, call->count,
                               call->place, &resolved, reterr));
    TG_TRY(check_places(resolved.type, call->place, reterr));
    *ret_expr = tg_expr_call_node(call->arena, resolved.function, resolved.name, resolved.type,
                                  resolved.arguments, resolved.argument_count, call->place);
    return TG_OK;
}

static enum tg_code refuse_count(const struct call *call, const char *expected, struct tg_error *reterr)
{
    return tg_fail_at(reterr, TG_CODE_TYPE, call->place, "%.*s takes %s, not %u arguments",
                      TG_SLICE_FORMAT(call->name), expected, call->count);
}

static bool is_equality(struct tg_slice name)
{
    return tg_slice_is(name, "=") || tg_slice_is(name, "<>") || tg_slice_is(name, "IS_DISTINCT") ||
           tg_slice_is(name, "IS_NOT_DISTINCT");
}

static bool is_time(const struct tg_type *type)
{
    return type->kind == TG_TYPE_DATE || type->kind == TG_TYPE_TIME || type->kind == TG_TYPE_TIMESTAMP;
}

/* The type that both sides of a comparison are brought to; NULL: cannot be compared. DECIMAL against DOUBLE
 * stays as it is: its kernel compares the exact values. */
static const struct tg_type *comparison_type(const struct call *call)
{
    const struct tg_type *left = call->arguments[0]->type;
    const struct tg_type *right = call->arguments[1]->type;
    if (is_time(left) && right->kind == TG_TYPE_STRING)
        return left;
    if (is_time(right) && left->kind == TG_TYPE_STRING)
        return right;
    bool left_instant = left->kind == TG_TYPE_DATE || left->kind == TG_TYPE_TIMESTAMP;
    bool right_instant = right->kind == TG_TYPE_DATE || right->kind == TG_TYPE_TIMESTAMP;
    if (left_instant && right_instant)
        return left->kind == right->kind ? left : &tg_type_timestamp;
    bool equality_only = tg_type_is_nested(left) || left->kind == TG_TYPE_BOOLEAN;
    return equality_only && !is_equality(call->name) ? NULL : tg_type_common(call->arena, left, right);
}

/* What the operator is called, for messages: "<" alone is easily overlooked. */
static const char *comparison_name(struct tg_slice symbol)
{
    static const struct {
        const char *symbol, *name;
    } names[] = {{"=", "EQUAL"},
                 {"<>", "NOT_EQUAL"},
                 {"!=", "NOT_EQUAL"},
                 {"<", "LESS_THAN"},
                 {"<=", "LESS_THAN_OR_EQUAL"},
                 {">", "GREATER_THAN"},
                 {">=", "GREATER_THAN_OR_EQUAL"}};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (tg_slice_is(symbol, names[i].symbol))
            return names[i].name;
    return "IS DISTINCT FROM";
}

static enum tg_code check_time_text(const struct tg_expr *expr, const struct tg_type *type,
                                    struct tg_error *reterr)
{
    int64_t instant = 0;
    int32_t part = 0;
    if (expr->kind != TG_EXPR_LITERAL || expr->literal.is_null || expr->type->kind != TG_TYPE_STRING ||
        !is_time(type))
        return TG_OK;
    struct tg_slice text = expr->literal.value.bytes;
    bool good = type->kind == TG_TYPE_TIMESTAMP ? tg_timestamp_parse(text, &instant)
                : type->kind == TG_TYPE_DATE    ? tg_date_parse(text, &part)
                                                : tg_time_parse(text, &part);
    return good ? TG_OK
                : tg_fail_at(reterr, TG_CODE_TYPE, expr->place, "'%.*s' is no %s", TG_SLICE_FORMAT(text),
                             tg_type_kind_name(type->kind));
}

static enum tg_code build_comparison(struct call *call, const struct tg_expr **ret_expr,
                                     struct tg_error *reterr)
{
    if (call->count != 2)
        return refuse_count(call, "2", reterr);
    const struct tg_expr **sides = call->arguments;
    bool distinct = call->name.length > 2;
    if (distinct && sides[0]->type != NULL && sides[1]->type == NULL)
        sides[1] = tg_expr_converted(call->arena, sides[1], sides[0]->type);
    if (distinct && sides[1]->type != NULL && sides[0]->type == NULL)
        sides[0] = tg_expr_converted(call->arena, sides[0], sides[1]->type);
    if (sides[0]->type == NULL || sides[1]->type == NULL) {
        (void)tg_fail_at(reterr, TG_CODE_TYPE, call->place, "a comparison with NULL is never true");
        return tg_fail_hint(reterr, "use IS NULL or IS NOT NULL");
    }
    const struct tg_type *type = comparison_type(call);
    if (type == NULL) {
        (void)tg_fail_at(reterr, TG_CODE_TYPE, call->place,
                         "%s (%s) and %s (%s) cannot be compared by %.*s (%s)",
                         tg_expr_text(call->arena, sides[0]), tg_type_name(call->arena, sides[0]->type),
                         tg_expr_text(call->arena, sides[1]), tg_type_name(call->arena, sides[1]->type),
                         TG_SLICE_FORMAT(call->name), comparison_name(call->name));
        return tg_fail_hint(reterr, "CAST one side to the type of the other");
    }
    bool exact = type->kind == TG_TYPE_DOUBLE &&
                 (sides[0]->type->kind == TG_TYPE_DECIMAL || sides[1]->type->kind == TG_TYPE_DECIMAL);
    for (int side = 0; side < 2; side++) {
        TG_TRY(check_time_text(sides[side], type, reterr));
        /* decimals of two scales are compared as they are */
        if (!exact && (type->kind != TG_TYPE_DECIMAL || sides[side]->type->kind != TG_TYPE_DECIMAL))
            sides[side] = tg_expr_converted(
                call->arena, sides[side],
                type->kind == TG_TYPE_DECIMAL ? tg_type_as_decimal(call->arena, sides[side]->type) : type);
    }
    return resolve_call(call, ret_expr, reterr);
}

static enum tg_code build_between(struct call *call, const struct tg_expr **ret_expr, struct tg_error *reterr)
{
    if (call->count != 3)
        return refuse_count(call, "a value, a low and a high end", reterr);
    const struct tg_expr *low[] = {call->arguments[0], call->arguments[1]};
    const struct tg_expr *high[] = {call->arguments[0], call->arguments[2]};
    const struct tg_expr *above = NULL;
    const struct tg_expr *below = NULL;
    TG_TRY(tg_expr_call(call->arena, tg_slice_text(">="), low, 2, call->place, &above, reterr));
    TG_TRY(tg_expr_call(call->arena, tg_slice_text("<="), high, 2, call->place, &below, reterr));
    return tg_expr_and_or(call->arena, TG_EXPR_AND, above, below, call->place, ret_expr, reterr);
}

static enum tg_code build_in(struct call *call, const struct tg_expr **ret_expr, struct tg_error *reterr)
{
    const struct tg_type *type = NULL;
    if (call->count < 2)
        return refuse_count(call, "a value and at least one item", reterr);
    TG_TRY(tg_expr_unify(call->arena, call->arguments, call->count, &type, reterr));
    return resolve_call(call, ret_expr, reterr);
}

static enum tg_code build_array(struct call *call, const struct tg_expr **ret_expr, struct tg_error *reterr)
{
    const struct tg_type *type = NULL;
    if (call->count == 0)
        return tg_fail_at(reterr, TG_CODE_TYPE, call->place,
                          "ARRAY[] needs at least one element: its type is not known");
    TG_TRY(tg_expr_unify(call->arena, call->arguments, call->count, &type, reterr));
    if (type == NULL) {
        (void)tg_fail_at(reterr, TG_CODE_TYPE, call->place, "an array of nothing but NULL has no type");
        return tg_fail_hint(reterr, "CAST one element: ARRAY[CAST(NULL AS STRING)]");
    }
    return resolve_call(call, ret_expr, reterr);
}

static enum tg_code build_map(struct call *call, const struct tg_expr **ret_expr, struct tg_error *reterr)
{
    if (call->count == 0 || call->count % 2 != 0)
        return tg_fail_at(reterr, TG_CODE_TYPE, call->place, "MAP() needs at least one pair key := value");
    uint32_t pairs = call->count / 2;
    const struct tg_type *types[2] = {NULL, NULL};
    const struct tg_expr **items =
        (const struct tg_expr **)tg_arena_alloc_zero(call->arena, pairs, sizeof(void *));
    for (uint32_t part = 0; part < 2; part++) {
        for (uint32_t i = 0; i < pairs; i++)
            items[i] = call->arguments[2 * i + part];
        TG_TRY(tg_expr_unify(call->arena, items, pairs, &types[part], reterr));
        for (uint32_t i = 0; i < pairs; i++)
            call->arguments[2 * i + part] = items[i];
        if (types[part] == NULL) {
            (void)tg_fail_at(reterr, TG_CODE_TYPE, call->place,
                             "a map whose %s are nothing but NULL has no type",
                             part == 0 ? "keys" : "values");
            return tg_fail_hint(reterr, "CAST one of them: CAST(NULL AS STRING)");
        }
    }
    const struct tg_signature *signature =
        tg_function_overloads(call->name, TG_FUNCTION_SCALAR).signatures[0];
    *ret_expr = tg_expr_call_node(call->arena, signature->function, "MAP",
                                  tg_type_map(call->arena, types[0], types[1]), call->arguments, call->count,
                                  call->place);
    return TG_OK;
}

/* A literal key of a map is brought to the type of the map's keys. */
static enum tg_code build_subscript(struct call *call, const struct tg_expr **ret_expr,
                                    struct tg_error *reterr)
{
    if (call->count != 2)
        return refuse_count(call, "2", reterr);
    const struct tg_type *type = call->arguments[0]->type;
    if (type == NULL || (type->kind != TG_TYPE_ARRAY && type->kind != TG_TYPE_MAP)) {
        (void)tg_fail_at(reterr, TG_CODE_TYPE, call->place, "%s has no elements: it is %s",
                         tg_expr_text(call->arena, call->arguments[0]), tg_type_name(call->arena, type));
        return tg_fail_hint(
            reterr, "[] takes an element of an ARRAY or MAP; SUBSTRING takes a part of a STRING, -> a field");
    }
    if (type->kind == TG_TYPE_ARRAY && call->arguments[1]->type != NULL &&
        call->arguments[1]->type->kind == TG_TYPE_BIGINT)
        call->arguments[1] = tg_expr_converted(call->arena, call->arguments[1], &tg_type_int);
    return resolve_call(call, ret_expr, reterr);
}

static const struct builder {
    const char *name;
    enum tg_code (*build)(struct call *call, const struct tg_expr **ret_expr, struct tg_error *reterr);
} builders[] = {
    {"=", build_comparison},
    {"<>", build_comparison},
    {"<", build_comparison},
    {"<=", build_comparison},
    {">", build_comparison},
    {">=", build_comparison},
    {"IS_DISTINCT", build_comparison},
    {"IS_NOT_DISTINCT", build_comparison},
    {"BETWEEN", build_between},
    {"IN", build_in},
    {"ARRAY", build_array},
    {"MAP", build_map},
    {"[]", build_subscript},
};

enum tg_code tg_expr_call(struct tg_arena *arena, struct tg_slice name,
                          const struct tg_expr *const *arguments, uint32_t argument_count,
                          struct tg_place place, const struct tg_expr **ret_expr, struct tg_error *reterr)
{
    struct call call = {.arena = arena, .name = name, .count = argument_count, .place = place};
    call.arguments =
        (const struct tg_expr **)tg_arena_alloc_zero(arena, (size_t)argument_count + 1, sizeof(void *));
    if (argument_count > 0)
        memcpy(call.arguments, arguments, argument_count * sizeof(void *));
    for (size_t i = 0; i < sizeof builders / sizeof builders[0]; i++)
        if (tg_slice_is(name, builders[i].name))
            return builders[i].build(&call, ret_expr, reterr);
    return resolve_call(&call, ret_expr, reterr);
}

/* ---- the other kinds of nodes ---- */

enum tg_code tg_expr_struct(struct tg_arena *arena, const char *const *names,
                            const struct tg_expr *const *values, uint32_t count, struct tg_place place,
                            const struct tg_expr **ret_expr, struct tg_error *reterr)
{
    struct tg_field *fields =
        (struct tg_field *)tg_arena_alloc_zero(arena, count + (size_t)1, sizeof *fields);
    for (uint32_t i = 0; i < count; i++) {
        if (values[i]->type == NULL) {
            (void)tg_fail_at(reterr, TG_CODE_TYPE, values[i]->place, "field %s is NULL and has no type",
                             names[i]);
            return tg_fail_hint(reterr, "say the type: CAST(NULL AS <type>)");
        }
        for (uint32_t other = 0; other < i; other++)
            if (strcmp(names[other], names[i]) == 0)
                return tg_fail_at(reterr, TG_CODE_DUPLICATE_NAME, values[i]->place, "field %s comes twice",
                                  names[i]);
        fields[i] = (struct tg_field){tg_arena_text(arena, tg_slice_text(names[i])), values[i]->type};
    }
    const struct tg_signature *signature =
        tg_function_overloads(tg_slice_text("STRUCT"), TG_FUNCTION_SCALAR).signatures[0];
    *ret_expr = tg_expr_call_node(arena, signature->function, "STRUCT", tg_type_struct(arena, fields, count),
                                  values, count, place);
    return TG_OK;
}

enum tg_code tg_expr_convert(struct tg_arena *arena, const struct tg_expr *value, const struct tg_type *type,
                             const struct tg_expr **ret_expr, struct tg_error *reterr)
{
    if (value->type != NULL && !tg_cast_exists(value->type, type))
        return tg_fail_at(reterr, TG_CODE_TYPE, value->place, "there is no cast from %s to %s",
                          tg_type_name(arena, value->type), tg_type_name(arena, type));
    TG_TRY(check_places(type, value->place, reterr));
    *ret_expr = tg_expr_converted(arena, value, type);
    return TG_OK;
}

enum tg_code tg_expr_cast(struct tg_arena *arena, const struct tg_expr *value, const struct tg_type *type,
                          struct tg_place place, const struct tg_expr **ret_expr, struct tg_error *reterr)
{
    const struct tg_expr *converted = NULL;
    enum tg_code code = tg_expr_convert(arena, value, type, &converted, reterr);
    if (code != TG_OK) {
        if (reterr != NULL)
            reterr->place = place;
        return code;
    }
    if (converted->kind == TG_EXPR_COERCE && converted != value) {
        struct tg_expr *placed = tg_expr_node(arena, TG_EXPR_CAST, type, place);
        placed->arguments = converted->arguments;
        placed->argument_count = 1;
        converted = placed;
    }
    *ret_expr = converted;
    return TG_OK;
}

static enum tg_code check_boolean(struct tg_arena *arena, const struct tg_expr **expr, const char *where,
                                  struct tg_error *reterr)
{
    if ((*expr)->type == NULL)
        *expr = tg_expr_null_of(arena, &tg_type_boolean, (*expr)->place);
    if ((*expr)->type->kind == TG_TYPE_BOOLEAN)
        return TG_OK;
    return tg_fail_at(reterr, TG_CODE_TYPE, (*expr)->place, "%s needs a BOOLEAN, but %s is %s", where,
                      tg_expr_text(arena, *expr), tg_type_name(arena, (*expr)->type));
}

enum tg_code tg_expr_and_or(struct tg_arena *arena, enum tg_expr_kind kind, const struct tg_expr *left,
                            const struct tg_expr *right, struct tg_place place,
                            const struct tg_expr **ret_expr, struct tg_error *reterr)
{
    const struct tg_expr *sides[] = {left, right};
    TG_TRY(check_boolean(arena, &sides[0], kind == TG_EXPR_AND ? "AND" : "OR", reterr));
    TG_TRY(check_boolean(arena, &sides[1], kind == TG_EXPR_AND ? "AND" : "OR", reterr));
    struct tg_expr *expr = tg_expr_node(arena, kind, &tg_type_boolean, place);
    expr->arguments = tg_expr_list(arena, sides, 2);
    expr->argument_count = 2;
    *ret_expr = expr;
    return TG_OK;
}

enum tg_code tg_expr_case(struct tg_arena *arena, const struct tg_expr *const *arguments,
                          uint32_t argument_count, struct tg_place place, const struct tg_expr **ret_expr,
                          struct tg_error *reterr)
{
    const struct tg_type *type = NULL;
    if (argument_count < 2)
        return tg_fail_at(reterr, TG_CODE_TYPE, place, "CASE needs at least one WHEN with its THEN");
    const struct tg_expr **parts =
        (const struct tg_expr **)tg_arena_alloc_zero(arena, argument_count, sizeof(void *));
    memcpy(parts, arguments, argument_count * sizeof(void *));
    for (uint32_t i = 0; i < argument_count; i++) {
        if (i % 2 == 0 && i + 1 < argument_count) {
            TG_TRY(check_boolean(arena, &parts[i], "WHEN", reterr));
            continue;
        }
        const struct tg_type *common = parts[i]->type == NULL || type == NULL
                                           ? (type == NULL ? parts[i]->type : type)
                                           : tg_type_common(arena, type, parts[i]->type);
        if (common == NULL && type != NULL) {
            (void)tg_fail_at(reterr, TG_CODE_TYPE, parts[i]->place,
                             "this result of CASE is %s, an earlier one %s",
                             tg_type_name(arena, parts[i]->type), tg_type_name(arena, type));
            return tg_fail_hint(reterr, "CAST the results to one type");
        }
        type = common;
    }
    if (type == NULL)
        return tg_fail_at(reterr, TG_CODE_TYPE, place, "a CASE whose results are all NULL has no type");
    for (uint32_t i = 0; i < argument_count; i++)
        if (i % 2 == 1 || i + 1 == argument_count)
            parts[i] = tg_expr_converted(arena, parts[i], type);
    struct tg_expr *expr = tg_expr_node(arena, TG_EXPR_CASE, type, place);
    expr->arguments = parts;
    expr->argument_count = argument_count;
    *ret_expr = expr;
    return TG_OK;
}

struct field_names {
    const struct tg_type *type;
};

static const char *field_name_at(const void *context, size_t index)
{
    const struct field_names *names = (const struct field_names *)context;
    return index < names->type->field_count ? names->type->fields[index].name : NULL;
}

enum tg_code tg_expr_field(struct tg_arena *arena, const struct tg_expr *value, struct tg_slice field,
                           struct tg_place place, const struct tg_expr **ret_expr, struct tg_error *reterr)
{
    if (value->type == NULL || value->type->kind != TG_TYPE_STRUCT)
        return tg_fail_at(reterr, TG_CODE_TYPE, place, "%s is %s and has no fields",
                          tg_expr_text(arena, value), tg_type_name(arena, value->type));
    for (uint32_t i = 0; i < value->type->field_count; i++) {
        if (!tg_slice_is(field, value->type->fields[i].name))
            continue;
        struct tg_expr *expr = tg_expr_node(arena, TG_EXPR_FIELD, value->type->fields[i].type, place);
        expr->arguments = tg_expr_list(arena, &value, 1);
        expr->argument_count = 1;
        expr->index = i;
        expr->name = value->type->fields[i].name;
        *ret_expr = expr;
        return TG_OK;
    }
    const char *name = tg_arena_text(arena, field);
    (void)tg_fail_at(reterr, TG_CODE_UNKNOWN_NAME, place, "%s has no field %s", tg_expr_text(arena, value),
                     name);
    const char *closest = tg_closest(name, field_name_at, &(struct field_names){value->type});
    if (closest != NULL)
        return tg_fail_hint(reterr, "did you mean %s?", closest);
    return tg_fail_hint(reterr, "its type is %s", tg_type_name(arena, value->type));
}

/* May a value of `from` be stored in a column of `to` without a CAST? */
static bool is_assignable(const struct tg_expr *value, const struct tg_type *to)
{
    const struct tg_type *from = value->type;
    bool literal = value->kind == TG_EXPR_LITERAL;
    if (tg_type_widening(from, to) >= 0)
        return true;
    if (literal && from->kind == TG_TYPE_STRING && is_time(to))
        return true;
    /* a number's literal may go into any DECIMAL that keeps its digits: that it fits is checked with the
     * value */
    return literal && to->kind == TG_TYPE_DECIMAL && tg_type_is_number(from) &&
           from->kind != TG_TYPE_DOUBLE && (from->kind != TG_TYPE_DECIMAL || from->scale <= to->scale);
}

enum tg_code tg_expr_coerce(struct tg_arena *arena, const struct tg_expr *value, const struct tg_type *type,
                            const struct tg_expr **ret_expr, struct tg_error *reterr)
{
    if (value->type != NULL && !is_assignable(value, type)) {
        (void)tg_fail_at(reterr, TG_CODE_TYPE, value->place, "%s is %s, but %s is needed",
                         tg_expr_text(arena, value), tg_type_name(arena, value->type),
                         tg_type_name(arena, type));
        return tg_cast_exists(value->type, type)
                   ? tg_fail_hint(reterr, "CAST(%s AS %s) would do it", tg_expr_text(arena, value),
                                  tg_type_name(arena, type))
                   : TG_CODE_TYPE;
    }
    if (value->type != NULL)
        TG_TRY(check_time_text(value, type, reterr));
    *ret_expr = tg_expr_converted(arena, value, type);
    return TG_OK;
}
