#include "topology/rows/schema_id.h"

#include "base/memory.h"

bool tg_is_schema_header(struct tg_slice name)
{
    return tg_slice_is(name, TG_VALUE_SCHEMA_HEADER) || tg_slice_is(name, TG_KEY_SCHEMA_HEADER);
}

struct tg_header_list tg_without_schema_headers(struct tg_header_list list, struct tg_header **copies,
                                                size_t *capacity)
{
    uint32_t first = 0;
    while (first < list.count && !tg_is_schema_header(list.headers[first].name))
        first++;
    if (first == list.count)
        return list;
    tg_grow((void **)copies, capacity, list.count, sizeof **copies);
    uint32_t count = 0;
    for (uint32_t i = 0; i < list.count; i++)
        if (!tg_is_schema_header(list.headers[i].name))
            (*copies)[count++] = list.headers[i];
    return (struct tg_header_list){*copies, count};
}

/* The last one of its name, as for the decoder. Data NULL: there is none. */
static struct tg_slice value_header(const struct tg_rows *rows, uint32_t row)
{
    const struct tg_header_list *list = &rows->headers[row];
    for (uint32_t i = list->count; i > 0; i--)
        if (tg_slice_is(list->headers[i - 1].name, TG_VALUE_SCHEMA_HEADER))
            return list->headers[i - 1].value;
    return tg_slice_of(NULL, 0);
}

bool tg_record_has_schema_header(const struct tg_rows *rows, uint32_t row)
{
    return value_header(rows, row).data != NULL;
}

void tg_record_value_append(struct tg_buffer *out, const struct tg_rows *rows, uint32_t row)
{
    if (rows->raw_value[row].data != NULL)
        tg_buffer_append_slice(out, value_header(rows, row));
    tg_buffer_append_slice(out, rows->raw_value[row]);
}

enum tg_code tg_await_kept_schemas(struct tg_decoder *decoder, const struct tg_decode_call *call,
                                   struct tg_registry *registry, const char *name, struct tg_error *reterr)
{
    if (tg_decoder_ready(decoder, call) == call->count)
        return TG_OK;
    struct tg_buffer why = {0};
    tg_registry_trouble(registry, &why);
    (void)tg_fail(reterr, TG_CODE_REGISTRY_UNREACHABLE, "a kept row of %s waits for its schema%s%.*s", name,
                  why.length > 0 ? ": " : "", (int)why.length, why.length > 0 ? (const char *)why.data : "");
    if (reterr != NULL)
        reterr->retriable = true;
    tg_buffer_done(&why);
    return TG_CODE_REGISTRY_UNREACHABLE;
}
