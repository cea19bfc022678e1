#include "publish/report_json.h"

#include <math.h>

#include "publish/columns.h"
#include "publish/track_columns.h"
#include "wire/json.h"

#define DEG(rad) ((rad) / AP_RAD_PER_DEG)
#define FT_PER_MIN(mps) ((mps) / AP_M_PER_FT * 60.0)

typedef struct report_row {
    const ap_sensor_table *sensors;
    const ap_report *report;
} report_row;

static const ap_report *report_of(const void *row)
{
    return ((const report_row *)row)->report;
}

static bool has(const void *row, uint32_t what)
{
    return (report_of(row)->present & what) != 0;
}

static ap_value get_time_s(const void *row)
{
    return ap_value_seconds(report_of(row)->time_utc);
}

static ap_value get_time_utc(const void *row)
{
    return ap_value_utc(report_of(row)->time_utc);
}

static ap_value get_receive_time_s(const void *row)
{
    return ap_value_seconds(report_of(row)->receive_utc);
}

static ap_value get_kind(const void *row)
{
    static const char *const keys[AP_REPORT_KIND_COUNT] = {
        [AP_REPORT_TARGET] = "target",
        [AP_REPORT_NORTH] = "north",
        [AP_REPORT_SECTOR] = "sector",
    };
    unsigned kind = report_of(row)->kind;
    return ap_value_text(kind < AP_REPORT_KIND_COUNT ? keys[kind] : "unlisted");
}

static ap_value get_sensor(const void *row)
{
    return ap_value_text(
        ap_sensor_name_of(((const report_row *)row)->sensors, report_of(row)->sensor));
}

static ap_value address_of(const void *row, bool icao)
{
    if (!has(row, AP_HAS_ADDRESS) || icao != (report_of(row)->address_kind == AP_ADDRESS_ICAO))
        return ap_value_absent();
    return (ap_value){ .kind = AP_VALUE_HEX24, .unsigned_ = report_of(row)->address };
}

static ap_value get_icao24(const void *row)
{
    return address_of(row, true);
}

static ap_value get_other_address(const void *row)
{
    return address_of(row, false);
}

static ap_value get_address_kind(const void *row)
{
    return ap_value_text(
        has(row, AP_HAS_ADDRESS) ? ap_address_kind_key(report_of(row)->address_kind) : NULL);
}

static ap_value get_callsign(const void *row)
{
    return ap_value_text(has(row, AP_HAS_CALLSIGN) ? report_of(row)->callsign : NULL);
}

static ap_value get_squawk(const void *row)
{
    if (!has(row, AP_HAS_MODE_3A))
        return ap_value_absent();
    return (ap_value){ .kind = AP_VALUE_OCTAL, .unsigned_ = report_of(row)->mode_3a };
}

static ap_value get_track_number(const void *row)
{
    return has(row, AP_HAS_TRACK_NUMBER) ? ap_value_unsigned(report_of(row)->track_number)
                                         : ap_value_absent();
}

static ap_value get_receiver_count(const void *row)
{
    uint16_t count = report_of(row)->receiver_count;
    return count > 1 ? ap_value_unsigned(count) : ap_value_absent();
}

static ap_value get_emitter_category(const void *row)
{
    bool known = has(row, AP_HAS_EMITTER_CATEGORY);
    return ap_value_text(known ? ap_emitter_category_text(report_of(row)->emitter_category) : NULL);
}

/* REAL(function, what is needed, value in the unit of the key) */
#define REAL(name, needs, value)                                                                   \
    static ap_value get_##name(const void *row)                                                    \
    {                                                                                              \
        const ap_report *r = report_of(row);                                                       \
        return r->present & (needs) ? ap_value_fixed(value) : ap_value_absent();                   \
    }

REAL(range, AP_HAS_POLAR, r->range_m)
REAL(range_sigma, AP_HAS_POLAR, r->range_sigma_m)
REAL(azimuth_sigma, AP_HAS_POLAR, DEG(r->azimuth_sigma_rad))
REAL(elevation, AP_HAS_ELEVATION, DEG(r->elevation_rad))
REAL(elevation_sigma, AP_HAS_ELEVATION, DEG(r->elevation_sigma_rad))
REAL(latitude, AP_HAS_POSITION, DEG(r->latitude_rad))
REAL(longitude, AP_HAS_POSITION, DEG(r->longitude_rad))
REAL(position_ee, AP_HAS_POSITION, r->position_var_ee_m2)
REAL(position_en, AP_HAS_POSITION, r->position_var_en_m2)
REAL(position_nn, AP_HAS_POSITION, r->position_var_nn_m2)
REAL(pressure_altitude, AP_HAS_PRESSURE_ALTITUDE, r->pressure_altitude_m / AP_M_PER_FT)
REAL(pressure_sigma, AP_HAS_PRESSURE_ALTITUDE, r->pressure_altitude_sigma_m / AP_M_PER_FT)
REAL(pressure_age, AP_HAS_ALTITUDE_AGE, r->pressure_altitude_age_s)
REAL(geometric_height, AP_HAS_GEOMETRIC_HEIGHT, r->geometric_height_m)
REAL(geometric_sigma, AP_HAS_GEOMETRIC_HEIGHT, r->geometric_height_sigma_m)
REAL(ground_speed, AP_HAS_VELOCITY,
     sqrt(r->east_mps * r->east_mps + r->north_mps * r->north_mps) / AP_MPS_PER_KT)
REAL(track, AP_HAS_VELOCITY, DEG(ap_wrap_two_pi(atan2(r->east_mps + 0.0, r->north_mps + 0.0))))
REAL(velocity_sigma, AP_HAS_VELOCITY, r->velocity_sigma_mps)
REAL(vertical_rate, AP_HAS_VERTICAL_RATE, FT_PER_MIN(r->up_mps))
REAL(vertical_rate_sigma, AP_HAS_VERTICAL_RATE, FT_PER_MIN(r->up_sigma_mps))
REAL(roll, AP_HAS_ROLL, DEG(r->roll_rad))
REAL(track_rate, AP_HAS_TRACK_RATE, DEG(r->track_rate_radps))
REAL(heading, AP_HAS_HEADING, DEG(r->heading_rad))
REAL(true_airspeed, AP_HAS_TRUE_AIRSPEED, r->true_airspeed_mps / AP_MPS_PER_KT)
REAL(indicated_airspeed, AP_HAS_INDICATED_AIRSPEED, r->indicated_airspeed_mps / AP_MPS_PER_KT)
REAL(mach, AP_HAS_MACH, r->mach)
REAL(selected_altitude, AP_HAS_SELECTED_ALTITUDE, r->selected_altitude_m / AP_M_PER_FT)
REAL(doppler, AP_HAS_DOPPLER, r->doppler_mps)
REAL(doppler_sigma, AP_HAS_DOPPLER, r->doppler_sigma_mps)

/* Where it is known but for a multiple of this. */
static ap_value get_doppler_ambiguity(const void *row)
{
    const ap_report *r = report_of(row);
    bool ambiguous = (r->present & AP_HAS_DOPPLER) && r->doppler_ambiguity_mps > 0.0;
    return ambiguous ? ap_value_fixed(r->doppler_ambiguity_mps) : ap_value_absent();
}

/* A sector message carries the azimuth that the antenna passed. */
static ap_value get_azimuth(const void *row)
{
    bool known = has(row, AP_HAS_POLAR) || report_of(row)->kind == AP_REPORT_SECTOR;
    return known ? ap_value_fixed(DEG(report_of(row)->azimuth_rad)) : ap_value_absent();
}

static ap_value integrity(const void *row, uint8_t value)
{
    return has(row, AP_HAS_INTEGRITY) ? ap_value_unsigned(value) : ap_value_absent();
}

static ap_value get_nic(const void *row)
{
    return integrity(row, report_of(row)->nic);
}

static ap_value get_nac_p(const void *row)
{
    return integrity(row, report_of(row)->nac_p);
}

static ap_value get_nac_v(const void *row)
{
    return integrity(row, report_of(row)->nac_v);
}

static ap_value get_sil(const void *row)
{
    return integrity(row, report_of(row)->sil);
}

static const char *const flag_keys[] = {
    "simulated",
    "test",
    "on_ground",
    "spi",
    "emergency",
    "mode_3a_garbled",
    "mode_3a_unvalidated",
    "altitude_garbled",
    "altitude_unvalidated",
    "primary",
    "secondary",
    "address_unchecked",
    "extrapolated",
    "repaired",
    "tentative",
    "ended",
};

#define FLAG_COUNT (sizeof flag_keys / sizeof flag_keys[0])

_Static_assert(1u << (FLAG_COUNT - 1) == AP_FLAG_ENDED, "a key for every flag, in bit order");

static size_t count_flags(const void *row)
{
    size_t count = 0;
    for (size_t bit = 0; bit < FLAG_COUNT; bit++)
        count += report_of(row)->flags >> bit & 1;
    return count;
}

static void put_flag(ap_writer *text, const void *row, size_t i, bool json)
{
    size_t bit = 0;
    for (; bit < FLAG_COUNT; bit++)
        if ((report_of(row)->flags >> bit & 1) && i-- == 0)
            break;
    if (json)
        ap_json_string(text, flag_keys[bit], strlen(flag_keys[bit]));
    else
        ap_text_str(text, flag_keys[bit]);
}

/* clang-format off */
static const ap_column report_columns[] = {
    AP_COLUMN("time_s", 0, get_time_s),
    AP_COLUMN("time_utc", 0, get_time_utc),
    AP_COLUMN("receive_time_s", 0, get_receive_time_s),
    AP_COLUMN("kind", 0, get_kind),
    AP_COLUMN("sensor", 0, get_sensor),
    AP_COLUMN("icao24", 0, get_icao24),
    AP_COLUMN("other_address", 0, get_other_address),
    AP_COLUMN("address_kind", 0, get_address_kind),
    AP_COLUMN("callsign", 0, get_callsign),
    AP_COLUMN("squawk", 0, get_squawk),
    AP_COLUMN("sensor_track_number", 0, get_track_number),
    AP_COLUMN("receiver_count", 0, get_receiver_count),
    AP_COLUMN("emitter_category", 0, get_emitter_category),
    AP_COLUMN("range_m", 3, get_range),
    AP_COLUMN("azimuth_deg", 6, get_azimuth),
    AP_COLUMN("range_sigma_m", 3, get_range_sigma),
    AP_COLUMN("azimuth_sigma_deg", 6, get_azimuth_sigma),
    AP_COLUMN("elevation_deg", 6, get_elevation),
    AP_COLUMN("elevation_sigma_deg", 6, get_elevation_sigma),
    AP_COLUMN("latitude_deg", 9, get_latitude),
    AP_COLUMN("longitude_deg", 9, get_longitude),
    AP_COLUMN("position_var_ee_m2", 3, get_position_ee),
    AP_COLUMN("position_var_en_m2", 3, get_position_en),
    AP_COLUMN("position_var_nn_m2", 3, get_position_nn),
    AP_COLUMN("pressure_altitude_ft", 2, get_pressure_altitude),
    AP_COLUMN("pressure_altitude_sigma_ft", 2, get_pressure_sigma),
    AP_COLUMN("pressure_altitude_age_s", 2, get_pressure_age),
    AP_COLUMN("geometric_height_m", 3, get_geometric_height),
    AP_COLUMN("geometric_height_sigma_m", 3, get_geometric_sigma),
    AP_COLUMN("ground_speed_kt", 3, get_ground_speed),
    AP_COLUMN("track_deg", 4, get_track),
    AP_COLUMN("velocity_sigma_mps", 3, get_velocity_sigma),
    AP_COLUMN("vertical_rate_fpm", 2, get_vertical_rate),
    AP_COLUMN("vertical_rate_sigma_fpm", 2, get_vertical_rate_sigma),
    AP_COLUMN("roll_deg", 4, get_roll),
    AP_COLUMN("track_rate_degps", 4, get_track_rate),
    AP_COLUMN("heading_deg", 4, get_heading),
    AP_COLUMN("true_airspeed_kt", 2, get_true_airspeed),
    AP_COLUMN("indicated_airspeed_kt", 2, get_indicated_airspeed),
    AP_COLUMN("mach", 4, get_mach),
    AP_COLUMN("selected_altitude_ft", 2, get_selected_altitude),
    AP_COLUMN("doppler_mps", 3, get_doppler),
    AP_COLUMN("doppler_sigma_mps", 3, get_doppler_sigma),
    AP_COLUMN("doppler_ambiguity_mps", 3, get_doppler_ambiguity),
    AP_COLUMN("nic", 0, get_nic),
    AP_COLUMN("nac_p", 0, get_nac_p),
    AP_COLUMN("nac_v", 0, get_nac_v),
    AP_COLUMN("sil", 0, get_sil),
    AP_COLUMN_LIST("flags", count_flags, put_flag),
};
/* clang-format on */

ap_err ap_report_json(ap_writer *text, const ap_sensor_table *sensors, const ap_report *report)
{
    report_row row = { .sensors = sensors, .report = report };
    return ap_columns_json(text, report_columns, sizeof report_columns / sizeof report_columns[0],
                           &row);
}
