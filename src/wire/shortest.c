#include "wire/shortest.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

const uint64_t ap_powers_10[20] = {
    UINT64_C(1),
    UINT64_C(10),
    UINT64_C(100),
    UINT64_C(1000),
    UINT64_C(10000),
    UINT64_C(100000),
    UINT64_C(1000000),
    UINT64_C(10000000),
    UINT64_C(100000000),
    UINT64_C(1000000000),
    UINT64_C(10000000000),
    UINT64_C(100000000000),
    UINT64_C(1000000000000),
    UINT64_C(10000000000000),
    UINT64_C(100000000000000),
    UINT64_C(1000000000000000),
    UINT64_C(10000000000000000),
    UINT64_C(100000000000000000),
    UINT64_C(1000000000000000000),
    UINT64_C(10000000000000000000),
};

ap_u128 ap_u128_product(uint64_t a, uint64_t b)
{
    uint64_t a0 = (uint32_t)a, a1 = a >> 32, b0 = (uint32_t)b, b1 = b >> 32;
    uint64_t low = a0 * b0, cross = a1 * b0 + (low >> 32);
    uint64_t middle = a0 * b1 + (uint32_t)cross;
    return (ap_u128){ a1 * b1 + (cross >> 32) + (middle >> 32), middle << 32 | (uint32_t)low };
}

uint64_t ap_u128_shifted(ap_u128 a, unsigned shift, bool *inexact)
{
    if (shift == 0) {
        *inexact = false;
        return a.low;
    }
    if (shift < 64) {
        *inexact = (a.low & ((UINT64_C(1) << shift) - 1)) != 0;
        return a.high << (64 - shift) | a.low >> shift;
    }
    uint64_t cut = a.high & ((UINT64_C(1) << (shift - 64)) - 1);
    *inexact = a.low != 0 || cut != 0;
    return a.high >> (shift - 64);
}

ap_binary ap_binary_of(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    uint64_t fraction = bits & ((UINT64_C(1) << 52) - 1);
    int biased = (int)(bits >> 52 & 0x7ff);
    return (ap_binary){
        .mantissa = biased ? fraction | UINT64_C(1) << 52 : fraction,
        .exponent = (biased ? biased : 1) - 1075,
        .negative = bits >> 63,
        .finite = biased != 0x7ff,
        .lower_is_closer = fraction == 0 && biased > 1,
    };
}

/* clang-format off */
const char ap_digit_pairs[201] =
    "00010203040506070809" "10111213141516171819" "20212223242526272829" "30313233343536373839"
    "40414243444546474849" "50515253545556575859" "60616263646566676869" "70717273747576777879"
    "80818283848586878889" "90919293949596979899";
/* clang-format on */

char *ap_u64_digits(char digits[AP_U64_DIGITS], uint64_t value)
{
    char *at = digits + AP_U64_DIGITS;
    for (; value >= 100; value /= 100)
        memcpy(at -= 2, ap_digit_pairs + 2 * (value % 100), 2);
    if (value >= 10)
        return memcpy(at - 2, ap_digit_pairs + 2 * value, 2);
    *--at = (char)('0' + value);
    return at;
}

/* integer / 10^scale, integer > 0. */
static ap_decimal decimal_of(uint64_t integer, int scale)
{
    ap_decimal d;
    char digits[AP_U64_DIGITS];
    const char *first = ap_u64_digits(digits, integer);
    d.count = (int)(digits + AP_U64_DIGITS - first);
    d.exponent_10 = d.count - 1 - scale;
    memcpy(d.digits, first, (size_t)d.count);
    while (d.count > 1 && d.digits[d.count - 1] == '0')
        d.count--;
    return d;
}

/* ---- magnitudes in [1e-7, 1e15) ---- */

#define MIDDLE_LOW 1e-7
#define MIDDLE_HIGH 1e15

/* Powers of ten that a double holds exactly. */
static const double exact_powers[] = { 1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                       1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                       1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22 };

/* floor(log10(magnitude)), or one less (below 1, where the product is rounded). */
static int rough_log10(double magnitude)
{
    int k = 0;
    if (magnitude < 1.0)
        while (magnitude * exact_powers[-k] <= 1.0)
            k--;
    else
        while (magnitude >= exact_powers[k + 1])
            k++;
    return k;
}

/* Fifteen digits, when they read back as the value. Decimals of fifteen digits are all different
 * doubles, so that one, its zeros removed, is the shortest. */
static bool try_fifteen(double magnitude, int log_10, ap_decimal *d)
{
    int scale = 14 - log_10;
    if (scale > 22)
        return false;
    uint64_t integer = (uint64_t)(magnitude * exact_powers[scale] + 0.5);
    if (integer > ap_powers_10[15] || (double)integer / exact_powers[scale] != magnitude)
        return false;
    *d = decimal_of(integer, scale);
    return true;
}

/* The multiple of the largest possible power of ten in [low, high] that is nearest to half of
 * twice (a little above it when inexact); a tie goes to the even one. */
static ap_decimal nearest_between(uint64_t low, uint64_t high, uint64_t twice, bool inexact,
                                  int scale)
{
    int j = 0;
    while (high / ap_powers_10[j + 1] * ap_powers_10[j + 1] >= low)
        j++;
    uint64_t unit = ap_powers_10[j], below = twice / (2 * unit), rest = twice % (2 * unit);
    bool up = rest > unit || (rest == unit && (inexact || (below & 1)));
    if (up && (below + 1) * unit > high)
        up = false;
    else if (!up && below * unit < low)
        up = true;
    return decimal_of(below + up, scale - j);
}

/* 5^k, k [0, 27]. */
static uint64_t power_5(int k)
{
    return k < 20 ? ap_powers_10[k] >> k
                  : (ap_powers_10[19] >> 19) * (ap_powers_10[k - 19] >> (k - 19));
}

/* The decimals that read back as the value, scaled to 17 or 18 digits before the point, lie
 * between two numbers that are exact in 128 bits. */
static ap_decimal shortest_middle(ap_binary b, int log_10)
{
    int scale = 16 - log_10;
    /* 4 * value * 10^scale = 4 * mantissa * 5^scale / 2^shift * 4 */
    unsigned shift = (unsigned)(2 - b.exponent - scale);
    uint64_t power = power_5(scale), m4 = 4 * b.mantissa;
    bool closed = (b.mantissa & 1) == 0, low_cut, high_cut, twice_cut;
    uint64_t low =
        ap_u128_shifted(ap_u128_product(m4 - (b.lower_is_closer ? 1 : 2), power), shift, &low_cut);
    uint64_t high = ap_u128_shifted(ap_u128_product(m4 + 2, power), shift, &high_cut);
    uint64_t twice = ap_u128_shifted(ap_u128_product(m4, power), shift - 1, &twice_cut);
    low += low_cut || !closed;
    high -= !high_cut && !closed;
    return nearest_between(low, high, twice, twice_cut, scale);
}

/* ---- any magnitude ---- */

/* Natural numbers below 2^1280: 4 * 2^1074 * 10 and 2^53 * 10^324 * 40 fit. */
#define BIG_LIMBS 40

typedef struct big {
    uint32_t limb[BIG_LIMBS]; /* lowest first, zeros above count */
    int count;
} big;

static void big_multiply(big *a, uint32_t factor)
{
    uint64_t carry = 0;
    for (int i = 0; i < a->count; i++) {
        carry += (uint64_t)a->limb[i] * factor;
        a->limb[i] = (uint32_t)carry;
        carry >>= 32;
    }
    if (carry) {
        assert(a->count < BIG_LIMBS);
        a->limb[a->count++] = (uint32_t)carry;
    }
}

static void big_multiply_10(big *a, int power)
{
    for (; power >= 9; power -= 9)
        big_multiply(a, 1000000000);
    big_multiply(a, (uint32_t)ap_powers_10[power]);
}

/* value * 2^shift. */
static big big_of(uint64_t value, int shift)
{
    big a = { .count = shift / 32 + 3 };
    assert(a.count <= BIG_LIMBS);
    ap_u128 wide = ap_u128_product(value, UINT64_C(1) << (shift % 32));
    a.limb[shift / 32] = (uint32_t)wide.low;
    a.limb[shift / 32 + 1] = (uint32_t)(wide.low >> 32);
    a.limb[shift / 32 + 2] = (uint32_t)wide.high;
    while (a.count > 0 && a.limb[a.count - 1] == 0)
        a.count--;
    return a;
}

/* a + b */
static big big_sum(const big *a, const big *b)
{
    big sum = *a;
    uint64_t carry = 0;
    int size = a->count > b->count ? a->count : b->count;
    for (int i = 0; i < size; i++) {
        carry += (uint64_t)a->limb[i] + b->limb[i];
        sum.limb[i] = (uint32_t)carry;
        carry >>= 32;
    }
    if (carry) {
        assert(size < BIG_LIMBS);
        sum.limb[size++] = (uint32_t)carry;
    }
    sum.count = size;
    return sum;
}

/* Sign of a - b. */
static int big_compare(const big *a, const big *b)
{
    int size = a->count > b->count ? a->count : b->count;
    for (int i = size - 1; i >= 0; i--)
        if (a->limb[i] != b->limb[i])
            return a->limb[i] > b->limb[i] ? 1 : -1;
    return 0;
}

/* a -= b, b <= a. */
static void big_subtract(big *a, const big *b)
{
    int64_t borrow = 0;
    for (int i = 0; i < a->count; i++) {
        borrow += (int64_t)a->limb[i] - b->limb[i];
        a->limb[i] = (uint32_t)borrow;
        borrow = borrow < 0 ? -1 : 0;
    }
}

/* A digit: *rest = 10 * *rest - digit * scale. */
static int next_digit(big *rest, const big *scale)
{
    int digit = 0;
    big_multiply(rest, 10);
    for (; big_compare(rest, scale) >= 0; digit++)
        big_subtract(rest, scale);
    return digit;
}

/* floor(log10) of 2^floor(log2(value)): that of the value, or one less. */
static int rough_log10_of_binary(ap_binary b)
{
    int log_2 = b.exponent - 1;
    for (uint64_t m = b.mantissa; m != 0; m >>= 1)
        log_2++;
    /* 78913 / 2^18 is log10(2) closely enough for exponents to 1,650; kept positive for the shift.
     */
    return ((log_2 + 1100) * 78913 >> 18) - 331 - 1;
}

/* Digits are made one by one until what is left lies within the margin to a neighbour. */
static ap_decimal shortest_any(ap_binary b)
{
    bool closed = (b.mantissa & 1) == 0;
    int up_2 = b.exponent > 0 ? b.exponent : 0, down_2 = b.exponent < 0 ? -b.exponent : 0;
    big rest = big_of(4 * b.mantissa, up_2), scale = big_of(4, down_2);
    big above = big_of(2, up_2), below = big_of(b.lower_is_closer ? 1 : 2, up_2);
    int power = rough_log10_of_binary(b) + 1;
    if (power >= 0) {
        big_multiply_10(&scale, power);
    } else {
        big_multiply_10(&rest, -power);
        big_multiply_10(&above, -power);
        big_multiply_10(&below, -power);
    }
    big top = big_sum(&rest, &above);
    while (big_compare(&top, &scale) >= !closed) {
        big_multiply(&scale, 10);
        power++;
    }
    ap_decimal d = { .exponent_10 = power - 1 };
    for (;;) {
        int digit = next_digit(&rest, &scale);
        big_multiply(&above, 10);
        big_multiply(&below, 10);
        top = big_sum(&rest, &above);
        bool low = big_compare(&rest, &below) < closed, high = big_compare(&top, &scale) >= !closed;
        if (low || high) {
            big twice = big_sum(&rest, &rest);
            int half = big_compare(&twice, &scale);
            bool up = low && high ? half > 0 || (half == 0 && (digit & 1)) : high;
            d.digits[d.count++] = (char)('0' + digit + up);
            return d;
        }
        d.digits[d.count++] = (char)('0' + digit);
    }
}

ap_decimal ap_shortest(double magnitude)
{
    ap_binary b = ap_binary_of(magnitude);
    assert(b.finite && b.mantissa != 0);
    if (magnitude < MIDDLE_LOW || magnitude >= MIDDLE_HIGH)
        return shortest_any(b);
    ap_decimal d;
    int log_10 = rough_log10(magnitude);
    return try_fifteen(magnitude, log_10, &d) ? d : shortest_middle(b, log_10);
}
