#include "serde/delimited/delimited.h"

struct scan {
    const uint8_t *begin;
    const uint8_t *at;
    const uint8_t *end;
    uint8_t delimiter;
    struct tg_csv_fault *fault;
};

static bool at_line_end(const struct scan *scan)
{
    return scan->at < scan->end && (*scan->at == '\n' || *scan->at == '\r');
}

static bool fail_at(const struct scan *scan, const uint8_t *at, const char *reason)
{
    *scan->fault = (struct tg_csv_fault){(size_t)(at - scan->begin), reason};
    return false;
}

/* A cell in quotes, at the opening one; white space behind the closing one is passed over. */
static bool quoted_cell(struct scan *scan, struct tg_csv_cell *ret_cell)
{
    const uint8_t *start = ++scan->at;
    ret_cell->doubled = false;
    for (;;) {
        const uint8_t *quote =
            scan->at == scan->end ? NULL : memchr(scan->at, '"', (size_t)(scan->end - scan->at));
        if (quote == NULL)
            return fail_at(scan, start - 1, "a cell has no closing quote");
        scan->at = quote + 1;
        if (scan->at == scan->end || *scan->at != '"')
            break;
        ret_cell->doubled = true;
        scan->at++;
    }
    ret_cell->raw = tg_slice_of(start, (size_t)(scan->at - 1 - start));
    while (scan->at < scan->end && *scan->at != scan->delimiter && !at_line_end(scan)) {
        bool blank = *scan->at == ' ' || *scan->at == '\t' || *scan->at == '\v' || *scan->at == '\f';
        if (!blank)
            return fail_at(scan, scan->at,
                           "between a closing quote and the next delimiter only white space may be");
        scan->at++;
    }
    return true;
}

static void bare_cell(struct scan *scan, struct tg_csv_cell *ret_cell)
{
    const uint8_t *start = scan->at;
    while (scan->at < scan->end && *scan->at != scan->delimiter && !at_line_end(scan))
        scan->at++;
    ret_cell->raw = tg_slice_of(start, (size_t)(scan->at - start));
    ret_cell->doubled = false;
}

static void pass_empty_lines(struct scan *scan)
{
    while (at_line_end(scan))
        scan->at++;
}

bool tg_csv_split(struct tg_slice record, uint8_t delimiter, struct tg_csv_cell *cells, uint32_t cells_max,
                  uint32_t *ret_count, struct tg_csv_fault *ret_fault)
{
    struct scan scan = {record.data, record.data, record.data + record.length, delimiter, ret_fault};
    uint32_t count = 0;
    *ret_count = 0;
    pass_empty_lines(&scan);
    if (scan.at == scan.end)
        return true;
    for (bool more = true; more;) {
        struct tg_csv_cell cell;
        if (scan.at == scan.end || *scan.at != '"')
            bare_cell(&scan, &cell);
        else if (!quoted_cell(&scan, &cell))
            return false;
        if (count < cells_max)
            cells[count] = cell;
        count++;
        more = scan.at < scan.end && *scan.at == delimiter;
        scan.at += more;
    }
    pass_empty_lines(&scan);
    if (scan.at != scan.end)
        return fail_at(&scan, scan.at, "there is more than one line");
    *ret_count = count;
    return true;
}
