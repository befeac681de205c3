/* base/clock.h: time is passed in, never fetched from the system behind one's back, so that tests can move
 * it. Thread: the real clock any; a virtual clock may be read by any thread and is moved by its owner. */
#pragma once

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct tg_clock;

struct tg_clock *tg_clock_real(void);                   /* the one real clock; never freed */
struct tg_clock *tg_clock_virtual_new(int64_t wall_ms); /* stands still until moved */
void tg_clock_virtual_free(struct tg_clock *clock);
void tg_clock_virtual_advance(struct tg_clock *clock, int64_t by_ms);

int64_t tg_clock_wall_ms(struct tg_clock *clock);      /* ms since 1970-01-01 UTC */
int64_t tg_clock_monotonic_us(struct tg_clock *clock); /* never goes back; for intervals and timeouts */

int64_t tg_cpu_time_us(void); /* CPU time of the whole process, user and system */

#ifdef __cplusplus
}
#endif
