#include "topology/rows/record_codec.h"

#include "base/memory.h"

static void list_columns(struct tg_arena *arena, const struct tg_record_half_options *options,
                         struct tg_record_half *half)
{
    const struct tg_schema *schema = options->schema;
    half->columns = tg_arena_alloc_zero(arena, schema->count + 1, sizeof *half->columns);
    half->indexes = tg_arena_alloc_zero(arena, schema->count + 1, sizeof *half->indexes);
    half->needed = tg_arena_alloc_zero(arena, schema->count + 1, sizeof *half->needed);
    half->count = 0;
    for (uint32_t i = 0; i < schema->count; i++) {
        if (schema->columns[i].role != options->role)
            continue;
        half->columns[half->count] = schema->columns[i];
        half->needed[half->count] = options->needed == NULL || options->needed[i];
        half->indexes[half->count++] = i;
    }
}

static enum tg_code find_format(const struct tg_record_half_options *options,
                                const struct tg_record_half *half, struct tg_format_options *ret_options,
                                const struct tg_format **ret_format, struct tg_error *reterr)
{
    TG_TRY(tg_format_find(tg_slice_text(options->format->name), ret_format, reterr));
    *ret_options = (struct tg_format_options){
        .columns = half->columns,
        .column_count = half->count,
        .needed = half->needed,
        .is_key = options->role == TG_COLUMN_KEY,
        .unwrapped = options->format->unwrapped,
        .field_nulls = options->field_nulls,
        .delimiter = options->format->delimiter,
        .topic = options->topic,
        .registry = options->registry,
        .full_name = options->format->full_name,
        .nullable = options->format->nullable,
    };
    return (*ret_format)->check(ret_options, reterr);
}

enum tg_code tg_record_open_decoder(struct tg_arena *arena, const struct tg_record_half_options *options,
                                    struct tg_record_half *ret_half, struct tg_decoder **ret_decoder,
                                    struct tg_error *reterr)
{
    struct tg_format_options format_options;
    const struct tg_format *format = NULL;
    list_columns(arena, options, ret_half);
    if (ret_half->count == 0)
        return TG_OK;
    TG_TRY(find_format(options, ret_half, &format_options, &format, reterr));
    ret_half->has_schemas = format->schemas != NULL && options->registry != NULL;
    return format->decoder_open(&format_options, ret_decoder, reterr);
}

enum tg_code tg_record_find_writer(struct tg_arena *arena, const struct tg_record_half_options *options,
                                   const struct tg_format *format, struct tg_format_options *format_options,
                                   struct tg_error *reterr)
{
    if (format->schemas == NULL || options->registry == NULL)
        return TG_OK;
    struct tg_registry_schema *schema = tg_arena_alloc_zero(arena, 1, sizeof *schema);
    if (options->format->schema_id != 0) {
        const struct tg_registry_schema *named = NULL;
        TG_TRY(tg_registry_get(options->registry, options->format->schema_id, arena, &named, reterr));
        *schema = *named;
    } else {
        struct tg_buffer text = {0};
        enum tg_code code = format->schemas->write(format_options, &text, reterr);
        schema->type = format->schemas->type;
        schema->text = tg_arena_copy(arena, tg_buffer_slice(&text));
        tg_buffer_done(&text);
        TG_TRY(code);
    }
    const char *subject = tg_registry_subject(arena, options->topic, options->role == TG_COLUMN_KEY);
    if (tg_registry_register(options->registry, subject, schema, &schema->id, reterr) != TG_OK)
        return tg_fail_context(reterr, "subject %s", subject);
    /* By the text that belongs to the id: the registry may prefer another (use.latest.version). */
    return tg_registry_get(options->registry, schema->id, arena, &format_options->writer, reterr);
}

enum tg_code tg_record_encoder_open(struct tg_arena *arena, const struct tg_record_half_options *options,
                                    struct tg_record_encoder *encoder, struct tg_error *reterr)
{
    struct tg_format_options format_options;
    const struct tg_format *format = NULL;
    list_columns(arena, options, &encoder->half);
    encoder->targets = tg_arena_alloc_zero(arena, encoder->half.count + 1, sizeof(struct tg_column *));
    encoder->what = tg_arena_printf(arena, "%s of topic %s", options->role == TG_COLUMN_KEY ? "key" : "value",
                                    options->topic);
    if (encoder->half.count == 0)
        return TG_OK;
    TG_TRY(find_format(options, &encoder->half, &format_options, &format, reterr));
    TG_TRY(tg_record_find_writer(arena, options, format, &format_options, reterr));
    return format->encoder_open(&format_options, &encoder->encoder, reterr);
}

static void reserve(struct tg_record_encoder *encoder, uint32_t rows)
{
    if (rows <= encoder->capacity)
        return;
    encoder->capacity = rows < TG_BATCH_ROWS_MAX ? TG_BATCH_ROWS_MAX : rows * 2;
    encoder->ends = tg_realloc(encoder->ends, encoder->capacity, sizeof *encoder->ends);
    encoder->nulls = tg_realloc(encoder->nulls, encoder->capacity, sizeof *encoder->nulls);
}

enum tg_code tg_record_encode(struct tg_record_encoder *encoder, const struct tg_batch *batch,
                              const uint32_t *rows, uint32_t row_count, struct tg_error *reterr)
{
    if (encoder->encoder == NULL)
        return TG_OK;
    reserve(encoder, row_count);
    for (uint32_t i = 0; i < encoder->half.count; i++)
        encoder->targets[i] = batch->columns[encoder->half.indexes[i]];
    tg_buffer_clear(&encoder->bytes);
    struct tg_encode_call call = {
        .columns = encoder->targets,
        .flags = batch->rows->flags,
        .rows = rows,
        .row_count = row_count,
        .out = &encoder->bytes,
        .ends = encoder->ends,
        .nulls = encoder->nulls,
    };
    enum tg_code code = encoder->encoder->encode(encoder->encoder, &call, reterr);
    return code == TG_OK ? TG_OK : tg_fail_context(reterr, "%s", encoder->what);
}

struct tg_slice tg_record_of(const struct tg_record_encoder *encoder, uint32_t index)
{
    if (encoder->encoder == NULL || encoder->nulls[index])
        return tg_slice_of(NULL, 0);
    size_t from = index == 0 ? 0 : encoder->ends[index - 1];
    /* An empty record is not a null one: data must not be NULL. */
    return tg_slice_of(encoder->bytes.data == NULL ? (const uint8_t *)"" : encoder->bytes.data + from,
                       encoder->ends[index] - from);
}

void tg_record_encoder_done(struct tg_record_encoder *encoder)
{
    tg_encoder_close(encoder->encoder);
    tg_buffer_done(&encoder->bytes);
    tg_free(encoder->ends);
    tg_free(encoder->nulls);
}

size_t tg_record_size(const struct tg_outgoing *record)
{
    enum { RECORD_BYTES = 128, HEADER_BYTES = 16 };
    size_t size = record->key.length + record->value.length + RECORD_BYTES;
    for (uint32_t i = 0; i < record->header_count; i++)
        size += record->headers[i].name.length + record->headers[i].value.length + HEADER_BYTES;
    return size;
}
