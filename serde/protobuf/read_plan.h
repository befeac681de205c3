/* serde/protobuf/read_plan.h: how one message becomes columns: a table of the fields that are wanted, by
 * number. Made once per message and schema. Ownership: an arena; it never changes. Private to
 * serde/protobuf/. */
#pragma once

#include "data/column.h"
#include "data/schema.h"
#include "serde/protobuf/schema.h"

#ifdef __cplusplus
extern "C" {
#endif

enum tg_proto_read_code {
    TG_PROTO_READ_INT64,   /* varint as BIGINT: the fast way */
    TG_PROTO_READ_STRING,  /* text as STRING: the fast way */
    TG_PROTO_READ_NUMBER,  /* numbers, booleans and enums of `kind` into any column that takes them */
    TG_PROTO_READ_BYTES,   /* bytes or text as BYTES */
    TG_PROTO_READ_KNOWN,   /* a well-known message */
    TG_PROTO_READ_MESSAGE, /* a STRUCT, or an entry of a MAP */
    TG_PROTO_READ_SKIM, /* nothing is wanted, but what is in it must be well-formed: messages in themselves */
    TG_PROTO_READ_FAIL, /* `message`: it does not fit its column */
};

enum { TG_PROTO_SLOT_NONE = UINT32_MAX, TG_PROTO_DENSE = 64 };

struct tg_proto_plan;

struct tg_proto_read {
    uint32_t number;
    uint8_t code;  /* enum tg_proto_read_code */
    uint8_t kind;  /* enum tg_proto_kind; of a wrapper: that of its value */
    uint8_t wire;  /* enum tg_proto_wire */
    uint8_t known; /* enum tg_proto_known */
    bool quick;    /* a single number or text in no oneof, read without detours */
    bool presence; /* absent: NULL; else the type's zero */
    bool is_map;
    uint8_t scale;        /* of a decimal that does not say its own */
    uint32_t slot;        /* the column of one value; a list: of its elements */
    uint32_t list;        /* the ARRAY or MAP column; TG_PROTO_SLOT_NONE: a single value */
    uint32_t around;      /* the STRUCT that stands for the oneof; or TG_PROTO_SLOT_NONE */
    uint32_t rival_count; /* of the same oneof: NULL when this one comes */
    const uint32_t *rivals;
    const struct tg_proto_enum *symbols;
    const struct tg_proto_plan *plan; /* MESSAGE, SKIM */
    const char *message;
    const char *path;
};

struct tg_proto_plan {
    uint32_t count;
    const struct tg_proto_read *reads; /* ascending numbers */
    uint8_t dense[TG_PROTO_DENSE];     /* by small numbers: index in reads + 1 */
    uint64_t singles;    /* bits of the reads whose absence is noted at the end; 0: at the start, for all */
    uint64_t structs;    /* those of them that are messages: what comes twice adds to the first */
    uint32_t list_count; /* indexes of the lists and maps among the reads */
    const uint32_t *lists;
    uint32_t null_count; /* columns that no field of the message fills */
    const uint32_t *nulls;
};

/* Where a column is: a column of the batch, or the child of another slot. */
struct tg_proto_slot {
    uint32_t parent; /* TG_PROTO_SLOT_NONE: column `child` of the call */
    uint32_t child;
};

struct tg_proto_program {
    const struct tg_proto_plan *root;
    const struct tg_proto_slot *slots;
    uint32_t slot_count;
};

/* Never fails: what does not fit becomes a read that fails the records that have it. */
const struct tg_proto_program *tg_proto_compile(struct tg_arena *arena,
                                                const struct tg_proto_message *message,
                                                const struct tg_schema_column *columns, uint32_t count);

struct tg_proto_machine {
    struct tg_column **slots; /* by tg_proto_bind */
    struct tg_arena *arena;   /* of the batch */
    bool field_nulls;
    /* Of the record at hand. */
    const uint8_t *at;
    const uint8_t *end;
    uint32_t elements_left;
    uint32_t depth_left;
    const char *fault; /* NULL: none yet */
    const char *path;
};

void tg_proto_bind(const struct tg_proto_program *program, struct tg_column *const *columns,
                   struct tg_column **slots);

/* Decodes one message into row `row`. False: the row is to be set NULL, machine->fault says why. True with a
 * fault: with field_nulls, some field became NULL. */
bool tg_proto_run(struct tg_proto_machine *machine, const struct tg_proto_program *program,
                  struct tg_slice payload, uint32_t row);

#ifdef __cplusplus
}
#endif
