/* What is kept of a registry's answers, and the thread that asks for the record path. */
#include "serde/registry/registry.h"

#include "base/memory.h"
#include "serde/registry/source.h"

#include <pthread.h>
#include <time.h>

enum {
    SCHEMAS_MAX = 1024,
    REGISTERED_MAX = 1024,
    GUIDS_MAX = 1024,
    ABSENT_SECONDS = 30, /* then it is asked for again: a registry may be behind its primary */
    RETRY_MS_MIN = 100,
    RETRY_MS_MAX = 5000,
};

/* A schema by id, or that there is none, or that it is being asked for. */
struct entry {
    int32_t id;
    enum tg_registry_state state;
    struct tg_arena *arena; /* of the schema; NULL: not KNOWN */
    const struct tg_registry_schema *schema;
    uint64_t used; /* the least one goes first */
    time_t since;  /* monotonic, when ABSENT was said */
};

struct registered {
    struct tg_arena *arena;
    const char *subject;
    const struct tg_registry_schema *schema; /* with the id */
};

struct tg_registry {
    struct tg_registry_source *source;
    pthread_mutex_t lock; /* of all below */
    pthread_cond_t wake;  /* the thread: something is asked for, or the end */
    struct entry *entries;
    size_t entry_count, entry_capacity;
    struct registered *registered; /* a ring when it is full */
    size_t registered_count, registered_capacity, registered_next;
    uint8_t (*guids)[16];
    size_t guid_count, guid_capacity;
    uint64_t use_count;
    size_t asked_count;
    bool has_thread;
    pthread_t thread;
    atomic_bool stop;
    struct tg_error trouble; /* message empty: none */
};

static time_t seconds_now(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

struct tg_registry *tg_registry_of_source(struct tg_registry_source *source)
{
    struct tg_registry *registry = tg_alloc_zero(1, sizeof *registry);
    pthread_condattr_t attributes;
    registry->source = source;
    source->stop = &registry->stop;
    (void)pthread_mutex_init(&registry->lock, NULL);
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&registry->wake, &attributes);
    (void)pthread_condattr_destroy(&attributes);
    return registry;
}

void tg_registry_close(struct tg_registry *registry)
{
    if (registry == NULL)
        return;
    (void)pthread_mutex_lock(&registry->lock);
    atomic_store(&registry->stop, true);
    (void)pthread_cond_broadcast(&registry->wake);
    (void)pthread_mutex_unlock(&registry->lock);
    if (registry->has_thread)
        (void)pthread_join(registry->thread, NULL);
    registry->source->kind->close(registry->source);
    for (size_t i = 0; i < registry->entry_count; i++)
        tg_arena_free(registry->entries[i].arena);
    for (size_t i = 0; i < registry->registered_count; i++)
        tg_arena_free(registry->registered[i].arena);
    tg_free(registry->entries);
    tg_free(registry->registered);
    tg_free(registry->guids);
    (void)pthread_cond_destroy(&registry->wake);
    (void)pthread_mutex_destroy(&registry->lock);
    tg_free(registry);
}

const char *tg_registry_address(const struct tg_registry *registry)
{
    return registry->source->address;
}

/* ---- what is kept; the lock is held ---- */

static struct entry *find_entry(struct tg_registry *registry, int32_t id)
{
    for (size_t i = 0; i < registry->entry_count; i++) {
        if (registry->entries[i].id != id)
            continue;
        registry->entries[i].used = ++registry->use_count;
        return &registry->entries[i];
    }
    return NULL;
}

/* The entry that has not been used for longest and is not being asked for. */
static struct entry *evict_entry(struct tg_registry *registry)
{
    struct entry *oldest = NULL;
    for (size_t i = 0; i < registry->entry_count; i++) {
        struct entry *entry = &registry->entries[i];
        if (entry->state != TG_REGISTRY_ASKED && (oldest == NULL || entry->used < oldest->used))
            oldest = entry;
    }
    if (oldest != NULL)
        tg_arena_free(oldest->arena);
    return oldest;
}

/* The entry of an id, made if absent. NULL: all entries are being asked for. */
static struct entry *make_entry(struct tg_registry *registry, int32_t id)
{
    struct entry *entry = find_entry(registry, id);
    if (entry != NULL)
        return entry;
    if (registry->entry_count == SCHEMAS_MAX) {
        entry = evict_entry(registry);
        if (entry == NULL)
            return NULL;
    } else {
        tg_grow((void **)&registry->entries, &registry->entry_capacity, registry->entry_count + 1,
                sizeof *registry->entries);
        entry = &registry->entries[registry->entry_count++];
    }
    *entry = (struct entry){.id = id, .state = TG_REGISTRY_ABSENT, .used = ++registry->use_count};
    return entry;
}

static void set_state(struct tg_registry *registry, struct entry *entry, enum tg_registry_state state)
{
    if (entry->state == TG_REGISTRY_ASKED)
        registry->asked_count--;
    if (state == TG_REGISTRY_ASKED)
        registry->asked_count++;
    entry->state = state;
    entry->since = seconds_now();
}

/* Keeps an answer. `code`: SCHEMA_UNKNOWN says that there is no such schema, other failures say nothing. */
static void keep_answer(struct tg_registry *registry, int32_t id, enum tg_code code,
                        const struct tg_registry_schema *schema)
{
    if (code != TG_OK && code != TG_CODE_SCHEMA_UNKNOWN)
        return;
    struct entry *entry = make_entry(registry, id);
    if (entry == NULL)
        return;
    set_state(registry, entry, code == TG_OK ? TG_REGISTRY_KNOWN : TG_REGISTRY_ABSENT);
    if (code != TG_OK || entry->arena != NULL)
        return;
    entry->arena = tg_arena_new(1024);
    entry->schema = tg_registry_schema_copy(entry->arena, schema);
}

/* ---- asking ---- */

/* The schemas that a schema needs, one by one. */
static enum tg_code get_referenced(struct tg_registry *registry, struct tg_registry_schema *schema,
                                   uint32_t depth, uint32_t *count, struct tg_arena *arena,
                                   struct tg_error *reterr)
{
    const struct tg_registry_schema **referenced =
        tg_arena_alloc_zero(arena, schema->reference_count + 1, sizeof(const struct tg_registry_schema *));
    *count += schema->reference_count;
    if (depth == TG_REGISTRY_REFERENCE_DEPTH_MAX || *count > TG_REGISTRY_REFERENCES_MAX)
        return tg_fail(reterr, TG_CODE_LIMIT,
                       "a schema needs more than %d others, or they need others over more than %d levels",
                       (int)TG_REGISTRY_REFERENCES_MAX, (int)TG_REGISTRY_REFERENCE_DEPTH_MAX);
    for (uint32_t i = 0; i < schema->reference_count; i++) {
        const struct tg_registry_reference *reference = &schema->references[i];
        struct tg_registry_schema *other = tg_arena_alloc_zero(arena, 1, sizeof *other);
        TG_TRY(registry->source->kind->get_version(registry->source, reference->subject, reference->version,
                                                   arena, other, reterr));
        TG_TRY(get_referenced(registry, other, depth + 1, count, arena, reterr));
        referenced[i] = other;
    }
    schema->referenced = referenced;
    return TG_OK;
}

/* May wait; the lock is not held. */
static enum tg_code fetch(struct tg_registry *registry, int32_t id, struct tg_arena *arena,
                          const struct tg_registry_schema **ret_schema, struct tg_error *reterr)
{
    struct tg_registry_schema *schema = tg_arena_alloc_zero(arena, 1, sizeof *schema);
    struct tg_registry_key key = {.id = id};
    uint8_t guid[16];
    uint32_t count = 0;
    (void)pthread_mutex_lock(&registry->lock);
    bool has_guid = id < 0 && (size_t)-id <= registry->guid_count;
    if (has_guid)
        memcpy(guid, registry->guids[-id - 1], sizeof guid);
    (void)pthread_mutex_unlock(&registry->lock);
    if (id <= 0) {
        if (!has_guid)
            return tg_fail(reterr, TG_CODE_SCHEMA_UNKNOWN, "there is no schema of id %d", id);
        key = (struct tg_registry_key){.guid = guid};
    }
    TG_TRY(registry->source->kind->get(registry->source, &key, arena, schema, reterr));
    schema->id = id;
    TG_TRY(get_referenced(registry, schema, 0, &count, arena, reterr));
    *ret_schema = schema;
    return TG_OK;
}

enum tg_code tg_registry_cached(struct tg_registry *registry, int32_t id, struct tg_arena *arena,
                                const struct tg_registry_schema **ret_schema, struct tg_error *reterr)
{
    *ret_schema = NULL;
    (void)pthread_mutex_lock(&registry->lock);
    const struct entry *entry = find_entry(registry, id);
    if (entry != NULL && entry->state == TG_REGISTRY_KNOWN)
        *ret_schema = tg_registry_schema_copy(arena, entry->schema);
    (void)pthread_mutex_unlock(&registry->lock);
    return *ret_schema != NULL
               ? TG_OK
               : tg_fail(reterr, TG_CODE_SCHEMA_UNKNOWN, "the schema registry has no schema of id %d", id);
}

enum tg_code tg_registry_get(struct tg_registry *registry, int32_t id, struct tg_arena *arena,
                             const struct tg_registry_schema **ret_schema, struct tg_error *reterr)
{
    struct tg_error ignored;
    if (tg_registry_cached(registry, id, arena, ret_schema, &ignored) == TG_OK)
        return TG_OK;
    enum tg_code code = fetch(registry, id, arena, ret_schema, reterr);
    (void)pthread_mutex_lock(&registry->lock);
    keep_answer(registry, id, code, *ret_schema);
    (void)pthread_mutex_unlock(&registry->lock);
    return code;
}

enum tg_code tg_registry_get_version(struct tg_registry *registry, const char *subject, int32_t version,
                                     struct tg_arena *arena, const struct tg_registry_schema **ret_schema,
                                     struct tg_error *reterr)
{
    struct tg_registry_schema *schema = tg_arena_alloc_zero(arena, 1, sizeof *schema);
    uint32_t count = 0;
    TG_TRY(registry->source->kind->get_version(registry->source, subject, version, arena, schema, reterr));
    TG_TRY(get_referenced(registry, schema, 0, &count, arena, reterr));
    *ret_schema = schema;
    (void)pthread_mutex_lock(&registry->lock);
    keep_answer(registry, schema->id, TG_OK, schema);
    (void)pthread_mutex_unlock(&registry->lock);
    return TG_OK;
}

/* ---- registering ---- */

/* 0: it is not known to be there. */
static int32_t registered_id(struct tg_registry *registry, const char *subject,
                             const struct tg_registry_schema *schema)
{
    int32_t id = 0;
    (void)pthread_mutex_lock(&registry->lock);
    for (size_t i = 0; i < registry->registered_count && id == 0; i++)
        if (strcmp(registry->registered[i].subject, subject) == 0 &&
            tg_registry_schema_equal(registry->registered[i].schema, schema))
            id = registry->registered[i].schema->id;
    (void)pthread_mutex_unlock(&registry->lock);
    return id;
}

static void keep_registered(struct tg_registry *registry, const char *subject,
                            const struct tg_registry_schema *schema, int32_t id)
{
    struct tg_registry_schema known = *schema;
    struct registered entry = {.arena = tg_arena_new(1024)};
    known.id = id;
    known.referenced = NULL;
    entry.subject = tg_arena_text(entry.arena, tg_slice_text(subject));
    entry.schema = tg_registry_schema_copy(entry.arena, &known);
    (void)pthread_mutex_lock(&registry->lock);
    if (registry->registered_count < REGISTERED_MAX) {
        tg_grow((void **)&registry->registered, &registry->registered_capacity,
                registry->registered_count + 1, sizeof *registry->registered);
        registry->registered[registry->registered_count++] = entry;
    } else {
        size_t at = registry->registered_next++ % REGISTERED_MAX;
        tg_arena_free(registry->registered[at].arena);
        registry->registered[at] = entry;
    }
    (void)pthread_mutex_unlock(&registry->lock);
}

enum tg_code tg_registry_register(struct tg_registry *registry, const char *subject,
                                  const struct tg_registry_schema *schema, int32_t *ret_id,
                                  struct tg_error *reterr)
{
    *ret_id = registered_id(registry, subject, schema);
    if (*ret_id != 0)
        return TG_OK;
    TG_TRY(registry->source->kind->enter(registry->source, subject, schema, ret_id, reterr));
    keep_registered(registry, subject, schema, *ret_id);
    return TG_OK;
}

enum tg_code tg_registry_look_up(struct tg_registry *registry, const char *subject,
                                 const struct tg_registry_schema *schema, int32_t *ret_id,
                                 struct tg_error *reterr)
{
    *ret_id = registered_id(registry, subject, schema);
    if (*ret_id != 0)
        return TG_OK;
    TG_TRY(registry->source->kind->look_up(registry->source, subject, schema, ret_id, reterr));
    keep_registered(registry, subject, schema, *ret_id);
    return TG_OK;
}

enum tg_code tg_registry_check(struct tg_registry *registry, const char *subject,
                               const struct tg_registry_schema *schema, bool *ret_compatible,
                               struct tg_error *reterr)
{
    return registry->source->kind->check(registry->source, subject, schema, ret_compatible, reterr);
}

enum tg_code tg_registry_subjects(struct tg_registry *registry, struct tg_arena *arena,
                                  const char *const **ret_subjects, uint32_t *ret_count,
                                  struct tg_error *reterr)
{
    return registry->source->kind->subjects(registry->source, arena, ret_subjects, ret_count, reterr);
}

enum tg_code tg_registry_import(struct tg_registry *registry, const char *subject,
                                const struct tg_registry_schema *schema, struct tg_error *reterr)
{
    if (registry->source->kind->bring_in == NULL)
        return tg_fail(reterr, TG_CODE_USAGE, "only a registry in memory takes schemas with their ids");
    return registry->source->kind->bring_in(registry->source, subject, schema, reterr);
}

/* ---- the thread ---- */

/* Waits until something is asked for; 0: the end. The lock is held. */
static int32_t next_asked(struct tg_registry *registry)
{
    while (registry->asked_count == 0 && !atomic_load(&registry->stop))
        (void)pthread_cond_wait(&registry->wake, &registry->lock);
    const struct entry *next = NULL;
    for (size_t i = 0; i < registry->entry_count && !atomic_load(&registry->stop); i++)
        if (registry->entries[i].state == TG_REGISTRY_ASKED &&
            (next == NULL || registry->entries[i].since < next->since))
            next = &registry->entries[i];
    return next == NULL ? 0 : next->id;
}

/* The lock is held. */
static void wait_ms(struct tg_registry *registry, int ms)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ms / 1000;
    until.tv_nsec += (long)(ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    int result = 0;
    while (!atomic_load(&registry->stop) && result == 0)
        result = pthread_cond_timedwait(&registry->wake, &registry->lock, &until);
}

/* The lock is held at call and return. */
static bool ask_for(struct tg_registry *registry, int32_t id)
{
    struct tg_arena *arena = tg_arena_new(1024);
    const struct tg_registry_schema *schema = NULL;
    struct tg_error error = {0};
    (void)pthread_mutex_unlock(&registry->lock);
    enum tg_code code = fetch(registry, id, arena, &schema, &error);
    (void)pthread_mutex_lock(&registry->lock);
    bool answered = code == TG_OK || code == TG_CODE_SCHEMA_UNKNOWN;
    keep_answer(registry, id, code, schema);
    if (answered)
        registry->trouble.message[0] = '\0';
    else
        registry->trouble = error;
    tg_arena_free(arena);
    return answered;
}

static void *run_thread(void *argument)
{
    struct tg_registry *registry = argument;
    int delay_ms = RETRY_MS_MIN;
    (void)pthread_mutex_lock(&registry->lock);
    for (int32_t id = next_asked(registry); id != 0; id = next_asked(registry)) {
        if (ask_for(registry, id)) {
            delay_ms = RETRY_MS_MIN;
            continue;
        }
        wait_ms(registry, delay_ms);
        delay_ms = delay_ms * 2 > RETRY_MS_MAX ? RETRY_MS_MAX : delay_ms * 2;
    }
    (void)pthread_mutex_unlock(&registry->lock);
    return NULL;
}

/* The lock is held. */
static void hand_to_thread(struct tg_registry *registry, struct entry *entry)
{
    set_state(registry, entry, TG_REGISTRY_ASKED);
    if (!registry->has_thread)
        registry->has_thread = pthread_create(&registry->thread, NULL, run_thread, registry) == 0;
    (void)pthread_cond_signal(&registry->wake);
}

static enum tg_registry_state ask_at_once(struct tg_registry *registry, int32_t id)
{
    struct tg_arena *arena = tg_arena_new(1024);
    const struct tg_registry_schema *schema = NULL;
    struct tg_error ignored;
    enum tg_code code = tg_registry_get(registry, id, arena, &schema, &ignored);
    tg_arena_free(arena);
    return code == TG_OK ? TG_REGISTRY_KNOWN : TG_REGISTRY_ABSENT;
}

enum tg_registry_state tg_registry_ask(struct tg_registry *registry, int32_t id)
{
    (void)pthread_mutex_lock(&registry->lock);
    struct entry *entry = find_entry(registry, id);
    bool known = entry != NULL &&
                 (entry->state != TG_REGISTRY_ABSENT || seconds_now() - entry->since < ABSENT_SECONDS);
    enum tg_registry_state state = known ? entry->state : TG_REGISTRY_ASKED;
    if (!known && registry->source->kind->waits) {
        entry = make_entry(registry, id);
        if (entry != NULL)
            hand_to_thread(registry, entry);
    }
    (void)pthread_mutex_unlock(&registry->lock);
    return registry->source->kind->waits || (known && state == TG_REGISTRY_KNOWN) ? state
                                                                                  : ask_at_once(registry, id);
}

int32_t tg_registry_guid(struct tg_registry *registry, const uint8_t guid[16])
{
    (void)pthread_mutex_lock(&registry->lock);
    size_t at = 0;
    while (at < registry->guid_count && memcmp(registry->guids[at], guid, sizeof *registry->guids) != 0)
        at++;
    if (at == registry->guid_count && at < GUIDS_MAX) {
        tg_grow((void **)&registry->guids, &registry->guid_capacity, at + 1, sizeof *registry->guids);
        memcpy(registry->guids[registry->guid_count++], guid, sizeof *registry->guids);
    }
    bool has = at < registry->guid_count;
    (void)pthread_mutex_unlock(&registry->lock);
    return has ? -(int32_t)(at + 1) : 0;
}

void tg_registry_trouble(struct tg_registry *registry, struct tg_buffer *out)
{
    (void)pthread_mutex_lock(&registry->lock);
    tg_buffer_append_text(out, registry->asked_count > 0 ? registry->trouble.message : "");
    (void)pthread_mutex_unlock(&registry->lock);
}
