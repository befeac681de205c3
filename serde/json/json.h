/* serde/json/json.h: what the files of this folder share. Private to serde/json/. */
#pragma once

#include "serde/format.h"

#ifdef __cplusplus
extern "C" {
#endif

extern const struct tg_format tg_format_json;

TG_MUST_CHECK enum tg_code tg_json_decoder_open(const struct tg_format_options *options,
                                                struct tg_decoder **ret_decoder, struct tg_error *reterr);
TG_MUST_CHECK enum tg_code tg_json_encoder_open(const struct tg_format_options *options,
                                                struct tg_encoder **ret_encoder, struct tg_error *reterr);

#ifdef __cplusplus
}
#endif
