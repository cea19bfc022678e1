#!/usr/bin/env python3
"""Checks a GeoPackage of the archive as other programs see it.

usage: geopackage.py FILE.gpkg

GDAL must open every layer with the expected geometry; SQLite must find the file sound; the lines
must hold the points of their tracks. Prints one line and exits 0, or says what is wrong and
exits 1."""
import itertools
import shutil
import sqlite3
import struct
import subprocess
import sys

LAYERS = {
    "tracks": "3D Measured Line String",
    "track_points": "3D Point",
    "sensors": "3D Point",
    "counters": "None",
    "meta": "None",
}


def fail(text):
    print("geopackage.py:", text, file=sys.stderr)
    sys.exit(1)


def check_gdal(path):
    if not shutil.which("ogrinfo"):
        print("geopackage.py: ogrinfo is absent, GDAL is not checked")
        return
    out = subprocess.run(["ogrinfo", "-ro", path], capture_output=True, text=True)
    if out.returncode != 0 or "driver `GPKG' successful" not in out.stdout or out.stderr:
        fail("ogrinfo: " + out.stdout + out.stderr)
    for layer, geometry in LAYERS.items():
        if f"{layer} ({geometry})" not in out.stdout:
            fail(f"layer {layer} is not {geometry}:\n{out.stdout}")
        info = subprocess.run(["ogrinfo", "-ro", "-al", "-geom=SUMMARY", path, layer],
                              capture_output=True, text=True)
        if info.returncode != 0 or info.stderr:
            fail(f"ogrinfo {layer}: {info.stderr}")


def check_line(fid, blob, rows):
    count = len(rows)
    head, envelope = blob[:8], struct.unpack("<4d", blob[8:40])
    if head != b"GP\0\3" + struct.pack("<i", 4326):
        fail(f"track {fid}: blob header {head.hex()}")
    order, kind, points = struct.unpack("<BII", blob[40:49])
    if (order, kind, points) != (1, 3002, count) or len(blob) != 49 + 32 * count:
        fail(f"track {fid}: {points} of {count} points, type {kind}, {len(blob)} bytes")
    line = [struct.unpack_from("<4d", blob, 49 + 32 * i) for i in range(points)]
    for vertex, (_, geom, time_s) in zip(line, rows):
        if vertex != struct.unpack_from("<3d", geom, 13) + (time_s,):
            fail(f"track {fid}: vertex {vertex} is not its point")
    xs, ys = [v[0] for v in line], [v[1] for v in line]
    if envelope != (min(xs), max(xs), min(ys), max(ys)):
        fail(f"track {fid}: envelope {envelope}")


def main():
    if len(sys.argv) != 2:
        fail("usage: geopackage.py FILE.gpkg")
    path = sys.argv[1]
    check_gdal(path)
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    if db.execute("PRAGMA integrity_check").fetchone() != ("ok",):
        fail("SQLite finds the file damaged")
    if db.execute("PRAGMA foreign_key_check").fetchall():
        fail("a foreign key does not hold")
    tracks = {fid: (blob, count) for fid, blob, count in
              db.execute("SELECT fid, geom, point_count FROM tracks")}
    lines = 0
    ordered = db.execute("SELECT track_id, geom, time_s FROM track_points ORDER BY track_id, fid")
    for fid, rows in itertools.groupby(ordered, key=lambda row: row[0]):
        rows = list(rows)
        blob, count = tracks.pop(fid, (None, None))
        if count != len(rows):
            fail(f"track {fid}: {count} points in its row, {len(rows)} in track_points")
        if (blob is None) != (count < 2):
            fail(f"track {fid}: a line for {count} points")
        if blob is not None:
            check_line(fid, blob, rows)
            lines += 1
    if any(blob is not None or count for blob, count in tracks.values()):
        fail("a track without points has a line or a count")
    points = db.execute("SELECT count(*) FROM track_points").fetchone()[0]
    print(f"geopackage.py: {path}: {lines} lines, {points} points, sound")


main()
