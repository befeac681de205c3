/* Operations that pass values nobody asked for. */
#include "serde/avro/compiler.h"

#include "base/memory.h"

uint32_t tg_avro_emit(struct tg_avro_compiler *compiler, const struct tg_avro_op *op)
{
    tg_grow((void **)&compiler->ops, &compiler->op_capacity, compiler->op_count + 1, sizeof *op);
    compiler->ops[compiler->op_count] = *op;
    compiler->ops[compiler->op_count].path = compiler->path;
    return (uint32_t)compiler->op_count++;
}

static void skip_fixed(struct tg_avro_compiler *compiler, uint32_t size)
{
    tg_avro_emit(compiler, &(struct tg_avro_op){.code = TG_AVRO_OP_SKIP_FIXED, .size = size});
}

static void skip_record(struct tg_avro_compiler *compiler, const struct tg_avro_schema *record)
{
    size_t i = 0;
    while (i < compiler->routine_count && compiler->routines[i].record != record)
        i++;
    if (i == compiler->routine_count) {
        tg_grow((void **)&compiler->routines, &compiler->routine_capacity, i + 1, sizeof *compiler->routines);
        compiler->routines[i] = (struct tg_avro_routine){
            record, tg_arena_alloc_zero(compiler->arena, 2, sizeof *compiler->routines[i].range)};
        compiler->routine_count++;
    }
    tg_avro_emit(compiler, &(struct tg_avro_op){.code = TG_AVRO_OP_SKIP_RECORD,
                                                .targets = compiler->routines[i].range});
}

static void skip_union(struct tg_avro_compiler *compiler, const struct tg_avro_schema *schema)
{
    uint32_t *targets = tg_arena_alloc_zero(compiler->arena, schema->count, sizeof *targets);
    uint32_t *jumps = tg_arena_alloc_zero(compiler->arena, schema->count, sizeof *jumps);
    tg_avro_emit(compiler,
                 &(struct tg_avro_op){.code = TG_AVRO_OP_UNION, .size = schema->count, .targets = targets});
    for (uint32_t i = 0; i < schema->count; i++) {
        targets[i] = (uint32_t)compiler->op_count;
        tg_avro_skip(compiler, schema->branches[i]);
        jumps[i] = tg_avro_emit(compiler, &(struct tg_avro_op){.code = TG_AVRO_OP_JUMP});
    }
    for (uint32_t i = 0; i < schema->count; i++)
        tg_avro_close_body(compiler, jumps[i]);
}

static void skip_blocks(struct tg_avro_compiler *compiler, const struct tg_avro_schema *schema)
{
    bool map = schema->kind == TG_AVRO_MAP;
    uint32_t op = tg_avro_emit(
        compiler,
        &(struct tg_avro_op){.code = TG_AVRO_OP_SKIP_BLOCKS,
                             .element_min = (uint16_t)((schema->element->bytes_min + map) & UINT16_MAX)});
    if (map)
        tg_avro_emit(compiler, &(struct tg_avro_op){.code = TG_AVRO_OP_SKIP_BYTES});
    tg_avro_skip(compiler, schema->element);
    tg_avro_close_body(compiler, op);
}

void tg_avro_skip(struct tg_avro_compiler *compiler, const struct tg_avro_schema *schema)
{
    switch (schema->kind) {
    case TG_AVRO_NULL:
        break;
    case TG_AVRO_BOOLEAN:
        skip_fixed(compiler, 1);
        break;
    case TG_AVRO_FLOAT:
        skip_fixed(compiler, 4);
        break;
    case TG_AVRO_DOUBLE:
        skip_fixed(compiler, 8);
        break;
    case TG_AVRO_FIXED:
        skip_fixed(compiler, schema->fixed_size);
        break;
    case TG_AVRO_INT:
    case TG_AVRO_LONG:
    case TG_AVRO_ENUM:
        tg_avro_emit(compiler, &(struct tg_avro_op){.code = TG_AVRO_OP_SKIP_VARINT});
        break;
    case TG_AVRO_BYTES:
    case TG_AVRO_STRING:
        tg_avro_emit(compiler, &(struct tg_avro_op){.code = TG_AVRO_OP_SKIP_BYTES});
        break;
    case TG_AVRO_RECORD:
        skip_record(compiler, schema);
        break;
    case TG_AVRO_ARRAY:
    case TG_AVRO_MAP:
        skip_blocks(compiler, schema);
        break;
    case TG_AVRO_UNION:
        skip_union(compiler, schema);
        break;
    }
}

void tg_avro_compile_routines(struct tg_avro_compiler *compiler)
{
    for (size_t i = 0; i < compiler->routine_count; i++) {
        const struct tg_avro_schema *record = compiler->routines[i].record;
        uint32_t *range = compiler->routines[i].range;
        compiler->path = record->name;
        range[0] = (uint32_t)compiler->op_count;
        for (uint32_t j = 0; j < record->count; j++)
            tg_avro_skip(compiler, record->fields[j].schema);
        range[1] = (uint32_t)compiler->op_count;
    }
}
