/* topology/dead_letter.h: records that could not be processed, or came late, as records of a topic: the bytes
 * and headers they had, and headers that say what happened. They belong to the transaction that commits the
 * offset behind them. Thread: the task's worker. */
#pragma once

#include "topology/task.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Names of the added headers; their values are texts in UTF-8. */
#define TG_DEAD_LETTER_PREFIX "__turgo.errors."
#define TG_LATE_PREFIX "__turgo.late."

struct tg_letter {
    const struct tg_skip *skip;
    enum tg_fault_kind kind;
    const char *reason;
    const struct tg_late *late; /* NULL: not known */
};

/* One per source record. A failure is kept in the task's faults. */
void tg_task_dead_letter(struct tg_task *task, const struct tg_letter *letter);
void tg_task_late_record(struct tg_task *task, const struct tg_letter *letter);

#ifdef __cplusplus
}
#endif
