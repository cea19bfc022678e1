"""The service for long: what it holds of memory once it is warm, at ten times real time.

A simulated day of traffic, in which flights come and go, is replayed into `run`; clients follow the
stream, ask for aircraft.json, tracks and figures. The ring of history points is made small enough
that it is full within the first third; the slope of resident memory behind that, by least squares,
must stay below SLOPE_MB_H. A run shorter than JUDGED_S tells the slope without judging it.
"""
import base64
import os
import pathlib
import signal
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request

SPEED, SLOPE_MB_H, JUDGED_S, SAMPLE_S = 10, 1.0, 1500, 5.0
SCENARIO = """
name: Endurance
duration_s: {duration}
start: 2024-03-01T00:30:00Z
latitude_deg: 52
longitude_deg: 4
traffic: [{{kind: en_route, count: {count}, radius_nmi: 120}}]
sensors:
  - {{name: radar, kind: mode_s, sac: 1, sic: 1, latitude_deg: 52, longitude_deg: 4, turn_s: 4}}
  - {{name: rx, kind: adsb, format: beast, latitude_deg: 52, longitude_deg: 4}}
"""
CONFIG = """
sensors: sim/sensors.yaml
inputs: [{{name: none, kind: stdin}}]
outputs: [{{kind: sbs, port: {sbs}}}]
http: {{port: {http}}}
track_cap: 1000
aircraft_cap: 4000
history_points: 5000
"""


def free_ports(count):
    held = [socket.socket() for _ in range(count)]
    for one in held:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in held]
    for one in held:
        one.close()
    return ports


def resident_mb(pid):
    pages = int(pathlib.Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGESIZE") / 1e6


def slope_mb_h(samples):
    """Of (s, MB), by least squares."""
    count = len(samples)
    mean_t = sum(t for t, _ in samples) / count
    mean_m = sum(m for _, m in samples) / count
    spread = sum((t - mean_t) ** 2 for t, _ in samples)
    return 3600 * sum((t - mean_t) * (m - mean_m) for t, m in samples) / spread


class Service(threading.Thread):
    """`trouble` is what broke, `said` the figures, when it has ended."""

    def __init__(self, program, folder, seconds):
        super().__init__(daemon=True)
        self.program, self.folder, self.seconds = program, folder, seconds
        self.trouble, self.said, self.samples, self.asked = None, "", [], 0

    def prepare(self):
        duration = int(self.seconds * SPEED) + 300
        (self.folder / "scene.yaml").write_text(
            SCENARIO.format(duration=duration, count=max(40, duration // 50)))
        subprocess.run([self.program, "simulate", "-q", self.folder / "scene.yaml", "-o",
                        self.folder / "sim"], check=True)
        for name in "truth.csv", "radar.pcap", "rx.pcap", "rx.beast":
            (self.folder / "sim" / name).unlink()
        self.http, self.sbs = free_ports(2)
        (self.folder / "service.yaml").write_text(CONFIG.format(http=self.http, sbs=self.sbs))

    def follow(self, port, request=b""):
        """Reads a stream until its end."""
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=60) as one:
                one.sendall(request)
                while one.recv(1 << 16):
                    pass
        except OSError:
            pass  # the service has ended

    def ask(self):
        for path in ("/data/aircraft.json", "/api/v1/tracks?limit=50", "/metrics",
                     "/ogc/collections"):
            with urllib.request.urlopen(f"http://127.0.0.1:{self.http}{path}", timeout=30) as one:
                one.read()
            self.asked += 1

    def watch(self, process):
        began = time.monotonic()
        upgrade = ("GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
                   "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: "
                   f"{base64.b64encode(bytes(16)).decode()}\r\n\r\n").encode()
        for port, request in (self.http, upgrade), (self.http, upgrade), (self.sbs, b""):
            threading.Thread(target=self.follow, args=(port, request), daemon=True).start()
        while (passed := time.monotonic() - began) < self.seconds:
            if process.poll() is not None:
                self.trouble = f"the service ended with status {process.returncode}"
                return
            self.ask()
            self.samples.append((passed, resident_mb(process.pid)))
            time.sleep(SAMPLE_S)

    def run(self):
        process = None
        try:
            self.prepare()
            process = subprocess.Popen(
                [self.program, "run", "--replay", self.folder / "sim/merged.pcap", "--speed",
                 str(SPEED), "--at-end", "end", self.folder / "service.yaml", "--log", "warning"],
                stdin=subprocess.DEVNULL)
            until = time.monotonic() + 30
            while time.monotonic() < until:
                try:
                    self.ask()
                    break
                except (urllib.error.URLError, ConnectionError):
                    time.sleep(0.1)
            self.watch(process)
        except (OSError, subprocess.SubprocessError) as why:
            self.trouble = f"the service: {why}"
        finally:
            if process:
                process.send_signal(signal.SIGTERM)
                status = process.wait(30)
                if status and not self.trouble:
                    self.trouble = f"the service ended with status {status}"
        self.judge()

    def judge(self):
        warm = [one for one in self.samples if one[0] > self.seconds / 3]
        if len(warm) < 3:
            return
        slope, sizes = slope_mb_h(warm), [mb for _, mb in warm]
        self.said = (f"service at {SPEED} times real time, {self.seconds / 60:.0f} min, "
                     f"{self.asked} answers: {self.samples[0][1]:.1f} MB at first, "
                     f"{min(sizes):.1f} to {max(sizes):.1f} MB once warm, slope {slope:+.2f} MB/h "
                     f"(limit {SLOPE_MB_H:g})")
        if slope > SLOPE_MB_H and self.seconds >= JUDGED_S and not self.trouble:
            self.trouble = "the service's memory grows: " + self.said
