/* base/error.h: result codes and the caller-owned error that explains them.
 * Thread: an error belongs to its caller; nothing here is shared. Ownership: no heap, the texts are inside.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define TG_MUST_CHECK __attribute__((warn_unused_result))
#define TG_PRINTF(format_index, first_argument) __attribute__((format(printf, format_index, first_argument)))
#define TG_NORETURN __attribute__((noreturn))

enum tg_code {
#define X(name, number, meaning) TG_CODE_##name = number,
#include "base/codes.inc"
#undef X
};
#define TG_OK TG_CODE_OK

/* Where in a SQL text an error lies. `length` is in bytes; a `line` of 0 means no place is known. */
struct tg_place {
    uint32_t offset; /* bytes from the start of the text */
    uint32_t length; /* bytes */
    uint32_t line;   /* from 1 */
    uint32_t column; /* in characters, from 1 */
};

struct tg_error {
    enum tg_code code;
    bool retriable; /* the same call may succeed later */
    bool fatal;     /* the handle it came from is unusable (Kafka producers) */
    struct tg_place place;
    char message[1024]; /* primary text: lower case, no full stop; never empty after a failure */
    char hint[512];     /* what would be right; may be empty */
};

/* Fills *reterr (if it is not NULL) and returns `code`. Texts are cut at the buffer's end, never inside a
 * UTF-8 character. */
enum tg_code tg_fail(struct tg_error *reterr, enum tg_code code, const char *format, ...) TG_PRINTF(3, 4);

/* tg_fail with a place in the statement; line and column may still be 0 (sql/ computes them). Returns `code`.
 */
enum tg_code tg_fail_at(struct tg_error *reterr, enum tg_code code, struct tg_place place, const char *format,
                        ...) TG_PRINTF(4, 5);

/* Adds or replaces the hint of an error that tg_fail() filled. Returns the error's code. */
enum tg_code tg_fail_hint(struct tg_error *reterr, const char *format, ...) TG_PRINTF(2, 3);

/* Puts "<context>: " before the message. Returns the error's code. */
enum tg_code tg_fail_context(struct tg_error *reterr, const char *format, ...) TG_PRINTF(2, 3);

/* "SYNTAX", "OFFSET_OUT_OF_RANGE"; "T0100" is its printed form (tg_code_label writes it into an 8-byte
 * buffer). */
const char *tg_code_name(enum tg_code code);
const char *tg_code_meaning(enum tg_code code);
const char *tg_code_label(enum tg_code code, char label[8]);

/* The only macro that changes control flow: returns the failure of `call` to the caller. */
#define TG_TRY(call)                                                                                         \
    do {                                                                                                     \
        enum tg_code code_ = (call);                                                                         \
        if (code_ != TG_OK)                                                                                  \
            return code_;                                                                                    \
    } while (0)

/* Invariants stay on in release builds: prints file, line and text, then aborts. The expression must have no
 * side effects. */
TG_NORETURN void tg_panic(const char *file, int line, const char *format, ...) TG_PRINTF(3, 4);
#define TG_ASSERT(expression)                                                                                \
    do {                                                                                                     \
        if (__builtin_expect(!(expression), 0))                                                              \
            tg_panic(__FILE__, __LINE__, "assertion failed: %s", #expression);                               \
    } while (0)

#ifdef __cplusplus
}
#endif
