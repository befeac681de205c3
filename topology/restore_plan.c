/* Where the restore of a store begins, and whether what is on the disk can be trusted. */
#include "base/log.h"
#include "base/memory.h"
#include "base/text.h"
#include "topology/restore_internal.h"

#include <string.h>

/* What the broker says of a job's changelog partition. */
struct bounds {
    int64_t first, end;
    uint64_t log_id;
};

static enum tg_code list(const struct tg_restore *restore, struct restore_job *const *jobs,
                         struct tg_offset *offsets, uint32_t count, struct tg_error *reterr)
{
    for (uint32_t i = 0; i < count; i++) {
        offsets[i].topic = jobs[i]->store->changelog_topic;
        offsets[i].partition = jobs[i]->task->partition;
        offsets[i].leader_epoch = -1;
    }
    /* Uncommitted: the predecessor's commit may be decided while its marker is not on that partition yet. */
    return tg_admin_list_offsets(restore->query->cluster, offsets, count, TG_READ_UNCOMMITTED,
                                 restore->query->settings.request_timeout_ms, reterr);
}

/* Two calls for all jobs, and one for each topic. */
static enum tg_code ask_bounds(const struct tg_restore *restore, struct restore_job *const *jobs,
                               struct bounds *bounds, uint32_t count, struct tg_error *reterr)
{
    const struct tg_query *query = restore->query;
    struct tg_offset *first = tg_alloc_zero(count, sizeof *first);
    struct tg_offset *end = tg_alloc_zero(count, sizeof *end);
    for (uint32_t i = 0; i < count; i++) {
        first[i].offset = TG_OFFSET_EARLIEST;
        end[i].offset = TG_OFFSET_LATEST;
    }
    enum tg_code code = list(restore, jobs, end, count, reterr);
    if (code == TG_OK)
        code = list(restore, jobs, first, count, reterr);
    for (uint32_t i = 0; i < count && code == TG_OK; i++) {
        uint32_t same = 0;
        while (same < i && strcmp(first[same].topic, first[i].topic) != 0)
            same++;
        bounds[i] =
            (struct bounds){.first = first[i].offset, .end = end[i].offset, .log_id = bounds[same].log_id};
        if (same == i)
            code = tg_admin_topic_id(query->cluster, first[i].topic, query->settings.request_timeout_ms,
                                     &bounds[i].log_id, reterr);
    }
    tg_free(first);
    tg_free(end);
    return code;
}

/* Tombstones leave a compacted log some time after they were written: state that is older than that may hold
 * keys whose deletion it will never hear of. */
static enum tg_code is_too_old(const struct restore_job *job, const struct bounds *bounds, bool *ret_old,
                               struct tg_error *reterr)
{
    const struct tg_query *query = job->task->query;
    struct tg_store_origin origin = tg_store_origin(job->store->store);
    /* Behind our last record there is the marker that committed it. Nothing else: nothing was missed. */
    int64_t marker = query->settings.exactly_once ? 1 : 0;
    *ret_old = false;
    if (origin.current_ms <= 0 || bounds->end - tg_store_changelog_offset(job->store->store) <= marker)
        return TG_OK;
    struct tg_arena *arena = tg_arena_new(0);
    const char *text = NULL;
    int64_t retention_ms = 0;
    enum tg_code code =
        tg_admin_topic_setting(query->cluster, job->store->changelog_topic, "delete.retention.ms",
                               query->settings.request_timeout_ms, arena, &text, reterr);
    if (code == TG_OK && tg_parse_int64(tg_slice_text(text), 0, INT64_MAX, &retention_ms))
        *ret_old = tg_clock_wall_ms(query->clock) - origin.current_ms > retention_ms;
    tg_arena_free(arena);
    return code;
}

/* *ret_reason: why the local state cannot be trusted, or NULL. */
static enum tg_code find_fault(const struct restore_job *job, const struct bounds *bounds,
                               const char **ret_reason, struct tg_error *reterr)
{
    int64_t stored = tg_store_changelog_offset(job->store->store);
    uint64_t log_id = tg_store_origin(job->store->store).log_id;
    bool old = false;
    *ret_reason = NULL;
    if (stored < 0)
        return TG_OK;
    if (log_id != 0 && bounds->log_id != 0 && log_id != bounds->log_id)
        *ret_reason = "the changelog topic was deleted and made again";
    else if (stored > bounds->end)
        *ret_reason = "the changelog ends before the local state";
    else if (stored < bounds->first)
        *ret_reason = "the changelog was truncated beyond the local state";
    else
        TG_TRY(is_too_old(job, bounds, &old, reterr));
    if (old)
        *ret_reason = "the local state is older than delete.retention.ms of the changelog, which may have "
                      "forgotten deletions";
    return TG_OK;
}

static enum tg_code rebuild(struct restore_job *job, const char *reason, struct tg_error *reterr)
{
    const struct tg_query *query = job->task->query;
    const char *kept = NULL;
    char *text = tg_format("%s, partition %d: %s", job->store->changelog_topic, job->task->partition, reason);
    enum tg_code code = tg_state_keep_copy(query->state, text, &kept, reterr);
    tg_free(text);
    TG_TRY(code);
    tg_log_write(TG_LOG_WARN, "local state cannot be trusted: kept aside, rebuilt from the changelog",
                 TG_LOG_FIELDS(TG_LOG_TEXT("query", tg_query_id(query)),
                               TG_LOG_TEXT("topic", job->store->changelog_topic),
                               TG_LOG_INT("partition", job->task->partition), TG_LOG_TEXT("reason", reason),
                               TG_LOG_INT("from", tg_store_changelog_offset(job->store->store)),
                               TG_LOG_TEXT("kept", kept == NULL ? "nowhere: in memory" : kept)));
    TG_TRY(tg_store_clear(job->store->store, reterr));
    tg_count(&job->task->counters.state_rebuilt, 1);
    return TG_OK;
}

static enum tg_code plan_job(struct restore_job *job, const struct bounds *bounds,
                             struct tg_side_thread *side, int64_t now_ms, struct tg_error *reterr)
{
    const char *reason = NULL;
    tg_restorer_free(TG_MOVE(job->writer)); /* of an earlier plan: read again from what is in the store */
    TG_TRY(find_fault(job, bounds, &reason, reterr));
    if (reason != NULL)
        TG_TRY(rebuild(job, reason, reterr));
    struct tg_store *store = job->store->store;
    int64_t stored = tg_store_changelog_offset(store);
    job->begin = job->position = stored < 0 ? bounds->first : stored;
    job->end = bounds->end;
    job->planned_ms = now_ms;
    /* What is read from the beginning misses no deletion that the log knows now. */
    struct tg_store_origin origin = tg_store_origin(store);
    origin.log_id = bounds->log_id;
    if (stored < 0)
        origin.current_ms = now_ms;
    tg_store_set_origin(store, origin);
    job->planned = true;
    if (job->position >= job->end)
        return TG_OK;
    restore_log_job(TG_LOG_DEBUG, "restore begins", job);
    job->writer = tg_restorer_new(store, job->store->layout, side);
    return TG_OK;
}

enum tg_code restore_plan(struct tg_restore *restore, struct tg_error *reterr)
{
    struct restore_job **jobs = tg_alloc_zero(restore->job_count, sizeof(struct restore_job *));
    struct bounds *bounds = tg_alloc_zero(restore->job_count, sizeof *bounds);
    uint32_t count = 0;
    for (size_t i = 0; i < restore->job_count; i++)
        if (!restore->jobs[i].planned)
            jobs[count++] = &restore->jobs[i];
    int64_t now_ms = tg_clock_wall_ms(restore->query->clock);
    enum tg_code code = count == 0 ? TG_OK : ask_bounds(restore, jobs, bounds, count, reterr);
    for (uint32_t i = 0; i < count && code == TG_OK; i++) {
        code = plan_job(jobs[i], &bounds[i], restore->side, now_ms, reterr);
        restore->stale = true;
    }
    tg_free(jobs);
    tg_free(bounds);
    return code;
}
