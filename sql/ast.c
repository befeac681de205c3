#include "sql/ast.h"

#include "base/text.h"
#include "sql/diagnostics.h"
#include "sql/foreign_words.h"

const char *tg_ast_op_symbol(enum tg_ast_op op)
{
    static const char *const symbols[] = {
        [TG_AST_OP_NONE] = "",      [TG_AST_OP_OR] = "OR",
        [TG_AST_OP_AND] = "AND",    [TG_AST_OP_NOT] = "NOT",
        [TG_AST_OP_EQUAL] = "=",    [TG_AST_OP_NOT_EQUAL] = "<>",
        [TG_AST_OP_LESS] = "<",     [TG_AST_OP_LESS_EQUAL] = "<=",
        [TG_AST_OP_GREATER] = ">",  [TG_AST_OP_GREATER_EQUAL] = ">=",
        [TG_AST_OP_CONCAT] = "||",  [TG_AST_OP_ADD] = "+",
        [TG_AST_OP_SUBTRACT] = "-", [TG_AST_OP_MULTIPLY] = "*",
        [TG_AST_OP_DIVIDE] = "/",   [TG_AST_OP_MODULO] = "%",
        [TG_AST_OP_NEGATE] = "-",   [TG_AST_OP_PLUS] = "+",
    };
    return symbols[op];
}

/* ---- custom types ---- */

/* All type names, NULL at the end: for "did you mean". */
static const char **known_types(struct tg_arena *arena, const struct tg_map *custom_types)
{
    static const char *const own[] = {"BOOLEAN", "INT",       "INTEGER", "BIGINT", "DOUBLE",
                                      "DECIMAL", "VARCHAR",   "STRING",  "BYTES",  "TIME",
                                      "DATE",    "TIMESTAMP", "ARRAY",   "MAP",    "STRUCT"};
    enum { OWN_COUNT = sizeof own / sizeof own[0] };
    size_t custom_count = custom_types == NULL ? 0 : tg_map_count(custom_types);
    const char **names = tg_arena_alloc_zero(arena, OWN_COUNT + custom_count + 1, sizeof *names);
    memcpy(names, own, sizeof own);
    for (size_t i = 0; i < custom_count; i++)
        names[OWN_COUNT + i] = tg_arena_text(arena, tg_map_key(custom_types, i));
    return names;
}

static const char *type_name_at(const void *context, size_t index)
{
    return ((const char *const *)context)[index];
}

TG_MUST_CHECK static enum tg_code resolve_custom(struct tg_arena *arena, const struct tg_ast_type *node,
                                                 const struct tg_map *custom_types,
                                                 const struct tg_type **ret_type, struct tg_error *reterr)
{
    *ret_type = custom_types == NULL ? NULL : tg_map_get(custom_types, tg_slice_text(node->custom_name));
    if (*ret_type != NULL)
        return TG_OK;
    tg_fail_at(reterr, TG_CODE_UNKNOWN_NAME, node->place, "there is no type %s", node->custom_name);
    const char *closest = tg_closest(node->custom_name, type_name_at, known_types(arena, custom_types));
    const char *foreign = tg_foreign_word_hint(tg_slice_text(node->custom_name), TG_FOREIGN_TYPE);
    if (foreign != NULL)
        tg_fail_hint(reterr, "%s", foreign);
    else if (closest != NULL)
        tg_fail_hint(reterr, "did you mean %s?", closest);
    else
        tg_fail_hint(reterr,
                     "make it with CREATE TYPE %s AS ..., or use one of BOOLEAN, INT, BIGINT, DOUBLE, "
                     "DECIMAL, STRING, "
                     "BYTES, TIME, DATE, TIMESTAMP, ARRAY, MAP, STRUCT",
                     node->custom_name);
    return TG_CODE_UNKNOWN_NAME;
}

TG_MUST_CHECK static enum tg_code resolve_struct(struct tg_arena *arena, const struct tg_ast_type *node,
                                                 const struct tg_map *custom_types,
                                                 const struct tg_type **ret_type, struct tg_error *reterr)
{
    struct tg_field *fields = tg_arena_alloc(arena, (node->field_count + 1) * sizeof *fields);
    for (uint32_t i = 0; i < node->field_count; i++) {
        fields[i].name = node->fields[i].name.text;
        TG_TRY(tg_ast_type_resolve(arena, node->fields[i].type, custom_types, &fields[i].type, reterr));
    }
    *ret_type = tg_type_struct(arena, fields, node->field_count);
    return TG_OK;
}

enum tg_code tg_ast_type_resolve(struct tg_arena *arena, const struct tg_ast_type *node,
                                 const struct tg_map *custom_types, const struct tg_type **ret_type,
                                 struct tg_error *reterr)
{
    const struct tg_type *key;
    const struct tg_type *element;
    *ret_type = node->type;
    if (node->type != NULL)
        return TG_OK;
    if (node->custom_name != NULL)
        return resolve_custom(arena, node, custom_types, ret_type, reterr);
    if (node->kind == TG_TYPE_STRUCT)
        return resolve_struct(arena, node, custom_types, ret_type, reterr);
    TG_TRY(tg_ast_type_resolve(arena, node->element, custom_types, &element, reterr));
    if (node->kind == TG_TYPE_ARRAY) {
        *ret_type = tg_type_array(arena, element);
        return TG_OK;
    }
    TG_TRY(tg_ast_type_resolve(arena, node->key, custom_types, &key, reterr));
    *ret_type = tg_type_map(arena, key, element);
    return TG_OK;
}
