/* service/format_functions.h: FROM_JSON, TO_JSON and their like: values inside columns in the bytes of a
 * format. expr/ knows no formats and serde/ no functions, so these rows are added to the registry of
 * functions by whoever has both. Thread: before others use functions. */
#pragma once

#ifdef __cplusplus
extern "C" {
#endif

/* A second call does nothing. */
void tg_format_functions_install(void);

#ifdef __cplusplus
}
#endif
