#include "service/insert.h"

#include "base/map.h"
#include "base/memory.h"
#include "expr/program.h"
#include "serde/format.h"
#include "topology/rows/record_codec.h"

#include <string.h>

enum { POLL_MAX = 256, POLL_MS = 100, INIT_MS = 5000 };

struct tg_inserts {
    struct tg_inserts_options options;
    char *topic;
    struct tg_map *executed; /* statement identity -> any non-NULL */
    struct tg_map *seen;     /* how often each text came in this run: uintptr count */
    struct tg_producer *producer;
};

static bool must_stop(const struct tg_inserts *inserts)
{
    return inserts->options.stop != NULL && __atomic_load_n(inserts->options.stop, __ATOMIC_RELAXED);
}

static enum tg_code ensure_topic(const struct tg_inserts *inserts, struct tg_error *reterr)
{
    const struct tg_topic_setting settings[] = {{"cleanup.policy", "compact"}, {"retention.ms", "-1"}};
    const struct tg_topic_spec spec = {.name = inserts->topic,
                                       .partition_count = 1,
                                       .replication_factor = -1,
                                       .settings = settings,
                                       .setting_count = 2};
    enum tg_code code =
        tg_admin_create_topic(inserts->options.cluster, &spec, inserts->options.timeout_ms, reterr);
    return code == TG_CODE_DUPLICATE_NAME ? TG_OK : code;
}

static void remember(struct tg_inserts *inserts, struct tg_slice identity)
{
    tg_map_put(inserts->executed, identity, inserts);
}

static enum tg_code read_journal(struct tg_inserts *inserts, struct tg_error *reterr)
{
    struct tg_offset bounds[2] = {{.topic = inserts->topic, .offset = TG_OFFSET_EARLIEST},
                                  {.topic = inserts->topic, .offset = TG_OFFSET_LATEST}};
    for (size_t i = 0; i < 2; i++)
        TG_TRY(tg_admin_list_offsets(inserts->options.cluster, &bounds[i], 1, TG_READ_UNCOMMITTED,
                                     inserts->options.timeout_ms, reterr));
    if (bounds[0].offset >= bounds[1].offset)
        return TG_OK;
    const struct tg_consumer_options options = {.client_id = inserts->topic,
                                                .offset_reset = TG_RESET_ERROR,
                                                .isolation = TG_READ_COMMITTED,
                                                .notify_descriptor = -1};
    struct tg_consumer *consumer = NULL;
    TG_TRY(tg_consumer_open(inserts->options.cluster, &options, &consumer, reterr));
    enum tg_code code = tg_consumer_assign(consumer, bounds, 1, reterr);
    if (code == TG_OK)
        code = tg_consumer_start(consumer, inserts->topic, 0, bounds[0].offset, 0, reterr);
    for (int64_t position = bounds[0].offset;
         code == TG_OK && position < bounds[1].offset && !must_stop(inserts);) {
        struct tg_message messages[POLL_MAX];
        uint32_t count = 0;
        code = tg_consumer_poll(consumer, messages, POLL_MAX, POLL_MS, &count, reterr);
        for (uint32_t i = 0; i < count; i++) {
            if (messages[i].kind == TG_MESSAGE_RECORD)
                remember(inserts, messages[i].key);
            position = messages[i].kind == TG_MESSAGE_RECORD ? messages[i].offset + 1 : messages[i].offset;
        }
        tg_consumer_release(consumer, messages, count);
    }
    tg_consumer_close(consumer);
    return code;
}

static enum tg_code open_producer(struct tg_inserts *inserts, struct tg_error *reterr)
{
    char *id = tg_format("%sinserts-%s", inserts->options.prefix, inserts->options.instance);
    const struct tg_producer_options options = {.transactional_id = id,
                                                .client_id = id,
                                                .transaction_timeout_ms =
                                                    inserts->options.transaction_timeout_ms,
                                                .linger_ms = 0};
    enum tg_code code = tg_producer_open(inserts->options.cluster, &options, &inserts->producer, reterr);
    while (code == TG_OK) {
        code = tg_producer_init_transactions(inserts->producer, INIT_MS, reterr);
        if (code == TG_OK || !reterr->retriable || must_stop(inserts))
            break;
        code = TG_OK;
    }
    tg_free(id);
    return code;
}

enum tg_code tg_inserts_open(const struct tg_inserts_options *options, struct tg_inserts **ret_inserts,
                             struct tg_error *reterr)
{
    struct tg_inserts *inserts = tg_alloc_zero(1, sizeof *inserts);
    inserts->options = *options;
    inserts->topic = tg_format("%sinserts", options->prefix);
    inserts->executed = tg_map_new();
    inserts->seen = tg_map_new();
    /* The producer first: its initialisation decides what a predecessor left open, before the journal is
     * read. */
    enum tg_code code = ensure_topic(inserts, reterr);
    if (code == TG_OK)
        code = open_producer(inserts, reterr);
    if (code == TG_OK)
        code = read_journal(inserts, reterr);
    if (code != TG_OK) {
        tg_inserts_close(inserts);
        return code;
    }
    *ret_inserts = inserts;
    return TG_OK;
}

void tg_inserts_close(struct tg_inserts *inserts)
{
    if (inserts == NULL)
        return;
    tg_producer_close(inserts->producer);
    tg_map_free(inserts->executed);
    tg_map_free(inserts->seen);
    tg_free(inserts->topic);
    tg_free(inserts);
}

/* What a record's key or value is made for. */
struct half {
    const struct tg_source_definition *target;
    bool is_key;
    struct tg_registry *registry;
};

/* Opens the encoder of columns; what their schema needs is registered. */
static enum tg_code open_encoder(const struct half *half, const struct tg_schema_column *columns,
                                 uint32_t count, struct tg_encoder **ret_encoder, struct tg_error *reterr)
{
    const struct tg_source_definition *target = half->target;
    const struct tg_plan_format *plan_format = half->is_key ? &target->key_format : &target->value_format;
    const struct tg_record_half_options options = {
        .schema = target->schema,
        .role = half->is_key ? TG_COLUMN_KEY : TG_COLUMN_VALUE,
        .format = plan_format,
        .topic = target->topic,
        .registry = half->registry,
    };
    struct tg_format_options format_options = {.columns = columns,
                                               .column_count = count,
                                               .is_key = half->is_key,
                                               .unwrapped = plan_format->unwrapped,
                                               .delimiter = plan_format->delimiter,
                                               .topic = target->topic,
                                               .full_name = plan_format->full_name,
                                               .nullable = plan_format->nullable};
    const struct tg_format *format = NULL;
    struct tg_arena *arena = tg_arena_new(0);
    enum tg_code code = tg_format_find(tg_slice_text(plan_format->name), &format, reterr);
    if (code == TG_OK)
        code = tg_record_find_writer(arena, &options, format, &format_options, reterr);
    if (code == TG_OK)
        code = format->encoder_open(&format_options, ret_encoder, reterr);
    tg_arena_free(arena);
    return code;
}

/* One half of the record, encoded from the row of values. */
static enum tg_code encode_half(const struct half *half, struct tg_column *const *row, struct tg_buffer *out,
                                bool *ret_present, struct tg_error *reterr)
{
    const struct tg_source_definition *target = half->target;
    bool is_key = half->is_key;
    enum tg_column_role role = is_key ? TG_COLUMN_KEY : TG_COLUMN_VALUE;
    struct tg_schema_column *columns = tg_alloc_zero(target->schema->count + 1, sizeof *columns);
    const struct tg_column **values = tg_alloc_zero(target->schema->count + 1, sizeof(struct tg_column *));
    uint32_t count = 0;
    uint32_t present = 0;
    for (uint32_t i = 0; i < target->schema->count; i++) {
        if (target->schema->columns[i].role != role)
            continue;
        columns[count] = target->schema->columns[i];
        values[count++] = row[i];
        present += row[i]->valid[0];
    }
    /* A key of NULLs only is no key; a value of NULLs only stays an object of NULLs. */
    *ret_present = count > 0 && (!is_key || present > 0);
    enum tg_code code = TG_OK;
    if (*ret_present) {
        struct tg_encoder *encoder = NULL;
        size_t end = 0;
        uint8_t null = 0;
        struct tg_encode_call call = {
            .columns = values, .row_count = 1, .out = out, .ends = &end, .nulls = &null};
        code = open_encoder(half, columns, count, &encoder, reterr);
        if (code == TG_OK)
            code = encoder->encode(encoder, &call, reterr);
        *ret_present = !null; /* some formats have no bytes for NULL */
        tg_encoder_close(encoder);
    }
    tg_free(columns);
    tg_free(values);
    return code;
}

/* Evaluates the values (constants) as a batch of one row. */
enum tg_code tg_insert_evaluate(struct tg_arena *arena, const struct tg_insert_values *insert,
                                struct tg_column **ret_row, int64_t *rowtime_ms,
                                struct tg_program_state **ret_state, struct tg_error *reterr)
{
    const struct tg_schema *none = tg_schema_new(arena, NULL, 0);
    uint32_t count = insert->target->schema->count;
    const struct tg_expr **expressions = tg_arena_alloc_zero(arena, count + 1, sizeof(struct tg_expr *));
    memcpy(expressions, insert->values, count * sizeof(struct tg_expr *));
    uint32_t total = count + (insert->rowtime != NULL);
    if (insert->rowtime != NULL)
        expressions[count] = insert->rowtime;
    const struct tg_program *program = NULL;
    TG_TRY(tg_program_compile(arena, none, expressions, total, &program, reterr));
    struct tg_batch_memory memory;
    tg_batch_memory_init(&memory, none, NULL);
    tg_rows_reserve(memory.batch.rows, 1);
    memory.batch.rows->count = memory.batch.selected = 1;
    memory.batch.rows->flags[0] = 0;
    memory.batch.arena = arena;
    *ret_state = tg_program_state_new(program);
    tg_program_run(*ret_state, &memory.batch);
    tg_batch_memory_done(&memory);
    if (tg_program_error_count(*ret_state) > 0)
        return tg_fail(reterr, TG_CODE_EXPRESSION, "INSERT INTO %s: %s", insert->target->name,
                       tg_program_errors(*ret_state)[0].message);
    for (uint32_t i = 0; i < count; i++)
        ret_row[i] = tg_program_result(*ret_state, i);
    if (insert->rowtime == NULL)
        return TG_OK;
    const struct tg_column *rowtime = tg_program_result(*ret_state, count);
    if (!rowtime->valid[0] || rowtime->values.int64[0] < 0)
        return tg_fail(reterr, TG_CODE_EXPRESSION, "INSERT INTO %s: ROWTIME must not be %s",
                       insert->target->name, rowtime->valid[0] ? "negative" : "NULL");
    *rowtime_ms = rowtime->values.int64[0];
    return TG_OK;
}

static enum tg_code send(struct tg_inserts *inserts, const char *topic, struct tg_outgoing *record,
                         struct tg_error *reterr)
{
    int32_t partitions = 0;
    TG_TRY(tg_producer_topic(inserts->producer, topic, &record->topic, reterr));
    TG_TRY(tg_admin_partition_count(inserts->options.cluster, topic, inserts->options.timeout_ms, &partitions,
                                    reterr));
    record->partition = record->key.data == NULL ? 0 : tg_partition_for_key(record->key, partitions);
    return tg_producer_send(inserts->producer, record, reterr);
}

static enum tg_code send_both(struct tg_inserts *inserts, struct tg_outgoing *record, const char *topic,
                              struct tg_slice identity, struct tg_error *reterr)
{
    struct tg_outgoing note = {.key = identity,
                               .value = tg_slice_text("executed"),
                               .timestamp_ms = tg_clock_wall_ms(inserts->options.clock)};
    TG_TRY(tg_producer_begin(inserts->producer, reterr));
    TG_TRY(send(inserts, topic, record, reterr));
    TG_TRY(send(inserts, inserts->topic, &note, reterr));
    TG_TRY(tg_producer_flush(inserts->producer, inserts->options.timeout_ms, reterr));
    return tg_producer_delivery_status(inserts->producer, reterr);
}

/* Both records in one transaction; a doubtful outcome is resolved by the next start, which reads the journal.
 */
static enum tg_code write_once(struct tg_inserts *inserts, struct tg_outgoing *record, const char *topic,
                               struct tg_slice identity, struct tg_error *reterr)
{
    int timeout = inserts->options.timeout_ms;
    enum tg_code code = send_both(inserts, record, topic, identity, reterr);
    struct tg_error ignored; /* readers would wait for its time-out, no more */
    if (code != TG_OK && !tg_producer_tainted(inserts->producer) &&
        tg_producer_abort(inserts->producer, timeout, &ignored) != TG_OK)
        return code;
    TG_TRY(code);
    TG_TRY(tg_producer_commit(inserts->producer, timeout, reterr));
    if (tg_producer_tainted(inserts->producer))
        return tg_fail(reterr, TG_CODE_COMMIT_UNKNOWN, "a request of the transaction was not answered");
    remember(inserts, identity);
    return TG_OK;
}

/* The statement's text and which of its equals it is: two equal statements of a job are two records. */
static struct tg_slice identify(struct tg_inserts *inserts, const struct tg_action *action,
                                struct tg_buffer *out)
{
    struct tg_slice text = tg_slice_text(action->statement);
    uintptr_t number = (uintptr_t)tg_map_get(inserts->seen, text) + 1;
    tg_map_put(inserts->seen, text, (void *)number);
    tg_buffer_printf(out, "%zu:", (size_t)number);
    tg_buffer_append_slice(out, text);
    return tg_buffer_slice(out);
}

static enum tg_code encode_and_write(struct tg_inserts *inserts, const struct tg_action *action,
                                     struct tg_slice identity, struct tg_arena *arena,
                                     struct tg_error *reterr)
{
    const struct tg_insert_values *insert = action->insert;
    struct tg_column **row =
        tg_arena_alloc_zero(arena, insert->target->schema->count + 1, sizeof(struct tg_column *));
    struct tg_program_state *state = NULL;
    struct tg_buffer key = {0};
    struct tg_buffer value = {0};
    bool has_key = false, has_value = false;
    int64_t rowtime = tg_clock_wall_ms(inserts->options.clock);
    enum tg_code code = tg_insert_evaluate(arena, insert, row, &rowtime, &state, reterr);
    struct half half = {.target = insert->target, .is_key = true, .registry = inserts->options.registry};
    if (code == TG_OK)
        code = encode_half(&half, row, &key, &has_key, reterr);
    half.is_key = false;
    if (code == TG_OK)
        code = encode_half(&half, row, &value, &has_value, reterr);
    if (code == TG_OK) {
        struct tg_outgoing record = {
            .key = has_key ? tg_buffer_slice(&key) : tg_slice_of(NULL, 0),
            .value = has_value ? tg_buffer_slice(&value) : tg_slice_of(NULL, 0),
            .timestamp_ms = rowtime,
        };
        code = write_once(inserts, &record, insert->target->topic, identity, reterr);
    }
    tg_program_state_free(state);
    tg_buffer_done(&key);
    tg_buffer_done(&value);
    return code;
}

enum tg_code tg_inserts_execute(struct tg_inserts *inserts, const struct tg_action *action,
                                struct tg_error *reterr)
{
    struct tg_buffer identity_text = {0};
    struct tg_slice identity = identify(inserts, action, &identity_text);
    enum tg_code code = TG_OK;
    if (tg_map_get(inserts->executed, identity) == NULL) {
        struct tg_arena *arena = tg_arena_new(0);
        code = encode_and_write(inserts, action, identity, arena, reterr);
        tg_arena_free(arena);
    }
    tg_buffer_done(&identity_text);
    return code;
}
