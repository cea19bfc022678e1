#include "io/archive_folder.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static ap_err add(ap_archive_files *files, const char *folder, const char *name)
{
    size_t size = strlen(folder) + strlen(name) + 2;
    char **grown = realloc(files->path, (files->count + 1) * sizeof *grown);
    char *path = malloc(size);
    if (grown)
        files->path = grown;
    if (!grown || !path) {
        free(path);
        return AP_ERR_MEMORY;
    }
    snprintf(path, size, "%s%s%s", folder, folder[0] != '\0' ? "/" : "", name);
    files->path[files->count++] = path;
    return AP_OK;
}

static bool is_ours(const char *name)
{
    static const char ending[] = ".gpkg";
    size_t size = strlen(name);
    return name[0] != '.' && size >= sizeof ending &&
           strcmp(name + size - (sizeof ending - 1), ending) == 0;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static ap_err cannot_read(const char *path, int why, char message[AP_IO_MESSAGE_SIZE])
{
    snprintf(message, AP_IO_MESSAGE_SIZE, "cannot read '%s': %s", path, strerror(why));
    return AP_ERR_NO_INPUT;
}

static ap_err list(ap_archive_files *files, const char *path, char message[AP_IO_MESSAGE_SIZE])
{
    DIR *folder = opendir(path);
    ap_err err = AP_OK;
    if (!folder)
        return cannot_read(path, errno, message);
    for (const struct dirent *entry; !err && (entry = readdir(folder));)
        if (is_ours(entry->d_name))
            err = add(files, path, entry->d_name);
    (void)closedir(folder);
    if (err)
        snprintf(message, AP_IO_MESSAGE_SIZE, "%s", ap_err_text(err));
    if (err || files->count > 0) {
        if (files->count > 1)
            qsort(files->path, files->count, sizeof *files->path, by_name);
        return err;
    }
    snprintf(message, AP_IO_MESSAGE_SIZE,
             "the folder '%s' holds no archive; expected files whose names end in .gpkg", path);
    return AP_ERR_NO_INPUT;
}

ap_err ap_archive_files_find(ap_archive_files *files, const char *path,
                             char message[AP_IO_MESSAGE_SIZE])
{
    struct stat about;
    *files = (ap_archive_files){ 0 };
    if (stat(path, &about) != 0)
        return cannot_read(path, errno, message);
    ap_err err = AP_OK;
    if (S_ISDIR(about.st_mode)) {
        err = list(files, path, message);
    } else if ((err = add(files, "", path)) != AP_OK) {
        snprintf(message, AP_IO_MESSAGE_SIZE, "%s", ap_err_text(err));
    }
    if (err)
        ap_archive_files_free(files);
    return err;
}

void ap_archive_files_free(ap_archive_files *files)
{
    for (size_t i = 0; i < files->count; i++)
        free(files->path[i]);
    free(files->path);
    *files = (ap_archive_files){ 0 };
}
