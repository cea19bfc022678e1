#include "track/history.h"

#include <string.h>

void ap_history_start(ap_history *history, const ap_imm *imm)
{
    history->count = 0;
    history->before[0] = *imm;
}

static void make_room(ap_history *history)
{
    memmove(&history->measure[0], &history->measure[AP_HISTORY_HALF],
            AP_HISTORY_HALF * sizeof history->measure[0]);
    history->before[0] = history->before[1];
    history->count = AP_HISTORY_HALF;
}

void ap_history_append(ap_history *history, const ap_imm *imm, const ap_measure *measure)
{
    if (history->count == AP_HISTORY_CAP)
        make_room(history);
    if (history->count == AP_HISTORY_HALF)
        history->before[1] = *imm;
    history->measure[history->count++] = *measure;
}

/* Place of a measurement: after all that are not younger. */
static unsigned place_of(const ap_history *history, ap_utc_ns time_utc)
{
    unsigned place = history->count;
    while (place > 0 && history->measure[place - 1].time_utc > time_utc)
        place--;
    return place;
}

/* The last kept filter that is before `place`. */
static unsigned restart_at(unsigned place)
{
    return place > AP_HISTORY_HALF ? AP_HISTORY_HALF : 0;
}

bool ap_history_insert(ap_history *history, ap_imm *imm, const ap_measure *measure)
{
    unsigned place = place_of(history, measure->time_utc);
    if (place == 0 && measure->time_utc < history->before[0].time_utc)
        return false;
    if (history->count == AP_HISTORY_CAP) {
        if (place < AP_HISTORY_HALF ||
            (place == AP_HISTORY_HALF && measure->time_utc < history->before[1].time_utc))
            return false;
        make_room(history);
        place -= AP_HISTORY_HALF;
    }
    memmove(&history->measure[place + 1], &history->measure[place],
            (history->count - place) * sizeof history->measure[0]);
    history->measure[place] = *measure;
    history->count++;
    unsigned from = restart_at(place);
    ap_imm again = history->before[from ? 1 : 0];
    for (unsigned i = from; i < history->count; i++) {
        if (i == AP_HISTORY_HALF)
            history->before[1] = again;
        ap_imm_apply(&again, &history->measure[i]);
    }
    *imm = again;
    return true;
}

bool ap_history_at(const ap_history *history, ap_utc_ns time_utc, ap_imm *imm)
{
    unsigned place = place_of(history, time_utc);
    if (place == 0 && time_utc < history->before[0].time_utc)
        return false;
    unsigned from = restart_at(place);
    *imm = history->before[from ? 1 : 0];
    for (unsigned i = from; i < place; i++)
        ap_imm_apply(imm, &history->measure[i]);
    ap_imm_predict(imm, time_utc);
    return true;
}
