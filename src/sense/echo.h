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
    uint16_t from;     /* input, or receiver of a Mode S frame */
    bool refused;      /* it was not believed, and nor are its copies */
} ap_echo;

/* What a frame is that another may have delivered within 2 s. */
typedef enum ap_echo_kind {
    AP_ECHO_NEW,
    AP_ECHO_COPY,   /* of one that was taken */
    AP_ECHO_REFUSED /* of one that was not */
} ap_echo_kind;

/* Sets of four; when a set is full its oldest entry is forgotten, so a copy of it would pass. */
typedef struct ap_echo_table {
    ap_echo *echoes;    /* [set_count * 4] */
    uint32_t set_count; /* a power of two */
} ap_echo_table;

/* A table for `cap` entries, rounded up, at least four. */
void ap_echo_init(ap_echo_table *table, ap_arena *arena, uint32_t cap);

/* Hash of `size` bytes that belong to `source` (whose bytes they are: 0 for Mode S). Never 0. */
uint64_t ap_echo_hash(uint32_t source, const uint8_t *bytes, size_t size);

/* Looks only. */
ap_echo_kind ap_echo_look(const ap_echo_table *table, uint64_t hash, uint16_t from,
                          ap_utc_ns heard_utc);

/* Remembers that what was heard was refused. */
void ap_echo_refuse(ap_echo_table *table, uint64_t hash, uint16_t from, ap_utc_ns heard_utc);

/* Remembers what was heard. True when another has delivered the same within 2 s; then what is
 * remembered stays. *place is where it is remembered, below set_count * 4. */
bool ap_echo_copy(ap_echo_table *table, uint64_t hash, uint16_t from, ap_utc_ns heard_utc,
                  uint32_t *place);

/* The same, wherever it is remembered. */
bool ap_echo_elsewhere(ap_echo_table *table, uint64_t hash, uint16_t from, ap_utc_ns heard_utc);

/* True when anyone, this one too, has delivered the same within 2 s. */
bool ap_echo_anywhere(ap_echo_table *table, uint64_t hash, uint16_t from, ap_utc_ns heard_utc);

#endif
