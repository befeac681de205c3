/* turgo explain: the plan of each query of a job. */
#include "base/memory.h"
#include "service/command.h"
#include "service/settings.h"

#include <stdio.h>
#include <string.h>

struct explain {
    const char *path;
    const char *query;
    bool json;
    bool programs;
    struct tg_properties *settings;
};

static enum tg_code set_path(void *context, const char *value, struct tg_error *reterr)
{
    struct explain *explain = context;
    if (explain->path != NULL)
        return tg_fail(reterr, TG_CODE_USAGE, "one job file at a time, but %s follows %s", value,
                       explain->path);
    explain->path = value;
    return TG_OK;
}

static enum tg_code set_format(void *context, const char *value, struct tg_error *reterr)
{
    if (strcmp(value, "text") != 0 && strcmp(value, "json") != 0)
        return tg_fail(reterr, TG_CODE_USAGE, "--format must be text or json, not '%s'", value);
    ((struct explain *)context)->json = strcmp(value, "json") == 0;
    return TG_OK;
}

static enum tg_code set_query(void *context, const char *value, struct tg_error *reterr)
{
    (void)reterr;
    ((struct explain *)context)->query = value;
    return TG_OK;
}

static enum tg_code set_programs(void *context, const char *value, struct tg_error *reterr)
{
    (void)value;
    (void)reterr;
    ((struct explain *)context)->programs = true;
    return TG_OK;
}

static enum tg_code set_config(void *context, const char *value, struct tg_error *reterr)
{
    return tg_properties_load(((struct explain *)context)->settings, value, reterr);
}

static int print_plan(const struct explain *explain, const struct tg_plan *plan)
{
    struct tg_buffer out = {0};
    struct tg_error error = {0};
    const struct tg_plan_text_options options = {.programs = explain->programs};
    enum tg_code code = TG_OK;
    if (explain->json)
        tg_plan_write_json(plan, &out);
    else
        code = tg_plan_write_text(plan, &options, &out, &error);
    if (code == TG_OK)
        printf("%s%s", tg_buffer_text(&out), explain->json ? "\n" : "");
    else
        tg_print_error(&error);
    tg_buffer_done(&out);
    return tg_exit_of(code);
}

static int explain_job(const struct explain *explain)
{
    struct tg_job_file file;
    int exit_code = tg_job_file_load(explain->path, explain->settings, false, &file);
    uint32_t shown = 0;
    for (uint32_t i = 0; exit_code == TG_EXIT_OK && i < tg_job_action_count(file.job); i++) {
        const struct tg_plan *plan = tg_job_action(file.job, i)->plan;
        if (plan == NULL || (explain->query != NULL && strcmp(plan->query_id, explain->query) != 0))
            continue;
        if (shown++ > 0 && !explain->json)
            printf("\n");
        exit_code = print_plan(explain, plan);
    }
    if (exit_code == TG_EXIT_OK && shown == 0) {
        fprintf(stderr,
                explain->query == NULL ? "%s has no query to explain\n" : "%s has no query of that id\n",
                explain->path);
        exit_code = TG_EXIT_FAILED;
    }
    tg_job_file_done(&file);
    return exit_code;
}

static int run(int count, char **values)
{
    struct explain explain = {.settings = tg_properties_new()};
    const struct tg_option options[] = {{.name = "--format", .takes_value = true, .set = set_format},
                                        {.name = "--query", .takes_value = true, .set = set_query},
                                        {.name = "--programs", .set = set_programs},
                                        {.name = "--config", .takes_value = true, .set = set_config},
                                        {.name = NULL}};
    const struct tg_arguments arguments = {&tg_command_explain, options, set_path, &explain};
    int exit_code = tg_arguments_parse(&arguments, count, values);
    struct tg_error error = {0};
    if (exit_code == TG_EXIT_OK && explain.path == NULL) {
        fprintf(stderr, "%s", tg_command_explain.help);
        exit_code = TG_EXIT_USAGE;
    }
    if (exit_code == TG_EXIT_OK && tg_settings_check_all(explain.settings, &error) != TG_OK) {
        tg_print_error(&error);
        exit_code = TG_EXIT_CONFIG;
    }
    if (exit_code == TG_EXIT_OK)
        exit_code = explain_job(&explain);
    tg_properties_free(explain.settings);
    return exit_code < 0 ? TG_EXIT_OK : exit_code;
}

const struct tg_command tg_command_explain = {
    .name = "explain",
    .summary = "show the plan of each query of a job file",
    .help = "usage: turgo explain JOB.sql [--query ID] [--format text|json] [--programs] [--config FILE]\n"
            "\n"
            "  --query ID     one query only: CSAS_<SINK>, CTAS_<SINK> or its QUERY_ID\n"
            "  --format json  the plan as it is stored\n"
            "  --programs     the register program of each expression\n"
            "  --config FILE  settings (formats and names by default) from a .properties file\n",
    .run = run,
};
