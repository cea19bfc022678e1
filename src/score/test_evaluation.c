#include "score/test_evaluation.h"

#include <assert.h>
#include <stdlib.h>

void test_evaluation_begin(test_evaluation *test, ap_trajectory_frame frame)
{
    *test = (test_evaluation){ 0 };
    ap_trajectory_config caps = {
        .trajectory_cap = 512, .state_cap = 8192, .identity_cap = 64, .has_covariances = true
    };
    size_t size = ap_trajectory_set_size(&caps);
    for (int i = 0; i < 2; i++) {
        test->mem[i] = malloc(size);
        ap_trajectory_set *set = i == 0 ? &test->truth : &test->tracks;
        ap_err err = ap_trajectory_set_init(set, frame, &caps, test->mem[i], size);
        assert(err == AP_OK);
        (void)err;
    }
}

void test_evaluation_end(test_evaluation *test)
{
    for (int i = 0; i < 3; i++)
        free(test->mem[i]);
}

ap_trajectory_state test_state(double time_s, double x_m, double y_m, double east_mps,
                               double north_mps)
{
    return (ap_trajectory_state){ .time_utc = (ap_utc_ns)(time_s * 1e3 + 0.5) * AP_NS_PER_MS,
                                  .x_m = x_m,
                                  .y_m = y_m,
                                  .east_mps = east_mps,
                                  .north_mps = north_mps,
                                  .flags = AP_STATE_HAS_VELOCITY };
}

void test_truth(test_evaluation *test, uint64_t id, ap_trajectory_state state)
{
    (void)ap_trajectory_add(&test->truth, id, &state, NULL, NULL);
}

void test_track(test_evaluation *test, uint64_t id, ap_trajectory_state state)
{
    (void)ap_trajectory_add(&test->tracks, id, &state, NULL, NULL);
}

ap_evaluation_config test_config(void)
{
    ap_evaluation_config config = ap_evaluation_config_default();
    config.origin = 0;
    config.cutoff_m = config.hold_m = config.siap_gate_m = 10.0;
    config.switch_m = 1.0;
    config.edge_cap = 10000;
    config.segment_cap = 1000;
    return config;
}

const ap_evaluation_result *test_evaluate(test_evaluation *test, const ap_evaluation_config *config)
{
    ap_trajectory_set_sort(&test->truth);
    ap_trajectory_set_sort(&test->tracks);
    size_t size = ap_evaluation_size(config, &test->truth, &test->tracks);
    assert(size > 0);
    free(test->mem[2]);
    test->mem[2] = malloc(size);
    ap_err err = ap_evaluation_init(&test->evaluation, config, &test->truth, &test->tracks,
                                    test->mem[2], size);
    assert(err == AP_OK);
    (void)err;
    while (!ap_evaluation_step(&test->evaluation, 16, NULL))
        ;
    return ap_evaluation_result_of(&test->evaluation);
}
