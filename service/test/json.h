/* service/test/json.h: JSON as a tree whose numbers keep their text: test files say 1.0 and 1.00 where they
 * mean different results. Lines that begin with // are comments. Immutable; lives in the caller's arena and
 * borrows the text. Thread: any. */
#pragma once

#include "base/arena.h"
#include "base/buffer.h"

#ifdef __cplusplus
extern "C" {
#endif

enum tg_test_json_kind {
    TG_TEST_JSON_NULL,
    TG_TEST_JSON_FALSE,
    TG_TEST_JSON_TRUE,
    TG_TEST_JSON_NUMBER,
    TG_TEST_JSON_STRING,
    TG_TEST_JSON_ARRAY,
    TG_TEST_JSON_OBJECT,
};

struct tg_test_json {
    enum tg_test_json_kind kind;
    struct tg_slice raw;          /* as written */
    struct tg_slice text;         /* NUMBER: as written; STRING: unescaped, with a NUL behind it */
    uint32_t count;               /* ARRAY, OBJECT */
    const struct tg_slice *names; /* OBJECT: unescaped */
    const struct tg_test_json *const *items;
};

/* Errors: SYNTAX with line and column. */
TG_MUST_CHECK enum tg_code tg_test_json_parse(struct tg_arena *arena, struct tg_slice text,
                                              const struct tg_test_json **ret_json, struct tg_error *reterr);
/* A member by its exact name, or NULL; also if `json` is NULL or no object. */
const struct tg_test_json *tg_test_json_get(const struct tg_test_json *json, const char *name);
const char *tg_test_json_text(const struct tg_test_json *json); /* of a STRING; NULL for everything else */
uint32_t tg_test_json_count(const struct tg_test_json *json);   /* 0 if it is NULL or a scalar */
bool tg_test_json_is_null(const struct tg_test_json *json);     /* NULL or JSON's null */
/* The integer in a NUMBER; `otherwise` for everything else. */
int64_t tg_test_json_int64(const struct tg_test_json *json, int64_t otherwise);
/* Appends it without white space, numbers and strings as written. */
void tg_test_json_write(const struct tg_test_json *json, struct tg_buffer *out);

/* A scalar made from text. */
const struct tg_test_json *tg_test_json_new(struct tg_arena *arena, enum tg_test_json_kind kind,
                                            struct tg_slice text);

#ifdef __cplusplus
}
#endif
