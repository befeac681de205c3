/* A text of statements becomes a list of checked actions. A bad statement does not end the work: the next
 * ones are checked too, and what only follows from an earlier error is not reported. */
#include "sql/job.h"

#include "base/memory.h"
#include "sql/diagnostics.h"
#include "sql/session.h"

enum { ERRORS_MAX = 100 };

struct tg_job {
    struct tg_session *session;
    struct tg_arena *arena;
    struct tg_slice text;
    const char *name;
    const struct tg_action **actions;
    size_t action_count;
    size_t action_capacity;
    struct tg_error *errors;
    size_t error_count;
    size_t error_capacity;
};

static void add_action(struct tg_job *job, const struct tg_action *action)
{
    tg_grow((void **)&job->actions, &job->action_capacity, job->action_count + 1,
            sizeof(const struct tg_action *));
    job->actions[job->action_count++] = action;
}

static void add_error(struct tg_job *job, const struct tg_error *error)
{
    if (job->error_count == ERRORS_MAX)
        return;
    tg_grow((void **)&job->errors, &job->error_capacity, job->error_count + 1, sizeof *job->errors);
    job->errors[job->error_count] = *error;
    tg_error_locate(&job->errors[job->error_count++], job->text);
}

static void compile_script(struct tg_job *job, const struct tg_script *script)
{
    for (uint32_t i = 0; i < script->statement_count; i++) {
        struct tg_error error = {0};
        const struct tg_action *action = NULL;
        if (tg_session_compile(job->session, script->statements[i], &action, &error) != TG_OK) {
            if (!tg_session_error_follows(job->session))
                add_error(job, &error);
        } else if (action->kind != TG_ACTION_NOTHING) {
            add_action(job, action);
        }
    }
}

enum tg_code tg_job_compile(struct tg_slice text, const struct tg_job_options *options,
                            struct tg_job **ret_job, struct tg_error *reterr)
{
    const struct tg_session_options session_options = {.settings = options->settings,
                                                       .check_setting = options->check_setting,
                                                       .partition_count = options->partition_count,
                                                       .context = options->context,
                                                       .schemas = options->schemas,
                                                       .remember_failed = true};
    struct tg_job *job = tg_alloc_zero(1, sizeof *job);
    const struct tg_script *script = NULL;
    struct tg_error error = {0};
    *ret_job = job;
    job->session = tg_session_new(&session_options);
    job->arena = tg_arena_new(0);
    job->text = tg_arena_copy(job->arena, text);
    job->name = options->name == NULL ? NULL : tg_arena_text(job->arena, tg_slice_text(options->name));
    enum tg_code code = tg_session_parse(job->session, job->text, &script, &error);
    compile_script(job, script);
    if (code != TG_OK)
        add_error(job, &error);
    if (job->error_count == 0)
        return TG_OK;
    if (reterr != NULL)
        *reterr = job->errors[0];
    return job->errors[0].code;
}

void tg_job_free(struct tg_job *job)
{
    if (job == NULL)
        return;
    tg_free(job->actions);
    tg_free(job->errors);
    tg_arena_free(job->arena);
    tg_session_free(job->session);
    tg_free(job);
}

uint32_t tg_job_action_count(const struct tg_job *job)
{
    return (uint32_t)job->action_count;
}

const struct tg_action *tg_job_action(const struct tg_job *job, uint32_t index)
{
    return job->actions[index];
}

uint32_t tg_job_error_count(const struct tg_job *job)
{
    return (uint32_t)job->error_count;
}

const struct tg_error *tg_job_error(const struct tg_job *job, uint32_t index)
{
    return &job->errors[index];
}

struct tg_slice tg_job_text(const struct tg_job *job)
{
    return job->text;
}

void tg_job_diagnose(const struct tg_job *job, const struct tg_job_diagnose_options *options,
                     struct tg_buffer *out)
{
    for (size_t i = 0; i < job->error_count; i++) {
        if (options->as_json) {
            tg_diagnostic_write_json(&job->errors[i], job->text, job->name, out);
            tg_buffer_append_text(out, "\n");
        } else {
            tg_diagnostic_write(&job->errors[i], job->text, job->name, out);
        }
    }
}

const struct tg_source_definition *tg_job_source(const struct tg_job *job, struct tg_slice name)
{
    return tg_session_source(job->session, name);
}
