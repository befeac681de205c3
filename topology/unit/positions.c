/* Positions that Kafka does not have (any more), and positions that do not move: never silent.
 * A position out of range: records were deleted before they were read, or the topic was cut or made again.
 * What was taken before is processed first; then auto.offset.reset decides, and what is lost is counted. A
 * position that stands while the partition grows: a transaction that does not end. */
#include "base/log.h"
#include "plan/node.h"
#include "topology/unit/commit_unit_internal.h"

void unit_note_out_of_range(struct tg_commit_unit *unit, struct unit_input *entry)
{
    (void)unit;
    entry->started = false;
    entry->out_of_range = true;
}

static enum tg_code fail_none(const struct tg_commit_unit *unit, const struct tg_task_input *input,
                              struct tg_error *reterr)
{
    tg_fail(reterr, TG_CODE_OFFSET_OUT_OF_RANGE,
            "topic %s, partition %d, offset %lld: the position of group %s is not in the log (any more)",
            input->topic, input->partition, (long long)input->position, unit->query->application_id);
    if (input->is_internal)
        return tg_fail_hint(reterr,
                            "records of this internal topic were deleted before they were read; start "
                            "the query under another QUERY_ID");
    return tg_fail_hint(reterr,
                        "auto.offset.reset is none: set it to earliest or latest, or the group's offset");
}

static void log_jump(const struct tg_commit_unit *unit, const struct tg_task_input *input, int64_t to,
                     int64_t lost)
{
    tg_log_write(TG_LOG_ERROR,
                 lost > 0 ? "records were deleted before they were read"
                          : "the position is behind the end of the log: the topic was cut or made again",
                 TG_LOG_FIELDS(TG_LOG_TEXT("query", tg_query_id(unit->query)),
                               TG_LOG_TEXT("topic", input->topic), TG_LOG_INT("partition", input->partition),
                               TG_LOG_INT("offset", input->position), TG_LOG_INT("next-offset", to),
                               TG_LOG_INT("offsets-lost", lost)));
}

enum tg_code unit_reset_position(struct tg_commit_unit *unit, struct unit_input *entry,
                                 struct tg_error *reterr)
{
    struct tg_task_input *input = entry->input;
    enum tg_offset_reset reset = unit->query->settings.offset_reset;
    if (reset == TG_RESET_ERROR || input->is_internal)
        return fail_none(unit, input, reterr);
    struct tg_offset place = {
        .topic = input->topic,
        .partition = input->partition,
        .offset = reset == TG_RESET_EARLIEST ? TG_OFFSET_EARLIEST : TG_OFFSET_LATEST,
    };
    TG_TRY(tg_admin_list_offsets(unit->query->cluster, &place, 1, TG_READ_COMMITTED,
                                 unit->query->settings.request_timeout_ms, reterr));
    int64_t lost = place.offset > input->position ? place.offset - input->position : 0;
    log_jump(unit, input, place.offset, lost);
    tg_count(&entry->task->counters.offsets_lost, (uint64_t)lost);
    input->position = place.offset;
    input->end_position = -1;
    input->leader_epoch = -1;
    input->was_reset = true;
    entry->out_of_range = false;
    return TG_OK;
}

/* ---- topics that change ---- */

enum tg_code unit_check_sources(struct tg_commit_unit *unit, struct tg_error *reterr)
{
    const struct tg_query *query = unit->query;
    for (uint32_t i = 0; i < query->subtopology_count; i++)
        for (uint32_t input = 0; input < query->subtopologies[i].input_count; input++) {
            const char *topic = query->subtopologies[i].inputs[input].topic;
            int32_t count = 0;
            enum tg_code code = tg_admin_partition_count(query->cluster, topic,
                                                         query->settings.request_timeout_ms, &count, reterr);
            if (code != TG_CODE_TOPIC_UNKNOWN) {
                TG_TRY(code);
                continue;
            }
            tg_fail(reterr, code, "topic %s was deleted while query %s was reading it", topic,
                    tg_query_id(query));
            return tg_fail_hint(reterr, "create it again and start the query, or drop the query");
        }
    return TG_OK;
}

enum tg_code unit_check_growth(const struct tg_topic_partition *partition,
                               const struct tg_subtopology *subtopology, struct tg_error *reterr)
{
    bool has_state = false;
    for (uint32_t i = 0; i < subtopology->operator_count; i++)
        has_state = has_state || tg_operator_kind_planned(&subtopology->operators[i])->has_store;
    if (partition->partition < subtopology->partition_count || !has_state)
        return TG_OK;
    tg_fail(reterr, TG_CODE_TOPIC_MISMATCH,
            "topic %s has a partition %d now, but had %d partitions when the query was started",
            partition->topic, partition->partition, subtopology->partition_count);
    return tg_fail_hint(reterr,
                        "its state is divided as the topic was: start the query under another QUERY_ID");
}

/* ---- transactions that do not end ---- */

static void log_stall(const struct tg_commit_unit *unit, const struct unit_input *entry, int64_t high,
                      int64_t seconds)
{
    tg_log_write(TG_LOG_WARN, "an open transaction holds the partition's readers back",
                 TG_LOG_FIELDS(TG_LOG_TEXT("query", tg_query_id(unit->query)),
                               TG_LOG_TEXT("topic", entry->input->topic),
                               TG_LOG_INT("partition", entry->input->partition),
                               TG_LOG_INT("last-stable-offset", entry->stable_offset),
                               TG_LOG_INT("high-watermark", high), TG_LOG_INT("seconds", seconds),
                               TG_LOG_TEXT("help", "kafka-transactions.sh find-hanging and abort end it")));
}

static void watch_input(struct tg_commit_unit *unit, struct unit_input *entry, int64_t now_us)
{
    const struct tg_task_input *input = entry->input;
    int64_t high = tg_consumer_high_watermark(unit->consumer, input->topic, input->partition);
    int64_t stable = input->end_position > input->position ? input->end_position : input->position;
    if (input->queue_count > 0 || high <= stable || stable != entry->stable_offset) {
        entry->stable_offset = stable;
        entry->stable_since_us = now_us;
        entry->stall_warn_ms = unit->query->settings.stalled_warn_ms;
        return;
    }
    int64_t stalled_ms = (now_us - entry->stable_since_us) / 1000;
    if (stalled_ms < entry->stall_warn_ms)
        return;
    entry->stall_warn_ms *= 2;         /* the same thing is said more and more seldom */
    tg_count(&unit->closed.stalls, 1); /* of no transaction */
    log_stall(unit, entry, high, stalled_ms / 1000);
}

void unit_watch_positions(struct tg_commit_unit *unit)
{
    if (unit->query->settings.stalled_warn_ms <= 0)
        return;
    int64_t now_us = unit_now_us(unit);
    for (size_t i = 0; i < unit->input_count; i++)
        if (unit->inputs[i].started)
            watch_input(unit, &unit->inputs[i], now_us);
}
