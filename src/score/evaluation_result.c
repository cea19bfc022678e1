#include <math.h>
#include <string.h>

#include "score/evaluation_state.h"
#include "score/summary.h"

static double root(const struct ap_evaluation_state *state, double value)
{
    return state->config.power == 1 ? value : sqrt(value);
}

static double ratio(double over, double under, double otherwise)
{
    return under > 0.0 ? over / under : otherwise;
}

static void conclude_instants(struct ap_evaluation_state *state)
{
    ap_evaluation_result *result = &state->result;
    const ap_instant_sums *sums = &state->sums;
    double n = state->instant > 0 ? (double)state->instant : 1.0;
    double pairs = (double)result->pair_count;
    result->instant_count = state->instant;
    result->first_instant = state->instant > 0 ? state->start : AP_UTC_UNKNOWN;
    result->last_instant =
        state->instant > 0 ? ap_evaluation_time(state, state->instant - 1) : AP_UTC_UNKNOWN;
    result->gospa_rms_m = sqrt(sums->gospa_square / n);
    result->gospa_mean_m = sums->gospa / n;
    result->gospa_per_sqrt_n_m =
        sqrt(ratio(sums->gospa_square / n, (double)result->truth_count / n, 0.0));
    result->localisation_m = root(state, sums->localisation / n);
    result->missed_m = root(state, sums->missed / n);
    result->spurious_m = root(state, sums->spurious / n);
    result->ospa_mean_m = sums->ospa / n;
    result->ospa_rms_m = sqrt(sums->ospa_square / n);
    result->position_rms_m = sqrt(ratio(sums->position_square, pairs, 0.0));
    result->velocity_rms_mps = sqrt(ratio(sums->velocity_square, pairs, 0.0));
    result->nees_instant = ap_nees_of(sums->nees_count, 2, sums->nees);
    result->completeness = ratio(pairs, (double)result->truth_count, 0.0);
    result->missed_per_instant = (double)(result->truth_count - result->pair_count) / n;
    result->false_per_instant = (double)(result->track_count - result->pair_count) / n;
    result->position_95_m =
        sqrt(ap_summary_quantile(state->square_count, state->square, 0.95, state->bins));
    result->notes[AP_EVALUATION_NOTE_NEAR_FULL] = state->pairing.edge_refused_count > 0;
    result->notes[AP_EVALUATION_NOTE_NO_NEIGHBOUR] =
        result->truth_count > 0 && result->track_count > 0 && state->edge_count == 0 &&
        result->pair_count == 0;
}

static double longest_share(const struct ap_evaluation_state *state, const ap_target_sums *target)
{
    uint32_t most = 0;
    for (uint32_t at = target->partners; at != 0; at = state->partners[at - 1].next)
        if (state->partners[at - 1].count > most)
            most = state->partners[at - 1].count;
    return (double)most / (double)target->pair_count;
}

/* Different tracks that were its pair. */
static uint32_t number_count(const struct ap_evaluation_state *state, const ap_target_sums *target)
{
    uint32_t count = 0;
    for (uint32_t at = target->partners; at != 0; at = state->partners[at - 1].next)
        count++;
    return count;
}

static void conclude_targets(struct ap_evaluation_state *state)
{
    ap_evaluation_result *result = &state->result;
    double shares = 0.0, delay_s = 0.0, numbers = 0.0;
    uint32_t paired = 0;
    for (uint32_t i = 0; i < state->truth->trajectory_count; i++) {
        const ap_target_sums *target = &state->targets[i];
        if (target->instant_count == 0)
            continue;
        state->target_rows[state->target_row_count++] = (ap_evaluation_target){
            .id = state->truth->trajectories[i].id,
            .truth = i,
            .instant_count = target->instant_count,
            .pair_count = target->pair_count,
            .first = ap_evaluation_time(state, target->first_instant),
            .last = ap_evaluation_time(state, target->last_instant),
            .switch_count = target->switch_count,
            .kept_switch_count = target->kept_switch_count,
            .break_count = target->break_count,
            .number_count = number_count(state, target),
            .gap_count = target->break_count - (target->break_count > 0 && !target->was_paired),
        };
        result->switch_count += target->switch_count;
        result->kept_switch_count += target->kept_switch_count;
        result->break_count += target->break_count;
        if (target->pair_count == 0)
            continue;
        paired++;
        shares += longest_share(state, target);
        numbers += (double)number_count(state, target);
        if (target->first_instant == 0)
            continue;
        result->late_birth_count++;
        delay_s += (double)(target->first_paired - target->first_instant) * state->config.step_s;
    }
    result->target_count = (uint32_t)state->target_row_count;
    double targets = result->target_count > 0 ? (double)result->target_count : 1.0;
    result->switches_per_target = (double)result->switch_count / targets;
    result->kept_switches_per_target = (double)result->kept_switch_count / targets;
    result->breaks_per_target = (double)result->break_count / targets;
    result->longest_share = ratio(shares, (double)paired, 0.0);
    result->numbers_per_target = ratio(numbers, (double)paired, 0.0);
    result->late_birth_delay_s = ratio(delay_s, (double)result->late_birth_count, 0.0);
}

static void conclude_tracks(struct ap_evaluation_state *state)
{
    ap_evaluation_result *result = &state->result;
    for (uint32_t i = 0; i < state->tracks->trajectory_count; i++) {
        ap_track_sums *sums = &state->track_sums[i];
        if (sums->instant_count == 0)
            continue;
        sums->is_false = 2 * (sums->instant_count - sums->pair_count) > sums->instant_count;
        result->false_track_count += sums->is_false;
        state->track_rows[state->track_row_count++] =
            (ap_evaluation_track){ .id = state->tracks->trajectories[i].id,
                                   .track = i,
                                   .instant_count = sums->instant_count,
                                   .pair_count = sums->pair_count,
                                   .target_count = sums->stretch_count,
                                   .is_false = sums->is_false };
    }
    result->used_track_count = (uint32_t)state->track_row_count;
    double hours = (double)state->instant * state->config.step_s / 3600.0;
    result->false_per_hour = ratio((double)result->false_track_count, hours, 0.0);
}

static void conclude_siap(struct ap_evaluation_state *state)
{
    const ap_siap_sums *sums = &state->siap;
    ap_siap *siap = &state->result.siap;
    double followed_s = 0.0, longest = 0.0, present = 0.0;
    for (uint32_t i = 0; i < state->truth->trajectory_count; i++) {
        followed_s += (double)state->targets[i].followed_count * state->config.step_s;
        longest += (double)state->targets[i].run_longest;
        present += (double)state->targets[i].instant_count;
    }
    siap->completeness = ratio(sums->tracked, sums->truths, 0.0);
    siap->ambiguity = ratio(sums->associated, sums->tracked, 1.0);
    siap->spuriousness = ratio(sums->tracks - sums->associated, sums->tracks, 0.0);
    siap->position_m = ratio(sums->position_m, sums->associated, 0.0);
    siap->velocity_mps = ratio(sums->velocity_mps, sums->associated, 0.0);
    siap->rate_of_number_change_hz =
        ratio((double)state->result.kept_switch_count, followed_s, 0.0);
    siap->longest_segment = ratio(longest, present, 0.0);
    siap->has_identity = sums->identity_truths > 0.0;
    siap->identity_completeness = ratio(sums->tracked - sums->identity_unknown, sums->tracked, 0.0);
    siap->identity_correctness = ratio(sums->identity_correct, sums->tracked, 0.0);
    siap->identity_ambiguity = ratio(sums->tracked - sums->identity_correct - sums->identity_wrong -
                                         sums->identity_unknown,
                                     sums->tracked, 0.0);
}

static void conclude_bound(struct ap_evaluation_state *state)
{
    const ap_pcrb_work *work = &state->pcrb;
    ap_pcrb *bound = &state->result.pcrb;
    bound->count = work->count;
    if (work->count == 0)
        return;
    bound->bound_rms_m = sqrt(work->bound_square / (double)work->count);
    bound->error_rms_m = sqrt(work->error_square / (double)work->count);
    bound->ratio = bound->error_rms_m / bound->bound_rms_m;
}

void ap_evaluation_after_instants(struct ap_evaluation_state *state)
{
    conclude_instants(state);
    conclude_targets(state);
    conclude_tracks(state);
    conclude_siap(state);
    conclude_bound(state);
}

void ap_evaluation_tgospa(struct ap_evaluation_state *state)
{
    ap_evaluation_result *result = &state->result;
    const ap_evaluation_config *config = &state->config;
    if (result->notes[AP_EVALUATION_NOTE_EDGES_FULL] || state->instant == 0)
        return;
    for (uint32_t i = 0; i < state->truth->trajectory_count; i++) {
        state->truth_span[0][i] = state->targets[i].first_instant;
        state->truth_span[1][i] = state->targets[i].last_instant;
    }
    for (uint32_t i = 0; i < state->tracks->trajectory_count; i++) {
        state->track_span[0][i] = state->track_sums[i].first_instant;
        state->track_span[1][i] = state->track_sums[i].last_instant;
    }
    double full = config->power == 1 ? config->cutoff_m : config->cutoff_m * config->cutoff_m;
    double whole = config->power == 1 ? config->switch_m : config->switch_m * config->switch_m;
    ap_tgospa_problem problem = {
        .instant_count = state->instant,
        .truth_count = state->truth->trajectory_count,
        .track_count = state->tracks->trajectory_count,
        .edges = state->edges,
        .edge_count = state->edge_count,
        .full = full,
        .half_switch = whole / 2.0,
        .absence_switches = config->absence_switches,
        .truth_span = { state->truth_span[0], state->truth_span[1] },
        .track_span = { state->track_span[0], state->track_span[1] },
    };
    ap_tgospa_solution solved = ap_tgospa_solve(&state->tgospa, &problem);
    double n = (double)state->instant;
    double missed = full / 2.0 * (double)(result->truth_count - solved.pair_count);
    double spurious = full / 2.0 * (double)(result->track_count - solved.pair_count);
    double switching = problem.half_switch * (double)solved.half_switches;
    double sum = solved.localisation + missed + spurious + switching;
    result->tgospa = (ap_tgospa){
        .computed = true,
        .tgospa_m = root(state, sum),
        .per_instant_m = root(state, sum / n),
        .localisation_m = root(state, solved.localisation / n),
        .missed_m = root(state, missed / n),
        .spurious_m = root(state, spurious / n),
        .switch_m = root(state, switching / n),
        .switch_count = (double)solved.half_switches / 2.0,
        .gap_share = ratio(fmax(solved.bound - solved.reward, 0.0), sum, 0.0),
        .cluster_count = solved.cluster_count,
        .cluster_size_max = solved.cluster_size_max,
        .cluster_open_count = solved.open_count,
    };
}
