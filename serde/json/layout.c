#include "serde/json/layout.h"

enum tg_json_plain tg_json_plain_of(enum tg_type_kind kind)
{
    switch (kind) {
    case TG_TYPE_STRING:
        return TG_JSON_PLAIN_TEXT;
    case TG_TYPE_BIGINT:
    case TG_TYPE_TIMESTAMP:
        return TG_JSON_PLAIN_INT64;
    case TG_TYPE_INT:
        return TG_JSON_PLAIN_INT32;
    case TG_TYPE_BOOLEAN:
    case TG_TYPE_DOUBLE:
    case TG_TYPE_DECIMAL:
    case TG_TYPE_BYTES:
    case TG_TYPE_TIME:
    case TG_TYPE_DATE:
    case TG_TYPE_ARRAY:
    case TG_TYPE_MAP:
    case TG_TYPE_STRUCT:
        break;
    }
    return TG_JSON_PLAIN_NONE;
}

void tg_json_layout_end(struct tg_json_layout *layout, uint32_t position)
{
    if (position < layout->count)
        layout->count = position;
}

void tg_json_layout_note(struct tg_json_layout *layout, uint32_t position, struct tg_slice text,
                         const struct tg_json_step *step)
{
    if (position > layout->count || position >= layout->capacity)
        return;
    if (text.length > TG_JSON_PREFIX_MAX) {
        tg_json_layout_end(layout, position);
        return;
    }
    struct tg_json_step *noted = &layout->steps[position];
    if (position < layout->count && noted->prefix.length == text.length &&
        memcmp(noted->prefix.bytes, text.data, text.length) == 0)
        return;
    *noted = *step;
    noted->prefix = tg_json_prefix_of(text.data, text.length);
    noted->found = (position == 0 ? 0 : layout->steps[position - 1].found) + (step->field >= 0);
    layout->count = position + 1;
}
