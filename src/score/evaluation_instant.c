#include <math.h>
#include <string.h>

#include "airpicture/geo.h"
#include "score/evaluation_state.h"
#include "score/gospa.h"
#include "score/order.h"

#define KEY_PER_RAD 1e12 /* of latitudes sorted as integers: below a micrometre */
#define KEY_PER_M 1e6
#define MERIDIAN_RADIUS_MIN_M 6.3e6 /* below the smallest radius of curvature, 6,335 km */

double ap_evaluation_range_m(ap_trajectory_frame frame, const ap_evaluation_place *place,
                             const ap_motion_point *point)
{
    ap_trajectory_state at = { .latitude_rad = place->latitude_rad,
                               .longitude_rad = place->longitude_rad };
    ap_motion_point from = ap_motion_at(frame, &at);
    double east_m, north_m;
    ap_motion_offset(frame, &from, point, &east_m, &north_m);
    return hypot(east_m, north_m);
}

static bool is_low(const ap_evaluation_config *config, const ap_motion_point *point)
{
    if (!config->has_floor)
        return false;
    if (point->flags & AP_STATE_HAS_HEIGHT)
        return point->height_m < config->floor_m;
    return point->flags & AP_STATE_HAS_PRESSURE_ALTITUDE &&
           point->pressure_altitude_m < config->floor_m;
}

bool ap_evaluation_covers(const struct ap_evaluation_state *state, const ap_motion_point *point)
{
    const ap_evaluation_config *config = &state->config;
    if (is_low(config, point))
        return false;
    return !config->has_coverage ||
           ap_evaluation_range_m(state->truth->frame, &config->coverage_centre, point) <=
               config->coverage_range_m;
}

static bool callsigns_match(const ap_trajectory_identity *a, const ap_trajectory_identity *b)
{
    return strncmp(a->callsign, b->callsign, AP_CALLSIGN_SIZE) == 0;
}

uint16_t ap_evaluation_identity(const struct ap_evaluation_state *state, uint32_t truth_identity,
                                uint32_t track_identity)
{
    if (truth_identity == AP_TRAJECTORY_NONE || track_identity == AP_TRAJECTORY_NONE)
        return 0;
    const ap_trajectory_identity *truth = &state->truth->identities[truth_identity];
    const ap_trajectory_identity *track = &state->tracks->identities[track_identity];
    unsigned told = truth->flags & track->flags & 7u, right = 0;
    if (truth->address == track->address)
        right |= AP_IDENTITY_HAS_ADDRESS;
    if (truth->mode_3a == track->mode_3a)
        right |= AP_IDENTITY_HAS_MODE_3A;
    if (callsigns_match(truth, track))
        right |= AP_IDENTITY_HAS_CALLSIGN;
    return (uint16_t)(told * AP_REPORT_TOLD + (told & right) * AP_REPORT_RIGHT);
}

/* Brings the roster to `time`: in with what has begun, out with what ended more than after_s ago.
 */
static void update_roster(ap_roster *roster, ap_utc_ns time, double after_s)
{
    const ap_trajectory_set *set = roster->set;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < roster->active_count; i++) {
        const ap_trajectory *trajectory = &set->trajectories[roster->active[i]];
        ap_utc_ns last = set->states[trajectory->first + trajectory->count - 1].time_utc;
        if (last >= time || ap_seconds_between(last, time) <= after_s)
            roster->active[kept++] = roster->active[i];
    }
    uint32_t before = kept;
    for (; roster->next < set->trajectory_count; roster->next++) {
        uint32_t index = roster->by_begin[roster->next];
        const ap_trajectory *trajectory = &set->trajectories[index];
        if (trajectory->count == 0 || set->states[trajectory->first].time_utc > time)
            break;
        roster->active[kept++] = index;
    }
    roster->active_count = kept;
    if (kept == before)
        return;
    for (uint32_t i = 0; i < set->trajectory_count; i++)
        roster->key[i] = i;
    ap_order_sort(roster->active, roster->scratch, kept, roster->key, sizeof(int64_t));
}

static void take_truths(struct ap_evaluation_state *state, ap_utc_ns time)
{
    ap_instant_side *now = &state->truths_now;
    ap_roster *roster = &state->truth_roster;
    now->count = 0;
    update_roster(roster, time, 0.0);
    for (uint32_t i = 0; i < roster->active_count; i++) {
        uint32_t index = roster->active[i];
        ap_motion_point *point = &now->point[now->count];
        if (!ap_motion_find(state->truth, &state->truth->trajectories[index], time,
                            state->config.truth_gap_s, &roster->cursor[index], point))
            continue;
        now->trajectory[now->count] = index;
        now->state[now->count] = roster->cursor[index];
        now->outside[now->count] = !ap_evaluation_covers(state, point);
        now->count++;
    }
}

static void take_tracks(struct ap_evaluation_state *state, ap_utc_ns time)
{
    ap_instant_side *now = &state->tracks_now;
    ap_roster *roster = &state->track_roster;
    const ap_trajectory_set *set = state->tracks;
    for (uint32_t i = 0; i < now->count; i++) /* of the instant before */
        state->live_of_track[now->trajectory[i]] = 0;
    now->count = 0;
    update_roster(roster, time, state->config.max_age_s);
    for (uint32_t i = 0; i < roster->active_count; i++) {
        uint32_t index = roster->active[i], *at = &roster->cursor[index];
        *at = ap_motion_seek(set, &set->trajectories[index], *at, time);
        const ap_trajectory_state *s = &set->states[*at];
        double age_s = ap_seconds_between(s->time_utc, time);
        if (age_s < 0.0 || age_s > state->config.max_age_s)
            continue;
        now->point[now->count] = ap_motion_ahead(set->frame, s, age_s);
        now->trajectory[now->count] = index;
        now->state[now->count] = *at;
        now->age_s[now->count] = age_s;
        now->outside[now->count] = false;
        state->live_of_track[index] = ++now->count;
    }
}

static void sort_by_y(struct ap_evaluation_state *state)
{
    double unit = state->truth->frame == AP_TRAJECTORY_PLANE ? KEY_PER_M : KEY_PER_RAD;
    for (uint32_t i = 0; i < state->tracks_now.count; i++) {
        state->by_y[i] = i;
        state->y_key[i] = (int64_t)(state->tracks_now.point[i].y * unit);
    }
    ap_order_sort(state->by_y, state->by_y_scratch, state->tracks_now.count, state->y_key,
                  sizeof(int64_t));
}

static uint32_t first_from(const struct ap_evaluation_state *state, double y)
{
    uint32_t low = 0, high = state->tracks_now.count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (state->tracks_now.point[state->by_y[middle]].y < y)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void note_nearest(struct ap_evaluation_state *state, uint32_t truth, uint32_t track,
                         double distance_m)
{
    if (distance_m < state->nearest_cost[track]) {
        state->nearest_cost[track] = distance_m;
        state->nearest[track] = truth;
    }
}

static void find_edges(struct ap_evaluation_state *state, uint32_t truth)
{
    const ap_motion_point *at = &state->truths_now.point[truth];
    ap_trajectory_frame frame = state->truth->frame;
    double cutoff_m = state->config.cutoff_m;
    /* A little more than the cutoff: the sort rounds, and radii differ along the way. */
    double reach =
        frame == AP_TRAJECTORY_PLANE ? cutoff_m + 1e-3 : cutoff_m / MERIDIAN_RADIUS_MIN_M + 1e-9;
    ap_pairing_begin_truth(&state->pairing, truth);
    for (uint32_t i = first_from(state, at->y - reach); i < state->tracks_now.count; i++) {
        uint32_t track = state->by_y[i];
        const ap_motion_point *other = &state->tracks_now.point[track];
        if (other->y > at->y + reach)
            return;
        double east_m, north_m;
        ap_motion_offset(frame, at, other, &east_m, &north_m);
        if (!(fabs(east_m) < cutoff_m && fabs(north_m) < cutoff_m))
            continue;
        double distance_m = hypot(east_m, north_m);
        if (!(distance_m < cutoff_m))
            continue;
        ap_pairing_add(&state->pairing, track, distance_m);
        note_nearest(state, truth, track, distance_m);
    }
}

/* Best pairing into best and best_cost. */
static void pair_up(struct ap_evaluation_state *state)
{
    uint32_t truths = state->truths_now.count, tracks = state->tracks_now.count;
    sort_by_y(state);
    for (uint32_t i = 0; i < tracks; i++) {
        state->nearest[i] = AP_TRAJECTORY_NONE;
        state->nearest_cost[i] = INFINITY;
    }
    ap_pairing_begin(&state->pairing, tracks);
    for (uint32_t i = 0; i < truths; i++)
        find_edges(state, i);
    ap_pairing_finish(&state->pairing, truths, tracks);
    for (uint32_t i = 0; i < truths; i++) {
        state->best[i] = ap_pairing_track(&state->pairing, i);
        state->best_cost[i] = ap_pairing_cost(&state->pairing, i);
    }
}

static double distance_of(const struct ap_evaluation_state *state, double cost)
{
    return state->config.power == 1 ? cost : sqrt(cost);
}

/* Distance of a truth and a live track if they are nearer than the cutoff, else infinity. */
static double edge_distance(const struct ap_evaluation_state *state, uint32_t truth, uint32_t track)
{
    const ap_pairing *pairing = &state->pairing;
    for (uint32_t e = pairing->row_start[truth]; e < pairing->row_start[truth + 1]; e++)
        if (pairing->edge_track[e] == track)
            return distance_of(state, pairing->edge_cost[e]);
    return INFINITY;
}

/* Whether a truth may claim its track: it is near, no other has claimed it, and the truth was not
 * released from it. */
static bool can_hold(const struct ap_evaluation_state *state, const ap_target_sums *target,
                     uint32_t truth, uint32_t live)
{
    return live != 0 && !target->is_released && !state->taken[live - 1] &&
           edge_distance(state, truth, live - 1) < state->config.hold_m;
}

/* The best pairing has another track for the truth, or none because its own is another's. */
static void note_rival(const struct ap_evaluation_state *state, ap_target_sums *target)
{
    if (target->rival_next != state->instant)
        target->rival_first = state->instant;
    target->rival_next = state->instant + 1;
}

/* Whether that has been so at all instants of release_s up to this one. */
static bool is_outdone(const struct ap_evaluation_state *state, const ap_target_sums *target)
{
    return target->rival_next == state->instant + 1 &&
           (double)(state->instant - target->rival_first) * state->config.step_s >=
               state->config.release_s;
}

static void release(ap_target_sums *target)
{
    target->is_released = true;
    target->rival_next = 0; /* what it follows next has a time of its own */
}

/* The second pairing: a truth keeps its track while that is within hold_m and not outdone; of two
 * that would keep one track, the first. */
static void pair_kept(struct ap_evaluation_state *state)
{
    uint32_t truths = state->truths_now.count;
    memset(state->taken, 0, state->tracks_now.count * sizeof *state->taken);
    for (uint32_t i = 0; i < truths; i++) {
        ap_target_sums *target = &state->targets[state->truths_now.trajectory[i]];
        uint32_t track = target->kept_track;
        uint32_t live = track == AP_TRAJECTORY_NONE ? 0 : state->live_of_track[track];
        state->kept[i] = AP_ASSIGN_NONE;
        if (!can_hold(state, target, i, live))
            continue;
        if (state->best[i] != live - 1)
            note_rival(state, target);
        if (is_outdone(state, target)) {
            release(target);
            continue;
        }
        state->kept[i] = live - 1;
        state->taken[live - 1] = true;
    }
    ap_pairing_keep(&state->pairing, truths, state->tracks_now.count, state->kept);
    for (uint32_t i = 0; i < truths; i++)
        state->kept[i] = ap_pairing_track(&state->pairing, i);
}

/* Tracks of truths outside the coverage, and false ones there, do not count. */
static void leave_out(struct ap_evaluation_state *state)
{
    if (!state->config.has_coverage && !state->config.has_floor)
        return;
    ap_instant_side *truths = &state->truths_now, *tracks = &state->tracks_now;
    memset(state->taken, 0, tracks->count * sizeof *state->taken);
    for (uint32_t i = 0; i < truths->count; i++)
        if (state->best[i] != AP_ASSIGN_NONE) {
            state->taken[state->best[i]] = true;
            tracks->outside[state->best[i]] = truths->outside[i];
        }
    for (uint32_t j = 0; j < tracks->count; j++)
        if (!state->taken[j])
            tracks->outside[j] = !ap_evaluation_covers(state, &tracks->point[j]);
}

static bool position_nees(const ap_trajectory_covariance *c, double east_m, double north_m,
                          double *nees)
{
    double det = c->east_m2 * c->north_m2 - c->east_north_m2 * c->east_north_m2;
    if (!(c->east_m2 > 0.0 && det > 0.0))
        return false;
    *nees = (c->north_m2 * east_m * east_m - 2.0 * c->east_north_m2 * east_m * north_m +
             c->east_m2 * north_m * north_m) /
            det;
    return true;
}

typedef struct instant_tally {
    uint32_t truths, tracks, pairs;
    double cost, position_square, velocity_square, nees, bound_square;
    uint32_t nees_count, kept_switches, breaks;
} instant_tally;

static void add_best_error(struct ap_evaluation_state *state, instant_tally *tally, uint32_t truth,
                           uint32_t track)
{
    const ap_motion_point *a = &state->truths_now.point[truth];
    const ap_motion_point *b = &state->tracks_now.point[track];
    double east_m, north_m, nees;
    ap_motion_offset(state->truth->frame, a, b, &east_m, &north_m);
    double square = east_m * east_m + north_m * north_m;
    double du = b->east_mps - a->east_mps, dv = b->north_mps - a->north_mps;
    tally->position_square += square;
    tally->velocity_square += du * du + dv * dv;
    if (state->square_count < state->square_cap)
        state->square[state->square_count++] = square;
    if (state->tracks->covariances == NULL ||
        !(state->tracks_now.age_s[track] < state->config.nees_age_s))
        return;
    if (position_nees(&state->tracks->covariances[state->tracks_now.state[track]], east_m, north_m,
                      &nees)) {
        tally->nees += nees;
        tally->nees_count++;
    }
}

static void count_partner(struct ap_evaluation_state *state, ap_target_sums *target, uint32_t track)
{
    for (uint32_t at = target->partners; at != 0; at = state->partners[at - 1].next)
        if (state->partners[at - 1].track == track) {
            state->partners[at - 1].count++;
            return;
        }
    if (state->partner_count == state->partner_cap) {
        state->result.notes[AP_EVALUATION_NOTE_SEGMENTS_FULL] = true;
        return;
    }
    state->partners[state->partner_count++] =
        (ap_partner){ .track = track, .count = 1, .next = target->partners };
    target->partners = state->partner_count;
}

/* Looks before the first instant tell the bound as much as they told the tracker. */
static void begin_bound(struct ap_evaluation_state *state, ap_pcrb_state *bound, uint32_t index)
{
    const ap_trajectory *truth = &state->truth->trajectories[index];
    ap_utc_ns now = ap_evaluation_time(state, state->instant);
    uint32_t at = truth->first;
    ap_motion_point point;
    for (ap_utc_ns time = state->truth->states[truth->first].time_utc; time < now;
         time = ap_utc_add_ns(time, state->step_ns))
        if (ap_motion_find(state->truth, truth, time, state->config.truth_gap_s, &at, &point))
            ap_pcrb_step(bound, &state->config, state->truth->frame, index, time, &point);
}

/* Of every truth: sensors see it outside the coverage as well, though its error counts only within.
 */
static void add_bound(struct ap_evaluation_state *state, instant_tally *tally, uint32_t truth)
{
    if (state->pcrb.states == NULL)
        return;
    uint32_t index = state->truths_now.trajectory[truth];
    ap_motion_point *point = &state->truths_now.point[truth];
    ap_pcrb_state *bound = &state->pcrb.states[index];
    if (bound->time == AP_UTC_UNKNOWN)
        begin_bound(state, bound, index);
    double variance_m2 = ap_pcrb_step(bound, &state->config, state->truth->frame, index,
                                      ap_evaluation_time(state, state->instant), point);
    bool counts = !state->truths_now.outside[truth] && state->best[truth] != AP_ASSIGN_NONE;
    if (variance_m2 <= 0.0 || !counts)
        return;
    double east_m, north_m;
    ap_motion_offset(state->truth->frame, point, &state->tracks_now.point[state->best[truth]],
                     &east_m, &north_m);
    state->pcrb.count++;
    state->pcrb.bound_square += variance_m2;
    state->pcrb.error_square += east_m * east_m + north_m * north_m;
    tally->bound_square += variance_m2;
}

static void tally_truth(struct ap_evaluation_state *state, instant_tally *tally, uint32_t i)
{
    ap_target_sums *target = &state->targets[state->truths_now.trajectory[i]];
    if (target->instant_count++ == 0)
        target->first_instant = state->instant;
    target->last_instant = state->instant;
    tally->truths++;
    uint32_t live = state->best[i];
    if (live == AP_ASSIGN_NONE) {
        if (target->was_paired) {
            target->break_count++;
            tally->breaks++;
        }
        target->was_paired = false;
        return;
    }
    uint32_t track = state->tracks_now.trajectory[live];
    target->switch_count += target->last_track != AP_TRAJECTORY_NONE && target->last_track != track;
    target->last_track = track;
    target->was_paired = true;
    if (target->pair_count++ == 0)
        target->first_paired = state->instant;
    tally->pairs++;
    tally->cost += state->best_cost[i];
    count_partner(state, target, track);
    add_best_error(state, tally, i, live);
    state->track_sums[track].pair_count++;
}

static void tally_kept(struct ap_evaluation_state *state, instant_tally *tally, uint32_t i)
{
    ap_target_sums *target = &state->targets[state->truths_now.trajectory[i]];
    uint32_t live = state->kept[i];
    if (live == AP_ASSIGN_NONE) {
        target->run_track = AP_TRAJECTORY_NONE;
        return;
    }
    uint32_t track = state->tracks_now.trajectory[live];
    if (target->kept_track != AP_TRAJECTORY_NONE && target->kept_track != track) {
        target->kept_switch_count++;
        tally->kept_switches++;
    }
    /* One released from a track that is all that is left for it stays free to change. */
    if (target->kept_track != track || state->best[i] == live)
        target->is_released = false;
    target->kept_track = track;
    target->followed_count++;
    target->run_length = target->run_track == track ? target->run_length + 1 : 1;
    target->run_track = track;
    if (target->run_length > target->run_longest)
        target->run_longest = target->run_length;
}

/* Which truth a live track is associated with for SIAP: the one it follows, or else the nearest,
 * within the gate. */
static uint32_t associated(const struct ap_evaluation_state *state, uint32_t live,
                           const uint32_t *follows)
{
    double gate_m = state->config.siap_gate_m;
    uint32_t truth = follows[live];
    if (truth != AP_TRAJECTORY_NONE && edge_distance(state, truth, live) <= gate_m)
        return truth;
    return state->nearest_cost[live] <= gate_m ? state->nearest[live] : AP_TRAJECTORY_NONE;
}

static void add_associated(struct ap_evaluation_state *state, uint32_t truth, uint32_t live)
{
    const ap_motion_point *a = &state->truths_now.point[truth];
    const ap_motion_point *b = &state->tracks_now.point[live];
    double east_m, north_m;
    ap_motion_offset(state->truth->frame, a, b, &east_m, &north_m);
    state->siap.associated += 1.0;
    state->siap.position_m += hypot(east_m, north_m);
    state->siap.velocity_mps += hypot(b->east_mps - a->east_mps, b->north_mps - a->north_mps);
    uint16_t identity = ap_evaluation_identity(state, a->identity, b->identity);
    unsigned told = identity / AP_REPORT_TOLD & 7u, right = identity / AP_REPORT_RIGHT & 7u;
    state->told_none[truth] += told == 0;
    state->told_right[truth] += told != 0 && right == told;
    state->told_wrong[truth] += told != 0 && right != told;
}

static void add_siap(struct ap_evaluation_state *state, const uint32_t *follows)
{
    ap_siap_sums *siap = &state->siap;
    uint32_t truths = state->truths_now.count;
    for (uint32_t i = 0; i < truths; i++)
        state->told_none[i] = state->told_right[i] = state->told_wrong[i] = 0;
    for (uint32_t j = 0; j < state->tracks_now.count; j++) {
        if (state->tracks_now.outside[j])
            continue;
        siap->tracks += 1.0;
        uint32_t truth = associated(state, j, follows);
        if (truth != AP_TRAJECTORY_NONE && !state->truths_now.outside[truth])
            add_associated(state, truth, j);
    }
    for (uint32_t i = 0; i < truths; i++) {
        if (state->truths_now.outside[i])
            continue;
        uint32_t none = state->told_none[i], right = state->told_right[i];
        uint32_t wrong = state->told_wrong[i];
        siap->truths += 1.0;
        siap->identity_truths += state->truths_now.point[i].identity != AP_TRAJECTORY_NONE;
        if (none + right + wrong == 0)
            continue;
        siap->tracked += 1.0;
        siap->identity_unknown += right + wrong == 0;
        siap->identity_correct += right > 0 && wrong == 0;
        siap->identity_wrong += wrong > 0 && right == 0;
    }
}

static void extend_segment(struct ap_evaluation_state *state, uint32_t live, uint32_t truth,
                           ap_segment_kind kind)
{
    uint32_t track = state->tracks_now.trajectory[live];
    ap_track_sums *sums = &state->track_sums[track];
    if (sums->segment != 0) {
        ap_segment *open = &state->segments[sums->segment - 1];
        if (open->kind == kind && open->truth == truth && open->last + 1 == state->instant) {
            open->last = state->instant;
            return;
        }
    }
    sums->segment = 0;
    if (state->segment_count == state->config.segment_cap) {
        state->result.notes[AP_EVALUATION_NOTE_SEGMENTS_FULL] = true;
        return;
    }
    sums->stretch_count += kind == AP_SEGMENT_FOLLOWS;
    state->segments[state->segment_count++] = (ap_segment){ .track = track,
                                                            .truth = truth,
                                                            .first = state->instant,
                                                            .last = state->instant,
                                                            .kind = kind };
    sums->segment = state->segment_count;
}

static void tally_track(struct ap_evaluation_state *state, instant_tally *tally, uint32_t live,
                        const uint32_t *follows)
{
    const uint32_t *truth_of = state->truths_now.trajectory;
    if (state->tracks_now.outside[live]) {
        extend_segment(state, live, AP_TRAJECTORY_NONE, AP_SEGMENT_OUTSIDE);
        return;
    }
    ap_track_sums *sums = &state->track_sums[state->tracks_now.trajectory[live]];
    if (sums->instant_count++ == 0)
        sums->first_instant = state->instant;
    sums->last_instant = state->instant;
    tally->tracks++;
    if (follows[live] != AP_TRAJECTORY_NONE)
        extend_segment(state, live, truth_of[follows[live]], AP_SEGMENT_FOLLOWS);
    else if (state->nearest[live] != AP_TRAJECTORY_NONE)
        extend_segment(state, live, truth_of[state->nearest[live]], AP_SEGMENT_NEAR);
    else
        extend_segment(state, live, AP_TRAJECTORY_NONE, AP_SEGMENT_FALSE);
}

static void keep_edges(struct ap_evaluation_state *state)
{
    const ap_pairing *pairing = &state->pairing;
    for (uint32_t i = 0; i < state->truths_now.count; i++)
        for (uint32_t e = pairing->row_start[i]; e < pairing->row_start[i + 1]; e++) {
            uint32_t live = pairing->edge_track[e];
            if (state->truths_now.outside[i] || state->tracks_now.outside[live])
                continue;
            if (state->edge_count == state->config.edge_cap) {
                state->result.notes[AP_EVALUATION_NOTE_EDGES_FULL] = true;
                return;
            }
            state->edges[state->edge_count++] =
                (ap_tgospa_edge){ .instant = state->instant,
                                  .truth = state->truths_now.trajectory[i],
                                  .track = state->tracks_now.trajectory[live],
                                  .cost = (float)pairing->edge_cost[e] };
        }
}

static void finish_instant(struct ap_evaluation_state *state, const instant_tally *tally)
{
    ap_gospa gospa = ap_gospa_from_pairs(tally->truths, tally->tracks, tally->pairs, tally->cost,
                                         state->config.cutoff_m, state->config.power);
    ap_instant_sums *sums = &state->sums;
    sums->gospa += gospa.gospa;
    sums->gospa_square += gospa.gospa * gospa.gospa;
    sums->ospa += gospa.ospa;
    sums->ospa_square += gospa.ospa * gospa.ospa;
    sums->localisation += gospa.localisation;
    sums->missed += gospa.missed;
    sums->spurious += gospa.spurious;
    sums->position_square += tally->position_square;
    sums->velocity_square += tally->velocity_square;
    sums->nees += tally->nees;
    sums->nees_count += tally->nees_count;
    state->result.truth_count += tally->truths;
    state->result.track_count += tally->tracks;
    state->result.pair_count += tally->pairs;
    double pairs = tally->pairs > 0 ? (double)tally->pairs : 1.0;
    state->samples[state->instant] = (ap_evaluation_sample){
        .time_utc = ap_evaluation_time(state, state->instant),
        .truth_count = tally->truths,
        .track_count = tally->tracks,
        .pair_count = tally->pairs,
        .kept_switch_count =
            (uint16_t)(tally->kept_switches < 65535 ? tally->kept_switches : 65535),
        .break_count = (uint16_t)(tally->breaks < 65535 ? tally->breaks : 65535),
        .gospa_m = (float)gospa.gospa,
        .ospa_m = (float)gospa.ospa,
        .localisation_m = (float)distance_of(state, gospa.localisation),
        .missed_m = (float)distance_of(state, gospa.missed),
        .spurious_m = (float)distance_of(state, gospa.spurious),
        .position_rms_m = (float)sqrt(tally->position_square / pairs),
        .velocity_rms_mps = (float)sqrt(tally->velocity_square / pairs),
        .nees_mean = tally->nees_count > 0 ? (float)(tally->nees / tally->nees_count) : NAN,
        .bound_rms_m = (float)sqrt(tally->bound_square / pairs),
    };
}

void ap_evaluation_instant(struct ap_evaluation_state *state)
{
    ap_utc_ns time = ap_evaluation_time(state, state->instant);
    take_truths(state, time);
    take_tracks(state, time);
    pair_up(state);
    leave_out(state);
    pair_kept(state);

    instant_tally tally = { 0 };
    uint32_t *follows = state->by_y; /* free by now: [tracks now] truth of each, kept pairing */
    for (uint32_t j = 0; j < state->tracks_now.count; j++)
        follows[j] = AP_TRAJECTORY_NONE;
    for (uint32_t i = 0; i < state->truths_now.count; i++) {
        add_bound(state, &tally, i);
        if (state->truths_now.outside[i]) {
            state->result.outside_truth_count++;
            continue;
        }
        tally_truth(state, &tally, i);
        tally_kept(state, &tally, i);
        if (state->kept[i] != AP_ASSIGN_NONE)
            follows[state->kept[i]] = i;
    }
    for (uint32_t j = 0; j < state->tracks_now.count; j++) {
        state->result.outside_track_count += state->tracks_now.outside[j];
        tally_track(state, &tally, j, follows);
    }
    add_siap(state, follows);
    keep_edges(state);
    finish_instant(state, &tally);
    state->instant++;
}
