#include "data/schema.h"

const struct tg_schema *tg_schema_new(struct tg_arena *arena, const struct tg_schema_column *columns,
                                      uint32_t count)
{
    struct tg_schema *schema = tg_arena_alloc(arena, sizeof *schema);
    struct tg_schema_column *copies = tg_arena_alloc_zero(arena, count, sizeof *copies);
    for (uint32_t i = 0; i < count; i++) {
        copies[i] = columns[i];
        copies[i].name = tg_arena_text(arena, tg_slice_text(columns[i].name));
        copies[i].type = tg_type_copy(arena, columns[i].type);
        if (columns[i].header_key != NULL)
            copies[i].header_key = tg_arena_text(arena, tg_slice_text(columns[i].header_key));
    }
    *schema = (struct tg_schema){.count = count, .columns = copies};
    return schema;
}

int32_t tg_schema_find(const struct tg_schema *schema, struct tg_slice name)
{
    for (uint32_t i = 0; i < schema->count; i++) {
        if (tg_slice_is(name, schema->columns[i].name))
            return (int32_t)i;
    }
    return TG_SCHEMA_NONE;
}

int32_t tg_schema_find_role(const struct tg_schema *schema, enum tg_column_role role)
{
    for (uint32_t i = 0; i < schema->count; i++) {
        if (schema->columns[i].role == role)
            return (int32_t)i;
    }
    return TG_SCHEMA_NONE;
}

uint32_t tg_schema_count_role(const struct tg_schema *schema, enum tg_column_role role)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < schema->count; i++)
        count += schema->columns[i].role == role;
    return count;
}

static bool same_header_key(const char *a, const char *b)
{
    if (a == NULL || b == NULL)
        return a == b;
    return strcmp(a, b) == 0;
}

bool tg_schema_equal(const struct tg_schema *a, const struct tg_schema *b)
{
    if (a == b)
        return true;
    if (a->count != b->count)
        return false;
    for (uint32_t i = 0; i < a->count; i++) {
        const struct tg_schema_column *x = &a->columns[i];
        const struct tg_schema_column *y = &b->columns[i];
        if (x->role != y->role || strcmp(x->name, y->name) != 0 || !tg_type_equal(x->type, y->type) ||
            !same_header_key(x->header_key, y->header_key))
            return false;
    }
    return true;
}

static void write_quoted(const char *text, char quote, struct tg_buffer *out)
{
    tg_buffer_append_byte(out, (uint8_t)quote);
    for (; *text != '\0'; text++) {
        if (*text == quote)
            tg_buffer_append_byte(out, (uint8_t)quote);
        tg_buffer_append_byte(out, (uint8_t)*text);
    }
    tg_buffer_append_byte(out, (uint8_t)quote);
}

void tg_schema_write(const struct tg_schema *schema, struct tg_buffer *out)
{
    for (uint32_t i = 0; i < schema->count; i++) {
        const struct tg_schema_column *column = &schema->columns[i];
        if (i > 0)
            tg_buffer_append_text(out, ", ");
        write_quoted(column->name, '`', out);
        tg_buffer_append_byte(out, ' ');
        tg_type_write(column->type, out);
        if (column->role == TG_COLUMN_KEY)
            tg_buffer_append_text(out, " KEY");
        if (column->role == TG_COLUMN_HEADERS)
            tg_buffer_append_text(out, " HEADERS");
        if (column->role == TG_COLUMN_HEADER) {
            tg_buffer_append_text(out, " HEADER(");
            write_quoted(column->header_key, '\'', out);
            tg_buffer_append_byte(out, ')');
        }
    }
}
