/* What properties say about records that cannot be processed. */
#include "sql/with.h"

TG_MUST_CHECK static enum tg_code read_topic(struct tg_analyzer *analyzer, const struct tg_with *with,
                                             enum tg_with_id id, const char **ret_topic,
                                             struct tg_error *reterr)
{
    struct tg_slice text = {0};
    if (with->given[id] == NULL)
        return TG_OK;
    TG_TRY(tg_with_text(with, id, &text, reterr));
    bool fits = text.length > 0 && text.length <= 249;
    for (size_t i = 0; i < text.length; i++) {
        uint8_t c = text.data[i];
        fits = fits && ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                        c == '_' || c == '-' || c == '.');
    }
    if (!fits) {
        (void)tg_fail_at(reterr, TG_CODE_ANALYSIS, tg_with_place(with, id), "'%.*s' is no name of a topic",
                         TG_SLICE_FORMAT(text));
        return tg_fail_hint(reterr, "a topic's name has letters, digits, '.', '_' and '-'");
    }
    *ret_topic = tg_arena_text(analyzer->arena, text);
    return TG_OK;
}

TG_MUST_CHECK static enum tg_code read_policy(const struct tg_with *with, enum tg_on_error *ret_on_error,
                                              struct tg_error *reterr)
{
    struct tg_slice text = {0};
    if (with->given[TG_WITH_ON_ERROR] == NULL)
        return TG_OK;
    TG_TRY(tg_with_text(with, TG_WITH_ON_ERROR, &text, reterr));
    if (tg_on_error_find(text, ret_on_error))
        return TG_OK;
    (void)tg_fail_at(reterr, TG_CODE_ANALYSIS, tg_with_place(with, TG_WITH_ON_ERROR),
                     "'%.*s' is no policy for errors", TG_SLICE_FORMAT(text));
    return tg_fail_hint(reterr, "ON_ERROR is 'skip', 'null', 'dead-letter' or 'fail'");
}

/* Do the three go together, and with the query? */
TG_MUST_CHECK static enum tg_code check(const struct tg_with *with, const struct tg_plan_faults *faults,
                                        const struct tg_window *window, struct tg_error *reterr)
{
    if (faults->dead_letter_topic != NULL && faults->on_error != TG_ON_ERROR_DEAD_LETTER) {
        (void)tg_fail_at(reterr, TG_CODE_ANALYSIS, tg_with_place(with, TG_WITH_DEAD_LETTER_TOPIC),
                         "no record goes to DEAD_LETTER_TOPIC where ON_ERROR is '%s'",
                         tg_on_error_name(faults->on_error));
        return tg_fail_hint(reterr, "write ON_ERROR='dead-letter', or leave DEAD_LETTER_TOPIC out");
    }
    if (faults->late_records_topic != NULL && window->kind == TG_WINDOW_NONE) {
        (void)tg_fail_at(reterr, TG_CODE_ANALYSIS, tg_with_place(with, TG_WITH_LATE_RECORDS_TOPIC),
                         "no record can be late: the query has no WINDOW");
        return tg_fail_hint(reterr, "leave LATE_RECORDS_TOPIC out");
    }
    return TG_OK;
}

enum tg_code tg_with_faults(struct tg_analyzer *analyzer, const struct tg_ast_properties *clause,
                            enum tg_with_statement statement, const struct tg_window *window,
                            struct tg_plan_faults *ret_faults, struct tg_error *reterr)
{
    struct tg_with with;
    TG_TRY(tg_with_read(clause, statement, &with, reterr));
    TG_TRY(read_policy(&with, &ret_faults->on_error, reterr));
    TG_TRY(read_topic(analyzer, &with, TG_WITH_DEAD_LETTER_TOPIC, &ret_faults->dead_letter_topic, reterr));
    TG_TRY(read_topic(analyzer, &with, TG_WITH_LATE_RECORDS_TOPIC, &ret_faults->late_records_topic, reterr));
    if (ret_faults->dead_letter_topic != NULL && ret_faults->on_error == TG_ON_ERROR_UNSET)
        ret_faults->on_error = TG_ON_ERROR_DEAD_LETTER;
    return check(&with, ret_faults, window, reterr);
}
