#include "state/order.h"

#include "base/memory.h"

#include <stdlib.h>

#define TAIL_LEAST 64u
#define COMMITS_UNUSED_MAX 64u

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

/* ---- membership ---- */

static void append(struct tg_entry_order *order, struct tg_entry *entry)
{
    tg_entry_set(entry, TG_ENTRY_IN_ORDER);
    tg_entry_list_add(&order->list, entry);
}

void tg_order_add(struct tg_table *table, struct tg_entry *entry)
{
    if (table->order.kept && !tg_entry_has(entry, TG_ENTRY_IN_ORDER))
        append(&table->order, entry);
}

/* Keeps entries that have one of `wanted` and none of `unwanted`. */
static void filter(struct tg_entry_order *order, unsigned wanted, unsigned unwanted)
{
    size_t kept = 0;
    size_t sorted = 0;
    for (size_t i = 0; i < order->list.count; i++) {
        struct tg_entry *entry = order->list.entries[i];
        if (!tg_entry_has(entry, wanted) || tg_entry_has(entry, unwanted)) {
            tg_entry_unset(entry, TG_ENTRY_IN_ORDER);
            continue;
        }
        order->list.entries[kept++] = entry;
        if (i < order->sorted)
            sorted = kept;
    }
    order->list.count = kept;
    order->sorted = sorted;
}

void tg_order_drop_gone(struct tg_table *table)
{
    filter(&table->order, TG_ENTRY_IN_ORDER, TG_ENTRY_GONE);
}

void tg_order_drop_clean(struct tg_table *table)
{
    filter(&table->order, TG_ENTRY_UNCLEAN, 0);
}

void tg_order_forget(struct tg_table *table)
{
    filter(&table->order, 0, 0);
    table->order.kept = false;
}

void tg_order_committed(struct tg_table *table)
{
    if (table->order.kept && ++table->order.commits_unused > COMMITS_UNUSED_MAX)
        tg_order_forget(table);
}

/* ---- finding ---- */

static void add_list(struct tg_entry_order *order, const struct tg_entry_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        if (!tg_entry_has(list->entries[i], TG_ENTRY_IN_ORDER))
            append(order, list->entries[i]);
    }
}

static void build(struct tg_table *table)
{
    struct tg_entry_order *order = &table->order;
    order->kept = true;
    if (table->complete) {
        size_t position = 0;
        struct tg_entry *entry = NULL;
        while ((entry = tg_table_next(table, &position)) != NULL) {
            /* What is clean and removed is only remembered as absent. */
            if (tg_entry_has(entry, TG_ENTRY_UNCLEAN) || !tg_entry_has(entry, TG_ENTRY_REMOVED))
                append(order, entry);
        }
    } else {
        add_list(order, &table->open);
        add_list(order, &table->sealed);
        add_list(order, &table->pending);
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

static bool tail_is_long(const struct tg_entry_order *order)
{
    size_t tail = order->list.count - order->sorted;
    return tail > TAIL_LEAST && tail * tail > order->list.count;
}

/* First index of the sorted run whose key is not below `key`. */
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

struct tg_order_range tg_order_find(struct tg_table *table, struct tg_slice from, struct tg_slice to,
                                    struct tg_entry_list *tail)
{
    struct tg_entry_order *order = &table->order;
    if (!order->kept)
        build(table);
    else if (tail_is_long(order))
        merge_tail(order);
    order->commits_unused = 0;
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
