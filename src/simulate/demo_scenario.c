#include "simulate/demo_scenario.h"

#include <math.h>
#include <string.h>

#define SAC 250 /* not assigned to a state */
#define ARRIVAL_SIGMA_S 30e-9
#define CONE_RAD (50.0 * AP_RAD_PER_DEG)

/* What stands where: bearing and distance from the reference. The radars form a triangle with
 * sides of 100 km. */
typedef struct site_row {
    const char *name;
    ap_sensor_kind kind;
    ap_sensor_format format;
    uint8_t sic; /* 0: no codes */
    double bearing_deg, distance_m, height_m;
    double turn_s, range_min_m, range_max_m, detection_probability;
} site_row;

/* clang-format off */
static const site_row site_rows[AP_DEMO_SENSOR_COUNT] = {
    { "North radar", AP_SENSOR_COMBINED, AP_SENSOR_FORMAT_CAT048, 1,
      0.0, 57735.0, 85.0, 4.0, 900.0, 150e3, 0.97 },
    { "East radar", AP_SENSOR_COMBINED, AP_SENSOR_FORMAT_CAT048, 2,
      120.0, 57735.0, 110.0, 5.2, 900.0, 220e3, 0.97 },
    { "West radar", AP_SENSOR_COMBINED, AP_SENSOR_FORMAT_CAT048, 3,
      240.0, 57735.0, 95.0, 8.1, 900.0, 280e3, 0.97 },
    { "Multilateration", AP_SENSOR_MLAT, AP_SENSOR_FORMAT_CAT020, 4,
      0.0, 0.0, 70.0, 1.0, 0.0, 200e3, 0.92 },
    { "Receiver", AP_SENSOR_ADSB, AP_SENSOR_FORMAT_BEAST, 0,
      45.0, 20e3, 75.0, 1.0, 0.0, 400e3, 0.95 },
};
/* clang-format on */

ap_demo_scenario_config ap_demo_scenario_config_default(void)
{
    return (ap_demo_scenario_config){
        .seed = 1,
        .start_utc = INT64_C(1709294400) * AP_NS_PER_S, /* 2024-03-01T12:00:00Z */
        .duration_s = 600.0,
        .reference = { 56.0 * AP_RAD_PER_DEG, 3.5 * AP_RAD_PER_DEG, 0.0 },
        .area_radius_m = 150e3,
        .flight_count = 60,
        .sensors = AP_DEMO_SENSORS_ALL,
        .height_offset_m = 92.0,
        .clutter_per_turn = 5.0,
        .registers = true,
    };
}

static void describe(const site_row *row, const ap_enu_frame *plane, ap_sensor *sensor)
{
    double bearing_rad = row->bearing_deg * AP_RAD_PER_DEG;
    *sensor = (ap_sensor){ .described = true, .input = AP_INPUT_NONE };
    ap_sensor_defaults(sensor, row->kind);
    memcpy(sensor->name, row->name, strlen(row->name) + 1);
    sensor->has_sac_sic = row->sic != 0;
    sensor->sac = row->sic != 0 ? SAC : 0;
    sensor->sic = row->sic;
    if (row->format == AP_SENSOR_FORMAT_BEAST)
        sensor->input = AP_DEMO_INPUT_BEAST;
    /* Beside the steps of 25 ft that a report can state, Mode C has steps of 100 ft. */
    sensor->altitude_sigma_m = row->format == AP_SENSOR_FORMAT_BEAST ? 2.0 : 9.0;
    sensor->turn_s = row->turn_s;
    sensor->range_min_m = row->range_min_m;
    sensor->range_max_m = row->range_max_m;
    sensor->detection_probability = row->detection_probability;
    ap_vec3 offset = { row->distance_m * sin(bearing_rad), row->distance_m * cos(bearing_rad),
                       0.0 };
    ap_geodetic site = ap_geodetic_from_ecef(ap_ecef_from_enu(plane, offset));
    site.height_m = row->height_m;
    (void)ap_sensor_place(sensor, site); /* in range: near the reference */
}

static void make_sensor(const ap_demo_scenario_config *config, const ap_enu_frame *plane,
                        uint32_t index, ap_scenario_sensor *sensor)
{
    *sensor = (ap_scenario_sensor){ .format = site_rows[index].format,
                                    .silent = !(config->sensors >> index & 1u),
                                    .arrival_sigma_s = ARRIVAL_SIGMA_S,
                                    .cone_rad = CONE_RAD };
    describe(&site_rows[index], plane, &sensor->told);
    if (index >= AP_DEMO_RADAR_COUNT)
        return;
    sensor->told.clutter_per_turn = config->clutter_per_turn;
    sensor->registers = config->registers;
    sensor->range_bias_m = config->radar_range_bias_m[index];
    sensor->azimuth_bias_rad = config->radar_azimuth_bias_rad[index];
}

void ap_demo_scenario_make(ap_demo_scenario *demo, const ap_demo_scenario_config *config)
{
    ap_geodetic reference = config->reference;
    reference.height_m = 0.0;
    ap_enu_frame plane = ap_enu_frame_at(reference);
    *demo = (ap_demo_scenario){ 0 };
    demo->generator = (ap_scenario_generator){ .kind = AP_GENERATOR_MIXED,
                                               .flight_count = config->flight_count,
                                               .latitude_rad = reference.latitude_rad,
                                               .longitude_rad = reference.longitude_rad,
                                               .radius_m = config->area_radius_m,
                                               .end_s = config->duration_s,
                                               .adsb_share = 1.0 };
    demo->scenario = (ap_scenario){ .name = "demo",
                                    .seed = config->seed,
                                    .start_utc = config->start_utc,
                                    .duration_s = config->duration_s,
                                    .reference = reference,
                                    .height_offset_m = config->height_offset_m,
                                    .generators = &demo->generator,
                                    .generator_count = 1,
                                    .sensors = demo->sensors,
                                    .sensor_count = AP_DEMO_SENSOR_COUNT,
                                    .truth_step_s = 1.0 };
    for (uint32_t i = 0; i < AP_DEMO_SENSOR_COUNT; i++)
        make_sensor(config, &plane, i, &demo->sensors[i]);
}
