/* Inside of the sense stage: its state, and what its files share. */
#ifndef AP_SENSE_STATE_H
#define AP_SENSE_STATE_H

#include "airpicture/asterix_cursor.h"
#include "sense/attribution.h"
#include "sense/echo.h"
#include "sense/held.h"
#include "sense/sense.h"

/* Who placed a target. */
typedef enum ap_sense_origin {
    AP_SENSE_OWN, /* the aircraft itself */
    AP_SENSE_MLAT,
    AP_SENSE_TISB,
    AP_SENSE_OTHER,
    AP_SENSE_ORIGINS
} ap_sense_origin;

/* What is remembered of an input: a file or a receiver. */
typedef struct ap_sense_input {
    uint16_t sensors[AP_SENSE_ORIGINS]; /* by who places their targets; AP_SENSOR_NONE before */
    ap_refusals refused;
} ap_sense_input;

/* What is remembered of a receiver, beside its row of the receiver table. */
typedef struct ap_sense_place {
    ap_cpr_reference surface; /* last surface position heard */
    ap_utc_ns surface_utc;
    ap_noise noise;
} ap_sense_place;

/* What is remembered of a sensor, beside its row of the sensor table. */
typedef struct ap_sense_source {
    ap_utc_ns marker_utc; /* last north or sector message; AP_UTC_UNKNOWN before the first */
} ap_sense_source;

struct ap_sense_state {
    ap_sense_config config;
    ap_utc_ns receive_utc;    /* latest seen: reports never go back behind it */
    ap_sense_input *inputs;   /* [input_cap] */
    ap_sense_source *sources; /* [sensors->cap] */
    ap_sense_place *places;   /* [receivers->cap] */
    uint32_t receiver_count;  /* rows of the receiver table so far, as of the frame at hand */
    ap_aircraft_table aircraft;
    ap_held_ring
        held[2]; /* of aircraft on probation, and of trusted ones: no flood reaches these */
    ap_utc_ns held_due_utc; /* none of them has waited too long before */
    ap_echo_table echoes;
    ap_witness *firsts; /* by place of echoes: who heard it first; NULL when nobody asks */
    uint64_t squitter_count;
    uint32_t window;                    /* half minute of receive_utc */
    ap_utc_ns window_end_utc;           /* when it has to be found anew */
    const ap_asterix_spec *newest[256]; /* edition of each category; NULL: no such category */
    ap_sense_fix last_fix;
    bool has_register; /* the frame last taken was a Comm-B reply: */
    ap_comm_b_inference last_register;
};

/* Takes note of a receive time and gives the input's row; NULL outside input_cap. */
ap_sense_input *ap_sense_enter(struct ap_sense_state *state, uint16_t input, ap_utc_ns receive_utc);

/* Hands a report on and counts it in its sensor's row. */
void ap_sense_emit(struct ap_sense_state *state, ap_report *report);

/* Index of the sensor with these codes, added with the defaults of `kind` when it is new.
 * AP_SENSOR_NONE when the table is full. */
uint16_t ap_sense_sensor_of_codes(struct ap_sense_state *state, uint16_t input, uint8_t sac,
                                  uint8_t sic, ap_sensor_kind kind);

/* Index of the sensor of an input for targets of this origin: the Mode S receiver for the
 * aircraft's own word, made up when none is described; one beside it for the others. */
uint16_t ap_sense_sensor_of_input(struct ap_sense_state *state, uint16_t input,
                                  ap_sense_origin origin);

/* Index of the sensor that a row of the receiver table is. */
uint16_t ap_sense_sensor_of_receiver(struct ap_sense_state *state, uint16_t receiver);

/* What became of a record: a refusal (>= 0), or one of these. */
typedef int ap_verdict;
#define AP_VERDICT_REPORT (-1)  /* the report goes on */
#define AP_VERDICT_MARKER (-2)  /* so does a north or sector message, counted as service */
#define AP_VERDICT_SERVICE (-3) /* no target, nothing to report */
#define AP_VERDICT_HELD (-4)    /* waits for its place; reported or refused later */
#define AP_VERDICT_WITNESS (-5) /* a copy of what another receiver has delivered */

/* What a category's reader needs beside its record. */
typedef struct ap_sense_from {
    const ap_sensor *sensor;
    ap_utc_ns receive_utc;
    ap_utc_ns marker_utc; /* of the sensor; AP_UTC_UNKNOWN */
} ap_sense_from;

/* Readers of one record each: fill *report (kind, sensor and times of reception are set). */
ap_verdict ap_sense_cat001(const ap_sense_from *from, const ap_asterix_record *record,
                           ap_report *report);
ap_verdict ap_sense_cat002(const ap_sense_from *from, const ap_asterix_record *record,
                           ap_report *report);
ap_verdict ap_sense_cat010(const ap_sense_from *from, const ap_asterix_record *record,
                           ap_report *report);
ap_verdict ap_sense_cat020(const ap_sense_from *from, const ap_asterix_record *record,
                           ap_report *report);
ap_verdict ap_sense_cat021(const ap_sense_from *from, const ap_asterix_record *record,
                           ap_report *report);
ap_verdict ap_sense_cat034(const ap_sense_from *from, const ap_asterix_record *record,
                           ap_report *report);
ap_verdict ap_sense_cat048(const ap_sense_from *from, const ap_asterix_record *record,
                           ap_report *report);
ap_verdict ap_sense_cat062(const ap_sense_from *from, const ap_asterix_record *record,
                           ap_report *report);

/* UTC of a time of day that is there, less the sensor's latency; without one, that of the last
 * north or sector message if it is less than a turn old, else the time of reception.
 * AP_VERDICT_REPORT, or the refusal. */
ap_verdict ap_sense_set_time(const ap_sense_from *from, bool has_tod, uint32_t tod_128th_s,
                             ap_report *report);
/* The same for the truncated time of CAT001. */
ap_verdict ap_sense_set_time_512(const ap_sense_from *from, bool has_tod, uint16_t tod_128th_s,
                                 ap_report *report);

/* Where a radar saw a plot. */
typedef struct ap_sense_plot_place {
    bool has_polar, has_local;
    double range_m, azimuth_rad; /* slant range, clockwise from true north */
    double east_m, north_m;      /* in the tangent plane of the radar */
} ap_sense_plot_place;

/* The position of a plot: the measured polar one, else the local one of the radar's tracker.
 * AP_VERDICT_REPORT, or the refusal. */
ap_verdict ap_sense_set_plot_place(const ap_sense_plot_place *place, const ap_sensor *sensor,
                                   ap_report *report);

#endif
