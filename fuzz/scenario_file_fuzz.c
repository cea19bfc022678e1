/* Any text: a scenario whose indexes and ranges hold, or at least one error is told. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "app/scenario_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void count_error(void *context, const ap_yaml_error *error)
{
    assert(error->line >= 0 && error->column >= 0);
    assert((error->line == 0) == (error->column == 0));
    assert(strstr(error->text, "; expected "));
    assert(!strchr(error->text, '\n'));
    ++*(size_t *)context;
}

static void check_flight(const ap_scenario *scenario, const ap_scenario_flight *flight)
{
    bool follows = flight->leader != AP_SCENARIO_NONE;
    assert((flight->waypoint_count > 0) + (flight->path_count > 0) + follows + flight->falls == 1);
    assert(!follows || flight->leader < scenario->flight_count);
    assert(flight->start_s < flight->end_s);
    for (uint32_t i = 0; i < flight->waypoint_count; i++) {
        const ap_waypoint *waypoint = &scenario->waypoints[flight->waypoint_first + i];
        assert(waypoint->latitude_rad >= -AP_PI / 2 && waypoint->latitude_rad <= AP_PI / 2);
    }
}

static void check_sensor(const ap_scenario_sensor *sensor)
{
    assert(sensor->told.has_site && sensor->told.name[0] && sensor->port > 0);
    assert(sensor->told.has_sac_sic != sensor->told.has_receiver);
    assert(sensor->told.range_max_m > sensor->told.range_min_m);
    assert(sensor->told.turn_s > 0 && sensor->told.detection_probability < 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ap_scenario_file file;
    size_t error_count = 0;
    ap_err err = ap_scenario_file_parse(&file, (const char *)data, size, "/nonexistent/",
                                        count_error, &error_count);
    assert((err == AP_OK) == (error_count == 0));
    const ap_scenario *scenario = &file.scenario;
    for (uint32_t i = 0; i < scenario->flight_count; i++)
        check_flight(scenario, &scenario->flights[i]);
    for (uint32_t i = 0; i < scenario->sensor_count; i++)
        check_sensor(&scenario->sensors[i]);
    for (uint32_t i = 0; i < scenario->fault_count; i++) {
        const ap_scenario_fault *fault = &scenario->faults[i];
        assert(fault->sensor == AP_SCENARIO_NONE || fault->sensor < scenario->sensor_count);
        assert(fault->flight == AP_SCENARIO_NONE || fault->flight < scenario->flight_count);
    }
    ap_scenario_file_close(&file);
    return 0;
}
