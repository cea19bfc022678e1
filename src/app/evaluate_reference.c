/* --reference: ADS-B of a recording as truth, where there is none better. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/evaluate_run.h"
#include "app/reference.h"
#include "app/samples_read.h"

/* What a report must state: 95 % within 93 m, a containment of 370 m that fails once in 1e5 hours.
 */
enum { NAC_P_MIN = 8, NIC_MIN = 7, SIL_MIN = 2 };

typedef struct fix {
    uint32_t address;
    ap_utc_ns time_utc;
    double latitude_rad, longitude_rad, variance_m2;
    float altitude_m, height_m; /* NAN: none */
    bool on_ground;
} fix;

typedef struct maker {
    ap_evaluate_run *run;
    fix *fix;
    size_t count, cap;
    bool is_lost;
    uint64_t seen_count;
    uint64_t untold_count, nac_count, nic_count, sil_count; /* refused, and why */
    uint64_t order_count;
    ap_reference_counts smoothed;
    ap_reference_fix *work; /* of one aircraft */
    size_t work_cap;
} maker;

static bool is_good(maker *m, const ap_report *r)
{
    if (!(r->present & AP_HAS_INTEGRITY))
        m->untold_count++;
    else if (r->nac_p < NAC_P_MIN)
        m->nac_count++;
    else if (r->nic < NIC_MIN)
        m->nic_count++;
    else if (r->sil < SIL_MIN)
        m->sil_count++;
    else
        return true;
    return false;
}

static void on_report(void *context, const ap_report *r)
{
    maker *m = context;
    uint32_t needed = AP_HAS_POSITION | AP_HAS_ADDRESS;
    if (r->kind != AP_REPORT_TARGET || (r->present & needed) != needed || r->address_kind ||
        (r->present & AP_HAS_POLAR) || m->is_lost)
        return;
    if ((r->present & AP_HAS_TRACK_NUMBER) && !(r->present & AP_HAS_INTEGRITY))
        return; /* of a tracker; ADS-B stations number tracks too */
    m->seen_count++;
    if (!is_good(m, r))
        return;
    if (m->count >= m->cap) {
        size_t cap = m->cap ? m->cap * 2 : 65536;
        fix *grown = realloc(m->fix, cap * sizeof *grown);
        if (!grown) {
            m->is_lost = true;
            return;
        }
        m->fix = grown;
        m->cap = cap;
    }
    m->fix[m->count++] = (fix){
        .address = r->address,
        .time_utc = r->time_utc,
        .latitude_rad = r->latitude_rad,
        .longitude_rad = r->longitude_rad,
        .variance_m2 = (r->position_var_ee_m2 + r->position_var_nn_m2) / 2.0,
        .altitude_m = r->present & AP_HAS_PRESSURE_ALTITUDE ? (float)r->pressure_altitude_m : NAN,
        .height_m = r->present & AP_HAS_GEOMETRIC_HEIGHT ? (float)r->geometric_height_m : NAN,
        .on_ground = r->flags & AP_FLAG_ON_GROUND,
    };
}

static int by_address(const void *a, const void *b)
{
    const fix *left = a, *right = b;
    if (left->address != right->address)
        return left->address < right->address ? -1 : 1;
    return left->time_utc < right->time_utc ? -1 : left->time_utc > right->time_utc;
}

/* ---- smoothing ---- */

static ap_err add_state(maker *m, const fix *f, const ap_reference_fix *s, uint64_t id)
{
    ap_geodetic at = ap_geodetic_from_ecef(s->smooth_ecef);
    ap_enu_frame frame = ap_enu_frame_at(at);
    ap_vec3 v = ap_enu_rotate(&frame, s->velocity_mps);
    ap_trajectory_state state = { .time_utc = f->time_utc, .flags = AP_STATE_HAS_VELOCITY };
    ap_trajectory_identity who = { .address = f->address, .flags = AP_IDENTITY_HAS_ADDRESS };
    state.latitude_rad = at.latitude_rad;
    state.longitude_rad = at.longitude_rad;
    state.east_mps = v.x_m;
    state.north_mps = v.y_m;
    if (!isnan(f->altitude_m)) {
        state.flags |= AP_STATE_HAS_PRESSURE_ALTITUDE;
        state.pressure_altitude_m = f->altitude_m;
    }
    if (!isnan(f->height_m)) {
        state.flags |= AP_STATE_HAS_HEIGHT;
        state.height_m = f->height_m;
    }
    state.flags |= f->on_ground ? AP_STATE_ON_GROUND : 0;
    ap_err err =
        ap_samples_add(&m->run->truth, AP_TRAJECTORY_GEODETIC, id, &state, NULL, &who, -1.0);
    return err == AP_ERR_RANGE ? AP_OK : err;
}

static ap_err smooth_aircraft(maker *m, const fix *f, size_t count)
{
    ap_reference_config config = ap_reference_config_default();
    if (count > m->work_cap) {
        free(m->work);
        m->work = malloc(count * sizeof *m->work);
        m->work_cap = m->work ? count : 0;
        if (!m->work)
            return AP_ERR_MEMORY;
    }
    for (size_t i = 0; i < count; i++)
        m->work[i] = (ap_reference_fix){ .time_utc = f[i].time_utc,
                                         .ecef = ap_ecef_from_geodetic((ap_geodetic){
                                             f[i].latitude_rad, f[i].longitude_rad, 0.0 }),
                                         .variance_m2 = f[i].variance_m2 };
    ap_reference_smooth(&config, m->work, count, &m->smoothed);
    char name[AP_SAMPLES_NAME_SIZE];
    uint64_t id;
    snprintf(name, sizeof name, "%06" PRIx32, f->address & 0xFFFFFFu);
    ap_err err = ap_samples_id_of(&m->run->truth, name, 6, &id);
    for (size_t i = 0; i < count && !err; i++)
        if (m->work[i].is_used)
            err = add_state(m, &f[i], &m->work[i], id);
    return err;
}

static ap_err smooth_all(maker *m)
{
    ap_err err = AP_OK;
    if (m->count > 0)
        qsort(m->fix, m->count, sizeof *m->fix, by_address);
    for (size_t i = 0; i < m->count && !err;) {
        size_t kept = i + 1, j = i + 1;
        for (; j < m->count && m->fix[j].address == m->fix[i].address; j++) {
            if (m->fix[j].time_utc == m->fix[kept - 1].time_utc)
                m->order_count++;
            else
                m->fix[kept++] = m->fix[j];
        }
        err = smooth_aircraft(m, &m->fix[i], kept - i);
        i = j;
    }
    return err;
}

static void write_note(maker *m)
{
    snprintf(m->run->reference_note, sizeof m->run->reference_note,
             "reference of %" PRIu64 " ADS-B positions: left out %" PRIu64
             " without integrity, %" PRIu64 " NACp < %d, %" PRIu64 " NIC < %d, %" PRIu64
             " SIL < %d, %zu outliers, %zu of short stretches, %" PRIu64
             " twice; %zu stretches smoothed (RTS, constant velocity). It judges nothing that only "
             "ADS-B itself tells.",
             m->seen_count, m->untold_count, m->nac_count, NAC_P_MIN, m->nic_count, NIC_MIN,
             m->sil_count, SIL_MIN, m->smoothed.outlier_count, m->smoothed.short_count,
             m->order_count, m->smoothed.stretch_count);
}

static void on_share(void *context, double share)
{
    ap_share_bar_tell(context, share);
}

int ap_evaluate_make_reference(ap_evaluate_run *run)
{
    const ap_evaluate_options *options = run->options;
    maker m = { .run = run };
    ap_samples_reading reading = { .command = options->command,
                                   .path = options->truth_path,
                                   .role = "truth",
                                   .samples = &run->truth,
                                   .start_utc = options->start_utc,
                                   .on_report = on_report,
                                   .report_context = &m,
                                   .on_share = on_share,
                                   .context = &run->bar };
    int status = ap_samples_read(&reading);
    ap_err err = status ? AP_OK : m.is_lost ? AP_ERR_MEMORY : smooth_all(&m);
    write_note(&m);
    run->truth.is_utc = true;
    if (!status && err)
        status = ap_command_fail(options->command, AP_EXIT_SOFTWARE, "memory is exhausted");
    else if (!status && run->truth.set.state_count == 0)
        status =
            ap_command_fail(options->command, AP_EXIT_DATA, "no reference can be made of '%s': %s",
                            reading.shown_path, run->reference_note);
    else if (!status)
        ap_trajectory_set_sort(&run->truth.set);
    free(m.fix);
    free(m.work);
    return status;
}
