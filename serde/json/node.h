/* serde/json/node.h: a record's shape, compiled for reading: which member name is which column or STRUCT
 * field. Ownership: nodes live in the decoder's arena. They remember the previous record's layout, so they
 * belong to one thread. */
#pragma once

#include "data/schema.h"
#include "serde/json/layout.h"
#include "serde/json/scan.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tg_json_fields;

struct tg_json_node {
    const struct tg_type *type;
    enum tg_type_kind kind;
    struct tg_json_fields *fields; /* STRUCT */
    struct tg_json_node *element;  /* ARRAY: element; MAP: value */
    struct tg_json_fields *entry;  /* MAP: an object of "key" and "value", for lists of entries */
};

struct tg_json_field {
    struct tg_slice name;
    struct tg_json_node node;
};

enum { TG_JSON_FIELD_NONE = -1 };

/* Where a field's value is in the current object: the last member of its exact name, else of its name in
 * other case. */
struct tg_json_winner {
    const uint8_t *value; /* NULL: there is no such member */
    bool exact;
};

struct tg_json_fields {
    uint32_t count;
    struct tg_json_field *fields;
    uint32_t object;                /* number of the current object, from 1 */
    uint32_t *seen;                 /* by field: the number of the last object that had it */
    struct tg_json_winner *winners; /* by field */
    struct tg_json_layout layout;   /* of the object before */
    uint32_t name_length_max;
    uint32_t table_mask;
    int32_t *table; /* field by hash of its name, or TG_JSON_FIELD_NONE */
};

struct tg_json_fields *tg_json_fields_new(struct tg_arena *arena, const struct tg_schema_column *columns,
                                          uint32_t count);
void tg_json_node_init(struct tg_json_node *node, struct tg_arena *arena, const struct tg_type *type);

/* The field that takes a member of this name: the one of exactly this name, else the one of the name in upper
 * case (ASCII). */
int32_t tg_json_fields_find(const struct tg_json_fields *fields, struct tg_slice name, bool *ret_exact);

/* Starts an object: no field has been seen in it. Returns its number. */
uint32_t tg_json_fields_begin(struct tg_json_fields *fields);

#ifdef __cplusplus
}
#endif
