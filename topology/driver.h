/* topology/driver.h: the test driver: runs queries on an in-memory cluster in the caller's thread, step by
 * step, with a clock that stands still. The tasks, operators, stores and commits are those of production;
 * only the worker's thread is missing. The same records in the same order give the same results, always.
 * Thread: one. Ownership: a driver owns its cluster and the queries' units; clock, state and plans must
 * outlive it. */
#pragma once

#include "topology/counters.h"
#include "topology/query.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tg_driver;

struct tg_driver_options {
    struct tg_clock *clock;       /* a virtual one */
    struct tg_state *state;       /* may be shared by drivers, if their prefixes differ */
    const char *prefix;           /* of consumer groups and internal topics: "<application.id>-" */
    struct tg_registry *registry; /* may be NULL */
};

struct tg_driver *tg_driver_new(const struct tg_driver_options *options);
void tg_driver_free(struct tg_driver *driver); /* drops what is not committed; NULL is a no-op */
struct tg_cluster *tg_driver_cluster(const struct tg_driver *driver);

/* Errors: DUPLICATE_NAME if it exists. */
TG_MUST_CHECK enum tg_code tg_driver_create_topic(struct tg_driver *driver, const char *topic,
                                                  int32_t partition_count, struct tg_error *reterr);
/* Prepares the query's topics and starts it; it commits after each step. Its sources must exist. Errors:
 * those of tg_query_open and tg_query_prepare. */
TG_MUST_CHECK enum tg_code tg_driver_add(struct tg_driver *driver, const struct tg_plan *plan,
                                         const struct tg_query_settings *settings, struct tg_error *reterr);
/* Commits and ends a query, as when the process stops. OK if there is none of that id. */
TG_MUST_CHECK enum tg_code tg_driver_remove(struct tg_driver *driver, const char *query_id,
                                            struct tg_error *reterr);

/* A record; data NULL: no key, no value. */
struct tg_driver_record {
    const char *topic;
    int32_t partition; /* -1: by the key, as Java's clients do; 0 without key */
    int64_t timestamp_ms;
    struct tg_slice key;
    struct tg_slice value;
    const struct tg_header *headers;
    uint32_t header_count;
};
TG_MUST_CHECK enum tg_code tg_driver_send(struct tg_driver *driver, const struct tg_driver_record *record,
                                          struct tg_error *reterr);

/* Runs all queries until nothing is left to do: everything that was sent, and everything that this caused, is
 * processed and committed. Errors: the failure of a query, which is gone then. */
TG_MUST_CHECK enum tg_code tg_driver_settle(struct tg_driver *driver, struct tg_error *reterr);

/* Calls `visit` for the committed records of a topic that were not read before, partition by partition;
 * slices are valid during the call. */
typedef void tg_driver_visitor(void *context, const struct tg_driver_record *record);
TG_MUST_CHECK enum tg_code tg_driver_read(struct tg_driver *driver, const char *topic,
                                          tg_driver_visitor *visit, void *context, struct tg_error *reterr);
/* Adds the counters of a query as of its last commit. */
void tg_driver_counters(const struct tg_driver *driver, const char *query_id, struct tg_counters *sum);

#ifdef __cplusplus
}
#endif
