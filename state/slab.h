/* state/slab.h: blocks of many sizes for the entries of one table, without a heap allocation per block.
 * Blocks of one size class are cut from 16 KiB chunks; a chunk whose blocks are all free serves any class
 * again. Blocks are aligned to 16 bytes and never move. Blocks above TG_SLAB_BLOCK_MAX come from the heap.
 * Thread: its owner's. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define TG_SLAB_BLOCK_MAX 4096u
#define TG_SLAB_CLASS_COUNT 32

struct tg_slab_chunk;
struct tg_slab_region;

struct tg_slab {
    struct tg_slab_chunk *with_room[TG_SLAB_CLASS_COUNT]; /* chunks of a class that have a free block */
    struct tg_slab_chunk *empty;                          /* chunks of no class */
    struct tg_slab_region *regions;                       /* what the heap gave, newest first */
    size_t region_chunks;                                 /* chunks in the next region */
    size_t used_bytes; /* in blocks handed out, rounded up to their class */
    size_t held_bytes; /* from the heap */
};

void tg_slab_init(struct tg_slab *slab);
void tg_slab_done(
    struct tg_slab *slab); /* all blocks up to TG_SLAB_BLOCK_MAX are gone; larger ones must be freed before */

/* What a block of `size` bytes really holds: the size of its class. */
size_t tg_slab_rounded(size_t size);
void *tg_slab_alloc(struct tg_slab *slab, size_t size);
void tg_slab_free(struct tg_slab *slab, void *block, size_t size); /* `size` as asked for, or rounded */

#ifdef __cplusplus
}
#endif
