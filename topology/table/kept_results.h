/* topology/table/kept_results.h: the results of a foreign-key join by the left row's key, as pairs of rows:
 * kept where something above must know what a result replaces, or looks results up. The store's role is
 * "results". Thread: the task's worker. */
#pragma once

#include "topology/table/joined_pair.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tg_kept_results;

#define TG_KEPT_RESULTS_ROLE "results"

TG_MUST_CHECK enum tg_code tg_kept_results_open(struct tg_operator *join, struct tg_kept_results **ret_kept,
                                                struct tg_error *reterr);
/* Takes new results (rows of `results`, which are made of the pairs; tombstones where the flag says so) and
 * gives them with what they replace before them. A tombstone of nothing is left out. The batch lives until
 * the next call. */
TG_MUST_CHECK enum tg_code
tg_kept_results_replace(struct tg_kept_results *kept, const struct tg_batch *results,
                        const struct tg_pair_list *pairs, const struct tg_slice *keys,
                        const struct tg_batch **ret_changes, struct tg_error *reterr);
void tg_kept_results_close(struct tg_kept_results *kept); /* NULL is a no-op */

#ifdef __cplusplus
}
#endif
