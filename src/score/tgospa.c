#include "score/tgospa.h"

#include <math.h>
#include <string.h>

#include "score/order.h"

#define NONE UINT32_MAX
#define PRICE_ROOM 16000000u /* prices of all tracks and instants of one group */
#define EFFORT 4e8           /* edges and prices walked, in all */
#define ROUND_MAX 300        /* price steps of a group */
#define MERGE_MAX 200        /* times that groups may grow, one by one */
#define CLOSED 1e-9          /* relative gap that is rounding */

void ap_tgospa_init(ap_tgospa_work *work, ap_arena *arena, uint32_t edge_cap, uint32_t truth_cap,
                    uint32_t track_cap, uint32_t instant_cap)
{
    size_t row = (size_t)instant_cap + 1;
    uint32_t price_cap = (uint32_t)(PRICE_ROOM / row);
    price_cap = price_cap < track_cap ? price_cap : track_cap;
    size_t prices = (size_t)price_cap * row;
    *work = (ap_tgospa_work){
        .edge_cap = edge_cap,
        .truth_cap = truth_cap,
        .track_cap = track_cap,
        .instant_cap = instant_cap,
        .price_cap = price_cap,
        .order = ap_arena_take_raw(arena, edge_cap, 2 * sizeof(uint32_t)),
        .key =
            ap_arena_take_raw(arena, edge_cap > truth_cap ? edge_cap : truth_cap, sizeof(int64_t)),
        .bound = ap_arena_take_raw(arena, truth_cap, sizeof(double)),
        .holds = ap_arena_take_raw(arena, edge_cap, sizeof(ap_tgospa_hold)),
        .best_holds = ap_arena_take_raw(arena, edge_cap, sizeof(ap_tgospa_hold)),
        .truths = ap_arena_take_raw(arena, truth_cap, sizeof(ap_tgospa_truth)),
        .best_truths = ap_arena_take_raw(arena, truth_cap, sizeof(ap_tgospa_truth)),
        .came_from = ap_arena_take_raw(arena, edge_cap, sizeof(uint32_t)),
        .entered = ap_arena_take_raw(arena, edge_cap, sizeof(bool)),
        .value = ap_arena_take_raw(arena, track_cap, sizeof(double)),
        .last_edge = ap_arena_take_raw(arena, track_cap, sizeof(uint32_t)),
        .stamp = ap_arena_take(arena, track_cap, sizeof(uint32_t)),
        .slot = ap_arena_take(arena, track_cap, sizeof(uint32_t)),
        .slot_track = ap_arena_take_raw(arena, track_cap, sizeof(uint32_t)),
        .price = ap_arena_take_raw(arena, prices, sizeof(double)),
        .prefix = ap_arena_take_raw(arena, prices, sizeof(double)),
        .used = ap_arena_take_raw(arena, prices, sizeof(uint32_t)),
        .blocked = ap_arena_take_raw(arena, prices, sizeof(uint32_t)),
        .parent = ap_arena_take_raw(arena, (size_t)truth_cap + track_cap, sizeof(uint32_t)),
        .members = ap_arena_take_raw(arena, truth_cap, 2 * sizeof(uint32_t)),
    };
}

static size_t row_size(const ap_tgospa_work *work)
{
    return (size_t)work->instant_cap + 1;
}

/* What it costs to hold a track at the instants [from, to); infinite when one is taken. */
static double charge(const ap_tgospa_work *work, uint32_t track, uint32_t from, uint32_t to)
{
    uint32_t slot = work->slot[track];
    if (slot == 0 || from >= to)
        return 0.0;
    size_t row = (slot - 1) * row_size(work);
    if (work->blocked[row + to] > work->blocked[row + from])
        return INFINITY;
    return work->prefix[row + to] - work->prefix[row + from];
}

static bool stands_from_start(const ap_tgospa_problem *problem, uint32_t truth, uint32_t track)
{
    return !problem->absence_switches ||
           (problem->truth_span[0][truth] == 0 && problem->track_span[0][track] == 0);
}

static bool stands_to_end(const ap_tgospa_problem *problem, uint32_t truth, uint32_t track)
{
    uint32_t last = problem->instant_count - 1;
    return !problem->absence_switches ||
           (problem->truth_span[1][truth] == last && problem->track_span[1][track] == last);
}

/* Value of arriving at an edge with its track held since before, or from the first instant. */
static double held_value(const ap_tgospa_work *work, const ap_tgospa_problem *problem,
                         const ap_tgospa_edge *edge)
{
    uint32_t track = edge->track;
    if (work->stamp[track] == work->stamp_now)
        return work->value[track] - charge(work, track,
                                           problem->edges[work->last_edge[track]].instant + 1,
                                           edge->instant);
    if (stands_from_start(problem, edge->truth, track))
        return -charge(work, track, 0, edge->instant);
    return -INFINITY;
}

static void visit(ap_tgospa_work *work, const ap_tgospa_problem *problem, uint32_t index,
                  double none_value, uint32_t none_from)
{
    const ap_tgospa_edge *edge = &problem->edges[index];
    uint32_t track = edge->track;
    double held = held_value(work, problem, edge), entered = none_value - problem->half_switch;
    bool was_held = work->stamp[track] == work->stamp_now;
    work->entered[index] = entered > held;
    if (work->entered[index])
        work->came_from[index] = none_from;
    else
        work->came_from[index] = was_held ? work->last_edge[track] : NONE;
    work->value[track] = fmax(held, entered) + problem->full - (double)edge->cost -
                         charge(work, track, edge->instant, edge->instant + 1);
    work->stamp[track] = work->stamp_now;
    work->last_edge[track] = index;
}

/* Where the best sequence of a truth ends. */
typedef struct sequence_end {
    double value;
    uint32_t edge; /* NONE: it never has a track */
    bool holds_on; /* to the last instant */
} sequence_end;

/* The best sequence of one truth: over its edges in time, the best value of every track held, and
 * of none. */
static sequence_end walk(ap_tgospa_work *work, const ap_tgospa_problem *problem,
                         const ap_tgospa_truth *truth)
{
    sequence_end none = { 0.0, NONE, false };
    uint32_t end = truth->first + truth->edge_count;
    work->stamp_now++;
    for (uint32_t e = truth->first; e < end;) {
        uint32_t next = e;
        for (; next < end && problem->edges[next].instant == problem->edges[e].instant; next++)
            visit(work, problem, next, none.value, none.edge);
        for (; e < next; e++) {
            double left = work->value[problem->edges[e].track] - problem->half_switch;
            if (left > none.value)
                none = (sequence_end){ left, e, false };
        }
    }
    sequence_end best = none;
    for (uint32_t e = truth->first; e < end; e++) {
        const ap_tgospa_edge *edge = &problem->edges[e];
        if (work->last_edge[edge->track] != e || !stands_to_end(problem, edge->truth, edge->track))
            continue;
        double value = work->value[edge->track] -
                       charge(work, edge->track, edge->instant + 1, problem->instant_count);
        if (value > best.value)
            best = (sequence_end){ value, e, true };
    }
    work->effort -= (double)truth->edge_count;
    return best;
}

/* Turns the back pointers into holds. */
static void trace(ap_tgospa_work *work, const ap_tgospa_problem *problem, uint32_t index,
                  sequence_end end)
{
    ap_tgospa_truth *truth = &work->truths[index];
    truth->hold_count = truth->pair_count = truth->half_switches = 0;
    truth->localisation = 0.0;
    truth->value = end.value;
    uint32_t leave = problem->instant_count - 1;
    bool leaves = !end.holds_on;
    for (uint32_t e = end.edge; e != NONE;) {
        const ap_tgospa_edge *edge = &problem->edges[e];
        if (leaves) {
            leave = edge->instant;
            truth->half_switches++;
        }
        truth->pair_count++;
        truth->localisation += (double)edge->cost;
        uint32_t from = work->came_from[e];
        bool begins = work->entered[e] || from == NONE;
        if (begins) {
            work->holds[truth->first + truth->hold_count++] =
                (ap_tgospa_hold){ .truth = index,
                                  .track = edge->track,
                                  .enter = work->entered[e] ? edge->instant : 0,
                                  .leave = leave };
            truth->half_switches += work->entered[e];
        }
        leaves = work->entered[e];
        e = from;
    }
}

static double reward_of(const ap_tgospa_problem *problem, const ap_tgospa_truth *truth)
{
    return problem->full * (double)truth->pair_count - truth->localisation -
           problem->half_switch * (double)truth->half_switches;
}

/* Edges by truth, then instant; the truths' first and edge_count. */
static void gather(ap_tgospa_work *work, ap_tgospa_problem *problem)
{
    for (uint32_t i = 0; i < problem->truth_count; i++)
        work->truths[i] = (ap_tgospa_truth){ 0 };
    for (uint32_t e = 0; e < problem->edge_count; e++)
        work->truths[problem->edges[e].truth].edge_count++;
    uint32_t first = 0;
    for (uint32_t i = 0; i < problem->truth_count; i++) {
        work->truths[i].first = first;
        first += work->truths[i].edge_count;
        work->truths[i].edge_count = 0;
    }
    for (uint32_t e = 0; e < problem->edge_count; e++) {
        ap_tgospa_truth *truth = &work->truths[problem->edges[e].truth];
        work->order[truth->first + truth->edge_count++] = e;
    }
    ap_tgospa_edge edge;
    ap_order_apply(work->order, problem->edge_count, problem->edges, sizeof edge, &edge);
}

static uint32_t root_of(uint32_t *parent, uint32_t at)
{
    while (parent[at] != at) {
        parent[at] = parent[parent[at]];
        at = parent[at];
    }
    return at;
}

/* Clusters: truths and tracks that are connected by ever being near. */
static void count_clusters(ap_tgospa_work *work, const ap_tgospa_problem *problem,
                           ap_tgospa_solution *solution)
{
    uint32_t nodes = problem->truth_count + problem->track_count;
    for (uint32_t i = 0; i < nodes; i++)
        work->parent[i] = i;
    for (uint32_t e = 0; e < problem->edge_count; e++) {
        uint32_t a = root_of(work->parent, problem->edges[e].truth);
        uint32_t b = root_of(work->parent, problem->truth_count + problem->edges[e].track);
        work->parent[a > b ? a : b] = a > b ? b : a;
    }
    /* Roots are truths where a truth is in the cluster: tracks alone are no cluster. */
    for (uint32_t i = 0; i < problem->truth_count; i++)
        work->members[i] = 0;
    for (uint32_t i = 0; i < nodes; i++) {
        uint32_t root = root_of(work->parent, i);
        if (root < problem->truth_count)
            work->members[root]++;
    }
    for (uint32_t i = 0; i < problem->truth_count; i++) {
        solution->cluster_count += work->members[i] > 1;
        if (work->members[i] > 1 && work->members[i] > solution->cluster_size_max)
            solution->cluster_size_max = work->members[i];
    }
}

static void clear_slots(ap_tgospa_work *work)
{
    for (uint32_t i = 0; i < work->slot_count; i++)
        work->slot[work->slot_track[i]] = 0;
    work->slot_count = 0;
}

/* Prices, at 0, for the tracks near a group's truths; false when there is no room for them. */
static bool take_slots(ap_tgospa_work *work, const ap_tgospa_problem *problem, uint32_t head)
{
    clear_slots(work);
    for (uint32_t m = head; m != 0; m = work->truths[m - 1].next) {
        const ap_tgospa_truth *truth = &work->truths[m - 1];
        for (uint32_t e = truth->first; e < truth->first + truth->edge_count; e++) {
            uint32_t track = problem->edges[e].track;
            if (work->slot[track] != 0)
                continue;
            if (work->slot_count == work->price_cap)
                return false;
            work->slot_track[work->slot_count++] = track;
            work->slot[track] = work->slot_count;
        }
    }
    size_t size = work->slot_count * row_size(work);
    memset(work->price, 0, size * sizeof *work->price);
    memset(work->blocked, 0, size * sizeof *work->blocked);
    return true;
}

static double sum_prices(ap_tgospa_work *work, uint32_t instant_count)
{
    double total = 0.0;
    for (uint32_t i = 0; i < work->slot_count; i++) {
        size_t row = i * row_size(work);
        double sum = 0.0;
        for (uint32_t k = 0; k < instant_count; k++) {
            work->prefix[row + k] = sum;
            sum += work->price[row + k];
        }
        work->prefix[row + instant_count] = sum;
        total += sum;
    }
    work->effort -= (double)work->slot_count * (double)instant_count;
    return total;
}

/* What the group gives at these prices: a bound on its reward. Counts who uses what. */
static double price_group(ap_tgospa_work *work, const ap_tgospa_problem *problem, uint32_t head)
{
    double bound = sum_prices(work, problem->instant_count);
    size_t size = work->slot_count * row_size(work);
    memset(work->used, 0, size * sizeof *work->used);
    for (uint32_t m = head; m != 0; m = work->truths[m - 1].next) {
        ap_tgospa_truth *truth = &work->truths[m - 1];
        trace(work, problem, m - 1, walk(work, problem, truth));
        bound += truth->value;
        for (uint32_t h = truth->first; h < truth->first + truth->hold_count; h++) {
            size_t row = (work->slot[work->holds[h].track] - 1) * row_size(work);
            for (uint32_t k = work->holds[h].enter; k <= work->holds[h].leave; k++)
                work->used[row + k]++;
        }
    }
    return bound;
}

static void block(ap_tgospa_work *work, const ap_tgospa_problem *problem,
                  const ap_tgospa_hold *hold)
{
    size_t row = (work->slot[hold->track] - 1) * row_size(work);
    uint32_t *blocked = &work->blocked[row];
    for (uint32_t k = hold->enter; k < problem->instant_count; k++)
        blocked[k + 1] += (k < hold->leave ? k : hold->leave) - hold->enter + 1;
}

/* Members of a group by falling value at the present prices. */
static uint32_t rank_members(ap_tgospa_work *work, uint32_t head)
{
    uint32_t count = 0;
    for (uint32_t m = head; m != 0; m = work->truths[m - 1].next) {
        work->members[count++] = m - 1;
        double value = fmin(fmax(work->truths[m - 1].value, -1e15), 1e15);
        work->key[m - 1] = -(int64_t)(value * 256.0);
    }
    ap_order_sort(work->members, work->members + work->truth_cap, count, work->key,
                  sizeof(int64_t));
    return count;
}

/* A solution: one truth after the other takes its best sequence of what is left. */
static double buy_group(ap_tgospa_work *work, const ap_tgospa_problem *problem, uint32_t head)
{
    uint32_t count = rank_members(work, head);
    double reward = 0.0;
    for (uint32_t i = 0; i < count; i++) {
        ap_tgospa_truth *truth = &work->truths[work->members[i]];
        trace(work, problem, work->members[i], walk(work, problem, truth));
        reward += reward_of(problem, truth);
        for (uint32_t h = truth->first; h < truth->first + truth->hold_count; h++)
            block(work, problem, &work->holds[h]);
    }
    size_t size = work->slot_count * row_size(work);
    memset(work->blocked, 0, size * sizeof *work->blocked);
    work->effort -= (double)size;
    return reward;
}

static void keep_best(ap_tgospa_work *work, uint32_t head, bool restore)
{
    for (uint32_t m = head; m != 0; m = work->truths[m - 1].next) {
        ap_tgospa_truth *truth = &work->truths[m - 1];
        if (restore)
            *truth = work->best_truths[m - 1];
        ap_tgospa_hold *now = &work->holds[truth->first], *best = &work->best_holds[truth->first];
        memcpy(restore ? now : best, restore ? best : now, truth->hold_count * sizeof *now);
        if (!restore)
            work->best_truths[m - 1] = *truth;
    }
}

/* One subgradient step of Polyak's length. */
static void raise_prices(ap_tgospa_work *work, const ap_tgospa_problem *problem, double gap)
{
    double norm = 0.0;
    for (uint32_t i = 0; i < work->slot_count; i++) {
        size_t row = i * row_size(work);
        for (uint32_t k = 0; k < problem->instant_count; k++) {
            double excess = (double)work->used[row + k] - 1.0;
            if (excess > 0.0 || work->price[row + k] > 0.0)
                norm += excess * excess;
        }
    }
    if (norm <= 0.0)
        return;
    for (uint32_t i = 0; i < work->slot_count; i++) {
        size_t row = i * row_size(work);
        for (uint32_t k = 0; k < problem->instant_count; k++) {
            double excess = (double)work->used[row + k] - 1.0;
            if (excess > 0.0 || work->price[row + k] > 0.0)
                work->price[row + k] = fmax(work->price[row + k] + gap / norm * excess, 0.0);
        }
    }
}

/* Truths whose sequences meet, solved together. Returns the bound of their reward. */
static double solve_group(ap_tgospa_work *work, const ap_tgospa_problem *problem, uint32_t head)
{
    double bound = 0.0, best = -INFINITY, length = 1.0;
    bool priced = take_slots(work, problem, head);
    if (!priced) { /* too many tracks for prices: they go without, and the gap says so */
        clear_slots(work);
        for (uint32_t m = head; m != 0; m = work->truths[m - 1].next) {
            bound += work->truths[m - 1].value;
            trace(work, problem, m - 1, (sequence_end){ 0.0, NONE, false });
        }
        return bound;
    }
    bound = INFINITY;
    for (int round = 0; round < ROUND_MAX; round++) {
        double now = price_group(work, problem, head);
        bool better = now < bound;
        bound = fmin(now, bound);
        length = better ? length : length * 0.8;
        double reward = buy_group(work, problem, head);
        if (reward > best) {
            best = reward;
            keep_best(work, head, false);
        }
        if (bound - best <= CLOSED * fabs(bound) || work->effort < 0.0)
            break;
        raise_prices(work, problem, length * (now - best));
    }
    clear_slots(work);
    keep_best(work, head, true);
    return bound;
}

static bool join(ap_tgospa_work *work, uint32_t a, uint32_t b)
{
    a = root_of(work->parent, a);
    b = root_of(work->parent, b);
    if (a == b)
        return false;
    work->parent[a > b ? a : b] = a > b ? b : a;
    return true;
}

/* Joins the truths that hold one track at one instant; false when there are none. */
static bool find_conflicts(ap_tgospa_work *work, const ap_tgospa_problem *problem)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < problem->truth_count; i++)
        for (uint32_t h = 0; h < work->truths[i].hold_count; h++) {
            uint32_t at = work->truths[i].first + h;
            work->key[at] =
                (int64_t)((uint64_t)work->holds[at].track << 32 | work->holds[at].enter);
            work->order[count++] = at;
        }
    ap_order_sort(work->order, work->order + work->edge_cap, count, work->key, sizeof(int64_t));
    bool found = false;
    uint32_t last = 0; /* in order: the hold of the present track that ends last */
    for (uint32_t i = 1; i < count; i++) {
        const ap_tgospa_hold *a = &work->holds[work->order[last]];
        const ap_tgospa_hold *b = &work->holds[work->order[i]];
        if (a->track == b->track && b->enter <= a->leave)
            found |= join(work, a->truth, b->truth);
        if (a->track != b->track || b->leave > a->leave)
            last = i;
    }
    return found;
}

/* Chains the members of each group: next in the truths, heads where the group is the truth's. */
static void chain_groups(ap_tgospa_work *work, const ap_tgospa_problem *problem)
{
    for (uint32_t i = problem->truth_count; i-- > 0;)
        work->truths[i].next = 0;
    for (uint32_t i = problem->truth_count; i-- > 0;) {
        uint32_t root = root_of(work->parent, i);
        if (root == i)
            continue;
        work->truths[i].next = work->truths[root].next;
        work->truths[root].next = i + 1;
    }
}

static uint32_t group_size(const ap_tgospa_work *work, uint32_t root)
{
    uint32_t size = 0;
    for (uint32_t m = root + 1; m != 0; m = work->truths[m - 1].next)
        size++;
    return size;
}

/* Solves the groups that grew since they were solved last. */
static void solve_groups(ap_tgospa_work *work, const ap_tgospa_problem *problem)
{
    for (uint32_t i = 0; i < problem->truth_count; i++) {
        if (work->parent[i] != i || work->truths[i].next == 0)
            continue;
        uint32_t size = group_size(work, i);
        if (size == work->truths[i].group)
            continue;
        work->bound[i] = solve_group(work, problem, i + 1);
        work->truths[i].group = size;
    }
}

static void conclude(ap_tgospa_work *work, const ap_tgospa_problem *problem,
                     ap_tgospa_solution *solution)
{
    for (uint32_t i = 0; i < problem->truth_count; i++) {
        const ap_tgospa_truth *truth = &work->truths[i];
        solution->localisation += truth->localisation;
        solution->pair_count += truth->pair_count;
        solution->half_switches += truth->half_switches;
        solution->reward += reward_of(problem, truth);
        if (root_of(work->parent, i) != i)
            continue;
        solution->bound += work->bound[i];
        double reward = 0.0;
        for (uint32_t m = i + 1; m != 0; m = work->truths[m - 1].next)
            reward += reward_of(problem, &work->truths[m - 1]);
        solution->open_count += work->bound[i] - reward > 1e-6 * fabs(work->bound[i]);
    }
}

ap_tgospa_solution ap_tgospa_solve(ap_tgospa_work *work, const ap_tgospa_problem *given)
{
    ap_tgospa_problem problem = *given;
    ap_tgospa_solution solution = { 0 };
    if (problem.instant_count == 0)
        return solution;
    work->effort = EFFORT;
    gather(work, &problem);
    count_clusters(work, &problem, &solution);
    for (uint32_t i = 0; i < problem.truth_count; i++) {
        work->parent[i] = i;
        trace(work, &problem, i, walk(work, &problem, &work->truths[i]));
        work->bound[i] = work->truths[i].value;
    }
    for (int round = 0; find_conflicts(work, &problem); round++) {
        for (uint32_t i = 1; round > MERGE_MAX && i < problem.truth_count; i++)
            (void)join(work, 0, i); /* all at once is slower but the last time */
        chain_groups(work, &problem);
        solve_groups(work, &problem);
    }
    conclude(work, &problem, &solution);
    return solution;
}
