#!/usr/bin/env python3
"""A real ADS-B recording: every position, one track per aircraft, faster than real time."""
import csv
import json
import pathlib
import re

from common import case, finish, lines_of_gz, metres_between, need_data, run, workdir

START = "2024-06-06T08:58:39.147975Z"
SENSORS = """sensors:
  - name: on board
    kind: adsb
    input: 1
    latitude_deg: 43.63
    longitude_deg: 1.37
    height_m: 200
"""


def reference_rows():
    path = need_data("modes/jet1090_tutorial_reference.csv.gz")
    return [r for r in csv.DictReader(lines_of_gz(path)) if r["latitude"]]


def check_positions(reports):
    """Every frame with a reference position gave a report within 0.1 m."""
    by_time = {}
    for report in reports:
        if "latitude_deg" in report:
            by_time.setdefault((report["icao24"], round(report["time_s"] * 1e4)), []).append(report)
    rows = reference_rows()
    missing, worst = [], 0.0
    for row in rows:
        tick = round(float(row["timestamp"]) * 1e4)
        found = [r for k in (tick - 1, tick, tick + 1) for r in by_time.get((row["icao"], k), ())]
        near = [metres_between(r["latitude_deg"], r["longitude_deg"], float(row["latitude"]),
                               float(row["longitude"])) for r in found]
        if near:
            worst = max(worst, min(near))
        else:
            missing.append((row["n"], row["icao"]))
    assert len(rows) > 13000, f"only {len(rows)} reference positions"
    assert not missing, f"{len(missing)} of {len(rows)} without a report, first {missing[:3]}"
    assert worst <= 0.1, f"worst position {worst:.3f} m off"


def main():
    with workdir() as folder:
        folder = pathlib.Path(folder)
        (folder / "sensors.yaml").write_text(SENSORS)
        outputs = {}

        def replay():
            done = run("replay", "-c", folder / "sensors.yaml", "--start", START,
                       "--reports", folder / "reports.jsonl", "--tracks", folder / "tracks.jsonl",
                       need_data("modes/jet1090_tutorial.beast.gz"))
            outputs["summary"] = done.stdout.decode()
            for name in ("reports", "tracks"):
                outputs[name] = [json.loads(line) for line in open(folder / f"{name}.jsonl")]

        def one_track_per_aircraft():
            born = {}
            for line in outputs["tracks"]:
                if line["event"] == "confirmed":
                    born.setdefault(line["icao24"], set()).add(line["track_id"])
            positions = {r["icao"] for r in reference_rows()}
            several = {a: ids for a, ids in born.items() if len(ids) > 1}
            assert not several, f"several tracks for one aircraft: {several}"
            assert set(born) <= positions, f"tracks without positions: {set(born) - positions}"
            assert "400f99" in born, "the recording aircraft has no track"

        def speed():
            times = float(re.search(r"(\d+) times real time", outputs["summary"]).group(1))
            assert times >= 500, f"{times} times real time"

        case("replay of the recording", replay)
        if outputs:
            case("positions within 0.1 m", check_positions, outputs["reports"])
            case("one track per aircraft", one_track_per_aircraft)
            case("at least 500 times real time", speed)


main()
finish()
