#include "simulate/squitter.h"

#include <math.h>
#include <string.h>

#include "airpicture/cpr.h"
#include "simulate/register.h"

#define QUICK_SHARE 0.4 /* of the declared deviation */
#define QUICK_MAX_M 6.0
#define REPLY_PATTERN_COUNT 8
#define SUBSONIC_MAX_KT 1021 /* of a component in steps of 1 kt; beyond, in those of 4 kt */
#define FINE_ALTITUDE_MAX_FT 50175
#define SET_NONE 0xE /* an emitter category's set (0xA to 0xD) and its type code make this */

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

bool ap_squitter_is_sent(ap_squitter kind, ap_equipment equipment)
{
    if (equipment == AP_EQUIPMENT_ADSB)
        return true;
    return equipment == AP_EQUIPMENT_MODE_S && kind >= AP_SQUITTER_ACQUIRE;
}

ap_geodetic ap_squitter_position(const ap_broadcast *told, ap_random *random)
{
    double sigma_m = ap_modes_sigma_of_nac_p(told->navigation.nac_p);
    double quick_m = fmin(QUICK_SHARE * sigma_m, QUICK_MAX_M);
    double east_m = quick_m * ap_random_normal(random);
    double north_m = quick_m * ap_random_normal(random);
    return ap_faults_moved(told->navigation.position, east_m, north_m);
}

/* Above what steps of 25 ft can tell, in those of 100 ft (ICAO Annex 10 volume IV, 3.1.2.6.5.4). */
static void fill_altitude(const ap_broadcast *told, ap_modes_frame *content)
{
    if (!told->has_altitude)
        return;
    double altitude_ft = told->pressure_altitude_m / AP_M_PER_FT;
    int32_t fine_ft =
        AP_WORLD_LEVEL_STEP_FT * (int32_t)lround(altitude_ft / AP_WORLD_LEVEL_STEP_FT);
    content->present |= AP_MODES_HAS_ALTITUDE;
    content->altitude_25_ft = fine_ft <= FINE_ALTITUDE_MAX_FT;
    content->altitude_ft =
        content->altitude_25_ft ? fine_ft : 100 * (int32_t)lround(altitude_ft / 100.0);
}

uint8_t ap_squitter_type_code(const ap_broadcast *told)
{
    /* By NACp: the type code whose containment is the nearest above the 95 % radius. */
    static const uint8_t in_air[12] = { 17, 17, 17, 16, 15, 14, 13, 12, 11, 11, 11, 11 };
    static const uint8_t on_ground[12] = { 8, 8, 8, 8, 8, 8, 8, 8, 8, 7, 6, 5 };
    unsigned nac_p = told->navigation.nac_p < 12 ? told->navigation.nac_p : 11;
    if (!told->navigation.has_position)
        return 0;
    return told->on_ground ? on_ground[nac_p] : in_air[nac_p];
}

static void fill_movement(const ap_navigation *navigation, ap_modes_frame *content)
{
    double track_rad = ap_wrap_two_pi(atan2(navigation->east_mps, navigation->north_mps));
    content->present |= AP_MODES_HAS_GROUND_SPEED | AP_MODES_HAS_TRACK;
    content->ground_speed_kt = hypot(navigation->east_mps, navigation->north_mps) / AP_MPS_PER_KT;
    content->track_deg = track_rad / AP_RAD_PER_DEG;
}

static void fill_place(const ap_broadcast *told, bool is_odd, ap_random *random,
                       ap_modes_frame *content)
{
    ap_geodetic position = ap_squitter_position(told, random);
    ap_cpr cpr = ap_cpr_encode(position.latitude_rad / AP_RAD_PER_DEG,
                               position.longitude_rad / AP_RAD_PER_DEG, is_odd, told->on_ground);
    content->present |= AP_MODES_HAS_CPR;
    content->cpr_odd = cpr.odd;
    content->cpr_surface = told->on_ground;
    content->cpr_latitude_17 = cpr.latitude_17;
    content->cpr_longitude_17 = cpr.longitude_17;
}

static bool stands(const ap_broadcast *told)
{
    const ap_navigation *by = &told->navigation;
    return told->on_ground && hypot(by->east_mps, by->north_mps) < AP_SQUITTER_STANDING_MPS;
}

static bool fill_position(const ap_broadcast *told, uint32_t count, ap_random *random,
                          ap_modes_frame *content)
{
    bool is_standing = stands(told);
    if (is_standing && count % AP_SQUITTER_STANDING != 0)
        return false;
    content->type_code = ap_squitter_type_code(told);
    if (!told->on_ground || !told->navigation.has_position) {
        content->alert = told->alert != AP_TOLD_CALM;
        content->alert_is_temporary = told->alert == AP_TOLD_ALERT_TEMPORARY;
        fill_altitude(told, content);
    } else {
        fill_movement(&told->navigation, content);
    }
    if (told->navigation.has_position)
        fill_place(told, (is_standing ? count / AP_SQUITTER_STANDING : count) % 2 == 1, random,
                   content);
    return true;
}

static bool fill_velocity(const ap_broadcast *told, ap_modes_frame *content)
{
    const ap_navigation *navigation = &told->navigation;
    if (!navigation->has_position || told->on_ground)
        return false;
    double track_rad = ap_wrap_two_pi(atan2(navigation->east_mps, navigation->north_mps));
    double fastest_mps = fmax(fabs(navigation->east_mps), fabs(navigation->north_mps));
    content->type_code = 19;
    content->subtype = fastest_mps > SUBSONIC_MAX_KT * AP_MPS_PER_KT ? 2 : 1;
    content->present |= AP_MODES_HAS_GROUND_VELOCITY | AP_MODES_HAS_VERTICAL_RATE |
                        AP_MODES_HAS_GEO_MINUS_BARO | AP_MODES_HAS_NAC_V;
    content->ground_speed_kt = hypot(navigation->east_mps, navigation->north_mps) / AP_MPS_PER_KT;
    content->track_deg = track_rad / AP_RAD_PER_DEG;
    content->vertical_rate_fpm = (int32_t)lround(navigation->up_mps / AP_M_PER_FT * 60.0);
    content->geo_minus_baro_ft = (int32_t)lround(told->height_offset_m / AP_M_PER_FT);
    content->nac_v = 2;
    return true;
}

static void fill_callsign(const char *callsign, ap_modes_frame *content)
{
    content->present |= AP_MODES_HAS_CALLSIGN;
    memcpy(content->callsign, callsign, sizeof content->callsign);
}

/* Type codes 4 to 1 are the sets A to D; no category is told as number 0 of set A. */
static void fill_ident(const ap_broadcast *told, ap_modes_frame *content)
{
    uint8_t set = told->emitter_category != 0 ? told->emitter_category >> 4 : 0xA;
    content->type_code = (uint8_t)(SET_NONE - set);
    content->present |= AP_MODES_HAS_CATEGORY;
    content->emitter_category = told->emitter_category;
    fill_callsign(told->callsign, content);
}

static void fill_status(const ap_broadcast *told, ap_modes_frame *content)
{
    content->type_code = 31;
    content->present |= AP_MODES_HAS_VERSION;
    content->adsb_version = 2;
    content->nac_p = told->navigation.nac_p;
    content->sil = told->navigation.has_position ? 3 : 0;
    content->subtype = told->on_ground ? 1 : 0;
    content->sda = 2;
    content->gva = 2;
    content->nic_baro = true;
}

static bool fill_emergency(const ap_broadcast *told, ap_modes_frame *content)
{
    if (!ap_faults_is_emergency(told->mode_3a))
        return false;
    content->type_code = 28;
    content->subtype = 1;
    content->present |= AP_MODES_HAS_EMERGENCY | AP_MODES_HAS_SQUAWK;
    content->emergency_state = told->mode_3a == AP_MODE_3A_EMERGENCY  ? 1  /* general */
                               : told->mode_3a == AP_MODE_3A_NO_RADIO ? 4  /* no communications */
                                                                      : 5; /* unlawful */
    content->squawk = told->mode_3a;
    return true;
}

bool ap_squitter_make(ap_squitter kind, const ap_broadcast *told, uint32_t count, ap_random *random,
                      ap_modes_frame *content)
{
    *content = (ap_modes_frame){ .df = kind == AP_SQUITTER_ACQUIRE ? 11 : 17,
                                 .icao24 = told->address,
                                 .present = AP_MODES_HAS_CAPABILITY,
                                 .capability = told->on_ground ? 4 : 5 }; /* level 2 or above */
    if (kind == AP_SQUITTER_VELOCITY)
        return fill_velocity(told, content);
    if (kind == AP_SQUITTER_EMERGENCY)
        return fill_emergency(told, content);
    if (kind == AP_SQUITTER_POSITION)
        return fill_position(told, count, random, content);
    if (kind == AP_SQUITTER_IDENT)
        fill_ident(told, content);
    else if (kind == AP_SQUITTER_STATUS)
        fill_status(told, content);
    return true;
}

/* Altitude and identity in turn, most of them with a register: 2,0 is the call sign. */
void ap_squitter_reply(const ap_world *world, const ap_broadcast *told, const ap_flight *flight,
                       const ap_truth *truth, double time_s, uint32_t count,
                       ap_modes_frame *content)
{
    static const struct {
        uint8_t df, bds;
    } pattern[REPLY_PATTERN_COUNT] = { { 20, 0x20 }, { 5, 0 },     { 20, 0x50 }, { 21, 0x60 },
                                       { 4, 0 },     { 21, 0x40 }, { 20, 0x50 }, { 21, 0x60 } };
    uint8_t bds = world->registers ? pattern[count % REPLY_PATTERN_COUNT].bds : 0x20;
    *content = (ap_modes_frame){ .df = pattern[count % REPLY_PATTERN_COUNT].df,
                                 .icao24 = told->address,
                                 .present = AP_MODES_HAS_FLIGHT_STATUS };
    content->flight_status = (uint8_t)(told->on_ground + 2 * (told->alert != AP_TOLD_CALM));
    if (content->df == 4 || content->df == 20) {
        fill_altitude(told, content);
    } else {
        content->present |= AP_MODES_HAS_SQUAWK;
        content->squawk = told->mode_3a;
    }
    if (content->df < 20)
        return;
    if (bds == 0x20) {
        fill_callsign(told->callsign, content);
    } else {
        content->present |= AP_MODES_HAS_MB;
        content->mb = ap_register_of(bds, flight, truth, time_s);
    }
}
