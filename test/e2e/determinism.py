#!/usr/bin/env python3
"""Same input, same bytes: over runs, over the cutting of the input, over compilers."""
import hashlib
import pathlib
import random
import subprocess

from common import CLANG_PROGRAM, PROGRAM, Skip, case, finish, need_data, run, workdir

OUTPUTS = ("tracks.jsonl", "tracks.csv", "reports.jsonl", "alerts.jsonl", "system.pcap",
           "archive.gpkg")


def options(folder, csv=False):
    return ["--tracks", folder / ("tracks.csv" if csv else "tracks.jsonl"),
            "--reports", folder / "reports.jsonl", "--alerts", folder / "alerts.jsonl",
            "--asterix", folder / "system.pcap", "--archive", folder / "archive.gpkg"]


def digests(folder):
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest()
            for name in OUTPUTS if (folder / name).exists()}


def replay(folder, demo, program=None, csv=False):
    folder.mkdir()
    run("replay", "-q", "-c", demo / "sensors.yaml", "--start", "2024-03-01",
        *options(folder, csv), demo / "radars.pcap", demo / "receiver.beast", program=program)
    return digests(folder)


def cut_randomly(path, arguments, seed):
    """Feeds the file through a pipe in pieces of random sizes."""
    rng = random.Random(seed)
    data = path.read_bytes()
    process = subprocess.Popen([PROGRAM, *map(str, arguments), "-"], stdin=subprocess.PIPE,
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    at = 0
    while at < len(data):
        size = rng.choice((1, 2, 3, 7, 50, 1000, 70000))
        process.stdin.write(data[at:at + size])
        process.stdin.flush()
        at += size
    process.stdin.close()
    assert process.wait(timeout=120) == 0, process.stderr.read().decode()


def main():
    with workdir() as name:
        folder = pathlib.Path(name)
        demo = folder / "demo"
        first = {}

        def simulate():
            run("demo", "--speed", "0", "--minutes", "3", "-o", demo)
            first.update(replay(folder / "first", demo))
            assert set(first) == set(OUTPUTS) - {"tracks.csv"}, sorted(first)
            assert all((folder / "first" / f).stat().st_size > 0 for f in first
                       if f != "alerts.jsonl"), "an output is empty"

        def two_runs():
            assert replay(folder / "second", demo) == first

        def two_simulations():
            again = folder / "again"
            run("demo", "--speed", "0", "--minutes", "3", "-o", again)
            for path in sorted(demo.iterdir()):
                assert path.read_bytes() == (again / path.name).read_bytes(), path.name

        def compilers():
            if not pathlib.Path(CLANG_PROGRAM).exists():
                raise Skip("no clang build (build/clang/airpicture)")
            assert replay(folder / "clang", demo, program=CLANG_PROGRAM) == first
            gcc = replay(folder / "gcc_csv", demo, csv=True)
            assert replay(folder / "clang_csv", demo, program=CLANG_PROGRAM, csv=True) == gcc

        def chunks(path, seed, *extra):
            whole, cut = folder / f"whole{seed}", folder / f"cut{seed}"
            whole.mkdir()
            cut.mkdir()
            arguments = ["replay", "-q", "-c", demo / "sensors.yaml", "--start", "2024-03-01",
                         *extra]
            run(*arguments, *options(whole), "-", stdin=path.read_bytes())
            cut_randomly(path, [*arguments, *options(cut)], seed)
            assert digests(whole) == digests(cut)

        def real_chunks(name, seed):
            chunks(need_data("asterix", name), seed)

        case("simulate and replay", simulate)
        if first:
            case("two runs", two_runs)
            case("two simulations", two_simulations)
            case("gcc and clang", compilers)
            case("pcap in random pieces", chunks, demo / "radars.pcap", 1)
            case("Beast in random pieces", chunks, demo / "receiver.beast", 2)
            case("GPS recording in random pieces", real_chunks, "rn_068test_rrd3.gps", 3)
            case("raw ASTERIX in random pieces", real_chunks, "rn_sdpb-op-cat20.first.ast", 4)


main()
finish()
