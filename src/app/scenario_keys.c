#include "app/scenario_keys.h"

#include <string.h>

#include "simulate/mlat.h"

_Static_assert(sizeof(ap_craft) == sizeof(int) && sizeof(ap_fault_kind) == sizeof(int),
               "words are stored as int");

#define WORD(name, key, text) key,
#define TEXT(name, key, text) text,

const char *const ap_scenario_crafts[] = { AP_CRAFT_MAP(WORD) NULL };
const char *const ap_scenario_generators[] = { AP_GENERATOR_MAP(WORD) NULL };
const char *const ap_scenario_equipments[] = { "adsb", "mode_s", "mode_ac", "none", NULL };
const char *const ap_scenario_sensor_kinds[] = { AP_SENSOR_KIND_MAP(WORD) NULL };
const char *const ap_scenario_formats[] = { AP_SENSOR_FORMAT_MAP(WORD) NULL };
const char *const ap_scenario_clocks[] = { AP_CLOCK_KIND_MAP(WORD) NULL };
const char *const ap_scenario_fault_kinds[] = { AP_FAULT_MAP(WORD) NULL };

static const char *const craft_texts[] = { AP_CRAFT_MAP(TEXT) NULL };
static const char *const generator_texts[] = { AP_GENERATOR_MAP(TEXT) NULL };
static const char *const kind_texts[] = { AP_SENSOR_KIND_MAP(TEXT) NULL };
static const char *const format_texts[] = { AP_SENSOR_FORMAT_MAP(TEXT) NULL };
static const char *const fault_texts[] = { AP_FAULT_MAP(TEXT) NULL };

#define DEG AP_RAD_PER_DEG
#define FT AP_M_PER_FT
#define KT AP_MPS_PER_KT

#define AT AP_YAML_AT
#define DIGITS_OF(number) #number
#define DIGITS(macro) DIGITS_OF(macro)
#define NUMBER AP_YAML_NUMBER
#define WHOLE AP_YAML_WHOLE
#define FLAG AP_YAML_FLAG
#define WORDS AP_YAML_WORDS
#define NEEDED(key_, type_, field, scale_, min_, max_, help_)                                      \
    {                                                                                              \
        .key = key_, .type = AP_YAML_TYPE_NUMBER, AT(type_, field), .scale = scale_, .min = min_,  \
        .max = max_, .required = true, .help = help_                                               \
    }
#define NAMED(key_, help_)                                                                         \
    {                                                                                              \
        .key = key_, .type = AP_YAML_TYPE_NAME, .offset = SIZE_MAX, .help = help_                  \
    }
#define LIST(key_, required_, help_)                                                               \
    {                                                                                              \
        .key = key_, .type = AP_YAML_TYPE_LIST, .offset = SIZE_MAX, .required = required_,         \
        .help = help_                                                                              \
    }

#define LATITUDE(type_, field, help_) NEEDED("latitude_deg", type_, field, DEG, -89, 89, help_)
#define LONGITUDE(type_, field) NEEDED("longitude_deg", type_, field, DEG, -180, 180, "")
#define RADIUS(type_, initial_)                                                                    \
    NUMBER("radius_m", type_, radius_m, 1, 100, 1e6, initial_, "of the area"),                     \
        NUMBER("radius_nmi", type_, radius_m, AP_M_PER_NMI, 0.06, 539, NULL, "the same")
#define PERIOD(type_)                                                                              \
    NUMBER("start_s", type_, start_s, 1, 0, 86400, "0", "since the start of the run"),             \
        NUMBER("end_s", type_, end_s, 1, 0, 86400, NULL, "the end of the run when absent")

/* ---- the file ---- */

static const ap_yaml_key top_keys[] = {
    { .key = "name",
      .type = AP_YAML_TYPE_TEXT,
      AT(ap_scenario, name),
      .max = AP_SCENARIO_NAME_SIZE - 1,
      .required = true,
      .help = "of the scenario, for people" },
    WHOLE("seed", 64, ap_scenario, seed, 0, 1e15, "1",
          "of all that is drawn; the option --seed goes before it"),
    { .key = "start",
      .type = AP_YAML_TYPE_TIME,
      AT(ap_scenario, start_utc),
      .initial = "2024-03-01T12:00:00Z",
      .help = "UTC of second 0; from 1970 on, a run that ends before 2106-02-07" },
    NEEDED("duration_s", ap_scenario, duration_s, 1, 10, 86400, "how long it lasts"),
    NEEDED("latitude_deg", ap_scenario, reference.latitude_rad, DEG, -80, 80, "middle of it all"),
    LONGITUDE(ap_scenario, reference.longitude_rad),
    NUMBER("height_offset_m", ap_scenario, height_offset_m, 1, -500, 500, "0",
           "height above the ellipsoid less pressure altitude, everywhere"),
    NUMBER("truth_step_s", ap_scenario, truth_step_s, 1, 0.05, 60, "1", "step of truth.csv"),
    LIST("wind", false, "by altitude; still air without it"),
    LIST("traffic", false, "flights drawn from the seed"),
    LIST("flights", false, "flights one by one"),
    NAMED("truth_csv", "flights as states in a CSV file beside this one"),
    LIST("sensors", true, "one or more"),
    LIST("faults", false, "what goes wrong, when, with whom"),
    { .key = NULL },
};

static const ap_yaml_key wind_keys[] = {
    NEEDED("altitude_m", ap_scenario_wind, altitude_m, 1, -1000, 40000, "increasing in the list"),
    NUMBER("altitude_ft", ap_scenario_wind, altitude_m, FT, -3000, 130000, NULL, "the same"),
    NEEDED("from_deg", ap_scenario_wind, from_rad, DEG, 0, 360, "where the wind comes from"),
    NEEDED("speed_mps", ap_scenario_wind, speed_mps, 1, 0, 150, ""),
    NUMBER("speed_kt", ap_scenario_wind, speed_mps, KT, 0, 290, NULL, "the same"),
    { .key = NULL },
};

/* ---- traffic ---- */

#define GENERATOR ap_scenario_generator
static const ap_yaml_key generator_keys[] = {
    WORDS("kind", GENERATOR, kind, ap_scenario_generators, NULL, true, "what is drawn, see below"),
    { .key = "count",
      .type = AP_YAML_TYPE_U32,
      AT(GENERATOR, flight_count),
      .scale = 1,
      .min = 1,
      .max = 400000,
      .required = true,
      .help = "flights" },
    NUMBER("latitude_deg", GENERATOR, latitude_rad, DEG, -89, 89, NULL,
           "middle of its area; the scenario's when absent"),
    NUMBER("longitude_deg", GENERATOR, longitude_rad, DEG, -180, 180, NULL, ""),
    RADIUS(GENERATOR, NULL),
    NUMBER("altitude_min_m", GENERATOR, altitude_min_m, 1, -400, 40000, NULL,
           "pressure altitudes; by kind when absent"),
    NUMBER("altitude_min_ft", GENERATOR, altitude_min_m, FT, -1300, 130000, NULL, "the same"),
    NUMBER("altitude_max_m", GENERATOR, altitude_max_m, 1, -400, 40000, NULL, ""),
    NUMBER("altitude_max_ft", GENERATOR, altitude_max_m, FT, -1300, 130000, NULL, "the same"),
    NUMBER("field_height_m", GENERATOR, field_height_m, 1, -400, 5000, "0",
           "ground of a tma or surface, above the ellipsoid"),
    NUMBER("spacing_m", GENERATOR, spacing_m, 1, 1, 5e4, NULL,
           "within formations, swarms and pairs; by kind when absent"),
    PERIOD(GENERATOR),
    NUMBER("adsb_share", GENERATOR, adsb_share, 1, 0, 1, NULL,
           "share with extended squitter; by kind when the three are absent"),
    NUMBER("mode_s_share", GENERATOR, mode_s_share, 1, 0, 1, NULL, "share with Mode S only"),
    NUMBER("mode_ac_share", GENERATOR, mode_ac_share, 1, 0, 1, NULL,
           "share with Mode A/C only; the rest carries nothing"),
    { .key = NULL },
};

#define FLIGHT ap_scenario_flight_extra
static const ap_yaml_key flight_keys[] = {
    { .key = "name",
      .type = AP_YAML_TYPE_TEXT,
      AT(FLIGHT, name),
      .max = AP_SCENARIO_NAME_SIZE - 1,
      .help = "for faults and followers; the call sign when absent" },
    WORDS("craft", FLIGHT, flight.craft, ap_scenario_crafts, "airliner", false,
          "what flies, see below"),
    WORDS("equipment", FLIGHT, flight.equipment, ap_scenario_equipments, "adsb", false,
          "transponder: extended squitter, Mode S, Mode A/C or none"),
    { .key = "callsign",
      .type = AP_YAML_TYPE_TEXT,
      AT(FLIGHT, flight.callsign),
      .max = AP_CALLSIGN_SIZE - 1,
      .help = "capital letters and digits; by number when absent" },
    { .key = "address",
      .type = AP_YAML_TYPE_ADDRESS,
      AT(FLIGHT, flight.address),
      .help = "of the transponder; by number when absent" },
    { .key = "mode_3a",
      .type = AP_YAML_TYPE_CODE,
      AT(FLIGHT, flight.mode_3a),
      .help = "by number when absent" },
    WHOLE("nac_p", 8, FLIGHT, flight.nac_p, 1, 11, NULL,
          "position quality that it broadcasts; by chance when absent"),
    NUMBER("start_s", FLIGHT, flight.start_s, 1, 0, 86400, "0", "when it begins"),
    NUMBER("end_s", FLIGHT, flight.end_s, 1, 0, 86400, NULL,
           "when it is gone; at the end of its way when absent"),
    FLAG("departs", FLIGHT, flight.departs, "false", "begins on the ground at its first waypoint"),
    FLAG("lands", FLIGHT, flight.lands, "false", "ends on the ground at its last waypoint"),
    NUMBER("field_height_m", FLIGHT, flight.field_height_m, 1, -400, 5000, "0",
           "of that ground, above the ellipsoid"),
    LIST("route", false, "waypoints; or else leader, or fall"),
    NAMED("leader", "name of the flight that it keeps its place beside"),
    NUMBER("behind_m", FLIGHT, flight.behind_m, 1, -1e5, 1e5, "0", "that place"),
    NUMBER("right_m", FLIGHT, flight.right_m, 1, -1e5, 1e5, "0", ""),
    NUMBER("above_m", FLIGHT, flight.above_m, 1, -1e4, 1e4, "0", ""),
    { .key = "fall",
      .type = AP_YAML_TYPE_GROUP,
      .offset = SIZE_MAX,
      .help = "falls by gravity and drag alone" },
    { .key = NULL },
};

static const ap_yaml_key waypoint_keys[] = {
    LATITUDE(ap_waypoint, latitude_rad, "passed on a fly-by turn"),
    LONGITUDE(ap_waypoint, longitude_rad),
    NUMBER("altitude_ft", ap_waypoint, altitude_m, FT, -1300, 130000, NULL,
           "pressure altitude from here on; as before when absent"),
    NUMBER("altitude_m", ap_waypoint, altitude_m, 1, -400, 40000, NULL, "the same"),
    NUMBER("speed_kt", ap_waypoint, speed_mps, KT, 0, 2000, NULL,
           "true airspeed from here on; as before when absent"),
    NUMBER("speed_mps", ap_waypoint, speed_mps, 1, 0, 1000, NULL, "the same"),
    NUMBER("hold_s", ap_waypoint, hold_s, 1, 0, 86400, "0",
           "a holding pattern here for so long; hovering for what can"),
    { .key = NULL },
};

static const ap_yaml_key fall_keys[] = {
    LATITUDE(ap_scenario_flight, fall_position.latitude_rad, "where it begins"),
    LONGITUDE(ap_scenario_flight, fall_position.longitude_rad),
    NEEDED("height_m", ap_scenario_flight, fall_position.height_m, 1, 100, 200000,
           "above the ellipsoid"),
    NUMBER("east_mps", ap_scenario_flight, fall_east_mps, 1, -8000, 8000, "0", "velocity there"),
    NUMBER("north_mps", ap_scenario_flight, fall_north_mps, 1, -8000, 8000, "0", ""),
    NUMBER("up_mps", ap_scenario_flight, fall_up_mps, 1, -8000, 8000, "0", ""),
    NUMBER("ballistic_coefficient_kgpms2", ap_scenario_flight, ballistic_coefficient_kgpms2, 1, 1,
           1e6, "5000", "weight over drag area: m g / (C_D A), kg/(m s2)"),
    WHOLE("pieces", 32, ap_scenario_flight, piece_count, 1, 100, "1", "that it breaks into"),
    NUMBER("break_altitude_m", ap_scenario_flight, break_altitude_m, 1, 0, 200000, "0",
           "where it breaks"),
    { .key = NULL },
};

/* ---- sensors ---- */

#define SENSOR ap_scenario_sensor
#define BY_KIND "by kind when absent"
static const ap_yaml_key sensor_keys[] = {
    { .key = "name",
      .type = AP_YAML_TYPE_TEXT,
      AT(SENSOR, told.name),
      .max = AP_SENSOR_NAME_SIZE - 1,
      .required = true,
      .help = "letters, digits, '-', '_' and '.': it names its files" },
    WORDS("kind", SENSOR, told.kind, ap_scenario_sensor_kinds, NULL, true, "see below"),
    WORDS("format", SENSOR, format, ap_scenario_formats, NULL, false, BY_KIND),
    WHOLE("sac", 8, SENSOR, told.sac, 0, 255, NULL, "of its ASTERIX; all but Beast need both"),
    WHOLE("sic", 8, SENSOR, told.sic, 0, 255, NULL, ""),
    WHOLE("port", 16, SENSOR, port, 1, 65535, NULL,
          "UDP of ASTERIX, TCP of Beast; 8601, 8602 ... and 30101, 30102 ... when absent"),
    LATITUDE(SENSOR, told.site.latitude_rad, "antenna"),
    LONGITUDE(SENSOR, told.site.longitude_rad),
    NUMBER("height_m", SENSOR, told.site.height_m, 1, -1000, 20000, "0", "above the ellipsoid"),
    NUMBER("range_max_m", SENSOR, told.range_max_m, 1, 100, 1e6, NULL, "coverage; " BY_KIND),
    NUMBER("range_max_nmi", SENSOR, told.range_max_m, AP_M_PER_NMI, 0.1, 540, NULL, "the same"),
    NUMBER("range_min_m", SENSOR, told.range_min_m, 1, 0, 1e5, NULL, BY_KIND),
    NUMBER("turn_s", SENSOR, told.turn_s, 1, 0.25, 60, NULL,
           "antenna period or update interval; " BY_KIND),
    NUMBER("range_sigma_m", SENSOR, told.range_sigma_m, 1, 0.01, 1e4, NULL, "noise; " BY_KIND),
    NUMBER("azimuth_sigma_deg", SENSOR, told.azimuth_sigma_rad, DEG, 1e-4, 5, NULL, BY_KIND),
    NUMBER("position_sigma_m", SENSOR, told.position_sigma_m, 1, 0.01, 1e4, NULL,
           "of a sensor that states positions; " BY_KIND),
    NUMBER("altitude_sigma_m", SENSOR, told.altitude_sigma_m, 1, 0.01, 1e3, NULL, BY_KIND),
    NUMBER("range_resolution_m", SENSOR, told.range_resolution_m, 1, 0, 1e4, "0",
           "nearer aircraft become one plot; 0: follows from the noise"),
    NUMBER("azimuth_resolution_deg", SENSOR, told.azimuth_resolution_rad, DEG, 0, 10, "0", ""),
    NUMBER("detection_probability", SENSOR, told.detection_probability, 1, 0.01, 0.9999, NULL,
           "a turn and target; " BY_KIND),
    NUMBER("clutter_per_turn", SENSOR, told.clutter_per_turn, 1, 0, 1000, NULL,
           "false plots over its coverage; " BY_KIND),
    NUMBER("latency_s", SENSOR, told.latency_s, 1, 0, 10, "0",
           "told to those who have only times of arrival"),
    NUMBER("elevation_sigma_deg", SENSOR, elevation_sigma_rad, DEG, 1e-3, 5, NULL,
           "of a 3-D radar: its presence makes one"),
    FLAG("registers", SENSOR, registers, "false", "asks Mode S for registers 4,0, 5,0 and 6,0"),
    NUMBER("range_bias_m", SENSOR, range_bias_m, 1, -5000, 5000, "0",
           "measured less true; not told in sensors.yaml, as all errors of the following keys"),
    NUMBER("range_gain_ppm", SENSOR, range_gain, 1e-6, -10000, 10000, "0",
           "(measured - true) / true"),
    NUMBER("azimuth_bias_deg", SENSOR, azimuth_bias_rad, DEG, -5.7, 5.7, "0", "measured less true"),
    NUMBER("eccentricity_sin_deg", SENSOR, eccentricity_sin_rad, DEG, -5, 5, "0",
           "A of A sin(azimuth) + B cos(azimuth)"),
    NUMBER("eccentricity_cos_deg", SENSOR, eccentricity_cos_rad, DEG, -5, 5, "0", "B of it"),
    NUMBER("time_bias_s", SENSOR, time_bias_s, 1, -60, 60, "0", "stamped less true time"),
    NUMBER("time_drift_ppm", SENSOR, time_drift_sps, 1e-6, -10000, 10000, "0",
           "its change by time"),
    NUMBER("cone_deg", SENSOR, cone_rad, DEG, 1, 90, "60", "elevation above which it is silent"),
    NUMBER("reference_area_m2", SENSOR, reference_area_m2, 1, 0, 1000, "0",
           "target whose primary detection falls with range as told; 0: range plays no part"),
    LIST("mask", false, "elevations below which it sees nothing, by azimuth"),
    FLAG("merges", SENSOR, merges, "false", "plots within its resolution become one"),
    NUMBER("split_probability", SENSOR, split_probability, 1, 0, 1, "0",
           "chance of two plots instead of one"),
    LIST("reflectors", false, "walls that mirror secondary replies"),
    FLAG("garbles", SENSOR, garbles, "false",
         "overlapping Mode A/C replies spoil each other's codes"),
    NUMBER("fruit_per_turn", SENSOR, fruit_per_turn, 1, 0, 10000, "0", "false secondary plots"),
    LIST("clutter_areas", false, "places with more false primary plots"),
    WHOLE("plot_cap_per_sector", 32, SENSOR, plot_cap_per_sector, 0, 100000, "0",
          "it can send no more; 0: no limit"),
    LIST("stations", false, "of a multilateration; a ring of its own without them"),
    NUMBER("arrival_sigma_ns", SENSOR, arrival_sigma_s, 1e-9, 0.1, 1e6,
           DIGITS(AP_MLAT_ARRIVAL_SIGMA_NS), "noise of a time of arrival at a station"),
    WORDS("clock", SENSOR, told.clock, ap_scenario_clocks, "ticks", false,
          "of a Beast receiver: a counter of 12 MHz, or second of the day and nanosecond"),
    NUMBER("clock_offset_s", SENSOR, clock_offset_s, 1, -1e5, 1e5, "0",
           "of that clock at second 0"),
    NUMBER("clock_drift_ppm", SENSOR, clock_drift_ppm, 1, -200, 200, "0", "of that clock"),
    NUMBER("arrival_jitter_ns", SENSOR, arrival_jitter_s, 1e-9, 0, 1e6, "50", "of its stamps"),
    NUMBER("delay_s", SENSOR, delay_s, 1, 0, 60, "0", "of the line from the sensor"),
    NUMBER("delay_jitter_s", SENSOR, delay_jitter_s, 1, 0, 60, "0",
           "added to it, anything below this"),
    NUMBER("loss", SENSOR, loss, 1, 0, 0.99, "0", "chance of each packet"),
    NUMBER("duplication", SENSOR, duplication, 1, 0, 0.99, "0", "the same"),
    NUMBER("reordering", SENSOR, reordering, 1, 0, 0.99, "0", "the same"),
    { .key = NULL },
};
_Static_assert(sizeof sensor_keys / sizeof sensor_keys[0] <= AP_YAML_KEY_CAP,
               "an entry has room for every key");

static const ap_yaml_key mask_keys[] = {
    NEEDED("azimuth_deg", ap_mask_entry, azimuth_rad, DEG, 0, 360,
           "from here to the next entry; the first is 0, they increase"),
    NEEDED("elevation_deg", ap_mask_entry, elevation_rad, DEG, -5, 90, ""),
    { .key = NULL },
};

static const ap_yaml_key reflector_keys[] = {
    NEEDED("azimuth_deg", ap_reflector, azimuth_rad, DEG, 0, 360, "of its middle, from the radar"),
    NEEDED("range_m", ap_reflector, range_m, 1, 10, 100000, ""),
    NUMBER("length_m", ap_reflector, length_m, 1, 1, 10000, "100", ""),
    NEEDED("normal_deg", ap_reflector, normal_rad, DEG, 0, 360, "azimuth of its face's normal"),
    NUMBER("gain", ap_reflector, gain, 1, 0, 1, "0.5", "chance of a reflected reply a pass"),
    { .key = NULL },
};

static const ap_yaml_key area_keys[] = {
    LATITUDE(ap_clutter_area, latitude_rad, "its middle"),
    LONGITUDE(ap_clutter_area, longitude_rad),
    RADIUS(ap_clutter_area, "10000"),
    NUMBER("plots_per_turn", ap_clutter_area, plots_per_turn, 1, 0, 10000, "10", "expected"),
    NUMBER("east_mps", ap_clutter_area, east_mps, 1, -100, 100, "0", "it drifts"),
    NUMBER("north_mps", ap_clutter_area, north_mps, 1, -100, 100, "0", ""),
    PERIOD(ap_clutter_area),
    { .key = NULL },
};

static const ap_yaml_key station_keys[] = {
    LATITUDE(ap_station, position.latitude_rad, ""),
    LONGITUDE(ap_station, position.longitude_rad),
    NUMBER("height_m", ap_station, position.height_m, 1, -1000, 20000, "0", "above the ellipsoid"),
    { .key = NULL },
};

/* ---- faults ---- */

#define FAULT ap_scenario_fault_value
#define VALUE(key_, scale_, min_, max_, help_)                                                     \
    NUMBER(key_, FAULT, fault.value, scale_, min_, max_, NULL, help_)
static const ap_yaml_key fault_keys[] = {
    WORDS("kind", FAULT, fault.kind, ap_scenario_fault_kinds, NULL, true, "see below"),
    NAMED("sensor", "name of the sensor that it happens to"),
    NAMED("flight", "name of the flight that it happens to"),
    NUMBER("start_s", FAULT, fault.start_s, 1, 0, 86400, "0", "since the start of the run"),
    NUMBER("end_s", FAULT, fault.end_s, 1, 0, 86400, NULL, "the end of the run when absent"),
    NUMBER("latitude_deg", FAULT, fault.latitude_rad, DEG, -89, 89, NULL,
           "middle of the area of jamming and ghosts"),
    NUMBER("longitude_deg", FAULT, fault.longitude_rad, DEG, -180, 180, NULL, ""),
    NUMBER("radius_m", FAULT, fault.radius_m, 1, 10, 1e6, NULL, "of the area"),
    NUMBER("radius_nmi", FAULT, fault.radius_m, AP_M_PER_NMI, 0.01, 540, NULL, "the same"),
    VALUE("jump_deg", DEG, -180, 180, "of azimuth_jump"),
    VALUE("jump_s", 1, -3600, 3600, "of time_jump"),
    VALUE("chance", 1, 0, 1, "of loss"),
    { .key = "code",
      .type = AP_YAML_TYPE_CODE,
      AT(FAULT, code),
      .help = "of emergency: 7500, 7600 or 7700, this when absent; of wrong_code: another, by "
              "chance when absent" },
    NAMED("code_of", "of wrong_code instead: name of the flight whose code it sends"),
    { .key = "address",
      .type = AP_YAML_TYPE_ADDRESS,
      AT(FAULT, address),
      .help = "of wrong_address" },
    VALUE("offset_m", 1, -20000, 20000, "of altitude"),
    VALUE("offset_ft", FT, -60000, 60000, "the same"),
    VALUE("age_s", 1, 0, 60, "of latency: how old a broadcast position is"),
    VALUE("count", 1, 1, 1000, "of ghosts"),
    VALUE("drift_mps", 1, -1000, 1000, "of ramp"),
    NUMBER("direction_deg", FAULT, fault.direction_rad, DEG, 0, 360, "0",
           "of ramp: the course of the drift"),
    VALUE("delay_s", 1, 1, 86400, "of replay: broadcast again so much later"),
    { .key = NULL },
};

/* clang-format off */
#define GROUP(symbol, name_, entry_, keys_, help_)                                                 \
    const ap_yaml_group symbol = {                                                             \
        .name = name_, .entry = entry_, .keys = keys_, .help = help_ }
GROUP(ap_scenario_top, "the file", "the file", top_keys, "");
GROUP(ap_scenario_wind_level, "wind", "a wind", wind_keys,
      "Between two levels it is interpolated, beyond the ends it stays.");
GROUP(ap_scenario_generator_group, "traffic", "an entry of traffic", generator_keys,
      "Flights drawn from the seed.");
GROUP(ap_scenario_flight_group, "flights", "a flight", flight_keys,
      "One flight each, with one of route, leader and fall.");
GROUP(ap_scenario_waypoint_group, "flights: route", "a waypoint", waypoint_keys, "");
GROUP(ap_scenario_fall_group, "flights: fall", "a fall", fall_keys, "");
GROUP(ap_scenario_sensor_group, "sensors", "a sensor", sensor_keys,
      "What its owner tells of it, and what it is in truth.");
GROUP(ap_scenario_mask_group, "sensors: mask", "an entry of a mask", mask_keys, "");
GROUP(ap_scenario_reflector_group, "sensors: reflectors", "a reflector", reflector_keys, "");
GROUP(ap_scenario_area_group, "sensors: clutter_areas", "a clutter area", area_keys, "");
GROUP(ap_scenario_station_group, "sensors: stations", "a station", station_keys, "");
GROUP(ap_scenario_fault_group, "faults", "a fault", fault_keys, "");
/* clang-format on */

const ap_yaml_group *const ap_scenario_groups[] = {
    &ap_scenario_top,
    &ap_scenario_wind_level,
    &ap_scenario_generator_group,
    &ap_scenario_flight_group,
    &ap_scenario_waypoint_group,
    &ap_scenario_fall_group,
    &ap_scenario_sensor_group,
    &ap_scenario_mask_group,
    &ap_scenario_reflector_group,
    &ap_scenario_area_group,
    &ap_scenario_station_group,
    &ap_scenario_fault_group,
    NULL,
};

static void print_words(FILE *out, const char *title, const char *const *words,
                        const char *const *texts)
{
    fprintf(out, "\n### %s\n\n| word | what |\n|---|---|\n", title);
    for (size_t i = 0; words[i]; i++)
        if (strcmp(words[i], "unknown") != 0)
            fprintf(out, "| `%s` | %s |\n", words[i], texts[i]);
}

void ap_scenario_keys_print(FILE *out)
{
    for (const ap_yaml_group *const *group = ap_scenario_groups; *group; group++)
        ap_yaml_group_print(out, *group);
    print_words(out, "Kinds of traffic", ap_scenario_generators, generator_texts);
    print_words(out, "Crafts", ap_scenario_crafts, craft_texts);
    print_words(out, "Kinds of sensors", ap_scenario_sensor_kinds, kind_texts);
    print_words(out, "Formats", ap_scenario_formats, format_texts);
    print_words(out, "Kinds of faults", ap_scenario_fault_kinds, fault_texts);
}
