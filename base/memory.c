#include "base/memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

static _Thread_local uint64_t allocations;

TG_NORETURN static void die_out_of_memory(size_t bytes)
{
    tg_panic(__FILE__, __LINE__, "out of memory: %zu bytes were asked for", bytes);
}

static size_t multiply(size_t count, size_t size)
{
    size_t bytes = 0;
    if (__builtin_mul_overflow(count, size, &bytes))
        tg_panic(__FILE__, __LINE__, "allocation of %zu elements of %zu bytes is too large", count, size);
    return bytes;
}

void *tg_alloc(size_t size)
{
    allocations++;
    void *memory = malloc(size == 0 ? 1 : size);
    if (memory == NULL)
        die_out_of_memory(size);
    return memory;
}

void *tg_alloc_zero(size_t count, size_t size)
{
    size_t bytes = multiply(count, size);
    allocations++;
    void *memory = calloc(1, bytes == 0 ? 1 : bytes);
    if (memory == NULL)
        die_out_of_memory(bytes);
    return memory;
}

void *tg_realloc(void *memory, size_t count, size_t size)
{
    size_t bytes = multiply(count, size);
    allocations++;
    memory = realloc(memory, bytes == 0 ? 1 : bytes);
    if (memory == NULL)
        die_out_of_memory(bytes);
    return memory;
}

void tg_free(void *memory)
{
    free(memory);
}

char *tg_strdup(const char *text)
{
    size_t bytes = strlen(text) + 1;
    return memcpy(tg_alloc(bytes), text, bytes);
}

char *tg_format(const char *format, ...)
{
    size_t room = 128;
    char *text = tg_alloc(room);
    for (;;) {
        va_list arguments;
        va_start(arguments, format);
        int wanted = vsnprintf(text, room, format, arguments);
        va_end(arguments);
        TG_ASSERT(wanted >= 0);
        if ((size_t)wanted < room)
            return text;
        room = (size_t)wanted + 1;
        text = tg_realloc(text, room, 1);
    }
}

uint64_t tg_allocation_count(void)
{
    return allocations;
}

void tg_grow(void **memory, size_t *capacity, size_t needed, size_t size)
{
    if (needed <= *capacity)
        return;
    size_t grown = *capacity < 8 ? 8 : *capacity;
    while (grown < needed)
        grown = multiply(grown, 2);
    *memory = tg_realloc(*memory, grown, size);
    *capacity = grown;
}
