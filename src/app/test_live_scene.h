/* A simulated scene of radars as it would be received, and the live engine run over it: for tests
 * of what networks, clocks and sensors may do to it. What must hold is asserted. */
#ifndef AP_APP_TEST_LIVE_SCENE_H
#define AP_APP_TEST_LIVE_SCENE_H

#include <stddef.h>
#include <stdint.h>

#include "airpicture/refusal.h"
#include "airpicture/sensor.h"
#include "airpicture/time.h"
#include "airpicture/track.h"
#include "airpicture/tracker.h"

#define NOON "2024-03-01T12:00:00Z"
#define BEFORE_MIDNIGHT "2024-03-01T23:59:20Z"
#define RADAR_COUNT 2
#define AIRCRAFT_COUNT 8 /* each may have a plot that is older than its track */
#define PACKET_CAP 4000
#define OCTET_CAP ((size_t)1 << 20)
#define UPDATE_CAP 4000
#define TRACK_CAP 64

/* One datagram on its way. */
typedef struct packet {
    ap_utc_ns utc;
    uint16_t radar;
    size_t at, size;
} packet;

typedef struct update {
    uint32_t id;
    double since_start_s, latitude_rad, longitude_rad;
} update;

/* A scene and, after a run, what became of it. */
typedef struct scene {
    ap_utc_ns start_utc;
    packet packets[PACKET_CAP];
    size_t packet_count, octet_count;
    uint8_t octets[OCTET_CAP];
    ap_sensor radars[RADAR_COUNT];
    /* of the run */
    update updates[UPDATE_CAP];
    size_t update_count;
    ap_tracker_stats tracker;
    ap_refusals refused; /* by sense, of all sensors */
    uint64_t report_count, late_count, duplicate_count;
    ap_track tracks[TRACK_CAP]; /* confirmed and alive at the end */
    uint32_t track_count;
} scene;

/* What differs from two sound Mode S radars, "a" of 4 s and "b" of 5 s a turn, and eight aircraft
 * en route; each may be NULL. */
typedef struct scene_plan {
    const char *start;   /* NOON when NULL */
    const char *traffic; /* in place of those eight, as YAML */
    const char *kind;    /* of both radars; mode_s when NULL */
    const char *sensor;  /* keys of both radars, as YAML, after a comma */
    const char *faults;  /* as YAML, with its key */
} scene_plan;

/* Simulates it; free it. */
scene *scene_make(const scene_plan *plan);

/* Runs the packets in their order; stamps are their times, a nanosecond later where they must be.
 */
void scene_run(scene *s);

/* Puts the packets in order of their times. */
void scene_sort(scene *s);

#endif
