#include "app/simulate_live.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "io/clock.h"
#include "io/interrupt.h"

/* So that an interruption and new clients are noticed. */
#define LONGEST_SLEEP_NS (AP_NS_PER_S / 5)
#define CLOSE_WAIT_NS AP_NS_PER_S
#define CLOSE_TURN_NS (2 * AP_NS_PER_MS)
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
    if (ap_loop_open(&live->loop, message))
        return ap_command_fail(command, AP_EXIT_SOFTWARE, "%s", message);
    if (ap_udp_out_open(&live->udp, host, message))
        return ap_command_fail(command, AP_EXIT_NO_OUTPUT, "%s", message);
    for (uint32_t i = 0; i < scenario->sensor_count; i++) {
        const ap_scenario_sensor *sensor = &scenario->sensors[i];
        const ap_stream_out_config config = { .port = sensor->port };
        if (is_beast(live, i) && ap_stream_out_open(&live->beast[i], &live->loop, &config, message))
            return ap_command_fail(command, AP_EXIT_NO_OUTPUT, "%s: %s", sensor->told.name,
                                   message);
        if (is_beast(live, i))
            fprintf(stderr, "%s: Beast, served on TCP 127.0.0.1:%u\n", sensor->told.name,
                    ap_stream_out_port(&live->beast[i]));
        else
            fprintf(stderr, "%s: ASTERIX, to UDP %s port %u\n", sensor->told.name, host,
                    sensor->port);
    }
    live->start_ns = ap_clock_monotonic_ns();
    return AP_EXIT_OK;
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
        ap_loop_turn(&live->loop);
        ap_clock_sleep_ns(ahead_ns < LONGEST_SLEEP_NS ? ahead_ns : LONGEST_SLEEP_NS);
    }
}

void ap_simulate_live_packet(ap_simulate_live *live, const ap_packet *packet)
{
    if (packet->kind != AP_PACKET_BEAST) {
        ap_udp_out_send(&live->udp, live->scenario->sensors[packet->sensor].port, packet->data,
                        packet->size);
        return;
    }
    ap_loop_turn(&live->loop); /* without a speed nobody waits: who comes is let in here */
    (void)ap_stream_out_send(&live->beast[packet->sensor], packet->data, packet->size);
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
                    live->scenario->sensors[i].told.name, live->beast[i].accepted_count,
                    live->beast[i].slow_count, live->beast[i].refused_count);
}

static bool is_awaited(const ap_simulate_live *live)
{
    for (uint32_t i = 0; i < live->scenario->sensor_count; i++)
        if (ap_stream_out_waiting(&live->beast[i]) > 0)
            return true;
    return false;
}

void ap_simulate_live_close(ap_simulate_live *live)
{
    int64_t until_ns = ap_clock_monotonic_ns() + CLOSE_WAIT_NS;
    while (live->beast && is_awaited(live) && ap_clock_monotonic_ns() < until_ns) {
        ap_loop_turn(&live->loop);
        ap_clock_sleep_ns(CLOSE_TURN_NS);
    }
    for (uint32_t i = 0; live->beast && i < live->scenario->sensor_count; i++)
        ap_stream_out_close(&live->beast[i]);
    ap_loop_close(&live->loop);
    free(live->beast);
    live->beast = NULL;
    ap_udp_out_close(&live->udp);
}
