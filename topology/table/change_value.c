#include "topology/table/change_value.h"

enum { OLD_ONLY = 0, NEW_ONLY = 1, OLD_AND_NEW = 2 };

static void append_varint(struct tg_buffer *out, uint64_t zigzag)
{
    while (zigzag >= 0x80) {
        tg_buffer_append_byte(out, (uint8_t)(zigzag | 0x80));
        zigzag >>= 7;
    }
    tg_buffer_append_byte(out, (uint8_t)zigzag);
}

void tg_change_value_write(const struct tg_change_value *change, struct tg_buffer *out)
{
    bool has_old = change->old_value.data != NULL, has_new = change->new_value.data != NULL;
    TG_ASSERT(has_old || has_new);
    if (has_old && has_new)
        append_varint(out, (uint64_t)change->new_value.length << 1); /* zigzag of what is not negative */
    tg_buffer_append_slice(out, change->new_value);
    tg_buffer_append_slice(out, change->old_value);
    tg_buffer_append_byte(out, has_old && has_new ? OLD_AND_NEW : has_new ? NEW_ONLY : OLD_ONLY);
}

static bool read_varint(struct tg_slice bytes, size_t *ret_at, uint64_t *ret_length)
{
    uint64_t zigzag = 0;
    for (size_t at = 0; at < bytes.length && at < 5; at++) {
        zigzag |= (uint64_t)(bytes.data[at] & 0x7f) << (7 * at);
        if ((bytes.data[at] & 0x80) != 0)
            continue;
        *ret_at = at + 1;
        *ret_length = zigzag >> 1;
        return (zigzag & 1) == 0;
    }
    return false;
}

enum tg_code tg_change_value_read(struct tg_slice bytes, struct tg_change_value *ret_change,
                                  struct tg_error *reterr)
{
    *ret_change = (struct tg_change_value){{NULL, 0}, {NULL, 0}};
    uint8_t form = bytes.length == 0 ? UINT8_MAX : bytes.data[bytes.length - 1];
    struct tg_slice body = bytes.length == 0 ? bytes : tg_slice_of(bytes.data, bytes.length - 1);
    size_t at = 0;
    uint64_t length = 0;
    if (form == OLD_ONLY) {
        ret_change->old_value = body;
        return TG_OK;
    }
    if (form == NEW_ONLY) {
        ret_change->new_value = body;
        return TG_OK;
    }
    if (form != OLD_AND_NEW || !read_varint(body, &at, &length) || length > body.length - at)
        return tg_fail(reterr, TG_CODE_CORRUPT, "%zu bytes are not the change of a table's row",
                       bytes.length);
    ret_change->new_value = tg_slice_of(body.data + at, (size_t)length);
    ret_change->old_value = tg_slice_of(body.data + at + length, body.length - at - (size_t)length);
    return TG_OK;
}
