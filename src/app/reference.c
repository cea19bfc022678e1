#include "app/reference.h"

#include <math.h>

#define VELOCITY_SIGMA_MPS 300.0 /* before the second fix */

ap_reference_config ap_reference_config_default(void)
{
    return (ap_reference_config){
        .acceleration_psd_m2ps3 = 4.0, .gate = 21.1, .gap_s = 20.0, .reject_max = 4, .count_min = 8
    };
}

static double axis_of(ap_vec3 v, int i)
{
    return i == 0 ? v.x_m : i == 1 ? v.y_m : v.z_m;
}

static void begin(ap_reference_fix *fix)
{
    for (int i = 0; i < 3; i++) {
        fix->x[i] = fix->x_ahead[i] = axis_of(fix->ecef, i);
        fix->v[i] = fix->v_ahead[i] = 0.0;
    }
    fix->P[0] = fix->P_ahead[0] = fix->variance_m2;
    fix->P[1] = fix->P_ahead[1] = 0.0;
    fix->P[2] = fix->P_ahead[2] = VELOCITY_SIGMA_MPS * VELOCITY_SIGMA_MPS;
    fix->is_used = fix->is_first = true;
}

static void predict(const ap_reference_fix *from, ap_reference_fix *to, double psd)
{
    double dt = ap_seconds_between(from->time_utc, to->time_utc);
    const double *P = from->P;
    for (int i = 0; i < 3; i++) {
        to->x_ahead[i] = from->x[i] + dt * from->v[i];
        to->v_ahead[i] = from->v[i];
    }
    to->P_ahead[0] = P[0] + dt * (2.0 * P[1] + dt * P[2]) + psd * dt * dt * dt / 3.0;
    to->P_ahead[1] = P[1] + dt * P[2] + psd * dt * dt / 2.0;
    to->P_ahead[2] = P[2] + psd * dt;
}

/* False: beyond the gate; the fix is then as predicted. */
static bool update(ap_reference_fix *fix, double gate)
{
    double S = fix->P_ahead[0] + fix->variance_m2, distance = 0.0;
    double K0 = fix->P_ahead[0] / S, K1 = fix->P_ahead[1] / S;
    for (int i = 0; i < 3; i++) {
        double innovation = axis_of(fix->ecef, i) - fix->x_ahead[i];
        distance += innovation * innovation / S;
        fix->x[i] = fix->x_ahead[i] + K0 * innovation;
        fix->v[i] = fix->v_ahead[i] + K1 * innovation;
    }
    fix->P[0] = fix->P_ahead[0] * (1.0 - K0);
    fix->P[1] = fix->P_ahead[1] * (1.0 - K0);
    fix->P[2] = fix->P_ahead[2] - K1 * fix->P_ahead[1];
    return distance <= gate;
}

/* Index behind the stretch that begins at `first`. */
static size_t filter(const ap_reference_config *c, ap_reference_fix *fix, size_t first,
                     size_t count)
{
    size_t last = first, rejected = 0, i = first + 1;
    begin(&fix[first]);
    for (; i < count; i++) {
        if (ap_seconds_between(fix[last].time_utc, fix[i].time_utc) > c->gap_s)
            break;
        predict(&fix[last], &fix[i], c->acceleration_psd_m2ps3);
        fix[i].is_first = false;
        fix[i].is_used = update(&fix[i], c->gate);
        rejected = fix[i].is_used ? 0 : rejected + 1;
        if (rejected > c->reject_max)
            return i + 1 - rejected; /* they agree with each other, not with what was before */
        if (fix[i].is_used)
            last = i;
    }
    return i;
}

/* Backwards over the fixes that are used. */
static void smooth(ap_reference_fix *fix, size_t first, size_t end)
{
    ap_reference_fix *later = NULL;
    for (size_t k = end; k-- > first;) {
        ap_reference_fix *f = &fix[k];
        if (!f->is_used)
            continue;
        double x[3], v[3];
        for (int i = 0; i < 3; i++) {
            x[i] = f->x[i];
            v[i] = f->v[i];
        }
        if (later) {
            double dt = ap_seconds_between(f->time_utc, later->time_utc);
            const double *P = f->P, *A = later->P_ahead;
            double det = A[0] * A[2] - A[1] * A[1];
            /* G = P F' A^-1 */
            double M[2][2] = { { P[0] + dt * P[1], P[1] }, { P[1] + dt * P[2], P[2] } };
            double G[2][2];
            for (int r = 0; r < 2; r++) {
                G[r][0] = (M[r][0] * A[2] - M[r][1] * A[1]) / det;
                G[r][1] = (M[r][1] * A[0] - M[r][0] * A[1]) / det;
            }
            for (int i = 0; i < 3; i++) {
                double dx = axis_of(later->smooth_ecef, i) - later->x_ahead[i];
                double dv = axis_of(later->velocity_mps, i) - later->v_ahead[i];
                x[i] += G[0][0] * dx + G[0][1] * dv;
                v[i] += G[1][0] * dx + G[1][1] * dv;
            }
        }
        f->smooth_ecef = (ap_vec3){ x[0], x[1], x[2] };
        f->velocity_mps = (ap_vec3){ v[0], v[1], v[2] };
        later = f;
    }
}

void ap_reference_smooth(const ap_reference_config *config, ap_reference_fix *fix, size_t count,
                         ap_reference_counts *counts)
{
    for (size_t first = 0; first < count;) {
        size_t end = filter(config, fix, first, count), used = 0;
        for (size_t i = first; i < end; i++)
            used += fix[i].is_used;
        bool is_short = used < config->count_min;
        counts->outlier_count += end - first - used;
        counts->short_count += is_short ? used : 0;
        counts->stretch_count += !is_short;
        for (size_t i = first; i < end && is_short; i++)
            fix[i].is_used = false;
        if (!is_short)
            smooth(fix, first, end);
        first = end;
    }
}
