/* The files of a recorder: names, order, repair, packing, retention. For io/recorder.c. */
#ifndef AP_IO_RECORDER_FILES_H
#define AP_IO_RECORDER_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "airpicture/time.h"
#include "io/input.h"

#define AP_RECORDING_NAME_SIZE 64

typedef struct ap_recording_file {
    char name[AP_RECORDING_NAME_SIZE];
    ap_utc_ns first_utc; /* from its name */
    uint64_t size;
    bool is_packed;
} ap_recording_file;

/* Name of a file whose first chunk was received then. */
void ap_recording_name(ap_utc_ns first_utc, char name[AP_RECORDING_NAME_SIZE]);

/* The recordings of a folder by time, *count of them, to be freed; NULL with *count 0 when there
 * are none, and with *error set when the folder cannot be read. A file that is there packed and
 * unpacked is listed unpacked: its packing was not finished. */
ap_recording_file *ap_recording_files(const char *folder, size_t *count, int *error);

/* Cuts an unpacked file behind its last whole chunk; one without chunks goes. Returns 0 or an error
 * number. */
int ap_recording_repair(const char *folder, const char *name);

/* Packs a file; the unpacked one goes when the packed one is whole and synced. 0 or an error
 * number. */
int ap_recording_pack(const char *folder, const char *name);

#endif
