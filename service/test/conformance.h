/* service/test/conformance.h: the list of cases that pass, kept in the repository (conformance.txt), so that
 * none of them is lost: one line per case, its file and a hash of its name; and of those few where Turgo is
 * right on purpose and gives more rows ("different" behind the hash; docs/ksqldb-differences.md). Thread:
 * one. */
#pragma once

#include "service/test/run.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tg_conformance;

struct tg_conformance *tg_conformance_new(void);
void tg_conformance_free(struct tg_conformance *conformance); /* NULL is a no-op */
/* Errors: IO; SYNTAX with the line. */
TG_MUST_CHECK enum tg_code tg_conformance_read(struct tg_conformance *conformance, const char *path,
                                               struct tg_error *reterr);
bool tg_conformance_has(const struct tg_conformance *conformance, const struct tg_test_case *test);
bool tg_conformance_is_different(const struct tg_conformance *conformance, const struct tg_test_case *test);
void tg_conformance_add_different(struct tg_conformance *conformance, const struct tg_test_case *test);
/* A failed case that is listed as different, and has all expected rows, did not fail. */
void tg_conformance_judge(const struct tg_conformance *conformance, const struct tg_test_case *test,
                          struct tg_test_result *result);
void tg_conformance_add(struct tg_conformance *conformance, const struct tg_test_case *test);
/* Cases in it of files that the suite has, but without a case of that name in the suite. */
size_t tg_conformance_lost(const struct tg_conformance *conformance, const struct tg_test_suite *suite);
/* Sorted, so that a change of one case is a change of one line. Errors: IO. */
TG_MUST_CHECK enum tg_code tg_conformance_write(const struct tg_conformance *conformance, const char *path,
                                                struct tg_error *reterr);

#ifdef __cplusplus
}
#endif
