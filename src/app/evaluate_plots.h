/* Recordings of sensors beside truth: what each sensor itself saw (score/plots.h). */
#ifndef AP_APP_EVALUATE_PLOTS_H
#define AP_APP_EVALUATE_PLOTS_H

#include <stdio.h>

#include "app/evaluate_json.h"
#include "app/evaluate_run.h"
#include "app/pipeline.h"
#include "score/looks.h"
#include "score/plots.h"

enum { AP_EVALUATE_RECORDING_CAP = 32 };

typedef struct ap_evaluate_plots {
    const char *path[AP_EVALUATE_RECORDING_CAP]; /* recordings; none: there are no plots */
    size_t path_count;
    const char *sensors_path; /* or NULL */
    bool is_read;
    ap_pipeline pipeline;
    ap_plots plots;
    void *memory;
    size_t memory_size;
    ap_looks looks; /* of described sensors, for the Cramer-Rao bound */
    void *looks_memory;
    size_t looks_size;
    uint64_t looks_lost_count; /* there was no memory for them */
} ap_evaluate_plots;

/* Reads the recordings and holds them against the truth; with a sensors file what they tell
 * becomes the bound's (run->looks, which live as long as the plots). Nothing without recordings.
 * Returns an exit status after a line on standard error. */
int ap_evaluate_read_plots(ap_evaluate_run *run, ap_evaluate_plots *plots);

/* A table for people; nothing without recordings. */
void ap_evaluate_print_plots(const ap_evaluate_plots *plots, FILE *out);

/* A JSON array, a member a sensor. */
void ap_evaluate_plots_json(ap_long_text *text, const ap_evaluate_plots *plots);

/* Name of a sensor of the plots that are read. */
const char *ap_evaluate_plots_name(const ap_evaluate_plots *plots, uint16_t sensor);

/* Safe twice. */
void ap_evaluate_plots_close(ap_evaluate_plots *plots);

#endif
