/* Tables of requirements: data files (spec/requirements, or the user's own), one table a file. */
#ifndef AP_APP_REQUIREMENTS_H
#define AP_APP_REQUIREMENTS_H

#include <stdbool.h>
#include <stddef.h>

#include "app/command.h"
#include "score/requirement.h"

#define AP_REQUIREMENT_ROW_CAP 64
#define AP_REQUIREMENT_TABLE_CAP 64

typedef struct ap_requirement_row {
    char name[16], text[160], note[160], source[200];
    ap_requirement requirement;
    bool is_mandatory;
    char confidence; /* V read in a public source, M from memory, C computed, P a proposal */
    char unit[12];   /* that the limit is stated in, and its size in SI */
    double unit_si;
} ap_requirement_row;

typedef struct ap_requirement_table {
    char name[32], title[120], source[240];
    size_t row_count;
    ap_requirement_row row[AP_REQUIREMENT_ROW_CAP];
} ap_requirement_table;

/* Reads a table. Each error is one line on standard error, "FILE:LINE:COLUMN: what; expected ...".
 * Returns 0, AP_EXIT_NO_INPUT, AP_EXIT_CONFIG or AP_EXIT_SOFTWARE. */
int ap_requirements_read(const ap_command *command, const char *path, ap_requirement_table *table);

/* The same from memory; `path` is for the messages. */
int ap_requirements_parse(const ap_command *command, const char *path, const char *text,
                          size_t size, ap_requirement_table *table);

/* Path of the table `name`: a file NAME.yaml in `own` (a folder, or the file itself; NULL: none),
 * in the folder that was installed with the program, or in the tree that it was built in. False,
 * after a line on standard error that lists the tables there are, when there is none, or
 * that says why `own` cannot be read. */
bool ap_requirements_find(const ap_command *command, const char *own, const char *name, char *path,
                          size_t size);

#endif
