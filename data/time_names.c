#include "data/time_format.h"

/* English names, as java.time has them for Locale.ENGLISH and its CLDR data. */
const char *const *tg_time_names(enum tg_time_field field, enum tg_time_style style)
{
    static const char *const months[][13] = {
        {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec", NULL},
        {"January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
         "November", "December", NULL},
        {"J", "F", "M", "A", "M", "J", "J", "A", "S", "O", "N", "D", NULL},
    };
    static const char *const days[][8] = {
        {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun", NULL},
        {"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday", NULL},
        {"M", "T", "W", "T", "F", "S", "S", NULL},
    };
    static const char *const eras[][3] = {
        {"BC", "AD", NULL}, {"Before Christ", "Anno Domini", NULL}, {"B", "A", NULL}};
    static const char *const halves[] = {"AM", "PM", NULL};
    if (field == TG_TIME_FIELD_MONTH)
        return months[style];
    if (field == TG_TIME_FIELD_DAY_OF_WEEK)
        return days[style];
    return field == TG_TIME_FIELD_ERA ? eras[style] : halves;
}

int64_t tg_time_least_name(enum tg_time_field field)
{
    return field == TG_TIME_FIELD_MONTH || field == TG_TIME_FIELD_DAY_OF_WEEK;
}
