/* Live sessions by key: a table of bounded size, emptied with each commit. */
#include "topology/aggregate/session.h"

#include "base/memory.h"

enum {
    LIVE_MAX = 8192,
    SLOT_COUNT = 2 * LIVE_MAX,
    BYTES_MAX = 1 << 20, /* of keys and values */
    ARENA_BLOCK_BYTES = 64 << 10
};

struct aggregate_live *aggregate_live_find(const struct aggregate_live_sessions *sessions,
                                           struct tg_slice key)
{
    if (sessions->count == 0)
        return NULL;
    uint64_t hash = tg_slice_hash(key);
    for (uint32_t i = (uint32_t)hash % SLOT_COUNT; sessions->slots[i] != 0; i = (i + 1) % SLOT_COUNT) {
        struct aggregate_live *live = &sessions->entries[sessions->slots[i] - 1];
        if (live->hash == hash && !live->gone && tg_slice_equal(live->key, key))
            return live;
    }
    return NULL;
}

bool aggregate_live_is_full(const struct aggregate_live_sessions *sessions)
{
    return sessions->count == LIVE_MAX || sessions->bytes > BYTES_MAX;
}

void aggregate_live_set_value(struct aggregate_live_sessions *sessions, struct aggregate_live *live,
                              struct tg_slice value)
{
    if (value.length > live->value_capacity) {
        live->value_capacity = live->value_capacity == 0 ? value.length : value.length * 2;
        live->value = tg_arena_alloc(sessions->arena, live->value_capacity);
        sessions->bytes += live->value_capacity;
    }
    if (value.length > 0)
        memcpy(live->value, value.data, value.length);
    live->value_length = value.length;
}

void aggregate_live_add(struct aggregate_live_sessions *sessions, struct tg_slice key,
                        const struct aggregate_session *bounds, struct tg_slice value)
{
    TG_ASSERT(sessions->count < LIVE_MAX);
    if (sessions->entries == NULL) {
        sessions->entries = tg_alloc_zero(LIVE_MAX, sizeof *sessions->entries);
        sessions->slots = tg_alloc_zero(SLOT_COUNT, sizeof *sessions->slots);
        sessions->arena = tg_arena_new(ARENA_BLOCK_BYTES);
    }
    uint64_t hash = tg_slice_hash(key);
    uint32_t slot = (uint32_t)hash % SLOT_COUNT;
    while (sessions->slots[slot] != 0)
        slot = (slot + 1) % SLOT_COUNT;
    struct aggregate_live *live = &sessions->entries[sessions->count++];
    sessions->slots[slot] = sessions->count;
    *live = (struct aggregate_live){
        .key = tg_arena_copy(sessions->arena, key),
        .hash = hash,
        .start_ms = bounds->start_ms,
        .end_ms = bounds->end_ms,
        .stored_end_ms = bounds->end_ms,
        .slot = slot,
    };
    sessions->bytes += key.length;
    aggregate_live_set_value(sessions, live, value);
}

void aggregate_live_reset(struct aggregate_live_sessions *sessions)
{
    if (sessions->count == 0)
        return;
    for (uint32_t i = 0; i < sessions->count; i++)
        sessions->slots[sessions->entries[i].slot] = 0;
    sessions->count = 0;
    sessions->bytes = 0;
    tg_arena_reset(sessions->arena);
}

void aggregate_live_done(struct aggregate_live_sessions *sessions)
{
    tg_free(sessions->entries);
    tg_free(sessions->slots);
    tg_arena_free(sessions->arena);
}
