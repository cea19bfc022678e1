#include "simulate/garble.h"

#include <math.h>

#include "airpicture/modes.h"

#define STEP_M (1.45e-6 * 299792458.0 / 2.0) /* of range between two places of a reply */
#define PULSE_SHARE 0.31                     /* 0.45 us of them: a pulse reaches so far */
#define PLACE_COUNT 15
#define BIT_D1 1u

/* The bit of the code at each place; framing pulses are there always, X never. */
enum { FRAME = -1, NOTHING = -2 };
static const int8_t bit_at[PLACE_COUNT] = {
    /* F1 C1 A1 C2 A2 C4 A4 X B1 D1 B2 D2 B4 D4 F2 */
    FRAME, 3, 9, 4, 10, 5, 11, NOTHING, 6, 0, 7, 1, 8, 2, FRAME
};

static uint32_t pulses_of(uint16_t code)
{
    uint32_t pulses = 0;
    for (int place = 0; place < PLACE_COUNT; place++)
        if (bit_at[place] == FRAME || (bit_at[place] >= 0 && (code >> bit_at[place] & 1u)))
            pulses |= 1u << place;
    return pulses;
}

static uint16_t code_of(uint32_t pulses)
{
    unsigned code = 0;
    for (int place = 0; place < PLACE_COUNT; place++)
        if (bit_at[place] >= 0)
            code |= (pulses >> place & 1u) << bit_at[place];
    return (uint16_t)code;
}

uint16_t ap_garble_code(uint16_t own, uint16_t other, double behind_m)
{
    double steps = behind_m / STEP_M, whole = round(steps);
    if (fabs(behind_m) >= AP_GARBLE_RANGE_M || fabs(steps - whole) >= PULSE_SHARE)
        return own;
    int shift = (int)whole;
    uint32_t pulses = pulses_of(other);
    return (uint16_t)(own | code_of(shift >= 0 ? pulses << shift : pulses >> -shift));
}

uint16_t ap_garble_of_level(int16_t level_4th)
{
    return ap_modes_squawk_id13(ap_modes_gillham_of_altitude(level_4th * 25));
}

bool ap_garble_to_level(uint16_t code, int16_t *level_4th)
{
    int32_t altitude_ft;
    bool is_25_ft;
    /* D1 is no part of an altitude: at its place Mode S has the bit that tells 25 ft. */
    if ((code & BIT_D1) ||
        !ap_modes_altitude_ac13(ap_modes_id13_of_squawk(code), &altitude_ft, &is_25_ft))
        return false;
    *level_4th = (int16_t)(altitude_ft / 25);
    return true;
}
