/* serde/json_sr/json_sr.h: what the files of this folder share. Private to serde/json_sr/. */
#pragma once

#include "serde/format.h"

#ifdef __cplusplus
extern "C" {
#endif

extern const struct tg_format tg_format_json_sr;

TG_MUST_CHECK enum tg_code tg_json_sr_decoder_open(const struct tg_format_options *options,
                                                   struct tg_decoder **ret_decoder, struct tg_error *reterr);
/* struct tg_format_schemas */
TG_MUST_CHECK enum tg_code tg_json_sr_schema_write(const struct tg_format_options *options,
                                                   struct tg_buffer *out, struct tg_error *reterr);
TG_MUST_CHECK enum tg_code tg_json_sr_schema_read(struct tg_arena *arena,
                                                  const struct tg_registry_schema *schema,
                                                  const struct tg_format_columns *request,
                                                  const struct tg_type **ret_type, struct tg_error *reterr);

#ifdef __cplusplus
}
#endif
