/* expr/map_order.c: the order in which Java's HashMap hands out its entries. ksqlDB's maps are such maps, and
 * their order shows in keys, values, entries, reductions and texts of maps. */
#include "data/number.h"
#include "expr/kernel.h"
#include "expr/text_tools.h"

/* String.hashCode over UTF-16 units */
static uint32_t hash_text(struct tg_slice text)
{
    uint32_t hash = 0;
    for (size_t at = 0; at < text.length;) {
        uint32_t character = tg_text_character(text, &at);
        if (character >= 0x10000) {
            hash = hash * 31 + 0xD800 + ((character - 0x10000) >> 10);
            character = 0xDC00 + ((character - 0x10000) & 0x3FF);
        }
        hash = hash * 31 + character;
    }
    return hash;
}

static uint32_t hash_long(uint64_t value)
{
    return (uint32_t)(value ^ value >> 32);
}

/* BigDecimal.hashCode: of the unscaled magnitude in 32-bit digits, most significant first, and the scale. */
static uint32_t hash_decimal(tg_int128 value, uint32_t scale)
{
    tg_uint128 magnitude = value < 0 ? 0 - (tg_uint128)value : (tg_uint128)value;
    uint32_t hash = 0;
    if (magnitude >> 64 == 0 && (uint64_t)magnitude <= INT64_MAX) {
        uint64_t compact = (uint64_t)magnitude;
        hash = (uint32_t)(compact >> 32) * 31 + (uint32_t)compact;
    } else {
        for (int digit = 3; digit >= 0; digit--)
            hash = hash * 31 + (uint32_t)(magnitude >> (32 * digit));
    }
    return 31 * (value < 0 ? 0 - hash : hash) + scale;
}

static uint32_t hash_key(const struct tg_column *keys, uint32_t row)
{
    uint64_t bits = 0;
    if (keys->valid[row] == 0)
        return 0;
    switch (keys->type->kind) {
    case TG_TYPE_BOOLEAN:
        return keys->values.boolean[row] != 0 ? 1231 : 1237;
    case TG_TYPE_INT:
        return (uint32_t)keys->values.int32[row];
    case TG_TYPE_BIGINT:
    case TG_TYPE_TIMESTAMP:
        return hash_long((uint64_t)keys->values.int64[row]);
    case TG_TYPE_DATE:
        return hash_long((uint64_t)(keys->values.int32[row] * INT64_C(86400000)));
    case TG_TYPE_TIME:
        return (uint32_t)keys->values.int32[row];
    case TG_TYPE_DOUBLE:
        memcpy(&bits, &keys->values.float64[row], sizeof bits);
        return hash_long(bits);
    case TG_TYPE_DECIMAL:
        return hash_decimal(keys->values.decimal[row], keys->type->scale);
    case TG_TYPE_STRING:
        return hash_text(keys->values.bytes[row]);
    case TG_TYPE_BYTES:
    case TG_TYPE_ARRAY:
    case TG_TYPE_MAP:
    case TG_TYPE_STRUCT:
        break; /* no keys in any format: they stay as they came */
    }
    return 0;
}

/* The table of a HashMap that is made for `count` entries, as ksqlDB's deserializers make it, and filled in
 * order: it doubles at three quarters, and while it is small also for a bucket that would pass eight entries.
 * `hashes` are spread already. */
static uint32_t table_size(const uint64_t *hashes, uint32_t count)
{
    enum { BUCKET_MAX = 8, SMALL = 64 };
    uint32_t size = 1;
    while (size < count && size < UINT32_MAX / 4)
        size *= 2;
    for (uint32_t i = 0; i < count && size < SMALL; i++) {
        uint32_t before = 0;
        for (uint32_t other = 0; other < i; other++)
            before += ((hashes[other] ^ hashes[i]) & (size - 1)) == 0;
        if (before >= BUCKET_MAX)
            size *= 2;
        if (i + 1 > size * 3 / 4)
            size *= 2;
    }
    while (count > size / 4 * 3 && size >= SMALL)
        size *= 2;
    return size;
}

/* Sorts by bucket; entries of one bucket keep their order. Buckets are the high half of `places`. */
static void sort_places(uint64_t *places, uint64_t *spare, uint32_t count)
{
    for (uint32_t width = 1; width < count; width *= 2) {
        for (uint32_t start = 0; start < count; start += 2 * width) {
            uint32_t middle = start + width < count ? start + width : count;
            uint32_t end = middle + width < count ? middle + width : count;
            uint32_t left = start;
            uint32_t right = middle;
            for (uint32_t at = start; at < end; at++)
                spare[at] = right >= end || (left < middle && places[left] <= places[right])
                                ? places[left++]
                                : places[right++];
        }
        memcpy(places, spare, count * sizeof *places);
    }
}

void tg_map_order(const struct tg_column *map, uint32_t row, uint64_t *items)
{
    struct tg_range range = map->values.range[row];
    for (uint32_t i = 0; i < range.count; i++) {
        uint32_t hash = hash_key(map->children[0], range.start + i);
        items[i] = hash ^ hash >> 16;
    }
    uint32_t size = table_size(items, range.count);
    for (uint32_t i = 0; i < range.count; i++)
        items[i] = (items[i] & (size - 1)) << 32 | (range.start + i);
    sort_places(items, items + range.count, range.count);
    for (uint32_t i = 0; i < range.count; i++)
        items[i] &= UINT32_MAX;
}
