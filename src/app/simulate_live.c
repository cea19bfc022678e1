#include "app/simulate_live.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "io/clock.h"
#include "io/interrupt.h"

/* So that an interruption and new clients are noticed. */
#define LONGEST_SLEEP_NS (AP_NS_PER_S / 5)
#define DUE_MAX_S 1e9 /* a speed near nothing is slower than anybody waits, and fits no clock */

static bool is_beast(const ap_simulate_live *live, uint32_t sensor)
{
    return live->scenario->sensors[sensor].format == AP_SENSOR_FORMAT_BEAST;
}

int ap_simulate_live_open(ap_simulate_live *live, const ap_command *command,
                          const ap_scenario *scenario, const char *host, double speed)
{
    char message[AP_IO_MESSAGE_SIZE];
    *live = (ap_simulate_live){ .scenario = scenario, .speed = speed };
    live->beast = calloc(scenario->sensor_count, sizeof *live->beast);
    if (!live->beast)
        return ap_command_fail(command, AP_EXIT_SOFTWARE, "memory is exhausted");
    if (ap_udp_out_open(&live->udp, host, message))
        return ap_command_fail(command, AP_EXIT_NO_OUTPUT, "%s", message);
    for (uint32_t i = 0; i < scenario->sensor_count; i++) {
        const ap_scenario_sensor *sensor = &scenario->sensors[i];
        if (is_beast(live, i) && ap_tcp_out_open(&live->beast[i], sensor->port, message))
            return ap_command_fail(command, AP_EXIT_NO_OUTPUT, "%s: %s", sensor->told.name,
                                   message);
        if (is_beast(live, i))
            fprintf(stderr, "%s: Beast, served on TCP 127.0.0.1:%u\n", sensor->told.name,
                    sensor->port);
        else
            fprintf(stderr, "%s: ASTERIX, to UDP %s port %u\n", sensor->told.name, host,
                    sensor->port);
    }
    live->start_ns = ap_clock_monotonic_ns();
    return AP_EXIT_OK;
}

/* Lets waiting clients in meanwhile. */
static void serve(ap_simulate_live *live)
{
    for (uint32_t i = 0; i < live->scenario->sensor_count; i++)
        ap_tcp_out_send(&live->beast[i], NULL, 0);
}

bool ap_simulate_live_wait(ap_simulate_live *live, const ap_packet *packet)
{
    if (!(live->speed > 0.0))
        return true;
    double due_s =
        fmin(ap_seconds_between(live->scenario->start_utc, packet->utc) / live->speed, DUE_MAX_S);
    int64_t due_ns = live->start_ns + (int64_t)(due_s * 1e9);
    for (;;) {
        int64_t ahead_ns = due_ns - ap_clock_monotonic_ns();
        if (ahead_ns < AP_NS_PER_MS)
            return true;
        if (ap_interrupted())
            return false;
        serve(live);
        ap_clock_sleep_ns(ahead_ns < LONGEST_SLEEP_NS ? ahead_ns : LONGEST_SLEEP_NS);
    }
}

void ap_simulate_live_packet(ap_simulate_live *live, const ap_packet *packet)
{
    if (packet->kind == AP_PACKET_BEAST)
        ap_tcp_out_send(&live->beast[packet->sensor], packet->data, packet->size);
    else
        ap_udp_out_send(&live->udp, live->scenario->sensors[packet->sensor].port, packet->data,
                        packet->size);
}

void ap_simulate_live_tell(const ap_simulate_live *live, FILE *out)
{
    fprintf(out, "datagrams sent %" PRIu64 ", not taken by the system %" PRIu64 "\n",
            live->udp.sent_count, live->udp.refused_count);
    for (uint32_t i = 0; i < live->scenario->sensor_count; i++)
        if (is_beast(live, i))
            fprintf(out,
                    "%s: clients %" PRIu64 ", let go for being slow %" PRIu64
                    ", turned away %" PRIu64 "\n",
                    live->scenario->sensors[i].told.name, live->beast[i].client_count,
                    live->beast[i].dropped_count, live->beast[i].refused_count);
}

void ap_simulate_live_close(ap_simulate_live *live)
{
    for (uint32_t i = 0; live->beast && i < live->scenario->sensor_count; i++)
        ap_tcp_out_close(&live->beast[i]);
    free(live->beast);
    live->beast = NULL;
    ap_udp_out_close(&live->udp);
}
