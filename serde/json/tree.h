/* serde/json/tree.h: a JSON text as a tree whose numbers keep their text, for what is read once: schemas,
 * answers of a registry, test files (1.0 and 1.00 may mean different results). Never for records. Immutable;
 * lives in the caller's arena and borrows the text. Thread: any. */
#pragma once

#include "base/arena.h"
#include "base/buffer.h"

#ifdef __cplusplus
extern "C" {
#endif

enum tg_json_tree_kind {
    TG_JSON_TREE_NULL,
    TG_JSON_TREE_FALSE,
    TG_JSON_TREE_TRUE,
    TG_JSON_TREE_NUMBER,
    TG_JSON_TREE_STRING,
    TG_JSON_TREE_ARRAY,
    TG_JSON_TREE_OBJECT,
};

struct tg_json_tree {
    enum tg_json_tree_kind kind;
    struct tg_slice raw;          /* as written */
    struct tg_slice text;         /* NUMBER: as written; STRING: unescaped, with a NUL behind it */
    uint32_t count;               /* ARRAY, OBJECT */
    const struct tg_slice *names; /* OBJECT: unescaped */
    const struct tg_json_tree *const *items;
};

/* Errors: SYNTAX with line and column, also beyond TG_JSON_DEPTH_MAX levels. */
TG_MUST_CHECK enum tg_code tg_json_tree_parse(struct tg_arena *arena, struct tg_slice text,
                                              const struct tg_json_tree **ret_json, struct tg_error *reterr);
/* A member by its exact name, or NULL; also if `json` is NULL or no object. */
const struct tg_json_tree *tg_json_tree_get(const struct tg_json_tree *json, const char *name);
const char *tg_json_tree_text(const struct tg_json_tree *json); /* of a STRING; NULL for everything else */
uint32_t tg_json_tree_count(const struct tg_json_tree *json);   /* 0 if it is NULL or a scalar */
bool tg_json_tree_is_null(const struct tg_json_tree *json);     /* NULL or JSON's null */
/* The integer in a NUMBER; `otherwise` for everything else. */
int64_t tg_json_tree_int64(const struct tg_json_tree *json, int64_t otherwise);
/* Appends it without white space, numbers and strings as written. */
void tg_json_tree_write(const struct tg_json_tree *json, struct tg_buffer *out);

/* A scalar made from text. */
const struct tg_json_tree *tg_json_tree_new(struct tg_arena *arena, enum tg_json_tree_kind kind,
                                            struct tg_slice text);

#ifdef __cplusplus
}
#endif
