/* What falls among what flies, end to end: reports of a radar in, tracks out.
 *
 *     test.track.falling [TIMES]   so many times the usual runs; doc/accuracy.md has the figures of
 *                                  10 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#include "track/test_falling.h"

#define TURN_S 4.0
#define RANGE_SIGMA_M 50.0
#define ANGLE_SIGMA_DEG 0.15

/* ---- what flies ---- */

static void drift(double t_s, double v[3])
{
    (void)t_s;
    v[0] = 12.0;
    v[1] = 3.0;
    v[2] = 0.0;
}

static void approach(double t_s, double v[3])
{
    v[0] = 120.0;
    v[1] = 60.0;
    v[2] = t_s > 60.0 && t_s < 200.0 ? -12.0 : 0.0;
}

static void emergency_descent(double t_s, double v[3])
{
    v[0] = -150.0;
    v[1] = 100.0;
    v[2] = t_s > 40.0 && t_s < 180.0 ? -38.0 : 0.0;
}

static void steep_climb(double t_s, double v[3])
{
    v[0] = 150.0;
    v[1] = -50.0;
    v[2] = t_s > 20.0 && t_s < 100.0 ? 100.0 : 0.0;
}

/* 5 g to either side. */
static void hard_turns(double t_s, double v[3])
{
    double rate = (int)(t_s / 30.0) % 2 ? 0.2 : -0.2, angle = rate * fmod(t_s, 30.0);
    v[0] = 250.0 * sin(angle);
    v[1] = 250.0 * cos(angle);
    v[2] = 0.0;
}

/* Over into 60 degrees with 2 g, straight down there for 12 s, out with 5 g. */
static void dive(double t_s, double v[3])
{
    const double g = 9.8 / 250.0, steep = AP_PI / 3.0, p = fmod(t_s, 80.0) - 30.0;
    double over_s = steep / (2.0 * g), out_s = over_s + 12.0, angle = 0.0;
    if (p > 0.0 && p < over_s)
        angle = -2.0 * g * p;
    else if (p >= over_s && p < out_s)
        angle = -steep;
    else if (p >= out_s)
        angle = fmin(-steep + 5.0 * g * (p - out_s), 0.0);
    v[0] = 150.0 * cos(angle);
    v[1] = 200.0 * cos(angle);
    v[2] = 250.0 * sin(angle);
}

/* Half a loop downwards with 4 g, once a minute. */
static void split_s(double t_s, double v[3])
{
    double angle = fmin(fmax(4.0 * 9.8 / 200.0 * (fmod(t_s, 60.0) - 30.0), 0.0), AP_PI);
    v[0] = ((int)(t_s / 60.0) % 2 ? -200.0 : 200.0) * cos(angle);
    v[1] = 0.0;
    v[2] = -200.0 * sin(angle);
}

static void autorotation(double t_s, double v[3])
{
    v[0] = 25.0;
    v[1] = 15.0;
    v[2] = fmod(t_s, 120.0) > 60.0 ? -12.0 : 8.0;
}

static void balloon(double t_s, double v[3])
{
    v[0] = 12.0;
    v[1] = 5.0;
    v[2] = t_s < 150.0 ? 5.0 : -6.0;
}

static void drone(double t_s, double v[3])
{
    bool across = fmod(t_s, 40.0) < 20.0;
    v[0] = across ? 8.0 : 0.0;
    v[1] = 0.0;
    v[2] = across ? 0.0 : fmod(t_s, 80.0) < 40.0 ? -5.0 : 5.0;
}

static void spiral(double t_s, double v[3])
{
    v[0] = 60.0 * sin(0.2 * t_s);
    v[1] = 60.0 * cos(0.2 * t_s);
    v[2] = -30.0;
}

static void sink(double t_s, double v[3])
{
    (void)t_s;
    v[0] = 1.0;
    v[1] = 1.0;
    v[2] = -12.0;
}

/* ---- scenes ---- */

/* Debris at 60 km, drag_ln -6.5: 3,261 kg/(m s2); air that pushes it about. */
static scene_body debris(void)
{
    return (scene_body){ .east_m = -80e3,
                         .north_m = 90e3,
                         .height_m = 60e3,
                         .enu_mps = { 1500.0, -1500.0, -1800.0 },
                         .drag_ln = -6.5,
                         .wind_m2ps3 = 1.0 };
}

/* At 6.7 km/s: 27 km from one plot to the next. */
static scene_body fast_entry(void)
{
    return (scene_body){ .east_m = -150e3,
                         .north_m = 110e3,
                         .height_m = 85e3,
                         .enu_mps = { 6000.0, -3000.0, -700.0 },
                         .drag_ln = -6.5,
                         .wind_m2ps3 = 1.0 };
}

/* Let go at 30 km by a balloon that was tracked for a minute. */
static scene_body payload(void)
{
    return (scene_body){ .east_m = 30e3,
                         .north_m = 40e3,
                         .height_m = 30e3,
                         .pilot = drift,
                         .falls_from_s = 60.0,
                         .drag_ln = -3.7,
                         .wind_m2ps3 = 1.0 };
}

static void add_aircraft(scene *s)
{
    for (int i = 0; i < 8; i++)
        scene_add(s, (scene_body){ .east_m = 60e3 * cos(i),
                                   .north_m = (45e3 + 3e3 * i) * sin(i),
                                   .height_m = 9000.0 + 500.0 * i,
                                   .pilot = i % 2 ? approach : hard_turns });
}

static scene *scene_of_debris(uint64_t seed)
{
    scene *s = scene_new(TURN_S, RANGE_SIGMA_M, ANGLE_SIGMA_DEG, seed);
    s->clutter = 20;
    scene_add(s, debris());
    add_aircraft(s);
    return s;
}

static double height_of(const scene *s, size_t i)
{
    const double *x = s->body[i].x;
    return ap_geodetic_from_ecef((ap_vec3){ x[0], x[1], x[2] }).height_m;
}

static const ap_tracker_stats *stats_of(const scene *s)
{
    return ap_tracker_stats_of(&s->tracker);
}

typedef struct tally {
    unsigned updates, runs, found, changes, missing, off_drag;
    double nees, position2, velocity2, worst_nees, found_s, height_m;
    double ln_sigma; /* of the drag, in the end */
} tally;

static bool is_in_view(const scene *s, size_t i)
{
    const double *x = s->body[i].x;
    return ap_enu_from_ecef(&s->radar.frame, (ap_vec3){ x[0], x[1], x[2] }).z_m > 0.0;
}

/* Runs a scene until body 0 is down or out of view. It falls from `from_s` on. */
static void follow(scene *s, double from_s, tally *t)
{
    uint32_t id = 0;
    double ln_sigma = 0.0;
    scene_open(s);
    t->runs++;
    while (height_of(s, 0) > 500.0 && is_in_view(s, 0)) {
        scene_run(s);
        ap_track track = scene_nearest(s, 0, 3000.0);
        scene_error e;
        if (id == 0 && track.fall.probability > 0.0) {
            id = track.id;
            t->found++;
            t->found_s += s->now_s - from_s;
            t->height_m += height_of(s, 0);
        }
        if (id == 0 || !scene_error_of(s, 0, &track, &e)) {
            t->missing += id != 0 && track.id == 0;
            continue;
        }
        const ap_track_fall *f = &track.fall;
        double off =
            log(f->ballistic_coefficient_kgpms2 / ap_ballistic_coefficient(s->body[0].drag_ln));
        ln_sigma = f->ballistic_coefficient_ln_sigma;
        t->off_drag += fabs(off) > 3.0 * ln_sigma;
        t->changes += track.id != id;
        t->updates++;
        t->nees += e.nees / 6.0;
        t->worst_nees = fmax(t->worst_nees, e.nees);
        t->position2 += e.position_m * e.position_m;
        t->velocity2 += e.velocity_mps * e.velocity_mps;
    }
    t->ln_sigma += ln_sigma;
}

static void tell(const char *name, const tally *t)
{
    double n = t->updates, found = t->found;
    print_message(
        "%s: found %u of %u after %.0f s at %.0f m; %u updates: position %.0f m, velocity "
        "%.1f m/s, NEES %.2f a dimension (worst of 6: %.1f), drag beyond 3 sigma %.3f, "
        "1 sigma %.2f in the end; id changed %u, no track %u\n",
        name, t->found, t->runs, t->found_s / found, t->height_m / found, t->updates,
        sqrt(t->position2 / n), sqrt(t->velocity2 / n), t->nees / n, t->worst_nees, t->off_drag / n,
        t->ln_sigma / found, t->changes, t->missing);
}

/* From the fourth or fifth plot on one track, to the ground; of everything else nothing falls.
 * Bounds: six degrees of freedom have a chi square above 40 in one of two million. */
static void test_reentry_is_one_track(void **state)
{
    uint64_t runs = 4 * *(const unsigned *)*state;
    tally t = { 0 };
    for (uint64_t seed = 1; seed <= runs; seed++) {
        scene *s = scene_of_debris(seed);
        follow(s, 0.0, &t);
        assert_int_equal(stats_of(s)->fall_count, 1);
        scene_free(s);
    }
    tell("debris", &t);
    assert_int_equal(t.found, t.runs);
    assert_true(t.found_s / t.found <= 6.0 * TURN_S);
    assert_int_equal(t.changes, 0);
    assert_true(t.missing == 0);
    assert_true(t.nees / t.updates > 0.6 && t.nees / t.updates < 1.2 && t.worst_nees < 40.0);
    assert_true(sqrt(t.position2 / t.updates) < 300.0 && t.off_drag < 0.02 * t.updates);
    assert_true(t.ln_sigma / t.runs < 0.25);
}

static void test_fast_entry_is_found(void **state)
{
    uint64_t runs = 2 * *(const unsigned *)*state;
    tally t = { 0 };
    for (uint64_t seed = 1; seed <= runs; seed++) {
        scene *s = scene_new(TURN_S, RANGE_SIGMA_M, ANGLE_SIGMA_DEG, seed);
        s->clutter = 20;
        scene_add(s, fast_entry());
        add_aircraft(s);
        follow(s, 0.0, &t);
        assert_int_equal(stats_of(s)->fall_count, 1);
        scene_free(s);
    }
    tell("fast entry", &t);
    assert_int_equal(t.found, t.runs);
    assert_true(t.found_s / t.found <= 7.0 * TURN_S);
    assert_int_equal(t.changes, 0);
    assert_true(t.nees / t.updates > 0.6 && t.nees / t.updates < 1.3 && t.worst_nees < 40.0);
}

static void test_payload_of_a_balloon(void **state)
{
    uint64_t runs = 2 * *(const unsigned *)*state;
    tally t = { 0 };
    for (uint64_t seed = 1; seed <= runs; seed++) {
        scene *s = scene_new(TURN_S, RANGE_SIGMA_M, ANGLE_SIGMA_DEG, seed);
        s->clutter = 20;
        scene_add(s, payload());
        add_aircraft(s);
        follow(s, 60.0, &t);
        assert_int_equal(stats_of(s)->fall_count, 1);
        scene_free(s);
    }
    tell("payload", &t);
    assert_int_equal(t.found, t.runs);
    assert_true(t.found_s / t.found < 80.0);
    assert_int_equal(t.changes, 0);
    assert_true(t.nees / t.updates > 0.5 && t.nees / t.updates < 1.2);
}

typedef struct share {
    unsigned looks, seen, ids;
    double error2;
} share;

/* One body and clutter: of the looks from `from_s` on, those at which a confirmed track lies within
 * 3 km of it. */
static void count_share(scene_body body, uint32_t falling_cap, uint64_t seed, double from_s,
                        share *sum)
{
    scene *s = scene_new(TURN_S, RANGE_SIGMA_M, ANGLE_SIGMA_DEG, seed);
    s->config.falling_cap = falling_cap;
    s->clutter = 20;
    scene_add(s, body);
    scene_open(s);
    uint32_t id = 0;
    for (scene_run(s); height_of(s, 0) > 500.0 && is_in_view(s, 0); scene_run(s)) {
        if (s->now_s < from_s)
            continue;
        ap_track track = scene_nearest(s, 0, 3000.0);
        sum->looks++;
        if (track.id == 0 || track.state == AP_TRACK_TENTATIVE)
            continue;
        ap_vec3 at = ap_ecef_from_geodetic(ap_track_at(&track, s->body[0].seen_utc).position);
        const double *x = s->body[0].seen;
        double dx = at.x_m - x[0], dy = at.y_m - x[1], dz = at.z_m - x[2];
        sum->seen++;
        sum->error2 += dx * dx + dy * dy + dz * dz;
        sum->ids += track.id != id;
        id = track.id;
    }
    scene_free(s);
}

/* What it is worth, against the same tracker to which all flies. */
static void test_against_flight_alone(void **state)
{
    uint64_t runs = 2 * *(const unsigned *)*state;
    const struct {
        const char *name;
        scene_body body;
        double from_s;
    } cases[] = { { "debris", debris(), 24.0 },
                  { "fast entry", fast_entry(), 24.0 },
                  { "payload", payload(), 80.0 } };
    for (size_t c = 0; c < 3; c++) {
        share sum[2] = { { 0 } };
        for (int way = 0; way < 2; way++) {
            for (uint64_t seed = 1; seed <= runs; seed++)
                count_share(cases[c].body, way ? 32 : 0, seed, cases[c].from_s, &sum[way]);
            print_message("%s, %s: within 3 km %.3f of %u looks, 3-D RMS %.0f m, %.2f tracks\n",
                          cases[c].name, way ? "falling" : "flying",
                          (double)sum[way].seen / sum[way].looks, sum[way].looks,
                          sqrt(sum[way].error2 / sum[way].seen),
                          (double)sum[way].ids / (double)runs);
        }
        assert_true(sum[1].seen >= sum[0].seen && sum[1].seen > 0.98 * sum[1].looks);
        assert_true(sum[1].error2 / sum[1].seen < 0.8 * sum[0].error2 / sum[0].seen);
        assert_int_equal(sum[1].ids, runs);
    }
}

/* With an address in every report, which finds its track by that. */
static void test_falls_under_its_address(void **state)
{
    (void)state;
    tally t = { 0 };
    for (uint64_t seed = 1; seed <= 3; seed++) {
        scene *s = scene_new(TURN_S, RANGE_SIGMA_M, ANGLE_SIGMA_DEG, seed);
        scene_add(s, (scene_body){ .east_m = 30e3,
                                   .north_m = 40e3,
                                   .height_m = 20e3,
                                   .address = 0x3c6dd2,
                                   .pilot = drift,
                                   .falls_from_s = 60.0,
                                   .drag_ln = -5.0,
                                   .wind_m2ps3 = 1.0 });
        follow(s, 60.0, &t);
        assert_int_equal(stats_of(s)->fall_count, 1);
        assert_int_equal(stats_of(s)->born_count, 1);
        scene_free(s);
    }
    tell("addressed", &t);
    assert_int_equal(t.found, t.runs);
    assert_int_equal(t.changes, 0);
    assert_true(t.nees / t.updates > 0.4 && t.nees / t.updates < 1.4);
}

/* Its motors stop at 480 m, 3 km from a radar that looks once a second: 15 s of fall, most of them
 * at its final speed, where it cannot be told from a descent. It is never lost for that. */
static void test_drone_falls(void **state)
{
    uint64_t runs = 6 * *(const unsigned *)*state;
    tally t = { 0 };
    for (uint64_t seed = 1; seed <= runs; seed++) {
        scene *s = scene_new(1.0, 5.0, 0.1, seed);
        scene_add(s, (scene_body){ .east_m = 1e3,
                                   .north_m = 3e3,
                                   .height_m = 500.0,
                                   .pilot = drone,
                                   .falls_from_s = 25.0,
                                   .drag_ln = -4.7,
                                   .wind_m2ps3 = 1.0 });
        scene_open(s);
        uint32_t first = 0;
        bool found = false;
        while (height_of(s, 0) > 150.0) {
            scene_run(s);
            ap_track track = scene_nearest(s, 0, 200.0);
            first = first ? first : track.id;
            if (s->now_s > 10.0)
                assert_int_equal(track.id, first);
            if (!found && track.fall.probability > 0.0) {
                found = true;
                t.found++;
                t.found_s += s->now_s - 25.0;
                t.height_m += height_of(s, 0);
            }
        }
        scene_free(s);
    }
    print_message("drone: found %u of %u after %.1f s at %.0f m\n", t.found, (unsigned)runs,
                  t.found_s / t.found, t.height_m / t.found);
    assert_true(3 * t.found >= runs);
}

/* Ten flights of five minutes each under four radars. What sinks straight down at a steady speed is
 * not among them: so does what falls on a parachute. */
static void test_flight_never_falls(void **state)
{
    uint64_t runs = 2 * *(const unsigned *)*state;
    static scene_pilot *const pilots[] = {
        approach, emergency_descent, steep_climb, hard_turns, dive,
        split_s,  autorotation,      balloon,     drone,      spiral
    };
    static const double radars[][3] = {
        { 4.0, 50.0, 0.15 }, { 4.0, 30.0, 0.05 }, { 2.0, 30.0, 0.1 }, { 6.0, 50.0, 0.1 }
    };
    uint64_t falls = 0, full = 0;
    for (size_t r = 0; r < sizeof radars / sizeof radars[0]; r++)
        for (uint64_t seed = 1; seed <= runs; seed++) {
            scene *s = scene_new(radars[r][0], radars[r][1], radars[r][2], seed);
            s->clutter = 20;
            for (int i = 0; i < 10; i++)
                scene_add(s, (scene_body){ .east_m = 20e3 * cos(i) - (i == 8 ? 15e3 : 0.0),
                                           .north_m = (25e3 + 3e3 * i) * sin(i) + 10e3,
                                           .height_m = i == 8 ? 500.0 : 9000.0 + 500.0 * i,
                                           .pilot = pilots[i] });
            scene_open(s);
            while (s->now_s < 300.0)
                scene_run(s);
            falls += stats_of(s)->fall_count;
            full += stats_of(s)->falling_full_count;
            scene_free(s);
        }
    print_message("flight: %u falls in %u flights of 300 s, pool full %u times\n", (unsigned)falls,
                  (unsigned)(40 * runs), (unsigned)full);
    assert_int_equal(falls, 0);
}

/* Straight down at 12 m/s: rarely does noise make it fall, and not for good. */
static void test_sinking_hardly_falls(void **state)
{
    uint64_t runs = 4 * *(const unsigned *)*state;
    unsigned falls = 0;
    for (uint64_t seed = 1; seed <= runs; seed++) {
        scene *s = scene_new(TURN_S, RANGE_SIGMA_M, ANGLE_SIGMA_DEG, seed);
        scene_add(
            s, (scene_body){ .east_m = -18e3, .north_m = 31e3, .height_m = 4000.0, .pilot = sink });
        scene_open(s);
        while (s->now_s < 300.0)
            scene_run(s);
        falls += stats_of(s)->fall_count > 0;
        scene_free(s);
    }
    print_message("sinking: %u of %u fell\n", falls, (unsigned)runs);
    assert_true(4 * falls <= runs);
}

/* ---- the rest of its life ---- */

static bool has_reason(const ap_track *track, ap_reason_code code)
{
    for (int i = 0; i < track->reason_count && i < AP_TRACK_REASON_CAP; i++)
        if (track->reason[i].code == code)
            return true;
    return false;
}

/* What falls for 100 s, then flies level: the same track, with both reasons. */
static void test_fall_ends(void **state)
{
    (void)state;
    scene *s = scene_new(TURN_S, 20.0, 0.02, 3);
    scene_add(s, (scene_body){ .east_m = 20e3,
                               .north_m = 30e3,
                               .height_m = 28e3,
                               .pilot = drift,
                               .falls_from_s = 60.0,
                               .falls_until_s = 200.0,
                               .drag_ln = -4.5 });
    scene_open(s);
    uint32_t id = 0;
    bool fell = false;
    while (s->now_s < 300.0) {
        scene_run(s);
        ap_track track = scene_nearest(s, 0, 5000.0);
        id = id ? id : track.id;
        fell = fell || track.fall.probability > 0.0;
        if (s->now_s > 20.0)
            assert_int_equal(track.id, id);
        if (s->now_s > 220.0) /* three positions later */
            assert_true(track.fall.probability == 0.0);
    }
    ap_track track = scene_nearest(s, 0, 1000.0);
    assert_true(fell && track.fall.probability == 0.0);
    assert_true(has_reason(&track, AP_REASON_FALL_BEGAN));
    assert_true(has_reason(&track, AP_REASON_FALL_ENDED));
    assert_true(fabs(track.up_mps) < 10.0);
    scene_free(s);
}

/* On a parachute, 59 kg/(m s2): 36 m/s at 20 km, and from some 8 km on slower than 15 m/s, which is
 * taken for falling no longer. */
static void test_slow_fall_ends(void **state)
{
    (void)state;
    scene *s = scene_new(TURN_S, RANGE_SIGMA_M, 0.05, 9);
    scene_add(s, (scene_body){ .east_m = 10e3,
                               .north_m = 15e3,
                               .height_m = 22e3,
                               .pilot = drift,
                               .falls_from_s = 60.0,
                               .drag_ln = -2.5 });
    scene_open(s);
    while (s->now_s < 40.0)
        scene_run(s);
    uint32_t id = scene_nearest(s, 0, 3000.0).id;
    double ended_m = 0.0;
    unsigned falling = 0;
    ap_track track = { .id = 0 };
    while (height_of(s, 0) > 4000.0) {
        scene_run(s);
        assert_true(ap_tracker_find(&s->tracker, id, &track));
        falling += track.fall.probability > 0.0;
        if (track.fall.probability > 0.0)
            ended_m = height_of(s, 0);
    }
    assert_true(falling > 40);
    assert_true(ended_m > 5500.0 && ended_m < 10500.0);
    assert_true(has_reason(&track, AP_REASON_FALL_ENDED));
    assert_int_equal(scene_nearest(s, 0, 1000.0).id, id);
    scene_free(s);
}

/* When only plots without a height are left, it is seen, but not seen to fall; silent, it ends as
 * any track does. */
static void test_flat_plots_end_a_fall(void **state)
{
    (void)state;
    scene *s = scene_of_debris(2);
    scene_open(s);
    while (s->now_s < 120.0)
        scene_run(s);
    ap_track track = scene_nearest(s, 0, 3000.0);
    assert_true(track.fall.probability > 0.0);
    uint32_t id = track.id, updates = track.update_count;
    ap_utc_ns fixed_utc = track.fall.time_utc;
    while (s->now_s < 164.0) {
        scene_turn(s);
        for (size_t i = 0; i < s->report_count; i++)
            s->report[i].present &= ~(uint32_t)AP_HAS_ELEVATION;
        ap_tracker_step(&s->tracker, ap_utc_add_s(SCENE_START_UTC, s->now_s), s->report,
                        s->report_count);
        assert_true(ap_tracker_find(&s->tracker, id, &track));
        if (s->now_s < 140.0)
            assert_int_equal(track.fall.time_utc, fixed_utc);
        if (s->now_s > 155.0)
            assert_true(track.fall.probability == 0.0);
    }
    assert_true(track.update_count > updates + 8);
    assert_true(has_reason(&track, AP_REASON_FALL_ENDED));
    s->body[0].ends_s = 164.0;
    while (s->now_s < 300.0)
        scene_run(s);
    assert_false(ap_tracker_find(&s->tracker, id, &track));
    scene_free(s);
}

/* One place: the second is counted, and followed as what flies; none: nothing is sought. */
static void test_pool_is_full(void **state)
{
    (void)state;
    for (uint32_t cap = 0; cap < 2; cap++) {
        scene *s = scene_new(TURN_S, RANGE_SIGMA_M, ANGLE_SIGMA_DEG, 5);
        s->config.falling_cap = cap;
        for (int i = 0; i < 3; i++)
            scene_add(s, (scene_body){ .east_m = 20e3 + 9e3 * i,
                                       .north_m = 30e3,
                                       .height_m = 28e3,
                                       .pilot = drift,
                                       .falls_from_s = 60.0 + 2.0 * i,
                                       .drag_ln = -4.5 });
        scene_open(s);
        while (s->now_s < 160.0)
            scene_run(s);
        unsigned falling = 0, seen = 0;
        for (size_t i = 0; i < 3; i++) {
            ap_track track = scene_nearest(s, i, 3000.0);
            falling += track.fall.probability > 0.0;
            seen += track.id != 0;
        }
        assert_int_equal(seen, 3);
        assert_int_equal(falling, cap);
        assert_int_equal(stats_of(s)->falling_full_count > 0, cap > 0);
        scene_free(s);
    }
    scene *s = scene_new(TURN_S, RANGE_SIGMA_M, ANGLE_SIGMA_DEG, 5);
    size_t with = ap_tracker_size(&s->config);
    s->config.falling_cap = 0;
    size_t without = ap_tracker_size(&s->config);
    assert_true(with > without + 32 * sizeof(ap_ballistic));
    s->config.falling_cap = 4097;
    assert_int_equal(ap_tracker_size(&s->config), 0);
    scene_free(s);
}

/* A report older than the newest position of what falls is refused as late, and changes nothing. */
static void test_late_report(void **state)
{
    (void)state;
    scene *s = scene_of_debris(1);
    scene_open(s);
    while (s->now_s < 80.0)
        scene_run(s);
    ap_track before = scene_nearest(s, 0, 3000.0), after;
    assert_true(before.fall.probability > 0.0);
    uint64_t late = stats_of(s)->refused.count[AP_REFUSED_LATE];
    s->report_count = 0;
    ap_vec3 enu = ap_enu_from_ecef(&s->radar.frame, before.fall.ecef);
    scene_report(s, s->now_s - 6.0, enu, 0);
    s->report[0].receive_utc = ap_utc_add_s(SCENE_START_UTC, s->now_s);
    assert_true(s->report[0].time_utc < before.fall.time_utc);
    ap_tracker_step(&s->tracker, s->report[0].receive_utc, s->report, 1);
    ap_tracker_flush(&s->tracker);
    assert_true(ap_tracker_find(&s->tracker, before.id, &after));
    assert_int_equal(stats_of(s)->refused.count[AP_REFUSED_LATE], late + 1);
    assert_memory_equal(&before.fall.ecef, &after.fall.ecef, sizeof before.fall.ecef);
    assert_int_equal(before.fall.time_utc, after.fall.time_utc);
    scene_free(s);
}

/* The same reports one by one, by turns, and with the clock ahead of them: the same tracks. */
static void test_batches_do_not_matter(void **state)
{
    (void)state;
    static ap_track tracks[2][64];
    size_t count[2];
    for (int way = 0; way < 2; way++) {
        scene *s = scene_of_debris(7);
        scene_open(s);
        while (s->now_s < 120.0) {
            scene_turn(s);
            if (way == 0)
                ap_tracker_step(&s->tracker, AP_UTC_UNKNOWN, s->report, s->report_count);
            for (size_t i = 0; way == 1 && i < s->report_count; i++)
                ap_tracker_step(&s->tracker, s->report[i].receive_utc, &s->report[i], 1);
        }
        memset(tracks[way], 0, sizeof tracks[way]);
        count[way] = ap_tracker_tracks(&s->tracker, true, tracks[way], 64);
        scene_free(s);
    }
    assert_int_equal(count[0], count[1]);
    unsigned falling = 0;
    for (size_t i = 0; i < count[0]; i++) {
        assert_int_equal(tracks[0][i].id, tracks[1][i].id);
        assert_memory_equal(&tracks[0][i].fall, &tracks[1][i].fall, sizeof tracks[0][i].fall);
        assert_memory_equal(tracks[0][i].P_enu, tracks[1][i].P_enu, sizeof tracks[0][i].P_enu);
        assert_true(tracks[0][i].existence == tracks[1][i].existence);
        falling += tracks[0][i].fall.probability > 0.0;
    }
    assert_int_equal(falling, 1);
}

static double between(uint64_t *seed, double low, double high)
{
    return low + (high - low) * test_uniform(seed);
}

static void assert_is_finite(const ap_track *t)
{
    const ap_track_fall *f = &t->fall;
    double sum = t->position.latitude_rad + t->position.height_m + t->east_mps + t->up_mps +
                 f->ecef.x_m + f->ecef.y_m + f->ecef.z_m + f->velocity_ecef_mps.x_m +
                 f->ballistic_coefficient_kgpms2 + f->ballistic_coefficient_ln_sigma;
    for (int i = 0; i < 21; i++)
        sum += f->P_ecef[i];
    assert_true(isfinite(sum));
    assert_true(f->probability == 0.0 || (f->P_ecef[0] > 0.0 && f->P_ecef[20] > 0.0));
    assert_true(t->P_enu[0][0] > 0.0 && t->P_enu[3][3] > 0.0);
}

/* Pieces of any speed and drag, more than there are places for, under radars from very sharp to
 * nearly blind: numbers stay numbers. */
static void test_anything_stays_finite(void **state)
{
    (void)state;
    static const double radars[][3] = { { 0.5, 1.0, 0.01 },
                                        { 4.0, 50.0, 0.15 },
                                        { 10.0, 2000.0, 2.0 } };
    uint64_t falls = 0, full = 0;
    for (size_t r = 0; r < 3; r++) {
        scene *s = scene_new(radars[r][0], radars[r][1], radars[r][2], 11 + r);
        s->clutter = 60;
        s->config.falling_cap = 8;
        for (int i = 0; i < 16; i++) {
            uint64_t *g = &s->seed;
            scene_add(s, (scene_body){ .east_m = between(g, -2e3, 100e3),
                                       .north_m = between(g, -2e3, 100e3),
                                       .height_m = between(g, 2e3, 90e3),
                                       .enu_mps = { between(g, -3e3, 3e3), between(g, -3e3, 3e3),
                                                    between(g, -3e3, 0.0) },
                                       .drag_ln = between(g, -12.0, 1.0),
                                       .wind_m2ps3 = between(g, 0.0, 100.0) });
        }
        scene_open(s);
        static ap_track tracks[512];
        for (int turn = 0; turn < 40; turn++) {
            scene_run(s);
            size_t count = ap_tracker_tracks(&s->tracker, true, tracks, 512);
            for (size_t i = 0; i < count && i < 512; i++)
                assert_is_finite(&tracks[i]);
        }
        falls += stats_of(s)->fall_count;
        full += stats_of(s)->falling_full_count;
        scene_free(s);
    }
    assert_true(falls >= 10 && full > 0);
}

int main(int argc, char **argv)
{
    unsigned times = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(test_reentry_is_one_track, &times),
        cmocka_unit_test_prestate(test_fast_entry_is_found, &times),
        cmocka_unit_test_prestate(test_payload_of_a_balloon, &times),
        cmocka_unit_test_prestate(test_against_flight_alone, &times),
        cmocka_unit_test(test_falls_under_its_address),
        cmocka_unit_test_prestate(test_drone_falls, &times),
        cmocka_unit_test_prestate(test_flight_never_falls, &times),
        cmocka_unit_test_prestate(test_sinking_hardly_falls, &times),
        cmocka_unit_test(test_fall_ends),
        cmocka_unit_test(test_slow_fall_ends),
        cmocka_unit_test(test_flat_plots_end_a_fall),
        cmocka_unit_test(test_pool_is_full),
        cmocka_unit_test(test_late_report),
        cmocka_unit_test(test_batches_do_not_matter),
        cmocka_unit_test(test_anything_stays_finite),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
