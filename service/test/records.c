#include "service/test/records.h"

#include "base/base64.h"
#include "base/memory.h"
#include "data/number.h"
#include "serde/windowed_key.h"
#include "service/test/schemas.h"

#include <string.h>
#include <strings.h>

/* ---- JSON to bytes ---- */

/* The only column of a half of the source, or NULL. */
static const struct tg_schema_column *only_column(const struct tg_source_definition *source, bool is_key)
{
    const struct tg_schema_column *found = NULL;
    enum tg_column_role role = is_key ? TG_COLUMN_KEY : TG_COLUMN_VALUE;
    for (uint32_t i = 0; i < source->schema->count; i++) {
        if (source->schema->columns[i].role != role)
            continue;
        if (found != NULL)
            return NULL;
        found = &source->schema->columns[i];
    }
    return found;
}

static struct tg_slice big_endian(struct tg_arena *arena, uint64_t bits, size_t size)
{
    uint8_t bytes[sizeof bits];
    tg_store_u64(bytes, bits);
    return tg_arena_copy(arena, tg_slice_of(bytes + sizeof bytes - size, size));
}

static enum tg_code encode_kafka(struct tg_arena *arena, const struct tg_schema_column *column,
                                 const struct tg_json_tree *json, struct tg_slice *ret_bytes,
                                 struct tg_error *reterr)
{
    enum tg_type_kind kind = column == NULL ? TG_TYPE_STRING : column->type->kind;
    int64_t whole = 0;
    double number = 0;
    if (kind == TG_TYPE_DOUBLE && tg_double_parse(json->text, &number)) {
        uint64_t bits;
        memcpy(&bits, &number, sizeof bits);
        *ret_bytes = big_endian(arena, bits, sizeof bits);
    } else if ((kind == TG_TYPE_INT || kind == TG_TYPE_BIGINT) && tg_int64_parse(json->text, &whole)) {
        *ret_bytes = big_endian(arena, (uint64_t)whole, kind == TG_TYPE_INT ? 4 : 8);
    } else if (json->kind == TG_JSON_TREE_STRING) {
        *ret_bytes = json->text;
    } else {
        return tg_fail(reterr, TG_CODE_USAGE, "%.*s is no %s for column %s", TG_SLICE_FORMAT(json->raw),
                       tg_type_kind_name(kind), column == NULL ? "" : column->name);
    }
    return TG_OK;
}

enum tg_code tg_test_encode(struct tg_arena *arena, const struct tg_test_codec *codec, bool is_key,
                            const struct tg_json_tree *json, struct tg_slice *ret_bytes,
                            struct tg_error *reterr)
{
    const struct tg_source_definition *source = codec->source;
    const struct tg_plan_format *format = is_key ? &source->key_format : &source->value_format;
    *ret_bytes = tg_slice_of(NULL, 0);
    if (tg_json_tree_is_null(json) || strcmp(format->name, "NONE") == 0)
        return TG_OK;
    if (strcmp(format->name, "KAFKA") == 0)
        return encode_kafka(arena, only_column(source, is_key), json, ret_bytes, reterr);
    if (tg_test_has_schemas(format))
        return tg_test_encode_typed(arena, codec, is_key, json, ret_bytes, reterr);
    if (strcmp(format->name, "DELIMITED") == 0)
        *ret_bytes = json->kind == TG_JSON_TREE_STRING ? json->text : json->raw;
    else
        *ret_bytes = json->raw;
    return TG_OK;
}

/* ---- bytes to JSON ---- */

static const struct tg_json_tree *decode_kafka(struct tg_arena *arena, const struct tg_schema_column *column,
                                               struct tg_slice bytes)
{
    char text[TG_DOUBLE_TEXT_MAX];
    enum tg_type_kind kind = column == NULL ? TG_TYPE_STRING : column->type->kind;
    size_t length;
    if (kind == TG_TYPE_INT && bytes.length == 4) {
        length = tg_int64_write((int32_t)tg_load_u32(bytes.data), text);
    } else if (kind == TG_TYPE_BIGINT && bytes.length == 8) {
        length = tg_int64_write((int64_t)tg_load_u64(bytes.data), text);
    } else if (kind == TG_TYPE_DOUBLE && bytes.length == 8) {
        uint64_t bits = tg_load_u64(bytes.data);
        double number;
        memcpy(&number, &bits, sizeof number);
        length = tg_double_write(number, text);
    } else {
        return tg_json_tree_new(arena, TG_JSON_TREE_STRING, bytes);
    }
    return tg_json_tree_new(arena, TG_JSON_TREE_NUMBER, tg_slice_of(text, length));
}

const struct tg_json_tree *tg_test_decode(struct tg_arena *arena, const struct tg_test_codec *codec,
                                          bool is_key, struct tg_slice bytes)
{
    const struct tg_source_definition *source = codec->source;
    const struct tg_plan_format *format = is_key ? &source->key_format : &source->value_format;
    const struct tg_json_tree *json = NULL;
    struct tg_error ignored;
    if (bytes.data == NULL)
        return tg_json_tree_new(arena, TG_JSON_TREE_NULL, tg_slice_text("null"));
    if (strcmp(format->name, "KAFKA") == 0)
        return decode_kafka(arena, only_column(source, is_key), bytes);
    if (tg_test_has_schemas(format) && tg_test_decode_typed(arena, codec, is_key, bytes, &json))
        return json;
    if (strcmp(format->name, "JSON") == 0 && tg_test_json_parse(arena, bytes, &json, &ignored) == TG_OK)
        return json;
    return tg_json_tree_new(arena, TG_JSON_TREE_STRING, bytes);
}

/* ---- topics ---- */

struct tg_test_topic *tg_test_topics_get(struct tg_test_topics *topics, const char *name)
{
    for (size_t i = 0; i < topics->count; i++)
        if (strcmp(topics->topics[i].name, name) == 0)
            return &topics->topics[i];
    tg_grow((void **)&topics->topics, &topics->capacity, topics->count + 1, sizeof *topics->topics);
    topics->topics[topics->count] = (struct tg_test_topic){
        .name = tg_arena_text(topics->arena, tg_slice_text(name)), .registry = topics->registry};
    return &topics->topics[topics->count++];
}

static struct tg_slice copy(struct tg_arena *arena, struct tg_slice bytes)
{
    return bytes.data == NULL ? bytes : tg_slice_of(tg_arena_text(arena, bytes), bytes.length);
}

void tg_test_topics_add(void *context, const struct tg_driver_record *record)
{
    struct tg_test_topics *topics = context;
    struct tg_test_topic *topic = tg_test_topics_get(topics, record->topic);
    struct tg_header *headers = tg_arena_alloc_zero(topics->arena, record->header_count + 1, sizeof *headers);
    for (uint32_t i = 0; i < record->header_count; i++)
        headers[i] = (struct tg_header){copy(topics->arena, record->headers[i].name),
                                        copy(topics->arena, record->headers[i].value)};
    tg_grow((void **)&topic->records, &topic->capacity, topic->count + 1, sizeof *topic->records);
    topic->records[topic->count++] = (struct tg_test_record){
        .timestamp_ms = record->timestamp_ms,
        .key = copy(topics->arena, record->key),
        .value = copy(topics->arena, record->value),
        .headers = headers,
        .header_count = record->header_count,
    };
}

void tg_test_topics_done(struct tg_test_topics *topics)
{
    for (size_t i = 0; i < topics->count; i++)
        tg_free(topics->topics[i].records);
    tg_free(topics->topics);
    *topics = (struct tg_test_topics){0};
}

/* ---- inputs ---- */

static struct tg_slice decode_base64(struct tg_arena *arena, const struct tg_json_tree *json)
{
    if (tg_json_tree_is_null(json))
        return tg_slice_of(NULL, 0);
    uint8_t *bytes = tg_arena_bytes_alloc(arena, json->text.length + 1);
    size_t length = 0;
    if (!tg_base64_decode(json->text, bytes, &length))
        return json->text;
    return tg_slice_of(bytes, length);
}

/* Headers of test files: names as they are, values in base64. */
const struct tg_header *tg_test_headers(struct tg_arena *arena, const struct tg_json_tree *list)
{
    struct tg_header *headers = tg_arena_alloc_zero(arena, tg_json_tree_count(list) + 1, sizeof *headers);
    for (uint32_t i = 0; i < tg_json_tree_count(list); i++) {
        const struct tg_json_tree *name = tg_json_tree_get(list->items[i], "KEY");
        headers[i].name = name == NULL ? tg_slice_of(NULL, 0) : name->text;
        headers[i].value = decode_base64(arena, tg_json_tree_get(list->items[i], "VALUE"));
    }
    return headers;
}

static struct tg_slice add_window(struct tg_arena *arena, struct tg_slice key,
                                  const struct tg_json_tree *window)
{
    if (tg_json_tree_is_null(window))
        return key;
    struct tg_buffer bytes = {0};
    int64_t start = tg_json_tree_int64(tg_json_tree_get(window, "start"), 0);
    int64_t end = tg_json_tree_int64(tg_json_tree_get(window, "end"), 0);
    const char *type = tg_json_tree_text(tg_json_tree_get(window, "type"));
    if (type != NULL && strcasecmp(type, "session") == 0)
        tg_windowed_key_append_session(&bytes, key, start, end);
    else
        tg_windowed_key_append_time(&bytes, key, start);
    struct tg_slice result = tg_arena_copy(arena, tg_buffer_slice(&bytes));
    tg_buffer_done(&bytes);
    return result;
}

enum tg_code tg_test_input(struct tg_arena *arena, const struct tg_test_codec *codec,
                           const struct tg_json_tree *input, struct tg_driver_record *ret_record,
                           struct tg_error *reterr)
{
    const struct tg_json_tree *headers = tg_json_tree_get(input, "headers");
    *ret_record = (struct tg_driver_record){
        .topic = codec->source->topic,
        .partition = 0,
        .timestamp_ms = tg_json_tree_int64(tg_json_tree_get(input, "timestamp"), 0),
        .headers = tg_test_headers(arena, headers),
        .header_count = tg_json_tree_count(headers),
    };
    TG_TRY(tg_test_encode(arena, codec, true, tg_json_tree_get(input, "key"), &ret_record->key, reterr));
    TG_TRY(tg_test_encode(arena, codec, false, tg_json_tree_get(input, "value"), &ret_record->value, reterr));
    if (ret_record->key.data != NULL)
        ret_record->key = add_window(arena, ret_record->key, tg_json_tree_get(input, "window"));
    return TG_OK;
}

/* ---- rows ---- */

/* Bytes that are no windowed key are a key without window. */
static struct tg_windowed_key split_key(const struct tg_source_definition *source, struct tg_slice key)
{
    struct tg_windowed_key windowed = {.key = key, .start_ms = -1, .end_ms = -1};
    struct tg_error ignored;
    enum tg_code code = TG_OK;
    if (key.data != NULL && source->window_kind == TG_WINDOW_SESSION)
        code = tg_windowed_key_split_session(key, &windowed, &ignored);
    else if (key.data != NULL && source->window_kind != TG_WINDOW_NONE)
        code = tg_windowed_key_split_time(key, source->window_size_ms, &windowed, &ignored);
    if (code != TG_OK)
        windowed = (struct tg_windowed_key){.key = key, .start_ms = -1, .end_ms = -1};
    return windowed;
}

struct tg_slice tg_test_inner_key(const struct tg_source_definition *source, struct tg_slice key)
{
    return split_key(source, key).key;
}

void tg_test_row_of(struct tg_arena *arena, const struct tg_test_codec *codec,
                    const struct tg_test_record *record, struct tg_test_row *ret_row)
{
    struct tg_windowed_key windowed = split_key(codec->source, record->key);
    *ret_row = (struct tg_test_row){
        .key = tg_test_decode(arena, codec, true, windowed.key),
        .value = tg_test_decode(arena, codec, false, record->value),
        .timestamp_ms = record->timestamp_ms,
        .window_start_ms = windowed.start_ms,
        .window_end_ms = windowed.end_ms,
        .headers = record->headers,
        .header_count = record->header_count,
    };
}
