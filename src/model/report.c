#include "airpicture/report.h"

#include <math.h>
#include <stddef.h>

#define ADDRESS_MAX 0xFFFFFFu
#define MODE_3A_MAX 07777u

#define GROUP_CAP 5

/* Numbers that are sound on their own: finite and within [low, high]. */
typedef struct number_rule {
    size_t offset; /* of a double in ap_report */
    double low, high;
} number_rule;

/* Those that come with one part of a report. */
typedef struct number_group {
    uint32_t has;
    unsigned count;
    number_rule rules[GROUP_CAP];
} number_group;

#define POSITIVE 1e-12, 1e12
#define ANY_SIZE -1e12, 1e12
#define AT(field) offsetof(ap_report, field)

/* clang-format off */
static const number_group number_groups[] = {
    { AP_HAS_POLAR, 4,
      { { AT(range_m), 0.0, 1e9 },
        { AT(azimuth_rad), -2.0 * AP_PI, 2.0 * AP_PI },
        { AT(range_sigma_m), POSITIVE },
        { AT(azimuth_sigma_rad), POSITIVE } } },
    { AP_HAS_ELEVATION, 2,
      { { AT(elevation_rad), -AP_PI / 2.0, AP_PI / 2.0 },
        { AT(elevation_sigma_rad), POSITIVE } } },
    { AP_HAS_POSITION, 5,
      { { AT(latitude_rad), -AP_PI / 2.0, AP_PI / 2.0 },
        { AT(longitude_rad), -AP_PI, AP_PI },
        { AT(position_var_ee_m2), POSITIVE },
        { AT(position_var_nn_m2), POSITIVE },
        { AT(position_var_en_m2), ANY_SIZE } } },
    { AP_HAS_PRESSURE_ALTITUDE, 3,
      { { AT(pressure_altitude_m), ANY_SIZE },
        { AT(pressure_altitude_sigma_m), POSITIVE },
        { AT(pressure_altitude_step_m), 0.0, 1e12 } } },
    { AP_HAS_GEOMETRIC_HEIGHT, 2,
      { { AT(geometric_height_m), ANY_SIZE },
        { AT(geometric_height_sigma_m), POSITIVE } } },
    { AP_HAS_VELOCITY, 3,
      { { AT(east_mps), ANY_SIZE },
        { AT(north_mps), ANY_SIZE },
        { AT(velocity_sigma_mps), POSITIVE } } },
    { AP_HAS_VERTICAL_RATE, 2,
      { { AT(up_mps), ANY_SIZE },
        { AT(up_sigma_mps), POSITIVE } } },
    { AP_HAS_ROLL, 1,
      { { AT(roll_rad), -AP_PI, AP_PI } } },
    { AP_HAS_TRACK_RATE, 1,
      { { AT(track_rate_radps), ANY_SIZE } } },
    { AP_HAS_HEADING, 1,
      { { AT(heading_rad), -2.0 * AP_PI, 2.0 * AP_PI } } },
    { AP_HAS_TRUE_AIRSPEED, 1,
      { { AT(true_airspeed_mps), 0.0, 1e12 } } },
    { AP_HAS_INDICATED_AIRSPEED, 1,
      { { AT(indicated_airspeed_mps), 0.0, 1e12 } } },
    { AP_HAS_MACH, 1,
      { { AT(mach), 0.0, 1e12 } } },
    { AP_HAS_SELECTED_ALTITUDE, 1,
      { { AT(selected_altitude_m), ANY_SIZE } } },
    { AP_HAS_DOPPLER, 3,
      { { AT(doppler_mps), ANY_SIZE },
        { AT(doppler_sigma_mps), POSITIVE },
        { AT(doppler_ambiguity_mps), 0.0, 1e12 } } },
};
/* clang-format on */

static bool group_sound(const ap_report *report, const number_group *group)
{
    for (unsigned i = 0; i < group->count; i++) {
        const number_rule *rule = &group->rules[i];
        double value = *(const double *)(const void *)((const char *)report + rule->offset);
        if (!(value >= rule->low && value <= rule->high)) /* false for NaN */
            return false;
    }
    return true;
}

static bool numbers_sound(const ap_report *report)
{
    for (size_t i = 0; i < sizeof number_groups / sizeof number_groups[0]; i++)
        if ((report->present & number_groups[i].has) && !group_sound(report, &number_groups[i]))
            return false;
    return true;
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
           report->receive_utc != AP_UTC_UNKNOWN && numbers_sound(report) &&
           covariance_sound(report) && identity_sound(report);
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
