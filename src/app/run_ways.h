/* The sockets of the service's outputs. They outlast a configuration: who is connected stays so
 * while another is taken, if his output is the same in it. On the thread of the loop; elements go
 * in from that of the engine. */
#ifndef AP_APP_RUN_WAYS_H
#define AP_APP_RUN_WAYS_H

#include <stdbool.h>
#include <stdint.h>

#include "app/command.h"
#include "app/run_config.h"
#include "io/loop.h"
#include "io/stream_feed.h"
#include "io/udp_out.h"

typedef struct ap_run_way {
    ap_udp_out udp; /* one of the two; both closed: it is still to come */
    ap_stream_feed feed;
    ap_run_output of; /* the entry that it was opened for */
} ap_run_way;

typedef struct ap_run_ways {
    ap_run_way *way; /* [count], one an output of the configuration */
    uint32_t count;
} ap_run_ways;

/* Opens what the configuration needs, but for what `old` has (NULL: nothing) and for ports that it
 * stands on: those come with ap_run_ways_follow. Returns an exit status after a line on standard
 * error; *ways then is closed, and `old` as before. */
int ap_run_ways_open(ap_run_ways *ways, const ap_command *command, const ap_run_config *config,
                     ap_loop *loop, const ap_run_ways *old);

/* When nobody uses `old` any more: takes over what is the same in both, closes the rest, and opens
 * what waited for that. Returns an exit status after a line on standard error. */
int ap_run_ways_follow(ap_run_ways *ways, const ap_command *command, ap_loop *loop,
                       ap_run_ways *old);

/* Safe twice. */
void ap_run_ways_close(ap_run_ways *ways);

#endif
