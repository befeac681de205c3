/* topology/table/change_value.h: the value of a record in a table's repartition topic, as Kafka Streams
 * writes it (ChangedSerializer): old | 0x00 takes a row back, new | 0x01 adds one, and where both have the
 * same key varint(zigzag) length of new | new | old | 0x02 does both. Thread: any. */
#pragma once

#include "base/buffer.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tg_change_value {
    struct tg_slice old_value; /* data NULL: there is none */
    struct tg_slice new_value;
};

/* Appends the bytes; one of the two must be there. */
void tg_change_value_write(const struct tg_change_value *change, struct tg_buffer *out);
/* The slices point into `bytes`. Errors: CORRUPT. */
TG_MUST_CHECK enum tg_code tg_change_value_read(struct tg_slice bytes, struct tg_change_value *ret_change,
                                                struct tg_error *reterr);

#ifdef __cplusplus
}
#endif
