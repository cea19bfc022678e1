#include "sense/test_bench.h"

#define START "2024-06-06T08:58:39Z"

static ap_aircraft_row squitter_row(void)
{
    return (ap_aircraft_row){ .present = AP_ROW_HAS_ADDRESS | AP_ROW_HAS_POSITION |
                                         AP_ROW_HAS_QUALITY | AP_ROW_HAS_ALTITUDE |
                                         AP_ROW_HAS_GROUND_SPEED | AP_ROW_HAS_TRACK |
                                         AP_ROW_HAS_VERTICAL_RATE | AP_ROW_HAS_CALLSIGN |
                                         AP_ROW_HAS_SQUAWK | AP_ROW_HAS_GROUND | AP_ROW_HAS_STATUS,
                              .time_utc = utc(START),
                              .position_utc = utc(START) - 500 * AP_NS_PER_MS,
                              .source = AP_ROW_SOURCE_ADSB_ICAO,
                              .address = 0x400F99,
                              .callsign = "BAW3AK",
                              .squawk = 07700,
                              .spi = true,
                              .latitude_deg = 43.5,
                              .longitude_deg = 1.25,
                              .altitude_ft = 10000,
                              .ground_speed_kt = 200,
                              .track_deg = 90,
                              .vertical_rate_fpm = -600,
                              .nic = 8,
                              .nac_p = 9,
                              .nac_v = 2,
                              .sil = 3 };
}

static void give(bench *on, uint16_t input, const ap_aircraft_row *row)
{
    ap_sense_row(&on->sense, input, utc(START), 100, AP_OK, row);
}

static void test_row_values(void **state)
{
    (void)state;
    bench *on = bench_open(100);
    ap_aircraft_row row = squitter_row();
    give(on, 0, &row);
    const ap_report *report = bench_last(on);
    assert_int_equal(report->time_utc, row.position_utc);
    assert_int_equal(report->address, 0x400F99);
    assert_string_equal(report->callsign, "BAW3AK");
    assert_int_equal(report->mode_3a, 07700);
    assert_int_equal(report->flags, AP_FLAG_SPI | AP_FLAG_EMERGENCY);
    assert_near(report->latitude_rad, 43.5 * AP_RAD_PER_DEG, 1e-12);
    assert_near(sqrt(report->position_var_ee_m2), 30.0 / 2.4477, 0.01); /* NACp 9: 30 m at 95 % */
    assert_near(report->pressure_altitude_m, 3048.0, 1e-9);
    assert_near(report->east_mps, 200 * 1852.0 / 3600.0, 1e-9);
    assert_near(report->up_mps, -3.048, 1e-9);
    assert_int_equal(report->nic, 8);
    assert_int_equal(on->sensors[report->sensor].kind, AP_SENSOR_ADSB);
    assert_string_equal(on->sensors[report->sensor].name, "receiver 1");
    bench_close(on);
}

/* Nothing that the ground has placed is of the input's own receiver. */
static void test_row_origins(void **state)
{
    (void)state;
    static const struct {
        ap_row_source source;
        uint32_t mlat, tisb;
        ap_sensor_kind kind;
        const char *name;
    } rows[] = {
        { AP_ROW_SOURCE_UNKNOWN, 0, 0, AP_SENSOR_ADSB, "receiver 2" },
        { AP_ROW_SOURCE_MLAT, 0, 0, AP_SENSOR_MLAT, "receiver 2 mlat" },
        { AP_ROW_SOURCE_MODE_S, AP_ROW_HAS_POSITION, 0, AP_SENSOR_MLAT, "receiver 2 mlat" },
        { AP_ROW_SOURCE_TISB_ICAO, 0, 0, AP_SENSOR_TRACKER, "receiver 2 tisb" },
        { AP_ROW_SOURCE_ADSB_ICAO, 0, AP_ROW_HAS_POSITION, AP_SENSOR_TRACKER, "receiver 2 tisb" },
        { AP_ROW_SOURCE_OTHER, 0, 0, AP_SENSOR_UNKNOWN, "receiver 2 other" },
        { AP_ROW_SOURCE_ADSB_ICAO, 0, 0, AP_SENSOR_ADSB, "receiver 2" },
    };
    bench *on = bench_open(100);
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
        ap_aircraft_row row = squitter_row();
        row.source = (uint8_t)rows[k].source;
        row.mlat = rows[k].mlat;
        row.tisb = rows[k].tisb;
        give(on, 1, &row);
        const ap_sensor *sensor = &on->sensors[bench_last(on)->sensor];
        assert_int_equal(sensor->kind, rows[k].kind);
        assert_string_equal(sensor->name, rows[k].name);
    }
    assert_int_equal(on->table.count, 4);
    bench_close(on);
}

static double sigma_of(bench *on, uint8_t nic, uint8_t nac_p, bool stated)
{
    ap_aircraft_row row = squitter_row();
    row.nic = nic;
    row.nac_p = nac_p;
    row.present &= stated ? ~0u : ~(uint32_t)AP_ROW_HAS_QUALITY;
    give(on, 0, &row);
    return sqrt(bench_last(on)->position_var_nn_m2);
}

static void test_row_sigma(void **state)
{
    (void)state;
    bench *on = bench_open(100);
    assert_near(sigma_of(on, 8, 10, true), ap_modes_sigma_of_nac_p(10), 1e-9);
    assert_near(sigma_of(on, 8, 0, true), ap_modes_sigma_of_nuc_p(7), 1e-9);
    assert_near(sigma_of(on, 11, 0, true), ap_modes_sigma_of_nuc_p(9), 1e-9);
    assert_near(sigma_of(on, 0, 0, true), 38.0, 1e-9);
    assert_near(sigma_of(on, 8, 10, false), 38.0, 1e-9);
    bench_close(on);
}

static void test_row_repeated(void **state)
{
    (void)state;
    bench *on = bench_open(100);
    ap_aircraft_row row = squitter_row();
    row.polled = true;
    give(on, 0, &row);
    row.time_utc += AP_NS_PER_S;
    give(on, 0, &row); /* asked again: the position is the same, and as old as it is */
    assert_int_equal(on->report_count, 1);
    assert_int_equal(on->stats[0].refused.count[AP_REFUSED_DUPLICATE], 1);
    row.latitude_deg += 1e-5;
    give(on, 0, &row);
    assert_int_equal(on->report_count, 2);
    row.polled = false;
    give(on, 0, &row); /* a line of its own is a message of its own */
    assert_int_equal(on->report_count, 3);
    give(on, 1, &row); /* heard by another receiver */
    assert_int_equal(on->report_count, 3);
    assert_int_equal(on->stats[1].refused.count[AP_REFUSED_DUPLICATE], 1);
    bench_close(on);
}

static void test_row_refused(void **state)
{
    (void)state;
    bench *on = bench_open(100);
    ap_aircraft_row row = squitter_row();
    row.position_utc = utc(START) + 3 * AP_NS_PER_S;
    give(on, 0, &row);
    assert_int_equal(on->stats[0].refused.count[AP_REFUSED_TIME_RANGE], 1);
    row = squitter_row();
    row.address = 0;
    row.present &= ~(uint32_t)AP_ROW_HAS_POSITION;
    give(on, 0, &row);
    assert_int_equal(on->stats[0].refused.count[AP_REFUSED_POSITION_MISSING], 1);
    ap_sense_row(&on->sense, 0, AP_UTC_UNKNOWN, 100, AP_OK, &row);
    assert_int_equal(on->stats[0].refused.count[AP_REFUSED_TIME_MISSING], 1);
    ap_sense_row(&on->sense, 0, utc(START), 100, AP_ERR_MALFORMED, &row);
    assert_int_equal(ap_sense_refused(&on->sense, 0)->count[AP_REFUSED_SYNTAX], 1);
    assert_int_equal(on->report_count, 0);
    bench_close(on);
}

/* A row without times of its own has that of its receipt; one without position is a report too. */
static void test_row_without_times(void **state)
{
    (void)state;
    bench *on = bench_open(100);
    ap_aircraft_row row = { .present = AP_ROW_HAS_ADDRESS | AP_ROW_HAS_EMERGENCY,
                            .time_utc = AP_UTC_UNKNOWN,
                            .position_utc = AP_UTC_UNKNOWN,
                            .address = 0x2A0001,
                            .address_kind = AP_ADDRESS_TRACK_FILE,
                            .emergency = AP_ROW_EMERGENCY_UNLAWFUL,
                            .extrapolated = true };
    give(on, 0, &row);
    assert_int_equal(bench_last(on)->time_utc, utc(START));
    assert_int_equal(bench_last(on)->present, AP_HAS_ADDRESS);
    assert_int_equal(bench_last(on)->address_kind, AP_ADDRESS_TRACK_FILE);
    assert_int_equal(bench_last(on)->flags, AP_FLAG_EMERGENCY | AP_FLAG_EXTRAPOLATED);
    bench_close(on);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_row_values),  cmocka_unit_test(test_row_origins),
        cmocka_unit_test(test_row_sigma),   cmocka_unit_test(test_row_repeated),
        cmocka_unit_test(test_row_refused), cmocka_unit_test(test_row_without_times),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
