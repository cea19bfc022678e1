#!/usr/bin/env python3
"""The progress lines of simulate, replay and evaluate: on a terminal they rise from 0 and are gone
at the end; in a pipe, and when told to be quiet, there is none."""
import os
import pathlib
import pty
import re
import subprocess

from common import PROGRAM, case, finish, workdir

SCENARIO = """name: Progress
duration_s: 600
latitude_deg: 54.0
longitude_deg: 8.0
traffic:
  - {kind: en_route, count: 250, radius_nmi: 150}
sensors:
  - {name: system, kind: tracker, sac: 25, sic: 96, latitude_deg: 54, longitude_deg: 8, turn_s: 1}
"""
CLEARED = "\r\x1b[K"


def on_terminal(*arguments):
    """What the program writes to a terminal that is its standard error."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen([PROGRAM, *map(str, arguments)], stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=theirs)
    os.close(theirs)
    said = b""
    try:
        while chunk := os.read(ours, 65536):
            said += chunk
    except OSError:  # EIO: its last owner has closed the terminal
        pass
    finally:
        os.close(ours)
    status = process.wait(timeout=60)
    assert status == 0, (status, said)
    return said.decode()


def in_pipe(*arguments):
    done = subprocess.run([PROGRAM, *map(str, arguments)], stdin=subprocess.DEVNULL,
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=120,
                          check=True)
    return done.stderr.decode()


def check_line(said, form):
    """Draws of one line: shares in [0, 100] that never fall, more than one, and nothing left."""
    draws = re.findall(r"\r" + form + r"\[([#.]{30})\] +(\d+) %[^\r]*\x1b\[K", said)
    shares = [int(share) for _, share in draws]
    assert len(set(shares)) > 1 and shares == sorted(shares) and shares[-1] <= 100, said[:300]
    for bar, share in draws:
        assert abs(bar.count("#") - int(share) * 0.3) < 1.2, (bar, share)  # one is rounded, one cut


def main():
    with workdir() as name:
        folder = pathlib.Path(name)
        (folder / "scenario.yaml").write_text(SCENARIO)
        out = folder / "out"
        commands = {
            "simulate": ("simulate", folder / "scenario.yaml", "-o", out),
            "replay": ("replay", "-c", out / "sensors.yaml", out / "merged.pcap", "--tracks",
                       folder / "tracks.jsonl"),
            "evaluate": ("evaluate", "--truth", out / "truth.csv", "--tracks", out / "merged.pcap",
                         "--report", folder / "report"),
        }

        def line(verb):
            said = on_terminal(*commands[verb])
            assert CLEARED in said, said[-200:]
            assert "[" not in said[said.rindex(CLEARED) + len(CLEARED):], said[-200:]
            if verb == "evaluate":
                assert "\rreading truth" in said, said[:200]
                check_line(said, "reading tracks *")
            else:
                check_line(said, "")
                assert re.search(r"\d+ x real time  \d+ s left", said), said[:200]

        def silence(verb):
            assert "\r" not in in_pipe(*commands[verb])
            quiet = on_terminal(verb, "-q", *commands[verb][1:])
            assert "\r[" not in quiet and "%" not in quiet, quiet[:200]

        for verb in commands:
            case(f"{verb} on a terminal", line, verb)
            case(f"{verb} in a pipe and quiet", silence, verb)


main()
finish()
