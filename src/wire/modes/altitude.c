/* The 13-bit fields of altitude and identity, and their inverses; the standard atmosphere. */
#include "airpicture/modes.h"

#include <math.h>

/* Bits of the fields in the order sent, most significant first:
 *     C1 A1 C2 A2 C4 A4 X B1 D1 B2 D2 B4 D4
 * X is M (metres) and D1 is Q (25 ft steps) in an altitude. */
enum {
    BIT_D4,
    BIT_B4,
    BIT_D2,
    BIT_B2,
    BIT_D1,
    BIT_B1,
    BIT_X,
    BIT_A4,
    BIT_C4,
    BIT_A2,
    BIT_C2,
    BIT_A1,
    BIT_C1,
};

#define BIT_Q BIT_D1

/* Field bits of the squawk's 12 bits, most significant first (A4 A2 A1 B4 ... D1). */
static const uint8_t squawk_bits[12] = { BIT_A4, BIT_A2, BIT_A1, BIT_B4, BIT_B2, BIT_B1,
                                         BIT_C4, BIT_C2, BIT_C1, BIT_D4, BIT_D2, BIT_D1 };

/* Gray code of the 500 ft step (D1 is never sent: it would be above 62,700 ft) and of the 100 ft
 * step, most significant first. */
static const uint8_t gillham_500_bits[8] = { BIT_D2, BIT_D4, BIT_A1, BIT_A2,
                                             BIT_A4, BIT_B1, BIT_B2, BIT_B4 };
static const uint8_t gillham_100_bits[3] = { BIT_C1, BIT_C2, BIT_C4 };

static unsigned gather(uint16_t field, const uint8_t *bits, int count)
{
    unsigned value = 0;
    for (int i = 0; i < count; i++)
        value = value << 1 | (field >> bits[i] & 1u);
    return value;
}

static unsigned gray_to_binary(unsigned gray)
{
    unsigned binary = gray;
    for (unsigned shift = gray >> 1; shift != 0; shift >>= 1)
        binary ^= shift;
    return binary;
}

/* Hundreds run 1 2 3 4 7 in the code and turn round in every odd five hundred. */
static bool gillham_altitude(uint16_t ac13, int32_t *altitude_ft)
{
    unsigned five_hundreds = gray_to_binary(gather(ac13, gillham_500_bits, 8));
    unsigned hundreds = gray_to_binary(gather(ac13, gillham_100_bits, 3));
    if (hundreds == 0 || hundreds == 5 || hundreds == 6)
        return false;
    if (hundreds == 7)
        hundreds = 5;
    if (five_hundreds & 1u)
        hundreds = 6 - hundreds;
    *altitude_ft = (int32_t)(500 * five_hundreds + 100 * hundreds) - 1300;
    return true;
}

/* The field without its X and Q bits: 11 bits. */
static unsigned steps_of_25_ft(uint16_t ac13)
{
    return (ac13 >> (BIT_X + 1) & 0x3Fu) << 5 | (ac13 >> BIT_B1 & 1u) << 4 | (ac13 & 0xFu);
}

bool ap_modes_altitude_ac13(uint16_t ac13, int32_t *altitude_ft, bool *is_25_ft)
{
    if ((ac13 & 0x1FFFu) == 0 || (ac13 >> BIT_X & 1u))
        return false;
    if (ac13 >> BIT_Q & 1u) {
        *altitude_ft = (int32_t)(25 * steps_of_25_ft(ac13)) - 1000;
        *is_25_ft = true;
        return true;
    }
    if (!gillham_altitude(ac13, altitude_ft))
        return false;
    *is_25_ft = false;
    return true;
}

bool ap_modes_altitude_ac12(uint16_t ac12, int32_t *altitude_ft, bool *is_25_ft)
{
    return ap_modes_altitude_ac13((uint16_t)((ac12 & 0xFC0u) << 1 | (ac12 & 0x3Fu)), altitude_ft,
                                  is_25_ft);
}

uint16_t ap_modes_squawk_id13(uint16_t id13)
{
    return (uint16_t)gather(id13, squawk_bits, 12);
}

uint16_t ap_modes_ac13_of_altitude(int32_t altitude_ft)
{
    if (altitude_ft < -1000)
        altitude_ft = -1000;
    if (altitude_ft > 50175)
        altitude_ft = 50175;
    unsigned steps = (unsigned)(altitude_ft + 1000 + 12) / 25;
    return (uint16_t)((steps >> 5) << (BIT_X + 1) | (steps >> 4 & 1u) << BIT_B1 | 1u << BIT_Q |
                      (steps & 0xFu));
}

uint16_t ap_modes_ac12_of_ac13(uint16_t ac13)
{
    return (uint16_t)((ac13 >> 1 & 0xFC0u) | (ac13 & 0x3Fu));
}

static unsigned scatter(unsigned value, const uint8_t *bits, int count)
{
    unsigned field = 0;
    for (int i = 0; i < count; i++)
        field |= (value >> (count - 1 - i) & 1u) << bits[i];
    return field;
}

uint16_t ap_modes_gillham_of_altitude(int32_t altitude_ft)
{
    if (altitude_ft < -1200)
        altitude_ft = -1200;
    if (altitude_ft > 126700)
        altitude_ft = 126700;
    unsigned steps = (unsigned)(altitude_ft + 1200 + 50) / 100;
    unsigned five_hundreds = steps / 5, hundreds = steps % 5 + 1;
    if (five_hundreds & 1u)
        hundreds = 6 - hundreds;
    if (hundreds == 5)
        hundreds = 7;
    return (uint16_t)(scatter(five_hundreds ^ five_hundreds >> 1, gillham_500_bits, 8) |
                      scatter(hundreds ^ hundreds >> 1, gillham_100_bits, 3));
}

uint16_t ap_modes_id13_of_squawk(uint16_t squawk)
{
    return (uint16_t)scatter(squawk, squawk_bits, 12);
}

double ap_modes_pressure_ratio(double altitude_ft)
{
    double altitude_m = altitude_ft * 0.3048;
    return altitude_m < 11000.0 ? pow(1.0 - 2.25577e-5 * altitude_m, 5.25588)
                                : 0.223361 * exp((11000.0 - altitude_m) / 6341.62);
}

double ap_modes_airspeed_of_mach(double mach, double altitude_ft)
{
    double impact =
        ap_modes_pressure_ratio(altitude_ft) * (pow(1.0 + 0.2 * mach * mach, 3.5) - 1.0);
    return 661.479 * sqrt(5.0 * (pow(impact + 1.0, 2.0 / 7.0) - 1.0));
}
