/* Tracks between reports: silence, latency; and filters that have lost their meaning. */
#include "track/state.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "track/test_noise.h"
#include "track/test_radar.h"

#define SPEED_MPS 550.0

static ap_report plot_at(const world *w, double t_s, double latency_s, double azimuth_rad)
{
    ap_utc_ns time_utc = ap_utc_add_s(START_UTC, t_s);
    return (ap_report){ .time_utc = time_utc,
                        .receive_utc = ap_utc_add_s(time_utc, latency_s),
                        .kind = AP_REPORT_TARGET,
                        .present = AP_HAS_POLAR,
                        .flags = AP_FLAG_PRIMARY,
                        .range_m = 60e3 + SPEED_MPS * t_s,
                        .azimuth_rad = azimuth_rad,
                        .range_sigma_m = w->sensor.range_sigma_m,
                        .azimuth_sigma_rad = w->sensor.azimuth_sigma_rad };
}

static void take(world *w, double t_s, double latency_s, double azimuth_rad)
{
    ap_report r = plot_at(w, t_s, latency_s, azimuth_rad);
    ap_tracker_step(&w->tracker, r.receive_utc, &r, 1);
}

/* The only firm track; its id. */
static uint32_t only_track(const world *w, ap_track *track)
{
    assert_int_equal(ap_tracker_tracks(&w->tracker, false, track, 1), 1);
    return track->id;
}

/* Sixteen seconds without a plot carry it 8.8 km: further than tracks are sought from a plot, and
 * in some directions out of the cells of that search. So it has to be moved meanwhile. */
static void test_tick_moves_silent_tracks(void **state)
{
    (void)state;
    for (int direction = 0; direction < 24; direction++) {
        double azimuth_rad = direction * AP_PI / 12.0;
        world *w = world_new(AP_SENSOR_PSR);
        ap_track track;
        for (int turn = 0; turn < 12; turn++)
            take(w, TURN_S * turn, 0.1, azimuth_rad);
        ap_tracker_flush(&w->tracker);
        uint32_t id = only_track(w, &track), before = track.update_count;
        for (int turn = 15; turn < 19; turn++)
            take(w, TURN_S * turn, 0.1, azimuth_rad);
        ap_tracker_flush(&w->tracker);
        assert_int_equal(only_track(w, &track), id);
        assert_int_equal(track.update_count, before + 4);
        world_free(w);
    }
}

/* Existence right after the look that an age of `silent_s` since the last plot was received has
 * missed, or not yet. */
static double existence_after(double silent_s, double latency_s)
{
    world *w = world_new(AP_SENSOR_PSR);
    ap_track track;
    for (int turn = 0; turn < 12; turn++)
        take(w, TURN_S * turn, latency_s, 1.0);
    ap_tracker_flush(&w->tracker);
    ap_tracker_step(&w->tracker, ap_utc_add_s(START_UTC, 11 * TURN_S + latency_s + silent_s), NULL,
                    0);
    (void)only_track(w, &track);
    world_free(w);
    return track.existence;
}

/* A look is missed 1.1 turns and half a second after the last one was received, and the next round:
 * however late the radar's plots come. */
static void test_tick_counts_misses_by_receipt(void **state)
{
    (void)state;
    static const double latencies_s[] = { 0.0, 0.25, 2.25, 7.25 };
    for (size_t i = 0; i < sizeof latencies_s / sizeof latencies_s[0]; i++) {
        assert_true(existence_after(4.7, latencies_s[i]) > 0.99);
        double missed = existence_after(6.2, latencies_s[i]);
        assert_true(missed < 0.9999 && missed > 0.9);
        assert_true(existence_after(6.2 + TURN_S, latencies_s[i]) < missed);
    }
}

/* A plot of what stands over one place, with its height. */
static ap_report standing_at(const world *w, ap_geodetic at, double t_s)
{
    ap_report r = plot_at(w, t_s, 0.1, 0.0);
    double elevation_rad;
    ap_polar_from_ecef(&w->sensor.frame, ap_ecef_from_geodetic(at), &r.range_m, &r.azimuth_rad,
                       &elevation_rad);
    r.present |= AP_HAS_GEOMETRIC_HEIGHT;
    r.geometric_height_m = at.height_m;
    r.geometric_height_sigma_m = 30.0;
    return r;
}

/* Straight up or down through two cells of the search: one track all the way. */
static void test_step_follows_straight_up(void **state)
{
    (void)state;
    static const double from_m[] = { 1e3, 1e3, 28e3 }, up_mps[] = { 10.0, 100.0, -9.0 };
    for (size_t k = 0; k < sizeof up_mps / sizeof up_mps[0]; k++)
        for (int direction = 0; direction < 6; direction++) {
            world *w = world_new(AP_SENSOR_PSR);
            ap_track track;
            int turns = (int)(27e3 / fabs(up_mps[k]) / TURN_S);
            double angle = direction * AP_PI / 3.0;
            ap_geodetic at = { (50.0 + 0.5 * cos(angle)) * AP_RAD_PER_DEG,
                               (8.0 + 0.7 * sin(angle)) * AP_RAD_PER_DEG, 0.0 };
            for (int turn = 0; turn < turns; turn++) {
                at.height_m = from_m[k] + up_mps[k] * TURN_S * turn;
                ap_report r = standing_at(w, at, TURN_S * turn);
                ap_tracker_step(&w->tracker, r.receive_utc, &r, 1);
            }
            ap_tracker_flush(&w->tracker);
            (void)only_track(w, &track);
            assert_int_equal(ap_tracker_stats_of(&w->tracker)->born_count, 1);
            assert_int_equal(track.update_count, turns);
            world_free(w);
        }
}

enum { FLEET = 12, FLEET_TURNS = 150 };

/* Plots of a fleet on spokes, each seen with a probability; every third one for a third of the
 * turns only. In order of time. */
static size_t fleet_plots(const world *w, double probability, ap_report *report)
{
    size_t n = 0;
    uint64_t seed = 7;
    for (int turn = 0; turn < FLEET_TURNS; turn++)
        for (int k = 0; k < FLEET; k++)
            if (test_uniform(&seed) < probability && (k % 3 != 0 || turn < FLEET_TURNS / 3)) {
                double azimuth_rad = 2.0 * AP_PI * k / FLEET;
                report[n] = plot_at(w, TURN_S * turn, 0.1, azimuth_rad);
                report[n].range_m = 60e3 + 200.0 * TURN_S * turn + 30.0 * test_normal(&seed);
                report[n].time_utc += (ap_utc_ns)k * AP_NS_PER_S / 4;
                report[n].receive_utc += (ap_utc_ns)k * AP_NS_PER_S / 4;
                n++;
            }
    return n;
}

/* Detection as the tracker has it in the end, of plots that come so many a call. */
static double detection_after(double probability, double stated, bool fixed, size_t batch)
{
    static ap_report report[FLEET * FLEET_TURNS];
    world *w = world_new(AP_SENSOR_PSR);
    w->sensor.detection_probability = stated;
    w->sensor.detection_fixed = fixed;
    size_t count = fleet_plots(w, probability, report);
    for (size_t at = 0; at < count; at += batch) {
        size_t some = batch < count - at ? batch : count - at;
        ap_tracker_step(&w->tracker, report[at + some - 1].receive_utc, report + at, some);
    }
    ap_tracker_flush(&w->tracker);
    assert_int_equal(ap_refusals_total(&ap_tracker_stats_of(&w->tracker)->refused), 0);
    double detection = ap_tracker_detection(&w->tracker, 0);
    assert_true(ap_tracker_detection(&w->tracker, 1) == 0.0);
    world_free(w);
    return detection;
}

/* Of 1,350 looks the share of hits errs by 0.013 at most, one sigma; aircraft that have gone are no
 * misses, and the batches make no difference to the bit. */
static void test_step_learns_detection(void **state)
{
    (void)state;
    static const double probabilities[] = { 0.6, 0.75, 0.9 };
    for (size_t i = 0; i < sizeof probabilities / sizeof probabilities[0]; i++) {
        double p = probabilities[i], learnt = detection_after(p, 0.9, false, 1);
        assert_true(fabs(learnt - p) < 0.04);
        assert_true(detection_after(p, 0.9, false, 7) == learnt);
        assert_true(detection_after(p, 0.9, false, FLEET * FLEET_TURNS) == learnt);
        assert_true(detection_after(p, 0.8, true, 7) == 0.8);
    }
}

/* ---- filters that have lost their meaning ---- */

/* A track of five plots, and its row as it is then. */
typedef struct patient {
    world *w;
    ap_state *state;
    uint32_t slot;
    ap_row healthy;
} patient;

static patient patient_new(void)
{
    patient p = { .w = world_new(AP_SENSOR_PSR) };
    for (int turn = 0; turn < 5; turn++)
        take(p.w, TURN_S * turn, 0.1, 1.0);
    ap_tracker_flush(&p.w->tracker);
    p.state = p.w->tracker.state;
    p.slot = p.state->store.oldest;
    assert_int_equal(p.state->store.alive_count, 1);
    p.healthy = p.state->store.row[p.slot];
    return p;
}

/* True when the filter began anew, and is sound then. */
static bool is_repaired(patient *p, const ap_row *row)
{
    uint64_t before = p->state->stats.reset_count;
    p->state->store.row[p->slot] = *row;
    ap_track_repair(p->state, p->slot);
    const ap_row *now = &p->state->store.row[p->slot];
    assert_true(ap_imm_is_sound(&now->imm));
    assert_true(hypot(now->imm.mean.x[2], now->imm.mean.x[3]) < 12000.0);
    bool is_new = p->state->stats.reset_count != before;
    assert_int_equal(now->history.count == 0, is_new); /* of what was wrong nothing is undone */
    if (!is_new)
        assert_memory_equal(now, row, sizeof *row);
    return is_new;
}

static void test_repair_leaves_what_is_sound(void **state)
{
    (void)state;
    patient p = patient_new();
    assert_false(is_repaired(&p, &p.healthy));
    world_free(p.w);
}

/* It begins again at the last position, whose plot was 60 km + 16 s * 550 m/s away. */
static void test_repair_of_no_covariance(void **state)
{
    (void)state;
    patient p = patient_new();
    ap_row ill = p.healthy;
    ill.imm.models.A[0][2] = -1.0F;
    assert_true(is_repaired(&p, &ill));
    ill.imm.models.A[0][2] = NAN;
    assert_true(is_repaired(&p, &ill));
    const ap_imm *imm = &p.state->store.row[p.slot].imm;
    assert_true(imm->mean.x[2] == 0.0 && imm->mean.x[3] == 0.0);
    ap_vec3 at = ap_ecef_from_enu(&imm->frame, (ap_vec3){ imm->mean.x[0], imm->mean.x[1], 0.0 });
    const ap_vec3 *site = &p.w->sensor.frame.origin_ecef;
    double dx = at.x_m - site->x_m, dy = at.y_m - site->y_m, dz = at.z_m - site->z_m;
    double slant_m = sqrt(dx * dx + dy * dy + dz * dz);
    assert_true(fabs(slant_m - (60e3 + 4 * TURN_S * SPEED_MPS)) < 1000.0);
    world_free(p.w);
}

/* Nothing flies at more than 12 km/s, whichever way and by whichever filter. */
static void test_repair_of_what_is_beyond_flight(void **state)
{
    (void)state;
    static const struct {
        double east_mps, north_mps;
        float up_mps;
        bool has_height, is_beyond;
    } cases[] = {
        { 11900, 0, 0, true, false },      { 12100, 0, 0, true, true },
        { -12100, 0, 0, true, true },      { 0, 11900, 0, true, false },
        { 0, 12100, 0, true, true },       { 0, -12100, 0, true, true },
        { 0, 0, 11900, true, false },      { 0, 0, 12100, true, true },
        { 0, 0, -12100, true, true },      { 0, 0, 12100, false, false },
        { 8400, 8400, 0, true, false },    { 8600, 8600, 0, true, true },
        { 6900, 6900, 6900, true, false }, { 7000, -7000, -7000, true, true },
    };
    patient p = patient_new();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ap_row row = p.healthy;
        row.imm.mean.x[2] = cases[i].east_mps;
        row.imm.mean.x[3] = cases[i].north_mps;
        row.imm.vertical = (ap_vertical){ .has = cases[i].has_height,
                                          .altitude_m = 1000.0,
                                          .up_mps = cases[i].up_mps,
                                          .P = { 1.0F, 0.0F, 1.0F } };
        assert_int_equal(is_repaired(&p, &row), cases[i].is_beyond);
    }
    world_free(p.w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tick_moves_silent_tracks),
        cmocka_unit_test(test_tick_counts_misses_by_receipt),
        cmocka_unit_test(test_step_follows_straight_up),
        cmocka_unit_test(test_step_learns_detection),
        cmocka_unit_test(test_repair_leaves_what_is_sound),
        cmocka_unit_test(test_repair_of_no_covariance),
        cmocka_unit_test(test_repair_of_what_is_beyond_flight),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
