/* data/column.h: the values of one column for the rows of a batch, with one validity byte per row.
 * Ownership: a column owns its arrays and keeps them when cleared, so a reused column stops allocating after
 * warm-up. STRING and BYTES values are borrowed slices (of the message or of the batch arena): they live as
 * long as the batch. Thread: the task's worker thread only. */
#pragma once

#include "data/decimal.h"
#include "data/type.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The elements of an ARRAY or MAP row: `count` rows of the child column(s), from `start`. */
struct tg_range {
    uint32_t start;
    uint32_t count;
};

struct tg_column {
    const struct tg_type *type;
    uint32_t length;   /* rows in use; of a child column: elements of all rows so far */
    uint32_t capacity; /* rows allocated */
    uint8_t *valid;    /* 1: the row has a value, 0: it is NULL (then its value is undefined) */
    union {
        void *any;
        uint8_t *boolean;
        int32_t *int32;  /* INT, DATE, TIME */
        int64_t *int64;  /* BIGINT, TIMESTAMP */
        double *float64; /* DOUBLE */
        tg_int128 *decimal;
        struct tg_slice *bytes; /* STRING, BYTES */
        struct tg_range *range; /* ARRAY, MAP; a STRUCT has no values of its own */
    } values;
    uint32_t child_count; /* ARRAY 1 (element); MAP 2 (key, value); STRUCT its fields, row for row */
    struct tg_column **children;
};

struct tg_column *tg_column_new(const struct tg_type *type); /* the type must outlive the column */
void tg_column_free(struct tg_column *column);               /* NULL is a no-op */
void tg_column_clear(struct tg_column *column);              /* length 0, children too; memory stays */
/* Room for at least `rows` rows in all. New rows' validity is undefined. STRUCT children are resized with it.
 */
void tg_column_reserve(struct tg_column *column, uint32_t rows);
/* Sets length to `rows` (reserving), STRUCT children too. */
void tg_column_resize(struct tg_column *column, uint32_t rows);
void tg_column_set_null(struct tg_column *column, uint32_t row); /* in a STRUCT: its fields of that row too */
size_t tg_type_value_bytes(const struct tg_type *type); /* bytes of one entry of `values`; 0 for STRUCT */

/* Appends an element row to a child column (of an ARRAY or MAP) and returns its row number; validity is
 * undefined. */
uint32_t tg_column_extend(struct tg_column *column);

/* Copies one row (nested parts too) to a row below target->length. Types must be equal. Slices stay borrowed.
 */
void tg_column_copy_row(struct tg_column *target, uint32_t target_row, const struct tg_column *source,
                        uint32_t source_row);
/* The same, with STRING and BYTES copied into `arena`. */
void tg_column_copy_row_into(struct tg_column *target, uint32_t target_row, const struct tg_column *source,
                             uint32_t source_row, struct tg_arena *arena);

/* SQL equality of two rows of one type, NULL equal to NULL, nested parts by value. */
bool tg_column_row_equal(const struct tg_column *a, uint32_t a_row, const struct tg_column *b,
                         uint32_t b_row);

#ifdef __cplusplus
}
#endif
