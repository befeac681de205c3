#include "state/state.h"

#include "base/clock.h"
#include "base/memory.h"
#include "state/state_internal.h"
#include "state/store_internal.h"

#include <stdlib.h>

#define COPY_LASTS_US (60 * 1000000LL)
enum { RENEWALS_MAX = 3 };

static const char application_name[] = "application";

/* A database copied here from elsewhere would bring changelog offsets that mean nothing to this application.
 */
static enum tg_code check_application(struct tg_state *state, const char *application_id,
                                      struct tg_error *reterr)
{
    struct tg_buffer key = {0};
    struct tg_buffer value = {0};
    tg_buffer_append_u32(&key, 0);
    tg_buffer_append_u32(&key, 0);
    tg_buffer_append_text(&key, application_name);
    bool found = false;
    enum tg_code code = tg_database_get(&state->database, tg_buffer_slice(&key), &value, &found, reterr);
    if (code == TG_OK && !found) {
        char *message = NULL;
        rocksdb_put(state->database.handle, state->database.write_synced, (const char *)key.data, key.length,
                    application_id, strlen(application_id), &message);
        code = tg_database_check(&state->database, message, "write", reterr);
    } else if (code == TG_OK && !tg_slice_is(tg_buffer_slice(&value), application_id)) {
        (void)tg_fail(
            reterr, TG_CODE_STATE_MISMATCH, "the database %s belongs to application \"%.*s\", not \"%s\"",
            state->directory.database_path, TG_SLICE_FORMAT(tg_buffer_slice(&value)), application_id);
        code = tg_fail_hint(reterr, "move it away: state is restored from Kafka");
    }
    tg_buffer_done(&key);
    tg_buffer_done(&value);
    return code;
}

static void free_state(struct tg_state *state)
{
    tg_facts_close(state->facts);
    tg_database_close(&state->database);
    if (state->temporary && state->directory.lock_descriptor >= 0)
        tg_directory_remove_content(&state->directory);
    tg_directory_close(&state->directory);
    tg_free(state->copy_path);
    tg_free(state->application_id);
    pthread_rwlock_destroy(&state->present);
    pthread_mutex_destroy(&state->lock);
    tg_free(state);
}

static enum tg_code open_parts(struct tg_state *state, const struct tg_state_options *options,
                               struct tg_error *reterr)
{
    TG_TRY(tg_directory_open(options->directory, options->application_id, &state->directory, reterr));
    TG_TRY(tg_facts_open(state->directory.facts_path, &state->facts, reterr));
    TG_TRY(tg_database_open(&state->directory, options->memory_bytes, &state->database, reterr));
    enum tg_code code = check_application(state, options->application_id, reterr);
    if (code == TG_CODE_CORRUPT && tg_directory_is_damaged(&state->directory)) {
        /* Its first block is damaged: it is marked now, and set aside. */
        tg_database_close(&state->database);
        TG_TRY(tg_database_open(&state->directory, options->memory_bytes, &state->database, reterr));
        code = check_application(state, options->application_id, reterr);
    }
    state->database.damaged = &state->damaged;
    return code;
}

bool tg_state_damaged(const struct tg_state *state)
{
    return __atomic_load_n(&state->damaged, __ATOMIC_ACQUIRE);
}

/* Nobody uses the database. After a failure there is none, and the state stays damaged: it can be tried
 * again. */
static enum tg_code replace_database(struct tg_state *state, struct tg_error *reterr)
{
    tg_database_close(&state->database);
    tg_directory_mark_damaged(&state->directory, "damage was found while running");
    enum tg_code code = tg_database_open(&state->directory, state->memory_bytes, &state->database, reterr);
    if (code == TG_OK)
        code = check_application(state, state->application_id, reterr);
    TG_TRY(code);
    state->database.damaged = &state->damaged;
    __atomic_store_n(&state->damaged, false, __ATOMIC_RELEASE);
    return TG_OK;
}

static enum tg_code renew(struct tg_state *state, struct tg_error *reterr)
{
    pthread_mutex_lock(&state->lock);
    bool open = state->open_stores != NULL;
    pthread_mutex_unlock(&state->lock);
    if (open) {
        enum tg_code code = tg_fail(reterr, TG_CODE_LOCKED, "stores of the damaged database %s are open",
                                    state->database.path == NULL ? "" : state->database.path);
        reterr->retriable = true;
        return code;
    }
    if (state->renewals == RENEWALS_MAX) {
        tg_fail(reterr, TG_CODE_CORRUPT, "the database %s was found damaged %d times",
                state->directory.database_path, RENEWALS_MAX + 1);
        return tg_fail_hint(reterr, "its disk cannot be trusted: set state.dir to another one");
    }
    TG_TRY(replace_database(state, reterr));
    state->renewals++;
    return TG_OK;
}

enum tg_code tg_state_renew(struct tg_state *state, bool *ret_renewed, struct tg_error *reterr)
{
    *ret_renewed = false;
    pthread_rwlock_wrlock(&state->present);
    enum tg_code code = TG_OK;
    if (tg_state_damaged(state)) {
        code = renew(state, reterr);
        *ret_renewed = code == TG_OK;
    }
    pthread_rwlock_unlock(&state->present);
    return code;
}

enum tg_code tg_state_open(const struct tg_state_options *options, struct tg_state **ret_state,
                           struct tg_error *reterr)
{
    *ret_state = NULL;
    if (options->application_id == NULL || options->application_id[0] == '\0')
        return tg_fail(reterr, TG_CODE_CONFIG, "state needs an application id");
    struct tg_state *state = tg_alloc_zero(1, sizeof *state);
    state->directory.lock_descriptor = -1;
    pthread_mutex_init(&state->lock, NULL);
    pthread_rwlock_init(&state->present, NULL);
    state->memory_bytes = options->memory_bytes;
    state->application_id = tg_strdup(options->application_id);
    enum tg_code code = open_parts(state, options, reterr);
    if (code != TG_OK) {
        free_state(state);
        return code;
    }
    state->temporary = options->temporary;
    state->table_bytes_max = options->table_bytes_max;
    *ret_state = state;
    return TG_OK;
}

void tg_state_close(struct tg_state *state)
{
    if (state == NULL)
        return;
    TG_ASSERT(state->open_stores == NULL);
    free_state(state);
}

enum tg_code tg_state_flush(struct tg_state *state, struct tg_error *reterr)
{
    pthread_rwlock_rdlock(&state->present);
    enum tg_code code = state->database.handle == NULL ? TG_OK : tg_database_flush(&state->database, reterr);
    pthread_rwlock_unlock(&state->present);
    return code;
}

const char *tg_state_process_id(const struct tg_state *state)
{
    return state->directory.process_id;
}

const char *tg_state_set_aside(const struct tg_state *state)
{
    return state->directory.set_aside;
}

uint64_t tg_state_memory_bytes(struct tg_state *state)
{
    pthread_rwlock_rdlock(&state->present);
    uint64_t bytes = tg_database_memory_bytes(&state->database);
    pthread_rwlock_unlock(&state->present);
    return bytes;
}

enum tg_code tg_state_check_present(const struct tg_state *state, struct tg_error *reterr)
{
    if (!tg_state_damaged(state))
        return TG_OK;
    enum tg_code code = tg_fail(reterr, TG_CODE_LOCKED, "the database %s is damaged and about to be replaced",
                                state->directory.database_path == NULL ? "" : state->directory.database_path);
    reterr->retriable = true;
    return code;
}

enum tg_code tg_state_fact_get(struct tg_state *state, struct tg_slice name, struct tg_buffer *ret_value,
                               bool *ret_found, struct tg_error *reterr)
{
    (void)reterr; /* facts are in memory once they are open */
    *ret_found = tg_facts_get(state->facts, name, ret_value);
    return TG_OK;
}

enum tg_code tg_state_fact_put(struct tg_state *state, struct tg_slice name, struct tg_slice value,
                               struct tg_error *reterr)
{
    return tg_facts_put(state->facts, name, value, reterr);
}

/* ---- store ids ---- */

/* One above the highest that was ever given out; ids are never used again. */
static enum tg_code next_store_id(struct tg_state *state, uint32_t *ret_id, struct tg_error *reterr)
{
    struct tg_buffer start = {0};
    tg_buffer_append_u32(&start, 0);
    tg_buffer_append_u32(&start, TG_DATABASE_NAMES);
    uint8_t end[TG_DATABASE_PREFIX_BYTES];
    tg_store_u32(end, 0);
    tg_store_u32(end + 4, TG_DATABASE_NAMES + 1);
    rocksdb_readoptions_t *options = rocksdb_readoptions_create();
    rocksdb_readoptions_set_iterate_upper_bound(options, (const char *)end, sizeof end);
    rocksdb_readoptions_set_total_order_seek(options, 1);
    rocksdb_iterator_t *iterator = rocksdb_create_iterator(state->database.handle, options);
    uint32_t highest = 0;
    rocksdb_iter_seek(iterator, (const char *)start.data, start.length);
    for (; rocksdb_iter_valid(iterator) != 0; rocksdb_iter_next(iterator)) {
        size_t length = 0;
        const char *value = rocksdb_iter_value(iterator, &length);
        uint32_t id = length == sizeof id ? tg_load_u32((const uint8_t *)value) : 0;
        highest = id > highest ? id : highest;
    }
    char *message = NULL;
    rocksdb_iter_get_error(iterator, &message);
    rocksdb_iter_destroy(iterator);
    rocksdb_readoptions_destroy(options);
    tg_buffer_done(&start);
    *ret_id = highest + 1;
    return tg_database_check(&state->database, message, "read", reterr);
}

static enum tg_code make_store_id(struct tg_state *state, struct tg_slice key, uint32_t *ret_id,
                                  struct tg_error *reterr)
{
    TG_TRY(next_store_id(state, ret_id, reterr));
    uint8_t value[sizeof *ret_id];
    tg_store_u32(value, *ret_id);
    char *message = NULL;
    rocksdb_put(state->database.handle, state->database.write_synced, (const char *)key.data, key.length,
                (const char *)value, sizeof value, &message);
    return tg_database_check(&state->database, message, "write", reterr);
}

enum tg_code tg_state_store_id(struct tg_state *state, const char *name, bool make, uint32_t *ret_id,
                               struct tg_error *reterr)
{
    struct tg_buffer key = {0};
    struct tg_buffer value = {0};
    tg_buffer_append_u32(&key, 0);
    tg_buffer_append_u32(&key, TG_DATABASE_NAMES);
    tg_buffer_append_text(&key, name);
    *ret_id = 0;
    bool found = false;
    pthread_mutex_lock(&state->lock);
    enum tg_code code = tg_database_get(&state->database, tg_buffer_slice(&key), &value, &found, reterr);
    if (code == TG_OK && found && value.length == sizeof *ret_id)
        *ret_id = tg_load_u32(value.data);
    else if (code == TG_OK && found)
        code = tg_fail(reterr, TG_CODE_CORRUPT, "the id of store \"%s\" has %zu bytes instead of 4", name,
                       value.length);
    else if (code == TG_OK && make)
        code = make_store_id(state, tg_buffer_slice(&key), ret_id, reterr);
    pthread_mutex_unlock(&state->lock);
    tg_buffer_done(&key);
    tg_buffer_done(&value);
    return code;
}

enum tg_code tg_state_delete_partition(struct tg_state *state, uint32_t store_id, uint32_t partition,
                                       struct tg_error *reterr)
{
    uint8_t start[TG_DATABASE_PREFIX_BYTES];
    uint8_t end[TG_DATABASE_PREFIX_BYTES];
    tg_store_u32(start, store_id);
    tg_store_u32(start + 4, partition);
    tg_store_u32(end, store_id);
    tg_store_u32(end + 4, partition + 1);
    rocksdb_writebatch_t *writes = rocksdb_writebatch_create();
    rocksdb_writebatch_delete_range(writes, (const char *)start, sizeof start, (const char *)end, sizeof end);
    char *message = NULL;
    rocksdb_write(state->database.handle, state->database.write_synced, writes, &message);
    rocksdb_writebatch_destroy(writes);
    return tg_database_check(&state->database, message, "write", reterr);
}

static enum tg_code drop(struct tg_state *state, const char *store_name, int32_t partition,
                         struct tg_error *reterr)
{
    uint32_t id = 0;
    TG_TRY(tg_state_check_present(state, reterr));
    TG_TRY(tg_state_store_id(state, store_name, false, &id, reterr));
    if (id == 0)
        return TG_OK;
    pthread_mutex_lock(&state->lock);
    bool open = false;
    for (struct tg_store *store = state->open_stores; store != NULL; store = store->next_open)
        open = open || (store->id == id && store->partition == partition);
    pthread_mutex_unlock(&state->lock);
    if (open)
        return tg_fail(reterr, TG_CODE_INTERNAL, "store \"%s\" partition %d is open and cannot be dropped",
                       store_name, partition);
    return tg_state_delete_partition(state, id, (uint32_t)partition, reterr);
}

enum tg_code tg_state_drop(struct tg_state *state, const char *store_name, int32_t partition,
                           struct tg_error *reterr)
{
    pthread_rwlock_rdlock(&state->present);
    enum tg_code code = drop(state, store_name, partition, reterr);
    pthread_rwlock_unlock(&state->present);
    return code;
}

enum tg_code tg_state_keep_copy(struct tg_state *state, const char *reason, const char **ret_path,
                                struct tg_error *reterr)
{
    *ret_path = NULL;
    if (state->directory.path == NULL)
        return TG_OK;
    enum tg_code code = TG_OK;
    pthread_mutex_lock(&state->lock);
    int64_t now_us = tg_clock_monotonic_us(tg_clock_real());
    if (state->copy_path == NULL || now_us - state->copied_us > COPY_LASTS_US) {
        tg_free(TG_MOVE(state->copy_path));
        code = tg_directory_free_name(&state->directory, "aside", &state->copy_path, reterr);
        if (code == TG_OK)
            code = tg_database_copy(&state->database, state->copy_path, reterr);
        if (code == TG_OK)
            code = tg_directory_explain(state->copy_path, reason, reterr);
        if (code != TG_OK)
            tg_free(TG_MOVE(state->copy_path));
        state->copied_us = now_us;
    }
    *ret_path = state->copy_path;
    pthread_mutex_unlock(&state->lock);
    return code;
}

/* ---- applying a commit ---- */

struct tg_state_batch *tg_state_batch_new(struct tg_state *state)
{
    struct tg_state_batch *batch = tg_alloc_zero(1, sizeof *batch);
    batch->state = state;
    batch->writes = rocksdb_writebatch_create();
    return batch;
}

void tg_state_batch_free(struct tg_state_batch *batch)
{
    if (batch == NULL)
        return;
    for (struct tg_store *store = batch->stores; store != NULL; store = store->next_in_batch)
        store->batch = NULL; /* and stays unwritten: it can only be closed */
    rocksdb_writebatch_destroy(batch->writes);
    tg_free(batch);
}

enum tg_code tg_state_batch_apply(struct tg_state_batch *batch, struct tg_error *reterr)
{
    if (rocksdb_writebatch_count(batch->writes) > 0) {
        char *message = NULL;
        rocksdb_write(batch->state->database.handle, batch->state->database.write, batch->writes, &message);
        TG_TRY(tg_database_check(&batch->state->database, message, "write the committed state", reterr));
    }
    rocksdb_writebatch_clear(batch->writes);
    struct tg_store *next = NULL;
    for (struct tg_store *store = batch->stores; store != NULL; store = next) {
        next = store->next_in_batch;
        store->next_in_batch = NULL;
        store->batch = NULL;
        store->unwritten = false;
        tg_table_shrink(&store->table, tg_store_cache_bytes(store));
    }
    batch->stores = NULL;
    return TG_OK;
}
