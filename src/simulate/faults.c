#include "simulate/faults.h"

#include <math.h>

#include "airpicture/modes.h"
#include "simulate/random.h"

#define LOOK_S 5.0     /* how often it is looked whether a flight is in an area */
#define SLOW_SHARE 0.4 /* of the declared deviation, in each of two waves */

static bool is_on(const ap_scenario_fault *fault, double time_s)
{
    return time_s >= fault->start_s && time_s < fault->end_s;
}

bool ap_faults_is_emergency(uint16_t mode_3a)
{
    return mode_3a == AP_MODE_3A_EMERGENCY || mode_3a == AP_MODE_3A_NO_RADIO ||
           mode_3a == AP_MODE_3A_UNLAWFUL;
}

static bool is_code(const ap_scenario_fault *fault)
{
    return fault->kind == AP_FAULT_EMERGENCY || fault->kind == AP_FAULT_WRONG_CODE;
}

/* A code by chance: neither an emergency nor its own. */
static uint16_t draw_code(const ap_world *world, uint32_t fault, uint16_t own)
{
    ap_random random = ap_random_of(world->seed, AP_STREAM_WRONG_CODE, fault, 0);
    uint16_t code = own;
    while (code == own || ap_faults_is_emergency(code))
        code = (uint16_t)ap_random_below(&random, 010000);
    return code;
}

static uint16_t code_of(const ap_world *world, uint32_t fault, uint16_t own, double time_s)
{
    const ap_scenario_fault *of = &world->scenario->faults[fault];
    if (of->code_of < world->flight_count)
        return ap_flight_mode_3a(&world->flights[of->code_of], time_s);
    return of->value < 0.0 ? draw_code(world, fault, own) : (uint16_t)of->value & 07777;
}

static bool is_recent(double change_s, double birth_s, double time_s)
{
    return change_s > birth_s && time_s >= change_s && time_s < change_s + AP_FAULTS_ALERT_S;
}

static void tell_wrong(const ap_world *world, uint32_t index, const ap_truth *truth, double time_s,
                       ap_told *told)
{
    const ap_scenario_fault *fault = &world->scenario->faults[index];
    double birth_s = world->flights[fault->flight].birth_s;
    if (is_code(fault) && !told->on_ground &&
        (is_recent(fault->start_s, birth_s, time_s) || is_recent(fault->end_s, birth_s, time_s)))
        told->alert = AP_TOLD_ALERT_TEMPORARY;
    if (!is_on(fault, time_s))
        return;
    if (fault->kind == AP_FAULT_SILENT)
        told->answers = false;
    else if (is_code(fault))
        told->mode_3a = code_of(world, index, truth->mode_3a, time_s);
    else if (fault->kind == AP_FAULT_WRONG_ADDRESS && told->address != 0)
        told->address = (uint32_t)fault->value & 0xFFFFFF;
    else if (fault->kind == AP_FAULT_ALTITUDE)
        told->pressure_altitude_m += fault->value;
}

/* Kinds whose flights begin or end on the ground of a field. */
static bool has_field(ap_generator_kind kind)
{
    return kind == AP_GENERATOR_TMA || kind == AP_GENERATOR_SURFACE ||
           kind == AP_GENERATOR_GENERAL || kind == AP_GENERATOR_ROTORCRAFT ||
           kind == AP_GENERATOR_DRONES;
}

/* Height of the field that a flight, or its leader, begins or ends at; below everything when there
 * is none. */
static double field_height_m(const ap_scenario *scenario, uint32_t flight)
{
    if (flight < scenario->flight_count) {
        const ap_scenario_flight *of = &scenario->flights[flight];
        if (of->leader < scenario->flight_count)
            of = &scenario->flights[of->leader];
        return of->departs || of->lands ? of->field_height_m : -HUGE_VAL;
    }
    uint32_t left = flight - scenario->flight_count;
    for (uint32_t i = 0; i < scenario->generator_count; i++) {
        const ap_scenario_generator *of = &scenario->generators[i];
        if (left < of->flight_count)
            return has_field(of->kind) ? of->field_height_m : -HUGE_VAL;
        left -= of->flight_count;
    }
    return -HUGE_VAL;
}

ap_told ap_faults_told(const ap_world *world, uint32_t flight, const ap_truth *truth, double time_s)
{
    const ap_scenario *scenario = world->scenario;
    ap_told told = { .answers = world->flights[flight].equipment != AP_EQUIPMENT_NONE,
                     .address = truth->address,
                     .mode_3a = truth->mode_3a,
                     .on_ground = world->flights[flight].craft == AP_CRAFT_VEHICLE ||
                                  truth->position.height_m <
                                      field_height_m(scenario, flight) + AP_FAULTS_GROUND_M,
                     .pressure_altitude_m = truth->pressure_altitude_m };
    for (uint32_t i = 0; i < scenario->fault_count; i++)
        if (scenario->faults[i].flight == flight)
            tell_wrong(world, i, truth, time_s, &told);
    if (ap_faults_is_emergency(told.mode_3a))
        told.alert = AP_TOLD_ALERT_PERMANENT;
    double altitude_ft = told.pressure_altitude_m / AP_M_PER_FT;
    told.has_altitude =
        altitude_ft >= AP_FAULTS_ALTITUDE_MIN_FT && altitude_ft <= AP_FAULTS_ALTITUDE_MAX_FT;
    return told;
}

/* How far inside an area: 0 at its edge and outside, 1 in its middle. */
static double depth_in(const ap_scenario_fault *fault, ap_geodetic position)
{
    if (!(fault->radius_m > 0.0))
        return 0.0;
    ap_geodetic middle = { fault->latitude_rad, fault->longitude_rad, 0.0 };
    position.height_m = 0.0;
    return fmax(1.0 - ap_distance_m(middle, position) / fault->radius_m, 0.0);
}

/* What happens to the navigation of one flight at one time. */
typedef struct disturbance {
    double age_s;                   /* of the position told */
    double depth;                   /* in the deepest jammed area */
    double drift_m[2], rate_mps[2]; /* east, north */
} disturbance;

static bool is_inside(const ap_world *world, const ap_scenario_fault *fault, uint32_t flight,
                      double time_s)
{
    ap_truth truth;
    return ap_world_truth(world, flight, time_s, &truth) && depth_in(fault, truth.position) > 0.0;
}

/* When it came in, between a time outside (or before its birth) and one inside. */
static double crossing_s(const ap_world *world, const ap_scenario_fault *fault, uint32_t flight,
                         double outside_s, double inside_s)
{
    for (int i = 0; i < 40; i++) {
        double middle_s = (outside_s + inside_s) / 2.0;
        *(is_inside(world, fault, flight, middle_s) ? &inside_s : &outside_s) = middle_s;
    }
    return inside_s;
}

/* Since when a flight that is in the area at `time_s` has been there, not before the fault begins.
 * It is looked at every LOOK_S; what was found is kept, and told again when all looks from there on
 * find it inside. */
static double inside_since_s(const ap_world *world, const ap_scenario_fault *fault, uint32_t ramp,
                             uint32_t flight, double time_s)
{
    ap_area_stay fresh = { .count = 0 };
    ap_area_stay *stay =
        world->stays ? &world->stays[(size_t)ramp * world->flight_count + flight] : &fresh;
    uint32_t end = (uint32_t)((time_s - fault->start_s) / LOOK_S) + 1, first = end;
    while (first > 0 && first - 1 - stay->first >= stay->count &&
           is_inside(world, fault, flight, fault->start_s + LOOK_S * (first - 1)))
        first--;
    if (first > 0 && first - 1 - stay->first < stay->count) {
        stay->count = end - stay->first > stay->count ? end - stay->first : stay->count;
        return stay->enter_s;
    }
    double outside_s = fault->start_s + LOOK_S * (first - 1.0);
    double inside_s = first < end ? outside_s + LOOK_S : time_s;
    *stay = (ap_area_stay){ .enter_s = fault->start_s, .first = first, .count = end - first };
    if (first > 0)
        stay->enter_s = crossing_s(world, fault, flight, outside_s, inside_s);
    return stay->enter_s;
}

static void add_ramp(const ap_scenario_fault *fault, double duration_s, disturbance *by)
{
    double east = sin(fault->direction_rad), north = cos(fault->direction_rad);
    double drift_m = fault->value * duration_s;
    by->drift_m[0] += drift_m * east;
    by->drift_m[1] += drift_m * north;
    by->rate_mps[0] += fault->value * east;
    by->rate_mps[1] += fault->value * north;
}

static disturbance disturbance_of(const ap_world *world, uint32_t flight, ap_geodetic position,
                                  double time_s)
{
    disturbance by = { .age_s = 0.0 };
    uint32_t ramp_count = 0;
    for (uint32_t i = 0; i < world->scenario->fault_count; i++) {
        const ap_scenario_fault *fault = &world->scenario->faults[i];
        bool is_meant = fault->flight == flight;
        uint32_t ramp = ramp_count;
        ramp_count += fault->kind == AP_FAULT_RAMP && fault->flight == AP_SCENARIO_NONE;
        if (!is_on(fault, time_s) || (!is_meant && fault->flight != AP_SCENARIO_NONE))
            continue;
        if (fault->kind == AP_FAULT_LATENCY && is_meant)
            by.age_s = fault->value;
        else if (fault->kind == AP_FAULT_JAMMING)
            by.depth = fmax(by.depth, depth_in(fault, position));
        else if (fault->kind == AP_FAULT_RAMP && is_meant)
            add_ramp(fault, time_s - fault->start_s, &by);
        else if (fault->kind == AP_FAULT_RAMP && depth_in(fault, position) > 0.0)
            add_ramp(fault, time_s - inside_since_s(world, fault, ramp, flight, time_s), &by);
    }
    return by;
}

/* Two waves with periods and phases of its own. */
static double slow_error_m(const ap_world *world, uint32_t id, uint64_t axis, double sigma_m,
                           double time_s)
{
    ap_random random = ap_random_of(world->seed, AP_STREAM_NAVIGATION, id, axis);
    double sum = 0.0;
    for (int i = 0; i < 2; i++) {
        double period_s = ap_random_between(&random, 150.0, 500.0);
        double phase_rad = ap_random_between(&random, 0.0, 2.0 * AP_PI);
        sum += sin(2.0 * AP_PI * time_s / period_s + phase_rad);
    }
    return SLOW_SHARE * sigma_m * sum;
}

/* Poorer the deeper; that of the equipment where it is poorer still. */
static uint8_t jammed_nac_p(uint8_t nac_p, double depth)
{
    const int steps = AP_FAULTS_JAM_NAC_P_MAX - AP_FAULTS_JAM_NAC_P_MIN + 1;
    int lost = (int)(depth / AP_FAULTS_JAM_DEEP * steps);
    int left = AP_FAULTS_JAM_NAC_P_MAX - (lost < steps ? lost : steps - 1);
    return nac_p < left ? nac_p : (uint8_t)left;
}

static void add_jump(const ap_world *world, uint32_t flight, double sigma_m, double time_s,
                     double error_m[2])
{
    ap_random random = ap_random_of(world->seed, AP_STREAM_JAMMING, flight,
                                    (uint64_t)(int64_t)floor(time_s / AP_FAULTS_JUMP_S));
    if (ap_random_unit(&random) >= AP_FAULTS_JUMP_CHANCE)
        return;
    error_m[0] += AP_FAULTS_JUMP_SIGMAS * sigma_m * ap_random_normal(&random);
    error_m[1] += AP_FAULTS_JUMP_SIGMAS * sigma_m * ap_random_normal(&random);
}

ap_geodetic ap_faults_moved(ap_geodetic position, double east_m, double north_m)
{
    double meridian_m, prime_m;
    ap_radii_at(position.latitude_rad, &meridian_m, &prime_m);
    double parallel_m = (prime_m + position.height_m) * cos(position.latitude_rad);
    return (ap_geodetic){ position.latitude_rad + north_m / (meridian_m + position.height_m),
                          ap_wrap_pi(position.longitude_rad + east_m / parallel_m),
                          position.height_m };
}

ap_navigation ap_faults_navigation(const ap_world *world, uint32_t flight, const ap_truth *truth,
                                   double time_s)
{
    const ap_flight *of = &world->flights[flight];
    disturbance by = disturbance_of(world, flight, truth->position, time_s);
    if (by.depth > AP_FAULTS_JAM_DEEP)
        return (ap_navigation){ .up_mps = truth->up_mps };
    ap_truth then = *truth;
    double then_s = fmax(time_s - by.age_s, of->birth_s);
    if (by.age_s > 0.0)
        (void)ap_world_truth(world, flight, then_s, &then); /* it was in the air */
    uint8_t nac_p = by.depth > 0.0 ? jammed_nac_p(of->nac_p, by.depth) : of->nac_p;
    double sigma_m = ap_modes_sigma_of_nac_p(nac_p);
    double error_m[2] = { by.drift_m[0] + slow_error_m(world, of->id, 0, sigma_m, then_s),
                          by.drift_m[1] + slow_error_m(world, of->id, 1, sigma_m, then_s) };
    if (by.depth > 0.0)
        add_jump(world, flight, sigma_m, time_s, error_m);
    return (ap_navigation){ .has_position = true,
                            .position = ap_faults_moved(then.position, error_m[0], error_m[1]),
                            .east_mps = then.east_mps + by.rate_mps[0],
                            .north_mps = then.north_mps + by.rate_mps[1],
                            .up_mps = then.up_mps,
                            .nac_p = nac_p };
}

double ap_faults_stamp_s(const ap_world *world, uint32_t sensor, double time_s)
{
    const ap_scenario_sensor *of = &world->scenario->sensors[sensor];
    double stamp_s = time_s + of->time_bias_s + of->time_drift_sps * time_s;
    for (uint32_t i = 0; i < world->scenario->fault_count; i++) {
        const ap_scenario_fault *fault = &world->scenario->faults[i];
        if (fault->kind == AP_FAULT_TIME_JUMP && fault->sensor == sensor && is_on(fault, time_s))
            stamp_s += fault->value;
    }
    return stamp_s;
}
