/* Rows a second into a segment of the live archive, through its queue as the service does. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/archive_feed.h"
#include "io/clock.h"
#include "io/geopackage_segment.h"
#include "io/geopackage_segments.h"

#define ROWS 2000000u
#define TRACKS 5000u
#define WANTED_PER_S 200000.0
#define T0 (INT64_C(1717660800) * AP_NS_PER_S)

static const ap_log silent = { NULL };
static const atomic_bool never;

static ap_row row_of(uint32_t i)
{
    ap_utc_ns at = T0 + (int64_t)i * 10000;
    return (ap_row){ .kind = AP_ROW_POINT,
                     .mark = { .run = 1, .row = i + 1, .received = at },
                     .point = { .track_id = 1 + i % TRACKS,
                                .time = at,
                                .latitude_deg = 50 + 1e-6 * i,
                                .longitude_deg = 8 + 1e-6 * (i % 1000),
                                .height_m = 10000,
                                .state = "firm",
                                .sensor = "radar north",
                                .pressure_altitude_ft = 33000,
                                .ground_speed_kt = 450,
                                .track_deg = 271.5,
                                .vertical_rate_fpm = -64,
                                .position_sigma_m = 42 } };
}

static void remove_all(const char *folder)
{
    char command[256];
    (void)snprintf(command, sizeof command, "rm -r '%s'", folder);
    if (system(command) != 0)
        fprintf(stderr, "%s is left\n", folder);
}

int main(void)
{
    char folder[] = "/tmp/airpicture-archive-XXXXXX", message[AP_IO_MESSAGE_SIZE] = "";
    ap_archive_sink sink;
    ap_archive_feed feed;
    if (!mkdtemp(folder))
        return 1;
    const ap_geopackage_segments_config config = { .folder = folder,
                                                   .segment_s = 86400,
                                                   .log = &silent };
    const ap_archive_feed_config to = { .sink = &sink,
                                        .queue_size = (size_t)32 << 20,
                                        .log = &silent };
    if (ap_geopackage_segments_make(&sink, &config) || ap_archive_feed_open(&feed, &to))
        return 1;
    int64_t start_ns = ap_clock_monotonic_ns(), start_cpu_ns = ap_clock_cpu_ns();
    for (uint32_t i = 0; i < ROWS; i++) {
        while (i % 1024 == 0 && ap_archive_feed_stats_of(&feed).waiting_size > ((size_t)24 << 20))
            ap_clock_sleep_ns(AP_NS_PER_MS / 4); /* as fast as it goes, and nothing lost */
        const ap_row row = row_of(i);
        ap_archive_feed_put(&feed, &row);
    }
    uint64_t end = ap_archive_feed_end(&feed);
    while (!ap_archive_feed_has_settled(&feed, end))
        ap_clock_sleep_ns(AP_NS_PER_MS);
    double wall_s = (double)(ap_clock_monotonic_ns() - start_ns) / 1e9;
    double cpu_s = (double)(ap_clock_cpu_ns() - start_cpu_ns) / 1e9;
    uint64_t lost = ap_archive_feed_stats_of(&feed).lost_count;
    ap_archive_feed_close(&feed);
    ap_geopackage_segments_unmake(&sink);
    char path[128];
    (void)snprintf(path, sizeof path, "%s/airpicture-20240606T080000Z.gpkg", folder);
    start_ns = ap_clock_monotonic_ns();
    ap_err err = ap_geopackage_segment_finish(path, &never, message);
    double finish_s = (double)(ap_clock_monotonic_ns() - start_ns) / 1e9;
    struct stat found = { .st_size = 0 };
    (void)stat(path, &found);
    remove_all(folder);
    printf("%u rows of %u tracks: %.0f rows/s, %.0f rows a CPU second (limit %.0f rows/s); %llu "
           "lost\n",
           ROWS, TRACKS, ROWS / wall_s, ROWS / cpu_s, WANTED_PER_S, (unsigned long long)lost);
    printf("finished with lines and indexes in %.1f s, %.0f octets a row%s%s\n", finish_s,
           (double)found.st_size / ROWS, err ? ": " : "", err ? message : "");
    return err || lost || ROWS / wall_s < WANTED_PER_S;
}
