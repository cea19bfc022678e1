/* Sense: records of each format to reports. Hop 4.
 *
 * One ap_sense per run. It finds the sensor of each record, gives it a UTC, solves CPR, checks
 * what an address/parity reply claims, corrects slant range, folds duplicates, and counts what it
 * refuses in the row of the sensor. No clock, no heap: memory is handed in. */
#ifndef AP_SENSE_SENSE_H
#define AP_SENSE_SENSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "airpicture/aircraft_row.h"
#include "airpicture/asterix.h"
#include "airpicture/err.h"
#include "airpicture/comm_b.h"
#include "airpicture/modes.h"
#include "airpicture/receiver.h"
#include "airpicture/report.h"
#include "airpicture/sensor.h"
#include "airpicture/witness.h"

/* One Mode S frame as one receiver heard it. */
typedef struct ap_sense_heard {
    const uint8_t *frame;
    size_t size;
    uint16_t receiver;     /* ap_receiver_of */
    ap_utc_ns receive_utc; /* of the stream */
    bool has_stamp;
    uint64_t stamp;      /* the receiver's own time, 48 bits */
    ap_clock_kind clock; /* that keeps it; told to witnesses */
    bool synthetic;      /* made up by a network: nobody heard it, at no time */
    bool multilaterated; /* synthetic, and placed by multilateration */
    int16_t signal;      /* 0..255, or -1 */
} ap_sense_heard;

/* Receives frames one by one; what is pointed to is valid during the call. */
typedef void (*ap_heard_fn)(void *context, const ap_sense_heard *heard);

typedef struct ap_sense_config {
    ap_sensor_table *sensors;     /* read, and added to when a self-locating source appears */
    ap_receiver_table *receivers; /* of the same inputs and sensors: what each has delivered */
    uint16_t input_cap;           /* inputs: files or streams, [1, 4096] */
    uint32_t aircraft_cap;        /* addresses remembered per run, [64, 4000000] */
    const ap_asterix_editions *editions;
    ap_report_fn on_report;   /* not NULL */
    ap_witness_fn on_witness; /* or NULL */
    /* Each transmission that was believed, as it was received first, before any repair; or NULL. */
    ap_heard_fn on_heard;
    void *context;
} ap_sense_config;

struct ap_sense_state;

typedef struct ap_sense {
    struct ap_sense_state *state;
} ap_sense;

/* Bytes for init; 0 when a field is out of its range. */
size_t ap_sense_size(const ap_sense_config *config);
ap_err ap_sense_init(ap_sense *sense, const ap_sense_config *config, void *mem, size_t mem_size);

/* The memory of init as another run of the same program left it, read back to the same address:
 * functions, tables and context are those of *config from here on; its capacities are the same. */
void ap_sense_rebind(ap_sense *sense, const ap_sense_config *config);

/* One datagram or block run. `receive_utc` is known (the pipeline makes one up from the time of
 * day where the container has none). Every record that cannot be used is counted. */
void ap_sense_asterix(ap_sense *sense, uint16_t input, ap_utc_ns receive_utc, const uint8_t *data,
                      size_t size);

/* Each frame ends in one counter of its sensor: a report, a refusal, a service message or, when
 * another receiver has delivered the same within 2 s, a witness. Its sensor is the receiver's own;
 * for what others have placed, by multilateration or as TIS-B, one beside it as for rows (below).
 * Rows of receivers that were never added are ignored. */
void ap_sense_modes(ap_sense *sense, const ap_sense_heard *heard);

/* The same for `count` frames, one after the other, and faster: with thousands of aircraft the time
 * goes to memory, which is asked for some frames ahead. */
void ap_sense_modes_batch(ap_sense *sense, size_t count, const ap_sense_heard *heard);

/* Frames on their way to a batch, in bytes of their own: those of a frame last only until the next
 * is read. */
#define AP_SENSE_SLICE 32u
typedef struct ap_sense_slice {
    size_t count; /* at most AP_SENSE_SLICE */
    ap_sense_heard heard[AP_SENSE_SLICE];
    uint8_t bytes[AP_SENSE_SLICE][AP_MODES_LONG_SIZE];
} ap_sense_slice;

/* Puts a frame of at most AP_MODES_LONG_SIZE bytes behind the others; there must be room. */
void ap_sense_slice_add(ap_sense_slice *slice, const ap_sense_heard *heard);
/* The batch of them all; then the slice is empty. */
void ap_sense_slice_take(ap_sense *sense, ap_sense_slice *slice);

/* The same for a frame that is decoded already: `err` and *decoded are what ap_modes_decode gave.
 */
void ap_sense_modes_decoded(ap_sense *sense, const ap_sense_heard *heard, ap_err err,
                            const ap_modes_frame *decoded);

/* One row of a target format, read from `size` bytes; `err` is what ap_feed_row gave. It becomes
 * one report, at the time of its position, else its own, else its receipt.
 *
 * ADS-B rows are of the input's own sensor; those by multilateration, TIS-B and other means of
 * sensors beside it (kinds MLAT, TRACKER, UNKNOWN), so that no synthetic position passes for the
 * aircraft's. The error of a position is that of NACp, else that of a NUCp one below the NIC, else
 * the sensor's. Polled rows whose position was told before are refused as duplicates, as are the
 * same positions on another input. Lost: registration, type, containment, version, autopilot
 * settings but the altitude, true heading, signal, message count. */
void ap_sense_row(ap_sense *sense, uint16_t input, ap_utc_ns receive_utc, size_t size, ap_err err,
                  const ap_aircraft_row *row);

/* Refuses the position frames that still wait for their other half. Call it at the end of the
 * input: then the frames of a Mode S receiver are its reports, its refusals, its service messages
 * and what it witnessed. */
void ap_sense_flush(ap_sense *sense);

/* Position of a frame just given to ap_sense_modes, if it led to one: for `decode`, which prints
 * it beside the frame's own fields. */
typedef struct ap_sense_fix {
    bool has_position;
    double latitude_deg, longitude_deg;
} ap_sense_fix;
ap_sense_fix ap_sense_last_fix(const ap_sense *sense);

/* The register found in the Comm-B reply just given to ap_sense_modes, with the alternatives; NULL
 * for other frames and for replies that were refused. */
const ap_comm_b_inference *ap_sense_last_register(const ap_sense *sense);

/* What belongs to no sensor: blocks that name none, by input. */
const ap_refusals *ap_sense_refused(const ap_sense *sense, uint16_t input);

#endif
