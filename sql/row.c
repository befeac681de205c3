/* The working row of a query: columns of its sources and of what they are made into. */
#include "sql/scope.h"

uint32_t tg_row_add(struct tg_row *row, const struct tg_schema_column *column, struct tg_row_column part)
{
    if (row->count == row->capacity) {
        uint32_t capacity = row->capacity == 0 ? 32 : 2 * row->capacity;
        struct tg_schema_column *columns = tg_arena_alloc_zero(row->arena, capacity, sizeof *columns);
        struct tg_row_column *parts = tg_arena_alloc_zero(row->arena, capacity, sizeof *parts);
        if (row->count > 0) {
            memcpy(columns, row->columns, row->count * sizeof *columns);
            memcpy(parts, row->parts, row->count * sizeof *parts);
        }
        row->columns = columns;
        row->parts = parts;
        row->capacity = capacity;
    }
    row->columns[row->count] = *column;
    row->parts[row->count] = part;
    return row->count++;
}

/* "L_ID"; a number behind it where aliases and columns make the same of it: A_B.C and A.B_C. */
static const char *joined_name(const struct tg_row *row, const char *alias, const char *column)
{
    const char *base = tg_arena_printf(row->arena, "%s_%s", alias, column);
    const char *name = base;
    const struct tg_schema view = {.count = row->count, .columns = row->columns};
    for (uint32_t i = 1; tg_schema_find(&view, tg_slice_text(name)) != TG_SCHEMA_NONE; i++)
        name = tg_arena_printf(row->arena, "%s_%u", base, i);
    return name;
}

void tg_row_add_source(struct tg_row *row, const struct tg_source_definition *source, uint32_t number,
                       const char *alias)
{
    static const struct tg_schema_column pseudo[] = {
        {"ROWTIME", &tg_type_bigint, TG_COLUMN_ROWTIME, NULL},
        {"ROWPARTITION", &tg_type_int, TG_COLUMN_ROWPARTITION, NULL},
        {"ROWOFFSET", &tg_type_bigint, TG_COLUMN_ROWOFFSET, NULL},
        {"WINDOWSTART", &tg_type_bigint, TG_COLUMN_WINDOWSTART, NULL},
        {"WINDOWEND", &tg_type_bigint, TG_COLUMN_WINDOWEND, NULL},
    };
    uint32_t declared = source->schema->count;
    for (uint32_t i = 0; i < declared + (source->window_kind == TG_WINDOW_NONE ? 3 : 5); i++) {
        bool is_declared = i < declared;
        struct tg_schema_column column = is_declared ? source->schema->columns[i] : pseudo[i - declared];
        const struct tg_row_column part = {.part = is_declared ? TG_ROW_SOURCE : TG_ROW_PSEUDO,
                                           .number = is_declared ? i : i - declared,
                                           .source = number,
                                           .name = column.name};
        if (alias != NULL) {
            column.name = joined_name(row, alias, column.name);
            column.role = TG_COLUMN_VALUE;
        }
        tg_row_add(row, &column, part);
        if (is_declared || alias != NULL)
            row->source_count = row->count;
    }
}

void tg_row_init(struct tg_row *row, struct tg_arena *arena, const struct tg_source_definition *source)
{
    *row = (struct tg_row){.arena = arena};
    tg_row_add_source(row, source, 0, NULL);
}

bool tg_row_is_ambiguous(const struct tg_row *row, const char *name)
{
    uint32_t found = 0;
    for (uint32_t i = 0; i < row->count; i++)
        found += row->parts[i].part <= TG_ROW_PSEUDO && row->parts[i].name != NULL &&
                 strcmp(row->parts[i].name, name) == 0;
    return found > 1;
}

const struct tg_expr *tg_row_reference(const struct tg_row *row, uint32_t index, struct tg_place place)
{
    const struct tg_schema view = {.count = row->count, .columns = row->columns};
    return tg_expr_column(row->arena, &view, index, place);
}

int32_t tg_row_find_source(const struct tg_row *row, const char *name)
{
    for (uint32_t i = 0; i < row->joined_count; i++)
        if (strcmp(row->joined[i].alias, name) == 0)
            return (int32_t)i;
    for (uint32_t i = 0; i < row->joined_count; i++)
        if (strcmp(row->joined[i].definition->name, name) == 0)
            return (int32_t)i;
    return -1;
}

void tg_row_write_name(const struct tg_row *row, uint32_t index, const char *separator, struct tg_buffer *out)
{
    const struct tg_row_column *part = &row->parts[index];
    if (part->name == NULL)
        return;
    tg_buffer_append_text(out, separator);
    if (row->joined_count > 0 && part->part != TG_ROW_KEY && part->part != TG_ROW_BOUND)
        tg_buffer_printf(out, "%s.", row->joined[part->source].alias);
    tg_buffer_append_text(out, part->name);
}
