#!/usr/bin/env python3
"""Two aircraft that fly with one 24-bit address, heard by one receiver: two tracks, both flagged,
each with its own positions and call sign, whatever lies between them."""
import json
import math
import pathlib
import random
import re

from common import case, finish, metres_between, run, workdir

ADDRESS = 0x3C6543
TICKS_S = 12_000_000
NMI_M = 1852.0
MPS_PER_KT = NMI_M / 3600
SECONDS = 90
HOME = (50.03, 8.57)
LETTERS = "#ABCDEFGHIJKLMNOPQRSTUVWXYZ##### ###############0123456789######"


def sealed(octets):
    """The frame with its parity, divided bit by bit."""
    rest = int.from_bytes(octets, "big") << 24
    for bit in range(8 * len(octets) - 1, -1, -1):
        if rest >> bit + 24 & 1:
            rest ^= 0x1FFF409 << bit
    return octets + rest.to_bytes(3, "big")


def squitter(fields):
    """An extended squitter of (value, bits) fields."""
    message = 0
    for value, bits in fields:
        message = message << bits | value & (1 << bits) - 1
    return sealed(b"\x8d" + ADDRESS.to_bytes(3, "big") + message.to_bytes(7, "big"))


def zones(lat_deg):
    a = 1 - (1 - math.cos(math.pi / 30)) / math.cos(math.radians(lat_deg)) ** 2
    return int(2 * math.pi / math.acos(a))


def cpr(lat_deg, lon_deg, odd, surface):
    turn, words = (90.0 if surface else 360.0), 1 << 17
    height = turn / (60 - odd)
    y = math.floor(words * (lat_deg % height / height) + 0.5)
    row_deg = height * (y / words + math.floor(lat_deg / height))
    width = turn / max(zones(row_deg) - odd, 1)
    return [(0, 1), (odd, 1), (y, 17),
            (math.floor(words * (lon_deg % width / width) + 0.5), 17)]


def moved(place, track_deg, distance_m):
    lat_deg, lon_deg = place
    track = math.radians(track_deg)
    mean = math.radians(lat_deg + distance_m * math.cos(track) / 222e3)
    return (lat_deg + math.degrees(distance_m * math.cos(track) / 6366e3),
            lon_deg + math.degrees(distance_m * math.sin(track) / 6366e3 / math.cos(mean)))


class Aircraft:
    def __init__(self, place, track_deg, speed_kt, altitude_ft, callsign, begin_s):
        self.place, self.track_deg, self.speed_kt = place, track_deg, speed_kt
        self.altitude_ft, self.callsign, self.begin_s = altitude_ft, callsign, begin_s

    def at(self, time_s):
        return moved(self.place, self.track_deg, self.speed_kt * MPS_PER_KT * time_s)

    def position(self, time_s, odd):
        if self.altitude_ft is None:
            track = (1, 1), (round(self.track_deg * 128 / 360), 7)
            return squitter([(7, 5), (24 + round(self.speed_kt), 7), *track,
                             *cpr(*self.at(time_s), odd, True)])
        n = round((self.altitude_ft + 1000) / 25)
        return squitter([(11, 5), (0, 3), (n >> 4 << 5 | 16 | n & 15, 12),
                         *cpr(*self.at(time_s), odd, False)])

    def velocity(self):
        east = round(self.speed_kt * math.sin(math.radians(self.track_deg)))
        north = round(self.speed_kt * math.cos(math.radians(self.track_deg)))
        return squitter([(19, 5), (1, 3), (0, 2), (2, 3), (east < 0, 1), (abs(east) + 1, 10),
                         (north < 0, 1), (abs(north) + 1, 10), (0, 1), (0, 1), (1, 9), (0, 10)])

    def frames(self):
        """(seconds, frame): positions at 2 Hz and by chance earlier or later, as they are sent."""
        draw = random.Random(self.callsign)
        time_s, n = self.begin_s, 0
        while time_s < SECONDS:
            yield time_s, self.position(time_s, n & 1)
            if self.altitude_ft is not None:
                yield time_s + 0.07, self.velocity()
            if n % 10 == 9:
                name = [(LETTERS.index(c), 6) for c in self.callsign.ljust(8)]
                yield time_s + 0.11, squitter([(4, 5), (3, 3), *name])
            time_s, n = time_s + draw.uniform(0.4, 0.6), n + 1


def beast(aircraft):
    frames = sorted(frame for one in aircraft for frame in one.frames())
    for time_s, frame in frames:
        body = round(time_s * TICKS_S).to_bytes(6, "big") + b"\x40" + frame
        yield b"\x1a3" + body.replace(b"\x1a", b"\x1a\x1a")


def replay(folder, aircraft, site):
    """(track lines, report lines, alert lines, summary)"""
    folder.mkdir()
    (folder / "both.beast").write_bytes(b"".join(beast(aircraft)))
    (folder / "sensors.yaml").write_text(
        "sensors:\n  - {name: field, kind: adsb, input: 1, "
        f"latitude_deg: {site[0]}, longitude_deg: {site[1]}, height_m: 100}}\n" if site else "")
    options = ["-c", folder / "sensors.yaml"] if site else []
    for key in ("tracks", "reports", "alerts"):
        options += [f"--{key}", folder / key]
    summary = run("replay", *options, folder / "both.beast").stdout.decode()
    return *([json.loads(line) for line in open(folder / key)]
             for key in ("tracks", "reports", "alerts")), summary


def off_m(line, one):
    return metres_between(line["latitude_deg"], line["longitude_deg"], *one.at(line["time_s"]))


def check_reports(aircraft, reports, summary):
    """Every position is of one of the two, and every frame is a report or a refusal."""
    wrong = [line for line in reports
             if "latitude_deg" in line and min(off_m(line, one) for one in aircraft) > 20]
    assert not wrong, wrong[0]
    row = next(line for line in summary.splitlines() if " adsb " in line)
    blocks, _, _, count = map(int, re.findall(r"\d+", row.split("adsb")[1])[1:5])
    refused = sum(int(n) for n in re.findall(r"(\d+) [a-z_]+", row.split("Z")[-1]))
    assert blocks == count + refused and count == len(reports), row
    return refused


def check_two(folder, aircraft, site):
    tracks, reports, alerts, summary = replay(folder, aircraft, site)
    assert check_reports(aircraft, reports, summary) == 0, summary
    assert all(line["icao24"] == f"{ADDRESS:06x}" for line in tracks)
    assert {line["track_id"] for line in tracks} == {1, 2}, "not two tracks"
    assert sorted(a["track_id"] for a in alerts if a["alert"] == "address_shared") == [1, 2]
    names = {}
    for number in (1, 2):
        lines = [line for line in tracks if line["track_id"] == number]
        mine = min(aircraft, key=lambda one: off_m(lines[-1], one))
        late = [line for line in lines if line["time_s"] > 20]
        assert len(late) > 100 and all(line["state"] == "firm" for line in late)
        assert all(line.get("address_shared") for line in late)
        assert max(off_m(line, mine) for line in late) < 60, max(off_m(l, mine) for l in late)
        assert abs(late[-1]["ground_speed_kt"] - mine.speed_kt) < 10, late[-1]
        assert bool(late[-1].get("on_ground")) == (mine.altitude_ft is None)
        names[mine] = {line["callsign"] for line in late if "callsign" in line}
    assert names[aircraft[0]] == {"FIRST1"} and names[aircraft[1]] == {"OTHER2"}, names


def check_no_site(folder, aircraft):
    """On the surface a position is one of four while nobody knows where the receiver is: none."""
    tracks, reports, _, summary = replay(folder, aircraft, None)
    refused = check_reports(aircraft, reports, summary)
    assert refused > SECONDS, summary
    assert not any(line.get("on_ground") for line in reports if "latitude_deg" in line)
    assert {line["track_id"] for line in tracks} == {1}


def main():
    with workdir() as name:
        folder = pathlib.Path(name)
        for apart_nmi in (5, 50, 500):
            far = moved(HOME, 60, apart_nmi * NMI_M)
            first = Aircraft(HOME, 80, 440, 35000, "FIRST1", 0.0)
            both = [first, Aircraft(far, 95, 390, 21000, "OTHER2", 12.3)]
            ground = [first, Aircraft(far, 250, 16, None, "OTHER2", 12.3)]
            case(f"{apart_nmi} NM apart", check_two, folder / f"a{apart_nmi}", both, None)
            case(f"{apart_nmi} NM apart, one on the ground", check_two,
                 folder / f"g{apart_nmi}", ground, moved(far, 0, 3000))
        case("one on the ground, nobody knows where", check_no_site, folder / "none", ground)


main()
finish()
