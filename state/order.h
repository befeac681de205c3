/* state/order.h: entries of a table in key order, for scans: all that are not clean, and all of the table if
 * it is complete. A sorted run with a short unsorted tail: what a scan filters and what merging costs stay
 * about the root of the count. Kept only while scans happen. Thread: its owner's. Private to state/. */
#pragma once

#include "state/table.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tg_order_range {
    size_t first, end; /* indices into table->order.list */
};

/* Gives the range of the sorted run with from <= key < to (to.length 0: no bound), and puts the matching
 * entries of the tail, in key order, into `tail`. */
struct tg_order_range tg_order_find(struct tg_table *table, struct tg_slice from, struct tg_slice to,
                                    struct tg_entry_list *tail);

void tg_entry_list_sort(struct tg_entry_list *list); /* by key */

/* What the table tells its order. */
void tg_order_add(struct tg_table *table, struct tg_entry *entry); /* it became unclean */
void tg_order_drop_gone(struct tg_table *table);                   /* before entries with GONE are freed */
void tg_order_drop_clean(struct tg_table *table);
void tg_order_committed(struct tg_table *table); /* a commit ended: an order that no scan uses is given up */
void tg_order_forget(struct tg_table *table);    /* the next scan builds it anew */

#ifdef __cplusplus
}
#endif
