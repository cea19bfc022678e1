#include "airpicture/receiver.h"

#include <math.h>

#include "base/arena.h"

#define BUCKET_NS (10 * AP_NS_PER_S)
#define FULL_SCALE 255.0

static const char *const group_keys[] = {
#define GROUP_KEY(name, key, text) key,
    AP_DF_GROUP_MAP(GROUP_KEY)
#undef GROUP_KEY
};

const char *ap_df_group_key(ap_df_group group)
{
    return (unsigned)group < AP_DF_GROUP_COUNT ? group_keys[group] : "unlisted";
}

/* --- the table -------------------------------------------------------------------------------- */

static void lay_out(ap_receiver_table *table, ap_arena *arena)
{
    table->slot_count = 2;
    while (table->slot_count < 2u * (uint32_t)(table->cap - table->input_cap))
        table->slot_count *= 2;
    table->rows = ap_arena_take(arena, table->cap, sizeof *table->rows);
    table->slots = ap_arena_take(arena, table->slot_count, sizeof *table->slots);
}

static bool is_good(uint32_t input_cap, uint32_t named_cap)
{
    return input_cap >= 1 && input_cap <= AP_RECEIVER_CAP_MAX &&
           named_cap <= AP_RECEIVER_CAP_MAX - input_cap;
}

size_t ap_receiver_table_size(uint32_t input_cap, uint32_t named_cap)
{
    if (!is_good(input_cap, named_cap))
        return 0;
    ap_receiver_table table = { .input_cap = (uint16_t)input_cap,
                                .cap = (uint16_t)(input_cap + named_cap) };
    ap_arena arena = ap_arena_measure();
    lay_out(&table, &arena);
    return ap_arena_need(&arena);
}

static void init_row(ap_receiver_table *table, uint16_t row, uint16_t input, bool has_id,
                     uint64_t id)
{
    const ap_sensor_table *sensors = table->sensors;
    uint16_t sensor =
        has_id ? ap_sensor_find_receiver(sensors, input, id) : ap_sensor_find_input(sensors, input);
    table->rows[row] = (ap_receiver){ .input = input,
                                      .has_id = has_id,
                                      .id = id,
                                      .sensor = sensor,
                                      .stats = { .first_utc = AP_UTC_UNKNOWN,
                                                 .last_utc = AP_UTC_UNKNOWN,
                                                 .bucket_end_utc = AP_UTC_UNKNOWN } };
    ap_receiver_clock_init(&table->rows[row].clock, sensor != AP_SENSOR_NONE
                                                        ? sensors->sensor[sensor].clock
                                                        : AP_CLOCK_AUTO);
}

ap_err ap_receiver_table_init(ap_receiver_table *table, const ap_sensor_table *sensors,
                              uint32_t input_cap, uint32_t named_cap, void *mem, size_t mem_size)
{
    if (!is_good(input_cap, named_cap) || !sensors)
        return AP_ERR_ARGUMENT;
    *table = (ap_receiver_table){ .input_cap = (uint16_t)input_cap,
                                  .cap = (uint16_t)(input_cap + named_cap),
                                  .sensors = sensors };
    ap_arena arena = ap_arena_over(mem, mem_size);
    lay_out(table, &arena);
    if (ap_arena_need(&arena) == 0)
        return AP_ERR_MEMORY;
    for (uint16_t i = 0; i < input_cap; i++)
        init_row(table, i, i, false, 0);
    table->count = (uint16_t)input_cap;
    return AP_OK;
}

/* Ids follow each other, or are random: either way spread. */
static uint32_t home_of(const ap_receiver_table *table, uint16_t input, uint64_t id)
{
    uint64_t hash = (id ^ (uint64_t)input << 48) * UINT64_C(0x9E3779B97F4A7C15);
    return (uint32_t)(hash >> 32) & (table->slot_count - 1);
}

uint16_t ap_receiver_of(ap_receiver_table *table, uint16_t input, bool has_id, uint64_t id)
{
    if (!has_id)
        return input;
    uint32_t slot = home_of(table, input, id);
    for (; table->slots[slot] != 0; slot = (slot + 1) & (table->slot_count - 1)) {
        const ap_receiver *row = &table->rows[table->slots[slot] - 1];
        if (row->id == id && row->input == input)
            return (uint16_t)(table->slots[slot] - 1);
    }
    if (table->count == table->cap) {
        table->merged_count++;
        return input;
    }
    init_row(table, table->count, input, true, id);
    table->slots[slot] = table->count + 1u;
    return table->count++;
}

/* --- frames ----------------------------------------------------------------------------------- */

static const uint8_t group_of_df[32] = {
    [0] = AP_DF_GROUP_SURVEILLANCE,
    [1] = AP_DF_GROUP_OTHER,
    [2] = AP_DF_GROUP_OTHER,
    [3] = AP_DF_GROUP_OTHER,
    [4] = AP_DF_GROUP_SURVEILLANCE,
    [5] = AP_DF_GROUP_SURVEILLANCE,
    [6] = AP_DF_GROUP_OTHER,
    [7] = AP_DF_GROUP_OTHER,
    [8] = AP_DF_GROUP_OTHER,
    [9] = AP_DF_GROUP_OTHER,
    [10] = AP_DF_GROUP_OTHER,
    [11] = AP_DF_GROUP_ALL_CALL,
    [12] = AP_DF_GROUP_OTHER,
    [13] = AP_DF_GROUP_OTHER,
    [14] = AP_DF_GROUP_OTHER,
    [15] = AP_DF_GROUP_OTHER,
    [16] = AP_DF_GROUP_COMM_B,
    [17] = AP_DF_GROUP_SQUITTER,
    [18] = AP_DF_GROUP_NON_TRANSPONDER,
    [19] = AP_DF_GROUP_OTHER,
    [20] = AP_DF_GROUP_COMM_B,
    [21] = AP_DF_GROUP_COMM_B,
    [22] = AP_DF_GROUP_OTHER,
    [23] = AP_DF_GROUP_OTHER,
    [24] = AP_DF_GROUP_COMM_B, /* two bits tell it; the others are part of its content */
    [25] = AP_DF_GROUP_COMM_B,
    [26] = AP_DF_GROUP_COMM_B,
    [27] = AP_DF_GROUP_COMM_B,
    [28] = AP_DF_GROUP_COMM_B,
    [29] = AP_DF_GROUP_COMM_B,
    [30] = AP_DF_GROUP_COMM_B,
    [31] = AP_DF_GROUP_COMM_B,
};

static void push_bucket(ap_receiver_stats *stats, uint32_t count)
{
    stats->bucket[stats->bucket_at] = count;
    stats->bucket_at = (stats->bucket_at + 1) % AP_RATE_BUCKETS;
    stats->bucket_count += stats->bucket_count < AP_RATE_BUCKETS;
}

/* Ends the buckets that lie before `utc`; those in which nothing came are empty. */
static void roll(ap_receiver_stats *stats, ap_utc_ns utc)
{
    if (stats->bucket_end_utc == AP_UTC_UNKNOWN) {
        stats->first_utc = utc;
        stats->bucket_end_utc = ap_utc_add_ns(utc, BUCKET_NS);
        return;
    }
    int64_t passed = ap_ns_between(stats->bucket_end_utc, utc) / BUCKET_NS + 1;
    push_bucket(stats, stats->bucket_now);
    for (int64_t i = 1; i < passed && i <= AP_RATE_BUCKETS; i++)
        push_bucket(stats, 0);
    stats->bucket_now = 0;
    stats->bucket_end_utc = ap_utc_add_ns(stats->bucket_end_utc, passed * BUCKET_NS);
}

void ap_receiver_hear(ap_receiver_stats *stats, ap_utc_ns utc, unsigned df, int signal,
                      bool damaged)
{
    stats->frame_count++;
    stats->group_count[group_of_df[df & 31]]++;
    stats->damaged_count += damaged;
    if (utc >= stats->bucket_end_utc) /* unknown is the smallest */
        roll(stats, utc);
    stats->bucket_now++;
    stats->last_utc = utc > stats->last_utc ? utc : stats->last_utc;
    if (signal < 0)
        return;
    stats->signal_count++;
    stats->signal_sum += (uint64_t)(signal * signal);
    stats->signal_peak = signal > stats->signal_peak ? (uint8_t)signal : stats->signal_peak;
}

/* --- aircraft --------------------------------------------------------------------------------- */

uint32_t ap_receiver_window(ap_utc_ns utc)
{
    return (uint32_t)(utc / AP_RECEIVER_WINDOW_NS);
}

void ap_receiver_hear_aircraft(ap_receiver_stats *stats, uint32_t window)
{
    if (stats->aircraft_window != window) {
        bool next = stats->aircraft_window + 1 == window;
        stats->aircraft_before = next ? stats->aircraft_now : 0;
        stats->aircraft_now = 0;
        stats->aircraft_window = window;
    }
    stats->aircraft_now++;
}

uint32_t ap_receiver_aircraft(const ap_receiver_stats *stats, ap_utc_ns now)
{
    uint32_t age = ap_receiver_window(now) - stats->aircraft_window;
    uint32_t before = age == 0 ? stats->aircraft_before : age == 1 ? stats->aircraft_now : 0;
    uint32_t current = age == 0 ? stats->aircraft_now : 0;
    return current > before ? current : before;
}

void ap_receiver_place(ap_receiver_stats *stats, const ap_enu_frame *site, ap_geodetic position)
{
    ap_vec3 enu = ap_enu_from_ecef(site, ap_ecef_from_geodetic(position));
    double range_m = hypot(enu.x_m, enu.y_m);
    double azimuth_rad = ap_wrap_two_pi(atan2(enu.x_m, enu.y_m));
    unsigned bin = (unsigned)(azimuth_rad / (2.0 * AP_PI) * AP_OUTLINE_BINS) % AP_OUTLINE_BINS;
    stats->placed_count++;
    if ((float)range_m > stats->outline_m[bin])
        stats->outline_m[bin] = (float)range_m;
}

/* --- what they tell --------------------------------------------------------------------------- */

double ap_receiver_rate_ps(const ap_receiver_stats *stats, ap_utc_ns now)
{
    ap_receiver_stats at = *stats;
    if (at.bucket_end_utc == AP_UTC_UNKNOWN)
        return 0.0;
    if (now >= at.bucket_end_utc)
        roll(&at, now);
    uint64_t sum = 0;
    for (uint32_t i = 0; i < at.bucket_count; i++)
        sum += at.bucket[i];
    if (at.bucket_count > 0)
        return (double)sum / (10.0 * at.bucket_count);
    double span_s = ap_seconds_between(at.first_utc, at.last_utc);
    return span_s > 0.0 ? (double)at.frame_count / span_s : 0.0;
}

double ap_receiver_loss(const ap_receiver_stats *stats)
{
    if (stats->expected_count == 0)
        return NAN;
    double share = 1.0 - (double)stats->heard_count / (double)stats->expected_count;
    return share > 0.0 ? share : 0.0;
}

double ap_receiver_signal_dbfs(const ap_receiver_stats *stats)
{
    if (stats->signal_count == 0 || stats->signal_sum == 0)
        return NAN;
    double mean = (double)stats->signal_sum / (double)stats->signal_count;
    return 10.0 * log10(mean / (FULL_SCALE * FULL_SCALE));
}

double ap_receiver_peak_dbfs(const ap_receiver_stats *stats)
{
    return stats->signal_peak > 0 ? 20.0 * log10(stats->signal_peak / FULL_SCALE) : NAN;
}

double ap_receiver_range_m(const ap_receiver_stats *stats)
{
    float range_m = 0.0f;
    for (size_t i = 0; i < AP_OUTLINE_BINS; i++)
        range_m = stats->outline_m[i] > range_m ? stats->outline_m[i] : range_m;
    return (double)range_m;
}
