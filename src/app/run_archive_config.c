#include "app/run_archive_config.h"

#include <stdlib.h>
#include <string.h>

#ifdef AP_POSTGRES
#include "io/postgres_store.h"
#endif

static const char *const partitions[] = { "hour", "day", NULL };

#define TEXT AP_YAML_TEXT

static const ap_yaml_key archive_keys[] = {
    TEXT("folder", ap_run_archive_config, folder, AP_RUN_PATH_MAX, false,
         "where GeoPackages go; made if it is not there"),
    AP_YAML_WHOLE("segment_s", 32, ap_run_archive_config, segment_s, 1, 86400, "3600",
                  "seconds in a GeoPackage: the next begins at a multiple of that, UTC"),
    AP_YAML_WHOLE("keep_mb", 32, ap_run_archive_config, keep_mb, 0, 100000000, "100000",
                  "megabytes of GeoPackages that are kept; 0: all"),
    AP_YAML_WHOLE("keep_s", 32, ap_run_archive_config, keep_s, 0, 1000000000, "2592000",
                  "seconds for which GeoPackages are kept; 0: for ever"),
    AP_YAML_WHOLE("queue_mb", 32, ap_run_archive_config, queue_mb, 1, 1024, "32",
                  "megabytes of rows that may wait for a store; a thousand rows take 0.14"),
    AP_YAML_OTHER("postgres", GROUP, "a PostgreSQL server with PostGIS, see below"),
    { .key = NULL },
};

static const ap_yaml_key postgres_keys[] = {
    TEXT("connection", ap_run_postgres, connection, AP_RUN_CONNECTION_MAX, true,
         "libpq's words, \"host=db user=airpicture dbname=air\", or a URI; without a password"),
    TEXT("password_file", ap_run_postgres, password_file, AP_RUN_PATH_MAX, false,
         "its first line is the password; if absent, ~/.pgpass or what PGPASSFILE names"),
    TEXT("schema", ap_run_postgres, schema, AP_RUN_SCHEMA_MAX, false,
         "where the tables are, airpicture if absent; made if it is not there"),
    TEXT("spool", ap_run_postgres, spool, AP_RUN_PATH_MAX, true,
         "folder for rows that the server is yet to get; made if it is not there"),
    AP_YAML_WHOLE("spool_mb", 32, ap_run_postgres, spool_mb, 1, 10000000, "4096",
                  "megabytes there at most; what comes when it is full is refused; a thousand rows "
                  "take 0.17"),
    AP_YAML_WORDS("partition", ap_run_postgres, partition, partitions, "hour", false,
                  "time in a partition; one that is over gets its indexes"),
    AP_YAML_WHOLE("keep_s", 32, ap_run_postgres, keep_s, 0, 1000000000, "2592000",
                  "seconds for which partitions are kept; 0: for ever"),
    { .key = NULL },
};

const ap_yaml_group ap_run_archive_group = { "archive", "archive", "", archive_keys };
const ap_yaml_group ap_run_postgres_group = { "archive: postgres", "postgres", "", postgres_keys };

void ap_run_place_path(ap_yaml_reading *reading, const ap_yaml_entry *entry, const char *key,
                       const char *folder, char path[AP_RUN_PATH_MAX + 1])
{
    if (!ap_yaml_entry_good(entry, key) || path[0] == '/' || folder[0] == '\0')
        return;
    char whole[AP_RUN_PATH_MAX + 1];
    if (snprintf(whole, sizeof whole, "%s/%s", folder, path) >= (int)sizeof whole)
        ap_yaml_tell_at(reading, ap_yaml_entry_mark(entry, key),
                        "%s is too long beside the folder of the file; expected a shorter path",
                        key);
    else
        strcpy(path, whole);
}

void ap_run_archive_config_init(ap_run_archive_config *archive)
{
    *archive = (ap_run_archive_config){ .folder = "" };
    ap_yaml_entry_initial(&ap_run_archive_group, archive);
    ap_yaml_entry_initial(&ap_run_postgres_group, &archive->postgres);
    strcpy(archive->postgres.schema, "airpicture");
}

#ifdef AP_POSTGRES
_Static_assert(AP_RUN_SCHEMA_MAX == AP_POSTGRES_SCHEMA_MAX, "a name that is read fits");

static void check_server(ap_yaml_reading *reading, const ap_yaml_entry *entry,
                         const ap_run_postgres *postgres)
{
    char message[AP_IO_MESSAGE_SIZE];
    if (ap_yaml_entry_good(entry, "connection") &&
        !ap_postgres_link_check(postgres->connection, message))
        ap_yaml_tell_at(reading, ap_yaml_entry_mark(entry, "connection"),
                        "connection: %s; expected words as 'host=db user=airpicture dbname=air', "
                        "and the password in password_file or ~/.pgpass",
                        message);
    if (ap_yaml_entry_good(entry, "schema") && !ap_postgres_schema_is_good(postgres->schema))
        ap_yaml_tell_at(reading, ap_yaml_entry_mark(entry, "schema"),
                        "schema '%s'; expected a to z, 0 to 9 and '_', no digit first, no 'pg_'",
                        postgres->schema);
}
#else
static void check_server(ap_yaml_reading *reading, const ap_yaml_entry *entry,
                         const ap_run_postgres *postgres)
{
    (void)postgres;
    ap_yaml_tell_at(reading, entry->mark,
                    "this program was built without PostgreSQL; expected no 'postgres', or a build "
                    "with libpq-dev installed");
}
#endif

static void read_postgres(ap_yaml_reading *reading, const yaml_node_t *node, const char *folder,
                          ap_run_archive_config *archive)
{
    ap_run_postgres *postgres = &archive->postgres;
    ap_yaml_entry entry;
    if (!ap_yaml_entry_read(reading, &ap_run_postgres_group, node, postgres, &entry))
        return;
    ap_run_place_path(reading, &entry, "password_file", folder, postgres->password_file);
    ap_run_place_path(reading, &entry, "spool", folder, postgres->spool);
    check_server(reading, &entry, postgres);
    if (*archive->folder && strcmp(archive->folder, postgres->spool) == 0)
        ap_yaml_tell_at(reading, ap_yaml_entry_mark(&entry, "spool"),
                        "spool is the folder of the GeoPackages; expected another");
}

void ap_run_archive_config_read(ap_yaml_reading *reading, const yaml_node_t *node,
                                const char *folder, ap_run_archive_config *archive)
{
    ap_yaml_entry entry;
    if (!ap_yaml_entry_read(reading, &ap_run_archive_group, node, archive, &entry))
        return;
    ap_run_place_path(reading, &entry, "folder", folder, archive->folder);
    const yaml_node_t *postgres = ap_yaml_entry_value(&entry, "postgres");
    if (postgres && ap_yaml_entry_good(&entry, "postgres"))
        read_postgres(reading, postgres, folder, archive);
}

void ap_run_archive_config_print(const ap_run_archive_config *archive, FILE *out)
{
    const ap_run_postgres *postgres = &archive->postgres;
    if (*archive->folder)
        fprintf(out, "archive  %s, GeoPackages of %u s\n", archive->folder, archive->segment_s);
    if (*postgres->connection)
        fprintf(out,
                "archive  PostgreSQL at '%s', schema %s, a partition each %s; spool %s, %u MB\n",
                postgres->connection, postgres->schema, partitions[postgres->partition],
                postgres->spool, postgres->spool_mb);
}
