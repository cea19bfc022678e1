#include "publish/receiver_json.h"

#include <math.h>

#include "publish/columns.h"
#include "publish/track_columns.h"
#include "wire/json.h"

#define COLUMNS(table) table, sizeof(table) / sizeof(table)[0]

/* --- witnesses -------------------------------------------------------------------------------- */

typedef struct witness_row {
    const ap_receiver_table *receivers;
    const ap_witness *witness;
    char frame[2 * 14 + 1], id[16 + 1];
} witness_row;

static const ap_witness *witness_of(const void *row)
{
    return ((const witness_row *)row)->witness;
}

static const char *hex_of(const uint8_t *bytes, size_t size, char *text)
{
    for (size_t i = 0; i < size; i++) {
        text[2 * i] = "0123456789abcdef"[bytes[i] >> 4];
        text[2 * i + 1] = "0123456789abcdef"[bytes[i] & 15];
    }
    text[2 * size] = '\0';
    return text;
}

static const char *id_text(uint64_t id, char text[17])
{
    uint8_t bytes[8];
    for (int i = 0; i < 8; i++)
        bytes[i] = (uint8_t)(id >> (56 - 8 * i));
    return hex_of(bytes, sizeof bytes, text);
}

static ap_value get_squitter(const void *row)
{
    return ap_value_unsigned(witness_of(row)->squitter);
}

static ap_value get_witness(const void *row)
{
    return ap_value_unsigned(witness_of(row)->number);
}

static ap_value get_witness_time_s(const void *row)
{
    return ap_value_seconds(witness_of(row)->receive_utc);
}

static ap_value get_witness_sensor(const void *row)
{
    const witness_row *of = row;
    return ap_value_text(ap_sensor_name_of(of->receivers->sensors, of->witness->sensor));
}

static ap_value get_witness_receiver(const void *row)
{
    const witness_row *of = row;
    return ap_value_text(of->id);
}

static ap_value get_ticks(const void *row)
{
    const ap_witness *of = witness_of(row);
    return of->has_stamp && of->clock != AP_CLOCK_GPS ? ap_value_unsigned(of->stamp)
                                                      : ap_value_absent();
}

static ap_value get_gps_ns(const void *row)
{
    const ap_witness *of = witness_of(row);
    bool is_gps = of->has_stamp && of->clock == AP_CLOCK_GPS && ap_is_gps_stamp(of->stamp);
    return is_gps ? ap_value_unsigned((uint64_t)ap_ns_of_gps_stamp(of->stamp)) : ap_value_absent();
}

static ap_value get_signal(const void *row)
{
    int signal = witness_of(row)->signal;
    return signal > 0 ? ap_value_fixed(20.0 * log10(signal / 255.0)) : ap_value_absent();
}

static ap_value get_frame(const void *row)
{
    return ap_value_text(((const witness_row *)row)->frame);
}

static const ap_column witness_columns[] = {
    AP_COLUMN("squitter", 0, get_squitter),
    AP_COLUMN("witness", 0, get_witness),
    AP_COLUMN("time_s", 0, get_witness_time_s),
    AP_COLUMN("sensor", 0, get_witness_sensor),
    AP_COLUMN("receiver", 0, get_witness_receiver),
    AP_COLUMN("ticks_12mhz", 0, get_ticks),
    AP_COLUMN("gps_day_ns", 0, get_gps_ns),
    AP_COLUMN("signal_dbfs", 1, get_signal),
    AP_COLUMN("frame", 0, get_frame),
};

ap_err ap_witness_json(ap_writer *text, const ap_receiver_table *receivers,
                       const ap_witness *witness)
{
    witness_row row = { .receivers = receivers, .witness = witness };
    const ap_receiver *receiver = &receivers->rows[witness->receiver];
    if (receiver->has_id)
        (void)id_text(receiver->id, row.id);
    (void)hex_of(witness->frame, witness->size, row.frame);
    return ap_columns_json(text, COLUMNS(witness_columns), &row);
}

/* --- receivers -------------------------------------------------------------------------------- */

typedef struct receiver_row {
    const ap_sensor_table *sensors;
    const ap_receiver *receiver;
    ap_utc_ns now;
    bool has_fit;
    ap_clock_fit fit;
    char id[16 + 1];
} receiver_row;

static const ap_receiver_stats *stats_of(const void *row)
{
    return &((const receiver_row *)row)->receiver->stats;
}

static const ap_receiver_clock *clock_of(const void *row)
{
    return &((const receiver_row *)row)->receiver->clock;
}

static ap_value get_name(const void *row)
{
    const receiver_row *of = row;
    return ap_value_text(ap_sensor_name_of(of->sensors, of->receiver->sensor));
}

static ap_value get_input(const void *row)
{
    return ap_value_unsigned(((const receiver_row *)row)->receiver->input + 1u);
}

static ap_value get_receiver(const void *row)
{
    return ap_value_text(((const receiver_row *)row)->id);
}

static ap_value get_first(const void *row)
{
    return ap_value_seconds(stats_of(row)->first_utc);
}

static ap_value get_last(const void *row)
{
    return ap_value_seconds(stats_of(row)->last_utc);
}

static ap_value get_frames(const void *row)
{
    return ap_value_unsigned(stats_of(row)->frame_count);
}

static ap_value get_rate(const void *row)
{
    return ap_value_fixed(ap_receiver_rate_ps(stats_of(row), ((const receiver_row *)row)->now));
}

static ap_value get_damaged(const void *row)
{
    return ap_value_unsigned(stats_of(row)->damaged_count);
}

static ap_value get_witnessed(const void *row)
{
    return ap_value_unsigned(stats_of(row)->witness_count);
}

static ap_value get_aircraft(const void *row)
{
    return ap_value_unsigned(ap_receiver_aircraft(stats_of(row), ((const receiver_row *)row)->now));
}

static ap_value get_mean_signal(const void *row)
{
    return ap_value_fixed(ap_receiver_signal_dbfs(stats_of(row)));
}

static ap_value get_peak_signal(const void *row)
{
    return ap_value_fixed(ap_receiver_peak_dbfs(stats_of(row)));
}

static ap_value get_loss(const void *row)
{
    return ap_value_fixed(ap_receiver_loss(stats_of(row)));
}

static ap_value get_range(const void *row)
{
    const ap_receiver_stats *stats = stats_of(row);
    return stats->placed_count ? ap_value_fixed(ap_receiver_range_m(stats)) : ap_value_absent();
}

static size_t count_outline(const void *row)
{
    return stats_of(row)->placed_count ? AP_OUTLINE_BINS : 0;
}

static void put_outline(ap_writer *text, const void *row, size_t i, bool json)
{
    (void)json;
    ap_text_u64(text, (uint64_t)lround((double)stats_of(row)->outline_m[i]));
}

static ap_value get_clock(const void *row)
{
    return ap_value_text(ap_clock_kind_key(clock_of(row)->kind));
}

/* Of a receiver that has stamps. */
static ap_value count_of(const void *row, uint64_t count)
{
    return clock_of(row)->counts.stamp_count ? ap_value_unsigned(count) : ap_value_absent();
}

static ap_value get_wraps(const void *row)
{
    return count_of(row, clock_of(row)->counts.wrap_count);
}

static ap_value get_resets(const void *row)
{
    return count_of(row, clock_of(row)->counts.reset_count);
}

static ap_value get_jumps(const void *row)
{
    return count_of(row, clock_of(row)->counts.jump_count);
}

static ap_value get_backs(const void *row)
{
    return count_of(row, clock_of(row)->counts.back_count);
}

static ap_value get_slips(const void *row)
{
    return count_of(row, clock_of(row)->counts.slip_count);
}

static ap_value get_invalid(const void *row)
{
    return count_of(row, clock_of(row)->counts.invalid_count);
}

static ap_value get_synthetic(const void *row)
{
    return ap_value_unsigned(clock_of(row)->counts.synthetic_count);
}

static ap_value fit_of(const void *row, double value)
{
    return ((const receiver_row *)row)->has_fit ? ap_value_fixed(value) : ap_value_absent();
}

static ap_value get_clock_rate(const void *row)
{
    return fit_of(row, ((const receiver_row *)row)->fit.rate_ppm);
}

static ap_value get_jitter(const void *row)
{
    return fit_of(row, ((const receiver_row *)row)->fit.jitter_s * 1e3);
}

static ap_value get_offset(const void *row)
{
    bool is_gps = clock_of(row)->kind == AP_CLOCK_GPS;
    return is_gps ? fit_of(row, ((const receiver_row *)row)->fit.offset_s) : ap_value_absent();
}

#define GROUP_GETTER(name, key, text)                                                              \
    static ap_value get_group_##name(const void *row)                                              \
    {                                                                                              \
        return ap_value_unsigned(stats_of(row)->group_count[AP_DF_GROUP_##name]);                  \
    }
AP_DF_GROUP_MAP(GROUP_GETTER)
#undef GROUP_GETTER

static const ap_column receiver_columns[] = {
    AP_COLUMN("sensor", 0, get_name),
    AP_COLUMN("input", 0, get_input),
    AP_COLUMN("receiver", 0, get_receiver),
    AP_COLUMN("first_time_s", 0, get_first),
    AP_COLUMN("last_time_s", 0, get_last),
    AP_COLUMN("frame_count", 0, get_frames),
    AP_COLUMN("frame_rate_ps", 1, get_rate),
#define GROUP_COLUMN(name, key, text) AP_COLUMN(key "_count", 0, get_group_##name),
    AP_DF_GROUP_MAP(GROUP_COLUMN)
#undef GROUP_COLUMN
        AP_COLUMN("damaged_count", 0, get_damaged),
    AP_COLUMN("witness_count", 0, get_witnessed),
    AP_COLUMN("aircraft_count", 0, get_aircraft),
    AP_COLUMN("signal_dbfs", 1, get_mean_signal),
    AP_COLUMN("signal_peak_dbfs", 1, get_peak_signal),
    AP_COLUMN("loss", 4, get_loss),
    AP_COLUMN("range_m", 0, get_range),
    AP_COLUMN_LIST("outline_m", count_outline, put_outline),
    AP_COLUMN("clock", 0, get_clock),
    AP_COLUMN("clock_rate_ppm", 3, get_clock_rate),
    AP_COLUMN("clock_jitter_ms", 3, get_jitter),
    AP_COLUMN("clock_offset_s", 6, get_offset),
    AP_COLUMN("wrap_count", 0, get_wraps),
    AP_COLUMN("reset_count", 0, get_resets),
    AP_COLUMN("jump_count", 0, get_jumps),
    AP_COLUMN("back_count", 0, get_backs),
    AP_COLUMN("slip_count", 0, get_slips),
    AP_COLUMN("invalid_count", 0, get_invalid),
    AP_COLUMN("synthetic_count", 0, get_synthetic),
};

ap_err ap_receiver_line(ap_writer *text, const ap_sensor_table *sensors,
                        const ap_receiver *receiver, ap_utc_ns now)
{
    receiver_row row = { .sensors = sensors, .receiver = receiver, .now = now };
    row.has_fit = ap_receiver_clock_fit(&receiver->clock, &row.fit);
    if (receiver->has_id)
        (void)id_text(receiver->id, row.id);
    return ap_columns_json(text, COLUMNS(receiver_columns), &row);
}
