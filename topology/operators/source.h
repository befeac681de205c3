/* topology/operators/source.h: the entry of a task: messages of one partition become a batch. */
#pragma once

#include "kafka/kafka.h"
#include "topology/operator.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Decodes `count` messages (at most TG_BATCH_ROWS_MAX, in offset order). The batch is the operator's own and
 * valid until the next call; it borrows from the messages. Rows that cannot be processed (undecodable, bad
 * row time, null key in a table) are counted, reported and left out of the batch's selection. */
TG_MUST_CHECK enum tg_code tg_source_decode(struct tg_operator *source,
                                            const struct tg_message *const *messages, uint32_t count,
                                            const struct tg_batch **ret_batch, struct tg_error *reterr);

#ifdef __cplusplus
}
#endif
