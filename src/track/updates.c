/* What the tracks of a group take of its plots. */
#include "track/state.h"

#include "track/lifecycle.h"
#include "track/measure.h"

#define SHARED_EXISTENCE_MAX 0.9 /* of a new track, as far as plots of several can prove it */
#define SHARED_ODDS_MAX (SHARED_EXISTENCE_MAX / (1.0 - SHARED_EXISTENCE_MAX))
#define HIT_OPEN 1e-12 /* of a sum over associations, that it is not hit */
#define NEGLIGIBLE 1e-3
#define FADE_ROUNDS_MAX 60
#define SURE (1.0 - 1e-9)
#define VAGUE_M 1e3 /* where errors are so large, a hit without a likely plot proves nothing */

/* The edges that one update takes: the likeliest, when they are too many. */
static size_t list_likeliest(const ap_bench *b, const uint32_t *order, uint32_t count,
                             uint32_t likeliest[AP_FIX_CAP])
{
    size_t used = 0;
    for (uint32_t k = 0; k < count; k++) {
        double p = b->edge[order[k]].p;
        if (p < NEGLIGIBLE * NEGLIGIBLE)
            continue;
        size_t place = used, least = 0;
        if (used < AP_FIX_CAP) {
            used++;
        } else {
            for (size_t i = 1; i < AP_FIX_CAP; i++)
                if (b->edge[likeliest[i]].p < b->edge[likeliest[least]].p)
                    least = i;
            if (p <= b->edge[likeliest[least]].p)
                continue;
            place = least;
        }
        likeliest[place] = order[k];
    }
    return used;
}

/* The plot of an edge, what it takes from its track still open. */
static ap_measure kept_measure(const ap_state *state, const ap_look *look, const ap_edge *edge)
{
    const ap_plot *plot = &state->bench.plot[edge->plot];
    const ap_report *report = &state->waiting[plot->report];
    ap_measure measure;
    if (edge->run != AP_SLOT_NONE)
        return ap_share_measure(look, &edge->fix, &plot->measure);
    const uint32_t needs_place = AP_HAS_VELOCITY | AP_HAS_DOPPLER | AP_HAS_ROLL | AP_HAS_TRACK_RATE;
    bool has_guess = !look->imm.vertical.has && !(report->present & needs_place);
    if (!plot->needs_height || has_guess) /* which its track cannot better */
        return plot->measure;
    ap_measure_read(report, ap_sensor_of(state, report->sensor), &measure);
    return measure;
}

/* Updates a predicted filter by the plots. */
static void update_mixture(const ap_bench *b, const ap_look *look, const uint32_t *order,
                           uint32_t count, ap_imm *to)
{
    ap_fix fix[AP_FIX_CAP];
    ap_likelihood likelihood[AP_FIX_CAP];
    double weight[AP_FIX_CAP];
    uint32_t likeliest[AP_FIX_CAP];
    if (count == 1) {
        const ap_edge *only = &b->edge[order[0]];
        weight[0] = ap_smaller(only->p / look->exists, 1.0);
        ap_imm_update(&look->imm, 1, &only->fix, &only->likelihood, weight, to);
        return;
    }
    size_t used = list_likeliest(b, order, count, likeliest);
    for (size_t k = 0; k < used; k++) {
        const ap_edge *edge = &b->edge[likeliest[k]];
        fix[k] = edge->fix;
        likelihood[k] = edge->likelihood;
        weight[k] = ap_smaller(edge->p / look->exists, 1.0);
    }
    ap_imm_update(&look->imm, used, fix, likelihood, weight, to);
}

/* So that the ring weighs it again when an older plot comes: how probable it is that the only plot
 * about the only track is of it depends on the track's place, but not on its existence. */
static void keep_odds(const ap_state *state, const ap_look *look, const ap_edge *edge,
                      ap_measure *measure)
{
    const ap_plot *plot = &state->bench.plot[edge->plot];
    const uint32_t flags = state->waiting[plot->report].flags;
    if (!edge->is_sole || !(edge->identity > 0.0) || look->hidden > 0.0)
        return;
    measure->has |= AP_MEASURE_ODDS;
    if ((flags & (AP_FLAG_PRIMARY | AP_FLAG_SECONDARY)) != AP_FLAG_PRIMARY)
        measure->has |= AP_MEASURE_ODDS_ALTITUDE;
    double miss = ap_larger(1.0 - look->detection, AP_PSI_LEAST);
    measure->odds_m2 = look->detection * edge->identity / (miss * plot->background);
}

/* Takes the plots into the filter of one track. False, and nothing changed, when they are older
 * than what can be undone. */
static bool update_filter(ap_state *state, ap_look *look, const uint32_t *order, uint32_t count,
                          uint32_t best)
{
    const double exists = look->exists;
    ap_bench *b = &state->bench;
    ap_row *row = &state->store.row[look->slot];
    bool shared = b->edge[best].run != AP_SLOT_NONE;
    ap_measure measure = kept_measure(state, look, &b->edge[best]);
    const double weight = ap_smaller(b->edge[best].p / exists, 1.0);
    bool sure = weight > AP_HIT;
    measure.weight = weight;
    if (sure)
        keep_odds(state, look, &b->edge[best], &measure);
    else
        measure.has &= AP_MEASURE_POSITION | AP_MEASURE_UNPLACED;
    if (look->is_late)
        return !look->is_too_late &&
               ap_history_insert(&row->history, &state->store.pool, state->config.sensors->sensor,
                                 &row->imm, &measure);
    if (look->falls) { /* its filter is not in its row: finish_look */
        look->falls_on = sure && !shared;
        return true;
    }
    measure.time_utc = look->imm.time_utc;
    ap_history_append(&row->history, &state->store.pool, &row->imm, &measure);
    ap_measure_place(&measure, &state->config.sensors->sensor[measure.sensor], &look->imm);
    if (look->is_paired)
        ap_imm_copy(&row->imm, &look->imm);
    else
        update_mixture(b, look, order, count, &row->imm);
    ap_imm_lean(&row->imm, look->is_paired ? &look->alone : &look->imm.mean, &b->edge[best].fix,
                weight, measure.shared_m);
    ap_imm_update_rest(&row->imm, &measure);
    ap_imm_recentre(&row->imm);
    return true;
}

/* The sum over associations has it hit, missed or gone. That it is in another's plot is a fourth
 * case, and is weighed against all three: were it a part of those missed only, it would leave the
 * less to gone, the less the sensor misses. */
static double existence_after(double existence, const ap_look *look)
{
    double seen = existence * look->detection, unexplained = 1.0 - look->hit;
    double missed = unexplained * ap_existence_missed(existence, look->detection);
    double hidden = unexplained * ap_smaller(look->hidden, 1.0) * seen / (1.0 - seen);
    return (look->hit + missed + hidden) / (1.0 + hidden);
}

/* How far a track has faded since its newest hit, which a late plot does not make good. */
static double faded_since(const ap_state *state, const ap_pulse *pulse)
{
    int64_t rounds = state->clock_utc / AP_NS_PER_S - pulse->received_utc / AP_NS_PER_S;
    double left = 1.0;
    for (int64_t i = 0; i < rounds && i < FADE_ROUNDS_MAX; i++)
        left *= state->config.survival_per_s;
    return left;
}

/* The odds of a new track, had its plots been weighed against the clutter that is known by now. A
 * plot's weight, without what the track's existence has of it, comes from its share of the sum over
 * associations: the clutter of that is exchanged. */
static void weigh_freshly(const ap_state *state, ap_look *look, const uint32_t *order,
                          uint32_t count)
{
    const ap_bench *b = &state->bench;
    const double existence = state->store.pulse[look->slot].existence;
    double before = state->store.row[look->slot].fresh_odds, seen = existence * look->detection;
    double unit = (1.0 - seen) / (existence * ap_larger(1.0 - look->hit, HIT_OPEN));
    double factor = 1.0 - look->detection * (1.0 - ap_smaller(look->hidden, 1.0));
    for (uint32_t k = 0; k < count; k++)
        factor +=
            unit * b->edge[order[k]].p * ap_plot_news(state, &b->plot[b->edge[order[k]].plot]);
    look->fresh_odds = ap_smaller(before * factor, AP_ODDS_MAX);
    if (look->is_vague || look->shared > AP_HIT * look->hit)
        look->fresh_odds = ap_smaller(look->fresh_odds, ap_larger(before, SHARED_ODDS_MAX));
}

void ap_look_weigh(const ap_state *state, ap_look *look, const uint32_t *order, uint32_t count)
{
    const ap_bench *b = &state->bench;
    const ap_pulse *pulse = &state->store.pulse[look->slot];
    double hit = 0.0, shared = 0.0;
    look->best = order[0];
    for (uint32_t k = 0; k < count; k++) {
        hit += b->edge[order[k]].p;
        if (b->edge[order[k]].run != AP_SLOT_NONE)
            shared += b->edge[order[k]].p;
        if (b->edge[order[k]].p > b->edge[look->best].p)
            look->best = order[k];
    }
    look->hit = ap_smaller(hit, 1.0);
    look->shared = shared;
    double existence = pulse->existence, left = 1.0;
    if (look->is_late) {
        left = faded_since(state, pulse);
        existence = ap_smaller(existence / left, SURE);
    }
    look->exists = left * ap_smaller(existence_after(existence, look), SURE);
    if (look->is_eclipsed && look->hit - look->shared < AP_HIT)
        look->exists = ap_smaller(look->exists, AP_ECLIPSED_EXISTENCE);
    bool is_tentative = pulse->state == AP_TRACK_TENTATIVE;
    const ap_sym2 *A = &look->imm.mean.A;
    look->is_vague =
        A->ee + A->nn > VAGUE_M * VAGUE_M && b->edge[look->best].p < AP_HIT * look->hit;
    if (is_tentative && (look->is_vague || shared > AP_HIT * look->hit))
        look->exists = ap_smaller(look->exists, ap_larger(pulse->existence, SHARED_EXISTENCE_MAX));
    else if (look->is_vague) /* some plot of many always hits: it would feed on clutter for ever */
        look->exists = ap_smaller(look->exists, pulse->existence);
    if (is_tentative)
        weigh_freshly(state, look, order, count);
}

/* The filters of the tracks whose edges are a part of those in order: from the first row that
 * begins in it to the last. */
static void update_filters(ap_state *state, size_t first, size_t last)
{
    ap_bench *b = &state->bench;
    for (size_t from = first, to; from < last; from = to) {
        uint32_t row = b->edge[b->order[from]].row;
        to = from + 1;
        while (to < b->edge_count && b->edge[b->order[to]].row == row)
            to++;
        if (from > 0 && b->edge[b->order[from - 1]].row == row)
            continue;
        if (to < last) /* beyond, it is another thread's */
            ap_history_fetch(&state->store.row[b->look[b->edge[b->order[to]].row].slot].history,
                             &state->store.pool);
        ap_look *look = &b->look[row];
        uint32_t count = (uint32_t)(to - from);
        ap_look_weigh(state, look, b->order + from, count);
        look->is_taken = look->hit < NEGLIGIBLE ||
                         update_filter(state, look, b->order + from, count, look->best);
    }
}

/* The rest of what follows from a look, in order of the tracks: it is told. */
static void finish_look(ap_state *state, const ap_look *look)
{
    ap_bench *b = &state->bench;
    ap_pulse *pulse = &state->store.pulse[look->slot];
    const ap_edge *best = &b->edge[look->best];
    const ap_report *report = &state->waiting[b->plot[best->plot].report];
    if (!look->is_taken) {
        if (look->hit >= AP_HIT)
            ap_refuse(&state->stats.refused, AP_REFUSED_LATE);
        return;
    }
    if (pulse->state == AP_TRACK_TENTATIVE && look->hit >= AP_HIT)
        ap_track_stray(state, look->slot, &b->plot[best->plot]);
    if (pulse->state == AP_TRACK_TENTATIVE)
        ap_split_follow(state, look);
    else
        b->firm_hits += look->hit;
    /* likelier for a plot that no other track explains */
    bool speaks_for_it = look->exists > pulse->existence && b->plot[best->plot].unused > AP_HIT;
    pulse->existence = look->exists;
    if (pulse->state == AP_TRACK_TENTATIVE)
        state->store.row[look->slot].fresh_odds = look->fresh_odds;
    if (look->hit < NEGLIGIBLE)
        return;
    ap_track_settle(state, look->slot);
    if (look->falls_on)
        ap_falling_take(state, look->slot, report);
    bool is_tentative = pulse->state == AP_TRACK_TENTATIVE;
    if (look->hit < AP_HIT || (look->is_vague && !is_tentative)) {
        if (speaks_for_it && is_tentative) { /* it has not fallen silent */
            state->store.row[look->slot].hit_count++;
            pulse->received_utc = state->clock_utc;
        }
        ap_track_repair(state, look->slot);
        ap_store_refresh(&state->store, look->slot);
        if (look->shared > AP_HIT * look->exists) /* if it is there at all, it was in that plot */
            pulse->received_utc = state->clock_utc;
        ap_track_looked(state, look->slot, report->sensor, report->time_utc, false);
        return;
    }
    if (look->hit - look->shared >= AP_HIT)
        ap_track_alone(state, look->slot, report->time_utc);
    ap_taken taken = look->shared > AP_HIT * look->hit ? AP_TAKEN_SHARED : AP_TAKEN_POSITION;
    if (best->p >= AP_HIT && best->run == AP_SLOT_NONE) {
        if (!look->falls)
            ap_track_innovation(state, look->is_paired ? &look->alone : &look->imm.mean,
                                &best->fix);
        ap_track_taken(state, look->slot, report, taken);
        return;
    }
    ap_report anonymous = *report; /* whose it is remains open */
    anonymous.present &= ~(uint32_t)(AP_HAS_ADDRESS | AP_HAS_MODE_3A | AP_HAS_CALLSIGN);
    ap_track_taken(state, look->slot, &anonymous, taken);
}

void ap_updates_make(ap_state *state)
{
    const ap_bench *b = &state->bench;
    ap_in_parts(state, b->edge_count, update_filters);
    for (uint32_t from = 0; from < b->edge_count; from++) {
        uint32_t row = b->edge[b->order[from]].row;
        if (from == 0 || b->edge[b->order[from - 1]].row != row)
            finish_look(state, &b->look[row]);
    }
}
