/* Cost of the frames: the conversions that every report and every track goes through. */
#include <math.h>
#include <stdio.h>
#include <time.h>

#include "airpicture/geo.h"

#define COUNT 4096
#define ROUNDS 200

static double cpu_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

typedef struct columns {
    double lat[COUNT], lon[COUNT], height[COUNT], x[COUNT], y[COUNT], z[COUNT];
    double east[COUNT], north[COUNT], up[COUNT];
} columns;

static void forward(columns *c, const ap_enu_frame *site)
{
    (void)site;
    ap_ecef_from_geodetic_n(COUNT, c->lat, c->lon, c->height, c->x, c->y, c->z);
}

static void inverse(columns *c, const ap_enu_frame *site)
{
    (void)site;
    ap_geodetic_from_ecef_n(COUNT, c->x, c->y, c->z, c->lat, c->lon, c->height);
}

static void local(columns *c, const ap_enu_frame *site)
{
    ap_enu_from_ecef_n(site, COUNT, c->x, c->y, c->z, c->east, c->north, c->up);
}

static void slant(columns *c, const ap_enu_frame *site)
{
    for (int i = 0; i < COUNT; i++) {
        ap_geodetic found;
        c->up[i] = ap_geodetic_from_slant(site, 20000.0 + 50.0 * i, 0.001 * i, 10000.0, &found);
        c->north[i] = found.latitude_rad;
    }
}

static void distance(columns *c, const ap_enu_frame *site)
{
    for (int i = 0; i < COUNT; i++)
        c->up[i] = ap_distance_m(
            site->origin, (ap_geodetic){ .latitude_rad = c->lat[i], .longitude_rad = c->lon[i] });
}

static const struct {
    const char *name;
    void (*run)(columns *c, const ap_enu_frame *site);
} benches[] = {
    { "ecef_from_geodetic", forward }, { "geodetic_from_ecef", inverse },
    { "enu_from_ecef", local },        { "geodetic_from_slant", slant },
    { "distance", distance },
};

int main(void)
{
    static columns c;
    ap_enu_frame site =
        ap_enu_frame_at((ap_geodetic){ .latitude_rad = 0.91, .longitude_rad = 0.08 });
    for (int i = 0; i < COUNT; i++) {
        c.lat[i] = 0.9 + 1e-5 * i;
        c.lon[i] = 0.05 + 2e-5 * i;
        c.height[i] = 3.0 * i;
    }
    for (size_t b = 0; b < sizeof benches / sizeof benches[0]; b++) {
        double start_s = cpu_s(), sum = 0.0;
        for (int round = 0; round < ROUNDS; round++) {
            benches[b].run(&c, &site);
            sum += c.up[round] + c.x[round] + c.lat[round];
        }
        double each_ns = (cpu_s() - start_s) / ROUNDS / COUNT * 1e9;
        printf("%-20s %7.1f ns each%s\n", benches[b].name, each_ns, isnan(sum) ? " (NaN)" : "");
    }
    return 0;
}
