#include "track/slant_kernel.h"

#include "track/slant_lane.h"

/* Lanes do not depend on each other. */
#define EACH_LANE AP_EACH(l, AP_LANES)

/* Each lane goes on until it is near enough, and no further: so its bits are its own. */
AP_LANE void place_lanes(const ap_enu_frame *site, const ap_slants *slants, ap_places *places)
{
    const ap_enu_frame from = *site;
    ap_slant_search search;
    EACH_LANE slant_begin(&from, slants, l, &search);
    for (int step = 0;; step++) {
        EACH_LANE slant_step(&from, slants, l, &search, places);
        if (step >= AP_SLANT_STEPS || lane_sum(search.open) == 0.0)
            break;
        EACH_LANE search.sine[l] = search.next[l];
    }
    EACH_LANE slant_spread(&from, slants, l, places);
}

AP_LANE void place_one(const ap_enu_frame *site, const ap_slants *slants, ap_places *places)
{
    const int l = 0;
    ap_slant_search search;
    slant_begin(site, slants, l, &search);
    slant_step(site, slants, l, &search, places);
    for (int step = 0; step < AP_SLANT_STEPS && search.open[l] > 0.0; step++) {
        search.sine[l] = search.next[l];
        slant_step(site, slants, l, &search, places);
    }
    slant_spread(site, slants, l, places);
}

AP_LANE void place(const ap_enu_frame *site, bool only_first, const ap_slants *slants,
                   ap_places *places)
{
    if (only_first)
        place_one(site, slants, places);
    else
        place_lanes(site, slants, places);
}

#define FLAVOUR(tag, target)                                                                       \
    target static void place_##tag(const ap_enu_frame *site, bool only_first,                      \
                                   const ap_slants *slants, ap_places *places)                     \
    {                                                                                              \
        place(site, only_first, slants, places);                                                   \
    }

FLAVOUR(plain, )

#if defined(__x86_64__) && defined(__GNUC__)
FLAVOUR(avx2, __attribute__((target("avx2"))))
FLAVOUR(avx512, __attribute__((target("avx512f,avx512dq,avx512vl"))))

static const ap_slant_kernel flavours[AP_FLAVOUR_COUNT] = { place_plain, place_avx2, place_avx512 };
#else
static const ap_slant_kernel flavours[AP_FLAVOUR_COUNT] = { place_plain };
#endif

ap_slant_kernel ap_slant_kernel_of(ap_flavour flavour)
{
    return ap_kernels_of(flavour) ? flavours[flavour] : NULL;
}

ap_slant_kernel ap_slant_kernel_best(void)
{
    ap_slant_kernel kernel = ap_slant_kernel_of(AP_FLAVOUR_AVX512);
    if (!kernel)
        kernel = ap_slant_kernel_of(AP_FLAVOUR_AVX2);
    return kernel ? kernel : place_plain;
}
