/* Any truths and tracks, scored over a few instants.
 *
 * Properties: nothing is lost (every truth and track is counted once), the pairing is one to one,
 * the metrics stay finite and within their bounds, and the same input scores the same again. */
#include "score/score.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define CAP 24
#define POINT_SIZE 8
#define CUTOFF_M 1000.0

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
    if (!holds)
        abort();
}

/* Two octets as a number, a few of them special. */
static double number(const uint8_t *bytes, double scale)
{
    static const double special[] = { NAN, INFINITY, -INFINITY, 1e300, -1e-300 };
    int16_t raw = (int16_t)((unsigned)bytes[0] << 8 | bytes[1]);
    if (raw >= 32760)
        return special[(raw - 32760) % 5];
    return raw * scale;
}

static ap_track point(const uint8_t *bytes)
{
    ap_track out = { .id = 1u + bytes[6] % 16,
                     .state = (ap_track_state)(bytes[7] % AP_TRACK_STATE_COUNT),
                     .has_height = bytes[7] & 16,
                     .has_pressure_altitude = bytes[7] & 32,
                     .time_utc = AP_NS_PER_S * (bytes[7] >> 6) };
    out.position = (ap_geodetic){ 0.9 + number(bytes, 1e-7), number(bytes + 2, 1e-7), 100.0 };
    out.east_mps = number(bytes + 4, 0.01);
    for (int i = 0; i < 4; i++)
        out.P_enu[i][i] = bytes[6];
    return out;
}

static void check_sample(const ap_score *score, const ap_score_sample *sample, size_t count)
{
    double most = CUTOFF_M * CUTOFF_M / 2.0 * (sample->truth_count + sample->track_count);
    check(isfinite(sample->gospa_m) && sample->gospa_m <= sqrt(most) + 1e-6);
    check(sample->ospa_m >= 0.0 && sample->ospa_m <= CUTOFF_M + 1e-6);
    check(sample->pair_count <= sample->truth_count && sample->pair_count <= sample->track_count);
    check(isfinite(sample->velocity_rms_mps) && isfinite(sample->altitude_rms_m));
    check(sample->position_rms_m >= 0.0 && sample->position_rms_m < CUTOFF_M);
    size_t paired = 0;
    for (size_t i = 0; i < count; i++)
        paired += ap_score_track_of(score, i) != 0;
    check(paired <= sample->truth_count && paired <= sample->track_count);
    check((paired == 0) == (sample->pair_count == 0));
}

static void check_result(const ap_score_result *result, uint64_t truths, uint64_t tracks)
{
    check(result->truth_count + result->truth_refused_count == truths);
    check(result->track_count + result->track_refused_count + result->unpublished_count == tracks);
    check(result->pair_count + result->redundant_count + result->stale_count +
              result->false_count ==
          result->track_count);
    check(result->completeness >= 0.0 && result->completeness <= 1.0);
    check(result->worst_completeness >= 0.0 && result->worst_completeness <= 1.0);
    check(!isnan(result->gospa_rms_m) && !isnan(result->nees_state));
}

static ap_score_result run(const uint8_t *data, size_t size, void *mem, size_t mem_size)
{
    ap_score_config config = { CUTOFF_M, 2, CAP / 2, CAP / 2, 12, 64 };
    ap_score score;
    check(ap_score_init(&score, &config, mem, mem_size) == AP_OK);
    uint64_t truths_told = 0, tracks_told = 0;
    ap_utc_ns now = 0;
    while (size > 1) {
        ap_truth truths[CAP];
        ap_track tracks[CAP];
        size_t truth_count = 0, track_count = 0, points = data[0] % CAP;
        data++, size--, now += AP_NS_PER_S;
        for (; points > 0 && size >= POINT_SIZE; points--) {
            ap_track at = point(data);
            if (data[7] & 8)
                truths[truth_count++] =
                    (ap_truth){ .id = at.id,
                                .position = at.position,
                                .has_pressure_altitude = at.has_pressure_altitude };
            else
                tracks[track_count++] = at;
            data += POINT_SIZE, size -= POINT_SIZE;
        }
        ap_score_sample sample;
        ap_score_instant(&score, now, truths, truth_count, tracks, track_count, &sample);
        check_sample(&score, &sample, truth_count);
        truths_told += truth_count, tracks_told += track_count;
    }
    ap_score_result result = ap_score_result_of(&score);
    check_result(&result, truths_told, tracks_told);
    return result;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t mem[1 << 20];
    static ap_score_result first, second;
    memset(&first, 0, sizeof first);
    memset(&second, 0, sizeof second);
    first = run(data, size, mem, sizeof mem);
    second = run(data, size, mem, sizeof mem);
    check(first.gospa_rms_m == second.gospa_rms_m && first.pair_count == second.pair_count &&
          first.switch_count == second.switch_count && first.nees_state == second.nees_state);
    return 0;
}
