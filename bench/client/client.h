/* bench/client/client.h: what the programs of the benchmarks share: Kafka clients that end the program when
 * something fails, and clocks. Thread: any; a client is the caller's. */
#pragma once

#include <librdkafka/rdkafka.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "base/error.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Prints `<program>: what: why` and exits with 1. */
TG_NORETURN void tg_bench_die(const char *what, const char *why);

/* Ends the program if there is an error. */
void tg_bench_must(rd_kafka_error_t *error, const char *what);

/* Seconds of a clock; CLOCK_MONOTONIC is the same in all processes of a machine. */
double tg_bench_now(clockid_t clock);

struct tg_bench_setting {
    const char *name, *value;
};

/* `settings` end with a name of NULL. */
rd_kafka_t *tg_bench_open(rd_kafka_type_t type, const char *servers, const struct tg_bench_setting *settings);

/* A consumer of committed records in no group, with its queues joined and the ends of partitions told. */
rd_kafka_t *tg_bench_open_reader(const char *servers, const struct tg_bench_setting *more);

/* Assigns all partitions of a topic from this offset (RD_KAFKA_OFFSET_BEGINNING, _END); returns their number.
 */
int tg_bench_assign(rd_kafka_t *consumer, const char *topic, int64_t offset);

struct tg_bench_record {
    rd_kafka_topic_t *topic;
    int32_t partition; /* RD_KAFKA_PARTITION_UA: by the key */
    const void *key, *value;
    size_t key_size, value_size;
    int64_t timestamp_ms;
};

/* Sends a copy of the record; waits while the queue is full. */
void tg_bench_send(rd_kafka_t *producer, const struct tg_bench_record *record);

/* Waits until everything is delivered, and closes. */
void tg_bench_flush(rd_kafka_t *producer);

#ifdef __cplusplus
}
#endif
