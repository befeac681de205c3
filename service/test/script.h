/* service/test/script.h: tests in SQL (docs/testing.md): each begins with a line "--@test: name"; statements
 * make streams, tables and queries, INSERT VALUES writes records, ASSERT VALUES says what must come out. All
 * queries of a test run on one in-memory cluster and are run to the end behind each statement. Thread: one.
 */
#pragma once

#include "service/test/case.h"
#include "state/state.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Adds the tests of a file; one without "--@test:" has none. Errors: IO. */
TG_MUST_CHECK enum tg_code tg_test_script_read(struct tg_test_suite *suite, const char *path,
                                               struct tg_error *reterr);

struct tg_test_script_options {
    struct tg_state *state;
    const char *prefix;       /* not used in this state before */
    struct tg_buffer *detail; /* gets the rows that differ, field by field */
};
/* Runs one test to its end or its first error. */
TG_MUST_CHECK enum tg_code tg_test_script_run(const struct tg_test_case *test,
                                              const struct tg_test_script_options *options,
                                              struct tg_error *reterr);

#ifdef __cplusplus
}
#endif
