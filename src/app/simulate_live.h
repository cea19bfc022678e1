/* A simulated run on the network as it goes: ASTERIX in datagrams, Beast on TCP ports. */
#ifndef AP_APP_SIMULATE_LIVE_H
#define AP_APP_SIMULATE_LIVE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "app/command.h"
#include "io/stream_out.h"
#include "io/udp_out.h"
#include "simulate/simulate.h"

typedef struct ap_simulate_live {
    const ap_scenario *scenario;
    double speed; /* times real time; 0: as fast as it goes */
    int64_t start_ns;
    ap_udp_out udp;
    ap_loop loop;         /* of what follows */
    ap_stream_out *beast; /* [sensor_count], of those that send Beast */
} ap_simulate_live;

/* Opens the sockets and tells on standard error what goes where. Returns an exit status after a
 * line on standard error. */
int ap_simulate_live_open(ap_simulate_live *live, const ap_command *command,
                          const ap_scenario *scenario, const char *host, double speed);

/* Waits until the packet is due; false when an interruption came before. */
bool ap_simulate_live_wait(ap_simulate_live *live, const ap_packet *packet);

void ap_simulate_live_packet(ap_simulate_live *live, const ap_packet *packet);

/* What became of it. */
void ap_simulate_live_tell(const ap_simulate_live *live, FILE *out);

/* Gives clients a second to take what waits for them. Safe twice, and without open. */
void ap_simulate_live_close(ap_simulate_live *live);

#endif
