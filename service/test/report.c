#include "service/test/report.h"

#include "base/map.h"
#include "base/memory.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct file_counts {
    char *file;
    size_t counts[TG_TEST_OUTCOMES];
};

struct tg_test_report {
    struct tg_test_report_options options;
    struct file_counts *files;
    size_t file_count, file_capacity;
    size_t counts[TG_TEST_OUTCOMES];
    size_t regressions;
    struct tg_map *skips; /* reason -> number, as a pointer-sized integer */
    struct tg_buffer xml;
};

struct tg_test_report *tg_test_report_new(const struct tg_test_report_options *options)
{
    struct tg_test_report *report = tg_alloc_zero(1, sizeof *report);
    report->options = *options;
    report->skips = tg_map_new();
    return report;
}

void tg_test_report_free(struct tg_test_report *report)
{
    if (report == NULL)
        return;
    for (size_t i = 0; i < report->file_count; i++)
        tg_free(report->files[i].file);
    tg_free(report->files);
    tg_map_free(report->skips);
    tg_buffer_done(&report->xml);
    tg_free(report);
}

static struct file_counts *counts_of(struct tg_test_report *report, const char *file)
{
    for (size_t i = report->file_count; i-- > 0;)
        if (strcmp(report->files[i].file, file) == 0)
            return &report->files[i];
    tg_grow((void **)&report->files, &report->file_capacity, report->file_count + 1, sizeof *report->files);
    report->files[report->file_count] = (struct file_counts){.file = tg_strdup(file)};
    return &report->files[report->file_count++];
}

static void append_xml(struct tg_buffer *out, const char *text)
{
    for (; *text != '\0'; text++) {
        const char *entity = *text == '&'   ? "&amp;"
                             : *text == '<' ? "&lt;"
                             : *text == '>' ? "&gt;"
                             : *text == '"' ? "&quot;"
                                            : NULL;
        if (entity != NULL)
            tg_buffer_append_text(out, entity);
        else if ((unsigned char)*text >= ' ' || *text == '\n' || *text == '\t')
            tg_buffer_append_byte(out, (uint8_t)*text);
        else
            tg_buffer_append_byte(out, '?'); /* XML has no form for it */
    }
}

static void add_xml(struct tg_test_report *report, const struct tg_test_case *test,
                    const struct tg_test_result *result)
{
    struct tg_buffer *out = &report->xml;
    tg_buffer_append_text(out, "  <testcase classname=\"");
    append_xml(out, test->file);
    tg_buffer_append_text(out, "\" name=\"");
    append_xml(out, test->name);
    tg_buffer_append_text(out, "\">");
    if (result->outcome == TG_TEST_FAILED) {
        tg_buffer_append_text(out, "<failure message=\"");
        append_xml(out, result->cause);
        tg_buffer_append_text(out, "\">");
        append_xml(out, result->detail);
        tg_buffer_append_text(out, "</failure>");
    } else if (result->outcome == TG_TEST_SKIPPED || result->outcome == TG_TEST_DIFFERENT) {
        tg_buffer_append_text(out, "<skipped message=\"");
        append_xml(out, result->cause);
        tg_buffer_append_text(out, "\"/>");
    }
    tg_buffer_append_text(out, "</testcase>\n");
}

void tg_test_report_add(struct tg_test_report *report, const struct tg_test_case *test,
                        const struct tg_test_result *result)
{
    report->counts[result->outcome]++;
    counts_of(report, test->file)->counts[result->outcome]++;
    if (result->outcome == TG_TEST_SKIPPED) {
        struct tg_slice reason = tg_slice_text(result->cause);
        uintptr_t number = (uintptr_t)tg_map_get(report->skips, reason) + 1;
        tg_map_put(report->skips, reason, (void *)number);
    }
    if (result->outcome == TG_TEST_FAILED && !report->options.quiet)
        printf("FAILED %s - %s: %s\n%s", test->file, test->name, result->cause, result->detail);
    if (report->options.junit != NULL)
        add_xml(report, test, result);
}

static enum tg_code write_junit(const struct tg_test_report *report, struct tg_error *reterr)
{
    FILE *file = fopen(report->options.junit, "w");
    if (file == NULL)
        return tg_fail(reterr, TG_CODE_IO, "%s cannot be written: %s", report->options.junit,
                       strerror(errno));
    fprintf(file,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"turgo\" tests=\"%zu\" "
            "failures=\"%zu\" skipped=\"%zu\">\n",
            report->counts[TG_TEST_PASSED] + report->counts[TG_TEST_FAILED] +
                report->counts[TG_TEST_SKIPPED] + report->counts[TG_TEST_DIFFERENT],
            report->counts[TG_TEST_FAILED],
            report->counts[TG_TEST_SKIPPED] + report->counts[TG_TEST_DIFFERENT]);
    fwrite(report->xml.data, 1, report->xml.length, file);
    fprintf(file, "</testsuite>\n");
    bool failed = ferror(file) != 0;
    if (fclose(file) != 0 || failed)
        return tg_fail(reterr, TG_CODE_IO, "%s cannot be written", report->options.junit);
    return TG_OK;
}

enum tg_code tg_test_report_finish(struct tg_test_report *report, struct tg_error *reterr)
{
    if (!report->options.quiet) {
        printf("%-40s %8s %8s %8s\n", "file", "passed", "failed", "skipped");
        for (size_t i = 0; i < report->file_count; i++)
            printf("%-40s %8zu %8zu %8zu\n", report->files[i].file, report->files[i].counts[TG_TEST_PASSED],
                   report->files[i].counts[TG_TEST_FAILED], report->files[i].counts[TG_TEST_SKIPPED]);
    }
    for (size_t i = 0; i < tg_map_count(report->skips); i++)
        printf("skipped, because it needs %.*s: %zu\n", TG_SLICE_FORMAT(tg_map_key(report->skips, i)),
               (size_t)(uintptr_t)tg_map_value(report->skips, i));
    if (report->counts[TG_TEST_DIFFERENT] > 0)
        printf("different on purpose, see docs/ksqldb-differences.md: %zu\n",
               report->counts[TG_TEST_DIFFERENT]);
    printf("%zu passed, %zu failed, %zu skipped\n", report->counts[TG_TEST_PASSED],
           report->counts[TG_TEST_FAILED], report->counts[TG_TEST_SKIPPED]);
    return report->options.junit == NULL ? TG_OK : write_junit(report, reterr);
}

size_t tg_test_report_failed(const struct tg_test_report *report)
{
    return report->counts[TG_TEST_FAILED];
}

void tg_test_report_regressed(struct tg_test_report *report, const struct tg_test_case *test)
{
    report->regressions++;
    printf("PASSED BEFORE %s - %s\n", test->file, test->name);
}

size_t tg_test_report_regressions(const struct tg_test_report *report)
{
    return report->regressions;
}
