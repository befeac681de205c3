/* The encoder: rows of columns as JSON, all members in schema order, NULL as null, without white space. */
#include "base/memory.h"
#include "serde/json/json.h"
#include "serde/json/write.h"
#include "serde/registry/wire.h"

enum { PREFIX_BLOCK = 32 }; /* prefixes up to this size are copied as one block */

struct node {
    const struct tg_type *type;
    struct member *members; /* STRUCT */
    uint32_t member_count;
    struct node *element; /* ARRAY: element; MAP: value */
    bool map_as_list;     /* MAP: [{"key": ..., "value": ...}] */
};

struct member {
    uint8_t *prefix; /* {"NAME": or ,"NAME": with at least PREFIX_BLOCK bytes readable */
    size_t prefix_length;
    const char *name;
    struct node node;
};

struct json_encoder {
    struct tg_encoder base; /* first: a json_encoder is a tg_encoder */
    struct tg_arena *arena;
    struct node root; /* like a STRUCT of the columns */
    uint8_t null_flag;
    bool unwrapped;
    bool writes_nothing; /* a key without columns */
    int32_t schema_id;   /* goes before each record; 0: nothing does */
};

TG_MUST_CHECK static enum tg_code write_value(const struct node *node, const struct tg_column *column,
                                              uint32_t row, struct tg_buffer *out, struct tg_error *reterr);

static void write_int64(struct tg_buffer *out, int64_t value)
{
    uint8_t *target = tg_buffer_reserve(out, TG_JSON_INT64_ROOM);
    out->length += (size_t)(tg_json_put_int64(target, value) - target);
}

static void write_boolean(struct tg_buffer *out, bool value)
{
    tg_buffer_append(out, value ? "true" : "false", value ? 4 : 5);
}

static void write_decimal(struct tg_buffer *out, tg_int128 value, unsigned scale)
{
    char *target = (char *)tg_buffer_reserve(out, TG_DECIMAL_TEXT_MAX);
    out->length += tg_decimal_write(value, scale, target);
}

/* Writes the prefix and, for the most common types, the value behind it in one go; false: the value is still
 * to be written. */
static inline bool write_common(const struct member *member, const struct tg_column *column, uint32_t row,
                                struct tg_buffer *out)
{
    enum tg_type_kind kind = member->node.type->kind;
    if (__builtin_expect(member->prefix_length > PREFIX_BLOCK, 0)) {
        tg_buffer_append(out, member->prefix, member->prefix_length);
        return false;
    }
    size_t text_length = kind == TG_TYPE_STRING && column->valid[row] ? column->values.bytes[row].length : 0;
    uint8_t *target = tg_buffer_reserve(out, PREFIX_BLOCK + TG_JSON_INT64_ROOM + text_length);
    memcpy(target, member->prefix, PREFIX_BLOCK);
    out->length += member->prefix_length;
    if (!column->valid[row])
        return false;
    uint8_t *start = target + member->prefix_length;
    uint8_t *end = NULL;
    if (kind == TG_TYPE_STRING)
        end = tg_json_put_plain_string(start, column->values.bytes[row]);
    else if (kind == TG_TYPE_BIGINT || kind == TG_TYPE_TIMESTAMP)
        end = tg_json_put_int64(start, column->values.int64[row]);
    else if (kind == TG_TYPE_INT)
        end = tg_json_put_int64(start, column->values.int32[row]);
    if (end == NULL)
        return false;
    out->length += (size_t)(end - start);
    return true;
}

TG_MUST_CHECK static enum tg_code write_members(const struct node *node,
                                                const struct tg_column *const *columns, uint32_t row,
                                                struct tg_buffer *out, struct tg_error *reterr)
{
    for (uint32_t i = 0; i < node->member_count; i++) {
        if (write_common(&node->members[i], columns[i], row, out))
            continue;
        if (write_value(&node->members[i].node, columns[i], row, out, reterr) != TG_OK)
            return tg_fail_context(reterr, "in %s", node->members[i].name);
    }
    if (node->member_count == 0)
        tg_buffer_append_byte(out, '{');
    tg_buffer_append_byte(out, '}');
    return TG_OK;
}

TG_MUST_CHECK static enum tg_code write_array(const struct node *node, const struct tg_column *column,
                                              uint32_t row, struct tg_buffer *out, struct tg_error *reterr)
{
    struct tg_range range = column->values.range[row];
    tg_buffer_append_byte(out, '[');
    for (uint32_t i = 0; i < range.count; i++) {
        if (i > 0)
            tg_buffer_append_byte(out, ',');
        TG_TRY(write_value(node->element, column->children[0], range.start + i, out, reterr));
    }
    tg_buffer_append_byte(out, ']');
    return TG_OK;
}

TG_MUST_CHECK static enum tg_code write_map(const struct node *node, const struct tg_column *column,
                                            uint32_t row, struct tg_buffer *out, struct tg_error *reterr)
{
    struct tg_range range = column->values.range[row];
    const struct tg_column *keys = column->children[0];
    tg_buffer_append_byte(out, '{');
    for (uint32_t i = 0; i < range.count; i++) {
        if (i > 0)
            tg_buffer_append_byte(out, ',');
        /* a member needs a name: NULL is written as Java does */
        tg_json_write_string(out, keys->valid[range.start + i] ? keys->values.bytes[range.start + i]
                                                               : tg_slice_text("null"));
        tg_buffer_append_byte(out, ':');
        TG_TRY(write_value(node->element, column->children[1], range.start + i, out, reterr));
    }
    tg_buffer_append_byte(out, '}');
    return TG_OK;
}

TG_MUST_CHECK static enum tg_code write_entries(const struct node *node, const struct tg_column *column,
                                                uint32_t row, struct tg_buffer *out, struct tg_error *reterr)
{
    struct tg_range range = column->values.range[row];
    const struct tg_column *keys = column->children[0];
    tg_buffer_append_byte(out, '[');
    for (uint32_t i = range.start; i < range.start + range.count; i++) {
        tg_buffer_append_text(out, i == range.start ? "{\"key\":" : ",{\"key\":");
        if (keys->valid[i])
            tg_json_write_string(out, keys->values.bytes[i]);
        else
            tg_buffer_append_text(out, "null");
        tg_buffer_append_text(out, ",\"value\":");
        TG_TRY(write_value(node->element, column->children[1], i, out, reterr));
        tg_buffer_append_byte(out, '}');
    }
    tg_buffer_append_byte(out, ']');
    return TG_OK;
}

static enum tg_code write_value(const struct node *node, const struct tg_column *column, uint32_t row,
                                struct tg_buffer *out, struct tg_error *reterr)
{
    if (!column->valid[row]) {
        tg_buffer_append(out, "null", 4);
        return TG_OK;
    }
    switch (node->type->kind) {
    case TG_TYPE_BOOLEAN:
        write_boolean(out, column->values.boolean[row] != 0);
        return TG_OK;
    case TG_TYPE_INT:
    case TG_TYPE_DATE:
    case TG_TYPE_TIME:
        write_int64(out, column->values.int32[row]);
        return TG_OK;
    case TG_TYPE_BIGINT:
    case TG_TYPE_TIMESTAMP:
        write_int64(out, column->values.int64[row]);
        return TG_OK;
    case TG_TYPE_DOUBLE:
        tg_json_write_double(out, column->values.float64[row]);
        return TG_OK;
    case TG_TYPE_DECIMAL:
        write_decimal(out, column->values.decimal[row], node->type->scale);
        return TG_OK;
    case TG_TYPE_STRING:
        tg_json_write_string(out, column->values.bytes[row]);
        return TG_OK;
    case TG_TYPE_BYTES:
        tg_json_write_base64(out, column->values.bytes[row]);
        return TG_OK;
    case TG_TYPE_ARRAY:
        return write_array(node, column, row, out, reterr);
    case TG_TYPE_MAP:
        return node->map_as_list ? write_entries(node, column, row, out, reterr)
                                 : write_map(node, column, row, out, reterr);
    case TG_TYPE_STRUCT:
        break;
    }
    return write_members(node, (const struct tg_column *const *)column->children, row, out, reterr);
}

static enum tg_code encode(struct tg_encoder *self, struct tg_encode_call *call, struct tg_error *reterr)
{
    const struct json_encoder *encoder = (const struct json_encoder *)self;
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = call->rows == NULL ? i : call->rows[i];
        bool is_null = encoder->writes_nothing ||
                       (call->flags != NULL && (call->flags[row] & encoder->null_flag) != 0) ||
                       (encoder->unwrapped && !call->columns[0]->valid[row]);
        call->nulls[i] = is_null;
        if (!is_null && encoder->schema_id != 0)
            tg_wire_write(call->out, encoder->schema_id);
        if (!is_null && encoder->unwrapped)
            TG_TRY(write_value(&encoder->root.members[0].node, call->columns[0], row, call->out, reterr));
        else if (!is_null)
            TG_TRY(write_members(&encoder->root, call->columns, row, call->out, reterr));
        call->ends[i] = call->out->length;
    }
    return TG_OK;
}

static void close_encoder(struct tg_encoder *self)
{
    struct json_encoder *encoder = (struct json_encoder *)self;
    tg_arena_free(encoder->arena);
    tg_free(encoder);
}

static void init_node(struct node *node, struct tg_arena *arena, const struct tg_type *type,
                      enum tg_json_maps maps);

static void init_member(struct member *member, struct tg_arena *arena, const struct tg_field *field,
                        bool first, enum tg_json_maps maps)
{
    struct tg_buffer text = {0};
    tg_buffer_append_byte(&text, first ? '{' : ',');
    tg_json_write_string(&text, tg_slice_text(field->name));
    tg_buffer_append_byte(&text, ':');
    member->name = tg_arena_text(arena, tg_slice_text(field->name));
    member->prefix_length = text.length;
    member->prefix = tg_arena_alloc_zero(arena, text.length + PREFIX_BLOCK, 1);
    memcpy(member->prefix, text.data, text.length);
    tg_buffer_done(&text);
    init_node(&member->node, arena, field->type, maps);
}

static void init_node(struct node *node, struct tg_arena *arena, const struct tg_type *type,
                      enum tg_json_maps maps)
{
    *node = (struct node){.type = type, .map_as_list = maps == TG_JSON_MAPS_ENTRIES};
    if (type->kind == TG_TYPE_ARRAY || type->kind == TG_TYPE_MAP) {
        node->element = tg_arena_alloc(arena, sizeof *node->element);
        init_node(node->element, arena, type->element, maps);
    } else if (type->kind == TG_TYPE_STRUCT) {
        node->member_count = type->field_count;
        node->members = tg_arena_alloc_zero(arena, type->field_count, sizeof *node->members);
        for (uint32_t i = 0; i < type->field_count; i++)
            init_member(&node->members[i], arena, &type->fields[i], i == 0, maps);
    }
}

enum tg_code tg_json_encoder_open(const struct tg_format_options *options, struct tg_encoder **ret_encoder,
                                  struct tg_error *reterr)
{
    return tg_json_encoder_open_with(TG_JSON_MAPS_OBJECTS, options, ret_encoder, reterr);
}

enum tg_code tg_json_encoder_open_with(enum tg_json_maps maps, const struct tg_format_options *options,
                                       struct tg_encoder **ret_encoder, struct tg_error *reterr)
{
    TG_TRY(tg_json_check(options, reterr));
    struct json_encoder *encoder = tg_alloc_zero(1, sizeof *encoder);
    encoder->base = (struct tg_encoder){.encode = encode, .close = close_encoder};
    encoder->arena = tg_arena_new(0);
    encoder->null_flag = options->is_key ? TG_ROW_KEY_NULL : TG_ROW_VALUE_NULL;
    encoder->unwrapped = options->unwrapped;
    encoder->writes_nothing = options->is_key && options->column_count == 0;
    encoder->schema_id = options->writer == NULL ? 0 : options->writer->id;
    encoder->root.member_count = options->column_count;
    encoder->root.members =
        tg_arena_alloc_zero(encoder->arena, options->column_count, sizeof *encoder->root.members);
    for (uint32_t i = 0; i < options->column_count; i++)
        init_member(&encoder->root.members[i], encoder->arena,
                    &(struct tg_field){options->columns[i].name, options->columns[i].type}, i == 0, maps);
    *ret_encoder = &encoder->base;
    return TG_OK;
}
