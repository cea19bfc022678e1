#include "app/run_archive.h"

#include "app/archive_rows.h"
#include "io/clock.h"
#include "io/geopackage_segments.h"
#ifdef AP_POSTGRES
#include "io/postgres.h"
#endif

#define MINUTE_NS (60 * AP_NS_PER_S)

/* --- rows --- */

static void put(ap_run_archive *archive, ap_row *row, ap_utc_ns received)
{
    ap_row_mark *mark = &archive->book->mark;
    mark->row++;
    mark->received = received;
    row->mark = *mark;
    row->again = archive->again;
    for (size_t i = 0; i < archive->count; i++)
        ap_archive_feed_put(&archive->feeds[i], row);
}

/* Of this very event: nothing has to be remembered about a track to know. */
static bool has_new_identity(const ap_track_event *event, const ap_track *track)
{
    unsigned count = track->reason_count;
    for (unsigned i = 1; i <= count && i <= AP_TRACK_REASON_CAP; i++) {
        const ap_reason *reason = &track->reason[(count - i) % AP_TRACK_REASON_CAP];
        if (reason->time_utc != event->time_utc)
            return false;
        if (reason->code == AP_REASON_IDENTITY_GAINED || reason->code == AP_REASON_IDENTITY_CHANGED)
            return true;
    }
    return false;
}

static bool needs_track_row(const ap_track_event *event, const ap_track *track)
{
    if (!ap_archive_holds(track))
        return false;
    if (event->kind == AP_EVENT_CONFIRMED || event->kind == AP_EVENT_DROPPED)
        return true;
    return event->kind == AP_EVENT_UPDATED &&
           (track->update_count % AP_RUN_ARCHIVE_REFRESH == 0 || has_new_identity(event, track));
}

static void put_reasons(ap_run_archive *archive, ap_utc_ns received, const ap_track *track)
{
    ap_row_reason reasons[AP_TRACK_REASON_CAP];
    size_t count =
        ap_archive_reasons_take(&archive->book->reasons, archive->sensors, track, reasons);
    for (size_t i = 0; i < count; i++) {
        ap_row row = { .kind = AP_ROW_REASON, .reason = reasons[i] };
        put(archive, &row, received);
    }
}

void ap_run_archive_track(ap_run_archive *archive, ap_utc_ns received, const ap_track_event *event,
                          const ap_track *track)
{
    ap_row row;
    if (archive->count == 0)
        return;
    put_reasons(archive, received, track);
    if (needs_track_row(event, track)) {
        row.kind = AP_ROW_TRACK;
        row.track = ap_archive_track_row(archive->sensors, track);
        put(archive, &row, received);
    }
    row.kind = AP_ROW_POINT;
    if (ap_archive_point(archive->sensors, event, track, &row.point))
        put(archive, &row, received);
}

void ap_run_archive_alert(ap_run_archive *archive, ap_utc_ns received, const ap_alert *alert)
{
    ap_row row = { .kind = AP_ROW_ALERT,
                   .alert = { .alert_id = alert->id,
                              .track_id = alert->track_id,
                              .kind = ap_alert_kind_key(alert->kind),
                              .detail = alert->detail,
                              .since = alert->since_utc,
                              .until = alert->until_utc } };
    if (archive->count > 0)
        put(archive, &row, received);
}

/* Rows of sensors have no number of their own: they replace each other, and come again anyway. */
void ap_run_archive_time(ap_run_archive *archive, ap_utc_ns received)
{
    if (archive->count == 0 || archive->again || received / MINUTE_NS == archive->book->minute)
        return;
    archive->book->minute = received / MINUTE_NS;
    for (uint16_t i = 0; i < archive->sensors->count; i++) {
        ap_row row = { .kind = AP_ROW_SENSOR, .mark = archive->book->mark };
        row.mark.received = received;
        row.sensor =
            ap_archive_sensor_row(&archive->sensors->sensor[i], &archive->sensors->stats[i]);
        for (size_t k = 0; k < archive->count; k++)
            ap_archive_feed_put(&archive->feeds[k], &row);
    }
}

/* --- restarts --- */

void ap_run_archive_begin(ap_run_archive_book *book, uint32_t track_cap, ap_id_entry *entries)
{
    *book = (ap_run_archive_book){ .minute = 0 };
    ap_archive_reasons_place(&book->reasons, track_cap, entries);
}

void ap_run_archive_bind(ap_run_archive *archive, ap_run_archive_book *book,
                         const ap_sensor_table *sensors)
{
    archive->book = book;
    archive->sensors = sensors;
    archive->again = true;
    if (archive->count == 0) /* tracks end unseen: what was told of them is to be forgotten */
        ap_archive_reasons_place(&book->reasons, book->reasons.cap, book->reasons.told.entries);
    if (book->mark.run == 0)
        book->mark.run = ap_clock_wall();
}

void ap_run_archive_go_live(ap_run_archive *archive)
{
    archive->again = false;
    for (size_t i = 0; i < archive->count; i++)
        ap_archive_feed_settle(&archive->feeds[i], &archive->book->mark);
}

ap_run_archive_ends ap_run_archive_ends_of(const ap_run_archive *archive)
{
    ap_run_archive_ends ends = { { 0 } };
    for (size_t i = 0; i < archive->count; i++)
        ends.end[i] = ap_archive_feed_end(&archive->feeds[i]);
    return ends;
}

bool ap_run_archive_has_settled(const ap_run_archive *archive, const ap_run_archive_ends *ends)
{
    for (size_t i = 0; i < archive->count; i++)
        if (!ap_archive_feed_has_settled(&archive->feeds[i], ends->end[i]))
            return false;
    return true;
}

/* --- open and close --- */

/* A kind of sink: whether the configuration asks for it, and how it is made and unmade. */
typedef struct sink_kind {
    bool (*is_wanted)(const ap_run_config *config);
    int (*make)(ap_archive_sink *sink, const ap_command *command, const ap_run_config *config,
                const ap_log *log);
    void (*unmake)(ap_archive_sink *sink, bool is_end);
} sink_kind;

static bool wants_segments(const ap_run_config *config)
{
    return config->archive.folder[0] != '\0';
}

static int make_segments(ap_archive_sink *sink, const ap_command *command,
                         const ap_run_config *config, const ap_log *log)
{
    const ap_run_archive_config *archive = &config->archive;
    const ap_geopackage_segments_config segments = { .folder = archive->folder,
                                                     .segment_s = archive->segment_s,
                                                     .keep_size = (uint64_t)archive->keep_mb << 20,
                                                     .keep_s = archive->keep_s,
                                                     .log = log };
    return ap_geopackage_segments_make(sink, &segments)
               ? ap_command_fail(command, AP_EXIT_SOFTWARE, "memory is exhausted")
               : AP_EXIT_OK;
}

static void unmake_segments(ap_archive_sink *sink, bool is_end)
{
    (void)is_end; /* a disk has what was given to it */
    ap_geopackage_segments_unmake(sink);
}

#ifdef AP_POSTGRES
static bool wants_postgres(const ap_run_config *config)
{
    return config->archive.postgres.connection[0] != '\0';
}

static int make_postgres(ap_archive_sink *sink, const ap_command *command,
                         const ap_run_config *config, const ap_log *log)
{
    const ap_run_postgres *postgres = &config->archive.postgres;
    const ap_postgres_config server = { .connection = postgres->connection,
                                        .password_file = postgres->password_file,
                                        .schema = postgres->schema,
                                        .spool = postgres->spool,
                                        .spool_size = (uint64_t)postgres->spool_mb << 20,
                                        .part_s = postgres->partition == AP_RUN_DAY ? 86400 : 3600,
                                        .keep_s = postgres->keep_s,
                                        .log = log };
    return ap_postgres_make(sink, &server)
               ? ap_command_fail(command, AP_EXIT_SOFTWARE, "memory is exhausted")
               : AP_EXIT_OK;
}
#endif

static const sink_kind kinds[] = {
    { wants_segments, make_segments, unmake_segments },
#ifdef AP_POSTGRES
    { wants_postgres, make_postgres, ap_postgres_unmake },
#endif
};

static int open_sink(ap_run_archive *archive, const sink_kind *kind, const ap_command *command,
                     const ap_run_config *config, const ap_log *log)
{
    ap_archive_sink *sink = &archive->sinks[archive->count];
    int status = kind->make(sink, command, config, log);
    if (status)
        return status;
    archive->unmake[archive->count] = kind->unmake;
    const ap_archive_feed_config feed = { .sink = sink,
                                          .queue_size = (size_t)config->archive.queue_mb << 20,
                                          .log = log };
    if (ap_archive_feed_open(&archive->feeds[archive->count++], &feed))
        return ap_command_fail(command, AP_EXIT_SOFTWARE,
                               "memory is exhausted; lower queue_mb of the archive");
    return AP_EXIT_OK;
}

int ap_run_archive_open(ap_run_archive *archive, const ap_command *command,
                        const ap_run_config *config, const ap_log *log)
{
    *archive = (ap_run_archive){ .count = 0 };
    int status = AP_EXIT_OK;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0] && !status; i++)
        if (kinds[i].is_wanted(config))
            status = open_sink(archive, &kinds[i], command, config, log);
    return status;
}

bool ap_run_archive_close(ap_run_archive *archive, bool is_end)
{
    bool is_stored = true;
    for (size_t i = 0; i < archive->count; i++) {
        is_stored = ap_archive_feed_close(&archive->feeds[i]) && is_stored;
        archive->unmake[i](&archive->sinks[i], is_end);
    }
    archive->count = 0;
    return is_stored;
}
