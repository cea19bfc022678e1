#!/usr/bin/env python3
"""The archive as other programs see it.

usage: geopackage.py [FILE.gpkg]

Without a file one is made by $AIRPICTURE replay, twice: the bytes must be the same. GDAL must open
every layer with the expected geometry; SQLite must find the file sound; the lines must hold the
points of their tracks. Prints `ok NAME` or `not ok NAME`; status 77: a program or recording that is
needed is not there."""
import itertools
import os
import pathlib
import shutil
import sqlite3
import struct
import subprocess
import sys
import tempfile

LAYERS = {
    "tracks": "3D Measured Line String",
    "track_points": "3D Point",
    "sensors": "3D Point",
    "counters": "None",
    "meta": "None",
}


class Wrong(Exception):
    pass


def expect(condition, text):
    if not condition:
        raise Wrong(text)


def check_gdal(path):
    out = subprocess.run(["ogrinfo", "-ro", path], capture_output=True, text=True)
    expect(out.returncode == 0 and "driver `GPKG' successful" in out.stdout and not out.stderr,
           "ogrinfo: " + out.stdout + out.stderr)
    for layer, geometry in LAYERS.items():
        expect(f"{layer} ({geometry})" in out.stdout, f"{layer} is not {geometry}: {out.stdout}")
        info = subprocess.run(["ogrinfo", "-ro", "-al", "-geom=SUMMARY", path, layer],
                              capture_output=True, text=True)
        expect(info.returncode == 0 and not info.stderr, f"ogrinfo {layer}: {info.stderr}")


def check_line(fid, blob, rows):
    count = len(rows)
    head, envelope = blob[:8], struct.unpack("<4d", blob[8:40])
    expect(head == b"GP\0\3" + struct.pack("<i", 4326), f"track {fid}: blob header {head.hex()}")
    expect(blob[40:49] == struct.pack("<BII", 1, 3002, count) and len(blob) == 49 + 32 * count,
           f"track {fid}: no line of {count} points in {len(blob)} bytes")
    line = [struct.unpack_from("<4d", blob, 49 + 32 * i) for i in range(count)]
    for vertex, (_, geom, time_s) in zip(line, rows):
        expect(vertex == struct.unpack_from("<3d", geom, 13) + (time_s,),
               f"track {fid}: vertex {vertex} is not its point")
    xs, ys = [v[0] for v in line], [v[1] for v in line]
    expect(envelope == (min(xs), max(xs), min(ys), max(ys)), f"track {fid}: envelope {envelope}")


def check_lines(path):
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    tracks = {fid: (blob, count) for fid, blob, count in
              db.execute("SELECT fid, geom, point_count FROM tracks")}
    ordered = db.execute("SELECT track_id, geom, time_s FROM track_points ORDER BY track_id, fid")
    for fid, rows in itertools.groupby(ordered, key=lambda row: row[0]):
        rows = list(rows)
        blob, count = tracks.pop(fid, (None, None))
        expect(count == len(rows), f"track {fid}: {count} points in its row, not {len(rows)}")
        expect((blob is None) == (count < 2), f"track {fid}: a line for {count} points")
        if blob is not None:
            check_line(fid, blob, rows)
    expect(not any(blob or count for blob, count in tracks.values()),
           "a track without points has a line or a count")


def check_sqlite(path):
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    expect(db.execute("PRAGMA integrity_check").fetchone() == ("ok",), "the file is damaged")
    expect(not db.execute("PRAGMA foreign_key_check").fetchall(), "a foreign key does not hold")
    expect(db.execute("PRAGMA application_id").fetchone() == (0x47504B47,), "application_id")
    expect(db.execute("PRAGMA user_version").fetchone() == (10300,), "user_version")


def replay(program, recording, path):
    done = subprocess.run([program, "replay", "--quiet", "--archive", path, recording],
                          capture_output=True, text=True)
    expect(done.returncode == 0, f"replay: status {done.returncode}: {done.stderr}")


def check(name, function, *arguments):
    try:
        function(*arguments)
    except (Wrong, sqlite3.Error, OSError) as wrong:
        print(str(wrong))
        print("not ok", name)
        return False
    print("ok", name)
    return True


def check_file(path):
    good = check("sqlite", check_sqlite, path) & check("lines", check_lines, path)
    if shutil.which("ogrinfo"):
        return good & check("gdal", check_gdal, path)
    print("skip gdal ogrinfo is absent")
    return good


def check_same_bytes(program, recording, path, folder):
    again = os.path.join(folder, "again.gpkg")
    replay(program, recording, again)
    expect(pathlib.Path(path).read_bytes() == pathlib.Path(again).read_bytes(),
           "two replays gave two files")
    expect(not list(pathlib.Path(folder).glob("*.part")), "a partial file was left")


def main():
    if len(sys.argv) == 2:
        return 0 if check_file(sys.argv[1]) else 1
    program = os.environ.get("AIRPICTURE")
    data = os.environ.get("AIRPICTURE_DATA", "../shared/data")
    recording = os.path.join(data, "modes/sample_dump1090.bin")
    if not program or not os.path.exists(recording):
        print("no AIRPICTURE program or no recording", recording)
        return 77
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "first.gpkg")
        if not check("replay", replay, program, recording, path):
            return 1
        good = check_file(path) & check("same_bytes", check_same_bytes, program, recording, path,
                                        folder)
    return 0 if good else 1


sys.exit(main())
