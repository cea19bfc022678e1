#include "airpicture/report.h"

#define ADDRESS_MAX 0xFFFFFFu
#define MODE_3A_MAX 07777u

#define SIZE_MAX_SI 1e12 /* of any number, whatever its unit */
#define SIGMA_MIN_SI 1e-12

/* All false for NaN. */
static inline bool within(double value, double low, double high)
{
    return value >= low && value <= high;
}

static inline bool is_sigma(double value)
{
    return within(value, SIGMA_MIN_SI, SIZE_MAX_SI);
}

static inline bool is_size(double value)
{
    return within(value, 0.0, SIZE_MAX_SI);
}

static inline bool is_any(double value)
{
    return within(value, -SIZE_MAX_SI, SIZE_MAX_SI);
}

static bool place_sound(const ap_report *r)
{
    if ((r->present & AP_HAS_POLAR) &&
        !(within(r->range_m, 0.0, 1e9) && within(r->azimuth_rad, -2.0 * AP_PI, 2.0 * AP_PI) &&
          is_sigma(r->range_sigma_m) && is_sigma(r->azimuth_sigma_rad)))
        return false;
    if ((r->present & AP_HAS_ELEVATION) &&
        !(within(r->elevation_rad, -AP_PI / 2.0, AP_PI / 2.0) && is_sigma(r->elevation_sigma_rad)))
        return false;
    return !(r->present & AP_HAS_POSITION) ||
           (within(r->latitude_rad, -AP_PI / 2.0, AP_PI / 2.0) &&
            within(r->longitude_rad, -AP_PI, AP_PI) && is_sigma(r->position_var_ee_m2) &&
            is_sigma(r->position_var_nn_m2) && is_any(r->position_var_en_m2));
}

static bool vertical_sound(const ap_report *r)
{
    if ((r->present & AP_HAS_PRESSURE_ALTITUDE) &&
        !(is_any(r->pressure_altitude_m) && is_sigma(r->pressure_altitude_sigma_m) &&
          is_size(r->pressure_altitude_step_m)))
        return false;
    if ((r->present & AP_HAS_ALTITUDE_AGE) && !is_size(r->pressure_altitude_age_s))
        return false;
    if ((r->present & AP_HAS_GEOMETRIC_HEIGHT) &&
        !(is_any(r->geometric_height_m) && is_sigma(r->geometric_height_sigma_m)))
        return false;
    return !(r->present & AP_HAS_VERTICAL_RATE) || (is_any(r->up_mps) && is_sigma(r->up_sigma_mps));
}

static bool motion_sound(const ap_report *r)
{
    if ((r->present & AP_HAS_VELOCITY) &&
        !(is_any(r->east_mps) && is_any(r->north_mps) && is_sigma(r->velocity_sigma_mps)))
        return false;
    if ((r->present & AP_HAS_ROLL) && !within(r->roll_rad, -AP_PI, AP_PI))
        return false;
    if ((r->present & AP_HAS_TRACK_RATE) && !is_any(r->track_rate_radps))
        return false;
    return !(r->present & AP_HAS_DOPPLER) ||
           (is_any(r->doppler_mps) && is_sigma(r->doppler_sigma_mps) &&
            is_size(r->doppler_ambiguity_mps));
}

static bool air_sound(const ap_report *r)
{
    if ((r->present & AP_HAS_HEADING) && !within(r->heading_rad, -2.0 * AP_PI, 2.0 * AP_PI))
        return false;
    if ((r->present & AP_HAS_TRUE_AIRSPEED) && !is_size(r->true_airspeed_mps))
        return false;
    if ((r->present & AP_HAS_INDICATED_AIRSPEED) && !is_size(r->indicated_airspeed_mps))
        return false;
    if ((r->present & AP_HAS_MACH) && !is_size(r->mach))
        return false;
    return !(r->present & AP_HAS_SELECTED_ALTITUDE) || is_any(r->selected_altitude_m);
}

static bool covariance_sound(const ap_report *report)
{
    double en_m2 = report->position_var_en_m2;
    return !(report->present & AP_HAS_POSITION) ||
           report->position_var_ee_m2 * report->position_var_nn_m2 > en_m2 * en_m2;
}

static bool identity_sound(const ap_report *report)
{
    if ((report->present & AP_HAS_ADDRESS) &&
        (report->address > ADDRESS_MAX || report->address_kind >= AP_ADDRESS_KIND_COUNT))
        return false;
    return !(report->present & AP_HAS_MODE_3A) || report->mode_3a <= MODE_3A_MAX;
}

bool ap_report_is_sound(const ap_report *report)
{
    return (unsigned)report->kind < AP_REPORT_KIND_COUNT && report->time_utc != AP_UTC_UNKNOWN &&
           report->receive_utc != AP_UTC_UNKNOWN && place_sound(report) && vertical_sound(report) &&
           motion_sound(report) && air_sound(report) && covariance_sound(report) &&
           identity_sound(report);
}

void ap_callsign_copy(char callsign[AP_CALLSIGN_SIZE], const char *text, size_t size)
{
    size_t length = 0, kept = 0;
    while (length < size && length < AP_CALLSIGN_SIZE - 1 && text[length] != '\0') {
        char c = text[length];
        bool known = (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == ' ';
        callsign[length++] = known ? c : '?';
        if (c != ' ')
            kept = length;
    }
    for (size_t i = kept; i < AP_CALLSIGN_SIZE; i++)
        callsign[i] = '\0';
}
