/* What tests of evaluate share: a truth and tracks in a plane or on the Earth, and a run of them.
 */
#ifndef AP_APP_TEST_EVALUATE_H
#define AP_APP_TEST_EVALUATE_H

#include "app/evaluate_run.h"

typedef struct test_evaluate {
    ap_evaluate_options options;
    ap_evaluate_run run;
    ap_evaluate_side side;
    char said[1000]; /* on standard error, by the last call below */
} test_evaluate;

void test_evaluate_begin(test_evaluate *test);
void test_evaluate_end(test_evaluate *test);

/* One state of each, in metres of the plane. */
void test_evaluate_plane(ap_samples *samples, uint64_t id, double time_s, double x_m, double y_m);

/* The same in degrees, with a height or NAN. */
void test_evaluate_degrees(ap_samples *samples, uint64_t id, double time_s, double latitude_deg,
                           double longitude_deg, double height_m);

/* A flight of a minute, a state a second, 100 m/s north from (x, 0), with id 1 to `count`, 20 km
 * apart, and tracks of it with errors of (30, 40) m. */
void test_evaluate_flights(test_evaluate *test, uint64_t count);

/* Sorts both; ap_evaluate_check. */
int test_evaluate_check(test_evaluate *test);

/* The same, ap_evaluate_score. */
int test_evaluate_score(test_evaluate *test);

#endif
