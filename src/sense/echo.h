/* Echoes: the same squitter heard by several receivers, the same record received twice. */
#ifndef AP_SENSE_ECHO_H
#define AP_SENSE_ECHO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "airpicture/time.h"
#include "base/arena.h"

#define AP_ECHO_MS 2000 /* copies arrive within */

/* One frame or record heard. Four of them are a cache line. */
typedef struct ap_echo {
    uint64_t hash;     /* 0: free */
    uint32_t heard_ms; /* low bits of the time */
    uint16_t input;
} ap_echo;

/* Sets of four; when a set is full its oldest entry is forgotten, so a copy of it would pass. */
typedef struct ap_echo_table {
    ap_echo *echoes;    /* [set_count * 4] */
    uint32_t set_count; /* a power of two */
} ap_echo_table;

/* A table for `cap` entries, rounded up, at least four. */
void ap_echo_init(ap_echo_table *table, ap_arena *arena, uint32_t cap);

/* Hash of `size` bytes that belong to `source` (whose bytes they are: 0 for Mode S). Never 0. */
uint64_t ap_echo_hash(uint32_t source, const uint8_t *bytes, size_t size);

/* Remembers what was heard. True when another input has delivered the same within 2 s; then what is
 * remembered stays. */
bool ap_echo_elsewhere(ap_echo_table *table, uint64_t hash, uint16_t input, ap_utc_ns heard_utc);

/* True when any input, this one too, has delivered the same within 2 s. */
bool ap_echo_anywhere(ap_echo_table *table, uint64_t hash, uint16_t input, ap_utc_ns heard_utc);

#endif
