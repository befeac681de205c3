#include "data/wide.h"

struct tg_wide tg_wide_multiply(tg_uint128 a, tg_uint128 b)
{
    uint64_t a_low = (uint64_t)a;
    uint64_t b_low = (uint64_t)b;
    uint64_t a_high = (uint64_t)(a >> 64);
    uint64_t b_high = (uint64_t)(b >> 64);
    if ((a_high | b_high) == 0)
        return (struct tg_wide){.low = (tg_uint128)a_low * b_low};
    tg_uint128 low = (tg_uint128)a_low * b_low;
    tg_uint128 first = (tg_uint128)a_high * b_low;
    tg_uint128 second = (tg_uint128)a_low * b_high;
    tg_uint128 middle = (low >> 64) + (uint64_t)first + (uint64_t)second;
    return (struct tg_wide){
        .high = (tg_uint128)a_high * b_high + (first >> 64) + (second >> 64) + (middle >> 64),
        .low = (middle << 64) | (uint64_t)low,
    };
}

static struct tg_wide divide_by_word(struct tg_wide value, uint64_t divisor, tg_uint128 *ret_remainder)
{
    const uint64_t words[] = {(uint64_t)(value.high >> 64), (uint64_t)value.high, (uint64_t)(value.low >> 64),
                              (uint64_t)value.low};
    uint64_t quotient[4];
    tg_uint128 rest = 0;
    for (int i = 0; i < 4; i++) {
        rest = rest << 64 | words[i];
        quotient[i] = (uint64_t)(rest / divisor);
        rest %= divisor;
    }
    *ret_remainder = rest;
    return (struct tg_wide){.high = (tg_uint128)quotient[0] << 64 | quotient[1],
                            .low = (tg_uint128)quotient[2] << 64 | quotient[3]};
}

struct tg_wide tg_wide_divide(struct tg_wide value, tg_uint128 divisor, tg_uint128 *ret_remainder)
{
    if (value.high == 0) {
        *ret_remainder = value.low % divisor;
        return (struct tg_wide){.low = value.low / divisor};
    }
    if (divisor >> 64 == 0)
        return divide_by_word(value, (uint64_t)divisor, ret_remainder);
    /* Bit by bit: only values of more than 38 digits come here. */
    struct tg_wide quotient = {.high = value.high / divisor};
    tg_uint128 rest = value.high % divisor;
    for (int bit = 127; bit >= 0; bit--) {
        rest = rest << 1 | (value.low >> bit & 1);
        quotient.low <<= 1;
        if (rest >= divisor) {
            rest -= divisor;
            quotient.low |= 1;
        }
    }
    *ret_remainder = rest;
    return quotient;
}
