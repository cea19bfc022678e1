#include "track/nearest.h"

#include <assert.h>

#define DEPTH_MAX 34 /* of a tree of 2^32 points, with something to spare */

/* Points [from, to) make a tree: its root in the middle, what is below it along `axis` before. */
typedef struct part {
    uint32_t from, to;
    unsigned axis;
    double aside[3]; /* how far off all of it is along each axis, at least */
} part;

static double square_of(const double d[3])
{
    return d[0] * d[0] + d[1] * d[1] + d[2] * d[2];
}

static uint32_t middle_of(const part *p)
{
    return p->from + (p->to - p->from) / 2;
}

/* The middle one in its place, none before it greater along the axis, and none after it less. */
static void select_middle(ap_point *point, const part *p)
{
    uint32_t low = p->from, high = p->to - 1, wanted = middle_of(p), dice = p->to;
    while (low < high) {
        dice = dice * UINT32_C(1664525) + UINT32_C(1013904223); /* no order is the worst one */
        double pivot = point[low + (dice >> 8) % (high - low + 1)].at[p->axis];
        uint32_t i = low, j = high;
        while (i <= j) {
            while (point[i].at[p->axis] < pivot)
                i++;
            while (pivot < point[j].at[p->axis])
                j--;
            if (i > j)
                break;
            ap_point swap = point[i];
            point[i++] = point[j];
            point[j] = swap;
            if (j == 0)
                break;
            j--;
        }
        if (wanted >= i)
            low = i;
        else if (wanted <= j)
            high = j;
        else
            return; /* between the two: equal to the pivot */
    }
}

void ap_nearest_build(ap_point *point, uint32_t count)
{
    part stack[DEPTH_MAX];
    size_t depth = 0;
    if (count > 1)
        stack[depth++] = (part){ .to = count };
    while (depth > 0) {
        part p = stack[--depth];
        select_middle(point, &p);
        uint32_t middle = middle_of(&p);
        unsigned next = (p.axis + 1) % 3;
        if (p.to - middle > 2)
            stack[depth++] = (part){ .from = middle + 1, .to = p.to, .axis = next };
        if (middle - p.from > 1)
            stack[depth++] = (part){ .from = p.from, .to = middle, .axis = next };
        assert(depth <= DEPTH_MAX);
    }
}

typedef struct answer {
    size_t count, cap;
    double limit2, distance2[AP_NEAREST_CAP];
    uint32_t *items;
} answer;

static void offer(answer *a, const ap_point *point, const double at[3])
{
    double d[3] = { point->at[0] - at[0], point->at[1] - at[1], point->at[2] - at[2] };
    double distance2 = square_of(d);
    if (!(distance2 < a->limit2))
        return;
    size_t place = a->count < a->cap ? a->count++ : a->cap - 1;
    for (; place > 0 && distance2 < a->distance2[place - 1]; place--) {
        a->distance2[place] = a->distance2[place - 1];
        a->items[place] = a->items[place - 1];
    }
    a->distance2[place] = distance2;
    a->items[place] = point->item;
    if (a->count == a->cap)
        a->limit2 = a->distance2[a->cap - 1];
}

size_t ap_nearest_find(const ap_point *point, uint32_t count, const double at[3], double reach,
                       size_t cap, uint32_t *items)
{
    part stack[DEPTH_MAX];
    answer a = { .cap = cap, .limit2 = reach * reach, .items = items };
    size_t depth = 0, looks = 0;
    assert(cap > 0 && cap <= AP_NEAREST_CAP);
    stack[depth++] = (part){ .to = count };
    while (depth > 0) {
        part p = stack[--depth];
        if (!(square_of(p.aside) < a.limit2))
            continue;
        while (p.from < p.to && looks++ < AP_NEAREST_LOOKS) {
            uint32_t middle = middle_of(&p);
            double aside = at[p.axis] - point[middle].at[p.axis];
            offer(&a, &point[middle], at);
            part before = p, after = p;
            before.to = middle;
            after.from = middle + 1;
            before.axis = after.axis = (p.axis + 1) % 3;
            part *far = aside < 0.0 ? &after : &before;
            far->aside[p.axis] = aside;
            if (far->from < far->to)
                stack[depth++] = *far;
            p = aside < 0.0 ? before : after;
        }
    }
    return a.count;
}
