#include "base/memory.h"
#include "state/table.h"

#include <stdlib.h>

#define TAIL_LEAST 64u

void tg_entry_list_add(struct tg_entry_list *list, struct tg_entry *entry)
{
    if (list->count == list->capacity)
        tg_grow((void **)&list->entries, &list->capacity, list->count + 1, sizeof(struct tg_entry *));
    list->entries[list->count++] = entry;
}

void tg_entry_list_done(struct tg_entry_list *list)
{
    tg_free(list->entries);
    *list = (struct tg_entry_list){0};
}

static int compare_entries(const void *a, const void *b)
{
    const struct tg_entry *const *left = a;
    const struct tg_entry *const *right = b;
    return tg_slice_compare(tg_entry_key(*left), tg_entry_key(*right));
}

void tg_entry_list_sort(struct tg_entry_list *list)
{
    if (list->count > 1)
        qsort(list->entries, list->count, sizeof(struct tg_entry *), compare_entries);
}

static size_t sealed_size(const struct tg_sealed_version *version)
{
    return sizeof *version + version->length;
}

/* The open generation is about to change what the sealed one wrote: keep a copy until its commit is known. */
static void keep_sealed(struct tg_table *table, struct tg_entry *entry)
{
    struct tg_sealed_version *version = tg_slab_alloc(&table->slab, sizeof *version + entry->value_length);
    version->timestamp_ms = entry->timestamp_ms;
    version->length = entry->value_length;
    version->removed = tg_entry_has(entry, TG_ENTRY_REMOVED);
    if (version->length > 0)
        memcpy(version->bytes, entry->value, version->length);
    entry->sealed = version;
}

static void drop_sealed(struct tg_table *table, struct tg_entry *entry)
{
    if (entry->sealed == NULL)
        return;
    tg_slab_free(&table->slab, entry->sealed, sealed_size(entry->sealed));
    entry->sealed = NULL;
}

void tg_table_touch(struct tg_table *table, struct tg_entry *entry)
{
    if (tg_entry_has(entry, TG_ENTRY_OPEN))
        return;
    if (tg_entry_has(entry, TG_ENTRY_SEALED)) {
        keep_sealed(table, entry);
    } else {
        table->dirty_count++;
        if (table->order.kept)
            tg_entry_list_add(&table->order.list, entry);
    }
    entry->flags |= TG_ENTRY_OPEN;
    table->dirty_bytes += entry->key_length + entry->value_length;
    tg_entry_list_add(&table->open, entry);
}

/* Takes out of the order what is not dirty any more. Before such entries are freed. */
static void filter_order(struct tg_entry_order *order, unsigned keep_flags)
{
    size_t kept = 0;
    size_t sorted = 0;
    for (size_t i = 0; i < order->list.count; i++) {
        struct tg_entry *entry = order->list.entries[i];
        if ((entry->flags & keep_flags) == 0)
            continue;
        order->list.entries[kept++] = entry;
        if (i < order->sorted)
            sorted = kept;
    }
    order->list.count = kept;
    order->sorted = sorted;
}

static void forget_order(struct tg_entry_order *order)
{
    order->list.count = 0;
    order->sorted = 0;
    order->kept = false;
    order->used = false;
}

static void became_clean(struct tg_table *table, struct tg_entry *entry)
{
    table->dirty_count--;
    if (tg_entry_has(entry, TG_ENTRY_REMOVED))
        tg_table_remove(table, entry);
}

void tg_table_seal(struct tg_table *table)
{
    TG_ASSERT(table->sealed.count == 0);
    struct tg_entry_list sealed = table->open;
    table->open = table->sealed;
    bool left_out = false;
    const uint8_t never_was = TG_ENTRY_REMOVED | TG_ENTRY_ABSENT_BELOW;
    for (size_t i = 0; i < sealed.count; i++) {
        struct tg_entry *entry = sealed.entries[i];
        entry->flags &= (uint8_t)~TG_ENTRY_OPEN;
        /* What was made and removed since the last seal was visible to nobody: it needs no tombstone. */
        if ((entry->flags & never_was) == never_was)
            left_out = true;
        else
            entry->flags = (uint8_t)((entry->flags | TG_ENTRY_SEALED) & ~TG_ENTRY_ABSENT_BELOW);
    }
    table->sealed = sealed;
    if (!left_out)
        return;
    filter_order(&table->order, TG_ENTRY_SEALED);
    size_t kept = 0;
    for (size_t i = 0; i < sealed.count; i++) {
        struct tg_entry *entry = sealed.entries[i];
        if (tg_entry_has(entry, TG_ENTRY_SEALED)) {
            table->sealed.entries[kept++] = entry;
            continue;
        }
        table->dirty_bytes -= entry->key_length + entry->value_length;
        became_clean(table, entry);
    }
    table->sealed.count = kept;
}

struct tg_slice tg_entry_sealed_value(const struct tg_entry *entry, int64_t *ret_timestamp_ms,
                                      bool *ret_removed)
{
    if (entry->sealed != NULL) {
        *ret_timestamp_ms = entry->sealed->timestamp_ms;
        *ret_removed = entry->sealed->removed;
        return tg_slice_of(entry->sealed->bytes, entry->sealed->length);
    }
    *ret_timestamp_ms = entry->timestamp_ms;
    *ret_removed = tg_entry_has(entry, TG_ENTRY_REMOVED);
    return tg_entry_value(entry);
}

/* The entry leaves the sealed generation. */
static void unseal(struct tg_table *table, struct tg_entry *entry)
{
    size_t length = entry->sealed != NULL ? entry->sealed->length : entry->value_length;
    table->dirty_bytes -= entry->key_length + length;
    drop_sealed(table, entry);
    entry->flags &= (uint8_t)~TG_ENTRY_SEALED;
}

void tg_table_sealed_committed(struct tg_table *table)
{
    if (table->order.used)
        filter_order(&table->order, TG_ENTRY_OPEN);
    else
        forget_order(&table->order); /* no scan since the last commit: the next one builds it again */
    table->order.used = false;
    for (size_t i = 0; i < table->sealed.count; i++) {
        struct tg_entry *entry = table->sealed.entries[i];
        unseal(table, entry);
        if (!tg_entry_has(entry, TG_ENTRY_OPEN))
            became_clean(table, entry);
    }
    table->sealed.count = 0;
}

void tg_table_discard(struct tg_table *table)
{
    forget_order(&table->order);
    for (size_t i = 0; i < table->sealed.count; i++) {
        struct tg_entry *entry = table->sealed.entries[i];
        unseal(table, entry);
        if (!tg_entry_has(entry, TG_ENTRY_OPEN))
            tg_table_remove(table, entry);
    }
    for (size_t i = 0; i < table->open.count; i++)
        tg_table_remove(table, table->open.entries[i]);
    table->sealed.count = 0;
    table->open.count = 0;
    table->dirty_count = 0;
    table->dirty_bytes = 0;
}

/* ---- key order, for scans ---- */

static void build_order(struct tg_table *table)
{
    struct tg_entry_order *order = &table->order;
    forget_order(order);
    order->kept = true;
    for (size_t i = 0; i < table->open.count; i++)
        tg_entry_list_add(&order->list, table->open.entries[i]);
    for (size_t i = 0; i < table->sealed.count; i++) {
        if (!tg_entry_has(table->sealed.entries[i], TG_ENTRY_OPEN))
            tg_entry_list_add(&order->list, table->sealed.entries[i]);
    }
    tg_entry_list_sort(&order->list);
    order->sorted = order->list.count;
}

static void merge_tail(struct tg_entry_order *order)
{
    struct tg_entry_list tail = {
        .entries = order->list.entries + order->sorted,
        .count = order->list.count - order->sorted,
    };
    tg_entry_list_sort(&tail);
    order->scratch.count = 0;
    size_t left = 0;
    size_t right = 0;
    while (left < order->sorted && right < tail.count) {
        bool take_left = compare_entries(&order->list.entries[left], &tail.entries[right]) < 0;
        tg_entry_list_add(&order->scratch, take_left ? order->list.entries[left++] : tail.entries[right++]);
    }
    while (left < order->sorted)
        tg_entry_list_add(&order->scratch, order->list.entries[left++]);
    while (right < tail.count)
        tg_entry_list_add(&order->scratch, tail.entries[right++]);
    struct tg_entry_list merged = order->scratch;
    order->scratch = order->list;
    order->list = merged;
    order->sorted = merged.count;
}

/* First index whose key is not below `key`. */
static size_t lower_bound(const struct tg_entry_order *order, struct tg_slice key)
{
    size_t low = 0;
    size_t high = order->sorted;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (tg_slice_compare(tg_entry_key(order->list.entries[middle]), key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* A tail of about the root of the count balances what a scan filters against what merging costs per change.
 */
static bool tail_is_long(const struct tg_entry_order *order)
{
    size_t tail = order->list.count - order->sorted;
    return tail > TAIL_LEAST && tail * tail > order->list.count;
}

struct tg_order_range tg_table_order(struct tg_table *table, struct tg_slice from, struct tg_slice to,
                                     struct tg_entry_list *tail)
{
    struct tg_entry_order *order = &table->order;
    if (!order->kept)
        build_order(table);
    else if (tail_is_long(order))
        merge_tail(order);
    order->used = true;
    tail->count = 0;
    for (size_t i = order->sorted; i < order->list.count; i++) {
        struct tg_slice key = tg_entry_key(order->list.entries[i]);
        if (tg_slice_compare(key, from) >= 0 && (to.length == 0 || tg_slice_compare(key, to) < 0))
            tg_entry_list_add(tail, order->list.entries[i]);
    }
    tg_entry_list_sort(tail);
    struct tg_order_range range = {.first = lower_bound(order, from), .end = order->sorted};
    if (to.length > 0)
        range.end = lower_bound(order, to);
    if (range.end < range.first)
        range.end = range.first;
    return range;
}
