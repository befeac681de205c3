/* data/wide.h: unsigned 256-bit integers, as far as decimals need them; private to data/. Thread: any. */
#pragma once

#include "data/decimal.h"

struct tg_wide {
    tg_uint128 high;
    tg_uint128 low;
};

tg_uint128 tg_power_of_ten(unsigned exponent); /* 0..38 */
struct tg_wide tg_wide_multiply(tg_uint128 a, tg_uint128 b);
/* `divisor` is above 0 and below 2^127. */
struct tg_wide tg_wide_divide(struct tg_wide value, tg_uint128 divisor, tg_uint128 *ret_remainder);

static inline tg_uint128 tg_magnitude(tg_int128 value)
{
    return value < 0 ? 0 - (tg_uint128)value : (tg_uint128)value;
}

static inline bool tg_wide_is_zero(struct tg_wide value)
{
    return value.high == 0 && value.low == 0;
}

static inline struct tg_wide tg_wide_add(struct tg_wide a, struct tg_wide b)
{
    struct tg_wide sum = {.high = a.high + b.high, .low = a.low + b.low};
    sum.high += sum.low < a.low;
    return sum;
}

static inline struct tg_wide tg_wide_subtract(struct tg_wide a, struct tg_wide b)
{
    struct tg_wide difference = {.high = a.high - b.high - (a.low < b.low), .low = a.low - b.low};
    return difference;
}

static inline int tg_wide_compare(struct tg_wide a, struct tg_wide b)
{
    if (a.high != b.high)
        return a.high < b.high ? -1 : 1;
    return a.low < b.low ? -1 : a.low > b.low;
}
