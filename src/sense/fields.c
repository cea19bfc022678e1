#include "sense/fields.h"

#include <math.h>
#include <string.h>

#include "airpicture/asterix.h"

#define RANGE_MARGIN 1.2 /* of the coverage: a limit of belief, not of the sensor */
#define LOCAL_MAX_M 1e6  /* a tangent plane is of no use beyond */
#define SIGMA_MIN_M 0.1
#define CORRELATION_MAX 0.95
#define SPEED_MAX_MPS 12000.0 /* beyond re-entry */

bool ap_sense_set_polar(ap_report *report, const ap_sensor *sensor, double range_m,
                        double azimuth_rad)
{
    if (sensor->range_max_m > 0 && range_m > sensor->range_max_m * RANGE_MARGIN)
        return false;
    report->present |= AP_HAS_POLAR;
    report->range_m = fmax(range_m - sensor->range_bias_m, 0.0);
    report->azimuth_rad = ap_wrap_two_pi(azimuth_rad - sensor->azimuth_bias_rad);
    report->range_sigma_m = sensor->range_sigma_m;
    report->azimuth_sigma_rad = sensor->azimuth_sigma_rad;
    return true;
}

bool ap_sense_set_position(ap_report *report, double latitude_deg, double longitude_deg,
                           double sigma_m)
{
    if (!(fabs(latitude_deg) <= 90.0) || !(fabs(longitude_deg) <= 180.0))
        return false;
    report->present |= AP_HAS_POSITION;
    report->latitude_rad = fmin(fmax(latitude_deg * AP_RAD_PER_DEG, -AP_PI / 2), AP_PI / 2);
    report->longitude_rad = ap_wrap_pi(longitude_deg * AP_RAD_PER_DEG);
    ap_sense_set_covariance(report, sigma_m, sigma_m, 0.0);
    return true;
}

void ap_sense_set_covariance(ap_report *report, double sigma_east_m, double sigma_north_m,
                             double covariance_m2)
{
    double east_m = fmax(sigma_east_m, SIGMA_MIN_M), north_m = fmax(sigma_north_m, SIGMA_MIN_M);
    double most_m2 = CORRELATION_MAX * east_m * north_m;
    report->position_var_ee_m2 = east_m * east_m;
    report->position_var_nn_m2 = north_m * north_m;
    report->position_var_en_m2 = fmin(fmax(covariance_m2, -most_m2), most_m2);
}

/* Height to place a target at, above the ellipsoid. A pressure altitude may be off by 200 m, which
 * moves the place by 3 m at 100 km. */
static double height_of(const ap_report *report, const ap_sensor *sensor)
{
    if (report->present & AP_HAS_GEOMETRIC_HEIGHT)
        return report->geometric_height_m;
    if (report->present & AP_HAS_PRESSURE_ALTITUDE)
        return report->pressure_altitude_m;
    return sensor->site.height_m;
}

bool ap_sense_set_local(ap_report *report, const ap_sensor *sensor, double east_m, double north_m,
                        double sigma_m)
{
    if (!(hypot(east_m, north_m) <= LOCAL_MAX_M))
        return false;
    ap_vec3 enu = { east_m, north_m, 0.0 };
    ap_geodetic position = ap_geodetic_from_ecef(ap_ecef_from_enu(&sensor->frame, enu));
    double height_m = height_of(report, sensor);
    for (int i = 0; i < 3; i++) { /* each step leaves (distance / radius)^2 of the error */
        enu.z_m += height_m - position.height_m;
        position = ap_geodetic_from_ecef(ap_ecef_from_enu(&sensor->frame, enu));
    }
    return ap_sense_set_position(report, position.latitude_rad / AP_RAD_PER_DEG,
                                 position.longitude_rad / AP_RAD_PER_DEG, sigma_m);
}

void ap_sense_set_altitude(ap_report *report, const ap_sensor *sensor, double altitude_ft,
                           double step_ft)
{
    double step_m = step_ft * AP_M_PER_FT;
    report->present |= AP_HAS_PRESSURE_ALTITUDE;
    report->pressure_altitude_m = altitude_ft * AP_M_PER_FT;
    report->pressure_altitude_step_m = step_m;
    /* A value rounded to a step is uniform over it: variance step^2 / 12. */
    report->pressure_altitude_sigma_m =
        sqrt(sensor->altitude_sigma_m * sensor->altitude_sigma_m + step_m * step_m / 12.0);
}

void ap_sense_set_height(ap_report *report, double height_ft, double sigma_m)
{
    report->present |= AP_HAS_GEOMETRIC_HEIGHT;
    report->geometric_height_m = height_ft * AP_M_PER_FT;
    report->geometric_height_sigma_m = fmax(sigma_m, SIGMA_MIN_M);
}

void ap_sense_set_mode_3a(ap_report *report, uint16_t code, bool unvalidated, bool garbled)
{
    report->present |= AP_HAS_MODE_3A;
    report->mode_3a = code & 07777;
    report->flags |= unvalidated ? AP_FLAG_MODE_3A_UNVALIDATED : 0;
    report->flags |= garbled ? AP_FLAG_MODE_3A_GARBLED : 0;
    bool emergency = code == 07500 || code == 07600 || code == 07700;
    if (emergency && !unvalidated && !garbled)
        report->flags |= AP_FLAG_EMERGENCY;
}

void ap_sense_flag_altitude(ap_report *report, bool unvalidated, bool garbled)
{
    report->flags |= unvalidated ? AP_FLAG_ALTITUDE_UNVALIDATED : 0;
    report->flags |= garbled ? AP_FLAG_ALTITUDE_GARBLED : 0;
}

void ap_sense_set_address(ap_report *report, uint32_t address, ap_address_kind kind)
{
    if (address == 0 || address >= 0xFFFFFF)
        return;
    report->present |= AP_HAS_ADDRESS;
    report->address = address;
    report->address_kind = (uint8_t)kind;
}

void ap_sense_set_callsign6(ap_report *report, uint64_t icao6)
{
    char text[9];
    ap_asterix_icao6_text(icao6, text);
    ap_sense_set_callsign(report, text);
}

void ap_sense_set_callsign(ap_report *report, const char *text)
{
    if (text[strspn(text, " ?")] == '\0')
        return;
    report->present |= AP_HAS_CALLSIGN;
    ap_callsign_copy(report->callsign, text, strlen(text));
}

void ap_sense_set_velocity(ap_report *report, double east_mps, double north_mps, double sigma_mps)
{
    if (!(east_mps * east_mps + north_mps * north_mps <= SPEED_MAX_MPS * SPEED_MAX_MPS))
        return;
    report->present |= AP_HAS_VELOCITY;
    report->east_mps = east_mps;
    report->north_mps = north_mps;
    report->velocity_sigma_mps = sigma_mps;
}

void ap_sense_set_ground_vector(ap_report *report, double speed_mps, double track_rad,
                                double sigma_mps)
{
    ap_sense_set_velocity(report, speed_mps * sin(track_rad), speed_mps * cos(track_rad),
                          sigma_mps);
}

void ap_sense_set_vertical_rate(ap_report *report, double rate_fpm, double sigma_mps)
{
    report->present |= AP_HAS_VERTICAL_RATE;
    report->up_mps = rate_fpm * AP_M_PER_FT / 60.0;
    report->up_sigma_mps = sigma_mps;
}

void ap_sense_set_doppler(ap_report *report, const ap_sensor *sensor, double speed_mps,
                          double step_mps, double ambiguity_mps)
{
    report->present |= AP_HAS_DOPPLER;
    report->doppler_mps = speed_mps;
    report->doppler_sigma_mps =
        sqrt(sensor->doppler_sigma_mps * sensor->doppler_sigma_mps + step_mps * step_mps / 12.0);
    report->doppler_ambiguity_mps = ambiguity_mps;
}

void ap_sense_set_selected_altitude(ap_report *report, double altitude_ft)
{
    report->present |= AP_HAS_SELECTED_ALTITUDE;
    report->selected_altitude_m = altitude_ft * AP_M_PER_FT;
}

void ap_sense_set_track_number(ap_report *report, uint16_t number)
{
    report->present |= AP_HAS_TRACK_NUMBER;
    report->track_number = number;
}

void ap_sense_set_emitter(ap_report *report, uint8_t ecat)
{
    /* Source: code tables of I021/020 and of DO-260B, type codes 4, 3 and 2. */
    static const uint8_t category_of[25] = {
        [1] = 0xA1,  [2] = 0xA2,  [3] = 0xA3,  [4] = 0xA4,  [5] = 0xA5,  [6] = 0xA6,
        [10] = 0xA7, [11] = 0xB1, [12] = 0xB2, [13] = 0xB6, [14] = 0xB7, [15] = 0xB4,
        [16] = 0xB3, [20] = 0xC1, [21] = 0xC2, [22] = 0xC3, [23] = 0xC4, [24] = 0xC5,
    };
    if (ecat >= sizeof category_of || category_of[ecat] == 0)
        return;
    report->present |= AP_HAS_EMITTER_CATEGORY;
    report->emitter_category = category_of[ecat];
}

void ap_sense_flag_flight_status(ap_report *report, uint8_t status)
{
    static const uint32_t flags_of[8] = {
        [1] = AP_FLAG_ON_GROUND,
        [3] = AP_FLAG_ON_GROUND,
        [4] = AP_FLAG_SPI,
        [5] = AP_FLAG_SPI,
    };
    report->flags |= flags_of[status & 7];
}
