/* Witnesses: one transmission of a Mode S frame as several receivers heard it.
 *
 * The first hearing becomes the report; the others are witnesses. Both are handed on together here,
 * so that whoever multilaterates or judges has every copy with its receiver, time and level. */
#ifndef AIRPICTURE_WITNESS_H
#define AIRPICTURE_WITNESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "airpicture/receiver_clock.h"
#include "airpicture/time.h"

typedef struct ap_witness {
    uint64_t squitter;     /* number of the transmission, from 1, in the order of first hearing */
    uint16_t number;       /* 0: the first hearing, which was reported; then 1, 2... */
    uint16_t receiver;     /* row of the receiver table */
    uint16_t sensor;       /* row of the sensor table */
    ap_utc_ns receive_utc; /* of the stream, to its resolution */
    bool has_stamp;        /* clock and stamp are what the receiver said itself */
    ap_clock_kind clock;
    uint64_t stamp; /* 48 bits: ticks of 12 MHz, or second of the day and nanosecond */
    int16_t signal; /* 0..255, or -1 */
    const uint8_t *frame;
    size_t size; /* 7 or 14 */
} ap_witness;

/* Receives hearings one by one: a transmission that one receiver alone heard not at all; the first
 * hearing of others just before the first copy. What is pointed to is valid during the call. */
typedef void (*ap_witness_fn)(void *context, const ap_witness *witness);

#endif
