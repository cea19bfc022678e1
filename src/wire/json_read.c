#include "wire/json_read.h"

#include "wire/json.h"

#include <string.h>

#define JSMN_STATIC
#define JSMN_STRICT
#define JSMN_PARENT_LINKS
#include <jsmn.h>

_Static_assert(sizeof(ap_json_node) + sizeof(jsmntok_t) == 36, "AP_JSON_READ_MEM counts on it");

/* ---- structure ---- */

/* What is known between two tokens. */
typedef struct linker {
    ap_json_doc *doc;
    uint32_t top;     /* the container that is open; its `next` holds the one around it */
    size_t at;        /* behind what was read */
    bool is_fresh;    /* nothing in it yet */
    bool wants_value; /* a name waits for its value */
} linker;

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Passes blanks and one separator, if that is not 0, up to `end`. */
static bool pass(linker *link, size_t end, char separator)
{
    const char *text = link->doc->text;
    for (; link->at < end; link->at++) {
        char c = text[link->at];
        if (separator != '\0' && c == separator)
            separator = '\0';
        else if (!is_blank(c))
            return false;
    }
    return separator == '\0';
}

/* Closes the open container; `next` is the token behind it. */
static bool close_top(linker *link, uint32_t next)
{
    ap_json_node *top = &link->doc->node[link->top];
    if (link->wants_value || !pass(link, top->end - 1, '\0'))
        return false;
    link->at = top->end;
    link->top = top->next;
    top->next = next;
    link->is_fresh = false;
    return true;
}

static const char *pass_digits(const char *p, const char *end)
{
    while (p < end && *p >= '0' && *p <= '9')
        p++;
    return p;
}

static bool is_number(const char *p, const char *end)
{
    p += p < end && *p == '-';
    const char *whole = p;
    p = pass_digits(p, end);
    if (p == whole || (*whole == '0' && p > whole + 1))
        return false;
    if (p < end && *p == '.') {
        const char *fraction = ++p;
        if ((p = pass_digits(p, end)) == fraction)
            return false;
    }
    if (p < end && (*p == 'e' || *p == 'E')) {
        p++;
        p += p < end && (*p == '+' || *p == '-');
        const char *exponent = p;
        if ((p = pass_digits(p, end)) == exponent)
            return false;
    }
    return p == end;
}

static bool is_word(const char *p, size_t size)
{
    static const char *const words[] = { "true", "false", "null" };
    for (size_t k = 0; k < sizeof words / sizeof words[0]; k++)
        if (size == strlen(words[k]) && memcmp(p, words[k], size) == 0)
            return true;
    return false;
}

static bool is_string(const char *text, size_t size)
{
    const uint8_t *p = (const uint8_t *)text;
    for (size_t at = 0, step; at < size; at += step) {
        step = p[at] < 0x80 ? 1 : ap_utf8_size(p + at, size - at);
        if (step == 0 || p[at] < 0x20)
            return false;
    }
    return true;
}

static bool kind_of(const ap_json_doc *doc, const jsmntok_t *token, uint8_t *kind)
{
    const char *p = doc->text + token->start, *end = doc->text + token->end;
    switch (token->type) {
    case JSMN_OBJECT:
        *kind = AP_JSON_OBJECT;
        return true;
    case JSMN_ARRAY:
        *kind = AP_JSON_ARRAY;
        return true;
    case JSMN_STRING:
        *kind = AP_JSON_STRING;
        return is_string(p, (size_t)(end - p));
    default:
        *kind = is_number(p, end) ? AP_JSON_NUMBER : AP_JSON_WORD;
        return *kind == AP_JSON_NUMBER || is_word(p, (size_t)(end - p));
    }
}

static bool link_token(linker *link, const jsmntok_t *token, uint32_t index)
{
    ap_json_node *nodes = link->doc->node, *node = &nodes[index];
    size_t quote = token->type == JSMN_STRING;
    size_t start = (size_t)token->start - quote;
    *node = (ap_json_node){ .start = (uint32_t)token->start, .end = (uint32_t)token->end };
    while (link->top != AP_JSON_NONE && nodes[link->top].end <= start)
        if (!close_top(link, index))
            return false;
    bool is_root = link->top == AP_JSON_NONE;
    char separator = is_root || (link->is_fresh && !link->wants_value) ? '\0'
                     : link->wants_value                               ? ':'
                                                                       : ',';
    if ((is_root && index > 0) || !pass(link, start, separator) ||
        !kind_of(link->doc, token, &node->kind))
        return false;
    link->wants_value = !is_root && nodes[link->top].kind == AP_JSON_OBJECT && !link->wants_value;
    if (link->wants_value && node->kind != AP_JSON_STRING)
        return false;
    if (node->kind <= AP_JSON_ARRAY) {
        node->next = link->top;
        link->top = index;
        link->is_fresh = true;
        link->at = start + 1;
    } else {
        node->next = index + 1;
        link->is_fresh = false;
        link->at = (size_t)token->end + quote;
    }
    return true;
}

static bool link_all(ap_json_doc *doc, const jsmntok_t *tokens, size_t size)
{
    linker link = { .doc = doc, .top = AP_JSON_NONE };
    bool ok = true;
    for (uint32_t k = 0; ok && k < doc->count; k++)
        ok = link_token(&link, &tokens[k], k);
    while (ok && link.top != AP_JSON_NONE)
        ok = close_top(&link, doc->count);
    ok = ok && doc->count > 0 && pass(&link, size, '\0');
    doc->fault_at = link.at;
    return ok;
}

/* Where the nesting goes beyond its limit; SIZE_MAX: nowhere. jsmn looks for the open bracket of a
 * closing one by walking up: without a limit its time would grow with the square of the text. */
static size_t too_deep(const char *text, size_t size)
{
    bool in_string = false;
    unsigned depth = 0;
    for (size_t k = 0; k < size; k++) {
        char c = text[k];
        if (c == '"')
            in_string = !in_string;
        else if (in_string)
            k += c == '\\';
        else if ((c == '[' || c == '{') && ++depth > AP_JSON_NESTING_MAX)
            return k;
        else if ((c == ']' || c == '}') && depth > 0)
            depth--;
    }
    return SIZE_MAX;
}

ap_err ap_json_read(ap_json_doc *doc, const char *text, size_t size, void *mem, size_t mem_size)
{
    size_t cap = mem_size / (sizeof(ap_json_node) + sizeof(jsmntok_t));
    *doc = (ap_json_doc){ .text = text, .node = mem };
    if (size > INT32_MAX || cap > UINT32_MAX - 1 || cap == 0)
        return AP_ERR_FULL;
    if ((doc->fault_at = too_deep(text, size)) != SIZE_MAX)
        return AP_ERR_MALFORMED;
    jsmntok_t *tokens = (jsmntok_t *)(void *)(doc->node + cap);
    jsmn_parser parser;
    jsmn_init(&parser);
    int found = jsmn_parse(&parser, text, size, tokens, (unsigned)cap);
    if (found == JSMN_ERROR_NOMEM)
        return AP_ERR_FULL;
    if (found < 0) {
        doc->fault_at = parser.pos;
        return AP_ERR_MALFORMED;
    }
    doc->count = (uint32_t)found;
    return link_all(doc, tokens, size) ? AP_OK : AP_ERR_MALFORMED;
}

/* ---- members ---- */

static bool is_named(const ap_json_doc *doc, uint32_t node, const char *name, size_t size)
{
    const ap_json_node *found = &doc->node[node];
    return found->end - found->start == size && memcmp(doc->text + found->start, name, size) == 0;
}

uint32_t ap_json_member(const ap_json_doc *doc, uint32_t object, const char *name, size_t size,
                        uint32_t *from)
{
    uint32_t end = doc->node[object].next, start = *from;
    for (uint32_t k = start; k < end; k = doc->node[k + 1].next)
        if (is_named(doc, k, name, size)) {
            *from = doc->node[k + 1].next;
            return k + 1;
        }
    for (uint32_t k = object + 1; k < start; k = doc->node[k + 1].next)
        if (is_named(doc, k, name, size)) {
            *from = doc->node[k + 1].next;
            return k + 1;
        }
    return AP_JSON_NONE;
}

/* ---- numbers ---- */

ap_json_number ap_json_number_of(const ap_json_doc *doc, uint32_t node)
{
    const ap_json_node *found = &doc->node[node];
    ap_json_number number;
    (void)ap_json_number_parse((const uint8_t *)doc->text + found->start, found->end - found->start,
                               &number); /* its kind says that it is one */
    return number;
}

/* ---- strings ---- */

static uint32_t hex4(const char *p)
{
    uint32_t value = 0;
    for (int k = 0; k < 4; k++) {
        uint32_t c = (uint8_t)p[k];
        value = value << 4 | (c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
    }
    return value;
}

/* The character behind "\u", both halves of a pair. */
static const char *unicode(const char *p, const char *end, uint32_t *code)
{
    *code = hex4(p);
    p += 4;
    if (*code >> 11 != 0x1B)
        return p;
    bool has_low = *code < 0xDC00 && end - p >= 6 && p[0] == '\\' && p[1] == 'u';
    uint32_t low = has_low ? hex4(p + 2) : 0;
    if (low >> 10 != 0x37) {
        *code = 0xFFFD;
        return p;
    }
    *code = 0x10000 + ((*code & 0x3FF) << 10 | (low & 0x3FF));
    return p + 6;
}

static size_t utf8_of(uint32_t code, uint8_t octets[4])
{
    if (code < 0x80) {
        octets[0] = (uint8_t)code;
        return 1;
    }
    size_t size = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (size_t k = size; k-- > 1; code >>= 6)
        octets[k] = (uint8_t)(0x80 | (code & 0x3F));
    octets[0] = (uint8_t)(0xF00u >> size | code);
    return size;
}

static const char *escape(const char *p, const char *end, uint32_t *code)
{
    static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
    if (*p == 'u')
        return unicode(p + 1, end, code);
    const char *found = strchr(from, *p);
    *code = (uint8_t)(found ? to[found - from] : *p);
    return p + 1;
}

bool ap_json_octets(const ap_json_doc *doc, uint32_t node, uint8_t *octets, size_t cap,
                    size_t *size)
{
    const char *p = doc->text + doc->node[node].start, *end = doc->text + doc->node[node].end;
    size_t count = 0;
    while (p < end) {
        uint8_t one[4] = { (uint8_t)*p };
        size_t one_size = 1;
        if (*p == '\\') {
            uint32_t code;
            p = escape(p + 1, end, &code);
            one_size = utf8_of(code, one);
        } else {
            p++;
        }
        if (one_size > cap - count)
            return false;
        memcpy(octets + count, one, one_size);
        count += one_size;
    }
    *size = count;
    return true;
}
