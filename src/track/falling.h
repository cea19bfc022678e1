/* Falling objects: which tracks fall by gravity and drag alone, and where they are.
 *
 * Debris, a balloon's payload or a drone whose motors stopped leaves the gates of the filters that
 * aircraft need. A track that goes down steeply, by its vertical filter or by its last heights, is
 * put on trial with its last positions and the next ones (track/fall.h). It falls when five or more
 * of them leave less than 2 % to flight and to wild manoeuvres, which began with 98 %, and it goes
 * down with 20 m/s, two sigma less. It flies again when they leave less than 10 % to the fall, when
 * three positions in a row lie outside the ballistic gate, when there was none for half a minute,
 * or when it is slower than 15 m/s: what sinks straight down so slowly may do that by any means. So
 * what keeps a steep path straight flies, and what pulls is wild. An aircraft that flies a parabola
 * without weight falls indeed, for as long as it does.
 *
 * What comes too fast for plots to be linked by the usual search is sought among those that no
 * track explains, above 15 km: two of them begin a fall, two more that fit it make it a track.
 *
 * While a track falls its `imm` is the normal of the ballistic state in its own plane, renewed with
 * every position, so that all who read it go on as ever. Its history is empty: reports older than
 * its newest position are refused as late, and counted so. Positions without a height count as seen
 * and move only what would fly.
 *
 * Each object on trial or falling has a place in a pool of config.falling_cap; when all are taken,
 * further ones stay what they are and are counted (stats.falling_full_count), and so are trials
 * beyond eight in a second. Some 9 kB each; a position costs 0.3 to 0.5 ms, up to 2.5 at first.
 * Where it came from is not asked. */
#ifndef AP_TRACK_FALLING_H
#define AP_TRACK_FALLING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "airpicture/track.h"
#include "base/arena.h"
#include "track/fall.h"

#define AP_FALL_RECENT_CAP 16 /* unexplained positions that a fall may begin with */

typedef enum ap_fall_phase {
    AP_FALL_FREE,
    AP_FALL_SEED,
    AP_FALL_TRIAL,
    AP_FALL_FALLS
} ap_fall_phase;

typedef struct ap_falling {
    uint32_t cap, used_count, seed_count, falls_count;
    int64_t begun_s;       /* the second in which trials began last, and ... */
    uint32_t begun_count;  /* ... how many */
    uint32_t *slot;        /* [cap] whose track it is */
    uint8_t *phase;        /* [cap] ap_fall_phase */
    ap_fall *fall;         /* [cap] */
    uint32_t recent_count; /* ever */
    ap_utc_ns recent_utc[AP_FALL_RECENT_CAP];
    ap_ballistic_fix recent[AP_FALL_RECENT_CAP];
} ap_falling;

struct ap_tracker_state;

void ap_falling_init(struct ap_tracker_state *state, ap_arena *arena);
/* Forgets all. */
void ap_falling_reset(struct ap_tracker_state *state);

/* The place of a falling track, or cap. */
uint32_t ap_falling_find(const ap_falling *falling, uint32_t slot, ap_fall_phase phase);

static inline bool ap_falling_is(const ap_falling *falling, uint32_t slot)
{
    return falling->falls_count != 0 &&
           ap_falling_find(falling, slot, AP_FALL_FALLS) != falling->cap;
}

/* Of a falling track. imm: where it is at a time, no earlier than its newest position; unchanged
 * when that is more than a minute off. */
void ap_falling_predict(const struct ap_tracker_state *state, uint32_t slot, ap_utc_ns time_utc,
                        ap_imm *imm);
/* False for a height that the prediction cannot have. */
bool ap_falling_reaches(const ap_imm *imm, const ap_measure *measure);
/* Takes a report in, in order of time, that is most probably of it. */
void ap_falling_take(struct ap_tracker_state *state, uint32_t slot, const ap_report *report);

/* Adds falling tracks that may have given a plot to a list that holds others. */
size_t ap_falling_near(const struct ap_tracker_state *state, const ap_measure *measure,
                       uint32_t *slots, size_t count, size_t cap);

/* After any track took in a position: begins a trial, or goes on with it. */
void ap_falling_watch(struct ap_tracker_state *state, uint32_t slot, const ap_report *report);
/* A plot that no track explains. True when it made a track, with others before it. */
bool ap_falling_seed(struct ap_tracker_state *state, const ap_report *report,
                     const ap_measure *measure);

/* The track ends, or its filter began anew. */
void ap_falling_forget(struct ap_tracker_state *state, uint32_t slot);
/* Once a second: what was not seen for long. */
void ap_falling_tick(struct ap_tracker_state *state);

/* Adds what is known of a falling track; nothing to others. */
void ap_falling_show(const struct ap_tracker_state *state, uint32_t slot, ap_track *track);

#endif
