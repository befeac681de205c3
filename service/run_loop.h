/* service/run_loop.h: signals and the wait of a running job, shared by `run` and `demo`. Thread: the main
 * one. */
#pragma once

#include "service/engine.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Blocks SIGINT, SIGTERM and SIGUSR1 for this and all later threads. Call before anything starts a thread. */
void tg_run_loop_prepare(void);
/* Set when the process was asked to stop; the address is constant. */
const bool *tg_run_loop_stop(void);
/* Waits up to `timeout_ms` for a signal and handles it: SIGUSR1 logs the counters of each task; the others
 * set stop (a second one ends the process at once). Returns the signal, or 0. */
int tg_run_loop_wait(struct tg_engine *engine, int timeout_ms);

#ifdef __cplusplus
}
#endif
