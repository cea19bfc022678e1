#!/usr/bin/env python3
"""Alerts of the running service: who may acknowledge one, who is told, and that it lasts: over a
kill, and in a recording."""
import http.server
import json
import pathlib
import signal
import socket
import subprocess
import threading
import urllib.error
import urllib.request

import web
from common import PROGRAM, WAIT_S, Skip, case, finish, free_ports, run, workdir
from run import wait_for

CONFIG = """
inputs: [{{name: feed, kind: tcp, host: 127.0.0.1, port: {feed}, format: sbs}}]
http: {{port: {http}, {access}}}
state: {{folder: state, checkpoint_s: 1}}
"""


class Feed:
    """One aircraft that flies north and squawks 7700, ten lines a second, to who connects; and
    beside it one that squawks 7600 once there is a file `failing`."""

    def __init__(self, failing):
        self.failing = failing
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        self.ends = threading.Event()
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()

    def serve(self):
        self.server.settimeout(0.1)
        client, sent = None, 0
        while not self.ends.wait(0.1):
            try:
                if not client:
                    client, _ = self.server.accept()
                sent += 1
                other = "7600" if self.failing.exists() else "2000"
                for who, east, code in ("40621D", 3.9, "7700"), ("40621E", 4.4, other):
                    client.sendall(f"MSG,3,,,{who},,,,,,,35000,,,{52 + sent * 2e-4:.6f},{east},,"
                                   f"{code},0,0,0,0\r\n".encode())
            except TimeoutError:
                pass
            except OSError:
                client = None
        if client:
            client.close()

    def close(self):
        self.ends.set()
        self.thread.join()
        self.server.close()


class Tiles(http.server.BaseHTTPRequestHandler):
    """A map of another origin: every tile is one green pixel."""
    asked = []
    PNG = bytes.fromhex("89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de000000"
                        "0c49444154789c636058100000019400f1b4458d3f0000000049454e44ae426082")

    def do_GET(self):
        Tiles.asked.append(self.path)
        self.send_response(200)
        self.send_header("Content-Type", "image/png")
        self.send_header("Access-Control-Allow-Origin", "*")
        self.end_headers()
        self.wfile.write(self.PNG)

    def log_message(self, *_):
        pass


class Service:
    def __init__(self, folder):
        self.folder = folder
        self.feed = Feed(folder / "failing")
        self.http, = free_ports(1, socket.SOCK_STREAM)
        self.process = None
        self.tokens, lines = {}, ""
        for name, role in ("ann", "operate"), ("bob", "read"):
            made = run("token", "--role", role, name)
            self.tokens[name] = made.stderr.decode().split("shown only now: ")[1].split()[0]
            lines += made.stdout.decode()
        (folder / "tokens").write_text(lines)
        self.configure("tokens: tokens")

    def configure(self, access):
        (self.folder / "service.yaml").write_text(
            CONFIG.format(feed=self.feed.port, http=self.http, access=access))

    def start(self):
        self.log = open(self.folder / "log", "w+")
        self.process = subprocess.Popen([PROGRAM, "run", self.folder / "service.yaml"],
                                        stderr=self.log)

    def said(self):
        return (self.folder / "log").read_text()

    def ask(self, path, who=None, post=False, **fields):
        """Status and body; a body that is JSON is read."""
        headers = dict(fields)
        if who:
            headers["Authorization"] = f"Bearer {self.tokens[who]}"
        request = urllib.request.Request(f"http://127.0.0.1:{self.http}{path}", headers=headers,
                                         data=b"" if post else None)
        try:
            with urllib.request.urlopen(request, timeout=WAIT_S) as answer:
                status, body = answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            status, body = error.code, error.read().decode()
        return status, json.loads(body) if body.startswith("{") else body

    def alerts(self):
        try:
            return self.ask("/api/v1/alerts")[1]["alerts"]
        except (urllib.error.URLError, ConnectionError):
            return None

    def close(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.feed.close()


def who_may(service):
    service.start()
    alert, = wait_for(service.alerts)
    assert alert["alert"] == "emergency_code" and "acknowledged_by" not in alert, alert
    path = f"/api/v1/alerts/{alert['alert_id']}/acknowledge"
    assert "airpicture_alerts_unacknowledged 1\n" in service.ask("/metrics")[1]
    for who, told in (None, 401), ("bob", 403):
        status, answer = service.ask(path, who, post=True)
        assert status == told and answer["error"], (who, status, answer)
    assert service.ask(path, "ann", post=True, Origin="https://elsewhere.example")[0] == 403
    assert service.ask(path, "ann", post=True, Origin="null")[0] == 403
    assert service.ask(path, "ann")[0] == 405
    assert service.ask("/api/v1/alerts/77/acknowledge", "ann", post=True)[0] == 404
    assert service.ask(path + "?since_s=1", "ann", post=True)[0] == 409
    assert "acknowledged_by" not in service.alerts()[0]
    assert service.ask("/api/v1/session")[1] == {"may_operate": False}
    assert service.ask("/api/v1/session", "bob")[1] == {"user": "bob", "may_operate": False}
    assert service.ask("/api/v1/session", "ann")[1] == {"user": "ann", "may_operate": True}


def the_first_counts(service):
    alert, = service.alerts()
    path = f"/api/v1/alerts/{alert['alert_id']}/acknowledge?since_s={alert['since_s']}"
    status, seen = service.ask(path, "ann", post=True)
    assert status == 200 and seen["acknowledged_by"] == "ann", (status, seen)
    assert seen["acknowledged_s"] >= seen["since_s"]
    assert service.ask(path, "ann", post=True) == (200, seen)
    assert service.alerts() == [seen]
    assert service.ask(f"/api/v1/tracks/{seen['track_id']}")[1]["alerts"] == [seen]
    assert "airpicture_alerts_unacknowledged 0\n" in service.ask("/metrics")[1]
    assert "acknowledged by ann" in service.said()
    service.seen = seen


def it_outlasts_a_kill(service):
    folder = service.folder / "state/recordings"

    def is_recorded():
        return any(b"\0\0\0\1ann" in one.read_bytes() for one in folder.iterdir())
    wait_for(is_recorded)
    service.process.kill()
    service.process.wait()
    service.start()
    assert wait_for(service.alerts)[0] == service.seen


def nobody_without_a_token(service):
    """Unless the configuration says so, of this computer."""
    for access, may in ("stream_ms: 1000", False), ("local_operates: true", True):
        said = service.said().count("serves at")
        service.configure(access)
        service.process.send_signal(signal.SIGHUP)
        wait_for(lambda: service.said().count("serves at") > said)
        wait_for(service.alerts)
        assert service.ask("/api/v1/session")[1] == {"may_operate": may}, access
        status = service.ask("/api/v1/alerts/1/acknowledge", post=True)[0]
        assert status == (200 if may else 401), (access, status)
    assert service.alerts()[0]["acknowledged_by"] == "ann"


def a_recording_has_it(service):
    service.process.send_signal(signal.SIGTERM)
    assert service.process.wait(timeout=WAIT_S) == 0, service.said()
    files = sorted((service.folder / "state/recordings").glob("airpicture-*"))
    told = []
    for name in "once", "again":
        run("replay", *files, "--alerts", service.folder / name, "-q")
        told.append((service.folder / name).read_bytes())
    assert told[0] == told[1]
    lines = [json.loads(line) for line in told[0].splitlines()]
    assert "acknowledged_by" not in lines[0] and lines[1] == service.seen, lines


def the_page_shows_it(folder):
    """Acknowledged on one display, seen on the other."""
    reason = web.missing()
    if reason:
        raise Skip(reason)
    tiles = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Tiles)
    threading.Thread(target=tiles.serve_forever).start()
    service = Service(folder)
    origin = f"http://127.0.0.1:{tiles.server_address[1]}"
    service.configure(f"tokens: tokens, tiles: '{origin}/{{z}}/{{x}}/{{y}}.png', "
                      "tiles_attribution: 'Map: <them> & us'")
    try:
        service.start()
        wait_for(service.alerts)
        done = web.in_browser("alerts.mjs", service.http, service.tokens["ann"],
                              service.feed.failing, text=True, stderr=subprocess.PIPE)
        assert done.returncode == 0, done.stderr
        assert Tiles.asked and all(path.count("/") == 3 for path in Tiles.asked), Tiles.asked
    finally:
        tiles.shutdown()
        tiles.server_close()
        service.close()


def figures_of_the_service(service):
    """What keeps the recording has room, and the engine takes time."""
    def looked_at():
        answer = service.ask("/api/v1/statistics")[1]
        has_room = any("free_bytes" in one for one in answer["storage"])
        return answer if has_room and answer["engine_cpu_s"] > 0 else None
    told = wait_for(looked_at)
    store, = told["storage"]
    assert store["name"] == "recordings" and 0 < store["free_bytes"] <= store["size_bytes"], store
    assert told["engine_cpu_s"] <= told["cpu_s"], told
    assert f"_storage_free_bytes{{store=\"recordings\"}} " in service.ask("/metrics")[1]


def main():
    with workdir() as folder:
        service = Service(pathlib.Path(folder))
        try:
            case("who may", who_may, service)
            case("the first counts", the_first_counts, service)
            case("figures of the service", figures_of_the_service, service)
            case("it outlasts a kill", it_outlasts_a_kill, service)
            case("nobody without a token", nobody_without_a_token, service)
            case("a recording has it", a_recording_has_it, service)
        finally:
            service.close()
    with workdir() as folder:
        case("the page shows it", the_page_shows_it, pathlib.Path(folder))
    finish()


if __name__ == "__main__":
    main()
