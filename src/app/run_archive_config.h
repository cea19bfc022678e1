/* The service's `archive`: stores that tracks and alerts are kept in for analysis.
 *
 *     archive:
 *       folder: /var/lib/airpicture/archive
 *       postgres:
 *         connection: host=db user=airpicture dbname=air
 *         spool: /var/lib/airpicture/spool
 */
#ifndef AP_APP_RUN_ARCHIVE_CONFIG_H
#define AP_APP_RUN_ARCHIVE_CONFIG_H

#include <stdint.h>
#include <stdio.h>

#include "app/yaml_entry.h"

#define AP_RUN_PATH_MAX 1023
#define AP_RUN_CONNECTION_MAX 1023
#define AP_RUN_SCHEMA_MAX 40

typedef enum ap_run_partition { AP_RUN_HOUR, AP_RUN_DAY } ap_run_partition;

/* connection "": no server. */
typedef struct ap_run_postgres {
    char connection[AP_RUN_CONNECTION_MAX + 1]; /* without a password */
    char password_file[AP_RUN_PATH_MAX + 1];    /* "": libpq's ways */
    char schema[AP_RUN_SCHEMA_MAX + 1];
    char spool[AP_RUN_PATH_MAX + 1]; /* folder */
    uint32_t spool_mb;
    int partition;   /* ap_run_partition */
    uint32_t keep_s; /* 0: no limit */
} ap_run_postgres;

typedef struct ap_run_archive_config {
    char folder[AP_RUN_PATH_MAX + 1]; /* of GeoPackages; "": none */
    uint32_t segment_s;               /* of a file, by receive time */
    uint32_t keep_mb, keep_s;         /* of all; 0: no limit */
    uint32_t queue_mb;                /* of rows that may wait for a store */
    ap_run_postgres postgres;
} ap_run_archive_config;

extern const ap_yaml_group ap_run_archive_group, ap_run_postgres_group;

/* What stands for an archive that is absent: no store. */
void ap_run_archive_config_init(ap_run_archive_config *archive);

/* Reads the entry; relative paths count from `folder`. Errors are told by `reading`. */
void ap_run_archive_config_read(ap_yaml_reading *reading, const yaml_node_t *node,
                                const char *folder, ap_run_archive_config *archive);

/* What would run, a line for each store. */
void ap_run_archive_config_print(const ap_run_archive_config *archive, FILE *out);

/* The path at a key, counted from the folder of the file. */
void ap_run_place_path(ap_yaml_reading *reading, const ap_yaml_entry *entry, const char *key,
                       const char *folder, char path[AP_RUN_PATH_MAX + 1]);

#endif
