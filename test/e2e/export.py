#!/usr/bin/env python3
"""Exports of an archive as other programs see them: GDAL, Python's json and xml read every form
back with the counts and coordinates of the archive, whole, cut, of a folder of segments and of one
that is being written; `why` tells the rows of track_reasons; what is no archive is refused."""
import contextlib
import csv
import io
import json
import pathlib
import re
import shutil
import sqlite3
import subprocess
import xml.etree.ElementTree as xml

from common import case, finish, need_tool, run, workdir

KML = "{http://www.opengis.net/kml/2.2}"
GX = "{http://www.google.com/kml/ext/2.2}"
HOSTILE = "<&\"'>\\\n,;=\u00e9"


def ask(path, sql):
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
        return db.execute(sql).fetchall()


def change(path, *statements):
    with contextlib.closing(sqlite3.connect(path)) as db:
        for sql, values in statements:
            db.execute(sql, values)
        db.commit()


def export(archive, form, *options):
    return run("export", archive, "--to", form, *options).stdout.decode()


def rows_of(archive, *options):
    return list(csv.DictReader(io.StringIO(export(archive, "csv", *options), newline="")))


def near(a, b, most):
    assert abs(float(a) - float(b)) <= most, f"{a} is not {b}"


def expected(archive):
    """{track: [(longitude, latitude, time)]} from what GDAL makes of the archive's points."""
    sql = ("SELECT track_id, ST_X(geom) AS x, ST_Y(geom) AS y, time_s FROM track_points "
           "ORDER BY track_id, time_s, fid")
    out = subprocess.run([need_tool("ogr2ogr"), "-f", "CSV", "/vsistdout/", str(archive),
                          "-dialect", "SQLITE", "-sql", sql], capture_output=True, text=True)
    assert out.returncode == 0, out.stderr
    tracks = {}
    for row in csv.DictReader(io.StringIO(out.stdout)):
        tracks.setdefault(int(row["track_id"]), []).append(
            (float(row["x"]), float(row["y"]), float(row["time_s"])))
    return tracks


def check_same(places, known):
    assert len(places) == len(known), f"{len(places)} points, {len(known)} in the archive"
    for (x, y), (known_x, known_y, _) in zip(places, known):
        near(x, known_x, 6e-8)
        near(y, known_y, 6e-8)


def check_geojson(archive, known):
    features = json.loads(export(archive, "geojson"))["features"]
    assert {f["id"] for f in features} == set(known)
    for feature in features:
        check_same([c[:2] for c in feature["geometry"]["coordinates"]], known[feature["id"]])
        assert len(feature["properties"]["times_utc"]) == len(known[feature["id"]])


def check_kml(archive, known):
    marks = xml.fromstring(export(archive, "kml")).findall(f".//{KML}Placemark")
    assert {int(m.get("id").split("-")[1]) for m in marks} == set(known)
    for mark in marks:
        points = known[int(mark.get("id").split("-")[1])]
        check_same([c.text.split()[:2] for c in mark.iter(f"{GX}coord")], points)
        assert len(list(mark.iter(f"{KML}when"))) == len(points)
        for array in mark.iter(f"{GX}SimpleArrayData"):
            assert len(array.findall(f"{GX}value")) == len(points), array.get("name")


def check_czml(archive, known):
    packets = json.loads(export(archive, "czml"))
    assert packets[0]["id"] == "document" and packets[0]["version"] == "1.0"
    assert {int(p["id"].split("-")[1]) for p in packets[1:]} == set(known)
    for packet in packets[1:]:
        points = known[int(packet["id"].split("-")[1])]
        flat = packet["position"]["cartographicDegrees"]
        check_same(list(zip(flat[1::4], flat[2::4])), points)
        near(flat[-4] - flat[0], points[-1][2] - points[0][2], 2e-3)


def check_csv(archive, known):
    rows = rows_of(archive)
    check_same([(r["longitude_deg"], r["latitude_deg"]) for r in rows],
               [p for track in sorted(known) for p in known[track]])


def check_gdal(archive, known, folder):
    tool = need_tool("ogrinfo")
    count = sum(map(len, known.values()))
    x, y = ([p[i] for points in known.values() for p in points] for i in (0, 1))
    for form, wanted in (("geojson", len(known)), ("kml", len(known)), ("csv", count),
                         ("gpkg", count)):
        path = folder / f"out.{form}"
        run("export", archive, "-o", path)
        layer = ["track_points"] if form == "gpkg" else ["-al"]
        said = subprocess.run([tool, "-ro", "-so", "-oo", "X_POSSIBLE_NAMES=longitude_deg", "-oo",
                               "Y_POSSIBLE_NAMES=latitude_deg", str(path), *layer],
                              capture_output=True, text=True)
        assert said.returncode == 0 and "ERROR" not in said.stderr, said.stderr
        assert f"Feature Count: {wanted}\n" in said.stdout, f"{form}: {said.stdout[:400]}"
        extent = re.search(r"Extent: \((.*), (.*)\) - \((.*), (.*)\)", said.stdout).groups()
        for side, value in zip(extent, (min(x), min(y), max(x), max(y))):
            near(side, value, 1e-6)
    assert ask(folder / "out.gpkg", "SELECT count(*) FROM track_reasons") == ask(
        archive, "SELECT count(*) FROM track_reasons")


def check_cuts(archive, known):
    track, points = max(known.items(), key=lambda item: len(item[1]))
    middle = points[len(points) // 2]
    assert len(rows_of(archive, "--track", track)) == len(points)
    address = ask(archive, f"SELECT icao24 FROM tracks WHERE fid = {track}")[0][0]
    assert {r["icao24"] for r in rows_of(archive, "--track", address.upper())} == {address}
    late = [p for p in points if p[1] >= middle[1]]
    box = f"{middle[1]:.9f},-180,90,180"
    near(len(rows_of(archive, "--track", track, "--box", box)), len(late), 1)
    all_points = [p for ps in known.values() for p in ps]
    second = int(middle[2])
    utc = ask(archive, f"SELECT strftime('%Y-%m-%dT%H:%M:%SZ', {second}, 'unixepoch')")[0][0]
    before = len(rows_of(archive, "--until", utc))
    assert before == sum(p[2] < second for p in all_points)
    assert before + len(rows_of(archive, "--from", utc)) == len(all_points)


def check_folder(archive, known, folder):
    """Two segments that a track lives over say what the whole says."""
    parts = folder / "parts"
    parts.mkdir()
    second = sorted(p[2] for points in known.values() for p in points)[1000]
    for name, sign in (("a", ">="), ("b", "<")):
        shutil.copy(archive, parts / f"{name}.gpkg")
        change(parts / f"{name}.gpkg",
               (f"DELETE FROM track_points WHERE time_s {sign} ?", (second,)),
               (f"DELETE FROM track_reasons WHERE time_s {sign} ?", (second,)))
    for form in ("csv", "geojson", "czml"):
        assert export(parts, form) == export(archive, form), form
    assert run("why", parts, min(known)).stdout == run("why", archive, min(known)).stdout


def check_two_lives(archive, known, folder):
    """The service began anew, with its ids from 1: a copy has both tracks of each."""
    lives = folder / "lives"
    lives.mkdir()
    for name in "a", "b":
        shutil.copy(archive, lives / f"{name}.gpkg")
    change(lives / "b.gpkg", ("UPDATE track_points SET time_s = time_s + 86400", ()),
           ("UPDATE track_reasons SET time_s = time_s + 86400", ()),
           ("UPDATE tracks SET born = strftime('%Y-%m-%dT%H:%M:%SZ', born, '+1 day'), "
            "updated = strftime('%Y-%m-%dT%H:%M:%SZ', updated, '+1 day')", ()))
    out = folder / "both.gpkg"
    said = run("export", lives, "-o", out).stderr.decode()
    first = max(known) + 1
    assert said.splitlines()[1].startswith(f"{len(known)} of them, ") and \
        said.endswith(f"begin at {first}\n"), said
    sql = "SELECT track_id, count(*), min(time_s) FROM track_points GROUP BY track_id"
    copied = {track: (count, begin) for track, count, begin in ask(out, sql)}
    assert len(copied) == 2 * len(known) and max(copied) == max(known) + len(known)
    for i, track in enumerate(sorted(known)):
        count, begin = copied[track]
        assert copied[first + i] == (count, begin + 86400), (track, copied[first + i])
    assert ask(out, "SELECT count(*) FROM tracks WHERE geom IS NOT NULL") == [
        (2 * sum(len(points) > 1 for points in known.values()),)]
    of_one, of_other = (run("why", out, track).stdout.decode().splitlines()
                        for track in (min(known), first))
    assert len(of_one) == len(of_other) > 2


def check_open_segment(archive, known, folder):
    """What stands in the log of a writer that is at work is read, and the writer goes on."""
    path = folder / "open.gpkg"
    shutil.copy(archive, path)
    count = sum(map(len, known.values()))
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA journal_mode=WAL")
        for i in (1, 2):
            db.execute("INSERT INTO track_points SELECT NULL, geom, track_id, time, time_s + ?, "
                       "state, sensor, height_m, pressure_altitude_ft, ground_speed_kt, track_deg, "
                       "vertical_rate_fpm, position_sigma_m, flags FROM track_points "
                       "WHERE fid = 1", (i,))
            db.commit()
            assert pathlib.Path(f"{path}-wal").stat().st_size > 0
            assert len(rows_of(path)) == count + i


def check_hostile(archive, known, folder):
    path, track = folder / "hostile.gpkg", min(known)
    shutil.copy(archive, path)
    change(path, ("UPDATE tracks SET callsign = ?", (HOSTILE,)),
           ("UPDATE track_reasons SET sensor = ?", ("\x1b[2J\x07",)))
    feature = json.loads(export(path, "geojson", "--track", track))["features"][0]
    assert feature["properties"]["callsign"] == HOSTILE
    assert json.loads(export(path, "czml", "--track", track))[1]["name"] == HOSTILE
    assert rows_of(path, "--track", track)[0]["callsign"] == HOSTILE
    kml = xml.fromstring(export(path, "kml", "--track", track))
    name = kml.find(f".//{KML}Placemark/{KML}name")
    assert name.text == HOSTILE.replace("\n", "\ufffd"), name.text
    told = run("why", path, track).stdout
    assert b"\x1b" not in told and b"\x07" not in told


def check_why(archive, known):
    for track in list(known)[:3]:
        reasons = ask(archive, "SELECT time, reason, sensor FROM track_reasons WHERE track_id = "
                               f"{track} ORDER BY time_s, number")
        lines = run("why", archive, track).stdout.decode().splitlines()
        assert lines[0].startswith(f"track {track}, ")
        assert len(lines) == 1 + len(reasons) > 2, lines
        for line, (time, reason, sensor) in zip(lines[1:], reasons):
            assert line.startswith(f"{time} {reason}: ") and f"; sensor {sensor}" in line, line
        objects = [json.loads(o) for o in run("why", archive, track, "--json").stdout.splitlines()]
        assert [(o["time_utc"], o["reason"], o["sensor"]) for o in objects] == reasons


def check_wrong(archive, folder):
    text, foreign, empty = folder / "text.gpkg", folder / "foreign.gpkg", folder / "empty"
    text.write_text("no database " * 100)
    change(foreign, ("CREATE TABLE gpkg_contents (x)", ()))
    empty.mkdir()
    for arguments, status, told in (
            (("export", text, "--to", "csv"), 65, "is no GeoPackage"),
            (("export", foreign, "--to", "csv"), 65, "is no archive of airpicture"),
            (("export", empty, "--to", "csv"), 66, "holds no archive"),
            (("export", folder / "none.gpkg", "--to", "csv"), 66, "No such file"),
            (("export", archive, "--to", "csv", "--track", "NOBODY"), 65, "has no track 'NOBODY'"),
            (("export", archive, "--to", "shp"), 64, "geojson, kml, czml, csv or gpkg"),
            (("export", archive), 64, "add --to"),
            (("export", archive, "--to", "gpkg"), 64, "standard output"),
            (("export", archive, "--to", "csv", "--box", "1,2,3"), 64, "is no box"),
            (("export", archive, "--to", "csv", "--box", "9,2,3,4"), 64, "is no box"),
            (("export", archive, "-o", archive), 64, "would write over"),
            (("why", archive, "NOBODY"), 65, "has no track 'NOBODY'"),
            (("why", text, "1"), 65, "is no GeoPackage"),
            (("why", archive), 64, "expected an archive or a service, and a track")):
        said = run(*arguments, status=status).stderr.decode()
        assert told in said and len(said.splitlines()) == 1, f"{arguments}: {said}"
    cut = archive.read_bytes()
    (folder / "cut.gpkg").write_bytes(cut[:len(cut) // 2])
    assert "cut.gpkg' is damaged" in run("export", folder / "cut.gpkg", "--to", "csv",
                                         status=65).stderr.decode()


with workdir() as work:
    place = pathlib.Path(work)
    run("demo", "--speed", "0", "--minutes", "1", "-o", place / "demo")
    file = place / "demo" / "archive.gpkg"
    ways = expected(file)
    for check in (check_geojson, check_kml, check_czml, check_csv, check_cuts, check_why):
        case(check.__name__.removeprefix("check_"), check, file, ways)
    for check in (check_gdal, check_folder, check_two_lives, check_open_segment, check_hostile):
        case(check.__name__.removeprefix("check_"), check, file, ways, place)
    case("wrong inputs", check_wrong, file, place)
finish()
