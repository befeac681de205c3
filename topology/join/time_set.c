#include "topology/join/time_set.h"

#include "base/memory.h"

#include <string.h>

/* The last block that begins at `time_ms` or before; the first if there is none. */
static size_t find_block(const struct time_set *set, int64_t time_ms)
{
    size_t low = 0;
    size_t high = set->block_count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (set->blocks[middle]->entries[0].time_ms <= time_ms)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* The first entry of the block whose time is `time_ms` or later. */
static uint32_t find_entry(const struct time_set_block *block, int64_t time_ms)
{
    uint32_t low = 0;
    uint32_t high = block->length;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (block->entries[middle].time_ms < time_ms)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct time_set_block *insert_block(struct time_set *set, size_t at)
{
    struct time_set_block *block = set->spare;
    if (block != NULL)
        set->spare = block->next_spare;
    else
        block = tg_alloc(sizeof *block);
    block->length = 0;
    if (set->block_count == set->block_capacity)
        tg_grow((void **)&set->blocks, &set->block_capacity, set->block_count + 1,
                sizeof(struct time_set_block *));
    memmove(set->blocks + at + 1, set->blocks + at,
            (set->block_count - at) * sizeof(struct time_set_block *));
    set->blocks[at] = block;
    set->block_count++;
    return block;
}

static void remove_block(struct time_set *set, size_t at)
{
    set->blocks[at]->next_spare = set->spare;
    set->spare = set->blocks[at];
    set->block_count--;
    memmove(set->blocks + at, set->blocks + at + 1,
            (set->block_count - at) * sizeof(struct time_set_block *));
}

/* Makes room in a full block: its second half becomes the next block, or, behind the last entry of all, an
 * empty one does. *ret_entry moves along. */
static struct time_set_block *split(struct time_set *set, size_t at, uint32_t *ret_entry)
{
    struct time_set_block *block = set->blocks[at];
    struct time_set_block *next = insert_block(set, at + 1);
    if (*ret_entry == block->length && at + 2 == set->block_count) {
        *ret_entry = 0;
        return next;
    }
    uint32_t kept = block->length / 2;
    next->length = block->length - kept;
    memcpy(next->entries, block->entries + kept, next->length * sizeof *next->entries);
    block->length = kept;
    if (*ret_entry <= kept)
        return block;
    *ret_entry -= kept;
    return next;
}

void time_set_clear(struct time_set *set)
{
    while (set->block_count > 0)
        remove_block(set, set->block_count - 1);
}

void time_set_done(struct time_set *set)
{
    time_set_clear(set);
    while (set->spare != NULL) {
        struct time_set_block *block = set->spare;
        set->spare = block->next_spare;
        tg_free(block);
    }
    tg_free(set->blocks);
    *set = (struct time_set){0};
}

void time_set_add(struct time_set *set, int64_t time_ms)
{
    if (set->block_count == 0)
        insert_block(set, 0);
    size_t at = find_block(set, time_ms);
    struct time_set_block *block = set->blocks[at];
    uint32_t entry = find_entry(block, time_ms);
    if (entry < block->length && block->entries[entry].time_ms == time_ms) {
        block->entries[entry].count++;
        return;
    }
    if (block->length == TIME_SET_BLOCK_ENTRIES)
        block = split(set, at, &entry);
    memmove(block->entries + entry + 1, block->entries + entry,
            (block->length - entry) * sizeof *block->entries);
    block->entries[entry] = (struct time_set_entry){time_ms, 1};
    block->length++;
}

void time_set_take(struct time_set *set, int64_t time_ms, uint64_t count)
{
    if (set->block_count == 0)
        return;
    size_t at = find_block(set, time_ms);
    struct time_set_block *block = set->blocks[at];
    uint32_t entry = find_entry(block, time_ms);
    if (entry == block->length || block->entries[entry].time_ms != time_ms)
        return;
    if (block->entries[entry].count > count) {
        block->entries[entry].count -= count;
        return;
    }
    block->length--;
    memmove(block->entries + entry, block->entries + entry + 1,
            (block->length - entry) * sizeof *block->entries);
    if (block->length == 0)
        remove_block(set, at);
}

uint64_t time_set_count(const struct time_set *set, int64_t time_ms)
{
    if (set->block_count == 0)
        return 0;
    const struct time_set_block *block = set->blocks[find_block(set, time_ms)];
    uint32_t entry = find_entry(block, time_ms);
    return entry < block->length && block->entries[entry].time_ms == time_ms ? block->entries[entry].count
                                                                             : 0;
}

int64_t time_set_next(const struct time_set *set, int64_t from_ms)
{
    if (set->block_count == 0)
        return INT64_MAX;
    size_t at = find_block(set, from_ms);
    uint32_t entry = find_entry(set->blocks[at], from_ms);
    if (entry < set->blocks[at]->length)
        return set->blocks[at]->entries[entry].time_ms;
    return at + 1 < set->block_count ? set->blocks[at + 1]->entries[0].time_ms : INT64_MAX;
}

int64_t time_set_last(const struct time_set *set)
{
    if (set->block_count == 0)
        return INT64_MIN;
    const struct time_set_block *block = set->blocks[set->block_count - 1];
    return block->entries[block->length - 1].time_ms;
}
