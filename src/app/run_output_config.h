/* One entry of the service's `outputs`: what goes out, how, and which part of it.
 *
 *     outputs:
 *       - {kind: cat062, host: 239.1.2.3, on_update: true, only: [aircraft]}
 *       - {kind: beast}
 */
#ifndef AP_APP_RUN_OUTPUT_CONFIG_H
#define AP_APP_RUN_OUTPUT_CONFIG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "app/yaml_entry.h"
#include "publish/track_filter.h"

#define AP_RUN_NAME_MAX 63
#define AP_RUN_HOST_MAX 255
#define AP_RUN_OUTPUT_CAP 64u

/* clang-format off */
#define AP_RUN_OUTPUT_MAP(X)                                                        \
    X(CAT062, "cat062") /* system tracks, with CAT063 and CAT065 */                 \
    X(CAT021, "cat021") /* ADS-B as a ground station reports it */                  \
    X(FINAL,  "final")  /* ASTERIX as it was received, with the time, in FINAL */   \
    X(BEAST,  "beast")  /* Mode S frames as they were received, each once */        \
    X(AVR,    "avr")    /* the same as text */                                      \
    X(SBS,    "sbs")    /* tracks as BaseStation lines */
/* clang-format on */

typedef enum ap_run_output_kind {
#define AP_RUN_OUTPUT_ENUM(name, key) AP_RUN_OUTPUT_##name,
    AP_RUN_OUTPUT_MAP(AP_RUN_OUTPUT_ENUM)
#undef AP_RUN_OUTPUT_ENUM
        AP_RUN_OUTPUT_KIND_COUNT
} ap_run_output_kind;

typedef enum ap_run_transport { AP_RUN_UDP, AP_RUN_TCP } ap_run_transport;

/* Absent texts are "". */
typedef struct ap_run_output {
    char name[AP_RUN_NAME_MAX + 1];
    int kind;                       /* ap_run_output_kind */
    int transport;                  /* ap_run_transport */
    char host[AP_RUN_HOST_MAX + 1]; /* UDP: where to; TCP: of this side */
    uint16_t port;
    char interface[AP_RUN_HOST_MAX + 1]; /* of multicast */
    uint8_t ttl;
    uint32_t client_cap, queue_kb;
    uint8_t sac, sic, service;
    double period_s;
    bool on_update;
    uint32_t update_ms;
    bool extended, mlat;
    double south_rad, west_rad, north_rad, east_rad;
    double level_min_m, level_max_m;
    ap_track_filter filter; /* but for the names of sensors and their table */
    char sensors[AP_TRACK_FILTER_SENSOR_CAP][AP_RUN_NAME_MAX + 1]; /* [filter.sensor_count] */
} ap_run_output;

extern const ap_yaml_group ap_run_output_group;

const char *ap_run_output_kind_key(ap_run_output_kind kind);

/* Reads and judges an entry. False when it is none; errors are told in any case. */
bool ap_run_output_read(ap_yaml_reading *reading, const yaml_node_t *node, ap_run_output *output);

/* Whether it would listen where another does who listens at that address and port. */
bool ap_run_output_shares(const ap_run_output *output, const char *host, uint16_t port);

/* The filter, with names from *output and the sensors of `table`. Both outlive it. */
ap_track_filter ap_run_output_filter(const ap_run_output *output, const ap_sensor_table *table);

/* One line for people. */
void ap_run_output_print(const ap_run_output *output, FILE *out);

#endif
