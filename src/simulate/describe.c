#include "simulate/simulate.h"
#include "wire/json.h"

static void yaml_text(ap_writer *text, const char *key, const char *value)
{
    ap_text_str(text, "    ");
    ap_text_str(text, key);
    ap_text_str(text, ": ");
    ap_text_str(text, value);
    ap_text_str(text, "\n");
}

static void yaml_number(ap_writer *text, const char *key, double value, int decimals)
{
    ap_text_str(text, "    ");
    ap_text_str(text, key);
    ap_text_str(text, ": ");
    ap_text_fixed(text, value, decimals);
    ap_text_str(text, "\n");
}

static void yaml_identity(const ap_sensor *sensor, ap_writer *text)
{
    ap_text_str(text, "  - name: ");
    ap_text_str(text, sensor->name);
    ap_text_str(text, "\n");
    yaml_text(text, "kind", ap_sensor_kind_key(sensor->kind));
    if (sensor->has_sac_sic) {
        yaml_number(text, "sac", sensor->sac, 0);
        yaml_number(text, "sic", sensor->sic, 0);
    }
    if (sensor->input != AP_INPUT_NONE)
        yaml_number(text, "input", sensor->input + 1, 0); /* counted from 1 for people */
    if (sensor->has_receiver) {
        ap_text_str(text, "    receiver: \"");
        ap_text_hex_u32(text, (uint32_t)(sensor->receiver >> 32), 8);
        ap_text_hex_u32(text, (uint32_t)sensor->receiver, 8);
        ap_text_str(text, "\"\n");
        yaml_text(text, "clock", ap_clock_kind_key(sensor->clock));
    }
}

static void yaml_sensor(const ap_sensor *sensor, ap_writer *text)
{
    yaml_identity(sensor, text);
    yaml_number(text, "latitude_deg", sensor->site.latitude_rad / AP_RAD_PER_DEG, 9);
    yaml_number(text, "longitude_deg", sensor->site.longitude_rad / AP_RAD_PER_DEG, 9);
    yaml_number(text, "height_m", sensor->site.height_m, 3);
    yaml_number(text, "range_max_m", sensor->range_max_m, 1);
    yaml_number(text, "range_min_m", sensor->range_min_m, 1);
    yaml_number(text, "range_sigma_m", sensor->range_sigma_m, 3);
    yaml_number(text, "azimuth_sigma_deg", sensor->azimuth_sigma_rad / AP_RAD_PER_DEG, 6);
    if (sensor->range_resolution_m > 0.0 && sensor->azimuth_resolution_rad > 0.0) {
        yaml_number(text, "range_resolution_m", sensor->range_resolution_m, 3);
        yaml_number(text, "azimuth_resolution_deg", sensor->azimuth_resolution_rad / AP_RAD_PER_DEG,
                    6);
    }
    yaml_number(text, "position_sigma_m", sensor->position_sigma_m, 3);
    yaml_number(text, "altitude_sigma_m", sensor->altitude_sigma_m, 3);
    yaml_number(text, "latency_s", sensor->latency_s, 3);
    yaml_number(text, "turn_s", sensor->turn_s, 3);
    yaml_number(text, "detection_probability", sensor->detection_probability, 4);
    yaml_number(text, "clutter_per_turn", sensor->clutter_per_turn, 3);
}

void ap_simulate_sensors_yaml(const ap_simulate *sim, ap_writer *text)
{
    ap_text_str(text, "sensors:\n");
    for (uint32_t i = 0; i < ap_simulate_sensor_count(sim); i++)
        if (ap_simulate_sends(sim, i))
            yaml_sensor(ap_simulate_sensor(sim, i), text);
}

void ap_simulate_truth_csv_head(ap_writer *text)
{
    ap_text_str(text, "time_s,target_id,latitude_deg,longitude_deg,height_m,east_mps,north_mps,"
                      "up_mps,icao24,callsign,mode_3a,pressure_altitude_ft\n");
}

/* The altitude it is at, whatever a fault makes its transponder tell; none where a right
 * transponder tells none. */
static void csv_altitude(const ap_truth *truth, const ap_told *told, ap_writer *text)
{
    double altitude_ft = truth->pressure_altitude_m / AP_M_PER_FT;
    ap_text_str(text, ",");
    if (truth->has_pressure_altitude && told->answers && !told->on_ground &&
        altitude_ft >= AP_FAULTS_ALTITUDE_MIN_FT && altitude_ft <= AP_FAULTS_ALTITUDE_MAX_FT)
        ap_text_fixed(text, altitude_ft, 1);
}

void ap_simulate_truth_csv_row(const ap_simulate *sim, const ap_truth *truth, ap_writer *text)
{
    double time_s = ap_seconds_between(ap_simulate_start_utc(sim), truth->time_utc);
    ap_text_fixed(text, time_s, 6);
    ap_text_str(text, ",");
    ap_text_u64(text, truth->id);
    const struct {
        double value;
        int decimals;
    } columns[] = { { truth->position.latitude_rad / AP_RAD_PER_DEG, 9 },
                    { truth->position.longitude_rad / AP_RAD_PER_DEG, 9 },
                    { truth->position.height_m, 3 },
                    { truth->east_mps, 4 },
                    { truth->north_mps, 4 },
                    { truth->up_mps, 4 } };
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++) {
        ap_text_str(text, ",");
        ap_text_fixed(text, columns[i].value, columns[i].decimals);
    }
    ap_told told = ap_simulate_told(sim, truth);
    bool has_mode_s = told.answers && told.address != 0;
    ap_text_str(text, ",");
    if (has_mode_s)
        ap_text_hex_u32(text, told.address, 6);
    ap_text_str(text, ",");
    if (has_mode_s)
        ap_text_str(text, truth->callsign);
    ap_text_str(text, ",");
    if (told.answers)
        ap_text_octal(text, told.mode_3a, 4);
    csv_altitude(truth, &told, text);
    ap_text_str(text, "\n");
}
