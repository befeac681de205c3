#include "data/double_shim.h"

#include <charconv>

size_t tg_double_shortest(double value, char out[TG_DOUBLE_DIGITS_MAX])
{
    char *end = std::to_chars(out, out + TG_DOUBLE_DIGITS_MAX, value, std::chars_format::scientific).ptr;
    /* Near the smallest subnormal one digit can be far from the value: Java then takes the nearest two
     * (4.9E-324). */
    bool one_digit = out[1] == 'e' || out[2] == 'e';
    if (one_digit && value != 0 && value < 1e-300 && value > -1e-300)
        end = std::to_chars(out, out + TG_DOUBLE_DIGITS_MAX, value, std::chars_format::scientific, 1).ptr;
    return static_cast<size_t>(end - out);
}

bool tg_double_from_text(const char *text, size_t length, double *ret_value)
{
    return std::from_chars(text, text + length, *ret_value).ec == std::errc();
}
