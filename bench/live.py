#!/usr/bin/env python3
"""The service under load: ten Mode S radars by UDP and a receiver by TCP, on the loopback.

    bench/live.py [--load 1|50]... [--measure S] [--keep DIR]

Load 1 is what ARTAS is published to take: 2,000 reports a second, 4,000 tracks. Load 50 is fifty
times that; its traffic takes six minutes to simulate, once when DIR is kept. The simulated packets
are sent at their times, with their times of day moved to now. Prints the processor time of the
engine's thread and of the one of inputs and outputs, the latency from the kernel's stamp of a
datagram to the picture, and what was lost, beside the limits. Exit status 1 when a limit is missed.
"""
import argparse
import math
import os
import pathlib
import re
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAM = pathlib.Path(os.environ.get("AIRPICTURE", ROOT / "build/release/airpicture"))
RADARS, DAY_S, WARM_S = 10, 86400, 40
HTTP, RADAR_PORT, RECEIVER_PORT = 19180, 19100, 19120
# flights, reports a second that are wanted, turn (s), receiver's range (NM); limits: p99 (ms),
# processor (% of a core) and of what
LOADS = {1: (4000, 2000, 8, 60, 10, 5, "all"), 50: (200_000, 100_000, 10, 80, 100, 100, "engine")}


def scenario(load, seconds):
    flights, _, turn_s, receiver_nmi, *_ = LOADS[load]
    text = (f"name: load {load}\nduration_s: {seconds}\nlatitude_deg: 50\nlongitude_deg: 9\n"
            f"traffic: [{{kind: en_route, count: {flights}, radius_nmi: 400}}]\nsensors:\n")
    for i in range(RADARS):
        away, bearing = (0, 0) if i == 0 else (150 / 60, math.radians(40 * i))
        latitude = 50 + away * math.cos(bearing)
        longitude = 9 + away * math.sin(bearing) / math.cos(math.radians(50))
        text += (f"  - {{name: r{i}, kind: mode_s, sac: 25, sic: {i + 1}, height_m: 300, "
                 f"latitude_deg: {latitude:.4f}, longitude_deg: {longitude:.4f}, "
                 f"turn_s: {turn_s}, range_max_nmi: 200, port: {RADAR_PORT + i}}}\n")
    return text + (f"  - {{name: rx, kind: adsb, format: beast, latitude_deg: 50.05, "
                   f"longitude_deg: 8.6, range_max_nmi: {receiver_nmi}, "
                   f"port: {RECEIVER_PORT}}}\n")


def packets(data):
    """(time, port, begin, end) of each datagram of a capture that the simulator wrote."""
    at, found = 24, []
    while at + 16 <= len(data):
        seconds, nanoseconds, size, _ = struct.unpack_from(">IIII", data, at)
        begin = at + 16
        udp = begin + 14 + (data[begin + 14] & 15) * 4
        found.append((seconds + nanoseconds * 1e-9, struct.unpack_from(">H", data, udp + 2)[0],
                      udp + 8, begin + size))
        at = begin + size
    return found


def move_times(data, found, by_s):
    """Adds seconds to the times of day of CAT048: three octets behind SAC and SIC, in 1/128 s."""
    count = 0
    for seconds, port, at, end in found:
        if not RADAR_PORT <= port < RADAR_PORT + RADARS:
            continue
        source, about = bytes((25, port - RADAR_PORT + 1)), int(seconds % DAY_S * 128)
        while (at := data.find(source, at, end)) >= 0 and at + 5 <= end:
            told = int.from_bytes(data[at + 2:at + 5], "big")
            if -64 <= about - told <= 640:
                data[at + 2:at + 5] = ((told + by_s * 128) % (DAY_S * 128)).to_bytes(3, "big")
                count += 1
                at += 4
            at += 1
    return count


class Sender(threading.Thread):
    """Plays the capture: radars by UDP, everything else to who connects."""

    def __init__(self, path, start_in_s):
        super().__init__(daemon=True)
        self.data = bytearray(path.read_bytes())
        found = packets(self.data)
        by_s = int(time.time() + start_in_s - found[0][0])
        self.moved = move_times(self.data, found, by_s)
        self.packets = [(seconds + by_s, port, at, end) for seconds, port, at, end in found]
        self.begin = self.packets[0][0]
        self.late_s = 0.0
        self.server = socket.create_server(("127.0.0.1", RECEIVER_PORT))

    def run(self):
        udp, view, i = socket.socket(socket.AF_INET, socket.SOCK_DGRAM), memoryview(self.data), 0
        stream, _ = self.server.accept()
        while i < len(self.packets):
            now, together = time.time(), []
            while i < len(self.packets) and self.packets[i][0] <= now:
                seconds, port, at, end = self.packets[i]
                if RADAR_PORT <= port < RADAR_PORT + RADARS:
                    udp.sendto(view[at:end], ("127.0.0.1", port))
                else:
                    together.append(view[at:end])
                self.late_s = max(self.late_s, now - seconds)
                i += 1
            try:
                stream.sendall(b"".join(together))
            except OSError:
                return  # the service has ended
            time.sleep(0.001)


def configuration(folder, flights):
    inputs = "".join(f"  - {{name: r{i}, kind: udp, port: {RADAR_PORT + i}, format: asterix}}\n"
                     for i in range(RADARS))
    return (f"sensors: {folder}/sensors.yaml\ntrack_cap: {flights + flights // 4}\n"
            f"aircraft_cap: {2 * flights}\nring_mb: 256\nhttp: {{port: {HTTP}}}\ninputs:\n{inputs}"
            f"  - {{name: rx, kind: tcp, host: 127.0.0.1, port: {RECEIVER_PORT}, format: beast}}\n")


def processor_s(pid):
    """Seconds of the processor by thread."""
    used = {}
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        name, _, rest = (task / "stat").read_text().partition("(")[2].rpartition(")")
        fields = rest.split()
        ticks = int(fields[11]) + int(fields[12])
        used[name] = used.get(name, 0) + ticks / os.sysconf("SC_CLK_TCK")
    return used


class Figures:
    def __init__(self, pid):
        self.at = time.monotonic()
        with urllib.request.urlopen(f"http://127.0.0.1:{HTTP}/metrics", timeout=30) as answer:
            self.text = answer.read().decode()
        self.used = processor_s(pid)

    def sum(self, name):
        return sum(float(value) for value in
                   re.findall(rf"^{name}(?:{{[^}}]*}})? (\S+)$", self.text, re.M))

    def buckets(self):
        return [(float(edge), float(count)) for edge, count in
                re.findall(r'latency_seconds_bucket{[^}]*le="([^"]+)"} (\S+)', self.text)]


def latency_ms(before, after, share):
    """The edge of the histogram below which that share lies."""
    counts = [(edge, b - a) for (edge, b), (_, a) in zip(after.buckets(), before.buckets())]
    return next(edge * 1e3 for edge, count in counts if count >= share * counts[-1][1])


def measure(load, folder, seconds):
    flights, wanted, *_, p99_limit, cpu_limit, who = LOADS[load]
    capture = folder / "merged.pcap"
    if not capture.exists():
        (folder / "load.yaml").write_text(scenario(load, WARM_S + seconds + 10))
        subprocess.run([PROGRAM, "simulate", "-q", folder / "load.yaml", "-o", folder], check=True)
    (folder / "service.yaml").write_text(configuration(folder, flights))
    sender = Sender(capture, 5 + 15 * load // 10)
    sender.start()
    with open(folder / "log", "w") as log:
        service = subprocess.Popen([PROGRAM, "run", folder / "service.yaml"], stderr=log)
    try:
        time.sleep(max(0.0, sender.begin + WARM_S - time.time()))
        before = Figures(service.pid)
        time.sleep(seconds)
        after = Figures(service.pid)
    finally:
        service.send_signal(signal.SIGTERM)
        service.wait()
    passed = after.at - before.at
    cpu = {name: 100 * (used - before.used.get(name, 0)) / passed
           for name, used in after.used.items()}
    cpu["all"] = sum(cpu.values())
    reports = sum(sign * figures.sum("airpicture_reports_total")
                  for sign, figures in ((1, after), (-1, before))) / passed
    lost = after.sum("airpicture_input_lost_total") + after.sum("airpicture_ring_lost_total")
    p99 = latency_ms(before, after, 0.99)
    print(f"load {load}: {reports:,.0f} reports/s ({wanted:,}), "
          f"{after.sum('airpicture_tracks'):,.0f} tracks, sender behind by at most "
          f"{sender.late_s * 1e3:.0f} ms")
    for name, used in sorted(cpu.items()):
        limit = f"  (limit {cpu_limit})" if name == who else ""
        print(f"  processor, {name:<12} {used:6.1f} % of a core{limit}")
    print(f"  latency, receipt to picture: half <= {latency_ms(before, after, 0.5):g} ms, 99 % <= "
          f"{p99:g} ms  (limit {p99_limit})")
    print(f"  lost: {lost:.0f}  (limit 0)")
    return reports >= 0.95 * wanted and p99 <= p99_limit and lost == 0 and cpu[who] <= cpu_limit


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--load", type=int, action="append", choices=LOADS)
    parser.add_argument("--measure", type=int, default=20, metavar="S", help="seconds of figures")
    parser.add_argument("--keep", type=pathlib.Path, metavar="DIR")
    arguments = parser.parse_args()
    met = True
    with tempfile.TemporaryDirectory(prefix="airpicture-bench-") as name:
        for load in arguments.load or LOADS:
            folder = (arguments.keep or pathlib.Path(name)) / f"load{load}"
            folder.mkdir(parents=True, exist_ok=True)
            met = measure(load, folder, arguments.measure) and met
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
