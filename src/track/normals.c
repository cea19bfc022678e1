#include "track/normals.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#define REACH 2.4 /* of the row of parts, in standard deviations */
#define WIDTH 0.5 /* of a part, in distances between two */
#define LOG_WEIGHT_MIN -11.5
#define ALIKE2 0.04 /* squared distance of two means, in standard deviations of either */

void ap_normals_split(ap_normals *normals, const ap_normal *normal, size_t count)
{
    assert(count == 1 || (count >= AP_NORMALS_ROW_MIN && count <= AP_NORMALS_CAP));
    size_t last = normal->n - 1;
    double sigma = normal->S[last][last];
    memset(normals, 0, sizeof *normals);
    if (count == 1) {
        *normals = (ap_normals){ .count = 1, .weight = { 1.0 }, .part = { *normal } };
        return;
    }
    double apart = 2.0 * REACH / (double)(count - 1), width = WIDTH * apart, sum = 0.0;
    normals->count = count;
    for (size_t i = 0; i < count; i++) {
        double at = apart * (double)i - REACH;
        normals->part[i] = *normal;
        normals->part[i].x[last] += sigma * at;
        normals->part[i].S[last][last] = sigma * width;
        normals->weight[i] = exp(-0.5 * at * at / (1.0 - width * width));
        sum += normals->weight[i];
    }
    for (size_t i = 0; i < count; i++)
        normals->weight[i] /= sum;
}

ap_err ap_normals_predict(ap_normals *normals, const ap_motion *motion)
{
    ap_normals next = { .count = 0 };
    double sum = 0.0;
    for (size_t i = 0; i < normals->count; i++) {
        ap_normal part = normals->part[i];
        if (ap_normal_predict_points(&part, motion))
            continue;
        next.part[next.count] = part;
        next.weight[next.count++] = normals->weight[i];
        sum += normals->weight[i];
    }
    if (next.count == 0)
        return AP_ERR_RANGE;
    for (size_t i = 0; i < next.count; i++)
        next.weight[i] /= sum;
    *normals = next;
    return AP_OK;
}

static void drop(ap_normals *normals, size_t i)
{
    normals->count--;
    normals->part[i] = normals->part[normals->count];
    normals->weight[i] = normals->weight[normals->count];
}

static void merge_alike(ap_normals *normals)
{
    for (size_t i = 0; i < normals->count; i++)
        for (size_t j = i + 1; j < normals->count;) {
            const ap_normal *a = &normals->part[i], *b = &normals->part[j];
            if (ap_normal_distance2(a, b->x) > ALIKE2 || ap_normal_distance2(b, a->x) > ALIKE2) {
                j++;
                continue;
            }
            ap_normal_merge(&normals->part[i], normals->weight[i], b, normals->weight[j]);
            normals->weight[i] += normals->weight[j];
            drop(normals, j);
        }
}

/* Logarithms of weights to weights; those too light are dropped. */
static void weigh(ap_normals *normals, double heaviest)
{
    double sum = 0.0;
    for (size_t i = 0; i < normals->count;) {
        double share = normals->weight[i] - heaviest;
        if (share < LOG_WEIGHT_MIN) {
            drop(normals, i);
            continue;
        }
        normals->weight[i] = exp(share);
        sum += normals->weight[i++];
    }
    for (size_t i = 0; i < normals->count; i++)
        normals->weight[i] /= sum;
}

ap_err ap_normals_update(ap_normals *normals, const ap_observation *sight, int rounds,
                         double *distance2)
{
    ap_normals next = { .count = 0 };
    double heaviest = -INFINITY, nearest2 = INFINITY;
    ap_err refused = AP_ERR_RANGE;
    for (size_t i = 0; i < normals->count; i++) {
        ap_normal part = normals->part[i];
        double d2, log_likelihood;
        ap_err err = ap_normal_update_points(&part, sight, rounds, &d2, &log_likelihood);
        if (err) {
            refused = err;
            continue;
        }
        double log_weight = log(normals->weight[i]) + log_likelihood;
        next.part[next.count] = part;
        next.weight[next.count++] = log_weight;
        heaviest = fmax(heaviest, log_weight);
        nearest2 = fmin(nearest2, d2);
    }
    if (next.count == 0 || !(heaviest > -INFINITY))
        return refused;
    weigh(&next, heaviest);
    merge_alike(&next);
    *normals = next;
    if (distance2)
        *distance2 = nearest2;
    return AP_OK;
}

void ap_normals_moments(const ap_normals *normals, ap_normal *normal)
{
    double sum = normals->weight[0];
    *normal = normals->part[0];
    for (size_t i = 1; i < normals->count; i++) {
        ap_normal_merge(normal, sum, &normals->part[i], normals->weight[i]);
        sum += normals->weight[i];
    }
}
