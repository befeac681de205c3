/* expr/kernel.h: what the kernels of expr/functions/ share. Thread: the task's worker thread. */
#pragma once

#include "base/buffer.h"
#include "expr/function.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The i-th row of the call: 0 <= i < row_count. */
static inline uint32_t tg_call_row(const struct tg_call *call, uint32_t i)
{
    return call->rows == NULL ? i : call->rows[i];
}

/* An empty buffer for building one value; the next call of this function empties it again. */
struct tg_buffer *tg_call_scratch(const struct tg_call *call);

/* Another one, for a result that is built while parts of it pass through the first. */
struct tg_buffer *tg_call_second_scratch(const struct tg_call *call);

/* The buffer's bytes in the batch arena. */
struct tg_slice tg_call_keep(const struct tg_call *call, const struct tg_buffer *buffer);

/* Sets a row's text result and its validity. */
static inline void tg_call_set_bytes(const struct tg_call *call, uint32_t row, struct tg_slice value)
{
    call->result->values.bytes[row] = value;
    call->result->valid[row] = 1;
}

/* The wall clock of the program's state. */
int64_t tg_call_now_ms(const struct tg_call *call);

/* A column of the call site's own (slots count from 0), cleared, with as many rows as the result. It keeps
 * its memory. */
struct tg_column *tg_call_column(const struct tg_call *call, uint32_t slot, const struct tg_type *type);

/* What the call site keeps from batch to batch in one task, a decoder say; NULL until it is set. */
void *tg_call_object(const struct tg_call *call);
/* Sets it, once; release(object) ends it with the program's state. */
void tg_call_set_object(const struct tg_call *call, void *object, void (*release)(void *object));

/* ---- lambdas ---- */

/* The rows of a lambda's body: its parameters' columns share one row numbering. */
struct tg_lambda_rows {
    const struct tg_column *const *parameters;
    uint32_t parameter_count;
    const uint32_t *rows; /* ascending; NULL: 0..row_count */
    uint32_t row_count;
    uint32_t row_limit; /* above every row */
    const uint32_t
        *owners; /* the call's row of each lambda row, indexed by lambda row; NULL: the same number */
};
/* Evaluates the lambda that is argument `argument` of the call. A call's row fails if the body fails for one
 * of its rows. The result is valid until the same lambda runs again. */
const struct tg_column *tg_call_lambda(const struct tg_call *call, uint32_t argument,
                                       const struct tg_lambda_rows *rows);

/* ---- values ---- */

/* Java's String.compareTo for UTF-8: the order of UTF-16 units, which differs from byte order above U+D7FF.
 */
int tg_text_compare(struct tg_slice a, struct tg_slice b);

/* Order of two rows that are not NULL, of one simple type (not nested). */
int tg_column_compare(const struct tg_column *a, uint32_t a_row, const struct tg_column *b, uint32_t b_row);

/* The entries of a MAP's row in the order of Java's HashMap: entry numbers in items[0..count). `items` has
 * room for twice as many. */
void tg_map_order(const struct tg_column *map, uint32_t row, uint64_t *items);

/* Without the characters up to U+0020 at both ends, as Java's trim. */
static inline struct tg_slice tg_text_trim(struct tg_slice text)
{
    size_t start = 0;
    size_t end = text.length;
    while (start < end && text.data[start] <= ' ')
        start++;
    while (end > start && text.data[end - 1] <= ' ')
        end--;
    return tg_slice_of(text.data + start, end - start);
}

/* The shortest digits that spell a finite double: it is `*ret_digits` * 10^`*ret_exponent`; at most 17
 * digits, none of the last is 0. */
void tg_double_digits(double value, tg_int128 *ret_digits, int *ret_exponent);

/* Copies rows of one type to another column, nested parts too; slices stay borrowed. rows == NULL:
 * 0..row_count. */
void tg_column_copy_rows(struct tg_column *target, const struct tg_column *source, const uint32_t *rows,
                         uint32_t row_count);

#ifdef __cplusplus
}
#endif
