/* serde/avro/program.h: how the values of one writer schema become columns: a flat list of operations, made
 * once per writer schema. Skipped fields cost a varint or an addition; values that are not asked for at all
 * are not looked into. Ownership: a program lives in the arena it was compiled into and never changes; what
 * changes while it runs is in tg_avro_machine, which belongs to one thread. Private to serde/avro/. */
#pragma once

#include "data/column.h"
#include "data/schema.h"
#include "serde/avro/schema.h"

#ifdef __cplusplus
extern "C" {
#endif

enum tg_avro_op_code {
    TG_AVRO_OP_BOOLEAN,
    TG_AVRO_OP_INT,       /* int as INT or DATE */
    TG_AVRO_OP_TIME,      /* int as TIME */
    TG_AVRO_OP_LONG,      /* long as BIGINT or TIMESTAMP */
    TG_AVRO_OP_INT_LONG,  /* int as BIGINT or TIMESTAMP */
    TG_AVRO_OP_FINE_TIME, /* long as TIME, divided by `divisor` */
    TG_AVRO_OP_FINE_LONG, /* long as TIMESTAMP, divided by `divisor` */
    TG_AVRO_OP_FLOAT,     /* all numbers below: as DOUBLE */
    TG_AVRO_OP_DOUBLE,
    TG_AVRO_OP_INT_DOUBLE,
    TG_AVRO_OP_LONG_DOUBLE,
    TG_AVRO_OP_LONG_FLOAT,    /* int or long, rounded as float */
    TG_AVRO_OP_STRING,        /* length and bytes as STRING: UTF-8 */
    TG_AVRO_OP_BYTES,         /* length and bytes as BYTES */
    TG_AVRO_OP_FIXED,         /* `size` bytes as BYTES */
    TG_AVRO_OP_FIXED_STRING,  /* `size` bytes as STRING */
    TG_AVRO_OP_ENUM,          /* the symbol as STRING */
    TG_AVRO_OP_DECIMAL,       /* length and bytes as DECIMAL */
    TG_AVRO_OP_FIXED_DECIMAL, /* `size` bytes as DECIMAL */
    TG_AVRO_OP_TEXT,          /* a scalar of `kind` as STRING */
    TG_AVRO_OP_NULL,          /* NULL, without reading */
    TG_AVRO_OP_NULL_ROOT,     /* the whole value is null */
    TG_AVRO_OP_VALID,         /* a STRUCT that is there; its fields follow */
    TG_AVRO_OP_CONSTANT,      /* the operations up to `target` read `constant` */
    TG_AVRO_OP_NULLABLE,      /* a union of null (branch `size`) and the operations up to `target` */
    TG_AVRO_OP_UNION,         /* goes to targets[branch] */
    TG_AVRO_OP_JUMP,
    TG_AVRO_OP_ARRAY, /* each item by the operations up to `target` */
    TG_AVRO_OP_MAP,   /* each entry by the operations up to `target` */
    TG_AVRO_OP_FAIL,  /* `message`: what stands here does not fit */
    TG_AVRO_OP_SKIP_VARINT,
    TG_AVRO_OP_SKIP_BYTES,  /* length and bytes */
    TG_AVRO_OP_SKIP_FIXED,  /* `size` bytes */
    TG_AVRO_OP_SKIP_BLOCKS, /* array or map; an element by the operations up to `target` */
    TG_AVRO_OP_SKIP_RECORD, /* by the routine targets[0]..targets[1] */
};

enum { TG_AVRO_SIZE_REST = UINT32_MAX }; /* `size`: all bytes that are left */

struct tg_avro_op {
    uint8_t code;         /* enum tg_avro_op_code */
    uint8_t kind;         /* TEXT: enum tg_avro_kind; DECIMAL: the scale of the bytes */
    uint16_t element_min; /* ARRAY, MAP, SKIP_BLOCKS: bytes of an element at least */
    uint32_t slot;        /* the column it writes */
    uint32_t target;      /* the operation behind those that belong to it */
    uint32_t size;        /* bytes; NULLABLE: branch of null; ENUM, UNION: how many there are */
    union {
        const struct tg_slice *symbols; /* data NULL: a symbol that the reader does not know */
        const uint32_t *targets;
        const struct tg_slice *constant;
        const char *message;
        int64_t divisor;
    };
    const char *path; /* for messages: "ITEMS[].PRICE" */
};

/* Where a column is: a column of the batch, or the child of another slot. */
struct tg_avro_slot {
    uint32_t parent; /* TG_AVRO_SLOT_ROOT: column `child` of the call */
    uint32_t child;
};
enum { TG_AVRO_SLOT_ROOT = UINT32_MAX, TG_AVRO_SLOT_NONE = UINT32_MAX };

struct tg_avro_program {
    const struct tg_avro_op *ops;
    uint32_t end; /* of the main program; routines follow */
    const struct tg_avro_slot *slots;
    uint32_t slot_count;
};

struct tg_avro_wanted {
    const struct tg_schema_column *columns;
    uint32_t column_count;
    bool unwrapped;                      /* the single column is the whole value */
    const char *full_name;               /* of the record in a union of several; NULL: any */
    const struct tg_avro_schema *reader; /* NULL: fields are found by the columns' names */
};

/* Never fails: what does not fit becomes an operation that fails the records that have it. */
const struct tg_avro_program *tg_avro_compile(struct tg_arena *arena, const struct tg_avro_schema *writer,
                                              const struct tg_avro_wanted *wanted);

struct tg_avro_machine {
    struct tg_column *const *slots; /* by tg_avro_bind */
    struct tg_arena *arena;         /* of the batch */
    bool field_nulls;               /* a value that was read but does not fit becomes NULL */
    /* Of the record at hand. */
    const uint8_t *at;
    const uint8_t *end;
    uint32_t elements_left;
    uint32_t depth_left;
    bool null_root;
    const char *fault; /* NULL: none yet */
    const char *path;
};

/* Fills slots (program->slot_count of them) with the columns (none NULL) that the program fills. */
void tg_avro_bind(const struct tg_avro_program *program, struct tg_column *const *columns,
                  struct tg_column **slots);

enum tg_avro_outcome { TG_AVRO_READ, TG_AVRO_READ_NULL, TG_AVRO_READ_PARTLY, TG_AVRO_FAILED };

/* Decodes one value into row `row`. READ_NULL: the whole value is null; READ_PARTLY: with field_nulls, some
 * field became NULL; in all cases but READ and READ_PARTLY the row is to be set NULL. machine->fault says
 * why. */
enum tg_avro_outcome tg_avro_run(struct tg_avro_machine *machine, const struct tg_avro_program *program,
                                 struct tg_slice payload, uint32_t row);

/* The bytes of a field's default value, by its schema. False: the default does not fit the schema. */
bool tg_avro_default_bytes(const struct tg_avro_schema *schema, const struct tg_json_tree *value,
                           struct tg_buffer *out);

#ifdef __cplusplus
}
#endif
