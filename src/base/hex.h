/* Hexadecimal digits. */
#ifndef AP_BASE_HEX_H
#define AP_BASE_HEX_H

#include <stdint.h>

/* Value of a digit, in capital or small letters; below 0: it is none. */
static inline int ap_hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

#endif
