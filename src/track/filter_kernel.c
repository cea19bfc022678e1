#include "track/filter_kernel.h"

#include "track/filter_lane.h"

/* Lanes do not depend on each other, whether or not `to` is `from`. */
#define EACH_LANE AP_EACH(l, AP_LANES)

AP_LANE void combine(const ap_mixture *from, ap_gauss *mean)
{
    float first[4][AP_LANES], second[12][AP_LANES], x[4], covariance[12];
    EACH_LANE lane_first(from, l, first);
    lane_sum_four(first, x);
    EACH_LANE lane_second(from, x, l, second);
    EACH_LANE second[10][l] = second[11][l] = 0.0F;
    for (int i = 0; i < 12; i += 4)
        lane_sum_four(second + i, covariance + i);
    *mean = gauss_of_sums(x, covariance);
}

AP_LANE void predict(const ap_mixture *from, const ap_motions *motions, double dt_s, ap_mixture *to,
                     ap_gauss *mean)
{
    const lane g = lane_of_gauss(mean);
    const float dt = (float)dt_s, age = AP_MODE_RATE_PS * fabsf(dt);
    float stay = lane_exp_single(-(age < 80.0F ? age : 80.0F));
    const lane_course course = lane_course_of(&g);
    EACH_LANE lane_predict(from, motions, dt, stay, &course, &g, l, to);
    combine(to, mean);
}

AP_LANE void likelihood(const ap_mixture *from, const ap_fix *fix, ap_likelihood *likelihood)
{
    const lane_fix f = lane_fix_of(fix);
    float part[AP_LANES];
    EACH_LANE
    {
        likelihood->model[l] = lane_likelihood(from, &f, l);
        part[l] = from->probability[l] * likelihood->model[l];
    }
    likelihood->all = (double)lane_sum_single(part);
}

AP_LANE void normalise(ap_mixture *m)
{
    const float scale = 1.0F / lane_sum_single(m->probability);
    EACH_LANE m->probability[l] *= scale;
}

AP_LANE void update(const ap_mixture *from, size_t count, const ap_fix *fix,
                    const ap_likelihood *likelihood, const double *weight, ap_mixture *to,
                    ap_gauss *mean)
{
    lane_fix fixes[AP_FIX_CAP];
    float weights[AP_FIX_CAP];
    double rest = 1.0;
    for (size_t f = 0; f < count; f++) {
        fixes[f] = lane_fix_of(&fix[f]);
        weights[f] = (float)weight[f];
        rest -= weight[f];
    }
    const float miss = rest > 1e-12 ? (float)rest : 0.0F;
    if (count == 1) {
        const lane_fix one = fixes[0];
        const float w = weights[0];
        EACH_LANE lane_update_one(from, &one, likelihood, w, miss, l, to);
    } else {
        for (int l = 0; l < AP_LANES; l++)
            lane_update_many(from, count, fixes, likelihood, weights, miss, l, to);
    }
    normalise(to);
    combine(to, mean);
}

AP_LANE void reframe(ap_mixture *mixture, const ap_shift *shift)
{
    const lane_shift to = lane_shift_of(shift);
    EACH_LANE
    {
        lane v = lane_load(mixture, l);
        lane_reframe(&v, &to);
        lane_store(mixture, l, &v);
    }
}

AP_LANE bool is_sound(const ap_mixture *from)
{
    float bad[AP_LANES];
    EACH_LANE bad[l] = lane_unsound(from, l);
    return lane_sum_single(bad) == 0.0F;
}

/* One flavour: the above, compiled for one set of instructions. */
#define FLAVOUR(tag, target)                                                                       \
    target static void combine_##tag(const ap_mixture *from, ap_gauss *mean)                       \
    {                                                                                              \
        combine(from, mean);                                                                       \
    }                                                                                              \
    target static void predict_##tag(const ap_mixture *from, const ap_motions *motions,            \
                                     double dt_s, ap_mixture *to, ap_gauss *mean)                  \
    {                                                                                              \
        predict(from, motions, dt_s, to, mean);                                                    \
    }                                                                                              \
    target static void likelihood_##tag(const ap_mixture *from, const ap_fix *fix,                 \
                                        ap_likelihood *out)                                        \
    {                                                                                              \
        likelihood(from, fix, out);                                                                \
    }                                                                                              \
    target static void update_##tag(const ap_mixture *from, size_t count, const ap_fix *fix,       \
                                    const ap_likelihood *given, const double *weight,              \
                                    ap_mixture *to, ap_gauss *mean)                                \
    {                                                                                              \
        update(from, count, fix, given, weight, to, mean);                                         \
    }                                                                                              \
    target static void reframe_##tag(ap_mixture *mixture, const ap_shift *shift)                   \
    {                                                                                              \
        reframe(mixture, shift);                                                                   \
    }                                                                                              \
    target static bool is_sound_##tag(const ap_mixture *from)                                      \
    {                                                                                              \
        return is_sound(from);                                                                     \
    }                                                                                              \
    static const ap_kernels kernels_##tag = { #tag,          combine_##tag,                        \
                                              predict_##tag, likelihood_##tag,                     \
                                              update_##tag,  reframe_##tag,                        \
                                              is_sound_##tag };

FLAVOUR(plain, )

#if defined(__x86_64__) && defined(__GNUC__)
FLAVOUR(avx2, __attribute__((target("avx2"))))
FLAVOUR(avx512, __attribute__((target("avx512f,avx512dq,avx512vl"))))

const ap_kernels *ap_kernels_of(ap_flavour flavour)
{
    if (flavour == AP_FLAVOUR_PLAIN)
        return &kernels_plain;
    if (flavour == AP_FLAVOUR_AVX2 && __builtin_cpu_supports("avx2"))
        return &kernels_avx2;
    if (flavour == AP_FLAVOUR_AVX512 && __builtin_cpu_supports("avx512f") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
        return &kernels_avx512;
    return NULL;
}
#else
const ap_kernels *ap_kernels_of(ap_flavour flavour)
{
    return flavour == AP_FLAVOUR_PLAIN ? &kernels_plain : NULL;
}
#endif

const ap_kernels *ap_kernels_best(void)
{
    const ap_kernels *kernels = ap_kernels_of(AP_FLAVOUR_AVX512);
    if (!kernels)
        kernels = ap_kernels_of(AP_FLAVOUR_AVX2);
    return kernels ? kernels : &kernels_plain;
}

double ap_exp(double x)
{
    return lane_exp(x);
}

void ap_gauss_reframe(ap_gauss *gauss, const ap_shift *shift)
{
    gauss_reframe(gauss, shift);
}

bool ap_gauss_is_sound(const ap_gauss *gauss)
{
    return gauss_unsound(gauss) == 0.0F;
}

float ap_turn_radps(float turn_mps2, float speed_mps)
{
    return lane_rate(turn_mps2, speed_mps);
}
