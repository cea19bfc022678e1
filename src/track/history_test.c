#include "track/history.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "track/frame.h"

#define S AP_NS_PER_S

static double noise(int k)
{
    return 40.0 * sin(12.9898 * k) + 25.0 * cos(78.233 * k);
}

/* A position on a gently turning way, at k seconds. */
static ap_measure measure_of(int k)
{
    ap_enu_frame site = ap_enu_frame_at((ap_geodetic){ 0.9, 0.1, 9000.0 });
    double a = 0.01 * k;
    ap_vec3 enu = { 20000.0 * sin(a) + noise(k), 20000.0 * (1.0 - cos(a)) + noise(k + 50), 0.0 };
    ap_vec3 ecef = ap_ecef_from_enu(&site, enu);
    ap_enu_frame f = ap_frame_at(ecef);
    ap_measure m = { .time_utc = k * S,
                     .weight = 1.0,
                     .ecef = ecef,
                     .has = AP_MEASURE_POSITION | AP_MEASURE_PRESSURE,
                     .altitude_m = 9000.0 + k,
                     .altitude_var_m2 = 50.0 };
    int n = 0;
    for (int i = 0; i < 3; i++)
        for (int j = i; j < 3; j++)
            m.R_ecef_m2[n++] = 2500.0 * (f.rotation[0][i] * f.rotation[0][j] +
                                         f.rotation[1][i] * f.rotation[1][j]);
    return m;
}

static void start(ap_history *history, ap_imm *imm)
{
    ap_measure first = measure_of(0);
    ap_imm_start(imm, &first, 140.0);
    ap_history_start(history);
}

/* With nothing but the track's own parts. */
static bool take(ap_history *history, ap_imm *imm, int k)
{
    ap_history_pool none = { .cap = 0, .free_head = AP_HISTORY_NONE };
    ap_measure m = measure_of(k);
    if (m.time_utc < imm->time_utc)
        return ap_history_insert(history, &none, NULL, imm, &m);
    ap_history_append(history, &none, imm, &m);
    ap_imm_apply(imm, &m);
    return true;
}

/* Orders of arrival of the same measurements. */
static void test_insert_equals_order(void **state)
{
    (void)state;
    enum { LAST = 40 };
    ap_history history, late;
    ap_imm imm, again;
    start(&history, &imm);
    for (int k = 1; k <= LAST; k++)
        assert_true(take(&history, &imm, k));
    for (int delay = 1; delay <= AP_HISTORY_PART - 1; delay++) {
        start(&late, &again);
        for (int k = 1; k <= LAST; k++) {
            /* Every fifth comes `delay` later. */
            if (k % 5 != 0)
                assert_true(take(&late, &again, k));
            if (k > delay && (k - delay) % 5 == 0)
                assert_true(take(&late, &again, k - delay));
        }
        for (int k = LAST - delay + 1; k <= LAST; k++)
            if (k % 5 == 0)
                assert_true(take(&late, &again, k));
        const ap_gauss a = imm.mean, b = again.mean;
        assert_int_equal(imm.time_utc, again.time_utc);
        for (int i = 0; i < 4; i++)
            assert_true(fabs(a.x[i] - b.x[i]) <= 1e-9 * fmax(1.0, fabs(a.x[i])));
        assert_true(fabs(a.A.ee - b.A.ee) <= 1e-9 * a.A.ee);
        assert_true(fabs(a.B[0][1] - b.B[0][1]) <= 1e-9 * a.A.ee);
        assert_true(fabs(imm.vertical.altitude_m - again.vertical.altitude_m) <= 1e-6);
    }
}

static void assert_same_gauss(const ap_gauss *a, const ap_gauss *b)
{
    const double *m[2][3] = { { &a->A.ee, a->B[0], &a->C.ee }, { &b->A.ee, b->B[0], &b->C.ee } };
    static const int counts[] = { 3, 4, 3 };
    double scale[3] = { a->A.ee + a->A.nn, sqrt((a->A.ee + a->A.nn) * (a->C.ee + a->C.nn)),
                        a->C.ee + a->C.nn };
    for (int i = 0; i < 4; i++)
        assert_true(fabs(a->x[i] - b->x[i]) <= 1e-9 * fmax(1.0, fabs(a->x[i])));
    for (int k = 0; k < 3; k++)
        for (int i = 0; i < counts[k]; i++)
            assert_true(fabs(m[0][k][i] - m[1][k][i]) <= 1e-9 * scale[k]);
}

/* Any order that no measurement overtakes more than five by: state, covariance and modes as in
 * order. */
static void test_insert_equals_any_order(void **state)
{
    (void)state;
    enum { LAST = 60, BEHIND = AP_HISTORY_PART - 1 };
    ap_history history, late;
    ap_imm imm, again;
    uint64_t seed = 3;
    start(&history, &imm);
    for (int k = 1; k <= LAST; k++)
        assert_true(take(&history, &imm, k));
    for (int run = 0; run < 200; run++) {
        bool taken[LAST + 1] = { false };
        start(&late, &again);
        for (int count = 0, first = 1; count < LAST; count++) {
            while (taken[first])
                first++;
            seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            int k = first + (int)(seed >> 61) % BEHIND;
            while (k > LAST || taken[k])
                k--;
            taken[k] = true;
            assert_true(take(&late, &again, k));
        }
        assert_int_equal(imm.time_utc, again.time_utc);
        for (int m = 0; m < AP_IMM_MODELS; m++)
            assert_true(fabs(imm.models.probability[m] - again.models.probability[m]) <= 1e-9);
        assert_same_gauss(&imm.mean, &again.mean);
    }
}

static void test_insert_refuses_the_ancient(void **state)
{
    (void)state;
    ap_history history;
    ap_imm imm;
    start(&history, &imm);
    for (int k = 10; k <= 40; k++)
        assert_true(take(&history, &imm, k));
    ap_imm before = imm;
    assert_false(take(&history, &imm, 9));
    assert_false(take(&history, &imm, 27));
    assert_memory_equal(&before, &imm, sizeof imm);
    assert_true(take(&history, &imm, 37));
}

/* The past as it was: before later measurements, and between two. */
static void test_at_looks_back(void **state)
{
    (void)state;
    ap_history history;
    const ap_history_pool none = { .cap = 0 };
    ap_imm imm, then, past;
    start(&history, &imm);
    for (int k = 1; k <= 15; k++)
        take(&history, &imm, k);
    then = imm;
    ap_imm_predict(&then, 15 * S + S / 2, &then);
    for (int k = 16; k <= 20; k++)
        take(&history, &imm, k);
    assert_true(ap_history_at(&history, &none, NULL, 15 * S + S / 2, &past));
    const ap_gauss a = then.mean, b = past.mean;
    assert_true(fabs(a.x[0] - b.x[0]) < 1e-9 && fabs(a.A.ee - b.A.ee) < 1e-9);
    assert_false(ap_history_at(&history, &none, NULL, 2 * S, &past));
}

/* ---- a pool ---- */

/* Takes measurement k and sees to the room for the next: so that the last `lag` can be undone. */
static bool take_settled(ap_history *history, ap_history_pool *pool, ap_imm *imm, int k, int lag)
{
    ap_measure m = measure_of(k);
    ap_utc_ns newest_utc = m.time_utc > imm->time_utc ? m.time_utc : imm->time_utc;
    if (m.time_utc < imm->time_utc) {
        assert_true(ap_history_insert(history, pool, NULL, imm, &m));
    } else {
        ap_history_append(history, pool, imm, &m);
        ap_imm_apply(imm, &m);
    }
    return ap_history_settle(history, pool, newest_utc - lag * S, newest_utc - lag * S);
}

static ap_history_pool pool_of(uint32_t cap, void **mem)
{
    ap_history_pool pool;
    ap_arena measure = ap_arena_measure();
    ap_history_pool_init(&pool, cap, &measure);
    size_t size = ap_arena_need(&measure);
    *mem = malloc(size);
    assert_non_null(*mem);
    memset(*mem, 0xA5, size);
    ap_arena arena = ap_arena_over(*mem, size);
    ap_history_pool_init(&pool, cap, &arena);
    return pool;
}

/* A chain as long as the lag asks for: whatever of it comes late is as in order, and what is older
 * is refused. Its parts go back when the lag is shorter, and when the history is cleared. */
static void test_settle_keeps_the_lag(void **state)
{
    (void)state;
    enum { LAST = 120, LAG = 50, CAP = 9 };
    void *mem;
    ap_history_pool pool = pool_of(CAP, &mem);
    ap_history history, late;
    ap_imm imm, again, past;
    start(&history, &imm);
    for (int k = 1; k <= LAST; k++)
        assert_true(take_settled(&history, &pool, &imm, k, LAG));
    assert_true(ap_history_at(&history, &pool, NULL, (LAST - LAG) * S, &past));
    assert_false(ap_history_at(&history, &pool, NULL, (LAST - LAG - 20) * S, &past));
    assert_in_range(pool.taken_count, LAG / AP_HISTORY_PART - 2, CAP);
    ap_history_clear(&history, &pool);
    assert_int_equal(pool.taken_count, 0);
    for (int run = 0; run < 20; run++) {
        uint64_t seed = 100 + (uint64_t)run;
        int at[LAST + 1];
        for (int k = 1; k <= LAST; k++)
            at[k] = k;
        for (int from = 1; from + LAG / 2 <= LAST; from += LAG / 2) /* in pieces, each shuffled */
            for (int i = LAG / 2 - 1; i > 0; i--) {
                seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
                int j = (int)((seed >> 33) % (unsigned)(i + 1)), swap = at[from + i];
                at[from + i] = at[from + j];
                at[from + j] = swap;
            }
        start(&late, &again);
        for (int k = 1; k <= LAST; k++)
            assert_true(take_settled(&late, &pool, &again, at[k], LAG));
        assert_same_gauss(&imm.mean, &again.mean);
        for (int k = LAST + 1; k <= LAST + 3 * AP_HISTORY_PART; k++)
            assert_true(take_settled(&late, &pool, &again, k, 1));
        assert_int_equal(pool.taken_count, 0);
    }
    free(mem);
}

/* The oldest measurements make room where the pool, or the share of one track, is used up: that is
 * told each time, and what is left is right. */
static void test_settle_tells_when_there_is_no_part(void **state)
{
    (void)state;
    enum { LAST = 400, ALL = 1000 };
    static const uint32_t caps[] = { 0, 3, AP_HISTORY_PARTS_MAX + 5 };
    ap_history plain;
    ap_imm straight;
    start(&plain, &straight);
    for (int k = 1; k <= LAST; k++)
        take(&plain, &straight, k);
    for (size_t c = 0; c < sizeof caps / sizeof caps[0]; c++) {
        void *mem;
        ap_history_pool pool = pool_of(caps[c], &mem);
        ap_history history;
        ap_imm imm, past;
        start(&history, &imm);
        unsigned refused = 0, parts = caps[c] + 2;
        parts = parts < AP_HISTORY_PARTS_MAX ? parts : AP_HISTORY_PARTS_MAX;
        for (int k = 1; k <= LAST; k++) /* pairs change places */
            refused += !take_settled(&history, &pool, &imm, k % 2 ? k + 1 - k / LAST : k - 1, ALL);
        assert_int_equal(refused, (unsigned)LAST / AP_HISTORY_PART - parts + 1);
        assert_int_equal(pool.taken_count, parts - 2);
        assert_same_gauss(&imm.mean, &straight.mean);
        int kept = (int)(parts - 1) * AP_HISTORY_PART;
        assert_true(ap_history_at(&history, &pool, NULL, (LAST - kept) * S, &past));
        assert_false(ap_history_at(&history, &pool, NULL, (LAST - kept - 10) * S, &past));
        free(mem);
    }
}

/* Of one track to another: it can be undone as before, and what the other had goes back. */
static void test_move_takes_the_parts_along(void **state)
{
    (void)state;
    void *mem;
    ap_history_pool pool = pool_of(20, &mem);
    ap_history from, to;
    ap_imm imm, before, past;
    start(&to, &imm);
    for (int k = 1; k <= 40; k++)
        take_settled(&to, &pool, &imm, k, 100);
    start(&from, &imm);
    for (int k = 1; k <= 50; k++)
        take_settled(&from, &pool, &imm, k, 100);
    assert_true(ap_history_at(&from, &pool, NULL, 7 * S, &before));
    ap_history_move(&from, &pool, &to);
    assert_int_equal(from.count, 0);
    assert_int_equal(to.count, 50);
    assert_int_equal(pool.taken_count, 7);
    assert_true(ap_history_at(&to, &pool, NULL, 7 * S, &past));
    assert_memory_equal(&past.mean, &before.mean, sizeof past.mean);
    ap_history_clear(&from, &pool);
    ap_history_clear(&to, &pool);
    assert_int_equal(pool.taken_count, 0);
    free(mem);
}

/* One Gaussian, and a seed, become the models that they would have been: whatever their memory
 * held, in order, late, and at their own time. */
static void test_single_becomes_the_same(void **state)
{
    (void)state;
    static const int orders[][6] = { { 1, 2, 3, 4, 5, 6 }, { 4, 2, 3, 1, 9, 5 }, { 0, 7, 0, 8 } };
    for (size_t o = 0; o < sizeof orders / sizeof orders[0]; o++) {
        ap_history history[3];
        ap_imm imm[3], filled;
        ap_measure first = measure_of(0);
        memset(history, 0xA5, sizeof history);
        memset(imm, 0xA5, sizeof imm);
        ap_imm_start(&imm[0], &first, 140.0);
        ap_imm_start_single(&imm[1], &first, 140.0);
        ap_imm_sow(&imm[2], &first, 140.0);
        assert_true(imm[1].is_single && !imm[1].is_seed && imm[2].is_seed);
        for (int i = 0; i < 3; i++) {
            assert_true(ap_imm_is_sound(&imm[i]));
            ap_imm_copy(&filled, &imm[i]);
            ap_imm_fill(&filled);
            assert_memory_equal(&filled.models, &imm[0].models, sizeof filled.models);
            assert_memory_equal(&filled.mean, &imm[0].mean, sizeof filled.mean);
            ap_history_start(&history[i]);
        }
        for (size_t k = 0; k < sizeof orders[o] / sizeof orders[o][0]; k++) {
            for (int i = 0; i < 3; i++) {
                assert_true(take(&history[i], &imm[i], orders[o][k]));
                assert_false(imm[i].is_single || imm[i].is_seed);
                assert_memory_equal(&imm[i].models, &imm[0].models, sizeof imm[0].models);
                assert_memory_equal(&imm[i].mean, &imm[0].mean, sizeof imm[0].mean);
            }
        }
    }
    ap_imm broken;
    ap_measure first = measure_of(0);
    ap_imm_start_single(&broken, &first, 140.0);
    broken.mean.C.ee = -1.0;
    assert_false(ap_imm_is_sound(&broken));
}

/* What no filter can begin with. */
static void test_measure_starts_sees_nonsense(void **state)
{
    (void)state;
    const ap_measure good = measure_of(0);
    ap_measure m[7];
    for (size_t i = 0; i < sizeof m / sizeof m[0]; i++)
        m[i] = good;
    m[0].ecef.y_m = NAN;
    m[1].R_ecef_m2[3] = INFINITY;
    memset(m[2].R_ecef_m2, 0, sizeof m[2].R_ecef_m2);
    m[3].R_ecef_m2[1] += 2.0 * (m[3].R_ecef_m2[0] + m[3].R_ecef_m2[3] + m[3].R_ecef_m2[5]);
    m[4].has |= AP_MEASURE_VELOCITY;
    m[4].velocity_var = 0.0;
    m[5].has = (uint16_t)(m[5].has | AP_MEASURE_HEIGHT);
    m[5].altitude_var_m2 = -1.0F;
    m[6].has = (uint16_t)(m[6].has | AP_MEASURE_PRESSURE);
    m[6].altitude_m = NAN;
    assert_true(ap_measure_starts(&good));
    for (size_t i = 0; i < sizeof m / sizeof m[0]; i++) {
        ap_imm imm;
        assert_false(ap_measure_starts(&m[i]));
        ap_imm_sow(&imm, &m[i], 140.0);
        assert_false(ap_imm_is_sound(&imm));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_insert_equals_order),
        cmocka_unit_test(test_insert_equals_any_order),
        cmocka_unit_test(test_insert_refuses_the_ancient),
        cmocka_unit_test(test_at_looks_back),
        cmocka_unit_test(test_settle_keeps_the_lag),
        cmocka_unit_test(test_settle_tells_when_there_is_no_part),
        cmocka_unit_test(test_move_takes_the_parts_along),
        cmocka_unit_test(test_single_becomes_the_same),
        cmocka_unit_test(test_measure_starts_sees_nonsense),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
