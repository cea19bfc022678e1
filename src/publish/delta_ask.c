#include "publish/delta_ask.h"

#include <math.h>

#include "wire/json_scan.h"

static const char BOX_EXPECTED[] =
    "box: [west, south, east, north] in degrees, latitudes from -90 to 90, longitudes from -180 to "
    "180, south not above north; or null";
static const char NUMBER_EXPECTED[] = "since and epoch: whole numbers from 0 to 4294967295, as in "
                                      "the newest message, and both or none";
static const char FORMAT_EXPECTED[] = "format: \"binary\" or \"json\"";
static const char PACKED_EXPECTED[] = "compression: \"none\" or \"gzip\"";
static const char OBJECT_EXPECTED[] =
    "a JSON object of at most 1024 octets with any of box, since, epoch, format, compression";

static bool within(double value, double least, double most)
{
    return value >= least && value <= most;
}

bool ap_delta_box_of(const double degrees[4], ap_delta_box *box)
{
    double west = degrees[0], south = degrees[1], east = degrees[2], north = degrees[3];
    if (!within(west, -180, 180) || !within(east, -180, 180) || !within(south, -90, 90) ||
        !within(north, -90, 90) || south > north)
        return false;
    *box = (ap_delta_box){ .west_e7deg = (int32_t)lround(west * 1e7),
                           .south_e7deg = (int32_t)lround(south * 1e7),
                           .east_e7deg = (int32_t)lround(east * 1e7),
                           .north_e7deg = (int32_t)lround(north * 1e7) };
    return true;
}

/* What was said, as far as it was. */
typedef struct asked {
    bool box, since, epoch;
    uint32_t epoch_value;
    ap_delta_client client;
} asked;

static const char *read_box(const ap_json_span *value, asked *a)
{
    ap_json_scan scan = ap_json_scan_of(value->start, value->size);
    ap_json_span element;
    double degrees[4] = { 0 };
    size_t count = 0;
    a->box = true;
    a->client.has_box = false;
    if (ap_json_span_is_null(value))
        return NULL;
    if (value->kind != AP_JSON_SPAN_ARRAY || !ap_json_scan_enter(&scan, '['))
        return BOX_EXPECTED;
    while (ap_json_scan_element(&scan, &element)) {
        if (count == 4 || element.kind != AP_JSON_SPAN_NUMBER ||
            !ap_json_span_double(&element, &degrees[count++]))
            return BOX_EXPECTED;
    }
    if (scan.bad || count != 4 || !ap_delta_box_of(degrees, &a->client.box))
        return BOX_EXPECTED;
    a->client.has_box = true;
    return NULL;
}

static const char *read_whole(const ap_json_span *value, bool *said, uint32_t *whole)
{
    double number = 0.0;
    if (value->kind != AP_JSON_SPAN_NUMBER || !ap_json_span_double(value, &number) ||
        !within(number, 0, UINT32_MAX) || number != floor(number))
        return NUMBER_EXPECTED;
    *said = true;
    *whole = (uint32_t)number;
    return NULL;
}

static const char *read_member(const ap_json_span *key, const ap_json_span *value, asked *a)
{
    if (ap_json_span_is(key, "box"))
        return read_box(value, a);
    if (ap_json_span_is(key, "since"))
        return read_whole(value, &a->since, &a->client.since);
    if (ap_json_span_is(key, "epoch"))
        return read_whole(value, &a->epoch, &a->epoch_value);
    if (ap_json_span_is(key, "compression")) {
        a->client.gzip = ap_json_span_is(value, "gzip");
        return a->client.gzip || ap_json_span_is(value, "none") ? NULL : PACKED_EXPECTED;
    }
    if (!ap_json_span_is(key, "format"))
        return OBJECT_EXPECTED;
    a->client.json = ap_json_span_is(value, "json");
    return a->client.json || ap_json_span_is(value, "binary") ? NULL : FORMAT_EXPECTED;
}

const char *ap_delta_ask(const ap_delta *delta, const uint8_t *text, size_t size,
                         ap_delta_client *client)
{
    ap_json_scan scan = ap_json_scan_of(text, size);
    ap_json_span key, value;
    asked a = { .client = *client };
    if (size > AP_DELTA_ASK_SIZE_MAX || !ap_json_scan_enter(&scan, '{'))
        return OBJECT_EXPECTED;
    while (ap_json_scan_member(&scan, &key, &value)) {
        const char *expected = read_member(&key, &value, &a);
        if (expected)
            return expected;
    }
    if (scan.bad || !ap_json_scan_done(&scan))
        return OBJECT_EXPECTED;
    if (a.since != a.epoch)
        return NUMBER_EXPECTED;
    if ((a.epoch && a.epoch_value != ap_delta_epoch(delta)) || (a.box && !a.since))
        a.client.since = 0;
    *client = a.client;
    return NULL;
}
