#include "bench/nexmark/nexmark.h"

#include <math.h>
#include <time.h>

/* Of a cycle of 50 events the first is a person, the next three are auctions, the rest bids. */
enum { CYCLE = 50, PERSONS = 1, AUCTIONS = 3, FIRST_BID = PERSONS + AUCTIONS };
enum { FIRST_ID = 1000, FIRST_CATEGORY = 10, CATEGORIES = 5 };
/* References go to one of the newest that exist, or to one of the next LEAD. */
enum { ACTIVE_PERSONS = 1000, IN_FLIGHT_AUCTIONS = 100, LEAD = 10, HOT_BATCH = 100 };
enum { PERSON_BYTES = 200, AUCTION_BYTES = 500, BID_BYTES = 100, CHANNELS = 10000 };

/* ---- random numbers ---- */

struct dice {
    uint64_t state;
};

/* SplitMix64 (Steele, Lea, Flood 2014): a fresh, well mixed sequence for each seed. */
static uint64_t roll(struct dice *dice)
{
    uint64_t z = dice->state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static uint64_t below(struct dice *dice, uint64_t bound)
{
    return roll(dice) % bound;
}

/* Cents, log-uniform from 1.00 to 1,000,000.00. */
static uint64_t price(struct dice *dice)
{
    double uniform = (double)(roll(dice) >> 11) / 9007199254740992.0; /* 2^53 */
    return (uint64_t)llround(pow(10, 6 * uniform) * 100);
}

/* ---- text ---- */

static void append_letters(struct tg_buffer *out, struct dice *dice, uint64_t length)
{
    uint8_t *bytes = tg_buffer_reserve(out, length);
    for (uint64_t i = 0; i < length; i++)
        bytes[i] = (uint8_t)('a' + below(dice, 26));
    out->length += length;
}

/* 3 to max letters, one in 13 a blank (as `blank` says), none at the ends. */
static void append_words(struct tg_buffer *out, struct dice *dice, uint64_t max, char blank)
{
    uint64_t length = 3 + below(dice, max - 3);
    uint8_t *bytes = tg_buffer_reserve(out, length);
    for (uint64_t i = 0; i < length; i++) {
        bool inner = i > 0 && i + 1 < length;
        bytes[i] = below(dice, 13) == 0 && inner ? (uint8_t)blank : (uint8_t)('a' + below(dice, 26));
    }
    out->length += length;
}

/* "2023-11-14 22:13:20.000" */
static void append_time(struct tg_buffer *out, int64_t ms)
{
    time_t seconds = (time_t)(ms / 1000);
    struct tm parts;
    gmtime_r(&seconds, &parts);
    tg_buffer_printf(out, "\"%04d-%02d-%02d %02d:%02d:%02d.%03d\"", parts.tm_year + 1900, parts.tm_mon + 1,
                     parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec, (int)(ms % 1000));
}

/* Fills the event up to about `mean` bytes; `size` are those it has by the original's count. */
static void append_extra(struct tg_buffer *out, struct dice *dice, uint64_t size, uint64_t mean)
{
    tg_buffer_append_text(out, ",\"extra\":\"");
    if (size < mean) {
        uint64_t missing = mean - size;
        uint64_t spread = (missing + 2) / 5;
        append_letters(out, dice, missing - spread + (spread == 0 ? 0 : below(dice, 2 * spread)));
    }
    tg_buffer_append_text(out, "\"}");
}

/* ---- which ids exist ---- */

static uint64_t last_person(uint64_t event)
{
    return event / CYCLE;
}

/* Nothing asks before the first auction exists: each cycle begins with its person and its auctions. */
static uint64_t last_auction(uint64_t event)
{
    uint64_t cycle = event / CYCLE;
    uint64_t place = event % CYCLE;
    if (place < PERSONS)
        return cycle == 0 ? 0 : cycle * AUCTIONS - 1;
    return place < FIRST_BID ? cycle * AUCTIONS + place - PERSONS : cycle * AUCTIONS + AUCTIONS - 1;
}

static uint64_t any_person(struct dice *dice, uint64_t event)
{
    uint64_t count = last_person(event) + 1;
    uint64_t active = count < ACTIVE_PERSONS ? count : ACTIVE_PERSONS;
    return count - active + below(dice, active + LEAD);
}

static uint64_t any_auction(struct dice *dice, uint64_t event)
{
    uint64_t last = last_auction(event);
    uint64_t oldest = last > IN_FLIGHT_AUCTIONS ? last - IN_FLIGHT_AUCTIONS : 0;
    return oldest + below(dice, last - oldest + 1 + LEAD);
}

static uint64_t hot(uint64_t last)
{
    return last / HOT_BATCH * HOT_BATCH;
}

/* ---- the three kinds ---- */

static const char *const first_names[] = {"Peter", "Paul",  "Luke",  "John",   "Saul",  "Vicky",
                                          "Kate",  "Julie", "Sarah", "Deiter", "Walter"};
static const char *const last_names[] = {"Shultz", "Abrams", "Spencer", "White", "Bartels",
                                         "Walton", "Smith",  "Jones",   "Noris"};
static const char *const cities[] = {"Phoenix", "Los Angeles", "San Francisco", "Boise", "Portland",
                                     "Bend",    "Redmond",     "Seattle",       "Kent",  "Cheyenne"};
static const char *const states[] = {"AZ", "CA", "ID", "OR", "WA", "WY"};
static const char *const hot_channels[] = {"Google", "Facebook", "Baidu", "Apple"};

#define ANY_OF(dice, list) ((list)[below(dice, sizeof(list) / sizeof *(list))])

static void write_person(uint64_t event, int64_t ms, struct dice *dice, struct tg_buffer *out)
{
    size_t start = out->length;
    tg_buffer_printf(out, "{\"id\":%llu,\"name\":\"%s ", (unsigned long long)last_person(event) + FIRST_ID,
                     ANY_OF(dice, first_names));
    tg_buffer_append_text(out, ANY_OF(dice, last_names));
    tg_buffer_append_text(out, "\",\"emailAddress\":\"");
    append_words(out, dice, 7, '.');
    tg_buffer_append_byte(out, '@');
    append_words(out, dice, 5, '.');
    tg_buffer_append_text(out, ".com\",\"creditCard\":\"");
    for (int group = 0; group < 4; group++)
        tg_buffer_printf(out, group == 0 ? "%04u" : " %04u", (unsigned)below(dice, 10000));
    tg_buffer_printf(out, "\",\"city\":\"%s\"", ANY_OF(dice, cities));
    tg_buffer_printf(out, ",\"state\":\"%s\",\"dateTime\":", ANY_OF(dice, states));
    append_time(out, ms);
    enum { NAMES = 105 }; /* bytes so far that the original does not count */
    append_extra(out, dice, out->length - start - NAMES, PERSON_BYTES);
}

/* Time in which a hundred more auctions are made. */
static uint64_t auction_span_ms(uint64_t rate)
{
    return (uint64_t)IN_FLIGHT_AUCTIONS * CYCLE / AUCTIONS * 1000 / rate;
}

static void write_auction(const struct tg_nexmark *options, uint64_t event, int64_t ms, struct dice *dice,
                          struct tg_buffer *out)
{
    size_t start = out->length;
    uint64_t seller = below(dice, 4) > 0 ? hot(last_person(event)) : any_person(dice, event);
    uint64_t initial = price(dice);
    uint64_t span = 2 * auction_span_ms(options->rate);
    int64_t expires = ms + 1 + (int64_t)below(dice, span > 0 ? span : 1);
    tg_buffer_printf(out, "{\"id\":%llu,\"itemName\":\"", (unsigned long long)last_auction(event) + FIRST_ID);
    append_words(out, dice, 20, ' ');
    tg_buffer_append_text(out, "\",\"description\":\"");
    append_words(out, dice, 100, ' ');
    tg_buffer_printf(out,
                     "\",\"initialBid\":%llu,\"reserve\":%llu,\"dateTime\":", (unsigned long long)initial,
                     (unsigned long long)(initial + price(dice)));
    append_time(out, ms);
    tg_buffer_append_text(out, ",\"expires\":");
    append_time(out, expires);
    tg_buffer_printf(out, ",\"seller\":%llu,\"category\":%llu", (unsigned long long)seller + FIRST_ID,
                     (unsigned long long)(FIRST_CATEGORY + below(dice, CATEGORIES)));
    enum { NAMES = 135 };
    append_extra(out, dice, out->length - start - NAMES, AUCTION_BYTES);
}

/* Three folders of up to five letters. */
static void append_url(struct tg_buffer *out, struct dice *dice)
{
    tg_buffer_append_text(out, "https://www.nexmark.com/");
    for (int folder = 0; folder < 3; folder++) {
        append_words(out, dice, 5, '_');
        tg_buffer_append_byte(out, '/');
    }
    tg_buffer_append_text(out, "item.htm?query=1");
}

static uint32_t reverse_bits(uint32_t value)
{
    uint32_t reversed = 0;
    for (int bit = 0; bit < 32; bit++)
        reversed |= (value >> bit & 1) << (31 - bit);
    return reversed;
}

/* A channel always has the same url: it is made of dice seeded with the channel. */
static void append_channel(struct tg_buffer *out, struct dice *dice)
{
    bool is_hot = below(dice, 2) == 0;
    uint64_t channel = below(dice, is_hot ? 4 : CHANNELS);
    struct dice of_channel = {.state = is_hot ? ~channel : channel << 32};
    if (is_hot)
        tg_buffer_printf(out, "\"channel\":\"%s\",\"url\":\"", hot_channels[channel]);
    else
        tg_buffer_printf(out, "\"channel\":\"channel-%llu\",\"url\":\"", (unsigned long long)channel);
    append_url(out, &of_channel);
    if (!is_hot && below(&of_channel, 10) > 0) {
        int64_t id = (int32_t)reverse_bits((uint32_t)channel);
        tg_buffer_printf(out, "&channel_id=%lld", (long long)(id < 0 ? -id : id));
    }
    tg_buffer_append_byte(out, '"');
}

static uint64_t write_bid(uint64_t event, int64_t ms, struct dice *dice, struct tg_buffer *out)
{
    uint64_t auction = below(dice, 2) > 0 ? hot(last_auction(event)) : any_auction(dice, event);
    uint64_t bidder = below(dice, 4) > 0 ? hot(last_person(event)) + 1 : any_person(dice, event);
    /* The original adds its first id to bidders twice; so do we. */
    tg_buffer_printf(out, "{\"auction\":%llu,\"bidder\":%llu,\"price\":%llu,",
                     (unsigned long long)auction + FIRST_ID, (unsigned long long)bidder + 2 * FIRST_ID,
                     (unsigned long long)price(dice));
    append_channel(out, dice);
    tg_buffer_append_text(out, ",\"dateTime\":");
    append_time(out, ms);
    append_extra(out, dice, 4 * sizeof(uint64_t), BID_BYTES);
    return auction + FIRST_ID;
}

/* ---- public ---- */

struct tg_nexmark tg_nexmark_defaults(void)
{
    return (struct tg_nexmark){.first_ms = 1700000000000, .rate = 10000, .out_of_order_group = 1};
}

struct tg_nexmark_record tg_nexmark_event(const struct tg_nexmark *options, uint64_t number,
                                          struct tg_buffer *value)
{
    uint64_t group = options->out_of_order_group;
    uint64_t event = number / group * group + number * 953 % group; /* 953 is prime: each once */
    struct dice dice = {.state = event << 8 ^ 0x5455524755u};
    int64_t ms = options->first_ms + (int64_t)(event * 1000 / options->rate);
    struct tg_nexmark_record record = {.timestamp_ms = ms};
    uint64_t place = event % CYCLE;
    if (place < PERSONS) {
        record.kind = TG_NEXMARK_PERSON;
        record.key = (int64_t)last_person(event) + FIRST_ID;
        write_person(event, ms, &dice, value);
    } else if (place < FIRST_BID) {
        record.kind = TG_NEXMARK_AUCTION;
        record.key = (int64_t)last_auction(event) + FIRST_ID;
        write_auction(options, event, ms, &dice, value);
    } else {
        record.kind = TG_NEXMARK_BID;
        record.key = (int64_t)write_bid(event, ms, &dice, value);
    }
    return record;
}
