/* Point: a track's state at one time in fixed steps, small enough to be kept by the million and
 * sent by the thousand. */
#ifndef AP_PICTURE_POINT_H
#define AP_PICTURE_POINT_H

#include <stdint.h>

#include "airpicture/track.h"

#define AP_POINT_UNKNOWN INT32_MIN /* of an altitude or height */

/* Techniques count that saw the track within so long before its newest report: more than the
 * slowest radar's turn. */
#define AP_POINT_TECHNIQUE_AGE_NS (15 * AP_NS_PER_S)

/* clang-format off */
#define AP_POINT_BIT_MAP(X)                                                                 \
    X(COASTING,         0, "coasting",         "no update for longer than its sensors need") \
    X(PSR,              1, "psr",              "seen by primary radar lately")              \
    X(SSR,              2, "ssr",              "by Mode A/C")                               \
    X(MODE_S,           3, "mode_s",           "by Mode S replies")                         \
    X(MLAT,             4, "mlat",             "by multilateration")                        \
    X(ADSB,             5, "adsb",             "by ADS-B")                                  \
    X(ON_GROUND,        6, "on_ground",        "")                                          \
    X(SIMULATED,        7, "simulated",        "no real aircraft")                          \
    X(EMERGENCY,        8, "emergency",        "it says so")                                \
    X(SPI,              9, "spi",              "special position identification")           \
    X(EXTRAPOLATED,    10, "extrapolated",     "its position was carried on")               \
    X(IDENTITY_DOUBTED,11, "identity_doubted", "identity and motion disagree")              \
    X(ADDRESS_SHARED,  12, "address_shared",   "another live track has its address")        \
    X(FALLING,         13, "falling",          "by gravity and drag alone, likelier than not") \
    X(GEOMETRIC,       14, "geometric",        "the altitude is a height above the ellipsoid")
/* clang-format on */

typedef enum ap_point_bit {
#define AP_POINT_BIT_ENUM(name, bit, key, text) AP_POINT_##name = 1u << (bit),
    AP_POINT_BIT_MAP(AP_POINT_BIT_ENUM)
#undef AP_POINT_BIT_ENUM
} ap_point_bit;

/* Numbers beyond their range stand at its end. */
typedef struct ap_point {
    ap_utc_ns time_utc;                      /* of validity */
    int32_t latitude_e7deg, longitude_e7deg; /* 1e-7 degrees */
    int32_t altitude_dm;                     /* pressure altitude; height above the ellipsoid when
                                              * only that is known (AP_POINT_GEOMETRIC) */
    int32_t geometric_dm;                    /* height above the ellipsoid */
    uint16_t speed_dmps;                     /* 0.1 m/s over ground */
    uint16_t course_turn16;                  /* 1/65536 turn, clockwise from true north */
    int16_t vertical_dmps;                   /* 0.1 m/s up; 0 when not known */
    uint16_t bits;                           /* AP_POINT_* */
} ap_point;

ap_point ap_point_of(const ap_track *track);

/* The bits of the techniques that saw the track lately. */
uint16_t ap_point_techniques(const ap_track *track);

/* Key of the bit 1u << `bit`; NULL beyond the list. */
const char *ap_point_bit_key(unsigned bit);

#endif
