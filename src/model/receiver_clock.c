#include "airpicture/receiver_clock.h"

#include <math.h>

#define STAMP_BITS 48
#define STAMP_MASK ((UINT64_C(1) << STAMP_BITS) - 1)
#define TICKS_PER_S INT64_C(12000000)
#define GPS_NS_BITS 30
#define GPS_NS_MASK ((UINT64_C(1) << GPS_NS_BITS) - 1)
#define DAY_S 86400u
#define SLOT_BITS (GPS_NS_BITS - 4) /* sixteenths of the 30 bits */
#define SLOTS_OF_GPS 256u

#define BACK_NS (-AP_NS_PER_S)       /* further back is a reset */
#define SLIP_NS (-AP_NS_PER_S)       /* further behind the stream is a slip */
#define WRAP_NS (3600 * AP_NS_PER_S) /* over the end of the counter; from further away: a reset */
#define PAIR_NS (10 * AP_NS_PER_S)   /* own time and UTC may differ by this from pair to pair */
#define RATE_SPAN_S 10.0             /* of UTC that a rate needs */
#define RATE_TOLERANCE 0.01
#define DRIFT_MEMORY 4096.0 /* pairs */

static const char *const kind_keys[] = {
#define KIND_KEY(name, key, text) key,
    AP_CLOCK_KIND_MAP(KIND_KEY)
#undef KIND_KEY
};

const char *ap_clock_kind_key(ap_clock_kind kind)
{
    return (unsigned)kind < AP_CLOCK_KIND_COUNT ? kind_keys[kind] : "unlisted";
}

int64_t ap_ns_of_ticks(uint64_t ticks_12mhz)
{
    int64_t ticks = (int64_t)(ticks_12mhz & STAMP_MASK);
    return ticks / TICKS_PER_S * AP_NS_PER_S + ticks % TICKS_PER_S * AP_NS_PER_S / TICKS_PER_S;
}

int64_t ap_ns_of_gps_stamp(uint64_t stamp)
{
    return (int64_t)(stamp >> GPS_NS_BITS) * AP_NS_PER_S + (int64_t)(stamp & GPS_NS_MASK);
}

bool ap_is_gps_stamp(uint64_t stamp)
{
    return (stamp >> GPS_NS_BITS) < DAY_S && (int64_t)(stamp & GPS_NS_MASK) < AP_NS_PER_S;
}

void ap_receiver_clock_init(ap_receiver_clock *clock, ap_clock_kind kind)
{
    *clock = (ap_receiver_clock){ .kind = kind,
                                  .utc = AP_UTC_UNKNOWN,
                                  .jump_utc = AP_UTC_UNKNOWN,
                                  .drift = { .first_utc = AP_UTC_UNKNOWN } };
}

/* --- steps ----------------------------------------------------------------------------------- */

/* Sign extension of the 48-bit difference: a wrap is a small step. */
static int64_t tick_step_ns(uint64_t from, uint64_t to)
{
    uint64_t step = (to - from) & STAMP_MASK;
    bool back = step >> (STAMP_BITS - 1);
    return back ? -ap_ns_of_ticks((from - to) & STAMP_MASK) : ap_ns_of_ticks(step);
}

/* The shorter way round the day. */
static int64_t gps_step_ns(uint64_t from, uint64_t to)
{
    int64_t step = ap_ns_of_gps_stamp(to) - ap_ns_of_gps_stamp(from);
    return step > AP_NS_PER_DAY / 2    ? step - AP_NS_PER_DAY
           : step < -AP_NS_PER_DAY / 2 ? step + AP_NS_PER_DAY
                                       : step;
}

static int64_t step_ns(const ap_receiver_clock *clock, uint64_t from, uint64_t to)
{
    return clock->kind == AP_CLOCK_GPS ? gps_step_ns(from, to) : tick_step_ns(from, to);
}

void ap_receiver_clock_set(ap_receiver_clock *clock, uint64_t stamp, ap_utc_ns utc)
{
    clock->has_stamp = true;
    clock->stamp = clock->anchor = stamp;
    clock->utc = clock->anchor_utc = utc;
}

/* Goes on to a later stamp. Whole seconds are exact; a rest cut off with each frame would add up.
 */
static void advance(ap_receiver_clock *clock, uint64_t stamp)
{
    uint64_t step = (stamp - clock->anchor) & STAMP_MASK,
             whole = step / (uint64_t)TICKS_PER_S * (uint64_t)TICKS_PER_S;
    clock->stamp = stamp;
    clock->utc = ap_utc_add_ns(clock->anchor_utc, ap_ns_of_ticks(step));
    clock->anchor = (clock->anchor + whole) & STAMP_MASK;
    clock->anchor_utc = ap_utc_add_ns(clock->anchor_utc, ap_ns_of_ticks(whole));
}

void ap_receiver_clock_unjump(ap_receiver_clock *clock, int64_t step_ns)
{
    clock->counts.jump_count--;
    clock->utc = ap_utc_add_ns(clock->utc, step_ns);
    clock->anchor_utc = ap_utc_add_ns(clock->anchor_utc, step_ns);
}

static void forget_drift(ap_receiver_clock *clock)
{
    clock->drift = (ap_clock_drift){ .first_utc = AP_UTC_UNKNOWN };
}

/* The stamp is what it is on, at `utc`, because the clock was set. */
static void set_anew(ap_receiver_clock *clock, uint64_t stamp, ap_utc_ns utc, uint64_t *count)
{
    ++*count;
    forget_drift(clock);
    ap_receiver_clock_set(clock, stamp, utc);
}

/* What a stamp is, as far as it shows by itself. */
static void learn_kind(ap_receiver_clock *clock, uint64_t stamp)
{
    if (!ap_is_gps_stamp(stamp)) {
        clock->kind = AP_CLOCK_TICKS;
        return;
    }
    uint64_t slot = stamp >> SLOT_BITS;
    if (clock->slot_count > 0 && slot <= clock->slot)
        return;
    clock->slot = slot;
    if (++clock->slot_count < SLOTS_OF_GPS)
        return;
    clock->kind = AP_CLOCK_GPS;
    clock->has_stamp = false; /* its times so far were none */
    forget_drift(clock);
}

/* --- without UTC ------------------------------------------------------------------------------ */

/* The instant nearest to `now` with that time of day. */
static ap_utc_ns nearest_day(ap_utc_ns now, int64_t in_day_ns)
{
    int64_t of_now_ns = now % AP_NS_PER_DAY;
    of_now_ns += of_now_ns < 0 ? AP_NS_PER_DAY : 0;
    int64_t step = in_day_ns - of_now_ns;
    step += step > AP_NS_PER_DAY / 2    ? -AP_NS_PER_DAY
            : step < -AP_NS_PER_DAY / 2 ? AP_NS_PER_DAY
                                        : 0;
    return ap_utc_add_ns(now, step);
}

static ap_utc_ns gps_time(ap_receiver_clock *clock, uint64_t stamp, ap_utc_ns now, int64_t ahead_ns)
{
    if (!ap_is_gps_stamp(stamp)) {
        clock->counts.invalid_count++;
        return now;
    }
    ap_utc_ns utc = nearest_day(now, ap_ns_of_gps_stamp(stamp));
    int64_t step = clock->has_stamp ? gps_step_ns(clock->stamp, stamp) : 0;
    clock->counts.back_count += step < 0 && step >= BACK_NS;
    clock->counts.reset_count += step < BACK_NS;
    clock->counts.jump_count += step > ahead_ns;
    clock->counts.wrap_count += step >= 0 && clock->has_stamp && stamp < clock->stamp;
    if (!clock->has_stamp || step > 0 || step < BACK_NS)
        ap_receiver_clock_set(clock, stamp, utc);
    return utc;
}

static ap_utc_ns tick_time(ap_receiver_clock *clock, uint64_t stamp, ap_utc_ns now,
                           int64_t ahead_ns)
{
    if (!clock->has_stamp) {
        ap_receiver_clock_set(clock, stamp, now);
        return now;
    }
    int64_t step = tick_step_ns(clock->stamp, stamp);
    bool fell = stamp < clock->stamp;
    ap_utc_ns utc = ap_utc_add_ns(clock->utc, step);
    int64_t lead_ns = ap_ns_between(now, utc);
    if (step < BACK_NS || (fell && step > WRAP_NS)) {
        set_anew(clock, stamp, now, &clock->counts.reset_count);
    } else if (step < 0) {
        clock->counts.back_count++;
    } else if (lead_ns > ahead_ns) {
        clock->counts.wrap_count += fell;
        set_anew(clock, stamp, now, &clock->counts.jump_count);
        clock->jump_utc = utc;
    } else if (lead_ns < SLIP_NS) {
        clock->counts.wrap_count += fell;
        set_anew(clock, stamp, now, &clock->counts.slip_count);
    } else {
        clock->counts.wrap_count += fell;
        advance(clock, stamp);
    }
    return clock->utc > now && step >= 0 ? clock->utc : now;
}

ap_utc_ns ap_receiver_clock_time(ap_receiver_clock *clock, uint64_t stamp, ap_utc_ns now,
                                 int64_t ahead_ns)
{
    clock->counts.stamp_count++;
    clock->jump_utc = AP_UTC_UNKNOWN;
    if (clock->kind == AP_CLOCK_AUTO)
        learn_kind(clock, stamp);
    return clock->kind == AP_CLOCK_GPS ? gps_time(clock, stamp, now, ahead_ns)
                                       : tick_time(clock, stamp, now, ahead_ns);
}

/* --- with UTC --------------------------------------------------------------------------------- */

/* What a stamp is, by how fast it runs. */
static void learn_rate(ap_receiver_clock *clock, uint64_t stamp, ap_utc_ns utc)
{
    double span_s = ap_seconds_between(clock->drift.first_utc, utc);
    if (span_s < RATE_SPAN_S)
        return;
    uint64_t step = (stamp - clock->drift.first_stamp) & STAMP_MASK;
    double gps = (double)step / (double)(UINT64_C(1) << GPS_NS_BITS) / span_s;
    double ticks = (double)step / (double)TICKS_PER_S / span_s;
    if (fabs(gps - 1.0) < RATE_TOLERANCE && ap_is_gps_stamp(stamp))
        clock->kind = AP_CLOCK_GPS;
    else if (fabs(ticks - 1.0) < RATE_TOLERANCE)
        clock->kind = AP_CLOCK_TICKS;
    if (clock->kind != AP_CLOCK_TICKS)
        forget_drift(clock); /* it was measured as ticks, or across a change of the clock */
}

/* One more point of the line; old ones fade, for no crystal keeps its rate all day. */
static void add_pair(ap_clock_drift *drift, double x_s, double y_s)
{
    if (drift->weight >= DRIFT_MEMORY) {
        drift->weight /= 2.0;
        drift->sum_xx /= 2.0;
        drift->sum_xy /= 2.0;
        drift->sum_yy /= 2.0;
    }
    drift->weight += 1.0;
    double dx = x_s - drift->mean_x_s, dy = y_s - drift->mean_y_s;
    drift->mean_x_s += dx / drift->weight;
    drift->mean_y_s += dy / drift->weight;
    drift->sum_xx += dx * (x_s - drift->mean_x_s);
    drift->sum_xy += dx * (y_s - drift->mean_y_s);
    drift->sum_yy += dy * (y_s - drift->mean_y_s);
}

/* Own time of GPS less UTC, when the first pair is made; a counter has none. */
static double first_offset_s(const ap_receiver_clock *clock, uint64_t stamp, ap_utc_ns utc)
{
    if (clock->kind != AP_CLOCK_GPS)
        return 0.0;
    return ap_seconds_between(utc, nearest_day(utc, ap_ns_of_gps_stamp(stamp)));
}

static void measure(ap_receiver_clock *clock, uint64_t stamp, ap_utc_ns utc)
{
    ap_clock_drift *drift = &clock->drift;
    if (drift->first_utc == AP_UTC_UNKNOWN) {
        *drift = (ap_clock_drift){ .first_utc = utc,
                                   .last_utc = utc,
                                   .first_stamp = stamp,
                                   .last_stamp = stamp,
                                   .own_s = first_offset_s(clock, stamp, utc) };
        add_pair(drift, 0.0, drift->own_s);
        return;
    }
    if (utc <= drift->last_utc)
        return; /* the same word of the stream */
    drift->own_s += (double)step_ns(clock, drift->last_stamp, stamp) / 1e9;
    drift->last_utc = utc;
    drift->last_stamp = stamp;
    double x_s = ap_seconds_between(drift->first_utc, utc);
    add_pair(drift, x_s, drift->own_s - x_s);
    if (clock->kind == AP_CLOCK_AUTO)
        learn_rate(clock, stamp, utc);
}

int64_t ap_receiver_clock_lead_ns(const ap_receiver_clock *clock, uint64_t stamp, ap_utc_ns utc)
{
    int64_t step = step_ns(clock, clock->stamp, stamp);
    return ap_ns_between(ap_utc_add_ns(clock->utc, step), utc);
}

void ap_receiver_clock_pair(ap_receiver_clock *clock, uint64_t stamp, ap_utc_ns utc)
{
    ap_clock_counts *counts = &clock->counts;
    counts->stamp_count++;
    if (clock->kind == AP_CLOCK_GPS && !ap_is_gps_stamp(stamp)) {
        counts->invalid_count++;
        return;
    }
    int64_t step = clock->has_stamp ? step_ns(clock, clock->stamp, stamp) : 0;
    int64_t lead_ns = clock->has_stamp ? step - ap_ns_between(clock->utc, utc) : 0;
    bool fell = clock->has_stamp && stamp < clock->stamp;
    bool jumped = clock->kind != AP_CLOCK_AUTO && lead_ns > PAIR_NS;
    if (step < BACK_NS || (jumped && fell)) {
        set_anew(clock, stamp, utc, &counts->reset_count);
    } else if (jumped) {
        set_anew(clock, stamp, utc, &counts->jump_count);
    } else if (step < 0) {
        counts->back_count++;
        return;
    } else {
        counts->wrap_count += fell;
        ap_receiver_clock_set(clock, stamp, utc);
    }
    measure(clock, stamp, utc);
}

bool ap_receiver_clock_fit(const ap_receiver_clock *clock, ap_clock_fit *fit)
{
    const ap_clock_drift *drift = &clock->drift;
    *fit = (ap_clock_fit){ 0 };
    if (drift->first_utc == AP_UTC_UNKNOWN || drift->weight < 3.0)
        return false;
    fit->span_s = ap_seconds_between(drift->first_utc, drift->last_utc);
    if (fit->span_s < RATE_SPAN_S)
        return false;
    double slope = drift->sum_xy / drift->sum_xx;
    double left = drift->sum_yy - slope * drift->sum_xy;
    fit->rate_ppm = slope * 1e6;
    fit->jitter_s = left > 0.0 ? sqrt(left / (drift->weight - 2.0)) : 0.0;
    fit->offset_s = clock->kind == AP_CLOCK_GPS ? drift->mean_y_s : 0.0;
    return true;
}
