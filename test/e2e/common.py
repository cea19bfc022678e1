"""Shared by the end-to-end tests: the program, the data, and one line a case.

A script prints `ok NAME`, `not ok NAME reason` or `skip NAME reason` for each case and exits 1
when one failed. Programs under test: $AIRPICTURE, or build/release/airpicture.
"""
import fcntl
import gzip
import json
import math
import os
import pathlib
import random
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import termios
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("AIRPICTURE", str(ROOT / "build/release/airpicture"))
CLANG_PROGRAM = os.environ.get("AIRPICTURE_CLANG", str(ROOT / "build/clang/airpicture"))
DATA = pathlib.Path(os.environ.get("AIRPICTURE_DATA", str(ROOT.parent / "shared/data")))

# Recordings whose reference decode was not made with the newest edition, or against what CAT247
# announces in them.
EDITIONS = {"jasterix_cat021ed2.1.bin": "021=2.1", "jasterix_cat062ed1.16.bin": "062=1.16",
            "jasterix_cat247ed1.2.bin": "247=1.3"}

# Patience: for what comes in a second or two on a machine that has nothing else to do.
WAIT_S = 60

_failed = 0


class Skip(Exception):
    """Raised by a case that cannot run here; the message says why."""


def need_data(*parts):
    path = DATA.joinpath(*parts)
    if not path.exists():
        raise Skip(f"no {'/'.join(parts)} under {DATA} (set AIRPICTURE_DATA)")
    return path


def need_tool(name):
    path = shutil.which(name)
    if not path:
        raise Skip(f"{name} is not installed")
    return path


def run(*arguments, program=None, stdin=None, status=0, timeout=300):
    """Runs the program; asserts its exit status (None: any) and returns the finished process."""
    done = subprocess.run([program or PROGRAM, *map(str, arguments)], input=stdin,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=timeout)
    if status is not None and done.returncode != status:
        raise AssertionError(f"exit status {done.returncode}, expected {status}: "
                             f"{done.stderr.decode(errors='replace').strip()[:400]}")
    return done


def free_ports(count, kind=socket.SOCK_STREAM):
    """Ports that nobody has. None of those that systems give to whoever asks for any: it would be
    somebody's before it is used."""
    held = []
    while len(held) < count:
        one = socket.socket(socket.AF_INET, kind)
        held.append(one)
        try:
            one.bind(("127.0.0.1", random.SystemRandom().randrange(12000, 32000)))
        except OSError:
            held.pop().close()
    ports = [one.getsockname()[1] for one in held]
    for one in held:
        one.close()
    return ports


def wait_till_read(pipe):
    """Until who reads it has taken all that was written, and some time to make use of it."""
    until = time.monotonic() + WAIT_S
    while struct.unpack("i", fcntl.ioctl(pipe, termios.FIONREAD, b"\0" * 4))[0]:
        assert time.monotonic() < until, "nobody reads"
        time.sleep(0.01)
    time.sleep(0.2)


def lines_of_zst(path):
    done = subprocess.run(["zstd", "-dc", str(path)], stdout=subprocess.PIPE, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def lines_of_gz(path):
    with gzip.open(path, "rt") as f:
        return f.read().splitlines()


def metres_between(lat1, lon1, lat2, lon2):
    """Small distances on the ellipsoid, by local radii of curvature."""
    lat = math.radians((lat1 + lat2) / 2)
    e2 = 0.0066943799901413165
    w = math.sqrt(1 - e2 * math.sin(lat) ** 2)
    north = math.radians(lat2 - lat1) * 6378137.0 * (1 - e2) / w ** 3
    east = math.radians((lon2 - lon1 + 180) % 360 - 180) * 6378137.0 / w * math.cos(lat)
    return math.hypot(north, east)


def case(name, function, *arguments):
    """Runs one case and prints its line."""
    global _failed
    try:
        function(*arguments)
        print(f"ok {name}", flush=True)
    except Skip as why:
        print(f"skip {name} {why}", flush=True)
    except Exception as why:  # a failing case must not hide the others
        _failed += 1
        text = " ".join(f"{type(why).__name__}: {why}".split())
        print(f"not ok {name} {text[:600]}", flush=True)


def workdir():
    return tempfile.TemporaryDirectory(prefix="airpicture-test-")


def finish():
    sys.exit(1 if _failed else 0)
