#include "simulate/fall.h"

#include <math.h>

#define GM_M3PS2 3.986004418e14
#define J2 1.082629821e-3
#define SPIN_RADPS 7.292115e-5
#define GRAVITY_MPS2 9.80665
#define STEP_S 0.125
#define STEPS_PER_NODE 4
#define GAS_J_PER_KG_K 287.05287
#define EARTH_M 6356766.0 /* radius that geopotential heights are told with */

/* Temperature by geopotential height, and the pressure where each layer begins. */
static const struct {
    double base_m, kelvin, lapse_k_per_m, pascal;
} layers[] = {
    { 0.0, 288.15, -6.5e-3, 101325.0 },  { 11e3, 216.65, 0.0, 22632.06 },
    { 20e3, 216.65, 1.0e-3, 5474.889 },  { 32e3, 228.65, 2.8e-3, 868.0187 },
    { 47e3, 270.65, 0.0, 110.9063 },     { 51e3, 270.65, -2.8e-3, 66.93887 },
    { 71e3, 214.65, -2.0e-3, 3.956420 },
};

/* Above, by geometric height; in between the logarithm is linear. */
static const struct {
    double height_m, density;
} high[] = { { 86e3, 6.958e-6 },   { 90e3, 3.416e-6 },   { 100e3, 5.604e-7 },  { 110e3, 9.708e-8 },
             { 120e3, 2.222e-8 },  { 150e3, 2.076e-9 },  { 200e3, 2.541e-10 }, { 300e3, 1.916e-11 },
             { 500e3, 5.215e-13 }, { 1000e3, 3.561e-15 } };

#define LAYER_COUNT (sizeof layers / sizeof layers[0])
#define HIGH_COUNT (sizeof high / sizeof high[0])

static double thin_density(double height_m)
{
    size_t i = 0;
    while (i + 2 < HIGH_COUNT && height_m > high[i + 1].height_m)
        i++;
    double share = (height_m - high[i].height_m) / (high[i + 1].height_m - high[i].height_m);
    return high[i].density * pow(high[i + 1].density / high[i].density, fmin(share, 1.0));
}

double ap_fall_density(double height_m)
{
    if (height_m >= high[0].height_m)
        return thin_density(height_m);
    double above_m = fmax(height_m, 0.0);
    double geopotential_m = EARTH_M * above_m / (EARTH_M + above_m);
    size_t i = 0;
    while (i + 1 < LAYER_COUNT && geopotential_m >= layers[i + 1].base_m)
        i++;
    double rise_m = geopotential_m - layers[i].base_m, lapse = layers[i].lapse_k_per_m;
    double kelvin = layers[i].kelvin + lapse * rise_m;
    double ratio = lapse != 0.0
                       ? pow(layers[i].kelvin / kelvin, GRAVITY_MPS2 / (GAS_J_PER_KG_K * lapse))
                       : exp(-GRAVITY_MPS2 * rise_m / (GAS_J_PER_KG_K * kelvin));
    return layers[i].pascal * ratio / (GAS_J_PER_KG_K * kelvin);
}

ap_vec3 ap_fall_acceleration(const ap_motion *motion, double ballistic_kgpms2)
{
    ap_vec3 r = motion->position, v = motion->velocity;
    double square = r.x_m * r.x_m + r.y_m * r.y_m + r.z_m * r.z_m;
    double pull = -GM_M3PS2 / (square * sqrt(square));
    double flat = 1.5 * J2 * AP_WGS84_A_M * AP_WGS84_A_M / square;
    double tilt = 5.0 * r.z_m * r.z_m / square;
    double side = pull * (1.0 + flat * (1.0 - tilt)) + SPIN_RADPS * SPIN_RADPS;
    double speed_mps = sqrt(v.x_m * v.x_m + v.y_m * v.y_m + v.z_m * v.z_m);
    double height_m = ap_geodetic_from_ecef(r).height_m;
    double drag = -ap_fall_density(height_m) * speed_mps * GRAVITY_MPS2 / (2.0 * ballistic_kgpms2);
    return (ap_vec3){ side * r.x_m + 2.0 * SPIN_RADPS * v.y_m + drag * v.x_m,
                      side * r.y_m - 2.0 * SPIN_RADPS * v.x_m + drag * v.y_m,
                      pull * (1.0 + flat * (3.0 - tilt)) * r.z_m + drag * v.z_m };
}

static ap_vec3 plus(ap_vec3 u, double a, ap_vec3 v)
{
    return (ap_vec3){ u.x_m + a * v.x_m, u.y_m + a * v.y_m, u.z_m + a * v.z_m };
}

static ap_motion moved(const ap_motion *from, double step_s, ap_vec3 velocity, ap_vec3 acceleration)
{
    return (ap_motion){ plus(from->position, step_s, velocity),
                        plus(from->velocity, step_s, acceleration) };
}

static void step(ap_fall_state *state, double ballistic_kgpms2, double step_s)
{
    const ap_motion *from = &state->motion;
    ap_vec3 v1 = from->velocity, a1 = ap_fall_acceleration(from, ballistic_kgpms2);
    ap_motion second = moved(from, step_s / 2.0, v1, a1);
    ap_vec3 v2 = second.velocity, a2 = ap_fall_acceleration(&second, ballistic_kgpms2);
    ap_motion third = moved(from, step_s / 2.0, v2, a2);
    ap_vec3 v3 = third.velocity, a3 = ap_fall_acceleration(&third, ballistic_kgpms2);
    ap_motion fourth = moved(from, step_s, v3, a3);
    ap_vec3 v4 = fourth.velocity, a4 = ap_fall_acceleration(&fourth, ballistic_kgpms2);
    ap_vec3 v = plus(plus(plus(v1, 2.0, v2), 2.0, v3), 1.0, v4);
    ap_vec3 a = plus(plus(plus(a1, 2.0, a2), 2.0, a3), 1.0, a4);
    state->motion = moved(from, step_s / 6.0, v, a);
    state->time_s += step_s;
}

static double height_of(const ap_fall_state *state)
{
    return ap_geodetic_from_ecef(state->motion.position).height_m;
}

/* The share of the last step that ends at a height. */
static void step_to(ap_fall_state *state, double ballistic_kgpms2, double height_m)
{
    ap_fall_state from = *state;
    double low_s = 0.0, high_s = STEP_S;
    for (int i = 0; i < 40; i++) {
        double middle_s = (low_s + high_s) / 2.0;
        *state = from;
        step(state, ballistic_kgpms2, middle_s);
        *(height_of(state) > height_m ? &low_s : &high_s) = middle_s;
    }
}

static void write_node(const ap_fall_state *state, ap_path_node *nodes, uint32_t cap,
                       uint32_t *count)
{
    if (*count < cap)
        nodes[*count] =
            (ap_path_node){ state->time_s, state->motion.position, state->motion.velocity };
    (*count)++;
}

uint32_t ap_fall(ap_fall_state *state, double ballistic_kgpms2, double floor_m, double until_s,
                 ap_path_node *nodes, uint32_t cap)
{
    uint32_t count = 0;
    double end_m = fmax(floor_m, 0.0);
    write_node(state, nodes, cap, &count);
    for (unsigned steps = 1; state->time_s < until_s; steps++) {
        ap_fall_state from = *state;
        step(state, ballistic_kgpms2, STEP_S);
        if (height_of(state) <= end_m) {
            *state = from;
            step_to(state, ballistic_kgpms2, end_m);
            if (state->time_s > from.time_s)
                write_node(state, nodes, cap, &count);
            return count;
        }
        if (steps % STEPS_PER_NODE == 0 || state->time_s >= until_s)
            write_node(state, nodes, cap, &count);
    }
    return count;
}
