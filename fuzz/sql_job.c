/* Feeds SQL text to the compiler of jobs: analysis, planning, and every plan as text with its register
 * programs. Whatever comes, there are actions or errors with a message and a place. */
#include <stdlib.h>

#include "sql/job.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_errors(const struct tg_job *job)
{
    struct tg_buffer out = {0};
    for (uint32_t i = 0; i < tg_job_error_count(job); i++)
        if (tg_job_error(job, i)->message[0] == '\0')
            abort();
    tg_job_diagnose(job, &(struct tg_job_diagnose_options){.as_json = true}, &out);
    tg_job_diagnose(job, &(struct tg_job_diagnose_options){.as_json = false}, &out);
    tg_buffer_done(&out);
}

static void check_plan(const struct tg_plan *plan)
{
    struct tg_buffer out = {0};
    struct tg_error error = {0};
    enum tg_code code =
        tg_plan_write_text(plan, &(struct tg_plan_text_options){.programs = true}, &out, &error);
    if (code != TG_OK && error.message[0] == '\0') /* a constant pattern may be wrong */
        abort();
    tg_plan_write_json(plan, &out);
    tg_buffer_done(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct tg_job_options options = {.name = "fuzz.sql"};
    struct tg_job *job = NULL;
    struct tg_error error = {0};
    enum tg_code code = tg_job_compile(tg_slice_of(data, size), &options, &job, &error);
    if ((code == TG_OK) != (tg_job_error_count(job) == 0))
        abort();
    check_errors(job);
    for (uint32_t i = 0; i < tg_job_action_count(job); i++)
        if (tg_job_action(job, i)->plan != NULL)
            check_plan(tg_job_action(job, i)->plan);
    tg_job_free(job);
    return 0;
}
