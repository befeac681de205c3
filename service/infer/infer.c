#include "service/infer/infer_internal.h"

#include "base/text.h"

enum { INT_BYTES = 4, BIGINT_BYTES = 8 };

const char *tg_infer_half_word(const struct tg_infer_bytes *bytes)
{
    return bytes->is_key ? "keys" : "values";
}

void tg_infer_single(const struct tg_infer_bytes *bytes, const struct tg_type *type, const char *note,
                     struct tg_inferred_half *ret_half)
{
    ret_half->columns = tg_arena_alloc_zero(bytes->arena, 1, sizeof *ret_half->columns);
    ret_half->columns[0] =
        (struct tg_inferred_column){.name = bytes->is_key ? "ROWKEY" : "ROWVAL", .type = type, .note = note};
    ret_half->column_count = 1;
    ret_half->unwrapped = true;
}

static struct tg_infer_bytes collect(const struct tg_infer_options *options, struct tg_arena *arena,
                                     bool is_key)
{
    const struct tg_sample *sample = options->sample;
    struct tg_infer_bytes bytes = {.options = options, .arena = arena, .is_key = is_key};
    struct tg_slice *slices = tg_arena_alloc_zero(arena, sample->count + 1, sizeof *slices);
    const struct tg_sample_record **records = tg_arena_alloc_zero(arena, sample->count + 1, sizeof *records);
    for (uint32_t i = 0; i < sample->count; i++) {
        struct tg_slice half = is_key ? sample->records[i].key : sample->records[i].value;
        if (half.data == NULL || half.length == 0)
            continue;
        records[bytes.count] = &sample->records[i];
        slices[bytes.count++] = half;
    }
    bytes.bytes = slices;
    bytes.records = records;
    return bytes;
}

/* Text that people write: valid UTF-8 without control characters but white space. */
static bool is_text(struct tg_slice bytes)
{
    for (size_t i = 0; i < bytes.length; i++)
        if (bytes.data[i] < ' ' && bytes.data[i] != '\t' && bytes.data[i] != '\n' && bytes.data[i] != '\r')
            return false;
    return tg_utf8_valid(bytes);
}

static bool all_text(const struct tg_infer_bytes *bytes)
{
    for (uint32_t i = 0; i < bytes->count; i++)
        if (!is_text(bytes->bytes[i]))
            return false;
    return true;
}

static bool all_of_size(const struct tg_infer_bytes *bytes, size_t size)
{
    for (uint32_t i = 0; i < bytes->count; i++)
        if (bytes->bytes[i].length != size)
            return false;
    return true;
}

/* What Kafka's own serializers write. */
static void infer_kafka(const struct tg_infer_bytes *bytes, bool is_text, struct tg_inferred_half *ret_half)
{
    const char *word = tg_infer_half_word(bytes);
    const struct tg_type *type = is_text                            ? &tg_type_string
                                 : all_of_size(bytes, INT_BYTES)    ? &tg_type_int
                                 : all_of_size(bytes, BIGINT_BYTES) ? &tg_type_bigint
                                                                    : &tg_type_bytes;
    const char *note = is_text                   ? "text"
                       : type == &tg_type_int    ? "4 bytes in all"
                       : type == &tg_type_bigint ? "8 bytes in all: DOUBLE would be, too"
                                                 : "bytes of no form that is known";
    ret_half->format = "KAFKA";
    ret_half->note = tg_arena_printf(bytes->arena, "%s: KAFKA, %s", word, note);
    tg_infer_single(bytes, type, note, ret_half);
    ret_half->unwrapped = false; /* it always is: nothing to say */
}

static enum tg_code infer_half(const struct tg_infer_bytes *bytes, struct tg_inferred_half *ret_half,
                               struct tg_error *reterr)
{
    bool has_schema = false;
    *ret_half = (struct tg_inferred_half){.note = ""};
    if (bytes->count == 0) {
        ret_half->format = "NONE";
        ret_half->note = tg_arena_printf(bytes->arena, "%s: none", tg_infer_half_word(bytes));
        return TG_OK;
    }
    TG_TRY(tg_infer_schema(bytes, &has_schema, ret_half, reterr));
    if (has_schema || tg_infer_json(bytes, ret_half))
        return TG_OK;
    bool is_text = all_text(bytes);
    if (bytes->is_key || !is_text || !tg_infer_delimited(bytes, ret_half))
        infer_kafka(bytes, is_text, ret_half);
    return TG_OK;
}

static bool same_in_upper_case(const char *a, const char *b)
{
    return tg_slice_equal_nocase(tg_slice_text(a), tg_slice_text(b));
}

static bool has_column(const struct tg_inferred_half *half, const char *name)
{
    for (uint32_t i = 0; i < half->column_count; i++)
        if (same_in_upper_case(half->columns[i].name, name))
            return true;
    return false;
}

/* A name may stand once among keys and values; a key of one member is bare, so its object is a STRUCT. */
static void part_names(struct tg_arena *arena, struct tg_inference *inference)
{
    struct tg_inferred_half *key = &inference->key;
    bool clashes = false;
    for (uint32_t i = 0; i < key->column_count; i++)
        clashes = clashes || has_column(&inference->value, key->columns[i].name);
    if (!key->unwrapped && strcmp(key->format, "KAFKA") != 0 && (clashes || key->column_count == 1)) {
        struct tg_field *fields = tg_arena_alloc_zero(arena, key->column_count + 1, sizeof *fields);
        for (uint32_t i = 0; i < key->column_count; i++)
            fields[i] = (struct tg_field){key->columns[i].name, key->columns[i].type};
        key->columns[0] = (struct tg_inferred_column){
            .name = "ROWKEY", .type = tg_type_struct(arena, fields, key->column_count), .note = "objects"};
        key->column_count = key->column_count > 0;
    }
    for (int i = 1; key->column_count == 1 && has_column(&inference->value, key->columns[0].name); i++)
        key->columns[0].name = tg_arena_printf(arena, "ROWKEY_%d", i);
}

enum tg_code tg_infer(const struct tg_infer_options *options, struct tg_arena *arena,
                      struct tg_inference *ret_inference, struct tg_error *reterr)
{
    struct tg_infer_bytes keys = collect(options, arena, true);
    struct tg_infer_bytes values = collect(options, arena, false);
    *ret_inference = (struct tg_inference){.topic = options->topic, .sample = options->sample};
    if (values.count == 0) {
        (void)tg_fail(reterr, TG_CODE_CONFIG,
                      "topic %s has no committed record with a value, so its columns "
                      "cannot be told",
                      options->topic);
        return tg_fail_hint(reterr, "write some records first, or declare the columns yourself");
    }
    TG_TRY(infer_half(&keys, &ret_inference->key, reterr));
    TG_TRY(infer_half(&values, &ret_inference->value, reterr));
    part_names(arena, ret_inference);
    return TG_OK;
}
