/* Comm-B registers into reports, and what is remembered of an aircraft's registers. */
#ifndef AP_SENSE_COMM_B_H
#define AP_SENSE_COMM_B_H

#include <stdbool.h>
#include <stdint.h>

#include "airpicture/comm_b.h"
#include "airpicture/report.h"
#include "airpicture/time.h"

/* Puts what a register says into the report.
 * in : bds 0x40, 0x50 or 0x60, others are ignored; mb: 56 bits, first bit highest.
 * A register that contradicts itself (see ap_comm_b_is_sound) is left out whole. */
void ap_sense_set_comm_b(ap_report *report, uint8_t bds, uint64_t mb);

/* Of one aircraft. All zeros: nothing known. */
typedef struct ap_comm_b_memory {
    uint32_t supported : 28;      /* bits of 1,7, bit 1 highest; 0: not reported */
    uint32_t weak_count : 3;      /* replies in a row whose weather agrees */
    uint32_t weak_is_4_5 : 1;     /* read as 4,5, else as 4,4 */
    uint32_t confirmed_hash : 24; /* of the last content that was named; 0: none */
    uint32_t confirmed_bds : 8;
    uint32_t weather;      /* bits 3..34 of the last weak content */
    uint16_t weak_s;       /* when: UTC seconds, low bits */
    int16_t rate_64th_fpm; /* last squittered vertical rate; INT16_MIN: none */
} ap_comm_b_memory;

_Static_assert(sizeof(ap_comm_b_memory) == 16, "there is one for each aircraft");

/* Fills in what the memory knows of the clue for this content; has_velocity must be set. */
void ap_comm_b_recall(const ap_comm_b_memory *memory, uint64_t mb, ap_utc_ns utc,
                      ap_comm_b_clue *clue);

/* Takes note of what a reply was found to be. */
void ap_comm_b_learn(ap_comm_b_memory *memory, uint64_t mb, ap_utc_ns utc,
                     const ap_comm_b_clue *clue, const ap_comm_b_inference *of);

/* Takes note of the vertical rate of a velocity squitter, or that it had none. */
void ap_comm_b_note_rate(ap_comm_b_memory *memory, bool known, int32_t vertical_rate_fpm);

#endif
