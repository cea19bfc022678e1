#!/usr/bin/env python3
"""The archive on a PostgreSQL server of the test's own: what the server has is what the GeoPackage
beside it has, through a server that stops or is killed, a service that is killed, a spool that is
full; no row twice."""
import collections
import contextlib
import datetime
import pathlib
import re
import signal
import sqlite3
import subprocess
import urllib.request

import run as service
from common import PROGRAM, WAIT_S, case, finish, run, workdir
from postgres_server import PASSWORD, Server, programs
from run import Scene, get, wait_for


def points_of(server, schema="airpicture"):
    """Each point of the server: track, and time in whole milliseconds since 1970. A list: one that
    is there twice shows."""
    rows = server.ask("SELECT track_id, floor(extract(epoch FROM time) * 1000)::bigint "
                      f"FROM {schema}.track_points")
    return [(int(track), int(ms)) for track, ms in rows]


def segments_points(scene):
    """The same of the GeoPackages, whose texts of times have milliseconds."""
    found = []
    for path in sorted((scene.folder / "archive").glob("*.gpkg")):
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
            found += db.execute("SELECT track_id, time FROM track_points").fetchall()
    return [(track, milliseconds(text)) for track, text in found]


def milliseconds(text):
    return round(datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() * 1000)


def count(server, table="track_points"):
    rows = server.ask(f"SELECT count(*) FROM airpicture.{table}", check=False)
    return int(rows[0][0]) if rows else 0


def figures(scene):
    """The row of the store in the service's statistics, as soon as it answers."""
    def row():
        try:
            outputs = get(scene.http, "/api/v1/statistics")["outputs"]
        except OSError:
            return None
        return next((one for one in outputs if one["name"] == "postgres"), None)
    return wait_for(row)


def is_connected(scene, waiting):
    """And so many rows wait in the spool at most."""
    row = figures(scene)
    return row["connected"] and row["spool_count"] <= waiting


def metrics(scene):
    with urllib.request.urlopen(f"http://127.0.0.1:{scene.http}/metrics", timeout=WAIT_S) as answer:
        text = answer.read().decode()
    return {name: float(value) for name, value in
            re.findall(r'^airpicture_(\w+)\{output="postgres"\} (\S+)$', text, re.M)}


def end(scene):
    scene.service.send_signal(signal.SIGTERM)
    assert scene.service.wait(timeout=WAIT_S) == 0, scene.said()[-400:]


def stores(scene, server):
    """Rows come, with their place, partitions and indexes as the schema says."""
    scene.start()
    wait_for(lambda: count(server) > 50)
    ((kind, lat, lon, z, srid),) = server.ask(
        "SELECT ST_GeometryType(geom), ST_Y(geom), ST_X(geom), ST_Z(geom) - height_m, "
        "ST_SRID(geom) FROM airpicture.track_points WHERE height_m IS NOT NULL LIMIT 1")
    assert kind == "ST_Point" and srid == "4326" and abs(float(z)) < 0.01, (kind, srid, z)
    assert 48 < float(lat) < 56 and -1 < float(lon) < 9, (lat, lon)
    assert server.ask("SELECT count(*) FROM airpicture.track_points_else") == [["0"]]
    parts = server.ask("SELECT count(*) FROM pg_inherits "
                       "WHERE inhparent = 'airpicture.track_points'::regclass")
    assert int(parts[0][0]) >= 5, parts  # before, now, two ahead, the rest
    joined = server.ask("SELECT count(*) FROM airpicture.tracks JOIN airpicture.track_points "
                        "USING (run, track_id) WHERE icao24 ~ '^[0-9a-f]{6}$'")
    assert int(joined[0][0]) > 50, joined
    assert count(server, "track_reasons") > 10
    row = figures(scene)
    assert row["state"] == "open" and row["connected"] and row["connection_count"] == 1, row


def stopped_and_started(scene, server):
    """The server stops under load, and is killed under load: rows wait in the spool, and come."""
    for away in server.stop, server.kill:
        away()
        wait_for(lambda: not figures(scene)["connected"])
        wait_for(lambda: figures(scene)["spool_count"] > 50)
        assert figures(scene)["state"] == "spools" and metrics(scene)["server_connected"] == 0
        server.start()
        wait_for(lambda: is_connected(scene, 500))
    told = metrics(scene)
    assert told["server_connections_total"] == 3 and told["spool_refused_total"] == 0, told


def kill_and_start(scene):
    scene.service.send_signal(signal.SIGKILL)
    scene.service.wait()
    scene.start()


def killed(scene, server):
    """The service is killed while the server is away, and goes on."""
    scene.start()
    wait_for(lambda: is_connected(scene, 500))
    server.stop()
    wait_for(lambda: figures(scene)["spool_count"] > 50)
    kill_and_start(scene)
    wait_for(lambda: "rows wait in the spool" in scene.said())
    server.start()
    wait_for(lambda: is_connected(scene, 500))


def killed_before_the_answer(scene, server):
    """The service is killed when the server has all of a transaction and is about to commit it: the
    next one waits for that, and goes on behind it."""
    server.ask("""CREATE SEQUENCE airpicture.calls;
        CREATE FUNCTION airpicture.slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            IF nextval('airpicture.calls') = 1 THEN PERFORM pg_sleep(3); END IF;
            RETURN NULL; END $$;
        CREATE CONSTRAINT TRIGGER slow AFTER UPDATE ON airpicture.spools
            DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION airpicture.slow()""")
    wait_for(lambda: server.ask("SELECT 1 FROM pg_stat_activity WHERE application_name = "
                                "'airpicture' AND state = 'active' AND query = 'COMMIT'"))
    before = count(server)
    kill_and_start(scene)
    wait_for(lambda: count(server) > before + 50)
    wait_for(lambda: is_connected(scene, 500))


def same_on_both_sides(scene, server, kills):
    """A kill takes what was received in its last milliseconds: one store may have it and no
    recording."""
    end(scene)
    kept = collections.Counter(points_of(server))
    wanted = collections.Counter(segments_points(scene))
    assert wanted.total() > 100, wanted.total()
    lost, beyond = wanted - kept, kept - wanted
    twice = [row for row in beyond if wanted[row]]
    assert not twice, f"{len(twice)} rows are there twice: {twice[:5]}"
    assert lost.total() + beyond.total() <= 5 * kills, (
        f"{lost.total()} of {wanted.total()} rows are missing, {beyond.total()} there alone")
    ((tracks,),) = server.ask("SELECT count(*) FROM airpicture.tracks WHERE end_reason IS NULL")
    assert int(tracks) > 10, tracks
    said = scene.said()
    assert PASSWORD not in said and "rain drum" not in said, "the log tells the password"


def keeps_what_is_kept(scene, server):
    """A partition that is over has its indexes, one that is too old is gone, and a row without a
    partition finds one that is made for it."""
    old = server.ask("SELECT relname FROM pg_class WHERE relname LIKE 'track_points_2%' AND "
                     "relkind = 'r' ORDER BY relname")[0][0]
    for days, hours in (4, 0), (0, 5):
        server.ask(f"""DO $$ DECLARE b timestamptz := date_trunc('hour', now(), 'UTC') -
            interval '{days} days {hours} hours'; n text := 'track_points_' ||
            to_char(b AT TIME ZONE 'UTC', 'YYYYMMDD"t"HH24'); BEGIN
            EXECUTE format('CREATE TABLE airpicture.%I PARTITION OF airpicture.track_points
                FOR VALUES FROM (%L) TO (%L)', n, b, b + interval '1 hour');
            INSERT INTO airpicture.track_points (run, track_id, time) VALUES (now(), 1, b);
            END $$""")
    server.ask(f"BEGIN; ALTER TABLE airpicture.track_points DETACH PARTITION airpicture.{old}; "
               f"INSERT INTO airpicture.track_points SELECT * FROM airpicture.{old}; "
               f"DROP TABLE airpicture.{old}; COMMIT")
    before = count(server)
    scene.start()

    def tended():
        names = [name for (name,) in server.ask(
            "SELECT relname FROM pg_class WHERE relname LIKE 'track_points_2%' ORDER BY relname")]
        return [name for name in names if name.endswith("_place")] and old in names and names
    names = wait_for(tended)
    assert any(name.endswith("_track") for name in names), names
    assert count(server) >= before - 1
    assert server.ask("SELECT count(*) FROM airpicture.track_points WHERE "
                      "time < now() - interval '3 days'") == [["0"]]
    wait_for(lambda: count(server, "track_points_else") == 0)
    end(scene)


def full(server):
    """A spool without room counts what it refuses; what it took comes whole, and newer rows too."""
    few, small = service.SCENARIO, service.CONFIG
    service.SCENARIO = few.replace("count: 80", "count: 1500")
    service.CONFIG = (small.replace("spool_mb: 64", "spool_mb: 1\n    schema: other")
                      .replace("track_cap: 500", "track_cap: 4000"))
    with workdir() as name:
        scene = Scene(pathlib.Path(name))
        try:
            server.stop()
            scene.start()
            wait_for(lambda: figures(scene)["spool_refused_count"] > 0)
            wait_for(lambda: "the spool is full" in scene.said())
            row = figures(scene)
            assert 7e5 < row["spool_bytes"] < 2 ** 20 + 200, row  # what comes next may be large
            assert row["spool_count"] > 3000, row
            server.start()
            wait_for(lambda: is_connected(scene, 0))
            end(scene)
            kept = collections.Counter(points_of(server, "other"))
            made = collections.Counter(segments_points(scene))
            assert not kept - made, f"{kept - made} are there twice"
            assert sum(kept.values()) > 2000, len(kept)
        finally:
            scene.close()


def refused(folder):
    """A configuration that cannot be is refused where it is wrong."""
    for text, said in (
            ("postgres: {connection: 'host=db password=x', spool: s}", "password_file"),
            ("postgres: {connection: 'hots=db', spool: s}", "hots"),
            ("postgres: {connection: 'host=db', spool: s, schema: 'a;b'}", "schema 'a;b'"),
            ("postgres: {connection: 'host=db'}", "spool")):
        path = folder / "wrong.yaml"
        path.write_text("inputs: [{name: a, kind: stdin}]\narchive:\n  " + text + "\n")
        told = run("check", path, status=78).stderr.decode()
        assert said in told and re.search(r"wrong.yaml:3:\d+: ", told), told
    path.write_text("inputs: [{name: a, kind: stdin}]\narchive: {postgres: {connection: 'host=db', "
                    "spool: s, password_file: nowhere}}\n")
    assert b"password_file" in run("check", path, status=66).stderr


def main():
    if not programs():
        print("skip postgres no PostgreSQL server with PostGIS is installed")
        return
    with workdir() as name:
        folder = pathlib.Path(name)
        (folder / "try.yaml").write_text("inputs: [{name: a, kind: stdin}]\narchive: {postgres: "
                                         "{connection: 'host=db', spool: s}}\n")
        told = subprocess.run([PROGRAM, "check", folder / "try.yaml"], stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE)
        if b"built without PostgreSQL" in told.stderr:
            print("skip postgres the program was built without libpq")
            return
        server = Server(["fsync=off", "shared_buffers=32MB"])
        service.CONFIG += (
            f"archive:\n  folder: archive\n  postgres:\n    connection: {server.connection}\n"
            f"    password_file: {server.password_file}\n    spool: spool\n    spool_mb: 64\n"
            f"    keep_s: 172800\n")
        scene = Scene(folder)
        try:
            server.start()
            case("refused", refused, folder)
            case("stores", stores, scene, server)
            case("stopped and started", stopped_and_started, scene, server)
            case("same on both sides", same_on_both_sides, scene, server, 0)
            case("killed", killed, scene, server)
            case("killed before the answer", killed_before_the_answer, scene, server)
            case("same after kills", same_on_both_sides, scene, server, 2)
            case("keeps what is kept", keeps_what_is_kept, scene, server)
            case("full", full, server)
        finally:
            scene.close()
            server.close()
    finish()


if __name__ == "__main__":
    main()
