#include "base/memory.h"
#include "state/order.h"
#include "state/table.h"

#define GONE_LEAST 64u

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

/* ---- versions ---- */

/* The newest version is about to change: keep a copy of it. */
static void push_version(struct tg_table *table, struct tg_entry *entry)
{
    struct tg_entry_version *version = tg_slab_alloc(&table->slab, sizeof *version + entry->value_length);
    version->older = entry->older;
    version->timestamp_ms = entry->timestamp_ms;
    version->length = entry->value_length;
    version->removed = tg_entry_has(entry, TG_ENTRY_REMOVED);
    if (version->length > 0)
        memcpy(version->bytes, entry->value, version->length);
    entry->older = version;
}

static void drop_version(struct tg_slab *slab, struct tg_entry_version **at)
{
    struct tg_entry_version *version = *at;
    *at = version->older;
    tg_slab_free(slab, version, sizeof *version + version->length);
}

void tg_entry_free_versions(struct tg_slab *slab, struct tg_entry *entry)
{
    while (entry->older != NULL)
        drop_version(slab, &entry->older);
}

static struct tg_version_view newest(const struct tg_entry *entry)
{
    return (struct tg_version_view){
        .bytes = tg_entry_value(entry),
        .timestamp_ms = entry->timestamp_ms,
        .removed = tg_entry_has(entry, TG_ENTRY_REMOVED),
    };
}

static struct tg_version_view view(const struct tg_entry_version *version)
{
    return (struct tg_version_view){
        .bytes = tg_slice_of(version->bytes, version->length),
        .timestamp_ms = version->timestamp_ms,
        .removed = version->removed,
    };
}

struct tg_version_view tg_entry_sealed(const struct tg_entry *entry)
{
    return tg_entry_has(entry, TG_ENTRY_OPEN) ? view(entry->older) : newest(entry);
}

/* Where the pending version hangs; points to NULL if it is the newest one. */
static struct tg_entry_version **pending_version(struct tg_entry *entry)
{
    bool both = tg_entry_has(entry, TG_ENTRY_OPEN) && tg_entry_has(entry, TG_ENTRY_SEALED);
    return both ? &entry->older->older : &entry->older;
}

struct tg_version_view tg_entry_pending(const struct tg_entry *entry)
{
    if (!tg_entry_has(entry, TG_ENTRY_OPEN | TG_ENTRY_SEALED))
        return newest(entry);
    bool both = tg_entry_has(entry, TG_ENTRY_OPEN) && tg_entry_has(entry, TG_ENTRY_SEALED);
    return view(both ? entry->older->older : entry->older);
}

bool tg_entry_committed(const struct tg_entry *entry, struct tg_version_view *ret_version)
{
    if (tg_entry_has(entry, TG_ENTRY_PENDING))
        *ret_version = tg_entry_pending(entry);
    else if (!tg_entry_has(entry, TG_ENTRY_OPEN | TG_ENTRY_SEALED))
        *ret_version = newest(entry);
    else
        return false;
    return true;
}

/* ---- entries that leave the table ---- */

/* The entry is clean and removed: it only says that the key does not exist, and can be freed at some time. */
static void retire(struct tg_table *table, struct tg_entry *entry)
{
    if (tg_entry_has(entry, TG_ENTRY_GONE))
        return;
    tg_entry_set(entry, TG_ENTRY_GONE);
    tg_entry_list_add(&table->gone, entry);
}

static void bury_all(struct tg_table *table)
{
    size_t count = 0;
    for (size_t i = 0; i < table->gone.count; i++) {
        struct tg_entry *entry = table->gone.entries[i];
        bool used_again = tg_entry_has(entry, TG_ENTRY_UNCLEAN) || !tg_entry_has(entry, TG_ENTRY_REMOVED);
        if (used_again)
            tg_entry_unset(entry, TG_ENTRY_GONE);
        else
            table->gone.entries[count++] = entry;
    }
    tg_order_drop_gone(table);
    for (size_t i = 0; i < count; i++)
        tg_table_remove(table, table->gone.entries[i]);
    table->gone.count = 0;
}

/* Taking entries out of the order costs a walk over it: not for a few. */
static void bury_if_many(struct tg_table *table)
{
    if (table->gone.count > GONE_LEAST && table->gone.count * 8 > table->order.list.count)
        bury_all(table);
}

/* The entry has no uncommitted version any more. */
static void no_longer_dirty(struct tg_table *table, struct tg_entry *entry)
{
    table->dirty_count--;
    if (tg_entry_has(entry, TG_ENTRY_PENDING))
        return;
    table->unclean_count--;
    table->fruitless_steps = 0;
    if (tg_entry_has(entry, TG_ENTRY_REMOVED))
        retire(table, entry);
}

/* Back to what is committed: the pending version, else RocksDB's. The entry was open or sealed, not both. */
static void revert(struct tg_table *table, struct tg_entry *entry)
{
    tg_entry_unset(entry, TG_ENTRY_OPEN | TG_ENTRY_SEALED);
    if (tg_entry_has(entry, TG_ENTRY_PENDING)) {
        struct tg_version_view committed = view(entry->older);
        tg_table_set_value(table, entry, committed.bytes);
        entry->timestamp_ms = committed.timestamp_ms;
        tg_entry_unset(entry, TG_ENTRY_REMOVED);
        tg_entry_set(entry, committed.removed ? TG_ENTRY_REMOVED : 0);
        drop_version(&table->slab, &entry->older);
    } else {
        /* If RocksDB may have a row, the entry must not stay and hide it: the next miss reads it. */
        tg_entry_set(entry, TG_ENTRY_REMOVED);
        if (tg_entry_has(entry, TG_ENTRY_NOT_IN_DB)) {
            tg_entry_set(entry, TG_ENTRY_ABSENT);
        } else {
            tg_table_leave_complete(table);
            table->bury_now = true;
        }
    }
    no_longer_dirty(table, entry);
}

/* ---- generations ---- */

void tg_table_touch(struct tg_table *table, struct tg_entry *entry)
{
    if (tg_entry_has(entry, TG_ENTRY_OPEN))
        return;
    if (!tg_entry_has(entry, TG_ENTRY_UNCLEAN))
        table->unclean_count++;
    else
        push_version(table, entry);
    if (!tg_entry_has(entry, TG_ENTRY_SEALED))
        table->dirty_count++;
    tg_entry_set(entry, TG_ENTRY_OPEN);
    table->dirty_bytes += entry->key_length + entry->value_length;
    tg_entry_list_add(&table->open, entry);
    tg_order_add(table, entry);
}

void tg_table_seal(struct tg_table *table)
{
    TG_ASSERT(table->sealed.count == 0);
    struct tg_entry_list empty = table->sealed;
    table->sealed = table->open;
    table->open = empty;
    size_t kept = 0;
    for (size_t i = 0; i < table->sealed.count; i++) {
        struct tg_entry *entry = table->sealed.entries[i];
        /* What was made and removed since the last seal was visible to nobody: it needs no tombstone. */
        if (tg_entry_has(entry, TG_ENTRY_REMOVED) && tg_entry_has(entry, TG_ENTRY_ABSENT)) {
            table->dirty_bytes -= entry->key_length + entry->value_length;
            revert(table, entry);
            continue;
        }
        tg_entry_unset(entry, TG_ENTRY_OPEN | TG_ENTRY_ABSENT);
        tg_entry_set(entry, TG_ENTRY_SEALED);
        table->sealed.entries[kept++] = entry;
    }
    table->sealed.count = kept;
    bury_if_many(table);
}

/* One entry of the sealed generation is committed. */
static void commit_entry(struct tg_table *table, struct tg_entry *entry)
{
    struct tg_version_view committed = tg_entry_sealed(entry);
    bool was_pending = tg_entry_has(entry, TG_ENTRY_PENDING);
    table->dirty_bytes -= entry->key_length + committed.bytes.length;
    if (was_pending) {
        struct tg_entry_version **replaced = pending_version(entry);
        table->pending_bytes -= (*replaced)->length;
        table->pending_bytes += committed.bytes.length;
        drop_version(&table->slab, replaced);
    }
    tg_entry_unset(entry, TG_ENTRY_SEALED);
    tg_entry_set(entry, committed.removed ? TG_ENTRY_ABSENT : 0);
    /* Made, removed and never written: there is nothing to delete in RocksDB. */
    bool to_write = !(committed.removed && tg_entry_has(entry, TG_ENTRY_NOT_IN_DB));
    if (!was_pending && to_write) {
        tg_entry_set(entry, TG_ENTRY_PENDING);
        table->pending_bytes += entry->key_length + committed.bytes.length;
        tg_entry_list_add(&table->pending, entry);
    }
    if (tg_entry_has(entry, TG_ENTRY_OPEN)) {
        if (!tg_entry_has(entry, TG_ENTRY_PENDING))
            drop_version(&table->slab, &entry->older);
        return;
    }
    no_longer_dirty(table, entry);
}

void tg_table_commit(struct tg_table *table)
{
    for (size_t i = 0; i < table->sealed.count; i++)
        commit_entry(table, table->sealed.entries[i]);
    table->pending_changes += table->sealed.count;
    table->sealed.count = 0;
    bury_if_many(table);
    tg_order_committed(table);
}

void tg_table_put_committed(struct tg_table *table, struct tg_slice key, uint64_t hash,
                            const struct tg_version_view *version)
{
    bool created = false;
    struct tg_entry *entry = tg_table_upsert(table, key, hash, version->bytes.length, &created);
    TG_ASSERT(!tg_entry_has(entry, TG_ENTRY_OPEN | TG_ENTRY_SEALED));
    if (created && table->complete)
        tg_entry_set(entry, TG_ENTRY_NOT_IN_DB);
    if (tg_entry_has(entry, TG_ENTRY_PENDING))
        table->pending_bytes -= entry->value_length;
    tg_table_set_value(table, entry, version->bytes);
    entry->timestamp_ms = version->timestamp_ms;
    tg_entry_unset(entry, TG_ENTRY_REMOVED | TG_ENTRY_ABSENT);
    tg_entry_set(entry, version->removed ? TG_ENTRY_REMOVED | TG_ENTRY_ABSENT : 0);
    table->pending_changes++;
    if (tg_entry_has(entry, TG_ENTRY_PENDING)) {
        table->pending_bytes += entry->value_length;
    } else if (version->removed && tg_entry_has(entry, TG_ENTRY_NOT_IN_DB)) {
        retire(table, entry);
        bury_if_many(table);
    } else {
        tg_entry_set(entry, TG_ENTRY_PENDING);
        table->unclean_count++;
        table->pending_bytes += entry->key_length + entry->value_length;
        tg_entry_list_add(&table->pending, entry);
        tg_order_add(table, entry);
    }
}

void tg_table_written(struct tg_table *table)
{
    for (size_t i = 0; i < table->pending.count; i++) {
        struct tg_entry *entry = table->pending.entries[i];
        bool removed = tg_entry_pending(entry).removed;
        tg_entry_unset(entry, TG_ENTRY_PENDING | TG_ENTRY_NOT_IN_DB);
        tg_entry_set(entry, removed ? TG_ENTRY_NOT_IN_DB : 0);
        if (tg_entry_has(entry, TG_ENTRY_OPEN | TG_ENTRY_SEALED)) {
            drop_version(&table->slab, pending_version(entry));
            continue;
        }
        table->unclean_count--;
        if (removed)
            retire(table, entry);
    }
    table->pending.count = 0;
    table->fruitless_steps = 0;
    table->pending_bytes = 0;
    table->pending_changes = 0;
    bury_if_many(table);
    if (!table->complete)
        tg_order_drop_clean(table);
}

void tg_table_discard(struct tg_table *table)
{
    for (size_t i = 0; i < table->sealed.count; i++) {
        struct tg_entry *entry = table->sealed.entries[i];
        if (tg_entry_has(entry, TG_ENTRY_OPEN)) {
            drop_version(&table->slab, &entry->older);
            tg_entry_unset(entry, TG_ENTRY_SEALED);
        } else {
            revert(table, entry);
        }
    }
    for (size_t i = 0; i < table->open.count; i++)
        revert(table, table->open.entries[i]);
    table->sealed.count = 0;
    table->open.count = 0;
    table->dirty_bytes = 0;
    if (table->bury_now)
        bury_all(table);
    table->bury_now = false;
}

void tg_table_leave_complete(struct tg_table *table)
{
    if (!table->complete)
        return;
    table->complete = false;
    tg_order_drop_clean(table);
}
