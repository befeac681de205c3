/* expr/functions/mask.c: MASK and its relatives: characters are replaced by their kind. */
#include "base/text.h"
#include "expr/kernel.h"
#include "expr/text_tools.h"

enum { CLASSES = TG_TEXT_OTHER + 1, KEEP = -1 };

/* What each class of character becomes; KEEP: itself (its mask was given as NULL). */
struct masks {
    int64_t of[CLASSES];
};

/* Reads the masks of a row from the last four arguments, if they are there; false: the row failed. */
static bool read_masks(const struct tg_call *call, uint32_t row, uint32_t first, struct masks *ret_masks)
{
    *ret_masks = (struct masks){{'X', 'x', 'n', '-'}};
    for (uint32_t i = 0; call->argument_count > first && i < CLASSES; i++) {
        const struct tg_column *mask = call->arguments[first + i];
        ret_masks->of[i] = KEEP;
        if (mask->valid[row] == 0)
            continue;
        size_t at = 0;
        if (tg_utf8_length(mask->values.bytes[row]) != 1) {
            tg_call_fail(call, row, TG_CODE_EXPRESSION, "a mask must be one character");
            return false;
        }
        ret_masks->of[i] = tg_text_character(mask->values.bytes[row], &at);
    }
    return true;
}

/* Masks the bytes of `text` in [from, to), keeps the others. */
static void mask_row(const struct tg_call *call, uint32_t row, const struct masks *masks, size_t from,
                     size_t to)
{
    struct tg_slice text = call->arguments[0]->values.bytes[row];
    struct tg_buffer *out = tg_call_scratch(call);
    tg_buffer_append(out, text.data, from);
    for (size_t at = from; at < to;) {
        uint32_t character = tg_text_character(text, &at);
        int64_t mask = masks->of[tg_text_class_of(character)];
        tg_text_append(out, mask == KEEP ? character : (uint32_t)mask);
    }
    tg_buffer_append(out, text.data + to, text.length - to);
    tg_call_set_bytes(call, row, tg_call_keep(call, out));
}

static void mask(const struct tg_call *call)
{
    struct masks masks;
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        if (call->arguments[0]->valid[row] == 0)
            tg_column_set_null(call->result, row);
        else if (read_masks(call, row, 1, &masks))
            mask_row(call, row, &masks, 0, call->arguments[0]->values.bytes[row].length);
    }
}

/* Which end the number of characters counts from, and whether they are masked or kept. */
struct side {
    bool left;
    bool keep;
};

static void mask_side(const struct tg_call *call, struct side side)
{
    struct masks masks;
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        if (call->arguments[0]->valid[row] == 0 || call->arguments[1]->valid[row] == 0) {
            tg_column_set_null(call->result, row);
            continue;
        }
        struct tg_slice text = call->arguments[0]->values.bytes[row];
        int32_t number = call->arguments[1]->values.int32[row];
        if (number < 0) {
            tg_call_fail(call, row, TG_CODE_EXPRESSION, "the number of characters must not be below 0");
            continue;
        }
        if (!read_masks(call, row, 2, &masks))
            continue;
        size_t units = tg_text_units(text);
        size_t counted = (size_t)number < units ? (size_t)number : units;
        size_t cut = tg_text_offset(text, side.left ? counted : units - counted);
        bool front = side.left != side.keep;
        mask_row(call, row, &masks, front ? 0 : cut, front ? cut : text.length);
    }
}

static void mask_left(const struct tg_call *call)
{
    mask_side(call, (struct side){.left = true});
}

static void mask_right(const struct tg_call *call)
{
    mask_side(call, (struct side){.left = false});
}

static void mask_keep_left(const struct tg_call *call)
{
    mask_side(call, (struct side){.left = true, .keep = true});
}

static void mask_keep_right(const struct tg_call *call)
{
    mask_side(call, (struct side){.left = false, .keep = true});
}

#define ROW(text, function, doc, sample)                                                                     \
    {                                                                                                        \
        .signature = (text), .kernel = (function), .flags = TG_FUNCTION_SEES_NULL, .summary = (doc),         \
        .example = (sample)                                                                                  \
    }
#define OWN_MASKS                                                                                            \
    " The last four arguments are the masks of big and small letters, digits and the rest; NULL keeps them."

extern const struct tg_function tg_functions_mask[];
const struct tg_function tg_functions_mask[] = {
    ROW("MASK(STRING) -> STRING", mask,
        "Big letters become X, small ones x, digits n, all else -; NULL stays NULL.",
        "MASK('My Test $123') = 'Xx-Xxxx--nnn'"),
    ROW("MASK(STRING, STRING, STRING, STRING, STRING) -> STRING", mask,
        "Replaces characters by their kind." OWN_MASKS, "MASK('My 1', '*', NULL, '1', NULL) = '*y 1'"),
    ROW("MASK_LEFT(STRING, INT) -> STRING", mask_left,
        "Masks so many characters on the left; NULL stays NULL.",
        "MASK_LEFT('My Test $123', 4) = 'Xx-Xest $123'"),
    ROW("MASK_LEFT(STRING, INT, STRING, STRING, STRING, STRING) -> STRING", mask_left,
        "Masks so many characters on the left." OWN_MASKS, "MASK_LEFT('abc', 2, '*', '*', '*', '*') = '**c'"),
    ROW("MASK_RIGHT(STRING, INT) -> STRING", mask_right,
        "Masks so many characters on the right; NULL stays NULL.",
        "MASK_RIGHT('My Test $123', 4) = 'My Test -nnn'"),
    ROW("MASK_RIGHT(STRING, INT, STRING, STRING, STRING, STRING) -> STRING", mask_right,
        "Masks so many characters on the right." OWN_MASKS,
        "MASK_RIGHT('abc', 2, '*', '*', '*', '*') = 'a**'"),
    ROW("MASK_KEEP_LEFT(STRING, INT) -> STRING", mask_keep_left,
        "Masks all but so many characters on the left; NULL stays NULL.",
        "MASK_KEEP_LEFT('My Test $123', 4) = 'My Txxx--nnn'"),
    ROW("MASK_KEEP_LEFT(STRING, INT, STRING, STRING, STRING, STRING) -> STRING", mask_keep_left,
        "Masks all but so many characters on the left." OWN_MASKS,
        "MASK_KEEP_LEFT('abc', 1, '*', '*', '*', '*') = 'a**'"),
    ROW("MASK_KEEP_RIGHT(STRING, INT) -> STRING", mask_keep_right,
        "Masks all but so many characters on the right; NULL stays NULL.",
        "MASK_KEEP_RIGHT('My Test $123', 4) = 'Xx-Xxxx-$123'"),
    ROW("MASK_KEEP_RIGHT(STRING, INT, STRING, STRING, STRING, STRING) -> STRING", mask_keep_right,
        "Masks all but so many characters on the right." OWN_MASKS,
        "MASK_KEEP_RIGHT('abc', 1, '*', '*', '*', '*') = '**c'"),
    {0},
};
