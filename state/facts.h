/* state/facts.h: small named facts of the application (statements executed once, ...): an append-only file,
 * synced with each fact, read whole at open. It is beside the database, so facts outlive a database that had
 * to be set aside. A tail that a crash left unfinished is cut off; damage anywhere else is an error. Thread:
 * any (one lock). Private to state/. */
#pragma once

#include "base/buffer.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tg_facts;

/* `path` NULL: in memory only. Errors: IO, CORRUPT. */
TG_MUST_CHECK enum tg_code tg_facts_open(const char *path, struct tg_facts **ret_facts,
                                         struct tg_error *reterr);
void tg_facts_close(struct tg_facts *facts); /* NULL is a no-op */
bool tg_facts_get(struct tg_facts *facts, struct tg_slice name,
                  struct tg_buffer *ret_value); /* replaces its content */
TG_MUST_CHECK enum tg_code tg_facts_put(struct tg_facts *facts, struct tg_slice name, struct tg_slice value,
                                        struct tg_error *reterr);

#ifdef __cplusplus
}
#endif
