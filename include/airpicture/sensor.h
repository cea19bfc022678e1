/* Sensors: what is known about each source, and what it has delivered. */
#ifndef AIRPICTURE_SENSOR_H
#define AIRPICTURE_SENSOR_H

#include <stdbool.h>
#include <stdint.h>

#include "airpicture/geo.h"
#include "airpicture/receiver_clock.h"
#include "airpicture/refusal.h"
#include "airpicture/time.h"

#define AP_SENSOR_NAME_SIZE 32
#define AP_SENSOR_NONE UINT16_MAX /* "no sensor", as an index */
#define AP_INPUT_NONE UINT16_MAX  /* "any input", as an index */

/* clang-format off */
#define AP_SENSOR_KIND_MAP(X)                                                        \
    X(UNKNOWN,  "unknown",  "not described and not yet recognised")                  \
    X(PSR,      "psr",      "primary radar: range and azimuth, no identity")         \
    X(SSR,      "ssr",      "secondary radar, Mode A/C")                             \
    X(MODE_S,   "mode_s",   "Mode S radar")                                          \
    X(COMBINED, "combined", "primary with secondary or Mode S radar")                \
    X(SMR,      "smr",      "surface movement radar")                                \
    X(MLAT,     "mlat",     "multilateration, wide area or airport")                 \
    X(ADSB,     "adsb",     "ADS-B receiver or ground station")                      \
    X(TRACKER,  "tracker",  "another tracker's output")
/* clang-format on */

typedef enum ap_sensor_kind {
#define AP_SENSOR_KIND_ENUM(name, key, text) AP_SENSOR_##name,
    AP_SENSOR_KIND_MAP(AP_SENSOR_KIND_ENUM)
#undef AP_SENSOR_KIND_ENUM
        AP_SENSOR_KIND_COUNT
} ap_sensor_kind;

/* Key for machines, e.g. "mode_s"; "unlisted" outside the list. */
const char *ap_sensor_kind_key(ap_sensor_kind kind);

/* What a sensor is. Filled from the sensors file, or with the defaults of its kind when a source
 * appears that needs no description (it states positions, not ranges). */
typedef struct ap_sensor {
    char name[AP_SENSOR_NAME_SIZE]; /* unique, printable, NUL-terminated */
    ap_sensor_kind kind;
    bool described;    /* from the sensors file; false: made up at first sight */
    bool has_sac_sic;  /* sac and sic identify it */
    uint8_t sac, sic;  /* ASTERIX system area and identification codes */
    uint16_t input;    /* index of the only input it is heard on; AP_INPUT_NONE: any */
    bool has_receiver; /* one of several receivers that the input merges: the one of this id */
    uint64_t receiver;
    ap_clock_kind clock;             /* of a receiver, as far as it is known */
    bool has_site;                   /* site and frame are valid */
    ap_geodetic site;                /* antenna */
    ap_enu_frame frame;              /* tangent frame at the site */
    double range_min_m, range_max_m; /* coverage; max 0 = unlimited */
    double range_sigma_m;            /* 1-sigma slant range noise, > 0 */
    double azimuth_sigma_rad;        /* 1-sigma azimuth noise, > 0 */
    double range_resolution_m;       /* aircraft so near each other in range, and ... */
    double azimuth_resolution_rad;   /* ... in azimuth are one plot every second time; 0: follows
                                      * from the noise */
    double position_sigma_m;         /* 1-sigma per axis of a position stated without accuracy */
    double altitude_sigma_m;         /* 1-sigma pressure altitude noise beside its quantisation */
    double doppler_sigma_mps;        /* 1-sigma radial speed noise, > 0 */
    double range_bias_m;             /* subtracted from measured ranges */
    double azimuth_bias_rad;         /* subtracted from measured azimuths */
    double latency_s;                /* subtracted from report times that are times of reception */
    double turn_s;                   /* antenna period or update interval, > 0 */
    double detection_probability;    /* (0, 1), per turn and target in coverage */
    bool detection_fixed;    /* it is that; false: of a sensor that turns, the tracker begins
                              * with it and learns */
    double clutter_per_turn; /* expected false plots a turn over its coverage, >= 0 */
} ap_sensor;

/* How a sensor keeps time, as its ASTERIX reports show it. Zero: nothing is known. */
typedef struct ap_sensor_pace {
    double report_count;   /* that latencies were taken of */
    double latency_mean_s; /* from the time that a report states to its reception, of late */
    double latency_peak_s; /* the largest of late; it fades */
    bool has_azimuth;      /* of a turning antenna: it was at azimuth_rad, clockwise from true */
    ap_utc_ns azimuth_utc; /* north, at this time */
    double azimuth_rad;    /* [0, 2 pi) */
    bool has_north, was_south;
    ap_utc_ns north_utc; /* it passed north last; its beam was in the south since */
    double turn_s;       /* measured from north to north; ... */
    double turn_count;   /* ... in so many turns alike: with less than 2 it means nothing */
} ap_sensor_pace;

/* What a sensor has delivered. Times are UTC of the reports. */
typedef struct ap_sensor_stats {
    uint64_t byte_count;     /* of its blocks or frames */
    uint64_t block_count;    /* ASTERIX data blocks, or Mode S frames */
    uint64_t record_count;   /* ASTERIX records, or Mode S frames that passed their check */
    uint64_t report_count;   /* reports that went on to the tracker */
    uint64_t repaired_count; /* of the records: Mode S frames with one bit corrected */
    uint64_t service_count;  /* records that are no targets: north markers, sectors, status */
    uint64_t witness_count;  /* Mode S frames that were copies of another receiver's */
    ap_refusals refused;
    ap_utc_ns first_utc, last_utc; /* AP_UTC_UNKNOWN before the first */
    ap_sensor_pace pace;
} ap_sensor_stats;

/* Newest positions of a sensor less where their tracks were expected, in metres; means of late. For
 * radars along the line of sight and across it, clockwise; for others along the track and across
 * it, to the right. */
typedef struct ap_sensor_residuals {
    double count;
    double along_mean_m, along_square_m2, across_mean_m, across_square_m2;
} ap_sensor_residuals;

/* What a running service reckons of a sensor. */
typedef struct ap_sensor_figures {
    bool has_rates; /* over the last ten seconds or so of the picture's time: */
    double record_ps, report_ps;
    bool has_tracker;             /* what follows, up to the residuals, is known */
    double detection_probability; /* per turn; see ap_tracker_sensor */
    double detection_look_count, clutter_per_turn;
    bool has_offset; /* azimuth_offset_rad is known */
    double azimuth_offset_rad;
    bool bearing_is_lost;
    ap_sensor_residuals residuals;
} ap_sensor_figures;

/* The sensors of a run, by index. The caller owns both columns; entries never move and are never
 * removed, so an index is good for the whole run. */
typedef struct ap_sensor_table {
    ap_sensor *sensor;      /* [cap] */
    ap_sensor_stats *stats; /* [cap] */
    uint16_t count, cap;
    struct ap_asterix_editions *editions; /* those that sensors name for themselves; or NULL */
    ap_sensor_figures *figures;           /* [cap]; NULL: nobody reckons them */
} ap_sensor_table;

/* Sets the defaults of a kind: accuracies, turn time, detection probability, clutter, coverage.
 * Name, codes and site are left alone. */
void ap_sensor_defaults(ap_sensor *sensor, ap_sensor_kind kind);

/* Sets site and frame together. Latitude in [-pi/2, pi/2], longitude in [-pi, pi], height in
 * [-1000, 20000] m, else AP_ERR_RANGE. */
ap_err ap_sensor_place(ap_sensor *sensor, ap_geodetic site);

/* Adds a copy and gives its index; AP_ERR_FULL when the table is. */
ap_err ap_sensor_add(ap_sensor_table *table, const ap_sensor *sensor, uint16_t *index);

/* Index of the sensor with these codes that hears `input`, or AP_SENSOR_NONE. A sensor bound to
 * the input goes before one bound to any. O(count). */
uint16_t ap_sensor_find(const ap_sensor_table *table, uint8_t sac, uint8_t sic, uint16_t input);

/* Index of the sensor without codes and receiver that is bound to `input`, or AP_SENSOR_NONE. */
uint16_t ap_sensor_find_input(const ap_sensor_table *table, uint16_t input);

/* Index of the receiver with this id on `input`, or AP_SENSOR_NONE. */
uint16_t ap_sensor_find_receiver(const ap_sensor_table *table, uint16_t input, uint64_t receiver);

/* Widens first_utc..last_utc to hold `time`; an unknown time is ignored. */
void ap_sensor_stats_saw(ap_sensor_stats *stats, ap_utc_ns time);

#endif
