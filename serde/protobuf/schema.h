/* serde/protobuf/schema.h: a .proto file as messages and fields. Thread: any, once it is made. Ownership: all
 * of it lies in the arena. A message may contain itself, so walks must look out for cycles. Private to
 * serde/protobuf/. */
#pragma once

#include "base/arena.h"
#include "serde/registry/registry.h"

#ifdef __cplusplus
extern "C" {
#endif

/* As google.protobuf.FieldDescriptorProto.Type numbers them. */
enum tg_proto_kind {
    TG_PROTO_DOUBLE = 1,
    TG_PROTO_FLOAT,
    TG_PROTO_INT64,
    TG_PROTO_UINT64,
    TG_PROTO_INT32,
    TG_PROTO_FIXED64,
    TG_PROTO_FIXED32,
    TG_PROTO_BOOL,
    TG_PROTO_STRING,
    TG_PROTO_GROUP,
    TG_PROTO_MESSAGE,
    TG_PROTO_BYTES,
    TG_PROTO_UINT32,
    TG_PROTO_ENUM,
    TG_PROTO_SFIXED32,
    TG_PROTO_SFIXED64,
    TG_PROTO_SINT32,
    TG_PROTO_SINT64,
};

enum tg_proto_wire {
    TG_PROTO_VARINT,
    TG_PROTO_WIDE,
    TG_PROTO_SIZED,
    TG_PROTO_START,
    TG_PROTO_END,
    TG_PROTO_NARROW
};

/* Messages that mean one value of SQL. */
enum tg_proto_known {
    TG_PROTO_ORDINARY,
    TG_PROTO_WRAPPER,   /* google.protobuf.Int32Value and the like: field 1 */
    TG_PROTO_TIMESTAMP, /* google.protobuf.Timestamp */
    TG_PROTO_DATE,      /* google.type.Date */
    TG_PROTO_TIME,      /* google.type.TimeOfDay */
    TG_PROTO_DECIMAL,   /* confluent.type.Decimal */
};

struct tg_proto_message;

struct tg_proto_symbol {
    int32_t number;
    struct tg_slice name;
};

struct tg_proto_enum {
    uint32_t count;
    const struct tg_proto_symbol
        *symbols; /* ascending numbers; of several with one number the first declared */
};

struct tg_proto_field {
    const char *name;
    uint32_t number;
    enum tg_proto_kind kind;
    bool repeated;
    bool packed;        /* as it is written; both forms are read */
    bool has_presence;  /* absent is something else than the default */
    bool is_map;        /* repeated messages of key and value */
    int32_t oneof;      /* index in the message's oneofs; below 0: in none */
    uint16_t precision; /* of a decimal; 0: it is not said */
    uint16_t scale;
    const struct tg_proto_message *message; /* MESSAGE, GROUP */
    const struct tg_proto_enum *symbols;    /* ENUM */
};

struct tg_proto_message {
    const char *full_name;
    enum tg_proto_known known;
    uint32_t field_count;
    struct tg_proto_field *fields; /* ascending numbers */
    uint32_t *declared;            /* the fields' indexes as the file declares them */
    uint32_t oneof_count;
    const char **oneofs; /* their names */
    uint32_t nested_count;
    struct tg_proto_message **nested; /* as declared: what message indexes count */
};

struct tg_proto_file {
    uint32_t message_count;
    struct tg_proto_message **messages;
};

enum { TG_PROTO_TEXT_BYTES_MAX = 16 * 1024 * 1024, TG_PROTO_INDEX_DEPTH_MAX = 16 };

/* Parses the text of a .proto file, or the bytes of a descriptor set whose last file counts. Imports are the
 * schema's references by their names, and the files of google/protobuf, google/type and confluent that
 * everybody knows. Errors: SYNTAX with the line, TYPE for names that are not there, LIMIT. */
TG_MUST_CHECK enum tg_code tg_proto_parse(struct tg_arena *arena, const struct tg_registry_schema *schema,
                                          const struct tg_proto_file **ret_file, struct tg_error *reterr);

/* The message of the name (with its package, or without if there is only one of it); NULL name: the first
 * one. Errors: UNKNOWN_NAME with the names there are. */
TG_MUST_CHECK enum tg_code tg_proto_find(const struct tg_proto_file *file, const char *full_name,
                                         const struct tg_proto_message **ret_message,
                                         struct tg_error *reterr);
/* The message that the indexes lead to; NULL: there is none. */
const struct tg_proto_message *tg_proto_at(const struct tg_proto_file *file, const uint32_t *indexes,
                                           uint32_t count);
/* The indexes that lead to the message; false: it is not of this file. */
bool tg_proto_indexes(const struct tg_proto_file *file, const struct tg_proto_message *message,
                      uint32_t indexes[TG_PROTO_INDEX_DEPTH_MAX], uint32_t *ret_count);
enum tg_proto_wire tg_proto_wire_of(enum tg_proto_kind kind);
const char *tg_proto_kind_name(enum tg_proto_kind kind);

#ifdef __cplusplus
}
#endif
