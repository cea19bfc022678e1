#!/usr/bin/env python3
"""Clients of the stream that read at once, late, now and then, and after a break: all have the
picture of the interface in the end, and each message builds on the one that its client had."""
import gzip
import pathlib
import socket
import sys
import threading
import time
import urllib.parse

from common import ROOT, WAIT_S, case, finish, workdir
from faults import Service
from run import get, wait_for

sys.path.insert(0, str(ROOT / "examples"))
import ws_reader  # noqa: E402

AIRCRAFT, WAIT_S = 1000, 60
LINE = "MSG,3,,,{:06X},,,,,,,35000,,,{:.5f},{:.5f},,,0,0,0,0\r\n"


class Traffic(threading.Thread):
    """Each aircraft a fifth of a second on, five times a second, some in each datagram."""

    def __init__(self, service):
        super().__init__(daemon=True)
        self.service, self.is_ending, self.passed_s = service, False, 0.0

    def run(self):
        begin = time.monotonic()
        while not self.is_ending:
            self.passed_s = time.monotonic() - begin
            lines = [LINE.format(0x400000 + i, 40 + i // 40 * 0.3,
                                 i % 40 * 0.3 + self.passed_s * 0.003) for i in range(AIRCRAFT)]
            for at in range(0, AIRCRAFT, 20):
                self.service.send("".join(lines[at:at + 20]).encode())
            time.sleep(0.2)


def unpacked(message):
    return gzip.decompress(message) if message[:2] == b"\x1f\x8b" else message


class Client(threading.Thread):
    """Reads for a while and rests for a while; its buffers are small, so that the service sees."""

    def __init__(self, port, rest_s, ask="", say=b""):
        super().__init__(daemon=True)
        self.rest_s, self.tracks, self.steps, self.jumps, self.snapshots = rest_s, {}, 0, 0, 0
        self.last, self.trouble, self.is_ending, self.packed_count = None, None, False, 0
        self.sock = socket.socket()
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536)  # the service's as well
        self.sock.connect(("127.0.0.1", port))
        path = "/ws" + ("?ask=" + urllib.parse.quote(ask) if ask else "")
        self.sock.sendall(f"GET {path} HTTP/1.1\r\n".encode() +
                          b"Host: 127.0.0.1\r\nUpgrade: websocket\r\n"
                          b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                          b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
        self.frames = self.sock.makefile("rb")
        self.status = int(self.frames.readline().split()[1])
        while self.frames.readline().strip():
            pass
        if say:
            self.sock.sendall(bytes((0x81, 0x80 | len(say))) + bytes(4) + say)

    def take(self, message):
        kind, epoch = message[3], int.from_bytes(message[4:8], "little")
        sequence, since = (int.from_bytes(message[at:at + 4], "little") for at in (8, 12))
        if kind not in (2, 3):
            return
        if kind == 3 and since != self.last[1]:
            self.trouble = f"a message on {since} after {self.last[1]}"
        self.jumps += kind == 3 and sequence - since > 1
        self.snapshots += kind == 2
        self.steps += 1
        self.last = epoch, sequence, kind
        ws_reader.apply(message, self.tracks)

    def run(self):
        until = time.monotonic() + 0.5
        for message in ws_reader.messages(self.frames):
            self.packed_count += message[:2] == b"\x1f\x8b"
            self.take(unpacked(message))
            if self.is_ending:
                return
            if self.rest_s and time.monotonic() > until:
                time.sleep(self.rest_s)
                until = time.monotonic() + 0.5


def picture(service):
    tracks = get(service.http, "/api/v1/tracks?limit=10000")["tracks"]
    return {one["track_id"]: (one["latitude_deg"], one["longitude_deg"]) for one in tracks
            if one["state"] != "tentative"}


def agrees(client, wanted):
    if set(client.tracks) != set(wanted):
        return False
    return all(abs(row["latitude_deg"] - wanted[key][0]) < 1e-6 and
               abs(row["longitude_deg"] - wanted[key][1]) < 1e-6
               for key, row in client.tracks.items())


def come_back(service, clients):
    """The first goes away and comes back when the others are three seconds on."""
    away = clients[0].last
    clients[0].is_ending = True

    def others_go_on():
        return clients[1].last[1] > away[1] + 30
    wait_for(others_go_on)
    clients[0] = Client(service.http, 0, '{"epoch":%d,"since":%d}' % away[:2])
    clients[0].last = away
    clients[0].start()

    def goes_on():
        return clients[0].steps >= 2
    wait_for(goes_on)
    assert clients[0].snapshots == 0
    assert Client(service.http, 0, '{"since":1}').status == 400


def told_of_the_end(service):
    """By a frame that closes, with "going away"; the service does not wait for who says nothing."""
    client = Client(service.http, 0)
    service.end()
    octets = client.frames.read()
    assert b"\x03\xe9the server ends" in octets, octets[-80:]


def stream(folder):
    service = Service(folder)
    traffic, clients = Traffic(service), []

    def all_are_tracked():
        return len(picture(service)) == AIRCRAFT

    def all_follow():
        return all(client.steps >= 3 for client in clients)

    def who_rests_lags():
        return sum(client.jumps for client in clients[2:]) > 0
    try:
        traffic.start()
        wait_for(all_are_tracked)
        clients += [Client(service.http, rest_s) for rest_s in (0, 0, 1.5, 1.5, 1.5, 0.8)]
        clients.append(Client(service.http, 0, say=b'{"compression":"gzip"}'))
        for client in clients:
            client.start()
        wait_for(all_follow)
        wait_for(who_rests_lags)
        come_back(service, clients)
        traffic.is_ending = True
        traffic.join()
        for client in clients:
            client.rest_s = 0
        wanted = picture(service)
        assert len(wanted) == AIRCRAFT
        for client in clients[1:]:
            def has_the_picture():
                return agrees(client, wanted)
            wait_for(has_the_picture)
        assert all(client.trouble is None for client in clients), [one.trouble for one in clients]
        assert clients[-1].packed_count >= 3 and not any(one.packed_count for one in clients[:-1])
        assert clients[0].last[2] == 3  # it was told what changed, no snapshot
        assert len(clients[0].tracks) == AIRCRAFT
        told_of_the_end(service)
    finally:
        for client in clients:
            client.is_ending = True
        traffic.is_ending = True
        service.close()


if __name__ == "__main__":
    with workdir() as name:
        case("stream", stream, pathlib.Path(name) / "service")
    finish()
