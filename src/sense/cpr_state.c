#include "sense/cpr_state.h"

#include <math.h>
#include <stddef.h>

#include "airpicture/geo.h"

/* Ages, in seconds. Pairs: DO-260B 2.2.10.3.2. The others were set on 13,465 recorded positions:
 * own position, any value in [20.3, 241]; see doc/formats.md, CPR. */
#define PAIR_AIR_S 10.0
#define PAIR_SURFACE_FAST_S 25.0
#define PAIR_SURFACE_SLOW_S 50.0
#define SLOW_KT 25.0f
#define LOCAL_S 60.0  /* a position is a reference for local decoding */
#define PLACE_S 600.0 /* a position still limits where the aircraft can be */
/* A pair this young cannot be wrong because of the way flown between its frames. */
#define PAIR_SURE_S 5.0

_Static_assert(AP_CPR_PLACE_CAP == 2, "places are taken newest first by one comparison");

#define SPEED_MAX_MPS (1333.0 * AP_MPS_PER_KT)
#define JUMP_M 1000.0    /* rounding of the code and of the times of reception */
#define PAIR_JUMP_M 60.0 /* within a pair; the halves of a wrong cell lie up to 5.6 km apart */
#define PAIR_JUMP_COARSE_M 300.0 /* halves that are rounded to 163 m in both directions */
#define RADIUS_M 6371000.0
#define AGREED_MIN 3u /* fixes that open a place beside one that lives */
#define DOUBT_MAX 3u  /* halves that give a place up */

/* A candidate position. */
typedef struct fix {
    bool known;
    double latitude_deg, longitude_deg;
} fix;

static double age_s(ap_utc_ns past, ap_utc_ns now)
{
    return past == AP_UTC_UNKNOWN ? INFINITY : fabs(ap_seconds_between(past, now));
}

/* Great circle on a sphere: 0.5 % is enough for a gate. */
static double apart_m(double latitude_a_deg, double longitude_a_deg, double latitude_b_deg,
                      double longitude_b_deg)
{
    double a_rad = latitude_a_deg * AP_RAD_PER_DEG, b_rad = latitude_b_deg * AP_RAD_PER_DEG;
    double u = sin((b_rad - a_rad) / 2);
    double v = sin((longitude_b_deg - longitude_a_deg) * AP_RAD_PER_DEG / 2);
    double h = u * u + cos(a_rad) * cos(b_rad) * v * v;
    return 2 * RADIUS_M * asin(fmin(sqrt(h), 1.0));
}

/* The way north and then along the equator is never shorter: nearly all are told by it. */
static bool reachable(double latitude_a_deg, double longitude_a_deg, double latitude_b_deg,
                      double longitude_b_deg, double dt_s, double margin_m)
{
    double detour_deg =
        fabs(latitude_b_deg - latitude_a_deg) + fabs(longitude_b_deg - longitude_a_deg);
    if (RADIUS_M * AP_RAD_PER_DEG * detour_deg < SPEED_MAX_MPS * dt_s + margin_m)
        return true;
    return apart_m(latitude_a_deg, longitude_a_deg, latitude_b_deg, longitude_b_deg) <=
           SPEED_MAX_MPS * dt_s + margin_m;
}

static bool follows(const ap_cpr_place *place, const fix *to, ap_utc_ns utc)
{
    return to->known && reachable(place->latitude_deg, place->longitude_deg, to->latitude_deg,
                                  to->longitude_deg, age_s(place->fix_utc, utc), JUMP_M);
}

static fix near_point(const ap_cpr *cpr, double latitude_deg, double longitude_deg)
{
    fix found = { 0 };
    found.known = ap_cpr_local(cpr, latitude_deg, longitude_deg, &found.latitude_deg,
                               &found.longitude_deg) == AP_OK;
    return found;
}

bool ap_cpr_place_near(const ap_cpr_frame *frame, double fix_latitude_deg, double fix_longitude_deg,
                       ap_utc_ns fix_utc, double *latitude_deg, double *longitude_deg)
{
    fix found = near_point(&frame->cpr, fix_latitude_deg, fix_longitude_deg);
    if (!found.known || !reachable(found.latitude_deg, found.longitude_deg, fix_latitude_deg,
                                   fix_longitude_deg, age_s(fix_utc, frame->utc), JUMP_M))
        return false;
    *latitude_deg = found.latitude_deg;
    *longitude_deg = found.longitude_deg;
    return true;
}

static void place_reset(ap_cpr_place *place)
{
    *place = (ap_cpr_place){ .fix_utc = AP_UTC_UNKNOWN };
    for (size_t i = 0; i < 4; i++)
        place->half[i / 2][i % 2].utc = AP_UTC_UNKNOWN;
}

void ap_cpr_state_reset(ap_cpr_state *state)
{
    for (size_t i = 0; i < AP_CPR_PLACE_CAP; i++)
        place_reset(&state->place[i]);
    place_reset(&state->loose);
}

void ap_cpr_state_fetch(const ap_cpr_state *state)
{
    const uint8_t *line = (const uint8_t *)state;
    for (size_t at = 0; at < sizeof state->place; at += 64)
        __builtin_prefetch(line + at);
}

static double pair_limit_s(const ap_cpr_frame *frame, const ap_cpr_half *other)
{
    if (!frame->cpr.surface)
        return PAIR_AIR_S;
    bool slow = frame->speed_kt >= 0 && frame->speed_kt <= SLOW_KT && other->speed_kt >= 0 &&
                other->speed_kt <= SLOW_KT;
    return slow ? PAIR_SURFACE_SLOW_S : PAIR_SURFACE_FAST_S;
}

/* The frame with the place's newest of the other parity.
 * out: *pair_age_s, infinite when there is no fresh one. */
static fix by_pair(const ap_cpr_place *place, const ap_cpr_frame *frame,
                   const ap_cpr_reference *reference, double *pair_age_s)
{
    bool odd = frame->cpr.odd, surface = frame->cpr.surface;
    const ap_cpr_half *other = &place->half[surface][!odd];
    *pair_age_s = age_s(other->utc, frame->utc);
    if (*pair_age_s > pair_limit_s(frame, other)) {
        *pair_age_s = INFINITY;
        return (fix){ 0 };
    }
    ap_cpr_reference near = *reference;
    if (age_s(place->fix_utc, frame->utc) <= LOCAL_S)
        near = (ap_cpr_reference){ true, place->latitude_deg, place->longitude_deg };
    ap_cpr half = { other->latitude_17, other->longitude_17, !odd, surface };
    fix found = { 0 };
    found.known =
        ap_cpr_global(odd ? &half : &frame->cpr, odd ? &frame->cpr : &half, odd,
                      near.known ? near.latitude_deg : NAN, near.known ? near.longitude_deg : NAN,
                      &found.latitude_deg, &found.longitude_deg) == AP_OK;
    /* The older half, placed near the newer, must be reachable from it. */
    fix older = found.known ? near_point(&half, found.latitude_deg, found.longitude_deg) : found;
    found.known = older.known && reachable(older.latitude_deg, older.longitude_deg,
                                           found.latitude_deg, found.longitude_deg, *pair_age_s,
                                           frame->coarse ? PAIR_JUMP_COARSE_M : PAIR_JUMP_M);
    return found;
}

static void remember_half(ap_cpr_place *place, const ap_cpr_frame *frame)
{
    place->half[frame->cpr.surface][frame->cpr.odd] =
        (ap_cpr_half){ .utc = frame->utc,
                       .latitude_17 = frame->cpr.latitude_17,
                       .longitude_17 = frame->cpr.longitude_17,
                       .speed_kt = frame->speed_kt };
}

static void accept(ap_cpr_place *place, const ap_cpr_frame *frame, const fix *found)
{
    remember_half(place, frame);
    place->latitude_deg = found->latitude_deg;
    place->longitude_deg = found->longitude_deg;
    place->fix_utc = frame->utc;
    if (place->agreed_count < UINT32_MAX)
        place->agreed_count++;
}

/* Where the frame is if it comes from the transmitter of this place.
 * out: *contradicted = a young pair leads elsewhere: the place itself may be wrong. */
static fix try_place(ap_cpr_place *place, const ap_cpr_frame *frame,
                     const ap_cpr_reference *reference, bool *contradicted)
{
    double pair_age_s;
    fix found = by_pair(place, frame, reference, &pair_age_s);
    bool young = found.known && pair_age_s <= PAIR_SURE_S,
         fits = follows(place, &found, frame->utc);
    *contradicted = young && !fits;
    if (young && fits)
        place->doubt_count = 0;
    if (fits)
        return found;
    if (*contradicted || age_s(place->fix_utc, frame->utc) > LOCAL_S)
        return (fix){ 0 };
    found = near_point(&frame->cpr, place->latitude_deg, place->longitude_deg);
    found.known = follows(place, &found, frame->utc);
    return found;
}

/* A frame that no place took contradicts this one. Each of its halves tells so once: however many
 * foreign frames come between two of its own, those that agree outweigh them. */
static void doubt(ap_cpr_place *place, const ap_cpr_frame *frame)
{
    ap_cpr_half *half = &place->half[frame->cpr.surface][!frame->cpr.odd];
    place->doubt_count += !half->has_doubted;
    half->has_doubted = true;
    if (place->doubt_count >= DOUBT_MAX)
        place_reset(place);
}

/* A place to be overwritten: free, forgotten, or the one longest silent beyond LOCAL_S; NULL when
 * all are in use. */
static ap_cpr_place *replaceable(ap_cpr_state *state, ap_utc_ns now)
{
    ap_cpr_place *oldest = &state->place[0];
    for (size_t i = 1; i < AP_CPR_PLACE_CAP; i++)
        if (age_s(state->place[i].fix_utc, now) > age_s(oldest->fix_utc, now))
            oldest = &state->place[i];
    return age_s(oldest->fix_utc, now) > LOCAL_S ? oldest : NULL;
}

static double newest_age_s(const ap_cpr_state *state, ap_utc_ns now)
{
    return fmin(age_s(state->place[0].fix_utc, now), age_s(state->place[1].fix_utc, now));
}

/* A frame that no place explains: gathered in `loose` until enough of them agree. */
static ap_cpr_answer gather(ap_cpr_state *state, const ap_cpr_frame *frame,
                            const ap_cpr_reference *reference, fix *found)
{
    ap_cpr_place *loose = &state->loose;
    double pair_age_s, silent_s = newest_age_s(state, frame->utc);
    *found = by_pair(loose, frame, reference, &pair_age_s);
    if (!found->known && frame->cpr.surface && reference->known)
        *found = near_point(&frame->cpr, reference->latitude_deg, reference->longitude_deg);
    remember_half(loose, frame);
    if (!found->known)
        return silent_s > LOCAL_S ? AP_CPR_PENDING : AP_CPR_INCONSISTENT;
    for (size_t i = 0; i < AP_CPR_PLACE_CAP; i++) { /* a place that had no half to pair it with */
        ap_cpr_place *place = &state->place[i];
        if (age_s(place->fix_utc, frame->utc) <= PLACE_S && follows(place, found, frame->utc)) {
            accept(place, frame, found);
            return AP_CPR_PLACED;
        }
    }
    if (age_s(loose->fix_utc, frame->utc) > LOCAL_S || !follows(loose, found, frame->utc))
        loose->agreed_count = 0;
    accept(loose, frame, found);
    ap_cpr_place *place = replaceable(state, frame->utc);
    if (!place || loose->agreed_count < (silent_s > PLACE_S ? 1 : AGREED_MIN))
        return AP_CPR_INCONSISTENT;
    *place = *loose;
    place_reset(loose);
    return AP_CPR_PLACED;
}

ap_cpr_answer ap_cpr_state_place(ap_cpr_state *state, const ap_cpr_frame *frame,
                                 const ap_cpr_reference *reference, double *latitude_deg,
                                 double *longitude_deg)
{
    fix found = { 0 };
    bool contradicted[AP_CPR_PLACE_CAP] = { false };
    /* Newest first: one that was opened against a wrong place takes over from it. */
    size_t first = state->place[1].fix_utc > state->place[0].fix_utc;
    for (size_t i = 0; i < AP_CPR_PLACE_CAP && !found.known; i++) {
        ap_cpr_place *place = &state->place[first ^ i];
        if (age_s(place->fix_utc, frame->utc) > PLACE_S)
            continue;
        found = try_place(place, frame, reference, &contradicted[first ^ i]);
        if (found.known)
            accept(place, frame, &found);
    }
    for (size_t i = 0; i < AP_CPR_PLACE_CAP && !found.known; i++)
        if (contradicted[i])
            doubt(&state->place[i], frame);
    ap_cpr_answer answer = found.known ? AP_CPR_PLACED : gather(state, frame, reference, &found);
    if (answer == AP_CPR_PLACED) {
        *latitude_deg = found.latitude_deg;
        *longitude_deg = found.longitude_deg;
    }
    return answer;
}

ap_cpr_fix ap_cpr_state_last(const ap_cpr_state *state)
{
    bool second = state->place[1].fix_utc > state->place[0].fix_utc; /* unknown is the smallest */
    const ap_cpr_place *place = &state->place[second];
    return (ap_cpr_fix){ place->fix_utc, place->latitude_deg, place->longitude_deg };
}
