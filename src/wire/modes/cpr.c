#include "airpicture/cpr.h"

#include <math.h>

#define WORDS 131072 /* 2^17 */

/* Latitude, degrees, below which there are 59, 58, ... 2 longitude zones:
 * acos(sqrt((1 - cos(pi/30)) / (1 - cos(2 pi/n)))), evaluated to 40 digits. */
/* clang-format off */
static const double nl_limit_deg[58] = {
    10.4704712999687746, 14.8281743686875080, 18.1862635707141810, 21.0293949260293433,
    23.5450448655714012, 25.8292470705885546, 27.9389871012191652, 29.9113568573183814,
    31.7720970768110198, 33.5399343629854533, 35.2289959779644629, 36.8502510759354669,
    38.4124189241230428, 39.9225668433389223, 41.3865183226028231, 42.8091401224356633,
    44.1945495141931433, 45.5462672266025359, 46.8673325249876774, 48.1603912809665330,
    49.4277643925570370, 50.6715016555384555, 51.8934246916878621, 53.0951615279601595,
    54.2781747227291898, 55.4437844449506040, 56.5931875620593470, 57.7274735386612718,
    58.8476377614847135, 59.9545927669404678, 61.0491777424636298, 62.1321665921034273,
    63.2042747938193827, 64.2661652256745031, 65.3184530968209828, 66.3617100838262796,
    67.3964677408467568, 68.4232202208333961, 69.4424263114403167, 70.4545107498760730,
    71.4598647302899008, 72.4588454472895200, 73.4517744166787095, 74.4389341572514283,
    75.4205625665336281, 76.3968439079447326, 77.3678946132819241, 78.3337408292275219,
    79.2942822545693039, 80.2492321328051560, 81.1980134927195121, 82.1395698051060913,
    83.0719944471981629, 83.9917356298056650, 84.8916619070208696, 85.7554162094441945,
    86.5353699751210133, 87.0,
};
/* clang-format on */

int ap_cpr_nl(double latitude_deg)
{
    double latitude = fabs(latitude_deg);
    int below = 0, above = 58; /* the answer is 59 - (limits at or under the latitude) */
    while (below < above) {
        int middle = (below + above) / 2;
        if (latitude < nl_limit_deg[middle])
            above = middle;
        else
            below = middle + 1;
    }
    return 59 - below;
}

static double circle_deg(bool surface)
{
    return surface ? 90.0 : 360.0;
}

static int zones_of(int nl, bool odd)
{
    int zones = nl - (odd ? 1 : 0);
    return zones > 1 ? zones : 1;
}

static int longitude_zones(double latitude_deg, bool odd)
{
    return zones_of(ap_cpr_nl(latitude_deg), odd);
}

/* In [0, divisor), whatever the sign of the value. */
static int32_t modulo(int32_t value, int32_t divisor)
{
    int32_t rest = value % divisor;
    return rest < 0 ? rest + divisor : rest;
}

/* floor(words / 2^17 + 1/2), exact for negative values too. */
static int32_t zone_index(int64_t words)
{
    int64_t shifted = words + WORDS / 2;
    int64_t rest = shifted % WORDS;
    return (int32_t)((shifted - (rest < 0 ? rest + WORDS : rest)) / WORDS);
}

/* Into [-180, 180). */
static double wrapped(double longitude_deg)
{
    double turned = longitude_deg - 360.0 * floor((longitude_deg + 180.0) / 360.0);
    if (turned < -180.0) /* the quotient was rounded up */
        return turned + 360.0;
    return turned < 180.0 ? turned : turned - 360.0;
}

/* Of the angles that repeat every `step_deg`, the one nearest to the reference. */
static double nearest(double angle_deg, double step_deg, double reference_deg)
{
    return angle_deg + step_deg * floor((reference_deg - angle_deg) / step_deg + 0.5);
}

/* A pair's latitude in [0, circle) to the Earth's: the southern half of an airborne one wraps, a
 * surface one is of the quarter that the reference is in. */
static double earthly(double latitude_deg, bool surface, double reference_deg)
{
    if (surface)
        return nearest(latitude_deg, 90.0, reference_deg);
    return latitude_deg >= 270.0 ? latitude_deg - 360.0 : latitude_deg;
}

static bool is_valid(const ap_cpr *frame)
{
    return frame->latitude_17 < WORDS && frame->longitude_17 < WORDS;
}

static bool is_place(double latitude_deg, double longitude_deg)
{
    return fabs(latitude_deg) <= 90.0 && fabs(longitude_deg) <= 360.0;
}

ap_err ap_cpr_global(const ap_cpr *even, const ap_cpr *odd, bool newer_odd,
                     double reference_latitude_deg, double reference_longitude_deg,
                     double *latitude_deg, double *longitude_deg)
{
    bool surface = even->surface;
    if (even->odd || !odd->odd || surface != odd->surface || !is_valid(even) || !is_valid(odd))
        return AP_ERR_ARGUMENT;
    if (surface && !is_place(reference_latitude_deg, reference_longitude_deg))
        return AP_ERR_ARGUMENT;

    double circle = circle_deg(surface);
    int32_t j = zone_index(59 * (int64_t)even->latitude_17 - 60 * (int64_t)odd->latitude_17);
    double even_deg = circle / 60 * (modulo(j, 60) + even->latitude_17 / (double)WORDS);
    double odd_deg = circle / 59 * (modulo(j, 59) + odd->latitude_17 / (double)WORDS);
    even_deg = earthly(even_deg, surface, reference_latitude_deg);
    odd_deg = earthly(odd_deg, surface, reference_latitude_deg);
    int nl = ap_cpr_nl(even_deg);
    if (fabs(even_deg) > 90.0 || fabs(odd_deg) > 90.0 || nl != ap_cpr_nl(odd_deg))
        return AP_ERR_RANGE;

    const ap_cpr *newer = newer_odd ? odd : even;
    int zones = zones_of(nl, newer_odd);
    int32_t m =
        zone_index((nl - 1) * (int64_t)even->longitude_17 - nl * (int64_t)odd->longitude_17);
    double longitude = circle / zones * (modulo(m, zones) + newer->longitude_17 / (double)WORDS);
    if (surface)
        longitude = nearest(longitude, 90.0, reference_longitude_deg);
    *latitude_deg = newer_odd ? odd_deg : even_deg;
    *longitude_deg = wrapped(longitude);
    return AP_OK;
}

ap_err ap_cpr_local(const ap_cpr *frame, double reference_latitude_deg,
                    double reference_longitude_deg, double *latitude_deg, double *longitude_deg)
{
    if (!is_valid(frame) || !is_place(reference_latitude_deg, reference_longitude_deg))
        return AP_ERR_ARGUMENT;
    double circle = circle_deg(frame->surface);
    double cell = circle / (frame->odd ? 59 : 60);
    double latitude =
        cell * (floor(reference_latitude_deg / cell - frame->latitude_17 / (double)WORDS + 0.5) +
                frame->latitude_17 / (double)WORDS);
    if (fabs(latitude) > 90.0)
        return AP_ERR_RANGE;
    int zones = longitude_zones(latitude, frame->odd);
    cell = circle / zones;
    double longitude = nearest(cell * (frame->longitude_17 / (double)WORDS), cell,
                               wrapped(reference_longitude_deg));
    *latitude_deg = latitude;
    *longitude_deg = wrapped(longitude);
    return AP_OK;
}

/* Position in its cell as a word, and the cell's number; rounding may carry into the next cell. */
static uint32_t word_of(double angle_deg, double cell_deg, double *cell_index)
{
    double cells = angle_deg / cell_deg;
    *cell_index = floor(cells);
    double word = floor((cells - *cell_index) * WORDS + 0.5);
    if (word >= WORDS) {
        *cell_index += 1.0;
        word = 0.0;
    }
    return (uint32_t)word;
}

ap_cpr ap_cpr_encode(double latitude_deg, double longitude_deg, bool odd, bool surface)
{
    ap_cpr frame = { .odd = odd, .surface = surface };
    if (!is_place(latitude_deg, longitude_deg))
        return frame;
    double circle = circle_deg(surface);
    double cell = circle / (odd ? 59 : 60), index;
    frame.latitude_17 = word_of(latitude_deg, cell, &index);
    /* The zone count is that of the latitude as the receiver will see it. */
    double coded_deg = cell * (index + frame.latitude_17 / (double)WORDS);
    cell = circle / longitude_zones(coded_deg, odd);
    frame.longitude_17 = word_of(longitude_deg, cell, &index);
    return frame;
}
