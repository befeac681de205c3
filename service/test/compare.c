#include "service/test/compare.h"

#include "data/number.h"

#include <ctype.h>
#include <math.h>
#include <string.h>
#include <strings.h>

/* ---- numbers ---- */

/* A number's digits without leading zeros, and its power of ten: two texts are the same BigDecimal if both
 * are equal. */
struct number {
    bool negative;
    bool whole; /* neither point nor exponent */
    char digits[128];
    size_t count;
    int64_t scale;
};

static bool read_number(struct tg_slice text, struct number *ret_number)
{
    *ret_number = (struct number){.whole = true};
    size_t i = 0;
    if (i < text.length && (text.data[i] == '-' || text.data[i] == '+'))
        ret_number->negative = text.data[i++] == '-';
    bool behind_point = false;
    for (; i < text.length && (isdigit(text.data[i]) || text.data[i] == '.'); i++) {
        if (text.data[i] == '.') {
            behind_point = true;
            ret_number->whole = false;
            continue;
        }
        ret_number->scale += behind_point;
        if (ret_number->count == 0 && text.data[i] == '0')
            continue;
        if (ret_number->count == sizeof ret_number->digits)
            return false;
        ret_number->digits[ret_number->count++] = (char)text.data[i];
    }
    if (i < text.length && (text.data[i] == 'e' || text.data[i] == 'E')) {
        int64_t exponent = 0;
        ret_number->whole = false;
        if (!tg_int64_parse(tg_slice_of(text.data + i + 1, text.length - i - 1), &exponent))
            return false;
        ret_number->scale -= exponent;
        i = text.length;
    }
    if (ret_number->count == 0)
        ret_number->negative = false;
    return i == text.length && text.length > 0;
}

static bool same_digits(const struct number *a, const struct number *b)
{
    return a->negative == b->negative && a->count == b->count && memcmp(a->digits, b->digits, a->count) == 0;
}

static bool same_value(struct tg_slice a, struct tg_slice b)
{
    double left = 0;
    double right = 0;
    return tg_double_parse(a, &left) && tg_double_parse(b, &right) && fabs(left - right) <= 1e-6;
}

/* 3.00 -> 3; a fraction that is not 0 stays. */
static void drop_fraction(struct number *number)
{
    while (number->scale > 0 && (number->count == 0 || number->digits[number->count - 1] == '0')) {
        number->count -= number->count > 0;
        number->scale--;
    }
}

/* Texts of the same DOUBLE: Java before version 19 wrote some of them with a digit too many. */
static bool same_double(struct tg_slice a, struct tg_slice b)
{
    double left = 0;
    double right = 0;
    return memchr(a.data, 'E', a.length) != NULL && memchr(b.data, 'E', b.length) != NULL &&
           tg_double_parse(a, &left) && tg_double_parse(b, &right) && left == right;
}

static bool numbers_fit(struct tg_slice expected, struct tg_slice actual,
                        const struct tg_test_compare_options *options)
{
    struct number left;
    struct number right;
    if (options->loose_numbers)
        return same_value(expected, actual);
    if (!read_number(expected, &left) || !read_number(actual, &right))
        return tg_slice_equal(expected, actual);
    if (left.whole && !right.whole && right.scale <= 0) { /* 10 fits 1E1 */
        while (right.scale < 0 && right.count > 0 && right.count < sizeof right.digits) {
            right.digits[right.count++] = '0';
            right.scale++;
        }
        return same_digits(&left, &right);
    }
    if (right.whole && !left.whole) /* integers are compared by value: 3.0 fits 3 */
        drop_fraction(&left);
    return (left.scale == right.scale && same_digits(&left, &right)) || same_double(expected, actual);
}

/* ---- trees ---- */

const struct tg_json_tree *tg_test_json_member(const struct tg_json_tree *object, struct tg_slice name)
{
    for (uint32_t i = 0; i < object->count; i++)
        if (tg_slice_equal(object->names[i], name))
            return object->items[i];
    for (uint32_t i = 0; i < object->count; i++) {
        bool same = object->names[i].length == name.length;
        for (size_t at = 0; same && at < name.length; at++)
            same = object->names[i].data[at] == toupper(name.data[at]);
        if (same)
            return object->items[i];
    }
    return NULL;
}

static bool members_fit(struct tg_arena *arena, const struct tg_json_tree *expected,
                        const struct tg_json_tree *actual, const struct tg_test_compare_options *options,
                        const char *path, const char **ret_where)
{
    for (uint32_t i = 0; i < expected->count; i++) {
        const char *inner = tg_arena_printf(arena, "%s.%.*s", path, TG_SLICE_FORMAT(expected->names[i]));
        const struct tg_json_tree *member = tg_test_json_member(actual, expected->names[i]);
        if (member == NULL && expected->items[i]->kind == TG_JSON_TREE_NULL)
            continue; /* no member is as good as null */
        if (member == NULL) {
            *ret_where = inner;
            return false;
        }
        if (!tg_test_json_fits(arena, expected->items[i], member, options, inner, ret_where))
            return false;
    }
    if (expected->count == actual->count)
        return true;
    *ret_where =
        tg_arena_printf(arena, "%s (%u members instead of %u)", path, actual->count, expected->count);
    return false;
}

static bool elements_fit(struct tg_arena *arena, const struct tg_json_tree *expected,
                         const struct tg_json_tree *actual, const struct tg_test_compare_options *options,
                         const char *path, const char **ret_where)
{
    for (uint32_t i = 0; i < expected->count && i < actual->count; i++)
        if (!tg_test_json_fits(arena, expected->items[i], actual->items[i], options,
                               tg_arena_printf(arena, "%s[%u]", path, i), ret_where))
            return false;
    if (expected->count == actual->count)
        return true;
    *ret_where =
        tg_arena_printf(arena, "%s (%u elements instead of %u)", path, actual->count, expected->count);
    return false;
}

bool tg_test_json_fits(struct tg_arena *arena, const struct tg_json_tree *expected,
                       const struct tg_json_tree *actual, const struct tg_test_compare_options *options,
                       const char *path, const char **ret_where)
{
    *ret_where = path;
    if (expected->kind == TG_JSON_TREE_STRING && actual->kind == TG_JSON_TREE_NUMBER) {
        struct number number; /* a text stands for a decimal */
        return read_number(actual->text, &number) && !number.whole &&
               numbers_fit(expected->text, actual->text, options);
    }
    if (expected->kind != actual->kind)
        return false;
    switch (expected->kind) {
    case TG_JSON_TREE_NUMBER:
        return numbers_fit(expected->text, actual->text, options);
    case TG_JSON_TREE_STRING:
        return tg_slice_equal(expected->text, actual->text);
    case TG_JSON_TREE_OBJECT:
        return members_fit(arena, expected, actual, options, path, ret_where);
    case TG_JSON_TREE_ARRAY:
        return elements_fit(arena, expected, actual, options, path, ret_where);
    case TG_JSON_TREE_NULL:
    case TG_JSON_TREE_FALSE:
    case TG_JSON_TREE_TRUE:
        return true;
    }
    return false;
}

/* ---- records ---- */

static bool window_fits(const struct tg_json_tree *window, const struct tg_test_row *actual)
{
    if (tg_json_tree_is_null(window))
        return true;
    const char *type = tg_json_tree_text(tg_json_tree_get(window, "type"));
    bool session = type != NULL && strcasecmp(type, "session") == 0;
    int64_t start = tg_json_tree_int64(tg_json_tree_get(window, "start"), -1);
    int64_t end = tg_json_tree_int64(tg_json_tree_get(window, "end"), -1);
    return actual->window_start_ms == start && (!session || actual->window_end_ms == end);
}

static bool headers_fit(struct tg_arena *arena, const struct tg_json_tree *expected,
                        const struct tg_test_row *actual)
{
    if (tg_json_tree_count(expected) != actual->header_count)
        return false;
    const struct tg_header *headers = tg_test_headers(arena, expected);
    for (uint32_t i = 0; i < actual->header_count; i++)
        if (!tg_slice_equal(headers[i].name, actual->headers[i].name) ||
            (headers[i].value.data == NULL) != (actual->headers[i].value.data == NULL) ||
            !tg_slice_equal(headers[i].value, actual->headers[i].value))
            return false;
    return true;
}

static const struct tg_json_tree json_null = {.kind = TG_JSON_TREE_NULL, .raw = {(const uint8_t *)"null", 4}};

static const struct tg_json_tree *member_or_null(const struct tg_json_tree *object, const char *name)
{
    const struct tg_json_tree *member = tg_json_tree_get(object, name);
    return member == NULL ? &json_null : member;
}

bool tg_test_row_fits(struct tg_arena *arena, const struct tg_json_tree *expected,
                      const struct tg_test_row *actual, const struct tg_test_compare_options *options,
                      const char **ret_where)
{
    const struct tg_json_tree *timestamp = tg_json_tree_get(expected, "timestamp");
    int64_t time = tg_json_tree_int64(timestamp, 0);
    if (!tg_test_json_fits(arena, member_or_null(expected, "key"), actual->key, options, "key", ret_where))
        return false;
    if (!tg_test_json_fits(arena, member_or_null(expected, "value"), actual->value, options, "value",
                           ret_where))
        return false;
    *ret_where = "timestamp";
    if (!tg_json_tree_is_null(timestamp) && time != actual->timestamp_ms &&
        !(options->any_zero_time && time == 0))
        return false;
    *ret_where = "window";
    if (!window_fits(tg_json_tree_get(expected, "window"), actual))
        return false;
    *ret_where = "headers";
    return headers_fit(arena, tg_json_tree_get(expected, "headers"), actual);
}

/* ---- lines for people ---- */

void tg_test_write_expected(const struct tg_json_tree *expected, struct tg_buffer *out)
{
    static const char *const behind[] = {"timestamp", "window", "headers"};
    tg_json_tree_write(tg_json_tree_get(expected, "key"), out);
    tg_buffer_append_text(out, " = ");
    tg_json_tree_write(tg_json_tree_get(expected, "value"), out);
    for (size_t i = 0; i < sizeof behind / sizeof *behind; i++) {
        const struct tg_json_tree *member = tg_json_tree_get(expected, behind[i]);
        if (tg_json_tree_is_null(member))
            continue;
        tg_buffer_printf(out, " %s ", behind[i]);
        tg_json_tree_write(member, out);
    }
}

void tg_test_write_row(const struct tg_test_row *row, struct tg_buffer *out)
{
    tg_json_tree_write(row->key, out);
    tg_buffer_append_text(out, " = ");
    tg_json_tree_write(row->value, out);
    tg_buffer_printf(out, " timestamp %lld", (long long)row->timestamp_ms);
    if (row->window_start_ms >= 0)
        tg_buffer_printf(out, " window %lld..%lld", (long long)row->window_start_ms,
                         (long long)row->window_end_ms);
    for (uint32_t i = 0; i < row->header_count; i++)
        tg_buffer_printf(out, "%s%.*s=%.*s", i == 0 ? " headers " : ",",
                         TG_SLICE_FORMAT(row->headers[i].name), TG_SLICE_FORMAT(row->headers[i].value));
}
