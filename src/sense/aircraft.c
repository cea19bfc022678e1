#include "sense/aircraft.h"

#include <math.h>

void ap_aircraft_init(ap_aircraft_table *table, ap_arena *arena, uint32_t cap)
{
    *table = (ap_aircraft_table){
        .slot_count = 2, .cap = cap, .oldest = AP_AIRCRAFT_NONE, .newest = AP_AIRCRAFT_NONE
    };
    while (table->slot_count / 2 < cap)
        table->slot_count *= 2;
    table->rows = ap_arena_take(arena, cap, sizeof *table->rows);
    table->slots = ap_arena_take(arena, table->slot_count, sizeof *table->slots);
    for (uint32_t i = 0; table->slots && i < table->slot_count; i++)
        table->slots[i] = AP_AIRCRAFT_NONE;
}

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
        uint32_t row = table->slots[slot];
        if (row == AP_AIRCRAFT_NONE || table->rows[row].key == key)
            return slot;
        slot = (slot + 1) & (table->slot_count - 1);
    }
    return AP_AIRCRAFT_NONE;
}

ap_aircraft *ap_aircraft_find(const ap_aircraft_table *table, uint32_t key)
{
    uint32_t slot = slot_of(table, key);
    uint32_t row = slot == AP_AIRCRAFT_NONE ? AP_AIRCRAFT_NONE : table->slots[slot];
    return row == AP_AIRCRAFT_NONE ? NULL : &table->rows[row];
}

/* Frees a slot and moves up what its being full had pushed on, so that no probe breaks off. */
static void free_slot(ap_aircraft_table *table, uint32_t slot)
{
    uint32_t mask = table->slot_count - 1, hole = slot;
    for (uint32_t at = (slot + 1) & mask;
         table->slots[at] != AP_AIRCRAFT_NONE && ((at - hole) & mask) < AP_AIRCRAFT_PROBE_CAP;
         at = (at + 1) & mask) {
        uint32_t home = home_of(table, table->rows[table->slots[at]].key);
        if (((at - home) & mask) >= ((at - hole) & mask)) {
            table->slots[hole] = table->slots[at];
            hole = at;
        }
    }
    table->slots[hole] = AP_AIRCRAFT_NONE;
}

static void unlink_row(ap_aircraft_table *table, uint32_t row)
{
    uint32_t older = table->rows[row].older, newer = table->rows[row].newer;
    if (older != AP_AIRCRAFT_NONE)
        table->rows[older].newer = newer;
    else
        table->oldest = newer;
    if (newer != AP_AIRCRAFT_NONE)
        table->rows[newer].older = older;
    else
        table->newest = older;
}

static void link_newest(ap_aircraft_table *table, uint32_t row)
{
    table->rows[row].older = table->newest;
    table->rows[row].newer = AP_AIRCRAFT_NONE;
    if (table->newest != AP_AIRCRAFT_NONE)
        table->rows[table->newest].newer = row;
    else
        table->oldest = row;
    table->newest = row;
}

/* A row for a new key; AP_AIRCRAFT_NONE when all are in use by aircraft heard lately. */
static uint32_t new_row(ap_aircraft_table *table, ap_utc_ns now)
{
    if (table->count < table->cap)
        return table->count++;
    uint32_t row = table->oldest;
    if (ap_seconds_between(table->rows[row].heard_utc, now) < AP_AIRCRAFT_STALE_S)
        return AP_AIRCRAFT_NONE;
    free_slot(table, slot_of(table, table->rows[row].key));
    unlink_row(table, row);
    return row;
}

ap_aircraft *ap_aircraft_take(ap_aircraft_table *table, uint32_t key, ap_utc_ns now)
{
    uint32_t slot = slot_of(table, key);
    if (slot == AP_AIRCRAFT_NONE)
        return NULL;
    uint32_t row = table->slots[slot];
    if (row != AP_AIRCRAFT_NONE) {
        unlink_row(table, row);
    } else {
        row = new_row(table, now);
        if (row == AP_AIRCRAFT_NONE)
            return NULL;
        table->rows[row] = (ap_aircraft){ .key = key };
        ap_cpr_state_reset(&table->rows[row].cpr);
        table->slots[slot_of(table, key)] = row; /* found anew: freeing may have moved it */
    }
    link_newest(table, row);
    table->rows[row].heard_utc = now;
    return &table->rows[row];
}

void ap_aircraft_prove(ap_aircraft *aircraft, uint16_t input, ap_utc_ns utc)
{
    ap_proof *place = &aircraft->proof[0];
    for (size_t i = 0; i < AP_PROOF_CAP; i++) {
        ap_proof *proof = &aircraft->proof[i];
        if (proof->used && proof->input == input) {
            place = proof;
            break;
        }
        if (place->used && (!proof->used || proof->utc < place->utc))
            place = proof;
    }
    *place = (ap_proof){ .utc = utc, .input = input, .used = true };
}

bool ap_aircraft_is_proved(const ap_aircraft *aircraft, uint16_t input, ap_utc_ns utc)
{
    for (size_t i = 0; i < AP_PROOF_CAP; i++)
        if (aircraft->proof[i].used && aircraft->proof[i].input == input)
            return fabs(ap_seconds_between(aircraft->proof[i].utc, utc)) <= AP_PROOF_S;
    return false;
}
