/* The stand-in: everything in memory, nothing checked for compatibility. */
#include "base/memory.h"
#include "serde/registry/source.h"

#include <pthread.h>

struct version {
    const char *subject;
    int32_t number;
    int32_t id;
};

struct memory {
    struct tg_registry_source base; /* first: a memory is a source */
    pthread_mutex_t lock;
    struct tg_arena *arena;
    const struct tg_registry_schema **schemas; /* each id once */
    size_t schema_count, schema_capacity;
    struct version *versions;
    size_t version_count, version_capacity;
    int32_t last_id;
};

static struct memory *lock_memory(struct tg_registry_source *self)
{
    struct memory *memory = (struct memory *)self;
    (void)pthread_mutex_lock(&memory->lock);
    return memory;
}

static void unlock_memory(struct memory *memory)
{
    (void)pthread_mutex_unlock(&memory->lock);
}

static const struct tg_registry_schema *schema_of(const struct memory *memory, int32_t id)
{
    for (size_t i = 0; i < memory->schema_count; i++)
        if (memory->schemas[i]->id == id)
            return memory->schemas[i];
    return NULL;
}

/* version 0: the latest. */
static const struct version *version_of(const struct memory *memory, const char *subject, int32_t number)
{
    const struct version *found = NULL;
    for (size_t i = 0; i < memory->version_count; i++) {
        const struct version *version = &memory->versions[i];
        if (strcmp(version->subject, subject) == 0 &&
            (version->number == number ||
             (number == 0 && (found == NULL || version->number > found->number))))
            found = version;
    }
    return found;
}

/* The version of the subject whose schema is equal, or NULL. */
static const struct version *equal_version(const struct memory *memory, const char *subject,
                                           const struct tg_registry_schema *schema)
{
    for (size_t i = 0; i < memory->version_count; i++)
        if (strcmp(memory->versions[i].subject, subject) == 0 &&
            tg_registry_schema_equal(schema_of(memory, memory->versions[i].id), schema))
            return &memory->versions[i];
    return NULL;
}

static void add_version(struct memory *memory, const char *subject, int32_t id)
{
    const struct version *latest = version_of(memory, subject, 0);
    tg_grow((void **)&memory->versions, &memory->version_capacity, memory->version_count + 1,
            sizeof *memory->versions);
    memory->versions[memory->version_count++] = (struct version){
        tg_arena_text(memory->arena, tg_slice_text(subject)), latest == NULL ? 1 : latest->number + 1, id};
}

static void add_schema(struct memory *memory, const struct tg_registry_schema *schema, int32_t id)
{
    struct tg_registry_schema given = *schema;
    given.id = id;
    given.version = 0;
    given.referenced = NULL;
    tg_grow((void **)&memory->schemas, &memory->schema_capacity, memory->schema_count + 1,
            sizeof(const struct tg_registry_schema *));
    memory->schemas[memory->schema_count++] = tg_registry_schema_copy(memory->arena, &given);
    memory->last_id = id > memory->last_id ? id : memory->last_id;
}

static enum tg_code get(struct tg_registry_source *self, const struct tg_registry_key *key,
                        struct tg_arena *arena, struct tg_registry_schema *ret_schema,
                        struct tg_error *reterr)
{
    struct memory *memory = lock_memory(self);
    const struct tg_registry_schema *schema = key->id == 0 ? NULL : schema_of(memory, key->id);
    if (schema != NULL)
        *ret_schema = *tg_registry_schema_copy(arena, schema);
    unlock_memory(memory);
    return schema != NULL ? TG_OK
                          : tg_fail(reterr, TG_CODE_SCHEMA_UNKNOWN, "there is no schema of id %d", key->id);
}

static enum tg_code get_version(struct tg_registry_source *self, const char *subject, int32_t number,
                                struct tg_arena *arena, struct tg_registry_schema *ret_schema,
                                struct tg_error *reterr)
{
    struct memory *memory = lock_memory(self);
    const struct version *version = version_of(memory, subject, number);
    if (version != NULL) {
        *ret_schema = *tg_registry_schema_copy(arena, schema_of(memory, version->id));
        ret_schema->version = version->number;
    }
    unlock_memory(memory);
    if (version != NULL)
        return TG_OK;
    return number == 0 ? tg_fail(reterr, TG_CODE_SCHEMA_UNKNOWN, "there is no subject %s", subject)
                       : tg_fail(reterr, TG_CODE_SCHEMA_UNKNOWN, "there is no version %d of subject %s",
                                 number, subject);
}

static enum tg_code enter(struct tg_registry_source *self, const char *subject,
                          const struct tg_registry_schema *schema, int32_t *ret_id, struct tg_error *reterr)
{
    (void)reterr;
    struct memory *memory = lock_memory(self);
    const struct version *there = equal_version(memory, subject, schema);
    *ret_id = there == NULL ? 0 : there->id;
    for (size_t i = 0; i < memory->schema_count && *ret_id == 0; i++)
        if (tg_registry_schema_equal(memory->schemas[i], schema))
            *ret_id = memory->schemas[i]->id;
    if (*ret_id == 0) {
        *ret_id = memory->last_id + 1;
        add_schema(memory, schema, *ret_id);
    }
    if (there == NULL)
        add_version(memory, subject, *ret_id);
    unlock_memory(memory);
    return TG_OK;
}

static enum tg_code look_up(struct tg_registry_source *self, const char *subject,
                            const struct tg_registry_schema *schema, int32_t *ret_id, struct tg_error *reterr)
{
    struct memory *memory = lock_memory(self);
    const struct version *there = equal_version(memory, subject, schema);
    *ret_id = there == NULL ? 0 : there->id;
    unlock_memory(memory);
    return there != NULL ? TG_OK
                         : tg_fail(reterr, TG_CODE_SCHEMA_UNKNOWN, "subject %s has no such schema", subject);
}

static enum tg_code check(struct tg_registry_source *self, const char *subject,
                          const struct tg_registry_schema *schema, bool *ret_compatible,
                          struct tg_error *reterr)
{
    (void)reterr;
    struct memory *memory = lock_memory(self);
    const struct version *latest = version_of(memory, subject, 0);
    *ret_compatible = latest == NULL || schema_of(memory, latest->id)->type == schema->type;
    unlock_memory(memory);
    return TG_OK;
}

static enum tg_code subjects(struct tg_registry_source *self, struct tg_arena *arena,
                             const char *const **ret_subjects, uint32_t *ret_count, struct tg_error *reterr)
{
    (void)reterr;
    struct memory *memory = lock_memory(self);
    const char **list = tg_arena_alloc_zero(arena, memory->version_count + 1, sizeof(char *));
    uint32_t count = 0;
    for (size_t i = 0; i < memory->version_count; i++)
        if (memory->versions[i].number == 1)
            list[count++] = tg_arena_text(arena, tg_slice_text(memory->versions[i].subject));
    unlock_memory(memory);
    *ret_subjects = list;
    *ret_count = count;
    return TG_OK;
}

static enum tg_code bring_in(struct tg_registry_source *self, const char *subject,
                             const struct tg_registry_schema *schema, struct tg_error *reterr)
{
    struct memory *memory = lock_memory(self);
    const struct tg_registry_schema *there = schema_of(memory, schema->id);
    bool fits = schema->id > 0 && (there == NULL || tg_registry_schema_equal(there, schema));
    if (fits && there == NULL)
        add_schema(memory, schema, schema->id);
    if (fits && equal_version(memory, subject, schema) == NULL)
        add_version(memory, subject, schema->id);
    unlock_memory(memory);
    return fits ? TG_OK
                : tg_fail(reterr, TG_CODE_USAGE, "the id %d is no id, or that of another schema", schema->id);
}

static void close_memory(struct tg_registry_source *self)
{
    struct memory *memory = (struct memory *)self;
    (void)pthread_mutex_destroy(&memory->lock);
    tg_arena_free(memory->arena);
    tg_free(memory->schemas);
    tg_free(memory->versions);
    tg_free(memory);
}

static const struct tg_registry_source_kind memory_kind = {
    .waits = false,
    .get = get,
    .get_version = get_version,
    .enter = enter,
    .look_up = look_up,
    .check = check,
    .subjects = subjects,
    .bring_in = bring_in,
    .close = close_memory,
};

struct tg_registry *tg_registry_open_memory(void)
{
    struct memory *memory = tg_alloc_zero(1, sizeof *memory);
    memory->base = (struct tg_registry_source){.kind = &memory_kind, .address = "memory"};
    (void)pthread_mutex_init(&memory->lock, NULL);
    memory->arena = tg_arena_new(0);
    return tg_registry_of_source(&memory->base);
}
