/* Feeds the text of a SQL type to its parser. What it reads is written, and must be read again as the same
 * type. */
#include <stdio.h>
#include <stdlib.h>

#include "data/type.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tg_arena *arena = tg_arena_new(0);
    struct tg_buffer text = {0};
    struct tg_error error = {0};
    const struct tg_type *type = NULL;
    const struct tg_type *again = NULL;
    if (tg_type_parse(arena, tg_slice_of(data, size), &type, &error) != TG_OK) {
        if (error.message[0] == '\0' || error.place.offset > size)
            abort();
    } else {
        tg_type_write(type, &text);
        if (tg_type_parse(arena, tg_buffer_slice(&text), &again, &error) != TG_OK ||
            !tg_type_equal(type, again)) {
            fprintf(stderr, "%s: %s\n", tg_buffer_text(&text), error.message);
            abort();
        }
    }
    tg_buffer_done(&text);
    tg_arena_free(arena);
    return 0;
}
