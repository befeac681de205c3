/* The key of a join: which expressions give it, and which output of the query is it. */
#include "sql/joins.h"

static void add_expr(struct tg_join_key *key, struct tg_arena *arena, const struct tg_expr *expr,
                     bool is_exact)
{
    const struct tg_expr **exprs = tg_arena_alloc_zero(arena, key->count + 1, sizeof *exprs);
    bool *exact = tg_arena_alloc_zero(arena, key->count + 1, sizeof *exact);
    for (uint32_t i = 0; i < key->count; i++) {
        exprs[i] = key->exprs[i];
        exact[i] = key->is_exact[i];
        if (tg_expr_equal(exprs[i], expr)) {
            key->is_exact[i] = key->is_exact[i] || is_exact;
            return;
        }
    }
    exprs[key->count] = expr;
    exact[key->count] = is_exact;
    *key =
        (struct tg_join_key){.type = expr->type, .count = key->count + 1, .exprs = exprs, .is_exact = exact};
}

void tg_join_tree_init(struct tg_join_tree *tree, const struct tg_row *row,
                       const struct tg_query_source *source)
{
    const struct tg_schema *schema = source->definition->schema;
    uint32_t count = tg_schema_count_role(schema, TG_COLUMN_KEY);
    *tree = (struct tg_join_tree){.format = source->definition->key_format,
                                  .is_table = source->definition->is_table,
                                  .window_kind = source->definition->window_kind,
                                  .window_size_ms = source->definition->window_size_ms};
    tree->keys = tg_arena_alloc_zero(row->arena, count, sizeof *tree->keys);
    for (uint32_t i = 0; i < schema->count; i++)
        if (schema->columns[i].role == TG_COLUMN_KEY)
            add_expr(&tree->keys[tree->key_count++], row->arena,
                     tg_row_reference(row, source->first + i, source->place), true);
}

bool tg_join_tree_has_key(const struct tg_join_tree *tree, const struct tg_expr *expr)
{
    for (uint32_t i = 0; tree->key_count == 1 && i < tree->keys[0].count; i++)
        if (tg_expr_equal(tree->keys[0].exprs[i], expr))
            return true;
    return false;
}

bool tg_join_tree_is_keyed_by(const struct tg_join_tree *tree, const struct tg_row *row,
                              const struct tg_expr *expr)
{
    if (tree->key_count == 1 && expr->kind == TG_EXPR_COLUMN && row->parts[expr->index].part == TG_ROW_KEY)
        return true;
    for (uint32_t i = 0; tree->key_count == 1 && i < tree->keys[0].count; i++)
        if (tree->keys[0].is_exact[i] && tg_expr_equal(tree->keys[0].exprs[i], expr))
            return true;
    return false;
}

void tg_join_tree_grow(struct tg_join_tree *tree, struct tg_arena *arena, const struct tg_query_join *join)
{
    bool stays = tg_join_tree_has_key(tree, join->left);
    bool left_there = join->kind == TG_JOIN_INNER || join->kind == TG_JOIN_LEFT;
    bool right_there = join->kind == TG_JOIN_INNER || join->kind == TG_JOIN_RIGHT;
    struct tg_join_key *key = tg_arena_alloc_zero(arena, 1, sizeof *key);
    for (uint32_t i = 0; stays && i < tree->keys[0].count; i++)
        add_expr(key, arena, tree->keys[0].exprs[i], left_there && tree->keys[0].is_exact[i]);
    add_expr(key, arena, join->left, left_there && !stays);
    add_expr(key, arena, join->right, right_there);
    if (join->kind == TG_JOIN_FULL) /* neither side is always there */
        *key = (struct tg_join_key){.type = join->left->type};
    tree->keys = key;
    tree->key_count = 1;
    tree->format = join->key_format;
}

/* ---- the key columns of the row ---- */

/* A column that statements can write in place of the key; NULL: there is none, the key has a name of its own.
 */
static const struct tg_expr *viable(const struct tg_row *row, const struct tg_join_key *key, uint32_t index)
{
    const struct tg_expr *expr = key->exprs[index];
    bool is_column = expr->kind == TG_EXPR_COLUMN && (row->parts[expr->index].part == TG_ROW_SOURCE ||
                                                      row->parts[expr->index].part == TG_ROW_PSEUDO);
    return is_column ? expr : NULL;
}

static bool is_synthetic(const struct tg_row *row, const struct tg_join_key *key)
{
    for (uint32_t i = 0; i < key->count; i++)
        if (viable(row, key, i) != NULL)
            return false;
    return true;
}

static bool name_taken(const struct tg_row *row, const char *name)
{
    for (uint32_t i = 0; i < row->count; i++)
        if (strcmp(row->columns[i].name, name) == 0 ||
            (row->parts[i].name != NULL && strcmp(row->parts[i].name, name) == 0))
            return true;
    return false;
}

void tg_join_add_keys(const struct tg_join_tree *tree, struct tg_row *row)
{
    for (uint32_t i = 0; i < tree->key_count; i++) {
        const char *name = "ROWKEY";
        for (uint32_t n = 1; name_taken(row, name); n++)
            name = tg_arena_printf(row->arena, "ROWKEY_%u", n);
        const struct tg_schema_column column = {
            .name = name, .type = tree->keys[i].type, .role = TG_COLUMN_KEY};
        tg_row_add(row, &column,
                   (struct tg_row_column){.part = TG_ROW_KEY,
                                          .number = i,
                                          .name = is_synthetic(row, &tree->keys[i]) ? name : NULL});
    }
}

/* ---- the outputs ---- */

static const struct tg_expr *key_column(const struct tg_row *row, uint32_t number, struct tg_place place)
{
    for (uint32_t i = 0; i < row->count; i++)
        if (row->parts[i].part == TG_ROW_KEY && row->parts[i].number == number)
            return tg_row_reference(row, i, place);
    return NULL;
}

static bool has_output(const struct tg_output_list *outputs, const struct tg_expr *expr)
{
    for (uint32_t i = 0; i < outputs->count; i++)
        if (tg_expr_equal(outputs->columns[i].expr, expr))
            return true;
    return false;
}

/* "L.A or R.A" */
static void write_viable(const struct tg_row *row, const struct tg_join_key *key, struct tg_buffer *out)
{
    uint32_t left = 0;
    for (uint32_t i = 0; i < key->count; i++)
        left += viable(row, key, i) != NULL;
    for (uint32_t i = 0; i < key->count; i++) {
        const struct tg_expr *expr = viable(row, key, i);
        if (expr == NULL)
            continue;
        left--;
        tg_row_write_name(row, expr->index, out->length == 0 ? "" : left == 0 ? " or " : ", ", out);
    }
}

static enum tg_code fail_missing(const struct tg_row *row, const struct tg_join_key *key,
                                 const struct tg_expr *column, const struct tg_output_place *where,
                                 struct tg_error *reterr)
{
    struct tg_buffer names = {0};
    enum tg_code code = TG_OK;
    if (is_synthetic(row, key)) {
        code = tg_fail_at(reterr, TG_CODE_ANALYSIS, where->place,
                          "the SELECT list of `%s` must hold the key of the join, %s: no column of a source "
                          "has its value in every row",
                          where->sink, column->name);
        (void)tg_fail_hint(reterr, "add it, under any name: SELECT %s, ...", column->name);
    } else {
        write_viable(row, key, &names);
        code = tg_fail_at(reterr, TG_CODE_ANALYSIS, where->place,
                          "the SELECT list of `%s` must hold the key of the join: %s", where->sink,
                          tg_buffer_text(&names));
        (void)tg_fail_hint(reterr, "add it: SELECT %.*s, ...", (int)strcspn(tg_buffer_text(&names), " ,"),
                           tg_buffer_text(&names));
    }
    tg_buffer_done(&names);
    return code;
}

TG_MUST_CHECK static enum tg_code choose_key(const struct tg_row *row, const struct tg_join_key *key,
                                             const struct tg_expr *column,
                                             const struct tg_output_place *where,
                                             struct tg_output_list *outputs, struct tg_error *reterr)
{
    const struct tg_expr *chosen = is_synthetic(row, key) && has_output(outputs, column) ? column : NULL;
    for (uint32_t i = 0; i < key->count && chosen == NULL; i++)
        if (viable(row, key, i) != NULL && has_output(outputs, key->exprs[i]))
            chosen = key->exprs[i];
    if (chosen == NULL)
        return fail_missing(row, key, column, where, reterr);
    const struct tg_output_column *found = NULL;
    for (uint32_t i = 0; i < outputs->count; i++) {
        if (!tg_expr_equal(outputs->columns[i].expr, chosen))
            continue;
        if (found != NULL) {
            (void)tg_fail_at(reterr, TG_CODE_ANALYSIS, outputs->columns[i].place,
                             "the SELECT list holds the key column `%s` twice: as `%s` and as `%s`",
                             chosen->name, found->name, outputs->columns[i].name);
            return tg_fail_hint(reterr, "a copy of the key for the value is written AS_VALUE(%s)",
                                found->name);
        }
        found = &outputs->columns[i];
        outputs->columns[i].expr = column;
    }
    return TG_OK;
}

enum tg_code tg_join_choose_keys(const struct tg_row *row, const struct tg_join_tree *tree,
                                 const struct tg_output_place *where, struct tg_output_list *outputs,
                                 struct tg_error *reterr)
{
    for (uint32_t i = 0; i < tree->key_count; i++)
        TG_TRY(choose_key(row, &tree->keys[i], key_column(row, i, where->place), where, outputs, reterr));
    return TG_OK;
}
