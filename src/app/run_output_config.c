#include "app/run_output_config.h"

#include <string.h>

#include "io/socket.h"
#include "io/stream_out.h"

#define KEY(name, key) key,
static const char *const kinds[] = { AP_RUN_OUTPUT_MAP(KEY) NULL };
static const char *const classes[] = { AP_TRACK_CLASS_MAP(KEY) NULL };
#undef KEY
static const char *const transports[] = { [AP_RUN_UDP] = "udp", [AP_RUN_TCP] = "tcp", NULL };

/* --- the keys --- */

#define FL_M (100.0 * AP_M_PER_FT)
#define WHOLE AP_YAML_WHOLE
#define FLAG AP_YAML_FLAG
#define WORDS AP_YAML_WORDS
#define NUMBER(key_, field, scale_, min_, max_, initial_, help_)                                   \
    AP_YAML_NUMBER(key_, ap_run_output, field, scale_, min_, max_, initial_, help_)
#define TEXT(key_, field, max_, help_) AP_YAML_TEXT(key_, ap_run_output, field, max_, false, help_)
#define LIST(key_, help_) AP_YAML_OTHER(key_, LIST, help_)

static const ap_yaml_key keys[] = {
    WORDS("kind", ap_run_output, kind, kinds, NULL, true, "what goes out"),
    TEXT("name", name, AP_RUN_NAME_MAX, "what people call it; the kind if absent; once"),
    WORDS("transport", ap_run_output, transport, transports, NULL, false,
          "cat062, cat021: udp if absent; the others are served on TCP"),
    TEXT("host", host, AP_RUN_HOST_MAX,
         "udp: where to, an address or a name, may be a multicast group; tcp: the address of this "
         "side, 127.0.0.1 if absent; \"0.0.0.0\" or \"::\" for every one"),
    WHOLE("port", 16, ap_run_output, port, 1, 65535, NULL,
          "if absent: cat062 8600, cat021 8601, final 8602, beast 30005, avr 30002, sbs 30003"),
    TEXT("interface", interface, AP_RUN_HOST_MAX,
         "udp: where multicast leaves, a name or an own address"),
    WHOLE("ttl", 8, ap_run_output, ttl, 1, 255, "1", "udp: networks that multicast may cross"),
    WHOLE("clients", 32, ap_run_output, client_cap, 1, AP_STREAM_OUT_CLIENT_MAX, "64",
          "tcp: connections at once"),
    WHOLE("queue_kb", 32, ap_run_output, queue_kb, 128, 65536, "1024",
          "tcp: kilobytes by which a client may be behind before it is cut; at most half of "
          "it goes at once"),
    WHOLE("sac", 8, ap_run_output, sac, 0, 255, "0",
          "cat062, cat021: system area code of this system"),
    WHOLE("sic", 8, ap_run_output, sic, 0, 255, "1", "cat062, cat021: system identification code"),
    WHOLE("service", 8, ap_run_output, service, 0, 255, "1", "cat062: service identification"),
    NUMBER("period_s", period_s, 1, 0.25, 60, "4",
           "cat062: seconds between pictures, and between two records of a track at most"),
    FLAG("on_update", ap_run_output, on_update, "false",
         "cat062: tracks that were updated go without waiting for the next picture"),
    WHOLE("update_ms", 32, ap_run_output, update_ms, 50, 10000, "250",
          "cat062: with on_update, milliseconds for which updates are collected"),
    FLAG("extended", ap_run_output, extended, "false",
         "beast: readsb's elements that tell UTC and the receiver; avr: time stamps"),
    FLAG("mlat", ap_run_output, mlat, "false",
         "beast, avr: frames that a network made up of positions by multilateration, too"),
    NUMBER("south_deg", south_rad, AP_RAD_PER_DEG, -90, 90, NULL,
           "cat062, sbs: tracks of an area only; all four sides or none"),
    NUMBER("west_deg", west_rad, AP_RAD_PER_DEG, -180, 180, NULL,
           "its west side; may be greater than the east: across the antimeridian"),
    NUMBER("north_deg", north_rad, AP_RAD_PER_DEG, -90, 90, NULL, "its north side"),
    NUMBER("east_deg", east_rad, AP_RAD_PER_DEG, -180, 180, NULL, "its east side"),
    NUMBER("level_min_fl", level_min_m, FL_M, -15, 1500, NULL,
           "cat062, sbs: tracks at this flight level or above only; one without a level goes"),
    NUMBER("level_max_fl", level_max_m, FL_M, -15, 1500, NULL, "the same, or below"),
    LIST("only", "cat062, sbs: tracks of some classes only, a list of aircraft, ground, vehicle, "
                 "obstacle, light, drone, falling"),
    LIST("sensors", "cat062, sbs: tracks only that one of these has seen in the last half minute, "
                    "a list of names"),
    { .key = NULL },
};

const ap_yaml_group ap_run_output_group = { "outputs", "an output", "", keys };

const char *ap_run_output_kind_key(ap_run_output_kind kind)
{
    return (unsigned)kind < AP_RUN_OUTPUT_KIND_COUNT ? kinds[kind] : "unlisted";
}

/* --- what a kind has a use for --- */

enum { OF_UDP = 1, OF_TCP = 2, OF_SYSTEM = 4, OF_CAT062 = 8, OF_FRAMES = 16, OF_TRACKS = 32 };

static const struct {
    ap_run_transport transport; /* if absent */
    uint16_t port;
    unsigned takes;
} kind_rows[AP_RUN_OUTPUT_KIND_COUNT] = {
    [AP_RUN_OUTPUT_CAT062] = { AP_RUN_UDP, 8600,
                               OF_UDP | OF_TCP | OF_SYSTEM | OF_CAT062 | OF_TRACKS },
    [AP_RUN_OUTPUT_CAT021] = { AP_RUN_UDP, 8601, OF_UDP | OF_TCP | OF_SYSTEM },
    [AP_RUN_OUTPUT_FINAL] = { AP_RUN_TCP, 8602, OF_TCP },
    [AP_RUN_OUTPUT_BEAST] = { AP_RUN_TCP, 30005, OF_TCP | OF_FRAMES },
    [AP_RUN_OUTPUT_AVR] = { AP_RUN_TCP, 30002, OF_TCP | OF_FRAMES },
    [AP_RUN_OUTPUT_SBS] = { AP_RUN_TCP, 30003, OF_TCP | OF_TRACKS },
};

static const struct {
    const char *key;
    unsigned of;
} key_rows[] = {
    { "interface", OF_UDP },       { "ttl", OF_UDP },
    { "clients", OF_TCP },         { "queue_kb", OF_TCP },
    { "sac", OF_SYSTEM },          { "sic", OF_SYSTEM },
    { "service", OF_CAT062 },      { "period_s", OF_CAT062 },
    { "on_update", OF_CAT062 },    { "update_ms", OF_CAT062 },
    { "extended", OF_FRAMES },     { "mlat", OF_FRAMES },
    { "south_deg", OF_TRACKS },    { "west_deg", OF_TRACKS },
    { "north_deg", OF_TRACKS },    { "east_deg", OF_TRACKS },
    { "level_min_fl", OF_TRACKS }, { "level_max_fl", OF_TRACKS },
    { "only", OF_TRACKS },         { "sensors", OF_TRACKS },
};

static void check_keys(ap_yaml_reading *reading, const ap_yaml_entry *entry,
                       const ap_run_output *output)
{
    unsigned takes = kind_rows[output->kind].takes;
    takes &= output->transport == AP_RUN_UDP ? ~(unsigned)OF_TCP : ~(unsigned)OF_UDP;
    for (size_t i = 0; i < sizeof key_rows / sizeof key_rows[0]; i++) {
        const yaml_node_t *value = ap_yaml_entry_value(entry, key_rows[i].key);
        bool of_transport = key_rows[i].of & (OF_UDP | OF_TCP);
        if (value && !(takes & key_rows[i].of))
            ap_yaml_tell_at(reading, value->start_mark,
                            "%s has no meaning for a %s output%s%s; expected it to be left out",
                            key_rows[i].key, kinds[output->kind], of_transport ? " over " : "",
                            of_transport ? transports[output->transport] : "");
    }
    const yaml_node_t *update = ap_yaml_entry_value(entry, "update_ms");
    if (update && !output->on_update && takes & OF_CAT062)
        ap_yaml_tell_at(reading, update->start_mark,
                        "update_ms without on_update; expected on_update: true");
}

static void check_transport(ap_yaml_reading *reading, const ap_yaml_entry *entry,
                            ap_run_output *output)
{
    if (!ap_yaml_entry_value(entry, "transport"))
        output->transport = (int)kind_rows[output->kind].transport;
    else if (output->transport == AP_RUN_UDP && !(kind_rows[output->kind].takes & OF_UDP))
        ap_yaml_tell_at(reading, ap_yaml_entry_mark(entry, "transport"),
                        "no %s output over udp; expected tcp", kinds[output->kind]);
    if (!ap_yaml_entry_value(entry, "port"))
        output->port = kind_rows[output->kind].port;
    if (output->transport == AP_RUN_UDP && !ap_yaml_entry_value(entry, "host"))
        ap_yaml_tell_at(reading, entry->mark, "%s output over udp without host; expected the key",
                        kinds[output->kind]);
}

/* Where it is served; where it goes, by what. */
static void check_host(ap_yaml_reading *reading, const ap_yaml_entry *entry,
                       const ap_run_output *output)
{
    static const char *const of_groups[] = { "interface", "ttl" };
    ap_socket_address at;
    bool is_digits = ap_socket_address_parse(&at, output->host, output->port);
    if (output->transport == AP_RUN_TCP && *output->host && !is_digits)
        ap_yaml_tell_at(reading, ap_yaml_entry_mark(entry, "host"),
                        "host '%s' is no address of this side; expected one in digits, 0.0.0.0 "
                        "for all",
                        output->host);
    if (output->transport == AP_RUN_TCP || !is_digits || ap_socket_address_is_multicast(&at))
        return;
    for (size_t i = 0; i < sizeof of_groups / sizeof of_groups[0]; i++)
        if (ap_yaml_entry_value(entry, of_groups[i]))
            ap_yaml_tell_at(reading, ap_yaml_entry_mark(entry, of_groups[i]),
                            "%s without a multicast group; expected one as host", of_groups[i]);
}

/* --- the filter --- */

static void check_box(ap_yaml_reading *reading, const ap_yaml_entry *entry, ap_run_output *output)
{
    static const char *const sides[] = { "south_deg", "west_deg", "north_deg", "east_deg" };
    size_t count = 0;
    for (size_t i = 0; i < 4; i++)
        count += ap_yaml_entry_value(entry, sides[i]) != NULL;
    if (count != 0 && count != 4)
        ap_yaml_tell_at(reading, entry->mark,
                        "an area of %zu sides; expected south_deg, west_deg, north_deg, east_deg",
                        count);
    if (count == 4 && output->south_rad > output->north_rad)
        ap_yaml_tell_at(reading, ap_yaml_entry_mark(entry, "south_deg"),
                        "south_deg beyond north_deg; expected it below");
    output->filter.has_box = count == 4;
    output->filter.south_rad = output->south_rad;
    output->filter.west_rad = output->west_rad;
    output->filter.north_rad = output->north_rad;
    output->filter.east_rad = output->east_rad;
}

static void check_levels(ap_yaml_reading *reading, const ap_yaml_entry *entry,
                         ap_run_output *output)
{
    ap_track_filter *filter = &output->filter;
    filter->has_level_min = ap_yaml_entry_good(entry, "level_min_fl");
    filter->has_level_max = ap_yaml_entry_good(entry, "level_max_fl");
    filter->level_min_m = output->level_min_m;
    filter->level_max_m = output->level_max_m;
    if (filter->has_level_min && filter->has_level_max && filter->level_min_m > filter->level_max_m)
        ap_yaml_tell_at(reading, ap_yaml_entry_mark(entry, "level_min_fl"),
                        "level_min_fl above level_max_fl; expected it below");
}

static void take_class(void *context, ap_yaml_reading *reading, const yaml_node_t *node)
{
    ap_run_output *output = context;
    const char *text = ap_yaml_text_of(node);
    size_t i = 0;
    while (classes[i] && strcmp(classes[i], text) != 0)
        i++;
    if (classes[i]) {
        output->filter.classes |= 1u << i;
        return;
    }
    const char *like = ap_yaml_word_like(text, classes);
    ap_yaml_tell_at(reading, node->start_mark, "unknown class '%s'; expected %s%s%s",
                    ap_yaml_show(node).text, like ? "'" : "aircraft, ground, vehicle, obstacle, ",
                    like ? like : "light, drone or falling", like ? "', perhaps" : "");
}

static void take_sensor(void *context, ap_yaml_reading *reading, const yaml_node_t *node)
{
    ap_run_output *output = context;
    uint32_t count = output->filter.sensor_count;
    if (node->data.scalar.length == 0 || node->data.scalar.length > AP_RUN_NAME_MAX)
        ap_yaml_tell_at(reading, node->start_mark, "'%s' names no sensor; expected 1 to %d octets",
                        ap_yaml_show(node).text, AP_RUN_NAME_MAX);
    else if (count == AP_TRACK_FILTER_SENSOR_CAP)
        ap_yaml_tell_at(reading, node->start_mark, "one sensor too many; expected at most %u",
                        AP_TRACK_FILTER_SENSOR_CAP);
    else
        strcpy(output->sensors[output->filter.sensor_count++], ap_yaml_text_of(node));
}

static void take_filter(ap_yaml_reading *reading, const ap_yaml_entry *entry, ap_run_output *output)
{
    check_box(reading, entry, output);
    check_levels(reading, entry, output);
    ap_yaml_entry_words(reading, entry, "only", take_class, output); /* an empty list would let */
    ap_yaml_entry_words(reading, entry, "sensors", take_sensor, output); /* nothing pass */
}

bool ap_run_output_read(ap_yaml_reading *reading, const yaml_node_t *node, ap_run_output *output)
{
    ap_yaml_entry entry;
    *output = (ap_run_output){ .kind = 0 };
    if (!ap_yaml_entry_read(reading, &ap_run_output_group, node, output, &entry))
        return false;
    if (!ap_yaml_entry_good(&entry, "kind"))
        return true;
    check_transport(reading, &entry, output);
    check_keys(reading, &entry, output);
    check_host(reading, &entry, output);
    if (kind_rows[output->kind].takes & OF_TRACKS)
        take_filter(reading, &entry, output);
    if (!*output->name)
        strcpy(output->name, kinds[output->kind]);
    if (!*output->host)
        strcpy(output->host, "127.0.0.1");
    return true;
}

bool ap_run_output_shares(const ap_run_output *output, const char *host, uint16_t port)
{
    static const char *const all[] = { "0.0.0.0", "::" };
    if (output->transport != AP_RUN_TCP || output->port != port)
        return false;
    bool is_same = strcmp(output->host, host) == 0;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        is_same = is_same || strcmp(output->host, all[i]) == 0 || strcmp(host, all[i]) == 0;
    return is_same;
}

ap_track_filter ap_run_output_filter(const ap_run_output *output, const ap_sensor_table *table)
{
    ap_track_filter filter = output->filter;
    for (uint32_t i = 0; i < filter.sensor_count; i++)
        filter.sensor_names[i] = output->sensors[i];
    filter.sensors = table;
    return filter;
}

void ap_run_output_print(const ap_run_output *output, FILE *out)
{
    const ap_track_filter *filter = &output->filter;
    bool is_udp = output->transport == AP_RUN_UDP;
    fprintf(out, "output   %-16s %s, %s %s %s port %u", output->name, kinds[output->kind],
            is_udp ? "to" : "at", output->host, is_udp ? "UDP" : "TCP", output->port);
    if (output->kind == AP_RUN_OUTPUT_CAT062)
        fprintf(out, ", every %g s as %u/%u%s", output->period_s, output->sac, output->sic,
                output->on_update ? " and on updates" : "");
    fputs(filter->has_box || filter->has_level_min || filter->has_level_max || filter->classes ||
                  filter->sensor_count
              ? ", some tracks\n"
              : "\n",
          out);
}
