#include "topology/worker.h"

#include "base/log.h"
#include "base/memory.h"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { IDLE_MS_MAX = 100 };

enum slot_state { SLOT_NEW, SLOT_RUNNING, SLOT_LEAVING, SLOT_GONE };

struct slot {
    struct tg_worker_unit config;
    struct tg_commit_unit *unit;
    enum slot_state state;
    struct tg_counters last; /* of a unit that is gone */
    struct tg_worker *worker;
    pthread_t starter; /* prepares the unit, so that many queries start at the same time */
    bool starter_alive;
    bool prepared; /* atomic: the starter is done */
};

struct tg_worker {
    uint32_t number;
    const bool *stop;
    int descriptor;
    pthread_t thread;
    pthread_mutex_t mutex; /* slots and flags; never held while a unit works */
    pthread_cond_t changed;
    struct slot **slots;
    size_t slot_count, slot_capacity;
    bool ending;
    bool log_tasks;
};

static void wake(struct tg_worker *worker)
{
    uint64_t one = 1;
    if (write(worker->descriptor, &one, sizeof one) < 0)
        return; /* the counter is full: the worker is awake anyway */
}

static void log_counters(void *context, const struct tg_task *task)
{
    (void)context;
    struct tg_counters counters = {0};
    tg_counters_add(&counters, &task->counters);
    const struct tg_log_field fields[] = {
        TG_LOG_TEXT("query", tg_query_id(task->query)),
        TG_LOG_INT("subtopology", task->subtopology->index),
        TG_LOG_INT("partition", task->partition),
#define X(field, name, meaning) TG_LOG_INT(name, (int64_t)counters.field),
        TG_COUNTER_LIST(X)
#undef X
            {.key = NULL},
    };
    tg_log_write(TG_LOG_INFO, "task", fields);
    tg_task_log_progress(task);
}

static void end_slot(struct tg_worker *worker, struct slot *slot, const struct tg_error *error)
{
    pthread_mutex_lock(&worker->mutex);
    struct tg_commit_unit *unit = TG_MOVE(slot->unit);
    tg_commit_unit_counters(unit, &slot->last);
    pthread_mutex_unlock(&worker->mutex);
    tg_commit_unit_free(unit);
    if (error != NULL)
        slot->config.failed(slot->config.context, slot->config.query, error);
    pthread_mutex_lock(&worker->mutex);
    slot->state = SLOT_GONE;
    pthread_cond_broadcast(&worker->changed);
    pthread_mutex_unlock(&worker->mutex);
}

static void stop_slot(struct tg_worker *worker, struct slot *slot)
{
    struct tg_error error = {0};
    tg_commit_unit_each_task(slot->unit, log_counters, NULL);
    enum tg_code code = tg_commit_unit_stop(slot->unit, &error);
    end_slot(worker, slot, code == TG_OK || code == TG_CODE_SHUTDOWN ? NULL : &error);
}

/* One step of one unit; true if it did something. */
static bool step_slot(struct tg_worker *worker, struct slot *slot)
{
    bool worked = false;
    struct tg_error error = {0};
    enum tg_code code = tg_commit_unit_step(slot->unit, &worked, &error);
    if (code == TG_OK)
        return worked;
    if (code == TG_CODE_SHUTDOWN)
        return false; /* the loop ends it */
    end_slot(worker, slot, &error);
    return true;
}

static void *prepare(void *argument)
{
    struct slot *slot = argument;
    tg_commit_unit_prepare(slot->unit);
    __atomic_store_n(&slot->prepared, true, __ATOMIC_RELEASE);
    wake(slot->worker);
    return NULL;
}

/* May the worker use the unit? With `must` it waits until it may. */
static bool unit_is_ready(struct slot *slot, bool must)
{
    if (!slot->starter_alive)
        return true;
    if (!must && !__atomic_load_n(&slot->prepared, __ATOMIC_ACQUIRE))
        return false;
    pthread_join(slot->starter, NULL);
    slot->starter_alive = false;
    return true;
}

/* The slot at `index` with its state, or NULL. New slots get their unit here, on the worker's thread. */
static struct slot *take_slot(struct tg_worker *worker, size_t index, enum slot_state *ret_state)
{
    pthread_mutex_lock(&worker->mutex);
    struct slot *slot = index < worker->slot_count ? worker->slots[index] : NULL;
    if (slot != NULL) {
        if (slot->state == SLOT_NEW) {
            const struct tg_commit_unit_options options = {
                .query = slot->config.query,
                .worker = worker->number,
                .notify_descriptor = worker->descriptor,
                .stop = worker->stop,
            };
            slot->unit = tg_commit_unit_new(&options);
            slot->state = SLOT_RUNNING;
            slot->starter_alive = pthread_create(&slot->starter, NULL, prepare, slot) == 0;
        }
        *ret_state = slot->state;
    }
    pthread_mutex_unlock(&worker->mutex);
    return slot;
}

/* A round over all units; returns the time until the next one is due in ms, 0 if there is more to do. */
static int run_round(struct tg_worker *worker, bool ending, bool log_tasks)
{
    bool worked = false;
    int64_t due_us = INT64_MAX;
    int64_t now_us = 0;
    enum slot_state state = SLOT_GONE;
    struct slot *slot = NULL;
    for (size_t i = 0; (slot = take_slot(worker, i, &state)) != NULL; i++) {
        if (state == SLOT_GONE)
            continue;
        bool leaves = ending || state == SLOT_LEAVING;
        if (!unit_is_ready(slot, leaves))
            continue;
        if (leaves) {
            stop_slot(worker, slot);
            continue;
        }
        if (log_tasks)
            tg_commit_unit_each_task(slot->unit, log_counters, NULL);
        worked = step_slot(worker, slot) || worked;
        if (slot->unit == NULL)
            continue;
        int64_t deadline = tg_commit_unit_deadline_us(slot->unit);
        due_us = deadline < due_us ? deadline : due_us;
        now_us = tg_clock_monotonic_us(slot->config.query->clock);
    }
    if (worked)
        return 0;
    int64_t wait_ms = due_us == INT64_MAX ? IDLE_MS_MAX : (due_us - now_us + 999) / 1000;
    return wait_ms < 1 ? 1 : wait_ms > IDLE_MS_MAX ? IDLE_MS_MAX : (int)wait_ms;
}

static void *run(void *argument)
{
    struct tg_worker *worker = argument;
    for (;;) {
        pthread_mutex_lock(&worker->mutex);
        bool ending = worker->ending, log_tasks = worker->log_tasks;
        worker->log_tasks = false;
        pthread_mutex_unlock(&worker->mutex);
        int wait_ms = run_round(worker, ending, log_tasks);
        if (ending)
            return NULL;
        struct pollfd waited = {.fd = worker->descriptor, .events = POLLIN};
        if (wait_ms == 0 || poll(&waited, 1, wait_ms) <= 0)
            continue;
        uint64_t count = 0;
        if (read(worker->descriptor, &count, sizeof count) < 0)
            continue; /* somebody else's wake-up was first: nothing to clear */
    }
}

struct tg_worker *tg_worker_start(uint32_t number, const bool *stop)
{
    struct tg_worker *worker = tg_alloc_zero(1, sizeof *worker);
    worker->number = number;
    worker->stop = stop;
    worker->descriptor = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    TG_ASSERT(worker->descriptor >= 0);
    pthread_mutex_init(&worker->mutex, NULL);
    pthread_cond_init(&worker->changed, NULL);
    if (pthread_create(&worker->thread, NULL, run, worker) != 0)
        tg_panic(__FILE__, __LINE__, "a worker thread cannot be started");
    return worker;
}

void tg_worker_add(struct tg_worker *worker, const struct tg_worker_unit *unit)
{
    struct slot *slot = tg_alloc_zero(1, sizeof *slot);
    slot->config = *unit;
    slot->worker = worker;
    pthread_mutex_lock(&worker->mutex);
    tg_grow((void **)&worker->slots, &worker->slot_capacity, worker->slot_count + 1, sizeof slot);
    worker->slots[worker->slot_count++] = slot;
    pthread_mutex_unlock(&worker->mutex);
    wake(worker);
}

static struct slot *find_slot(const struct tg_worker *worker, const struct tg_query *query)
{
    for (size_t i = 0; i < worker->slot_count; i++)
        if (worker->slots[i]->config.query == query)
            return worker->slots[i];
    return NULL;
}

void tg_worker_remove(struct tg_worker *worker, const struct tg_query *query)
{
    pthread_mutex_lock(&worker->mutex);
    struct slot *slot = find_slot(worker, query);
    if (slot != NULL && slot->state == SLOT_NEW)
        slot->state = SLOT_GONE;
    if (slot != NULL && slot->state == SLOT_RUNNING)
        slot->state = SLOT_LEAVING;
    wake(worker);
    while (slot != NULL && slot->state != SLOT_GONE)
        pthread_cond_wait(&worker->changed, &worker->mutex);
    pthread_mutex_unlock(&worker->mutex);
}

void tg_worker_counters(struct tg_worker *worker, const struct tg_query *query, struct tg_counters *sum)
{
    pthread_mutex_lock(&worker->mutex);
    const struct slot *slot = find_slot(worker, query);
    if (slot != NULL && slot->unit != NULL)
        tg_commit_unit_counters(slot->unit, sum);
    else if (slot != NULL)
        tg_counters_add(sum, &slot->last);
    pthread_mutex_unlock(&worker->mutex);
}

bool tg_worker_running(struct tg_worker *worker, const struct tg_query *query)
{
    pthread_mutex_lock(&worker->mutex);
    const struct slot *slot = find_slot(worker, query);
    bool running = slot != NULL && slot->state == SLOT_RUNNING && slot->unit != NULL &&
                   tg_commit_unit_running(slot->unit);
    pthread_mutex_unlock(&worker->mutex);
    return running;
}

void tg_worker_log_tasks(struct tg_worker *worker)
{
    pthread_mutex_lock(&worker->mutex);
    worker->log_tasks = true;
    pthread_mutex_unlock(&worker->mutex);
    wake(worker);
}

void tg_worker_stop(struct tg_worker *worker)
{
    if (worker == NULL)
        return;
    pthread_mutex_lock(&worker->mutex);
    worker->ending = true;
    pthread_mutex_unlock(&worker->mutex);
    wake(worker);
    pthread_join(worker->thread, NULL);
    for (size_t i = 0; i < worker->slot_count; i++)
        tg_free(worker->slots[i]);
    tg_free(worker->slots);
    close(worker->descriptor);
    pthread_cond_destroy(&worker->changed);
    pthread_mutex_destroy(&worker->mutex);
    tg_free(worker);
}
