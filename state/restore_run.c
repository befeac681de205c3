#include "state/restore_run.h"

#include "base/memory.h"

#include <stdlib.h>
#include <unistd.h>

#define REMOVED_BIT 0x80000000u
#define RADIX_LEAST 256u

/* Before each row. */
struct row_head {
    uint32_t key_length;   /* with the prefix of store and partition */
    uint32_t value_length; /* with the row time; REMOVED_BIT */
};

/* A row that is to be sorted: the bytes of its key behind what all keys have in common. */
struct item {
    uint64_t word;
    size_t at;
};

static void write_errand(struct tg_errand *self);

void tg_restore_run_init(struct tg_restore_run *run, struct tg_store *store)
{
    *run = (struct tg_restore_run){
        .errand = {.run = write_errand},
        .database = &store->state->database,
        .path = tg_format("%s/restore.%u.%d", store->state->database.path, store->id, store->partition),
    };
}

void tg_restore_run_done(struct tg_restore_run *run)
{
    rocksdb_free(run->message);
    tg_free(run->path);
    tg_buffer_done(&run->rows);
    tg_buffer_done(&run->order);
    tg_buffer_done(&run->meta_key);
    tg_buffer_done(&run->meta);
    *run = (struct tg_restore_run){0};
}

void tg_restore_run_clear(struct tg_restore_run *run)
{
    tg_buffer_clear(&run->rows);
    run->count = 0;
}

void tg_restore_run_add(struct tg_restore_run *run, const struct tg_store *store, struct tg_slice key,
                        const struct tg_version_view *version)
{
    size_t key_length = TG_DATABASE_ROW_PREFIX_BYTES + key.length;
    size_t value_length = TG_ROW_HEAD_BYTES + version->bytes.length;
    TG_ASSERT(key_length < UINT32_MAX && value_length < REMOVED_BIT);
    const struct row_head head = {(uint32_t)key_length,
                                  (uint32_t)value_length | (version->removed ? REMOVED_BIT : 0)};
    uint8_t *to = tg_buffer_reserve(&run->rows, sizeof head + key_length + value_length);
    memcpy(to, &head, sizeof head);
    to += sizeof head;
    tg_store_u32(to, store->id);
    tg_store_u32(to + 4, (uint32_t)store->partition);
    to[TG_DATABASE_PREFIX_BYTES] = TG_DATABASE_ROW;
    to += TG_DATABASE_ROW_PREFIX_BYTES;
    if (key.length > 0)
        memcpy(to, key.data, key.length);
    to += key.length;
    tg_store_u64(to, (uint64_t)version->timestamp_ms);
    if (version->bytes.length > 0)
        memcpy(to + TG_ROW_HEAD_BYTES, version->bytes.data, version->bytes.length);
    run->rows.length += sizeof head + key_length + value_length;
    run->count++;
}

/* The row at `at`, as it is in RocksDB; returns where the next one begins. */
static size_t read_row(const struct tg_restore_run *run, size_t at, struct tg_slice *ret_key,
                       struct tg_slice *ret_value, bool *ret_removed)
{
    struct row_head head;
    memcpy(&head, run->rows.data + at, sizeof head);
    at += sizeof head;
    *ret_key = tg_slice_of(run->rows.data + at, head.key_length);
    at += head.key_length;
    *ret_removed = (head.value_length & REMOVED_BIT) != 0;
    *ret_value = tg_slice_of(run->rows.data + at, head.value_length & ~REMOVED_BIT);
    return at + ret_value->length;
}

bool tg_restore_run_next(const struct tg_restore_run *run, size_t *position,
                         struct tg_restore_record *ret_record)
{
    if (*position >= run->rows.length)
        return false;
    struct tg_slice key;
    struct tg_slice value;
    *position = read_row(run, *position, &key, &value, &ret_record->removed);
    ret_record->key =
        tg_slice_of(key.data + TG_DATABASE_ROW_PREFIX_BYTES, key.length - TG_DATABASE_ROW_PREFIX_BYTES);
    ret_record->value.timestamp_ms = (int64_t)tg_load_u64(value.data);
    ret_record->value.bytes = tg_slice_of(value.data + TG_ROW_HEAD_BYTES, value.length - TG_ROW_HEAD_BYTES);
    return true;
}

size_t tg_restore_run_bytes(const struct tg_restore_run *run)
{
    return run->rows.length + run->count * sizeof(struct item);
}

void tg_restore_run_seal(struct tg_restore_run *run, struct tg_store *store, int64_t next_offset)
{
    uint8_t head[TG_META_HEAD_BYTES];
    const int64_t offset = store->changelog_offset;
    const bool had_rows = store->has_rows;
    store->changelog_offset = next_offset;
    store->has_rows = true;
    tg_store_meta_head(store, head);
    store->changelog_offset = offset;
    store->has_rows = had_rows;
    tg_buffer_clear(&run->meta);
    tg_buffer_append(&run->meta, head, sizeof head);
    tg_buffer_append_slice(&run->meta, tg_buffer_slice(&store->progress));
    tg_database_key(&run->meta_key, store->id, (uint32_t)store->partition, TG_DATABASE_META);
    run->first = !had_rows;
    run->next_offset = next_offset;
}

enum tg_code tg_restore_run_finish(struct tg_restore_run *run, struct tg_store *store,
                                   struct tg_error *reterr)
{
    if (run->message != NULL)
        return tg_database_check(run->database, TG_MOVE(run->message), "write restored state", reterr);
    store->has_rows = true;
    store->changelog_offset = run->next_offset;
    store->meta_changed = false;
    tg_restore_run_clear(run);
    return TG_OK;
}

/* ---- sorting ---- */

static struct tg_slice key_at(const struct tg_restore_run *run, size_t at)
{
    struct tg_slice key;
    struct tg_slice value;
    bool removed;
    (void)read_row(run, at, &key, &value, &removed);
    return key;
}

/* How many bytes all keys begin with; there is one. */
static size_t common_length(const struct tg_restore_run *run)
{
    struct tg_slice first = key_at(run, 0);
    size_t common = first.length;
    struct tg_slice key;
    struct tg_slice value;
    bool removed;
    for (size_t at = 0; at < run->rows.length;) {
        at = read_row(run, at, &key, &value, &removed);
        size_t same = 0;
        size_t most = key.length < common ? key.length : common;
        while (same < most && key.data[same] == first.data[same])
            same++;
        common = same;
    }
    return common;
}

/* Up to eight bytes of the key as a number that sorts as they do; what is missing counts as zero bytes. */
static uint64_t word_of(struct tg_slice key, size_t from)
{
    uint8_t bytes[sizeof(uint64_t)] = {0};
    size_t length = key.length - from < sizeof bytes ? key.length - from : sizeof bytes;
    memcpy(bytes, key.data + from, length);
    return tg_load_u64(bytes);
}

/* By their words; rows of one word stay as they came. `other` has room for as many; returns which of both
 * has the result. */
static struct item *sort_words(struct item *items, struct item *other, size_t count)
{
    for (unsigned shift = 0; shift < 64; shift += 8) {
        size_t starts[257] = {0};
        for (size_t i = 0; i < count; i++)
            starts[((items[i].word >> shift) & 255) + 1]++;
        if (starts[((items[0].word >> shift) & 255) + 1] == count)
            continue; /* all have the same byte here */
        for (unsigned byte = 0; byte < 256; byte++)
            starts[byte + 1] += starts[byte];
        for (size_t i = 0; i < count; i++)
            other[starts[(items[i].word >> shift) & 255]++] = items[i];
        struct item *sorted = other;
        other = items;
        items = sorted;
    }
    return items;
}

static int compare_items(const void *left, const void *right, void *context)
{
    const struct item *a = left;
    const struct item *b = right;
    const struct tg_restore_run *run = context;
    int order = tg_slice_compare(key_at(run, a->at), key_at(run, b->at));
    return order != 0 ? order : (a->at > b->at) - (a->at < b->at);
}

/* Rows whose words are equal, by their whole keys. */
static void sort_equal_words(struct tg_restore_run *run, struct item *items, size_t count)
{
    for (size_t from = 0, end = 0; from < count; from = end) {
        for (end = from + 1; end < count && items[end].word == items[from].word;)
            end++;
        if (end - from > 1)
            qsort_r(&items[from], end - from, sizeof *items, compare_items, run);
    }
}

/* The rows in the order of their keys; in memory of run->order. */
static struct item *sort(struct tg_restore_run *run)
{
    tg_buffer_clear(&run->order);
    struct item *items =
        (struct item *)(void *)tg_buffer_reserve(&run->order, 2 * run->count * sizeof *items);
    size_t common = run->count == 0 ? 0 : common_length(run);
    struct tg_slice key;
    struct tg_slice value;
    bool removed;
    size_t count = 0;
    for (size_t at = 0, next = 0; at < run->rows.length; at = next) {
        next = read_row(run, at, &key, &value, &removed);
        items[count++] = (struct item){.word = word_of(key, common), .at = at};
    }
    if (count > RADIX_LEAST)
        items = sort_words(items, items + count, count);
    else if (count > 1)
        qsort_r(items, count, sizeof *items, compare_items, run);
    sort_equal_words(run, items, count);
    return items;
}

/* ---- writing ---- */

/* Of one key the row that came last: it is the last of its keys in the order. */
static void put_rows(struct tg_restore_run *run, rocksdb_sstfilewriter_t *writer)
{
    const struct item *items = sort(run);
    for (size_t i = 0; i < run->count && run->message == NULL; i++) {
        struct tg_slice key;
        struct tg_slice value;
        bool removed;
        (void)read_row(run, items[i].at, &key, &value, &removed);
        if (i + 1 < run->count && items[i + 1].word == items[i].word &&
            tg_slice_equal(key_at(run, items[i + 1].at), key))
            continue;
        if (!removed)
            rocksdb_sstfilewriter_put(writer, (const char *)key.data, key.length, (const char *)value.data,
                                      value.length, &run->message);
        else if (!run->first)
            rocksdb_sstfilewriter_delete(writer, (const char *)key.data, key.length, &run->message);
    }
}

static void write_file(struct tg_restore_run *run)
{
    rocksdb_envoptions_t *env_options = rocksdb_envoptions_create();
    rocksdb_sstfilewriter_t *writer = rocksdb_sstfilewriter_create(env_options, run->database->options);
    rocksdb_sstfilewriter_open(writer, run->path, &run->message);
    if (run->message == NULL)
        rocksdb_sstfilewriter_put(writer, (const char *)run->meta_key.data, run->meta_key.length,
                                  (const char *)run->meta.data, run->meta.length, &run->message);
    put_rows(run, writer);
    if (run->message == NULL)
        rocksdb_sstfilewriter_finish(writer, &run->message);
    rocksdb_sstfilewriter_destroy(writer);
    rocksdb_envoptions_destroy(env_options);
}

static void write_errand(struct tg_errand *self)
{
    struct tg_restore_run *run = (struct tg_restore_run *)self;
    const char *path = run->path;
    write_file(run);
    if (run->message == NULL) {
        rocksdb_ingestexternalfileoptions_t *options = rocksdb_ingestexternalfileoptions_create();
        rocksdb_ingestexternalfileoptions_set_move_files(options, 1);
        rocksdb_ingest_external_file(run->database->handle, &path, 1, options, &run->message);
        rocksdb_ingestexternalfileoptions_destroy(options);
    }
    if (run->database->env == NULL)
        (void)unlink(path); /* what a failure left */
}
