/* expr/codec.h: values as bytes inside the states of aggregates. The bytes are in stores and changelogs:
 * their form never changes. All numbers are little endian. A value is one byte 0 (NULL) or 1, then BOOLEAN 1
 * byte; INT, DATE, TIME 4; BIGINT, TIMESTAMP, DOUBLE 8; DECIMAL 16 (the scaled integer); STRING, BYTES a
 * length of 4 and the bytes; ARRAY a count of 4 and the elements; MAP a count of 4 and key, value, key,
 * value... in an order of the keys; STRUCT its fields. Thread: any. */
#pragma once

#include <endian.h>

#include "base/buffer.h"
#include "data/column.h"

#ifdef __cplusplus
extern "C" {
#endif

void tg_value_encode(const struct tg_column *column, uint32_t row, struct tg_buffer *out);
/* Reads one value from the front of `*input` into a row and moves `*input` behind it. Slices point into the
 * input. False if the bytes are not a value of the column's type. */
bool tg_value_decode(struct tg_slice *input, struct tg_column *column, uint32_t row);
/* Bytes of the value at the front of `input`; 0 if they are not one of that type. */
size_t tg_value_size(const struct tg_type *type, struct tg_slice input);

static inline uint32_t tg_state_load_u32(const uint8_t *bytes)
{
    uint32_t value;
    memcpy(&value, bytes, sizeof value);
    return le32toh(value);
}

static inline void tg_state_store_u32(uint8_t *bytes, uint32_t value)
{
    value = htole32(value);
    memcpy(bytes, &value, sizeof value);
}

static inline uint64_t tg_state_load_u64(const uint8_t *bytes)
{
    uint64_t value;
    memcpy(&value, bytes, sizeof value);
    return le64toh(value);
}

static inline void tg_state_store_u64(uint8_t *bytes, uint64_t value)
{
    value = htole64(value);
    memcpy(bytes, &value, sizeof value);
}

static inline double tg_state_load_double(const uint8_t *bytes)
{
    uint64_t bits = tg_state_load_u64(bytes);
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static inline void tg_state_store_double(uint8_t *bytes, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    tg_state_store_u64(bytes, bits);
}

static inline tg_int128 tg_state_load_decimal(const uint8_t *bytes)
{
    return (tg_int128)(((tg_uint128)tg_state_load_u64(bytes + 8) << 64) | tg_state_load_u64(bytes));
}

static inline void tg_state_store_decimal(uint8_t *bytes, tg_int128 value)
{
    tg_state_store_u64(bytes, (uint64_t)(tg_uint128)value);
    tg_state_store_u64(bytes + 8, (uint64_t)((tg_uint128)value >> 64));
}

#ifdef __cplusplus
}
#endif
