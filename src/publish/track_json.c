#include "publish/track_json.h"

#include "publish/track_columns.h"

ap_err ap_track_json(ap_writer *text, const ap_sensor_table *sensors, const ap_track_event *event,
                     const ap_track *track)
{
    ap_track_row row = ap_track_row_of(sensors, event, track);
    size_t count = event->nis_dimensions > 0       ? ap_track_innovation_column_count
                   : track->fall.probability > 0.0 ? ap_track_column_count
                                                   : ap_track_flight_column_count;
    return ap_columns_json(text, ap_track_columns, count, &row);
}
