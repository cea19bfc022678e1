/* Generators: traffic drawn from the seed, as routes.
 *
 * Flight i of generator g depends on (seed, g, i) and the generator's values alone. Speeds and
 * heights stay within what the class of craft can do. */
#ifndef AP_SIMULATE_GENERATE_H
#define AP_SIMULATE_GENERATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "simulate/route.h"
#include "simulate/world.h"

#define AP_GENERATE_POINT_MAX 32u

/* One flight of a generator: a route, or a place beside an earlier flight of the same one. */
typedef struct ap_generated {
    ap_route route; /* points: into `points` */
    ap_route_point points[AP_GENERATE_POINT_MAX];
    double birth_s;  /* the route may begin earlier, outside of the run */
    uint32_t leader; /* index within the generator; AP_SCENARIO_NONE */
    double behind_m, right_m;
    ap_equipment equipment;
    uint8_t emitter_category; /* 0: the craft's */
    double area_m2;           /* 0: the craft's */
} ap_generated;

/* False when a value is out of its range; then `why` says what was expected (cut to `size`,
 * terminated). */
bool ap_generate_check(const ap_scenario *scenario, const ap_scenario_generator *generator,
                       char *why, size_t size);

/* Draws flight `index` < flight_count of generator `generator`, which is not MIXED. */
void ap_generate(const ap_world *world, uint32_t generator, uint32_t index, ap_generated *out);

#endif
