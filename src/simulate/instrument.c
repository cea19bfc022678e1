#include "simulate/instrument.h"

const ap_instrument_kind *ap_instrument_of(ap_sensor_format format)
{
    static const ap_instrument_kind *const kinds[AP_SENSOR_FORMAT_COUNT] = {
        [AP_SENSOR_FORMAT_CAT048] = &ap_instrument_radar,
        [AP_SENSOR_FORMAT_CAT001] = &ap_instrument_radar,
        [AP_SENSOR_FORMAT_CAT010] = &ap_instrument_radar,
        [AP_SENSOR_FORMAT_CAT020] = &ap_instrument_mlat,
        [AP_SENSOR_FORMAT_CAT021] = &ap_instrument_station,
        [AP_SENSOR_FORMAT_CAT062] = &ap_instrument_tracker,
        [AP_SENSOR_FORMAT_BEAST] = &ap_instrument_receiver,
    };
    return (unsigned)format < AP_SENSOR_FORMAT_COUNT ? kinds[format] : NULL;
}
