/* expr/text_tools.c: characters of UTF-8 texts. */
#include "expr/text_tools.h"

#include <locale.h>
#include <pthread.h>
#include <wctype.h>

#include "base/text.h"

/* Unicode's cases, independent of the process's locale. Made once, never freed. */
static struct {
    pthread_once_t once;
    locale_t locale;
} unicode = {.once = PTHREAD_ONCE_INIT};

static void make_locale(void)
{
    unicode.locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
}

static locale_t unicode_locale(void)
{
    (void)pthread_once(&unicode.once, make_locale);
    return unicode.locale;
}

uint32_t tg_text_character(struct tg_slice text, size_t *at)
{
    uint32_t lead = text.data[(*at)++];
    if (lead < 0x80)
        return lead;
    uint32_t character = lead >= 0xF0 ? lead & 0x07 : lead >= 0xE0 ? lead & 0x0F : lead & 0x1F;
    while (*at < text.length && (text.data[*at] & 0xC0) == 0x80)
        character = character << 6 | (text.data[(*at)++] & 0x3F);
    return character;
}

void tg_text_append(struct tg_buffer *out, uint32_t character)
{
    uint8_t bytes[4];
    tg_buffer_append(out, bytes, tg_utf8_encode(character, bytes));
}

void tg_text_append_upper(struct tg_buffer *out, uint32_t character)
{
    enum { SHARP_S = 0xDF };
    if (character < 0x80)
        tg_buffer_append_byte(
            out, (uint8_t)(character >= 'a' && character <= 'z' ? character - 'a' + 'A' : character));
    else if (character == SHARP_S)
        tg_buffer_append_text(out, "SS");
    else if (unicode_locale() != (locale_t)0)
        tg_text_append(out, (uint32_t)towupper_l((wint_t)character, unicode_locale()));
    else
        tg_text_append(out, character);
}

void tg_text_append_lower(struct tg_buffer *out, uint32_t character)
{
    enum { BIG_DOTTED_I = 0x130, DOT_ABOVE = 0x307 };
    if (character < 0x80) {
        tg_buffer_append_byte(
            out, (uint8_t)(character >= 'A' && character <= 'Z' ? character - 'A' + 'a' : character));
    } else if (character == BIG_DOTTED_I) {
        tg_buffer_append_byte(out, 'i');
        tg_text_append(out, DOT_ABOVE);
    } else if (unicode_locale() != (locale_t)0) {
        tg_text_append(out, (uint32_t)towlower_l((wint_t)character, unicode_locale()));
    } else {
        tg_text_append(out, character);
    }
}

enum tg_text_class tg_text_class_of(uint32_t character)
{
    if (character >= '0' && character <= '9')
        return TG_TEXT_DIGIT;
    if (character < 0x80)
        return character >= 'A' && character <= 'Z'   ? TG_TEXT_UPPER
               : character >= 'a' && character <= 'z' ? TG_TEXT_LOWER
                                                      : TG_TEXT_OTHER;
    locale_t locale = unicode_locale();
    if (locale == (locale_t)0)
        return TG_TEXT_OTHER;
    if (iswupper_l((wint_t)character, locale) != 0)
        return TG_TEXT_UPPER;
    return iswlower_l((wint_t)character, locale) != 0 ? TG_TEXT_LOWER : TG_TEXT_OTHER;
}

size_t tg_text_units(struct tg_slice text)
{
    size_t units = 0;
    for (size_t i = 0; i < text.length; i++)
        units += ((text.data[i] & 0xC0) != 0x80 ? 1U : 0U) + (text.data[i] >= 0xF0 ? 1U : 0U);
    return units;
}

size_t tg_text_offset(struct tg_slice text, size_t units)
{
    size_t at = 0;
    while (at < text.length) {
        size_t next = at;
        size_t taken = tg_text_character(text, &next) >= 0x10000 ? 2 : 1;
        if (taken > units)
            break;
        units -= taken;
        at = next;
    }
    return at;
}

size_t tg_text_find(struct tg_slice text, size_t from, struct tg_slice part)
{
    if (from > text.length || part.length > text.length - from)
        return SIZE_MAX;
    if (part.length == 0)
        return from;
    const uint8_t *found =
        (const uint8_t *)memmem(text.data + from, text.length - from, part.data, part.length);
    return found == NULL ? SIZE_MAX : (size_t)(found - text.data);
}

int tg_text_hex_digit(uint8_t byte)
{
    if (byte >= '0' && byte <= '9')
        return byte - '0';
    if (byte >= 'a' && byte <= 'f')
        return byte - 'a' + 10;
    return byte >= 'A' && byte <= 'F' ? byte - 'A' + 10 : -1;
}
