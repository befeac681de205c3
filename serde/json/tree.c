/* Trees of texts that are read once: schemas, answers of a registry, test files. */
#include "serde/json/tree.h"

#include "base/memory.h"
#include "base/text.h"
#include "serde/json/scan.h"

struct reader {
    struct tg_arena *arena;
    struct tg_json_cursor cursor;
};

/* Children of a node while their number is not known. */
struct children {
    struct tg_slice *names;
    const struct tg_json_tree **items;
    size_t count, name_capacity, item_capacity;
};

static bool read_value(struct reader *reader, struct tg_json_tree *value);

/* With a NUL behind it. */
static struct tg_slice unescape(struct reader *reader, const struct tg_json_string *string)
{
    uint8_t *text = tg_arena_bytes_alloc(reader->arena, string->raw.length + 1);
    size_t length = string->raw.length;
    if (string->escaped)
        length = tg_json_unescape(string->raw, text);
    else if (length > 0)
        memcpy(text, string->raw.data, length);
    text[length] = '\0';
    return tg_slice_of(text, length);
}

static bool read_child(struct reader *reader, struct children *children, bool named)
{
    struct tg_json_string name = {0};
    if (named && !tg_json_member(&reader->cursor, &name))
        return false;
    struct tg_json_tree *child = tg_arena_alloc_zero(reader->arena, 1, sizeof *child);
    if (!tg_json_space(&reader->cursor) || !read_value(reader, child))
        return false;
    tg_grow((void **)&children->names, &children->name_capacity, children->count + 1,
            sizeof *children->names);
    tg_grow((void **)&children->items, &children->item_capacity, children->count + 1,
            sizeof(struct tg_json_tree *));
    children->names[children->count] = named ? unescape(reader, &name) : tg_slice_of(NULL, 0);
    children->items[children->count++] = child;
    return true;
}

static bool read_children(struct reader *reader, struct tg_json_tree *value)
{
    bool named = value->kind == TG_JSON_TREE_OBJECT;
    struct children children = {0};
    bool empty = false;
    bool good = tg_json_open(&reader->cursor, &empty);
    for (bool more = good && !empty; more && good;)
        good =
            read_child(reader, &children, named) && tg_json_next(&reader->cursor, named ? '}' : ']', &more);
    struct tg_slice *names = tg_arena_alloc_zero(reader->arena, children.count + 1, sizeof *names);
    const struct tg_json_tree **items =
        tg_arena_alloc_zero(reader->arena, children.count + 1, sizeof(struct tg_json_tree *));
    for (size_t i = 0; i < children.count; i++) {
        names[i] = children.names[i];
        items[i] = children.items[i];
    }
    value->names = names;
    value->items = items;
    value->count = (uint32_t)children.count;
    tg_free(children.names);
    tg_free(children.items);
    return good;
}

static bool read_word(struct reader *reader, struct tg_json_tree *value)
{
    switch (*reader->cursor.at) {
    case 't':
        value->kind = TG_JSON_TREE_TRUE;
        return tg_json_word(&reader->cursor, "true", 4);
    case 'f':
        value->kind = TG_JSON_TREE_FALSE;
        return tg_json_word(&reader->cursor, "false", 5);
    default:
        value->kind = TG_JSON_TREE_NULL;
        return tg_json_word(&reader->cursor, "null", 4);
    }
}

/* White space before the value is passed already. */
static bool read_value(struct reader *reader, struct tg_json_tree *value)
{
    const uint8_t *start = reader->cursor.at;
    bool good;
    if (*start == '{' || *start == '[') {
        value->kind = *start == '{' ? TG_JSON_TREE_OBJECT : TG_JSON_TREE_ARRAY;
        good = read_children(reader, value);
    } else if (*start == '"') {
        struct tg_json_string string = {0};
        value->kind = TG_JSON_TREE_STRING;
        reader->cursor.at++;
        good = tg_json_string_rest(&reader->cursor, &string);
        if (good)
            value->text = unescape(reader, &string);
    } else if (tg_json_number_starts(*start)) {
        struct tg_json_number number = {0};
        value->kind = TG_JSON_TREE_NUMBER;
        good = tg_json_number_scan(&reader->cursor, &number);
        value->text = number.text;
    } else {
        good = read_word(reader, value);
    }
    value->raw = tg_slice_of(start, (size_t)(reader->cursor.at - start));
    return good;
}

static enum tg_code fail(const struct reader *reader, struct tg_slice text, struct tg_error *reterr)
{
    const uint8_t *line_start = text.data;
    uint32_t line = 1;
    for (const uint8_t *at = text.data; at < reader->cursor.at; at++)
        if (*at == '\n') {
            line++;
            line_start = at + 1;
        }
    struct tg_place place = {.line = line, .column = (uint32_t)(reader->cursor.at - line_start) + 1};
    return tg_fail_at(reterr, TG_CODE_SYNTAX, place, "no JSON at line %u, column %u: %s", place.line,
                      place.column, reader->cursor.fault == NULL ? "unexpected" : reader->cursor.fault);
}

enum tg_code tg_json_tree_parse(struct tg_arena *arena, struct tg_slice text,
                                const struct tg_json_tree **ret_json, struct tg_error *reterr)
{
    struct reader reader = {arena, tg_json_cursor_of(text)};
    struct tg_json_tree *json = tg_arena_alloc_zero(arena, 1, sizeof *json);
    if (!tg_json_space(&reader.cursor) || !read_value(&reader, json) || !tg_json_finish(&reader.cursor))
        return fail(&reader, text, reterr);
    *ret_json = json;
    return TG_OK;
}

const struct tg_json_tree *tg_json_tree_get(const struct tg_json_tree *json, const char *name)
{
    if (json == NULL || json->kind != TG_JSON_TREE_OBJECT)
        return NULL;
    for (uint32_t i = 0; i < json->count; i++)
        if (tg_slice_is(json->names[i], name))
            return json->items[i];
    return NULL;
}

const char *tg_json_tree_text(const struct tg_json_tree *json)
{
    return json == NULL || json->kind != TG_JSON_TREE_STRING ? NULL : (const char *)json->text.data;
}

uint32_t tg_json_tree_count(const struct tg_json_tree *json)
{
    return json == NULL ? 0 : json->count;
}

bool tg_json_tree_is_null(const struct tg_json_tree *json)
{
    return json == NULL || json->kind == TG_JSON_TREE_NULL;
}

int64_t tg_json_tree_int64(const struct tg_json_tree *json, int64_t otherwise)
{
    int64_t value = otherwise;
    if (json != NULL && json->kind == TG_JSON_TREE_NUMBER &&
        tg_parse_int64(json->text, INT64_MIN, INT64_MAX, &value))
        return value;
    return otherwise;
}

void tg_json_tree_write(const struct tg_json_tree *json, struct tg_buffer *out)
{
    if (json == NULL) {
        tg_buffer_append_text(out, "null");
        return;
    }
    if (json->kind != TG_JSON_TREE_ARRAY && json->kind != TG_JSON_TREE_OBJECT) {
        tg_buffer_append_slice(out, json->raw);
        return;
    }
    bool is_object = json->kind == TG_JSON_TREE_OBJECT;
    tg_buffer_append_byte(out, is_object ? '{' : '[');
    for (uint32_t i = 0; i < json->count; i++) {
        if (i > 0)
            tg_buffer_append_byte(out, ',');
        if (is_object) {
            tg_buffer_append_json_string(out, json->names[i]);
            tg_buffer_append_byte(out, ':');
        }
        tg_json_tree_write(json->items[i], out);
    }
    tg_buffer_append_byte(out, is_object ? '}' : ']');
}

const struct tg_json_tree *tg_json_tree_new(struct tg_arena *arena, enum tg_json_tree_kind kind,
                                            struct tg_slice text)
{
    struct tg_json_tree *json = tg_arena_alloc_zero(arena, 1, sizeof *json);
    struct tg_buffer raw = {0};
    json->kind = kind;
    json->text = tg_slice_of(tg_arena_text(arena, text), text.length);
    if (kind == TG_JSON_TREE_STRING)
        tg_buffer_append_json_string(&raw, json->text);
    else
        tg_buffer_append_slice(&raw, json->text);
    json->raw = tg_arena_copy(arena, tg_buffer_slice(&raw));
    tg_buffer_done(&raw);
    return json;
}
