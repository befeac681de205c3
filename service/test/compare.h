/* service/test/compare.h: does a record fit what a test expects? By the rules of ksqlDB's own comparison:
 * numbers by their text (1.0, 1.00 and 1 are three results), objects by members, arrays in order. Thread:
 * any. */
#pragma once

#include "service/test/records.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tg_test_compare_options {
    bool loose_numbers; /* use.exact.numeric.comparison=false: by value, six digits behind the point */
    bool any_zero_time; /* an expected timestamp of 0 fits any */
};

/* True if `actual` fits `expected`. Else *ret_where names the first difference: "value.A.B[2]", in `arena`.
 */
bool tg_test_json_fits(struct tg_arena *arena, const struct tg_json_tree *expected,
                       const struct tg_json_tree *actual, const struct tg_test_compare_options *options,
                       const char *path, const char **ret_where);
/* The member of an object that is compared with `name`: of that name, else of the same in capitals; or NULL.
 */
const struct tg_json_tree *tg_test_json_member(const struct tg_json_tree *object, struct tg_slice name);
/* A whole record against an entry of "outputs". */
bool tg_test_row_fits(struct tg_arena *arena, const struct tg_json_tree *expected,
                      const struct tg_test_row *actual, const struct tg_test_compare_options *options,
                      const char **ret_where);
/* One line each: key, value, timestamp, window, headers. */
void tg_test_write_expected(const struct tg_json_tree *expected, struct tg_buffer *out);
void tg_test_write_row(const struct tg_test_row *row, struct tg_buffer *out);

#ifdef __cplusplus
}
#endif
