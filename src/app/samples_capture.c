/* Captures of ASTERIX, Mode S and target feeds: what their reports say, one trajectory an address,
 * or a track number of its source. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/pipeline.h"
#include "app/samples_read.h"
#include "app/source.h"

#define NUMBER_REUSE_S 60.0 /* a track number that rested so long is another track's */

typedef struct number_use {
    ap_utc_ns newest_utc;
    uint32_t generation;
} number_use;

typedef struct capture_run {
    ap_samples_reading *reading;
    ap_pipeline pipeline;
    number_use *use; /* [sensor][65536], for sensors that number tracks */
    ap_err err;
    uint64_t report_count;
} capture_run;

enum { NUMBERS = 65536, SENSORS = 64 };

/* Name of the trajectory; false for a report that has none. */
static bool name_of(capture_run *run, const ap_report *report, char name[40])
{
    if ((report->present & AP_HAS_TRACK_NUMBER) && report->sensor < SENSORS) {
        if (!run->use)
            run->use = calloc((size_t)SENSORS * NUMBERS, sizeof *run->use);
        if (!run->use) {
            run->err = AP_ERR_MEMORY;
            return false;
        }
        number_use *use = &run->use[(size_t)report->sensor * NUMBERS + report->track_number];
        if (use->generation == 0 ||
            ap_seconds_between(use->newest_utc, report->time_utc) > NUMBER_REUSE_S)
            use->generation++;
        use->newest_utc = report->time_utc;
        if (report->sensor == 0 && use->generation == 1)
            snprintf(name, 40, "%u", report->track_number);
        else
            snprintf(name, 40, "%u/%u.%" PRIu32, report->sensor, report->track_number,
                     use->generation);
        return true;
    }
    if (report->present & AP_HAS_ADDRESS) {
        snprintf(name, 40, "%s%06" PRIx32, report->address_kind ? "~" : "", report->address);
        return true;
    }
    return false;
}

static void set_state(const ap_report *report, ap_trajectory_state *state)
{
    *state = (ap_trajectory_state){ .time_utc = report->time_utc };
    state->latitude_rad = report->latitude_rad;
    state->longitude_rad = report->longitude_rad;
    if (report->present & AP_HAS_VELOCITY) {
        state->flags |= AP_STATE_HAS_VELOCITY;
        state->east_mps = report->east_mps;
        state->north_mps = report->north_mps;
    }
    if (report->present & AP_HAS_GEOMETRIC_HEIGHT) {
        state->flags |= AP_STATE_HAS_HEIGHT;
        state->height_m = (float)report->geometric_height_m;
    }
    if (report->present & AP_HAS_PRESSURE_ALTITUDE) {
        state->flags |= AP_STATE_HAS_PRESSURE_ALTITUDE;
        state->pressure_altitude_m = (float)report->pressure_altitude_m;
    }
    if (report->present & AP_HAS_ALTITUDE_AGE) {
        state->flags |= AP_STATE_HAS_ALTITUDE_AGE;
        state->pressure_altitude_age_s = (float)report->pressure_altitude_age_s;
    }
    if (report->present & AP_HAS_VERTICAL_RATE) {
        state->flags |= AP_STATE_HAS_CLIMB;
        state->up_mps = (float)report->up_mps;
    }
    state->flags |= report->flags & AP_FLAG_EXTRAPOLATED ? AP_STATE_COASTING : 0;
    state->flags |= report->flags & AP_FLAG_ON_GROUND ? AP_STATE_ON_GROUND : 0;
}

static ap_trajectory_identity identity_of(const ap_report *report)
{
    ap_trajectory_identity identity = { 0 };
    if (report->present & AP_HAS_ADDRESS) {
        identity.flags |= AP_IDENTITY_HAS_ADDRESS;
        identity.address = report->address;
    }
    if (report->present & AP_HAS_MODE_3A) {
        identity.flags |= AP_IDENTITY_HAS_MODE_3A;
        identity.mode_3a = report->mode_3a;
    }
    if (report->present & AP_HAS_CALLSIGN) {
        identity.flags |= AP_IDENTITY_HAS_CALLSIGN;
        memcpy(identity.callsign, report->callsign, sizeof identity.callsign);
    }
    return identity;
}

static void on_report(void *context, const ap_report *report)
{
    capture_run *run = context;
    ap_samples_reading *reading = run->reading;
    char name[40];
    uint64_t id;
    run->report_count++;
    if (reading->on_report) {
        reading->on_report(reading->report_context, report);
        return;
    }
    if (report->kind != AP_REPORT_TARGET || run->err)
        return;
    if (report->flags & (AP_FLAG_TENTATIVE | AP_FLAG_ENDED)) {
        reading->samples->unpublished_count++;
        return;
    }
    if (!(report->present & AP_HAS_POSITION) || !name_of(run, report, name)) {
        reading->samples->place_count++;
        return;
    }
    ap_trajectory_state state;
    set_state(report, &state);
    ap_trajectory_identity identity = identity_of(report);
    ap_trajectory_covariance covariance = { .east_m2 = report->position_var_ee_m2,
                                            .east_north_m2 = report->position_var_en_m2,
                                            .north_m2 = report->position_var_nn_m2 };
    ap_err err = ap_samples_id_of(reading->samples, name, strlen(name), &id);
    if (!err)
        err = ap_samples_add(reading->samples, AP_TRAJECTORY_GEODETIC, id, &state, &covariance,
                             identity.flags ? &identity : NULL, -1.0);
    if (err == AP_ERR_MEMORY)
        run->err = err;
    else
        reading->samples->refused_count += err != AP_OK;
}

static int on_time(void *context, ap_utc_ns now)
{
    capture_run *run = context;
    (void)now;
    if (run->reading->on_share)
        run->reading->on_share(run->reading->context, ap_pipeline_share(&run->pipeline));
    return run->err ? AP_EXIT_SOFTWARE : AP_EXIT_OK;
}

static void tell_failure(const capture_run *run, int status)
{
    const ap_samples_reading *reading = run->reading;
    if (run->err)
        (void)ap_command_fail(reading->command, status, "memory is exhausted");
    else if (strstr(run->pipeline.message, "--format"))
        (void)ap_command_fail(reading->command, status,
                              "'%s' is in no form that is recognised; expected one of those that "
                              "doc/evaluate.md lists",
                              reading->shown_path);
    else
        (void)ap_command_fail(reading->command, status, "%s", run->pipeline.message);
}

int ap_samples_read_capture(ap_samples_reading *reading, const char *const *paths,
                            size_t path_count, ap_format format)
{
    capture_run *run = calloc(1, sizeof *run);
    if (!run)
        return ap_command_fail(reading->command, AP_EXIT_SOFTWARE, "memory is exhausted");
    run->reading = reading;
    ap_pipeline_config config = ap_pipeline_config_default();
    config.paths = paths;
    config.path_count = path_count;
    config.format = format;
    config.start_utc = reading->start_utc;
    config.engine.reports_only = true;
    config.engine.sinks.context = run;
    config.engine.sinks.on_report = on_report;
    config.on_time = on_time;
    int status = ap_pipeline_init(&run->pipeline, &config);
    if (!status)
        status = ap_pipeline_open(&run->pipeline);
    if (!status)
        status = ap_pipeline_run(&run->pipeline);
    if (status == AP_EXIT_DATA && run->report_count > 0 && !run->err) {
        fprintf(stderr, "airpicture %s: %s\n", reading->command->name, run->pipeline.message);
        status = AP_EXIT_OK; /* cut off: what came before is judged */
    }
    if (status)
        tell_failure(run, status);
    if (!status) {
        ap_source_summary source = ap_pipeline_source(&run->pipeline, 0);
        snprintf(reading->samples->format, sizeof reading->samples->format, "%s capture",
                 ap_format_key(source.format));
    }
    reading->samples->is_utc = true;
    ap_pipeline_close(&run->pipeline);
    free(run->use);
    free(run);
    return status;
}
