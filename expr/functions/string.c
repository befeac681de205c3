/* expr/functions/string.c: texts. Positions and lengths count UTF-16 units, as Java's do; a cut never goes
 * through a character. */
#include "base/text.h"
#include "expr/kernel.h"
#include "expr/text_tools.h"
#include "expr/value_index.h"

enum { UNITS_MAX = 16 * 1024 * 1024 }; /* of a padded text */

static struct tg_slice text_at(const struct tg_call *call, uint32_t argument, uint32_t row)
{
    return call->arguments[argument]->values.bytes[row];
}

static bool skips(const struct tg_call *call, uint32_t row)
{
    return call->result->valid[row] == 0;
}

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

/* An empty delimiter takes the text apart into characters (of STRING) or bytes (of BYTES). */
static void split_row(const struct tg_call *call, uint32_t row)
{
    struct tg_column *elements = call->result->children[0];
    struct tg_slice text = text_at(call, 0, row);
    struct tg_slice delimiter = text_at(call, 1, row);
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
        size_t next = delimiter.length == 0 ? SIZE_MAX : tg_text_find(text, at, delimiter);
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
        if (!skips(call, tg_call_row(call, i)))
            split_row(call, tg_call_row(call, i));
}

static void split_to_map_row(const struct tg_call *call, uint32_t row)
{
    struct tg_slice text = text_at(call, 0, row);
    struct tg_slice entry_end = text_at(call, 1, row);
    struct tg_slice key_end = text_at(call, 2, row);
    struct tg_column *keys = call->result->children[0];
    struct tg_column *values = call->result->children[1];
    struct tg_value_index known = tg_value_index_from(call, keys, keys->length);
    for (size_t at = 0; at < text.length;) {
        size_t end = entry_end.length == 0 ? SIZE_MAX : tg_text_find(text, at, entry_end);
        struct tg_slice entry = tg_slice_of(text.data + at, (end == SIZE_MAX ? text.length : end) - at);
        size_t middle = key_end.length == 0 ? SIZE_MAX : tg_text_find(entry, 0, key_end);
        at = end == SIZE_MAX ? text.length : end + entry_end.length;
        if (middle == SIZE_MAX)
            continue; /* no key and value: left out */
        struct tg_slice value =
            tg_slice_of(entry.data + middle + key_end.length, entry.length - middle - key_end.length);
        size_t more = tg_text_find(value, 0, key_end);
        value.length = more == SIZE_MAX ? value.length : more;
        append_part(keys, tg_slice_of(entry.data, middle));
        append_part(values, value);
        uint32_t same = tg_value_index_find(&known, keys, keys->length - 1);
        if (same == TG_VALUE_NONE) {
            tg_value_index_add(&known);
            continue;
        }
        values->values.bytes[same] = value; /* of equal keys the last one counts */
        keys->length--;
        values->length--;
    }
    end_array(call, row, known.start);
}

static void split_to_map(const struct tg_call *call)
{
    for (uint32_t i = 0; i < call->row_count; i++)
        if (!skips(call, tg_call_row(call, i)))
            split_to_map_row(call, tg_call_row(call, i));
}

/* ---- LEN, TRIM, UCASE, LCASE, INITCAP ---- */

static void len_text(const struct tg_call *call)
{
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        if (!skips(call, row))
            call->result->values.int32[row] = (int32_t)tg_text_units(text_at(call, 0, row));
    }
}

static void len_bytes(const struct tg_call *call)
{
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        if (!skips(call, row))
            call->result->values.int32[row] = (int32_t)text_at(call, 0, row).length;
    }
}

static void trim(const struct tg_call *call)
{
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        if (!skips(call, row))
            call->result->values.bytes[row] = tg_text_trim(text_at(call, 0, row));
    }
}

static void change_case(const struct tg_call *call, void (*append)(struct tg_buffer *out, uint32_t character))
{
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        if (skips(call, row))
            continue;
        struct tg_slice text = text_at(call, 0, row);
        struct tg_buffer *out = tg_call_scratch(call);
        for (size_t at = 0; at < text.length;)
            append(out, tg_text_character(text, &at));
        tg_call_set_bytes(call, row, tg_call_keep(call, out));
    }
}

static void ucase(const struct tg_call *call)
{
    change_case(call, tg_text_append_upper);
}

static void lcase(const struct tg_call *call)
{
    change_case(call, tg_text_append_lower);
}

/* The first letter behind white space is made big, the others small. */
static void initcap(const struct tg_call *call)
{
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        if (skips(call, row))
            continue;
        struct tg_slice text = text_at(call, 0, row);
        struct tg_buffer *out = tg_call_scratch(call);
        bool first = true;
        for (size_t at = 0; at < text.length;) {
            uint32_t character = tg_text_character(text, &at);
            (first ? tg_text_append_upper : tg_text_append_lower)(out, character);
            first = character == ' ' || (character >= '\t' && character <= '\r');
        }
        tg_call_set_bytes(call, row, tg_call_keep(call, out));
    }
}

/* ---- CONCAT, CONCAT_WS ---- */

static void concat(const struct tg_call *call)
{
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        struct tg_buffer *out = tg_call_scratch(call);
        for (uint32_t argument = 0; argument < call->argument_count; argument++)
            if (call->arguments[argument]->valid[row] != 0)
                tg_buffer_append_slice(out, text_at(call, argument, row));
        tg_call_set_bytes(call, row, tg_call_keep(call, out));
    }
}

static void concat_ws(const struct tg_call *call)
{
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        struct tg_buffer *out = tg_call_scratch(call);
        bool first = true;
        if (call->arguments[0]->valid[row] == 0) {
            tg_column_set_null(call->result, row);
            continue;
        }
        for (uint32_t argument = 1; argument < call->argument_count; argument++) {
            if (call->arguments[argument]->valid[row] == 0)
                continue;
            if (!first)
                tg_buffer_append_slice(out, text_at(call, 0, row));
            tg_buffer_append_slice(out, text_at(call, argument, row));
            first = false;
        }
        tg_call_set_bytes(call, row, tg_call_keep(call, out));
    }
}

/* ---- SUBSTRING, INSTR, REPLACE ---- */

/* From position `position` (1 is the first, -1 the last) at most `length` units (bytes of BYTES). */
static struct tg_slice substring_of(const struct tg_call *call, uint32_t row)
{
    bool text = call->result->type->kind == TG_TYPE_STRING;
    struct tg_slice value = text_at(call, 0, row);
    int64_t units = (int64_t)(text ? tg_text_units(value) : value.length);
    int64_t position = call->arguments[1]->values.int32[row];
    int64_t start = position < 0 ? units + position : position - 1;
    start = start < 0 ? 0 : start > units ? units : start;
    int64_t end = units;
    if (call->argument_count == 3)
        end = start + call->arguments[2]->values.int32[row];
    end = end < start ? start : end > units ? units : end;
    size_t from = text ? tg_text_offset(value, (size_t)start) : (size_t)start;
    size_t to = text ? tg_text_offset(value, (size_t)end) : (size_t)end;
    return tg_slice_of(value.data + from, to - from);
}

static void substring(const struct tg_call *call)
{
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        if (!skips(call, row))
            call->result->values.bytes[row] = substring_of(call, row);
    }
}

/* The byte where the n-th occurrence starts, at or behind `from`; matches may overlap. */
static size_t find_nth(struct tg_slice text, struct tg_slice part, size_t from, int32_t occurrence)
{
    size_t found = tg_text_find(text, from, part);
    for (int32_t n = 1; n < occurrence && found != SIZE_MAX; n++)
        found = tg_text_find(text, found + 1, part);
    return occurrence < 1 ? SIZE_MAX : found;
}

/* The same from the end: of matches that end at or before `end`. */
static size_t find_nth_last(struct tg_slice text, struct tg_slice part, size_t end, int32_t occurrence)
{
    if (part.length > end || occurrence < 1)
        return SIZE_MAX;
    for (size_t at = end - part.length + 1; at-- > 0;)
        if (memcmp(text.data + at, part.data, part.length) == 0 && --occurrence == 0)
            return at;
    return SIZE_MAX;
}

static void instr(const struct tg_call *call)
{
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        if (skips(call, row))
            continue;
        struct tg_slice text = text_at(call, 0, row);
        struct tg_slice part = text_at(call, 1, row);
        int64_t position = call->argument_count > 2 ? call->arguments[2]->values.int32[row] : 1;
        int32_t occurrence = call->argument_count > 3 ? call->arguments[3]->values.int32[row] : 1;
        int64_t units = (int64_t)tg_text_units(text);
        size_t found = SIZE_MAX;
        if (position > 0 && position <= units)
            found = find_nth(text, part, tg_text_offset(text, (size_t)position - 1), occurrence);
        else if (position < 0 && -position <= units)
            found =
                find_nth_last(text, part, tg_text_offset(text, (size_t)(units + position + 1)), occurrence);
        call->result->values.int32[row] =
            found == SIZE_MAX ? 0 : (int32_t)tg_text_units(tg_slice_of(text.data, found)) + 1;
    }
}

/* An empty old text is found before each character and at the end. */
static void replace(const struct tg_call *call)
{
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        if (skips(call, row))
            continue;
        struct tg_slice text = text_at(call, 0, row);
        struct tg_slice old = text_at(call, 1, row);
        struct tg_buffer *out = tg_call_scratch(call);
        size_t at = 0;
        while (old.length == 0 && at < text.length) {
            size_t start = at;
            (void)tg_text_character(text, &at);
            tg_buffer_append_slice(out, text_at(call, 2, row));
            tg_buffer_append(out, text.data + start, at - start);
        }
        for (size_t next = tg_text_find(text, at, old); next != SIZE_MAX;
             next = tg_text_find(text, at, old)) {
            tg_buffer_append(out, text.data + at, next - at);
            tg_buffer_append_slice(out, text_at(call, 2, row));
            at = next + old.length;
            if (old.length == 0)
                break;
        }
        tg_buffer_append(out, text.data + at, text.length - at);
        tg_call_set_bytes(call, row, tg_call_keep(call, out));
    }
}

/* ---- LPAD, RPAD ---- */

static size_t size_of(bool text, struct tg_slice value)
{
    return text ? tg_text_units(value) : value.length;
}

static struct tg_slice first_units(bool text, struct tg_slice value, size_t units)
{
    return tg_slice_of(value.data, text                   ? tg_text_offset(value, units)
                                   : units < value.length ? units
                                                          : value.length);
}

static void append_padding(struct tg_buffer *out, bool text, struct tg_slice padding, size_t units)
{
    size_t each = size_of(text, padding);
    for (; units >= each; units -= each)
        tg_buffer_append_slice(out, padding);
    tg_buffer_append_slice(out, first_units(text, padding, units));
}

static void pad(const struct tg_call *call, bool left)
{
    bool text = call->result->type->kind == TG_TYPE_STRING;
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        if (skips(call, row))
            continue;
        struct tg_slice value = text_at(call, 0, row);
        struct tg_slice padding = text_at(call, 2, row);
        int32_t target = call->arguments[1]->values.int32[row];
        if (target < 0 || padding.length == 0) {
            tg_column_set_null(call->result, row);
            continue;
        }
        if (target > UNITS_MAX) {
            tg_call_fail(call, row, TG_CODE_EXPRESSION, "a text is padded to at most %d characters",
                         UNITS_MAX);
            continue;
        }
        size_t units = size_of(text, value);
        size_t missing = (size_t)target > units ? (size_t)target - units : 0;
        struct tg_buffer *out = tg_call_scratch(call);
        if (left)
            append_padding(out, text, padding, missing);
        tg_buffer_append_slice(out, first_units(text, value, (size_t)target));
        if (!left)
            append_padding(out, text, padding, missing);
        tg_call_set_bytes(call, row, tg_call_keep(call, out));
    }
}

static void lpad(const struct tg_call *call)
{
    pad(call, true);
}

static void rpad(const struct tg_call *call)
{
    pad(call, false);
}

/* ---- CHR, ELT, FIELD ---- */

static void set_character(const struct tg_call *call, uint32_t row, int64_t character)
{
    uint8_t bytes[4];
    bool good = character >= 0 && character <= 0x10FFFF && (character < 0xD800 || character > 0xDFFF);
    if (good)
        tg_call_set_bytes(
            call, row,
            tg_arena_copy(call->arena, tg_slice_of(bytes, tg_utf8_encode((uint32_t)character, bytes))));
    else
        tg_column_set_null(call->result, row);
}

static void chr_int(const struct tg_call *call)
{
    for (uint32_t i = 0; i < call->row_count; i++)
        if (!skips(call, tg_call_row(call, i)))
            set_character(call, tg_call_row(call, i), call->arguments[0]->values.int32[tg_call_row(call, i)]);
}

/* "\uXXXX" at the front of the text: its value, or -1. */
static int64_t escaped_unit(struct tg_slice text)
{
    enum { ESCAPE_LENGTH = 6 };
    int64_t unit = 0;
    if (text.length < ESCAPE_LENGTH || text.data[0] != '\\' || text.data[1] != 'u')
        return -1;
    for (size_t i = 2; i < ESCAPE_LENGTH; i++) {
        int digit = tg_text_hex_digit(text.data[i]);
        if (digit < 0)
            return -1;
        unit = unit * 16 + digit;
    }
    return unit;
}

static void chr_text(const struct tg_call *call)
{
    enum { ESCAPE_LENGTH = 6 };
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        if (skips(call, row))
            continue;
        struct tg_slice text = text_at(call, 0, row);
        int64_t unit = escaped_unit(text);
        size_t length = ESCAPE_LENGTH;
        if (unit >= 0xD800 && unit < 0xDC00 && text.length > ESCAPE_LENGTH) {
            int64_t low = escaped_unit(tg_slice_of(text.data + ESCAPE_LENGTH, text.length - ESCAPE_LENGTH));
            if (low >= 0xDC00 && low < 0xE000)
                unit = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
            length = 2 * ESCAPE_LENGTH;
        }
        set_character(call, row, text.length == length ? unit : -1);
    }
}

static void elt(const struct tg_call *call)
{
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        const struct tg_column *number = call->arguments[0];
        int32_t index = number->valid[row] != 0 ? number->values.int32[row] : 0;
        if (index < 1 || (uint32_t)index >= call->argument_count || call->arguments[index]->valid[row] == 0)
            tg_column_set_null(call->result, row);
        else
            tg_call_set_bytes(call, row, text_at(call, (uint32_t)index, row));
    }
}

static void field(const struct tg_call *call)
{
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        int32_t found = 0;
        for (uint32_t item = 1; found == 0 && item < call->argument_count; item++)
            if (call->arguments[0]->valid[row] != 0 && call->arguments[item]->valid[row] != 0 &&
                tg_slice_equal(text_at(call, 0, row), text_at(call, item, row)))
                found = (int32_t)item;
        call->result->values.int32[row] = found;
        call->result->valid[row] = 1;
    }
}

#define ROW(text, function, bits, doc, sample)                                                               \
    {                                                                                                        \
        .signature = (text), .kernel = (function), .flags = (bits), .summary = (doc), .example = (sample)    \
    }
static void starts_with(const struct tg_call *call)
{
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        if (skips(call, row))
            continue;
        struct tg_slice text = text_at(call, 0, row);
        struct tg_slice start = text_at(call, 1, row);
        text.length = text.length < start.length ? text.length : start.length;
        call->result->values.boolean[row] = tg_slice_equal(text, start) ? 1 : 0;
    }
}

enum { STRICT = TG_FUNCTION_NULL_IF_NULL, SEES = TG_FUNCTION_SEES_NULL };

extern const struct tg_function tg_functions_string[];
const struct tg_function tg_functions_string[] = {
    ROW("SPLIT(STRING, STRING) -> ARRAY<STRING>", split, STRICT,
        "The parts between the delimiters, empty ones too; an empty delimiter gives single characters.",
        "SPLIT('a,b,', ',') = ARRAY['a', 'b', '']"),
    ROW("SPLIT(BYTES, BYTES) -> ARRAY<BYTES>", split, STRICT,
        "The parts between the delimiters, empty ones too; an empty delimiter gives single bytes.",
        "SPLIT(X'610062', X'00') = ARRAY[X'61', X'62']"),
    ROW("SPLIT_TO_MAP(STRING, STRING, STRING) -> MAP<STRING, STRING>", split_to_map, STRICT,
        "Takes a text apart into entries by the second argument, and these into keys and values by the "
        "third.",
        "SPLIT_TO_MAP('a:1;b:2', ';', ':') = MAP('a' := '1', 'b' := '2')"),
    ROW("LEN(STRING) -> INT", len_text, STRICT, "The number of UTF-16 units, as Java counts characters.",
        "LEN('naïve') = 5"),
    ROW("LEN(BYTES) -> INT", len_bytes, STRICT, "The number of bytes.", "LEN(X'0102') = 2"),
    ROW("TRIM(STRING) -> STRING", trim, STRICT,
        "The text without spaces and control characters at both ends.", "TRIM('  a b ') = 'a b'"),
    ROW("UCASE(STRING) -> STRING", ucase, STRICT, "The text in big letters.", "UCASE('abc') = 'ABC'"),
    ROW("LCASE(STRING) -> STRING", lcase, STRICT, "The text in small letters.", "LCASE('ABC') = 'abc'"),
    ROW("INITCAP(STRING) -> STRING", initcap, STRICT, "The first letter of each word big, the others small.",
        "INITCAP('the qUICK fox') = 'The Quick Fox'"),
    ROW("CONCAT(STRING, STRING...) -> STRING", concat, SEES,
        "The texts one behind the other; NULL is passed over.", "CONCAT('a', NULL, 'b') = 'ab'"),
    ROW("CONCAT(BYTES, BYTES...) -> BYTES", concat, SEES,
        "The bytes one behind the other; NULL is passed over.", "CONCAT(X'01', X'02') = X'0102'"),
    ROW("CONCAT_WS(STRING, STRING, STRING...) -> STRING", concat_ws, SEES,
        "The texts behind the first, with the first between them; NULL is passed over.",
        "CONCAT_WS(', ', 'a', NULL, 'b') = 'a, b'"),
    ROW("CONCAT_WS(BYTES, BYTES, BYTES...) -> BYTES", concat_ws, SEES,
        "The bytes behind the first, with the first between them; NULL is passed over.",
        "CONCAT_WS(X'00', X'01', X'02') = X'010002'"),
    ROW("SUBSTRING(STRING, INT) -> STRING", substring, STRICT,
        "The text from a position on: 1 is the first, -1 the last.", "SUBSTRING('stream', 4) = 'eam'"),
    ROW("SUBSTRING(STRING, INT, INT) -> STRING", substring, STRICT,
        "So many characters from a position on: 1 is the first, -1 the last.",
        "SUBSTRING('stream', -3, 2) = 'ea'"),
    ROW("SUBSTRING(BYTES, INT) -> BYTES", substring, STRICT,
        "The bytes from a position on: 1 is the first, -1 the last.", "SUBSTRING(X'010203', 2) = X'0203'"),
    ROW("SUBSTRING(BYTES, INT, INT) -> BYTES", substring, STRICT,
        "So many bytes from a position on: 1 is the first, -1 the last.",
        "SUBSTRING(X'010203', 1, 2) = X'0102'"),
    ROW("INSTR(STRING, STRING) -> INT", instr, STRICT,
        "Where the second text starts in the first, from 1; 0 if it is not there.",
        "INSTR('corporate floor', 'or') = 2"),
    ROW("INSTR(STRING, STRING, INT) -> INT", instr, STRICT,
        "INSTR from a position on; a negative one searches back from the end.",
        "INSTR('corporate floor', 'or', -1) = 14"),
    ROW("INSTR(STRING, STRING, INT, INT) -> INT", instr, STRICT,
        "INSTR for the n-th occurrence from a position on.", "INSTR('corporate floor', 'or', 4, 2) = 14"),
    ROW("REPLACE(STRING, STRING, STRING) -> STRING", replace, STRICT,
        "The text with each occurrence of the second replaced by the third.",
        "REPLACE('anaconda', 'a', 'o') = 'onocondo'"),
    ROW("LPAD(STRING, INT, STRING) -> STRING", lpad, STRICT, "Filled on the left to a length, or cut to it.",
        "LPAD('foo', 7, 'Bar') = 'BarBfoo'"),
    ROW("LPAD(BYTES, INT, BYTES) -> BYTES", lpad, STRICT, "Filled on the left to a length, or cut to it.",
        "LPAD(X'01', 3, X'00') = X'000001'"),
    ROW("RPAD(STRING, INT, STRING) -> STRING", rpad, STRICT, "Filled on the right to a length, or cut to it.",
        "RPAD('foo', 7, 'Bar') = 'fooBarB'"),
    ROW("RPAD(BYTES, INT, BYTES) -> BYTES", rpad, STRICT, "Filled on the right to a length, or cut to it.",
        "RPAD(X'01', 3, X'00') = X'010000'"),
    ROW("CHR(INT) -> STRING", chr_int, STRICT, "The character of a code point.", "CHR(75) = 'K'"),
    ROW("CHR(STRING) -> STRING", chr_text, STRICT,
        "The character of an escape such as \\u004B; NULL if it is none.", "CHR('\\u004B') = 'K'"),
    ROW("ELT(INT, STRING, STRING...) -> STRING", elt, SEES,
        "The n-th of the texts behind the number, from 1; NULL if there is none.", "ELT(2, 'a', 'b') = 'b'"),
    ROW("FIELD(STRING, STRING, STRING...) -> INT", field, SEES,
        "Which of the others equals the first text, from 1; 0 if none, and for NULL.",
        "FIELD('b', 'a', 'b') = 2"),
    ROW("STARTS_WITH(STRING, STRING) -> BOOLEAN", starts_with, STRICT,
        "Does the first text start with the second?", "STARTS_WITH('turgo', 'tur')"),
    {0},
};
