#include "airpicture/alert.h"

static const char *const alert_keys[] = {
#define ALERT_KEY(name, key, text) key,
    AP_ALERT_KIND_MAP(ALERT_KEY)
#undef ALERT_KEY
};

static const char *const alert_texts[] = {
#define ALERT_TEXT(name, key, text) text,
    AP_ALERT_KIND_MAP(ALERT_TEXT)
#undef ALERT_TEXT
};

const char *ap_alert_kind_key(ap_alert_kind kind)
{
    return (unsigned)kind < AP_ALERT_KIND_COUNT ? alert_keys[kind] : "unlisted";
}

const char *ap_alert_kind_text(ap_alert_kind kind)
{
    return (unsigned)kind < AP_ALERT_KIND_COUNT ? alert_texts[kind] : "unlisted";
}
