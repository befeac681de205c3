/* serde/json/tree.h: a JSON text as a tree in an arena: for schemas and answers of a registry, never for
 * records. Thread: any, once it is made. Ownership: everything lies in the arena; nothing points into the
 * text. */
#pragma once

#include "base/arena.h"

#ifdef __cplusplus
extern "C" {
#endif

enum tg_tree_kind {
    TG_TREE_NULL,
    TG_TREE_BOOLEAN,
    TG_TREE_NUMBER,
    TG_TREE_STRING,
    TG_TREE_ARRAY,
    TG_TREE_OBJECT
};

struct tg_tree {
    enum tg_tree_kind kind;
    bool boolean;
    uint32_t count;        /* elements or members */
    struct tg_slice text;  /* STRING: its characters; NUMBER: as it is written. A NUL follows. */
    struct tg_slice name;  /* as a member of an object. A NUL follows. */
    struct tg_tree *first; /* element or member, in the order of the text */
    struct tg_tree *next;
};

/* Errors: SYNTAX with the byte where the text stops being JSON; LIMIT for more than 256 levels. */
TG_MUST_CHECK enum tg_code tg_tree_parse(struct tg_arena *arena, struct tg_slice text,
                                         const struct tg_tree **ret_tree, struct tg_error *reterr);

/* The member of this exact name, the last one if there are several; NULL: no object, or it has none. */
const struct tg_tree *tg_tree_member(const struct tg_tree *tree, const char *name);
/* The text of a member that is a STRING, as a C string; NULL: there is none. */
const char *tg_tree_member_text(const struct tg_tree *tree, const char *name);
/* The value of a whole NUMBER in [least, most]; false: it is anything else. */
bool tg_tree_integer(const struct tg_tree *tree, int64_t least, int64_t most, int64_t *ret_value);
/* The same for a member; false where it is absent, too. */
bool tg_tree_member_integer(const struct tg_tree *tree, const char *name, int64_t least, int64_t most,
                            int64_t *ret_value);

#ifdef __cplusplus
}
#endif
