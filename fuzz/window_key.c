/* Reads a store key and a changelog key of each layout from the bytes; what can be read is written and gives
 * the same bytes again, and order in the store is order in time. */
#include "state/window_key.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const enum tg_key_layout layouts[] = {TG_KEY_PLAIN, TG_KEY_WINDOW, TG_KEY_SESSION};

static void expect_round_trip(enum tg_key_layout layout, struct tg_slice bytes)
{
    struct tg_error error;
    struct tg_buffer there = {0};
    struct tg_buffer back = {0};
    if (tg_key_from_changelog(layout, bytes, &there, &error) == TG_OK) {
        TG_ASSERT(tg_key_in_changelog(layout, tg_buffer_slice(&there)));
        TG_ASSERT(tg_key_to_changelog(layout, tg_buffer_slice(&there), &back, &error) == TG_OK);
        TG_ASSERT(tg_slice_equal(tg_buffer_slice(&back), bytes));
    } else {
        TG_ASSERT(error.code == TG_CODE_CORRUPT && error.message[0] != '\0');
    }
    if (tg_key_in_changelog(layout, bytes) && tg_key_to_changelog(layout, bytes, &there, &error) == TG_OK) {
        TG_ASSERT(tg_key_from_changelog(layout, tg_buffer_slice(&there), &back, &error) == TG_OK);
        TG_ASSERT(tg_slice_equal(tg_buffer_slice(&back), bytes));
    }
    tg_buffer_done(&there);
    tg_buffer_done(&back);
}

static void expect_bounds(struct tg_slice bytes)
{
    struct tg_error error;
    struct tg_window_key key;
    struct tg_buffer bound = {0};
    if (tg_window_key_read_local(bytes, &key, &error) == TG_OK) {
        tg_window_key_bound(&bound, key.start_ms);
        TG_ASSERT(tg_slice_compare(tg_buffer_slice(&bound), bytes) <= 0);
        if (key.start_ms < INT64_MAX) {
            tg_window_key_bound(&bound, key.start_ms + 1);
            TG_ASSERT(tg_slice_compare(tg_buffer_slice(&bound), bytes) > 0);
        }
    }
    if (tg_session_key_read_local(bytes, &key, &error) == TG_OK && tg_session_key_is_row(bytes)) {
        tg_session_key_bound(&bound, key.key, key.end_ms);
        TG_ASSERT(tg_slice_compare(tg_buffer_slice(&bound), bytes) <= 0);
        tg_session_key_bound_after(&bound, key.key);
        TG_ASSERT(tg_slice_compare(tg_buffer_slice(&bound), bytes) > 0);
    }
    tg_buffer_done(&bound);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tg_slice bytes = tg_slice_of(data, size);
    for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++)
        expect_round_trip(layouts[i], bytes);
    expect_bounds(bytes);
    return 0;
}
