/* state/ordered_time.h: times in store keys: i64 big endian with the sign bit flipped, so that byte order is
 * time order. Private to state/. Thread: any. */
#pragma once

#include "base/buffer.h"

#ifdef __cplusplus
extern "C" {
#endif

#define TG_ORDERED_TIME_SIGN 0x8000000000000000ull
#define TG_ORDERED_TIME_BYTES 8u

static inline void tg_ordered_time_append(struct tg_buffer *out, int64_t time_ms)
{
    tg_buffer_append_u64(out, (uint64_t)time_ms ^ TG_ORDERED_TIME_SIGN);
}

static inline int64_t tg_ordered_time_load(const uint8_t *bytes)
{
    return (int64_t)(tg_load_u64(bytes) ^ TG_ORDERED_TIME_SIGN);
}

#ifdef __cplusplus
}
#endif
