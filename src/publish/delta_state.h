/* What the flavours of the stream are written from; private to publish/delta*. */
#ifndef AP_PUBLISH_DELTA_STATE_H
#define AP_PUBLISH_DELTA_STATE_H

#include "publish/delta.h"

typedef struct ap_delta_row {
    ap_point point;
    ap_delta_identity identity;
    int32_t before_latitude_e7deg, before_longitude_e7deg; /* in the message before `changed` */
    uint32_t added, changed, identified; /* the messages that it came and changed in last */
    bool gone;                           /* within a step */
} ap_delta_row;

typedef struct ap_delta_gone {
    uint32_t id, sequence;
} ap_delta_gone;

typedef struct ap_delta_alert {
    ap_alert alert; /* id 0: none */
    uint32_t changed;
} ap_delta_alert;

struct ap_delta_state {
    ap_delta_config config;
    uint32_t *ids;      /* [track_cap] ascending; apart from the rows, for searches */
    ap_delta_row *rows; /* [track_cap], beside ids */
    uint32_t count;
    ap_delta_gone *gone;    /* [gone_cap], a ring */
    uint64_t gone_count;    /* ever */
    uint32_t forgotten;     /* message of the newest departure that was overwritten */
    ap_delta_alert *alerts; /* [alert_cap] by id */
    uint32_t newest_alert;
    const ap_alert **alert_window; /* [alert_cap] of the picture, within a step */
    uint64_t picture_sequence;
    uint32_t sequence;
    ap_utc_ns now;
    uint64_t refused;
    bool any_gone; /* within a step */
};

/* What a client gets of one row. */
typedef enum ap_delta_part {
    AP_DELTA_NOTHING,
    AP_DELTA_ROW,
    AP_DELTA_ROW_AND_IDENTITY,
    AP_DELTA_LEFT /* it went out of the box: as if gone */
} ap_delta_part;

/* 0: a snapshot is due, else the message that the next one builds on. */
uint32_t ap_delta_base(const struct ap_delta_state *s, const ap_delta_client *client);
ap_delta_part ap_delta_part_of(const struct ap_delta_state *s, const ap_delta_client *client,
                               uint32_t base, const ap_delta_row *row);

/* Departures after message `base`, newest first: i from 0; false behind the last. */
bool ap_delta_gone_at(const struct ap_delta_state *s, uint32_t base, size_t i, uint32_t *id);

ap_err ap_delta_message_binary(const struct ap_delta_state *s, const ap_delta_client *client,
                               ap_writer *out);
ap_err ap_delta_message_json(const struct ap_delta_state *s, const ap_delta_client *client,
                             ap_writer *out);

/* Counts in a header. */
typedef struct ap_delta_counts {
    uint32_t rows, identities, gone;
} ap_delta_counts;

void ap_delta_header(const struct ap_delta_state *s, ap_delta_kind kind, uint32_t base,
                     ap_delta_counts counts, uint8_t bytes[AP_DELTA_HEADER_SIZE]);

#endif
