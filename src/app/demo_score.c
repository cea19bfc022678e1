#include "app/demo_score.h"

#include "io/output.h"
#include "wire/json.h"

void ap_demo_score_print(FILE *out, const ap_score_result *result)
{
    fprintf(out, "\nerrors against the truth, once a second from the 40th on\n");
    fprintf(out, "  aircraft                     %10u\n", result->target_count);
    fprintf(out, "  seen (completeness)          %10.2f %%\n", 100.0 * result->completeness);
    fprintf(out, "  position error, RMS          %10.1f m\n", result->position_rms_m);
    fprintf(out, "  position error, 95 %%         %10.1f m\n", result->position_95_m);
    fprintf(out, "  velocity error, RMS          %10.1f m/s\n", result->velocity_rms_mps);
    fprintf(out, "  altitude error, RMS          %10.1f m\n", result->altitude_rms_m);
    fprintf(out, "  false tracks, track seconds  %10llu\n",
            (unsigned long long)result->false_count);
    fprintf(out, "  tracks of ended flights, same%10llu\n",
            (unsigned long long)result->stale_count);
    fprintf(out, "  second tracks, track seconds %10llu\n",
            (unsigned long long)result->redundant_count);
    fprintf(out, "  track number changes         %10llu\n",
            (unsigned long long)result->switch_count);
    fprintf(out, "  NEES of position (2 = honest)%10.2f\n", result->nees_position);
}

int ap_demo_score_write(const ap_command *command, const char *path, const ap_score_result *result)
{
    uint8_t bytes[2048];
    char message[AP_IO_MESSAGE_SIZE];
    ap_writer text = ap_writer_of(bytes, sizeof bytes);
    ap_json_object object = ap_json_open(&text);
    ap_json_member_u64(&object, "target_count", result->target_count);
    ap_json_member_fixed(&object, "completeness", result->completeness, 6);
    ap_json_member_fixed(&object, "position_rms_m", result->position_rms_m, 3);
    ap_json_member_fixed(&object, "position_95_m", result->position_95_m, 3);
    ap_json_member_fixed(&object, "velocity_rms_mps", result->velocity_rms_mps, 3);
    ap_json_member_fixed(&object, "altitude_rms_m", result->altitude_rms_m, 3);
    ap_json_member_fixed(&object, "gospa_rms_m", result->gospa_rms_m, 3);
    ap_json_member_u64(&object, "false_track_seconds", result->false_count);
    ap_json_member_u64(&object, "redundant_track_seconds", result->redundant_count);
    ap_json_member_u64(&object, "stale_track_seconds", result->stale_count);
    ap_json_member_u64(&object, "switch_count", result->switch_count);
    ap_json_member_fixed(&object, "nees_position", result->nees_position, 4);
    ap_json_close(&object);
    ap_text_str(&text, "\n");
    ap_output output = { 0 };
    if (ap_output_open(&output, path, message))
        return ap_command_fail(command, AP_EXIT_NO_OUTPUT, "%s", message);
    (void)ap_output_write(&output, text.data, text.size); /* commit tells */
    if (ap_output_commit(&output, message))
        return ap_command_fail(command, AP_EXIT_IO, "%s", message);
    return AP_EXIT_OK;
}
