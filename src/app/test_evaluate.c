#include "app/test_evaluate.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <unistd.h>

#include "airpicture/geo.h"
#include "app/evaluate_options.h"

static const ap_command command = { .name = "evaluate" };

void test_evaluate_begin(test_evaluate *test)
{
    *test = (test_evaluate){ .options = ap_evaluate_options_default(&command) };
    test->options.truth_path = "truth.csv";
    test->options.quiet = true;
    test->side.path = "tracks.csv";
    test->run.options = &test->options;
    (void)ap_evaluate_options_finish(&test->options);
    ap_share_bar_start(&test->run.bar, true);
    ap_samples_init(&test->run.truth);
    ap_samples_init(&test->side.tracks);
}

void test_evaluate_end(test_evaluate *test)
{
    ap_evaluate_side_close(&test->side);
    ap_evaluate_run_close(&test->run);
}

static void add(ap_samples *samples, ap_trajectory_frame frame, uint64_t id,
                const ap_trajectory_state *state)
{
    ap_err err = ap_samples_add(samples, frame, id, state, NULL, NULL, -1.0);
    assert(err == AP_OK);
    (void)err;
}

void test_evaluate_plane(ap_samples *samples, uint64_t id, double time_s, double x_m, double y_m)
{
    ap_trajectory_state s = { .time_utc = ap_utc_add_s(0, time_s), .flags = AP_STATE_HAS_VELOCITY };
    s.x_m = x_m;
    s.y_m = y_m;
    s.north_mps = 100.0;
    add(samples, AP_TRAJECTORY_PLANE, id, &s);
}

void test_evaluate_degrees(ap_samples *samples, uint64_t id, double time_s, double latitude_deg,
                           double longitude_deg, double height_m)
{
    ap_trajectory_state s = { .time_utc = ap_utc_add_s(0, time_s), .flags = AP_STATE_HAS_VELOCITY };
    s.latitude_rad = latitude_deg * AP_RAD_PER_DEG;
    s.longitude_rad = longitude_deg * AP_RAD_PER_DEG;
    s.north_mps = 100.0;
    if (!isnan(height_m)) {
        s.flags |= AP_STATE_HAS_HEIGHT;
        s.height_m = (float)height_m;
    }
    add(samples, AP_TRAJECTORY_GEODETIC, id, &s);
}

void test_evaluate_flights(test_evaluate *test, uint64_t count)
{
    for (uint64_t id = 1; id <= count; id++)
        for (int t = 0; t <= 60; t++) {
            double x_m = 20e3 * (double)id, y_m = 100.0 * t;
            test_evaluate_plane(&test->run.truth, id, t, x_m, y_m);
            test_evaluate_plane(&test->side.tracks, 100 + id, t, x_m + 30.0, y_m + 40.0);
        }
}

typedef int (*step)(ap_evaluate_run *run, ap_evaluate_side *side);

/* What it says goes into a file, which is read back. */
static int call(test_evaluate *test, step what)
{
    FILE *file = tmpfile();
    fflush(stderr);
    int saved = dup(STDERR_FILENO);
    assert(file && saved >= 0);
    (void)dup2(fileno(file), STDERR_FILENO);
    ap_trajectory_set_sort(&test->run.truth.set);
    ap_trajectory_set_sort(&test->side.tracks.set);
    int status = what(&test->run, &test->side);
    fflush(stderr);
    (void)dup2(saved, STDERR_FILENO);
    close(saved);
    rewind(file);
    test->said[fread(test->said, 1, sizeof test->said - 1, file)] = '\0';
    fclose(file);
    return status;
}

static int check(ap_evaluate_run *run, ap_evaluate_side *side)
{
    return ap_evaluate_check(run, side);
}

int test_evaluate_check(test_evaluate *test)
{
    return call(test, check);
}

int test_evaluate_score(test_evaluate *test)
{
    return call(test, ap_evaluate_score);
}
