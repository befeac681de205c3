/* From a writer schema and the wanted columns to a decode program. */
#include "serde/avro/compiler.h"

#include "base/memory.h"
#include "serde/avro/columns.h"

/* Fields that are read from one record: columns, the fields of a STRUCT, or key and value of a MAP. */
struct field_list {
    uint32_t count;
    const char **names;
    const struct tg_type **types;
    uint32_t parent; /* the slot whose children they are, or TG_AVRO_SLOT_ROOT */
};

enum { FIELD_NONE = -1, OPS_MAX = 1 << 20 };

static void compile_value(struct tg_avro_compiler *compiler, const struct tg_avro_schema *writer,
                          const struct tg_avro_schema *reader, const struct tg_type *type, uint32_t slot);

static uint32_t add_slot(struct tg_avro_compiler *compiler, uint32_t parent, uint32_t child)
{
    tg_grow((void **)&compiler->slots, &compiler->slot_capacity, compiler->slot_count + 1,
            sizeof *compiler->slots);
    compiler->slots[compiler->slot_count] = (struct tg_avro_slot){parent, child};
    return (uint32_t)compiler->slot_count++;
}

/* Goes into a part of the value; returns the path to come back to. */
static const char *enter(struct tg_avro_compiler *compiler, const char *name)
{
    const char *before = compiler->path;
    bool joined = *before == '\0' || *name == '[';
    compiler->path = tg_arena_printf(compiler->arena, "%s%s%s", before, joined ? "" : ".", name);
    return before;
}

static void emit_null(struct tg_avro_compiler *compiler, uint32_t slot)
{
    tg_avro_emit(compiler, &(struct tg_avro_op){.code = TG_AVRO_OP_NULL, .slot = slot});
}

static void fail_mismatch(struct tg_avro_compiler *compiler, const struct tg_avro_schema *writer,
                          const struct tg_avro_schema *reader, const struct tg_type *type, uint32_t slot)
{
    const char *written = tg_avro_schema_title(compiler->arena, writer);
    if (reader == NULL)
        tg_avro_fail_here(compiler, slot,
                          tg_arena_printf(compiler->arena, "%s does not fit %s", written,
                                          tg_type_name(compiler->arena, type)));
    else
        tg_avro_fail_here(compiler, slot,
                          tg_arena_printf(compiler->arena, "%s does not fit the reader's %s", written,
                                          tg_avro_schema_title(compiler->arena, reader)));
    tg_avro_skip(compiler, writer);
}

/* Index of a field by its exact name, else (if `any_case`) by its name in any case; from `start` on, as
 * fields mostly come in one order. */
static int32_t find_field(const struct tg_avro_schema *record, const char *name, uint32_t start,
                          bool any_case)
{
    int32_t other_case = FIELD_NONE;
    struct tg_slice wanted = tg_slice_text(name);
    for (uint32_t i = 0; i < record->count; i++) {
        uint32_t index = (start + i) % record->count;
        const char *field = record->fields[index].name;
        if (strcmp(field, name) == 0)
            return (int32_t)index;
        if (any_case && other_case == FIELD_NONE && tg_slice_equal_nocase(tg_slice_text(field), wanted))
            other_case = (int32_t)index;
    }
    return other_case;
}

/* The writer's field for field `name` of the reader (or column, without reader). *ret_reader: its reader
 * field. */
static int32_t match_field(const struct tg_avro_schema *writer, const struct tg_avro_schema *reader,
                           const char *name, uint32_t start, const struct tg_avro_field **ret_reader)
{
    *ret_reader = NULL;
    if (reader == NULL)
        return find_field(writer, name, start, true);
    int32_t index = find_field(reader, name, start, true);
    if (index == FIELD_NONE)
        return FIELD_NONE;
    const struct tg_avro_field *field = &reader->fields[index];
    *ret_reader = field;
    index = find_field(writer, field->name, start, false);
    for (uint32_t i = 0; index == FIELD_NONE && i < field->alias_count; i++)
        index = find_field(writer, field->aliases[i], start, false);
    return index;
}

/* What the writer does not have: the reader's default, else NULL. */
static void compile_absent(struct tg_avro_compiler *compiler, const struct tg_avro_field *field,
                           const struct tg_type *type, uint32_t slot)
{
    struct tg_buffer bytes = {0};
    if (field == NULL) {
        emit_null(compiler, slot);
    } else if (field->default_value == NULL) {
        tg_avro_fail_here(compiler, slot,
                          "the writer's schema does not have the field, and there is no default");
    } else if (!tg_avro_default_bytes(field->schema, field->default_value, &bytes)) {
        tg_avro_fail_here(compiler, slot, "the reader's default does not fit the field");
    } else {
        struct tg_slice *constant = tg_arena_alloc_zero(compiler->arena, 1, sizeof *constant);
        *constant = tg_arena_copy(compiler->arena, tg_buffer_slice(&bytes));
        uint32_t op = tg_avro_emit(compiler, &(struct tg_avro_op){.code = TG_AVRO_OP_CONSTANT,
                                                                  .slot = TG_AVRO_SLOT_NONE,
                                                                  .constant = constant});
        compile_value(compiler, field->schema, field->schema, type, slot);
        tg_avro_close_body(compiler, op);
    }
    tg_buffer_done(&bytes);
}

static void compile_fields(struct tg_avro_compiler *compiler, const struct tg_avro_schema *writer,
                           const struct tg_avro_schema *reader, const struct field_list *list)
{
    const struct tg_avro_field **readers = tg_alloc_zero(list->count + 1, sizeof *readers);
    int32_t *taken = tg_alloc_zero(writer->count + 1, sizeof *taken);
    bool *found = tg_alloc_zero(list->count + 1, sizeof *found);
    memset(taken, 0xff, writer->count * sizeof *taken);
    uint32_t start = 0;
    for (uint32_t i = 0; i < list->count; i++) {
        int32_t index = match_field(writer, reader, list->names[i], start, &readers[i]);
        if (index == FIELD_NONE || taken[index] != FIELD_NONE)
            continue;
        taken[index] = (int32_t)i;
        found[i] = true;
        start = (uint32_t)index + 1;
    }
    for (uint32_t i = 0; i < writer->count; i++) {
        const char *before = enter(compiler, writer->fields[i].name);
        int32_t field = taken[i];
        if (field == FIELD_NONE)
            tg_avro_skip(compiler, writer->fields[i].schema);
        else
            compile_value(compiler, writer->fields[i].schema,
                          readers[field] == NULL ? NULL : readers[field]->schema, list->types[field],
                          add_slot(compiler, list->parent, (uint32_t)field));
        compiler->path = before;
    }
    for (uint32_t i = 0; i < list->count; i++) {
        if (found[i])
            continue;
        const char *before = enter(compiler, list->names[i]);
        compile_absent(compiler, readers[i], list->types[i], add_slot(compiler, list->parent, i));
        compiler->path = before;
    }
    tg_free(readers);
    tg_free(taken);
    tg_free(found);
}

/* A STRUCT's fields, or key and value of a MAP. */
static void compile_parts(struct tg_avro_compiler *compiler, const struct tg_avro_schema *writer,
                          const struct tg_avro_schema *reader, const struct tg_type *type, uint32_t slot)
{
    bool map = type->kind == TG_TYPE_MAP;
    struct field_list list = {.count = map ? 2 : type->field_count, .parent = slot};
    list.names = tg_alloc_zero(list.count + 1, sizeof *list.names);
    list.types = tg_alloc_zero(list.count + 1, sizeof *list.types);
    for (uint32_t i = 0; i < list.count; i++) {
        list.names[i] = map ? (i == 0 ? "key" : "value") : type->fields[i].name;
        list.types[i] = map ? (i == 0 ? type->key : type->element) : type->fields[i].type;
    }
    compile_fields(compiler, writer, reader, &list);
    tg_free(list.names);
    tg_free(list.types);
}

static bool compile_struct(struct tg_avro_compiler *compiler, const struct tg_avro_schema *writer,
                           const struct tg_avro_schema *reader, const struct tg_type *type, uint32_t slot)
{
    if (writer->kind != TG_AVRO_RECORD)
        return false;
    tg_avro_emit(compiler, &(struct tg_avro_op){.code = TG_AVRO_OP_VALID, .slot = slot});
    compile_parts(compiler, writer, reader, type, slot);
    return true;
}

static uint32_t open_blocks(struct tg_avro_compiler *compiler, enum tg_avro_op_code code, uint32_t slot,
                            uint32_t element_min)
{
    return tg_avro_emit(compiler, &(struct tg_avro_op){.code = (uint8_t)code,
                                                       .slot = slot,
                                                       .element_min = (uint16_t)(element_min & UINT16_MAX)});
}

static bool compile_array(struct tg_avro_compiler *compiler, const struct tg_avro_schema *writer,
                          const struct tg_avro_schema *reader, const struct tg_type *type, uint32_t slot)
{
    if (writer->kind != TG_AVRO_ARRAY)
        return false;
    uint32_t op = open_blocks(compiler, TG_AVRO_OP_ARRAY, slot, writer->element->bytes_min);
    const char *before = enter(compiler, "[]");
    compile_value(compiler, writer->element, reader == NULL ? NULL : reader->element, type->element,
                  add_slot(compiler, slot, 0));
    compiler->path = before;
    tg_avro_close_body(compiler, op);
    return true;
}

/* A map, or an array of records of key and value. */
static bool compile_map(struct tg_avro_compiler *compiler, const struct tg_avro_schema *writer,
                        const struct tg_avro_schema *reader, const struct tg_type *type, uint32_t slot)
{
    bool map = writer->kind == TG_AVRO_MAP;
    const struct tg_avro_schema *element = writer->element;
    bool entries = writer->kind == TG_AVRO_ARRAY && element->kind == TG_AVRO_RECORD;
    entries = entries && find_field(element, "key", 0, false) != FIELD_NONE &&
              find_field(element, "value", 0, false) != FIELD_NONE;
    if (!map && !entries)
        return false;
    uint32_t op = open_blocks(compiler, TG_AVRO_OP_MAP, slot, element->bytes_min + map);
    const char *before = enter(compiler, "[]");
    const struct tg_avro_schema *reader_element = reader == NULL ? NULL : reader->element;
    if (map) {
        uint32_t key = add_slot(compiler, slot, 0);
        tg_avro_emit(compiler, &(struct tg_avro_op){.code = TG_AVRO_OP_STRING, .slot = key});
        compile_value(compiler, element, reader_element, type->element, add_slot(compiler, slot, 1));
    } else {
        compile_parts(compiler, element, reader_element, type, slot);
    }
    compiler->path = before;
    tg_avro_close_body(compiler, op);
    return true;
}

/* The field of a STRUCT for a branch of a union of several, as Connect names it; FIELD_NONE: it has none. */
static int32_t member_of(const struct tg_avro_schema *branch, const struct tg_type *type)
{
    struct tg_slice name = tg_slice_text(tg_avro_branch_name(branch));
    for (uint32_t i = 0; i < type->field_count; i++)
        if (tg_slice_equal_nocase(tg_slice_text(type->fields[i].name), name))
            return (int32_t)i;
    return FIELD_NONE;
}

/* Whether the STRUCT stands for the union: each field is a branch. */
static bool stands_for_union(const struct tg_type *type, const struct tg_avro_schema *schema)
{
    if (type->kind != TG_TYPE_STRUCT || !tg_avro_union_is_struct(schema))
        return false;
    uint32_t members = 0;
    for (uint32_t i = 0; i < schema->count; i++)
        members += schema->branches[i]->kind != TG_AVRO_NULL && member_of(schema->branches[i], type) >= 0;
    return members >= type->field_count;
}

/* A value of one branch: that field of the STRUCT has it, the others are NULL. */
static void compile_member(struct tg_avro_compiler *compiler, const struct tg_avro_schema *writer,
                           const struct tg_avro_schema *branch, const struct tg_type *type, uint32_t slot)
{
    int32_t member = member_of(branch, type);
    tg_avro_emit(compiler, &(struct tg_avro_op){.code = TG_AVRO_OP_VALID, .slot = slot});
    for (uint32_t i = 0; i < type->field_count; i++)
        if ((int32_t)i != member)
            emit_null(compiler, add_slot(compiler, slot, i));
    if (member == FIELD_NONE)
        tg_avro_skip(compiler, writer);
    else
        compile_value(compiler, writer, branch, type->fields[member].type,
                      add_slot(compiler, slot, (uint32_t)member));
}

/* One branch of the writer's union. */
static void compile_branch(struct tg_avro_compiler *compiler, const struct tg_avro_schema *writer_union,
                           uint32_t index, const struct tg_avro_schema *reader, const struct tg_type *type,
                           uint32_t slot)
{
    const struct tg_avro_schema *branch = writer_union->branches[index];
    bool null_fits = reader == NULL || reader->kind == TG_AVRO_NULL ||
                     (reader->kind == TG_AVRO_UNION && tg_avro_pick_branch(branch, reader) != NULL);
    if (branch->kind == TG_AVRO_NULL && null_fits)
        emit_null(compiler, slot);
    else if (reader == NULL && stands_for_union(type, writer_union))
        compile_member(compiler, branch, branch, type, slot);
    else
        compile_value(compiler, branch, reader, type, slot);
}

static void compile_union(struct tg_avro_compiler *compiler, const struct tg_avro_schema *writer,
                          const struct tg_avro_schema *reader, const struct tg_type *type, uint32_t slot)
{
    uint32_t null_branch = 0;
    const struct tg_avro_schema *value = tg_avro_nullable(writer, &null_branch);
    uint32_t reader_null = 0;
    if (value != NULL && (reader == NULL || tg_avro_nullable(reader, &reader_null) != NULL)) {
        uint32_t op = tg_avro_emit(
            compiler, &(struct tg_avro_op){.code = TG_AVRO_OP_NULLABLE, .slot = slot, .size = null_branch});
        compile_value(compiler, value, reader, type, slot);
        tg_avro_close_body(compiler, op);
        return;
    }
    uint32_t *targets = tg_arena_alloc_zero(compiler->arena, writer->count, sizeof *targets);
    uint32_t *jumps = tg_arena_alloc_zero(compiler->arena, writer->count, sizeof *jumps);
    tg_avro_emit(compiler, &(struct tg_avro_op){.code = TG_AVRO_OP_UNION,
                                                .slot = TG_AVRO_SLOT_NONE,
                                                .size = writer->count,
                                                .targets = targets});
    for (uint32_t i = 0; i < writer->count; i++) {
        targets[i] = (uint32_t)compiler->op_count;
        compile_branch(compiler, writer, i, reader, type, slot);
        jumps[i] = tg_avro_emit(compiler, &(struct tg_avro_op){.code = TG_AVRO_OP_JUMP});
    }
    for (uint32_t i = 0; i < writer->count; i++)
        tg_avro_close_body(compiler, jumps[i]);
}

static void compile_value(struct tg_avro_compiler *compiler, const struct tg_avro_schema *writer,
                          const struct tg_avro_schema *reader, const struct tg_type *type, uint32_t slot)
{
    if (compiler->op_count > OPS_MAX) {
        tg_avro_fail_here(compiler, TG_AVRO_SLOT_NONE,
                          "the writer's schema is too large: unions of records in one another");
        return;
    }
    if (writer->kind == TG_AVRO_UNION) {
        compile_union(compiler, writer, reader, type, slot);
        return;
    }
    if (reader != NULL && reader->kind == TG_AVRO_UNION) {
        const struct tg_avro_schema *branch = tg_avro_pick_branch(writer, reader);
        if (branch == NULL) {
            fail_mismatch(compiler, writer, reader, type, slot);
            return;
        }
        if (branch->kind != TG_AVRO_NULL && stands_for_union(type, reader)) {
            compile_member(compiler, writer, branch, type, slot);
            return;
        }
        reader = branch;
    }
    bool fits = reader == NULL || tg_avro_matches(writer, reader);
    if (fits && writer->kind == TG_AVRO_NULL)
        emit_null(compiler, slot);
    else if (fits && type->kind == TG_TYPE_ARRAY)
        fits = compile_array(compiler, writer, reader, type, slot);
    else if (fits && type->kind == TG_TYPE_MAP)
        fits = compile_map(compiler, writer, reader, type, slot);
    else if (fits && type->kind == TG_TYPE_STRUCT)
        fits = compile_struct(compiler, writer, reader, type, slot);
    else if (fits)
        fits = tg_avro_compile_scalar(compiler, writer, reader, type, slot);
    if (!fits)
        fail_mismatch(compiler, writer, reader, type, slot);
}

/* A single column from the whole value. Bytes alone are written bare: without their length. */
static void compile_single(struct tg_avro_compiler *compiler, const struct tg_avro_schema *writer,
                           const struct tg_avro_wanted *wanted, bool bare)
{
    uint32_t first = (uint32_t)compiler->op_count;
    compile_value(compiler, writer, wanted->reader, wanted->columns[0].type,
                  add_slot(compiler, TG_AVRO_SLOT_ROOT, 0));
    struct tg_avro_op *op = &compiler->ops[first];
    if (!bare || writer->kind != TG_AVRO_BYTES)
        return;
    op->size = TG_AVRO_SIZE_REST;
    if (op->code == TG_AVRO_OP_BYTES)
        op->code = TG_AVRO_OP_FIXED;
    else if (op->code == TG_AVRO_OP_STRING)
        op->code = TG_AVRO_OP_FIXED_STRING;
    else if (op->code == TG_AVRO_OP_DECIMAL)
        op->code = TG_AVRO_OP_FIXED_DECIMAL;
}

/* Columns from the fields of a record. */
static void compile_columns(struct tg_avro_compiler *compiler, const struct tg_avro_schema *writer,
                            const struct tg_avro_wanted *wanted)
{
    const struct tg_avro_schema *reader = wanted->reader;
    if (reader != NULL && reader->kind == TG_AVRO_UNION)
        reader = tg_avro_pick_branch(writer, reader);
    bool named = wanted->full_name == NULL || writer->name == NULL ||
                 strcmp(wanted->full_name, writer->name) == 0 || wanted->reader != NULL;
    if (writer->kind != TG_AVRO_RECORD || !named || (wanted->reader != NULL && reader == NULL) ||
        (reader != NULL && reader->kind != TG_AVRO_RECORD)) {
        tg_avro_fail_here(compiler, TG_AVRO_SLOT_NONE,
                          tg_arena_printf(compiler->arena,
                                          "%s, but a record with the columns as fields is needed",
                                          tg_avro_schema_title(compiler->arena, writer)));
        return;
    }
    struct field_list list = {.count = wanted->column_count, .parent = TG_AVRO_SLOT_ROOT};
    list.names = tg_alloc_zero(list.count + 1, sizeof *list.names);
    list.types = tg_alloc_zero(list.count + 1, sizeof *list.types);
    for (uint32_t i = 0; i < list.count; i++) {
        list.names[i] = wanted->columns[i].name;
        list.types[i] = wanted->columns[i].type;
    }
    compile_fields(compiler, writer, reader, &list);
    tg_free(list.names);
    tg_free(list.types);
}

/* The whole value, or one branch of the union that it is. */
static void compile_root(struct tg_avro_compiler *compiler, const struct tg_avro_schema *writer,
                         const struct tg_avro_wanted *wanted, bool bare)
{
    if (wanted->unwrapped)
        compile_single(compiler, writer, wanted, bare);
    else
        compile_columns(compiler, writer, wanted);
}

/* A null alone is no value; records of other names do not fit columns of one. */
static void compile_root_union(struct tg_avro_compiler *compiler, const struct tg_avro_schema *writer,
                               const struct tg_avro_wanted *wanted)
{
    uint32_t *targets = tg_arena_alloc_zero(compiler->arena, writer->count, sizeof *targets);
    uint32_t *jumps = tg_arena_alloc_zero(compiler->arena, writer->count, sizeof *jumps);
    struct tg_avro_wanted branch = *wanted;
    if (tg_avro_union_is_struct(writer) == false)
        branch.full_name = NULL;
    tg_avro_emit(compiler, &(struct tg_avro_op){.code = TG_AVRO_OP_UNION,
                                                .slot = TG_AVRO_SLOT_NONE,
                                                .size = writer->count,
                                                .targets = targets});
    for (uint32_t i = 0; i < writer->count; i++) {
        targets[i] = (uint32_t)compiler->op_count;
        if (writer->branches[i]->kind == TG_AVRO_NULL)
            tg_avro_emit(compiler, &(struct tg_avro_op){.code = TG_AVRO_OP_NULL_ROOT});
        else
            compile_root(compiler, writer->branches[i], &branch, false);
        jumps[i] = tg_avro_emit(compiler, &(struct tg_avro_op){.code = TG_AVRO_OP_JUMP});
    }
    for (uint32_t i = 0; i < writer->count; i++)
        tg_avro_close_body(compiler, jumps[i]);
}

static const void *keep(struct tg_arena *arena, void *heap, size_t bytes)
{
    void *kept = tg_arena_alloc(arena, bytes + 1);
    if (bytes > 0)
        memcpy(kept, heap, bytes);
    tg_free(heap);
    return kept;
}

const struct tg_avro_program *tg_avro_compile(struct tg_arena *arena, const struct tg_avro_schema *writer,
                                              const struct tg_avro_wanted *wanted)
{
    struct tg_avro_compiler compiler = {.arena = arena, .path = ""};
    struct tg_avro_program *program = tg_arena_alloc_zero(arena, 1, sizeof *program);
    struct tg_avro_wanted only = *wanted;
    only.full_name = NULL; /* the only record there is fits, whatever its name */
    bool several = wanted->unwrapped && tg_avro_union_is_struct(writer);
    if (writer->kind == TG_AVRO_UNION && !several)
        compile_root_union(&compiler, writer, wanted);
    else
        compile_root(&compiler, writer, &only, true);
    program->end = (uint32_t)compiler.op_count;
    tg_avro_compile_routines(&compiler);
    program->slot_count = (uint32_t)compiler.slot_count;
    program->ops = keep(arena, compiler.ops, compiler.op_count * sizeof *compiler.ops);
    program->slots = keep(arena, compiler.slots, compiler.slot_count * sizeof *compiler.slots);
    tg_free(compiler.routines);
    return program;
}
