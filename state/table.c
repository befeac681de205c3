#include "state/table.h"

#include "base/memory.h"

#define SLOT_COUNT_LEAST 16u
#define SLOTS_MOVED_PER_INSERT 16u
#define CLOCK_AHEAD 8u /* slots whose entries are fetched before the hand comes to them */
#define CLOCK_FRUITLESS_ROUNDS 3u
#define SLOT_MOVED 1u /* in old_slots: the entry went to slots; probing goes on behind it */
#define POINTER_MASK 0x0000ffffffffffffull

static uint64_t slot_of(const struct tg_entry *entry)
{
    uint64_t address = (uint64_t)(uintptr_t)entry;
    return address | (entry->hash & ~POINTER_MASK);
}

static struct tg_entry *entry_of(uint64_t slot)
{
    return (struct tg_entry *)(uintptr_t)(slot & POINTER_MASK);
}

static bool matches(uint64_t slot, uint64_t hash, struct tg_slice key)
{
    if (((slot ^ hash) & ~POINTER_MASK) != 0 || (slot & POINTER_MASK) == SLOT_MOVED)
        return false;
    const struct tg_entry *entry = entry_of(slot);
    return entry->hash == hash && tg_slice_equal(tg_entry_key(entry), key);
}

static size_t value_offset(size_t key_length)
{
    return (offsetof(struct tg_entry, key) + key_length + 7) / 8 * 8;
}

static uint8_t *inline_value(struct tg_entry *entry)
{
    return (uint8_t *)entry + value_offset(entry->key_length);
}

static void free_value(struct tg_table *table, struct tg_entry *entry)
{
    if (entry->value != inline_value(entry))
        tg_slab_free(&table->slab, entry->value, entry->value_capacity);
    entry->value = inline_value(entry);
    entry->value_capacity = entry->inline_capacity;
}

static void free_entry(struct tg_table *table, struct tg_entry *entry)
{
    free_value(table, entry);
    tg_slab_free(&table->slab, entry, value_offset(entry->key_length) + entry->inline_capacity);
}

static struct tg_entry *new_entry(struct tg_table *table, struct tg_slice key, uint64_t hash,
                                  size_t value_length)
{
    size_t offset = value_offset(key.length);
    TG_ASSERT(offset + value_length < UINT32_MAX);
    size_t size = tg_slab_rounded(offset + value_length);
    struct tg_entry *entry = tg_slab_alloc(&table->slab, size);
    TG_ASSERT(((uintptr_t)entry & ~POINTER_MASK) == 0);
    *entry = (struct tg_entry){
        .hash = hash,
        .value = (uint8_t *)entry + offset,
        .value_capacity = (uint32_t)(size - offset),
        .inline_capacity = (uint32_t)(size - offset),
        .key_length = (uint32_t)key.length,
        .flags = TG_ENTRY_REMOVED,
    };
    if (key.length > 0)
        memcpy(entry->key, key.data, key.length);
    return entry;
}

/* ---- slots ---- */

static void place(uint64_t *slots, size_t slot_count, uint64_t slot, uint64_t hash)
{
    size_t mask = slot_count - 1;
    size_t i = (size_t)hash & mask;
    while (slots[i] != 0)
        i = (i + 1) & mask;
    slots[i] = slot;
}

static void move_slots(struct tg_table *table, size_t count)
{
    if (table->old_slots == NULL)
        return;
    size_t end =
        table->old_count - table->old_position < count ? table->old_count : table->old_position + count;
    for (size_t i = table->old_position; i < end && i < table->old_position + count; i++) {
        if (table->old_slots[i] > SLOT_MOVED)
            __builtin_prefetch(entry_of(table->old_slots[i]));
    }
    for (; table->old_position < end; table->old_position++) {
        uint64_t slot = table->old_slots[table->old_position];
        if (slot <= SLOT_MOVED)
            continue;
        place(table->slots, table->slot_count, slot, entry_of(slot)->hash);
        table->old_slots[table->old_position] = SLOT_MOVED;
    }
    if (table->old_position == table->old_count) {
        tg_free(table->old_slots);
        table->old_slots = NULL;
        table->old_count = 0;
        table->old_position = 0;
    }
}

static void make_room(struct tg_table *table)
{
    move_slots(table, SLOTS_MOVED_PER_INSERT);
    if ((table->entry_count + 1) * 10 <= table->slot_count * 7)
        return;
    while (table->old_slots != NULL)
        move_slots(table, SLOTS_MOVED_PER_INSERT);
    table->old_slots = table->slots;
    table->old_count = table->slot_count;
    table->old_position = 0;
    table->slot_count = table->slot_count == 0 ? SLOT_COUNT_LEAST : table->slot_count * 2;
    table->slots = tg_alloc_zero(table->slot_count, sizeof *table->slots);
    move_slots(table, SLOTS_MOVED_PER_INSERT);
}

struct tg_entry *tg_table_find(const struct tg_table *table, struct tg_slice key, uint64_t hash)
{
    if (table->entry_count == 0)
        return NULL;
    size_t mask = table->slot_count - 1;
    for (size_t i = (size_t)hash & mask; table->slots[i] != 0; i = (i + 1) & mask) {
        if (matches(table->slots[i], hash, key))
            return entry_of(table->slots[i]);
    }
    if (table->old_slots == NULL)
        return NULL;
    mask = table->old_count - 1;
    size_t i = (size_t)hash & mask;
    for (size_t probes = 0; probes < table->old_count && table->old_slots[i] != 0; probes++) {
        if (matches(table->old_slots[i], hash, key))
            return entry_of(table->old_slots[i]);
        i = (i + 1) & mask;
    }
    return NULL;
}

struct tg_entry *tg_table_upsert(struct tg_table *table, struct tg_slice key, uint64_t hash,
                                 size_t value_length, bool *ret_created)
{
    /* Two sets of slots exist only for a while after a growth; else the probe below finds and makes. */
    if (table->old_slots != NULL) {
        struct tg_entry *found = tg_table_find(table, key, hash);
        if (found != NULL) {
            *ret_created = false;
            return found;
        }
    }
    size_t i = 0;
    if (table->slot_count > 0) {
        size_t mask = table->slot_count - 1;
        for (i = (size_t)hash & mask; table->slots[i] != 0; i = (i + 1) & mask) {
            if (matches(table->slots[i], hash, key)) {
                *ret_created = false;
                return entry_of(table->slots[i]);
            }
        }
    }
    *ret_created = true;
    struct tg_entry *entry = new_entry(table, key, hash, value_length);
    uint64_t *slots = table->slots;
    bool was_moving = table->old_slots != NULL;
    make_room(table);
    if (slots != table->slots || was_moving)
        place(table->slots, table->slot_count, slot_of(entry), hash);
    else
        table->slots[i] = slot_of(entry);
    table->entry_count++;
    return entry;
}

struct tg_entry *tg_table_next(const struct tg_table *table, size_t *position)
{
    while (*position < table->slot_count + table->old_count) {
        size_t i = (*position)++;
        uint64_t slot = i < table->slot_count ? table->slots[i] : table->old_slots[i - table->slot_count];
        if (slot > SLOT_MOVED)
            return entry_of(slot);
    }
    return NULL;
}

void tg_table_prefetch_slot(const struct tg_table *table, uint64_t hash)
{
    if (table->slot_count > 0)
        __builtin_prefetch(&table->slots[(size_t)hash & (table->slot_count - 1)]);
}

void tg_table_prefetch_entry(const struct tg_table *table, uint64_t hash)
{
    if (table->slot_count == 0)
        return;
    size_t mask = table->slot_count - 1;
    for (size_t i = (size_t)hash & mask; table->slots[i] != 0; i = (i + 1) & mask) {
        if (((table->slots[i] ^ hash) & ~POINTER_MASK) != 0)
            continue;
        const struct tg_entry *entry = entry_of(table->slots[i]);
        __builtin_prefetch(entry);
        __builtin_prefetch((const uint8_t *)entry + 64);
        return;
    }
}

/* Takes an entry out of `slots`, closing the gap by moving later entries of the probe sequence up. */
static bool unlink_slot(struct tg_table *table, const struct tg_entry *entry)
{
    size_t mask = table->slot_count - 1;
    uint64_t wanted = slot_of(entry);
    size_t gap = (size_t)entry->hash & mask;
    while (table->slots[gap] != wanted) {
        if (table->slots[gap] == 0)
            return false;
        gap = (gap + 1) & mask;
    }
    for (size_t i = (gap + 1) & mask; table->slots[i] != 0; i = (i + 1) & mask) {
        size_t home = (size_t)entry_of(table->slots[i])->hash & mask;
        if (((i - home) & mask) >= ((i - gap) & mask)) {
            table->slots[gap] = table->slots[i];
            gap = i;
        }
    }
    table->slots[gap] = 0;
    return true;
}

void tg_table_remove(struct tg_table *table, struct tg_entry *entry)
{
    if (!unlink_slot(table, entry)) {
        size_t mask = table->old_count - 1;
        size_t i = (size_t)entry->hash & mask;
        while (table->old_slots[i] != slot_of(entry))
            i = (i + 1) & mask;
        table->old_slots[i] = SLOT_MOVED;
    }
    table->entry_count--;
    free_entry(table, entry);
}

/* ---- values ---- */

static void account_length(struct tg_table *table, struct tg_entry *entry, size_t length)
{
    if (tg_entry_has(entry, TG_ENTRY_OPEN)) {
        table->dirty_bytes += length;
        table->dirty_bytes -= entry->value_length;
    }
    entry->value_length = (uint32_t)length;
}

void tg_table_set_value(struct tg_table *table, struct tg_entry *entry, struct tg_slice bytes)
{
    TG_ASSERT(bytes.length < UINT32_MAX);
    if (bytes.length <= entry->value_capacity) {
        if (bytes.length > 0)
            memmove(entry->value, bytes.data, bytes.length);
    } else {
        size_t capacity = tg_slab_rounded(bytes.length);
        uint8_t *value = tg_slab_alloc(&table->slab, capacity);
        memcpy(value, bytes.data, bytes.length);
        free_value(table, entry);
        entry->value = value;
        entry->value_capacity = (uint32_t)capacity;
    }
    account_length(table, entry, bytes.length);
}

void tg_table_set_zero(struct tg_table *table, struct tg_entry *entry, size_t length)
{
    TG_ASSERT(length < UINT32_MAX);
    if (length > entry->value_capacity) {
        size_t capacity = tg_slab_rounded(length);
        free_value(table, entry);
        entry->value = tg_slab_alloc(&table->slab, capacity);
        entry->value_capacity = (uint32_t)capacity;
    }
    if (length > 0)
        memset(entry->value, 0, length);
    account_length(table, entry, length);
}

/* ---- the whole table ---- */

void tg_table_init(struct tg_table *table)
{
    *table = (struct tg_table){0};
    tg_slab_init(&table->slab);
}

static void free_entries(struct tg_table *table)
{
    size_t position = 0;
    struct tg_entry *entry = NULL;
    while ((entry = tg_table_next(table, &position)) != NULL) {
        tg_entry_free_versions(&table->slab, entry);
        free_entry(table, entry);
    }
}

void tg_table_done(struct tg_table *table)
{
    free_entries(table); /* large blocks are not in the slab */
    tg_free(table->slots);
    tg_free(table->old_slots);
    tg_slab_done(&table->slab);
    tg_entry_list_done(&table->open);
    tg_entry_list_done(&table->sealed);
    tg_entry_list_done(&table->pending);
    tg_entry_list_done(&table->gone);
    tg_entry_list_done(&table->order.list);
    tg_entry_list_done(&table->order.scratch);
}

void tg_table_clear(struct tg_table *table)
{
    TG_ASSERT(table->unclean_count == 0);
    uint64_t evictions = table->evictions;
    tg_table_done(table);
    tg_table_init(table);
    table->evictions = evictions;
}

size_t tg_table_bytes(const struct tg_table *table)
{
    /* Slots by their share: after a burst they stay, and must not push every clean entry out for good. */
    return table->slab.used_bytes + table->entry_count * 2 * sizeof *table->slots;
}

/* Looks at the slot under the hand. */
static void step_clock(struct tg_table *table, const struct tg_entry *keep)
{
    table->hand &= table->slot_count - 1;
    uint64_t slot = table->slots[table->hand];
    struct tg_entry *entry = entry_of(slot);
    __builtin_prefetch(entry_of(table->slots[(table->hand + CLOCK_AHEAD) & (table->slot_count - 1)]));
    table->fruitless_steps++;
    if (slot == 0 || entry == keep || tg_entry_has(entry, TG_ENTRY_UNCLEAN | TG_ENTRY_GONE)) {
        table->hand++;
    } else if (tg_entry_has(entry, TG_ENTRY_REFERENCED)) {
        tg_entry_unset(entry, TG_ENTRY_REFERENCED);
        table->hand++;
    } else {
        TG_ASSERT(!tg_entry_has(entry, TG_ENTRY_IN_ORDER));
        tg_table_remove(table, entry); /* the hand stays: another entry may have moved into this slot */
        table->evictions++;
        table->fruitless_steps = 0;
    }
}

static bool can_evict(const struct tg_table *table, size_t bytes_max)
{
    return tg_table_bytes(table) > bytes_max && table->entry_count > table->unclean_count;
}

static void step_clock_up_to(struct tg_table *table, size_t steps, size_t bytes_max,
                             const struct tg_entry *keep)
{
    tg_table_leave_complete(table);
    /* What is left cannot go (it waits to be freed, or was just made): looking again helps only after a
     * commit. */
    size_t fruitless_max = CLOCK_FRUITLESS_ROUNDS * table->slot_count;
    for (; steps > 0 && can_evict(table, bytes_max) && table->fruitless_steps < fruitless_max; steps--)
        step_clock(table, keep);
}

void tg_table_evict(struct tg_table *table, size_t bytes_max, const struct tg_entry *keep)
{
    if (!can_evict(table, bytes_max))
        return;
    /* Enough slots to keep up with one insertion per call, more when far above the limit. */
    size_t steps = tg_table_bytes(table) > bytes_max + bytes_max / 8 ? 64 : 8;
    step_clock_up_to(table, steps, bytes_max, keep);
}

void tg_table_shrink(struct tg_table *table, size_t bytes_max)
{
    /* One round takes the second chances back, one evicts; what moves behind the hand waits for the next
     * time. */
    if (can_evict(table, bytes_max))
        step_clock_up_to(table, 3 * table->slot_count, bytes_max, NULL);
}
