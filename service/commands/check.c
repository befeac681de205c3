/* turgo check: parses, types and plans a job without Kafka. */
#include "base/memory.h"
#include "base/text.h"
#include "service/command.h"
#include "service/settings.h"

#include <stdio.h>
#include <string.h>

struct check {
    const char *path;
    bool json;
    struct tg_properties *settings;
};

static enum tg_code set_path(void *context, const char *value, struct tg_error *reterr)
{
    struct check *check = context;
    if (check->path != NULL)
        return tg_fail(reterr, TG_CODE_USAGE, "one job file at a time, but %s follows %s", value,
                       check->path);
    check->path = value;
    return TG_OK;
}

static enum tg_code set_json(void *context, const char *value, struct tg_error *reterr)
{
    (void)value;
    (void)reterr;
    ((struct check *)context)->json = true;
    return TG_OK;
}

static enum tg_code set_config(void *context, const char *value, struct tg_error *reterr)
{
    return tg_properties_load(((struct check *)context)->settings, value, reterr);
}

static int run(int count, char **values)
{
    struct check check = {.settings = tg_properties_new()};
    const struct tg_option options[] = {{.name = "--json", .set = set_json},
                                        {.name = "--config", .takes_value = true, .set = set_config},
                                        {.name = NULL}};
    const struct tg_arguments arguments = {&tg_command_check, options, set_path, &check};
    int exit_code = tg_arguments_parse(&arguments, count, values);
    struct tg_error error = {0};
    if (exit_code == TG_EXIT_OK && check.path == NULL) {
        fprintf(stderr, "%s", tg_command_check.help);
        exit_code = TG_EXIT_USAGE;
    }
    if (exit_code == TG_EXIT_OK && tg_settings_check_all(check.settings, &error) != TG_OK) {
        tg_print_error(&error);
        exit_code = TG_EXIT_CONFIG;
    }
    if (exit_code == TG_EXIT_OK) {
        struct tg_job_file file;
        exit_code = tg_job_file_load(check.path, check.settings, check.json, &file);
        if (exit_code == TG_EXIT_OK)
            printf("%s: %u statements are valid\n", check.path, tg_job_action_count(file.job));
        tg_job_file_done(&file);
    }
    tg_properties_free(check.settings);
    return exit_code < 0 ? TG_EXIT_OK : exit_code;
}

const struct tg_command tg_command_check = {
    .name = "check",
    .summary = "parse, type and plan a job file without running it",
    .help = "usage: turgo check JOB.sql [--config FILE] [--json]\n"
            "\n"
            "Reports everything that is wrong, with line and column. Needs no Kafka. Exit 0: valid, 1: not "
            "valid.\n"
            "\n"
            "  --config FILE  settings (formats and names by default) from a .properties file\n"
            "  --json         one JSON object per error, on stderr\n",
    .run = run,
};
