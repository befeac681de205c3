/* expr/functions/string.c: texts and bytes. Positions and lengths count UTF-16 units where Java's do. */
#include "base/text.h"
#include "expr/kernel.h"

/* ---- building arrays of texts ---- */

static void append_part(struct tg_column *elements, struct tg_slice part)
{
    uint32_t element = tg_column_extend(elements);
    elements->values.bytes[element] = part;
    elements->valid[element] = 1;
}

static void end_array(const struct tg_call *call, uint32_t row, uint32_t start)
{
    struct tg_range range = {.start = start, .count = call->result->children[0]->length - start};
    call->result->values.range[row] = range;
    call->result->valid[row] = 1;
}

/* ---- SPLIT ---- */

static size_t find_bytes(struct tg_slice text, size_t from, struct tg_slice part)
{
    const uint8_t *found = NULL;
    if (part.length <= text.length - from)
        found = (const uint8_t *)memmem(text.data + from, text.length - from, part.data, part.length);
    return found == NULL ? SIZE_MAX : (size_t)(found - text.data);
}

/* An empty delimiter takes the text apart into characters (of STRING) or bytes (of BYTES). */
static void split_row(const struct tg_call *call, uint32_t row)
{
    struct tg_column *elements = call->result->children[0];
    struct tg_slice text = call->arguments[0]->values.bytes[row];
    struct tg_slice delimiter = call->arguments[1]->values.bytes[row];
    uint32_t start = elements->length;
    size_t at = 0;
    if (delimiter.length == 0 && text.length > 0) {
        bool characters = call->arguments[0]->type->kind == TG_TYPE_STRING;
        while (at < text.length) {
            size_t length = 1;
            while (characters && at + length < text.length && (text.data[at + length] & 0xC0) == 0x80)
                length++;
            append_part(elements, tg_slice_of(text.data + at, length));
            at += length;
        }
        end_array(call, row, start);
        return;
    }
    for (;;) {
        size_t next = delimiter.length == 0 ? SIZE_MAX : find_bytes(text, at, delimiter);
        size_t end = next == SIZE_MAX ? text.length : next;
        append_part(elements, tg_slice_of(text.data + at, end - at));
        if (next == SIZE_MAX)
            break;
        at = next + delimiter.length;
    }
    end_array(call, row, start);
}

static void split(const struct tg_call *call)
{
    for (uint32_t i = 0; i < call->row_count; i++)
        if (call->result->valid[tg_call_row(call, i)] != 0)
            split_row(call, tg_call_row(call, i));
}

extern const struct tg_function tg_functions_string[];
const struct tg_function tg_functions_string[] = {
    {.signature = "SPLIT(STRING, STRING) -> ARRAY<STRING>",
     .kernel = split,
     .flags = TG_FUNCTION_NULL_IF_NULL,
     .summary =
         "The parts between the delimiters, empty ones too; an empty delimiter gives single characters.",
     .example = "SPLIT('a,b,', ',') = ARRAY['a', 'b', '']"},
    {.signature = "SPLIT(BYTES, BYTES) -> ARRAY<BYTES>",
     .kernel = split,
     .flags = TG_FUNCTION_NULL_IF_NULL,
     .summary = "The parts between the delimiters, empty ones too; an empty delimiter gives single bytes.",
     .example = "SPLIT(X'610062', X'00') = ARRAY[X'61', X'62']"},
    {0},
};
