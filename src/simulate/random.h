/* Random numbers that depend on what they are for, not on what was drawn before.
 *
 * Counter-based: a generator is named by (seed, stream, element, event), e.g. the run, the radar,
 * the flight and the turn. Another sensor or flight changes nothing for the rest. SplitMix64's
 * finaliser over a Weyl sequence (Steele, Lea, Flood 2014). */
#ifndef AP_SIMULATE_RANDOM_H
#define AP_SIMULATE_RANDOM_H

#include <stdint.h>

typedef struct ap_random {
    uint64_t key, count;
} ap_random;

ap_random ap_random_of(uint64_t seed, uint32_t stream, uint32_t element, uint64_t event);

/* Uniform in [0, 1), and in [low, high). */
double ap_random_unit(ap_random *random);
double ap_random_between(ap_random *random, double low, double high);

/* Whole number in [0, count), count >= 1. */
uint32_t ap_random_below(ap_random *random, uint32_t count);

/* Mean 0, standard deviation 1 (Box and Muller). */
double ap_random_normal(ap_random *random);

/* Poisson with this mean, [0, 100]; larger means are taken as 100. */
uint32_t ap_random_poisson(ap_random *random, double mean);

#endif
