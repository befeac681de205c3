/* topology/join/side.h: one input of a stream-stream join: the bytes by which its rows are found (keys) and
 * kept (values), and the columns of rows that were kept.
 *
 * Key: the record key in the key format of the left input, its window behind it. Rows that are not records,
 * or whose bytes could be written in several ways (JSON), have their key columns encoded. Value, after a byte
 * that says which: 0  the record's value (of a source, or of a repartition topic), so that a column that a
 * later statement adds finds its data 1  offset u64 | number of headers u32 | per header u32 length | name |
 * u32 length, or UINT32_MAX for none | value, then the record's value: where the statement reads offset or
 * headers 2  all columns (topology/rows/row_bytes.h): rows that are no records Thread: the task's worker. */
#pragma once

#include "topology/rows/record_codec.h"
#include "topology/task.h"

struct join_side {
    const struct tg_operator *input;
    bool is_record;         /* rows are records of a topic as they are */
    bool keeps_marks;       /* offset and headers */
    const bool *needed;     /* per column of the input's schema */
    uint32_t key_count;     /* the columns that the key gives: key columns, then bounds of its window */
    uint32_t *key_columns;  /* in the input's schema */
    uint32_t encoded_count; /* how many of them are key columns */
    size_t window_bytes;    /* of a source's windowed key, at its end */
    int64_t window_size_ms; /* 0: sessions */
    bool encodes_key;
    struct tg_record_encoder key_encoder;
    struct tg_buffer keys;     /* encoded keys with their windows */
    struct tg_slice *row_keys; /* per selected row of the present batch */
    uint32_t *rows;
    uint32_t row_capacity;
    struct tg_record_half key_half, value_half;
    struct tg_decoder *key_decoder, *value_decoder; /* NULL: no such columns */
    struct tg_column **key_targets, **value_targets;
    struct tg_buffer value;
    /* Rows that were kept and are to be read, and their columns. */
    uint32_t stored_count, stored_capacity;
    struct tg_slice *stored_keys, *stored_values;
    int64_t *stored_times;
    struct tg_decode_error *errors;
    struct tg_batch_memory memory;
};

struct join_side_options {
    const struct tg_operator *input;
    const struct tg_operator *key_model; /* the left input */
    const uint32_t *copied;              /* columns that the join copies */
    uint32_t copied_count;
    const char *step;
};
TG_MUST_CHECK enum tg_code join_side_open(struct join_side *side, const struct join_side_options *options,
                                          struct tg_error *reterr);
void join_side_done(struct join_side *side);

/* Makes the keys of the batch's selected rows: side->row_keys, data NULL: no key. */
TG_MUST_CHECK enum tg_code join_side_keys(struct join_side *side, const struct tg_batch *batch,
                                          struct tg_error *reterr);
/* The bytes to keep of a row; valid until the next call. */
struct tg_slice join_side_value(struct join_side *side, const struct tg_batch *batch, uint32_t row);

/* Notes a row that was kept; key and value must live until the columns were used. Returns its number. */
uint32_t join_side_add_stored(struct join_side *side, struct tg_slice key, struct tg_slice value,
                              int64_t time_ms);
/* Reads the noted rows into side->memory.batch.columns. STRING and BYTES borrow from key, value and arena. */
TG_MUST_CHECK enum tg_code join_side_decode(struct join_side *side, struct tg_arena *arena,
                                            struct tg_error *reterr);
