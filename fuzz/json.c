/* Feeds a record to the JSON decoder: with all columns, and with none needed. What was decoded is encoded,
 * decoded and encoded again, which has to give the same bytes. The first byte chooses the schema; the rest is
 * the record. */
#include "serde/format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { COLUMNS_MAX = 12, ROWS = 2 };

struct shape {
    const char *types[COLUMNS_MAX]; /* up to the first NULL */
    bool unwrapped;
};

static const struct shape shapes[] = {
    {{"BIGINT", "STRING", "INT", "DOUBLE", "BOOLEAN", "DECIMAL(9, 2)", "BYTES", "TIME", "DATE", "TIMESTAMP",
      "ARRAY<STRUCT<A INT, B MAP<STRING, STRING>>>",
      "STRUCT<A STRUCT<B DOUBLE, C ARRAY<ARRAY<BOOLEAN>>>, B STRING>"},
     false},
    {{"STRING"}, true},
    {{"MAP<STRING, ARRAY<DECIMAL(38, 10)>>"}, true},
    {{"DOUBLE"}, true},
    {{"STRUCT<A STRING, B BIGINT, `a` STRING>"}, false},
};
static const char *const names[COLUMNS_MAX] = {"A", "B", "C", "D", "E", "F", "G", "H", "I", "J", "K", "L"};

struct run {
    struct tg_arena *arena;
    struct tg_schema_column columns[COLUMNS_MAX];
    struct tg_column *made[COLUMNS_MAX];
    struct tg_format_options options;
    struct tg_decoder *decoder;
    struct tg_encoder *encoder;
};

static void open_run(struct run *run, const struct shape *shape)
{
    const struct tg_format *format = NULL;
    struct tg_error error;
    *run = (struct run){.arena = tg_arena_new(0)};
    while (run->options.column_count < COLUMNS_MAX && shape->types[run->options.column_count] != NULL) {
        uint32_t i = run->options.column_count++;
        run->columns[i] = (struct tg_schema_column){.name = names[i], .role = TG_COLUMN_VALUE};
        TG_ASSERT(tg_type_parse(run->arena, tg_slice_text(shape->types[i]), &run->columns[i].type, &error) ==
                  TG_OK);
        run->made[i] = tg_column_new(run->columns[i].type);
    }
    run->options.columns = run->columns;
    run->options.unwrapped = shape->unwrapped;
    TG_ASSERT(tg_format_find(tg_slice_text("JSON"), &format, &error) == TG_OK);
    TG_ASSERT(format->decoder_open(&run->options, &run->decoder, &error) == TG_OK);
    TG_ASSERT(format->encoder_open(&run->options, &run->encoder, &error) == TG_OK);
}

static void close_run(struct run *run)
{
    for (uint32_t i = 0; i < run->options.column_count; i++)
        tg_column_free(run->made[i]);
    tg_decoder_close(run->decoder);
    tg_encoder_close(run->encoder);
    tg_arena_free(run->arena);
}

/* The record twice: the second time its member order is known. Returns the number of errors. */
static uint32_t decode(struct run *run, struct tg_slice record, struct tg_column *const *columns)
{
    struct tg_slice records[ROWS] = {record, record};
    struct tg_decode_error errors[ROWS];
    struct tg_decode_call call = {
        .records = records, .count = ROWS, .columns = columns, .arena = run->arena, .errors = errors};
    run->decoder->decode(run->decoder, &call);
    TG_ASSERT(call.error_count == 0 || call.error_count == ROWS);
    for (uint32_t i = 0; i < call.error_count; i++)
        TG_ASSERT(errors[i].row == i && errors[i].code == TG_CODE_DECODE && errors[i].message[0] != '\0');
    return call.error_count;
}

/* Both rows' bytes, which must be the same; *ret_null: there are none. */
static struct tg_slice encode(struct run *run, bool *ret_null)
{
    struct tg_buffer out = {0};
    tg_buffer_reserve(&out, 1);
    struct tg_error error;
    size_t ends[ROWS];
    uint8_t nulls[ROWS];
    struct tg_encode_call call = {.columns = (const struct tg_column *const *)run->made,
                                  .row_count = ROWS,
                                  .out = &out,
                                  .ends = ends,
                                  .nulls = nulls};
    TG_ASSERT(run->encoder->encode(run->encoder, &call, &error) == TG_OK);
    TG_ASSERT(nulls[0] == nulls[1]);
    struct tg_slice first = tg_arena_copy(run->arena, tg_slice_of(out.data, ends[0]));
    TG_ASSERT(tg_slice_equal(first, tg_slice_of(out.data + ends[0], ends[1] - ends[0])));
    tg_buffer_done(&out);
    *ret_null = nulls[0] != 0;
    return first;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct tg_column *const unneeded[COLUMNS_MAX] = {NULL};
    struct run run;
    bool is_null;
    if (size < 1)
        return 0;
    open_run(&run, &shapes[data[0] % (sizeof shapes / sizeof *shapes)]);
    struct tg_slice record = tg_slice_of(data + 1, size - 1);
    uint32_t errors = decode(&run, record, run.made);
    TG_ASSERT(decode(&run, record, unneeded) == errors);
    if (errors == 0) {
        struct tg_slice text = encode(&run, &is_null);
        if (!is_null) {
            TG_ASSERT(decode(&run, text, run.made) == 0);
            TG_ASSERT(tg_slice_equal(encode(&run, &is_null), text));
        }
    }
    close_run(&run);
    return 0;
}
