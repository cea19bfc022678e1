/* Where tables of requirements are. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/paths.h"
#include "app/requirements.h"
#include "io/output.h"

enum { PATH_ROOM = 1024, NAMES_ROOM = 1200 };

/* Folders beside the program: as installed (bin beside share), and as built (build/PRESET). */
static const char *const places[] = { "../share/airpicture/requirements",
                                      "../../spec/requirements" };

static bool is_file(const char *path)
{
    return access(path, R_OK) == 0 && !ap_output_is_directory(path);
}

/* The folder of the program with a slash; empty when it is not known. */
static void program_folder(char folder[PATH_ROOM])
{
    ssize_t size = readlink("/proc/self/exe", folder, PATH_ROOM - 1);
    folder[size > 0 ? size : 0] = '\0';
    char *slash = strrchr(folder, '/');
    if (slash)
        slash[1] = '\0';
}

static int by_text(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* Names of the tables in a folder, for people. */
static void list_tables(const char *path, char *list, size_t size)
{
    static const char ending[] = ".yaml";
    char(*name)[64] = calloc(AP_REQUIREMENT_TABLE_CAP, sizeof *name);
    DIR *folder = name ? opendir(path) : NULL;
    struct dirent *entry;
    size_t count = 0;
    while (folder && count < AP_REQUIREMENT_TABLE_CAP && (entry = readdir(folder)) != NULL)
        if (ap_path_ends_with(entry->d_name, ending) && strlen(entry->d_name) < sizeof *name)
            snprintf(name[count++], sizeof *name, "%.*s",
                     (int)(strlen(entry->d_name) - strlen(ending)), entry->d_name);
    if (folder)
        closedir(folder);
    if (name)
        qsort(name, count, sizeof *name, by_text);
    for (size_t i = 0; i < count; i++)
        snprintf(list + strlen(list), size - strlen(list), "%s%s", *list ? ", " : "", name[i]);
    free(name);
}

static bool is_in(const char *folder, const char *rest, const char *name, char *path, size_t size)
{
    int length = snprintf(path, size, "%s%s/%s.yaml", folder, rest, name);
    return length > 0 && (size_t)length < size && is_file(path);
}

/* FILE itself, when it is named as the table. */
static bool is_own_file(const char *own, const char *name, char *path, size_t size)
{
    const char *slash = strrchr(own, '/');
    const char *last = slash ? slash + 1 : own;
    size_t length = strlen(name);
    if (!is_file(own) || strncmp(last, name, length) != 0 || strcmp(last + length, ".yaml") != 0)
        return false;
    return (size_t)snprintf(path, size, "%s", own) < size;
}

bool ap_requirements_find(const ap_command *command, const char *own, const char *name, char *path,
                          size_t size)
{
    char folder[PATH_ROOM], list[NAMES_ROOM] = "", place[2 * PATH_ROOM];
    if (own && access(own, R_OK) != 0) {
        (void)ap_command_fail(command, AP_EXIT_USAGE,
                              "--tables %s: %s; expected a folder or a file", own, strerror(errno));
        return false;
    }
    if (own && (is_own_file(own, name, path, size) || is_in(own, "", name, path, size)))
        return true;
    program_folder(folder);
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
        if (is_in(folder, places[i], name, path, size))
            return true;
    if (own && ap_output_is_directory(own))
        list_tables(own, list, sizeof list);
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        snprintf(place, sizeof place, "%s%s", folder, places[i]);
        list_tables(place, list, sizeof list);
    }
    (void)ap_command_fail(command, AP_EXIT_USAGE,
                          "no table '%s' of requirements; expected one of: %s; or --tables with a "
                          "folder or file of your own",
                          name, list[0] ? list : "(none found beside the program)");
    return false;
}
