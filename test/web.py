#!/usr/bin/env python3
"""The page's own tests: its reader of the stream against octets of the C writer, and its parts.

    test/web.py PROGRAM      PROGRAM: the test of publish/delta
"""

import os
import pathlib
import subprocess
import sys
import tempfile

WEB = pathlib.Path(__file__).resolve().parents[1] / "web"

with tempfile.TemporaryDirectory() as folder:
    frames, told = pathlib.Path(folder) / "frames", pathlib.Path(folder) / "told"
    done = subprocess.run([sys.argv[1]], env={**os.environ, "AP_DELTA_RECORDING": str(frames)},
                          stdout=subprocess.PIPE, check=True)
    told.write_bytes(done.stdout)
    ran = subprocess.run(["node", "tools/test.mjs"], cwd=WEB, text=True, stdout=subprocess.PIPE,
                         env={**os.environ, "AP_DELTA_FRAMES": str(frames),
                              "AP_DELTA_TOLD": str(told), "NODE_OPTIONS": ""})
for line in ran.stdout.splitlines():
    name = line.strip()
    if name.startswith(("ok ", "not ok ")) and " - " in name:
        print(("ok " if name.startswith("ok") else "not ok ") + name.split(" - ", 1)[1])
if ran.returncode != 0:
    print(ran.stdout[-3000:], file=sys.stderr)
sys.exit(ran.returncode)
