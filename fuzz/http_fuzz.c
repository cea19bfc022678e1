/* Whatever a peer sends as a header field, a path or a token, and whatever stands in a file of
 * tokens: nothing is read or written outside, and what is taken keeps its promise. */
#include <assert.h>
#include <string.h>

#include "io/http_text.h"
#include "io/token.h"

static void try_fields(const char *text)
{
    const char *list = text, *element;
    size_t size;
    while (ap_http_list_next(&list, &element, &size))
        assert(size > 0 && element >= text && element + size <= text + strlen(text));
    if (ap_http_path_is_plain(text))
        assert(text[0] == '/' && !strstr(text, "/../") && !strstr(text, "//"));
    (void)ap_http_accepts_gzip(text);
    (void)ap_http_etag_matches(text, "\"1-2\"");
    uint64_t first = 0, last = 0;
    if (ap_http_range_read(text, 1000, &first, &last) == AP_HTTP_RANGE_PART)
        assert(first <= last && last < 1000);
    if (ap_http_bearer(text, &element, &size))
        assert(size > 0 && element[size] == '\0');
    int64_t number = ap_http_number(text, 100);
    assert(number >= -1 && number <= 100);
    char name[64];
    if (ap_http_host_name(text, name, sizeof name))
        assert(strlen(name) > 0);
    (void)ap_http_origin_is_host(text, "radar.example:8080", false);
}

static void try_tokens(const char *text, size_t size)
{
    static ap_tokens tokens;
    char message[AP_IO_MESSAGE_SIZE];
    size_t which;
    memset(&tokens, 0, sizeof tokens);
    if (ap_tokens_add(&tokens, text, size, message) == AP_OK) {
        assert(tokens.count == 1 && tokens.token[0].role != AP_ROLE_NONE);
        (void)ap_tokens_look(&tokens, text, size, &which);
        (void)ap_tokens_look(&tokens, text, 43, &which);
    }
    uint8_t data[32];
    char again[44];
    if (ap_base64url_read(text, size, data, sizeof data)) {
        ap_base64url_write(data, sizeof data, again);
        assert(strlen(again) == size && memcmp(again, text, size) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[512];
    if (size >= sizeof text)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    try_tokens(text, size);
    try_fields(text);
    return 0;
}
