/* Two looks, two plots: what ap_pairs_update makes of them. */
#include "track/state.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "track/frame.h"
#include "track/lifecycle.h"
#include "track/test_radar.h"

/* The plane of the second look lies 2 km to the east of the first's, and 3 km above it. */
#define PLANE_APART_M 2000.0
#define HEIGHT_M 3000.0
#define PLOT_APART_M 400.0

typedef struct scene {
    world *w;
    ap_measure plot[2];
} scene;

static ap_measure measure_at(ap_vec3 ecef, double sigma_m)
{
    ap_measure m = {
        .time_utc = START_UTC, .has = AP_MEASURE_POSITION, .weight = 1.0, .ecef = ecef
    };
    m.R_ecef_m2[0] = m.R_ecef_m2[3] = m.R_ecef_m2[5] = sigma_m * sigma_m;
    return m;
}

/* A look at a firm track that may be at either plot: a filter begun in its own plane, 300 m wide.
 */
static void begin_look(ap_state *state, uint32_t row, ap_vec3 origin, ap_vec3 middle,
                       double height_m)
{
    ap_look *look = &state->bench.look[row];
    uint32_t slot = ap_store_add(&state->store);
    state->store.pulse[slot].state = AP_TRACK_FIRM;
    state->store.pulse[slot].existence = 0.99;
    memset(look, 0, sizeof *look);
    look->slot = slot;
    look->detection = 0.9;
    look->time_utc = START_UTC;
    ap_measure at = measure_at(middle, 300.0);
    ap_imm_start(&look->imm, &at, 10.0);
    ap_enu_frame plane = ap_frame_at(origin);
    ap_frame_raise(&plane, height_m);
    ap_shift shift = ap_imm_shift(&look->imm, &plane);
    ap_kernels_best()->reframe(&look->imm.models, &shift);
    ap_gauss_reframe(&look->imm.mean, &shift);
    look->imm.frame = plane;
}

static void add_edge(ap_state *state, uint32_t row, uint32_t plot, const ap_measure *m, double p)
{
    ap_bench *b = &state->bench;
    const ap_imm *imm = &b->look[row].imm;
    ap_edge *edge = &b->edge[b->edge_count];
    *edge = (ap_edge){ .row = row, .plot = plot, .run = AP_SLOT_NONE, .run_size = 1, .p = p };
    edge->fix = ap_imm_fix(imm, m, 0.0, 0.0);
    ap_imm_likelihood(imm, &edge->fix, &edge->likelihood);
    ap_sets_join(b->parent, row, 2 + plot);
    b->order[b->edge_count] = b->edge_count;
    b->edge_count++;
}

/* p[row][plot] */
static scene begin(const double p[2][2])
{
    scene s = { .w = world_new(AP_SENSOR_PSR) };
    ap_state *state = s.w->tracker.state;
    ap_bench *b = &state->bench;
    ap_geodetic at = { 50.0 * AP_RAD_PER_DEG, 8.0 * AP_RAD_PER_DEG, 0.0 };
    ap_enu_frame here = ap_enu_frame_at(at);
    ap_vec3 first = ap_ecef_from_enu(&here, (ap_vec3){ .y_m = -1000.0 });
    ap_vec3 second = ap_ecef_from_enu(&here, (ap_vec3){ PLANE_APART_M, -1000.0, 0.0 });
    for (int i = 0; i < 2; i++)
        s.plot[i] =
            measure_at(ap_ecef_from_enu(&here, (ap_vec3){ .x_m = (i - 0.5) * PLOT_APART_M }), 30.0);
    for (int i = 0; i < 2; i++)
        b->plot[i].measure = s.plot[i];
    b->look_count = b->plot_count = 2;
    b->edge_count = 0;
    ap_sets_init(b->parent, 4);
    begin_look(state, 0, first, here.origin_ecef, 0.0);
    begin_look(state, 1, second, here.origin_ecef, HEIGHT_M);
    for (uint32_t row = 0; row < 2; row++)
        for (uint32_t plot = 0; plot < 2; plot++)
            if (p[row][plot] > 0.0)
                add_edge(state, row, plot, &s.plot[plot], p[row][plot]);
    return s;
}

/* From a look's mean to a plot, across the ground. */
static double off_m(const scene *s, uint32_t row, int plot)
{
    const ap_imm *imm = &s->w->tracker.state->bench.look[row].imm;
    ap_vec3 enu = ap_enu_from_ecef(&imm->frame, s->plot[plot].ecef);
    return hypot(enu.x_m - imm->mean.x[0], enu.y_m - imm->mean.x[1]);
}

static const double open_question[2][2] = { { 0.49, 0.49 }, { 0.49, 0.49 } };

/* Either is at either: afterwards each is at one, in its own height, and the probabilities of the
 * plots are dealt out with the filters. Updated alone, to a prediction of 300 m, a plot of 30 m
 * leaves 2 m of the way from the middle. */
static void test_update_deals_out_plots_and_filters(void **state)
{
    (void)state;
    scene s = begin(open_question);
    ap_state *t = s.w->tracker.state;
    const ap_bench *b = &t->bench;
    const double exists = 0.98 + 0.02 * ap_existence_missed(0.99, 0.9);
    ap_pairs_update(t);
    assert_int_equal(t->stats.paired_count, 1);
    for (uint32_t row = 0; row < 2; row++) {
        const ap_look *look = &b->look[row];
        assert_true(look->is_paired);
        int mine = off_m(&s, row, 0) < off_m(&s, row, 1) ? 0 : 1;
        assert_int_equal(mine, b->edge[2 * row].p > b->edge[2 * row + 1].p ? 0 : 1);
        assert_true(off_m(&s, row, mine) < 8.0); /* with what remains of having been missed */
        assert_true(fabs(look->imm.frame.origin.height_m - (row ? HEIGHT_M : 0.0)) < 1.0);
        assert_true(b->edge[2 * row + (uint32_t)mine].p > 0.95 * exists);
        assert_true(b->edge[2 * row].p + b->edge[2 * row + 1].p <= exists + 1e-9);
        assert_true(look->alone.A.ee > 200.0 * 200.0); /* as predicted */
        assert_true(ap_imm_is_sound(&look->imm));
    }
    assert_true((b->edge[0].p > b->edge[1].p) != (b->edge[2].p > b->edge[3].p));
    world_free(s.w);
}

/* Which of them is which is open from then on: each says so, and names the other, once. */
static void test_update_tells_that_it_dealt(void **state)
{
    (void)state;
    scene s = begin(open_question);
    ap_state *t = s.w->tracker.state;
    ap_row *row[2] = { &t->store.row[t->bench.look[0].slot], &t->store.row[t->bench.look[1].slot] };
    ap_pairs_update(t);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(row[i]->reason_count, 1);
        assert_int_equal(row[i]->reason[0].code, AP_REASON_MAY_BE_SWAPPED);
        assert_int_equal(row[i]->reason[0].other, row[1 - i]->id);
        assert_int_equal(row[i]->reason[0].time_utc, START_UTC);
    }
    ap_pairs_update(t);
    ap_look *look = t->bench.look;
    look[0].is_paired = look[1].is_paired = false;
    for (uint32_t k = 0; k < t->bench.edge_count; k++)
        t->bench.edge[k].p = 0.49;
    row[0]->reason[0].other = 77; /* another pair in between */
    ap_pairs_update(t);
    assert_int_equal(t->stats.paired_count, 2);
    assert_int_equal(row[0]->reason_count, 2);
    assert_int_equal(row[1]->reason_count, 1);
    world_free(s.w);
}

static void assert_alone(scene *s)
{
    ap_state *t = s->w->tracker.state;
    ap_pairs_update(t);
    assert_int_equal(t->stats.paired_count, 0);
    assert_false(t->bench.look[0].is_paired || t->bench.look[1].is_paired);
    world_free(s->w);
}

static void test_update_leaves_others_alone(void **state)
{
    (void)state;
    scene s = begin((const double[2][2]){ { 0.97, 0.01 }, { 0.01, 0.97 } });
    assert_alone(&s); /* it is clear whose is whose */
    s = begin((const double[2][2]){ { 0.5, 0.48 }, { 0.0, 0.5 } });
    s.w->tracker.state->bench.look[1].is_late = true;
    assert_alone(&s);
    s = begin(open_question);
    s.w->tracker.state->bench.look[0].is_late = true;
    assert_alone(&s);
    s = begin(open_question);
    s.w->tracker.state->bench.look[1].falls = true;
    assert_alone(&s);
    s = begin(open_question);
    s.w->tracker.state->bench.edge[3].run = 0; /* a plot of several */
    assert_alone(&s);
    s = begin(open_question);
    s.w->tracker.state->store.pulse[s.w->tracker.state->bench.look[0].slot].state =
        AP_TRACK_TENTATIVE;
    assert_alone(&s);
    s = begin(open_question);
    s.w->tracker.state->store.pulse[s.w->tracker.state->bench.look[1].slot].existence = 0.5;
    assert_alone(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_update_deals_out_plots_and_filters),
        cmocka_unit_test(test_update_tells_that_it_dealt),
        cmocka_unit_test(test_update_leaves_others_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
