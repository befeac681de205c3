#include "expr/value_index.h"

#include <math.h>

enum { FEW_ROWS = 16 };

/* ---- hashes: equal for rows that are equal ---- */

static uint64_t hash_row(const struct tg_column *column, uint32_t row);

static uint64_t hash_number(const void *value, size_t bytes)
{
    return tg_slice_hash(tg_slice_of(value, bytes));
}

/* 0.0 equals -0.0, NaN any NaN. */
static uint64_t hash_double(double value)
{
    double same = isnan(value) ? (double)NAN : value == 0 ? 0.0 : value;
    return hash_number(&same, sizeof same);
}

static uint64_t mix_hash(uint64_t hash, uint64_t next)
{
    return (hash ^ next) * UINT64_C(0x9E3779B97F4A7C15) + (hash >> 29);
}

/* A map's entries come in any order. */
static uint64_t hash_nested(const struct tg_column *column, uint32_t row)
{
    uint64_t hash = 1;
    if (column->type->kind == TG_TYPE_STRUCT) {
        for (uint32_t i = 0; i < column->child_count; i++)
            hash = mix_hash(hash, hash_row(column->children[i], row));
        return hash;
    }
    struct tg_range range = column->values.range[row];
    for (uint32_t at = range.start; at < range.start + range.count; at++) {
        uint64_t first = hash_row(column->children[0], at);
        if (column->type->kind == TG_TYPE_ARRAY)
            hash = mix_hash(hash, first);
        else
            hash += mix_hash(first, hash_row(column->children[1], at));
    }
    return hash;
}

static uint64_t hash_row(const struct tg_column *column, uint32_t row)
{
    if (!column->valid[row])
        return 0;
    switch (column->type->kind) {
    case TG_TYPE_BOOLEAN:
        return column->values.boolean[row] != 0 ? 1 : 2;
    case TG_TYPE_INT:
    case TG_TYPE_DATE:
    case TG_TYPE_TIME:
        return hash_number(&column->values.int32[row], sizeof(int32_t));
    case TG_TYPE_BIGINT:
    case TG_TYPE_TIMESTAMP:
        return hash_number(&column->values.int64[row], sizeof(int64_t));
    case TG_TYPE_DOUBLE:
        return hash_double(column->values.float64[row]);
    case TG_TYPE_DECIMAL:
        return hash_number(&column->values.decimal[row], sizeof(tg_int128));
    case TG_TYPE_STRING:
    case TG_TYPE_BYTES:
        return tg_slice_hash(column->values.bytes[row]);
    case TG_TYPE_ARRAY:
    case TG_TYPE_MAP:
    case TG_TYPE_STRUCT:
        break;
    }
    return hash_nested(column, row);
}

/* ---- the table ---- */

static void put(struct tg_value_index *index, struct tg_value_slot slot)
{
    uint32_t at = slot.hash & (index->slot_count - 1);
    while (index->slots[at].place != 0)
        at = (at + 1) & (index->slot_count - 1);
    index->slots[at] = slot;
}

/* At most half of the slots are taken. */
static void grow(struct tg_value_index *index)
{
    struct tg_value_slot *old = index->slots;
    uint32_t old_count = index->slot_count;
    index->slot_count = old_count == 0 ? 8 * FEW_ROWS : 2 * old_count;
    index->slots =
        (struct tg_value_slot *)tg_arena_alloc_zero(index->arena, index->slot_count, sizeof *index->slots);
    for (uint32_t i = 0; i < old_count; i++)
        if (old[i].place != 0)
            put(index, old[i]);
    for (uint32_t i = 0; old_count == 0 && i < index->count; i++)
        put(index, (struct tg_value_slot){.hash = (uint32_t)hash_row(index->column, index->start + i),
                                          .place = i + 1});
}

void tg_value_index_add(struct tg_value_index *index)
{
    uint32_t place = ++index->count;
    if (index->slot_count == 0 && place <= FEW_ROWS)
        return;
    if (index->slot_count == 0 || 2 * place > index->slot_count) {
        index->count--;
        grow(index);
        index->count++;
    }
    uint32_t hash = (uint32_t)hash_row(index->column, index->start + place - 1);
    put(index, (struct tg_value_slot){.hash = hash, .place = place});
}

uint32_t tg_value_index_find(const struct tg_value_index *index, const struct tg_column *source, uint32_t row)
{
    if (index->slot_count == 0) {
        for (uint32_t known = index->start; known < index->start + index->count; known++)
            if (tg_column_row_equal(index->column, known, source, row))
                return known;
        return TG_VALUE_NONE;
    }
    uint32_t hash = (uint32_t)hash_row(source, row);
    for (uint32_t at = hash & (index->slot_count - 1); index->slots[at].place != 0;
         at = (at + 1) & (index->slot_count - 1)) {
        uint32_t known = index->start + index->slots[at].place - 1;
        if (index->slots[at].hash == hash && tg_column_row_equal(index->column, known, source, row))
            return known;
    }
    return TG_VALUE_NONE;
}
