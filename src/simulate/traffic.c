#include "simulate/traffic.h"

#include <math.h>

#include "simulate/random.h"
#include "simulate/world.h"

#define M_PER_FL (100.0 * AP_M_PER_FT)
#define LIFE_MIN_S 120.0
#define CROSSING_BEND_RAD (60.0 * AP_RAD_PER_DEG)

/* Where and when a flight lives, drawn before what it does. */
typedef struct life {
    double birth_s, end_s;
} life;

typedef struct range {
    double low, high;
} range;

typedef void (*programme)(const ap_traffic_config *config, ap_random *random, life lived,
                          ap_flight *flight);

static double draw(ap_random *random, range from)
{
    return ap_random_between(random, from.low, from.high);
}

static bool by_chance(ap_random *random, double probability)
{
    return ap_random_unit(random) < probability;
}

static double signed_between(ap_random *random, double low, double high)
{
    double value = ap_random_between(random, low, high);
    return by_chance(random, 0.5) ? value : -value;
}

/* Uniform in a disc around the middle of the area. */
static void draw_point(const ap_traffic_config *config, ap_random *random, double radius_m,
                       double *x_m, double *y_m)
{
    double distance_m = radius_m * sqrt(ap_random_unit(random));
    double bearing_rad = ap_random_between(random, 0.0, 2.0 * AP_PI);
    *x_m = config->x_m + distance_m * sin(bearing_rad);
    *y_m = config->y_m + distance_m * cos(bearing_rad);
}

static life draw_life(const ap_traffic_config *config, ap_random *random)
{
    double duration_s = config->duration_s;
    life out = { config->start_s, HUGE_VAL };
    if (by_chance(random, 0.35))
        out.birth_s += ap_random_between(random, 0.02, 0.5) * duration_s;
    if (by_chance(random, 0.35))
        out.end_s = fmax(out.birth_s + LIFE_MIN_S,
                         config->start_s + ap_random_between(random, 0.5, 0.98) * duration_s);
    return out;
}

static double end_of(const ap_traffic_config *config, life lived)
{
    return fmin(lived.end_s, config->start_s + config->duration_s);
}

/* Draws are made one per statement everywhere: C leaves the order of arguments to the compiler. */
static void climb(ap_random *random, range level_fl, range rates_mps, ap_flight *flight)
{
    double level_m = draw(random, level_fl) * M_PER_FL;
    double rate_mps = draw(random, rates_mps);
    ap_flight_climb(flight, level_m, rate_mps);
}

/* Level at a point of a disc, with a course, height and speed of its own. */
static void begin(const ap_traffic_config *config, ap_random *random, life lived, double radius_m,
                  range level_fl, range speeds_mps, ap_flight *flight)
{
    double x_m, y_m;
    draw_point(config, random, radius_m, &x_m, &y_m);
    double altitude_m = draw(random, level_fl) * M_PER_FL;
    double course_rad = ap_random_between(random, 0.0, 2.0 * AP_PI);
    double speed_mps = draw(random, speeds_mps);
    ap_flight_start(flight, lived.birth_s, x_m, y_m, altitude_m, course_rad, speed_mps);
}

static void climb_by(ap_random *random, ap_flight *flight)
{
    double change_m = signed_between(random, 10.0, 40.0) * M_PER_FL;
    double rate_mps = ap_random_between(random, 5.0, 12.0);
    ap_flight_climb(flight, ap_flight_altitude_m(flight) + change_m, rate_mps);
}

static void cruise_on(ap_random *random, double until_s, ap_flight *flight)
{
    while (ap_flight_planned_s(flight) < until_s) {
        ap_flight_hold(flight, ap_random_between(random, 30.0, 140.0));
        double what = ap_random_unit(random);
        if (what < 0.45)
            ap_flight_turn(flight, signed_between(random, 10.0, 60.0) * AP_RAD_PER_DEG);
        else if (what < 0.75)
            climb_by(random, flight);
        else if (what < 0.9)
            ap_flight_change_speed(
                flight, ap_flight_speed_mps(flight) + signed_between(random, 8, 25), 0.4);
    }
}

/* Through the area: at half of its life it is at a point of the inner disc. */
static void cruise(const ap_traffic_config *config, ap_random *random, life lived,
                   ap_flight *flight)
{
    double x_m, y_m, until_s = end_of(config, lived);
    draw_point(config, random, 0.6 * config->radius_m, &x_m, &y_m);
    double course_rad = ap_random_between(random, 0.0, 2.0 * AP_PI);
    double speed_mps = ap_random_between(random, 195.0, 250.0);
    double back_m = speed_mps * (until_s - lived.birth_s) / 2.0;
    /* Odd levels eastbound, even ones westbound. */
    double level = 280.0 + 20.0 * ap_random_below(random, 6) + (course_rad < AP_PI ? 10.0 : 0.0);
    flight->emitter_category = by_chance(random, 0.3) ? 0xA5 : 0xA3;
    ap_flight_start(flight, lived.birth_s, x_m - back_m * sin(course_rad),
                    y_m - back_m * cos(course_rad), level * M_PER_FL, course_rad, speed_mps);
    cruise_on(random, until_s, flight);
}

static void arrive(const ap_traffic_config *config, ap_random *random, life lived,
                   ap_flight *flight)
{
    double bearing_rad = ap_random_between(random, 0.0, 2.0 * AP_PI);
    double distance_m = ap_random_between(random, 0.4, 0.7) * config->radius_m;
    double course_rad = bearing_rad + AP_PI + signed_between(random, 0.05, 0.35);
    double altitude_m = ap_random_between(random, 120.0, 210.0) * M_PER_FL;
    double speed_mps = ap_random_between(random, 155.0, 190.0);
    flight->emitter_category = 0xA3;
    ap_flight_start(flight, lived.birth_s, config->x_m + distance_m * sin(bearing_rad),
                    config->y_m + distance_m * cos(bearing_rad), altitude_m, course_rad, speed_mps);
    ap_flight_hold(flight, ap_random_between(random, 10.0, 60.0));
    climb(random, (range){ 50.0, 80.0 }, (range){ 7.0, 12.0 }, flight);
    ap_flight_change_speed(flight, ap_random_between(random, 105.0, 125.0), 0.5);
    double side = by_chance(random, 0.5) ? 1.0 : -1.0;
    ap_flight_turn(flight, side * ap_random_between(random, 50.0, 100.0) * AP_RAD_PER_DEG);
    ap_flight_hold(flight, ap_random_between(random, 25.0, 60.0));
    climb(random, (range){ 20.0, 30.0 }, (range){ 4.0, 7.0 }, flight);
    ap_flight_turn(flight, side * ap_random_between(random, 70.0, 100.0) * AP_RAD_PER_DEG);
    ap_flight_change_speed(flight, ap_random_between(random, 72.0, 85.0), 0.5);
    ap_flight_climb(flight, 5.0 * M_PER_FL + 50.0, 3.7);
    /* It lands: nobody sees it below. */
    flight->end_s = fmin(flight->end_s, ap_flight_planned_s(flight));
}

static void depart(const ap_traffic_config *config, ap_random *random, life lived,
                   ap_flight *flight)
{
    flight->emitter_category = 0xA3;
    begin(config, random, lived, 0.1 * config->radius_m, (range){ 8.0, 15.0 },
          (range){ 82.0, 95.0 }, flight);
    climb(random, (range){ 40.0, 60.0 }, (range){ 9.0, 14.0 }, flight);
    ap_flight_turn(flight, signed_between(random, 20.0, 110.0) * AP_RAD_PER_DEG);
    ap_flight_change_speed(flight, ap_random_between(random, 130.0, 160.0), 0.7);
    climb(random, (range){ 150.0, 250.0 }, (range){ 9.0, 13.0 }, flight);
    ap_flight_turn(flight, signed_between(random, 10.0, 60.0) * AP_RAD_PER_DEG);
    ap_flight_change_speed(flight, ap_random_between(random, 180.0, 210.0), 0.5);
    cruise_on(random, end_of(config, lived), flight);
}

/* Racetracks: a minute out, half a circle, a minute back. */
static void wait_in_stack(const ap_traffic_config *config, ap_random *random, life lived,
                          ap_flight *flight)
{
    double until_s = end_of(config, lived);
    double level = 80.0 + 10.0 * ap_random_below(random, 6);
    flight->emitter_category = 0xA3;
    begin(config, random, lived, 0.4 * config->radius_m, (range){ level, level },
          (range){ 105.0, 125.0 }, flight);
    double side = by_chance(random, 0.8) ? AP_PI : -AP_PI;
    while (ap_flight_planned_s(flight) < until_s) {
        ap_flight_hold(flight, 60.0);
        ap_flight_turn(flight, side);
        if (by_chance(random, 0.2) && ap_flight_altitude_m(flight) > 75.0 * M_PER_FL)
            ap_flight_climb(flight, ap_flight_altitude_m(flight) - 10.0 * M_PER_FL, 5.0);
    }
}

static void fly_low(const ap_traffic_config *config, ap_random *random, life lived,
                    ap_flight *flight)
{
    double until_s = end_of(config, lived);
    bool is_rotorcraft = by_chance(random, 0.4);
    range speeds_mps = is_rotorcraft ? (range){ 45.0, 70.0 } : (range){ 50.0, 90.0 };
    flight->emitter_category = is_rotorcraft ? 0xA7 : 0xA1;
    begin(config, random, lived, 0.5 * config->radius_m, (range){ 15.0, 60.0 }, speeds_mps, flight);
    while (ap_flight_planned_s(flight) < until_s) {
        ap_flight_hold(flight, ap_random_between(random, 20.0, 80.0));
        ap_flight_turn(flight, signed_between(random, 15.0, 170.0) * AP_RAD_PER_DEG);
        if (by_chance(random, 0.3))
            climb(random, (range){ 15.0, 60.0 }, (range){ 2.0, 4.0 }, flight);
    }
}

/* Both reach the same point at half time, one 300 m above the other, a minute from their turns. */
static void cross(const ap_traffic_config *config, uint32_t index, ap_flight *flight)
{
    double half_s = config->duration_s / 2.0, speed_mps = 220.0 + 5.0 * index;
    double course_rad = (80.0 + 60.0 * index) * AP_RAD_PER_DEG;
    double meet_x_m = config->x_m + 0.15 * config->radius_m;
    double meet_y_m = config->y_m + 0.1 * config->radius_m;
    flight->emitter_category = 0xA3;
    ap_flight_start(flight, config->start_s, meet_x_m - speed_mps * half_s * sin(course_rad),
                    meet_y_m - speed_mps * half_s * cos(course_rad), 9000.0 + 300.0 * index,
                    course_rad, speed_mps);
    ap_flight_hold(flight, half_s + fmin(60.0, half_s / 2.0));
    ap_flight_turn(flight, index ? -CROSSING_BEND_RAD / 2.0 : CROSSING_BEND_RAD / 2.0);
}

static programme draw_programme(ap_random *random)
{
    static const struct {
        double share;
        programme flown;
    } mix[] = { { 0.50, cruise }, { 0.68, arrive }, { 0.84, depart }, { 0.90, wait_in_stack } };
    double drawn = ap_random_unit(random);
    for (size_t i = 0; i < sizeof mix / sizeof mix[0]; i++)
        if (drawn < mix[i].share)
            return mix[i].flown;
    return fly_low;
}

void ap_traffic_name(uint32_t index, ap_flight *flight)
{
    uint32_t number = 101 + index; /* five digits reach 99,899 flights */
    char digits[5];
    size_t count = 0, at = 3;
    for (uint32_t left = number; left > 0 && count < sizeof digits; left /= 10)
        digits[count++] = (char)('0' + left % 10);
    flight->callsign[0] = 'A';
    flight->callsign[1] = 'P';
    flight->callsign[2] = 'X';
    while (count > 0)
        flight->callsign[at++] = digits[--count];
    flight->callsign[at] = '\0';
}

static void equip(const ap_traffic_config *config, uint32_t index, ap_random *random,
                  ap_flight *flight)
{
    flight->nac_p = (uint8_t)(8 + ap_random_below(random, 3));
    if (index % 15 == 4)
        flight->nac_p = (uint8_t)(5 + ap_random_below(random, 3));
    flight->equipment = AP_EQUIPMENT_ADSB;
    if (index % 10 == 7)
        flight->equipment = AP_EQUIPMENT_MODE_S;
    if (index % 30 == 19)
        flight->equipment = AP_EQUIPMENT_MODE_AC;
    if (index + config->primary_only_count >= config->flight_count)
        flight->equipment = AP_EQUIPMENT_NONE;
    if (flight->equipment <= AP_EQUIPMENT_MODE_S)
        flight->address = AP_TRAFFIC_ADDRESS_FIRST + config->first + index;
}

static void describe_craft(ap_flight *flight)
{
    flight->craft = flight->emitter_category == 0xA7   ? AP_CRAFT_ROTORCRAFT
                    : flight->emitter_category == 0xA1 ? AP_CRAFT_LIGHT
                                                       : AP_CRAFT_AIRLINER;
    flight->area_m2 = ap_craft_limits_of(flight->craft)->area_m2;
}

void ap_traffic_make(const ap_traffic_config *config, uint32_t index, ap_flight *flight)
{
    ap_random random = ap_random_of(config->seed, AP_STREAM_TRAFFIC, index, config->generator);
    uint32_t number = config->first + index;
    double emergency_s = config->start_s + 0.7 * config->duration_s;
    *flight = (ap_flight){ .legs = flight->legs,
                           .leg_cap = flight->leg_cap,
                           .id = number + 1,
                           .mode_3a = (uint16_t)(02001 + number % 02777),
                           .emergency_s = index == 2 ? emergency_s : HUGE_VAL,
                           .height_offset_m = config->height_offset_m };
    ap_traffic_name(number, flight);
    equip(config, index, &random, flight);
    if (index < 2) {
        cross(config, index, flight);
        describe_craft(flight);
        return;
    }
    life lived = index == 2 ? (life){ config->start_s, HUGE_VAL } : draw_life(config, &random);
    programme flown = index == 2 ? cruise : draw_programme(&random);
    flown(config, &random, lived, flight);
    flight->end_s = fmin(flight->end_s, lived.end_s);
    describe_craft(flight);
}
