/* The plan as a tree: lists, checks, layout ids. */
#include "plan/plan.h"

#include <string.h>

#define XXH_INLINE_ALL
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/memory.h"
#include "base/text.h"
#include "plan/node.h"
#include "plan/nodes/sink.h"

#define X(name) extern const struct tg_plan_node_kind name##_kind;
#include "plan/kinds.inc"
#undef X

enum {
    LAYOUT_FORM = 1
}; /* of the description that is hashed; raised when store bytes change for all kinds */

const struct tg_plan_node_kind *tg_plan_node_kind_at(size_t index)
{
    static const struct tg_plan_node_kind *const kinds[] = {
#define X(name) &name##_kind,
#include "plan/kinds.inc"
#undef X
    };
    return index < sizeof kinds / sizeof kinds[0] ? kinds[index] : NULL;
}

struct tg_plan_node *tg_plan_node_new(struct tg_arena *arena, const struct tg_plan_node_kind *kind,
                                      const char *step, const struct tg_schema *schema,
                                      struct tg_plan_node *const *inputs)
{
    struct tg_plan_node *node = tg_arena_alloc_zero(arena, 1, kind->size);
    node->kind = kind;
    node->step = step;
    node->schema = schema;
    node->input_count = kind->input_count;
    node->inputs = tg_arena_alloc_zero(arena, kind->input_count, sizeof(struct tg_plan_node *));
    for (uint32_t i = 0; i < kind->input_count; i++)
        node->inputs[i] = inputs[i];
    return node;
}

void tg_plan_expressions_add(struct tg_plan_expressions *list, const struct tg_expr *expr)
{
    tg_grow((void **)&list->items, &list->capacity, list->count + 1, sizeof(const struct tg_expr *));
    list->items[list->count++] = expr;
}

void tg_plan_expressions_done(struct tg_plan_expressions *list)
{
    tg_free(list->items);
    memset(list, 0, sizeof *list);
}

static uint32_t count_nodes(const struct tg_plan_node *node)
{
    uint32_t count = 1;
    for (uint32_t i = 0; i < node->input_count; i++)
        count += count_nodes(node->inputs[i]);
    return count;
}

static uint32_t list_nodes(struct tg_plan_node *node, struct tg_plan_node **list, uint32_t count)
{
    for (uint32_t i = 0; i < node->input_count; i++)
        count = list_nodes(node->inputs[i], list, count);
    list[count] = node;
    return count + 1;
}

uint32_t tg_plan_node_count(const struct tg_plan *plan)
{
    return count_nodes(plan->root);
}

void tg_plan_list_nodes(const struct tg_plan *plan, struct tg_plan_node **ret_nodes)
{
    list_nodes(plan->root, ret_nodes, 0);
}

static void write_layout(const struct tg_plan_node *node, struct tg_buffer *out)
{
    for (uint32_t i = 0; i < node->input_count; i++)
        write_layout(node->inputs[i], out);
    if (node->kind->write_layout == NULL)
        return;
    tg_buffer_printf(out, "%s{", node->kind->name);
    node->kind->write_layout(node, out);
    tg_buffer_append_text(out, "}\n");
}

uint64_t tg_plan_layout_id(const struct tg_plan_node *node)
{
    struct tg_buffer description = {0};
    tg_buffer_printf(&description, "layout %d\n", LAYOUT_FORM);
    write_layout(node, &description);
    uint64_t id = XXH3_64bits(description.data, description.length);
    tg_buffer_done(&description);
    return id;
}

/* ---- checks ---- */

/* Pseudo columns and headers have fixed types: operators fill them without asking. */
static bool role_fits(const struct tg_schema_column *column)
{
    switch (column->role) {
    case TG_COLUMN_KEY:
    case TG_COLUMN_VALUE:
        return true;
    case TG_COLUMN_HEADERS:
        return column->type->kind == TG_TYPE_ARRAY && column->type->element->kind == TG_TYPE_STRUCT &&
               column->type->element->field_count == 2;
    case TG_COLUMN_HEADER:
        return column->type->kind == TG_TYPE_BYTES && column->header_key != NULL;
    case TG_COLUMN_ROWPARTITION:
        return column->type->kind == TG_TYPE_INT;
    case TG_COLUMN_ROWTIME:
    case TG_COLUMN_ROWOFFSET:
    case TG_COLUMN_WINDOWSTART:
    case TG_COLUMN_WINDOWEND:
        return column->type->kind == TG_TYPE_BIGINT;
    }
    return false;
}

TG_MUST_CHECK static enum tg_code check_schema(const struct tg_schema *schema, struct tg_error *reterr)
{
    for (uint32_t i = 0; i < schema->count; i++) {
        if (!role_fits(&schema->columns[i]))
            return tg_fail(reterr, TG_CODE_CORRUPT, "column %s has a type that does not fit its role",
                           schema->columns[i].name);
        for (uint32_t j = 0; j < i; j++) {
            if (strcmp(schema->columns[i].name, schema->columns[j].name) == 0)
                return tg_fail(reterr, TG_CODE_CORRUPT, "two columns are named %s", schema->columns[i].name);
        }
    }
    return TG_OK;
}

TG_MUST_CHECK static enum tg_code check_node(const struct tg_plan_node *node, struct tg_error *reterr)
{
    if (node->step == NULL || node->step[0] == '\0')
        return tg_fail(reterr, TG_CODE_CORRUPT, "a %s node has no step name", node->kind->name);
    for (uint32_t i = 0; i < node->input_count; i++)
        TG_TRY(check_node(node->inputs[i], reterr));
    enum tg_code code = check_schema(node->schema, reterr);
    if (code == TG_OK)
        code = node->kind->check(node, reterr);
    if (code != TG_OK)
        (void)tg_fail_context(reterr, "step %s", node->step);
    return code;
}

TG_MUST_CHECK static enum tg_code check_steps(const struct tg_plan *plan, struct tg_error *reterr)
{
    uint32_t count = tg_plan_node_count(plan);
    struct tg_plan_node **nodes = tg_alloc_zero(count, sizeof(struct tg_plan_node *));
    tg_plan_list_nodes(plan, nodes);
    enum tg_code code = TG_OK;
    for (uint32_t i = 0; i < count && code == TG_OK; i++) {
        for (uint32_t j = 0; j < i && code == TG_OK; j++) {
            if (strcmp(nodes[i]->step, nodes[j]->step) == 0)
                code = tg_fail(reterr, TG_CODE_CORRUPT, "two steps are named %s", nodes[i]->step);
        }
    }
    tg_free(nodes);
    return code;
}

enum tg_code tg_plan_check(const struct tg_plan *plan, struct tg_error *reterr)
{
    if (plan->root->kind != &tg_plan_sink_kind)
        return tg_fail(reterr, TG_CODE_CORRUPT, "the root of a plan is a %s, not a Sink",
                       plan->root->kind->name);
    TG_TRY(check_node(plan->root, reterr));
    return check_steps(plan, reterr);
}

enum tg_code tg_plan_check_format(const struct tg_plan_format *format, struct tg_error *reterr)
{
    if (format->name == NULL || format->name[0] == '\0')
        return tg_fail(reterr, TG_CODE_CORRUPT, "a format has no name");
    return TG_OK;
}

enum tg_code tg_plan_check_window(const struct tg_window *window, struct tg_error *reterr)
{
    if (window->kind == TG_WINDOW_NONE)
        return TG_OK;
    if (window->size_ms > TG_WINDOW_SPAN_MAX_MS || window->grace_ms > TG_WINDOW_SPAN_MAX_MS ||
        window->retention_ms > TG_WINDOW_SPAN_MAX_MS)
        return tg_fail(reterr, TG_CODE_CORRUPT, "a span of a window is longer than %lld ms",
                       (long long)TG_WINDOW_SPAN_MAX_MS);
    if (window->size_ms <= 0)
        return tg_fail(reterr, TG_CODE_CORRUPT, "a window has the size %lld ms", (long long)window->size_ms);
    bool advances = window->kind == TG_WINDOW_HOPPING
                        ? window->advance_ms > 0 && window->advance_ms <= window->size_ms
                    : window->kind == TG_WINDOW_TUMBLING ? window->advance_ms == window->size_ms
                                                         : window->advance_ms == 0;
    if (!advances)
        return tg_fail(reterr, TG_CODE_CORRUPT, "a window of %lld ms advances by %lld ms",
                       (long long)window->size_ms, (long long)window->advance_ms);
    if (window->grace_ms < 0 || window->retention_ms < window->size_ms)
        return tg_fail(reterr, TG_CODE_CORRUPT,
                       "a window has a grace period of %lld ms and a retention of %lld ms",
                       (long long)window->grace_ms, (long long)window->retention_ms);
    return TG_OK;
}

enum tg_code tg_plan_check_timestamp(const struct tg_schema *schema, int32_t column, const char *format,
                                     struct tg_error *reterr)
{
    if (column == -1)
        return TG_OK;
    if (column < 0 || (uint32_t)column >= schema->count)
        return tg_fail(reterr, TG_CODE_CORRUPT, "the time column has number %d of %u", column, schema->count);
    const struct tg_schema_column *time = &schema->columns[column];
    bool fits = time->type->kind == TG_TYPE_STRING
                    ? format != NULL
                    : time->type->kind == TG_TYPE_BIGINT || time->type->kind == TG_TYPE_TIMESTAMP;
    if (!fits)
        return tg_fail(reterr, TG_CODE_CORRUPT, "column %s cannot give the time", time->name);
    return TG_OK;
}
