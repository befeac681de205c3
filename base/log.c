#include "base/log.h"

#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/text.h"

/* Where the lines of this process go: one place for all threads. */
static _Atomic int log_least = TG_LOG_INFO;
static _Atomic int log_form = TG_LOG_LOGFMT;
static _Atomic int log_file = STDERR_FILENO;

static const char *const level_names[] = {"debug", "info", "warn", "error"};

void tg_log_configure(enum tg_log_level least, enum tg_log_form form, int file_descriptor)
{
    atomic_store(&log_least, (int)least);
    atomic_store(&log_form, (int)form);
    atomic_store(&log_file, file_descriptor);
}

bool tg_log_enabled(enum tg_log_level level)
{
    return (int)level >= atomic_load_explicit(&log_least, memory_order_relaxed);
}

static void append_timestamp(struct tg_buffer *line, int64_t wall_ms)
{
    int64_t ms = wall_ms % 86400000;
    /* Years that start in March, in eras of 400 years: so leap days come last. */
    int64_t shifted = wall_ms / 86400000 + 719468;
    int64_t era = shifted / 146097;
    int64_t day = shifted % 146097;
    int64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
    day -= 365 * year + year / 4 - year / 100;
    int64_t month = (5 * day + 2) / 153;
    day -= (153 * month + 2) / 5;
    month += month < 10 ? 3 : -9;
    year += era * 400 + (month <= 2);
    tg_buffer_printf(line, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", (int)year, (int)month, (int)day + 1,
                     (int)(ms / 3600000), (int)(ms / 60000 % 60), (int)(ms / 1000 % 60), (int)(ms % 1000));
}

/* C0 and C1 controls and DEL: a terminal might obey them, and a line end would forge a line. */
static bool is_control(const uint8_t *bytes, size_t width)
{
    return bytes[0] < 0x20 || bytes[0] == 0x7F || (width == 2 && bytes[0] == 0xC2 && bytes[1] < 0xA0);
}

static void append_escaped(struct tg_buffer *line, const uint8_t *bytes, size_t width)
{
    uint8_t byte = bytes[width - 1];
    if (byte == '"' || byte == '\\')
        tg_buffer_printf(line, "\\%c", byte);
    else if (byte == '\n')
        tg_buffer_append_text(line, "\\n");
    else if (byte == '\t')
        tg_buffer_append_text(line, "\\t");
    else if (byte == '\r')
        tg_buffer_append_text(line, "\\r");
    else
        tg_buffer_printf(line, "\\u%04x", byte);
}

/* In quotes; what is not UTF-8 becomes U+FFFD, so that JSON lines stay JSON. */
static void append_quoted(struct tg_buffer *line, struct tg_slice text)
{
    tg_buffer_append_byte(line, '"');
    size_t at = 0;
    while (at < text.length) {
        size_t valid = at + tg_utf8_valid_prefix(tg_slice_of(text.data + at, text.length - at));
        while (at < valid) {
            const uint8_t *bytes = text.data + at;
            size_t width = bytes[0] < 0x80 ? 1 : bytes[0] < 0xE0 ? 2 : bytes[0] < 0xF0 ? 3 : 4;
            if (is_control(bytes, width) || bytes[0] == '"' || bytes[0] == '\\')
                append_escaped(line, bytes, width);
            else
                tg_buffer_append(line, bytes, width);
            at += width;
        }
        if (at < text.length) {
            tg_buffer_append_text(line, "\xEF\xBF\xBD");
            at++;
        }
    }
    tg_buffer_append_byte(line, '"');
}

static bool is_bare(struct tg_slice text)
{
    for (size_t i = 0; i < text.length; i++) {
        uint8_t byte = text.data[i];
        if (byte <= ' ' || byte >= 0x7F || byte == '"' || byte == '=' || byte == '\\')
            return false;
    }
    return text.length > 0;
}

static void append_key(struct tg_buffer *line, enum tg_log_form form, const char *key)
{
    if (form == TG_LOG_LOGFMT) {
        tg_buffer_printf(line, "%s%s=", line->length == 0 ? "" : " ", key);
        return;
    }
    tg_buffer_append_byte(line, line->length == 0 ? '{' : ',');
    append_quoted(line, tg_slice_text(key));
    tg_buffer_append_byte(line, ':');
}

static void append_text_value(struct tg_buffer *line, enum tg_log_form form, const char *text)
{
    struct tg_slice value = tg_slice_text(text);
    if (form == TG_LOG_LOGFMT && is_bare(value))
        tg_buffer_append_slice(line, value);
    else
        append_quoted(line, value);
}

static void append_field(struct tg_buffer *line, enum tg_log_form form, const struct tg_log_field *field)
{
    append_key(line, form, field->key);
    switch (field->kind) {
    case TG_LOG_FIELD_TEXT:
        append_text_value(line, form, field->text);
        break;
    case TG_LOG_FIELD_INTEGER:
        tg_buffer_printf(line, "%lld", (long long)field->integer);
        break;
    case TG_LOG_FIELD_REAL:
        if (form == TG_LOG_JSON && !isfinite(field->real))
            tg_buffer_append_text(line, "null");
        else
            tg_buffer_printf(line, "%.9g", field->real);
        break;
    }
}

static void append_start(struct tg_buffer *line, enum tg_log_form form, enum tg_log_level level,
                         const char *message)
{
    append_key(line, form, "ts");
    if (form == TG_LOG_JSON)
        tg_buffer_append_byte(line, '"');
    append_timestamp(line, tg_clock_wall_ms(tg_clock_real()));
    if (form == TG_LOG_JSON)
        tg_buffer_append_byte(line, '"');
    append_key(line, form, "level");
    append_text_value(line, form, level_names[level]);
    append_key(line, form, "msg");
    append_quoted(line, tg_slice_text(message));
}

static void append_fields(struct tg_buffer *line, enum tg_log_form form, const struct tg_log_field *fields)
{
    for (; fields != NULL && fields->key != NULL; fields++)
        append_field(line, form, fields);
}

static void write_line(struct tg_buffer *line, enum tg_log_form form)
{
    tg_buffer_append_text(line, form == TG_LOG_JSON ? "}\n" : "\n");
    /* One call per line keeps the lines of threads apart; there is nobody to tell that it failed. */
    ssize_t written = write(atomic_load(&log_file), line->data, line->length);
    (void)written;
}

void tg_log_write(enum tg_log_level level, const char *message, const struct tg_log_field *fields)
{
    if (!tg_log_enabled(level))
        return;
    enum tg_log_form form = (enum tg_log_form)atomic_load(&log_form);
    struct tg_buffer line = {0};
    append_start(&line, form, level, message);
    append_fields(&line, form, fields);
    write_line(&line, form);
    tg_buffer_done(&line);
}

void tg_log_error(enum tg_log_level level, const char *message, const struct tg_error *error,
                  const struct tg_log_field *fields)
{
    if (!tg_log_enabled(level))
        return;
    enum tg_log_form form = (enum tg_log_form)atomic_load(&log_form);
    char label[8];
    struct tg_buffer line = {0};
    append_start(&line, form, level, message);
    append_fields(&line, form,
                  TG_LOG_FIELDS(TG_LOG_TEXT("code", tg_code_label(error->code, label)),
                                TG_LOG_TEXT("name", tg_code_name(error->code)),
                                TG_LOG_TEXT("error", error->message)));
    if (error->hint[0] != '\0')
        append_fields(&line, form, TG_LOG_FIELDS(TG_LOG_TEXT("hint", error->hint)));
    append_fields(&line, form, fields);
    write_line(&line, form);
    tg_buffer_done(&line);
}
