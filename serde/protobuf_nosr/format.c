/* PROTOBUF_NOSR: messages without ids, of the schema that is made of the columns. */
#include "serde/protobuf/protobuf.h"

extern const struct tg_format tg_format_protobuf_nosr;

static enum tg_code decoder_open(const struct tg_format_options *options, struct tg_decoder **ret_decoder,
                                 struct tg_error *reterr)
{
    struct tg_format_options bare = *options;
    bare.registry = NULL;
    return tg_proto_decoder_open(&bare, ret_decoder, reterr);
}

static enum tg_code encoder_open(const struct tg_format_options *options, struct tg_encoder **ret_encoder,
                                 struct tg_error *reterr)
{
    return tg_proto_encoder_open(options, ret_encoder, reterr);
}

const struct tg_format tg_format_protobuf_nosr = {
    .name = "PROTOBUF_NOSR",
    .features = TG_FORMAT_WRAP | TG_FORMAT_UNWRAP,
    .check = tg_proto_check,
    .decoder_open = decoder_open,
    .encoder_open = encoder_open,
};
