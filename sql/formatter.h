/* sql/formatter.h: syntax trees to canonical SQL: keywords in upper case, one space, only the parentheses
 * that are needed, names quoted where they must be. Parsing the result gives the same tree. Thread: any. */
#pragma once

#include "base/buffer.h"
#include "sql/ast.h"

#ifdef __cplusplus
extern "C" {
#endif

void tg_format_statement(const struct tg_statement *statement, struct tg_buffer *out); /* without ';' */
void tg_format_query(const struct tg_ast_query *query, struct tg_buffer *out);
void tg_format_expr(const struct tg_ast_expr *expr, struct tg_buffer *out);
void tg_format_type(const struct tg_ast_type *type, struct tg_buffer *out);
void tg_format_name(const char *name, struct tg_buffer *out);       /* in backquotes if it needs them */
void tg_format_string(struct tg_slice text, struct tg_buffer *out); /* 'it''s' */

#ifdef __cplusplus
}
#endif
