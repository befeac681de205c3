/* The decoder: records into the columns of a batch. */
#include "base/memory.h"
#include "serde/json/json.h"
#include "serde/json/read.h"
#include "serde/text_value.h"

struct json_decoder {
    struct tg_decoder base; /* first: a json_decoder is a tg_decoder */
    struct tg_arena *arena;
    uint32_t column_count;
    bool ignores_bytes;            /* a key without columns */
    struct tg_json_fields *fields; /* NULL: the single column is bare */
    struct tg_json_node *single;
    struct tg_json_reader reader;
};

static void start_record(struct tg_json_reader *reader, struct tg_slice record)
{
    reader->cursor = tg_json_cursor_of(record);
    reader->path_start = TG_JSON_PATH_MAX;
}

/* Reads the record's one value; *ret_null: it is JSON's null. */
static enum tg_json_outcome read_root(struct json_decoder *decoder, struct tg_column *const *columns,
                                      uint32_t row, bool *ret_null)
{
    struct tg_json_reader *reader = &decoder->reader;
    if (!tg_json_space(&reader->cursor))
        return TG_JSON_MALFORMED;
    enum tg_json_outcome outcome = TG_JSON_READ;
    *ret_null = *reader->cursor.at == 'n';
    if (*ret_null)
        outcome = tg_json_word(&reader->cursor, "null", 4) ? TG_JSON_READ : TG_JSON_MALFORMED;
    else if (decoder->fields == NULL)
        outcome = tg_json_read_value(reader, decoder->single, columns[0], row);
    else if (*reader->cursor.at == '{')
        outcome = tg_json_read_members(reader, decoder->fields, columns, row);
    else
        outcome = tg_json_mismatch(reader, &(struct tg_json_node){.type = NULL}, reader->cursor.at);
    if (outcome == TG_JSON_READ && !tg_json_finish(&reader->cursor))
        outcome = TG_JSON_MALFORMED;
    return outcome;
}

/* The second reading: what is malformed anywhere counts before what does not fit. */
static enum tg_json_outcome read_carefully(struct json_decoder *decoder, struct tg_slice record,
                                           struct tg_column *const *columns, uint32_t row)
{
    struct tg_json_reader *reader = &decoder->reader;
    bool is_null;
    start_record(reader, record);
    if (!tg_json_skip(&reader->cursor) || !tg_json_finish(&reader->cursor))
        return TG_JSON_MALFORMED;
    start_record(reader, record);
    reader->field_nulled = false;
    reader->careful = true;
    enum tg_json_outcome outcome = read_root(decoder, columns, row, &is_null);
    reader->careful = false;
    return outcome;
}

static const char *token_name(uint8_t first)
{
    switch (first) {
    case '{':
        return "an object";
    case '[':
        return "an array";
    case '"':
        return "a string";
    case 't':
    case 'f':
        return "true or false";
    default:
        return "a number";
    }
}

/* What is wrong, where and what would be right. The values are not shown: they may be secret. */
static const char *explain(const struct json_decoder *decoder, enum tg_json_outcome outcome)
{
    const struct tg_json_reader *reader = &decoder->reader;
    const char *path = reader->path + reader->path_start;
    int path_length = (int)(TG_JSON_PATH_MAX - reader->path_start);
    if (decoder->fields != NULL && path_length > 0 && *path == '.') {
        path++;
        path_length--;
    }
    const char *in = path_length > 0 ? " in " : "";
    if (outcome == TG_JSON_MALFORMED)
        return tg_arena_printf(reader->arena, "not JSON at byte %zu%s%.*s: %s",
                               (size_t)(reader->cursor.at - reader->cursor.begin), in, path_length, path,
                               reader->cursor.fault);
    size_t offset = (size_t)(reader->mismatch_at - reader->cursor.begin);
    const char *found = token_name(*reader->mismatch_at);
    if (reader->mismatch_type == NULL)
        return tg_arena_printf(reader->arena,
                               "%s at byte %zu, but an object with the columns as members is needed", found,
                               offset);
    enum tg_type_kind kind = reader->mismatch_type->kind;
    return tg_arena_printf(reader->arena, "%s at byte %zu%s%.*s does not fit %s: it needs %s", found, offset,
                           in, path_length, path, tg_type_kind_name(kind), tg_type_expectation(kind));
}

static void set_row_null(struct tg_column *const *columns, uint32_t count, uint32_t row)
{
    for (uint32_t i = 0; i < count; i++)
        tg_json_set_null(columns[i], row);
}

static void decode_row(struct json_decoder *decoder, struct tg_decode_call *call, uint32_t row)
{
    bool is_null = false;
    start_record(&decoder->reader, call->records[row]);
    enum tg_json_outcome outcome = read_root(decoder, call->columns, row, &is_null);
    if (__builtin_expect(outcome == TG_JSON_MISMATCH || outcome == TG_JSON_TWICE, 0)) {
        outcome = read_carefully(decoder, call->records[row], call->columns, row);
        if (outcome == TG_JSON_READ && decoder->reader.field_nulled)
            call->errors[call->error_count++] =
                (struct tg_decode_error){row, TG_CODE_DECODE, explain(decoder, TG_JSON_MISMATCH)};
    }
    if (__builtin_expect(outcome == TG_JSON_READ && !is_null, 1))
        return;
    set_row_null(call->columns, decoder->column_count, row);
    if (outcome != TG_JSON_READ)
        call->errors[call->error_count++] =
            (struct tg_decode_error){row, TG_CODE_DECODE, explain(decoder, outcome)};
    else if (call->nulls != NULL)
        call->nulls[row] = 1;
}

static void decode(struct tg_decoder *self, struct tg_decode_call *call)
{
    struct json_decoder *decoder = (struct json_decoder *)self;
    decoder->reader.arena = call->arena;
    call->error_count = 0;
    if (call->nulls != NULL)
        memset(call->nulls, 0, call->count);
    for (uint32_t i = 0; i < decoder->column_count; i++) {
        if (call->columns[i] == NULL)
            continue;
        tg_column_clear(call->columns[i]);
        tg_column_resize(call->columns[i], call->count);
    }
    for (uint32_t row = 0; row < call->count; row++) {
        if (call->records[row].data == NULL)
            set_row_null(call->columns, decoder->column_count, row);
        else if (!decoder->ignores_bytes)
            decode_row(decoder, call, row);
    }
}

static void close_decoder(struct tg_decoder *self)
{
    struct json_decoder *decoder = (struct json_decoder *)self;
    tg_json_render_done(&decoder->reader.render);
    tg_arena_free(decoder->arena);
    tg_free(decoder);
}

enum tg_code tg_json_decoder_open(const struct tg_format_options *options, struct tg_decoder **ret_decoder,
                                  struct tg_error *reterr)
{
    return tg_json_decoder_open_with(TG_JSON_MAPS_OBJECTS, options, ret_decoder, reterr);
}

enum tg_code tg_json_decoder_open_with(enum tg_json_maps maps, const struct tg_format_options *options,
                                       struct tg_decoder **ret_decoder, struct tg_error *reterr)
{
    TG_TRY(tg_json_check(options, reterr));
    struct json_decoder *decoder = tg_alloc_zero(1, sizeof *decoder);
    decoder->base = (struct tg_decoder){.decode = decode, .close = close_decoder};
    decoder->arena = tg_arena_new(0);
    decoder->column_count = options->column_count;
    decoder->reader.field_nulls = options->field_nulls;
    decoder->reader.map_entries = maps == TG_JSON_MAPS_ENTRIES;
    decoder->ignores_bytes = options->is_key && options->column_count == 0;
    if (options->unwrapped) {
        decoder->single = tg_arena_alloc(decoder->arena, sizeof *decoder->single);
        tg_json_node_init(decoder->single, decoder->arena, options->columns[0].type);
    } else {
        decoder->fields = tg_json_fields_new(decoder->arena, options->columns, options->column_count);
    }
    *ret_decoder = &decoder->base;
    return TG_OK;
}
