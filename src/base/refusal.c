#include "airpicture/refusal.h"

static const char *const refusal_keys[] = {
#define REFUSAL_KEY(name, key, text) key,
    AP_REFUSAL_MAP(REFUSAL_KEY)
#undef REFUSAL_KEY
};

static const char *const refusal_texts[] = {
#define REFUSAL_TEXT(name, key, text) text,
    AP_REFUSAL_MAP(REFUSAL_TEXT)
#undef REFUSAL_TEXT
};

const char *ap_refusal_key(ap_refusal reason)
{
    return (unsigned)reason < AP_REFUSAL_COUNT ? refusal_keys[reason] : "unlisted";
}

const char *ap_refusal_text(ap_refusal reason)
{
    return (unsigned)reason < AP_REFUSAL_COUNT ? refusal_texts[reason] : "unlisted";
}

void ap_refuse_many(ap_refusals *refusals, ap_refusal reason, uint64_t amount)
{
    if ((unsigned)reason >= AP_REFUSAL_COUNT)
        return;
    uint64_t *count = &refusals->count[reason];
    *count = amount > UINT64_MAX - *count ? UINT64_MAX : *count + amount;
}

void ap_refuse(ap_refusals *refusals, ap_refusal reason)
{
    ap_refuse_many(refusals, reason, 1);
}

void ap_refusals_add(ap_refusals *into, const ap_refusals *from)
{
    for (int i = 0; i < AP_REFUSAL_COUNT; i++)
        ap_refuse_many(into, (ap_refusal)i, from->count[i]);
}

uint64_t ap_refusals_total(const ap_refusals *refusals)
{
    uint64_t total = 0;
    for (int i = 0; i < AP_REFUSAL_COUNT; i++)
        if (i != AP_REFUSED_GARBAGE_BYTES && i != AP_REFUSED_VALUE)
            total += refusals->count[i];
    return total;
}
