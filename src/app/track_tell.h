/* The figures of a run of `airpicture track`: for people, and as JSON. */
#ifndef AP_APP_TRACK_TELL_H
#define AP_APP_TRACK_TELL_H

#include <stdint.h>
#include <stdio.h>

#include "app/command.h"
#include "app/tracking.h"

typedef struct ap_track_counts {
    uint64_t row_count, refused_count;
    double cpu_s, wall_s;
    const char *unused_columns; /* names; empty: none */
} ap_track_counts;

void ap_track_tell(FILE *out, const ap_tracking *tracking, const ap_track_counts *counts);

/* One JSON object to a file. Returns an exit status after a line on standard error. */
int ap_track_stats_write(const ap_command *command, const char *path, const ap_tracking *tracking,
                         const ap_track_counts *counts);

#endif
