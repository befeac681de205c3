/* Feeds a record to the DELIMITED decoder. What was decoded is encoded, decoded and encoded again, which has
 * to give the same bytes. The first byte is the delimiter; the rest is the record. */
#include "serde/format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { COLUMNS = 4 };

static struct tg_schema_column columns[COLUMNS] = {
    {.name = "A", .type = &tg_type_string},
    {.name = "B", .type = &tg_type_bytes},
    {.name = "C", .type = &tg_type_double},
    {.name = "D", .type = &tg_type_bigint},
};

struct run {
    struct tg_arena *arena;
    struct tg_column *made[COLUMNS];
    struct tg_decoder *decoder;
    struct tg_encoder *encoder;
};

static uint32_t decode(struct run *run, struct tg_slice record, struct tg_column *const *targets)
{
    struct tg_decode_error error;
    struct tg_decode_call call = {
        .records = &record, .count = 1, .columns = targets, .arena = run->arena, .errors = &error};
    run->decoder->decode(run->decoder, &call);
    TG_ASSERT(call.error_count == 0 || (error.code == TG_CODE_DECODE && error.message[0] != '\0'));
    return call.error_count;
}

static struct tg_slice encode(struct run *run)
{
    struct tg_buffer out = {0};
    struct tg_error error;
    size_t end;
    uint8_t is_null;
    struct tg_encode_call call = {.columns = (const struct tg_column *const *)run->made,
                                  .row_count = 1,
                                  .out = &out,
                                  .ends = &end,
                                  .nulls = &is_null};
    TG_ASSERT(run->encoder->encode(run->encoder, &call, &error) == TG_OK && is_null == 0);
    struct tg_slice text = tg_arena_copy(run->arena, tg_slice_of(out.data, end));
    tg_buffer_done(&out);
    return text;
}

static void check_record(struct run *run, struct tg_slice record)
{
    static struct tg_column *const unneeded[COLUMNS] = {NULL};
    uint32_t errors = decode(run, record, run->made);
    TG_ASSERT(decode(run, record, unneeded) == errors);
    if (errors > 0)
        return;
    struct tg_slice text = encode(run);
    TG_ASSERT(decode(run, text, run->made) == 0);
    TG_ASSERT(tg_slice_equal(encode(run), text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct tg_format *format = NULL;
    struct tg_error error;
    if (size < 1)
        return 0;
    TG_ASSERT(tg_format_find(tg_slice_text("DELIMITED"), &format, &error) == TG_OK);
    struct tg_format_options options = {
        .columns = columns, .column_count = COLUMNS, .delimiter = (char)data[0]};
    if (format->check(&options, &error) != TG_OK)
        return 0;
    struct run run = {.arena = tg_arena_new(0)};
    for (uint32_t i = 0; i < COLUMNS; i++)
        run.made[i] = tg_column_new(columns[i].type);
    TG_ASSERT(format->decoder_open(&options, &run.decoder, &error) == TG_OK);
    TG_ASSERT(format->encoder_open(&options, &run.encoder, &error) == TG_OK);
    check_record(&run, tg_slice_of(data + 1, size - 1));
    for (uint32_t i = 0; i < COLUMNS; i++)
        tg_column_free(run.made[i]);
    tg_decoder_close(run.decoder);
    tg_encoder_close(run.encoder);
    tg_arena_free(run.arena);
    return 0;
}
