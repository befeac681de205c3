/* An extension with one function, CAESAR(text, places): letters moved along the alphabet. Build it with
 *
 *   cc -shared -fPIC -O2 -I <turgo's source> caesar.c -o extensions/caesar.so
 *
 * and start jobs with the setting ksql.extension.dir=extensions. */
#include "expr/extension.h"
#include "expr/kernel.h"

static uint8_t move(uint8_t byte, int32_t places)
{
    uint8_t first = byte >= 'a' && byte <= 'z' ? 'a' : byte >= 'A' && byte <= 'Z' ? 'A' : 0;
    if (first == 0)
        return byte;
    int32_t place = (byte - first + places % 26 + 26) % 26;
    return (uint8_t)(first + place);
}

static void caesar(const struct tg_call *call)
{
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        if (call->result->valid[row] == 0)
            continue;
        struct tg_slice text = call->arguments[0]->values.bytes[row];
        uint8_t *moved = tg_arena_bytes_alloc(call->arena, text.length);
        for (size_t at = 0; at < text.length; at++)
            moved[at] = move(text.data[at], call->arguments[1]->values.int32[row]);
        tg_call_set_bytes(call, row, tg_slice_of(moved, text.length));
    }
}

static const struct tg_function functions[] = {
    {.signature = "CAESAR(STRING, INT) -> STRING",
     .kernel = caesar,
     .flags = TG_FUNCTION_NULL_IF_NULL,
     .summary = "The text with its letters moved so many places along the alphabet.",
     .example = "CAESAR('Turgo', 13) = 'Ghetb'"},
    {0},
};

extern const struct tg_extension tg_extension;
#ifdef TG_EXAMPLE_VERSION /* a test: what was compiled for another version is refused */
const struct tg_extension tg_extension = {
    .version = TG_EXAMPLE_VERSION, .name = "caesar", .functions = functions};
#else
const struct tg_extension tg_extension = {TG_EXTENSION_HEADER, .name = "caesar", .functions = functions};
#endif
