#include "simulate/craft.h"

#include <math.h>

#include "airpicture/bytes.h"
#include "airpicture/geo.h"
#include "wire/json.h"

#define DEG AP_RAD_PER_DEG

/* clang-format off */
static const ap_craft_limits limits[AP_CRAFT_COUNT] = {
    /* owner
     * speed min, max, usual; altitude max, usual; climb, descent
     * bank, turn; along, vertical, roll; area; category */
    [AP_CRAFT_AIRLINER] = { "an airliner's",
      65.0, 270.0, 230.0, 13500.0, 10500.0, 20.0, 25.0,
      30 * DEG, 3 * DEG, 1.5, 1.5, 2.0, 30.0, 0xA3 },
    [AP_CRAFT_LIGHT] = { "a light aeroplane's",
      25.0, 95.0, 55.0, 6000.0, 900.0, 8.0, 10.0,
      45 * DEG, 6 * DEG, 1.5, 1.5, 2.0, 3.0, 0xA1 },
    [AP_CRAFT_JET] = { "a jet's",
      70.0, 650.0, 240.0, 18000.0, 7000.0, 150.0, 150.0,
      75 * DEG, 15 * DEG, 10.0, 20.0, 4.0, 5.0, 0xA6 },
    [AP_CRAFT_ROTORCRAFT] = { "a helicopter's",
      0.0, 90.0, 60.0, 6000.0, 400.0, 12.0, 12.0,
      35 * DEG, 15 * DEG, 2.5, 2.0, 2.0, 5.0, 0xA7 },
    [AP_CRAFT_MULTIROTOR] = { "a multirotor's",
      0.0, 30.0, 12.0, 3000.0, 80.0, 8.0, 6.0,
      45 * DEG, 90 * DEG, 5.0, 4.0, 4.0, 0.02, 0xB6 },
    [AP_CRAFT_DRONE] = { "a drone's",
      12.0, 60.0, 25.0, 6000.0, 200.0, 6.0, 8.0,
      45 * DEG, 25 * DEG, 3.0, 3.0, 4.0, 0.1, 0xB6 },
    [AP_CRAFT_BIRD] = { "a bird's",
      6.0, 30.0, 14.0, 3000.0, 150.0, 3.0, 8.0,
      60 * DEG, 60 * DEG, 4.0, 3.0, 4.0, 0.01, 0x00 },
    [AP_CRAFT_BALLOON] = { "a balloon's",
      0.0, 90.0, 0.0, 35000.0, 3000.0, 8.0, 8.0,
      0 * DEG, 0 * DEG, 0.0, 1.0, 0.0, 1.0, 0xB2 },
    [AP_CRAFT_VEHICLE] = { "a vehicle's",
      0.0, 45.0, 10.0, 6000.0, 0.0, 2.0, 2.0,
      20 * DEG, 45 * DEG, 2.5, 0.5, 2.5, 2.0, 0xC2 },
    [AP_CRAFT_FALLING] = { "a falling object's",
      0.0, 12000.0, 0.0, 500000.0, 80000.0, 9000.0, 9000.0,
      0 * DEG, 0 * DEG, 0.0, 0.0, 0.0, 1.0, 0x00 },
};
/* clang-format on */

const ap_craft_limits *ap_craft_limits_of(ap_craft craft)
{
    return (unsigned)craft < AP_CRAFT_COUNT ? &limits[craft] : NULL;
}

bool ap_craft_hovers(ap_craft craft)
{
    return craft == AP_CRAFT_ROTORCRAFT || craft == AP_CRAFT_MULTIROTOR ||
           craft == AP_CRAFT_VEHICLE;
}

static bool explain(double value, const char *relation, const char *owner, double limit,
                    const char *unit, char *why, size_t size)
{
    if (size == 0)
        return false;
    ap_writer text = ap_writer_of((uint8_t *)why, size - 1);
    ap_text_fixed(&text, value, 1);
    ap_text_str(&text, relation);
    ap_text_str(&text, owner);
    ap_text_str(&text, " ");
    ap_text_fixed(&text, limit, 1);
    ap_text_str(&text, unit);
    why[text.size] = '\0';
    return false;
}

bool ap_craft_check(ap_craft craft, ap_craft_wish wish, double value, char *why, size_t size)
{
    const ap_craft_limits *of = ap_craft_limits_of(craft);
    static const char speed[] = " m/s";
    if (!of || isnan(value))
        return of != NULL;
    switch (wish) {
    case AP_CRAFT_WISH_SPEED:
        if (value > of->speed_max_mps)
            return explain(value, " m/s is beyond ", of->owner, of->speed_max_mps, speed, why,
                           size);
        if (value < of->speed_min_mps)
            return explain(value, " m/s is below ", of->owner, of->speed_min_mps, speed, why, size);
        return true;
    case AP_CRAFT_WISH_ALTITUDE:
        if (value > of->altitude_max_m)
            return explain(value, " m is beyond ", of->owner, of->altitude_max_m, " m", why, size);
        return true;
    case AP_CRAFT_WISH_CLIMB:
        if (value > of->climb_max_mps)
            return explain(value, " m/s of climb is beyond ", of->owner, of->climb_max_mps, speed,
                           why, size);
        if (-value > of->descent_max_mps)
            return explain(-value, " m/s of descent is beyond ", of->owner, of->descent_max_mps,
                           speed, why, size);
        return true;
    }
    return true;
}
