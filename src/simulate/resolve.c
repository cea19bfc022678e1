#include "simulate/resolve.h"

#include <math.h>

#include "simulate/garble.h"

#define LN2 0.69314718055994530942
#define CELL_RANGE_SIGMAS 3.0
#define CELL_AZIMUTH_SIGMAS 7.5
#define GROUP_CAP 32    /* plots that become one; more stay apart */
#define PAIR_EVENT 1u   /* higher halves of the events of a flight's passes that are drawn here */
#define GARBLE_EVENT 2u /* (0: the pass itself) */

ap_resolve ap_resolve_of(const ap_scenario_sensor *sensor, uint64_t seed, uint32_t stream)
{
    const ap_sensor *told = &sensor->told;
    return (ap_resolve){ .merges = sensor->merges,
                         .garbles = sensor->garbles,
                         .cell_range_m = told->range_resolution_m > 0.0
                                             ? told->range_resolution_m
                                             : CELL_RANGE_SIGMAS * told->range_sigma_m,
                         .cell_azimuth_rad = told->azimuth_resolution_rad > 0.0
                                                 ? told->azimuth_resolution_rad
                                                 : CELL_AZIMUTH_SIGMAS * told->azimuth_sigma_rad,
                         .turn_s = told->turn_s,
                         .seed = seed,
                         .stream = stream };
}

double ap_resolve_ahead_s(const ap_resolve *resolve)
{
    double reach_rad = resolve->merges ? AP_RESOLVE_REACH * resolve->cell_azimuth_rad : 0.0;
    double beam_rad = resolve->garbles ? AP_RESOLVE_BEAM_RAD : 0.0;
    return fmax(reach_rad, beam_rad) / (2.0 * AP_PI) * resolve->turn_s;
}

double ap_resolve_probability(const ap_resolve *resolve, double range_m, double azimuth_rad)
{
    double r = range_m / resolve->cell_range_m, a = azimuth_rad / resolve->cell_azimuth_rad;
    double apart = r * r + a * a;
    return apart < AP_RESOLVE_REACH * AP_RESOLVE_REACH ? exp(-LN2 * apart) : 0.0;
}

static bool is_before(const ap_resolve_key *a, const ap_resolve_key *b)
{
    return a->time_s < b->time_s || (a->time_s == b->time_s && a->index < b->index);
}

static void sift_down(ap_resolve_key *keys, size_t at, size_t count)
{
    ap_resolve_key moved = keys[at];
    for (size_t child; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count && is_before(&keys[child], &keys[child + 1]))
            child++;
        if (!is_before(&moved, &keys[child]))
            break;
        keys[at] = keys[child];
    }
    keys[at] = moved;
}

void ap_resolve_sort(ap_resolve_key *keys, size_t count)
{
    for (size_t i = count / 2; i-- > 0;)
        sift_down(keys, i, count);
    for (size_t i = count; i-- > 1;) {
        ap_resolve_key last = keys[i];
        keys[i] = keys[0];
        keys[0] = last;
        sift_down(keys, 0, i);
    }
}

/* ---- running together ---- */

static ap_random random_of_pair(const ap_resolve *resolve, const ap_radar_plot *a,
                                const ap_radar_plot *b, uint32_t kind)
{
    return ap_random_of(resolve->seed, resolve->stream ^ kind << 24, a->flight,
                        ((uint64_t)b->flight + 1) << 32 | a->pass);
}

static bool run_together(const ap_resolve *resolve, const ap_radar_plot *a, const ap_radar_plot *b)
{
    double p = ap_resolve_probability(resolve, a->range_m - b->range_m,
                                      ap_wrap_pi(a->azimuth_rad - b->azimuth_rad));
    if (p == 0.0)
        return false;
    ap_random random = random_of_pair(resolve, a, b, PAIR_EVENT);
    return ap_random_unit(&random) < p;
}

/* Its own answer keeps a plot in its place. */
static bool stands_alone(const ap_radar_plot *plot, const ap_radar_plot *first)
{
    return plot->secondary && first->secondary && (plot->roll_call || first->roll_call);
}

/* Both answers at once, as when they come from the same range. */
static void mix_codes(ap_radar_plot *first, const ap_radar_plot *plot)
{
    first->mode_3a = ap_garble_code(first->mode_3a, plot->sent_3a, 0.0);
    uint16_t pulses = ap_garble_code(ap_garble_of_level(first->level_4th),
                                     ap_garble_of_level(plot->sent_4th), 0.0);
    first->has_level = first->has_level && ap_garble_to_level(pulses, &first->level_4th);
    first->is_garbled = first->is_unsure = true;
}

/* What is only an echo joins an answer where that is; two of a kind meet in their middle. */
static void absorb(const ap_resolve *resolve, ap_radar_plot *first, ap_radar_plot *plot)
{
    double sum = first->weight + plot->weight, share = plot->weight / sum;
    if (first->secondary == plot->secondary) {
        first->time_s += share * (plot->time_s - first->time_s);
        first->range_m += share * (plot->range_m - first->range_m);
        first->azimuth_rad += share * ap_wrap_pi(plot->azimuth_rad - first->azimuth_rad);
        first->height_m += share * (plot->height_m - first->height_m);
        first->weight = sum;
        if (first->secondary && resolve->garbles)
            mix_codes(first, plot);
    } else if (plot->secondary) {
        ap_radar_plot echo = *first;
        *first = *plot;
        first->primary |= echo.primary;
    }
    first->primary |= plot->primary;
    plot->is_gone = true;
}

static void join(const ap_resolve *resolve, ap_radar_plot *first, ap_radar_plot *plot)
{
    if (!stands_alone(plot, first)) {
        absorb(resolve, first, plot);
    } else if (first->primary) {
        plot->primary = false;
    }
}

/* All that hang together with the plot at `from`, by pairs; they become part of it. */
static void gather_group(const ap_resolve *resolve, const ap_resolve_key *keys, size_t count,
                         size_t from, double ahead_s, ap_radar_plot *plots)
{
    uint32_t member[GROUP_CAP];
    size_t member_count = 1;
    member[0] = keys[from].index;
    for (size_t m = 0; m < member_count; m++) {
        const ap_radar_plot *a = &plots[member[m]];
        for (size_t k = from + 1; k < count && keys[k].time_s <= a->time_s + ahead_s; k++) {
            const ap_radar_plot *b = &plots[keys[k].index];
            bool is_in = b->is_gone || b->is_measured;
            for (size_t i = 1; i < member_count; i++)
                is_in = is_in || member[i] == keys[k].index;
            if (!is_in && member_count < GROUP_CAP && run_together(resolve, a, b))
                member[member_count++] = keys[k].index;
        }
    }
    for (size_t m = 1; m < member_count; m++)
        join(resolve, &plots[member[0]], &plots[member[m]]);
}

/* ---- garbling ---- */

static bool may_garble(const ap_radar_plot *plot)
{
    return plot->secondary && !plot->roll_call && !plot->is_gone && !plot->is_measured;
}

/* What is left of a's codes; b answers at the same time from `behind_m` farther away. */
static void spoil(ap_radar_plot *a, const ap_radar_plot *b, double behind_m, double chance,
                  ap_random *random)
{
    bool is_hit = ap_random_unit(random) < chance;
    bool is_seen = ap_random_unit(random) < AP_RESOLVE_GARBLE_SEEN;
    uint16_t code = ap_garble_code(a->mode_3a, b->sent_3a, behind_m);
    uint16_t pulses = ap_garble_of_level(a->level_4th);
    uint16_t mixed = ap_garble_code(pulses, ap_garble_of_level(b->sent_4th), behind_m);
    if (!is_hit || (code == a->mode_3a && mixed == pulses))
        return;
    a->mode_3a = code;
    a->has_level = a->has_level && ap_garble_to_level(mixed, &a->level_4th);
    a->is_garbled |= is_seen;
    a->is_unsure |= is_seen;
}

static void garble_with_later(const ap_resolve *resolve, const ap_resolve_key *keys, size_t count,
                              size_t from, double ahead_s, ap_radar_plot *plots)
{
    ap_radar_plot *a = &plots[keys[from].index];
    for (size_t k = from + 1; k < count && keys[k].time_s <= keys[from].time_s + ahead_s; k++) {
        ap_radar_plot *b = &plots[keys[k].index];
        double behind_m = b->range_m - a->range_m;
        double beams = fabs(ap_wrap_pi(b->azimuth_rad - a->azimuth_rad)) / AP_RESOLVE_BEAM_RAD;
        if (!may_garble(b) || fabs(behind_m) >= AP_GARBLE_RANGE_M || beams >= 1.0)
            continue;
        ap_random random = random_of_pair(resolve, a, b, GARBLE_EVENT);
        spoil(a, b, behind_m, 1.0 - beams, &random);
        spoil(b, a, -behind_m, 1.0 - beams, &random);
    }
}

void ap_resolve_plots(const ap_resolve *resolve, const ap_resolve_key *keys, size_t count,
                      double until_s, ap_radar_plot *plots)
{
    double ahead_s = ap_resolve_ahead_s(resolve);
    for (size_t k = 0; resolve->merges && k < count && keys[k].time_s < until_s; k++)
        if (!plots[keys[k].index].is_gone && !plots[keys[k].index].is_measured)
            gather_group(resolve, keys, count, k, ahead_s, plots);
    for (size_t k = 0; resolve->garbles && k < count && keys[k].time_s < until_s; k++)
        if (may_garble(&plots[keys[k].index]))
            garble_with_later(resolve, keys, count, k, ahead_s, plots);
}
