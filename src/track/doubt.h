/* Whether a track's identity and its motion speak for different aircraft.
 *
 * Each contradiction weighs as much as several reports in which all agrees: so a garbled code or
 * one wild position says nothing, a forger who sends a false report for each true one is seen, and
 * what is over is forgotten. */
#ifndef AP_TRACK_DOUBT_H
#define AP_TRACK_DOUBT_H

#include <stdbool.h>
#include <stdint.h>

#include "airpicture/report.h"
#include "track/filter_kernel.h"
#include "track/identity.h"

/* Fitting reports that a contradiction outweighs: one that is plain, and one that a sharp turn may
 * make for some seconds. */
#define AP_DOUBT_PLAIN 8
#define AP_DOUBT_SLIGHT 3

typedef struct ap_doubt {
    uint8_t weight;
    bool holds;
} ap_doubt;

/* A contradiction; true when the doubt begins to hold with it. */
bool ap_doubt_against(ap_doubt *doubt, int weight);

/* A position that fits, and nothing against it. */
void ap_doubt_for(ap_doubt *doubt);

/* True when a report that fits the motion of a track (`mean`) contradicts its identity so far: it
 * has another code or call sign; that kind of aircraft does not fly so fast; or its airspeed is
 * beyond any wind from the speed over ground. Call before the identity takes the report. */
bool ap_doubt_contradicts(const ap_identity *identity, const ap_report *report,
                          const ap_gauss *mean);

#endif
