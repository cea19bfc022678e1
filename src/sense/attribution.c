#include "sense/attribution.h"

#include <math.h>
#include <stdlib.h>

/* An altitude reply may differ from the one before by this, and by the climb since. */
#define ALTITUDE_S 10.0
#define ALTITUDE_GATE_FT 300.0
#define CLIMB_GATE_FTPS 100.0
#define SQUAWK_S 120.0
#define DOUBT_S 30.0 /* a second reply that agrees must come by then */
#define NEIGHBOUR_S 60.0
#define ADDRESSES 16777216.0

typedef enum fit { FIT_UNKNOWN, FIT_AGREES, FIT_CONTRADICTS } fit;

static bool within_s(ap_utc_ns past, ap_utc_ns now, double limit_s)
{
    return past != 0 && fabs(ap_seconds_between(past, now)) <= limit_s;
}

static bool near_ft(int32_t a_ft, int32_t b_ft, double dt_s)
{
    return abs(a_ft - b_ft) <= ALTITUDE_GATE_FT + CLIMB_GATE_FTPS * dt_s;
}

/* How the altitude or squawk of the frame goes with what the aircraft said before. */
static fit fit_of(const ap_heard_before *before, const ap_modes_frame *frame, ap_utc_ns utc)
{
    if ((frame->present & AP_MODES_HAS_ALTITUDE) && within_s(before->altitude_utc, utc, ALTITUDE_S))
        return near_ft(frame->altitude_ft, before->altitude_ft,
                       fabs(ap_seconds_between(before->altitude_utc, utc)))
                   ? FIT_AGREES
                   : FIT_CONTRADICTS;
    if ((frame->present & AP_MODES_HAS_SQUAWK) && within_s(before->squawk_utc, utc, SQUAWK_S))
        return frame->squawk == before->squawk ? FIT_AGREES : FIT_CONTRADICTS;
    return FIT_UNKNOWN;
}

/* Whether it agrees with the last value that was doubted; if not, it is doubted now. */
static bool is_second_doubt(ap_heard_before *before, const ap_modes_frame *frame, ap_utc_ns utc)
{
    if (!(frame->present & (AP_MODES_HAS_ALTITUDE | AP_MODES_HAS_SQUAWK)))
        return false;
    bool has_altitude = frame->present & AP_MODES_HAS_ALTITUDE;
    bool agrees = within_s(before->doubt_utc, utc, DOUBT_S) &&
                  before->doubt_is_altitude == has_altitude &&
                  (has_altitude ? near_ft(frame->altitude_ft, before->doubt, 0.0)
                                : before->doubt == frame->squawk);
    before->doubt_utc = utc;
    before->doubt_is_altitude = has_altitude;
    before->doubt = has_altitude ? frame->altitude_ft : frame->squawk;
    bool squittered = has_altitude && before->altitude_is_squitter &&
                      within_s(before->altitude_utc, utc, ALTITUDE_S);
    return agrees && !squittered;
}

static void remember(ap_heard_before *before, const ap_modes_frame *frame, ap_utc_ns utc)
{
    if (frame->present & AP_MODES_HAS_SQUAWK) {
        before->squawk = frame->squawk;
        before->squawk_utc = utc;
    }
    bool squittered =
        before->altitude_is_squitter && within_s(before->altitude_utc, utc, ALTITUDE_S);
    if ((frame->present & AP_MODES_HAS_ALTITUDE) && !squittered) {
        before->altitude_ft = frame->altitude_ft;
        before->altitude_utc = utc;
        before->altitude_is_squitter = false;
    }
}

/* An aircraft proved on the input whose address differs by `flipped`, and which said before what
 * the frame says. */
static bool neighbour_fits(const ap_aircraft_table *table, uint32_t key, uint32_t flipped,
                           const ap_modes_frame *frame, uint16_t input, ap_utc_ns utc)
{
    const ap_aircraft *near = ap_aircraft_find(table, key ^ flipped);
    return near && ap_aircraft_is_proved(table, near, input, utc) &&
           fit_of(&near->before, frame, utc) == FIT_AGREES;
}

static bool any_neighbour_fits(const ap_aircraft_table *table, uint32_t key,
                               const ap_modes_frame *frame, uint16_t input, ap_utc_ns utc)
{
    for (uint32_t one = 1; one < 1u << 24; one <<= 1) {
        if (neighbour_fits(table, key, one, frame, input, utc))
            return true;
        for (uint32_t other = one << 1; other < 1u << 24; other <<= 1)
            if (neighbour_fits(table, key, one | other, frame, input, utc))
                return true;
    }
    return false;
}

double ap_reply_probability(double proof_age_s, double noise_per_s)
{
    double own_per_s = exp(-proof_age_s / (AP_PROOF_S / 4));
    return own_per_s / (own_per_s + noise_per_s / ADDRESSES);
}

/* What to make of a reply that nothing it says speaks for or against. Where no replies are damaged
 * there is no one else to have sent it. */
static bool is_likely(const ap_aircraft_table *table, const ap_aircraft *aircraft,
                      const ap_modes_frame *frame, uint16_t input, const ap_noise *noise,
                      ap_utc_ns utc)
{
    if (!within_s(noise->utc, utc, NEIGHBOUR_S))
        return true;
    double age_s = ap_aircraft_proof_age_s(table, aircraft, input, utc);
    return ap_reply_probability(age_s, noise->rate_per_s) >= AP_REPLY_PROBABILITY &&
           !any_neighbour_fits(table, aircraft->key, frame, input, utc);
}

bool ap_attribution_believes(const ap_aircraft_table *table, ap_aircraft *aircraft,
                             const ap_modes_frame *frame, uint16_t input, ap_noise *noise,
                             ap_utc_ns utc)
{
    ap_heard_before *before = &aircraft->before;
    fit found = fit_of(before, frame, utc);
    bool believed =
        found == FIT_AGREES ||
        (found == FIT_UNKNOWN && is_likely(table, aircraft, frame, input, noise, utc)) ||
        is_second_doubt(before, frame, utc);
    if (believed)
        remember(before, frame, utc);
    else
        ap_noise_heard(noise, utc);
    return believed;
}

void ap_noise_heard(ap_noise *noise, ap_utc_ns utc)
{
    double dt_s = noise->utc == 0 ? INFINITY : fabs(ap_seconds_between(noise->utc, utc));
    noise->rate_per_s = noise->rate_per_s * exp(-dt_s / AP_NOISE_S) + 1.0 / AP_NOISE_S;
    noise->utc = utc;
}

void ap_attribution_note_altitude(ap_aircraft *aircraft, int32_t altitude_ft, ap_utc_ns utc)
{
    aircraft->before.altitude_ft = altitude_ft;
    aircraft->before.altitude_utc = utc;
    aircraft->before.altitude_is_squitter = true;
}

void ap_attribution_note_squawk(ap_aircraft *aircraft, uint16_t squawk, ap_utc_ns utc)
{
    aircraft->before.squawk = squawk;
    aircraft->before.squawk_utc = utc;
}
