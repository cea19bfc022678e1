#include "track/order.h"

#include <stdbool.h>
#include <string.h>

#define NUMBERS offsetof(ap_report, range_m) /* from here on there are doubles, ... */
#define NUMBERS_END offsetof(ap_report, nic) /* ... as far as here */

_Static_assert((NUMBERS_END - NUMBERS) % sizeof(double) == 0, "nothing else lies between them");

static int compare_words(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

/* By their bits: any order does, but NaN must have its place. */
static int compare_numbers(const ap_report *a, const ap_report *b)
{
    int order = 0;
    for (size_t at = NUMBERS; at < NUMBERS_END && order == 0; at += sizeof(double)) {
        uint64_t x, y;
        memcpy(&x, (const char *)a + at, sizeof x);
        memcpy(&y, (const char *)b + at, sizeof y);
        order = compare_words(x, y);
    }
    return order;
}

static int compare_identities(const ap_report *a, const ap_report *b)
{
    const uint64_t of_a[] = { a->present,
                              a->flags,
                              a->address,
                              a->address_kind,
                              a->mode_3a,
                              a->kind,
                              a->nic,
                              a->nac_p,
                              a->nac_v,
                              a->sil,
                              a->emitter_category,
                              a->receiver_count,
                              a->track_number };
    const uint64_t of_b[] = { b->present,
                              b->flags,
                              b->address,
                              b->address_kind,
                              b->mode_3a,
                              b->kind,
                              b->nic,
                              b->nac_p,
                              b->nac_v,
                              b->sil,
                              b->emitter_category,
                              b->receiver_count,
                              b->track_number };
    int order = 0;
    for (size_t i = 0; i < sizeof of_a / sizeof of_a[0] && order == 0; i++)
        order = compare_words(of_a[i], of_b[i]);
    return order != 0 ? order : memcmp(a->callsign, b->callsign, sizeof a->callsign);
}

int ap_reports_compare(const ap_report *a, const ap_report *b)
{
    if (a->time_utc != b->time_utc)
        return a->time_utc < b->time_utc ? -1 : 1;
    int order = compare_numbers(a, b);
    return order != 0 ? order : compare_identities(a, b);
}

static void merge(const ap_report *reports, const uint32_t *from, size_t middle, size_t end,
                  uint32_t *to)
{
    size_t a = 0, b = middle;
    if (middle == end ||
        ap_reports_compare(&reports[from[middle - 1]], &reports[from[middle]]) <= 0) {
        memcpy(to, from, end * sizeof *to);
        return;
    }
    for (size_t k = 0; k < end; k++) {
        bool first = b == end ||
                     (a < middle && ap_reports_compare(&reports[from[a]], &reports[from[b]]) <= 0);
        to[k] = first ? from[a++] : from[b++];
    }
}

void ap_reports_sort(const ap_report *reports, size_t count, uint32_t *place, uint32_t *work)
{
    size_t sorted = 1;
    while (sorted < count &&
           ap_reports_compare(&reports[place[sorted - 1]], &reports[place[sorted]]) <= 0)
        sorted++;
    if (sorted >= count)
        return;
    for (size_t width = 1; width < count; width *= 2) {
        for (size_t from = 0; from < count; from += 2 * width) {
            size_t left = count - from;
            merge(reports, place + from, width < left ? width : left,
                  2 * width < left ? 2 * width : left, work + from);
        }
        memcpy(place, work, count * sizeof *place);
    }
}
