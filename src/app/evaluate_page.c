#include <string.h>

#include "app/evaluate_json.h"
#include "app/report_page.h"

/* The object stands in a script element: no "<" may end that early. */
static void put_object(ap_long_text *page, const ap_writer *json)
{
    for (size_t i = 0; i < json->size;) {
        const uint8_t *at = json->data + i;
        const uint8_t *sign = memchr(at, '<', json->size - i);
        size_t size = sign ? (size_t)(sign - at) : json->size - i;
        ap_long_text_room(page, size + 16);
        ap_write_bytes(&page->text, at, size);
        if (sign)
            ap_write_bytes(&page->text, "\\u003c", 6);
        i += size + (sign != NULL);
    }
}

void ap_evaluate_page(ap_long_text *page, const ap_writer *json)
{
    static const char mark[] = "@DATA@";
    size_t at = 0, length = strlen(mark);
    while (at + length < ap_report_page_size && memcmp(ap_report_page + at, mark, length) != 0)
        at++;
    ap_long_text_room(page, ap_report_page_size + json->size + 64);
    if (page->is_lost)
        return;
    ap_write_bytes(&page->text, ap_report_page, at);
    put_object(page, json);
    ap_long_text_room(page, ap_report_page_size);
    ap_write_bytes(&page->text, ap_report_page + at + length, ap_report_page_size - at - length);
    page->is_lost |= page->text.bad;
}
