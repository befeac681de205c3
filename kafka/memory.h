/* kafka/memory.h: what tests may do to the memory twin's cluster besides using it: let calls fail, lose
 * answers, deliver requests late, stop processes. Thread: any. Every cluster here is one of
 * tg_cluster_open_memory. */
#pragma once

#include "kafka/kafka.h"

#ifdef __cplusplus
extern "C" {
#endif

enum tg_memory_call {
    TG_MEMORY_CALL_INIT,
    TG_MEMORY_CALL_BEGIN,
    TG_MEMORY_CALL_SEND,
    TG_MEMORY_CALL_FLUSH,
    TG_MEMORY_CALL_SEND_OFFSETS,
    TG_MEMORY_CALL_COMMIT, /* of a transaction */
    TG_MEMORY_CALL_ABORT,
    TG_MEMORY_CALL_POLL, /* of a consumer */
    TG_MEMORY_CALL_SEEK,
    TG_MEMORY_CALL_COMMITTED,
    TG_MEMORY_CALL_CONSUMER_COMMIT,
    TG_MEMORY_CALL_ADMIN,
    TG_MEMORY_CALL_COUNT
};

struct tg_memory_fault {
    enum tg_memory_call call;
    uint64_t nth; /* 1: the next call of this kind */
    enum tg_code code;
    bool retriable;
    bool fatal;
    bool executed; /* the cluster acted on the request; only its answer was lost */
    bool tainted;  /* transactional calls: the producer counts an unanswered request */
};

/* Adds a fault that strikes once. Several may be waiting. */
void tg_memory_inject(struct tg_cluster *cluster, const struct tg_memory_fault *fault);
uint32_t tg_memory_faults_waiting(struct tg_cluster *cluster); /* those that have not struck yet */
void tg_memory_clear_faults(struct tg_cluster *cluster);
/* Calls of a kind since the cluster was opened: the bound of a "fail the n-th call" loop. */
uint64_t tg_memory_call_count(struct tg_cluster *cluster, enum tg_memory_call call);

enum tg_memory_hold {
    TG_MEMORY_HOLD_TIMED_OUT, /* the commit call runs out of time */
    TG_MEMORY_HOLD_RESENT /* the client sends it again and is answered: the call returns OK, one request is on
                             its way */
};
/* The next EndTxn(commit) of this transactional id is held on the network. */
void tg_memory_hold_commit(struct tg_cluster *cluster, const char *transactional_id, enum tg_memory_hold how);
/* The held request arrives. OK: the coordinator acted on it (on whatever transaction was open then, as
 * brokers do for this protocol version); KAFKA_FENCED: refused, a later instance has been initialised; USAGE:
 * nothing is held. */
TG_MUST_CHECK enum tg_code tg_memory_deliver_commit(struct tg_cluster *cluster, const char *transactional_id,
                                                    struct tg_error *reterr);

/* Producers say that they have enough, as one does whose broker takes nothing; sends go through all the same.
 */
void tg_memory_crowd(struct tg_cluster *cluster, bool crowded);

/* As if the consumer's process had been stopped for longer than its session: the group goes on without it;
 * its next poll finds out. */
void tg_memory_expire_session(struct tg_consumer *consumer);
/* As after kill -9: frees the handle without leaving; the group notices when the session ends (by the clock).
 */
void tg_memory_kill_consumer(struct tg_consumer *consumer);

#ifdef __cplusplus
}
#endif
