/* NONE: no columns; bytes that are there are not looked at, and none are written. For keys that nobody needs.
 */
#include "serde/format.h"
#include "base/memory.h"

extern const struct tg_format tg_format_none;

static void decode(struct tg_decoder *self, struct tg_decode_call *call)
{
    (void)self; /* nothing to keep */
    call->error_count = 0;
    if (call->nulls != NULL)
        memset(call->nulls, 1, call->count);
}

static enum tg_code encode(struct tg_encoder *self, struct tg_encode_call *call, struct tg_error *reterr)
{
    (void)self;
    (void)reterr;
    memset(call->nulls, 1, call->row_count);
    for (uint32_t i = 0; i < call->row_count; i++)
        call->ends[i] = call->out->length;
    return TG_OK;
}

static void close_decoder(struct tg_decoder *self)
{
    tg_free(self);
}

static void close_encoder(struct tg_encoder *self)
{
    tg_free(self);
}

static enum tg_code check(const struct tg_format_options *options, struct tg_error *reterr)
{
    if (options->column_count > 0)
        return tg_fail(reterr, TG_CODE_TYPE,
                       "column %s: NONE carries no columns; choose another format or leave the column out",
                       options->columns[0].name);
    if (options->delimiter != 0)
        return tg_fail(reterr, TG_CODE_CONFIG,
                       "NONE has no delimiter; leave it out or choose the format DELIMITED");
    return TG_OK;
}

static enum tg_code decoder_open(const struct tg_format_options *options, struct tg_decoder **ret_decoder,
                                 struct tg_error *reterr)
{
    TG_TRY(check(options, reterr));
    *ret_decoder = tg_alloc_zero(1, sizeof **ret_decoder);
    **ret_decoder = (struct tg_decoder){.decode = decode, .close = close_decoder};
    return TG_OK;
}

static enum tg_code encoder_open(const struct tg_format_options *options, struct tg_encoder **ret_encoder,
                                 struct tg_error *reterr)
{
    TG_TRY(check(options, reterr));
    *ret_encoder = tg_alloc_zero(1, sizeof **ret_encoder);
    **ret_encoder = (struct tg_encoder){.encode = encode, .close = close_encoder};
    return TG_OK;
}

const struct tg_format tg_format_none = {
    .name = "NONE",
    .features = 0,
    .check = check,
    .decoder_open = decoder_open,
    .encoder_open = encoder_open,
};
