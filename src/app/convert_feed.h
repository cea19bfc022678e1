/* `airpicture convert` among the formats of the ADS-B world, and from ASTERIX to them.
 *
 *   frames  (beast, avr, jsonl) to frames, and through sense to targets and CAT021
 *   targets (sbs, aircraft, gdl90) to targets as they are, and through sense to CAT021
 *   asterix through sense to targets and CAT021
 * Targets and ASTERIX hold no frames. */
#ifndef AP_APP_CONVERT_FEED_H
#define AP_APP_CONVERT_FEED_H

#include "app/command.h"
#include "wire/framer.h"

typedef enum ap_convert_to {
    AP_CONVERT_BEAST,
    AP_CONVERT_AVR,
    AP_CONVERT_JSONL,
    AP_CONVERT_SBS,
    AP_CONVERT_AIRCRAFT,
    AP_CONVERT_GDL90,
    AP_CONVERT_CAT021,
    AP_CONVERT_TO_COUNT
} ap_convert_to;

/* "beast"...; the inverse gives AP_CONVERT_TO_COUNT for what is none of them. */
const char *ap_convert_to_key(ap_convert_to to);
ap_convert_to ap_convert_to_of_key(const char *key);

typedef struct ap_convert_feed {
    const ap_command *command;
    const char *in_path, *out_path;
    const char *receiver_path; /* where receiver.json goes beside aircraft.json; NULL: nowhere */
    ap_format from;
    ap_convert_to to;
    ap_utc_ns start_utc;      /* of times of day and ticks */
    const char *sensors_path; /* NULL: none */
    bool extended;            /* Beast with readsb's elements of time and receiver */
    const ap_asterix_editions *editions;
} ap_convert_feed;

/* Converts the whole input. Returns an exit status, after a line on standard error for a failure
 * and one for each reason of refusals. Nothing is written of an input that holds nothing. */
int ap_convert_feed_run(const ap_convert_feed *config);

#endif
