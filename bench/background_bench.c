/* False tracks where clutter stands out: a wind park, a sea, rain that moves on, and even clutter.
 * Each line is the sum of RUNS runs of 100 turns with 40 aircraft in straight flight; the scene is
 * src/track/test_scene.h. Times are of track and aircraft: a false track that is shown for 100 s
 * counts 100. */
#include <inttypes.h>
#include <stdio.h>

#include "track/test_scene.h"

#define RUNS 5

static const struct {
    const char *name;
    scene scene;
} scenes[] = {
    { "even, 70 a turn", { .even = 70.0 } },
    { "wind park of 10 km, 50 a turn",
      { .even = 20.0,
        .more = 50.0,
        .west_m = 35e3,
        .east_m = 45e3,
        .south_m = 25e3,
        .north_m = 35e3 } },
    { "road of 1 by 80 km, 30 a turn",
      { .even = 20.0,
        .more = 30.0,
        .west_m = 20e3,
        .east_m = 21e3,
        .south_m = -40e3,
        .north_m = 40e3 } },
    { "sea to the west, 200 a turn",
      { .even = 20.0,
        .more = 200.0,
        .west_m = -100e3,
        .east_m = -50e3,
        .south_m = -100e3,
        .north_m = 100e3 } },
};

int main(void)
{
    for (size_t i = 0; i < sizeof scenes / sizeof scenes[0]; i++) {
        scene_sums sums = { 0 };
        for (uint64_t run = 1; run <= RUNS; run++) {
            scene s = scenes[i].scene;
            s.turns = 100;
            s.seed = run;
            if (!scene_run(&s, &sums))
                return 1;
        }
        printf("%-30s  shown %.2f %% of the time, false %.0f s; %" PRIu64 " born, %" PRIu64
               " confirmed\n",
               scenes[i].name, 100.0 * sums.true_s / sums.aircraft_s, sums.false_s, sums.born,
               sums.confirmed);
    }
    return 0;
}
