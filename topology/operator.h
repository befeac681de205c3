/* topology/operator.h: one step of a task. An operator is a file in topology/operators/ with one `const
 * struct tg_operator_kind tg_operator_<plan node kind>`; its struct starts with struct tg_operator. The
 * folder is listed by the build. Thread: the worker that owns the task. Lifetime: the task's. */
#pragma once

#include "base/error.h"
#include "data/batch.h"
#include "plan/plan.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tg_message;
struct tg_operator;
struct tg_producer;
struct tg_program;
struct tg_program_state;
struct tg_subtopology_operator;
struct tg_task;

struct tg_operator_kind {
    const char *plan_kind; /* name of the plan node kind it runs */
    size_t instance_size;  /* of the operator's struct; memory comes zeroed */
    TG_MUST_CHECK enum tg_code (*open)(struct tg_operator *self, struct tg_error *reterr);
    /* Entries of a task only: makes a batch of `count` messages in offset order, at most decode_max. It is
     * the operator's own and valid until the next call; it borrows from the messages. Runs of it then come to
     * `process`. */
    TG_MUST_CHECK enum tg_code (*decode)(struct tg_operator *self, const struct tg_message *const *messages,
                                         uint32_t count, const struct tg_batch **ret_batch,
                                         struct tg_error *reterr);
    uint32_t decode_max;
    /* Optional, entries of a task only: how many of the messages, from the first one on, `decode` can take
     * now. 0: what is missing (a schema) has been asked for; the task looks again later. */
    uint32_t (*ready)(struct tg_operator *self, const struct tg_message *const *messages, uint32_t count);
    /* Takes the batch's existing rows in order. `input` says which of the plan node's inputs they come from
     * (0 at an entry). The batch is the caller's: nothing of it is kept. */
    TG_MUST_CHECK enum tg_code (*process)(struct tg_operator *self, uint32_t input,
                                          const struct tg_batch *batch, struct tg_error *reterr);
    /* Optional: a commit begins: sends on what is held back (emission per commit). */
    TG_MUST_CHECK enum tg_code (*flush)(struct tg_operator *self, struct tg_error *reterr);
    /* Optional: the task has a new producer: targets are looked up again. */
    TG_MUST_CHECK enum tg_code (*bind)(struct tg_operator *self, struct tg_producer *producer,
                                       struct tg_error *reterr);
    /* Optional: times that must survive a restart, `progress_count` of them (0 stands for 1). `load` gets
     * INT64_MIN for what was not committed yet; it is also called to go back to the last commit after an
     * abort. */
    uint32_t progress_count;
    int64_t (*progress)(const struct tg_operator *self, uint32_t index);
    void (*load_progress)(struct tg_operator *self, const int64_t *times);
    void (*close)(struct tg_operator *self); /* also after a failed open */
    bool has_store;                          /* with a changelog topic */
    /* Several stores: the role of store `index` of a node, NULL at the end. NULL: one store without a role.
     */
    const char *(*store_role)(const struct tg_plan_node *node, uint32_t index);
    const char *optional_role; /* the last of its stores is there only where the plan keeps_rows */
    bool needs_before;         /* over a table it must know the version that a row replaces (TG_ROW_UNDO) */
    bool notes_effects; /* it calls tg_task_note_effect; else all rows it gets count as soon as it has them */
};

struct tg_operator {
    const struct tg_operator_kind *kind;
    const struct tg_plan_node *node;
    const struct tg_subtopology_operator *planned;
    struct tg_task *task;
    struct tg_operator *output;  /* NULL: it writes to a topic */
    uint32_t output_input;       /* which input of `output` its rows are */
    struct tg_operator **inputs; /* what sends it rows, by input number; NULL at an entry */
    const char **progress_names; /* by which its times are committed: "<step>", "<step>.1", ... */
};

/* The two ends of a repartition topic; both stand for a Rekey node. */
#define TG_REPARTITION_WRITER "Repartition writer"
#define TG_REPARTITION_READER "Repartition reader"
/* The other parts of a ForeignKeyJoin node. */
#define TG_FOREIGN_KEY_READER "Foreign key reader"
#define TG_FOREIGN_KEY_ANSWERS "Foreign key answers"

/* The operator kind of a plan node kind (or one of the names above), or NULL. */
const struct tg_operator_kind *tg_operator_kind_find(const char *plan_kind);

/* What runs at a planned operator: the kind of its role, else of its node; NULL: there is none. */
const struct tg_operator_kind *tg_operator_kind_planned(const struct tg_subtopology_operator *planned);

/* The role of store `index` of a planned operator: "" if its only store has none, NULL at the end. */
const char *tg_operator_store_role(const struct tg_subtopology_operator *planned, uint32_t index);

/* How many times an operator has that must survive a restart. */
static inline uint32_t tg_operator_progress_count(const struct tg_operator_kind *kind)
{
    if (kind->progress == NULL)
        return 0;
    return kind->progress_count == 0 ? 1 : kind->progress_count;
}

/* Must this operator send the version that a row of its table replaces, directly before the row? */
bool tg_operator_sends_before(const struct tg_operator *self);

/* The state in which an operator of a task runs a program. */
struct tg_program_state *tg_operator_program(const struct tg_operator *self,
                                             const struct tg_program *program);

/* Passes a batch to the next operator (not if no row exists). */
TG_MUST_CHECK enum tg_code tg_operator_forward(struct tg_operator *self, const struct tg_batch *batch,
                                               struct tg_error *reterr);

#ifdef __cplusplus
}
#endif
