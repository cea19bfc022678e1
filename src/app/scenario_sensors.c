/* The sensors of a scenario. */
#include "app/scenario_load.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

enum { SENSOR_CAP = 256, PART_CAP = 1000, FIRST_ASTERIX_PORT = 8601, FIRST_BEAST_PORT = 30101 };

/* Formats that a kind can send, bit by bit; the first is what it sends when nothing is said. */
#define BIT(format) (1u << AP_SENSOR_FORMAT_##format)
typedef struct kind_formats {
    ap_sensor_format first;
    unsigned all;
} kind_formats;

static const kind_formats formats[AP_SENSOR_KIND_COUNT] = {
    [AP_SENSOR_PSR] = { AP_SENSOR_FORMAT_CAT048, BIT(CAT048) | BIT(CAT001) },
    [AP_SENSOR_SSR] = { AP_SENSOR_FORMAT_CAT048, BIT(CAT048) | BIT(CAT001) },
    [AP_SENSOR_MODE_S] = { AP_SENSOR_FORMAT_CAT048, BIT(CAT048) },
    [AP_SENSOR_COMBINED] = { AP_SENSOR_FORMAT_CAT048, BIT(CAT048) | BIT(CAT001) },
    [AP_SENSOR_SMR] = { AP_SENSOR_FORMAT_CAT010, BIT(CAT010) },
    [AP_SENSOR_MLAT] = { AP_SENSOR_FORMAT_CAT020, BIT(CAT020) },
    [AP_SENSOR_ADSB] = { AP_SENSOR_FORMAT_CAT021, BIT(CAT021) | BIT(BEAST) },
    [AP_SENSOR_TRACKER] = { AP_SENSOR_FORMAT_CAT062, BIT(CAT062) },
};

/* ---- what belongs to a sensor ---- */

static void take_mask(ap_scenario_load *load, const yaml_node_t *node)
{
    ap_mask_entry read = { 0 };
    ap_yaml_entry entry;
    if (!ap_yaml_entry_read(&load->reading, &ap_scenario_mask_group, node, &read, &entry))
        return;
    ap_mask_entry *into = ap_scenario_list_add(load, &load->file->mask);
    if (into)
        *into = read;
}

static void load_mask(ap_scenario_load *load, const ap_yaml_entry *entry,
                      ap_scenario_sensor *sensor)
{
    const ap_scenario_list *mask = &load->file->mask;
    sensor->mask_first = mask->count;
    ap_scenario_load_list(load, entry, "mask", PART_CAP, take_mask);
    sensor->mask_count = mask->count - sensor->mask_first;
    double before_rad = -1.0;
    for (uint32_t i = 0; i < sensor->mask_count; i++) {
        const ap_mask_entry *at = ap_scenario_list_at(mask, sensor->mask_first + i);
        if ((i == 0 && at->azimuth_rad != 0.0) || at->azimuth_rad <= before_rad) {
            ap_yaml_tell_at(&load->reading, ap_yaml_entry_mark(entry, "mask"),
                            "azimuths of a mask in another order; expected them to increase from "
                            "0");
            return;
        }
        before_rad = at->azimuth_rad;
    }
}

static void take_reflector(ap_scenario_load *load, const yaml_node_t *node)
{
    ap_reflector read = { 0 };
    ap_yaml_entry entry;
    if (!ap_yaml_entry_read(&load->reading, &ap_scenario_reflector_group, node, &read, &entry))
        return;
    ap_reflector *into = ap_scenario_list_add(load, &load->file->reflectors);
    if (into)
        *into = read;
}

static void take_area(ap_scenario_load *load, const yaml_node_t *node)
{
    ap_clutter_area read = { .end_s = load->file->scenario.duration_s };
    ap_yaml_entry entry;
    if (!ap_yaml_entry_read(&load->reading, &ap_scenario_area_group, node, &read, &entry))
        return;
    ap_scenario_check_period(load, &entry, read.start_s, read.end_s);
    ap_clutter_area *into = ap_scenario_list_add(load, &load->file->areas);
    if (into)
        *into = read;
}

static void take_station(ap_scenario_load *load, const yaml_node_t *node)
{
    ap_station read = { .position = { 0 } };
    ap_yaml_entry entry;
    if (!ap_yaml_entry_read(&load->reading, &ap_scenario_station_group, node, &read, &entry))
        return;
    ap_station *into = ap_scenario_list_add(load, &load->file->stations);
    if (into)
        *into = read;
}

static void load_parts(ap_scenario_load *load, const ap_yaml_entry *entry,
                       ap_scenario_sensor *sensor)
{
    ap_scenario_file *file = load->file;
    load_mask(load, entry, sensor);
    sensor->reflector_first = file->reflectors.count;
    ap_scenario_load_list(load, entry, "reflectors", PART_CAP, take_reflector);
    sensor->reflector_count = file->reflectors.count - sensor->reflector_first;
    sensor->area_first = file->areas.count;
    ap_scenario_load_list(load, entry, "clutter_areas", PART_CAP, take_area);
    sensor->area_count = file->areas.count - sensor->area_first;
    sensor->station_first = file->stations.count;
    ap_scenario_load_list(load, entry, "stations", PART_CAP, take_station);
    sensor->station_count = file->stations.count - sensor->station_first;
    if (sensor->station_count > 0 && sensor->station_count < 4)
        ap_yaml_tell_at(&load->reading, ap_yaml_entry_mark(entry, "stations"),
                        "%u stations; expected 4 or more, for a position in three dimensions",
                        (unsigned)sensor->station_count);
}

/* ---- one sensor ---- */

/* The name is part of file names. */
static void check_name(ap_scenario_load *load, const ap_yaml_entry *entry, const char *name)
{
    if (!ap_yaml_entry_good(entry, "name"))
        return;
    bool good = isalnum((unsigned char)name[0]) != 0;
    for (const char *c = name; *c; c++)
        good = good && (unsigned char)*c < 0x80 &&
               (isalnum((unsigned char)*c) || *c == '-' || *c == '_' || *c == '.');
    if (!good)
        ap_yaml_tell_at(&load->reading, ap_yaml_entry_mark(entry, "name"),
                        "name '%s' cannot name a file; expected letters, digits, '-', '_' and "
                        "'.', a letter or digit first",
                        name);
    else if (strcmp(name, "merged") == 0)
        ap_yaml_tell_at(&load->reading, ap_yaml_entry_mark(entry, "name"),
                        "name 'merged' is that of the file of all sensors; expected another");
    else if (ap_scenario_find_sensor(load, name) != AP_SCENARIO_NONE)
        ap_yaml_tell_at(&load->reading, ap_yaml_entry_mark(entry, "name"),
                        "name '%s' is that of a sensor before; expected another", name);
}

/* The codes of an ASTERIX source, or a receiver's id. */
static void set_identity(ap_scenario_load *load, const ap_yaml_entry *entry,
                         ap_scenario_sensor *sensor)
{
    ap_sensor *told = &sensor->told;
    const bool sac = ap_yaml_entry_value(entry, "sac"), sic = ap_yaml_entry_value(entry, "sic");
    if (sensor->format == AP_SENSOR_FORMAT_BEAST) {
        if (sac || sic)
            ap_yaml_tell_at(&load->reading, ap_yaml_entry_mark(entry, sac ? "sac" : "sic"),
                            "codes of a Beast receiver; expected none");
        told->input = 0;
        told->has_receiver = true;
        told->receiver = load->file->sensors.count + 1u;
        return;
    }
    told->clock = AP_CLOCK_AUTO;
    if (!sac || !sic) {
        ap_yaml_tell_at(&load->reading, entry->mark,
                        "a sensor that nothing identifies; expected 'sac' and 'sic'");
        return;
    }
    told->has_sac_sic = true;
    for (uint32_t i = 0; i < load->file->sensors.count; i++) {
        const ap_scenario_sensor *before = ap_scenario_list_at(&load->file->sensors, i);
        if (before->told.has_sac_sic && before->told.sac == told->sac &&
            before->told.sic == told->sic)
            ap_yaml_tell_at(&load->reading, ap_yaml_entry_mark(entry, "sac"),
                            "sac %u, sic %u are those of '%s'; expected others", told->sac,
                            told->sic, before->told.name);
    }
}

static void set_format(ap_scenario_load *load, const ap_yaml_entry *entry,
                       ap_scenario_sensor *sensor)
{
    const kind_formats *row = &formats[sensor->told.kind];
    if (!ap_yaml_entry_good(entry, "kind"))
        return;
    if (row->all == 0)
        ap_yaml_tell_at(&load->reading, ap_yaml_entry_mark(entry, "kind"),
                        "kind 'unknown' sends nothing; expected another");
    if (!ap_yaml_entry_value(entry, "format"))
        sensor->format = row->first;
    else if (row->all != 0 && !(row->all >> sensor->format & 1u))
        ap_yaml_tell_at(&load->reading, ap_yaml_entry_mark(entry, "format"),
                        "a sensor of kind %s does not send %s; expected %s",
                        ap_sensor_kind_key(sensor->told.kind), ap_scenario_formats[sensor->format],
                        ap_scenario_formats[row->first]);
}

/* One port a sensor: what is said, or the next of its transport. */
static void set_port(ap_scenario_load *load, const ap_yaml_entry *entry, ap_scenario_sensor *sensor)
{
    bool beast = sensor->format == AP_SENSOR_FORMAT_BEAST;
    uint32_t count = load->file->sensors.count;
    if (!ap_yaml_entry_value(entry, "port"))
        sensor->port = (uint16_t)((beast ? FIRST_BEAST_PORT : FIRST_ASTERIX_PORT) + (int)count);
    for (uint32_t i = 0; i < count; i++) {
        const ap_scenario_sensor *before = ap_scenario_list_at(&load->file->sensors, i);
        if (before->port == sensor->port && (before->format == AP_SENSOR_FORMAT_BEAST) == beast)
            ap_yaml_tell_at(&load->reading, ap_yaml_entry_mark(entry, "port"),
                            "port %u is that of '%s'; expected another", sensor->port,
                            before->told.name);
    }
}

static bool is_radar(ap_sensor_kind kind)
{
    return kind == AP_SENSOR_PSR || kind == AP_SENSOR_SSR || kind == AP_SENSOR_MODE_S ||
           kind == AP_SENSOR_COMBINED;
}

/* Keys of one kind of sensor only, when another has them. */
static void check_kind(ap_scenario_load *load, const ap_yaml_entry *entry,
                       const ap_scenario_sensor *sensor)
{
    ap_sensor_kind kind = sensor->told.kind;
    bool primary = kind == AP_SENSOR_PSR || kind == AP_SENSOR_COMBINED || kind == AP_SENSOR_SMR;
    bool secondary = is_radar(kind) && kind != AP_SENSOR_PSR;
    bool beast = sensor->format == AP_SENSOR_FORMAT_BEAST;
    const struct {
        const char *key;
        bool fits;
        const char *expected;
    } rows[] = {
        { "registers", kind == AP_SENSOR_MODE_S || kind == AP_SENSOR_COMBINED, "a Mode S radar" },
        { "elevation_sigma_deg", primary && is_radar(kind), "a radar with a primary" },
        { "eccentricity_sin_deg", is_radar(kind), "a radar" },
        { "eccentricity_cos_deg", is_radar(kind), "a radar" },
        { "cone_deg", is_radar(kind), "a radar" },
        { "mask", is_radar(kind) || kind == AP_SENSOR_SMR, "a radar" },
        { "reference_area_m2", primary, "a primary radar" },
        { "clutter_areas", primary, "a primary radar" },
        { "reflectors", secondary, "a secondary radar" },
        { "garbles", secondary, "a secondary radar" },
        { "fruit_per_turn", secondary, "a secondary radar" },
        { "stations", kind == AP_SENSOR_MLAT, "a multilateration" },
        { "arrival_sigma_ns", kind == AP_SENSOR_MLAT, "a multilateration" },
        { "clock", beast, "a Beast receiver" },
        { "clock_offset_s", beast, "a Beast receiver" },
        { "clock_drift_ppm", beast, "a Beast receiver" },
        { "arrival_jitter_ns", beast, "a Beast receiver" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (!rows[i].fits && ap_yaml_entry_value(entry, rows[i].key))
            ap_yaml_tell_at(&load->reading, ap_yaml_entry_mark(entry, rows[i].key),
                            "%s of a sensor of kind %s; expected it of %s", rows[i].key,
                            ap_sensor_kind_key(kind), rows[i].expected);
    if (sensor->told.range_max_m > 0.0 && sensor->told.range_min_m >= sensor->told.range_max_m)
        ap_yaml_tell_at(&load->reading, ap_yaml_entry_mark(entry, "range_min_m"),
                        "range_min_m is not below range_max_m; expected the smaller of the two");
}

/* Without a limit a sensor that states positions would hear the whole Earth. */
#define RANGE_MAX_M 400e3

static void take_sensor(ap_scenario_load *load, const yaml_node_t *node)
{
    ap_scenario_sensor read = { .told = { .described = true, .input = AP_INPUT_NONE } };
    int kind = ap_yaml_entry_word(&load->reading, node, "kind", ap_scenario_sensor_kinds);
    ap_sensor_defaults(&read.told, kind < 0 ? AP_SENSOR_COMBINED : (ap_sensor_kind)kind);
    if (!(read.told.range_max_m > 0.0))
        read.told.range_max_m = RANGE_MAX_M;
    ap_yaml_entry entry;
    if (!ap_yaml_entry_read(&load->reading, &ap_scenario_sensor_group, node, &read, &entry))
        return;
    check_name(load, &entry, read.told.name);
    set_format(load, &entry, &read);
    set_identity(load, &entry, &read);
    set_port(load, &entry, &read);
    if (ap_yaml_entry_good(&entry, "kind"))
        check_kind(load, &entry, &read);
    read.has_height = ap_yaml_entry_good(&entry, "elevation_sigma_deg");
    load_parts(load, &entry, &read);
    (void)ap_sensor_place(&read.told, read.told.site); /* in range: the keys were checked */
    ap_scenario_sensor *into = ap_scenario_list_add(load, &load->file->sensors);
    if (into)
        *into = read;
}

void ap_scenario_load_sensors(ap_scenario_load *load, const ap_yaml_entry *top)
{
    ap_scenario_load_list(load, top, "sensors", SENSOR_CAP, take_sensor);
}
