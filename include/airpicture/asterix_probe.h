/* Which edition does a sender use? Blocks of one source and category are tried with every edition:
 * it must fit exactly, and what it says must be plausible (unused bits zero, coordinates and times
 * in range, characters of the alphabet). One block proves little; several do. */
#ifndef AIRPICTURE_ASTERIX_PROBE_H
#define AIRPICTURE_ASTERIX_PROBE_H

#include "airpicture/asterix.h"

#define AP_ASTERIX_PROBE_EDITION_CAP 16

/* Plain, caller's. */
typedef struct ap_asterix_probe {
    uint8_t category;
    uint8_t edition_count;
    uint32_t block_count;
    struct {
        const ap_asterix_spec *spec;
        uint32_t fit_count;                  /* blocks that walk exactly to their end */
        uint32_t record_count;               /* records of those */
        uint32_t plausible_count;            /* of these */
    } edition[AP_ASTERIX_PROBE_EDITION_CAP]; /* ascending */
} ap_asterix_probe;

/* The answer. Editions that lay these blocks out alike cannot be told apart: `spec` is the newest
 * of them, `oldest` the oldest. */
typedef struct ap_asterix_probed {
    const ap_asterix_spec *spec, *oldest;
    const ap_asterix_spec *next;       /* the best of the others; NULL: there is none */
    double fit_share, plausible_share; /* [0, 1], of blocks, of their records */
    double next_score;                 /* fit_share * plausible_share of `next` */
    double sure; /* [0, 1]: score, less that of the next, shrunk for few blocks */
} ap_asterix_probed;

/* With every edition of the category; with none when it is not known. */
void ap_asterix_probe_init(ap_asterix_probe *probe, uint8_t category);

/* Tries the records of one block, without its header. */
void ap_asterix_probe_block(ap_asterix_probe *probe, const uint8_t *data, size_t size);

/* AP_ERR_UNKNOWN when no edition fits any block. */
ap_err ap_asterix_probe_best(const ap_asterix_probe *probe, ap_asterix_probed *answer);

#endif
