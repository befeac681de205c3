/* Objects whose members may repeat or not fit: first a pass that finds the members that count, then these are
 * read. */
#include "serde/json/read.h"
#include "serde/json/repeats.h"

/* Passes the object at the cursor and notes for each field the value that counts. */
static bool find_winners(struct tg_json_reader *reader, struct tg_json_fields *fields)
{
    struct tg_json_cursor *cursor = &reader->cursor;
    bool empty;
    memset(fields->winners, 0, fields->count * sizeof *fields->winners);
    if (!tg_json_open(cursor, &empty))
        return false;
    for (bool more = !empty; more;) {
        struct tg_json_string name;
        bool exact;
        if (!tg_json_member(cursor, &name))
            return false;
        int32_t field = tg_json_fields_find(fields, tg_json_text(reader, &name), &exact);
        if (field != TG_JSON_FIELD_NONE && (exact || !fields->winners[field].exact))
            fields->winners[field] = (struct tg_json_winner){cursor->at, exact};
        if (!tg_json_skip(cursor) || !tg_json_next(cursor, '}', &more))
            return false;
    }
    return true;
}

struct mismatch {
    const uint8_t *at;
    const struct tg_type *type;
    size_t path_start;
};

/* Keeps what is known of the first field that did not fit. */
static void null_field(struct tg_json_reader *reader, struct tg_slice name, const struct mismatch *before)
{
    if (!reader->field_nulled) {
        (void)tg_json_fail_in_member(reader, name, TG_JSON_MISMATCH);
        reader->field_nulled = true;
        return;
    }
    reader->mismatch_at = before->at;
    reader->mismatch_type = before->type;
    reader->path_start = before->path_start;
}

enum tg_json_outcome tg_json_read_members_careful(struct tg_json_reader *reader,
                                                  struct tg_json_fields *fields,
                                                  struct tg_column *const *columns, uint32_t row)
{
    if (!find_winners(reader, fields))
        return TG_JSON_MALFORMED;
    const uint8_t *behind = reader->cursor.at;
    reader->cursor.depth++;
    for (uint32_t i = 0; i < fields->count; i++) {
        struct tg_column *column = columns == NULL ? NULL : columns[i];
        if (fields->winners[i].value == NULL) {
            tg_json_set_null(column, row);
            continue;
        }
        reader->cursor.at = fields->winners[i].value;
        struct mismatch before = {reader->mismatch_at, reader->mismatch_type, reader->path_start};
        uint32_t depth = reader->cursor.depth;
        enum tg_json_outcome outcome = tg_json_read_value(reader, &fields->fields[i].node, column, row);
        if (outcome == TG_JSON_READ)
            continue;
        if (outcome != TG_JSON_MISMATCH || !reader->field_nulls)
            return tg_json_fail_in_member(reader, fields->fields[i].name, outcome);
        null_field(reader, fields->fields[i].name, &before);
        reader->cursor.depth = depth;
        tg_json_set_null(column, row);
    }
    reader->cursor.depth--;
    reader->cursor.at = behind;
    return TG_JSON_READ;
}

struct entries {
    struct tg_slice *keys;
    const uint8_t **values;
    uint32_t count;
    uint32_t capacity;
};

static void add_entry(struct entries *entries, struct tg_arena *arena, struct tg_slice key,
                      const uint8_t *value)
{
    if (entries->count == entries->capacity) {
        uint32_t capacity = entries->capacity == 0 ? 16 : entries->capacity * 2;
        struct tg_slice *keys = tg_arena_alloc(arena, capacity * sizeof *keys);
        const uint8_t **values = tg_arena_alloc(arena, capacity * sizeof *values);
        if (entries->count > 0) {
            memcpy(keys, entries->keys, entries->count * sizeof *keys);
            memcpy(values, entries->values, entries->count * sizeof *values);
        }
        *entries = (struct entries){keys, values, entries->count, capacity};
    }
    entries->keys[entries->count] = key;
    entries->values[entries->count++] = value;
}

static bool find_entries(struct tg_json_reader *reader, struct entries *entries)
{
    struct tg_json_cursor *cursor = &reader->cursor;
    bool empty;
    if (!tg_json_open(cursor, &empty))
        return false;
    for (bool more = !empty; more;) {
        struct tg_json_string name;
        if (!tg_json_member(cursor, &name))
            return false;
        add_entry(entries, reader->arena, tg_json_text(reader, &name), cursor->at);
        if (!tg_json_skip(cursor) || !tg_json_next(cursor, '}', &more))
            return false;
    }
    return true;
}

enum tg_json_outcome tg_json_read_map_careful(struct tg_json_reader *reader, struct tg_json_node *node,
                                              struct tg_column *column, uint32_t row)
{
    struct entries entries = {0};
    if (!find_entries(reader, &entries))
        return TG_JSON_MALFORMED;
    int32_t *last_of = tg_arena_alloc(reader->arena, (entries.count + 1) * sizeof *last_of);
    tg_json_repeats(entries.keys, entries.count, reader->arena, last_of);
    const uint8_t *behind = reader->cursor.at;
    struct tg_range range = {.start = column == NULL ? 0 : column->children[0]->length};
    reader->cursor.depth++;
    for (uint32_t i = 0; i < entries.count; i++) {
        if (last_of[i] == TG_JSON_REPEATED)
            continue;
        uint32_t entry = 0;
        if (column != NULL) {
            uint32_t key = tg_column_extend(column->children[0]);
            column->children[0]->valid[key] = 1;
            column->children[0]->values.bytes[key] = entries.keys[i];
            entry = tg_column_extend(column->children[1]);
        }
        reader->cursor.at = entries.values[last_of[i]];
        enum tg_json_outcome outcome =
            tg_json_read_value(reader, node->element, column == NULL ? NULL : column->children[1], entry);
        if (outcome != TG_JSON_READ)
            return tg_json_fail_in_member(reader, entries.keys[i], outcome);
        range.count++;
    }
    reader->cursor.depth--;
    reader->cursor.at = behind;
    if (column != NULL) {
        column->valid[row] = 1;
        column->values.range[row] = range;
    }
    return TG_JSON_READ;
}
