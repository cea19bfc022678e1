#include "track/state.h"

#include <math.h>
#include <string.h>

#include "track/aspect.h"

#define NEAR_CELLS 3.0              /* tracks further from a plot have no part in it */
#define NEAR_MAX 6                  /* tracks about one plot that may share it */
#define SHARE_EXISTENCE 1e-3        /* less probable tracks share nothing */
#define SHARE_LEAST 0.01            /* chains less probable than this do not count */
#define UNRESOLVED_MAX 0.98         /* two plots of two aircraft are never out of the question */
#define STRENGTH_SPREAD (1.0 / 3.0) /* of even chances which of two echoes is how much stronger */
#define NOT_CLOSE 0.05
#define TRUST_START 0.6  /* what the learning begins with, and ... */
#define TRUST_WEIGHT 3.0 /* ... the pairs that it counts for */
#define TRUST_MIN 0.1
#define HIDE_TRUST 0.5        /* so far at least the cell goes, before a track is missed */
#define HIDE_SPLIT_RATE 0.003 /* half as far where so many are split: it may be but halves */
#define TRUST_MEMORY 100.0    /* pairs */
#define TRUST_PAIR 0.3        /* less near ones teach little */
#define TRUST_EXISTENCE 0.9
#define TRUST_DETECTION 0.3
#define ECLIPSE_MAX_S 300.0 /* in others' plots without one of its own, an aircraft is there */
#define LINK_SIGMAS2 0.7213475204444817 /* 1 / (2 ln 2): where a Gaussian falls to a half */
#define LEAST_GAIN 1e-3                 /* of a plot that says next to nothing of a track */

/* ---- how near ---- */

/* Probability that the sensor gives one plot of both, if it detects both. */
static double unresolved(const ap_state *state, const ap_report *report, const ap_aspect *a,
                         const ap_aspect *b)
{
    const ap_sensor *sensor = ap_sensor_of(state, report->sensor);
    ap_cell c = ap_cell_of(sensor, report);
    double ground_m = 0.5 * (a->ground_m + b->ground_m);
    ap_gap range = { a->slant_m - b->slant_m, a->along_var_m2 + b->along_var_m2, c.range_m };
    ap_gap across = { ap_aspect_across_m(a, b), a->across_var_m2 + b->across_var_m2,
                      fmax(c.azimuth_rad * ground_m, 1.0) };
    return fmin(state->bench.trust * ap_unresolved(&range, &across), UNRESOLVED_MAX);
}

/* ---- one plot of several ---- */

/* A run of tracks: their places together, in the plane of the first one, and a plot of them. */
typedef struct run {
    size_t count;
    const ap_look *look[AP_RUN_CAP];
    ap_vec3 east[AP_RUN_CAP], north[AP_RUN_CAP]; /* of each one's own plane */
    double x[2 * AP_RUN_CAP];                    /* east and north of each */
    double P[2 * AP_RUN_CAP][2 * AP_RUN_CAP];
    ap_sym2 link;                   /* how near two of one plot are to each other */
    uint32_t linked_to[AP_RUN_CAP]; /* an earlier one */
    ap_fix fix;                     /* the plot */
} run;

static ap_sym2 turned(double a, double b, double c, double d, const ap_sym2 *s)
{
    return (ap_sym2){ .ee = a * a * s->ee + 2.0 * a * b * s->en + b * b * s->nn,
                      .en = a * c * s->ee + (a * d + b * c) * s->en + b * d * s->nn,
                      .nn = c * c * s->ee + 2.0 * c * d * s->en + d * d * s->nn };
}

static void add_to(ap_sym2 *sum, double w, const ap_sym2 *s)
{
    sum->ee += w * s->ee;
    sum->en += w * s->en;
    sum->nn += w * s->nn;
}

static void place_member(run *r, size_t i)
{
    const ap_enu_frame *plane = &r->look[0]->imm.frame;
    const ap_imm *imm = &r->look[i]->imm;
    ap_vec3 at = ap_enu_from_ecef(plane, ap_aspect_place(imm));
    r->east[i] = ap_enu_rotate(plane, ap_ecef_rotate(&imm->frame, (ap_vec3){ .x_m = 1.0 }));
    r->north[i] = ap_enu_rotate(plane, ap_ecef_rotate(&imm->frame, (ap_vec3){ .y_m = 1.0 }));
    ap_sym2 P =
        turned(r->east[i].x_m, r->north[i].x_m, r->east[i].y_m, r->north[i].y_m, &imm->mean.A);
    r->x[2 * i] = at.x_m;
    r->x[2 * i + 1] = at.y_m;
    r->P[2 * i][2 * i] = P.ee;
    r->P[2 * i][2 * i + 1] = r->P[2 * i + 1][2 * i] = P.en;
    r->P[2 * i + 1][2 * i + 1] = P.nn;
}

/* Conditions the places on a measurement (e, n) of the sum of w[i] times place i, with noise R.
 * Returns its density; 0, and nothing changed, when that is beyond the gate or not to be had. */
static double condition(run *r, const double w[AP_RUN_CAP], double e, double n, const ap_sym2 *R,
                        double gate2)
{
    size_t dims = 2 * r->count;
    double G[2 * AP_RUN_CAP][2], S[2][2] = { { R->ee, R->en }, { R->en, R->nn } };
    double d[2] = { e, n };
    for (size_t k = 0; k < dims; k++)
        for (size_t axis = 0; axis < 2; axis++) {
            G[k][axis] = 0.0;
            for (size_t i = 0; i < r->count; i++)
                G[k][axis] += w[i] * r->P[k][2 * i + axis];
        }
    for (size_t i = 0; i < r->count; i++)
        for (size_t axis = 0; axis < 2; axis++) {
            d[axis] -= w[i] * r->x[2 * i + axis];
            S[axis][0] += w[i] * G[2 * i + axis][0];
            S[axis][1] += w[i] * G[2 * i + axis][1];
        }
    double det = S[0][0] * S[1][1] - S[0][1] * S[1][0];
    if (!(S[0][0] > 0.0 && det > 0.0))
        return 0.0;
    double Sd[2] = { (S[1][1] * d[0] - S[0][1] * d[1]) / det,
                     (S[0][0] * d[1] - S[1][0] * d[0]) / det };
    double d2 = d[0] * Sd[0] + d[1] * Sd[1];
    if (!(d2 <= gate2))
        return 0.0;
    for (size_t k = 0; k < dims; k++) {
        r->x[k] += G[k][0] * Sd[0] + G[k][1] * Sd[1];
        double K0 = (G[k][0] * S[1][1] - G[k][1] * S[1][0]) / det;
        double K1 = (G[k][1] * S[0][0] - G[k][0] * S[0][1]) / det;
        for (size_t l = 0; l < dims; l++)
            r->P[k][l] -= K0 * G[l][0] + K1 * G[l][1];
    }
    return ap_exp(-0.5 * d2) / (2.0 * AP_PI * sqrt(det));
}

/* That they are one plot says that they are near each other, each to one before it. */
static void link_members(run *r)
{
    for (size_t i = 1; i < r->count; i++) {
        double w[AP_RUN_CAP] = { 0.0 };
        w[i] = 1.0;
        w[r->linked_to[i]] = -1.0;
        (void)condition(r, w, 0.0, 0.0, &r->link, 1e9);
    }
}

/* Takes the plot in, in the middle of all give or take how much stronger one echo is than another.
 * Returns its density, 1/m2; 0 outside the gate. */
static double take_plot(run *r, double gate2)
{
    double w[AP_RUN_CAP], share = 1.0 / (double)r->count, e = 0.0, n = 0.0;
    ap_sym2 R = r->fix.R;
    for (size_t i = 0; i < r->count; i++) {
        w[i] = share;
        e += share * r->x[2 * i];
        n += share * r->x[2 * i + 1];
    }
    for (size_t i = 0; i < r->count; i++) {
        double de = r->x[2 * i] - e, dn = r->x[2 * i + 1] - n;
        add_to(&R, share * STRENGTH_SPREAD, &(ap_sym2){ de * de, de * dn, dn * dn });
    }
    return condition(r, w, r->fix.east_m, r->fix.north_m, &R, gate2);
}

/* What the plot says of one member: the fix by itself that would bring it to where it is now. */
static ap_fix fix_for(const run *r, size_t i)
{
    const ap_imm *imm = &r->look[i]->imm;
    const ap_sym2 *P = &imm->mean.A;
    ap_vec3 e = r->east[i], n = r->north[i];
    ap_sym2 after = { r->P[2 * i][2 * i], r->P[2 * i][2 * i + 1], r->P[2 * i + 1][2 * i + 1] };
    ap_sym2 C = turned(e.x_m, e.y_m, n.x_m, n.y_m, &after);
    ap_vec3 own =
        ap_ecef_rotate(&r->look[0]->imm.frame, (ap_vec3){ r->x[2 * i], r->x[2 * i + 1], 0.0 });
    ap_vec3 at = { own.x_m + r->look[0]->imm.frame.origin_ecef.x_m,
                   own.y_m + r->look[0]->imm.frame.origin_ecef.y_m,
                   own.z_m + r->look[0]->imm.frame.origin_ecef.z_m };
    ap_vec3 now = ap_enu_from_ecef(&imm->frame, at);
    ap_sym2 D = { P->ee * (1.0 + LEAST_GAIN) - C.ee, P->en * (1.0 + LEAST_GAIN) - C.en,
                  P->nn * (1.0 + LEAST_GAIN) - C.nn };
    double det = D.ee * D.nn - D.en * D.en;
    ap_sym2 Di = { D.nn / det, -D.en / det, D.ee / det };
    double de = now.x_m - imm->mean.x[0], dn = now.y_m - imm->mean.x[1];
    double ge = Di.ee * de + Di.en * dn, gn = Di.en * de + Di.nn * dn;
    ap_sym2 R = turned(P->ee, P->en, P->en, P->nn, &Di);
    add_to(&R, -1.0, P);
    return (ap_fix){ imm->mean.x[0] + P->ee * ge + P->en * gn,
                     imm->mean.x[1] + P->en * ge + P->nn * gn, R };
}

ap_measure ap_share_measure(const ap_look *look, const ap_fix *fix, const ap_measure *plot)
{
    ap_measure measure = *plot;
    const double *e = look->imm.frame.rotation[0], *n = look->imm.frame.rotation[1];
    measure.has = AP_MEASURE_POSITION;
    measure.timing_s = 0.0; /* in the fix already */
    measure.ecef = ap_ecef_from_enu(&look->imm.frame, (ap_vec3){ fix->east_m, fix->north_m, 0.0 });
    int k = 0;
    for (int i = 0; i < 3; i++)
        for (int j = i; j < 3; j++)
            measure.R_ecef_m2[k++] = fix->R.ee * e[i] * e[j] +
                                     fix->R.en * (e[i] * n[j] + n[i] * e[j]) +
                                     fix->R.nn * n[i] * n[j];
    return measure;
}

/* ---- shares ---- */

/* Tracks about one plot that may share it. */
typedef struct crowd {
    size_t count;
    uint32_t look[NEAR_MAX];
    double distance2_m2[NEAR_MAX];
    ap_aspect seen[NEAR_MAX];
    double pair[NEAR_MAX * NEAR_MAX];
} crowd;

/* For long it has had no plot of its own. */
static bool is_overdue(const ap_row *row, ap_utc_ns time_utc)
{
    return ap_seconds_between(row->alone_utc, time_utc) > ECLIPSE_MAX_S;
}

/* Of new tracks only those that began beside a firm one: if any could hide behind any, more would
 * stay than there are aircraft. Nor who hid so long that only a plot of its own can prove it. */
static bool is_likely(const ap_store *store, uint32_t slot, ap_utc_ns time_utc)
{
    const ap_pulse *pulse = &store->pulse[slot];
    const ap_row *row = &store->row[slot];
    return pulse->existence >= SHARE_EXISTENCE &&
           (pulse->state != AP_TRACK_TENTATIVE || row->beside) &&
           (pulse->existence > AP_ECLIPSED_EXISTENCE || !is_overdue(row, time_utc));
}

static bool may_share(const ap_state *state, const ap_look *look)
{
    return !look->is_too_late && is_likely(&state->store, look->slot, look->time_utc);
}

static double distance2(ap_vec3 a, ap_vec3 b)
{
    double dx = a.x_m - b.x_m, dy = a.y_m - b.y_m, dz = a.z_m - b.z_m;
    return dx * dx + dy * dy + dz * dz;
}

/* Puts a track among the nearest, in order of distance: whatever the order that they come in. */
static void put_near(crowd *c, uint32_t look, double distance2_m2)
{
    size_t place = c->count < NEAR_MAX ? c->count++ : NEAR_MAX;
    while (place > 0 && distance2_m2 < c->distance2_m2[place - 1]) {
        place--;
        if (place + 1 < NEAR_MAX) {
            c->look[place + 1] = c->look[place];
            c->distance2_m2[place + 1] = c->distance2_m2[place];
        }
    }
    if (place < NEAR_MAX) {
        c->look[place] = look;
        c->distance2_m2[place] = distance2_m2;
    }
}

/* Lists the tracks about a plot that may share it, as the sensor sees them: those within some cells
 * of it, whatever the direction, which most tracks are not. */
static void gather(const ap_state *state, uint32_t plot_index, const uint32_t *looks, size_t count,
                   crowd *c)
{
    const ap_bench *b = &state->bench;
    const ap_plot *plot = &b->plot[plot_index];
    const ap_report *report = &state->waiting[plot->report];
    const ap_sensor *sensor = ap_sensor_of(state, report->sensor);
    ap_cell size = ap_cell_of(sensor, report);
    double reach_m = NEAR_CELLS * fmax(size.range_m, size.azimuth_rad * report->range_m);
    c->count = 0;
    for (size_t k = 0; k < count; k++) {
        const ap_look *look = &b->look[looks[k]];
        if (!may_share(state, look))
            continue;
        double d2_m2 = distance2(ap_aspect_place(&look->imm), plot->measure.ecef);
        if (d2_m2 < reach_m * reach_m)
            put_near(c, looks[k], d2_m2);
    }
}

/* False when none of the tracks is near another. */
static bool pair_up(const ap_state *state, const ap_report *report, crowd *c)
{
    bool any = false;
    if (c->count < 2)
        return false;
    const ap_sensor *sensor = ap_sensor_of(state, report->sensor);
    for (size_t i = 0; i < c->count; i++)
        c->seen[i] = ap_aspect_of(sensor, &state->bench.look[c->look[i]].imm);
    for (size_t i = 0; i < c->count; i++)
        for (size_t j = i + 1; j < c->count; j++) {
            double p = unresolved(state, report, &c->seen[i], &c->seen[j]);
            c->pair[i * NEAR_MAX + j] = p;
            any |= p > NOT_CLOSE;
        }
    return any;
}

/* Odds that the tracks are there and detected, against that none is. Code and altitude in the plot
 * are of any one of them. */
static double odds_of(const ap_state *state, const run *r, const ap_plot *plot)
{
    const ap_report *report = &state->waiting[plot->report];
    double odds = 1.0, identity = 0.0;
    for (size_t i = 0; i < r->count; i++) {
        const ap_row *row = &state->store.row[r->look[i]->slot];
        double seen = state->store.pulse[r->look[i]->slot].existence * r->look[i]->detection;
        odds *= seen / (1.0 - seen);
        identity += ap_identity_factor(&row->identity, report) *
                    ap_altitude_factor(&r->look[i]->imm, &plot->measure, report);
    }
    return odds * identity / (double)r->count;
}

/* The cell as a covariance in the plane of the first member. */
static ap_sym2 link_of(const ap_state *state, const ap_report *report, const ap_imm *imm)
{
    const ap_sensor *sensor = ap_sensor_of(state, report->sensor);
    ap_aspect at = ap_aspect_of(sensor, imm);
    ap_cell c = ap_cell_of(sensor, report);
    ap_vec3 line = { at.east_m / at.ground_m, at.north_m / at.ground_m, 0.0 };
    ap_vec3 u = ap_enu_rotate(&imm->frame, ap_ecef_rotate(&sensor->frame, line));
    double along = LINK_SIGMAS2 * c.range_m * c.range_m;
    double across = LINK_SIGMAS2 * c.azimuth_rad * at.ground_m * c.azimuth_rad * at.ground_m;
    return (ap_sym2){ along * u.x_m * u.x_m + across * u.y_m * u.y_m,
                      (along - across) * u.x_m * u.y_m,
                      along * u.y_m * u.y_m + across * u.x_m * u.x_m };
}

static void add_run(ap_state *state, uint32_t plot_index, run *r, double connected)
{
    ap_bench *b = &state->bench;
    const ap_plot *plot = &b->plot[plot_index];
    const ap_report *report = &state->waiting[plot->report];
    const ap_gauss *first = &r->look[0]->imm.mean;
    r->fix = ap_imm_fix(&r->look[0]->imm, &plot->measure, first->x[2], first->x[3]);
    r->link = link_of(state, report, &r->look[0]->imm);
    for (size_t i = 0; i < r->count; i++)
        place_member(r, i);
    link_members(r);
    double psi = connected * odds_of(state, r, plot) * take_plot(r, state->config.gate_chi2) /
                 plot->background;
    if (!(psi > AP_PSI_LEAST) || b->edge_count + r->count > b->edge_cap ||
        b->run_count >= b->plot_cap)
        return;
    b->run_psi[b->run_count] = fmin(psi, AP_PSI_MAX);
    for (size_t i = 0; i < r->count; i++) {
        ap_edge *edge = &b->edge[b->edge_count++];
        edge->row = (uint32_t)(r->look[i] - b->look);
        edge->plot = plot_index;
        edge->run = b->run_count;
        edge->run_size = (uint32_t)r->count;
        edge->psi = 0.0;
        edge->fix = fix_for(r, i);
        ap_imm_likelihood(&r->look[i]->imm, &edge->fix, &edge->likelihood);
    }
    b->run_count++;
}

/* The tracks of a crowd that are in the set, each linked to the one before it that is nearest. */
static bool run_of(const ap_state *state, const crowd *c, uint32_t set, run *r, double *connected)
{
    double pair[AP_RUN_CAP * AP_RUN_CAP];
    size_t of[NEAR_MAX], n = 0;
    for (size_t i = 0; i < c->count; i++)
        if (set >> i & 1u)
            of[n++] = i;
    if (n < 2 || n > AP_RUN_CAP)
        return false;
    *r = (run){ .count = n };
    for (size_t j = 0; j < n; j++) {
        r->look[j] = &state->bench.look[c->look[of[j]]];
        for (size_t i = 0; i < j; i++) {
            pair[i * AP_RUN_CAP + j] = c->pair[of[i] * NEAR_MAX + of[j]];
            if (pair[i * AP_RUN_CAP + j] > pair[r->linked_to[j] * AP_RUN_CAP + j])
                r->linked_to[j] = (uint32_t)i;
        }
    }
    *connected = ap_connected(n, pair, AP_RUN_CAP);
    return *connected >= SHARE_LEAST;
}

/* A plot that radars have, and that no address gives to a track by itself. */
static bool is_shareable(const ap_report *report)
{
    return (report->present & (AP_HAS_POLAR | AP_HAS_ADDRESS)) == AP_HAS_POLAR;
}

void ap_shares_find_company(ap_state *state, uint32_t plot_index)
{
    ap_bench *b = &state->bench;
    ap_plot *plot = &b->plot[plot_index];
    const ap_report *report = &state->waiting[plot->report];
    const ap_sensor *sensor = ap_sensor_of(state, report->sensor);
    uint32_t first = b->listed_from[plot_index], last = b->listed_from[plot_index + 1];
    double best = NOT_CLOSE;
    crowd c;
    if (first == last || !is_shareable(report))
        return;
    gather(state, plot_index, b->listed + first, last - first, &c);
    ap_aspect here = ap_aspect_of_plot(sensor, report, &plot->measure);
    for (size_t k = 0; k < c.count; k++) {
        const ap_look *look = &b->look[c.look[k]];
        if (state->store.pulse[look->slot].state == AP_TRACK_TENTATIVE)
            continue;
        ap_aspect there = ap_aspect_of(sensor, &look->imm);
        double p = unresolved(state, report, &here, &there);
        if (p <= best)
            continue;
        best = p;
        const ap_imm *imm = &look->imm;
        plot->company = look->slot;
        plot->company_mps =
            ap_ecef_rotate(&imm->frame, (ap_vec3){ imm->mean.x[2], imm->mean.x[3], 0.0 });
    }
}

/* How far the sensor bears its resolution cell out, as learnt: by least squares, as of pairs each
 * of which gives two plots with probability 1 - trust p. */
void ap_shares_begin(ap_state *state, uint16_t sensor)
{
    const ap_pairs *known = &state->group[sensor].pairs;
    double p = TRUST_WEIGHT + known->p, p2 = TRUST_WEIGHT + known->p2;
    double apart = TRUST_WEIGHT * (1.0 - TRUST_START) + known->apart;
    state->bench.trust = fmin(fmax((p - apart) / p2, TRUST_MIN), 1.0);
    state->bench.pairs = (ap_pairs){ .p = 0.0 };
    state->bench.run_count = 0;
}

/* All at once at the end: what the order of the clusters is shall make no difference. */
void ap_shares_end(ap_state *state, uint16_t sensor)
{
    ap_pairs *known = &state->group[sensor].pairs;
    const ap_pairs *new = &state->bench.pairs;
    double keep = TRUST_MEMORY / fmax(known->p + new->p, TRUST_MEMORY);
    known->p = keep * (known->p + new->p);
    known->p2 = keep * (known->p2 + new->p2);
    known->apart = keep * (known->apart + new->apart);
}

void ap_shares_add(ap_state *state, uint32_t plot_index, const uint32_t *looks, size_t count)
{
    const ap_report *report = &state->waiting[state->bench.plot[plot_index].report];
    crowd c;
    run r;
    double connected;
    if (count < 2 || state->bench.plot[plot_index].crowded || !is_shareable(report))
        return;
    gather(state, plot_index, looks, count, &c);
    if (!pair_up(state, report, &c))
        return;
    for (uint32_t set = 3; set < 1u << c.count; set++)
        if (run_of(state, &c, set, &r, &connected))
            add_run(state, plot_index, &r, connected);
}

/* ---- solution ---- */

static void fill_apart(const ap_state *state, const ap_report *report, size_t rows,
                       const uint32_t *look_of_row, double *apart)
{
    const ap_bench *b = &state->bench;
    const ap_sensor *sensor = ap_sensor_of(state, report->sensor);
    ap_aspect seen[AP_SHARED_ROWS_MAX];
    bool may[AP_SHARED_ROWS_MAX];
    for (size_t i = 0; i < rows; i++) {
        const ap_look *look = &b->look[look_of_row[i]];
        seen[i] = ap_aspect_of(sensor, &look->imm);
        may[i] = is_likely(&state->store, look->slot, look->time_utc);
    }
    for (size_t i = 0; i < rows; i++)
        for (size_t j = i + 1; j < rows; j++) {
            double p = may[i] && may[j] ? unresolved(state, report, &seen[i], &seen[j]) : 0.0;
            apart[i * rows + j] = p > NOT_CLOSE ? 1.0 - p : 1.0;
        }
}

/* Shares of the cluster; the same number for the edges of one run. */
static size_t list_shares(ap_bench *b, const uint32_t *order, uint32_t count, uint32_t *look_of_row,
                          size_t *rows)
{
    size_t shares = 0;
    uint32_t last = AP_SLOT_NONE;
    *rows = 0;
    for (uint32_t k = 0; k < count; k++) {
        const ap_edge *edge = &b->edge[order[k]];
        if (edge->row != last) {
            if (*rows == AP_SHARED_ROWS_MAX)
                return 0;
            look_of_row[(*rows)++] = edge->row;
        }
        last = edge->row;
        uint32_t bit = 1u << (*rows - 1);
        uint32_t column = b->local[edge->plot];
        size_t place = shares;
        if (edge->run != AP_SLOT_NONE && b->run_share[edge->run] < shares &&
            b->run_of_share[b->run_share[edge->run]] == edge->run)
            place = b->run_share[edge->run];
        if (place == shares) {
            b->share[shares] =
                (ap_share){ 0, column,
                            edge->run == AP_SLOT_NONE ? edge->psi : b->run_psi[edge->run], 0.0 };
            b->run_of_share[shares] = edge->run;
            if (edge->run != AP_SLOT_NONE)
                b->run_share[edge->run] = (uint32_t)shares;
            shares++;
        }
        b->share[place].rows |= bit;
        b->column[k] = (uint32_t)place;
    }
    return shares;
}

/* Learns from a pair that is surely there: hit = the chance that either gave a plot, two = that
 * each gave its own. */
static void learn_pair(ap_pairs *pairs, double p, double detection, double hit, double two)
{
    double seen_twice = detection * detection / (1.0 - (1.0 - detection) * (1.0 - detection));
    pairs->p += hit * p;
    pairs->p2 += hit * p * p;
    pairs->apart += two * p / seen_twice;
}

/* Learns whether the sensor does run together what its resolution cell says it should. Which pairs
 * it learns from does not depend on what became of them. */
static void learn_cell(ap_state *state, size_t shares, size_t rows, const uint32_t *look_of_row,
                       const double *apart)
{
    ap_bench *b = &state->bench;
    double alone[AP_SHARED_ROWS_MAX] = { 0.0 }, hit[AP_SHARED_ROWS_MAX] = { 0.0 };
    for (size_t k = 0; k < shares; k++)
        for (size_t i = 0; i < rows; i++) {
            bool mine = b->share[k].rows >> i & 1u;
            hit[i] += mine ? b->share[k].p : 0.0;
            alone[i] += mine && b->share[k].rows == 1u << i ? b->share[k].p : 0.0;
        }
    for (size_t i = 0; i < rows; i++)
        for (size_t j = i + 1; j < rows; j++) {
            const ap_look *one = &b->look[look_of_row[i]], *two = &b->look[look_of_row[j]];
            double p = (1.0 - apart[i * rows + j]) / b->trust;
            if (p >= TRUST_PAIR && fmin(one->detection, two->detection) > TRUST_DETECTION &&
                state->store.pulse[one->slot].existence > TRUST_EXISTENCE &&
                state->store.pulse[two->slot].existence > TRUST_EXISTENCE)
                learn_pair(&b->pairs, p, one->detection, fmax(hit[i], hit[j]), alone[i] * alone[j]);
        }
}

/* Of two that have long been one plot, the one that was seen by itself less lately is given up; of
 * both as lately, the younger. */
static bool is_eclipsed(const ap_state *state, const ap_look *look, const ap_look *by)
{
    const ap_row *row = &state->store.row[look->slot], *other = &state->store.row[by->slot];
    bool is_second = row->alone_utc != other->alone_utc ? row->alone_utc < other->alone_utc
                                                        : row->id > other->id;
    return is_second && is_overdue(row, look->time_utc);
}

/* A firm track near another one that is seen is not missed for certain when it is not seen itself:
 * the two may be one plot, even where pairs were seen apart lately. */
static void hide(ap_state *state, size_t shares, size_t rows, const uint32_t *look_of_row,
                 const double *apart)
{
    ap_bench *b = &state->bench;
    double hit[AP_SHARED_ROWS_MAX] = { 0.0 }, doubt = fmax(b->trust, HIDE_TRUST) / b->trust;
    doubt *= HIDE_SPLIT_RATE / (HIDE_SPLIT_RATE + b->split_rate);
    for (size_t k = 0; k < shares; k++)
        for (size_t i = 0; i < rows; i++)
            hit[i] += b->share[k].rows >> i & 1u ? b->share[k].p : 0.0;
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < rows; j++) {
            ap_look *look = &b->look[look_of_row[i]];
            const ap_look *other = &b->look[look_of_row[j]];
            double one = i < j ? apart[i * rows + j] : apart[j * rows + i];
            if (i == j || state->store.pulse[look->slot].state == AP_TRACK_TENTATIVE ||
                state->store.pulse[other->slot].state == AP_TRACK_TENTATIVE)
                continue;
            look->hidden = fmax(look->hidden, hit[j] * (1.0 - one) * doubt);
            look->is_eclipsed |= one < 1.0 && hit[j] > AP_HIT && is_eclipsed(state, look, other);
        }
}

bool ap_shares_solve(ap_state *state, const uint32_t *order, uint32_t count, size_t columns)
{
    ap_bench *b = &state->bench;
    uint32_t look_of_row[AP_SHARED_ROWS_MAX];
    double apart[AP_SHARED_ROWS_MAX * AP_SHARED_ROWS_MAX];
    size_t rows;
    size_t shares = list_shares(b, order, count, look_of_row, &rows);
    if (shares == 0)
        return false;
    const ap_report *report = &state->waiting[b->plot[b->edge[order[0]].plot].report];
    fill_apart(state, report, rows, look_of_row, apart);
    if (!ap_marginals_shared(rows, columns, b->share, shares, apart, b->work))
        return false;
    for (uint32_t k = 0; k < count; k++)
        b->edge[order[k]].p = b->share[b->column[k]].p;
    hide(state, shares, rows, look_of_row, apart);
    learn_cell(state, shares, rows, look_of_row, apart);
    return true;
}
