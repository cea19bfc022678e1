#include "track/clutter.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "airpicture/geo.h"

#define LEVELS 3u
#define LEVEL_BITS 2u             /* a part holds 4 by 4 of the level before it */
#define GROWTH (1.0 + 1.0 / 64.0) /* of the weight, a turn */
#define WEIGHT_MAX 1024.0
#define CHANCE_SIGMAS                                                                              \
    3.0 /* what the counts of a block may differ by without meaning anything; ... */
#define CHANCE_PLOTS2                                                                              \
    16.0 /* ... four plots in one part mean nothing either: those of an aircraft                   \
          * that is no track yet come together */
#define SPREAD_MAX 16.0
#define ANEW_TURNS 32u /* a block is looked at anew after so many, and after 1, 2, 4, 8 and 16 */

/* Place in count[] of the part of a level that the smallest one lies in. */
static inline uint32_t place_of(uint32_t ring, uint32_t sector, uint32_t level)
{
    static const uint32_t first[LEVELS] = { 0, 8192, 8704 };
    uint32_t shift = LEVEL_BITS * level;
    return first[level] + (ring >> shift) * (AP_CLUTTER_SECTORS >> shift) + (sector >> shift);
}

/* Place in spread[] of the larger part that holds that of a level. */
static inline uint32_t block_of(uint32_t ring, uint32_t sector, uint32_t level)
{
    if (level + 1 == LEVELS)
        return AP_CLUTTER_BLOCKS - 1;
    return place_of(ring, sector, level + 1) - AP_CLUTTER_RINGS * AP_CLUTTER_SECTORS;
}

/* Area of the part of a level, times the turns it was looked at, weighted. */
static inline double seen_m2(const ap_clutter *c, uint32_t ring, uint32_t level)
{
    double first_m2 = AP_PI / AP_CLUTTER_SECTORS * c->ring_m * c->ring_m;
    return (double)((2u * (ring >> LEVEL_BITS * level) + 1u) << 6u * level) * first_m2 * c->turns;
}

static inline double at_least_0(float count)
{
    return count > 0.0f ? (double)count : 0.0;
}

/* The density of the part of a level, in a larger one that has `density`. Where parts differ, the
 * plot that is asked about counts itself: plots lie where clutter is. */
static inline double refine(const ap_clutter *c, uint32_t ring, uint32_t sector, uint32_t level,
                            double density)
{
    double spread = (double)c->spread[block_of(ring, sector, level)];
    if (spread <= 0.0)
        return density;
    double prior = c->weight / spread;
    double count = at_least_0(c->count[place_of(ring, sector, level)]);
    return density * (count + c->weight + prior) / (seen_m2(c, ring, level) * density + prior);
}

/* How much the densities of the parts of a block differ beyond what Poisson numbers do. */
static float spread_of(const ap_clutter *c, uint32_t ring, uint32_t sector, uint32_t level,
                       uint32_t across, double density)
{
    uint32_t step = 1u << LEVEL_BITS * level, rings = across, parts = across / step;
    if (rings > AP_CLUTTER_RINGS)
        rings = AP_CLUTTER_RINGS;
    double sum = 0.0, sum2 = 0.0, off2 = 0.0;
    for (uint32_t i = ring; i < ring + rings; i += step) {
        double mean = seen_m2(c, i, level) * density;
        const float *count = &c->count[place_of(i, sector, level)];
        for (uint32_t k = 0; k < parts; k++)
            off2 += (at_least_0(count[k]) - mean) * (at_least_0(count[k]) - mean);
        sum += parts * mean;
        sum2 += parts * mean * mean;
    }
    sum /= c->weight;
    sum2 /= c->weight * c->weight;
    off2 /= c->weight * c->weight;
    double chance = CHANCE_PLOTS2 + sum + CHANCE_SIGMAS * sqrt(2.0 * sum2 + sum);
    if (off2 <= chance)
        return 0.0f;
    double spread = (off2 - chance) / sum2;
    return (float)(spread < SPREAD_MAX ? spread : SPREAD_MAX);
}

/* Looks at one block anew: `number` counts those of a level by ring, then by sector. */
static void learn_spread(ap_clutter *c, uint32_t level, uint32_t number, double whole)
{
    bool is_disc = level + 1 == LEVELS;
    uint32_t bits = LEVEL_BITS * (level + 1), along = is_disc ? 1u : AP_CLUTTER_SECTORS >> bits;
    uint32_t ring = number / along << bits, sector = number % along << bits;
    double density = whole;
    for (uint32_t above = LEVELS; --above > level;)
        density = refine(c, ring, sector, above, density);
    c->spread[block_of(ring, sector, level)] =
        spread_of(c, ring, sector, level, is_disc ? AP_CLUTTER_SECTORS : 1u << bits, density);
}

/* Larger parts first: what theirs have is compared with them. */
static void learn_spreads(ap_clutter *c, double whole)
{
    static const uint32_t blocks[LEVELS] = { 512, 32, 1 };
    bool all = c->turn < ANEW_TURNS && (c->turn & (c->turn - 1)) == 0;
    for (uint32_t level = LEVELS; level-- > 0;)
        for (uint32_t k = all ? 0 : c->turn % ANEW_TURNS; k < blocks[level];
             k += all ? 1 : ANEW_TURNS)
            learn_spread(c, level, k, whole);
}

static void make_lighter(ap_clutter *c)
{
    float scale = (float)(1.0 / c->weight);
    for (uint32_t i = 0; i < AP_CLUTTER_PARTS; i++)
        c->count[i] *= scale;
    c->turns /= c->weight;
    c->weight = 1.0;
}

void ap_clutter_begin(ap_clutter *c, double reach_m)
{
    memset(c, 0, sizeof *c);
    c->ring_m = reach_m / AP_CLUTTER_RINGS;
    c->weight = 1.0;
}

uint16_t ap_clutter_part(const ap_clutter *c, double range_m, double azimuth_rad)
{
    double last_m = c->ring_m * (AP_CLUTTER_RINGS - 1);
    double ring = range_m < last_m ? range_m / c->ring_m : AP_CLUTTER_RINGS - 1;
    double turns = azimuth_rad * (1.0 / (2.0 * AP_PI)) + 2.0;
    uint32_t sector = (uint32_t)(turns * AP_CLUTTER_SECTORS) % AP_CLUTTER_SECTORS;
    return (uint16_t)((ring > 0.0 ? (uint32_t)ring : 0u) * AP_CLUTTER_SECTORS + sector);
}

void ap_clutter_count(ap_clutter *c, uint16_t part, double plots)
{
    uint32_t ring = part / AP_CLUTTER_SECTORS, sector = part % AP_CLUTTER_SECTORS;
    float weighted = (float)(c->weight * plots);
    c->count[place_of(ring, sector, 0)] += weighted;
    c->count[place_of(ring, sector, 1)] += weighted;
    c->count[place_of(ring, sector, 2)] += weighted;
}

void ap_clutter_turn(ap_clutter *c, double whole)
{
    c->turn++;
    c->turns += c->weight;
    learn_spreads(c, whole);
    c->weight *= GROWTH;
    if (c->weight > WEIGHT_MAX)
        make_lighter(c);
}

double ap_clutter_density(const ap_clutter *c, uint16_t part, double whole)
{
    uint32_t ring = part / AP_CLUTTER_SECTORS, sector = part % AP_CLUTTER_SECTORS;
    double density = refine(c, ring, sector, 2, whole);
    density = refine(c, ring, sector, 1, density);
    return refine(c, ring, sector, 0, density);
}
