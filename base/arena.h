/* base/arena.h: memory with one lifetime (statement, query, batch, request): allocated piece by piece, freed
 * at once. Thread: its owner's. An arena that was reset keeps its blocks, so a batch arena stops allocating
 * after warm-up. */
#pragma once

#include "base/error.h"
#include "base/slice.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tg_arena;

struct tg_arena *tg_arena_new(size_t block_bytes); /* 0: 16 KiB blocks */
void tg_arena_free(struct tg_arena *arena);        /* NULL is a no-op */
void tg_arena_reset(struct tg_arena *arena);       /* everything allocated from it is gone; its blocks stay */
size_t tg_arena_bytes(const struct tg_arena *arena); /* held from the heap */

void *tg_arena_alloc(struct tg_arena *arena, size_t size); /* uninitialised, aligned to 16 */
void *tg_arena_alloc_zero(struct tg_arena *arena, size_t count, size_t size); /* overflow-checked, zeroed */
uint8_t *tg_arena_bytes_alloc(struct tg_arena *arena, size_t size);           /* unaligned: for text */
char *tg_arena_text(struct tg_arena *arena, struct tg_slice text);            /* NUL-terminated copy */
struct tg_slice tg_arena_copy(struct tg_arena *arena, struct tg_slice bytes);
char *tg_arena_printf(struct tg_arena *arena, const char *format, ...) TG_PRINTF(2, 3);

/* Calls release(object) before the memory goes (free or reset), last one first: for what a library holds
 * outside of the arena. */
void tg_arena_on_release(struct tg_arena *arena, void (*release)(void *object), void *object);

#ifdef __cplusplus
}
#endif
