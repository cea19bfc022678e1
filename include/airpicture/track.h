/* Tracks: what the engine believes about one aircraft. */
#ifndef AIRPICTURE_TRACK_H
#define AIRPICTURE_TRACK_H

#include <stdbool.h>
#include <stdint.h>

#include "airpicture/geo.h"
#include "airpicture/report.h"
#include "airpicture/sensor.h"
#include "airpicture/time.h"

#define AP_TRACK_REASON_CAP 16 /* newest reasons kept per track */
#define AP_TRACK_SOURCE_CAP 12 /* sensors remembered per track */
#define AP_TRACK_MODE_CAP 8    /* motion models of a filter */
#define AP_TRACK_VERTICAL_MODES 4
#define AP_TRACK_GEOMETRIC_AGE_MAX_S 10.0

typedef enum ap_track_state {
    AP_TRACK_TENTATIVE, /* may be clutter; not published */
    AP_TRACK_FIRM,      /* confirmed and updated lately */
    AP_TRACK_COASTING,  /* confirmed, the last update is older than it should be */
    AP_TRACK_DEAD,      /* gone; its last event says so */
    AP_TRACK_STATE_COUNT
} ap_track_state;

/* Key for machines: "tentative", "firm", "coasting", "dead". */
const char *ap_track_state_key(ap_track_state state);

/* clang-format off */
#define AP_REASON_MAP(X)                                                                   \
    X(BORN_ADDRESS,     "born_address",     "first position of an address without a track") \
    X(BORN_PLOT,        "born_plot",        "a plot that no track explained")              \
    X(BORN_DUPLICATE,   "born_duplicate",   "address in use, but too far from its track")  \
    X(CONFIRMED_ADDRESS,"confirmed_address","consistent positions under one address")      \
    X(CONFIRMED_EXISTS, "confirmed_exists", "existence probability above the threshold")   \
    X(COASTED,          "coasted",          "no update for longer than its sensors need")  \
    X(RESUMED,          "resumed",          "updated again after coasting")                \
    X(IDENTITY_GAINED,  "identity_gained",  "an address, code or call sign became known")  \
    X(IDENTITY_CHANGED, "identity_changed", "an address, code or call sign changed")       \
    X(IDENTITY_DOUBTED, "identity_doubted", "identity and motion speak for different aircraft") \
    X(GATE_REFUSED,     "gate_refused",     "a report with its address lay outside its gate") \
    X(MERGED,           "merged",           "another track of the same aircraft joined it") \
    X(REINITIALISED,    "reinitialised",    "position taken anew after consistent refusals") \
    X(FALL_BEGAN,       "fall_began",       "it falls by gravity and drag alone")          \
    X(FALL_ENDED,       "fall_ended",       "it does not fall any more, or is not seen to") \
    X(DROPPED_TIME,     "dropped_time",     "no update for longer than the limit")         \
    X(DROPPED_EXISTS,   "dropped_exists",   "existence probability below the threshold")   \
    X(DROPPED_MERGED,   "dropped_merged",   "joined another track of the same aircraft")   \
    X(DROPPED_CAPACITY, "dropped_capacity", "least certain track when the table was full") \
    X(DROPPED_RESTART,  "dropped_restart",  "the time of the input began anew")            \
    X(BORN_BESIDE,      "born_beside",      "a plot beside a firm track, and not its own") \
    X(SPLIT,            "split",            "another track that began beside it was confirmed") \
    X(MAY_BE_SWAPPED,   "may_be_swapped",   "so close to another that which is which is open")
/* clang-format on */

typedef enum ap_reason_code {
#define AP_REASON_ENUM(name, key, text) AP_REASON_##name,
    AP_REASON_MAP(AP_REASON_ENUM)
#undef AP_REASON_ENUM
        AP_REASON_COUNT
} ap_reason_code;

const char *ap_reason_key(ap_reason_code code);
const char *ap_reason_text(ap_reason_code code);

typedef struct ap_reason {
    ap_utc_ns time_utc;
    uint32_t other;  /* id of the other track concerned, or 0 */
    uint16_t sensor; /* whose report caused it, or AP_SENSOR_NONE */
    uint8_t code;    /* ap_reason_code */
} ap_reason;

/* One sensor's part in a track. */
typedef struct ap_track_source {
    uint16_t sensor;
    uint32_t report_count;
    ap_utc_ns last_utc;
    /* The newest position of its own less where the track was expected then, in the local plane;
     * NAN: none was compared. */
    float residual_east_m, residual_north_m;
} ap_track_source;

/* Of a track that falls by gravity and drag alone: its state in space at the newest position that
 * had a height. ECEF, metres and seconds, relative to the rotating Earth. */
typedef struct ap_track_fall {
    double probability; /* that it falls, not flies; 0: it is not taken for falling, and nothing
                         * else here means anything */
    ap_utc_ns time_utc; /* of what follows */
    ap_vec3 ecef;
    ap_vec3 velocity_ecef_mps;
    double P_ecef[21];                     /* covariance of both, upper triangle row by row */
    double ballistic_coefficient_kgpms2;   /* m g / C_D A, kg/(m s2) */
    double ballistic_coefficient_ln_sigma; /* 1 sigma of its natural logarithm */
} ap_track_fall;

typedef struct ap_track {
    uint32_t id;     /* from 1, in order of birth, never used twice in a run */
    uint16_t number; /* 1..65535, on the wire, given at confirmation (0: none yet, or all are
                      * taken); not reused while alive nor for five minutes */
    ap_track_state state;
    double existence;                  /* probability that there is an aircraft, [0, 1] */
    ap_utc_ns born_utc, confirmed_utc; /* AP_UTC_UNKNOWN before confirmation */
    ap_utc_ns updated_utc;             /* time of the newest report in it */
    ap_utc_ns time_utc;                /* of validity of the state below */
    uint32_t update_count;

    /* Kinematics at time_utc; ENU at the track's own position. */
    ap_geodetic position; /* height_m: best height above the ellipsoid, see has_height */
    double east_mps, north_mps, up_mps;
    double track_rate_radps; /* clockwise > 0 */
    /* Along the track, speeding up > 0: the mean over the newest measurements, of which the tracker
     * keeps 6 to 12, or as many as it takes to know it to 0.3 m/s2 (1 sigma). */
    bool has_acceleration;
    double acceleration_mps2;
    double P_enu[4][4];      /* covariance of east, north (m), east, north velocity (m/s) */
    double vertical_P[2][2]; /* covariance of height (m) and vertical rate (m/s) */
    double mode_probability[AP_TRACK_MODE_CAP]; /* of the horizontal motion models */
    /* That it keeps its level, has a steady rate, changes it slowly, or quickly. */
    double vertical_probability[AP_TRACK_VERTICAL_MODES];

    bool has_height;            /* height and vertical state rest on a report */
    bool has_pressure_altitude; /* the same for the pressure altitude */
    bool has_geometric_height;
    double pressure_altitude_m; /* filtered, 1013.25 hPa */
    double geometric_height_m;  /* last reported, above the ellipsoid */
    ap_utc_ns pressure_altitude_utc, geometric_height_utc;

    /* Identity; `present` says what is known (AP_HAS_* of address, mode 3/A, call sign,
     * emitter category, heading, airspeeds, selected altitude, integrity). */
    uint32_t present;
    uint32_t flags; /* AP_FLAG_*, each as the newest report that can state it has it */
    uint32_t address;
    uint8_t address_kind;
    uint8_t emitter_category;
    uint16_t mode_3a;
    char callsign[AP_CALLSIGN_SIZE];
    bool address_shared;   /* another live track has the same address */
    bool identity_doubted; /* its identity and its motion lately spoke for different aircraft */
    uint8_t nic, nac_p, nac_v, sil;
    ap_utc_ns mode_3a_utc, callsign_utc;
    double heading_rad, true_airspeed_mps, indicated_airspeed_mps, mach, roll_rad;
    double selected_altitude_m;

    /* Newest contribution of each technique; AP_UTC_UNKNOWN if never. */
    ap_utc_ns psr_utc, ssr_utc, mode_s_utc, mlat_utc, adsb_utc;

    uint16_t source_count;
    ap_track_source source[AP_TRACK_SOURCE_CAP]; /* newest first */
    uint16_t reason_count;                 /* total ever; the newest AP_TRACK_REASON_CAP are kept */
    ap_reason reason[AP_TRACK_REASON_CAP]; /* ring: entry i at i % AP_TRACK_REASON_CAP */

    /* Of a falling track; P_enu and vertical_P are the same covariance then, and the modes of
     * flight have no probabilities. */
    ap_track_fall fall;
} ap_track;

/* What happened to a track. */
typedef enum ap_track_event_kind {
    AP_EVENT_BORN,
    AP_EVENT_CONFIRMED,
    AP_EVENT_UPDATED, /* a report was taken in: told at once with a position or a new identity, else
                       * when the last event is a second old */
    AP_EVENT_COASTED,
    AP_EVENT_DROPPED,
    AP_EVENT_KIND_COUNT
} ap_track_event_kind;

const char *ap_track_event_key(ap_track_event_kind kind);

typedef struct ap_track_event {
    ap_track_event_kind kind;
    ap_utc_ns time_utc; /* of the report, or of the tick that decided */
    uint16_t sensor;    /* that caused it, or AP_SENSOR_NONE */
    /* Of an update by a position, where the tracker is configured for it: v' S^-1 v of the
     * innovation v, the measured position less the predicted one, and S, the covariance that both
     * have together as the filter weighs them. How many numbers v has; 0: not told. */
    double nis;
    uint8_t nis_dimensions;
} ap_track_event;

/* Speed over ground and track angle [0, 2 pi) of a track. */
double ap_track_speed_mps(const ap_track *track);
double ap_track_course_rad(const ap_track *track);

/* The track moved to `time` along its own velocity and turn, covariance grown; for display and
 * periodic output. `fall` stays, at its own time. Marks the copy AP_FLAG_EXTRAPOLATED when `time`
 * is after updated_utc. */
ap_track ap_track_at(const ap_track *track, ap_utc_ns time);

/* Height above the ellipsoid at the track's time_utc: the one last reported, carried on with the
 * vertical rate. False, and nothing written, when none was reported within the last
 * AP_TRACK_GEOMETRIC_AGE_MAX_S: an aircraft whose satellite navigation fails climbs on. */
bool ap_track_geometric_height(const ap_track *track, double *height_m);

#endif
