#include "service/report.h"

#include "base/text.h"

enum { WIDTH_MAX = 60, COLUMNS_MAX = 16 };

static size_t width_of(const char *text)
{
    return tg_utf8_length(tg_slice_text(text));
}

static void write_cell(const char *text, size_t width, bool is_last, struct tg_buffer *out)
{
    size_t length = width_of(text);
    if (is_last && length == 0) /* no blanks at the end of a line */
        while (out->length > 0 && out->data[out->length - 1] == ' ')
            out->length--;
    tg_buffer_append_text(out, text);
    for (; !is_last && length < width + 2; length++)
        tg_buffer_append_byte(out, ' ');
    if (!is_last && width_of(text) >= width + 2)
        tg_buffer_append_text(out, "  ");
}

static void write_table(const struct tg_report *report, struct tg_buffer *out)
{
    size_t widths[COLUMNS_MAX] = {0};
    uint32_t columns = report->column_count;
    TG_ASSERT(columns <= COLUMNS_MAX);
    for (uint32_t i = 0; i < (report->row_count + 1) * columns; i++) {
        size_t width = width_of(i < columns ? report->columns[i] : report->cells[i - columns]);
        size_t *widest = &widths[i % columns];
        if (width <= WIDTH_MAX && width > *widest)
            *widest = width;
    }
    for (uint32_t i = 0; i < columns; i++)
        write_cell(report->columns[i], widths[i], i + 1 == columns, out);
    tg_buffer_append_text(out, "\n");
    for (uint32_t i = 0; i < columns; i++) {
        for (size_t j = 0; j < widths[i]; j++)
            tg_buffer_append_byte(out, '-');
        tg_buffer_append_text(out, i + 1 == columns ? "\n" : "  ");
    }
    for (uint32_t i = 0; i < report->row_count * columns; i++) {
        bool is_last = i % columns + 1 == columns;
        write_cell(report->cells[i], widths[i % columns], is_last, out);
        if (is_last)
            tg_buffer_append_text(out, "\n");
    }
    if (report->row_count == 0)
        tg_buffer_append_text(out, "(none)\n");
}

void tg_report_write(const struct tg_report *report, struct tg_buffer *out)
{
    if (report->title != NULL)
        tg_buffer_printf(out, "%s\n", report->title);
    if (report->column_count > 0)
        write_table(report, out);
    if (report->text != NULL)
        tg_buffer_append_text(out, report->text);
    tg_buffer_append_text(out, "\n");
}
