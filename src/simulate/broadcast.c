#include "simulate/broadcast.h"

#include <math.h>
#include <string.h>

#include "simulate/random.h"

#define GHOST_ELEMENT 0x80000000u
#define GHOST_NAC_P 9
#define GHOST_CATEGORY 0xA3 /* large */
#define GRAVITY_MPS2 9.80665
#define BANK_TANGENT 0.36397023426620236 /* 20 degrees */
#define LEG_MIN_M 15e3

/* How many broadcasters beyond the flights a fault makes. */
static uint32_t count_of(const ap_scenario_fault *fault)
{
    if (fault->kind == AP_FAULT_REPLAY)
        return 1;
    if (fault->kind != AP_FAULT_GHOSTS)
        return 0;
    return (uint32_t)fmin(fmax(fault->value, 0.0), AP_BROADCAST_GHOST_COUNT_MAX);
}

uint32_t ap_broadcaster_count(const ap_world *world)
{
    uint32_t count = world->flight_count;
    for (uint32_t i = 0; i < world->scenario->fault_count; i++)
        count += count_of(&world->scenario->faults[i]);
    return count;
}

static ap_geodetic mast_of(const ap_scenario *scenario, const ap_scenario_fault *fault)
{
    ap_geodetic mast = scenario->reference;
    if (fault->radius_m > 0.0)
        mast = (ap_geodetic){ fault->latitude_rad, fault->longitude_rad, 0.0 };
    mast.height_m = AP_BROADCAST_MAST_M;
    return mast;
}

ap_broadcaster ap_broadcaster_of(const ap_world *world, uint32_t index)
{
    if (index < world->flight_count)
        return (ap_broadcaster){ .flight = index, .element = index };
    const ap_scenario *scenario = world->scenario;
    const ap_scenario_fault *fault = scenario->faults;
    uint32_t left = index - world->flight_count, ghost = 0;
    for (; left >= count_of(fault); fault++) {
        left -= count_of(fault);
        ghost += fault->kind == AP_FAULT_GHOSTS ? count_of(fault) : 0;
    }
    ap_broadcaster who = { .fault = fault, .mast = mast_of(scenario, fault) };
    if (fault->kind == AP_FAULT_REPLAY) {
        who.flight = who.element = fault->flight;
        who.delay_s = fault->value;
    } else {
        who.flight = AP_SCENARIO_NONE;
        who.ghost = ghost + left;
        who.element = GHOST_ELEMENT + who.ghost;
    }
    return who;
}

double ap_broadcaster_birth_s(const ap_world *world, const ap_broadcaster *who)
{
    if (who->flight == AP_SCENARIO_NONE)
        return who->fault->start_s;
    return world->flights[who->flight].birth_s + who->delay_s;
}

bool ap_broadcaster_place(const ap_world *world, const ap_broadcaster *who, double time_s,
                          ap_truth *truth, ap_geodetic *antenna)
{
    if (who->fault && time_s >= who->fault->end_s)
        return false;
    if (who->flight != AP_SCENARIO_NONE &&
        !ap_world_truth(world, who->flight, time_s - who->delay_s, truth))
        return false;
    *antenna = who->fault ? who->mast : truth->position;
    return true;
}

/* A racetrack: two straight legs and two half turns to the right. */
typedef struct racetrack {
    double east_m, north_m; /* of its middle, from that of the area */
    double course_rad, leg_m, radius_m;
    double speed_mps, altitude_m;
    double begin_m; /* where on it the ghost is at first */
} racetrack;

static racetrack draw_racetrack(const ap_world *world, const ap_broadcaster *who)
{
    ap_random random = ap_random_of(world->seed, AP_STREAM_GHOST, who->ghost, 0);
    double area_m = who->fault->radius_m;
    double out_m = 0.7 * area_m * sqrt(ap_random_unit(&random));
    double bearing_rad = ap_random_between(&random, 0.0, 2.0 * AP_PI);
    racetrack track = { .east_m = out_m * sin(bearing_rad), .north_m = out_m * cos(bearing_rad) };
    track.course_rad = ap_random_between(&random, 0.0, 2.0 * AP_PI);
    track.speed_mps = ap_random_between(&random, 150.0, 240.0);
    track.altitude_m = (15.0 + ap_random_below(&random, 24)) * 1000.0 * AP_M_PER_FT;
    track.leg_m = fmax(area_m * ap_random_between(&random, 0.3, 0.6), LEG_MIN_M);
    track.radius_m = track.speed_mps * track.speed_mps / (GRAVITY_MPS2 * BANK_TANGENT);
    track.begin_m = ap_random_unit(&random) * 2.0 * (track.leg_m + AP_PI * track.radius_m);
    return track;
}

/* On a half of it: along and to the right of the course at its beginning. */
static void on_half(const racetrack *track, double way_m, double *along_m, double *right_m,
                    double *turned_rad)
{
    double angle_rad = fmax(way_m - track->leg_m, 0.0) / track->radius_m;
    *along_m = fmin(way_m, track->leg_m) - track->leg_m / 2.0 + track->radius_m * sin(angle_rad);
    *right_m = -track->radius_m * cos(angle_rad);
    *turned_rad = angle_rad;
}

static void fly_ghost(const ap_world *world, const ap_broadcaster *who, double time_s,
                      ap_broadcast *told)
{
    racetrack track = draw_racetrack(world, who);
    double half_m = track.leg_m + AP_PI * track.radius_m;
    double way_m =
        fmod(track.begin_m + track.speed_mps * (time_s - who->fault->start_s), 2.0 * half_m);
    double along_m, right_m, turned_rad, course_rad = track.course_rad;
    on_half(&track, fmod(way_m, half_m), &along_m, &right_m, &turned_rad);
    if (way_m >= half_m)
        course_rad += AP_PI; /* the other half is the same, turned about the middle */
    double east = sin(course_rad), north = cos(course_rad);
    ap_geodetic middle = { who->fault->latitude_rad, who->fault->longitude_rad, 0.0 };
    ap_enu_frame plane = ap_enu_frame_at(middle);
    ap_vec3 at = { track.east_m + along_m * east + right_m * north,
                   track.north_m + along_m * north - right_m * east, 0.0 };
    told->has_altitude = true;
    told->pressure_altitude_m = track.altitude_m;
    told->navigation = (ap_navigation){
        .has_position = true,
        .position = ap_geodetic_from_ecef(ap_ecef_from_enu(&plane, at)),
        .east_mps = track.speed_mps * sin(course_rad + turned_rad),
        .north_mps = track.speed_mps * cos(course_rad + turned_rad),
        .nac_p = GHOST_NAC_P,
    };
    told->navigation.position.height_m = track.altitude_m + told->height_offset_m;
}

/* Three letters and four digits, of its own. */
static void name_ghost(const ap_world *world, const ap_broadcaster *who, char *callsign)
{
    ap_random random = ap_random_of(world->seed, AP_STREAM_GHOST, who->ghost, 1);
    for (int i = 0; i < 3; i++)
        callsign[i] = (char)('A' + ap_random_below(&random, 26));
    uint32_t number = 1000 + ap_random_below(&random, 9000);
    for (int i = 6; i >= 3; i--, number /= 10)
        callsign[i] = (char)('0' + number % 10);
    callsign[7] = '\0';
}

static void tell_ghost(const ap_world *world, const ap_broadcaster *who, double time_s,
                       ap_broadcast *told)
{
    *told = (ap_broadcast){ .address = AP_BROADCAST_GHOST_ADDRESS + who->ghost,
                            .mode_3a = 01000,
                            .emitter_category = GHOST_CATEGORY,
                            .height_offset_m = world->scenario->height_offset_m };
    name_ghost(world, who, told->callsign);
    fly_ghost(world, who, time_s, told);
}

bool ap_broadcaster_tell(const ap_world *world, const ap_broadcaster *who, const ap_truth *truth,
                         double time_s, ap_broadcast *told)
{
    if (who->fault && (time_s < who->fault->start_s || time_s >= who->fault->end_s))
        return false;
    if (who->flight == AP_SCENARIO_NONE) {
        tell_ghost(world, who, time_s, told);
        return true;
    }
    double then_s = time_s - who->delay_s;
    ap_told words = ap_faults_told(world, who->flight, truth, then_s);
    if (!words.answers)
        return false;
    const ap_flight *flight = &world->flights[who->flight];
    *told = (ap_broadcast){ .address = words.address,
                            .mode_3a = words.mode_3a,
                            .alert = words.alert,
                            .emitter_category = flight->emitter_category,
                            .on_ground = words.on_ground,
                            .has_altitude = words.has_altitude,
                            .pressure_altitude_m = words.pressure_altitude_m,
                            .height_offset_m = flight->height_offset_m,
                            .navigation = ap_faults_navigation(world, who->flight, truth, then_s) };
    memcpy(told->callsign, flight->callsign, sizeof told->callsign);
    return true;
}
