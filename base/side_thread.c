#include "base/side_thread.h"

#include "base/error.h"
#include "base/memory.h"

#include <pthread.h>
#include <stdint.h>
#include <unistd.h>

struct tg_side_thread {
    int notify_descriptor;
    pthread_t thread;
    bool running;          /* there is a thread */
    pthread_mutex_t mutex; /* of what follows, and of `done` where somebody waits for it */
    pthread_cond_t changed;
    struct tg_errand *first, *last; /* not begun */
    bool ending;
};

struct tg_side_thread *tg_side_thread_new(int notify_descriptor)
{
    struct tg_side_thread *side = tg_alloc_zero(1, sizeof *side);
    side->notify_descriptor = notify_descriptor;
    pthread_mutex_init(&side->mutex, NULL);
    pthread_cond_init(&side->changed, NULL);
    return side;
}

void tg_side_thread_free(struct tg_side_thread *side)
{
    if (side == NULL)
        return;
    if (side->running) {
        pthread_mutex_lock(&side->mutex);
        side->ending = true;
        pthread_cond_broadcast(&side->changed);
        pthread_mutex_unlock(&side->mutex);
        pthread_join(side->thread, NULL);
    }
    pthread_cond_destroy(&side->changed);
    pthread_mutex_destroy(&side->mutex);
    tg_free(side);
}

static void wake_owner(const struct tg_side_thread *side)
{
    const uint64_t one = 1;
    if (write(side->notify_descriptor, &one, sizeof one) < 0)
        return; /* the counter is full: the owner is awake anyway */
}

/* The next errand, or NULL when there will be none. */
static struct tg_errand *take(struct tg_side_thread *side)
{
    pthread_mutex_lock(&side->mutex);
    while (side->first == NULL && !side->ending)
        pthread_cond_wait(&side->changed, &side->mutex);
    struct tg_errand *errand = side->first;
    if (errand != NULL)
        side->first = errand->next;
    pthread_mutex_unlock(&side->mutex);
    return errand;
}

static void *run(void *argument)
{
    struct tg_side_thread *side = argument;
    struct tg_errand *errand = NULL;
    while ((errand = take(side)) != NULL) {
        errand->run(errand);
        /* From here on the errand is its owner's, who may free it. */
        pthread_mutex_lock(&side->mutex);
        __atomic_store_n(&errand->done, true, __ATOMIC_RELEASE);
        pthread_cond_broadcast(&side->changed);
        pthread_mutex_unlock(&side->mutex);
        wake_owner(side);
    }
    return NULL;
}

void tg_side_thread_give(struct tg_side_thread *side, struct tg_errand *errand)
{
    __atomic_store_n(&errand->done, false, __ATOMIC_RELAXED);
    errand->next = NULL;
    if (side->notify_descriptor < 0) {
        errand->run(errand);
        __atomic_store_n(&errand->done, true, __ATOMIC_RELEASE);
        return;
    }
    pthread_mutex_lock(&side->mutex);
    if (!side->running && pthread_create(&side->thread, NULL, run, side) != 0)
        tg_panic(__FILE__, __LINE__, "a side thread cannot be started");
    side->running = true;
    if (side->first == NULL)
        side->first = errand;
    else
        side->last->next = errand;
    side->last = errand;
    pthread_cond_broadcast(&side->changed);
    pthread_mutex_unlock(&side->mutex);
}

bool tg_errand_done(const struct tg_errand *errand)
{
    return __atomic_load_n(&errand->done, __ATOMIC_ACQUIRE);
}

void tg_side_thread_wait(struct tg_side_thread *side, const struct tg_errand *errand)
{
    if (tg_errand_done(errand))
        return;
    pthread_mutex_lock(&side->mutex);
    while (!tg_errand_done(errand))
        pthread_cond_wait(&side->changed, &side->mutex);
    pthread_mutex_unlock(&side->mutex);
}
