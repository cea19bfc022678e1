#include "app/evaluate_figures.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "airpicture/geo.h"

typedef struct list {
    ap_figure *figure;
    size_t count;
    const char *group;
} list;

static void add(list *l, const char *key, const char *text, const char *unit, double value,
                uint64_t count, ap_figure_better better)
{
    if (l->count < AP_FIGURE_CAP)
        l->figure[l->count++] = (ap_figure){ l->group, key, text, unit, value, count, better };
}

static double known(double value, uint64_t count)
{
    return count > 0 ? value : NAN;
}

static void add_distances(list *l, const ap_evaluation_result *r)
{
    uint64_t n = r->instant_count;
    l->group = "Distance of the sets";
    add(l, "gospa_rms_m", "GOSPA, RMS", "m", r->gospa_rms_m, n, AP_FIGURE_LOWER);
    add(l, "gospa_mean_m", "GOSPA, mean", "m", r->gospa_mean_m, n, AP_FIGURE_LOWER);
    add(l, "gospa_per_sqrt_n_m", "GOSPA by root of targets", "m", r->gospa_per_sqrt_n_m, n,
        AP_FIGURE_LOWER);
    add(l, "localisation_m", "part: localisation", "m", r->localisation_m, n, AP_FIGURE_LOWER);
    add(l, "missed_m", "part: missed", "m", r->missed_m, n, AP_FIGURE_LOWER);
    add(l, "spurious_m", "part: false", "m", r->spurious_m, n, AP_FIGURE_LOWER);
    add(l, "ospa_mean_m", "OSPA, mean", "m", r->ospa_mean_m, n, AP_FIGURE_LOWER);
    add(l, "ospa_rms_m", "OSPA, RMS", "m", r->ospa_rms_m, n, AP_FIGURE_LOWER);
    if (r->tgospa.computed) {
        add(l, "tgospa_per_instant_m", "T-GOSPA an instant", "m", r->tgospa.per_instant_m, n,
            AP_FIGURE_LOWER);
        add(l, "tgospa_switch_m", "part: switches", "m", r->tgospa.switch_m, n, AP_FIGURE_LOWER);
        add(l, "tgospa_switch_count", "switches in T-GOSPA", "", r->tgospa.switch_count, 0,
            AP_FIGURE_LOWER);
        add(l, "tgospa_gap_share", "gap of its bounds", "ratio", r->tgospa.gap_share, 0,
            AP_FIGURE_NEUTRAL);
    }
}

static void add_picture(list *l, const ap_evaluation_result *r)
{
    l->group = "Picture at instants";
    add(l, "target_count", "targets", "", r->target_count, 0, AP_FIGURE_NEUTRAL);
    add(l, "used_track_count", "tracks", "", r->used_track_count, 0, AP_FIGURE_NEUTRAL);
    add(l, "completeness", "targets with a track", "ratio", r->completeness, r->truth_count,
        AP_FIGURE_HIGHER);
    add(l, "missed_per_instant", "missed at an instant", "", r->missed_per_instant,
        r->instant_count, AP_FIGURE_LOWER);
    add(l, "false_per_instant", "false at an instant", "", r->false_per_instant, r->instant_count,
        AP_FIGURE_LOWER);
    add(l, "false_track_count", "false tracks", "", r->false_track_count, r->used_track_count,
        AP_FIGURE_LOWER);
    add(l, "picture_position_rms_m", "position error, RMS", "m",
        known(r->position_rms_m, r->pair_count), r->pair_count, AP_FIGURE_LOWER);
    add(l, "picture_position_95_m", "position error, 95 %", "m",
        known(r->position_95_m, r->pair_count), r->pair_count, AP_FIGURE_LOWER);
    add(l, "picture_velocity_rms_mps", "velocity error, RMS", "m/s",
        known(r->velocity_rms_mps, r->pair_count), r->pair_count, AP_FIGURE_LOWER);
    add(l, "picture_nees", "NEES of fresh positions (2)", "",
        known(r->nees_instant.mean, r->nees_instant.count), r->nees_instant.count,
        AP_FIGURE_NEUTRAL);
}

static void add_identity(list *l, const ap_evaluation_result *r)
{
    uint64_t n = r->target_count;
    l->group = "Continuity";
    add(l, "switches_per_target", "switches a target, best pairs", "", r->switches_per_target, n,
        AP_FIGURE_LOWER);
    add(l, "kept_switches_per_target", "switches a target, kept pairs", "",
        r->kept_switches_per_target, n, AP_FIGURE_LOWER);
    add(l, "breaks_per_target", "breaks a target", "", r->breaks_per_target, n, AP_FIGURE_LOWER);
    add(l, "longest_share", "share of the commonest track", "ratio", known(r->longest_share, n), n,
        AP_FIGURE_HIGHER);
    add(l, "numbers_per_target", "tracks a target", "", known(r->numbers_per_target, n), n,
        AP_FIGURE_LOWER);
    add(l, "birth_delay_s", "first report after", "s",
        known(r->birth_delay.mean, r->birth_delay.count), r->birth_delay.count, AP_FIGURE_LOWER);
    add(l, "unseen_count", "targets never reported", "", r->unseen_count, n, AP_FIGURE_LOWER);
    add(l, "late_birth_delay_s", "the same, new targets at instants", "s",
        known(r->late_birth_delay_s, r->late_birth_count), r->late_birth_count, AP_FIGURE_LOWER);
    add(l, "drop_delay_s", "track ends after its target by", "s",
        known(r->drop_delay.mean, r->drop_delay.count), r->drop_delay.count, AP_FIGURE_LOWER);
    add(l, "false_per_hour", "false tracks an hour", "", r->false_per_hour, 0, AP_FIGURE_LOWER);
    add(l, "false_report_share", "reports without a target", "ratio", r->false_report_share,
        r->report_count + r->false_count, AP_FIGURE_LOWER);
    add(l, "redundant_share", "reports of second tracks", "ratio", r->redundant_share,
        r->report_count, AP_FIGURE_LOWER);
}

static void add_siap(list *l, const ap_evaluation_result *r)
{
    const ap_siap *s = &r->siap;
    l->group = "SIAP";
    add(l, "siap_completeness", "completeness", "ratio", s->completeness, r->truth_count,
        AP_FIGURE_HIGHER);
    add(l, "siap_ambiguity", "ambiguity (1)", "", s->ambiguity, r->truth_count, AP_FIGURE_NEAR_ONE);
    add(l, "siap_spuriousness", "spuriousness", "ratio", s->spuriousness, r->track_count,
        AP_FIGURE_LOWER);
    add(l, "siap_position_m", "position error, mean", "m", s->position_m, r->track_count,
        AP_FIGURE_LOWER);
    add(l, "siap_velocity_mps", "velocity error, mean", "m/s", s->velocity_mps, r->track_count,
        AP_FIGURE_LOWER);
    add(l, "siap_number_changes_hz", "changes of number, 1/s", "", s->rate_of_number_change_hz, 0,
        AP_FIGURE_LOWER);
    add(l, "siap_longest_segment", "longest segment", "ratio", s->longest_segment, 0,
        AP_FIGURE_HIGHER);
    if (s->has_identity) {
        add(l, "siap_id_completeness", "identity told", "ratio", s->identity_completeness, 0,
            AP_FIGURE_HIGHER);
        add(l, "siap_id_correctness", "identity right", "ratio", s->identity_correctness, 0,
            AP_FIGURE_HIGHER);
        add(l, "siap_id_ambiguity", "identity ambiguous", "ratio", s->identity_ambiguity, 0,
            AP_FIGURE_LOWER);
    }
}

static void add_errors(list *l, const ap_evaluation_result *r)
{
    const ap_error_summary *e = r->errors[AP_PHASE_ALL];
    static const struct {
        ap_evaluation_error_kind kind;
        const char *key, *text, *unit;
        double factor;
    } rows[] = {
        { AP_EVALUATION_POSITION, "position_rms_m", "position, RMS", "m", 1.0 },
        { AP_EVALUATION_ALONG, "along_rms_m", "along, RMS", "m", 1.0 },
        { AP_EVALUATION_ACROSS, "across_rms_m", "across, RMS", "m", 1.0 },
        { AP_EVALUATION_ALTITUDE, "altitude_rms_m", "altitude, RMS", "m", 1.0 },
        { AP_EVALUATION_VELOCITY, "velocity_rms_mps", "velocity, RMS", "m/s", 1.0 },
        { AP_EVALUATION_SPEED, "speed_rms_mps", "speed, RMS", "m/s", 1.0 },
        { AP_EVALUATION_TRACK_ANGLE, "track_angle_rms_deg", "track angle, RMS", "deg",
          1.0 / AP_RAD_PER_DEG },
        { AP_EVALUATION_CLIMB_RATE, "climb_rate_rms_mps", "vertical rate, RMS", "m/s", 1.0 },
    };
    l->group = "Errors of the reports";
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        add(l, rows[i].key, rows[i].text, rows[i].unit,
            known(e[rows[i].kind].rms * rows[i].factor, e[rows[i].kind].count),
            e[rows[i].kind].count, AP_FIGURE_LOWER);
    const ap_error_summary *p = &e[AP_EVALUATION_POSITION], *t = &e[AP_EVALUATION_LATENCY];
    add(l, "position_median_m", "position, median", "m", known(p->median, p->count), p->count,
        AP_FIGURE_LOWER);
    add(l, "position_95_m", "position, 95 %", "m", known(p->q95, p->count), p->count,
        AP_FIGURE_LOWER);
    add(l, "position_99_m", "position, 99 %", "m", known(p->q99, p->count), p->count,
        AP_FIGURE_LOWER);
    add(l, "position_max_m", "position, largest", "m", known(p->max, p->count), p->count,
        AP_FIGURE_LOWER);
    add(l, "latency_mean_s", "latency, mean", "s", known(t->mean, t->count), t->count,
        AP_FIGURE_NEUTRAL);
    add(l, "latency_95_s", "latency, 95 %", "s", known(t->q95, t->count), t->count,
        AP_FIGURE_LOWER);
}

static void add_phases(list *l, const ap_evaluation_result *r)
{
    static const struct {
        ap_phase phase;
        const char *position_key, *position, *velocity_key, *velocity;
    } rows[] = {
        { AP_PHASE_STRAIGHT, "straight_position_rms_m", "straight: position, RMS",
          "straight_velocity_rms_mps", "straight: velocity, RMS" },
        { AP_PHASE_TURNING, "turning_position_rms_m", "turning: position, RMS",
          "turning_velocity_rms_mps", "turning: velocity, RMS" },
        { AP_PHASE_CLIMBING, "climbing_position_rms_m", "climbing: position, RMS",
          "climbing_velocity_rms_mps", "climbing: velocity, RMS" },
        { AP_PHASE_GROUND, "ground_position_rms_m", "on the ground: position, RMS",
          "ground_velocity_rms_mps", "on the ground: velocity, RMS" },
    };
    l->group = "Errors by phase of flight";
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const ap_error_summary *e = r->errors[rows[i].phase];
        if (e[AP_EVALUATION_POSITION].count == 0)
            continue;
        add(l, rows[i].position_key, rows[i].position, "m", e[AP_EVALUATION_POSITION].rms,
            e[AP_EVALUATION_POSITION].count, AP_FIGURE_LOWER);
        add(l, rows[i].velocity_key, rows[i].velocity, "m/s",
            known(e[AP_EVALUATION_VELOCITY].rms, e[AP_EVALUATION_VELOCITY].count),
            e[AP_EVALUATION_VELOCITY].count, AP_FIGURE_LOWER);
    }
}

static void add_consistency(list *l, const ap_evaluation_result *r)
{
    l->group = "Consistency of the covariances";
    add(l, "nees_position", "NEES of positions (2)", "",
        known(r->nees_position.mean, r->nees_position.count), r->nees_position.count,
        AP_FIGURE_NEUTRAL);
    add(l, "nees_position_low", "an honest one's, 95 % from", "",
        known(r->nees_position.lower, r->nees_position.count), 0, AP_FIGURE_NEUTRAL);
    add(l, "nees_position_high", "to", "", known(r->nees_position.upper, r->nees_position.count), 0,
        AP_FIGURE_NEUTRAL);
    add(l, "nees_state", "NEES with velocity (4)", "",
        known(r->nees_state.mean, r->nees_state.count), r->nees_state.count, AP_FIGURE_NEUTRAL);
    add(l, "nees_vertical", "NEES of heights (1)", "",
        known(r->nees_vertical.mean, r->nees_vertical.count), r->nees_vertical.count,
        AP_FIGURE_NEUTRAL);
    const ap_pcrb *bound = &r->pcrb;
    add(l, "pcrb_bound_m", "Cramer-Rao bound, RMS", "m", known(bound->bound_rms_m, bound->count),
        bound->count, AP_FIGURE_NEUTRAL);
    add(l, "pcrb_ratio", "error over the Cramer-Rao bound", "", known(bound->ratio, bound->count),
        bound->count, AP_FIGURE_LOWER);
}

size_t ap_evaluate_figures(const ap_evaluation_result *result, ap_figure figures[AP_FIGURE_CAP])
{
    list l = { .figure = figures };
    add_distances(&l, result);
    add_picture(&l, result);
    add_identity(&l, result);
    add_errors(&l, result);
    add_phases(&l, result);
    add_consistency(&l, result);
    add_siap(&l, result);
    return l.count;
}

const ap_figure *ap_figure_of_key(const ap_figure *figures, size_t count, const char *key)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(figures[i].key, key) == 0)
            return &figures[i];
    return NULL;
}

void ap_figure_text(double value, const char *unit, char *text, size_t size)
{
    bool is_share = strcmp(unit, "ratio") == 0;
    double v = is_share ? 100.0 * value : value, a = fabs(v);
    int decimals = v == floor(v) && a < 1e7 && !is_share ? 0 : a >= 1000.0 ? 0 : a >= 100.0 ? 1 : 2;
    if (a > 0.0 && a < 0.1)
        decimals = 4;
    if (isnan(value))
        snprintf(text, size, "-");
    else if (isinf(value))
        snprintf(text, size, "never");
    else if (a > 0.0 && a < 0.001)
        snprintf(text, size, "%.2g%s%s", v, *unit ? " " : "", is_share ? "%" : unit);
    else
        snprintf(text, size, "%.*f%s%s", decimals, v, *unit ? " " : "", is_share ? "%" : unit);
}
