/* Why something was refused, and how often.
 *
 * Nothing is dropped in silence: every byte, block, record, report or plot that does not reach the
 * next hop adds one to a counter of this list, in the row of the sensor (or, before a sensor is
 * known, of the input) that it came from. */
#ifndef AIRPICTURE_REFUSAL_H
#define AIRPICTURE_REFUSAL_H

#include <stdint.h>

/* clang-format off */
#define AP_REFUSAL_MAP(X)                                                                        \
    /* wire: bytes that are no element of the format; the count is in bytes */                   \
    X(GARBAGE_BYTES,      "garbage_bytes",      "bytes between elements that belong to none")    \
    /* wire: containers */                                                                       \
    X(TRUNCATED,          "truncated",          "an element cut off by the end of the input")    \
    X(NOT_UDP,            "not_udp",            "a captured packet that carries no UDP")         \
    X(IP_FRAGMENT,        "ip_fragment",        "a fragment of an IP packet")                    \
    X(CAPTURE_CUT,        "capture_cut",        "a packet stored shorter than it was sent")      \
    X(CONTAINER,          "container",          "a container header that breaks its format")     \
    X(OVERSIZE,           "oversize",           "an element longer than its format allows")      \
    /* wire: ASTERIX */                                                                          \
    X(BLOCK_LENGTH,       "block_length",       "a data block whose length cannot be right")     \
    X(CATEGORY,           "category",           "a data block of a category not decoded here")   \
    X(FSPEC,              "fspec",              "a field specification that is empty or too long") \
    X(RECORD_OVERRUN,     "record_overrun",     "a record that runs past its block")             \
    X(ITEM,               "item",               "an item whose inner lengths contradict it")     \
    /* wire: Mode S and text frames */                                                           \
    X(PARITY,             "parity",             "a reply or squitter whose parity check failed") \
    X(FORMAT,             "format",             "a downlink format or report not decoded here")  \
    X(SYNTAX,             "syntax",             "a line or frame that breaks its syntax")        \
    X(MODE_AC,            "mode_ac",            "a Mode A/C reply (ambiguous without a plot)")   \
    X(STATUS_FRAME,       "status_frame",       "a receiver status frame, not surveillance")     \
    /* wire: values of targets, which count without them; the count is in values */              \
    X(VALUE,              "value",              "a value of a target that cannot be, left out")  \
    /* sense */                                                                                  \
    X(SENSOR_UNKNOWN,     "sensor_unknown",     "a source that the sensors file does not place") \
    X(SENSOR_TABLE_FULL,  "sensor_table_full",  "a source beyond the sensor table's capacity")   \
    X(TIME_MISSING,       "time_missing",       "no time of day, and none to be inherited")      \
    X(TIME_RANGE,         "time_range",         "a time beyond 24 hours, or ahead of its receipt") \
    X(POSITION_MISSING,   "position_missing",   "a target without any position")                 \
    X(POSITION_RANGE,     "position_range",     "a position that no sensor can have seen")       \
    X(NOT_A_TARGET,       "not_a_target",       "a record that describes no target")             \
    X(ADDRESS_UNPROVED,   "address_unproved",   "an address/parity reply of an unproved address") \
    X(ADDRESS_UNLIKELY,   "address_unlikely",   "a reply that is likelier of another, or noise") \
    X(TABLE_FULL,         "table_full",         "an aircraft beyond the table's capacity")       \
    X(CPR_PENDING,        "cpr_pending",        "a position half whose other half never came")   \
    X(CPR_INCONSISTENT,   "cpr_inconsistent",   "position halves that contradict each other")    \
    X(DUPLICATE,          "duplicate",          "a copy of what was already taken")              \
    X(TEST_TARGET,        "test_target",        "a test target or field monitor")                \
    /* track */                                                                                  \
    X(GATE,               "gate",               "a known address, but outside its track's gate") \
    X(ADDRESS_SHARED,     "address_shared",     "no position, and two tracks have the address") \
    X(DISPLACED,          "displaced",          "of a radar that has lost its bearing")          \
    X(SPLIT,              "split",              "a second plot of an aircraft in one turn")      \
    X(REFLECTION,         "reflection",         "an aircraft seen by way of a reflector")        \
    X(LATE,               "late",               "a report older than the lag window")            \
    X(NOT_FINITE,         "not_finite",         "a report with a NaN, infinity or bad variance") \
    X(TRACK_TABLE_FULL,   "track_table_full",   "a report that needed a track beyond capacity")  \
    X(QUEUE_FULL,         "queue_full",         "a report beyond the capacity of a scan")        \
    /* convert */                                                                                \
    X(UNSAYABLE,          "unsayable",          "a target that the output's format cannot tell")
/* clang-format on */

typedef enum ap_refusal {
#define AP_REFUSAL_ENUM(name, key, text) AP_REFUSED_##name,
    AP_REFUSAL_MAP(AP_REFUSAL_ENUM)
#undef AP_REFUSAL_ENUM
        AP_REFUSAL_COUNT
} ap_refusal;

typedef struct ap_refusals {
    uint64_t count[AP_REFUSAL_COUNT];
} ap_refusals;

/* Key of a reason for machines, e.g. "record_overrun"; "unlisted" outside the list. Never NULL. */
const char *ap_refusal_key(ap_refusal reason);

/* What a reason means, for people; "unlisted" outside the list. Never NULL. */
const char *ap_refusal_text(ap_refusal reason);

/* Adds one to the counter of `reason`; saturates; reasons outside the list are ignored. */
void ap_refuse(ap_refusals *refusals, ap_refusal reason);

/* Adds `amount`, saturating. */
void ap_refuse_many(ap_refusals *refusals, ap_refusal reason, uint64_t amount);

/* Adds every counter of `from` to `into`. */
void ap_refusals_add(ap_refusals *into, const ap_refusals *from);

/* Sum over all reasons but AP_REFUSED_GARBAGE_BYTES and AP_REFUSED_VALUE, which count bytes and
 * values and not elements. */
uint64_t ap_refusals_total(const ap_refusals *refusals);

#endif
