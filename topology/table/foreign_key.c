#include "topology/table/foreign_key.h"

#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

enum {
    SUBSCRIPTION_VERSION = 1,
    RESPONSE_VERSION = 0,
    NO_HASH = 0x80,
    HAS_ROW = 0x40,
    HAS_TIME = 0x20,
    VERSION_BITS = 0x1f,
};

struct tg_row_hash tg_row_hash_of(struct tg_slice row, int64_t time_ms)
{
    struct tg_row_hash hash = {.exists = true};
    XXH128_hash_t value = XXH3_128bits_withSeed(row.data, row.length, (XXH64_hash_t)time_ms);
    tg_store_u64(hash.bytes, value.high64);
    tg_store_u64(hash.bytes + 8, value.low64);
    return hash;
}

bool tg_row_hash_equal(const struct tg_row_hash *a, const struct tg_row_hash *b)
{
    return a->exists == b->exists && (!a->exists || memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0);
}

/* ---- records ---- */

static void append_hash(const struct tg_row_hash *hash, struct tg_buffer *out)
{
    if (hash->exists)
        tg_buffer_append(out, hash->bytes, sizeof hash->bytes);
}

static uint8_t hash_bit(const struct tg_row_hash *hash)
{
    return hash->exists ? 0 : NO_HASH;
}

static bool take_hash(struct tg_slice *rest, uint8_t first, struct tg_row_hash *ret_hash)
{
    struct tg_slice part;
    *ret_hash = (struct tg_row_hash){.exists = (first & NO_HASH) == 0};
    if (!ret_hash->exists)
        return true;
    if (!tg_slice_take(rest, sizeof ret_hash->bytes, &part))
        return false;
    memcpy(ret_hash->bytes, part.data, sizeof ret_hash->bytes);
    return true;
}

void tg_subscription_write(const struct tg_subscription *subscription, struct tg_buffer *out)
{
    const uint8_t head[2] = {(uint8_t)(SUBSCRIPTION_VERSION | hash_bit(&subscription->hash)),
                             (uint8_t)subscription->instruction};
    tg_buffer_clear(out);
    tg_buffer_append(out, head, sizeof head);
    append_hash(&subscription->hash, out);
    tg_buffer_append_slice(out, subscription->primary_key);
    tg_buffer_append_u32(out, (uint32_t)subscription->partition);
}

enum tg_code tg_subscription_read(struct tg_slice bytes, struct tg_subscription *ret_subscription,
                                  struct tg_error *reterr)
{
    struct tg_slice head;
    struct tg_slice rest = bytes;
    *ret_subscription = (struct tg_subscription){0};
    if (!tg_slice_take(&rest, 2, &head) || (head.data[0] & VERSION_BITS) != SUBSCRIPTION_VERSION ||
        head.data[1] > TG_SUBSCRIPTION_ANSWER_IF_FOUND ||
        !take_hash(&rest, head.data[0], &ret_subscription->hash) || rest.length < 4)
        return tg_fail(reterr, TG_CODE_CORRUPT, "its %zu bytes are no subscription", bytes.length);
    ret_subscription->instruction = (enum tg_subscription_instruction)head.data[1];
    ret_subscription->primary_key = tg_slice_of(rest.data, rest.length - 4);
    ret_subscription->partition = (int32_t)tg_load_u32(rest.data + rest.length - 4);
    return TG_OK;
}

void tg_subscription_response_write(const struct tg_subscription_response *response, struct tg_buffer *out)
{
    bool is_empty = response->row.data != NULL && response->row.length == 0;
    const uint8_t head = (uint8_t)(RESPONSE_VERSION | hash_bit(&response->hash) | (is_empty ? HAS_ROW : 0) |
                                   (response->has_time ? HAS_TIME : 0));
    tg_buffer_clear(out);
    tg_buffer_append(out, &head, 1);
    append_hash(&response->hash, out);
    if (response->has_time)
        tg_buffer_append_u64(out, (uint64_t)response->time_ms);
    tg_buffer_append_slice(out, response->row);
}

enum tg_code tg_subscription_response_read(struct tg_slice bytes,
                                           struct tg_subscription_response *ret_response,
                                           struct tg_error *reterr)
{
    struct tg_slice head;
    struct tg_slice time;
    struct tg_slice rest = bytes;
    *ret_response = (struct tg_subscription_response){0};
    if (!tg_slice_take(&rest, 1, &head) || (head.data[0] & VERSION_BITS) != RESPONSE_VERSION ||
        !take_hash(&rest, head.data[0], &ret_response->hash))
        return tg_fail(reterr, TG_CODE_CORRUPT, "its %zu bytes are no answer", bytes.length);
    ret_response->has_time = (head.data[0] & HAS_TIME) != 0;
    if (ret_response->has_time) {
        if (!tg_slice_take(&rest, 8, &time))
            return tg_fail(reterr, TG_CODE_CORRUPT, "its %zu bytes are no answer", bytes.length);
        ret_response->time_ms = (int64_t)tg_load_u64(time.data);
    }
    if (rest.length > 0 || (head.data[0] & HAS_ROW) != 0)
        ret_response->row = rest.length > 0 ? rest : tg_slice_of("", 0);
    return TG_OK;
}

/* ---- store ---- */

void tg_subscription_key(struct tg_slice foreign_key, struct tg_slice primary_key, struct tg_buffer *out)
{
    tg_buffer_clear(out);
    tg_buffer_append_u32(out, (uint32_t)foreign_key.length);
    tg_buffer_append_slice(out, foreign_key);
    tg_buffer_append_slice(out, primary_key);
}

void tg_subscription_bound(struct tg_slice prefix, struct tg_buffer *out)
{
    size_t length = prefix.length;
    tg_buffer_clear(out);
    while (length > 0 && prefix.data[length - 1] == UINT8_MAX)
        length--;
    tg_buffer_append(out, prefix.data, length);
    if (length > 0)
        out->data[length - 1]++;
}
