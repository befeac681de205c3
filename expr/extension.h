/* expr/extension.h: functions from outside: a shared object with a table of rows of the same shape as our
 * own, loaded at the start from the directory of the setting ksql.extension.dir. The object sees the headers
 * expr/kernel.h and base/, and calls the program's functions (tg_call_fail, tg_call_keep, ...). It is refused
 * unless it was compiled for this version. examples/extension/ is one. Thread: kernels run on worker threads
 * and change nothing but their call. */
#pragma once

#include "expr/function.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Rises whenever a row, a call or a column changes its meaning or its layout. */
enum { TG_EXTENSION_VERSION = 1 };

/* Exported by each extension as `const struct tg_extension tg_extension`. */
struct tg_extension {
    uint32_t version;        /* TG_EXTENSION_VERSION, as compiled: always first */
    uint32_t function_bytes; /* sizeof(struct tg_function), and so on: a second look at the layout */
    uint32_t call_bytes;
    uint32_t column_bytes;
    const char *name;
    const struct tg_function *functions; /* ends with an empty row */
};

/* The fields that say what the extension was compiled with. */
#define TG_EXTENSION_HEADER                                                                                  \
    .version = TG_EXTENSION_VERSION, .function_bytes = sizeof(struct tg_function),                           \
    .call_bytes = sizeof(struct tg_call), .column_bytes = sizeof(struct tg_column)

/* Is the extension of this version, complete, and free of names that are taken? Errors: STATE_MISMATCH for
 * another version, CONFIG for rows that cannot be; both say which. */
TG_MUST_CHECK enum tg_code tg_extension_check(const struct tg_extension *extension, struct tg_error *reterr);

#ifdef __cplusplus
}
#endif
