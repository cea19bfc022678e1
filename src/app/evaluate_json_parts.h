/* What the parts of a report's JSON share. Only for evaluate_json*.c. */
#ifndef AP_APP_EVALUATE_JSON_PARTS_H
#define AP_APP_EVALUATE_JSON_PARTS_H

#include "app/evaluate_json.h"
#include "wire/json.h"

enum { AP_PART_ROOM = 1 << 16 };

/* A member; null where the value is not finite. */
void ap_part_number(ap_json_object *object, const char *key, double value, int decimals);

/* The next value of an array, the same. */
void ap_part_item(ap_writer *w, bool first, double value, int decimals);

/* NAN of nothing. */
double ap_part_ratio(double over, double under);
double ap_part_root_mean(double sum, uint64_t count);

/* Seconds since the first instant. */
double ap_part_since_start(const ap_evaluate_report *report, ap_utc_ns time);

/* Each writes one value, an array or an object. */
void ap_part_figures(ap_long_text *text, const ap_evaluate_report *report);
void ap_part_requirements(ap_long_text *text, const ap_evaluate_report *report);
void ap_part_series(ap_long_text *text, const ap_evaluate_report *report);
void ap_part_ranges(ap_long_text *text, const ap_evaluate_report *report);
void ap_part_density(ap_long_text *text, const ap_evaluate_report *report);
void ap_part_sensors(ap_long_text *text, const ap_evaluate_report *report);
void ap_part_targets(ap_long_text *text, const ap_evaluate_report *report);
void ap_part_worst(ap_long_text *text, const ap_evaluate_report *report);
void ap_part_map(ap_long_text *text, const ap_evaluate_report *report);

#endif
