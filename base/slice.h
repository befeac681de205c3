/* base/slice.h: a borrowed run of bytes. Whoever keeps the bytes longer than the owner copies them. Thread:
 * any. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

struct tg_slice {
    const uint8_t *data; /* may be NULL only when length is 0 */
    size_t length;       /* bytes */
};

static inline struct tg_slice tg_slice_of(const void *data, size_t length)
{
    struct tg_slice slice = {(const uint8_t *)data, length};
    return slice;
}

static inline struct tg_slice tg_slice_text(const char *text)
{
    return tg_slice_of(text, text == NULL ? 0 : strlen(text));
}

static inline bool tg_slice_equal(struct tg_slice a, struct tg_slice b)
{
    return a.length == b.length && (a.length == 0 || memcmp(a.data, b.data, a.length) == 0);
}

static inline bool tg_slice_is(struct tg_slice slice, const char *text)
{
    return tg_slice_equal(slice, tg_slice_text(text));
}

/* Byte order, shorter first on a tie: the order of keys in every store. */
static inline int tg_slice_compare(struct tg_slice a, struct tg_slice b)
{
    size_t common = a.length < b.length ? a.length : b.length;
    int order = common == 0 ? 0 : memcmp(a.data, b.data, common);
    if (order != 0)
        return order;
    return a.length < b.length ? -1 : a.length > b.length;
}

bool tg_slice_equal_nocase(struct tg_slice a, struct tg_slice b); /* ASCII letters only */
uint64_t tg_slice_hash(struct tg_slice slice);                    /* XXH3 with a per-process seed */
#define TG_SLICE_FORMAT(slice) (int)(slice).length, (const char *)(slice).data /* for "%.*s" */

/* Takes `length` bytes off the front; false, and nothing taken, if there are not so many. */
static inline bool tg_slice_take(struct tg_slice *rest, size_t length, struct tg_slice *ret_part)
{
    if (rest->length < length)
        return false;
    *ret_part = tg_slice_of(rest->data, length);
    *rest = tg_slice_of(rest->data + length, rest->length - length);
    return true;
}

#ifdef __cplusplus
}
#endif
