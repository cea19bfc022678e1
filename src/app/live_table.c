#include "app/live_table.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

enum { TRACK_CAP = 4096, LINE_CAP = 256, HEAD_LINES = 3 };

void ap_live_table_size(FILE *out, int *rows, int *columns)
{
    struct winsize size;
    bool known = ioctl(fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_row > 4 && size.ws_col > 20;
    *rows = known ? size.ws_row : 24;
    *columns = known ? size.ws_col : 80;
}

static bool recent(ap_utc_ns time, ap_utc_ns now, double within_s)
{
    return time != AP_UTC_UNKNOWN && ap_seconds_between(time, now) <= within_s;
}

void ap_live_sources(const ap_track *track, ap_utc_ns now, double within_s, char text[8])
{
    int at = 0;
    if (recent(track->psr_utc, now, within_s))
        text[at++] = 'P';
    if (recent(track->ssr_utc, now, within_s))
        text[at++] = 'S';
    if (recent(track->mode_s_utc, now, within_s))
        text[at++] = 'R';
    if (recent(track->mlat_utc, now, within_s))
        text[at++] = 'M';
    if (recent(track->adsb_utc, now, within_s))
        text[at++] = 'A';
    if (at == 0)
        text[at++] = '-';
    text[at] = '\0';
}

static int by_name(const void *a, const void *b)
{
    const ap_track *left = *(const ap_track *const *)a, *right = *(const ap_track *const *)b;
    bool left_named = left->callsign[0] != '\0', right_named = right->callsign[0] != '\0';
    if (left_named != right_named)
        return left_named ? -1 : 1;
    int order = strcmp(left->callsign, right->callsign);
    if (order)
        return order;
    if (left->address != right->address)
        return left->address < right->address ? -1 : 1;
    return left->id < right->id ? -1 : left->id > right->id;
}

/* How a line stands out, where the terminal is drawn in place. */
#define PLAIN ""
#define DIM "\033[2m"      /* not seen lately */
#define ALARM "\033[1;31m" /* emergency code */

/* One line, cut at the width, the rest of the terminal's line cleared. */
static void put_line(FILE *out, int columns, bool in_place, const char *style, const char *format,
                     ...) __attribute__((format(printf, 5, 6)));

static void put_line(FILE *out, int columns, bool in_place, const char *style, const char *format,
                     ...)
{
    char line[LINE_CAP];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    if (columns < LINE_CAP)
        line[columns] = '\0';
    if (in_place)
        fprintf(out, "%s%s%s\033[K\n", style, line, *style ? "\033[0m" : "");
    else
        fprintf(out, "%s\n", line);
}

static const char *style_of(const ap_track *track)
{
    bool code = (track->present & AP_HAS_MODE_3A) != 0;
    if (code && (track->mode_3a == 07500 || track->mode_3a == 07600 || track->mode_3a == 07700))
        return ALARM;
    return track->state == AP_TRACK_COASTING ? DIM : PLAIN;
}

static void put_track(FILE *out, const ap_track *track, ap_utc_ns now, int columns, bool in_place)
{
    char address[8] = "-", squawk[8] = "-", level[12] = "-", sources[8];
    double to_deg = 1.0 / AP_RAD_PER_DEG;
    if (track->present & AP_HAS_ADDRESS)
        snprintf(address, sizeof address, "%06" PRIx32, track->address);
    if (track->present & AP_HAS_MODE_3A)
        snprintf(squawk, sizeof squawk, "%04o", (unsigned)track->mode_3a);
    double rate_fpm = track->up_mps * 60.0 / AP_M_PER_FT;
    const char *trend = rate_fpm > 300.0 ? "^" : rate_fpm < -300.0 ? "v" : " ";
    if (track->flags & AP_FLAG_ON_GROUND)
        snprintf(level, sizeof level, "ground");
    else if (track->has_pressure_altitude)
        snprintf(level, sizeof level, "%03.0f%s", track->pressure_altitude_m / AP_M_PER_FT / 100.0,
                 trend);
    ap_live_sources(track, now, 12.0, sources);
    ap_track moved = ap_track_at(track, now);
    double sigma_m = sqrt(fmax(moved.P_enu[0][0] + moved.P_enu[1][1], 0.0));
    put_line(out, columns, in_place, style_of(track),
             "%-8s %-6s %-4s %5s %4.0f kt %03.0f %8.4f %9.4f  %-5s %4.1f s %5.0f m %5.3f%s",
             track->callsign[0] ? track->callsign : "-", address, squawk, level,
             ap_track_speed_mps(track) / AP_MPS_PER_KT, ap_track_course_rad(track) * to_deg,
             moved.position.latitude_rad * to_deg, moved.position.longitude_rad * to_deg, sources,
             ap_seconds_between(track->updated_utc, now), sigma_m, track->existence,
             track->state == AP_TRACK_COASTING ? " coasting" : "");
}

void ap_live_table_draw(FILE *out, const ap_picture *picture, const ap_sensor_table *sensors,
                        const ap_live_line *line, int rows, int columns, bool in_place)
{
    static const char head[] = "CALLSIGN ADDR   CODE LEVEL   SPEED TRK LATITUDE LONGITUDE  "
                               "SEEN  AGE     SIGMA EXIST";
    const ap_track *tracks[TRACK_CAP];
    char time[AP_UTC_TEXT_SIZE];
    size_t total = ap_picture_tracks(picture, tracks, TRACK_CAP);
    size_t count = total < TRACK_CAP ? total : TRACK_CAP;
    qsort(tracks, count, sizeof tracks[0], by_name);
    ap_utc_text(line->now, time);
    if (in_place)
        fputs("\033[H", out);
    put_line(out, columns, in_place, PLAIN,
             "airpicture  %.19sZ  %zu tracks  %u sensors  %" PRIu64 " reports  %.0f x", time, total,
             (unsigned)sensors->count, line->report_count, line->speed);
    put_line(out, columns, in_place, PLAIN,
             "seen by: R Mode S radar, S secondary, P primary, M multilateration, A ADS-B");
    put_line(out, columns, in_place, PLAIN, "%s", head);
    size_t room = rows > HEAD_LINES + 1 ? (size_t)(rows - HEAD_LINES - 1) : 0;
    size_t shown = count <= room ? count : room > 0 ? room - 1 : 0;
    for (size_t i = 0; i < shown; i++)
        put_track(out, tracks[i], line->now, columns, in_place);
    if (shown < total)
        put_line(out, columns, in_place, PLAIN, "... and %zu more", total - shown);
    if (in_place)
        fputs("\033[J", out);
    fflush(out);
}
