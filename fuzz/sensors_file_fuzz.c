/* Any text: the table grows by a sound list of sensors, or stays and at least one error is told. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "app/sensors_file.h"

#define CAP 8

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void count_error(void *context, const ap_yaml_error *error)
{
    assert(error->line >= 0 && error->column >= 0);
    assert((error->line == 0) == (error->column == 0));
    assert(strstr(error->text, "; expected "));
    assert(!strchr(error->text, '\n'));
    ++*(size_t *)context;
}

static void check(const ap_sensor *sensor)
{
    assert(sensor->described && sensor->name[0]);
    assert(sensor->kind > AP_SENSOR_UNKNOWN && sensor->kind < AP_SENSOR_KIND_COUNT);
    /* a receiver alone may be known by its name */
    assert(sensor->has_sac_sic || sensor->input != AP_INPUT_NONE || sensor->kind == AP_SENSOR_ADSB);
    assert(sensor->turn_s > 0 && sensor->range_sigma_m > 0 && sensor->azimuth_sigma_rad > 0);
    assert(sensor->position_sigma_m > 0 && sensor->altitude_sigma_m > 0);
    assert(sensor->detection_probability > 0 && sensor->detection_probability < 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ap_sensor sensors[CAP];
    ap_sensor_stats stats[CAP];
    ap_sensor_table table = { .sensor = sensors, .stats = stats, .cap = CAP };
    size_t error_count = 0;
    ap_err err = ap_sensors_file_parse((const char *)data, size, &table, count_error, &error_count);
    assert((err == AP_OK) == (error_count == 0));
    assert((err == AP_OK) == (table.count > 0));
    for (uint16_t i = 0; i < table.count; i++) {
        check(&sensors[i]);
        for (uint16_t j = 0; j < i; j++)
            assert(strcmp(sensors[i].name, sensors[j].name) != 0);
    }
    return 0;
}
