/* service/command.h: the commands of the program (`turgo run`, ...): a row in the table of main.c and a file
 * in service/commands/. Data goes to stdout, everything else to stderr. */
#pragma once

#include "base/properties.h"
#include "sql/job.h"

#ifdef __cplusplus
extern "C" {
#endif

enum tg_exit {
    TG_EXIT_OK = 0,
    TG_EXIT_FAILED = 1,      /* a check or test failed */
    TG_EXIT_USAGE = 2,       /* the command line */
    TG_EXIT_CONFIG = 3,      /* a setting, the state directory, a topic that does not fit */
    TG_EXIT_UNREACHABLE = 4, /* no broker */
    TG_EXIT_QUERY_FAILED = 5,
    TG_EXIT_INTERRUPTED = 130,
};

struct tg_command {
    const char *name;
    const char *summary;
    const char *help; /* usage and options */
    int (*run)(int argument_count,
               char **arguments); /* arguments after the command's name; returns a tg_exit */
};

extern const struct tg_command tg_command_run, tg_command_check, tg_command_explain, tg_command_demo,
    tg_command_test, tg_command_infer, tg_command_convert;

/* An option of a command: "--config FILE" or a plain flag. */
struct tg_option {
    const char *name; /* "--config" */
    bool takes_value;
    /* Called for each occurrence; a message in *reterr ends the program with TG_EXIT_USAGE (or CONFIG by its
     * code). */
    enum tg_code (*set)(void *context, const char *value, struct tg_error *reterr);
};

/* Parses "--name value", "--name=value" and flags; other arguments go to `operand` in order. Prints errors
 * with a suggestion. Returns TG_EXIT_OK or another exit code; -1 after --help. */
struct tg_arguments {
    const struct tg_command *command;
    const struct tg_option *options; /* ends with a NULL name */
    enum tg_code (*operand)(void *context, const char *value, struct tg_error *reterr);
    void *context;
};
int tg_arguments_parse(const struct tg_arguments *arguments, int count, char **values);

void tg_print_error(const struct tg_error *error); /* "error[T0003]: ..." and its hint, to stderr */
int tg_exit_of(enum tg_code code);

/* ---- job files ---- */

struct tg_registry;
struct tg_schemas;

struct tg_job_file {
    char *path; /* as given; "-" for stdin */
    struct tg_buffer text;
    struct tg_job *job;
    struct tg_registry *registry; /* NULL: none is configured */
    struct tg_schemas *schemas;
};
/* Reads and compiles; prints diagnostics of everything that is wrong to stderr (as JSON lines if `json`).
 * Returns TG_EXIT_OK, TG_EXIT_FAILED, or TG_EXIT_CONFIG if the file cannot be read. */
int tg_job_file_load(const char *path, const struct tg_properties *settings, bool json,
                     struct tg_job_file *ret_file);
void tg_job_file_done(struct tg_job_file *file);

#ifdef __cplusplus
}
#endif
