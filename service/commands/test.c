/* turgo test: runs test files on the production code, without a broker. */
#include "base/log.h"
#include "base/memory.h"
#include "service/command.h"
#include "service/test/conformance.h"
#include "service/test/report.h"
#include "service/test/run.h"

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>
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

static enum tg_code set_conformance(void *context, const char *value, struct tg_error *reterr)
{
    (void)reterr;
    ((struct command *)context)->conformance = value;
    return TG_OK;
}

static enum tg_code set_rewrite(void *context, const char *value, struct tg_error *reterr)
{
    (void)value;
    (void)reterr;
    ((struct command *)context)->rewrite = true;
    return TG_OK;
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

/* The cases that passed before, and those that pass now. */
struct lists {
    struct tg_conformance *before, *now;
};

static void run_case(struct tg_test_runner *runner, struct tg_test_report *report,
                     const struct tg_test_case *test, const struct lists *lists)
{
    struct tg_arena *arena = tg_arena_new(0);
    struct tg_test_result result;
    tg_test_run(runner, arena, test, &result);
    tg_conformance_judge(lists->before, test, &result);
    tg_test_report_add(report, test, &result);
    if (result.outcome == TG_TEST_PASSED)
        tg_conformance_add(lists->now, test);
    else if (result.outcome == TG_TEST_DIFFERENT)
        tg_conformance_add_different(lists->now, test);
    else if (result.outcome == TG_TEST_FAILED &&
             (tg_conformance_has(lists->before, test) || tg_conformance_is_different(lists->before, test)))
        tg_test_report_regressed(report, test);
    tg_arena_free(arena);
}

static enum tg_code run_suite(const struct command *command, const struct tg_test_suite *suite,
                              struct tg_test_report *report, struct tg_error *reterr)
{
    const struct lists lists = {tg_conformance_new(), tg_conformance_new()};
    struct tg_test_runner *runner = tg_test_runner_new();
    enum tg_code code = TG_OK;
    if (command->conformance != NULL)
        code = tg_conformance_read(lists.before, command->conformance, reterr);
    for (size_t i = 0; i < suite->count && code == TG_OK; i++)
        if (is_wanted(command, &suite->cases[i]))
            run_case(runner, report, &suite->cases[i], &lists);
    if (code == TG_OK)
        code = tg_test_report_finish(report, reterr);
    if (code == TG_OK && command->rewrite && command->conformance != NULL)
        code = tg_conformance_write(lists.now, command->conformance, reterr);
    tg_test_runner_free(runner);
    tg_conformance_free(lists.before);
    tg_conformance_free(lists.now);
    return code;
}

static int run_wanted(const struct command *command, const struct tg_test_suite *suite)
{
    struct tg_error error = {0};
    if (command->list) {
        for (size_t i = 0; i < suite->count; i++)
            if (is_wanted(command, &suite->cases[i]))
                printf("%s - %s\n", suite->cases[i].file, suite->cases[i].name);
        return TG_EXIT_OK;
    }
    struct tg_test_report *report = tg_test_report_new(
        &(struct tg_test_report_options){.junit = command->junit, .quiet = command->quiet});
    enum tg_code code = run_suite(command, suite, report, &error);
    size_t failed =
        command->conformance != NULL ? tg_test_report_regressions(report) : tg_test_report_failed(report);
    tg_test_report_free(report);
    if (code != TG_OK) {
        tg_print_error(&error);
        return TG_EXIT_CONFIG;
    }
    return failed == 0 ? TG_EXIT_OK : TG_EXIT_FAILED;
}

static int run_command(int count, char **values)
{
    struct command command = {0};
    const struct tg_option options[] = {
        {.name = "--filter", .takes_value = true, .set = set_filter},
        {.name = "--junit", .takes_value = true, .set = set_junit},
        {.name = "--list", .set = set_list},
        {.name = "--conformance", .takes_value = true, .set = set_conformance},
        {.name = "--rewrite", .set = set_rewrite},
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
        if (tg_test_suite_read(&suite, command.paths[i], &error) != TG_OK) {
            tg_print_error(&error);
            exit_code = TG_EXIT_CONFIG;
        }
    if (exit_code == TG_EXIT_OK)
        exit_code = run_wanted(&command, &suite);
    tg_test_suite_done(&suite);
    tg_free(command.paths);
    return exit_code < 0 ? TG_EXIT_OK : exit_code;
}

const struct tg_command tg_command_test = {
    .name = "test",
    .summary = "run test files without a broker",
    .help =
        "usage: turgo test PATH... [--filter GLOB] [--list] [--junit FILE] [--quiet]\n"
        "                          [--conformance FILE [--rewrite]]\n"
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
