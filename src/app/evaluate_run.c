#include "app/evaluate_run.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "airpicture/geo.h"
#include "app/samples_read.h"
#include "io/memory.h"
#include "wire/json_scan.h"

enum { INSTANTS_A_STEP = 32, PATH_ROOM = 1024, ABOUT_CAP = 16 << 20, INSTANT_MAX = 10000000 };

static void on_share(void *context, double share)
{
    ap_share_bar_tell(context, share);
}

static void warn_refused(const ap_evaluate_run *run, const ap_samples *samples)
{
    if (samples->refused_count && !run->options->quiet)
        fprintf(stderr, "airpicture %s: %" PRIu64 " rows are refused, the first: %s\n",
                run->options->command->name, samples->refused_count, samples->first_refusal);
}

static int read_samples(ap_evaluate_run *run, const char *path, const char *role,
                        ap_samples *samples)
{
    ap_samples_reading reading = { .command = run->options->command,
                                   .path = path,
                                   .role = role,
                                   .samples = samples,
                                   .start_utc = run->options->start_utc,
                                   .on_share = on_share,
                                   .context = &run->bar };
    int status = ap_samples_read(&reading);
    ap_share_bar_end(&run->bar);
    if (!status)
        warn_refused(run, samples);
    return status;
}

/* A member of this name and kind, of the object that the scan stands before. */
static bool find_member(ap_json_scan *scan, const char *name, ap_json_span_kind kind,
                        ap_json_span *value)
{
    ap_json_span key;
    if (!ap_json_scan_enter(scan, '{'))
        return false;
    while (ap_json_scan_member(scan, &key, value))
        if (ap_json_span_is(&key, name))
            return value->kind == kind;
    return false;
}

/* scenario.start of a simulation's about.json. */
static bool start_of_about(const uint8_t *text, size_t size, ap_utc_ns *start)
{
    char utc[AP_UTC_TEXT_SIZE];
    ap_json_span scenario, value;
    ap_json_scan scan = ap_json_scan_of(text, size);
    if (!find_member(&scan, "scenario", AP_JSON_SPAN_OBJECT, &scenario))
        return false;
    scan = ap_json_scan_of(scenario.start, scenario.size);
    if (!find_member(&scan, "start", AP_JSON_SPAN_STRING, &value) || value.size >= sizeof utc)
        return false;
    snprintf(utc, sizeof utc, "%.*s", (int)value.size, (const char *)value.start);
    return ap_utc_parse(utc, start) == AP_OK;
}

/* A simulation's about.json beside its truth says when that began. */
static void find_truth_start(ap_evaluate_run *run)
{
    char path[PATH_ROOM];
    const char *slash = strrchr(run->options->truth_path, '/');
    int folder_size = slash ? (int)(slash + 1 - run->options->truth_path) : 0;
    if (snprintf(path, sizeof path, "%.*sabout.json", folder_size, run->options->truth_path) >=
        (int)sizeof path)
        return;
    FILE *file = fopen(path, "rb");
    uint8_t *text = file ? malloc(ABOUT_CAP) : NULL;
    size_t size = text ? fread(text, 1, ABOUT_CAP, file) : 0;
    ap_utc_ns start;
    if (start_of_about(text, size, &start)) {
        ap_samples_shift(&run->truth, start);
        run->truth.is_utc = true;
        char utc[AP_UTC_TEXT_SIZE];
        ap_utc_text(start, utc);
        snprintf(run->truth_start_note, sizeof run->truth_start_note,
                 "it begins at %s, as about.json beside it says", utc);
    }
    free(text);
    if (file)
        fclose(file);
}

static int check_place(const ap_evaluate_run *run)
{
    const double *place = run->options->place;
    if (run->truth.set.frame == AP_TRAJECTORY_PLANE || !run->options->has_place ||
        (fabs(place[0]) <= 90.0 && fabs(place[1]) <= 180.0))
        return AP_EXIT_OK;
    return ap_command_fail(run->options->command, AP_EXIT_USAGE,
                           "--range-from %.10g,%.10g is refused; expected a latitude from -90 to "
                           "90 and a longitude from -180 to 180",
                           place[0], place[1]);
}

int ap_evaluate_read_truth(ap_evaluate_run *run)
{
    const ap_evaluate_options *options = run->options;
    ap_samples_init(&run->truth);
    ap_share_bar_task(&run->bar, options->is_reference ? "reference" : "reading truth");
    int status = options->is_reference
                     ? ap_evaluate_make_reference(run)
                     : read_samples(run, options->truth_path, "truth", &run->truth);
    ap_share_bar_end(&run->bar);
    if (!status)
        status = check_place(run);
    if (!status && !run->truth.is_utc && options->truth_start_utc == AP_UTC_UNKNOWN)
        find_truth_start(run);
    if (status || options->truth_start_utc == AP_UTC_UNKNOWN)
        return status;
    if (run->truth.is_utc)
        return ap_command_fail(options->command, AP_EXIT_USAGE,
                               "--truth-start is for a truth whose times begin near zero; this "
                               "one's are UTC already: leave it out");
    ap_samples_shift(&run->truth, options->truth_start_utc);
    run->truth.is_utc = true;
    return AP_EXIT_OK;
}

int ap_evaluate_read_tracks(ap_evaluate_run *run, ap_evaluate_side *side)
{
    ap_samples_init(&side->tracks);
    side->tracks.has_wish = true;
    side->tracks.wish = run->truth.set.frame;
    ap_share_bar_task(&run->bar, "reading tracks");
    int status = read_samples(run, side->path, "tracks", &side->tracks);
    return status ? status : ap_evaluate_check(run, side);
}

/* ---- the configuration ---- */

static ap_evaluation_place place_of(const ap_evaluate_run *run)
{
    ap_evaluation_place place = { 0 };
    const double *given = run->options->place;
    if (run->truth.set.frame == AP_TRAJECTORY_PLANE) {
        place.x_m = given[0];
        place.y_m = given[1];
    } else {
        place.latitude_rad = given[0] * AP_RAD_PER_DEG;
        place.longitude_rad = given[1] * AP_RAD_PER_DEG;
    }
    return place;
}

/* The middle of the truth; of longitudes about that of the first state. */
static ap_evaluation_place middle_of(const ap_trajectory_set *truth)
{
    ap_evaluation_place place = { 0 };
    double a = 0.0, b = 0.0, first = truth->states[0].longitude_rad;
    for (uint32_t i = 0; i < truth->state_count; i++) {
        a += truth->states[i].latitude_rad; /* or y, as the next is x */
        b += truth->frame == AP_TRAJECTORY_PLANE
                 ? truth->states[i].x_m
                 : first + ap_wrap_pi(truth->states[i].longitude_rad - first);
    }
    place.latitude_rad = a / truth->state_count;
    place.longitude_rad = b / truth->state_count;
    return place;
}

static void fill_config(ap_evaluate_run *run)
{
    static const double edges_m[] = { 10e3,  20e3,  40e3,  60e3,  80e3,  100e3, 130e3,
                                      160e3, 200e3, 250e3, 300e3, 350e3, 400e3 };
    ap_evaluation_config *c = &run->config;
    *c = run->options->config;
    c->has_reference = true;
    c->reference = run->options->has_place ? place_of(run) : middle_of(&run->truth.set);
    c->range_count = sizeof edges_m / sizeof edges_m[0];
    memcpy(c->range_edge_m, edges_m, sizeof edges_m);
    c->looks = run->looks;
    c->sensor_count = run->bound_count;
    memcpy(c->sensors, run->bound, sizeof c->sensors);
    if (run->options->has_coverage) {
        c->has_coverage = true;
        c->coverage_centre = c->reference;
        c->coverage_range_m = run->options->coverage_range_m;
    }
}

/* ---- scoring ---- */

/* One wrong time makes years of instants. */
static int check_instants(const ap_evaluate_run *run)
{
    char text[AP_UTC_TEXT_SIZE];
    ap_utc_ns first, last;
    ap_trajectory_set_span(&run->truth.set, &first, &last);
    double span_s = fmin(ap_seconds_between(first, last), run->config.until_s);
    double count = (span_s - run->config.warmup_s) / run->config.step_s;
    if (count <= INSTANT_MAX)
        return AP_EXIT_OK;
    ap_utc_text(last, text);
    return ap_command_fail(run->options->command, AP_EXIT_DATA,
                           "the truth lasts %.0f s, to %s: %.3g instants, at most %d; if that time "
                           "is right, give a longer --step, or --until",
                           ap_seconds_between(first, last), text, count, INSTANT_MAX);
}

int ap_evaluate_score(ap_evaluate_run *run, ap_evaluate_side *side)
{
    const ap_command *command = run->options->command;
    fill_config(run);
    int status = check_instants(run);
    if (status)
        return status;
    const char *fault = ap_evaluation_config_fault(&run->config);
    if (fault)
        return ap_command_fail(command, AP_EXIT_USAGE, "these options do not fit: %s", fault);
    side->memory_size = ap_evaluation_size(&run->config, &run->truth.set, &side->tracks.set);
    side->memory = side->memory_size ? ap_memory_take(side->memory_size) : NULL;
    if (!side->memory || ap_evaluation_init(&side->evaluation, &run->config, &run->truth.set,
                                            &side->tracks.set, side->memory, side->memory_size))
        return ap_command_fail(command, AP_EXIT_SOFTWARE,
                               "memory is exhausted; a longer --step needs less");
    double share = 0.0;
    ap_share_bar_task(&run->bar, "scoring");
    while (!ap_evaluation_step(&side->evaluation, INSTANTS_A_STEP, &share))
        ap_share_bar_tell(&run->bar, share);
    ap_share_bar_end(&run->bar);
    const ap_evaluation_result *result = ap_evaluation_result_of(&side->evaluation);
    static const ap_evaluation_note fatal[] = { AP_EVALUATION_NOTE_TRUTH_EMPTY,
                                                AP_EVALUATION_NOTE_TRACKS_EMPTY,
                                                AP_EVALUATION_NOTE_NO_OVERLAP,
                                                AP_EVALUATION_NOTE_NO_NEIGHBOUR,
                                                AP_EVALUATION_NOTE_NO_INSTANT };
    for (size_t i = 0; i < sizeof fatal / sizeof fatal[0]; i++)
        if (result->notes[fatal[i]])
            return ap_command_fail(command, AP_EXIT_DATA, "%s and '%s': %s",
                                   run->options->truth_path, side->path,
                                   ap_evaluation_note_text(fatal[i]));
    return AP_EXIT_OK;
}

void ap_evaluate_side_close(ap_evaluate_side *side)
{
    ap_samples_close(&side->tracks);
    ap_memory_give_back(side->memory, side->memory_size);
    side->memory = NULL;
}

void ap_evaluate_run_close(ap_evaluate_run *run)
{
    ap_samples_close(&run->truth);
}
