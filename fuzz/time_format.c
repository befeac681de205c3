/* Feeds a date pattern (the first line) and texts (the others) to the compiler, the parser and the writer.
 * With the plain letters a time that was written and read stays as it is when that is done again: a pattern
 * may lose parts of a time, but only once. */
#include <stdlib.h>
#include <string.h>

#include "data/time.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct tg_slice take_line(struct tg_slice *rest)
{
    size_t length = 0;
    while (length < rest->length && rest->data[length] != '\n')
        length++;
    struct tg_slice line = tg_slice_of(rest->data, length);
    size_t taken = length + (length < rest->length);
    *rest = tg_slice_of(rest->data + taken, rest->length - taken);
    return line;
}

/* Not so with others: a day of the week, for one, moves a date that is not complete. */
static bool has_plain_letters(struct tg_slice pattern)
{
    for (size_t i = 0; i < pattern.length; i++) {
        uint8_t lower = pattern.data[i] | 0x20;
        if (lower >= 'a' && lower <= 'z' && strchr("uMdHmsSX", pattern.data[i]) == NULL)
            return false;
    }
    return true;
}

static void check_text(const struct tg_time_format *format, struct tg_slice text, bool stable)
{
    struct tg_error error = {0};
    int64_t ms = 0;
    enum tg_code code = tg_time_format_parse(format, text, &ms, &error);
    if (code != TG_OK) {
        if (code != TG_CODE_DECODE || error.message[0] == '\0')
            abort();
        return;
    }
    struct tg_buffer first = {0};
    struct tg_buffer second = {0};
    int64_t again = 0;
    tg_time_format_write(format, ms, &first);
    if (tg_time_format_parse(format, tg_buffer_slice(&first), &again, NULL) == TG_OK) {
        int64_t third = 0;
        tg_time_format_write(format, again, &second);
        enum tg_code reread = tg_time_format_parse(format, tg_buffer_slice(&second), &third, NULL);
        if (stable && (reread != TG_OK || third != again))
            abort();
    }
    tg_buffer_done(&first);
    tg_buffer_done(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t nothing[1];
    struct tg_slice rest = tg_slice_of(size == 0 ? nothing : data, size);
    struct tg_slice pattern = take_line(&rest);
    struct tg_arena *arena = tg_arena_new(0);
    const struct tg_time_format *format = NULL;
    struct tg_error error = {0};
    enum tg_code code = tg_time_format_compile(arena, pattern, &format, &error);
    if (code != TG_OK && (code != TG_CODE_CONFIG || error.message[0] == '\0'))
        abort();
    while (code == TG_OK && rest.length > 0)
        check_text(format, take_line(&rest), has_plain_letters(pattern));
    tg_arena_free(arena);
    return 0;
}
