#!/usr/bin/env python3
"""Our Beast and AVR through dump1090-mutability on loopback; its Beast, AVR, SBS and aircraft.json
read by us. The program runs without a receiver, on ports of its own, and ends with each case."""
import collections
import contextlib
import json
import os
import pathlib
import select
import signal
import socket
import subprocess
import time

from common import WAIT_S, case, finish, free_ports, need_data, need_tool, run, workdir

FRAMES = 20000 # of the recording: the time at the gate and the climb
# What it is sent at once. It closes an output whose reader is behind: 10,000 octets become 60 kB
# of SBS, a fraction of what the system keeps for the reader.
CHUNK = 10000
SITE = (43.6, 1.4)
SENSORS = f"""sensors:
  - name: receiver
    kind: adsb
    input: 1
    latitude_deg: {SITE[0]}
    longitude_deg: {SITE[1]}
    height_m: 150
"""


def connect(port):
    for _ in range(100):
        with contextlib.suppress(ConnectionRefusedError):
            return socket.create_connection(("127.0.0.1", port), timeout=WAIT_S)
        time.sleep(0.05)
    raise AssertionError(f"nobody listens on port {port}")


@contextlib.contextmanager
def dump1090(folder):
    """The program and its ports: raw in, raw out, SBS, Beast in, Beast out."""
    names = ("ri", "ro", "sbs", "bi", "bo")
    ports = dict(zip(names, free_ports(len(names))))
    arguments = [word for name in names for word in (f"--net-{name}-port", str(ports[name]))]
    arguments += ["--net-only", "--net-bind-address", "127.0.0.1", "--quiet", "--net-verbatim",
                  "--net-ro-interval", "0.1", "--net-buffer", "7", "--write-json", str(folder),
                  "--write-json-every", "0.5", "--lat", str(SITE[0]), "--lon", str(SITE[1])]
    with subprocess.Popen([need_tool("dump1090-mutability"), *arguments],
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            yield ports
        finally:
            os.kill(process.pid, signal.SIGTERM)
            process.wait(timeout=WAIT_S)


def poll(connections, got):
    """Adds what has come to `got`, by output; whether anything came."""
    ready, _, _ = select.select(list(connections.values()), [], [], 0.03)
    for name, one in connections.items():
        if one in ready:
            part = one.recv(65536)
            assert part, f"it closed {name}"
            got[name] += part
    return bool(ready)


def read_to_end(connections, got, last):
    """Reads until the frame `last`, which it was sent at the end, has come out of both its outputs
    of frames: a busy machine may keep them back for seconds. SBS has no mark: quiet for 1.5 s."""
    ends = {"ro": last.upper().encode(), "bo": bytes.fromhex(last).replace(b"\x1a", b"\x1a\x1a")}
    quiet_s, deadline = time.monotonic(), time.monotonic() + 60
    while any(end not in got[name] for name, end in ends.items()) or \
            time.monotonic() < quiet_s + 1.5:
        assert time.monotonic() < deadline, f"the last frame did not come back: {last}"
        if poll(connections, got):
            quiet_s = time.monotonic()


def through(folder, feed, data, last):
    """What comes out of its three outputs for `data` with the frame `last` at its end into its
    input `feed`, and its aircraft.json."""
    with dump1090(folder) as ports:
        outputs = {name: connect(ports[name]) for name in ("ro", "sbs", "bo")}
        source = connect(ports[feed])
        time.sleep(0.5)
        got = {name: b"" for name in outputs}
        for at in range(0, len(data), CHUNK):
            source.sendall(data[at:at + CHUNK])
            while poll(outputs, got):
                pass
        read_to_end(outputs, got, last)
        time.sleep(1)
        document = (folder / "aircraft.json").read_bytes()
        for one in (*outputs.values(), source):
            one.close()
    return got, document


def frames_of(form, data):
    text = run("convert", "--from", form, "--to", "jsonl", "-", "-", stdin=data).stdout
    return [json.loads(line) for line in text.splitlines()]


def made(folder, form):
    """The first frames of the recording, by our own writer; the last one is a squitter that comes
    once."""
    (folder / "sensors.yaml").write_text(SENSORS)
    lines = run("convert", "--to", "jsonl", "--sensors", folder / "sensors.yaml",
                need_data("modes", "jet1090_tutorial.beast.gz"),
                "-").stdout.splitlines(keepends=True)[:FRAMES]
    frames = [json.loads(line) for line in lines]
    count = collections.Counter(line["frame"] for line in frames)
    while frames[-1]["df"] != "17" or count[frames[-1]["frame"]] > 1:
        frames.pop()
    (folder / "in.jsonl").write_bytes(b"".join(lines[:len(frames)]))
    run("convert", folder / "in.jsonl", folder / f"in.{form}")
    return (folder / f"in.{form}").read_bytes(), frames


def compare_frames(ours, theirs, what):
    """Heartbeats and what it takes for damaged apart, the frames are ours, in our order."""
    known = collections.Counter(line["frame"] for line in ours)
    strange = [line["frame"] for line in theirs if line["frame"] not in known]
    assert not strange, f"{what}: {len(strange)} frames that we did not send: {strange[:3]}"
    checked = [line["frame"] for line in ours if line["df"] == "17"]
    back = [line["frame"] for line in theirs if line["df"] == "17"]
    assert len(back) >= 0.999 * len(checked), f"{what}: {len(back)} of {len(checked)} squitters"
    assert not collections.Counter(back) - collections.Counter(checked), what


def beast():
    with workdir() as name:
        folder = pathlib.Path(name)
        data, ours = made(folder, "beast")
        got, document = through(folder, "bi", data, ours[-1]["frame"])
        theirs = frames_of("beast", got["bo"])
        compare_frames(ours, theirs, "Beast")
        times = {line["frame"]: line["timestamp"] for line in ours}
        count = collections.Counter(line["frame"] for line in ours)
        once = [line for line in theirs if count[line["frame"]] == 1 and "timestamp" in line]
        assert len(once) > 1000
        late = [line for line in once if abs(line["timestamp"] - times[line["frame"]]) > 1e-6]
        assert not late, f"times differ: {late[:2]}"
        compare_frames(ours, frames_of("avr", got["ro"]), "AVR")
        compare_targets(ours, got["sbs"], document)


def read_all(data):
    """Its targets by our reader, which has nothing to refuse."""
    done = run("decode", "-", stdin=data)
    assert not done.stderr, done.stderr[:300]
    return [json.loads(line) for line in done.stdout.splitlines()]


def compare_targets(ours, sbs, document):
    rows = read_all(sbs)
    addresses = {line["icao24"] for line in ours}
    assert len(rows) > 5000 and {row["address"] for row in rows} <= addresses
    placed = [row for row in rows if "latitude_deg" in row]
    positions = {(round(line["latitude"], 4), round(line["longitude"], 4))
                 for line in ours if "latitude" in line}
    near = {(round(a + x * 1e-4, 4), round(b + y * 1e-4, 4))
            for a, b in positions for x in (-1, 0, 1) for y in (-1, 0, 1)}
    # Its pairs are by the time of arrival, ours by that of the recording: a few differ.
    hits = sum((round(row["latitude_deg"], 4), round(row["longitude_deg"], 4)) in near
               for row in placed)
    assert placed and hits >= 0.99 * len(placed), f"{hits} of {len(placed)} positions are ours"
    altitudes = {line["altitude"] for line in ours if "altitude" in line}
    assert {row["altitude_ft"] for row in placed if "altitude_ft" in row} <= altitudes
    state = read_all(document)
    assert state and {row["address"] for row in state} <= addresses, state


def avr():
    with workdir() as name:
        folder = pathlib.Path(name)
        data, ours = made(folder, "avr")
        got, _ = through(folder, "ri", data, ours[-1]["frame"])
        compare_frames(ours, frames_of("beast", got["bo"]), "Beast of AVR")
        compare_frames(ours, frames_of("avr", got["ro"]), "AVR")


case("Beast in; Beast, AVR, SBS and aircraft.json out", beast)
case("AVR in; Beast and AVR out", avr)
finish()
