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
