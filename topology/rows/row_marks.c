#include "topology/rows/row_marks.h"

static void append_bytes(struct tg_buffer *out, struct tg_slice bytes)
{
    tg_buffer_append_u32(out, bytes.data == NULL ? UINT32_MAX : (uint32_t)bytes.length);
    tg_buffer_append_slice(out, bytes);
}

void tg_row_marks_append(struct tg_buffer *out, const struct tg_rows *rows, uint32_t row)
{
    const struct tg_header_list *list = &rows->headers[row];
    tg_buffer_append_u64(out, (uint64_t)rows->offset[row]);
    tg_buffer_append_u32(out, list->count);
    for (uint32_t i = 0; i < list->count; i++) {
        append_bytes(out, list->headers[i].name);
        append_bytes(out, list->headers[i].value);
    }
}

static bool take_bytes(struct tg_slice *rest, struct tg_slice *ret_bytes)
{
    struct tg_slice length;
    if (!tg_slice_take(rest, 4, &length))
        return false;
    *ret_bytes = tg_slice_of(NULL, 0);
    return tg_load_u32(length.data) == UINT32_MAX || tg_slice_take(rest, tg_load_u32(length.data), ret_bytes);
}

bool tg_row_marks_take(struct tg_slice *rest, struct tg_arena *arena, int64_t *ret_offset,
                       struct tg_header_list *ret_headers)
{
    struct tg_slice head;
    if (!tg_slice_take(rest, 12, &head))
        return false;
    *ret_offset = (int64_t)tg_load_u64(head.data);
    uint32_t count = tg_load_u32(head.data + 8);
    if (count > rest->length)
        return false;
    struct tg_header *headers = tg_arena_alloc_zero(arena, count + 1, sizeof *headers);
    for (uint32_t i = 0; i < count; i++)
        if (!take_bytes(rest, &headers[i].name) || !take_bytes(rest, &headers[i].value))
            return false;
    *ret_headers = (struct tg_header_list){headers, count};
    return true;
}
