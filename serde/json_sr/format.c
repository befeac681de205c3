/* The format's registry entry. */
#include "serde/json/json.h"
#include "serde/json_sr/json_sr.h"

static enum tg_code encoder_open(const struct tg_format_options *options, struct tg_encoder **ret_encoder,
                                 struct tg_error *reterr)
{
    return tg_json_encoder_open_with(TG_JSON_MAPS_ENTRIES, options, ret_encoder, reterr);
}

static const struct tg_format_schemas schemas = {
    .type = TG_REGISTRY_JSON,
    .write = tg_json_sr_schema_write,
    .read = tg_json_sr_schema_read,
};

const struct tg_format tg_format_json_sr = {
    .name = "JSON_SR",
    .features = TG_FORMAT_WRAP | TG_FORMAT_UNWRAP | TG_FORMAT_INFERENCE,
    .schemas = &schemas,
    .check = tg_json_check,
    .decoder_open = tg_json_sr_decoder_open,
    .encoder_open = encoder_open,
};
