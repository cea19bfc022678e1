/* Alerts: what a person or a system should be told about the picture. */
#ifndef AIRPICTURE_ALERT_H
#define AIRPICTURE_ALERT_H

#include <stdint.h>

#include "airpicture/time.h"

/* clang-format off */
#define AP_ALERT_KIND_MAP(X)                                                              \
    X(EMERGENCY_CODE,  "emergency_code",  "squawks 7500, 7600 or 7700")                   \
    X(ADDRESS_SHARED,  "address_shared",  "two aircraft use one 24-bit address")          \
    X(POSITION_LOW_INTEGRITY, "position_low_integrity", "its ADS-B position lost integrity")
/* clang-format on */

typedef enum ap_alert_kind {
#define AP_ALERT_ENUM(name, key, text) AP_ALERT_##name,
    AP_ALERT_KIND_MAP(AP_ALERT_ENUM)
#undef AP_ALERT_ENUM
        AP_ALERT_KIND_COUNT
} ap_alert_kind;

const char *ap_alert_kind_key(ap_alert_kind kind);
const char *ap_alert_kind_text(ap_alert_kind kind);

#define AP_ALERT_WHO_SIZE 32 /* with the final NUL */

typedef struct ap_alert {
    uint32_t id; /* from 1, in order of appearance */
    ap_alert_kind kind;
    uint32_t track_id;   /* whom it concerns */
    uint32_t detail;     /* EMERGENCY_CODE: the Mode 3/A code; ADDRESS_SHARED: the address;
                            POSITION_LOW_INTEGRITY: the NIC */
    ap_utc_ns since_utc; /* when its condition began */
    ap_utc_ns until_utc; /* when it ended; AP_UTC_UNKNOWN while it lasts */
    /* Who of the operators said first that he has seen it, and when; "": nobody yet. */
    char acknowledged_by[AP_ALERT_WHO_SIZE];
    ap_utc_ns acknowledged_utc;
} ap_alert;

typedef void (*ap_alert_fn)(void *context, const ap_alert *alert);

#endif
