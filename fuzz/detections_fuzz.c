/* Any octets as a file of detections: each row is taken or refused with a reason, and what is taken
 * becomes a report of finite numbers. */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "app/detections.h"
#include "app/plane.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const ap_enu_frame *plane, const ap_sensor *radar, const ap_detection *detection)
{
    assert(ap_detection_is_polar(detection) || ap_detection_is_plane(detection) ||
           ap_detection_is_geodetic(detection));
    assert(detection->time_utc != AP_UTC_UNKNOWN);
    assert(strlen(detection->sensor) < sizeof detection->sensor);
    for (int i = 0; i < AP_DETECTION_VALUE_COUNT; i++)
        assert(isfinite(detection->value[i]));
    for (int flat = 0; flat < 2; flat++) {
        ap_report report;
        ap_plane_report(plane, flat, radar, detection, &report);
        assert(report.present & (AP_HAS_POLAR | AP_HAS_POSITION));
        assert(isfinite(report.range_m) && isfinite(report.azimuth_rad));
        assert(isfinite(report.latitude_rad) && isfinite(report.longitude_rad));
        assert(isfinite(report.geometric_height_m) && isfinite(report.pressure_altitude_m));
        assert(isfinite(report.position_var_ee_m2) && isfinite(report.position_var_nn_m2));
        assert(isfinite(report.east_mps) && isfinite(report.north_mps));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ap_csv csv;
    ap_detection_columns columns;
    ap_detection detection;
    char why[AP_DETECTION_WHY_SIZE];
    ap_enu_frame plane = ap_plane_default();
    ap_sensor radar = { .name = "radar" };
    ap_sensor_defaults(&radar, AP_SENSOR_PSR);
    (void)ap_sensor_place(&radar, plane.origin); /* sound: it is the plane's */
    ap_csv_init(&csv);
    bool has_head = false, ended = false;
    for (size_t at = 0; !ended;) {
        bool whole = false;
        if (at < size)
            at += ap_csv_take(&csv, (const char *)data + at, size - at, &whole);
        else
            ended = !(whole = ap_csv_end(&csv));
        if (!whole)
            continue;
        assert(csv.line >= 1 && csv.line <= csv.next_line);
        if (!has_head && !ap_detections_head(&columns, &csv, why)) {
            assert(*why && !strchr(why, '\n'));
            return 0;
        }
        if (has_head) {
            ap_detection_refusal refusal = ap_detections_row(&columns, &csv, &detection, why);
            assert(detection.line == csv.line);
            if (refusal == AP_DETECTION_TAKEN)
                check(&plane, &radar, &detection);
            else
                assert(refusal < AP_DETECTION_REFUSAL_COUNT && *why && !strchr(why, '\n'));
        }
        has_head = true;
    }
    return 0;
}
