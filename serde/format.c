#include "serde/format.h"

#include <stdio.h>

/* The formats are the folders beside this file: the build lists them. */
#define X(symbol) extern const struct tg_format symbol;
#include "serde/formats.inc"
#undef X

static const struct tg_format *const formats[] = {
#define X(symbol) &symbol,
#include "serde/formats.inc"
#undef X
    NULL,
};

const struct tg_format *tg_format_at(size_t index)
{
    return index < sizeof formats / sizeof *formats ? formats[index] : NULL;
}

enum tg_code tg_format_find(struct tg_slice name, const struct tg_format **ret_format,
                            struct tg_error *reterr)
{
    char known[256] = "";
    size_t length = 0;
    for (size_t i = 0; formats[i] != NULL; i++) {
        if (tg_slice_equal_nocase(name, tg_slice_text(formats[i]->name))) {
            *ret_format = formats[i];
            return TG_OK;
        }
        int written =
            snprintf(known + length, sizeof known - length, "%s%s", i > 0 ? ", " : "", formats[i]->name);
        if (written > 0 && (size_t)written < sizeof known - length)
            length += (size_t)written;
    }
    (void)tg_fail(reterr, TG_CODE_UNKNOWN_NAME, "there is no format '%.*s'", TG_SLICE_FORMAT(name));
    return tg_fail_hint(reterr, "the formats are %s", known);
}
