/* plan/nodes/foreign_key_join.h: each row of the left table with the row of the right table whose key the
 * left row's expression gives: many left rows may name one right row. INNER or LEFT. A table with the left's
 * key. Left rows subscribe at the partition of the right row (subscription topic, key: the foreign key) and
 * get answers at their own (response topic, key: their own). */
#pragma once

#include "plan/nodes/join.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tg_plan_foreign_key_join {
    struct tg_plan_node base;
    enum tg_join_kind join;
    const struct tg_expr *foreign_key;        /* over the left input's schema */
    struct tg_plan_format key_format;         /* of the left table: key of the response topic */
    struct tg_plan_format foreign_key_format; /* of the right table: key of the subscription topic */
    struct tg_plan_format value_format;       /* of the right table: rows in the response topic */
    struct tg_plan_join_columns columns;
};
extern const struct tg_plan_node_kind tg_plan_foreign_key_join_kind;

#ifdef __cplusplus
}
#endif
