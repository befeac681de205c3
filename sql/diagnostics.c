#include "sql/diagnostics.h"

#include "base/slice.h"
#include "base/text.h"

enum {
    TAB_COLUMNS = 4,
    LINE_COLUMNS_MAX = 120,
    COLUMNS_BEFORE_FAULT = 60, /* kept where a line is cut */
};

/* ---- lines and columns ---- */

struct position {
    uint32_t line;
    uint32_t column;
    size_t line_start; /* offset */
};

static struct position position_of(struct tg_slice text, size_t offset)
{
    struct position position = {.line = 1, .column = 1};
    if (offset > text.length)
        offset = text.length;
    for (size_t i = 0; i < offset; i++) {
        if (text.data[i] == '\n') {
            position.line++;
            position.line_start = i + 1;
        }
    }
    for (size_t i = position.line_start; i < offset; i++) {
        if ((text.data[i] & 0xC0) != 0x80) /* the first byte of a character */
            position.column++;
    }
    return position;
}

void tg_error_locate(struct tg_error *error, struct tg_slice text)
{
    struct tg_place *place = &error->place;
    if (place->line != 0)
        return;
    struct position position = position_of(text, place->offset);
    place->line = position.line;
    place->column = position.column;
}

/* ---- how wide text is shown ---- */

struct character {
    uint32_t code_point; /* '?' for what cannot be shown */
    size_t bytes;
    unsigned columns;
};

struct code_range {
    uint32_t first;
    uint32_t last;
};

static bool in_ranges(uint32_t code_point, const struct code_range *ranges, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (code_point >= ranges[i].first && code_point <= ranges[i].last)
            return true;
    }
    return false;
}

/* The blocks that terminals show two columns wide or on top of the character before: as good as needed to
 * place a caret. */
static unsigned columns_of(uint32_t code_point)
{
    static const struct code_range wide[] = {{0x1100, 0x115F},   {0x2E80, 0xA4CF},   {0xAC00, 0xD7A3},
                                             {0xF900, 0xFAFF},   {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},
                                             {0xFFE0, 0xFFE6},   {0x1F300, 0x1F64F}, {0x1F680, 0x1F6FF},
                                             {0x1F900, 0x1FAFF}, {0x20000, 0x3FFFD}};
    static const struct code_range none[] = {
        {0x0300, 0x036F}, {0x200B, 0x200F}, {0x20D0, 0x20FF}, {0xFE00, 0xFE0F}};
    if (in_ranges(code_point, none, sizeof none / sizeof none[0]))
        return 0;
    return in_ranges(code_point, wide, sizeof wide / sizeof wide[0]) ? 2 : 1;
}

static uint32_t decode(const uint8_t *data, size_t bytes)
{
    uint32_t code_point = bytes == 1 ? data[0] : data[0] & (0xFFU >> (bytes + 1));
    for (size_t i = 1; i < bytes; i++)
        code_point = code_point << 6 | (data[i] & 0x3F);
    return code_point;
}

/* Control characters are not shown as they are: a file must not steer the terminal. */
static struct character next_character(struct tg_slice rest)
{
    uint8_t first = rest.data[0];
    size_t bytes = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    if (first == '\t')
        return (struct character){.code_point = '\t', .bytes = 1, .columns = TAB_COLUMNS};
    if (first < 0x20 || first == 0x7F || bytes > rest.length || !tg_utf8_valid(tg_slice_of(rest.data, bytes)))
        return (struct character){.code_point = '?', .bytes = 1, .columns = 1};
    uint32_t code_point = decode(rest.data, bytes);
    bool control = code_point >= 0x80 && code_point < 0xA0;
    return (struct character){.code_point = control ? '?' : code_point,
                              .bytes = bytes,
                              .columns = control ? 1 : columns_of(code_point)};
}

static size_t columns_between(struct tg_slice line, size_t start, size_t end)
{
    size_t columns = 0;
    for (size_t i = start; i < end && i < line.length;) {
        struct character character = next_character(tg_slice_of(line.data + i, line.length - i));
        columns += character.columns;
        i += character.bytes;
    }
    return columns;
}

/* Writes the characters that lie wholly in columns [from, to). */
static void write_columns(struct tg_slice line, size_t from, size_t to, struct tg_buffer *out)
{
    size_t column = 0;
    for (size_t i = 0; i < line.length && column < to;) {
        struct character character = next_character(tg_slice_of(line.data + i, line.length - i));
        if (column >= from && column + character.columns <= to) {
            uint8_t encoded[4];
            if (character.code_point == '\t')
                tg_buffer_append_text(out, "    ");
            else
                tg_buffer_append(out, encoded, tg_utf8_encode(character.code_point, encoded));
        } else if (column + character.columns > from) {
            tg_buffer_append_byte(out, ' '); /* half of a wide character or a tab at the cut */
        }
        column += character.columns;
        i += character.bytes;
    }
}

static void write_repeated(uint8_t byte, size_t count, struct tg_buffer *out)
{
    for (size_t i = 0; i < count; i++)
        tg_buffer_append_byte(out, byte);
}

/* ---- the source line with its caret ---- */

static struct tg_slice line_at(struct tg_slice text, size_t start)
{
    size_t end = start;
    while (end < text.length && text.data[end] != '\n')
        end++;
    if (end > start && text.data[end - 1] == '\r')
        end--;
    return tg_slice_of(text.data + start, end - start);
}

/* The source line, cut if it is long, with the caret below; `gutter` columns are left of the bars. */
static void write_source(const struct tg_error *error, struct tg_slice text, int gutter,
                         struct tg_buffer *out)
{
    static const char ellipsis[] = "...";
    enum { ELLIPSIS_COLUMNS = sizeof ellipsis - 1 };
    struct position position = position_of(text, error->place.offset);
    struct tg_slice line = line_at(text, position.line_start);
    size_t fault = error->place.offset > text.length ? text.length : error->place.offset;
    size_t in_line = fault - position.line_start;
    size_t fault_column = columns_between(line, 0, in_line);
    size_t fault_columns = columns_between(line, in_line, in_line + error->place.length);
    size_t line_columns = columns_between(line, 0, line.length);

    size_t from = 0;
    size_t to = line_columns;
    if (line_columns > LINE_COLUMNS_MAX) {
        from = fault_column > COLUMNS_BEFORE_FAULT ? fault_column - COLUMNS_BEFORE_FAULT : 0;
        to = from + LINE_COLUMNS_MAX < line_columns ? from + LINE_COLUMNS_MAX : line_columns;
    }
    if (fault_column + fault_columns > to)
        fault_columns = to > fault_column ? to - fault_column : 0;
    size_t shown_before = fault_column - from + (from > 0 ? ELLIPSIS_COLUMNS : 0);

    tg_buffer_printf(out, "%*s |\n%*u | %s", gutter, "", gutter, position.line, from > 0 ? ellipsis : "");
    write_columns(line, from, to, out);
    tg_buffer_printf(out, "%s\n%*s | ", to < line_columns ? ellipsis : "", gutter, "");
    write_repeated(' ', shown_before, out);
    write_repeated('^', fault_columns == 0 ? 1 : fault_columns, out);
    tg_buffer_append_byte(out, '\n');
}

static bool has_place(const struct tg_error *error)
{
    return error->place.line != 0 || error->place.offset != 0 || error->place.length != 0;
}

void tg_diagnostic_write(const struct tg_error *error, struct tg_slice text, const char *file,
                         struct tg_buffer *out)
{
    enum { GUTTER_COLUMNS = 2 };
    int gutter = GUTTER_COLUMNS;
    char label[8];
    tg_buffer_printf(out, "error[%s]: %s\n", tg_code_label(error->code, label), error->message);
    if (has_place(error)) {
        struct position position = position_of(text, error->place.offset);
        for (uint32_t rest = position.line / 100; rest > 0; rest /= 10) /* wider line numbers */
            gutter++;
        tg_buffer_printf(out, "%*s--> %s:%u:%u\n", gutter, "", file == NULL ? "<sql>" : file, position.line,
                         position.column);
        write_source(error, text, gutter, out);
    } else if (file != NULL) {
        tg_buffer_printf(out, "%*s--> %s\n", gutter, "", file);
    }
    if (error->hint[0] != '\0')
        tg_buffer_printf(out, "%*s = help: %s\n", gutter, "", error->hint);
}

/* ---- JSON ---- */

static void write_json_text(const char *key, const char *value, struct tg_buffer *out)
{
    struct tg_slice text = tg_slice_text(value);
    tg_buffer_printf(out, ",\"%s\":", key);
    text.length = tg_utf8_valid_prefix(text);
    tg_buffer_append_json_string(out, text);
}

void tg_diagnostic_write_json(const struct tg_error *error, struct tg_slice text, const char *file,
                              struct tg_buffer *out)
{
    char label[8];
    tg_buffer_append_text(out, "{\"severity\":\"error\"");
    write_json_text("code", tg_code_label(error->code, label), out);
    write_json_text("name", tg_code_name(error->code), out);
    write_json_text("message", error->message, out);
    if (error->hint[0] != '\0')
        write_json_text("help", error->hint, out);
    if (file != NULL)
        write_json_text("file", file, out);
    if (has_place(error)) {
        struct position start = position_of(text, error->place.offset);
        struct position end = position_of(text, (size_t)error->place.offset + error->place.length);
        tg_buffer_printf(
            out, ",\"line\":%u,\"column\":%u,\"endLine\":%u,\"endColumn\":%u,\"offset\":%u,\"length\":%u",
            start.line, start.column, end.line, end.column, error->place.offset, error->place.length);
    }
    tg_buffer_append_byte(out, '}');
}
