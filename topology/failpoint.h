/* topology/failpoint.h: named places where a test build can be made to die: TURGO_FAILPOINT=name:n kills the
 * process with SIGKILL at the n-th passage. Compiled in with TG_FAILPOINTS only. */
#pragma once

#ifdef TG_FAILPOINTS
#ifdef __cplusplus
extern "C" {
#endif
void tg_failpoint_reached(const char *name);
#ifdef __cplusplus
}
#endif
#define TG_FAILPOINT(name) tg_failpoint_reached(name)
#else
#define TG_FAILPOINT(name) ((void)0)
#endif
