/* Any track, with any numbers in it: a line of JSON that parses, a row of CSV on one line, an
 * ASTERIX record that encodes and decodes to itself. */
#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "publish/asterix062.h"
#include "publish/track_csv.h"
#include "publish/track_json.h"

static double read_double(ap_reader *reader)
{
    uint64_t bits = ap_read_be(reader, 8);
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static ap_utc_ns read_time(ap_reader *reader)
{
    uint64_t bits = ap_read_be(reader, 8);
    return bits & 1 ? AP_UTC_UNKNOWN : (ap_utc_ns)(bits >> 2);
}

static void read_lists(ap_reader *reader, ap_track *t)
{
    t->source_count = ap_read_u8(reader) % 20;
    t->reason_count = ap_read_u16(reader);
    for (int i = 0; i < AP_TRACK_SOURCE_CAP; i++)
        t->source[i] = (ap_track_source){ ap_read_u8(reader), 1, read_time(reader) };
    for (int i = 0; i < AP_TRACK_REASON_CAP; i++)
        t->reason[i] = (ap_reason){ read_time(reader), ap_read_u8(reader), ap_read_u8(reader), 1 };
}

static ap_track read_track(ap_reader *reader)
{
    ap_track t = { .id = 1, .number = 7, .state = ap_read_u8(reader) % AP_TRACK_STATE_COUNT };
    uint8_t has = ap_read_u8(reader);
    t.has_height = has & 1;
    t.has_pressure_altitude = has >> 1 & 1;
    t.has_geometric_height = has >> 2 & 1;
    t.address_shared = has >> 3 & 1;
    t.has_acceleration = has >> 4 & 1;
    t.present = (uint32_t)ap_read_be(reader, 4);
    t.flags = (uint32_t)ap_read_be(reader, 4);
    t.address = (uint32_t)ap_read_be(reader, 4);
    t.address_kind = ap_read_u8(reader);
    t.emitter_category = ap_read_u8(reader);
    t.mode_3a = ap_read_u16(reader);
    for (int i = 0; i < 8; i++)
        t.callsign[i] = (char)ap_read_u8(reader);
    double *const numbers[] = { &t.position.latitude_rad,
                                &t.position.longitude_rad,
                                &t.position.height_m,
                                &t.east_mps,
                                &t.north_mps,
                                &t.up_mps,
                                &t.track_rate_radps,
                                &t.acceleration_mps2,
                                &t.pressure_altitude_m,
                                &t.geometric_height_m,
                                &t.heading_rad,
                                &t.true_airspeed_mps,
                                &t.indicated_airspeed_mps,
                                &t.mach,
                                &t.roll_rad,
                                &t.selected_altitude_m,
                                &t.existence,
                                &t.P_enu[0][0],
                                &t.P_enu[0][1],
                                &t.P_enu[1][1],
                                &t.P_enu[2][2],
                                &t.P_enu[2][3],
                                &t.P_enu[3][3],
                                &t.vertical_P[0][0],
                                &t.vertical_P[1][1] };
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        *numbers[i] = read_double(reader);
    ap_utc_ns *const times[] = { &t.born_utc, &t.confirmed_utc, &t.updated_utc,
                                 &t.time_utc, &t.mode_3a_utc,   &t.callsign_utc,
                                 &t.psr_utc,  &t.ssr_utc,       &t.mode_s_utc,
                                 &t.mlat_utc, &t.adsb_utc,      &t.pressure_altitude_utc };
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++)
        *times[i] = read_time(reader);
    read_lists(reader, &t);
    return t;
}

static void check_text(const ap_track *track, const ap_track_event *event)
{
    static uint8_t line[AP_TRACK_JSON_SIZE];
    ap_sensor sensors[2] = { { .name = "a\"b" }, { .name = "c,d" } };
    ap_sensor_stats stats[2];
    ap_sensor_table table = { .sensor = sensors, .stats = stats, .count = 2, .cap = 2 };
    ap_writer text = ap_writer_of(line, sizeof line);
    assert(ap_track_json(&text, &table, event, track) == AP_OK);
    assert(memchr(line, '\n', text.size) == line + text.size - 1);
    cJSON *parsed = cJSON_ParseWithLength((char *)line, text.size);
    assert(cJSON_IsObject(parsed));
    cJSON_Delete(parsed);
    text = ap_writer_of(line, sizeof line);
    assert(ap_track_csv(&text, &table, event, track) == AP_OK);
}

static void check_asterix(const ap_track *track)
{
    static uint8_t bytes[512], again[512];
    ap_system_plane plane = ap_system_plane_at((ap_geodetic){ 0.8, 0.2, 0 });
    ap_asterix062_sender sender = { 1, 2, 3, &plane };
    ap_cat062 record, read;
    ap_asterix062_from_track(&sender, track, AP_ASTERIX062_FIRST, &record);
    ap_writer writer = ap_writer_of(bytes, sizeof bytes);
    assert(ap_cat062_encode(&writer, &record) == AP_OK);
    ap_reader reader = ap_reader_of(bytes, writer.size);
    assert(ap_cat062_decode(&reader, &read) == AP_OK && ap_reader_left(&reader) == 0);
    ap_writer second = ap_writer_of(again, sizeof again);
    assert(ap_cat062_encode(&second, &read) == AP_OK);
    assert(second.size == writer.size && memcmp(bytes, again, writer.size) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ap_reader reader = ap_reader_of(data, size);
    ap_track_event event = { ap_read_u8(&reader) % AP_EVENT_KIND_COUNT, read_time(&reader),
                             ap_read_u8(&reader) };
    ap_track track = read_track(&reader);
    check_text(&track, &event);
    if (track.time_utc != AP_UTC_UNKNOWN)
        check_asterix(&track);
    return 0;
}
