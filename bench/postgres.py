#!/usr/bin/env python3
"""Rows a second to PostgreSQL: a server of its own with Debian's settings, in a temporary folder.

Prints what bench.postgres measures, the processor time of the server, and the size of a row there.
Exit status 1 when the limit is missed."""
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "test/e2e"))
import postgres_server  # noqa: E402


def main():
    if not postgres_server.programs():
        print("no server with PostGIS: tools/install-deps check")
        return
    server = postgres_server.Server()
    try:
        server.start()
        before_s = server.cpu_s()
        status = subprocess.run([ROOT / "build/release/bench.postgres", server.connection,
                                 server.password_file]).returncode
        cpu_s = server.cpu_s() - before_s
        if not server.ask("SELECT to_regclass('airpicture.track_points')")[0][0]:
            sys.exit(status)
        ((points, reasons, tracks),) = server.ask(
            "SELECT (SELECT count(*) FROM airpicture.track_points), "
            "(SELECT count(*) FROM airpicture.track_reasons), "
            "(SELECT count(*) FROM airpicture.tracks)")
        ((size,),) = server.ask(
            "SELECT sum(pg_total_relation_size(inhrelid)) FROM pg_inherits "
            "WHERE inhparent = 'airpicture.track_points'::regclass")
        print(f"the server: {cpu_s:.1f} s of CPU, {int(size) / max(1, int(points)):.0f} octets a "
              f"point; it has {points} points, {reasons} reasons, {tracks} tracks")
        sys.exit(status)
    finally:
        server.close()


if __name__ == "__main__":
    main()
