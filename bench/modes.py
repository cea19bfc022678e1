#!/usr/bin/env python3
"""Mode S throughput: the recordings that a peer was measured on, read back from memory.

The load is made by the generator beside the recordings (see its README): N aircraft, three frames a
second each, extended squitters, all-call and surveillance replies with real Comm-B registers. CPU
time of one core; the peer's figures are those measured with the same load on its Beast port, all of
its work in memory and no text output. Then the same traffic as 1, 4 and 16 receivers hear it,
merged in one stream, each with its own clock: frames of all receivers a CPU second."""
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
LOAD = pathlib.Path(os.environ.get("AIRPICTURE_BENCH", ROOT.parent / "shared/bench")) / "beast"
FRAMES = 3_000_000
RADIUS_DEG = 30
# Aircraft: frames per CPU second that are wanted, and that the peer does.
MERGED = (1, 4, 16) # receivers of the same traffic
WANTED = {2_000: (4.0e6, 2.9e6), 10_000: (3.0e6, 1.3e6), 50_000: (2.0e6, 0.48e6)}


def main():
    if not LOAD.is_dir():
        sys.exit(f"no load generator at {LOAD} (set AIRPICTURE_BENCH)")
    with tempfile.TemporaryDirectory(prefix="airpicture-bench-") as folder:
        make = pathlib.Path(folder) / "gen"
        subprocess.run([os.environ.get("CC", "cc"), "-O2", "-w", "-o", make, LOAD / "gen.c", "-lm"],
                       check=True)
        for aircraft, (wanted, peer) in WANTED.items():
            load = pathlib.Path(folder) / "load.beast"
            subprocess.run([str(word) for word in (make, aircraft, FRAMES, 3 * aircraft, load,
                                                   LOAD / "payloads.txt", RADIUS_DEG)],
                           stderr=subprocess.DEVNULL, check=True)
            print(f"{aircraft} aircraft, {FRAMES / 1e6:.0f} M frames "
                  f"(wanted {wanted / 1e6:.1f} M/s; readsb {peer / 1e6:.2f} M/s)", flush=True)
            bench = [ROOT / "build/release/bench.modes", str(aircraft), load]
            subprocess.run(bench, check=True)
            for receivers in MERGED:
                subprocess.run([*bench, str(receivers)], check=True)


main()
