/* service/test/difference.h: a row that is not as expected, for people: field by field, expected and actual
 * side by side, a mark in front of what differs. Thread: any. */
#pragma once

#include "service/test/compare.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Appends a line for each field. Either row may be NULL: there is none. */
void tg_test_write_difference(struct tg_arena *arena, const struct tg_json_tree *expected,
                              const struct tg_test_row *actual, const struct tg_test_compare_options *options,
                              struct tg_buffer *out);

/* The same for two objects and what is said behind them (a time), which are texts of one form. */
void tg_test_write_text_difference(struct tg_arena *arena, struct tg_slice expected, struct tg_slice actual,
                                   struct tg_buffer *out);

#ifdef __cplusplus
}
#endif
