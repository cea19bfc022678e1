#include "track/formation.h"

#include <string.h>

#include "track/filter_lane.h"

#define TURNS_MAX 6
#define MASS_ENOUGH 1e-6
#define P_LEAST 1e-30F /* of a model that has any part */
#define FAR2 9.0       /* squared, in standard deviations: further off is not more elsewhere */
#define BETTER 0.95    /* product of the volumes of both members */

/* A Gaussian with all of its covariance. */
typedef struct full {
    double x[4], P[4][4];
} full;

static full full_of(const ap_gauss *g)
{
    return (full){ .x = { g->x[0], g->x[1], g->x[2], g->x[3] },
                   .P = { { g->A.ee, g->A.en, g->B[0][0], g->B[0][1] },
                          { g->A.en, g->A.nn, g->B[1][0], g->B[1][1] },
                          { g->B[0][0], g->B[1][0], g->C.ee, g->C.en },
                          { g->B[0][1], g->B[1][1], g->C.en, g->C.nn } } };
}

/* Lower triangle L, P = L L'. False when P is not positive definite. */
static bool root_of(const full *of, double L[4][4])
{
    memset(L, 0, 16 * sizeof L[0][0]);
    for (int i = 0; i < 4; i++)
        for (int j = 0; j <= i; j++) {
            double sum = of->P[i][j];
            for (int k = 0; k < j; k++)
                sum -= L[i][k] * L[j][k];
            if (i == j && !(sum > 0.0))
                return false;
            L[i][j] = i == j ? sqrt(sum) : sum / L[j][j];
        }
    return true;
}

/* Squared length of L^-1 v. */
static double length2(double L[4][4], const double v[4])
{
    double y[4], sum = 0.0;
    for (int i = 0; i < 4; i++) {
        y[i] = v[i];
        for (int k = 0; k < i; k++)
            y[i] -= L[i][k] * y[k];
        y[i] /= L[i][i];
        sum += y[i] * y[i];
    }
    return sum;
}

/* Twice the cross entropy of a case with a member, but for what all cases have in common. */
static double misfit(const full *of, const full *member, double L[4][4])
{
    double M[4][4], d[4], sum;
    for (int i = 0; i < 4; i++)
        d[i] = of->x[i] - member->x[i];
    sum = length2(L, d);
    if (!root_of(of, M))
        return sum;
    for (int j = 0; j < 4; j++) { /* trace of P_member^-1 P_case, by the columns of its root */
        double column[4] = { M[0][j], M[1][j], M[2][j], M[3][j] };
        sum += length2(L, column);
    }
    return sum;
}

static full member_of(size_t count, const full *cases, double mass[][2], int k)
{
    full m = { .x = { 0.0 } };
    for (size_t s = 0; s < count; s++)
        for (int i = 0; i < 4; i++)
            m.x[i] += mass[s][k] * cases[s].x[i];
    for (size_t s = 0; s < count; s++)
        for (int i = 0; i < 4; i++)
            for (int j = 0; j < 4; j++)
                m.P[i][j] += mass[s][k] * (cases[s].P[i][j] +
                                           (cases[s].x[i] - m.x[i]) * (cases[s].x[j] - m.x[j]));
    return m;
}

/* Deals out to given members: those that the first fits better by the most are its own. False when
 * a covariance is none. */
static bool deal(size_t count, const full *cases, const double *whole, const full members[2],
                 double mass[][2])
{
    double L[2][4][4], prefers[AP_CASES_MAX], left = 1.0;
    size_t order[AP_CASES_MAX];
    if (!root_of(&members[0], L[0]) || !root_of(&members[1], L[1]))
        return false;
    for (size_t s = 0; s < count; s++) {
        prefers[s] = misfit(&cases[s], &members[0], L[0]) - misfit(&cases[s], &members[1], L[1]);
        size_t place = s;
        for (; place > 0 && prefers[order[place - 1]] > prefers[s]; place--)
            order[place] = order[place - 1];
        order[place] = s;
    }
    for (size_t k = 0; k < count; k++) {
        size_t s = order[k];
        mass[s][0] = whole[s] < left ? whole[s] : left;
        mass[s][1] = whole[s] - mass[s][0];
        left -= mass[s][0];
    }
    return true;
}

/* Product of both volumes, squared; 0 when a covariance is none. */
static double spread(size_t count, const full *cases, double mass[][2])
{
    double product = 1.0, L[4][4];
    for (int k = 0; k < 2; k++) {
        full m = member_of(count, cases, mass, k);
        if (!root_of(&m, L))
            return 0.0;
        for (int i = 0; i < 4; i++)
            product *= L[i][i] * L[i][i];
    }
    return product;
}

/* Improves a deal in turns. */
static bool settle(size_t count, const full *cases, const double *whole, double mass[][2])
{
    for (int turn = 0; turn < TURNS_MAX; turn++) {
        double next[AP_CASES_MAX][2], change = 0.0;
        full members[2] = { member_of(count, cases, mass, 0), member_of(count, cases, mass, 1) };
        if (!deal(count, cases, whole, members, next))
            return false;
        for (size_t s = 0; s < count; s++) {
            change = fmax(change, fabs(next[s][0] - mass[s][0]));
            mass[s][0] = next[s][0];
            mass[s][1] = next[s][1];
        }
        if (change < MASS_ENOUGH)
            break;
    }
    return true;
}

/* What to begin with: the first member's likeliest case, and of the second's a likely one that lies
 * elsewhere. From two equal mixtures no turn leads away. */
static bool begin(size_t count, const full *cases, double mass[][2], full members[2])
{
    size_t first = 0, second = 0;
    double L[4][4], most = 0.0;
    for (size_t s = 1; s < count; s++)
        if (mass[s][0] > mass[first][0])
            first = s;
    if (!root_of(&cases[first], L))
        return false;
    for (size_t s = 0; s < count; s++) {
        double d[4];
        for (int i = 0; i < 4; i++)
            d[i] = cases[s].x[i] - cases[first].x[i];
        double worth = mass[s][1] * fmin(length2(L, d), FAR2);
        if (worth > most) {
            most = worth;
            second = s;
        }
    }
    members[0] = cases[first];
    members[1] = cases[second];
    return most > 0.0;
}

bool ap_formation_project(size_t count, ap_case *cases)
{
    full all[AP_CASES_MAX];
    double whole[AP_CASES_MAX], given[AP_CASES_MAX][2], best[AP_CASES_MAX][2];
    if (count < 2 || count > AP_CASES_MAX)
        return false;
    for (size_t s = 0; s < count; s++) {
        all[s] = full_of(&cases[s].mean);
        given[s][0] = best[s][0] = cases[s].mass[0];
        given[s][1] = best[s][1] = cases[s].mass[1];
        whole[s] = given[s][0] + given[s][1];
    }
    full members[2];
    double before = spread(count, all, given);
    if (!(before > 0.0) || !begin(count, all, given, members) ||
        !deal(count, all, whole, members, best) || !settle(count, all, whole, best))
        return false;
    double after = spread(count, all, best);
    if (!(after > 0.0 && after < BETTER * BETTER * before))
        return false;
    for (size_t s = 0; s < count; s++) {
        cases[s].mass[0] = best[s][0];
        cases[s].mass[1] = best[s][1];
    }
    return true;
}

/* One model of a member: the mixture of that model in its cases. */
static lane member_lane(size_t count, const ap_case *cases, int member, int l)
{
    lane to = { .p = 0.0F };
    float x[4] = { 0.0F };
    for (size_t s = 0; s < count; s++) {
        lane v = lane_load(&cases[s].models, l);
        float w = (float)cases[s].mass[member] * v.p;
        to.p += w;
        for (int i = 0; i < 4; i++)
            x[i] += w * v.x[i];
    }
    lane first = lane_load(&cases[0].models, l);
    float scale = to.p > P_LEAST ? 1.0F / to.p : 0.0F;
    for (int i = 0; i < 4; i++)
        to.x[i] = to.p > P_LEAST ? x[i] * scale : first.x[i];
    for (size_t s = 0; s < count; s++) {
        lane v = lane_load(&cases[s].models, l);
        float w = to.p > P_LEAST ? (float)cases[s].mass[member] * v.p * scale
                  : s == 0       ? 1.0F
                                 : 0.0F;
        float d[4] = { v.x[0] - to.x[0], v.x[1] - to.x[1], v.x[2] - to.x[2], v.x[3] - to.x[3] };
        lane_spread(&v, 1.0F, d);
        for (int i = 0; i < 3; i++) {
            to.A[i] += w * v.A[i];
            to.C[i] += w * v.C[i];
        }
        for (int i = 0; i < 4; i++)
            to.B[i] += w * v.B[i];
    }
    return to;
}

void ap_formation_member(size_t count, const ap_case *cases, int member, ap_mixture *models,
                         ap_gauss *mean)
{
    for (int l = 0; l < AP_LANES; l++) {
        lane v = member_lane(count, cases, member, l);
        lane_store(models, l, &v);
    }
    ap_kernels_best()->combine(models, mean);
}
