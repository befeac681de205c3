/* service/extensions.h: loads functions from shared objects (expr/extension.h). Off unless the setting
 * ksql.extension.dir names a directory. Thread: the main thread, before queries start. */
#pragma once

#include "base/properties.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Loads every *.so of the directory, in the order of their names; they stay loaded. A directory that was
 * loaded before is not loaded again. Errors: IO, CONFIG, STATE_MISMATCH with the file's name. */
TG_MUST_CHECK enum tg_code tg_extensions_load(const char *directory, struct tg_error *reterr);

#ifdef __cplusplus
}
#endif
