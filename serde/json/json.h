/* serde/json/json.h: what the files of this folder share, and what JSON_SR has of it. Private to serde/json/
 * and serde/json_sr/. */
#pragma once

#include "serde/format.h"

#ifdef __cplusplus
extern "C" {
#endif

extern const struct tg_format tg_format_json;

/* Maps as lists of {"key": ..., "value": ...}: Connect's converter writes those whose keys may be null so. */
enum tg_json_maps {
    TG_JSON_MAPS_OBJECTS, /* read and written as objects */
    TG_JSON_MAPS_ENTRIES, /* written as lists, read as either */
};
TG_MUST_CHECK enum tg_code tg_json_check(const struct tg_format_options *options, struct tg_error *reterr);
TG_MUST_CHECK enum tg_code tg_json_decoder_open_with(enum tg_json_maps maps,
                                                     const struct tg_format_options *options,
                                                     struct tg_decoder **ret_decoder,
                                                     struct tg_error *reterr);
/* The id of options->writer goes before each record. */
TG_MUST_CHECK enum tg_code tg_json_encoder_open_with(enum tg_json_maps maps,
                                                     const struct tg_format_options *options,
                                                     struct tg_encoder **ret_encoder,
                                                     struct tg_error *reterr);

TG_MUST_CHECK enum tg_code tg_json_decoder_open(const struct tg_format_options *options,
                                                struct tg_decoder **ret_decoder, struct tg_error *reterr);
TG_MUST_CHECK enum tg_code tg_json_encoder_open(const struct tg_format_options *options,
                                                struct tg_encoder **ret_encoder, struct tg_error *reterr);

#ifdef __cplusplus
}
#endif
