/* base/side_thread.h: a thread that runs errands for one owner, in the order in which they are given: what
 * would make the owner wait (a disk, a server). While an errand is under way, all that it uses is the side
 * thread's; once it is done, the owner's again. Thread: the owner's, but for what errands do. */
#pragma once

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The first member of what implements it. Zeroed but for `run`; it belongs to the owner, and must outlive its
 * run. */
struct tg_errand {
    void (*run)(struct tg_errand *self);
    struct tg_errand *next; /* of those that wait */
    bool done;              /* atomic */
};

struct tg_side_thread;

/* `notify_descriptor`: an eventfd, to be written to whenever an errand is done. -1: nobody would wake the
 * owner, so there is no thread: tg_side_thread_give runs the errand itself. The thread begins with the first
 * errand. */
struct tg_side_thread *tg_side_thread_new(int notify_descriptor);
void tg_side_thread_free(struct tg_side_thread *side); /* what was given is done first; NULL is a no-op */
void tg_side_thread_give(struct tg_side_thread *side, struct tg_errand *errand);
/* Is it done? True after a run, or before any was given if the owner set it so. */
bool tg_errand_done(const struct tg_errand *errand);
void tg_side_thread_wait(struct tg_side_thread *side, const struct tg_errand *errand);

#ifdef __cplusplus
}
#endif
