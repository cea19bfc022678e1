/* Simulator: what five sensors send while they watch a seeded traffic, and the truth beside it.
 *
 *     ap_simulate_config config = ap_simulate_config_default();
 *     void *mem = malloc(ap_simulate_size(&config));
 *     ap_simulate sim;
 *     ap_simulate_init(&sim, &config, mem, ap_simulate_size(&config));
 *     while (ap_simulate_next(&sim, &packet) == AP_OK) ...
 *     count = ap_simulate_truth(&sim, utc, truths, cap);           (at any time)
 *
 * Sensors, by index: three rotating radars with primary and Mode S (ASTERIX 048 and 034; turns of
 * 4.0, 5.2 and 8.1 s, sites 100 km from each other around the reference), one wide-area
 * multilateration (020 and 019, one update a second) and one receiver of 1090 MHz (Beast).
 *
 * Measured is what geometry gives: slant range and azimuth at the moment when the rotating beam
 * meets the target, behind the horizon of an Earth of 4/3 radius nothing, straight above a radar
 * nothing; noise, missed detections, false plots, and the steps of the formats. Noise is drawn by
 * (seed, sensor, flight, event): with a sensor left out the others send the same bytes.
 * Nothing is allocated after init. */
#ifndef AP_SIMULATE_SIMULATE_H
#define AP_SIMULATE_SIMULATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "airpicture/bytes.h"
#include "airpicture/err.h"
#include "airpicture/geo.h"
#include "airpicture/sensor.h"
#include "airpicture/time.h"
#include "model/truth.h"

#define AP_SIMULATE_RADAR_COUNT 3
#define AP_SIMULATE_MLAT 3 /* index of the multilateration */
#define AP_SIMULATE_ADSB 4 /* index of the 1090 MHz receiver */
#define AP_SIMULATE_SENSOR_COUNT 5

/* The inputs that the packets belong on, as the sensor descriptions have them. */
#define AP_SIMULATE_INPUT_ASTERIX 0
#define AP_SIMULATE_INPUT_BEAST 1

#define AP_SIMULATE_PACKET_SIZE 2048

typedef struct ap_simulate_config {
    uint64_t seed;
    ap_utc_ns start_utc;
    double duration_s;           /* [60, 86400] */
    ap_geodetic reference;       /* middle of the area; |latitude| <= 80 degrees */
    double area_radius_m;        /* where the traffic is, [20e3, 300e3] */
    uint32_t flight_count;       /* [3, 20000] */
    uint32_t primary_only_count; /* of these, without a transponder; <= flight_count - 3 */
    uint32_t sensors;            /* bit i: sensor i sends */
    double height_offset_m;      /* height above the ellipsoid less pressure altitude */
    double clutter_per_turn;     /* false primary plots a turn of each radar, [0, 1000] */
    bool registers;              /* the radars ask for registers 4,0, 5,0 and 6,0 */
    double radar_range_bias_m[AP_SIMULATE_RADAR_COUNT]; /* measured less true */
    double radar_azimuth_bias_rad[AP_SIMULATE_RADAR_COUNT];
} ap_simulate_config;

/* Seed 1, from 2024-03-01T12:00:00Z for ten minutes, sixty flights within 150 km of 56 N 3.5 E
 * (open sea), all sensors, registers, five false plots a turn, no biases. */
ap_simulate_config ap_simulate_config_default(void);

typedef enum ap_packet_kind {
    AP_PACKET_ASTERIX, /* one UDP datagram: whole data blocks */
    AP_PACKET_BEAST    /* one whole Beast frame */
} ap_packet_kind;

typedef struct ap_packet {
    ap_packet_kind kind;
    uint16_t sensor; /* index */
    uint16_t input;  /* AP_SIMULATE_INPUT_* */
    ap_utc_ns utc;   /* when it arrives; never before that of the packet before */
    const uint8_t *data;
    size_t size;
} ap_packet;

struct ap_simulate_state; /* lives in the caller's memory */

typedef struct ap_simulate {
    struct ap_simulate_state *state;
} ap_simulate;

/* Bytes that init needs; 0 when a field of the configuration is out of its range. */
size_t ap_simulate_size(const ap_simulate_config *config);

/* `mem` outlives the simulator. AP_ERR_ARGUMENT for a bad configuration, AP_ERR_MEMORY when
 * mem_size is too small. */
ap_err ap_simulate_init(ap_simulate *sim, const ap_simulate_config *config, void *mem,
                        size_t mem_size);

/* The next packet in order of time; its bytes are valid until the next call. AP_ERR_END at the
 * end of the run. */
ap_err ap_simulate_next(ap_simulate *sim, ap_packet *packet);

/* The aircraft in the air at `utc`, in order of id, at most `cap`; returns how many there are. */
size_t ap_simulate_truth(const ap_simulate *sim, ap_utc_ns utc, ap_truth *truths, size_t cap);

/* The sensors as their owner would describe them, AP_SIMULATE_SENSOR_COUNT of them; biases are not
 * told. Those that do not send (config.sensors) are there as well, so that indexes stay. */
const ap_sensor *ap_simulate_sensors(const ap_simulate *sim);

/* Whether sensor `index` sends, by the configuration. */
bool ap_simulate_sends(const ap_simulate *sim, unsigned index);

ap_utc_ns ap_simulate_start_utc(const ap_simulate *sim);

/* True when a sensor that sends may see a target there: for scoring what can be seen. */
bool ap_simulate_covers(const ap_simulate *sim, const ap_truth *truth);

/* Appends the sensors file of the sensors that send. The writer's `bad` tells when it was full. */
void ap_simulate_sensors_yaml(const ap_simulate *sim, ap_writer *text);

/* Truth as CSV: the line of column names, and one line per aircraft; time since the start. */
void ap_simulate_truth_csv_head(ap_writer *text);
void ap_simulate_truth_csv_row(const ap_simulate *sim, const ap_truth *truth, ap_writer *text);

#endif
