#include "track/doubt.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#define BEGINS 20 /* a code or call sign that changes for good makes 16 */
#define ENDS 8    /* it holds until its weight is below */
#define WEIGHT_MAX 64
#define WIND_MAX_MPS 130.0
#define SPEED_SIGMAS 3.0

/* Speeds over ground that no aircraft of a category has, wind included. */
static const struct {
    uint8_t category;
    double most_mps;
} speed_limits[] = {
    { 0xA7, 150.0 },                 /* rotorcraft */
    { 0xB1, 150.0 },                 /* glider */
    { 0xB2, 120.0 },                 /* balloon */
    { 0xB3, 120.0 },                 /* parachutist */
    { 0xB4, 120.0 },                 /* ultralight */
    { 0xC1, 80.0 },                  /* vehicles */
    { 0xC2, 80.0 },  { 0xC3, 20.0 }, /* obstacles */
    { 0xC4, 20.0 },  { 0xC5, 20.0 },
};

bool ap_doubt_against(ap_doubt *doubt, int weight)
{
    bool held = doubt->holds;
    weight += doubt->weight;
    doubt->weight = (uint8_t)(weight < WEIGHT_MAX ? weight : WEIGHT_MAX);
    doubt->holds = held || weight >= BEGINS;
    return doubt->holds && !held;
}

void ap_doubt_for(ap_doubt *doubt)
{
    if (doubt->weight > 0)
        doubt->weight--;
    if (doubt->weight < ENDS)
        doubt->holds = false;
}

static bool is_named_otherwise(const ap_identity *identity, const ap_report *report)
{
    uint32_t both = identity->present & report->present;
    if ((both & AP_HAS_MODE_3A) && !(report->flags & AP_FLAGS_MODE_3A_DOUBTFUL) &&
        identity->mode_3a != report->mode_3a)
        return true;
    return (both & AP_HAS_CALLSIGN) && report->callsign[0] != '\0' &&
           strncmp(identity->callsign, report->callsign, AP_CALLSIGN_SIZE - 1) != 0;
}

/* Fastest of its category; 0: as fast as it likes. */
static double most_mps(uint8_t category)
{
    for (size_t i = 0; i < sizeof speed_limits / sizeof speed_limits[0]; i++)
        if (speed_limits[i].category == category)
            return speed_limits[i].most_mps;
    return 0.0;
}

bool ap_doubt_contradicts(const ap_identity *identity, const ap_report *report,
                          const ap_gauss *mean)
{
    if (is_named_otherwise(identity, report))
        return true;
    uint32_t kinds = identity->present & AP_HAS_EMITTER_CATEGORY;
    if (!kinds && !(report->present & AP_HAS_TRUE_AIRSPEED))
        return false;
    double speed_mps = sqrt(mean->x[2] * mean->x[2] + mean->x[3] * mean->x[3]);
    double error_mps = SPEED_SIGMAS * sqrt(mean->C.ee + mean->C.nn);
    double limit_mps = kinds ? most_mps(identity->emitter_category) : 0.0;
    if (limit_mps > 0.0 && speed_mps - error_mps > limit_mps)
        return true;
    return (report->present & AP_HAS_TRUE_AIRSPEED) &&
           fabs(report->true_airspeed_mps - speed_mps) - error_mps > WIND_MAX_MPS;
}
