/* The table of Comm-B registers, for the files that walk it. */
#ifndef AP_WIRE_MODES_COMM_B_TABLE_H
#define AP_WIRE_MODES_COMM_B_TABLE_H

#include "airpicture/comm_b.h"

/* Places in the table. */
enum {
    AP_PLACE_0_7,
    AP_PLACE_1_0,
    AP_PLACE_1_7,
    AP_PLACE_1_8,
    AP_PLACE_1_9,
    AP_PLACE_1_A,
    AP_PLACE_1_B,
    AP_PLACE_1_C,
    AP_PLACE_2_0,
    AP_PLACE_2_1,
    AP_PLACE_3_0,
    AP_PLACE_4_0,
    AP_PLACE_4_4,
    AP_PLACE_4_5,
    AP_PLACE_5_0,
    AP_PLACE_5_1,
    AP_PLACE_6_0,
    AP_PLACES
};

extern const ap_comm_b_register ap_comm_b_table[AP_PLACES];

static inline bool ap_comm_b_is_there(const ap_comm_b_field *field, uint64_t mb)
{
    return field->status_mask == 0 || (mb & field->status_mask) != 0;
}

/* What the layout alone says, the values not looked at: most contents of other registers fail. */
static inline bool ap_comm_b_fits(const ap_comm_b_register *of, uint64_t mb)
{
    if ((mb & of->zero) != 0 || (mb & of->mask) != of->code)
        return false;
    for (size_t i = 0; i < of->field_count; i++)
        if (!ap_comm_b_is_there(&of->fields[i], mb) && (mb & of->fields[i].content_mask) != 0)
            return false;
    return true;
}

/* The values of a register that fits. */
bool ap_comm_b_values_are_sound(const ap_comm_b_register *of, uint64_t mb);

#endif
