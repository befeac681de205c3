/* topology/counters.h: what a task counts. Written by its worker thread, read by any (relaxed atomics). */
#pragma once

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* X(field, name in logs and metrics, what it counts) */
#define TG_COUNTER_LIST(X)                                                                                   \
    X(records_in, "records-in", "records read from source topics")                                           \
    X(records_out, "records-out", "records written to the sink topic")                                       \
    X(repartition_in, "repartition-in", "records read from repartition topics")                              \
    X(repartition_out, "repartition-out", "records written to repartition topics")                           \
    X(changelog_out, "changelog-out", "records written to changelog topics")                                 \
    X(decode_skipped, "decode-skipped", "records skipped because key or value could not be decoded")         \
    X(decode_nulls, "decode-nulls", "records that could not be decoded and gave NULL")                       \
    X(time_skipped, "time-skipped",                                                                          \
      "records skipped for a row time that is negative, unreadable or too far ahead")                        \
    X(null_key_skipped, "null-key-skipped", "records skipped because a key was needed and was NULL")         \
    X(null_value_skipped, "null-value-skipped", "records without a value skipped where one was needed")      \
    X(late_skipped, "late-skipped", "updates of windows that were closed already")                           \
    X(expression_errors, "expression-errors", "expressions that failed for a row")                           \
    X(aggregate_errors, "aggregate-errors", "rows that an aggregate refused (a SUM outgrew its type)")       \
    X(output_skipped, "output-skipped", "rows skipped because they could not be written")                    \
    X(dead_letters, "dead-letters", "records written to the dead-letter topic")                              \
    X(late_records, "late-records", "records written to the topic for late records")                         \
    X(offsets_lost, "offsets-lost", "offsets that were gone from a source topic before they were read")      \
    X(stalls, "stalls", "warnings of a source partition that an open transaction holds back")                \
    X(restored, "restored", "changelog records read to restore state")                                       \
    X(restore_left, "restore-left", "changelog offsets that are still to be read to restore state")          \
    X(state_rebuilt, "state-rebuilt",                                                                        \
      "stores whose local state could not be trusted: kept aside, rebuilt from the changelog")               \
    X(commits, "commits", "transactions committed")                                                          \
    X(aborts, "aborts", "transactions that turned out aborted")                                              \
    X(resolves, "resolves", "commits whose outcome had to be resolved")

struct tg_counters {
#define X(field, name, meaning) uint64_t field;
    TG_COUNTER_LIST(X)
#undef X
};

static inline void tg_count(uint64_t *counter, uint64_t by)
{
    __atomic_store_n(counter, __atomic_load_n(counter, __ATOMIC_RELAXED) + by, __ATOMIC_RELAXED);
}

static inline void tg_counters_add(struct tg_counters *sum, const struct tg_counters *part)
{
#define X(field, name, meaning) sum->field += __atomic_load_n(&part->field, __ATOMIC_RELAXED);
    TG_COUNTER_LIST(X)
#undef X
}

#ifdef __cplusplus
}
#endif
