#include "service/infer/shape.h"

#include "base/memory.h"
#include "base/text.h"
#include "data/time.h"

#include <inttypes.h>

/* 2000-01-01 and 2100-01-01 UTC. */
static const int64_t time_ms_least = 946684800000;
static const int64_t time_ms_most = 4102444800000;

/* In the order in which they are preferred; each is one that TIMESTAMP_FORMAT takes. */
static const char *const time_patterns[TG_SHAPE_TIME_PATTERNS] = {
    "yyyy-MM-dd'T'HH:mm:ss.SSSX",
    "yyyy-MM-dd'T'HH:mm:ssX",
    "yyyy-MM-dd'T'HH:mm:ss.SSS",
    "yyyy-MM-dd'T'HH:mm:ss",
    "yyyy-MM-dd HH:mm:ss.SSS",
    "yyyy-MM-dd HH:mm:ss",
    "yyyy-MM-dd",
    "dd/MM/yyyy HH:mm:ss",
};

/* Objects that have more names together than `MAP_NAMES_MIN`, each of them rarely, are maps. */
enum { TIME_TEXT_MIN = 10, TIME_TEXT_MAX = 35, MAP_NAMES_MIN = 20, MAP_RARENESS = 3 };

struct tg_shaper {
    struct tg_arena *arena;
    const struct tg_time_format *formats[TG_SHAPE_TIME_PATTERNS];
};

struct tg_shaper *tg_shaper_new(struct tg_arena *arena)
{
    struct tg_shaper *shaper = tg_arena_alloc_zero(arena, 1, sizeof *shaper);
    shaper->arena = arena;
    for (size_t i = 0; i < TG_SHAPE_TIME_PATTERNS; i++) {
        enum tg_code code =
            tg_time_format_compile(arena, tg_slice_text(time_patterns[i]), &shaper->formats[i], NULL);
        TG_ASSERT(code == TG_OK);
    }
    return shaper;
}

struct tg_shape *tg_shape_new(struct tg_shaper *shaper)
{
    return tg_arena_alloc_zero(shaper->arena, 1, sizeof(struct tg_shape));
}

/* ---- counting ---- */

static void add_integer(struct tg_shape *shape, struct tg_slice text)
{
    int64_t value = 0;
    uint32_t digits = (uint32_t)text.length - (text.length > 0 && text.data[0] == '-');
    if (digits > shape->integer_digits)
        shape->integer_digits = digits;
    if (tg_parse_int64(text, INT64_MIN, INT64_MAX, &value)) {
        bool is_first = shape->integers == shape->wide_integers;
        shape->least = is_first || value < shape->least ? value : shape->least;
        shape->most = is_first || value > shape->most ? value : shape->most;
        shape->times_ms += value >= time_ms_least && value < time_ms_most;
    } else {
        shape->wide_integers++;
    }
    shape->integers++;
}

static bool is_integer(struct tg_slice text)
{
    size_t i = text.length > 0 && text.data[0] == '-' ? 1 : 0;
    size_t digits = i;
    while (i < text.length && text.data[i] >= '0' && text.data[i] <= '9')
        i++;
    return i == text.length && i > digits;
}

static void add_number(struct tg_shape *shape, struct tg_slice text)
{
    if (is_integer(text))
        add_integer(shape, text);
    else
        shape->decimals++;
}

static void add_text(struct tg_shaper *shaper, struct tg_shape *shape, struct tg_slice text)
{
    shape->texts++;
    if (text.length < TIME_TEXT_MIN || text.length > TIME_TEXT_MAX || text.data[0] < '0' ||
        text.data[0] > '9')
        return;
    for (size_t i = 0; i < TG_SHAPE_TIME_PATTERNS; i++) {
        int64_t ms = 0;
        shape->times[i] += tg_time_format_parse(shaper->formats[i], text, &ms, NULL) == TG_OK;
    }
}

static struct tg_shape *member_of(struct tg_shaper *shaper, struct tg_shape *shape, struct tg_slice name,
                                  uint32_t guess)
{
    if (guess < shape->member_count && tg_slice_is(name, shape->members[guess].name))
        return shape->members[guess].shape; /* most objects have their members in one order */
    for (uint32_t i = 0; i < shape->member_count; i++)
        if (tg_slice_is(name, shape->members[i].name))
            return shape->members[i].shape;
    if (shape->member_count == shape->member_capacity) {
        uint32_t capacity = shape->member_capacity == 0 ? 8 : 2 * shape->member_capacity;
        struct tg_shape_member *bigger = tg_arena_alloc_zero(shaper->arena, capacity, sizeof *bigger);
        if (shape->member_count > 0)
            memcpy(bigger, shape->members, shape->member_count * sizeof *bigger);
        shape->members = bigger;
        shape->member_capacity = capacity;
    }
    struct tg_shape_member *member = &shape->members[shape->member_count++];
    *member = (struct tg_shape_member){tg_arena_text(shaper->arena, name), tg_shape_new(shaper)};
    return member->shape;
}

/* The depth is bounded by that of the tree (TG_JSON_DEPTH_MAX). */
void tg_shape_add_json(struct tg_shaper *shaper, struct tg_shape *shape, const struct tg_json_tree *json)
{
    switch (json->kind) {
    case TG_JSON_TREE_NULL:
        shape->nulls++;
        return;
    case TG_JSON_TREE_FALSE:
    case TG_JSON_TREE_TRUE:
        shape->booleans++;
        return;
    case TG_JSON_TREE_NUMBER:
        add_number(shape, json->text);
        return;
    case TG_JSON_TREE_STRING:
        add_text(shaper, shape, json->text);
        return;
    case TG_JSON_TREE_ARRAY:
        shape->arrays++;
        if (shape->element == NULL && json->count > 0)
            shape->element = tg_shape_new(shaper);
        for (uint32_t i = 0; i < json->count; i++)
            tg_shape_add_json(shaper, shape->element, json->items[i]);
        return;
    case TG_JSON_TREE_OBJECT:
        shape->objects++;
        shape->members_seen += json->count;
        for (uint32_t i = 0; i < json->count; i++)
            tg_shape_add_json(shaper, member_of(shaper, shape, json->names[i], i), json->items[i]);
        return;
    }
}

static bool is_decimal(struct tg_slice text)
{
    struct tg_arena *arena = tg_arena_new(0);
    const struct tg_json_tree *tree = NULL;
    bool is_number = text.length > 0 && tg_json_tree_parse(arena, text, &tree, NULL) == TG_OK &&
                     tree->kind == TG_JSON_TREE_NUMBER;
    tg_arena_free(arena);
    return is_number;
}

void tg_shape_add_cell(struct tg_shaper *shaper, struct tg_shape *shape, struct tg_slice cell)
{
    if (cell.length == 0)
        shape->nulls++;
    else if (tg_slice_equal_nocase(cell, tg_slice_text("true")) ||
             tg_slice_equal_nocase(cell, tg_slice_text("false")))
        shape->booleans++;
    else if (is_integer(cell) && !(cell.length > 1 && cell.data[0] == '0'))
        add_integer(shape, cell);
    else if (cell.data[0] != ' ' && is_decimal(cell))
        shape->decimals++;
    else
        add_text(shaper, shape, cell);
}

uint64_t tg_shape_values(const struct tg_shape *shape)
{
    return shape->booleans + shape->integers + shape->decimals + shape->texts + shape->arrays +
           shape->objects;
}

const char *tg_shape_time_format(const struct tg_shape *shape)
{
    uint64_t values = tg_shape_values(shape);
    if (values == 0)
        return NULL;
    if (shape->times_ms == values)
        return "";
    for (size_t i = 0; i < TG_SHAPE_TIME_PATTERNS; i++)
        if (shape->times[i] == values)
            return time_patterns[i];
    return NULL;
}

/* ---- types ---- */

/* Members that come and go with every record are keys of a map, not names of columns. */
static bool is_map(const struct tg_shape *shape)
{
    return shape->member_count == 0 ||
           (shape->member_count > MAP_NAMES_MIN &&
            shape->members_seen * MAP_RARENESS < shape->objects * (uint64_t)shape->member_count);
}

/* All members as if they were one. Only kinds count for the type of a map's values, so nested parts are taken
 * from the first member that has them. */
static struct tg_shape merge_members(const struct tg_shape *shape)
{
    struct tg_shape all = {0};
    for (uint32_t i = 0; i < shape->member_count; i++) {
        const struct tg_shape *one = shape->members[i].shape;
        all.nulls += one->nulls;
        all.booleans += one->booleans;
        all.integers += one->integers;
        all.decimals += one->decimals;
        all.texts += one->texts;
        all.arrays += one->arrays;
        all.objects += one->objects;
        all.wide_integers += one->wide_integers;
        all.integer_digits =
            one->integer_digits > all.integer_digits ? one->integer_digits : all.integer_digits;
        if (all.element == NULL)
            all.element = one->element;
        if (all.members == NULL) {
            all.members = one->members;
            all.member_count = one->member_count;
        }
    }
    return all;
}

static const struct tg_type *struct_type(struct tg_arena *arena, const struct tg_shape *shape,
                                         struct tg_shape_style style)
{
    if (is_map(shape)) {
        struct tg_shape all = merge_members(shape);
        /* Nested parts may differ from key to key: they stay JSON text. */
        bool is_nested = all.arrays > 0 || all.objects > 0;
        return tg_type_map(arena, &tg_type_string,
                           is_nested ? &tg_type_string : tg_shape_type(arena, &all, style));
    }
    struct tg_field *fields = tg_arena_alloc_zero(arena, shape->member_count, sizeof *fields);
    for (uint32_t i = 0; i < shape->member_count; i++)
        fields[i] =
            (struct tg_field){shape->members[i].name, tg_shape_type(arena, shape->members[i].shape, style)};
    return tg_type_struct(arena, fields, shape->member_count);
}

const struct tg_type *tg_shape_type(struct tg_arena *arena, const struct tg_shape *shape,
                                    struct tg_shape_style style)
{
    uint64_t values = tg_shape_values(shape);
    if (values == 0)
        return &tg_type_string;
    if (shape->booleans == values)
        return &tg_type_boolean;
    if (style.timestamps && shape->times_ms == values)
        return &tg_type_timestamp;
    if (shape->integers == values && shape->wide_integers == 0)
        return &tg_type_bigint;
    if (shape->integers == values && shape->integer_digits <= 38)
        return tg_type_decimal(arena, 38, 0);
    if (shape->integers + shape->decimals == values)
        return &tg_type_double;
    if (shape->arrays == values && shape->element == NULL)
        return tg_type_array(arena, &tg_type_string);
    if (shape->arrays == values)
        return tg_type_array(arena, tg_shape_type(arena, shape->element, style));
    if (shape->objects == values)
        return struct_type(arena, shape, style);
    return &tg_type_string;
}

/* ---- words ---- */

struct kind_words {
    uint64_t count;
    const char *one; /* of one kind alone */
};

static void describe_integers(const struct tg_shape *shape, struct tg_buffer *out)
{
    if (shape->wide_integers > 0)
        tg_buffer_printf(out, "integers of up to %u digits", shape->integer_digits);
    else if (shape->least == shape->most)
        tg_buffer_printf(out, "always %" PRId64, shape->least);
    else
        tg_buffer_printf(out, "integers from %" PRId64 " to %" PRId64, shape->least, shape->most);
}

/* "12 integers, 3 texts": all kinds of a mixed place. */
static void describe_mixed(const struct tg_shape *shape, struct tg_buffer *out)
{
    const struct kind_words kinds[] = {
        {shape->booleans, "true or false"}, {shape->integers, "integers"},
        {shape->decimals, "decimals"},      {shape->texts, "texts"},
        {shape->arrays, "arrays"},          {shape->objects, "objects"},
    };
    const char *before = "mixed: ";
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (kinds[i].count > 0) {
            tg_buffer_printf(out, "%s%" PRIu64 " %s", before, kinds[i].count, kinds[i].one);
            before = ", ";
        }
}

static void describe_kind(const struct tg_shape *shape, uint64_t values, struct tg_buffer *out)
{
    if (shape->booleans == values)
        tg_buffer_append_text(out, "true or false");
    else if (shape->integers == values)
        describe_integers(shape, out);
    else if (shape->decimals == values)
        tg_buffer_append_text(out, "decimal numbers");
    else if (shape->integers + shape->decimals == values)
        tg_buffer_printf(out, "numbers, %" PRIu64 " of them whole", shape->integers);
    else if (shape->texts == values)
        tg_buffer_append_text(out, "text");
    else if (shape->arrays == values)
        tg_buffer_append_text(out, shape->element == NULL ? "arrays, all empty" : "arrays");
    else if (shape->objects == values && is_map(shape))
        tg_buffer_printf(out, "objects of %u names in all: a map", shape->member_count);
    else if (shape->objects == values)
        tg_buffer_append_text(out, "objects");
    else
        describe_mixed(shape, out);
}

void tg_shape_describe(const struct tg_shape *shape, uint64_t total, struct tg_buffer *out)
{
    uint64_t values = tg_shape_values(shape);
    const char *format = tg_shape_time_format(shape);
    if (values == 0) {
        tg_buffer_append_text(out, "only NULL was seen");
        return;
    }
    if (values == total)
        tg_buffer_append_text(out, "in all, ");
    else
        tg_buffer_printf(out, "in %" PRIu64 " of %" PRIu64 ", ", values, total);
    if (shape->nulls > 0)
        tg_buffer_printf(out, "NULL in %" PRIu64 ", ", shape->nulls);
    describe_kind(shape, values, out);
    if (format != NULL && format[0] == '\0')
        tg_buffer_append_text(out, "; times in ms");
    else if (format != NULL)
        tg_buffer_printf(out, "; times as %s", format);
}
