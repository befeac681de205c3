#include "serde/protobuf/read_plan.h"

#include "base/map.h"
#include "base/memory.h"
#include "serde/protobuf/protobuf.h"

enum { PLAN_READS_MAX = 1 << 20 };

struct compiler {
    struct tg_arena *arena;
    struct tg_proto_slot *slots;
    size_t slot_count;
    size_t slot_capacity;
    size_t read_count;    /* in all plans: a bound against schemas that unfold without end */
    struct tg_map *skims; /* full name -> plan that looks through a message that contains itself */
    const char *path;
};

/* Columns of the call, the fields of a STRUCT, or key and value of a MAP. */
struct field_row {
    uint32_t count;
    const char **names;
    const struct tg_type **types;
    uint32_t parent; /* the slot whose children they are */
};

static void compile_reads(struct compiler *compiler, const struct tg_proto_message *message,
                          const struct field_row *row, struct tg_proto_plan *plan);
static const struct tg_proto_plan *compile_message(struct compiler *compiler,
                                                   const struct tg_proto_message *message,
                                                   const struct field_row *row);

static uint32_t add_slot(struct compiler *compiler, uint32_t parent, uint32_t child)
{
    tg_grow((void **)&compiler->slots, &compiler->slot_capacity, compiler->slot_count + 1,
            sizeof *compiler->slots);
    compiler->slots[compiler->slot_count] = (struct tg_proto_slot){parent, child};
    return (uint32_t)compiler->slot_count++;
}

static bool same_name(const char *a, const char *b)
{
    return tg_slice_equal_nocase(tg_slice_text(a), tg_slice_text(b));
}

static int32_t find_name(const struct field_row *row, const char *name)
{
    int32_t other_case = -1;
    for (uint32_t i = 0; i < row->count; i++) {
        if (strcmp(row->names[i], name) == 0)
            return (int32_t)i;
        if (other_case < 0 && same_name(row->names[i], name))
            other_case = (int32_t)i;
    }
    return other_case;
}

static bool is_integer(enum tg_proto_kind kind)
{
    return kind != TG_PROTO_DOUBLE && kind != TG_PROTO_FLOAT && kind != TG_PROTO_BOOL &&
           kind != TG_PROTO_STRING && kind != TG_PROTO_BYTES && kind != TG_PROTO_GROUP &&
           kind != TG_PROTO_MESSAGE;
}

static bool is_narrow(enum tg_proto_kind kind)
{
    return kind == TG_PROTO_INT32 || kind == TG_PROTO_SINT32 || kind == TG_PROTO_SFIXED32 ||
           kind == TG_PROTO_ENUM;
}

/* Whether the column takes a scalar, and how it is read. */
static bool choose_scalar(struct tg_proto_read *read, enum tg_proto_kind kind, enum tg_type_kind target)
{
    bool good = false;
    read->code = TG_PROTO_READ_NUMBER;
    switch (target) {
    case TG_TYPE_BOOLEAN:
        good = kind == TG_PROTO_BOOL;
        break;
    case TG_TYPE_INT:
    case TG_TYPE_DATE:
    case TG_TYPE_TIME:
        good = is_narrow(kind);
        break;
    case TG_TYPE_BIGINT:
    case TG_TYPE_TIMESTAMP:
        good = is_integer(kind);
        if (kind == TG_PROTO_INT64)
            read->code = TG_PROTO_READ_INT64;
        break;
    case TG_TYPE_DOUBLE:
        good = is_integer(kind) || kind == TG_PROTO_DOUBLE || kind == TG_PROTO_FLOAT;
        break;
    case TG_TYPE_STRING:
        good = kind != TG_PROTO_BYTES;
        if (kind == TG_PROTO_STRING)
            read->code = TG_PROTO_READ_STRING;
        break;
    case TG_TYPE_BYTES:
        good = kind == TG_PROTO_BYTES || kind == TG_PROTO_STRING;
        read->code = TG_PROTO_READ_BYTES;
        break;
    case TG_TYPE_DECIMAL:
    case TG_TYPE_ARRAY:
    case TG_TYPE_MAP:
    case TG_TYPE_STRUCT:
        break;
    }
    return good;
}

static bool choose_known(struct tg_proto_read *read, const struct tg_proto_message *message,
                         enum tg_type_kind target)
{
    if (message->known == TG_PROTO_WRAPPER) {
        struct tg_proto_read inner = {0};
        read->kind = (uint8_t)message->fields[0].kind;
        if (!choose_scalar(&inner, message->fields[0].kind, target))
            return false;
    } else if (!(message->known == TG_PROTO_TIMESTAMP && target == TG_TYPE_TIMESTAMP) &&
               !(message->known == TG_PROTO_DATE && target == TG_TYPE_DATE) &&
               !(message->known == TG_PROTO_TIME && target == TG_TYPE_TIME) &&
               !(message->known == TG_PROTO_DECIMAL && target == TG_TYPE_DECIMAL)) {
        return false;
    }
    read->code = TG_PROTO_READ_KNOWN;
    read->known = (uint8_t)message->known;
    return true;
}

static const struct tg_proto_plan *compile_parts(struct compiler *compiler,
                                                 const struct tg_proto_message *message,
                                                 const struct tg_type *type, uint32_t slot)
{
    static const char *const entry_names[] = {"key", "value"};
    bool map = type->kind == TG_TYPE_MAP;
    struct field_row row = {.count = map ? 2 : type->field_count, .parent = slot};
    row.names = tg_alloc_zero(row.count + 1, sizeof *row.names);
    row.types = tg_alloc_zero(row.count + 1, sizeof *row.types);
    for (uint32_t i = 0; i < row.count; i++) {
        row.names[i] = map ? entry_names[i] : type->fields[i].name;
        row.types[i] = map ? (i == 0 ? type->key : type->element) : type->fields[i].type;
    }
    const struct tg_proto_plan *plan = compile_message(compiler, message, &row);
    tg_free(row.names);
    tg_free(row.types);
    return plan;
}

/* One value of the field into a column of the type. */
static bool compile_one(struct compiler *compiler, const struct tg_proto_field *field,
                        const struct tg_type *type, struct tg_proto_read *read)
{
    if (field->message == NULL)
        return choose_scalar(read, field->kind, type->kind);
    if (field->message->known != TG_PROTO_ORDINARY && choose_known(read, field->message, type->kind))
        return true;
    if (type->kind != TG_TYPE_STRUCT)
        return false;
    read->code = TG_PROTO_READ_MESSAGE;
    read->plan = compile_parts(compiler, field->message, type, read->slot);
    return true;
}

static void compile_field(struct compiler *compiler, const struct tg_proto_field *field,
                          const struct tg_type *type, uint32_t slot, struct tg_proto_read *read)
{
    bool fits = false;
    const struct tg_type *one = type;
    read->slot = slot;
    if (field->repeated && type->kind == TG_TYPE_MAP && field->is_map) {
        read->list = slot;
        read->is_map = true;
        read->code = TG_PROTO_READ_MESSAGE;
        read->plan = compile_parts(compiler, field->message, type, slot);
        return;
    }
    if (field->repeated == (type->kind == TG_TYPE_ARRAY)) {
        if (field->repeated) {
            read->list = slot;
            read->slot = add_slot(compiler, slot, 0);
            one = type->element;
        }
        fits = compile_one(compiler, field, one, read);
    }
    if (fits)
        return;
    read->code = TG_PROTO_READ_FAIL;
    read->list = TG_PROTO_SLOT_NONE;
    read->slot = slot;
    read->presence = true;
    read->message =
        tg_arena_printf(compiler->arena, "%s%s does not fit %s", field->repeated ? "repeated " : "",
                        field->message != NULL ? field->message->full_name : tg_proto_kind_name(field->kind),
                        tg_type_name(compiler->arena, type));
}

static struct tg_proto_read start_read(struct compiler *compiler, const struct tg_proto_field *field)
{
    return (struct tg_proto_read){
        .number = field->number,
        .kind = (uint8_t)field->kind,
        .wire = (uint8_t)tg_proto_wire_of(field->kind),
        .presence = field->has_presence || field->message != NULL,
        .scale = (uint8_t)(field->scale & UINT8_MAX),
        .slot = TG_PROTO_SLOT_NONE,
        .list = TG_PROTO_SLOT_NONE,
        .around = TG_PROTO_SLOT_NONE,
        .symbols = field->symbols,
        .path = compiler->path,
    };
}

/* Whether a message can be reached from itself. */
static bool contains(const struct tg_proto_message *message, const struct tg_proto_message *wanted,
                     struct tg_map *seen)
{
    for (uint32_t i = 0; i < message->field_count; i++) {
        const struct tg_proto_message *next = message->fields[i].message;
        if (next == wanted)
            return true;
        if (next == NULL || tg_map_count(seen) > 2000 ||
            tg_map_put(seen, tg_slice_text(next->full_name), seen) != NULL)
            continue;
        if (contains(next, wanted, seen))
            return true;
    }
    return false;
}

/* What nobody asked for is passed by its length; but a message that contains itself is looked through, so
 * that one nested without end is refused as every reader does. */
static const struct tg_proto_plan *compile_skim(struct compiler *compiler,
                                                const struct tg_proto_message *message)
{
    struct tg_proto_plan *plan = tg_map_get(compiler->skims, tg_slice_text(message->full_name));
    if (plan != NULL)
        return plan;
    struct tg_map *seen = tg_map_new();
    bool recursive = contains(message, message, seen);
    tg_map_free(seen);
    if (!recursive)
        return NULL;
    plan = tg_arena_alloc_zero(compiler->arena, 1, sizeof *plan);
    tg_map_put(compiler->skims, tg_slice_text(message->full_name), plan);
    compile_reads(compiler, message, &(struct field_row){.parent = TG_PROTO_SLOT_NONE}, plan);
    return plan;
}

/* Each member of a oneof takes the others' place. */
static void link_rivals(struct compiler *compiler, const struct tg_proto_message *message,
                        const uint32_t *field_of, struct tg_proto_read *reads, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        int32_t oneof = message->fields[field_of[i]].oneof;
        if (oneof < 0 || reads[i].code == TG_PROTO_READ_SKIM)
            continue;
        uint32_t *rivals = tg_arena_alloc_zero(compiler->arena, count, sizeof *rivals);
        for (uint32_t j = 0; j < count; j++)
            if (j != i && message->fields[field_of[j]].oneof == oneof && reads[j].slot != TG_PROTO_SLOT_NONE)
                rivals[reads[i].rival_count++] = reads[j].slot;
        reads[i].rivals = rivals;
    }
}

/* Which columns have found their fields. */
struct assignment {
    const struct tg_proto_message *message;
    const struct field_row *row;
    uint32_t *oneof_slots; /* of the STRUCTs that stand for oneofs; TG_PROTO_SLOT_NONE: no column does */
    bool *taken;           /* by column */
};

/* The column for a field: of its own name, or in the STRUCT of its oneof (*ret_around: that STRUCT's slot).
 */
static const struct tg_type *find_column(struct compiler *compiler, const struct tg_proto_field *field,
                                         struct assignment *assignment, uint32_t *ret_slot,
                                         uint32_t *ret_around)
{
    const struct field_row *row = assignment->row;
    int32_t index = find_name(row, field->name);
    *ret_around = TG_PROTO_SLOT_NONE;
    if (index >= 0 && !assignment->taken[index]) {
        assignment->taken[index] = true;
        *ret_slot = add_slot(compiler, row->parent, (uint32_t)index);
        return row->types[index];
    }
    if (field->oneof < 0)
        return NULL;
    uint32_t *around_slot = &assignment->oneof_slots[field->oneof];
    index = find_name(row, tg_proto_oneof_name(compiler->arena, assignment->message, (uint32_t)field->oneof));
    if (index < 0 || row->types[index]->kind != TG_TYPE_STRUCT)
        return NULL;
    assignment->taken[index] = true;
    if (*around_slot == TG_PROTO_SLOT_NONE)
        *around_slot = add_slot(compiler, row->parent, (uint32_t)index);
    const struct tg_type *around = row->types[index];
    for (uint32_t i = 0; i < around->field_count; i++) {
        if (!same_name(around->fields[i].name, field->name))
            continue;
        *ret_around = *around_slot;
        *ret_slot = add_slot(compiler, *around_slot, i);
        return around->fields[i].type;
    }
    return NULL;
}

/* The columns that are NULL until a field comes: those without field, and the STRUCTs of oneofs. */
static void list_nulls(struct compiler *compiler, const struct assignment *assignment,
                       struct tg_proto_plan *plan)
{
    const struct field_row *row = assignment->row;
    uint32_t oneof_count = assignment->message->oneof_count;
    uint32_t *nulls = tg_arena_alloc_zero(compiler->arena, row->count + oneof_count + 1, sizeof *nulls);
    for (uint32_t i = 0; i < row->count; i++)
        if (!assignment->taken[i])
            nulls[plan->null_count++] = add_slot(compiler, row->parent, i);
    for (uint32_t i = 0; i < oneof_count; i++)
        if (assignment->oneof_slots[i] != TG_PROTO_SLOT_NONE)
            nulls[plan->null_count++] = assignment->oneof_slots[i];
    plan->nulls = nulls;
}

/* What is set when: lists before the fields, single values after them, if none came. With oneofs, where one
 * field sets another, and with many fields all are set before. */
static void split_reads(struct compiler *compiler, struct tg_proto_read *reads, struct tg_proto_plan *plan)
{
    enum { MASK_BITS = 64 };
    uint32_t *lists = tg_arena_alloc_zero(compiler->arena, plan->count + 1, sizeof *lists);
    bool late = plan->count <= MASK_BITS;
    for (uint32_t i = 0; i < plan->count; i++) {
        struct tg_proto_read *read = &reads[i];
        late = late && read->rival_count == 0 && read->around == TG_PROTO_SLOT_NONE;
        read->quick = read->list == TG_PROTO_SLOT_NONE && read->rival_count == 0 &&
                      read->around == TG_PROTO_SLOT_NONE &&
                      (read->code == TG_PROTO_READ_INT64 || read->code == TG_PROTO_READ_STRING);
        if (read->list != TG_PROTO_SLOT_NONE)
            lists[plan->list_count++] = i;
    }
    for (uint32_t i = 0; late && i < plan->count; i++)
        if (reads[i].list == TG_PROTO_SLOT_NONE && reads[i].code != TG_PROTO_READ_SKIM) {
            plan->singles |= 1ULL << i;
            plan->structs |= reads[i].code == TG_PROTO_READ_MESSAGE ? 1ULL << i : 0;
        }
    plan->lists = lists;
}

static void compile_reads(struct compiler *compiler, const struct tg_proto_message *message,
                          const struct field_row *row, struct tg_proto_plan *plan)
{
    struct tg_proto_read *reads =
        tg_arena_alloc_zero(compiler->arena, message->field_count + 1, sizeof *reads);
    uint32_t *field_of = tg_alloc_zero(message->field_count + 1, sizeof *field_of);
    struct assignment assignment = {.message = message, .row = row};
    assignment.oneof_slots = tg_alloc_zero(message->oneof_count + 1, sizeof *assignment.oneof_slots);
    assignment.taken = tg_alloc_zero(row->count + 1, sizeof *assignment.taken);
    memset(assignment.oneof_slots, 0xff, message->oneof_count * sizeof *assignment.oneof_slots);
    plan->reads = reads;
    for (uint32_t i = 0; i < message->field_count && compiler->read_count < PLAN_READS_MAX; i++) {
        const struct tg_proto_field *field = &message->fields[i];
        const char *before = compiler->path;
        compiler->path =
            tg_arena_printf(compiler->arena, "%s%s%s", before, *before == '\0' ? "" : ".", field->name);
        struct tg_proto_read read = start_read(compiler, field);
        uint32_t slot = TG_PROTO_SLOT_NONE;
        const struct tg_type *type = find_column(compiler, field, &assignment, &slot, &read.around);
        if (type != NULL) {
            compile_field(compiler, field, type, slot, &read);
        } else {
            read.code = TG_PROTO_READ_SKIM;
            read.plan = field->message == NULL || field->kind == TG_PROTO_GROUP
                            ? NULL
                            : compile_skim(compiler, field->message);
        }
        compiler->path = before;
        if (type == NULL && read.plan == NULL)
            continue;
        compiler->read_count++;
        field_of[plan->count] = i;
        if (field->number < TG_PROTO_DENSE && plan->count < UINT8_MAX)
            plan->dense[field->number] = (uint8_t)(plan->count + 1);
        reads[plan->count++] = read;
    }
    link_rivals(compiler, message, field_of, reads, plan->count);
    split_reads(compiler, reads, plan);
    list_nulls(compiler, &assignment, plan);
    tg_free(field_of);
    tg_free(assignment.oneof_slots);
    tg_free(assignment.taken);
}

static const struct tg_proto_plan *compile_message(struct compiler *compiler,
                                                   const struct tg_proto_message *message,
                                                   const struct field_row *row)
{
    struct tg_proto_plan *plan = tg_arena_alloc_zero(compiler->arena, 1, sizeof *plan);
    compile_reads(compiler, message, row, plan);
    return plan;
}

const struct tg_proto_program *tg_proto_compile(struct tg_arena *arena,
                                                const struct tg_proto_message *message,
                                                const struct tg_schema_column *columns, uint32_t count)
{
    struct compiler compiler = {.arena = arena, .path = "", .skims = tg_map_new()};
    struct tg_proto_program *program = tg_arena_alloc_zero(arena, 1, sizeof *program);
    struct field_row row = {.count = count, .parent = TG_PROTO_SLOT_NONE};
    row.names = tg_arena_alloc_zero(arena, count + 1, sizeof *row.names);
    row.types = tg_arena_alloc_zero(arena, count + 1, sizeof *row.types);
    for (uint32_t i = 0; i < count; i++) {
        row.names[i] = columns[i].name;
        row.types[i] = columns[i].type;
    }
    program->root = compile_message(&compiler, message, &row);
    struct tg_proto_slot *slots = tg_arena_alloc_zero(arena, compiler.slot_count + 1, sizeof *slots);
    if (compiler.slot_count > 0)
        memcpy(slots, compiler.slots, compiler.slot_count * sizeof *slots);
    program->slots = slots;
    program->slot_count = (uint32_t)compiler.slot_count;
    tg_free(compiler.slots);
    tg_map_free(compiler.skims);
    return program;
}
