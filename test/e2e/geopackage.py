#!/usr/bin/env python3
"""The archive as other programs see it: GDAL opens every layer with the expected geometry, SQLite
finds the file sound, the lines hold the points of their tracks, two runs give the same bytes.

With a file as its argument that one is checked instead of the demonstration's."""
import itertools
import pathlib
import sqlite3
import struct
import subprocess
import sys

from common import case, finish, need_tool, run, workdir

LAYERS = {
    "tracks": "3D Measured Line String",
    "track_points": "3D Point",
    "track_reasons": "None",
    "sensors": "3D Point",
    "counters": "None",
    "meta": "None",
}


def check_gdal(path):
    ogrinfo = need_tool("ogrinfo")
    out = subprocess.run([ogrinfo, "-ro", path], capture_output=True, text=True)
    assert out.returncode == 0 and not out.stderr, out.stderr
    for layer, geometry in LAYERS.items():
        assert f"{layer} ({geometry})" in out.stdout, f"{layer} is not {geometry}: {out.stdout}"
        info = subprocess.run([ogrinfo, "-ro", "-al", "-geom=SUMMARY", path, layer],
                              capture_output=True, text=True)
        assert info.returncode == 0 and not info.stderr, f"{layer}: {info.stderr}"


def database(path):
    return sqlite3.connect(f"file:{path}?mode=ro", uri=True)


def check_sqlite(path):
    db = database(path)
    assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert not db.execute("PRAGMA foreign_key_check").fetchall()
    assert db.execute("PRAGMA application_id").fetchone() == (0x47504B47,)
    assert db.execute("PRAGMA user_version").fetchone() == (10300,)


def check_line(fid, blob, rows):
    count = len(rows)
    head, envelope = blob[:8], struct.unpack("<4d", blob[8:40])
    assert head == b"GP\0\3" + struct.pack("<i", 4326), f"track {fid}: header {head.hex()}"
    assert blob[40:49] == struct.pack("<BII", 1, 3002, count), f"track {fid}: {blob[40:49].hex()}"
    assert len(blob) == 49 + 32 * count, f"track {fid}: {len(blob)} bytes for {count} points"
    line = [struct.unpack_from("<4d", blob, 49 + 32 * i) for i in range(count)]
    for vertex, (_, geom, time_s) in zip(line, rows):
        point = struct.unpack_from("<3d", geom, 13) + (time_s,)
        assert vertex == point, f"track {fid}: {vertex} is not {point}"
    xs, ys = [v[0] for v in line], [v[1] for v in line]
    assert envelope == (min(xs), max(xs), min(ys), max(ys)), f"track {fid}: {envelope}"


def check_lines(path):
    db = database(path)
    tracks = {fid: (blob, count) for fid, blob, count in
              db.execute("SELECT fid, geom, point_count FROM tracks")}
    assert tracks, "no tracks"
    ordered = db.execute("SELECT track_id, geom, time_s FROM track_points ORDER BY track_id, fid")
    for fid, rows in itertools.groupby(ordered, key=lambda row: row[0]):
        rows = list(rows)
        blob, count = tracks.pop(fid, (None, None))
        assert count == len(rows), f"track {fid}: {count} points in its row, {len(rows)} in all"
        assert (blob is None) == (count < 2), f"track {fid}: a line for {count} points"
        if blob is not None:
            check_line(fid, blob, rows)
    assert not any(blob or count for blob, count in tracks.values()), "a line without points"


def check_times(path):
    """The points of a track follow each other in time."""
    late = database(path).execute(
        "SELECT count(*) FROM (SELECT time_s - lag(time_s) OVER (PARTITION BY track_id "
        "ORDER BY fid) AS step FROM track_points) WHERE step < 0").fetchone()[0]
    assert late == 0, f"{late} points are older than the one before"


def check_file(path):
    for check in (check_sqlite, check_lines, check_times, check_gdal):
        case(check.__name__.removeprefix("check_"), check, path)


def check_demo(folder):
    def make(name):
        run("demo", "--speed", "0", "--minutes", "2", "-o", folder / name)

    def same_bytes():
        make("second")
        first, second = ((folder / name / "archive.gpkg").read_bytes()
                         for name in ("first", "second"))
        assert first == second, "two runs gave two files"
        assert not list(folder.glob("*/*.part")), "a partial file was left"

    case("demo", make, "first")
    check_file(str(folder / "first/archive.gpkg"))
    case("same bytes", same_bytes)


if len(sys.argv) == 2:
    check_file(sys.argv[1])
else:
    with workdir() as work:
        check_demo(pathlib.Path(work))
finish()
