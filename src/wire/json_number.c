#include "wire/json_number.h"

#include <math.h>

#define EXPONENT_MAX 100000

/* "e-7" from behind its letter; adds to the exponent. */
static bool parse_exponent(const uint8_t *at, const uint8_t *end, ap_json_number *number)
{
    bool is_below = at < end && *at == '-';
    int32_t exponent = 0;
    at += at < end && (*at == '-' || *at == '+');
    if (at == end)
        return false;
    for (; at < end; at++) {
        if (*at < '0' || *at > '9')
            return false;
        if (exponent < EXPONENT_MAX)
            exponent = exponent * 10 + (*at - '0');
    }
    exponent = exponent < EXPONENT_MAX ? exponent : EXPONENT_MAX;
    number->exponent += is_below ? -exponent : exponent;
    return true;
}

/* A digit behind those before; each that does not fit makes the whole part ten times larger. */
static void take_digit(ap_json_number *number, uint64_t digit, bool in_fraction)
{
    bool fits = number->magnitude <= (UINT64_MAX - digit) / 10 && !number->is_cut;
    if (fits)
        number->magnitude = number->magnitude * 10 + digit;
    else if (digit != 0)
        number->is_cut = true;
    if (number->exponent > -EXPONENT_MAX && number->exponent < EXPONENT_MAX)
        number->exponent += (fits ? 0 : 1) - (in_fraction ? 1 : 0);
}

bool ap_json_number_parse(const uint8_t *text, size_t size, ap_json_number *number)
{
    const uint8_t *at = text, *end = text + size;
    bool any = false, in_fraction = false;
    *number = (ap_json_number){ .is_negative = at < end && *at == '-' };
    for (at += number->is_negative; at < end; at++) {
        if (*at == '.' && any && !in_fraction) {
            in_fraction = true;
            continue;
        }
        if (*at < '0' || *at > '9')
            break;
        any = true;
        take_digit(number, (uint64_t)(*at - '0'), in_fraction);
    }
    return any &&
           (at == end || ((*at == 'e' || *at == 'E') && parse_exponent(at + 1, end, number)));
}

ap_err ap_json_whole(const ap_json_number *number, uint64_t *magnitude)
{
    uint64_t value = number->magnitude;
    int32_t exponent = value == 0 ? 0 : number->exponent;
    for (; exponent < 0 && value % 10 == 0; exponent++)
        value /= 10;
    if (exponent < 0 || (number->is_cut && number->exponent <= 0))
        return AP_ERR_MALFORMED;
    for (; exponent > 0; exponent--) {
        if (value > UINT64_MAX / 10)
            return AP_ERR_RANGE;
        value *= 10;
    }
    if (number->is_cut)
        return AP_ERR_RANGE;
    *magnitude = value;
    return AP_OK;
}

double ap_json_double(const ap_json_number *number)
{
    double value = (double)number->magnitude;
    if (number->magnitude == 0)
        value = 0;
    else if (number->exponent < 0)
        value /= pow(10.0, -number->exponent);
    else if (number->exponent > 0)
        value *= pow(10.0, number->exponent);
    return number->is_negative ? -value : value;
}
