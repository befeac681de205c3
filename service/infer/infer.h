/* service/infer/infer.h: what a topic's keys and values seem to be, from a sample of its records: their
 * formats, columns and types, and what was seen; and the statement that declares them. Records with the id of
 * a schema before them are what the schema says. Ownership: arena. Thread: one; waits for the registry. */
#pragma once

#include "data/schema.h"
#include "serde/registry/registry.h"
#include "service/infer/sample.h"
#include "service/infer/shape.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tg_inferred_column {
    const char *name; /* as it is in the records */
    const struct tg_type *type;
    const char *note; /* what was seen; "" nothing to say */
};

/* Keys or values. */
struct tg_inferred_half {
    const char *format; /* "JSON" */
    char delimiter;     /* DELIMITED; else 0 */
    bool unwrapped;     /* the only column is the whole key or value */
    uint32_t column_count;
    struct tg_inferred_column *columns;
    const char *note;        /* in words, for the head of the statement */
    const char *time_column; /* a column of times, or NULL */
    const char *time_format; /* "": ms */
};

struct tg_inference {
    const char *topic;
    const struct tg_sample *sample;
    struct tg_inferred_half key, value; /* key: "NONE" if no record has one */
};

struct tg_infer_options {
    const char *topic;
    const struct tg_sample *sample;
    struct tg_registry *registry; /* NULL: none is configured */
    struct tg_shape_style style;
    bool header; /* DELIMITED: the oldest record has the names of the columns */
};

/* Errors: CONFIG if the values cannot be told, saying what was seen; those of the registry. */
TG_MUST_CHECK enum tg_code tg_infer(const struct tg_infer_options *options, struct tg_arena *arena,
                                    struct tg_inference *ret_inference, struct tg_error *reterr);

struct tg_infer_sql {
    const char *name; /* of the stream */
    bool comments;    /* what was seen, beside the columns */
    bool keep_case;   /* names exactly as in the records; else unquoted where that reads the same records */
};
/* The name of a stream that reads a topic: "ORDERS_JSON" for "orders-json". */
const char *tg_infer_stream_name(struct tg_arena *arena, const char *topic);
/* CREATE STREAM ... WITH (...); and a new line. */
void tg_infer_write_sql(const struct tg_inference *inference, const struct tg_infer_sql *sql,
                        struct tg_buffer *out);
/* One name; unquoted in its own spelling where no quotes are needed. */
void tg_infer_write_name(const char *name, bool keep_case, struct tg_buffer *out);

#ifdef __cplusplus
}
#endif
