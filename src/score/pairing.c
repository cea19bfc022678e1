#include "score/pairing.h"

#include <math.h>
#include <string.h>

#define MERIDIAN_RADIUS_MIN_M 6.3e6 /* below the smallest radius of curvature, 6,335 km */

void ap_pairing_init(ap_pairing *pairing, ap_arena *arena, double cutoff_m, int power,
                     size_t truth_cap, size_t track_cap, size_t edge_cap)
{
    *pairing = (ap_pairing){
        .cutoff_m = cutoff_m,
        .power = power,
        .edge_cap = edge_cap,
        .row_start = ap_arena_take(arena, truth_cap + 1, sizeof(uint32_t)),
        .edge_track = ap_arena_take(arena, edge_cap, sizeof(uint32_t)),
        .edge_cost = ap_arena_take(arena, edge_cap, sizeof(double)),
        .kept_cost = ap_arena_take(arena, edge_cap, sizeof(double)),
        .by_latitude = ap_arena_take(arena, track_cap, sizeof(uint32_t)),
        .track_near = ap_arena_take(arena, track_cap, sizeof(bool)),
    };
    ap_assign_init(&pairing->assign, arena, truth_cap, track_cap);
}

void ap_pairing_offset(const ap_enu_frame *frame, ap_geodetic other, double *east_m,
                       double *north_m)
{
    other.height_m = frame->origin.height_m;
    ap_vec3 enu = ap_enu_from_ecef(frame, ap_ecef_from_geodetic(other));
    *east_m = enu.x_m;
    *north_m = enu.y_m;
}

static bool is_south_of(const ap_geodetic *tracks, uint32_t a, uint32_t b)
{
    if (tracks[a].latitude_rad != tracks[b].latitude_rad)
        return tracks[a].latitude_rad < tracks[b].latitude_rad;
    return a < b;
}

static void sift_down(uint32_t *heap, size_t at, size_t count, const ap_geodetic *tracks)
{
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= count)
            return;
        if (child + 1 < count && is_south_of(tracks, heap[child], heap[child + 1]))
            child++;
        if (!is_south_of(tracks, heap[at], heap[child]))
            return;
        uint32_t up = heap[child];
        heap[child] = heap[at];
        heap[at] = up;
        at = child;
    }
}

/* Heap sort: no heap memory, no recursion, n log n whatever the order was. */
static void sort_by_latitude(uint32_t *order, size_t count, const ap_geodetic *tracks)
{
    for (uint32_t i = 0; i < count; i++)
        order[i] = i;
    for (size_t i = count / 2; i-- > 0;)
        sift_down(order, i, count, tracks);
    for (size_t end = count; end > 1; end--) {
        uint32_t last = order[0];
        order[0] = order[end - 1];
        order[end - 1] = last;
        sift_down(order, 0, end - 1, tracks);
    }
}

static size_t first_from(const ap_pairing *pairing, size_t count, const ap_geodetic *tracks,
                         double latitude_rad)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (tracks[pairing->by_latitude[middle]].latitude_rad < latitude_rad)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void ap_pairing_begin(ap_pairing *pairing, size_t track_count)
{
    pairing->edge_count = 0;
    if (track_count > 0)
        memset(pairing->track_near, 0, track_count * sizeof(bool));
}

void ap_pairing_begin_truth(ap_pairing *pairing, size_t truth)
{
    pairing->row_start[truth] = (uint32_t)pairing->edge_count;
}

void ap_pairing_add(ap_pairing *pairing, uint32_t track, double distance_m)
{
    pairing->track_near[track] = true;
    if (pairing->edge_count == pairing->edge_cap) {
        pairing->edge_refused_count++;
        return;
    }
    pairing->edge_track[pairing->edge_count] = track;
    pairing->edge_cost[pairing->edge_count] =
        pairing->power == 1 ? distance_m : distance_m * distance_m;
    pairing->edge_count++;
}

static void find_edges(ap_pairing *pairing, const ap_enu_frame *truth, size_t track_count,
                       const ap_geodetic *tracks)
{
    double reach_rad = pairing->cutoff_m / MERIDIAN_RADIUS_MIN_M;
    double north_rad = truth->origin.latitude_rad + reach_rad;
    size_t at = first_from(pairing, track_count, tracks, truth->origin.latitude_rad - reach_rad);
    for (; at < track_count; at++) {
        uint32_t track = pairing->by_latitude[at];
        if (tracks[track].latitude_rad > north_rad)
            return;
        double east_m, north_m;
        ap_pairing_offset(truth, tracks[track], &east_m, &north_m);
        double distance_m = hypot(east_m, north_m);
        if (distance_m < pairing->cutoff_m)
            ap_pairing_add(pairing, track, distance_m);
    }
}

static double alone_cost(const ap_pairing *pairing)
{
    return pairing->power == 1 ? pairing->cutoff_m : pairing->cutoff_m * pairing->cutoff_m;
}

double ap_pairing_cost(const ap_pairing *pairing, size_t truth)
{
    uint32_t track = pairing->assign.column_of_row[truth];
    for (uint32_t e = pairing->row_start[truth]; e < pairing->row_start[truth + 1]; e++)
        if (pairing->edge_track[e] == track)
            return pairing->edge_cost[e];
    return 0.0;
}

void ap_pairing_finish(ap_pairing *pairing, size_t truth_count, size_t track_count)
{
    pairing->row_start[truth_count] = (uint32_t)pairing->edge_count;
    ap_assign_edges edges = { pairing->row_start, pairing->edge_track, pairing->edge_cost };
    pairing->pair_count =
        ap_assign_solve(&pairing->assign, truth_count, track_count, &edges, alone_cost(pairing));
    pairing->pair_cost_sum = 0.0;
    for (size_t i = 0; i < truth_count; i++)
        pairing->pair_cost_sum += ap_pairing_cost(pairing, i);
}

void ap_pairing_solve(ap_pairing *pairing, size_t truth_count, const ap_enu_frame *truths,
                      size_t track_count, const ap_geodetic *tracks)
{
    ap_pairing_begin(pairing, track_count);
    sort_by_latitude(pairing->by_latitude, track_count, tracks);
    for (size_t i = 0; i < truth_count; i++) {
        ap_pairing_begin_truth(pairing, i);
        find_edges(pairing, &truths[i], track_count, tracks);
    }
    ap_pairing_finish(pairing, truth_count, track_count);
}

size_t ap_pairing_near(const ap_pairing *pairing, size_t truth, const uint32_t **tracks)
{
    *tracks = &pairing->edge_track[pairing->row_start[truth]];
    return pairing->row_start[truth + 1] - pairing->row_start[truth];
}

/* A kept edge costs nothing and all else at least the price of a miss, so that giving one up never
 * pays: it would cost that price and save less. */
void ap_pairing_keep(ap_pairing *pairing, size_t truth_count, size_t track_count,
                     const uint32_t *kept_track)
{
    double alone = alone_cost(pairing);
    for (size_t i = 0; i < truth_count; i++)
        for (uint32_t e = pairing->row_start[i]; e < pairing->row_start[i + 1]; e++)
            pairing->kept_cost[e] =
                pairing->edge_track[e] == kept_track[i] ? 0.0 : alone + pairing->edge_cost[e];
    ap_assign_edges edges = { pairing->row_start, pairing->edge_track, pairing->kept_cost };
    (void)ap_assign_solve(&pairing->assign, truth_count, track_count, &edges, 2.0 * alone);
}

uint32_t ap_pairing_track(const ap_pairing *pairing, size_t truth)
{
    return pairing->assign.column_of_row[truth];
}
