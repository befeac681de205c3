/* service/demo/embedded_job.h: the SQL of the demo. Thread: any. */
#pragma once

#include "base/slice.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tg_slice tg_demo_job(void);

#ifdef __cplusplus
}
#endif
