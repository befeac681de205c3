/* service/test/run.h: runs one case on the production code: compiled by sql/, run by the test driver on an
 * in-memory cluster, compared. Each query has a cluster of its own and gets its records one by one, in the
 * file's order; then queries behind it get what it wrote. A case whose queries read one topic each is run
 * again with all records at once. Thread: one. */
#pragma once

#include "service/test/case.h"
#include "service/test/compare.h"

#ifdef __cplusplus
extern "C" {
#endif

enum tg_test_outcome { TG_TEST_PASSED, TG_TEST_FAILED, TG_TEST_SKIPPED, TG_TEST_DIFFERENT };
enum { TG_TEST_OUTCOMES = TG_TEST_DIFFERENT + 1 };

struct tg_test_result {
    enum tg_test_outcome outcome;
    const char *cause;  /* one line: what failed, or why it was skipped */
    const char *detail; /* lines: the rows side by side; may be empty */
    enum tg_code code;  /* of an unexpected refusal; OK otherwise */
    bool only_more;     /* failed, but all expected rows are there in order: there are others between them */
};

struct tg_test_runner;

struct tg_test_runner *tg_test_runner_new(void);
void tg_test_runner_free(struct tg_test_runner *runner); /* NULL is a no-op */
/* Texts of the result live in `arena`. */
void tg_test_run(struct tg_test_runner *runner, struct tg_arena *arena, const struct tg_test_case *test,
                 struct tg_test_result *ret_result);

/* ---- parts, for run.c ---- */

/* Does a refusal say what the expected text names (its quoted words, names in capitals and numbers)? If not,
 * *ret_missing is the first thing missing. */
bool tg_test_refusal_fits(struct tg_arena *arena, const char *expected, const struct tg_error *error,
                          const char **ret_missing);
/* Checks "post": streams and tables as they stand after the statements. NULL if all is as expected, else what
 * is not. */
const char *tg_test_check_post(struct tg_arena *arena, const struct tg_json_tree *post,
                               const struct tg_job *job);

#ifdef __cplusplus
}
#endif
