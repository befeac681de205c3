/* What can be joined with what, and how rows of two sources come together. */
#include "base/text.h"
#include "plan/format_info.h"
#include "sql/formatter.h"
#include "sql/joins.h"
#include "sql/with.h"

/* ---- texts ---- */

/* A column with its source, also where the statement leaves it out. */
static void write_side(const struct tg_row *row, const struct tg_expr *expr, const struct tg_ast_expr *ast,
                       struct tg_buffer *out)
{
    if (expr->kind == TG_EXPR_COLUMN)
        tg_row_write_name(row, expr->index, "", out);
    else
        tg_format_expr(ast, out);
}

void tg_join_write_condition(const struct tg_row *row, const struct tg_query_join *join, bool types,
                             struct tg_buffer *out)
{
    const struct tg_ast_expr *on = join->ast->on;
    for (int i = 0; i < 2; i++) {
        const struct tg_expr *expr = (i == 0) != join->is_flipped ? join->left : join->right;
        if (i == 1)
            tg_buffer_append_text(out, " = ");
        write_side(row, expr, on->arguments[i], out);
        if (!types || expr->type == NULL)
            continue;
        tg_buffer_append_text(out, " (");
        tg_type_write(expr->type, out);
        tg_buffer_append_text(out, ")");
    }
}

static enum tg_code fail_condition(const struct tg_join_sides *sides, const struct tg_query_join *join,
                                   const char *what, struct tg_error *reterr)
{
    struct tg_buffer text = {0};
    tg_join_write_condition(sides->row, join, false, &text);
    enum tg_code code = tg_fail_at(reterr, TG_CODE_ANALYSIS, join->ast->on->place, "%s, but this one is %s",
                                   what, tg_buffer_text(&text));
    tg_buffer_done(&text);
    return code;
}

/* ---- shapes ---- */

static bool is_only_key(const struct tg_row *row, const struct tg_query_source *source,
                        const struct tg_expr *expr)
{
    const struct tg_schema *schema = source->definition->schema;
    if (expr->kind != TG_EXPR_COLUMN || tg_schema_count_role(schema, TG_COLUMN_KEY) != 1)
        return false;
    const struct tg_row_column *part = &row->parts[expr->index];
    return part->part == TG_ROW_SOURCE && schema->columns[part->number].role == TG_COLUMN_KEY;
}

TG_MUST_CHECK static enum tg_code check_types(const struct tg_join_sides *sides,
                                              const struct tg_query_join *join, struct tg_error *reterr)
{
    if (join->left->type != NULL && join->right->type != NULL &&
        tg_type_equal(join->left->type, join->right->type))
        return TG_OK;
    struct tg_buffer text = {0};
    struct tg_buffer type = {0};
    tg_join_write_condition(sides->row, join, true, &text);
    if (join->right->type != NULL)
        tg_type_write(join->right->type, &type);
    (void)tg_fail_at(reterr, TG_CODE_TYPE, join->ast->on->place,
                     "the two sides of the condition of JOIN have different types: %s",
                     tg_buffer_text(&text));
    enum tg_code code =
        tg_fail_hint(reterr, "CAST(... AS %s) makes them equal; the key of a table must stay as it is",
                     tg_buffer_text(&type));
    tg_buffer_done(&text);
    tg_buffer_done(&type);
    return code;
}

/* A table's rows are found by its primary key. */
TG_MUST_CHECK static enum tg_code check_table_key(const struct tg_join_sides *sides,
                                                  const struct tg_query_join *join, struct tg_error *reterr)
{
    const struct tg_source_definition *table = sides->right->definition;
    if (!table->is_table || is_only_key(sides->row, sides->right, join->right))
        return TG_OK;
    (void)fail_condition(sides, join,
                         sides->tree->is_table
                             ? "a table is joined with another by the primary key of the right one"
                             : "a stream is joined with a table by the table's primary key",
                         reterr);
    if (tg_schema_count_role(table->schema, TG_COLUMN_KEY) > 1)
        return tg_fail_hint(reterr, "%s has several key columns: no single value finds its rows",
                            table->name);
    struct tg_buffer key = {0};
    int32_t column = tg_schema_find_role(table->schema, TG_COLUMN_KEY);
    tg_row_write_name(sides->row, sides->right->first + (uint32_t)column, "", &key);
    enum tg_code code = tg_fail_hint(
        reterr, "compare with %s, or make a table with another key: CREATE TABLE ... AS SELECT ... GROUP BY",
        tg_buffer_text(&key));
    tg_buffer_done(&key);
    return code;
}

TG_MUST_CHECK static enum tg_code check_foreign_key(const struct tg_join_sides *sides,
                                                    const struct tg_query_join *join, uint32_t number,
                                                    struct tg_error *reterr)
{
    if (number > 0) {
        (void)fail_condition(sides, join,
                             "only the first join of several can be on a foreign key: one that is not the "
                             "primary key of the left side",
                             reterr);
        return tg_fail_hint(reterr, "make a table of the first join, and join that with %s",
                            sides->right->definition->name);
    }
    if (join->kind == TG_JOIN_RIGHT || join->kind == TG_JOIN_FULL) {
        (void)tg_fail_at(
            reterr, TG_CODE_ANALYSIS, join->ast->place,
            "a %s OUTER JOIN on a foreign key is not possible: rows of %s that nobody names have "
            "no key in the result",
            tg_join_kind_name(join->kind), sides->right->definition->name);
        return tg_fail_hint(reterr, "JOIN and LEFT JOIN are possible");
    }
    if (sides->tree->window_kind != TG_WINDOW_NONE)
        return tg_fail_at(reterr, TG_CODE_ANALYSIS, join->ast->place,
                          "windowed tables such as %s can be joined by their keys only, not on a foreign key",
                          sides->left->definition->name);
    return TG_OK;
}

TG_MUST_CHECK static enum tg_code check_within(const struct tg_join_sides *sides,
                                               const struct tg_query_join *join, struct tg_error *reterr)
{
    const struct tg_ast_join *ast = join->ast;
    if (join->shape == TG_STREAM_STREAM && ast->within_place.length == 0) {
        (void)tg_fail_at(
            reterr, TG_CODE_ANALYSIS, ast->place,
            "%s and %s are streams: their JOIN needs WITHIN, which says how far apart in time two "
            "rows may be",
            sides->left->definition->name, sides->right->definition->name);
        return tg_fail_hint(reterr, "write JOIN %s WITHIN 1 HOUR ON ...", sides->right->definition->name);
    }
    if (join->shape != TG_STREAM_STREAM && ast->within_place.length > 0) {
        (void)tg_fail_at(reterr, TG_CODE_ANALYSIS, ast->within_place,
                         "WITHIN is for joins of two streams, but %s is a table",
                         sides->right->definition->name);
        return tg_fail_hint(reterr, "leave WITHIN out: a table has one row per key at any time");
    }
    const struct tg_ast_interval *spans[] = {&ast->before, &ast->after, &ast->grace};
    for (size_t i = 0; i < sizeof spans / sizeof *spans; i++)
        if (spans[i]->given && spans[i]->ms > TG_WINDOW_SPAN_MAX_MS / 4)
            return tg_fail_at(reterr, TG_CODE_ANALYSIS, spans[i]->place, "%lld ms are too long for WITHIN",
                              (long long)spans[i]->ms);
    return TG_OK;
}

static const struct tg_format_info *info_of(const struct tg_plan_format *format)
{
    return tg_format_info_find(tg_slice_text(format->name));
}

static bool is_registry(const struct tg_plan_format *format)
{
    return (info_of(format)->flags & TG_FORMAT_INFO_REGISTRY) != 0;
}

/* Keys with windows that stay where they are. ksqlDB moves them, and asks for no more than equal starts. One
 * type without a name has one schema, which has one id, so their bytes are equal where they are. */
static bool has_registry_keys(const struct tg_join_sides *sides)
{
    const struct tg_plan_format *left = &sides->tree->format;
    const struct tg_plan_format *right = &sides->right->definition->key_format;
    return is_registry(left) && strcmp(left->name, right->name) == 0 && left->unwrapped && right->unwrapped;
}

static bool is_session(enum tg_window_kind kind)
{
    return kind == TG_WINDOW_SESSION;
}

TG_MUST_CHECK static enum tg_code check_windows(const struct tg_join_sides *sides,
                                                const struct tg_query_join *join, struct tg_error *reterr)
{
    const struct tg_source_definition *left = sides->left->definition;
    const struct tg_source_definition *right = sides->right->definition;
    enum tg_window_kind left_kind = sides->tree->window_kind;
    if (left_kind == TG_WINDOW_NONE && right->window_kind == TG_WINDOW_NONE)
        return TG_OK;
    if (left_kind == TG_WINDOW_NONE || right->window_kind == TG_WINDOW_NONE) {
        bool left_has = left_kind != TG_WINDOW_NONE;
        (void)tg_fail_at(reterr, TG_CODE_ANALYSIS, join->ast->place,
                         "the keys of %s have windows, those of %s have none: they are never equal",
                         left_has ? left->name : right->name, left_has ? right->name : left->name);
        return tg_fail_hint(reterr, "windowed sources are joined with windowed sources");
    }
    if (is_session(left_kind) != is_session(right->window_kind)) {
        (void)tg_fail_at(reterr, TG_CODE_ANALYSIS, join->ast->place,
                         "the windows of %s (%s) and %s (%s) do not go together", left->name,
                         tg_plan_window_kind_name(left_kind), right->name,
                         tg_plan_window_kind_name(right->window_kind));
        return tg_fail_hint(reterr,
                            "SESSION windows are joined with SESSION windows of the same bounds, HOPPING and "
                            "TUMBLING ones with HOPPING or TUMBLING ones of the same size");
    }
    if (sides->tree->window_size_ms != right->window_size_ms && !has_registry_keys(sides)) {
        (void)tg_fail_at(reterr, TG_CODE_ANALYSIS, join->ast->place,
                         "the windows of %s and %s have different sizes, %lld ms and %lld ms, so their keys "
                         "are never equal",
                         left->name, right->name, (long long)sides->tree->window_size_ms,
                         (long long)right->window_size_ms);
        return tg_fail_hint(reterr, "join windows of the same size");
    }
    return TG_OK;
}

enum tg_code tg_join_check_shape(const struct tg_join_sides *sides, struct tg_query_join *join,
                                 uint32_t number, struct tg_error *reterr)
{
    bool right_is_table = sides->right->definition->is_table;
    if (!sides->tree->is_table)
        join->shape = right_is_table ? TG_STREAM_TABLE : TG_STREAM_STREAM;
    else if (tg_join_tree_has_key(sides->tree, join->left))
        join->shape = TG_TABLE_TABLE;
    else
        join->shape = TG_FOREIGN_KEY;
    TG_TRY(check_types(sides, join, reterr));
    TG_TRY(check_within(sides, join, reterr));
    TG_TRY(check_table_key(sides, join, reterr));
    if (join->shape == TG_STREAM_TABLE && (join->kind == TG_JOIN_RIGHT || join->kind == TG_JOIN_FULL)) {
        (void)tg_fail_at(reterr, TG_CODE_ANALYSIS, join->ast->place,
                         "a %s OUTER JOIN of a stream with the table %s is not possible: a table alone gives "
                         "no rows of a stream",
                         tg_join_kind_name(join->kind), sides->right->definition->name);
        return tg_fail_hint(reterr, "JOIN and LEFT JOIN are possible");
    }
    if (join->shape == TG_FOREIGN_KEY)
        TG_TRY(check_foreign_key(sides, join, number, reterr));
    return check_windows(sides, join, reterr);
}

/* ---- where the sides meet ---- */

/* The bytes of a key of one column are the same. */
static bool formats_agree(const struct tg_plan_format *a, const struct tg_plan_format *b)
{
    return strcmp(a->name, b->name) == 0 && a->unwrapped == b->unwrapped && !is_registry(a);
}

static bool has_keys(const struct tg_plan_format *format)
{
    return strcmp(format->name, "NONE") != 0;
}

static void choose_format(const struct tg_join_sides *sides, struct tg_query_join *join)
{
    static const struct tg_plan_format fallback = {.name = "KAFKA"};
    const struct tg_plan_format *left = &sides->tree->format;
    const struct tg_plan_format *right = &sides->right->definition->key_format;
    enum { CHOICE = TG_FORMAT_INFO_WRAP | TG_FORMAT_INFO_UNWRAP };
    bool stay = sides->tree->window_kind != TG_WINDOW_NONE && has_registry_keys(sides);
    if (!join->left_moves && !join->right_moves && !stay && !formats_agree(left, right)) {
        /* the rows of a stream move more easily than a table */
        if (join->shape == TG_STREAM_TABLE)
            join->left_moves = true;
        else
            join->right_moves = true;
        /* Rows of a table that have moved already have the ids of our own topics. */
        join->left_moves =
            join->left_moves || (is_registry(left) && !(sides->tree->is_moved && sides->tree->is_table));
        join->right_moves = join->right_moves || is_registry(right);
    }
    if (!join->left_moves)
        join->key_format = *left;
    else if (!join->right_moves)
        join->key_format = *right;
    else
        join->key_format = has_keys(left) ? *left : has_keys(right) ? *right : fallback;
    if (join->left_moves && join->right_moves)
        join->key_format.unwrapped = (info_of(&join->key_format)->flags & CHOICE) == CHOICE;
}

/* Rows whose keys have windows stay where they are. */
TG_MUST_CHECK static enum tg_code check_moves(const struct tg_join_sides *sides,
                                              const struct tg_query_join *join, struct tg_error *reterr)
{
    bool moves = join->left_moves || join->right_moves;
    if (moves && sides->tree->window_kind != TG_WINDOW_NONE) {
        (void)fail_condition(sides, join, "rows whose keys have windows can be joined by these keys only",
                             reterr);
        return tg_fail_hint(reterr, "copy the source without its windows first, or compare the two keys, "
                                    "written in the same format");
    }
    if (tg_type_holds_map(join->left->type)) {
        struct tg_buffer text = {0};
        tg_type_write(join->left->type, &text);
        (void)tg_fail_at(
            reterr, TG_CODE_TYPE, join->ast->on->place,
            "the join's key `%s` is %s, but a key must not hold a MAP: equal maps may have different "
            "bytes",
            join->left->kind == TG_EXPR_COLUMN ? join->left->name : "ROWKEY", tg_buffer_text(&text));
        tg_buffer_done(&text);
        return tg_fail_hint(reterr, "compare single entries of the maps, such as m['id']");
    }
    const struct tg_schema_column key = {.name = "ROWKEY", .type = join->left->type, .role = TG_COLUMN_KEY};
    if (!moves || tg_format_info_refused(info_of(&join->key_format), &key, 1) == 1)
        return TG_OK;
    struct tg_buffer type = {0};
    tg_type_write(key.type, &type);
    (void)tg_fail_at(reterr, TG_CODE_TYPE, join->ast->on->place,
                     "the format '%s' of the key of %s cannot hold the type of the condition, %s",
                     join->key_format.name, sides->left->definition->name, tg_buffer_text(&type));
    tg_buffer_done(&type);
    return tg_fail_hint(reterr, "declare the sources with KEY_FORMAT='JSON', which can");
}

static int32_t partitions_of(const struct tg_analyzer *analyzer, const struct tg_source_definition *source)
{
    const struct tg_session_options *options = analyzer->options;
    int32_t count =
        options->partition_count == NULL ? 0 : options->partition_count(options->context, source->topic);
    return count > 0 ? count : source->topic_spec.partition_count;
}

/* Rows with equal keys must have equal partition numbers. */
TG_MUST_CHECK static enum tg_code check_partitions(const struct tg_join_sides *sides,
                                                   const struct tg_query_join *join, struct tg_error *reterr)
{
    const struct tg_source_definition *left = sides->left->definition;
    const struct tg_source_definition *right = sides->right->definition;
    int32_t left_count = sides->tree->is_moved ? 0 : partitions_of(sides->analyzer, left);
    int32_t right_count = partitions_of(sides->analyzer, right);
    if (join->left_moves || join->right_moves || left_count <= 0 || right_count <= 0 ||
        left_count == right_count)
        return TG_OK;
    (void)tg_fail_at(reterr, TG_CODE_TOPIC_MISMATCH, join->ast->place,
                     "`%s` cannot be joined with `%s`: `%s` has %d partitions, `%s` has %d, so equal keys do "
                     "not meet",
                     left->name, right->name, left->name, left_count, right->name, right_count);
    return tg_fail_hint(reterr, "copy one of them: CREATE %s ... WITH (PARTITIONS=%d) AS SELECT * FROM %s",
                        left->is_table ? "TABLE" : "STREAM", right_count, left->name);
}

enum tg_code tg_join_place_sides(const struct tg_join_sides *sides, struct tg_query_join *join,
                                 struct tg_error *reterr)
{
    const struct tg_source_definition *right = sides->right->definition;
    if (join->shape == TG_FOREIGN_KEY) { /* topics of its own bring the rows together */
        join->key_format = sides->tree->format;
        return TG_OK;
    }
    join->left_moves = !tg_join_tree_has_key(sides->tree, join->left);
    join->right_moves = !right->is_table && !is_only_key(sides->row, sides->right, join->right);
    choose_format(sides, join);
    TG_TRY(check_moves(sides, join, reterr));
    return check_partitions(sides, join, reterr);
}
