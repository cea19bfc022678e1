/* Echoes: the same squitter heard by several receivers. */
#ifndef AP_SENSE_ECHO_H
#define AP_SENSE_ECHO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "airpicture/time.h"
#include "base/arena.h"

#define AP_ECHO_WINDOW_NS (INT64_C(2) * AP_NS_PER_S)

/* One frame heard. */
typedef struct ap_echo {
    uint64_t hash; /* of the frame; 0: free */
    ap_utc_ns heard_utc;
    uint16_t input;
} ap_echo;

/* Sets of four; when a set is full its oldest frame is forgotten, so a copy of it would pass. */
typedef struct ap_echo_table {
    ap_echo *echoes;    /* [set_count * 4] */
    uint32_t set_count; /* a power of two */
} ap_echo_table;

/* A table for `frame_cap` frames, rounded up, at least four. */
void ap_echo_init(ap_echo_table *table, ap_arena *arena, uint32_t frame_cap);

/* Remembers the frame. True when another input has delivered the same bytes within 2 s. A frame
 * repeated on one input is a new transmission: those repeat identically. */
bool ap_echo_heard(ap_echo_table *table, const uint8_t *frame, size_t size, uint16_t input,
                   ap_utc_ns heard_utc);

#endif
