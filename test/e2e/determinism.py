#!/usr/bin/env python3
"""Same input, same bytes: over runs, over the cutting of the input, over threads and
compilers."""
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


def write_crowd(path):
    """Plots of 900 aircraft in 2 s scans of one radar: groups large enough to be shared out."""
    rng = random.Random(5)
    flights = [(rng.uniform(-1e5, 1e5), rng.uniform(-1e5, 1e5), rng.uniform(-200, 200),
                rng.uniform(-200, 200)) for _ in range(900)]
    with open(path, "w", encoding="ascii") as out:
        out.write("time_s,sensor_id,x_m,y_m,sigma_x_m,sigma_y_m\n")
        for scan in range(15):
            for x, y, vx, vy in flights:
                out.write("%.3f,1,%.1f,%.1f,50,50\n" % (
                    2.0 * scan, x + 2.0 * scan * vx + rng.gauss(0, 50),
                    y + 2.0 * scan * vy + rng.gauss(0, 50)))


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

        def threads():
            crowd = folder / "crowd.csv"
            write_crowd(crowd)
            tracks = {}
            for count in (1, 2, 7):
                path = folder / f"crowd{count}.csv"
                run("track", "-q", "--threads", str(count), "-o", path, crowd)
                tracks[count] = path.read_bytes()
            assert tracks[1].count(b"\n") > 8000, tracks[1].count(b"\n")
            assert tracks[1] == tracks[2] == tracks[7]
            folder.joinpath("threads").mkdir()
            run("replay", "-q", "--threads", "3", "-c", demo / "sensors.yaml", "--start",
                "2024-03-01", *options(folder / "threads"), demo / "radars.pcap",
                demo / "receiver.beast")
            assert digests(folder / "threads") == first

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
            case("one thread and several", threads)
            case("pcap in random pieces", chunks, demo / "radars.pcap", 1)
            case("Beast in random pieces", chunks, demo / "receiver.beast", 2)
            case("GPS recording in random pieces", real_chunks, "rn_068test_rrd3.gps", 3)
            case("raw ASTERIX in random pieces", real_chunks, "rn_sdpb-op-cat20.first.ast", 4)


main()
finish()
