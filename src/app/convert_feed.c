#include "app/convert_feed.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "app/decode_capture.h"
#include "app/row_table.h"
#include "app/sensors.h"
#include "app/source.h"
#include "io/output.h"
#include "publish/asterix021.h"
#include "publish/report_row.h"
#include "sense/sense.h"
#include "wire/feed/aircraft_json.h"
#include "wire/feed/gdl90.h"
#include "wire/feed/sbs.h"
#include "wire/modes/beast.h"
#include "wire/modes/jet1090.h"

enum {
    TEXT_CAP = 4096,
    SENSOR_CAP = 512,
    AIRCRAFT_CAP = 200000,
    RECEIVER_CAP = 256,
    REFRESH_MS = 1000,
    SYSTEM_SIC = 1
};

typedef struct convert_run {
    const ap_convert_feed *config;
    ap_asterix_editions editions;
    ap_source source;
    ap_sensor_table sensors;
    ap_receiver_table receivers;
    ap_sense sense;
    void *receiver_mem, *sense_mem;
    ap_output output;
    ap_output receiver_output; /* of receiver.json */
    ap_decode_capture capture; /* of CAT021 */
    ap_row_table table;        /* of aircraft.json and GDL90 */
    bool *changed;             /* GDL90: [AP_ROW_TABLE_CAP], a position since the last second */
    ap_utc_ns second_utc;      /* GDL90: of the last heartbeat */
    uint32_t second_count;     /* rows since */
    ap_utc_ns day_utc;         /* Beast, AVR: midnight before the first frame */
    ap_utc_ns told_ms;         /* Beast: last time that was written */
    uint32_t heard_icao24;     /* of the Mode S frame that sense has now */
    ap_utc_ns newest_utc;      /* of all frames */
    uint64_t row_count;
    ap_refusals refused; /* what the output cannot say */
    ap_err failed;
    char message[AP_IO_MESSAGE_SIZE];
} convert_run;

static const char *const keys[AP_CONVERT_TO_COUNT] = {
    [AP_CONVERT_BEAST] = "beast",  [AP_CONVERT_AVR] = "avr",           [AP_CONVERT_JSONL] = "jsonl",
    [AP_CONVERT_SBS] = "sbs",      [AP_CONVERT_AIRCRAFT] = "aircraft", [AP_CONVERT_GDL90] = "gdl90",
    [AP_CONVERT_CAT021] = "cat021"
};

const char *ap_convert_to_key(ap_convert_to to)
{
    return (unsigned)to < AP_CONVERT_TO_COUNT ? keys[to] : "unlisted";
}

ap_convert_to ap_convert_to_of_key(const char *key)
{
    int to = 0;
    while (to < AP_CONVERT_TO_COUNT && strcmp(keys[to], key) != 0)
        to++;
    return (ap_convert_to)to;
}

static void put(convert_run *run, const ap_writer *text)
{
    if (text->size > 0 && ap_output_write(&run->output, text->data, text->size))
        run->failed = AP_ERR_IO;
}

/* ---- frames to frames ---- */

/* The receiver's own ticks; of a known time those since midnight before the first frame. */
static uint64_t ticks_of(convert_run *run)
{
    const ap_frame *frame = &run->source.frame;
    if (frame->synthetic)
        return AP_BEAST_TICKS_SYNTHETIC;
    if (frame->ticks_12mhz != 0 || frame->time_kind == AP_FRAME_TIME_NONE)
        return frame->ticks_12mhz;
    ap_utc_ns utc = run->source.receive_utc;
    if (run->day_utc == AP_UTC_UNKNOWN)
        run->day_utc = utc - (utc % AP_NS_PER_DAY + AP_NS_PER_DAY) % AP_NS_PER_DAY;
    int64_t ns = utc - run->day_utc;
    return (uint64_t)(ns / AP_NS_PER_S * 12000000 + (ns % AP_NS_PER_S * 12 + 500) / 1000);
}

static void write_beast(convert_run *run, ap_writer *text)
{
    const ap_frame *frame = &run->source.frame;
    ap_utc_ns ms = run->source.receive_utc / AP_NS_PER_MS;
    bool timed = frame->time_kind != AP_FRAME_TIME_NONE;
    if (run->config->extended && timed && ms != run->told_ms) {
        ap_beast_write_time(text, run->source.receive_utc);
        run->told_ms = ms;
    }
    if (run->config->extended && frame->has_receiver)
        ap_beast_write_receiver(text, frame->receiver);
    (void)ap_beast_write(text, frame->data, frame->size, ticks_of(run),
                         frame->has_signal ? frame->signal : 0);
}

static void write_avr(convert_run *run, ap_writer *text)
{
    const ap_frame *frame = &run->source.frame;
    bool timed = frame->synthetic || frame->time_kind != AP_FRAME_TIME_NONE;
    if (timed || frame->has_signal)
        (void)ap_avr_write_timed(text, frame->data, frame->size, ticks_of(run),
                                 frame->has_signal ? frame->signal : -1);
    else
        (void)ap_avr_write(text, frame->data, frame->size);
}

static void write_jet1090(convert_run *run, ap_writer *text)
{
    const ap_frame *frame = &run->source.frame;
    ap_modes_frame decoded;
    ap_err err = ap_modes_decode(frame->data, frame->size, &decoded);
    ap_sense_heard heard = ap_source_heard(frame, run->source.receiver, run->source.receive_utc);
    ap_sense_modes_decoded(&run->sense, &heard, err, &decoded);
    ap_sense_fix fix = ap_sense_last_fix(&run->sense);
    ap_jet1090_content content = { .decoded = err ? NULL : &decoded,
                                   .has_position = fix.has_position,
                                   .latitude_deg = fix.latitude_deg,
                                   .longitude_deg = fix.longitude_deg };
    ap_jet1090_line line = { .size = frame->size,
                             .has_time = frame->time_kind != AP_FRAME_TIME_NONE,
                             .time_utc = run->source.receive_utc,
                             .has_signal = frame->has_signal,
                             .signal = frame->signal,
                             .has_receiver = frame->has_receiver,
                             .receiver = frame->receiver,
                             .synthetic = frame->synthetic };
    memcpy(line.frame, frame->data, frame->size);
    ap_jet1090_write(text, &line, &content);
}

static void convert_frame(convert_run *run)
{
    uint8_t bytes[TEXT_CAP];
    ap_writer text = ap_writer_of(bytes, sizeof bytes);
    if (run->config->to == AP_CONVERT_BEAST)
        write_beast(run, &text);
    else if (run->config->to == AP_CONVERT_AVR)
        write_avr(run, &text);
    else
        write_jet1090(run, &text);
    put(run, &text);
}

/* ---- rows to targets ---- */

/* The heartbeat of a second and the targets that moved in it. */
static void end_second(convert_run *run)
{
    uint8_t bytes[AP_GDL90_FRAME_MAX];
    ap_writer text = ap_writer_of(bytes, sizeof bytes);
    if (run->second_utc == AP_UTC_UNKNOWN)
        return;
    ap_gdl90_write_heartbeat(&text, run->second_utc, run->second_count);
    put(run, &text);
    for (uint32_t i = 0; i < run->table.count; i++) {
        if (!run->changed[i])
            continue;
        text = ap_writer_of(bytes, sizeof bytes);
        (void)ap_gdl90_write_target(&text, &run->table.rows[i]);
        (void)ap_gdl90_write_height(&text, &run->table.rows[i]);
        put(run, &text);
        run->changed[i] = false;
    }
    run->second_count = 0;
}

/* The last second, and the aircraft that never had a position: GDL90 tells none without. */
static void end_gdl90(convert_run *run)
{
    end_second(run);
    for (uint32_t i = 0; i < run->table.count; i++)
        if (!(run->table.rows[i].present & AP_ROW_HAS_POSITION))
            ap_refuse(&run->refused, AP_REFUSED_UNSAYABLE);
}

static void take_gdl90(convert_run *run, const ap_aircraft_row *row)
{
    ap_utc_ns utc = run->source.receive_utc;
    if (run->second_utc == AP_UTC_UNKNOWN || utc / AP_NS_PER_S != run->second_utc / AP_NS_PER_S) {
        end_second(run);
        run->second_utc = utc;
    }
    run->second_count++;
    ap_aircraft_row *kept = ap_row_table_take(&run->table, row);
    if (!kept)
        ap_refuse(&run->refused, AP_REFUSED_TABLE_FULL);
    else if ((row->present & AP_ROW_HAS_POSITION) || row->ownship)
        run->changed[kept - run->table.rows] = kept->present & AP_ROW_HAS_POSITION;
}

static void take_row(convert_run *run, const ap_aircraft_row *row)
{
    uint8_t bytes[TEXT_CAP];
    ap_writer text = ap_writer_of(bytes, sizeof bytes);
    run->row_count++;
    if (!(row->present & AP_ROW_HAS_ADDRESS))
        ap_refuse(&run->refused, AP_REFUSED_UNSAYABLE);
    else if (run->config->to == AP_CONVERT_GDL90)
        take_gdl90(run, row);
    else if (run->config->to == AP_CONVERT_AIRCRAFT) {
        if (!ap_row_table_take(&run->table, row))
            ap_refuse(&run->refused, AP_REFUSED_TABLE_FULL);
    } else if (ap_sbs_write(&text, row, run->source.receive_utc)) {
        ap_refuse(&run->refused, AP_REFUSED_UNSAYABLE);
    }
    put(run, &text);
}

static void write_aircraft(convert_run *run)
{
    uint8_t bytes[TEXT_CAP];
    ap_utc_ns now = run->newest_utc;
    ap_writer text = ap_writer_of(bytes, sizeof bytes);
    ap_aircraft_json_head(&text, now, run->row_count);
    for (uint32_t i = 0; i < run->table.count; i++) {
        if (i > 0)
            ap_write_bytes(&text, ",\n", 2);
        ap_aircraft_json_write(&text, &run->table.rows[i], now);
        put(run, &text);
        text.size = 0;
    }
    ap_aircraft_json_tail(&text);
    put(run, &text);
}

/* The site is that of the input's own receiver, where the sensors file places it. */
static void write_receiver(convert_run *run)
{
    uint8_t bytes[TEXT_CAP];
    ap_writer text = ap_writer_of(bytes, sizeof bytes);
    uint16_t own = ap_sensor_find_input(&run->sensors, 0);
    ap_receiver_info info = { .version = "airpicture " AP_VERSION, .refresh_ms = REFRESH_MS };
    if (own != AP_SENSOR_NONE && run->sensors.sensor[own].has_site) {
        info.has_site = true;
        info.latitude_deg = run->sensors.sensor[own].site.latitude_rad / AP_RAD_PER_DEG;
        info.longitude_deg = run->sensors.sensor[own].site.longitude_rad / AP_RAD_PER_DEG;
    }
    ap_receiver_json(&text, &info);
    if (ap_output_write(&run->receiver_output, text.data, text.size))
        run->failed = AP_ERR_IO;
}

/* ---- reports ---- */

static void write_cat021(convert_run *run, const ap_report *report)
{
    uint8_t bytes[512];
    ap_writer block = ap_writer_of(bytes, sizeof bytes);
    ap_cat021 record;
    size_t at = ap_asterix_block_open(&block, 21);
    if (ap_asterix021_from_report(0, SYSTEM_SIC, report, &record) ||
        ap_cat021_encode(&block, &record) || ap_asterix_block_close(&block, at))
        ap_refuse(&run->refused, AP_REFUSED_UNSAYABLE);
    else if (ap_decode_capture_write(&run->capture, report->receive_utc, &block))
        run->failed = AP_ERR_IO;
}

/* The level of a Mode S frame stays with its aircraft's report; another frame may have set free
 * reports that were held back. */
static void add_signal(const convert_run *run, const ap_report *report, ap_aircraft_row *row)
{
    const ap_frame *frame = &run->source.frame;
    if (frame->kind != AP_FRAME_MODES || !frame->has_signal || frame->signal == 0 ||
        report->address != run->heard_icao24)
        return;
    row->present |= AP_ROW_HAS_SIGNAL;
    row->signal_dbfs = 20.0 * log10(frame->signal / 255.0);
}

static void on_report(void *context, const ap_report *report)
{
    convert_run *run = context;
    ap_aircraft_row row;
    if (report->kind != AP_REPORT_TARGET || run->config->to <= AP_CONVERT_JSONL)
        return;
    if (run->config->to == AP_CONVERT_CAT021) {
        write_cat021(run, report);
        return;
    }
    ap_row_of_report(report, run->sensors.sensor[report->sensor].kind, &row);
    add_signal(run, report, &row);
    take_row(run, &row);
}

/* ---- the run ---- */

/* What cannot be is told at the first element, when the form of the input is known. */
static int check_pair(const convert_run *run)
{
    const ap_frame *frame = &run->source.frame;
    if (run->config->to > AP_CONVERT_JSONL || frame->kind == AP_FRAME_MODES)
        return AP_EXIT_OK;
    return ap_command_fail(run->config->command, AP_EXIT_USAGE,
                           "no way from %s to %s: it holds no Mode S frames; possible are sbs, "
                           "aircraft, gdl90 and cat021",
                           ap_format_key(run->source.framer.format),
                           ap_convert_to_key(run->config->to));
}

/* The memory is taken the first time. */
static bool start_sense(convert_run *run)
{
    ap_sense_config config = { .sensors = &run->sensors,
                               .receivers = &run->receivers,
                               .input_cap = 1,
                               .aircraft_cap = AIRCRAFT_CAP,
                               .editions = &run->editions,
                               .on_report = on_report,
                               .context = run };
    size_t size = ap_sense_size(&config);
    if (!run->sense_mem)
        run->sense_mem = malloc(size);
    return run->sense_mem && ap_sense_init(&run->sense, &config, run->sense_mem, size) == AP_OK;
}

/* Time ran back for good: a recording joined to a later one begins anew, as in replay. */
static void restart_sense(convert_run *run)
{
    ap_sense_flush(&run->sense);
    ap_refusals_add(&run->refused, ap_sense_refused(&run->sense, 0));
    (void)start_sense(run); /* the same configuration and memory were good before */
}

static void take_target(convert_run *run)
{
    ap_source *source = &run->source;
    ap_aircraft_row row;
    ap_err err = ap_feed_row(&source->feed, &source->frame, &row);
    if (err || run->config->to == AP_CONVERT_CAT021) {
        ap_sense_row(&run->sense, 0, source->receive_utc, source->frame.size, err, &row);
        return;
    }
    if (row.time_utc == AP_UTC_UNKNOWN && source->frame.time_kind != AP_FRAME_TIME_NONE)
        row.time_utc = source->receive_utc;
    take_row(run, &row);
}

static void take_element(convert_run *run)
{
    const ap_source *source = &run->source;
    const ap_frame *frame = &source->frame;
    if (source->restarted)
        restart_sense(run);
    if (run->newest_utc == AP_UTC_UNKNOWN || source->receive_utc > run->newest_utc)
        run->newest_utc = source->receive_utc;
    if (ap_feed_is_row(frame->kind)) {
        take_target(run);
    } else if (frame->kind == AP_FRAME_ASTERIX) {
        (void)ap_asterix_editions_hear(&run->editions, frame->data, frame->size);
        ap_sense_asterix(&run->sense, 0, source->receive_utc, frame->data, frame->size);
    } else if (run->config->to <= AP_CONVERT_JSONL) {
        convert_frame(run);
    } else {
        ap_modes_frame decoded = { .df = 0 };
        ap_err err = ap_modes_decode(frame->data, frame->size, &decoded);
        ap_sense_heard heard = ap_source_heard(frame, source->receiver, source->receive_utc);
        run->heard_icao24 = decoded.icao24;
        ap_sense_modes_decoded(&run->sense, &heard, err, &decoded);
    }
}

static int convert_all(convert_run *run)
{
    ap_source *source = &run->source;
    int status = AP_EXIT_OK;
    ap_source_advance(source);
    if (source->has_frame)
        status = check_pair(run);
    for (; !status && source->has_frame && !run->failed; ap_source_advance(source))
        take_element(run);
    if (status)
        return status;
    ap_sense_flush(&run->sense);
    if (run->config->to == AP_CONVERT_GDL90)
        end_gdl90(run);
    if (run->config->to == AP_CONVERT_AIRCRAFT)
        write_aircraft(run);
    if (run->config->receiver_path)
        write_receiver(run);
    if (!source->error)
        return AP_EXIT_OK;
    return ap_command_fail(run->config->command, ap_exit_of(source->error), "%s%s", source->message,
                           source->error == AP_ERR_UNKNOWN
                               ? " (lines of ASTERIX records: convert them --to pcap first)"
                               : "");
}

static bool start_receivers(convert_run *run)
{
    size_t size = ap_receiver_table_size(1, RECEIVER_CAP);
    run->receiver_mem = malloc(size);
    return run->receiver_mem &&
           ap_receiver_table_init(&run->receivers, &run->sensors, 1, RECEIVER_CAP,
                                  run->receiver_mem, size) == AP_OK;
}

static ap_err open_output(convert_run *run)
{
    const ap_convert_feed *config = run->config;
    if (config->receiver_path &&
        ap_output_open(&run->receiver_output, config->receiver_path, run->message))
        return AP_ERR_NO_OUTPUT;
    return config->to == AP_CONVERT_CAT021
               ? ap_decode_capture_open(&run->capture, config->out_path, run->message)
               : ap_output_open(&run->output, config->out_path, run->message);
}

static int start(convert_run *run)
{
    const ap_convert_feed *config = run->config;
    run->sensors = (ap_sensor_table){ .sensor = calloc(SENSOR_CAP, sizeof(ap_sensor)),
                                      .stats = calloc(SENSOR_CAP, sizeof(ap_sensor_stats)),
                                      .cap = SENSOR_CAP,
                                      .editions = &run->editions };
    run->changed = calloc(AP_ROW_TABLE_CAP, sizeof *run->changed);
    int status = AP_EXIT_OK;
    if (config->sensors_path && run->sensors.sensor && run->sensors.stats)
        status = ap_sensors_read(config->command, config->sensors_path, 1, &run->sensors);
    if (status)
        return status;
    if (!run->sensors.sensor || !run->sensors.stats || !run->changed ||
        ap_row_table_open(&run->table) || !start_receivers(run) || !start_sense(run))
        return ap_command_fail(config->command, AP_EXIT_SOFTWARE, "memory is exhausted");
    ap_err err = ap_source_open(&run->source, config->in_path, 0, config->from, &run->editions,
                                config->start_utc);
    if (err)
        return ap_command_fail(config->command, ap_exit_of(err), "%s", run->source.message);
    run->source.receivers = &run->receivers;
    run->source.format_option = "--from";
    if (open_output(run))
        return ap_command_fail(config->command, AP_EXIT_NO_OUTPUT, "%s", run->message);
    return AP_EXIT_OK;
}

/* A frame that sense refuses is written all the same, where frames are. */
static void tell_refused(const convert_run *run)
{
    bool sensed = run->config->to > AP_CONVERT_JSONL;
    ap_refusals refused = run->source.framer.refused;
    ap_refusals_add(&refused, &run->refused);
    ap_refusals_add(&refused, ap_sense_refused(&run->sense, 0));
    for (uint16_t i = 0; sensed && i < run->sensors.count; i++)
        ap_refusals_add(&refused, &run->sensors.stats[i].refused);
    for (int i = 0; i < AP_REFUSAL_COUNT; i++)
        if (refused.count[i] > 0)
            ap_command_fail(run->config->command, AP_EXIT_OK, "%s: %" PRIu64 " %s (%s)",
                            run->source.path, refused.count[i], ap_refusal_key((ap_refusal)i),
                            ap_refusal_text((ap_refusal)i));
}

static int commit(convert_run *run)
{
    bool is_capture = run->config->to == AP_CONVERT_CAT021;
    ap_output *output = is_capture ? &run->capture.output : &run->output;
    bool reader_gone = ap_output_flush(output) && ap_output_reader_gone(output);
    ap_err err = AP_OK;
    if (run->config->receiver_path) /* first: it is what readers of the two ask for first */
        err = ap_output_commit(&run->receiver_output, run->message);
    if (!err)
        err = is_capture ? ap_decode_capture_commit(&run->capture, run->message)
                         : ap_output_commit(output, run->message);
    if (reader_gone)
        return AP_EXIT_PIPE_CLOSED;
    return err ? ap_command_fail(run->config->command, AP_EXIT_IO, "%s", run->message) : AP_EXIT_OK;
}

static void finish(convert_run *run)
{
    ap_source_close(&run->source);
    ap_output_close(&run->output);
    ap_output_close(&run->receiver_output);
    ap_decode_capture_close(&run->capture);
    ap_row_table_close(&run->table);
    free(run->changed);
    free(run->sense_mem);
    free(run->receiver_mem);
    free(run->sensors.sensor);
    free(run->sensors.stats);
    free(run);
}

int ap_convert_feed_run(const ap_convert_feed *config)
{
    convert_run *run = calloc(1, sizeof *run);
    if (!run)
        return ap_command_fail(config->command, AP_EXIT_SOFTWARE, "memory is exhausted");
    run->config = config;
    run->editions = *config->editions;
    run->second_utc = run->day_utc = run->told_ms = run->newest_utc = AP_UTC_UNKNOWN;
    int status = start(run);
    if (!status) {
        status = convert_all(run);
        bool is_refused = status == AP_EXIT_USAGE;
        if (!is_refused)
            tell_refused(run);
        int committed =
            is_refused || run->source.framer.frame_count == 0 ? AP_EXIT_OK : commit(run);
        status = committed ? committed : status;
    }
    finish(run);
    return status;
}
