/* turgo test: runs test files on the production code, without a broker. */
#include "base/log.h"
#include "base/memory.h"
#include "service/command.h"
#include "service/test/report.h"
#include "service/test/run.h"

#include <dirent.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct command {
    const char **paths;
    size_t path_count, path_capacity;
    const char *filter;
    const char *junit;
    const char *conformance;
    bool list, quiet, rewrite;
};

static enum tg_code add_path(void *context, const char *value, struct tg_error *reterr)
{
    struct command *command = context;
    (void)reterr;
    tg_grow((void **)&command->paths, &command->path_capacity, command->path_count + 1, sizeof(char *));
    command->paths[command->path_count++] = value;
    return TG_OK;
}

static enum tg_code set_filter(void *context, const char *value, struct tg_error *reterr)
{
    (void)reterr;
    ((struct command *)context)->filter = value;
    return TG_OK;
}

static enum tg_code set_junit(void *context, const char *value, struct tg_error *reterr)
{
    (void)reterr;
    ((struct command *)context)->junit = value;
    return TG_OK;
}

static enum tg_code set_list(void *context, const char *value, struct tg_error *reterr)
{
    (void)value;
    (void)reterr;
    ((struct command *)context)->list = true;
    return TG_OK;
}

static enum tg_code set_quiet(void *context, const char *value, struct tg_error *reterr)
{
    (void)value;
    (void)reterr;
    ((struct command *)context)->quiet = true;
    return TG_OK;
}

static int is_test_file(const struct dirent *entry)
{
    const char *dot = strrchr(entry->d_name, '.');
    return dot != NULL && strcmp(dot, ".json") == 0;
}

static enum tg_code read_path(struct tg_test_suite *suite, const char *path, struct tg_error *reterr)
{
    struct stat status;
    struct dirent **entries = NULL;
    if (stat(path, &status) != 0)
        return tg_fail(reterr, TG_CODE_IO, "there is no file or directory %s", path);
    if (!S_ISDIR(status.st_mode))
        return tg_test_suite_read(suite, path, reterr);
    int count = scandir(path, &entries, is_test_file, alphasort);
    if (count < 0)
        return tg_fail(reterr, TG_CODE_IO, "directory %s cannot be read", path);
    enum tg_code code = TG_OK;
    for (int i = 0; i < count; i++) {
        char *file = tg_format("%s/%s", path, entries[i]->d_name);
        if (code == TG_OK)
            code = tg_test_suite_read(suite, file, reterr);
        tg_free(file);
        free(entries[i]);
    }
    free(entries);
    return code;
}

static bool is_wanted(const struct command *command, const struct tg_test_case *test)
{
    if (command->filter == NULL)
        return true;
    char *name = tg_format("%s - %s", test->file, test->name);
    bool wanted = fnmatch(command->filter, name, 0) == 0 || strstr(name, command->filter) != NULL;
    tg_free(name);
    return wanted;
}

static int run_suite(const struct command *command, const struct tg_test_suite *suite)
{
    struct tg_test_runner *runner = tg_test_runner_new();
    struct tg_test_report *report = tg_test_report_new(
        &(struct tg_test_report_options){.junit = command->junit, .quiet = command->quiet});
    struct tg_error error = {0};
    for (size_t i = 0; i < suite->count; i++) {
        const struct tg_test_case *test = &suite->cases[i];
        struct tg_test_result result;
        if (!is_wanted(command, test))
            continue;
        if (command->list) {
            printf("%s - %s\n", test->file, test->name);
            continue;
        }
        struct tg_arena *arena = tg_arena_new(0);
        tg_test_run(runner, arena, test, &result);
        tg_test_report_add(report, test, &result);
        tg_arena_free(arena);
    }
    int exit_code = TG_EXIT_OK;
    if (!command->list) {
        enum tg_code code = tg_test_report_finish(report, &error);
        if (code != TG_OK)
            tg_print_error(&error);
        exit_code = code == TG_OK && tg_test_report_failed(report) == 0 ? TG_EXIT_OK : TG_EXIT_FAILED;
    }
    tg_test_report_free(report);
    tg_test_runner_free(runner);
    return exit_code;
}

static int run_command(int count, char **values)
{
    struct command command = {0};
    const struct tg_option options[] = {{.name = "--filter", .takes_value = true, .set = set_filter},
                                        {.name = "--junit", .takes_value = true, .set = set_junit},
                                        {.name = "--list", .set = set_list},
                                        {.name = "--quiet", .set = set_quiet},
                                        {.name = NULL}};
    const struct tg_arguments arguments = {&tg_command_test, options, add_path, &command};
    int exit_code = tg_arguments_parse(&arguments, count, values);
    struct tg_error error = {0};
    struct tg_test_suite suite;
    tg_test_suite_init(&suite);
    tg_log_configure(TG_LOG_ERROR, TG_LOG_LOGFMT, STDERR_FILENO); /* what queries skip is no news here */
    if (exit_code == TG_EXIT_OK && command.path_count == 0) {
        fprintf(stderr, "%s", tg_command_test.help);
        exit_code = TG_EXIT_USAGE;
    }
    for (size_t i = 0; i < command.path_count && exit_code == TG_EXIT_OK; i++)
        if (read_path(&suite, command.paths[i], &error) != TG_OK) {
            tg_print_error(&error);
            exit_code = TG_EXIT_CONFIG;
        }
    if (exit_code == TG_EXIT_OK)
        exit_code = run_suite(&command, &suite);
    tg_test_suite_done(&suite);
    tg_free(command.paths);
    return exit_code < 0 ? TG_EXIT_OK : exit_code;
}

const struct tg_command tg_command_test = {
    .name = "test",
    .summary = "run test files without a broker",
    .help =
        "usage: turgo test PATH... [--filter GLOB] [--list] [--junit FILE] [--quiet]\n"
        "\n"
        "Runs the cases of test files (or of all test files in a directory) on the code that runs jobs, "
        "with\n"
        "Kafka in memory and a clock that stands still. Prints what failed, a table by file and the counts.\n"
        "\n"
        "  --filter GLOB  only cases whose \"file - name\" fits or contains this\n"
        "  --list         print the names of the cases, run nothing\n"
        "  --junit FILE   write the results as JUnit XML too\n"
        "  --quiet        no details of failed cases, no table\n"
        "\n"
        "Exit: 0 all passed, 1 a case failed, 2 usage, 3 a file cannot be read.\n",
    .run = run_command,
};
