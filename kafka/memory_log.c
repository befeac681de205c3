/* kafka/memory_log.c: a partition as a log in memory: chunks of records that never move, control records,
 * aborted transactions. */
#include "kafka/memory_internal.h"

enum { BLOCK_BYTES = 32 * 1024 };

static uint8_t *take_bytes(struct memory_chunk *chunk, size_t size)
{
    struct memory_block *block = chunk->blocks;
    if (block == NULL || block->size - block->used < size) {
        size_t block_size = size > BLOCK_BYTES ? size : BLOCK_BYTES;
        block = tg_alloc(sizeof *block + block_size);
        block->next = chunk->blocks;
        block->used = 0;
        block->size = block_size;
        chunk->blocks = block;
    }
    uint8_t *bytes = block->bytes + block->used;
    block->used += size;
    return bytes;
}

void memory_chunk_unref(struct memory_chunk *chunk)
{
    if (atomic_fetch_sub(&chunk->references, 1) != 1)
        return;
    while (chunk->blocks != NULL) {
        struct memory_block *block = chunk->blocks;
        chunk->blocks = block->next;
        tg_free(block);
    }
    tg_free(chunk);
}

static struct memory_record *add_record(struct memory_log *log)
{
    size_t index = (size_t)(log->high_watermark / MEMORY_CHUNK_RECORDS);
    if (index == log->chunk_count) {
        tg_grow((void **)&log->chunks, &log->chunk_capacity, index + 1, sizeof(struct memory_chunk *));
        struct memory_chunk *fresh = tg_alloc_zero(1, sizeof *fresh);
        atomic_init(&fresh->references, 1);
        log->chunks[log->chunk_count++] = fresh;
    }
    struct memory_chunk *chunk = log->chunks[index];
    struct memory_record *record = &chunk->records[chunk->count++];
    record->chunk = chunk;
    log->high_watermark++;
    return record;
}

static const uint8_t *copy_slice(uint8_t **to, struct tg_slice from)
{
    const uint8_t *start = *to;
    if (from.data == NULL)
        return NULL;
    if (from.length > 0)
        memcpy(*to, from.data, from.length);
    *to += from.length;
    return start;
}

static void put_length(uint8_t **to, uint32_t length)
{
    memcpy(*to, &length, sizeof length);
    *to += sizeof length;
}

static size_t headers_size(const struct tg_outgoing *record)
{
    size_t size = 0;
    for (uint32_t i = 0; i < record->header_count; i++)
        size += 2 * sizeof(uint32_t) + record->headers[i].name.length + record->headers[i].value.length;
    return size;
}

int64_t memory_log_append(struct memory_log *log, const struct tg_outgoing *record, int64_t producer_id)
{
    int64_t offset = log->high_watermark;
    struct memory_record *added = add_record(log);
    /* one byte more, so that empty keys and values have an address of their own */
    uint8_t *to =
        take_bytes(added->chunk, record->key.length + record->value.length + headers_size(record) + 1);
    added->kind = MEMORY_DATA;
    added->timestamp_ms = record->timestamp_ms;
    added->producer_id = producer_id;
    added->key_length = (uint32_t)record->key.length;
    added->value_length = (uint32_t)record->value.length;
    added->key = copy_slice(&to, record->key);
    added->value = copy_slice(&to, record->value);
    added->headers = to;
    added->header_count = record->header_count;
    for (uint32_t i = 0; i < record->header_count; i++) {
        const struct tg_header *header = &record->headers[i];
        put_length(&to, (uint32_t)header->name.length);
        (void)copy_slice(&to, header->name);
        put_length(&to, header->value.data == NULL ? UINT32_MAX : (uint32_t)header->value.length);
        (void)copy_slice(&to, header->value);
    }
    if (producer_id < 0)
        return offset;
    for (size_t i = 0; i < log->open_count; i++)
        if (log->open[i].producer_id == producer_id)
            return offset;
    tg_grow((void **)&log->open, &log->open_capacity, log->open_count + 1, sizeof *log->open);
    log->open[log->open_count++] = (struct memory_open_transaction){producer_id, offset};
    return offset;
}

static struct memory_record *record_at(const struct memory_log *log, int64_t offset)
{
    return &log->chunks[offset / MEMORY_CHUNK_RECORDS]->records[offset % MEMORY_CHUNK_RECORDS];
}

const struct memory_record *memory_log_at(const struct memory_log *log, int64_t offset)
{
    TG_ASSERT(offset >= log->start_offset && offset < log->high_watermark);
    return record_at(log, offset);
}

void memory_log_end_transaction(struct memory_log *log, int64_t producer_id, bool commit, int64_t now_ms)
{
    for (size_t i = 0; i < log->open_count; i++) {
        if (log->open[i].producer_id != producer_id)
            continue;
        int64_t first =
            log->open[i].first_offset > log->start_offset ? log->open[i].first_offset : log->start_offset;
        for (int64_t offset = first; !commit && offset < log->high_watermark; offset++)
            if (record_at(log, offset)->producer_id == producer_id)
                record_at(log, offset)->aborted = true;
        log->open[i] = log->open[--log->open_count];
        break;
    }
    /* the marker is written to every partition of the transaction, and takes an offset */
    struct memory_record *marker = add_record(log);
    marker->kind = MEMORY_CONTROL;
    marker->producer_id = producer_id;
    marker->timestamp_ms = now_ms;
}

int64_t memory_log_stable_offset(const struct memory_log *log)
{
    int64_t stable = log->high_watermark;
    for (size_t i = 0; i < log->open_count; i++)
        if (log->open[i].first_offset < stable)
            stable = log->open[i].first_offset;
    return stable;
}

void memory_log_delete_before(struct memory_log *log, int64_t offset)
{
    size_t first = (size_t)(log->start_offset / MEMORY_CHUNK_RECORDS);
    size_t kept = (size_t)(offset / MEMORY_CHUNK_RECORDS);
    for (size_t i = first; i < kept && i < log->chunk_count; i++) {
        memory_chunk_unref(log->chunks[i]);
        log->chunks[i] = NULL;
    }
    log->start_offset = offset;
}

void memory_log_done(struct memory_log *log)
{
    for (size_t i = 0; i < log->chunk_count; i++)
        if (log->chunks[i] != NULL)
            memory_chunk_unref(log->chunks[i]);
    tg_free(log->chunks);
    tg_free(log->open);
}
