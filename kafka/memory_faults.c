/* kafka/memory_faults.c: the hooks of kafka/memory.h. */
#include "kafka/memory_internal.h"

static struct memory_cluster *lock_memory(struct tg_cluster *cluster)
{
    TG_ASSERT(tg_cluster_is_memory(cluster));
    return memory_lock(cluster);
}

void tg_memory_inject(struct tg_cluster *cluster, const struct tg_memory_fault *fault)
{
    TG_ASSERT(fault->nth > 0);
    struct memory_cluster *memory = lock_memory(cluster);
    tg_grow((void **)&memory->faults, &memory->fault_capacity, memory->fault_count + 1,
            sizeof *memory->faults);
    memory->faults[memory->fault_count++] = *fault;
    memory_unlock(memory);
}

uint32_t tg_memory_faults_waiting(struct tg_cluster *cluster)
{
    struct memory_cluster *memory = lock_memory(cluster);
    uint32_t count = (uint32_t)memory->fault_count;
    memory_unlock(memory);
    return count;
}

void tg_memory_clear_faults(struct tg_cluster *cluster)
{
    struct memory_cluster *memory = lock_memory(cluster);
    memory->fault_count = 0;
    memory_unlock(memory);
}

uint64_t tg_memory_call_count(struct tg_cluster *cluster, enum tg_memory_call call)
{
    struct memory_cluster *memory = lock_memory(cluster);
    uint64_t count = memory->calls[call];
    memory_unlock(memory);
    return count;
}

bool memory_strike(struct memory_cluster *cluster, enum tg_memory_call call,
                   struct tg_memory_fault *ret_fault)
{
    bool struck = false;
    cluster->calls[call]++;
    for (size_t i = cluster->fault_count; i-- > 0;) {
        struct tg_memory_fault *fault = &cluster->faults[i];
        if (fault->call != call || --fault->nth > 0)
            continue;
        *ret_fault = *fault;
        struck = true;
        *fault = cluster->faults[--cluster->fault_count];
    }
    return struck;
}

enum tg_code memory_fail_fault(const struct tg_memory_fault *fault, struct tg_error *reterr)
{
    (void)tg_fail(reterr, fault->code, "injected failure (%s)", tg_code_name(fault->code));
    if (reterr != NULL) {
        reterr->retriable = fault->retriable;
        reterr->fatal = fault->fatal;
    }
    return fault->code;
}

enum tg_code memory_strike_plain(struct memory_cluster *cluster, enum tg_memory_call call,
                                 struct tg_error *reterr)
{
    struct tg_memory_fault fault;
    return memory_strike(cluster, call, &fault) ? memory_fail_fault(&fault, reterr) : TG_OK;
}

void tg_memory_hold_commit(struct tg_cluster *cluster, const char *transactional_id, enum tg_memory_hold how)
{
    struct memory_cluster *memory = lock_memory(cluster);
    struct memory_transactional *transactional = memory_transactional_get(memory, transactional_id);
    transactional->hold_next = true;
    transactional->hold_how = how;
    memory_unlock(memory);
}

enum tg_code tg_memory_deliver_commit(struct tg_cluster *cluster, const char *transactional_id,
                                      struct tg_error *reterr)
{
    struct memory_cluster *memory = lock_memory(cluster);
    struct memory_transactional *transactional = memory_transactional_get(memory, transactional_id);
    enum tg_code code = TG_OK;
    if (!transactional->held)
        code = tg_fail(reterr, TG_CODE_USAGE, "no commit of '%s' is held", transactional_id);
    else if (transactional->held_epoch != transactional->epoch)
        code = tg_fail(reterr, TG_CODE_KAFKA_FENCED, "the producer epoch is %d, the late request has %d",
                       transactional->epoch, transactional->held_epoch);
    else if (transactional->ongoing)
        memory_transactional_end(memory, transactional, true); /* of whatever transaction is open by now */
    transactional->held = false;
    memory_changed(memory);
    memory_unlock(memory);
    return code;
}

void tg_memory_crowd(struct tg_cluster *cluster, bool crowded)
{
    struct memory_cluster *memory = lock_memory(cluster);
    memory->crowded = crowded;
    memory_changed(memory);
    memory_unlock(memory);
}

void tg_memory_expire_session(struct tg_consumer *consumer)
{
    struct memory_consumer *stopped = (struct memory_consumer *)consumer;
    struct memory_cluster *memory = lock_memory(&stopped->cluster->base);
    if (stopped->member != NULL)
        memory_group_remove(memory, stopped->group, stopped->member);
    memory_changed(memory);
    memory_unlock(memory);
}
