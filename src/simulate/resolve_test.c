#include "simulate/resolve.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "simulate/garble.h"

#define DEG AP_RAD_PER_DEG
#define TURN_S 4.0

static const ap_resolve merging = { .merges = true,
                                    .cell_range_m = 200.0,
                                    .cell_azimuth_rad = 1.5 * DEG,
                                    .turn_s = TURN_S,
                                    .seed = 1,
                                    .stream = 20 };

/* Of flight `flight`; the beam is at azimuth 0 at time 0. */
static ap_radar_plot plot_at(uint32_t flight, double range_m, double azimuth_deg)
{
    return (ap_radar_plot){ .time_s = azimuth_deg / 360.0 * TURN_S,
                            .range_m = range_m,
                            .azimuth_rad = azimuth_deg * DEG,
                            .weight = 1.0,
                            .flight = flight,
                            .primary = true };
}

static ap_radar_plot reply_at(uint32_t flight, double range_m, double azimuth_deg, uint16_t code)
{
    ap_radar_plot plot = plot_at(flight, range_m, azimuth_deg);
    plot.secondary = plot.has_level = true;
    plot.sent_3a = plot.mode_3a = code;
    plot.sent_4th = plot.level_4th = 40; /* 1,000 ft */
    return plot;
}

static void resolve(const ap_resolve *how, ap_radar_plot *plots, uint32_t count)
{
    ap_resolve_key keys[8];
    for (uint32_t i = 0; i < count; i++)
        keys[i] = (ap_resolve_key){ plots[i].time_s, i };
    ap_resolve_sort(keys, count);
    ap_resolve_plots(how, keys, count, HUGE_VAL, plots);
}

static void test_resolve_sort_in_order(void **state)
{
    (void)state;
    ap_resolve_key keys[300];
    ap_random random = ap_random_of(1, 1, 1, 1);
    for (uint32_t n = 0; n <= 300; n += 50) {
        for (uint32_t i = 0; i < n; i++)
            keys[i] = (ap_resolve_key){ ap_random_below(&random, 100), i };
        ap_resolve_sort(keys, n);
        for (uint32_t i = 1; i < n; i++)
            assert_true(
                keys[i - 1].time_s < keys[i].time_s ||
                (keys[i - 1].time_s == keys[i].time_s && keys[i - 1].index < keys[i].index));
    }
}

/* One cell apart on either axis, or cell / sqrt 2 on both, is every second time; reach ends it. */
static void test_resolve_probability_at_the_edges(void **state)
{
    (void)state;
    double cell = merging.cell_azimuth_rad;
    assert_true(ap_resolve_probability(&merging, 0.0, 0.0) == 1.0);
    assert_true(fabs(ap_resolve_probability(&merging, 200.0, 0.0) - 0.5) < 1e-12);
    assert_true(fabs(ap_resolve_probability(&merging, 0.0, -cell) - 0.5) < 1e-12);
    assert_true(fabs(ap_resolve_probability(&merging, 100.0 * sqrt(2.0), cell / sqrt(2.0)) - 0.5) <
                1e-12);
    assert_true(fabs(ap_resolve_probability(&merging, -400.0, 0.0) - 0.0625) < 1e-12);
    assert_true(ap_resolve_probability(&merging, 601.0, 0.0) == 0.0);
    assert_true(ap_resolve_probability(&merging, 0.0, 3.01 * cell) == 0.0);
}

/* Counts over 4,000 pairs within binomial bounds of 1e-3 (3.3 standard errors). */
static void test_resolve_plots_merge_rate(void **state)
{
    (void)state;
    static const struct {
        double range_m, azimuth_deg, p;
    } cases[] = { { 0, 0, 1.0 },      { 200, 0, 0.5 }, { 0, 1.5, 0.5 }, { 400, 0, 0.0625 },
                  { 200, 1.5, 0.25 }, { 610, 0, 0.0 }, { 0, 4.6, 0.0 } };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        int n = 4000, merged = 0;
        for (int i = 0; i < n; i++) {
            ap_radar_plot plots[2] = { plot_at(1, 50e3, 30.0),
                                       plot_at(2, 50e3 + cases[c].range_m,
                                               30.0 + cases[c].azimuth_deg) };
            plots[0].pass = (uint32_t)i;
            resolve(&merging, plots, 2);
            merged += plots[1].is_gone;
        }
        double p = cases[c].p;
        assert_true(fabs(merged - p * n) <= 3.3 * sqrt(p * (1.0 - p) * n));
    }
}

static void test_resolve_plots_weighted_middle(void **state)
{
    (void)state;
    ap_resolve wide = merging;
    wide.cell_range_m = 1e6; /* always */
    wide.cell_azimuth_rad = 1e3;
    ap_radar_plot plots[3] = { plot_at(1, 50e3, 359.9), plot_at(2, 50300, 360.5),
                               plot_at(3, 90e3, 270.0) };
    plots[0].weight = 3.0;
    plots[1].azimuth_rad = 0.5 * DEG; /* a little later, on the other side of north */
    plots[2].is_measured = true;      /* what is done takes no part */
    resolve(&wide, plots, 3);
    assert_true(plots[1].is_gone && !plots[0].is_gone && !plots[2].is_gone);
    assert_true(fabs(plots[0].range_m - 50075.0) < 1e-6);
    assert_true(fabs(ap_wrap_pi(plots[0].azimuth_rad - 0.05 * DEG)) < 1e-12);
    assert_true(fabs(plots[0].time_s - 360.05 / 360.0 * TURN_S) < 1e-12);
}

/* Three in a row, each out of reach of the next but one: a chain is one plot. */
static void test_resolve_plots_chain(void **state)
{
    (void)state;
    int whole = 0, n = 2000;
    for (int i = 0; i < n; i++) {
        ap_radar_plot plots[3] = { plot_at(1, 50e3, 30.0), plot_at(3, 50e3 + 620, 30.01),
                                   plot_at(2, 50e3 + 310, 30.02) };
        plots[0].pass = plots[1].pass = plots[2].pass = (uint32_t)i;
        resolve(&merging, plots, 3);
        whole += plots[1].is_gone && plots[2].is_gone;
    }
    double p = pow(0.5, 2.0 * 1.55 * 1.55);
    assert_true(fabs(whole - p * n) <= 3.3 * sqrt(p * (1.0 - p) * n) + 1.0);
}

static void test_resolve_plots_answers_and_echoes(void **state)
{
    (void)state;
    ap_radar_plot plots[3] = { plot_at(1, 50e3, 30.0), reply_at(2, 50e3, 30.0, 01234),
                               reply_at(3, 50e3, 30.0, 04321) };
    /* An echo joins the answer; two Mode A/C answers are one, with the codes of the first. */
    plots[1].primary = false;
    resolve(&merging, plots, 3);
    assert_true(!plots[0].is_gone && plots[1].is_gone && plots[2].is_gone);
    assert_true(plots[0].primary && plots[0].secondary && plots[0].flight == 2);
    assert_int_equal(plots[0].mode_3a, 01234);
    /* ... or both codes at once. */
    ap_resolve both = merging;
    both.garbles = true;
    ap_radar_plot pair[2] = { reply_at(2, 50e3, 30.0, 01234), reply_at(3, 50e3, 30.0, 04321) };
    resolve(&both, pair, 2);
    assert_true(pair[1].is_gone && pair[0].is_garbled && pair[0].is_unsure);
    assert_int_equal(pair[0].mode_3a, 05335);
    /* Roll-call keeps them apart; one primary echo is left. */
    ap_radar_plot apart[2] = { reply_at(2, 50e3, 30.0, 01234), reply_at(3, 50e3, 30.0, 04321) };
    apart[0].roll_call = apart[1].roll_call = true;
    resolve(&both, apart, 2);
    assert_true(!apart[0].is_gone && !apart[1].is_gone);
    assert_true(apart[0].primary && !apart[1].primary && apart[1].secondary);
    assert_int_equal(apart[1].mode_3a, 04321);
    assert_false(apart[1].is_garbled);
}

/* Two aircraft one pulse step apart in range, at the same azimuth: the codes are ORs of the shifted
 * ones, always; at half a beam every second time; beyond the reply or the beam never. */
static void test_resolve_plots_garble(void **state)
{
    (void)state;
    ap_resolve garbling = merging;
    garbling.merges = false;
    garbling.garbles = true;
    static const struct {
        double range_m, azimuth_deg, p;
    } cases[] = { { 217.34, 0.0, 1.0 },
                  { 217.34, 1.2, 0.5 },
                  { 217.34, 2.41, 0.0 },
                  { 108.67, 0.0, 0.0 },
                  { 3120.0, 0.0, 0.0 } };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        int n = 3000, spoilt = 0, seen = 0;
        for (int i = 0; i < n; i++) {
            ap_radar_plot plots[2] = { reply_at(1, 50e3, 30.0, 01234),
                                       reply_at(2, 50e3 + cases[c].range_m,
                                                30.0 + cases[c].azimuth_deg, 04320) };
            plots[0].pass = (uint32_t)i;
            resolve(&garbling, plots, 2);
            assert_false(plots[0].is_gone || plots[1].is_gone);
            bool is_spoilt = plots[0].mode_3a != 01234;
            assert_true(!is_spoilt ||
                        plots[0].mode_3a == ap_garble_code(01234, 04320, cases[c].range_m));
            bool is_other_spoilt = plots[1].mode_3a != 04320;
            assert_true(!is_other_spoilt ||
                        plots[1].mode_3a == ap_garble_code(04320, 01234, -cases[c].range_m));
            assert_true(is_spoilt || !plots[0].is_garbled);
            assert_int_equal(plots[0].is_garbled, plots[0].is_unsure);
            spoilt += is_spoilt;
            seen += plots[0].is_garbled;
        }
        double p = cases[c].p;
        assert_true(fabs(spoilt - p * n) <= 3.3 * sqrt(p * (1.0 - p) * n));
        assert_true(fabs(seen - 0.9 * spoilt) <= 3.3 * sqrt(0.09 * spoilt));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_resolve_sort_in_order),
        cmocka_unit_test(test_resolve_probability_at_the_edges),
        cmocka_unit_test(test_resolve_plots_merge_rate),
        cmocka_unit_test(test_resolve_plots_weighted_middle),
        cmocka_unit_test(test_resolve_plots_chain),
        cmocka_unit_test(test_resolve_plots_answers_and_echoes),
        cmocka_unit_test(test_resolve_plots_garble),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
