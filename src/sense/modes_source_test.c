#include "sense/test_bench.h"

#include "airpicture/cpr.h"
#include "airpicture/modes.h"

#define START (INT64_C(1700000000) * AP_NS_PER_S)
#define ADDRESS 0x4B1234u

/* --- frames, written bit by bit from the layouts --------------------------------------------- */

typedef struct frame {
    uint8_t bytes[AP_MODES_LONG_SIZE];
    size_t size;
} frame;

static frame long_frame(uint8_t df, uint8_t low, uint32_t address, uint64_t field, uint32_t overlay)
{
    frame out = { { (uint8_t)(df << 3 | low), (uint8_t)(address >> 16), (uint8_t)(address >> 8),
                    (uint8_t)address },
                  AP_MODES_LONG_SIZE };
    for (int i = 0; i < 7; i++)
        out.bytes[4 + i] = (uint8_t)(field >> (8 * (6 - i)));
    ap_modes_seal(out.bytes, out.size, overlay);
    return out;
}

static frame squitter(uint32_t address, uint64_t me)
{
    return long_frame(17, 5, address, me, 0);
}

static uint64_t air_position(double latitude_deg, double longitude_deg, bool odd, int altitude_ft)
{
    ap_cpr cpr = ap_cpr_encode(latitude_deg, longitude_deg, odd, false);
    return UINT64_C(11) << 51 |
           (uint64_t)ap_modes_ac12_of_ac13(ap_modes_ac13_of_altitude(altitude_ft)) << 36 |
           (uint64_t)odd << 34 | (uint64_t)cpr.latitude_17 << 17 | cpr.longitude_17;
}

static uint64_t surface_position(double latitude_deg, double longitude_deg, bool odd)
{
    ap_cpr cpr = ap_cpr_encode(latitude_deg, longitude_deg, odd, true);
    /* Movement 39 = 15 kt; track 64 / 128 of a turn. */
    return UINT64_C(7) << 51 | UINT64_C(39) << 44 | UINT64_C(1) << 43 | UINT64_C(64) << 36 |
           (uint64_t)odd << 34 | (uint64_t)cpr.latitude_17 << 17 | cpr.longitude_17;
}

/* East 200 kt, south 300 kt, climb 640 ft/min, GNSS 100 ft above baro, NACv 2. */
static const uint64_t velocity_me = UINT64_C(19) << 51 | UINT64_C(1) << 48 | UINT64_C(2) << 43 |
                                    UINT64_C(201) << 32 | UINT64_C(1) << 31 | UINT64_C(301) << 21 |
                                    UINT64_C(11) << 10 | UINT64_C(5);

static frame short_frame(uint8_t df, uint8_t low, uint32_t middle_24, uint32_t overlay)
{
    frame out = { { (uint8_t)(df << 3 | low), (uint8_t)(middle_24 >> 16), (uint8_t)(middle_24 >> 8),
                    (uint8_t)middle_24 },
                  AP_MODES_SHORT_SIZE };
    ap_modes_seal(out.bytes, out.size, overlay);
    return out;
}

static frame altitude_reply(uint32_t address, int altitude_ft)
{
    return short_frame(4, 0, ap_modes_ac13_of_altitude(altitude_ft), address);
}

static ap_sense_heard heard_of(uint16_t receiver, ap_utc_ns utc, const frame *of)
{
    return (ap_sense_heard){
        .frame = of->bytes, .size = of->size, .receiver = receiver, .receive_utc = utc, .signal = -1
    };
}

static void hear(bench *on, uint16_t input, double at_s, frame of)
{
    ap_sense_heard heard = heard_of(input, START + (int64_t)(at_s * 1e9), &of);
    ap_sense_modes(&on->sense, &heard);
}

static uint64_t refused(const bench *on, ap_refusal reason)
{
    uint64_t count = 0;
    for (uint16_t i = 0; i < on->table.count; i++)
        count += on->stats[i].refused.count[reason];
    return count;
}

/* --- positions ------------------------------------------------------------------------------- */

/* The first frame of a pair waits for the second; each report has its own frame's time. */
static void test_position_pair_and_held_back(void **state)
{
    (void)state;
    bench *on = bench_open(64);
    hear(on, 0, 0, squitter(ADDRESS, air_position(50, 8, false, 30000)));
    assert_int_equal(on->report_count, 0);
    assert_int_equal(refused(on, AP_REFUSED_CPR_PENDING), 0); /* it may come yet */
    assert_false(ap_sense_last_fix(&on->sense).has_position);
    hear(on, 0, 0.5, squitter(ADDRESS, air_position(50.001, 8, true, 30025)));
    assert_true(ap_sense_last_fix(&on->sense).has_position);
    assert_near(ap_sense_last_fix(&on->sense).latitude_deg, 50.001, 1e-4);
    assert_int_equal(on->report_count, 2);
    const ap_report *held = &on->reports[0], *second = &on->reports[1];
    assert_int_equal(held->time_utc, START);
    assert_int_equal(held->receive_utc, START + AP_NS_PER_S / 2);
    assert_near(held->latitude_rad / AP_RAD_PER_DEG, 50, 1e-4);
    assert_near(held->pressure_altitude_m, 30000 * 0.3048, 1e-9);
    assert_int_equal(second->time_utc, START + AP_NS_PER_S / 2);
    assert_near(second->latitude_rad / AP_RAD_PER_DEG, 50.001, 1e-4);
    assert_near(second->longitude_rad / AP_RAD_PER_DEG, 8, 1e-4);
    assert_near(second->pressure_altitude_m, 30025 * 0.3048, 1e-9);
    assert_int_equal(second->address, ADDRESS);
    assert_int_equal(second->address_kind, AP_ADDRESS_ICAO);
    assert_int_equal(second->flags, 0);
    /* NUCp 7 of type code 11: 0.05 NM at 95 %. */
    assert_near(sqrt(second->position_var_ee_m2), 92.6 / 2.4477, 0.01);
    assert_int_equal(second->nic, 7);
    assert_string_equal(on->sensors[0].name, "receiver 1");
    assert_int_equal(on->sensors[0].kind, AP_SENSOR_ADSB);
    assert_int_equal(on->stats[0].block_count, 2);
    assert_int_equal(on->stats[0].record_count, 2);
    assert_int_equal(on->stats[0].report_count, 2);
    assert_int_equal(on->stats[0].byte_count, 28);
    assert_int_equal(on->stats[0].first_utc, START);
    assert_int_equal(on->stats[0].last_utc, START + AP_NS_PER_S / 2);
    bench_close(on);
}

/* What waits longer than 10 s is given up. */
static void test_position_held_too_long(void **state)
{
    (void)state;
    bench *on = bench_open(64);
    hear(on, 0, 0, squitter(ADDRESS, air_position(50, 8, false, 30000)));
    hear(on, 0, 8, squitter(ADDRESS, air_position(50, 8, false, 30000)));
    hear(on, 0, 12, squitter(ADDRESS, air_position(50, 8, true, 30000)));
    assert_int_equal(on->report_count, 2);
    assert_int_equal(on->reports[0].time_utc, START + 8 * AP_NS_PER_S);
    assert_int_equal(refused(on, AP_REFUSED_CPR_PENDING), 1);
    hear(on, 0, 13, squitter(ADDRESS + 1, air_position(50, 8, true, 30000)));
    assert_int_equal(refused(on, AP_REFUSED_CPR_PENDING), 1);
    ap_sense_flush(&on->sense);
    ap_sense_flush(&on->sense);
    assert_int_equal(refused(on, AP_REFUSED_CPR_PENDING), 2);
    hear(on, 0, 14, squitter(ADDRESS + 1, air_position(50, 8, false, 30000)));
    assert_int_equal(on->report_count, 3); /* what was refused is not reported as well */
    bench_close(on);
}

/* More halves than may wait: each is refused or placed, none twice. */
static void test_position_held_ring_full(void **state)
{
    (void)state;
    bench *on = bench_open(64); /* as many may wait, on probation and trusted */
    for (int i = 0; i < 300; i++)
        hear(on, 0, i * 0.01,
             squitter(ADDRESS + (uint32_t)i % 60, air_position(50, 8, false, 30000)));
    assert_int_equal(refused(on, AP_REFUSED_CPR_PENDING), 300 - 64 - 60);
    hear(on, 0, 3.5, squitter(ADDRESS, air_position(50, 8, true, 30000)));
    assert_int_equal(on->report_count, 3);
    ap_sense_flush(&on->sense);
    assert_int_equal(refused(on, AP_REFUSED_CPR_PENDING), 301 - 3);
    bench_close(on);
}

static void test_position_surface_needs_site(void **state)
{
    (void)state;
    for (int has_site = 0; has_site < 2; has_site++) {
        bench *on = bench_open(64);
        if (has_site) {
            ap_sensor *receiver = bench_add(on, AP_SENSOR_ADSB, 1);
            receiver->has_sac_sic = false;
            receiver->input = 0;
        }
        hear(on, 0, 0, squitter(ADDRESS, surface_position(50.01, 8.02, false)));
        hear(on, 0, 1, squitter(ADDRESS, surface_position(50.01, 8.02, true)));
        assert_int_equal(on->report_count, has_site ? 2 : 0);
        if (has_site) {
            const ap_report *report = bench_last(on);
            assert_near(report->latitude_rad / AP_RAD_PER_DEG, 50.01, 1e-5);
            assert_int_equal(report->flags, AP_FLAG_ON_GROUND);
            assert_near(report->north_mps, -15 * 1852.0 / 3600, 1e-6);
            assert_near(report->east_mps, 0, 1e-6);
        }
        bench_close(on);
    }
}

/* Quality of a status message holds for the positions behind it. */
static void test_position_sigma_of_nac_p(void **state)
{
    (void)state;
    bench *on = bench_open(64);
    /* TC 31: version 2, NIC-A 1, NACp 10, SIL 3. */
    uint64_t status = UINT64_C(31) << 51 | UINT64_C(2) << 13 | UINT64_C(1) << 12 |
                      UINT64_C(10) << 8 | UINT64_C(3) << 4;
    hear(on, 0, 0, squitter(ADDRESS, status));
    assert_true(bench_last(on)->present & AP_HAS_INTEGRITY);
    assert_int_equal(bench_last(on)->nac_p, 10);
    assert_int_equal(bench_last(on)->sil, 3);
    hear(on, 0, 1, squitter(ADDRESS, air_position(50, 8, false, 30000)));
    hear(on, 0, 1.5, squitter(ADDRESS, air_position(50, 8, true, 30000)));
    assert_near(sqrt(bench_last(on)->position_var_nn_m2), 10 / 2.4477, 1e-3);
    assert_int_equal(bench_last(on)->nac_p, 10);
    assert_int_equal(bench_last(on)->nic, 8);
    bench_close(on);
}

/* A pair of mixed quality has the worse. */
static void test_position_nic_of_a_pair(void **state)
{
    (void)state;
    static const uint64_t type_codes[] = { 11, 13, 11, 11 };
    static const uint8_t expected[] = { 7, 5, 5, 7 };
    bench *on = bench_open(64);
    for (int i = 0; i < 4; i++) {
        uint64_t me = air_position(50, 8, i % 2, 30000) & ((UINT64_C(1) << 51) - 1);
        hear(on, 0, i * 0.5, squitter(ADDRESS, me | type_codes[i] << 51));
    }
    assert_int_equal(on->report_count, 4);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(on->reports[i].nic, expected[i]);
    bench_close(on);
}

/* So has one with a half that promises nothing, and one whose other half is not the last frame. */
static void test_position_nic_of_the_other_half(void **state)
{
    (void)state;
    static const struct {
        uint64_t type_code;
        bool odd;
        uint8_t nic;
    } frames[] = { { 18, false, 0 }, { 11, true, 0 },  { 11, true, 0 },
                   { 11, false, 7 }, { 13, false, 5 }, { 11, true, 5 } };
    bench *on = bench_open(64);
    for (size_t i = 0; i < 6; i++) {
        uint64_t me = air_position(50, 8, frames[i].odd, 30000) & ((UINT64_C(1) << 51) - 1);
        hear(on, 0, 0.5 * (double)i, squitter(ADDRESS, me | frames[i].type_code << 51));
    }
    assert_int_equal(on->report_count, 6);
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(on->reports[i].nic, frames[i].nic);
    hear(on, 0, 15, squitter(ADDRESS, air_position(50, 8, false, 30000)));
    assert_int_equal(bench_last(on)->nic, 7); /* the other half is too old for a pair */
    bench_close(on);
}

/* Words that are both zero come from faulty transponders: no place, but what else is said counts.
 */
static void test_position_of_zero_words(void **state)
{
    (void)state;
    bench *on = bench_open(64);
    for (int i = 0; i < 4; i++) {
        uint64_t me = air_position(50, 8, i % 2, 30000) & ~((UINT64_C(1) << 34) - 1);
        hear(on, 0, i * 0.5, squitter(ADDRESS, me));
    }
    assert_int_equal(on->report_count, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_false(on->reports[i].present & AP_HAS_POSITION);
        assert_near(on->reports[i].pressure_altitude_m, 30000 * 0.3048, 1e-9);
    }
    hear(on, 0, 2, squitter(ADDRESS, air_position(50, 8, false, 30000)));
    assert_int_equal(on->report_count, 4); /* a zero word is no other half */
    hear(on, 0, 2.5, squitter(ADDRESS, air_position(50, 8, true, 30000)));
    assert_int_equal(on->report_count, 6);
    assert_near(bench_last(on)->latitude_rad / AP_RAD_PER_DEG, 50, 1e-4);
    assert_int_equal(refused(on, AP_REFUSED_CPR_INCONSISTENT), 0);
    bench_close(on);
}

/* --- contents -------------------------------------------------------------------------------- */

static void test_velocity(void **state)
{
    (void)state;
    bench *on = bench_open(64);
    hear(on, 0, 0, squitter(ADDRESS, velocity_me));
    const ap_report *report = bench_last(on);
    assert_near(report->east_mps, 200 * 1852.0 / 3600, 1e-9);
    assert_near(report->north_mps, -300 * 1852.0 / 3600, 1e-9);
    assert_near(report->velocity_sigma_mps, 3 / 2.4477, 1e-4);
    assert_near(report->up_mps, 640 * 0.3048 / 60, 1e-9);
    /* The height above the ellipsoid needs an altitude that it is a difference to. */
    assert_false(report->present & AP_HAS_GEOMETRIC_HEIGHT);
    hear(on, 0, 1, squitter(ADDRESS, air_position(50, 8, false, 30000)));
    hear(on, 0, 2, squitter(ADDRESS, velocity_me));
    assert_near(bench_last(on)->geometric_height_m, 30100 * 0.3048, 1e-9);
    hear(on, 0, 7, squitter(ADDRESS, velocity_me));
    assert_false(bench_last(on)->present & AP_HAS_GEOMETRIC_HEIGHT);
    bench_close(on);
}

static void test_identification(void **state)
{
    (void)state;
    bench *on = bench_open(64);
    uint64_t me = UINT64_C(4) << 51 | UINT64_C(3) << 48 | ap_asterix_icao6_raw("SWR42X");
    hear(on, 0, 0, squitter(ADDRESS, me));
    assert_string_equal(bench_last(on)->callsign, "SWR42X");
    assert_int_equal(bench_last(on)->emitter_category, 0xA3);
    bench_close(on);
}

/* Type code 19 subtype 3: heading 90, 250 kt indicated or true. */
static void test_airspeed(void **state)
{
    (void)state;
    bench *on = bench_open(64);
    uint64_t me = UINT64_C(19) << 51 | UINT64_C(3) << 48 | UINT64_C(1) << 42 | UINT64_C(256) << 32 |
                  UINT64_C(251) << 21;
    hear(on, 0, 0, squitter(ADDRESS, me));
    assert_near(bench_last(on)->heading_rad, AP_PI / 2, 1e-12);
    assert_near(bench_last(on)->indicated_airspeed_mps, 250 * 1852.0 / 3600, 1e-9);
    hear(on, 0, 1, squitter(ADDRESS, me | UINT64_C(1) << 31));
    assert_near(bench_last(on)->true_airspeed_mps, 250 * 1852.0 / 3600, 1e-9);
    assert_false(bench_last(on)->present & AP_HAS_INDICATED_AIRSPEED);
    bench_close(on);
}

static void test_intent_and_height(void **state)
{
    (void)state;
    bench *on = bench_open(64);
    /* TC 29 subtype 1: selected altitude 7,008 ft (code 220), NACp 9, SIL 3. */
    uint64_t intent = UINT64_C(29) << 51 | UINT64_C(1) << 49 | UINT64_C(220) << 36 |
                      UINT64_C(9) << 13 | UINT64_C(3) << 10;
    hear(on, 0, 0, squitter(ADDRESS, intent));
    assert_near(bench_last(on)->selected_altitude_m, 7008 * 0.3048, 1e-9);
    assert_int_equal(bench_last(on)->nac_p, 9);
    /* TC 20: the same field as a height above the ellipsoid. */
    for (int odd = 0; odd < 2; odd++)
        hear(on, 0, 1 + odd,
             squitter(ADDRESS, (air_position(50, 8, odd, 5000) & ((UINT64_C(1) << 51) - 1)) |
                                   UINT64_C(20) << 51));
    assert_near(bench_last(on)->geometric_height_m, 5000 * 0.3048, 1e-9);
    assert_false(bench_last(on)->present & AP_HAS_PRESSURE_ALTITUDE);
    /* TC 28 subtype 1: emergency state, then lifeguard, which is none. */
    uint64_t status = UINT64_C(28) << 51 | UINT64_C(1) << 48;
    hear(on, 0, 3, squitter(ADDRESS, status | UINT64_C(4) << 45));
    assert_int_equal(bench_last(on)->flags, AP_FLAG_EMERGENCY);
    hear(on, 0, 4, squitter(ADDRESS, status | UINT64_C(2) << 45));
    assert_int_equal(bench_last(on)->flags, 0);
    hear(on, 0, 5, squitter(ADDRESS, status | UINT64_C(7) << 45)); /* reserved */
    assert_int_equal(bench_last(on)->flags, 0);
    bench_close(on);
}

/* In version 3 lost link and distress took their place; NIC with a GNSS height is that of
 * supplement D, and until it is heard, of D = 0. */
static void test_version_3(void **state)
{
    (void)state;
    bench *on = bench_open(64);
    hear(on, 0, 0, squitter(ADDRESS, UINT64_C(31) << 51 | UINT64_C(3) << 13 | UINT64_C(10) << 8));
    for (uint64_t emergency = 0; emergency < 8; emergency++) {
        uint64_t status = UINT64_C(28) << 51 | UINT64_C(1) << 48 | emergency << 45;
        hear(on, 0, 1, squitter(ADDRESS, status));
        assert_int_equal(bench_last(on)->flags, emergency ? AP_FLAG_EMERGENCY : 0);
    }
    uint64_t no_difference = velocity_me & ~UINT64_C(0x7F);
    for (unsigned d = 0; d < 4; d++) {
        for (int odd = 0; odd < 2; odd++)
            hear(on, 0, 20.0 * d + odd + 2,
                 squitter(ADDRESS, (air_position(50, 8, odd, 5000) & ((UINT64_C(1) << 51) - 1)) |
                                       UINT64_C(20) << 51));
        assert_int_equal(bench_last(on)->nic, 8 + d);
        hear(on, 0, 20.0 * d + 4, squitter(ADDRESS, no_difference | (uint64_t)(d + 1) % 4 << 8));
    }
    bench_close(on);
}

/* Registers of a reply fill in what the aircraft does not squitter. */
static void test_registers_of_replies(void **state)
{
    (void)state;
    bench *on = bench_open(64);
    frame reply =
        long_frame(21, 0, ap_modes_id13_of_squawk(02000), UINT64_C(0x81951536E024D4), ADDRESS);
    hear(on, 0, 0, short_frame(11, 5, ADDRESS, 0));
    hear(on, 0, 1, reply);
    assert_near(bench_last(on)->roll_rad / AP_RAD_PER_DEG, 2.1, 0.05);
    assert_true(bench_last(on)->present & AP_HAS_VELOCITY);
    /* East 400 kt, south 180: 439 kt at 114.2 degrees. */
    uint64_t velocity = UINT64_C(19) << 51 | UINT64_C(1) << 48 | UINT64_C(401) << 32 |
                        UINT64_C(1) << 31 | UINT64_C(181) << 21;
    hear(on, 0, 2, squitter(ADDRESS, velocity));
    hear(on, 0, 3, reply);
    assert_true(bench_last(on)->present & AP_HAS_ROLL);
    assert_false(bench_last(on)->present & AP_HAS_VELOCITY); /* the squitter's stays */
    hear(on, 0, 4, squitter(ADDRESS, velocity_me));          /* another course: this is no 5,0 */
    hear(on, 0, 5, reply);
    assert_false(bench_last(on)->present & AP_HAS_ROLL);
    bench_close(on);
}

/* An MB of 4,0 with the selected altitude 38,000 ft and setting 1013.2 hPa; 6,0 with heading 110,
 * 280 kt, Mach 0.78, both rates 0; 2,0 with a call sign. */
static const uint64_t mb_4_0 =
    UINT64_C(1) << 55 | UINT64_C(2375) << 43 | UINT64_C(1) << 29 | UINT64_C(2132) << 17;
static const uint64_t mb_6_0 = UINT64_C(1) << 55 | UINT64_C(626) << 44 | UINT64_C(1) << 43 |
                               UINT64_C(265) << 33 | UINT64_C(1) << 32 | UINT64_C(195) << 22 |
                               UINT64_C(1) << 21 | UINT64_C(0x3F9) << 11 | UINT64_C(1) << 10 |
                               UINT64_C(0x3F9);

static frame altitude_register(uint64_t mb, int altitude_ft)
{
    frame out = long_frame(20, 0, ADDRESS, mb, 0);
    uint16_t ac13 = ap_modes_ac13_of_altitude(altitude_ft);
    out.bytes[1] = 0;
    out.bytes[2] = (uint8_t)(ac13 >> 8);
    out.bytes[3] = (uint8_t)ac13;
    ap_modes_seal(out.bytes, out.size, ADDRESS);
    return out;
}

/* What a register says is inferred: it never stands in for what the aircraft broadcasts. */
static void test_broadcast_before_inferred(void **state)
{
    (void)state;
    bench *on = bench_open(64);
    uint64_t mb_2_0 = UINT64_C(0x20) << 48 | ap_asterix_icao6_raw("REGISTER");
    hear(on, 0, 0, short_frame(11, 5, ADDRESS, 0));
    hear(on, 0, 1, altitude_register(mb_4_0, 36000));
    assert_int_equal(ap_sense_last_register(&on->sense)->bds, 0x40);
    assert_near(bench_last(on)->selected_altitude_m, 38000 * 0.3048, 1e-6);
    hear(on, 0, 2, altitude_register(mb_6_0, 36000));
    assert_int_equal(ap_sense_last_register(&on->sense)->bds, 0x60);
    const uint32_t of_6_0 = AP_HAS_HEADING | AP_HAS_INDICATED_AIRSPEED | AP_HAS_MACH;
    assert_int_equal(bench_last(on)->present & (of_6_0 | AP_HAS_VERTICAL_RATE),
                     of_6_0 | AP_HAS_VERTICAL_RATE);
    hear(on, 0, 3, altitude_register(mb_2_0, 36000));
    assert_string_equal(bench_last(on)->callsign, "REGISTER");

    /* Type 29: 7,008 ft; type 19 subtype 3: heading 90, 250 kt, climb 640 ft/min; type 4. */
    hear(on, 0, 4, squitter(ADDRESS, UINT64_C(29) << 51 | UINT64_C(1) << 49 | UINT64_C(220) << 36));
    hear(on, 0, 4,
         squitter(ADDRESS, UINT64_C(19) << 51 | UINT64_C(3) << 48 | UINT64_C(1) << 42 |
                               UINT64_C(256) << 32 | UINT64_C(251) << 21 | UINT64_C(11) << 10));
    hear(on, 0, 4, squitter(ADDRESS, UINT64_C(4) << 51 | ap_asterix_icao6_raw("SWR42X")));
    hear(on, 0, 5, altitude_register(mb_4_0, 36000));
    assert_int_equal(ap_sense_last_register(&on->sense)->bds, 0x40);
    assert_false(bench_last(on)->present & AP_HAS_SELECTED_ALTITUDE);
    hear(on, 0, 6, altitude_register(mb_2_0, 36000));
    assert_false(bench_last(on)->present & AP_HAS_CALLSIGN);
    hear(on, 0, 7, altitude_register(mb_6_0, 36000));
    assert_int_equal(bench_last(on)->present & (of_6_0 | AP_HAS_VERTICAL_RATE), AP_HAS_MACH);

    /* Each for as long as it is broadcast. */
    hear(on, 0, 30, altitude_register(mb_4_0, 36000));
    assert_true(bench_last(on)->present & AP_HAS_SELECTED_ALTITUDE);
    hear(on, 0, 31, altitude_register(mb_6_0, 36000));
    assert_int_equal(bench_last(on)->present & (of_6_0 | AP_HAS_VERTICAL_RATE),
                     of_6_0 | AP_HAS_VERTICAL_RATE);
    hear(on, 0, 32, altitude_register(mb_2_0, 36000));
    assert_false(bench_last(on)->present & AP_HAS_CALLSIGN);
    bench_close(on);
}

/* A velocity squitter without a vertical rate leaves that of a register. */
static void test_rate_of_a_register(void **state)
{
    (void)state;
    bench *on = bench_open(64);
    /* East 400 kt, south 180. */
    uint64_t velocity = UINT64_C(19) << 51 | UINT64_C(1) << 48 | UINT64_C(401) << 32 |
                        UINT64_C(1) << 31 | UINT64_C(181) << 21;
    hear(on, 0, 0, squitter(ADDRESS, velocity));
    hear(on, 0, 1, altitude_register(mb_6_0, 36000));
    assert_int_equal(ap_sense_last_register(&on->sense)->bds, 0x60);
    assert_true(bench_last(on)->present & AP_HAS_VERTICAL_RATE);
    hear(on, 0, 2, squitter(ADDRESS, velocity | UINT64_C(1) << 10)); /* level */
    hear(on, 0, 3, altitude_register(mb_6_0, 36000));
    assert_false(bench_last(on)->present & AP_HAS_VERTICAL_RATE);
    assert_true(bench_last(on)->present & AP_HAS_MACH);
    bench_close(on);
}

static void test_address_kinds(void **state)
{
    (void)state;
    static const struct {
        uint8_t control;
        bool imf; /* bit 9 of a velocity */
        int kind; /* -1: no aircraft */
        ap_sensor_kind sensor;
    } cases[] = {
        { 0, false, AP_ADDRESS_ICAO, AP_SENSOR_ADSB },
        { 1, false, AP_ADDRESS_ANONYMOUS, AP_SENSOR_ADSB },
        { 2, false, AP_ADDRESS_ICAO, AP_SENSOR_TRACKER },
        { 2, true, AP_ADDRESS_TRACK_FILE, AP_SENSOR_TRACKER },
        { 5, false, AP_ADDRESS_ANONYMOUS, AP_SENSOR_TRACKER },
        { 6, false, AP_ADDRESS_ICAO, AP_SENSOR_ADSB },
        { 6, true, AP_ADDRESS_ANONYMOUS, AP_SENSOR_ADSB },
        { 4, false, -1, AP_SENSOR_UNKNOWN },
    };
    bench *on = bench_open(64);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint64_t me = velocity_me | (uint64_t)cases[i].imf << 47;
        size_t before = on->report_count;
        hear(on, 0, (double)i, long_frame(18, cases[i].control, ADDRESS, me, 0));
        if (cases[i].kind < 0) {
            assert_int_equal(on->report_count, before);
            assert_int_equal(on->stats[0].service_count, 1);
        } else {
            assert_int_equal(bench_last(on)->address_kind, cases[i].kind);
            assert_int_equal(on->sensors[bench_last(on)->sensor].kind, cases[i].sensor);
        }
    }
    assert_string_equal(on->sensors[1].name, "receiver 1 tisb");
    assert_int_equal(on->table.count, 2);
    bench_close(on);
}

/* --- placed by others ------------------------------------------------------------------------ */

static void hear_multilaterated(bench *on, double at_s, frame of)
{
    ap_sense_heard heard = heard_of(0, START + (int64_t)(at_s * 1e9), &of);
    heard.synthetic = heard.multilaterated = true;
    ap_sense_modes(&on->sense, &heard);
}

/* The same address where it says to be and where it is: neither disturbs the other. */
static void test_multilateration_beside_squitters(void **state)
{
    (void)state;
    bench *on = bench_open(64);
    /* Type code 18: nothing is said of its quality. */
    const uint64_t unknown = UINT64_C(18) << 51;
    for (int i = 0; i < 4; i++) {
        uint64_t me = air_position(49, 9, i % 2, 20000) & ((UINT64_C(1) << 51) - 1);
        hear_multilaterated(on, i, long_frame(18, 2, ADDRESS, me | unknown, 0));
    }
    /* Networks send velocities in the format of TIS-B; what stands for its quality there is none.
     */
    hear_multilaterated(on, 3, long_frame(18, 2, ADDRESS, velocity_me | UINT64_C(7) << 6, 0));
    assert_near(bench_last(on)->velocity_sigma_mps, 10, 0);
    assert_int_equal(bench_last(on)->nac_p + bench_last(on)->nac_v, 0);
    on->report_count--;
    hear(on, 0, 3, altitude_reply(ADDRESS, 20000)); /* nobody heard it: it proves no address */
    assert_int_equal(refused(on, AP_REFUSED_ADDRESS_UNPROVED), 1);
    for (int i = 0; i < 4; i++)
        hear(on, 0, 4 + i, squitter(ADDRESS, air_position(50, 8, i % 2, 30000)));
    assert_int_equal(on->report_count, 8);
    assert_int_equal(refused(on, AP_REFUSED_CPR_INCONSISTENT), 0);
    for (size_t i = 0; i < 8; i++) {
        const ap_report *report = &on->reports[i];
        const ap_sensor *sensor = &on->sensors[report->sensor];
        assert_int_equal(report->address, ADDRESS);
        assert_int_equal(report->address_kind, AP_ADDRESS_ICAO);
        assert_near(report->latitude_rad / AP_RAD_PER_DEG, i < 4 ? 49 : 50, 1e-4);
        assert_near(sqrt(report->position_var_ee_m2), i < 4 ? 50 : 92.6 / 2.4477, 0.01);
        assert_int_equal(sensor->kind, i < 4 ? AP_SENSOR_MLAT : AP_SENSOR_ADSB);
        assert_string_equal(sensor->name, i < 4 ? "receiver 1 mlat" : "receiver 1");
        assert_int_equal(report->receiver_count, i < 4 ? 0 : 1);
    }
    assert_int_equal(on->stats[0].block_count, 5);
    assert_int_equal(on->stats[1].block_count, 5);
    bench_close(on);
}

/* TIS-B states its accuracy with the velocity. */
static void test_quality_of_tisb(void **state)
{
    (void)state;
    bench *on = bench_open(64);
    uint64_t unknown = UINT64_C(18) << 51;
    for (int i = 0; i < 4; i++) {
        uint64_t me = air_position(49, 9, i % 2, 20000) & ((UINT64_C(1) << 51) - 1);
        hear(on, 0, i, long_frame(18, 2, ADDRESS, me | unknown, 0));
        assert_true(i == 0 || bench_last(on)->present & AP_HAS_POSITION);
        if (i == 1) /* NACp 9, NACv 2, SIL 1 */
            hear(on, 0, i,
                 long_frame(18, 2, ADDRESS,
                            UINT64_C(19) << 51 | UINT64_C(1) << 48 | UINT64_C(9) << 43 |
                                UINT64_C(201) << 32 | UINT64_C(301) << 21 | UINT64_C(2) << 6 |
                                UINT64_C(1) << 4,
                            0));
    }
    assert_near(sqrt(on->reports[1].position_var_ee_m2), 100, 0.01);
    assert_near(on->reports[2].velocity_sigma_mps, 3 / 2.4477, 1e-4);
    assert_near(sqrt(bench_last(on)->position_var_ee_m2), 30 / 2.4477, 0.01);
    assert_int_equal(bench_last(on)->nac_p, 9);
    assert_int_equal(bench_last(on)->sil, 1);
    bench_close(on);
}

/* Frames that came from another link are the aircraft's word, whoever made them up. */
static void test_synthetic_of_another_link(void **state)
{
    (void)state;
    bench *on = bench_open(64);
    frame of = long_frame(18, 6, ADDRESS, velocity_me, 0);
    ap_sense_heard heard = heard_of(0, START, &of);
    heard.synthetic = true;
    ap_sense_modes(&on->sense, &heard);
    assert_int_equal(on->sensors[bench_last(on)->sensor].kind, AP_SENSOR_ADSB);
    bench_close(on);
}

static uint64_t coarse_position(double latitude_deg, double longitude_deg, bool odd)
{
    ap_cpr cpr = ap_cpr_encode(latitude_deg, longitude_deg, odd, false);
    /* 20,000 ft; track 90, 320 kt; special position identification. */
    return UINT64_C(3) << 53 |
           (uint64_t)ap_modes_ac12_of_ac13(ap_modes_ac13_of_altitude(20000)) << 37 |
           UINT64_C(1) << 36 | UINT64_C(8) << 31 | UINT64_C(11) << 25 | (uint64_t)odd << 24 |
           (uint64_t)(cpr.latitude_17 >> 5) << 12 | cpr.longitude_17 >> 5;
}

/* An aircraft that flies south, seen by the ground's radar. */
static void test_coarse_tisb(void **state)
{
    (void)state;
    bench *on = bench_open(64);
    for (int i = 0; i < 200; i++) {
        double latitude_deg = 50 - i * 0.0013;
        uint64_t me = coarse_position(latitude_deg, 8, i % 2);
        hear(on, 0, i * 0.7, long_frame(18, 3, ADDRESS, me, 0));
        if (i == 0)
            continue;
        const ap_report *report = bench_last(on);
        assert_int_equal(on->report_count, i + 1);
        /* Cut off, where a ground station rounds. */
        assert_near(report->latitude_rad / AP_RAD_PER_DEG, latitude_deg, 6.2 / 4096);
        assert_near(report->longitude_rad / AP_RAD_PER_DEG, 8, 10.0 / 4096);
    }
    const ap_report *report = bench_last(on);
    assert_string_equal(on->sensors[report->sensor].name, "receiver 1 tisb");
    assert_near(report->pressure_altitude_m, 20000 * 0.3048, 1e-6);
    assert_near(report->east_mps, 320 * 1852.0 / 3600, 1e-9);
    assert_near(report->north_mps, 0, 1e-9);
    assert_near(sqrt(report->position_var_ee_m2), hypot(100, 47), 0.01);
    assert_int_equal(report->flags, AP_FLAG_SPI);
    assert_false(report->present & AP_HAS_INTEGRITY);
    bench_close(on);
}

/* --- replies --------------------------------------------------------------------------------- */

static void test_replies_need_proof(void **state)
{
    (void)state;
    bench *on = bench_open(64);
    hear(on, 0, 0, altitude_reply(ADDRESS, 30000));
    assert_int_equal(refused(on, AP_REFUSED_ADDRESS_UNPROVED), 1);
    hear(on, 0, 1, short_frame(11, 5, ADDRESS, 0)); /* an acquisition squitter proves it */
    assert_int_equal(on->report_count, 1);
    assert_int_equal(bench_last(on)->present, AP_HAS_ADDRESS);
    hear(on, 0, 60, altitude_reply(ADDRESS, 30000));
    assert_int_equal(on->report_count, 2);
    assert_int_equal(bench_last(on)->address, ADDRESS);
    assert_near(bench_last(on)->pressure_altitude_m, 30000 * 0.3048, 1e-9);
    assert_int_equal(bench_last(on)->flags, AP_FLAG_ADDRESS_UNCHECKED | AP_FLAG_SECONDARY);
    hear(on, 0, 62, altitude_reply(ADDRESS, 30025));     /* 61 s after its proof */
    hear(on, 1, 20, altitude_reply(ADDRESS, 30050));     /* never proved on this input */
    hear(on, 0, 62, altitude_reply(ADDRESS ^ 1, 30000)); /* one bit off */
    assert_int_equal(on->report_count, 2);
    assert_int_equal(refused(on, AP_REFUSED_ADDRESS_UNPROVED), 4);
    bench_close(on);
}

static void test_all_call_with_code_is_probable_only(void **state)
{
    (void)state;
    bench *on = bench_open(64);
    hear(on, 0, 0, short_frame(11, 5, ADDRESS, 7));
    assert_int_equal(on->report_count, 0);
    assert_int_equal(refused(on, AP_REFUSED_ADDRESS_UNPROVED), 1);
    hear(on, 0, 1, squitter(ADDRESS, velocity_me));
    hear(on, 0, 2, short_frame(11, 5, ADDRESS, 7));
    assert_int_equal(on->report_count, 2);
    /* It renews no proof. */
    hear(on, 0, 59, short_frame(11, 5, ADDRESS, 7));
    hear(on, 0, 70, altitude_reply(ADDRESS, 30000));
    assert_int_equal(on->report_count, 3);
    bench_close(on);
}

static void test_reply_contents(void **state)
{
    (void)state;
    bench *on = bench_open(64);
    hear(on, 0, 0, squitter(ADDRESS, velocity_me));
    hear(on, 0, 1, short_frame(5, 1, ap_modes_id13_of_squawk(07700), ADDRESS));
    assert_int_equal(bench_last(on)->mode_3a, 07700);
    assert_int_equal(bench_last(on)->flags, AP_FLAG_ADDRESS_UNCHECKED | AP_FLAG_SECONDARY |
                                                AP_FLAG_ON_GROUND | AP_FLAG_EMERGENCY);
    /* DF20 with register 2,0. */
    uint64_t mb = UINT64_C(0x20) << 48 | ap_asterix_icao6_raw("SWR42X");
    frame reply = long_frame(20, 0, ap_modes_ac13_of_altitude(12000), mb, ADDRESS);
    hear(on, 0, 2, reply);
    assert_string_equal(bench_last(on)->callsign, "SWR42X");
    assert_near(bench_last(on)->pressure_altitude_m, 12000 * 0.3048, 1e-9);
    bench_close(on);
}

/* An altitude that contradicts the squitter's: a damaged reply that hit a live address. */
static void test_reply_contradicts_squitter(void **state)
{
    (void)state;
    bench *on = bench_open(64);
    hear(on, 0, 0, squitter(ADDRESS, air_position(50, 8, false, 30000)));
    hear(on, 0, 1, altitude_reply(ADDRESS, 30350));
    assert_int_equal(on->report_count, 1);
    hear(on, 0, 1, altitude_reply(ADDRESS, 12000));
    assert_int_equal(on->report_count, 1);
    assert_int_equal(refused(on, AP_REFUSED_ADDRESS_UNLIKELY), 1);
    hear(on, 0, 30, altitude_reply(ADDRESS, 12000)); /* too long ago to know */
    assert_int_equal(on->report_count, 2);
    bench_close(on);
}

/* --- copies, limits, damage ------------------------------------------------------------------ */

static void test_copies_of_other_inputs(void **state)
{
    (void)state;
    bench *on = bench_open(64);
    frame same = squitter(ADDRESS, velocity_me);
    hear(on, 0, 0, same);
    hear(on, 1, 0.01, same); /* the other receiver */
    hear(on, 0, 1, same);    /* sent again */
    hear(on, 1, 1.01, same);
    hear(on, 1, 3.5, same); /* missed by the first */
    assert_int_equal(on->report_count, 3);
    assert_int_equal(on->reports[0].sensor, on->reports[1].sensor);
    assert_int_not_equal(on->reports[0].sensor, on->reports[2].sensor);
    assert_int_equal(refused(on, AP_REFUSED_DUPLICATE), 0);
    assert_int_equal(on->stats[on->receivers.rows[1].sensor].witness_count, 2);
    /* A folded copy is still a proof on its input. */
    hear(on, 1, 4, altitude_reply(ADDRESS, 30000));
    assert_int_equal(on->report_count, 4);
    bench_close(on);
}

typedef struct heard_log {
    ap_witness of[64];
    size_t count;
} heard_log;

static void take_witness(void *context, const ap_witness *witness)
{
    bench *on = context;
    heard_log *log = on->witnesses;
    assert_true(log->count < 64);
    log->of[log->count++] = *witness;
}

/* One stream, three receivers by id: every frame a report once, the copies with their own times. */
static void test_witnesses_of_a_merged_stream(void **state)
{
    (void)state;
    heard_log log = { .count = 0 };
    bench *on = bench_open_with(64, take_witness, &log);
    frame same = squitter(ADDRESS, velocity_me), other = squitter(ADDRESS, velocity_me ^ 1);
    uint16_t rows[3];
    for (uint64_t id = 0; id < 3; id++)
        rows[id] = ap_receiver_of(&on->receivers, 0, true, id + 0xABC);
    for (int i = 0; i < 3; i++) {
        ap_sense_heard heard = heard_of(rows[i], START + i * AP_NS_PER_MS, &same);
        heard.has_stamp = true;
        heard.stamp = 1000u * (unsigned)(i + 1);
        heard.signal = (int16_t)(100 + i);
        ap_sense_modes(&on->sense, &heard);
    }
    hear(on, rows[1], 0.3, other); /* heard by one alone: no witness */
    hear(on, rows[0], 0.5, same);  /* sent again, first heard by the same */
    hear(on, rows[2], 0.501, same);
    assert_int_equal(on->report_count, 3);
    assert_int_equal(log.count, 5);
    static const uint16_t numbers[] = { 0, 1, 2, 0, 1 };
    static const uint64_t squitters[] = { 1, 1, 1, 3, 3 };
    static const int receivers[] = { 0, 1, 2, 0, 2 };
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(log.of[i].number, numbers[i]);
        assert_int_equal(log.of[i].squitter, squitters[i]);
        assert_int_equal(log.of[i].receiver, rows[receivers[i]]);
    }
    assert_int_equal(log.of[2].stamp, 3000);
    assert_int_equal(log.of[2].signal, 102);
    assert_int_equal(log.of[2].receive_utc, START + 2 * AP_NS_PER_MS);
    assert_int_equal(log.of[0].stamp, 1000); /* of the first, told with the first copy */
    assert_string_equal(on->sensors[log.of[0].sensor].name, "receiver 1/0000000000000abc");
    for (int i = 0; i < 3; i++) {
        const ap_sensor_stats *stats = &on->stats[on->receivers.rows[rows[i]].sensor];
        assert_int_equal(stats->block_count, 2);
        assert_int_equal(stats->report_count + stats->witness_count, 2);
        assert_int_equal(on->receivers.rows[rows[i]].stats.witness_count, stats->witness_count);
    }
    assert_int_equal(bench_last(on)->receiver_count, 3);
    assert_int_equal(on->reports[0].receiver_count, 1);
    assert_int_equal(refused(on, AP_REFUSED_DUPLICATE), 0);
    bench_close(on);
}

/* A reply that contradicts is believed the second time; its copy is not that second time. */
static void test_copies_of_a_doubtful_reply(void **state)
{
    (void)state;
    bench *on = bench_open(64);
    for (uint16_t i = 0; i < 2; i++) {
        hear(on, i, 0, squitter(ADDRESS, velocity_me));
        hear(on, i, 1, altitude_reply(ADDRESS, 30000));
        hear(on, i, 2, altitude_reply(ADDRESS, 12000));
    }
    assert_int_equal(on->report_count, 2);
    assert_int_equal(refused(on, AP_REFUSED_ADDRESS_UNLIKELY), 2);
    hear(on, 0, 3, altitude_reply(ADDRESS, 12000));
    assert_int_equal(on->report_count, 3);
    bench_close(on);
}

/* Synthetic frames are no hearing: told once, witnessed by nobody, with no range. */
static void test_synthetic_frames_witness_nothing(void **state)
{
    (void)state;
    heard_log log = { .count = 0 };
    bench *on = bench_open_with(64, take_witness, &log);
    frame of = squitter(ADDRESS, velocity_me);
    for (uint16_t i = 0; i < 2; i++) {
        ap_sense_heard heard = heard_of(i, START, &of);
        heard.synthetic = true;
        ap_sense_modes(&on->sense, &heard);
    }
    assert_int_equal(on->report_count, 1);
    assert_int_equal(log.count, 0);
    assert_int_equal(refused(on, AP_REFUSED_DUPLICATE), 1);
    assert_int_equal(bench_last(on)->receiver_count, 0);
    bench_close(on);
}

/* Two receivers, one of which misses every fourth position; copies arrive out of order. A proof
 * lasts for each however many there are. */
static void test_loss_range_and_proof(void **state)
{
    (void)state;
    bench *on = bench_open(64);
    ap_sensor *site = bench_add(on, AP_SENSOR_ADSB, 1);
    site->has_sac_sic = false;
    site->has_receiver = true;
    site->receiver = 5;
    site->input = 0;
    uint16_t rows[5];
    for (uint64_t id = 1; id < 6; id++)
        rows[id - 1] = ap_receiver_of(&on->receivers, 0, true, id);
    for (int i = 0; i < 80; i++) {
        frame of = squitter(ADDRESS, air_position(50.5 + i * 0.001, 8.02, i % 2, 30000));
        hear(on, rows[0], i * 0.5, of);
        for (size_t k = 1; k < 4; k++)
            hear(on, rows[k], i * 0.5 + 0.01, of);
        if (i % 4 != 3)
            hear(on, rows[4], i * 0.5 + 0.02, of);
    }
    assert_int_equal(on->report_count, 80);
    const ap_receiver_stats *whole = &on->receivers.rows[rows[1]].stats;
    const ap_receiver_stats *part = &on->receivers.rows[rows[4]].stats;
    assert_near(ap_receiver_loss(whole), 0, 1e-9);
    assert_near(ap_receiver_loss(part), 0.25, 0.02);
    /* From 50 N 8 E to 50.578 N, 64.3 km, a little east of north; the described receiver has a
     * site. */
    assert_near(ap_receiver_range_m(part), 64300, 500);
    assert_near(part->outline_m[0], 64300, 500);
    assert_near(ap_receiver_range_m(whole), 0, 0);
    assert_int_equal(ap_receiver_aircraft(part, START + 40 * AP_NS_PER_S), 1);
    assert_int_equal(bench_last(on)->receiver_count, 5);
    for (size_t k = 0; k < 5; k++)
        hear(on, rows[k], 41 + (double)k * 0.1, altitude_reply(ADDRESS, 30000 + 25 * (int)k));
    assert_int_equal(on->report_count, 85);
    assert_int_equal(refused(on, AP_REFUSED_ADDRESS_UNPROVED), 0);
    bench_close(on);
}

/* F9: every frame five times on the same and another path gives the reports of one. */
static void test_position_frames_repeated(void **state)
{
    (void)state;
    bench *once = bench_open(64), *often = bench_open(64);
    for (int i = 0; i < 20; i++) {
        frame of = squitter(ADDRESS, air_position(50 + i * 0.0005, 8, i % 2, 30000));
        hear(once, 0, i * 0.5, of);
        for (int copy = 0; copy < 5; copy++)
            hear(often, copy > 0, i * 0.5, of);
    }
    assert_int_equal(once->report_count, 20);
    assert_int_equal(often->report_count, 20);
    for (size_t i = 0; i < 20; i++) {
        assert_int_equal(often->reports[i].receiver_count, i == 0 ? 1 : 2);
        often->reports[i].receiver_count = 1;
        assert_memory_equal(&once->reports[i], &often->reports[i], sizeof once->reports[i]);
    }
    bench_close(once);
    bench_close(often);
}

static void test_table_full(void **state)
{
    (void)state;
    bench *on = bench_open(64);
    for (uint32_t i = 0; i < 31 * 64; i++) /* each 31 times in 18 s: settled */
        hear(on, 0, i / 64 * 0.6 + i % 64 * 0.009, squitter(0x100000 + i % 64, velocity_me));
    hear(on, 0, 70, squitter(0x200000, velocity_me));
    assert_int_equal(on->report_count, 31 * 64);
    assert_int_equal(refused(on, AP_REFUSED_TABLE_FULL), 1);
    /* The first was heard for the last time at 18 s. */
    hear(on, 0, 617.99, squitter(0x200000, velocity_me));
    assert_int_equal(refused(on, AP_REFUSED_TABLE_FULL), 2);
    hear(on, 0, 618.001, squitter(0x200000, velocity_me));
    hear(on, 0, 618.002, squitter(0x200001, velocity_me)); /* in place of the other */
    assert_int_equal(on->report_count, 31 * 64 + 2);
    assert_int_equal(refused(on, AP_REFUSED_TABLE_FULL), 2);
    bench_close(on);
}

/* 200,000 invented addresses within ten seconds, each with the right parity: who was there before
 * is served on as if nothing had happened; the others replace each other, and are counted. */
static void test_flood_of_addresses(void **state)
{
    (void)state;
    enum { REAL = 16, FLOOD = 200000, SECONDS = 10 };
    bench *on = bench_open(64);
    for (int second = -2; second < SECONDS; second++) {
        size_t before = on->report_count;
        for (uint32_t i = 0; i < REAL; i++) {
            double latitude_deg = 50 + i * 0.1 + second * 0.002;
            hear(on, 0, second,
                 squitter(ADDRESS + i, air_position(latitude_deg, 8, second & 1, 30000)));
            if (second >= -1)
                assert_near(bench_last(on)->latitude_rad / AP_RAD_PER_DEG, latitude_deg, 1e-4);
            hear(on, 0, second, altitude_reply(ADDRESS + i, 30000));
        }
        /* The first positions wait for the second ones. */
        assert_int_equal(on->report_count - before, REAL * (second == -2   ? 1
                                                            : second == -1 ? 3
                                                                           : 2));
        for (uint32_t i = 0; second >= 0 && i < FLOOD / SECONDS; i++) {
            uint32_t address = 0x800000 + (uint32_t)second * (FLOOD / SECONDS) + i;
            hear(on, 0, second + i * 4e-5, squitter(address, air_position(50, 9, i & 1, 30000)));
        }
    }
    ap_sense_flush(&on->sense);
    assert_int_equal(refused(on, AP_REFUSED_TABLE_FULL), 0);
    assert_int_equal(refused(on, AP_REFUSED_CPR_PENDING), FLOOD);
    assert_int_equal(on->report_count, 2 * REAL * (SECONDS + 2));
    assert_int_equal(on->stats[0].block_count,
                     on->report_count + ap_refusals_total(&on->stats[0].refused));
    bench_close(on);
}

/* One wrong bit is undone where the aircraft is known to be there, and the report tells it. */
static void test_repair(void **state)
{
    (void)state;
    bench *on = bench_open(64);
    frame damaged = squitter(ADDRESS, velocity_me);
    damaged.bytes[7] ^= 0x10;
    hear(on, 0, 0, damaged); /* of an address not proved yet */
    assert_int_equal(refused(on, AP_REFUSED_PARITY), 1);
    hear(on, 0, 1, squitter(ADDRESS, velocity_me));
    hear(on, 0, 2, damaged);
    assert_int_equal(on->report_count, 2);
    assert_int_equal(bench_last(on)->flags & AP_FLAG_REPAIRED, AP_FLAG_REPAIRED);
    assert_near(bench_last(on)->east_mps, on->reports[0].east_mps, 1e-12);
    assert_int_equal(on->reports[0].flags & AP_FLAG_REPAIRED, 0);
    assert_int_equal(on->stats[0].repaired_count, 1);
    /* Proved on the other input only; and two wrong bits. */
    hear(on, 1, 3, damaged);
    damaged.bytes[9] ^= 0x04;
    hear(on, 0, 3, damaged);
    /* A wrong bit of the address is undone too; it renews no proof. */
    frame address = squitter(ADDRESS, velocity_me);
    address.bytes[2] ^= 0x80;
    hear(on, 0, 60, address);
    assert_int_equal(on->report_count, 3);
    assert_int_equal(bench_last(on)->address, ADDRESS);
    hear(on, 0, 62, address);
    assert_int_equal(on->report_count, 3);
    /* An altitude that the aircraft cannot have. */
    hear(on, 0, 70, squitter(ADDRESS, air_position(50, 8, false, 30000)));
    frame wrong = squitter(ADDRESS, air_position(50, 8, true, 1000));
    wrong.bytes[8] ^= 0x01;
    hear(on, 0, 71, wrong);
    assert_int_equal(refused(on, AP_REFUSED_ADDRESS_UNLIKELY), 1);
    assert_int_equal(on->stats[0].block_count + on->stats[1].block_count, 9);
    bench_close(on);
}

/* What a repaired status says of quality is not what later positions are judged by. */
static void test_repaired_quality(void **state)
{
    (void)state;
    bench *on = bench_open(64);
    /* Type 31, version 2, NACp 10, SIL 3. */
    uint64_t status = UINT64_C(31) << 51 | UINT64_C(2) << 13 | UINT64_C(10) << 8 | UINT64_C(3) << 4;
    hear(on, 0, 0, squitter(ADDRESS, status));
    frame wrong = squitter(ADDRESS, UINT64_C(31) << 51 | UINT64_C(1) << 13);
    wrong.bytes[8] ^= 0x01;
    hear(on, 0, 1, wrong);
    assert_true(bench_last(on)->flags & AP_FLAG_REPAIRED);
    for (int i = 0; i < 2; i++)
        hear(on, 0, 2 + i, squitter(ADDRESS, air_position(50, 8, i, 30000)));
    assert_int_equal(bench_last(on)->nac_p, 10);
    assert_int_equal(bench_last(on)->nic, 8);
    bench_close(on);
}

static void test_damage_is_counted(void **state)
{
    (void)state;
    bench *on = bench_open(64);
    frame damaged = squitter(ADDRESS, velocity_me);
    damaged.bytes[6] ^= 1;
    hear(on, 0, 0, damaged);
    frame unknown = squitter(ADDRESS, velocity_me);
    unknown.bytes[0] = 19 << 3;
    hear(on, 0, 0, unknown);
    frame cut = squitter(ADDRESS, velocity_me);
    cut.size = 7;
    hear(on, 0, 0, cut);
    assert_int_equal(refused(on, AP_REFUSED_PARITY), 1);
    assert_int_equal(refused(on, AP_REFUSED_FORMAT), 1);
    assert_int_equal(refused(on, AP_REFUSED_SYNTAX), 1);
    assert_int_equal(on->stats[0].block_count, 3);
    assert_int_equal(on->stats[0].record_count, 0);
    assert_int_equal(on->report_count, 0);
    bench_close(on);
}

/* Decoded by the caller, good and damaged frames come out as they do from bytes. */
static void test_decoded_frames(void **state)
{
    (void)state;
    bench *bytes = bench_open(64), *decoded = bench_open(64);
    for (int i = 0; i < 40; i++) {
        frame of = squitter(ADDRESS, air_position(50 + i * 0.0005, 8, i % 2, 30000));
        of.bytes[6] ^= i % 5 == 4 ? 3 : 0; /* two bits: beyond repair */
        ap_modes_frame modes;
        ap_err err = ap_modes_decode(of.bytes, of.size, &modes);
        assert_int_equal(err, i % 5 == 4 ? AP_ERR_PARITY : AP_OK);
        hear(bytes, 0, i * 0.5, of);
        ap_sense_heard heard = heard_of(0, START + (int64_t)(i * 0.5 * 1e9), &of);
        ap_sense_modes_decoded(&decoded->sense, &heard, err, &modes);
        assert_true(ap_sense_last_fix(&decoded->sense).has_position ==
                    ap_sense_last_fix(&bytes->sense).has_position);
    }
    assert_int_equal(decoded->report_count, 32);
    assert_memory_equal(decoded->reports, bytes->reports, 32 * sizeof *bytes->reports);
    assert_memory_equal(decoded->stats, bytes->stats, sizeof bytes->stats);
    bench_close(bytes);
    bench_close(decoded);
}

/* A frame of many aircraft's traffic, two inputs hearing it: positions, velocities, replies, and
 * now and then damage. */
static frame traffic(uint32_t i)
{
    uint32_t address = ADDRESS + i % 23;
    uint64_t place = air_position(50 + (i % 23) * 0.1 + i * 1e-4, 8, i / 46 % 2, 30000);
    frame of = i % 3 == 0   ? squitter(address, place)
               : i % 3 == 1 ? altitude_reply(address, 30000)
                            : squitter(address, velocity_me);
    of.bytes[5] ^= i % 31 == 7 ? 1 : 0;
    of.bytes[6] ^= i % 37 == 9 ? 0x11 : 0;
    return of;
}

/* However frames are batched, the same comes out. More aircraft than there is room for. */
static void test_batches(void **state)
{
    (void)state;
    enum { COUNT = 3000 };
    static frame frames[COUNT];
    static ap_sense_heard heard[COUNT];
    for (uint32_t i = 0; i < COUNT; i++) {
        frames[i] = traffic(i / 2);
        if (i % 11 == 3)
            frames[i] = squitter(0xA00000 + i, velocity_me);
        heard[i] = heard_of(i % 2, START + (int64_t)i * 2 * AP_NS_PER_MS, &frames[i]);
    }
    bench *single = bench_open(64);
    for (uint32_t i = 0; i < COUNT; i++)
        ap_sense_modes(&single->sense, &heard[i]);
    assert_true(single->report_count > 500);
    assert_true(single->stats[0].witness_count + single->stats[1].witness_count > 500);
    assert_true(single->stats[0].repaired_count + single->stats[1].repaired_count > 10);
    for (uint32_t size = 1; size < COUNT; size = size * 3 + 1) {
        bench *batched = bench_open(64);
        for (uint32_t at = 0; at < COUNT; at += size)
            ap_sense_modes_batch(&batched->sense, at + size < COUNT ? size : COUNT - at,
                                 &heard[at]);
        assert_int_equal(batched->report_count, single->report_count);
        assert_memory_equal(batched->reports, single->reports,
                            single->report_count * sizeof *single->reports);
        assert_memory_equal(batched->stats, single->stats, sizeof single->stats);
        bench_close(batched);
    }
    bench_close(single);
}

static void test_limits(void **state)
{
    (void)state;
    bench *on = bench_open(64);
    frame of = squitter(ADDRESS, velocity_me);
    ap_sense_heard timeless = heard_of(0, AP_UTC_UNKNOWN, &of);
    ap_sense_modes(&on->sense, &timeless);
    assert_int_equal(refused(on, AP_REFUSED_TIME_MISSING), 1);
    hear(on, 2, 0, of); /* no such receiver */
    while (on->table.count < BENCH_SENSOR_CAP)
        bench_add(on, AP_SENSOR_ADSB, (uint8_t)on->table.count);
    hear(on, 1, 0, of); /* a receiver beyond the table */
    assert_int_equal(ap_sense_refused(&on->sense, 1)->count[AP_REFUSED_SENSOR_TABLE_FULL], 1);
    assert_int_equal(on->report_count, 0);
    bench_close(on);
}

static void test_latency_and_order(void **state)
{
    (void)state;
    bench *on = bench_open(64);
    ap_sensor *receiver = bench_add(on, AP_SENSOR_ADSB, 1);
    receiver->has_sac_sic = false;
    receiver->input = 0;
    receiver->latency_s = 0.25;
    hear(on, 0, 10, squitter(ADDRESS, velocity_me));
    assert_int_equal(bench_last(on)->time_utc, START + 9750 * AP_NS_PER_MS);
    hear(on, 1, 9, squitter(ADDRESS, velocity_me ^ 1)); /* late: reports never go back */
    assert_int_equal(bench_last(on)->time_utc, START + 9 * AP_NS_PER_S);
    assert_int_equal(bench_last(on)->receive_utc, START + 10 * AP_NS_PER_S);
    assert_string_equal(on->sensors[bench_last(on)->sensor].name, "receiver 2");
    bench_close(on);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_position_pair_and_held_back),
        cmocka_unit_test(test_position_held_too_long),
        cmocka_unit_test(test_position_held_ring_full),
        cmocka_unit_test(test_position_surface_needs_site),
        cmocka_unit_test(test_position_sigma_of_nac_p),
        cmocka_unit_test(test_position_nic_of_a_pair),
        cmocka_unit_test(test_position_nic_of_the_other_half),
        cmocka_unit_test(test_position_of_zero_words),
        cmocka_unit_test(test_velocity),
        cmocka_unit_test(test_identification),
        cmocka_unit_test(test_airspeed),
        cmocka_unit_test(test_intent_and_height),
        cmocka_unit_test(test_version_3),
        cmocka_unit_test(test_registers_of_replies),
        cmocka_unit_test(test_broadcast_before_inferred),
        cmocka_unit_test(test_rate_of_a_register),
        cmocka_unit_test(test_address_kinds),
        cmocka_unit_test(test_multilateration_beside_squitters),
        cmocka_unit_test(test_quality_of_tisb),
        cmocka_unit_test(test_synthetic_of_another_link),
        cmocka_unit_test(test_coarse_tisb),
        cmocka_unit_test(test_replies_need_proof),
        cmocka_unit_test(test_all_call_with_code_is_probable_only),
        cmocka_unit_test(test_reply_contents),
        cmocka_unit_test(test_reply_contradicts_squitter),
        cmocka_unit_test(test_copies_of_other_inputs),
        cmocka_unit_test(test_witnesses_of_a_merged_stream),
        cmocka_unit_test(test_copies_of_a_doubtful_reply),
        cmocka_unit_test(test_synthetic_frames_witness_nothing),
        cmocka_unit_test(test_loss_range_and_proof),
        cmocka_unit_test(test_position_frames_repeated),
        cmocka_unit_test(test_table_full),
        cmocka_unit_test(test_flood_of_addresses),
        cmocka_unit_test(test_repair),
        cmocka_unit_test(test_repaired_quality),
        cmocka_unit_test(test_damage_is_counted),
        cmocka_unit_test(test_decoded_frames),
        cmocka_unit_test(test_batches),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_latency_and_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
