/* base/memory.h: heap allocation that never returns NULL (out of memory ends the process), counted so that
 * tests can hold the record path to zero allocations. Thread: any. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

void *tg_alloc(size_t size);                               /* uninitialised */
void *tg_alloc_zero(size_t count, size_t size);            /* overflow-checked, zeroed */
void *tg_realloc(void *memory, size_t count, size_t size); /* overflow-checked */
void tg_free(void *memory);                                /* NULL is a no-op */
char *tg_strdup(const char *text);
char *tg_format(const char *format, ...)
    __attribute__((format(printf, 1, 2))); /* heap string; free with tg_free */

/* Calls of tg_alloc, tg_alloc_zero and tg_realloc of this thread since it started. */
uint64_t tg_allocation_count(void);

/* Grows `*memory` (elements of `size` bytes) to hold at least `needed`; doubles, never shrinks. */
void tg_grow(void **memory, size_t *capacity, size_t needed, size_t size);

#define TG_MOVE(pointer)                                                                                     \
    ({                                                                                                       \
        __typeof__(pointer) moved_ = (pointer);                                                              \
        (pointer) = NULL;                                                                                    \
        moved_;                                                                                              \
    })

#ifdef __cplusplus
}
#endif
