#include "state/slab.h"

#include "base/error.h"
#include "base/memory.h"

#define CHUNK_BYTES 16384u
#define REGION_CHUNKS_MAX 64u

struct free_block {
    struct free_block *next;
};

/* At the start of its 16 KiB, so that a block finds its chunk by rounding its address down. */
struct tg_slab_chunk {
    struct tg_slab_chunk *next; /* in slab->with_room[class] or slab->empty */
    struct tg_slab_chunk *previous;
    struct free_block *free; /* blocks given back */
    uint32_t block_bytes;
    uint32_t class_index;
    uint32_t used;      /* blocks handed out */
    uint32_t untouched; /* offset of the first block never handed out */
};

struct tg_slab_region {
    struct tg_slab_region *next;
};

/* 16-byte steps up to 256, then four classes per doubling. */
static uint32_t class_of(size_t size)
{
    if (size <= 256)
        return size <= 16 ? 0 : (uint32_t)((size + 15) / 16 - 1);
    uint32_t doubling = 63u - (uint32_t)__builtin_clzll(size - 1); /* 8 for 257..512 */
    uint32_t quarter = (uint32_t)((size - 1) >> (doubling - 2)) & 3u;
    return 16 + (doubling - 8) * 4 + quarter;
}

static uint32_t class_bytes(uint32_t class_index)
{
    if (class_index < 16)
        return (class_index + 1) * 16;
    uint32_t doubling = 8 + (class_index - 16) / 4;
    uint32_t quarter = (class_index - 16) % 4;
    return (1u << doubling) + ((quarter + 1) << (doubling - 2));
}

static struct tg_slab_chunk *chunk_of(void *block)
{
    uintptr_t address = (uintptr_t)block;
    return (struct tg_slab_chunk *)(void *)((uint8_t *)block - (address & (CHUNK_BYTES - 1)));
}

static void push(struct tg_slab_chunk **list, struct tg_slab_chunk *chunk)
{
    chunk->previous = NULL;
    chunk->next = *list;
    if (*list != NULL)
        (*list)->previous = chunk;
    *list = chunk;
}

static void unlink_chunk(struct tg_slab_chunk **list, struct tg_slab_chunk *chunk)
{
    if (chunk->previous != NULL)
        chunk->previous->next = chunk->next;
    else
        *list = chunk->next;
    if (chunk->next != NULL)
        chunk->next->previous = chunk->previous;
}

static void add_region(struct tg_slab *slab)
{
    size_t bytes = sizeof(struct tg_slab_region) + (slab->region_chunks + 1) * CHUNK_BYTES;
    struct tg_slab_region *region = tg_alloc(bytes);
    region->next = slab->regions;
    slab->regions = region;
    slab->held_bytes += bytes;
    uint8_t *start = (uint8_t *)(region + 1);
    start += (CHUNK_BYTES - ((uintptr_t)start & (CHUNK_BYTES - 1))) & (CHUNK_BYTES - 1);
    for (size_t i = slab->region_chunks; i > 0; i--)
        push(&slab->empty, (struct tg_slab_chunk *)(void *)(start + (i - 1) * CHUNK_BYTES));
    if (slab->region_chunks < REGION_CHUNKS_MAX)
        slab->region_chunks *= 2;
}

static struct tg_slab_chunk *start_chunk(struct tg_slab *slab, uint32_t class_index)
{
    if (slab->empty == NULL)
        add_region(slab);
    struct tg_slab_chunk *chunk = slab->empty;
    unlink_chunk(&slab->empty, chunk);
    chunk->free = NULL;
    chunk->block_bytes = class_bytes(class_index);
    chunk->class_index = class_index;
    chunk->used = 0;
    chunk->untouched = (uint32_t)((sizeof *chunk + 15) / 16 * 16);
    push(&slab->with_room[class_index], chunk);
    return chunk;
}

static bool has_room(const struct tg_slab_chunk *chunk)
{
    return chunk->free != NULL || chunk->untouched + chunk->block_bytes <= CHUNK_BYTES;
}

void tg_slab_init(struct tg_slab *slab)
{
    *slab = (struct tg_slab){.region_chunks = 1};
}

void tg_slab_done(struct tg_slab *slab)
{
    while (slab->regions != NULL) {
        struct tg_slab_region *region = slab->regions;
        slab->regions = region->next;
        tg_free(region);
    }
    tg_slab_init(slab);
}

size_t tg_slab_rounded(size_t size)
{
    return size > TG_SLAB_BLOCK_MAX ? size : class_bytes(class_of(size));
}

void *tg_slab_alloc(struct tg_slab *slab, size_t size)
{
    if (size > TG_SLAB_BLOCK_MAX) {
        slab->used_bytes += size;
        slab->held_bytes += size;
        return tg_alloc(size);
    }
    uint32_t class_index = class_of(size);
    struct tg_slab_chunk *chunk = slab->with_room[class_index];
    if (chunk == NULL)
        chunk = start_chunk(slab, class_index);
    void *block = chunk->free;
    if (block != NULL) {
        chunk->free = chunk->free->next;
    } else {
        block = (uint8_t *)chunk + chunk->untouched;
        chunk->untouched += chunk->block_bytes;
    }
    chunk->used++;
    slab->used_bytes += chunk->block_bytes;
    if (!has_room(chunk))
        unlink_chunk(&slab->with_room[class_index], chunk);
    return block;
}

void tg_slab_free(struct tg_slab *slab, void *block, size_t size)
{
    if (block == NULL)
        return;
    if (size > TG_SLAB_BLOCK_MAX) {
        slab->used_bytes -= size;
        slab->held_bytes -= size;
        tg_free(block);
        return;
    }
    struct tg_slab_chunk *chunk = chunk_of(block);
    TG_ASSERT(chunk->used > 0 && chunk->class_index == class_of(size));
    bool listed = has_room(chunk);
    struct free_block *free_block = block;
    free_block->next = chunk->free;
    chunk->free = free_block;
    chunk->used--;
    slab->used_bytes -= chunk->block_bytes;
    if (!listed)
        push(&slab->with_room[chunk->class_index], chunk);
    /* The last chunk of a class stays with it, so that one entry coming and going does not move chunks
     * around. */
    bool only_one = slab->with_room[chunk->class_index] == chunk && chunk->next == NULL;
    if (chunk->used == 0 && !only_one) {
        unlink_chunk(&slab->with_room[chunk->class_index], chunk);
        push(&slab->empty, chunk);
    }
}
