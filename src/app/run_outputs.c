#include "app/run_outputs.h"

#include <assert.h>
#include <stdlib.h>

#include "app/run_output_row.h"
#include "publish/system_plane.h"
#include "wire/final.h"

#define ELEMENT_SIZE (1u << 16)
#define HEARTBEAT_NS (60 * AP_NS_PER_S) /* of silence, then readers are told that we are there */

bool ap_run_outputs_have(const ap_run_config *config, ap_run_output_kind kind)
{
    for (uint32_t i = 0; i < config->output_count; i++)
        if (config->outputs[i].kind == (int)kind)
            return true;
    return false;
}

/* --- open --- */

static void send_datagram(void *context, ap_utc_ns time, const uint8_t *data, size_t size)
{
    (void)time;
    ap_run_output_send(context, data, size, 1);
}

/* The writer begins with what there is. */
static void tell_tracks(ap_run_output_row *row, const ap_engine *engine)
{
    const ap_track *track = NULL;
    while ((track = ap_picture_next(&engine->picture, track))) {
        const ap_track_event event = { .kind = AP_EVENT_UPDATED,
                                       .time_utc = track->updated_utc,
                                       .sensor = AP_SENSOR_NONE };
        ap_asterix062_writer_track(&row->writer, &event, track);
    }
}

static ap_err open_writer(ap_run_output_row *row, const ap_engine *engine)
{
    const ap_run_output *from = row->config;
    ap_asterix062_config config = ap_asterix062_config_default();
    uint32_t track_cap = engine->config.track_cap;
    config.sac = from->sac;
    config.sic = from->sic;
    config.service = from->service;
    config.period_s = from->period_s;
    config.on_update = from->on_update;
    config.update_s = from->update_ms / 1e3;
    config.filter = &row->filter;
    config.track_cap = track_cap < UINT16_MAX ? track_cap : UINT16_MAX;
    config.has_reference = ap_system_reference(&engine->sensors, &config.reference);
    config.sensors = &engine->sensors;
    config.on_datagram = send_datagram;
    config.context = row;
    size_t size = ap_asterix062_writer_size(&config);
    row->mem = size > 0 ? malloc(size) : NULL;
    if (!row->mem || ap_asterix062_writer_init(&row->writer, &config, row->mem, size))
        return AP_ERR_MEMORY;
    tell_tracks(row, engine);
    return AP_OK;
}

static ap_err open_row(ap_run_output_row *row, const ap_run_output *config, ap_run_way *way,
                       const ap_engine *engine)
{
    row->config = config;
    row->way = way;
    row->engine = engine;
    row->filter = ap_run_output_filter(config, &engine->sensors);
    row->day_utc = row->told_ms = row->sent_utc = AP_UTC_UNKNOWN;
    if (config->kind == AP_RUN_OUTPUT_CAT062)
        return open_writer(row, engine);
    if (config->kind == AP_RUN_OUTPUT_SBS)
        row->mem = calloc(UINT16_MAX + 1u, sizeof(ap_run_output_told));
    return config->kind == AP_RUN_OUTPUT_SBS && !row->mem ? AP_ERR_MEMORY : AP_OK;
}

int ap_run_outputs_open(ap_run_outputs *outputs, const ap_command *command,
                        const ap_run_config *config, const ap_run_ways *ways,
                        const ap_engine *engine)
{
    assert(ways->count == config->output_count);
    outputs->rows = calloc(config->output_count + 1u, sizeof *outputs->rows);
    outputs->element = malloc(ELEMENT_SIZE);
    if (!outputs->rows || !outputs->element)
        return ap_command_fail(command, AP_EXIT_SOFTWARE, "memory is exhausted");
    for (uint32_t i = 0; i < config->output_count; i++) {
        outputs->count = i + 1;
        if (open_row(&outputs->rows[i], &config->outputs[i], &ways->way[i], engine))
            return ap_command_fail(command, AP_EXIT_SOFTWARE, "memory is exhausted");
    }
    return AP_EXIT_OK;
}

/* --- the thread of the engine --- */

static ap_writer element(const ap_run_outputs *outputs)
{
    return ap_writer_of(outputs->element, ELEMENT_SIZE);
}

/* The next of a kind behind `after`, NULL at first, that somebody hears. */
static ap_run_output_row *next_of(const ap_run_outputs *outputs, ap_run_output_kind kind,
                                  ap_run_output_row *after)
{
    if (outputs->count == 0) /* none, or while an earlier run is restored: rows is NULL */
        return NULL;
    ap_run_output_row *end = outputs->rows + outputs->count;
    for (ap_run_output_row *row = after ? after + 1 : outputs->rows; row < end; row++)
        if (row->config->kind == (int)kind &&
            (row->config->transport == AP_RUN_UDP || ap_stream_feed_is_heard(&row->way->feed)))
            return row;
    return NULL;
}

void ap_run_outputs_track(ap_run_outputs *outputs, const ap_track_event *event,
                          const ap_track *track)
{
    for (uint32_t i = 0; i < outputs->count; i++)
        if (outputs->rows[i].config->kind == AP_RUN_OUTPUT_CAT062)
            ap_asterix062_writer_track(&outputs->rows[i].writer, event, track);
    for (ap_run_output_row *row = NULL; (row = next_of(outputs, AP_RUN_OUTPUT_SBS, row));) {
        ap_writer text = element(outputs);
        uint64_t count = ap_run_output_sbs(row, &text, event, track);
        ap_run_output_send(row, text.data, text.size, count);
    }
}

void ap_run_outputs_report(ap_run_outputs *outputs, const ap_report *report)
{
    for (ap_run_output_row *row = NULL; (row = next_of(outputs, AP_RUN_OUTPUT_CAT021, row));)
        ap_run_output_cat021(row, report);
}

void ap_run_outputs_heard(ap_run_outputs *outputs, const ap_sense_heard *heard)
{
    for (ap_run_output_row *row = NULL; (row = next_of(outputs, AP_RUN_OUTPUT_BEAST, row));) {
        ap_writer bytes = element(outputs);
        ap_run_output_beast(row, &bytes, heard);
        ap_run_output_send(row, bytes.data, bytes.size, 1);
    }
    for (ap_run_output_row *row = NULL; (row = next_of(outputs, AP_RUN_OUTPUT_AVR, row));) {
        ap_writer text = element(outputs);
        ap_run_output_avr(row, &text, heard);
        ap_run_output_send(row, text.data, text.size, 1);
    }
}

void ap_run_outputs_asterix(ap_run_outputs *outputs, uint16_t input, ap_utc_ns receive_utc,
                            const uint8_t *data, size_t size)
{
    for (ap_run_output_row *row = NULL; (row = next_of(outputs, AP_RUN_OUTPUT_FINAL, row));) {
        ap_writer record = element(outputs);
        if (ap_final_write(&record, (uint8_t)input, receive_utc, data, size))
            row->refused_count++;
        else
            ap_run_output_send(row, record.data, record.size, 1);
    }
}

/* What dump1090's ports send when there is nothing to send: readers know the peer is there. */
static void keep_alive(ap_run_output_row *row, ap_utc_ns now)
{
    static const uint8_t no_reply[] = { 0x1A, '1', 0, 0, 0, 0, 0, 0, 0, 0, 0 };
    if (row->sent_utc == AP_UTC_UNKNOWN || row->sent_count != row->seen_count) {
        row->seen_count = row->sent_count;
        row->sent_utc = now;
    }
    if (now - row->sent_utc < HEARTBEAT_NS)
        return;
    row->sent_utc = now;
    if (row->config->kind == AP_RUN_OUTPUT_BEAST)
        ap_run_output_send(row, no_reply, sizeof no_reply, 0);
    else if (row->config->kind == AP_RUN_OUTPUT_AVR)
        ap_run_output_send(row, (const uint8_t *)"*0000;\n", 7, 0);
    else if (row->config->kind == AP_RUN_OUTPUT_SBS)
        ap_run_output_send(row, (const uint8_t *)"\r\n", 2, 0);
}

void ap_run_outputs_time(ap_run_outputs *outputs, ap_utc_ns now)
{
    ap_utc_ns settled = ap_engine_slice_utc(now);
    for (uint32_t i = 0; i < outputs->count; i++) {
        ap_run_output_row *row = &outputs->rows[i];
        if (row->config->kind == AP_RUN_OUTPUT_CAT062)
            ap_asterix062_writer_tick(&row->writer, settled);
        else if (now != AP_UTC_UNKNOWN)
            keep_alive(row, now);
    }
}

void ap_run_outputs_flush(ap_run_outputs *outputs)
{
    for (uint32_t i = 0; i < outputs->count; i++) {
        ap_run_output_cat021_end(&outputs->rows[i]);
        ap_stream_feed_flush(&outputs->rows[i].way->feed);
    }
}

/* --- the thread of the loop --- */

static ap_live_output figures_of(const ap_run_output_row *row)
{
    ap_live_output figures = { .name = row->config->name,
                               .state = "open",
                               .is_open = true,
                               .byte_count = row->byte_count,
                               .message_count = row->sent_count,
                               .lost_count = row->refused_count };
    if (row->config->transport == AP_RUN_UDP) {
        figures.lost_count += row->way->udp.refused_count;
        return figures;
    }
    ap_stream_feed_stats stats = ap_stream_feed_count(&row->way->feed);
    figures.client_count = stats.client_count;
    figures.client_cut_count = stats.slow_count;
    figures.client_refused_count = stats.refused_count;
    figures.lost_count += stats.lost_count;
    return figures;
}

void ap_run_outputs_figures(const ap_run_outputs *outputs, ap_live_output *figures)
{
    for (uint32_t i = 0; i < outputs->count; i++)
        figures[i] = figures_of(&outputs->rows[i]);
}

void ap_run_outputs_close(ap_run_outputs *outputs)
{
    for (uint32_t i = 0; outputs->rows && i < outputs->count; i++)
        free(outputs->rows[i].mem);
    free(outputs->rows);
    free(outputs->element);
    *outputs = (ap_run_outputs){ .count = 0 };
}
