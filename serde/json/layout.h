/* serde/json/layout.h: how the previous object of a shape was written: the text in front of each value.
 * Records of a topic mostly agree in it to the byte, so a member is known, with its separators, by one
 * comparison. Ownership: the steps live in the decoder's arena. Thread: the decoder's. */
#pragma once

#include "base/slice.h"
#include "data/type.h"
#include "serde/json/bytes.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What a member's value mostly is, and is then read without a cursor (plain.h). */
enum tg_json_plain {
    TG_JSON_PLAIN_NONE, /* it has no plain form */
    TG_JSON_PLAIN_TEXT,
    TG_JSON_PLAIN_INT64,
    TG_JSON_PLAIN_INT32,
    TG_JSON_PLAIN_ANY, /* a member that is no column */
};

struct tg_json_step {
    struct tg_json_prefix prefix; /* from behind the value before (first: from the name) up to this value */
    int32_t field;                /* or TG_JSON_FIELD_NONE */
    enum tg_json_plain plain;
    uint32_t found; /* fields among the steps up to this one */
};

/* The first members of the object read last. None of their fields comes twice. */
struct tg_json_layout {
    struct tg_json_step *steps;
    uint32_t count;
    uint32_t capacity;
};

enum tg_json_plain tg_json_plain_of(enum tg_type_kind kind);

/* The object at hand has this in its `position`, and has had the steps before it. Members behind one that was
 * not noted cannot be. */
void tg_json_layout_note(struct tg_json_layout *layout, uint32_t position, struct tg_slice text,
                         const struct tg_json_step *step);
/* The object at hand has something at `position` that no step can say. */
void tg_json_layout_end(struct tg_json_layout *layout, uint32_t position);

#ifdef __cplusplus
}
#endif
