/* Inside the tracker: its state, and the steps that its files share. */
#ifndef AP_TRACK_STATE_H
#define AP_TRACK_STATE_H

#include "airpicture/tracker.h"
#include "track/associate.h"
#include "track/background.h"
#include "track/bearing.h"
#include "track/detection_rate.h"
#include "track/falling.h"
#include "track/nearest.h"
#include "track/resolution.h"
#include "track/store.h"

#define AP_EDGES_PER_PLOT 8u /* that there is room for, however many plots there are */
#define AP_HIT 0.5           /* a plot is taken for a track's when it more probably is than not */
#define AP_ECLIPSED_EXISTENCE 0.5 /* at most, of who has long been in another's plots */
#define AP_ODDS_MAX 1e9           /* of existence, as they are known by now */
#define AP_PSI_LEAST 1e-9         /* weights of associations: below this there is none, ... */
#define AP_PSI_MAX 1e15           /* ... and above it sums would lose the rest */
#define AP_SPEED_SIGMA_MPS 140.0  /* per axis, of an aircraft of which nothing is known */

/* Pairs of tracks that were to give one plot with probability p, and gave one or two: sums of p, of
 * its square, and of p over those that gave two, had none been missed. */
typedef struct ap_pairs {
    double p, p2, apart;
} ap_pairs;

/* Plots of sure tracks, and second halves of such: sums of their probabilities. */
typedef struct ap_splits {
    double hit_count, half_count;
} ap_splits;

/* Reports of one sensor that wait to be associated together. */
typedef struct ap_group {
    uint32_t first, last; /* waiting list; AP_SLOT_NONE: none wait */
    int64_t window;       /* number of the sweep part that they belong to, ... */
    ap_utc_ns end_utc;    /* ... which is over then, ... */
    int64_t width_ns;     /* ... and lasts so long */
    ap_utc_ns late_utc;   /* what is older does not wait with them */
    ap_utc_ns due_utc;    /* receive clock */
    uint32_t open_place;  /* in the list of open groups */
    ap_background background;
    ap_lessons *lessons; /* of the group being associated; NULL: none is, or it does not turn */
    ap_pairs pairs;      /* as learnt */
    ap_splits splits;
    ap_bearing bearing;
} ap_group;

/* One plot that may be of one track. */
typedef struct ap_edge {
    uint32_t row, plot;
    uint32_t run, run_size; /* the plot is of several tracks, and this is one; AP_SLOT_NONE, 1 */
    bool is_sole;           /* of its plot and of its track, the only one */
    double identity;        /* factor in psi; 0 when the fix was widened */
    double psi, p;
    ap_fix fix;
    ap_likelihood likelihood;
} ap_edge;

/* One track in the association of a group. */
typedef struct ap_look {
    uint32_t slot;
    bool is_second;     /* the sensor has seen it already, in this pass of its beam */
    bool is_late;       /* older than the track's newest report */
    bool is_too_late;   /* and older than what can be undone: it explains, but updates nothing */
    bool is_taken;      /* no plot was to be taken in, or they were */
    bool is_paired;     /* imm is updated: together with one that flies beside it */
    bool falls;         /* as it was when the group was closed; then one position is taken in ... */
    bool falls_on;      /* ... by who falls, after all others */
    bool is_vague;      /* it may have been hit by any of many */
    bool is_eclipsed;   /* for so long in another's plots that it may as well be gone */
    uint32_t best;      /* edge of the likeliest plot */
    ap_utc_ns time_utc; /* of the first plot near it */
    double detection;   /* probability that the sensor sees it now */
    double hidden;      /* that it does not though, for it is one plot with another, [0, 1] */
    double hit, shared; /* sums over its edges, of all and of plots that are of several */
    double exists;      /* existence afterwards */
    double fresh_odds;  /* of the row, afterwards; while it is tentative */
    ap_gauss alone;     /* of who is paired: its mean as it was predicted */
    ap_imm imm;         /* at time_utc */
} ap_look;

typedef struct ap_plot {
    uint32_t report; /* in waiting[] */
    ap_measure measure;
    double background; /* density of clutter, new aircraft and second halves, 1/m2; ... */
    double birth;      /* part of it that is aircraft, [0, 1] */
    double halves;     /* and those halves alone, 1/m2 */
    double unused;     /* probability that no track gave it */
    double range_m;    /* from the sensor */
    uint16_t part;     /* of the sensor's clutter map, and ... */
    double share;      /* ... of the clutter there, that of the whole disc */
    double news;       /* background, over what is known of it by now: of what none explains */
    bool needs_height;
    bool is_beside;      /* one of two about a firm track, or a second one */
    bool crowded;        /* there are more tracks about it than it is compared with */
    uint32_t company;    /* slot of the firm track beside it, or AP_SLOT_NONE, and ... */
    ap_vec3 company_mps; /* ... that one's velocity, ECEF: by ap_shares_find_company */
} ap_plot;

/* The plots about the track of a look, should there be two. */
typedef struct ap_two {
    uint32_t first, second; /* AP_SLOT_NONE: only one */
    bool is_twice;          /* there are two about a firm track, or were in this pass of the beam */
    bool are_more;          /* than those two */
} ap_two;

/* Memory for the association of one group. */
typedef struct ap_bench {
    uint32_t plot_cap, look_cap, edge_cap, near_cap;
    uint32_t plot_count, look_count, edge_count;
    ap_plot *plot;
    ap_look *look;
    ap_edge *edge;
    uint32_t *near;        /* [3 * near_cap] slots: of one plot, and of the next two */
    uint32_t *listed;      /* [edge_cap] looks at the tracks about each plot, ... */
    uint32_t *listed_from; /* [plot_cap + 1] ... and where those of a plot begin */
    uint32_t *look_of;     /* [track_cap] */
    uint32_t *look_stamp;  /* [track_cap] */
    uint32_t stamp;
    uint32_t *parent;         /* [look_cap + plot_cap] */
    uint32_t *count;          /* [look_cap + plot_cap + 1] */
    uint32_t *order, *order2; /* [edge_cap] */
    uint32_t *local;          /* [plot_cap] */
    uint32_t *start, *column; /* [look_cap + 1], [edge_cap] */
    double *psi, *p;          /* [edge_cap] */
    double *work;             /* [edge_cap + plot_cap], at least AP_EXACT_WORK */
    uint8_t *used;            /* [look_cap + plot_cap] */
    ap_two *two;              /* [look_cap] */
    uint32_t beside_count;    /* plots that are beside another, ... */
    uint32_t *beside;         /* [plot_cap] ... in no order */
    double trust;             /* how far the sensor bears its resolution cell out, (0, 1] */
    double split_rate;        /* of plots, that the sensor gives as two */
    double firm_hits;         /* sum over the looks at firm tracks */
    bool has_halves;          /* some plot may be one */
    bool is_summed;           /* what the plots of looks weigh */
    ap_pairs pairs;           /* of this group */
    bool is_full;             /* so that no plot has more than AP_EDGES_PER_PLOT edges of its own */
    double detection;         /* of the sensor, per turn, as it counts at the time of the group */
    double born;              /* density of new aircraft, per m2 and look */
    const ap_learnt *fresh;   /* what is known of the sensor by now, and ... */
    double fresh_whole;       /* ... its clutter on the whole of the disc */
    uint32_t point_stamp;     /* of the group that the points are of */
    uint32_t firm_count, point_count;
    ap_point *point; /* [track_cap] of the tracks: firm ones, then tentative ones, each a tree */
    uint32_t run_count;
    double *run_psi;        /* [plot_cap] plots that may be of several tracks at once */
    uint32_t *run_share;    /* [plot_cap] */
    ap_share *share;        /* [edge_cap] */
    uint32_t *run_of_share; /* [edge_cap] */
} ap_bench;

struct ap_tracker_state {
    ap_tracker_config config;
    ap_tracker_stats stats;
    ap_utc_ns clock_utc; /* receive clock; AP_UTC_UNKNOWN before the first report */
    ap_utc_ns next_tick_utc;
    ap_report ahead;      /* one so far ahead that it waits for a second, ... */
    ap_utc_ns ahead_utc;  /* ... when it was received; AP_UTC_UNKNOWN: none waits */
    ap_utc_ns belied_utc; /* the latest time of those that what came after did not bear out */
    ap_store store;
    uint32_t waiting_cap;
    ap_report *waiting; /* [waiting_cap] */
    uint32_t *waiting_next;
    uint32_t waiting_free;
    uint16_t group_cap, open_count;
    ap_group *group;     /* [group_cap], by sensor */
    ap_clutter *clutter; /* [3 * clutter_cap] three maps for each of the first sensors that need
                          * them, and places [AP_BACKGROUND_COUNTS * clutter_cap] */
    ap_place_count *place;
    uint16_t clutter_cap, clutter_count;
    uint16_t *open;         /* [group_cap], sensors with an open group */
    ap_utc_ns open_due_utc; /* none of them is due before */
    ap_bench bench;
    ap_falling falling;
    uint32_t *by_code; /* [4096] by Mode 3/A code: the track that answered with it last */
    ap_track shown[AP_TRACKER_EVENTS_KEPT]; /* of the newest events, in turn */
    uint32_t shown_count;
    double nis; /* of the position that is being taken; told with its event */
    uint8_t nis_dimensions;
    bool has_residual; /* that position less the expected one */
    float residual_east_m, residual_north_m;
};

typedef struct ap_tracker_state ap_state;

/* fmin and fmax of what is no NaN, without a call. */
static inline double ap_smaller(double a, double b)
{
    return a < b ? a : b;
}

static inline double ap_larger(double a, double b)
{
    return a > b ? a : b;
}

static inline const ap_sensor *ap_sensor_of(const ap_state *state, uint16_t sensor)
{
    return &state->config.sensors->sensor[sensor];
}

/* Probability that the sensor sees what is in its view, per turn. */
static inline double ap_detection_of(const ap_state *state, uint16_t sensor)
{
    return ap_detection_rate_of(&state->group[sensor].background.now.detection,
                                ap_sensor_of(state, sensor));
}

/* True for a sensor that looks once a turn at everything around it. */
static inline bool ap_sensor_rotates(const ap_sensor *sensor)
{
    return sensor->has_site && sensor->kind != AP_SENSOR_ADSB && sensor->kind != AP_SENSOR_MLAT &&
           sensor->kind != AP_SENSOR_TRACKER;
}

/* How long ago a sensor's newest report was received. */
static inline double ap_silence_s(const ap_row_source *source, ap_utc_ns clock_utc)
{
    return ap_seconds_between(source->last_utc, clock_utc) - (double)source->latency_s;
}

/* parts.c */
/* Calls work for the whole of [0, count), in parts and perhaps on several threads. No part may
 * write what another reads. */
void ap_in_parts(ap_state *state, size_t count,
                 void (*work)(ap_state *state, size_t first, size_t last));

/* life.c */
/* A new tentative track; AP_SLOT_NONE and counted when there is no room. other: id of the track
 * that the reason is about, or 0. */
uint32_t ap_track_birth(ap_state *state, const ap_report *report, const ap_measure *measure,
                        double existence, ap_reason_code reason, uint32_t other);
/* What of a report a track took in; each includes those before it. */
typedef enum ap_taken {
    AP_TAKEN_IDENTITY, /* the filter is as it was */
    AP_TAKEN_MOTION,   /* velocity, altitude or vertical rate */
    AP_TAKEN_SHARED,   /* position, of a plot that it has in common with others */
    AP_TAKEN_POSITION,
} ap_taken;

/* A plot of that time is of the track, and of no other. */
void ap_track_alone(ap_state *state, uint32_t slot, ap_utc_ns time_utc);
/* A measured position, against where the track was expected, is about to be taken: its source
 * keeps how far off it was, and its update tells. */
void ap_track_innovation(ap_state *state, const ap_gauss *expected, const ap_fix *fix);
/* Bookkeeping after a report was taken in. */
void ap_track_taken(ap_state *state, uint32_t slot, const ap_report *report, ap_taken taken);
/* A report contradicts what the track's identity and motion have together; weight: AP_DOUBT_*;
 * other: id of the other track concerned, or 0. */
void ap_track_doubted(ap_state *state, uint32_t slot, const ap_report *report, int weight,
                      uint32_t other);
/* After each measurement that its history took in, and serially: there is room for the next. */
void ap_track_settle(ap_state *state, uint32_t slot);
/* After an update: a covariance that has lost its meaning begins again from the last measurement.
 */
void ap_track_repair(ap_state *state, uint32_t slot);
/* Hands the event to who listens, with the track as it is now. */
void ap_track_emit(ap_state *state, uint32_t slot, ap_track_event_kind kind, ap_utc_ns time_utc,
                   uint16_t sensor);
/* What the track is now. */
void ap_track_show(const ap_state *state, uint32_t slot, ap_track *track);
/* Of a new track: that it exists, by all that is known by now, < 1. */
void ap_track_known(ap_state *state, uint32_t slot, double existence);
/* A plot of a tentative track, false as much as that may be. */
void ap_track_stray(ap_state *state, uint32_t slot, const ap_plot *plot);
/* Removes a track, with its last event. */
void ap_track_end(ap_state *state, uint32_t slot, ap_utc_ns time_utc, ap_reason_code reason,
                  uint32_t other);
/* A sensor looked at the track at the present clock. */
void ap_track_looked(ap_state *state, uint32_t slot, uint16_t sensor, ap_utc_ns time_utc,
                     bool is_hit);
/* The once-a-second round: overdue, missed, unlikely and merged tracks. */
void ap_tracks_tick(ap_state *state);

/* direct.c */
/* Asks for the memory that ap_direct_take will read for a report, each step some reports after the
 * one before: where its address is filed, under which track, and that track. */
void ap_direct_seek(const ap_state *state, const ap_report *report);
void ap_direct_approach(const ap_state *state, const ap_report *report);
void ap_direct_fetch(const ap_state *state, const ap_report *report);
/* Offers a report to the tracks with its address; false when there is none. */
bool ap_direct_take(ap_state *state, const ap_report *report);
/* True when a sensor that has its bearing has shown the track just now; `but`: not that one, nor
 * what errs with it; AP_SENSOR_NONE: any. */
bool ap_track_is_seen(const ap_state *state, const ap_row *row, uint16_t but);

/* True for sensors that err together: what an aircraft says of its place, each receiver hears. */
bool ap_sensors_err_together(const ap_state *state, uint16_t a, uint16_t b);

/* twins.c */
/* Squared distance of two tracks in units of their joint covariances of place and of velocity, at
 * the newer time. */
double ap_tracks_distance2(const ap_row *a, const ap_row *b);
/* A firm track without an address, or with one that another has too, joins its twin when the two
 * have kept together for some rounds. */
void ap_twin_settle(ap_state *state, uint32_t slot);

/* heirs.c */
/* A track has begun under a new address: notes which track it may be that had another until now. */
void ap_heir_begin(ap_state *state, uint32_t slot, const ap_report *report);
/* A track that may have a predecessor took a position under its address. When that one has been
 * silent for some looks of all that showed it, it goes on under the new address and the row of the
 * slot is gone; when a sensor still gives the old address and only others the new one, both are
 * doubted. True: the track is not to be confirmed now, or is gone. */
bool ap_heir_settle(ap_state *state, uint32_t slot, const ap_report *report);

/* births.c: after the association of a group */
/* Plots that no track explains, but that are of one by another way, start nothing. */
void ap_births_leave_ghosts_out(ap_state *state);
/* The rest start tracks, as probable as they are new. */
void ap_births_give(ap_state *state);

/* crowd.c */
void ap_crowd_init(ap_state *state, ap_arena *arena);
/* The tracks nearest to a plot, at most AP_NEAREST_CAP firm ones and as many others, or
 * AP_EDGES_PER_PLOT in all when the bench is full. */
size_t ap_crowd_seek(ap_state *state, const ap_measure *measure, uint32_t *slots);

/* edges.c */
/* Lists the looks at tracks near the plots and the edges between them. First which plot may be of
 * which track; then all that takes arithmetic, in parts that do not depend on each other. */
void ap_edges_add(ap_state *state);

/* How much likelier the altitude in a report is when it is of this track than when it is not. A
 * height that comes with a primary plot is that of the place, and false plots have it, too. */
double ap_altitude_factor(const ap_imm *imm, const ap_measure *measure, const ap_report *report);

/* clusters.c: p of each edge, what no track explains of each plot; bench.order by cluster and row.
 */
void ap_clusters_solve(ap_state *state);

/* updates.c */
/* What a look comes to, from its edges order[0..count): best, hit, shared, exists. */
void ap_look_weigh(const ap_state *state, ap_look *look, const uint32_t *order, uint32_t count);
/* Filters of all looks, then what follows from each, track by track: it is told. */
void ap_updates_make(ap_state *state);

/* pairs.c */
/* Between solution and updates: tracks of a cluster that may have given each other's plots are
 * updated in pairs (track/formation.h). */
void ap_pairs_update(ap_state *state);

/* unresolved.c */
/* Before and after the association of a group. */
void ap_shares_begin(ap_state *state, uint16_t sensor);
void ap_shares_end(ap_state *state, uint16_t sensor);
/* Adds the edges of a plot that may be of several of the tracks about it; looks[count] at them. */
void ap_shares_add(ap_state *state, uint32_t plot, const uint32_t *looks, size_t count);
/* After it: of the firm tracks about a plot, which it may be beside. */
void ap_shares_find_company(ap_state *state, uint32_t plot);
/* Marginals of a cluster with such edges, order[0..count) by row, whose plots have their numbers in
 * bench.local; false when it is too large. */
bool ap_shares_solve(ap_state *state, const uint32_t *order, uint32_t count, size_t columns);
/* What a plot of several says of one, as a measurement at the time of the look. */
ap_measure ap_share_measure(const ap_look *look, const ap_fix *fix, const ap_measure *plot);

/* splits.c */
/* Before the clusters of a group are solved: adds to the background of each plot that it may be the
 * second half of one, and weighs its edges anew. */
void ap_splits_weigh(ap_state *state, uint16_t sensor);
/* When its tracks have their plots: counts what the sensor might have split. */
void ap_splits_learn(ap_state *state, uint16_t sensor);
/* Probability that a plot is a half, should no track have given it: to learn from. */
double ap_split_likely(const ap_state *state, const ap_plot *plot);
static inline double ap_split_share(const ap_state *state, const ap_plot *plot)
{
    return plot->halves > 0.0 ? ap_split_likely(state, plot) : 0.0;
}
/* So many plots of the sensor came to nothing, and were halves for all that is known; < 0: they
 * were none after all. */
void ap_split_count(ap_state *state, uint16_t sensor, double halves);
/* Of a new track that a sensor has looked at: plots of a place where there is nothing any more are
 * counted at once. */
void ap_split_follow(ap_state *state, const ap_look *look);

/* ghosts.c */
void ap_ghosts_init(ap_state *state, ap_arena *arena);
void ap_ghosts_reset(ap_state *state);
/* The track's code is as it is now. */
void ap_ghosts_note(ap_state *state, uint32_t slot);
/* AP_REFUSED_SPLIT or AP_REFUSED_REFLECTION when a plot with the track's code or address, though
 * not of its place, is of it all the same; else AP_REFUSAL_COUNT. */
ap_refusal ap_ghost_of(ap_state *state, uint32_t slot, const ap_report *report,
                       const ap_measure *measure);
/* True, and counted, when a plot that no track explains is such a one of any track. */
bool ap_ghost_refuse(ap_state *state, const ap_report *report, const ap_measure *measure);

/* group.c */
void ap_groups_init(ap_state *state, ap_arena *arena);
void ap_groups_reset(ap_state *state);
/* The clock stepped: turns are counted anew, what they taught stays. None may wait. */
void ap_groups_restart(ap_state *state);
/* Background of a plot, over what is known of it by now. */
double ap_plot_news(const ap_state *state, const ap_plot *plot);
/* Probability that a plot is clutter, or an aircraft not known yet. */
static inline double ap_plot_stray(const ap_plot *plot)
{
    double unused = ap_larger(plot->unused, 0.0);
    return plot->halves > 0.0 ? unused * (1.0 - plot->halves / plot->background) : unused;
}
/* Lets a report wait for its group; closes the group before it when it belongs to the next. */
void ap_group_add(ap_state *state, const ap_report *report);
/* The sweep has passed this time. */
void ap_group_passed(ap_state *state, uint16_t sensor, ap_utc_ns time_utc);
/* Own time of the oldest report that may be taken in from now on. */
ap_utc_ns ap_group_oldest(const ap_state *state);
/* Closes and associates one group. */
void ap_group_close(ap_state *state, uint16_t sensor);
/* A turning sensor has looked at a firm track so many times, a turn apart, the last time then, and
 * has seen it so often; 0 looks: it did see it then. */
void ap_group_looked(ap_state *state, uint16_t sensor, ap_utc_ns time_utc, int looks, double hits);
/* So many of the plots that it gave about then, there on its map, were false. */
void ap_group_strays(ap_state *state, uint16_t sensor, ap_utc_ns time_utc, uint16_t part,
                     double plots);

#endif
