/* Decodes and encodes records of seven columns (an auction's bid) in the formats that carry all types, and
 * prints the least CPU time per record that was seen. */
#include <stdio.h>
#include <time.h>

#include "base/memory.h"
#include "serde/format.h"

enum { COLUMNS = 7, RECORDS = 1024, ROUNDS = 2000, WARM_UP = 3 };

static const struct tg_schema_column columns[COLUMNS] = {
    {.name = "AUCTION", .type = &tg_type_bigint}, {.name = "BIDDER", .type = &tg_type_bigint},
    {.name = "PRICE", .type = &tg_type_bigint},   {.name = "CHANNEL", .type = &tg_type_string},
    {.name = "URL", .type = &tg_type_string},     {.name = "DATETIME", .type = &tg_type_timestamp},
    {.name = "EXTRA", .type = &tg_type_string},
};

/* A schema whose fields may not be NULL, as producers write them that are not ksqlDB. */
static const char required_avro[] =
    "{\"type\":\"record\",\"name\":\"Bid\",\"fields\":[{\"name\":\"auction\",\"type\":\"long\"},"
    "{\"name\":\"bidder\",\"type\":\"long\"},{\"name\":\"price\",\"type\":\"long\"},"
    "{\"name\":\"channel\",\"type\":\"string\"},{\"name\":\"url\",\"type\":\"string\"},"
    "{\"name\":\"dateTime\",\"type\":{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"}},"
    "{\"name\":\"extra\",\"type\":\"string\"}]}";
static const char plain_protobuf[] = "syntax = \"proto3\"; message Bid { int64 auction = 1; int64 bidder = "
                                     "2; int64 price = 3; string channel = 4; "
                                     "string url = 5; int64 datetime = 6; string extra = 7; }";

static const struct contestant {
    const char *title;
    const char *format;
    const char *schema; /* NULL: as the format makes it of the columns */
} contestants[] = {
    {"JSON", "JSON", NULL},
    {"AVRO", "AVRO", required_avro},
    {"AVRO, nullable", "AVRO", NULL},
    {"PROTOBUF", "PROTOBUF", plain_protobuf},
    {"PROTOBUF, Timestamp", "PROTOBUF", NULL},
};

struct bench {
    struct tg_decoder *decoder;
    struct tg_encoder *encoder;
    struct tg_arena *records_arena;
    struct tg_arena *arena;
    struct tg_slice records[RECORDS];
    struct tg_column *made[COLUMNS];
    struct tg_decode_error errors[RECORDS];
    struct tg_buffer out;
    size_t ends[RECORDS];
    uint8_t nulls[RECORDS];
    double decode_ns; /* of all records, least */
    double encode_ns;
};

static double cpu_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/* The columns of the records, by way of JSON. */
static bool make_columns(struct bench *bench, struct tg_error *reterr)
{
    const struct tg_format *format = NULL;
    struct tg_decoder *decoder = NULL;
    struct tg_format_options options = {.columns = columns, .column_count = COLUMNS};
    for (uint32_t i = 0; i < RECORDS; i++)
        bench->records[i] = tg_slice_text(tg_arena_printf(
            bench->records_arena,
            "{\"auction\":%u,\"bidder\":%u,\"price\":%u,\"channel\":\"channel-%u\","
            "\"url\":\"https://www.example.com/item.htm?query=%u&channel_id=%u\",\"datetime\":%lld,"
            "\"extra\":\"kJhgTRfdsAqwertyuiopasdfghjklzxcvbnmQWERTYUIOPASDFGHJKLZXCVBNM012345\"}",
            1000 + i * 7, 2000 + i * 13, i * 7919 % 100000000, i % 1000, i, i * 31, 1700000000000LL + i));
    if (tg_format_find(tg_slice_text("JSON"), &format, reterr) != TG_OK ||
        format->decoder_open(&options, &decoder, reterr) != TG_OK)
        return false;
    struct tg_decode_call decode = {.records = bench->records,
                                    .count = RECORDS,
                                    .columns = bench->made,
                                    .arena = bench->arena,
                                    .errors = bench->errors};
    decoder->decode(decoder, &decode);
    tg_decoder_close(decoder);
    return decode.error_count == 0;
}

/* The records in the contestant's format; returns their mean size, 0 after an error. */
static size_t make_records(struct bench *bench, struct tg_error *reterr)
{
    struct tg_encode_call encode = {.columns = (const struct tg_column *const *)bench->made,
                                    .row_count = RECORDS,
                                    .out = &bench->out,
                                    .ends = bench->ends,
                                    .nulls = bench->nulls};
    if (!make_columns(bench, reterr) || bench->encoder->encode(bench->encoder, &encode, reterr) != TG_OK)
        return 0;
    struct tg_slice all = tg_arena_copy(bench->records_arena, tg_buffer_slice(&bench->out));
    for (uint32_t i = 0; i < RECORDS; i++) {
        size_t start = i == 0 ? 0 : bench->ends[i - 1];
        bench->records[i] = tg_slice_of(all.data + start, bench->ends[i] - start);
    }
    return all.length / RECORDS;
}

static bool run_round(struct bench *bench, struct tg_error *reterr)
{
    tg_arena_reset(bench->arena);
    tg_buffer_clear(&bench->out);
    struct tg_decode_call decode = {.records = bench->records,
                                    .count = RECORDS,
                                    .columns = bench->made,
                                    .arena = bench->arena,
                                    .errors = bench->errors};
    struct tg_encode_call encode = {.columns = (const struct tg_column *const *)bench->made,
                                    .row_count = RECORDS,
                                    .out = &bench->out,
                                    .ends = bench->ends,
                                    .nulls = bench->nulls};
    double start = cpu_ns();
    bench->decoder->decode(bench->decoder, &decode);
    double decoded = cpu_ns();
    if (bench->encoder->encode(bench->encoder, &encode, reterr) != TG_OK || decode.error_count > 0)
        return false;
    double encoded = cpu_ns();
    if (decoded - start < bench->decode_ns)
        bench->decode_ns = decoded - start;
    if (encoded - decoded < bench->encode_ns)
        bench->encode_ns = encoded - decoded;
    return true;
}

static enum tg_code open_bench(struct bench *bench, const struct contestant *contestant,
                               struct tg_error *reterr)
{
    const struct tg_format *format = NULL;
    struct tg_registry_schema schema = {.text = tg_slice_text(contestant->schema)};
    struct tg_format_options options = {.columns = columns, .column_count = COLUMNS};
    if (contestant->schema != NULL)
        options.writer = &schema;
    *bench = (struct bench){.decode_ns = 1e18, .encode_ns = 1e18};
    bench->arena = tg_arena_new(0);
    bench->records_arena = tg_arena_new(0);
    for (uint32_t i = 0; i < COLUMNS; i++)
        bench->made[i] = tg_column_new(columns[i].type);
    TG_TRY(tg_format_find(tg_slice_text(contestant->format), &format, reterr));
    TG_TRY(format->decoder_open(&options, &bench->decoder, reterr));
    return format->encoder_open(&options, &bench->encoder, reterr);
}

static void close_bench(struct bench *bench)
{
    for (uint32_t i = 0; i < COLUMNS; i++)
        tg_column_free(bench->made[i]);
    tg_decoder_close(bench->decoder);
    tg_encoder_close(bench->encoder);
    tg_arena_free(bench->arena);
    tg_arena_free(bench->records_arena);
    tg_buffer_done(&bench->out);
}

static bool run_contestant(struct bench *bench, const struct contestant *contestant)
{
    struct tg_error error = {0};
    uint64_t allocations = 0;
    bool good = open_bench(bench, contestant, &error) == TG_OK;
    size_t mean_bytes = good ? make_records(bench, &error) : 0;
    good = good && mean_bytes > 0;
    for (uint32_t i = 0; good && i < ROUNDS; i++) {
        if (i == WARM_UP)
            allocations = tg_allocation_count();
        good = run_round(bench, &error);
    }
    if (good)
        printf(
            "%-20s %3zu bytes in %d columns: decode %.1f ns, encode %.1f ns per record, %llu allocations\n",
            contestant->title, mean_bytes, COLUMNS, bench->decode_ns / RECORDS, bench->encode_ns / RECORDS,
            (unsigned long long)(tg_allocation_count() - allocations));
    else
        fprintf(stderr, "%s: the records were not read and written: %s\n", contestant->title, error.message);
    close_bench(bench);
    return good;
}

int main(void)
{
    static struct bench bench;
    bool good = true;
    for (size_t i = 0; i < sizeof contestants / sizeof *contestants; i++)
        good = run_contestant(&bench, &contestants[i]) && good;
    return good ? 0 : 1;
}
