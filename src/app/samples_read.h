/* Reads truth or tracks of any form that we know; the form is found by content. */
#ifndef AP_APP_SAMPLES_READ_H
#define AP_APP_SAMPLES_READ_H

#include <stdbool.h>

#include "airpicture/report.h"
#include "app/command.h"
#include "app/samples.h"
#include "io/input.h"
#include "wire/framer.h"

typedef struct ap_samples_reading {
    const ap_command *command;
    const char *path;
    const char *role; /* "truth" or "tracks", for messages */
    ap_samples *samples;
    ap_utc_ns start_utc; /* day of captures that hold times of day only */
    /* Captures: reports instead of samples; NULL: samples. */
    ap_report_fn on_report;
    void *report_context;
    void (*on_share)(void *context, double share); /* of the input, [0, 1]; or NULL */
    void *context;
    char shown_path[200];
    char message[AP_IO_MESSAGE_SIZE];
} ap_samples_reading;

/* Reads the file or folder, and sorts. Returns an exit status, after a line on standard error.
 * AP_EXIT_DATA: nothing in it is a state of an aircraft at a time. */
int ap_samples_read(ap_samples_reading *reading);

/* The forms; each returns an exit status and says what is wrong by itself. */
int ap_samples_read_text(ap_samples_reading *reading, bool is_json);
int ap_samples_read_archive(ap_samples_reading *reading);
int ap_samples_read_capture(ap_samples_reading *reading, const char *const *paths,
                            size_t path_count, ap_format format);

/* The share of the input read so far. */
void ap_samples_tell_share(const ap_samples_reading *reading, const ap_input *input);

#endif
