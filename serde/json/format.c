/* The format's registry entry and what it can carry. */
#include "serde/json/json.h"

/* JSON's member names are strings, so a MAP's keys have to be. */
TG_MUST_CHECK static enum tg_code check_type(const char *column, const struct tg_type *type,
                                             struct tg_error *reterr)
{
    if (type->kind == TG_TYPE_MAP && type->key->kind != TG_TYPE_STRING)
        return tg_fail(reterr, TG_CODE_TYPE,
                       "column %s: JSON cannot carry a MAP with %s keys; its keys must be STRING", column,
                       tg_type_kind_name(type->key->kind));
    if (type->kind == TG_TYPE_DECIMAL && (type->precision < 1 || type->precision > TG_DECIMAL_DIGITS_MAX))
        return tg_fail(reterr, TG_CODE_TYPE,
                       "column %s: a DECIMAL of %u digits; at most %d can be read and written", column,
                       (unsigned)type->precision, TG_DECIMAL_DIGITS_MAX);
    if (type->kind == TG_TYPE_ARRAY || type->kind == TG_TYPE_MAP)
        TG_TRY(check_type(column, type->element, reterr));
    for (uint32_t i = 0; type->kind == TG_TYPE_STRUCT && i < type->field_count; i++)
        TG_TRY(check_type(column, type->fields[i].type, reterr));
    return TG_OK;
}

enum tg_code tg_json_check(const struct tg_format_options *options, struct tg_error *reterr)
{
    if (options->unwrapped && options->column_count != 1)
        return tg_fail(reterr, TG_CODE_TYPE, "only a single column can be written bare, and there are %u",
                       options->column_count);
    if (options->delimiter != 0)
        return tg_fail(reterr, TG_CODE_CONFIG,
                       "JSON has no delimiter; leave it out or choose the format DELIMITED");
    for (uint32_t i = 0; i < options->column_count; i++)
        TG_TRY(check_type(options->columns[i].name, options->columns[i].type, reterr));
    return TG_OK;
}

const struct tg_format tg_format_json = {
    .name = "JSON",
    .features = TG_FORMAT_WRAP | TG_FORMAT_UNWRAP,
    .check = tg_json_check,
    .decoder_open = tg_json_decoder_open,
    .encoder_open = tg_json_encoder_open,
};
