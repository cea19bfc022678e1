/* The page's certificate while the service runs: a pair of files that was exchanged is taken up by
 * itself, for connections made from then on; one that cannot be served is told, and the old one
 * stays. In the thread of the loop. */
#ifndef AP_APP_RUN_CERTIFICATE_H
#define AP_APP_RUN_CERTIFICATE_H

#include <stdbool.h>
#include <stdint.h>

#include "app/run_config.h"
#include "io/http.h"
#include "io/log.h"

#define AP_RUN_CERTIFICATE_MS 1000 /* between two looks */

/* What tells one state of a file from another. */
typedef struct ap_run_file_mark {
    int64_t changed_ns; /* 0: it is not there */
    uint64_t file, size;
} ap_run_file_mark;

typedef struct ap_run_certificate {
    ap_http *http;
    const ap_run_http *config;
    const ap_log *log;
    ap_run_file_mark seen[2]; /* certificate and key */
    bool is_changed;          /* since it was loaded, or tried */
} ap_run_certificate;

/* The files as they are now are those that are served; what is named outlives the watch. */
void ap_run_certificate_begin(ap_run_certificate *watch, ap_http *http, const ap_run_http *config,
                              const ap_log *log);

/* Takes up what has changed, when it has stood for a look: the two files come one after the other.
 */
void ap_run_certificate_look(ap_run_certificate *watch);

#endif
