/* service/test/json.h: JSON as test files have it: lines that begin with // are comments. Thread: any. */
#pragma once

#include "serde/json/tree.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Errors: SYNTAX with line and column. The text may go, the tree has a copy. */
TG_MUST_CHECK enum tg_code tg_test_json_parse(struct tg_arena *arena, struct tg_slice text,
                                              const struct tg_json_tree **ret_json, struct tg_error *reterr);

#ifdef __cplusplus
}
#endif
