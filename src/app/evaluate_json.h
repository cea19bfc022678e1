/* The report of an evaluation as one JSON object, and as a page. */
#ifndef AP_APP_EVALUATE_JSON_H
#define AP_APP_EVALUATE_JSON_H

#include "airpicture/bytes.h"
#include "app/evaluate_figures.h"
#include "app/evaluate_view.h"
#include "app/requirements.h"

/* A table with the answers to its rows. */
typedef struct ap_judged_table {
    ap_requirement_table table;
    ap_requirement_result result[AP_REQUIREMENT_ROW_CAP];
    bool is_required;
    bool is_strict; /* mandatory rows without enough data fail too */
} ap_judged_table;

/* Mandatory rows that keep the table from being met. */
size_t ap_judged_unmet(const ap_judged_table *judged);

typedef struct ap_evaluate_report {
    const ap_evaluate_run *run;
    const ap_evaluate_side *side;
    const ap_view *view;
    const ap_figure *figure;
    size_t figure_count;
    const ap_judged_table *judged;
    size_t judged_count;
    const struct ap_evaluate_plots *plots; /* or NULL */
} ap_evaluate_report;

/* Text that grows: text.data is malloc's. */
typedef struct ap_long_text {
    ap_writer text;
    bool is_lost; /* memory was exhausted */
} ap_long_text;

/* Room for `size` octets more. */
void ap_long_text_room(ap_long_text *text, size_t size);

/* Appends the object; text->is_lost tells. */
void ap_evaluate_json(ap_long_text *text, const ap_evaluate_report *report);

/* The page: the object within our own HTML, with nothing from elsewhere. */
void ap_evaluate_page(ap_long_text *page, const ap_writer *json);

#endif
