/* The program: finds the command and runs it. */
#include "base/text.h"
#include "expr/function_docs.h"
#include "kafka/kafka.h"
#include "service/command.h"
#include "service/format_functions.h"
#include "service/settings.h"
#include "service/version.h"

#include <stdio.h>
#include <string.h>

static const struct tg_command *const commands[] = {
    &tg_command_run,  &tg_command_check, &tg_command_explain, &tg_command_demo,
    &tg_command_test, &tg_command_infer, &tg_command_convert};
enum { COMMAND_COUNT = sizeof commands / sizeof *commands };

static const char *command_name(const void *context, size_t index)
{
    (void)context;
    return index < COMMAND_COUNT ? commands[index]->name : NULL;
}

static const struct tg_command *find_command(const char *name)
{
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    return NULL;
}

static void print_help(FILE *out)
{
    fprintf(out, "turgo: SQL over Kafka topics, exactly once\n\nusage: turgo COMMAND [ARGUMENTS]\n\n");
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        fprintf(out, "  %-10s %s\n", commands[i]->name, commands[i]->summary);
    fprintf(out, "  %-10s %s\n  %-10s %s\n\n`turgo COMMAND --help` explains one.\n", "version",
            "print the versions of program and libraries", "help",
            "help on a command, on `settings`, on `functions` or `functions NAME`");
}

static const char *function_name(const void *functions, size_t index)
{
    const struct tg_function_list *list = (const struct tg_function_list *)functions;
    return index < list->count ? list->functions[index].name : NULL;
}

/* `help functions`: their names; with a name: what it does; with --page: the page of the book. */
static int help_functions(int count, char **values)
{
    struct tg_buffer out = {0};
    struct tg_arena *arena = tg_arena_new(0);
    struct tg_function_list all = tg_function_docs_all(arena);
    int exit_code = TG_EXIT_OK;
    if (count > 0 && strcmp(values[0], "--page") == 0) {
        tg_function_docs_write_page(&out);
    } else if (count > 0) {
        struct tg_function_list found = tg_function_docs_find(arena, tg_slice_text(values[0]));
        for (uint32_t i = 0; i < found.count; i++)
            tg_function_docs_write(&found.functions[i], &out);
        if (found.count == 0) {
            const char *closest = tg_closest(values[0], function_name, &all);
            fprintf(stderr, "there is no function '%s'%s%s\n", values[0],
                    closest == NULL ? "" : "; did you mean ", closest == NULL ? "" : closest);
            exit_code = TG_EXIT_USAGE;
        }
    } else {
        for (uint32_t i = 0; i < all.count; i++)
            tg_buffer_printf(&out, "%-28s %-10s %s\n", all.functions[i].name,
                             tg_function_kind_name(all.functions[i].kind), all.functions[i].family);
    }
    printf("%s", tg_buffer_text(&out));
    tg_buffer_done(&out);
    tg_arena_free(arena);
    return exit_code;
}

static int help(int count, char **values)
{
    if (count == 0) {
        print_help(stdout);
        return TG_EXIT_OK;
    }
    if (strcmp(values[0], "--help") == 0 || strcmp(values[0], "help") == 0 ||
        strcmp(values[0], "version") == 0) {
        print_help(stdout);
        return TG_EXIT_OK;
    }
    if (strcmp(values[0], "settings") == 0) {
        struct tg_buffer out = {0};
        tg_settings_write_help(&out);
        printf("%s", tg_buffer_text(&out));
        tg_buffer_done(&out);
        return TG_EXIT_OK;
    }
    if (strcmp(values[0], "functions") == 0)
        return help_functions(count - 1, values + 1);
    const struct tg_command *command = find_command(values[0]);
    if (command == NULL) {
        const char *closest = tg_closest(values[0], command_name, NULL);
        fprintf(stderr, "no help on '%s'%s%s\n", values[0], closest == NULL ? "" : "; did you mean ",
                closest == NULL ? "" : closest);
        return TG_EXIT_USAGE;
    }
    printf("%s", command->help);
    return TG_EXIT_OK;
}

int main(int argument_count, char **arguments)
{
    const char *name = argument_count < 2 ? "" : arguments[1];
    tg_format_functions_install();
    if (strcmp(name, "help") == 0 || strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
        return help(argument_count - 2, arguments + 2);
    if (strcmp(name, "version") == 0 || strcmp(name, "--version") == 0) {
        if (argument_count > 2)
            return help(1, arguments + 1);
        printf("turgo %s\nlibrdkafka %s\n", TG_VERSION, tg_kafka_library_version());
        return TG_EXIT_OK;
    }
    const struct tg_command *command = find_command(name);
    if (command != NULL)
        return command->run(argument_count - 2, arguments + 2);
    if (name[0] == '\0') {
        print_help(stderr);
        return TG_EXIT_USAGE;
    }
    const char *closest = tg_closest(name, command_name, NULL);
    fprintf(stderr, "unknown command '%s'%s%s\ntry: turgo help\n", name,
            closest == NULL ? "" : "; did you mean ", closest == NULL ? "" : closest);
    return TG_EXIT_USAGE;
}
