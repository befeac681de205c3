/* expr/functions/aggregate_distinct.c: COUNT_DISTINCT. State layout (never to change): 4 bytes 0 while the
 * values are few, then 1. The blob holds 8-byte hashes in ascending order (exact up to 1,024 values), then
 * 16,384 registers of one byte (HyperLogLog: Flajolet and others, 2007; a standard error of 0.8 %). */
#include <math.h>

#include "expr/codec.h"
#include "expr/kernel.h"

enum { HASH_BYTES = 8, HASHES_MAX = 1024, REGISTER_BITS = 14, REGISTERS = 1 << REGISTER_BITS };

/* Of the value's bytes in expr/codec.h's form; MurmurHash64A of A. Appleby, as the hash is in changelogs. */
static uint64_t hash_bytes(struct tg_slice bytes)
{
    const uint64_t factor = 0xc6a4a7935bd1e995ULL;
    uint64_t hash = bytes.length * factor;
    size_t at = 0;
    for (; at + 8 <= bytes.length; at += 8) {
        uint64_t part = tg_state_load_u64(bytes.data + at) * factor;
        hash = (hash ^ (part ^ part >> 47) * factor) * factor;
    }
    uint64_t rest = 0;
    for (size_t i = bytes.length; i > at; i--)
        rest = rest << 8 | bytes.data[i - 1];
    if (at < bytes.length)
        hash = (hash ^ rest) * factor;
    hash = (hash ^ hash >> 47) * factor;
    return hash ^ hash >> 47;
}

static void init(uint8_t *fixed)
{
    tg_state_store_u32(fixed, 0);
}

static bool is_sketch(const uint8_t *fixed)
{
    return tg_state_load_u32(fixed) != 0;
}

TG_MUST_CHECK static enum tg_code check_blob(const uint8_t *fixed, struct tg_slice blob,
                                             struct tg_error *reterr)
{
    bool fits = is_sketch(fixed) ? blob.length == REGISTERS
                                 : blob.length % HASH_BYTES == 0 && blob.length <= HASHES_MAX * HASH_BYTES;
    return fits ? TG_OK
                : tg_fail(reterr, TG_CODE_CORRUPT, "the state of COUNT_DISTINCT has %zu bytes", blob.length);
}

/* What the register of a hash must reach, and which one it is. */
static uint8_t rank_of(uint64_t hash, size_t *ret_register)
{
    *ret_register = hash >> (64 - REGISTER_BITS);
    uint64_t rest = hash << REGISTER_BITS | 1ULL << (REGISTER_BITS - 1);
    return (uint8_t)(__builtin_clzll(rest) + 1);
}

static bool raise_register(uint8_t *registers, uint64_t hash)
{
    size_t number = 0;
    uint8_t rank = rank_of(hash, &number);
    if (registers[number] >= rank)
        return false;
    registers[number] = rank;
    return true;
}

/* The place of a hash among ascending ones: the first that is not less. */
static size_t find_hash(struct tg_slice hashes, uint64_t hash)
{
    size_t low = 0;
    size_t high = hashes.length / HASH_BYTES;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (tg_state_load_u64(hashes.data + middle * HASH_BYTES) < hash)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Makes `out` the registers of ascending hashes. */
static void make_sketch(struct tg_slice hashes, struct tg_buffer *out)
{
    tg_buffer_clear(out);
    uint8_t *registers = tg_buffer_reserve(out, REGISTERS);
    memset(registers, 0, REGISTERS);
    out->length = REGISTERS;
    for (size_t at = 0; at < hashes.length; at += HASH_BYTES)
        (void)raise_register(registers, tg_state_load_u64(hashes.data + at));
}

static void add_hash(struct tg_aggregate_call *call, uint64_t hash)
{
    struct tg_slice blob = call->blob;
    size_t number = 0;
    if (is_sketch(call->fixed)) {
        if (blob.data[hash >> (64 - REGISTER_BITS)] >= rank_of(hash, &number))
            return;
        tg_buffer_append_slice(call->new_blob, blob);
        call->blob_changed = raise_register(call->new_blob->data, hash);
        return;
    }
    size_t at = find_hash(blob, hash) * HASH_BYTES;
    if (at < blob.length && tg_state_load_u64(blob.data + at) == hash)
        return;
    call->blob_changed = true;
    if (blob.length == HASHES_MAX * HASH_BYTES) {
        tg_state_store_u32(call->fixed, 1);
        make_sketch(blob, call->new_blob);
        (void)raise_register(call->new_blob->data, hash);
        return;
    }
    uint8_t bytes[HASH_BYTES];
    tg_state_store_u64(bytes, hash);
    tg_buffer_append(call->new_blob, blob.data, at);
    tg_buffer_append(call->new_blob, bytes, sizeof bytes);
    tg_buffer_append(call->new_blob, blob.data + at, blob.length - at);
}

static enum tg_code add(struct tg_aggregate_call *call, struct tg_error *reterr)
{
    TG_TRY(check_blob(call->fixed, call->blob, reterr));
    if (call->arguments[0]->valid[call->row] == 0)
        return TG_OK;
    tg_value_encode(call->arguments[0], call->row, call->new_blob);
    uint64_t hash = hash_bytes(tg_buffer_slice(call->new_blob));
    tg_buffer_clear(call->new_blob);
    add_hash(call, hash);
    return TG_OK;
}

/* Both lists of hashes, in order, into new_blob; true if there are few enough. */
static bool merge_lists(struct tg_aggregate_call *call, struct tg_slice other)
{
    struct tg_slice mine = call->blob;
    size_t my_at = 0;
    for (size_t at = 0; at < other.length; at += HASH_BYTES) {
        uint64_t hash = tg_state_load_u64(other.data + at);
        size_t end = find_hash(mine, hash) * HASH_BYTES;
        tg_buffer_append(call->new_blob, mine.data + my_at, end - my_at);
        my_at = end;
        if (my_at < mine.length && tg_state_load_u64(mine.data + my_at) == hash)
            continue;
        tg_buffer_append(call->new_blob, other.data + at, HASH_BYTES);
    }
    tg_buffer_append(call->new_blob, mine.data + my_at, mine.length - my_at);
    return call->new_blob->length <= HASHES_MAX * HASH_BYTES;
}

static void merge_into_sketch(uint8_t *registers, bool sketch, struct tg_slice blob)
{
    for (size_t i = 0; sketch && i < REGISTERS; i++)
        registers[i] = registers[i] < blob.data[i] ? blob.data[i] : registers[i];
    for (size_t at = 0; !sketch && at < blob.length; at += HASH_BYTES)
        (void)raise_register(registers, tg_state_load_u64(blob.data + at));
}

static enum tg_code merge(struct tg_aggregate_call *call, const uint8_t *other_fixed, struct tg_slice other,
                          struct tg_error *reterr)
{
    TG_TRY(check_blob(call->fixed, call->blob, reterr));
    TG_TRY(check_blob(other_fixed, other, reterr));
    call->blob_changed = true;
    bool sketch = is_sketch(call->fixed);
    if (!sketch && !is_sketch(other_fixed) && merge_lists(call, other))
        return TG_OK;
    make_sketch(tg_slice_of(NULL, 0), call->new_blob);
    merge_into_sketch(call->new_blob->data, sketch, call->blob);
    merge_into_sketch(call->new_blob->data, is_sketch(other_fixed), other);
    tg_state_store_u32(call->fixed, 1);
    return TG_OK;
}

static double estimate(const uint8_t *registers)
{
    const double count = REGISTERS;
    double sum = 0;
    uint32_t zeros = 0;
    for (size_t i = 0; i < REGISTERS; i++) {
        sum += ldexp(1, -registers[i]);
        zeros += registers[i] == 0;
    }
    double raw = 0.7213 / (1 + 1.079 / count) * count * count / sum;
    return raw <= 2.5 * count && zeros > 0 ? count * log(count / zeros) : raw;
}

static void result(const struct tg_aggregate_call *call, struct tg_column *result_column, uint32_t row)
{
    int64_t count = (int64_t)(call->blob.length / HASH_BYTES);
    if (is_sketch(call->fixed))
        count = call->blob.length == REGISTERS ? llround(estimate(call->blob.data)) : 0;
    result_column->values.int64[row] = count;
    result_column->valid[row] = 1;
}

static const struct tg_aggregate_kernel count_distinct = {
    .fixed_bytes = 4, .init = init, .add = add, .merge = merge, .result = result};

extern const struct tg_function tg_functions_aggregate_distinct[];
const struct tg_function tg_functions_aggregate_distinct[] = {
    {.signature = "COUNT_DISTINCT(T) -> BIGINT",
     .kind = TG_FUNCTION_AGGREGATE,
     .flags = TG_FUNCTION_SEES_NULL | TG_FUNCTION_VARIABLE_STATE,
     .aggregate = &count_distinct,
     .summary = "The number of different values that are not NULL: exact up to 1,024, then within about 2 %.",
     .example = "COUNT_DISTINCT(x) OVER (1, 2, 1, 3) = 3"},
    {0},
};
