#!/usr/bin/env python3
"""The example of doc/tracking.md runs as it stands; its C program compiles and finds the same."""
import csv
import io
import math
import pathlib
import re
import subprocess
import sys

from common import PROGRAM, ROOT, case, finish, need_tool, run, workdir

PAGE = (ROOT / "doc/tracking.md").read_text()


def block(language):
    return re.search(rf"```{language}\n(.*?)```", PAGE, re.S)[1]


def detections():
    return subprocess.run([sys.executable, "-c", block("python")], stdout=subprocess.PIPE,
                          check=True).stdout


def example():
    done = run("track", "-", stdin=detections())
    said = [line for line in done.stderr.decode().splitlines()
            if re.match("rows|sensor|tracks|output", line)]
    promised = PAGE.split("learnt on the way, and the summary says so:\n\n```\n")[1].split("```")[0]
    assert said == promised.splitlines(), "\n".join(said)
    rows = list(csv.DictReader(io.StringIO(done.stdout.decode())))
    last = [row for row in rows if row["time_s"] == rows[-1]["time_s"]]
    t = float(rows[-1]["time_s"])
    truth = [(-60e3 + 200 * t, 20e3), (-60e3 + 200 * t, 60e3 - 150 * t)]
    for x, y in truth:
        off = min(math.hypot(float(r["x"]) - x, float(r["y"]) - y) for r in last)
        assert off < 200, (off, t)


def columns():
    """Each name of the page's table of detections is one that the reader knows."""
    table = PAGE.split("## Detections")[1].split("`x`, `y`, `z`")[0]
    names = set()
    for line in re.findall(r"^\| (`.*?) \|", table, re.M):
        stem = None
        for name in re.findall(r"`(\w+)`", line):
            if name.startswith("_"):
                names.add(re.sub(r"_[a-z]+$", name, stem))
            else:
                names.add(name)
                stem = name
    source = (ROOT / "src/app/detections.c").read_text()
    known = set(" ".join(re.findall(r'^    (?:NUMBER|OTHER)\("([^"]+)"', source, re.M)).split())
    assert len(names) > 30 and names <= known, names - known
    head = run("track", "-", stdin=b"time_s,x,y\n1,2,3\n").stdout.decode().splitlines()[0]
    told = set(re.findall(r"`(\w+)`", PAGE.split("## Tracks")[1].split("`--stats")[0]))
    missing = set(head.split(",")) - told - {"sxy", "syy", "sxvx", "sxvy", "syvx", "syvy", "svxvx",
                                            "svxvy"}
    assert not missing, missing


def program_of_page():
    compiler = need_tool("cc")
    source = block("c")
    assert sum(map(bool, source.splitlines())) <= 32, "the page promises a short program"
    folder = pathlib.Path(PROGRAM).parent
    libraries = [folder / f"libap_{name}.a" for name in ("track", "model", "geo", "base")]
    text = detections()
    yaml = (f"sensors:\n  - {{name: radar, kind: psr, sac: 1, sic: 1, "
            f"latitude_deg: {math.degrees(0.9):.10f}, longitude_deg: {math.degrees(0.1):.10f}, "
            f"height_m: 100}}\n")
    with workdir() as name:
        there = pathlib.Path(name)
        (there / "tracks.c").write_text(source)
        subprocess.run([compiler, "-std=c17", "-Wall", "-Wextra", "-Werror", f"-I{ROOT}/include",
                        str(there / "tracks.c"), *map(str, libraries), "-lm", "-o",
                        str(there / "tracks")], check=True)
        lines = subprocess.run([str(there / "tracks")], input=text.split(b"\n", 1)[1],
                               stdout=subprocess.PIPE, check=True).stdout.decode().splitlines()
        (there / "s.yaml").write_text(yaml)
        done = run("track", "-q", "-c", there / "s.yaml", "--every", "4", "-", stdin=text)
    rows = list(csv.DictReader(io.StringIO(done.stdout.decode())))
    last = [row for row in rows if row["time_s"] == rows[-1]["time_s"]]
    assert len(lines) == len(last) == 2, (lines, last)
    for line in lines:
        _, latitude, longitude, speed, _ = line.split()
        off = min(math.hypot(float(r["latitude_deg"]) - math.degrees(float(latitude)),
                             float(r["longitude_deg"]) - math.degrees(float(longitude)))
                  for r in last)
        assert off < 0.02 and 150 < float(speed) < 300, (line, off)


case("example of the page", example)
case("columns of the page", columns)
case("program of the page", program_of_page)
finish()
