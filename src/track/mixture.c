#include "track/mixture.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#define REACH 2.4 /* of the row of parts, in standard deviations */
#define WIDTH 0.5 /* of a part, in distances between two */
#define LOG_WEIGHT_MIN -11.5
#define ALIKE2 0.04 /* squared distance of two means, in standard deviations of either */

void ap_mixture_split(ap_mixture *mixture, const ap_normal *normal, size_t count)
{
    assert(count == 1 || (count >= AP_MIXTURE_ROW_MIN && count <= AP_MIXTURE_CAP));
    size_t last = normal->n - 1;
    double sigma = normal->S[last][last];
    memset(mixture, 0, sizeof *mixture);
    if (count == 1) {
        *mixture = (ap_mixture){ .count = 1, .weight = { 1.0 }, .part = { *normal } };
        return;
    }
    double apart = 2.0 * REACH / (double)(count - 1), width = WIDTH * apart, sum = 0.0;
    mixture->count = count;
    for (size_t i = 0; i < count; i++) {
        double at = apart * (double)i - REACH;
        mixture->part[i] = *normal;
        mixture->part[i].x[last] += sigma * at;
        mixture->part[i].S[last][last] = sigma * width;
        mixture->weight[i] = exp(-0.5 * at * at / (1.0 - width * width));
        sum += mixture->weight[i];
    }
    for (size_t i = 0; i < count; i++)
        mixture->weight[i] /= sum;
}

ap_err ap_mixture_predict(ap_mixture *mixture, const ap_motion *motion)
{
    ap_mixture next = { .count = 0 };
    double sum = 0.0;
    for (size_t i = 0; i < mixture->count; i++) {
        ap_normal part = mixture->part[i];
        if (ap_normal_predict_points(&part, motion))
            continue;
        next.part[next.count] = part;
        next.weight[next.count++] = mixture->weight[i];
        sum += mixture->weight[i];
    }
    if (next.count == 0)
        return AP_ERR_RANGE;
    for (size_t i = 0; i < next.count; i++)
        next.weight[i] /= sum;
    *mixture = next;
    return AP_OK;
}

static void drop(ap_mixture *mixture, size_t i)
{
    mixture->count--;
    mixture->part[i] = mixture->part[mixture->count];
    mixture->weight[i] = mixture->weight[mixture->count];
}

static void merge_alike(ap_mixture *mixture)
{
    for (size_t i = 0; i < mixture->count; i++)
        for (size_t j = i + 1; j < mixture->count;) {
            const ap_normal *a = &mixture->part[i], *b = &mixture->part[j];
            if (ap_normal_distance2(a, b->x) > ALIKE2 || ap_normal_distance2(b, a->x) > ALIKE2) {
                j++;
                continue;
            }
            ap_normal_merge(&mixture->part[i], mixture->weight[i], b, mixture->weight[j]);
            mixture->weight[i] += mixture->weight[j];
            drop(mixture, j);
        }
}

/* Logarithms of weights to weights; those too light are dropped. */
static void weigh(ap_mixture *mixture, double heaviest)
{
    double sum = 0.0;
    for (size_t i = 0; i < mixture->count;) {
        double share = mixture->weight[i] - heaviest;
        if (share < LOG_WEIGHT_MIN) {
            drop(mixture, i);
            continue;
        }
        mixture->weight[i] = exp(share);
        sum += mixture->weight[i++];
    }
    for (size_t i = 0; i < mixture->count; i++)
        mixture->weight[i] /= sum;
}

ap_err ap_mixture_update(ap_mixture *mixture, const ap_sight *sight, int rounds, double *distance2)
{
    ap_mixture next = { .count = 0 };
    double heaviest = -INFINITY, nearest2 = INFINITY;
    ap_err refused = AP_ERR_RANGE;
    for (size_t i = 0; i < mixture->count; i++) {
        ap_normal part = mixture->part[i];
        double d2, log_likelihood;
        ap_err err = ap_normal_update_points(&part, sight, rounds, &d2, &log_likelihood);
        if (err) {
            refused = err;
            continue;
        }
        double log_weight = log(mixture->weight[i]) + log_likelihood;
        next.part[next.count] = part;
        next.weight[next.count++] = log_weight;
        heaviest = fmax(heaviest, log_weight);
        nearest2 = fmin(nearest2, d2);
    }
    if (next.count == 0 || !(heaviest > -INFINITY))
        return refused;
    weigh(&next, heaviest);
    merge_alike(&next);
    *mixture = next;
    if (distance2)
        *distance2 = nearest2;
    return AP_OK;
}

void ap_mixture_moments(const ap_mixture *mixture, ap_normal *normal)
{
    double sum = mixture->weight[0];
    *normal = mixture->part[0];
    for (size_t i = 1; i < mixture->count; i++) {
        ap_normal_merge(normal, sum, &mixture->part[i], mixture->weight[i]);
        sum += mixture->weight[i];
    }
}
