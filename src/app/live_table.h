/* The air picture as a table in the terminal, drawn in place. */
#ifndef AP_APP_LIVE_TABLE_H
#define AP_APP_LIVE_TABLE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "airpicture/sensor.h"
#include "airpicture/time.h"
#include "picture/picture.h"

typedef struct ap_live_line {
    ap_utc_ns now; /* data time */
    double speed;  /* times real time */
    uint64_t report_count;
} ap_live_line;

/* Rows that fit the terminal behind `out`, columns too; 24 x 80 when it is none. */
void ap_live_table_size(FILE *out, int *rows, int *columns);

/* Draws head and rows (by call sign, then address, then number), at most `rows` lines in all, each
 * cut at `columns`. `in_place`: from the top left corner, the rest of the screen cleared. */
void ap_live_table_draw(FILE *out, const ap_picture *picture, const ap_sensor_table *sensors,
                        const ap_live_line *line, int rows, int columns, bool in_place);

/* "RMA": which techniques saw the track within the last `within_s` seconds: P primary, S secondary,
 * R Mode S radar, M multilateration, A ADS-B; '-' for none. */
void ap_live_sources(const ap_track *track, ap_utc_ns now, double within_s, char text[8]);

#endif
