#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "airpicture/geo.h"
#include "app/api_call.h"
#include "picture/point.h"
#include "wire/json_number.h"

#define FLIGHT_LEVEL_FT 100.0

/* A decimal number that fills the text, without blanks and words such as "nan". */
static bool number_of(const char *text, size_t size, double *number)
{
    ap_json_number read;
    if (size == 0 || size > 40 || !ap_json_number_parse((const uint8_t *)text, size, &read))
        return false;
    *number = ap_json_double(&read);
    return isfinite(*number);
}

bool ap_api_whole(ap_api_call *call, const char *name, uint64_t most, uint64_t *value)
{
    const char *text = ap_api_parameter(call, name);
    uint64_t whole;
    if (!text)
        return true;
    if (!ap_api_number(text, most, &whole)) {
        ap_api_error(call, 400, "a parameter is no whole number, or beyond its range", name);
        return false;
    }
    *value = whole;
    return true;
}

bool ap_api_number(const char *text, uint64_t most, uint64_t *value)
{
    ap_json_number number;
    return ap_json_number_parse((const uint8_t *)text, strlen(text), &number) &&
           !number.is_negative && !ap_json_whole(&number, value) && *value <= most;
}

bool ap_api_real(ap_api_call *call, const char *name, bool *has, double *value)
{
    const char *text = ap_api_parameter(call, name);
    *has = text != NULL;
    if (!text || number_of(text, strlen(text), value))
        return true;
    ap_api_error(call, 400, "a parameter is no number", name);
    return false;
}

bool ap_api_truth(ap_api_call *call, const char *name, bool *value)
{
    const char *text = ap_api_parameter(call, name);
    if (!text)
        return true;
    bool is_true = strcmp(text, "true") == 0;
    if (!is_true && strcmp(text, "false") != 0) {
        ap_api_error(call, 400, "a parameter is neither true nor false", name);
        return false;
    }
    *value = is_true;
    return true;
}

/* Four numbers with commas in between; of six (OGC), those of heights are passed over. */
static bool box_of(const char *text, ap_delta_box *box)
{
    double number[6], corner[4];
    size_t count = 0;
    for (const char *at = text;; at++) {
        size_t size = strcspn(at, ",");
        if (count == 6 || !number_of(at, size, &number[count++]))
            return false;
        at += size;
        if (*at == '\0')
            break;
    }
    corner[0] = number[0];
    corner[1] = number[1];
    corner[2] = number[count == 6 ? 3 : 2];
    corner[3] = number[count == 6 ? 4 : 3];
    return (count == 4 || count == 6) && ap_delta_box_of(corner, box);
}

bool ap_api_box(ap_api_call *call, const char *name, bool *has_box, ap_delta_box *box)
{
    const char *text = ap_api_parameter(call, name);
    if (!text)
        return true;
    if (!box_of(text, box)) {
        ap_api_error(call, 400, "the box cannot be used",
                     "west,south,east,north in degrees: longitudes from -180 to 180, west > east "
                     "over the date line, latitudes from -90 to 90, south not above north");
        return false;
    }
    *has_box = true;
    return true;
}

bool ap_api_in_box(const ap_delta_box *box, int32_t latitude_e7deg, int32_t longitude_e7deg)
{
    bool west = longitude_e7deg >= box->west_e7deg, east = longitude_e7deg <= box->east_e7deg;
    return latitude_e7deg >= box->south_e7deg && latitude_e7deg <= box->north_e7deg &&
           (box->west_e7deg <= box->east_e7deg ? west && east : west || east);
}

bool ap_api_level(ap_api_call *call, const char *name, double *level_m)
{
    const char *text = ap_api_parameter(call, name);
    if (!text)
        return true;
    size_t size = strlen(text);
    bool is_level =
        size > 2 && (text[0] == 'F' || text[0] == 'f') && (text[1] == 'L' || text[1] == 'l');
    bool is_metres = !is_level && size > 1 && text[size - 1] == 'm';
    bool is_feet = !is_level && size > 2 && strcmp(text + size - 2, "ft") == 0;
    size_t head = is_level ? 2 : 0, tail = is_feet ? 2 : is_metres ? 1 : 0;
    double number;
    if (!number_of(text + head, size - head - tail, &number) || fabs(number) > 1e7) {
        ap_api_error(call, 400, "a level cannot be used", "FL350, 35000ft, 35000 (feet) or 10668m");
        return false;
    }
    double unit_m = is_level ? FLIGHT_LEVEL_FT * AP_M_PER_FT : is_metres ? 1.0 : AP_M_PER_FT;
    *level_m = number * unit_m;
    return true;
}

/* The bit of a name; 0: none has it. */
static uint16_t bit_of(const char *text, size_t size)
{
    for (unsigned bit = 0; ap_point_bit_key(bit); bit++) {
        const char *key = ap_point_bit_key(bit);
        if (strlen(key) == size && memcmp(key, text, size) == 0)
            return (uint16_t)(1u << bit);
    }
    return 0;
}

bool ap_api_kinds(ap_api_call *call, const char *name, uint16_t *bits)
{
    const char *text = ap_api_parameter(call, name);
    if (!text)
        return true;
    *bits = 0;
    for (const char *at = text;; at++) {
        size_t size = strcspn(at, ",");
        uint16_t bit = bit_of(at, size);
        if (bit == 0) {
            ap_api_error(call, 400, "an unknown kind",
                         "psr, ssr, mode_s, mlat, adsb, coasting, on_ground, simulated, emergency, "
                         "spi, extrapolated, identity_doubted, address_shared, falling, geometric; "
                         "several with commas in between");
            return false;
        }
        *bits |= bit;
        at += size;
        if (*at == '\0')
            return true;
    }
}

bool ap_api_time(ap_api_call *call, const char *name, ap_utc_ns *time)
{
    const char *text = ap_api_parameter(call, name);
    double time_s;
    if (!text)
        return true;
    if (ap_utc_parse(text, time) == AP_OK)
        return true;
    if (number_of(text, strlen(text), &time_s) && fabs(time_s) < 9e9) {
        *time = llround(time_s * 1e6) * 1000;
        return true;
    }
    ap_api_error(call, 400, "a time cannot be used",
                 "an instant as 2024-06-06T08:58:39.5Z, or seconds since 1970");
    return false;
}

bool ap_api_seconds(ap_api_call *call, const char *name, double least_s, double most_s, int64_t *ns)
{
    const char *text = ap_api_parameter(call, name);
    double s;
    if (!text)
        return true;
    if (!number_of(text, strlen(text), &s) || s < least_s || s > most_s) {
        ap_api_error(call, 400, "a parameter is no number of seconds, or beyond its range", name);
        return false;
    }
    *ns = llround(s * 1e6) * 1000;
    return true;
}

static bool instant_of(const char *text, size_t size, ap_utc_ns open, ap_utc_ns *time)
{
    char copy[40];
    if (size == 0 || (size == 2 && memcmp(text, "..", 2) == 0)) {
        *time = open;
        return true;
    }
    if (size >= sizeof copy)
        return false;
    memcpy(copy, text, size);
    copy[size] = '\0';
    return ap_utc_parse(copy, time) == AP_OK;
}

bool ap_api_interval(ap_api_call *call, const char *name, ap_utc_ns *from, ap_utc_ns *to)
{
    const char *text = ap_api_parameter(call, name);
    if (!text)
        return true;
    const char *slash = strchr(text, '/');
    bool good;
    if (slash) {
        good = instant_of(text, (size_t)(slash - text), AP_UTC_UNKNOWN + 1, from) &&
               instant_of(slash + 1, strlen(slash + 1), INT64_MAX, to) && *from <= *to;
    } else {
        good = *text && instant_of(text, strlen(text), 0, from) && strcmp(text, "..") != 0;
        *to = *from;
    }
    if (!good)
        ap_api_error(call, 400, "a time cannot be used",
                     "an instant as 2024-06-06T08:58:39Z, or FROM/TO with .. for an open end, FROM "
                     "not after TO");
    return good;
}
