#include "service/test/json.h"

/* Comment lines become blank ones, so that places stay right. */
static struct tg_slice blank_comments(struct tg_arena *arena, struct tg_slice text)
{
    uint8_t *copy = tg_arena_bytes_alloc(arena, text.length + 1);
    bool line_start = true;
    bool comment = false;
    for (size_t i = 0; i < text.length; i++) {
        uint8_t byte = text.data[i];
        if (line_start && byte == '/' && i + 1 < text.length && text.data[i + 1] == '/')
            comment = true;
        if (byte == '\n') {
            line_start = true;
            comment = false;
        } else if (byte != ' ' && byte != '\t') {
            line_start = false;
        }
        copy[i] = comment ? ' ' : byte;
    }
    return tg_slice_of(copy, text.length);
}

enum tg_code tg_test_json_parse(struct tg_arena *arena, struct tg_slice text,
                                const struct tg_json_tree **ret_json, struct tg_error *reterr)
{
    return tg_json_tree_parse(arena, blank_comments(arena, text), ret_json, reterr);
}
