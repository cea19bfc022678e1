#!/usr/bin/env python3
"""The service's answers under many readers: 10,000 aircraft at one position a second, 1,000 clients
of the stream, aircraft.json each second.

    bench/stream.py [--stream-ms MS]... [--measure S] [--gzip]

Aircraft come as SBS lines over UDP, some in each datagram, all through the second. Of each step of
the stream (stream_ms 250, the default, when none is named): the processor time of the thread of
inputs and outputs, the latency from the receipt of the newest report in a message to the last octet
of it at a client, with all reading and with one that has stopped, beside the limits. Latency is
judged in the quietest turn of two seconds, for other programs share the processors; the middle one
is told, too. Clients are another program (bench/stream_bench.c), whose time is not counted; with
--gzip they ask for packed messages. Exit status 1 when a limit is missed.
"""
import argparse
import json
import math
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAM = pathlib.Path(os.environ.get("AIRPICTURE", ROOT / "build/release/airpicture"))
CLIENTS_PROGRAM = PROGRAM.parent / "bench.stream"
AIRCRAFT, CLIENTS, FEW, PARTS, LINES = 10_000, 1_000, 100, 50, 20
LIMIT_CPU, LIMIT_P99_MS, LIMIT_CHANGE_MS, LIMIT_JSON = 25.0, 100.0, 1.0, 1.5
CONFIG = """
inputs: [{{name: lines, kind: udp, port: {udp}, format: sbs}}]
http: {{port: {http}, stream_ms: {stream_ms}}}
track_cap: 16000
aircraft_cap: 20000
"""


def free_port(kind):
    with socket.socket(socket.AF_INET, kind) as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Traffic(threading.Thread):
    """Each aircraft flies its own way, so that no two messages are alike to who packs them; a
    fiftieth of them is told each 20 ms."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.port, self.is_ending = port, False

    def lines(self, part, passed_s):
        for i in range(part, AIRCRAFT, PARTS):
            course, step = i * 2.399963, passed_s * (0.001 + i * 0.618034 % 1 * 0.001)
            latitude = 40 + (i // 100 + i * 0.754878 % 1) * 0.2 + step * math.cos(course)
            longitude = (i % 100 + i * 0.569840 % 1) * 0.2 + step * math.sin(course)
            yield (f"MSG,3,1,1,{0x400000 + i:06X},1,,,,,,{1000 + i * 7 % 400 * 100},,,"
                   f"{latitude:.5f},{longitude:.5f},,,0,0,0,0\r\n")

    def run(self):
        out, begin, step = socket.socket(socket.AF_INET, socket.SOCK_DGRAM), time.monotonic(), 0
        while not self.is_ending:
            due = begin + step / PARTS
            time.sleep(max(0.0, due - time.monotonic()))
            lines = list(self.lines(step % PARTS, due - begin))
            for at in range(0, len(lines), LINES):
                out.sendto("".join(lines[at:at + LINES]).encode(), ("127.0.0.1", self.port))
            step += 1


def thread_s(pid):
    """Processor seconds by thread, to the nanosecond."""
    used = {}
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        name = (task / "comm").read_text().strip()
        spent = int((task / "schedstat").read_text().split()[0]) / 1e9
        used[name] = used.get(name, 0.0) + spent
    return used


class Service:
    def __init__(self, folder, stream_ms, words):
        self.client_words = words
        self.http, udp = free_port(socket.SOCK_STREAM), free_port(socket.SOCK_DGRAM)
        (folder / "service.yaml").write_text(
            CONFIG.format(http=self.http, udp=udp, stream_ms=stream_ms))
        self.log = open(folder / "log", "w")
        self.process = subprocess.Popen([PROGRAM, "run", folder / "service.yaml"],
                                        stderr=self.log)
        self.traffic = Traffic(udp)
        self.traffic.start()

    def get(self, path):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.http}{path}", timeout=30) as answer:
            return answer.read()

    def wait_for_traffic(self):
        until = time.monotonic() + 60
        while time.monotonic() < until:
            try:
                if json.loads(self.get("/api/v1/statistics"))["track_count"] >= AIRCRAFT:
                    return
            except (urllib.error.URLError, ConnectionError, KeyError):
                pass
            time.sleep(0.2)
        sys.exit("the aircraft do not become tracks")

    def close(self):
        self.traffic.is_ending = True
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()
        self.log.close()


class Spent:
    """Share of a core of each thread between two moments, in %."""

    def __init__(self, service):
        self.pid = service.process.pid
        self.used, self.at = thread_s(self.pid), time.monotonic()

    def percent(self):
        passed = time.monotonic() - self.at
        return {name: 100 * (used - self.used.get(name, 0.0)) / passed
                for name, used in thread_s(self.pid).items()}


def loop_of(percent):
    """Of the thread that serves: the process's first, which has the program's name."""
    return percent[PROGRAM.name[:15]]


def middle(figures):
    return figures[len(figures) // 2]


def follow(service, count, seconds):
    """What so many clients saw, and the processor time of the service's threads meanwhile."""
    clients = subprocess.Popen([CLIENTS_PROGRAM, str(service.http), str(count), str(seconds),
                                *service.client_words], stdout=subprocess.PIPE, text=True)
    if clients.stdout.readline() != "ready\n":
        sys.exit("the clients did not come")
    spent = Spent(service)
    line = clients.stdout.readline()
    if not line:
        sys.exit("a client was cut")
    percent = spent.percent()
    clients.wait()
    told = json.loads(line)
    half, most = ({who: sorted(turn[key] for turn in told["turns"] if turn["stopped"] == who)
                   for who in (0, 1)} for key in ("p50_ms", "p99_ms"))
    return told, percent, half, most


def measure_stream(service, seconds, quiet):
    told, percent, half, most = follow(service, CLIENTS, seconds)
    loop = loop_of(percent)
    print(f"  {CLIENTS} clients, {told['messages_per_s']:,.0f} messages and "
          f"{told['mb_per_s']:.0f} MB a second")
    for name, used in sorted(percent.items()):
        limit = f"  (limit {LIMIT_CPU:g})" if name == PROGRAM.name else ""
        print(f"  processor, {name:<12} {used:6.1f} % of a core{limit}")
    print(f"  of it without clients       {quiet:6.1f} %")
    print(f"  latency, quietest turn of {len(half[0])}: half <= {half[0][0]:.1f} ms, 99 % <= "
          f"{most[0][0]:.1f} ms  (limit {LIMIT_P99_MS:g}); middle one: {middle(half[0]):.1f} and "
          f"{middle(most[0]):.1f} ms")
    return loop <= LIMIT_CPU and most[0][0] <= LIMIT_P99_MS


def measure_stopped(service, seconds):
    """Of fewer: what a thousand wait for each other hides a millisecond."""
    _, _, half, most = follow(service, FEW, seconds)
    change = half[1][0] - half[0][0]
    print(f"  {FEW} clients, of which one stops: half {half[0][0]:.2f} {change:+.2f} ms  "
          f"(limit {LIMIT_CHANGE_MS:g}), 99 % {most[0][0]:.2f} {most[1][0] - most[0][0]:+.2f} ms")
    return change <= LIMIT_CHANGE_MS


def measure_quiet(service, seconds):
    spent = Spent(service)
    time.sleep(seconds)
    return loop_of(spent.percent())


def measure_json(service, seconds, quiet):
    spent, asked, size = Spent(service), 0, 0
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        began = time.monotonic()
        size = len(with_all_aircraft(service.get("/data/aircraft.json")))
        asked += 1
        time.sleep(max(0.0, began + 1 - time.monotonic()))
    used = loop_of(spent.percent()) - quiet
    print(f"  aircraft.json each second, {size / 1e6:.1f} MB: {used:.2f} % of a core "
          f"(limit {LIMIT_JSON:g})")
    return used <= LIMIT_JSON and asked >= seconds / 2


def with_all_aircraft(body):
    if body.count(b'"hex":') < AIRCRAFT:
        sys.exit("aircraft.json lacks aircraft")
    return body


def measure(stream_ms, seconds, words):
    with tempfile.TemporaryDirectory(prefix="airpicture-bench-") as name:
        service = Service(pathlib.Path(name), stream_ms, words)
        try:
            service.wait_for_traffic()
            print(f"stream_ms {stream_ms}, {AIRCRAFT:,} aircraft")
            quiet = measure_quiet(service, seconds)
            met = measure_json(service, seconds, quiet)
            met = measure_stopped(service, seconds) and met
            return measure_stream(service, seconds, quiet) and met
        finally:
            service.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--stream-ms", type=int, action="append")
    parser.add_argument("--measure", type=int, default=24, metavar="S",
                        help="seconds of each figure")
    parser.add_argument("--gzip", action="store_true", help="clients ask for packed messages")
    arguments = parser.parse_args()
    met = True
    for stream_ms in arguments.stream_ms or (250,):
        met = measure(stream_ms, arguments.measure, ["gzip"] * arguments.gzip) and met
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
