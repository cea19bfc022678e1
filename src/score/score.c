#include "score/score.h"

#include <math.h>
#include <string.h>

#include "score/gospa.h"
#include "score/pairing.h"
#include "score/whiten.h"

#define WORST_INSTANT_MIN 60 /* shorter lives say nothing about a ratio near one */
#define HEIGHT_MAX_M 1e7
#define SPEED_MAX_MPS 1e5
#define BINS_PER_OCTAVE 16
#define BIN_OCTAVES 24
#define BIN_FLOOR_OCTAVE (-4) /* the first bin ends near 2^-4 m */
#define BIN_COUNT (BINS_PER_OCTAVE * BIN_OCTAVES)

/* What is remembered of one aircraft between instants. */
typedef struct target_row {
    bool used;
    uint32_t truth_id, track_id;
    uint32_t instant_count, pair_count;
    uint64_t seen_instant; /* number of the last instant it was there */
} target_row;

/* Whose a track was last; track_id 0: free. */
typedef struct owner_row {
    uint32_t track_id, slot; /* of the aircraft in the targets */
} owner_row;

/* Sums of squares and counts of one kind of error. */
typedef struct error_sum {
    double square;
    uint64_t count;
} error_sum;

typedef struct error_sums {
    error_sum position, velocity, altitude, vertical_rate;
    double nees_position, nees_state;
    uint64_t nees_count, covariance_refused_count;
} error_sums;

struct ap_score_state {
    ap_score_config config;
    ap_pairing pairing;
    ap_truth *truths;        /* of this instant: those that fit and are finite */
    ap_track *tracks;        /* the same, moved to the instant */
    uint32_t *truth_of_call; /* index in truths of the call's truth, or AP_ASSIGN_NONE */
    ap_enu_frame *frames;    /* at the truths */
    uint32_t *slots;         /* of the truths in targets, or AP_ASSIGN_NONE */
    uint32_t *kept;          /* the track each followed so far, where it is near */
    ap_geodetic *positions;  /* of the tracks */
    size_t truth_count, track_count, call_count;
    target_row *targets; /* open addressing, target_slots = power of two */
    uint32_t target_slots;
    owner_row *owners; /* the same, by track id */
    uint32_t owner_count;
    error_sums sums;
    double gospa_square, ospa_square, localisation, missed, spurious;
    uint64_t error_bin[BIN_COUNT];
    ap_score_result result;
};

ap_score_config ap_score_config_default(void)
{
    return (ap_score_config){ .cutoff_m = 1000.0,
                              .power = 2,
                              .truth_cap = 1024,
                              .track_cap = 1024,
                              .target_cap = 4096,
                              .edge_cap = 16384 };
}

static bool config_is_sound(const ap_score_config *config)
{
    return config->cutoff_m > 0.0 && isfinite(config->cutoff_m) &&
           (config->power == 1 || config->power == 2) && config->truth_cap >= 1 &&
           config->truth_cap <= 1000000 && config->track_cap >= 1 && config->track_cap <= 1000000 &&
           config->target_cap >= 1 && config->target_cap <= 4000000 && config->edge_cap >= 1 &&
           config->edge_cap <= 16000000;
}

static uint32_t slots_for(uint32_t cap)
{
    uint32_t slots = 2;
    while (slots < 2 * cap)
        slots *= 2;
    return slots;
}

static struct ap_score_state *lay_out(const ap_score_config *config, ap_arena *arena,
                                      struct ap_score_state *layout)
{
    struct ap_score_state *state = ap_arena_take(arena, 1, sizeof *state);
    layout->config = *config;
    layout->target_slots = slots_for(config->target_cap);
    layout->truths = ap_arena_take(arena, config->truth_cap, sizeof(ap_truth));
    layout->tracks = ap_arena_take(arena, config->track_cap, sizeof(ap_track));
    layout->truth_of_call = ap_arena_take(arena, config->truth_cap, sizeof(uint32_t));
    layout->slots = ap_arena_take(arena, config->truth_cap, sizeof(uint32_t));
    layout->kept = ap_arena_take(arena, config->truth_cap, sizeof(uint32_t));
    layout->frames = ap_arena_take(arena, config->truth_cap, sizeof(ap_enu_frame));
    layout->positions = ap_arena_take(arena, config->track_cap, sizeof(ap_geodetic));
    layout->targets = ap_arena_take(arena, layout->target_slots, sizeof(target_row));
    layout->owners = ap_arena_take(arena, layout->target_slots, sizeof(owner_row));
    ap_pairing_init(&layout->pairing, arena, config->cutoff_m, config->power, config->truth_cap,
                    config->track_cap, config->edge_cap);
    return state;
}

size_t ap_score_size(const ap_score_config *config)
{
    if (!config_is_sound(config))
        return 0;
    ap_arena arena = ap_arena_measure();
    struct ap_score_state layout = { 0 };
    lay_out(config, &arena, &layout);
    return ap_arena_need(&arena);
}

ap_err ap_score_init(ap_score *score, const ap_score_config *config, void *mem, size_t mem_size)
{
    if (!config_is_sound(config))
        return AP_ERR_ARGUMENT;
    ap_arena arena = ap_arena_over(mem, mem_size);
    struct ap_score_state layout = { 0 };
    struct ap_score_state *state = lay_out(config, &arena, &layout);
    if (ap_arena_need(&arena) == 0)
        return AP_ERR_MEMORY;
    *state = layout;
    score->state = state;
    return AP_OK;
}

/* Written so that NaN is refused: one such number would spoil every sum it enters. */
static bool state_is_sound(ap_geodetic position, double altitude_m, double east_mps,
                           double north_mps, double up_mps)
{
    return fabs(position.latitude_rad) <= AP_PI / 2.0 &&
           fabs(position.longitude_rad) <= 2.0 * AP_PI && fabs(position.height_m) <= HEIGHT_MAX_M &&
           fabs(altitude_m) <= HEIGHT_MAX_M && fabs(east_mps) <= SPEED_MAX_MPS &&
           fabs(north_mps) <= SPEED_MAX_MPS && fabs(up_mps) <= SPEED_MAX_MPS;
}

static bool truth_is_sound(const ap_truth *truth)
{
    return state_is_sound(truth->position, truth->pressure_altitude_m, truth->east_mps,
                          truth->north_mps, truth->up_mps);
}

static bool track_is_sound(const ap_track *track)
{
    return state_is_sound(track->position, track->pressure_altitude_m, track->east_mps,
                          track->north_mps, track->up_mps);
}

static void take_truths(struct ap_score_state *state, const ap_truth *truths, size_t count)
{
    state->truth_count = 0;
    state->call_count = count;
    for (size_t i = 0; i < count; i++) {
        bool fits = i < state->config.truth_cap;
        if (!fits || !truth_is_sound(&truths[i])) {
            state->result.truth_refused_count++;
            if (fits)
                state->truth_of_call[i] = AP_ASSIGN_NONE;
            continue;
        }
        state->truth_of_call[i] = (uint32_t)state->truth_count;
        state->frames[state->truth_count] = ap_enu_frame_at(truths[i].position);
        state->truths[state->truth_count++] = truths[i];
    }
}

static void take_tracks(struct ap_score_state *state, ap_utc_ns time, const ap_track *tracks,
                        size_t count)
{
    state->track_count = 0;
    for (size_t i = 0; i < count; i++) {
        if (tracks[i].state != AP_TRACK_FIRM && tracks[i].state != AP_TRACK_COASTING) {
            state->result.unpublished_count++;
            continue;
        }
        if (state->track_count == state->config.track_cap) {
            state->result.track_refused_count++;
            continue;
        }
        ap_track *track = &state->tracks[state->track_count];
        *track = ap_track_at(&tracks[i], time);
        if (!track_is_sound(track)) {
            state->result.track_refused_count++;
            continue;
        }
        state->positions[state->track_count++] = track->position;
    }
}

static void add_error(error_sum *sum, double error)
{
    sum->square += error * error;
    sum->count++;
}

static double rms(error_sum sum)
{
    return sum.count ? sqrt(sum.square / (double)sum.count) : 0.0;
}

static void add_nees(error_sums *sums, const ap_track *track, double error[4])
{
    if (!ap_whiten(track->P_enu, error)) {
        sums->covariance_refused_count++;
        return;
    }
    double position = error[0] * error[0] + error[1] * error[1];
    sums->nees_position += position;
    sums->nees_state += position + error[2] * error[2] + error[3] * error[3];
    sums->nees_count++;
}

static void add_vertical(error_sums *sums, const ap_truth *truth, const ap_track *track)
{
    if (truth->has_pressure_altitude && track->has_pressure_altitude)
        add_error(&sums->altitude, track->pressure_altitude_m - truth->pressure_altitude_m);
    else if (track->has_height)
        add_error(&sums->altitude, track->position.height_m - truth->position.height_m);
    else
        return;
    add_error(&sums->vertical_rate, track->up_mps - truth->up_mps);
}

static size_t bin_of(double distance_m)
{
    double bin = floor((log2(distance_m) - BIN_FLOOR_OCTAVE) * BINS_PER_OCTAVE);
    if (!(bin > 0.0))
        return 0;
    return bin < BIN_COUNT ? (size_t)bin : BIN_COUNT - 1;
}

static void add_pair(struct ap_score_state *state, error_sums *sums, size_t truth_index,
                     size_t track_index)
{
    const ap_truth *truth = &state->truths[truth_index];
    const ap_track *track = &state->tracks[track_index];
    double error[4];
    ap_pairing_offset(&state->frames[truth_index], track->position, &error[0], &error[1]);
    error[2] = track->east_mps - truth->east_mps;
    error[3] = track->north_mps - truth->north_mps;
    double distance_m = hypot(error[0], error[1]);
    add_error(&sums->position, distance_m);
    add_error(&sums->velocity, hypot(error[2], error[3]));
    state->error_bin[bin_of(distance_m)]++;
    add_vertical(sums, truth, track);
    add_nees(sums, track, error);
}

static void add_sum(error_sum *total, error_sum part)
{
    total->square += part.square;
    total->count += part.count;
}

static void add_sums(error_sums *total, const error_sums *part)
{
    add_sum(&total->position, part->position);
    add_sum(&total->velocity, part->velocity);
    add_sum(&total->altitude, part->altitude);
    add_sum(&total->vertical_rate, part->vertical_rate);
    total->nees_position += part->nees_position;
    total->nees_state += part->nees_state;
    total->nees_count += part->nees_count;
    total->covariance_refused_count += part->covariance_refused_count;
}

/* The slot of an aircraft, made if it is new; AP_ASSIGN_NONE when the table is full. */
static uint32_t slot_of(struct ap_score_state *state, uint32_t truth_id)
{
    uint32_t mask = state->target_slots - 1;
    uint32_t at = truth_id * 2654435761u & mask;
    while (state->targets[at].used && state->targets[at].truth_id != truth_id)
        at = (at + 1) & mask;
    target_row *row = &state->targets[at];
    if (row->used)
        return at;
    if (state->result.target_count == state->config.target_cap) {
        state->result.target_refused_count++;
        return AP_ASSIGN_NONE;
    }
    *row = (target_row){ .used = true, .truth_id = truth_id };
    state->result.target_count++;
    return at;
}

/* The track that a truth followed so far, if it is nearer than the cutoff. */
static uint32_t followed_track(const struct ap_score_state *state, size_t truth)
{
    uint32_t slot = state->slots[truth];
    uint32_t id = slot == AP_ASSIGN_NONE ? 0 : state->targets[slot].track_id;
    const uint32_t *near;
    size_t count = ap_pairing_near(&state->pairing, truth, &near);
    for (size_t i = 0; id != 0 && i < count; i++)
        if (state->tracks[near[i]].id == id)
            return near[i];
    return AP_ASSIGN_NONE;
}

/* Two aircraft at one place make the best pairing ambiguous, so a truth keeps its track for as
 * long as that is near, as CLEAR-MOT has it. */
static void keep_pairs(struct ap_score_state *state)
{
    for (size_t i = 0; i < state->truth_count; i++) {
        state->slots[i] = slot_of(state, state->truths[i].id);
        state->kept[i] = followed_track(state, i);
    }
    ap_pairing_keep(&state->pairing, state->truth_count, state->track_count, state->kept);
}

/* The row of a track, a free one if it never had an aircraft. Always found: at most half is used.
 */
static owner_row *owner_of(const struct ap_score_state *state, uint32_t track_id)
{
    uint32_t mask = state->target_slots - 1;
    uint32_t at = track_id * 2654435761u & mask;
    while (state->owners[at].track_id != 0 && state->owners[at].track_id != track_id)
        at = (at + 1) & mask;
    return &state->owners[at];
}

static void own(struct ap_score_state *state, uint32_t track_id, uint32_t slot)
{
    owner_row *row = owner_of(state, track_id);
    if (row->track_id == 0) {
        if (state->owner_count == state->config.target_cap) {
            state->result.target_refused_count++;
            return;
        }
        state->owner_count++;
    }
    *row = (owner_row){ track_id, slot };
}

/* True for a track whose aircraft is not among the truths of this instant. */
static bool is_stale(const struct ap_score_state *state, uint32_t track_id)
{
    const owner_row *row = owner_of(state, track_id);
    return row->track_id != 0 &&
           state->targets[row->slot].seen_instant != state->result.instant_count;
}

/* Returns 1 when the truth got another track. */
static uint32_t follow(struct ap_score_state *state, size_t truth, uint32_t track)
{
    if (state->slots[truth] == AP_ASSIGN_NONE)
        return 0;
    target_row *row = &state->targets[state->slots[truth]];
    row->instant_count++;
    row->seen_instant = state->result.instant_count;
    if (track == AP_ASSIGN_NONE)
        return 0;
    row->pair_count++;
    uint32_t id = state->tracks[track].id;
    own(state, id, state->slots[truth]);
    /* Its track may be near and yet another truth's: then nothing is decided. */
    if (row->track_id == id || state->kept[truth] != AP_ASSIGN_NONE)
        return 0;
    uint32_t switched = row->track_id != 0;
    row->track_id = id;
    return switched;
}

static void count_unpaired(struct ap_score_state *state)
{
    uint64_t near = 0, stale = 0;
    for (size_t i = 0; i < state->track_count; i++) {
        if (state->pairing.track_near[i])
            near++;
        else
            stale += is_stale(state, state->tracks[i].id);
    }
    state->result.redundant_count += near - state->pairing.pair_count;
    state->result.stale_count += stale;
    state->result.false_count += state->track_count - near - stale;
}

static ap_gospa add_gospa(struct ap_score_state *state)
{
    ap_gospa gospa = ap_gospa_from_pairs(state->truth_count, state->track_count,
                                         state->pairing.pair_count, state->pairing.pair_cost_sum,
                                         state->config.cutoff_m, state->config.power);
    state->gospa_square += gospa.gospa * gospa.gospa;
    state->ospa_square += gospa.ospa * gospa.ospa;
    state->localisation += gospa.localisation;
    state->missed += gospa.missed;
    state->spurious += gospa.spurious;
    return gospa;
}

static double root_of(const struct ap_score_state *state, double value)
{
    return state->config.power == 1 ? value : sqrt(value);
}

void ap_score_instant(ap_score *score, ap_utc_ns time, const ap_truth *truths, size_t truth_count,
                      const ap_track *tracks, size_t track_count, ap_score_sample *sample)
{
    struct ap_score_state *state = score->state;
    state->result.instant_count++;
    take_truths(state, truths, truth_count);
    take_tracks(state, time, tracks, track_count);
    ap_pairing_solve(&state->pairing, state->truth_count, state->frames, state->track_count,
                     state->positions);
    keep_pairs(state);
    error_sums sums = { 0 };
    uint32_t switches = 0;
    for (size_t i = 0; i < state->truth_count; i++) {
        uint32_t track = ap_pairing_track(&state->pairing, i);
        if (track != AP_ASSIGN_NONE)
            add_pair(state, &sums, i, track);
        switches += follow(state, i, track);
    }
    add_sums(&state->sums, &sums);
    count_unpaired(state);
    ap_gospa gospa = add_gospa(state);
    state->result.truth_count += state->truth_count;
    state->result.track_count += state->track_count;
    state->result.pair_count += state->pairing.pair_count;
    state->result.switch_count += switches;
    if (!sample)
        return;
    *sample = (ap_score_sample){ .time_utc = time,
                                 .truth_count = (uint32_t)state->truth_count,
                                 .track_count = (uint32_t)state->track_count,
                                 .pair_count = (uint32_t)state->pairing.pair_count,
                                 .gospa_m = gospa.gospa,
                                 .ospa_m = gospa.ospa,
                                 .localisation_m = root_of(state, gospa.localisation),
                                 .missed_m = root_of(state, gospa.missed),
                                 .spurious_m = root_of(state, gospa.spurious),
                                 .position_rms_m = rms(sums.position),
                                 .velocity_rms_mps = rms(sums.velocity),
                                 .altitude_rms_m = rms(sums.altitude),
                                 .switch_count = switches };
}

static double ratio(uint64_t part, uint64_t whole, double empty)
{
    return whole ? (double)part / (double)whole : empty;
}

static double worst_completeness(const struct ap_score_state *state)
{
    double worst = 1.0;
    bool any = false;
    for (uint32_t i = 0; i < state->target_slots; i++) {
        const target_row *row = &state->targets[i];
        if (!row->used || row->instant_count < WORST_INSTANT_MIN)
            continue;
        any = true;
        worst = fmin(worst, ratio(row->pair_count, row->instant_count, 0.0));
    }
    return any ? worst : 0.0;
}

/* Upper end of the bin that the 95th percentile lies in. */
static double position_95(const struct ap_score_state *state)
{
    uint64_t below = 0, wanted = (state->sums.position.count * 95 + 99) / 100;
    if (wanted == 0)
        return 0.0;
    size_t bin = 0;
    for (; bin < BIN_COUNT - 1; bin++) {
        below += state->error_bin[bin];
        if (below >= wanted)
            break;
    }
    return exp2((double)(bin + 1) / BINS_PER_OCTAVE + BIN_FLOOR_OCTAVE);
}

static void fill_errors(const struct ap_score_state *state, ap_score_result *result)
{
    const error_sums *sums = &state->sums;
    result->position_rms_m = rms(sums->position);
    result->position_95_m = position_95(state);
    result->velocity_rms_mps = rms(sums->velocity);
    result->altitude_rms_m = rms(sums->altitude);
    result->vertical_rate_rms_mps = rms(sums->vertical_rate);
    result->altitude_count = sums->altitude.count;
    result->nees_count = sums->nees_count;
    if (sums->nees_count > 0) {
        result->nees_position = sums->nees_position / (double)sums->nees_count;
        result->nees_state = sums->nees_state / (double)sums->nees_count;
    }
    result->covariance_refused_count = sums->covariance_refused_count;
}

ap_score_result ap_score_result_of(const ap_score *score)
{
    const struct ap_score_state *state = score->state;
    ap_score_result result = state->result;
    double instants = result.instant_count ? (double)result.instant_count : 1.0;
    result.gospa_rms_m = sqrt(state->gospa_square / instants);
    result.ospa_rms_m = sqrt(state->ospa_square / instants);
    result.localisation_m = root_of(state, state->localisation / instants);
    result.missed_m = root_of(state, state->missed / instants);
    result.spurious_m = root_of(state, state->spurious / instants);
    result.completeness = ratio(result.pair_count, result.truth_count, 0.0);
    result.worst_completeness = worst_completeness(state);
    result.ambiguity = ratio(result.pair_count + result.redundant_count, result.pair_count, 1.0);
    result.spuriousness = ratio(result.stale_count + result.false_count, result.track_count, 0.0);
    result.edge_refused_count = state->pairing.edge_refused_count;
    fill_errors(state, &result);
    return result;
}

uint32_t ap_score_track_of(const ap_score *score, size_t index)
{
    const struct ap_score_state *state = score->state;
    if (index >= state->call_count || index >= state->config.truth_cap ||
        state->truth_of_call[index] == AP_ASSIGN_NONE)
        return 0;
    uint32_t track = ap_pairing_track(&state->pairing, state->truth_of_call[index]);
    return track == AP_ASSIGN_NONE ? 0 : state->tracks[track].id;
}
