#include "base/text.h"
#include "service/command.h"

#include <stdio.h>
#include <string.h>

void tg_print_error(const struct tg_error *error)
{
    char label[8];
    fprintf(stderr, "error[%s]: %s\n", tg_code_label(error->code, label), error->message);
    if (error->hint[0] != '\0')
        fprintf(stderr, " = help: %s\n", error->hint);
}

int tg_exit_of(enum tg_code code)
{
    if (code == TG_OK)
        return TG_EXIT_OK;
    if (code == TG_CODE_USAGE)
        return TG_EXIT_USAGE;
    if (code == TG_CODE_KAFKA_UNREACHABLE || code == TG_CODE_KAFKA_TIMED_OUT)
        return TG_EXIT_UNREACHABLE;
    if (code == TG_CODE_SHUTDOWN)
        return TG_EXIT_INTERRUPTED;
    if (code == TG_CODE_EXPRESSION || code == TG_CODE_ENCODE || code == TG_CODE_CORRUPT)
        return TG_EXIT_QUERY_FAILED;
    return TG_EXIT_CONFIG;
}

static const char *option_name(const void *context, size_t index)
{
    return ((const struct tg_option *)context)[index].name;
}

static const struct tg_option *find_option(const struct tg_option *options, const char *word, size_t length)
{
    for (const struct tg_option *option = options; option->name != NULL; option++)
        if (strlen(option->name) == length && strncmp(option->name, word, length) == 0)
            return option;
    return NULL;
}

static int usage_error(const struct tg_arguments *arguments, const struct tg_error *error)
{
    tg_print_error(error);
    fprintf(stderr, "try: turgo %s --help\n", arguments->command->name);
    return tg_exit_of(error->code);
}

/* One "--..." argument; *index moves over its value. */
static enum tg_code parse_option(const struct tg_arguments *arguments, int count, char **values, int *index,
                                 struct tg_error *reterr)
{
    const char *word = values[*index];
    const char *equals = strchr(word, '=');
    size_t length = equals == NULL ? strlen(word) : (size_t)(equals - word);
    const struct tg_option *option = find_option(arguments->options, word, length);
    if (option == NULL) {
        tg_fail(reterr, TG_CODE_USAGE, "unknown option %.*s", (int)length, word);
        const char *closest = tg_closest(word, option_name, arguments->options);
        return closest == NULL ? TG_CODE_USAGE : tg_fail_hint(reterr, "did you mean %s?", closest);
    }
    if (!option->takes_value && equals != NULL)
        return tg_fail(reterr, TG_CODE_USAGE, "option %s takes no value", option->name);
    const char *value = equals == NULL ? NULL : equals + 1;
    if (option->takes_value && value == NULL) {
        if (*index + 1 >= count)
            return tg_fail(reterr, TG_CODE_USAGE, "option %s needs a value", option->name);
        value = values[++*index];
    }
    return option->set(arguments->context, value, reterr);
}

int tg_arguments_parse(const struct tg_arguments *arguments, int count, char **values)
{
    struct tg_error error = {0};
    bool options_end = false;
    for (int i = 0; i < count; i++) {
        const char *word = values[i];
        enum tg_code code = TG_OK;
        if (!options_end && (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)) {
            printf("%s", arguments->command->help);
            return -1;
        }
        if (!options_end && strcmp(word, "--") == 0)
            options_end = true;
        else if (!options_end && word[0] == '-' && word[1] != '\0') /* "-" alone is standard input */
            code = parse_option(arguments, count, values, &i, &error);
        else
            code = arguments->operand(arguments->context, word, &error);
        if (code != TG_OK)
            return usage_error(arguments, &error);
    }
    return TG_EXIT_OK;
}
