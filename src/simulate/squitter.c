#include "simulate/squitter.h"

#include <math.h>
#include <string.h>

#include "airpicture/cpr.h"
#include "simulate/register.h"

#define SLOW_SHARE 0.4 /* of the declared deviation, in each of two waves */
#define QUICK_SHARE 0.4
#define QUICK_MAX_M 6.0
#define REPLY_PATTERN_COUNT 8

/* Intervals of DO-260B 2.2.3.3 (airborne) and of the acquisition squitter. */
static const struct {
    double low_s, high_s;
} intervals[AP_SQUITTER_COUNT] = {
    [AP_SQUITTER_POSITION] = { 0.4, 0.6 },  [AP_SQUITTER_VELOCITY] = { 0.4, 0.6 },
    [AP_SQUITTER_IDENT] = { 4.8, 5.2 },     [AP_SQUITTER_STATUS] = { 2.4, 2.6 },
    [AP_SQUITTER_EMERGENCY] = { 0.7, 0.9 }, [AP_SQUITTER_ACQUIRE] = { 0.95, 1.05 },
};

double ap_squitter_interval_s(ap_squitter kind, ap_random *random)
{
    return ap_random_between(random, intervals[kind].low_s, intervals[kind].high_s);
}

bool ap_squitter_is_sent(ap_squitter kind, const ap_flight *flight)
{
    if (flight->equipment == AP_EQUIPMENT_ADSB)
        return true;
    return flight->equipment == AP_EQUIPMENT_MODE_S && kind >= AP_SQUITTER_ACQUIRE;
}

/* Two waves with periods and phases of its own. */
static double slow_error_m(const ap_world *world, const ap_flight *flight, uint64_t axis,
                           double sigma_m, double time_s)
{
    ap_random random = ap_random_of(world->seed, AP_STREAM_NAVIGATION, flight->id, axis);
    double sum = 0.0;
    for (int i = 0; i < 2; i++) {
        double period_s = ap_random_between(&random, 150.0, 500.0);
        double phase_rad = ap_random_between(&random, 0.0, 2.0 * AP_PI);
        sum += sin(2.0 * AP_PI * time_s / period_s + phase_rad);
    }
    return SLOW_SHARE * sigma_m * sum;
}

static ap_geodetic navigated(const ap_world *world, const ap_flight *flight, const ap_truth *truth,
                             double time_s, ap_random *random)
{
    double sigma_m = ap_modes_sigma_of_nac_p(flight->nac_p);
    double quick_m = fmin(QUICK_SHARE * sigma_m, QUICK_MAX_M);
    double east_m = slow_error_m(world, flight, 0, sigma_m, time_s);
    double north_m = slow_error_m(world, flight, 1, sigma_m, time_s);
    ap_enu_frame local = ap_enu_frame_at(truth->position);
    east_m += quick_m * ap_random_normal(random);
    north_m += quick_m * ap_random_normal(random);
    return ap_geodetic_from_ecef(ap_ecef_from_enu(&local, (ap_vec3){ east_m, north_m, 0.0 }));
}

static void fill_altitude(const ap_flight *flight, const ap_truth *truth, ap_modes_frame *content)
{
    content->present |= AP_MODES_HAS_ALTITUDE;
    content->altitude_ft =
        AP_WORLD_LEVEL_STEP_FT * ap_world_level_4th(flight, truth->pressure_altitude_m);
    content->altitude_25_ft = true;
}

static bool is_emergency(const ap_truth *truth)
{
    return truth->mode_3a == AP_MODE_3A_EMERGENCY;
}

/* Type codes 11 to 14: barometric altitude, containment of NIC 8 to 5. */
static uint8_t position_type_code(uint8_t nac_p)
{
    return nac_p >= 8 ? 11 : nac_p >= 5 ? (uint8_t)(19 - nac_p) : 14;
}

static void fill_position(const ap_world *world, const ap_flight *flight, const ap_truth *truth,
                          double time_s, uint32_t count, ap_random *random, ap_modes_frame *content)
{
    ap_geodetic position = navigated(world, flight, truth, time_s, random);
    ap_cpr cpr = ap_cpr_encode(position.latitude_rad / AP_RAD_PER_DEG,
                               position.longitude_rad / AP_RAD_PER_DEG, count % 2 == 1, false);
    content->type_code = position_type_code(flight->nac_p);
    content->present |= AP_MODES_HAS_CPR;
    content->cpr_odd = cpr.odd;
    content->cpr_latitude_17 = cpr.latitude_17;
    content->cpr_longitude_17 = cpr.longitude_17;
    content->alert = is_emergency(truth);
    fill_altitude(flight, truth, content);
}

static void fill_velocity(const ap_flight *flight, const ap_truth *truth, ap_modes_frame *content)
{
    double speed_mps = hypot(truth->east_mps, truth->north_mps);
    double track_rad = ap_wrap_two_pi(atan2(truth->east_mps, truth->north_mps));
    content->type_code = 19;
    content->subtype = 1;
    content->present |= AP_MODES_HAS_GROUND_VELOCITY | AP_MODES_HAS_VERTICAL_RATE |
                        AP_MODES_HAS_GEO_MINUS_BARO | AP_MODES_HAS_NAC_V;
    content->ground_speed_kt = speed_mps / AP_MPS_PER_KT;
    content->track_deg = track_rad / AP_RAD_PER_DEG;
    content->vertical_rate_fpm = (int32_t)lround(truth->up_mps / AP_M_PER_FT * 60.0);
    content->geo_minus_baro_ft = (int32_t)lround(flight->height_offset_m / AP_M_PER_FT);
    content->nac_v = 2;
}

static void fill_callsign(const ap_flight *flight, ap_modes_frame *content)
{
    content->present |= AP_MODES_HAS_CALLSIGN;
    memcpy(content->callsign, flight->callsign, sizeof content->callsign);
}

static void fill_ident(const ap_flight *flight, ap_modes_frame *content)
{
    content->type_code = 4; /* set A */
    content->present |= AP_MODES_HAS_CATEGORY;
    content->emitter_category = flight->emitter_category;
    fill_callsign(flight, content);
}

static void fill_status(const ap_flight *flight, ap_modes_frame *content)
{
    content->type_code = 31;
    content->present |= AP_MODES_HAS_VERSION;
    content->adsb_version = 2;
    content->nac_p = flight->nac_p;
    content->sil = 3;
    content->sda = 2;
    content->gva = 2;
    content->nic_baro = true;
}

static void fill_emergency(const ap_truth *truth, ap_modes_frame *content)
{
    content->type_code = 28;
    content->subtype = 1;
    content->present |= AP_MODES_HAS_EMERGENCY | AP_MODES_HAS_SQUAWK;
    content->emergency_state = 1; /* general emergency */
    content->squawk = truth->mode_3a;
}

/* Altitude and identity in turn, most of them with a register: 2,0 is the call sign. */
static void fill_reply(const ap_world *world, const ap_flight *flight, const ap_truth *truth,
                       double time_s, uint32_t count, ap_modes_frame *content)
{
    static const struct {
        uint8_t df, bds;
    } pattern[REPLY_PATTERN_COUNT] = { { 20, 0x20 }, { 5, 0 },     { 20, 0x50 }, { 21, 0x60 },
                                       { 4, 0 },     { 21, 0x40 }, { 20, 0x50 }, { 21, 0x60 } };
    uint8_t bds = world->registers ? pattern[count % REPLY_PATTERN_COUNT].bds : 0x20;
    content->df = pattern[count % REPLY_PATTERN_COUNT].df;
    content->present |= AP_MODES_HAS_FLIGHT_STATUS;
    content->flight_status = is_emergency(truth) ? 2 : 0; /* in the air, with alert or without */
    if (content->df == 4 || content->df == 20) {
        fill_altitude(flight, truth, content);
    } else {
        content->present |= AP_MODES_HAS_SQUAWK;
        content->squawk = truth->mode_3a;
    }
    if (content->df < 20)
        return;
    if (bds == 0x20) {
        fill_callsign(flight, content);
    } else {
        content->present |= AP_MODES_HAS_MB;
        content->mb = ap_register_of(bds, flight, truth, time_s);
    }
}

bool ap_squitter_make(ap_squitter kind, const ap_world *world, const ap_flight *flight,
                      const ap_truth *truth, double time_s, uint32_t count, ap_random *random,
                      ap_modes_frame *content)
{
    if (kind == AP_SQUITTER_EMERGENCY && !is_emergency(truth))
        return false;
    *content = (ap_modes_frame){ .df = kind == AP_SQUITTER_ACQUIRE ? 11 : 17,
                                 .icao24 = flight->address,
                                 .present = AP_MODES_HAS_CAPABILITY,
                                 .capability = 5 }; /* level 2 or above, in the air */
    if (kind == AP_SQUITTER_POSITION)
        fill_position(world, flight, truth, time_s, count, random, content);
    else if (kind == AP_SQUITTER_VELOCITY)
        fill_velocity(flight, truth, content);
    else if (kind == AP_SQUITTER_IDENT)
        fill_ident(flight, content);
    else if (kind == AP_SQUITTER_STATUS)
        fill_status(flight, content);
    else if (kind == AP_SQUITTER_EMERGENCY)
        fill_emergency(truth, content);
    else if (kind == AP_SQUITTER_REPLY)
        fill_reply(world, flight, truth, time_s, count, content);
    return true;
}
