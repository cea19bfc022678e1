/* For tests: whether a flight moves as its class can, without jumps, over its whole life. */
#ifndef AP_SIMULATE_TEST_LIMITS_H
#define AP_SIMULATE_TEST_LIMITS_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "simulate/flight.h"
#include "simulate/wind.h"

#define GRAVITY_MPS2 9.80665

/* What of it was seen, so that a test can tell that something was. */
typedef struct limits_seen {
    double speed_min_mps, speed_max_mps, up_min_mps, up_max_mps, turn_max_radps;
    double altitude_min_m, altitude_max_m;
    size_t count;
} limits_seen;

/* Samples every step_s of [birth, end) or to until_s. Airspeeds and accelerations may be off by
 * one per cent: the plane is not quite as long as the Earth below it. */
static inline void check_limits(const ap_flight *flight, const ap_enu_frame *plane,
                                const ap_wind *wind, double until_s, double step_s, bool on_ground,
                                limits_seen *seen)
{
    const ap_craft_limits *of = ap_craft_limits_of(flight->craft);
    double pull_mps2 = GRAVITY_MPS2 * tan(of->bank_max_rad);
    double most_mps2 = 1.02 * hypot(pull_mps2, fmax(of->along_max_mps2, of->roll_mps2)) + 0.3;
    double up_mps2 = fmax(of->vertical_max_mps2, 0.1) * 1.02 + 0.02;
    double end_s = fmin(flight->end_s, until_s);
    uint32_t hint = 0;
    ap_truth a, b;
    assert_true(flight->leg_count <= flight->leg_cap);
    *seen = (limits_seen){ .speed_min_mps = HUGE_VAL,
                           .up_min_mps = HUGE_VAL,
                           .altitude_min_m = HUGE_VAL };
    if (!ap_flight_at(flight, plane, flight->birth_s, &hint, &a))
        return;
    for (double t = flight->birth_s; t + step_s < end_s; t += step_s, a = b) {
        assert_true(ap_flight_at(flight, plane, t + step_s, &hint, &b));
        ap_enu_frame local = ap_enu_frame_at(a.position);
        ap_vec3 moved = ap_enu_from_ecef(&local, ap_ecef_from_geodetic(b.position));
        double jump_m = most_mps2 * step_s * step_s;
        double off_m = hypot(moved.x_m - (a.east_mps + b.east_mps) / 2 * step_s,
                             moved.y_m - (a.north_mps + b.north_mps) / 2 * step_s);
        if (off_m > jump_m)
            fail_msg("flight %u at %.3f s: %.3f m off its velocity", flight->id, t, off_m);
        assert_true(fabs(b.position.height_m - a.position.height_m -
                         (a.up_mps + b.up_mps) / 2 * step_s) < up_mps2 * step_s * step_s);
        double east_mps, north_mps;
        ap_wind_at(wind, a.pressure_altitude_m, &east_mps, &north_mps);
        double speed_mps = hypot(a.east_mps - east_mps, a.north_mps - north_mps);
        double change_mps = hypot(b.east_mps - a.east_mps, b.north_mps - a.north_mps);
        if (change_mps > most_mps2 * step_s)
            fail_msg("flight %u at %.3f s: %.2f m/s in %.3f s", flight->id, t, change_mps, step_s);
        assert_true(fabs(b.up_mps - a.up_mps) <= up_mps2 * step_s);
        if (speed_mps > 1.01 * of->speed_max_mps ||
            (!on_ground && speed_mps < 0.98 * of->speed_min_mps))
            fail_msg("flight %u at %.3f s: %.2f m/s", flight->id, t, speed_mps);
        double turn = fabs(ap_flight_turn_radps(flight, t));
        assert_true(turn <= of->turn_max_radps * 1.001);
        assert_true(turn * speed_mps <= pull_mps2 * 1.02);
        assert_true(a.up_mps <= of->climb_max_mps && -a.up_mps <= of->descent_max_mps);
        assert_true(a.pressure_altitude_m <= of->altitude_max_m);
        assert_true(fabs(a.position.height_m - a.pressure_altitude_m - flight->height_offset_m) <
                    1e-6);
        seen->speed_min_mps = fmin(seen->speed_min_mps, speed_mps);
        seen->speed_max_mps = fmax(seen->speed_max_mps, speed_mps);
        seen->up_min_mps = fmin(seen->up_min_mps, a.up_mps);
        seen->up_max_mps = fmax(seen->up_max_mps, a.up_mps);
        seen->turn_max_radps = fmax(seen->turn_max_radps, turn);
        seen->altitude_min_m = fmin(seen->altitude_min_m, a.pressure_altitude_m);
        seen->altitude_max_m = fmax(seen->altitude_max_m, a.pressure_altitude_m);
        seen->count++;
    }
}

#endif
