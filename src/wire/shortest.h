/* Shortest decimal digits of a double, and 128-bit helpers of the number writers. */
#ifndef AP_WIRE_SHORTEST_H
#define AP_WIRE_SHORTEST_H

#include <stdbool.h>
#include <stdint.h>

typedef struct ap_u128 {
    uint64_t high, low;
} ap_u128;

ap_u128 ap_u128_product(uint64_t a, uint64_t b);

/* floor(a / 2^shift), shift [0, 127]; the result must fit into 64 bits. *inexact: bits were cut. */
uint64_t ap_u128_shifted(ap_u128 a, unsigned shift, bool *inexact);

/* 10^k, k [0, 19]. */
extern const uint64_t ap_powers_10[20];

/* |value| = mantissa * 2^exponent, mantissa < 2^53. */
typedef struct ap_binary {
    uint64_t mantissa;
    int exponent;
    bool negative, finite;
    bool lower_is_closer; /* the double below is half a step away */
} ap_binary;

ap_binary ap_binary_of(double value);

#define AP_U64_DIGITS 20

/* "00" to "99", each at twice its number. */
extern const char ap_digit_pairs[201];

/* Decimal digits of value, at the end of digits; returns the first. */
char *ap_u64_digits(char digits[AP_U64_DIGITS], uint64_t value);

/* digits[0].digits[1]digits[2].. * 10^exponent_10, no zeros at the end. */
typedef struct ap_decimal {
    char digits[AP_U64_DIGITS];
    int count, exponent_10;
} ap_decimal;

/* The fewest digits that read back as the same double (nearest, ties to even); of those the
 * nearest to it. in: finite and > 0.
 * Between 1e-7 and 1e15 in 128-bit arithmetic, elsewhere by exact long division (Steele and White,
 * "How to print floating-point numbers accurately", 1990), some ten times slower. */
ap_decimal ap_shortest(double magnitude);

#endif
