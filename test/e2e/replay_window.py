#!/usr/bin/env python3
"""`replay --from --to`: a part of the outputs is that part of the whole run's, byte for byte."""
import json
import pathlib
import sqlite3
import struct

from common import case, finish, run, workdir

SCENARIO = """name: Windows
duration_s: 240
latitude_deg: 52
longitude_deg: 4.5
start: 2024-03-01T12:00:00Z
traffic:
  - {kind: mixed, count: 25, radius_nmi: 50}
flights:
  - name: SOS1
    route:
      - {latitude_deg: 51.8, longitude_deg: 4, altitude_ft: 20000, speed_kt: 400}
      - {latitude_deg: 52.3, longitude_deg: 5}
sensors:
  - {name: north, kind: combined, sac: 1, sic: 1, latitude_deg: 52.6, longitude_deg: 4.7,
     turn_s: 4, range_max_nmi: 120}
  - {name: station, kind: adsb, sac: 1, sic: 2, latitude_deg: 52, longitude_deg: 4}
  - {name: rx, kind: adsb, format: beast, latitude_deg: 52.1, longitude_deg: 4.4}
  - {name: rx2, kind: adsb, format: beast, latitude_deg: 51.9, longitude_deg: 4.4}
faults:
  - {kind: emergency, flight: SOS1, start_s: 60, end_s: 150}
"""
# A cut within a twentieth of a second, and one on its edge.
CUTS = ["2024-03-01T12:01:20.013Z", "2024-03-01T12:02:00Z"]
# How much older than the window its lines may be: a plot waits for its sector, a squitter's group
# for its last witness, a batch of tracks goes by the frame that brings it.
SLACK_S = {"tracks.jsonl": 0.5, "tracks.csv": 0.5, "witnesses.jsonl": 1.5, "system.pcap": 5.5}
FILES = ["tracks.jsonl", "tracks.csv", "reports.jsonl", "witnesses.jsonl", "alerts.jsonl",
         "system.pcap", "archive.gpkg"]


def replay(folder, inputs, out, *options):
    """The outputs by name; CSV in a run of its own, for it shares its option."""
    out.mkdir()
    done = run("replay", "-c", folder / "run/sensors.yaml", *inputs, *options, "--tracks",
               out / "tracks.jsonl", "--reports", out / "reports.jsonl", "--witnesses",
               out / "witnesses.jsonl", "--alerts", out / "alerts.jsonl", "--asterix",
               out / "system.pcap", "--archive", out / "archive.gpkg")
    run("replay", "-q", "-c", folder / "run/sensors.yaml", *inputs, *options, "--tracks",
        out / "tracks.csv")
    return {name: (out / name).read_bytes() for name in FILES}, done


def body(name, data):
    """Without the head that every file has: the pcap's, and the names of the columns."""
    if name == "system.pcap":
        return data[24:]
    return data.split(b"\n", 1)[1] if name == "tracks.csv" else data


def times_of(name, data):
    """What a line says of its receive time, where it does; else of when what it tells was so."""
    if name == "reports.jsonl":
        return [json.loads(line)["receive_time_s"] for line in data.splitlines()]
    if name in ("tracks.jsonl", "witnesses.jsonl"):
        lines = [json.loads(line) for line in data.splitlines()]
        return [line.get("event_time_s", line["time_s"]) for line in lines]
    if name == "alerts.jsonl":
        alerts = [json.loads(line) for line in data.splitlines()]
        return [alert.get("until_s", alert["since_s"]) for alert in alerts]
    if name == "tracks.csv":
        lines = [line.split(b",", 4) for line in data.splitlines()[1:]]
        return [float(line[3] or line[0]) for line in lines]
    if name == "system.pcap":
        times, at = [], 24
        while at < len(data):
            seconds, part, size = struct.unpack_from(">III", data, at)
            times.append(seconds + part / 1e9)
            at += 16 + size
        return times
    return []


def rows(path):
    with sqlite3.connect(path) as db:
        return (db.execute("SELECT track_id, time FROM track_points ORDER BY fid").fetchall(),
                db.execute("SELECT fid, point_count FROM tracks").fetchall())


def same(folder, inputs, label):
    whole, _ = replay(folder, inputs, folder / f"{label}whole")
    windows = [("--to", CUTS[0]), ("--from", CUTS[0], "--to", CUTS[1]), ("--from", CUTS[1])]
    parts = [replay(folder, inputs, folder / f"{label}{i}", *window)[0]
             for i, window in enumerate(windows)]
    cuts = [1709294480.013, 1709294520.0]
    for name in FILES[:-1]:
        pieces = [body(name, part[name]) for part in parts]
        assert b"".join(pieces) == body(name, whole[name]), f"{name}: the parts are not the whole"
        if name not in ("alerts.jsonl", "witnesses.jsonl"):
            assert all(len(piece) > 500 for piece in pieces), (name, [len(p) for p in pieces])
        for part, low, high in zip(parts, [0] + cuts, cuts + [1e12]):
            times = times_of(name, part[name])
            slack = SLACK_S.get(name, 0)
            assert all(low - slack <= t < high for t in times), (name, low, min(times), max(times))
    points, tracks = rows(folder / f"{label}whole/archive.gpkg")
    shares = [rows(folder / f"{label}{i}/archive.gpkg") for i in range(3)]
    assert sum((share[0] for share in shares), []) == points, "points of the archive"
    for share in shares:
        counted = {}
        for track, _ in share[0]:
            counted[track] = counted.get(track, 0) + 1
        assert len(share[0]) > 300, len(share[0])
        assert {t: n for t, n in share[1] if n} == counted, "tracks without their points"
    first = [sum(json.loads(line)["alert_id"] == 1 for line in part["alerts.jsonl"].splitlines())
             for part in parts]
    assert first == [1, 0, 1], f"the alert begins, goes on, ends: {first}"


def refusals(folder, capture):
    def fails(*options):
        done = run("replay", capture, *options, status=64)
        text = done.stderr.decode()
        assert len(text.splitlines()) == 1, text
        return text

    text = fails("--from", CUTS[1], "--to", CUTS[0])
    assert ("--from 2024-03-01T12:02:00.000Z is not before --to 2024-03-01T12:01:20.013Z"
            in text), text
    assert "is not before" in fails("--from", CUTS[0], "--to", CUTS[0])
    assert "--from noon is no time" in fails("--from", "noon")
    assert "--to 12:00 is no time" in fails("--to", "12:00")


def outside(folder, capture):
    """Nothing is written but heads, and one line says when frames were received."""
    for option, time, wanted in [
            ("--to", "2024-03-01T12:00:00Z", "--to is not after the first frame, received at "
             "2024-03-01T12:00:"),
            ("--from", "2024-03-01T13:00:00Z", "--from is after the last frame, received at "
             "2024-03-01T12:03:59")]:
        parts, done = replay(folder, [capture], folder / option.strip("-"), option, time)
        text = done.stderr.decode()
        assert len(text.splitlines()) == 1 and wanted in text, text
        assert not any(body(name, parts[name]) for name in FILES[:-1]), option
        assert rows(folder / option.strip("-") / "archive.gpkg") == ([], []), option


def main():
    with workdir() as name:
        folder = pathlib.Path(name)
        (folder / "s.yaml").write_text(SCENARIO)
        run("simulate", folder / "s.yaml", "-o", folder / "run")
        capture = folder / "run/merged.pcap"
        case("the parts of one capture", same, folder, [capture], "one")
        case("the parts of several inputs", same, folder,
             [folder / "run/north.pcap", folder / "run/rx.pcap"], "two")
        case("refused windows", refusals, folder, capture)
        case("windows outside", outside, folder, capture)


main()
finish()
