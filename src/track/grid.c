#include "track/grid.h"

#include <math.h>

#define CELL_BITS 21
#define CELL_BIAS (1 << (CELL_BITS - 1))
#define NO_KEY UINT64_MAX

static int64_t cell_of(double m)
{
    double cell = floor(m / AP_GRID_CELL_M);
    if (!(cell > -CELL_BIAS)) /* NaN, too */
        return 0;
    return cell < CELL_BIAS - 1 ? (int64_t)cell + CELL_BIAS : 2 * CELL_BIAS - 1;
}

static uint64_t key_of(int64_t x, int64_t y, int64_t z)
{
    return ((uint64_t)x << (2 * CELL_BITS)) | ((uint64_t)y << CELL_BITS) | (uint64_t)z;
}

static uint32_t bucket_of(const ap_grid *grid, uint64_t key)
{
    key ^= key >> 31;
    key *= UINT64_C(0x9E3779B97F4A7C15);
    return (uint32_t)(key >> 32) & (grid->bucket_count - 1);
}

void ap_grid_init(ap_grid *grid, uint32_t item_cap, ap_arena *arena)
{
    uint32_t buckets = 64;
    while (buckets < 2 * item_cap)
        buckets *= 2;
    *grid = (ap_grid){ .bucket_count = buckets, .item_cap = item_cap };
    grid->head = ap_arena_take(arena, buckets, sizeof *grid->head);
    grid->next = ap_arena_take(arena, item_cap, sizeof *grid->next);
    grid->prev = ap_arena_take(arena, item_cap, sizeof *grid->prev);
    grid->key = ap_arena_take(arena, item_cap, sizeof *grid->key);
    if (grid->key)
        ap_grid_reset(grid);
}

void ap_grid_reset(ap_grid *grid)
{
    for (uint32_t i = 0; i < grid->bucket_count; i++)
        grid->head[i] = AP_GRID_NONE;
    for (uint32_t i = 0; i < grid->item_cap; i++)
        grid->key[i] = NO_KEY;
}

void ap_grid_remove(ap_grid *grid, uint32_t item)
{
    if (grid->key[item] == NO_KEY)
        return;
    uint32_t next = grid->next[item], prev = grid->prev[item];
    if (prev != AP_GRID_NONE)
        grid->next[prev] = next;
    else
        grid->head[bucket_of(grid, grid->key[item])] = next;
    if (next != AP_GRID_NONE)
        grid->prev[next] = prev;
    grid->key[item] = NO_KEY;
}

void ap_grid_put(ap_grid *grid, uint32_t item, ap_vec3 ecef)
{
    uint64_t key = key_of(cell_of(ecef.x_m), cell_of(ecef.y_m), cell_of(ecef.z_m));
    if (grid->key[item] == key)
        return;
    ap_grid_remove(grid, item);
    uint32_t bucket = bucket_of(grid, key);
    grid->key[item] = key;
    grid->prev[item] = AP_GRID_NONE;
    grid->next[item] = grid->head[bucket];
    if (grid->head[bucket] != AP_GRID_NONE)
        grid->prev[grid->head[bucket]] = item;
    grid->head[bucket] = item;
}

size_t ap_grid_near(const ap_grid *grid, ap_vec3 ecef, double radius_m, uint32_t *items, size_t cap)
{
    double r = fmin(radius_m, AP_GRID_RADIUS_MAX_M);
    int64_t x1 = cell_of(ecef.x_m + r), y1 = cell_of(ecef.y_m + r), z1 = cell_of(ecef.z_m + r);
    int64_t y0 = cell_of(ecef.y_m - r), z0 = cell_of(ecef.z_m - r);
    size_t count = 0;
    for (int64_t x = cell_of(ecef.x_m - r); x <= x1; x++)
        for (int64_t y = y0; y <= y1; y++)
            for (int64_t z = z0; z <= z1; z++) {
                uint64_t key = key_of(x, y, z);
                uint32_t item = grid->head[bucket_of(grid, key)];
                for (; item != AP_GRID_NONE; item = grid->next[item]) {
                    if (grid->key[item] != key)
                        continue;
                    if (count < cap)
                        items[count] = item;
                    count++;
                }
            }
    return count;
}
