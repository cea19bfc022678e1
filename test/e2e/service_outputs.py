#!/usr/bin/env python3
"""What the service sends out, as others read it: tshark its ASTERIX, dump1090 its Beast and AVR, a
second airpicture each of its ports; who does not read, ports that are taken, a reload under way."""
import contextlib
import datetime
import json
import math
import os
import pathlib
import re
import signal
import socket
import struct
import subprocess
import threading
import time
import urllib.error

from common import PROGRAM, ROOT, WAIT_S, case, finish, free_ports, need_tool, run, workdir
from run import get, wait_for

STEP_DEG = 180 / 2 ** 25  # of I062/105
GROUP = "239.255.77.9"
SCENARIO = """
name: Outputs
start: {start}
duration_s: 3600
latitude_deg: 52
longitude_deg: 4
traffic: [{{kind: en_route, count: 60, radius_nmi: 100}}]
sensors:
  - {{name: radar, kind: mode_s, sac: 1, sic: 1, latitude_deg: 52, longitude_deg: 4, turn_s: 2,
      port: {radar}}}
  - {{name: rx, kind: adsb, format: beast, latitude_deg: 52, longitude_deg: 4, port: {rx}}}
"""
CONFIG = """
sensors: sim/sensors.yaml
inputs:
  - {{name: radar, kind: udp, port: {radar}, format: asterix}}
  - {{name: rx, kind: tcp, host: 127.0.0.1, port: {rx}, format: beast}}
outputs:
  - {{kind: cat062, host: 127.0.0.1, port: {period}, period_s: 1, sac: 25, sic: 100}}
  - {{name: updates, kind: cat062, host: {group}, interface: 127.0.0.1, port: {updates},
     period_s: 2, on_update: true, update_ms: 100}}
  - {{kind: cat021, host: 127.0.0.1, port: {reports}}}
  - {{kind: beast, port: {beast}}}
  - {{kind: avr, port: {avr}}}
  - {{kind: sbs, port: {sbs}}}
  - {{kind: final, port: {final}}}
  - {{name: asterix, kind: cat062, transport: tcp, port: {asterix}, period_s: 1}}
http: {{port: {http}}}
state: {{folder: state, recordings: false}}
track_cap: 500
"""
FORMS = ("beast", "avr", "sbs", "final", "asterix")


def udp_socket(address, port, group=None):
    one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    one.bind((address, port))
    if group:
        one.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
                       socket.inet_aton(group) + socket.inet_aton("127.0.0.1"))
    one.setblocking(False)
    return one


def take(one):
    got = []
    with contextlib.suppress(BlockingIOError):
        while True:
            got.append(one.recv(65536))
    return got


def connect(port):
    def made():
        with contextlib.suppress(ConnectionRefusedError):
            return socket.create_connection(("127.0.0.1", port), timeout=WAIT_S)
    return wait_for(made)


def tracks_at(port, least=1):
    """By address, of who serves there; None while there are fewer."""
    try:
        answer = get(port, "/api/v1/tracks?limit=1000")
    except (urllib.error.URLError, ConnectionError):
        return None
    found = {one["icao24"]: one for one in answer["tracks"] if "icao24" in one}
    return found if len(found) >= least else None


class Processes:
    """What is started here is stopped here."""

    def __init__(self, folder):
        self.folder, self.all, self.relays = folder, [], []

    def start(self, *words, log=None):
        out = open(log, "w") if log else subprocess.DEVNULL
        self.all.append(subprocess.Popen([str(word) for word in words], stdin=subprocess.DEVNULL,
                                         stdout=subprocess.DEVNULL, stderr=out))
        return self.all[-1]

    def service(self, name, text, status=None):
        """Runs a configuration; with a status, one that ends: gives what it said."""
        path = self.folder / f"{name}.yaml"
        path.write_text(text)
        if status is not None:
            done = subprocess.run([PROGRAM, "run", path], stdin=subprocess.DEVNULL, timeout=WAIT_S,
                                  stderr=subprocess.PIPE, text=True)
            assert done.returncode == status, done
            return done.stderr
        return self.start(PROGRAM, "run", path, log=self.folder / f"{name}.log")

    def relay(self, from_port, to_port):
        """Octets of one port to another: a program that waits on both sides."""
        source, sink = connect(from_port), connect(to_port)

        def pump():
            with contextlib.suppress(OSError):
                while octets := source.recv(65536):
                    sink.sendall(octets)
        thread = threading.Thread(target=pump, daemon=True)
        thread.start()
        self.relays.append((source, thread))

    def close(self):
        for source, thread in self.relays:
            with contextlib.suppress(OSError):
                source.shutdown(socket.SHUT_RDWR)
            thread.join(5)
        for process in self.all:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGCONT)
                process.kill()
            process.wait()


class Scene:
    def __init__(self, folder, processes):
        self.folder = folder
        udp = free_ports(4, socket.SOCK_DGRAM)
        tcp = free_ports(7, socket.SOCK_STREAM)
        self.ports = dict(zip(("radar", "period", "updates", "reports"), udp))
        self.ports |= dict(zip(("rx", "http", *FORMS), tcp))
        now = datetime.datetime.now(datetime.timezone.utc)
        (folder / "scene.yaml").write_text(
            SCENARIO.format(start=now.strftime("%Y-%m-%dT%H:%M:%SZ"), **self.ports))
        run("simulate", folder / "scene.yaml", "-o", folder / "sim", "--duration", "1", "-q")
        self.text = CONFIG.format(group=GROUP, **self.ports)
        self.period = udp_socket("127.0.0.1", self.ports["period"])
        self.updates = udp_socket(GROUP, self.ports["updates"], GROUP)
        self.reports = udp_socket("127.0.0.1", self.ports["reports"])
        self.simulator = processes.start(PROGRAM, "simulate", folder / "scene.yaml", "--live", "-q")
        self.service = processes.service("service", self.text)

    def said(self):
        return (self.folder / "service.log").read_text()

    def tracks(self, least=1):
        return tracks_at(self.ports["http"], least)

    def output(self, name):
        return next(one for one in get(self.ports["http"], "/api/v1/statistics")["outputs"]
                    if one["name"] == name)


# --- ASTERIX ---

def records_of(path, datagrams):
    """As tshark dissects them, by category, with the number of the datagram; none malformed."""
    with open(path, "wb") as file:
        file.write(struct.pack(">IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
        for number, octets in enumerate(datagrams):
            head = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 28 + len(octets), 0, 0, 64, 17, 0,
                               bytes(4), bytes([127, 0, 0, 1]))
            packet = bytes(12) + b"\x08\x00" + head + \
                struct.pack(">HHHH", 8600, 8600, 8 + len(octets), 0) + octets
            file.write(struct.pack(">IIII", number, 0, len(packet), len(packet)) + packet)
    wrong = subprocess.run([need_tool("tshark"), "-r", path, "-Y",
                            "_ws.malformed or _ws.expert.severity >= 6 or not asterix"],
                           stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True).stdout
    assert wrong == b"", wrong[:300]
    done = subprocess.run([need_tool("tshark"), "-r", path, "-T", "json", "-J", "asterix",
                           "--no-duplicate-keys"], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, check=True)
    found = []
    for number, packet in enumerate(json.loads(done.stdout)):
        blocks = packet["_source"]["layers"]["asterix"]
        for block in blocks if isinstance(blocks, list) else [blocks]:
            records = block["asterix.message"]
            for record in records if isinstance(records, list) else [records]:
                found.append((number, int(block["asterix.category"]), record))
    return found


def item(record, category, number, part="VALUE"):
    value = record[f"asterix.{category:03d}_{number}"][f"asterix.{category:03d}_{number}_{part}"]
    return int(value, 16) if str(value).startswith("0x") else float(value)


def radii_m(latitude_deg, height_m):
    """Of WGS-84, by which a way becomes radians of latitude and of longitude."""
    sine = math.sin(math.radians(latitude_deg))
    root = 1 - 6.69437999014e-3 * sine ** 2
    return (6378137 * (1 - 6.69437999014e-3) / root ** 1.5 + height_m,
            (6378137 / math.sqrt(root) + height_m) * math.cos(math.radians(latitude_deg)))


def compare_track(record, track):
    """One record with what /api/v1/tracks says of the same state, within the wire's steps. False
    for one that cannot be compared."""
    age_s = item(record, 62, "070") - track["time_s"] % 86400
    assert -1 < age_s < 30, age_s
    if abs(track["track_rate_degps"]) > 1e-3:
        return False  # its way bends
    speed_mps = track["ground_speed_kt"] * 1852 / 3600
    east = speed_mps * math.sin(math.radians(track["track_deg"]))
    north = speed_mps * math.cos(math.radians(track["track_deg"]))
    assert abs(item(record, 62, "185", "VX") - east) <= 0.125 + 0.03, (record, track)
    assert abs(item(record, 62, "185", "VY") - north) <= 0.125 + 0.03, (record, track)
    north_m, east_m = radii_m(track["latitude_deg"], track["height_m"])
    for part, was, moved in (("LAT", "latitude_deg", north / north_m),
                             ("LON", "longitude_deg", east / east_m)):
        moved = math.degrees(moved * age_s)
        # The step of the time, 1/128 s; speed and course have three and four digits.
        slack = STEP_DEG / 2 + abs(moved / age_s) / 128 + 5e-4 * abs(moved)
        assert abs(item(record, 62, "105", part) - track[was] - moved) <= slack, (record, track)
    level = track["pressure_altitude_ft"] / 100
    assert abs(item(record, 62, "136") - level) <= 0.125 + 0.001, (record, track)
    assert item(record, 62, "040") == track["track_number"]
    if "callsign" in track:
        name = record["asterix.062_380"]["asterix.062_380_ID"]["asterix.062_380_ID_VALUE"]
        assert name.strip() == track["callsign"], (record, track)
    if "squawk" in track:
        code = record["asterix.062_060"]["asterix.062_060_MODE3A"]
        assert int(code) == int(track["squawk"], 8), (record, track)  # tshark tells it in tens
    return True


def address_of(record):
    part = record["asterix.062_380"].get("asterix.062_380_ADR")
    return f"{int(part['asterix.062_380_ADR_VALUE'], 16):06x}" if part else None


def sources_stand_still(scene):
    """The sensors are stopped until two more pictures have come: API and ASTERIX then tell of the
    same states."""
    scene.kept = [take(one) for one in (scene.period, scene.updates, scene.reports)]
    os.kill(scene.simulator.pid, signal.SIGSTOP)
    scene.last, scene.records = {}, {}

    def settled():
        scene.kept[0] += take(scene.period)
        scene.kept[1] += take(scene.updates)
        scene.kept[2] += take(scene.reports)
        now = scene.tracks()
        newest = max(one["time_s"] for one in now.values())
        sent = get(scene.ports["http"], "/api/v1/tracks?limit=1")["now_s"]
        scene.last = now
        return sent - newest > 2.6
    try:
        wait_for(settled)
        scene.kept[0] += take(scene.period)
        scene.kept[1] += take(scene.updates)
    finally:
        os.kill(scene.simulator.pid, signal.SIGCONT)


def asterix_by_period(scene):
    records = scene.records["period"] = records_of(scene.folder / "period.pcap", scene.kept[0])
    times = [item(record, 65, "030") for _, category, record in records
             if category == 65 and item(record, 65, "000") == 1]
    assert len(times) >= 4 and all(abs(b - a - 1) < 1 / 64 for a, b in zip(times, times[1:])), times
    radars = {item(record, 63, "050", "SIC") for _, category, record in records if category == 63}
    assert radars == {1}, radars
    newest = {address_of(record): record for _, category, record in records if category == 62
              and item(record, 62, "070") == times[-1]}
    assert len(newest) >= 5 and set(scene.last) <= set(newest), (set(newest), set(scene.last))
    compared = [compare_track(newest[address], track) for address, track in scene.last.items()]
    assert sum(compared) >= 5, compared


def asterix_on_update(scene):
    """Each track within a tenth of a second of its update, besides the pictures of two seconds."""
    records = scene.records["updates"] = records_of(scene.folder / "updates.pcap", scene.kept[1])
    pictures = {number for number, category, _ in records if category == 65}
    between = [record for number, category, record in records
               if category == 62 and number not in pictures]
    assert len(pictures) >= 2 and len(between) >= 20, (len(pictures), len(between))
    for record in between:
        grid = item(record, 62, "070") * 10
        assert abs(grid - round(grid)) <= 10 / 128, grid
        age = record["asterix.062_290"]["asterix.062_290_TRK"]["asterix.062_290_TRK_VALUE"]
        assert float(age) >= 0
    newest = {address_of(record): record for _, category, record in records if category == 62}
    assert set(scene.last) <= set(newest)
    compared = [compare_track(newest[address], track) for address, track in scene.last.items()]
    assert sum(compared) >= 5, compared


def asterix_of_reports(scene):
    records = scene.records["reports"] = records_of(scene.folder / "reports.pcap", scene.kept[2])
    assert len(records) > 50 and all(category == 21 for _, category, _ in records)
    placed = 0
    for _, _, record in records:
        track = scene.last.get(f"{item(record, 21, '080'):06x}")
        if not track or "asterix.021_131" not in record:
            continue
        age_s = track["time_s"] % 86400 - item(record, 21, "071")
        north_m = (item(record, 21, "131", "LAT") - track["latitude_deg"]) * 111300
        east_m = (item(record, 21, "131", "LON") - track["longitude_deg"]) * 68600
        way_m = track["ground_speed_kt"] * 1852 / 3600 * age_s
        assert abs(math.hypot(north_m, east_m) - way_m) < 300, (record, track)
        placed += 1
    assert placed > 20, placed


def items_are_documented(scene):
    """What goes out stands in doc/formats.md, and what stands there goes out, but for items that
    this scene has no cause for."""
    seen = {}
    for name in "period", "updates", "reports":
        for _, category, record in scene.records[name]:
            found = re.findall(r"asterix\.(\d{3})_(\d{3})\b", " ".join(record))
            assert {int(of) for of, _ in found} == {category}, record.keys()
            seen.setdefault(category, set()).update(number for _, number in found)
    text = (ROOT / "doc/formats.md").read_text()
    for category, absent in (62, ()), (63, ("090", "091")), (65, ()), \
            (21, ("161", "150", "151", "152", "230", "146", "165", "077", "070")):
        part = text.split(f"### Category {category:03d}\n")[1].split("\n#")[0]
        told = {number for row in re.findall(r"^\| (\d[^|]*) \|", part, re.M)
                for number in row.split(", ")}
        assert seen[category] <= told, (category, seen[category] - told)
        assert told - seen[category] <= set(absent), (category, told - seen[category])


# --- other programs ---

def second_engines(scene, processes):
    """One on each port shows the same aircraft, at the same places."""
    http = dict(zip(FORMS, free_ports(len(FORMS), socket.SOCK_STREAM)))
    for name in FORMS:
        processes.service(name, f"sensors: sim/sensors.yaml\n"
                          f"inputs: [{{name: up, kind: tcp, host: 127.0.0.1, "
                          f"port: {scene.ports[name]}, format: {name}}}]\n"
                          f"http: {{port: {http[name]}}}\ntrack_cap: 500\n")
    return http


def same_aircraft(scene, port, name):
    def agrees():
        ours, theirs = scene.tracks(), tracks_at(port)
        if not theirs or not set(theirs) <= set(ours) or len(theirs) < 0.8 * len(ours):
            return None
        far = []
        for address, one in theirs.items():
            other = ours[address]
            way_m = (abs(one["time_s"] - other["time_s"]) + 0.5) * 260
            off_m = math.hypot((one["latitude_deg"] - other["latitude_deg"]) * 111300,
                               (one["longitude_deg"] - other["longitude_deg"]) * 68600)
            if off_m > way_m + 500:
                far.append((name, off_m, one, other))
        return not far
    wait_for(agrees)


@contextlib.contextmanager
def dump1090(folder, name):
    names = ("ri", "ro", "sbs", "bi", "bo")
    ports = dict(zip(names, free_ports(len(names), socket.SOCK_STREAM)))
    words = [word for name in names for word in (f"--net-{name}-port", str(ports[name]))]
    where = folder / name
    where.mkdir()
    with subprocess.Popen([need_tool("dump1090-mutability"), *words, "--net-only",
                           "--net-bind-address", "127.0.0.1", "--quiet", "--net-ro-interval",
                           "0.1", "--write-json", str(where), "--write-json-every", "0.5",
                           "--lat", "52", "--lon", "4"],
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            yield ports, where
        finally:
            os.kill(process.pid, signal.SIGTERM)
            process.wait(timeout=WAIT_S)


def dump1090_shows(scene, where):
    def agrees():
        with contextlib.suppress(OSError, json.JSONDecodeError):
            theirs = {one["hex"]: one for one in
                      json.loads((where / "aircraft.json").read_text())["aircraft"]}
            ours = scene.tracks()
            placed = {key: one for key, one in theirs.items() if "lat" in one}
            if not set(placed) <= set(ours) or len(placed) < 0.8 * len(ours):
                return None
            return all(math.hypot((one["lat"] - ours[key]["latitude_deg"]) * 111300,
                                  (one["lon"] - ours[key]["longitude_deg"]) * 68600) <
                       500 + 260 * (2 + one["seen_pos"]) for key, one in placed.items())
    wait_for(agrees)


# --- clients, ports, reload ---

def one_does_not_read(processes):
    """It is cut and counted; who reads gets every octet, and no one else is cut."""
    radar, = free_ports(1, socket.SOCK_DGRAM)
    out, http = free_ports(2, socket.SOCK_STREAM)
    processes.service("slow", f"inputs: [{{name: a, kind: udp, port: {radar}, format: asterix}}]\n"
                      f"outputs: [{{kind: final, port: {out}, clients: 3}}]\n"
                      f"http: {{port: {http}}}\ntrack_cap: 16\naircraft_cap: 64\n")
    silent = socket.socket()
    silent.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)  # the system holds little for it
    wait_for(lambda: silent.connect_ex(("127.0.0.1", out)) in (0, 106))
    readers = [connect(out), connect(out)]
    one_more = connect(out)
    assert one_more.recv(1) == b""  # turned away
    got = [bytearray(), bytearray()]

    def read(reader, into):
        with contextlib.suppress(OSError):
            while octets := reader.recv(1 << 20):
                into.extend(octets)
    threads = [threading.Thread(target=read, args=pair, daemon=True) for pair in zip(readers, got)]
    for thread in threads:
        thread.start()

    def figures():
        return next(iter(get(http, "/api/v1/statistics")["outputs"]), None)
    wait_for(lambda: (figures() or {}).get("client_count") == 3)
    marker = bytes([34, 0, 10, 0xE0, 25, 201, 1, 0x54, 0x60, 0x00])  # CAT034, a sector
    block = marker * 140
    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    until = time.monotonic() + WAIT_S
    while (was := figures())["client_cut_count"] == 0:
        assert time.monotonic() < until, was
        for _ in range(50):
            sender.sendto(block, ("127.0.0.1", radar))
        time.sleep(0.01)

    def who_reads_has_all():
        now = figures()
        return now if [len(one) for one in got] == [now["byte_count"]] * 2 else None
    now = wait_for(who_reads_has_all)
    whole, other = (bytes(one[:now["byte_count"]]) for one in got)  # more may have come since
    assert now["client_count"] == 2 and now["client_cut_count"] == 1, now
    assert now["client_refused_count"] == 1 and now["lost_count"] == 0, now
    assert whole == other and len(whole) > 1 << 20
    read_back = run("decode", "--format", "final", "-", stdin=whole).stdout
    assert read_back.count(b'"cat": 34') * len(marker) + 12 * now["message_count"] == len(whole)
    for one in (silent, one_more, sender, *readers):
        with contextlib.suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
        one.close()
    for thread in threads:
        thread.join(5)


def port_is_taken(scene, processes):
    http, = free_ports(1, socket.SOCK_STREAM)
    said = processes.service("taken", f"inputs: [{{name: a, kind: stdin}}]\nhttp: {{port: {http}}}"
                             f"\noutputs: [{{kind: beast, port: {scene.ports['beast']}}}]\n", 73)
    assert f"output 'beast': cannot serve at 127.0.0.1:{scene.ports['beast']}: address already " \
        "in use; name another port or address" in said, said


def reload(scene, text):
    """True when it was taken."""
    begun, refused = (scene.said().count(word) for word in ("serves at", "goes on with the old"))
    (scene.folder / "service.yaml").write_text(text)
    scene.service.send_signal(signal.SIGHUP)
    wait_for(lambda: scene.said().count("serves at") > begun or
             scene.said().count("goes on with the old") > refused)
    return scene.said().count("goes on with the old") == refused


def drain(client):
    """What waits there."""
    client.setblocking(False)
    octets = b""
    with contextlib.suppress(BlockingIOError):
        while part := client.recv(65536):
            octets += part
        raise AssertionError("the connection was closed")
    return octets


def reload_keeps_clients(scene):
    """Of an output that stays as it is; a new one is served, an old one is closed, and the address
    of a port may change, or what may wait on it."""
    before = scene.tracks()
    beast, avr, sbs = (connect(scene.ports[name]) for name in ("beast", "avr", "sbs"))
    wait_for(lambda: scene.output("sbs")["client_count"] >= 1)
    other, = free_ports(1, socket.SOCK_STREAM)
    text = scene.text.replace(f"avr, port: {scene.ports['avr']}", f"avr, port: {other}") \
        .replace(f"sbs, port: {scene.ports['sbs']}", f"sbs, port: {scene.ports['sbs']}, clients: 7")
    assert reload(scene, text), scene.said()
    drain(beast)
    wait_for(lambda: drain(beast))  # it goes on
    for closed in avr, sbs:
        closed.setblocking(True)
        closed.settimeout(WAIT_S)
        while closed.recv(65536):
            pass
    for port in other, scene.ports["sbs"]:
        client = connect(port)
        assert client.recv(10)
        client.close()
    after = scene.tracks()
    same = sum(after.get(key, {}).get("track_id") == one["track_id"] for key, one in before.items())
    assert same >= len(before) - 2, (same, len(before))
    beast.close()
    assert reload(scene, scene.text), scene.said()


def reload_refused(scene):
    """A port that another has: the old configuration goes on, nobody is cut."""
    client = connect(scene.ports["beast"])
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert not reload(scene, scene.text.replace(f"avr, port: {scene.ports['avr']}",
                                                    f"avr, port: {port}")), scene.said()
        assert f"output 'avr': cannot serve at 127.0.0.1:{port}: address already in use" in \
            scene.said(), scene.said()
        drain(client)
        wait_for(lambda: drain(client))
        # Of the page this is seen only when the old one is closed: it comes back, and so do we.
        assert not reload(scene, scene.text.replace(f"http: {{port: {scene.ports['http']}",
                                                    f"http: {{port: {port}")), scene.said()
        wait_for(scene.tracks)
        drain(client)
        wait_for(lambda: drain(client))
    client.close()
    (scene.folder / "service.yaml").write_text(scene.text)


def ends(scene):
    scene.service.send_signal(signal.SIGTERM)
    assert scene.service.wait(timeout=WAIT_S) == 0, scene.said()


def main():
    with workdir() as name:
        folder = pathlib.Path(name)
        processes = Processes(folder)
        try:
            scene = Scene(folder, processes)
            wait_for(lambda: scene.tracks(8))
            with dump1090(folder, "a") as (beast_in, of_beast), \
                    dump1090(folder, "b") as (avr_in, of_avr):
                processes.relay(scene.ports["beast"], beast_in["bi"])
                processes.relay(scene.ports["avr"], avr_in["ri"])
                http = second_engines(scene, processes)
                back, = free_ports(1, socket.SOCK_STREAM)
                processes.service("back", f"inputs: [{{name: d, kind: tcp, host: 127.0.0.1, port: "
                                  f"{avr_in['bo']}, format: beast}}]\nhttp: {{port: {back}}}\n")
                case("one does not read", one_does_not_read, processes)
                case("port is taken", port_is_taken, scene, processes)
                for form in FORMS:
                    case(f"the same aircraft by {form}", same_aircraft, scene, http[form], form)
                case("dump1090 reads our Beast", dump1090_shows, scene, of_beast)
                case("dump1090 reads our AVR", dump1090_shows, scene, of_avr)
                case("dump1090 feeds Beast to us", same_aircraft, scene, back, "dump1090")
                case("sources stand still", sources_stand_still, scene)
            case("tshark: by period", asterix_by_period, scene)
            case("tshark: on update, by multicast", asterix_on_update, scene)
            case("tshark: reports", asterix_of_reports, scene)
            case("items are documented", items_are_documented, scene)
            case("reload keeps clients", reload_keeps_clients, scene)
            case("reload refused", reload_refused, scene)
            case("ends", ends, scene)
        finally:
            processes.close()
    finish()


if __name__ == "__main__":
    main()
