#include "app/antenna.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "airpicture/geo.h"

#define FREQUENCY_MIN (1.0 / 60.0)
#define FREQUENCY_MAX 2.0
#define FIT_MIN 0.9 /* mean length of the vectors: 1 when all azimuths agree */
#define STEPS_MAX 4096

#define FIRST_SPAN_S 600.0 /* its search over all frequencies is as long as it */

enum { PLOTS_MIN = 16, FIRST_PLOTS = 256, MORE = 4 };

/* Agreement in [0, 1] of the azimuths with a turn of this frequency. */
static double fit_of(size_t n, const double *time_s, const double *azimuth_rad, double frequency)
{
    double x = 0.0, y = 0.0;
    for (size_t i = 0; i < n; i++) {
        double phase = azimuth_rad[i] - 2.0 * AP_PI * frequency * (time_s[i] - time_s[0]);
        x += cos(phase);
        y += sin(phase);
    }
    return hypot(x, y) / (double)n;
}

static double best_frequency(size_t n, const double *time_s, const double *azimuth_rad, double low,
                             double high, double step)
{
    double best = low, best_fit = -1.0;
    step = fmax(step, (high - low) / STEPS_MAX);
    for (double f = low; f <= high; f += step) {
        double fit = fit_of(n, time_s, azimuth_rad, f);
        if (fit > best_fit) {
            best_fit = fit;
            best = f;
        }
    }
    return best;
}

double ap_antenna_turn_s(size_t n, const double *time_s, const double *azimuth_rad)
{
    if (n < PLOTS_MIN)
        return 0.0;
    double low = FREQUENCY_MIN, high = FREQUENCY_MAX, frequency = 0.0;
    size_t used = n < FIRST_PLOTS ? n : FIRST_PLOTS;
    while (used >= 2 * PLOTS_MIN && time_s[used - 1] - time_s[0] > FIRST_SPAN_S)
        used /= 2;
    for (;;) {
        double span_s = time_s[used - 1] - time_s[0];
        if (span_s > 0.1) { /* else too short an arc; more plots tell */
            double step = 1.0 / (8.0 * span_s);
            frequency = best_frequency(used, time_s, azimuth_rad, low, high, step);
            low = fmax(frequency - 2.0 * step, FREQUENCY_MIN);
            high = fmin(frequency + 2.0 * step, FREQUENCY_MAX);
        }
        if (used == n)
            break;
        used = used * MORE < n ? used * MORE : n;
    }
    if (frequency <= 0.0)
        return 0.0;
    for (int i = 0; i < 4; i++) { /* each closes in tenfold */
        double step = (high - low) / 20.0;
        frequency = best_frequency(n, time_s, azimuth_rad, low, high, step);
        low = fmax(frequency - step, FREQUENCY_MIN);
        high = fmin(frequency + step, FREQUENCY_MAX);
    }
    /* One angle only, or one time only, fits any frequency. */
    bool turns = fit_of(n, time_s, azimuth_rad, frequency) >= FIT_MIN &&
                 fit_of(n, time_s, azimuth_rad, 0.0) < FIT_MIN;
    return turns ? round(1e3 / frequency) / 1e3 : 0.0;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double ap_antenna_interval_s(size_t n, const double *time_s, double *work)
{
    size_t gap_count = 0, even = 0;
    for (size_t i = 1; i < n; i++)
        if (time_s[i] > time_s[i - 1])
            work[gap_count++] = time_s[i] - time_s[i - 1];
    if (gap_count < 2)
        return 0.0;
    qsort(work, gap_count, sizeof *work, by_size);
    double middle = work[gap_count / 2];
    for (size_t i = 0; i < gap_count; i++)
        even += fabs(work[i] - middle) <= 0.02 * middle;
    return 10 * even >= 6 * gap_count ? round(1e3 * middle) / 1e3 : 0.0;
}
