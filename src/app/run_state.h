/* What the service keeps so that a restart goes on: checkpoints of the engine's region, and the
 * recording after the newest of them. For run_engine.c, in the engine's thread. */
#ifndef AP_APP_RUN_STATE_H
#define AP_APP_RUN_STATE_H

#include <stdbool.h>

#include "app/command.h"
#include "app/engine.h"
#include "app/live_engine.h"
#include "app/run_archive.h"
#include "app/run_config.h"
#include "io/checkpoint.h"
#include "io/log.h"
#include "io/recorder.h"

typedef struct ap_run_state_keeper {
    const ap_run_config *config;
    ap_region *region;
    ap_engine *engine;
    ap_live_engine *live;
    const ap_log *log;
    const ap_recorder *recorder; /* NULL: nothing is recorded */
    const ap_run_archive *archive;
    ap_run_archive_ends ends; /* of the archive's queues when the newest checkpoint was begun */
    int64_t begun_ns;         /* when that was, monotonic */
    ap_checkpoint checkpoint;
    char path[AP_RUN_PATH_MAX + 32], recordings[AP_RUN_PATH_MAX + 32];
    uint64_t layout;
    ap_utc_ns newest_utc;  /* of what the engine took; AP_UTC_UNKNOWN */
    ap_utc_ns written_utc; /* of that in the newest checkpoint that was begun */
    int64_t due_ns;        /* monotonic, of the next */
    uint64_t read_count;   /* chunks of the recording */
    /* Each thousand or so of them; may be NULL. False: there is no time for more. */
    bool (*on_progress)(void *context);
    bool is_cut; /* on_progress said so */
    void *context;
} ap_run_state_keeper;

/* Makes the folder, for the service alone. Returns an exit status after a line on standard error.
 */
int ap_run_state_folder(const ap_command *command, const ap_run_config *config);

/* Takes the folder for this process: *lock, which ap_checkpoint_unlock gives back. Returns an exit
 * status after a line on standard error. */
int ap_run_state_lock(const ap_command *command, const ap_run_config *config, int *lock);

/* True when chunks are recorded. */
bool ap_run_state_records(const ap_run_config *config);

/* Without a folder everything below does nothing. */
void ap_run_state_open(ap_run_state_keeper *keeper, const ap_run_config *config, ap_region *region,
                       ap_engine *engine, ap_live_engine *live, const ap_log *log);

/* Reads the checkpoint, if there is one that fits. AP_ERR_MALFORMED: the region is of no use any
 * more, and the engine has to be opened anew; else AP_OK. */
ap_err ap_run_state_load(ap_run_state_keeper *keeper);

/* Gives the engine what was recorded after the checkpoint. False: it was not to read to the end,
 * and nothing may be written behind what was recorded. */
bool ap_run_state_read(ap_run_state_keeper *keeper);

/* Removes what a killed process left unfinished: under the lock. */
void ap_run_state_clean(const ap_run_state_keeper *keeper);

/* Opens the recorder of a ring. AP_ERR_* of ap_recorder_open. */
ap_err ap_run_state_record(const ap_run_state_keeper *keeper, ap_chunk_ring *ring,
                           ap_recorder *recorder, char message[AP_IO_MESSAGE_SIZE]);

/* The engine took a chunk. */
static inline void ap_run_state_took(ap_run_state_keeper *keeper, ap_utc_ns receive_utc)
{
    keeper->newest_utc = receive_utc;
}

/* Begins a checkpoint when one is due; at rest, or when it has been due for as long again. It comes
 * in sight when the recorder and the archive are as far as it is: what a killed process leaves has
 * no gap. An archive that is away is waited for for ten seconds: longer, and a restart would have
 * to read all that was recorded since before the picture is back. */
void ap_run_state_keep(ap_run_state_keeper *keeper, bool at_rest);

/* Waits for the checkpoint that is being written: before the thread ends that began it. One that
 * the recorder or the archive is not as far as within five seconds is given up: the next start goes
 * on from the one before, and makes the rows again that were not stored. */
void ap_run_state_wait(ap_run_state_keeper *keeper);

static inline ap_utc_ns ap_run_state_newest(const ap_run_state_keeper *keeper)
{
    return keeper->newest_utc;
}

void ap_run_state_count(const ap_run_state_keeper *keeper, uint64_t *written_count,
                        uint64_t *failed_count, int64_t *stall_ns);

/* Waits for the checkpoint under way; a last one before, when `and_write`. Safe twice. */
void ap_run_state_close(ap_run_state_keeper *keeper, bool and_write);

#endif
