/* Faults of sensors and of what they send, under the live engine. F numbers: doc/faults.md. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "airpicture/geo.h"
#include "app/test_live_scene.h"

#define TOD_DAY UINT32_C(0xA8C000)
#define EARTH_M 6.37e6
#define TELEPORT_MPS 686.0 /* 1333 kt */

static uint32_t next_random(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

static scene *run_plan(const scene_plan *plan)
{
    scene *s = scene_make(plan);
    scene_run(s);
    return s;
}

/* The time of day of the next plot of a packet, from there on: behind SAC 1 and the radar's SIC,
 * and near the packet's own time. NULL behind the last. */
static uint8_t *next_plot(scene *s, const packet *of, const uint8_t *from)
{
    int64_t day_ns = of->utc % AP_NS_PER_DAY;
    uint8_t *at = s->octets + of->at, *end = at + of->size;
    for (at = from ? at + (from - at) : at; at + 5 <= end; at++) {
        uint32_t told = (uint32_t)at[2] << 16 | (uint32_t)at[3] << 8 | at[4];
        double age_s = (double)day_ns / 1e9 - told / 128.0;
        if (at[0] == 1 && at[1] == of->radar + 1 && age_s > -0.1 && age_s < 10.0)
            return at + 2;
    }
    return NULL;
}

/* ---- F3 ---- */

static size_t set_times(scene *s, const packet *of, uint32_t tod)
{
    size_t count = 0;
    for (uint8_t *at = NULL; (at = next_plot(s, of, at)); count++) {
        at[0] = (uint8_t)(tod >> 16);
        at[1] = (uint8_t)(tod >> 8);
        at[2] = (uint8_t)tod;
    }
    return count;
}

/* One radar tells times beyond 24 hours for half a minute: its records are refused, each counted,
 * the other's go on, and so do its own when it is right again. */
static void test_time_beyond_the_day(void **state)
{
    (void)state;
    static const uint32_t codes[] = { TOD_DAY, TOD_DAY + 1, 0xFFFFFF, 0xD00000 };
    scene *clean = run_plan(&(scene_plan){ NULL });
    scene *s = scene_make(&(scene_plan){ NULL });
    size_t spoilt = 0;
    for (size_t i = 0; i < s->packet_count; i++) {
        double since_s = ap_seconds_between(s->start_utc, s->packets[i].utc);
        if (s->packets[i].radar == 1 && since_s > 30.0 && since_s < 60.0)
            spoilt += set_times(s, &s->packets[i], codes[i % 4]);
    }
    scene_run(s);
    assert_true(spoilt > 40);
    assert_int_equal(s->refused.count[AP_REFUSED_TIME_RANGE], spoilt);
    assert_int_equal(clean->refused.count[AP_REFUSED_TIME_RANGE], 0);
    assert_true(s->report_count < clean->report_count - 40);
    assert_true(s->report_count >= clean->report_count - spoilt);
    assert_int_equal(s->tracker.confirmed_alive_count, AIRCRAFT_COUNT);
    assert_int_equal(s->tracker.confirmed_count, AIRCRAFT_COUNT);
    free(clean);
    free(s);
}

/* ---- F15 ---- */

/* A tenth of the echoes comes as two, the half without an answer a quarter to half a cell on. */
static void test_echoes_split(void **state)
{
    (void)state;
    scene *clean = run_plan(&(scene_plan){ .kind = "combined" });
    scene *s = run_plan(&(scene_plan){ .kind = "combined", .sensor = ", split_probability: 0.1" });
    assert_true(s->report_count > clean->report_count + 20);
    assert_int_equal(s->tracker.confirmed_count, AIRCRAFT_COUNT);
    assert_int_equal(s->tracker.confirmed_alive_count, AIRCRAFT_COUNT);
    assert_int_equal(s->tracker.dropped_count, 0);
    free(clean);
    free(s);
}

/* Azimuth of a plot: behind the time of day and one octet or more of I048/020 range and azimuth. */
static void turn_plot(uint8_t *time_of_day, uint16_t turn16)
{
    uint8_t *at = time_of_day + 3;
    while (*at++ & 1)
        ;
    uint16_t azimuth = (uint16_t)((uint16_t)(at[2] << 8 | at[3]) + turn16);
    at[2] = (uint8_t)(azimuth >> 8);
    at[3] = (uint8_t)azimuth;
}

/* Each answer comes once more, 0.3 to 1 degree on: one track for each aircraft, and none but them.
 */
static void test_answers_split(void **state)
{
    (void)state;
    scene *s = scene_make(&(scene_plan){ NULL });
    size_t before = s->packet_count, split_count = 0;
    uint32_t seed = 4;
    for (size_t i = 0; i < before; i++) {
        packet twin = s->packets[i];
        assert_true(s->octet_count + twin.size <= OCTET_CAP && s->packet_count < PACKET_CAP);
        memcpy(s->octets + s->octet_count, s->octets + twin.at, twin.size);
        twin.at = s->octet_count;
        uint16_t turn16 = (uint16_t)(55 + next_random(&seed) % 128); /* of 65,536 */
        size_t count = 0;
        for (uint8_t *at = NULL; (at = next_plot(s, &twin, at)); count++)
            turn_plot(at, turn16);
        if (count == 0)
            continue; /* a service message */
        twin.utc += 5 * AP_NS_PER_MS;
        s->octet_count += twin.size;
        s->packets[s->packet_count++] = twin;
        split_count += count;
    }
    scene_sort(s);
    scene_run(s);
    assert_true(split_count > 150);
    assert_int_equal(s->tracker.confirmed_count, AIRCRAFT_COUNT);
    assert_int_equal(s->tracker.confirmed_alive_count, AIRCRAFT_COUNT);
    assert_int_equal(s->tracker.dropped_count, 0);
    assert_true(s->tracker.refused.count[AP_REFUSED_SPLIT] > 0);
    free(s);
}

/* ---- F16 ---- */

static double metres_between(const update *a, const update *b)
{
    double north = b->latitude_rad - a->latitude_rad;
    double east = ap_wrap_pi(b->longitude_rad - a->longitude_rad) * cos(a->latitude_rad);
    return EARTH_M * hypot(north, east);
}

/* No track is in one place and then where nobody flies to in that time. */
static void assert_no_teleport(const scene *s)
{
    const update *last[4 * TRACK_CAP] = { NULL };
    for (size_t i = 0; i < s->update_count; i++) {
        const update *now = &s->updates[i];
        assert_true(now->id < 4 * TRACK_CAP);
        const update *before = last[now->id];
        double dt_s = before ? fabs(now->since_start_s - before->since_start_s) : 0.0;
        if (before) /* and what the radars' errors are */
            assert_true(metres_between(before, now) < TELEPORT_MPS * dt_s + 1500.0);
        last[now->id] = now;
    }
}

static const char *shared(char *text, size_t cap, double away_nmi, const char *address)
{
    (void)snprintf(
        text, cap,
        "flights:\n"
        "  - {name: one, equipment: mode_s, address: \"%s\", route: [{latitude_deg: 52.4,"
        " longitude_deg: 4.2, altitude_ft: 30000, speed_kt: 400}, {latitude_deg: 52.4,"
        " longitude_deg: 9}]}\n"
        "  - {name: other, equipment: mode_s, address: \"%s\", route: [{latitude_deg:"
        " %.4f, longitude_deg: 4.2, altitude_ft: 34000, speed_kt: 400}, {latitude_deg:"
        " %.4f, longitude_deg: 9}]}\n",
        address, address, 52.4 - away_nmi / 60.0, 52.4 - away_nmi / 60.0);
    return text;
}

/* Two aircraft under one address, from five miles to as far as both radars see: two tracks, each
 * says so, and neither leaps to the other. */
static void test_address_shared(void **state)
{
    (void)state;
    static const double away_nmi[] = { 5, 10, 30, 100, 160 };
    char text[1024];
    for (size_t k = 0; k < sizeof away_nmi / sizeof away_nmi[0]; k++) {
        scene *s =
            run_plan(&(scene_plan){ .traffic = shared(text, sizeof text, away_nmi[k], "3C6543") });
        assert_int_equal(s->track_count, 2);
        for (uint32_t i = 0; i < 2; i++) {
            assert_int_equal(s->tracks[i].address, 0x3C6543);
            assert_true(s->tracks[i].address_shared);
        }
        assert_no_teleport(s);
        free(s);
    }
}

/* ---- F21 ---- */

/* One way to spoil a datagram; in place, and the size may only shrink. */
static void spoil(packet *p, uint8_t *octets, uint32_t *seed)
{
    static const uint16_t lengths[] = { 0, 1, 2, 65535 };
    uint16_t length = lengths[next_random(seed) % 4];
    size_t at = next_random(seed) % p->size;
    switch (next_random(seed) % 7) {
    case 0: /* cut off */
        p->size = 1 + at;
        break;
    case 1: /* bits turned */
        for (int i = 0; i < 8; i++)
            octets[next_random(seed) % p->size] ^= (uint8_t)(1u << next_random(seed) % 8);
        break;
    case 2: /* a block of no length, of one, of two octets, of all that can be */
        octets[1] = (uint8_t)(length >> 8);
        octets[2] = (uint8_t)length;
        break;
    case 3: /* a field specification, or extents, without an end */
        memset(octets + 3, 0xFF, p->size - 3);
        break;
    case 4: /* repetitions: none, and all that can be */
        octets[at] = next_random(seed) % 2 ? 0 : 0xFF;
        break;
    case 5: /* another category */
        octets[0] = (uint8_t)next_random(seed);
        break;
    default:
        for (size_t i = 0; i < p->size; i++)
            octets[i] = (uint8_t)next_random(seed);
    }
}

/* Damaged copies of all packets, four of each, beside the good ones: those are taken as ever, the
 * picture has no number that is none, and no datagram costs a millisecond. */
static void test_packets_damaged(void **state)
{
    (void)state;
    scene *clean = run_plan(&(scene_plan){ NULL });
    scene *s = scene_make(&(scene_plan){ NULL });
    size_t before = s->packet_count, copies = 0;
    uint32_t seed = 11;
    for (int copy = 0; copy < 4; copy++)
        for (size_t i = 0; i < before && s->packet_count < PACKET_CAP; i++) {
            packet twin = s->packets[i];
            if (twin.size < 8 || s->octet_count + twin.size > OCTET_CAP)
                continue;
            memcpy(s->octets + s->octet_count, s->octets + twin.at, twin.size);
            twin.at = s->octet_count;
            twin.utc += (copy + 1) * AP_NS_PER_MS;
            s->octet_count += twin.size;
            spoil(&twin, s->octets + twin.at, &seed);
            s->packets[s->packet_count++] = twin;
            copies++;
        }
    assert_true(copies > 1000);
    scene_sort(s);
    clock_t begun = clock();
    scene_run(s); /* which looks at each number of the picture */
    double took_s = (double)(clock() - begun) / CLOCKS_PER_SEC;
    assert_true(took_s < 1e-3 * (double)s->packet_count);
    assert_true(s->report_count >= clean->report_count);
    assert_true(s->track_count >= AIRCRAFT_COUNT);
    for (uint32_t i = 0; i < clean->track_count; i++) { /* each aircraft is still where it is */
        bool found = false;
        for (uint32_t k = 0; k < s->track_count; k++) {
            const ap_geodetic *one = &clean->tracks[i].position, *other = &s->tracks[k].position;
            found |= s->tracks[k].address == clean->tracks[i].address &&
                     fabs(one->latitude_rad - other->latitude_rad) < 1000.0 / EARTH_M &&
                     fabs(one->longitude_rad - other->longitude_rad) < 2000.0 / EARTH_M;
        }
        assert_true(found);
    }
    free(clean);
    free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_time_beyond_the_day), cmocka_unit_test(test_echoes_split),
        cmocka_unit_test(test_answers_split),       cmocka_unit_test(test_address_shared),
        cmocka_unit_test(test_packets_damaged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
