#include "topology/join/rows.h"

#include "base/memory.h"
#include "state/join_key.h"

enum {
    HEAD_BYTES = 12,
    ENTRY_BYTES = 12,
    ENTRIES_AT_FIRST = 2,
    SEQUENCE_MAX = 0x7fffffff,
    SLICES = 8,              /* that the retention is divided into */
    SWEPT_AT_ONCE_MAX = 8192 /* index entries: a commit must not become too large */
};

/* ---- heads ---- */

struct head {
    uint32_t next_sequence, first, count;
    uint32_t room; /* entries that fit, unused ones at both ends included */
};

static bool read_head(struct tg_slice bytes, struct head *head)
{
    if (bytes.length < HEAD_BYTES)
        return false;
    *head = (struct head){
        .next_sequence = tg_load_u32(bytes.data),
        .first = tg_load_u32(bytes.data + 4),
        .count = tg_load_u32(bytes.data + 8),
        .room = (uint32_t)((bytes.length - HEAD_BYTES) / ENTRY_BYTES),
    };
    return true;
}

static void write_head(uint8_t *bytes, const struct head *head)
{
    tg_store_u32(bytes, head->next_sequence);
    tg_store_u32(bytes + 4, head->first);
    tg_store_u32(bytes + 8, head->count);
}

static uint8_t *entry_at(uint8_t *bytes, const struct head *head, uint32_t index)
{
    return bytes + HEAD_BYTES + (size_t)(head->first + index) * ENTRY_BYTES;
}

static struct join_row_id load_entry(const uint8_t *entry)
{
    return (struct join_row_id){(int64_t)tg_load_u64(entry), tg_load_u32(entry + 8)};
}

static void store_entry(uint8_t *entry, struct join_row_id id)
{
    tg_store_u64(entry, (uint64_t)id.time_ms);
    tg_store_u32(entry + 8, id.sequence);
}

/* The first entry whose time is `time_ms` or later. */
static uint32_t lower_bound(const uint8_t *bytes, const struct head *head, int64_t time_ms)
{
    uint32_t low = 0;
    uint32_t high = head->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (load_entry(entry_at((uint8_t *)bytes, head, middle)).time_ms < time_ms)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static int64_t slice_of(const struct join_rows *rows, int64_t time_ms)
{
    return time_ms - time_ms % rows->slice_ms;
}

void join_rows_init(struct join_rows *rows, struct tg_task_store *store, int64_t retention_ms)
{
    rows->store = store;
    rows->slice_ms = retention_ms / SLICES > 0 ? retention_ms / SLICES : 1;
    join_rows_load(rows, -1, retention_ms);
}

void join_rows_load(struct join_rows *rows, int64_t observed_ms, int64_t retention_ms)
{
    rows->observed_ms = observed_ms < 0 ? -1 : observed_ms;
    rows->swept_ms = observed_ms <= retention_ms ? 0 : slice_of(rows, observed_ms - retention_ms);
    rows->sweep_from_ms = INT64_MIN;
    rows->sweeping = false;
}

void join_rows_done(struct join_rows *rows)
{
    struct tg_buffer *buffers[] = {&rows->head_key, &rows->row_key, &rows->index_key,
                                   &rows->head,     &rows->scan_to, &rows->removed};
    for (size_t i = 0; i < sizeof buffers / sizeof *buffers; i++)
        tg_buffer_done(buffers[i]);
    tg_free(rows->found);
}

static void add_found(struct join_rows *rows, struct join_row_id id)
{
    if (rows->found_count == rows->found_capacity)
        tg_grow((void **)&rows->found, &rows->found_capacity, rows->found_count + 1, sizeof *rows->found);
    rows->found[rows->found_count++] = id;
}

static enum tg_code scan_key(struct join_rows *rows, struct tg_slice key, struct tg_error *reterr)
{
    struct tg_store_cursor *cursor = NULL;
    rows->found_count = 0;
    tg_join_key_bound(&rows->row_key, key, INT64_MIN);
    tg_join_key_bound_after(&rows->scan_to, key);
    TG_TRY(tg_store_scan(rows->store->store, tg_buffer_slice(&rows->row_key), tg_buffer_slice(&rows->scan_to),
                         &cursor, reterr));
    struct tg_slice local;
    struct tg_value value;
    enum tg_code code = TG_OK;
    while (code == TG_OK && tg_store_cursor_next(cursor, &local, &value)) {
        struct tg_join_key read;
        code = tg_join_key_read_local(local, &read, reterr);
        if (code == TG_OK)
            add_found(rows, (struct join_row_id){read.time_ms, read.sequence});
    }
    if (code == TG_OK)
        code = tg_store_cursor_status(cursor, reterr);
    tg_store_cursor_close(cursor);
    return code;
}

/* Makes the head of a key from its rows. The head's key is in rows->head_key. */
static enum tg_code rebuild_head(struct join_rows *rows, struct tg_slice key, struct tg_error *reterr)
{
    struct tg_store *store = rows->store->store;
    TG_TRY(scan_key(rows, key, reterr));
    if (rows->found_count == 0)
        return tg_store_remove(store, tg_buffer_slice(&rows->head_key), 0, reterr);
    struct head head = {.count = (uint32_t)rows->found_count};
    size_t length = HEAD_BYTES + rows->found_count * ENTRY_BYTES;
    tg_buffer_clear(&rows->head);
    uint8_t *bytes = tg_buffer_reserve(&rows->head, length);
    for (uint32_t i = 0; i < head.count; i++) {
        store_entry(entry_at(bytes, &head, i), rows->found[i]);
        if (rows->found[i].sequence >= head.next_sequence)
            head.next_sequence = rows->found[i].sequence == SEQUENCE_MAX ? 0 : rows->found[i].sequence + 1;
    }
    write_head(bytes, &head);
    rows->head.length = length;
    const struct tg_value value = {tg_buffer_slice(&rows->head), rows->found[rows->found_count - 1].time_ms};
    return tg_store_put(store, tg_buffer_slice(&rows->head_key), value, reterr);
}

/* The head of a key; rows->head_key names it. *ret_bytes.data NULL: the key has no rows. */
static enum tg_code get_head(struct join_rows *rows, struct tg_slice key, struct tg_slice *ret_bytes,
                             struct head *ret_head, struct tg_error *reterr)
{
    struct tg_store *store = rows->store->store;
    struct tg_value value;
    bool exists = false;
    *ret_bytes = tg_slice_of(NULL, 0);
    *ret_head = (struct head){0};
    tg_join_head_key(&rows->head_key, key);
    TG_TRY(tg_store_get(store, tg_buffer_slice(&rows->head_key), &exists, &value, reterr));
    if (!exists)
        return TG_OK;
    if (!read_head(value.bytes, ret_head)) {
        TG_TRY(rebuild_head(rows, key, reterr));
        TG_TRY(tg_store_get(store, tg_buffer_slice(&rows->head_key), &exists, &value, reterr));
        if (!exists)
            return TG_OK;
        (void)read_head(value.bytes, ret_head);
    }
    *ret_bytes = value.bytes;
    return TG_OK;
}

/* ---- finding ---- */

enum tg_code join_rows_find(struct join_rows *rows, struct tg_slice key, int64_t from_ms, int64_t to_ms,
                            struct tg_error *reterr)
{
    struct tg_slice bytes;
    struct head head;
    rows->found_count = 0;
    TG_TRY(get_head(rows, key, &bytes, &head, reterr));
    rows->found_count = 0;
    if (bytes.data == NULL)
        return TG_OK;
    for (uint32_t i = lower_bound(bytes.data, &head, from_ms); i < head.count; i++) {
        struct join_row_id id = load_entry(entry_at((uint8_t *)bytes.data, &head, i));
        if (id.time_ms > to_ms)
            break;
        add_found(rows, id);
    }
    return TG_OK;
}

enum tg_code join_rows_first(struct join_rows *rows, struct tg_slice key, int64_t from_ms, bool *ret_found,
                             struct join_row_id *ret_id, struct tg_error *reterr)
{
    struct tg_slice bytes;
    struct head head;
    *ret_found = false;
    TG_TRY(get_head(rows, key, &bytes, &head, reterr));
    if (bytes.data == NULL)
        return TG_OK;
    uint32_t first = lower_bound(bytes.data, &head, from_ms);
    *ret_found = first < head.count;
    if (*ret_found)
        *ret_id = load_entry(entry_at((uint8_t *)bytes.data, &head, first));
    return TG_OK;
}

enum tg_code join_rows_value(struct join_rows *rows, struct tg_slice key, struct join_row_id id,
                             struct tg_slice *ret_value, struct tg_error *reterr)
{
    struct tg_value value;
    bool exists = false;
    tg_join_key_local(&rows->row_key, &(struct tg_join_key){key, id.time_ms, id.sequence});
    TG_TRY(tg_store_get(rows->store->store, tg_buffer_slice(&rows->row_key), &exists, &value, reterr));
    if (!exists)
        return tg_fail(reterr, TG_CODE_CORRUPT, "store %s names a row that it does not hold",
                       tg_store_name(rows->store->store));
    *ret_value = value.bytes;
    return TG_OK;
}

/* ---- keeping ---- */

/* Room for one more entry at the end: moves the entries to the front, or makes the head larger. */
static enum tg_code make_room(struct join_rows *rows, struct tg_slice bytes, struct head *head,
                              int64_t time_ms, struct tg_error *reterr)
{
    uint32_t room = head->count < head->room / 2 ? head->room : head->count * 2;
    room = room < ENTRIES_AT_FIRST ? ENTRIES_AT_FIRST : room;
    size_t length = HEAD_BYTES + (size_t)room * ENTRY_BYTES;
    tg_buffer_clear(&rows->head);
    uint8_t *made = tg_buffer_reserve(&rows->head, length);
    memset(made, 0, length);
    if (head->count > 0)
        memcpy(made + HEAD_BYTES, entry_at((uint8_t *)bytes.data, head, 0),
               (size_t)head->count * ENTRY_BYTES);
    head->first = 0;
    head->room = room;
    write_head(made, head);
    rows->head.length = length;
    const struct tg_value value = {tg_buffer_slice(&rows->head), time_ms};
    return tg_store_put(rows->store->store, tg_buffer_slice(&rows->head_key), value, reterr);
}

/* Adds an entry to the key's head. *ret_indexed: the slice of its time has rows of the key already. */
static enum tg_code add_entry(struct join_rows *rows, struct tg_slice key, int64_t time_ms,
                              uint32_t *ret_sequence, bool *ret_indexed, struct tg_error *reterr)
{
    struct tg_slice bytes;
    struct head head = {0};
    struct tg_store_edit edit;
    TG_TRY(get_head(rows, key, &bytes, &head, reterr));
    if (bytes.data == NULL)
        head = (struct head){0};
    if (head.first + head.count == head.room)
        TG_TRY(make_room(rows, bytes, &head, time_ms, reterr));
    TG_TRY(tg_store_edit(rows->store->store, tg_buffer_slice(&rows->head_key), 0, false, &edit, reterr));
    uint32_t at = lower_bound(edit.bytes, &head, time_ms + 1);
    int64_t slice = slice_of(rows, time_ms);
    *ret_indexed =
        (at > 0 && load_entry(entry_at(edit.bytes, &head, at - 1)).time_ms >= slice) ||
        (at < head.count && slice_of(rows, load_entry(entry_at(edit.bytes, &head, at)).time_ms) == slice);
    *ret_sequence = head.next_sequence;
    head.next_sequence = head.next_sequence == SEQUENCE_MAX ? 0 : head.next_sequence + 1;
    uint8_t *entry = entry_at(edit.bytes, &head, at);
    memmove(entry + ENTRY_BYTES, entry, (size_t)(head.count - at) * ENTRY_BYTES);
    store_entry(entry, (struct join_row_id){time_ms, *ret_sequence});
    head.count++;
    write_head(edit.bytes, &head);
    tg_store_edit_done(rows->store->store, time_ms);
    return TG_OK;
}

enum tg_code join_rows_put(struct join_rows *rows, struct tg_slice key, struct tg_value value,
                           uint32_t *ret_sequence, struct tg_error *reterr)
{
    struct tg_store *store = rows->store->store;
    int64_t time = value.timestamp_ms;
    bool indexed = false;
    TG_TRY(add_entry(rows, key, time, ret_sequence, &indexed, reterr));
    tg_join_key_local(&rows->row_key, &(struct tg_join_key){key, time, *ret_sequence});
    TG_TRY(tg_store_put(store, tg_buffer_slice(&rows->row_key), value, reterr));
    if (indexed)
        return TG_OK;
    tg_join_index_key(&rows->index_key, key, slice_of(rows, time));
    return tg_store_put(store, tg_buffer_slice(&rows->index_key), (struct tg_value){tg_slice_of("", 0), time},
                        reterr);
}

enum tg_code join_rows_replace(struct join_rows *rows, struct tg_slice key, struct join_row_id id,
                               struct tg_value value, struct tg_error *reterr)
{
    tg_join_key_local(&rows->row_key, &(struct tg_join_key){key, id.time_ms, id.sequence});
    return tg_store_put(rows->store->store, tg_buffer_slice(&rows->row_key), value, reterr);
}

/* ---- expiry ---- */

/* Removes the key's rows of times before `before_ms`. */
static enum tg_code expire_key(struct join_rows *rows, struct tg_slice key, int64_t before_ms,
                               struct tg_error *reterr)
{
    struct tg_store *store = rows->store->store;
    struct tg_slice bytes;
    struct head head;
    struct tg_store_edit edit;
    TG_TRY(get_head(rows, key, &bytes, &head, reterr));
    if (bytes.data == NULL)
        return TG_OK;
    rows->found_count = 0;
    uint32_t expired = lower_bound(bytes.data, &head, before_ms);
    for (uint32_t i = 0; i < expired; i++)
        add_found(rows, load_entry(entry_at((uint8_t *)bytes.data, &head, i)));
    for (uint32_t i = 0; i < expired; i++) {
        tg_join_key_local(&rows->row_key,
                          &(struct tg_join_key){key, rows->found[i].time_ms, rows->found[i].sequence});
        TG_TRY(tg_store_remove(store, tg_buffer_slice(&rows->row_key), rows->found[i].time_ms, reterr));
    }
    if (expired == head.count)
        return tg_store_remove(store, tg_buffer_slice(&rows->head_key), before_ms, reterr);
    if (expired == 0)
        return TG_OK;
    TG_TRY(tg_store_edit(store, tg_buffer_slice(&rows->head_key), 0, false, &edit, reterr));
    head.first += expired;
    head.count -= expired;
    write_head(edit.bytes, &head);
    tg_store_edit_done(store, before_ms);
    return TG_OK;
}

/* Collects index entries before `before_ms` in rows->removed (u32 length | entry, ...). */
static enum tg_code find_expired(struct join_rows *rows, int64_t before_ms, bool *ret_all,
                                 struct tg_error *reterr)
{
    struct tg_store_cursor *cursor = NULL;
    struct tg_slice entry;
    struct tg_value value;
    uint32_t count = 0;
    tg_buffer_clear(&rows->removed);
    tg_join_index_bound(&rows->index_key, rows->sweep_from_ms);
    tg_join_index_bound(&rows->scan_to, before_ms);
    TG_TRY(tg_store_scan(rows->store->store, tg_buffer_slice(&rows->index_key),
                         tg_buffer_slice(&rows->scan_to), &cursor, reterr));
    while (count < SWEPT_AT_ONCE_MAX && tg_store_cursor_next(cursor, &entry, &value)) {
        tg_buffer_append_u32(&rows->removed, (uint32_t)entry.length);
        tg_buffer_append_slice(&rows->removed, entry);
        count++;
    }
    *ret_all = count < SWEPT_AT_ONCE_MAX;
    enum tg_code code = tg_store_cursor_status(cursor, reterr);
    tg_store_cursor_close(cursor);
    return code;
}

enum tg_code join_rows_sweep(struct join_rows *rows, int64_t before_ms, struct tg_error *reterr)
{
    int64_t bound = before_ms <= 0 ? 0 : slice_of(rows, before_ms);
    if (bound < rows->swept_ms || (bound == rows->swept_ms && !rows->sweeping))
        return TG_OK;
    bool all = false;
    TG_TRY(find_expired(rows, bound, &all, reterr));
    rows->swept_ms = bound;
    rows->sweeping = !all;
    const struct tg_buffer *removed = &rows->removed;
    for (size_t at = 0; at < removed->length;) {
        struct tg_slice entry = tg_slice_of(removed->data + at + 4, tg_load_u32(removed->data + at));
        struct tg_join_key read;
        TG_TRY(tg_join_key_read_local(entry, &read, reterr));
        TG_TRY(expire_key(rows, read.key, bound, reterr));
        TG_TRY(tg_store_remove(rows->store->store, entry, read.time_ms, reterr));
        at += 4 + entry.length;
    }
    if (all)
        rows->sweep_from_ms = bound;
    return TG_OK;
}
