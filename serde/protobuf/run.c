/* The machine that runs plans over messages. Every length is compared with the bytes that are left before it
 * is used; fields come in any order and any number of times. */
#include "base/memory.h"
#include "data/decimal.h"
#include "data/number.h"
#include "data/time.h"
#include "serde/json/repeats.h"
#include "serde/plain_text.h"
#include "serde/protobuf/read_plan.h"
#include "serde/text_value.h"

enum {
    ELEMENTS_MAX = 1 << 20, /* of all lists and maps in one record */
    DEPTH_MAX = 100,        /* messages in one another, as the usual readers */
    VARINT_BYTES_MAX = 10,
    NO_GROUP = 0,
};

static bool run_message(struct tg_proto_machine *machine, const struct tg_proto_plan *plan, uint32_t row,
                        uint32_t group, uint64_t *seen);

/* Notes the first fault; always false. */
static bool fault(struct tg_proto_machine *machine, const char *message)
{
    if (machine->fault == NULL)
        machine->fault = message;
    return false;
}

static bool read_varint_slow(struct tg_proto_machine *machine, uint64_t *ret_value)
{
    uint64_t bits = 0;
    for (unsigned shift = 0; shift < 7 * VARINT_BYTES_MAX; shift += 7) {
        if (machine->at == machine->end)
            return fault(machine, "the message ends inside of a value");
        uint8_t byte = *machine->at++;
        bits |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            *ret_value = bits;
            return true;
        }
    }
    return fault(machine, "a number of more than 10 bytes");
}

static inline bool read_varint(struct tg_proto_machine *machine, uint64_t *ret_value)
{
    if (__builtin_expect(machine->end - machine->at < VARINT_BYTES_MAX, 0))
        return read_varint_slow(machine, ret_value);
    const uint8_t *at = machine->at;
    uint64_t bits = *at++;
    if (bits >= 0x80) {
        bits &= 0x7f;
        unsigned shift = 7;
        uint8_t byte;
        do {
            byte = *at++;
            bits |= (uint64_t)(byte & 0x7f) << shift;
            shift += 7;
        } while (byte >= 0x80 && shift < 63);
        if (__builtin_expect(byte >= 0x80, 0))
            return read_varint_slow(machine, ret_value);
    }
    machine->at = at;
    *ret_value = bits;
    return true;
}

static bool read_fixed(struct tg_proto_machine *machine, size_t size, uint64_t *ret_value)
{
    if ((size_t)(machine->end - machine->at) < size)
        return fault(machine, "the message ends inside of a value");
    *ret_value = 0;
    memcpy(ret_value, machine->at, size); /* little endian, as this machine */
    machine->at += size;
    return true;
}

static inline bool read_sized(struct tg_proto_machine *machine, struct tg_slice *ret_bytes)
{
    uint64_t length = 0;
    if (!read_varint(machine, &length))
        return false;
    if (__builtin_expect(length > (uint64_t)(machine->end - machine->at), 0))
        return fault(machine, "a length beyond the end of the message");
    *ret_bytes = tg_slice_of(machine->at, length);
    machine->at += length;
    return true;
}

/* The bits of a number in its wire form. */
static bool read_number(struct tg_proto_machine *machine, enum tg_proto_wire wire, uint64_t *ret_bits)
{
    if (wire == TG_PROTO_VARINT)
        return read_varint(machine, ret_bits);
    return read_fixed(machine, wire == TG_PROTO_WIDE ? 8 : 4, ret_bits);
}

/* Passes a field that nobody wants; behind its tag. */
static bool skip_field(struct tg_proto_machine *machine, uint32_t number, enum tg_proto_wire wire)
{
    uint64_t bits = 0;
    struct tg_slice bytes;
    if (wire == TG_PROTO_SIZED)
        return read_sized(machine, &bytes);
    if (wire != TG_PROTO_START)
        return read_number(machine, wire, &bits);
    if (machine->depth_left == 0)
        return fault(machine, "messages nested deeper than 100 levels");
    machine->depth_left--;
    for (;;) {
        if (!read_varint(machine, &bits))
            return false;
        uint32_t inner = (uint32_t)(bits >> 3);
        if ((bits & 7) == TG_PROTO_END) {
            machine->depth_left++;
            return inner == number || fault(machine, "the end of a group that was not started");
        }
        if ((bits & 7) > TG_PROTO_NARROW || bits >> 32 != 0 || inner == 0)
            return fault(machine, "a tag that cannot be");
        if (!skip_field(machine, inner, (enum tg_proto_wire)(bits & 7)))
            return false;
    }
}

/* A value that was read whole but does not fit: NULL alone where the caller wants that. */
static bool misfit(struct tg_proto_machine *machine, const struct tg_proto_read *read, uint32_t slot,
                   uint32_t row, const char *message)
{
    if (machine->fault == NULL)
        machine->path = read->path;
    fault(machine, message);
    if (!machine->field_nulls)
        return false;
    tg_column_set_null(machine->slots[slot], row);
    return true;
}

static int64_t integer_of(enum tg_proto_kind kind, uint64_t bits)
{
    uint32_t narrow = (uint32_t)bits;
    switch ((int)kind) {
    case TG_PROTO_INT32:
    case TG_PROTO_ENUM:
    case TG_PROTO_SFIXED32:
        return (int32_t)narrow;
    case TG_PROTO_UINT32:
    case TG_PROTO_FIXED32:
        return narrow;
    case TG_PROTO_SINT32:
        return (int32_t)((narrow >> 1) ^ (0U - (narrow & 1U)));
    case TG_PROTO_SINT64:
        return (int64_t)((bits >> 1) ^ (0 - (bits & 1)));
    case TG_PROTO_BOOL:
        return bits != 0;
    default:
        return (int64_t)bits;
    }
}

static float float_of(uint64_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static double double_of(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static const struct tg_slice *symbol_of(const struct tg_proto_enum *symbols, int64_t number)
{
    uint32_t low = 0;
    uint32_t high = symbols->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (symbols->symbols[middle].number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low < symbols->count && symbols->symbols[low].number == number ? &symbols->symbols[low].name
                                                                          : NULL;
}

/* A number, boolean or enum as text; an enum's number that has no name stays a number. */
static struct tg_slice text_of(struct tg_proto_machine *machine, const struct tg_proto_read *read,
                               uint64_t bits)
{
    char text[TG_DOUBLE_TEXT_MAX];
    size_t length = 0;
    int64_t value = integer_of((enum tg_proto_kind)read->kind, bits);
    const struct tg_slice *name = read->kind == TG_PROTO_ENUM ? symbol_of(read->symbols, value) : NULL;
    if (name != NULL)
        return *name;
    if (read->kind == TG_PROTO_BOOL)
        return tg_slice_text(value != 0 ? "true" : "false");
    if (read->kind == TG_PROTO_FLOAT)
        length = tg_text_write_float(float_of(bits), text);
    else if (read->kind == TG_PROTO_DOUBLE)
        length = tg_double_write(double_of(bits), text);
    else
        length = tg_int64_write(value, text);
    return tg_arena_copy(machine->arena, tg_slice_of(text, length));
}

static bool put_number(struct tg_proto_machine *machine, const struct tg_proto_read *read, uint32_t row,
                       uint64_t bits)
{
    struct tg_column *column = machine->slots[read->slot];
    int64_t value = integer_of((enum tg_proto_kind)read->kind, bits);
    column->valid[row] = 1;
    switch ((int)column->type->kind) {
    case TG_TYPE_BOOLEAN:
        column->values.boolean[row] = value != 0;
        return true;
    case TG_TYPE_INT:
    case TG_TYPE_DATE:
        column->values.int32[row] = (int32_t)value;
        return true;
    case TG_TYPE_TIME:
        column->values.int32[row] = (int32_t)value;
        return tg_type_integer_fits(TG_TYPE_TIME, value) ||
               misfit(machine, read, read->slot, row, "a time that is not between 00:00:00 and 23:59:59.999");
    case TG_TYPE_BIGINT:
    case TG_TYPE_TIMESTAMP:
        column->values.int64[row] = value;
        return true;
    case TG_TYPE_DOUBLE:
        column->values.float64[row] = read->kind == TG_PROTO_DOUBLE  ? double_of(bits)
                                      : read->kind == TG_PROTO_FLOAT ? float_of(bits)
                                                                     : (double)value;
        return true;
    default: /* STRING */
        column->values.bytes[row] = text_of(machine, read, bits);
        return true;
    }
}

static bool put_bytes(struct tg_proto_machine *machine, const struct tg_proto_read *read, uint32_t row,
                      struct tg_slice bytes)
{
    struct tg_column *column = machine->slots[read->slot];
    column->values.bytes[row] = bytes;
    column->valid[row] = 1;
    if (column->type->kind == TG_TYPE_STRING && __builtin_expect(!tg_text_is_valid(bytes), 0))
        return misfit(machine, read, read->slot, row, "a text that is not valid UTF-8");
    return true;
}

/* The zero of a field that is absent, or is there without a value. */
static bool put_zero(struct tg_proto_machine *machine, const struct tg_proto_read *read, uint32_t row)
{
    static const uint8_t empty[1];
    if (read->kind == TG_PROTO_STRING || read->kind == TG_PROTO_BYTES)
        return put_bytes(machine, read, row, tg_slice_of(empty, 0));
    return put_number(machine, read, row, 0);
}

struct known_parts {
    int64_t numbers[5]; /* by field number */
    struct tg_slice bytes;
};

/* Big-endian two's complement in `scale`. */
static bool put_decimal(struct tg_proto_machine *machine, const struct tg_proto_read *read, uint32_t row,
                        const struct known_parts *parts)
{
    struct tg_column *column = machine->slots[read->slot];
    struct tg_slice bytes = parts->bytes;
    int64_t scale = parts->numbers[3];
    bool negative = bytes.length > 0 && (bytes.data[0] & 0x80) != 0;
    while (bytes.length > sizeof(tg_int128) && bytes.data[0] == (negative ? 0xff : 0))
        bytes = tg_slice_of(bytes.data + 1, bytes.length - 1);
    if (bytes.length == 0 || bytes.length > sizeof(tg_int128) || ((bytes.data[0] & 0x80) != 0) != negative ||
        scale < 0 || scale > 2 * TG_DECIMAL_DIGITS_MAX)
        return misfit(machine, read, read->slot, row, "a decimal without digits, or of more than 38");
    tg_uint128 bits = negative ? ~(tg_uint128)0 : 0;
    for (size_t i = 0; i < bytes.length; i++)
        bits = bits << 8 | bytes.data[i];
    tg_int128 value = (tg_int128)bits;
    if (tg_decimal_rescale(value, (unsigned)scale, column->type->scale, TG_ROUND_UNNECESSARY, &value) !=
            TG_DECIMAL_OK ||
        !tg_decimal_fits(value, column->type->precision))
        return misfit(machine, read, read->slot, row, "a decimal that does not fit its column");
    column->values.decimal[row] = value;
    column->valid[row] = 1;
    return true;
}

static bool put_timestamp(struct tg_proto_machine *machine, const struct tg_proto_read *read, uint32_t row,
                          const struct known_parts *parts)
{
    struct tg_column *column = machine->slots[read->slot];
    int64_t nanos = parts->numbers[2];
    int64_t millis = 0;
    column->valid[row] = 1;
    if (__builtin_mul_overflow(parts->numbers[1], 1000, &millis) || nanos < 0 || nanos > 999999999 ||
        __builtin_add_overflow(millis, nanos / 1000000, &column->values.int64[row]))
        return misfit(machine, read, read->slot, row, "a timestamp that cannot be");
    return true;
}

static bool put_date_or_time(struct tg_proto_machine *machine, const struct tg_proto_read *read, uint32_t row,
                             const struct known_parts *parts)
{
    struct tg_column *column = machine->slots[read->slot];
    const int64_t *part = parts->numbers;
    column->valid[row] = 1;
    if (read->known == TG_PROTO_DATE) {
        bool good =
            part[1] == (int32_t)part[1] && part[2] >= 1 && part[2] <= 12 && part[3] >= 1 && part[3] <= 31;
        int64_t days = good ? tg_days_from_civil((int32_t)part[1], (int32_t)part[2], (int32_t)part[3]) : 0;
        struct tg_civil civil;
        good = good && days == (int32_t)days;
        tg_civil_from_ms((int32_t)days * 86400000LL, &civil);
        good = good && civil.month == part[2]; /* else the month has no such day */
        column->values.int32[row] = (int32_t)days;
        return good || misfit(machine, read, read->slot, row, "a date that is no day of the calendar");
    }
    bool good = part[1] >= 0 && part[1] < 24 && part[2] >= 0 && part[2] < 60 && part[3] >= 0 &&
                part[3] < 60 && part[4] >= 0 && part[4] < 1000000000;
    column->values.int32[row] =
        good ? (int32_t)(((part[1] * 60 + part[2]) * 60 + part[3]) * 1000 + part[4] / 1000000) : 0;
    return good || misfit(machine, read, read->slot, row, "a time of day that cannot be");
}

/* One field inside of a well-known message. */
static bool read_known_part(struct tg_proto_machine *machine, const struct tg_proto_read *read, uint32_t row,
                            uint64_t tag, struct known_parts *parts)
{
    uint32_t number = (uint32_t)(tag >> 3);
    enum tg_proto_wire wire = (enum tg_proto_wire)(tag & 7);
    struct tg_slice bytes;
    uint64_t bits = 0;
    if (number == 0 || tag >> 32 != 0 || wire == TG_PROTO_END || wire > TG_PROTO_NARROW)
        return fault(machine, "a tag that cannot be");
    bool sized = read->known == TG_PROTO_WRAPPER
                     ? tg_proto_wire_of((enum tg_proto_kind)read->kind) == TG_PROTO_SIZED
                     : read->known == TG_PROTO_DECIMAL;
    if (number == 1 && sized && wire == TG_PROTO_SIZED) {
        if (!read_sized(machine, &bytes))
            return false;
        parts->bytes = bytes;
        return read->known != TG_PROTO_WRAPPER || put_bytes(machine, read, row, bytes);
    }
    if (number == 1 && read->known == TG_PROTO_WRAPPER &&
        wire == tg_proto_wire_of((enum tg_proto_kind)read->kind))
        return read_number(machine, wire, &bits) && put_number(machine, read, row, bits);
    if (number <= 4 && wire == TG_PROTO_VARINT && read->known != TG_PROTO_WRAPPER) {
        if (!read_varint(machine, &bits))
            return false;
        parts->numbers[number] = (int64_t)bits;
        return true;
    }
    return skip_field(machine, number, wire);
}

static bool run_known(struct tg_proto_machine *machine, const struct tg_proto_read *read, uint32_t row)
{
    struct known_parts parts = {.numbers = {0, 0, 0, 0, 0}};
    struct tg_slice body;
    uint64_t tag = 0;
    if (!read_sized(machine, &body))
        return false;
    if (read->known == TG_PROTO_WRAPPER && !put_zero(machine, read, row))
        return false;
    const uint8_t *after = machine->at;
    const uint8_t *end = machine->end;
    machine->at = body.data;
    machine->end = after;
    while (machine->at < machine->end)
        if (!read_varint(machine, &tag) || !read_known_part(machine, read, row, tag, &parts))
            return false;
    machine->end = end;
    if (read->known == TG_PROTO_WRAPPER)
        return true;
    if (read->known == TG_PROTO_DECIMAL)
        return put_decimal(machine, read, row, &parts);
    return read->known == TG_PROTO_TIMESTAMP ? put_timestamp(machine, read, row, &parts)
                                             : put_date_or_time(machine, read, row, &parts);
}

/* A single value that did not come. Connect's converter has NULL for bytes without any, unlike for texts. */
static void put_absent(struct tg_proto_machine *machine, const struct tg_proto_read *read, uint32_t row)
{
    if (read->presence || read->around != TG_PROTO_SLOT_NONE || read->kind == TG_PROTO_BYTES)
        tg_column_set_null(machine->slots[read->slot], row);
    else
        put_zero(machine, read, row);
}

/* What holds until a field comes. */
static void start_message(struct tg_proto_machine *machine, const struct tg_proto_plan *plan, uint32_t row)
{
    for (uint32_t i = 0; i < plan->null_count; i++)
        tg_column_set_null(machine->slots[plan->nulls[i]], row);
    for (uint32_t i = 0; i < plan->list_count; i++) {
        struct tg_column *list = machine->slots[plan->reads[plan->lists[i]].list];
        list->values.range[row] = (struct tg_range){list->children[0]->length, 0};
        list->valid[row] = 1;
    }
    for (uint64_t structs = plan->structs; structs != 0; structs &= structs - 1)
        machine->slots[plan->reads[__builtin_ctzll(structs)].slot]->valid[row] = 0;
    for (uint32_t i = 0; plan->singles == 0 && i < plan->count; i++)
        if (plan->reads[i].list == TG_PROTO_SLOT_NONE && plan->reads[i].code != TG_PROTO_READ_SKIM)
            put_absent(machine, &plan->reads[i], row);
}

/* `seen`: bits of the reads that came, in this message or one before that it adds to. */
static void finish_message(struct tg_proto_machine *machine, const struct tg_proto_plan *plan, uint32_t row,
                           uint64_t seen)
{
    for (uint64_t absent = plan->singles & ~seen; absent != 0; absent &= absent - 1)
        put_absent(machine, &plan->reads[__builtin_ctzll(absent)], row);
    for (uint32_t i = 0; i < plan->list_count; i++) {
        if (plan->reads[plan->lists[i]].is_map) {
            struct tg_column *map = machine->slots[plan->reads[plan->lists[i]].list];
            tg_json_keep_last(map, &map->values.range[row], machine->arena);
        }
    }
}

/* A message behind its tag: by its length, or up to the end of its group. `seen`: all bits if it adds to
 * another. */
static bool run_nested(struct tg_proto_machine *machine, const struct tg_proto_read *read, uint32_t row,
                       uint64_t seen)
{
    struct tg_slice body;
    if (machine->depth_left == 0)
        return fault(machine, "messages nested deeper than 100 levels");
    machine->depth_left--;
    const uint8_t *end = machine->end;
    if (read->wire == TG_PROTO_SIZED) {
        if (!read_sized(machine, &body))
            return false;
        machine->end = machine->at;
        machine->at = body.data;
    }
    uint32_t group = read->wire == TG_PROTO_SIZED ? NO_GROUP : read->number;
    if (!run_message(machine, read->plan, row, group, &seen))
        return false;
    finish_message(machine, read->plan, row, seen);
    machine->end = end;
    machine->depth_left++;
    return true;
}

/* Room for one element more; its row. */
static bool extend(struct tg_proto_machine *machine, const struct tg_proto_read *read, uint32_t row,
                   uint32_t *ret_element)
{
    struct tg_column *list = machine->slots[read->list];
    if (machine->elements_left == 0)
        return fault(machine, "more than 1048576 elements");
    machine->elements_left--;
    if (list->values.range[row].count == 0)
        list->values.range[row].start = list->children[0]->length;
    *ret_element = tg_column_extend(list->children[0]);
    if (read->is_map) {
        list->children[0]->values.bytes[*ret_element] = (struct tg_slice){0};
        tg_column_extend(list->children[1]);
    }
    list->values.range[row].count++;
    return true;
}

/* Two of one message are one: the second adds to the first. */
static bool run_struct(struct tg_proto_machine *machine, const struct tg_proto_read *read, uint32_t row)
{
    struct tg_column *column = read->is_map ? NULL : machine->slots[read->slot];
    bool adds = read->list == TG_PROTO_SLOT_NONE && column->valid[row];
    if (!adds)
        start_message(machine, read->plan, row);
    if (column != NULL)
        column->valid[row] = 1;
    return run_nested(machine, read, row, adds ? UINT64_MAX : 0);
}

/* One value behind its tag. */
static bool run_value(struct tg_proto_machine *machine, const struct tg_proto_read *read, uint32_t row)
{
    struct tg_slice bytes;
    uint64_t bits = 0;
    switch ((enum tg_proto_read_code)read->code) {
    case TG_PROTO_READ_INT64:
        if (!read_varint(machine, &bits))
            return false;
        machine->slots[read->slot]->values.int64[row] = (int64_t)bits;
        machine->slots[read->slot]->valid[row] = 1;
        return true;
    case TG_PROTO_READ_STRING:
    case TG_PROTO_READ_BYTES:
        return read_sized(machine, &bytes) && put_bytes(machine, read, row, bytes);
    case TG_PROTO_READ_NUMBER:
        return read_number(machine, (enum tg_proto_wire)read->wire, &bits) &&
               put_number(machine, read, row, bits);
    case TG_PROTO_READ_KNOWN:
        return run_known(machine, read, row);
    case TG_PROTO_READ_MESSAGE:
        return run_struct(machine, read, row);
    case TG_PROTO_READ_SKIM:
        return run_nested(machine, read, row, 0);
    case TG_PROTO_READ_FAIL:
        return misfit(machine, read, read->slot, row, read->message) &&
               skip_field(machine, read->number, (enum tg_proto_wire)read->wire);
    }
    return false;
}

/* Numbers behind one another in one field. */
static bool run_packed(struct tg_proto_machine *machine, const struct tg_proto_read *read, uint32_t row)
{
    struct tg_slice body;
    if (!read_sized(machine, &body))
        return false;
    const uint8_t *end = machine->end;
    machine->end = machine->at;
    machine->at = body.data;
    while (machine->at < machine->end) {
        uint32_t element = 0;
        if (!extend(machine, read, row, &element) || !run_value(machine, read, element))
            return false;
    }
    machine->end = end;
    return true;
}

static bool run_field(struct tg_proto_machine *machine, const struct tg_proto_read *read,
                      enum tg_proto_wire wire, uint32_t row)
{
    uint32_t element = row;
    if (__builtin_expect(wire != (enum tg_proto_wire)read->wire, 0)) {
        bool packed = wire == TG_PROTO_SIZED && read->list != TG_PROTO_SLOT_NONE &&
                      (read->code == TG_PROTO_READ_NUMBER || read->code == TG_PROTO_READ_INT64);
        return packed ? run_packed(machine, read, row) : skip_field(machine, read->number, wire);
    }
    for (uint32_t i = 0; i < read->rival_count; i++)
        tg_column_set_null(machine->slots[read->rivals[i]], row);
    if (read->around != TG_PROTO_SLOT_NONE)
        machine->slots[read->around]->valid[row] = 1;
    if (read->list != TG_PROTO_SLOT_NONE && !extend(machine, read, row, &element))
        return false;
    if (run_value(machine, read, element))
        return true;
    if (machine->path == NULL)
        machine->path = read->path;
    return false;
}

static const struct tg_proto_read *find_read(const struct tg_proto_plan *plan, uint32_t number)
{
    if (number < TG_PROTO_DENSE && plan->dense[number] != 0)
        return &plan->reads[plan->dense[number] - 1];
    uint32_t low = 0;
    uint32_t high = plan->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (plan->reads[middle].number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low < plan->count && plan->reads[low].number == number ? &plan->reads[low] : NULL;
}

/* The tag of a field, or the end of the group that is read; false: it cannot be. */
static inline bool read_tag(struct tg_proto_machine *machine, uint32_t group, uint32_t *ret_number,
                            enum tg_proto_wire *ret_wire)
{
    uint64_t tag = 0;
    if (!read_varint(machine, &tag))
        return false;
    *ret_number = (uint32_t)(tag >> 3);
    *ret_wire = (enum tg_proto_wire)(tag & 7);
    if (__builtin_expect(*ret_wire == TG_PROTO_END, 0))
        return (group != NO_GROUP && *ret_number == group) ||
               fault(machine, "the end of a group that was not started");
    if (__builtin_expect(*ret_number == 0 || tag >> 32 != 0 || *ret_wire > TG_PROTO_NARROW, 0))
        return fault(machine, "a tag that cannot be");
    return true;
}

/* A single number or text, as most fields are. */
static inline bool run_quick(struct tg_proto_machine *machine, const struct tg_proto_read *read, uint32_t row)
{
    struct tg_slice bytes;
    struct tg_column *column = machine->slots[read->slot];
    if (read->code == TG_PROTO_READ_STRING)
        return read_sized(machine, &bytes) && put_bytes(machine, read, row, bytes);
    column->valid[row] = 1;
    return read_varint(machine, (uint64_t *)&column->values.int64[row]);
}

static bool run_message(struct tg_proto_machine *machine, const struct tg_proto_plan *plan, uint32_t row,
                        uint32_t group, uint64_t *seen)
{
    while (machine->at < machine->end) {
        uint32_t number = 0;
        enum tg_proto_wire wire = TG_PROTO_VARINT;
        if (!read_tag(machine, group, &number, &wire))
            return false;
        if (wire == TG_PROTO_END)
            return true;
        const struct tg_proto_read *read = find_read(plan, number);
        bool good;
        if (read != NULL)
            *seen |= wire == (enum tg_proto_wire)read->wire ? 1ULL << ((read - plan->reads) & 63) : 0;
        if (read == NULL)
            good = skip_field(machine, number, wire);
        else if (read->quick && wire == (enum tg_proto_wire)read->wire)
            good = run_quick(machine, read, row);
        else
            good = run_field(machine, read, wire, row);
        if (good)
            continue;
        if (machine->path == NULL && read != NULL)
            machine->path = read->path;
        return false;
    }
    return group == NO_GROUP || fault(machine, "a group without its end");
}

void tg_proto_bind(const struct tg_proto_program *program, struct tg_column *const *columns,
                   struct tg_column **slots)
{
    for (uint32_t i = 0; i < program->slot_count; i++) {
        const struct tg_proto_slot *slot = &program->slots[i];
        slots[i] = slot->parent == TG_PROTO_SLOT_NONE ? columns[slot->child]
                                                      : slots[slot->parent]->children[slot->child];
    }
}

bool tg_proto_run(struct tg_proto_machine *machine, const struct tg_proto_program *program,
                  struct tg_slice payload, uint32_t row)
{
    machine->at = payload.data;
    machine->end = payload.data + payload.length;
    machine->elements_left = ELEMENTS_MAX;
    machine->depth_left = DEPTH_MAX;
    machine->fault = NULL;
    machine->path = NULL;
    uint64_t seen = 0;
    start_message(machine, program->root, row);
    if (!run_message(machine, program->root, row, NO_GROUP, &seen))
        return false;
    finish_message(machine, program->root, row, seen);
    return true;
}
