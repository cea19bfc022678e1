/* What receivers hear of a small world: times of arrival, clocks, chances, and frames under
 * faults. The contents of the frames are the business of receiver_test.c. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "airpicture/cpr.h"
#include "airpicture/modes.h"
#include "simulate/receiver.h"
#include "simulate/test_instrument.h"
#include "simulate/test_world.h"

#define FRAME_CAP 30000
#define TICKS_PER_S 12e6
#define ESCAPE 0x1a

typedef struct heard {
    uint64_t stamp;
    size_t size;
    uint8_t frame[AP_MODES_LONG_SIZE];
    ap_modes_frame content;
} heard;

typedef struct ear {
    heard *frames;
    size_t count;
} ear;

/* The one Beast element of a packet. */
static heard read_frame(const uint8_t *data, size_t size)
{
    uint8_t bytes[32];
    size_t count = 0;
    assert_true(data[0] == ESCAPE && (data[1] == '2' || data[1] == '3'));
    for (size_t i = 2; i < size; i++) {
        assert_true(count < sizeof bytes);
        bytes[count++] = data[i];
        i += data[i] == ESCAPE;
    }
    heard h = { .size = count - 7 };
    for (int i = 0; i < 6; i++)
        h.stamp = h.stamp << 8 | bytes[i];
    memcpy(h.frame, bytes + 7, h.size);
    assert_int_equal(ap_modes_decode(h.frame, h.size, &h.content), AP_OK);
    return h;
}

/* What sensor `index` hears until end_s. */
static ear listen(const test_world *w, uint32_t index, double end_s)
{
    ear e = { .frames = malloc(FRAME_CAP * sizeof(heard)) };
    test_instrument t;
    test_instrument_open(&t, &w->world, index);
    while (test_instrument_next(&t, end_s)) {
        assert_true(e.count < FRAME_CAP);
        e.frames[e.count++] = read_frame(t.packet, t.size);
    }
    test_instrument_close(&t);
    return e;
}

static void close_ear(ear *e)
{
    free(e->frames);
}

static ap_scenario_sensor *add_receiver(test_world *w)
{
    ap_scenario_sensor *sensor = test_world_sensor(w, AP_SENSOR_ADSB, AP_SENSOR_FORMAT_BEAST);
    sensor->told.range_max_m = 9e6; /* no loss by distance */
    return sensor;
}

/* Seconds since the start of a run that begins at noon. */
static double seconds_of(const heard *h)
{
    return (double)h->stamp / TICKS_PER_S - TEST_NOON_S;
}

static const heard *find(const ear *e, const heard *wanted)
{
    for (size_t i = 0; i < e->count; i++)
        if (e->frames[i].size == wanted->size &&
            memcmp(e->frames[i].frame, wanted->frame, wanted->size) == 0)
            return &e->frames[i];
    return NULL;
}

static bool is_position(const heard *h)
{
    return (h->content.present & AP_MODES_HAS_CPR) != 0;
}

/* Two receivers 100 km apart hear every frame, by the difference of the ways apart. */
static void test_hearing_times_of_arrival(void **state)
{
    (void)state;
    static test_world w;
    test_world_make(&w, 4);
    (void)add_receiver(&w);
    ap_geodetic away = w.scenario.reference;
    away.longitude_rad += 0.0245;
    assert_int_equal(ap_sensor_place(&add_receiver(&w)->told, away), AP_OK);
    ear near = listen(&w, 0, 60.0), far = listen(&w, 1, 60.0);
    size_t matched = 0;
    for (size_t i = 0; i < near.count; i++) {
        const heard *one = &near.frames[i], *other = find(&far, one);
        if (!is_position(one) || seconds_of(one) > 59.0)
            continue;
        assert_non_null(other);
        ap_truth truth = test_world_truth(&w, one->content.icao24 - TEST_ADDRESS, seconds_of(one));
        ap_sight from_near, from_far;
        assert_true(ap_sight_of(&w.sensors[0].told, truth.position, &from_near) &&
                    ap_sight_of(&w.sensors[1].told, truth.position, &from_far));
        double way_m = from_far.range_m - from_near.range_m;
        double lag_s = ((double)other->stamp - (double)one->stamp) / TICKS_PER_S;
        assert_true(fabs(lag_s - way_m / AP_AIR_LIGHT_MPS) < 1.1 / TICKS_PER_S);
        matched++;
    }
    assert_true(matched > 4 * 59 * 2 - 40); /* two a second */
    close_ear(&near);
    close_ear(&far);
}

/* A counter that is 0.25 s ahead and 20 ppm fast, and one whose stamps are off by 1 us. */
static void test_hearing_counter(void **state)
{
    (void)state;
    static test_world w;
    test_world_make(&w, 4);
    (void)add_receiver(&w);
    ap_scenario_sensor *fast = add_receiver(&w), *shaky = add_receiver(&w);
    fast->clock_offset_s = 0.25;
    fast->clock_drift_ppm = 20.0;
    shaky->arrival_jitter_s = 1e-6;
    ear true_ear = listen(&w, 0, 120.0), fast_ear = listen(&w, 1, 120.0),
        shaky_ear = listen(&w, 2, 120.0);
    assert_int_equal(true_ear.count, fast_ear.count);
    assert_int_equal(true_ear.count, shaky_ear.count);
    double sum = 0.0, square = 0.0, n = (double)true_ear.count;
    for (size_t i = 0; i < true_ear.count; i++) {
        const heard *one = &true_ear.frames[i];
        double lead = (double)(fast_ear.frames[i].stamp - one->stamp);
        assert_true(fabs(lead - (0.25 + 20e-6 * seconds_of(one)) * TICKS_PER_S) < 1.1);
        double off = (double)(int64_t)(shaky_ear.frames[i].stamp - one->stamp);
        sum += off, square += off * off;
    }
    double sigma = sqrt(square / n);
    print_message("%.0f stamps: jitter %.2f ticks, mean %+.2f\n", n, sigma, sum / n);
    assert_true(fabs(sum / n) < 4.0 * 12.0 / sqrt(n));
    assert_true(fabs(sigma - 12.0) < 4.0 * 12.0 / sqrt(2.0 * n) + 0.01); /* and two roundings */
    close_ear(&true_ear);
    close_ear(&fast_ear);
    close_ear(&shaky_ear);
}

/* Second of the day and nanosecond, over midnight. */
static void test_hearing_gps_stamps(void **state)
{
    (void)state;
    static test_world w;
    test_world_make(&w, 2);
    w.world.start_utc += 43190 * AP_NS_PER_S; /* 23:59:50 */
    (void)add_receiver(&w);
    add_receiver(&w)->told.clock = AP_CLOCK_GPS;
    ear counter = listen(&w, 0, 20.0), gps = listen(&w, 1, 20.0);
    assert_int_equal(counter.count, gps.count);
    size_t after = 0;
    for (size_t i = 0; i < gps.count; i++) {
        double true_s = fmod((double)counter.frames[i].stamp / TICKS_PER_S, 86400.0);
        assert_true(ap_is_gps_stamp(gps.frames[i].stamp));
        double own_s = (double)ap_ns_of_gps_stamp(gps.frames[i].stamp) * 1e-9;
        assert_true(fabs(own_s - true_s) < 1e-7);
        after += own_s < 100.0;
    }
    assert_true(after > gps.count / 3 && after < 2 * gps.count / 3);
    close_ear(&counter);
    close_ear(&gps);
}

/* At half the range an eighth is lost beside the tenth of everywhere; nothing from below the
 * horizon. */
static void test_hearing_chance(void **state)
{
    (void)state;
    static test_world w;
    test_world_make(&w, TEST_FLIGHT_CAP);
    for (uint32_t i = 0; i < TEST_FLIGHT_CAP; i++)
        ap_flight_start(&w.flights[i], 0.0, 0.0, 150e3, TEST_ALTITUDE_M, 0.0, 0.001);
    (void)add_receiver(&w);
    ap_scenario_sensor *poor = add_receiver(&w);
    poor->told.range_max_m = 300e3;
    poor->told.detection_probability = 0.9;
    ear all = listen(&w, 0, 60.0), some = listen(&w, 1, 60.0);
    double n = (double)all.count, chance = 0.9 * (1.0 - 0.5 / 4.0);
    print_message("%zu of %.0f heard: %.4f for %.4f\n", some.count, n, (double)some.count / n,
                  chance);
    assert_true(n > 10000);
    assert_true(fabs((double)some.count - n * chance) < 4.0 * sqrt(n * chance * (1.0 - chance)));
    ap_flight_start(&w.flights[0], 0.0, 0.0, 150e3, 500.0, 0.0, 0.001);
    ear low = listen(&w, 0, 10.0);
    for (size_t i = 0; i < low.count; i++)
        assert_int_not_equal(low.frames[i].content.icao24, TEST_ADDRESS);
    close_ear(&all);
    close_ear(&some);
    close_ear(&low);
}

/* Every frame of the flight comes again, 30 s later and from the mast. */
static void test_hearing_replay(void **state)
{
    (void)state;
    static test_world w;
    test_world_make(&w, 1);
    ap_scenario_fault *fault = test_world_fault(&w, AP_FAULT_REPLAY, 40.0, 60.0);
    fault->flight = 0;
    fault->value = 30.0;
    (void)add_receiver(&w);
    ear e = listen(&w, 0, 60.0);
    size_t repeated = 0;
    for (size_t i = 0; i < e.count; i++) {
        const heard *first = find(&e, &e.frames[i]);
        if (!is_position(&e.frames[i]) || first == &e.frames[i])
            continue;
        /* 500 m of height to one of 100 m; the flight is 9.1 km and more away. */
        double lag_s = seconds_of(&e.frames[i]) - seconds_of(first);
        double way_s = (9094.0 - 400.0) / AP_AIR_LIGHT_MPS;
        assert_true(lag_s < 30.0 - way_s + 1e-6 && lag_s > 30.0 - 5e-5);
        assert_true(seconds_of(&e.frames[i]) >= 40.0);
        repeated++;
    }
    assert_true(repeated >= 38 && repeated <= 42); /* two a second for 20 s */
    close_ear(&e);
}

static void test_hearing_silent_and_jammed(void **state)
{
    (void)state;
    static test_world w;
    test_world_make(&w, 2);
    test_world_fault(&w, AP_FAULT_SILENT, 10.0, 20.0)->flight = 0;
    ap_scenario_fault *jam = test_world_fault(&w, AP_FAULT_JAMMING, 20.0, 30.0);
    jam->latitude_rad = w.scenario.reference.latitude_rad;
    jam->longitude_rad = w.scenario.reference.longitude_rad;
    jam->radius_m = 100e3;
    (void)add_receiver(&w);
    ear e = listen(&w, 0, 40.0);
    size_t altitudes = 0;
    for (size_t i = 0; i < e.count; i++) {
        const heard *h = &e.frames[i];
        double time_s = seconds_of(h);
        if (h->content.icao24 == TEST_ADDRESS)
            assert_false(time_s > 10.0 && time_s < 20.0);
        if (time_s < 20.0 || time_s > 30.0 || h->content.df != 17)
            continue;
        assert_false(is_position(h));
        assert_int_not_equal(h->content.type_code, 19);
        if (h->content.type_code == 31)
            assert_int_equal(h->content.nac_p, 0);
        altitudes += h->content.type_code == 0;
        if (h->content.type_code == 0)
            assert_int_equal(h->content.altitude_ft, 30000);
    }
    assert_true(altitudes >= 36 && altitudes <= 44); /* two flights, two a second, 10 s */
    close_ear(&e);
}

/* On the ground: positions of the surface with movement, one in ten from who stands; no velocities,
 * no altitudes. */
static void test_hearing_ground(void **state)
{
    (void)state;
    static test_world w;
    test_world_make(&w, 2);
    for (int i = 0; i < 2; i++) {
        w.flights[i].craft = AP_CRAFT_VEHICLE;
        ap_flight_start(&w.flights[i], 0.0, 500.0, 800.0, 50.0, AP_PI / 2.0, i == 0 ? 8.0 : 0.0);
    }
    (void)add_receiver(&w);
    ear e = listen(&w, 0, 60.0);
    size_t positions[2] = { 0 }, odd[2] = { 0 };
    for (size_t i = 0; i < e.count; i++) {
        const ap_modes_frame *content = &e.frames[i].content;
        assert_true(content->df == 11 || content->df == 17);
        assert_int_equal(content->capability, 4);
        assert_int_not_equal(content->type_code, 19);
        if (!is_position(&e.frames[i]))
            continue;
        uint32_t flight = content->icao24 - TEST_ADDRESS;
        assert_true(content->cpr_surface && content->type_code == 7); /* NACp 9 */
        assert_true(fabs(content->ground_speed_kt - (flight == 0 ? 15.5 : 0.0)) < 0.6);
        ap_cpr cpr = { content->cpr_latitude_17, content->cpr_longitude_17, content->cpr_odd,
                       true };
        double latitude_deg, longitude_deg;
        assert_int_equal(ap_cpr_local(&cpr, 50.0, 10.0, &latitude_deg, &longitude_deg), AP_OK);
        ap_geodetic at = { latitude_deg * AP_RAD_PER_DEG, longitude_deg * AP_RAD_PER_DEG, 0.0 };
        ap_geodetic foot = test_world_truth(&w, flight, seconds_of(&e.frames[i])).position;
        foot.height_m = 0.0;
        assert_true(ap_distance_m(at, foot) < 3.0 * ap_modes_sigma_of_nac_p(9));
        positions[flight]++;
        odd[flight] += content->cpr_odd;
    }
    assert_true(positions[0] >= 117 && positions[0] <= 123);
    assert_true(positions[1] >= 11 && positions[1] <= 13);
    assert_true(odd[0] >= 55 && odd[1] >= 5 && odd[1] <= 7);
    close_ear(&e);
}

/* A fleet that is only broadcast, with all that belongs to ADS-B. */
static void test_hearing_ghosts(void **state)
{
    (void)state;
    static test_world w;
    test_world_make(&w, 1);
    ap_scenario_fault *fault = test_world_fault(&w, AP_FAULT_GHOSTS, 10.0, 50.0);
    fault->latitude_rad = w.scenario.reference.latitude_rad;
    fault->longitude_rad = w.scenario.reference.longitude_rad;
    fault->radius_m = 50e3;
    fault->value = 5.0;
    (void)add_receiver(&w);
    ear e = listen(&w, 0, 60.0);
    size_t by_type[32] = { 0 };
    for (size_t i = 0; i < e.count; i++) {
        const ap_modes_frame *content = &e.frames[i].content;
        if (content->icao24 < AP_BROADCAST_GHOST_ADDRESS)
            continue;
        double time_s = seconds_of(&e.frames[i]);
        assert_true(content->icao24 < AP_BROADCAST_GHOST_ADDRESS + 5);
        assert_true(time_s >= 10.0 && time_s < 50.001);
        if (content->df == 17)
            by_type[content->type_code]++;
    }
    assert_true(by_type[11] > 380 && by_type[11] < 420);
    assert_true(by_type[19] > 380 && by_type[19] < 420);
    assert_true(by_type[4] >= 35 && by_type[31] >= 75);
    close_ear(&e);
}

static size_t count_replies(const test_world *w, uint32_t address)
{
    ear e = listen(w, 0, 20.0);
    size_t count = 0;
    for (size_t i = 0; i < e.count; i++) {
        const ap_modes_frame *content = &e.frames[i].content;
        bool is_reply = content->df != 11 && content->df != 17;
        count += is_reply && content->icao24 == address;
    }
    close_ear(&e);
    return count;
}

/* Replies to the radar that turns once a second, when it sees the flight: in the west with a mask
 * up to 60 degrees there is one flight less. Vehicles squitter only. */
static void test_hearing_replies_in_view(void **state)
{
    (void)state;
    static test_world w;
    test_world_make(&w, 3);
    ap_flight_start(&w.flights[0], 0.0, -30e3, 0.0, TEST_ALTITUDE_M, 0.0, 100.0);
    ap_flight_start(&w.flights[1], 0.0, 30e3, 0.0, TEST_ALTITUDE_M, 0.0, 100.0);
    ap_flight_start(&w.flights[2], 0.0, 30e3, 0.0, TEST_ALTITUDE_M, 0.0, 10.0);
    w.flights[2].craft = AP_CRAFT_VEHICLE;
    (void)add_receiver(&w);
    ap_scenario_sensor *radar = test_world_sensor(&w, AP_SENSOR_MODE_S, AP_SENSOR_FORMAT_CAT048);
    radar->cone_rad = AP_PI / 2.0;
    for (uint32_t i = 0; i < 2; i++) {
        size_t count = count_replies(&w, TEST_ADDRESS + i);
        assert_true(count >= 19 && count <= 21);
    }
    assert_int_equal(count_replies(&w, TEST_ADDRESS + 2), 0);
    const ap_mask_entry mask[2] = { { 0.0, 0.0 }, { AP_PI, AP_PI / 3.0 } };
    w.scenario.mask = mask;
    radar->mask_count = 2;
    assert_int_equal(count_replies(&w, TEST_ADDRESS), 0);
    assert_true(count_replies(&w, TEST_ADDRESS + 1) >= 19);
    radar->cone_rad = 0.1; /* both are at 0.29 */
    assert_int_equal(count_replies(&w, TEST_ADDRESS + 1), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hearing_times_of_arrival),
        cmocka_unit_test(test_hearing_counter),
        cmocka_unit_test(test_hearing_gps_stamps),
        cmocka_unit_test(test_hearing_chance),
        cmocka_unit_test(test_hearing_replay),
        cmocka_unit_test(test_hearing_silent_and_jammed),
        cmocka_unit_test(test_hearing_ground),
        cmocka_unit_test(test_hearing_ghosts),
        cmocka_unit_test(test_hearing_replies_in_view),
    };
    return cmocka_run_group_tests_name("hearing", tests, NULL, NULL);
}
