#include "track/grid.h"

#include <math.h>

#define CELL_BITS 21
#define CELL_BIAS (1 << (CELL_BITS - 1))
#define NO_KEY UINT64_MAX
#define CELLS_MAX (6u * 6u * 6u) /* that a cube touches */

_Static_assert(2 * (int)AP_GRID_RADIUS_MAX_M <= 4 * (int)AP_GRID_CELL_M, "six across are enough");

static inline int64_t cell_of(double m)
{
    const double far_m = (CELL_BIAS - 1) * AP_GRID_CELL_M;
    if (fabs(m) < far_m)
        return (int64_t)(m * (1.0 / AP_GRID_CELL_M) + CELL_BIAS);
    return m > 0.0 ? 2 * CELL_BIAS - 1 : 0; /* 0 of NaN, too */
}

static uint64_t key_of(int64_t x, int64_t y, int64_t z)
{
    return ((uint64_t)x << (2 * CELL_BITS)) | ((uint64_t)y << CELL_BITS) | (uint64_t)z;
}

/* Blocks of 2 x 2 x 4 cells are hashed; the cells of one lie side by side in a cache line. */
static inline uint32_t bucket_of(const ap_grid *grid, int64_t x, int64_t y, int64_t z)
{
    uint64_t block = key_of(x >> 1, y >> 1, z >> 2);
    block ^= block >> 31;
    block *= UINT64_C(0x9E3779B97F4A7C15);
    uint32_t within = (uint32_t)((x & 1) << 3 | (y & 1) << 2 | (z & 3));
    return ((uint32_t)(block >> 32) << 4 | within) & (grid->bucket_count - 1);
}

static uint32_t bucket_of_key(const ap_grid *grid, uint64_t key)
{
    const uint64_t mask = (UINT64_C(1) << CELL_BITS) - 1;
    return bucket_of(grid, (int64_t)(key >> (2 * CELL_BITS)), (int64_t)((key >> CELL_BITS) & mask),
                     (int64_t)(key & mask));
}

void ap_grid_init(ap_grid *grid, uint32_t item_cap, ap_arena *arena)
{
    uint32_t buckets = 64;
    while (buckets < 2 * item_cap)
        buckets *= 2;
    *grid = (ap_grid){ .bucket_count = buckets, .item_cap = item_cap };
    grid->head = ap_arena_take(arena, buckets, sizeof *grid->head);
    grid->item = ap_arena_take(arena, item_cap, sizeof *grid->item);
    if (grid->item)
        ap_grid_reset(grid);
}

void ap_grid_reset(ap_grid *grid)
{
    for (uint32_t i = 0; i < grid->bucket_count; i++)
        grid->head[i] = AP_GRID_NONE;
    for (uint32_t i = 0; i < grid->item_cap; i++)
        grid->item[i].key = NO_KEY;
}

void ap_grid_remove(ap_grid *grid, uint32_t item)
{
    ap_grid_item *it = &grid->item[item];
    if (it->key == NO_KEY)
        return;
    if (it->prev != AP_GRID_NONE)
        grid->item[it->prev].next = it->next;
    else
        grid->head[bucket_of_key(grid, it->key)] = it->next;
    if (it->next != AP_GRID_NONE)
        grid->item[it->next].prev = it->prev;
    it->key = NO_KEY;
}

void ap_grid_put(ap_grid *grid, uint32_t item, ap_vec3 ecef)
{
    uint64_t key = key_of(cell_of(ecef.x_m), cell_of(ecef.y_m), cell_of(ecef.z_m));
    if (grid->item[item].key == key)
        return;
    ap_grid_remove(grid, item);
    uint32_t *head = &grid->head[bucket_of_key(grid, key)];
    grid->item[item] = (ap_grid_item){ .key = key, .next = *head, .prev = AP_GRID_NONE };
    if (*head != AP_GRID_NONE)
        grid->item[*head].prev = item;
    *head = item;
}

/* A cell, and the first item in its bucket. */
typedef struct cell {
    uint64_t key;
    uint32_t item;
} cell;

/* Lists the cells of a cube that are not empty. Whether one is, no processor can guess: so there is
 * no branch on it. */
static size_t list_cells(const ap_grid *grid, ap_vec3 ecef, double r, cell cells[CELLS_MAX])
{
    int64_t x1 = cell_of(ecef.x_m + r), y1 = cell_of(ecef.y_m + r), z1 = cell_of(ecef.z_m + r);
    int64_t y0 = cell_of(ecef.y_m - r), z0 = cell_of(ecef.z_m - r);
    size_t count = 0;
    for (int64_t x = cell_of(ecef.x_m - r); x <= x1; x++)
        for (int64_t y = y0; y <= y1; y++)
            for (int64_t z = z0; z <= z1; z++) {
                uint32_t item = grid->head[bucket_of(grid, x, y, z)];
                cells[count] = (cell){ .key = key_of(x, y, z), .item = item };
                count += item != AP_GRID_NONE;
            }
    return count;
}

size_t ap_grid_near(const ap_grid *grid, ap_vec3 ecef, double radius_m, uint32_t *items, size_t cap)
{
    cell cells[CELLS_MAX];
    double r = radius_m < AP_GRID_RADIUS_MAX_M ? radius_m : AP_GRID_RADIUS_MAX_M;
    size_t count = 0, cell_count = list_cells(grid, ecef, r, cells);
    for (size_t c = 0; c < cell_count; c++) {
        uint64_t key = cells[c].key;
        uint32_t item = cells[c].item;
        for (; item != AP_GRID_NONE; item = grid->item[item].next) {
            if (grid->item[item].key != key)
                continue;
            if (count == cap)
                return cap + 1; /* thousands may be in one place */
            items[count++] = item;
        }
    }
    return count;
}
