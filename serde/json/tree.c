#include "serde/json/tree.h"

#include "base/text.h"
#include "serde/json/scan.h"

static bool parse_value(struct tg_json_cursor *cursor, struct tg_arena *arena, struct tg_tree *tree);

static struct tg_slice text_value(struct tg_arena *arena, const struct tg_json_string *string)
{
    if (!string->escaped)
        return tg_slice_of(tg_arena_text(arena, string->raw), string->raw.length);
    uint8_t *text = tg_arena_bytes_alloc(arena, string->raw.length + 1);
    size_t length = tg_json_unescape(string->raw, text);
    text[length] = 0;
    return tg_slice_of(text, length);
}

static bool parse_members(struct tg_json_cursor *cursor, struct tg_arena *arena, struct tg_tree *tree)
{
    bool object = *cursor->at == '{';
    tree->kind = object ? TG_TREE_OBJECT : TG_TREE_ARRAY;
    struct tg_tree **end = &tree->first;
    bool empty = false;
    if (!tg_json_open(cursor, &empty))
        return false;
    for (bool more = !empty; more;) {
        struct tg_tree *member = tg_arena_alloc_zero(arena, 1, sizeof *member);
        struct tg_json_string name;
        if (object) {
            if (!tg_json_member(cursor, &name))
                return false;
            member->name = text_value(arena, &name);
        }
        if (!parse_value(cursor, arena, member) || !tg_json_next(cursor, object ? '}' : ']', &more))
            return false;
        *end = member;
        end = &member->next;
        tree->count++;
    }
    return true;
}

static bool parse_value(struct tg_json_cursor *cursor, struct tg_arena *arena, struct tg_tree *tree)
{
    struct tg_json_string string;
    struct tg_json_number number;
    if (!tg_json_space(cursor))
        return false;
    switch (*cursor->at) {
    case '{':
    case '[':
        return parse_members(cursor, arena, tree);
    case '"':
        cursor->at++;
        tree->kind = TG_TREE_STRING;
        if (!tg_json_string_rest(cursor, &string))
            return false;
        tree->text = text_value(arena, &string);
        return true;
    case 't':
    case 'f':
        tree->kind = TG_TREE_BOOLEAN;
        tree->boolean = *cursor->at == 't';
        return tg_json_word(cursor, tree->boolean ? "true" : "false", tree->boolean ? 4 : 5);
    default:
        break;
    }
    if (!tg_json_number_starts(*cursor->at)) {
        tree->kind = TG_TREE_NULL;
        return tg_json_word(cursor, "null", 4);
    }
    tree->kind = TG_TREE_NUMBER;
    if (!tg_json_number_scan(cursor, &number))
        return false;
    tree->text = tg_slice_of(tg_arena_text(arena, number.text), number.text.length);
    return true;
}

enum tg_code tg_tree_parse(struct tg_arena *arena, struct tg_slice text, const struct tg_tree **ret_tree,
                           struct tg_error *reterr)
{
    struct tg_json_cursor cursor = tg_json_cursor_of(text);
    struct tg_tree *tree = tg_arena_alloc_zero(arena, 1, sizeof *tree);
    if (!parse_value(&cursor, arena, tree) || !tg_json_finish(&cursor))
        return tg_fail(reterr, cursor.depth == TG_JSON_DEPTH_MAX ? TG_CODE_LIMIT : TG_CODE_SYNTAX,
                       "not JSON at byte %zu: %s", (size_t)(cursor.at - cursor.begin), cursor.fault);
    *ret_tree = tree;
    return TG_OK;
}

const struct tg_tree *tg_tree_member(const struct tg_tree *tree, const char *name)
{
    const struct tg_tree *found = NULL;
    if (tree == NULL || tree->kind != TG_TREE_OBJECT)
        return NULL;
    for (const struct tg_tree *member = tree->first; member != NULL; member = member->next)
        if (tg_slice_is(member->name, name))
            found = member;
    return found;
}

const char *tg_tree_member_text(const struct tg_tree *tree, const char *name)
{
    const struct tg_tree *member = tg_tree_member(tree, name);
    return member != NULL && member->kind == TG_TREE_STRING ? (const char *)member->text.data : NULL;
}

bool tg_tree_integer(const struct tg_tree *tree, int64_t least, int64_t most, int64_t *ret_value)
{
    return tree != NULL && tree->kind == TG_TREE_NUMBER && tg_parse_int64(tree->text, least, most, ret_value);
}

bool tg_tree_member_integer(const struct tg_tree *tree, const char *name, int64_t least, int64_t most,
                            int64_t *ret_value)
{
    return tg_tree_integer(tg_tree_member(tree, name), least, most, ret_value);
}
