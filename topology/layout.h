/* topology/layout.h: the layouts of a query's stores beside its committed offsets. RocksDB knows the layout
 * of what it holds; a process with a new disk has only the changelog, whose values would be read as another
 * layout's. Thread: any. */
#pragma once

#include "topology/progress.h"
#include "topology/query.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The node has a store: its layout goes beside each offset from now on. While the query is prepared. */
void tg_layout_note(struct tg_query *query, const struct tg_plan_node *node);
/* Adds the layouts to what is committed beside an offset, as far as there is room. */
void tg_layout_describe(const struct tg_query *query, struct tg_progress *progress);
/* Were the offsets committed by a query with the same layouts? Steps that the plan does not have are passed
 * over. Errors: STATE_MISMATCH with the way out. */
TG_MUST_CHECK enum tg_code tg_layout_check(const struct tg_query *query, const struct tg_progress *committed,
                                           struct tg_error *reterr);
/* The way out of a STATE_MISMATCH. */
enum tg_code tg_layout_fail_hint(const struct tg_query *query, struct tg_error *reterr);

#ifdef __cplusplus
}
#endif
