/* base/properties.h: ordered key=value settings and Java's .properties text form. Thread: its owner's. */
#pragma once

#include "base/error.h"
#include "base/slice.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tg_properties;

struct tg_properties *tg_properties_new(void);
struct tg_properties *tg_properties_copy(const struct tg_properties *properties);
void tg_properties_free(struct tg_properties *properties);
/* Parses Java's format: '=', ':' or white space separates, '\' continues a line, '#' and '!' start comments,
 * \uXXXX escapes. Later settings replace earlier ones. `origin` (a file name, "--set", ...) is kept with each
 * setting for messages. Errors: CONFIG with place (bad escape, not UTF-8). */
TG_MUST_CHECK enum tg_code tg_properties_parse(struct tg_properties *properties, struct tg_slice text,
                                               const char *origin, struct tg_error *reterr);
TG_MUST_CHECK enum tg_code tg_properties_load(struct tg_properties *properties, const char *path,
                                              struct tg_error *reterr);
void tg_properties_set(struct tg_properties *properties, const char *key, const char *value,
                       const char *origin);
void tg_properties_remove(struct tg_properties *properties, const char *key);
const char *tg_properties_get(const struct tg_properties *properties, const char *key); /* NULL if unset */
size_t tg_properties_count(const struct tg_properties *properties);
const char *tg_properties_key(const struct tg_properties *properties, size_t index);
const char *tg_properties_value(const struct tg_properties *properties, size_t index);
const char *tg_properties_origin(const struct tg_properties *properties, size_t index);

#ifdef __cplusplus
}
#endif
