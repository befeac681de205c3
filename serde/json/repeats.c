#include "serde/json/repeats.h"

enum { COMPARED_ONE_BY_ONE_MAX = 8, NOBODY = -1 };

struct names {
    const struct tg_slice *names;
    uint32_t mask;
    int32_t *table; /* index of a first appearance by hash; NULL: few names */
};

/* The first appearance of name `index` among those before it; NOBODY: this is it. */
static int32_t find_first(struct names *names, uint32_t index)
{
    if (names->table == NULL) {
        for (uint32_t i = 0; i < index; i++)
            if (tg_slice_equal(names->names[i], names->names[index]))
                return (int32_t)i;
        return NOBODY;
    }
    uint32_t slot = (uint32_t)tg_slice_hash(names->names[index]) & names->mask;
    for (; names->table[slot] != NOBODY; slot = (slot + 1) & names->mask)
        if (tg_slice_equal(names->names[names->table[slot]], names->names[index]))
            return names->table[slot];
    names->table[slot] = (int32_t)index;
    return NOBODY;
}

bool tg_json_repeats(const struct tg_slice *names, uint32_t count, struct tg_arena *arena, int32_t *last_of)
{
    struct names lookup = {.names = names};
    if (count > COMPARED_ONE_BY_ONE_MAX) {
        uint32_t slots = 16;
        while (slots < count * 2)
            slots *= 2;
        lookup.mask = slots - 1;
        lookup.table = tg_arena_alloc(arena, slots * sizeof *lookup.table);
        memset(lookup.table, 0xff, slots * sizeof *lookup.table);
    }
    bool repeated = false;
    for (uint32_t i = 0; i < count; i++) {
        int32_t first = find_first(&lookup, i);
        repeated |= first != NOBODY;
        if (last_of == NULL)
            continue;
        last_of[i] = first == NOBODY ? (int32_t)i : TG_JSON_REPEATED;
        if (first != NOBODY)
            last_of[first] = (int32_t)i;
    }
    return repeated;
}

void tg_json_keep_last(struct tg_column *map, struct tg_range *range, struct tg_arena *arena)
{
    struct tg_column *key = map->children[0];
    if (range->count < 2)
        return;
    const struct tg_slice *names = key->values.bytes + range->start;
    if (!tg_json_repeats(names, range->count, arena, NULL))
        return;
    int32_t *last_of = tg_arena_alloc(arena, range->count * sizeof *last_of);
    tg_json_repeats(names, range->count, arena, last_of);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < range->count; i++) {
        if (last_of[i] == TG_JSON_REPEATED)
            continue;
        tg_column_copy_row(key, range->start + kept, key, range->start + i);
        tg_column_copy_row(map->children[1], range->start + kept, map->children[1],
                           range->start + (uint32_t)last_of[i]);
        kept++;
    }
    range->count = kept;
}
