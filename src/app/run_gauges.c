#include "app/run_gauges.h"

#include <stdlib.h>

#include "app/run_state.h"
#include "io/clock.h"
#include "io/memory.h"

/* --- inputs --- */

static void take_input(ap_run_gauges *gauges, uint16_t i, double passed_s)
{
    const ap_live_stats *stats = ap_live_in_stats(gauges->config.inputs, i);
    const ap_live_source_stats *engine = &gauges->input_engine[i];
    uint64_t full_count = ap_run_engine_refused(gauges->config.engine, i).chunk_count;
    ap_live_input *input = &gauges->inputs[i];
    *input = (ap_live_input){
        .name = gauges->config.config->inputs[i].name,
        .state = ap_live_state_text(stats->state),
        .is_open = stats->state == AP_LIVE_CONNECTED,
        .byte_count = stats->byte_count,
        .chunk_count = stats->chunk_count,
        .lost_count = full_count + stats->kernel_drop_count + stats->oversized_count,
        .connect_count = stats->connection_count,
        .connect_refused_count = stats->refused_connection_count + engine->connection_refused_count,
        .last_utc = stats->last_receive_utc,
        .last_error = stats->last_error,
        .refused = &engine->refused
    };
    if (passed_s > 0.0)
        input->byte_per_s = (double)(stats->byte_count - gauges->input_bytes_before[i]) / passed_s;
    gauges->input_bytes_before[i] = stats->byte_count;
    gauges->rings[0].lost_count += full_count;
}

/* --- outputs, and what is kept --- */

/* A store that rows go to is an output, and the queue before it a ring. Returns how many. */
static size_t take_archive(ap_run_gauges *gauges, ap_live_output *outputs)
{
    size_t count = 0;
    const char *name;
    while ((name = ap_run_engine_archive(gauges->config.engine, count, &gauges->archive[count]))) {
        const ap_archive_feed_stats *stats = &gauges->archive[count];
        outputs[count] = (ap_live_output){ .name = name,
                                           .state = stats->is_open ? "open" : "failed",
                                           .is_open = stats->is_open,
                                           .tells_itself = true,
                                           .byte_count = stats->sink.byte_count,
                                           .message_count = stats->row_count,
                                           .lost_count = stats->lost_count + stats->refused_count,
                                           .last_error = stats->last_error,
                                           .has_server = stats->sink.has_server,
                                           .is_connected = stats->sink.is_connected,
                                           .connection_count = stats->sink.connection_count,
                                           .stored_count = stats->sink.stored_count,
                                           .spool_count = stats->sink.spool_count,
                                           .spool_size = stats->sink.spool_size,
                                           .spool_refused_count = stats->sink.spool_full_count +
                                                                  stats->sink.spool_damaged_count };
        if (stats->is_open && stats->sink.has_server && !stats->sink.is_connected) {
            outputs[count].state = "spools";
            outputs[count].last_error = stats->sink.server_error;
        }
        if (!stats->sink.has_server)
            gauges->stores[gauges->figures.store_count++] =
                (ap_live_store){ .name = name,
                                 .file_count = stats->sink.file_count,
                                 .byte_count = stats->sink.byte_count,
                                 .free_bytes = stats->sink.disk_free_size,
                                 .size_bytes = stats->sink.disk_size };
        gauges->rings[1 + count++] = (ap_live_ring){ .name = name,
                                                     .depth = stats->waiting_size,
                                                     .peak = stats->peak_size,
                                                     .cap = stats->queue_size,
                                                     .lost_count = stats->lost_count };
    }
    gauges->figures.ring_count += count;
    return count;
}

static ap_live_output take_recording(ap_run_gauges *gauges)
{
    ap_recorder_stats *recorder = &gauges->recorder;
    *recorder = ap_run_engine_recorder(gauges->config.engine);
    gauges->stores[gauges->figures.store_count++] =
        (ap_live_store){ .name = "recordings",
                         .file_count = recorder->kept_count,
                         .byte_count = recorder->kept_size,
                         .free_bytes = recorder->disk.free_size,
                         .size_bytes = recorder->disk.size };
    return (ap_live_output){ .name = "recording",
                             .state = recorder->is_writing ? "open" : "failed",
                             .is_open = recorder->is_writing,
                             .byte_count = recorder->written_size,
                             .message_count = recorder->file_count,
                             .lost_count = recorder->lost_size,
                             .lost_unit = "octets",
                             .last_error = recorder->last_error };
}

/* Behind those of the configuration: checkpoints, the recording, the archive, as far as there are.
 */
static void take_outputs(ap_run_gauges *gauges, const ap_run_figures *run)
{
    const ap_run_config *config = gauges->config.config;
    ap_live_output *outputs = gauges->outputs;
    size_t count = config->output_count;
    gauges->figures.store_count = 0;
    if (gauges->config.inputs && *config->state.folder)
        outputs[count++] = (ap_live_output){ .name = "checkpoints",
                                             .state = "open",
                                             .is_open = true,
                                             .tells_itself = true,
                                             .message_count = run->checkpoint_count,
                                             .lost_count = run->checkpoint_failed_count };
    if (gauges->config.inputs && ap_run_state_records(config))
        outputs[count++] = take_recording(gauges);
    gauges->figures.output_count = count + take_archive(gauges, outputs + count);
}

/* --- all of them --- */

/* What the engine alone knows, while it stands still. */
static ap_run_figures take_of_engine(ap_run_gauges *gauges)
{
    ap_live_totals *totals = &gauges->figures.totals;
    const ap_engine *engine = ap_run_engine_lock(gauges->config.engine);
    const ap_sensor_table *sensors = &engine->sensors;
    ap_run_figures run = ap_run_engine_figures(gauges->config.engine);
    *totals = (ap_live_totals){ .time_utc = run.now,
                                .report_count = run.report_count,
                                .report_lost_count = run.report_lost_count,
                                .track_count = run.tracker.confirmed_count,
                                .cpu_s = (double)ap_clock_cpu_ns() / 1e9 };
    for (uint16_t i = 0; i < sensors->count; i++) {
        totals->refused_count += ap_refusals_total(&sensors->stats[i].refused);
        totals->message_count += sensors->stats[i].record_count;
    }
    for (size_t i = 0; i < gauges->figures.input_count; i++)
        gauges->input_engine[i] = ap_run_engine_source(gauges->config.engine, (uint16_t)i);
    ap_run_engine_outputs(gauges->config.engine, gauges->outputs);
    ap_run_engine_unlock(gauges->config.engine);
    return run;
}

void ap_run_gauges_take(ap_run_gauges *gauges)
{
    ap_live_figures *figures = &gauges->figures;
    int64_t now_ns = ap_clock_monotonic_ns();
    double passed_s = gauges->taken_ns > 0 ? (double)(now_ns - gauges->taken_ns) / 1e9 : 0.0;
    gauges->taken_ns = now_ns;
    ap_run_figures run = take_of_engine(gauges);
    figures->not_ready = run.now == AP_UTC_UNKNOWN ? "the picture has no time yet" : NULL;
    ap_live_minutes_take(&figures->minutes, &figures->totals);
    figures->latency = run.latency;
    figures->engine_cpu_s = (double)run.cpu_ns / 1e9;
    figures->resident_bytes = ap_memory_resident();
    gauges->rings[0] = (ap_live_ring){ .name = "chunks",
                                       .depth = run.ring_waiting_size,
                                       .peak = run.ring_peak_size,
                                       .cap = run.ring_cap_size };
    figures->ring_count = gauges->config.inputs ? 1 : 0;
    for (size_t i = 0; i < figures->input_count; i++)
        take_input(gauges, (uint16_t)i, passed_s);
    take_outputs(gauges, &run);
}

ap_err ap_run_gauges_open(ap_run_gauges *gauges, const ap_run_gauges_config *config)
{
    uint32_t count = config->config->input_count;
    *gauges = (ap_run_gauges){ .config = *config };
    gauges->inputs = calloc(count + 1u, sizeof *gauges->inputs);
    gauges->input_bytes_before = calloc(count + 1u, sizeof *gauges->input_bytes_before);
    gauges->input_engine = calloc(count + 1u, sizeof *gauges->input_engine);
    if (!gauges->inputs || !gauges->input_bytes_before || !gauges->input_engine) {
        ap_run_gauges_close(gauges);
        return AP_ERR_MEMORY;
    }
    gauges->figures = (ap_live_figures){ .version = AP_VERSION,
                                         .started_utc = config->started_utc,
                                         .inputs = gauges->inputs,
                                         .input_count = config->inputs ? count : 0,
                                         .outputs = gauges->outputs,
                                         .rings = gauges->rings,
                                         .stores = gauges->stores };
    ap_run_gauges_take(gauges);
    return AP_OK;
}

void ap_run_gauges_close(ap_run_gauges *gauges)
{
    free(gauges->inputs);
    free(gauges->input_bytes_before);
    free(gauges->input_engine);
    *gauges = (ap_run_gauges){ .taken_ns = 0 };
}
