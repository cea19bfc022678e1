/* Tracks as ASTERIX category 062 records.
 *
 * Items 010, 015, 070, 105, 100, 185, 210, 060, 245, 380, 040, 080, 290, 200, 295, 136, 130, 135,
 * 220, 500, and of these only parts that editions 1.19 to 1.21 lay out alike. */
#ifndef AP_PUBLISH_ASTERIX062_H
#define AP_PUBLISH_ASTERIX062_H

#include <stdbool.h>
#include <stdint.h>

#include "airpicture/asterix/cat062.h"
#include "airpicture/track.h"
#include "publish/system_plane.h"

/* Who sends. */
typedef struct ap_asterix062_sender {
    uint8_t sac, sic, service;
    const ap_system_plane *plane; /* of I062/100; NULL leaves the item out */
} ap_asterix062_sender;

/* What the record says beside the state of the track. */
typedef enum ap_asterix062_mark {
    AP_ASTERIX062_FIRST = 1u << 0, /* first message of the track: TSB */
    AP_ASTERIX062_LAST = 1u << 1   /* last message of the track: TSE */
} ap_asterix062_mark;

/* The record of a track whose number is not 0 and whose time_utc is known (move it there first with
 * ap_track_at). Ages count from that time and, like every accuracy, stand at the largest value
 * when they are larger. The measured flight level (136) is the filtered pressure altitude
 * at the time of its last report. */
void ap_asterix062_from_track(const ap_asterix062_sender *sender, const ap_track *track,
                              unsigned marks, ap_cat062 *record);

#endif
