#include "airpicture/err.h"

typedef struct err_row {
    ap_err err;
    const char *name, *text;
} err_row;

static const err_row err_rows[] = {
#define ERR_ROW(name, code, text) { AP_ERR_##name, #name, text },
    AP_ERR_MAP(ERR_ROW)
#undef ERR_ROW
};

static const err_row *find(ap_err err)
{
    for (unsigned i = 0; i < sizeof err_rows / sizeof err_rows[0]; i++)
        if (err_rows[i].err == err)
            return &err_rows[i];
    return 0;
}

const char *ap_err_text(ap_err err)
{
    const err_row *row = find(err);
    return row ? row->text : "unlisted error";
}

const char *ap_err_name(ap_err err)
{
    const err_row *row = find(err);
    return row ? row->name : "UNLISTED";
}
