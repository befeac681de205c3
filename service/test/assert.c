#include "service/test/assert.h"

#include "base/memory.h"
#include "expr/program.h"
#include "serde/format.h"
#include "service/insert.h"
#include "service/test/difference.h"
#include "topology/rows/record_codec.h"

#include <string.h>

struct tg_test_cursor *tg_test_cursor_of(struct tg_test_cursors *cursors, const char *topic)
{
    for (size_t i = 0; i < cursors->count; i++)
        if (strcmp(cursors->cursors[i]->topic, topic) == 0)
            return cursors->cursors[i];
    tg_grow((void **)&cursors->cursors, &cursors->capacity, cursors->count + 1,
            sizeof(struct tg_test_cursor *));
    struct tg_test_cursor *cursor = tg_alloc_zero(1, sizeof *cursor);
    cursor->topic = tg_strdup(topic);
    cursors->cursors[cursors->count++] = cursor;
    return cursor;
}

void tg_test_cursors_done(struct tg_test_cursors *cursors)
{
    for (size_t i = 0; i < cursors->count; i++) {
        tg_free(cursors->cursors[i]->topic);
        tg_free(cursors->cursors[i]);
    }
    tg_free(cursors->cursors);
    *cursors = (struct tg_test_cursors){0};
}

/* ---- a record as columns ---- */

/* Decodes the key or the value into the columns of its role. */
static enum tg_code decode_half(struct tg_arena *arena, const struct tg_test_codec *codec, bool is_key,
                                struct tg_slice bytes, struct tg_column **row, struct tg_error *reterr)
{
    const struct tg_source_definition *source = codec->source;
    const struct tg_record_half_options options = {
        .schema = source->schema,
        .role = is_key ? TG_COLUMN_KEY : TG_COLUMN_VALUE,
        .format = is_key ? &source->key_format : &source->value_format,
        .topic = source->topic,
        .registry = codec->registry,
    };
    struct tg_record_half half;
    struct tg_decoder *decoder = NULL;
    struct tg_decode_error error = {0};
    TG_TRY(tg_record_open_decoder(arena, &options, &half, &decoder, reterr));
    if (decoder == NULL)
        return TG_OK;
    struct tg_column **targets = tg_arena_alloc_zero(arena, half.count, sizeof(struct tg_column *));
    for (uint32_t i = 0; i < half.count; i++)
        targets[i] = row[half.indexes[i]];
    struct tg_decode_call call = {
        .records = &bytes, .count = 1, .columns = targets, .arena = arena, .errors = &error};
    decoder->decode(decoder, &call);
    tg_decoder_close(decoder);
    if (call.error_count > 0)
        return tg_fail(reterr, error.code, "a record of topic %s cannot be read: %s", source->topic,
                       error.message);
    return TG_OK;
}

/* The given columns of a row of columns as a JSON object. */
static enum tg_code write_row(const struct tg_insert_values *expected, struct tg_column *const *row,
                              struct tg_buffer *out, struct tg_error *reterr)
{
    const struct tg_schema *schema = expected->target->schema;
    struct tg_schema_column *columns = tg_alloc_zero(schema->count + 1, sizeof *columns);
    const struct tg_column **values = tg_alloc_zero(schema->count + 1, sizeof(struct tg_column *));
    struct tg_format_options options = {.columns = columns, .topic = "assert"};
    const struct tg_format *format = NULL;
    struct tg_encoder *encoder = NULL;
    size_t end = 0;
    uint8_t null = 0;
    for (uint32_t i = 0; i < schema->count; i++) {
        if (!expected->given[i])
            continue;
        columns[options.column_count] = schema->columns[i];
        columns[options.column_count].role = TG_COLUMN_VALUE;
        values[options.column_count++] = row[i];
    }
    struct tg_encode_call call = {
        .columns = values, .row_count = 1, .out = out, .ends = &end, .nulls = &null};
    enum tg_code code = tg_format_find(tg_slice_text("JSON"), &format, reterr);
    if (code == TG_OK)
        code = format->encoder_open(&options, &encoder, reterr);
    if (code == TG_OK)
        code = encoder->encode(encoder, &call, reterr);
    tg_encoder_close(encoder);
    tg_free(columns);
    tg_free(values);
    return code;
}

static enum tg_code write_actual(struct tg_arena *arena, const struct tg_insert_values *expected,
                                 const struct tg_test_topic *topic, size_t index, struct tg_buffer *out,
                                 struct tg_error *reterr)
{
    const struct tg_test_record *record = &topic->records[index];
    const struct tg_test_codec codec = {.source = expected->target, .registry = topic->registry};
    const struct tg_source_definition *source = expected->target;
    uint32_t count = source->schema->count;
    struct tg_column **row = tg_alloc_zero(count + 1, sizeof(struct tg_column *));
    for (uint32_t i = 0; i < count; i++) {
        row[i] = tg_column_new(source->schema->columns[i].type);
        tg_column_resize(row[i], 1);
        tg_column_set_null(row[i], 0);
    }
    struct tg_slice key = tg_test_inner_key(source, record->key);
    enum tg_code code = decode_half(arena, &codec, true, key, row, reterr);
    if (code == TG_OK)
        code = decode_half(arena, &codec, false, record->value, row, reterr);
    if (code == TG_OK)
        code = write_row(expected, row, out, reterr);
    if (record->value.data == NULL)
        tg_buffer_append_text(out, " with a null value");
    if (expected->rowtime != NULL)
        tg_buffer_printf(out, " at %lld", (long long)record->timestamp_ms);
    for (uint32_t i = 0; i < count; i++)
        tg_column_free(row[i]);
    tg_free(row);
    return code;
}

static enum tg_code write_expected(struct tg_arena *arena, const struct tg_insert_values *expected,
                                   struct tg_buffer *out, struct tg_error *reterr)
{
    struct tg_column **row =
        tg_arena_alloc_zero(arena, expected->target->schema->count + 1, sizeof(struct tg_column *));
    struct tg_program_state *state = NULL;
    int64_t rowtime = 0;
    enum tg_code code = tg_insert_evaluate(arena, expected, row, &rowtime, &state, reterr);
    if (code == TG_OK)
        code = write_row(expected, row, out, reterr);
    if (expected->is_tombstone)
        tg_buffer_append_text(out, " with a null value");
    if (expected->rowtime != NULL)
        tg_buffer_printf(out, " at %lld", (long long)rowtime);
    tg_program_state_free(state);
    return code;
}

static enum tg_code compare(const struct tg_insert_values *expected, size_t number, struct tg_buffer *wanted,
                            struct tg_buffer *got, struct tg_error *reterr)
{
    if (strcmp(tg_buffer_text(wanted), tg_buffer_text(got)) == 0)
        return TG_OK;
    return tg_fail(reterr, TG_CODE_ANALYSIS, "record %zu of %s is %s, not %s", number, expected->target->name,
                   tg_buffer_text(got), tg_buffer_text(wanted));
}

enum tg_code tg_test_assert_next(struct tg_arena *arena, const struct tg_insert_values *expected,
                                 const struct tg_test_topic *topic, struct tg_test_cursor *cursor,
                                 struct tg_buffer *detail, struct tg_error *reterr)
{
    struct tg_buffer wanted = {0};
    struct tg_buffer got = {0};
    enum tg_code code = write_expected(arena, expected, &wanted, reterr);
    if (code == TG_OK && cursor->next >= topic->count)
        code = tg_fail(reterr, TG_CODE_ANALYSIS, "%s has only %zu records; the next must be %s",
                       expected->target->name, topic->count, tg_buffer_text(&wanted));
    if (code == TG_OK)
        code = write_actual(arena, expected, topic, cursor->next++, &got, reterr);
    if (code == TG_OK) {
        code = compare(expected, cursor->next, &wanted, &got, reterr);
        if (code != TG_OK)
            tg_test_write_text_difference(arena, tg_buffer_slice(&wanted), tg_buffer_slice(&got), detail);
    }
    tg_buffer_done(&wanted);
    tg_buffer_done(&got);
    return code;
}

enum tg_code tg_test_assert_end(struct tg_arena *arena, const struct tg_source_definition *source,
                                const struct tg_test_topic *topic, const struct tg_test_cursor *cursor,
                                struct tg_error *reterr)
{
    struct tg_test_row row;
    struct tg_buffer text = {0};
    if (cursor->next >= topic->count)
        return TG_OK;
    const struct tg_test_codec codec = {.source = source, .registry = topic->registry};
    tg_test_row_of(arena, &codec, &topic->records[cursor->next], &row);
    tg_test_write_row(&row, &text);
    enum tg_code code =
        tg_fail(reterr, TG_CODE_ANALYSIS, "%s has %zu records more than were asserted; the next is %s",
                source->name, topic->count - cursor->next, tg_buffer_text(&text));
    tg_buffer_done(&text);
    return code;
}
