#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct code_entry {
    enum tg_code code;
    const char *name;
    const char *meaning;
};

static const struct code_entry code_entries[] = {
#define X(name, number, meaning) {TG_CODE_##name, #name, meaning},
#include "base/codes.inc"
#undef X
};

static const struct code_entry *find_code(enum tg_code code)
{
    for (size_t i = 0; i < sizeof code_entries / sizeof code_entries[0]; i++) {
        if (code_entries[i].code == code)
            return &code_entries[i];
    }
    return NULL;
}

/* Where a text that was cut at `length` bytes ends without half a character. */
static size_t whole_characters(const char *text, size_t length)
{
    size_t start = length;
    while (start > 0 && length - start < 4 && ((unsigned char)text[start - 1] & 0xC0) == 0x80)
        start--;
    if (start == 0)
        return length;
    unsigned char lead = (unsigned char)text[start - 1];
    size_t wanted = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
    return length - (start - 1) < wanted ? start - 1 : length;
}

/* The text is put together beside its target: an argument may be the old content of the target. */
__attribute__((format(printf, 3, 0))) static void put_text(char *target, size_t size, const char *format,
                                                           va_list arguments)
{
    char text[sizeof((struct tg_error *)0)->message];
    int wanted = vsnprintf(text, size, format, arguments);
    size_t length = strlen(text);
    if (wanted >= 0 && (size_t)wanted > length)
        length = whole_characters(text, length);
    memcpy(target, text, length);
    target[length] = '\0';
}

enum tg_code tg_fail(struct tg_error *reterr, enum tg_code code, const char *format, ...)
{
    if (reterr == NULL)
        return code;
    va_list arguments;
    va_start(arguments, format);
    put_text(reterr->message, sizeof reterr->message, format, arguments);
    va_end(arguments);
    reterr->code = code;
    reterr->retriable = false;
    reterr->fatal = false;
    reterr->place = (struct tg_place){0};
    reterr->hint[0] = '\0';
    return code;
}

enum tg_code tg_fail_at(struct tg_error *reterr, enum tg_code code, struct tg_place place, const char *format,
                        ...)
{
    if (reterr == NULL)
        return code;
    va_list arguments;
    va_start(arguments, format);
    put_text(reterr->message, sizeof reterr->message, format, arguments);
    va_end(arguments);
    reterr->code = code;
    reterr->retriable = false;
    reterr->fatal = false;
    reterr->place = place;
    reterr->hint[0] = '\0';
    return code;
}

enum tg_code tg_fail_hint(struct tg_error *reterr, const char *format, ...)
{
    if (reterr == NULL)
        return TG_CODE_INTERNAL;
    va_list arguments;
    va_start(arguments, format);
    put_text(reterr->hint, sizeof reterr->hint, format, arguments);
    va_end(arguments);
    return reterr->code;
}

enum tg_code tg_fail_context(struct tg_error *reterr, const char *format, ...)
{
    if (reterr == NULL)
        return TG_CODE_INTERNAL;
    char text[sizeof reterr->message];
    va_list arguments;
    va_start(arguments, format);
    put_text(text, sizeof text, format, arguments);
    va_end(arguments);

    size_t length = strlen(text);
    size_t room = sizeof reterr->message - 1;
    if (length + 2 > room)
        return reterr->code;
    size_t kept = strlen(reterr->message);
    if (length + 2 + kept > room)
        kept = whole_characters(reterr->message, room - length - 2);
    memmove(reterr->message + length + 2, reterr->message, kept);
    memcpy(reterr->message, text, length);
    memcpy(reterr->message + length, ": ", 2);
    reterr->message[length + 2 + kept] = '\0';
    return reterr->code;
}

const char *tg_code_name(enum tg_code code)
{
    const struct code_entry *entry = find_code(code);
    return entry == NULL ? "INTERNAL" : entry->name;
}

const char *tg_code_meaning(enum tg_code code)
{
    const struct code_entry *entry = find_code(code);
    return entry == NULL ? "a bug" : entry->meaning;
}

const char *tg_code_label(enum tg_code code, char label[8])
{
    snprintf(label, 8, "T%04u", (unsigned)code % 10000);
    return label;
}

void tg_panic(const char *file, int line, const char *format, ...)
{
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    fprintf(stderr, "turgo: %s:%d: %s\n", file, line, text);
    abort();
}
