#include "app/run_page.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PATH_ROOM = 1024 };

#define MEMORY_CAP ((size_t)64 << 20)

/* Folders beside the program: as installed (bin beside share), and as built (build/PRESET). */
static const char *const places[] = { "../share/airpicture/web", "../../web/dist" };

static const char words[] =
    "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>airpicture</title>"
    "<h1>airpicture runs; its display was not built</h1>"
    "<p>This program was built without the page. With node and npm installed, <code>make "
    "build</code> makes it; start the program again afterwards.</p>"
    "<p>What there is without it: <a href=\"/api/v1/tracks\">tracks</a>, "
    "<a href=\"/api/v1/sensors\">sensors</a>, <a href=\"/api/v1/alerts\">alerts</a>, "
    "<a href=\"/api/v1/statistics\">statistics</a>, <a href=\"/metrics\">metrics</a>, "
    "<a href=\"/api/openapi.json\">all interfaces</a>.</p></html>";

static bool open_at(ap_run_page *page, const char *program, const char *place)
{
    char folder[PATH_ROOM], index[PATH_ROOM + 16], message[AP_IO_MESSAGE_SIZE];
    const char *slash = strrchr(program, '/');
    if (!slash)
        return false;
    int size = snprintf(folder, sizeof folder, "%.*s/%s", (int)(slash - program), program, place);
    if (size < 0 || (size_t)size >= sizeof folder)
        return false;
    snprintf(index, sizeof index, "%s/index.html", folder);
    return access(index, R_OK) == 0 &&
           ap_http_files_open(&page->files, folder, MEMORY_CAP, message) == AP_OK;
}

void ap_run_page_open(ap_run_page *page)
{
    char program[PATH_ROOM];
    ssize_t size = readlink("/proc/self/exe", program, sizeof program - 1);
    program[size > 0 ? size : 0] = '\0';
    *page = (ap_run_page){ .is_there = false };
    for (size_t i = 0; i < sizeof places / sizeof places[0] && !page->is_there; i++)
        page->is_there = open_at(page, program, places[i]);
}

static bool is_below(const char *path, const char *root)
{
    size_t size = strlen(root);
    return strncmp(path, root, size) == 0 && (path[size] == '\0' || path[size] == '/');
}

bool ap_run_page_has(const ap_run_page *page, const char *path)
{
    static const char *const interfaces[] = { "/api",     "/data",    "/ogc",   "/ws",
                                              "/metrics", "/healthz", "/readyz" };
    if (!page->is_there)
        return strcmp(path, "/") == 0;
    for (size_t i = 0; i < sizeof interfaces / sizeof interfaces[0]; i++)
        if (is_below(path, interfaces[i]))
            return false;
    return true;
}

void ap_run_page_reply(ap_run_page *page, const ap_http_request *request, ap_http_reply *reply)
{
    if (page->is_there)
        ap_http_files_reply(&page->files, request->path + 1, request, reply);
    else if (request->method != AP_HTTP_GET && request->method != AP_HTTP_HEAD)
        ap_http_reply_not_allowed(reply, "GET, HEAD");
    else
        ap_http_reply_text(reply, "text/html; charset=utf-8", words, sizeof words - 1);
}

void ap_run_page_close(ap_run_page *page)
{
    if (page->is_there)
        ap_http_files_close(&page->files);
    page->is_there = false;
}
