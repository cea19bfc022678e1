#include "app/simulate_files.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "wire/pcap.h"

enum { TEXT_CAP = 1 << 18, TRUTH_ROW_ROOM = 512, RECEIVER_SIZE = 8, ESCAPE = 0x1A };

/* Addresses of the packets: documentation ranges, one a sensor. */
#define SOURCE_IP UINT32_C(0xC0000200)      /* 192.0.2.0 */
#define DESTINATION_IP UINT32_C(0xE9FC0000) /* 233.252.0.0, documentation multicast */
enum { ADDRESS_COUNT = 254 };

/* ---- opening ---- */

static bool is_beast(const ap_simulate_files *files, uint32_t sensor)
{
    return files->scenario->scenario.sensors[sensor].format == AP_SENSOR_FORMAT_BEAST;
}

/* False after it has said that the path is too long. */
static bool name_file(const ap_simulate_files *files, char path[1024], const char *folder,
                      const char *name, const char *ending)
{
    if (snprintf(path, 1024, "%s/%s%s", folder, name, ending) < 1024)
        return true;
    ap_command_fail(files->command, AP_EXIT_NO_OUTPUT, "the path of '%s%s' is too long", name,
                    ending);
    return false;
}

static int open_one(ap_simulate_files *files, ap_output *output, const char *path,
                    const char *scenario_path)
{
    char message[AP_IO_MESSAGE_SIZE];
    if (ap_output_would_write(path, scenario_path))
        return ap_command_fail(files->command, AP_EXIT_USAGE,
                               "'%s' is the scenario itself; name another folder", path);
    if (ap_output_open(output, path, message))
        return ap_command_fail(files->command, AP_EXIT_NO_OUTPUT, "%s", message);
    return AP_EXIT_OK;
}

static int open_sensor(ap_simulate_files *files, uint32_t index, const char *folder,
                       const char *scenario_path)
{
    ap_simulate_sensor_files *of = &files->sensors[index];
    const char *name = files->scenario->scenario.sensors[index].told.name;
    if (!name_file(files, of->pcap_path, folder, name, ".pcap") ||
        !name_file(files, of->beast_path, folder, name, ".beast"))
        return AP_EXIT_NO_OUTPUT;
    int status = open_one(files, &of->pcap, of->pcap_path, scenario_path);
    if (!status && is_beast(files, index))
        status = open_one(files, &of->beast, of->beast_path, scenario_path);
    return status;
}

static int open_all(ap_simulate_files *files, const char *folder, const char *scenario_path)
{
    const struct {
        char *path;
        ap_output *output;
        const char *name;
    } rows[] = { { files->merged_path, &files->merged, "merged.pcap" },
                 { files->truth_path, &files->truth, "truth.csv" },
                 { files->sensors_path, &files->described, "sensors.yaml" },
                 { files->about_path, &files->about, "about.json" } };
    int status = AP_EXIT_OK;
    for (size_t i = 0; !status && i < sizeof rows / sizeof rows[0]; i++)
        status = name_file(files, rows[i].path, folder, rows[i].name, "")
                     ? open_one(files, rows[i].output, rows[i].path, scenario_path)
                     : AP_EXIT_NO_OUTPUT;
    for (uint32_t i = 0; !status && i < files->scenario->scenario.sensor_count; i++)
        status = open_sensor(files, i, folder, scenario_path);
    return status;
}

static bool flush_text(ap_simulate_files *files, ap_output *output)
{
    bool good =
        !files->text.bad && ap_output_write(output, files->text.data, files->text.size) == AP_OK;
    files->text.size = 0;
    return good;
}

/* Heads of the captures and of the truth; a failure is kept by its output. */
static void write_heads(ap_simulate_files *files)
{
    ap_pcap_head(&files->text);
    for (uint32_t i = 0; i < files->scenario->scenario.sensor_count; i++)
        (void)ap_output_write(&files->sensors[i].pcap, files->text.data, files->text.size);
    (void)flush_text(files, &files->merged);
    ap_simulate_truth_csv_head(&files->text);
    (void)flush_text(files, &files->truth);
}

int ap_simulate_files_open(ap_simulate_files *files, const ap_command *command, const char *folder,
                           const char *scenario_path, const ap_scenario_file *scenario,
                           const ap_simulate *sim)
{
    *files = (ap_simulate_files){ .command = command,
                                  .scenario = scenario,
                                  .flight_count = ap_simulate_flight_count(sim) };
    files->sensors = calloc(scenario->scenario.sensor_count, sizeof *files->sensors);
    files->truths = calloc(files->flight_count, sizeof *files->truths);
    files->flown = calloc(files->flight_count, sizeof *files->flown);
    uint8_t *text = malloc(TEXT_CAP);
    files->text = ap_writer_of(text, text ? TEXT_CAP : 0);
    if (!files->sensors || !files->truths || !files->flown || !text)
        return ap_command_fail(command, AP_EXIT_SOFTWARE, "memory is exhausted");
    if (mkdir(folder, 0777) != 0 && errno != EEXIST)
        return ap_command_fail(command, AP_EXIT_NO_OUTPUT, "cannot create folder '%s': %s", folder,
                               strerror(errno));
    int status = open_all(files, folder, scenario_path);
    if (!status)
        write_heads(files);
    return status;
}

/* ---- packets ---- */

/* In captures a frame says whose it is (readsb's E3), for one capture holds several receivers. */
static size_t with_receiver(const ap_simulate_files *files, const ap_packet *packet,
                            uint8_t bytes[2 * AP_SIMULATE_PACKET_SIZE])
{
    uint64_t receiver = files->scenario->scenario.sensors[packet->sensor].told.receiver;
    ap_writer out = ap_writer_of(bytes, 2 * AP_SIMULATE_PACKET_SIZE);
    ap_write_u16(&out, ESCAPE << 8 | 0xE3);
    for (int i = RECEIVER_SIZE - 1; i >= 0; i--) {
        uint8_t byte = (uint8_t)(receiver >> (8 * i));
        ap_write_u8(&out, byte);
        if (byte == ESCAPE)
            ap_write_u8(&out, ESCAPE);
    }
    ap_write_bytes(&out, packet->data, packet->size);
    return out.size;
}

bool ap_simulate_files_packet(ap_simulate_files *files, const ap_packet *packet)
{
    uint8_t named[2 * AP_SIMULATE_PACKET_SIZE];
    ap_simulate_sensor_files *of = &files->sensors[packet->sensor];
    uint32_t host = packet->sensor % ADDRESS_COUNT + 1u;
    uint16_t port = files->scenario->scenario.sensors[packet->sensor].port;
    ap_pcap_route route = { SOURCE_IP + host, DESTINATION_IP + host, port, port };
    const uint8_t *data = packet->data;
    size_t size = packet->size;
    if (packet->kind == AP_PACKET_BEAST) {
        if (ap_output_write(&of->beast, packet->data, packet->size))
            return false;
        size = with_receiver(files, packet, named);
        data = named;
    }
    return !ap_pcap_udp(&files->text, packet->utc, &route, data, size) &&
           !ap_output_write(&of->pcap, files->text.data, files->text.size) &&
           flush_text(files, &files->merged);
}

/* ---- truth ---- */

static void note_flown(ap_simulate_files *files, const ap_truth *truth, double time_s)
{
    ap_simulate_flown *flown = &files->flown[truth->id - 1];
    if (!flown->is_seen) {
        flown->is_seen = true;
        flown->first_s = time_s;
        flown->address = truth->address;
        flown->mode_3a = truth->mode_3a;
        memcpy(flown->callsign, truth->callsign, sizeof flown->callsign);
    }
    flown->last_s = time_s;
}

static bool write_step(ap_simulate_files *files, const ap_simulate *sim, ap_utc_ns time)
{
    size_t count = ap_simulate_truth(sim, time, files->truths, files->flight_count);
    double time_s = ap_seconds_between(ap_simulate_start_utc(sim), time);
    for (size_t i = 0; i < count && i < files->flight_count; i++) {
        note_flown(files, &files->truths[i], time_s);
        ap_simulate_truth_csv_row(sim, &files->truths[i], &files->text);
        if (files->text.cap - files->text.size < TRUTH_ROW_ROOM &&
            !flush_text(files, &files->truth))
            return false;
    }
    files->truth_row_count += count;
    return flush_text(files, &files->truth);
}

bool ap_simulate_files_truth(ap_simulate_files *files, const ap_simulate *sim, ap_utc_ns time)
{
    ap_utc_ns start = ap_simulate_start_utc(sim);
    double step_s = files->scenario->scenario.truth_step_s;
    for (;;) {
        ap_utc_ns next = ap_utc_add_s(start, (double)files->truth_step * step_s);
        if (next > time)
            return true;
        if (!write_step(files, sim, next))
            return false;
        files->truth_step++;
    }
}

/* ---- the end ---- */

static int commit_one(ap_simulate_files *files, ap_output *output, int status)
{
    char message[AP_IO_MESSAGE_SIZE];
    if (!ap_output_commit(output, message))
        return status;
    return ap_command_fail(files->command, AP_EXIT_IO, "%s", message);
}

/* All of them, one by one; NULL where a sensor has no such file. */
static uint32_t output_count(const ap_simulate_files *files)
{
    return 2 * files->scenario->scenario.sensor_count + 4;
}

static ap_output *output_at(ap_simulate_files *files, uint32_t i)
{
    uint32_t of_sensors = 2 * files->scenario->scenario.sensor_count;
    ap_output *const common[] = { &files->merged, &files->truth, &files->described, &files->about };
    if (i >= of_sensors)
        return common[i - of_sensors];
    if (i % 2 == 0)
        return &files->sensors[i / 2].pcap;
    return is_beast(files, i / 2) ? &files->sensors[i / 2].beast : NULL;
}

/* The files of a run belong together: where one cannot be written whole, none appears. */
static int commit_all(ap_simulate_files *files)
{
    int status = AP_EXIT_OK;
    for (uint32_t i = 0; i < output_count(files); i++) {
        ap_output *output = output_at(files, i);
        if (output && ap_output_flush(output))
            status = commit_one(files, output, status); /* says why */
    }
    for (uint32_t i = 0; !status && i < output_count(files); i++) {
        ap_output *output = output_at(files, i);
        if (output)
            status = commit_one(files, output, status);
    }
    return status;
}

int ap_simulate_files_commit(ap_simulate_files *files, const ap_simulate *sim,
                             ap_simulate_about *about)
{
    ap_simulate_sensors_yaml(sim, &files->text);
    (void)flush_text(files, &files->described); /* kept there */
    about->flown = files->flown;
    about->flown_count = files->flight_count;
    about->truth_row_count = files->truth_row_count;
    ap_simulate_about_write(about, &files->about);
    return commit_all(files);
}

void ap_simulate_files_close(ap_simulate_files *files)
{
    for (uint32_t i = 0; files->sensors && i < files->scenario->scenario.sensor_count; i++) {
        ap_output_close(&files->sensors[i].pcap);
        ap_output_close(&files->sensors[i].beast);
    }
    ap_output_close(&files->merged);
    ap_output_close(&files->truth);
    ap_output_close(&files->described);
    ap_output_close(&files->about);
    free(files->sensors);
    free(files->truths);
    free(files->flown);
    free(files->text.data);
    *files = (ap_simulate_files){ .command = files->command };
}
