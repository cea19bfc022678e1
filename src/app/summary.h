/* The summary at the end of a run: what every input and sensor delivered, what was refused. */
#ifndef AP_APP_SUMMARY_H
#define AP_APP_SUMMARY_H

#include <stdint.h>
#include <stdio.h>

#include "app/pipeline.h"

typedef struct ap_run_cost {
    double wall_s, cpu_s;
    double data_s; /* time span of the data */
} ap_run_cost;

/* Tables for people. Nothing in it depends on the machine but the last line (speed). */
void ap_summary_print(FILE *out, const ap_pipeline *pipeline, const ap_run_cost *cost);

/* "3 record_overrun, 1 category" or "-"; `text` of `size` is always terminated. */
void ap_summary_refusals(const ap_refusals *refusals, char *text, size_t size);

#endif
