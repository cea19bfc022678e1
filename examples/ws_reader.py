#!/usr/bin/env python3
"""Follows the air picture: ws_reader.py HOST:PORT, or a recording of frames: ws_reader.py < FILE.
The layout of the messages is in doc/websocket.md."""
import base64, os, socket, struct, sys

def connect(address):
    sock = socket.create_connection(address.rsplit(":", 1))
    key = base64.b64encode(os.urandom(16)).decode()
    sock.sendall(f"GET /ws HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: websocket"
                 f"\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode())
    frames = sock.makefile("rb")
    while frames.readline().strip():
        pass
    return frames

def messages(frames):
    while head := frames.read(2):
        size = head[1] & 127
        if size > 125:
            size = int.from_bytes(frames.read(2 if size == 126 else 8), "big")
        payload = frames.read(size)
        if head[0] & 15 == 2:
            yield payload

def apply(message, tracks):
    if message[:3] != b"AP\x01" or message[3] not in (2, 3):
        return
    if message[3] == 2:
        tracks.clear()
    rows, identities, removed = struct.unpack_from("<3I", message, 24)
    names = 40 + 12 * rows
    gone = names + 24 * identities
    shorts = gone + 4 * removed
    for track_id in struct.unpack_from(f"<{removed}I", message, gone):
        tracks.pop(track_id, None)
    places = struct.unpack_from(f"<{3 * rows}i", message, 40)
    motion = struct.unpack_from(f"<{2 * rows}H{rows}h{2 * rows}H", message, shorts)
    track_id, at = 0, shorts + 10 * rows
    for i in range(rows):
        shift, more = 0, True
        while more:
            track_id += (message[at] & 127) << shift
            more, shift, at = message[at] > 127, shift + 7, at + 1
        tracks.setdefault(track_id, {}).update(
            latitude_deg=places[i] / 1e7, longitude_deg=places[rows + i] / 1e7,
            altitude_m=None if places[2 * rows + i] == -2**31 else places[2 * rows + i] / 10,
            ground_speed_mps=motion[i] / 10, track_deg=motion[rows + i] * 360 / 65536,
            vertical_rate_mps=motion[2 * rows + i] / 10, age_s=motion[3 * rows + i] / 100,
            flags=motion[4 * rows + i])
    for i in range(identities):
        track_id, address, number, squawk, category, callsign = struct.unpack_from(
            "<IIHHB3x8s", message, names + 24 * i)
        tracks[track_id].update(address=address, number=number, squawk=squawk, category=category,
                                callsign=callsign.rstrip(b"\0").decode())

if __name__ == "__main__":
    picture = {}
    for each in messages(connect(sys.argv[1]) if len(sys.argv) > 1 else sys.stdin.buffer):
        apply(each, picture)
        print("message", struct.unpack_from("<I", each, 8)[0], "tracks", len(picture))
    for key, track in sorted(picture.items()):
        place = f"{track['latitude_deg']:.7f} {track['longitude_deg']:.7f}"
        print("track", key, place, track["callsign"])
