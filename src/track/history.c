#include "track/history.h"

#include "track/measure.h"

#define CACHE_LINE 64

void ap_history_start(ap_history *history)
{
    history->count = history->first = 0;
}

/* The half that place i belongs to. */
static unsigned half_of(const ap_history *history, unsigned i)
{
    return i < AP_HISTORY_HALF ? history->first : 1u - history->first;
}

const ap_measure *ap_history_measure(const ap_history *history, unsigned i)
{
    return &history->half[half_of(history, i)].measure[i % AP_HISTORY_HALF];
}

static void put(ap_history *history, unsigned i, const ap_measure *measure)
{
    history->half[half_of(history, i)].measure[i % AP_HISTORY_HALF] = *measure;
}

static void make_room(ap_history *history)
{
    history->first = (uint8_t)(1u - history->first);
    history->count = AP_HISTORY_HALF;
}

void ap_history_append(ap_history *history, const ap_imm *imm, const ap_measure *measure)
{
    if (history->count == AP_HISTORY_CAP)
        make_room(history);
    if (history->count % AP_HISTORY_HALF == 0)
        ap_imm_copy(&history->half[half_of(history, history->count)].before, imm);
    put(history, history->count++, measure);
}

/* To be written. */
static void fetch(const void *from, size_t size)
{
    for (size_t at = 0; at < size; at += CACHE_LINE)
        __builtin_prefetch((const uint8_t *)from + at, 1);
}

void ap_history_fetch(const ap_history *history)
{
    unsigned next = history->count % AP_HISTORY_CAP;
    fetch(ap_history_measure(history, next), sizeof(ap_measure));
    if (next % AP_HISTORY_HALF == 0)
        fetch(&history->half[half_of(history, next)].before, sizeof(ap_imm));
}

/* Place of a measurement: after all that are not younger. */
static unsigned place_of(const ap_history *history, ap_utc_ns time_utc)
{
    unsigned place = history->count;
    while (place > 0 && ap_history_measure(history, place - 1)->time_utc > time_utc)
        place--;
    return place;
}

/* The filter before the older half (0), before the newer (1). */
static const ap_imm *before(const ap_history *history, unsigned half)
{
    return &history->half[half ? 1u - history->first : history->first].before;
}

/* True when the time lies before all that can be undone. */
static bool is_too_old(const ap_history *history, unsigned place, ap_utc_ns time_utc)
{
    return place == 0 && (history->count == 0 || time_utc < before(history, 0)->time_utc);
}

/* Place that the last kept filter before `place` stands at. */
static unsigned restart_at(unsigned place)
{
    return place > AP_HISTORY_HALF ? AP_HISTORY_HALF : 0;
}

bool ap_history_insert(ap_history *history, const ap_sensor *sensors, ap_imm *imm,
                       const ap_measure *measure)
{
    unsigned place = place_of(history, measure->time_utc);
    if (is_too_old(history, place, measure->time_utc))
        return false;
    if (history->count == AP_HISTORY_CAP) {
        if (place < AP_HISTORY_HALF ||
            (place == AP_HISTORY_HALF && measure->time_utc < before(history, 1)->time_utc))
            return false;
        make_room(history);
        place -= AP_HISTORY_HALF;
    }
    for (unsigned i = history->count; i > place; i--)
        put(history, i, ap_history_measure(history, i - 1));
    put(history, place, measure);
    history->count++;
    unsigned from = restart_at(place);
    ap_imm again = *before(history, from / AP_HISTORY_HALF);
    for (unsigned i = from; i < history->count; i++) {
        if (i == AP_HISTORY_HALF)
            history->half[half_of(history, i)].before = again;
        ap_measure_apply(ap_history_measure(history, i), sensors, &again);
    }
    *imm = again;
    return true;
}

bool ap_history_at(const ap_history *history, const ap_sensor *sensors, ap_utc_ns time_utc,
                   ap_imm *imm)
{
    unsigned place = place_of(history, time_utc);
    if (is_too_old(history, place, time_utc))
        return false;
    unsigned from = restart_at(place);
    *imm = *before(history, from / AP_HISTORY_HALF);
    for (unsigned i = from; i < place; i++)
        ap_measure_apply(ap_history_measure(history, i), sensors, imm);
    ap_imm_predict(imm, time_utc, imm);
    return true;
}
