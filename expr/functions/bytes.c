/* expr/functions/bytes.c: bytes as texts and numbers, UUIDs. */
#include <sys/random.h>

#include "base/base64.h"
#include "base/text.h"
#include "expr/kernel.h"
#include "expr/text_tools.h"

static bool skips(const struct tg_call *call, uint32_t row)
{
    return call->result->valid[row] == 0;
}

static struct tg_slice bytes_at(const struct tg_call *call, uint32_t argument, uint32_t row)
{
    return call->arguments[argument]->values.bytes[row];
}

/* ---- encodings: to and from bytes, at the end of a buffer ---- */

static bool decode_hex(struct tg_slice text, struct tg_buffer *out)
{
    bool prefixed = text.length >= 2 && text.data[0] == '0' && text.data[1] == 'x';
    bool quoted = text.length >= 3 && (text.data[0] | 0x20) == 'x' && text.data[1] == '\'' &&
                  text.data[text.length - 1] == '\'';
    if (prefixed || quoted)
        text = tg_slice_of(text.data + 2, text.length - (quoted ? 3 : 2));
    int high = 0;
    for (size_t i = 0; i < text.length; i++) {
        int digit = tg_text_hex_digit(text.data[i]);
        bool second = (i + (prefixed ? text.length : 0)) % 2 == 1; /* 0x1 is 0x01 */
        if (digit < 0)
            return false;
        if (second)
            tg_buffer_append_byte(out, (uint8_t)(high * 16 + digit));
        high = second ? 0 : digit;
        if (i + 1 == text.length && !second)
            return false;
    }
    return true;
}

static void encode_hex(struct tg_slice bytes, struct tg_buffer *out)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < bytes.length; i++) {
        tg_buffer_append_byte(out, (uint8_t)digits[bytes.data[i] >> 4]);
        tg_buffer_append_byte(out, (uint8_t)digits[bytes.data[i] & 15]);
    }
}

static bool decode_base64(struct tg_slice text, struct tg_buffer *out)
{
    size_t length = 0;
    if (!tg_base64_decode(text, tg_buffer_reserve(out, text.length / 4 * 3 + 4), &length))
        return false;
    out->length += length;
    return true;
}

static void encode_base64(struct tg_slice bytes, struct tg_buffer *out)
{
    if (bytes.length == 0)
        return;
    tg_base64_encode(bytes, tg_buffer_reserve(out, tg_base64_encoded_length(bytes.length)));
    out->length += tg_base64_encoded_length(bytes.length);
}

static bool decode_utf8(struct tg_slice text, struct tg_buffer *out)
{
    tg_buffer_append_slice(out, text);
    return true;
}

/* What is not UTF-8 becomes U+FFFD, byte by byte. */
static void encode_utf8(struct tg_slice bytes, struct tg_buffer *out)
{
    while (bytes.length > 0) {
        size_t valid = tg_utf8_valid_prefix(bytes);
        tg_buffer_append(out, bytes.data, valid);
        if (valid < bytes.length) {
            tg_text_append(out, 0xFFFD);
            valid++;
        }
        bytes = tg_slice_of(bytes.data + valid, bytes.length - valid);
    }
}

static bool decode_ascii(struct tg_slice text, struct tg_buffer *out)
{
    for (size_t at = 0; at < text.length;) {
        uint32_t character = tg_text_character(text, &at);
        tg_buffer_append_byte(out, character < 0x80 ? (uint8_t)character : '?');
    }
    return true;
}

static void encode_ascii(struct tg_slice bytes, struct tg_buffer *out)
{
    for (size_t i = 0; i < bytes.length; i++)
        tg_text_append(out, bytes.data[i] < 0x80 ? bytes.data[i] : 0xFFFD);
}

static const struct encoding {
    const char *name;
    bool (*decode)(struct tg_slice text, struct tg_buffer *out); /* text in this encoding to bytes */
    void (*encode)(struct tg_slice bytes, struct tg_buffer *out);
} encodings[] = {
    {"hex", decode_hex, encode_hex},
    {"utf8", decode_utf8, encode_utf8},
    {"ascii", decode_ascii, encode_ascii},
    {"base64", decode_base64, encode_base64},
};

static const struct encoding *find_encoding(const struct tg_call *call, uint32_t row, uint32_t argument)
{
    struct tg_slice name = bytes_at(call, argument, row);
    for (size_t i = 0; i < sizeof encodings / sizeof encodings[0]; i++)
        if (tg_slice_equal_nocase(name, tg_slice_text(encodings[i].name)))
            return &encodings[i];
    tg_call_fail(call, row, TG_CODE_EXPRESSION, "'%.*s' is no encoding: it is hex, utf8, ascii or base64",
                 TG_SLICE_FORMAT(name));
    return NULL;
}

static void to_bytes(const struct tg_call *call)
{
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        const struct encoding *encoding = skips(call, row) ? NULL : find_encoding(call, row, 1);
        struct tg_buffer *out = tg_call_scratch(call);
        if (encoding == NULL)
            continue;
        if (encoding->decode(bytes_at(call, 0, row), out))
            tg_call_set_bytes(call, row, tg_call_keep(call, out));
        else
            tg_call_fail(call, row, TG_CODE_EXPRESSION, "the text is not %s", encoding->name);
    }
}

static void from_bytes(const struct tg_call *call)
{
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        const struct encoding *encoding = skips(call, row) ? NULL : find_encoding(call, row, 1);
        struct tg_buffer *out = tg_call_scratch(call);
        if (encoding == NULL)
            continue;
        encoding->encode(bytes_at(call, 0, row), out);
        tg_call_set_bytes(call, row, tg_call_keep(call, out));
    }
}

static void encode(const struct tg_call *call)
{
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        const struct encoding *from = skips(call, row) ? NULL : find_encoding(call, row, 1);
        const struct encoding *to = from == NULL ? NULL : find_encoding(call, row, 2);
        struct tg_buffer *out = tg_call_scratch(call);
        if (to == NULL)
            continue;
        if (!from->decode(bytes_at(call, 0, row), out)) {
            tg_call_fail(call, row, TG_CODE_EXPRESSION, "the text is not %s", from->name);
            continue;
        }
        struct tg_slice bytes = tg_call_keep(call, out);
        tg_buffer_clear(out);
        to->encode(bytes, out);
        tg_call_set_bytes(call, row, tg_call_keep(call, out));
    }
}

/* ---- numbers ---- */

/* The row's `size` bytes as a number; false: the row failed. */
static bool read_number(const struct tg_call *call, uint32_t row, size_t size, uint64_t *ret_value)
{
    struct tg_slice bytes = bytes_at(call, 0, row);
    bool little = false;
    if (call->argument_count == 2) {
        little = tg_slice_is(bytes_at(call, 1, row), "LITTLE_ENDIAN");
        if (!little && !tg_slice_is(bytes_at(call, 1, row), "BIG_ENDIAN")) {
            tg_call_fail(call, row, TG_CODE_EXPRESSION, "the byte order is 'BIG_ENDIAN' or 'LITTLE_ENDIAN'");
            return false;
        }
    }
    if (bytes.length != size) {
        tg_call_fail(call, row, TG_CODE_EXPRESSION, "%zu bytes are needed, there are %zu", size,
                     bytes.length);
        return false;
    }
    *ret_value = 0;
    for (size_t i = 0; i < size; i++)
        *ret_value = *ret_value << 8 | bytes.data[little ? size - 1 - i : i];
    return true;
}

static void int_from_bytes(const struct tg_call *call)
{
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        uint64_t value = 0;
        if (!skips(call, row) && read_number(call, row, 4, &value))
            call->result->values.int32[row] = (int32_t)(uint32_t)value;
    }
}

static void bigint_from_bytes(const struct tg_call *call)
{
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        uint64_t value = 0;
        if (!skips(call, row) && read_number(call, row, 8, &value))
            call->result->values.int64[row] = (int64_t)value;
    }
}

static void double_from_bytes(const struct tg_call *call)
{
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        uint64_t value = 0;
        if (!skips(call, row) && read_number(call, row, 8, &value))
            memcpy(&call->result->values.float64[row], &value, sizeof value);
    }
}

/* ---- UUID ---- */

enum { UUID_BYTES = 16 };

static void set_uuid(const struct tg_call *call, uint32_t row, const uint8_t *bytes)
{
    struct tg_buffer *out = tg_call_scratch(call);
    for (size_t i = 0; i < UUID_BYTES; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            tg_buffer_append_byte(out, '-');
        encode_hex(tg_slice_of(bytes + i, 1), out);
    }
    tg_call_set_bytes(call, row, tg_call_keep(call, out));
}

static void random_uuid(const struct tg_call *call)
{
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint8_t bytes[UUID_BYTES];
        TG_ASSERT(getrandom(bytes, sizeof bytes, 0) == (ssize_t)sizeof bytes);
        bytes[6] = (uint8_t)((bytes[6] & 0x0F) | 0x40); /* version 4, variant 1 */
        bytes[8] = (uint8_t)((bytes[8] & 0x3F) | 0x80);
        set_uuid(call, tg_call_row(call, i), bytes);
    }
}

static void uuid_of_bytes(const struct tg_call *call)
{
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        if (skips(call, row))
            continue;
        if (bytes_at(call, 0, row).length == UUID_BYTES)
            set_uuid(call, row, bytes_at(call, 0, row).data);
        else
            tg_column_set_null(call->result, row);
    }
}

#define ROW(text, function, doc, sample)                                                                     \
    {                                                                                                        \
        .signature = (text), .kernel = (function), .flags = TG_FUNCTION_NULL_IF_NULL, .summary = (doc),      \
        .example = (sample)                                                                                  \
    }

extern const struct tg_function tg_functions_bytes[];
const struct tg_function tg_functions_bytes[] = {
    ROW("TO_BYTES(STRING, STRING) -> BYTES", to_bytes,
        "The bytes of a text in an encoding: hex, utf8, ascii or base64.",
        "TO_BYTES('YWI=', 'base64') = X'6162'"),
    ROW("FROM_BYTES(BYTES, STRING) -> STRING", from_bytes,
        "Bytes as text in an encoding: hex, utf8, ascii or base64.", "FROM_BYTES(X'6162', 'utf8') = 'ab'"),
    ROW("ENCODE(STRING, STRING, STRING) -> STRING", encode,
        "A text in one encoding as text in another: hex, utf8, ascii or base64.",
        "ENCODE('ab', 'utf8', 'hex') = '6162'"),
    ROW("INT_FROM_BYTES(BYTES) -> INT", int_from_bytes, "The number of 4 bytes, high byte first.",
        "INT_FROM_BYTES(X'000007E5') = 2021"),
    ROW("INT_FROM_BYTES(BYTES, STRING) -> INT", int_from_bytes,
        "The number of 4 bytes, 'BIG_ENDIAN' or 'LITTLE_ENDIAN'.",
        "INT_FROM_BYTES(X'E5070000', 'LITTLE_ENDIAN') = 2021"),
    ROW("BIGINT_FROM_BYTES(BYTES) -> BIGINT", bigint_from_bytes, "The number of 8 bytes, high byte first.",
        "BIGINT_FROM_BYTES(X'000000012A05F200') = 5000000000"),
    ROW("BIGINT_FROM_BYTES(BYTES, STRING) -> BIGINT", bigint_from_bytes,
        "The number of 8 bytes, 'BIG_ENDIAN' or 'LITTLE_ENDIAN'.",
        "BIGINT_FROM_BYTES(X'00F2052A01000000', 'LITTLE_ENDIAN') = 5000000000"),
    ROW("DOUBLE_FROM_BYTES(BYTES) -> DOUBLE", double_from_bytes,
        "The IEEE 754 number of 8 bytes, high byte first.", "DOUBLE_FROM_BYTES(X'3FF8000000000000') = 1.5e0"),
    ROW("DOUBLE_FROM_BYTES(BYTES, STRING) -> DOUBLE", double_from_bytes,
        "The IEEE 754 number of 8 bytes, 'BIG_ENDIAN' or 'LITTLE_ENDIAN'.",
        "DOUBLE_FROM_BYTES(X'000000000000F83F', 'LITTLE_ENDIAN') = 1.5e0"),
    {.signature = "UUID() -> STRING",
     .kernel = random_uuid,
     .flags = TG_FUNCTION_NULL_IF_NULL | TG_FUNCTION_IMPURE,
     .summary = "A random UUID as text.",
     .example = "LEN(UUID()) = 36"},
    ROW("UUID(BYTES) -> STRING", uuid_of_bytes, "The UUID of 16 bytes as text; NULL if there are not 16.",
        "UUID(X'00112233445566778899AABBCCDDEEFF') = '00112233-4455-6677-8899-aabbccddeeff'"),
    {0},
};
