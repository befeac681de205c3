/* Feeds bytes to the reader of stored plans. What is read holds together, and is written and read again to
 * the same bytes. */
#include <stdio.h>
#include <stdlib.h>

#include "plan/node.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_plan(struct tg_arena *arena, const struct tg_plan *plan)
{
    const struct tg_plan_text_options options = {.programs = true};
    const struct tg_plan *again = NULL;
    struct tg_buffer first = {0};
    struct tg_buffer second = {0};
    struct tg_error error = {0};
    tg_plan_write_json(plan, &first);
    if (tg_plan_read_json(arena, tg_buffer_slice(&first), &again, &error) != TG_OK) {
        fprintf(stderr, "is not read again: %s\n%s\n", error.message, tg_buffer_text(&first));
        abort();
    }
    tg_plan_write_json(again, &second);
    if (!tg_slice_equal(tg_buffer_slice(&first), tg_buffer_slice(&second)) ||
        tg_plan_layout_id(plan->root) != tg_plan_layout_id(again->root)) {
        fprintf(stderr, "is not stable:\n%s\n%s\n", tg_buffer_text(&first), tg_buffer_text(&second));
        abort();
    }
    tg_buffer_clear(&first);
    enum tg_code code = tg_plan_write_text(plan, &options, &first, &error);
    if (code != TG_OK && error.message[0] == '\0') /* a constant pattern may be wrong */
        abort();
    tg_buffer_done(&first);
    tg_buffer_done(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tg_arena *arena = tg_arena_new(0);
    const struct tg_plan *plan = NULL;
    struct tg_error error = {0};
    if (tg_plan_read_json(arena, tg_slice_of(data, size), &plan, &error) == TG_OK)
        check_plan(arena, plan);
    else if (error.message[0] == '\0')
        abort();
    tg_arena_free(arena);
    return 0;
}
