/* The table of tracks: rows, their lists and hashes, numbers, snapshots. */
#ifndef AP_TRACK_STORE_H
#define AP_TRACK_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "airpicture/track.h"
#include "base/arena.h"
#include "track/doubt.h"
#include "track/grid.h"
#include "track/history.h"
#include "track/identity.h"

#define AP_SLOT_NONE UINT32_MAX

/* One sensor's part in a track. */
typedef struct ap_row_source {
    ap_utc_ns last_utc; /* its newest report's own time */
    float latency_s;    /* from then until it was received */
    float due_s; /* from then until its next look is overdue (receive clock); INFINITY: nothing
                  * is expected */
    uint32_t report_count;
    uint16_t sensor;
    uint16_t missed; /* of its last 16 turns, the newest in bit 0, those counted as misses */
    float residual_east_m, residual_north_m; /* as ap_track_source has them */
} ap_row_source;

/* Reports with this track's address that lay outside its gate. */
typedef struct ap_stray {
    uint32_t count;      /* that agree with each other */
    uint32_t turn_count; /* how often one came after positions of its source that fitted */
    uint16_t sensor;     /* of the first */
    bool has_fitted;     /* since the last of them, a position of their source */
    bool is_joint;       /* a source of another kind is among them */
    ap_utc_ns first_utc, time_utc;
    ap_vec3 ecef; /* the last of them */
} ap_stray;

/* How many plots of the sensor that saw it first a tentative track had to itself, and where it
 * began: false plots, should it come to nothing. */
typedef struct ap_strays {
    float count;
    uint16_t sensor, part; /* of its clutter map */
} ap_strays;

typedef struct ap_row {
    uint32_t id; /* 0: free */
    uint16_t number;
    bool beside;      /* it began beside a firm track */
    uint32_t same_id; /* hash chain */
    ap_utc_ns born_utc, confirmed_utc, updated_utc;
    ap_utc_ns told_utc;  /* of the newest event, receive clock */
    ap_utc_ns alone_utc; /* of its newest plot that was not of others, too */
    uint32_t hit_count, update_count;
    double misfit2; /* squared distance of the last position under its address, in gate units */
    uint16_t misfit_sensor;
    ap_doubt doubt;
    ap_utc_ns echo_first_utc, echo_last_utc; /* reflections of it, in a row */
    ap_strays strays;
    double fresh_odds; /* while it is tentative: that it exists, by all that is known by now, ... */
    float fresh_worth; /* ... and below what it is given up */
    float half_count, half_taught; /* of the plots of a tentative track, second halves of split
                                    * ones, not counted yet; and those that are */
    uint32_t predecessor_id;       /* a track that may be this one under its old address, or 0 */
    uint32_t near_id, near_count; /* another track that keeps very close, and for how many checks */
    ap_identity identity;
    uint16_t source_count;
    ap_row_source source[AP_TRACK_SOURCE_CAP]; /* newest first */
    ap_imm imm;
    ap_history history;
    ap_stray stray;
    uint16_t reason_count;
    ap_reason reason[AP_TRACK_REASON_CAP];
} ap_row;

/* What the once-a-second round reads of every track: one cache line, and no row. */
typedef struct ap_pulse {
    _Alignas(64) double existence;
    double worth;           /* existence below which it is given up */
    ap_utc_ns received_utc; /* of the newest position, receive clock */
    ap_utc_ns due_utc;      /* the first of its sources' */
    ap_utc_ns silent_utc;   /* its silence changes nothing until then */
    ap_utc_ns wake_utc;     /* the round only lets it fade before */
    double turn_s;          /* of the quickest sensor that contributed lately */
    uint32_t id;
    uint8_t state; /* ap_track_state */
} ap_pulse;

/* What a search reads of a track: one cache line. */
typedef struct ap_hot {
    _Alignas(64) ap_vec3 ecef;
    float velocity_mps[3];               /* ECEF */
    float position_var_m2, velocity_var; /* largest of any direction, at most */
    ap_utc_ns time_utc;
} ap_hot;

/* Under which address a track is filed: what a search by address reads, and no row. */
typedef struct ap_filed {
    uint64_t key;  /* address and its kind */
    uint32_t next; /* hash chain */
    bool shared;   /* another track is filed under it too */
} ap_filed;

/* Neighbours in the list of tracks alive, in order of id. */
typedef struct ap_link {
    uint32_t older, newer;
} ap_link;

typedef struct ap_store {
    uint32_t cap, alive_count;
    uint32_t oldest, newest; /* alive list */
    uint32_t free_head;      /* through link.newer */
    uint32_t next_id;
    uint32_t clock_hand; /* of the search for a row to give up */
    uint32_t bucket_count;
    uint32_t *by_id, *by_address; /* [bucket_count] heads */
    ap_row *row;                  /* [cap] */
    ap_pulse *pulse;              /* [cap] */
    ap_hot *hot;                  /* [cap] */
    ap_link *link;                /* [cap] */
    ap_filed *filed;              /* [cap] */
    ap_utc_ns *number_free_utc;   /* [65536] INT64_MIN: free at once; INT64_MAX: in use */
    uint32_t last_number;
    ap_utc_ns number_next_utc; /* no number is free before */
    ap_grid grid;
    ap_history_pool pool;
} ap_store;

/* part_cap: parts of histories that its rows share. */
void ap_store_init(ap_store *store, uint32_t cap, uint32_t part_cap, ap_arena *arena);
void ap_store_reset(ap_store *store);

/* A fresh row at the end of the alive list, its id given and its history started; AP_SLOT_NONE when
 * all are taken. */
uint32_t ap_store_add(ap_store *store);
void ap_store_remove(ap_store *store, uint32_t slot, ap_utc_ns clock_utc);

uint32_t ap_store_find_id(const ap_store *store, uint32_t id);

/* First track with this address; further ones by ap_store_next_address. */
uint32_t ap_store_find_address(const ap_store *store, uint32_t address, uint8_t kind);
/* Asks for the memory that a search for an address begins in, then for what it reads next. */
void ap_store_seek_address(const ap_store *store, uint32_t address, uint8_t kind);
void ap_store_approach_address(const ap_store *store, uint32_t address, uint8_t kind);
/* Asks for the memory of a track: of all but its motion, but with the time of that; of its filter.
 */
void ap_store_fetch_head(const ap_store *store, uint32_t slot);
void ap_store_fetch_filter(const ap_store *store, uint32_t slot);
void ap_store_fetch(const ap_store *store, uint32_t slot); /* both */
uint32_t ap_store_next_address(const ap_store *store, uint32_t slot);
/* Files the row under the address that its identity has now; takes it from where it is filed. */
void ap_store_file_address(ap_store *store, uint32_t slot);
void ap_store_unfile_address(ap_store *store, uint32_t slot);

/* Gives the row a number that no track has or had in the last five minutes; 0 when none is left. */
void ap_store_number(ap_store *store, uint32_t slot, ap_utc_ns clock_utc);

/* The clock stepped to `clock_utc`, perhaps back: numbers that rest do so for five minutes more. */
void ap_store_rest_numbers(ap_store *store, ap_utc_ns clock_utc);

/* Brings the row's place and hot line up to date with its filter. */
void ap_store_refresh(ap_store *store, uint32_t slot);

/* A tentative row worth less than `existence`, among the next few; AP_SLOT_NONE if there is none.
 */
uint32_t ap_store_least(ap_store *store, double existence);

void ap_store_reason(ap_row *row, ap_utc_ns time_utc, ap_reason_code code, uint16_t sensor,
                     uint32_t other);

void ap_store_show(const ap_store *store, uint32_t slot, ap_track *track);

#endif
