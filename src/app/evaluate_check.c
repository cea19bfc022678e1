/* Tracks that cannot be of this truth: what looks wrong, and what to do. A score of nothing found
 * would be a lie about the tracker. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "airpicture/geo.h"
#include "app/evaluate_run.h"
#include "score/motion.h"

enum { INSTANTS = 24, PICTURE_CAP = 1500 };

#define AGE_MAX_S 15.0        /* of a state that is held against another */
#define NEAR_OF_CUTOFF 3.0    /* near, for this look, in cutoffs */
#define SHARE_GOOD 0.02       /* of tracks near a truth: they are of one world */
#define SHARE_CONVINCING 0.25 /* of a supposed mistake */
#define SHARE_CHANCE 0.125    /* of those near by a mistake, near without it all the same */

/* ---- times ---- */

static int fail(const ap_evaluate_run *run, const char *text)
{
    return ap_command_fail(run->options->command, AP_EXIT_DATA, "%s", text);
}

static void span_text(const ap_samples *samples, char text[100])
{
    ap_utc_ns first, last;
    char a[AP_UTC_TEXT_SIZE], b[AP_UTC_TEXT_SIZE];
    ap_trajectory_set_span(&samples->set, &first, &last);
    ap_utc_text(first, a);
    ap_utc_text(last, b);
    if (samples->is_utc)
        snprintf(text, 100, "%s to %s", a, b);
    else
        snprintf(text, 100, "%.3f to %.3f s", (double)first / 1e9, (double)last / 1e9);
}

/* One side counts from a beginning of its own: the other's first second is the best guess. */
static int fail_epoch(const ap_evaluate_run *run, const ap_evaluate_side *side)
{
    char text[700], utc[AP_UTC_TEXT_SIZE], a[100], b[100];
    ap_utc_ns first, last;
    bool truth_is_utc = run->truth.is_utc;
    ap_trajectory_set_span(truth_is_utc ? &run->truth.set : &side->tracks.set, &first, &last);
    ap_utc_text(first - first % (10 * AP_NS_PER_S), utc);
    span_text(&run->truth, a);
    span_text(&side->tracks, b);
    if (truth_is_utc)
        snprintf(text, sizeof text,
                 "the truth is in UTC (%s), the tracks count seconds from a beginning of their own "
                 "(%s); where they come from recordings that hold times of day only, replay those "
                 "with --start %.10s, else give the tracks UTC",
                 a, b, utc);
    else
        snprintf(text, sizeof text,
                 "the truth counts seconds from a beginning of its own (%s), the tracks are in UTC "
                 "(%s); say when the truth begins, as --truth-start %s",
                 a, b, utc);
    return fail(run, text);
}

static bool overlaps(ap_utc_ns a0, ap_utc_ns a1, ap_utc_ns b0, ap_utc_ns b1)
{
    return a0 <= b1 && b0 <= a1;
}

static int fail_overlap(const ap_evaluate_run *run, const ap_evaluate_side *side)
{
    char text[800], a[100], b[100], hint[300] = "are they of the same recording?";
    ap_utc_ns t0, t1, k0, k1;
    ap_trajectory_set_span(&run->truth.set, &t0, &t1);
    ap_trajectory_set_span(&side->tracks.set, &k0, &k1);
    int64_t days = (int64_t)llround(ap_seconds_between(k0, t0) / 86400.0);
    int64_t shift = days * AP_NS_PER_DAY;
    span_text(&run->truth, a);
    span_text(&side->tracks, b);
    for (int64_t step = -1; step <= 1 && run->truth.is_utc; step++) {
        int64_t by = shift + step * AP_NS_PER_DAY;
        if (by != 0 && overlaps(t0, t1, ap_utc_add_ns(k0, by), ap_utc_add_ns(k1, by))) {
            char day[AP_UTC_TEXT_SIZE];
            ap_utc_text(t0, day);
            snprintf(hint, sizeof hint,
                     "the times of day fit, %" PRId64 " days apart: if the tracks come from "
                     "recordings that hold times of day only, give their day with --start %.10s",
                     by / AP_NS_PER_DAY < 0 ? -(by / AP_NS_PER_DAY) : by / AP_NS_PER_DAY, day);
        }
    }
    if (!run->truth.is_utc && k1 > 0 && t1 / 500 > k1 && t1 / 2000 <= k1)
        snprintf(hint, sizeof hint, "the truth's times look like milliseconds; write seconds");
    snprintf(text, sizeof text, "truth (%s) and tracks (%s) do not overlap in time; %s", a, b,
             hint);
    return fail(run, text);
}

/* ---- places ---- */

/* States of all trajectories about one time, in metres about the middle of the truth. */
typedef struct picture {
    size_t count;
    double x_m[PICTURE_CAP], y_m[PICTURE_CAP];       /* or longitude, latitude in degrees */
    double x_step[PICTURE_CAP], y_step[PICTURE_CAP]; /* of them, from the state to the time */
    double height_m[PICTURE_CAP];                    /* NAN: none */
    double parallel[PICTURE_CAP];                    /* cosine of the latitude */
} picture;

static const ap_trajectory_state *state_near(const ap_trajectory_set *set,
                                             const ap_trajectory *trajectory, ap_utc_ns time)
{
    uint32_t low = ap_motion_after(set, trajectory, time);
    const ap_trajectory_state *best = NULL;
    for (uint32_t i = low > trajectory->first ? low - 1 : low;
         i <= low && i < trajectory->first + trajectory->count; i++)
        if (!best || llabs(set->states[i].time_utc - time) < llabs(best->time_utc - time))
            best = &set->states[i];
    return best && fabs(ap_seconds_between(best->time_utc, time)) <= AGE_MAX_S ? best : NULL;
}

/* Moved to the time by its own velocity, which is in metres a second whatever the position is in.
 */
static void place_at(const ap_trajectory_set *set, const ap_trajectory_state *s, ap_utc_ns time,
                     picture *out)
{
    size_t i = out->count;
    double dt_s = s->flags & AP_STATE_HAS_VELOCITY ? ap_seconds_between(s->time_utc, time) : 0.0;
    out->x_step[i] = dt_s * s->east_mps;
    out->y_step[i] = dt_s * s->north_mps;
    if (set->frame == AP_TRAJECTORY_PLANE) {
        out->x_m[i] = s->x_m + out->x_step[i];
        out->y_m[i] = s->y_m + out->y_step[i];
        return;
    }
    double latitude = s->latitude_rad, degree_m = AP_WGS84_A_M * AP_RAD_PER_DEG;
    out->y_step[i] /= degree_m;
    out->x_step[i] /= degree_m * fmax(cos(latitude), 0.01);
    out->y_m[i] = latitude / AP_RAD_PER_DEG + out->y_step[i];
    out->x_m[i] = s->longitude_rad / AP_RAD_PER_DEG + out->x_step[i];
}

static void draw(const ap_trajectory_set *set, ap_utc_ns time, picture *out)
{
    uint32_t stride = set->trajectory_count / PICTURE_CAP + 1;
    out->count = 0;
    for (uint32_t k = 0; k < set->trajectory_count && out->count < PICTURE_CAP; k++) {
        const ap_trajectory_state *s = state_near(set, &set->trajectories[k], time);
        if (!s || k % stride != 0)
            continue;
        place_at(set, s, time, out);
        out->parallel[out->count] = cos(out->y_m[out->count] * AP_RAD_PER_DEG);
        out->height_m[out->count++] = s->flags & AP_STATE_HAS_HEIGHT ? (double)s->height_m
                                      : s->flags & AP_STATE_HAS_PRESSURE_ALTITUDE
                                          ? (double)s->pressure_altitude_m
                                          : NAN;
    }
}

/* Supposed mistakes of the tracks: x' = factor x, or x and y exchanged. */
typedef struct supposition {
    const char *text; /* NULL: nothing is wrong */
    double factor;
    bool exchanged;
    double x_sign, y_sign;
    bool plane_only;
    bool is_truths; /* the mistake is the truth's: near is in its units */
} supposition;

static const supposition suppositions[] = {
    { NULL, 1.0, false, 1.0, 1.0, false, false },
    { "exchanged: x for y (longitude for latitude); exchange the names of the columns", 1.0, true,
      1.0, 1.0, false, false },
    { "in feet; multiply them by 0.3048", AP_M_PER_FT, false, 1.0, 1.0, true, false },
    { "metres where the truth has feet; multiply the truth's by 0.3048", 1.0 / AP_M_PER_FT, false,
      1.0, 1.0, true, true },
    { "in kilometres; multiply them by 1000", 1000.0, false, 1.0, 1.0, true, false },
    { "metres where the truth has kilometres; multiply the truth's by 1000", 0.001, false, 1.0, 1.0,
      true, true },
    { "in nautical miles; multiply them by 1852", AP_M_PER_NMI, false, 1.0, 1.0, true, false },
    { "metres where the truth has nautical miles; multiply the truth's by 1852", 1.0 / AP_M_PER_NMI,
      false, 1.0, 1.0, true, true },
    { "mirrored: x has the other sign (east for west)", 1.0, false, -1.0, 1.0, false, false },
    { "mirrored: y has the other sign (north for south)", 1.0, false, 1.0, -1.0, false, false },
};

enum { SUPPOSITIONS = sizeof suppositions / sizeof suppositions[0] };

typedef struct look {
    size_t track_count;
    size_t near_count[SUPPOSITIONS];
    double nearest_m; /* least distance of all, as things are */
    double ratio_sum; /* logarithms of track height over truth height, of near pairs */
    size_t ratio_count;
} look;

/* Squared distance in metres. */
static double distance2(bool plane, const picture *truth, size_t j, double x, double y)
{
    double dx = x - truth->x_m[j], dy = y - truth->y_m[j];
    if (!plane) {
        double degree_m = AP_WGS84_A_M * AP_RAD_PER_DEG;
        dx = dx > 180.0 ? dx - 360.0 : dx < -180.0 ? dx + 360.0 : dx;
        dx *= degree_m * truth->parallel[j];
        dy *= degree_m;
    }
    return dx * dx + dy * dy;
}

static void compare_pictures(bool plane, double near_m, const picture *truth, const picture *tracks,
                             look *out)
{
    out->track_count += tracks->count;
    for (size_t k = 0; k < SUPPOSITIONS; k++) {
        const supposition *s = &suppositions[k];
        for (size_t i = 0; i < tracks->count && (plane || !s->plane_only); i++) {
            double x = s->exchanged ? tracks->y_m[i] : tracks->x_m[i];
            double y = s->exchanged ? tracks->x_m[i] : tracks->y_m[i];
            double best = INFINITY;
            size_t nearest = 0;
            if (s->factor != 1.0) {
                x = (x - tracks->x_step[i]) * s->factor + tracks->x_step[i];
                y = (y - tracks->y_step[i]) * s->factor + tracks->y_step[i];
            }
            x *= s->x_sign;
            y *= s->y_sign;
            for (size_t j = 0; j < truth->count; j++) {
                double d2 = distance2(plane, truth, j, x, y);
                if (d2 < best) {
                    best = d2;
                    nearest = j;
                }
            }
            double limit_m = s->is_truths ? near_m * s->factor : near_m;
            bool is_near = best <= limit_m * limit_m;
            out->near_count[k] += is_near;
            if (k > 0)
                continue;
            out->nearest_m = fmin(out->nearest_m, sqrt(best));
            double ratio = tracks->height_m[i] / truth->height_m[nearest];
            if (is_near && isfinite(ratio) && ratio > 0.0 && truth->height_m[nearest] > 500.0) {
                out->ratio_sum += log(ratio);
                out->ratio_count++;
            }
        }
    }
}

/* Metres that are all within what degrees can be, while the other side's are far beyond. */
static bool looks_like_degrees(const ap_trajectory_set *set)
{
    for (uint32_t i = 0; i < set->state_count; i++)
        if (fabs(set->states[i].x_m) > 360.0 || fabs(set->states[i].y_m) > 180.0)
            return false;
    return set->frame == AP_TRAJECTORY_PLANE;
}

static int fail_degrees(const ap_evaluate_run *run)
{
    return fail(run,
                looks_like_degrees(&run->truth.set)
                    ? "x and y of the truth look like degrees, those of the tracks are metres; "
                      "name the truth's columns longitude_deg and latitude_deg"
                    : "x and y of the tracks look like degrees, those of the truth are metres; "
                      "name the tracks' columns longitude_deg and latitude_deg");
}

static int judge(const ap_evaluate_run *run, const ap_evaluate_side *side, const look *seen,
                 double near_m)
{
    char text[600];
    size_t best = 0;
    for (size_t k = 1; k < SUPPOSITIONS; k++)
        if (seen->near_count[k] > seen->near_count[best])
            best = k;
    double count = (double)(seen->track_count ? seen->track_count : 1);
    double share = (double)seen->near_count[0] / count;
    double share_best = (double)seen->near_count[best] / count;
    if (share < fmax(SHARE_GOOD, SHARE_CHANCE * share_best) && best != 0 &&
        share_best >= SHARE_CONVINCING) {
        snprintf(text, sizeof text,
                 "%.0f %% of the tracks are within %.0f m of a target, but %.0f %% would be if "
                 "their positions were read otherwise: they look %s",
                 100.0 * share, near_m, 100.0 * share_best, suppositions[best].text);
        return fail(run, text);
    }
    if (seen->near_count[0] == 0 &&
        looks_like_degrees(&run->truth.set) != looks_like_degrees(&side->tracks.set))
        return fail_degrees(run);
    if (seen->near_count[0] == 0 && seen->track_count > 0) {
        snprintf(text, sizeof text,
                 "no track is ever within %.0f m of a target, the nearest is %.0f m off: another "
                 "place, other units, or another clock? see doc/evaluate.md",
                 near_m, seen->nearest_m);
        return fail(run, text);
    }
    if (seen->ratio_count >= 10) {
        double ratio = exp(seen->ratio_sum / (double)seen->ratio_count);
        if (fabs(ratio * AP_M_PER_FT - 1.0) < 0.08 || fabs(ratio / AP_M_PER_FT - 1.0) < 0.08) {
            snprintf(text, sizeof text,
                     "heights of the %s look like feet where metres are expected (ratio %.2f over "
                     "%zu pairs): name the column pressure_altitude_ft or height_ft, or convert it",
                     ratio > 1.0 ? "tracks" : "truth", ratio, seen->ratio_count);
            return fail(run, text);
        }
    }
    return AP_EXIT_OK;
}

static int check_places(const ap_evaluate_run *run, const ap_evaluate_side *side)
{
    ap_utc_ns t0, t1, k0, k1;
    double near_m = NEAR_OF_CUTOFF * run->options->config.cutoff_m;
    picture *pictures = calloc(2, sizeof *pictures);
    look seen = { .nearest_m = INFINITY };
    if (!pictures)
        return ap_command_fail(run->options->command, AP_EXIT_SOFTWARE, "memory is exhausted");
    ap_trajectory_set_span(&run->truth.set, &t0, &t1);
    ap_trajectory_set_span(&side->tracks.set, &k0, &k1);
    ap_utc_ns first = t0 > k0 ? t0 : k0, last = t1 < k1 ? t1 : k1;
    for (int i = 0; i < INSTANTS; i++) {
        ap_utc_ns time = first + (last - first) / INSTANTS * i + (last - first) / INSTANTS / 2;
        draw(&run->truth.set, time, &pictures[0]);
        draw(&side->tracks.set, time, &pictures[1]);
        if (pictures[0].count > 0)
            compare_pictures(run->truth.set.frame == AP_TRAJECTORY_PLANE, near_m, &pictures[0],
                             &pictures[1], &seen);
    }
    free(pictures);
    return judge(run, side, &seen, near_m);
}

/* ---- the whole ---- */

static int check_frames(const ap_evaluate_run *run, const ap_evaluate_side *side)
{
    const ap_trajectory_set *truth = &run->truth.set, *tracks = &side->tracks.set;
    if (truth->frame != tracks->frame)
        return fail(run, truth->frame == AP_TRAJECTORY_PLANE
                             ? "the truth is in metres (x, y), the tracks are in degrees; give the "
                               "truth latitude_deg and longitude_deg, or the tracks x and y"
                             : "the truth is in degrees, the tracks are in metres (x, y); give the "
                               "tracks latitude_deg and longitude_deg, or the truth x and y");
    return AP_EXIT_OK;
}

int ap_evaluate_check(const ap_evaluate_run *run, const ap_evaluate_side *side)
{
    ap_utc_ns t0, t1, k0, k1;
    int status = check_frames(run, side);
    if (status)
        return status;
    if (run->truth.is_utc != side->tracks.is_utc)
        return fail_epoch(run, side);
    ap_trajectory_set_span(&run->truth.set, &t0, &t1);
    ap_trajectory_set_span(&side->tracks.set, &k0, &k1);
    if (!overlaps(t0, t1, k0, k1))
        return fail_overlap(run, side);
    return check_places(run, side);
}
