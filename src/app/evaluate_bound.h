/* The sensors of a bound that no tracker beats (score/pcrb.h), from a sensors file. */
#ifndef AP_APP_EVALUATE_BOUND_H
#define AP_APP_EVALUATE_BOUND_H

#include "app/evaluate_run.h"

/* Radars, by range and azimuth. Fills run->bound; where there can be no bound its sensor_count is 0
 * and run->bound_note says why. Without a path that is the case. run->truth is read already.
 * Returns an exit status after a line on standard error. */
int ap_evaluate_read_bound(ap_evaluate_run *run, const char *sensors_path);

#endif
