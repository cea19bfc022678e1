#include "app/why_service.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/http_get.h"
#include "wire/json_read.h"

enum { PATH_SIZE = 1024, TIMEOUT_S = 10, ANSWER_CAP = 4 << 20 };

/* ---- the answer ---- */

static uint32_t member(const ap_json_doc *doc, uint32_t object, const char *name, ap_json_kind kind)
{
    uint32_t from = object + 1;
    if (object == AP_JSON_NONE || doc->node[object].kind != AP_JSON_OBJECT)
        return AP_JSON_NONE;
    uint32_t node = ap_json_member(doc, object, name, strlen(name), &from);
    return node != AP_JSON_NONE && doc->node[node].kind == kind ? node : AP_JSON_NONE;
}

/* What is not known, or too long for `text`, is an empty text. */
static void take_octets(const ap_json_doc *doc, uint32_t node, char *text, size_t cap)
{
    size_t size = 0;
    if (node == AP_JSON_NONE || !ap_json_octets(doc, node, (uint8_t *)text, cap - 1, &size))
        size = 0;
    text[size] = '\0';
}

static void take_text(const ap_json_doc *doc, uint32_t object, const char *name, char *text,
                      size_t cap)
{
    take_octets(doc, member(doc, object, name, AP_JSON_STRING), text, cap);
}

/* 0 when it is not known. */
static uint32_t take_u32(const ap_json_doc *doc, uint32_t object, const char *name)
{
    uint64_t value;
    uint32_t node = member(doc, object, name, AP_JSON_NUMBER);
    if (node == AP_JSON_NONE)
        return 0;
    ap_json_number number = ap_json_number_of(doc, node);
    return number.is_negative || ap_json_whole(&number, &value) || value > UINT32_MAX
               ? 0
               : (uint32_t)value;
}

/* To the microsecond, as it is told. */
static ap_utc_ns take_time(const ap_json_doc *doc, uint32_t object, const char *name)
{
    uint32_t node = member(doc, object, name, AP_JSON_NUMBER);
    if (node == AP_JSON_NONE)
        return AP_UTC_UNKNOWN;
    ap_json_number number = ap_json_number_of(doc, node);
    double time_s = ap_json_double(&number);
    return fabs(time_s) < 9.2e9 ? llround(time_s * 1e6) * 1000 : AP_UTC_UNKNOWN;
}

static void take_sources(const ap_json_doc *doc, uint32_t track, char *text, size_t cap)
{
    char name[256];
    size_t used = 0;
    uint32_t list = member(doc, track, "sources", AP_JSON_ARRAY);
    text[0] = '\0';
    if (list == AP_JSON_NONE)
        return;
    for (uint32_t node = list + 1; node < doc->node[list].next; node = doc->node[node].next) {
        if (doc->node[node].kind != AP_JSON_STRING)
            continue;
        take_octets(doc, node, name, sizeof name);
        if (used + strlen(name) + 2 <= cap)
            used += (size_t)snprintf(text + used, cap - used, "%s%s", used > 0 ? ";" : "", name);
    }
}

static void take_track(const ap_json_doc *doc, uint32_t node, ap_row_track *track)
{
    *track = (ap_row_track){ .track_id = take_u32(doc, node, "track_id"),
                             .track_number = take_u32(doc, node, "track_number"),
                             .born = AP_UTC_UNKNOWN,
                             .confirmed = AP_UTC_UNKNOWN,
                             .updated = AP_UTC_UNKNOWN };
    take_text(doc, node, "icao24", track->icao24, sizeof track->icao24);
    take_text(doc, node, "callsign", track->callsign, sizeof track->callsign);
    take_text(doc, node, "squawk", track->squawk, sizeof track->squawk);
    take_sources(doc, node, track->sources, sizeof track->sources);
}

static void take_reason(const ap_json_doc *doc, uint32_t node, ap_why_answer *answer)
{
    size_t i = answer->reason_count++;
    char(*text)[256] = answer->text[i];
    take_text(doc, node, "reason", text[0], sizeof text[0]);
    take_text(doc, node, "text", text[1], sizeof text[1]);
    take_text(doc, node, "sensor", text[2], sizeof text[2]);
    answer->reason[i] = (ap_row_reason){ .track_id = answer->track.track_id,
                                         .time = take_time(doc, node, "time_s"),
                                         .reason = text[0],
                                         .text = text[1],
                                         .sensor = text[2],
                                         .other_track_id = take_u32(doc, node, "other_track_id"),
                                         .existence = NAN };
}

static ap_err take_answer(const ap_json_doc *doc, ap_why_answer *answer)
{
    uint32_t track = member(doc, 0, "track", AP_JSON_OBJECT);
    uint32_t reasons = member(doc, 0, "reasons", AP_JSON_ARRAY);
    if (take_u32(doc, 0, "track_id") == 0)
        return AP_ERR_MALFORMED;
    if (track == AP_JSON_NONE)
        return AP_ERR_END;
    take_track(doc, track, &answer->track);
    if (answer->track.track_id == 0 || reasons == AP_JSON_NONE)
        return AP_ERR_MALFORMED;
    uint32_t all = take_u32(doc, 0, "reason_count");
    for (uint32_t node = reasons + 1;
         node < doc->node[reasons].next && answer->reason_count < AP_TRACK_REASON_CAP;
         node = doc->node[node].next)
        take_reason(doc, node, answer);
    for (size_t i = 0; i < answer->reason_count && all >= answer->reason_count; i++)
        answer->reason[i].number = all - (uint32_t)(answer->reason_count - i) + 1;
    return AP_OK;
}

ap_err ap_why_answer_parse(ap_why_answer *answer, const char *text, size_t size)
{
    ap_json_doc doc;
    void *mem = malloc(AP_JSON_READ_MEM(size));
    *answer = (ap_why_answer){ .reason_count = 0 };
    if (!mem)
        return AP_ERR_MEMORY;
    ap_err err = ap_json_read(&doc, text, size, mem, AP_JSON_READ_MEM(size))
                     ? AP_ERR_MALFORMED
                     : take_answer(&doc, answer);
    free(mem);
    return err;
}

/* ---- the question ---- */

/* Octets that have a meaning in a path go as "%XX". False when it is too long. */
static bool put_path(char path[PATH_SIZE], const char *track)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_~";
    size_t used = (size_t)snprintf(path, PATH_SIZE, "/api/v1/tracks/");
    for (; *track; track++) {
        if (used + 16 > PATH_SIZE)
            return false;
        used += (size_t)snprintf(path + used, PATH_SIZE - used,
                                 strchr(plain, *track) ? "%c" : "%%%02X", (unsigned char)*track);
    }
    snprintf(path + used, PATH_SIZE - used, "?points=0");
    return true;
}

static ap_err tell(ap_err err, char message[AP_IO_MESSAGE_SIZE], const char *url, const char *track)
{
    switch (err) {
    case AP_ERR_UNKNOWN:
        snprintf(message, AP_IO_MESSAGE_SIZE,
                 "the service at '%.200s' has no track '%.40s'; expected a track id, n and a track "
                 "number, a 24-bit address as six hexadecimal digits (~ before those that ICAO did "
                 "not assign), or a call sign",
                 url, track);
        break;
    case AP_ERR_END:
        snprintf(message, AP_IO_MESSAGE_SIZE,
                 "track '%.40s' of the service at '%.200s' has ended: its archive, if it keeps "
                 "one, has the reasons",
                 track, url);
        break;
    case AP_ERR_MEMORY:
        snprintf(message, AP_IO_MESSAGE_SIZE, "memory is exhausted");
        break;
    default:
        snprintf(message, AP_IO_MESSAGE_SIZE,
                 "what answers at '%.200s' is no service of airpicture", url);
        break;
    }
    return err;
}

/* Of an answer that is not 200. */
static ap_err refuse(int status, const char *body, char message[AP_IO_MESSAGE_SIZE],
                     const char *url, const char *track)
{
    if (status == 401 || status == 403) {
        snprintf(message, AP_IO_MESSAGE_SIZE,
                 "the service at '%.200s' refuses: %s; --token or $AIRPICTURE_TOKEN gives a token",
                 url, status == 401 ? "it wants a token that it knows" : "the token is not enough");
        return AP_ERR_NO_INPUT;
    }
    if (status == 429 || status == 503) {
        snprintf(message, AP_IO_MESSAGE_SIZE, "the service at '%.200s' %s; try again later", url,
                 status == 429 ? "was asked too often" : "is not ready");
        return AP_ERR_NO_INPUT;
    }
    return tell(status == 404 && strstr(body, "no such track") ? AP_ERR_UNKNOWN : AP_ERR_MALFORMED,
                message, url, track);
}

ap_err ap_why_ask(const char *url, const char *token, const char *track, ap_why_answer *answer,
                  char message[AP_IO_MESSAGE_SIZE])
{
    char path[PATH_SIZE];
    ap_http_answer got;
    if (!track[0] || !put_path(path, track))
        return tell(AP_ERR_UNKNOWN, message, url, track);
    const ap_http_get_config config = {
        .url = url, .path = path, .token = token, .timeout_s = TIMEOUT_S, .size_cap = ANSWER_CAP
    };
    ap_err err = ap_http_get(&config, &got, message);
    if (err)
        return err;
    if (got.status != 200)
        err = refuse(got.status, got.body, message, url, track);
    else if ((err = ap_why_answer_parse(answer, got.body, got.size)))
        (void)tell(err, message, url, track);
    ap_http_answer_free(&got);
    return err;
}
