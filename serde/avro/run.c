/* The machine that runs decode programs. Every length and count is compared with the bytes that are left
 * before it is used; what the message says never sizes an allocation beyond them. */
#include "serde/avro/program.h"

#include "base/memory.h"
#include "data/decimal.h"
#include "data/number.h"
#include "serde/avro/write.h"
#include "serde/json/repeats.h"
#include "serde/plain_text.h"
#include "serde/text_value.h"

enum {
    ELEMENTS_MAX = 1 << 20, /* of all arrays and maps in one record */
    DEPTH_MAX = 128,        /* of blocks and skipped records in one another */
};

static bool run(struct tg_avro_machine *machine, const struct tg_avro_program *program, uint32_t from,
                uint32_t to, uint32_t row);

/* Notes the first fault; always false. */
static bool fault(struct tg_avro_machine *machine, const struct tg_avro_op *op, const char *message)
{
    if (machine->fault == NULL) {
        machine->fault = message;
        machine->path = op->path;
    }
    return false;
}

static bool fault_end(struct tg_avro_machine *machine, const struct tg_avro_op *op)
{
    return fault(machine, op, "the record ends inside of the value");
}

static bool read_long_slow(struct tg_avro_machine *machine, const struct tg_avro_op *op, int64_t *ret_value)
{
    uint64_t bits = 0;
    for (unsigned shift = 0; shift < 70; shift += 7) {
        if (machine->at == machine->end)
            return fault_end(machine, op);
        uint8_t byte = *machine->at++;
        if (shift == 63 && byte > 1)
            break;
        bits |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            *ret_value = (int64_t)(bits >> 1) ^ -(int64_t)(bits & 1);
            return true;
        }
    }
    return fault(machine, op, "a number of more than 64 bits");
}

static inline bool read_long(struct tg_avro_machine *machine, const struct tg_avro_op *op, int64_t *ret_value)
{
    if (__builtin_expect(machine->end - machine->at < TG_AVRO_LONG_BYTES_MAX, 0))
        return read_long_slow(machine, op, ret_value);
    const uint8_t *at = machine->at;
    uint64_t bits = *at++;
    if (__builtin_expect(bits >= 0x80, 1)) {
        bits &= 0x7f;
        unsigned shift = 7;
        uint8_t byte;
        do {
            byte = *at++;
            bits |= (uint64_t)(byte & 0x7f) << shift;
            shift += 7;
        } while (byte >= 0x80 && shift < 63);
        if (__builtin_expect(byte >= 0x80, 0))
            return read_long_slow(machine, op, ret_value);
    }
    machine->at = at;
    *ret_value = (int64_t)(bits >> 1) ^ -(int64_t)(bits & 1);
    return true;
}

static inline bool read_int(struct tg_avro_machine *machine, const struct tg_avro_op *op, int32_t *ret_value)
{
    int64_t value = 0;
    if (!read_long(machine, op, &value))
        return false;
    *ret_value = (int32_t)value;
    if (__builtin_expect(value != *ret_value, 0))
        return fault(machine, op, "an int of more than 32 bits");
    return true;
}

/* Bytes of a given number. */
static inline bool read_size(struct tg_avro_machine *machine, const struct tg_avro_op *op, uint64_t size,
                             struct tg_slice *ret_bytes)
{
    if (__builtin_expect(size > (uint64_t)(machine->end - machine->at), 0))
        return fault_end(machine, op);
    *ret_bytes = tg_slice_of(machine->at, size);
    machine->at += size;
    return true;
}

/* Bytes behind their length. */
static inline bool read_bytes(struct tg_avro_machine *machine, const struct tg_avro_op *op,
                              struct tg_slice *ret_bytes)
{
    int64_t length = 0;
    if (!read_long(machine, op, &length))
        return false;
    if (__builtin_expect(length < 0, 0))
        return fault(machine, op, "a length below 0");
    return read_size(machine, op, (uint64_t)length, ret_bytes);
}

/* `size` bytes of a fixed, or all that are left. */
static bool read_fixed(struct tg_avro_machine *machine, const struct tg_avro_op *op,
                       struct tg_slice *ret_bytes)
{
    uint64_t size = op->size == TG_AVRO_SIZE_REST ? (uint64_t)(machine->end - machine->at) : op->size;
    return read_size(machine, op, size, ret_bytes);
}

/* A value that was read whole but does not fit: NULL alone where the caller wants that. */
static bool misfit(struct tg_avro_machine *machine, const struct tg_avro_op *op, uint32_t row,
                   const char *message)
{
    fault(machine, op, message);
    if (!machine->field_nulls)
        return false;
    tg_column_set_null(machine->slots[op->slot], row);
    return true;
}

static inline bool put_string(struct tg_avro_machine *machine, const struct tg_avro_op *op, uint32_t row,
                              struct tg_slice text)
{
    struct tg_column *column = machine->slots[op->slot];
    if (__builtin_expect(!tg_text_is_valid(text), 0))
        return misfit(machine, op, row, "a text that is not valid UTF-8");
    column->values.bytes[row] = text;
    column->valid[row] = 1;
    return true;
}

static inline bool put_bytes(struct tg_avro_machine *machine, const struct tg_avro_op *op, uint32_t row,
                             struct tg_slice bytes)
{
    struct tg_column *column = machine->slots[op->slot];
    column->values.bytes[row] = bytes;
    column->valid[row] = 1;
    return true;
}

/* Big-endian two's complement of any length, in the scale op->kind. */
static bool put_decimal(struct tg_avro_machine *machine, const struct tg_avro_op *op, uint32_t row,
                        struct tg_slice bytes)
{
    struct tg_column *column = machine->slots[op->slot];
    if (bytes.length == 0)
        return misfit(machine, op, row, "a decimal without digits");
    bool negative = (bytes.data[0] & 0x80) != 0;
    uint8_t filler = negative ? 0xff : 0;
    while (bytes.length > sizeof(tg_int128)) {
        if (bytes.data[0] != filler || ((bytes.data[1] & 0x80) != 0) != negative)
            return misfit(machine, op, row, "a decimal of more digits than its column has");
        bytes = tg_slice_of(bytes.data + 1, bytes.length - 1);
    }
    tg_uint128 value = negative ? ~(tg_uint128)0 : 0;
    for (size_t i = 0; i < bytes.length; i++)
        value = value << 8 | bytes.data[i];
    tg_int128 scaled = (tg_int128)value;
    if (op->kind != column->type->scale && tg_decimal_rescale(scaled, op->kind, column->type->scale,
                                                              TG_ROUND_UNNECESSARY, &scaled) != TG_DECIMAL_OK)
        return misfit(machine, op, row, "a decimal with more digits behind the point than its column has");
    if (!tg_decimal_fits(scaled, column->type->precision))
        return misfit(machine, op, row, "a decimal of more digits than its column has");
    column->values.decimal[row] = scaled;
    column->valid[row] = 1;
    return true;
}

static inline bool put_double(struct tg_avro_machine *machine, const struct tg_avro_op *op, uint32_t row,
                              double value)
{
    struct tg_column *column = machine->slots[op->slot];
    column->values.float64[row] = value;
    column->valid[row] = 1;
    return true;
}

static bool run_boolean(struct tg_avro_machine *machine, const struct tg_avro_op *op, uint32_t row)
{
    struct tg_column *column = machine->slots[op->slot];
    struct tg_slice bytes = {0};
    if (!read_size(machine, op, 1, &bytes))
        return false;
    if (*bytes.data > 1)
        return misfit(machine, op, row, "a boolean that is neither 0 nor 1");
    column->values.boolean[row] = *bytes.data;
    column->valid[row] = 1;
    return true;
}

static bool run_number(struct tg_avro_machine *machine, const struct tg_avro_op *op, uint32_t row)
{
    struct tg_slice bytes = {0};
    struct tg_column *column;
    int64_t integer = 0;
    int32_t narrow = 0;
    float single = 0;
    switch ((int)op->code) {
    case TG_AVRO_OP_BOOLEAN:
        return run_boolean(machine, op, row);
    case TG_AVRO_OP_INT_LONG:
        column = machine->slots[op->slot];
        if (!read_int(machine, op, &narrow))
            return false;
        column->values.int64[row] = narrow;
        column->valid[row] = 1;
        return true;
    case TG_AVRO_OP_FLOAT:
        if (!read_size(machine, op, sizeof single, &bytes))
            return false;
        memcpy(&single, bytes.data, sizeof single);
        return put_double(machine, op, row, single);
    case TG_AVRO_OP_INT_DOUBLE:
        return read_int(machine, op, &narrow) && put_double(machine, op, row, narrow);
    case TG_AVRO_OP_LONG_DOUBLE:
        return read_long(machine, op, &integer) && put_double(machine, op, row, (double)integer);
    default: /* LONG_FLOAT */
        return read_long(machine, op, &integer) && put_double(machine, op, row, (float)integer);
    }
}

static int64_t divide_down(int64_t value, int64_t divisor)
{
    return value / divisor - (value % divisor < 0);
}

static bool run_time(struct tg_avro_machine *machine, const struct tg_avro_op *op, uint32_t row)
{
    struct tg_column *column = machine->slots[op->slot];
    int64_t value = 0;
    int32_t narrow = 0;
    if (op->code == TG_AVRO_OP_TIME) {
        if (!read_int(machine, op, &narrow))
            return false;
        value = narrow;
    } else {
        if (!read_long(machine, op, &value))
            return false;
        value = divide_down(value, op->divisor);
    }
    column->valid[row] = 1;
    if (op->code == TG_AVRO_OP_FINE_LONG) {
        column->values.int64[row] = value;
        return true;
    }
    if (!tg_type_integer_fits(TG_TYPE_TIME, value))
        return misfit(machine, op, row, "a time that is not between 00:00:00 and 23:59:59.999");
    column->values.int32[row] = (int32_t)value;
    return true;
}

/* Any scalar as Java's String.valueOf writes it. */
static bool run_text(struct tg_avro_machine *machine, const struct tg_avro_op *op, uint32_t row)
{
    struct tg_slice bytes = {0};
    char text[TG_DOUBLE_TEXT_MAX];
    size_t length = 0;
    int64_t integer = 0;
    int32_t narrow = 0;
    float single;
    double real;
    switch ((int)op->kind) {
    case TG_AVRO_BOOLEAN:
        if (!read_size(machine, op, 1, &bytes))
            return false;
        if (*bytes.data > 1)
            return misfit(machine, op, row, "a boolean that is neither 0 nor 1");
        return put_bytes(machine, op, row, tg_slice_text(*bytes.data ? "true" : "false"));
    case TG_AVRO_INT:
        if (!read_int(machine, op, &narrow))
            return false;
        length = tg_int64_write(narrow, text);
        break;
    case TG_AVRO_LONG:
        if (!read_long(machine, op, &integer))
            return false;
        length = tg_int64_write(integer, text);
        break;
    case TG_AVRO_FLOAT:
        if (!read_size(machine, op, sizeof single, &bytes))
            return false;
        memcpy(&single, bytes.data, sizeof single);
        length = tg_text_write_float(single, text);
        break;
    default: /* DOUBLE */
        if (!read_size(machine, op, sizeof real, &bytes))
            return false;
        memcpy(&real, bytes.data, sizeof real);
        length = tg_double_write(real, text);
        break;
    }
    return put_bytes(machine, op, row, tg_arena_copy(machine->arena, tg_slice_of(text, length)));
}

static bool run_enum(struct tg_avro_machine *machine, const struct tg_avro_op *op, uint32_t row)
{
    int64_t symbol = 0;
    if (!read_long(machine, op, &symbol))
        return false;
    if (symbol < 0 || symbol >= (int64_t)op->size)
        return fault(machine, op, "an enum's symbol that the schema does not have");
    if (op->symbols[symbol].data == NULL)
        return misfit(machine, op, row, "a symbol that the reader's enum does not have, nor a default");
    return put_bytes(machine, op, row, op->symbols[symbol]);
}

/* The start of a block: *ret_count elements, which take `*ret_end` if the writer said how many bytes they
 * are. */
static bool read_block(struct tg_avro_machine *machine, const struct tg_avro_op *op, int64_t *ret_count,
                       const uint8_t **ret_end)
{
    int64_t count = 0;
    int64_t size = 0;
    *ret_end = NULL;
    if (!read_long(machine, op, &count))
        return false;
    if (count < 0) {
        if (!read_long(machine, op, &size))
            return false;
        if (count == INT64_MIN || size < 0 || size > machine->end - machine->at)
            return fault(machine, op, "a block whose count or size cannot be");
        count = -count;
        *ret_end = machine->at + size;
    }
    if (count > machine->elements_left)
        return fault(machine, op, "more than 1048576 elements");
    if (count * op->element_min > machine->end - machine->at)
        return fault(machine, op, "more elements than the record has bytes for");
    machine->elements_left -= (uint32_t)count;
    *ret_count = count;
    return true;
}

static bool enter_blocks(struct tg_avro_machine *machine, const struct tg_avro_op *op)
{
    if (machine->depth_left == 0)
        return fault(machine, op, "values nested deeper than 128 levels");
    machine->depth_left--;
    return true;
}

static bool run_blocks(struct tg_avro_machine *machine, const struct tg_avro_program *program,
                       const struct tg_avro_op *op, uint32_t row)
{
    struct tg_column *column = machine->slots[op->slot];
    struct tg_range range = {column->children[0]->length, 0};
    uint32_t body = (uint32_t)(op - program->ops) + 1;
    bool map = op->code == TG_AVRO_OP_MAP;
    int64_t count = 0;
    const uint8_t *end = NULL;
    if (!enter_blocks(machine, op))
        return false;
    do {
        if (!read_block(machine, op, &count, &end))
            return false;
        for (int64_t i = 0; i < count; i++) {
            uint32_t element = tg_column_extend(column->children[0]);
            if (map) {
                column->children[0]->values.bytes[element] = (struct tg_slice){0};
                tg_column_extend(column->children[1]);
            }
            if (!run(machine, program, body, op->target, element))
                return false;
        }
        if (end != NULL && machine->at != end)
            return fault(machine, op, "a block whose size is not that of its elements");
        range.count += (uint32_t)count;
    } while (count > 0);
    machine->depth_left++;
    if (map)
        tg_json_keep_last(column, &range, machine->arena);
    column->values.range[row] = range;
    column->valid[row] = 1;
    return true;
}

static bool skip_blocks(struct tg_avro_machine *machine, const struct tg_avro_program *program,
                        const struct tg_avro_op *op)
{
    uint32_t body = (uint32_t)(op - program->ops) + 1;
    int64_t count = 0;
    const uint8_t *end = NULL;
    if (!enter_blocks(machine, op))
        return false;
    do {
        if (!read_block(machine, op, &count, &end))
            return false;
        for (int64_t i = 0; end == NULL && i < count && op->target > body; i++)
            if (!run(machine, program, body, op->target, 0))
                return false;
        if (end != NULL)
            machine->at = end;
    } while (count > 0);
    machine->depth_left++;
    return true;
}

static bool skip_record(struct tg_avro_machine *machine, const struct tg_avro_program *program,
                        const struct tg_avro_op *op)
{
    if (!enter_blocks(machine, op) || !run(machine, program, op->targets[0], op->targets[1], 0))
        return false;
    machine->depth_left++;
    return true;
}

static bool run_constant(struct tg_avro_machine *machine, const struct tg_avro_program *program,
                         const struct tg_avro_op *op, uint32_t row)
{
    const uint8_t *at = machine->at;
    const uint8_t *end = machine->end;
    uint32_t body = (uint32_t)(op - program->ops) + 1;
    machine->at = op->constant->data;
    machine->end = op->constant->data + op->constant->length;
    bool good = run(machine, program, body, op->target, row);
    machine->at = at;
    machine->end = end;
    return good;
}

/* Values that are rare, or take long anyway. */
static bool run_rare(struct tg_avro_machine *machine, const struct tg_avro_op *op, uint32_t row)
{
    struct tg_slice bytes = {0};
    int64_t skipped = 0;
    switch ((int)op->code) {
    case TG_AVRO_OP_TIME:
    case TG_AVRO_OP_FINE_TIME:
    case TG_AVRO_OP_FINE_LONG:
        return run_time(machine, op, row);
    case TG_AVRO_OP_BYTES:
        return read_bytes(machine, op, &bytes) && put_bytes(machine, op, row, bytes);
    case TG_AVRO_OP_FIXED:
        return read_fixed(machine, op, &bytes) && put_bytes(machine, op, row, bytes);
    case TG_AVRO_OP_FIXED_STRING:
        return read_fixed(machine, op, &bytes) && put_string(machine, op, row, bytes);
    case TG_AVRO_OP_ENUM:
        return run_enum(machine, op, row);
    case TG_AVRO_OP_DECIMAL:
        return read_bytes(machine, op, &bytes) && put_decimal(machine, op, row, bytes);
    case TG_AVRO_OP_FIXED_DECIMAL:
        return read_fixed(machine, op, &bytes) && put_decimal(machine, op, row, bytes);
    case TG_AVRO_OP_TEXT:
        return run_text(machine, op, row);
    case TG_AVRO_OP_NULL:
        tg_column_set_null(machine->slots[op->slot], row);
        return true;
    case TG_AVRO_OP_NULL_ROOT:
        machine->null_root = true;
        return true;
    case TG_AVRO_OP_VALID:
        machine->slots[op->slot]->valid[row] = 1;
        return true;
    case TG_AVRO_OP_SKIP_VARINT:
        return read_long(machine, op, &skipped);
    case TG_AVRO_OP_SKIP_BYTES:
        return read_bytes(machine, op, &bytes);
    case TG_AVRO_OP_SKIP_FIXED:
        return read_fixed(machine, op, &bytes);
    case TG_AVRO_OP_FAIL:
        return op->slot == TG_AVRO_SLOT_NONE ? fault(machine, op, op->message)
                                             : misfit(machine, op, row, op->message);
    default:
        return run_number(machine, op, row);
    }
}

/* A union's null sets the column; anything else goes on behind the operation. NULL: a fault. */
static const struct tg_avro_op *run_nullable(struct tg_avro_machine *machine,
                                             const struct tg_avro_program *program,
                                             const struct tg_avro_op *op, uint32_t row)
{
    int64_t branch = 0;
    if (!read_long(machine, op, &branch))
        return NULL;
    if (branch == 1 - (int64_t)op->size)
        return op + 1;
    if (branch != (int64_t)op->size) {
        fault(machine, op, "a branch that the union does not have");
        return NULL;
    }
    tg_column_set_null(machine->slots[op->slot], row);
    return program->ops + op->target;
}

/* Operations outside of the hot loop; returns the next one, NULL after a fault. */
static const struct tg_avro_op *run_other(struct tg_avro_machine *machine,
                                          const struct tg_avro_program *program, const struct tg_avro_op *op,
                                          uint32_t row)
{
    int64_t branch = 0;
    bool good = true;
    switch ((int)op->code) {
    case TG_AVRO_OP_JUMP:
        break;
    case TG_AVRO_OP_UNION:
        if (!read_long(machine, op, &branch))
            return NULL;
        if (branch >= 0 && branch < (int64_t)op->size)
            return program->ops + op->targets[branch];
        good = fault(machine, op, "a branch that the union does not have");
        break;
    case TG_AVRO_OP_CONSTANT:
        good = run_constant(machine, program, op, row);
        break;
    case TG_AVRO_OP_ARRAY:
    case TG_AVRO_OP_MAP:
        good = run_blocks(machine, program, op, row);
        break;
    case TG_AVRO_OP_SKIP_BLOCKS:
        good = skip_blocks(machine, program, op);
        break;
    case TG_AVRO_OP_SKIP_RECORD:
        return skip_record(machine, program, op) ? op + 1 : NULL;
    default:
        return run_rare(machine, op, row) ? op + 1 : NULL;
    }
    return good ? program->ops + op->target : NULL;
}

static bool run(struct tg_avro_machine *machine, const struct tg_avro_program *program, uint32_t from,
                uint32_t to, uint32_t row)
{
    const struct tg_avro_op *op = program->ops + from;
    const struct tg_avro_op *end = program->ops + to;
    while (op < end) {
        struct tg_slice bytes;
        struct tg_column *column;
        switch (op->code) {
        case TG_AVRO_OP_LONG:
            column = machine->slots[op->slot];
            if (!read_long(machine, op, &column->values.int64[row]))
                return false;
            column->valid[row] = 1;
            op++;
            break;
        case TG_AVRO_OP_STRING:
            if (!read_bytes(machine, op, &bytes) || !put_string(machine, op, row, bytes))
                return false;
            op++;
            break;
        case TG_AVRO_OP_NULLABLE:
            op = run_nullable(machine, program, op, row);
            if (op == NULL)
                return false;
            break;
        case TG_AVRO_OP_INT:
            column = machine->slots[op->slot];
            if (!read_int(machine, op, &column->values.int32[row]))
                return false;
            column->valid[row] = 1;
            op++;
            break;
        case TG_AVRO_OP_DOUBLE:
            column = machine->slots[op->slot];
            if (!read_size(machine, op, sizeof(double), &bytes))
                return false;
            memcpy(&column->values.float64[row], bytes.data, sizeof(double));
            column->valid[row] = 1;
            op++;
            break;
        default:
            op = run_other(machine, program, op, row);
            if (op == NULL)
                return false;
            break;
        }
    }
    return true;
}

void tg_avro_bind(const struct tg_avro_program *program, struct tg_column *const *columns,
                  struct tg_column **slots)
{
    for (uint32_t i = 0; i < program->slot_count; i++) {
        const struct tg_avro_slot *slot = &program->slots[i];
        slots[i] = slot->parent == TG_AVRO_SLOT_ROOT ? columns[slot->child]
                                                     : slots[slot->parent]->children[slot->child];
    }
}

enum tg_avro_outcome tg_avro_run(struct tg_avro_machine *machine, const struct tg_avro_program *program,
                                 struct tg_slice payload, uint32_t row)
{
    static const struct tg_avro_op behind = {.path = ""};
    machine->at = payload.data;
    machine->end = payload.data + payload.length;
    machine->elements_left = ELEMENTS_MAX;
    machine->depth_left = DEPTH_MAX;
    machine->null_root = false;
    machine->fault = NULL;
    if (!run(machine, program, 0, program->end, row))
        return TG_AVRO_FAILED;
    if (machine->at != machine->end) {
        machine->fault = NULL;
        fault(machine, &behind, "bytes behind the end of the value");
        return TG_AVRO_FAILED;
    }
    if (machine->null_root)
        return TG_AVRO_READ_NULL;
    return machine->fault == NULL ? TG_AVRO_READ : TG_AVRO_READ_PARTLY;
}
