/* Who a track is: address, codes, call sign and what else its reports say of it. */
#ifndef AP_TRACK_IDENTITY_H
#define AP_TRACK_IDENTITY_H

#include <stdbool.h>
#include <stdint.h>

#include "airpicture/report.h"
#include "airpicture/sensor.h"
#include "airpicture/track.h"

typedef struct ap_identity {
    uint32_t present; /* AP_HAS_* */
    uint32_t flags;   /* AP_FLAG_* */
    uint32_t address;
    uint8_t address_kind, emitter_category;
    uint8_t nic, nac_p, nac_v, sil;
    uint16_t mode_3a, mode_3a_next; /* the code now, and one seen once that differs */
    char callsign[AP_CALLSIGN_SIZE], callsign_next[AP_CALLSIGN_SIZE]; /* likewise */
    ap_utc_ns mode_3a_utc, callsign_utc;
    float heading_rad, true_airspeed_mps, indicated_airspeed_mps, mach, roll_rad;
    float selected_altitude_m, track_rate_radps;
    bool has_pressure_altitude, has_geometric_height;
    double geometric_height_m;
    ap_utc_ns pressure_altitude_utc, geometric_height_utc;
    ap_utc_ns psr_utc, ssr_utc, mode_s_utc, mlat_utc, adsb_utc;
} ap_identity;

typedef enum ap_identity_news {
    AP_IDENTITY_SAME,
    AP_IDENTITY_GAINED,  /* an address, code or call sign became known */
    AP_IDENTITY_CHANGED, /* one of them is another now */
} ap_identity_news;

/* Nothing known. */
void ap_identity_start(ap_identity *identity);

/* Takes in what a report of a sensor says. An address is taken only once: one that
 * changes is a matter of two tracks (track/heirs.c). A differing Mode 3/A code or call sign must
 * come twice in a row: replies garble, and addresses are shared. Garbled and unvalidated codes are
 * not taken. */
ap_identity_news ap_identity_take(ap_identity *identity, const ap_report *report,
                                  ap_sensor_kind kind);

/* True of a code that many aircraft use at once. */
bool ap_code_is_shared(uint16_t code);

/* How much likelier the identity in a report is when it is of this aircraft than when it is not;
 * 1 where there is nothing to compare, 0 for two different addresses. */
double ap_identity_factor(const ap_identity *identity, const ap_report *report);

/* True when nothing says that they are two aircraft. */
bool ap_identity_compatible(const ap_identity *a, const ap_identity *b);

/* Copies it into a snapshot. */
void ap_identity_show(const ap_identity *identity, ap_track *track);

#endif
