/* Feeds a .properties text to its reader. What it reads is written with escapes, and must be read again as
 * the same. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/properties.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_escaped(const char *text, struct tg_buffer *out)
{
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text < 0x20)
            tg_buffer_printf(out, "\\u%04x", (unsigned)*text);
        else if (strchr(" =:#!\\", *text) != NULL)
            tg_buffer_printf(out, "\\%c", *text);
        else
            tg_buffer_append_byte(out, (uint8_t)*text);
    }
}

static void check_round_trip(const struct tg_properties *properties)
{
    struct tg_buffer text = {0};
    struct tg_error error = {0};
    tg_buffer_append_byte(&text, '\n'); /* so that a key that begins with U+FEFF is no byte order mark */
    for (size_t i = 0; i < tg_properties_count(properties); i++) {
        write_escaped(tg_properties_key(properties, i), &text);
        tg_buffer_append_byte(&text, '=');
        write_escaped(tg_properties_value(properties, i), &text);
        tg_buffer_append_byte(&text, '\n');
    }
    struct tg_properties *again = tg_properties_new();
    if (tg_properties_parse(again, tg_buffer_slice(&text), "again", &error) != TG_OK) {
        fprintf(stderr, "%s\n", error.message);
        abort();
    }
    if (tg_properties_count(again) != tg_properties_count(properties))
        abort();
    for (size_t i = 0; i < tg_properties_count(again); i++) {
        if (strcmp(tg_properties_key(again, i), tg_properties_key(properties, i)) != 0 ||
            strcmp(tg_properties_value(again, i), tg_properties_value(properties, i)) != 0)
            abort();
    }
    tg_properties_free(again);
    tg_buffer_done(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tg_properties *properties = tg_properties_new();
    struct tg_error error = {0};
    enum tg_code code = tg_properties_parse(properties, tg_slice_of(data, size), "fuzz", &error);
    if (code != TG_OK && (code != TG_CODE_CONFIG || error.place.line == 0 || error.place.offset >= size))
        abort();
    check_round_trip(properties);
    tg_properties_free(properties);
    return 0;
}
