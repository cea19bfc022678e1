#include "app/track_tell.h"

#include <inttypes.h>

#include "app/summary.h"
#include "io/output.h"
#include "wire/json.h"

/* Of a tracker that never began: zeros. */
static ap_tracker_stats tracker_stats(const ap_tracking *tracking)
{
    return tracking->tracker.state ? *ap_tracker_stats_of(&tracking->tracker)
                                   : (ap_tracker_stats){ 0 };
}

static double detection_of(const ap_tracking *tracking, uint16_t sensor)
{
    return tracking->tracker.state ? ap_tracker_detection(&tracking->tracker, sensor)
                                   : tracking->table->sensor[sensor].detection_probability;
}

static const char *origin_of_detection(const ap_sensor *sensor, double detection)
{
    if (sensor->detection_fixed)
        return "given";
    return detection == sensor->detection_probability ? "assumed" : "learnt";
}

static double data_s(const ap_tracking_stats *stats)
{
    return stats->first_utc == AP_UTC_UNKNOWN
               ? 0.0
               : ap_seconds_between(stats->first_utc, stats->last_utc);
}

static double times_real(const ap_tracking *tracking, const ap_track_counts *counts)
{
    return counts->wall_s > 0.0 ? data_s(&tracking->stats) / counts->wall_s : 0.0;
}

static void tell_rows(FILE *out, const ap_tracking *tracking, const ap_track_counts *counts)
{
    const ap_tracking_stats *stats = &tracking->stats;
    fprintf(out, "rows:    %" PRIu64 " read, %" PRIu64 " given to the tracker, %" PRIu64 " refused",
            counts->row_count, stats->taken_count, counts->refused_count);
    const char *before = ": ";
    for (int i = 0; i < AP_DETECTION_REFUSAL_COUNT; i++) {
        if (stats->refused_count[i] == 0)
            continue;
        ap_detection_refusal refusal = (ap_detection_refusal)i;
        fprintf(out, "%s%" PRIu64 " %s (%s)", before, stats->refused_count[i],
                ap_detection_refusal_key(refusal), ap_detection_refusal_text(refusal));
        before = ", ";
    }
    fputc('\n', out);
    if (stats->restart_count > 0)
        fprintf(out,
                "time:    ran back for good %" PRIu64
                " times: all tracks ended, and the tracker began anew\n",
                stats->restart_count);
    if (*counts->unused_columns)
        fprintf(out, "columns that mean nothing here: %s\n", counts->unused_columns);
}

static void tell_sensors(FILE *out, const ap_tracking *tracking)
{
    bool from_file = tracking->config.from_file;
    for (uint16_t i = 0; i < tracking->table->count; i++) {
        const ap_sensor *sensor = &tracking->table->sensor[i];
        double detection = detection_of(tracking, i);
        fprintf(out,
                "sensor:  %s, %" PRIu64 " rows; turn %.3f s (%s), detection probability %.3f (%s), "
                "range %.0f to %.0f m\n",
                sensor->name, tracking->sensor[i].row_count, sensor->turn_s,
                ap_turn_origin_text(from_file ? AP_TURN_GIVEN : tracking->sensor[i].turn_origin),
                detection, origin_of_detection(sensor, detection), sensor->range_min_m,
                sensor->range_max_m);
    }
    fprintf(out, "origin:  %.6f %.6f\n", tracking->plane.origin.latitude_rad / AP_RAD_PER_DEG,
            tracking->plane.origin.longitude_rad / AP_RAD_PER_DEG);
}

void ap_track_tell(FILE *out, const ap_tracking *tracking, const ap_track_counts *counts)
{
    const ap_tracking_stats *stats = &tracking->stats;
    ap_tracker_stats tracker = tracker_stats(tracking);
    char refused[512];
    tell_rows(out, tracking, counts);
    tell_sensors(out, tracking);
    ap_summary_refusals(&tracker.refused, refused, sizeof refused);
    fprintf(out,
            "tracks:  %" PRIu64 " born, %" PRIu64 " confirmed, %" PRIu64
            " dropped, %u alive; refused by the tracker: %s\n",
            tracker.born_count, tracker.confirmed_count, tracker.dropped_count,
            tracker.confirmed_alive_count, refused);
    fprintf(out, "output:  %" PRIu64 " rows in %" PRIu64 " pictures, one each %g s",
            stats->track_row_count, stats->picture_count, (double)tracking->every_ns * 1e-9);
    if (tracking->config.innovations)
        fprintf(out, "; %" PRIu64 " of updates", stats->update_row_count);
    fprintf(out, "\n");
    fprintf(out,
            "speed:   tracker %.4f ms of CPU a scan of %g s (worst picture %.4f ms); all %.3f s of "
            "CPU, %.1f s of data in %.3f s, %.0f times real time\n",
            ap_tracking_ms_per_scan(tracking), stats->scan_s, (double)stats->worst_cpu_ns * 1e-6,
            counts->cpu_s, data_s(stats), counts->wall_s, times_real(tracking, counts));
}

static void put_sensor(ap_writer *text, const ap_tracking *tracking, uint16_t index)
{
    const ap_sensor *sensor = &tracking->table->sensor[index];
    ap_text_str(text, index ? ", " : "");
    ap_json_object object = ap_json_open(text);
    ap_json_member_str(&object, "name", sensor->name);
    ap_json_member_u64(&object, "row_count", tracking->sensor[index].row_count);
    ap_json_member_fixed(&object, "turn_s", sensor->turn_s, 3);
    ap_json_member_fixed(&object, "detection_probability", detection_of(tracking, index), 4);
    ap_json_member_fixed(&object, "range_min_m", sensor->range_min_m, 1);
    ap_json_member_fixed(&object, "range_max_m", sensor->range_max_m, 1);
    ap_json_close(&object);
}

static void put_refusals(ap_json_object *object, const ap_tracking *tracking)
{
    ap_json_key(object, "refused");
    ap_json_object counts = ap_json_open(object->text);
    for (int i = 0; i < AP_DETECTION_REFUSAL_COUNT; i++)
        if (tracking->stats.refused_count[i] > 0)
            ap_json_member_u64(&counts, ap_detection_refusal_key((ap_detection_refusal)i),
                               tracking->stats.refused_count[i]);
    ap_json_close(&counts);
}

static void put_tracker(ap_json_object *object, const ap_tracking *tracking)
{
    ap_tracker_stats t = tracker_stats(tracking);
    const struct {
        const char *key;
        uint64_t value;
    } counts[] = { { "born", t.born_count },
                   { "confirmed", t.confirmed_count },
                   { "dropped", t.dropped_count },
                   { "alive", t.alive_count },
                   { "clusters", t.cluster_count },
                   { "single", t.single_count },
                   { "exact", t.exact_count },
                   { "belief", t.belief_count },
                   { "nearest", t.nearest_count },
                   { "crowded", t.crowded_count },
                   { "shared", t.shared_count },
                   { "split", t.half_count },
                   { "paired", t.paired_count },
                   { "reset", t.reset_count },
                   { "history_full", t.history_full_count },
                   { "refused_by_tracker", ap_refusals_total(&t.refused) } };
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
        ap_json_member_u64(object, counts[i].key, counts[i].value);
}

int ap_track_stats_write(const ap_command *command, const char *path, const ap_tracking *tracking,
                         const ap_track_counts *counts)
{
    const ap_tracking_stats *stats = &tracking->stats;
    char message[AP_IO_MESSAGE_SIZE];
    uint8_t bytes[1 << 16]; /* for 256 sensors with room to spare */
    ap_writer text = ap_writer_of(bytes, sizeof bytes);
    ap_json_object object = ap_json_open(&text);
    ap_json_member_u64(&object, "rows", counts->row_count);
    ap_json_member_u64(&object, "given_to_tracker", stats->taken_count);
    put_refusals(&object, tracking);
    ap_json_member_u64(&object, "restarts", stats->restart_count);
    ap_json_member_fixed(&object, "cpu_ms_per_scan", ap_tracking_ms_per_scan(tracking), 6);
    ap_json_member_fixed(&object, "worst_ms", (double)stats->worst_cpu_ns * 1e-6, 6);
    ap_json_member_u64(&object, "pictures", stats->picture_count);
    ap_json_member_u64(&object, "track_rows", stats->track_row_count);
    ap_json_member_u64(&object, "update_rows", stats->update_row_count);
    put_tracker(&object, tracking);
    ap_json_member_fixed(&object, "cpu_s", counts->cpu_s, 6);
    ap_json_member_fixed(&object, "wall_s", counts->wall_s, 6);
    ap_json_member_fixed(&object, "data_s", data_s(stats), 3);
    ap_json_member_fixed(&object, "times_real_time", times_real(tracking, counts), 1);
    ap_json_key(&object, "sensors");
    ap_text_str(&text, "[");
    for (uint16_t i = 0; i < tracking->table->count; i++)
        put_sensor(&text, tracking, i);
    ap_text_str(&text, "]");
    ap_json_close(&object);
    ap_text_str(&text, "\n");
    ap_output output = { 0 };
    if (ap_output_open(&output, path, message))
        return ap_command_fail(command, AP_EXIT_NO_OUTPUT, "%s", message);
    (void)ap_output_write(&output, text.data, text.size); /* commit tells */
    if (ap_output_commit(&output, message))
        return ap_command_fail(command, AP_EXIT_IO, "%s", message);
    return AP_EXIT_OK;
}
