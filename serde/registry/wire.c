#include "serde/registry/wire.h"

enum { GUID_BYTES = 16, HEADER_ID_BYTES = 5, HEADER_GUID_BYTES = 17 };

/* `header` may be the record itself: what is behind the id is then its payload. */
static struct tg_wire_record read_header(struct tg_registry *registry, struct tg_slice header,
                                         struct tg_slice record)
{
    struct tg_wire_record result = {.payload = record, .in_header = true};
    size_t used = 0;
    if (header.length >= HEADER_GUID_BYTES && header.data[0] == 1) {
        used = HEADER_GUID_BYTES;
        result.id = tg_registry_guid(registry, header.data + 1);
        if (result.id == 0)
            result.fault = "the header names one more schema GUID than can be kept";
    } else if (header.length >= HEADER_ID_BYTES && header.data[0] == 0) {
        used = HEADER_ID_BYTES;
        result.id = (int32_t)tg_load_u32(header.data + 1);
    }
    result.rest = tg_slice_of(header.data + used, header.length - used);
    if (result.fault == NULL && (used == 0 || (used == HEADER_ID_BYTES && result.id <= 0)))
        result.fault = "the header for the schema has neither 0 and an id of four bytes nor 1 and a GUID";
    if (result.fault != NULL)
        result.id = 0;
    return result;
}

struct tg_wire_record tg_wire_read(struct tg_registry *registry, const struct tg_decode_call *call,
                                   uint32_t index)
{
    struct tg_slice record = call->records[index];
    if (call->schema_headers != NULL && call->schema_headers[index].data != NULL)
        return read_header(registry, call->schema_headers[index], record);
    struct tg_wire_record result = {.payload = record};
    if (record.length >= HEADER_GUID_BYTES && record.data[0] == 1) {
        result = read_header(registry, record, record);
        result.payload = result.rest;
        result.rest = tg_slice_of(NULL, 0);
        result.in_header = false;
        return result;
    }
    if (record.length < TG_WIRE_PREFIX_BYTES) {
        result.fault = "too short for a schema id: a zero byte and four bytes of id are needed first";
        return result;
    }
    result.id = (int32_t)tg_load_u32(record.data + 1);
    if (record.data[0] != 0)
        result.fault = "no schema id: the first byte is not zero";
    else if (result.id <= 0)
        result.fault = "the schema id before the record is not above zero";
    if (result.fault != NULL)
        result.id = 0;
    else
        result.payload =
            tg_slice_of(record.data + TG_WIRE_PREFIX_BYTES, record.length - TG_WIRE_PREFIX_BYTES);
    return result;
}

uint32_t tg_wire_ready(struct tg_registry *registry, const struct tg_decode_call *call,
                       const struct tg_decoder *decoder, tg_wire_has *has)
{
    int32_t last = 0; /* no schema has it */
    for (uint32_t row = 0; row < call->count; row++) {
        if (call->records[row].data == NULL)
            continue;
        struct tg_wire_record record = tg_wire_read(registry, call, row);
        if (record.fault != NULL || record.id == last)
            continue;
        if (!has(decoder, record.id) && tg_registry_ask(registry, record.id) == TG_REGISTRY_ASKED)
            return row;
        last = record.id;
    }
    return call->count;
}
