/* plan/plan.h: the physical plan of one query: the contract between sql/ (which makes it) and topology/
 * (which runs it). A plan can be written to JSON and read back (a version per node kind), so stored queries
 * survive upgrades. Immutable once built; lives in one arena. Thread: any. */
#pragma once

#include "base/properties.h"
#include "data/schema.h"
#include "expr/expr.h"
#include "plan/faults.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tg_plan_node_kind;

/* First member of every node's struct (plan/nodes/<kind>.h). */
struct tg_plan_node {
    const struct tg_plan_node_kind *kind;
    const char *step; /* logical role, unique in the query: "Source", "Aggregate", "Project"; names stores and
                         metrics */
    const struct tg_schema *schema; /* of the output */
    bool is_table;                  /* the output is a table's changelog, else a stream */
    uint32_t input_count;
    struct tg_plan_node **inputs;
};

/* How the key or the value of a topic is written. */
struct tg_plan_format {
    const char *name;          /* "JSON" */
    bool unwrapped;            /* the single column is written bare */
    char delimiter;            /* 0: the format's default */
    int32_t schema_id;         /* of the registry: sinks write by it; 0: by what the columns make */
    const char *full_name;     /* of the record or message in the schema; NULL: the format's own */
    enum tg_nullable nullable; /* PROTOBUF: of the schema that the columns make */
};

enum tg_window_kind { TG_WINDOW_NONE, TG_WINDOW_TUMBLING, TG_WINDOW_HOPPING, TG_WINDOW_SESSION };

/* Longest span of a window: row times are below it, too, so that their sums do not overflow. */
#define TG_WINDOW_SPAN_MAX_MS (INT64_MAX / 4)

struct tg_window {
    enum tg_window_kind kind;
    int64_t size_ms;      /* SESSION: the inactivity gap */
    int64_t advance_ms;   /* TUMBLING: equal to size_ms; SESSION: 0 */
    int64_t grace_ms;     /* resolved: never negative */
    int64_t retention_ms; /* resolved */
};

/* A topic the query reads or writes, for creation and checks before start. */
struct tg_plan_topic {
    const char *name;
    int32_t partition_count;    /* 0: as the left-most source topic has */
    int32_t replication_factor; /* -1: the broker's default */
    int64_t retention_ms;       /* -2: not given; else the topic setting */
    bool compacted;             /* a table's sink */
};

struct tg_plan {
    const char *query_id; /* "CSAS_NOTIFICATIONS": from the sink's name or QUERY_ID, never a running number */
    const char *statement;     /* the SQL text it came from */
    struct tg_plan_node *root; /* a sink */
    struct tg_plan_faults faults;
};

/* Text tree for EXPLAIN, one line per node, with the register program of each expression when `programs` is
 * true. */
struct tg_plan_text_options {
    bool programs;
};
TG_MUST_CHECK enum tg_code tg_plan_write_text(const struct tg_plan *plan,
                                              const struct tg_plan_text_options *options,
                                              struct tg_buffer *out, struct tg_error *reterr);
void tg_plan_write_json(const struct tg_plan *plan,
                        struct tg_buffer *out); /* canonical: same plan, same bytes */
/* Errors: CORRUPT with the JSON path of what is wrong; UNSUPPORTED for a node version that is newer than this
 * program. */
TG_MUST_CHECK enum tg_code tg_plan_read_json(struct tg_arena *arena, struct tg_slice json,
                                             const struct tg_plan **ret_plan, struct tg_error *reterr);

/* Stable hash of everything that decides a store's bytes below `node` (keys, windows, aggregates and their
 * types; not names of statements, not projections above). A store written under another id is refused at
 * open. */
uint64_t tg_plan_layout_id(const struct tg_plan_node *node);

/* All nodes of the tree, inputs before their consumers. */
uint32_t tg_plan_node_count(const struct tg_plan *plan);
void tg_plan_list_nodes(const struct tg_plan *plan, struct tg_plan_node **ret_nodes);

#ifdef __cplusplus
}
#endif
