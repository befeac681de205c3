/* plan/faults.h: what a statement says about records that cannot be processed. What it means for each kind of
 * fault is decided in topology/faults.h. Thread: any. */
#pragma once

#include "base/buffer.h"
#include "base/error.h"
#include "base/slice.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tg_plan_reader;
struct tg_plan_writer;

enum tg_on_error {
    TG_ON_ERROR_UNSET,       /* not given: the settings decide, else ksqlDB's rules hold */
    TG_ON_ERROR_SKIP,        /* the record is left out */
    TG_ON_ERROR_NULL,        /* what failed becomes NULL */
    TG_ON_ERROR_DEAD_LETTER, /* the record is left out and written to the dead-letter topic */
    TG_ON_ERROR_FAIL,        /* the query stops in front of the record */
};

struct tg_plan_faults {
    enum tg_on_error on_error;
    const char *dead_letter_topic;  /* NULL: "<application id>-dead-letter" */
    const char *late_records_topic; /* gets the records whose windows were closed; NULL: none does */
};

/* "skip", "null", "dead-letter", "fail"; "" for UNSET. */
const char *tg_on_error_name(enum tg_on_error on_error);
/* Without case; '_' may stand for '-'. False if there is no such policy. */
bool tg_on_error_find(struct tg_slice name, enum tg_on_error *ret_on_error);

/* " on error dead-letter to 'x', late records to 'y'"; nothing if nothing is given. */
void tg_plan_describe_faults(const struct tg_plan_faults *faults, struct tg_buffer *out);
/* The optional member "faults" of a plan. */
void tg_plan_write_faults(struct tg_plan_writer *writer, const struct tg_plan_faults *faults);
TG_MUST_CHECK enum tg_code tg_plan_read_faults(struct tg_plan_reader *reader, struct tg_plan_faults *faults,
                                               struct tg_error *reterr);

#ifdef __cplusplus
}
#endif
