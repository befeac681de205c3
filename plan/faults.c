#include "plan/faults.h"

#include "plan/json.h"

static const char *const names[] = {
    [TG_ON_ERROR_UNSET] = "",    [TG_ON_ERROR_SKIP] = "skip",
    [TG_ON_ERROR_NULL] = "null", [TG_ON_ERROR_DEAD_LETTER] = "dead-letter",
    [TG_ON_ERROR_FAIL] = "fail",
};
enum { NAME_COUNT = sizeof names / sizeof *names };

const char *tg_on_error_name(enum tg_on_error on_error)
{
    return names[on_error];
}

bool tg_on_error_find(struct tg_slice name, enum tg_on_error *ret_on_error)
{
    char text[16];
    if (name.length == 0 || name.length >= sizeof text)
        return false;
    for (size_t i = 0; i < name.length; i++)
        text[i] = name.data[i] == '_' ? '-' : (char)name.data[i];
    for (int i = TG_ON_ERROR_SKIP; i < NAME_COUNT; i++)
        if (tg_slice_equal_nocase(tg_slice_of(text, name.length), tg_slice_text(names[i]))) {
            *ret_on_error = (enum tg_on_error)i;
            return true;
        }
    return false;
}

static bool is_given(const struct tg_plan_faults *faults)
{
    return faults->on_error != TG_ON_ERROR_UNSET || faults->dead_letter_topic != NULL ||
           faults->late_records_topic != NULL;
}

void tg_plan_describe_faults(const struct tg_plan_faults *faults, struct tg_buffer *out)
{
    if (faults->on_error != TG_ON_ERROR_UNSET)
        tg_buffer_printf(out, ", on error %s", names[faults->on_error]);
    if (faults->dead_letter_topic != NULL)
        tg_buffer_printf(out, ", dead letters to topic '%s'", faults->dead_letter_topic);
    if (faults->late_records_topic != NULL)
        tg_buffer_printf(out, ", late records to topic '%s'", faults->late_records_topic);
}

void tg_plan_write_faults(struct tg_plan_writer *writer, const struct tg_plan_faults *faults)
{
    if (!is_given(faults))
        return;
    tg_plan_write_open_inline(writer, "faults", '{');
    if (faults->on_error != TG_ON_ERROR_UNSET)
        tg_plan_write_string(writer, "on_error", names[faults->on_error]);
    if (faults->dead_letter_topic != NULL)
        tg_plan_write_string(writer, "dead_letter_topic", faults->dead_letter_topic);
    if (faults->late_records_topic != NULL)
        tg_plan_write_string(writer, "late_records_topic", faults->late_records_topic);
    tg_plan_write_close(writer, '}');
}

enum tg_code tg_plan_read_faults(struct tg_plan_reader *reader, struct tg_plan_faults *faults,
                                 struct tg_error *reterr)
{
    struct tg_plan_position position;
    const char *name = NULL;
    if (!tg_plan_has(reader, "faults"))
        return TG_OK;
    TG_TRY(tg_plan_enter(reader, "faults", &position, reterr));
    TG_TRY(tg_plan_read_optional_string(reader, "on_error", &name, reterr));
    if (name != NULL && !tg_on_error_find(tg_slice_text(name), &faults->on_error))
        return tg_plan_corrupt(reader, reterr, "on_error", "is no policy: '%s'", name);
    TG_TRY(tg_plan_read_optional_string(reader, "dead_letter_topic", &faults->dead_letter_topic, reterr));
    TG_TRY(tg_plan_read_optional_string(reader, "late_records_topic", &faults->late_records_topic, reterr));
    tg_plan_leave(reader, &position);
    return TG_OK;
}
