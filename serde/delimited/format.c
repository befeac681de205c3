/* The format's registry entry and what it can carry. */
#include "serde/delimited/delimited.h"

static enum tg_code check(const struct tg_format_options *options, struct tg_error *reterr)
{
    char delimiter = options->delimiter;
    if (delimiter < 0 || delimiter == '"' || delimiter == '\n' || delimiter == '\r')
        return tg_fail(
            reterr, TG_CODE_CONFIG,
            "byte 0x%02x cannot be the delimiter; take one ASCII character that is no quote and no line end",
            (unsigned)(uint8_t)options->delimiter);
    for (uint32_t i = 0; i < options->column_count; i++) {
        const struct tg_type *type = options->columns[i].type;
        const char *name = options->columns[i].name;
        if (tg_type_is_nested(type))
            return tg_fail(reterr, TG_CODE_TYPE, "column %s: DELIMITED cannot carry %s; JSON can", name,
                           tg_type_kind_name(type->kind));
        if (type->kind == TG_TYPE_DECIMAL && (type->precision < 1 || type->precision > TG_DECIMAL_DIGITS_MAX))
            return tg_fail(reterr, TG_CODE_TYPE,
                           "column %s: a DECIMAL of %u digits; at most %d can be read and written", name,
                           (unsigned)type->precision, TG_DECIMAL_DIGITS_MAX);
    }
    return TG_OK;
}

const struct tg_format tg_format_delimited = {
    .name = "DELIMITED",
    .features = TG_FORMAT_UNWRAP,
    .check = check,
    .decoder_open = tg_delimited_decoder_open,
    .encoder_open = tg_delimited_encoder_open,
};
