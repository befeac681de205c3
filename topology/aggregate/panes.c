/* Hopping windows that share panes. The store holds panes [n * advance, (n + 1) * advance) under keys of
 * windows; a window is the panes from its start to its end. A row belongs to one pane, however many windows
 * it is in; a window that closes merges its panes, key by key. */
#include "state/window_key.h"
#include "topology/aggregate/aggregate.h"

/* A pane of the window that closes, read in the order of keys. */
struct aggregate_pane {
    struct tg_store_cursor *cursor;
    bool more;  /* `key` and `value` hold an entry */
    bool taken; /* and it was merged already */
    struct tg_slice store_key;
    struct tg_slice key; /* of the group */
    struct tg_value value;
};

static const struct tg_window *window_of(const struct aggregate *aggregate)
{
    return &aggregate_node(aggregate)->window;
}

static uint32_t pane_count(const struct aggregate *aggregate)
{
    return (uint32_t)(window_of(aggregate)->size_ms / window_of(aggregate)->advance_ms);
}

static enum tg_code next_entry(struct aggregate_pane *pane, struct tg_error *reterr)
{
    struct tg_window_key key;
    pane->taken = false;
    pane->more = tg_store_cursor_next(pane->cursor, &pane->store_key, &pane->value);
    if (!pane->more)
        return tg_store_cursor_status(pane->cursor, reterr);
    TG_TRY(tg_window_key_read_local(pane->store_key, &key, reterr));
    pane->key = key.key;
    return TG_OK;
}

/* Panes from `from_ms` on that start before `to_ms`. */
static enum tg_code scan(struct aggregate *aggregate, int64_t from_ms, int64_t to_ms,
                         struct tg_store_cursor **ret_cursor, struct tg_error *reterr)
{
    tg_window_key_bound(&aggregate->scan_from, from_ms);
    tg_window_key_bound(&aggregate->scan_to, to_ms);
    return tg_store_scan(aggregate->store->store, tg_buffer_slice(&aggregate->scan_from),
                         tg_buffer_slice(&aggregate->scan_to), ret_cursor, reterr);
}

/* The start of the first pane in [from_ms, to_ms), or INT64_MAX. */
static enum tg_code find_pane(struct aggregate *aggregate, int64_t from_ms, int64_t to_ms,
                              int64_t *ret_start_ms, struct tg_error *reterr)
{
    struct tg_store_cursor *cursor = NULL;
    struct tg_slice key;
    struct tg_value value;
    struct tg_window_key pane = {.start_ms = INT64_MAX};
    TG_TRY(scan(aggregate, from_ms, to_ms, &cursor, reterr));
    enum tg_code code = tg_store_cursor_next(cursor, &key, &value)
                            ? tg_window_key_read_local(key, &pane, reterr)
                            : tg_store_cursor_status(cursor, reterr);
    tg_store_cursor_close(cursor);
    *ret_start_ms = pane.start_ms;
    return code;
}

static enum tg_code open_panes(struct aggregate *aggregate, int64_t start_ms, struct tg_error *reterr)
{
    int64_t advance = window_of(aggregate)->advance_ms;
    for (uint32_t i = 0; i < pane_count(aggregate); i++, start_ms += advance) {
        TG_TRY(scan(aggregate, start_ms, start_ms + advance, &aggregate->panes[i].cursor, reterr));
        TG_TRY(next_entry(&aggregate->panes[i], reterr));
    }
    return TG_OK;
}

static void close_panes(struct aggregate *aggregate)
{
    for (uint32_t i = 0; i < pane_count(aggregate); i++) {
        tg_store_cursor_close(aggregate->panes[i].cursor);
        aggregate->panes[i] = (struct aggregate_pane){0};
    }
}

/* The pane whose next key is the lowest, the first of several; NULL: all are at their ends. */
static struct aggregate_pane *lowest(struct aggregate *aggregate)
{
    struct aggregate_pane *found = NULL;
    for (uint32_t i = 0; i < pane_count(aggregate); i++) {
        struct aggregate_pane *pane = &aggregate->panes[i];
        if (pane->more && (found == NULL || tg_slice_compare(pane->key, found->key) < 0))
            found = pane;
    }
    return found;
}

/* Emits the window's result for the key of `first` and goes on in all panes that have the key. */
static enum tg_code merge_key(struct aggregate *aggregate, struct aggregate_pane *first, int64_t start_ms,
                              struct tg_error *reterr)
{
    struct aggregate_pane *end = aggregate->panes + pane_count(aggregate);
    struct tg_value result = first->value;
    bool merged = false;
    for (struct aggregate_pane *pane = first + 1; pane < end; pane++) {
        if (!pane->more || !tg_slice_equal(pane->key, first->key))
            continue;
        if (!merged)
            TG_TRY(aggregate_state_begin(aggregate, first->value.bytes, reterr));
        merged = true;
        TG_TRY(aggregate_state_merge(aggregate, pane->value.bytes, reterr));
        result.bytes = tg_buffer_slice(&aggregate->value);
        if (pane->value.timestamp_ms > result.timestamp_ms)
            result.timestamp_ms = pane->value.timestamp_ms;
        pane->taken = true;
    }
    const struct aggregate_change change = {
        .row = AGGREGATE_NO_ROW,
        .key = first->key,
        .start_ms = start_ms,
        .end_ms = start_ms + window_of(aggregate)->size_ms,
        .time_ms = result.timestamp_ms,
        .after = &result.bytes,
    };
    TG_TRY(aggregate_emit(aggregate, &change, reterr));
    if (first == aggregate->panes) /* no later window has this pane */
        aggregate_remember_removal(aggregate, first->store_key);
    for (struct aggregate_pane *pane = first + 1; pane < end; pane++)
        if (pane->taken)
            TG_TRY(next_entry(pane, reterr));
    return next_entry(first, reterr);
}

static enum tg_code close_window(struct aggregate *aggregate, int64_t start_ms, struct tg_error *reterr)
{
    tg_buffer_clear(&aggregate->removed_keys);
    enum tg_code code = open_panes(aggregate, start_ms, reterr);
    for (struct aggregate_pane *pane; code == TG_OK && (pane = lowest(aggregate)) != NULL;)
        code = merge_key(aggregate, pane, start_ms, reterr);
    close_panes(aggregate);
    TG_TRY(code);
    return aggregate_remove_remembered(aggregate, reterr);
}

enum tg_code aggregate_close_panes(struct aggregate *aggregate, int64_t last_start_ms,
                                   struct tg_error *reterr)
{
    const struct tg_window *window = window_of(aggregate);
    int64_t start =
        aggregate->closed_start_ms == INT64_MIN ? 0 : aggregate->closed_start_ms + window->advance_ms;
    if (aggregate->panes == NULL)
        aggregate->panes = tg_arena_alloc_zero(aggregate->base.task->arena, pane_count(aggregate),
                                               sizeof(struct aggregate_pane));
    while (start <= last_start_ms) {
        int64_t pane;
        TG_TRY(find_pane(aggregate, start, last_start_ms + window->size_ms, &pane, reterr));
        if (pane == INT64_MAX)
            break;
        if (pane - window->size_ms + window->advance_ms > start) /* nothing fell into the windows before */
            start = pane - window->size_ms + window->advance_ms;
        if (start > last_start_ms)
            break;
        TG_TRY(close_window(aggregate, start, reterr));
        start += window->advance_ms;
    }
    aggregate->closed_start_ms = last_start_ms;
    return TG_OK;
}
