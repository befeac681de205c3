/* service/report.h: reports as text for people: a title, a table with aligned columns, lines. Thread: any. */
#pragma once

#include "base/buffer.h"
#include "sql/action.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Appends the report; a blank line ends it. The last column is as wide as its text, others at most 60
 * characters. */
void tg_report_write(const struct tg_report *report, struct tg_buffer *out);

#ifdef __cplusplus
}
#endif
