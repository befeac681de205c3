/* serde/format.h: how record keys and values become columns and back. A format is one folder serde/<name>/
 * with one `const struct tg_format tg_format_<name>`; the build lists the folders. Decoders and encoders
 * belong to one task (one thread) and keep their memory; the batch calls allocate nothing per record after
 * warm-up. */
#pragma once

#include "base/properties.h"
#include "data/batch.h"
#include "serde/registry/registry.h"

#ifdef __cplusplus
extern "C" {
#endif

enum tg_format_feature {
    TG_FORMAT_WRAP = 1,      /* a single column may be written as {"name": value} */
    TG_FORMAT_UNWRAP = 2,    /* a single column may be written bare */
    TG_FORMAT_INFERENCE = 4, /* columns can be read from a registry */
};

/* What a decoder or encoder is made for. `columns` are the key columns or the value columns of a source or
 * sink, in order. */
struct tg_format_options {
    const struct tg_schema_column *columns;
    uint32_t column_count;
    const bool
        *needed; /* decoder: entries that are false are checked but not materialised; NULL: all needed */
    bool is_key;
    bool unwrapped;    /* the single column is written bare */
    bool field_nulls;  /* decoder: a field that does not fit is NULL alone, the others stand */
    char delimiter;    /* DELIMITED; 0: ',' */
    const char *topic; /* for messages and registry subjects */

    /* Formats with schemas (tg_format.schemas). The decoder or encoder keeps `registry`; all else is read
     * while it is opened and may go then. */
    struct tg_registry *registry; /* decoder: knows the schemas whose ids stand in records; NULL: records have
                                     no ids */
    /* Decoder: what records without an id are written by. Encoder: what to write by; its id goes before each
     * record, none if the id is 0. NULL: as schemas->write makes it of the columns, without an id. */
    const struct tg_registry_schema *writer;
    const char *full_name; /* of the record or message, if a schema has several, and of schemas that are made;
                              NULL: the only one, or the format's own name */
    enum tg_nullable nullable; /* PROTOBUF: of schemas that are made */
};

/* One record that could not be decoded. */
struct tg_decode_error {
    uint32_t row;
    enum tg_code code;
    const char *message; /* in the batch arena: what, where in the record, what would be right */
};

struct tg_decode_call {
    const struct tg_slice *records; /* data NULL: no key or value (the row becomes all NULL, no error) */
    uint32_t count;
    struct tg_column *const
        *columns; /* options->column_count entries, NULL where not needed; the call sets rows 0..count-1 */
    struct tg_arena *arena;         /* batch lifetime; STRING and BYTES may also point into the records */
    struct tg_decode_error *errors; /* room for `count`; ascending rows */
    uint32_t error_count;           /* out; the columns of a failed row are NULL (see field_nulls) */
    uint8_t *nulls; /* may be NULL; the call writes 1 where bytes stand for no key or value (JSON's null),
                       else 0 */
    const struct tg_slice *schema_headers; /* per record the header __key_schema_id or __value_schema_id, data
                                              NULL where there is none; may be NULL: nowhere */
};

/* Encodes rows: record i (of `row_count`) becomes out[ends[i-1]..ends[i]) with ends[-1] = out->length at the
 * call. A row with the TG_ROW_VALUE_NULL / TG_ROW_KEY_NULL flag (by is_key) gets no bytes and `nulls[i]` = 1.
 */
struct tg_encode_call {
    const struct tg_column *const *columns;
    const uint8_t *flags; /* per row of the columns; may be NULL */
    const uint32_t *rows; /* NULL: 0..row_count-1 */
    uint32_t row_count;
    struct tg_buffer *out;
    size_t *ends;
    uint8_t *nulls;
};

struct tg_decoder {
    void (*decode)(struct tg_decoder *self, struct tg_decode_call *call);
    /* How many records of the call, from the first one on, can be decoded without waiting; only `records`,
     * `count` and `schema_headers` of it are read. A schema that is missing behind them has been asked for
     * (tg_registry_ask): the caller comes again later and decodes no more until then. NULL: always all. */
    uint32_t (*ready)(struct tg_decoder *self, const struct tg_decode_call *call);
    void (*close)(struct tg_decoder *self);
};

struct tg_encoder {
    TG_MUST_CHECK enum tg_code (*encode)(struct tg_encoder *self, struct tg_encode_call *call,
                                         struct tg_error *reterr);
    void (*close)(struct tg_encoder *self);
};

/* Schemas of a format as a registry keeps them. */
struct tg_format_columns {
    const char *full_name; /* which record or message; NULL: the only one */
    bool keep_case;        /* names as they are written; else in upper case, nested ones too */
};
struct tg_format_schemas {
    enum tg_registry_type type;
    /* The text of the schema for options->columns (with is_key, unwrapped, full_name, nullable, topic). */
    TG_MUST_CHECK enum tg_code (*write)(const struct tg_format_options *options, struct tg_buffer *out,
                                        struct tg_error *reterr);
    /* The SQL type of a whole key or value: a STRUCT of the columns where the schema is a record. What SQL
     * has no type for is left out of records. Errors: TYPE if nothing is left, SYNTAX with the place in the
     * text, UNKNOWN_NAME for full_name with the names there are. */
    TG_MUST_CHECK enum tg_code (*read)(struct tg_arena *arena, const struct tg_registry_schema *schema,
                                       const struct tg_format_columns *request,
                                       const struct tg_type **ret_type, struct tg_error *reterr);
};

struct tg_format {
    const char *name; /* upper case: "JSON" */
    uint32_t features;
    const struct tg_format_schemas *schemas; /* NULL: the format has none, or none in a registry */
    /* Refuses types and shapes the format cannot carry; errors: TYPE, naming the column and what fits. */
    TG_MUST_CHECK enum tg_code (*check)(const struct tg_format_options *options, struct tg_error *reterr);
    TG_MUST_CHECK enum tg_code (*decoder_open)(const struct tg_format_options *options,
                                               struct tg_decoder **ret_decoder, struct tg_error *reterr);
    TG_MUST_CHECK enum tg_code (*encoder_open)(const struct tg_format_options *options,
                                               struct tg_encoder **ret_encoder, struct tg_error *reterr);
};

const struct tg_format *tg_format_at(size_t index); /* NULL at the end */
/* Without case. Errors: UNKNOWN_NAME with the list of formats. */
TG_MUST_CHECK enum tg_code tg_format_find(struct tg_slice name, const struct tg_format **ret_format,
                                          struct tg_error *reterr);

/* Records of the call that can be decoded now. */
static inline uint32_t tg_decoder_ready(struct tg_decoder *decoder, const struct tg_decode_call *call)
{
    return decoder == NULL || decoder->ready == NULL ? call->count : decoder->ready(decoder, call);
}

static inline void tg_decoder_close(struct tg_decoder *decoder)
{
    if (decoder != NULL)
        decoder->close(decoder);
}

static inline void tg_encoder_close(struct tg_encoder *encoder)
{
    if (encoder != NULL)
        encoder->close(encoder);
}

#ifdef __cplusplus
}
#endif
