#include "topology/dead_letter.h"

#include "topology/rows/record_codec.h"

#include <string.h>

enum { HEADERS_MAX = 16 };

/* A record on its way to one of the two topics. */
struct envelope {
    const struct tg_letter *letter;
    const char *prefix;
    struct tg_arena *arena;
    struct tg_header *headers;
    uint32_t count;
};

static void add_text(struct envelope *envelope, const char *name, const char *text)
{
    char *full = tg_arena_printf(envelope->arena, "%s%s", envelope->prefix, name);
    envelope->headers[envelope->count++] = (struct tg_header){tg_slice_text(full), tg_slice_text(text)};
}

static void add_number(struct envelope *envelope, const char *name, int64_t number)
{
    add_text(envelope, name, tg_arena_printf(envelope->arena, "%lld", (long long)number));
}

static void add_headers(struct envelope *envelope, const char *query_id)
{
    const struct tg_skip *skip = envelope->letter->skip;
    const struct tg_batch *batch = skip->batch;
    const struct tg_header_list *own = &batch->rows->headers[skip->row];
    envelope->headers =
        tg_arena_alloc(envelope->arena, (own->count + HEADERS_MAX) * sizeof(struct tg_header));
    for (uint32_t i = 0; i < own->count; i++)
        envelope->headers[envelope->count++] = own->headers[i];
    if (batch->rows->offset[skip->row] >= 0) { /* else a result that no single record has made */
        add_text(envelope, "topic", batch->topic);
        add_number(envelope, "partition", batch->partition);
        add_number(envelope, "offset", batch->rows->offset[skip->row]);
    }
    add_number(envelope, "timestamp", batch->rows->rowtime_ms[skip->row]);
    add_text(envelope, "query", query_id);
    add_text(envelope, "stage", skip->node->step);
    add_text(envelope, "kind", tg_fault_kind_name(envelope->letter->kind));
    add_text(envelope, "message", tg_arena_text(envelope->arena, tg_slice_text(envelope->letter->reason)));
    const struct tg_late *late = envelope->letter->late;
    if (late == NULL)
        return;
    add_number(envelope, "window.start", late->window_start_ms);
    add_number(envelope, "window.end", late->window_end_ms);
    add_number(envelope, "boundary", late->boundary_ms);
}

static void send(struct tg_task *task, struct envelope *envelope, struct tg_outgoing *record,
                 int64_t bytes_max)
{
    const struct tg_skip *skip = envelope->letter->skip;
    const struct tg_rows *rows = skip->batch->rows;
    struct tg_task_faults *faults = &task->faults;
    add_headers(envelope, tg_query_id(task->query));
    record->key = rows->raw_key[skip->row];
    record->value = rows->raw_value[skip->row];
    /* A producer cannot write a time before 1970: the header has it. */
    record->timestamp_ms =
        rows->rowtime_ms[skip->row] < 0 ? tg_clock_wall_ms(task->query->clock) : rows->rowtime_ms[skip->row];
    record->headers = envelope->headers;
    record->header_count = envelope->count;
    if (!tg_record_fits(record, bytes_max)) {
        add_number(envelope, "value.bytes", (int64_t)record->value.length); /* the source still has it */
        record->value = tg_slice_of(NULL, 0);
        record->header_count = envelope->count;
    }
    if (faults->broken == TG_OK)
        faults->broken = tg_producer_send(task->producer, record, &faults->broken_error);
}

/* One record may fail in several columns, several rows, several windows. */
static bool is_repeated(struct tg_task *task, const struct tg_letter *letter)
{
    struct tg_task_faults *faults = &task->faults;
    const struct tg_batch *batch = letter->skip->batch;
    int64_t offset = batch->rows->offset[letter->skip->row];
    if (offset >= 0 && offset == faults->letter_offset && faults->letter_topic == batch->topic &&
        faults->letter_kind == letter->kind)
        return true;
    faults->letter_topic = batch->topic;
    faults->letter_offset = offset;
    faults->letter_kind = letter->kind;
    return false;
}

void tg_task_dead_letter(struct tg_task *task, const struct tg_letter *letter)
{
    const struct tg_fault_rules *rules = &task->query->faults;
    if (is_repeated(task, letter))
        return;
    struct envelope envelope = {
        .letter = letter, .prefix = TG_DEAD_LETTER_PREFIX, .arena = letter->skip->batch->arena};
    struct tg_outgoing record = {.topic = task->faults.dead_letter_target,
                                 .partition = task->partition % rules->dead_letter_partitions};
    send(task, &envelope, &record, rules->dead_letter_bytes_max);
    tg_count(&task->counters.dead_letters, 1);
}

void tg_task_late_record(struct tg_task *task, const struct tg_letter *letter)
{
    const struct tg_fault_rules *rules = &task->query->faults;
    if (is_repeated(task, letter))
        return;
    struct envelope envelope = {
        .letter = letter, .prefix = TG_LATE_PREFIX, .arena = letter->skip->batch->arena};
    struct tg_outgoing record = {.topic = task->faults.late_records_target,
                                 .partition = task->partition % rules->late_records_partitions};
    send(task, &envelope, &record, rules->late_records_bytes_max);
    tg_count(&task->counters.late_records, 1);
}
