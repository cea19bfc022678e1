/* Receivers of Mode S frames: an input, or one of many whose frames an input merges.
 *
 * A receiver is known by its input and, in a merged stream, by the id that the stream gives it.
 * Each has its own clock, its own row of the sensor table and its own statistics. The first rows of
 * a table are the inputs' own, one each, for frames without an id; named receivers follow in the
 * order of their first frame. Those beyond the capacity are taken for their input's own, and
 * counted. */
#ifndef AIRPICTURE_RECEIVER_H
#define AIRPICTURE_RECEIVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "airpicture/err.h"
#include "airpicture/receiver_clock.h"
#include "airpicture/sensor.h"

#define AP_RECEIVER_NONE UINT16_MAX
#define AP_RECEIVER_CAP_MAX 65000u /* inputs and named receivers together */

/* clang-format off */
#define AP_DF_GROUP_MAP(X)                                                        \
    X(SURVEILLANCE,    "surveillance",    "short replies: formats 0, 4, 5")       \
    X(COMM_B,          "comm_b",          "long replies: formats 16, 20, 21, 24") \
    X(ALL_CALL,        "all_call",        "format 11")                            \
    X(SQUITTER,        "squitter",        "format 17")                            \
    X(NON_TRANSPONDER, "non_transponder", "format 18")                            \
    X(OTHER,           "other",           "formats not decoded here")
/* clang-format on */

typedef enum ap_df_group {
#define AP_DF_GROUP_ENUM(name, key, text) AP_DF_GROUP_##name,
    AP_DF_GROUP_MAP(AP_DF_GROUP_ENUM)
#undef AP_DF_GROUP_ENUM
        AP_DF_GROUP_COUNT
} ap_df_group;

/* Key for machines, e.g. "all_call"; "unlisted" outside the list. */
const char *ap_df_group_key(ap_df_group group);

#define AP_OUTLINE_BINS 72 /* of 5 degrees, the first from north to 5 degrees east of it */
#define AP_RATE_BUCKETS 6  /* of 10 s */
#define AP_RECEIVER_WINDOW_NS (30 * AP_NS_PER_S)

/* What a receiver has delivered; each frame costs the same. */
typedef struct ap_receiver_stats {
    uint64_t frame_count;
    uint64_t group_count[AP_DF_GROUP_COUNT];
    uint64_t damaged_count; /* frames whose parity does not fit */
    uint64_t witness_count; /* copies of frames that another receiver had delivered */
    ap_utc_ns first_utc, last_utc;

    uint32_t bucket[AP_RATE_BUCKETS]; /* frames in each of the last 10 s, whole ones */
    uint32_t bucket_count, bucket_at; /* buckets that are whole; the next one's place */
    uint32_t bucket_now;              /* frames in the one that fills */
    ap_utc_ns bucket_end_utc;

    uint64_t signal_count; /* frames that came with a level */
    uint64_t signal_sum;   /* of squared levels, 255^2 = full scale */
    uint8_t signal_peak;

    uint64_t expected_count; /* position squitters of aircraft that it hears, see _loss */
    uint64_t heard_count;    /* of these */

    uint32_t aircraft_window; /* half minute that aircraft_now counts in */
    uint32_t aircraft_now, aircraft_before;

    uint64_t placed_count;            /* positions that the outline is made of */
    float outline_m[AP_OUTLINE_BINS]; /* furthest position by azimuth; 0: none */
} ap_receiver_stats;

typedef struct ap_receiver {
    uint16_t input;
    bool has_id;
    uint64_t id;     /* E3, or the first 64 bits of the UUID of E4; the serial of a JSON line */
    uint16_t sensor; /* row of the sensor table; AP_SENSOR_NONE before its first frame */
    ap_receiver_clock clock;
    ap_receiver_stats stats;
} ap_receiver;

typedef struct ap_receiver_table {
    ap_receiver *rows; /* [cap]; entries never move and are never removed */
    uint16_t input_cap, count, cap;
    uint32_t *slots;       /* [slot_count] by input and id: a row and one, 0 when free */
    uint32_t slot_count;   /* a power of two */
    uint64_t merged_count; /* frames of receivers beyond the capacity */
    const ap_sensor_table *sensors;
} ap_receiver_table;

/* Bytes for a table of `input_cap` >= 1 inputs and `named_cap` receivers with ids; 0 when that is
 * more than AP_RECEIVER_CAP_MAX. */
size_t ap_receiver_table_size(uint32_t input_cap, uint32_t named_cap);

/* `sensors` tell by input and id what is known of a receiver; they and mem outlive the table. */
ap_err ap_receiver_table_init(ap_receiver_table *table, const ap_sensor_table *sensors,
                              uint32_t input_cap, uint32_t named_cap, void *mem, size_t mem_size);

/* Row of the receiver of one frame, added when it is new: the input's own without an id, and where
 * the table is full (counted). `input` < input_cap. */
uint16_t ap_receiver_of(ap_receiver_table *table, uint16_t input, bool has_id, uint64_t id);

/* Counts a frame: `df` its downlink format 0..31, `signal` 0..255 or -1, `utc` known. */
void ap_receiver_hear(ap_receiver_stats *stats, ap_utc_ns utc, unsigned df, int signal,
                      bool damaged);

/* An aircraft is heard in this half minute for the first time. */
void ap_receiver_hear_aircraft(ap_receiver_stats *stats, uint32_t window);

/* Half minutes since 1970, modulo 2^32: the windows in which aircraft are counted. */
uint32_t ap_receiver_window(ap_utc_ns utc);

/* Widens the outline by a believed position of an aircraft, as seen from the site. */
void ap_receiver_place(ap_receiver_stats *stats, const ap_enu_frame *site, ap_geodetic position);

/* Frames per second in the last minute before `now`, by whole 10 s; of a receiver heard for less,
 * of that; 0 when nothing is known. */
double ap_receiver_rate_ps(const ap_receiver_stats *stats, ap_utc_ns now);

/* Aircraft heard in the last half minute to minute: the larger of this window and the one before.
 */
uint32_t ap_receiver_aircraft(const ap_receiver_stats *stats, ap_utc_ns now);

/* Share of squitters that the receiver missed, [0, 1]; NaN when it was never one of several.
 *
 * Counted are the position squitters of aircraft that two receivers or more hear. Between two that
 * a receiver delivers of one aircraft, not more than a minute apart, those that only others
 * delivered are the ones it missed. So the range is where it still hears the aircraft, and a
 * squitter that nobody heard is none: a share of what was received, a lower bound of what was sent.
 */
double ap_receiver_loss(const ap_receiver_stats *stats);

/* Mean power and peak in dB of full scale, <= 0; NaN without any level. */
double ap_receiver_signal_dbfs(const ap_receiver_stats *stats);
double ap_receiver_peak_dbfs(const ap_receiver_stats *stats);

/* Furthest position in any direction, metres; 0: none. */
double ap_receiver_range_m(const ap_receiver_stats *stats);

#endif
