/* sql/variables.h: what DEFINE and UNDEFINE change and ${name} reads. Names have no case. Thread: its
 * owner's. */
#pragma once

#include "base/error.h"
#include "base/slice.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tg_variables;

struct tg_variables *tg_variables_new(void);
void tg_variables_free(struct tg_variables *variables); /* NULL is a no-op */
void tg_variables_define(struct tg_variables *variables, struct tg_slice name, struct tg_slice value);
bool tg_variables_undefine(struct tg_variables *variables, struct tg_slice name); /* false: was not defined */
const char *tg_variables_get(const struct tg_variables *variables,
                             struct tg_slice name); /* NULL: not defined */
/* In the order of definition; name as first written. */
size_t tg_variables_count(const struct tg_variables *variables);
const char *tg_variables_name(const struct tg_variables *variables, size_t index);
const char *tg_variables_value(const struct tg_variables *variables, size_t index);
const char *tg_variables_closest(const struct tg_variables *variables,
                                 const char *name); /* for "did you mean"; or NULL */

#ifdef __cplusplus
}
#endif
