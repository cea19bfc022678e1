/* New tracks, of plots that none explains. */
#include "track/state.h"

#define BIRTH_ADDRESS 0.5
#define BIRTH_MIN 1e-7
#define FRESH_MAX 0.999
#define BIRTH_UNUSED 0.05    /* a plot that a track explains better than this starts none */
#define COMPANY_UNUSED 0.002 /* nor adds such a plot to the chances of those beside it */
#define COMPANY_PATIENCE                                                                           \
    0.1 /* such a one is waited for longer: it is seen by itself now and then */
#define COMPANY_SIGMA_MPS 12.0 /* of aircraft that fly together */

/* Sums up in b->work, at the first plot beside each firm track, what all beside it leave over; each
 * finds that first one in b->local. Lists them in b->order2, with what is left in b->psi. */
static uint32_t list_companies(ap_bench *b)
{
    uint32_t count = 0;
    b->stamp++;
    for (uint32_t i = 0; i < b->plot_count; i++) {
        uint32_t company = b->plot[i].company;
        if (company == AP_SLOT_NONE)
            continue;
        if (b->look_stamp[company] != b->stamp) {
            b->look_stamp[company] = b->stamp;
            b->look_of[company] = i;
            b->work[i] = 0.0;
        }
        b->local[i] = b->look_of[company];
        b->work[b->local[i]] += ap_larger(b->plot[i].unused, 0.0);
        b->psi[count] = b->plot[i].unused;
        b->order2[count++] = i;
    }
    return count;
}

/* Of the plots beside one firm track some are not of it, but which? Guesses for all would be in
 * each other's way: the likeliest have the chances of the rest. */
static void join_company(ap_bench *b)
{
    uint32_t count = list_companies(b);
    ap_sort_heaviest(b->order, b->psi, count);
    for (uint32_t k = 0; k < count; k++) {
        uint32_t i = b->order2[b->order[k]];
        double *left = &b->work[b->local[i]];
        b->plot[i].unused = ap_smaller(*left, 1.0);
        *left -= b->plot[i].unused;
    }
}

static void birth_of(ap_state *state, const ap_plot *plot, double existence)
{
    const ap_report *report = &state->waiting[plot->report];
    bool is_beside = plot->company != AP_SLOT_NONE;
    uint32_t slot = ap_track_birth(state, report, &plot->measure, existence,
                                   is_beside ? AP_REASON_BORN_BESIDE : AP_REASON_BORN_PLOT,
                                   is_beside ? state->store.row[plot->company].id : 0);
    if (slot == AP_SLOT_NONE)
        return;
    ap_track_known(state, slot, ap_smaller(existence * plot->news, FRESH_MAX));
    state->store.row[slot].strays = (ap_strays){ .count = (float)ap_plot_stray(plot),
                                                 .sensor = report->sensor,
                                                 .part = plot->part };
    if (plot->halves > 0.0)
        state->store.row[slot].half_count =
            (float)(ap_larger(plot->unused, 0.0) * ap_split_share(state, plot));
    if (!is_beside)
        return;
    state->store.row[slot].beside = true;
    state->store.pulse[slot].worth *= COMPANY_PATIENCE;
    state->store.row[slot].fresh_worth *= (float)COMPANY_PATIENCE;
}

static void birth_of_address(ap_state *state, const ap_report *report, const ap_measure *measure)
{
    uint32_t slot =
        ap_track_birth(state, report, measure, BIRTH_ADDRESS, AP_REASON_BORN_ADDRESS, 0);
    if (slot != AP_SLOT_NONE)
        ap_heir_begin(state, slot, report);
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
        double unused = ap_larger(plot->unused, 0.0);
        if (has_address && unused > AP_HIT) {
            /* An earlier plot of this group may have been the first of its address. */
            if (!ap_direct_take(state, report))
                birth_of_address(state, report, &plot->measure);
            continue;
        }
        double existence = unused * plot->birth;
        if (plot->company != AP_SLOT_NONE) {
            plot->measure.has |= AP_MEASURE_VELOCITY;
            plot->measure.velocity_ecef = plot->company_mps;
            plot->measure.velocity_var = COMPANY_SIGMA_MPS * COMPANY_SIGMA_MPS;
        }
        if (!has_address && unused > AP_HIT && ap_falling_seed(state, report, &plot->measure))
            continue;
        if (!has_address && unused > BIRTH_UNUSED && existence > BIRTH_MIN)
            birth_of(state, plot, existence);
        else if (plot->halves > 0.0 && unused > BIRTH_UNUSED)
            ap_split_count(state, report->sensor, unused * ap_split_share(state, plot));
    }
}
