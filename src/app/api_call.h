/* What the routes of the API share; private to app/api*. */
#ifndef AP_APP_API_CALL_H
#define AP_APP_API_CALL_H

#include "app/api.h"
#include "publish/delta_ask.h"
#include "publish/put.h"

#define AP_API_PART_CAP 2
#define AP_API_PART_SIZE 64

typedef struct ap_api_call {
    const ap_api *api;
    const ap_api_request *request;
    ap_api_reply *reply;
    ap_writer *out;                               /* the reply's body */
    char part[AP_API_PART_CAP][AP_API_PART_SIZE]; /* what stood for each "*" */
} ap_api_call;

/* Says what is wrong; NULL `expected`: nothing to add. */
void ap_api_error(ap_api_call *call, unsigned status, const char *error, const char *expected);

/* The value of a parameter, NULL when it was not given. */
const char *ap_api_parameter(const ap_api_call *call, const char *name);

/* True when the request has this tag already: the reply is a 304 then. */
bool ap_api_is_known(ap_api_call *call, const char *prefix, uint64_t a, uint64_t b);

/* Content types. */
extern const char AP_API_JSON[], AP_API_GEOJSON[], AP_API_TEXT[];
void ap_api_type(ap_api_call *call, const char *content_type);

/* Parameters: true and *value as it was when it was not given; false after an error was said. */
bool ap_api_whole(ap_api_call *call, const char *name, uint64_t most, uint64_t *value);
bool ap_api_real(ap_api_call *call, const char *name, bool *has, double *value);
bool ap_api_truth(ap_api_call *call, const char *name, bool *value);
bool ap_api_box(ap_api_call *call, const char *name, bool *has_box, ap_delta_box *box);
/* "FL350", "35000ft", "35000" or "10668m", in metres. */
bool ap_api_level(ap_api_call *call, const char *name, double *level_m);
/* Names of bits (picture/point.h) with commas in between, any of which is wanted. */
bool ap_api_kinds(ap_api_call *call, const char *name, uint16_t *bits);
/* An instant, or FROM/TO with ".." for an open end; *from <= *to. */
bool ap_api_interval(ap_api_call *call, const char *name, ap_utc_ns *from, ap_utc_ns *to);

/* "2024-06-06T08:58:39Z", or seconds since 1970. */
bool ap_api_time(ap_api_call *call, const char *name, ap_utc_ns *time);
/* A number of seconds within [least_s, most_s]. */
bool ap_api_seconds(ap_api_call *call, const char *name, double least_s, double most_s,
                    int64_t *ns);

bool ap_api_in_box(const ap_delta_box *box, int32_t latitude_e7deg, int32_t longitude_e7deg);

/* A part as a whole number; false, and nothing said, when it is none. */
bool ap_api_number(const char *text, uint64_t most, uint64_t *value);

#define AP_API_LIMIT_DEFAULT 10000u
#define AP_API_LIMIT_MAX 1000000u

/* The routes. */
void ap_api_aircraft(ap_api_call *call);
void ap_api_receiver(ap_api_call *call);
void ap_api_history_file(ap_api_call *call);
void ap_api_trace(ap_api_call *call);
void ap_api_stats(ap_api_call *call);
void ap_api_tracks(ap_api_call *call);
void ap_api_track(ap_api_call *call);
void ap_api_alerts(ap_api_call *call);
void ap_api_acknowledge(ap_api_call *call);
void ap_api_session(ap_api_call *call);
void ap_api_display(ap_api_call *call);
void ap_api_sensors(ap_api_call *call);
void ap_api_statistics(ap_api_call *call);
void ap_api_openapi(ap_api_call *call);
void ap_api_health(ap_api_call *call);
void ap_api_ready(ap_api_call *call);
void ap_api_metrics(ap_api_call *call);
void ap_api_archive(ap_api_call *call);
void ap_api_archive_frames(ap_api_call *call);
void ap_api_archive_alerts(ap_api_call *call);
void ap_api_archive_track(ap_api_call *call);
void ap_api_archive_geojson(ap_api_call *call);
void ap_api_archive_kml(ap_api_call *call);
void ap_api_archive_csv(ap_api_call *call);
void ap_api_ogc_landing(ap_api_call *call);
void ap_api_ogc_conformance(ap_api_call *call);
void ap_api_ogc_collections(ap_api_call *call);
void ap_api_ogc_collection(ap_api_call *call);
void ap_api_ogc_items(ap_api_call *call);
void ap_api_ogc_item(ap_api_call *call);
void ap_api_ogc_geometry(ap_api_call *call);
void ap_api_ogc_properties(ap_api_call *call);
void ap_api_ogc_property(ap_api_call *call);

/* spec/openapi.json as it stands; the build makes octets of it. */
extern const uint8_t ap_openapi_json[];
extern const size_t ap_openapi_json_size;

#endif
