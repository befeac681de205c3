/* A field's default value in JSON as the bytes of its schema. */
#include "serde/avro/program.h"

#include "serde/avro/write.h"

#include "data/number.h"

/* Records may leave out fields whose defaults leave out fields again: bounds against schemas without end. */
struct maker {
    struct tg_buffer *out;
    uint32_t steps_left;
    uint32_t depth_left;
};

static bool put_value(struct maker *maker, const struct tg_avro_schema *schema,
                      const struct tg_json_tree *value);

static bool put_integer(const struct tg_avro_schema *schema, const struct tg_json_tree *value,
                        struct tg_buffer *out)
{
    int64_t number = 0;
    if (value->kind != TG_JSON_TREE_NUMBER || !tg_int64_parse(value->text, &number))
        return false;
    if (schema->kind == TG_AVRO_INT && (number < INT32_MIN || number > INT32_MAX))
        return false;
    tg_avro_put_long(out, number);
    return true;
}

static bool put_real(const struct tg_avro_schema *schema, const struct tg_json_tree *value,
                     struct tg_buffer *out)
{
    double number = 0;
    if (value->kind == TG_JSON_TREE_STRING) { /* as Java writes what JSON has no number for */
        if (tg_slice_is(value->text, "NaN"))
            number = __builtin_nan("");
        else if (tg_slice_is(value->text, "Infinity"))
            number = __builtin_inf();
        else if (tg_slice_is(value->text, "-Infinity"))
            number = -__builtin_inf();
        else
            return false;
    } else if (value->kind != TG_JSON_TREE_NUMBER || !tg_double_parse(value->text, &number)) {
        return false;
    }
    if (schema->kind == TG_AVRO_FLOAT)
        tg_avro_put_float(out, (float)number);
    else
        tg_avro_put_double(out, number);
    return true;
}

/* Bytes stand in a text as the characters of their numbers, 0 to 255. */
static bool put_bytes(const struct tg_avro_schema *schema, const struct tg_json_tree *value,
                      struct tg_buffer *out)
{
    struct tg_buffer bytes = {0};
    bool good = value->kind == TG_JSON_TREE_STRING;
    for (size_t i = 0; good && i < value->text.length; i++) {
        uint8_t byte = value->text.data[i];
        if (byte >= 0x80) {
            good = (byte & 0xfc) == 0xc0 && i + 1 < value->text.length;
            byte = good ? (uint8_t)(((byte & 3U) << 6 | (value->text.data[++i] & 0x3fU)) & 0xffU) : 0;
        }
        tg_buffer_append_byte(&bytes, byte);
    }
    if (schema->kind == TG_AVRO_FIXED)
        good = good && bytes.length == schema->fixed_size;
    else if (good)
        tg_avro_put_long(out, (int64_t)bytes.length);
    if (good)
        tg_buffer_append(out, bytes.data, bytes.length);
    tg_buffer_done(&bytes);
    return good;
}

static bool put_symbol(const struct tg_avro_schema *schema, const struct tg_json_tree *value,
                       struct tg_buffer *out)
{
    for (uint32_t i = 0; value->kind == TG_JSON_TREE_STRING && i < schema->count; i++) {
        if (!tg_slice_equal(schema->symbols[i], value->text))
            continue;
        tg_avro_put_long(out, i);
        return true;
    }
    return false;
}

static bool put_elements(struct maker *maker, const struct tg_avro_schema *schema,
                         const struct tg_json_tree *value)
{
    bool map = schema->kind == TG_AVRO_MAP;
    if (value->kind != (map ? TG_JSON_TREE_OBJECT : TG_JSON_TREE_ARRAY))
        return false;
    if (value->count > 0)
        tg_avro_put_long(maker->out, value->count);
    for (uint32_t i = 0; i < value->count; i++) {
        if (map)
            tg_avro_put_bytes(maker->out, value->names[i]);
        if (!put_value(maker, schema->element, value->items[i]))
            return false;
    }
    tg_avro_put_long(maker->out, 0);
    return true;
}

/* A field that the default leaves out has its own default. */
static bool put_record(struct maker *maker, const struct tg_avro_schema *schema,
                       const struct tg_json_tree *value)
{
    if (value->kind != TG_JSON_TREE_OBJECT)
        return false;
    for (uint32_t i = 0; i < schema->count; i++) {
        const struct tg_avro_field *field = &schema->fields[i];
        const struct tg_json_tree *part = tg_json_tree_get(value, field->name);
        if (part == NULL)
            part = field->default_value;
        if (part == NULL || !put_value(maker, field->schema, part))
            return false;
    }
    return true;
}

/* Of the first branch by the specification; of any that fits, as other readers have it. */
static bool put_branch(struct maker *maker, const struct tg_avro_schema *schema,
                       const struct tg_json_tree *value)
{
    size_t length = maker->out->length;
    for (uint32_t i = 0; i < schema->count; i++) {
        tg_avro_put_long(maker->out, i);
        if (put_value(maker, schema->branches[i], value))
            return true;
        maker->out->length = length;
    }
    return false;
}

static bool put_any(struct maker *maker, const struct tg_avro_schema *schema,
                    const struct tg_json_tree *value)
{
    struct tg_buffer *out = maker->out;
    switch (schema->kind) {
    case TG_AVRO_NULL:
        return value->kind == TG_JSON_TREE_NULL;
    case TG_AVRO_BOOLEAN:
        tg_buffer_append_byte(out, value->kind == TG_JSON_TREE_TRUE);
        return value->kind == TG_JSON_TREE_TRUE || value->kind == TG_JSON_TREE_FALSE;
    case TG_AVRO_INT:
    case TG_AVRO_LONG:
        return put_integer(schema, value, out);
    case TG_AVRO_FLOAT:
    case TG_AVRO_DOUBLE:
        return put_real(schema, value, out);
    case TG_AVRO_STRING:
        tg_avro_put_bytes(out, value->text);
        return value->kind == TG_JSON_TREE_STRING;
    case TG_AVRO_BYTES:
    case TG_AVRO_FIXED:
        return put_bytes(schema, value, out);
    case TG_AVRO_ENUM:
        return put_symbol(schema, value, out);
    case TG_AVRO_ARRAY:
    case TG_AVRO_MAP:
        return put_elements(maker, schema, value);
    case TG_AVRO_RECORD:
        return put_record(maker, schema, value);
    case TG_AVRO_UNION:
        return put_branch(maker, schema, value);
    }
    return false;
}

static bool put_value(struct maker *maker, const struct tg_avro_schema *schema,
                      const struct tg_json_tree *value)
{
    if (maker->steps_left == 0 || maker->depth_left == 0)
        return false;
    maker->steps_left--;
    maker->depth_left--;
    bool good = put_any(maker, schema, value);
    maker->depth_left++;
    return good;
}

bool tg_avro_default_bytes(const struct tg_avro_schema *schema, const struct tg_json_tree *value,
                           struct tg_buffer *out)
{
    enum { STEPS_MAX = 100000, DEPTH_MAX = 64 };
    struct maker maker = {.out = out, .steps_left = STEPS_MAX, .depth_left = DEPTH_MAX};
    return put_value(&maker, schema, value);
}
