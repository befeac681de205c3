/* service/infer/infer_internal.h: what the files that tell formats share; private to service/infer/. */
#pragma once

#include "service/infer/infer.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The keys or values of a sample that have bytes. */
struct tg_infer_bytes {
    const struct tg_infer_options *options;
    struct tg_arena *arena;
    bool is_key;
    uint32_t count;
    const struct tg_slice *bytes;
    const struct tg_sample_record *const *records;
};

const char *tg_infer_half_word(const struct tg_infer_bytes *bytes); /* "keys" or "values" */
/* The only column of a half: "ROWKEY" or "ROWVAL". */
void tg_infer_single(const struct tg_infer_bytes *bytes, const struct tg_type *type, const char *note,
                     struct tg_inferred_half *ret_half);
/* Each looks whether the bytes are of its kind; false: they are not. */
bool tg_infer_json(const struct tg_infer_bytes *bytes, struct tg_inferred_half *ret_half);
bool tg_infer_delimited(const struct tg_infer_bytes *bytes, struct tg_inferred_half *ret_half);
/* By the ids before the records. Errors: those of the registry, and of the schema. */
TG_MUST_CHECK enum tg_code tg_infer_schema(const struct tg_infer_bytes *bytes, bool *ret_found,
                                           struct tg_inferred_half *ret_half, struct tg_error *reterr);

#ifdef __cplusplus
}
#endif
