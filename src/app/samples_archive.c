/* A GeoPackage of ours, or of another writer with the same columns. */
#include <stdio.h>

#include "app/samples_read.h"
#include "app/samples_row.h"
#include "io/geopackage_read.h"

static ap_err on_row(void *context, const ap_geopackage_read_row *row)
{
    ap_samples_reading *reading = context;
    ap_sample_row values = { 0 };
    for (size_t i = 0; i < row->column_count; i++) {
        const ap_sample_field *field = ap_sample_field_of(row->name[i], row->name_size[i]);
        if (field && row->text[i] &&
            !ap_sample_row_set(&values, field, row->text[i], row->text_size[i])) {
            reading->samples->refused_count++;
            return AP_OK;
        }
    }
    if (reading->on_share && row->index % 65536 == 0 && row->row_count > 0)
        reading->on_share(reading->context, (double)row->index / (double)row->row_count);
    return ap_sample_row_add(reading->samples, &values, reading->shown_path, row->index);
}

int ap_samples_read_archive(ap_samples_reading *reading)
{
    ap_err err = ap_geopackage_read(reading->path, on_row, reading, reading->message);
    snprintf(reading->samples->format, sizeof reading->samples->format, "GeoPackage");
    return err ? ap_command_fail(reading->command, ap_exit_of(err), "%s", reading->message)
               : AP_EXIT_OK;
}
