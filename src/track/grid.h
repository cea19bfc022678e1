/* Where things are: a hash of cubic cells of space over ECEF positions.
 *
 * Cells of space rather than of latitude and longitude: poles and date line are places like any
 * other. Items are numbers below a cap; each is in one cell or in none. */
#ifndef AP_TRACK_GRID_H
#define AP_TRACK_GRID_H

#include <stddef.h>
#include <stdint.h>

#include "airpicture/geo.h"
#include "base/arena.h"

#define AP_GRID_NONE UINT32_MAX
#define AP_GRID_CELL_M 12000.0
#define AP_GRID_RADIUS_MAX_M 24000.0 /* of a query */

typedef struct ap_grid_item {
    uint64_t key;        /* of its cell; UINT64_MAX: in none */
    uint32_t next, prev; /* within a bucket */
} ap_grid_item;

typedef struct ap_grid {
    uint32_t bucket_count; /* a power of two */
    uint32_t item_cap;
    uint32_t *head;     /* [bucket_count], AP_GRID_NONE: empty; neighbours share a cache line */
    ap_grid_item *item; /* [item_cap] */
} ap_grid;

void ap_grid_init(ap_grid *grid, uint32_t item_cap, ap_arena *arena);
void ap_grid_reset(ap_grid *grid);

/* Puts an item where it is now; cheap when it stays in its cell. */
void ap_grid_put(ap_grid *grid, uint32_t item, ap_vec3 ecef);
void ap_grid_remove(ap_grid *grid, uint32_t item);

/* Items of every cell that the cube with half side `radius_m` about a place touches, and of no
 * other: all that are within the radius, and some that are further, up to a cell beyond the cube.
 * Of those, at most `cap`; returns how many there are, or, when they are more than `cap`, some
 * number greater than it. Borders of cells are exact to 0.01 mm. radius_m >= 0, cut to
 * AP_GRID_RADIUS_MAX_M. Order: by cell, then newest in it first. */
size_t ap_grid_near(const ap_grid *grid, ap_vec3 ecef, double radius_m, uint32_t *items,
                    size_t cap);

#endif
