/* serde/registry/wire.h: where the id of a record's schema stands: before the record or in a header, each as
 * 0 and four bytes of id, or 1 and the 16 bytes of a GUID. Thread: any. */
#pragma once

#include "serde/format.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { TG_WIRE_PREFIX_BYTES = 5 };

struct tg_wire_record {
    int32_t id;              /* of tg_registry_ask; 0: there is none, or it is unusable */
    struct tg_slice payload; /* behind the prefix */
    struct tg_slice rest;    /* of the header behind its id (PROTOBUF: message indexes) */
    bool in_header;
    const char *fault; /* why there is no id, as a message for the record; NULL: there is one */
};

/* Record `index` of the call. The header counts before the prefix. Its data must not be NULL. */
struct tg_wire_record tg_wire_read(struct tg_registry *registry, const struct tg_decode_call *call,
                                   uint32_t index);

/* What a decoder's `ready` says (serde/format.h): the records up to the first whose schema the decoder does
 * not have and the registry has yet to fetch. `has`: is the schema of that id compiled? */
typedef bool tg_wire_has(const struct tg_decoder *decoder, int32_t id);
uint32_t tg_wire_ready(struct tg_registry *registry, const struct tg_decode_call *call,
                       const struct tg_decoder *decoder, tg_wire_has *has);

static inline void tg_wire_write(struct tg_buffer *out, int32_t id)
{
    tg_buffer_append_byte(out, 0);
    tg_buffer_append_u32(out, (uint32_t)id);
}

#ifdef __cplusplus
}
#endif
