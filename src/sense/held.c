#include "sense/held.h"

#include <math.h>

void ap_held_init(ap_held_ring *ring, ap_arena *arena, uint32_t cap)
{
    *ring = (ap_held_ring){ .cap = cap, .first = 1 };
    ring->frames = ap_arena_take(arena, cap, sizeof *ring->frames);
}

ap_utc_ns ap_held_due(const ap_held_ring *ring)
{
    const ap_held_frame *oldest = &ring->frames[ring->first % ring->cap];
    return ring->first > ring->sequence ? INT64_MAX : ap_utc_add_s(oldest->frame.utc, AP_HELD_S);
}

const ap_held_frame *ap_held_give_up(ap_held_ring *ring, ap_utc_ns now)
{
    for (; ring->first <= ring->sequence; ring->first++) {
        ap_held_frame *oldest = &ring->frames[ring->first % ring->cap];
        if (oldest->done)
            continue;
        bool full = ring->sequence - ring->first + 1 >= ring->cap;
        if (!full && now != AP_UTC_UNKNOWN &&
            ap_seconds_between(oldest->frame.utc, now) <= AP_HELD_S)
            return NULL;
        oldest->done = true;
        return oldest;
    }
    return NULL;
}

void ap_held_add(ap_held_ring *ring, uint32_t key, uint64_t *newest, const ap_cpr_frame *frame,
                 const ap_report *report, ap_refusal reason)
{
    uint64_t sequence = ++ring->sequence;
    ring->frames[sequence % ring->cap] = (ap_held_frame){ .sequence = sequence,
                                                          .previous = *newest,
                                                          .key = key,
                                                          .reason = reason,
                                                          .frame = *frame,
                                                          .report = *report };
    *newest = sequence;
}

size_t ap_held_take(ap_held_ring *ring, uint32_t key, uint64_t *newest, double latitude_deg,
                    double longitude_deg, ap_utc_ns fix_utc, ap_held_placed placed[AP_HELD_BATCH])
{
    size_t count = 0;
    bool all_done = true;
    uint64_t sequence = *newest;
    for (size_t step = 0; sequence != 0 && step < AP_HELD_BATCH; step++) {
        ap_held_frame *held = &ring->frames[sequence % ring->cap];
        if (held->sequence != sequence || held->key != key ||
            fabs(ap_seconds_between(held->frame.utc, fix_utc)) > AP_HELD_S)
            break;
        sequence = held->previous;
        ap_held_placed *into = &placed[count];
        if (held->done)
            continue;
        if (!ap_cpr_place_near(&held->frame, latitude_deg, longitude_deg, fix_utc,
                               &into->latitude_deg, &into->longitude_deg)) {
            all_done = false;
            continue;
        }
        into->report = held->report;
        into->surface = held->frame.cpr.surface;
        held->done = true;
        count++;
    }
    if (all_done && count < AP_HELD_BATCH)
        *newest = 0; /* the next fix need not look */
    for (size_t i = 0; i < count / 2; i++) {
        ap_held_placed swap = placed[i];
        placed[i] = placed[count - 1 - i];
        placed[count - 1 - i] = swap;
    }
    return count;
}
