#include "app/evaluate_moment.h"

#include <stdlib.h>
#include <string.h>

#include "app/evaluate_plots.h"
#include "wire/json.h"

/* A word as a POSIX shell takes it: between single quotes where it has more than plain letters. */
static void put_word(ap_long_text *text, const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "_./:+,@%=-";
    ap_writer *w = &text->text;
    ap_long_text_room(text, 4 * strlen(word) + 8);
    ap_text_str(w, " ");
    if (word[0] && strspn(word, plain) == strlen(word)) {
        ap_text_str(w, word);
        return;
    }
    ap_text_str(w, "'");
    for (; *word; word++) {
        if (*word == '\'')
            ap_text_str(w, "'\\'");
        ap_write_u8(w, (uint8_t)*word);
    }
    ap_text_str(w, "'");
}

static void put_option(ap_long_text *text, const char *option, const char *value)
{
    put_word(text, option);
    put_word(text, value);
}

static void put_time(ap_long_text *text, const char *option, ap_utc_ns time)
{
    char utc[AP_UTC_TEXT_SIZE];
    ap_utc_text(time, utc);
    put_option(text, option, utc);
}

bool ap_moment_command(ap_long_text *text, const ap_evaluate_report *report, size_t index)
{
    const ap_evaluate_plots *plots = report->plots;
    ap_utc_ns time = report->view->worst[index].time_utc;
    char name[40];
    if (!report->run->truth.is_utc)
        return false;
    ap_long_text_room(text, 64);
    ap_text_str(&text->text, "airpicture replay");
    if (report->run->options->start_utc != 0)
        put_time(text, "--start", report->run->options->start_utc);
    if (plots && plots->sensors_path)
        put_option(text, "-c", plots->sensors_path);
    put_time(text, "--from", ap_utc_add_s(time, -AP_MOMENT_BEFORE_S));
    put_time(text, "--to", ap_utc_add_s(time, AP_MOMENT_AFTER_S));
    snprintf(name, sizeof name, "moment-%zu.jsonl", index + 1);
    put_option(text, "-o", name);
    for (size_t i = 0; plots && i < plots->path_count; i++)
        put_word(text, plots->path[i]);
    if (!plots || plots->path_count == 0)
        put_word(text, "RECORDING");
    return true;
}

static void print_moment(const ap_evaluate_report *report, size_t index, FILE *out)
{
    const ap_view_worst *w = &report->view->worst[index];
    char name[AP_VIEW_NAME_SIZE] = "", utc[AP_UTC_TEXT_SIZE];
    ap_long_text command = { 0 };
    if (w->truth != AP_TRAJECTORY_NONE)
        ap_view_target_name(report->view, w->truth, name);
    ap_utc_text(w->time_utc, utc);
    if (report->run->truth.is_utc)
        fprintf(out, "  %s", utc);
    else
        fprintf(out, "  %.3f s", (double)w->time_utc / 1e9);
    fprintf(out, "  %s, %.1f m%s%s\n", w->text, w->value_m, name[0] ? ", target " : "", name);
    if (ap_moment_command(&command, report, index) && !command.is_lost)
        fprintf(out, "      %.*s\n", (int)command.text.size, (const char *)command.text.data);
    free(command.text.data);
}

void ap_moment_print(const ap_evaluate_report *report, FILE *out)
{
    if (report->view->worst_count > 0)
        fputs("\nworst moments, and what replays each of them\n", out);
    for (size_t i = 0; i < report->view->worst_count; i++)
        print_moment(report, i, out);
}
