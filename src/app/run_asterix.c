#include "app/run_asterix.h"

#include <stdlib.h>

#include "publish/system_plane.h"

struct ap_run_asterix_output {
    uint16_t port;
    ap_udp_out udp;
    ap_asterix062_writer writer;
    void *mem;
};

static void send_datagram(void *context, ap_utc_ns time, const uint8_t *data, size_t size)
{
    struct ap_run_asterix_output *output = context;
    (void)time;
    ap_udp_out_send(&output->udp, output->port, data, size);
}

/* The writer begins with what there is. */
static void tell_tracks(struct ap_run_asterix_output *output, const ap_engine *engine)
{
    size_t count = ap_picture_tracks(&engine->picture, NULL, 0);
    const ap_track **tracks = calloc(count + 1, sizeof *tracks);
    if (tracks)
        (void)ap_picture_tracks(&engine->picture, tracks, count);
    for (size_t i = 0; tracks && i < count; i++) {
        const ap_track_event event = { .kind = AP_EVENT_UPDATED,
                                       .time_utc = tracks[i]->updated_utc,
                                       .sensor = AP_SENSOR_NONE };
        ap_asterix062_writer_track(&output->writer, &event, tracks[i]);
    }
    free(tracks);
}

static int open_output(struct ap_run_asterix_output *output, const ap_command *command,
                       const ap_run_asterix *from, const ap_engine *engine)
{
    char message[AP_IO_MESSAGE_SIZE];
    if (ap_udp_out_open(&output->udp, from->host, message))
        return ap_command_fail(command, AP_EXIT_NO_OUTPUT, "%s", message);
    ap_asterix062_config config = ap_asterix062_config_default();
    config.sac = from->sac;
    config.sic = from->sic;
    config.service = from->service;
    config.period_s = from->period_s;
    uint32_t track_cap = engine->config.track_cap;
    config.track_cap = track_cap < UINT16_MAX ? track_cap : UINT16_MAX;
    config.has_reference = ap_system_reference(&engine->sensors, &config.reference);
    config.sensors = &engine->sensors;
    config.on_datagram = send_datagram;
    config.context = output;
    size_t size = ap_asterix062_writer_size(&config);
    output->mem = size > 0 ? malloc(size) : NULL;
    if (!output->mem || ap_asterix062_writer_init(&output->writer, &config, output->mem, size))
        return ap_command_fail(command, AP_EXIT_SOFTWARE, "memory is exhausted");
    tell_tracks(output, engine);
    return AP_EXIT_OK;
}

int ap_run_asterix_open(ap_run_asterix_outputs *outputs, const ap_command *command,
                        const ap_run_config *config, const ap_engine *engine)
{
    outputs->outputs = calloc(config->asterix_count + 1u, sizeof *outputs->outputs);
    if (!outputs->outputs)
        return ap_command_fail(command, AP_EXIT_SOFTWARE, "memory is exhausted");
    int status = AP_EXIT_OK;
    for (uint32_t i = 0; i < config->asterix_count && !status; i++) {
        outputs->outputs[i].port = config->asterix[i].port;
        outputs->count = i + 1;
        status = open_output(&outputs->outputs[i], command, &config->asterix[i], engine);
    }
    return status;
}

void ap_run_asterix_track(ap_run_asterix_outputs *outputs, const ap_track_event *event,
                          const ap_track *track)
{
    for (uint32_t i = 0; i < outputs->count; i++)
        ap_asterix062_writer_track(&outputs->outputs[i].writer, event, track);
}

void ap_run_asterix_time(ap_run_asterix_outputs *outputs, ap_utc_ns now)
{
    for (uint32_t i = 0; i < outputs->count; i++)
        ap_asterix062_writer_tick(&outputs->outputs[i].writer, now);
}

void ap_run_asterix_count(const ap_run_asterix_outputs *outputs, uint64_t *sent_count,
                          uint64_t *refused_count)
{
    *sent_count = *refused_count = 0;
    for (uint32_t i = 0; i < outputs->count; i++) {
        *sent_count += outputs->outputs[i].udp.sent_count;
        *refused_count += outputs->outputs[i].udp.refused_count;
    }
}

void ap_run_asterix_close(ap_run_asterix_outputs *outputs)
{
    for (uint32_t i = 0; outputs->outputs && i < outputs->count; i++) {
        ap_udp_out_close(&outputs->outputs[i].udp);
        free(outputs->outputs[i].mem);
    }
    free(outputs->outputs);
    *outputs = (ap_run_asterix_outputs){ .count = 0 };
}
