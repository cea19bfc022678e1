#include "simulate/random.h"

#include <math.h>

#include "airpicture/geo.h"

#define WEYL UINT64_C(0x9E3779B97F4A7C15)

static uint64_t mix(uint64_t z)
{
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

ap_random ap_random_of(uint64_t seed, uint32_t stream, uint32_t element, uint64_t event)
{
    uint64_t key = mix(seed + WEYL);
    key = mix(key ^ mix(((uint64_t)stream << 32 | element) + WEYL));
    return (ap_random){ .key = mix(key ^ mix(event + 2 * WEYL)) };
}

static uint64_t random_bits(ap_random *random)
{
    random->count++;
    return mix(random->key + random->count * WEYL);
}

double ap_random_unit(ap_random *random)
{
    return (double)(random_bits(random) >> 11) * 0x1p-53;
}

double ap_random_between(ap_random *random, double low, double high)
{
    return low + (high - low) * ap_random_unit(random);
}

uint32_t ap_random_below(ap_random *random, uint32_t count)
{
    return (uint32_t)((random_bits(random) >> 32) * count >> 32);
}

double ap_random_normal(ap_random *random)
{
    double radius = sqrt(-2.0 * log(1.0 - ap_random_unit(random)));
    return radius * cos(2.0 * AP_PI * ap_random_unit(random));
}

uint32_t ap_random_poisson(ap_random *random, double mean)
{
    double floor_product = exp(-fmin(mean, 100.0));
    uint32_t count = 0;
    for (double product = ap_random_unit(random); product > floor_product; count++)
        product *= ap_random_unit(random);
    return count;
}
