#include "track/state.h"

#include <math.h>
#include <string.h>

#include "track/lifecycle.h"
#include "track/measure.h"
#include "track/missed.h"

#define CONFIRM_HITS 3
#define CONFIRM_LEAST 0.95 /* however long a turn takes */
#define BIRTH_WORTH 0.3    /* of what it was worth at birth, a new track may lose down to */
#define DUE_TURNS 1.1      /* a look is missed this long after the last one, and ... */
#define DUE_EXTRA_S 0.5
#define FADING_DETECTION 0.9 /* misses come in rows: none says more than this */
#define OUTSIDE_DETECTION                                                                          \
    0.3                     /* out of view it cannot be seen, but the guess where it is wears out */
#define SURE_EXISTENCE 0.99 /* what is less sure may be clutter, and teaches no detection */
#define KEEP_TURNS 6.5      /* a confirmed track may fade for so long, whatever it is worth */
#define FORGET_TURNS 4.0    /* a sensor that has not seen it for this long left it */
#define TENTATIVE_TURNS 3.0
#define TENTATIVE_MIN_S 10.0
#define COAST_MIN_S 2.0
#define SPEED_MAX_MPS 12000.0 /* nothing comes back from the Moon faster than 11.2 km/s */
#define MOVE_EVERY 3          /* rounds between moves of a silent track's place, ... */
#define MOVE_AFTER_S 5.0      /* ... which the reach of a search makes up for until then, ... */
#define MOVE_FAST_AFTER_S 2.0 /* ... or until then, ... */
#define FAST_MPS 300.0F       /* ... of what is so fast */
#define FETCH_AHEAD 12        /* tracks */
#define ROUND_BATCH 32        /* tracks */
#define TELL_NS AP_NS_PER_S   /* without a position or news, an update is told no more often */
#define MERGE_EVERY 4         /* rounds between checks of one track */
#define GIVE_LAG_SHARE 0.2    /* a part of history is kept so much longer than the lag asks */

void ap_track_show(const ap_state *state, uint32_t slot, ap_track *track)
{
    ap_store_show(&state->store, slot, track);
    ap_falling_show(state, slot, track);
}

void ap_track_emit(ap_state *state, uint32_t slot, ap_track_event_kind kind, ap_utc_ns time_utc,
                   uint16_t sensor)
{
    if (!state->config.on_event)
        return;
    ap_track_event event = { .kind = kind, .time_utc = time_utc, .sensor = sensor };
    if (kind == AP_EVENT_UPDATED) {
        event.nis = state->nis;
        event.nis_dimensions = state->nis_dimensions;
    }
    state->store.row[slot].told_utc = state->clock_utc;
    ap_track *shown = &state->shown[state->shown_count++ % AP_TRACKER_EVENTS_KEPT];
    ap_track_show(state, slot, shown);
    state->config.on_event(state->config.context, &event, shown);
}

/* ---- sources ---- */

/* Moves the sensor's entry to the front, making one if need be; the oldest goes when full. */
static ap_row_source *source_front(ap_row *row, uint16_t sensor)
{
    uint16_t place = 0;
    if (row->source_count > 0 && row->source[0].sensor == sensor)
        return &row->source[0];
    while (place < row->source_count && row->source[place].sensor != sensor)
        place++;
    ap_row_source found = {
        .sensor = sensor, .due_s = INFINITY, .residual_east_m = NAN, .residual_north_m = NAN
    };
    if (place < row->source_count)
        found = row->source[place];
    else if (row->source_count < AP_TRACK_SOURCE_CAP)
        row->source_count++;
    else
        place--;
    if (place > 0)
        memmove(&row->source[1], &row->source[0], place * sizeof row->source[0]);
    row->source[0] = found;
    return &row->source[0];
}

static ap_utc_ns due_of(const ap_row_source *source)
{
    const double far_s = 1e9;
    double due_s = (double)source->due_s;
    if (due_s < far_s && due_s > -far_s)
        return source->last_utc + (int64_t)(due_s * 1e9);
    return isinf(source->due_s) ? INT64_MAX : ap_utc_add_s(source->last_utc, due_s);
}

static void set_wake(ap_pulse *pulse)
{
    pulse->wake_utc = pulse->due_utc < pulse->silent_utc ? pulse->due_utc : pulse->silent_utc;
}

/* When the round is to attend to it, should it remain silent. */
static void set_silence(const ap_state *state, uint32_t slot)
{
    const float *v = state->store.hot[slot].velocity_mps;
    ap_pulse *pulse = &state->store.pulse[slot];
    bool is_fast = v[0] * v[0] + v[1] * v[1] + v[2] * v[2] > FAST_MPS * FAST_MPS;
    double coast_s = state->config.coast_after_turns * pulse->turn_s;
    double limit_s = is_fast ? MOVE_FAST_AFTER_S : MOVE_AFTER_S;
    coast_s = coast_s > COAST_MIN_S ? coast_s : COAST_MIN_S;
    limit_s = limit_s < coast_s ? limit_s : coast_s;
    limit_s = limit_s < state->config.drop_after_s ? limit_s : state->config.drop_after_s;
    pulse->silent_utc = pulse->received_utc + (int64_t)(limit_s * 1e9);
    set_wake(pulse);
}

static void set_due(const ap_row *row, ap_pulse *pulse)
{
    pulse->due_utc = INT64_MAX;
    for (int i = 0; i < row->source_count; i++) {
        ap_utc_ns due_utc = due_of(&row->source[i]);
        if (due_utc < pulse->due_utc)
            pulse->due_utc = due_utc;
    }
    set_wake(pulse);
}

/* Update interval of the quickest sensor that contributed lately. */
static double best_turn_s(const ap_state *state, const ap_row *row, ap_utc_ns received_utc)
{
    double best = 1e9;
    for (int i = 0; i < row->source_count; i++) {
        double turn_s = ap_sensor_of(state, row->source[i].sensor)->turn_s;
        double age_s = ap_silence_s(&row->source[i], received_utc);
        if (age_s <= FORGET_TURNS * turn_s && turn_s < best)
            best = turn_s;
    }
    return best < 1e9 ? best : 10.0;
}

/* True for a track that is so sure that what it shows of a sensor teaches. */
static bool is_lesson(const ap_pulse *pulse)
{
    return pulse->state != AP_TRACK_TENTATIVE && pulse->existence >= SURE_EXISTENCE;
}

/* A track that the sensor sees again tells how often it was missed. */
static void learn_detection(ap_state *state, uint32_t slot, const ap_row_source *source,
                            ap_utc_ns time_utc)
{
    const ap_sensor *sensor = ap_sensor_of(state, source->sensor);
    const ap_pulse *pulse = &state->store.pulse[slot];
    if (source->report_count < 2 || !is_lesson(pulse) || !ap_sensor_rotates(sensor))
        return;
    bool is_hit;
    int looks = ap_detection_rate_looks(ap_seconds_between(source->last_utc, time_utc),
                                        sensor->turn_s, &is_hit);
    if (looks > 0)
        ap_group_looked(state, source->sensor, time_utc, looks, is_hit);
}

/* Whether the track is now where the sensor can see it at all: neither in its cone of silence nor
 * beyond its range. */
static inline bool in_coverage(const ap_state *state, uint32_t slot, const ap_sensor *sensor)
{
    const ap_hot *hot = &state->store.hot[slot];
    const ap_vec3 *site = &sensor->frame.origin_ecef;
    double dt_s = ap_seconds_between(state->store.pulse[slot].received_utc, state->clock_utc);
    double dx = hot->ecef.x_m + dt_s * hot->velocity_mps[0] - site->x_m;
    double dy = hot->ecef.y_m + dt_s * hot->velocity_mps[1] - site->y_m;
    double dz = hot->ecef.z_m + dt_s * hot->velocity_mps[2] - site->z_m;
    double range2_m2 = dx * dx + dy * dy + dz * dz;
    double max_m = sensor->range_max_m > 0.0 ? sensor->range_max_m : 1e9;
    return range2_m2 >= sensor->range_min_m * sensor->range_min_m && range2_m2 <= max_m * max_m;
}

/* Probability that the sensor shows the track, as a miss is to weigh it. */
static inline double fading_detection(const ap_state *state, uint32_t slot, uint16_t index)
{
    double most =
        in_coverage(state, slot, ap_sensor_of(state, index)) ? FADING_DETECTION : OUTSIDE_DETECTION;
    return ap_smaller(ap_detection_of(state, index), most);
}

/* Of a plot that was so late that its look may have been counted as a miss. */
static bool take_back_miss(ap_state *state, uint32_t slot, ap_row_source *source, double gap_s)
{
    ap_pulse *pulse = &state->store.pulse[slot];
    double turn_s = ap_sensor_of(state, source->sensor)->turn_s;
    if (!ap_missed_take_back(&source->missed, gap_s, turn_s))
        return false;
    double detection = fading_detection(state, slot, source->sensor);
    pulse->existence = ap_existence_not_missed(pulse->existence, detection);
    state->store.row[slot].fresh_odds /= 1.0 - detection;
    return true;
}

/* A hit of a turning sensor that came later than the one before did. False when that is the newer
 * one: then the source remains as it is. */
static bool note_late(ap_state *state, uint32_t slot, ap_row_source *source, ap_utc_ns time_utc)
{
    double gap_s = ap_seconds_between(source->last_utc, time_utc);
    if (!take_back_miss(state, slot, source, gap_s) && gap_s > 0.0)
        ap_missed_next(&source->missed, false);
    if (gap_s >= 0.0)
        return true;
    if (is_lesson(&state->store.pulse[slot]))
        ap_group_looked(state, source->sensor, time_utc, 0, 1.0);
    return false;
}

void ap_track_looked(ap_state *state, uint32_t slot, uint16_t sensor, ap_utc_ns time_utc,
                     bool is_hit)
{
    ap_row *row = &state->store.row[slot];
    const ap_sensor *from = ap_sensor_of(state, sensor);
    ap_row_source *source = source_front(row, sensor);
    double since_s = ap_seconds_between(is_hit ? time_utc : source->last_utc, state->clock_utc);
    bool rotates = ap_sensor_rotates(from), is_newest = true;
    if (is_hit) {
        double due_s = (double)source->latency_s + (DUE_TURNS - 1.0) * from->turn_s + DUE_EXTRA_S;
        if (since_s > due_s && rotates && source->report_count > 0)
            is_newest = note_late(state, slot, source, time_utc);
        else
            ap_missed_next(&source->missed, false);
        source->report_count++;
    }
    if (is_hit && is_newest) {
        learn_detection(state, slot, source, time_utc);
        source->last_utc = time_utc;
        source->latency_s = (float)since_s;
    }
    if (is_newest)
        source->due_s = rotates && source->report_count > 0
                            ? (float)(since_s + DUE_TURNS * from->turn_s + DUE_EXTRA_S)
                            : INFINITY;
    ap_pulse *pulse = &state->store.pulse[slot];
    ap_utc_ns due_utc = due_of(source);
    if (row->source_count == 1 || due_utc < pulse->due_utc)
        pulse->due_utc = due_utc;
    bool is_only = is_hit && row->source_count == 1;
    pulse->turn_s = is_only ? from->turn_s : best_turn_s(state, row, pulse->received_utc);
    set_silence(state, slot);
}

/* ---- birth, hits ---- */

/* The existence from which on it costs less to show a track than to wait a turn for more: with p
 * that it exists, p * turn against (1 - p) * what a false track costs. */
static double enough_to_confirm(const ap_tracker_config *config, const ap_pulse *pulse)
{
    double enough = 1.0 / (1.0 + pulse->turn_s / config->false_track_cost_s);
    return ap_smaller(ap_larger(enough, CONFIRM_LEAST), config->confirm_existence);
}

static void count_strays(ap_state *state, const ap_row *row, double sign)
{
    const ap_strays *strays = &row->strays;
    if (strays->part != AP_CLUTTER_NOWHERE)
        ap_group_strays(state, strays->sensor, row->born_utc, strays->part,
                        sign * (double)strays->count);
}

/* The track beside which this one began is told that it was two. */
static void tell_split(const ap_state *state, const ap_row *row, const ap_report *report)
{
    const ap_reason *birth = &row->reason[0];
    if (!row->beside || row->reason_count > AP_TRACK_REASON_CAP)
        return;
    uint32_t other = ap_store_find_id(&state->store, birth->other);
    if (other != AP_SLOT_NONE)
        ap_store_reason(&state->store.row[other], report->time_utc, AP_REASON_SPLIT, report->sensor,
                        row->id);
}

static void confirm_if_due(ap_state *state, uint32_t slot, const ap_report *report)
{
    ap_row *row = &state->store.row[slot];
    ap_pulse *pulse = &state->store.pulse[slot];
    if (pulse->state != AP_TRACK_TENTATIVE || row->hit_count < CONFIRM_HITS ||
        state->group[report->sensor].bearing.is_lost ||
        ap_smaller(pulse->existence, row->fresh_odds / (1.0 + row->fresh_odds)) <
            enough_to_confirm(&state->config, pulse))
        return;
    bool has_address = (row->identity.present & AP_HAS_ADDRESS) != 0;
    ap_split_count(state, row->strays.sensor, -(double)row->half_taught);
    count_strays(state, row, -1.0); /* as many as it may leave behind: plots were taken for two */
    pulse->state = (uint8_t)ap_life_next(pulse->state, AP_LIFE_CONFIRM);
    pulse->worth = state->config.drop_existence;
    row->confirmed_utc = report->time_utc;
    ap_store_number(&state->store, slot, state->clock_utc);
    ap_store_reason(row, report->time_utc,
                    has_address ? AP_REASON_CONFIRMED_ADDRESS : AP_REASON_CONFIRMED_EXISTS,
                    report->sensor, 0);
    tell_split(state, row, report);
    state->stats.confirmed_count++;
    state->stats.confirmed_alive_count++;
    ap_track_emit(state, slot, AP_EVENT_CONFIRMED, report->time_utc, report->sensor);
}

void ap_track_stray(ap_state *state, uint32_t slot, const ap_plot *plot)
{
    ap_strays *strays = &state->store.row[slot].strays;
    if (strays->sensor == plot->measure.sensor)
        strays->count += (float)ap_plot_stray(plot);
}

/* True when it says anything new that is to be told at once. */
static bool take_identity(ap_state *state, uint32_t slot, const ap_report *report)
{
    const uint32_t urgent = AP_FLAG_ON_GROUND | AP_FLAG_SPI | AP_FLAG_EMERGENCY;
    ap_row *row = &state->store.row[slot];
    bool had_address = (row->identity.present & AP_HAS_ADDRESS) != 0;
    uint32_t flags = row->identity.flags;
    ap_identity_news news =
        ap_identity_take(&row->identity, report, ap_sensor_of(state, report->sensor)->kind);
    if (report->present & AP_HAS_MODE_3A)
        ap_ghosts_note(state, slot);
    if (!had_address && (row->identity.present & AP_HAS_ADDRESS))
        ap_store_file_address(&state->store, slot);
    if (news == AP_IDENTITY_GAINED && row->update_count > 0)
        ap_store_reason(row, report->time_utc, AP_REASON_IDENTITY_GAINED, report->sensor, 0);
    if (news == AP_IDENTITY_CHANGED)
        ap_store_reason(row, report->time_utc, AP_REASON_IDENTITY_CHANGED, report->sensor, 0);
    return news != AP_IDENTITY_SAME || ((flags ^ row->identity.flags) & urgent);
}

/* True for a filter that plots cannot have taught what it says. */
static bool is_beyond_flight(const ap_imm *imm)
{
    double e = imm->mean.x[2], n = imm->mean.x[3];
    double up = imm->vertical.has ? (double)imm->vertical.up_mps : 0.0;
    return e * e + n * n + up * up > SPEED_MAX_MPS * SPEED_MAX_MPS;
}

void ap_track_repair(ap_state *state, uint32_t slot)
{
    ap_row *row = &state->store.row[slot];
    if (ap_imm_is_sound(&row->imm) && !is_beyond_flight(&row->imm))
        return;
    state->stats.reset_count++;
    ap_falling_forget(state, slot);
    ap_history_pool *pool = &state->store.pool;
    for (unsigned i = row->history.count; i-- > 0;)
        if (ap_history_measure(&row->history, pool, i)->has & AP_MEASURE_POSITION) {
            ap_measure last = *ap_history_measure(&row->history, pool, i);
            ap_measure_place(&last, ap_sensor_of(state, last.sensor),
                             ap_vertical_is_sound(&row->imm.vertical) ? &row->imm : NULL);
            ap_imm_start(&row->imm, &last, AP_SPEED_SIGMA_MPS);
            break;
        }
    if (!ap_imm_is_sound(&row->imm) || is_beyond_flight(&row->imm))
        ap_imm_restart(&row->imm, AP_SPEED_SIGMA_MPS);
    ap_history_clear(&row->history, pool);
}

void ap_track_doubted(ap_state *state, uint32_t slot, const ap_report *report, int weight,
                      uint32_t other)
{
    ap_row *row = &state->store.row[slot];
    if (ap_doubt_against(&row->doubt, weight))
        ap_store_reason(row, report->time_utc, AP_REASON_IDENTITY_DOUBTED, report->sensor, other);
}

void ap_track_alone(ap_state *state, uint32_t slot, ap_utc_ns time_utc)
{
    ap_row *row = &state->store.row[slot];
    if (time_utc > row->alone_utc)
        row->alone_utc = time_utc;
}

void ap_track_innovation(ap_state *state, const ap_gauss *expected, const ap_fix *fix)
{
    const double singular = 1e300; /* of ap_gauss_distance2 */
    state->has_residual = true;
    state->residual_east_m = (float)(fix->east_m - expected->x[0]);
    state->residual_north_m = (float)(fix->north_m - expected->x[1]);
    if (!state->config.innovations)
        return;
    double nis = ap_gauss_distance2(expected, fix);
    state->nis = nis < singular ? nis : 0.0;
    state->nis_dimensions = nis < singular ? 2 : 0;
}

void ap_track_settle(ap_state *state, uint32_t slot)
{
    ap_store *store = &state->store;
    ap_history *history = &store->row[slot].history;
    if (ap_history_is_settled(history))
        return;
    ap_utc_ns keep_utc = ap_group_oldest(state);
    ap_utc_ns give_utc = ap_utc_add_s(keep_utc, -GIVE_LAG_SHARE * state->config.lag_s);
    if (!ap_history_settle(history, &store->pool, keep_utc, give_utc))
        state->stats.history_full_count++;
}

/* The sensor that was just seen is the first of its sources. */
static void keep_residual(const ap_state *state, ap_row *row)
{
    if (!state->has_residual)
        return;
    row->source[0].residual_east_m = state->residual_east_m;
    row->source[0].residual_north_m = state->residual_north_m;
}

void ap_track_taken(ap_state *state, uint32_t slot, const ap_report *report, ap_taken taken)
{
    ap_row *row = &state->store.row[slot];
    if (taken >= AP_TAKEN_MOTION)
        ap_track_repair(state, slot);
    if (taken == AP_TAKEN_POSITION)
        ap_falling_watch(state, slot, report);
    if (ap_doubt_contradicts(&row->identity, report, &row->imm.mean))
        ap_track_doubted(state, slot, report, AP_DOUBT_PLAIN, 0);
    else if (taken == AP_TAKEN_POSITION)
        ap_doubt_for(&row->doubt);
    bool is_news = take_identity(state, slot, report) || taken >= AP_TAKEN_SHARED ||
                   state->clock_utc - row->told_utc >= TELL_NS;
    row->update_count++;
    if (row->updated_utc == AP_UTC_UNKNOWN || report->time_utc > row->updated_utc)
        row->updated_utc = report->time_utc;
    if (taken >= AP_TAKEN_SHARED) {
        row->hit_count += taken == AP_TAKEN_POSITION;
        ap_pulse *pulse = &state->store.pulse[slot];
        pulse->received_utc = state->clock_utc;
        ap_store_refresh(&state->store, slot);
        ap_track_looked(state, slot, report->sensor, report->time_utc, true);
        keep_residual(state, row);
        if (pulse->state == AP_TRACK_COASTING)
            ap_store_reason(row, report->time_utc, AP_REASON_RESUMED, report->sensor, 0);
        pulse->state = (uint8_t)ap_life_next(pulse->state, AP_LIFE_HIT);
    }
    if (is_news)
        ap_track_emit(state, slot, AP_EVENT_UPDATED, report->time_utc, report->sensor);
    state->nis = 0.0;
    state->nis_dimensions = 0;
    state->has_residual = false;
    if (taken != AP_TAKEN_POSITION)
        return;
    if (row->predecessor_id == 0 || !(report->present & AP_HAS_ADDRESS) ||
        !ap_heir_settle(state, slot, report))
        confirm_if_due(state, slot, report);
}

void ap_track_known(ap_state *state, uint32_t slot, double existence)
{
    ap_row *row = &state->store.row[slot];
    row->fresh_odds = existence / (1.0 - existence);
    row->fresh_worth = (float)ap_smaller(state->config.drop_existence, BIRTH_WORTH * existence);
}

static uint32_t room_for(ap_state *state, double existence)
{
    uint32_t slot = ap_store_add(&state->store);
    if (slot != AP_SLOT_NONE)
        return slot;
    uint32_t least = ap_store_least(&state->store, existence);
    if (least == AP_SLOT_NONE)
        return AP_SLOT_NONE;
    ap_track_end(state, least, state->clock_utc, AP_REASON_DROPPED_CAPACITY, 0);
    return ap_store_add(&state->store);
}

uint32_t ap_track_birth(ap_state *state, const ap_report *report, const ap_measure *measure,
                        double existence, ap_reason_code reason, uint32_t other)
{
    if (!ap_measure_starts(measure)) {
        ap_refuse(&state->stats.refused, AP_REFUSED_NOT_FINITE);
        return AP_SLOT_NONE;
    }
    uint32_t slot = room_for(state, existence);
    if (slot == AP_SLOT_NONE) {
        ap_refuse(&state->stats.refused, AP_REFUSED_TRACK_TABLE_FULL);
        return slot;
    }
    ap_row *row = &state->store.row[slot];
    ap_pulse *pulse = &state->store.pulse[slot];
    pulse->state = AP_TRACK_TENTATIVE;
    pulse->existence = existence;
    pulse->worth = ap_smaller(state->config.drop_existence, BIRTH_WORTH * existence);
    row->born_utc = row->updated_utc = row->alone_utc = report->time_utc;
    row->confirmed_utc = AP_UTC_UNKNOWN;
    pulse->received_utc = state->clock_utc;
    ap_imm_sow(&row->imm, measure, AP_SPEED_SIGMA_MPS);
    if (report->present & AP_HAS_ADDRESS) /* its next report is its own */
        ap_imm_fill(&row->imm);
    take_identity(state, slot, report);
    row->strays = (ap_strays){ .sensor = report->sensor, .part = AP_CLUTTER_NOWHERE };
    row->hit_count = row->update_count = 1;
    ap_track_known(state, slot, existence);
    ap_store_refresh(&state->store, slot);
    ap_track_looked(state, slot, report->sensor, report->time_utc, true);
    ap_store_reason(row, report->time_utc, reason, report->sensor, other);
    state->stats.born_count++;
    state->stats.alive_count = state->store.alive_count;
    ap_track_emit(state, slot, AP_EVENT_BORN, report->time_utc, report->sensor);
    return slot;
}

void ap_track_end(ap_state *state, uint32_t slot, ap_utc_ns time_utc, ap_reason_code reason,
                  uint32_t other)
{
    ap_row *row = &state->store.row[slot];
    ap_pulse *pulse = &state->store.pulse[slot];
    bool confirmed = pulse->state != AP_TRACK_TENTATIVE;
    if (!confirmed && reason != AP_REASON_DROPPED_RESTART) {
        count_strays(state, row, 1.0);
        if (row->half_count > 0.0F)
            ap_split_count(state, row->strays.sensor, (double)row->half_count);
    }
    pulse->state = (uint8_t)ap_life_next(pulse->state, AP_LIFE_END);
    ap_store_reason(row, time_utc, reason, AP_SENSOR_NONE, other);
    ap_track_emit(state, slot, AP_EVENT_DROPPED, time_utc, AP_SENSOR_NONE);
    ap_falling_forget(state, slot);
    ap_store_remove(&state->store, slot, state->clock_utc);
    state->stats.alive_count = state->store.alive_count;
    if (confirmed) {
        state->stats.dropped_count++;
        state->stats.confirmed_alive_count--;
    } else {
        state->stats.tentative_dropped_count++;
    }
}

/* ---- the round ---- */

static void count_misses(ap_state *state, uint32_t slot)
{
    ap_pulse *pulse = &state->store.pulse[slot];
    ap_row *row = &state->store.row[slot];
    for (int i = 0; i < row->source_count; i++) {
        ap_row_source *source = &row->source[i];
        if (due_of(source) > state->clock_utc)
            continue;
        const ap_sensor *sensor = ap_sensor_of(state, source->sensor);
        double silent_s = ap_silence_s(source, state->clock_utc);
        bool others = ap_silence_s(source, pulse->received_utc) > sensor->turn_s;
        if (others && silent_s > FORGET_TURNS * sensor->turn_s) {
            source->due_s = INFINITY; /* it has left this sensor's view, others see it */
            continue;
        }
        double detection = fading_detection(state, slot, source->sensor);
        pulse->existence = ap_existence_missed(pulse->existence, detection);
        row->fresh_odds *= 1.0 - detection;
        ap_missed_next(&source->missed, true);
        source->due_s += (float)sensor->turn_s;
    }
    set_due(row, pulse);
}

/* True when the track ended. */
static bool end_if_due(ap_state *state, uint32_t slot, double silent_s)
{
    const ap_pulse *pulse = &state->store.pulse[slot];
    double limit_s = state->config.drop_after_s;
    if (pulse->state == AP_TRACK_TENTATIVE && silent_s > TENTATIVE_MIN_S)
        limit_s = ap_smaller(limit_s, ap_larger(TENTATIVE_TURNS * pulse->turn_s, TENTATIVE_MIN_S));
    if (silent_s > limit_s) {
        ap_track_end(state, slot, state->clock_utc, AP_REASON_DROPPED_TIME, 0);
        return true;
    }
    bool is_tentative = pulse->state == AP_TRACK_TENTATIVE;
    const ap_row *row = &state->store.row[slot];
    if ((pulse->existence < pulse->worth ||
         (is_tentative && row->fresh_odds < (double)row->fresh_worth)) &&
        (is_tentative || silent_s >= KEEP_TURNS * pulse->turn_s)) {
        ap_track_end(state, slot, state->clock_utc, AP_REASON_DROPPED_EXISTS, 0);
        return true;
    }
    return false;
}

static void coast_if_due(ap_state *state, uint32_t slot, double silent_s)
{
    ap_pulse *pulse = &state->store.pulse[slot];
    if (pulse->state != AP_TRACK_FIRM || silent_s <= COAST_MIN_S ||
        silent_s <= state->config.coast_after_turns * pulse->turn_s)
        return;
    pulse->state = (uint8_t)ap_life_next(pulse->state, AP_LIFE_OVERDUE);
    ap_store_reason(&state->store.row[slot], state->clock_utc, AP_REASON_COASTED, AP_SENSOR_NONE,
                    0);
    ap_track_emit(state, slot, AP_EVENT_COASTED, state->clock_utc, AP_SENSOR_NONE);
}

/* Keeps the track findable where it must be by now. */
static void move_in_grid(ap_state *state, uint32_t slot, double dt_s)
{
    const ap_hot *hot = &state->store.hot[slot];
    ap_vec3 at = { hot->ecef.x_m + dt_s * hot->velocity_mps[0],
                   hot->ecef.y_m + dt_s * hot->velocity_mps[1],
                   hot->ecef.z_m + dt_s * hot->velocity_mps[2] };
    ap_grid_put(&state->store.grid, slot, at);
}

/* What silence brings; true when the track ended. */
static bool go_silent(ap_state *state, uint32_t slot, bool moves)
{
    double silent_s = ap_seconds_between(state->store.pulse[slot].received_utc, state->clock_utc);
    if (end_if_due(state, slot, silent_s))
        return true;
    coast_if_due(state, slot, silent_s);
    if (moves)
        move_in_grid(state, slot, silent_s);
    return false;
}

/* Of the tracks from *next on, those that the round is to attend to, at most ROUND_BATCH; their
 * memory is asked for. Most have just been seen: they only fade, which takes their pulse and
 * nothing else. */
static size_t list_due(const ap_state *state, uint32_t *next, uint32_t *ahead, uint32_t merge_turn,
                       uint32_t *due)
{
    const ap_store *store = &state->store;
    const double survival = state->config.survival_per_s;
    const ap_utc_ns clock_utc = state->clock_utc;
    ap_pulse *const pulses = store->pulse;
    const ap_link *const links = store->link;
    const bool merges = state->config.sensors->count > 1;
    uint32_t slot = *next, far = *ahead;
    size_t count = 0;
    while (slot != AP_SLOT_NONE && count < ROUND_BATCH) {
        ap_pulse *pulse = &pulses[slot];
        if (far != AP_SLOT_NONE) {
            __builtin_prefetch(&pulses[far]);
            far = links[far].newer;
        }
        pulse->existence *= survival;
        if (pulse->wake_utc <= clock_utc || pulse->existence < pulse->worth ||
            (merges && (merge_turn + pulse->id) % MERGE_EVERY == 0)) {
            const ap_row *row = &store->row[slot];
            __builtin_prefetch(&row->source_count);
            __builtin_prefetch(&row->strays);
            __builtin_prefetch(&row->reason_count);
            __builtin_prefetch(&store->hot[slot]);
            due[count++] = slot;
        }
        slot = links[slot].newer;
    }
    *next = slot;
    *ahead = far;
    return count;
}

static void attend(ap_state *state, uint32_t slot, uint32_t turn)
{
    const ap_pulse *pulse = &state->store.pulse[slot];
    if (pulse->due_utc <= state->clock_utc)
        count_misses(state, slot);
    if ((pulse->silent_utc <= state->clock_utc || pulse->existence < pulse->worth) &&
        go_silent(state, slot, turn % MOVE_EVERY == 0))
        return;
    if (state->config.sensors->count > 1 && turn % MERGE_EVERY == 0)
        ap_twin_settle(state, slot);
}

void ap_tracks_tick(ap_state *state)
{
    const ap_store *store = &state->store;
    /* so that not all are due in the same round */
    const uint32_t second =
        (uint32_t)(state->clock_utc / AP_NS_PER_S % (MOVE_EVERY * MERGE_EVERY)) +
        MOVE_EVERY * MERGE_EVERY;
    uint32_t due[ROUND_BATCH];
    ap_falling_tick(state);
    uint32_t next = store->oldest, ahead = next;
    for (int k = 0; k < FETCH_AHEAD && ahead != AP_SLOT_NONE; k++)
        ahead = store->link[ahead].newer;
    while (next != AP_SLOT_NONE) {
        size_t count = list_due(state, &next, &ahead, second, due);
        for (size_t k = 0; k < count; k++)
            attend(state, due[k], second + store->pulse[due[k]].id);
    }
}
