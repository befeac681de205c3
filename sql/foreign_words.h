/* sql/foreign_words.h: words that people bring along from other SQL dialects, and what says the same here.
 * One row each. Thread: any, constants. */
#pragma once

#include "base/slice.h"

#ifdef __cplusplus
extern "C" {
#endif

enum tg_foreign_place {
    TG_FOREIGN_STATEMENT,  /* where a statement begins */
    TG_FOREIGN_EXPRESSION, /* where an expression begins */
    TG_FOREIGN_BEHIND,     /* behind something that is complete */
    TG_FOREIGN_TYPE,
    TG_FOREIGN_FUNCTION,
};

/* What to write instead, without case; NULL: the word says nothing to us. */
const char *tg_foreign_word_hint(struct tg_slice word, enum tg_foreign_place place);

#ifdef __cplusplus
}
#endif
