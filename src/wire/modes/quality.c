/* Integrity and accuracy codes to numbers, and the movement scale. */
#include "airpicture/modes.h"

#include <math.h>

#define NMI_M 1852.0
#define RADIUS_95_PER_SIGMA 2.4477 /* sqrt(-2 ln 0.05): circular normal */
#define SIGMA_UNKNOWN_M 10000.0
#define SIGMA_UNKNOWN_MPS 10.0

/* One line of the tables of the standards: a type code and supplements to a category.
 * Supplements: 0, 1, or ANY. The first line that fits counts. */
enum { ANY = 2 };

typedef struct nic_row {
    uint8_t type_code, a, b, c;
    uint8_t nic;
    double containment_m;
} nic_row;

/* DO-260B tables 2-14, 2-69; combinations not listed there fall to the worse line. */
static const nic_row nic_rows_v2[] = {
    { 5, ANY, ANY, ANY, 11, 7.5 },
    { 6, ANY, ANY, ANY, 10, 25.0 },
    { 7, 1, ANY, 0, 9, 75.0 },
    { 7, ANY, ANY, ANY, 8, 0.1 * NMI_M },
    { 8, 1, ANY, 1, 7, 0.2 * NMI_M },
    { 8, 1, ANY, 0, 6, 0.3 * NMI_M },
    { 8, 0, ANY, 1, 6, 0.6 * NMI_M },
    { 9, ANY, ANY, ANY, 11, 7.5 },
    { 10, ANY, ANY, ANY, 10, 25.0 },
    { 11, 1, 1, ANY, 9, 75.0 },
    { 11, ANY, ANY, ANY, 8, 0.1 * NMI_M },
    { 12, ANY, ANY, ANY, 7, 0.2 * NMI_M },
    { 13, 0, 1, ANY, 6, 0.3 * NMI_M },
    { 13, 0, 0, ANY, 6, 0.5 * NMI_M },
    { 13, ANY, ANY, ANY, 6, 0.6 * NMI_M },
    { 14, ANY, ANY, ANY, 5, NMI_M },
    { 15, ANY, ANY, ANY, 4, 2 * NMI_M },
    { 16, 1, 1, ANY, 3, 4 * NMI_M },
    { 16, ANY, ANY, ANY, 2, 8 * NMI_M },
    { 17, ANY, ANY, ANY, 1, 20 * NMI_M },
    { 20, ANY, ANY, ANY, 11, 7.5 },
    { 21, ANY, ANY, ANY, 10, 25.0 },
};

/* Version 3 reads types of GNSS height by supplement D: the line of the highest value that D
 * reaches. ED-102B table 2-11, at second hand. */
static const struct {
    uint8_t type_code, least_d;
    nic_row row;
} nic_rows_v3[] = {
    { 20, 3, { .nic = 11, .containment_m = 7.5 } },
    { 20, 2, { .nic = 10, .containment_m = 25.0 } },
    { 20, 1, { .nic = 9, .containment_m = 75.0 } },
    { 20, 0, { .nic = 8, .containment_m = 0.1 * NMI_M } },
    { 21, 0, { .nic = 7, .containment_m = 0.2 * NMI_M } },
    { 22, 3, { .nic = 6, .containment_m = 0.6 * NMI_M } },
    { 22, 2, { .nic = 5, .containment_m = NMI_M } },
    { 22, 1, { .nic = 4, .containment_m = 2 * NMI_M } },
};

/* DO-260A table 2-14: one supplement, here A. */
static const nic_row nic_rows_v1[] = {
    { 5, ANY, ANY, ANY, 11, 7.5 },         { 6, ANY, ANY, ANY, 10, 25.0 },
    { 7, 1, ANY, ANY, 9, 75.0 },           { 7, ANY, ANY, ANY, 8, 0.1 * NMI_M },
    { 9, ANY, ANY, ANY, 11, 7.5 },         { 10, ANY, ANY, ANY, 10, 25.0 },
    { 11, 1, ANY, ANY, 9, 75.0 },          { 11, ANY, ANY, ANY, 8, 0.1 * NMI_M },
    { 12, ANY, ANY, ANY, 7, 0.2 * NMI_M }, { 13, 0, ANY, ANY, 6, 0.5 * NMI_M },
    { 13, ANY, ANY, ANY, 6, 0.6 * NMI_M }, { 14, ANY, ANY, ANY, 5, NMI_M },
    { 15, ANY, ANY, ANY, 4, 2 * NMI_M },   { 16, 1, ANY, ANY, 3, 4 * NMI_M },
    { 16, ANY, ANY, ANY, 2, 8 * NMI_M },   { 17, ANY, ANY, ANY, 1, 20 * NMI_M },
    { 20, ANY, ANY, ANY, 11, 7.5 },        { 21, ANY, ANY, ANY, 10, 25.0 },
};

/* DO-260 table 2-11: NUCp and its horizontal protection limit. That of surface type 8 has no upper
 * end. */
static const nic_row nuc_rows[] = {
    { 5, ANY, ANY, ANY, 9, 7.5 },          { 6, ANY, ANY, ANY, 8, 25.0 },
    { 7, ANY, ANY, ANY, 7, 0.1 * NMI_M },  { 8, ANY, ANY, ANY, 6, INFINITY },
    { 9, ANY, ANY, ANY, 9, 7.5 },          { 10, ANY, ANY, ANY, 8, 25.0 },
    { 11, ANY, ANY, ANY, 7, 0.1 * NMI_M }, { 12, ANY, ANY, ANY, 6, 0.2 * NMI_M },
    { 13, ANY, ANY, ANY, 5, 0.5 * NMI_M }, { 14, ANY, ANY, ANY, 4, NMI_M },
    { 15, ANY, ANY, ANY, 3, 2 * NMI_M },   { 16, ANY, ANY, ANY, 2, 10 * NMI_M },
    { 17, ANY, ANY, ANY, 1, 20 * NMI_M },  { 20, ANY, ANY, ANY, 9, 7.5 },
    { 21, ANY, ANY, ANY, 8, 25.0 },
};

static const nic_row no_row = { .nic = 0, .containment_m = INFINITY };

static bool fits(uint8_t wanted, bool given)
{
    return wanted == ANY || (wanted == 1) == given;
}

static const nic_row *find_row(const nic_row *rows, size_t count, uint8_t type_code, bool a, bool b,
                               bool c)
{
    for (size_t i = 0; i < count; i++)
        if (rows[i].type_code == type_code && fits(rows[i].a, a) && fits(rows[i].b, b) &&
            fits(rows[i].c, c))
            return &rows[i];
    return &no_row;
}

#define COUNT(rows) (sizeof(rows) / sizeof(rows)[0])

static const nic_row *find_row_by_d(uint8_t type_code, uint8_t d)
{
    for (size_t i = 0; i < COUNT(nic_rows_v3); i++)
        if (nic_rows_v3[i].type_code == type_code && d >= nic_rows_v3[i].least_d)
            return &nic_rows_v3[i].row;
    return &no_row;
}

static const nic_row *row_of(uint8_t type_code, ap_modes_supplements of, uint8_t version)
{
    if (version == 0)
        return find_row(nuc_rows, COUNT(nuc_rows), type_code, false, false, false);
    if (version == 1)
        return find_row(nic_rows_v1, COUNT(nic_rows_v1), type_code, of.a, false, false);
    if (version >= 3 && type_code >= 20)
        return find_row_by_d(type_code, of.d);
    return find_row(nic_rows_v2, COUNT(nic_rows_v2), type_code, of.a, of.b, of.c);
}

uint8_t ap_modes_nic(uint8_t type_code, ap_modes_supplements supplements, uint8_t version)
{
    return row_of(type_code, supplements, version)->nic;
}

double ap_modes_containment_m(uint8_t type_code, ap_modes_supplements supplements, uint8_t version)
{
    return row_of(type_code, supplements, version)->containment_m;
}

/* The 95 % radii of DO-260B table 2-71 and DO-260 table 2-11. */
static const double nac_p_radius_m[12] = { 0.0,          10 * NMI_M,  4 * NMI_M,   2 * NMI_M,
                                           NMI_M,        0.5 * NMI_M, 0.3 * NMI_M, 0.1 * NMI_M,
                                           0.05 * NMI_M, 30.0,        10.0,        3.0 };
static const double nuc_p_radius_m[10] = { 0.0,         10 * NMI_M,   5 * NMI_M,   NMI_M,
                                           0.5 * NMI_M, 0.25 * NMI_M, 0.1 * NMI_M, 0.05 * NMI_M,
                                           10.0,        3.0 };
static const double nac_v_radius_mps[5] = { 0.0, 10.0, 3.0, 1.0, 0.3 };

double ap_modes_sigma_of_nac_p(uint8_t nac_p)
{
    if (nac_p == 0 || nac_p >= COUNT(nac_p_radius_m))
        return SIGMA_UNKNOWN_M;
    return nac_p_radius_m[nac_p] / RADIUS_95_PER_SIGMA;
}

double ap_modes_sigma_of_nuc_p(uint8_t nuc_p)
{
    if (nuc_p == 0 || nuc_p >= COUNT(nuc_p_radius_m))
        return SIGMA_UNKNOWN_M;
    return nuc_p_radius_m[nuc_p] / RADIUS_95_PER_SIGMA;
}

double ap_modes_sigma_of_nac_v(uint8_t nac_v)
{
    if (nac_v == 0 || nac_v >= COUNT(nac_v_radius_mps))
        return SIGMA_UNKNOWN_MPS;
    return nac_v_radius_mps[nac_v] / RADIUS_95_PER_SIGMA;
}

double ap_modes_risk_of_sil(uint8_t sil)
{
    static const double risk[4] = { 1.0, 1e-3, 1e-5, 1e-7 };
    return risk[sil & 3u];
}

/* Surface movement: runs of equal steps. DO-260B table 2-17. */
static const struct {
    uint8_t first;  /* code of the first step */
    double from_kt; /* its lower edge */
    double step_kt;
} movement_runs[] = {
    { 1, 0.0, 0.125 }, { 2, 0.125, 0.125 }, { 9, 1.0, 0.25 },    { 13, 2.0, 0.5 },
    { 39, 15.0, 1.0 }, { 94, 70.0, 2.0 },   { 109, 100.0, 5.0 }, { 124, 175.0, 0.0 },
};

bool ap_modes_speed_of_movement(uint8_t movement, double *ground_speed_kt)
{
    if (movement == 0 || movement > 124)
        return false;
    size_t run = COUNT(movement_runs) - 1;
    while (movement < movement_runs[run].first)
        run--;
    *ground_speed_kt = movement_runs[run].from_kt +
                       (movement - movement_runs[run].first) * movement_runs[run].step_kt;
    return true;
}

uint8_t ap_modes_movement_of_speed(double ground_speed_kt)
{
    if (!(ground_speed_kt >= 0.0))
        return 0;
    size_t run = COUNT(movement_runs) - 1;
    if (ground_speed_kt >= movement_runs[run].from_kt)
        return movement_runs[run].first;
    while (ground_speed_kt < movement_runs[run].from_kt)
        run--;
    double steps = (ground_speed_kt - movement_runs[run].from_kt) / movement_runs[run].step_kt;
    return (uint8_t)(movement_runs[run].first + (unsigned)steps);
}
