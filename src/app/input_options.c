#include "app/input_options.h"

/* 2106-01-01. */
#define TIME_END (INT64_C(4291747200) * AP_NS_PER_S)

int ap_take_format(const ap_command *command, const char *value, ap_format *format)
{
    ap_format found = ap_format_of_key(value);
    if (found == AP_FORMAT_COUNT)
        return ap_command_fail(command, AP_EXIT_USAGE,
                               "--format %s is not known; see --help for the list", value);
    *format = found;
    return AP_EXIT_OK;
}

int ap_take_time(const ap_command *command, const char *option, const char *value, ap_utc_ns *utc)
{
    ap_utc_ns time;
    if (ap_utc_parse(value, &time) || time < 0 || time >= TIME_END)
        return ap_command_fail(command, AP_EXIT_USAGE,
                               "--%s %s is no time from 1970 to 2105; expected 2024-06-06 or "
                               "2024-06-06T08:58:39Z",
                               option, value);
    *utc = time;
    return AP_EXIT_OK;
}

bool ap_take_octet(const char **at, uint8_t *octet)
{
    const char *p = *at;
    unsigned number = 0;
    for (; *p >= '0' && *p <= '9' && p - *at < 3; p++)
        number = number * 10 + (unsigned)(*p - '0');
    if (p == *at || number > UINT8_MAX)
        return false;
    *octet = (uint8_t)number;
    *at = p;
    return true;
}
