/* state/table.h: the hash table of entries in front of RocksDB, and the generations of changes.
 *
 * Open addressing with linear probing; a slot is a pointer to the entry with 16 bits of its hash, so a probe
 * touches one entry at most in all but one of 65,000 cases. Entries live in size-class blocks and never move
 * while they exist; growth moves slots only, a few with each insertion. Key and value share one block unless
 * the value has grown.
 *
 *   clean     equal to RocksDB; may be evicted
 *   pending   committed, but not yet written to RocksDB
 *   sealed    changed by the transaction that is being committed
 *   open      changed by the open transaction
 *
 * An entry can be the last three at once: its value is the newest version, entry->older holds the others.
 * Knows nothing of RocksDB. Thread: its owner's. Private to state/. */
#pragma once

#include "base/error.h"
#include "base/slice.h"
#include "state/slab.h"

#ifdef __cplusplus
extern "C" {
#endif

enum tg_entry_flag {
    TG_ENTRY_OPEN = 1,
    TG_ENTRY_SEALED = 2,
    TG_ENTRY_PENDING = 4,
    TG_ENTRY_UNCLEAN = TG_ENTRY_OPEN | TG_ENTRY_SEALED | TG_ENTRY_PENDING,
    TG_ENTRY_REMOVED = 8,     /* the newest version is a removal */
    TG_ENTRY_REFERENCED = 16, /* used since the clock hand last passed */
    TG_ENTRY_ABSENT = 32,     /* neither committed nor sealed: nobody else has seen the key */
    TG_ENTRY_NOT_IN_DB = 64,  /* known to have no row in RocksDB */
    TG_ENTRY_IN_ORDER = 128,  /* in table->order */
    TG_ENTRY_GONE = 256,      /* in table->gone */
};

/* A version that is not the newest. The bytes follow the struct. */
struct tg_entry_version {
    struct tg_entry_version *older;
    int64_t timestamp_ms;
    uint32_t length;
    bool removed;
    uint8_t bytes[];
};

struct tg_entry {
    uint64_t hash;
    uint8_t *value; /* in this block behind the key, or a block of its own */
    /* Newest first. Open and sealed: the sealed version. Then, if pending and changed since: the pending one.
     */
    struct tg_entry_version *older;
    int64_t timestamp_ms;
    uint32_t value_length;
    uint32_t value_capacity;
    uint32_t inline_capacity; /* room for a value in this block */
    uint32_t key_length;
    uint16_t flags; /* enum tg_entry_flag */
    uint8_t key[];  /* then, at a multiple of 8, the inline value */
};

/* Entries in the order of their first change. */
struct tg_entry_list {
    struct tg_entry **entries;
    size_t count;
    size_t capacity;
};

/* See order.h. */
struct tg_entry_order {
    struct tg_entry_list list; /* `sorted` entries in key order, then a short unsorted tail */
    struct tg_entry_list scratch;
    size_t sorted;
    bool kept;               /* every entry that becomes unclean is appended */
    uint32_t commits_unused; /* since the last scan */
};

struct tg_table {
    uint64_t *slots; /* where insertions go; slot_count is a power of two */
    size_t slot_count;
    uint64_t *old_slots; /* being moved into slots; NULL when done */
    size_t old_count;
    size_t old_position;
    size_t entry_count;
    size_t hand;            /* of the eviction clock */
    size_t fruitless_steps; /* of it, since it has evicted something or entries became clean */
    struct tg_slab slab;
    struct tg_entry_list open;
    struct tg_entry_list sealed;
    struct tg_entry_list pending;
    struct tg_entry_list gone; /* clean and removed, to be freed unless they are used again */
    bool bury_now;             /* one of them hides a row of RocksDB */
    struct tg_entry_order order;
    bool complete;            /* what is not in the table does not exist: RocksDB need not be asked */
    size_t unclean_count;     /* entries with OPEN, SEALED or PENDING */
    size_t dirty_count;       /* entries with OPEN or SEALED */
    size_t dirty_bytes;       /* keys and values of both generations */
    size_t pending_bytes;     /* keys and values of the pending versions */
    uint64_t pending_changes; /* entries committed since the last write-back */
    uint64_t evictions;
};

void tg_table_init(struct tg_table *table);
void tg_table_done(struct tg_table *table);          /* frees all; it must be initialised again */
size_t tg_table_bytes(const struct tg_table *table); /* entries, values, slots */

/* ---- entries: table.c ---- */

struct tg_entry *tg_table_find(const struct tg_table *table, struct tg_slice key,
                               uint64_t hash); /* NULL if absent */
/* The entry of the key, made if absent: clean, removed, without a value, room for `value_length` bytes. One
 * probe. */
struct tg_entry *tg_table_upsert(struct tg_table *table, struct tg_slice key, uint64_t hash,
                                 size_t value_length, bool *ret_created);
void tg_table_remove(struct tg_table *table, struct tg_entry *entry); /* must be in no list but the order */
/* Walks all entries in no order: *position starts at 0; NULL at the end. The table must not change meanwhile.
 */
struct tg_entry *tg_table_next(const struct tg_table *table, size_t *position);
/* Fetches the memory of a key that is about to be looked up: of its slot, then of its entry. */
void tg_table_prefetch_slot(const struct tg_table *table, uint64_t hash);
void tg_table_prefetch_entry(const struct tg_table *table, uint64_t hash);
/* Sets the newest value. `bytes` may lie in the table. The entry's dirty_bytes are kept right. */
void tg_table_set_value(struct tg_table *table, struct tg_entry *entry, struct tg_slice bytes);
void tg_table_set_zero(struct tg_table *table, struct tg_entry *entry, size_t length);
/* Evicts clean entries, never `keep`, until tg_table_bytes is at most bytes_max; does a bounded amount of
 * work per call. */
void tg_table_evict(struct tg_table *table, size_t bytes_max, const struct tg_entry *keep);
/* The same, until it is done: after a commit made many entries clean at once. */
void tg_table_shrink(struct tg_table *table, size_t bytes_max);
/* Drops all entries, which must be clean. The table is not complete then. */
void tg_table_clear(struct tg_table *table);

static inline struct tg_slice tg_entry_key(const struct tg_entry *entry)
{
    return tg_slice_of(entry->key, entry->key_length);
}

static inline struct tg_slice tg_entry_value(const struct tg_entry *entry)
{
    return tg_slice_of(entry->value, entry->value_length);
}

static inline bool tg_entry_has(const struct tg_entry *entry, unsigned flag)
{
    return (entry->flags & flag) != 0;
}

static inline void tg_entry_set(struct tg_entry *entry, unsigned flags)
{
    entry->flags = (uint16_t)(entry->flags | flags);
}

static inline void tg_entry_unset(struct tg_entry *entry, unsigned flags)
{
    entry->flags = (uint16_t)(entry->flags & ~flags);
}

/* ---- generations: generations.c ---- */

struct tg_version_view {
    struct tg_slice bytes;
    int64_t timestamp_ms;
    bool removed;
};

/* Call before the newest version of an entry changes: keeps sealed and pending versions, puts the entry on
 * the open list. */
void tg_table_touch(struct tg_table *table, struct tg_entry *entry);
/* The open generation becomes the sealed one, which must be empty. Keys made and removed within it are left
 * out. */
void tg_table_seal(struct tg_table *table);
/* The sealed generation is committed: its versions become the pending ones. */
void tg_table_commit(struct tg_table *table);
/* Drops every uncommitted version of both generations. */
void tg_table_discard(struct tg_table *table);
/* A version that is committed without having been open here: a record of the changelog. The key must not be
 * dirty. */
void tg_table_put_committed(struct tg_table *table, struct tg_slice key, uint64_t hash,
                            const struct tg_version_view *version);
/* The pending versions were taken to be written: their entries become clean. */
void tg_table_written(struct tg_table *table);

struct tg_version_view tg_entry_sealed(const struct tg_entry *entry);  /* of an entry of the sealed list */
struct tg_version_view tg_entry_pending(const struct tg_entry *entry); /* of an entry of the pending list */
/* What is committed of an entry, as far as the table knows: false means that it is RocksDB's row, if the
 * entry is not marked NOT_IN_DB. */
bool tg_entry_committed(const struct tg_entry *entry, struct tg_version_view *ret_version);
void tg_entry_free_versions(struct tg_slab *slab, struct tg_entry *entry);
/* The table no longer holds all rows. Before a clean entry is dropped. */
void tg_table_leave_complete(struct tg_table *table);

void tg_entry_list_add(struct tg_entry_list *list, struct tg_entry *entry);
void tg_entry_list_done(struct tg_entry_list *list);

#ifdef __cplusplus
}
#endif
