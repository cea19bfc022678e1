/* Every figure of an evaluation, in groups: one list for the terminal, JSON, the page and compare.
 */
#ifndef AP_APP_EVALUATE_FIGURES_H
#define AP_APP_EVALUATE_FIGURES_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "score/evaluation.h"

#define AP_FIGURE_CAP 96

typedef enum ap_figure_better {
    AP_FIGURE_NEUTRAL,
    AP_FIGURE_LOWER, /* is better */
    AP_FIGURE_HIGHER,
    AP_FIGURE_NEAR_ONE /* a ratio that ought to be 1 */
} ap_figure_better;

typedef struct ap_figure {
    const char *group, *key, *text;
    const char *unit; /* "ratio" for shares of 1, "" for numbers */
    double value;     /* NAN: not known */
    uint64_t count;   /* behind it; 0: none to tell */
    ap_figure_better better;
} ap_figure;

/* The figures, those of a group behind each other; returns how many. */
size_t ap_evaluate_figures(const ap_evaluation_result *result, ap_figure figures[AP_FIGURE_CAP]);

/* The figure with this key, or NULL. */
const ap_figure *ap_figure_of_key(const ap_figure *figures, size_t count, const char *key);

/* Value and unit for people, such as "97.21 %" or "120.4 m". */
void ap_figure_text(double value, const char *unit, char *text, size_t size);

#endif
