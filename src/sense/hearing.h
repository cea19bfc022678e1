/* Who hears whom: which receiver has delivered squitters of which aircraft in the last minute.
 *
 * It proves addresses receiver by receiver, however many there are, counts the receivers of an
 * aircraft and the aircraft of a receiver, and tells what a receiver missed. Used from the moment
 * that a run has more than one receiver. */
#ifndef AP_SENSE_HEARING_H
#define AP_SENSE_HEARING_H

#include <stdbool.h>
#include <stdint.h>

#include "airpicture/receiver.h"
#include "base/arena.h"

/* One aircraft as one receiver hears it. Eight of them are a cache line. */
typedef struct ap_hearing {
    uint32_t tag;      /* of aircraft and receiver; 0: free */
    uint16_t window;   /* half minute of the last squitter, low bits */
    uint16_t sequence; /* of the aircraft's squitters, when this receiver delivered one last */
} ap_hearing;

/* Sets of eight; when a set is full the entry silent for longest is forgotten, so that its receiver
 * has to prove the aircraft anew. */
typedef struct ap_hearing_table {
    ap_hearing *hearings; /* [set_count * 8] */
    uint32_t set_count;   /* a power of two */
} ap_hearing_table;

/* What an aircraft keeps of its hearers. Set to zero when it is new. */
typedef struct ap_hearers {
    uint16_t window;                  /* half minute that `now` counts in, low bits */
    uint16_t now_count, before_count; /* receivers in it, and in the one before */
    uint16_t sequence;                /* position squitters, as first heard */
} ap_hearers;

/* A table for `cap` pairs of aircraft and receiver, rounded up. */
void ap_hearing_init(ap_hearing_table *table, ap_arena *arena, uint32_t cap);

/* Takes note of a checked squitter in the half minute `window`. `several` is false while there is
 * one receiver only: then the table is left alone. `is_position`: it counts for what was missed;
 * `is_first`: nobody has delivered it before. */
void ap_hearing_note(ap_hearing_table *table, uint32_t key, ap_hearers *hearers, uint16_t receiver,
                     ap_receiver_stats *stats, uint32_t window, bool several, bool is_position,
                     bool is_first);

/* Seconds from the begin of the half minute in which the receiver last delivered a squitter of the
 * aircraft to `utc`, at least 0; infinite when that is older than the half minute before. */
double ap_hearing_age_s(const ap_hearing_table *table, uint32_t key, uint16_t receiver,
                        ap_utc_ns utc);

/* Receivers that delivered squitters of the aircraft in the last half minute to minute: the larger
 * number of this window and the one before. */
uint16_t ap_hearers_count(const ap_hearers *hearers, uint32_t window);

#endif
