#include "track/missed.h"

#define TURNS 16

bool ap_missed_take_back(uint16_t *missed, double gap_s, double turn_s)
{
    int since = 0; /* misses after the newest hit */
    while (since < TURNS && (*missed >> since & 1))
        since++;
    double turns = (double)since - gap_s / turn_s + 0.5; /* rounded down: before the newest look */
    if (!(turns >= 0.0 && turns < TURNS))
        return false;
    uint16_t bit = (uint16_t)(1u << (int)turns);
    bool was_missed = (*missed & bit) != 0;
    *missed &= (uint16_t)~bit;
    return was_missed;
}
