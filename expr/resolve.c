/* expr/resolve.c: the index over the function tables, and overload resolution: exact types first, then
 * implicit widening (INT -> BIGINT -> DECIMAL -> DOUBLE); among the candidates those with a fixed number of
 * parameters, then with more parameters, then with fewer generics, then with the least widening win. */
#include "expr/resolve.h"

#include <pthread.h>

#include "base/map.h"
#include "base/memory.h"
#include "base/text.h"
#include "expr/internal.h"
#include "expr/program_internal.h"

enum { KIND_COUNT = 3, LETTERS = 26, HINT_BYTES = 480 };

#define X(family) extern const struct tg_function family[];
#include "expr/families.inc"
#undef X

static const struct tg_function *const families[] = {
#define X(family) family,
#include "expr/families.inc"
#undef X
};
static const char *const family_names[] = {
#define X(family) #family,
#include "expr/families.inc"
#undef X
};
enum { FAMILY_COUNT = sizeof families / sizeof families[0] };

struct entry {
    const char *name;
    struct tg_overloads overloads;
    const struct tg_signature **list;
    uint32_t capacity;
};

/* Built once, never freed. */
static struct {
    pthread_once_t once;
    struct tg_arena *arena;
    struct tg_map *names[KIND_COUNT]; /* upper case -> struct entry */
    const struct tg_function **functions;
    size_t count, capacity;
} registry = {.once = PTHREAD_ONCE_INIT};

static void add_function(const struct tg_function *function)
{
    struct tg_error error;
    struct tg_signature *signature =
        (struct tg_signature *)tg_arena_alloc_zero(registry.arena, 1, sizeof *signature);
    if (tg_signature_parse(registry.arena, function, signature, &error) != TG_OK)
        tg_panic(__FILE__, __LINE__, "%s", error.message);
    struct entry *entry = (struct entry *)tg_map_get(registry.names[function->kind], signature->name);
    if (entry == NULL) {
        entry = (struct entry *)tg_arena_alloc_zero(registry.arena, 1, sizeof *entry);
        entry->name = tg_arena_text(registry.arena, signature->name);
        (void)tg_map_put(registry.names[function->kind], signature->name, entry);
    }
    if (entry->overloads.count == entry->capacity) {
        uint32_t capacity = entry->capacity == 0 ? 8 : entry->capacity * 2;
        const struct tg_signature **list =
            (const struct tg_signature **)tg_arena_alloc_zero(registry.arena, capacity, sizeof(void *));
        if (entry->overloads.count > 0)
            memcpy(list, entry->list, entry->overloads.count * sizeof(void *));
        entry->list = list;
        entry->capacity = capacity;
    }
    entry->list[entry->overloads.count++] = signature;
    entry->overloads.signatures = entry->list;
    tg_grow((void **)&registry.functions, &registry.capacity, registry.count + 1, sizeof(void *));
    registry.functions[registry.count++] = function;
}

static void add_family(const struct tg_function *family)
{
    for (const struct tg_function *function = family; function->signature != NULL; function++)
        add_function(function);
}

static void build_registry(void)
{
    registry.arena = tg_arena_new(0);
    for (int kind = 0; kind < KIND_COUNT; kind++)
        registry.names[kind] = tg_map_new();
    for (size_t family = 0; family < FAMILY_COUNT; family++)
        add_family(families[family]);
}

void tg_functions_extend(const struct tg_function *family)
{
    (void)pthread_once(&registry.once, build_registry);
    for (size_t i = 0; i < registry.count; i++)
        if (registry.functions[i] == family)
            return;
    add_family(family);
}

const char *tg_function_family(const struct tg_function *function)
{
    for (size_t family = 0; family < FAMILY_COUNT; family++)
        for (const struct tg_function *row = families[family]; row->signature != NULL; row++)
            if (row == function)
                return family_names[family] + strlen("tg_functions_");
    return "extension";
}

const struct tg_function *tg_function_at(size_t index)
{
    (void)pthread_once(&registry.once, build_registry);
    return index < registry.count ? registry.functions[index] : NULL;
}

struct tg_overloads tg_function_overloads(struct tg_slice name, enum tg_function_kind kind)
{
    uint8_t upper[64];
    (void)pthread_once(&registry.once, build_registry);
    if (name.length > sizeof upper)
        return (struct tg_overloads){0};
    for (size_t i = 0; i < name.length; i++) {
        uint8_t byte = name.data[i];
        upper[i] = byte >= 'a' && byte <= 'z' ? (uint8_t)(byte - 'a' + 'A') : byte;
    }
    const struct entry *entry =
        (const struct entry *)tg_map_get(registry.names[kind], tg_slice_of(upper, name.length));
    return entry == NULL ? (struct tg_overloads){0} : entry->overloads;
}

bool tg_function_exists(struct tg_slice name, enum tg_function_kind kind)
{
    struct tg_overloads overloads = tg_function_overloads(name, kind);
    return overloads.count > 0 && (overloads.signatures[0]->function->flags & TG_FUNCTION_OPERATOR) == 0;
}

/* ---- matching one signature ---- */

struct match {
    struct tg_arena *arena;
    const struct tg_signature *signature;
    const struct tg_type *bound[LETTERS];
    bool widening; /* may arguments be widened? */
    int cost;      /* widening steps; -1: no match */
};

static const struct tg_pattern *parameter_at(const struct tg_signature *signature, uint32_t index)
{
    uint32_t last = signature->parameter_count - 1;
    return signature->parameters[index < last ? index : last];
}

static int match_type(struct match *match, const struct tg_pattern *pattern, const struct tg_type *type);

static int match_generic(struct match *match, char letter, const struct tg_type *type)
{
    const struct tg_type **bound = &match->bound[letter - 'A'];
    if (*bound == NULL) {
        *bound = type;
        return 0;
    }
    if (tg_type_equal(*bound, type))
        return 0;
    const struct tg_type *common = match->widening ? tg_type_common(match->arena, *bound, type) : NULL;
    if (common == NULL)
        return -1;
    *bound = common;
    return 1;
}

static int match_simple(const struct match *match, enum tg_type_kind kind, const struct tg_type *type)
{
    static const int ranks[TG_TYPE_KIND_COUNT] = {
        [TG_TYPE_INT] = 1, [TG_TYPE_BIGINT] = 2, [TG_TYPE_DECIMAL] = 3, [TG_TYPE_DOUBLE] = 4};
    if (type->kind == kind)
        return 0;
    bool numbers = ranks[kind] > 0 && ranks[type->kind] > 0;
    return match->widening && numbers && ranks[kind] > ranks[type->kind] ? ranks[kind] - ranks[type->kind]
                                                                         : -1;
}

static int match_type(struct match *match, const struct tg_pattern *pattern, const struct tg_type *type)
{
    if (pattern->kind == TG_PATTERN_LAMBDA)
        return -1;
    if (type == NULL)
        return 0; /* a bare NULL fits anywhere */
    if (pattern->kind == TG_PATTERN_GENERIC)
        return match_generic(match, pattern->letter, type);
    if (pattern->kind == TG_PATTERN_TYPE)
        return match_simple(match, pattern->type, type);
    if (pattern->kind == TG_PATTERN_ARRAY)
        return type->kind == TG_TYPE_ARRAY ? match_type(match, pattern->children[0], type->element) : -1;
    if (type->kind != TG_TYPE_MAP)
        return -1;
    int key = match_type(match, pattern->children[0], type->key);
    int value = match_type(match, pattern->children[1], type->element);
    return key < 0 || value < 0 ? -1 : key + value;
}

/* Does a literal text stand for a date or time here? ksqlDB lets any literal text do so where the parameter
 * is one. */
static bool stands_for_time(const struct match *match, const struct tg_pattern *pattern,
                            const struct tg_expr *argument)
{
    static const bool times[TG_TYPE_KIND_COUNT] = {
        [TG_TYPE_DATE] = true, [TG_TYPE_TIME] = true, [TG_TYPE_TIMESTAMP] = true};
    const struct tg_type *bound =
        pattern->kind == TG_PATTERN_GENERIC ? match->bound[pattern->letter - 'A'] : NULL;
    if (!match->widening || argument->kind != TG_EXPR_LITERAL || argument->type == NULL ||
        argument->type->kind != TG_TYPE_STRING)
        return false;
    return (bound != NULL && times[bound->kind]) ||
           (pattern->kind == TG_PATTERN_TYPE && times[pattern->type]);
}

/* A lambda's body may bind a generic that is free; else its type must widen to what is bound. */
static int match_lambda(struct match *match, const struct tg_pattern *pattern, const struct tg_expr *lambda)
{
    const struct tg_pattern *result = pattern->children[pattern->child_count - 1];
    const struct tg_type *body = lambda->arguments[0]->type;
    if (pattern->kind != TG_PATTERN_LAMBDA || lambda->index != pattern->child_count - 1)
        return -1;
    if (result->kind == TG_PATTERN_GENERIC && match->bound[result->letter - 'A'] != NULL && body != NULL)
        return tg_type_widening(body, match->bound[result->letter - 'A']);
    return match_type(match, result, body);
}

static bool arity_fits(const struct tg_signature *signature, uint32_t count)
{
    return signature->variadic ? count + 1 >= signature->parameter_count
                               : count == signature->parameter_count;
}

/* `arguments` entries may be NULL: a lambda that is not built yet. */
static bool match_signature(struct match *match, const struct tg_expr *const *arguments, uint32_t count)
{
    match->cost = 0;
    memset(match->bound, 0, sizeof match->bound);
    if (!arity_fits(match->signature, count))
        return false;
    for (int lambdas = 0; lambdas < 2; lambdas++) {
        for (uint32_t i = 0; i < count; i++) {
            const struct tg_pattern *pattern = parameter_at(match->signature, i);
            bool is_lambda = arguments[i] == NULL || arguments[i]->kind == TG_EXPR_LAMBDA;
            if (is_lambda != (lambdas == 1))
                continue;
            int cost = pattern->kind == TG_PATTERN_LAMBDA ? 0 : -1;
            if (arguments[i] != NULL && stands_for_time(match, pattern, arguments[i]))
                cost = 1;
            else if (arguments[i] != NULL)
                cost = is_lambda ? match_lambda(match, pattern, arguments[i])
                                 : match_type(match, pattern, arguments[i]->type);
            if (cost < 0)
                return false;
            match->cost += cost;
        }
    }
    return true;
}

/* Above 0: a wins. */
static int compare_matches(const struct match *a, const struct match *b)
{
    if (a->signature->variadic != b->signature->variadic)
        return a->signature->variadic ? -1 : 1;
    if (a->signature->parameter_count != b->signature->parameter_count)
        return a->signature->parameter_count > b->signature->parameter_count ? 1 : -1;
    if (a->signature->generic_count != b->signature->generic_count)
        return a->signature->generic_count < b->signature->generic_count ? 1 : -1;
    return b->cost - a->cost;
}

/* ---- messages ---- */

static const char *name_at(const void *context, size_t index)
{
    const struct tg_map *names = (const struct tg_map *)context;
    for (size_t i = 0, listed = 0; i < tg_map_count(names); i++) {
        const struct entry *entry = (const struct entry *)tg_map_value(names, i);
        if ((entry->list[0]->function->flags & TG_FUNCTION_OPERATOR) != 0)
            continue;
        if (listed++ == index)
            return entry->name;
    }
    return NULL;
}

static enum tg_code refuse_name(enum tg_function_kind kind, const char *name, struct tg_place place,
                                struct tg_error *reterr)
{
    static const char *const kinds[KIND_COUNT] = {"function", "aggregate function", "table function"};
    (void)tg_fail_at(reterr, TG_CODE_UNKNOWN_NAME, place, "there is no %s %s", kinds[kind], name);
    const char *closest = tg_closest(name, name_at, registry.names[kind]);
    if (closest != NULL)
        return tg_fail_hint(reterr, "did you mean %s?", closest);
    for (int other = 0; other < KIND_COUNT; other++)
        if (tg_function_exists(tg_slice_text(name), (enum tg_function_kind)other))
            return tg_fail_hint(reterr, "%s is a%s %s", name, other == TG_FUNCTION_AGGREGATE ? "n" : "",
                                kinds[other]);
    return TG_CODE_UNKNOWN_NAME;
}

static void write_types(struct tg_arena *arena, const struct tg_expr *const *arguments, uint32_t count,
                        const char *separator, struct tg_buffer *out)
{
    for (uint32_t i = 0; i < count; i++) {
        tg_buffer_append_text(out, i > 0 ? separator : "");
        if (arguments[i] == NULL || arguments[i]->kind == TG_EXPR_LAMBDA)
            tg_buffer_append_text(out, "a lambda");
        else
            tg_buffer_append_text(out, tg_type_name(arena, arguments[i]->type));
    }
}

static void write_overloads(struct tg_overloads overloads, struct tg_buffer *out)
{
    bool generic = false;
    for (uint32_t i = 0; i < overloads.count; i++) {
        const char *text = overloads.signatures[i]->function->signature;
        const char *arrow = strstr(text, " -> ");
        size_t length = arrow == NULL ? strlen(text) : (size_t)(arrow - text);
        if (out->length + length > HINT_BYTES) {
            tg_buffer_append_text(out, ", ...");
            return;
        }
        tg_buffer_append_text(out, i > 0 ? ", " : "");
        tg_buffer_append(out, text, length);
        generic = generic || overloads.signatures[i]->generic_count > 0;
    }
    if (generic)
        tg_buffer_append_text(out, "; T and other letters stand for any type, DECIMAL(p, s) too");
}

static enum tg_code refuse_arguments(const struct tg_resolution *call, struct tg_overloads overloads,
                                     bool ambiguous, struct tg_error *reterr)
{
    struct tg_buffer types = {0};
    struct tg_buffer valid = {0};
    bool is_operator = (overloads.signatures[0]->function->flags & TG_FUNCTION_OPERATOR) != 0;
    write_types(call->arena, call->arguments, call->argument_count, is_operator ? " and " : ", ", &types);
    write_overloads(overloads, &valid);
    if (is_operator)
        (void)tg_fail_at(reterr, TG_CODE_TYPE, call->place, "%s cannot be applied to %s", call->name,
                         tg_buffer_text(&types));
    else if (ambiguous)
        (void)tg_fail_at(reterr, TG_CODE_TYPE, call->place,
                         "%s(%s) could be more than one overload; CAST the arguments", call->name,
                         tg_buffer_text(&types));
    else
        (void)tg_fail_at(reterr, TG_CODE_TYPE, call->place, "%s does not take (%s)", call->name,
                         tg_buffer_text(&types));
    (void)tg_fail_hint(reterr, "%s has: %s", is_operator ? "the operator" : call->name,
                       tg_buffer_text(&valid));
    tg_buffer_done(&types);
    tg_buffer_done(&valid);
    return TG_CODE_TYPE;
}

/* ---- choosing and applying ---- */

/* The type that a pattern stands for, given what is bound; NULL if a generic is free. `from` is the
 * argument's type. */
static const struct tg_type *instantiate(const struct match *match, const struct tg_pattern *pattern,
                                         const struct tg_type *from)
{
    static const struct tg_type *const simple[TG_TYPE_KIND_COUNT] = {
        [TG_TYPE_BOOLEAN] = &tg_type_boolean,    [TG_TYPE_INT] = &tg_type_int,
        [TG_TYPE_BIGINT] = &tg_type_bigint,      [TG_TYPE_DOUBLE] = &tg_type_double,
        [TG_TYPE_STRING] = &tg_type_string,      [TG_TYPE_BYTES] = &tg_type_bytes,
        [TG_TYPE_TIME] = &tg_type_time,          [TG_TYPE_DATE] = &tg_type_date,
        [TG_TYPE_TIMESTAMP] = &tg_type_timestamp};
    const struct tg_type *child = NULL;
    switch (pattern->kind) {
    case TG_PATTERN_GENERIC:
        return match->bound[pattern->letter - 'A'];
    case TG_PATTERN_TYPE:
        if (pattern->type != TG_TYPE_DECIMAL)
            return simple[pattern->type];
        return from == NULL ? tg_type_decimal(match->arena, 1, 0) : tg_type_as_decimal(match->arena, from);
    case TG_PATTERN_ARRAY:
        child = instantiate(match, pattern->children[0], from == NULL ? NULL : from->element);
        return child == NULL ? NULL : tg_type_array(match->arena, child);
    case TG_PATTERN_MAP:
        child = instantiate(match, pattern->children[1], from == NULL ? NULL : from->element);
        from = instantiate(match, pattern->children[0], from == NULL ? NULL : from->key);
        return child == NULL || from == NULL ? NULL : tg_type_map(match->arena, from, child);
    case TG_PATTERN_LAMBDA:
        break;
    }
    return NULL;
}

static const struct tg_expr *coerce_lambda(const struct match *match, const struct tg_pattern *pattern,
                                           const struct tg_expr *lambda)
{
    const struct tg_type *type =
        instantiate(match, pattern->children[pattern->child_count - 1], lambda->arguments[0]->type);
    if (type == NULL)
        return lambda;
    return tg_expr_lambda(match->arena, tg_expr_converted(match->arena, lambda->arguments[0], type),
                          lambda->index, lambda->place);
}

static enum tg_code coerce_arguments(struct tg_resolution *call, const struct match *match,
                                     struct tg_error *reterr)
{
    for (uint32_t i = 0; i < call->argument_count; i++) {
        const struct tg_pattern *pattern = parameter_at(match->signature, i);
        const struct tg_expr *argument = call->arguments[i];
        if (pattern->kind == TG_PATTERN_LAMBDA) {
            call->arguments[i] = coerce_lambda(match, pattern, argument);
            continue;
        }
        const struct tg_type *type = instantiate(match, pattern, argument->type);
        if (type == NULL) {
            (void)tg_fail_at(reterr, TG_CODE_TYPE, call->place, "the type of NULL in %s is not known",
                             call->name);
            return tg_fail_hint(reterr, "say it: CAST(NULL AS <type>)");
        }
        call->arguments[i] = tg_expr_converted(call->arena, argument, type);
    }
    const struct tg_pattern *result = match->signature->result;
    call->type = NULL;
    if (result == NULL)
        return TG_OK;
    if (result->kind != TG_PATTERN_TYPE || result->type != TG_TYPE_DECIMAL) {
        call->type = instantiate(match, result, NULL);
        return TG_OK;
    }
    for (uint32_t i = 0; call->type == NULL && i < call->argument_count; i++)
        if (call->arguments[i]->type != NULL && call->arguments[i]->type->kind == TG_TYPE_DECIMAL)
            call->type = call->arguments[i]->type;
    return TG_OK;
}

/* 0: none, 1: found, 2: more than one that is equally good */
static int find_best(struct match *best, struct tg_overloads overloads,
                     const struct tg_expr *const *arguments, uint32_t count)
{
    struct match match = {.arena = best->arena, .widening = best->widening};
    int found = 0;
    for (uint32_t i = 0; i < overloads.count; i++) {
        match.signature = overloads.signatures[i];
        if (!match_signature(&match, arguments, count))
            continue;
        int order = found == 0 ? 1 : compare_matches(&match, best);
        if (order > 0)
            *best = match;
        if (order != 0)
            found = order > 0 ? 1 : found;
        else
            found = 2;
    }
    return found;
}

static enum tg_code choose(struct tg_resolution *call, struct tg_overloads overloads, struct match *ret_match,
                           struct tg_error *reterr)
{
    *ret_match = (struct match){.arena = call->arena};
    int found = find_best(ret_match, overloads, call->arguments, call->argument_count);
    if (found == 0) {
        ret_match->widening = true;
        found = find_best(ret_match, overloads, call->arguments, call->argument_count);
    }
    return found == 1 ? TG_OK : refuse_arguments(call, overloads, found == 2, reterr);
}

/* Aggregates and table functions are prepared here; scalar functions when a program is compiled. */
static enum tg_code prepare_constants(struct tg_function_call *call, struct tg_arena *arena,
                                      struct tg_error *reterr)
{
    const struct tg_expr **constants =
        (const struct tg_expr **)tg_arena_alloc_zero(arena, (size_t)call->argument_count + 1, sizeof(void *));
    for (uint32_t i = 0; i < call->argument_count; i++) {
        const struct tg_expr *folded = tg_expr_fold(arena, call->arguments[i]);
        constants[i] = folded->kind == TG_EXPR_LITERAL ? folded : NULL;
    }
    enum tg_code code =
        call->function->prepare(arena, constants, call->argument_count, &call->prepared, reterr);
    if (code != TG_OK && reterr != NULL && reterr->place.line == 0)
        reterr->place = call->place;
    return code;
}

/* NOLINTNEXTLINE(readability-function-size): a name, its arguments and place, and two results */
enum tg_code tg_function_resolve(struct tg_arena *arena, enum tg_function_kind kind, struct tg_slice name,
                                 const struct tg_expr *const *arguments, uint32_t argument_count,
                                 struct tg_place place, struct tg_function_call *ret_call,
                                 struct tg_error *reterr)
{
    struct match match;
    struct tg_overloads overloads = tg_function_overloads(name, kind);
    if (overloads.count == 0)
        return refuse_name(kind, tg_arena_text(arena, name), place, reterr);
    struct tg_resolution call = {.arena = arena, .place = place, .argument_count = argument_count};
    call.name = tg_arena_text(arena, overloads.signatures[0]->name);
    call.arguments =
        (const struct tg_expr **)tg_arena_alloc_zero(arena, (size_t)argument_count + 1, sizeof(void *));
    if (argument_count > 0)
        memcpy(call.arguments, arguments, argument_count * sizeof(void *));
    TG_TRY(choose(&call, overloads, &match, reterr));
    call.function = match.signature->function;
    TG_TRY(coerce_arguments(&call, &match, reterr));
    if (call.function->resolve != NULL)
        TG_TRY(call.function->resolve(&call, reterr));
    if (call.type == NULL)
        return tg_fail_at(reterr, TG_CODE_TYPE, place, "the type of %s cannot be told from its arguments",
                          call.name);
    *ret_call = (struct tg_function_call){.function = call.function,
                                          .name = call.name,
                                          .type = call.type,
                                          .arguments = call.arguments,
                                          .argument_count = argument_count,
                                          .place = place};
    return kind == TG_FUNCTION_SCALAR || call.function->prepare == NULL
               ? TG_OK
               : prepare_constants(ret_call, arena, reterr);
}

enum tg_code tg_function_lambda_types(struct tg_arena *arena, const struct tg_function_lambda *lambda,
                                      const struct tg_type *const **ret_types, struct tg_error *reterr)
{
    struct tg_overloads overloads = tg_function_overloads(lambda->function, TG_FUNCTION_SCALAR);
    struct match match = {.arena = arena, .widening = true};
    for (uint32_t i = 0; i < overloads.count; i++) {
        match.signature = overloads.signatures[i];
        if (!match_signature(&match, lambda->arguments, lambda->argument_count))
            continue;
        const struct tg_pattern *pattern = parameter_at(match.signature, lambda->position);
        if (pattern->kind != TG_PATTERN_LAMBDA || pattern->child_count != lambda->parameter_count + 1)
            continue;
        const struct tg_type **types =
            (const struct tg_type **)tg_arena_alloc_zero(arena, pattern->child_count, sizeof(void *));
        bool known = true;
        for (uint32_t p = 0; p < lambda->parameter_count; p++) {
            types[p] = instantiate(&match, pattern->children[p], NULL);
            known = known && types[p] != NULL;
        }
        *ret_types = types;
        if (known)
            return TG_OK;
    }
    const char *name = tg_arena_text(arena, lambda->function);
    if (overloads.count == 0)
        return refuse_name(TG_FUNCTION_SCALAR, name, lambda->place, reterr);
    struct tg_buffer valid = {0};
    write_overloads(overloads, &valid);
    (void)tg_fail_at(reterr, TG_CODE_TYPE, lambda->place,
                     "%s takes no lambda of %u parameters as argument %u", name, lambda->parameter_count,
                     lambda->position + 1);
    (void)tg_fail_hint(reterr, "%s has: %s", name, tg_buffer_text(&valid));
    tg_buffer_done(&valid);
    return TG_CODE_TYPE;
}
