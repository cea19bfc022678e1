#include "app/outputs.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "app/paths.h"
#include "app/receivers.h"
#include "publish/alert_json.h"
#include "publish/receiver_json.h"
#include "publish/report_json.h"
#include "publish/system_plane.h"
#include "publish/track_csv.h"
#include "publish/track_json.h"
#include "wire/pcap.h"

enum { TEXT_CAP = 1 << 17, ASTERIX_PORT = 8600 };

static bool is_stdout(const char *path)
{
    return path && strcmp(path, "-") == 0;
}

bool ap_output_paths_use_stdout(const ap_output_paths *paths)
{
    return is_stdout(paths->tracks) || is_stdout(paths->reports) || is_stdout(paths->witnesses) ||
           is_stdout(paths->receivers) || is_stdout(paths->alerts) || is_stdout(paths->asterix);
}

/* Text of one line goes out as a whole; what does not fit or cannot be written ends the run. */
static void send_text(ap_outputs *outputs, ap_output *output, ap_writer *text)
{
    if (text->bad || ap_output_write(output, text->data, text->size))
        outputs->failed = true;
}

static ap_writer line(ap_outputs *outputs)
{
    return ap_writer_of(outputs->text, TEXT_CAP);
}

static bool wants_now(const ap_outputs *outputs)
{
    return ap_pipeline_wants(outputs->pipeline, outputs->pipeline->engine.now);
}

static void send_datagram(void *context, ap_utc_ns time, const uint8_t *data, size_t size)
{
    static const ap_pcap_route route = { .source_ip = 0xC0000201,      /* 192.0.2.1 */
                                         .destination_ip = 0xE9FC0001, /* 233.252.0.1 */
                                         .source_port = ASTERIX_PORT,
                                         .destination_port = ASTERIX_PORT };
    ap_outputs *outputs = context;
    uint64_t made_count = ap_asterix062_writer_stats(&outputs->system).record_count;
    uint64_t record_count = made_count - outputs->asterix_made_count;
    outputs->asterix_made_count = made_count;
    if (!wants_now(outputs))
        return;
    ap_writer packet = line(outputs);
    if (ap_pcap_udp(&packet, time, &route, data, size)) {
        outputs->asterix_refused_count++; /* a time that the format cannot hold */
        return;
    }
    send_text(outputs, &outputs->asterix, &packet);
    outputs->asterix_datagram_count++;
    outputs->asterix_record_count += record_count;
}

static int open_one(ap_outputs *outputs, ap_output *output, const char *path)
{
    if (path && ap_output_open(output, path, outputs->message))
        return ap_command_fail(outputs->command, AP_EXIT_NO_OUTPUT, "%s", outputs->message);
    return AP_EXIT_OK;
}

/* The writer from its beginning, in memory of its own. */
static int init_asterix(ap_outputs *outputs)
{
    ap_asterix062_config config = ap_asterix062_config_default();
    config.sac = outputs->paths.sac;
    config.sic = outputs->paths.sic;
    /* Track numbers of 16 bits are the limit of the format. */
    uint32_t track_cap = outputs->pipeline->config.engine.track_cap;
    config.track_cap = track_cap < UINT16_MAX ? track_cap : UINT16_MAX;
    outputs->has_reference = ap_system_reference(outputs->sensors, &outputs->reference);
    config.has_reference = outputs->has_reference;
    config.reference = outputs->reference;
    config.sensors = outputs->sensors;
    config.on_datagram = send_datagram;
    config.context = outputs;
    size_t size = ap_asterix062_writer_size(&config);
    if (!outputs->system_mem)
        outputs->system_mem = size > 0 ? malloc(size) : NULL;
    if (!outputs->system_mem ||
        ap_asterix062_writer_init(&outputs->system, &config, outputs->system_mem, size))
        return ap_command_fail(outputs->command, AP_EXIT_SOFTWARE, "memory is exhausted");
    return AP_EXIT_OK;
}

static int start_asterix(ap_outputs *outputs)
{
    int status = init_asterix(outputs);
    if (status)
        return status;
    ap_writer head = line(outputs);
    ap_pcap_head(&head);
    send_text(outputs, &outputs->asterix, &head);
    return AP_EXIT_OK;
}

static int start_tracks(ap_outputs *outputs)
{
    outputs->tracks_csv = ap_path_ends_with(outputs->paths.tracks, ".csv");
    if (outputs->tracks_csv) {
        ap_writer head = line(outputs);
        ap_track_csv_head(&head);
        send_text(outputs, &outputs->tracks, &head);
    }
    return AP_EXIT_OK;
}

int ap_outputs_open(ap_outputs *outputs, const ap_command *command, const ap_output_paths *paths,
                    const ap_pipeline *pipeline)
{
    *outputs = (ap_outputs){ .command = command,
                             .paths = *paths,
                             .pipeline = pipeline,
                             .sensors = &pipeline->engine.sensors };
    outputs->text = malloc(TEXT_CAP);
    if (!outputs->text)
        return ap_command_fail(command, AP_EXIT_SOFTWARE, "memory is exhausted");
    int status = open_one(outputs, &outputs->tracks, paths->tracks);
    if (!status)
        status = open_one(outputs, &outputs->reports, paths->reports);
    if (!status)
        status = open_one(outputs, &outputs->witnesses, paths->witnesses);
    if (!status)
        status = open_one(outputs, &outputs->receivers, paths->receivers);
    if (!status)
        status = open_one(outputs, &outputs->alerts, paths->alerts);
    if (!status)
        status = open_one(outputs, &outputs->asterix, paths->asterix);
    if (!status && paths->tracks)
        status = start_tracks(outputs);
    if (!status && paths->asterix)
        status = start_asterix(outputs);
    if (!status && paths->archive)
        status = ap_archive_open(&outputs->archive, command, paths->archive, outputs->sensors,
                                 outputs->pipeline->engine.config.track_cap);
    return status;
}

void ap_outputs_report(ap_outputs *outputs, const ap_report *report)
{
    if (!outputs->paths.reports || !ap_pipeline_wants(outputs->pipeline, report->receive_utc))
        return;
    ap_writer text = line(outputs);
    (void)ap_report_json(&text, outputs->sensors, report); /* text.bad tells */
    send_text(outputs, &outputs->reports, &text);
}

void ap_outputs_witness(ap_outputs *outputs, const ap_witness *witness)
{
    if (!wants_now(outputs))
        return;
    ap_writer text = line(outputs);
    (void)ap_witness_json(&text, &outputs->pipeline->engine.receivers,
                          witness); /* text.bad tells */
    send_text(outputs, &outputs->witnesses, &text);
    outputs->witness_line_count++;
}

/* At the end: one line for each that was heard. */
static void write_receivers(ap_outputs *outputs)
{
    const ap_receiver_table *receivers = &outputs->pipeline->engine.receivers;
    ap_utc_ns now = ap_receivers_last(receivers);
    for (uint16_t i = 0; i < receivers->count; i++) {
        if (receivers->rows[i].stats.frame_count == 0)
            continue;
        ap_writer text = line(outputs);
        (void)ap_receiver_line(&text, outputs->sensors, &receivers->rows[i], now);
        send_text(outputs, &outputs->receivers, &text);
    }
}

void ap_outputs_track(ap_outputs *outputs, const ap_track_event *event, const ap_track *track)
{
    bool wanted = wants_now(outputs);
    if (outputs->paths.tracks && wanted) {
        ap_writer text = line(outputs);
        if (outputs->tracks_csv)
            (void)ap_track_csv(&text, outputs->sensors, event, track); /* text.bad tells */
        else
            (void)ap_track_json(&text, outputs->sensors, event, track);
        send_text(outputs, &outputs->tracks, &text);
        outputs->track_line_count++;
    }
    if (outputs->paths.asterix)
        ap_asterix062_writer_track(&outputs->system, event, track);
    if (outputs->paths.archive && wanted && ap_archive_track(&outputs->archive, event, track))
        outputs->failed = true;
}

void ap_outputs_alert(ap_outputs *outputs, const ap_alert *alert)
{
    if (!outputs->paths.alerts || !wants_now(outputs))
        return;
    ap_writer text = line(outputs);
    (void)ap_alert_json(&text, alert); /* text.bad tells */
    send_text(outputs, &outputs->alerts, &text);
}

void ap_outputs_time(ap_outputs *outputs, ap_utc_ns now)
{
    if (outputs->paths.asterix)
        ap_asterix062_writer_tick(&outputs->system, ap_engine_slice_utc(now));
}

static void keep_asterix_refusals(ap_outputs *outputs)
{
    ap_asterix062_stats stats = ap_asterix062_writer_stats(&outputs->system);
    outputs->asterix_refused_count += stats.refused_count + stats.unnumbered_count;
}

void ap_outputs_restart(ap_outputs *outputs)
{
    if (!outputs->paths.asterix)
        return;
    keep_asterix_refusals(outputs);
    outputs->asterix_made_count = 0;
    if (init_asterix(outputs)) /* cannot be: the same configuration and memory were good before */
        outputs->failed = true;
}

bool ap_outputs_failed(const ap_outputs *outputs)
{
    return outputs->failed;
}

static int commit_one(ap_outputs *outputs, ap_output *output, const char *path)
{
    if (path && ap_output_commit(output, outputs->message))
        return ap_command_fail(outputs->command, AP_EXIT_IO, "%s", outputs->message);
    return AP_EXIT_OK;
}

int ap_outputs_commit(ap_outputs *outputs)
{
    const ap_output_paths *paths = &outputs->paths;
    if (paths->asterix) {
        ap_asterix062_writer_flush(&outputs->system, outputs->pipeline->engine.now);
        keep_asterix_refusals(outputs);
    }
    if (paths->receivers)
        write_receivers(outputs);
    /* Each is tried, so that one full disk does not cost the files on another. */
    const int statuses[] = { commit_one(outputs, &outputs->tracks, paths->tracks),
                             commit_one(outputs, &outputs->reports, paths->reports),
                             commit_one(outputs, &outputs->witnesses, paths->witnesses),
                             commit_one(outputs, &outputs->receivers, paths->receivers),
                             commit_one(outputs, &outputs->alerts, paths->alerts),
                             commit_one(outputs, &outputs->asterix, paths->asterix),
                             paths->archive
                                 ? ap_archive_commit(&outputs->archive, outputs->pipeline)
                                 : AP_EXIT_OK };
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++)
        if (statuses[i])
            return statuses[i];
    return outputs->failed ? ap_command_fail(outputs->command, AP_EXIT_SOFTWARE,
                                             "a line is longer than its buffer")
                           : AP_EXIT_OK;
}

void ap_outputs_tell(const ap_outputs *outputs, FILE *out)
{
    const ap_output_paths *paths = &outputs->paths;
    if (paths->tracks)
        fprintf(out, "tracks:  %s (%" PRIu64 " lines, %.0f MB)\n", paths->tracks,
                outputs->track_line_count, (double)outputs->tracks.size / 1e6);
    if (paths->reports)
        fprintf(out, "reports: %s\n", paths->reports);
    if (paths->witnesses)
        fprintf(out, "witnesses: %s (%" PRIu64 " lines)\n", paths->witnesses,
                outputs->witness_line_count);
    if (paths->receivers)
        fprintf(out, "receivers: %s\n", paths->receivers);
    if (paths->alerts)
        fprintf(out, "alerts:  %s\n", paths->alerts);
    if (paths->asterix) {
        fprintf(out, "ASTERIX: %s (%" PRIu64 " ASTERIX records in %" PRIu64 " datagrams)\n",
                paths->asterix, outputs->asterix_record_count, outputs->asterix_datagram_count);
        if (outputs->asterix_refused_count)
            fprintf(out,
                    "ASTERIX: %" PRIu64 " updates left out: more than 65,535 tracks, or a time "
                    "outside 1970 to 2106\n",
                    outputs->asterix_refused_count);
        if (outputs->has_reference)
            fprintf(out, "system reference point: %.4f %.4f\n",
                    outputs->reference.latitude_rad / AP_RAD_PER_DEG,
                    outputs->reference.longitude_rad / AP_RAD_PER_DEG);
    }
    if (paths->archive)
        fprintf(out, "archive: %s (%" PRIu64 " points of %" PRIu64 " tracks)\n", paths->archive,
                outputs->archive.point_count, outputs->archive.package.track_count);
}

void ap_outputs_close(ap_outputs *outputs)
{
    ap_output_close(&outputs->tracks);
    ap_output_close(&outputs->reports);
    ap_output_close(&outputs->witnesses);
    ap_output_close(&outputs->receivers);
    ap_output_close(&outputs->alerts);
    ap_output_close(&outputs->asterix);
    ap_archive_close(&outputs->archive);
    free(outputs->text);
    free(outputs->system_mem);
    outputs->text = NULL;
    outputs->system_mem = NULL;
}
