/* The files of an archive: one GeoPackage, or the GeoPackages of a folder. */
#ifndef AP_IO_ARCHIVE_FOLDER_H
#define AP_IO_ARCHIVE_FOLDER_H

#include <stddef.h>

#include "airpicture/err.h"
#include "io/input.h"

typedef struct ap_archive_files {
    char **path;
    size_t count;
} ap_archive_files;

/* in : path: a file, or a folder whose "*.gpkg" are wanted, but for names that begin with a dot.
 * out: in order of their names. AP_ERR_NO_INPUT with `message`, also when a folder has none. */
ap_err ap_archive_files_find(ap_archive_files *files, const char *path,
                             char message[AP_IO_MESSAGE_SIZE]);

/* Safe twice. */
void ap_archive_files_free(ap_archive_files *files);

#endif
