/* service/demo/feeder.h: makes invoices, always the same ones. Thread: one. */
#pragma once

#include "base/buffer.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tg_invoice {
    const char *store; /* the record's key; static */
    int64_t created_ms;
};

/* Writes invoice `number` (from 0) as JSON into `out` (replacing its content). `base_ms` is the time of
 * invoice 0; each later one is some seconds after the one before. */
void tg_feeder_invoice(uint64_t number, int64_t base_ms, struct tg_buffer *out,
                       struct tg_invoice *ret_invoice);

#ifdef __cplusplus
}
#endif
