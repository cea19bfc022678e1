#include "publish/track_csv.h"

#include "publish/track_columns.h"

ap_err ap_track_csv_head(ap_writer *text)
{
    return ap_columns_csv_head(text, ap_track_columns, ap_track_column_count);
}

ap_err ap_track_csv(ap_writer *text, const ap_sensor_table *sensors, const ap_track_event *event,
                    const ap_track *track)
{
    ap_track_row row = ap_track_row_of(sensors, event, track);
    return ap_columns_csv(text, ap_track_columns, ap_track_column_count, &row);
}
