/* Which tracks a plot is compared with where they are too many: the nearest, firm ones apart from
 * tentative ones, so that no flood of new tracks hides those that are sure. */
#include "track/state.h"

#include <math.h>

#include "track/nearest.h"

#define FIRM_MAX 16 /* tracks that a plot in a crowd is compared with */
#define TENTATIVE_MAX 32
#define FIRM_SHARE 6 /* of AP_EDGES_PER_PLOT, at most */
#define MEAN_RADIUS_M 6371000.0
#define APART_MAX_M 50000.0 /* further than any reach */

void ap_crowd_init(ap_state *state, ap_arena *arena)
{
    state->bench.point = ap_arena_take(arena, state->config.track_cap, sizeof(ap_point));
}

/* On a sphere: heights do not count, for a plot without one was placed at a guess. */
static void place_on_sphere(ap_vec3 ecef, double at[3])
{
    double r = sqrt(ecef.x_m * ecef.x_m + ecef.y_m * ecef.y_m + ecef.z_m * ecef.z_m);
    double scale = MEAN_RADIUS_M / fmax(r, 1.0);
    at[0] = scale * ecef.x_m;
    at[1] = scale * ecef.y_m;
    at[2] = scale * ecef.z_m;
}

static uint32_t add_points(ap_state *state, ap_utc_ns time_utc, bool tentative, uint32_t count)
{
    const ap_store *store = &state->store;
    for (uint32_t slot = store->oldest; slot != AP_SLOT_NONE; slot = store->link[slot].newer) {
        if ((store->pulse[slot].state == AP_TRACK_TENTATIVE) != tentative)
            continue;
        const ap_hot *hot = &store->hot[slot];
        double dt_s = ap_seconds_between(hot->time_utc, time_utc);
        ap_vec3 at = { hot->ecef.x_m + dt_s * hot->velocity_mps[0],
                       hot->ecef.y_m + dt_s * hot->velocity_mps[1],
                       hot->ecef.z_m + dt_s * hot->velocity_mps[2] };
        ap_point *point = &state->bench.point[count++];
        place_on_sphere(at, point->at);
        point->item = slot;
    }
    return count;
}

/* All tracks, where they are at the time of a plot of the group: the others are at most a window
 * off. Once a group, and only of groups in which there is a crowd. */
static void build(ap_state *state, ap_utc_ns time_utc)
{
    ap_bench *b = &state->bench;
    b->point_stamp = b->stamp;
    b->firm_count = add_points(state, time_utc, false, 0);
    b->point_count = add_points(state, time_utc, true, b->firm_count);
    ap_nearest_build(b->point, b->firm_count);
    ap_nearest_build(b->point + b->firm_count, b->point_count - b->firm_count);
}

size_t ap_crowd_seek(ap_state *state, const ap_measure *measure, uint32_t *slots)
{
    ap_bench *b = &state->bench;
    double at[3];
    if (b->point_stamp != b->stamp)
        build(state, measure->time_utc);
    place_on_sphere(measure->ecef, at);
    size_t firm = ap_nearest_find(b->point, b->firm_count, at, APART_MAX_M,
                                  b->is_full ? FIRM_SHARE : FIRM_MAX, slots);
    return firm + ap_nearest_find(
                      b->point + b->firm_count, b->point_count - b->firm_count, at, APART_MAX_M,
                      b->is_full ? AP_EDGES_PER_PLOT - firm : TENTATIVE_MAX, slots + firm);
}
