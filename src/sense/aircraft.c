#include "sense/aircraft.h"

#include <math.h>
#include <stddef.h>

/* What frames without a position read. */
#define FETCHED_SIZE offsetof(ap_aircraft, cpr)
#define HEARINGS_PER_ROW 4u /* inputs, on the average of a full table */
/* A trusted row moves to the end of its list once in so long: most frames need only the row. */
#define FILED_S 1.0

void ap_aircraft_init(ap_aircraft_table *table, ap_arena *arena, uint32_t cap, uint16_t input_cap)
{
    *table = (ap_aircraft_table){
        .slot_count = 2, .cap = cap, .input_cap = input_cap, .full_until_utc = AP_UTC_UNKNOWN
    };
    while (table->slot_count / 2 < cap)
        table->slot_count *= 2;
    table->rows = ap_arena_take_raw(arena, cap, sizeof *table->rows);
    table->links = ap_arena_take_raw(arena, cap, sizeof *table->links);
    table->slots = ap_arena_take_raw(arena, table->slot_count, sizeof *table->slots);
    table->lists = ap_arena_take_raw(arena, 2u * input_cap, sizeof *table->lists);
    ap_hearing_init(&table->hearings, arena, input_cap > 1 ? HEARINGS_PER_ROW * cap : 1);
    for (uint32_t i = 0; table->slots && i < table->slot_count; i++)
        table->slots[i].row = AP_AIRCRAFT_NONE;
    for (uint32_t i = 0; table->lists && i < 2u * input_cap; i++)
        table->lists[i] = (ap_aircraft_list){ AP_AIRCRAFT_NONE, AP_AIRCRAFT_NONE, 0 };
}

/* --- slots ----------------------------------------------------------------------------------- */

/* Where the probe of a key starts. Addresses of one state follow each other: spread them. */
static uint32_t home_of(const ap_aircraft_table *table, uint32_t key)
{
    uint32_t hash = key * UINT32_C(0x9E3779B1);
    return (hash ^ hash >> 15) & (table->slot_count - 1);
}

/* The slot that holds the key, or the free one where it would go; AP_AIRCRAFT_NONE when others took
 * all that it may have. */
static uint32_t slot_of(const ap_aircraft_table *table, uint32_t key)
{
    uint32_t slot = home_of(table, key);
    for (uint32_t probe = 0; probe < AP_AIRCRAFT_PROBE_CAP; probe++) {
        const ap_aircraft_slot *at = &table->slots[slot];
        if (at->row == AP_AIRCRAFT_NONE || at->key == key)
            return slot;
        slot = (slot + 1) & (table->slot_count - 1);
    }
    return AP_AIRCRAFT_NONE;
}

/* With tens of thousands of aircraft a row comes from memory: its lines all at once. */
static void fetch_row(const ap_aircraft *aircraft)
{
    const uint8_t *line = (const uint8_t *)aircraft;
    for (size_t at = 0; at < FETCHED_SIZE; at += AP_ARENA_ALIGN)
        __builtin_prefetch(line + at);
}

ap_aircraft *ap_aircraft_find(const ap_aircraft_table *table, uint32_t key)
{
    uint32_t slot = slot_of(table, key);
    uint32_t row = slot == AP_AIRCRAFT_NONE ? AP_AIRCRAFT_NONE : table->slots[slot].row;
    if (row == AP_AIRCRAFT_NONE)
        return NULL;
    fetch_row(&table->rows[row]);
    return &table->rows[row];
}

/* Frees a slot and moves up what its being full had pushed on, so that no probe breaks off. */
static void free_slot(ap_aircraft_table *table, uint32_t slot)
{
    uint32_t mask = table->slot_count - 1, hole = slot;
    for (uint32_t at = (slot + 1) & mask;
         table->slots[at].row != AP_AIRCRAFT_NONE && ((at - hole) & mask) < AP_AIRCRAFT_PROBE_CAP;
         at = (at + 1) & mask) {
        uint32_t home = home_of(table, table->slots[at].key);
        if (((at - home) & mask) >= ((at - hole) & mask)) {
            table->slots[hole] = table->slots[at];
            hole = at;
        }
    }
    table->slots[hole].row = AP_AIRCRAFT_NONE;
}

/* --- lists ----------------------------------------------------------------------------------- */

static ap_aircraft_list *list_of(ap_aircraft_table *table, const ap_aircraft *aircraft)
{
    return &table->lists[2u * aircraft->owner + aircraft->trusted];
}

static void unlink_row(ap_aircraft_table *table, uint32_t row)
{
    ap_aircraft_list *list = list_of(table, &table->rows[row]);
    ap_aircraft_link link = table->links[row];
    if (link.older != AP_AIRCRAFT_NONE)
        table->links[link.older].newer = link.newer;
    else
        list->oldest = link.newer;
    if (link.newer != AP_AIRCRAFT_NONE)
        table->links[link.newer].older = link.older;
    else
        list->newest = link.older;
    list->count--;
}

static void link_newest(ap_aircraft_table *table, uint32_t row, ap_utc_ns now)
{
    ap_aircraft_list *list = list_of(table, &table->rows[row]);
    table->links[row] = (ap_aircraft_link){ list->newest, AP_AIRCRAFT_NONE };
    if (list->newest != AP_AIRCRAFT_NONE)
        table->links[list->newest].newer = row;
    else
        list->oldest = row;
    list->newest = row;
    list->count++;
    table->rows[row].filed_utc = now;
}

/* --- room ------------------------------------------------------------------------------------ */

/* The input with the most rows, trusted or on probation. */
static const ap_aircraft_list *longest(const ap_aircraft_table *table, bool trusted)
{
    const ap_aircraft_list *found = &table->lists[trusted];
    for (uint32_t i = 1; i < table->input_cap; i++)
        if (table->lists[2 * i + trusted].count > found->count)
            found = &table->lists[2 * i + trusted];
    return found;
}

static double silent_s(const ap_aircraft_table *table, uint32_t row, ap_utc_ns now)
{
    return ap_seconds_between(table->rows[row].heard_utc, now);
}

/* Rows that each input may hold when all that have some share alike. */
static uint32_t fair_share(const ap_aircraft_table *table, uint16_t input)
{
    uint32_t inputs = 0;
    for (uint32_t i = 0; i < table->input_cap; i++)
        inputs += table->lists[2 * i + 1].count > 0 || i == input;
    return table->cap / inputs;
}

/* A trusted row that may be replaced; AP_AIRCRAFT_NONE when there is none, and then the time before
 * which that holds is remembered. */
static uint32_t replaceable(ap_aircraft_table *table, uint16_t input, ap_utc_ns now)
{
    uint32_t oldest = AP_AIRCRAFT_NONE;
    for (uint32_t i = 0; i < table->input_cap; i++) {
        uint32_t row = table->lists[2 * i + 1].oldest;
        if (row != AP_AIRCRAFT_NONE && (oldest == AP_AIRCRAFT_NONE ||
                                        table->rows[row].heard_utc < table->rows[oldest].heard_utc))
            oldest = row;
    }
    if (silent_s(table, oldest, now) >= AP_AIRCRAFT_STALE_S)
        return oldest;
    const ap_aircraft_list *rich = longest(table, true);
    uint32_t share = fair_share(table, input);
    if (rich->count > share && table->lists[2u * input + 1].count < share)
        return silent_s(table, rich->oldest, now) >= AP_PROOF_S ? rich->oldest : AP_AIRCRAFT_NONE;
    table->full_until_utc = ap_utc_add_s(table->rows[oldest].heard_utc, AP_AIRCRAFT_STALE_S);
    return AP_AIRCRAFT_NONE;
}

static uint32_t new_row(ap_aircraft_table *table, uint16_t input, ap_utc_ns now)
{
    if (table->count < table->cap)
        return table->count++;
    uint32_t row = longest(table, false)->oldest;
    if (row == AP_AIRCRAFT_NONE && (table->input_cap > 1 || now >= table->full_until_utc))
        row = replaceable(table, input, now);
    if (row == AP_AIRCRAFT_NONE)
        return row;
    free_slot(table, slot_of(table, table->rows[row].key));
    unlink_row(table, row);
    return row;
}

/* --- proof ----------------------------------------------------------------------------------- */

static void note_proof(ap_aircraft *aircraft, uint16_t input, ap_utc_ns now)
{
    uint8_t place = 0;
    for (uint8_t i = 0; i < aircraft->proof_count; i++) {
        if (aircraft->proof_input[i] == input) {
            aircraft->proof_utc[i] = now;
            return;
        }
        if (aircraft->proof_utc[i] < aircraft->proof_utc[place])
            place = i;
    }
    if (aircraft->proof_count < AP_PROOF_CAP)
        place = aircraft->proof_count++;
    aircraft->proof_utc[place] = now;
    aircraft->proof_input[place] = input;
}

static void file(ap_aircraft_table *table, uint32_t row, ap_utc_ns now)
{
    ap_aircraft *aircraft = &table->rows[row];
    bool earned = !aircraft->trusted && aircraft->checked_count >= AP_TRUST_FRAMES &&
                  ap_seconds_between(aircraft->first_utc, now) >= AP_TRUST_S;
    if (aircraft->trusted && ap_seconds_between(aircraft->filed_utc, now) < FILED_S)
        return;
    unlink_row(table, row);
    aircraft->trusted = aircraft->trusted || earned;
    link_newest(table, row, now);
}

ap_aircraft *ap_aircraft_prove(ap_aircraft_table *table, uint32_t key, uint16_t input,
                               ap_utc_ns now)
{
    uint32_t slot = slot_of(table, key);
    if (slot == AP_AIRCRAFT_NONE)
        return NULL;
    uint32_t row = table->slots[slot].row;
    bool is_new = row == AP_AIRCRAFT_NONE;
    if (!is_new) {
        fetch_row(&table->rows[row]);
    } else {
        row = new_row(table, input, now);
        if (row == AP_AIRCRAFT_NONE)
            return NULL;
        table->rows[row] = (ap_aircraft){ .key = key, .owner = input, .first_utc = now };
        ap_cpr_state_reset(&table->rows[row].cpr);
        /* Found anew: freeing may have moved it. */
        table->slots[slot_of(table, key)] = (ap_aircraft_slot){ key, row };
        link_newest(table, row, now);
    }
    ap_aircraft *aircraft = &table->rows[row];
    aircraft->heard_utc = now;
    aircraft->checked_count++;
    note_proof(aircraft, input, now);
    if (!is_new)
        file(table, row, now);
    return aircraft;
}

double ap_aircraft_proof_age_s(const ap_aircraft_table *table, const ap_aircraft *aircraft,
                               uint16_t input, ap_utc_ns utc)
{
    for (uint8_t i = 0; i < aircraft->proof_count; i++)
        if (aircraft->proof_input[i] == input)
            return fabs(ap_seconds_between(aircraft->proof_utc[i], utc));
    return aircraft->proof_count < AP_PROOF_CAP
               ? INFINITY
               : ap_hearing_age_s(&table->hearings, aircraft->key, input, utc);
}

bool ap_aircraft_is_proved(const ap_aircraft_table *table, const ap_aircraft *aircraft,
                           uint16_t input, ap_utc_ns utc)
{
    return ap_aircraft_proof_age_s(table, aircraft, input, utc) <= AP_PROOF_S;
}
