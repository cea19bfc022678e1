#include "track/lifecycle.h"

#define EXISTENCE_MAX (1.0 - 1e-9)

/* clang-format off */
static const uint8_t life_next[AP_TRACK_STATE_COUNT][AP_LIFE_EVENT_COUNT] = {
    /*                       hit                 confirm        overdue             end */
    [AP_TRACK_TENTATIVE] = { AP_TRACK_TENTATIVE, AP_TRACK_FIRM, AP_TRACK_TENTATIVE, AP_TRACK_DEAD },
    [AP_TRACK_FIRM]      = { AP_TRACK_FIRM,      AP_TRACK_FIRM, AP_TRACK_COASTING,  AP_TRACK_DEAD },
    [AP_TRACK_COASTING]  = { AP_TRACK_FIRM,      AP_TRACK_FIRM, AP_TRACK_COASTING,  AP_TRACK_DEAD },
    [AP_TRACK_DEAD]      = { AP_TRACK_DEAD,      AP_TRACK_DEAD, AP_TRACK_DEAD,      AP_TRACK_DEAD },
};
/* clang-format on */

ap_track_state ap_life_next(ap_track_state state, ap_life_event event)
{
    return (ap_track_state)life_next[state][event];
}

double ap_existence_missed(double existence, double detection)
{
    return existence * (1.0 - detection) / (1.0 - existence * detection);
}

double ap_existence_not_missed(double existence, double detection)
{
    double r = existence / (1.0 - detection + existence * detection);
    return r < EXISTENCE_MAX ? r : EXISTENCE_MAX;
}

double ap_existence_detected(double existence, double ratio)
{
    double r = existence * ratio / (1.0 - existence + existence * ratio);
    return r < EXISTENCE_MAX ? r : EXISTENCE_MAX;
}
