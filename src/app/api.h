/* The HTTP API without HTTP: a path and a query in, a status and octets out.
 *
 * It reads the mirror of the picture and plain figures, has no clock and no sockets, and gives the
 * same octets for the same request and data. What it does, a function of its caller does. Routes:
 * doc/api.md and spec/openapi.json. */
#ifndef AP_APP_API_H
#define AP_APP_API_H

#include <stddef.h>
#include <stdint.h>

#include "airpicture/bytes.h"
#include "airpicture/receiver.h"
#include "airpicture/sensor.h"
#include "app/live_figures.h"
#include "picture/history.h"
#include "picture/picture.h"
#include "publish/track_api.h"

/* What the picture is of. */
typedef enum ap_api_serves { AP_API_LIVE, AP_API_RECORDING, AP_API_SIMULATION } ap_api_serves;

/* What answers are made of; nothing of it changes during a call. */
typedef struct ap_api {
    const ap_picture *picture; /* the mirror */
    const ap_history *history;
    const ap_sensor_table *sensors;
    const ap_receiver_table *receivers; /* of Mode S frames; NULL: none */
    const ap_live_figures *figures;
    ap_utc_ns now;
    bool has_site; /* where a map opens */
    ap_geodetic site;
    uint32_t refresh_ms; /* how often aircraft.json is worth asking for */
    uint32_t epoch;      /* of this run, as in the stream */
    bool has_archive;    /* that can be asked */
    ap_api_serves serves;
    bool has_ended;                        /* the recording; its last picture stays */
    const char *tiles, *tiles_attribution; /* of the page's map; "" or NULL: none */
    /* The one thing that can be done: somebody has seen an alert that the picture keeps and nobody
     * saw before. The picture has it when this returns; false: there was no room. NULL: never. */
    bool (*acknowledge)(void *context, uint32_t alert_id, const char *by);
    void *context;
} ap_api;

/* Texts are decoded, valid during the call and never NULL but where it says so. */
typedef struct ap_api_request {
    const char *method; /* "GET", "HEAD" (answered as GET), "POST", others */
    const char *path;   /* begins with '/' */
    /* The query's parameters by place: false behind the last. */
    bool (*parameter)(const void *context, size_t i, const char **name, const char **value);
    const void *context;
    const char *if_none_match;  /* "" or NULL: none */
    const char *user;           /* of the token; "" or NULL: none */
    const char *may_operate_as; /* what is written down of who operates; "" or NULL: he may not */
} ap_api_request;

/* What is asked of the archive; read by app/archive_answer.h, as that takes its time. */
typedef enum ap_archive_topic {
    AP_ARCHIVE_SUMMARY,
    AP_ARCHIVE_FRAMES,
    AP_ARCHIVE_ALERTS,
    AP_ARCHIVE_TRACK,
    AP_ARCHIVE_FILE
} ap_archive_topic;

typedef struct ap_archive_question {
    ap_archive_topic topic;
    ap_utc_ns now;         /* of the picture, for the answer */
    ap_utc_ns from, until; /* INT64_MIN, INT64_MAX: not said */
    ap_utc_ns time;        /* of a track; INT64_MAX: the newest */
    int64_t step_ns, age_ns;
    bool binary; /* frames */
    uint32_t track_id, points, limit;
    char form[8]; /* of a file: a key of ap_export_formats */
} ap_archive_question;

#define AP_API_ETAG_SIZE 48

/* The caller fills in `body`, over memory of its own; the rest is written. */
typedef struct ap_api_reply {
    unsigned status;
    const char *content_type;
    const char *cache_control;   /* "no-store" unless the answer can be kept */
    const char *allow;           /* of a 405; else NULL */
    char etag[AP_API_ETAG_SIZE]; /* with its quotes; "": none. 304, without a body, when the
                                  * request has it */
    ap_writer body;
    bool is_later; /* `question` has the answer; the rest counts for nothing */
    ap_archive_question question;
} ap_api_reply;

#define AP_API_BODY_MIN 4096 /* of the body's memory; with less, nothing can be told */

/* Octets that are enough for any answer about so many tracks, points of trails and sensors; a list
 * of ordinary tracks needs a quarter of it. */
#define AP_API_BODY_SIZE(tracks, points, sensors)                                                  \
    (262144 + AP_TRACK_API_SIZE * (size_t)(tracks) + AP_TRACK_API_POINT_SIZE * (size_t)(points) +  \
     8192 * (size_t)(sensors))

/* Every request gets an answer: what is wrong with it, as {"error": ..., "expected": ...} with
 * status 400, 401, 403, 404, 405 or 409; 503 when the answer does not fit the memory. O(picture and
 * history). */
void ap_api_answer(const ap_api *api, const ap_api_request *request, ap_api_reply *reply);

/* Patterns of all routes, a "*" for any one segment; NULL behind the last. */
const char *ap_api_route(size_t i);

#endif
