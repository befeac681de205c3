/* service/test/functions.h: functions that ksqlDB's test files call and that are in no product: its own test
 * code has them in Java. They exist in `turgo test` only. Thread: call once, before other threads use
 * functions. */
#pragma once

#ifdef __cplusplus
extern "C" {
#endif

void tg_test_functions_register(void);

#ifdef __cplusplus
}
#endif
