/* The decoder: finds each record's writer schema by its id, compiles it once, and runs it over the records.
 */
#include "base/memory.h"
#include "serde/avro/avro.h"
#include "serde/avro/program.h"
#include "serde/registry/wire.h"

enum { VERSIONS_MAX = 512, VERSION_SLOTS = 1024 };

/* One writer schema. */
struct version {
    int32_t id; /* 0: of records without ids */
    struct tg_arena *arena;
    const struct tg_avro_program *program; /* NULL: the schema is of no use, see fault */
    const char *fault;
    struct tg_column **slots;
    uint64_t batch; /* the batch whose columns are in `slots` */
};

struct avro_decoder {
    struct tg_decoder base; /* first: an avro_decoder is a tg_decoder */
    struct tg_arena *arena;
    const struct tg_schema *schema;
    struct tg_avro_wanted wanted;
    struct tg_registry *registry; /* NULL: records have no ids */
    struct tg_column **columns;   /* of the batch; for those that nobody wants: ours */
    struct tg_column **unwanted;
    bool ignores_bytes; /* a key without columns */
    struct tg_avro_machine machine;
    uint64_t batch;
    struct version bare;                     /* of records without ids */
    struct version *versions[VERSION_SLOTS]; /* by id, open addressing */
    uint32_t version_count;
};

static uint32_t first_slot(int32_t id)
{
    return ((uint32_t)id * 2654435769U) >> 22;
}

/* NULL: there is none. */
static struct version *find_version(const struct avro_decoder *decoder, int32_t id)
{
    uint32_t slot = first_slot(id);
    for (; decoder->versions[slot] != NULL; slot = (slot + 1) % VERSION_SLOTS)
        if (decoder->versions[slot]->id == id)
            return decoder->versions[slot];
    return NULL;
}

static void free_version(struct version *version)
{
    tg_free(version->slots);
    tg_arena_free(version->arena);
}

/* Room for more: a topic with so many schemas is rare enough to compile them again. */
static void forget_versions(struct avro_decoder *decoder)
{
    for (uint32_t i = 0; i < VERSION_SLOTS; i++) {
        if (decoder->versions[i] == NULL)
            continue;
        free_version(decoder->versions[i]);
        tg_free(decoder->versions[i]);
        decoder->versions[i] = NULL;
    }
    decoder->version_count = 0;
}

static void compile_version(struct avro_decoder *decoder, struct version *version,
                            const struct tg_avro_schema *writer)
{
    version->program = tg_avro_compile(version->arena, writer, &decoder->wanted);
    version->slots = tg_alloc_zero(version->program->slot_count + 1, sizeof(struct tg_column *));
}

/* Compiles the schema of an id that the registry knows. */
static struct version *add_version(struct avro_decoder *decoder, int32_t id)
{
    const struct tg_registry_schema *registered = NULL;
    const struct tg_avro_schema *writer = NULL;
    struct tg_error error = {0};
    if (decoder->version_count == VERSIONS_MAX)
        forget_versions(decoder);
    struct version *version = tg_alloc_zero(1, sizeof *version);
    version->id = id;
    version->arena = tg_arena_new(0);
    enum tg_code code = tg_registry_cached(decoder->registry, id, version->arena, &registered, &error);
    if (code == TG_OK && registered->type != TG_REGISTRY_AVRO)
        code = tg_fail(&error, TG_CODE_DECODE, "schema %d is of type %s, not AVRO", id,
                       tg_registry_type_name(registered->type));
    if (code == TG_OK)
        code = tg_avro_parse_registered(version->arena, registered, &writer, &error);
    if (code == TG_OK)
        compile_version(decoder, version, writer);
    else
        version->fault = tg_arena_text(version->arena, tg_slice_text(error.message));
    uint32_t slot = first_slot(id);
    while (decoder->versions[slot] != NULL)
        slot = (slot + 1) % VERSION_SLOTS;
    decoder->versions[slot] = version;
    decoder->version_count++;
    return version;
}

static void set_row_null(struct avro_decoder *decoder, uint32_t row)
{
    for (uint32_t i = 0; i < decoder->schema->count; i++)
        tg_column_set_null(decoder->columns[i], row);
}

static void fail_row(struct avro_decoder *decoder, struct tg_decode_call *call, uint32_t row,
                     const char *message)
{
    set_row_null(decoder, row);
    call->errors[call->error_count++] = (struct tg_decode_error){row, TG_CODE_DECODE, message};
}

/* What is wrong and where. The values are not shown: they may be secret. */
static const char *explain(const struct avro_decoder *decoder, const struct tg_decode_call *call,
                           uint32_t row)
{
    const struct tg_avro_machine *machine = &decoder->machine;
    const char *path = machine->path == NULL ? "" : machine->path;
    return tg_arena_printf(call->arena, "%s%s%s, before byte %zu", machine->fault,
                           *path == '\0' ? "" : " in ", path,
                           (size_t)(machine->at - call->records[row].data));
}

static void run_version(struct avro_decoder *decoder, struct tg_decode_call *call, uint32_t row,
                        struct version *version, struct tg_slice payload)
{
    if (version->program == NULL) {
        fail_row(decoder, call, row, tg_arena_text(call->arena, tg_slice_text(version->fault)));
        return;
    }
    if (version->batch != decoder->batch) {
        tg_avro_bind(version->program, decoder->columns, version->slots);
        version->batch = decoder->batch;
    }
    decoder->machine.slots = version->slots;
    switch (tg_avro_run(&decoder->machine, version->program, payload, row)) {
    case TG_AVRO_READ:
        break;
    case TG_AVRO_READ_NULL:
        set_row_null(decoder, row);
        if (call->nulls != NULL)
            call->nulls[row] = 1;
        break;
    case TG_AVRO_READ_PARTLY:
        call->errors[call->error_count++] =
            (struct tg_decode_error){row, TG_CODE_DECODE, explain(decoder, call, row)};
        break;
    case TG_AVRO_FAILED:
        fail_row(decoder, call, row, explain(decoder, call, row));
        break;
    }
}

static void decode_row(struct avro_decoder *decoder, struct tg_decode_call *call, uint32_t row)
{
    if (decoder->registry == NULL) {
        run_version(decoder, call, row, &decoder->bare, call->records[row]);
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
    run_version(decoder, call, row, version, record.payload);
}

static void start_batch(struct avro_decoder *decoder, const struct tg_decode_call *call)
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
    struct avro_decoder *decoder = (struct avro_decoder *)self;
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
    return find_version((const struct avro_decoder *)self, id) != NULL;
}

static uint32_t ready(struct tg_decoder *self, const struct tg_decode_call *call)
{
    const struct avro_decoder *decoder = (const struct avro_decoder *)self;
    if (decoder->registry == NULL || decoder->ignores_bytes)
        return call->count;
    return tg_wire_ready(decoder->registry, call, self, has_version);
}

static void close_decoder(struct tg_decoder *self)
{
    struct avro_decoder *decoder = (struct avro_decoder *)self;
    forget_versions(decoder);
    free_version(&decoder->bare);
    for (uint32_t i = 0; i < decoder->schema->count; i++)
        tg_column_free(decoder->unwanted[i]);
    tg_arena_free(decoder->arena);
    tg_free(decoder);
}

enum tg_code tg_avro_decoder_open(const struct tg_format_options *options, struct tg_decoder **ret_decoder,
                                  struct tg_error *reterr)
{
    TG_TRY(tg_format_avro.check(options, reterr));
    const struct tg_avro_schema *writer = NULL;
    struct tg_arena *arena = tg_arena_new(0);
    enum tg_code code = TG_OK;
    if (options->registry == NULL)
        code = tg_avro_options_schema(arena, options, &writer, reterr);
    if (code != TG_OK) {
        tg_arena_free(arena);
        return code;
    }
    struct avro_decoder *decoder = tg_alloc_zero(1, sizeof *decoder);
    decoder->base = (struct tg_decoder){.decode = decode, .ready = ready, .close = close_decoder};
    decoder->arena = arena;
    decoder->schema = tg_schema_new(arena, options->columns, options->column_count);
    decoder->wanted = (struct tg_avro_wanted){.columns = decoder->schema->columns,
                                              .column_count = options->column_count,
                                              .unwrapped = options->unwrapped};
    if (options->full_name != NULL)
        decoder->wanted.full_name = tg_arena_text(arena, tg_slice_text(options->full_name));
    decoder->registry = options->registry;
    decoder->columns = tg_arena_alloc_zero(arena, options->column_count + 1, sizeof(struct tg_column *));
    decoder->unwanted = tg_arena_alloc_zero(arena, options->column_count + 1, sizeof(struct tg_column *));
    decoder->ignores_bytes = options->is_key && options->column_count == 0;
    decoder->machine.field_nulls = options->field_nulls;
    decoder->bare.arena = tg_arena_new(0);
    if (writer != NULL)
        compile_version(decoder, &decoder->bare, writer);
    *ret_decoder = &decoder->base;
    return TG_OK;
}
