/* Reads changelogs into stores, a little with each step, so that the worker's other tasks go on. */
#include "base/log.h"
#include "base/memory.h"
#include "topology/failpoint.h"
#include "topology/restore_internal.h"

enum { POLL_MAX = 1024 };
#define PROGRESS_US (5 * 1000000LL)

struct tg_restore *tg_restore_new(const struct tg_query *query, int notify_descriptor)
{
    struct tg_restore *restore = tg_alloc_zero(1, sizeof *restore);
    restore->query = query;
    restore->notify_descriptor = notify_descriptor;
    restore->side = tg_side_thread_new(notify_descriptor);
    restore->messages = tg_alloc_zero(POLL_MAX, sizeof *restore->messages);
    return restore;
}

void tg_restore_free(struct tg_restore *restore)
{
    if (restore == NULL)
        return;
    for (size_t i = 0; i < restore->job_count; i++)
        tg_restorer_free(restore->jobs[i].writer);
    tg_side_thread_free(restore->side);
    tg_consumer_close(restore->consumer);
    tg_free(restore->jobs);
    tg_free(restore->messages);
    tg_free(restore);
}

bool tg_restore_busy(const struct tg_restore *restore)
{
    return restore->job_count > 0;
}

static enum tg_code open_consumer(struct tg_restore *restore, struct tg_error *reterr)
{
    if (restore->consumer != NULL)
        return TG_OK;
    const struct tg_consumer_options options = {
        .client_id = restore->query->application_id,
        .offset_reset = TG_RESET_ERROR,
        .isolation = TG_READ_COMMITTED,
        .queue_bytes_max = restore->query->settings.consumer_queue_bytes,
        .overrides = restore->query->consumer_overrides,
        .notify_descriptor = restore->notify_descriptor,
    };
    return tg_consumer_open(restore->query->cluster, &options, &restore->consumer, reterr);
}

/* The consumer reads for all jobs, each from where it stands. */
static enum tg_code assign_jobs(struct tg_restore *restore, struct tg_error *reterr)
{
    TG_TRY(open_consumer(restore, reterr));
    struct tg_offset *offsets = tg_alloc_zero(restore->job_count, sizeof *offsets);
    for (size_t i = 0; i < restore->job_count; i++)
        offsets[i] = (struct tg_offset){
            .topic = restore->jobs[i].store->changelog_topic,
            .partition = restore->jobs[i].task->partition,
            .offset = restore->jobs[i].position,
            .leader_epoch = -1,
        };
    enum tg_code code = tg_consumer_assign(restore->consumer, offsets, (uint32_t)restore->job_count, reterr);
    for (size_t i = 0; i < restore->job_count && code == TG_OK; i++)
        code = tg_consumer_start(restore->consumer, offsets[i].topic, offsets[i].partition, offsets[i].offset,
                                 (uint32_t)i, reterr);
    tg_free(offsets);
    restore->stale = code != TG_OK;
    return code;
}

/* The jobs changed: the next step reads for those that are left. */
static void jobs_changed(struct tg_restore *restore)
{
    restore->stale = true;
    if (restore->job_count > 0)
        return;
    tg_consumer_close(TG_MOVE(restore->consumer));
    restore->records = restore->logged_records = 0;
    restore->finished_span = 0;
}

void restore_log_job(enum tg_log_level level, const char *message, const struct restore_job *job)
{
    tg_log_write(level, message,
                 TG_LOG_FIELDS(TG_LOG_TEXT("query", tg_query_id(job->task->query)),
                               TG_LOG_TEXT("topic", job->store->changelog_topic),
                               TG_LOG_INT("partition", job->task->partition), TG_LOG_INT("from", job->begin),
                               TG_LOG_INT("end", job->end), TG_LOG_INT("records", (int64_t)job->records)));
}

void tg_restore_add(struct tg_restore *restore, struct tg_task *task)
{
    int64_t now_us = tg_clock_monotonic_us(restore->query->clock);
    if (restore->job_count == 0)
        restore->logged_us = now_us;
    task->stores_to_restore = task->store_count;
    tg_grow((void **)&restore->jobs, &restore->job_capacity, restore->job_count + task->store_count,
            sizeof *restore->jobs);
    for (uint32_t i = 0; i < task->store_count; i++)
        restore->jobs[restore->job_count++] =
            (struct restore_job){.task = task, .store = &task->stores[i], .started_us = now_us};
    if (task->store_count > 0)
        jobs_changed(restore);
}

void tg_restore_remove(struct tg_restore *restore, struct tg_task *task)
{
    size_t kept = 0;
    for (size_t i = 0; i < restore->job_count; i++) {
        if (restore->jobs[i].task != task)
            restore->jobs[kept++] = restore->jobs[i];
        else
            tg_restorer_free(restore->jobs[i].writer);
    }
    if (kept == restore->job_count)
        return;
    restore->job_count = kept;
    jobs_changed(restore);
}

/* Writes a run of messages of one store. */
static enum tg_code restore_run(struct tg_restore *restore, struct restore_job *job,
                                const struct tg_message *messages, uint32_t count, struct tg_error *reterr)
{
    uint64_t records = 0;
    for (uint32_t i = 0; i < count; i++) {
        const struct tg_message *message = &messages[i];
        if (message->kind != TG_MESSAGE_RECORD)
            continue;
        TG_TRY(tg_restorer_add(job->writer, message->key, message->value, message->timestamp_ms, reterr));
        records++;
    }
    const struct tg_message *last = &messages[count - 1];
    job->position = last->kind == TG_MESSAGE_RECORD ? last->offset + 1 : last->offset;
    job->records += records;
    restore->records += records;
    tg_count(&job->task->counters.restored, records);
    TG_TRY(tg_restorer_write(job->writer, job->position, reterr));
    TG_FAILPOINT("restore");
    return TG_OK;
}

/* What is done stands: all that the log had when the job was planned. */
static void finish_job(struct tg_restore *restore, struct restore_job *job)
{
    struct tg_store *store = job->store->store;
    struct tg_store_origin origin = tg_store_origin(store);
    origin.current_ms = job->planned_ms;
    tg_store_set_origin(store, origin);
    tg_restorer_free(job->writer);
    job->task->stores_to_restore--;
    restore->finished_span += job->end - job->begin;
    if (job->begin < job->end)
        restore_log_job(TG_LOG_INFO, "state restored", job);
    TG_FAILPOINT("restored");
}

/* Has it read everything, and is all of it in the store? */
static enum tg_code is_finished(struct restore_job *job, bool *ret_finished, struct tg_error *reterr)
{
    *ret_finished = job->planned && job->position >= job->end;
    if (*ret_finished && job->writer != NULL)
        return tg_restorer_finish(job->writer, ret_finished, reterr);
    return TG_OK;
}

/* Those that cannot be finished now are tried again with the next step. */
static enum tg_code finish_jobs(struct tg_restore *restore, struct tg_error *reterr)
{
    size_t kept = 0;
    enum tg_code code = TG_OK;
    for (size_t i = 0; i < restore->job_count; i++) {
        struct restore_job *job = &restore->jobs[i];
        bool finished = false;
        if (code == TG_OK)
            code = is_finished(job, &finished, reterr);
        if (code == TG_OK && finished)
            finish_job(restore, job);
        else
            restore->jobs[kept++] = *job;
    }
    if (kept < restore->job_count) {
        restore->job_count = kept;
        jobs_changed(restore);
    }
    return code;
}

/* Is one of the jobs ahead of what the side thread has written? It wakes the worker when it is done. */
static enum tg_code is_ahead(struct tg_restore *restore, bool *ret_ahead, struct tg_error *reterr)
{
    *ret_ahead = false;
    for (size_t i = 0; i < restore->job_count; i++) {
        bool full = false;
        if (restore->jobs[i].writer != NULL)
            TG_TRY(tg_restorer_check(restore->jobs[i].writer, &full, reterr));
        *ret_ahead = *ret_ahead || full;
    }
    return TG_OK;
}

/* Offsets that are not there any more while they are read: what is to be read is decided again. */
static enum tg_code fail_message(struct restore_job *job, const struct tg_message *message,
                                 struct tg_error *reterr)
{
    enum tg_code code = message->code;
    if (code == TG_CODE_OFFSET_OUT_OF_RANGE) {
        job->planned = false;
        code = TG_CODE_KAFKA;
    }
    return tg_fail(reterr, code, "restoring %s, partition %d: %s", job->store->changelog_topic,
                   message->partition, tg_message_error(message));
}

static enum tg_code write_messages(struct tg_restore *restore, uint32_t count, struct tg_error *reterr)
{
    for (uint32_t at = 0; at < count;) {
        const struct tg_message *message = &restore->messages[at];
        struct restore_job *job = &restore->jobs[message->tag];
        if (message->kind == TG_MESSAGE_ERROR)
            return fail_message(job, message, reterr);
        uint32_t run = 1;
        while (at + run < count && restore->messages[at + run].tag == message->tag &&
               restore->messages[at + run].kind != TG_MESSAGE_ERROR)
            run++;
        TG_TRY(restore_run(restore, job, message, run, reterr));
        at += run;
    }
    return TG_OK;
}

static void log_progress(struct tg_restore *restore)
{
    int64_t now_us = tg_clock_monotonic_us(restore->query->clock);
    int64_t passed_us = now_us - restore->logged_us;
    if (passed_us < PROGRESS_US)
        return;
    int64_t total = restore->finished_span;
    int64_t done = restore->finished_span;
    for (size_t i = 0; i < restore->job_count; i++) {
        total += restore->jobs[i].end - restore->jobs[i].begin;
        done += restore->jobs[i].position - restore->jobs[i].begin;
    }
    double rate = (double)(restore->records - restore->logged_records) * 1e6 / (double)passed_us;
    tg_log_write(TG_LOG_INFO, "restoring state",
                 TG_LOG_FIELDS(TG_LOG_TEXT("query", tg_query_id(restore->query)),
                               TG_LOG_INT("stores", (int64_t)restore->job_count),
                               TG_LOG_INT("records", (int64_t)restore->records), TG_LOG_INT("offsets", done),
                               TG_LOG_INT("of", total), TG_LOG_INT("records-per-second", (int64_t)rate)));
    restore->logged_us = now_us;
    restore->logged_records = restore->records;
}

/* How much is left, for whoever asks. */
static void publish_left(struct tg_restore *restore)
{
    for (size_t i = 0; i < restore->job_count; i++)
        __atomic_store_n(&restore->jobs[i].task->counters.restore_left, 0, __ATOMIC_RELAXED);
    for (size_t i = 0; i < restore->job_count; i++) {
        const struct restore_job *job = &restore->jobs[i];
        if (job->position < job->end)
            tg_count(&job->task->counters.restore_left, (uint64_t)(job->end - job->position));
    }
}

enum tg_code tg_restore_step(struct tg_restore *restore, bool *ret_worked, struct tg_error *reterr)
{
    *ret_worked = false;
    TG_TRY(restore_plan(restore, reterr));
    publish_left(restore);
    TG_TRY(finish_jobs(restore, reterr));
    if (restore->job_count == 0)
        return TG_OK;
    bool ahead = false;
    TG_TRY(is_ahead(restore, &ahead, reterr));
    if (ahead)
        return TG_OK;
    if (restore->stale)
        TG_TRY(assign_jobs(restore, reterr));
    uint32_t count = 0;
    TG_TRY(tg_consumer_poll(restore->consumer, restore->messages, POLL_MAX, 0, &count, reterr));
    enum tg_code code = write_messages(restore, count, reterr);
    tg_consumer_release(restore->consumer, restore->messages, count);
    if (code != TG_OK)
        restore->stale = true; /* some of what was polled is not written */
    TG_TRY(code);
    *ret_worked = count > 0;
    publish_left(restore);
    log_progress(restore);
    return finish_jobs(restore, reterr);
}
