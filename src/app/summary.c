#include "app/summary.h"

#include "app/paths.h"
#include "app/receivers.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define RECEIVER_LINE_SIZE 512u

void ap_summary_refusals(const ap_refusals *refusals, char *text, size_t size)
{
    size_t at = 0;
    snprintf(text, size, "-");
    for (int i = 0; i < AP_REFUSAL_COUNT; i++) {
        if (refusals->count[i] == 0)
            continue;
        int length = snprintf(text + at, size - at, "%s%" PRIu64 " %s", at ? ", " : "",
                              refusals->count[i], ap_refusal_key((ap_refusal)i));
        if (length < 0 || (size_t)length >= size - at)
            return;
        at += (size_t)length;
    }
}

static void print_sources(FILE *out, const ap_pipeline *pipeline)
{
    char refused[512], path[256];
    fputs("inputs\n", out);
    fprintf(out, "  %-40s %-8s %12s %10s  %s\n", "file", "format", "bytes", "frames",
            "refused before a sensor was known");
    for (size_t i = 0; i < ap_pipeline_source_count(pipeline); i++) {
        ap_source_summary source = ap_pipeline_source(pipeline, i);
        ap_summary_refusals(&source.refused, refused, sizeof refused);
        fprintf(out, "  %-40s %-8s %12" PRIu64 " %10" PRIu64 "  %s\n",
                ap_path_text(source.path, path, sizeof path), ap_format_key(source.format),
                source.byte_count, source.frame_count, refused);
    }
}

static void print_sensor(FILE *out, const ap_sensor *sensor, const ap_sensor_stats *stats)
{
    char refused[512], first[AP_UTC_TEXT_SIZE], last[AP_UTC_TEXT_SIZE], code[8] = "-";
    if (sensor->has_sac_sic)
        snprintf(code, sizeof code, "%03u/%03u", sensor->sac, sensor->sic);
    ap_summary_refusals(&stats->refused, refused, sizeof refused);
    ap_utc_text(stats->first_utc, first);
    ap_utc_text(stats->last_utc, last);
    fprintf(out,
            "  %-20s %-7s %-8s %10" PRIu64 " %8" PRIu64 " %8" PRIu64 " %8" PRIu64 " %8" PRIu64
            "  %-24s %-24s  %s",
            sensor->name, code, ap_sensor_kind_key(sensor->kind), stats->byte_count,
            stats->block_count, stats->record_count, stats->service_count, stats->report_count,
            first, last, refused);
    if (stats->repaired_count > 0)
        fprintf(out, " (%" PRIu64 " repaired)", stats->repaired_count);
    fputc('\n', out);
}

static void print_sensors(FILE *out, const ap_pipeline *pipeline)
{
    fputs("\nsensors\n", out);
    fprintf(out, "  %-20s %-7s %-8s %10s %8s %8s %8s %8s  %-24s %-24s  %s\n", "name", "sac/sic",
            "kind", "bytes", "blocks", "records", "service", "reports", "first", "last", "refused");
    for (uint16_t i = 0; i < pipeline->engine.sensors.count; i++)
        print_sensor(out, &pipeline->engine.sensors.sensor[i], &pipeline->engine.sensors.stats[i]);
}

static void print_receivers(FILE *out, const ap_pipeline *pipeline)
{
    size_t cap = (pipeline->engine.receivers.count + 3u) * RECEIVER_LINE_SIZE;
    uint8_t *bytes = malloc(cap);
    if (!bytes)
        return;
    ap_writer text = ap_writer_of(bytes, cap);
    ap_receivers_text(&pipeline->engine.receivers, &text);
    fwrite(bytes, 1, text.size, out);
    free(bytes);
}

/* Two inputs that lie more than a day apart are hardly meant to make one picture. */
static void print_gaps(FILE *out, const ap_pipeline *pipeline)
{
    ap_source_summary first = ap_pipeline_source(pipeline, 0);
    for (size_t i = 1; i < ap_pipeline_source_count(pipeline); i++) {
        ap_source_summary other = ap_pipeline_source(pipeline, i);
        if (first.first_utc == AP_UTC_UNKNOWN || other.first_utc == AP_UTC_UNKNOWN)
            continue;
        double gap_s = fmax(ap_seconds_between(first.last_utc, other.first_utc),
                            ap_seconds_between(other.last_utc, first.first_utc));
        char a[256], b[256];
        if (gap_s > 86400.0)
            fprintf(out,
                    "\n'%s' and '%s' lie %.0f days apart: does one of them need --start with its "
                    "day?\n",
                    ap_path_text(first.path, a, sizeof a), ap_path_text(other.path, b, sizeof b),
                    gap_s / 86400.0);
    }
}

/* What to do about the commonest refusal of a first run. */
static void print_advice(FILE *out, const ap_pipeline *pipeline)
{
    uint64_t unplaced = 0;
    for (uint16_t i = 0; i < pipeline->engine.sensors.count; i++)
        unplaced += pipeline->engine.sensors.stats[i].refused.count[AP_REFUSED_SENSOR_UNKNOWN];
    if (unplaced > 0)
        fprintf(out,
                "\n%" PRIu64 " records came from radars that nobody has placed: describe them "
                "in a sensors file and give it with -c (doc/manual.md, Describe the sensors).\n",
                unplaced);
}

void ap_summary_print(FILE *out, const ap_pipeline *pipeline, const ap_run_cost *cost)
{
    const ap_tracker_stats *tracker = ap_tracker_stats_of(&pipeline->engine.tracker);
    char refused[512];
    print_sources(out, pipeline);
    print_sensors(out, pipeline);
    print_receivers(out, pipeline);
    ap_summary_refusals(&tracker->refused, refused, sizeof refused);
    fprintf(out,
            "\ntracks: %" PRIu64 " born, %" PRIu64 " confirmed, %" PRIu64
            " dropped, %u alive; %" PRIu64
            " tentative ones faded; reports refused by the tracker: %s\n",
            tracker->born_count, tracker->confirmed_count, tracker->dropped_count,
            tracker->confirmed_alive_count, tracker->tentative_dropped_count, refused);
    if (tracker->velocity_refused_count)
        fprintf(out,
                "velocities left out, far from the track's or belied by positions: %" PRIu64 "\n",
                tracker->velocity_refused_count);
    if (tracker->fall_count || tracker->falling_full_count)
        fprintf(out, "falls: %" PRIu64 "; without a place to see whether it falls: %" PRIu64 "\n",
                tracker->fall_count, tracker->falling_full_count);
    if (tracker->reset_count)
        fprintf(out,
                "filters begun anew, their covariance lost or their speed beyond flight: %" PRIu64
                "\n",
                tracker->reset_count);
    if (tracker->crowded_count)
        fprintf(out,
                "plots with more tracks about them than they were compared with: %" PRIu64 "\n",
                tracker->crowded_count);
    if (tracker->half_count)
        fprintf(out, "plots that probably were the second half of a split one: %" PRIu64 "\n",
                tracker->half_count);
    if (tracker->history_full_count)
        fprintf(out,
                "times that a track was told so often that not all late reports could be taken: "
                "%" PRIu64 "\n",
                tracker->history_full_count);
    if (ap_watch_refused(&pipeline->engine.watch))
        fprintf(out, "alerts beyond the table's capacity: %" PRIu64 "\n",
                ap_watch_refused(&pipeline->engine.watch));
    if (pipeline->engine.restart_count)
        fprintf(out,
                "the input's time ran back %" PRIu64 " times: tracks were ended and begun anew; "
                "were recordings joined out of order?\n",
                pipeline->engine.restart_count);
    if (pipeline->engine.report_lost_count)
        fprintf(out, "reports lost because one datagram held too many: %" PRIu64 "\n",
                pipeline->engine.report_lost_count);
    print_advice(out, pipeline);
    print_gaps(out, pipeline);
    fprintf(out,
            "speed: %.1f s of data in %.2f s (%.2f s CPU), %.0f times real time, %.0f reports/s\n",
            cost->data_s, cost->wall_s, cost->cpu_s,
            cost->wall_s > 0.0 ? cost->data_s / cost->wall_s : 0.0,
            cost->wall_s > 0.0 ? (double)pipeline->engine.report_count / cost->wall_s : 0.0);
}
