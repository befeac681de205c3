/* Takes the id off each record and leaves the rest to JSON. The writer's schema is not needed: members are
 * found by name, and a value must fit its column whoever has written it. */
#include "base/memory.h"
#include "serde/json/json.h"
#include "serde/json_sr/json_sr.h"
#include "serde/registry/wire.h"

struct json_sr_decoder {
    struct tg_decoder base; /* first: a json_sr_decoder is a tg_decoder */
    struct tg_decoder *json;
    struct tg_registry *registry;
    struct tg_slice *payloads;
    struct tg_decode_error *faults; /* of records without an id */
    size_t payload_capacity, fault_capacity;
};

/* Fills payloads and faults; a record with a fault becomes one without bytes. */
static uint32_t take_ids(struct json_sr_decoder *decoder, const struct tg_decode_call *call)
{
    uint32_t fault_count = 0;
    tg_grow((void **)&decoder->payloads, &decoder->payload_capacity, call->count, sizeof *decoder->payloads);
    tg_grow((void **)&decoder->faults, &decoder->fault_capacity, call->count, sizeof *decoder->faults);
    for (uint32_t row = 0; row < call->count; row++) {
        decoder->payloads[row] = call->records[row];
        if (call->records[row].data == NULL)
            continue;
        struct tg_wire_record record = tg_wire_read(decoder->registry, call, row);
        decoder->payloads[row] = record.payload;
        if (record.fault == NULL)
            continue;
        decoder->payloads[row] = tg_slice_of(NULL, 0);
        decoder->faults[fault_count++] = (struct tg_decode_error){row, TG_CODE_DECODE, record.fault};
    }
    return fault_count;
}

/* Both lists ascend; no row is in both. */
static void add_faults(struct json_sr_decoder *decoder, struct tg_decode_call *call, uint32_t fault_count)
{
    uint32_t from = call->error_count;
    uint32_t to = call->error_count + fault_count;
    call->error_count = to;
    while (fault_count > 0) {
        bool take = from == 0 || decoder->faults[fault_count - 1].row > call->errors[from - 1].row;
        call->errors[--to] = take ? decoder->faults[--fault_count] : call->errors[--from];
    }
}

static void decode(struct tg_decoder *self, struct tg_decode_call *call)
{
    struct json_sr_decoder *decoder = (struct json_sr_decoder *)self;
    struct tg_decode_call inner = *call;
    uint32_t fault_count = 0;
    if (decoder->registry != NULL) {
        fault_count = take_ids(decoder, call);
        inner.records = decoder->payloads;
    }
    decoder->json->decode(decoder->json, &inner);
    call->error_count = inner.error_count;
    add_faults(decoder, call, fault_count);
}

static void close_decoder(struct tg_decoder *self)
{
    struct json_sr_decoder *decoder = (struct json_sr_decoder *)self;
    tg_decoder_close(decoder->json);
    tg_free(decoder->payloads);
    tg_free(decoder->faults);
    tg_free(decoder);
}

enum tg_code tg_json_sr_decoder_open(const struct tg_format_options *options, struct tg_decoder **ret_decoder,
                                     struct tg_error *reterr)
{
    struct tg_decoder *json = NULL;
    TG_TRY(tg_json_decoder_open_with(TG_JSON_MAPS_ENTRIES, options, &json, reterr));
    struct json_sr_decoder *decoder = tg_alloc_zero(1, sizeof *decoder);
    decoder->base = (struct tg_decoder){.decode = decode, .close = close_decoder};
    decoder->json = json;
    decoder->registry = options->registry;
    *ret_decoder = &decoder->base;
    return TG_OK;
}
