#!/usr/bin/env python3
"""The ASTERIX output as Wireshark's dissector reads it: nothing malformed, and the tracks are those
of the JSON lines.

usage: tshark.py, with $AIRPICTURE and $AIRPICTURE_DATA. Prints `ok NAME` or `not ok NAME`; status
77: a program or recording that is needed is not there."""
import json
import os
import shutil
import subprocess
import sys
import tempfile


def tshark(path, *arguments):
    done = subprocess.run(["tshark", "-r", path, "-d", "udp.port==8600,asterix", *arguments],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return done.stdout


def tell(name, good, text=""):
    if not good:
        print(text)
    print("ok" if good else "not ok", name)
    return good


def main():
    program = os.environ.get("AIRPICTURE")
    data = os.environ.get("AIRPICTURE_DATA", "../shared/data")
    recording = os.path.join(data, "modes/sample_dump1090.bin")
    if not program or not os.path.exists(recording) or not shutil.which("tshark"):
        print("no AIRPICTURE program, no tshark, or no recording", recording)
        return 77
    with tempfile.TemporaryDirectory() as folder:
        pcap, lines = os.path.join(folder, "x.pcap"), os.path.join(folder, "x.jsonl")
        done = subprocess.run([program, "replay", "--quiet", "--system", "25/100", "--asterix",
                               pcap, "--tracks", lines, recording], capture_output=True, text=True)
        if not tell("replay", done.returncode == 0, done.stderr):
            return 1
        bad = tshark(pcap, "-Y", "_ws.malformed || _ws.expert || !asterix")
        good = tell("malformed", bad == "", bad)
        fields = tshark(pcap, "-Y", "asterix.category == 62", "-T", "fields",
                        "-e", "asterix.062_040_VALUE", "-e", "asterix.062_010_SAC",
                        "-e", "asterix.062_010_SIC")
        seen = set()
        sources = set()
        for line in fields.splitlines():
            numbers, sac, sic = line.split("\t")
            seen.update(int(number, 0) for number in numbers.split(","))
            sources.update(zip(sac.split(","), sic.split(",")))
        with open(lines, encoding="utf-8") as file:
            told = {track.get("track_number") for track in map(json.loads, file)} - {None}
        good &= tell("tracks", bool(seen) and seen <= told, f"{sorted(seen)} of {sorted(told)}")
        good &= tell("source", {(int(a, 0), int(b, 0)) for a, b in sources} == {(25, 100)},
                     str(sources))
    return 0 if good else 1


sys.exit(main())
