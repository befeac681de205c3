#include "service/demo/feeder.h"

#include <inttypes.h>

enum { SECONDS_APART = 20, ITEMS_MAX = 4 };

struct product {
    const char *code, *name;
    int price;
};

static const struct product products[] = {
    {"258", "Closet", 1687},         {"283", "Portable Lamps", 2236}, {"413", "Slipcover", 1896},
    {"458", "Wine glass", 1644},     {"483", "Teacups", 1781},        {"498", "Carving knifes", 1424},
    {"523", "Oil-lamp clock", 1371}, {"558", "Balloon clock", 1633},  {"583", "Tab Top Curtains", 1329},
    {"603", "Reading lamp", 899},
};
static const char *const stores[] = {"STR7188", "STR8513", "STR1534", "STR2629", "STR5864"};
static const char *const cities[][3] = {{"Shivapuri", "Madhya Pradesh", "561012"},
                                        {"Pune", "Maharashtra", "411001"},
                                        {"Mysuru", "Karnataka", "570001"}};

enum {
    PRODUCT_COUNT = sizeof products / sizeof *products,
    STORE_COUNT = sizeof stores / sizeof *stores,
    CITY_COUNT = 3
};

/* splitmix64: the invoice's number is the seed, so any invoice can be made alone. */
static uint64_t next_random(uint64_t *state)
{
    uint64_t value = *state += 0x9e3779b97f4a7c15u;
    value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9u;
    value = (value ^ value >> 27) * 0x94d049bb133111ebu;
    return value ^ value >> 31;
}

static void write_items(uint64_t *random, uint64_t count, struct tg_buffer *out, int64_t *ret_total)
{
    tg_buffer_append_text(out, "\"InvoiceLineItems\":[");
    for (uint64_t i = 0; i < count; i++) {
        const struct product *product = &products[next_random(random) % PRODUCT_COUNT];
        int quantity = 1 + (int)(next_random(random) % 2);
        *ret_total += (int64_t)product->price * quantity;
        tg_buffer_printf(out,
                         "%s{\"ItemCode\":\"%s\",\"ItemDescription\":\"%s\",\"ItemPrice\":%d.0,\"ItemQty\":%"
                         "d,\"TotalValue\":%d.0}",
                         i > 0 ? "," : "", product->code, product->name, product->price, quantity,
                         product->price * quantity);
    }
    tg_buffer_append_text(out, "]");
}

void tg_feeder_invoice(uint64_t number, int64_t base_ms, struct tg_buffer *out,
                       struct tg_invoice *ret_invoice)
{
    uint64_t random = number;
    const char *store = stores[next_random(&random) % STORE_COUNT];
    bool delivered = next_random(&random) % 2 == 0, prime = next_random(&random) % 3 > 0;
    const char *const *city = cities[next_random(&random) % CITY_COUNT];
    uint64_t items = 1 + next_random(&random) % ITEMS_MAX;
    uint64_t card = 1000000000 + next_random(&random) % 9000000000u;
    int64_t total = 0;
    *ret_invoice = (struct tg_invoice){store, base_ms + (int64_t)number * SECONDS_APART * 1000};
    tg_buffer_clear(out);
    tg_buffer_printf(out,
                     "{\"InvoiceNumber\":\"%" PRIu64 "\",\"CreatedTime\":%" PRId64
                     ",\"StoreID\":\"%s\",\"PosID\":\"POS%" PRIu64 "\",\"CashierID\":\"OAS%" PRIu64
                     "\",\"CustomerType\":\"%s\",\"CustomerCardNo\":\"%" PRIu64 "\",",
                     50000000 + number, ret_invoice->created_ms, store, 100 + number % 900, 100 + number % 77,
                     prime ? "PRIME" : "NONPRIME", card);
    write_items(&random, items, out, &total);
    tg_buffer_printf(out,
                     ",\"TotalAmount\":%" PRId64 ".0,\"NumberOfItems\":%" PRIu64
                     ",\"PaymentMethod\":\"CARD\",\"CGST\":%.2f,\"SGST\":%.2f,\"CESS\":%.3f,",
                     total, items, (double)total * 0.025, (double)total * 0.025, (double)total * 0.00125);
    if (delivered)
        tg_buffer_printf(
            out,
            "\"DeliveryType\":\"HOME-DELIVERY\",\"DeliveryAddress\":{\"AddressLine\":\"%" PRIu64
            ", Main Road\",\"City\":\"%s\",\"State\":\"%s\",\"PinCode\":\"%s\",\"ContactNumber\":\"%" PRIu64
            "\"}}",
            number % 200 + 1, city[0], city[1], city[2], card);
    else
        tg_buffer_append_text(out, "\"DeliveryType\":\"TAKEAWAY\"}");
}
