/* /api/v1/alerts, what may be done about one, and who is asking. */
#include <math.h>

#include "app/api_call.h"
#include "publish/alert_json.h"
#include "publish/columns.h"
#include "wire/json.h"

#define SINCE_WITHIN_S 1e-3 /* of a time that went through a program's doubles */

static bool is_given(const char *text)
{
    return text && *text;
}

void ap_api_session(ap_api_call *call)
{
    const ap_api_request *request = call->request;
    ap_json_object object = ap_json_open(call->out);
    if (is_given(request->user))
        ap_json_member_str(&object, "user", request->user);
    ap_json_member_bool(&object, "may_operate", is_given(request->may_operate_as));
    ap_json_close(&object);
    AP_PUT(call->out, "\n");
}

void ap_api_alerts(ap_api_call *call)
{
    bool active = false;
    uint64_t track = 0, limit = AP_API_LIMIT_DEFAULT, count = 0;
    if (!ap_api_truth(call, "active", &active) ||
        !ap_api_whole(call, "track", UINT32_MAX, &track) ||
        !ap_api_whole(call, "limit", AP_API_LIMIT_MAX, &limit))
        return;
    AP_PUT(call->out, "{\"now_s\":");
    ap_text_seconds(call->out, call->api->now);
    AP_PUT(call->out, ",\n\"alerts\":[");
    for (const ap_alert *at = NULL;
         count < limit && (at = ap_picture_next_alert(call->api->picture, at));) {
        if ((active && at->until_utc != AP_UTC_UNKNOWN) || (track && at->track_id != track))
            continue;
        ap_text_str(call->out, count++ > 0 ? "," : "\n");
        (void)ap_alert_json(call->out, at);
    }
    AP_PUT(call->out, "],\n\"returned\":");
    ap_text_u64(call->out, count);
    AP_PUT(call->out, "}\n");
}

/* False after an error: who asks may not. */
static bool may_operate(ap_api_call *call)
{
    const ap_api_request *request = call->request;
    if (is_given(request->may_operate_as))
        return true;
    if (is_given(request->user))
        ap_api_error(call, 403, "this token may only read", "a token with the role operate");
    else
        ap_api_error(call, 401, "a token is needed for this",
                     "Authorization: Bearer TOKEN, of a token with the role operate");
    return false;
}

/* The alert that the path names; NULL after an error. */
static const ap_alert *find(ap_api_call *call)
{
    uint64_t id = 0;
    double since_s;
    bool has_since;
    if (!ap_api_real(call, "since_s", &has_since, &since_s))
        return NULL;
    const ap_alert *alert = ap_api_number(call->part[0], UINT32_MAX, &id)
                                ? ap_picture_find_alert(call->api->picture, (uint32_t)id)
                                : NULL;
    if (!alert) {
        ap_api_error(call, 404, "no such alert is kept", "an alert_id of /api/v1/alerts");
        return NULL;
    }
    if (has_since && fabs(since_s - (double)alert->since_utc / 1e9) > SINCE_WITHIN_S) {
        ap_api_error(call, 409, "another alert has that number now",
                     "since_s as it stands in /api/v1/alerts; ask for them again");
        return NULL;
    }
    return alert;
}

void ap_api_acknowledge(ap_api_call *call)
{
    const ap_api *api = call->api;
    const ap_alert *alert = may_operate(call) ? find(call) : NULL;
    if (!alert)
        return;
    bool is_new = !*alert->acknowledged_by;
    if (is_new && (!api->acknowledge ||
                   !api->acknowledge(api->context, alert->id, call->request->may_operate_as))) {
        ap_api_error(call, 503, "the service takes nothing in now", "ask again later");
        return;
    }
    (void)ap_alert_json(call->out, ap_picture_find_alert(api->picture, alert->id));
}
