/* base/log.h: one line per event on stderr, as logfmt or JSON. Thread: any (one write(2) per line).
 * Library folders log at debug only; service/ and the task loop log once what the user must know. */
#pragma once

#include "base/error.h"

#ifdef __cplusplus
extern "C" {
#endif

enum tg_log_level { TG_LOG_DEBUG, TG_LOG_INFO, TG_LOG_WARN, TG_LOG_ERROR };
enum tg_log_form { TG_LOG_LOGFMT, TG_LOG_JSON };

/* A key with its value; build with the TG_LOG_* helpers below. Values are quoted and escaped: a value cannot
 * forge a line. */
struct tg_log_field {
    const char *key;
    enum { TG_LOG_FIELD_TEXT, TG_LOG_FIELD_INTEGER, TG_LOG_FIELD_REAL } kind;
    const char *text; /* NUL-terminated; may hold any bytes */
    int64_t integer;
    double real;
};

void tg_log_configure(enum tg_log_level least, enum tg_log_form form, int file_descriptor);
bool tg_log_enabled(enum tg_log_level level);
/* ts=2024-01-01T00:00:00.000Z level=info msg="..." key=value ...; `fields` ends with an entry whose key is
 * NULL. */
void tg_log_write(enum tg_log_level level, const char *message, const struct tg_log_field *fields);
/* Logs an error with its code and hint. */
void tg_log_error(enum tg_log_level level, const char *message, const struct tg_error *error,
                  const struct tg_log_field *fields);

#define TG_LOG_TEXT(name, value)                                                                             \
    {                                                                                                        \
        .key = (name), .kind = TG_LOG_FIELD_TEXT, .text = (value)                                            \
    }
#define TG_LOG_INT(name, value)                                                                              \
    {                                                                                                        \
        .key = (name), .kind = TG_LOG_FIELD_INTEGER, .integer = (value)                                      \
    }
#define TG_LOG_REAL(name, value)                                                                             \
    {                                                                                                        \
        .key = (name), .kind = TG_LOG_FIELD_REAL, .real = (value)                                            \
    }
#define TG_LOG_FIELDS(...) ((const struct tg_log_field[]){__VA_ARGS__, {.key = NULL}})

#ifdef __cplusplus
}
#endif
