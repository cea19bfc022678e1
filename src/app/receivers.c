#include "app/receivers.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "wire/json.h"

ap_utc_ns ap_receivers_last(const ap_receiver_table *receivers)
{
    ap_utc_ns last = AP_UTC_UNKNOWN;
    for (uint16_t i = 0; i < receivers->count; i++)
        if (receivers->rows[i].stats.last_utc > last)
            last = receivers->rows[i].stats.last_utc;
    return last;
}

__attribute__((format(printf, 2, 3))) static void put(ap_writer *text, const char *format, ...)
{
    char piece[160];
    va_list args;
    va_start(args, format);
    vsnprintf(piece, sizeof piece, format, args);
    va_end(args);
    ap_text_str(text, piece);
}

/* A number, or "-" when it is none. */
static void put_number(ap_writer *text, int width, int decimals, double value)
{
    if (isnan(value))
        put(text, " %*s", width, "-");
    else
        put(text, " %*.*f", width, decimals, value);
}

static void put_count(ap_writer *text, uint64_t count, const char *what)
{
    if (count > 0)
        put(text, ", %" PRIu64 " %s", count, what);
}

/* "ticks +3.21 ppm, jitter 0.4 ms, 1 wraps" */
static void put_clock(ap_writer *text, const ap_receiver_clock *clock)
{
    const ap_clock_counts *counts = &clock->counts;
    ap_clock_fit fit;
    put(text, "  %s", counts->stamp_count ? ap_clock_kind_key(clock->kind) : "none");
    if (ap_receiver_clock_fit(clock, &fit))
        put(text, " %+.2f ppm, jitter %.2f ms", fit.rate_ppm, fit.jitter_s * 1e3);
    put_count(text, counts->wrap_count, "wraps");
    put_count(text, counts->reset_count, "resets");
    put_count(text, counts->jump_count, "jumps");
    put_count(text, counts->back_count, "back");
    put_count(text, counts->slip_count, "slips");
    put_count(text, counts->invalid_count, "invalid");
    put_count(text, counts->synthetic_count, "synthetic");
}

static double share(uint64_t part, uint64_t whole)
{
    return whole > 0 ? 100.0 * (double)part / (double)whole : NAN;
}

static void put_receiver(ap_writer *text, const ap_sensor_table *sensors,
                         const ap_receiver *receiver, ap_utc_ns now)
{
    const ap_receiver_stats *stats = &receiver->stats;
    const char *name =
        receiver->sensor < sensors->count ? sensors->sensor[receiver->sensor].name : "-";
    const uint64_t *group = stats->group_count;
    uint64_t frames = stats->frame_count;
    put(text, "  %-30s %10" PRIu64, name, frames);
    put_number(text, 8, 1, ap_receiver_rate_ps(stats, now));
    put_number(text, 6, 1,
               share(group[AP_DF_GROUP_SQUITTER] + group[AP_DF_GROUP_NON_TRANSPONDER], frames));
    put_number(text, 6, 1, share(group[AP_DF_GROUP_ALL_CALL], frames));
    put_number(text, 6, 1, share(group[AP_DF_GROUP_SURVEILLANCE], frames));
    put_number(text, 6, 1, share(group[AP_DF_GROUP_COMM_B], frames));
    put_number(text, 8, 1, share(stats->damaged_count, frames));
    put_number(text, 7, 1, ap_receiver_signal_dbfs(stats));
    put_number(text, 6, 1, ap_receiver_peak_dbfs(stats));
    put(text, " %8" PRIu32 " %9" PRIu64, ap_receiver_aircraft(stats, now), stats->witness_count);
    put_number(text, 7, 1, 100.0 * ap_receiver_loss(stats));
    put_number(text, 8, 0, stats->placed_count ? ap_receiver_range_m(stats) / 1e3 : NAN);
    put_clock(text, &receiver->clock);
    put(text, "\n");
}

void ap_receivers_text(const ap_receiver_table *receivers, ap_writer *text)
{
    ap_utc_ns now = ap_receivers_last(receivers);
    if (now == AP_UTC_UNKNOWN)
        return;
    put(text, "\nreceivers\n  %-30s %10s %8s %6s %6s %6s %6s %8s %7s %6s %8s %9s %7s %8s  %s\n",
        "name", "frames", "per_s", "17,18%", "11%", "short%", "long%", "damaged%", "dBFS", "peak",
        "aircraft", "witnessed", "missed%", "range_km", "clock");
    for (uint16_t i = 0; i < receivers->count; i++)
        if (receivers->rows[i].stats.frame_count > 0)
            put_receiver(text, receivers->sensors, &receivers->rows[i], now);
    if (receivers->merged_count)
        put(text,
            "  %" PRIu64 " frames of receivers beyond the table: taken for their input's own\n",
            receivers->merged_count);
}
