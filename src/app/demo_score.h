/* The demo's errors against the truth, for people and for programs. */
#ifndef AP_APP_DEMO_SCORE_H
#define AP_APP_DEMO_SCORE_H

#include <stdio.h>

#include "app/command.h"
#include "score/score.h"

void ap_demo_score_print(FILE *out, const ap_score_result *result);

/* One JSON object into a file that appears whole. Returns an exit status after a line on standard
 * error. */
int ap_demo_score_write(const ap_command *command, const char *path, const ap_score_result *result);

#endif
