#include "serde/protobuf/schema.h"

#include <stdio.h>
#include <string.h>

enum tg_proto_wire tg_proto_wire_of(enum tg_proto_kind kind)
{
    switch (kind) {
    case TG_PROTO_DOUBLE:
    case TG_PROTO_FIXED64:
    case TG_PROTO_SFIXED64:
        return TG_PROTO_WIDE;
    case TG_PROTO_FLOAT:
    case TG_PROTO_FIXED32:
    case TG_PROTO_SFIXED32:
        return TG_PROTO_NARROW;
    case TG_PROTO_STRING:
    case TG_PROTO_BYTES:
    case TG_PROTO_MESSAGE:
        return TG_PROTO_SIZED;
    case TG_PROTO_GROUP:
        return TG_PROTO_START;
    case TG_PROTO_INT64:
    case TG_PROTO_UINT64:
    case TG_PROTO_INT32:
    case TG_PROTO_BOOL:
    case TG_PROTO_UINT32:
    case TG_PROTO_ENUM:
    case TG_PROTO_SINT32:
    case TG_PROTO_SINT64:
        break;
    }
    return TG_PROTO_VARINT;
}

const char *tg_proto_kind_name(enum tg_proto_kind kind)
{
    static const char *const names[] = {
        "",      "double",  "float", "int64",  "uint64", "int32",    "fixed64",  "fixed32", "bool",  "string",
        "group", "message", "bytes", "uint32", "enum",   "sfixed32", "sfixed64", "sint32",  "sint64"};
    return names[kind];
}

static const char *short_name(const char *full_name)
{
    const char *dot = strrchr(full_name, '.');
    return dot == NULL ? full_name : dot + 1;
}

/* The message of the name in the tree below `list`. `exact`: with its package. */
static const struct tg_proto_message *search(struct tg_proto_message *const *list, uint32_t count,
                                             const char *name, bool exact)
{
    const struct tg_proto_message *found = NULL;
    for (uint32_t i = 0; found == NULL && i < count; i++) {
        if (strcmp(exact ? list[i]->full_name : short_name(list[i]->full_name), name) == 0)
            found = list[i];
        else
            found = search(list[i]->nested, list[i]->nested_count, name, exact);
    }
    return found;
}

enum tg_code tg_proto_find(const struct tg_proto_file *file, const char *full_name,
                           const struct tg_proto_message **ret_message, struct tg_error *reterr)
{
    *ret_message = file->messages[0];
    if (full_name == NULL)
        return TG_OK;
    *ret_message = search(file->messages, file->message_count, full_name, true);
    if (*ret_message == NULL)
        *ret_message = search(file->messages, file->message_count, full_name, false);
    if (*ret_message != NULL)
        return TG_OK;
    char names[256] = "";
    size_t length = 0;
    for (uint32_t i = 0; i < file->message_count && length < sizeof names; i++)
        length += (size_t)snprintf(names + length, sizeof names - length, "%s%s", i > 0 ? ", " : "",
                                   file->messages[i]->full_name);
    tg_fail(reterr, TG_CODE_UNKNOWN_NAME, "the schema has no message named %s", full_name);
    return tg_fail_hint(reterr, "it has %s", names);
}

const struct tg_proto_message *tg_proto_at(const struct tg_proto_file *file, const uint32_t *indexes,
                                           uint32_t count)
{
    struct tg_proto_message *const *list = file->messages;
    uint32_t list_count = file->message_count;
    const struct tg_proto_message *message = NULL;
    for (uint32_t i = 0; i < count; i++) {
        if (indexes[i] >= list_count)
            return NULL;
        message = list[indexes[i]];
        list = message->nested;
        list_count = message->nested_count;
    }
    return message;
}

static bool find_indexes(struct tg_proto_message *const *list, uint32_t list_count,
                         const struct tg_proto_message *message, uint32_t *indexes, uint32_t *count)
{
    if (*count == TG_PROTO_INDEX_DEPTH_MAX)
        return false;
    uint32_t depth = (*count)++;
    for (uint32_t i = 0; i < list_count; i++) {
        indexes[depth] = i;
        if (list[i] == message ||
            find_indexes(list[i]->nested, list[i]->nested_count, message, indexes, count))
            return true;
    }
    *count = depth;
    return false;
}

bool tg_proto_indexes(const struct tg_proto_file *file, const struct tg_proto_message *message,
                      uint32_t indexes[TG_PROTO_INDEX_DEPTH_MAX], uint32_t *ret_count)
{
    *ret_count = 0;
    return find_indexes(file->messages, file->message_count, message, indexes, ret_count);
}
