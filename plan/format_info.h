/* plan/format_info.h: what must be known of formats before anything is decoded: names, wrapping, where they
 * may stand. Data only: the formats themselves are in serde/, which checks the types again when a query is
 * built. Thread: any, constants. */
#pragma once

#include "data/schema.h"

#ifdef __cplusplus
extern "C" {
#endif

enum tg_format_info_flag {
    TG_FORMAT_INFO_WRAP = 1,         /* a single value column may be written as {"name": value} */
    TG_FORMAT_INFO_UNWRAP = 2,       /* a single value column may be written bare */
    TG_FORMAT_INFO_MULTI_COLUMN = 4, /* more than one column */
    TG_FORMAT_INFO_NESTED = 8,       /* ARRAY, MAP, STRUCT */
    TG_FORMAT_INFO_DELIMITER = 16,   /* KEY_DELIMITER and VALUE_DELIMITER mean something */
    TG_FORMAT_INFO_REGISTRY = 32,    /* columns can come from a schema registry */
    TG_FORMAT_INFO_STRING_KEYS = 64, /* maps only with STRING keys */
    TG_FORMAT_INFO_EXECUTED = 128,   /* this version reads and writes it */
};

struct tg_format_info {
    const char *name; /* upper case */
    unsigned flags;
    unsigned type_kinds; /* bit (1 << kind): simple types it can carry */
};

const struct tg_format_info *tg_format_info_at(size_t index);           /* NULL at the end */
const struct tg_format_info *tg_format_info_find(struct tg_slice name); /* without case; NULL: unknown */

/* Can the format carry these columns as a key or a value? Returns the first column that it cannot, or count.
 */
uint32_t tg_format_info_refused(const struct tg_format_info *format, const struct tg_schema_column *columns,
                                uint32_t count);

#ifdef __cplusplus
}
#endif
