/* service/test/records.h: records between their form in test files (JSON) and their bytes in a topic, and the
 * topics of a case with all records written to them so far. Ownership: arena. Thread: one. */
#pragma once

#include "serde/registry/registry.h"
#include "service/test/json.h"
#include "sql/job.h"
#include "topology/driver.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What the records of a topic are made of. */
struct tg_test_codec {
    const struct tg_source_definition *source;
    struct tg_registry *registry; /* of the case; borrowed */
};

/* A record's key or value as text files show it goes to bytes by the format of a stream or table: JSON as it
 * is written, DELIMITED and KAFKA's text from a string, KAFKA's numbers from a number. *ret_bytes: data NULL
 * for null. Errors: USAGE if the JSON does not fit the column. */
TG_MUST_CHECK enum tg_code tg_test_encode(struct tg_arena *arena, const struct tg_test_codec *codec,
                                          bool is_key, const struct tg_json_tree *json,
                                          struct tg_slice *ret_bytes, struct tg_error *reterr);
/* The opposite. Bytes that are no such record come back as a string. */
const struct tg_json_tree *tg_test_decode(struct tg_arena *arena, const struct tg_test_codec *codec,
                                          bool is_key, struct tg_slice bytes);

/* A record of a topic, in bytes; the key has its window behind it. */
struct tg_test_record {
    int64_t timestamp_ms;
    struct tg_slice key, value; /* data NULL: none */
    const struct tg_header *headers;
    uint32_t header_count;
};

struct tg_test_topic {
    const char *name;
    struct tg_test_record *records;
    size_t count, capacity;
    size_t checked;               /* records that a comparison has passed */
    struct tg_registry *registry; /* of tg_test_topics */
};

/* Topics by name. */
struct tg_test_topics {
    struct tg_arena *arena;
    struct tg_registry *registry; /* borrowed */
    struct tg_test_topic *topics;
    size_t count, capacity;
};
struct tg_test_topic *tg_test_topics_get(struct tg_test_topics *topics,
                                         const char *name); /* made if absent */
/* A tg_driver_visitor whose context is a tg_test_topics: keeps a copy. */
void tg_test_topics_add(void *context, const struct tg_driver_record *record);
void tg_test_topics_done(struct tg_test_topics *topics);

/* An entry of "inputs" as a record for the driver; slices are in the arena. */
TG_MUST_CHECK enum tg_code tg_test_input(struct tg_arena *arena, const struct tg_test_codec *codec,
                                         const struct tg_json_tree *input,
                                         struct tg_driver_record *ret_record, struct tg_error *reterr);

/* Headers as test files show them: a list of {KEY, VALUE in base64}. */
const struct tg_header *tg_test_headers(struct tg_arena *arena, const struct tg_json_tree *list);

/* The key's bytes without its window. */
struct tg_slice tg_test_inner_key(const struct tg_source_definition *source, struct tg_slice key);

/* A record in the form that is compared: absent window: start_ms -1. */
struct tg_test_row {
    const struct tg_json_tree *key, *value;
    int64_t timestamp_ms;
    int64_t window_start_ms, window_end_ms;
    const struct tg_header *headers;
    uint32_t header_count;
};
void tg_test_row_of(struct tg_arena *arena, const struct tg_test_codec *codec,
                    const struct tg_test_record *record, struct tg_test_row *ret_row);

#ifdef __cplusplus
}
#endif
