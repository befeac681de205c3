#include "data/type.h"

const struct tg_type tg_type_boolean = {.kind = TG_TYPE_BOOLEAN};
const struct tg_type tg_type_int = {.kind = TG_TYPE_INT};
const struct tg_type tg_type_bigint = {.kind = TG_TYPE_BIGINT};
const struct tg_type tg_type_double = {.kind = TG_TYPE_DOUBLE};
const struct tg_type tg_type_string = {.kind = TG_TYPE_STRING};
const struct tg_type tg_type_bytes = {.kind = TG_TYPE_BYTES};
const struct tg_type tg_type_time = {.kind = TG_TYPE_TIME};
const struct tg_type tg_type_date = {.kind = TG_TYPE_DATE};
const struct tg_type tg_type_timestamp = {.kind = TG_TYPE_TIMESTAMP};

static struct tg_type *new_type(struct tg_arena *arena, enum tg_type_kind kind)
{
    struct tg_type *type = tg_arena_alloc(arena, sizeof *type);
    *type = (struct tg_type){.kind = kind};
    return type;
}

const struct tg_type *tg_type_decimal(struct tg_arena *arena, uint16_t precision, uint16_t scale)
{
    struct tg_type *type = new_type(arena, TG_TYPE_DECIMAL);
    type->precision = precision;
    type->scale = scale;
    return type;
}

const struct tg_type *tg_type_array(struct tg_arena *arena, const struct tg_type *element)
{
    struct tg_type *type = new_type(arena, TG_TYPE_ARRAY);
    type->element = element;
    return type;
}

const struct tg_type *tg_type_map(struct tg_arena *arena, const struct tg_type *key,
                                  const struct tg_type *value)
{
    struct tg_type *type = new_type(arena, TG_TYPE_MAP);
    type->key = key;
    type->element = value;
    return type;
}

const struct tg_type *tg_type_struct(struct tg_arena *arena, const struct tg_field *fields,
                                     uint32_t field_count)
{
    struct tg_type *type = new_type(arena, TG_TYPE_STRUCT);
    struct tg_field *copy = tg_arena_alloc_zero(arena, field_count, sizeof *copy);
    for (uint32_t i = 0; i < field_count; i++)
        copy[i] = fields[i];
    type->fields = copy;
    type->field_count = field_count;
    return type;
}

static const struct tg_type *simple_type(enum tg_type_kind kind)
{
    static const struct tg_type *const types[TG_TYPE_KIND_COUNT] = {
        [TG_TYPE_BOOLEAN] = &tg_type_boolean,     [TG_TYPE_INT] = &tg_type_int,
        [TG_TYPE_BIGINT] = &tg_type_bigint,       [TG_TYPE_DOUBLE] = &tg_type_double,
        [TG_TYPE_STRING] = &tg_type_string,       [TG_TYPE_BYTES] = &tg_type_bytes,
        [TG_TYPE_TIME] = &tg_type_time,           [TG_TYPE_DATE] = &tg_type_date,
        [TG_TYPE_TIMESTAMP] = &tg_type_timestamp,
    };
    return types[kind];
}

const struct tg_type *tg_type_copy(struct tg_arena *arena, const struct tg_type *type)
{
    const struct tg_type *simple = simple_type(type->kind);
    if (simple != NULL)
        return simple;
    struct tg_type *copy = tg_arena_alloc(arena, sizeof *copy);
    *copy = *type;
    if (type->key != NULL)
        copy->key = tg_type_copy(arena, type->key);
    if (type->element != NULL)
        copy->element = tg_type_copy(arena, type->element);
    struct tg_field *fields = tg_arena_alloc_zero(arena, type->field_count, sizeof *fields);
    for (uint32_t i = 0; i < type->field_count; i++) {
        fields[i].name = tg_arena_text(arena, tg_slice_text(type->fields[i].name));
        fields[i].type = tg_type_copy(arena, type->fields[i].type);
    }
    copy->fields = fields;
    return copy;
}

bool tg_type_equal(const struct tg_type *a, const struct tg_type *b)
{
    if (a == b)
        return true;
    if (a == NULL || b == NULL || a->kind != b->kind || a->precision != b->precision ||
        a->scale != b->scale || a->field_count != b->field_count)
        return false;
    if (!tg_type_equal(a->key, b->key) || !tg_type_equal(a->element, b->element))
        return false;
    for (uint32_t i = 0; i < a->field_count; i++) {
        if (strcmp(a->fields[i].name, b->fields[i].name) != 0 ||
            !tg_type_equal(a->fields[i].type, b->fields[i].type))
            return false;
    }
    return true;
}

bool tg_type_is_number(const struct tg_type *type)
{
    return type->kind == TG_TYPE_INT || type->kind == TG_TYPE_BIGINT || type->kind == TG_TYPE_DECIMAL ||
           type->kind == TG_TYPE_DOUBLE;
}

bool tg_type_is_nested(const struct tg_type *type)
{
    return type->kind == TG_TYPE_ARRAY || type->kind == TG_TYPE_MAP || type->kind == TG_TYPE_STRUCT;
}

static const char *const kind_names[TG_TYPE_KIND_COUNT] = {
    [TG_TYPE_BOOLEAN] = "BOOLEAN",     [TG_TYPE_INT] = "INTEGER",     [TG_TYPE_BIGINT] = "BIGINT",
    [TG_TYPE_DOUBLE] = "DOUBLE",       [TG_TYPE_DECIMAL] = "DECIMAL", [TG_TYPE_STRING] = "STRING",
    [TG_TYPE_BYTES] = "BYTES",         [TG_TYPE_TIME] = "TIME",       [TG_TYPE_DATE] = "DATE",
    [TG_TYPE_TIMESTAMP] = "TIMESTAMP", [TG_TYPE_ARRAY] = "ARRAY",     [TG_TYPE_MAP] = "MAP",
    [TG_TYPE_STRUCT] = "STRUCT",
};

const char *tg_type_kind_name(enum tg_type_kind kind)
{
    return kind_names[kind];
}

static void write_name(const char *name, struct tg_buffer *out)
{
    tg_buffer_append_byte(out, '`');
    for (; *name != '\0'; name++) {
        if (*name == '`')
            tg_buffer_append_byte(out, '`');
        tg_buffer_append_byte(out, (uint8_t)*name);
    }
    tg_buffer_append_byte(out, '`');
}

static void write_fields(const struct tg_type *type, struct tg_buffer *out)
{
    for (uint32_t i = 0; i < type->field_count; i++) {
        if (i > 0)
            tg_buffer_append_text(out, ", ");
        write_name(type->fields[i].name, out);
        tg_buffer_append_byte(out, ' ');
        tg_type_write(type->fields[i].type, out);
    }
}

void tg_type_write(const struct tg_type *type, struct tg_buffer *out)
{
    tg_buffer_append_text(out, kind_names[type->kind]);
    if (type->kind == TG_TYPE_DECIMAL)
        tg_buffer_printf(out, "(%u, %u)", type->precision, type->scale);
    if (!tg_type_is_nested(type))
        return;
    tg_buffer_append_byte(out, '<');
    if (type->key != NULL) {
        tg_type_write(type->key, out);
        tg_buffer_append_text(out, ", ");
    }
    if (type->element != NULL)
        tg_type_write(type->element, out);
    write_fields(type, out);
    tg_buffer_append_byte(out, '>');
}

const char *tg_type_name(struct tg_arena *arena, const struct tg_type *type)
{
    if (type == NULL)
        return "NULL";
    struct tg_buffer buffer = {0};
    tg_type_write(type, &buffer);
    const char *text = tg_arena_text(arena, tg_buffer_slice(&buffer));
    tg_buffer_done(&buffer);
    return text;
}

bool tg_type_kind_of(struct tg_slice word, enum tg_type_kind *ret_kind)
{
    static const struct {
        const char *word;
        enum tg_type_kind kind;
    } spellings[] = {
        {"BOOLEAN", TG_TYPE_BOOLEAN},     {"INT", TG_TYPE_INT},
        {"INTEGER", TG_TYPE_INT},         {"BIGINT", TG_TYPE_BIGINT},
        {"DOUBLE", TG_TYPE_DOUBLE},       {"VARCHAR", TG_TYPE_STRING},
        {"STRING", TG_TYPE_STRING},       {"BYTES", TG_TYPE_BYTES},
        {"TIME", TG_TYPE_TIME},           {"DATE", TG_TYPE_DATE},
        {"TIMESTAMP", TG_TYPE_TIMESTAMP}, {"DECIMAL", TG_TYPE_DECIMAL},
    };
    for (size_t i = 0; i < sizeof spellings / sizeof spellings[0]; i++) {
        if (tg_slice_equal_nocase(word, tg_slice_text(spellings[i].word))) {
            *ret_kind = spellings[i].kind;
            return true;
        }
    }
    return false;
}

const struct tg_type *tg_type_simple(enum tg_type_kind kind)
{
    const struct tg_type *type = simple_type(kind);
    TG_ASSERT(type != NULL);
    return type;
}
