/* serde/delimited/delimited.h: what the files of this folder share. Private to serde/delimited/.
 * One record is one line of cells: commons-csv's default form with a delimiter of choice, as ksqlDB's
 * DELIMITED. */
#pragma once

#include "serde/format.h"

#ifdef __cplusplus
extern "C" {
#endif

extern const struct tg_format tg_format_delimited;

struct tg_csv_cell {
    struct tg_slice raw; /* without the quotes around it */
    bool doubled;        /* has quotes that were written twice */
};

/* A line that cannot be taken apart. */
struct tg_csv_fault {
    size_t offset; /* bytes from the start of the record */
    const char *reason;
};

/* Takes the record apart into at most `cells_max` cells (the others are counted only); *ret_count 0: the
 * record has no line. Empty lines before and behind the line are passed over. */
bool tg_csv_split(struct tg_slice record, uint8_t delimiter, struct tg_csv_cell *cells, uint32_t cells_max,
                  uint32_t *ret_count, struct tg_csv_fault *ret_fault);

TG_MUST_CHECK enum tg_code tg_delimited_decoder_open(const struct tg_format_options *options,
                                                     struct tg_decoder **ret_decoder,
                                                     struct tg_error *reterr);
TG_MUST_CHECK enum tg_code tg_delimited_encoder_open(const struct tg_format_options *options,
                                                     struct tg_encoder **ret_encoder,
                                                     struct tg_error *reterr);

#ifdef __cplusplus
}
#endif
