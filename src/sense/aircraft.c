#include "sense/aircraft.h"

#include <math.h>
#include <stddef.h>

/* What frames without a position read. */
#define FETCHED_SIZE offsetof(ap_aircraft, cpr)
#define HEARINGS_PER_ROW 4u /* inputs, on the average of a full table */
/* A trusted row moves to the end of its list once in so long: most frames need only the row. */
#define FILED_S 1.0
#define PROBATION_SHARE 4u /* of all rows: so many newcomers can earn their trust at once */

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
    table->lists = ap_arena_take_raw(arena, (size_t)AP_STANDINGS * input_cap, sizeof *table->lists);
    ap_hearing_init(&table->hearings, arena, input_cap > 1 ? HEARINGS_PER_ROW * cap : 1);
    for (uint32_t i = 0; table->slots && i < table->slot_count; i++)
        table->slots[i].row = AP_AIRCRAFT_NONE;
    for (size_t i = 0; table->lists && i < (size_t)AP_STANDINGS * input_cap; i++)
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

void ap_aircraft_seek(const ap_aircraft_table *table, uint32_t key)
{
    __builtin_prefetch(&table->slots[home_of(table, key)]);
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

static ap_aircraft_list *list_at(const ap_aircraft_table *table, uint32_t input,
                                 ap_standing standing)
{
    return &table->lists[(size_t)AP_STANDINGS * input + standing];
}

static ap_aircraft_list *list_of(ap_aircraft_table *table, const ap_aircraft *aircraft)
{
    return list_at(table, aircraft->owner, (ap_standing)aircraft->standing);
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
    table->probation_count -= table->rows[row].standing == AP_ON_PROBATION;
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
    table->probation_count += table->rows[row].standing == AP_ON_PROBATION;
    table->rows[row].filed_utc = now;
}

/* --- room ------------------------------------------------------------------------------------ */

/* The input with the most rows of a standing. */
static const ap_aircraft_list *longest(const ap_aircraft_table *table, ap_standing standing)
{
    const ap_aircraft_list *found = list_at(table, 0, standing);
    for (uint32_t i = 1; i < table->owner_end; i++)
        if (list_at(table, i, standing)->count > found->count)
            found = list_at(table, i, standing);
    return found;
}

/* The row of a standing that is silent for longest, of all inputs; AP_AIRCRAFT_NONE without any. */
static uint32_t oldest_of(const ap_aircraft_table *table, ap_standing standing)
{
    uint32_t oldest = AP_AIRCRAFT_NONE;
    for (uint32_t i = 0; i < table->owner_end; i++) {
        uint32_t row = list_at(table, i, standing)->oldest;
        if (row != AP_AIRCRAFT_NONE && (oldest == AP_AIRCRAFT_NONE ||
                                        table->rows[row].heard_utc < table->rows[oldest].heard_utc))
            oldest = row;
    }
    return oldest;
}

/* When a row will have been silent for so long; never for none. */
static ap_utc_ns silent_at(const ap_aircraft_table *table, uint32_t row, double limit_s)
{
    return row == AP_AIRCRAFT_NONE ? INT64_MAX : ap_utc_add_s(table->rows[row].heard_utc, limit_s);
}

/* Settled rows that each input may hold when all that have some share alike. */
static uint32_t fair_share(const ap_aircraft_table *table, uint16_t input)
{
    uint32_t inputs = input >= table->owner_end;
    for (uint32_t i = 0; i < table->owner_end; i++)
        inputs += list_at(table, i, AP_SETTLED)->count > 0 || i == input;
    return table->cap / inputs;
}

/* A row not on probation that may be replaced; AP_AIRCRAFT_NONE when there is none, and then the
 * time before which that holds is remembered. */
static uint32_t replaceable(ap_aircraft_table *table, uint16_t input, ap_utc_ns now)
{
    uint32_t passing = oldest_of(table, AP_TRUSTED), settled = oldest_of(table, AP_SETTLED);
    ap_utc_ns passing_utc = silent_at(table, passing, AP_PASSING_S);
    ap_utc_ns settled_utc = silent_at(table, settled, AP_AIRCRAFT_STALE_S);
    if (now >= passing_utc)
        return passing;
    if (now >= settled_utc)
        return settled;
    const ap_aircraft_list *rich = longest(table, AP_SETTLED);
    uint32_t share = fair_share(table, input);
    if (table->probation_count == 0 && rich->count > share &&
        list_at(table, input, AP_SETTLED)->count < share)
        return now >= silent_at(table, rich->oldest, AP_PROOF_S) ? rich->oldest : AP_AIRCRAFT_NONE;
    table->full_until_utc = passing_utc < settled_utc ? passing_utc : settled_utc;
    return AP_AIRCRAFT_NONE;
}

static uint32_t new_row(ap_aircraft_table *table, uint16_t input, ap_utc_ns now)
{
    if (table->count < table->cap)
        return table->count++;
    uint32_t row = AP_AIRCRAFT_NONE;
    bool few = table->probation_count < table->cap / PROBATION_SHARE + 1;
    if (few && (table->input_cap > 1 || now >= table->full_until_utc))
        row = replaceable(table, input, now);
    if (row == AP_AIRCRAFT_NONE)
        row = longest(table, AP_ON_PROBATION)->oldest;
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

static ap_standing earned_by(const ap_aircraft *aircraft, ap_utc_ns now)
{
    if (aircraft->standing == AP_SETTLED)
        return AP_SETTLED;
    double since_s = ap_seconds_between(aircraft->first_utc, now);
    if (aircraft->checked_count >= AP_SETTLE_FRAMES && since_s >= AP_SETTLE_S)
        return AP_SETTLED;
    bool trusted = aircraft->checked_count >= AP_TRUST_FRAMES && since_s >= AP_TRUST_S;
    return trusted || aircraft->standing == AP_TRUSTED ? AP_TRUSTED : AP_ON_PROBATION;
}

static void file(ap_aircraft_table *table, uint32_t row, ap_utc_ns now)
{
    ap_aircraft *aircraft = &table->rows[row];
    ap_standing standing = earned_by(aircraft, now);
    if (standing == aircraft->standing && standing != AP_ON_PROBATION &&
        ap_seconds_between(aircraft->filed_utc, now) < FILED_S)
        return;
    unlink_row(table, row);
    aircraft->standing = (uint8_t)standing;
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
        table->owner_end = input < table->owner_end ? table->owner_end : input + 1u;
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
