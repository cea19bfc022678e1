/* `airpicture evaluate`: tracks held against truth. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "app/commands.h"
#include "app/evaluate_bound.h"
#include "app/evaluate_json.h"
#include "app/evaluate_moment.h"
#include "app/evaluate_nis.h"
#include "app/evaluate_options.h"
#include "app/evaluate_plots.h"
#include "app/paths.h"
#include "io/output.h"

enum {
    OPTION_TRACKS = AP_EVALUATE_SHARED,
    OPTION_REFERENCE,
    OPTION_REQUIRE,
    OPTION_SHOW,
    OPTION_TABLES,
    OPTION_STRICT,
    OPTION_RECORDING,
    OPTION_SENSORS,
    OPTION_REPORT,
    OPTION_JSON
};

enum { NAME_CAP = 16, PATH_ROOM = 1024 };

const ap_option ap_evaluate_command_options[] = {
    AP_EVALUATE_SHARED_OPTIONS,
    [OPTION_TRACKS] = { 'k', "tracks", "FILE",
                        "What is judged: JSON lines or CSV of airpicture, a GeoPackage, a capture "
                        "of ASTERIX CAT062 or of ADS-B, a series of aircraft.json (a file or a "
                        "folder), or CSV of another program. The form is found by content." },
    [OPTION_REFERENCE] = { 0, "reference", "FILE",
                           "A recording whose ADS-B becomes the truth: reports of good accuracy "
                           "and integrity, bad stretches left out, smoothed." },
    [OPTION_REQUIRE] = { 'r', "require", "TABLE",
                         "Judge by a table of requirements, such as ed142 or esassp_5nm, and exit "
                         "with status 1 when a mandatory row of it fails; several times for "
                         "several tables." },
    [OPTION_SHOW] = { 0, "show", "TABLE",
                      "Judge by a table without effect on the exit status. Default, where nothing "
                      "is required: esassp_5nm and esassp_3nm." },
    [OPTION_TABLES] = { 0, "tables", "PATH",
                        "Folder or file of your own tables; before those of the program." },
    [OPTION_STRICT] = { 0, "strict", NULL,
                        "Mandatory rows of required tables without enough data fail too." },
    [OPTION_RECORDING] = { 0, "recording", "FILE",
                           "A recording of sensors: what each of them saw is held against the "
                           "truth too; several times for several." },
    [OPTION_SENSORS] = { 'c', "sensors", "FILE",
                         "Sensors file (YAML) of the recordings, and of "
                         "the Cramer-Rao bound." },
    [OPTION_REPORT] = { 0, "report", "DIR",
                        "Writes index.html, a page that needs nothing else, and evaluation.json." },
    [OPTION_JSON] = { 0, "json", "FILE", "Everything in the report as one JSON object." },
    { .name = NULL },
};

typedef struct evaluate {
    ap_evaluate_options options;
    const char *report_path, *json_path, *tables_path;
    const char *name[NAME_CAP]; /* of the tables wanted */
    bool is_required[NAME_CAP];
    size_t name_count;
    bool strict;
    ap_judged_table *judged; /* [name_count] */
    ap_evaluate_run run;
    ap_evaluate_side side;
    ap_evaluate_plots plots;
    ap_view *view;
    ap_figure figure[AP_FIGURE_CAP];
    size_t figure_count;
} evaluate;

/* ---- options ---- */

static int take_table(evaluate *e, const char *name, bool is_required)
{
    for (size_t i = 0; i < e->name_count; i++)
        if (strcmp(e->name[i], name) == 0) {
            e->is_required[i] |= is_required;
            return AP_EXIT_OK;
        }
    if (e->name_count >= NAME_CAP)
        return ap_command_fail(e->options.command, AP_EXIT_USAGE,
                               "too many tables of requirements; expected at most %d", NAME_CAP);
    e->name[e->name_count] = name;
    e->is_required[e->name_count++] = is_required;
    return AP_EXIT_OK;
}

static int take_option(void *context, size_t option, const char *value)
{
    evaluate *e = context;
    switch (option) {
    case OPTION_TRACKS:
        e->side.path = value;
        return AP_EXIT_OK;
    case OPTION_REFERENCE:
        if (e->options.truth_path)
            return ap_command_fail(e->options.command, AP_EXIT_USAGE,
                                   "--truth and --reference; expected one of them");
        e->options.truth_path = value;
        e->options.is_reference = true;
        return AP_EXIT_OK;
    case AP_EVALUATE_TRUTH:
        if (e->options.is_reference)
            return ap_command_fail(e->options.command, AP_EXIT_USAGE,
                                   "--truth and --reference; expected one of them");
        return ap_evaluate_options_take(&e->options, option, value);
    case OPTION_REQUIRE:
    case OPTION_SHOW:
        return take_table(e, value, option == OPTION_REQUIRE);
    case OPTION_TABLES:
        e->tables_path = value;
        return AP_EXIT_OK;
    case OPTION_STRICT:
        e->strict = true;
        return AP_EXIT_OK;
    case OPTION_RECORDING:
        if (e->plots.path_count >= AP_EVALUATE_RECORDING_CAP)
            return ap_command_fail(e->options.command, AP_EXIT_USAGE,
                                   "too many recordings; expected at most %d",
                                   AP_EVALUATE_RECORDING_CAP);
        e->plots.path[e->plots.path_count++] = value;
        return AP_EXIT_OK;
    case OPTION_SENSORS:
        e->plots.sensors_path = value;
        return AP_EXIT_OK;
    case OPTION_REPORT:
        e->report_path = value;
        return AP_EXIT_OK;
    case OPTION_JSON:
        e->json_path = value;
        return AP_EXIT_OK;
    default:
        return ap_evaluate_options_take(&e->options, option, value);
    }
}

/* ---- requirements ---- */

/* Before anything long begins: a wrong table is said at once. */
static int read_tables(evaluate *e)
{
    char path[PATH_ROOM];
    if (e->name_count == 0) {
        (void)take_table(e, "esassp_5nm", false);
        (void)take_table(e, "esassp_3nm", false);
    }
    e->judged = calloc(e->name_count, sizeof *e->judged);
    if (!e->judged)
        return ap_command_fail(e->options.command, AP_EXIT_SOFTWARE, "memory is exhausted");
    for (size_t i = 0; i < e->name_count; i++) {
        if (!ap_requirements_find(e->options.command, e->tables_path, e->name[i], path,
                                  sizeof path))
            return AP_EXIT_USAGE;
        int status = ap_requirements_read(e->options.command, path, &e->judged[i].table);
        if (status)
            return status;
        e->judged[i].is_required = e->is_required[i];
        e->judged[i].is_strict = e->strict && e->is_required[i];
    }
    return AP_EXIT_OK;
}

static void judge(evaluate *e)
{
    for (size_t k = 0; k < e->name_count; k++)
        for (size_t i = 0; i < e->judged[k].table.row_count; i++) {
            const ap_requirement *row = &e->judged[k].table.row[i].requirement;
            bool of_plots = ap_quantity_is_of_plots(row->quantity) && e->plots.is_read;
            e->judged[k].result[i] = of_plots ? ap_plots_require(&e->plots.plots, row)
                                              : ap_evaluation_require(&e->side.evaluation, row);
        }
}

/* ---- summary ---- */

static void print_figures(const evaluate *e, FILE *out)
{
    static const char *const shown[] = { "target_count",      "used_track_count",
                                         "completeness",      "gospa_rms_m",
                                         "position_rms_m",    "position_95_m",
                                         "velocity_rms_mps",  "altitude_rms_m",
                                         "latency_mean_s",    "nees_position",
                                         "pcrb_ratio",        "birth_delay_s",
                                         "unseen_count",      "kept_switches_per_target",
                                         "false_track_count", "false_per_instant" };
    for (size_t i = 0; i < sizeof shown / sizeof shown[0]; i++) {
        const ap_figure *f = ap_figure_of_key(e->figure, e->figure_count, shown[i]);
        char text[40];
        if (!f)
            continue;
        ap_figure_text(f->value, f->unit, text, sizeof text);
        fprintf(out, "  %-34s %15s\n", f->text, isnan(f->value) ? "not enough data" : text);
    }
}

static void value_text(const ap_requirement_row *row, double value, char *text, size_t size)
{
    bool is_share = strcmp(row->unit, "%") == 0;
    ap_figure_text(value / (is_share ? 1.0 : row->unit_si), is_share ? "ratio" : row->unit, text,
                   size);
}

static void print_row(const evaluate *e, const ap_requirement_row *row,
                      const ap_requirement_result *result, FILE *out)
{
    static const char *const words[] = { [AP_REQUIREMENT_PASS] = "pass",
                                         [AP_REQUIREMENT_FAIL] = "FAIL",
                                         [AP_REQUIREMENT_NOT_ENOUGH] = "not enough data" };
    char limit[40], value[40] = "-";
    bool is_measured = row->requirement.quantity != AP_QUANTITY_NOT_MEASURED;
    value_text(row, row->requirement.limit, limit, sizeof limit);
    if (is_measured)
        value_text(row, result->value, value, sizeof value);
    fprintf(out, "  %-7s %-15s %11s  %s %-11s n %-9" PRIu64 " %c %c\n      %s\n", row->name,
            is_measured ? words[result->status] : "not measured", value,
            row->requirement.at_least ? ">=" : "<=", limit, is_measured ? result->sample_count : 0,
            row->is_mandatory ? 'm' : 'r', row->confidence, row->text);
    if (ap_quantity_is_of_plots(row->requirement.quantity)) {
        if (result->flight_fail_count > 0)
            fprintf(out, "      %u of %u sensors fail, the worst is %s\n",
                    result->flight_fail_count, result->flight_count,
                    ap_evaluate_plots_name(&e->plots, result->worst_sensor));
    } else if (is_measured && result->flight_fail_count > 0) {
        char name[AP_SAMPLES_NAME_SIZE];
        ap_samples_name_of(&e->run.truth, result->worst_truth, name);
        fprintf(out, "      %u of %u flights fail, the worst is target %s\n",
                result->flight_fail_count, result->flight_count, name);
    }
}

static void print_table(const evaluate *e, const ap_judged_table *judged, FILE *out)
{
    fprintf(out, "\n%s: %s\n", judged->table.name, judged->table.title);
    for (size_t i = 0; i < judged->table.row_count; i++)
        print_row(e, &judged->table.row[i], &judged->result[i], out);
    fprintf(out, "  source: %s\n", judged->table.source);
}

static void print_input(const char *role, const ap_samples *samples, FILE *out)
{
    fprintf(out, "%-7s %s, %" PRIu32 " states of %" PRIu32, role, samples->format,
            samples->set.state_count, samples->set.trajectory_count);
    if (samples->unpublished_count)
        fprintf(out, ", %" PRIu64 " tentative or dead left out", samples->unpublished_count);
    if (samples->place_count)
        fprintf(out, ", %" PRIu64 " without a position", samples->place_count);
    if (samples->refused_count)
        fprintf(out, ", %" PRIu64 " rows refused", samples->refused_count);
    fputc('\n', out);
}

static void print_summary(const evaluate *e, const ap_evaluate_report *report, FILE *out)
{
    const ap_evaluation_result *r = ap_evaluation_result_of(&e->side.evaluation);
    print_input("truth", &e->run.truth, out);
    if (e->run.reference_note[0])
        fprintf(out, "        %s\n", e->run.reference_note);
    if (e->run.truth_start_note[0])
        fprintf(out, "        %s\n", e->run.truth_start_note);
    print_input("tracks", &e->side.tracks, out);
    fprintf(out, "%" PRIu64 " instants over %.1f s\n\n", r->instant_count,
            ap_seconds_between(r->first_instant, r->last_instant));
    print_figures(e, out);
    for (int i = 0; i < AP_EVALUATION_NOTE_COUNT; i++)
        if (r->notes[i])
            fprintf(out, "  note: %s\n", ap_evaluation_note_text((ap_evaluation_note)i));
    if (e->run.bound_note[0])
        fprintf(out, "  note: %s\n", e->run.bound_note);
    ap_evaluate_nis_print(&e->side.tracks, out);
    ap_evaluate_print_plots(&e->plots, out);
    ap_moment_print(report, out);
    for (size_t i = 0; i < e->name_count; i++)
        print_table(e, &e->judged[i], out);
    fputs("\nm mandatory, r recommended; V read in a public source, M from memory (verify\n"
          "before quoting), C computed, P proposal\n",
          out);
}

/* ---- outputs ---- */

enum { OUTPUT_CAP = 3 };

typedef struct output_set {
    ap_output output[OUTPUT_CAP];
    size_t count;
} output_set;

/* Into the partial file; what fails is kept there. */
static int add_output(const evaluate *e, output_set *all, const char *path,
                      const ap_long_text *text)
{
    char message[AP_IO_MESSAGE_SIZE];
    ap_output *output = &all->output[all->count++];
    if (text->is_lost)
        return ap_command_fail(e->options.command, AP_EXIT_SOFTWARE, "memory is exhausted");
    if (ap_output_open(output, path, message))
        return ap_command_fail(e->options.command, AP_EXIT_NO_OUTPUT, "%s", message);
    (void)ap_output_write(output, text->text.data, text->text.size);
    return AP_EXIT_OK;
}

static int add_folder(const evaluate *e, output_set *all, const ap_long_text *json)
{
    char path[PATH_ROOM];
    ap_long_text page = { 0 };
    if (mkdir(e->report_path, 0777) != 0 && errno != EEXIST)
        return ap_command_fail(e->options.command, AP_EXIT_NO_OUTPUT, "cannot make '%s': %s",
                               e->report_path, strerror(errno));
    snprintf(path, sizeof path, "%s/evaluation.json", e->report_path);
    int status = add_output(e, all, path, json);
    if (!status) {
        snprintf(path, sizeof path, "%s/index.html", e->report_path);
        ap_evaluate_page(&page, &json->text);
        status = add_output(e, all, path, &page);
    }
    free(page.text.data);
    return status;
}

/* All of a run, or where one cannot be written whole, none. Renames follow one another: what stops
 * the program between them leaves whole files of two runs. */
static int commit_outputs(const evaluate *e, output_set *all)
{
    char message[AP_IO_MESSAGE_SIZE];
    for (size_t i = 0; i < all->count; i++)
        if (ap_output_part(&all->output[i]) && ap_output_sync(&all->output[i])) {
            (void)ap_output_commit(&all->output[i], message); /* says why */
            return ap_command_fail(e->options.command, AP_EXIT_IO, "%s", message);
        }
    for (size_t i = 0; i < all->count; i++)
        if (ap_output_commit(&all->output[i], message))
            return ap_command_fail(e->options.command, AP_EXIT_IO, "%s", message);
    return AP_EXIT_OK;
}

static int write_outputs(const evaluate *e, const ap_evaluate_report *report)
{
    ap_long_text json = { 0 };
    output_set all = { 0 };
    int status = AP_EXIT_OK;
    if (!e->report_path && !e->json_path)
        return AP_EXIT_OK;
    ap_evaluate_json(&json, report);
    if (e->report_path)
        status = add_folder(e, &all, &json);
    if (!status && e->json_path)
        status = add_output(e, &all, e->json_path, &json);
    if (!status)
        status = commit_outputs(e, &all);
    for (size_t i = 0; i < all.count; i++)
        ap_output_close(&all.output[i]);
    free(json.text.data);
    return status;
}

/* ---- the run ---- */

static int check_paths(const evaluate *e)
{
    const ap_named_path outputs[] = { { "--json", e->json_path } };
    const char *inputs[2 + AP_EVALUATE_RECORDING_CAP] = { e->options.truth_path, e->side.path };
    memcpy(&inputs[2], e->plots.path, e->plots.path_count * sizeof e->plots.path[0]);
    if (!e->side.path)
        return ap_command_fail(e->options.command, AP_EXIT_USAGE,
                               "nothing to judge; expected --tracks FILE");
    return ap_paths_check(e->options.command, outputs, 1, inputs, 2 + e->plots.path_count,
                          e->plots.sensors_path);
}

static int finish(evaluate *e)
{
    FILE *out = e->json_path && strcmp(e->json_path, "-") == 0 ? stderr : stdout;
    e->figure_count = ap_evaluate_figures(ap_evaluation_result_of(&e->side.evaluation), e->figure);
    judge(e);
    e->view = malloc(sizeof *e->view);
    if (!e->view || ap_view_init(e->view, &e->run, &e->side))
        return ap_command_fail(e->options.command, AP_EXIT_SOFTWARE, "memory is exhausted");
    ap_evaluate_report report = { &e->run,         &e->side,  e->view,       e->figure,
                                  e->figure_count, e->judged, e->name_count, &e->plots };
    if (!e->options.quiet)
        print_summary(e, &report, out);
    int status = write_outputs(e, &report);
    ap_view_close(e->view);
    for (size_t i = 0; i < e->name_count && !status; i++)
        if (e->is_required[i] && ap_judged_unmet(&e->judged[i]) > 0)
            status = ap_command_fail(e->options.command, AP_EXIT_NOT_MET,
                                     "%s is not met: %zu mandatory rows", e->name[i],
                                     ap_judged_unmet(&e->judged[i]));
    return status;
}

static int work(evaluate *e)
{
    int status = ap_evaluate_options_finish(&e->options);
    if (!status)
        status = check_paths(e);
    if (!status)
        status = read_tables(e);
    if (status)
        return status;
    e->run.options = &e->options;
    ap_share_bar_start(&e->run.bar, e->options.quiet);
    status = ap_evaluate_read_truth(&e->run);
    if (!status)
        status = ap_evaluate_read_tracks(&e->run, &e->side);
    if (!status)
        status = ap_evaluate_read_bound(&e->run, e->plots.sensors_path);
    if (!status)
        status = ap_evaluate_read_plots(&e->run, &e->plots);
    if (!status)
        status = ap_evaluate_score(&e->run, &e->side);
    return status ? status : finish(e);
}

int ap_evaluate_command_run(const ap_command *command, int argc, char **argv)
{
    int first_operand;
    bool done = false;
    evaluate *e = calloc(1, sizeof *e);
    if (!e)
        return ap_command_fail(command, AP_EXIT_SOFTWARE, "memory is exhausted");
    e->options = ap_evaluate_options_default(command);
    int status = ap_command_parse(command, argc, argv, take_option, e, &first_operand, &done);
    if (!status && !done && first_operand < argc)
        status = ap_command_fail(command, AP_EXIT_USAGE,
                                 "'%s' is no option; expected --truth FILE --tracks FILE",
                                 argv[first_operand]);
    if (!status && !done)
        status = work(e);
    ap_evaluate_plots_close(&e->plots);
    ap_evaluate_side_close(&e->side);
    ap_evaluate_run_close(&e->run);
    free(e->view);
    free(e->judged);
    free(e);
    return status;
}
