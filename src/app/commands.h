/* What each subcommand's file exports: its run function and its option table. */
#ifndef AP_APP_COMMANDS_H
#define AP_APP_COMMANDS_H

#include "app/command.h"

extern const ap_option ap_decode_options[];
int ap_decode_run(const ap_command *command, int argc, char **argv);

extern const ap_option ap_convert_options[];
int ap_convert_run(const ap_command *command, int argc, char **argv);

extern const ap_option ap_replay_options[];
int ap_replay_run(const ap_command *command, int argc, char **argv);

extern const ap_option ap_track_options[];
int ap_track_run(const ap_command *command, int argc, char **argv);

extern const ap_option ap_simulate_options[];
int ap_simulate_run(const ap_command *command, int argc, char **argv);

extern const ap_option ap_evaluate_command_options[];
int ap_evaluate_command_run(const ap_command *command, int argc, char **argv);

extern const ap_option ap_compare_options[];
int ap_compare_run(const ap_command *command, int argc, char **argv);

extern const ap_option ap_run_options[];
int ap_run_run(const ap_command *command, int argc, char **argv);

extern const ap_option ap_check_options[];
int ap_check_run(const ap_command *command, int argc, char **argv);

extern const ap_option ap_token_options[];
int ap_token_run(const ap_command *command, int argc, char **argv);

extern const ap_option ap_export_options[];
int ap_export_run(const ap_command *command, int argc, char **argv);

extern const ap_option ap_why_options[];
int ap_why_run(const ap_command *command, int argc, char **argv);

extern const ap_option ap_demo_options[];
int ap_demo_run(const ap_command *command, int argc, char **argv);

extern const ap_option ap_help_options[];
int ap_help_run(const ap_command *command, int argc, char **argv);

#endif
