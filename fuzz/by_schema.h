/* fuzz/by_schema.h: a schema and a record that is written by it, for the formats that have schemas. What can
 * be decoded is encoded by the same schema; that decodes again, and then encodes to the same bytes. Input:
 * two bytes with the length of the schema, the schema, the record. */
#pragma once

#include "serde/format.h"

struct by_schema {
    struct tg_arena *arena;
    struct tg_format_options options;
    struct tg_registry_schema schema;
    struct tg_column **made;
    struct tg_decoder *decoder;
    struct tg_encoder *encoder;
    struct tg_buffer out;
};

enum { BY_SCHEMA_FIELDS_MAX = 2000 };

/* The columns that the schema becomes; false: it becomes none. */
static bool infer_columns(struct by_schema *run, const struct tg_format *format)
{
    struct tg_error error;
    struct tg_format_columns request = {.keep_case = true};
    const struct tg_type *type = NULL;
    if (format->schemas->read(run->arena, &run->schema, &request, &type, &error) != TG_OK) {
        TG_ASSERT(error.message[0] != '\0');
        return false;
    }
    bool single = type->kind != TG_TYPE_STRUCT;
    uint32_t count = single ? 1 : type->field_count;
    struct tg_schema_column *columns = tg_arena_alloc_zero(run->arena, count, sizeof *columns);
    for (uint32_t i = 0; i < count; i++)
        columns[i] = (struct tg_schema_column){.name = single ? "V" : type->fields[i].name,
                                               .type = single ? type : type->fields[i].type,
                                               .role = TG_COLUMN_VALUE};
    run->options.columns = columns;
    run->options.column_count = count;
    run->options.unwrapped = single;
    run->options.writer = &run->schema;
    return count <= BY_SCHEMA_FIELDS_MAX;
}

/* Decodes one record; false: it was refused. */
static bool decode_record(struct by_schema *run, struct tg_slice record, bool *ret_null)
{
    struct tg_decode_error error;
    uint8_t null = 0;
    struct tg_decode_call call = {.records = &record,
                                  .count = 1,
                                  .columns = run->made,
                                  .arena = run->arena,
                                  .errors = &error,
                                  .nulls = &null};
    run->decoder->decode(run->decoder, &call);
    TG_ASSERT(call.error_count <= 1);
    if (call.error_count == 1)
        TG_ASSERT(error.code == TG_CODE_DECODE && error.message[0] != '\0');
    *ret_null = null != 0;
    return call.error_count == 0;
}

/* The row's bytes in the arena; data NULL: it cannot be written, or has none. */
static struct tg_slice encode_record(struct by_schema *run)
{
    struct tg_error error;
    size_t end = 0;
    uint8_t null = 0;
    struct tg_encode_call call = {.columns = (const struct tg_column *const *)run->made,
                                  .row_count = 1,
                                  .out = &run->out,
                                  .ends = &end,
                                  .nulls = &null};
    tg_buffer_clear(&run->out);
    if (run->encoder->encode(run->encoder, &call, &error) != TG_OK || null)
        return (struct tg_slice){0};
    return tg_slice_of(tg_arena_text(run->arena, tg_buffer_slice(&run->out)), run->out.length);
}

static void check_record(struct by_schema *run, struct tg_slice record)
{
    bool null = false;
    if (!decode_record(run, record, &null) || null || run->encoder == NULL)
        return;
    struct tg_slice first = encode_record(run);
    if (first.data == NULL)
        return;
    TG_ASSERT(decode_record(run, first, &null));
    struct tg_slice second = encode_record(run);
    TG_ASSERT(second.data != NULL && tg_slice_equal(first, second));
}

static void run_by_schema(const char *format_name, enum tg_registry_type type, const uint8_t *data,
                          size_t size)
{
    const struct tg_format *format = NULL;
    struct tg_error error;
    if (size < 2)
        return;
    size_t length = (size_t)data[0] << 8 | data[1];
    if (length > size - 2)
        length = size - 2;
    struct by_schema run = {.arena = tg_arena_new(0)};
    run.schema = (struct tg_registry_schema){.type = type, .text = tg_slice_of(data + 2, length)};
    TG_ASSERT(tg_format_find(tg_slice_text(format_name), &format, &error) == TG_OK);
    if (infer_columns(&run, format) && format->decoder_open(&run.options, &run.decoder, &error) == TG_OK) {
        if (format->encoder_open(&run.options, &run.encoder, &error) != TG_OK)
            run.encoder = NULL;
        run.made = tg_arena_alloc_zero(run.arena, run.options.column_count, sizeof *run.made);
        for (uint32_t i = 0; i < run.options.column_count; i++)
            run.made[i] = tg_column_new(run.options.columns[i].type);
        check_record(&run, tg_slice_of(data + 2 + length, size - 2 - length));
        for (uint32_t i = 0; i < run.options.column_count; i++)
            tg_column_free(run.made[i]);
    }
    tg_decoder_close(run.decoder);
    tg_encoder_close(run.encoder);
    tg_buffer_done(&run.out);
    tg_arena_free(run.arena);
}
