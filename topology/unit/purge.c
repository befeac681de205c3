/* What was read from repartition topics and is committed is deleted now and then, as Kafka Streams does it:
 * nothing else ends the life of these records. Up to the committed offset only: what is not committed may
 * have to be read again. */
#include "base/log.h"
#include "topology/unit/commit_unit_internal.h"

enum { PURGE_MS = 1000 };

/* The next partition of which something can be deleted, or NULL. */
static struct tg_task_input *next_input(struct tg_commit_unit *unit)
{
    while (unit->purge_next < unit->input_count) {
        struct tg_task_input *input = unit->inputs[unit->purge_next++].input;
        if (input->is_internal && input->committed_offset > input->purged_offset)
            return input;
    }
    return NULL;
}

void unit_purge(struct tg_commit_unit *unit)
{
    int64_t interval_ms = unit->query->settings.purge_interval_ms;
    if (interval_ms < 0 || unit->unresolved)
        return;
    struct tg_task_input *input = next_input(unit);
    if (input == NULL) {
        if (unit_now_us(unit) - unit->purged_us < interval_ms * 1000)
            return;
        unit->purged_us = unit_now_us(unit);
        unit->purge_next = 0;
        input = next_input(unit);
    }
    if (input == NULL)
        return;
    struct tg_error error = {0};
    enum tg_code code = tg_admin_delete_records(unit->query->cluster, input->topic, input->partition,
                                                input->committed_offset, PURGE_MS, &error);
    if (code == TG_OK) {
        input->purged_offset = input->committed_offset;
        return;
    }
    unit->purge_next = unit->input_count; /* the worker waits once in an interval at most */
    tg_log_error(
        TG_LOG_DEBUG, "consumed records were not deleted: tried again later", &error,
        TG_LOG_FIELDS(TG_LOG_TEXT("topic", input->topic), TG_LOG_INT("partition", input->partition)));
}
