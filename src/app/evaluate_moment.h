/* The worst moments of an evaluation, and the command line that replays each of them. */
#ifndef AP_APP_EVALUATE_MOMENT_H
#define AP_APP_EVALUATE_MOMENT_H

#include <stdio.h>

#include "app/evaluate_json.h"

/* What a moment is replayed with, before and after it. */
#define AP_MOMENT_BEFORE_S 60.0
#define AP_MOMENT_AFTER_S 30.0

/* Appends the command line of the index-th of the worst moments for a shell: with the recordings
 * and the sensors file that were given, or RECORDING where none was. False, nothing appended, for a
 * truth that is not in UTC. */
bool ap_moment_command(ap_long_text *text, const ap_evaluate_report *report, size_t index);

/* The moments and their commands, for people; nothing without moments. */
void ap_moment_print(const ap_evaluate_report *report, FILE *out);

#endif
