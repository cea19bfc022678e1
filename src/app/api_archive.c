/* /api/v1/archive: reads what is asked; the answer is made where it may take its time. */
#include <stdio.h>
#include <string.h>

#include "app/api_call.h"

#define STEP_LEAST_S 0.1
#define STEP_MOST_S 3600.0
#define AGE_DEFAULT_S 60
#define AGE_LEAST_S 1.0
#define AGE_MOST_S 600.0
#define FRAMES_DEFAULT_S 60
#define POINTS_DEFAULT 1000
#define POINTS_MAX 100000
#define LIMIT_DEFAULT 1000
#define LIMIT_MAX 10000

/* False after an error: nothing is kept here. */
static bool begin(ap_api_call *call, ap_archive_topic topic)
{
    if (!call->api->has_archive) {
        ap_api_error(call, 404, "no archive is kept here",
                     "archive: {folder: ...} in the configuration of the service");
        return false;
    }
    call->reply->question = (ap_archive_question){ .topic = topic,
                                                   .now = call->api->now,
                                                   .from = INT64_MIN,
                                                   .until = INT64_MAX,
                                                   .time = INT64_MAX,
                                                   .step_ns = AP_NS_PER_S,
                                                   .age_ns = AGE_DEFAULT_S * AP_NS_PER_S,
                                                   .points = POINTS_DEFAULT,
                                                   .limit = LIMIT_DEFAULT };
    return true;
}

static bool read_interval(ap_api_call *call)
{
    ap_archive_question *question = &call->reply->question;
    if (!ap_api_time(call, "from", &question->from) ||
        !ap_api_time(call, "until", &question->until))
        return false;
    if (question->from <= question->until)
        return true;
    ap_api_error(call, 400, "until is before from", "from not after until");
    return false;
}

static void hand_on(ap_api_call *call)
{
    call->reply->is_later = true;
}

void ap_api_archive(ap_api_call *call)
{
    if (begin(call, AP_ARCHIVE_SUMMARY))
        hand_on(call);
}

static bool read_format(ap_api_call *call, bool *binary)
{
    const char *text = ap_api_parameter(call, "format");
    *binary = text && strcmp(text, "binary") == 0;
    if (!text || *binary || strcmp(text, "json") == 0)
        return true;
    ap_api_error(call, 400, "an unknown format", "json or binary");
    return false;
}

void ap_api_archive_frames(ap_api_call *call)
{
    ap_archive_question *question = &call->reply->question;
    if (!begin(call, AP_ARCHIVE_FRAMES) || !read_interval(call) ||
        !ap_api_seconds(call, "step_s", STEP_LEAST_S, STEP_MOST_S, &question->step_ns) ||
        !ap_api_seconds(call, "age_s", AGE_LEAST_S, AGE_MOST_S, &question->age_ns) ||
        !read_format(call, &question->binary))
        return;
    if (!ap_api_parameter(call, "from")) {
        ap_api_error(call, 400, "the parameter from is missing",
                     "from: an instant as 2024-06-06T08:58:39.5Z, or seconds since 1970");
        return;
    }
    if (!ap_api_parameter(call, "until"))
        question->until = question->from + FRAMES_DEFAULT_S * AP_NS_PER_S;
    hand_on(call);
}

void ap_api_archive_alerts(ap_api_call *call)
{
    uint64_t limit = LIMIT_DEFAULT;
    if (!begin(call, AP_ARCHIVE_ALERTS) || !read_interval(call) ||
        !ap_api_whole(call, "limit", LIMIT_MAX, &limit))
        return;
    call->reply->question.limit = (uint32_t)limit;
    hand_on(call);
}

static bool read_track(ap_api_call *call)
{
    uint64_t id = 0;
    const char *text = call->part[0];
    for (; *text >= '0' && *text <= '9' && id <= UINT32_MAX; text++)
        id = id * 10 + (uint64_t)(*text - '0');
    if (*text != '\0' || id == 0 || id > UINT32_MAX) {
        ap_api_error(call, 404, "no such track is in the archive",
                     "a track id, as the frames of the archive have them");
        return false;
    }
    call->reply->question.track_id = (uint32_t)id;
    return ap_api_time(call, "time", &call->reply->question.time);
}

void ap_api_archive_track(ap_api_call *call)
{
    uint64_t points = POINTS_DEFAULT;
    if (!begin(call, AP_ARCHIVE_TRACK) || !read_track(call) ||
        !ap_api_whole(call, "points", POINTS_MAX, &points))
        return;
    call->reply->question.points = (uint32_t)points;
    hand_on(call);
}

static void ask_file(ap_api_call *call, const char *form)
{
    if (!begin(call, AP_ARCHIVE_FILE) || !read_track(call) || !read_interval(call))
        return;
    (void)snprintf(call->reply->question.form, sizeof call->reply->question.form, "%s", form);
    hand_on(call);
}

void ap_api_archive_geojson(ap_api_call *call)
{
    ask_file(call, "geojson");
}

void ap_api_archive_kml(ap_api_call *call)
{
    ask_file(call, "kml");
}

void ap_api_archive_csv(ap_api_call *call)
{
    ask_file(call, "csv");
}
