/* state/table.h: the hash table of entries in front of RocksDB, and the two generations of uncommitted
 * changes.
 *
 * Open addressing with linear probing; a slot is a pointer to the entry with 16 bits of its hash, so a probe
 * touches one entry at most in all but one of 65,000 cases. Entries live in size-class blocks and never move
 * while they exist; growth moves slots only, a few with each insertion. Key and value share one block unless
 * the value has grown.
 *
 *   clean               flags 0            equal to RocksDB; if removed: RocksDB has no such key
 *   open                OPEN               changed by the open transaction
 *   sealed              SEALED             changed by the transaction that is being committed
 *   sealed and open     SEALED | OPEN      changed by both: entry->sealed keeps what the sealed one wrote
 *
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
    TG_ENTRY_REMOVED = 4,       /* the newest version is a removal */
    TG_ENTRY_REFERENCED = 8,    /* used since the clock hand last passed */
    TG_ENTRY_ABSENT_BELOW = 16, /* neither RocksDB nor the sealed generation has the key */
};

/* What the sealed generation wrote to a key that the open one changed again. The bytes follow the struct. */
struct tg_sealed_version {
    int64_t timestamp_ms;
    uint32_t length;
    bool removed;
    uint8_t bytes[];
};

struct tg_entry {
    uint64_t hash;
    uint8_t *value; /* in this block behind the key, or a block of its own */
    struct tg_sealed_version *sealed;
    int64_t timestamp_ms;
    uint32_t value_length;
    uint32_t value_capacity;
    uint32_t inline_capacity; /* room for a value in this block */
    uint32_t key_length;
    uint8_t flags; /* enum tg_entry_flag */
    uint8_t key[]; /* then, at a multiple of 8, the inline value */
};

/* Entries in the order of their first change. */
struct tg_entry_list {
    struct tg_entry **entries;
    size_t count;
    size_t capacity;
};

/* The uncommitted entries in key order, for scans: `sorted` entries, then a short unsorted tail. Kept only
 * while scans happen. */
struct tg_entry_order {
    struct tg_entry_list list;
    struct tg_entry_list scratch;
    size_t sorted;
    bool kept; /* every entry that becomes dirty is appended */
    bool used; /* since the last commit */
};

struct tg_table {
    uint64_t *slots; /* where insertions go; slot_count is a power of two */
    size_t slot_count;
    uint64_t *old_slots; /* being moved into slots; NULL when done */
    size_t old_count;
    size_t old_position;
    size_t entry_count;
    size_t hand; /* of the eviction clock */
    struct tg_slab slab;
    struct tg_entry_list open;
    struct tg_entry_list sealed;
    struct tg_entry_order order;
    size_t dirty_count; /* entries with OPEN or SEALED */
    size_t dirty_bytes; /* keys and values of both generations */
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
void tg_table_remove(struct tg_table *table, struct tg_entry *entry); /* must be in no list */
/* Sets the newest value. `bytes` may lie in the table. The entry's dirty_bytes are kept right. */
void tg_table_set_value(struct tg_table *table, struct tg_entry *entry, struct tg_slice bytes);
void tg_table_set_zero(struct tg_table *table, struct tg_entry *entry, size_t length);
/* Evicts clean entries, never `keep`, until tg_table_bytes is at most bytes_max; does a bounded amount of
 * work per call. */
void tg_table_evict(struct tg_table *table, size_t bytes_max, const struct tg_entry *keep);
/* The same, until it is done: after a commit made many entries clean at once. */
void tg_table_shrink(struct tg_table *table, size_t bytes_max);
/* Drops all clean entries; there must be no dirty ones. */
void tg_table_clear(struct tg_table *table);

static inline struct tg_slice tg_entry_key(const struct tg_entry *entry)
{
    return tg_slice_of(entry->key, entry->key_length);
}

static inline struct tg_slice tg_entry_value(const struct tg_entry *entry)
{
    return tg_slice_of(entry->value, entry->value_length);
}

static inline bool tg_entry_has(const struct tg_entry *entry, enum tg_entry_flag flag)
{
    return (entry->flags & flag) != 0;
}

/* ---- generations: generations.c ---- */

/* Call before the newest version of an entry changes: keeps a sealed one, puts the entry on the open list. */
void tg_table_touch(struct tg_table *table, struct tg_entry *entry);
/* The open generation becomes the sealed one, which must be empty. Keys made and removed within it are left
 * out. */
void tg_table_seal(struct tg_table *table);
/* The sealed generation is committed: its entries become clean; those it removed leave the table. */
void tg_table_sealed_committed(struct tg_table *table);
/* Drops every uncommitted entry of both generations: what was committed is in RocksDB. */
void tg_table_discard(struct tg_table *table);

/* The version of the sealed generation. */
struct tg_slice tg_entry_sealed_value(const struct tg_entry *entry, int64_t *ret_timestamp_ms,
                                      bool *ret_removed);

/* Puts the matching uncommitted entries of the unsorted tail, in key order, into `tail` and gives the range
 * of the sorted part. */
struct tg_order_range {
    size_t first, end; /* indices into table->order.list */
};
struct tg_order_range tg_table_order(struct tg_table *table, struct tg_slice from, struct tg_slice to,
                                     struct tg_entry_list *tail);

void tg_entry_list_add(struct tg_entry_list *list, struct tg_entry *entry);
void tg_entry_list_sort(struct tg_entry_list *list); /* by key */
void tg_entry_list_done(struct tg_entry_list *list);

#ifdef __cplusplus
}
#endif
