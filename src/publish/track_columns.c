#include "publish/track_columns.h"

#include <math.h>

#include "publish/ellipse.h"
#include "wire/json.h"

#define DEG(rad) ((rad) / AP_RAD_PER_DEG)
#define FT_PER_MIN(mps) ((mps) / AP_M_PER_FT * 60.0)

const char *ap_sensor_name_of(const ap_sensor_table *sensors, uint16_t sensor)
{
    return sensors && sensor < sensors->count ? sensors->sensor[sensor].name : NULL;
}

const char *ap_address_kind_key(uint8_t kind)
{
    static const char *const keys[AP_ADDRESS_KIND_COUNT] = {
        [AP_ADDRESS_ICAO] = "icao",
        [AP_ADDRESS_ANONYMOUS] = "anonymous",
        [AP_ADDRESS_TRACK_FILE] = "track_file",
    };
    return kind < AP_ADDRESS_KIND_COUNT ? keys[kind] : "unlisted";
}

const char *ap_emitter_category_text(uint8_t category)
{
    static const char texts[4][8][3] = {
        { "A0", "A1", "A2", "A3", "A4", "A5", "A6", "A7" },
        { "B0", "B1", "B2", "B3", "B4", "B5", "B6", "B7" },
        { "C0", "C1", "C2", "C3", "C4", "C5", "C6", "C7" },
        { "D0", "D1", "D2", "D3", "D4", "D5", "D6", "D7" },
    };
    unsigned set = category >> 4, number = category & 15;
    return set >= 0xa && set <= 0xd && number < 8 ? texts[set - 0xa][number] : NULL;
}

ap_track_row ap_track_row_of(const ap_sensor_table *sensors, const ap_track_event *event,
                             const ap_track *track)
{
    ap_track_row row = { .sensors = sensors, .event = event, .track = track };
    double minor, axis;
    ap_ellipse_of(track->P_enu[0][0], track->P_enu[0][1], track->P_enu[1][1], &row.sigma_major_m,
                  &row.sigma_minor_m, &row.sigma_axis_rad);
    ap_ellipse_of(track->P_enu[2][2], track->P_enu[2][3], track->P_enu[3][3],
                  &row.velocity_sigma_mps, &minor, &axis);
    return row;
}

static const ap_track *track_of(const void *row)
{
    return ((const ap_track_row *)row)->track;
}

static const ap_track_event *event_of(const void *row)
{
    return ((const ap_track_row *)row)->event;
}

static ap_value fixed_if(bool known, double value)
{
    return known ? ap_value_fixed(value) : ap_value_absent();
}

static ap_value fixed_if_has(const ap_track *track, uint32_t has, double value)
{
    return fixed_if((track->present & has) != 0, value);
}

static ap_value flag(const void *row, uint32_t wanted)
{
    return ap_value_true_if(track_of(row)->flags & wanted);
}

/* ---- event and state ---- */

static ap_value get_time_s(const void *row)
{
    return ap_value_seconds(track_of(row)->time_utc);
}

static ap_value get_time_utc(const void *row)
{
    return ap_value_utc(track_of(row)->time_utc);
}

static ap_value get_event(const void *row)
{
    bool happened = event_of(row)->kind < AP_EVENT_KIND_COUNT;
    return ap_value_text(happened ? ap_track_event_key(event_of(row)->kind) : NULL);
}

static ap_value get_event_time_s(const void *row)
{
    ap_utc_ns time = event_of(row)->time_utc;
    bool happened = event_of(row)->kind < AP_EVENT_KIND_COUNT;
    return !happened || time == track_of(row)->time_utc ? ap_value_absent()
                                                        : ap_value_seconds(time);
}

static ap_value get_sensor(const void *row)
{
    return ap_value_text(
        ap_sensor_name_of(((const ap_track_row *)row)->sensors, event_of(row)->sensor));
}

static ap_value get_track_id(const void *row)
{
    return ap_value_unsigned(track_of(row)->id);
}

static ap_value get_track_number(const void *row)
{
    uint16_t number = track_of(row)->number;
    return number ? ap_value_unsigned(number) : ap_value_absent();
}

static ap_value get_state(const void *row)
{
    return ap_value_text(ap_track_state_key(track_of(row)->state));
}

static ap_value get_existence(const void *row)
{
    return ap_value_fixed(track_of(row)->existence);
}

static ap_value get_update_count(const void *row)
{
    return ap_value_unsigned(track_of(row)->update_count);
}

/* ---- identity ---- */

static ap_value address_of(const ap_track *track, bool icao)
{
    bool known = track->present & AP_HAS_ADDRESS;
    if (!known || icao != (track->address_kind == AP_ADDRESS_ICAO))
        return ap_value_absent();
    return (ap_value){ .kind = AP_VALUE_HEX24, .unsigned_ = track->address };
}

static ap_value get_icao24(const void *row)
{
    return address_of(track_of(row), true);
}

static ap_value get_other_address(const void *row)
{
    return address_of(track_of(row), false);
}

static ap_value get_address_kind(const void *row)
{
    bool known = track_of(row)->present & AP_HAS_ADDRESS;
    return known ? ap_value_text(ap_address_kind_key(track_of(row)->address_kind))
                 : ap_value_absent();
}

static ap_value get_address_shared(const void *row)
{
    return ap_value_true_if(track_of(row)->address_shared);
}

static ap_value get_identity_doubted(const void *row)
{
    return ap_value_true_if(track_of(row)->identity_doubted);
}

static ap_value get_callsign(const void *row)
{
    bool known = track_of(row)->present & AP_HAS_CALLSIGN;
    return ap_value_text(known ? track_of(row)->callsign : NULL);
}

static ap_value get_squawk(const void *row)
{
    if (!(track_of(row)->present & AP_HAS_MODE_3A))
        return ap_value_absent();
    return (ap_value){ .kind = AP_VALUE_OCTAL, .unsigned_ = track_of(row)->mode_3a };
}

static ap_value get_emitter_category(const void *row)
{
    bool known = track_of(row)->present & AP_HAS_EMITTER_CATEGORY;
    return ap_value_text(known ? ap_emitter_category_text(track_of(row)->emitter_category) : NULL);
}

/* ---- kinematics ---- */

static ap_value get_latitude(const void *row)
{
    return ap_value_fixed(DEG(track_of(row)->position.latitude_rad));
}

static ap_value get_longitude(const void *row)
{
    return ap_value_fixed(DEG(track_of(row)->position.longitude_rad));
}

static ap_value get_height(const void *row)
{
    return fixed_if(track_of(row)->has_height, track_of(row)->position.height_m);
}

static ap_value get_pressure_altitude(const void *row)
{
    return fixed_if(track_of(row)->has_pressure_altitude,
                    track_of(row)->pressure_altitude_m / AP_M_PER_FT);
}

static ap_value get_geometric_height(const void *row)
{
    double height_m = 0.0;
    bool is_told = ap_track_geometric_height(track_of(row), &height_m);
    return fixed_if(is_told, height_m);
}

static ap_value get_ground_speed(const void *row)
{
    return ap_value_fixed(ap_track_speed_mps(track_of(row)) / AP_MPS_PER_KT);
}

static ap_value get_track_deg(const void *row)
{
    return ap_value_fixed(DEG(ap_track_course_rad(track_of(row))));
}

static ap_value get_vertical_rate(const void *row)
{
    return fixed_if(track_of(row)->has_height, FT_PER_MIN(track_of(row)->up_mps));
}

static ap_value get_track_rate(const void *row)
{
    return ap_value_fixed(DEG(track_of(row)->track_rate_radps));
}

static ap_value get_acceleration(const void *row)
{
    return fixed_if(track_of(row)->has_acceleration, track_of(row)->acceleration_mps2);
}

static ap_value get_heading(const void *row)
{
    return fixed_if_has(track_of(row), AP_HAS_HEADING, DEG(track_of(row)->heading_rad));
}

static ap_value get_roll(const void *row)
{
    return fixed_if_has(track_of(row), AP_HAS_ROLL, DEG(track_of(row)->roll_rad));
}

static ap_value get_true_airspeed(const void *row)
{
    return fixed_if_has(track_of(row), AP_HAS_TRUE_AIRSPEED,
                        track_of(row)->true_airspeed_mps / AP_MPS_PER_KT);
}

static ap_value get_indicated_airspeed(const void *row)
{
    return fixed_if_has(track_of(row), AP_HAS_INDICATED_AIRSPEED,
                        track_of(row)->indicated_airspeed_mps / AP_MPS_PER_KT);
}

static ap_value get_mach(const void *row)
{
    return fixed_if_has(track_of(row), AP_HAS_MACH, track_of(row)->mach);
}

static ap_value get_selected_altitude(const void *row)
{
    return fixed_if_has(track_of(row), AP_HAS_SELECTED_ALTITUDE,
                        track_of(row)->selected_altitude_m / AP_M_PER_FT);
}

/* ---- quality ---- */

static ap_value get_position_sigma(const void *row)
{
    return ap_value_fixed(((const ap_track_row *)row)->sigma_major_m);
}

static ap_value get_position_sigma_minor(const void *row)
{
    return ap_value_fixed(((const ap_track_row *)row)->sigma_minor_m);
}

static ap_value get_position_sigma_axis(const void *row)
{
    return ap_value_fixed(DEG(((const ap_track_row *)row)->sigma_axis_rad));
}

static ap_value get_velocity_sigma(const void *row)
{
    return ap_value_fixed(((const ap_track_row *)row)->velocity_sigma_mps);
}

static ap_value get_height_sigma(const void *row)
{
    return fixed_if(track_of(row)->has_height, sqrt(track_of(row)->vertical_P[0][0]));
}

static ap_value get_vertical_rate_sigma(const void *row)
{
    return fixed_if(track_of(row)->has_height, FT_PER_MIN(sqrt(track_of(row)->vertical_P[1][1])));
}

static ap_value integrity(const void *row, uint8_t value)
{
    bool known = track_of(row)->present & AP_HAS_INTEGRITY;
    return known ? ap_value_unsigned(value) : ap_value_absent();
}

static ap_value get_nic(const void *row)
{
    return integrity(row, track_of(row)->nic);
}

static ap_value get_nac_p(const void *row)
{
    return integrity(row, track_of(row)->nac_p);
}

static ap_value get_nac_v(const void *row)
{
    return integrity(row, track_of(row)->nac_v);
}

static ap_value get_sil(const void *row)
{
    return integrity(row, track_of(row)->sil);
}

static ap_value get_on_ground(const void *row)
{
    return flag(row, AP_FLAG_ON_GROUND);
}

static ap_value get_spi(const void *row)
{
    return flag(row, AP_FLAG_SPI);
}

static ap_value get_emergency(const void *row)
{
    return flag(row, AP_FLAG_EMERGENCY);
}

static ap_value get_simulated(const void *row)
{
    return flag(row, AP_FLAG_SIMULATED);
}

static ap_value get_extrapolated(const void *row)
{
    return flag(row, AP_FLAG_EXTRAPOLATED);
}

/* ---- evidence ---- */

/* Age at the event, or at the time of the state when that is later; 0 for what came in between. */
static ap_value age(const void *row, ap_utc_ns time)
{
    ap_utc_ns now = track_of(row)->time_utc;
    if (event_of(row)->time_utc > now)
        now = event_of(row)->time_utc;
    bool known = time != AP_UTC_UNKNOWN && now != AP_UTC_UNKNOWN;
    return fixed_if(known, time < now ? ap_seconds_between(time, now) : 0.0);
}

static ap_value get_update_age(const void *row)
{
    return age(row, track_of(row)->updated_utc);
}

static ap_value get_pressure_altitude_age(const void *row)
{
    const ap_track *t = track_of(row);
    return t->has_pressure_altitude ? age(row, t->pressure_altitude_utc) : ap_value_absent();
}

static ap_value get_psr_age(const void *row)
{
    return age(row, track_of(row)->psr_utc);
}

static ap_value get_ssr_age(const void *row)
{
    return age(row, track_of(row)->ssr_utc);
}

static ap_value get_mode_s_age(const void *row)
{
    return age(row, track_of(row)->mode_s_utc);
}

static ap_value get_mlat_age(const void *row)
{
    return age(row, track_of(row)->mlat_utc);
}

static ap_value get_adsb_age(const void *row)
{
    return age(row, track_of(row)->adsb_utc);
}

static size_t count_sources(const void *row)
{
    uint16_t count = track_of(row)->source_count;
    return count < AP_TRACK_SOURCE_CAP ? count : AP_TRACK_SOURCE_CAP;
}

static void put_string(ap_writer *text, const char *value, bool json)
{
    if (json)
        ap_json_string(text, value, strlen(value));
    else
        ap_text_str(text, value);
}

static const char *name_or_none(const void *row, uint16_t sensor)
{
    const char *name = ap_sensor_name_of(((const ap_track_row *)row)->sensors, sensor);
    return name ? name : "-";
}

static void put_source(ap_writer *text, const void *row, size_t i, bool json)
{
    put_string(text, name_or_none(row, track_of(row)->source[i].sensor), json);
}

/* Why: told when a track begins, is confirmed and ends. */
static size_t count_reasons(const void *row)
{
    ap_track_event_kind kind = event_of(row)->kind;
    if (kind != AP_EVENT_BORN && kind != AP_EVENT_CONFIRMED && kind != AP_EVENT_DROPPED)
        return 0;
    uint16_t count = track_of(row)->reason_count;
    return count < AP_TRACK_REASON_CAP ? count : AP_TRACK_REASON_CAP;
}

/* The i-th of those kept, oldest first. */
static void put_reason(ap_writer *text, const void *row, size_t i, bool json)
{
    const ap_track *track = track_of(row);
    size_t oldest = track->reason_count - count_reasons(row);
    const ap_reason *reason = &track->reason[(oldest + i) % AP_TRACK_REASON_CAP];
    if (!json) {
        ap_text_str(text, ap_reason_key(reason->code));
        return;
    }
    ap_text_str(text, "{\"reason\":");
    put_string(text, ap_reason_key(reason->code), true);
    if (reason->time_utc != AP_UTC_UNKNOWN) {
        ap_text_str(text, ",\"time_s\":");
        ap_text_seconds(text, reason->time_utc);
    }
    if (reason->sensor != AP_SENSOR_NONE) {
        ap_text_str(text, ",\"sensor\":");
        put_string(text, name_or_none(row, reason->sensor), true);
    }
    if (reason->other != 0) {
        ap_text_str(text, ",\"other_track_id\":");
        ap_text_u64(text, reason->other);
    }
    ap_write_u8(text, '}');
}

static ap_value get_nis(const void *row)
{
    return fixed_if(event_of(row)->nis_dimensions > 0, event_of(row)->nis);
}

static ap_value get_nis_dimensions(const void *row)
{
    uint8_t dimensions = event_of(row)->nis_dimensions;
    return dimensions > 0 ? ap_value_unsigned(dimensions) : ap_value_absent();
}

/* ---- models of motion ---- */

/* Their sum is 1, or 0 where there are none; NaN is no list. */
static size_t count_if_any(const double *probability, size_t count)
{
    double sum = 0.0;
    for (size_t i = 0; i < count; i++)
        sum += probability[i];
    return sum > 0.0 && sum <= 2.0 ? count : 0;
}

size_t ap_track_mode_count(const ap_track *track)
{
    return count_if_any(track->mode_probability, AP_TRACK_MODE_CAP);
}

size_t ap_track_vertical_mode_count(const ap_track *track)
{
    return count_if_any(track->vertical_probability, AP_TRACK_VERTICAL_MODES);
}

static size_t count_modes(const void *row)
{
    return ap_track_mode_count(track_of(row));
}

static void put_mode(ap_writer *text, const void *row, size_t i, bool json)
{
    (void)json;
    ap_text_fixed(text, track_of(row)->mode_probability[i], AP_TRACK_MODE_DECIMALS);
}

static size_t count_vertical_modes(const void *row)
{
    return ap_track_vertical_mode_count(track_of(row));
}

static void put_vertical_mode(ap_writer *text, const void *row, size_t i, bool json)
{
    (void)json;
    ap_text_fixed(text, track_of(row)->vertical_probability[i], AP_TRACK_MODE_DECIMALS);
}

/* ---- what falls ---- */

static const ap_track_fall *fall_of(const void *row)
{
    return &track_of(row)->fall;
}

static bool falls(const void *row)
{
    return fall_of(row)->probability > 0.0;
}

static ap_value get_fall_probability(const void *row)
{
    return fixed_if(falls(row), fall_of(row)->probability);
}

static ap_value get_fall_time_s(const void *row)
{
    return falls(row) ? ap_value_seconds(fall_of(row)->time_utc) : ap_value_absent();
}

static ap_value get_ballistic_coefficient(const void *row)
{
    return fixed_if(falls(row), fall_of(row)->ballistic_coefficient_kgpms2);
}

static ap_value get_ballistic_coefficient_ln_sigma(const void *row)
{
    return fixed_if(falls(row), fall_of(row)->ballistic_coefficient_ln_sigma);
}

/* A list of numbers is told when all of them can be. */
static size_t count_if_told(const void *row, const double *value, size_t count)
{
    for (size_t i = 0; falls(row) && i < count; i++)
        if (ap_value_fixed(value[i]).kind == AP_VALUE_ABSENT)
            return 0;
    return falls(row) ? count : 0;
}

static size_t count_ecef(const void *row)
{
    return count_if_told(row, &fall_of(row)->ecef.x_m, 3);
}

static void put_ecef(ap_writer *text, const void *row, size_t i, bool json)
{
    (void)json;
    ap_text_fixed(text, (&fall_of(row)->ecef.x_m)[i], 2);
}

static size_t count_ecef_mps(const void *row)
{
    return count_if_told(row, &fall_of(row)->velocity_ecef_mps.x_m, 3);
}

static void put_ecef_mps(ap_writer *text, const void *row, size_t i, bool json)
{
    (void)json;
    ap_text_fixed(text, (&fall_of(row)->velocity_ecef_mps.x_m)[i], 3);
}

static size_t count_ecef_covariance(const void *row)
{
    return count_if_told(row, fall_of(row)->P_ecef, 21);
}

static void put_ecef_covariance(ap_writer *text, const void *row, size_t i, bool json)
{
    (void)json;
    ap_text_fixed(text, fall_of(row)->P_ecef[i], 4);
}

_Static_assert(sizeof(ap_vec3) == 3 * sizeof(double), "a vector is three numbers in a row");

/* clang-format off */
const ap_column ap_track_columns[] = {
    AP_COLUMN("time_s", 0, get_time_s),
    AP_COLUMN("time_utc", 0, get_time_utc),
    AP_COLUMN("event", 0, get_event),
    AP_COLUMN("event_time_s", 0, get_event_time_s),
    AP_COLUMN("sensor", 0, get_sensor),
    AP_COLUMN("track_id", 0, get_track_id),
    AP_COLUMN("track_number", 0, get_track_number),
    AP_COLUMN("state", 0, get_state),
    AP_COLUMN("existence", 6, get_existence),
    AP_COLUMN("update_count", 0, get_update_count),
    AP_COLUMN("icao24", 0, get_icao24),
    AP_COLUMN("other_address", 0, get_other_address),
    AP_COLUMN("address_kind", 0, get_address_kind),
    AP_COLUMN("address_shared", 0, get_address_shared),
    AP_COLUMN("identity_doubted", 0, get_identity_doubted),
    AP_COLUMN("callsign", 0, get_callsign),
    AP_COLUMN("squawk", 0, get_squawk),
    AP_COLUMN("emitter_category", 0, get_emitter_category),
    AP_COLUMN("latitude_deg", 8, get_latitude),
    AP_COLUMN("longitude_deg", 8, get_longitude),
    AP_COLUMN("height_m", 2, get_height),
    AP_COLUMN("pressure_altitude_ft", 1, get_pressure_altitude),
    AP_COLUMN("geometric_height_m", 2, get_geometric_height),
    AP_COLUMN("ground_speed_kt", 2, get_ground_speed),
    AP_COLUMN("track_deg", 3, get_track_deg),
    AP_COLUMN("vertical_rate_fpm", 1, get_vertical_rate),
    AP_COLUMN("track_rate_degps", 4, get_track_rate),
    AP_COLUMN("acceleration_mps2", 3, get_acceleration),
    AP_COLUMN("heading_deg", 3, get_heading),
    AP_COLUMN("roll_deg", 2, get_roll),
    AP_COLUMN("true_airspeed_kt", 1, get_true_airspeed),
    AP_COLUMN("indicated_airspeed_kt", 1, get_indicated_airspeed),
    AP_COLUMN("mach", 4, get_mach),
    AP_COLUMN("selected_altitude_ft", 0, get_selected_altitude),
    AP_COLUMN("position_sigma_m", 2, get_position_sigma),
    AP_COLUMN("position_sigma_minor_m", 2, get_position_sigma_minor),
    AP_COLUMN("position_sigma_axis_deg", 1, get_position_sigma_axis),
    AP_COLUMN("velocity_sigma_mps", 3, get_velocity_sigma),
    AP_COLUMN("height_sigma_m", 2, get_height_sigma),
    AP_COLUMN("vertical_rate_sigma_fpm", 1, get_vertical_rate_sigma),
    AP_COLUMN("nic", 0, get_nic),
    AP_COLUMN("nac_p", 0, get_nac_p),
    AP_COLUMN("nac_v", 0, get_nac_v),
    AP_COLUMN("sil", 0, get_sil),
    AP_COLUMN("on_ground", 0, get_on_ground),
    AP_COLUMN("spi", 0, get_spi),
    AP_COLUMN("emergency", 0, get_emergency),
    AP_COLUMN("simulated", 0, get_simulated),
    AP_COLUMN("extrapolated", 0, get_extrapolated),
    AP_COLUMN("update_age_s", 3, get_update_age),
    AP_COLUMN("pressure_altitude_age_s", 3, get_pressure_altitude_age),
    AP_COLUMN("psr_age_s", 3, get_psr_age),
    AP_COLUMN("ssr_age_s", 3, get_ssr_age),
    AP_COLUMN("mode_s_age_s", 3, get_mode_s_age),
    AP_COLUMN("mlat_age_s", 3, get_mlat_age),
    AP_COLUMN("adsb_age_s", 3, get_adsb_age),
    AP_COLUMN_LIST("sources", count_sources, put_source),
    AP_COLUMN_LIST("reasons", count_reasons, put_reason),
    AP_COLUMN_LIST("mode_probability", count_modes, put_mode),
    AP_COLUMN_LIST("vertical_probability", count_vertical_modes, put_vertical_mode),
    AP_COLUMN("fall_probability", 6, get_fall_probability),
    AP_COLUMN("fall_time_s", 0, get_fall_time_s),
    AP_COLUMN_LIST("ecef_m", count_ecef, put_ecef),
    AP_COLUMN_LIST("ecef_mps", count_ecef_mps, put_ecef_mps),
    AP_COLUMN_LIST("ecef_covariance", count_ecef_covariance, put_ecef_covariance),
    AP_COLUMN("ballistic_coefficient", 2, get_ballistic_coefficient),
    AP_COLUMN("ballistic_ln_sigma", 4, get_ballistic_coefficient_ln_sigma),
    AP_COLUMN("nis", 4, get_nis),
    AP_COLUMN("nis_dimensions", 0, get_nis_dimensions),
};
/* clang-format on */

#define MODE_COLUMNS 2
#define FALL_COLUMNS 7
#define INNOVATION_COLUMNS 2
#define COLUMNS (sizeof ap_track_columns / sizeof ap_track_columns[0])
const size_t ap_track_innovation_column_count = COLUMNS;
const size_t ap_track_column_count = COLUMNS - INNOVATION_COLUMNS;
const size_t ap_track_flight_column_count = COLUMNS - INNOVATION_COLUMNS - FALL_COLUMNS;
const size_t ap_track_state_column_count =
    COLUMNS - INNOVATION_COLUMNS - FALL_COLUMNS - MODE_COLUMNS;
