/* Cost of what goes out: numbers as text, track lines, ASTERIX batches, archive rows. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "io/geopackage.h"
#include "publish/asterix062_writer.h"
#include "publish/delta.h"
#include "publish/test_fixture.h"
#include "publish/track_csv.h"
#include "publish/track_json.h"
#include "publish/web_map.h"
#include "wire/json.h"

#define NUMBERS 1000000
#define LINES 100000
#define ROWS 300000
#define TRACKS 4000
#define BATCHES 20
#define AIRCRAFT 10000
#define DOCUMENTS 20
#define AIRCRAFT_LIMIT_MS 15.0 /* 1.5 % of a core for one a second */
#define DELTA_LIMIT_MS 5.0     /* a step and its message for all clients without a box */

static double cpu_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void tell(const char *name, double count, double start_s)
{
    double taken_s = cpu_s() - start_s;
    printf("%-28s %10.0f /s %10.1f ns\n", name, count / taken_s, taken_s / count * 1e9);
}

static void numbers(const char *name, double step, uint32_t modulus)
{
    uint8_t bytes[64];
    uint32_t seed = 1;
    double start_s = cpu_s();
    for (int i = 0; i < NUMBERS; i++) {
        ap_writer text = ap_writer_of(bytes, sizeof bytes);
        seed = seed * 1664525 + 1013904223;
        ap_text_double(&text, (seed >> 6) % modulus * step);
    }
    tell(name, NUMBERS, start_s);
}

static void lines(const char *name, ap_err (*write)(ap_writer *, const ap_sensor_table *,
                                                    const ap_track_event *, const ap_track *))
{
    static uint8_t bytes[AP_TRACK_JSON_SIZE];
    fixture f;
    const ap_sensor_table *sensors = fixture_table(&f);
    ap_track track = fixture_track();
    ap_track_event event = { .kind = AP_EVENT_UPDATED, .time_utc = FIXTURE_UTC, .sensor = 1 };
    double start_s = cpu_s();
    for (int i = 0; i < LINES; i++) {
        ap_writer text = ap_writer_of(bytes, sizeof bytes);
        track.position.latitude_rad += 1e-7;
        (void)write(&text, sensors, &event, &track);
    }
    tell(name, LINES, start_s);
}

static void take(void *context, ap_utc_ns time, const uint8_t *data, size_t size)
{
    (void)time;
    (void)data;
    *(size_t *)context += size;
}

static void batches(void)
{
    size_t total = 0;
    fixture f;
    ap_asterix062_config config = ap_asterix062_config_default();
    config.track_cap = TRACKS;
    config.sensors = fixture_table(&f);
    config.on_datagram = take;
    config.context = &total;
    size_t size = ap_asterix062_writer_size(&config);
    void *memory = malloc(size);
    ap_asterix062_writer writer;
    if (!memory || ap_asterix062_writer_init(&writer, &config, memory, size))
        return;
    ap_track track = fixture_track();
    for (track.id = 1; track.id <= TRACKS; track.id++) {
        track.number = (uint16_t)track.id;
        ap_asterix062_writer_track(
            &writer,
            &(ap_track_event){ .kind = AP_EVENT_UPDATED, .time_utc = FIXTURE_UTC, .sensor = 0 },
            &track);
    }
    double start_s = cpu_s();
    for (int i = 1; i <= BATCHES; i++)
        ap_asterix062_writer_tick(&writer, FIXTURE_UTC + i * 5 * AP_NS_PER_S);
    tell("CAT062 records", (double)ap_asterix062_writer_stats(&writer).track_record_count, start_s);
    free(memory);
}

/* What is told of `AIRCRAFT` tracks that all move: as many rows as a picture has. */
static bool picture_of(ap_picture *picture, void **memory)
{
    ap_picture_config config = { AIRCRAFT, 16 };
    size_t size = ap_picture_size(&config);
    *memory = malloc(size);
    if (!*memory || ap_picture_init(picture, &config, *memory, size))
        return false;
    ap_track track = fixture_track();
    for (track.id = 1; track.id <= AIRCRAFT; track.id++) {
        track.number = (uint16_t)track.id;
        track.address = track.id * 2654435761u >> 8;
        track.position.latitude_rad = -1.5 + track.id * 3e-4;
        ap_picture_copy(picture, &track);
    }
    return true;
}

static void told_within(const char *name, double start_s, int count, size_t size, double limit_ms)
{
    double each_ms = (cpu_s() - start_s) / count * 1e3;
    printf("%-28s %10.2f ms %10zu octets%s\n", name, each_ms, size,
           each_ms <= limit_ms ? "" : "  BEYOND ITS LIMIT");
}

static void aircraft_json(const ap_picture *picture)
{
    size_t cap = 1024 * AIRCRAFT, size = 0;
    uint8_t *bytes = malloc(cap);
    double start_s = cpu_s();
    for (int i = 0; bytes && i < DOCUMENTS; i++) {
        ap_writer text = ap_writer_of(bytes, cap);
        if (ap_web_map_aircraft(&text, picture, FIXTURE_UTC + i * AP_NS_PER_S, 12345678))
            puts("aircraft.json: too large");
        size = text.size;
    }
    told_within("aircraft.json, 10,000", start_s, DOCUMENTS, size, AIRCRAFT_LIMIT_MS);
    free(bytes);
}

/* Every track moves between two steps; only the steps and messages are counted. */
static void deltas(ap_picture *picture)
{
    ap_delta_config config = { AIRCRAFT, 1000, 16, 1 };
    size_t size = ap_delta_size(&config), cap = AP_DELTA_SIZE(AIRCRAFT, 1000), told = 0;
    void *memory = malloc(size);
    uint8_t *bytes = malloc(cap);
    ap_delta delta;
    ap_delta_client client = { 0 };
    double taken_s = 0.0;
    if (!memory || !bytes || ap_delta_init(&delta, &config, memory, size))
        return;
    for (int i = 0; i <= DOCUMENTS; i++) {
        for (uint32_t id = 1; id <= AIRCRAFT; id++) {
            ap_track track = *ap_picture_find(picture, id);
            track.position.longitude_rad += 1e-5;
            track.time_utc += AP_NS_PER_S;
            ap_picture_copy(picture, &track);
        }
        double start_s = cpu_s();
        ap_writer out = ap_writer_of(bytes, cap);
        ap_delta_step(&delta, picture, FIXTURE_UTC + i * AP_NS_PER_S);
        if (ap_delta_message(&delta, &client, &out))
            puts("delta: too large");
        client.since = ap_delta_sequence(&delta);
        told = out.size;
        if (i > 0) /* the first is the snapshot */
            taken_s += cpu_s() - start_s;
    }
    told_within("stream, 10,000 moved", cpu_s() - taken_s, DOCUMENTS, told, DELTA_LIMIT_MS);
    free(memory);
    free(bytes);
}

/* What the mirror costs each second: every track told to its trail. */
static void trails(const ap_picture *picture)
{
    ap_history_config config = ap_history_config_default();
    config.trail_cap = AIRCRAFT;
    size_t size = ap_history_size(&config);
    void *memory = malloc(size);
    ap_history history;
    if (!memory || ap_history_init(&history, &config, memory, size))
        return;
    double start_s = 0.0;
    for (int i = 0; i <= 100; i++) {
        if (i == 1)
            start_s = cpu_s();
        for (const ap_track *at = NULL; (at = ap_picture_next(picture, at));) {
            ap_track track = *at;
            track.time_utc += i * AP_NS_PER_S;
            track.position.longitude_rad += i * 3e-5;
            ap_history_track(&history, &track, track.time_utc);
        }
    }
    tell("states to trails", 100.0 * AIRCRAFT, start_s);
    free(memory);
}

static void pictures(void)
{
    ap_picture picture;
    void *memory;
    if (picture_of(&picture, &memory)) {
        aircraft_json(&picture);
        deltas(&picture);
        trails(&picture);
    }
    free(memory);
}

static void archive(void)
{
    char path[] = "/tmp/airpicture_bench_XXXXXX", message[AP_IO_MESSAGE_SIZE];
    int fd = mkstemp(path);
    ap_geopackage package;
    if (fd < 0 || close(fd) < 0 || ap_geopackage_open(&package, path, message))
        return;
    double start_s = cpu_s();
    for (int i = 0; i < ROWS; i++) {
        ap_row_point row = { .track_id = 1 + (uint32_t)i % 500,
                             .time = FIXTURE_UTC + i * INT64_C(3000000),
                             .latitude_deg = 40 + i * 1e-5,
                             .longitude_deg = 5 + i * 1e-5,
                             .height_m = 9000 + i % 100,
                             .state = "firm",
                             .sensor = "radar north",
                             .pressure_altitude_ft = 33000,
                             .ground_speed_kt = 430.25,
                             .track_deg = 123.456,
                             .vertical_rate_fpm = -640,
                             .position_sigma_m = 33.3 };
        (void)ap_geopackage_add_point(&package, &row);
    }
    tell("archive points in", ROWS, start_s);
    if (ap_geopackage_commit(&package, message))
        puts(message);
    tell("archive points, committed", ROWS, start_s);
    (void)remove(path);
}

int main(void)
{
    numbers("double: degrees / 2^25", 180.0 / 33554432, 33554432);
    numbers("double: degrees / 2^16", 360.0 / 65536, 65536);
    numbers("double: quarters", 0.25, 20000);
    numbers("double: any", 0.1234567890123, 67108864);
    lines("track JSON lines", ap_track_json);
    lines("track CSV rows", ap_track_csv);
    batches();
    pictures();
    archive();
    return 0;
}
