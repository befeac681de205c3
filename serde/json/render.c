/* The text that objects and arrays have in a STRING column. Recursion ends at the depth limit of the cursor.
 */
#include "base/memory.h"
#include "serde/json/number.h"
#include "serde/json/read.h"
#include "serde/json/repeats.h"
#include "serde/json/write.h"

static bool render_json(struct tg_json_reader *reader);
static bool render_bare(struct tg_json_reader *reader);

void tg_json_render_done(struct tg_json_render *render)
{
    tg_buffer_done(&render->text);
    tg_free(render->names);
    tg_free(render->starts);
}

static void push_member(struct tg_json_render *render, struct tg_slice name)
{
    size_t needed = render->member_count + 1;
    if (needed > render->names_capacity)
        tg_grow((void **)&render->names, &render->names_capacity, needed, sizeof *render->names);
    if (needed > render->starts_capacity)
        tg_grow((void **)&render->starts, &render->starts_capacity, needed, sizeof *render->starts);
    render->names[render->member_count] = name;
    render->starts[render->member_count++] = render->text.length;
}

/* Writes the members from `first` again, without those whose name comes again: each name keeps its first
 * place and last value. */
static void drop_repeated(struct tg_json_reader *reader, size_t first)
{
    struct tg_json_render *render = &reader->render;
    uint32_t count = (uint32_t)(render->member_count - first);
    int32_t *last_of = tg_arena_alloc(reader->arena, count * sizeof *last_of);
    if (!tg_json_repeats(render->names + first, count, reader->arena, last_of))
        return;
    size_t start = render->starts[first];
    struct tg_slice old =
        tg_arena_copy(reader->arena, tg_slice_of(render->text.data + start, render->text.length - start));
    render->text.length = start;
    for (uint32_t i = 0; i < count; i++) {
        if (last_of[i] == TG_JSON_REPEATED)
            continue;
        size_t last = first + (size_t)last_of[i];
        size_t end = last + 1 < render->member_count ? render->starts[last + 1] - 1 : start + old.length;
        if (i > 0)
            tg_buffer_append_byte(&render->text, ',');
        tg_buffer_append(&render->text, old.data + (render->starts[last] - start),
                         end - render->starts[last]);
    }
}

static void append_string(struct tg_json_reader *reader, const struct tg_json_string *string)
{
    struct tg_buffer *out = &reader->render.text;
    if (string->escaped) {
        tg_json_write_string(out, tg_json_text(reader, string));
        return;
    }
    tg_buffer_append_byte(out, '"');
    tg_buffer_append_slice(out, string->raw);
    tg_buffer_append_byte(out, '"');
}

static bool render_object(struct tg_json_reader *reader)
{
    struct tg_json_render *render = &reader->render;
    struct tg_json_cursor *cursor = &reader->cursor;
    size_t first = render->member_count;
    bool empty;
    if (!tg_json_open(cursor, &empty))
        return false;
    tg_buffer_append_byte(&render->text, '{');
    for (bool more = !empty; more;) {
        struct tg_json_string name;
        if (!tg_json_member(cursor, &name))
            return false;
        if (render->member_count > first)
            tg_buffer_append_byte(&render->text, ',');
        push_member(render, tg_json_text(reader, &name));
        append_string(reader, &name);
        tg_buffer_append_byte(&render->text, ':');
        if (!render_json(reader) || !tg_json_next(cursor, '}', &more))
            return false;
    }
    if (render->member_count - first > 1)
        drop_repeated(reader, first);
    render->member_count = first;
    tg_buffer_append_byte(&render->text, '}');
    return true;
}

static bool render_array(struct tg_json_reader *reader)
{
    bool empty;
    if (!tg_json_open(&reader->cursor, &empty))
        return false;
    tg_buffer_append_byte(&reader->render.text, '[');
    for (bool more = !empty; more;) {
        if (!render_json(reader) || !tg_json_next(&reader->cursor, ']', &more))
            return false;
        if (more)
            tg_buffer_append_byte(&reader->render.text, ',');
    }
    tg_buffer_append_byte(&reader->render.text, ']');
    return true;
}

static bool render_bare_array(struct tg_json_reader *reader)
{
    bool empty;
    if (!tg_json_open(&reader->cursor, &empty))
        return false;
    tg_buffer_append_byte(&reader->render.text, '[');
    for (bool more = !empty; more;) {
        if (!render_bare(reader) || !tg_json_next(&reader->cursor, ']', &more))
            return false;
        if (more)
            tg_buffer_append_text(&reader->render.text, ", ");
    }
    tg_buffer_append_byte(&reader->render.text, ']');
    return true;
}

/* A number, true, false or null as it is. */
static bool render_plain(struct tg_json_reader *reader)
{
    struct tg_json_cursor *cursor = &reader->cursor;
    if (tg_json_number_starts(*cursor->at)) {
        struct tg_json_number number;
        if (!tg_json_number_scan(cursor, &number))
            return false;
        tg_json_number_write(&number, &reader->render.text);
        return true;
    }
    const uint8_t *start = cursor->at;
    if (!tg_json_skip(cursor))
        return false;
    tg_buffer_append(&reader->render.text, start, (size_t)(cursor->at - start));
    return true;
}

static bool render_json(struct tg_json_reader *reader)
{
    struct tg_json_cursor *cursor = &reader->cursor;
    if (*cursor->at == '{')
        return render_object(reader);
    if (*cursor->at == '[')
        return render_array(reader);
    if (*cursor->at != '"')
        return render_plain(reader);
    struct tg_json_string string;
    cursor->at++;
    if (!tg_json_string_rest(cursor, &string))
        return false;
    append_string(reader, &string);
    return true;
}

static bool render_bare(struct tg_json_reader *reader)
{
    struct tg_json_cursor *cursor = &reader->cursor;
    if (*cursor->at == '{')
        return render_object(reader);
    if (*cursor->at == '[')
        return render_bare_array(reader);
    if (*cursor->at != '"')
        return render_plain(reader);
    struct tg_json_string string;
    cursor->at++;
    if (!tg_json_string_rest(cursor, &string))
        return false;
    tg_buffer_append_slice(&reader->render.text, tg_json_text(reader, &string));
    return true;
}

bool tg_json_render_text(struct tg_json_reader *reader, struct tg_slice *ret_text)
{
    tg_buffer_clear(&reader->render.text);
    reader->render.member_count = 0;
    if (!render_bare(reader))
        return false;
    *ret_text = tg_arena_copy(reader->arena, tg_buffer_slice(&reader->render.text));
    return true;
}
