#include "app/evaluate_bound.h"

#include <stdio.h>
#include <stdlib.h>

#include "app/sensors.h"

enum { TABLE_CAP = 512 };

#define UNLIMITED_M 1e7

/* Whether a bound can count with the sensor; what else tells positions, multilateration too, states
 * their accuracy report by report, which no description holds. */
static bool is_described(const ap_sensor *sensor)
{
    return sensor->kind != AP_SENSOR_ADSB && sensor->kind != AP_SENSOR_MLAT &&
           sensor->kind != AP_SENSOR_TRACKER && sensor->kind != AP_SENSOR_UNKNOWN &&
           sensor->has_site;
}

static ap_evaluation_sensor bound_of(const ap_sensor *sensor)
{
    return (ap_evaluation_sensor){
        .place = { .latitude_rad = sensor->site.latitude_rad,
                   .longitude_rad = sensor->site.longitude_rad },
        .interval_s = sensor->turn_s,
        .range_max_m = sensor->range_max_m > 0.0 ? sensor->range_max_m : UNLIMITED_M,
        .range_sigma_m = sensor->range_sigma_m,
        .azimuth_sigma_rad = sensor->azimuth_sigma_rad,
        .detection_probability = sensor->detection_probability,
    };
}

static void fill(ap_evaluate_run *run, const ap_sensor_table *table)
{
    for (uint16_t i = 0; i < table->count; i++) {
        const ap_sensor *sensor = &table->sensor[i];
        if (!is_described(sensor) || run->bound_count >= AP_EVALUATION_SENSOR_CAP) {
            snprintf(run->bound_note, sizeof run->bound_note,
                     is_described(sensor)
                         ? "no Cramer-Rao bound: '%s' is a sensor more than a bound can count with"
                         : "no Cramer-Rao bound: how accurate '%s' is only its reports tell; give "
                           "--recording too",
                     sensor->name);
            run->bound_count = 0;
            return;
        }
        run->bound[run->bound_count++] = bound_of(sensor);
    }
}

int ap_evaluate_read_bound(ap_evaluate_run *run, const char *sensors_path)
{
    const ap_command *command = run->options->command;
    ap_sensor_table table = { .cap = TABLE_CAP };
    if (!sensors_path) {
        snprintf(run->bound_note, sizeof run->bound_note,
                 "no Cramer-Rao bound: it needs a sensors file (-c) and a truth in degrees");
        return AP_EXIT_OK;
    }
    if (run->truth.set.frame != AP_TRAJECTORY_GEODETIC)
        return ap_command_fail(command, AP_EXIT_USAGE,
                               "--sensors needs a truth in degrees; this one is in metres of a "
                               "plane");
    table.sensor = calloc(table.cap, sizeof *table.sensor);
    table.stats = calloc(table.cap, sizeof *table.stats);
    int status = table.sensor && table.stats
                     ? ap_sensors_read(command, sensors_path, AP_INPUT_NONE, &table)
                     : ap_command_fail(command, AP_EXIT_SOFTWARE, "memory is exhausted");
    if (!status)
        fill(run, &table);
    free(table.sensor);
    free(table.stats);
    return status;
}
