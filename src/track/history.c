#include "track/history.h"

#include "track/measure.h"

#define CACHE_LINE 64
#define OWN_PARTS 2u

_Static_assert(AP_HISTORY_PARTS_MAX *AP_HISTORY_PART <= UINT16_MAX, "a history counts them all");

/* ---- the pool ---- */

void ap_history_pool_init(ap_history_pool *pool, uint32_t cap, ap_arena *arena)
{
    *pool = (ap_history_pool){ .cap = cap };
    pool->part = ap_arena_take_raw(arena, cap, sizeof *pool->part);
    ap_history_pool_reset(pool);
}

void ap_history_pool_reset(ap_history_pool *pool)
{
    pool->used_count = pool->taken_count = 0;
    pool->free_head = AP_HISTORY_NONE;
}

static ap_history_part *part_of(ap_history *history, ap_history_pool *pool, uint32_t number)
{
    return number < OWN_PARTS ? &history->own[number] : &pool->part[number - OWN_PARTS];
}

static const ap_history_part *seen_part(const ap_history *history, const ap_history_pool *pool,
                                        uint32_t number)
{
    return number < OWN_PARTS ? &history->own[number] : &pool->part[number - OWN_PARTS];
}

/* AP_HISTORY_NONE when all are taken. */
static uint32_t take_part(ap_history_pool *pool)
{
    uint32_t number = pool->free_head;
    if (number != AP_HISTORY_NONE)
        pool->free_head = pool->part[number - OWN_PARTS].newer;
    else if (pool->used_count < pool->cap)
        number = OWN_PARTS + pool->used_count++;
    else
        return AP_HISTORY_NONE;
    pool->taken_count++;
    return number;
}

static void give_part(ap_history_pool *pool, uint32_t number)
{
    if (number < OWN_PARTS)
        return;
    pool->part[number - OWN_PARTS].newer = pool->free_head;
    pool->free_head = number;
    pool->taken_count--;
}

/* ---- parts of a track ---- */

void ap_history_start(ap_history *history)
{
    history->count = 0;
    history->spare = 0;
}

static unsigned parts_in(const ap_history *history)
{
    return (history->count + AP_HISTORY_PART - 1u) / AP_HISTORY_PART;
}

/* The oldest part goes out of the chain of two or more; its number. */
static uint32_t unlink_oldest(ap_history *history, ap_history_pool *pool)
{
    uint32_t number = history->oldest;
    history->oldest = history->second;
    history->count = (uint16_t)(history->count - AP_HISTORY_PART);
    if (history->count > AP_HISTORY_PART) {
        const ap_history_part *oldest = part_of(history, pool, history->oldest);
        history->second = oldest->newer;
        history->second_utc = oldest->ended_utc;
    }
    return number;
}

void ap_history_clear(ap_history *history, ap_history_pool *pool)
{
    while (history->count > AP_HISTORY_PART)
        give_part(pool, unlink_oldest(history, pool));
    if (history->count > 0)
        give_part(pool, history->newest);
    if (history->spare != AP_HISTORY_NONE)
        give_part(pool, history->spare);
    ap_history_start(history);
}

void ap_history_move(ap_history *from, ap_history_pool *pool, ap_history *to)
{
    ap_history_clear(to, pool);
    *to = *from;
    ap_history_start(from);
}

/* True when the next measurement begins a part. */
static bool is_full(const ap_history *history)
{
    return history->count % AP_HISTORY_PART == 0;
}

/* Begins a part: the spare one, or the oldest makes room. It is neither filled nor counted yet. */
static ap_history_part *begin_part(ap_history *history, ap_history_pool *pool, ap_utc_ns begun_utc)
{
    uint32_t number = history->spare;
    history->spare = AP_HISTORY_NONE;
    if (number == AP_HISTORY_NONE)
        number = unlink_oldest(history, pool);
    if (history->count == 0) {
        history->oldest = number;
        history->spare = 1u - number;
    } else if (history->count == AP_HISTORY_PART) {
        history->second = number;
        history->second_utc = begun_utc;
    }
    history->previous = history->newest;
    history->newest = number;
    return part_of(history, pool, number);
}

/* The newest part is full: notes which one will come after it, while its memory is at hand. */
static void end_part(ap_history *history, ap_history_part *part)
{
    part->ended_utc = part->measure[AP_HISTORY_PART - 1].time_utc;
    part->newer = history->spare != AP_HISTORY_NONE ? history->spare : history->oldest;
}

/* Just after a part was begun: what the oldest can undo, and nothing asks for, goes back. */
static void give_back(ap_history *history, ap_history_pool *pool, ap_utc_ns give_utc)
{
    while (parts_in(history) > OWN_PARTS && history->second_utc <= give_utc) {
        bool is_own = history->oldest < OWN_PARTS;
        if (is_own && history->spare != AP_HISTORY_NONE)
            return;
        uint32_t number = unlink_oldest(history, pool);
        if (is_own)
            history->spare = number;
        else
            give_part(pool, number);
    }
}

bool ap_history_settle(ap_history *history, ap_history_pool *pool, ap_utc_ns keep_utc,
                       ap_utc_ns give_utc)
{
    if (history->count % AP_HISTORY_PART == 1)
        give_back(history, pool, give_utc);
    if (!is_full(history) || history->spare != AP_HISTORY_NONE || history->second_utc <= keep_utc)
        return true;
    if (parts_in(history) < AP_HISTORY_PARTS_MAX)
        history->spare = take_part(pool);
    if (history->spare == AP_HISTORY_NONE)
        return false;
    end_part(history, part_of(history, pool, history->newest));
    return true;
}

/* ---- measurements ---- */

const ap_measure *ap_history_measure(const ap_history *history, const ap_history_pool *pool,
                                     unsigned i)
{
    uint32_t number = history->oldest;
    unsigned newest = (history->count - 1u) / AP_HISTORY_PART, part = i / AP_HISTORY_PART;
    if (part == newest)
        number = history->newest;
    else
        for (unsigned k = 0; k < part; k++)
            number = seen_part(history, pool, number)->newer;
    return &seen_part(history, pool, number)->measure[i % AP_HISTORY_PART];
}

const ap_imm *ap_history_newest(const ap_history *history, const ap_history_pool *pool)
{
    return history->count > 0 ? &seen_part(history, pool, history->newest)->before : NULL;
}

const ap_imm *ap_history_previous(const ap_history *history, const ap_history_pool *pool)
{
    return history->count > AP_HISTORY_PART ? &seen_part(history, pool, history->previous)->before
                                            : NULL;
}

const ap_imm *ap_history_before(const ap_history *history, const ap_history_pool *pool,
                                ap_utc_ns time_utc)
{
    const ap_imm *found = NULL;
    uint32_t number = history->oldest;
    for (unsigned k = 0; k < parts_in(history); k++) {
        const ap_history_part *part = seen_part(history, pool, number);
        if (part->before.time_utc > time_utc)
            break;
        found = &part->before;
        number = part->newer;
    }
    return found;
}

void ap_history_append(ap_history *history, ap_history_pool *pool, const ap_imm *imm,
                       const ap_measure *measure)
{
    ap_history_part *part;
    unsigned at = history->count % AP_HISTORY_PART;
    if (at == 0) {
        part = begin_part(history, pool, imm->time_utc);
        ap_imm_copy(&part->before, imm);
    } else {
        part = part_of(history, pool, history->newest);
    }
    part->measure[at] = *measure;
    history->count++;
    if (at == AP_HISTORY_PART - 1)
        end_part(history, part);
}

/* To be written. */
static void fetch(const void *from, size_t size)
{
    for (size_t at = 0; at < size; at += CACHE_LINE)
        __builtin_prefetch((const uint8_t *)from + at, 1);
}

void ap_history_fetch(const ap_history *history, const ap_history_pool *pool)
{
    unsigned next = history->count % AP_HISTORY_PART;
    bool makes_room = history->spare == AP_HISTORY_NONE;
    uint32_t number = next > 0 ? history->newest : makes_room ? history->oldest : history->spare;
    const ap_history_part *part = seen_part(history, pool, number);
    fetch(&part->measure[next], sizeof(ap_measure));
    if (next > 0)
        return;
    fetch(&part->before, sizeof(ap_imm));
    if (makes_room && history->count > AP_HISTORY_OWN)
        __builtin_prefetch(&seen_part(history, pool, history->second)->ended_utc);
}

/* ---- late ones ---- */

/* The parts of a track, the oldest first. */
typedef struct chain {
    unsigned count; /* of measurements */
    uint32_t number[AP_HISTORY_PARTS_MAX];
} chain;

static chain chain_of(const ap_history *history, const ap_history_pool *pool)
{
    chain c = { .count = history->count };
    uint32_t number = history->oldest;
    for (unsigned k = 0; k < parts_in(history); k++) {
        c.number[k] = number;
        number = seen_part(history, pool, number)->newer;
    }
    return c;
}

static const ap_measure *measure_at(const ap_history *history, const ap_history_pool *pool,
                                    const chain *c, unsigned i)
{
    return &seen_part(history, pool, c->number[i / AP_HISTORY_PART])->measure[i % AP_HISTORY_PART];
}

/* Place of a measurement: after all that are not younger. */
static unsigned place_of(const ap_history *history, const ap_history_pool *pool, const chain *c,
                         ap_utc_ns time_utc)
{
    unsigned place = c->count;
    while (place > 0 && measure_at(history, pool, c, place - 1)->time_utc > time_utc)
        place--;
    return place;
}

/* True when the time lies before all that a part and those after it can undo. */
static bool is_before(const ap_history *history, const ap_history_pool *pool, uint32_t number,
                      ap_utc_ns time_utc)
{
    return time_utc < seen_part(history, pool, number)->before.time_utc;
}

/* The part to run again from: its filter stands before `place`. */
static unsigned restart_at(unsigned place)
{
    return place > 0 ? (place - 1) / AP_HISTORY_PART : 0;
}

/* Puts it at its place, and those after it one further; there is room. */
static void put(ap_history *history, ap_history_pool *pool, const chain *c, unsigned place,
                const ap_measure *measure)
{
    ap_measure carried = *measure;
    for (unsigned i = place; i < c->count; i++) {
        ap_measure *at =
            &part_of(history, pool, c->number[i / AP_HISTORY_PART])->measure[i % AP_HISTORY_PART];
        ap_measure next = *at;
        *at = carried;
        carried = next;
    }
}

/* Runs the filter again over a part and all after it. */
static void run_again(ap_history *history, ap_history_pool *pool, const chain *c, unsigned from,
                      const ap_sensor *sensors, ap_imm *imm)
{
    ap_imm_copy(imm, &part_of(history, pool, c->number[from])->before);
    for (unsigned i = from * AP_HISTORY_PART; i < c->count; i++) {
        ap_history_part *part = part_of(history, pool, c->number[i / AP_HISTORY_PART]);
        if (i % AP_HISTORY_PART == 0 && i / AP_HISTORY_PART > from)
            ap_imm_copy(&part->before, imm);
        ap_measure_apply(&part->measure[i % AP_HISTORY_PART], sensors, imm);
        if (i % AP_HISTORY_PART == AP_HISTORY_PART - 1)
            part->ended_utc = imm->time_utc;
    }
    if (c->count > AP_HISTORY_PART)
        history->second_utc = part_of(history, pool, history->oldest)->ended_utc;
    if (is_full(history))
        end_part(history, part_of(history, pool, history->newest));
}

bool ap_history_insert(ap_history *history, ap_history_pool *pool, const ap_sensor *sensors,
                       ap_imm *imm, const ap_measure *measure)
{
    chain c = chain_of(history, pool);
    unsigned place = place_of(history, pool, &c, measure->time_utc);
    if (c.count == 0 || (place == 0 && is_before(history, pool, c.number[0], measure->time_utc)))
        return false;
    if (is_full(history)) {
        bool makes_room = history->spare == AP_HISTORY_NONE;
        if (makes_room &&
            (place < AP_HISTORY_PART || (place == AP_HISTORY_PART &&
                                         is_before(history, pool, c.number[1], measure->time_utc))))
            return false;
        place -= makes_room ? AP_HISTORY_PART : 0;
        begin_part(history, pool, imm->time_utc);
    }
    history->count++;
    c = chain_of(history, pool);
    put(history, pool, &c, place, measure);
    run_again(history, pool, &c, restart_at(place), sensors, imm);
    return true;
}

bool ap_history_at(const ap_history *history, const ap_history_pool *pool, const ap_sensor *sensors,
                   ap_utc_ns time_utc, ap_imm *imm)
{
    const chain c = chain_of(history, pool);
    unsigned place = place_of(history, pool, &c, time_utc);
    if (c.count == 0 || (place == 0 && is_before(history, pool, c.number[0], time_utc)))
        return false;
    unsigned from = restart_at(place);
    ap_imm_copy(imm, &seen_part(history, pool, c.number[from])->before);
    for (unsigned i = from * AP_HISTORY_PART; i < place; i++)
        ap_measure_apply(measure_at(history, pool, &c, i), sensors, imm);
    ap_imm_predict(imm, time_utc, imm);
    return true;
}
