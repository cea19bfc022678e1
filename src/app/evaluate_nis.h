/* Innovations of an output, by sensor: how far from where they were expected positions came, in
 * units of what the tracker expected. */
#ifndef AP_APP_EVALUATE_NIS_H
#define AP_APP_EVALUATE_NIS_H

#include <stdio.h>

#include "app/evaluate_json.h"

/* A line for each sensor: the mean with the bounds that hold 95 % of an honest filter's. */
void ap_evaluate_nis_print(const ap_samples *tracks, FILE *out);

/* An array of objects, empty without data. */
void ap_evaluate_nis_json(ap_long_text *text, const ap_samples *tracks);

#endif
