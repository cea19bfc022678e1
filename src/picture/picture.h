/* Picture: the current state of every track and alert, with sequence numbers. Hop 7.
 *
 * Which tracks changed since any sequence number can be asked, so a display or a writer resumes
 * where it stopped; a change of an alert counts on too, and the alerts are asked as a whole. Tracks
 * are rows by id; the oldest dead rows make room for new ones. */
#ifndef AP_PICTURE_PICTURE_H
#define AP_PICTURE_PICTURE_H

#include <stddef.h>
#include <stdint.h>

#include "airpicture/alert.h"
#include "airpicture/err.h"
#include "airpicture/track.h"

typedef struct ap_picture_config {
    uint32_t track_cap; /* rows, live and lately dead, [16, 1000000] */
    uint32_t alert_cap; /* newest alerts kept, [16, 100000] */
} ap_picture_config;

struct ap_picture_state;

typedef struct ap_picture {
    struct ap_picture_state *state;
} ap_picture;

size_t ap_picture_size(const ap_picture_config *config); /* 0 = bad config */
ap_err ap_picture_init(ap_picture *picture, const ap_picture_config *config, void *mem,
                       size_t mem_size);

/* Takes an event's track in and gives it the next sequence number. */
void ap_picture_track(ap_picture *picture, const ap_track_event *event, const ap_track *track);

/* Takes in a track as another picture has it, which may be dead: so a mirror follows
 * ap_picture_changes of the picture it mirrors. Its own sequence numbers count on. */
void ap_picture_copy(ap_picture *picture, const ap_track *track);

/* Asks for the memory that ap_picture_track will read for a track, some events before it; seek some
 * before fetch. */
void ap_picture_seek(const ap_picture *picture, uint32_t track_id);
void ap_picture_fetch(const ap_picture *picture, uint32_t track_id);

/* Takes the begin or the end of an alert in, and counts the sequence number on; an alert that it
 * has like that changes nothing. What was acknowledged stays so, whatever *alert says of that. */
void ap_picture_alert(ap_picture *picture, const ap_alert *alert);

/* Marks an alert, lasting or ended, as seen by somebody ([1, AP_ALERT_WHO_SIZE) octets): the first
 * who says so counts, and a later one changes nothing. Returns it as it is then; NULL: it is not
 * kept. */
const ap_alert *ap_picture_acknowledge(ap_picture *picture, uint32_t alert_id, const char *by,
                                       ap_utc_ns utc);

const ap_alert *ap_picture_find_alert(const ap_picture *picture, uint32_t alert_id);

uint64_t ap_picture_sequence(const ap_picture *picture); /* of the newest change; 0 = none yet */

/* Sequence number of the newest change that made room and is forgotten, 0 = none: who stopped
 * before it has missed the end of a track and must start anew with ap_picture_tracks. */
uint64_t ap_picture_forgotten(const ap_picture *picture);

/* Changes of tracks that found no room, because every row was alive. */
uint64_t ap_picture_refused(const ap_picture *picture);

/* Tracks that changed after `since`, oldest change first, at most `cap` pointers (valid until the
 * next call that changes the picture); returns how many there are. O(answer). */
size_t ap_picture_changes(const ap_picture *picture, uint64_t since, const ap_track **tracks,
                          size_t cap);

/* The track of this id, also when dead and not yet forgotten, or NULL; and the sequence number of
 * its newest change, or 0. */
const ap_track *ap_picture_find(const ap_picture *picture, uint32_t track_id);
uint64_t ap_picture_sequence_of(const ap_picture *picture, uint32_t track_id);

/* Published tracks now (firm or coasting), in order of id; returns how many there are. */
size_t ap_picture_tracks(const ap_picture *picture, const ap_track **tracks, size_t cap);

/* The same one by one: NULL begins, NULL at the end. O(1) but for rows in between that are not
 * published. */
const ap_track *ap_picture_next(const ap_picture *picture, const ap_track *after);

/* The tracks of ap_picture_changes one by one: NULL begins, which walks the answer once. */
const ap_track *ap_picture_next_change(const ap_picture *picture, uint64_t since,
                                       const ap_track *after);

/* The newest alerts, lasting and ended, in order of id; returns how many there are. */
size_t ap_picture_alerts(const ap_picture *picture, const ap_alert **alerts, size_t cap);

/* The same one by one: NULL begins, NULL at the end. */
const ap_alert *ap_picture_next_alert(const ap_picture *picture, const ap_alert *after);

#endif
