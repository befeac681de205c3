/* serde/avro/avro.h: what the files of this folder share. Private to serde/avro/. */
#pragma once

#include "serde/avro/schema.h"
#include "serde/format.h"

#ifdef __cplusplus
extern "C" {
#endif

extern const struct tg_format tg_format_avro;

TG_MUST_CHECK enum tg_code tg_avro_decoder_open(const struct tg_format_options *options,
                                                struct tg_decoder **ret_decoder, struct tg_error *reterr);
TG_MUST_CHECK enum tg_code tg_avro_encoder_open(const struct tg_format_options *options,
                                                struct tg_encoder **ret_encoder, struct tg_error *reterr);

/* A schema of a registry with the schemas that it refers to. Errors: as tg_avro_schema_parse. */
TG_MUST_CHECK enum tg_code tg_avro_parse_registered(struct tg_arena *arena,
                                                    const struct tg_registry_schema *schema,
                                                    const struct tg_avro_schema **ret_schema,
                                                    struct tg_error *reterr);
/* The schema that records without ids are read by, or that rows are written by: options->writer, or the one
 * that is made of the columns. */
TG_MUST_CHECK enum tg_code tg_avro_options_schema(struct tg_arena *arena,
                                                  const struct tg_format_options *options,
                                                  const struct tg_avro_schema **ret_schema,
                                                  struct tg_error *reterr);

#ifdef __cplusplus
}
#endif
