#!/usr/bin/env python3
"""The service: live sensors in, picture out; killed and started again; recorded and replayed;
configurations that are wrong, read again while it runs."""
import datetime
import json
import os
import pathlib
import pty
import re
import select
import signal
import socket
import struct
import subprocess
import time
import urllib.error
import urllib.request

from common import PROGRAM, WAIT_S, case, finish, free_ports, run, workdir

SCENARIO = """
name: Live
start: {start}
duration_s: 3600
latitude_deg: 52
longitude_deg: 4
traffic: [{{kind: en_route, count: 80, radius_nmi: 150}}]
sensors:
  - {{name: radar, kind: mode_s, sac: 1, sic: 1, latitude_deg: 52, longitude_deg: 4, turn_s: 4,
      port: {udp}}}
  - {{name: rx, kind: adsb, format: beast, latitude_deg: 52, longitude_deg: 4, port: {tcp}}}
"""
CONFIG = """
sensors: sim/sensors.yaml
inputs:
  - {{name: radar, kind: udp, port: {udp}, format: asterix}}
  - {{name: rx, kind: tcp, host: 127.0.0.1, port: {tcp}, format: beast}}
outputs:
  - {{kind: cat062, host: 127.0.0.1, port: {asterix}, period_s: 5}}
http: {{port: {http}}}
state: {{folder: state, checkpoint_s: 1}}
track_cap: 500
"""
BAD_SENSORS = """sensors:
  - {name: a, kind: mode_s, sac: 1, sic: 1, latitude_deg: 52, longitude_deg: 4, height_m: 9,
     turn_s: .nan}
  - {name: b, kind: mode_s, sac: 1, sic: 1, latitude_deg: 52, longitude_deg: 4, height_m: 9,
     detection_probability: 1.5}
"""


def wait_for(what):
    """The first answer that is true."""
    until = time.monotonic() + WAIT_S
    while time.monotonic() < until:
        answer = what()
        if answer:
            return answer
        time.sleep(0.02)
    raise AssertionError(f"waited {WAIT_S} s for {what.__name__}")


def get(port, path):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=WAIT_S) as answer:
        return json.load(answer)


class Scene:
    """A simulator, a service, and a socket for what it sends."""

    def __init__(self, folder):
        self.folder = folder
        udp, self.asterix_port = free_ports(2, socket.SOCK_DGRAM)
        tcp, self.http = free_ports(2, socket.SOCK_STREAM)
        self.out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.out.bind(("127.0.0.1", self.asterix_port))
        self.out.setblocking(False)
        now = datetime.datetime.now(datetime.timezone.utc)
        names = {"udp": udp, "tcp": tcp, "http": self.http, "asterix": self.asterix_port,
                 "start": now.strftime("%Y-%m-%dT%H:%M:%SZ")}
        (folder / "scene.yaml").write_text(SCENARIO.format(**names))
        (folder / "service.yaml").write_text(CONFIG.format(**names))
        run("simulate", folder / "scene.yaml", "-o", folder / "sim", "--duration", "1", "-q")
        self.simulator = subprocess.Popen(
            [PROGRAM, "simulate", folder / "scene.yaml", "--live", "-q"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.service = None

    def start(self):
        self.began = time.monotonic()
        self.log = open(self.folder / "log", "w+")
        self.service = subprocess.Popen([PROGRAM, "run", self.folder / "service.yaml"],
                                        stderr=self.log)

    def said(self):
        return (self.folder / "log").read_text()

    def tracks(self):
        """Number and address by id; None while nobody answers."""
        try:
            answer = get(self.http, "/api/v1/tracks?limit=1000")
        except (urllib.error.URLError, ConnectionError):
            return None
        return {one["track_id"]: (one["track_number"], one.get("icao24"))
                for one in answer["tracks"]}

    def datagrams(self):
        got = []
        try:
            while True:
                got.append(self.out.recv(65536))
        except BlockingIOError:
            return got

    def close(self):
        for process in self.service, self.simulator:
            if process and process.poll() is None:
                process.kill()
                process.wait()
        self.out.close()


def payloads(path):
    """Of the datagrams of a capture."""
    octets, at, found = path.read_bytes(), 24, []
    while at < len(octets):
        size, = struct.unpack_from(">I", octets, at + 8)
        found.append(octets[at + 16 + 42:at + 16 + size])
        at += 16 + size
    return found


def killed_and_back(scene):
    """The same tracks under the same numbers, within two seconds of the start; up to three starts,
    since what else a machine does can take that long from any one."""
    scene.start()

    def enough():
        found = scene.tracks()
        return found if found and len(found) >= 10 else None
    wait_for(enough)
    time.sleep(6)
    scene.sent = scene.datagrams()
    for _ in range(3):
        before = scene.tracks()
        scene.service.kill()
        scene.service.wait()
        scene.start()
        after = wait_for(scene.tracks)
        took_s = time.monotonic() - scene.began
        lost = {key: value for key, value in before.items() if after.get(key) != value}
        assert len(lost) <= 1, (lost, len(before))  # one may end in between
        assert "goes on from" in scene.said(), scene.said()
        if took_s < 2.0:
            return
    raise AssertionError(f"the last start took {took_s} s")


def why_of_a_service(scene):
    """What it tells of a track by each of its names, and who is none of ours, or has none such."""
    url = f"http://127.0.0.1:{scene.http}"
    track_id, (number, icao24) = next((key, value) for key, value in scene.tracks().items()
                                      if value[1])
    reasons = get(scene.http, f"/api/v1/tracks/{track_id}")["reasons"]
    lines = run("why", url + "/", track_id).stdout.decode().splitlines()
    assert lines[0].startswith(f"track {track_id}, number {number}, icao24 {icao24}"), lines
    assert len(lines) >= 1 + len(reasons) >= 3, (lines, reasons)
    for line, reason in zip(lines[1:], reasons):
        assert line.startswith(f"{reason['time_utc']} {reason['reason']}: {reason['text']}"), line
    objects = [json.loads(line) for line in run("why", "-j", url, icao24).stdout.splitlines()]
    assert [one["number"] for one in objects] == list(range(1, len(objects) + 1))
    assert objects[0]["reason"] == reasons[0]["reason"]
    nobody, = free_ports(1, socket.SOCK_STREAM)
    for where, track, status, told in ((url, "nobody", 65, "has no track 'nobody'"),
                                       (url, "", 65, "has no track ''"),
                                       (url + "/data", track_id, 65, "no service of airpicture"),
                                       (f"http://127.0.0.1:{nobody}", 1, 66, "nothing listens"),
                                       ("gopher://x", 1, 64, "is no URL")):
        said = run("why", where, track, status=status).stderr.decode()
        assert told in said and len(said.splitlines()) == 1, (where, said)


def configuration_read_again(scene):
    """A wrong one is refused whole, and the picture goes on; a good one is taken."""
    path = scene.folder / "service.yaml"
    good = path.read_text()
    path.write_text(good.replace("format: beast", "format: beats"))
    scene.service.send_signal(signal.SIGHUP)
    wait_for(lambda: "goes on with the old one" in scene.said())
    assert "service.yaml:5:" in scene.said() and "'beast', perhaps" in scene.said(), scene.said()
    before = scene.tracks()
    assert before
    path.write_text(good.replace("sim/sensors.yaml", "sim/none.yaml"))
    scene.service.send_signal(signal.SIGHUP)
    wait_for(lambda: scene.said().count("goes on with the old one") == 2)
    assert scene.service.poll() is None and scene.tracks()
    (scene.folder / "bad.yaml").write_text(BAD_SENSORS)
    path.write_text(good.replace("sim/sensors.yaml", "bad.yaml").replace(
        "period_s: 5", "period_s: .nan, south_deg: 50, west_deg: 4, north_deg: 40, east_deg: 5"))
    scene.service.send_signal(signal.SIGHUP)
    wait_for(lambda: scene.said().count("goes on with the old one") == 3)
    for expected in ("service.yaml:7:", "period_s '.nan' cannot be used",
                     "south_deg beyond north_deg"):
        assert expected in scene.said(), scene.said()
    path.write_text(good.replace("sim/sensors.yaml", "bad.yaml"))
    scene.service.send_signal(signal.SIGHUP)
    wait_for(lambda: scene.said().count("goes on with the old one") == 4)
    for expected in ("bad.yaml:3:14: turn_s '.nan' is no number",
                     "bad.yaml:5:29: detection_probability 1.5 is out of range",
                     "bad.yaml:4:34: sac 1, sic 1 are those of the sensor in line 2"):
        assert expected in scene.said(), scene.said()
    assert scene.service.poll() is None and scene.tracks()
    path.write_text(good)
    scene.service.send_signal(signal.SIGHUP)
    wait_for(lambda: scene.said().count("serves at") == 2)
    after = wait_for(scene.tracks)
    assert sum(after.get(key) == value for key, value in before.items()) >= len(before) - 1


def ends_on_a_signal(scene):
    """Also when that comes while everything is closed to begin anew."""
    begun = scene.said().count("begins anew")
    scene.service.send_signal(signal.SIGHUP)
    wait_for(lambda: scene.said().count("begins anew") > begun)
    scene.service.send_signal(signal.SIGTERM)
    assert scene.service.wait(timeout=WAIT_S) == 0, scene.said()
    assert "no request" not in scene.said(), scene.said()  # whoever asked to close said enough
    state = scene.folder / "state"
    assert (state / "checkpoint").stat().st_mode & 0o777 == 0o600
    assert state.stat().st_mode & 0o777 == 0o700
    assert not list(state.glob("*.part"))


def recording_gives_the_same(scene):
    """What was sent before the kill, byte for byte."""
    files = sorted((scene.folder / "state/recordings").glob("airpicture-*"))
    assert len(files) >= 3, files
    assert b'"track_cap": 500' in files[-1].read_bytes()  # that replay need not be told
    run("replay", "-c", scene.folder / "sim/sensors.yaml", *files, "--asterix",
        scene.folder / "again.pcap", "-q")
    again = payloads(scene.folder / "again.pcap")
    assert len(scene.sent) >= 2, scene.sent
    assert again[:len(scene.sent)] == scene.sent
    served = subprocess.run([PROGRAM, "run", "--replay", files[0], "--speed", "0", "--port", "0",
                             "-c", scene.folder / "sim/sensors.yaml"], stderr=subprocess.PIPE,
                            timeout=WAIT_S)
    assert served.returncode == 0 and b"the recording has ended" in served.stderr, served.stderr
    kept = (scene.folder / "state/checkpoint").read_bytes()
    served = run("run", "--replay", files[0], "--speed", "0", "--port", "0",
                 scene.folder / "service.yaml")
    assert b"the recording has ended" in served.stderr and scene.datagrams()
    assert (scene.folder / "state/checkpoint").read_bytes() == kept


def read_until(source, *wanted):
    """What comes from a descriptor, until each of these patterns is in it."""
    said, until = b"", time.monotonic() + WAIT_S
    while not all(re.search(pattern, said) for pattern in wanted):
        left = max(0.0, until - time.monotonic())
        assert select.select([source], [], [], left)[0], f"waited {WAIT_S} s for {wanted}: {said}"
        try:
            part = os.read(source, 4096)
        except OSError:  # a terminal that nobody has open any more
            part = b""
        assert part, f"ended before {wanted}: {said}"
        said += part
    return said


def at_the_end(command, on_terminal, stays):
    """Of a recording its last picture is served until Ctrl-C; or the service ends with it."""
    near, far = pty.openpty() if on_terminal else os.pipe()
    service = subprocess.Popen(command, stderr=far)
    os.close(far)
    serves, ended = rb"serves at http://127\.0\.0\.1:(\d+)\r?\n", rb"the recording has ended.*\n"
    try:
        said = read_until(near, serves, ended)
        assert (b"until Ctrl-C" in said) == stays, said
        if stays:
            port = int(re.search(serves, said).group(1))
            wait_for(lambda: get(port, "/api/v1/display") == {"serves": "recording",
                                                              "ended": True})
            wait_for(lambda: get(port, "/api/v1/tracks")["tracks"])
            service.send_signal(signal.SIGINT)
        assert service.wait(timeout=WAIT_S) == 0, said
    finally:
        service.kill()
        service.wait()
        os.close(near)


def stays_or_ends(scene):
    """As is told; if nothing is, it stays on a terminal (elsewhere it ends: see above)."""
    recording = sorted((scene.folder / "state/recordings").glob("airpicture-*"))[0]
    command = [PROGRAM, "run", "--replay", recording, "--speed", "0", "--port", "0",
               "-c", scene.folder / "sim/sensors.yaml"]
    at_the_end(command, on_terminal=True, stays=True)
    at_the_end([*command, "--at-end", "stay"], on_terminal=False, stays=True)
    at_the_end([*command, "--at-end", "end"], on_terminal=True, stays=False)
    run(*command[1:], "--at-end", "now", status=64)


def without_configuration(folder):
    """Simulated traffic, seen at once; nothing is left behind. The log is an object a line."""
    temporary = folder / "temporary"
    temporary.mkdir()
    port, = free_ports(1, socket.SOCK_STREAM)
    service = subprocess.Popen([PROGRAM, "run", "--log-json", "--port", str(port)],
                               stderr=subprocess.PIPE,
                               env={**os.environ, "TMPDIR": str(temporary)})

    def aircraft():
        try:
            return get(port, "/data/aircraft.json")["aircraft"]
        except (urllib.error.URLError, ConnectionError):
            return None
    try:
        wait_for(aircraft)
        assert len(list(temporary.glob("airpicture-run-*"))) == 1
    finally:
        service.send_signal(signal.SIGINT)
        _, errors = service.communicate(timeout=WAIT_S)
    assert service.returncode == 0, errors
    lines = [json.loads(line) for line in errors.splitlines()[1:]]  # the first is for a person
    said = [line["message"] for line in lines]
    assert f"serves at http://127.0.0.1:{port}" in said and "ends, on a signal" in said, said
    assert "the recording has ended" not in said, said
    assert all(line["level"] and line["reason"] and line["time"][-1] == "Z" for line in lines)
    assert not list(temporary.iterdir())


def wrong_configurations(folder):
    wrong = folder / "wrong.yaml"
    wrong.write_text("sensor: x\ninputs:\n  - {name: a, kind: upd, port: 70000}\n"
                     "  - {name: a, kind: tcp, port: 5, baud: 9600, format: pcap}\n")
    for command in "check", "run":
        done = subprocess.run([PROGRAM, command, wrong], stderr=subprocess.PIPE, text=True)
        assert done.returncode == 78, done
        told = done.stderr
        for expected in (":1:1: unknown key 'sensor'; expected 'sensors', perhaps",
                         ":3:21: unknown kind 'upd'; expected 'udp', perhaps",
                         ":3:32: port '70000' is out of range; expected a whole number from 1",
                         ":4:12: name 'a' again; expected another",
                         ":4:5: tcp input without host; expected the key",
                         "baud has no meaning for a tcp input",
                         "format 'pcap' is that of recordings"):
            assert str(wrong) + expected in told or expected in told, (expected, told)
    wrong.write_text("")
    done = subprocess.run([PROGRAM, "check", wrong], stderr=subprocess.PIPE, text=True)
    assert done.returncode == 78 and "an empty file" in done.stderr, done
    done = subprocess.run([PROGRAM, "run", folder / "none.yaml"], stderr=subprocess.PIPE, text=True)
    assert done.returncode == 66 and "none.yaml" in done.stderr, done


def token_is_needed(folder):
    """Nobody reads without one; a wrong file of tokens is told with its line."""
    port, = free_ports(1, socket.SOCK_STREAM)
    made = run("token", "--role", "read", "ann")
    token = made.stderr.decode().split("only now: ")[1].split()[0]
    assert token.encode() not in made.stdout
    (folder / "tokens").write_bytes(b"# who may read\n" + made.stdout)
    config = folder / "tokens.yaml"
    config.write_text(f"inputs: [{{name: a, kind: tcp, host: 127.0.0.1, port: 1}}]\n"
                      f"http: {{port: {port}, tokens: tokens, read_needs_token: true}}\n")
    service = subprocess.Popen([PROGRAM, "run", config], stderr=subprocess.PIPE)

    def status(headers, path="/api/v1/tracks"):
        request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=WAIT_S) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code
        except (urllib.error.URLError, ConnectionError):
            return None
    try:
        wait_for(lambda: status({}))
        assert status({}) == 401
        assert status({"Authorization": "Bearer " + token}) == 200
        assert status({"Authorization": "Bearer " + token[:-1] + "x"}) == 401
        assert status({}, "/metrics") == 401 and status({}, "/healthz") == 200
        assert status({"Authorization": "Bearer " + token}, "/metrics") == 200
        url = f"http://127.0.0.1:{port}"
        assert b"wants a token" in run("why", url, 1, status=66).stderr
        for environment in {}, {"AIRPICTURE_TOKEN": token}:
            done = subprocess.run([PROGRAM, "why", *([] if environment else ["-t", token]), url,
                                   "1"], stderr=subprocess.PIPE,
                                  env=dict(os.environ, **environment))
            assert done.returncode == 65 and b"has no track '1'" in done.stderr, done
    finally:
        service.send_signal(signal.SIGTERM)
        service.communicate(timeout=WAIT_S)
    config.write_text(config.read_text().replace("true}", "true, metrics_needs_token: false}"))
    service = subprocess.Popen([PROGRAM, "run", config], stderr=subprocess.DEVNULL)
    try:
        wait_for(lambda: status({}, "/metrics"))
        assert status({}, "/metrics") == 200 and status({}) == 401
    finally:
        service.send_signal(signal.SIGTERM)
        service.wait(timeout=WAIT_S)
    (folder / "tokens").write_text("# nothing\nann read abc\n")
    done = run("run", config, status=78)
    assert b"tokens:2: " in done.stderr, done


def folder_of_others(folder):
    """Who can write there could make the service believe anything."""
    open_folder = folder / "open"
    open_folder.mkdir()
    open_folder.chmod(0o777)
    config = folder / "open.yaml"
    config.write_text("inputs: [{name: a, kind: stdin}]\nstate: {folder: open}\n")
    done = subprocess.run([PROGRAM, "run", config], stdin=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, text=True, timeout=WAIT_S)
    assert done.returncode == 78 and "expected its own, of mode 0700" in done.stderr, done


def folder_in_use(folder):
    """Two would each overwrite what the other kept, and give the same numbers to other tracks."""
    port, = free_ports(1, socket.SOCK_STREAM)
    config = folder / "twice.yaml"
    config.write_text(f"inputs: [{{name: a, kind: stdin}}]\nhttp: {{port: {port}}}\n"
                      "state: {folder: twice, recordings: false}\n")
    first = subprocess.Popen([PROGRAM, "run", config], stdin=subprocess.PIPE,
                             stderr=subprocess.PIPE, text=True)
    try:
        said = first.stderr.readline()
        assert "serves at" in said, said
        done = subprocess.run([PROGRAM, "run", "--port", "0", config], stdin=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, text=True, timeout=WAIT_S)
    finally:
        first.kill()
        first.communicate()
    assert done.returncode == 73 and "another process uses the folder" in done.stderr, done


def port_is_taken(folder):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        (folder / "taken.yaml").write_text(
            f"inputs: [{{name: a, kind: stdin, format: sbs}}]\nhttp: {{port: {port}}}\n")
        done = subprocess.run([PROGRAM, "run", folder / "taken.yaml"], stdin=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, text=True, timeout=WAIT_S)
    assert done.returncode == 73 and str(port) in done.stderr, done


def main():
    with workdir() as name:
        folder = pathlib.Path(name)
        case("wrong configurations", wrong_configurations, folder)
        case("port is taken", port_is_taken, folder)
        case("folder of others", folder_of_others, folder)
        case("folder in use", folder_in_use, folder)
        case("token is needed", token_is_needed, folder)
        scene = Scene(folder)
        try:
            case("killed and back", killed_and_back, scene)
            case("why of a service", why_of_a_service, scene)
            case("configuration read again", configuration_read_again, scene)
            case("ends on a signal", ends_on_a_signal, scene)
            case("recording gives the same", recording_gives_the_same, scene)
            case("stays or ends with a recording", stays_or_ends, scene)
        finally:
            scene.close()
        case("without configuration", without_configuration, folder)
    finish()


if __name__ == "__main__":
    main()
