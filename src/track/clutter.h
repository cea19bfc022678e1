/* Where a radar's false plots lie: a density for each part of its disc, learnt turn by turn. Sea, a
 * wind park, a road or rain give hundreds of times what the rest of the disc gives.
 *
 * The disc is cut into rings and sectors, sixteen of which make up a larger part, and so on. Plots
 * are Poisson, their density in a part Gamma distributed about that of the larger one: so a part
 * takes the larger one's for as long as it has too little of its own to say (the mean of the
 * conjugate posterior). How much the parts of a larger one differ is taken from their counts, by
 * moments and only beyond what chance explains: where clutter is even, all have the same. What was
 * learnt fades, for rain moves.
 */
#ifndef AP_TRACK_CLUTTER_H
#define AP_TRACK_CLUTTER_H

#include <stdint.h>

#define AP_CLUTTER_RINGS 64u
#define AP_CLUTTER_SECTORS 128u
#define AP_CLUTTER_PARTS 8736u /* of three levels: 64 by 128, 16 by 32, 4 by 8 */
#define AP_CLUTTER_BLOCKS 545u /* larger parts, and the disc */
#define AP_CLUTTER_NOWHERE UINT16_MAX

typedef struct ap_clutter {
    double ring_m;                   /* width of a ring; 0: not begun */
    double weight;                   /* of a plot in this turn: it grows, so that old ones fade */
    double turns;                    /* that were learnt from, weighted likewise */
    uint32_t turn;                   /* counts them */
    float count[AP_CLUTTER_PARTS];   /* false plots, weighted likewise; the smallest parts first */
    float spread[AP_CLUTTER_BLOCKS]; /* variance of the density among the parts of each, over its
                                      * square; 0: nothing speaks for any */
} ap_clutter;

/* Forgets all. reach_m > 0: the last ring ends here, and what lies beyond is counted to it. */
void ap_clutter_begin(ap_clutter *clutter, double reach_m);

/* The smallest part that a place lies in; azimuth in [-2 pi, 2 pi]. */
uint16_t ap_clutter_part(const ap_clutter *clutter, double range_m, double azimuth_rad);

/* So many false plots, of this turn or shortly before; less than 0: so many that are none are to
 * come. */
void ap_clutter_count(ap_clutter *clutter, uint16_t part, double plots);

/* A turn is over whose plots were counted. whole: as below. */
void ap_clutter_turn(ap_clutter *clutter, double whole);

/* False plots per m2 and turn. whole: of all the disc, > 0. */
double ap_clutter_density(const ap_clutter *clutter, uint16_t part, double whole);

#endif
