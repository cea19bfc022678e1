/* The output of a surveillance data processing system: batches of ASTERIX 065, 063, 062, 065.
 *
 * Each `period_s` of data time, on the grid of the day, one batch: SDPS status (065), one status
 * record per sensor with a SAC/SIC (063), every published track moved to the time of the batch
 * (062), end of batch (065). A track that ends is told at once, behind the batches due by then,
 * with the mark of its last message; so is, when it would be due, one that the filter lets pass no
 * more. With on_update the tracks that have changed go each update_s too, on the same grid, and the
 * batch holds those that did not go within a period. The times of the datagrams never decrease.
 * Datagrams hold whole blocks of whole records. The same events and ticks give the same bytes. */
#ifndef AP_PUBLISH_ASTERIX062_WRITER_H
#define AP_PUBLISH_ASTERIX062_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "airpicture/err.h"
#include "airpicture/sensor.h"
#include "airpicture/track.h"
#include "publish/track_filter.h"

#define AP_ASTERIX062_DATAGRAM_SIZE 1400u /* below every usual link's limit */

/* A datagram, valid during the call; `time` is that of the batch or of the track's end. */
typedef void (*ap_datagram_fn)(void *context, ap_utc_ns time, const uint8_t *data, size_t size);

typedef struct ap_asterix062_config {
    uint8_t sac, sic, service;
    double period_s;                /* between batches, [0.25, 60] */
    bool on_update;                 /* tracks that have changed are told between them */
    double update_s;                /* and collected for so long, [0.05, 10] */
    uint32_t track_cap;             /* published tracks at once, [16, 65535] */
    bool has_reference;             /* Cartesian positions too (I062/100) */
    ap_geodetic reference;          /* within 89 degrees of latitude */
    const ap_sensor_table *sensors; /* read at each batch; NULL: no 063 */
    const ap_track_filter *filter;  /* what it tells; NULL: all. Outlives the writer */
    ap_datagram_fn on_datagram;     /* not NULL */
    void *context;
} ap_asterix062_config;

struct ap_asterix062_state;

typedef struct ap_asterix062_writer {
    struct ap_asterix062_state *state;
} ap_asterix062_writer;

typedef struct ap_asterix062_stats {
    uint64_t batch_count, datagram_count, byte_count;
    uint64_t record_count;       /* of all three categories */
    uint64_t track_record_count; /* of category 062 */
    uint64_t refused_count;      /* events beyond track_cap, records that cannot be encoded */
    uint64_t unnumbered_count;   /* tracks never told: all 65,535 numbers were taken */
} ap_asterix062_stats;

/* SAC/SIC 0/0, service 1, 5 s, updates each 0.25 s if wanted, 4096 tracks; sensors, filter and
 * on_datagram are NULL. */
ap_asterix062_config ap_asterix062_config_default(void);

size_t ap_asterix062_writer_size(const ap_asterix062_config *config); /* 0 = bad config */
ap_err ap_asterix062_writer_init(ap_asterix062_writer *writer, const ap_asterix062_config *config,
                                 void *mem, size_t mem_size);

/* Sends the batches that are due at `now`; call it before the events of that time. After a pause
 * of more than a minute the batches of the pause are left out. */
void ap_asterix062_writer_tick(ap_asterix062_writer *writer, ap_utc_ns now);

/* Takes an event of a track in. */
void ap_asterix062_writer_track(ap_asterix062_writer *writer, const ap_track_event *event,
                                const ap_track *track);

/* A last batch, at `now`. Call at the end of the input. */
void ap_asterix062_writer_flush(ap_asterix062_writer *writer, ap_utc_ns now);

ap_asterix062_stats ap_asterix062_writer_stats(const ap_asterix062_writer *writer);

#endif
