#include "app/commands.h"

#define ROW(symbol, name_, operands_, summary_, description_)                                      \
    {                                                                                              \
        .name = name_, .operands = operands_, .summary = summary_, .description = description_,    \
        .options = ap_##symbol##_options, .run = ap_##symbol##_run                                 \
    }

const ap_command ap_commands[] = {
    ROW(replay, "replay", "INPUT...", "recordings to tracks",
        "Runs recordings of any number of sensors through the whole engine and writes the air "
        "picture: track updates, ASTERIX for other systems, an archive for maps. Several inputs "
        "are merged by their receive times. At the end a summary tells what each sensor delivered "
        "and what was refused, by reason.\n"
        "An input is a file, or '-' for standard input; gzip and zstd are unpacked on the way. "
        "Radars that report range and azimuth need a sensors file that places them; ADS-B, "
        "multilateration and other trackers state positions and need none."),
    ROW(run, "run", "[CONFIG.yaml]", "the service: live sensors in, the air picture out",
        "Receives what the inputs of a configuration deliver, over UDP, TCP, serial lines or from "
        "growing files, and serves the air picture as it is now. With a folder for its state it "
        "goes on after any end where it was: the same tracks under the same numbers.\n"
        "SIGHUP reads the configuration again, whole or not at all; SIGTERM ends it when what was "
        "received is worked off. Without a configuration it shows simulated traffic; with --replay "
        "a recording, for which a configuration's http, outputs, sensors file and capacities "
        "count; its "
        "inputs, state and archive are left alone.\n"
        "doc/run.md tells how a configuration is written."),
    ROW(check, "check", "CONFIG.yaml", "whether a configuration would be accepted",
        "Reads a configuration and its sensors file as the service would and tells every error "
        "with its place and what was expected, or, in some lines, what would run."),
    ROW(token, "token", "NAME", "a token for who may read or operate the service",
        "Makes a random token, prints it once on standard error, for whom it is for, and on "
        "standard output the line that the service keeps, from which the token cannot be found: "
        "airpicture token --role operate ann >> tokens"),
    ROW(decode, "decode", "INPUT...", "recordings to readable records",
        "Writes one object a record: ASTERIX items in the unit of their definition, Mode S frames "
        "with the unit in every key and the position where two frames gave one. Records that "
        "cannot be read are counted by reason; the stream goes on at the next block that proves "
        "itself."),
    ROW(convert, "convert", "IN OUT", "one form of recording to another",
        "Writes the ASTERIX records of JSON lines, as decode writes them, as a packet capture with "
        "the time of each line, or as raw data blocks. The values in 'rec' are encoded by the "
        "line's category and edition; octets in 'hex' are taken as they are when they mean the "
        "same values, so that what was only decoded comes back octet for octet. "
        "Each record becomes a data block and a datagram of its own; one that leaves its source "
        "out stays in the block of the line before. A line that cannot be encoded is refused, "
        "with its number, the item and the range; the others are written, and the exit status is "
        "65.\n"
        "Mode S frames (Beast, AVR, JSON lines) become each other as they are, and targets "
        "(SBS/BaseStation, aircraft.json at the end of the input, GDL90, CAT021) with positions "
        "solved; targets become each other, and CAT021; ASTERIX becomes targets where it states "
        "positions. Targets hold no frames. What a form cannot tell is left out, and counted when "
        "it is a whole target.\n"
        "IN may be '-' for standard input, OUT '-' for standard output, with --to."),
    ROW(track, "track", "DETECTIONS.csv", "detections in CSV to tracks in CSV",
        "Tracks what a CSV file states, row by row in the order of time: range and azimuth, x and "
        "y "
        "in a plane, or latitude and longitude; of one sensor or, with a column 'sensor', of "
        "several. The head names the columns with their units (time_s, range_m, azimuth_deg, x_m, "
        "latitude_deg and so on; doc/tracking.md lists them). Heights, accuracies, a Mode 3/A "
        "code, "
        "an address and a call sign are used where there are such columns. The file may be '-' for "
        "standard input, plain or packed with gzip or zstd.\n"
        "Without a sensors file each sensor is a radar in a flat world at the origin of the plane, "
        "or where sensor_x_m and sensor_y_m place it; 0 N 0 E stands for that origin. Its turn "
        "time is found from the first rows, its detection probability and its false plots are "
        "learnt on the way. With one, the column 'sensor' holds names of the file, and ranges are "
        "slant ranges on the round Earth.\n"
        "Tracks come as pictures at even times, by default once a turn: position, velocity and "
        "their covariance in the plane, beside latitude, longitude, existence and identity. A row "
        "that cannot be used is refused, with its line and column, and counted by reason; the "
        "others are tracked."),
    ROW(simulate, "simulate", "SCENARIO.yaml", "a scenario to what its sensors would send",
        "Simulates the traffic and the sensors that a scenario describes and writes, into DIR, a "
        "capture for each sensor (SENSOR.pcap, of a Beast receiver SENSOR.beast too), merged.pcap "
        "with everything in the order of its arrival, truth.csv with where everything was, "
        "sensors.yaml to run against, which tells of no error that their owner would not know, "
        "and about.json with every parameter and count. The same scenario and seed give the same "
        "bytes.\n"
        "With --live the packets go out as their time comes. An interruption ends the run there; "
        "what was simulated is kept.\n"
        "doc/scenarios.md tells how a scenario is written; ten stand in the folder scenarios."),
    ROW(evaluate_command, "evaluate", "",
        "tracks held against truth: errors, requirements, a report",
        "Holds tracks against truth and says how good they are: GOSPA, OSPA and T-GOSPA, SIAP, "
        "errors by phase of flight and by range, consistency of the covariances, latency, "
        "continuity; and row by row whether the requirements of the standards are met, with the "
        "value, the limit and the count behind it. Truth is a file of states, or made of the ADS-B "
        "in a recording. Tracks are those of airpicture or of any other system.\n"
        "Inputs that cannot belong together (other times, other units, x for y) are refused with "
        "status 65 and a suggestion. The exit status is 1 when a mandatory row of a table that was "
        "required fails. Tables of requirements are data files, which you may correct or add to; "
        "doc/evaluate.md tells how."),
    ROW(compare, "compare", "A B", "two trackers on the same truth",
        "Holds two outputs against the same truth: each figure of both, the difference and which "
        "is "
        "better, and the mean difference of GOSPA over the instants with its standard error, which "
        "tells whether it is more than chance. The exit status is 1 when B is worse than A by more "
        "than --worse-than allows."),
    ROW(export, "export", "ARCHIVE", "tracks of an archive for maps and tables",
        "Writes tracks of an archive as GeoJSON, KML, CZML, CSV or a GeoPackage of its own: all of "
        "them, some, those of a time or of a place. ARCHIVE is a GeoPackage that replay --archive "
        "or the service wrote, the one that the service writes just now, or a folder of them; a "
        "track that goes over several files comes out as one.\n"
        "A way that leaves the box and comes back is in parts. What was written is counted on "
        "standard error."),
    ROW(why, "why", "ARCHIVE|URL TRACK", "why a track is what it is",
        "Tells what happened to a track, line by line: its birth, confirmation, identity, joining, "
        "refused reports and end, when, by which sensor's report, and what was known of it then. "
        "TRACK is a track id, n and a track number, a 24-bit address as six hexadecimal digits, or "
        "a call sign; of several such tracks each is told. ARCHIVE is what export takes.\n"
        "URL is that of a running service, such as http://127.0.0.1:8080: of a track that it has "
        "now the newest sixteen reasons. A service at https is asked by the name in its "
        "certificate; the environment's SSL_CERT_FILE names a certificate that the system does not "
        "trust anyway."),
    ROW(demo, "demo", "", "a simulated air picture, live in the terminal",
        "Simulates three Mode S radars, a wide-area multilateration and an ADS-B receiver that "
        "watch sixty flights for ten minutes, feeds their bytes through the engine at ten times "
        "real time, shows a live table, writes every output, and compares the tracks with the "
        "truth."),
    ROW(help, "help", "[COMMAND]", "how a command is used",
        "Prints the help of a command, or the list of commands; with --man a manual page made "
        "from the same tables."),
    { .name = NULL },
};
