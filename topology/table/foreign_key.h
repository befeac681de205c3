/* topology/table/foreign_key.h: the records by which a foreign-key join asks and answers, in Kafka Streams'
 * form (SubscriptionWrapper 1, SubscriptionResponseWrapper 0), and the keys of the store of subscriptions:
 *
 *   subscription   0x01, or 0x81 without hash | instruction | hash [16] | key of the left row | partition i32
 *   response       0x00, or 0x80 without hash | hash [16] | row of the right table, nothing if there is none
 *   store key      length of the foreign key u32 | foreign key | key of the left row
 *
 * Big endian. The hash says which version of the left row asked: an answer to an older one is dropped. Ours
 * is of the row's bytes and its time, so a row that changes back is another version. A response's first byte
 * may have two bits more: 0x40, a row of no bytes is there, 0x20, its row time i64 comes before it. Thread:
 * any. */
#pragma once

#include "base/buffer.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { TG_ROW_HASH_BYTES = 16 };

struct tg_row_hash {
    bool exists; /* there is a row */
    uint8_t bytes[TG_ROW_HASH_BYTES];
};
struct tg_row_hash tg_row_hash_of(struct tg_slice row, int64_t time_ms);
bool tg_row_hash_equal(const struct tg_row_hash *a, const struct tg_row_hash *b);

enum tg_subscription_instruction {
    TG_SUBSCRIPTION_DELETE,            /* no answer: another subscription takes its place */
    TG_SUBSCRIPTION_DELETE_AND_ANSWER, /* with nothing */
    TG_SUBSCRIPTION_ANSWER,            /* also if there is no such row */
    TG_SUBSCRIPTION_ANSWER_IF_FOUND,
};

struct tg_subscription {
    struct tg_row_hash hash;
    enum tg_subscription_instruction instruction;
    struct tg_slice primary_key;
    int32_t partition; /* of the left row: where the answer goes */
};
/* Replaces the content of `out`. */
void tg_subscription_write(const struct tg_subscription *subscription, struct tg_buffer *out);
/* The key points into `bytes`. Errors: CORRUPT. */
TG_MUST_CHECK enum tg_code tg_subscription_read(struct tg_slice bytes,
                                                struct tg_subscription *ret_subscription,
                                                struct tg_error *reterr);

struct tg_subscription_response {
    struct tg_row_hash hash;
    struct tg_slice row; /* data NULL: there is none */
    bool has_time;
    int64_t time_ms;
};
void tg_subscription_response_write(const struct tg_subscription_response *response, struct tg_buffer *out);
TG_MUST_CHECK enum tg_code tg_subscription_response_read(struct tg_slice bytes,
                                                         struct tg_subscription_response *ret_response,
                                                         struct tg_error *reterr);

/* The key of a subscription in its store; with an empty primary key: what all keys of the foreign key begin
 * with. */
void tg_subscription_key(struct tg_slice foreign_key, struct tg_slice primary_key, struct tg_buffer *out);
/* The end of the range of keys that begin with `prefix`: replaces the content of `out`; empty: no bound. */
void tg_subscription_bound(struct tg_slice prefix, struct tg_buffer *out);

#ifdef __cplusplus
}
#endif
