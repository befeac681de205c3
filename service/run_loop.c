#include "service/run_loop.h"

#include "base/log.h"
#include "service/command.h"

#include <pthread.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

static bool stop;

static void fill(sigset_t *signals)
{
    sigemptyset(signals);
    sigaddset(signals, SIGINT);
    sigaddset(signals, SIGTERM);
    sigaddset(signals, SIGUSR1);
}

void tg_run_loop_prepare(void)
{
    sigset_t signals;
    fill(&signals);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is an error of its write, as a full disk is */
}

const bool *tg_run_loop_stop(void)
{
    return &stop;
}

int tg_run_loop_wait(struct tg_engine *engine, int timeout_ms)
{
    sigset_t signals;
    fill(&signals);
    const struct timespec timeout = {timeout_ms / 1000, (long)(timeout_ms % 1000) * 1000000};
    int signal_number = sigtimedwait(&signals, NULL, &timeout);
    if (signal_number <= 0)
        return 0;
    if (signal_number == SIGUSR1) {
        if (engine != NULL)
            tg_engine_log_tasks(engine);
        return signal_number;
    }
    if (__atomic_exchange_n(&stop, true, __ATOMIC_RELAXED))
        _exit(TG_EXIT_INTERRUPTED);
    tg_log_write(TG_LOG_INFO, "stopping: committing what is processed",
                 TG_LOG_FIELDS(TG_LOG_INT("signal", signal_number)));
    return signal_number;
}
