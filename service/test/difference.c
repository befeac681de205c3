#include "service/test/difference.h"

#include <string.h>

enum { WIDTH_MAX = 48, ROOM = 5 }; /* fields beside the members of a value */

struct field {
    const char *name;
    const char *expected, *actual;
    bool differs;
};

struct difference {
    struct tg_arena *arena;
    const struct tg_test_compare_options *options;
    struct field *fields;
    uint32_t count;
};

static const char *text_of(const struct difference *difference, const struct tg_json_tree *json)
{
    struct tg_buffer text = {0};
    if (json == NULL)
        return "-";
    tg_json_tree_write(json, &text);
    const char *copy = tg_arena_text(difference->arena, tg_buffer_slice(&text));
    tg_buffer_done(&text);
    return copy;
}

static void add(struct difference *difference, struct field field)
{
    difference->fields[difference->count++] = field;
}

/* A missing member is as good as null. */
static bool same(const struct difference *difference, const struct tg_json_tree *expected,
                 const struct tg_json_tree *actual)
{
    const char *where = NULL;
    if (expected == NULL || actual == NULL)
        return tg_json_tree_is_null(expected) && tg_json_tree_is_null(actual);
    return tg_test_json_fits(difference->arena, expected, actual, difference->options, "", &where);
}

static void add_json(struct difference *difference, const char *name, const struct tg_json_tree *expected,
                     const struct tg_json_tree *actual)
{
    add(difference, (struct field){name, text_of(difference, expected), text_of(difference, actual),
                                   !same(difference, expected, actual)});
}

static bool is_object(const struct tg_json_tree *json)
{
    return json != NULL && json->kind == TG_JSON_TREE_OBJECT;
}

/* Members of objects, those that nobody expects behind the others; `prefix` stands before their names. */
static void add_members(struct difference *difference, const char *prefix,
                        const struct tg_json_tree *expected, const struct tg_json_tree *actual)
{
    for (uint32_t i = 0; i < expected->count; i++)
        add_json(difference,
                 tg_arena_printf(difference->arena, "%s%.*s", prefix, TG_SLICE_FORMAT(expected->names[i])),
                 expected->items[i], tg_test_json_member(actual, expected->names[i]));
    for (uint32_t i = 0; i < actual->count; i++) {
        bool known = false;
        for (uint32_t other = 0; other < expected->count && !known; other++)
            known = tg_test_json_member(actual, expected->names[other]) == actual->items[i];
        if (!known)
            add(difference, (struct field){tg_arena_printf(difference->arena, "%s%.*s", prefix,
                                                           TG_SLICE_FORMAT(actual->names[i])),
                                           "-", text_of(difference, actual->items[i]), true});
    }
}

static void add_value(struct difference *difference, const struct tg_json_tree *expected,
                      const struct tg_json_tree *actual)
{
    if (is_object(expected) && is_object(actual))
        add_members(difference, "value.", expected, actual);
    else
        add_json(difference, "value", expected, actual);
}

static void make_room(struct difference *difference, const struct tg_json_tree *expected,
                      const struct tg_json_tree *actual)
{
    uint32_t most =
        ROOM + (is_object(expected) ? expected->count : 0) + (is_object(actual) ? actual->count : 0);
    difference->fields = tg_arena_alloc_zero(difference->arena, most, sizeof *difference->fields);
}

/* What is behind the value; only what is expected is compared. */
static void add_rest(struct difference *difference, const struct tg_json_tree *expected,
                     const struct tg_test_row *actual, const char *where)
{
    struct tg_buffer headers = {0};
    const char *window = "-";
    add(difference,
        (struct field){"timestamp", text_of(difference, tg_json_tree_get(expected, "timestamp")),
                       tg_arena_printf(difference->arena, "%lld", (long long)actual->timestamp_ms),
                       strcmp(where, "timestamp") == 0});
    if (actual->window_start_ms >= 0)
        window = tg_arena_printf(difference->arena, "%lld..%lld", (long long)actual->window_start_ms,
                                 (long long)actual->window_end_ms);
    if (actual->window_start_ms >= 0 || tg_json_tree_get(expected, "window") != NULL)
        add(difference, (struct field){"window", text_of(difference, tg_json_tree_get(expected, "window")),
                                       window, strcmp(where, "window") == 0});
    for (uint32_t i = 0; i < actual->header_count; i++)
        tg_buffer_printf(&headers, "%s%.*s=%.*s", i == 0 ? "" : ",", TG_SLICE_FORMAT(actual->headers[i].name),
                         TG_SLICE_FORMAT(actual->headers[i].value));
    if (actual->header_count > 0 || tg_json_tree_get(expected, "headers") != NULL)
        add(difference, (struct field){"headers", text_of(difference, tg_json_tree_get(expected, "headers")),
                                       actual->header_count == 0
                                           ? "-"
                                           : tg_arena_text(difference->arena, tg_buffer_slice(&headers)),
                                       strcmp(where, "headers") == 0});
    tg_buffer_done(&headers);
}

static int width_of(const char *text, int width)
{
    int length = (int)strnlen(text, WIDTH_MAX);
    return length > width ? length : width;
}

static void write_fields(const struct difference *difference, struct tg_buffer *out)
{
    int name_width = 0;
    int expected_width = (int)strlen("expected");
    for (uint32_t i = 0; i < difference->count; i++) {
        name_width = width_of(difference->fields[i].name, name_width);
        expected_width = width_of(difference->fields[i].expected, expected_width);
    }
    tg_buffer_printf(out, "      %-*s  %-*s  %s\n", name_width, "", expected_width, "expected", "actual");
    for (uint32_t i = 0; i < difference->count; i++) {
        const struct field *field = &difference->fields[i];
        tg_buffer_printf(out, "    %c %-*s  %-*s  %s\n", field->differs ? '>' : ' ', name_width, field->name,
                         expected_width, field->expected, field->actual);
    }
}

static void write_line(const char *what, struct tg_buffer *line, struct tg_buffer *out)
{
    tg_buffer_printf(out, "    > %s  %s\n", what, line->length == 0 ? "no row" : tg_buffer_text(line));
    tg_buffer_done(line);
}

void tg_test_write_difference(struct tg_arena *arena, const struct tg_json_tree *expected,
                              const struct tg_test_row *actual, const struct tg_test_compare_options *options,
                              struct tg_buffer *out)
{
    struct difference difference = {.arena = arena, .options = options};
    if (expected == NULL || actual == NULL) {
        struct tg_buffer lines[2] = {{0}, {0}};
        if (expected != NULL)
            tg_test_write_expected(expected, &lines[0]);
        if (actual != NULL)
            tg_test_write_row(actual, &lines[1]);
        write_line("expected", &lines[0], out);
        write_line("actual  ", &lines[1], out);
        return;
    }
    const struct tg_json_tree *value = tg_json_tree_get(expected, "value");
    const char *where = "";
    (void)tg_test_row_fits(arena, expected, actual, options, &where);
    make_room(&difference, value, actual->value);
    add_json(&difference, "key", tg_json_tree_get(expected, "key"), actual->key);
    add_value(&difference, value, actual->value);
    add_rest(&difference, expected, actual, where);
    write_fields(&difference, out);
}

/* Cuts off what stands behind the object. */
static const struct tg_json_tree *read_object(struct tg_arena *arena, struct tg_slice text,
                                              struct tg_slice *ret_rest)
{
    const struct tg_json_tree *object = NULL;
    struct tg_error error;
    size_t end = text.length;
    while (end > 0 && text.data[end - 1] != '}')
        end--;
    *ret_rest = tg_slice_of(text.data + end, text.length - end);
    return tg_test_json_parse(arena, tg_slice_of(text.data, end), &object, &error) == TG_OK ? object : NULL;
}

void tg_test_write_text_difference(struct tg_arena *arena, struct tg_slice expected, struct tg_slice actual,
                                   struct tg_buffer *out)
{
    const struct tg_test_compare_options exact = {.loose_numbers = false};
    struct difference difference = {.arena = arena, .options = &exact};
    struct tg_slice rests[2];
    const struct tg_json_tree *wanted = read_object(arena, expected, &rests[0]);
    const struct tg_json_tree *found = read_object(arena, actual, &rests[1]);
    if (!is_object(wanted) || !is_object(found))
        return;
    make_room(&difference, wanted, found);
    add_members(&difference, "", wanted, found);
    if (rests[0].length > 0 || rests[1].length > 0)
        add(&difference, (struct field){"", tg_arena_text(arena, rests[0]), tg_arena_text(arena, rests[1]),
                                        !tg_slice_equal(rests[0], rests[1])});
    write_fields(&difference, out);
}
