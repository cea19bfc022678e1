#!/usr/bin/env python3
"""The reader of the stream in examples/ knows what the writer's test told it.

    test/examples_ws_reader.py PROGRAM      PROGRAM: the test of publish/delta
"""

import os
import pathlib
import subprocess
import sys
import tempfile

with tempfile.TemporaryDirectory() as folder:
    recording = pathlib.Path(folder) / "frames"
    told = subprocess.run([sys.argv[1]], env={**os.environ, "AP_DELTA_RECORDING": str(recording)},
                          stdout=subprocess.PIPE, check=True, text=True).stdout
    with recording.open("rb") as frames:
        read = subprocess.run([sys.executable, "examples/ws_reader.py"], stdin=frames,
                              stdout=subprocess.PIPE, check=True, text=True).stdout


def tracks(text):
    return [line for line in text.splitlines() if line.startswith("track ")]


if not tracks(told) or tracks(told) != tracks(read):
    sys.exit("told:\n" + "\n".join(tracks(told)) + "\nread:\n" + "\n".join(tracks(read)))
print("ok", len(tracks(read)), "tracks")
