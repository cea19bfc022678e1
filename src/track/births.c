/* New tracks, of plots that none explains. */
#include "track/state.h"

#include <math.h>
#include <string.h>

#define BIRTH_ADDRESS 0.5
#define BIRTH_MIN 1e-7
#define BIRTH_UNUSED 0.05    /* a plot that a track explains better than this starts none */
#define COMPANY_UNUSED 0.002 /* nor adds such a plot to the chances of those beside it */
#define COMPANY_PATIENCE                                                                           \
    0.1 /* such a one is waited for longer: it is seen by itself now and then */
#define COMPANY_SIGMA_MPS 12.0 /* of aircraft that fly together */

/* Chains the plots beside each firm track in b->local, in their order: plot_count ends one. */
static void chain_companies(ap_bench *b)
{
    b->stamp++;
    for (uint32_t i = b->plot_count; i-- > 0;) {
        uint32_t company = b->plot[i].company;
        if (company == AP_SLOT_NONE)
            continue;
        b->local[i] = b->look_stamp[company] == b->stamp ? b->look_of[company] : b->plot_count;
        b->look_stamp[company] = b->stamp;
        b->look_of[company] = i;
    }
}

/* The likeliest plot of a chain that has not had its turn; plot_count if none. */
static uint32_t likeliest_beside(const ap_bench *b, uint32_t first, double *sum)
{
    uint32_t best = b->plot_count;
    *sum = 0.0;
    for (uint32_t i = first; i < b->plot_count; i = b->local[i]) {
        if (b->used[i])
            continue;
        *sum += fmax(b->plot[i].unused, 0.0);
        if (best == b->plot_count || b->plot[i].unused > b->plot[best].unused)
            best = i;
    }
    return best;
}

/* Of the plots beside one firm track some are not of it, but which? Guesses for all would be in
 * each other's way: the likeliest have the chances of the rest. */
static void join_company(ap_bench *b)
{
    memset(b->used, 0, b->plot_count);
    chain_companies(b);
    for (uint32_t i = 0; i < b->plot_count; i++) {
        double sum = 0.0, left = -1.0;
        uint32_t best;
        if (b->plot[i].company == AP_SLOT_NONE || b->used[i])
            continue;
        while ((best = likeliest_beside(b, i, &sum)) < b->plot_count) {
            left = left < 0.0 ? sum : left;
            b->plot[best].unused = fmin(left, 1.0);
            left -= b->plot[best].unused;
            b->used[best] = 1;
        }
    }
}

static void birth_of(ap_state *state, const ap_plot *plot, double existence)
{
    const ap_report *report = &state->waiting[plot->report];
    uint32_t slot = ap_track_birth(state, report, &plot->measure, existence, AP_REASON_BORN_PLOT);
    if (slot == AP_SLOT_NONE || plot->company == AP_SLOT_NONE)
        return;
    state->store.row[slot].beside = true;
    state->store.pulse[slot].worth *= COMPANY_PATIENCE;
}

void ap_births_leave_ghosts_out(ap_state *state)
{
    ap_bench *b = &state->bench;
    for (uint32_t i = 0; i < b->plot_count; i++) {
        ap_plot *plot = &b->plot[i];
        const ap_report *report = &state->waiting[plot->report];
        if (plot->unused > AP_HIT && !(report->present & AP_HAS_ADDRESS) &&
            ap_ghost_refuse(state, report, &plot->measure))
            plot->unused = 0.0;
    }
}

void ap_births_give(ap_state *state)
{
    ap_bench *b = &state->bench;
    for (uint32_t i = 0; i < b->plot_count; i++)
        if (b->plot[i].unused > COMPANY_UNUSED)
            ap_shares_find_company(state, i);
    join_company(b);
    for (uint32_t i = 0; i < b->plot_count; i++) {
        ap_plot *plot = &b->plot[i];
        const ap_report *report = &state->waiting[plot->report];
        bool has_address = (report->present & AP_HAS_ADDRESS) != 0;
        double unused = fmax(plot->unused, 0.0);
        if (has_address && unused > AP_HIT) {
            /* An earlier plot of this group may have been the first of its address. */
            if (!ap_direct_take(state, report))
                ap_track_birth(state, report, &plot->measure, BIRTH_ADDRESS,
                               AP_REASON_BORN_ADDRESS);
            continue;
        }
        double existence = unused * plot->birth;
        if (plot->company != AP_SLOT_NONE) {
            plot->measure.has |= AP_MEASURE_VELOCITY;
            plot->measure.velocity_ecef = plot->company_mps;
            plot->measure.velocity_var = COMPANY_SIGMA_MPS * COMPANY_SIGMA_MPS;
        }
        if (!has_address && unused > BIRTH_UNUSED && existence > BIRTH_MIN)
            birth_of(state, plot, existence);
    }
}
