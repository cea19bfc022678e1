#include "app/test_live_scene.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "app/live_engine.h"
#include "app/scenario_file.h"
#include "simulate/simulate.h"

#define EIGHT "traffic: [{kind: en_route, count: 8, radius_nmi: 60}]\n"

static const char *or_else(const char *text, const char *other)
{
    return text ? text : other;
}

scene *scene_make(const scene_plan *plan)
{
    char text[2048];
    const char *sensor = or_else(plan->sensor, ""), *kind = or_else(plan->kind, "mode_s");
    int size = snprintf(text, sizeof text,
                        "name: Faults\n"
                        "duration_s: 80\n"
                        "start: %s\n"
                        "latitude_deg: 52\n"
                        "longitude_deg: 4\n"
                        "%s"
                        "sensors:\n"
                        "  - {name: a, kind: %s, sac: 1, sic: 1, latitude_deg: 52,"
                        " longitude_deg: 4, turn_s: 4%s}\n"
                        "  - {name: b, kind: %s, sac: 1, sic: 2, latitude_deg: 52.3,"
                        " longitude_deg: 4.5, turn_s: 5%s}\n"
                        "%s",
                        or_else(plan->start, NOON), or_else(plan->traffic, EIGHT), kind, sensor,
                        kind, sensor, or_else(plan->faults, ""));
    ap_scenario_file file;
    assert_int_equal(ap_scenario_file_parse(&file, text, (size_t)size, "", NULL, NULL), AP_OK);
    scene *s = calloc(1, sizeof *s);
    size_t mem_size = ap_simulate_size(&file.scenario);
    void *mem = malloc(mem_size);
    ap_simulate sim;
    ap_packet from;
    assert_true(s && mem);
    assert_int_equal(ap_simulate_init(&sim, &file.scenario, mem, mem_size), AP_OK);
    s->start_utc = ap_simulate_start_utc(&sim);
    for (uint16_t i = 0; i < RADAR_COUNT; i++)
        s->radars[i] = *ap_simulate_sensor(&sim, i);
    while (ap_simulate_next(&sim, &from) == AP_OK) {
        assert_true(s->packet_count < PACKET_CAP && s->octet_count + from.size <= OCTET_CAP);
        memcpy(s->octets + s->octet_count, from.data, from.size);
        s->packets[s->packet_count++] = (packet){
            .utc = from.utc, .radar = from.sensor, .at = s->octet_count, .size = from.size
        };
        s->octet_count += from.size;
    }
    free(mem);
    ap_scenario_file_close(&file);
    return s;
}

static void on_track(void *context, const ap_track_event *event, const ap_track *track)
{
    scene *s = context;
    if (event->kind != AP_EVENT_UPDATED)
        return;
    assert_true(s->update_count < UPDATE_CAP);
    assert_true(isfinite(track->position.latitude_rad) && isfinite(track->P_enu[0][0]));
    s->updates[s->update_count++] =
        (update){ .id = track->id,
                  .since_start_s = ap_seconds_between(s->start_utc, event->time_utc),
                  .latitude_rad = track->position.latitude_rad,
                  .longitude_rad = track->position.longitude_rad };
}

static void give(ap_live_engine *live, const scene *s, const packet *from, ap_utc_ns receive_utc)
{
    uint8_t record[AP_SIMULATE_PACKET_SIZE + 256];
    size_t used;
    ap_writer writer = ap_writer_of(record, sizeof record);
    ap_chunk chunk = { .kind = AP_CHUNK_DATAGRAM,
                       .input = from->radar,
                       .receive_utc = receive_utc,
                       .data = s->octets + from->at,
                       .size = from->size };
    assert_int_equal(ap_recording_put(&writer, &chunk), AP_OK);
    assert_int_equal(ap_recording_take(record, writer.size, &used, &chunk), AP_OK);
    ap_live_engine_chunk(live, &chunk);
}

void scene_run(scene *s)
{
    static const ap_live_source sources[] = { { "a", AP_FORMAT_ASTERIX },
                                              { "b", AP_FORMAT_ASTERIX } };
    ap_engine engine;
    ap_live_engine live;
    ap_engine_config config = ap_engine_config_default();
    config.source_cap = RADAR_COUNT;
    config.track_cap = config.aircraft_cap = TRACK_CAP;
    config.sinks = (ap_engine_sinks){ .context = s, .on_track = on_track };
    assert_int_equal(ap_engine_init(&engine, &config), 0);
    for (size_t i = 0; i < RADAR_COUNT; i++) {
        uint16_t index;
        assert_int_equal(ap_sensor_add(&engine.sensors, &s->radars[i], &index), AP_OK);
    }
    assert_int_equal(ap_engine_open(&engine), 0);
    const ap_live_engine_config live_config = { .engine = &engine,
                                                .sources = sources,
                                                .source_count = RADAR_COUNT,
                                                .stream_cap = RADAR_COUNT };
    assert_int_equal(ap_live_engine_init(&live, &live_config), 0);
    ap_utc_ns stamp = s->start_utc;
    s->update_count = 0;
    for (size_t i = 0; i < s->packet_count; i++) {
        stamp = s->packets[i].utc > stamp ? s->packets[i].utc : stamp + 1;
        give(&live, s, &s->packets[i], stamp);
    }
    ap_live_engine_settle(&live);
    s->tracker = *ap_tracker_stats_of(&engine.tracker);
    s->report_count = engine.report_count;
    s->late_count = s->tracker.refused.count[AP_REFUSED_LATE];
    s->refused = (ap_refusals){ { 0 } };
    for (uint16_t i = 0; i < engine.sensors.count; i++)
        for (int why = 0; why < AP_REFUSAL_COUNT; why++)
            s->refused.count[why] += engine.sensors.stats[i].refused.count[why];
    s->duplicate_count = s->refused.count[AP_REFUSED_DUPLICATE];
    s->track_count = (uint32_t)ap_tracker_tracks(&engine.tracker, false, s->tracks, TRACK_CAP);
    ap_live_engine_close(&live);
    ap_engine_close(&engine);
}

static int in_order(const void *a, const void *b)
{
    const packet *one = a, *other = b;
    return one->utc < other->utc ? -1 : one->utc > other->utc ? 1 : one->at < other->at ? -1 : 1;
}

void scene_sort(scene *s)
{
    qsort(s->packets, s->packet_count, sizeof s->packets[0], in_order);
}
