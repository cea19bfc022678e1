/* What updates tell of their innovations. */
#include "track/test_noise.h"
#include "track/test_world.h"

typedef struct told {
    uint32_t update_count, count; /* events of updates; those of them with an innovation */
    uint32_t other_count;         /* innovations of other events */
    double sum, max;
    bool is_bad;
} told;

static void on_told(void *context, const ap_track_event *event, const ap_track *track)
{
    told *t = context;
    (void)track;
    if (event->nis_dimensions == 0) {
        t->is_bad |= event->nis != 0.0;
    } else {
        t->is_bad |= event->nis_dimensions != 2 || !(event->nis >= 0.0);
        t->other_count += event->kind != AP_EVENT_UPDATED;
        t->count++;
        t->sum += event->nis;
        t->max = event->nis > t->max ? event->nis : t->max;
    }
    t->update_count += event->kind == AP_EVENT_UPDATED;
}

static world *telling_world(told *t, bool innovations)
{
    world *w = world_new();
    w->config.innovations = innovations;
    add_sensor(w, AP_SENSOR_MLAT, 50, 8);
    world_start(w);
    w->config.on_event = on_told;
    w->config.context = t;
    ap_tracker_rebind(&w->tracker, &w->config);
    return w;
}

/* A straight flight under an address, or without, each position with noise of `times` the standard
 * deviation that it states. */
static void fly_noisy(world *w, bool has_address, double times, double from_s, double to_s)
{
    uint64_t seed = 7;
    flight f = flight_at(50.2, 8.2, 9000, 180, 60);
    const double sigma_m = 50.0;
    for (double t_s = from_s; t_s < to_s; t_s += 1.0) {
        ap_report r = mlat(0, &f, 0x3C4A5B, t_s);
        r.position_var_ee_m2 = r.position_var_nn_m2 = sigma_m * sigma_m;
        if (!has_address)
            r.present &= ~(uint32_t)AP_HAS_ADDRESS;
        r.latitude_rad += times * sigma_m * test_normal(&seed) / 6.37e6;
        r.longitude_rad += times * sigma_m * test_normal(&seed) / (6.37e6 * cos(r.latitude_rad));
        step(w, &r);
    }
    ap_tracker_flush(&w->tracker);
}

/* The bounds hold 95 % of the means of n chi-square variables of 2 degrees of freedom: their mean
 * is 2 and their variance 4, and n is large (normal: 1.96 sigma). */
static double half_width(uint32_t n)
{
    return 1.96 * 2.0 / sqrt((double)n);
}

static told told_of(bool has_address, double times)
{
    told t = { 0 };
    world *w = telling_world(&t, true);
    fly_noisy(w, has_address, times, 0.0, 600.0);
    world_free(w);
    assert_false(t.is_bad);
    assert_int_equal(t.other_count, 0);
    return t;
}

static void test_step_tells_innovations_of_known_noise(void **state)
{
    (void)state;
    for (int has_address = 0; has_address < 2; has_address++) {
        told t = told_of(has_address, 1.0);
        assert_int_equal(t.count, 599); /* all but the birth */
        assert_true(fabs(t.sum / t.count - 2.0) < half_width(t.count));
        told small = told_of(has_address, 0.5), large = told_of(has_address, 2.0);
        assert_true(small.sum / small.count < 2.0 - half_width(small.count));
        assert_true(large.sum / large.count > 2.0 + half_width(large.count));
    }
}

static void test_step_tells_no_innovations_unasked(void **state)
{
    (void)state;
    told t = { 0 }, asked = { 0 };
    world *w = telling_world(&t, false), *other = telling_world(&asked, true);
    fly_noisy(w, true, 1.0, 0.0, 60.0);
    fly_noisy(other, true, 1.0, 0.0, 60.0);
    assert_int_equal(t.count, 0);
    assert_int_equal(t.update_count, 59);
    assert_int_equal(asked.count, 59);
    assert_false(t.is_bad);
    ap_track a = only_track(w), b = only_track(other);
    assert_memory_equal(&a.P_enu, &b.P_enu, sizeof a.P_enu);
    assert_memory_equal(&a.position, &b.position, sizeof a.position);
    world_free(w);
    world_free(other);
}

/* A velocity between positions has no innovation of a place, nor that of the position before. */
static void test_step_tells_no_innovation_of_a_velocity(void **state)
{
    (void)state;
    told t = { 0 };
    world *w = telling_world(&t, true);
    fly_noisy(w, true, 1.0, 0.0, 10.0);
    uint32_t count = t.count, updates = t.update_count;
    flight f = flight_at(50.2, 8.2, 9000, 180, 60);
    for (double t_s = 10.0; t_s < 14.0; t_s += 0.5) { /* told once a second */
        ap_report r = velocity(0, &f, 0x3C4A5B, t_s);
        step(w, &r);
    }
    assert_true(t.update_count > updates);
    assert_int_equal(t.count, count);
    world_free(w);
}

/* Each source keeps how far its newest position lay from where the track was expected, whether
 * innovations are told or not, by address and by place alone. */
static void test_source_keeps_its_residual(void **state)
{
    (void)state;
    for (int has_address = 0; has_address < 2; has_address++) {
        world *w = world_new();
        flight f = flight_at(50.2, 8.2, 9000, 180, 60);
        add_sensor(w, AP_SENSOR_MLAT, 50, 8);
        add_sensor(w, AP_SENSOR_MLAT, 50, 8);
        world_start(w);
        for (int i = 0; i < 60; i++) {
            ap_report r = mlat((uint16_t)(i % 2), &f, 0x3C4A5B, i);
            r.position_var_ee_m2 = r.position_var_nn_m2 = 2500.0;
            if (!has_address)
                r.present &= ~(uint32_t)AP_HAS_ADDRESS;
            if (i == 58)
                r.latitude_rad += 40.0 / 6.37e6;
            step(w, &r);
            ap_tracker_flush(&w->tracker);
        }
        ap_track track = only_track(w);
        assert_int_equal(track.source_count, 2);
        for (int i = 0; i < 2; i++) {
            const ap_track_source *s = &track.source[i];
            assert_true(fabs((double)s->residual_north_m - (s->sensor == 0 ? 40.0 : 0.0)) < 12.0);
            assert_true(fabs((double)s->residual_east_m) < 12.0);
        }
        assert_true(fabs((double)track.source[0].residual_north_m) > 1e-3);
        world_free(w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_source_keeps_its_residual),
        cmocka_unit_test(test_step_tells_innovations_of_known_noise),
        cmocka_unit_test(test_step_tells_no_innovations_unasked),
        cmocka_unit_test(test_step_tells_no_innovation_of_a_velocity),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
