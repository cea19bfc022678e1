#include "sense/attribution.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

#define START (INT64_C(1700000000) * AP_NS_PER_S)
#define CAP 4096
#define LIVE 2000

typedef struct scene {
    ap_aircraft_table table;
    void *mem;
    ap_noise noise;
} scene;

static scene open_scene(void)
{
    scene on = { 0 };
    ap_arena measure = ap_arena_measure();
    ap_aircraft_init(&on.table, &measure, CAP, 1);
    on.mem = malloc(ap_arena_need(&measure));
    ap_arena arena = ap_arena_over(on.mem, ap_arena_need(&measure));
    ap_aircraft_init(&on.table, &arena, CAP, 1);
    return on;
}

static ap_utc_ns at_s(double s)
{
    return START + (int64_t)(s * 1e9);
}

static void prove(scene *on, uint32_t address, double s)
{
    assert_non_null(ap_aircraft_prove(&on->table, address, 0, at_s(s)));
}

static ap_modes_frame altitude_reply(uint32_t address, int32_t altitude_ft)
{
    return (ap_modes_frame){ .df = 4,
                             .check = AP_MODES_OVERLAID,
                             .icao24 = address,
                             .present = AP_MODES_HAS_ALTITUDE,
                             .altitude_ft = altitude_ft };
}

static ap_modes_frame squawk_reply(uint32_t address, uint16_t squawk)
{
    return (ap_modes_frame){ .df = 5,
                             .check = AP_MODES_OVERLAID,
                             .icao24 = address,
                             .present = AP_MODES_HAS_SQUAWK,
                             .squawk = squawk };
}

static bool believes(scene *on, ap_modes_frame frame, double s)
{
    return ap_attribution_believes(&on->table, ap_aircraft_find(&on->table, frame.icao24), &frame,
                                   0, &on->noise, at_s(s));
}

/* A code that changes is believed the second time; a damaged one never shows. */
static void test_squawk_changes(void **state)
{
    (void)state;
    scene on = open_scene();
    prove(&on, 1, 0);
    assert_true(believes(&on, squawk_reply(1, 01234), 1));
    assert_true(believes(&on, squawk_reply(1, 01234), 2));
    assert_false(believes(&on, squawk_reply(1, 07700), 3));
    assert_true(believes(&on, squawk_reply(1, 01234), 4));
    assert_false(believes(&on, squawk_reply(1, 02345), 5)); /* not the one doubted before */
    assert_true(believes(&on, squawk_reply(1, 02345), 6));
    assert_true(believes(&on, squawk_reply(1, 02345), 7));
    assert_false(believes(&on, squawk_reply(1, 01234), 8));
    /* One that is squittered counts at once. */
    ap_attribution_note_squawk(ap_aircraft_find(&on.table, 1), 04321, at_s(9));
    assert_true(believes(&on, squawk_reply(1, 04321), 10));
    assert_false(believes(&on, squawk_reply(1, 02345), 11));
    free(on.mem);
}

/* Without squitters that tell it, an altitude is compared with the one replied before. */
static void test_altitude_of_replies(void **state)
{
    (void)state;
    scene on = open_scene();
    prove(&on, 1, 0);
    assert_true(believes(&on, altitude_reply(1, 30000), 1));
    assert_true(believes(&on, altitude_reply(1, 30350), 2));
    assert_false(believes(&on, altitude_reply(1, 12000), 3));
    assert_true(believes(&on, altitude_reply(1, 12000), 4)); /* the first was the damaged one */
    assert_false(believes(&on, altitude_reply(1, 30000), 5));
    assert_true(believes(&on, altitude_reply(1, 30000), 40)); /* too long ago to know */
    /* Against a squitter's, no number of replies counts. */
    ap_attribution_note_altitude(ap_aircraft_find(&on.table, 1), 20000, at_s(41));
    assert_false(believes(&on, altitude_reply(1, 30000), 42));
    assert_false(believes(&on, altitude_reply(1, 30000), 43));
    assert_true(believes(&on, altitude_reply(1, 20100), 44));
    free(on.mem);
}

/* Two live addresses that differ in two bits: a reply that says nothing known of the one and just
 * what the other says is the other's, damaged. */
static void test_neighbours(void **state)
{
    (void)state;
    scene on = open_scene();
    prove(&on, 0x4B1234, 0);
    prove(&on, 0x4B1236, 0);
    prove(&on, 0x4B9236, 0);
    assert_true(believes(&on, altitude_reply(0x4B1236, 30000), 1));
    /* Nothing was damaged so far: no one else can have sent it. */
    assert_true(believes(&on, squawk_reply(0x4B1234, 01234), 1));
    ap_noise_heard(&on.noise, at_s(2));
    assert_false(believes(&on, altitude_reply(0x4B1234, 30000), 3));
    assert_true(believes(&on, altitude_reply(0x4B1234, 5000), 3)); /* no one else's */
    free(on.mem);
}

static void test_probability(void **state)
{
    (void)state;
    assert_true(ap_reply_probability(0, 0) == 1.0);
    assert_true(ap_reply_probability(1, 10) > 0.999999);
    assert_true(ap_reply_probability(60, 1e5) < 0.8);
    assert_true(ap_reply_probability(30, 1e3) > ap_reply_probability(30, 1e4));
    ap_noise noise = { 0 };
    for (int i = 0; i <= 10000; i++)
        ap_noise_heard(&noise, at_s(i * 0.01));
    assert_true(fabs(noise.rate_per_s - 100) < 2);
    ap_noise_heard(&noise, at_s(200));
    assert_true(noise.rate_per_s < 0.2);
}

static uint32_t random_below(uint64_t *seed, uint32_t n)
{
    *seed = *seed * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (uint32_t)((*seed >> 32) * n >> 32);
}

/* A sky of aircraft, a third of whose replies are damaged somewhere. What proof alone would let
 * through is ten times what is let through, and few good replies are lost for it. */
static void test_damaged_sky(void **state)
{
    (void)state;
    scene on = open_scene();
    uint64_t seed = 5;
    uint32_t address[LIVE];
    int32_t altitude_ft[LIVE];
    uint32_t proved_count = 0, false_count = 0, good_count = 0, lost_count = 0;
    for (uint32_t i = 0; i < LIVE; i++) { /* a dense block, as states give them out */
        address[i] = 0x3C0000 + i * 8 + random_below(&seed, 8);
        altitude_ft[i] = (int32_t)random_below(&seed, 400) * 100;
    }
    for (int step = 0; step < 400000; step++) {
        double s = step / 2000.0;
        uint32_t i = random_below(&seed, LIVE);
        if (step % 4 == 0) {
            prove(&on, address[i], s);
            continue;
        }
        uint32_t claimed = address[i];
        if (random_below(&seed, 3) == 0) /* a bit or two of the parity */
            for (uint32_t n = 1 + random_below(&seed, 2); n > 0; n--)
                claimed ^= 1u << random_below(&seed, 24);
        ap_aircraft *found = ap_aircraft_find(&on.table, claimed);
        bool is_good = claimed == address[i];
        if (!found || !ap_aircraft_is_proved(&on.table, found, 0, at_s(s))) {
            ap_noise_heard(&on.noise, at_s(s));
            continue;
        }
        bool believed = believes(&on, altitude_reply(claimed, altitude_ft[i]), s);
        proved_count += !is_good;
        false_count += !is_good && believed;
        good_count += is_good;
        lost_count += is_good && !believed;
    }
    print_message("of %u damaged replies on live addresses %u believed; of %u good ones %u lost\n",
                  proved_count, false_count, good_count, lost_count);
    assert_true(proved_count > 4000);
    assert_true(false_count * 10 < proved_count);
    assert_true(lost_count * 50 < good_count);
    free(on.mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_squawk_changes), cmocka_unit_test(test_altitude_of_replies),
        cmocka_unit_test(test_neighbours),     cmocka_unit_test(test_probability),
        cmocka_unit_test(test_damaged_sky),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
