#include "publish/asterix062.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "publish/test_fixture.h"

/* The record as another system reads it: encoded and decoded again. */
static ap_cat062 sent(const ap_asterix062_sender *sender, const ap_track *track, unsigned marks)
{
    static uint8_t bytes[512];
    ap_cat062 record, read;
    ap_writer writer = ap_writer_of(bytes, sizeof bytes);
    ap_asterix062_from_track(sender, track, marks, &record);
    assert_int_equal(ap_cat062_encode(&writer, &record), AP_OK);
    ap_reader reader = ap_reader_of(bytes, writer.size);
    assert_int_equal(ap_cat062_decode(&reader, &read), AP_OK);
    assert_int_equal(ap_reader_left(&reader), 0);
    return read;
}

static void assert_near(double value, double expected, double tolerance)
{
    if (!(fabs(value - expected) <= tolerance * 1.000001))
        fail_msg("%.12g is not within %g of %.12g", value, tolerance, expected);
}

/* Every value within half a step; the numbers are the fixture's in other units. */
static void test_asterix062_from_track_values(void **state)
{
    (void)state;
    const double turn26_deg = 360.0 / 67108864;
    ap_system_plane plane = ap_system_plane_at((ap_geodetic){ 0.89, -0.08, 0 });
    ap_asterix062_sender sender = { 25, 100, 1, &plane };
    ap_track track = fixture_track();
    ap_cat062 r = sent(&sender, &track, AP_ASTERIX062_FIRST);
    assert_int_equal(r.i010.sac, 25);
    assert_int_equal(r.i010.sic, 100);
    assert_int_equal(r.i015, 1);
    assert_near(r.i070_128th_s / 128.0, 8 * 3600 + 58 * 60 + 39.147975, 0.5 / 128);
    assert_near(r.i105.lat_turn26 * turn26_deg, 51.0003173191, turn26_deg / 2);
    assert_near(r.i105.lon_turn26 * turn26_deg, -4.7180598621, turn26_deg / 2);
    double x_m, y_m;
    assert_true(ap_system_plane_xy(&plane, track.position, &x_m, &y_m));
    assert_near(r.i100.x_half_m / 2.0, x_m, 0.25);
    assert_near(r.i100.y_half_m / 2.0, y_m, 0.25);
    assert_near(r.i185.vx_4th_mps / 4.0, 150.25, 0.125);
    assert_near(r.i185.vy_4th_mps / 4.0, -180.5, 0.125);
    /* 0.5 m/s2 along 140.2257 degrees, and 0.01 rad/s * speed to its right */
    assert_near(r.i210.ax_4th_mps2 / 4.0, 0.5 * 0.63977 - 0.01 * 180.5, 0.125);
    assert_near(r.i210.ay_4th_mps2 / 4.0, -0.5 * 0.76857 - 0.01 * 150.25, 0.125);
    assert_int_equal(r.i060.mode3a, 01000);
    assert_int_equal(r.i060.v | r.i060.g, 0);
    char text[9];
    ap_asterix_icao6_text(r.i245.chr_icao6, text);
    assert_string_equal(text, "DLH9LF  ");
    assert_int_equal(r.i380.adr, 0x3c6dd2);
    assert_int_equal(r.i380.id_icao6, r.i245.chr_icao6);
    assert_near(r.i380.mhg_turn16 * 360.0 / 65536, 143.239449, 180.0 / 65536);
    assert_int_equal(r.i380.tas_kt, 450);
    assert_int_equal(r.i380.sal.alt_25_ft * 25, 38000);
    assert_near(r.i380.ran_100th_deg / 100.0, -5.72958, 0.005);
    assert_int_equal(r.i380.emc, 3);
    assert_int_equal(r.i380.iar_kt, 270);
    assert_near(r.i380.mac_125th_mach / 125.0, 0.78, 0.004);
    assert_int_equal(r.i040, 4095);
    assert_int_equal(r.i136_4th_fl, 350 * 4 + 1); /* 2 s before, 1000 ft/min higher */
    assert_int_equal(r.i135.ctb_4th_fl, 350 * 4);
    /* reported a second ago, sinking at 1,000 ft/min since */
    assert_near(r.i130_25_4th_ft * 6.25, 36000 - 1000 / 60.0, 3.125);
    assert_near(r.i220_25_4th_ftpmin * 6.25, -1000, 3.125);
    assert_int_equal(r.i500.apc.x_half_m, 60);
    assert_int_equal(r.i500.apc.y_half_m, 40);
    assert_int_equal(r.i500.cov_half_m, 20);
    assert_near(r.i500.apw.lat_turn26 * turn26_deg * 111252, 20, 0.3); /* m a degree at 51 N */
    assert_near(r.i500.apw.lon_turn26 * turn26_deg * 70197, 30, 0.3);
    assert_int_equal(r.i500.atv.x_4th_mps, 8);
    assert_int_equal(r.i500.atv.y_4th_mps, 6);
    assert_near(r.i500.aga_25_4th_ft * 6.25, 8 / 0.3048, 3.125);
    assert_int_equal(r.i500.aba_4th_fl, 1); /* 26.2 ft */
    assert_near(r.i500.arc_25_4th_ftpmin * 6.25, 241.1, 3.2);
}

static void test_asterix062_from_track_status(void **state)
{
    (void)state;
    ap_asterix062_sender sender = { .sac = 1 };
    ap_track track = fixture_track();
    ap_cat062 r = sent(&sender, &track, AP_ASTERIX062_FIRST);
    assert_int_equal(r.present & AP_CAT062_I100, 0);
    assert_int_equal(r.i080.mon, 0);
    assert_int_equal(r.i080.mrh, 0);
    assert_int_equal(r.i080.src, 1);
    assert_int_equal(r.i080.cnf, 0);
    assert_int_equal(r.i080.tsb, 1);
    assert_int_equal(r.i080.tse, 0);
    assert_int_equal(r.i080.cst, 0);
    assert_int_equal(r.i080.psr, 0);
    assert_int_equal(r.i080.ssr, 1);
    assert_int_equal(r.i080.mds, 0);
    assert_int_equal(r.i080.ads, 0);
    assert_int_equal(r.i080.sds, 0);
    assert_int_equal(r.i290.trk_4th_s, 240);
    assert_int_equal(r.i290.psr_4th_s, 20);
    assert_int_equal(r.i290.mds_4th_s, 20);
    assert_int_equal(r.i290.es_4th_s, 0);
    assert_int_equal(r.i290.present, AP_CAT062_I290_TRK | AP_CAT062_I290_PSR | AP_CAT062_I290_MDS |
                                         AP_CAT062_I290_ES);
    assert_int_equal(r.i295.mfl_4th_s, 8);
    assert_int_equal(r.i295.mda_4th_s, 12);
    assert_int_equal(r.i200.trans, 1); /* right */
    assert_int_equal(r.i200.long_, 0);
    assert_int_equal(r.i200.vert, 2); /* descent */

    track.state = AP_TRACK_COASTING;
    track.flags = AP_FLAG_SIMULATED | AP_FLAG_SPI | AP_FLAG_ON_GROUND | AP_FLAG_MODE_3A_GARBLED;
    track.time_utc += 300 * AP_NS_PER_S;
    track.geometric_height_utc = track.time_utc;
    track.mode_3a = 07600;
    track.adsb_utc = track.mode_s_utc = AP_UTC_UNKNOWN;
    track.psr_utc = track.time_utc;
    track.source_count = 1;
    track.has_pressure_altitude = false;
    track.track_rate_radps = -0.02;
    track.acceleration_mps2 = -0.6;
    r = sent(&sender, &track, AP_ASTERIX062_LAST);
    assert_int_equal(r.i080.tse, 1);
    assert_int_equal(r.i080.cst, 1);
    assert_int_equal(r.i080.sim, 1);
    assert_int_equal(r.i080.spi, 1);
    assert_int_equal(r.i080.sfc, 1);
    assert_int_equal(r.i080.mon, 1);
    assert_int_equal(r.i080.mrh, 1);
    assert_int_equal(r.i080.src, 7);
    assert_int_equal(r.i080.sds, 2);
    assert_int_equal(r.i080.ems, 4);
    assert_int_equal(r.i060.g, 1);
    assert_int_equal(r.i290.trk_4th_s, 255); /* 360 s: the largest value */
    assert_int_equal(r.i200.trans, 2);
    assert_int_equal(r.i200.long_, 2); /* slower and slower */
    track.has_acceleration = false;
    r = sent(&sender, &track, 0);
    assert_int_equal(r.i200.long_, 3);
    assert_near(r.i210.ax_4th_mps2 / 4.0, -0.02 * -180.5, 0.125);
    assert_near(r.i210.ay_4th_mps2 / 4.0, 0.02 * 150.25, 0.125);
    assert_int_equal(r.present & (AP_CAT062_I136 | AP_CAT062_I135), 0);
}

/* What is not known is not there; what is too large stands at the limit; NaN is no crash. */
static void test_asterix062_from_track_limits(void **state)
{
    (void)state;
    ap_asterix062_sender sender = { 0 };
    ap_track track = { .number = 1,
                       .born_utc = AP_UTC_UNKNOWN,
                       .psr_utc = AP_UTC_UNKNOWN,
                       .ssr_utc = AP_UTC_UNKNOWN,
                       .mode_s_utc = AP_UTC_UNKNOWN,
                       .mlat_utc = AP_UTC_UNKNOWN,
                       .adsb_utc = AP_UTC_UNKNOWN,
                       .position = { 0.1, AP_PI, 0 },
                       .east_mps = 1e9,
                       .north_mps = -1e9,
                       .has_acceleration = true,
                       .acceleration_mps2 = NAN,
                       .P_enu = { { 1e18, -1e18, 0, 0 },
                                  { -1e18, 1e18, 0, 0 },
                                  { 0, 0, 1e9, 0 },
                                  { 0, 0, 0, NAN } } };
    ap_cat062 r = sent(&sender, &track, 0);
    const uint64_t absent = AP_CAT062_I100 | AP_CAT062_I060 | AP_CAT062_I245 | AP_CAT062_I380 |
                            AP_CAT062_I295 | AP_CAT062_I136 | AP_CAT062_I130 | AP_CAT062_I135 |
                            AP_CAT062_I220;
    assert_int_equal(r.present & absent, 0);
    assert_int_equal(r.i105.lon_turn26, -(1 << 25));
    assert_int_equal(r.i185.vx_4th_mps, INT16_MAX);
    assert_int_equal(r.i185.vy_4th_mps, INT16_MIN);
    assert_int_equal(r.i500.apc.x_half_m, UINT16_MAX);
    assert_int_equal(r.i500.cov_half_m, -INT16_MAX);
    assert_int_equal(r.i500.atv.x_4th_mps, UINT8_MAX);
    assert_int_equal(r.i500.present & (AP_CAT062_I500_AGA | AP_CAT062_I500_ARC), 0);
    assert_int_equal(r.i200.vert, 3);
}

static void test_asterix062_from_track_emitter_category(void **state)
{
    (void)state;
    static const uint8_t pairs[][2] = { { 0xa1, 1 },  { 0xa5, 5 },  { 0xa7, 10 }, { 0xb1, 11 },
                                        { 0xb3, 16 }, { 0xb6, 13 }, { 0xc1, 20 }, { 0xc3, 22 } };
    ap_asterix062_sender sender = { 0 };
    ap_track track = fixture_track();
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        track.emitter_category = pairs[i][0];
        assert_int_equal(sent(&sender, &track, 0).i380.emc, pairs[i][1]);
    }
    track.emitter_category = 0xa0;
    assert_int_equal(sent(&sender, &track, 0).i380.present & AP_CAT062_I380_EMC, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_asterix062_from_track_values),
        cmocka_unit_test(test_asterix062_from_track_status),
        cmocka_unit_test(test_asterix062_from_track_limits),
        cmocka_unit_test(test_asterix062_from_track_emitter_category),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
