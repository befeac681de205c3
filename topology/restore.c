#include "topology/restore.h"

#include "base/log.h"
#include "base/memory.h"
#include "state/changelog.h"
#include "topology/failpoint.h"

#include <string.h>

enum { POLL_MAX = 1024, POLL_MS = 20 };

/* One store that is being restored. */
struct job {
    struct tg_task *task;
    struct tg_task_store *store;
    struct tg_restorer *writer;
    int64_t position; /* next offset to read */
    int64_t end;      /* high watermark when it began */
    int64_t started_us;
    uint64_t records;
};

struct tg_restore {
    const struct tg_query *query;
    struct tg_consumer *consumer; /* open while there are jobs */
    struct job *jobs;
    size_t job_count, job_capacity;
    bool stale; /* the consumer does not read what the jobs want, from where they stand */
    struct tg_message *messages;
};

struct tg_restore *tg_restore_new(const struct tg_query *query)
{
    struct tg_restore *restore = tg_alloc_zero(1, sizeof *restore);
    restore->query = query;
    restore->messages = tg_alloc_zero(POLL_MAX, sizeof *restore->messages);
    return restore;
}

void tg_restore_free(struct tg_restore *restore)
{
    if (restore == NULL)
        return;
    for (size_t i = 0; i < restore->job_count; i++)
        tg_restorer_free(restore->jobs[i].writer);
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
        .overrides = restore->query->consumer_overrides,
        .notify_descriptor = -1,
    };
    return tg_consumer_open(restore->query->cluster, &options, &restore->consumer, reterr);
}

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
    if (restore->job_count == 0)
        tg_consumer_close(TG_MOVE(restore->consumer));
}

static void log_store(enum tg_log_level level, const char *message, const struct job *job)
{
    tg_log_write(level, message,
                 TG_LOG_FIELDS(TG_LOG_TEXT("query", tg_query_id(job->task->query)),
                               TG_LOG_TEXT("topic", job->store->changelog_topic),
                               TG_LOG_INT("partition", job->task->partition),
                               TG_LOG_INT("from", job->position), TG_LOG_INT("end", job->end),
                               TG_LOG_INT("records", (int64_t)job->records)));
}

/* Decides where to begin. Offsets that the changelog does not have (any more, or yet) mean that local state
 * is of another log. */
static enum tg_code plan_job(struct tg_restore *restore, struct job *job, struct tg_error *reterr)
{
    const struct tg_query *query = restore->query;
    struct tg_offset bounds[2] = {
        {.topic = job->store->changelog_topic,
         .partition = job->task->partition,
         .offset = TG_OFFSET_EARLIEST},
        {.topic = job->store->changelog_topic, .partition = job->task->partition, .offset = TG_OFFSET_LATEST},
    };
    TG_TRY(tg_admin_list_offsets(query->cluster, &bounds[0], 1, TG_READ_UNCOMMITTED,
                                 query->settings.request_timeout_ms, reterr));
    TG_TRY(tg_admin_list_offsets(query->cluster, &bounds[1], 1, TG_READ_UNCOMMITTED,
                                 query->settings.request_timeout_ms, reterr));
    int64_t stored = tg_store_changelog_offset(job->store->store);
    job->position = stored < 0 ? bounds[0].offset : stored;
    job->end = bounds[1].offset;
    if (stored < 0 || (stored >= bounds[0].offset && stored <= job->end))
        return TG_OK;
    log_store(TG_LOG_WARN,
              stored < bounds[0].offset
                  ? "changelog was truncated beyond the local state, which is rebuilt from its beginning"
                  : "changelog ends before the local state (recreated?), which is rebuilt from its beginning",
              job);
    TG_TRY(tg_store_clear(job->store->store, reterr));
    job->position = bounds[0].offset;
    return TG_OK;
}

enum tg_code tg_restore_add(struct tg_restore *restore, struct tg_task *task, struct tg_error *reterr)
{
    task->stores_to_restore = 0;
    for (uint32_t i = 0; i < task->store_count; i++) {
        struct job job = {.task = task,
                          .store = &task->stores[i],
                          .started_us = tg_clock_monotonic_us(restore->query->clock)};
        TG_TRY(plan_job(restore, &job, reterr));
        if (job.position >= job.end)
            continue;
        log_store(TG_LOG_DEBUG, "restore begins", &job);
        job.writer = tg_restorer_new(job.store->store, job.store->windowed ? TG_KEY_WINDOW : TG_KEY_PLAIN);
        tg_grow((void **)&restore->jobs, &restore->job_capacity, restore->job_count + 1, sizeof job);
        restore->jobs[restore->job_count++] = job;
        task->stores_to_restore++;
        jobs_changed(restore);
    }
    return TG_OK;
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
static enum tg_code restore_run(struct job *job, const struct tg_message *messages, uint32_t count,
                                struct tg_error *reterr)
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
    tg_count(&job->task->counters.restored, records);
    TG_TRY(tg_restorer_write(job->writer, job->position, reterr));
    TG_FAILPOINT("restore");
    return TG_OK;
}

static void finish_jobs(struct tg_restore *restore)
{
    size_t kept = 0;
    for (size_t i = 0; i < restore->job_count; i++) {
        struct job *job = &restore->jobs[i];
        if (job->position < job->end) {
            restore->jobs[kept++] = *job;
            continue;
        }
        tg_restorer_free(job->writer);
        job->task->stores_to_restore--;
        log_store(TG_LOG_INFO, "state restored", job);
        TG_FAILPOINT("restored");
    }
    if (kept == restore->job_count)
        return;
    restore->job_count = kept;
    jobs_changed(restore);
}

static enum tg_code write_messages(struct tg_restore *restore, uint32_t count, struct tg_error *reterr)
{
    for (uint32_t at = 0; at < count;) {
        const struct tg_message *message = &restore->messages[at];
        struct job *job = &restore->jobs[message->tag];
        if (message->kind == TG_MESSAGE_ERROR)
            return tg_fail(reterr, message->code, "restoring %s, partition %d: %s",
                           job->store->changelog_topic, message->partition, tg_message_error(message));
        uint32_t run = 1;
        while (at + run < count && restore->messages[at + run].tag == message->tag &&
               restore->messages[at + run].kind != TG_MESSAGE_ERROR)
            run++;
        TG_TRY(restore_run(job, message, run, reterr));
        at += run;
    }
    return TG_OK;
}

enum tg_code tg_restore_step(struct tg_restore *restore, bool *ret_worked, struct tg_error *reterr)
{
    *ret_worked = false;
    if (restore->job_count == 0)
        return TG_OK;
    if (restore->stale)
        TG_TRY(assign_jobs(restore, reterr));
    uint32_t count = 0;
    TG_TRY(tg_consumer_poll(restore->consumer, restore->messages, POLL_MAX, POLL_MS, &count, reterr));
    enum tg_code code = write_messages(restore, count, reterr);
    tg_consumer_release(restore->consumer, restore->messages, count);
    if (code != TG_OK)
        restore->stale = true; /* some of what was polled is not written */
    TG_TRY(code);
    *ret_worked = count > 0;
    finish_jobs(restore);
    return TG_OK;
}
