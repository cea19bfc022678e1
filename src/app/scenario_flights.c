/* What flies in a scenario: wind, traffic, flights. */
#include "app/scenario_load.h"

#include <math.h>
#include <string.h>

#include "simulate/generate.h"
#include "simulate/route.h"

enum { WIND_CAP = 256, GENERATOR_CAP = 256, FLIGHT_CAP = 20000, WAYPOINT_CAP = AP_ROUTE_POINT_MAX };

/* ---- wind ---- */

static void take_wind(ap_scenario_load *load, const yaml_node_t *node)
{
    ap_scenario_wind written = { 0 };
    ap_yaml_entry entry;
    if (!ap_yaml_entry_read(&load->reading, &ap_scenario_wind_level, node, &written, &entry))
        return;
    ap_scenario_list *list = &load->file->wind;
    if (list->count > 0) {
        const ap_wind_level *before = ap_scenario_list_at(list, list->count - 1);
        if (!(before->altitude_m < written.altitude_m))
            ap_yaml_tell_at(&load->reading, ap_yaml_entry_mark(&entry, "altitude_m"),
                            "an altitude not above the one before; expected them to increase");
    }
    ap_wind_level *level = ap_scenario_list_add(load, list);
    if (level)
        *level = (ap_wind_level){ written.altitude_m, -written.speed_mps * sin(written.from_rad),
                                  -written.speed_mps * cos(written.from_rad) };
}

void ap_scenario_load_wind(ap_scenario_load *load, const ap_yaml_entry *top)
{
    ap_scenario_load_list(load, top, "wind", WIND_CAP, take_wind);
}

/* ---- traffic ---- */

/* What stands for absent keys of a kind: where such flights are usually found. */
typedef struct kind_defaults {
    double radius_m, altitude_min_m, altitude_max_m, spacing_m;
    double adsb_share, mode_s_share, mode_ac_share;
} kind_defaults;

/* clang-format off */
static const kind_defaults defaults[AP_GENERATOR_COUNT] = {
    /*                          radius  altitudes        spacing adsb  S     A/C */
    [AP_GENERATOR_EN_ROUTE]   = { 200e3, 7000.0, 12000.0, 0.0,   0.90, 0.08, 0.02 },
    [AP_GENERATOR_TMA]        = {  70e3,  300.0,  6000.0, 0.0,   0.90, 0.08, 0.02 },
    [AP_GENERATOR_GENERAL]    = {  50e3,  300.0,  2000.0, 0.0,   0.30, 0.30, 0.20 },
    [AP_GENERATOR_ROTORCRAFT] = {  40e3,  150.0,   600.0, 0.0,   0.50, 0.40, 0.00 },
    [AP_GENERATOR_SWARM]      = {   3e3,   50.0,   150.0, 30.0,  0.00, 0.00, 0.00 },
    [AP_GENERATOR_DRONES]     = {  10e3,   30.0,   120.0, 0.0,   0.00, 0.00, 0.00 },
    [AP_GENERATOR_BIRDS]      = {  20e3,   50.0,  1000.0, 0.0,   0.00, 0.00, 0.00 },
    [AP_GENERATOR_BALLOONS]   = {  50e3, 1000.0, 25000.0, 0.0,   0.00, 0.00, 0.00 },
    [AP_GENERATOR_FORMATION]  = { 100e3, 5000.0,  9000.0, 100.0, 0.00, 1.00, 0.00 },
    [AP_GENERATOR_CROSSING]   = { 100e3, 7000.0, 11000.0, 300.0, 0.90, 0.10, 0.00 },
    [AP_GENERATOR_OVERTAKING] = { 100e3, 7000.0, 11000.0, 500.0, 0.90, 0.10, 0.00 },
    [AP_GENERATOR_SURFACE]    = {   3e3,    0.0,     0.0, 0.0,   0.70, 0.20, 0.00 },
    [AP_GENERATOR_MIXED]      = { 150e3,  150.0, 12000.0, 0.0,   0.90, 0.07, 0.03 },
};
/* clang-format on */

static void check_generator(ap_scenario_load *load, const ap_yaml_entry *entry,
                            ap_scenario_generator *made)
{
    char why[128];
    ap_scenario_check_period(load, entry, made->start_s, made->end_s);
    if (made->kind == AP_GENERATOR_MIXED &&
        (made->flight_count < 3 || made->radius_m < 20e3 || made->radius_m > 300e3))
        ap_yaml_tell_at(&load->reading, entry->mark,
                        "mixed traffic of %u flights within %.0f m; expected 3 or more within "
                        "20000 to 300000",
                        (unsigned)made->flight_count, made->radius_m);
    else if (made->altitude_min_m <= made->altitude_max_m && load->reading.error_count == 0 &&
             !ap_generate_check(&load->file->scenario, made, why, sizeof why))
        ap_yaml_tell_at(&load->reading, entry->mark,
                        "traffic of kind %s: %s; expected what it can fly",
                        ap_scenario_generators[made->kind], why); /* all else was judged by now */
    if (made->altitude_min_m > made->altitude_max_m)
        ap_yaml_tell_at(&load->reading, entry->mark,
                        "altitudes from %.0f m to %.0f m; expected the lower one first",
                        made->altitude_min_m, made->altitude_max_m);
    if (made->adsb_share + made->mode_s_share + made->mode_ac_share > 1.0 + 1e-9)
        ap_yaml_tell_at(&load->reading, entry->mark,
                        "adsb_share, mode_s_share and mode_ac_share are %.10g together; expected "
                        "at most 1",
                        made->adsb_share + made->mode_s_share + made->mode_ac_share);
    if (!ap_yaml_entry_value(entry, "latitude_deg") != !ap_yaml_entry_value(entry, "longitude_deg"))
        ap_yaml_tell_at(&load->reading, entry->mark,
                        "one of latitude_deg and longitude_deg; expected both or none");
}

static void take_generator(ap_scenario_load *load, const yaml_node_t *node)
{
    const ap_scenario *scenario = &load->file->scenario;
    int kind = ap_yaml_entry_word(&load->reading, node, "kind", ap_scenario_generators);
    const kind_defaults *row = &defaults[kind < 0 ? 0 : kind];
    bool own_shares = ap_yaml_entry_find(&load->reading, node, "adsb_share") ||
                      ap_yaml_entry_find(&load->reading, node, "mode_s_share") ||
                      ap_yaml_entry_find(&load->reading, node, "mode_ac_share");
    ap_scenario_generator made = {
        .latitude_rad = scenario->reference.latitude_rad,
        .longitude_rad = scenario->reference.longitude_rad,
        .radius_m = row->radius_m,
        .altitude_min_m = row->altitude_min_m,
        .altitude_max_m = row->altitude_max_m,
        .spacing_m = row->spacing_m,
        .end_s = scenario->duration_s,
        .adsb_share = own_shares ? 0.0 : row->adsb_share,
        .mode_s_share = own_shares ? 0.0 : row->mode_s_share,
        .mode_ac_share = own_shares ? 0.0 : row->mode_ac_share,
    };
    ap_yaml_entry entry;
    if (!ap_yaml_entry_read(&load->reading, &ap_scenario_generator_group, node, &made, &entry))
        return;
    check_generator(load, &entry, &made);
    ap_scenario_generator *into = ap_scenario_list_add(load, &load->file->generators);
    if (into)
        *into = made;
}

void ap_scenario_load_traffic(ap_scenario_load *load, const ap_yaml_entry *top)
{
    ap_scenario_load_list(load, top, "traffic", GENERATOR_CAP, take_generator);
}

/* ---- flights ---- */

static void take_waypoint(ap_scenario_load *load, const yaml_node_t *node)
{
    ap_waypoint read = { .altitude_m = NAN, .speed_mps = NAN };
    ap_yaml_entry entry;
    if (!ap_yaml_entry_read(&load->reading, &ap_scenario_waypoint_group, node, &read, &entry))
        return;
    ap_waypoint *into = ap_scenario_list_add(load, &load->file->waypoints);
    yaml_mark_t *mark = ap_scenario_list_add(load, &load->waypoint_marks);
    if (into && mark) {
        *into = read;
        *mark = node->start_mark;
    }
}

static void load_route(ap_scenario_load *load, const ap_yaml_entry *entry,
                       ap_scenario_flight *flight)
{
    uint32_t first = load->file->waypoints.count;
    ap_scenario_load_list(load, entry, "route", WAYPOINT_CAP, take_waypoint);
    flight->waypoint_first = first;
    flight->waypoint_count = load->file->waypoints.count - first;
    if (flight->waypoint_count == 0)
        return;
    const ap_waypoint *waypoint = ap_scenario_list_at(&load->file->waypoints, first);
    yaml_mark_t mark = ap_yaml_entry_mark(entry, "route");
    if (flight->waypoint_count == 1 && !(waypoint->hold_s > 0.0))
        ap_yaml_tell_at(&load->reading, mark,
                        "a route of one waypoint; expected another, or 'hold_s' in it");
    if (isnan(waypoint->altitude_m) && !flight->departs)
        ap_yaml_tell_at(&load->reading, mark,
                        "the first waypoint has no altitude; expected 'altitude_ft' or "
                        "'altitude_m' in it");
    if (isnan(waypoint->speed_mps) && !flight->departs)
        ap_yaml_tell_at(&load->reading, mark,
                        "the first waypoint has no speed; expected 'speed_kt' or 'speed_mps' in "
                        "it");
}

static void load_fall(ap_scenario_load *load, const ap_yaml_entry *entry,
                      ap_scenario_flight *flight)
{
    ap_yaml_entry fall;
    flight->falls = true;
    (void)ap_yaml_entry_read(&load->reading, &ap_scenario_fall_group,
                             ap_yaml_entry_value(entry, "fall"), flight, &fall);
    if (flight->piece_count > 1 && !(flight->break_altitude_m > 0.0))
        ap_yaml_tell_at(&load->reading, ap_yaml_entry_mark(&fall, "pieces"),
                        "pieces without break_altitude_m; expected where it breaks");
}

/* The way of a flight: exactly one of three. A leader is looked up when all flights are known. */
static void load_way(ap_scenario_load *load, const ap_yaml_entry *entry, ap_scenario_flight *flight)
{
    bool route = ap_yaml_entry_value(entry, "route"), leader = ap_yaml_entry_value(entry, "leader"),
         fall = ap_yaml_entry_value(entry, "fall");
    if (route + leader + fall != 1)
        ap_yaml_tell_at(&load->reading, entry->mark,
                        "a flight with %s of route, leader and fall; expected one of the three",
                        route + leader + fall == 0 ? "none" : "several");
    if (route)
        load_route(load, entry, flight);
    if (ap_yaml_entry_good(entry, "fall"))
        load_fall(load, entry, flight);
    if ((flight->departs || flight->lands) && !route)
        ap_yaml_tell_at(&load->reading, entry->mark,
                        "departs or lands without a route; expected one");
}

static void check_callsign(ap_scenario_load *load, const ap_yaml_entry *entry,
                           const ap_scenario_flight *flight)
{
    const char *good = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    if (flight->callsign[strspn(flight->callsign, good)] != '\0')
        ap_yaml_tell_at(&load->reading, ap_yaml_entry_mark(entry, "callsign"),
                        "callsign '%s' cannot be sent; expected capital letters and digits",
                        flight->callsign);
}

static void check_equipment(ap_scenario_load *load, const ap_yaml_entry *entry,
                            const ap_scenario_flight *flight)
{
    bool mode_s =
        flight->equipment == AP_EQUIPMENT_ADSB || flight->equipment == AP_EQUIPMENT_MODE_S;
    if (!mode_s && ap_yaml_entry_value(entry, "address"))
        ap_yaml_tell_at(&load->reading, ap_yaml_entry_mark(entry, "address"),
                        "an address without Mode S; expected equipment adsb or mode_s");
    if (flight->equipment == AP_EQUIPMENT_NONE && ap_yaml_entry_value(entry, "mode_3a"))
        ap_yaml_tell_at(&load->reading, ap_yaml_entry_mark(entry, "mode_3a"),
                        "a code without a transponder; expected equipment other than none");
}

static void name_flight(ap_scenario_load *load, const ap_yaml_entry *entry,
                        const ap_scenario_flight_extra *read)
{
    const char *name = read->name[0] ? read->name : read->flight.callsign;
    if (name[0] && ap_scenario_find_flight(load, name) != AP_SCENARIO_NONE)
        ap_yaml_tell_at(&load->reading,
                        ap_yaml_entry_mark(entry, read->name[0] ? "name" : "callsign"),
                        "name '%s' is that of a flight before; expected another", name);
    char *into = ap_scenario_list_add(load, &load->file->names);
    if (into)
        memcpy(into, name, strlen(name) + 1);
}

static void take_flight(ap_scenario_load *load, const yaml_node_t *node)
{
    ap_scenario_flight_extra read = {
        .flight = { .end_s = HUGE_VAL, .leader = AP_SCENARIO_NONE, .piece_count = 1 }
    };
    ap_yaml_entry entry;
    if (!ap_yaml_entry_read(&load->reading, &ap_scenario_flight_group, node, &read, &entry))
        return;
    ap_scenario_check_period(load, &entry, read.flight.start_s, read.flight.end_s);
    check_callsign(load, &entry, &read.flight);
    check_equipment(load, &entry, &read.flight);
    load_way(load, &entry, &read.flight);
    name_flight(load, &entry, &read);
    ap_scenario_flight *into = ap_scenario_list_add(load, &load->file->flights);
    yaml_mark_t *mark = ap_scenario_list_add(load, &load->flight_marks);
    if (into && mark) {
        *into = read.flight;
        *mark = node->start_mark;
    }
}

/* A leader has a way of its own. */
static void check_leader(ap_scenario_load *load, const yaml_node_t *name,
                         const ap_scenario_flight *flight)
{
    const ap_scenario_flight *leader = ap_scenario_list_at(&load->file->flights, flight->leader);
    if (leader->leader != AP_SCENARIO_NONE || leader->falls || leader == flight)
        ap_yaml_tell_at(&load->reading, name->start_mark,
                        "'%s' is no leader: it follows or falls; expected one with a route or "
                        "states",
                        ap_yaml_show(name).text);
}

static void find_leader(ap_scenario_load *load, const yaml_node_t *name, uint32_t index)
{
    ap_scenario_flight *flight = ap_scenario_list_at(&load->file->flights, index);
    flight->leader = ap_scenario_find_flight(load, ap_yaml_text_of(name));
    if (flight->leader == AP_SCENARIO_NONE)
        ap_yaml_tell_at(&load->reading, name->start_mark,
                        "no flight has the name '%s'; expected one of this file",
                        ap_yaml_show(name).text);
}

/* Leaders by name, in the order of the list, which holds every flight that was a group of keys:
 * first all of them are found, then judged. */
static void find_leaders(ap_scenario_load *load, const yaml_node_t *list, bool judge)
{
    uint32_t index = 0;
    const yaml_node_item_t *item = list->data.sequence.items.start;
    for (; item < list->data.sequence.items.top && index < load->file->flights.count; item++) {
        const yaml_node_t *node = yaml_document_get_node(&load->reading.document, *item);
        if (node->type != YAML_MAPPING_NODE)
            continue;
        const ap_scenario_flight *flight = ap_scenario_list_at(&load->file->flights, index);
        const yaml_node_t *name = ap_yaml_entry_find(&load->reading, node, "leader");
        if (name && name->type == YAML_SCALAR_NODE && !judge)
            find_leader(load, name, index);
        else if (name && judge && flight->leader != AP_SCENARIO_NONE)
            check_leader(load, name, flight);
        index++;
    }
}

/* Of a flight of the file: of its waypoint `at`, if it is about one. */
static yaml_mark_t mark_of(const ap_scenario_load *load, uint32_t index, uint32_t at)
{
    const ap_scenario_flight *flight = &load->file->scenario.flights[index];
    const yaml_mark_t *mark =
        at < flight->waypoint_count
            ? ap_scenario_list_at(&load->waypoint_marks, flight->waypoint_first + at)
            : ap_scenario_list_at(&load->flight_marks, index);
    return *mark;
}

void ap_scenario_check_flights(ap_scenario_load *load)
{
    const ap_scenario *scenario = &load->file->scenario;
    char why[160];
    uint32_t at;
    for (uint32_t i = 0; i < scenario->flight_count; i++) {
        const ap_scenario_flight *flight = &scenario->flights[i];
        const char *name = ap_scenario_list_at(&load->file->names, i);
        if (ap_route_check(scenario, i, &at, why, sizeof why))
            continue;
        if (i >= load->flight_marks.count && at == AP_SCENARIO_NONE)
            ap_yaml_tell_at(&load->reading, load->truth_mark,
                            "flight '%s' of truth_csv: %s; expected what it can fly", name, why);
        else if (i >= load->flight_marks.count)
            ap_yaml_tell_at(&load->reading, load->truth_mark,
                            "flight '%s' of truth_csv, second %.10g: %s; expected what it can fly",
                            name, scenario->path[flight->path_first + at].time_s, why);
        else
            ap_yaml_tell_at(&load->reading, mark_of(load, i, at),
                            "flight '%s': %s; expected what it can fly", name, why);
    }
}

void ap_scenario_load_flights(ap_scenario_load *load, const ap_yaml_entry *top)
{
    ap_scenario_load_list(load, top, "flights", FLIGHT_CAP, take_flight);
    if (!ap_yaml_entry_good(top, "flights") || load->out_of_memory)
        return;
    find_leaders(load, ap_yaml_entry_value(top, "flights"), false);
    find_leaders(load, ap_yaml_entry_value(top, "flights"), true);
}
