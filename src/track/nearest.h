/* The nearest of many points: a k-d tree in the order of an array. */
#ifndef AP_TRACK_NEAREST_H
#define AP_TRACK_NEAREST_H

#include <stddef.h>
#include <stdint.h>

typedef struct ap_point {
    double at[3];
    uint32_t item; /* what it stands for */
} ap_point;

#define AP_NEAREST_CAP 32 /* points of one answer */
#define AP_NEAREST_LOOKS                                                                           \
    1024 /* at points for one answer: more are needed where thousands are in one place only,       \
          * and then it is of those seen so far */

/* Brings the points into the order of the tree. Any places, many in one, too; those that are not
 * finite are found at random. O(count log count) on average. */
void ap_nearest_build(ap_point *point, uint32_t count);

/* The items of the points nearest to `at` and nearer than reach, at most cap <= AP_NEAREST_CAP,
 * nearest first; returns how many. Of points equally far any are taken, the same for the same
 * tree. */
size_t ap_nearest_find(const ap_point *point, uint32_t count, const double at[3], double reach,
                       size_t cap, uint32_t *items);

#endif
