/* What tests of evaluations share: two small sets in a plane, and a run over them. */
#ifndef AP_SCORE_TEST_EVALUATION_H
#define AP_SCORE_TEST_EVALUATION_H

#include "score/evaluation.h"

typedef struct test_evaluation {
    ap_trajectory_set truth, tracks;
    ap_evaluation evaluation;
    void *mem[3];
} test_evaluation;

void test_evaluation_begin(test_evaluation *test, ap_trajectory_frame frame);
void test_evaluation_end(test_evaluation *test);

/* One state in the plane, with its velocity. */
ap_trajectory_state test_state(double time_s, double x_m, double y_m, double east_mps,
                               double north_mps);

void test_truth(test_evaluation *test, uint64_t id, ap_trajectory_state state);
void test_track(test_evaluation *test, uint64_t id, ap_trajectory_state state);

/* Small room, from time 0 in steps of a second, c = 10 m. */
ap_evaluation_config test_config(void);

/* Sorts, evaluates to the end and gives the result; asserts that it can. */
const ap_evaluation_result *test_evaluate(test_evaluation *test,
                                          const ap_evaluation_config *config);

#endif
