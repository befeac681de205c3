/* service/assert_topic.h: what ASSERT TOPIC looks at, for jobs and for tests. Thread: any. */
#pragma once

#include "kafka/kafka.h"
#include "sql/action.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Looks once. Errors: TOPIC_UNKNOWN, TOPIC_MISMATCH (which says what is different), those of Kafka. */
TG_MUST_CHECK enum tg_code tg_assert_topic(struct tg_cluster *cluster, const struct tg_assert_topic *wanted,
                                           int timeout_ms, struct tg_error *reterr);

#ifdef __cplusplus
}
#endif
