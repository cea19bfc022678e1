#include "app/demo_files.h"

#include <stdlib.h>

#include "io/output.h"
#include "wire/pcap.h"

enum { TEXT_CAP = 1 << 20, TRUTH_CAP = 1024 };

/* Addresses of the recorder's packets: documentation ranges, one port a sensor. */
#define SOURCE_IP UINT32_C(0xC0000201)      /* 192.0.2.1 */
#define DESTINATION_IP UINT32_C(0xE9FC0001) /* 233.252.0.1, documentation multicast */
enum { FIRST_PORT = 8601 };

/* The three files in the making, and a buffer for their lines. */
typedef struct demo_writer {
    ap_demo_files *files;
    const ap_command *command;
    ap_output radars, receiver, truth, sensors;
    ap_writer text;
    char message[AP_IO_MESSAGE_SIZE];
} demo_writer;

static int start_simulator(ap_demo_files *files, const ap_command *command, uint64_t seed,
                           double duration_s)
{
    ap_demo_scenario_config config = ap_demo_scenario_config_default();
    config.seed = seed;
    config.duration_s = duration_s;
    files->day_utc = config.start_utc - config.start_utc % AP_NS_PER_DAY;
    ap_demo_scenario_make(&files->demo, &config);
    size_t size = ap_simulate_size(&files->demo.scenario);
    files->simulate_mem = size > 0 ? malloc(size) : NULL;
    if (!files->simulate_mem ||
        ap_simulate_init(&files->simulate, &files->demo.scenario, files->simulate_mem, size))
        return ap_command_fail(command, AP_EXIT_SOFTWARE,
                               "the simulator does not start: no memory");
    return AP_EXIT_OK;
}

static void name_files(ap_demo_files *files, const char *folder)
{
    snprintf(files->radars_path, sizeof files->radars_path, "%s/radars.pcap", folder);
    snprintf(files->receiver_path, sizeof files->receiver_path, "%s/receiver.beast", folder);
    snprintf(files->sensors_path, sizeof files->sensors_path, "%s/sensors.yaml", folder);
    snprintf(files->truth_path, sizeof files->truth_path, "%s/truth.csv", folder);
    files->inputs[AP_DEMO_INPUT_ASTERIX] = files->radars_path;
    files->inputs[AP_DEMO_INPUT_BEAST] = files->receiver_path;
}

static ap_err flush_text(demo_writer *writer, ap_output *output)
{
    ap_err err = writer->text.bad ? AP_ERR_FULL
                                  : ap_output_write(output, writer->text.data, writer->text.size);
    writer->text.size = 0;
    return err;
}

static ap_err write_packet(demo_writer *writer, const ap_packet *packet)
{
    if (packet->kind == AP_PACKET_BEAST)
        return ap_output_write(&writer->receiver, packet->data, packet->size);
    ap_pcap_route route = { .source_ip = SOURCE_IP + packet->sensor,
                            .destination_ip = DESTINATION_IP + packet->sensor,
                            .source_port = FIRST_PORT,
                            .destination_port = (uint16_t)(FIRST_PORT + packet->sensor) };
    ap_err err = ap_pcap_udp(&writer->text, packet->utc, &route, packet->data, packet->size);
    if (err)
        return err;
    return flush_text(writer, &writer->radars);
}

static ap_err write_truth(demo_writer *writer, ap_utc_ns time)
{
    static const size_t row_size = 256;
    ap_truth truths[TRUTH_CAP];
    size_t count = ap_simulate_truth(&writer->files->simulate, time, truths, TRUTH_CAP);
    for (size_t i = 0; i < count && i < TRUTH_CAP; i++) {
        ap_simulate_truth_csv_row(&writer->files->simulate, &truths[i], &writer->text);
        if (writer->text.cap - writer->text.size < row_size && flush_text(writer, &writer->truth))
            return AP_ERR_IO;
    }
    return flush_text(writer, &writer->truth);
}

/* Every packet, and the truth once a second of it. */
static ap_err write_run(demo_writer *writer)
{
    ap_packet packet;
    ap_utc_ns next_truth_utc = AP_UTC_UNKNOWN;
    ap_pcap_head(&writer->text);
    ap_err err = flush_text(writer, &writer->radars);
    ap_simulate_truth_csv_head(&writer->text);
    if (!err)
        err = flush_text(writer, &writer->truth);
    while (!err && ap_simulate_next(&writer->files->simulate, &packet) == AP_OK) {
        if (next_truth_utc == AP_UTC_UNKNOWN)
            next_truth_utc = packet.utc - packet.utc % AP_NS_PER_S;
        for (; !err && next_truth_utc <= packet.utc; next_truth_utc += AP_NS_PER_S)
            err = write_truth(writer, next_truth_utc);
        if (!err)
            err = write_packet(writer, &packet);
    }
    ap_simulate_sensors_yaml(&writer->files->simulate, &writer->text);
    return err ? err : flush_text(writer, &writer->sensors);
}

static int open_outputs(demo_writer *writer)
{
    ap_demo_files *files = writer->files;
    if (ap_output_open(&writer->radars, files->radars_path, writer->message) ||
        ap_output_open(&writer->receiver, files->receiver_path, writer->message) ||
        ap_output_open(&writer->truth, files->truth_path, writer->message) ||
        ap_output_open(&writer->sensors, files->sensors_path, writer->message))
        return ap_command_fail(writer->command, AP_EXIT_NO_OUTPUT, "%s", writer->message);
    return AP_EXIT_OK;
}

static int commit_outputs(demo_writer *writer)
{
    if (ap_output_commit(&writer->radars, writer->message) ||
        ap_output_commit(&writer->receiver, writer->message) ||
        ap_output_commit(&writer->truth, writer->message) ||
        ap_output_commit(&writer->sensors, writer->message))
        return ap_command_fail(writer->command, AP_EXIT_IO, "%s", writer->message);
    return AP_EXIT_OK;
}

int ap_demo_files_write(ap_demo_files *files, const ap_command *command, const char *folder,
                        uint64_t seed, double duration_s)
{
    demo_writer writer = { .files = files, .command = command };
    name_files(files, folder);
    int status = start_simulator(files, command, seed, duration_s);
    if (status)
        return status;
    uint8_t *text = malloc(TEXT_CAP);
    if (!text)
        return ap_command_fail(command, AP_EXIT_SOFTWARE, "memory is exhausted");
    writer.text = ap_writer_of(text, TEXT_CAP);
    status = open_outputs(&writer);
    if (!status && write_run(&writer) == AP_ERR_FULL)
        status = ap_command_fail(command, AP_EXIT_SOFTWARE, "a simulated packet is too long");
    /* A failed write is told by commit, with its reason. */
    if (!status)
        status = commit_outputs(&writer);
    ap_output_close(&writer.radars);
    ap_output_close(&writer.receiver);
    ap_output_close(&writer.truth);
    ap_output_close(&writer.sensors);
    free(text);
    return status;
}

size_t ap_demo_files_truth(const ap_demo_files *files, ap_utc_ns time, ap_truth *truths, size_t cap)
{
    size_t count = ap_simulate_truth(&files->simulate, time, truths, cap), seen = 0;
    for (size_t i = 0; i < count && i < cap; i++)
        if (ap_simulate_covers(&files->simulate, &truths[i]))
            truths[seen++] = truths[i];
    return seen;
}

void ap_demo_files_tell(const ap_demo_files *files, FILE *out)
{
    fprintf(out, "what the sensors sent:\n  %s\n  %s\nthe sensors: %s\nthe truth:   %s\n",
            files->radars_path, files->receiver_path, files->sensors_path, files->truth_path);
}

void ap_demo_files_close(ap_demo_files *files)
{
    free(files->simulate_mem);
    files->simulate_mem = NULL;
}
