/* The program: finds the command and runs it. */
#include "base/text.h"
#include "kafka/kafka.h"
#include "service/command.h"
#include "service/settings.h"
#include "service/version.h"

#include <stdio.h>
#include <string.h>

static const struct tg_command *const commands[] = {&tg_command_run, &tg_command_check, &tg_command_explain,
                                                    &tg_command_demo, &tg_command_test};
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
            "print the versions of program and libraries", "help", "help on a command, or on `settings`");
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
