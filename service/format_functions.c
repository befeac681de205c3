#include "service/format_functions.h"

#include "base/memory.h"
#include "expr/kernel.h"
#include "expr/resolve.h"
#include "serde/format.h"

/* What a function's name says behind FROM_ and TO_. */
struct family {
    const char *name;
    const char *format;
    bool is_bare;    /* the value itself is written, whatever its type; else a STRUCT's fields are columns */
    bool has_schema; /* the schema argument is one of the format's own, not SQL's */
};

enum { JSON, CSV, AVRO, PROTOBUF };
static const struct family families[] = {
    [JSON] = {"JSON", "JSON", true, false},
    [CSV] = {"CSV", "DELIMITED", false, false},
    [AVRO] = {"AVRO", "AVRO", true, true},
    [PROTOBUF] = {"PROTOBUF", "PROTOBUF", false, true},
};

enum { VALUE_ARGUMENT, SCHEMA_ARGUMENT, MODE_ARGUMENT, ARGUMENTS_MAX };

/* A call site: what its constant arguments say. */
struct site {
    const struct family *family;
    const struct tg_format *format;
    const struct tg_registry_schema *writer; /* NULL: none is given */
    bool is_permissive;
};

static const struct tg_format *format_of(const struct family *family)
{
    const struct tg_format *format = NULL;
    enum tg_code code = tg_format_find(tg_slice_text(family->format), &format, NULL);
    TG_ASSERT(code == TG_OK);
    return format;
}

static const struct family *family_of(const char *function)
{
    const char *name = strchr(function, '_') + 1;
    size_t i = 0;
    while (strcmp(families[i].name, name) != 0)
        i++;
    return &families[i];
}

/* How the format is to read or write values of the type; in `arena`. */
static struct tg_format_options options_of(struct tg_arena *arena, const struct site *site,
                                           const struct tg_type *type)
{
    bool is_bare = site->family->is_bare;
    uint32_t count = is_bare ? 1 : type->field_count;
    struct tg_schema_column *columns = tg_arena_alloc_zero(arena, count + 1, sizeof *columns);
    for (uint32_t i = 0; i < count; i++)
        columns[i] = (struct tg_schema_column){.name = is_bare ? "VALUE" : type->fields[i].name,
                                               .type = is_bare ? type : type->fields[i].type,
                                               .role = TG_COLUMN_VALUE};
    return (struct tg_format_options){.columns = columns,
                                      .column_count = count,
                                      .unwrapped = is_bare,
                                      .field_nulls = site->is_permissive,
                                      .topic = "function",
                                      .writer = site->writer};
}

/* ---- arguments ---- */

/* The text of a constant argument; data NULL: it is none. */
static struct tg_slice constant_text(const struct tg_expr *argument)
{
    bool is_text = argument != NULL && argument->kind == TG_EXPR_LITERAL && !argument->literal.is_null &&
                   argument->type != NULL && argument->type->kind == TG_TYPE_STRING;
    return is_text ? argument->literal.value.bytes : tg_slice_of(NULL, 0);
}

static enum tg_code read_mode(struct tg_slice text, bool *ret_permissive, struct tg_error *reterr)
{
    *ret_permissive = tg_slice_equal_nocase(text, tg_slice_text("PERMISSIVE"));
    if (*ret_permissive || tg_slice_equal_nocase(text, tg_slice_text("FAILFAST")))
        return TG_OK;
    if (tg_slice_equal_nocase(text, tg_slice_text("DROPMALFORMED"))) {
        (void)tg_fail(reterr, TG_CODE_TYPE, "a function gives one value for each row, so it drops none");
        return tg_fail_hint(reterr,
                            "use 'FAILFAST', and ON_ERROR = 'skip' or 'dead-letter' on the statement");
    }
    (void)tg_fail(reterr, TG_CODE_TYPE, "there is no mode '%.*s'", TG_SLICE_FORMAT(text));
    return tg_fail_hint(reterr, "the modes are 'FAILFAST' and 'PERMISSIVE'");
}

static const struct tg_registry_schema *writer_of(struct tg_arena *arena, const struct tg_format *format,
                                                  struct tg_slice text)
{
    struct tg_registry_schema *schema = tg_arena_alloc_zero(arena, 1, sizeof *schema);
    schema->type = format->schemas->type;
    schema->text = tg_arena_copy(arena, text);
    return schema;
}

/* A type, or the fields of a STRUCT without STRUCT<> around them. */
static enum tg_code read_sql_type(struct tg_arena *arena, struct tg_slice text,
                                  const struct tg_type **ret_type, struct tg_error *reterr)
{
    struct tg_error ignored;
    if (tg_type_parse(arena, text, ret_type, &ignored) == TG_OK)
        return TG_OK;
    const char *fields = tg_arena_printf(arena, "STRUCT<%.*s>", TG_SLICE_FORMAT(text));
    if (tg_type_parse(arena, tg_slice_text(fields), ret_type, reterr) == TG_OK)
        return TG_OK;
    return tg_fail_hint(reterr, "the schema is a type, or fields as in 'id BIGINT, name VARCHAR'");
}

static enum tg_code read_site(struct tg_arena *arena, const struct family *family,
                              const struct tg_expr *const *arguments, uint32_t count, struct site *ret_site,
                              struct tg_error *reterr)
{
    *ret_site = (struct site){.family = family, .format = format_of(family)};
    if (count > SCHEMA_ARGUMENT && family->has_schema)
        ret_site->writer = writer_of(arena, ret_site->format, constant_text(arguments[SCHEMA_ARGUMENT]));
    return count > MODE_ARGUMENT
               ? read_mode(constant_text(arguments[MODE_ARGUMENT]), &ret_site->is_permissive, reterr)
               : TG_OK;
}

static enum tg_code check_arguments(const struct tg_resolution *resolution, struct tg_error *reterr)
{
    if (resolution->argument_count > ARGUMENTS_MAX)
        return tg_fail_at(reterr, TG_CODE_TYPE, resolution->arguments[ARGUMENTS_MAX]->place,
                          "%s takes a value, a schema and a mode", resolution->name);
    for (uint32_t i = SCHEMA_ARGUMENT; i < resolution->argument_count; i++)
        if (constant_text(resolution->arguments[i]).data == NULL)
            return tg_fail_at(reterr, TG_CODE_TYPE, resolution->arguments[i]->place,
                              "the %s of %s is a text in quotes: it is read once, before any record",
                              i == SCHEMA_ARGUMENT ? "schema" : "mode", resolution->name);
    return TG_OK;
}

/* Points to the argument that an error is about. */
static enum tg_code place_error(const struct tg_resolution *resolution, uint32_t argument, enum tg_code code,
                                struct tg_error *reterr)
{
    if (code != TG_OK && reterr != NULL)
        reterr->place = resolution->arguments[argument]->place;
    return code == TG_OK ? TG_OK : tg_fail_context(reterr, "%s", resolution->name);
}

static enum tg_code check_type(const struct tg_resolution *resolution, const struct site *site,
                               const struct tg_type *type, struct tg_error *reterr)
{
    if (!site->family->is_bare && type->kind != TG_TYPE_STRUCT)
        return tg_fail(reterr, TG_CODE_TYPE, "a STRUCT is needed, not %s",
                       tg_type_name(resolution->arena, type));
    const struct tg_format_options options = options_of(resolution->arena, site, type);
    return site->format->check(&options, reterr);
}

static enum tg_code from_type(const struct tg_resolution *resolution, struct site *ret_site,
                              const struct tg_type **ret_type, struct tg_error *reterr)
{
    const struct family *family = family_of(resolution->name);
    const struct tg_format_columns request = {0};
    TG_TRY(
        read_site(resolution->arena, family, resolution->arguments, SCHEMA_ARGUMENT + 1, ret_site, reterr));
    if (family->has_schema)
        return ret_site->format->schemas->read(resolution->arena, ret_site->writer, &request, ret_type,
                                               reterr);
    return read_sql_type(resolution->arena, constant_text(resolution->arguments[SCHEMA_ARGUMENT]), ret_type,
                         reterr);
}

static enum tg_code resolve_from(struct tg_resolution *resolution, struct tg_error *reterr)
{
    struct site site;
    const struct tg_type *type = NULL;
    bool is_permissive = false;
    TG_TRY(check_arguments(resolution, reterr));
    TG_TRY(place_error(resolution, SCHEMA_ARGUMENT, from_type(resolution, &site, &type, reterr), reterr));
    TG_TRY(place_error(resolution, SCHEMA_ARGUMENT, check_type(resolution, &site, type, reterr), reterr));
    if (resolution->argument_count > MODE_ARGUMENT)
        TG_TRY(place_error(
            resolution, MODE_ARGUMENT,
            read_mode(constant_text(resolution->arguments[MODE_ARGUMENT]), &is_permissive, reterr), reterr));
    resolution->type = type;
    return TG_OK;
}

static enum tg_code resolve_to(struct tg_resolution *resolution, struct tg_error *reterr)
{
    struct site site;
    const struct tg_expr *value = resolution->arguments[VALUE_ARGUMENT];
    TG_TRY(check_arguments(resolution, reterr));
    if (value->type == NULL)
        return tg_fail_at(reterr, TG_CODE_TYPE, value->place, "%s needs a value of a known type",
                          resolution->name);
    TG_TRY(read_site(resolution->arena, family_of(resolution->name), resolution->arguments,
                     resolution->argument_count, &site, reterr));
    TG_TRY(
        place_error(resolution, VALUE_ARGUMENT, check_type(resolution, &site, value->type, reterr), reterr));
    if (site.writer == NULL)
        return TG_OK;
    /* Opened once to see whether the schema takes the value. */
    struct tg_encoder *encoder = NULL;
    const struct tg_format_options options = options_of(resolution->arena, &site, value->type);
    enum tg_code code = site.format->encoder_open(&options, &encoder, reterr);
    tg_encoder_close(encoder);
    return place_error(resolution, SCHEMA_ARGUMENT, code, reterr);
}

static enum tg_code prepare(const struct family *family, struct tg_arena *arena,
                            const struct tg_expr *const *arguments, uint32_t count, const void **ret_prepared,
                            struct tg_error *reterr)
{
    struct site *site = tg_arena_alloc_zero(arena, 1, sizeof *site);
    *ret_prepared = site;
    return read_site(arena, family, arguments, count, site, reterr);
}

#define PREPARE(function, family)                                                                            \
    static enum tg_code function(struct tg_arena *arena, const struct tg_expr *const *arguments,             \
                                 uint32_t count, const void **ret_prepared, struct tg_error *reterr)         \
    {                                                                                                        \
        return prepare(&families[family], arena, arguments, count, ret_prepared, reterr);                    \
    }
PREPARE(prepare_json, JSON)
PREPARE(prepare_csv, CSV)
PREPARE(prepare_avro, AVRO)
PREPARE(prepare_protobuf, PROTOBUF)

/* ---- bytes to values ---- */

/* What a call site of one task keeps from batch to batch. */
struct codec {
    struct tg_arena *arena;
    struct tg_decoder *decoder;
    struct tg_encoder *encoder;
    struct tg_error error; /* why there is none */
    struct tg_buffer out;
};

static void release_codec(void *object)
{
    struct codec *codec = object;
    tg_decoder_close(codec->decoder);
    tg_encoder_close(codec->encoder);
    tg_buffer_done(&codec->out);
    tg_arena_free(codec->arena);
    tg_free(codec);
}

static struct codec *codec_of(const struct tg_call *call, const struct tg_type *type, bool decodes)
{
    const struct site *site = call->prepared;
    struct codec *codec = tg_call_object(call);
    if (codec != NULL)
        return codec;
    codec = tg_alloc_zero(1, sizeof *codec);
    codec->arena = tg_arena_new(1024);
    const struct tg_format_options options = options_of(codec->arena, site, type);
    enum tg_code code = decodes ? site->format->decoder_open(&options, &codec->decoder, &codec->error)
                                : site->format->encoder_open(&options, &codec->encoder, &codec->error);
    if (code != TG_OK && codec->error.message[0] == '\0')
        (void)tg_fail(&codec->error, code, "the format %s cannot be used here", site->format->name);
    tg_call_set_object(call, codec, release_codec);
    return codec;
}

static void fail_all(const struct tg_call *call, const struct codec *codec)
{
    for (uint32_t i = 0; i < call->row_count; i++)
        tg_call_fail(call, tg_call_row(call, i), TG_CODE_EXPRESSION, "%s", codec->error.message);
}

/* The texts or bytes of the rows of the call; all others have no data. */
static struct tg_slice *collect_records(const struct tg_call *call, uint32_t length)
{
    const struct tg_column *argument = call->arguments[VALUE_ARGUMENT];
    struct tg_slice *records = tg_arena_alloc_zero(call->arena, (size_t)length + 1, sizeof *records);
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        if (argument->valid[row] == 0)
            continue;
        records[row] = argument->values.bytes[row];
        if (records[row].data == NULL)
            records[row].data = (const uint8_t *)"";
    }
    return records;
}

static void take_values(const struct tg_call *call, const struct tg_decode_call *decode,
                        struct tg_column *values)
{
    const struct site *site = call->prepared;
    for (uint32_t i = 0; !site->family->is_bare && i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        values->valid[row] = decode->records[row].data != NULL && decode->nulls[row] == 0;
    }
    for (uint32_t i = 0; i < decode->error_count; i++)
        tg_column_set_null(values, decode->errors[i].row);
    tg_column_copy_rows(call->result, values, call->rows, call->row_count);
    for (uint32_t i = 0; i < decode->error_count && !site->is_permissive; i++)
        tg_call_fail(call, decode->errors[i].row, TG_CODE_EXPRESSION, "%s", decode->errors[i].message);
}

static void from_kernel(const struct tg_call *call)
{
    const struct site *site = call->prepared;
    struct codec *codec = codec_of(call, call->result->type, true);
    if (codec->decoder == NULL) {
        fail_all(call, codec);
        return;
    }
    struct tg_column *values = tg_call_column(call, 0, call->result->type);
    uint32_t length = values->length;
    struct tg_decode_call decode = {
        .records = collect_records(call, length),
        .count = length,
        .columns = site->family->is_bare ? &values : values->children,
        .arena = call->arena,
        .errors = tg_arena_alloc_zero(call->arena, (size_t)length + 1, sizeof *decode.errors),
        .nulls = tg_arena_alloc_zero(call->arena, (size_t)length + 1, sizeof *decode.nulls),
    };
    codec->decoder->decode(codec->decoder, &decode);
    take_values(call, &decode, values);
}

/* ---- values to bytes ---- */

static void write_row(const struct tg_call *call, struct codec *codec, uint32_t row)
{
    const struct site *site = call->prepared;
    size_t end = 0;
    uint8_t null = 0;
    struct tg_error error = {0};
    struct tg_encode_call encode = {
        .columns = site->family->is_bare
                       ? call->arguments
                       : (const struct tg_column *const *)call->arguments[VALUE_ARGUMENT]->children,
        .rows = &row,
        .row_count = 1,
        .out = &codec->out,
        .ends = &end,
        .nulls = &null,
    };
    tg_buffer_clear(&codec->out);
    if (codec->encoder->encode(codec->encoder, &encode, &error) != TG_OK)
        tg_call_fail(call, row, TG_CODE_EXPRESSION, "%s", error.message);
    else if (null != 0)
        tg_column_set_null(call->result, row);
    else
        tg_call_set_bytes(call, row, tg_call_keep(call, &codec->out));
}

static void to_kernel(const struct tg_call *call)
{
    struct codec *codec = codec_of(call, call->arguments[VALUE_ARGUMENT]->type, false);
    if (codec->encoder == NULL) {
        fail_all(call, codec);
        return;
    }
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        if (call->arguments[VALUE_ARGUMENT]->valid[row] != 0)
            write_row(call, codec, row);
    }
}

/* ---- rows ---- */

#define FROM(text, preparer, doc, sample)                                                                    \
    {                                                                                                        \
        .signature = (text), .kernel = from_kernel, .flags = TG_FUNCTION_NULL_IF_NULL,                       \
        .resolve = resolve_from, .prepare = (preparer), .summary = (doc), .example = (sample)                \
    }
#define TO(text, preparer, doc, sample)                                                                      \
    {                                                                                                        \
        .signature = (text), .kernel = to_kernel, .flags = TG_FUNCTION_NULL_IF_NULL, .resolve = resolve_to,  \
        .prepare = (preparer), .summary = (doc), .example = (sample)                                         \
    }
#define FROM_JSON_DOC                                                                                        \
    "The value in a JSON text; the schema is a type or fields; mode 'FAILFAST' (a fault fails the row) or "  \
    "'PERMISSIVE' (NULL instead)."
#define FROM_CSV_DOC "The STRUCT in a line of cells; schema and modes as those of FROM_JSON."
#define FROM_AVRO_DOC                                                                                        \
    "The value in Avro's binary form, without the id of a registry, by a schema as JSON; modes as those of " \
    "FROM_JSON."
#define FROM_PROTOBUF_DOC                                                                                    \
    "The STRUCT in a Protobuf message, without the id of a registry, by a .proto text; modes as those of "   \
    "FROM_JSON."

static const struct tg_function format_functions[] = {
    FROM("FROM_JSON(STRING, STRING, STRING...) -> ANY", prepare_json, FROM_JSON_DOC,
         "FROM_JSON('{\"a\":1}', 'a INT')->A = 1"),
    FROM("FROM_JSON(BYTES, STRING, STRING...) -> ANY", prepare_json, FROM_JSON_DOC,
         "FROM_JSON(TO_BYTES('[1]', 'utf8'), 'ARRAY<INT>') = ARRAY[1]"),
    TO("TO_JSON(T) -> STRING", prepare_json, "The value as JSON, fields in their order.",
       "TO_JSON(STRUCT(B := 1, A := 'x')) = '{\"B\":1,\"A\":\"x\"}'"),
    FROM("FROM_CSV(STRING, STRING, STRING...) -> ANY", prepare_csv, FROM_CSV_DOC,
         "FROM_CSV('1,\"b, c\"', 'a INT, b VARCHAR')->B = 'b, c'"),
    FROM("FROM_CSV(BYTES, STRING, STRING...) -> ANY", prepare_csv, FROM_CSV_DOC,
         "FROM_CSV(TO_BYTES('1,b', 'utf8'), 'a INT, b VARCHAR')->A = 1"),
    TO("TO_CSV(T) -> STRING", prepare_csv, "The fields of a STRUCT as a line of cells.",
       "TO_CSV(STRUCT(A := 1, B := 'b, c')) = '1,\"b, c\"'"),
    FROM("FROM_AVRO(BYTES, STRING, STRING...) -> ANY", prepare_avro, FROM_AVRO_DOC,
         "FROM_AVRO(TO_BYTES('06', 'hex'), '\"int\"') = 3"),
    TO("TO_AVRO(T) -> BYTES", prepare_avro,
       "The value in Avro's binary form, without an id, by the schema that the type makes.",
       "FROM_BYTES(TO_AVRO('a'), 'hex') = '0261'"),
    TO("TO_AVRO(T, STRING) -> BYTES", prepare_avro,
       "The value in Avro's binary form, without an id, by a schema as JSON.",
       "FROM_BYTES(TO_AVRO(3, '\"int\"'), 'hex') = '06'"),
    FROM("FROM_PROTOBUF(BYTES, STRING, STRING...) -> ANY", prepare_protobuf, FROM_PROTOBUF_DOC,
         "FROM_PROTOBUF(TO_BYTES('0807', 'hex'), 'syntax = \"proto3\"; message M { int32 a = 1; }')->A = 7"),
    TO("TO_PROTOBUF(T) -> BYTES", prepare_protobuf,
       "A STRUCT as a Protobuf message, without an id, by the schema that its type makes.",
       "FROM_BYTES(TO_PROTOBUF(STRUCT(A := 7)), 'hex') = '0807'"),
    TO("TO_PROTOBUF(T, STRING) -> BYTES", prepare_protobuf,
       "A STRUCT as a Protobuf message, without an id, by a .proto text.",
       "FROM_BYTES(TO_PROTOBUF(STRUCT(A := 7), 'syntax = \"proto3\"; message M { int32 A = 1; }'), 'hex') = "
       "'0807'"),
    {0},
};

void tg_format_functions_install(void)
{
    tg_functions_extend(format_functions);
}
