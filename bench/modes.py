#!/usr/bin/env python3
"""Mode S throughput: the recordings that a peer was measured on, read back from memory.

The load is made by the generator beside the recordings (see its README): N aircraft, three frames a
second each, extended squitters, all-call and surveillance replies with real Comm-B registers. CPU
time of one core; the peer's figures are those measured with the same load on its Beast port, all of
its work in memory and no text output. Then the same traffic as 1, 4 and 16 receivers hear it,
merged in one stream, each with its own clock: frames of all receivers a CPU second. At last the
whole program: `replay` of a minute of 10,000 aircraft with and without text outputs, and of a real
recording."""
import gzip
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
LOAD = pathlib.Path(os.environ.get("AIRPICTURE_BENCH", ROOT.parent / "shared/bench")) / "beast"
DATA = pathlib.Path(os.environ.get("AIRPICTURE_DATA", ROOT.parent / "shared/data"))
FRAMES = 3_000_000
RADIUS_DEG = 30
MERGED = (1, 4, 16) # receivers of the same traffic
RUNS = 3
ENGINE_AIRCRAFT, ENGINE_S, ENGINE_WANTED = 10_000, 60, 0.06 # of a core
RECORDING_S, RECORDING_WANTED = 8_306, 20_000 # of a real recording; times real time
# Aircraft: frames per CPU second that are wanted, and that the peer does.
WANTED = {2_000: (4.0e6, 2.9e6), 10_000: (3.0e6, 1.3e6), 50_000: (2.0e6, 0.48e6)}


def generate(make, load, aircraft, frames):
    subprocess.run([str(word) for word in (make, aircraft, frames, 3 * aircraft, load,
                                           LOAD / "payloads.txt", RADIUS_DEG)],
                   stderr=subprocess.DEVNULL, check=True)


def replay_cpu_s(*arguments):
    """CPU of `replay`, user and system, in the middle of some runs."""
    def once():
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run([ROOT / "build/release/airpicture", "replay", "-q", *arguments],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        if done.returncode not in (0, 65): # the load may end inside a frame
            sys.exit(f"replay ended with {done.returncode}")
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return statistics.median(once() for _ in range(RUNS))


def whole_program(make, folder):
    """The second minute: births and the start are of the first."""
    loads = [folder / "one_minute.beast", folder / "two_minutes.beast"]
    for minutes, load in enumerate(loads, 1):
        generate(make, load, ENGINE_AIRCRAFT, 3 * ENGINE_AIRCRAFT * ENGINE_S * minutes)
    print(f"whole program, {ENGINE_AIRCRAFT} aircraft, {3 * ENGINE_AIRCRAFT} frames/s, the second "
          f"{ENGINE_S} s (wanted {100 * ENGINE_WANTED:.0f} % of a core; readsb 9 to 10 %)",
          flush=True)
    outputs = {"no outputs": (), "track and alert lines": ("tracks", "alerts"),
               "report lines too": ("tracks", "alerts", "reports")}
    for name, files in outputs.items():
        options = [word for file in files for word in (f"--{file}", folder / f"{file}.jsonl")]
        one_s, two_s = (replay_cpu_s(*options, load) for load in loads)
        print(f"  {name:34} {100 * (two_s - one_s) / ENGINE_S:6.1f} %", flush=True)


def recording(folder):
    packed = DATA / "modes/jet1090_tutorial.beast.gz"
    if not packed.exists():
        print(f"skipped: no {packed}")
        return
    plain = folder / "recording.beast"
    plain.write_bytes(gzip.decompress(packed.read_bytes()))
    cpu_s = replay_cpu_s(plain)
    print(f"real recording of {RECORDING_S} s: {RECORDING_S / cpu_s:,.0f} times real time, start "
          f"included (wanted {RECORDING_WANTED:,})")


def main():
    if not LOAD.is_dir():
        sys.exit(f"no load generator at {LOAD} (set AIRPICTURE_BENCH)")
    with tempfile.TemporaryDirectory(prefix="airpicture-bench-") as folder:
        make = pathlib.Path(folder) / "gen"
        subprocess.run([os.environ.get("CC", "cc"), "-O2", "-w", "-o", make, LOAD / "gen.c", "-lm"],
                       check=True)
        for aircraft, (wanted, peer) in WANTED.items():
            load = pathlib.Path(folder) / "load.beast"
            generate(make, load, aircraft, FRAMES)
            print(f"{aircraft} aircraft, {FRAMES / 1e6:.0f} M frames "
                  f"(wanted {wanted / 1e6:.1f} M/s; readsb {peer / 1e6:.2f} M/s)", flush=True)
            bench = [ROOT / "build/release/bench.modes", str(aircraft), load]
            subprocess.run(bench, check=True)
            for receivers in MERGED:
                subprocess.run([*bench, str(receivers)], check=True)
        whole_program(make, pathlib.Path(folder))
        recording(pathlib.Path(folder))


main()
