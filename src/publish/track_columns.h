/* What is told of a track in JSON and CSV: one table of columns. */
#ifndef AP_PUBLISH_TRACK_COLUMNS_H
#define AP_PUBLISH_TRACK_COLUMNS_H

#include "airpicture/sensor.h"
#include "airpicture/track.h"
#include "publish/columns.h"

typedef struct ap_track_row {
    const ap_sensor_table *sensors; /* for names; may be NULL */
    const ap_track_event *event;
    const ap_track *track;
    double sigma_major_m, sigma_minor_m, sigma_axis_rad; /* position, one sigma */
    double velocity_sigma_mps;
} ap_track_row;

/* An event of kind AP_EVENT_KIND_COUNT is none: the state as it is asked for at that time, to which
 * ages are counted. */
ap_track_row ap_track_row_of(const ap_sensor_table *sensors, const ap_track_event *event,
                             const ap_track *track);

/* First the state of a track, which is all that an answer about many tracks tells. Then the
 * probabilities of the motion models, which lines tell, too. Those of what falls are behind: of
 * what flies they are absent, and need not be asked. Behind them are those of innovations, which
 * only are told where they are asked for. */
extern const ap_column ap_track_columns[];
extern const size_t ap_track_column_count, ap_track_flight_column_count;
extern const size_t ap_track_state_column_count;
extern const size_t ap_track_innovation_column_count;

/* How many motion models have a probability, in the plane or of the vertical: all, or none. */
#define AP_TRACK_MODE_DECIMALS 4
size_t ap_track_mode_count(const ap_track *track);
size_t ap_track_vertical_mode_count(const ap_track *track);

/* Name of a sensor, or NULL when there is none. */
const char *ap_sensor_name_of(const ap_sensor_table *sensors, uint16_t sensor);

/* Key of a kind of address, e.g. "anonymous". */
const char *ap_address_kind_key(uint8_t kind);

/* "A3" and the like for an emitter category; NULL outside A0..D7. Static storage. */
const char *ap_emitter_category_text(uint8_t category);

#endif
