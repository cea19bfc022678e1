#include "simulate/path.h"

#include <math.h>

static ap_vec3 combine(double a, ap_vec3 u, double b, ap_vec3 v)
{
    return (ap_vec3){ a * u.x_m + b * v.x_m, a * u.y_m + b * v.y_m, a * u.z_m + b * v.z_m };
}

/* Mean velocity from one node to the next. */
static ap_vec3 chord(const ap_path_node *from)
{
    double rate = 1.0 / (from[1].time_s - from[0].time_s);
    return combine(rate, from[1].position, -rate, from[0].position);
}

/* Derivative at node i of the parabola through it and its neighbours; at an end, of the parabola
 * through the first or last three. */
static ap_vec3 slope(const ap_path_node *nodes, uint32_t count, uint32_t i)
{
    if (count == 2)
        return chord(nodes);
    uint32_t middle = i == 0 ? 1 : i == count - 1 ? count - 2 : i;
    double before_s = nodes[middle].time_s - nodes[middle - 1].time_s;
    double after_s = nodes[middle + 1].time_s - nodes[middle].time_s;
    ap_vec3 before = chord(&nodes[middle - 1]), after = chord(&nodes[middle]);
    double sum_s = before_s + after_s;
    ap_vec3 half = combine(1.0 / sum_s, after, -1.0 / sum_s, before); /* half the acceleration */
    ap_vec3 at = combine(after_s / sum_s, before, before_s / sum_s, after);
    if (i < middle)
        return combine(1.0, at, -2.0 * before_s, half);
    return i > middle ? combine(1.0, at, 2.0 * after_s, half) : at;
}

void ap_path_make(const ap_path_point *points, uint32_t count, ap_path_node *nodes)
{
    for (uint32_t i = 0; i < count; i++)
        nodes[i] = (ap_path_node){ .time_s = points[i].time_s,
                                   .position = ap_ecef_from_geodetic(points[i].position) };
    for (uint32_t i = 0; i < count; i++) {
        const ap_path_point *point = &points[i];
        if (isnan(point->east_mps) || isnan(point->north_mps) || isnan(point->up_mps)) {
            nodes[i].velocity = slope(nodes, count, i);
            continue;
        }
        ap_enu_frame local = ap_enu_frame_at(point->position);
        nodes[i].velocity =
            ap_ecef_rotate(&local, (ap_vec3){ point->east_mps, point->north_mps, point->up_mps });
    }
}

/* Index of the piece that holds the time: the node before it, at most the last but one. */
static uint32_t find(const ap_path_node *nodes, uint32_t count, double time_s, uint32_t *hint)
{
    uint32_t low = *hint < count - 1 ? *hint : 0;
    if (time_s < nodes[low].time_s)
        low = 0;
    uint32_t high = low + 1;
    for (uint32_t step = 1; high < count - 1 && nodes[high].time_s <= time_s; step *= 2) {
        low = high;
        high = step < count - 1 - high ? high + step : count - 1;
    }
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (nodes[middle].time_s <= time_s)
            low = middle;
        else
            high = middle;
    }
    return *hint = low;
}

static void go_on(const ap_path_node *node, double time_s, ap_vec3 *position, ap_vec3 *velocity,
                  ap_vec3 *acceleration)
{
    *position = combine(1.0, node->position, time_s - node->time_s, node->velocity);
    *velocity = node->velocity;
    if (acceleration)
        *acceleration = (ap_vec3){ 0 };
}

void ap_path_at(const ap_path_node *nodes, uint32_t count, double time_s, uint32_t *hint,
                ap_vec3 *position, ap_vec3 *velocity, ap_vec3 *acceleration)
{
    if (time_s <= nodes[0].time_s || time_s >= nodes[count - 1].time_s) {
        go_on(time_s <= nodes[0].time_s ? &nodes[0] : &nodes[count - 1], time_s, position, velocity,
              acceleration);
        return;
    }
    const ap_path_node *a = &nodes[find(nodes, count, time_s, hint)], *b = a + 1;
    double h = b->time_s - a->time_s, s = (time_s - a->time_s) / h;
    /* p = a + h s (va + s ((3 c - 2 va - vb) + s (va + vb - 2 c))), c the chord's velocity. */
    ap_vec3 c = chord(a);
    ap_vec3 two = combine(3.0, c, -1.0, combine(2.0, a->velocity, 1.0, b->velocity));
    ap_vec3 three = combine(1.0, combine(1.0, a->velocity, 1.0, b->velocity), -2.0, c);
    ap_vec3 mean = combine(1.0, a->velocity, s, combine(1.0, two, s, three));
    *position = combine(1.0, a->position, h * s, mean);
    *velocity = combine(1.0, a->velocity, s, combine(2.0, two, 3.0 * s, three));
    if (acceleration)
        *acceleration = combine(2.0 / h, two, 6.0 * s / h, three);
}
