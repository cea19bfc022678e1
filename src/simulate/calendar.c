#include "simulate/calendar.h"

#include <math.h>

bool ap_calendar_init(ap_calendar *calendar, ap_arena *arena, uint32_t count, double start_s,
                      double slot_s)
{
    *calendar = (ap_calendar){ .start_s = start_s, .slot_s = slot_s };
    calendar->time_s = ap_arena_take(arena, count, sizeof(double));
    calendar->next = ap_arena_take(arena, count, sizeof(uint32_t));
    for (int i = 0; i < AP_CALENDAR_SLOTS; i++)
        calendar->head[i] = AP_CALENDAR_END;
    return calendar->next != NULL;
}

static uint64_t slot_of(const ap_calendar *calendar, double time_s)
{
    double slot = (time_s - calendar->start_s) / calendar->slot_s;
    return slot <= (double)calendar->slot ? calendar->slot : (uint64_t)slot;
}

void ap_calendar_put(ap_calendar *calendar, uint32_t item, double time_s)
{
    if (time_s == HUGE_VAL)
        return;
    uint32_t *head = &calendar->head[slot_of(calendar, time_s) % AP_CALENDAR_SLOTS];
    calendar->time_s[item] = time_s;
    calendar->next[item] = *head;
    *head = item;
}

bool ap_calendar_take(ap_calendar *calendar, double until_s, uint32_t *item)
{
    uint64_t last = slot_of(calendar, until_s);
    for (;;) {
        if (!calendar->link)
            calendar->link = &calendar->head[calendar->slot % AP_CALENDAR_SLOTS];
        for (; *calendar->link != AP_CALENDAR_END; calendar->link = &calendar->next[*item]) {
            *item = *calendar->link;
            if (calendar->time_s[*item] < until_s) {
                *calendar->link = calendar->next[*item];
                return true;
            }
        }
        calendar->link = NULL;
        if (calendar->slot == last)
            return false;
        calendar->slot++;
    }
}
