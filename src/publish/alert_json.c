#include "publish/alert_json.h"

#include "publish/columns.h"

static const ap_alert *alert_of(const void *row)
{
    return row;
}

static ap_value get_id(const void *row)
{
    return ap_value_unsigned(alert_of(row)->id);
}

static ap_value get_kind(const void *row)
{
    return ap_value_text(ap_alert_kind_key(alert_of(row)->kind));
}

static ap_value get_text(const void *row)
{
    return ap_value_text(ap_alert_kind_text(alert_of(row)->kind));
}

static ap_value get_track_id(const void *row)
{
    return ap_value_unsigned(alert_of(row)->track_id);
}

static ap_value detail(const void *row, ap_alert_kind kind, ap_value_kind as)
{
    if (alert_of(row)->kind != kind)
        return ap_value_absent();
    return (ap_value){ .kind = as, .unsigned_ = alert_of(row)->detail };
}

static ap_value get_squawk(const void *row)
{
    return detail(row, AP_ALERT_EMERGENCY_CODE, AP_VALUE_OCTAL);
}

static ap_value get_icao24(const void *row)
{
    return detail(row, AP_ALERT_ADDRESS_SHARED, AP_VALUE_HEX24);
}

static ap_value get_nic(const void *row)
{
    return detail(row, AP_ALERT_POSITION_LOW_INTEGRITY, AP_VALUE_UNSIGNED);
}

static ap_value get_since_s(const void *row)
{
    return ap_value_seconds(alert_of(row)->since_utc);
}

static ap_value get_since_utc(const void *row)
{
    return ap_value_utc(alert_of(row)->since_utc);
}

static ap_value get_until_s(const void *row)
{
    return ap_value_seconds(alert_of(row)->until_utc);
}

static ap_value get_until_utc(const void *row)
{
    return ap_value_utc(alert_of(row)->until_utc);
}

static ap_value get_acknowledged_by(const void *row)
{
    return ap_value_text(alert_of(row)->acknowledged_by);
}

static ap_utc_ns acknowledged(const void *row)
{
    const ap_alert *alert = alert_of(row);
    return *alert->acknowledged_by ? alert->acknowledged_utc : AP_UTC_UNKNOWN;
}

static ap_value get_acknowledged_s(const void *row)
{
    return ap_value_seconds(acknowledged(row));
}

static ap_value get_acknowledged_utc(const void *row)
{
    return ap_value_utc(acknowledged(row));
}

/* clang-format off */
static const ap_column alert_columns[] = {
    AP_COLUMN("alert_id", 0, get_id),
    AP_COLUMN("alert", 0, get_kind),
    AP_COLUMN("text", 0, get_text),
    AP_COLUMN("track_id", 0, get_track_id),
    AP_COLUMN("squawk", 0, get_squawk),
    AP_COLUMN("icao24", 0, get_icao24),
    AP_COLUMN("nic", 0, get_nic),
    AP_COLUMN("since_s", 0, get_since_s),
    AP_COLUMN("since_utc", 0, get_since_utc),
    AP_COLUMN("until_s", 0, get_until_s),
    AP_COLUMN("until_utc", 0, get_until_utc),
    AP_COLUMN("acknowledged_by", 0, get_acknowledged_by),
    AP_COLUMN("acknowledged_s", 0, get_acknowledged_s),
    AP_COLUMN("acknowledged_utc", 0, get_acknowledged_utc),
};
/* clang-format on */

ap_err ap_alert_json(ap_writer *text, const ap_alert *alert)
{
    return ap_columns_json(text, alert_columns, sizeof alert_columns / sizeof alert_columns[0],
                           alert);
}
