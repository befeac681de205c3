/* topology/table/key_bytes.h: the bytes by which a table's store knows the keys of rows. Records of one key
 * may come with different bytes (spaces in JSON), so the key columns are encoded anew where a format leaves a
 * choice; KAFKA's leaves none. The window of a windowed key follows as it came. Thread: the task's worker. */
#pragma once

#include "topology/operator.h"
#include "topology/rows/record_codec.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The format of the keys of a store whose table's records have keys of `format`. */
struct tg_plan_format tg_store_key_format(const struct tg_plan_format *format);

struct tg_key_bytes {
    bool is_raw; /* the records' own bytes serve */
    struct tg_record_encoder encoder;
    size_t window_bytes; /* behind the key in a record's bytes */
    struct tg_slice *keys;
    uint32_t *rows;
    struct tg_buffer windowed;
    size_t *ends; /* of `windowed` */
    uint32_t capacity;
};

/* For the rows that `rows_of` sends (with its node's schema), as the table that comes from `table` knows
 * them: a Materialize operator, or what is above some. */
TG_MUST_CHECK enum tg_code tg_key_bytes_open(const struct tg_operator *rows_of,
                                             const struct tg_operator *table, struct tg_key_bytes *keys,
                                             struct tg_error *reterr);
/* *ret_keys[row] for the rows of the batch: data NULL for a null key and for rows that are not selected.
 * Valid until the next call, and as long as the batch. */
TG_MUST_CHECK enum tg_code tg_key_bytes_of(struct tg_key_bytes *keys, const struct tg_batch *batch,
                                           const struct tg_slice **ret_keys, struct tg_error *reterr);
void tg_key_bytes_done(struct tg_key_bytes *keys);

#ifdef __cplusplus
}
#endif
