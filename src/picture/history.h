/* History: where each track has been, from its confirmation to some minutes after its end.
 *
 * A trail keeps the points between which a straight line in time tells where the track was, to
 * within a tolerance: every state that was left out lies no further than that from the line between
 * the points before and after it, in latitude, longitude and altitude each. So an hour of level
 * flight is a few points and a turn is many.
 *
 * The points of all trails share one ring in the order they came: when it is full, the oldest point
 * of all gives its place, so everybody's history is cut at the same time in the past, whoever
 * floods. The newest state of each track is always kept. */
#ifndef AP_PICTURE_HISTORY_H
#define AP_PICTURE_HISTORY_H

#include <stddef.h>
#include <stdint.h>

#include "airpicture/err.h"
#include "airpicture/track.h"
#include "picture/point.h"

typedef struct ap_history_config {
    uint32_t trail_cap;          /* tracks, live and lately ended, [16, 1000000] */
    uint32_t point_cap;          /* of all trails together, [256, 100000000] */
    double position_tolerance_m; /* [0, 10000] */
    double altitude_tolerance_m; /* [0, 10000] */
    double gap_max_s;            /* a point at least so often while there are states, [1, 3600] */
    double keep_s;               /* a trail stays so long after its track's end, [0, 86400] */
} ap_history_config;

/* 50,000 trails, 2,000,000 points, 5 m, 8 m, 60 s, 300 s. */
ap_history_config ap_history_config_default(void);

/* Whose trail: as the newest state has it. */
typedef struct ap_trail {
    uint32_t track_id;
    uint16_t number;  /* 0: none */
    uint16_t mode_3a; /* what is known: see present */
    uint32_t present; /* AP_HAS_ADDRESS, _MODE_3A, _CALLSIGN, _EMITTER_CATEGORY */
    uint32_t address;
    uint8_t address_kind, emitter_category;
    char callsign[AP_CALLSIGN_SIZE];
    ap_utc_ns began_utc;  /* of its first state, kept or not */
    ap_utc_ns ended_utc;  /* AP_UTC_UNKNOWN while its track lives */
    uint64_t state_count; /* taken in */
    uint32_t point_count; /* kept, the newest among them */
} ap_trail;

struct ap_history_state;

typedef struct ap_history {
    struct ap_history_state *state;
} ap_history;

size_t ap_history_size(const ap_history_config *config); /* 0 = bad config */
ap_err ap_history_init(ap_history *history, const ap_history_config *config, void *mem,
                       size_t mem_size);

/* Takes the state of a changed track in: a firm or coasting one begins a trail or goes on with it,
 * a dead one ends it. A state no newer than the newest of its trail adds no point. */
void ap_history_track(ap_history *history, const ap_track *track, ap_utc_ns now);

/* Forgets the trails whose time after their end has passed. O(forgotten). */
void ap_history_forget(ap_history *history, ap_utc_ns now);

typedef struct ap_history_stats {
    uint32_t trail_count;       /* live and lately ended */
    uint64_t point_count;       /* in the ring now */
    uint64_t overwritten_count; /* points that gave their place before their trail was forgotten */
    uint64_t refused_count;     /* states of tracks that found no trail: all are of live tracks */
} ap_history_stats;

ap_history_stats ap_history_stats_of(const ap_history *history);

/* Trails one after the other, in order of their beginning but where places were used again; NULL
 * begins, NULL at the end. Valid until the history changes. */
const ap_trail *ap_history_next(const ap_history *history, const ap_trail *after);

/* The trail of a track, or NULL. */
const ap_trail *ap_history_find(const ap_history *history, uint32_t track_id);

/* The points of a trail, oldest first, the newest state last. */
typedef struct ap_trail_walk {
    const struct ap_history_state *state;
    uint32_t row, slot;
    bool at_newest, done;
} ap_trail_walk;

ap_trail_walk ap_trail_walk_of(const ap_history *history, const ap_trail *trail);
bool ap_trail_walk_next(ap_trail_walk *walk, ap_point *point);

/* Where the track was: on the line between the points before and after `time`, what is not a place
 * as the point before has it. Up to `hold_s` after the newest state, that state. False before the
 * trail's first point, after its track's end, and later than that. O(points of the trail). */
bool ap_trail_at(const ap_history *history, const ap_trail *trail, ap_utc_ns time, double hold_s,
                 ap_point *point);

#endif
