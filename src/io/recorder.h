/* Recorder: what goes through a chunk ring, to files in a folder. Two threads of its own: one
 * writes, one packs what is closed (zstd) and removes what is older or more than is to be kept.
 *
 * A file is `airpicture-TIME.pcap`, by the receive time of its first chunk, and
 * `airpicture-TIME.pcap.zst` once it is packed: sorted by name they are one recording. Whatever the
 * disk does, the ring's other users do not notice; what could not be written is counted, and files
 * go on when they can. What is in the ring is written some milliseconds later, so that a killed
 * process loses no more than that. A file that somebody removes while it is written is noticed with
 * the next chunk: what it held is counted as lost. */
#ifndef AP_IO_RECORDER_H
#define AP_IO_RECORDER_H

#include <stdbool.h>
#include <stdint.h>

#include "airpicture/time.h"
#include "io/input.h"
#include "io/chunk_ring.h"
#include "io/disk.h"

typedef struct ap_recorder_config {
    const char *folder;  /* made if it is not there */
    ap_chunk_ring *ring; /* of which it is the recorder; outlives it */
    /* Descriptions, [about_count], put in front of each file: texts of inputs 0, 1, ... */
    const char *const *about;
    uint16_t about_count;
    uint64_t file_size; /* a file is closed when it is so large, ... */
    uint32_t file_s;    /* ... or its first chunk so long ago; > 0 */
    uint64_t keep_size; /* octets of all files, packed or not; 0: no limit */
    uint32_t keep_s;    /* files whose last chunk is older go; 0: no limit */
} ap_recorder_config;

typedef struct ap_recorder_stats {
    uint64_t written_size, file_count;
    uint64_t lost_size;             /* octets that are in no file */
    uint64_t failure_count;         /* of the disk */
    bool is_writing;                /* false while the disk refuses */
    uint64_t kept_count, kept_size; /* files that there are, looked at every ten seconds, ... */
    ap_disk disk;                   /* ... and the room beside them */
    char last_error[256];           /* one line, or "" */
} ap_recorder_stats;

typedef struct ap_recorder {
    struct ap_recorder_state *state; /* NULL when closed */
} ap_recorder;

/* Cuts what a killed process left unfinished behind its last whole chunk, and starts. AP_ERR_IO or
 * AP_ERR_MEMORY with `message`; AP_ERR_NO_OUTPUT when another process records there. */
ap_err ap_recorder_open(ap_recorder *recorder, const ap_recorder_config *config,
                        char message[AP_IO_MESSAGE_SIZE]);

ap_recorder_stats ap_recorder_stats_of(const ap_recorder *recorder);

/* Writes what is in the ring, closes the file and leaves it unpacked. Safe twice. */
void ap_recorder_close(ap_recorder *recorder);

/* Receive time of the newest chunk that was handed to the system, or given up; AP_UTC_UNKNOWN. */
ap_utc_ns ap_recorder_settled(const ap_recorder *recorder);

/* Receive time of the newest chunk of a folder; AP_UTC_UNKNOWN: there is none. Reads the newest
 * file.
 */
ap_utc_ns ap_recordings_newest(const char *folder);

/* Called with each chunk; false ends the reading. */
typedef bool (*ap_recorded_fn)(void *context, const ap_chunk *chunk);

/* Path of the newest file; false: there is none, or it does not fit. */
bool ap_recordings_newest_path(const char *folder, char *path, size_t size);

/* True for a file that a recorder wrote, packed or not. */
bool ap_recording_is_file(const char *path);

/* Reads all chunks of one file, descriptions too. AP_ERR_TRUNCATED or AP_ERR_MALFORMED with
 * `message` when it ends inside a chunk or is damaged: all before was given. AP_ERR_NO_INPUT,
 * AP_ERR_MEMORY. */
ap_err ap_recording_read(const char *path, ap_recorded_fn fn, void *context,
                         char message[AP_IO_MESSAGE_SIZE]);

/* Reads the chunks of a folder that were received after `after_utc`, in order; AP_UTC_UNKNOWN: all.
 * AP_ERR_IO with `message` when a file cannot be read: those behind it are read nevertheless. A
 * folder that is not there holds nothing. */
ap_err ap_recordings_read(const char *folder, ap_utc_ns after_utc, ap_recorded_fn fn, void *context,
                          char message[AP_IO_MESSAGE_SIZE]);

#endif
