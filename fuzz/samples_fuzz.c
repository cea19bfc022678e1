/* Any octets as a file of truth or tracks, CSV or JSON lines: each row is taken, left out or
 * refused, and what is taken are states in order of numbers within their bounds, whether a frame is
 * wished for or not. */
#define _GNU_SOURCE
#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "app/samples_read.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is wrong with each input is said on standard error; the fuzzer has its own stream there. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    FILE *nowhere = fopen("/dev/null", "w");
    assert(nowhere);
    stderr = nowhere;
    return 0;
}

static void check_state(const ap_trajectory_set *set, const ap_trajectory_state *s)
{
    bool plane = set->frame == AP_TRAJECTORY_PLANE;
    assert(s->time_utc != AP_UTC_UNKNOWN);
    assert(fabs(s->latitude_rad) <= (plane ? 1e8 : M_PI / 2.0));
    assert(fabs(s->longitude_rad) <= (plane ? 1e8 : 2.0 * M_PI));
    assert(fabs(s->east_mps) <= 1e5 && fabs(s->north_mps) <= 1e5);
    assert(fabsf(s->height_m) <= 1e7f && fabsf(s->pressure_altitude_m) <= 1e7f);
    assert(fabsf(s->up_mps) <= 1e5f);
    assert(s->identity == AP_TRAJECTORY_NONE || s->identity < set->identity_count);
}

static void check_set(const ap_samples *samples)
{
    const ap_trajectory_set *set = &samples->set;
    uint32_t states = 0;
    for (uint32_t k = 0; k < set->trajectory_count; k++) {
        const ap_trajectory *t = &set->trajectories[k];
        char name[AP_SAMPLES_NAME_SIZE];
        ap_samples_name_of(samples, t->id, name);
        assert(strlen(name) < sizeof name);
        assert(t->first == states && t->count > 0);
        assert(k == 0 || t[-1].id < t->id);
        for (uint32_t i = t->first; i < t->first + t->count; i++) {
            check_state(set, &set->states[i]);
            assert(i == t->first || set->states[i - 1].time_utc < set->states[i].time_utc);
        }
        states += t->count;
    }
    assert(states == set->state_count);
}

/* Once as a truth is read, once as tracks are. */
static void read_once(const uint8_t *data, size_t size, bool is_tracks)
{
    static const ap_command command = { .name = "evaluate" };
    ap_samples samples;
    char path[64];
    int fd = memfd_create("samples", 0);
    assert(fd >= 0 && (size == 0 || write(fd, data, size) == (ssize_t)size));
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    ap_samples_init(&samples);
    samples.has_wish = is_tracks;
    samples.wish = AP_TRAJECTORY_PLANE;
    ap_samples_reading reading = { .command = &command,
                                   .path = path,
                                   .role = is_tracks ? "tracks" : "truth",
                                   .samples = &samples,
                                   .shown_path = "samples" };
    int status = ap_samples_read_text(&reading, size > 0 && data[0] == '{');
    if (samples.set.caps.state_cap > 0)
        ap_trajectory_set_sort(&samples.set);
    uint64_t lines = 1;
    for (size_t i = 0; i < size; i++)
        lines += data[i] == '\n';
    assert(samples.set.state_count + samples.refused_count + samples.unpublished_count +
               samples.place_count <=
           lines);
    assert((samples.refused_count > 0) == (samples.first_refusal[0] != '\0'));
    assert(!strchr(samples.first_refusal, '\n'));
    assert(status == AP_EXIT_OK || status == AP_EXIT_DATA);
    check_set(&samples);
    ap_samples_close(&samples);
    close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    read_once(data, size, false);
    read_once(data, size, true);
    return 0;
}
