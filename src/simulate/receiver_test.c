#include "simulate/receiver.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "airpicture/cpr.h"
#include "airpicture/modes.h"
#include "simulate/demo_scenario.h"
#include "simulate/simulate.h"
#include "simulate/traffic.h"
#include "wire/framer.h"

#define FLIGHT_COUNT 60

typedef struct heard {
    uint8_t nac_p; /* as it told */
    ap_cpr half[2];
    ap_utc_ns half_utc[2];
    size_t registers[3]; /* 2,0; 5,0; 4,0 and 6,0 */
    size_t positions, velocities, idents, statuses, squitters, replies, emergencies;
    double visible_s; /* time in which it was in the air and in sight */
} heard;

typedef struct run {
    ap_simulate sim;
    ap_demo_scenario_config config;
    ap_demo_scenario demo;
    ap_framer framer;
    ap_asterix_editions editions;
    void *sim_mem, *framer_mem;
    heard flights[FLIGHT_COUNT];
    size_t frames, by_format[32], fixes;
    ap_utc_ns last_utc;
    uint64_t last_ticks;
    double error_square_m2[16]; /* by NACp */
    size_t error_count[16];
} run;

static void open_run(run *r)
{
    memset(r, 0, sizeof *r);
    r->config = ap_demo_scenario_config_default();
    r->config.sensors = 1u << AP_DEMO_RECEIVER;
    r->config.duration_s = 300.0;
    ap_demo_scenario_make(&r->demo, &r->config);
    size_t size = ap_simulate_size(&r->demo.scenario);
    r->sim_mem = malloc(size);
    assert_int_equal(ap_simulate_init(&r->sim, &r->demo.scenario, r->sim_mem, size), AP_OK);
    ap_asterix_editions_default(&r->editions);
    r->framer_mem = malloc(AP_FRAMER_SIZE);
    assert_int_equal(
        ap_framer_init(&r->framer, AP_FORMAT_BEAST, &r->editions, r->framer_mem, AP_FRAMER_SIZE),
        AP_OK);
}

static void close_run(run *r)
{
    free(r->sim_mem);
    free(r->framer_mem);
}

static ap_truth truth_at(const run *r, uint32_t address, ap_utc_ns utc)
{
    ap_truth truths[FLIGHT_COUNT];
    size_t count = ap_simulate_truth(&r->sim, utc, truths, FLIGHT_COUNT);
    for (size_t i = 0; i < count; i++)
        if (truths[i].address == address)
            return truths[i];
    fail_msg("address %06x is not in the air", address);
    return truths[0];
}

static void check_altitude(const ap_modes_frame *frame, const ap_truth *truth)
{
    assert_true(frame->present & AP_MODES_HAS_ALTITUDE);
    assert_true(fabs(frame->altitude_ft * 0.3048 - truth->pressure_altitude_m) < 4.0);
}

static void check_position(run *r, heard *from, const ap_modes_frame *frame, ap_utc_ns utc,
                           const ap_truth *truth)
{
    int odd = frame->cpr_odd;
    from->half[odd] =
        (ap_cpr){ frame->cpr_latitude_17, frame->cpr_longitude_17, frame->cpr_odd, false };
    from->half_utc[odd] = utc;
    from->positions++;
    check_altitude(frame, truth);
    if (from->half_utc[!odd] == 0 || utc - from->half_utc[!odd] > 10 * AP_NS_PER_S)
        return;
    double latitude_deg, longitude_deg;
    if (ap_cpr_global(&from->half[0], &from->half[1], odd, NAN, NAN, &latitude_deg,
                      &longitude_deg) != AP_OK)
        return;
    ap_geodetic fix = { latitude_deg * AP_RAD_PER_DEG, longitude_deg * AP_RAD_PER_DEG, 0.0 };
    double error_m = ap_distance_m(fix, truth->position);
    assert_true(from->nac_p == 0 || error_m < 3.5 * ap_modes_sigma_of_nac_p(from->nac_p) + 6.0);
    r->error_square_m2[from->nac_p] += error_m * error_m;
    r->error_count[from->nac_p]++;
    r->fixes++;
}

static void check_velocity(const ap_modes_frame *frame, const ap_truth *truth)
{
    double speed_mps = frame->ground_speed_kt * AP_MPS_PER_KT;
    double track_rad = frame->track_deg * AP_RAD_PER_DEG;
    assert_true(fabs(speed_mps * sin(track_rad) - truth->east_mps) < 0.35);
    assert_true(fabs(speed_mps * cos(track_rad) - truth->north_mps) < 0.35);
    assert_true(fabs(frame->vertical_rate_fpm * 0.00508 - truth->up_mps) < 0.2);
    assert_false(frame->vertical_rate_is_gnss);
    assert_true(abs(frame->geo_minus_baro_ft - 302) <= 13);
}

static void check_squitter(run *r, heard *from, const ap_modes_frame *frame, ap_utc_ns utc,
                           const ap_truth *truth)
{
    assert_int_equal(frame->check, AP_MODES_CHECKED);
    if (frame->df == 11) {
        from->squitters++;
    } else if (frame->present & AP_MODES_HAS_CPR) {
        check_position(r, from, frame, utc, truth);
    } else if (frame->type_code == 19) {
        from->velocities++;
        check_velocity(frame, truth);
    } else if (frame->type_code == 4) {
        from->idents++;
        assert_string_equal(frame->callsign, truth->callsign);
    } else if (frame->type_code == 31) {
        from->statuses++;
        from->nac_p = frame->nac_p;
        assert_int_equal(frame->adsb_version, 2);
        assert_int_equal(frame->sil, 3);
    } else {
        assert_int_equal(frame->type_code, 28);
        assert_int_equal(frame->squawk, 07700);
        assert_int_equal(truth->mode_3a, 07700);
        from->emergencies++;
    }
}

/* Register 2,0 carries its number; of 4,0 and 6,0 what the truth knows is compared, of 5,0 the
 * speed, its field from bit 25 on in steps of 2 kt. */
static void check_register(heard *from, const ap_modes_frame *frame, const ap_truth *truth)
{
    double speed_kt = hypot(truth->east_mps, truth->north_mps) / AP_MPS_PER_KT;
    if (frame->mb >> 48 == 0x20)
        from->registers[0]++;
    else if (frame->df == 20 && fabs((double)(frame->mb >> 22 & 0x3FF) * 2.0 - speed_kt) <= 1.1)
        from->registers[1]++;
    else if (frame->df == 21)
        from->registers[2]++;
    else
        fail_msg("register %014llx fits nothing", (unsigned long long)frame->mb);
}

static void check_reply(heard *from, const ap_modes_frame *frame, const ap_truth *truth)
{
    from->replies++;
    assert_int_equal(frame->check, AP_MODES_OVERLAID);
    assert_int_equal(frame->flight_status, truth->mode_3a == 07700 ? 2 : 0);
    if (frame->df == 4 || frame->df == 20)
        check_altitude(frame, truth);
    else
        assert_int_equal(frame->squawk, truth->mode_3a);
    if (frame->df >= 20)
        check_register(from, frame, truth);
}

static void take_frame(run *r, const ap_frame *framed, ap_utc_ns utc)
{
    assert_int_equal(framed->time_kind, AP_FRAME_TIME_TICKS);
    ap_modes_frame frame;
    assert_int_equal(ap_modes_decode(framed->data, framed->size, &frame), AP_OK);
    assert_in_range(frame.icao24, AP_TRAFFIC_ADDRESS_FIRST,
                    AP_TRAFFIC_ADDRESS_FIRST + FLIGHT_COUNT - 1);
    heard *from = &r->flights[frame.icao24 - AP_TRAFFIC_ADDRESS_FIRST];
    /* It was sent at most 400 km earlier: 1.3 ms, 0.4 m of flight. */
    ap_truth truth = truth_at(r, frame.icao24, utc);
    if (frame.df == 11 || frame.df == 17)
        check_squitter(r, from, &frame, utc, &truth);
    else
        check_reply(from, &frame, &truth);
    r->by_format[frame.df]++;
    if (r->frames++ > 0) {
        double ticks_s = (double)(framed->ticks_12mhz - r->last_ticks) / 12e6;
        assert_true(fabs(ticks_s - ap_seconds_between(r->last_utc, utc)) < 2e-7);
    }
    r->last_ticks = framed->ticks_12mhz;
    r->last_utc = utc;
}

static void take_packet(run *r, const ap_packet *packet)
{
    assert_int_equal(packet->kind, AP_PACKET_BEAST);
    assert_int_equal(packet->sensor, AP_DEMO_RECEIVER);
    assert_true(packet->utc >= r->last_utc);
    uint8_t *space;
    assert_true(ap_framer_space(&r->framer, &space) >= packet->size);
    memcpy(space, packet->data, packet->size);
    ap_framer_commit(&r->framer, packet->size);
    ap_frame framed;
    size_t before = r->frames;
    while (ap_framer_next(&r->framer, &framed) == AP_OK)
        take_frame(r, &framed, packet->utc);
    assert_true(r->frames <= before + 1);
}

static void count_visible(run *r)
{
    const ap_sensor *sensor = ap_simulate_sensor(&r->sim, AP_DEMO_RECEIVER);
    for (double t = 0.5; t < r->config.duration_s; t += 1.0) {
        ap_truth truths[FLIGHT_COUNT];
        size_t count =
            ap_simulate_truth(&r->sim, ap_utc_add_s(r->config.start_utc, t), truths, FLIGHT_COUNT);
        for (size_t i = 0; i < count; i++) {
            ap_sight sight;
            if (truths[i].address != 0 && ap_sight_of(sensor, truths[i].position, &sight)) {
                double share = sight.range_m / sensor->range_max_m;
                r->flights[truths[i].id - 1].visible_s +=
                    sensor->detection_probability * (1.0 - 0.5 * share * share);
            }
        }
    }
}

static void check_rate(size_t count, double visible_s, double per_s)
{
    assert_true(fabs((double)count - visible_s * per_s) < 5.0 * sqrt(visible_s * per_s) + 2.0);
}

static void test_receiver_frames_fit_the_truth(void **state)
{
    (void)state;
    static run r;
    open_run(&r);
    ap_packet packet;
    while (ap_simulate_next(&r.sim, &packet) == AP_OK)
        take_packet(&r, &packet);
    count_visible(&r);
    heard sum = { 0 };
    for (uint32_t i = 0; i < FLIGHT_COUNT; i++) {
        const heard *from = &r.flights[i];
        bool is_adsb = i % 10 != 7 && i % 30 != 19;
        check_rate(from->positions, is_adsb ? from->visible_s : 0.0, 2.0);
        check_rate(from->velocities, is_adsb ? from->visible_s : 0.0, 2.0);
        check_rate(from->idents, is_adsb ? from->visible_s : 0.0, 0.2);
        check_rate(from->statuses, is_adsb ? from->visible_s : 0.0, 0.4);
        check_rate(from->squitters, i % 30 != 19 ? from->visible_s : 0.0, 1.0);
        assert_int_equal(from->emergencies > 0, i == 2);
        if (is_adsb && i % 15 == 4)
            assert_in_range(from->nac_p, 5, 7);
        sum.visible_s += from->visible_s;
        sum.replies += from->replies;
        for (int k = 0; k < 3; k++)
            sum.registers[k] += from->registers[k];
    }
    /* At most one answer to each radar in each turn, and most aircraft are seen by all three. */
    double most = sum.visible_s * (1 / 4.0 + 1 / 5.2 + 1 / 8.1);
    assert_true((double)sum.replies < 1.05 * most && (double)sum.replies > 0.6 * most);
    assert_true(r.by_format[4] > 0 && r.by_format[5] > 0 && r.by_format[20] > 0 &&
                r.by_format[21] > 0);
    assert_true(sum.registers[0] > 500 && sum.registers[1] > 1000 && sum.registers[2] > 1500);
    assert_true(r.fixes > 10000);
    for (uint8_t nac_p = 8; nac_p <= 10; nac_p++) {
        double rms = sqrt(r.error_square_m2[nac_p] / (double)r.error_count[nac_p]);
        assert_true(r.error_count[nac_p] > 1000);
        /* Inside what is declared (both axes), beyond the 2 m of the position's own step. */
        assert_true(rms < sqrt(2.0) * ap_modes_sigma_of_nac_p(nac_p) && rms > 2.0);
    }
    assert_int_equal(r.framer.frame_count, r.frames);
    close_run(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_receiver_frames_fit_the_truth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
