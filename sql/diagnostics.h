/* sql/diagnostics.h: errors with a place in a SQL text, and how they are shown to people and programs.
 * Thread: any. */
#pragma once

#include "base/buffer.h"
#include "base/error.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Computes line and column of the place, if it has an offset or a length but no line yet. Call once, with the
 * whole text that was parsed, where an error of parser, analyzer or expression builder leaves sql/. */
void tg_error_locate(struct tg_error *error, struct tg_slice text);

/* Appends the error as
 *   error[T0100]: expected ',' or FROM, but found 'FORM'
 *     --> job.sql:7:12
 *      |
 *    7 | SELECT a FORM pageviews
 *      |          ^^^^
 *      = help: did you mean FROM?
 * Lines longer than about 120 columns are cut around the fault. Without a place only the first and last line.
 * `file` may be NULL (shown as <sql>). */
void tg_diagnostic_write(const struct tg_error *error, struct tg_slice text, const char *file,
                         struct tg_buffer *out);

/* The same as one JSON object:
 * {"severity":"error","code":"T0100","name":"SYNTAX","message":...,"help":...,"file":...,"line":7,
 * "column":12,"endLine":7,"endColumn":16,"offset":...,"length":...}. Columns count characters from 1; what is
 * unknown is left out. */
void tg_diagnostic_write_json(const struct tg_error *error, struct tg_slice text, const char *file,
                              struct tg_buffer *out);

#ifdef __cplusplus
}
#endif
