#include "data/column.h"

#include <math.h>

#include "base/memory.h"

enum { ROWS_LEAST = 32 };

size_t tg_type_value_bytes(const struct tg_type *type)
{
    static const size_t sizes[TG_TYPE_KIND_COUNT] = {
        [TG_TYPE_BOOLEAN] = sizeof(uint8_t),
        [TG_TYPE_INT] = sizeof(int32_t),
        [TG_TYPE_BIGINT] = sizeof(int64_t),
        [TG_TYPE_DOUBLE] = sizeof(double),
        [TG_TYPE_DECIMAL] = sizeof(tg_int128),
        [TG_TYPE_STRING] = sizeof(struct tg_slice),
        [TG_TYPE_BYTES] = sizeof(struct tg_slice),
        [TG_TYPE_TIME] = sizeof(int32_t),
        [TG_TYPE_DATE] = sizeof(int32_t),
        [TG_TYPE_TIMESTAMP] = sizeof(int64_t),
        [TG_TYPE_ARRAY] = sizeof(struct tg_range),
        [TG_TYPE_MAP] = sizeof(struct tg_range),
        [TG_TYPE_STRUCT] = 0,
    };
    return sizes[type->kind];
}

static void add_children(struct tg_column *column)
{
    const struct tg_type *type = column->type;
    column->child_count = type->field_count + (type->key != NULL) + (type->element != NULL);
    if (column->child_count == 0)
        return;
    column->children = tg_alloc_zero(column->child_count, sizeof(struct tg_column *));
    uint32_t at = 0;
    if (type->key != NULL)
        column->children[at++] = tg_column_new(type->key);
    if (type->element != NULL)
        column->children[at++] = tg_column_new(type->element);
    for (uint32_t i = 0; i < type->field_count; i++)
        column->children[at++] = tg_column_new(type->fields[i].type);
}

struct tg_column *tg_column_new(const struct tg_type *type)
{
    struct tg_column *column = tg_alloc_zero(1, sizeof *column);
    column->type = type;
    add_children(column);
    return column;
}

void tg_column_free(struct tg_column *column)
{
    if (column == NULL)
        return;
    for (uint32_t i = 0; i < column->child_count; i++)
        tg_column_free(column->children[i]);
    tg_free(column->children);
    tg_free(column->values.any);
    tg_free(column->valid);
    tg_free(column);
}

void tg_column_clear(struct tg_column *column)
{
    column->length = 0;
    for (uint32_t i = 0; i < column->child_count; i++)
        tg_column_clear(column->children[i]);
}

void tg_column_reserve(struct tg_column *column, uint32_t rows)
{
    if (rows > column->capacity) {
        uint64_t capacity = column->capacity < ROWS_LEAST ? ROWS_LEAST : column->capacity;
        while (capacity < rows)
            capacity *= 2;
        if (capacity > UINT32_MAX)
            capacity = UINT32_MAX;
        size_t bytes = tg_type_value_bytes(column->type);
        column->valid = tg_realloc(column->valid, capacity, 1);
        if (bytes > 0)
            column->values.any = tg_realloc(column->values.any, capacity, bytes);
        column->capacity = (uint32_t)capacity;
    }
    if (column->type->kind != TG_TYPE_STRUCT)
        return;
    for (uint32_t i = 0; i < column->child_count; i++)
        tg_column_reserve(column->children[i], rows);
}

void tg_column_resize(struct tg_column *column, uint32_t rows)
{
    if (rows > column->capacity)
        tg_column_reserve(column, rows);
    column->length = rows;
    if (column->type->kind != TG_TYPE_STRUCT)
        return;
    for (uint32_t i = 0; i < column->child_count; i++)
        tg_column_resize(column->children[i], rows);
}

void tg_column_set_null(struct tg_column *column, uint32_t row)
{
    column->valid[row] = 0;
    if (column->type->kind != TG_TYPE_STRUCT)
        return;
    for (uint32_t i = 0; i < column->child_count; i++)
        tg_column_set_null(column->children[i], row);
}

uint32_t tg_column_extend(struct tg_column *column)
{
    TG_ASSERT(column->length < UINT32_MAX);
    uint32_t row = column->length;
    tg_column_resize(column, row + 1);
    return row;
}

/* Where a copied row goes and comes from; `arena` NULL: STRING and BYTES stay borrowed. */
struct copy {
    struct tg_column *target;
    uint32_t target_row;
    const struct tg_column *source;
    uint32_t source_row;
    struct tg_arena *arena;
};

static void copy_row(struct copy copy);

/* Appends the elements to the target's children, so the elements of a row stay together. */
static void copy_elements(struct copy copy)
{
    struct tg_range range = copy.source->values.range[copy.source_row];
    uint32_t start = copy.target->children[0]->length;
    for (uint32_t c = 0; c < copy.target->child_count; c++) {
        struct tg_column *target = copy.target->children[c];
        tg_column_resize(target, start + range.count);
        for (uint32_t i = 0; i < range.count; i++)
            copy_row((struct copy){target, start + i, copy.source->children[c], range.start + i, copy.arena});
    }
    copy.target->values.range[copy.target_row] = (struct tg_range){.start = start, .count = range.count};
}

static void copy_row(struct copy copy)
{
    struct tg_column *target = copy.target;
    const struct tg_column *source = copy.source;
    if (!source->valid[copy.source_row]) {
        tg_column_set_null(target, copy.target_row);
        return;
    }
    target->valid[copy.target_row] = 1;
    switch (target->type->kind) {
    case TG_TYPE_BOOLEAN:
        target->values.boolean[copy.target_row] = source->values.boolean[copy.source_row];
        return;
    case TG_TYPE_INT:
    case TG_TYPE_DATE:
    case TG_TYPE_TIME:
        target->values.int32[copy.target_row] = source->values.int32[copy.source_row];
        return;
    case TG_TYPE_BIGINT:
    case TG_TYPE_TIMESTAMP:
        target->values.int64[copy.target_row] = source->values.int64[copy.source_row];
        return;
    case TG_TYPE_DOUBLE:
        target->values.float64[copy.target_row] = source->values.float64[copy.source_row];
        return;
    case TG_TYPE_DECIMAL:
        target->values.decimal[copy.target_row] = source->values.decimal[copy.source_row];
        return;
    case TG_TYPE_STRING:
    case TG_TYPE_BYTES: {
        struct tg_slice bytes = source->values.bytes[copy.source_row];
        target->values.bytes[copy.target_row] = copy.arena == NULL ? bytes : tg_arena_copy(copy.arena, bytes);
        return;
    }
    case TG_TYPE_ARRAY:
    case TG_TYPE_MAP:
        copy_elements(copy);
        return;
    case TG_TYPE_STRUCT:
        for (uint32_t i = 0; i < target->child_count; i++)
            copy_row((struct copy){target->children[i], copy.target_row, source->children[i], copy.source_row,
                                   copy.arena});
        return;
    }
}

void tg_column_copy_row(struct tg_column *target, uint32_t target_row, const struct tg_column *source,
                        uint32_t source_row)
{
    copy_row((struct copy){target, target_row, source, source_row, NULL});
}

void tg_column_copy_row_into(struct tg_column *target, uint32_t target_row, const struct tg_column *source,
                             uint32_t source_row, struct tg_arena *arena)
{
    copy_row((struct copy){target, target_row, source, source_row, arena});
}

static bool arrays_equal(const struct tg_column *a, uint32_t a_row, const struct tg_column *b, uint32_t b_row)
{
    struct tg_range x = a->values.range[a_row];
    struct tg_range y = b->values.range[b_row];
    if (x.count != y.count)
        return false;
    for (uint32_t i = 0; i < x.count; i++) {
        if (!tg_column_row_equal(a->children[0], x.start + i, b->children[0], y.start + i))
            return false;
    }
    return true;
}

/* Maps have no order: each key of one must have its value in the other. */
static bool maps_equal(const struct tg_column *a, uint32_t a_row, const struct tg_column *b, uint32_t b_row)
{
    struct tg_range x = a->values.range[a_row];
    struct tg_range y = b->values.range[b_row];
    if (x.count != y.count)
        return false;
    for (uint32_t i = 0; i < x.count; i++) {
        uint32_t j = 0;
        uint32_t at = i; /* most often both were written in one order */
        while (j < y.count &&
               !tg_column_row_equal(a->children[0], x.start + i, b->children[0], y.start + at)) {
            at = (at + 1) % y.count;
            j++;
        }
        if (j == y.count || !tg_column_row_equal(a->children[1], x.start + i, b->children[1], y.start + at))
            return false;
    }
    return true;
}

static bool structs_equal(const struct tg_column *a, uint32_t a_row, const struct tg_column *b,
                          uint32_t b_row)
{
    for (uint32_t i = 0; i < a->child_count; i++) {
        if (!tg_column_row_equal(a->children[i], a_row, b->children[i], b_row))
            return false;
    }
    return true;
}

static bool doubles_equal(double a, double b)
{
    return a == b || (isnan(a) && isnan(b));
}

bool tg_column_row_equal(const struct tg_column *a, uint32_t a_row, const struct tg_column *b, uint32_t b_row)
{
    if (!a->valid[a_row] || !b->valid[b_row])
        return !a->valid[a_row] && !b->valid[b_row];
    switch (a->type->kind) {
    case TG_TYPE_BOOLEAN:
        return a->values.boolean[a_row] == b->values.boolean[b_row];
    case TG_TYPE_INT:
    case TG_TYPE_DATE:
    case TG_TYPE_TIME:
        return a->values.int32[a_row] == b->values.int32[b_row];
    case TG_TYPE_BIGINT:
    case TG_TYPE_TIMESTAMP:
        return a->values.int64[a_row] == b->values.int64[b_row];
    case TG_TYPE_DOUBLE:
        return doubles_equal(a->values.float64[a_row], b->values.float64[b_row]);
    case TG_TYPE_DECIMAL:
        return a->values.decimal[a_row] == b->values.decimal[b_row];
    case TG_TYPE_STRING:
    case TG_TYPE_BYTES:
        return tg_slice_equal(a->values.bytes[a_row], b->values.bytes[b_row]);
    case TG_TYPE_ARRAY:
        return arrays_equal(a, a_row, b, b_row);
    case TG_TYPE_MAP:
        return maps_equal(a, a_row, b, b_row);
    case TG_TYPE_STRUCT:
        return structs_equal(a, a_row, b, b_row);
    }
    return false;
}
