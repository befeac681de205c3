/* FROM a JOIN b ON ...: the sources, the conditions, what the whole is. */
#include "base/text.h"
#include "sql/formatter.h"
#include "sql/joins.h"

/* Joins while they are read. */
struct join_reader {
    struct tg_analyzer *analyzer;
    const struct tg_ast_query *query;
    struct tg_row *row;
    struct tg_query_source *sources;
    struct tg_query_join *joins;
    struct tg_join_tree tree;
    const char *name; /* "the join of A and B" */
};

/* ---- sources ---- */

static const struct tg_ast_relation *relation_at(const struct tg_ast_query *query, uint32_t number)
{
    return number == 0 ? &query->from : &query->joins[number - 1].right;
}

TG_MUST_CHECK static enum tg_code check_repeated(const struct join_reader *reader, uint32_t number,
                                                 struct tg_error *reterr)
{
    const struct tg_query_source *source = &reader->sources[number];
    for (uint32_t i = 0; i < number; i++) {
        const struct tg_query_source *earlier = &reader->sources[i];
        if (strcmp(earlier->definition->name, source->definition->name) == 0) {
            if (reader->query->join_count == 1)
                (void)tg_fail_at(reterr, TG_CODE_ANALYSIS, source->place, "'%s' cannot be joined with itself",
                                 source->definition->name);
            else
                (void)tg_fail_at(reterr, TG_CODE_ANALYSIS, source->place,
                                 "'%s' stands in the join twice: each source can be joined once",
                                 source->definition->name);
            return tg_fail_hint(reterr, "copy it first: CREATE %s ... AS SELECT * FROM %s",
                                source->definition->is_table ? "TABLE" : "STREAM", source->definition->name);
        }
        if (strcmp(earlier->alias, source->alias) == 0) {
            (void)tg_fail_at(reterr, TG_CODE_DUPLICATE_NAME, source->place,
                             "two sources of the join are called '%s'", source->alias);
            return tg_fail_hint(reterr, "give one of them another name: %s AS ...", source->definition->name);
        }
    }
    return TG_OK;
}

TG_MUST_CHECK static enum tg_code find_sources(struct join_reader *reader, struct tg_error *reterr)
{
    for (uint32_t i = 0; i <= reader->query->join_count; i++) {
        const struct tg_ast_relation *relation = relation_at(reader->query, i);
        struct tg_query_source *source = &reader->sources[i];
        TG_TRY(tg_catalog_find(reader->analyzer->catalog, &relation->source, &source->definition,
                               &reader->analyzer->follows, reterr));
        source->alias = relation->alias.text != NULL ? relation->alias.text : source->definition->name;
        source->place = relation->source.place;
        TG_TRY(check_repeated(reader, i, reterr));
    }
    return TG_OK;
}

static const char *make_name(const struct join_reader *reader)
{
    struct tg_buffer name = {0};
    for (uint32_t i = 0; i <= reader->query->join_count; i++)
        tg_buffer_printf(&name, "%s%s", i == 0 ? "the join of " : " and ",
                         reader->sources[i].definition->name);
    const char *text = tg_arena_text(reader->analyzer->arena, tg_buffer_slice(&name));
    tg_buffer_done(&name);
    return text;
}

/* In ksqlDB the KAFKA format cannot hold what a join keeps of a row. */
TG_MUST_CHECK static enum tg_code check_formats(const struct join_reader *reader, struct tg_error *reterr)
{
    struct tg_buffer names = {0};
    struct tg_place place = {0};
    for (uint32_t i = 0; i <= reader->query->join_count; i++) {
        const struct tg_source_definition *source = reader->sources[i].definition;
        if (strcmp(source->value_format.name, "KAFKA") != 0)
            continue;
        if (names.length == 0)
            place = reader->sources[i].place;
        tg_buffer_printf(&names, "%s%s", names.length == 0 ? "" : ", ", source->name);
    }
    enum tg_code code = TG_OK;
    if (names.length > 0) {
        (void)tg_fail_at(reterr, TG_CODE_ANALYSIS, place,
                         "the values of %s have the format 'KAFKA', which a JOIN cannot keep",
                         tg_buffer_text(&names));
        code = tg_fail_hint(reterr, "copy them into another format first: WITH (VALUE_FORMAT='JSON')");
    }
    tg_buffer_done(&names);
    return code;
}

static void fill_row(struct join_reader *reader)
{
    uint32_t count = reader->query->join_count + 1;
    *reader->row =
        (struct tg_row){.arena = reader->analyzer->arena, .joined_count = count, .joined = reader->sources};
    for (uint32_t i = 0; i < count; i++) {
        struct tg_query_source *source = &reader->sources[i];
        source->first = reader->row->count;
        tg_row_add_source(reader->row, source->definition, i, source->alias);
        source->count = reader->row->count - source->first;
    }
}

/* ---- conditions ---- */

TG_MUST_CHECK static enum tg_code check_equality(const struct tg_ast_join *ast, struct tg_error *reterr)
{
    struct tg_buffer text = {0};
    const struct tg_ast_expr *on = ast->on;
    if (on->kind == TG_AST_BINARY && on->op == TG_AST_OP_EQUAL)
        return TG_OK;
    tg_format_expr(on, &text);
    enum tg_code code = TG_OK;
    if (on->kind == TG_AST_BINARY && on->op == TG_AST_OP_AND) {
        code = tg_fail_at(reterr, TG_CODE_ANALYSIS, on->place,
                          "JOIN has one condition, but this one is joined by AND: %s", tg_buffer_text(&text));
        (void)tg_fail_hint(reterr,
                           "compare both at once, ON STRUCT(a := l.a, b := l.b) = STRUCT(a := r.a, b := "
                           "r.b), or put the second condition into WHERE");
    } else {
        code = tg_fail_at(reterr, TG_CODE_ANALYSIS, on->place,
                          "the condition of JOIN must be an equality, but it is %s", tg_buffer_text(&text));
        (void)tg_fail_hint(reterr, "write ON left = right; other conditions go to WHERE");
    }
    tg_buffer_done(&text);
    return code;
}

/* The only source that the expression reads. */
struct side_reads {
    bool any, several;
    uint32_t source;  /* the first one, in the order of the row */
    bool reads_right; /* the source that is joined */
};

static struct side_reads find_reads(const struct tg_row *row, const struct tg_expr *expr, uint32_t right)
{
    struct side_reads reads = {0};
    struct tg_arena *arena = tg_arena_new(0);
    bool *used = tg_arena_alloc_zero(arena, row->count, sizeof *used);
    tg_expr_mark_columns(expr, used);
    for (uint32_t i = 0; i < row->count; i++) {
        if (!used[i])
            continue;
        if (!reads.any)
            reads.source = row->parts[i].source;
        reads.any = true;
        reads.several = reads.several || reads.source != row->parts[i].source;
        reads.reads_right = reads.reads_right || row->parts[i].source == right;
    }
    tg_arena_free(arena);
    return reads;
}

static enum tg_code fail_side(const struct tg_ast_join *ast, const struct tg_ast_expr *side, const char *what,
                              struct tg_error *reterr)
{
    struct tg_buffer text = {0};
    struct tg_buffer whole = {0};
    tg_format_expr(side, &text);
    tg_format_expr(ast->on, &whole);
    (void)tg_fail_at(reterr, TG_CODE_ANALYSIS, side->place, "'%s' in the condition '(%s)' reads %s",
                     tg_buffer_text(&text), tg_buffer_text(&whole), what);
    tg_buffer_done(&text);
    tg_buffer_done(&whole);
    return tg_fail_hint(reterr, "each side of the condition reads exactly one source");
}

/* The side that reads the joined source is the right one, wherever it stands. */
TG_MUST_CHECK static enum tg_code order_sides(const struct join_reader *reader, uint32_t number,
                                              struct tg_query_join *join, struct tg_error *reterr)
{
    const struct tg_ast_join *ast = join->ast;
    const struct tg_expr *sides[] = {join->left, join->right};
    struct side_reads reads[2];
    for (int i = 0; i < 2; i++) {
        reads[i] = find_reads(reader->row, sides[i], number + 1);
        if (!reads[i].any)
            return fail_side(ast, ast->on->arguments[i], "no source", reterr);
        if (reads[i].several)
            return fail_side(ast, ast->on->arguments[i], "several sources", reterr);
    }
    const char *left = reader->sources[reads[0].source].definition->name;
    const char *right = reader->sources[reads[1].source].definition->name;
    const char *joined = reader->sources[number + 1].definition->name;
    if (reads[0].source == reads[1].source) {
        (void)tg_fail_at(reterr, TG_CODE_ANALYSIS, ast->on->place,
                         "both sides of the condition read `%s`, so that it does not say how `%s` is joined",
                         left, joined);
        return tg_fail_hint(reterr, "compare something of %s with something of what stands before it",
                            joined);
    }
    if (!reads[0].reads_right && !reads[1].reads_right) {
        (void)tg_fail_at(reterr, TG_CODE_ANALYSIS, ast->on->place,
                         "the condition reads `%s` and `%s`, but not `%s`, which FROM joins here", left,
                         right, joined);
        return tg_fail_hint(reterr, "one side of the condition must read %s", joined);
    }
    join->is_flipped = reads[0].reads_right;
    if (join->is_flipped) {
        join->left = sides[1];
        join->right = sides[0];
    }
    return TG_OK;
}

TG_MUST_CHECK static enum tg_code read_condition(const struct join_reader *reader, uint32_t number,
                                                 struct tg_query_join *join, struct tg_error *reterr)
{
    struct tg_scope scope = {.analyzer = reader->analyzer,
                             .clause = "JOIN ON",
                             .row = reader->row,
                             .source_name = reader->name,
                             .query = reader->query,
                             .visible = number + 2};
    TG_TRY(check_equality(join->ast, reterr));
    TG_TRY(tg_scope_expr(&scope, join->ast->on->arguments[0], &join->left, reterr));
    TG_TRY(tg_scope_expr(&scope, join->ast->on->arguments[1], &join->right, reterr));
    return order_sides(reader, number, join, reterr);
}

/* ---- joins ---- */

static enum tg_join_kind kind_of(enum tg_ast_join_kind kind)
{
    return kind == TG_AST_JOIN_INNER   ? TG_JOIN_INNER
           : kind == TG_AST_JOIN_LEFT  ? TG_JOIN_LEFT
           : kind == TG_AST_JOIN_RIGHT ? TG_JOIN_RIGHT
                                       : TG_JOIN_FULL;
}

TG_MUST_CHECK static enum tg_code check_order(const struct join_reader *reader, uint32_t number,
                                              struct tg_error *reterr)
{
    const struct tg_ast_join *ast = &reader->query->joins[number];
    const char *left = reader->sources[0].definition->name;
    const char *right = reader->sources[number + 1].definition->name;
    if (!reader->tree.is_table || reader->sources[number + 1].definition->is_table)
        return TG_OK;
    (void)tg_fail_at(reterr, TG_CODE_ANALYSIS, ast->place,
                     "%s is a table and %s a stream: a table cannot be joined with a stream, [%s] JOIN", left,
                     right, tg_join_kind_name(kind_of(ast->kind)));
    return tg_fail_hint(reterr, "put the stream in front: FROM %s JOIN %s ON ...", right, left);
}

TG_MUST_CHECK static enum tg_code read_join(struct join_reader *reader, uint32_t number,
                                            struct tg_error *reterr)
{
    struct tg_query_join *join = &reader->joins[number];
    const struct tg_join_sides sides = {.analyzer = reader->analyzer,
                                        .row = reader->row,
                                        .left = &reader->sources[0],
                                        .right = &reader->sources[number + 1],
                                        .tree = &reader->tree};
    join->ast = &reader->query->joins[number];
    join->kind = kind_of(join->ast->kind);
    TG_TRY(check_order(reader, number, reterr));
    TG_TRY(read_condition(reader, number, join, reterr));
    TG_TRY(tg_join_check_shape(&sides, join, number, reterr));
    TG_TRY(tg_join_place_sides(&sides, join, reterr));
    join->before_ms = join->ast->before.ms;
    join->after_ms = join->ast->after.ms;
    join->grace_ms = join->ast->grace.given ? join->ast->grace.ms : -1;
    bool keeps_rows = join->shape == TG_STREAM_STREAM || join->shape == TG_TABLE_TABLE;
    if (number > 0 && (keeps_rows || join->left_moves))
        reader->joins[number - 1].moves_along = true;
    if (join->shape != TG_FOREIGN_KEY)
        tg_join_tree_grow(&reader->tree, reader->analyzer->arena, join);
    reader->tree.is_moved = reader->tree.is_moved || join->left_moves;
    return TG_OK;
}

/* The join as one source: what clauses behind FROM speak of. */
static const struct tg_source_definition *whole(const struct join_reader *reader)
{
    const struct tg_source_definition *left = reader->sources[0].definition;
    struct tg_arena *arena = reader->analyzer->arena;
    struct tg_source_definition *source = tg_arena_alloc_zero(arena, 1, sizeof *source);
    source->name = reader->name;
    source->is_table = reader->tree.is_table;
    source->topic = left->topic;
    source->topic_spec = left->topic_spec;
    source->schema = tg_schema_new(arena, reader->row->columns, reader->row->count);
    source->key_format = left->key_format;
    source->value_format = left->value_format;
    source->timestamp_column = TG_SCHEMA_NONE;
    source->window_kind = reader->tree.window_kind;
    source->window_size_ms = reader->tree.window_size_ms;
    return source;
}

enum tg_code tg_analyze_joins(struct tg_analyzer *analyzer, const struct tg_ast_query *query,
                              struct tg_query_analysis *analysis, struct tg_row *ret_row,
                              struct tg_join_tree *ret_tree, struct tg_error *reterr)
{
    uint32_t count = query->join_count;
    struct join_reader reader = {.analyzer = analyzer, .query = query, .row = ret_row};
    reader.sources = tg_arena_alloc_zero(analyzer->arena, count + 1, sizeof *reader.sources);
    reader.joins = tg_arena_alloc_zero(analyzer->arena, count, sizeof *reader.joins);
    TG_TRY(find_sources(&reader, reterr));
    reader.name = make_name(&reader);
    TG_TRY(check_formats(&reader, reterr));
    fill_row(&reader);
    tg_join_tree_init(&reader.tree, reader.row, &reader.sources[0]);
    for (uint32_t i = 0; i < count; i++)
        TG_TRY(read_join(&reader, i, reterr));
    tg_join_add_keys(&reader.tree, reader.row);
    analysis->source = whole(&reader);
    analysis->record_key = reader.tree.format;
    analysis->joined_count = count + 1;
    analysis->joined = reader.sources;
    analysis->joins = reader.joins;
    *ret_tree = reader.tree;
    return TG_OK;
}
