/* Altitude and vertical rate: the filter of a track beside one of constant rate, on altitudes in
 * steps.
 *
 *     bench.vertical [RUNS]      default 200; run N has the seed N
 *
 * A way: 180 s level, a climb of 2,000 ft/min for 180 s, 180 s level, a descent of 800 ft/min for
 * 180 s, 180 s level; rates change at 1 m/s2. The level wanders by some metres with the period of
 * a minute. One altitude in a hundred is wrong, by up to 3,000 ft. Steps of 25 and 100 ft, looks
 * each 4 and 12 s; each with and without the rate that a Mode S aircraft sends down (each third
 * look, in steps of 32 ft/min). The altimeter errs by a constant of up to 15 m. Scored at each look
 * from the tenth on; a leg's first minute apart, as change. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "airpicture/geo.h"
#include "track/test_noise.h"
#include "track/vertical.h"

#define LEG_S 180.0
#define LEGS 5
#define FPM (AP_M_PER_FT / 60.0)
#define ACCELERATION_MPS2 1.0
#define WANDER_M 3.0
#define WANDER_PERIOD_S 60.0
#define WRONG_SHARE 0.01
#define WRONG_MAX_FT 3000.0
#define STATED_SIGMA_M 15.0 /* of an altitude beside its step */
#define FIRST_SCORED 10
#define SETTLED_S 60.0 /* after the begin of a leg */
#define FALSE_RATE_FPM 300.0
#define RECOGNISED_FPM 300.0

static const double leg_mps[LEGS] = { 0.0, 2000.0 * FPM, 0.0, -800.0 * FPM, 0.0 };

/* ---- the peer: constant rate, white noise ---- */

typedef struct plain {
    bool has;
    double h, r, P[3];
    int refused;
} plain;

static void plain_predict(plain *p, double dt_s)
{
    double q = 0.3 * dt_s;
    p->h += dt_s * p->r;
    p->P[0] += dt_s * (2.0 * p->P[1] + dt_s * p->P[2]) + q * dt_s * dt_s / 3.0;
    p->P[1] += dt_s * p->P[2] + q * dt_s / 2.0;
    p->P[2] += q;
}

static void plain_take(plain *p, double z, double var)
{
    double s = p->P[0] + var, d = z - p->h, k0 = p->P[0] / s, k1 = p->P[1] / s;
    if (p->has && d * d > 36.0 * s && ++p->refused < 3)
        return;
    if (!p->has || p->refused >= 3) {
        *p = (plain){ true, z, 0.0, { var, 0.0, 64.0 }, 0 };
        return;
    }
    p->refused = 0;
    p->h += k0 * d;
    p->r += k1 * d;
    p->P[2] -= k1 * p->P[1];
    p->P[1] -= k0 * p->P[1];
    p->P[0] -= k0 * p->P[0];
}

static void plain_take_rate(plain *p, double z, double var)
{
    double s = p->P[2] + var, d = z - p->r, k0 = p->P[1] / s, k1 = p->P[2] / s;
    p->h += k0 * d;
    p->r += k1 * d;
    p->P[0] -= k0 * p->P[1];
    p->P[1] -= k1 * p->P[1];
    p->P[2] -= k1 * p->P[2];
}

/* ---- truth ---- */

typedef struct way {
    double h, r; /* without wander */
} way;

/* Rate and the rest of altitude, by steps of 0.1 s. */
static void go(way *w, double from_s, double to_s)
{
    for (double t = from_s; t < to_s - 1e-9; t += 0.1) {
        int leg = (int)fmin(t / LEG_S, LEGS - 1);
        double step = ACCELERATION_MPS2 * 0.1, lack = leg_mps[leg] - w->r;
        w->r += fmax(-step, fmin(step, lack));
        w->h += 0.1 * w->r;
    }
}

/* ---- scores ---- */

typedef struct score {
    double rate2[3], height2, late_s[2], nees;
    uint64_t count[3], false_count, late_count[2], all;
} score;

enum { LEVEL, CLIMB, CHANGE };

typedef struct recognised {
    int leg;
    bool done;
} recognised;

static void add(score *s, recognised *rec, double t, double h, double r, double P_rate, double rate,
                double height)
{
    int leg = (int)fmin(t / LEG_S, LEGS - 1);
    double in_s = t - leg * LEG_S, e = rate - r;
    bool is_level = leg_mps[leg] == 0.0;
    int phase = in_s < SETTLED_S && leg > 0 ? CHANGE : is_level ? LEVEL : CLIMB;
    s->rate2[phase] += e * e;
    s->count[phase]++;
    s->height2 += (height - h) * (height - h);
    s->nees += e * e / P_rate;
    s->all++;
    if (phase == LEVEL && fabs(rate) > FALSE_RATE_FPM * FPM)
        s->false_count++;
    if (leg != rec->leg)
        *rec = (recognised){ leg, false };
    if (leg > 0 && !rec->done && fabs(rate - leg_mps[leg]) < RECOGNISED_FPM * FPM) {
        rec->done = true;
        s->late_s[is_level] += in_s;
        s->late_count[is_level]++;
    }
}

typedef struct scene {
    double step_ft, turn_s;
    bool has_rate;
} scene;

static void run(const scene *in, uint64_t seed, score *old, score *new)
{
    double phase = 2.0 * AP_PI * test_uniform(&seed), jitter = test_uniform(&seed);
    double altimeter_m = 15.0 * (2.0 * test_uniform(&seed) - 1.0);
    double step_m = in->step_ft * AP_M_PER_FT;
    double stated = STATED_SIGMA_M * STATED_SIGMA_M + step_m * step_m / 12.0;
    way w = { 3000.0 + 100.0 * test_uniform(&seed), 0.0 };
    plain p = { 0 };
    ap_vertical v = { 0 };
    recognised rec_old = { 0 }, rec_new = { 0 };
    double before = 0.0;
    int k = 0;
    for (double t = jitter; t < LEGS * LEG_S; t += in->turn_s, k++) {
        double turn = 2.0 * AP_PI / WANDER_PERIOD_S;
        go(&w, before, t);
        double h = w.h + WANDER_M * sin(turn * t + phase);
        double r = w.r + WANDER_M * turn * cos(turn * t + phase);
        double z = floor((h + altimeter_m) / step_m + 0.5) * step_m;
        if (test_uniform(&seed) < WRONG_SHARE)
            z += floor((2.0 * test_uniform(&seed) - 1.0) * WRONG_MAX_FT / 100.0) * 100.0 *
                 AP_M_PER_FT;
        if (k > 0) {
            plain_predict(&p, t - before);
            ap_vertical_predict(&v, t - before);
        }
        plain_take(&p, z, stated);
        ap_vertical_take_level(&v, &(ap_level){ true, z, stated, step_m });
        if (in->has_rate && k % 3 == 0) {
            double told = floor(r / (32.0 * FPM) + 0.5) * 32.0 * FPM;
            plain_take_rate(&p, told, 1.0);
            ap_vertical_take_rate(&v, told, 1.0);
        }
        before = t;
        if (k < FIRST_SCORED)
            continue;
        add(old, &rec_old, t, h, r, p.P[2], p.r, p.h - altimeter_m);
        add(new, &rec_new, t, h, r, v.P[2], v.up_mps, v.altitude_m - altimeter_m);
    }
}

static double rms_fpm(const score *s, int phase)
{
    return sqrt(s->rate2[phase] / (double)s->count[phase]) / FPM;
}

static void print(const char *who, const scene *in, const score *s, int runs)
{
    printf(
        "{\"filter\": \"%s\", \"step_ft\": %g, \"turn_s\": %g, \"rate\": %s, \"level_fpm\": %.1f, "
        "\"climb_fpm\": %.1f, \"change_fpm\": %.1f, \"false_share\": %.4f, \"altitude_m\": %.2f, "
        "\"climb_after_s\": %.1f, \"level_after_s\": %.1f, \"recognised\": %.3f, \"nees\": %.2f}\n",
        who, in->step_ft, in->turn_s, in->has_rate ? "true" : "false", rms_fpm(s, LEVEL),
        rms_fpm(s, CLIMB), rms_fpm(s, CHANGE), (double)s->false_count / (double)s->count[LEVEL],
        sqrt(s->height2 / (double)s->all), s->late_s[0] / (double)s->late_count[0],
        s->late_s[1] / (double)s->late_count[1],
        (double)(s->late_count[0] + s->late_count[1]) / (4.0 * runs), s->nees / (double)s->all);
}

int main(int argc, char **argv)
{
    int runs = argc > 1 ? atoi(argv[1]) : 200;
    if (runs < 1)
        return 2;
    for (int i = 0; i < 8; i++) {
        scene in = { i & 1 ? 100.0 : 25.0, i & 2 ? 12.0 : 4.0, (i & 4) != 0 };
        score old = { 0 }, new = { 0 };
        for (int k = 1; k <= runs; k++)
            run(&in, (uint64_t)k, &old, &new);
        print("constant rate", &in, &old, runs);
        print("four models", &in, &new, runs);
    }
    return 0;
}
