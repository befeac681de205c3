#include "base/map.h"

#include "base/error.h"
#include "base/memory.h"

struct entry {
    uint64_t hash;
    struct tg_slice key; /* owned */
    void *value;
};

enum { EMPTY = 0, SLOTS_LEAST = 16 };

struct tg_map {
    struct entry *entries; /* in insertion order */
    size_t count;
    size_t capacity;
    uint32_t *slots;   /* entry number + 1, or EMPTY; linear probing */
    size_t slot_count; /* a power of two, at least twice `count` */
};

struct tg_map *tg_map_new(void)
{
    struct tg_map *map = tg_alloc_zero(1, sizeof *map);
    map->slot_count = SLOTS_LEAST;
    map->slots = tg_alloc_zero(map->slot_count, sizeof *map->slots);
    return map;
}

void tg_map_free(struct tg_map *map)
{
    if (map == NULL)
        return;
    for (size_t i = 0; i < map->count; i++)
        tg_free((uint8_t *)map->entries[i].key.data);
    tg_free(map->entries);
    tg_free(map->slots);
    tg_free(map);
}

size_t tg_map_count(const struct tg_map *map)
{
    return map->count;
}

/* The slot that holds the key, or the empty one where it belongs. */
static size_t find_slot(const struct tg_map *map, uint64_t hash, struct tg_slice key)
{
    size_t mask = map->slot_count - 1;
    for (size_t slot = (size_t)hash & mask;; slot = (slot + 1) & mask) {
        if (map->slots[slot] == EMPTY)
            return slot;
        const struct entry *entry = &map->entries[map->slots[slot] - 1];
        if (entry->hash == hash && tg_slice_equal(entry->key, key))
            return slot;
    }
}

static void rebuild_slots(struct tg_map *map)
{
    memset(map->slots, 0, map->slot_count * sizeof *map->slots);
    for (size_t i = 0; i < map->count; i++)
        map->slots[find_slot(map, map->entries[i].hash, map->entries[i].key)] = (uint32_t)(i + 1);
}

void *tg_map_get(const struct tg_map *map, struct tg_slice key)
{
    uint32_t number = map->slots[find_slot(map, tg_slice_hash(key), key)];
    return number == EMPTY ? NULL : map->entries[number - 1].value;
}

void *tg_map_put(struct tg_map *map, struct tg_slice key, void *value)
{
    uint64_t hash = tg_slice_hash(key);
    size_t slot = find_slot(map, hash, key);
    if (map->slots[slot] != EMPTY) {
        struct entry *entry = &map->entries[map->slots[slot] - 1];
        void *replaced = entry->value;
        entry->value = value;
        return replaced;
    }
    TG_ASSERT(map->count < UINT32_MAX - 1);
    void *entries = map->entries;
    tg_grow(&entries, &map->capacity, map->count + 1, sizeof *map->entries);
    map->entries = entries;
    uint8_t *copy = tg_alloc(key.length);
    if (key.length > 0)
        memcpy(copy, key.data, key.length);
    map->entries[map->count++] =
        (struct entry){.hash = hash, .key = tg_slice_of(copy, key.length), .value = value};
    map->slots[slot] = (uint32_t)map->count;
    if (map->count * 2 > map->slot_count) {
        map->slot_count *= 2;
        map->slots = tg_realloc(map->slots, map->slot_count, sizeof *map->slots);
        rebuild_slots(map);
    }
    return NULL;
}

void *tg_map_remove(struct tg_map *map, struct tg_slice key)
{
    uint32_t number = map->slots[find_slot(map, tg_slice_hash(key), key)];
    if (number == EMPTY)
        return NULL;
    struct entry *entry = &map->entries[number - 1];
    void *removed = entry->value;
    tg_free((uint8_t *)entry->key.data);
    memmove(entry, entry + 1, (map->count - number) * sizeof *entry);
    map->count--;
    rebuild_slots(map);
    return removed;
}

struct tg_slice tg_map_key(const struct tg_map *map, size_t index)
{
    TG_ASSERT(index < map->count);
    return map->entries[index].key;
}

void *tg_map_value(const struct tg_map *map, size_t index)
{
    TG_ASSERT(index < map->count);
    return map->entries[index].value;
}
