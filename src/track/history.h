/* The last measurements of a track, and the filter before them: late reports are put in where they
 * belong and the filter is run again from there, exactly as if they had come in order. What a
 * measurement takes from its track (track/measure.h), it takes again each time. `sensors`: those
 * that the measurements number.
 *
 * Measurements are kept in parts of AP_HISTORY_PART, each with the filter before its first. Two
 * parts are a track's own, and enough for one that is told once in two seconds. What is told
 * more often takes more from a pool that all tracks share, as many as the time needs that reports
 * may be late, and gives them back when that has passed. Taking and giving are serial
 * (ap_history_settle); everything else touches but the one track. */
#ifndef AP_TRACK_HISTORY_H
#define AP_TRACK_HISTORY_H

#include <stdbool.h>
#include <stdint.h>

#include "airpicture/sensor.h"
#include "base/arena.h"
#include "track/filter.h"

#define AP_HISTORY_PART 6
#define AP_HISTORY_OWN (2 * AP_HISTORY_PART) /* measurements that there is always room for */
#define AP_HISTORY_PARTS_MAX 32u             /* of one track: so much is run again at most */
#define AP_HISTORY_NONE UINT32_MAX

/* Measurements in order of time, and the filter before the first of them. */
typedef struct ap_history_part {
    ap_imm before;
    ap_measure measure[AP_HISTORY_PART];
    ap_utc_ns ended_utc; /* of the last of them, once it is full, and ... */
    uint32_t newer;      /* ... the part after it; in the pool, the next that is free */
} ap_history_part;

/* All parts but the newest are full. A part's number: 0 and 1 the track's own, then the pool's. The
 * numbers say nothing of parts that are not there. */
typedef struct ap_history {
    uint16_t count;            /* measurements */
    uint32_t oldest, second;   /* parts, ... */
    uint32_t previous, newest; /* ... by age */
    uint32_t spare;            /* the part to begin when the newest is full; AP_HISTORY_NONE: the
                                * oldest makes room */
    ap_utc_ns second_utc;      /* of the filter before the second: what is younger does not need the
                                * oldest */
    ap_history_part own[2];
} ap_history;

/* Parts that tracks share; those from used_count on were never touched. */
typedef struct ap_history_pool {
    uint32_t cap, used_count, free_head;
    uint32_t taken_count;
    ap_history_part *part; /* [cap] */
} ap_history_pool;

void ap_history_pool_init(ap_history_pool *pool, uint32_t cap, ap_arena *arena);
void ap_history_pool_reset(ap_history_pool *pool);

/* Nothing so far can be undone; of a history that holds no parts of the pool, or whose pool was
 * reset. */
void ap_history_start(ap_history *history);

/* The same; the parts go back to the pool. */
void ap_history_clear(ap_history *history, ap_history_pool *pool);

/* *to becomes what *from was, and *from is cleared. */
void ap_history_move(ap_history *from, ap_history_pool *pool, ap_history *to);

/* Measurement i of history->count, in order of time. */
const ap_measure *ap_history_measure(const ap_history *history, const ap_history_pool *pool,
                                     unsigned i);

/* The filter before the measurements of the newest part, and of the one before that; NULL when
 * there is none. */
const ap_imm *ap_history_newest(const ap_history *history, const ap_history_pool *pool);
const ap_imm *ap_history_previous(const ap_history *history, const ap_history_pool *pool);

/* The filter before the youngest part that is no younger than `time_utc`; NULL when there is
 * none. */
const ap_imm *ap_history_before(const ap_history *history, const ap_history_pool *pool,
                                ap_utc_ns time_utc);

/* Notes that `measure` is about to be applied to `imm`, which has not been moved to its time yet.
 * measure->time_utc >= imm->time_utc. */
void ap_history_append(ap_history *history, ap_history_pool *pool, const ap_imm *imm,
                       const ap_measure *measure);

/* After each measurement that was appended or inserted: sees to the room for the next one, so that
 * what is no older than `keep_utc` can be undone. Parts that nothing younger than `give_utc` needs
 * go back; that is some time before keep_utc, for a part that is given and taken by turns costs
 * more than one that is kept. False, when the pool or the track's share of it is used up: the
 * oldest part will make room before its time. */
bool ap_history_settle(ap_history *history, ap_history_pool *pool, ap_utc_ns keep_utc,
                       ap_utc_ns give_utc);

/* True when ap_history_settle has nothing to do: mostly. */
static inline bool ap_history_is_settled(const ap_history *history)
{
    return history->count % AP_HISTORY_PART > 1 || history->count <= AP_HISTORY_PART + 1u;
}

/* Asks for the memory that ap_history_append will write. */
void ap_history_fetch(const ap_history *history, const ap_history_pool *pool);

/* Applies a measurement that is older than `imm`, and again all after it. False, and nothing
 * changed, when it is older than what can be undone. */
bool ap_history_insert(ap_history *history, ap_history_pool *pool, const ap_sensor *sensors,
                       ap_imm *imm, const ap_measure *measure);

/* The filter as it was at `time_utc`, no later measurement in it. False when that is too old. */
bool ap_history_at(const ap_history *history, const ap_history_pool *pool, const ap_sensor *sensors,
                   ap_utc_ns time_utc, ap_imm *imm);

#endif
