/* Rows a second to a PostgreSQL server, through queue and spool as the service does;
 * bench/postgres.py gives the server.
 *
 *     bench.postgres CONNECTION PASSWORD_FILE */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "io/archive_feed.h"
#include "io/clock.h"
#ifdef AP_POSTGRES
#include "io/postgres.h"

#define ROWS 4000000u
#define TRACKS 5000u
#define TRACK_EVERY 64u /* as the service does: a row of the track beside so many points of it */
#define REASON_EVERY 50u
#define WANTED_PER_S 200000.0
#define T0 (INT64_C(1717660800) * AP_NS_PER_S)

static const ap_log silent = { NULL };

static ap_row point_of(uint32_t i, ap_utc_ns at)
{
    return (ap_row){ .kind = AP_ROW_POINT,
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

static ap_row row_of(uint32_t i)
{
    ap_utc_ns at = T0 + (int64_t)i * 10000;
    ap_row row = point_of(i, at);
    if (i % TRACK_EVERY == 7) {
        row.kind = AP_ROW_TRACK;
        row.track = (ap_row_track){ .track_id = 1 + i % TRACKS,
                                    .track_number = 1 + i % TRACKS,
                                    .icao24 = "3c6dd2",
                                    .callsign = "DLH9LF",
                                    .born = T0,
                                    .confirmed = T0,
                                    .updated = at,
                                    .update_count = i / TRACKS,
                                    .sources = "radar north;radar south" };
    } else if (i % REASON_EVERY == 9) {
        row.kind = AP_ROW_REASON;
        row.reason = (ap_row_reason){ .track_id = 1 + i % TRACKS,
                                      .number = 1 + i / TRACKS,
                                      .time = at,
                                      .reason = "identity_gained",
                                      .text = "a call sign or a code was told",
                                      .sensor = "radar north",
                                      .existence = 0.999 };
    }
    row.mark = (ap_row_mark){ .run = 1, .row = i + 1, .received = at };
    return row;
}

static void remove_all(const char *folder)
{
    char command[256];
    (void)snprintf(command, sizeof command, "rm -r '%s'", folder);
    if (system(command) != 0)
        fprintf(stderr, "%s is left\n", folder);
}

/* Until the server has all; false when nothing has come there for a minute. */
static bool wait_until_stored(const ap_archive_feed *feed, uint64_t wanted)
{
    uint64_t stored = 0, seen = 0;
    int64_t moved_ns = ap_clock_monotonic_ns();
    while (stored < wanted) {
        ap_clock_sleep_ns(AP_NS_PER_MS);
        stored = ap_archive_feed_stats_of(feed).sink.stored_count;
        int64_t now_ns = ap_clock_monotonic_ns();
        if (stored > seen)
            moved_ns = now_ns;
        else if (now_ns - moved_ns > 60 * AP_NS_PER_S)
            return false;
        seen = stored;
    }
    return true;
}

static int measure(ap_archive_feed *feed)
{
    int64_t start_ns = ap_clock_monotonic_ns(), start_cpu_ns = ap_clock_cpu_ns();
    for (uint32_t i = 0; i < ROWS; i++) {
        while (i % 1024 == 0 && ap_archive_feed_stats_of(feed).waiting_size > ((size_t)24 << 20))
            ap_clock_sleep_ns(AP_NS_PER_MS / 4); /* as fast as it goes, and nothing lost */
        const ap_row row = row_of(i);
        ap_archive_feed_put(feed, &row);
    }
    uint64_t end = ap_archive_feed_end(feed);
    while (!ap_archive_feed_has_settled(feed, end))
        ap_clock_sleep_ns(AP_NS_PER_MS);
    double spooled_s = (double)(ap_clock_monotonic_ns() - start_ns) / 1e9;
    ap_archive_feed_stats stats = ap_archive_feed_stats_of(feed);
    uint64_t waiting = stats.sink.spool_count;
    bool is_stored = wait_until_stored(feed, ROWS);
    double wall_s = (double)(ap_clock_monotonic_ns() - start_ns) / 1e9;
    double cpu_s = (double)(ap_clock_cpu_ns() - start_cpu_ns) / 1e9;
    stats = ap_archive_feed_stats_of(feed);
    printf(
        "%u rows of %u tracks: %.0f rows/s to the server (limit %.0f), %.0f rows a CPU second of "
        "airpicture; %llu lost, %llu refused\n",
        ROWS, TRACKS, ROWS / wall_s, WANTED_PER_S, ROWS / cpu_s,
        (unsigned long long)stats.lost_count, (unsigned long long)stats.refused_count);
    printf("to the spool %.0f rows/s, synced each second; %llu rows waited there behind the last\n",
           ROWS / spooled_s, (unsigned long long)waiting);
    return !is_stored || stats.lost_count || stats.refused_count || ROWS / wall_s < WANTED_PER_S;
}

int main(int argc, char **argv)
{
    char folder[] = "/tmp/airpicture-spool-XXXXXX";
    ap_archive_sink sink;
    ap_archive_feed feed;
    if (argc != 3) {
        puts("bench.postgres needs a server: bench/postgres.py");
        return 0;
    }
    if (!mkdtemp(folder))
        return 1;
    const ap_postgres_config config = { .connection = argv[1],
                                        .password_file = argv[2],
                                        .schema = "airpicture",
                                        .spool = folder,
                                        .spool_size = UINT64_C(4) << 30,
                                        .part_s = 3600,
                                        .log = &silent };
    const ap_archive_feed_config to = { .sink = &sink,
                                        .queue_size = (size_t)32 << 20,
                                        .log = &silent };
    if (ap_postgres_make(&sink, &config) || ap_archive_feed_open(&feed, &to))
        return 1;
    while (!ap_archive_feed_stats_of(&feed).sink.is_connected)
        ap_clock_sleep_ns(AP_NS_PER_MS);
    int status = measure(&feed);
    ap_archive_feed_close(&feed);
    ap_postgres_unmake(&sink, true);
    remove_all(folder);
    return status;
}
#else
int main(void)
{
    puts("built without libpq: nothing is measured");
    return 0;
}
#endif
