/* bench/nexmark/nexmark.h: the events of the Nexmark benchmark as Kafka records with JSON values. Event
 * number n depends on n and the options alone. The rules are those of the original generator (package
 * nexmark-flink, classes of model and generator): proportions, hot keys, ids, sizes. Thread: any. */
#pragma once

#include "base/buffer.h"

#ifdef __cplusplus
extern "C" {
#endif

enum tg_nexmark_kind { TG_NEXMARK_PERSON, TG_NEXMARK_AUCTION, TG_NEXMARK_BID };

struct tg_nexmark {
    int64_t first_ms;            /* time of event 0 */
    uint64_t rate;               /* events per second of event time */
    uint64_t out_of_order_group; /* 1: in order */
};

/* What the benchmarks use: in order, 10,000 events per second from 2023-11-14 22:13:20 on. */
struct tg_nexmark tg_nexmark_defaults(void);

struct tg_nexmark_record {
    enum tg_nexmark_kind kind;
    int64_t key; /* person: id, auction: id, bid: the auction's id */
    int64_t timestamp_ms;
};

/* Appends the JSON value of event `number` to `value`. */
struct tg_nexmark_record tg_nexmark_event(const struct tg_nexmark *options, uint64_t number,
                                          struct tg_buffer *value);

#ifdef __cplusplus
}
#endif
