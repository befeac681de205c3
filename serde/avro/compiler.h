/* serde/avro/compiler.h: what the files that compile decode programs share. Private to serde/avro/. */
#pragma once

#include "serde/avro/program.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Operations that pass one record, called wherever the record is skipped. */
struct tg_avro_routine {
    const struct tg_avro_schema *record;
    uint32_t *range; /* first operation and the one behind the last */
};

struct tg_avro_compiler {
    struct tg_arena *arena;
    struct tg_avro_op *ops;
    size_t op_count;
    size_t op_capacity;
    struct tg_avro_slot *slots;
    size_t slot_count;
    size_t slot_capacity;
    struct tg_avro_routine *routines;
    size_t routine_count;
    size_t routine_capacity;
    const char *path; /* of the value that is compiled */
};

/* Adds an operation with the current path and returns its index. */
uint32_t tg_avro_emit(struct tg_avro_compiler *compiler, const struct tg_avro_op *op);
/* Makes everything up to here the body of operation `op`. */
static inline void tg_avro_close_body(struct tg_avro_compiler *compiler, uint32_t op)
{
    compiler->ops[op].target = (uint32_t)compiler->op_count;
}
/* Operations that pass a value of the schema. */
void tg_avro_skip(struct tg_avro_compiler *compiler, const struct tg_avro_schema *schema);
/* The routines of all records that are skipped; behind the main program. */
void tg_avro_compile_routines(struct tg_avro_compiler *compiler);

/* Operations that read a scalar or a fixed into a slot. False: the type cannot take it. `reader` may be NULL.
 */
bool tg_avro_compile_scalar(struct tg_avro_compiler *compiler, const struct tg_avro_schema *writer,
                            const struct tg_avro_schema *reader, const struct tg_type *type, uint32_t slot);
/* Fails the record, or with field_nulls the column of the slot alone. */
void tg_avro_fail_here(struct tg_avro_compiler *compiler, uint32_t slot, const char *message);

/* Whether values of the writer are values of the reader by Avro's rules, looking at the outermost type only.
 */
bool tg_avro_matches(const struct tg_avro_schema *writer, const struct tg_avro_schema *reader);
/* The branch of a reader's union that takes the writer's value; NULL: there is none. */
const struct tg_avro_schema *tg_avro_pick_branch(const struct tg_avro_schema *writer,
                                                 const struct tg_avro_schema *reader_union);

#ifdef __cplusplus
}
#endif
