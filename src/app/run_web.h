/* HTTP and WebSocket of the service: the mirror, the interface for programs, the stream for
 * displays. In the thread of the loop. */
#ifndef AP_APP_RUN_WEB_H
#define AP_APP_RUN_WEB_H

#include <stdint.h>

#include "app/api.h"
#include "app/command.h"
#include "app/run_config.h"
#include "app/run_engine.h"
#include "io/live_clock.h"
#include "io/log.h"
#include "io/loop.h"

typedef struct ap_run_web_config {
    const ap_command *command;
    const ap_run_config *config;
    ap_loop *loop;
    const ap_log *log;
    ap_run_engine *engine;
    ap_live_clock *clock; /* that stamps what is received; NULL: a recording is served */
    ap_api_serves serves;
    ap_live_figures *figures; /* of the service; those of HTTP are filled in here */
} ap_run_web_config;

typedef struct ap_run_web {
    struct ap_run_web_state *state; /* NULL when closed, or when there is none */
} ap_run_web;

/* Listens. Before the engine's thread starts. Returns an exit status after a line on standard
 * error. */
int ap_run_web_open(ap_run_web *web, const ap_run_web_config *config);

uint16_t ap_run_web_port(const ap_run_web *web); /* 0: there is none */

/* Takes nobody new, and tells those of the stream that it ends; replies under way go on. */
void ap_run_web_drain(ap_run_web *web);

/* Nobody is connected, or nothing is served. */
bool ap_run_web_is_left(const ap_run_web *web);

/* Safe twice. Not from within the loop. */
void ap_run_web_close(ap_run_web *web);

#endif
