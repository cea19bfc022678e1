/* The display: the built page, served as files beside the interfaces. */
#ifndef AP_APP_RUN_PAGE_H
#define AP_APP_RUN_PAGE_H

#include <stdbool.h>

#include "io/http.h"
#include "io/http_files.h"

/* What everyone may load, as HTTP's open_paths has it: the page asks for a token itself. */
#define AP_RUN_PAGE_PATHS "/", "/index.html", "/favicon.svg", "/notices.txt", "/assets/*"

typedef struct ap_run_page {
    ap_http_files files;
    bool is_there; /* a built page was found */
} ap_run_page;

/* Looks beside the program: where it is installed (bin beside share), then where it is built.
 * Without a page one of words is served. */
void ap_run_page_open(ap_run_page *page);

/* Whether the path is the page's: all but those of the interfaces (/api, /data, /ogc, /ws,
 * /metrics, /healthz, /readyz), and of those without a page just "/". */
bool ap_run_page_has(const ap_run_page *page, const char *path);

void ap_run_page_reply(ap_run_page *page, const ap_http_request *request, ap_http_reply *reply);

/* Safe twice. */
void ap_run_page_close(ap_run_page *page);

#endif
