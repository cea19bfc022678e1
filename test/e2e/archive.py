#!/usr/bin/env python3
"""The service's archive: segments that are read while they are written, that follow each other,
that a killed process and a full disk leave whole, and that hold what a replay of the recording
holds."""
import collections
import concurrent.futures
import contextlib
import csv
import datetime
import io
import json
import os
import pathlib
import signal
import sqlite3
import subprocess
import time
import urllib.error
import urllib.request

import run as service
from common import WAIT_S, Skip, case, finish, need_tool, run, workdir
from run import Scene, get, wait_for

SEGMENT_S = 3
DISK_KB = 600


def segments(scene):
    return sorted((scene.folder / "archive").glob("*.gpkg"))


def ask(path, sql):
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
        return db.execute(sql).fetchall()


def points(scene):
    found = []
    for path in segments(scene):
        found += ask(path, "SELECT track_id, time_s FROM track_points")
    return found


def read_while_written(scene):
    """GDAL reads the newest segment, whose log is not folded in yet."""
    tool = need_tool("ogrinfo")

    def has_points():
        return any(ask(path, "SELECT count(*) FROM track_points")[0][0] for path in segments(scene))

    wait_for(has_points)
    newest = segments(scene)[-1]
    said = subprocess.run([tool, "-so", "-ro", str(newest), "track_points"],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert said.returncode == 0 and "Feature Count" in said.stdout, said.stdout[-400:]
    assert "3D Point" in said.stdout and "ERROR" not in said.stdout, said.stdout[-400:]


def roll_over(scene):
    """Finished segments have a line for each track of two points, and no log beside them."""
    def finished():
        return [path for path in segments(scene)[:-1]
                if ask(path, "SELECT value FROM meta WHERE key = 'state'") == [("finished",)]
                and ask(path, "SELECT count(*) FROM track_points")[0][0] > 50]

    for path in wait_for(finished):
        lines = ask(path, "SELECT fid FROM tracks WHERE geom IS NOT NULL ORDER BY fid")
        assert lines and lines == ask(path, "SELECT track_id FROM track_points GROUP BY track_id "
                                            "HAVING count(*) > 1 ORDER BY track_id")
        assert ask(path, "PRAGMA integrity_check") == [("ok",)]
        wait_for(lambda: not pathlib.Path(f"{path}-wal").exists())


def figures(scene):
    def archive_row():
        outputs = get(scene.http, "/api/v1/statistics")["outputs"]
        return [one for one in outputs
                if one["name"] == "geopackage" and one["message_count"] > 100]

    (row,) = wait_for(archive_row)
    assert row["state"] == "open" and row["lost_count"] == 0, row


def exported(scene, *arguments):
    said = run("export", scene.folder / "archive", "--to", "csv", *arguments).stdout.decode()
    return list(csv.DictReader(io.StringIO(said)))


def played_back(scene):
    """The picture of a moment is what `airpicture export` has of the minute before; a frame some
    steps after a beginning is the same as one that is the beginning."""
    def there():
        found = get(scene.http, "/api/v1/archive")
        return found["end_s"] - found["begin_s"] > 7 and not found["segments"][-1]["finished"] \
            and found

    when = wait_for(there)["end_s"] - 2.5

    def frames(start):
        path = f"/api/v1/archive/frames?from={start:.6f}&until={when:.6f}&step_s=0.5"
        return get(scene.http, path)["frames"]

    shown = {}
    for frame in frames(when - 5):
        for one in frame["removed"]:
            del shown[one]
        for one in frame["tracks"]:
            shown[one["track_id"]] = {**shown.get(one["track_id"], {}), **one,
                                      "time_s": frame["time_s"] - one["age_s"]}
    assert abs(frame["time_s"] - when) < 1e-5
    (alone,) = frames(when)
    assert {one["track_id"] for one in alone["tracks"]} == set(shown)
    for one in alone["tracks"]:
        before = shown[one["track_id"]]
        for key in "latitude_deg", "longitude_deg", "altitude_m", "flags":
            assert one[key] == before[key], (one, before)
        # Of a track's names the archive has the last known: they may come between two questions.
        assert before["callsign"] in (None, one["callsign"]), (one, before)
    newest = {}
    utc = datetime.datetime.fromtimestamp(when, datetime.timezone.utc).isoformat()
    for row in exported(scene, "--until", utc[:-6] + "Z"):
        newest[int(row["track_id"])] = row
    assert len(newest) > 10 and set(shown) <= set(newest), (set(newest), set(shown))
    gone = set(newest) - set(shown)
    assert all(newest[one]["end_reason"] for one in gone), gone
    for track_id, one in shown.items():
        row = newest[track_id]
        assert one["address"] == row["icao24"], (one, row)
        assert one["squawk"] in (None, row["squawk"]), (one, row)
        for key, step in ("latitude_deg", 1e-7), ("longitude_deg", 1e-7), ("time_s", 0.0101):
            assert abs(one[key] - float(row[key])) < step, (key, one, row)
        for key, other, unit, step in (("altitude_m", "pressure_altitude_ft", 0.3048, 0.21),
                                       ("ground_speed_mps", "ground_speed_kt", 0.514444, 0.08)):
            assert abs(one[key] - float(row[other]) * unit) < step, (key, one, row)
    track = min(shown)
    path = f"/api/v1/archive/tracks/{track}.csv?until={when:.6f}"
    with urllib.request.urlopen(f"http://127.0.0.1:{scene.http}{path}", timeout=WAIT_S) as answer:
        rows = list(csv.DictReader(io.TextIOWrapper(answer)))
    wanted = exported(scene, "--track", str(track), "--until", utc[:-6] + "Z")
    keys = [key for key in wanted[0] if key not in ("updated_utc", "update_count", "end_reason")]
    assert [[row[key] for key in keys] for row in rows] == \
           [[row[key] for key in keys] for row in wanted]


def asked_at_once(scene):
    """Whom the archive's reader has no place for is told so; the picture goes on meanwhile."""
    begin_s = get(scene.http, "/api/v1/archive")["begin_s"]

    def ask_frames(_):
        try:
            frames = get(scene.http, f"/api/v1/archive/frames?from={begin_s}&step_s=0.1")["frames"]
            return len(frames)
        except urllib.error.HTTPError as error:
            assert error.code == 503 and "ask again" in json.load(error)["error"], error
            return 0

    before = get(scene.http, "/api/v1/statistics")["now_s"]
    with concurrent.futures.ThreadPoolExecutor(60) as many:
        answers = list(many.map(ask_frames, range(120)))
    assert max(answers) > 20 and 0 in answers, answers
    wait_for(lambda: get(scene.http, "/api/v1/statistics")["now_s"] > before)


def held_against_recordings(scene):
    """Points that a replay of the recordings makes, none of which the archive lacks; and those that
    only the archive has. Counters."""
    recordings = sorted((scene.folder / "state/recordings").glob("airpicture-*"))
    run("replay", "-c", scene.folder / "sim/sensors.yaml", "--archive", scene.folder / "all.gpkg",
        "--track-cap", 500, *recordings)
    wanted = collections.Counter(ask(scene.folder / "all.gpkg",
                                     "SELECT track_id, time_s FROM track_points"))
    kept = collections.Counter(points(scene))
    missing, more = wanted - kept, kept - wanted
    assert not missing and len(wanted) > 50, f"{len(missing)} of {len(wanted)} are missing"
    return wanted, more


def killed(scene):
    """Nothing is there twice; what is there is what a replay of the recording has."""
    scene.service.send_signal(signal.SIGKILL)
    scene.service.wait()
    before = len(points(scene))
    scene.start()
    wait_for(lambda: len(points(scene)) > before + 50)
    scene.service.send_signal(signal.SIGTERM)
    assert scene.service.wait(20) == 0
    wanted, more = held_against_recordings(scene)
    assert not set(more) & set(wanted), f"{set(more) & set(wanted)} are there twice"
    # A few were received in the last milliseconds, which the kill took from the recording.
    assert len(more) <= 5, f"{len(more)} rows that the recording does not tell of"


def ended_while_full(scene, filler):
    """Rows that found no room at the end are made again by the next start: none is missing."""
    filler.write_bytes(b"")
    with contextlib.suppress(OSError), open(filler, "wb", 0) as out:
        while out.write(bytes(4096)):
            pass
    wait_for(lambda: scene.said().count("the disk is full") == 2)
    scene.service.send_signal(signal.SIGTERM)
    scene.service.wait(20)
    assert "rows are not stored" in scene.said(), scene.said()
    filler.unlink()
    scene.start()
    wait_for(lambda: len(scene.tracks() or {}) > 10)
    scene.service.send_signal(signal.SIGTERM)
    assert scene.service.wait(20) == 0, "it did not end well"
    _, more = held_against_recordings(scene)
    assert not more, f"{more} are there twice, or should not be"


def full_disk(folder):
    """The archive's disk is full: it is said, tracking goes on; with room archiving does too."""
    disk = folder / "archive"
    disk.mkdir()
    if os.geteuid() != 0 or subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={DISK_KB}k", "none", str(disk)],
            stderr=subprocess.DEVNULL).returncode != 0:
        raise Skip("no right to mount a small file system")
    scene = None
    try:
        filler = disk / "filler"
        filler.write_bytes(bytes((DISK_KB - 150) * 1024))
        scene = Scene(folder)
        scene.start()
        wait_for(lambda: "the disk is full" in scene.said())
        wait_for(lambda: len(scene.tracks() or {}) > 10)
        filler.unlink()
        wait_for(lambda: "archive, geopackage: goes on" in scene.said())
        wait_for(lambda: len(points(scene)) > 50)
        ended_while_full(scene, filler)
    finally:
        if scene:
            scene.close()
        time.sleep(0.1)
        subprocess.run(["umount", str(disk)], check=False)


def main():
    service.CONFIG += f"archive: {{{{folder: archive, segment_s: {SEGMENT_S}}}}}\n"
    with workdir() as name:
        scene = Scene(pathlib.Path(name))
        try:
            scene.start()
            case("read while written", read_while_written, scene)
            case("roll over", roll_over, scene)
            case("figures", figures, scene)
            case("played back", played_back, scene)
            case("asked at once", asked_at_once, scene)
            case("killed", killed, scene)
        finally:
            scene.close()
    with workdir() as name:
        case("full disk", full_disk, pathlib.Path(name))
    finish()


if __name__ == "__main__":
    main()
