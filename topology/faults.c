#include "topology/faults.h"

#include "base/arena.h"

static const struct kind_row {
    const char *name;
    enum tg_on_error policies[TG_ON_ERROR_FAIL + 1]; /* by what was asked for */
} kind_rows[TG_FAULT_KINDS] = {
#define SKIP TG_ON_ERROR_SKIP
#define LETTER TG_ON_ERROR_DEAD_LETTER
#define NULLED TG_ON_ERROR_NULL
#define FAIL TG_ON_ERROR_FAIL
    /*                                unset   skip  null    dead-letter fail */
    [TG_FAULT_DECODE] = {"decode", {SKIP, SKIP, NULLED, LETTER, FAIL}},
    [TG_FAULT_EXPRESSION] = {"expression", {NULLED, SKIP, NULLED, LETTER, FAIL}},
    /* ksqlDB's queries die of it, too. */
    [TG_FAULT_AGGREGATE] = {"aggregate", {FAIL, SKIP, NULLED, LETTER, FAIL}},
    /* No NULL can stand for what follows: "null" leaves the record out. */
    [TG_FAULT_TIME] = {"time", {SKIP, SKIP, SKIP, LETTER, FAIL}},
    [TG_FAULT_KEY] = {"key", {SKIP, SKIP, SKIP, LETTER, FAIL}},
    [TG_FAULT_VALUE] = {"value", {SKIP, SKIP, SKIP, LETTER, FAIL}},
    /* An output that is missing is worse than an input that is left out: only who asked for it gets that. */
    [TG_FAULT_OUTPUT] = {"output", {FAIL, SKIP, SKIP, LETTER, FAIL}},
    /* A late record is no error: it never stops a query. */
    [TG_FAULT_LATE] = {"late", {SKIP, SKIP, SKIP, LETTER, SKIP}},
#undef SKIP
#undef LETTER
#undef NULLED
#undef FAIL
};

const char *tg_fault_kind_name(enum tg_fault_kind kind)
{
    return kind_rows[kind].name;
}

void tg_fault_rules_make(struct tg_arena *arena, const char *application_id,
                         const struct tg_plan_faults *statement, const struct tg_fault_settings *settings,
                         struct tg_fault_rules *ret_rules)
{
    bool given = statement->on_error != TG_ON_ERROR_UNSET;
    enum tg_on_error asked = given ? statement->on_error : settings->on_error;
    *ret_rules = (struct tg_fault_rules){.late_records_topic = statement->late_records_topic};
    for (size_t kind = 0; kind < TG_FAULT_KINDS; kind++)
        ret_rules->policies[kind] = kind_rows[kind].policies[asked];
    if (!given && settings->fail_on_decode)
        ret_rules->policies[TG_FAULT_DECODE] = TG_ON_ERROR_FAIL;
    if (!given && settings->fail_on_time)
        ret_rules->policies[TG_FAULT_TIME] = TG_ON_ERROR_FAIL;
    if (asked != TG_ON_ERROR_DEAD_LETTER)
        return;
    ret_rules->dead_letter_topic = statement->dead_letter_topic != NULL ? statement->dead_letter_topic
                                   : settings->dead_letter_topic != NULL
                                       ? settings->dead_letter_topic
                                       : tg_arena_printf(arena, "%s-dead-letter", application_id);
}
