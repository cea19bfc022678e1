#include "score/plots.h"

#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "score/order.h"

#define GATE_MIN_M 1000.0
#define GATE_SIGMAS 6.0
#define ADDRESS_GATES 5.0 /* an address speaks for a truth so many gates away */
#define NEAR_RAD 0.005    /* 32 km: farther away none is inside a gate */
#define ALTITUDE_NEAR_M (300.0 * AP_M_PER_FT)
#define HORIZON_RADIUS_M (4.0 / 3.0 * 6371e3)
#define RATE_STEP_S 0.5

typedef struct axis_sums {
    double error, error2, rate, rate2, both;
} axis_sums;

/* A sensor and a truth. */
typedef struct sight {
    uint32_t seek; /* cursor of the search */
    uint32_t at;   /* state up to which the clocks ran */
    /* Of each part: time in coverage, and that at the newest hit; negative: none yet. */
    double clock_s[AP_PLOT_PART_COUNT], hit_s[AP_PLOT_PART_COUNT];
} sight;

/* Of the errors of one part. */
typedef struct part_sums {
    bool names_aircraft; /* its plots have addresses: errors are of those alone */
    double weight[2];    /* of the axes, for the time bias: 1 / variance */
    axis_sums axis[2];
    double range_m, range_m2, range_error, range_rate; /* sums, for the gain */
} part_sums;

typedef struct sensor_sums {
    ap_utc_ns first_utc, last_utc;
    part_sums part[AP_PLOT_PART_COUNT];
    ap_plot_figures figures;
} sensor_sums;

typedef struct address_row {
    int64_t address;
    uint32_t truth;
} address_row;

struct ap_plots_state {
    const ap_trajectory_set *truth;
    const ap_sensor_table *sensors;
    double gap_s;
    bool tells_altitudes; /* a state of the truth has a pressure altitude */
    uint32_t address_count;
    address_row *addresses; /* [truth], sorted */
    uint32_t *order;        /* [2][truth] */
    sensor_sums *sums;      /* [AP_PLOTS_SENSOR_CAP] */
    sight *sights;          /* [AP_PLOTS_SENSOR_CAP][truth] */
};

/* ---- memory ---- */

static struct ap_plots_state *lay_out(const ap_trajectory_set *truth, ap_arena *arena)
{
    struct ap_plots_state *state = ap_arena_take(arena, 1, sizeof *state);
    size_t truths = truth->trajectory_count > 0 ? truth->trajectory_count : 1;
    address_row *addresses = ap_arena_take(arena, truths, sizeof *addresses);
    uint32_t *order = ap_arena_take(arena, 2 * truths, sizeof *order);
    sensor_sums *sums = ap_arena_take(arena, AP_PLOTS_SENSOR_CAP, sizeof *sums);
    sight *sights = ap_arena_take(arena, AP_PLOTS_SENSOR_CAP * truths, sizeof *sights);
    if (state) {
        state->addresses = addresses;
        state->order = order;
        state->sums = sums;
        state->sights = sights;
    }
    return state;
}

size_t ap_plots_size(const ap_trajectory_set *truth)
{
    if (truth->frame != AP_TRAJECTORY_GEODETIC)
        return 0;
    ap_arena arena = ap_arena_measure();
    lay_out(truth, &arena);
    return ap_arena_need(&arena);
}

static void sort_addresses(struct ap_plots_state *s)
{
    address_row row;
    if (s->address_count == 0)
        return;
    for (uint32_t i = 0; i < s->address_count; i++)
        s->order[i] = i;
    ap_order_sort(s->order, s->order + s->address_count, s->address_count, &s->addresses[0].address,
                  sizeof row);
    ap_order_apply(s->order, s->address_count, s->addresses, sizeof row, &row);
}

ap_err ap_plots_init(ap_plots *plots, const ap_trajectory_set *truth,
                     const ap_sensor_table *sensors, double gap_s, void *mem, size_t mem_size)
{
    size_t need = ap_plots_size(truth);
    if (need == 0 || !(gap_s > 0.0))
        return AP_ERR_ARGUMENT;
    if (!mem || mem_size < need)
        return AP_ERR_MEMORY;
    ap_arena arena = ap_arena_over(mem, mem_size);
    struct ap_plots_state *s = lay_out(truth, &arena);
    s->truth = truth;
    s->sensors = sensors;
    s->gap_s = gap_s;
    for (uint32_t k = 0; k < truth->trajectory_count; k++) {
        uint32_t who = truth->trajectories[k].identity;
        if (who != AP_TRAJECTORY_NONE &&
            (truth->identities[who].flags & AP_IDENTITY_HAS_ADDRESS) != 0)
            s->addresses[s->address_count++] = (address_row){ truth->identities[who].address, k };
    }
    for (uint32_t i = 0; i < truth->state_count && !s->tells_altitudes; i++)
        s->tells_altitudes = (truth->states[i].flags & AP_STATE_HAS_PRESSURE_ALTITUDE) != 0;
    sort_addresses(s);
    for (uint32_t i = 0; i < AP_PLOTS_SENSOR_CAP; i++) {
        s->sums[i].first_utc = s->sums[i].last_utc = AP_UTC_UNKNOWN;
        for (uint32_t k = 0; k < truth->trajectory_count; k++)
            s->sights[(size_t)i * truth->trajectory_count + k] =
                (sight){ .seek = truth->trajectories[k].first,
                         .at = truth->trajectories[k].first,
                         .hit_s = { -1.0, -1.0, -1.0 } };
    }
    plots->state = s;
    return AP_OK;
}

static sight *sight_of(const struct ap_plots_state *s, uint16_t sensor, uint32_t truth)
{
    return &s->sights[(size_t)sensor * s->truth->trajectory_count + truth];
}

/* ---- where a truth is, and what a sensor sees of it ---- */

static double height_of(uint32_t flags, double height_m, double pressure_altitude_m)
{
    return flags & AP_STATE_HAS_HEIGHT              ? height_m
           : flags & AP_STATE_HAS_PRESSURE_ALTITUDE ? pressure_altitude_m
                                                    : 0.0;
}

static ap_vec3 ecef_of(const ap_motion_point *p, double ahead_s)
{
    double up_mps = p->flags & AP_STATE_HAS_CLIMB ? p->up_mps : 0.0;
    return ap_ecef_from_geodetic((ap_geodetic){
        .latitude_rad = p->y + p->north_mps * ahead_s / p->north_m,
        .longitude_rad = p->x + p->east_mps * ahead_s / p->east_m,
        .height_m = height_of(p->flags, p->height_m, p->pressure_altitude_m) + up_mps * ahead_s });
}

/* Whether the sensor should see the state, and how far away it is. */
static bool is_covered(const ap_sensor *sensor, const ap_trajectory_state *state, double *range_m)
{
    double azimuth_rad, elevation_rad;
    *range_m = 0.0;
    if (!sensor->has_site)
        return true;
    double height_m =
        height_of(state->flags, (double)state->height_m, (double)state->pressure_altitude_m);
    ap_polar_from_ecef(
        &sensor->frame,
        ap_ecef_from_geodetic((ap_geodetic){ state->latitude_rad, state->longitude_rad, height_m }),
        range_m, &azimuth_rad, &elevation_rad);
    double horizon_m = sqrt(2.0 * HORIZON_RADIUS_M) *
                       (sqrt(fmax(sensor->site.height_m, 0.0)) + sqrt(fmax(height_m, 0.0)));
    bool is_surface = sensor->kind == AP_SENSOR_SMR || sensor->kind == AP_SENSOR_MLAT ||
                      sensor->kind == AP_SENSOR_ADSB;
    return *range_m >= sensor->range_min_m &&
           (!(sensor->range_max_m > 0.0) || *range_m <= sensor->range_max_m) &&
           (is_surface || (*range_m <= horizon_m && !(state->flags & AP_STATE_ON_GROUND)));
}

static size_t bucket_of(double range_m)
{
    double bucket = floor(range_m / AP_PLOTS_RANGE_M);
    return bucket < AP_PLOTS_RANGE_CAP - 1 ? (size_t)bucket : AP_PLOTS_RANGE_CAP - 1;
}

/* Whether a secondary radar should see the state too. An identity once told is kept by the truth;
 * an altitude is told as long as it answers. */
static bool answers(const struct ap_plots_state *s, const ap_trajectory_state *state)
{
    return (s->truth->identity_count == 0 || state->identity != AP_TRAJECTORY_NONE) &&
           (!s->tells_altitudes || (state->flags & AP_STATE_HAS_PRESSURE_ALTITUDE));
}

/* What a truth's clocks say, and where it was. */
typedef struct clock_reading {
    bool is_covered, answers;
    double now_s[AP_PLOT_PART_COUNT];
    double range_m;
} clock_reading;

static void run_clocks(double clock_s[AP_PLOT_PART_COUNT], const clock_reading *reading,
                       double span_s)
{
    for (int part = 0; reading->is_covered && part < AP_PLOT_PART_COUNT; part++)
        clock_s[part] += part == AP_PLOT_REPLY && !reading->answers ? 0.0 : span_s;
}

/* The clocks of a truth in a sensor's coverage, up to `time`. */
static clock_reading clocks_at(const struct ap_plots_state *s, uint16_t sensor, uint32_t truth,
                               ap_utc_ns time)
{
    const ap_trajectory *t = &s->truth->trajectories[truth];
    const ap_trajectory_state *states = s->truth->states;
    const ap_sensor *row = &s->sensors->sensor[sensor];
    ap_utc_ns from = s->sums[sensor].first_utc;
    sight *seen = sight_of(s, sensor, truth);
    uint32_t end = t->first + t->count;
    clock_reading r = { .range_m = 0.0 };
    for (;; seen->at++) {
        const ap_trajectory_state *at = &states[seen->at];
        bool is_last = seen->at + 1 >= end;
        ap_utc_ns begin = at->time_utc > from ? at->time_utc : from;
        ap_utc_ns next = is_last ? at->time_utc : states[seen->at + 1].time_utc;
        r.is_covered = !is_last && next > begin &&
                       ap_seconds_between(at->time_utc, next) <= s->gap_s &&
                       is_covered(row, at, &r.range_m);
        r.answers = answers(s, at);
        if (is_last || next > time) {
            memcpy(r.now_s, seen->clock_s, sizeof r.now_s);
            if (time > begin)
                run_clocks(r.now_s, &r, ap_seconds_between(begin, time));
            r.is_covered = is_last ? is_covered(row, at, &r.range_m) : r.is_covered;
            return r;
        }
        if (r.is_covered)
            run_clocks(seen->clock_s, &r, ap_seconds_between(begin, next));
    }
}

/* ---- matching ---- */

static bool find_truth(const struct ap_plots_state *s, const ap_report *r, uint32_t truth,
                       ap_motion_point *point)
{
    const ap_trajectory *t = &s->truth->trajectories[truth];
    sight *seen = sight_of(s, r->sensor, truth);
    while (seen->seek > t->first && s->truth->states[seen->seek].time_utc > r->time_utc)
        seen->seek--; /* a late report */
    return ap_motion_find(s->truth, t, r->time_utc, s->gap_s, &seen->seek, point);
}

/* The errors of a report were it of this truth; false outside of `gates` gates. */
static bool hold_against(const struct ap_plots_state *s, const ap_report *r, uint32_t truth,
                         double gates, ap_plot_match *m)
{
    const ap_sensor *sensor = &s->sensors->sensor[r->sensor];
    double gate[2], size[2] = { 1.0, 1.0 };
    *m = (ap_plot_match){ .truth = truth };
    if (!find_truth(s, r, truth, &m->point))
        return false;
    if (r->present & AP_HAS_POLAR) {
        double range_m[2], azimuth_rad[2], elevation_rad[2];
        for (int i = 0; i < 2; i++)
            ap_polar_from_ecef(&sensor->frame, ecef_of(&m->point, i * RATE_STEP_S), &range_m[i],
                               &azimuth_rad[i], &elevation_rad[i]);
        m->range_m = range_m[0];
        m->azimuth_rad = azimuth_rad[0];
        m->elevation_rad = elevation_rad[0];
        m->error[0] = r->range_m - range_m[0];
        m->error[1] = ap_wrap_pi(r->azimuth_rad - azimuth_rad[0]);
        m->rate[0] = (range_m[1] - range_m[0]) / RATE_STEP_S;
        m->rate[1] = ap_wrap_pi(azimuth_rad[1] - azimuth_rad[0]) / RATE_STEP_S;
        size[1] = range_m[0] * cos(m->elevation_rad);
        gate[0] = fmax(GATE_MIN_M, GATE_SIGMAS * r->range_sigma_m);
        gate[1] = fmax(GATE_MIN_M, GATE_SIGMAS * r->azimuth_sigma_rad * size[1]);
    } else {
        m->error[0] = ap_wrap_pi(r->longitude_rad - m->point.x) * m->point.east_m;
        m->error[1] = (r->latitude_rad - m->point.y) * m->point.north_m;
        m->rate[0] = m->point.east_mps;
        m->rate[1] = m->point.north_mps;
        gate[0] = fmax(GATE_MIN_M, GATE_SIGMAS * sqrt(r->position_var_ee_m2));
        gate[1] = fmax(GATE_MIN_M, GATE_SIGMAS * sqrt(r->position_var_nn_m2));
    }
    m->cost = 0.0;
    for (int i = 0; i < 2; i++) {
        double share = m->error[i] * size[i] / gate[i];
        m->cost += share * share;
    }
    return m->cost <= gates * gates;
}

/* Index of the first row of an address, or of the next one. */
static uint32_t first_address(const struct ap_plots_state *s, uint32_t address)
{
    uint32_t low = 0, high = s->address_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (s->addresses[middle].address < address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Of the truths that told this address, the nearest. */
static bool match_address(const struct ap_plots_state *s, const ap_report *r, ap_plot_match *best)
{
    bool found = false;
    uint32_t low = first_address(s, r->address);
    for (; low < s->address_count && s->addresses[low].address == r->address; low++) {
        ap_plot_match m;
        if (hold_against(s, r, s->addresses[low].truth, ADDRESS_GATES, &m) &&
            (!found || m.cost < best->cost)) {
            *best = m;
            found = true;
        }
    }
    return found;
}

/* The truth that alone has the address of a report without a place. */
static bool name_truth(const struct ap_plots_state *s, const ap_report *r, ap_plot_match *match)
{
    bool found = false;
    *match = (ap_plot_match){ .is_placeless = true };
    if (!(r->present & AP_HAS_ADDRESS))
        return false;
    for (uint32_t i = first_address(s, r->address);
         i < s->address_count && s->addresses[i].address == r->address; i++) {
        ap_motion_point point;
        if (!find_truth(s, r, s->addresses[i].truth, &point))
            continue;
        if (found) /* whose it is cannot be told */
            return false;
        match->truth = s->addresses[i].truth;
        match->point = point;
        found = true;
    }
    return found;
}

/* Where a polar report lies on the ground, to some kilometres. */
static void rough_place(const ap_sensor *sensor, const ap_report *r, double *latitude_rad,
                        double *longitude_rad)
{
    *latitude_rad = r->latitude_rad;
    *longitude_rad = r->longitude_rad;
    if (!(r->present & AP_HAS_POLAR))
        return;
    ap_geodetic at;
    (void)ap_geodetic_from_slant(&sensor->frame, r->range_m, r->azimuth_rad, 5000.0, &at);
    *latitude_rad = at.latitude_rad;
    *longitude_rad = at.longitude_rad;
}

static bool match_nearest(const struct ap_plots_state *s, const ap_report *r, ap_plot_match *best)
{
    double latitude_rad, longitude_rad;
    bool found = false;
    rough_place(&s->sensors->sensor[r->sensor], r, &latitude_rad, &longitude_rad);
    double near_east_rad = NEAR_RAD / fmax(cos(latitude_rad), 0.01);
    for (uint32_t k = 0; k < s->truth->trajectory_count; k++) {
        const ap_trajectory_state *state = &s->truth->states[sight_of(s, r->sensor, k)->seek];
        ap_plot_match m;
        /* The cursor is near the time already, but for the first look at a truth. */
        if (fabs(ap_seconds_between(state->time_utc, r->time_utc)) < s->gap_s &&
            (fabs(state->latitude_rad - latitude_rad) > 2.0 * NEAR_RAD ||
             fabs(ap_wrap_pi(state->longitude_rad - longitude_rad)) > 2.0 * near_east_rad))
            continue;
        if (hold_against(s, r, k, 1.0, &m) && (!found || m.cost < best->cost)) {
            *best = m;
            found = true;
        }
    }
    return found;
}

/* ---- sums ---- */

/* Which parts of the sensor saw it. */
static void parts_of(const ap_sensor *sensor, const ap_report *r, bool has[AP_PLOT_PART_COUNT])
{
    bool is_told = (r->flags & (AP_FLAG_PRIMARY | AP_FLAG_SECONDARY)) != 0;
    ap_sensor_kind kind = sensor->kind;
    has[AP_PLOT_ANY] = true;
    has[AP_PLOT_ECHO] = is_told ? (r->flags & AP_FLAG_PRIMARY) != 0
                                : kind == AP_SENSOR_PSR || kind == AP_SENSOR_SMR;
    has[AP_PLOT_REPLY] = is_told ? (r->flags & AP_FLAG_SECONDARY) != 0
                                 : kind == AP_SENSOR_SSR || kind == AP_SENSOR_MODE_S;
}

/* A turn with a plot of this part; returns the turns missed before it. */
static uint64_t count_turn(ap_plot_part_figures *f, double *hit_s, double now_s,
                           const ap_sensor *sensor)
{
    double missed;
    if (*hit_s < 0.0)
        missed = sensor->has_site ? floor(now_s / sensor->turn_s) : 0.0;
    else
        missed = nearbyint((now_s - *hit_s) / sensor->turn_s) - 1.0;
    if (missed < 0.0) {
        f->second_count++;
        return 0;
    }
    *hit_s = now_s;
    f->hit_count++;
    f->miss_count += (uint64_t)missed;
    return (uint64_t)missed;
}

static void count_turns(struct ap_plots_state *s, const ap_report *r, uint32_t truth,
                        const bool has[AP_PLOT_PART_COUNT])
{
    const ap_sensor *sensor = &s->sensors->sensor[r->sensor];
    ap_plot_figures *f = &s->sums[r->sensor].figures;
    sight *seen = sight_of(s, r->sensor, truth);
    clock_reading at = clocks_at(s, r->sensor, truth, r->time_utc);
    if (!at.is_covered) {
        f->beyond_count++;
        return;
    }
    uint64_t seconds = f->part[AP_PLOT_ANY].second_count;
    uint64_t missed =
        count_turn(&f->part[AP_PLOT_ANY], &seen->hit_s[AP_PLOT_ANY], at.now_s[AP_PLOT_ANY], sensor);
    f->range_hit[bucket_of(at.range_m)] += f->part[AP_PLOT_ANY].second_count == seconds;
    f->range_miss[bucket_of(at.range_m)] += missed;
    for (int part = AP_PLOT_ECHO; part < AP_PLOT_PART_COUNT; part++)
        if (has[part] && (part != AP_PLOT_REPLY || at.answers))
            (void)count_turn(&f->part[part], &seen->hit_s[part], at.now_s[part], sensor);
}

static void add_errors(part_sums *sums, ap_plot_part_figures *f, const ap_report *r,
                       const ap_plot_match *m)
{
    bool is_polar = (r->present & AP_HAS_POLAR) != 0;
    if (f->error_count == 0)
        f->is_polar = is_polar;
    if (f->is_polar != is_polar)
        return; /* figures in one pair of axes only */
    sums->names_aircraft |= (r->present & AP_HAS_ADDRESS) != 0;
    if (sums->names_aircraft && !(r->present & AP_HAS_ADDRESS))
        return; /* clutter beside an aircraft would be its error */
    f->error_count++;
    double variance[2] = { r->position_var_ee_m2, r->position_var_nn_m2 };
    if (is_polar) {
        variance[0] = r->range_sigma_m * r->range_sigma_m;
        variance[1] = r->azimuth_sigma_rad * r->azimuth_sigma_rad;
    }
    for (int i = 0; i < 2; i++) {
        axis_sums *a = &sums->axis[i];
        sums->weight[i] += 1.0 / variance[i];
        a->error += m->error[i];
        a->error2 += m->error[i] * m->error[i];
        a->rate += m->rate[i];
        a->rate2 += m->rate[i] * m->rate[i];
        a->both += m->error[i] * m->rate[i];
    }
    if (!is_polar)
        return;
    sums->range_m += m->range_m;
    sums->range_m2 += m->range_m * m->range_m;
    sums->range_error += m->range_m * m->error[0];
    sums->range_rate += m->range_m * m->rate[0];
}

static void check_words(const struct ap_plots_state *s, const ap_report *r, const ap_plot_match *m,
                        bool has_reply, ap_plot_figures *f)
{
    uint32_t who = m->point.identity;
    bool has_code = who != AP_TRAJECTORY_NONE &&
                    (s->truth->identities[who].flags & AP_IDENTITY_HAS_MODE_3A) != 0;
    bool has_altitude = (m->point.flags & AP_STATE_HAS_PRESSURE_ALTITUDE) != 0;
    f->mode_3a_due_count += has_reply && has_code;
    f->altitude_due_count += has_reply && has_altitude;
    if ((r->present & AP_HAS_MODE_3A) && has_code) {
        f->mode_3a_count++;
        f->mode_3a_right_count += s->truth->identities[who].mode_3a == r->mode_3a;
    }
    if ((r->present & AP_HAS_PRESSURE_ALTITUDE) && has_altitude) {
        f->altitude_count++;
        f->altitude_near_count +=
            fabs(r->pressure_altitude_m - m->point.pressure_altitude_m) <= ALTITUDE_NEAR_M;
    }
}

/* How far from its site a report says its target is, over ground but for a slant range. */
static double range_of(const ap_sensor *sensor, const ap_report *r)
{
    if (r->present & AP_HAS_POLAR)
        return r->range_m;
    return ap_distance_m(sensor->site, (ap_geodetic){ r->latitude_rad, r->longitude_rad, 0.0 });
}

static void add_false(sensor_sums *sums, const ap_sensor *sensor, const ap_report *r,
                      const bool has[AP_PLOT_PART_COUNT])
{
    for (int part = 0; part < AP_PLOT_PART_COUNT; part++)
        sums->figures.part[part].false_count += has[part];
    if (sensor->has_site)
        sums->figures.range_false[bucket_of(range_of(sensor, r))]++;
}

bool ap_plots_add(ap_plots *plots, const ap_report *report, ap_plot_match *match)
{
    struct ap_plots_state *s = plots->state;
    if (report->sensor >= AP_PLOTS_SENSOR_CAP || (report->flags & AP_FLAG_TEST) ||
        report->time_utc == AP_UTC_UNKNOWN)
        return false;
    sensor_sums *sums = &s->sums[report->sensor];
    if (sums->first_utc == AP_UTC_UNKNOWN)
        sums->first_utc = report->time_utc;
    if (sums->last_utc == AP_UTC_UNKNOWN || report->time_utc > sums->last_utc)
        sums->last_utc = report->time_utc;
    if (report->kind != AP_REPORT_TARGET)
        return false;
    const ap_sensor *sensor = &s->sensors->sensor[report->sensor];
    bool is_polar = (report->present & AP_HAS_POLAR) != 0 && sensor->has_site;
    if (!is_polar && !(report->present & AP_HAS_POSITION)) {
        sums->figures.placeless_count++;
        return match && name_truth(s, report, match);
    }
    ap_plot_match m;
    bool has[AP_PLOT_PART_COUNT];
    parts_of(sensor, report, has);
    for (int part = 0; part < AP_PLOT_PART_COUNT; part++)
        sums->figures.part[part].report_count += has[part];
    bool found = (report->present & AP_HAS_ADDRESS) && match_address(s, report, &m);
    if (!found && !match_nearest(s, report, &m)) {
        add_false(sums, sensor, report, has);
        return false;
    }
    sums->figures.matched_count++;
    count_turns(s, report, m.truth, has);
    check_words(s, report, &m, has[AP_PLOT_REPLY], &sums->figures);
    has[AP_PLOT_ECHO] = has[AP_PLOT_ECHO] && !has[AP_PLOT_REPLY];
    for (int part = 0; part < AP_PLOT_PART_COUNT; part++)
        if (has[part])
            add_errors(&sums->part[part], &sums->figures.part[part], report, &m);
    if (match)
        *match = m;
    return true;
}

/* ---- the end ---- */

static void end_turns(struct ap_plots_state *s, uint16_t sensor)
{
    sensor_sums *sums = &s->sums[sensor];
    const ap_sensor *row = &s->sensors->sensor[sensor];
    for (uint32_t k = 0; k < s->truth->trajectory_count && row->has_site; k++) {
        sight *seen = sight_of(s, sensor, k);
        clock_reading at = clocks_at(s, sensor, k, sums->last_utc);
        for (int part = 0; part < AP_PLOT_PART_COUNT; part++) {
            double span_s = at.now_s[part] - fmax(seen->hit_s[part], 0.0);
            uint64_t missed = (uint64_t)fmax(floor(span_s / row->turn_s), 0.0);
            sums->figures.part[part].miss_count += missed;
            sums->figures.range_miss[bucket_of(at.range_m)] += part == AP_PLOT_ANY ? missed : 0;
        }
    }
}

/* Least squares of error = bias + time bias x rate over both axes: a stamp too late by tau is held
 * against a place that is tau x rate ahead. */
static void solve(const part_sums *sums, ap_plot_part_figures *f)
{
    double n = (double)f->error_count, above = 0.0, below = 0.0;
    for (int i = 0; i < 2; i++) {
        const axis_sums *a = &sums->axis[i];
        above += sums->weight[i] * (a->both - a->error * a->rate / n);
        below += sums->weight[i] * (a->rate2 - a->rate * a->rate / n);
    }
    f->time_bias_s = below > 0.0 ? -above / below : NAN;
    double tau = below > 0.0 ? f->time_bias_s : 0.0;
    for (int i = 0; i < 2; i++) {
        const axis_sums *a = &sums->axis[i];
        ap_plot_axis *out = &f->axis[i];
        out->mean = a->error / n;
        out->rms = sqrt(a->error2 / n);
        out->bias = (a->error + tau * a->rate) / n;
        double square = a->error2 + 2.0 * tau * a->both + tau * tau * a->rate2;
        out->random = sqrt(fmax(square / n - out->bias * out->bias, 0.0));
    }
}

/* Slope of the range's error, less what the clock makes of it, over the range. */
static void solve_gain(const part_sums *sums, ap_plot_part_figures *f)
{
    double n = (double)f->error_count, mean_m = sums->range_m / n;
    double tau = isfinite(f->time_bias_s) ? f->time_bias_s : 0.0;
    double spread = sums->range_m2 - n * mean_m * mean_m;
    double both = sums->range_error + tau * sums->range_rate - sums->range_m * f->axis[0].bias;
    f->range_gain = f->is_polar && spread > 1e-9 * sums->range_m2 ? both / spread : NAN;
}

/* From the first report of any sensor to the last. */
static void find_span(const struct ap_plots_state *s, ap_utc_ns *first, ap_utc_ns *last)
{
    *first = *last = AP_UTC_UNKNOWN;
    for (uint16_t i = 0; i < AP_PLOTS_SENSOR_CAP && i < s->sensors->count; i++) {
        const sensor_sums *sums = &s->sums[i];
        if (sums->first_utc == AP_UTC_UNKNOWN)
            continue;
        *first = *first == AP_UTC_UNKNOWN || sums->first_utc < *first ? sums->first_utc : *first;
        *last = *last == AP_UTC_UNKNOWN || sums->last_utc > *last ? sums->last_utc : *last;
    }
}

static void solve_parts(sensor_sums *sums)
{
    for (int part = 0; part < AP_PLOT_PART_COUNT; part++) {
        ap_plot_part_figures *f = &sums->figures.part[part];
        f->time_bias_s = f->range_gain = NAN;
        if (f->error_count == 0)
            continue;
        solve(&sums->part[part], f);
        solve_gain(&sums->part[part], f);
    }
}

void ap_plots_finish(ap_plots *plots)
{
    struct ap_plots_state *s = plots->state;
    ap_utc_ns first, last;
    find_span(s, &first, &last);
    for (uint16_t i = 0; i < AP_PLOTS_SENSOR_CAP && i < s->sensors->count; i++) {
        sensor_sums *sums = &s->sums[i];
        const ap_sensor *sensor = &s->sensors->sensor[i];
        solve_parts(sums);
        if (sums->first_utc == AP_UTC_UNKNOWN && sensor->described && first != AP_UTC_UNKNOWN) {
            sums->figures.is_silent = true;
            sums->first_utc = first;
            sums->last_utc = last;
        }
        if (sums->first_utc == AP_UTC_UNKNOWN)
            continue;
        double span_s = ap_seconds_between(sums->first_utc, sums->last_utc);
        sums->figures.turn_count = span_s / sensor->turn_s;
        end_turns(s, i);
    }
}

const ap_plot_figures *ap_plots_of(const ap_plots *plots, uint16_t sensor)
{
    return &plots->state->sums[sensor].figures;
}

const ap_sensor_table *ap_plots_sensors(const ap_plots *plots)
{
    return plots->state->sensors;
}
