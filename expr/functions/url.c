/* expr/functions/url.c: parts of URLs as java.net.URI takes them apart, and the form encoding of parameters.
 * What is no URI gives NULL. */
#include <arpa/inet.h>

#include "base/text.h"
#include "data/number.h"
#include "expr/kernel.h"
#include "expr/text_tools.h"

/* The parts of a URI as they are written; `data` NULL: it does not have the part. */
struct uri {
    struct tg_slice scheme, host, path, query, fragment;
    int32_t port; /* -1: none */
};

static bool is_letter(uint8_t byte)
{
    return (byte | 0x20) >= 'a' && (byte | 0x20) <= 'z';
}

static bool is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

/* Characters beyond ASCII are allowed, as in Java; '%' needs two hexadecimal digits behind it. */
static bool has_only_legal_characters(struct tg_slice text)
{
    static const bool illegal[256] = {
        [0 ... ' '] = true, ['"'] = true, ['<'] = true, ['>'] = true, ['\\'] = true, ['^'] = true,
        ['`'] = true,       ['{'] = true, ['|'] = true, ['}'] = true, [0x7F] = true};
    for (size_t i = 0; i < text.length; i++) {
        uint8_t byte = text.data[i];
        if (illegal[byte])
            return false;
        if (byte == '%' && (i + 2 >= text.length || tg_text_hex_digit(text.data[i + 1]) < 0 ||
                            tg_text_hex_digit(text.data[i + 2]) < 0))
            return false;
    }
    return true;
}

/* Cuts the text at the first `mark`; what follows it goes to `*ret_rest`, which stays as it is if there is
 * none. */
static struct tg_slice cut_at(struct tg_slice text, uint8_t mark, struct tg_slice *ret_rest)
{
    const uint8_t *found = text.length == 0 ? NULL : (const uint8_t *)memchr(text.data, mark, text.length);
    if (found == NULL)
        return text;
    size_t before = (size_t)(found - text.data);
    *ret_rest = tg_slice_of(found + 1, text.length - before - 1);
    return tg_slice_of(text.data, before);
}

/* Four numbers up to 255 with dots between. */
static bool is_ipv4(struct tg_slice host)
{
    size_t at = 0;
    for (int part = 0; part < 4; part++) {
        int32_t value = 0;
        size_t start = at;
        while (at < host.length && is_digit(host.data[at]) && value <= 255)
            value = value * 10 + (host.data[at++] - '0');
        bool ends = part == 3 ? at == host.length : at < host.length && host.data[at] == '.';
        if (at == start || value > 255 || !ends)
            return false;
        at++;
    }
    return true;
}

/* Labels of letters, digits and inner hyphens with dots between; the last of several starts with a letter. */
static bool is_hostname(struct tg_slice host)
{
    size_t start = 0;
    bool several = false;
    while (start < host.length) {
        size_t end = start;
        while (end < host.length &&
               (is_letter(host.data[end]) || is_digit(host.data[end]) || host.data[end] == '-'))
            end++;
        if (end == start || host.data[start] == '-' || host.data[end - 1] == '-' ||
            (end < host.length && host.data[end] != '.'))
            return false;
        if (end + 1 >= host.length)
            return !several || is_letter(host.data[start]);
        several = true;
        start = end + 1;
    }
    return false;
}

/* What stands behind the '[' of an address, with or without a scope (%eth0). */
static bool is_ipv6(struct tg_slice address)
{
    char text[INET6_ADDRSTRLEN];
    struct in6_addr binary;
    struct tg_slice scope = {0};
    address = cut_at(tg_slice_of(address.data + 1, address.length - 1), '%', &scope);
    if (address.length >= sizeof text)
        return false;
    memcpy(text, address.data, address.length);
    text[address.length] = '\0';
    return inet_pton(AF_INET6, text, &binary) == 1;
}

static bool is_port(struct tg_slice port)
{
    for (size_t i = 0; i < port.length; i++)
        if (!is_digit(port.data[i]))
            return false;
    return true;
}

/* An authority that names no server is a registry's for Java: it has neither host nor port. False: it cannot
 * be that either, as it has brackets. */
static bool parse_authority(struct tg_slice authority, struct uri *uri)
{
    struct tg_slice behind = {0};
    struct tg_slice user = cut_at(authority, '@', &behind);
    struct tg_slice host = behind.data == NULL ? user : behind;
    struct tg_slice port = {0};
    if (host.length > 0 && host.data[0] == '[') { /* an IPv6 address has colons of its own */
        struct tg_slice rest = {0};
        struct tg_slice address = cut_at(host, ']', &rest);
        if (rest.data == NULL || !is_ipv6(address) || (rest.length > 0 && rest.data[0] != ':'))
            return false;
        if (rest.length > 0 && rest.data[0] == ':')
            port = tg_slice_of(rest.data + 1, rest.length - 1);
        host = tg_slice_of(address.data, address.length + 1);
    } else {
        host = cut_at(host, ':', &port);
    }
    bool bracketed = host.length > 0 && host.data[0] == '[';
    bool is_server = is_port(port) && (bracketed || is_ipv4(host) || is_hostname(host));
    if (is_server && port.length > 0 && !tg_int32_parse(port, &uri->port))
        is_server = false;
    if (is_server)
        uri->host = host;
    return is_server || memchr(authority.data, '[', authority.length) == NULL;
}

static bool parse_uri(struct tg_slice text, struct uri *ret_uri)
{
    *ret_uri = (struct uri){.port = -1};
    if (text.length == 0 || !has_only_legal_characters(text))
        return false;
    struct tg_slice rest = cut_at(text, '#', &ret_uri->fragment);
    size_t scheme = 0;
    while (scheme < rest.length && (is_letter(rest.data[scheme]) || is_digit(rest.data[scheme]) ||
                                    memchr("+-.", rest.data[scheme], 3) != NULL))
        scheme++;
    if (scheme > 0 && scheme < rest.length && rest.data[scheme] == ':') {
        if (!is_letter(rest.data[0]) || scheme + 1 == rest.length)
            return false;
        ret_uri->scheme = tg_slice_of(rest.data, scheme);
        rest = tg_slice_of(rest.data + scheme + 1, rest.length - scheme - 1);
        if (rest.data[0] != '/')
            return true; /* opaque, as mailto: it has no host, path and query */
    } else if (scheme < rest.length && rest.data[scheme] == ':') {
        return false;
    }
    rest = cut_at(rest, '?', &ret_uri->query);
    if (rest.length >= 2 && rest.data[0] == '/' && rest.data[1] == '/') {
        size_t end = 2;
        while (end < rest.length && rest.data[end] != '/')
            end++;
        if (end > 2 && !parse_authority(tg_slice_of(rest.data + 2, end - 2), ret_uri))
            return false;
        rest = tg_slice_of(rest.data + end, rest.length - end);
    }
    ret_uri->path = rest;
    return rest.length == 0 ||
           (memchr(rest.data, '[', rest.length) == NULL && memchr(rest.data, ']', rest.length) == NULL);
}

/* Appends a part with its %XX decoded; bytes that are no UTF-8 become U+FFFD. */
static void append_decoded(struct tg_slice part, struct tg_buffer *out)
{
    size_t start = out->length;
    for (size_t i = 0; i < part.length; i++) {
        if (part.data[i] == '%') {
            tg_buffer_append_byte(out, (uint8_t)(tg_text_hex_digit(part.data[i + 1]) * 16 +
                                                 tg_text_hex_digit(part.data[i + 2])));
            i += 2;
        } else {
            tg_buffer_append_byte(out, part.data[i]);
        }
    }
    for (size_t at = start; at < out->length;) {
        at += tg_utf8_valid_prefix(tg_slice_of(out->data + at, out->length - at));
        if (at < out->length) {
            (void)tg_buffer_reserve(out, 2);
            memmove(out->data + at + 3, out->data + at + 1, out->length - at - 1);
            memcpy(out->data + at, "\xEF\xBF\xBD", 3);
            out->length += 2;
            at += 3;
        }
    }
}

/* Parses the row's text; false: the result is NULL. */
static bool begin_row(const struct tg_call *call, uint32_t row, struct uri *ret_uri)
{
    if (call->result->valid[row] == 0)
        return false;
    if (parse_uri(call->arguments[0]->values.bytes[row], ret_uri))
        return true;
    tg_column_set_null(call->result, row);
    return false;
}

static void set_part(const struct tg_call *call, uint32_t row, struct tg_slice part)
{
    struct tg_buffer *out = tg_call_scratch(call);
    if (part.data == NULL) {
        tg_column_set_null(call->result, row);
        return;
    }
    append_decoded(part, out);
    tg_call_set_bytes(call, row, tg_call_keep(call, out));
}

#define PART_KERNEL(name, part)                                                                              \
    static void name(const struct tg_call *call)                                                             \
    {                                                                                                        \
        struct uri uri;                                                                                      \
        for (uint32_t i = 0; i < call->row_count; i++)                                                       \
            if (begin_row(call, tg_call_row(call, i), &uri))                                                 \
                set_part(call, tg_call_row(call, i), uri.part);                                              \
    }

PART_KERNEL(extract_fragment, fragment)
PART_KERNEL(extract_host, host)
PART_KERNEL(extract_path, path)
PART_KERNEL(extract_protocol, scheme)
PART_KERNEL(extract_query, query)

static void extract_port(const struct tg_call *call)
{
    struct uri uri;
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        if (!begin_row(call, row, &uri))
            continue;
        call->result->values.int32[row] = uri.port;
        if (uri.port < 0)
            tg_column_set_null(call->result, row);
    }
}

/* The value of the first parameter with the name; a parameter without '=' has none. */
static void extract_parameter(const struct tg_call *call)
{
    struct uri uri;
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        if (!begin_row(call, row, &uri))
            continue;
        struct tg_buffer *out = tg_call_scratch(call);
        append_decoded(uri.query, out);
        struct tg_slice rest = tg_call_keep(call, out);
        struct tg_slice found = {0};
        while (rest.length > 0 && found.data == NULL) {
            struct tg_slice next = {0};
            struct tg_slice value = {0};
            struct tg_slice name = cut_at(cut_at(rest, '&', &next), '=', &value);
            if (tg_slice_equal(name, call->arguments[1]->values.bytes[row]))
                found = value;
            rest = next;
        }
        if (found.data == NULL)
            tg_column_set_null(call->result, row);
        else
            tg_call_set_bytes(call, row, found);
    }
}

/* ---- form encoding ---- */

static void append_escape(struct tg_buffer *out, uint8_t byte)
{
    static const char digits[] = "0123456789ABCDEF";
    uint8_t *at = tg_buffer_reserve(out, 3);
    at[0] = '%';
    at[1] = (uint8_t)digits[byte >> 4];
    at[2] = (uint8_t)digits[byte & 15];
    out->length += 3;
}

static void encode_param(const struct tg_call *call)
{
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        if (call->result->valid[row] == 0)
            continue;
        struct tg_slice text = call->arguments[0]->values.bytes[row];
        struct tg_buffer *out = tg_call_scratch(call);
        for (size_t at = 0; at < text.length; at++) {
            uint8_t byte = text.data[at];
            if (is_letter(byte) || is_digit(byte) || memchr(".-*_", byte, 4) != NULL)
                tg_buffer_append_byte(out, byte);
            else if (byte == ' ')
                tg_buffer_append_byte(out, '+');
            else
                append_escape(out, byte);
        }
        tg_call_set_bytes(call, row, tg_call_keep(call, out));
    }
}

static bool is_form_encoded(struct tg_slice text)
{
    for (size_t i = 0; i < text.length; i++)
        if (text.data[i] == '%' && (i + 2 >= text.length || tg_text_hex_digit(text.data[i + 1]) < 0 ||
                                    tg_text_hex_digit(text.data[i + 2]) < 0))
            return false;
    return true;
}

static void decode_param(const struct tg_call *call)
{
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        if (call->result->valid[row] == 0)
            continue;
        struct tg_slice text = call->arguments[0]->values.bytes[row];
        if (!is_form_encoded(text)) {
            tg_call_fail(call, row, TG_CODE_EXPRESSION, "a %% without two hexadecimal digits behind it");
            continue;
        }
        uint8_t *plain = tg_arena_bytes_alloc(call->arena, text.length + 1);
        for (size_t at = 0; at < text.length; at++)
            plain[at] = text.data[at] == '+' ? ' ' : text.data[at];
        struct tg_buffer *out = tg_call_scratch(call);
        append_decoded(tg_slice_of(plain, text.length), out);
        tg_call_set_bytes(call, row, tg_call_keep(call, out));
    }
}

#define ROW(text, function, doc, sample)                                                                     \
    {                                                                                                        \
        .signature = (text), .kernel = (function), .flags = TG_FUNCTION_NULL_IF_NULL, .summary = (doc),      \
        .example = (sample)                                                                                  \
    }

extern const struct tg_function tg_functions_url[];
const struct tg_function tg_functions_url[] = {
    ROW("URL_EXTRACT_FRAGMENT(STRING) -> STRING", extract_fragment, "What is behind the # of a URL.",
        "URL_EXTRACT_FRAGMENT('http://a.org/p?q#part') = 'part'"),
    ROW("URL_EXTRACT_HOST(STRING) -> STRING", extract_host, "The host of a URL.",
        "URL_EXTRACT_HOST('http://user@a.org:8080/p') = 'a.org'"),
    ROW("URL_EXTRACT_PARAMETER(STRING, STRING) -> STRING", extract_parameter,
        "The value of a parameter of a URL.",
        "URL_EXTRACT_PARAMETER('http://a.org/?x=1&y=a%20b', 'y') = 'a b'"),
    ROW("URL_EXTRACT_PATH(STRING) -> STRING", extract_path, "The path of a URL.",
        "URL_EXTRACT_PATH('http://a.org/one/two?q') = '/one/two'"),
    ROW("URL_EXTRACT_PORT(STRING) -> INT", extract_port, "The port of a URL; NULL if it names none.",
        "URL_EXTRACT_PORT('http://a.org:8080/p') = 8080"),
    ROW("URL_EXTRACT_PROTOCOL(STRING) -> STRING", extract_protocol, "The protocol of a URL.",
        "URL_EXTRACT_PROTOCOL('https://a.org') = 'https'"),
    ROW("URL_EXTRACT_QUERY(STRING) -> STRING", extract_query, "What is behind the ? of a URL.",
        "URL_EXTRACT_QUERY('http://a.org/p?x=1&y#f') = 'x=1&y'"),
    ROW("URL_ENCODE_PARAM(STRING) -> STRING", encode_param, "The text as the value of a URL's parameter.",
        "URL_ENCODE_PARAM('?foo $bar') = '%3Ffoo+%24bar'"),
    ROW("URL_DECODE_PARAM(STRING) -> STRING", decode_param, "The text that a URL's parameter stands for.",
        "URL_DECODE_PARAM('%3Ffoo+%24bar') = '?foo $bar'"),
    {0},
};
