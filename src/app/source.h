/* One input on its way through hops 1 and 2: bytes, frames, and a receive time for each frame. */
#ifndef AP_APP_SOURCE_H
#define AP_APP_SOURCE_H

#include <stdbool.h>

#include "airpicture/asterix.h"
#include "airpicture/receiver.h"
#include "airpicture/time.h"
#include "io/input.h"
#include "sense/sense.h"
#include "wire/feed/feed.h"
#include "wire/framer.h"

#define AP_INPUT_CAP 4096u /* inputs of a run; what sense keeps a row for */

/* Gives frames of one input a UTC, whatever their container knows of time. */
typedef struct ap_source_clock {
    ap_utc_ns start_utc; /* configured; day of times of day, first tick of tick counters */
    ap_utc_ns last_utc;  /* newest receive time; AP_UTC_UNKNOWN before the first */
    ap_utc_ns jump_utc;  /* a time far from the stream that waits for a second one */
    const ap_receiver_clock *stamped; /* receiver of the last stamp */
    ap_receiver_clock *jumped;        /* that of jump_utc, and by how much */
    int64_t jump_step_ns;
    const ap_receiver_clock *doubted; /* receiver of a doubted UTC, and how many it gave in a row */
    uint32_t doubt_count;
    bool shared;            /* stamps came from several receivers */
    uint64_t restart_count; /* steps back that two times agreed on */
    ap_utc_ns first_utc;    /* receive time of the first frame */
} ap_source_clock;

void ap_source_clock_init(ap_source_clock *clock, ap_utc_ns start_utc);

/* Receive time of a frame: that of the container; else the time of day of its first record; else
 * the time of the frame before. It runs back only where restart_count goes up.
 *
 * A time far from the stream needs a second that agrees with it; the frame that brings the first
 * takes the time of the frame before. Far is: a minute back; ten seconds ahead, for times found
 * in records (a recorder's own clock may rest as long as it likes). A UTC stated for a Mode S frame
 * is far ahead, too, by ten seconds more than the stamp beside it tells; without one as a stamp is.
 * The second must be another time, and where there are several receivers, of another one or the
 * sixteenth. A doubted UTC counts as a jump of its receiver's clock.
 *
 * Stamps are read by the clock of their receiver (airpicture/receiver_clock.h), which is told those
 * beside a UTC too. The first ticks of a stream begin at start_utc + their own value when start_utc
 * is midnight (so that ticks can be read off the times), else at start_utc exactly; those of
 * further receivers at the time of the stream. An hour ahead is taken for a jump of the clock;
 * among several receivers a minute is, unless the next one does the same: then the stream had
 * rested. Whatever happens to a counter, time goes on. */
ap_utc_ns ap_source_clock_time(ap_source_clock *clock, ap_receiver_clock *receiver,
                               const ap_asterix_editions *editions, const ap_frame *frame);

typedef struct ap_source {
    const char *path;
    uint16_t index;
    ap_input input;
    ap_framer framer;
    ap_source_clock clock;
    ap_receiver_table *receivers; /* of the run; NULL: stamps are of one clock */
    ap_receiver_clock clock_alone;
    uint16_t receiver;     /* of the next frame */
    ap_frame frame;        /* the next frame, when has_frame */
    ap_feed feed;          /* of its frames that are rows */
    ap_utc_ns receive_utc; /* its receive time */
    bool restarted;        /* its receive time ran back for good: a recording joined to another */
    bool has_frame, ended;
    uint64_t byte_count;
    void (*before_read)(void *context); /* called before each read, which may wait; or NULL */
    void *context;
    ap_refusals refused_before; /* by sense, before its restarts */
    ap_err error;               /* what ended it early, or AP_OK */
    const char *format_option;  /* what chooses its format, for messages */
    char message[AP_IO_MESSAGE_SIZE];
    void *memory; /* of the framer */
} ap_source;

/* Opens the input, with "--format" as its format_option. AP_ERR_NO_INPUT or AP_ERR_MEMORY with
 * source->message. */
ap_err ap_source_open(ap_source *source, const char *path, uint16_t index, ap_format format,
                      const ap_asterix_editions *editions, ap_utc_ns start_utc);

/* Makes the next frame ready: has_frame, or ended. */
void ap_source_advance(ap_source *source);

#define AP_SOURCE_LIVE_OPTION "format" /* what chooses the format of a live one */

/* One whose octets are brought: `mem` of AP_FRAMER_SIZE is its framer's and stays the caller's. The
 * format is among those of ap_framer_init. */
void ap_source_open_live(ap_source *source, const char *name, uint16_t index, ap_format format,
                         const ap_asterix_editions *editions, void *mem);

/* Brings octets, up to 128 KiB when every frame before was taken; 0: nothing more will come. */
void ap_source_feed(ap_source *source, const uint8_t *data, size_t size);

/* The next frame of what was brought, received at receive_utc: has_frame. False: there is none. */
bool ap_source_take(ap_source *source, ap_utc_ns receive_utc);

/* A Mode S frame as sense takes it. */
ap_sense_heard ap_source_heard(const ap_frame *frame, uint16_t receiver, ap_utc_ns receive_utc);

void ap_source_close(ap_source *source);

#endif
