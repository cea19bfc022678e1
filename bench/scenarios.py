#!/usr/bin/env python3
"""The tracker on the shelf of scenarios: the tables of doc/accuracy.md, "Simulated scenarios".

    bench/scenarios.py [NAME]... [--seed N]... [--quick | --duration S] [--keep DIR]
    bench/scenarios.py --write [--keep DIR]

Each scenario is simulated, replayed with ASTERIX and JSON output, and both are held against its
truth. Requirements are judged by the ASTERIX picture, which comes at the interval of a display; the
JSON lines tell every update. Exit status 1 when a mandatory row fails of a standard that the
scenario is meant to meet. --seed draws another traffic and other noise, a row for each; without it
the seed is the scenario's. --quick ends each after ten minutes: a look, not the table.
--keep leaves all files, and each report as a page, in DIR/NAME, or DIR/NAME-SEED. --write measures
the whole shelf and replaces what lies between the marks in doc/accuracy.md and doc/scenarios.md.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAM = pathlib.Path(os.environ.get("AIRPICTURE", ROOT / "build/release/airpicture"))
QUICK_S = 600
DOCUMENTS = ("doc/accuracy.md", "doc/scenarios.md")
MARK = "<!-- {}: bench/scenarios.py --write makes what follows -->\n"
END = "<!-- end -->\n"
PICTURE_HEAD = ("scenario", "targets", "with a track", "position RMS", "velocity RMS", "NEES",
                "false tracks", "switches", "ESASSP 5 NM", "ESASSP 3 NM")
LINES_HEAD = ("scenario", "position RMS", "95 %", "velocity RMS", "NEES", "over the bound")
SHELF_HEAD = PICTURE_HEAD[:5] + PICTURE_HEAD[6:8]
TABLES = ("esassp_5nm", "esassp_3nm")
BOTH = TABLES
# name: standards it is meant to meet; the volume it is judged in: within what distance (m) of its
# middle, above what height (m), and from what time (s) on. Flights leave that before their way
# ends: aircraft that vanish in the air would be false tracks. None: everywhere, from the begin.
SHELF = {
    "en-route": (("esassp_5nm",), ((50.0, 9.0), 185_200, 1000, 0)),
    "tma": (BOTH, ((52.31, 4.76), 68_000, 300, 120)),
    "airport-surface": ((), None),
    "oceanic": ((), None),
    "sparse-primary": ((), None),
    "drones": ((), None),
    "jamming": ((), None),
    "spoofing": ((), None),
    "sensor-failures": ((), None),
    "exercise-day": ((), None),
}


def run(*words):
    done = subprocess.run([str(word) for word in (PROGRAM, *words)], stdin=subprocess.DEVNULL,
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"{words[0]} ended with {done.returncode}: {done.stderr.strip()[-2000:]}")


def evaluate(folder, tracks, area, *more):
    where = ()
    if area:
        (latitude_deg, longitude_deg), radius_m, floor_m, warmup_s = area
        where = ("--range-from", f"{latitude_deg},{longitude_deg}", "--coverage", radius_m,
                 "--floor", floor_m, "--warmup", warmup_s)
    result = folder / f"{tracks}.json"
    run("evaluate", "-q", "--truth", folder / "truth.csv", "--tracks", folder / tracks, *where,
        "--json", result, *more)
    report = json.loads(result.read_text())
    figures = {row["key"]: row["value"] for group in report["metrics"] for row in group["rows"]}
    return figures, {table["table"]: table["rows"] for table in report["requirements"]}


def measure(name, seed, folder, duration_s, keep):
    """The figures of both pictures, and the tables of the ASTERIX one."""
    area = SHELF[name][1]
    changes = ("--duration", duration_s) if duration_s else ()
    changes += ("--seed", seed) if seed is not None else ()
    run("simulate", "-q", *changes, "-o", folder, ROOT / "scenarios" / f"{name}.yaml")
    run("replay", "-q", "-c", folder / "sensors.yaml", folder / "merged.pcap", "--asterix",
        folder / "tracks.asterix", "--tracks", folder / "tracks.jsonl")
    page = ("--report", folder / "report") if keep else ()
    asterix, tables = evaluate(folder, "tracks.asterix", area, *page)
    told = ("-c", folder / "sensors.yaml", "--recording", folder / "merged.pcap")
    return asterix, evaluate(folder, "tracks.jsonl", area, *told)[0], tables


def number(value, decimals):
    return "-" if value is None else f"{value:.{decimals}f}"


def cell(rows, is_meant):
    """How the mandatory rows of a table end: passed, failed, not enough data; which fail."""
    results = {"pass": [], "fail": [], "few": []}
    for told in rows:
        if told["level"] == "mandatory" and told["result"] in results:
            results[told["result"]].append(told["name"])
    counts = " / ".join(str(len(names)) for names in results.values())
    failed = " (" + ", ".join(results["fail"]) + ")" if results["fail"] else ""
    counts += failed
    return f"**{counts}**" if is_meant else counts, bool(results["fail"])


def title(name, seed):
    return f"`{name}`" if seed is None else f"`{name}`, seed {seed}"


def row(cells):
    return "| " + " | ".join(cells) + " |"


def head(names):
    return row(names) + "\n|" + "---|" * len(names)


def cells_of(name, seed, asterix, tables):
    """A row of the picture's table; whether a row fails of what the scenario is meant to meet."""
    results, is_bad = [], False
    for table in TABLES:
        text, failed = cell(tables[table], table in SHELF[name][0])
        results.append(text)
        is_bad |= failed and table in SHELF[name][0]
    figures = [f"{asterix['target_count']:.0f}", f"{100 * asterix['completeness']:.1f} %",
               f"{number(asterix['position_rms_m'], 1)} m",
               f"{number(asterix['velocity_rms_mps'], 1)} m/s",
               number(asterix["nees_position"], 2), f"{asterix['false_track_count']:.0f}",
               number(asterix["kept_switches_per_target"], 2)]
    return [title(name, seed), *figures, *results], is_bad


def line_of(name, seed, lines):
    return row([title(name, seed), f"{number(lines['position_rms_m'], 1)} m",
                f"{number(lines['position_95_m'], 1)} m",
                f"{number(lines['velocity_rms_mps'], 1)} m/s", number(lines["nees_position"], 2),
                number(lines["pcrb_ratio"], 2)])


def between_marks(text, key, new, path):
    """The text of a document with its part of that key replaced."""
    before, mark, rest = text.partition(MARK.format(key))
    old, end, after = rest.partition(END)
    if not mark or not end:
        sys.exit(f"{path} lacks the line '{(END if mark else MARK.format(key)).strip()}'")
    return before + mark + new + end + after


def write(tables):
    """All documents, or none: the tables by key, into those that have their marks."""
    made = {path: (ROOT / path).read_text() for path in DOCUMENTS}
    for key, (path, lines) in tables.items():
        made[path] = between_marks(made[path], key, "\n" + "\n".join(lines) + "\n\n", path)
    for path, text in made.items():
        (ROOT / path).write_text(text)


def tree():
    """The commit of what is measured, and whether that was changed since."""
    def git(*words):
        return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True)
    commit = git("rev-parse", "--short", "HEAD").stdout.strip() or "unknown"
    is_changed = git("diff", "--quiet", "HEAD", "--", "src", "include", "scenarios").returncode
    return commit + (" with changes" if is_changed else "")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--keep", metavar="DIR", type=pathlib.Path)
    parser.add_argument("--seed", metavar="N", type=int, action="append")
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--duration", metavar="S")
    length.add_argument("--quick", dest="duration", action="store_const", const=QUICK_S)
    options = parser.parse_args()
    unknown = [name for name in options.names if name not in SHELF]
    if unknown:
        parser.error(f"no scenario {unknown[0]}; expected {' '.join(SHELF)}")
    if options.write and (options.names or options.seed or options.duration):
        parser.error("--write is of the whole shelf; expected no NAME, --seed or --duration")
    measured = f"Measured at commit {tree()}."
    print(head(PICTURE_HEAD), flush=True)
    rows, lines, bad = [], [], []
    runs = [(name, seed) for name in options.names or SHELF for seed in options.seed or (None,)]
    for name, seed in runs:
        with tempfile.TemporaryDirectory(prefix="airpicture-bench-") as scratch:
            own = name if seed is None else f"{name}-{seed}"
            folder = options.keep / own if options.keep else pathlib.Path(scratch)
            folder.mkdir(parents=True, exist_ok=True)
            asterix, json_lines, tables = measure(name, seed, folder, options.duration,
                                                  options.keep)
        cells, is_bad = cells_of(name, seed, asterix, tables)
        print(row(cells), flush=True)
        rows.append(cells)
        lines.append(line_of(name, seed, json_lines))
        if is_bad:
            bad.append(own)
    print("\n" + head(LINES_HEAD))
    print("\n".join(lines))
    if options.write:
        shelf = [row(cells[:5] + cells[6:8]) for cells in rows]
        write({"picture": (DOCUMENTS[0], [measured, "", head(PICTURE_HEAD), *map(row, rows)]),
               "lines": (DOCUMENTS[0], [head(LINES_HEAD), *lines]),
               "shelf": (DOCUMENTS[1], [measured, "", head(SHELF_HEAD), *shelf])})
    if bad:
        sys.exit(f"not what it is meant to meet: {', '.join(bad)}")


main()
