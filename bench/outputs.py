#!/usr/bin/env python3
"""What the service's outputs cost: Beast to ten clients, and CAT062 of every track each second.

    bench/outputs.py [--measure S] [--keep DIR]

A receiver hears more than 4,000 aircraft, more than 20,000 frames a second. The same stream goes
into the service three times: with no outputs; with CAT062 by UDP, a picture a second; with Beast
that ten clients read. Prints the processor time of each over that without outputs, what went out,
and what was lost, beside the limits. Exit status 1 when a limit is missed.
"""
import argparse
import json
import os
import pathlib
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAM = pathlib.Path(os.environ.get("AIRPICTURE", ROOT / "build/release/airpicture"))
FLIGHTS, FRAMES_PER_S, TRACKS, CLIENTS, WARM_S = 4600, 20000, 4000, 10, 25
HTTP, RECEIVER, BEAST, ASTERIX = 19280, 19220, 19230, 19231
LIMITS = {"cat062": 2, "beast": 3}  # % of a core


def recording(folder, seconds):
    """Octets of a receiver that hears them all, and how long they take."""
    (folder / "scene.yaml").write_text(
        f"name: outputs\nduration_s: {seconds}\nlatitude_deg: 50\nlongitude_deg: 9\n"
        f"traffic: [{{kind: en_route, count: {FLIGHTS}, radius_nmi: 150}}]\n"
        "sensors: [{name: rx, kind: adsb, format: beast, latitude_deg: 50, longitude_deg: 9, "
        "height_m: 500, range_max_nmi: 400}]\n")
    if not (folder / "rx.beast").exists():
        subprocess.run([PROGRAM, "simulate", "-q", folder / "scene.yaml", "-o", folder], check=True)
    return (folder / "rx.beast").read_bytes()


class Sender(threading.Thread):
    """The octets to who connects, spread evenly."""

    def __init__(self, data, seconds):
        super().__init__(daemon=True)
        self.data, self.seconds = memoryview(data), seconds
        self.server = socket.create_server(("127.0.0.1", RECEIVER))

    def run(self):
        stream, _ = self.server.accept()
        begin, at = time.monotonic(), 0
        while at < len(self.data):
            due = int(len(self.data) * (time.monotonic() - begin) / self.seconds)
            try:
                stream.sendall(self.data[at:due])
            except OSError:
                break  # the service has ended
            at = max(at, due)
            time.sleep(0.005)
        stream.close()
        self.server.close()


class Readers(threading.Thread):
    """Clients that read all that comes."""

    def __init__(self, count, port):
        super().__init__(daemon=True)
        self.sizes, self.selector = [0] * count, selectors.DefaultSelector()
        for i in range(count):
            one = socket.create_connection(("127.0.0.1", port))
            one.setblocking(False)
            self.selector.register(one, selectors.EVENT_READ, i)

    def run(self):
        while self.selector.get_map():
            for key, _ in self.selector.select():
                octets = key.fileobj.recv(1 << 20)
                self.sizes[key.data] += len(octets)
                if not octets:
                    self.selector.unregister(key.fileobj)
                    key.fileobj.close()
            time.sleep(0.01)


def processor_s(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Figures:
    def __init__(self, pid):
        with urllib.request.urlopen(f"http://127.0.0.1:{HTTP}/api/v1/statistics",
                                    timeout=30) as answer:
            told = json.load(answer)
        self.at, self.used = time.monotonic(), processor_s(pid)
        self.messages, self.tracks = told["message_count"], told["track_count"]
        self.outputs = {one["name"]: one for one in told["outputs"]}


def measure(folder, data, arguments, output):
    """Share of a core, frames a second, and the output's figures at the begin and the end."""
    lines = {"none": "", "beast": f"outputs: [{{kind: beast, port: {BEAST}}}]\n",
             "cat062": f"outputs: [{{kind: cat062, host: 127.0.0.1, port: {ASTERIX}, "
                       "period_s: 1}]\n"}
    (folder / "service.yaml").write_text(
        f"inputs: [{{name: rx, kind: tcp, host: 127.0.0.1, port: {RECEIVER}, format: beast}}]\n"
        f"track_cap: 6000\nhttp: {{port: {HTTP}}}\n" + lines[output])
    Sender(data, WARM_S + arguments.measure + 5).start()
    sink = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sink.bind(("127.0.0.1", ASTERIX))
    with open(folder / "log", "w") as log:
        service = subprocess.Popen([PROGRAM, "run", folder / "service.yaml"], stderr=log)
    readers = None
    try:
        time.sleep(WARM_S - 2)
        if output == "beast":
            readers = Readers(CLIENTS, BEAST)
            readers.start()
        time.sleep(2)
        before = Figures(service.pid)
        time.sleep(arguments.measure)
        after = Figures(service.pid)
    finally:
        service.send_signal(signal.SIGTERM)
        service.wait()
        sink.close()
    if readers:
        readers.join(10)
        assert len(set(readers.sizes)) == 1, f"clients got different octets: {readers.sizes}"
    passed = after.at - before.at
    return (100 * (after.used - before.used) / passed, (after.messages - before.messages) / passed,
            passed, before, after)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--measure", type=int, default=15, metavar="S", help="seconds of figures")
    parser.add_argument("--keep", type=pathlib.Path, metavar="DIR")
    arguments = parser.parse_args()
    met = True
    with tempfile.TemporaryDirectory(prefix="airpicture-bench-") as name:
        folder = arguments.keep or pathlib.Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        data = recording(folder, WARM_S + arguments.measure + 5)
        plain, frames, *_ = measure(folder, data, arguments, "none")
        print(f"no outputs: {plain:5.1f} % of a core, {frames:,.0f} frames/s "
              f"({FRAMES_PER_S:,} wanted)")
        met = frames >= FRAMES_PER_S
        for output, limit in LIMITS.items():
            used, _, passed, before, after = measure(folder, data, arguments, output)
            was, now = before.outputs[output], after.outputs[output]
            rates = [(now[key] - was[key]) / passed for key in ("message_count", "byte_count")]
            lost = now["lost_count"] + now["client_cut_count"]
            print(f"{output}: {used - plain:+5.1f} % of a core (limit {limit}), "
                  f"{rates[0]:,.0f} messages/s, {rates[1] / 1e6:.2f} MB/s to each of "
                  f"{now['client_count'] or 1}, {after.tracks:,} tracks, lost {lost} (limit 0)")
            met = met and used - plain <= limit and lost == 0 and after.tracks >= TRACKS
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
