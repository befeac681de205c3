/* service/test/report.h: what `turgo test` prints: a line per failed case with its rows, a table by file, the
 * counts; JUnit XML where asked for. Thread: one. */
#pragma once

#include "service/test/run.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tg_test_report;

struct tg_test_report_options {
    const char *junit; /* path of the XML file, or NULL */
    bool quiet;        /* only the last lines */
};

struct tg_test_report *tg_test_report_new(const struct tg_test_report_options *options);
void tg_test_report_free(struct tg_test_report *report); /* NULL is a no-op */
void tg_test_report_add(struct tg_test_report *report, const struct tg_test_case *test,
                        const struct tg_test_result *result);
/* Prints the table and the counts, writes the XML file. Errors: IO. */
TG_MUST_CHECK enum tg_code tg_test_report_finish(struct tg_test_report *report, struct tg_error *reterr);
size_t tg_test_report_failed(const struct tg_test_report *report);
/* The case passed before and fails now. */
void tg_test_report_regressed(struct tg_test_report *report, const struct tg_test_case *test);
size_t tg_test_report_regressions(const struct tg_test_report *report);

#ifdef __cplusplus
}
#endif
