#include "score/looks.h"

#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "score/order.h"

#define LIE_CHI2 18.42 /* two dimensions, one in ten thousand */
#define COPY_S 0.1     /* transponders pause for longer between two positions */
#define NEAR_S 15.0    /* two reports in a row are no farther apart */
#define FAR_S 60.0
#define FAR_MAX_S 120.0
#define FAR_EVERY 8 /* looks of which one is held against an old one */
#define SAMPLE_MIN 100
#define SLOW_MIN 0.05 /* of all: less is white */
#define SLOW_TIME_MIN_S 10.0
#define SLOW_TIME_MAX_S 1e6
#define SHARE_MIN 1e-6
#define LEVEL_MIN 0.1 /* cosine of the elevation: nearer to overhead a range tells no place */

/* ---- memory ---- */

static void lay_out(ap_looks *looks, ap_arena *arena)
{
    looks->look = ap_arena_take_raw(arena, looks->cap, sizeof *looks->look);
    looks->order = ap_arena_take_raw(arena, looks->cap, 2 * sizeof *looks->order);
    looks->first = ap_arena_take(arena, (size_t)looks->truth_count + 1, sizeof *looks->first);
}

size_t ap_looks_size(uint32_t truth_count, uint32_t cap)
{
    ap_looks looks = { .truth_count = truth_count, .cap = cap };
    ap_arena arena = ap_arena_measure();
    if (cap == 0 || cap > UINT32_C(1) << 30)
        return 0;
    lay_out(&looks, &arena);
    return ap_arena_need(&arena);
}

ap_err ap_looks_init(ap_looks *looks, uint32_t truth_count, uint32_t cap, void *mem,
                     size_t mem_size)
{
    size_t need = ap_looks_size(truth_count, cap);
    if (need == 0)
        return AP_ERR_ARGUMENT;
    if (!mem || mem_size < need)
        return AP_ERR_MEMORY;
    ap_arena arena = ap_arena_over(mem, mem_size);
    *looks = (ap_looks){ .truth_count = truth_count, .cap = cap };
    lay_out(looks, &arena);
    return AP_OK;
}

ap_err ap_looks_move(ap_looks *looks, uint32_t cap, void *mem, size_t mem_size)
{
    ap_looks old = *looks;
    if (cap < looks->count)
        return AP_ERR_ARGUMENT;
    ap_err err = ap_looks_init(looks, old.truth_count, cap, mem, mem_size);
    if (err) {
        *looks = old;
        return err;
    }
    memcpy(looks->look, old.look, old.count * sizeof *old.look);
    looks->count = old.count;
    looks->lie_count = old.lie_count;
    return AP_OK;
}

/* ---- reports ---- */

/* Range and azimuth, with their errors, in east and north at the truth, where meridians have
 * converged since the sensor. False: they tell no place. */
static bool take_polar(const ap_sensor *sensor, const ap_report *r, const ap_plot_match *m,
                       ap_look *look)
{
    double level = cos(m->elevation_rad);
    if (level < LEVEL_MIN)
        return false;
    double convergence_rad = ap_wrap_pi(m->point.x - sensor->site.longitude_rad) *
                             sin(0.5 * (m->point.y + sensor->site.latitude_rad));
    double at_rad = m->azimuth_rad + convergence_rad, ground_m = m->range_m * level;
    double u = sin(at_rad), v = cos(at_rad);
    double along_m = r->range_sigma_m / level, across_m = r->azimuth_sigma_rad * ground_m;
    double along2 = along_m * along_m, across2 = across_m * across_m;
    double error_along_m = m->error[0] / level, error_across_m = m->error[1] * ground_m;
    look->is_polar = true;
    look->east2 = (float)(along2 * u * u + across2 * v * v);
    look->both2 = (float)((along2 - across2) * u * v);
    look->north2 = (float)(along2 * v * v + across2 * u * u);
    look->error_east = (float)(error_along_m * u + error_across_m * v);
    look->error_north = (float)(error_along_m * v - error_across_m * u);
    return true;
}

static bool take_place(const ap_sensor *sensor, const ap_report *r, const ap_plot_match *m,
                       ap_look *look)
{
    look->part = AP_LOOK_POSITION;
    if (m->is_placeless)
        return false;
    if (r->present & AP_HAS_POLAR && sensor->has_site)
        return take_polar(sensor, r, m, look);
    look->east2 = (float)r->position_var_ee_m2;
    look->both2 = (float)r->position_var_en_m2;
    look->north2 = (float)r->position_var_nn_m2;
    look->error_east = (float)m->error[0];
    look->error_north = (float)m->error[1];
    return true;
}

static bool take_velocity(const ap_report *r, const ap_plot_match *m, ap_look *look)
{
    look->part = AP_LOOK_VELOCITY;
    look->is_polar = false;
    look->east2 = look->north2 = (float)(r->velocity_sigma_mps * r->velocity_sigma_mps);
    look->both2 = 0.0f;
    look->error_east = (float)(r->east_mps - m->point.east_mps);
    look->error_north = (float)(r->north_mps - m->point.north_mps);
    return r->present & AP_HAS_VELOCITY && m->point.flags & AP_STATE_HAS_VELOCITY;
}

/* Cholesky factor of a stated covariance; false: it is none. */
static bool factor_of(const ap_look *look, double L[3])
{
    double both = (double)look->both2;
    if (!(look->east2 > 0.0f))
        return false;
    L[0] = sqrt((double)look->east2);
    L[1] = both / L[0];
    double rest = (double)look->north2 - L[1] * L[1];
    L[2] = sqrt(rest);
    return rest > 0.0 && isfinite(L[2]) && isfinite(L[0]);
}

/* Errors over their deviations. */
static void whiten(const ap_look *look, double u[2])
{
    double L[3] = { 1.0, 0.0, 1.0 };
    (void)factor_of(look, L); /* every look that was kept has one */
    u[0] = (double)look->error_east / L[0];
    u[1] = ((double)look->error_north - L[1] * u[0]) / L[2];
}

typedef enum verdict { LOOK_KEPT, LOOK_NONE, LOOK_LIE } verdict;

static verdict judge(const ap_look *look)
{
    double L[3], u[2];
    if (!factor_of(look, L))
        return LOOK_NONE;
    whiten(look, u);
    return u[0] * u[0] + u[1] * u[1] <= LIE_CHI2 ? LOOK_KEPT : LOOK_LIE;
}

ap_err ap_looks_add(ap_looks *looks, const ap_sensor *sensor, const ap_report *r,
                    const ap_plot_match *m)
{
    ap_look look = { .time_utc = r->time_utc,
                     .truth = m->truth,
                     .source = sensor->kind == AP_SENSOR_ADSB ? AP_LOOKS_ADSB : r->sensor };
    ap_look *out = &looks->look[looks->count];
    if (r->flags & (AP_FLAG_EXTRAPOLATED | AP_FLAG_ENDED) || look.source >= AP_LOOKS_SOURCE_CAP)
        return AP_OK;
    if (looks->cap - looks->count < AP_LOOK_PART_COUNT)
        return AP_ERR_FULL;
    verdict place = take_place(sensor, r, m, &look) ? judge(&look) : LOOK_NONE;
    if (place == LOOK_KEPT)
        *out++ = look;
    verdict velocity = take_velocity(r, m, &look) ? judge(&look) : LOOK_NONE;
    if (velocity == LOOK_KEPT)
        *out++ = look;
    if (place == LOOK_LIE || velocity == LOOK_LIE) /* who lies is believed in nothing */
        looks->lie_count++;
    else
        looks->count = (uint32_t)(out - looks->look);
    return AP_OK;
}

/* ---- order ---- */

/* By time, and then, keeping that, by truth. */
static void sort(ap_looks *looks)
{
    ap_look row;
    uint32_t *scratch = looks->order + looks->cap, n = looks->count;
    for (uint32_t i = 0; i < n; i++)
        looks->order[i] = i;
    ap_order_sort(looks->order, scratch, n, &looks->look[0].time_utc, sizeof row);
    ap_order_apply(looks->order, n, looks->look, sizeof row, &row);
    memset(looks->first, 0, ((size_t)looks->truth_count + 1) * sizeof *looks->first);
    for (uint32_t i = 0; i < n; i++)
        looks->first[looks->look[i].truth + 1]++;
    for (uint32_t k = 0; k < looks->truth_count; k++)
        looks->first[k + 1] += looks->first[k];
    /* order[place] = where the look of that place is now. */
    for (uint32_t i = 0; i < n; i++)
        looks->order[looks->first[looks->look[i].truth]++] = i;
    for (uint32_t k = looks->truth_count; k > 0; k--)
        looks->first[k] = looks->first[k - 1];
    looks->first[0] = 0;
    ap_order_apply(looks->order, n, looks->look, sizeof row, &row);
}

/* Drops copies. `order` becomes the look before of the same truth, source and part; UINT32_MAX:
 * none.
 */
static void fold(ap_looks *looks)
{
    uint32_t newest[AP_LOOKS_SOURCE_CAP][AP_LOOK_PART_COUNT], kept = 0;
    for (uint32_t k = 0; k < looks->truth_count; k++) {
        uint32_t end = looks->first[k + 1], at = looks->first[k];
        memset(newest, 0xff, sizeof newest);
        looks->first[k] = kept;
        for (; at < end; at++) {
            ap_look look = looks->look[at];
            uint32_t *last = &newest[look.source][look.part];
            bool is_copy = look.source == AP_LOOKS_ADSB && *last != UINT32_MAX &&
                           ap_seconds_between(looks->look[*last].time_utc, look.time_utc) < COPY_S;
            looks->copy_count += is_copy;
            if (is_copy)
                continue;
            looks->order[kept] = *last;
            looks->look[kept] = look;
            *last = kept++;
            looks->source[look.source].count++;
        }
    }
    looks->first[looks->truth_count] = looks->count = kept;
}

/* ---- noises ---- */

int ap_look_level(const ap_look *look)
{
    double east2 = (double)look->east2, both2 = (double)look->both2;
    double area = east2 * (double)look->north2 - both2 * both2; /* deviation to the fourth */
    double level = 3.0 + 0.25 * log2(fmax(area, 1e-30));
    return (int)fmin(fmax(level, 0.0), AP_LOOKS_LEVEL_CAP - 1);
}

typedef struct noise_sums {
    double square, step_square;
    uint64_t count, step_count;
} noise_sums;

/* Of one part of a source. */
typedef struct part_sums {
    noise_sums all, level[AP_LOOKS_LEVEL_CAP];
    double far, far_slow, far_s; /* products of errors a minute apart, slow shares, ages */
    uint64_t far_count;
} part_sums;

static void add_to(noise_sums *sums, double square, const double *step_square)
{
    sums->square += square;
    sums->count++;
    if (!step_square)
        return;
    sums->step_square += *step_square;
    sums->step_count++;
}

static void add_look(const ap_looks *looks, uint32_t at, part_sums *sums)
{
    const ap_look *now = &looks->look[at];
    uint32_t before = looks->order[at];
    double u[2], v[2];
    whiten(now, u);
    double square = 0.5 * (u[0] * u[0] + u[1] * u[1]), step_square = 0.0;
    const ap_look *then = before == UINT32_MAX ? NULL : &looks->look[before];
    bool has_step = then && ap_seconds_between(then->time_utc, now->time_utc) <= NEAR_S;
    if (has_step) {
        whiten(then, v);
        step_square = 0.25 * ((u[0] - v[0]) * (u[0] - v[0]) + (u[1] - v[1]) * (u[1] - v[1]));
    }
    const double *step = has_step ? &step_square : NULL;
    add_to(&sums->all, square, step);
    add_to(&sums->level[ap_look_level(now)], square, step);
}

/* The newest look of the same kind that is at least a minute older; NULL: none, or too old. */
static const ap_look *find_far(const ap_looks *looks, uint32_t at, double *age_s)
{
    for (uint32_t i = looks->order[at]; i != UINT32_MAX; i = looks->order[i]) {
        *age_s = ap_seconds_between(looks->look[i].time_utc, looks->look[at].time_utc);
        if (*age_s >= FAR_S)
            return *age_s <= FAR_MAX_S ? &looks->look[i] : NULL;
    }
    return NULL;
}

static void add_far(const ap_looks *looks, uint32_t at,
                    const ap_look_noise noise[AP_LOOKS_LEVEL_CAP], part_sums *sums)
{
    double u[2], v[2], age_s;
    const ap_look *now = &looks->look[at], *then = find_far(looks, at, &age_s);
    if (!then)
        return;
    whiten(now, u);
    whiten(then, v);
    sums->far += 0.5 * (u[0] * v[0] + u[1] * v[1]);
    sums->far_slow += sqrt(noise[ap_look_level(now)].slow * noise[ap_look_level(then)].slow);
    sums->far_s += age_s;
    sums->far_count++;
}

static bool noise_of(const noise_sums *sums, ap_look_noise *noise)
{
    if (sums->step_count < SAMPLE_MIN)
        return false;
    double all = fmax(sums->square / (double)sums->count, SHARE_MIN);
    double white = fmax(sums->step_square / (double)sums->step_count, SHARE_MIN);
    bool is_slow = all - white >= SLOW_MIN * all;
    noise->white = is_slow ? white : all;
    noise->slow = is_slow ? all - white : 0.0;
    return true;
}

static double time_of(const part_sums *sums)
{
    double likeness = sums->far / sums->far_slow, mean_s = sums->far_s / (double)sums->far_count;
    if (sums->far_count < SAMPLE_MIN || likeness >= 1.0)
        return SLOW_TIME_MAX_S;
    double time_s = likeness <= 0.0 ? SLOW_TIME_MIN_S : -mean_s / log(likeness);
    return fmin(fmax(time_s, SLOW_TIME_MIN_S), SLOW_TIME_MAX_S);
}

static bool is_of(const ap_look *look, uint16_t source, ap_look_part part)
{
    return look->source == source && look->part == part;
}

/* Slow errors have a state of the bound, or count as new in each report. */
static void settle(ap_looks *looks, uint16_t source, ap_look_part part, part_sums *sums)
{
    ap_look_noise *noise = looks->source[source].noise[part];
    bool is_slow = false;
    for (int i = 0; i < AP_LOOKS_LEVEL_CAP; i++)
        is_slow |= noise[i].slow > 0.0;
    if (!is_slow)
        return;
    if (looks->slot_count >= AP_LOOKS_SLOW_CAP) {
        for (int i = 0; i < AP_LOOKS_LEVEL_CAP; i++)
            noise[i] = (ap_look_noise){ noise[i].white + noise[i].slow, 0.0 };
        return;
    }
    uint64_t seen_count = 0;
    for (uint32_t i = 0; i < looks->count; i++)
        if (is_of(&looks->look[i], source, part) && seen_count++ % FAR_EVERY == 0)
            add_far(looks, i, noise, sums);
    looks->slot_time_s[looks->slot_count] = time_of(sums);
    looks->source[source].slot[part] = looks->slot_count++;
}

/* What a level has too little of is as the source's whole; ranges and azimuths are as described. */
static void solve(ap_looks *looks, uint16_t source, ap_look_part part)
{
    part_sums sums = { .far_count = 0 };
    ap_look_noise whole = { .white = 1.0 };
    bool is_polar = false;
    for (uint32_t i = 0; i < looks->count; i++)
        if (is_of(&looks->look[i], source, part)) {
            is_polar |= looks->look[i].is_polar;
            add_look(looks, i, &sums);
        }
    if (!is_polar)
        (void)noise_of(&sums.all, &whole);
    for (int i = 0; i < AP_LOOKS_LEVEL_CAP; i++) {
        ap_look_noise *noise = &looks->source[source].noise[part][i];
        if (is_polar || !noise_of(&sums.level[i], noise))
            *noise = whole;
    }
    settle(looks, source, part, &sums);
}

void ap_looks_finish(ap_looks *looks)
{
    sort(looks);
    fold(looks);
    for (int part = 0; part < AP_LOOK_PART_COUNT; part++)
        for (uint16_t source = AP_LOOKS_SOURCE_CAP; source > 0; source--) { /* ADS-B first */
            looks->source[source - 1].slot[part] = -1;
            if (looks->source[source - 1].count > 0)
                solve(looks, (uint16_t)(source - 1), (ap_look_part)part);
        }
}
