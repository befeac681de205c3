#include "data/time_format.h"

/* The quick way through patterns like 'yyyy-MM-dd HH:mm:ss': every part has its place in the text, so nothing
 * is searched and nothing decided per record. What does not fit goes to the general parser, which gives the
 * same times or says what is wrong. */

enum { PARTS_MAX = 48, LENGTH_MAX = 64 };

static const enum tg_time_field slot_fields[] = {
    [TG_TIME_SLOT_YEAR] = TG_TIME_FIELD_YEAR,     [TG_TIME_SLOT_MONTH] = TG_TIME_FIELD_MONTH,
    [TG_TIME_SLOT_DAY] = TG_TIME_FIELD_DAY,       [TG_TIME_SLOT_HOUR] = TG_TIME_FIELD_HOUR,
    [TG_TIME_SLOT_MINUTE] = TG_TIME_FIELD_MINUTE, [TG_TIME_SLOT_SECOND] = TG_TIME_FIELD_SECOND,
    [TG_TIME_SLOT_NANO] = TG_TIME_FIELD_NANO,
};

/* The slot of a field of digits; TG_TIME_SLOT_LITERAL if it has none. */
static enum tg_time_slot slot_of(enum tg_time_field field)
{
    if (field == TG_TIME_FIELD_YEAR_OF_ERA)
        return TG_TIME_SLOT_YEAR;
    for (unsigned slot = 0; slot < TG_TIME_SLOT_LITERAL; slot++) {
        if (slot_fields[slot] == field)
            return (enum tg_time_slot)slot;
    }
    return TG_TIME_SLOT_LITERAL;
}

/* Digits of an op whose width is known before the text is; 0: it is not. A year of four letters has four
 * digits unless a sign stands before it. */
static unsigned fixed_width(const struct tg_time_op *op)
{
    if (op->kind == TG_TIME_OP_DIGITS || op->kind == TG_TIME_OP_FRACTION)
        return op->most <= 9 ? op->most : 0;
    bool year = op->kind == TG_TIME_OP_NUMBER && op->sign == TG_TIME_SIGN_EXCEEDS_PAD && op->least == 4;
    return year ? 4 : 0;
}

struct layout {
    struct tg_time_part parts[PARTS_MAX];
    uint32_t count;
    uint32_t length; /* of the text, bytes */
    uint32_t slots;  /* bits of those in use */
};

static bool add_part(struct layout *layout, struct tg_time_part part)
{
    if (layout->count == PARTS_MAX || layout->length + part.width > LENGTH_MAX)
        return false;
    part.at = (uint8_t)layout->length;
    layout->parts[layout->count++] = part;
    layout->length += part.width;
    return true;
}

static bool add_op(struct layout *layout, const struct tg_time_op *op)
{
    if (op->kind == TG_TIME_OP_LITERAL) {
        for (size_t i = 0; i < op->text.length; i++) {
            if (!add_part(layout, (struct tg_time_part){
                                      .slot = TG_TIME_SLOT_LITERAL, .width = 1, .byte = op->text.data[i]}))
                return false;
        }
        return true;
    }
    unsigned width = fixed_width(op);
    enum tg_time_slot slot = slot_of(op->field);
    if (width == 0 || slot == TG_TIME_SLOT_LITERAL || (layout->slots >> slot & 1) != 0)
        return false;
    layout->slots |= 1U << slot;
    return add_part(layout, (struct tg_time_part){.slot = (uint8_t)slot, .width = (uint8_t)width});
}

void tg_time_format_fix(struct tg_arena *arena, struct tg_time_format *format)
{
    struct layout layout = {.count = 0};
    uint32_t count = format->op_count;
    const struct tg_time_op *tail = NULL;
    if (count > 0 && format->ops[count - 1].kind == TG_TIME_OP_OFFSET)
        tail = &format->ops[--count];
    for (uint32_t i = 0; i < count; i++) {
        if (!add_op(&layout, &format->ops[i]))
            return;
    }
    struct tg_time_part *parts = tg_arena_alloc_zero(arena, layout.count, sizeof *parts);
    for (uint32_t i = 0; i < layout.count; i++)
        parts[i] = layout.parts[i];
    format->parts = parts;
    format->part_count = layout.count;
    format->fixed_length = layout.length;
    format->tail = tail;
}

/* Returns a number above 9 in `*wrong` bits if a byte is no digit. */
static inline uint32_t take_two(const uint8_t *at, uint32_t *wrong)
{
    uint32_t tens = (uint32_t)at[0] - '0';
    uint32_t ones = (uint32_t)at[1] - '0';
    *wrong |= (tens > 9) | (ones > 9);
    return tens * 10 + ones;
}

static inline uint32_t take_digits(const uint8_t *at, unsigned width, uint32_t *wrong)
{
    uint32_t value = 0;
    for (unsigned i = 0; i < width; i++) {
        uint32_t digit = (uint32_t)at[i] - '0';
        *wrong |= digit > 9;
        value = value * 10 + digit;
    }
    return value;
}

/* Offsets of the forms Z, +hhmm and +hh:mm, up to 17:59. */
static bool take_offset(const struct tg_time_op *op, struct tg_slice text, int64_t *ret_ms)
{
    *ret_ms = 0;
    if (tg_slice_equal(text, op->text))
        return true;
    bool colon = op->offset == TG_TIME_OFFSET_HH_COLON_MM || op->offset == TG_TIME_OFFSET_COLON_OPT_SS;
    if (text.length != (colon ? 6 : 5) || (text.data[0] != '+' && text.data[0] != '-'))
        return false;
    uint32_t wrong = colon && text.data[3] != ':';
    uint32_t hours = take_two(text.data + 1, &wrong);
    uint32_t minutes = take_two(text.data + (colon ? 4 : 3), &wrong);
    if (wrong != 0 || hours > 17 || minutes > 59)
        return false;
    int64_t ms = (int64_t)(hours * 60 + minutes) * 60000;
    *ret_ms = text.data[0] == '-' ? -ms : ms;
    return true;
}

bool tg_time_format_parse_fixed(const struct tg_time_format *format, struct tg_slice text, int64_t *ret_ms)
{
    static const uint32_t powers[] = {1000000000, 100000000, 10000000, 1000000, 100000,
                                      10000,      1000,      100,      10,      1};
    int64_t offset_ms = 0;
    if (format->part_count == 0 || text.length < format->fixed_length)
        return false;
    struct tg_slice rest = tg_slice_of(text.data + format->fixed_length, text.length - format->fixed_length);
    if (format->tail == NULL ? rest.length != 0 : !take_offset(format->tail, rest, &offset_ms))
        return false;
    uint32_t values[TG_TIME_SLOT_LITERAL] = {1970, 1, 1, 0, 0, 0, 0};
    uint32_t wrong = 0;
    for (uint32_t i = 0; i < format->part_count; i++) {
        const struct tg_time_part *part = &format->parts[i];
        const uint8_t *at = text.data + part->at;
        if (part->slot == TG_TIME_SLOT_LITERAL)
            wrong |= *at != part->byte;
        else if (part->width == 2)
            values[part->slot] = take_two(at, &wrong);
        else
            values[part->slot] = take_digits(at, part->width, &wrong);
        if (part->slot == TG_TIME_SLOT_NANO)
            values[part->slot] *= powers[part->width];
    }
    wrong |= values[TG_TIME_SLOT_YEAR] == 0;
    wrong |= (values[TG_TIME_SLOT_MONTH] - 1 > 11) |
             (values[TG_TIME_SLOT_DAY] - 1 > 27); /* the end of a month: elsewhere */
    wrong |= (values[TG_TIME_SLOT_HOUR] > 23) | (values[TG_TIME_SLOT_MINUTE] > 59) |
             (values[TG_TIME_SLOT_SECOND] > 59);
    if (wrong != 0)
        return false;
    int64_t days = tg_days_from_civil((int32_t)values[TG_TIME_SLOT_YEAR], (int32_t)values[TG_TIME_SLOT_MONTH],
                                      (int32_t)values[TG_TIME_SLOT_DAY]);
    uint32_t minutes = values[TG_TIME_SLOT_HOUR] * 60 + values[TG_TIME_SLOT_MINUTE];
    *ret_ms = days * 86400000 + ((int64_t)minutes * 60 + values[TG_TIME_SLOT_SECOND]) * 1000 +
              values[TG_TIME_SLOT_NANO] / 1000000 - offset_ms;
    return true;
}
