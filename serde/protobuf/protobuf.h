/* serde/protobuf/protobuf.h: what the files of this folder share. Private to serde/protobuf/ and
 * serde/protobuf_nosr/. */
#pragma once

#include "serde/format.h"
#include "serde/protobuf/schema.h"

#ifdef __cplusplus
extern "C" {
#endif

extern const struct tg_format tg_format_protobuf;

TG_MUST_CHECK enum tg_code tg_proto_check(const struct tg_format_options *options, struct tg_error *reterr);
TG_MUST_CHECK enum tg_code tg_proto_decoder_open(const struct tg_format_options *options,
                                                 struct tg_decoder **ret_decoder, struct tg_error *reterr);
TG_MUST_CHECK enum tg_code tg_proto_encoder_open(const struct tg_format_options *options,
                                                 struct tg_encoder **ret_encoder, struct tg_error *reterr);
/* Appends the .proto text of the columns. */
TG_MUST_CHECK enum tg_code tg_proto_schema_write(const struct tg_format_options *options,
                                                 struct tg_buffer *out, struct tg_error *reterr);
/* The type of a message: a STRUCT, or what a well-known message means. *ret_type NULL: it has no field that
 * fits. */
TG_MUST_CHECK enum tg_code tg_proto_type_of(struct tg_arena *arena, const struct tg_proto_message *message,
                                            bool keeps_case, const struct tg_type **ret_type,
                                            struct tg_error *reterr);
/* The field of a STRUCT that stands for a oneof: its name, _ and its number. */
const char *tg_proto_oneof_name(struct tg_arena *arena, const struct tg_proto_message *message,
                                uint32_t oneof);
/* options->writer, or the schema that is made of the columns. */
TG_MUST_CHECK enum tg_code tg_proto_options_file(struct tg_arena *arena,
                                                 const struct tg_format_options *options,
                                                 const struct tg_proto_file **ret_file,
                                                 struct tg_error *reterr);

#ifdef __cplusplus
}
#endif
