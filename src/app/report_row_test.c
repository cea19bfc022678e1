/* Rows to reports and back: what sense and publish make of each other's. */
#include "publish/report_row.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "sense/sense.h"
#include "wire/feed/test_row.h"

static ap_report last;

static void keep(void *context, const ap_report *report)
{
    *(unsigned *)context += 1;
    last = *report;
}

typedef struct stage {
    ap_sensor sensors[8];
    ap_sensor_stats stats[8];
    ap_sensor_table table;
    ap_receiver_table receivers;
    uint8_t receiver_mem[2048];
    ap_asterix_editions editions;
    ap_sense sense;
    unsigned count;
    void *mem;
} stage;

static stage *open_stage(void)
{
    stage *on = calloc(1, sizeof *on);
    on->table = (ap_sensor_table){ .sensor = on->sensors, .stats = on->stats, .cap = 8 };
    ap_asterix_editions_default(&on->editions);
    assert_int_equal(ap_receiver_table_init(&on->receivers, &on->table, 1, 0, on->receiver_mem,
                                            sizeof on->receiver_mem),
                     AP_OK);
    ap_sense_config config = { .sensors = &on->table,
                               .receivers = &on->receivers,
                               .input_cap = 1,
                               .aircraft_cap = 100,
                               .editions = &on->editions,
                               .on_report = keep,
                               .context = &on->count };
    size_t size = ap_sense_size(&config);
    on->mem = malloc(size);
    assert_int_equal(ap_sense_init(&on->sense, &config, on->mem, size), AP_OK);
    return on;
}

#define assert_near(a, b, tolerance) assert_true(fabs((a) - (b)) <= (tolerance))

static void assert_same(const ap_aircraft_row *row, const ap_aircraft_row *again)
{
    const uint32_t lost = AP_ROW_HAS_REGISTRATION | AP_ROW_HAS_AIRCRAFT_TYPE |
                          AP_ROW_HAS_HEIGHT_RATE | AP_ROW_HAS_TRUE_HEADING |
                          AP_ROW_HAS_SELECTED_HEADING | AP_ROW_HAS_BARO_SETTING |
                          AP_ROW_HAS_CONTAINMENT | AP_ROW_HAS_ADSB_VERSION | AP_ROW_HAS_SIGNAL |
                          AP_ROW_HAS_MESSAGE_COUNT;
    const uint32_t flags = AP_ROW_HAS_GROUND | AP_ROW_HAS_STATUS | AP_ROW_HAS_EMERGENCY;
    assert_int_equal(again->present & ~flags, row->present & ~lost & ~flags);
    assert_int_equal((again->present & AP_ROW_HAS_GROUND) && again->on_ground, row->on_ground);
    assert_int_equal((again->present & AP_ROW_HAS_STATUS) && again->spi, row->spi);
    assert_int_equal(again->address, row->address);
    assert_int_equal(again->address_kind, row->address_kind);
    assert_int_equal(again->position_utc, row->position_utc);
    assert_int_equal(again->squawk, row->squawk);
    assert_string_equal(again->callsign, row->callsign);
    assert_int_equal(again->emitter_category, row->emitter_category);
    assert_int_equal(again->altitude_ft, row->altitude_ft);
    assert_int_equal(again->height_ft, row->height_ft);
    assert_int_equal(again->vertical_rate_fpm, row->vertical_rate_fpm);
    assert_int_equal(again->selected_altitude_ft, row->selected_altitude_ft);
    assert_near(again->latitude_deg, row->latitude_deg, 1e-12);
    assert_near(again->longitude_deg, row->longitude_deg, 1e-12);
    assert_near(again->ground_speed_kt, row->ground_speed_kt, 1e-9);
    assert_near(again->track_deg, row->track_deg, 1e-9);
    assert_near(again->roll_deg, row->roll_deg, 1e-9);
    assert_near(again->track_rate_degps, row->track_rate_degps, 1e-9);
    assert_near(again->magnetic_heading_deg, row->magnetic_heading_deg, 1e-9);
    assert_near(again->true_airspeed_kt, row->true_airspeed_kt, 1e-9);
    assert_near(again->indicated_airspeed_kt, row->indicated_airspeed_kt, 1e-9);
    assert_near(again->mach, row->mach, 1e-12);
    assert_int_equal(again->nic, row->nic);
    assert_int_equal(again->nac_p, row->nac_p);
    assert_int_equal(again->sil, row->sil);
}

static void test_round_trip(void **state)
{
    (void)state;
    stage *on = open_stage();
    for (uint32_t seed = 1; seed <= 500; seed++) {
        static const ap_row_source sources[] = { AP_ROW_SOURCE_ADSB_ICAO, AP_ROW_SOURCE_MLAT,
                                                 AP_ROW_SOURCE_TISB_ICAO, AP_ROW_SOURCE_OTHER };
        ap_aircraft_row row = test_row_any(seed), again;
        row.source = (uint8_t)sources[seed % 4];
        row.on_ground = seed % 5 == 0;
        ap_sense_row(&on->sense, 0, row.time_utc, 1, AP_OK, &row);
        assert_int_equal(on->count, seed);
        assert_true(ap_report_is_sound(&last));
        last.receiver_count = (uint16_t)seed;
        ap_row_of_report(&last, on->sensors[last.sensor].kind, &again);
        assert_int_equal(again.source, row.source);
        assert_int_equal(ap_row_is_synthetic(&again), ap_row_is_synthetic(&row));
        assert_int_equal(again.receiver_count, seed);
        assert_same(&row, &again);
    }
    free(on->mem);
    free(on);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_round_trip) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
