#include "app/yaml_file.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 32

/* Line and column of a byte, for errors of encoding, which libyaml places by offset only. */
static yaml_mark_t mark_of_offset(const char *text, size_t size, size_t offset)
{
    yaml_mark_t mark = { 0 };
    for (size_t i = 0; i < offset && i < size; i++) {
        bool starts = ((unsigned char)text[i] & 0xC0) != 0x80;
        mark.column = text[i] == '\n' ? 0 : mark.column + starts;
        mark.line += text[i] == '\n';
    }
    return mark;
}

/* The byte at a mark, whose index counts characters; '\0' at the end. */
static char byte_at_mark(const char *text, size_t size, yaml_mark_t mark)
{
    size_t characters = 0;
    for (size_t i = 0; i < size; i++) {
        bool starts = ((unsigned char)text[i] & 0xC0) != 0x80;
        if (starts && characters == mark.index)
            return text[i];
        characters += starts;
    }
    return '\0';
}

static void tell_bad_yaml(ap_yaml_reading *reading, const yaml_parser_t *parser, const char *text,
                          size_t size)
{
    yaml_mark_t mark = parser->problem_mark;
    const char *problem = parser->problem ? parser->problem : "no YAML";
    if (parser->error == YAML_READER_ERROR)
        mark = mark_of_offset(text, size, parser->problem_offset);
    if (parser->error == YAML_SCANNER_ERROR && byte_at_mark(text, size, mark) == '\t')
        ap_yaml_tell_at(reading, mark, "a tab; expected blanks for indentation");
    else if (parser->error == YAML_MEMORY_ERROR)
        ap_yaml_tell_file(reading, "memory is exhausted; expected a smaller file");
    else
        ap_yaml_tell_at(reading, mark, "%s; expected YAML", problem);
}

/* A file is one document. */
static void check_end(ap_yaml_reading *reading, yaml_parser_t *parser, const char *text,
                      size_t size)
{
    yaml_document_t second;
    if (!yaml_parser_load(parser, &second)) {
        tell_bad_yaml(reading, parser, text, size);
        return;
    }
    if (yaml_document_get_root_node(&second))
        ap_yaml_tell_at(reading, second.start_mark, "a second document; expected one");
    yaml_document_delete(&second);
}

/* Brackets of flow style that are open at once: what libyaml does for each grows with their number,
 * and our files need five. Those in quotes count too: they close again. */
static bool is_too_deep(const char *text, size_t size, yaml_mark_t *mark)
{
    long depth = 0;
    *mark = (yaml_mark_t){ 0 };
    for (size_t i = 0; i < size && depth <= DEPTH_MAX; i++) {
        depth += (text[i] == '[' || text[i] == '{') - (text[i] == ']' || text[i] == '}');
        mark->line += text[i] == '\n';
        mark->column = text[i] == '\n' ? 0 : mark->column + 1;
    }
    return depth > DEPTH_MAX;
}

/* Some editors put it at the begin of a file; libyaml takes it for a column of the text. */
static void skip_byte_order_mark(const char **text, size_t *size)
{
    if (*size >= 3 && memcmp(*text, "\xEF\xBB\xBF", 3) == 0) {
        *text += 3;
        *size -= 3;
    }
}

ap_err ap_yaml_parse(ap_yaml_reading *reading, const ap_yaml_form *form, const char *text,
                     size_t size, ap_yaml_take_fn take, void *take_context)
{
    yaml_mark_t mark;
    skip_byte_order_mark(&text, &size);
    if (is_too_deep(text, size, &mark)) {
        ap_yaml_tell_at(reading, mark, "brackets within brackets beyond %d; expected %s", DEPTH_MAX,
                        form->contents);
        return AP_ERR_CONFIG;
    }
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser))
        return AP_ERR_MEMORY;
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, size);
    if (yaml_parser_load(&parser, &reading->document)) {
        take(take_context);
        check_end(reading, &parser, text, size);
        yaml_document_delete(&reading->document);
    } else {
        tell_bad_yaml(reading, &parser, text, size);
    }
    yaml_parser_delete(&parser);
    return reading->error_count == 0 ? AP_OK : AP_ERR_CONFIG;
}

static ap_err read_file(ap_yaml_reading *reading, const ap_yaml_form *form, FILE *file, char *text,
                        size_t *size)
{
    *size = fread(text, 1, AP_YAML_FILE_SIZE_MAX + 1, file);
    if (ferror(file)) {
        ap_yaml_tell_file(reading, "%s; expected %s", strerror(errno), form->file);
        return AP_ERR_NO_INPUT;
    }
    if (*size > AP_YAML_FILE_SIZE_MAX) {
        ap_yaml_tell_file(reading, "a file too large; expected at most %u bytes",
                          AP_YAML_FILE_SIZE_MAX);
        return AP_ERR_CONFIG;
    }
    return AP_OK;
}

ap_err ap_yaml_file_text(ap_yaml_reading *reading, const ap_yaml_form *form, const char *path,
                         char **text, size_t *size)
{
    *text = NULL;
    FILE *file = fopen(path, "rb");
    if (!file) {
        ap_yaml_tell_file(reading, "%s; expected %s", strerror(errno), form->file);
        return AP_ERR_NO_INPUT;
    }
    char *bytes = malloc(AP_YAML_FILE_SIZE_MAX + 1);
    ap_err err = bytes ? read_file(reading, form, file, bytes, size) : AP_ERR_MEMORY;
    fclose(file);
    if (err)
        free(bytes);
    else
        *text = bytes;
    return err;
}
