#include "sense/test_bench.h"

#include "airpicture/asterix/cat001.h"
#include "airpicture/asterix/cat002.h"
#include "airpicture/asterix/cat010.h"
#include "airpicture/asterix/cat020.h"
#include "airpicture/asterix/cat021.h"
#include "airpicture/asterix/cat034.h"
#include "airpicture/asterix/cat048.h"
#include "airpicture/asterix/cat062.h"
#include "airpicture/asterix/cat065.h"
#include "airpicture/modes.h"

#define NOON "2024-06-06T12:00:00Z"
#define TOD_NOON (43200u * 128u)
#define SIC 1

/* Bytes of one datagram being written. */
typedef struct datagram {
    uint8_t bytes[4096];
    ap_writer writer;
    size_t block;
} datagram;

static void block_open(datagram *of, uint8_t category)
{
    if (!of->writer.data)
        of->writer = ap_writer_of(of->bytes, sizeof of->bytes);
    of->block = ap_asterix_block_open(&of->writer, category);
}

static void block_close(datagram *of)
{
    assert_int_equal(ap_asterix_block_close(&of->writer, of->block), AP_OK);
}

static void send_at(bench *on, const datagram *of, const char *receive)
{
    ap_sense_asterix(&on->sense, 0, utc(receive), of->writer.data, of->writer.size);
}

/* One record in one block. */
#define SEND(on, number, record, receive)                                                          \
    do {                                                                                           \
        datagram sent = { .block = 0 };                                                            \
        block_open(&sent, number);                                                                 \
        assert_int_equal(ap_cat0##number##_encode(&sent.writer, record), AP_OK);                   \
        block_close(&sent);                                                                        \
        send_at(on, &sent, receive);                                                               \
    } while (0)
/* Category numbers as written in names; 01 would be octal. */
#define ap_cat01_encode ap_cat001_encode

static ap_cat048 plot_048(uint32_t tod_128th_s)
{
    return (ap_cat048){ .present =
                            AP_CAT048_I010 | AP_CAT048_I140 | AP_CAT048_I020 | AP_CAT048_I040,
                        .i010 = { 25, SIC },
                        .i140_128th_s = tod_128th_s,
                        .i020 = { .typ = 5 },
                        .i040 = { 100 * 256, 16384 } };
}

static void test_cat048_plot_in_full(void **state)
{
    (void)state;
    bench *on = bench_open(64);
    ap_sensor *radar = bench_add(on, AP_SENSOR_MODE_S, SIC);
    radar->range_bias_m = 50;
    radar->azimuth_bias_rad = 0.001;
    radar->latency_s = 0.5;
    ap_cat048 plot = plot_048(TOD_NOON);
    /* 5,0: roll -1.0546875, track 180, ground speed 400, turn 0.5, airspeed 410; by hand. */
    uint64_t mb = (UINT64_C(1) << 55) | (UINT64_C(1) << 54) | (UINT64_C(506) << 45) |
                  (UINT64_C(1) << 44) | (UINT64_C(1) << 43) | (UINT64_C(0) << 33) |
                  (UINT64_C(1) << 32) | (UINT64_C(200) << 22) | (UINT64_C(1) << 21) |
                  (UINT64_C(16) << 11) | (UINT64_C(1) << 10) | UINT64_C(205);
    uint8_t mb_bytes[8];
    ap_writer mb_writer = ap_writer_of(mb_bytes, sizeof mb_bytes);
    ap_cat048_i250_put(&mb_writer, &(ap_cat048_i250){ .mbdata = mb, .bds1 = 5, .bds2 = 0 });
    plot.present |= AP_CAT048_I070 | AP_CAT048_I090 | AP_CAT048_I220 | AP_CAT048_I240 |
                    AP_CAT048_I250 | AP_CAT048_I161 | AP_CAT048_I230;
    plot.i020.spi = 1;
    plot.i070.mode3a = 01234;
    plot.i070.v = 1;
    plot.i090.fl_4th_fl = 1401;
    plot.i090.g = 1;
    plot.i220 = 0x3C6586;
    plot.i240_icao6 = ap_asterix_icao6_raw("DLH123");
    plot.i250 = (ap_repeats){ mb_bytes, 1 };
    plot.i161.trn = 77;
    plot.i230.stat = 1;
    SEND(on, 48, &plot, "2024-06-06T12:00:01Z");
    assert_int_equal(on->report_count, 1);
    const ap_report *report = bench_last(on);
    assert_int_equal(report->time_utc, utc("2024-06-06T11:59:59.5Z"));
    assert_int_equal(report->receive_utc, utc("2024-06-06T12:00:01Z"));
    assert_int_equal(report->sensor, 0);
    assert_int_equal(report->flags, AP_FLAG_SECONDARY | AP_FLAG_SPI | AP_FLAG_ON_GROUND |
                                        AP_FLAG_MODE_3A_UNVALIDATED | AP_FLAG_ALTITUDE_GARBLED);
    assert_int_equal(report->present, AP_HAS_POLAR | AP_HAS_MODE_3A | AP_HAS_PRESSURE_ALTITUDE |
                                          AP_HAS_ADDRESS | AP_HAS_CALLSIGN | AP_HAS_TRACK_NUMBER |
                                          AP_HAS_ROLL | AP_HAS_TRACK_RATE | AP_HAS_TRUE_AIRSPEED |
                                          AP_HAS_VELOCITY);
    assert_near(report->range_m, 185200 - 50, 1e-9);
    assert_near(report->azimuth_rad, AP_PI / 2 - 0.001, 1e-12);
    assert_near(report->range_sigma_m, radar->range_sigma_m, 0);
    assert_near(report->pressure_altitude_m, 35025 * 0.3048, 1e-9);
    assert_near(report->pressure_altitude_sigma_m, sqrt(15.0 * 15 + 7.62 * 7.62 / 12), 1e-9);
    assert_int_equal(report->mode_3a, 01234);
    assert_int_equal(report->address, 0x3C6586);
    assert_string_equal(report->callsign, "DLH123");
    assert_int_equal(report->track_number, 77);
    assert_near(report->roll_rad, -6 * 45.0 / 256 * AP_RAD_PER_DEG, 1e-12);
    assert_near(report->track_rate_radps, 0.5 * AP_RAD_PER_DEG, 1e-12);
    assert_near(report->true_airspeed_mps, 410 * 1852.0 / 3600, 1e-9);
    assert_near(report->north_mps, -400 * 1852.0 / 3600, 1e-9);
    assert_near(report->east_mps, 0, 1e-9);
    bench_close(on);
}

/* The calculated speed, unless in doubt: then the measured one with its ambiguity, if it has one.
 */
static void test_cat048_doppler(void **state)
{
    (void)state;
    static const struct {
        uint64_t present;
        uint8_t doubtful;
        uint16_t ambiguity;
        double speed, ambiguity_mps; /* NAN: none */
    } cases[] = {
        { AP_CAT048_I120_CAL, 0, 0, -150, 0 },
        { AP_CAT048_I120_CAL, 1, 0, NAN, 0 },
        { AP_CAT048_I120_CAL | AP_CAT048_I120_RDS, 0, 320, -150, 0 },
        { AP_CAT048_I120_CAL | AP_CAT048_I120_RDS, 1, 320, 40, 320 },
        { AP_CAT048_I120_RDS, 0, 0, NAN, 0 },
    };
    bench *on = bench_open(64);
    ap_sensor *radar = bench_add(on, AP_SENSOR_COMBINED, SIC);
    radar->doppler_sigma_mps = 3.0;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t bytes[6];
        ap_writer writer = ap_writer_of(bytes, sizeof bytes);
        ap_cat048_i120_rds_put(&writer, &(ap_cat048_i120_rds){ 40, cases[i].ambiguity, 2800 });
        ap_cat048 plot = plot_048(TOD_NOON + 100 * (uint32_t)i);
        plot.present |= AP_CAT048_I120;
        plot.i120.present = cases[i].present;
        plot.i120.cal.d = cases[i].doubtful;
        plot.i120.cal.cal_mps = -150;
        plot.i120.rds = (ap_repeats){ bytes, 1 };
        SEND(on, 48, &plot, "2024-06-06T12:00:05Z");
        const ap_report *report = bench_last(on);
        bool has = (report->present & AP_HAS_DOPPLER) != 0;
        assert_int_equal(has, !isnan(cases[i].speed));
        if (!has)
            continue;
        assert_near(report->doppler_mps, cases[i].speed, 0);
        assert_near(report->doppler_ambiguity_mps, cases[i].ambiguity_mps, 0);
        assert_near(report->doppler_sigma_mps, sqrt(9.0 + 1.0 / 12.0), 1e-12);
    }
    bench_close(on);
}

/* Detections of I048/020 and the targets that are none. */
static void test_cat048_types(void **state)
{
    (void)state;
    static const uint32_t both = AP_FLAG_PRIMARY | AP_FLAG_SECONDARY;
    static const uint32_t flags[8] = { AP_FLAG_EXTRAPOLATED,
                                       AP_FLAG_PRIMARY,
                                       AP_FLAG_SECONDARY,
                                       both,
                                       AP_FLAG_SECONDARY,
                                       AP_FLAG_SECONDARY,
                                       both,
                                       both };
    bench *on = bench_open(64);
    bench_add(on, AP_SENSOR_MODE_S, SIC);
    for (uint8_t typ = 0; typ < 8; typ++) {
        ap_cat048 plot = plot_048(TOD_NOON);
        plot.i020.typ = typ & 7;
        SEND(on, 48, &plot, NOON);
        assert_int_equal(bench_last(on)->flags, flags[typ]);
    }
    ap_cat048 plot = plot_048(TOD_NOON);
    plot.i020.sim = 1;
    SEND(on, 48, &plot, NOON);
    assert_int_equal(bench_last(on)->flags, AP_FLAG_SECONDARY | AP_FLAG_SIMULATED);
    plot.i020.rab = 1;
    SEND(on, 48, &plot, NOON);
    plot.i020.rab = 0;
    plot.i020.tst = 1;
    SEND(on, 48, &plot, NOON);
    assert_int_equal(on->report_count, 9);
    assert_int_equal(on->stats[0].refused.count[AP_REFUSED_TEST_TARGET], 2);
    assert_int_equal(on->stats[0].record_count, 11);
    assert_int_equal(on->stats[0].report_count, 9);
    bench_close(on);
}

static void test_cat048_positions(void **state)
{
    (void)state;
    bench *on = bench_open(64);
    ap_sensor *radar = bench_add(on, AP_SENSOR_MODE_S, SIC);
    ap_cat048 plot = plot_048(TOD_NOON);
    plot.present &= ~AP_CAT048_I040;
    SEND(on, 48, &plot, NOON);
    assert_int_equal(on->stats[0].refused.count[AP_REFUSED_POSITION_MISSING], 1);
    plot.present |= AP_CAT048_I042 | AP_CAT048_I090;
    plot.i042.x_128th_nmi = -50 * 128;
    plot.i042.y_128th_nmi = 40 * 128;
    plot.i090.fl_4th_fl = 4 * 300;
    SEND(on, 48, &plot, NOON);
    const ap_report *report = bench_last(on);
    assert_true(report->present & AP_HAS_POSITION);
    /* The place, seen from the site, lies over the point of the tangent plane. */
    ap_geodetic place = { report->latitude_rad, report->longitude_rad, 30000 * 0.3048 };
    ap_vec3 enu = ap_enu_from_ecef(&radar->frame, ap_ecef_from_geodetic(place));
    assert_near(enu.x_m, -50 * 1852.0, 0.01);
    assert_near(enu.y_m, 40 * 1852.0, 0.01);
    radar->range_max_m = 100000;
    plot = plot_048(TOD_NOON);
    SEND(on, 48, &plot, NOON);
    assert_int_equal(on->stats[0].refused.count[AP_REFUSED_POSITION_RANGE], 1);
    assert_int_equal(on->report_count, 1);
    bench_close(on);
}

/* A radar that no file places: a row of its own, nothing tracked. */
static void test_radar_without_description(void **state)
{
    (void)state;
    bench *on = bench_open(64);
    ap_cat048 plot = plot_048(TOD_NOON);
    SEND(on, 48, &plot, NOON);
    assert_int_equal(on->report_count, 0);
    assert_int_equal(on->table.count, 1);
    assert_string_equal(on->sensors[0].name, "SAC/SIC 025/001");
    assert_int_equal(on->sensors[0].kind, AP_SENSOR_COMBINED);
    assert_false(on->sensors[0].described);
    assert_int_equal(on->stats[0].refused.count[AP_REFUSED_SENSOR_UNKNOWN], 1);
    assert_int_equal(on->stats[0].block_count, 1);
    assert_int_equal(on->stats[0].record_count, 1);
    bench_close(on);
}

/* F1, F3: rollover at midnight in both directions; codes beyond the day. */
static void test_time_of_day(void **state)
{
    (void)state;
    static const struct {
        uint32_t tod;
        const char *receive, *expected;
    } cases[] = {
        { 0xA8BFFF, "2024-06-06T23:59:59.999Z", "2024-06-06T23:59:59.9921875Z" },
        { 0, "2024-06-06T23:59:59.999Z", "2024-06-07T00:00:00Z" },
        { 0, "2024-06-07T00:00:00.1Z", "2024-06-07T00:00:00Z" },
        { 0xA8BFFF, "2024-06-07T00:00:05Z", "2024-06-06T23:59:59.9921875Z" },
        { TOD_NOON, "2024-06-06T12:00:03Z", NOON },
    };
    bench *on = bench_open(64);
    bench_add(on, AP_SENSOR_MODE_S, SIC);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ap_cat048 plot = plot_048(cases[i].tod);
        SEND(on, 48, &plot, cases[i].receive);
        assert_int_equal(bench_last(on)->time_utc, utc(cases[i].expected));
    }
    size_t report_count = on->report_count;
    size_t refused_count = 0;
    for (uint32_t tod = 0xA8C000; tod <= 0xFFFFFF; tod += tod == 0xA8C000 ? 1 : 28307) {
        ap_cat048 plot = plot_048(tod); /* the last is 0xFFFFFF */
        SEND(on, 48, &plot, "2024-06-07T00:00:05Z");
        refused_count++;
    }
    assert_true(refused_count > 200);
    assert_int_equal(on->report_count, report_count);
    assert_int_equal(on->stats[0].refused.count[AP_REFUSED_TIME_RANGE], refused_count);
    ap_cat048 plot = plot_048(0);
    SEND(on, 48, &plot, "2024-06-07T00:00:05Z"); /* and the stream goes on */
    assert_int_equal(on->report_count, report_count + 1);
    bench_close(on);
}

/* F16: what is no address is none, however many aircraft say it. */
static void test_no_address(void **state)
{
    (void)state;
    static const uint32_t addresses[] = { 0, 0xFFFFFF, 0x3C6543 };
    bench *on = bench_open(64);
    bench_add(on, AP_SENSOR_MODE_S, SIC);
    for (size_t i = 0; i < 3; i++) {
        ap_cat048 plot = plot_048(TOD_NOON);
        plot.present |= AP_CAT048_I220;
        plot.i220 = addresses[i];
        SEND(on, 48, &plot, NOON);
        assert_int_equal(on->report_count, i + 1);
        assert_int_equal((bench_last(on)->present & AP_HAS_ADDRESS) != 0, i == 2);
    }
    bench_close(on);
}

/* F2: plots of the old day 5 s late, sensors that roll at different moments: the same times of
 * applicability, moved by half a day, as at noon. */
static void test_time_of_day_late_over_midnight(void **state)
{
    (void)state;
    bench *on = bench_open(64);
    bench_add(on, AP_SENSOR_MODE_S, SIC);
    ap_utc_ns noon = utc(NOON), midnight = utc("2024-06-07");
    for (int k = 0; k < 40; k++) {
        int64_t offset_128th_s = (k - 20) * 64; /* -10 s .. +10 s */
        ap_utc_ns offset_ns = offset_128th_s * 7812500;
        for (int at_midnight = 0; at_midnight < 2; at_midnight++) {
            int64_t tod = at_midnight ? offset_128th_s : (int64_t)TOD_NOON + offset_128th_s;
            tod = (tod + 11059200) % 11059200;
            ap_cat048 plot = plot_048((uint32_t)tod);
            datagram of = { .block = 0 };
            block_open(&of, 48);
            assert_int_equal(ap_cat048_encode(&of.writer, &plot), AP_OK);
            block_close(&of);
            ap_utc_ns base = at_midnight ? midnight : noon;
            ap_sense_asterix(&on->sense, 0, base + offset_ns + 5 * AP_NS_PER_S, of.writer.data,
                             of.writer.size);
            assert_int_equal(bench_last(on)->time_utc, base + offset_ns);
        }
        on->report_count = 0; /* noon is before midnight: receive times start over */
        bench_close(on);
        on = bench_open(64);
        bench_add(on, AP_SENSOR_MODE_S, SIC);
    }
    bench_close(on);
}

static ap_cat001 plot_001(void)
{
    return (ap_cat001){ .present =
                            AP_CAT001_I010 | AP_CAT001_I020 | AP_CAT001_I040 | AP_CAT001_I141,
                        .i010 = { 25, SIC },
                        .i020 = { .ssrpsr = 2 },
                        .i040 = { 60 * 128, 32768 },
                        .i141_128th_s = (43200 % 512) * 128 };
}

static void test_cat001_plot(void **state)
{
    (void)state;
    bench *on = bench_open(64);
    bench_add(on, AP_SENSOR_SSR, SIC);
    ap_cat001 plot = plot_001();
    plot.present |= AP_CAT001_I070 | AP_CAT001_I090 | AP_CAT001_I120;
    plot.i070.mode3a = 07700;
    plot.i090.hgt_4th_fl = -3;
    plot.i120_256th_nmips = -16;
    SEND(on, 01, &plot, "2024-06-06T12:00:00.3Z");
    const ap_report *report = bench_last(on);
    assert_int_equal(report->time_utc, utc(NOON));
    assert_near(report->range_m, 60 * 1852.0, 1e-9);
    assert_near(report->azimuth_rad, AP_PI, 1e-12);
    assert_int_equal(report->mode_3a, 07700);
    assert_int_equal(report->flags, AP_FLAG_SECONDARY | AP_FLAG_EMERGENCY);
    assert_near(report->pressure_altitude_m, -75 * 0.3048, 1e-9);
    assert_true(report->present & AP_HAS_DOPPLER);
    assert_near(report->doppler_mps, -1852.0 / 16, 1e-9);
    assert_true(report->doppler_sigma_mps > 1852.0 / 256 / sqrt(12.0));
    assert_near(report->doppler_ambiguity_mps, 0, 0);
    bench_close(on);
}

/* Later records of a block leave out their source and have it from the first. */
static void test_cat001_inherits_source(void **state)
{
    (void)state;
    bench *on = bench_open(64);
    bench_add(on, AP_SENSOR_SSR, SIC);
    datagram of = { .block = 0 };
    block_open(&of, 1);
    ap_cat001 plot = plot_001();
    assert_int_equal(ap_cat001_encode(&of.writer, &plot), AP_OK);
    plot.present &= ~(AP_CAT001_I010 | AP_CAT001_I141);
    assert_int_equal(ap_cat001_encode(&of.writer, &plot), AP_OK);
    block_close(&of);
    send_at(on, &of, "2024-06-06T12:00:00.25Z");
    assert_int_equal(on->report_count, 2);
    assert_int_equal(on->reports[1].sensor, 0);
    /* No time and no sector message: that of its reception. */
    assert_int_equal(on->reports[1].time_utc, utc("2024-06-06T12:00:00.25Z"));
    assert_int_equal(on->stats[0].block_count, 1);
    assert_int_equal(on->stats[0].record_count, 2);
    assert_int_equal(on->stats[0].byte_count, of.writer.size);
    bench_close(on);
}

static void test_markers_and_inherited_time(void **state)
{
    (void)state;
    bench *on = bench_open(64);
    bench_add(on, AP_SENSOR_SSR, SIC);
    ap_cat002 sector = { .present =
                             AP_CAT002_I010 | AP_CAT002_I000 | AP_CAT002_I020 | AP_CAT002_I030,
                         .i010 = { 25, SIC },
                         .i000 = 2,
                         .i020_turn8 = 64,
                         .i030_128th_s = TOD_NOON };
    datagram of = { .block = 0 };
    block_open(&of, 2);
    assert_int_equal(ap_cat002_encode(&of.writer, &sector), AP_OK);
    sector.i000 = 1;
    sector.i030_128th_s += 128;
    assert_int_equal(ap_cat002_encode(&of.writer, &sector), AP_OK);
    sector.i000 = 8; /* blind zone: of no use to a tracker */
    assert_int_equal(ap_cat002_encode(&of.writer, &sector), AP_OK);
    block_close(&of);
    ap_cat034 north = { .present = AP_CAT034_I010 | AP_CAT034_I000 | AP_CAT034_I030,
                        .i010 = { 25, SIC },
                        .i000 = 1,
                        .i030_128th_s = TOD_NOON + 256 };
    block_open(&of, 34);
    assert_int_equal(ap_cat034_encode(&of.writer, &north), AP_OK);
    block_close(&of);
    send_at(on, &of, "2024-06-06T12:00:02Z");
    assert_int_equal(on->report_count, 3);
    assert_int_equal(on->reports[0].kind, AP_REPORT_SECTOR);
    assert_near(on->reports[0].azimuth_rad, AP_PI / 2, 1e-12);
    assert_int_equal(on->reports[0].time_utc, utc(NOON));
    assert_int_equal(on->reports[1].kind, AP_REPORT_NORTH);
    assert_int_equal(on->reports[1].time_utc, utc("2024-06-06T12:00:01Z"));
    assert_int_equal(on->reports[2].kind, AP_REPORT_NORTH);
    assert_int_equal(on->stats[0].service_count, 4);
    assert_int_equal(on->stats[0].report_count, 0);
    assert_int_equal(on->stats[0].record_count, 4);
    assert_int_equal(on->stats[0].block_count, 2);
    ap_cat001 plot = plot_001();
    plot.present &= ~AP_CAT001_I141;
    SEND(on, 01, &plot, "2024-06-06T12:00:04Z");
    assert_int_equal(bench_last(on)->time_utc, utc("2024-06-06T12:00:02Z"));
    SEND(on, 01, &plot, "2024-06-06T12:05:00Z"); /* the marker is too old by now */
    assert_int_equal(bench_last(on)->time_utc, utc("2024-06-06T12:05:00Z"));
    bench_close(on);
}

static void test_cat020_target(void **state)
{
    (void)state;
    bench *on = bench_open(64);
    ap_cat020 target = { .present = AP_CAT020_I010 | AP_CAT020_I020 | AP_CAT020_I140 |
                                    AP_CAT020_I041 | AP_CAT020_I090 | AP_CAT020_I105 |
                                    AP_CAT020_I202 | AP_CAT020_I220 | AP_CAT020_I500,
                         .i010 = { 25, 9 },
                         .i020 = { .ms = 1, .gbs = 1 },
                         .i140_128th_s = TOD_NOON,
                         .i041 = { 9320676, -1491308 }, /* 50.0000026, -8.00000134 */
                         .i090 = { .fl_4th_fl = 400 },
                         .i105_25_4th_ft = 1600,
                         .i202 = { -400, 200 },
                         .i220 = 0xABCDEF };
    target.i500.present = AP_CAT020_I500_SDP | AP_CAT020_I500_SDH;
    target.i500.sdp.x_4th_m = 40;
    target.i500.sdp.y_4th_m = 80;
    target.i500.sdp.xy_4th = -28;
    target.i500.sdh_half_m = 30;
    SEND(on, 20, &target, NOON);
    const ap_report *report = bench_last(on);
    assert_int_equal(on->sensors[report->sensor].kind, AP_SENSOR_MLAT);
    assert_false(on->sensors[report->sensor].described);
    assert_string_equal(on->sensors[report->sensor].name, "SAC/SIC 025/009");
    assert_near(report->latitude_rad / AP_RAD_PER_DEG, 9320676 * 180.0 / 33554432, 1e-9);
    assert_near(report->longitude_rad / AP_RAD_PER_DEG, -1491308 * 180.0 / 33554432, 1e-9);
    assert_near(report->position_var_ee_m2, 100, 1e-9);
    assert_near(report->position_var_nn_m2, 400, 1e-9);
    assert_near(report->position_var_en_m2, -49, 1e-9);
    assert_near(report->pressure_altitude_m, 10000 * 0.3048, 1e-9);
    assert_near(report->geometric_height_m, 10000 * 0.3048, 1e-9);
    assert_near(report->geometric_height_sigma_m, 15, 1e-9);
    assert_near(report->east_mps, -100, 1e-9);
    assert_near(report->north_mps, 50, 1e-9);
    assert_int_equal(report->address, 0xABCDEF);
    assert_int_equal(report->flags, AP_FLAG_SECONDARY | AP_FLAG_ON_GROUND);
    /* A correlation beyond 1 is cut, not believed. */
    target.i500.sdp.xy_4th = 4000;
    SEND(on, 20, &target, NOON);
    assert_near(bench_last(on)->position_var_en_m2, 0.95 * 200, 1e-9);
    /* Cartesian needs a site. */
    target.present = (target.present & ~AP_CAT020_I041) | AP_CAT020_I042;
    SEND(on, 20, &target, NOON);
    assert_int_equal(on->report_count, 2);
    assert_int_equal(on->stats[0].refused.count[AP_REFUSED_SENSOR_UNKNOWN], 1);
    target.present &= ~AP_CAT020_I042;
    SEND(on, 20, &target, NOON);
    assert_int_equal(on->stats[0].refused.count[AP_REFUSED_POSITION_MISSING], 1);
    /* With a site it is placed over the plane. */
    ap_sensor *placed = bench_add(on, AP_SENSOR_MLAT, 10);
    target.present |= AP_CAT020_I042;
    target.i010.sic = 10;
    target.i042.x_half_m = 60000;
    target.i042.y_half_m = -20000;
    SEND(on, 20, &target, NOON);
    ap_geodetic place = { bench_last(on)->latitude_rad, bench_last(on)->longitude_rad,
                          10000 * 0.3048 };
    ap_vec3 enu = ap_enu_from_ecef(&placed->frame, ap_ecef_from_geodetic(place));
    assert_near(enu.x_m, 30000, 0.01);
    assert_near(enu.y_m, -10000, 0.01);
    bench_close(on);
}

static ap_cat021 target_021(void)
{
    return (ap_cat021){ .present = AP_CAT021_I010 | AP_CAT021_I040 | AP_CAT021_I080 |
                                   AP_CAT021_I130 | AP_CAT021_I073,
                        .i010 = { 25, 5 },
                        .i080 = 0x400F99,
                        .i130 = { 2330169, 372827 }, /* 50, 8 */
                        .i073_128th_s = TOD_NOON + 64 };
}

static void test_cat021_target(void **state)
{
    (void)state;
    bench *on = bench_open(64);
    ap_cat021 target = target_021();
    target.present |= AP_CAT021_I090 | AP_CAT021_I140 | AP_CAT021_I145 | AP_CAT021_I155 |
                      AP_CAT021_I160 | AP_CAT021_I170 | AP_CAT021_I020 | AP_CAT021_I070 |
                      AP_CAT021_I200 | AP_CAT021_I146;
    target.i090.nacp = 9;
    target.i090.nucpnic = 8;
    target.i090.nucrnacv = 2;
    target.i090.sil = 3;
    target.i140_25_4th_ft = 5600;
    target.i145_4th_fl = 1400;
    target.i155.bvr_25_4th_ftpmin = -160;
    target.i160.gs_16384th_nmips = 2048; /* 450 kt */
    target.i160.ta_turn16 = 49152;
    target.i170_icao6 = ap_asterix_icao6_raw("BAW73   ");
    target.i020 = 5;
    target.i070.mode3a = 02000;
    target.i200.ps = 3;
    target.i146.sas = 1;
    target.i146.alt_25_ft = 1480;
    SEND(on, 21, &target, "2024-06-06T12:00:01Z");
    const ap_report *report = bench_last(on);
    assert_int_equal(report->time_utc, utc("2024-06-06T12:00:00.5Z"));
    assert_int_equal(on->sensors[0].kind, AP_SENSOR_ADSB);
    assert_near(report->latitude_rad / AP_RAD_PER_DEG, 50, 1.1e-5);
    assert_near(report->position_var_ee_m2, pow(30 / 2.4477, 2), 1e-3);
    assert_int_equal(report->nac_p, 9);
    assert_int_equal(report->nic, 8);
    assert_int_equal(report->sil, 3);
    assert_near(report->geometric_height_m, 35000 * 0.3048, 1e-9);
    assert_near(report->pressure_altitude_m, 35000 * 0.3048, 1e-9);
    assert_near(report->up_mps, -1000 * 0.3048 / 60, 1e-9);
    assert_near(report->east_mps, -450 * 1852.0 / 3600, 1e-9);
    assert_near(report->north_mps, 0, 1e-6);
    assert_near(report->velocity_sigma_mps, 3 / 2.4477, 1e-4);
    assert_string_equal(report->callsign, "BAW73");
    assert_int_equal(report->emitter_category, 0xA5);
    assert_int_equal(report->mode_3a, 02000);
    assert_int_equal(report->flags, AP_FLAG_EMERGENCY);
    assert_near(report->selected_altitude_m, 37000 * 0.3048, 1e-9);
    bench_close(on);
}

/* Applicability before reception, high precision before plain, latency only on reception. */
static void test_cat021_times(void **state)
{
    (void)state;
    bench *on = bench_open(64);
    ap_sensor *station = bench_add(on, AP_SENSOR_ADSB, 5);
    station->latency_s = 0.25;
    ap_cat021 target = target_021();
    SEND(on, 21, &target, NOON);
    assert_int_equal(bench_last(on)->time_utc, utc("2024-06-06T12:00:00.25Z"));
    target.present |= AP_CAT021_I074;
    target.i074.tomrp_2pm30_s = 1u << 28; /* 0.25 s */
    static const char *const moved[3] = { NOON, "2024-06-06T12:00:01Z", "2024-06-06T11:59:59Z" };
    for (uint8_t fsi = 0; fsi < 3; fsi++) {
        target.i074.fsi = fsi & 3;
        SEND(on, 21, &target, NOON);
        assert_int_equal(bench_last(on)->time_utc, utc(moved[fsi]));
    }
    target.present |= AP_CAT021_I071;
    target.i071_128th_s = TOD_NOON - 128;
    SEND(on, 21, &target, NOON);
    assert_int_equal(bench_last(on)->time_utc, utc("2024-06-06T11:59:59Z"));
    bench_close(on);
}

static void test_cat021_positions(void **state)
{
    (void)state;
    bench *on = bench_open(64);
    ap_cat021 target = target_021();
    target.present |= AP_CAT021_I131;
    target.i131.lat_turn31 = -(1 << 29); /* -90 */
    target.i131.lon_turn31 = -(1 << 30); /* -180 */
    SEND(on, 21, &target, NOON);
    assert_near(bench_last(on)->latitude_rad, -AP_PI / 2, 1e-12);
    assert_near(bench_last(on)->longitude_rad, -AP_PI, 1e-12);
    target.i131.lat_turn31 -= 1;
    SEND(on, 21, &target, NOON);
    assert_int_equal(on->stats[0].refused.count[AP_REFUSED_POSITION_RANGE], 1);
    /* An address alone can carry the rest; without both there is nothing. */
    target.present &= ~(AP_CAT021_I131 | AP_CAT021_I130);
    SEND(on, 21, &target, NOON);
    assert_int_equal(on->report_count, 2);
    target.i080 = 0;
    SEND(on, 21, &target, NOON);
    assert_int_equal(on->stats[0].refused.count[AP_REFUSED_POSITION_MISSING], 1);
    target = target_021();
    target.i040.tst = 1;
    SEND(on, 21, &target, NOON);
    assert_int_equal(on->stats[0].refused.count[AP_REFUSED_TEST_TARGET], 1);
    target.i040.tst = 0;
    target.i040.atp = 3;
    SEND(on, 21, &target, NOON);
    assert_int_equal(bench_last(on)->address_kind, AP_ADDRESS_ANONYMOUS);
    bench_close(on);
}

static void test_cat062_track(void **state)
{
    (void)state;
    bench *on = bench_open(64);
    ap_cat062 track = { .present = AP_CAT062_I010 | AP_CAT062_I070 | AP_CAT062_I105 |
                                   AP_CAT062_I185 | AP_CAT062_I040 | AP_CAT062_I080 |
                                   AP_CAT062_I136 | AP_CAT062_I220 | AP_CAT062_I380 |
                                   AP_CAT062_I500 | AP_CAT062_I060 | AP_CAT062_I295,
                        .i010 = { 25, 2 },
                        .i070_128th_s = TOD_NOON,
                        .i105 = { 9320676, 1491308 },
                        .i185 = { 800, -400 },
                        .i040 = 4711,
                        .i060 = { .mode3a = 01000 },
                        .i136_4th_fl = 1320,
                        .i220_25_4th_ftpmin = 320 };
    track.i080.cst = 1;
    track.i380.present = AP_CAT062_I380_ADR | AP_CAT062_I380_ID | AP_CAT062_I380_EMC;
    track.i380.adr = 0x4CA123;
    track.i380.id_icao6 = ap_asterix_icao6_raw("RYR1AB");
    track.i380.emc = 3;
    track.i500.present = AP_CAT062_I500_APC | AP_CAT062_I500_ATV;
    track.i500.apc.x_half_m = 60;
    track.i500.apc.y_half_m = 80;
    track.i500.atv.x_4th_mps = 8;
    track.i500.atv.y_4th_mps = 12;
    track.i295.present = AP_CAT062_I295_MFL;
    track.i295.mfl_4th_s = 10;
    SEND(on, 62, &track, NOON);
    const ap_report *report = bench_last(on);
    assert_int_equal(on->sensors[0].kind, AP_SENSOR_TRACKER);
    assert_true(report->present & AP_HAS_ALTITUDE_AGE);
    assert_near(report->pressure_altitude_age_s, 2.5, 0);
    assert_int_equal(report->track_number, 4711);
    assert_int_equal(report->flags, AP_FLAG_EXTRAPOLATED);
    assert_near(report->east_mps, 200, 1e-9);
    assert_near(report->north_mps, -100, 1e-9);
    assert_near(report->velocity_sigma_mps, 3, 1e-9);
    assert_near(report->up_mps, 2000 * 0.3048 / 60, 1e-9);
    assert_near(report->position_var_ee_m2, 900, 1e-9);
    assert_near(report->position_var_nn_m2, 1600, 1e-9);
    assert_near(report->pressure_altitude_m, 33000 * 0.3048, 1e-9);
    assert_int_equal(report->address, 0x4CA123);
    assert_string_equal(report->callsign, "RYR1AB");
    assert_int_equal(report->emitter_category, 0xA3);
    track.i080.cnf = track.i080.tse = 1;
    track.present &= ~AP_CAT062_I136; /* an age of nothing */
    SEND(on, 62, &track, NOON);
    report = bench_last(on);
    assert_int_equal(report->flags, AP_FLAG_EXTRAPOLATED | AP_FLAG_TENTATIVE | AP_FLAG_ENDED);
    assert_false(report->present & AP_HAS_ALTITUDE_AGE);
    track.present &= ~AP_CAT062_I105;
    SEND(on, 62, &track, NOON);
    assert_int_equal(on->stats[0].refused.count[AP_REFUSED_POSITION_MISSING], 1);
    bench_close(on);
}

static void test_cat010_target(void **state)
{
    (void)state;
    bench *on = bench_open(64);
    bench_add(on, AP_SENSOR_SMR, SIC);
    ap_cat010 target = { .present = AP_CAT010_I010 | AP_CAT010_I000 | AP_CAT010_I020 |
                                    AP_CAT010_I140 | AP_CAT010_I040 | AP_CAT010_I202,
                         .i010 = { 25, SIC },
                         .i000 = 1,
                         .i020 = { .typ = 3, .gbs = 1 },
                         .i140_128th_s = TOD_NOON,
                         .i040 = { 2500, 8192 },
                         .i202 = { 40, -20 } };
    SEND(on, 10, &target, NOON);
    const ap_report *report = bench_last(on);
    assert_near(report->range_m, 2500, 1e-9);
    assert_near(report->azimuth_rad, AP_PI / 4, 1e-12);
    assert_near(report->east_mps, 10, 1e-9);
    assert_near(report->north_mps, -5, 1e-9);
    assert_int_equal(report->flags, AP_FLAG_PRIMARY | AP_FLAG_ON_GROUND);
    target.i000 = 3;
    SEND(on, 10, &target, NOON);
    assert_int_equal(on->stats[0].service_count, 1);
    /* Without a site only WGS-84 can be placed. */
    target.i000 = 1;
    target.i010.sic = 200;
    SEND(on, 10, &target, NOON);
    assert_int_equal(on->stats[1].refused.count[AP_REFUSED_SENSOR_UNKNOWN], 1);
    target.present |= AP_CAT010_I041;
    target.i041.lat_turn32 = 1 << 29; /* 45 */
    SEND(on, 10, &target, NOON);
    assert_near(bench_last(on)->latitude_rad, AP_PI / 4, 1e-12);
    assert_int_equal(on->report_count, 2);
    bench_close(on);
}

static void test_service_categories(void **state)
{
    (void)state;
    bench *on = bench_open(64);
    ap_cat065 status = { .present = AP_CAT065_I010 | AP_CAT065_I000 | AP_CAT065_I030,
                         .i010 = { 25, 2 },
                         .i000 = 1,
                         .i030_128th_s = TOD_NOON };
    SEND(on, 65, &status, NOON);
    assert_int_equal(on->stats[0].service_count, 1);
    assert_int_equal(on->sensors[0].kind, AP_SENSOR_TRACKER);
    assert_int_equal(on->report_count, 0);
    bench_close(on);
}

/* A damaged record costs the rest of its block, the next block is read; all is counted. */
static void test_faults_are_counted(void **state)
{
    (void)state;
    bench *on = bench_open(64);
    bench_add(on, AP_SENSOR_MODE_S, SIC);
    ap_cat048 plot = plot_048(TOD_NOON);
    datagram of = { .block = 0 };
    block_open(&of, 48);
    assert_int_equal(ap_cat048_encode(&of.writer, &plot), AP_OK);
    ap_write_u8(&of.writer, 0xFF); /* a record that runs past its block */
    ap_write_u8(&of.writer, 0x01);
    block_close(&of);
    ap_write_u8(&of.writer, 48); /* a block whose length cannot be */
    ap_write_u16(&of.writer, 2);
    ap_write_u8(&of.writer, 7);
    plot.i140_128th_s++;
    block_open(&of, 48);
    assert_int_equal(ap_cat048_encode(&of.writer, &plot), AP_OK);
    block_close(&of);
    ap_write_u8(&of.writer, 99); /* no category of ours */
    ap_write_u16(&of.writer, 5);
    ap_write_u16(&of.writer, 0);
    send_at(on, &of, NOON);
    assert_int_equal(on->report_count, 2);
    assert_int_equal(on->stats[0].refused.count[AP_REFUSED_RECORD_OVERRUN] +
                         on->stats[0].refused.count[AP_REFUSED_FSPEC],
                     1);
    const ap_refusals *refused = ap_sense_refused(&on->sense, 0);
    assert_int_equal(refused->count[AP_REFUSED_BLOCK_LENGTH], 1);
    assert_int_equal(refused->count[AP_REFUSED_GARBAGE_BYTES], 4);
    assert_int_equal(refused->count[AP_REFUSED_CATEGORY], 1);
    assert_int_equal(on->stats[0].block_count, 2);
    bench_close(on);
}

static void test_sensor_table_full(void **state)
{
    (void)state;
    bench *on = bench_open(64);
    for (uint8_t sic = 0; sic < BENCH_SENSOR_CAP + 3; sic++) {
        ap_cat021 target = target_021();
        target.i010.sic = sic;
        SEND(on, 21, &target, NOON);
    }
    assert_int_equal(on->table.count, BENCH_SENSOR_CAP);
    assert_int_equal(on->report_count, BENCH_SENSOR_CAP);
    assert_int_equal(ap_sense_refused(&on->sense, 0)->count[AP_REFUSED_SENSOR_TABLE_FULL], 3);
    bench_close(on);
}

/* One radar heard on two inputs, described apart for each. */
static void test_sensor_by_input(void **state)
{
    (void)state;
    bench *on = bench_open(64);
    bench_add(on, AP_SENSOR_MODE_S, SIC);
    bench_add(on, AP_SENSOR_MODE_S, SIC)->input = 0;
    for (uint16_t input = 0; input < 2; input++) {
        ap_cat048 plot = plot_048(TOD_NOON + input);
        datagram of = { .block = 0 };
        block_open(&of, 48);
        assert_int_equal(ap_cat048_encode(&of.writer, &plot), AP_OK);
        block_close(&of);
        ap_sense_asterix(&on->sense, input, utc(NOON), of.writer.data, of.writer.size);
    }
    assert_int_equal(on->reports[0].sensor, 1);
    assert_int_equal(on->reports[1].sensor, 0);
    bench_close(on);
}

/* A local track in the older format: Cartesian, coasted, with a number. */
static void test_cat001_track(void **state)
{
    (void)state;
    bench *on = bench_open(64);
    ap_sensor *radar = bench_add(on, AP_SENSOR_SSR, SIC);
    ap_cat001 track = { .present = AP_CAT001_I010 | AP_CAT001_I020 | AP_CAT001_I042 |
                                   AP_CAT001_I161 | AP_CAT001_I141,
                        .is_track = true,
                        .i010 = { 25, SIC },
                        .i020 = { .typ = 1, .ssrpsr = 0, .spi = 1, .sim = 1 },
                        .i161 = 33,
                        .i042 = { 40 * 64, -30 * 64 },
                        .i141_128th_s = (43200 % 512) * 128 };
    SEND(on, 01, &track, NOON);
    const ap_report *report = bench_last(on);
    assert_int_equal(report->track_number, 33);
    assert_int_equal(report->flags, AP_FLAG_EXTRAPOLATED | AP_FLAG_SPI | AP_FLAG_SIMULATED);
    ap_geodetic place = { report->latitude_rad, report->longitude_rad, radar->site.height_m };
    ap_vec3 enu = ap_enu_from_ecef(&radar->frame, ap_ecef_from_geodetic(place));
    assert_near(enu.x_m, 40 * 1852.0, 0.01);
    assert_near(enu.y_m, -30 * 1852.0, 0.01);
    track.present &= ~AP_CAT001_I042;
    SEND(on, 01, &track, NOON);
    track.present |= AP_CAT001_I040;
    track.i040.rho_128th_nmi = 400 * 128; /* beyond 1.2 times the coverage */
    radar->range_max_m = 400000;
    SEND(on, 01, &track, NOON);
    track.i020.rab = 1;
    SEND(on, 01, &track, NOON);
    assert_int_equal(on->stats[0].refused.count[AP_REFUSED_POSITION_MISSING], 1);
    assert_int_equal(on->stats[0].refused.count[AP_REFUSED_POSITION_RANGE], 1);
    assert_int_equal(on->stats[0].refused.count[AP_REFUSED_TEST_TARGET], 1);
    bench_close(on);
}

static void test_cat010_in_full(void **state)
{
    (void)state;
    bench *on = bench_open(64);
    bench_add(on, AP_SENSOR_SMR, SIC);
    ap_cat010 target = { .present = AP_CAT010_I010 | AP_CAT010_I000 | AP_CAT010_I020 |
                                    AP_CAT010_I140 | AP_CAT010_I042 | AP_CAT010_I060 |
                                    AP_CAT010_I220 | AP_CAT010_I245 | AP_CAT010_I090 |
                                    AP_CAT010_I091 | AP_CAT010_I161 | AP_CAT010_I200 |
                                    AP_CAT010_I170 | AP_CAT010_I500,
                         .i010 = { 25, SIC },
                         .i000 = 1,
                         .i020 = { .typ = 1, .sim = 1, .spi = 1 },
                         .i140_128th_s = TOD_NOON,
                         .i042 = { 1500, -700 },
                         .i060 = { .mode3a = 04321, .g = 1 },
                         .i220 = 0x3C1234,
                         .i245 = { .chr_icao6 = ap_asterix_icao6_raw("FOLLOW1") },
                         .i090 = { .fl_4th_fl = 12, .v = 1 },
                         .i091_25_4th_ft = 64,
                         .i161 = { .trk = 99 },
                         .i170 = { .cst = 1 },
                         .i200 = { .gsp_16384th_nmips = 91, .tra_turn16 = 16384 },
                         .i500 = { 8, 12, 4 } };
    SEND(on, 10, &target, NOON);
    const ap_report *report = bench_last(on);
    assert_int_equal(report->flags, AP_FLAG_SECONDARY | AP_FLAG_SIMULATED | AP_FLAG_SPI |
                                        AP_FLAG_EXTRAPOLATED | AP_FLAG_MODE_3A_GARBLED |
                                        AP_FLAG_ALTITUDE_UNVALIDATED);
    assert_int_equal(report->mode_3a, 04321);
    assert_string_equal(report->callsign, "FOLLOW1");
    assert_int_equal(report->address, 0x3C1234);
    assert_int_equal(report->track_number, 99);
    assert_near(report->pressure_altitude_m, 300 * 0.3048, 1e-9);
    assert_near(report->geometric_height_m, 400 * 0.3048, 1e-9);
    assert_near(report->east_mps, 91 * 1852.0 / 16384, 1e-9);
    assert_near(report->north_mps, 0, 1e-9);
    assert_near(report->position_var_ee_m2, 4, 1e-9);
    assert_near(report->position_var_nn_m2, 9, 1e-9);
    assert_near(report->position_var_en_m2, 1, 1e-9);
    target.present &= ~AP_CAT010_I042;
    SEND(on, 10, &target, NOON);
    assert_int_equal(on->stats[0].refused.count[AP_REFUSED_POSITION_MISSING], 1);
    target.i020.tst = 1;
    SEND(on, 10, &target, NOON);
    assert_int_equal(on->stats[0].refused.count[AP_REFUSED_TEST_TARGET], 1);
    target.i020.tst = 0;
    target.present |= AP_CAT010_I040;
    target.i040.rho_m = 60000; /* of a radar that sees 10 km */
    SEND(on, 10, &target, NOON);
    assert_int_equal(on->stats[0].refused.count[AP_REFUSED_POSITION_RANGE], 1);
    bench_close(on);
}

static void test_cat020_identity(void **state)
{
    (void)state;
    bench *on = bench_open(64);
    uint8_t mb_bytes[8];
    ap_writer mb = ap_writer_of(mb_bytes, sizeof mb_bytes);
    ap_cat020_i250_put(
        &mb, &(ap_cat020_i250){ .bdsdata = UINT64_C(0x8F39F91A7E27C4), .bds1 = 6, .bds2 = 0 });
    ap_cat020 target = { .present = AP_CAT020_I010 | AP_CAT020_I020 | AP_CAT020_I140 |
                                    AP_CAT020_I041 | AP_CAT020_I070 | AP_CAT020_I161 |
                                    AP_CAT020_I170 | AP_CAT020_I230 | AP_CAT020_I245 |
                                    AP_CAT020_I250,
                         .i010 = { 25, 9 },
                         .i020 = { .ssr = 1, .spi = 1, .sim = 1 },
                         .i140_128th_s = TOD_NOON,
                         .i041 = { 9320676, 1491308 },
                         .i161 = { .trn = 12 },
                         .i170 = { .cst = 1 },
                         .i070 = { .mode3a = 07600 },
                         .i230 = { .stat = 1 },
                         .i245 = { .chr_icao6 = ap_asterix_icao6_raw("        ") },
                         .i250 = { mb_bytes, 1 } };
    SEND(on, 20, &target, NOON);
    const ap_report *report = bench_last(on);
    assert_int_equal(report->flags, AP_FLAG_SECONDARY | AP_FLAG_SPI | AP_FLAG_SIMULATED |
                                        AP_FLAG_EXTRAPOLATED | AP_FLAG_ON_GROUND |
                                        AP_FLAG_EMERGENCY);
    assert_int_equal(report->track_number, 12);
    assert_false(report->present & AP_HAS_CALLSIGN); /* blanks are no name */
    assert_near(report->mach, 0.42, 1e-9);
    assert_near(report->position_var_ee_m2, 2500, 1e-9); /* the default of its kind */
    target.i020.rab = 1;
    SEND(on, 20, &target, NOON);
    assert_int_equal(on->stats[0].refused.count[AP_REFUSED_TEST_TARGET], 1);
    bench_close(on);
}

static void test_cat021_air_data(void **state)
{
    (void)state;
    bench *on = bench_open(64);
    ap_cat021 target = target_021();
    target.present |= AP_CAT021_I150 | AP_CAT021_I151 | AP_CAT021_I152 | AP_CAT021_I157 |
                      AP_CAT021_I161 | AP_CAT021_I165 | AP_CAT021_I230 | AP_CAT021_I200;
    target.i150.im = 1;
    target.i150.as = 780;
    target.i151.tas_kt = 450;
    target.i152_turn16 = 16384;
    target.i157.gvr_25_4th_ftpmin = 16;
    target.i161.trnum = 7;
    target.i165.tar_32th_degps = -48;
    target.i230_100th_deg = -2500;
    target.i200.ss = 3;
    target.i200.ps = 2; /* lifeguard */
    SEND(on, 21, &target, NOON);
    const ap_report *report = bench_last(on);
    assert_near(report->mach, 0.78, 1e-9);
    assert_near(report->true_airspeed_mps, 450 * 1852.0 / 3600, 1e-9);
    assert_near(report->heading_rad, AP_PI / 2, 1e-12);
    assert_near(report->up_mps, 100 * 0.3048 / 60, 1e-9);
    assert_int_equal(report->track_number, 7);
    assert_near(report->track_rate_radps, -1.5 * AP_RAD_PER_DEG, 1e-12);
    assert_near(report->roll_rad, -25 * AP_RAD_PER_DEG, 1e-12);
    assert_int_equal(report->flags, AP_FLAG_SPI);
    assert_near(report->position_var_ee_m2, 38 * 38, 1e-9); /* no I021/090: default */
    /* Indicated airspeed in the other reading; version 0 quality: one octet of I021/090. */
    target.i150.im = 0;
    target.i150.as = 1138; /* 250 kt */
    target.i151.re = 1;
    target.present |= AP_CAT021_I090;
    target.i090.nucpnic = 7;
    SEND(on, 21, &target, NOON);
    report = bench_last(on);
    assert_near(report->indicated_airspeed_mps, 1138 / 16384.0 * 1852, 1e-9);
    assert_false(report->present & AP_HAS_TRUE_AIRSPEED);
    assert_near(report->position_var_ee_m2, pow(92.6 / 2.4477, 2), 0.1);
    bench_close(on);
}

/* A record that states no position time has that of its velocity, else of its transmission. */
static void test_cat021_other_times(void **state)
{
    (void)state;
    static const struct {
        uint64_t item;
        uint32_t offset_128th_s;
    } cases[] = { { AP_CAT021_I072, 128 }, { AP_CAT021_I075, 256 }, { AP_CAT021_I077, 384 } };
    bench *on = bench_open(64);
    for (size_t i = 0; i < 3; i++) {
        ap_cat021 target = target_021();
        target.present = (target.present & ~AP_CAT021_I073) | cases[i].item;
        target.i072_128th_s = target.i075_128th_s = target.i077_128th_s =
            TOD_NOON + cases[i].offset_128th_s;
        SEND(on, 21, &target, NOON);
        assert_int_equal(bench_last(on)->time_utc,
                         utc(NOON) + cases[i].offset_128th_s * INT64_C(7812500));
    }
    ap_cat021 target = target_021();
    target.present |= AP_CAT021_I071;
    target.i071_128th_s = 0xFFFFFF;
    SEND(on, 21, &target, NOON);
    assert_int_equal(on->stats[0].refused.count[AP_REFUSED_TIME_RANGE], 1);
    bench_close(on);
}

static void test_cat062_in_full(void **state)
{
    (void)state;
    bench *on = bench_open(64);
    ap_cat062 track = { .present = AP_CAT062_I010 | AP_CAT062_I070 | AP_CAT062_I105 |
                                   AP_CAT062_I185 | AP_CAT062_I080 | AP_CAT062_I130 |
                                   AP_CAT062_I135 | AP_CAT062_I245 | AP_CAT062_I380 |
                                   AP_CAT062_I500,
                        .i010 = { 25, 2 },
                        .i070_128th_s = TOD_NOON,
                        .i105 = { -9320676, -1491308 },
                        .i185 = { 4, 8 },
                        .i130_25_4th_ft = 1600,
                        .i135 = { .ctb_4th_fl = 400 },
                        .i245 = { .chr_icao6 = ap_asterix_icao6_raw("TEST1") } };
    track.i080.spi = 1;
    track.i080.sim = 1;
    track.i080.me = 1;
    track.i380.present = AP_CAT062_I380_MHG | AP_CAT062_I380_TAS | AP_CAT062_I380_IAR |
                         AP_CAT062_I380_MAC | AP_CAT062_I380_SAL | AP_CAT062_I380_RAN |
                         AP_CAT062_I380_COM | AP_CAT062_I380_SAB;
    track.i380.mhg_turn16 = 32768;
    track.i380.tas_kt = 300;
    track.i380.iar_kt = 250;
    track.i380.mac_125th_mach = 50;
    track.i380.sal.sas = 1;
    track.i380.sal.alt_25_ft = 400;
    track.i380.ran_100th_deg = 1000;
    track.i380.com.stat = 5;
    track.i380.sab.gbs = 1;
    track.i500.present = AP_CAT062_I500_APC | AP_CAT062_I500_COV | AP_CAT062_I500_AGA;
    track.i500.apc.x_half_m = 20;
    track.i500.apc.y_half_m = 20;
    track.i500.cov_half_m = -10;
    track.i500.aga_25_4th_ft = 16;
    SEND(on, 62, &track, NOON);
    const ap_report *report = bench_last(on);
    assert_int_equal(report->flags,
                     AP_FLAG_SPI | AP_FLAG_SIMULATED | AP_FLAG_EMERGENCY | AP_FLAG_ON_GROUND);
    assert_string_equal(report->callsign, "TEST1");
    assert_near(report->heading_rad, AP_PI, 1e-12);
    assert_near(report->true_airspeed_mps, 300 * 1852.0 / 3600, 1e-9);
    assert_near(report->indicated_airspeed_mps, 250 * 1852.0 / 3600, 1e-9);
    assert_near(report->mach, 0.4, 1e-12);
    assert_near(report->selected_altitude_m, 10000 * 0.3048, 1e-9);
    assert_near(report->roll_rad, 10 * AP_RAD_PER_DEG, 1e-12);
    assert_near(report->pressure_altitude_m, 10000 * 0.3048, 1e-9);
    assert_near(report->geometric_height_m, 10000 * 0.3048, 1e-9);
    assert_near(report->geometric_height_sigma_m, 100 * 0.3048, 1e-9);
    assert_near(report->position_var_en_m2, -25, 1e-9);
    assert_near(report->velocity_sigma_mps, 5, 1e-9);
    track.i135.qnh = 1; /* corrected: no pressure altitude any more */
    SEND(on, 62, &track, NOON);
    assert_false(bench_last(on)->present & AP_HAS_PRESSURE_ALTITUDE);
    track.i105.lat_turn26 = INT32_MAX;
    SEND(on, 62, &track, NOON);
    assert_int_equal(on->stats[0].refused.count[AP_REFUSED_POSITION_RANGE], 1);
    bench_close(on);
}

/* Another edition is read where it says the same as the newest. */
static void test_older_editions(void **state)
{
    (void)state;
    bench *on = bench_open(64);
    bench_add(on, AP_SENSOR_MODE_S, SIC);
    on->editions.category[48] = ap_asterix_spec_find(48, "1.27");
    assert_non_null(on->editions.category[48]);
    ap_cat048 plot = plot_048(TOD_NOON);
    SEND(on, 48, &plot, NOON);
    assert_int_equal(on->report_count, 1);
    bench_close(on);
}

/* Editions 2.x of CAT021 differ in one place that sense can meet: the second octet of I021/271 has
 * an FX bit from 2.2 on. A record with that bit set is refused, not misread. */
static void test_later_editions_of_021(void **state)
{
    (void)state;
    static const char *const editions[] = { "2.1", "2.2", "2.3", "2.4", "2.5", "2.6", "2.7" };
    ap_cat021 target = target_021();
    target.present |= AP_CAT021_I271;
    target.i271.octet_count = 2;
    ap_report newest = { 0 };
    for (size_t i = 7; i-- > 0;) {
        bench *on = bench_open(64);
        on->editions.category[21] = ap_asterix_spec_find(21, editions[i]);
        assert_non_null(on->editions.category[21]);
        SEND(on, 21, &target, NOON);
        assert_int_equal(on->report_count, 1);
        if (i == 6)
            newest = *bench_last(on);
        assert_memory_equal(bench_last(on), &newest, sizeof newest);
        datagram of = { .block = 0 };
        block_open(&of, 21);
        assert_int_equal(ap_cat021_encode(&of.writer, &target), AP_OK);
        block_close(&of);
        of.writer.data[of.writer.size - 1] = 3; /* length and width 3, or spare bits with FX */
        ap_sense_asterix(&on->sense, 0, utc(NOON), of.writer.data, of.writer.size);
        assert_int_equal(on->report_count, 1);
        assert_int_equal(on->stats[0].refused.count[AP_REFUSED_ITEM] +
                             on->stats[0].refused.count[AP_REFUSED_RECORD_OVERRUN] +
                             ap_sense_refused(&on->sense, 0)->count[AP_REFUSED_RECORD_OVERRUN],
                         1);
        bench_close(on);
    }
}

/* Editions 0.2x of CAT021 have an order and layouts of their own. */
static void test_early_editions_of_021(void **state)
{
    (void)state;
    bench *on = bench_open(64);
    bench_add(on, AP_SENSOR_ADSB, SIC);
    on->editions.category[21] = ap_asterix_spec_find(21, "0.26");
    assert_non_null(on->editions.category[21]);
    static const uint8_t record[] = {
        21,   0,    47,   0xFD, 0x23, 0x73, 0x84,       /* */
        25,   SIC,                                      /* 010 */
        0x42, 0x20,                                     /* 040: on the ground, SPI, address type */
        0x54, 0x60, 0x00,                               /* 030: 43200 s */
        0x00, 0x80, 0x00, 0x00, 0xFF, 0x00, 0x00, 0x00, /* 130: 45 and -90 deg */
        0x40, 0x62, 0x1D,                               /* 080 */
        0x06, 0x40,                                     /* 140: 10,000 ft */
        0x01, 0x90,                                     /* 145: FL 100 */
        0xFF, 0x60,                                     /* 155: -1,000 ft/min */
        0x08, 0x00, 0x40, 0x00,                         /* 160: 450 kt, 90 deg */
        0x01, 0x08,                                     /* 165: 1 deg/s */
        0x04, 0x20, 0xF1, 0xCB, 0x38, 0x20,             /* 170: ABC123 */
        0x01, 0x03,                                     /* 200: emergency; 020 */
        0x0F, 0xC0                                      /* 070: 7700 */
    };
    ap_sense_asterix(&on->sense, 0, utc(NOON), record, sizeof record);
    assert_int_equal(on->report_count, 1);
    const ap_report *report = bench_last(on);
    assert_int_equal(report->time_utc, utc(NOON));
    assert_near(report->latitude_rad, 45 * AP_RAD_PER_DEG, 1e-12);
    assert_near(report->longitude_rad, -90 * AP_RAD_PER_DEG, 1e-12);
    assert_int_equal(report->address, 0x40621D);
    assert_near(report->geometric_height_m, 10000 * 0.3048, 1e-9);
    assert_near(report->pressure_altitude_m, 10000 * 0.3048, 1e-9);
    assert_near(report->east_mps, 0.125 * 1852, 1e-9);
    assert_near(report->track_rate_radps, AP_RAD_PER_DEG, 1e-12);
    assert_string_equal(report->callsign, "ABC123");
    assert_int_equal(report->mode_3a, 07700);
    assert_int_equal(report->flags & (AP_FLAG_ON_GROUND | AP_FLAG_SPI | AP_FLAG_EMERGENCY),
                     AP_FLAG_ON_GROUND | AP_FLAG_SPI | AP_FLAG_EMERGENCY);
    bench_close(on);
}

/* Without any time nothing can be told; without a source nothing can be attributed. */
static void test_records_without_time_or_source(void **state)
{
    (void)state;
    bench *on = bench_open(64);
    bench_add(on, AP_SENSOR_MODE_S, SIC);
    for (uint64_t drop = 0; drop < 2; drop++) {
        ap_cat048 plot = plot_048(TOD_NOON);
        plot.present &= drop ? ~AP_CAT048_I010 : ~AP_CAT048_I140;
        datagram of = { .block = 0 };
        block_open(&of, 48);
        assert_int_equal(ap_cat048_encode(&of.writer, &plot), AP_OK);
        block_close(&of);
        ap_sense_asterix(&on->sense, 0, AP_UTC_UNKNOWN, of.writer.data, of.writer.size);
        ap_sense_asterix(&on->sense, 2, utc(NOON), of.writer.data, of.writer.size);
    }
    assert_int_equal(on->report_count, 0);
    assert_int_equal(on->stats[0].refused.count[AP_REFUSED_TIME_MISSING], 1);
    assert_int_equal(ap_sense_refused(&on->sense, 0)->count[AP_REFUSED_SENSOR_UNKNOWN], 1);
    assert_int_equal(ap_refusals_total(ap_sense_refused(&on->sense, 2)), 0); /* no such input */
    bench_close(on);
}

/* A made-up name never repeats one of the sensors file. */
static void test_made_up_names_are_unique(void **state)
{
    (void)state;
    bench *on = bench_open(64);
    ap_sensor *described = bench_add(on, AP_SENSOR_ADSB, 77);
    snprintf(described->name, sizeof described->name, "SAC/SIC 025/005");
    ap_cat021 target = target_021();
    SEND(on, 21, &target, NOON);
    assert_string_equal(on->sensors[1].name, "SAC/SIC 025/005'");
    bench_close(on);
}

/* F9: datagrams that arrive up to five times, by one way or two. */
static void test_copies(void **state)
{
    (void)state;
    bench *on = bench_open(64);
    bench_add(on, AP_SENSOR_MODE_S, SIC);
    for (uint32_t k = 0; k < 10; k++) {
        ap_cat048 plot = plot_048(TOD_NOON + k);
        datagram of = { .block = 0 };
        block_open(&of, 48);
        assert_int_equal(ap_cat048_encode(&of.writer, &plot), AP_OK);
        plot.i040.theta_turn16++; /* at the same time, elsewhere */
        assert_int_equal(ap_cat048_encode(&of.writer, &plot), AP_OK);
        block_close(&of);
        for (uint16_t copy = 0; copy < 5; copy++)
            ap_sense_asterix(&on->sense, copy & 1, utc(NOON) + copy * 100 * AP_NS_PER_MS,
                             of.writer.data, of.writer.size);
    }
    assert_int_equal(on->report_count, 20);
    assert_int_equal(on->stats[0].refused.count[AP_REFUSED_DUPLICATE], 80);
    assert_int_equal(on->stats[0].record_count, 100);
    bench_close(on);
}

static void test_init_refuses(void **state)
{
    (void)state;
    bench *on = bench_open(64);
    ap_sense_config bad = on->config;
    bad.input_cap = 0;
    assert_int_equal(ap_sense_size(&bad), 0);
    bad = on->config;
    bad.aircraft_cap = 63;
    assert_int_equal(ap_sense_size(&bad), 0);
    bad = on->config;
    bad.on_report = NULL;
    assert_int_equal(ap_sense_size(&bad), 0);
    size_t size = ap_sense_size(&on->config);
    ap_sense other;
    assert_int_equal(ap_sense_init(&other, &on->config, on->mem, size / 2), AP_ERR_MEMORY);
    assert_int_equal(ap_sense_init(&other, &bad, on->mem, size), AP_ERR_ARGUMENT);
    bench_close(on);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cat048_plot_in_full),
        cmocka_unit_test(test_cat048_doppler),
        cmocka_unit_test(test_cat048_types),
        cmocka_unit_test(test_cat048_positions),
        cmocka_unit_test(test_radar_without_description),
        cmocka_unit_test(test_time_of_day),
        cmocka_unit_test(test_no_address),
        cmocka_unit_test(test_time_of_day_late_over_midnight),
        cmocka_unit_test(test_cat001_plot),
        cmocka_unit_test(test_cat001_inherits_source),
        cmocka_unit_test(test_markers_and_inherited_time),
        cmocka_unit_test(test_cat020_target),
        cmocka_unit_test(test_cat021_target),
        cmocka_unit_test(test_cat021_times),
        cmocka_unit_test(test_cat021_positions),
        cmocka_unit_test(test_cat062_track),
        cmocka_unit_test(test_cat010_target),
        cmocka_unit_test(test_service_categories),
        cmocka_unit_test(test_faults_are_counted),
        cmocka_unit_test(test_sensor_table_full),
        cmocka_unit_test(test_sensor_by_input),
        cmocka_unit_test(test_cat001_track),
        cmocka_unit_test(test_cat010_in_full),
        cmocka_unit_test(test_cat020_identity),
        cmocka_unit_test(test_cat021_air_data),
        cmocka_unit_test(test_cat021_other_times),
        cmocka_unit_test(test_cat062_in_full),
        cmocka_unit_test(test_older_editions),
        cmocka_unit_test(test_later_editions_of_021),
        cmocka_unit_test(test_early_editions_of_021),
        cmocka_unit_test(test_records_without_time_or_source),
        cmocka_unit_test(test_made_up_names_are_unique),
        cmocka_unit_test(test_copies),
        cmocka_unit_test(test_init_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
