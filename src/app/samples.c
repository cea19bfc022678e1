#include "app/samples.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/memory.h"

#define FIRST_STATES 65536u
#define STATES_MAX 1000000000u
#define TRAJECTORIES_MAX 4000000u
#define IDENTITIES_MAX 16000000u
enum { FIRST_SLOTS = 1024, FIRST_NAMES = 256, NUMBER_DIGITS = 18 };

void ap_samples_init(ap_samples *samples)
{
    *samples = (ap_samples){ 0 };
}

/* ---- names ---- */

/* FNV-1a. */
static uint64_t hash_of(const char *text, size_t size)
{
    uint64_t hash = UINT64_C(0xCBF29CE484222325);
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ (uint8_t)text[i]) * UINT64_C(0x100000001B3);
    return hash ^ (hash >> 29);
}

static bool is_number(const char *name, size_t size, uint64_t *number)
{
    if (size == 0 || size > NUMBER_DIGITS || (size > 1 && name[0] == '0'))
        return false;
    *number = 0;
    for (size_t i = 0; i < size; i++) {
        if (name[i] < '0' || name[i] > '9')
            return false;
        *number = *number * 10 + (uint64_t)(name[i] - '0');
    }
    return true;
}

static size_t slot_of(const ap_samples *samples, const char *name, size_t size)
{
    size_t at = hash_of(name, size) & (samples->slot_count - 1);
    for (uint32_t held; (held = samples->slot[at]) != 0; at = (at + 1) & (samples->slot_count - 1))
        if (strlen(samples->name[held - 1]) == size &&
            memcmp(samples->name[held - 1], name, size) == 0)
            break;
    return at;
}

/* Room for one name more; the slots stay at most half full. */
static bool make_name_room(ap_samples *samples)
{
    if (samples->name_count >= samples->name_cap) {
        size_t cap = samples->name_cap ? samples->name_cap * 2 : FIRST_NAMES;
        void *grown = realloc(samples->name, cap * sizeof *samples->name);
        if (!grown)
            return false;
        samples->name = grown;
        samples->name_cap = cap;
    }
    if (samples->name_count * 2 < samples->slot_count)
        return true;
    size_t count = samples->slot_count ? samples->slot_count * 2 : FIRST_SLOTS;
    uint32_t *slots = calloc(count, sizeof *slots);
    if (!slots)
        return false;
    free(samples->slot);
    samples->slot = slots;
    samples->slot_count = count;
    for (size_t i = 0; i < samples->name_count; i++)
        slots[slot_of(samples, samples->name[i], strlen(samples->name[i]))] = (uint32_t)i + 1;
    return true;
}

ap_err ap_samples_id_of(ap_samples *samples, const char *name, size_t size, uint64_t *id)
{
    if (is_number(name, size, id))
        return AP_OK;
    if (size >= AP_SAMPLES_NAME_SIZE)
        size = AP_SAMPLES_NAME_SIZE - 1;
    if (!make_name_room(samples))
        return AP_ERR_MEMORY;
    size_t at = slot_of(samples, name, size);
    if (!samples->slot[at]) {
        memset(samples->name[samples->name_count], 0, AP_SAMPLES_NAME_SIZE);
        memcpy(samples->name[samples->name_count], name, size);
        samples->slot[at] = (uint32_t)++samples->name_count;
    }
    *id = AP_SAMPLES_NAMED + samples->slot[at] - 1;
    return AP_OK;
}

void ap_samples_name_of(const ap_samples *samples, uint64_t id, char name[AP_SAMPLES_NAME_SIZE])
{
    if (id >= AP_SAMPLES_NAMED && id - AP_SAMPLES_NAMED < samples->name_count)
        memcpy(name, samples->name[id - AP_SAMPLES_NAMED], AP_SAMPLES_NAME_SIZE);
    else
        snprintf(name, AP_SAMPLES_NAME_SIZE, "%llu", (unsigned long long)id);
}

uint32_t ap_samples_sensor_flags(ap_samples *samples, const char *name, size_t size)
{
    if (!samples->sensor)
        samples->sensor = calloc(AP_SAMPLES_SENSOR_CAP, sizeof *samples->sensor);
    if (!samples->sensor || size == 0)
        return 0;
    if (size >= sizeof *samples->sensor)
        size = sizeof *samples->sensor - 1;
    for (size_t i = 0; i < samples->sensor_count; i++)
        if (memcmp(samples->sensor[i], name, size) == 0 && samples->sensor[i][size] == '\0')
            return (uint32_t)(i + 1) << AP_SAMPLES_SENSOR_SHIFT;
    if (samples->sensor_count >= AP_SAMPLES_SENSOR_CAP)
        return 0;
    memcpy(samples->sensor[samples->sensor_count], name, size);
    return (uint32_t)++samples->sensor_count << AP_SAMPLES_SENSOR_SHIFT;
}

/* ---- innovations ---- */

ap_err ap_samples_nis_add(ap_samples *samples, uint32_t sensor, double dimensions, double nis)
{
    uint32_t whole =
        dimensions >= 1.0 && dimensions <= AP_SAMPLES_NIS_DIMENSIONS ? (uint32_t)dimensions : 0;
    if (whole == 0 || (double)whole != dimensions || !(nis >= 0.0)) {
        samples->nis_refused_count++;
        return AP_OK;
    }
    if (!samples->nis)
        samples->nis =
            calloc((AP_SAMPLES_SENSOR_CAP + 1) * AP_SAMPLES_NIS_DIMENSIONS, sizeof *samples->nis);
    if (!samples->nis)
        return AP_ERR_MEMORY;
    ap_samples_nis *sums = &samples->nis[sensor * AP_SAMPLES_NIS_DIMENSIONS + whole - 1];
    sums->count++;
    sums->sum += nis;
    return AP_OK;
}

ap_samples_nis ap_samples_nis_of(const ap_samples *samples, uint32_t sensor, uint32_t dimensions)
{
    return samples->nis ? samples->nis[sensor * AP_SAMPLES_NIS_DIMENSIONS + dimensions - 1]
                        : (ap_samples_nis){ 0 };
}

/* ---- states ---- */

static uint32_t at_most(uint64_t value, uint32_t limit)
{
    return value < limit ? (uint32_t)value : limit;
}

/* Memory is touched only as it fills, so that caps may be wide. */
static ap_trajectory_config first_caps(const ap_samples *samples, bool has_covariances)
{
    uint64_t states =
        samples->expected_count > FIRST_STATES ? samples->expected_count : FIRST_STATES;
    return (ap_trajectory_config){ .trajectory_cap = FIRST_STATES,
                                   .state_cap = at_most(states, STATES_MAX),
                                   .identity_cap = FIRST_STATES,
                                   .has_covariances = has_covariances };
}

static ap_err take_memory(ap_samples *samples, ap_trajectory_frame frame, bool has_covariances)
{
    ap_trajectory_config caps = first_caps(samples, has_covariances);
    size_t size = ap_trajectory_set_size(&caps);
    void *memory = size ? ap_memory_take(size) : NULL;
    if (!memory)
        return AP_ERR_MEMORY;
    samples->memory = memory;
    samples->memory_size = size;
    return ap_trajectory_set_init(&samples->set, frame, &caps, memory, size);
}

/* Twice the room of whatever is full; covariances once there are some. */
static ap_err grow(ap_samples *samples, bool has_covariances)
{
    const ap_trajectory_set *set = &samples->set;
    ap_trajectory_config caps = set->caps;
    bool turns = has_covariances && !caps.has_covariances;
    if (set->state_count >= caps.state_cap)
        caps.state_cap = at_most((uint64_t)caps.state_cap * 2, STATES_MAX);
    if (set->trajectory_count >= caps.trajectory_cap)
        caps.trajectory_cap = at_most((uint64_t)caps.trajectory_cap * 8, TRAJECTORIES_MAX);
    if (set->identity_count >= caps.identity_cap)
        caps.identity_cap = at_most((uint64_t)caps.identity_cap * 4, IDENTITIES_MAX);
    caps.has_covariances |= has_covariances;
    size_t size = ap_trajectory_set_size(&caps);
    void *memory = size && (turns || size > samples->memory_size) ? ap_memory_take(size) : NULL;
    if (!memory)
        return AP_ERR_MEMORY;
    ap_err err = ap_trajectory_set_move(&samples->set, &caps, memory, size);
    if (err) {
        ap_memory_give_back(memory, size);
        return err;
    }
    ap_memory_give_back(samples->memory, samples->memory_size);
    samples->memory = memory;
    samples->memory_size = size;
    return AP_OK;
}

/* Where no update lies between this state and the one before, no sensor saw it. */
static ap_err mark_coasting(ap_samples *samples, double update_age_s)
{
    ap_trajectory_state *state = &samples->set.states[samples->set.state_count - 1];
    size_t i = state->trajectory;
    if (i >= samples->newest_cap) {
        size_t cap = samples->newest_cap ? samples->newest_cap * 2 : FIRST_NAMES;
        while (cap <= i)
            cap *= 2;
        void *grown = realloc(samples->newest_utc, cap * sizeof *samples->newest_utc);
        if (!grown)
            return AP_ERR_MEMORY;
        samples->newest_utc = grown;
        for (size_t k = samples->newest_cap; k < cap; k++)
            samples->newest_utc[k] = AP_UTC_UNKNOWN;
        samples->newest_cap = cap;
    }
    ap_utc_ns before = samples->newest_utc[i];
    if (update_age_s >= 0.0 && before != AP_UTC_UNKNOWN && state->time_utc > before &&
        ap_seconds_between(before, state->time_utc) <= update_age_s)
        state->flags |= AP_STATE_COASTING;
    samples->newest_utc[i] = state->time_utc;
    return AP_OK;
}

ap_err ap_samples_add(ap_samples *samples, ap_trajectory_frame frame, uint64_t id,
                      const ap_trajectory_state *state, const ap_trajectory_covariance *covariance,
                      const ap_trajectory_identity *identity, double update_age_s)
{
    ap_err err = AP_OK;
    if (!samples->memory)
        err = take_memory(samples, frame, covariance != NULL);
    else if (samples->set.frame != frame)
        return AP_ERR_ARGUMENT;
    else if (covariance && !samples->set.caps.has_covariances)
        err = grow(samples, true);
    while (!err &&
           (err = ap_trajectory_add(&samples->set, id, state, covariance, identity)) == AP_ERR_FULL)
        err = grow(samples, false);
    return err ? err : mark_coasting(samples, update_age_s);
}

void ap_samples_refuse(ap_samples *samples, const char *where, uint64_t line, const char *why)
{
    if (samples->refused_count++ == 0)
        snprintf(samples->first_refusal, sizeof samples->first_refusal,
                 "%.100s:%" PRIu64 ": %.140s", where, line, why);
}

void ap_samples_shift(ap_samples *samples, int64_t step_ns)
{
    for (uint32_t i = 0; i < samples->set.state_count; i++)
        samples->set.states[i].time_utc = ap_utc_add_ns(samples->set.states[i].time_utc, step_ns);
}

void ap_samples_close(ap_samples *samples)
{
    ap_memory_give_back(samples->memory, samples->memory_size);
    free(samples->newest_utc);
    free(samples->name);
    free(samples->slot);
    free(samples->sensor);
    free(samples->nis);
    *samples = (ap_samples){ 0 };
}
