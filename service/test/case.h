/* service/test/case.h: a test case: of ksqlDB's query-validation form (statements, records in, records or a
 * refusal expected), or a test in SQL. Files are read in place. Ownership: cases live in their suite's arena.
 * Thread: one. */
#pragma once

#include "base/properties.h"
#include "service/test/json.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tg_test_case {
    const char *file; /* its name without folder and .json */
    const char *name; /* with format and setting: unique in the file */
    struct tg_slice sql;
    const struct tg_properties *properties; /* settings of the case; owned by the suite */
    const struct tg_json_tree *definition;  /* the whole object; the next ones are in it, NULL if absent */
    const struct tg_json_tree *topics;
    const struct tg_json_tree *inputs;
    const struct tg_json_tree *outputs;
    const struct tg_json_tree *exception;
    const struct tg_json_tree *post;
    bool is_script;          /* a test in SQL (service/test/script.h): the next ones are of it */
    const char *path;        /* of its file */
    uint32_t preamble_lines; /* of `sql`: what begins every test of the file */
    uint32_t first_line;     /* of the file: where the rest of `sql` stands */
    bool expects_error;
    const char *expected_message; /* may be NULL: any error */
    const char *skip;             /* why it is not run: "joins", "registry formats"; NULL: it is */
};

struct tg_test_suite {
    struct tg_arena *arena;
    struct tg_test_case *cases;
    size_t count, capacity;
};

void tg_test_suite_init(struct tg_test_suite *suite);
void tg_test_suite_done(struct tg_test_suite *suite);
/* Adds the cases of a file, or of all *.json files of a directory in the order of their names: one case for
 * each format and each setting. Errors: IO, SYNTAX. */
TG_MUST_CHECK enum tg_code tg_test_suite_read(struct tg_test_suite *suite, const char *path,
                                              struct tg_error *reterr);
/* What a case needs that is not there yet, or NULL. */
const char *tg_test_case_needs(const struct tg_test_case *test);

#ifdef __cplusplus
}
#endif
