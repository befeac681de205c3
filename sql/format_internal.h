/* sql/format_internal.h: what the format_*.c files share. Private to the formatter. */
#pragma once

#include "sql/formatter.h"

#ifdef __cplusplus
extern "C" {
#endif

bool tg_format_is_plain(const char *name);                                   /* needs no quotes */
void tg_format_value(const struct tg_ast_expr *expr, struct tg_buffer *out); /* as the grammar's `value` */
void tg_format_primary(const struct tg_ast_expr *expr,
                       struct tg_buffer *out); /* as the grammar's `primary` */
void tg_format_values(const struct tg_ast_expr_list *list, struct tg_buffer *out);
void tg_format_name_or_string(const char *name, struct tg_buffer *out);
void tg_format_properties(const struct tg_ast_properties *properties,
                          struct tg_buffer *out); /* with a space before */
void tg_format_interval(const struct tg_ast_interval *interval, struct tg_buffer *out);

#ifdef __cplusplus
}
#endif
