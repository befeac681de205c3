/* Avro's rules of schema resolution, and how scalars become SQL values. */
#include "serde/avro/compiler.h"

#include "data/decimal.h"

static bool named_alike(const struct tg_avro_schema *writer, const struct tg_avro_schema *reader)
{
    const char *name = tg_avro_short_name(writer->name);
    if (strcmp(name, tg_avro_short_name(reader->name)) == 0)
        return true;
    for (uint32_t i = 0; i < reader->alias_count; i++)
        if (strcmp(reader->aliases[i], writer->name) == 0)
            return true;
    return false;
}

static bool promotes(enum tg_avro_kind writer, enum tg_avro_kind reader)
{
    switch ((int)writer) {
    case TG_AVRO_INT:
        return reader == TG_AVRO_LONG || reader == TG_AVRO_FLOAT || reader == TG_AVRO_DOUBLE;
    case TG_AVRO_LONG:
        return reader == TG_AVRO_FLOAT || reader == TG_AVRO_DOUBLE;
    case TG_AVRO_FLOAT:
        return reader == TG_AVRO_DOUBLE;
    case TG_AVRO_STRING:
        return reader == TG_AVRO_BYTES;
    case TG_AVRO_BYTES:
        return reader == TG_AVRO_STRING;
    default:
        return false;
    }
}

static bool matches_exactly(const struct tg_avro_schema *writer, const struct tg_avro_schema *reader)
{
    return writer->kind == reader->kind && (writer->name == NULL || named_alike(writer, reader));
}

bool tg_avro_matches(const struct tg_avro_schema *writer, const struct tg_avro_schema *reader)
{
    if (writer->kind != reader->kind)
        return promotes(writer->kind, reader->kind);
    if (writer->kind == TG_AVRO_FIXED)
        return writer->fixed_size == reader->fixed_size && named_alike(writer, reader);
    return writer->kind != TG_AVRO_ENUM || named_alike(writer, reader);
}

const struct tg_avro_schema *tg_avro_pick_branch(const struct tg_avro_schema *writer,
                                                 const struct tg_avro_schema *reader_union)
{
    for (uint32_t i = 0; i < reader_union->count; i++)
        if (matches_exactly(writer, reader_union->branches[i]))
            return reader_union->branches[i];
    for (uint32_t i = 0; i < reader_union->count; i++)
        if (tg_avro_matches(writer, reader_union->branches[i]))
            return reader_union->branches[i];
    return NULL;
}

void tg_avro_fail_here(struct tg_avro_compiler *compiler, uint32_t slot, const char *message)
{
    tg_avro_emit(compiler, &(struct tg_avro_op){.code = TG_AVRO_OP_FAIL, .slot = slot, .message = message});
}

static bool emit_value(struct tg_avro_compiler *compiler, enum tg_avro_op_code code, uint32_t slot)
{
    tg_avro_emit(compiler, &(struct tg_avro_op){.code = (uint8_t)code, .slot = slot});
    return true;
}

static bool emit_text(struct tg_avro_compiler *compiler, enum tg_avro_kind kind, uint32_t slot)
{
    tg_avro_emit(compiler,
                 &(struct tg_avro_op){.code = TG_AVRO_OP_TEXT, .kind = (uint8_t)kind, .slot = slot});
    return true;
}

/* Symbols by the writer's number. The reader's default stands for those that the reader does not know. */
static bool emit_enum(struct tg_avro_compiler *compiler, const struct tg_avro_schema *writer,
                      const struct tg_avro_schema *reader, uint32_t slot)
{
    struct tg_slice *symbols = tg_arena_alloc_zero(compiler->arena, writer->count + 1, sizeof *symbols);
    for (uint32_t i = 0; i < writer->count; i++) {
        bool known = reader == NULL;
        for (uint32_t j = 0; !known && j < reader->count; j++)
            known = tg_slice_equal(writer->symbols[i], reader->symbols[j]);
        if (known)
            symbols[i] = writer->symbols[i];
        else if (reader->default_symbol >= 0)
            symbols[i] = reader->symbols[reader->default_symbol];
    }
    tg_avro_emit(compiler,
                 &(struct tg_avro_op){
                     .code = TG_AVRO_OP_ENUM, .slot = slot, .size = writer->count, .symbols = symbols});
    return true;
}

static bool compile_string(struct tg_avro_compiler *compiler, const struct tg_avro_schema *writer,
                           const struct tg_avro_schema *reader, uint32_t slot)
{
    switch ((int)writer->kind) {
    case TG_AVRO_STRING:
        return emit_value(compiler, TG_AVRO_OP_STRING, slot);
    case TG_AVRO_BYTES:
        return writer->logical == TG_AVRO_PLAIN && emit_value(compiler, TG_AVRO_OP_STRING, slot);
    case TG_AVRO_ENUM:
        return emit_enum(compiler, writer, reader, slot);
    case TG_AVRO_BOOLEAN:
    case TG_AVRO_FLOAT:
    case TG_AVRO_DOUBLE:
        return emit_text(compiler, writer->kind, slot);
    case TG_AVRO_INT:
    case TG_AVRO_LONG:
        return writer->logical == TG_AVRO_PLAIN && emit_text(compiler, writer->kind, slot);
    default:
        return false;
    }
}

static bool compile_bytes(struct tg_avro_compiler *compiler, const struct tg_avro_schema *writer,
                          uint32_t slot)
{
    if (writer->kind == TG_AVRO_BYTES || writer->kind == TG_AVRO_STRING)
        return emit_value(compiler, TG_AVRO_OP_BYTES, slot);
    if (writer->kind != TG_AVRO_FIXED)
        return false;
    tg_avro_emit(compiler,
                 &(struct tg_avro_op){.code = TG_AVRO_OP_FIXED, .slot = slot, .size = writer->fixed_size});
    return true;
}

static bool compile_decimal(struct tg_avro_compiler *compiler, const struct tg_avro_schema *writer,
                            const struct tg_avro_schema *reader, uint32_t slot)
{
    const struct tg_avro_schema *meaning = writer;
    if (reader != NULL && writer->logical != TG_AVRO_DECIMAL)
        meaning = reader;
    if ((writer->kind != TG_AVRO_BYTES && writer->kind != TG_AVRO_FIXED) ||
        meaning->logical != TG_AVRO_DECIMAL || meaning->scale > UINT8_MAX)
        return false;
    bool fixed = writer->kind == TG_AVRO_FIXED;
    tg_avro_emit(compiler, &(struct tg_avro_op){.code = fixed ? TG_AVRO_OP_FIXED_DECIMAL : TG_AVRO_OP_DECIMAL,
                                                .kind = (uint8_t)meaning->scale,
                                                .slot = slot,
                                                .size = writer->fixed_size});
    return true;
}

static bool compile_double(struct tg_avro_compiler *compiler, const struct tg_avro_schema *writer,
                           const struct tg_avro_schema *reader, uint32_t slot)
{
    bool as_float = reader != NULL && reader->kind == TG_AVRO_FLOAT;
    switch ((int)writer->kind) {
    case TG_AVRO_FLOAT:
        return emit_value(compiler, TG_AVRO_OP_FLOAT, slot);
    case TG_AVRO_DOUBLE:
        return emit_value(compiler, TG_AVRO_OP_DOUBLE, slot);
    case TG_AVRO_INT:
        return emit_value(compiler, as_float ? TG_AVRO_OP_LONG_FLOAT : TG_AVRO_OP_INT_DOUBLE, slot);
    case TG_AVRO_LONG:
        return emit_value(compiler, as_float ? TG_AVRO_OP_LONG_FLOAT : TG_AVRO_OP_LONG_DOUBLE, slot);
    default:
        return false;
    }
}

static bool emit_fine(struct tg_avro_compiler *compiler, enum tg_avro_op_code code, uint32_t slot,
                      int64_t divisor)
{
    tg_avro_emit(compiler, &(struct tg_avro_op){.code = (uint8_t)code, .slot = slot, .divisor = divisor});
    return true;
}

/* Times by the unit that the writer, or else the reader, says; milliseconds where nobody says. */
static bool compile_time(struct tg_avro_compiler *compiler, const struct tg_avro_schema *writer,
                         const struct tg_avro_schema *reader, enum tg_type_kind kind, uint32_t slot)
{
    enum tg_avro_logical unit = writer->logical;
    if (unit == TG_AVRO_PLAIN && reader != NULL)
        unit = reader->logical;
    bool wide = writer->kind == TG_AVRO_LONG;
    if (!wide && writer->kind != TG_AVRO_INT)
        return false;
    if (kind == TG_TYPE_DATE)
        return !wide && (unit == TG_AVRO_DATE || unit == TG_AVRO_PLAIN) &&
               emit_value(compiler, TG_AVRO_OP_INT, slot);
    if (kind == TG_TYPE_TIME && wide)
        return unit == TG_AVRO_TIME_MICROS && emit_fine(compiler, TG_AVRO_OP_FINE_TIME, slot, 1000);
    if (kind == TG_TYPE_TIME)
        return (unit == TG_AVRO_TIME_MILLIS || unit == TG_AVRO_PLAIN) &&
               emit_value(compiler, TG_AVRO_OP_TIME, slot);
    if (unit == TG_AVRO_TIMESTAMP_MICROS || unit == TG_AVRO_TIMESTAMP_NANOS)
        return wide && emit_fine(compiler, TG_AVRO_OP_FINE_LONG, slot,
                                 unit == TG_AVRO_TIMESTAMP_MICROS ? 1000 : 1000000);
    return (unit == TG_AVRO_TIMESTAMP_MILLIS || unit == TG_AVRO_PLAIN) &&
           emit_value(compiler, wide ? TG_AVRO_OP_LONG : TG_AVRO_OP_INT_LONG, slot);
}

bool tg_avro_compile_scalar(struct tg_avro_compiler *compiler, const struct tg_avro_schema *writer,
                            const struct tg_avro_schema *reader, const struct tg_type *type, uint32_t slot)
{
    bool is_int = writer->kind == TG_AVRO_INT;
    switch (type->kind) {
    case TG_TYPE_BOOLEAN:
        return writer->kind == TG_AVRO_BOOLEAN && emit_value(compiler, TG_AVRO_OP_BOOLEAN, slot);
    case TG_TYPE_INT:
        return is_int && emit_value(compiler, TG_AVRO_OP_INT, slot);
    case TG_TYPE_BIGINT:
        return (is_int || writer->kind == TG_AVRO_LONG) &&
               emit_value(compiler, is_int ? TG_AVRO_OP_INT_LONG : TG_AVRO_OP_LONG, slot);
    case TG_TYPE_DOUBLE:
        return compile_double(compiler, writer, reader, slot);
    case TG_TYPE_DECIMAL:
        return compile_decimal(compiler, writer, reader, slot);
    case TG_TYPE_STRING:
        return compile_string(compiler, writer, reader, slot);
    case TG_TYPE_BYTES:
        return compile_bytes(compiler, writer, slot);
    case TG_TYPE_TIME:
    case TG_TYPE_DATE:
    case TG_TYPE_TIMESTAMP:
        return compile_time(compiler, writer, reader, type->kind, slot);
    case TG_TYPE_ARRAY:
    case TG_TYPE_MAP:
    case TG_TYPE_STRUCT:
        break;
    }
    return false;
}
