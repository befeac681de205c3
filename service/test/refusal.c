/* A refusal must be made for the reason that the test is about. Messages are our own, so what is compared is
 * what they name: the expected text's words in quotes, its names in capitals and its numbers. */
#include "service/test/run.h"

#include <ctype.h>
#include <string.h>

enum { NAME_LETTERS_MIN = 2 };

/* ksqlDB repeats the statement behind its messages: that is not what is wrong with it. */
static size_t message_length(const char *text)
{
    const char *statement = strstr(text, "\nStatement: ");
    return statement == NULL ? strlen(text) : (size_t)(statement - text);
}

static bool is_name_byte(char byte)
{
    return isalnum((unsigned char)byte) || byte == '_';
}

static bool contains(const char *text, const char *token)
{
    return strcasestr(text, token) != NULL;
}

/* A web address that starts at `at`: its length, 0 if there is none. */
static size_t address_length(const char *at, const char *end)
{
    size_t length = 0;
    if (strncmp(at, "http://", 7) != 0 && strncmp(at, "https://", 8) != 0)
        return 0;
    while (at + length < end && !isspace((unsigned char)at[length]))
        length++;
    return length;
}

/* The end of a quoted word that starts at `at`; NULL: the quote is an apostrophe or is never closed. */
static const char *quoted_end(const char *text, const char *at, const char *end)
{
    if (*at != '\'' && *at != '`' && *at != '"')
        return NULL;
    if (at > text && is_name_byte(at[-1]))
        return NULL;
    for (const char *close = at + 1; close < end; close++)
        if (*close == *at)
            return close;
    return NULL;
}

/* A name in capitals or a number that starts at `at`: its length, 0 if there is none. */
static size_t name_length(const char *at, const char *end)
{
    size_t length = 0;
    bool capitals = true;
    bool digits = true;
    while (at + length < end && is_name_byte(at[length])) {
        capitals = capitals && !islower((unsigned char)at[length]);
        digits = digits && isdigit((unsigned char)at[length]);
        length++;
    }
    return digits || (capitals && length >= NAME_LETTERS_MIN) ? length : 0;
}

bool tg_test_refusal_fits(struct tg_arena *arena, const char *expected, const struct tg_error *error,
                          const char **ret_missing)
{
    uint32_t column = error->place.column; /* the suite counts columns from 0, or from 2 */
    const char *given = tg_arena_printf(arena, "%s %s line %u:%u %u %u", error->message, error->hint,
                                        error->place.line, column, column > 0 ? column - 1 : 0, column + 1);
    const char *end = expected + message_length(expected);
    for (const char *at = expected; at < end;) {
        if (address_length(at, end) > 0) {
            at += address_length(at, end);
            continue;
        }
        const char *close = quoted_end(expected, at, end);
        size_t length = close != NULL ? (size_t)(close - at) - 1 : name_length(at, end);
        const char *start = close != NULL ? at + 1 : at;
        if (length > 0) {
            const char *token = tg_arena_text(arena, tg_slice_of(start, length));
            if (!contains(given, token)) {
                *ret_missing = token;
                return false;
            }
        }
        if (close != NULL) {
            at = close + 1;
        } else if (is_name_byte(*at)) {
            while (at < end && is_name_byte(*at))
                at++;
        } else {
            at++;
        }
    }
    return true;
}
