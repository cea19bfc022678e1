#include "app/evaluate_plots.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "airpicture/geo.h"
#include "app/sensors.h"
#include "io/memory.h"
#include "wire/json.h"

enum { JSON_ROOM = 16384, LOOK_CAP = 1 << 20, LOOK_CAP_MAX = 1 << 27 };

typedef struct reader {
    ap_evaluate_plots *plots;
    ap_share_bar *bar;
    uint64_t report_count;
} reader;

/* Twice the room; false: memory is exhausted. */
static bool grow_looks(ap_evaluate_plots *p)
{
    uint32_t cap = p->looks.cap <= LOOK_CAP_MAX / 2 ? 2 * p->looks.cap : LOOK_CAP_MAX;
    size_t size = cap > p->looks.cap ? ap_looks_size(p->looks.truth_count, cap) : 0;
    void *memory = size ? ap_memory_take(size) : NULL;
    if (!memory)
        return false;
    (void)ap_looks_move(&p->looks, cap, memory, size); /* fits: the size is its own */
    ap_memory_give_back(p->looks_memory, p->looks_size);
    p->looks_memory = memory;
    p->looks_size = size;
    return true;
}

static void add_look(ap_evaluate_plots *p, const ap_report *report, const ap_plot_match *match)
{
    const ap_sensor *sensor = &p->pipeline.engine.sensors.sensor[report->sensor];
    while (ap_looks_add(&p->looks, sensor, report, match))
        if (!grow_looks(p)) {
            p->looks_lost_count++;
            return;
        }
}

static void on_report(void *context, const ap_report *report)
{
    reader *r = context;
    ap_evaluate_plots *p = r->plots;
    ap_plot_match match;
    r->report_count++;
    if (ap_plots_add(&p->plots, report, &match) && p->looks_memory)
        add_look(p, report, &match);
}

static int on_time(void *context, ap_utc_ns now)
{
    reader *r = context;
    (void)now;
    ap_share_bar_tell(r->bar, ap_pipeline_share(&r->plots->pipeline));
    return AP_EXIT_OK;
}

static int start(ap_evaluate_run *run, ap_evaluate_plots *p, reader *r)
{
    const ap_command *command = run->options->command;
    p->memory_size = ap_plots_size(&run->truth.set);
    if (p->memory_size == 0)
        return ap_command_fail(command, AP_EXIT_USAGE,
                               "--recording needs a truth in degrees; this one is in metres of a "
                               "plane");
    ap_pipeline_config config = ap_pipeline_config_default();
    config.paths = p->path;
    config.path_count = p->path_count;
    config.start_utc = run->options->start_utc;
    config.engine.reports_only = true;
    config.engine.sinks.context = r;
    config.engine.sinks.on_report = on_report;
    config.on_time = on_time;
    int status = ap_pipeline_init(&p->pipeline, &config);
    if (status)
        return ap_command_fail(command, status, "%s", p->pipeline.message);
    p->is_read = true;
    if (p->sensors_path)
        status =
            ap_sensors_read(command, p->sensors_path, p->path_count, &p->pipeline.engine.sensors);
    p->memory = status ? NULL : ap_memory_take(p->memory_size);
    if (!status &&
        (!p->memory || ap_plots_init(&p->plots, &run->truth.set, &p->pipeline.engine.sensors,
                                     run->options->config.truth_gap_s, p->memory, p->memory_size)))
        status = ap_command_fail(command, AP_EXIT_SOFTWARE, "memory is exhausted");
    return status;
}

/* Room for the looks, of which only what fills is memory. */
static int start_looks(const ap_evaluate_run *run, ap_evaluate_plots *p)
{
    uint32_t truths = run->truth.set.trajectory_count;
    if (!p->sensors_path) /* radars would tell nothing */
        return AP_EXIT_OK;
    p->looks_size = ap_looks_size(truths, LOOK_CAP);
    p->looks_memory = ap_memory_take(p->looks_size);
    if (!p->looks_memory ||
        ap_looks_init(&p->looks, truths, LOOK_CAP, p->looks_memory, p->looks_size))
        return ap_command_fail(run->options->command, AP_EXIT_SOFTWARE, "memory is exhausted");
    return AP_EXIT_OK;
}

static void finish_looks(ap_evaluate_run *run, ap_evaluate_plots *p)
{
    if (!p->looks_memory)
        return;
    ap_looks_finish(&p->looks);
    run->looks = &p->looks;
    snprintf(run->bound_note, sizeof run->bound_note,
             "Cramer-Rao bound of %" PRIu32 " reports; %" PRIu64
             " beyond what they state are left out",
             p->looks.count, p->looks.lie_count);
    if (p->looks.count > 0 && p->looks_lost_count == 0)
        return;
    run->looks = NULL;
    snprintf(run->bound_note, sizeof run->bound_note,
             p->looks.count > 0 ? "no Cramer-Rao bound: there is no memory for more than %" PRIu32
                                  " reports"
                                : "no Cramer-Rao bound: the recordings hold nothing of the truth",
             p->looks.cap);
}

/* Without the pipeline's advice to name a format, which this command cannot. */
static int fail_reading(const ap_evaluate_run *run, const ap_evaluate_plots *p, int status)
{
    const char *message = p->pipeline.message, *advice = strstr(message, "; name it");
    if (!advice)
        return ap_command_fail(run->options->command, status, "%s", message);
    return ap_command_fail(run->options->command, status,
                           "%.*s; expected what airpicture replay reads", (int)(advice - message),
                           message);
}

int ap_evaluate_read_plots(ap_evaluate_run *run, ap_evaluate_plots *plots)
{
    reader r = { .plots = plots, .bar = &run->bar };
    if (plots->path_count == 0)
        return AP_EXIT_OK;
    int status = start(run, plots, &r);
    if (!status)
        status = start_looks(run, plots);
    if (status)
        return status;
    ap_share_bar_task(&run->bar, "reading plots");
    status = ap_pipeline_open(&plots->pipeline);
    if (!status)
        status = ap_pipeline_run(&plots->pipeline);
    ap_share_bar_end(&run->bar);
    if (status && !(status == AP_EXIT_DATA && r.report_count > 0))
        return fail_reading(run, plots, status);
    if (status) /* cut off: what came before is judged */
        fprintf(stderr, "airpicture %s: %s\n", run->options->command->name,
                plots->pipeline.message);
    ap_plots_finish(&plots->plots);
    finish_looks(run, plots);
    return AP_EXIT_OK;
}

/* ---- output ---- */

static double share(uint64_t part, uint64_t whole)
{
    return whole > 0 ? (double)part / (double)whole : NAN;
}

static size_t row_count(const ap_evaluate_plots *p)
{
    size_t count = p->is_read ? p->pipeline.engine.sensors.count : 0;
    return count < AP_PLOTS_SENSOR_CAP ? count : AP_PLOTS_SENSOR_CAP;
}

/* Azimuths in degrees, all else as it is. */
static double shown_unit(const ap_plot_part_figures *f, int axis)
{
    return f->is_polar && axis == 1 ? AP_RAD_PER_DEG : 1.0;
}

/* Whether there is something to say of a sensor. */
static bool is_shown(const ap_plot_figures *f)
{
    return f->part[AP_PLOT_ANY].report_count > 0 || f->is_silent;
}

static void print_errors(const ap_plot_part_figures *f, FILE *out)
{
    const ap_plot_axis *a = f->axis;
    if (f->is_polar)
        fprintf(out,
                "  %-16s range bias %+.1f m, random %.1f m; clock %+.3f s\n"
                "  %-16s azimuth bias %+.4f deg, random %.4f deg\n",
                "", a[0].bias, a[0].random, f->time_bias_s, "", a[1].bias / AP_RAD_PER_DEG,
                a[1].random / AP_RAD_PER_DEG);
    else
        fprintf(out,
                "  %-16s east bias %+.1f m, random %.1f m; clock %+.3f s\n"
                "  %-16s north bias %+.1f m, random %.1f m\n",
                "", a[0].bias, a[0].random, f->time_bias_s, "", a[1].bias, a[1].random);
}

static double detection_of(const ap_plot_part_figures *f)
{
    return share(f->hit_count, f->hit_count + f->miss_count);
}

static void print_sensor(const ap_sensor *sensor, const ap_plot_figures *f, FILE *out)
{
    const ap_plot_part_figures *any = &f->part[AP_PLOT_ANY];
    const ap_plot_part_figures *echo = &f->part[AP_PLOT_ECHO], *reply = &f->part[AP_PLOT_REPLY];
    if (f->is_silent) {
        fprintf(out,
                "  %-16s sent nothing: %" PRIu64 " turns missed (not to be judged? then leave it "
                "out of the sensors file)\n",
                sensor->name, any->miss_count);
        return;
    }
    fprintf(out,
            "  %-16s PD %.2f %% of %" PRIu64 " turns, %" PRIu64 " plots\n  %-16s %" PRIu64
            " false (%.2f a turn), %" PRIu64 " second ones\n",
            sensor->name, 100.0 * detection_of(any), any->hit_count + any->miss_count,
            any->report_count, "", any->false_count,
            f->turn_count > 0.0 ? (double)any->false_count / f->turn_count : 0.0,
            any->second_count);
    if (echo->report_count > 0 && reply->report_count > 0)
        fprintf(out,
                "  %-16s echoes PD %.2f %%, %" PRIu64 " false; replies PD %.2f %%, %" PRIu64
                " false\n",
                "", 100.0 * detection_of(echo), echo->false_count, 100.0 * detection_of(reply),
                reply->false_count);
    if (any->error_count > 0)
        print_errors(any, out);
}

void ap_evaluate_print_plots(const ap_evaluate_plots *plots, FILE *out)
{
    bool any = false;
    for (size_t i = 0; i < row_count(plots); i++) {
        const ap_plot_figures *f = ap_plots_of(&plots->plots, (uint16_t)i);
        if (!is_shown(f))
            continue;
        if (!any)
            fputs("\nplots of each sensor against truth (bias: what does not come of its clock)\n",
                  out);
        any = true;
        print_sensor(&plots->pipeline.engine.sensors.sensor[i], f, out);
    }
}

static void number(ap_json_object *o, const char *key, double value, int decimals)
{
    if (isfinite(value))
        ap_json_member_fixed(o, key, value, decimals);
    else
        ap_json_member_null(o, key);
}

static void put_axis(ap_writer *w, const ap_plot_part_figures *f, int axis)
{
    static const char *const names[2][2] = { { "east_m", "north_m" },
                                             { "range_m", "azimuth_deg" } };
    const ap_plot_axis *a = &f->axis[axis];
    double unit = shown_unit(f, axis);
    bool known = f->error_count > 0;
    ap_json_object o = ap_json_open(w);
    ap_json_member_str(&o, "axis", names[f->is_polar][axis]);
    number(&o, "mean", known ? a->mean / unit : NAN, 6);
    number(&o, "rms", known ? a->rms / unit : NAN, 6);
    number(&o, "bias", known ? a->bias / unit : NAN, 6);
    number(&o, "random", known ? a->random / unit : NAN, 6);
    ap_json_close(&o);
}

static void put_ranges(ap_writer *w, const uint64_t count[AP_PLOTS_RANGE_CAP])
{
    ap_text_str(w, "[");
    for (size_t i = 0; i < AP_PLOTS_RANGE_CAP; i++) {
        ap_text_str(w, i ? "," : "");
        ap_text_u64(w, count[i]);
    }
    ap_text_str(w, "]");
}

static void put_axes(ap_writer *w, const ap_plot_part_figures *f)
{
    ap_text_str(w, "[");
    put_axis(w, f, 0);
    ap_text_str(w, ",");
    put_axis(w, f, 1);
    ap_text_str(w, "]");
}

static void put_part(ap_json_object *of, const char *key, const ap_plot_part_figures *f)
{
    ap_json_key(of, key);
    ap_json_object o = ap_json_open(of->text);
    ap_json_member_u64(&o, "report_count", f->report_count);
    ap_json_member_u64(&o, "false_count", f->false_count);
    ap_json_member_u64(&o, "hit_count", f->hit_count);
    ap_json_member_u64(&o, "miss_count", f->miss_count);
    number(&o, "detection_ratio", detection_of(f), 6);
    ap_json_member_u64(&o, "second_count", f->second_count);
    ap_json_member_u64(&o, "error_count", f->error_count);
    ap_json_key(&o, "errors");
    put_axes(of->text, f);
    ap_json_close(&o);
}

static void put_sensor(ap_writer *w, const char *name, const ap_plot_figures *f)
{
    const ap_plot_part_figures *any = &f->part[AP_PLOT_ANY];
    ap_json_object o = ap_json_open(w);
    ap_json_member_str(&o, "name", name);
    ap_json_member_bool(&o, "is_silent", f->is_silent);
    ap_json_member_u64(&o, "report_count", any->report_count);
    ap_json_member_u64(&o, "placeless_count", f->placeless_count);
    ap_json_member_u64(&o, "false_count", any->false_count);
    number(&o, "turn_count", f->turn_count, 3);
    number(&o, "false_per_turn", f->turn_count > 0 ? (double)any->false_count / f->turn_count : NAN,
           4);
    ap_json_member_u64(&o, "hit_count", any->hit_count);
    ap_json_member_u64(&o, "miss_count", any->miss_count);
    number(&o, "detection_ratio", detection_of(any), 6);
    ap_json_member_u64(&o, "second_count", any->second_count);
    ap_json_member_u64(&o, "beyond_count", f->beyond_count);
    ap_json_member_u64(&o, "error_count", any->error_count);
    ap_json_key(&o, "errors");
    put_axes(w, any);
    number(&o, "range_gain", any->range_gain, 9);
    number(&o, "time_bias_s", any->time_bias_s, 6);
    put_part(&o, "echo", &f->part[AP_PLOT_ECHO]);
    put_part(&o, "reply", &f->part[AP_PLOT_REPLY]);
    ap_json_member_u64(&o, "mode_3a_due_count", f->mode_3a_due_count);
    ap_json_member_u64(&o, "mode_3a_count", f->mode_3a_count);
    number(&o, "mode_3a_right_ratio", share(f->mode_3a_right_count, f->mode_3a_count), 6);
    ap_json_member_u64(&o, "altitude_due_count", f->altitude_due_count);
    ap_json_member_u64(&o, "altitude_count", f->altitude_count);
    number(&o, "altitude_within_300_ft_ratio", share(f->altitude_near_count, f->altitude_count), 6);
    ap_json_member_fixed(&o, "range_step_m", AP_PLOTS_RANGE_M, 0);
    ap_json_key(&o, "range_hit_count");
    put_ranges(w, f->range_hit);
    ap_json_key(&o, "range_miss_count");
    put_ranges(w, f->range_miss);
    ap_json_key(&o, "range_false_count");
    put_ranges(w, f->range_false);
    ap_json_close(&o);
}

void ap_evaluate_plots_json(ap_long_text *text, const ap_evaluate_plots *plots)
{
    bool first = true;
    ap_text_str(&text->text, "[");
    for (size_t i = 0; plots && i < row_count(plots); i++) {
        const ap_plot_figures *f = ap_plots_of(&plots->plots, (uint16_t)i);
        if (!is_shown(f))
            continue;
        ap_long_text_room(text, JSON_ROOM);
        ap_text_str(&text->text, first ? "" : ",");
        first = false;
        put_sensor(&text->text, plots->pipeline.engine.sensors.sensor[i].name, f);
    }
    ap_text_str(&text->text, "]");
}

const char *ap_evaluate_plots_name(const ap_evaluate_plots *plots, uint16_t sensor)
{
    return plots->pipeline.engine.sensors.sensor[sensor].name;
}

void ap_evaluate_plots_close(ap_evaluate_plots *plots)
{
    if (plots->is_read)
        ap_pipeline_close(&plots->pipeline);
    ap_memory_give_back(plots->memory, plots->memory_size);
    ap_memory_give_back(plots->looks_memory, plots->looks_size);
    plots->memory = plots->looks_memory = NULL;
    plots->is_read = false;
}
