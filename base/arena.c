#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/memory.h"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(memory, size) ((void)(memory), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(memory, size) ((void)(memory), (void)(size))
#endif

enum { BLOCK_BYTES_DEFAULT = 16 * 1024, BLOCK_BYTES_GROWTH_MAX = 1024 * 1024, ALIGNMENT = 16 };

struct block {
    struct block *older;
    size_t capacity;
    _Alignas(ALIGNMENT) uint8_t bytes[];
};

struct hook {
    struct hook *older;
    void (*release)(void *object);
    void *object;
};

struct tg_arena {
    struct block *newest; /* the one that is filled now; NULL before the first allocation */
    struct hook *hooks;   /* in the arena itself */
    uint8_t *at;          /* the free part of the newest block */
    uint8_t *end;
    size_t block_bytes;
    size_t held;
};

static void run_hooks(struct tg_arena *arena)
{
    while (arena->hooks != NULL) {
        struct hook *hook = arena->hooks;
        arena->hooks = hook->older;
        hook->release(hook->object);
    }
}

static void free_blocks(struct tg_arena *arena)
{
    for (struct block *block = arena->newest; block != NULL;) {
        struct block *older = block->older;
        ASAN_UNPOISON_MEMORY_REGION(block->bytes, block->capacity);
        tg_free(block);
        block = older;
    }
    arena->newest = NULL;
    arena->at = NULL;
    arena->end = NULL;
    arena->held = 0;
}

static void add_block(struct tg_arena *arena, size_t capacity)
{
    if (capacity > SIZE_MAX / 2)
        tg_panic(__FILE__, __LINE__, "arena allocation of %zu bytes is too large", capacity);
    struct block *block = tg_alloc(sizeof *block + capacity);
    block->older = arena->newest;
    block->capacity = capacity;
    arena->newest = block;
    arena->at = block->bytes;
    arena->end = block->bytes + capacity;
    arena->held += sizeof *block + capacity;
    ASAN_POISON_MEMORY_REGION(block->bytes, capacity);
}

struct tg_arena *tg_arena_new(size_t block_bytes)
{
    struct tg_arena *arena = tg_alloc(sizeof *arena);
    *arena = (struct tg_arena){.block_bytes = block_bytes == 0 ? BLOCK_BYTES_DEFAULT : block_bytes};
    return arena;
}

void tg_arena_free(struct tg_arena *arena)
{
    if (arena == NULL)
        return;
    run_hooks(arena);
    free_blocks(arena);
    tg_free(arena);
}

/* Several blocks become one of their total size: an arena that is used alike again and again stops allocating
 * after two rounds, whatever the order of its small and large pieces. */
void tg_arena_reset(struct tg_arena *arena)
{
    struct block *newest = arena->newest;
    if (newest == NULL)
        return;
    run_hooks(arena);
    if (newest->older != NULL) {
        size_t total = 0;
        for (struct block *block = newest; block != NULL; block = block->older)
            total += block->capacity;
        free_blocks(arena);
        add_block(arena, total);
        return;
    }
    arena->at = newest->bytes;
    ASAN_POISON_MEMORY_REGION(newest->bytes, newest->capacity);
}

size_t tg_arena_bytes(const struct tg_arena *arena)
{
    return arena->held;
}

static void make_room(struct tg_arena *arena, size_t size)
{
    size_t capacity = arena->held < BLOCK_BYTES_GROWTH_MAX ? arena->held : BLOCK_BYTES_GROWTH_MAX;
    if (capacity < arena->block_bytes)
        capacity = arena->block_bytes;
    if (capacity < size)
        capacity = size;
    add_block(arena, capacity);
}

static uint8_t *take(struct tg_arena *arena, size_t size)
{
    uint8_t *memory = arena->at;
    arena->at += size;
    ASAN_UNPOISON_MEMORY_REGION(memory, size);
    return memory;
}

void *tg_arena_alloc(struct tg_arena *arena, size_t size)
{
    size_t padding = (size_t)(-(uintptr_t)arena->at & (ALIGNMENT - 1));
    size_t room = (size_t)(arena->end - arena->at);
    if (padding > room || room - padding < size || arena->at == NULL) {
        make_room(arena, size);
        padding = 0; /* a block's bytes are aligned */
    }
    arena->at += padding;
    return take(arena, size);
}

void *tg_arena_alloc_zero(struct tg_arena *arena, size_t count, size_t size)
{
    size_t bytes = 0;
    if (__builtin_mul_overflow(count, size, &bytes))
        tg_panic(__FILE__, __LINE__, "arena allocation of %zu elements of %zu bytes is too large", count,
                 size);
    return memset(tg_arena_alloc(arena, bytes), 0, bytes);
}

uint8_t *tg_arena_bytes_alloc(struct tg_arena *arena, size_t size)
{
    if ((size_t)(arena->end - arena->at) < size || arena->at == NULL)
        make_room(arena, size);
    return take(arena, size);
}

char *tg_arena_text(struct tg_arena *arena, struct tg_slice text)
{
    char *copy = (char *)tg_arena_bytes_alloc(arena, text.length + 1);
    if (text.length > 0)
        memcpy(copy, text.data, text.length);
    copy[text.length] = '\0';
    return copy;
}

struct tg_slice tg_arena_copy(struct tg_arena *arena, struct tg_slice bytes)
{
    uint8_t *copy = tg_arena_bytes_alloc(arena, bytes.length);
    if (bytes.length > 0)
        memcpy(copy, bytes.data, bytes.length);
    return tg_slice_of(copy, bytes.length);
}

char *tg_arena_printf(struct tg_arena *arena, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    va_list again;
    va_copy(again, arguments);
    size_t room = (size_t)(arena->end - arena->at);
    ASAN_UNPOISON_MEMORY_REGION(arena->at, room);
    int wanted = vsnprintf((char *)arena->at, room, format, arguments);
    ASAN_POISON_MEMORY_REGION(arena->at, room);
    va_end(arguments);
    TG_ASSERT(wanted >= 0);
    size_t size = (size_t)wanted + 1;
    bool fitted = size <= room;
    char *text = (char *)tg_arena_bytes_alloc(arena, size);
    if (!fitted)
        vsnprintf(text, size, format, again);
    va_end(again);
    return text;
}

void tg_arena_on_release(struct tg_arena *arena, void (*release)(void *object), void *object)
{
    struct hook *hook = (struct hook *)tg_arena_alloc(arena, sizeof *hook);
    *hook = (struct hook){.older = arena->hooks, .release = release, .object = object};
    arena->hooks = hook;
}
