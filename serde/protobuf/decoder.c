/* The decoder: finds each record's schema by its id and its message by the indexes, makes a plan once, and
 * runs it over the records. */
#include "base/memory.h"
#include "serde/protobuf/protobuf.h"
#include "serde/protobuf/read_plan.h"
#include "serde/registry/wire.h"

enum { VERSIONS_MAX = 512, VERSION_SLOTS = 1024 };

/* One message of a schema. */
struct variant {
    struct variant *next;
    const struct tg_proto_message *message;
    const struct tg_proto_program *program;
    struct tg_column **slots;
    uint64_t batch; /* the batch whose columns are in `slots` */
};

/* One schema. */
struct version {
    int32_t id;
    struct tg_arena *arena;
    const struct tg_proto_file *file; /* NULL: the schema is of no use, see fault */
    const char *fault;
    struct variant *variants;
};

struct proto_decoder {
    struct tg_decoder base; /* first: a proto_decoder is a tg_decoder */
    struct tg_arena *arena;
    const struct tg_schema *schema;
    struct tg_registry *registry; /* NULL: records have no ids */
    struct tg_column **columns;   /* of the batch; for those that nobody wants: ours */
    struct tg_column **unwanted;
    bool ignores_bytes; /* a key without columns */
    struct tg_proto_machine machine;
    uint64_t batch;
    struct version bare;                     /* of records without ids */
    const struct tg_proto_message *message;  /* of records without ids */
    struct version *versions[VERSION_SLOTS]; /* by id, open addressing */
    uint32_t version_count;
};

static uint32_t first_slot(int32_t id)
{
    return ((uint32_t)id * 2654435769U) >> 22;
}

/* NULL: there is none. */
static struct version *find_version(const struct proto_decoder *decoder, int32_t id)
{
    uint32_t slot = first_slot(id);
    for (; decoder->versions[slot] != NULL; slot = (slot + 1) % VERSION_SLOTS)
        if (decoder->versions[slot]->id == id)
            return decoder->versions[slot];
    return NULL;
}

/* Room for more: a topic with so many schemas is rare enough to plan them again. */
static void forget_versions(struct proto_decoder *decoder)
{
    for (uint32_t i = 0; i < VERSION_SLOTS; i++) {
        if (decoder->versions[i] == NULL)
            continue;
        tg_arena_free(decoder->versions[i]->arena);
        tg_free(decoder->versions[i]);
        decoder->versions[i] = NULL;
    }
    decoder->version_count = 0;
}

/* Parses the schema of an id that the registry knows. */
static struct version *add_version(struct proto_decoder *decoder, int32_t id)
{
    const struct tg_registry_schema *registered = NULL;
    struct tg_error error = {0};
    if (decoder->version_count == VERSIONS_MAX)
        forget_versions(decoder);
    struct version *version = tg_alloc_zero(1, sizeof *version);
    version->id = id;
    version->arena = tg_arena_new(0);
    enum tg_code code = tg_registry_cached(decoder->registry, id, version->arena, &registered, &error);
    if (code == TG_OK && registered->type != TG_REGISTRY_PROTOBUF)
        code = tg_fail(&error, TG_CODE_DECODE, "schema %d is of type %s, not PROTOBUF", id,
                       tg_registry_type_name(registered->type));
    if (code == TG_OK)
        code = tg_proto_parse(version->arena, registered, &version->file, &error);
    if (code != TG_OK)
        version->fault = tg_arena_text(version->arena, tg_slice_text(error.message));
    uint32_t slot = first_slot(id);
    while (decoder->versions[slot] != NULL)
        slot = (slot + 1) % VERSION_SLOTS;
    decoder->versions[slot] = version;
    decoder->version_count++;
    return version;
}

static struct variant *find_variant(struct proto_decoder *decoder, struct version *version,
                                    const struct tg_proto_message *message)
{
    struct variant *variant = version->variants;
    while (variant != NULL && variant->message != message)
        variant = variant->next;
    if (variant == NULL) {
        variant = tg_arena_alloc_zero(version->arena, 1, sizeof *variant);
        variant->next = version->variants;
        variant->message = message;
        variant->program =
            tg_proto_compile(version->arena, message, decoder->schema->columns, decoder->schema->count);
        variant->slots =
            tg_arena_alloc_zero(version->arena, variant->program->slot_count + 1, sizeof(struct tg_column *));
        version->variants = variant;
    }
    if (variant->batch != decoder->batch) {
        tg_proto_bind(variant->program, decoder->columns, variant->slots);
        variant->batch = decoder->batch;
    }
    return variant;
}

static void set_row_null(struct proto_decoder *decoder, uint32_t row)
{
    for (uint32_t i = 0; i < decoder->schema->count; i++)
        tg_column_set_null(decoder->columns[i], row);
}

static void fail_row(struct proto_decoder *decoder, struct tg_decode_call *call, uint32_t row,
                     const char *message)
{
    set_row_null(decoder, row);
    call->errors[call->error_count++] = (struct tg_decode_error){row, TG_CODE_DECODE, message};
}

/* What is wrong and where. The values are not shown: they may be secret. */
static const char *explain(const struct proto_decoder *decoder, const struct tg_decode_call *call,
                           uint32_t row)
{
    const struct tg_proto_machine *machine = &decoder->machine;
    return tg_arena_printf(call->arena, "%s%s%s, before byte %zu", machine->fault,
                           machine->path == NULL ? "" : " in ", machine->path == NULL ? "" : machine->path,
                           (size_t)(machine->at - call->records[row].data));
}

static void run_variant(struct proto_decoder *decoder, struct tg_decode_call *call, uint32_t row,
                        struct variant *variant, struct tg_slice payload)
{
    decoder->machine.slots = variant->slots;
    if (!tg_proto_run(&decoder->machine, variant->program, payload, row))
        fail_row(decoder, call, row, explain(decoder, call, row));
    else if (decoder->machine.fault != NULL)
        call->errors[call->error_count++] =
            (struct tg_decode_error){row, TG_CODE_DECODE, explain(decoder, call, row)};
}

/* A zigzag number of the indexes; false: it is unfinished, negative or too large. */
static bool read_index(struct tg_slice *bytes, uint32_t *ret_value)
{
    uint64_t bits = 0;
    for (unsigned shift = 0; shift < 35 && bytes->length > 0; shift += 7) {
        uint8_t byte = *bytes->data;
        *bytes = tg_slice_of(bytes->data + 1, bytes->length - 1);
        bits |= (uint64_t)(byte & 0x7f) << shift;
        if (byte >= 0x80)
            continue;
        *ret_value = (uint32_t)(bits >> 1);
        return (bits & 1) == 0 && bits >> 1 <= INT32_MAX;
    }
    return false;
}

/* The message that the indexes in front of `bytes` lead to; passes them. NULL: there is none. */
static const struct tg_proto_message *read_indexes(const struct tg_proto_file *file, struct tg_slice *bytes)
{
    uint32_t indexes[TG_PROTO_INDEX_DEPTH_MAX] = {0};
    uint32_t count = 0;
    if (!read_index(bytes, &count) || count > TG_PROTO_INDEX_DEPTH_MAX)
        return NULL;
    for (uint32_t i = 0; i < count; i++)
        if (!read_index(bytes, &indexes[i]))
            return NULL;
    return tg_proto_at(file, indexes,
                       count == 0 ? 1 : count); /* no index at all is short for the first message */
}

static void decode_row(struct proto_decoder *decoder, struct tg_decode_call *call, uint32_t row)
{
    if (decoder->registry == NULL) {
        run_variant(decoder, call, row, find_variant(decoder, &decoder->bare, decoder->message),
                    call->records[row]);
        return;
    }
    struct tg_wire_record record = tg_wire_read(decoder->registry, call, row);
    if (record.fault != NULL) {
        fail_row(decoder, call, row, record.fault);
        return;
    }
    struct version *version = find_version(decoder, record.id);
    if (version == NULL && tg_registry_ask(decoder->registry, record.id) != TG_REGISTRY_KNOWN) {
        fail_row(decoder, call, row,
                 tg_arena_printf(call->arena, "the schema registry has no schema with id %d", record.id));
        return;
    }
    if (version == NULL)
        version = add_version(decoder, record.id);
    if (version->file == NULL) {
        fail_row(decoder, call, row, tg_arena_text(call->arena, tg_slice_text(version->fault)));
        return;
    }
    struct tg_slice *front = record.in_header ? &record.rest : &record.payload;
    const struct tg_proto_message *message = read_indexes(version->file, front);
    if (message == NULL)
        fail_row(decoder, call, row, "the indexes behind the schema id lead to no message of the schema");
    else
        run_variant(decoder, call, row, find_variant(decoder, version, message), record.payload);
}

static void start_batch(struct proto_decoder *decoder, const struct tg_decode_call *call)
{
    decoder->batch++;
    decoder->machine.arena = call->arena;
    for (uint32_t i = 0; i < decoder->schema->count; i++) {
        if (call->columns[i] == NULL && decoder->unwanted[i] == NULL)
            decoder->unwanted[i] = tg_column_new(decoder->schema->columns[i].type);
        decoder->columns[i] = call->columns[i] != NULL ? call->columns[i] : decoder->unwanted[i];
        tg_column_clear(decoder->columns[i]);
        tg_column_resize(decoder->columns[i], call->count);
    }
}

static void decode(struct tg_decoder *self, struct tg_decode_call *call)
{
    struct proto_decoder *decoder = (struct proto_decoder *)self;
    call->error_count = 0;
    if (call->nulls != NULL)
        memset(call->nulls, 0, call->count);
    start_batch(decoder, call);
    for (uint32_t row = 0; row < call->count; row++) {
        if (call->records[row].data == NULL)
            set_row_null(decoder, row);
        else if (!decoder->ignores_bytes)
            decode_row(decoder, call, row);
    }
}

static bool has_version(const struct tg_decoder *self, int32_t id)
{
    return find_version((const struct proto_decoder *)self, id) != NULL;
}

static uint32_t ready(struct tg_decoder *self, const struct tg_decode_call *call)
{
    const struct proto_decoder *decoder = (const struct proto_decoder *)self;
    if (decoder->registry == NULL || decoder->ignores_bytes)
        return call->count;
    return tg_wire_ready(decoder->registry, call, self, has_version);
}

static void close_decoder(struct tg_decoder *self)
{
    struct proto_decoder *decoder = (struct proto_decoder *)self;
    forget_versions(decoder);
    tg_arena_free(decoder->bare.arena);
    for (uint32_t i = 0; i < decoder->schema->count; i++)
        tg_column_free(decoder->unwanted[i]);
    tg_arena_free(decoder->arena);
    tg_free(decoder);
}

enum tg_code tg_proto_decoder_open(const struct tg_format_options *options, struct tg_decoder **ret_decoder,
                                   struct tg_error *reterr)
{
    TG_TRY(tg_proto_check(options, reterr));
    struct tg_arena *arena = tg_arena_new(0);
    struct proto_decoder *decoder = tg_alloc_zero(1, sizeof *decoder);
    decoder->base = (struct tg_decoder){.decode = decode, .ready = ready, .close = close_decoder};
    decoder->arena = arena;
    decoder->schema = tg_schema_new(arena, options->columns, options->column_count);
    decoder->registry = options->registry;
    decoder->columns = tg_arena_alloc_zero(arena, options->column_count + 1, sizeof(struct tg_column *));
    decoder->unwanted = tg_arena_alloc_zero(arena, options->column_count + 1, sizeof(struct tg_column *));
    decoder->ignores_bytes = options->is_key && options->column_count == 0;
    decoder->machine.field_nulls = options->field_nulls;
    decoder->bare.arena = tg_arena_new(0);
    enum tg_code code = TG_OK;
    if (options->registry == NULL)
        code = tg_proto_options_file(decoder->bare.arena, options, &decoder->bare.file, reterr);
    if (code == TG_OK && options->registry == NULL)
        code = tg_proto_find(decoder->bare.file, options->full_name, &decoder->message, reterr);
    if (code != TG_OK) {
        close_decoder(&decoder->base);
        return code;
    }
    *ret_decoder = &decoder->base;
    return TG_OK;
}
