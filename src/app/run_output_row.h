/* One output of the service as the engine's thread has it, and how each kind makes its elements. */
#ifndef AP_APP_RUN_OUTPUT_ROW_H
#define AP_APP_RUN_OUTPUT_ROW_H

#include <stddef.h>
#include <stdint.h>

#include "airpicture/bytes.h"
#include "app/engine.h"
#include "app/run_ways.h"
#include "publish/asterix062_writer.h"

/* SBS: what was told of the track of a number. */
typedef struct ap_run_output_told {
    uint32_t id;
    ap_utc_ns updated_utc, callsign_utc, mode_3a_utc;
} ap_run_output_told;

typedef struct ap_run_output_row {
    const ap_run_output *config;
    const ap_engine *engine;
    ap_run_way *way;
    ap_track_filter filter;
    ap_asterix062_writer writer; /* CAT062 */
    void *mem;                   /* of the writer; SBS: ap_run_output_told[65536] */
    ap_utc_ns day_utc;           /* frames without a stamp: ticks count from it */
    ap_utc_ns told_ms;           /* Beast, extended: the last time that was told */
    size_t block_size;           /* CAT021: of the block that is open, 0: none */
    uint64_t block_count;        /* records in it */
    uint8_t block[AP_ASTERIX062_DATAGRAM_SIZE];
    uint64_t sent_count, byte_count; /* elements and octets that somebody could hear */
    uint64_t refused_count;          /* what the format cannot say */
    uint64_t seen_count;             /* sent_count when it was looked at last ... */
    ap_utc_ns sent_utc;              /* ... that it had grown */
} ap_run_output_row;

/* Whole elements, `count` of them, or a datagram. */
void ap_run_output_send(ap_run_output_row *row, const uint8_t *data, size_t size, uint64_t count);

/* A frame as it was received: the receiver's ticks, else those since the midnight before the first
 * one; its level, or 0. Nothing for one that a network made up, unless such are wanted. */
void ap_run_output_beast(ap_run_output_row *row, ap_writer *bytes, const ap_sense_heard *heard);
void ap_run_output_avr(ap_run_output_row *row, ap_writer *text, const ap_sense_heard *heard);

/* Lines about a track with an ICAO address that was updated: its position and velocity, and the
 * call sign and code if they were stated anew. Returns how many. */
uint64_t ap_run_output_sbs(ap_run_output_row *row, ap_writer *text, const ap_track_event *event,
                           const ap_track *track);

/* A report of ADS-B, in a block that goes when it is full, or with _end. */
void ap_run_output_cat021(ap_run_output_row *row, const ap_report *report);
void ap_run_output_cat021_end(ap_run_output_row *row);

#endif
